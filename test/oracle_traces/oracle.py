"""What the analysis of a trace should say, in the plainest way.

All pairs and the full transitive closure: slow, short and easy to check against
docs/reference/trace_analysis.md.  Nothing here was made from the C code.

An event is the JSON object that stormdisc_add_event() takes.  The store keeps
what was accepted; a Trace answers questions about the events of one trace.
"""

import functools
import re
import uuid
from datetime import datetime, timezone

WRITES = {"Write", "AtomicWrite", "AtomicRMW"}
ATOMIC = {"AtomicRead", "AtomicWrite", "AtomicRMW"}
EXCLUSIVE = {"Mutex", "RwLock::Write", "exclusive"}

# Deliberately wrong rules, by name, to see that the comparison notices them.
MUTANTS = {
    "no-program-order": "events of one thread are not ordered",
    "no-spawn": "a spawn does not order the task's first event",
    "no-join": "a task's last event does not order the await",
    "no-locks": "a release does not order the next acquire",
    "shared-locks-order": "a shared release orders the next shared acquire",
    "lock-stops-early": "an exclusive release orders only the next acquire",
    "no-requests": "requests do not order their handlers",
    "no-parents": "a parent does not order its child",
    "no-edges": "explicit edges do not order",
    "concurrent-orders": "ConcurrentWith orders",
    "keep-contradictions": "derived edges that close a cycle are kept",
    "micros": "nanoseconds of timestamps are forgotten",
    "ties": "ties of time go by the id backwards",
    "bare-thread": "threads are told apart by thread_id only",
    "no-instance": "threads are told apart without the instance",
    "clock-missing": "a component that a clock has not is no zero",
    "clock-equal": "equal clocks order",
    "no-clocks": "client clocks do not order",
    "empty-clock": "an empty clock is a clock",
    "signed-clock": "clocks beyond 2^63 are negative",
    "two-reads-protect": "a lock held shared by both protects",
    "no-reentry": "the first release of a lock held twice frees it",
    "own-lock-set-ignored": "lock sets that events bring are ignored",
    "atomics-race": "two atomics race",
    "reads-race": "two reads race",
    "rmw-reads": "a read-modify-write only reads",
    "no-unknown": "pairs that nothing decides race",
    "one-part": "all events lie in one part",
    "lockset-orders-locks": "lockset takes the order by locks too",
    "raceway-lock-modes": "raceway's rules know shared locks",
    "raceway-no-ancestors": "raceway's rules forget the parents",
    "quarantined-orders": "a quarantined link orders",
    "late-link-kept": "a late parent link that closes a cycle is kept",
    "cycles-allowed": "an edge that closes a cycle is taken",
    "cross-trace-locks": "locks do not protect between traces",
    "first-finisher": "the critical path takes the child that finishes first",
    "no-late-hosts": "the critical path knows no child that begins before its parent",
    "no-callers": "the critical path knows no requests",
    "no-clipping": "the critical path does not clip children to their parent",
    "fewest-events": "raceway's path has the fewest events of the longest",
}
mutant = None


def wrong(name):
    assert name in MUTANTS, name
    return mutant == name


# --- pieces of an event ---


@functools.lru_cache(maxsize=10000)
def nanoseconds(text):
    """Nanoseconds since 1970 of an RFC 3339 timestamp."""
    m = re.fullmatch(r"(\d{4}-\d\d-\d\d)[Tt ](\d\d:\d\d:\d\d)(?:\.(\d{1,9}))?(Z|z|[+-]\d\d:\d\d)", text)
    date, clock, fraction, zone = m.groups()
    zone = "+00:00" if zone in "Zz" else zone
    seconds = datetime.strptime(f"{date}T{clock}{zone}", "%Y-%m-%dT%H:%M:%S%z")
    return round(seconds.timestamp()) * 10**9 + int((fraction or "").ljust(9, "0"))


def as_timestamp(ns):
    when = datetime.fromtimestamp(ns // 10**9, timezone.utc)
    return when.strftime("%Y-%m-%dT%H:%M:%S") + f".{ns % 10**9:09d}Z"


def kind_of(event):
    return next(iter(event["kind"]))


def fields(event):
    return event["kind"][kind_of(event)]


def time_key(event):
    ns = nanoseconds(event["timestamp"])
    if wrong("micros"):
        ns //= 1000
    number = uuid.UUID(event["id"]).int
    return (ns, -number if wrong("ties") else number)


def thread_of(event):
    m = event["metadata"]
    instance = m.get("instance_id")
    if instance is None:
        instance = str(m.get("process_id", ""))
    if wrong("bare-thread"):
        return m["thread_id"]
    if wrong("no-instance"):
        return (m["service_name"], m["thread_id"])
    return (m["service_name"], instance, m["thread_id"])


def clock_of(event):
    """Component -> count; None if there is no clock, which one that is 0 everywhere is like."""
    clock = event.get("causality_vector")
    clock = dict(clock.items() if isinstance(clock, dict) else clock or [])
    if wrong("signed-clock"):
        clock = {c: n - 2**64 if n >= 2**63 else n for c, n in clock.items()}
    return clock if any(clock.values()) or wrong("empty-clock") else None


def dominates(a, b):
    """Is clock a before clock b?"""
    if a is None or b is None or wrong("no-clocks"):
        return False
    components = set(a) & set(b) if wrong("clock-missing") else set(a) | set(b)
    less_or_equal = all(a.get(c, 0) <= b.get(c, 0) for c in components)
    less = any(a.get(c, 0) < b.get(c, 0) for c in components)
    return less_or_equal and (less or wrong("clock-equal"))


def is_of_task(event, task):
    """Whoever spawns a task is not yet of it."""
    if kind_of(event) == "AsyncSpawn" and fields(event)["task_id"] == task:
        return False
    m = event["metadata"]
    return m.get("tags", {}).get("task_id") == task or m["thread_id"] == task


# --- what is stored ---


class Store:
    """Events and explicit edges, with the checks for cycles."""

    def __init__(self):
        self.events = {}
        self.quarantined = set()
        self.wrong_choices = []
        self.edges = []  # of from, to, type, trace

    def trace_of(self, id):
        return self.events[id]["trace_id"] if id in self.events else None

    def links(self, trace, uncounted):
        """What must stay without cycles in a trace: (from, to), also of events that are not there yet.

        What has turned up in another trace is in no link of this one.
        """
        for id, event in self.events.items():
            if event["trace_id"] == trace and event.get("parent_id") is not None and id not in uncounted:
                yield event["parent_id"], id
        for source, target, kind, of_trace in self.edges:
            if of_trace == trace and kind != "ConcurrentWith":
                yield source, target

    def is_path(self, source, target, trace, uncounted=None):
        after = {}
        for a, b in self.links(trace, self.quarantined if uncounted is None else uncounted):
            if self.trace_of(a) in (None, trace) and self.trace_of(b) in (None, trace):
                after.setdefault(a, []).append(b)
        seen, todo = {source}, [source]
        while todo:
            for other in after.get(todo.pop(), []):
                if other not in seen:
                    seen.add(other)
                    todo.append(other)
        return target in seen

    def add_events(self, events, chosen=frozenset()):
        """One statement; returns how many were new.

        Of links that close a cycle within one statement some must not count;
        which ones, is chosen.  The choice is right if what counts has no cycle
        and whatever does not count would be in one, together with all links of
        the statement.  For an event that comes alone there is no choice.
        """
        before = set(self.quarantined)
        new = [e for e in events if e["id"] not in self.events]
        for event in new:
            self.events[event["id"]] = event
            if event["id"] in chosen:
                self.quarantined.add(event["id"])
        for event in new:
            parent = event.get("parent_id")
            may_close = parent is not None and self.trace_of(parent) in (None, event["trace_id"])
            uncounted = before if event["id"] in chosen else None
            closes = may_close and self.is_path(event["id"], parent, event["trace_id"], uncounted)
            if (closes and not wrong("late-link-kept")) != (event["id"] in chosen):
                self.wrong_choices.append(event["id"])
        return len(new)

    def add_edge(self, source, target, kind, trace=None):
        """Returns None if it is taken, else why not."""
        if source == target:
            return "self"
        traces = {self.trace_of(source), self.trace_of(target), trace} - {None}
        if len(traces) != 1:
            return "trace"
        edge = (source, target, kind, traces.pop())
        if edge in self.edges:
            return None
        if kind != "ConcurrentWith" and not wrong("cycles-allowed") and self.is_path(target, source, edge[3]):
            return "cycle"
        self.edges.append(edge)
        return None


# --- one trace ---


class Trace:
    def __init__(self, store, trace_id):
        self.events = sorted((e for e in store.events.values() if e["trace_id"] == trace_id), key=time_key)
        self.trace_id = trace_id
        self.n = len(self.events)
        self.ids = [e["id"] for e in self.events]
        self.index = {id: i for i, id in enumerate(self.ids)}
        self.threads = [thread_of(e) for e in self.events]
        self.clocks = [clock_of(e) for e in self.events]
        self.parents = [None] * self.n
        for i, e in enumerate(self.events):
            if e["id"] not in store.quarantined or wrong("quarantined-orders"):
                self.parents[i] = self.index.get(e.get("parent_id"))
        self.explicit = [
            (self.index[a], self.index[b], kind)
            for a, b, kind, trace in store.edges
            if trace == trace_id and a in self.index and b in self.index
        ]
        self.lock_sets = [self.lock_set(i, self.threads) for i in range(self.n)]
        self.thread_ids = [e["metadata"]["thread_id"] for e in self.events]
        self.lock_sets_of_raceway = [self.lock_set(i, self.thread_ids) for i in range(self.n)]
        self.find_order()

    # - order -

    def hard_edges(self):
        found = set()
        if not wrong("no-parents"):
            found |= {(p, i) for i, p in enumerate(self.parents) if p is not None}
        if not wrong("no-edges"):
            found |= {(a, b) for a, b, kind in self.explicit if kind != "ConcurrentWith" or wrong("concurrent-orders")}
        return found

    def program_order(self):
        last = {}
        for i, thread in enumerate(self.threads):
            if thread in last:
                yield last[thread], i
            last[thread] = i

    def spawns(self):
        for i, e in enumerate(self.events):
            if kind_of(e) == "AsyncSpawn":
                task = fields(e)["task_id"]
                of_task = [j for j, other in enumerate(self.events) if is_of_task(other, task)]
                if of_task:
                    yield i, of_task[0]

    def joins(self):
        for i, e in enumerate(self.events):
            if kind_of(e) == "AsyncAwait":
                task = fields(e)["future_id"]
                of_task = [j for j, other in enumerate(self.events) if is_of_task(other, task)]
                if of_task and i not in of_task:
                    yield of_task[-1], i

    def locks(self):
        for i, e in enumerate(self.events):
            if kind_of(e) != "LockRelease":
                continue
            exclusive = fields(e)["lock_type"] in EXCLUSIVE
            for j in range(i + 1, self.n):
                later = self.events[j]
                if kind_of(later) != "LockAcquire" or fields(later)["lock_id"] != fields(e)["lock_id"]:
                    continue
                if exclusive or fields(later)["lock_type"] in EXCLUSIVE or wrong("shared-locks-order"):
                    yield i, j
                if fields(later)["lock_type"] in EXCLUSIVE or wrong("lock-stops-early"):
                    break

    def requests(self):
        for i, e in enumerate(self.events):
            span = e["metadata"].get("distributed_span_id")
            if kind_of(e) != "HttpRequest" or span is None:
                continue
            handlers = [j for j, other in enumerate(self.events) if other["metadata"].get("upstream_span_id") == span]
            if handlers:
                yield i, handlers[0]
                response = self.response_to(i)
                if response is not None:
                    yield handlers[-1], response

    def response_to(self, request):
        for j, e in enumerate(self.events):
            if kind_of(e) == "HttpResponse" and self.parents[j] == request:
                return j
        for j in range(request + 1, self.n):
            if self.threads[j] == self.threads[request]:
                if kind_of(self.events[j]) == "HttpResponse":
                    return j
                if kind_of(self.events[j]) == "HttpRequest":
                    return None
        return None

    def derived_edges(self):
        """(priority, from, to), in the order in which they are put in."""
        rules = [
            ("no-program-order", self.program_order),
            ("no-spawn", self.spawns),
            ("no-join", self.joins),
            ("no-locks", self.locks),
            ("no-requests", self.requests),
        ]
        found = set()
        for priority, (name, rule) in enumerate(rules):
            if not wrong(name):
                found |= {(priority, a, b) for a, b in rule() if a != b}
        return sorted(found)

    def find_order(self):
        self.hard = self.hard_edges()
        after = closure(self.n, self.hard)
        self.derived, self.dropped = [], []
        for priority, a, b in self.derived_edges():
            if after[b] >> a & 1 and not wrong("keep-contradictions"):
                self.dropped.append((priority, a, b))
                continue
            self.derived.append((priority, a, b))
            reached = after[b] | 1 << b
            for i in range(self.n):
                if i == a or after[i] >> a & 1:
                    after[i] |= reached
        self.after = after
        last_of_async = 3 if wrong("lockset-orders-locks") else 2
        self.by_async = closure(self.n, {(a, b) for priority, a, b in self.derived if priority <= last_of_async})
        self.part = components(self.n, self.hard | {(a, b) for _, a, b in self.derived})

    def is_path(self, a, b):
        return bool(self.after[a] >> b & 1)

    def before(self, a, b):
        return self.is_path(a, b) or dominates(self.clocks[a], self.clocks[b])

    def decides(self, a, b):
        both_clocked = self.clocks[a] is not None and self.clocks[b] is not None
        return self.part[a] == self.part[b] or both_clocked or wrong("one-part")

    def happens_before(self, a, b):
        if self.before(a, b):
            return True
        if self.before(b, a) or a == b or self.decides(a, b):
            return False
        return None

    # - locks -

    def supplied_locks(self, event):
        """(lock, exclusive) of the lock set that came with an event."""
        found = set()
        for entry in event.get("lock_set") or []:
            if isinstance(entry, str):
                found.add((entry, True))
            else:
                found.add((entry["lock"], entry["mode"] in EXCLUSIVE))
        return found

    def held_locks(self, access, threads):
        """(lock, exclusive) that the access's thread holds at it."""
        held = {}
        for i in range(access):
            e = self.events[i]
            if threads[i] != threads[access] or kind_of(e) not in ("LockAcquire", "LockRelease"):
                continue
            key = (fields(e)["lock_id"], fields(e)["lock_type"] in EXCLUSIVE)
            if kind_of(e) == "LockAcquire":
                held[key] = held.get(key, 0) + 1
            elif held.get(key, 0) > 0:
                held[key] = 0 if wrong("no-reentry") else held[key] - 1
        return {key for key, count in held.items() if count > 0}

    def lock_set(self, access, threads):
        supplied = self.supplied_locks(self.events[access])
        if supplied and not wrong("own-lock-set-ignored"):
            return supplied
        return self.held_locks(access, threads)

    def is_protected(self, a, b):
        return have_common_lock(self.lock_sets[a], self.lock_sets[b])

    # - races -

    def accesses(self, variable):
        return [i for i, e in enumerate(self.events) if kind_of(e) == "StateChange" and fields(e)["variable"] == variable]

    def variables(self):
        found = {fields(e)["variable"] for e in self.events if kind_of(e) == "StateChange"}
        return sorted(found, key=lambda name: name.encode())

    def access_type(self, i):
        return fields(self.events[i])["access_type"]

    def writes(self, i):
        return self.access_type(i) in (WRITES - {"AtomicRMW"} if wrong("rmw-reads") else WRITES)

    def is_candidate(self, a, b, include_atomic_reads):
        types = {self.access_type(a), self.access_type(b)}
        if self.threads[a] == self.threads[b] or self.is_protected(a, b):
            return False
        if include_atomic_reads and types == {"Read", "AtomicRead"}:
            return True
        if types <= ATOMIC and not wrong("atomics-race"):
            return False
        return self.writes(a) or self.writes(b) or wrong("reads-race")

    def verdict_hb(self, a, b):
        if self.before(a, b) or self.before(b, a):
            return "ordered"
        return "race" if self.decides(a, b) or wrong("no-unknown") else "unknown"

    def is_race_by_lockset(self, a, b):
        return not (self.by_async[a] >> b & 1 or self.by_async[b] >> a & 1)

    def is_ancestor(self, a, b):
        if wrong("raceway-no-ancestors"):
            return False
        ancestors = set()
        while self.parents[b] is not None and self.parents[b] not in ancestors:
            b = self.parents[b]
            ancestors.add(b)
        return a in ancestors

    def is_race_by_raceway(self, a, b):
        types = {self.access_type(a), self.access_type(b)}
        if types in ({"Read"}, {"AtomicRead"}) or self.thread_ids[a] == self.thread_ids[b]:
            return False
        if self.is_ancestor(a, b) or self.is_ancestor(b, a):
            return False
        if dominates(self.clocks[a], self.clocks[b]) or dominates(self.clocks[b], self.clocks[a]):
            return False
        ours, theirs = self.lock_sets_of_raceway[a], self.lock_sets_of_raceway[b]
        if wrong("raceway-lock-modes"):
            return not any(x == y and (m or n) for x, m in ours for y, n in theirs)
        return not {x for x, _ in ours} & {y for y, _ in theirs}

    def verdict(self, a, b, mode, include_atomic_reads):
        if mode == "raceway":
            return "race" if self.is_race_by_raceway(a, b) else None
        if not self.is_candidate(a, b, include_atomic_reads):
            return None
        if mode == "hb":
            return self.verdict_hb(a, b)
        if not self.is_race_by_lockset(a, b):
            return None
        if mode == "both" and self.verdict_hb(a, b) != "race":
            return None
        return "race"

    def races(self, mode="hb", include_atomic_reads=False):
        """(variable, event1, event2, verdict, severity) of every candidate."""
        found = []
        for variable in self.variables():
            accesses = self.accesses(variable)
            for x, a in enumerate(accesses):
                for b in accesses[x + 1 :]:
                    verdict = self.verdict(a, b, mode, include_atomic_reads)
                    if verdict:
                        severity = "CRITICAL" if self.writes(a) and self.writes(b) else "WARNING"
                        found.append([variable, self.ids[a], self.ids[b], verdict, severity])
        return found

    # - critical path -

    def times(self):
        start = [nanoseconds(e["timestamp"]) for e in self.events]
        duration = [max(e["metadata"].get("duration_ns") or 0, 0) for e in self.events]
        return start, [s + d for s, d in zip(start, duration)]

    def predecessors(self):
        return [{a for a, b in self.hard if b == x} for x in range(self.n)]

    def ranks(self, preds):
        """Places in the smallest topological order."""
        rank = [None] * self.n
        for place in range(self.n):
            left = [x for x in range(self.n) if rank[x] is None]
            free = [x for x in left if all(rank[p] is not None for p in preds[x])]
            rank[(free or left)[0]] = place  # there is always one that is free, as long as no wrong rule makes cycles
        return rank

    def requests_of(self, span):
        return [
            i
            for i, e in enumerate(self.events)
            if kind_of(e) == "HttpRequest" and e["metadata"].get("distributed_span_id") == span
        ]

    def callers(self, x):
        """The request that an event is the first to handle, if it began before."""
        span = self.events[x]["metadata"].get("upstream_span_id")
        of_span = [i for i, e in enumerate(self.events) if e["metadata"].get("upstream_span_id") == span]
        if span is None or of_span[0] != x or wrong("no-callers"):
            return set()
        start, _ = self.times()
        return {i for i in self.requests_of(span)[:1] if start[i] < start[x]}

    def critical_path(self):
        """[event or None for idle, nanoseconds, slack], in the order of time; they add up to the wall time."""
        if not self.n:
            return []
        events = range(self.n)
        start, end = self.times()
        preds = self.predecessors()
        rank = self.ranks(preds)
        for x in events:
            preds[x] |= self.callers(x)

        # what is nested in what: children[h] is a list of (event, its end in h), the best first
        up, late = [None] * self.n, set()
        nested = set()
        for x in sorted(events, key=lambda x: (start[x], rank[x])):
            hosts = set()
            for p in preds[x]:
                if start[p] > start[x]:
                    if start[p] < end[p] and end[x] > start[p] and not wrong("no-late-hosts"):
                        late.add((p, x))
                    continue
                h = p
                while h is not None and not start[h] <= start[x] < end[h]:
                    h = up[h]
                if h is not None:
                    hosts.add(h)
            nested |= {(h, x) for h in hosts}
            up[x] = max(hosts, key=lambda h: (start[h], rank[h]), default=None)

        def end_in(h, x):
            return end[x] if wrong("no-clipping") else min(end[x], end[h])

        def order(h, x):
            is_empty = max(start[x], start[h]) == end_in(h, x)
            return (-end_in(h, x), not is_empty, start[x], -rank[x])

        children = [sorted({x for g, x in nested | late if g == h}, key=lambda x: order(h, x)) for h in events]
        done, taken = set(), set()
        came, slack = {}, {}
        noted = []  # backwards

        def running(before):
            some = [x for x in events if before is None or start[x] < before]
            return max(some, key=lambda x: (end[x], -start[x], rank[x]), default=None)

        def emit(x, a, b):
            is_point = x is not None and start[x] == end[x]
            if noted and noted[-1][0] == x and noted[-1][1] == b and not is_point:
                noted[-1][1] = a
            elif b > a or is_point:
                noted.append([x, a, b, slack.get(x)])

        cur, left = running(None), None
        t = end[cur]
        while True:
            host = came.get(cur)
            cut = host is not None and start[host] > start[cur] and t >= start[host] and host not in done
            low = start[host] if cut else start[cur]
            candidates = [
                (end_in(cur, x), 0, -place, x)
                for place, x in enumerate(children[cur])
                if x not in done and (cur, x) not in taken and end_in(cur, x) <= t
            ]
            if left is not None:
                candidates += [
                    (end[y], 1, rank[y], y)
                    for y in preds[left]
                    if y not in done and y != cur and end[y] <= start[left] and end[y] > start[cur]
                ]
            if cut:
                candidates = [c for c in candidates if c[0] > low]
            if candidates:
                f, is_predecessor, _, w = (min if wrong("first-finisher") else max)(candidates)
                if not is_predecessor:
                    taken.add((cur, w))
                others = [c[0] for c in candidates if c[3] != w]
                slack[w] = f - max(others) if others else None
                emit(cur, f, t)
                t = f
                came[w] = None if is_predecessor else cur
                cur, left = w, None
                continue
            emit(cur, low, t)
            t = low
            if cut:
                cur, left = host, None
                continue
            done.add(cur)
            host = came.get(cur)
            if host is None or start[host] > t:
                host = up[cur]
            if host is not None and host not in done:
                cur, left = host, cur
                continue
            over = sorted(((end[y], rank[y], y) for y in preds[cur] if y not in done and end[y] <= t), reverse=True)
            if over:
                w = over[0][2]
                slack[w] = over[0][0] - over[1][0] if len(over) > 1 else None
                at = end[w]
            else:
                w = running(t)
                if w is None:
                    break
                slack[w] = None
                at = min(end[w], t)
            emit(None, at, t)
            t = at
            came[w] = None
            cur, left = w, None
        assert mutant or sum(b - a for _, a, b, _ in noted) == max(end) - min(start)
        return [[None if x is None else self.ids[x], b - a, s] for x, a, b, s in reversed(noted)]

    def longest_path(self):
        """The same as Raceway has it: the largest sum of durations."""
        preds = self.predecessors()
        start, end = self.times()
        best, previous = {}, {}

        def order(x):
            total, count = best[x]
            return (-total, count if wrong("fewest-events") else -count, x)

        for x in sorted(range(self.n), key=self.ranks(preds).__getitem__):
            p = min((p for p in preds[x] if p in best), key=order, default=None)
            total, count = best[p] if p is not None else (0, 0)
            best[x], previous[x] = (total + end[x] - start[x], count + 1), p
        x = min(range(self.n), key=order, default=None)
        path = []
        while x is not None:
            path.append([self.ids[x], end[x] - start[x], None])
            x = previous[x]
        return path[::-1]

    # - sums -

    def calls(self):
        """[calling service, called one, how often]."""
        pairs = {(p, i) for i, p in enumerate(self.parents) if p is not None}
        pairs |= {(a, b) for a, b, kind in self.explicit if kind in ("DirectCall", "AsyncSpawn")}
        spans = {e["metadata"].get("upstream_span_id") for e in self.events} - {None}
        for span in spans:
            handlers = [j for j, e in enumerate(self.events) if e["metadata"].get("upstream_span_id") == span]
            pairs |= {(i, handlers[0]) for i in self.requests_of(span)[:1]}
        services = [e["metadata"]["service_name"] for e in self.events]
        found = {}
        for a, b in pairs:
            if services[a] != services[b] and kind_of(self.events[b]) not in ("HttpResponse", "DatabaseResult", "AsyncAwait"):
                key = (services[a], services[b])
                found[key] = found.get(key, 0) + 1
        return sorted([a, b, n] for (a, b), n in found.items())

    def summary(self):
        """[events, threads, errors, accesses, variables, services]."""
        kinds = [kind_of(e) for e in self.events]
        failures = [e for e in self.events if kind_of(e) == "HttpResponse" and fields(e)["status"] >= 500]
        return [
            self.n,
            len(set(self.threads)),
            kinds.count("Error") + len(failures),
            kinds.count("StateChange"),
            len(self.variables()),
            sorted({e["metadata"]["service_name"] for e in self.events}),
        ]

    # - roots -

    def roots(self):
        return [id for id, parent in zip(self.ids, self.parents) if parent is None]


def have_common_lock(ours, theirs):
    """Is there one that at least one side holds alone?"""
    return any(
        lock == other and (exclusive or also_exclusive or wrong("two-reads-protect"))
        for lock, exclusive in ours
        for other, also_exclusive in theirs
    )


def closure(n, edges):
    """For each node the nodes after it, as bits; right with cycles too."""
    after = [0] * n
    for a, b in edges:
        after[a] |= 1 << b
    for k in range(n):
        for i in range(n):
            if after[i] >> k & 1:
                after[i] |= after[k]
    return after


def components(n, edges):
    """For each node the smallest of its weakly connected part."""
    part = list(range(n))
    changed = True
    while changed:
        changed = False
        for a, b in edges:
            smallest = min(part[a], part[b])
            if part[a] != smallest or part[b] != smallest:
                part[a] = part[b] = smallest
                changed = True
    return part


def happens_before(store, traces, a, b):
    """Of any two events, by id."""
    x, y = store.events[a], store.events[b]
    if x["trace_id"] == y["trace_id"]:
        trace = traces[x["trace_id"]]
        return trace.happens_before(trace.index[a], trace.index[b])
    if dominates(clock_of(x), clock_of(y)):
        return True
    return False if clock_of(x) is not None and clock_of(y) is not None else None


def all_edges(store, trace):
    """[from, to, type] of a trace's edges; None for those from parents."""
    found = [[a, b, kind] for a, b, kind, of_trace in store.edges if of_trace == trace.trace_id]
    found += [[trace.ids[p], trace.ids[i], None] for i, p in enumerate(trace.parents) if p is not None]
    return sorted(found, key=lambda edge: (edge[0], edge[1], edge[2] or ""))


def accesses_to(traces, variable):
    """(trace, place in it) of accesses in all traces, in the order of time."""
    found = [(trace, i) for trace in traces.values() for i in trace.accesses(variable)]
    return sorted(found, key=lambda access: time_key(access[0].events[access[1]]))


def audit_trail(traces, variable):
    """[event, is it in a race] of all accesses."""
    racing = {id for trace in traces.values() for _, a, b, verdict, _ in trace.races() if verdict == "race" for id in (a, b)}
    return [[trace.ids[i], trace.ids[i] in racing] for trace, i in accesses_to(traces, variable)]


def cross_trace_races(traces, variable, window):
    """[event, other, severity] of conflicting accesses in different traces, at most so many microseconds apart."""
    found = []
    accesses = accesses_to(traces, variable)
    for x, (one, a) in enumerate(accesses):
        for other, b in accesses[x + 1 :]:
            if one is other or one.threads[a] == other.threads[b]:
                continue
            start, end = (nanoseconds(e["timestamp"]) // 1000 for e in (one.events[a], other.events[b]))
            if end - start > window:
                continue
            types = {one.access_type(a), other.access_type(b)}
            writes = [one.writes(a), other.writes(b)]
            if not any(writes) or types <= ATOMIC:
                continue
            if have_common_lock(one.lock_sets[a], other.lock_sets[b]) and not wrong("cross-trace-locks"):
                continue
            if dominates(one.clocks[a], other.clocks[b]) or dominates(other.clocks[b], one.clocks[a]):
                continue
            found.append([one.ids[a], other.ids[b], "CRITICAL" if all(writes) else "WARNING"])
    return sorted(found)
