/*-------------------------------------------------------------------------
 *
 * anomalies.c
 *	  stormdisc_detect_anomalies: what is odd about a trace.
 *
 * Each search is one pass over the events, in the order of time.  Of each kind
 * of anomaly only so many are kept as are wanted; the rest is counted.
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include <math.h>

#include "catalog/pg_type.h"
#include "common/hashfn.h"
#include "funcapi.h"
#include "miscadmin.h"
#include "utils/builtins.h"
#include "utils/hsearch.h"
#include "utils/memutils.h"
#include "utils/timestamp.h"
#include "utils/tuplestore.h"
#include "utils/uuid.h"

#include "arguments.h"
#include "spi_util.h"
#include "trace/clocks.h"
#include "trace/report.h"
#include "trace/trace.h"

PG_FUNCTION_INFO_V1(stormdisc_detect_anomalies);

/* of the locks that a thread holds, how many are looked at for their order */
#define MAX_NESTED_LOCKS 16

/* a slow operation takes at least so much more than the mean */
#define MIN_EXCESS 0.1

/* arguments */
enum
{
	ARG_TRACE,
	ARG_SIGMAS,
	ARG_MIN_SAMPLES,
	ARG_MAX_PER_KIND
};

/* result columns */
enum
{
	COL_KIND,
	COL_SEVERITY,
	COL_EVENT_ID,
	COL_OTHER_EVENT_ID,
	COL_TIMESTAMP,
	COL_OPERATION,
	COL_SERVICE,
	COL_THREAD,
	COL_MESSAGE,
	COL_EVIDENCE,
	N_COLS
};

typedef enum Severity
{
	INFO_ONLY,
	WORTH_A_LOOK,
	WRONG
} Severity;

static const char *const severities[] = {
	[INFO_ONLY] = "INFO",
	[WORTH_A_LOOK] = "WARNING",
	[WRONG] = "CRITICAL",
};

typedef enum Oddity
{
	ERROR_EVENT,
	HTTP_ERROR,
	SLOW_OPERATION,
	LOCK_HELD_AT_END,
	RELEASE_WITHOUT_ACQUIRE,
	LOCK_ORDER_INVERSION,
	AWAIT_WITHOUT_SPAWN,
	TASK_NEVER_AWAITED,
	TASK_NEVER_RAN,
	UNANSWERED_REQUEST,
	CLOCK_BACKWARDS,
	TIME_BACKWARDS,
	OUTLIVES_CALLER,
	ORPHAN,
	QUARANTINED_LINK,
	QUARANTINED_EDGE,
	DANGLING_EDGE,
	N_ODDITIES
} Oddity;

static const struct
{
	const char *name;
	Severity severity;
} oddities[] = {
	[ERROR_EVENT] = {"error", WRONG},
	[HTTP_ERROR] = {"http_error", WORTH_A_LOOK},
	[SLOW_OPERATION] = {"slow_operation", WORTH_A_LOOK},
	[LOCK_HELD_AT_END] = {"lock_held_at_end", WORTH_A_LOOK},
	[RELEASE_WITHOUT_ACQUIRE] = {"release_without_acquire", WORTH_A_LOOK},
	[LOCK_ORDER_INVERSION] = {"lock_order_inversion", WORTH_A_LOOK},
	[AWAIT_WITHOUT_SPAWN] = {"await_without_spawn", WORTH_A_LOOK},
	[TASK_NEVER_AWAITED] = {"task_never_awaited", INFO_ONLY},
	[TASK_NEVER_RAN] = {"task_never_ran", INFO_ONLY},
	[UNANSWERED_REQUEST] = {"unanswered_request", WORTH_A_LOOK},
	[CLOCK_BACKWARDS] = {"clock_backwards", WORTH_A_LOOK},
	[TIME_BACKWARDS] = {"time_backwards", WORTH_A_LOOK},
	[OUTLIVES_CALLER] = {"outlives_caller", WORTH_A_LOOK},
	[ORPHAN] = {"orphan", WORTH_A_LOOK},
	[QUARANTINED_LINK] = {"quarantined_link", WORTH_A_LOOK},
	[QUARANTINED_EDGE] = {"quarantined_edge", WORTH_A_LOOK},
	[DANGLING_EDGE] = {"dangling_edge", INFO_ONLY},
};

typedef struct Finding
{
	Oddity kind;
	Severity severity;
	int32 event; /* of the trace, or -1: event_id is not there */
	bool has_other;
	pg_uuid_t event_id;
	pg_uuid_t other;
	const char *message;
	const char *evidence; /* JSON, or NULL */
} Finding;

typedef struct Search
{
	SdTrace *trace;
	float8 sigmas;
	int64 min_samples;
	int64 max_per_kind;
	int64 counts[N_ODDITIES];
	int n;
	int allocated;
	Finding *findings;
} Search;

/* how an operation usually goes */
typedef struct Baseline
{
	int32 operation; /* hash key: a word */
	bool is_known;
	int64 count;
	float8 mean; /* microseconds */
	float8 deviation;
} Baseline;

/* a lock in the hands of a thread */
typedef struct LockKey
{
	int32 thread;
	uint32 lock; /* SD_LOCK_HELD */
} LockKey;

typedef struct LockState
{
	LockKey key;
	int32 count;
	int32 event; /* by which it was acquired when count was 0 */
} LockState;

/* the locks that a thread holds, as far as they are looked at */
typedef struct Nested
{
	int n;
	int32 locks[MAX_NESTED_LOCKS]; /* words */
} Nested;

/* a lock that was acquired while another was held */
typedef struct NestingKey
{
	int32 outer;
	int32 inner;
} NestingKey;

typedef struct Nesting
{
	NestingKey key;
	int32 event; /* the first */
	bool is_reported;
} Nesting;

/* what a task was seen to do */
#define TASK_SPAWNED 1
#define TASK_AWAITED 2
#define TASK_RAN 4

static SdStatement select_baseline = {
	.sql = "SELECT b.count, b.mean_duration_micros, b.std_dev "
		   "FROM stormdisc.baseline_metrics b "
		   "WHERE b.operation OPERATOR(pg_catalog.=) $1",
	.nparameters = 1,
	.types = {TEXTOID},
};

static SdStatement select_odd_edges = {
	.sql = "SELECT s.from_event_id, s.to_event_id, s.edge_type, s.quarantined "
		   "FROM stormdisc.edge_store s "
		   "WHERE s.trace_id OPERATOR(pg_catalog.=) $1 AND (s.quarantined "
		   "OR NOT EXISTS (SELECT FROM stormdisc.events e "
		   "WHERE e.id OPERATOR(pg_catalog.=) s.from_event_id "
		   "AND e.trace_id OPERATOR(pg_catalog.=) s.trace_id) "
		   "OR NOT EXISTS (SELECT FROM stormdisc.events e "
		   "WHERE e.id OPERATOR(pg_catalog.=) s.to_event_id "
		   "AND e.trace_id OPERATOR(pg_catalog.=) s.trace_id)) "
		   "ORDER BY s.from_event_id, s.to_event_id, s.edge_type",
	.nparameters = 1,
	.types = {UUIDOID},
};

static void find_odd_events(Search *search);
static void find_slow_operations(Search *search);
static Baseline *baseline_of(Search *search, HTAB *baselines, int32 operation);
static void find_odd_locks(Search *search);
static HTAB *make_hash(const char *name, Size keysize, Size entrysize);
static void look_at_order(Search *search, HTAB *nestings, Nested *nested,
						  int32 event);
static void forget_lock(Nested *nested, int32 lock);
static void find_odd_tasks(Search *search);
static void find_unanswered_requests(Search *search);
static void find_odd_clocks(Search *search);
static void find_odd_times(Search *search);
static void look_at_times(Search *search, int32 from, int32 to,
						  const char *what);
static int64 nanoseconds_between(const SdTraceEvent *from,
								 const SdTraceEvent *to);
static void find_odd_edges(Search *search);
static Finding *add(Search *search, Oddity kind, int32 event);
static void put_findings(FunctionCallInfo fcinfo, Search *search);
static int compare_findings(const void *a, const void *b);
static void warn_of_more(Search *search);
static const char *word(const SdTrace *trace, int32 number);

/*
 * stormdisc_detect_anomalies(trace, sigmas, min_samples, max_per_kind)
 *		-> setof anomalies
 *		What is odd about a trace, in the order of its events.
 */
Datum
stormdisc_detect_anomalies(PG_FUNCTION_ARGS)
{
	pg_uuid_t *id =
		DatumGetUUIDP(sd_argument_required(fcinfo, ARG_TRACE, "trace"));
	Search search = {0};
	MemoryContext oldcontext;

	search.sigmas =
		DatumGetFloat8(sd_argument_required(fcinfo, ARG_SIGMAS, "sigmas"));
	if (!(search.sigmas > 0) || isinf(search.sigmas))
		ereport(
			ERROR, errcode(ERRCODE_INVALID_PARAMETER_VALUE),
			errmsg("argument \"%s\" must be a finite number greater than zero",
				   "sigmas"));
	(void) sd_argument_required(fcinfo, ARG_MIN_SAMPLES, "min_samples");
	search.min_samples =
		sd_report_limit(fcinfo, ARG_MIN_SAMPLES, "min_samples");
	search.max_per_kind =
		sd_report_limit(fcinfo, ARG_MAX_PER_KIND, "max_per_kind");

	InitMaterializedSRF(fcinfo, 0);
	search.trace = sd_trace_load(id, SD_TRACE_OPERATIONS | SD_TRACE_CLOCKS);
	oldcontext = MemoryContextSwitchTo(search.trace->context);
	find_odd_events(&search);
	find_slow_operations(&search);
	find_odd_locks(&search);
	find_odd_tasks(&search);
	find_unanswered_requests(&search);
	find_odd_clocks(&search);
	find_odd_times(&search);
	find_odd_edges(&search);
	put_findings(fcinfo, &search);
	MemoryContextSwitchTo(oldcontext);
	warn_of_more(&search);
	sd_trace_free(search.trace);

	return (Datum) 0;
}

/* ---- what an event says of itself ---- */

static void
find_odd_events(Search *search)
{
	SdTrace *trace = search->trace;

	for (int32 i = 0; i < trace->nevents; i++)
	{
		SdTraceEvent *event = &trace->events[i];
		Finding *finding;

		CHECK_FOR_INTERRUPTS();
		if (event->kind == SD_ERROR_EVENT &&
			(finding = add(search, ERROR_EVENT, i)) != NULL)
			finding->message =
				psprintf("error \"%s\"", word(trace, event->label));
		if (event->kind == SD_HTTP_RESPONSE &&
			atoi(word(trace, event->label)) >= 400 &&
			(finding = add(search, HTTP_ERROR, i)) != NULL)
		{
			finding->message =
				psprintf("response with status %s", word(trace, event->label));
			if (atoi(word(trace, event->label)) >= 500)
				finding->severity = WRONG;
		}
		if ((event->flags & SD_EVENT_ORPHAN) != 0 &&
			(finding = add(search, ORPHAN, i)) != NULL)
			finding->message = "parent is not in this trace";
		if ((event->flags & SD_EVENT_QUARANTINED) != 0 &&
			(finding = add(search, QUARANTINED_LINK, i)) != NULL)
			finding->message =
				"link to the parent would close a cycle, and does not count";
	}
}

/* ---- durations ---- */

static void
find_slow_operations(Search *search)
{
	SdTrace *trace = search->trace;
	HTAB *baselines =
		make_hash("stormdisc baselines", sizeof(int32), sizeof(Baseline));
	SdSpi spi;

	sd_spi_begin(&spi, true);
	MemoryContextSwitchTo(spi.context);
	for (int32 i = 0; i < trace->nevents; i++)
	{
		SdTraceEvent *event = &trace->events[i];
		float8 duration = event->duration / 1000.0;
		Baseline *baseline;
		float8 limit;
		Finding *finding;

		CHECK_FOR_INTERRUPTS();
		if ((event->flags & SD_EVENT_TIMED) == 0 || event->label < 0)
			continue;
		baseline = baseline_of(search, baselines, event->label);
		if (!baseline->is_known)
			continue;
		limit = baseline->mean + Max(search->sigmas * baseline->deviation,
									 MIN_EXCESS * baseline->mean);
		if (duration <= limit ||
			(finding = add(search, SLOW_OPERATION, i)) == NULL)
			continue;
		finding->message = psprintf("\"%s\" took %.3f ms, its mean is %.3f ms",
									word(trace, event->label), duration / 1000,
									baseline->mean / 1000);
		if (duration > baseline->mean + 2 * (limit - baseline->mean))
			finding->severity = WRONG;
		finding->evidence = psprintf(
			"{\"duration_us\": %.3f, \"mean_us\": %.3f, "
			"\"std_dev_us\": %.3f, \"limit_us\": %.3f, \"count\": " INT64_FORMAT
			"}",
			duration, baseline->mean, baseline->deviation, limit,
			baseline->count);
	}
	sd_spi_end(&spi);
	hash_destroy(baselines);
}

/* Each operation is looked up once. */
static Baseline *
baseline_of(Search *search, HTAB *baselines, int32 operation)
{
	MemoryContext oldcontext = CurrentMemoryContext;
	bool found;
	Baseline *baseline = hash_search(baselines, &operation, HASH_ENTER, &found);
	Datum name;

	if (found)
		return baseline;
	baseline->is_known = false;
	name = CStringGetTextDatum(sd_trace_word(search->trace, operation));
	if (sd_spi_read(&select_baseline, &name, NULL) > 0)
	{
		baseline->count = DatumGetInt64(sd_result(0, 1, NULL));
		baseline->mean = DatumGetFloat8(sd_result(0, 2, NULL));
		baseline->deviation = DatumGetFloat8(sd_result(0, 3, NULL));
		baseline->is_known = baseline->count >= search->min_samples;
	}
	SPI_freetuptable(SPI_tuptable);
	MemoryContextSwitchTo(oldcontext);
	pfree(DatumGetPointer(name));

	return baseline;
}

/* ---- locks ---- */

static void
find_odd_locks(Search *search)
{
	SdTrace *trace = search->trace;
	HTAB *states =
		make_hash("stormdisc held locks", sizeof(LockKey), sizeof(LockState));
	HTAB *nestings = make_hash("stormdisc nested locks", sizeof(NestingKey),
							   sizeof(Nesting));
	Nested **nested =
		palloc_extended(sizeof(Nested *) * Max((Size) trace->nthreads, 1),
						MCXT_ALLOC_HUGE | MCXT_ALLOC_ZERO);

	for (int32 i = 0; i < trace->nevents; i++)
	{
		SdTraceEvent *event = &trace->events[i];
		LockKey key = {0};
		LockState *state;
		Finding *finding;
		bool found;

		CHECK_FOR_INTERRUPTS();
		if ((event->kind != SD_LOCK_ACQUIRE &&
			 event->kind != SD_LOCK_RELEASE) ||
			event->subject < 0)
			continue;
		key.thread = event->thread;
		key.lock =
			SD_LOCK_HELD(event->subject, (event->flags & SD_EVENT_SHARED) != 0);
		if (nested[event->thread] == NULL)
			nested[event->thread] = palloc0(sizeof(Nested));

		if (event->kind == SD_LOCK_ACQUIRE)
		{
			look_at_order(search, nestings, nested[event->thread], i);
			state = hash_search(states, &key, HASH_ENTER, &found);
			if (!found)
				state->count = 0;
			if (state->count++ == 0)
				state->event = i;
			continue;
		}
		state = hash_search(states, &key, HASH_FIND, NULL);
		if (state == NULL)
		{
			if ((finding = add(search, RELEASE_WITHOUT_ACQUIRE, i)) != NULL)
				finding->message =
					psprintf("lock \"%s\" is released, but its thread has not "
							 "acquired it",
							 word(trace, event->subject));
		}
		else if (--state->count == 0)
		{
			(void) hash_search(states, &key, HASH_REMOVE, NULL);
			forget_lock(nested[event->thread], event->subject);
		}
	}

	for (int32 i = 0; i < trace->nevents; i++)
	{
		SdTraceEvent *event = &trace->events[i];
		LockKey key = {0};
		LockState *state;
		Finding *finding;

		if (event->kind != SD_LOCK_ACQUIRE || event->subject < 0)
			continue;
		key.thread = event->thread;
		key.lock =
			SD_LOCK_HELD(event->subject, (event->flags & SD_EVENT_SHARED) != 0);
		state = hash_search(states, &key, HASH_FIND, NULL);
		if (state != NULL && state->event == i &&
			(finding = add(search, LOCK_HELD_AT_END, i)) != NULL)
			finding->message =
				psprintf("lock \"%s\" is not released by its thread again",
						 word(trace, event->subject));
	}
	hash_destroy(nestings);
	hash_destroy(states);
}

static HTAB *
make_hash(const char *name, Size keysize, Size entrysize)
{
	HASHCTL info = {0};

	info.keysize = keysize;
	info.entrysize = entrysize;
	info.hcxt = CurrentMemoryContext;

	return hash_create(name, 256, &info, HASH_ELEM | HASH_BLOBS | HASH_CONTEXT);
}

/*
 * A lock is acquired while others are held: has another thread acquired one of
 * these while it held that lock?  Then they may come to wait for each other.
 */
static void
look_at_order(Search *search, HTAB *nestings, Nested *nested, int32 event)
{
	SdTrace *trace = search->trace;
	int32 lock = trace->events[event].subject;

	for (int i = 0; i < nested->n; i++)
	{
		NestingKey key = {.outer = nested->locks[i], .inner = lock};
		NestingKey reverse = {.outer = lock, .inner = nested->locks[i]};
		Nesting *nesting;
		Finding *finding;
		bool found;

		if (key.outer == key.inner)
			return;
		nesting = hash_search(nestings, &key, HASH_ENTER, &found);
		if (!found)
		{
			nesting->event = event;
			nesting->is_reported = false;
		}
		nesting = hash_search(nestings, &reverse, HASH_FIND, NULL);
		if (nesting == NULL || nesting->is_reported ||
			trace->events[nesting->event].thread == trace->events[event].thread)
			continue;
		nesting->is_reported = true;
		if ((finding = add(search, LOCK_ORDER_INVERSION, event)) == NULL)
			continue;
		finding->has_other = true;
		finding->other = trace->events[nesting->event].id;
		finding->message = psprintf(
			"lock \"%s\" is acquired while \"%s\" is held, elsewhere it is the "
			"other way round",
			word(trace, lock), word(trace, nested->locks[i]));
	}
	for (int i = 0; i < nested->n; i++)
		if (nested->locks[i] == lock)
			return;
	if (nested->n < MAX_NESTED_LOCKS)
		nested->locks[nested->n++] = lock;
}

static void
forget_lock(Nested *nested, int32 lock)
{
	for (int i = 0; i < nested->n; i++)
		if (nested->locks[i] == lock)
		{
			nested->n--;
			memmove(&nested->locks[i], &nested->locks[i + 1],
					sizeof(int32) * (nested->n - i));
			return;
		}
}

/* ---- tasks ---- */

static void
find_odd_tasks(Search *search)
{
	SdTrace *trace = search->trace;
	uint8 *seen = palloc_extended(Max((Size) trace->words.n, 1),
								  MCXT_ALLOC_HUGE | MCXT_ALLOC_ZERO);

	for (int32 i = 0; i < trace->nevents; i++)
	{
		SdTraceEvent *event = &trace->events[i];
		int32 thread_id = trace->threads[event->thread].thread_id;

		if (event->kind == SD_ASYNC_SPAWN && event->subject >= 0)
			seen[event->subject] |= TASK_SPAWNED;
		if (event->kind == SD_ASYNC_AWAIT && event->subject >= 0)
			seen[event->subject] |= TASK_AWAITED;
		if (event->task >= 0 &&
			!(event->kind == SD_ASYNC_SPAWN && event->subject == event->task))
			seen[event->task] |= TASK_RAN;
		if (thread_id >= 0 &&
			!(event->kind == SD_ASYNC_SPAWN && event->subject == thread_id))
			seen[thread_id] |= TASK_RAN;
	}

	for (int32 i = 0; i < trace->nevents; i++)
	{
		SdTraceEvent *event = &trace->events[i];
		Finding *finding;

		CHECK_FOR_INTERRUPTS();
		if (event->subject < 0)
			continue;
		if (event->kind == SD_ASYNC_AWAIT &&
			(seen[event->subject] & TASK_SPAWNED) == 0 &&
			(finding = add(search, AWAIT_WITHOUT_SPAWN, i)) != NULL)
			finding->message =
				psprintf("task \"%s\" is awaited, but nothing has spawned it",
						 word(trace, event->subject));
		if (event->kind == SD_ASYNC_SPAWN &&
			(seen[event->subject] & TASK_AWAITED) == 0 &&
			(finding = add(search, TASK_NEVER_AWAITED, i)) != NULL)
			finding->message = psprintf("task \"%s\" is never awaited",
										word(trace, event->subject));
		if (event->kind == SD_ASYNC_SPAWN &&
			(seen[event->subject] & TASK_RAN) == 0 &&
			(finding = add(search, TASK_NEVER_RAN, i)) != NULL)
			finding->message = psprintf("task \"%s\" has no events",
										word(trace, event->subject));
	}
	pfree(seen);
}

/* ---- requests ---- */

/*
 * The response to a request is a child of it, or else the first one after it in
 * its thread before the next request there.
 */
static void
find_unanswered_requests(Search *search)
{
	SdTrace *trace = search->trace;
	int32 *waiting = palloc_extended(
		sizeof(int32) * Max((Size) trace->nthreads, 1), MCXT_ALLOC_HUGE);
	bool *is_answered =
		palloc_extended(sizeof(bool) * Max((Size) trace->nevents, 1),
						MCXT_ALLOC_HUGE | MCXT_ALLOC_ZERO);

	for (int32 i = 0; i < trace->nthreads; i++)
		waiting[i] = -1;
	for (int32 i = 0; i < trace->nevents; i++)
	{
		SdTraceEvent *event = &trace->events[i];

		if (event->kind == SD_HTTP_REQUEST)
			waiting[event->thread] = i;
		if (event->kind != SD_HTTP_RESPONSE)
			continue;
		if (event->parent >= 0)
			is_answered[event->parent] = true;
		if (waiting[event->thread] >= 0)
			is_answered[waiting[event->thread]] = true;
		waiting[event->thread] = -1;
	}
	for (int32 i = 0; i < trace->nevents; i++)
	{
		Finding *finding;

		if (trace->events[i].kind == SD_HTTP_REQUEST && !is_answered[i] &&
			(finding = add(search, UNANSWERED_REQUEST, i)) != NULL)
			finding->message = psprintf("request \"%s\" has no response",
										word(trace, trace->events[i].label));
	}
	pfree(is_answered);
	pfree(waiting);
}

/* ---- clocks and times ---- */

/* Does the clock of a thread go back from one event to the next? */
static void
find_odd_clocks(Search *search)
{
	SdTrace *trace = search->trace;
	int32 *last = palloc_extended(
		sizeof(int32) * Max((Size) trace->nthreads, 1), MCXT_ALLOC_HUGE);

	for (int32 i = 0; i < trace->nthreads; i++)
		last[i] = -1;
	for (int32 i = 0; i < trace->nevents; i++)
	{
		SdTraceEvent *event = &trace->events[i];
		int32 before = last[event->thread];
		Finding *finding;

		CHECK_FOR_INTERRUPTS();
		if ((event->flags & SD_EVENT_CLOCKED) == 0)
			continue;
		last[event->thread] = i;
		if (before < 0 ||
			!sd_clocks_less(trace->clocks, event->clock,
							trace->events[before].clock) ||
			(finding = add(search, CLOCK_BACKWARDS, i)) == NULL)
			continue;
		finding->has_other = true;
		finding->other = trace->events[before].id;
		finding->message =
			"its clock is before that of the event before it in its thread";
	}
	pfree(last);
}

/* What starts before what it follows, or ends after its caller. */
static void
find_odd_times(Search *search)
{
	SdTrace *trace = search->trace;

	for (int32 i = 0; i < trace->nevents; i++)
	{
		SdTraceEvent *event = &trace->events[i];
		SdTraceEvent *caller;
		int64 start;
		int64 excess;
		Finding *finding;

		CHECK_FOR_INTERRUPTS();
		if (event->parent < 0)
			continue;
		look_at_times(search, event->parent, i, "its parent");

		caller = &trace->events[event->parent];
		if (event->kind != SD_FUNCTION_CALL ||
			caller->kind != SD_FUNCTION_CALL ||
			event->thread != caller->thread ||
			(event->flags & SD_EVENT_TIMED) == 0 ||
			(caller->flags & SD_EVENT_TIMED) == 0)
			continue;
		start = nanoseconds_between(caller, event);
		if (start < 0 || start >= caller->duration)
			continue;
		excess = event->duration - (caller->duration - start);
		if (excess > 0 && (finding = add(search, OUTLIVES_CALLER, i)) != NULL)
		{
			finding->has_other = true;
			finding->other = caller->id;
			finding->message = psprintf(
				"\"%s\" ends %.3f ms after \"%s\", which has called it",
				word(trace, event->label), excess / 1e6,
				word(trace, caller->label));
		}
	}
	for (int64 e = 0; e < trace->nedges; e++)
	{
		CHECK_FOR_INTERRUPTS();
		if (trace->edges[e].orders)
			look_at_times(search, trace->edges[e].from, trace->edges[e].to,
						  "the event that an edge comes from");
	}
}

static void
look_at_times(Search *search, int32 from, int32 to, const char *what)
{
	SdTrace *trace = search->trace;
	int64 distance =
		nanoseconds_between(&trace->events[from], &trace->events[to]);
	Finding *finding;

	if (distance >= 0 || (finding = add(search, TIME_BACKWARDS, to)) == NULL)
		return;
	finding->has_other = true;
	finding->other = trace->events[from].id;
	finding->message =
		psprintf("starts %.3f ms before %s", -(distance / 1e6), what);
}

/* Limited to what there is of them. */
static int64
nanoseconds_between(const SdTraceEvent *from, const SdTraceEvent *to)
{
	float8 microseconds = (float8) to->time - (float8) from->time;

	if (fabs(microseconds) > 9e15)
		return microseconds < 0 ? -PG_INT64_MAX : PG_INT64_MAX;

	return (to->time - from->time) * 1000 + (to->nanos - from->nanos);
}

/* ---- edges ---- */

/* Those that do not count, or lead nowhere. */
static void
find_odd_edges(Search *search)
{
	SdTrace *trace = search->trace;
	Datum value = UUIDPGetDatum(&trace->id);
	SdSpi spi;
	Portal portal;

	sd_spi_begin(&spi, true);
	portal = sd_spi_open_read(&select_odd_edges, &value, NULL);
	for (;;)
	{
		SPITupleTable *found;

		SPI_cursor_fetch(portal, true, 1000);
		found = SPI_tuptable;
		if (SPI_processed == 0)
			break;
		MemoryContextSwitchTo(trace->context);
		for (uint64 i = 0; i < found->numvals; i++)
		{
			pg_uuid_t *from = DatumGetUUIDP(sd_result(i, 1, NULL));
			pg_uuid_t *to = DatumGetUUIDP(sd_result(i, 2, NULL));
			char *type = TextDatumGetCString(sd_result(i, 3, NULL));
			bool quarantined = DatumGetBool(sd_result(i, 4, NULL));
			Finding *finding =
				add(search, quarantined ? QUARANTINED_EDGE : DANGLING_EDGE,
					sd_trace_find(trace, from));

			if (finding == NULL)
				continue;
			finding->event_id = *from;
			finding->has_other = true;
			finding->other = *to;
			finding->message =
				quarantined
					? psprintf("edge %s would close a cycle, and does not "
							   "count",
							   type)
					: psprintf("edge %s leads from or to an event that is not "
							   "in this trace",
							   type);
		}
		SPI_freetuptable(found);
	}
	SPI_cursor_close(portal);
	sd_spi_end(&spi);
}

/* ---- findings ---- */

/* NULL if there are enough of the kind. */
static Finding *
add(Search *search, Oddity kind, int32 event)
{
	Finding *finding;

	if (search->counts[kind]++ >= search->max_per_kind)
		return NULL;
	if (search->n == search->allocated)
	{
		search->allocated = Max(64, search->allocated * 2);
		if (search->findings == NULL)
			search->findings = palloc(sizeof(Finding) * search->allocated);
		else
			search->findings = repalloc_huge(
				search->findings, sizeof(Finding) * (Size) search->allocated);
	}
	finding = &search->findings[search->n++];
	memset(finding, 0, sizeof(Finding));
	finding->kind = kind;
	finding->severity = oddities[kind].severity;
	finding->event = event;
	if (event >= 0)
		finding->event_id = search->trace->events[event].id;

	return finding;
}

static void
put_findings(FunctionCallInfo fcinfo, Search *search)
{
	ReturnSetInfo *rsinfo = (ReturnSetInfo *) fcinfo->resultinfo;
	SdTrace *trace = search->trace;
	MemoryContext context = AllocSetContextCreate(
		CurrentMemoryContext, "stormdisc anomaly", ALLOCSET_SMALL_SIZES);
	MemoryContext oldcontext;

	if (search->n > 1)
		qsort(search->findings, search->n, sizeof(Finding), compare_findings);
	oldcontext = MemoryContextSwitchTo(context);
	for (int i = 0; i < search->n; i++)
	{
		Finding *finding = &search->findings[i];
		Datum values[N_COLS];
		bool nulls[N_COLS] = {0};

		CHECK_FOR_INTERRUPTS();
		values[COL_KIND] = CStringGetTextDatum(oddities[finding->kind].name);
		values[COL_SEVERITY] =
			CStringGetTextDatum(severities[finding->severity]);
		values[COL_EVENT_ID] = UUIDPGetDatum(&finding->event_id);
		values[COL_OTHER_EVENT_ID] = UUIDPGetDatum(&finding->other);
		nulls[COL_OTHER_EVENT_ID] = !finding->has_other;
		if (finding->event < 0)
			nulls[COL_TIMESTAMP] = nulls[COL_OPERATION] = nulls[COL_SERVICE] =
				nulls[COL_THREAD] = true;
		else
		{
			SdTraceEvent *event = &trace->events[finding->event];

			values[COL_TIMESTAMP] = TimestampTzGetDatum(event->time);
			values[COL_OPERATION] =
				sd_report_word(trace, event->label, &nulls[COL_OPERATION]);
			values[COL_SERVICE] =
				sd_report_word(trace, trace->threads[event->thread].service,
							   &nulls[COL_SERVICE]);
			values[COL_THREAD] =
				CStringGetTextDatum(sd_trace_thread_name(trace, event->thread));
		}
		values[COL_MESSAGE] = CStringGetTextDatum(finding->message);
		nulls[COL_EVIDENCE] = finding->evidence == NULL;
		if (finding->evidence != NULL)
		{
			StringInfoData buf;

			initStringInfo(&buf);
			appendStringInfoString(&buf, finding->evidence);
			values[COL_EVIDENCE] = sd_report_jsonb(&buf);
		}
		tuplestore_putvalues(rsinfo->setResult, rsinfo->setDesc, values, nulls);
		MemoryContextReset(context);
	}
	MemoryContextSwitchTo(oldcontext);
}

/* By event, what is of none last. */
static int
compare_findings(const void *a, const void *b)
{
	const Finding *x = a;
	const Finding *y = b;
	int order;

	if (x->event != y->event)
		return (uint32) x->event < (uint32) y->event ? -1 : 1;
	if (x->kind != y->kind)
		return x->kind < y->kind ? -1 : 1;
	order = memcmp(&x->event_id, &y->event_id, UUID_LEN);
	if (order == 0)
		order = memcmp(&x->other, &y->other, UUID_LEN);

	return order != 0 ? order : strcmp(x->message, y->message);
}

static void
warn_of_more(Search *search)
{
	StringInfoData buf;

	initStringInfo(&buf);
	for (int i = 0; i < N_ODDITIES; i++)
		if (search->counts[i] > search->max_per_kind)
			appendStringInfo(&buf, "%s%s (" INT64_FORMAT ")",
							 buf.len > 0 ? ", " : "", oddities[i].name,
							 search->counts[i]);
	if (buf.len > 0)
		ereport(WARNING,
				errmsg("not all anomalies are listed: there are more than "
					   "" INT64_FORMAT " of some kinds",
					   search->max_per_kind),
				errdetail("Found in all: %s.", buf.data),
				errhint("Raise \"max_per_kind\"."));
	pfree(buf.data);
}

static const char *
word(const SdTrace *trace, int32 number)
{
	return number < 0 ? "" : sd_trace_word(trace, number);
}
