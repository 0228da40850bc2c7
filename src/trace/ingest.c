/*-------------------------------------------------------------------------
 *
 * ingest.c
 *	  stormdisc_add_event, stormdisc_add_events_batch: store events.
 *
 * All events of a call are stored, or none.  An event that is there already,
 * with the same content, is passed over, so that a client which does not know
 * whether a call came through can repeat it.
 *
 * Events are written in the order of their ids, so that two calls with some of
 * the same events wait for each other and do not lock each other out.
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "access/xact.h"
#include "catalog/pg_type.h"
#include "executor/spi.h"
#include "miscadmin.h"
#include "tcop/utility.h"
#include "utils/builtins.h"
#include "utils/fmgrprotos.h"
#include "utils/memutils.h"
#include "utils/snapmgr.h"
#include "utils/timestamp.h"

#include "compat.h"
#include "arguments.h"
#include "arrays.h"
#include "errors.h"
#include "probe.h"
#include "rows.h"
#include "spi_util.h"
#include "trace/ingest.h"
#include "trace/links.h"
#include "trace/storage.h"
#include "uuid.h"

PG_FUNCTION_INFO_V1(stormdisc_add_event);
PG_FUNCTION_INFO_V1(stormdisc_add_event_columns);
PG_FUNCTION_INFO_V1(stormdisc_add_events_batch);

/* events that one statement writes */
#define CHUNK 1000

static SdEvent *parse_batch(Jsonb *json, int *n);
static void raise_malformed(const char *problem, const SdEvent *event,
							int number, int n);
static int sort_events(SdEvent *events, int n);
static int compare_events(const void *a, const void *b);
static bool is_any_known(SdEvent *events, int n);
static int drop_stored(SdEvent *events, int n);
static bool is_same(const SdEvent *a, const SdEvent *b);
static bool is_same_json(Jsonb *a, Jsonb *b);
static bool is_same_clock(const SdVclock *a, const SdVclock *b);
static bool is_same_lock_set(Jsonb *a, Jsonb *b);
static void raise_differs(const SdEvent *event);
static void check_links(SdEvent *events, int n);
static bool put_events(SdEvent *events, int n, TimestampTz now);
static bool put_one(SdOpenTable *open, SdEvent *event, TimestampTz now);
static void put_rows(void *arg);
static void fill_row(SdEvent *event, TimestampTz now, Datum *values,
					 bool *nulls);
static int64 insert_events(SdEvent *events, int n, TimestampTz now);
static int64 insert_chunk(SdEvent *events, int n, TimestampTz now);
static Jsonb *argument_jsonb(FunctionCallInfo fcinfo, int number);

static const char *const events_checks[] = {
	"events_kind_check",	  "events_metadata_check", "events_lock_set_check",
	"events_timestamp_check", "events_extra_check",	   NULL};

static const char *const events_triggers[] = {"events_inserted",
											  "events_updated", NULL};

static SdTable events_table = {
	.name = "events",
	.ncolumns = SD_EVENT_COLUMNS,
	.checks = events_checks,
	.triggers = events_triggers,
	.generated_column = SD_EVENT_VARIABLE,
};

/* a try to write events without a statement */
typedef struct Insert
{
	SdOpenTable *open;
	SdEvent *events;
	int n;
	TimestampTz now;
} Insert;

/* the columns of sd_event_from_row() */
static SdStatement select_stored = {
	.sql = "SELECT e.id, e.trace_id, e.parent_id, e.kind, e.\"timestamp\", "
		   "e.metadata, e.causality_vector, e.lock_set, e.created_at, "
		   "e.timestamp_nanos, e.extra, e.parent_quarantined "
		   "FROM stormdisc.events e "
		   "WHERE e.id OPERATOR(pg_catalog.=) ANY ($1)",
	.nparameters = 1,
	.types = {UUIDARRAYOID},
};

static SdStatement insert_rows = {
	.sql = "INSERT INTO stormdisc.events (id, trace_id, parent_id, kind, "
		   "\"timestamp\", metadata, causality_vector, lock_set, created_at, "
		   "timestamp_nanos, extra, parent_quarantined) "
		   "SELECT i.id, i.trace_id, i.parent_id, i.kind, i.time, i.metadata, "
		   "i.clock::stormdisc.vclock, i.lock_set, $11, i.nanos, i.extra, "
		   "i.quarantined FROM ROWS FROM (pg_catalog.unnest($1), "
		   "pg_catalog.unnest($2), pg_catalog.unnest($3), "
		   "pg_catalog.unnest($4), pg_catalog.unnest($5), "
		   "pg_catalog.unnest($6), pg_catalog.unnest($7), "
		   "pg_catalog.unnest($8), pg_catalog.unnest($9), "
		   "pg_catalog.unnest($10), pg_catalog.unnest($12)) "
		   "i (id, trace_id, parent_id, kind, time, metadata, clock, lock_set, "
		   "nanos, extra, quarantined) "
		   "ON CONFLICT (id) DO NOTHING",
	.nparameters = 12,
	.types = {UUIDARRAYOID, UUIDARRAYOID, UUIDARRAYOID, JSONBARRAYOID,
			  TIMESTAMPTZARRAYOID, JSONBARRAYOID, JSONBARRAYOID, JSONBARRAYOID,
			  INT2ARRAYOID, JSONBARRAYOID, TIMESTAMPTZOID, BOOLARRAYOID},
};

/*
 * stormdisc_add_event(event) -> bool
 *		Store an event; was it new?
 */
Datum
stormdisc_add_event(PG_FUNCTION_ARGS)
{
	Jsonb *json = DatumGetJsonbP(sd_argument_required(fcinfo, 0, "event"));
	const char *problem;
	SdEvent event;

	PreventCommandIfReadOnly("stormdisc_add_event()");
	PreventCommandIfParallelMode("stormdisc_add_event()");
	problem = sd_event_parse(&json->root, &event);
	if (problem != NULL)
		raise_malformed(problem, &event, 0, 1);
	/* that is ours to say */
	event.parent_quarantined = false;

	PG_RETURN_BOOL(sd_events_store(&event, 1) > 0);
}

/*
 * stormdisc_add_event(id, trace_id, parent_id, kind, timestamp, metadata,
 *		causality_vector, lock_set, timestamp_nanos) -> uuid
 *		Store an event; its id, which is made if none is given.
 */
Datum
stormdisc_add_event_columns(PG_FUNCTION_ARGS)
{
	TimestampTz now = GetCurrentTimestamp();
	int nanos =
		DatumGetInt32(sd_argument_required(fcinfo, 8, "timestamp_nanos"));
	const char *problem;
	SdEvent event = {0};
	pg_uuid_t *id;
	Jsonb *clock;

	PreventCommandIfReadOnly("stormdisc_add_event()");
	PreventCommandIfParallelMode("stormdisc_add_event()");
	if (PG_ARGISNULL(0))
		sd_uuid_first(&event.id, now);
	else
		event.id = *PG_GETARG_UUID_P(0);
	event.trace_id =
		*DatumGetUUIDP(sd_argument_required(fcinfo, 1, "trace_id"));
	event.has_parent = !PG_ARGISNULL(2);
	if (event.has_parent)
		event.parent_id = *PG_GETARG_UUID_P(2);
	event.kind = DatumGetJsonbP(sd_argument_required(fcinfo, 3, "kind"));
	event.timestamp = PG_ARGISNULL(4) ? now : PG_GETARG_TIMESTAMPTZ(4);
	event.metadata =
		DatumGetJsonbP(sd_argument_required(fcinfo, 5, "metadata"));
	clock = argument_jsonb(fcinfo, 6);
	event.lock_set = argument_jsonb(fcinfo, 7);

	problem = sd_event_time_problem(event.timestamp);
	if (nanos < 0 || nanos > 999)
		problem = "The nanoseconds of a timestamp must be between 0 and 999.";
	event.nanos = nanos;
	if (problem == NULL)
		problem = sd_event_kind_problem(&event.kind->root);
	if (problem == NULL)
		problem = sd_event_metadata_problem(&event.metadata->root);
	if (problem == NULL && event.lock_set != NULL)
		problem = sd_event_lock_set_problem(&event.lock_set->root);
	if (problem == NULL && clock != NULL)
		event.clock = sd_vclock_from_jsonb(&clock->root, &problem);
	if (problem != NULL)
		raise_malformed(problem, &event, 0, 1);

	id = palloc(sizeof(pg_uuid_t));
	*id = event.id;
	(void) sd_events_store(&event, 1);

	PG_RETURN_UUID_P(id);
}

/* NULL and null are nothing. */
static Jsonb *
argument_jsonb(FunctionCallInfo fcinfo, int number)
{
	Jsonb *json = PG_ARGISNULL(number) ? NULL : PG_GETARG_JSONB_P(number);
	JsonbValue value;

	if (json != NULL && JB_ROOT_IS_SCALAR(json) &&
		JsonbExtractScalar(&json->root, &value) && value.type == jbvNull)
		return NULL;

	return json;
}

/*
 * stormdisc_add_events_batch(events) -> bigint
 *		Store the events of an array; how many were new.
 */
Datum
stormdisc_add_events_batch(PG_FUNCTION_ARGS)
{
	Jsonb *json = DatumGetJsonbP(sd_argument_required(fcinfo, 0, "events"));
	SdEvent *events;
	int n;

	PreventCommandIfReadOnly("stormdisc_add_events_batch()");
	PreventCommandIfParallelMode("stormdisc_add_events_batch()");
	events = parse_batch(json, &n);

	PG_RETURN_INT64(sd_events_store(events, n));
}

static SdEvent *
parse_batch(Jsonb *json, int *n)
{
	JsonbIterator *it = JsonbIteratorInit(&json->root);
	int size = JB_ROOT_COUNT(json);
	JsonbValue value;
	SdEvent *events;

	if (!JB_ROOT_IS_ARRAY(json) || JB_ROOT_IS_SCALAR(json))
		ereport(ERROR, errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				errmsg("argument \"%s\" must be a JSON array", "events"));

	events = palloc_extended(Max(size, 1) * sizeof(SdEvent), MCXT_ALLOC_HUGE);
	*n = 0;
	(void) JsonbIteratorNext(&it, &value, false);
	while (JsonbIteratorNext(&it, &value, true) == WJB_ELEM)
	{
		SdEvent *event = &events[*n];
		const char *problem = "An event is a JSON object.";

		CHECK_FOR_INTERRUPTS();
		memset(event, 0, sizeof(SdEvent));
		if (value.type == jbvBinary)
			problem = sd_event_parse(value.val.binary.data, event);
		if (problem != NULL)
			raise_malformed(problem, event, *n, size);
		event->parent_quarantined = false;
		(*n)++;
	}

	return events;
}

/* Name the event by its place among n of them, and by its id. */
static void
raise_malformed(const char *problem, const SdEvent *event, int number, int n)
{
	static const pg_uuid_t none = {0};
	const char *where = "";
	const char *id = "without an id";

	if (memcmp(&event->id, &none, sizeof(none)) != 0)
		id = psprintf("\"%s\"", DatumGetCString(DirectFunctionCall1(
									uuid_out, UUIDPGetDatum(&event->id))));
	if (n > 1)
		where = psprintf(" %d of the batch,", number + 1);
	ereport(ERROR, errcode(ERRCODE_INVALID_PARAMETER_VALUE),
			errmsg("invalid event%s %s", where, id),
			errdetail_internal("%s", problem));
}

/*
 * sd_events_store
 *		Store events that have been checked; how many were new.
 *
 * They are sorted, and those that are not stored dropped.  Raises 23505 for
 * an event that is there with other content.
 */
int64
sd_events_store(SdEvent *events, int n)
{
	static bool was_known = false;
	TimestampTz now = GetCurrentTimestamp();
	bool is_looked_for;
	int64 stored = 0;

	if (n == 0)
		return 0;
	n = sort_events(events, n);

	/*
	 * A single one that is there leaves a dead row when it is written.  That
	 * is rare, so it is looked for only where the last call was such a case.
	 */
	is_looked_for = n > 1 || was_known;
	was_known = true;
	if (is_looked_for && is_any_known(events, n))
		n = drop_stored(events, n);
	if (n > 0 && put_events(events, n, now))
		stored = n;
	else if (n > 0)
	{
		if (!is_looked_for && is_any_known(events, n))
			n = drop_stored(events, n);
		if (n > 0)
			stored = insert_events(events, n, now);
	}
	was_known = stored == 0;
	if (stored > 0)
		check_links(events, n);
	if (stored > 0)
		sd_storage_limit(events, n);

	return stored;
}

/* Sort them by id, and drop what is there more than once; how many are left. */
static int
sort_events(SdEvent *events, int n)
{
	int kept = 1;

	if (n == 1)
		return 1;
	qsort(events, n, sizeof(SdEvent), compare_events);
	for (int i = 1; i < n; i++)
	{
		if (compare_events(&events[i], &events[kept - 1]) != 0)
			events[kept++] = events[i];
		else if (!is_same(&events[i], &events[kept - 1]))
			raise_differs(&events[i]);
	}

	return kept;
}

static int
compare_events(const void *a, const void *b)
{
	return memcmp(&((const SdEvent *) a)->id, &((const SdEvent *) b)->id,
				  UUID_LEN);
}

/* Is one of them there already, or is that not to be told by the index? */
static bool
is_any_known(SdEvent *events, int n)
{
	static SdProbeIndex by_id = {
		.table = "events", .columns = {SD_EVENT_ID}, .ncolumns = 1, .nkeys = 1};
	bool result = false;
	Snapshot snapshot;
	SdProbe probe;

	CommandCounterIncrement();
	snapshot = RegisterSnapshot(GetLatestSnapshot());
	if (sd_probe_begin(&probe, &by_id, snapshot))
	{
		for (int i = 0; i < n && !result; i++)
		{
			Datum value = UUIDPGetDatum(&events[i].id);

			sd_probe_for(&probe, &value);
			result = sd_probe_next(&probe);
		}
		sd_probe_end(&probe);
	}
	else
		result = true;
	UnregisterSnapshot(snapshot);

	return result;
}

/* Drop those that are there already, as they are; how many are left. */
static int
drop_stored(SdEvent *events, int n)
{
	Datum *ids = palloc(n * sizeof(Datum));
	bool *is_stored = palloc0(n * sizeof(bool));
	Datum values[1];
	uint64 found;
	int kept = 0;
	SdSpi spi;

	sd_spi_begin(&spi, true);
	for (int i = 0; i < n; i++)
		ids[i] = UUIDPGetDatum(&events[i].id);
	values[0] = PointerGetDatum(sd_array_make(ids, NULL, n, UUIDOID));
	found = sd_spi_read_latest(&select_stored, values, NULL);
	for (uint64 i = 0; i < found; i++)
	{
		Datum columns[SD_EVENT_COLUMNS];
		bool nulls[SD_EVENT_COLUMNS];
		SdEvent stored;
		SdEvent *event;

		CHECK_FOR_INTERRUPTS();
		heap_deform_tuple(SPI_tuptable->vals[i], SPI_tuptable->tupdesc, columns,
						  nulls);
		sd_event_from_row(&stored, columns, nulls);
		event = bsearch(&stored, events, n, sizeof(SdEvent), compare_events);
		if (!is_same(event, &stored))
			raise_differs(event);
		is_stored[event - events] = true;
	}
	sd_spi_end(&spi);
	for (int i = 0; i < n; i++)
		if (!is_stored[i])
			events[kept++] = events[i];
	pfree(ids);
	pfree(is_stored);

	return kept;
}

/* Do they say the same?  What we have found out ourselves does not count. */
static bool
is_same(const SdEvent *a, const SdEvent *b)
{
	return memcmp(&a->trace_id, &b->trace_id, UUID_LEN) == 0 &&
		   a->has_parent == b->has_parent &&
		   (!a->has_parent ||
			memcmp(&a->parent_id, &b->parent_id, UUID_LEN) == 0) &&
		   a->timestamp == b->timestamp && a->nanos == b->nanos &&
		   is_same_json(a->kind, b->kind) &&
		   is_same_json(a->metadata, b->metadata) &&
		   is_same_clock(a->clock, b->clock) &&
		   is_same_lock_set(a->lock_set, b->lock_set) &&
		   is_same_json(a->extra, b->extra);
}

static bool
is_same_json(Jsonb *a, Jsonb *b)
{
	if (a == NULL || b == NULL)
		return a == b;

	return compareJsonbContainers(&a->root, &b->root) == 0;
}

static bool
is_same_clock(const SdVclock *a, const SdVclock *b)
{
	if (a == NULL || b == NULL)
		return (a == NULL || sd_vclock_is_empty(a)) &&
			   (b == NULL || sd_vclock_is_empty(b));

	return sd_vclock_compare(a, b) == SD_EQUAL;
}

static bool
is_same_lock_set(Jsonb *a, Jsonb *b)
{
	if (a == NULL || b == NULL)
		return (a == NULL || JB_ROOT_COUNT(a) == 0) &&
			   (b == NULL || JB_ROOT_COUNT(b) == 0);

	return is_same_json(a, b);
}

static void
raise_differs(const SdEvent *event)
{
	ereport(
		ERROR, errcode(ERRCODE_UNIQUE_VIOLATION),
		errmsg("event \"%s\" exists already, with other content",
			   DatumGetCString(
				   DirectFunctionCall1(uuid_out, UUIDPGetDatum(&event->id)))),
		errhint("Events are never changed.  Another event needs another id."));
}

/* Put the links into quarantine that close a circle. */
static void
check_links(SdEvent *events, int n)
{
	SdLink *links = palloc_extended((Size) n * sizeof(SdLink),
									MCXT_ALLOC_HUGE | MCXT_ALLOC_ZERO);

	for (int i = 0; i < n; i++)
	{
		links[i].id = events[i].id;
		links[i].trace_id = events[i].trace_id;
		links[i].parent_id = events[i].parent_id;
		links[i].has_parent = events[i].has_parent;
		links[i].is_quarantined = events[i].parent_quarantined;
	}
	sd_links_check(links, n);
	pfree(links);
}

/*
 * Write them without a statement; false if the table is not as we have made it,
 * or somebody else has just written one of them.
 */
static bool
put_events(SdEvent *events, int n, TimestampTz now)
{
	Insert insert = {.events = events, .n = n, .now = now};
	ErrorData *error = NULL;
	SdOpenTable open;
	bool result;

	if (!sd_table_open(&events_table, &open))
		return false;
	if (n == 1)
		result = put_one(&open, events, now);
	else
	{
		insert.open = &open;
		error = sd_try(put_rows, &insert);
		result = error == NULL;
	}
	sd_table_close(&open);
	if (error != NULL && error->sqlerrcode != ERRCODE_UNIQUE_VIOLATION)
		ReThrowError(error);
	CommandCounterIncrement();

	return result;
}

/* Without a subtransaction, and the memory of one. */
static bool
put_one(SdOpenTable *open, SdEvent *event, TimestampTz now)
{
	Datum values[SD_EVENT_COLUMNS];
	bool nulls[SD_EVENT_COLUMNS] = {false};

	fill_row(event, now, values, nulls);

	return sd_table_insert_new(open, values, nulls);
}

static void
put_rows(void *arg)
{
	Insert *insert = arg;
	MemoryContext context = AllocSetContextCreate(
		CurrentMemoryContext, "stormdisc events", ALLOCSET_DEFAULT_SIZES);
	MemoryContext oldcontext = MemoryContextSwitchTo(context);

	for (int i = 0; i < insert->n; i += CHUNK)
	{
		int n = Min(CHUNK, insert->n - i);
		Datum *values = palloc(n * SD_EVENT_COLUMNS * sizeof(Datum));
		bool *nulls = palloc0(n * SD_EVENT_COLUMNS * sizeof(bool));

		CHECK_FOR_INTERRUPTS();
		for (int row = 0; row < n; row++)
			fill_row(&insert->events[i + row], insert->now,
					 &values[row * SD_EVENT_COLUMNS],
					 &nulls[row * SD_EVENT_COLUMNS]);
		sd_table_insert(insert->open, values, nulls, n);
		MemoryContextReset(context);
	}
	MemoryContextSwitchTo(oldcontext);
	MemoryContextDelete(context);
}

static void
fill_row(SdEvent *event, TimestampTz now, Datum *values, bool *nulls)
{
#define VALUE(column) values[SD_EVENT_##column - 1]
#define IS_NULL(column) nulls[SD_EVENT_##column - 1]
	JsonbContainer *fields;
	const char *variable;
	int length;

	VALUE(ID) = UUIDPGetDatum(&event->id);
	VALUE(TRACE_ID) = UUIDPGetDatum(&event->trace_id);
	VALUE(PARENT_ID) = UUIDPGetDatum(&event->parent_id);
	IS_NULL(PARENT_ID) = !event->has_parent;
	VALUE(KIND) = JsonbPGetDatum(event->kind);
	VALUE(TIMESTAMP) = TimestampTzGetDatum(event->timestamp);
	VALUE(METADATA) = JsonbPGetDatum(event->metadata);
	VALUE(CAUSALITY_VECTOR) = PointerGetDatum(event->clock);
	IS_NULL(CAUSALITY_VECTOR) = event->clock == NULL;
	VALUE(LOCK_SET) = JsonbPGetDatum(event->lock_set);
	IS_NULL(LOCK_SET) = event->lock_set == NULL;
	VALUE(CREATED_AT) = TimestampTzGetDatum(now);
	VALUE(TIMESTAMP_NANOS) = Int16GetDatum(event->nanos);
	VALUE(EXTRA) = JsonbPGetDatum(event->extra);
	IS_NULL(EXTRA) = event->extra == NULL;
	VALUE(PARENT_QUARANTINED) = BoolGetDatum(event->parent_quarantined);
	IS_NULL(VARIABLE) =
		sd_event_kind(event->kind, &fields) != SD_STATE_CHANGE ||
		!sd_event_string(fields, "variable", &variable, &length);
	VALUE(VARIABLE) =
		IS_NULL(VARIABLE)
			? (Datum) 0
			: PointerGetDatum(cstring_to_text_with_len(variable, length));
#undef VALUE
#undef IS_NULL
}

/* Write them by statements; how many were new. */
static int64
insert_events(SdEvent *events, int n, TimestampTz now)
{
	int64 stored = 0;
	SdSpi spi;

	sd_spi_begin(&spi, true);
	for (int i = 0; i < n; i += CHUNK)
		stored += insert_chunk(&events[i], Min(CHUNK, n - i), now);
	sd_spi_end(&spi);
	/* others were faster with some of them, and no event is lost */
	if (stored < n && drop_stored(events, n) != 0)
		sd_spi_conflict();

	return stored;
}

static int64
insert_chunk(SdEvent *events, int n, TimestampTz now)
{
	static const struct
	{
		Oid type;
	} types[] = {{UUIDOID},		   {UUIDOID},  {UUIDOID},	 {JSONBOID},
				 {TIMESTAMPTZOID}, {JSONBOID}, {JSONBOID},	 {JSONBOID},
				 {INT2OID},		   {JSONBOID}, {InvalidOid}, {BOOLOID}};
	Datum *columns[lengthof(types)];
	bool *nulls[lengthof(types)];
	Datum values[lengthof(types)];

	for (int i = 0; i < lengthof(types); i++)
	{
		columns[i] = palloc(n * sizeof(Datum));
		nulls[i] = palloc0(n * sizeof(bool));
	}
	for (int i = 0; i < n; i++)
	{
		SdEvent *event = &events[i];

		columns[0][i] = UUIDPGetDatum(&event->id);
		columns[1][i] = UUIDPGetDatum(&event->trace_id);
		columns[2][i] = UUIDPGetDatum(&event->parent_id);
		nulls[2][i] = !event->has_parent;
		columns[3][i] = JsonbPGetDatum(event->kind);
		columns[4][i] = TimestampTzGetDatum(event->timestamp);
		columns[5][i] = JsonbPGetDatum(event->metadata);
		nulls[6][i] = event->clock == NULL;
		if (event->clock != NULL)
			columns[6][i] = JsonbPGetDatum(sd_vclock_to_jsonb(event->clock));
		columns[7][i] = JsonbPGetDatum(event->lock_set);
		nulls[7][i] = event->lock_set == NULL;
		columns[8][i] = Int16GetDatum(event->nanos);
		columns[9][i] = JsonbPGetDatum(event->extra);
		nulls[9][i] = event->extra == NULL;
		columns[11][i] = BoolGetDatum(event->parent_quarantined);
	}
	for (int i = 0; i < lengthof(types); i++)
		values[i] = types[i].type == InvalidOid
						? TimestampTzGetDatum(now)
						: PointerGetDatum(sd_array_make(columns[i], nulls[i], n,
														types[i].type));

	return sd_links_write(&insert_rows, values);
}
