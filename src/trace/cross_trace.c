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
#define MAX_LOCK_EVENTS 200000

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

/* a lock that is held */
typedef struct Held
{
	const char *name; /* not terminated */
	int length;
	bool is_exclusive;
	int count; /* how often it was acquired */
} Held;

/* an access that is kept */
typedef struct Access
{
	pg_uuid_t id;
	pg_uuid_t trace_id;
	TimestampTz time;
	int16 nanos;
	SdAccessType type;
	int32 thread[SD_THREAD_PARTS]; /* words */
	int32 location;				   /* word, or -1 */
	SdVclock *clock;			   /* NULL if there is none, or it is empty */
	Jsonb *lock_set;			   /* NULL if none was sent */
	bool has_locks;				   /* they are known */
	int nlocks;
	Held *locks;
	int64 write_before; /* number of the last write before it, or -1 */
	int64 other_before; /* of the last access of another trace before it */
} Access;

/* an event of a lock, of a trace that was looked at */
typedef struct LockEvent
{
	TimestampTz time;
	int16 nanos;
	pg_uuid_t id;
	int32 thread[SD_THREAD_PARTS];
	char *name;
	int length;
	bool is_acquire;
	bool is_exclusive;
} LockEvent;

typedef struct TraceLocks
{
	pg_uuid_t trace_id; /* hash key */
	int n;
	LockEvent *events; /* in the order of time */
} TraceLocks;

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
static void read_thread(Search *search, Jsonb *metadata, int32 *thread);
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
static bool is_same_thread(const int32 *a, const int32 *b);
static bool is_protected(Search *search, Access *a, Access *b);
static void find_locks(Search *search, Access *access);
static TraceLocks *locks_of_trace(Search *search, const pg_uuid_t *trace_id);
static void read_lock_event(Search *search, LockEvent *event, HeapTuple tuple,
							TupleDesc desc);
static int compare_times(const Access *access, const LockEvent *event);
static void add_lock(Access *access, const char *name, int length,
					 bool is_exclusive);
static ClockEvidence judge_clocks(const Access *a, const Access *b);
static int compare_names(const SdVclockReader *a, const SdVclockReader *b);
static void put_pair(Search *search, const Access *a, const Access *b);
static Datum make_evidence(const Access *a, const Access *b,
						   ClockEvidence clocks);

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
	read_thread(search, DatumGetJsonbP(values[5]), access->thread);
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

static void
read_thread(Search *search, Jsonb *metadata, int32 *thread)
{
	const char *parts[SD_THREAD_PARTS];
	int lengths[SD_THREAD_PARTS];

	sd_access_thread_parts(metadata, parts, lengths);
	for (int i = 0; i < SD_THREAD_PARTS; i++)
		thread[i] = sd_words_enter(&search->words, parts[i], lengths[i]);
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
	for (int i = 0; i < access->nlocks; i++)
		pfree(unconstify(char *, access->locks[i].name));
	if (access->locks != NULL)
		pfree(access->locks);
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
			is_same_thread(access->thread, other->thread))
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

static bool
is_same_thread(const int32 *a, const int32 *b)
{
	return memcmp(a, b, sizeof(int32) * SD_THREAD_PARTS) == 0;
}

/* ---- locks ---- */

/* Did both hold a lock, and one of them exclusively? */
static bool
is_protected(Search *search, Access *a, Access *b)
{
	find_locks(search, a);
	find_locks(search, b);
	for (int i = 0; i < a->nlocks; i++)
		for (int k = 0; k < b->nlocks; k++)
			if ((a->locks[i].is_exclusive || b->locks[k].is_exclusive) &&
				a->locks[i].length == b->locks[k].length &&
				memcmp(a->locks[i].name, b->locks[k].name,
					   a->locks[i].length) == 0)
				return true;

	return false;
}

/*
 * The locks of an access: those that were sent, else what its thread has
 * acquired in its trace and not released again before.
 */
static void
find_locks(Search *search, Access *access)
{
	MemoryContext oldcontext;

	if (access->has_locks)
		return;
	access->has_locks = true;

	if (access->lock_set != NULL)
	{
		JsonbIterator *it = JsonbIteratorInit(&access->lock_set->root);
		JsonbValue value;

		oldcontext = MemoryContextSwitchTo(search->context);
		(void) JsonbIteratorNext(&it, &value, true);
		while (JsonbIteratorNext(&it, &value, true) == WJB_ELEM)
		{
			const char *name;
			int length;
			bool is_exclusive = sd_event_lock(&value, &name, &length);

			add_lock(access, name, length, is_exclusive);
		}
		MemoryContextSwitchTo(oldcontext);
	}
	else
	{
		TraceLocks *locks = locks_of_trace(search, &access->trace_id);

		oldcontext = MemoryContextSwitchTo(search->context);
		for (int i = 0;
			 i < locks->n && compare_times(access, &locks->events[i]) > 0; i++)
		{
			LockEvent *event = &locks->events[i];
			int at;

			if (!is_same_thread(event->thread, access->thread))
				continue;
			if (event->is_acquire)
			{
				add_lock(access, event->name, event->length,
						 event->is_exclusive);
				continue;
			}
			for (at = access->nlocks - 1; at >= 0; at--)
				if (access->locks[at].is_exclusive == event->is_exclusive &&
					access->locks[at].length == event->length &&
					memcmp(access->locks[at].name, event->name,
						   event->length) == 0)
					break;
			if (at >= 0 && --access->locks[at].count == 0)
			{
				pfree(unconstify(char *, access->locks[at].name));
				access->locks[at] = access->locks[--access->nlocks];
			}
		}
		MemoryContextSwitchTo(oldcontext);
	}
}

static void
add_lock(Access *access, const char *name, int length, bool is_exclusive)
{
	Held *held;

	for (int i = 0; i < access->nlocks; i++)
	{
		held = &access->locks[i];
		if (held->is_exclusive == is_exclusive && held->length == length &&
			memcmp(held->name, name, length) == 0)
		{
			held->count++;
			return;
		}
	}
	if (access->locks == NULL)
		access->locks = palloc(sizeof(Held));
	else
		access->locks =
			repalloc(access->locks, sizeof(Held) * (access->nlocks + 1));
	held = &access->locks[access->nlocks++];
	held->name = pnstrdup(name, length);
	held->length = length;
	held->is_exclusive = is_exclusive;
	held->count = 1;
}

static TraceLocks *
locks_of_trace(Search *search, const pg_uuid_t *trace_id)
{
	Datum value = UUIDPGetDatum(trace_id);
	SPITupleTable *outer = SPI_tuptable;
	TraceLocks *locks;
	MemoryContext oldcontext;
	bool found;

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

	oldcontext = CurrentMemoryContext;
	(void) sd_spi_read(&select_locks, &value, NULL);
	MemoryContextSwitchTo(search->locks_context);
	locks = hash_search(search->locks, trace_id, HASH_ENTER, &found);
	locks->n = (int) SPI_tuptable->numvals;
	locks->events =
		palloc_extended(sizeof(LockEvent) * Max(locks->n, 1), MCXT_ALLOC_HUGE);
	for (int i = 0; i < locks->n; i++)
		read_lock_event(search, &locks->events[i], SPI_tuptable->vals[i],
						SPI_tuptable->tupdesc);
	MemoryContextSwitchTo(oldcontext);
	search->nlock_events += locks->n + 1;
	SPI_freetuptable(SPI_tuptable);
	SPI_tuptable = outer;

	return locks;
}

static void
read_lock_event(Search *search, LockEvent *event, HeapTuple tuple,
				TupleDesc desc)
{
	Datum values[5];
	bool nulls[5];
	JsonbContainer *fields;
	SdEventKind kind;
	const char *name = "";
	int length = 0;

	heap_deform_tuple(tuple, desc, values, nulls);
	kind = sd_event_kind(DatumGetJsonbP(values[3]), &fields);
	event->time = DatumGetTimestampTz(values[0]);
	event->nanos = DatumGetInt16(values[1]);
	event->id = *DatumGetUUIDP(values[2]);
	read_thread(search, DatumGetJsonbP(values[4]), event->thread);
	(void) sd_event_string(fields, "lock_id", &name, &length);
	event->name = pnstrdup(name, length);
	event->length = length;
	event->is_acquire = kind == SD_LOCK_ACQUIRE;
	event->is_exclusive = sd_event_lock_type(fields) != SD_RWLOCK_READ;
}

static int
compare_times(const Access *access, const LockEvent *event)
{
	if (access->time != event->time)
		return access->time < event->time ? -1 : 1;
	if (access->nanos != event->nanos)
		return access->nanos < event->nanos ? -1 : 1;

	return memcmp(&access->id, &event->id, UUID_LEN);
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
	if (a->nlocks == 0 && b->nlocks == 0)
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
	values[COL_EVIDENCE] = make_evidence(a, b, clocks);
	tuplestore_putvalues(rsinfo->setResult, rsinfo->setDesc, values, nulls);
}

/* Why it is believed. */
static Datum
make_evidence(const Access *a, const Access *b, ClockEvidence clocks)
{
	return PointerGetDatum(cstring_to_text(
		psprintf("%s, %s", clock_evidence[clocks].text,
				 a->nlocks > 0 && b->nlocks > 0	  ? "no lock in common"
				 : a->nlocks > 0 || b->nlocks > 0 ? "locks on one side only"
												  : "no locks")));
}
