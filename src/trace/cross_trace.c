/*-------------------------------------------------------------------------
 *
 * cross_trace.c
 *	  stormdisc_get_cross_trace_races: conflicting accesses to a variable in
 *	  different traces, close in time.
 *
 * Nothing orders events of different traces but the clocks that clients send.
 * So what is found is a suspicion, and how strong it is, is said.
 *
 * Accesses come by the index of variables in the order of time, and those of
 * the last while are kept: no more is in memory.  Each is compared with what is
 * kept, newest first, past reads if it is a read itself and past runs of its
 * own trace.
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include <math.h>

#include "catalog/pg_type.h"
#include "funcapi.h"
#include "miscadmin.h"
#include "utils/builtins.h"
#include "utils/fmgrprotos.h"
#include "utils/hsearch.h"
#include "utils/memutils.h"
#include "utils/timestamp.h"
#include "utils/tuplestore.h"
#include "utils/uuid.h"

#include "arguments.h"
#include "spi_util.h"
#include "trace/access.h"
#include "trace/report.h"
#include "trace/storage.h"
#include "trace/trace.h"
#include "trace/vclock.h"

PG_FUNCTION_INFO_V1(stormdisc_get_cross_trace_races);

/* more are not made, however many pairs are wanted */
#define MAX_COMPARISONS INT64CONST(10000000)

/* events of locks that are remembered, before all are forgotten */
#define MAX_LOCK_EVENTS 2000000

/* locks that a thread may hold for their set to be known at each of its events
 */
#define MAX_SET 64

/* a set that is not known yet */
#define NO_SET (-1)

/* arguments */
enum
{
	ARG_VARIABLE,
	ARG_TIME_WINDOW,
	ARG_MAX_PAIRS,
	ARG_SINCE
};

/* result columns */
enum
{
	COL_EVENT1,
	COL_EVENT2,
	COL_TRACE1,
	COL_TRACE2,
	COL_SEVERITY,
	COL_CONFIDENCE,
	COL_DISTANCE,
	COL_THREAD1,
	COL_THREAD2,
	COL_ACCESS_TYPE1,
	COL_ACCESS_TYPE2,
	COL_TIMESTAMP1,
	COL_TIMESTAMP2,
	COL_LOCATION1,
	COL_LOCATION2,
	COL_EVIDENCE,
	N_COLS
};

/* an access that is kept */
typedef struct Access
{
	pg_uuid_t id;
	pg_uuid_t trace_id;
	TimestampTz time;
	int16 nanos;
	SdAccessType type;
	int32 thread[SD_THREAD_PARTS]; /* words */
	int32 thread_key;			   /* a word for all of them */
	int32 location;				   /* word, or -1 */
	SdVclock *clock;			   /* NULL if there is none, or it is empty */
	Jsonb *lock_set;			   /* NULL if none was sent */
	int32 set;					   /* of locks, or NO_SET */
	int64 write_before; /* number of the last write before it, or -1 */
	int64 other_before; /* of the last access of another trace before it */
} Access;

/* an event of a lock, of a trace that was looked at */
typedef struct LockEvent
{
	TimestampTz time;
	pg_uuid_t id;
	int16 nanos;
	bool is_acquire;
	int32 thread_key;
	SdLockHeld lock;
	int32 set; /* what its thread holds after it, or NO_SET */
} LockEvent;

typedef struct TraceLocks
{
	pg_uuid_t trace_id; /* hash key */
	int64 n;
	LockEvent *events; /* by thread, in the order of time */
} TraceLocks;

/* what a thread holds while its events are gone through */
typedef struct Held
{
	SdLockHeld lock; /* hash key */
	int32 times;
	int32 position; /* among them */
} Held;

typedef struct HeldLocks
{
	HTAB *table;
	int32 n;
	int32 allocated;
	SdLockHeld *locks;
} HeldLocks;

typedef struct Search
{
	FunctionCallInfo fcinfo;
	Datum time_window;
	int64 max_pairs;
	int64 npairs;
	int64 ncomparisons;
	MemoryContext context; /* of what is kept */
	MemoryContext row_context;
	MemoryContext locks_context;
	SdWords words;
	SdLockSets lock_sets;
	HTAB *locks; /* of TraceLocks */
	int64 nlock_events;
	/* the accesses from first to next - 1, at their number modulo size */
	Access **kept;
	int64 size;
	int64 first;
	int64 next;
} Search;

/* what clocks say of two accesses that they do not order */
typedef enum ClockEvidence
{
	CLOCKS_CONCURRENT,
	CLOCKS_PARTLY,
	CLOCKS_DISJOINT,
	CLOCKS_MISSING
} ClockEvidence;

static const struct
{
	const char *text;
	float8 weight;
} clock_evidence[] = {
	[CLOCKS_CONCURRENT] = {"clocks concurrent by shared components", 0.95},
	[CLOCKS_PARTLY] = {"clocks not concurrent by shared components alone", 0.5},
	[CLOCKS_DISJOINT] = {"clocks without shared components", 0.4},
	[CLOCKS_MISSING] = {"no clocks", 0.4},
};

static SdStatement select_accesses = {
	.sql = "SELECT " SD_ACCESS_SELECT ", e.causality_vector "
		   "FROM stormdisc.events e "
		   "WHERE e.variable OPERATOR(pg_catalog.=) $1 "
		   "AND e.\"timestamp\" OPERATOR(pg_catalog.>=) "
		   "COALESCE($2, '-infinity'::pg_catalog.timestamptz) "
		   "ORDER BY e.\"timestamp\", e.timestamp_nanos, e.id",
	.nparameters = 2,
	.types = {TEXTOID, TIMESTAMPTZOID},
};

static SdStatement select_locks = {
	.sql = "SELECT e.\"timestamp\", e.timestamp_nanos, e.id, e.kind, "
		   "e.metadata FROM stormdisc.events e "
		   "WHERE e.trace_id OPERATOR(pg_catalog.=) $1 "
		   "AND e.kind OPERATOR(pg_catalog.?|) "
		   "'{LockAcquire,LockRelease}'::pg_catalog.text[] "
		   "ORDER BY e.\"timestamp\", e.timestamp_nanos, e.id",
	.nparameters = 1,
	.types = {UUIDOID},
};

static void read_arguments(Search *search, Datum *values, bool *nulls);
static bool search_batch(Search *search);
static Access *read_access(Search *search, HeapTuple tuple, TupleDesc desc);
static int32 read_thread(Search *search, Jsonb *metadata, int32 *thread);
static Datum thread_name(const Search *search, const int32 *thread);
static Datum location_text(const Search *search, int32 location, bool *isnull);
static void *copy_varlena(const void *value);
static void keep(Search *search, Access *access);
static void forget_old(Search *search, TimestampTz now);
static void free_access(Access *access);
static bool compare_with_kept(Search *search, Access *access);
static Access *kept(const Search *search, int64 number);
static bool is_write(SdAccessType type);
static bool is_atomic(SdAccessType type);
static bool is_protected(Search *search, Access *a, Access *b);
static void find_locks(Search *search, Access *access);
static int32 supplied_locks(Search *search, Jsonb *lock_set);
static int32 held_locks(Search *search, const Access *access);
static TraceLocks *locks_of_trace(Search *search, const pg_uuid_t *trace_id);
static void read_lock_events(Search *search, TraceLocks *locks);
static void read_lock_event(Search *search, LockEvent *event, HeapTuple tuple,
							TupleDesc desc);
static void find_sets(Search *search, TraceLocks *locks);
static int compare_lock_events(const void *a, const void *b);
static void begin_holding(HeldLocks *held);
static void change_locks(HeldLocks *held, const LockEvent *event);
static int32 set_of(Search *search, HeldLocks *held);
static void end_holding(HeldLocks *held);
static bool holds_any(const Search *search, const Access *access);
static ClockEvidence judge_clocks(const Access *a, const Access *b);
static int compare_names(const SdVclockReader *a, const SdVclockReader *b);
static void put_pair(Search *search, const Access *a, const Access *b);
static Datum make_evidence(int nlocked, ClockEvidence clocks);

/*
 * stormdisc_get_cross_trace_races(variable, time_window, max_pairs, since)
 *		-> setof pairs
 *		Accesses of different traces that may have raced.
 */
Datum
stormdisc_get_cross_trace_races(PG_FUNCTION_ARGS)
{
	Search search = {.fcinfo = fcinfo};
	HASHCTL info = {0};
	Datum values[2];
	bool nulls[2] = {0};
	SdSpi spi;
	Portal portal;
	bool is_complete = true;

	read_arguments(&search, values, nulls);
	sd_storage_check_readable();
	InitMaterializedSRF(fcinfo, 0);

	search.context = AllocSetContextCreate(
		CurrentMemoryContext, "stormdisc accesses", ALLOCSET_DEFAULT_SIZES);
	search.row_context = AllocSetContextCreate(search.context, "stormdisc pair",
											   ALLOCSET_DEFAULT_SIZES);
	search.locks_context = AllocSetContextCreate(
		search.context, "stormdisc locks", ALLOCSET_DEFAULT_SIZES);
	sd_words_init(&search.words, search.context);
	sd_lock_sets_init(&search.lock_sets, search.context);
	info.keysize = sizeof(pg_uuid_t);
	info.entrysize = sizeof(TraceLocks);
	info.hcxt = search.context;
	search.locks = hash_create("stormdisc locks of traces", 256, &info,
							   HASH_ELEM | HASH_BLOBS | HASH_CONTEXT);
	search.size = 1024;
	search.kept =
		MemoryContextAlloc(search.context, sizeof(Access *) * search.size);

	sd_spi_begin(&spi, true);
	portal = sd_spi_open_read(&select_accesses, values, nulls);
	do
		SPI_cursor_fetch(portal, true, 1000);
	while (SPI_processed > 0 && (is_complete = search_batch(&search)));
	SPI_cursor_close(portal);
	sd_spi_end(&spi);
	MemoryContextDelete(search.context);

	if (!is_complete && search.npairs >= search.max_pairs)
		ereport(WARNING,
				errmsg("there may be more than " INT64_FORMAT
					   " pairs of accesses",
					   search.max_pairs),
				errhint("Raise \"max_pairs\", or narrow \"time_window\" or "
						"\"since\"."));
	else if (!is_complete)
		ereport(WARNING,
				errmsg("the search ended after " INT64_FORMAT " comparisons",
					   search.ncomparisons),
				errhint("Narrow \"time_window\" or \"since\"."));

	return (Datum) 0;
}

static void
read_arguments(Search *search, Datum *values, bool *nulls)
{
	FunctionCallInfo fcinfo = search->fcinfo;
	Interval zero = {0};

	values[0] = sd_argument_required(fcinfo, ARG_VARIABLE, "variable");
	search->time_window =
		sd_argument_required(fcinfo, ARG_TIME_WINDOW, "time_window");
	if (DatumGetBool(DirectFunctionCall2(interval_lt, search->time_window,
										 IntervalPGetDatum(&zero))))
		ereport(ERROR, errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				errmsg("argument \"%s\" must not be negative", "time_window"));
	search->max_pairs = sd_report_limit(fcinfo, ARG_MAX_PAIRS, "max_pairs");
	nulls[1] = PG_ARGISNULL(ARG_SINCE);
	values[1] = nulls[1] ? (Datum) 0 : PG_GETARG_DATUM(ARG_SINCE);
}

/* The accesses that were fetched; false if there are to be no more. */
static bool
search_batch(Search *search)
{
	SPITupleTable *found = SPI_tuptable;
	bool go_on = true;

	for (uint64 i = 0; i < found->numvals && go_on; i++)
	{
		MemoryContext oldcontext = MemoryContextSwitchTo(search->row_context);
		Access *access = read_access(search, found->vals[i], found->tupdesc);

		forget_old(search, access->time);
		keep(search, access);
		go_on = compare_with_kept(search, access);
		MemoryContextSwitchTo(oldcontext);
		MemoryContextReset(search->row_context);
	}
	SPI_freetuptable(found);

	return go_on;
}

static Access *
read_access(Search *search, HeapTuple tuple, TupleDesc desc)
{
	Datum values[SD_ACCESS_COLUMNS + 1];
	bool nulls[SD_ACCESS_COLUMNS + 1];
	SdAccessRow row;
	Access *access;

	heap_deform_tuple(tuple, desc, values, nulls);
	sd_access_read(&row, values, nulls);

	MemoryContextSwitchTo(search->context);
	access = palloc0(sizeof(Access));
	access->id = row.id;
	access->trace_id = row.trace_id;
	access->time = row.time;
	access->nanos = row.nanos;
	access->type = row.type;
	access->thread_key =
		read_thread(search, DatumGetJsonbP(values[5]), access->thread);
	access->set = NO_SET;
	access->location =
		row.location == NULL
			? -1
			: sd_words_enter(&search->words, VARDATA_ANY(row.location),
							 VARSIZE_ANY_EXHDR(row.location));
	if (row.lock_set != NULL && JB_ROOT_COUNT(row.lock_set) > 0)
		access->lock_set = copy_varlena(row.lock_set);
	if (!nulls[SD_ACCESS_COLUMNS])
	{
		SdVclock *clock = DatumGetVclock(values[SD_ACCESS_COLUMNS]);

		if (!sd_vclock_is_empty(clock))
			access->clock = copy_varlena(clock);
	}
	MemoryContextSwitchTo(search->row_context);

	return access;
}

/* The words of a thread, and one for all of them. */
static int32
read_thread(Search *search, Jsonb *metadata, int32 *thread)
{
	const char *parts[SD_THREAD_PARTS];
	int lengths[SD_THREAD_PARTS];
	char key[SD_THREAD_PARTS * 12];

	sd_access_thread_parts(metadata, parts, lengths);
	for (int i = 0; i < SD_THREAD_PARTS; i++)
		thread[i] = sd_words_enter(&search->words, parts[i], lengths[i]);
	snprintf(key, sizeof(key), "%d/%d/%d", thread[0], thread[1], thread[2]);

	return sd_words_enter(&search->words, key, strlen(key));
}

static Datum
thread_name(const Search *search, const int32 *thread)
{
	const char *parts[SD_THREAD_PARTS];
	int lengths[SD_THREAD_PARTS];

	for (int i = 0; i < SD_THREAD_PARTS; i++)
	{
		parts[i] = search->words.words[thread[i]];
		lengths[i] = strlen(parts[i]);
	}

	return PointerGetDatum(sd_access_thread_name(parts, lengths));
}

static Datum
location_text(const Search *search, int32 location, bool *isnull)
{
	*isnull = location < 0;

	return *isnull ? (Datum) 0
				   : CStringGetTextDatum(search->words.words[location]);
}

static void *
copy_varlena(const void *value)
{
	return PG_DETOAST_DATUM_COPY(PointerGetDatum(value));
}

static void
keep(Search *search, Access *access)
{
	int64 number = search->next;

	if (search->next - search->first == search->size)
	{
		Access **larger = MemoryContextAllocHuge(
			search->context, sizeof(Access *) * search->size * 2);

		for (int64 i = search->first; i < search->next; i++)
			larger[i % (search->size * 2)] = kept(search, i);
		pfree(search->kept);
		search->kept = larger;
		search->size *= 2;
	}
	access->write_before = access->other_before = -1;
	if (number > search->first)
	{
		Access *before = kept(search, number - 1);

		access->write_before =
			is_write(before->type) ? number - 1 : before->write_before;
		access->other_before =
			memcmp(&before->trace_id, &access->trace_id, UUID_LEN) == 0
				? before->other_before
				: number - 1;
	}
	search->kept[number % search->size] = access;
	search->next++;
}

/* What is too long before now is not compared any more. */
static void
forget_old(Search *search, TimestampTz now)
{
	while (search->first < search->next)
	{
		Access *oldest = kept(search, search->first);
		TimestampTz end = DatumGetTimestampTz(DirectFunctionCall2(
			timestamptz_pl_interval, TimestampTzGetDatum(oldest->time),
			search->time_window));

		if (end >= now)
			break;
		free_access(oldest);
		search->first++;
	}
}

static void
free_access(Access *access)
{
	if (access->lock_set != NULL)
		pfree(access->lock_set);
	if (access->clock != NULL)
		pfree(access->clock);
	pfree(access);
}

/* With those before it; false if that is enough. */
static bool
compare_with_kept(Search *search, Access *access)
{
	int64 number = search->next - 2;

	while (number >= search->first)
	{
		Access *other = kept(search, number);
		SdClockOrder order;

		CHECK_FOR_INTERRUPTS();
		if (!is_write(access->type) && !is_write(other->type))
		{
			number = other->write_before;
			continue;
		}
		if (memcmp(&access->trace_id, &other->trace_id, UUID_LEN) == 0)
		{
			number = other->other_before;
			continue;
		}
		if (++search->ncomparisons > MAX_COMPARISONS)
			return false;
		number--;

		if ((is_atomic(access->type) && is_atomic(other->type)) ||
			access->thread_key == other->thread_key)
			continue;
		if (access->clock != NULL && other->clock != NULL)
		{
			order = sd_vclock_compare(other->clock, access->clock);
			if (order == SD_BEFORE || order == SD_AFTER)
				continue;
		}
		if (is_protected(search, other, access))
			continue;
		if (search->npairs == search->max_pairs)
			return false;
		put_pair(search, other, access);
		search->npairs++;
	}

	return true;
}

static Access *
kept(const Search *search, int64 number)
{
	return search->kept[number % search->size];
}

static bool
is_write(SdAccessType type)
{
	return type == SD_WRITE || type == SD_ATOMIC_WRITE || type == SD_ATOMIC_RMW;
}

static bool
is_atomic(SdAccessType type)
{
	return type != SD_READ && type != SD_WRITE;
}

/* ---- locks ---- */

/* Did both hold a lock, and one of them exclusively? */
static bool
is_protected(Search *search, Access *a, Access *b)
{
	find_locks(search, a);
	find_locks(search, b);

	return sd_lock_sets_protect(&search->lock_sets, a->set, b->set);
}

/*
 * The locks of an access: those that were sent, else what its thread has
 * acquired in its trace and not released again before.
 */
static void
find_locks(Search *search, Access *access)
{
	if (access->set == NO_SET)
		access->set = access->lock_set != NULL
						  ? supplied_locks(search, access->lock_set)
						  : held_locks(search, access);
}

static int32
supplied_locks(Search *search, Jsonb *lock_set)
{
	JsonbIterator *it = JsonbIteratorInit(&lock_set->root);
	SdLockHeld *held = palloc_extended(
		sizeof(SdLockHeld) * JB_ROOT_COUNT(lock_set), MCXT_ALLOC_HUGE);
	JsonbValue value;
	int32 result;
	int n = 0;

	(void) JsonbIteratorNext(&it, &value, true);
	while (JsonbIteratorNext(&it, &value, true) == WJB_ELEM)
	{
		const char *name;
		int length;
		bool is_shared = !sd_event_lock(&value, &name, &length);

		held[n++] = SD_LOCK_HELD(sd_words_enter(&search->words, name, length),
								 is_shared);
	}
	result = sd_lock_sets_enter(&search->lock_sets, held, n);
	pfree(held);

	return result;
}

/* By the last event of a lock before it in its thread. */
static int32
held_locks(Search *search, const Access *access)
{
	TraceLocks *locks = locks_of_trace(search, &access->trace_id);
	LockEvent key = {.time = access->time,
					 .id = access->id,
					 .nanos = access->nanos,
					 .thread_key = access->thread_key};
	int64 low = 0;
	int64 high = locks->n;
	LockEvent *last;

	while (low < high)
	{
		int64 middle = low + (high - low) / 2;

		if (compare_lock_events(&locks->events[middle], &key) < 0)
			low = middle + 1;
		else
			high = middle;
	}
	if (low == 0 || locks->events[low - 1].thread_key != access->thread_key)
		return sd_lock_sets_enter(&search->lock_sets, NULL, 0);

	last = &locks->events[low - 1];
	if (last->set == NO_SET)
	{
		int64 first = low - 1;
		HeldLocks held;

		while (first > 0 &&
			   locks->events[first - 1].thread_key == access->thread_key)
			first--;
		begin_holding(&held);
		for (; first < low; first++)
			change_locks(&held, &locks->events[first]);
		last->set = set_of(search, &held);
		end_holding(&held);
	}

	return last->set;
}

/* The events of locks of a trace, which are read once. */
static TraceLocks *
locks_of_trace(Search *search, const pg_uuid_t *trace_id)
{
	MemoryContext oldcontext;
	TraceLocks *locks;
	TraceLocks read = {.trace_id = *trace_id};

	locks = hash_search(search->locks, trace_id, HASH_FIND, NULL);
	if (locks != NULL)
		return locks;

	if (search->nlock_events > MAX_LOCK_EVENTS)
	{
		HASH_SEQ_STATUS status;

		hash_seq_init(&status, search->locks);
		while ((locks = hash_seq_search(&status)) != NULL)
			(void) hash_search(search->locks, &locks->trace_id, HASH_REMOVE,
							   NULL);
		MemoryContextReset(search->locks_context);
		search->nlock_events = 0;
	}

	oldcontext = MemoryContextSwitchTo(search->locks_context);
	read_lock_events(search, &read);
	find_sets(search, &read);
	MemoryContextSwitchTo(oldcontext);
	search->nlock_events += read.n + 1;
	locks = hash_search(search->locks, trace_id, HASH_ENTER, NULL);
	*locks = read;

	return locks;
}

static void
read_lock_events(Search *search, TraceLocks *locks)
{
	MemoryContext context = CurrentMemoryContext;
	Datum value = UUIDPGetDatum(&locks->trace_id);
	MemoryContext row_context = AllocSetContextCreate(
		context, "stormdisc lock rows", ALLOCSET_DEFAULT_SIZES);
	SPITupleTable *outer = SPI_tuptable;
	Portal portal = sd_spi_open_read(&select_locks, &value, NULL);
	int64 allocated = 0;

	for (;;)
	{
		SPITupleTable *found;

		SPI_cursor_fetch(portal, true, 1000);
		if (SPI_processed == 0)
			break;
		found = SPI_tuptable;
		if (locks->n + (int64) found->numvals > allocated)
		{
			allocated = Max(allocated * 2, (int64) found->numvals);
			locks->events = locks->events == NULL
								? MemoryContextAllocHuge(
									  context, sizeof(LockEvent) * allocated)
								: repalloc_huge(locks->events,
												sizeof(LockEvent) * allocated);
		}
		for (uint64 i = 0; i < found->numvals; i++)
		{
			MemoryContextSwitchTo(row_context);
			read_lock_event(search, &locks->events[locks->n++], found->vals[i],
							found->tupdesc);
			MemoryContextSwitchTo(context);
		}
		MemoryContextReset(row_context);
		SPI_freetuptable(found);
	}
	SPI_cursor_close(portal);
	MemoryContextSwitchTo(context);
	MemoryContextDelete(row_context);
	SPI_tuptable = outer;
}

static void
read_lock_event(Search *search, LockEvent *event, HeapTuple tuple,
				TupleDesc desc)
{
	int32 thread[SD_THREAD_PARTS];
	Datum values[5];
	bool nulls[5];
	JsonbContainer *fields;
	const char *name = "";
	int length = 0;

	CHECK_FOR_INTERRUPTS();
	heap_deform_tuple(tuple, desc, values, nulls);
	event->is_acquire =
		sd_event_kind(DatumGetJsonbP(values[3]), &fields) == SD_LOCK_ACQUIRE;
	event->time = DatumGetTimestampTz(values[0]);
	event->nanos = DatumGetInt16(values[1]);
	event->id = *DatumGetUUIDP(values[2]);
	event->thread_key = read_thread(search, DatumGetJsonbP(values[4]), thread);
	(void) sd_event_string(fields, "lock_id", &name, &length);
	event->lock = SD_LOCK_HELD(sd_words_enter(&search->words, name, length),
							   sd_event_lock_type(fields) == SD_RWLOCK_READ);
	event->set = NO_SET;
}

/* What each thread holds, as long as these are not too many locks. */
static void
find_sets(Search *search, TraceLocks *locks)
{
	HeldLocks held;

	if (locks->n > 1)
		qsort(locks->events, locks->n, sizeof(LockEvent), compare_lock_events);
	begin_holding(&held);
	for (int64 i = 0; i < locks->n; i++)
	{
		LockEvent *event = &locks->events[i];

		if (i > 0 && event[-1].thread_key != event->thread_key)
		{
			end_holding(&held);
			begin_holding(&held);
		}
		change_locks(&held, event);
		if (held.n <= MAX_SET)
			event->set = set_of(search, &held);
	}
	end_holding(&held);
}

/* By thread, and the order of time. */
static int
compare_lock_events(const void *a, const void *b)
{
	const LockEvent *x = a;
	const LockEvent *y = b;

	if (x->thread_key != y->thread_key)
		return x->thread_key < y->thread_key ? -1 : 1;
	if (x->time != y->time)
		return x->time < y->time ? -1 : 1;
	if (x->nanos != y->nanos)
		return x->nanos < y->nanos ? -1 : 1;

	return memcmp(&x->id, &y->id, UUID_LEN);
}

static void
begin_holding(HeldLocks *held)
{
	HASHCTL info = {0};

	memset(held, 0, sizeof(HeldLocks));
	info.keysize = sizeof(SdLockHeld);
	info.entrysize = sizeof(Held);
	info.hcxt = CurrentMemoryContext;
	held->table = hash_create("stormdisc held locks", 16, &info,
							  HASH_ELEM | HASH_BLOBS | HASH_CONTEXT);
}

/* A lock that was acquired several times is to be released as often. */
static void
change_locks(HeldLocks *held, const LockEvent *event)
{
	Held *lock;
	bool found;

	CHECK_FOR_INTERRUPTS();
	lock = hash_search(held->table, &event->lock,
					   event->is_acquire ? HASH_ENTER : HASH_FIND, &found);
	if (!event->is_acquire)
	{
		SdLockHeld moved;

		if (lock == NULL || --lock->times > 0)
			return;
		moved = held->locks[--held->n];
		held->locks[lock->position] = moved;
		((Held *) hash_search(held->table, &moved, HASH_FIND, NULL))->position =
			lock->position;
		(void) hash_search(held->table, &event->lock, HASH_REMOVE, NULL);
		return;
	}
	if (found)
	{
		lock->times++;
		return;
	}
	if (held->n == held->allocated)
	{
		held->allocated = Max(held->allocated * 2, 16);
		held->locks =
			held->locks == NULL
				? palloc(sizeof(SdLockHeld) * held->allocated)
				: repalloc_huge(held->locks,
								sizeof(SdLockHeld) * (Size) held->allocated);
	}
	lock->times = 1;
	lock->position = held->n;
	held->locks[held->n++] = event->lock;
}

static int32
set_of(Search *search, HeldLocks *held)
{
	SdLockHeld *copy = palloc_extended(
		sizeof(SdLockHeld) * ((Size) held->n + 1), MCXT_ALLOC_HUGE);
	int32 result;

	/* it is sorted there */
	if (held->n > 0)
		memcpy(copy, held->locks, sizeof(SdLockHeld) * held->n);
	result = sd_lock_sets_enter(&search->lock_sets, copy, held->n);
	pfree(copy);

	return result;
}

static void
end_holding(HeldLocks *held)
{
	hash_destroy(held->table);
	if (held->locks != NULL)
		pfree(held->locks);
}

static bool
holds_any(const Search *search, const Access *access)
{
	const int64 *start = &search->lock_sets.start[access->set];

	return start[1] > start[0];
}

/* ---- evidence ---- */

/* Of two clocks of which neither is before the other. */
static ClockEvidence
judge_clocks(const Access *a, const Access *b)
{
	SdVclockReader left;
	SdVclockReader right;
	bool has_left;
	bool has_right;
	bool is_shared = false;
	bool is_less = false;
	bool is_greater = false;

	if (a->clock == NULL || b->clock == NULL)
		return CLOCKS_MISSING;

	sd_vclock_read(&left, a->clock);
	sd_vclock_read(&right, b->clock);
	has_left = sd_vclock_next(&left);
	has_right = sd_vclock_next(&right);
	while (has_left && has_right)
	{
		int order = compare_names(&left, &right);

		if (order == 0)
		{
			is_shared = true;
			is_less = is_less || left.value < right.value;
			is_greater = is_greater || left.value > right.value;
		}
		if (order <= 0)
			has_left = sd_vclock_next(&left);
		if (order >= 0)
			has_right = sd_vclock_next(&right);
	}

	return !is_shared			   ? CLOCKS_DISJOINT
		   : is_less && is_greater ? CLOCKS_CONCURRENT
								   : CLOCKS_PARTLY;
}

/* The order is that in which clocks are read. */
static int
compare_names(const SdVclockReader *a, const SdVclockReader *b)
{
	int order = memcmp(a->name, b->name, Min(a->name_length, b->name_length));

	return order != 0 ? order : a->name_length - b->name_length;
}

static void
put_pair(Search *search, const Access *a, const Access *b)
{
	ReturnSetInfo *rsinfo = (ReturnSetInfo *) search->fcinfo->resultinfo;
	ClockEvidence clocks = judge_clocks(a, b);
	TimestampTz end = DatumGetTimestampTz(
		DirectFunctionCall2(timestamptz_pl_interval,
							TimestampTzGetDatum(a->time), search->time_window));
	float8 span = (float8) end - (float8) a->time;
	float8 distance = (float8) b->time - (float8) a->time;
	float8 confidence = clock_evidence[clocks].weight;
	Interval *interval = palloc0(sizeof(Interval));
	Datum values[N_COLS];
	bool nulls[N_COLS] = {0};

	if (span > 0 && !TIMESTAMP_NOT_FINITE(end))
		confidence *= 1 - distance / span / 2;
	if (!holds_any(search, a) && !holds_any(search, b))
		confidence *= 0.9;
	interval->time = b->time - a->time;

	values[COL_EVENT1] = UUIDPGetDatum(&a->id);
	values[COL_EVENT2] = UUIDPGetDatum(&b->id);
	values[COL_TRACE1] = UUIDPGetDatum(&a->trace_id);
	values[COL_TRACE2] = UUIDPGetDatum(&b->trace_id);
	values[COL_SEVERITY] = CStringGetTextDatum(
		is_write(a->type) && is_write(b->type) ? "CRITICAL" : "WARNING");
	values[COL_CONFIDENCE] = Float8GetDatum(rint(confidence * 1000) / 1000);
	values[COL_DISTANCE] = IntervalPGetDatum(interval);
	values[COL_THREAD1] = thread_name(search, a->thread);
	values[COL_THREAD2] = thread_name(search, b->thread);
	values[COL_ACCESS_TYPE1] =
		CStringGetTextDatum(sd_access_type_name(a->type));
	values[COL_ACCESS_TYPE2] =
		CStringGetTextDatum(sd_access_type_name(b->type));
	values[COL_TIMESTAMP1] = TimestampTzGetDatum(a->time);
	values[COL_TIMESTAMP2] = TimestampTzGetDatum(b->time);
	values[COL_LOCATION1] =
		location_text(search, a->location, &nulls[COL_LOCATION1]);
	values[COL_LOCATION2] =
		location_text(search, b->location, &nulls[COL_LOCATION2]);
	values[COL_EVIDENCE] =
		make_evidence(holds_any(search, a) + holds_any(search, b), clocks);
	tuplestore_putvalues(rsinfo->setResult, rsinfo->setDesc, values, nulls);
}

/* Why it is believed; so many of the two had locks. */
static Datum
make_evidence(int nlocked, ClockEvidence clocks)
{
	return PointerGetDatum(
		cstring_to_text(psprintf("%s, %s", clock_evidence[clocks].text,
								 nlocked == 2	? "no lock in common"
								 : nlocked == 1 ? "locks on one side only"
												: "no locks")));
}
