/*-------------------------------------------------------------------------
 *
 * audit.c
 *	  stormdisc_get_audit_trail: who has read and written a variable.
 *
 * Accesses are found by the index of variables, over all traces.  Whether one
 * takes part in a race is a question to its whole trace, which is read only if
 * that is asked.
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "access/htup_details.h"
#include "access/stratnum.h"
#include "catalog/pg_collation.h"
#include "catalog/pg_type.h"
#include "funcapi.h"
#include "miscadmin.h"
#include "utils/builtins.h"
#include "utils/fmgroids.h"
#include "utils/hsearch.h"
#include "utils/memutils.h"
#include "utils/snapmgr.h"
#include "utils/timestamp.h"
#include "utils/tuplestore.h"
#include "utils/uuid.h"

#include "arguments.h"
#include "index_rows.h"
#include "spi_util.h"
#include "trace/access.h"
#include "trace/event.h"
#include "trace/races.h"
#include "trace/report.h"
#include "trace/storage.h"
#include "trace/trace.h"

PG_FUNCTION_INFO_V1(stormdisc_get_audit_trail);

/* of one trace: more pairs that race are not looked at */
#define MAX_PAIRS 1000000

/* arguments */
enum
{
	ARG_VARIABLE,
	ARG_TRACE,
	ARG_WITH_RACES,
	ARG_SINCE,
	ARG_UNTIL,
	ARG_MAX_ROWS
};

/* result columns */
enum
{
	COL_EVENT_ID,
	COL_TRACE_ID,
	COL_TIMESTAMP,
	COL_NANOS,
	COL_SERVICE,
	COL_THREAD,
	COL_ACCESS_TYPE,
	COL_OLD_VALUE,
	COL_NEW_VALUE,
	COL_LOCATION,
	COL_LOCK_SET,
	COL_IS_RACE,
	N_COLS
};

/* what is returned of an access */
typedef struct Row
{
	pg_uuid_t id;
	pg_uuid_t trace_id;
	int16 nanos;
	Datum values[N_COLS];
	bool nulls[N_COLS];
} Row;

/* the accesses that were asked for */
typedef struct Trail
{
	DestReceiver pub; /* must be first */
	FunctionCallInfo fcinfo;
	int64 max_rows; /* that are still wanted */
	/* those at one timestamp */
	MemoryContext context;
	TimestampTz time;
	int nrows;
	int allocated;
	Row *rows;
	Datum types[SD_ATOMIC_RMW + 1]; /* names of the types of access */
	SdThreadNames threads;
	Datum values[5]; /* parameters of the statements */
	bool nulls[5];
	HTAB *racing; /* of event ids, or NULL */
	HTAB *cut;	  /* of traces of which not all races are known */
	int64 npairs;
} Trail;

#define TRAIL_OF                                                               \
	"FROM stormdisc.events e "                                                 \
	"WHERE e.variable OPERATOR(pg_catalog.=) $1 "                              \
	"AND ($2 IS NULL OR e.trace_id OPERATOR(pg_catalog.=) $2) "                \
	"AND e.\"timestamp\" OPERATOR(pg_catalog.>=) "                             \
	"COALESCE($3, '-infinity'::pg_catalog.timestamptz) "                       \
	"AND e.\"timestamp\" OPERATOR(pg_catalog.<) "                              \
	"COALESCE($4, 'infinity'::pg_catalog.timestamptz) "

static SdStatement select_trail = {
	.sql = "SELECT " SD_ACCESS_SELECT " " TRAIL_OF "ORDER BY e.\"timestamp\"",
	.nparameters = 4,
	.types = {TEXTOID, UUIDOID, TIMESTAMPTZOID, TIMESTAMPTZOID},
};

static SdStatement select_traces = {
	.sql = "SELECT DISTINCT t.trace_id FROM (SELECT e.trace_id " TRAIL_OF
		   "ORDER BY e.\"timestamp\", e.timestamp_nanos, e.id LIMIT $5) t",
	.nparameters = 5,
	.types = {TEXTOID, UUIDOID, TIMESTAMPTZOID, TIMESTAMPTZOID, INT8OID},
};

static void read_arguments(FunctionCallInfo fcinfo, Trail *trail);
static void find_races(Trail *trail);
static void keep_variable(SdTrace *trace, const char *variable);
static void note_race(void *arg, const SdTrace *trace, const SdRace *race);
static bool is_race(const Trail *trail, const SdAccessRow *access,
					bool *isnull);
static bool read_directly(Trail *trail);
static void start_receiving(DestReceiver *self, int operation, TupleDesc desc);
static void stop_receiving(DestReceiver *self);
static bool receive_access(TupleTableSlot *slot, DestReceiver *self);
static bool take_access(Trail *trail, const Datum *values, const bool *nulls);
static void make_row(const Trail *trail, const SdAccessRow *access, Row *row);
static bool put_rows(Trail *trail);
static int compare_rows(const void *a, const void *b);

/*
 * stormdisc_get_audit_trail(variable, trace, with_races, since, until,
 *		max_rows) -> setof accesses
 *		The accesses to a variable, in the order of time.
 */
Datum
stormdisc_get_audit_trail(PG_FUNCTION_ARGS)
{
	Trail trail = {0};
	SdSpi spi;

	read_arguments(fcinfo, &trail);
	sd_storage_check_readable();
	InitMaterializedSRF(fcinfo, 0);
	if (DatumGetBool(
			sd_argument_required(fcinfo, ARG_WITH_RACES, "with_races")))
		find_races(&trail);

	trail.pub.receiveSlot = receive_access;
	trail.pub.rStartup = start_receiving;
	trail.pub.rShutdown = trail.pub.rDestroy = stop_receiving;
	trail.pub.mydest = DestNone;
	trail.context = AllocSetContextCreate(
		CurrentMemoryContext, "stormdisc accesses", ALLOCSET_DEFAULT_SIZES);
	for (int i = 0; i < lengthof(trail.types); i++)
		trail.types[i] = CStringGetTextDatum(sd_access_type_name(i));
	sd_thread_names_init(&trail.threads, CurrentMemoryContext);
	trail.allocated = 1;
	trail.rows = palloc(sizeof(Row));
	if (!read_directly(&trail))
	{
		sd_spi_begin(&spi, true);
		sd_spi_send(&select_trail, trail.values, trail.nulls, &trail.pub);
		sd_spi_end(&spi);
	}
	(void) put_rows(&trail);
	MemoryContextDelete(trail.context);

	return (Datum) 0;
}

static void
read_arguments(FunctionCallInfo fcinfo, Trail *trail)
{
	trail->values[0] = sd_argument_required(fcinfo, ARG_VARIABLE, "variable");
	trail->values[1] = PG_GETARG_DATUM(ARG_TRACE);
	trail->nulls[1] = PG_ARGISNULL(ARG_TRACE);
	trail->values[2] = PG_GETARG_DATUM(ARG_SINCE);
	trail->nulls[2] = PG_ARGISNULL(ARG_SINCE);
	trail->values[3] = PG_GETARG_DATUM(ARG_UNTIL);
	trail->nulls[3] = PG_ARGISNULL(ARG_UNTIL);
	trail->fcinfo = fcinfo;
	trail->max_rows = sd_report_limit(fcinfo, ARG_MAX_ROWS, "max_rows");
	trail->values[4] = Int64GetDatum(trail->max_rows);
}

/* Which of the accesses take part in a race, trace by trace. */
static void
find_races(Trail *trail)
{
	SdRaceOptions options = {.mode = SD_RACES_HB,
							 .max_pairs = MAX_PAIRS,
							 .verdicts = SD_VERDICT_RACE};
	HASHCTL info = {0};
	pg_uuid_t *traces;
	uint64 ntraces;
	char *variable = TextDatumGetCString(trail->values[0]);
	SdSpi spi;

	info.keysize = sizeof(pg_uuid_t);
	info.entrysize = sizeof(pg_uuid_t);
	info.hcxt = CurrentMemoryContext;
	trail->racing = hash_create("stormdisc racing accesses", 256, &info,
								HASH_ELEM | HASH_BLOBS | HASH_CONTEXT);
	trail->cut = hash_create("stormdisc traces with many races", 256, &info,
							 HASH_ELEM | HASH_BLOBS | HASH_CONTEXT);

	sd_spi_begin(&spi, true);
	ntraces = sd_spi_read(&select_traces, trail->values, trail->nulls);
	traces = MemoryContextAllocHuge(spi.context,
									sizeof(pg_uuid_t) * Max(ntraces, 1));
	for (uint64 i = 0; i < ntraces; i++)
		traces[i] = *DatumGetUUIDP(sd_result(i, 1, NULL));
	sd_spi_end(&spi);

	for (uint64 i = 0; i < ntraces; i++)
	{
		SdTrace *trace = sd_trace_load(&traces[i], SD_TRACE_CLOCKS);

		CHECK_FOR_INTERRUPTS();
		keep_variable(trace, variable);
		trail->npairs = 0;
		sd_races_detect(trace, &options, note_race, trail);
		if (trail->npairs >= MAX_PAIRS)
			(void) hash_search(trail->cut, &traces[i], HASH_ENTER, NULL);
		sd_trace_free(trace);
	}
}

/* Accesses to other variables are none. */
static void
keep_variable(SdTrace *trace, const char *variable)
{
	int32 word = sd_words_enter(&trace->words, variable, strlen(variable));

	for (int32 i = 0; i < trace->nevents; i++)
		if (trace->events[i].kind == SD_STATE_CHANGE &&
			trace->events[i].subject != word)
			trace->events[i].kind = SD_CUSTOM;
}

static void
note_race(void *arg, const SdTrace *trace, const SdRace *race)
{
	Trail *trail = arg;

	trail->npairs++;
	(void) hash_search(trail->racing, &trace->events[race->event1].id,
					   HASH_ENTER, NULL);
	(void) hash_search(trail->racing, &trace->events[race->event2].id,
					   HASH_ENTER, NULL);
}

/*
 * Does an access take part in a race?  NULL: not known, because it was not
 * asked for, or because there are too many races in its trace.
 */
static bool
is_race(const Trail *trail, const SdAccessRow *access, bool *isnull)
{
	*isnull = true;
	if (trail->racing == NULL)
		return false;
	*isnull = false;
	if (hash_search(trail->racing, &access->id, HASH_FIND, NULL) != NULL)
		return true;
	*isnull =
		hash_search(trail->cut, &access->trace_id, HASH_FIND, NULL) != NULL;

	return false;
}

static void
start_receiving(DestReceiver *self, int operation, TupleDesc desc)
{
}

static void
stop_receiving(DestReceiver *self)
{
}

static bool
receive_access(TupleTableSlot *slot, DestReceiver *self)
{
	slot_getallattrs(slot);

	return take_access((Trail *) self, slot->tts_values, slot->tts_isnull);
}

/* Without a statement; false where it takes one. */
static bool
read_directly(Trail *trail)
{
	static SdProbeIndex by_variable = {
		.table = "events",
		.columns = {SD_EVENT_VARIABLE, SD_EVENT_TIMESTAMP},
		.ncolumns = 2};
	ScanKeyData keys[3];
	SdIndexRows rows;
	HeapTuple tuple;
	TupleDesc desc;
	Datum *columns;
	bool *column_nulls;
	bool is_fit;
	int nkeys = 0;

	ScanKeyEntryInitialize(&keys[nkeys++], 0, 1, BTEqualStrategyNumber,
						   InvalidOid, C_COLLATION_OID, F_TEXTEQ,
						   trail->values[0]);
	if (!trail->nulls[2])
		ScanKeyInit(&keys[nkeys++], 2, BTGreaterEqualStrategyNumber,
					F_TIMESTAMPTZ_GE, trail->values[2]);
	if (!trail->nulls[3])
		ScanKeyInit(&keys[nkeys++], 2, BTLessStrategyNumber, F_TIMESTAMPTZ_LT,
					trail->values[3]);
	if (!sd_index_rows_begin(&rows, &by_variable, GetActiveSnapshot(), keys,
							 nkeys))
		return false;

	/* there may be more columns than ours */
	desc = RelationGetDescr(rows.rel);
	columns = palloc(sizeof(Datum) * desc->natts);
	column_nulls = palloc(sizeof(bool) * desc->natts);
	is_fit = sd_access_can_pick(desc);
	while (is_fit && (tuple = sd_index_rows_next(&rows)) != NULL)
	{
		Datum values[SD_ACCESS_COLUMNS];
		bool nulls[SD_ACCESS_COLUMNS];

		heap_deform_tuple(tuple, desc, columns, column_nulls);
		sd_access_pick(columns, column_nulls, values, nulls);
		if (!trail->nulls[1] &&
			memcmp(DatumGetUUIDP(values[1]), DatumGetUUIDP(trail->values[1]),
				   UUID_LEN) != 0)
			continue;
		if (!take_access(trail, values, nulls))
			break;
	}
	sd_index_rows_end(&rows);

	return is_fit;
}

/*
 * Accesses come by their timestamps.  Those at one timestamp are put into order
 * here: mostly there is only one.  False if there are to be no more.
 */
static bool
take_access(Trail *trail, const Datum *values, const bool *nulls)
{
	MemoryContext oldcontext;
	SdAccessRow access;
	text *service;
	text *thread;
	Row *row;

	if (trail->nrows > 0 && trail->time != DatumGetTimestampTz(values[2]) &&
		!put_rows(trail))
		return false;

	if (trail->nrows == trail->allocated)
	{
		trail->allocated *= 2;
		trail->rows =
			repalloc_huge(trail->rows, sizeof(Row) * (Size) trail->allocated);
	}
	oldcontext = MemoryContextSwitchTo(trail->context);
	sd_access_read(&access, values, nulls);
	row = &trail->rows[trail->nrows];
	make_row(trail, &access, row);
	/* what is there of other rows points to names */
	sd_thread_names_find(&trail->threads, values[5], trail->nrows == 0,
						 &service, &thread);
	row->values[COL_SERVICE] = PointerGetDatum(service);
	row->values[COL_THREAD] = PointerGetDatum(thread);
	trail->time = access.time;
	trail->nrows++;
	MemoryContextSwitchTo(oldcontext);

	return true;
}

static void
make_row(const Trail *trail, const SdAccessRow *access, Row *row)
{
	Datum *values = row->values;
	bool *nulls = row->nulls;

	memset(nulls, 0, sizeof(row->nulls));
	row->id = access->id;
	row->nanos = access->nanos;
	row->trace_id = access->trace_id;
	values[COL_TIMESTAMP] = TimestampTzGetDatum(access->time);
	values[COL_NANOS] = Int16GetDatum(access->nanos);
	values[COL_ACCESS_TYPE] = trail->types[access->type];
	values[COL_OLD_VALUE] = PointerGetDatum(access->old_value);
	nulls[COL_OLD_VALUE] = access->old_value == NULL;
	values[COL_NEW_VALUE] = PointerGetDatum(access->new_value);
	nulls[COL_NEW_VALUE] = access->new_value == NULL;
	values[COL_LOCATION] = PointerGetDatum(access->location);
	nulls[COL_LOCATION] = access->location == NULL;
	nulls[COL_LOCK_SET] = access->lock_set == NULL;
	values[COL_LOCK_SET] = PointerGetDatum(access->lock_set);
	values[COL_IS_RACE] =
		BoolGetDatum(is_race(trail, access, &nulls[COL_IS_RACE]));
}

/* Put what is at one timestamp; false if there are enough rows then. */
static bool
put_rows(Trail *trail)
{
	ReturnSetInfo *rsinfo = (ReturnSetInfo *) trail->fcinfo->resultinfo;

	if (trail->nrows > 1)
		qsort(trail->rows, trail->nrows, sizeof(Row), compare_rows);
	for (int i = 0; i < trail->nrows && trail->max_rows > 0; i++)
	{
		Row *row = &trail->rows[i];

		CHECK_FOR_INTERRUPTS();
		row->values[COL_EVENT_ID] = UUIDPGetDatum(&row->id);
		row->values[COL_TRACE_ID] = UUIDPGetDatum(&row->trace_id);
		tuplestore_putvalues(rsinfo->setResult, rsinfo->setDesc, row->values,
							 row->nulls);
		trail->max_rows--;
	}
	trail->nrows = 0;
	MemoryContextReset(trail->context);

	return trail->max_rows > 0;
}

static int
compare_rows(const void *a, const void *b)
{
	const Row *x = a;
	const Row *y = b;

	if (x->nanos != y->nanos)
		return x->nanos < y->nanos ? -1 : 1;

	return memcmp(&x->id, &y->id, UUID_LEN);
}
