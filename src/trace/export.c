/*-------------------------------------------------------------------------
 *
 * export.c
 *	  stormdisc_export_traces, stormdisc_import_traces: traces as lines of
 *	  JSON.
 *
 * A line is an event as stormdisc_add_event() takes it, or an edge,
 * {"edge": {...}}, or a root, {"root": {...}}.
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "access/htup_details.h"
#include "catalog/pg_type.h"
#include "executor/spi.h"
#include "funcapi.h"
#include "miscadmin.h"
#include "tcop/utility.h"
#include "utils/builtins.h"
#include "utils/fmgrprotos.h"
#include "utils/jsonb.h"
#include "utils/memutils.h"
#include "utils/tuplestore.h"
#include "utils/uuid.h"

#include "compat.h"
#include "arguments.h"
#include "arrays.h"
#include "spi_util.h"
#include "trace/edges.h"
#include "trace/ingest.h"
#include "trace/links.h"
#include "trace/read.h"
#include "trace/storage.h"

PG_FUNCTION_INFO_V1(stormdisc_export_traces);
PG_FUNCTION_INFO_V1(stormdisc_import_traces);
PG_FUNCTION_INFO_V1(stormdisc_import_traces_lines);

/* events that are stored at a time */
#define BATCH 10000

typedef struct Export
{
	ReturnSetInfo *rsinfo;
	MemoryContext row;
} Export;

/* an edge or a root */
typedef struct Other
{
	Jsonb *json;
	int64 line;
} Other;

typedef struct Import
{
	SdEvent *events;
	int nevents;
	int64 line;
	MemoryContext batch; /* of events that are not stored yet */
	Other *others;		 /* edges and roots, which come after all events */
	int64 nothers;
	int64 size;
	int64 stored[3]; /* events, edges, roots */
} Import;

static void put_line(Export *export, Jsonb *json);
static void put_event(const SdEvent *event, void *arg);
static void put_rows(Export *export, SdStatement *statement, Datum trace_id);
static void begin_import(Import *import);
static void read_lines(Import *import, const char *text, int length);
static void read_line(Import *import, const char *text, int length);
static void tell_line(void *arg);
static void keep_other(Import *import, Jsonb *json);
static void store_batch(Import *import);
static void lock_edges(const Import *import);
static bool is_object(const JsonbValue *value);
static void store_other(Import *import, Jsonb *json);
static Datum finish_import(FunctionCallInfo fcinfo, Import *import);
static bool is_blank(const char *text, int length);
static void raise_line(const Import *import, const char *problem);

#define IS(column, value) column " OPERATOR(pg_catalog.=) " value

/* those that have events, or edges or roots only */
static SdStatement select_traces = {
	.sql = "SELECT e.trace_id FROM stormdisc.events e "
		   "UNION SELECT s.trace_id FROM stormdisc.edge_store s "
		   "UNION SELECT r.trace_id FROM stormdisc.root_store r ORDER BY 1",
	.reads_all = true,
};

static SdStatement select_edges = {
	.sql = "SELECT pg_catalog.jsonb_build_object('edge', "
		   "pg_catalog.jsonb_build_object('trace_id', s.trace_id, "
		   "'from_event_id', s.from_event_id, 'to_event_id', s.to_event_id, "
		   "'edge_type', s.edge_type, 'weight', s.weight, "
		   "'metadata', s.metadata, 'quarantined', s.quarantined)) "
		   "FROM stormdisc.edge_store s WHERE " IS(
			   "s.trace_id",
			   "$1") " ORDER BY s.from_event_id, s.to_event_id, s.edge_type",
	.nparameters = 1,
	.types = {UUIDOID},
};

static SdStatement select_roots = {
	.sql = "SELECT pg_catalog.jsonb_build_object('root', "
		   "pg_catalog.jsonb_build_object('trace_id', r.trace_id, "
		   "'root_event_id', r.root_event_id)) "
		   "FROM stormdisc.root_store r WHERE " IS(
			   "r.trace_id", "$1") " ORDER BY r.root_event_id",
	.nparameters = 1,
	.types = {UUIDOID},
};

/*
 * stormdisc_export_traces(trace_ids) -> setof text
 *		Traces, or all of them, as lines of JSON.
 */
Datum
stormdisc_export_traces(PG_FUNCTION_ARGS)
{
	Export export;
	Datum *ids = NULL;
	int n = 0;
	SdSpi spi;

	sd_storage_check_readable();
	InitMaterializedSRF(fcinfo, MAT_SRF_USE_EXPECTED_DESC);
	export.rsinfo = (ReturnSetInfo *) fcinfo->resultinfo;
	export.row = AllocSetContextCreate(CurrentMemoryContext, "stormdisc line",
									   ALLOCSET_DEFAULT_SIZES);
	sd_spi_begin(&spi, true);
	if (PG_ARGISNULL(0))
	{
		n = sd_spi_read(&select_traces, NULL, NULL);
		ids = palloc_extended(Max(n, 1) * sizeof(Datum), MCXT_ALLOC_HUGE);
		for (int i = 0; i < n; i++)
			ids[i] = sd_result(i, 1, NULL);
	}
	else
	{
		bool *nulls;

		n = sd_array_read(PG_GETARG_ARRAYTYPE_P(0), "trace_ids", UUIDOID, &ids,
						  &nulls);
		for (int i = 0; i < n; i++)
			if (nulls[i])
				ereport(ERROR, errcode(ERRCODE_NULL_VALUE_NOT_ALLOWED),
						errmsg("argument \"%s\" must not contain null",
							   "trace_ids"));
	}
	for (int i = 0; i < n; i++)
	{
		sd_trace_events(DatumGetUUIDP(ids[i]), PG_INT64_MAX, NULL, put_event,
						&export);
		put_rows(&export, &select_edges, ids[i]);
		put_rows(&export, &select_roots, ids[i]);
	}
	sd_spi_end(&spi);

	return (Datum) 0;
}

static void
put_event(const SdEvent *event, void *arg)
{
	Export *export = arg;
	MemoryContext oldcontext = MemoryContextSwitchTo(export->row);

	put_line(export, sd_event_to_jsonb(event));
	MemoryContextSwitchTo(oldcontext);
	MemoryContextReset(export->row);
}

static void
put_rows(Export *export, SdStatement *statement, Datum trace_id)
{
	uint64 rows = sd_spi_read(statement, &trace_id, NULL);

	for (uint64 i = 0; i < rows; i++)
	{
		MemoryContext oldcontext = MemoryContextSwitchTo(export->row);

		put_line(export, DatumGetJsonbP(sd_result(i, 1, NULL)));
		MemoryContextSwitchTo(oldcontext);
		MemoryContextReset(export->row);
	}
	SPI_freetuptable(SPI_tuptable);
}

static void
put_line(Export *export, Jsonb *json)
{
	Datum value =
		CStringGetTextDatum(JsonbToCString(NULL, &json->root, VARSIZE(json)));
	bool isnull = false;

	tuplestore_putvalues(export->rsinfo->setResult, export->rsinfo->setDesc,
						 &value, &isnull);
}

/*
 * stormdisc_import_traces(data) -> (events, edges, roots)
 *		Store what is exported; how much of it was new.
 */
Datum
stormdisc_import_traces(PG_FUNCTION_ARGS)
{
	text *data = DatumGetTextPP(sd_argument_required(fcinfo, 0, "data"));
	Import import;

	begin_import(&import);
	read_lines(&import, VARDATA_ANY(data), VARSIZE_ANY_EXHDR(data));

	return finish_import(fcinfo, &import);
}

/*
 * stormdisc_import_traces(lines) -> (events, edges, roots)
 */
Datum
stormdisc_import_traces_lines(PG_FUNCTION_ARGS)
{
	ArrayType *array =
		DatumGetArrayTypeP(sd_argument_required(fcinfo, 0, "lines"));
	Import import;
	Datum *lines;
	bool *nulls;
	int n;

	begin_import(&import);
	n = sd_array_read(array, "lines", TEXTOID, &lines, &nulls);
	for (int i = 0; i < n; i++)
	{
		text *line = nulls[i] ? NULL : DatumGetTextPP(lines[i]);

		if (line == NULL)
			ereport(ERROR, errcode(ERRCODE_NULL_VALUE_NOT_ALLOWED),
					errmsg("argument \"%s\" must not contain null", "lines"));
		read_lines(&import, VARDATA_ANY(line), VARSIZE_ANY_EXHDR(line));
	}

	return finish_import(fcinfo, &import);
}

static void
begin_import(Import *import)
{
	PreventCommandIfReadOnly("stormdisc_import_traces()");
	PreventCommandIfParallelMode("stormdisc_import_traces()");
	memset(import, 0, sizeof(*import));
	import->events = palloc(BATCH * sizeof(SdEvent));
	import->batch = AllocSetContextCreate(
		CurrentMemoryContext, "stormdisc import", ALLOCSET_DEFAULT_SIZES);
}

static void
read_lines(Import *import, const char *text, int length)
{
	const char *end = text + length;

	do
	{
		const char *line = text;
		const char *stop = memchr(line, '\n', end - line);

		if (stop == NULL)
			stop = end;
		import->line++;
		CHECK_FOR_INTERRUPTS();
		if (!is_blank(line, stop - line))
			read_line(import, line, stop - line);
		text = stop + 1;
	}
	while (text < end);
}

static bool
is_blank(const char *text, int length)
{
	for (int i = 0; i < length; i++)
		if (strchr(" \t\r", text[i]) == NULL)
			return false;

	return true;
}

static void
read_line(Import *import, const char *text, int length)
{
	MemoryContext oldcontext = MemoryContextSwitchTo(import->batch);
	ErrorContextCallback callback = {
		.callback = tell_line, .arg = import, .previous = error_context_stack};
	JsonbValue value;
	Jsonb *json;

	error_context_stack = &callback;
	json = DatumGetJsonbP(
		DirectFunctionCall1(jsonb_in, CStringGetDatum(pnstrdup(text, length))));
	error_context_stack = callback.previous;

	if (JB_ROOT_IS_OBJECT(json) && JB_ROOT_COUNT(json) == 1 &&
		(getKeyJsonValueFromContainer(&json->root, "edge", 4, &value) != NULL ||
		 getKeyJsonValueFromContainer(&json->root, "root", 4, &value) != NULL))
	{
		MemoryContextSwitchTo(oldcontext);
		keep_other(import, json);
		return;
	}
	else
	{
		SdEvent *event = &import->events[import->nevents];
		const char *problem = sd_event_parse(&json->root, event);

		if (problem != NULL)
			raise_line(import, problem);
		import->nevents++;
	}
	MemoryContextSwitchTo(oldcontext);
	if (import->nevents == BATCH)
		store_batch(import);
}

static void
tell_line(void *arg)
{
	const Import *import = arg;

	errcontext("line " INT64_FORMAT " of the import", import->line);
}

static void
keep_other(Import *import, Jsonb *json)
{
	Jsonb *copy = palloc(VARSIZE(json));

	memcpy(copy, json, VARSIZE(json));
	if (import->nothers == import->size)
	{
		import->size = Max(import->size * 2, 64);
		import->others =
			import->others == NULL
				? palloc(import->size * sizeof(Other))
				: repalloc_huge(import->others, import->size * sizeof(Other));
	}
	import->others[import->nothers].json = copy;
	import->others[import->nothers++].line = import->line;
}

static void
store_batch(Import *import)
{
	import->stored[0] += sd_events_store(import->events, import->nevents);
	import->nevents = 0;
	MemoryContextReset(import->batch);
}

/* All of their traces at once: two imports cannot lock each other out. */
static void
lock_edges(const Import *import)
{
	pg_uuid_t *traces = palloc_extended(
		sizeof(pg_uuid_t) * Max(import->nothers, 1), MCXT_ALLOC_HUGE);
	int64 n = 0;

	for (int64 i = 0; i < import->nothers; i++)
	{
		JsonbValue value;

		if (getKeyJsonValueFromContainer(&import->others[i].json->root, "edge",
										 4, &value) != NULL &&
			is_object(&value) &&
			sd_json_uuid(value.val.binary.data, "trace_id", &traces[n]))
			n++;
	}
	sd_traces_lock(traces, n);
	pfree(traces);
}

static bool
is_object(const JsonbValue *value)
{
	return value->type == jbvBinary &&
		   JsonContainerIsObject(value->val.binary.data);
}

static void
store_other(Import *import, Jsonb *json)
{
	const char *problem = NULL;
	JsonbValue value;

	if (getKeyJsonValueFromContainer(&json->root, "edge", 4, &value) != NULL)
	{
		if (is_object(&value))
			import->stored[1] +=
				sd_edge_import(value.val.binary.data, &problem);
		else
			problem = "An edge is a JSON object.";
	}
	else
	{
		(void) getKeyJsonValueFromContainer(&json->root, "root", 4, &value);
		if (is_object(&value))
			import->stored[2] +=
				sd_root_import(value.val.binary.data, &problem);
		else
			problem = "A root is a JSON object.";
	}
	if (problem != NULL)
		ereport(ERROR, errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				errmsg("invalid line: %s",
					   JsonbToCString(NULL, &json->root, VARSIZE(json))),
				errdetail_internal("%s", problem));
}

static Datum
finish_import(FunctionCallInfo fcinfo, Import *import)
{
	Datum values[3];
	bool nulls[3] = {false};
	TupleDesc desc;
	ErrorContextCallback callback = {
		.callback = tell_line, .arg = import, .previous = error_context_stack};

	store_batch(import);
	lock_edges(import);
	error_context_stack = &callback;
	for (int64 i = 0; i < import->nothers; i++)
	{
		CHECK_FOR_INTERRUPTS();
		import->line = import->others[i].line;
		store_other(import, import->others[i].json);
	}
	error_context_stack = callback.previous;
	if (get_call_result_type(fcinfo, NULL, &desc) != TYPEFUNC_COMPOSITE)
		elog(ERROR, "return type must be a row type");
	for (int i = 0; i < 3; i++)
		values[i] = Int64GetDatum(import->stored[i]);

	return HeapTupleGetDatum(
		heap_form_tuple(BlessTupleDesc(desc), values, nulls));
}

static void
raise_line(const Import *import, const char *problem)
{
	ereport(ERROR, errcode(ERRCODE_INVALID_PARAMETER_VALUE),
			errmsg("invalid event in line " INT64_FORMAT, import->line),
			errdetail_internal("%s", problem));
}
