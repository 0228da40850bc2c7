/*-------------------------------------------------------------------------
 *
 * summaries.c
 *	  stormdisc_trace_summaries: what traces there are, the newest first.
 *	  stormdisc_service_dependencies: which service of a trace calls which.
 *
 * Traces are found by skipping from one to the next in the index of events;
 *only those that are returned, or that a filter has to look into, are read.
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "catalog/pg_type.h"
#include "common/int.h"
#include "funcapi.h"
#include "miscadmin.h"
#include "utils/array.h"
#include "utils/builtins.h"
#include "utils/fmgrprotos.h"
#include "utils/hsearch.h"
#include "utils/memutils.h"
#include "utils/timestamp.h"
#include "utils/tuplestore.h"
#include "utils/uuid.h"

#include "arguments.h"
#include "arrays.h"
#include "spi_util.h"
#include "trace/report.h"
#include "trace/storage.h"
#include "trace/trace.h"

PG_FUNCTION_INFO_V1(stormdisc_trace_summaries);
PG_FUNCTION_INFO_V1(stormdisc_service_dependencies);

/* arguments of stormdisc_trace_summaries */
enum
{
	ARG_SERVICE,
	ARG_SINCE,
	ARG_UNTIL,
	ARG_MIN_DURATION,
	ARG_WITH_ERRORS,
	ARG_BEFORE_STARTED,
	ARG_BEFORE_TRACE,
	ARG_MAX_ROWS
};

/* its result columns */
enum
{
	COL_TRACE_ID,
	COL_STARTED,
	COL_ENDED,
	COL_DURATION,
	COL_EVENTS,
	COL_SERVICES,
	COL_THREADS,
	COL_ERRORS,
	COL_ACCESSES,
	COL_VARIABLES,
	N_SUMMARY_COLS
};

/* result columns of stormdisc_service_dependencies */
enum
{
	COL_CALLER,
	COL_CALLEE,
	COL_CALLS,
	COL_TIMED_CALLS,
	COL_TOTAL,
	COL_MEAN,
	COL_MIN,
	COL_MAX,
	N_DEPENDENCY_COLS
};

static SdStatement select_traces = {
	.sql = "WITH RECURSIVE t (trace_id) AS ("
		   "(SELECT e.trace_id FROM stormdisc.events e "
		   "ORDER BY e.trace_id LIMIT 1) "
		   "UNION ALL SELECT (SELECT e.trace_id FROM stormdisc.events e "
		   "WHERE e.trace_id OPERATOR(pg_catalog.>) t.trace_id "
		   "ORDER BY e.trace_id LIMIT 1) FROM t WHERE t.trace_id IS NOT NULL) "
		   "SELECT t.trace_id FROM t, LATERAL ("
		   "SELECT e.\"timestamp\" FROM stormdisc.events e "
		   "WHERE e.trace_id OPERATOR(pg_catalog.=) t.trace_id "
		   "ORDER BY e.\"timestamp\", e.timestamp_nanos, e.id LIMIT 1) "
		   "f (started) "
		   "WHERE ($1 IS NULL OR f.started OPERATOR(pg_catalog.>=) $1) "
		   "AND ($2 IS NULL OR f.started OPERATOR(pg_catalog.<) $2) "
		   "AND ($3 IS NULL OR f.started OPERATOR(pg_catalog.<) $3 "
		   "OR (f.started OPERATOR(pg_catalog.=) $3 "
		   "AND t.trace_id OPERATOR(pg_catalog.<) $4)) "
		   "ORDER BY f.started DESC, t.trace_id DESC",
	.nparameters = 4,
	.types = {TIMESTAMPTZOID, TIMESTAMPTZOID, TIMESTAMPTZOID, UUIDOID},
};

/* what has to be so for a trace to be returned */
typedef struct Filter
{
	const char *service;	/* or NULL */
	Interval *min_duration; /* or NULL */
	bool any_errors;		/* with_errors is not asked for */
	bool with_errors;
} Filter;

/* calls from one service to another */
typedef struct DependencyKey
{
	int32 caller; /* words */
	int32 callee;
} DependencyKey;

typedef struct Dependency
{
	DependencyKey key;
	const char *caller;
	const char *callee;
	int64 calls;
	int64 timed_calls;
	float8 total; /* nanoseconds */
	int64 min;
	int64 max;
} Dependency;

/* a call, which may be told of in several ways */
typedef struct Call
{
	int32 from;
	int32 to;
} Call;

static void read_filter(FunctionCallInfo fcinfo, Filter *filter);
static bool put_summary(FunctionCallInfo fcinfo, const SdTrace *trace,
						const Filter *filter);
static ArrayType *services_of(const SdTrace *trace, const char *wanted,
							  bool *found);
static int compare_words(const void *a, const void *b);
static bool is_error(const SdTrace *trace, const SdTraceEvent *event);
static TimestampTz end_of(const SdTrace *trace, int64 *duration);
static void find_calls(const SdTrace *trace, HTAB *dependencies);
static void find_requests(const SdTrace *trace, HTAB *calls,
						  HTAB *dependencies);
static void add_call(const SdTrace *trace, HTAB *calls, HTAB *dependencies,
					 int32 from, int32 to);
static HTAB *make_hash(const char *name, Size keysize, Size entrysize);
static void put_dependencies(FunctionCallInfo fcinfo, HTAB *dependencies);
static int compare_dependencies(const void *a, const void *b);

/*
 * stormdisc_trace_summaries(service, since, until, min_duration, with_errors,
 *		before_started, before_trace, max_rows) -> setof summaries
 *		The traces that start last, page by page.
 */
Datum
stormdisc_trace_summaries(PG_FUNCTION_ARGS)
{
	Datum values[4];
	bool nulls[4];
	Filter filter = {0};
	int64 left = sd_report_limit(fcinfo, ARG_MAX_ROWS, "max_rows");
	SdSpi spi;
	Portal portal;

	if (PG_ARGISNULL(ARG_BEFORE_STARTED) != PG_ARGISNULL(ARG_BEFORE_TRACE))
		ereport(ERROR, errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				errmsg("arguments \"%s\" and \"%s\" must be given together",
					   "before_started", "before_trace"));
	read_filter(fcinfo, &filter);
	sd_storage_check_readable();
	values[0] = PG_GETARG_DATUM(ARG_SINCE);
	nulls[0] = PG_ARGISNULL(ARG_SINCE);
	values[1] = PG_GETARG_DATUM(ARG_UNTIL);
	nulls[1] = PG_ARGISNULL(ARG_UNTIL);
	values[2] = PG_GETARG_DATUM(ARG_BEFORE_STARTED);
	nulls[2] = PG_ARGISNULL(ARG_BEFORE_STARTED);
	values[3] = PG_GETARG_DATUM(ARG_BEFORE_TRACE);
	nulls[3] = PG_ARGISNULL(ARG_BEFORE_TRACE);
	InitMaterializedSRF(fcinfo, 0);

	sd_spi_begin(&spi, true);
	portal = sd_spi_open_read(&select_traces, values, nulls);
	while (left > 0)
	{
		SPITupleTable *found;

		SPI_cursor_fetch(portal, true, (long) Min(left, 100));
		found = SPI_tuptable;
		if (SPI_processed == 0)
			break;
		for (uint64 i = 0; i < found->numvals && left > 0; i++)
		{
			bool isnull;
			pg_uuid_t id = *DatumGetUUIDP(
				SPI_getbinval(found->vals[i], found->tupdesc, 1, &isnull));
			SdTrace *trace = sd_trace_load(&id, SD_TRACE_OPERATIONS);
			MemoryContext oldcontext = MemoryContextSwitchTo(trace->context);

			CHECK_FOR_INTERRUPTS();
			if (put_summary(fcinfo, trace, &filter))
				left--;
			MemoryContextSwitchTo(oldcontext);
			sd_trace_free(trace);
		}
		SPI_freetuptable(found);
	}
	SPI_cursor_close(portal);
	sd_spi_end(&spi);

	return (Datum) 0;
}

static void
read_filter(FunctionCallInfo fcinfo, Filter *filter)
{
	if (!PG_ARGISNULL(ARG_SERVICE))
		filter->service = text_to_cstring(PG_GETARG_TEXT_PP(ARG_SERVICE));
	if (!PG_ARGISNULL(ARG_MIN_DURATION))
		filter->min_duration = PG_GETARG_INTERVAL_P(ARG_MIN_DURATION);
	filter->any_errors = PG_ARGISNULL(ARG_WITH_ERRORS);
	filter->with_errors =
		!filter->any_errors && PG_GETARG_BOOL(ARG_WITH_ERRORS);
}

/* False if the filter does not let the trace through. */
static bool
put_summary(FunctionCallInfo fcinfo, const SdTrace *trace, const Filter *filter)
{
	ReturnSetInfo *rsinfo = (ReturnSetInfo *) fcinfo->resultinfo;
	bool *is_variable = palloc_extended(Max((Size) trace->words.n, 1),
										MCXT_ALLOC_HUGE | MCXT_ALLOC_ZERO);
	int64 errors = 0;
	int64 accesses = 0;
	int64 variables = 0;
	int64 duration = 0;
	bool has_service;
	Datum values[N_SUMMARY_COLS];
	bool nulls[N_SUMMARY_COLS] = {0};

	if (trace->nevents == 0)
		return false;
	for (int32 i = 0; i < trace->nevents; i++)
	{
		SdTraceEvent *event = &trace->events[i];

		if (is_error(trace, event))
			errors++;
		if (event->kind != SD_STATE_CHANGE || event->subject < 0)
			continue;
		accesses++;
		if (!is_variable[event->subject])
			variables++;
		is_variable[event->subject] = true;
	}
	values[COL_TRACE_ID] = UUIDPGetDatum(&trace->id);
	values[COL_STARTED] = TimestampTzGetDatum(trace->events[0].time);
	values[COL_ENDED] = TimestampTzGetDatum(end_of(trace, &duration));
	values[COL_DURATION] = sd_report_duration(duration);
	values[COL_EVENTS] = Int64GetDatum(trace->nevents);
	values[COL_SERVICES] =
		PointerGetDatum(services_of(trace, filter->service, &has_service));
	values[COL_THREADS] = Int64GetDatum(trace->nthreads);
	values[COL_ERRORS] = Int64GetDatum(errors);
	values[COL_ACCESSES] = Int64GetDatum(accesses);
	values[COL_VARIABLES] = Int64GetDatum(variables);

	if ((filter->service != NULL && !has_service) ||
		(!filter->any_errors && filter->with_errors != (errors > 0)) ||
		(filter->min_duration != NULL &&
		 DatumGetBool(
			 DirectFunctionCall2(interval_lt, values[COL_DURATION],
								 IntervalPGetDatum(filter->min_duration)))))
		return false;
	tuplestore_putvalues(rsinfo->setResult, rsinfo->setDesc, values, nulls);

	return true;
}

/* The names of the services, sorted by their bytes. */
static ArrayType *
services_of(const SdTrace *trace, const char *wanted, bool *found)
{
	bool *is_service = palloc_extended(Max((Size) trace->words.n, 1),
									   MCXT_ALLOC_HUGE | MCXT_ALLOC_ZERO);
	const char **names = palloc_extended(
		sizeof(char *) * Max((Size) trace->nthreads, 1), MCXT_ALLOC_HUGE);
	Datum *texts;
	int n = 0;

	*found = false;
	for (int32 i = 0; i < trace->nthreads; i++)
	{
		int32 service = trace->threads[i].service;

		if (service < 0 || is_service[service])
			continue;
		is_service[service] = true;
		names[n] = sd_trace_word(trace, service);
		*found = *found || (wanted != NULL && strcmp(names[n], wanted) == 0);
		n++;
	}
	qsort(names, n, sizeof(char *), compare_words);
	texts = palloc_extended(sizeof(Datum) * Max((Size) n, 1), MCXT_ALLOC_HUGE);
	for (int i = 0; i < n; i++)
		texts[i] = CStringGetTextDatum(names[i]);

	return sd_array_make(texts, NULL, n, TEXTOID);
}

static int
compare_words(const void *a, const void *b)
{
	return strcmp(*(const char *const *) a, *(const char *const *) b);
}

/* An error, or the response of a server that has failed. */
static bool
is_error(const SdTrace *trace, const SdTraceEvent *event)
{
	return event->kind == SD_ERROR_EVENT ||
		   (event->kind == SD_HTTP_RESPONSE && event->label >= 0 &&
			atoi(sd_trace_word(trace, event->label)) >= 500);
}

/*
 * When the last event has ended, and how many nanoseconds after the start of
 * the first, or as many as there can be.
 */
static TimestampTz
end_of(const SdTrace *trace, int64 *duration)
{
	const SdTraceEvent *first = &trace->events[0];
	TimestampTz result = first->time;

	*duration = 0;
	for (int32 i = 0; i < trace->nevents; i++)
	{
		const SdTraceEvent *event = &trace->events[i];
		TimestampTz end;
		int64 at;

		if (pg_sub_s64_overflow(event->time, first->time, &at) ||
			pg_mul_s64_overflow(at, 1000, &at) ||
			pg_add_s64_overflow(at, event->nanos - first->nanos, &at) ||
			pg_add_s64_overflow(at, event->duration, &at))
			at = PG_INT64_MAX;
		*duration = Max(*duration, at);

		/* what is less than a microsecond is cut off */
		if (pg_add_s64_overflow(event->time,
								event->duration / 1000 +
									(event->duration % 1000 + event->nanos) /
										1000,
								&end) ||
			!IS_VALID_TIMESTAMP(end))
			end = DT_NOEND;
		result = Max(result, end);
	}

	return result;
}

/* ---- calls ---- */

/*
 * stormdisc_service_dependencies(trace) -> setof dependencies
 *		The calls between the services of a trace.
 */
Datum
stormdisc_service_dependencies(PG_FUNCTION_ARGS)
{
	pg_uuid_t *id = DatumGetUUIDP(sd_argument_required(fcinfo, 0, "trace"));
	SdTrace *trace;
	MemoryContext oldcontext;
	HTAB *dependencies;

	InitMaterializedSRF(fcinfo, 0);
	trace = sd_trace_load(id, 0);
	oldcontext = MemoryContextSwitchTo(trace->context);
	dependencies = make_hash("stormdisc dependencies", sizeof(DependencyKey),
							 sizeof(Dependency));
	find_calls(trace, dependencies);
	put_dependencies(fcinfo, dependencies);
	MemoryContextSwitchTo(oldcontext);
	sd_trace_free(trace);

	return (Datum) 0;
}

/*
 * A call is an event of another service that a parent, an edge or the number of
 * a span leads to, and that is no answer.
 */
static void
find_calls(const SdTrace *trace, HTAB *dependencies)
{
	HTAB *calls = make_hash("stormdisc calls", sizeof(Call), sizeof(Call));

	for (int32 i = 0; i < trace->nevents; i++)
	{
		CHECK_FOR_INTERRUPTS();
		if (trace->events[i].parent >= 0)
			add_call(trace, calls, dependencies, trace->events[i].parent, i);
	}
	for (int64 e = 0; e < trace->nedges; e++)
	{
		const SdTraceEdge *edge = &trace->edges[e];
		const char *type = sd_trace_word(trace, edge->type);

		CHECK_FOR_INTERRUPTS();
		if (edge->orders &&
			(strcmp(type, sd_edge_type_name(SD_DIRECT_CALL)) == 0 ||
			 strcmp(type, sd_edge_type_name(SD_EDGE_ASYNC_SPAWN)) == 0))
			add_call(trace, calls, dependencies, edge->from, edge->to);
	}
	find_requests(trace, calls, dependencies);
	hash_destroy(calls);
}

/* From a request to the first event that says that it is about its span. */
static void
find_requests(const SdTrace *trace, HTAB *calls, HTAB *dependencies)
{
	int32 *request = palloc_extended(
		sizeof(int32) * Max((Size) trace->words.n, 1), MCXT_ALLOC_HUGE);

	for (int32 i = 0; i < trace->words.n; i++)
		request[i] = -1;
	for (int32 i = trace->nevents - 1; i >= 0; i--)
		if (trace->events[i].kind == SD_HTTP_REQUEST &&
			trace->events[i].span >= 0)
			request[trace->events[i].span] = i;
	for (int32 i = 0; i < trace->nevents; i++)
	{
		int32 upstream = trace->events[i].upstream;

		CHECK_FOR_INTERRUPTS();
		if (upstream < 0 || request[upstream] < 0)
			continue;
		add_call(trace, calls, dependencies, request[upstream], i);
		request[upstream] = -1;
	}
	pfree(request);
}

static void
add_call(const SdTrace *trace, HTAB *calls, HTAB *dependencies, int32 from,
		 int32 to)
{
	const SdTraceEvent *event = &trace->events[to];
	Call call = {.from = from, .to = to};
	DependencyKey key;
	Dependency *dependency;
	bool found;

	key.caller = trace->threads[trace->events[from].thread].service;
	key.callee = trace->threads[event->thread].service;
	if (key.caller == key.callee || key.caller < 0 || key.callee < 0 ||
		event->kind == SD_HTTP_RESPONSE || event->kind == SD_DATABASE_RESULT ||
		event->kind == SD_ASYNC_AWAIT)
		return;
	(void) hash_search(calls, &call, HASH_ENTER, &found);
	if (found)
		return;

	dependency = hash_search(dependencies, &key, HASH_ENTER, &found);
	if (!found)
	{
		dependency->caller = sd_trace_word(trace, key.caller);
		dependency->callee = sd_trace_word(trace, key.callee);
		dependency->calls = dependency->timed_calls = 0;
		dependency->total = 0;
	}
	dependency->calls++;
	if ((event->flags & SD_EVENT_TIMED) == 0)
		return;
	if (dependency->timed_calls++ == 0)
		dependency->min = dependency->max = event->duration;
	dependency->min = Min(dependency->min, event->duration);
	dependency->max = Max(dependency->max, event->duration);
	dependency->total += (float8) event->duration;
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

static void
put_dependencies(FunctionCallInfo fcinfo, HTAB *dependencies)
{
	ReturnSetInfo *rsinfo = (ReturnSetInfo *) fcinfo->resultinfo;
	int64 n = hash_get_num_entries(dependencies);
	Dependency **sorted =
		palloc_extended(sizeof(Dependency *) * Max(n, 1), MCXT_ALLOC_HUGE);
	HASH_SEQ_STATUS status;
	Dependency *dependency;

	n = 0;
	hash_seq_init(&status, dependencies);
	while ((dependency = hash_seq_search(&status)) != NULL)
		sorted[n++] = dependency;
	qsort(sorted, n, sizeof(Dependency *), compare_dependencies);

	for (int64 i = 0; i < n; i++)
	{
		Datum values[N_DEPENDENCY_COLS];
		bool nulls[N_DEPENDENCY_COLS] = {0};

		dependency = sorted[i];
		values[COL_CALLER] = CStringGetTextDatum(dependency->caller);
		values[COL_CALLEE] = CStringGetTextDatum(dependency->callee);
		values[COL_CALLS] = Int64GetDatum(dependency->calls);
		values[COL_TIMED_CALLS] = Int64GetDatum(dependency->timed_calls);
		nulls[COL_TOTAL] = nulls[COL_MEAN] = nulls[COL_MIN] = nulls[COL_MAX] =
			dependency->timed_calls == 0;
		if (dependency->timed_calls > 0)
		{
			values[COL_TOTAL] = Float8GetDatum(dependency->total / 1000);
			values[COL_MEAN] = Float8GetDatum(dependency->total / 1000 /
											  dependency->timed_calls);
			values[COL_MIN] = Int64GetDatum(dependency->min / 1000);
			values[COL_MAX] = Int64GetDatum(dependency->max / 1000);
		}
		tuplestore_putvalues(rsinfo->setResult, rsinfo->setDesc, values, nulls);
	}
}

static int
compare_dependencies(const void *a, const void *b)
{
	const Dependency *x = *(const Dependency *const *) a;
	const Dependency *y = *(const Dependency *const *) b;
	int order = strcmp(x->caller, y->caller);

	return order != 0 ? order : strcmp(x->callee, y->callee);
}
