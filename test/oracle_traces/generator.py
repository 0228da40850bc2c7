"""Random traces.

A case is {"steps": [...]}: in this order events arrive (in batches or alone, some
of them again) and edges are added.  What happens is first played as a program of
threads with locks, tasks and requests, so that the rules of the model have
something to work on; then it is disturbed: times are skewed and tied, clocks are
missing or wrong, events are lost, late, or point at parents at random.

case(seed, number) is always the same.
"""

import random
import uuid

from oracle import as_timestamp

START = 1_700_000_000 * 10**9
VARIABLES = ["x", "y", "balance", "Z"]
LOCK_TYPES = ["Mutex", "RwLock::Read", "RwLock::Write"]
EDGES = [
    "DirectCall",
    "AsyncSpawn",
    "AsyncAwait",
    "DataDependency",
    "HttpRequestResponse",
    "DatabaseQueryResult",
    "HappensBefore",
    "ConcurrentWith",
]
OTHERS = [
    ("MemoryFence", {"ordering": "SeqCst", "location": "f.c:1"}),
    ("DatabaseQuery", {"query": "SELECT 1", "database": "d", "duration_ms": 3}),
    ("DatabaseResult", {"rows_affected": 1}),
    ("Error", {"error_type": "E", "message": "no", "stack_trace": ["a", "b"]}),
    ("Custom", {"name": "n", "data": {"variable": "x"}}),
]
STEPS = {
    "access": 40,
    "locked": 10,
    "acquire": 8,
    "release": 8,
    "spawn": 6,
    "await": 9,
    "request": 5,
    "response": 6,
    "call": 10,
    "other": 3,
    "switch": 4,
}


class Thread:
    def __init__(self, name, service, instance, process):
        self.name, self.service, self.instance, self.process = name, service, instance, process
        self.component = f"{service}#{name}"
        self.clock = {}
        self.request = None
        self.upstream = None
        self.tags = {}


class Generator:
    def __init__(self, seed, number):
        self.r = r = random.Random(f"{seed}/{number}")
        self.size = r.choice([1, 2, 3, 4, 6, 8, 10, 12, 15, 20, 20, 25, 30, 45, 60])
        self.variables = VARIABLES[: r.choice([1, 1, 2, 2, 3, 4])]
        self.locks = ["m", "rw", "other"][: r.choice([1, 1, 2, 3])]
        self.tasks = ["t1", "t2", "t3"][: r.randint(0, 3)]
        self.spans = 0
        self.clocks = r.choice(["none", "none", "none", "all", "some", "wrong", "mixed"])
        self.big = r.choice([0, 0, 0, 2**31, 2**63 - 2, 2**64 - 100])
        self.atomics = r.choice([0.0, 0.2, 0.6, 1.0])
        self.writes = r.choice([0.2, 0.5, 0.8])
        self.tick = r.choice([0, 1, 300, 1000, 5_000_000])
        self.skew = r.choice([0, 0, 0, 1, 4, 20])
        self.parents = r.choice([0.0, 0.2, 0.5, 0.9])
        self.odd_parents = r.choice([0.0, 0.0, 0.05, 0.3])
        self.durations = r.choice([0.0, 0.5, 1.0])
        self.lock_sets = r.choice([0.0, 0.0, 0.0, 0.3, 1.0])

    def id(self):
        return str(uuid.UUID(int=self.r.getrandbits(128)))

    def some(self, probability):
        return self.r.random() < probability

    # - the program -

    def trace(self, size):
        r = self.r
        self.trace_id = self.id()
        self.events = []
        services = r.sample(["api", "db", "cart"], r.randint(1, 3))
        names = r.sample(["main", "w1", "w2", "w3"], r.randint(1, 4)) + self.tasks
        self.threads = []
        for _ in range(r.choice([1, 2, 2, 3, 3, 4, 6])):
            instance = r.choice([None, None, "i1", "i2", "7"])
            thread = Thread(r.choice(names), r.choice(services), instance, r.choice([7, 7, 7, 8, 8, None]))
            if self.tasks and self.some(0.3):
                thread.tags = {"task_id": r.choice(self.tasks)}
            self.threads.append(thread)
        now = START
        while len(self.events) < size:
            now += r.choice([0, self.tick, self.tick * r.randint(0, 5)])
            for event in self.step(r.choice(self.threads)):
                event["at"] = now
                now += r.choice([0, 1, self.tick])
        del self.events[size:]
        self.disturb()
        for event in self.events:
            event["timestamp"] = as_timestamp(event.pop("at"))
        return self.events

    def step(self, thread):
        """A few events of one thread."""
        r = self.r
        what = r.choices(list(STEPS), STEPS.values())[0]
        if what == "access":
            yield self.access(thread)
        elif what == "locked":
            lock, kind = r.choice(self.locks), r.choice(LOCK_TYPES)
            yield self.lock(thread, "LockAcquire", lock, kind)
            if self.some(0.3):  # held twice
                yield self.lock(thread, "LockAcquire", lock, r.choice([kind, kind, r.choice(LOCK_TYPES)]))
                yield self.lock(thread, "LockRelease", lock, kind)
            for _ in range(r.randint(1, 3)):
                yield self.access(thread)
            if self.some(0.9):
                yield self.lock(thread, "LockRelease", lock, kind)
        elif what == "acquire":
            yield self.lock(thread, "LockAcquire", r.choice(self.locks), r.choice(LOCK_TYPES))
        elif what == "release":
            yield self.lock(thread, "LockRelease", r.choice(self.locks), r.choice(LOCK_TYPES))
        elif what == "spawn" and self.tasks:
            yield self.event(thread, "AsyncSpawn", {"task_id": r.choice(self.tasks), "spawned_by": thread.name})
        elif what == "await" and self.tasks:
            yield self.event(thread, "AsyncAwait", {"future_id": r.choice(self.tasks), "awaited_at": "a.py:1"})
        elif what == "request":
            self.spans += 1
            event = self.event(thread, "HttpRequest", {"method": "GET", "url": "/", "headers": {}})
            span = f"s{r.randint(1, self.spans)}" if self.some(0.3) else f"s{self.spans}"
            event["metadata"]["distributed_span_id"] = span
            thread.request = event["id"]
            if self.some(0.8):
                r.choice(self.threads).upstream = span
            yield event
        elif what == "response":
            event = self.event(thread, "HttpResponse", {"status": r.choice([200, 404, 500, 503]), "headers": {}, "duration_ms": 1})
            if thread.request and self.some(0.4):
                event["parent_id"] = thread.request
            thread.upstream = None
            yield event
        elif what == "switch":
            thread.tags = {"task_id": r.choice(self.tasks)} if self.tasks and self.some(0.5) else {}
            thread.upstream = None
        elif what == "other":
            yield self.event(thread, *r.choice(OTHERS))
        else:
            name = r.choice("fgh")
            yield self.event(
                thread, "FunctionCall", {"function_name": name, "module": "m", "args": {}, "file": "f.py", "line": 1}
            )

    def lock(self, thread, kind, lock, lock_type):
        return self.event(thread, kind, {"lock_id": lock, "lock_type": lock_type, "location": "l.c:1"})

    def access(self, thread):
        r = self.r
        writes = self.some(self.writes)
        if self.some(self.atomics):
            kind = r.choice(["AtomicWrite", "AtomicRMW"]) if writes else "AtomicRead"
        else:
            kind = "Write" if writes else "Read"
        values = {
            "variable": r.choice(self.variables),
            "new_value": r.randint(0, 3),
            "location": f"v.c:{r.randint(1, 3)}",
            "access_type": kind,
        }
        if self.some(0.5):
            values["old_value"] = r.randint(0, 3)
        event = self.event(thread, "StateChange", values)
        if self.some(self.lock_sets):
            event["lock_set"] = [
                r.choice([lock, {"lock": lock, "mode": r.choice(["exclusive", "shared"] + LOCK_TYPES)}])
                for lock in r.sample(self.locks, r.randint(0, len(self.locks)))
            ]
        return event

    def event(self, thread, kind, values):
        r = self.r
        metadata = {
            "thread_id": thread.name,
            "process_id": thread.process,
            "service_name": thread.service,
            "environment": "test",
            "tags": dict(thread.tags),
            "duration_ns": None,
        }
        if self.some(self.durations):
            metadata["duration_ns"] = r.choice([0, 1, 500, self.tick, self.tick * r.randint(0, 9), 1234567])
        if thread.process is None:
            del metadata["process_id"]
        if thread.instance is not None:
            metadata["instance_id"] = thread.instance
        if thread.upstream is not None:
            metadata["upstream_span_id"] = thread.upstream
        event = {
            "id": self.id(),
            "trace_id": self.trace_id,
            "parent_id": None,
            "kind": {kind: values},
            "metadata": metadata,
            "causality_vector": self.tick_clock(thread),
            "lock_set": [],
        }
        if self.events and self.some(self.parents):
            event["parent_id"] = r.choice(self.events[-6:])["id"]
        self.events.append(event)
        return event

    def tick_clock(self, thread):
        """The clock of the next event, in one of the shapes."""
        r = self.r
        if self.some(0.2):  # a message came
            for component, n in r.choice(self.threads).clock.items():
                thread.clock[component] = max(n, thread.clock.get(component, 0))
        thread.clock[thread.component] = thread.clock.get(thread.component, self.big) + 1
        clock = dict(thread.clock)
        if self.clocks == "none" or self.clocks == "some" and self.some(0.5):
            clock = {}
        elif self.clocks == "wrong" or self.clocks == "mixed" and self.some(0.2):
            clock = {c: r.choice([0, 1, 2, 3, self.big + r.randint(0, 3)]) for c in r.sample("abc", r.randint(0, 3))}
        if self.some(0.5):
            clock = [[c, n] for c, n in clock.items()]
            r.shuffle(clock)
        return clock

    def disturb(self):
        r = self.r
        for event in self.events:
            if self.skew and self.some(0.2):
                event["at"] += r.randint(-self.skew, self.skew) * max(self.tick, 1)
            if self.some(self.odd_parents):
                event["parent_id"] = r.choice([self.id(), r.choice(self.events)["id"]])
            if event["parent_id"] == event["id"]:
                event["parent_id"] = None
            if not event["causality_vector"] and self.some(0.3):
                event["causality_vector"] = None
            if not event["lock_set"] and self.some(0.3):
                event["lock_set"] = None
        if len(self.events) > 3 and self.some(0.2):
            del self.events[r.randrange(len(self.events))]  # lost

    # - how it arrives -

    def edges(self, events):
        r = self.r
        if self.some(0.5) or not events:
            return
        forwards = r.choice([0.0, 0.5, 0.9, 1.0])
        some = r.sample(events, min(len(events), r.choice([3, 6, 60])))
        for _ in range(r.choice([1, 1, 2, 3, 5, 12])):
            a, b = r.choice(some), r.choice(some)
            if a["timestamp"] > b["timestamp"] and self.some(forwards):
                a, b = b, a
            kind = r.choice(EDGES)
            yield {"edge": [a["id"], b["id"], kind], "trace": a["trace_id"] if self.some(0.7) else None}
            if self.some(0.1):  # again, or of another type
                yield {"edge": [a["id"], b["id"], r.choice([kind, r.choice(EDGES)])], "trace": a["trace_id"]}

    def steps(self, events):
        r = self.r
        order = list(events)
        how = r.choice(["in order", "late", "shuffled", "reversed"])
        if how == "shuffled":
            r.shuffle(order)
        elif how == "reversed":
            order.reverse()
        elif how == "late":
            for _ in range(r.randint(1, 4)):
                order.append(order.pop(r.randrange(len(order))))
        alone = self.some(0.4)
        steps = []
        while order:
            n = 1 if alone else r.randint(1, 12)
            batch, order = order[:n], order[n:]
            again = r.choice(events)
            if self.some(0.1) and again not in batch:
                batch.append(again)
            how = "insert" if self.some(0.1) else "event" if len(batch) == 1 and self.some(0.5) else "batch"
            steps.append({"events": batch, "how": how})
        for edge in self.edges(events):
            steps.insert(r.randint(0, len(steps)), edge)
        return steps


def case(seed, number):
    g = Generator(seed, number)
    events = g.trace(g.size)
    if g.some(0.25):
        more = g.trace(g.r.randint(1, 10))
        if g.some(0.3):  # a parent in another trace is none
            g.r.choice(more)["parent_id"] = g.r.choice(events)["id"]
        events = events + more
    return {"steps": g.steps(events)}
