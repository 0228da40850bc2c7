/*-------------------------------------------------------------------------
 *
 * critical_path.c
 *	  stormdisc_get_critical_path: what decided how long a trace took.
 *
 * See path_walk.c for how it is found.
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "common/int.h"
#include "funcapi.h"
#include "miscadmin.h"
#include "utils/builtins.h"
#include "utils/memutils.h"
#include "utils/timestamp.h"
#include "utils/tuplestore.h"
#include "utils/uuid.h"

#include "arguments.h"
#include "trace/event.h"
#include "trace/path_walk.h"
#include "trace/trace.h"
#include "trace/report.h"

PG_FUNCTION_INFO_V1(stormdisc_get_critical_path);

#define NANOSECONDS_PER_MICROSECOND 1000

/* result columns */
enum
{
	COL_SEQ,
	COL_EVENT_ID,
	COL_KIND,
	COL_OPERATION,
	COL_SERVICE,
	COL_THREAD,
	COL_ENTER,
	COL_LEAVE,
	COL_EXCLUSIVE,
	COL_EXCLUSIVE_NS,
	COL_SLACK_NS,
	N_COLS
};

typedef struct PathMode
{
	const char *name;
	SdPath *(*find)(SdPathGraph *graph);
} PathMode;

static const PathMode modes[] = {
	{"crisp", sd_path_walk},
	{"raceway", sd_path_longest},
};

static const PathMode *find_mode(const char *name);
static void make_graph(SdTrace *trace, SdPathGraph *graph);
static void find_times(const SdTrace *trace, SdPathGraph *graph);
static void find_predecessors(const SdTrace *trace, SdPathGraph *graph);
static void find_callers(const SdTrace *trace, SdPathGraph *graph);
static void put_segment(FunctionCallInfo fcinfo, SdTrace *trace, int seq,
						const SdPathSegment *segment);
static TimestampTz time_at(const SdTrace *trace, int64 at);
static void raise_too_long(void);

/*
 * stormdisc_get_critical_path(trace, mode) -> setof segments
 *		The critical path of a trace.
 */
Datum
stormdisc_get_critical_path(PG_FUNCTION_ARGS)
{
	pg_uuid_t *id = DatumGetUUIDP(sd_argument_required(fcinfo, 0, "trace"));
	text *name = DatumGetTextPP(sd_argument_required(fcinfo, 1, "mode"));
	const PathMode *mode = find_mode(text_to_cstring(name));
	MemoryContext context;
	MemoryContext oldcontext;
	SdTrace *trace;
	SdPathGraph graph;
	SdPath *path;

	InitMaterializedSRF(fcinfo, 0);
	trace = sd_trace_load(id, SD_TRACE_OPERATIONS);
	oldcontext = MemoryContextSwitchTo(trace->context);
	make_graph(trace, &graph);
	path = mode->find(&graph);

	context = AllocSetContextCreate(trace->context, "stormdisc segment",
									ALLOCSET_SMALL_SIZES);
	MemoryContextSwitchTo(context);
	for (int i = 0; i < path->n; i++)
	{
		CHECK_FOR_INTERRUPTS();
		put_segment(fcinfo, trace, i + 1, &path->segments[i]);
		MemoryContextReset(context);
	}
	MemoryContextSwitchTo(oldcontext);
	sd_trace_free(trace);

	return (Datum) 0;
}

static const PathMode *
find_mode(const char *name)
{
	for (int i = 0; i < lengthof(modes); i++)
		if (strcmp(name, modes[i].name) == 0)
			return &modes[i];

	ereport(ERROR, errcode(ERRCODE_INVALID_PARAMETER_VALUE),
			errmsg("unrecognized mode of the critical path: \"%s\"", name),
			errhint("Valid modes are crisp and raceway."));
	return NULL; /* keep compiler quiet */
}

/* The events with what has to come before each. */
static void
make_graph(SdTrace *trace, SdPathGraph *graph)
{
	Size n = trace->nevents;

	graph->n = trace->nevents;
	graph->start = palloc_extended(sizeof(int64) * (n + 1), MCXT_ALLOC_HUGE);
	graph->end = palloc_extended(sizeof(int64) * (n + 1), MCXT_ALLOC_HUGE);
	graph->pred_start = palloc_extended(sizeof(int) * (n + 1), MCXT_ALLOC_HUGE);
	find_times(trace, graph);
	find_predecessors(trace, graph);
	find_callers(trace, graph);
}

/* Times from the first event on. */
static void
find_times(const SdTrace *trace, SdPathGraph *graph)
{
	const SdTraceEvent *first = trace->events;

	for (int i = 0; i < trace->nevents; i++)
	{
		const SdTraceEvent *event = &trace->events[i];
		int64 at = 0;

		if (pg_sub_s64_overflow(event->time, first->time, &at) ||
			pg_mul_s64_overflow(at, NANOSECONDS_PER_MICROSECOND, &at) ||
			pg_add_s64_overflow(at, event->nanos - first->nanos, &at) ||
			pg_add_s64_overflow(at, Max(event->duration, 0), &graph->end[i]))
			raise_too_long();
		graph->start[i] = at;
	}
}

static void
raise_too_long(void)
{
	ereport(ERROR, errcode(ERRCODE_DATETIME_FIELD_OVERFLOW),
			errmsg("trace is too long"),
			errdetail("The time from its first event to its last must fit "
					  "into 63 bits of nanoseconds."));
}

/* Parents and explicit edges that order, each pair once. */
static void
find_predecessors(const SdTrace *trace, SdPathGraph *graph)
{
	int *place = palloc_extended(sizeof(int) * ((Size) graph->n + 1),
								 MCXT_ALLOC_HUGE | MCXT_ALLOC_ZERO);
	int *seen = palloc_extended(sizeof(int) * ((Size) graph->n + 1),
								MCXT_ALLOC_HUGE | MCXT_ALLOC_ZERO);
	int64 total = 0;
	int n = 0;

	for (int i = 0; i < graph->n; i++)
	{
		place[i] = trace->events[i].parent >= 0 ? 1 : 0;
		total += place[i];
	}
	for (int64 e = 0; e < trace->nedges; e++)
		if (trace->edges[e].orders)
		{
			place[trace->edges[e].to]++;
			total++;
		}
	if (total > PG_INT32_MAX)
		ereport(ERROR, errcode(ERRCODE_PROGRAM_LIMIT_EXCEEDED),
				errmsg("trace has too many edges"));
	graph->preds =
		palloc_extended(sizeof(int) * ((Size) total + 1), MCXT_ALLOC_HUGE);

	for (int i = 0, sum = 0; i < graph->n; i++)
	{
		int count = place[i];

		place[i] = sum;
		sum += count;
		graph->pred_start[i] = place[i];
		if (trace->events[i].parent >= 0)
			graph->preds[place[i]++] = trace->events[i].parent;
	}
	graph->pred_start[graph->n] = (int) total;
	for (int64 e = 0; e < trace->nedges; e++)
		if (trace->edges[e].orders)
			graph->preds[place[trace->edges[e].to]++] = trace->edges[e].from;

	/* the same edge may be there by several types */
	for (int i = 0; i < graph->n; i++)
	{
		int from = graph->pred_start[i];

		CHECK_FOR_INTERRUPTS();
		graph->pred_start[i] = n;
		for (int p = from; p < graph->pred_start[i + 1]; p++)
		{
			int pred = graph->preds[p];

			if (seen[pred] == i + 1)
				continue;
			seen[pred] = i + 1;
			graph->preds[n++] = pred;
		}
	}
	graph->pred_start[graph->n] = n;

	pfree(seen);
	pfree(place);
}

/*
 * The request that the first event of an upstream span is about, of those that
 * start before it.
 */
static void
find_callers(const SdTrace *trace, SdPathGraph *graph)
{
	int nwords = trace->words.n;
	int *request =
		palloc_extended(sizeof(int) * ((Size) nwords + 1), MCXT_ALLOC_HUGE);
	bool *is_called =
		palloc_extended((Size) nwords + 1, MCXT_ALLOC_HUGE | MCXT_ALLOC_ZERO);

	graph->caller =
		palloc_extended(sizeof(int) * ((Size) graph->n + 1), MCXT_ALLOC_HUGE);
	for (int i = 0; i < nwords; i++)
		request[i] = -1;
	for (int i = graph->n - 1; i >= 0; i--)
		if (trace->events[i].kind == SD_HTTP_REQUEST &&
			trace->events[i].span >= 0)
			request[trace->events[i].span] = i;
	for (int i = 0; i < graph->n; i++)
	{
		int upstream = trace->events[i].upstream;

		graph->caller[i] = -1;
		if (upstream < 0 || is_called[upstream])
			continue;
		is_called[upstream] = true;
		if (request[upstream] >= 0 &&
			graph->start[request[upstream]] < graph->start[i])
			graph->caller[i] = request[upstream];
	}
	pfree(is_called);
	pfree(request);
}

static void
put_segment(FunctionCallInfo fcinfo, SdTrace *trace, int seq,
			const SdPathSegment *segment)
{
	ReturnSetInfo *rsinfo = (ReturnSetInfo *) fcinfo->resultinfo;
	Datum values[N_COLS];
	bool nulls[N_COLS] = {0};

	values[COL_SEQ] = Int32GetDatum(seq);
	values[COL_ENTER] = TimestampTzGetDatum(time_at(trace, segment->enter));
	values[COL_LEAVE] = TimestampTzGetDatum(time_at(trace, segment->leave));
	values[COL_EXCLUSIVE] = sd_report_duration(segment->leave - segment->enter);
	values[COL_EXCLUSIVE_NS] = Int64GetDatum(segment->leave - segment->enter);
	values[COL_SLACK_NS] = Int64GetDatum(segment->slack);
	nulls[COL_SLACK_NS] = !segment->has_slack;

	if (segment->event == SD_PATH_IDLE)
		nulls[COL_EVENT_ID] = nulls[COL_KIND] = nulls[COL_OPERATION] =
			nulls[COL_SERVICE] = nulls[COL_THREAD] = true;
	else
	{
		SdTraceEvent *event = &trace->events[segment->event];

		values[COL_EVENT_ID] = UUIDPGetDatum(&event->id);
		values[COL_KIND] = sd_report_kind(event->kind);
		values[COL_OPERATION] =
			sd_report_word(trace, event->label, &nulls[COL_OPERATION]);
		values[COL_SERVICE] = sd_report_word(
			trace, trace->threads[event->thread].service, &nulls[COL_SERVICE]);
		values[COL_THREAD] =
			CStringGetTextDatum(sd_trace_thread_name(trace, event->thread));
	}
	tuplestore_putvalues(rsinfo->setResult, rsinfo->setDesc, values, nulls);
}

/* A number of nanoseconds after the first event; what is less is cut off. */
static TimestampTz
time_at(const SdTrace *trace, int64 at)
{
	const SdTraceEvent *first = trace->events;
	TimestampTz time = 0;

	if (pg_add_s64_overflow(at, first->nanos, &at) ||
		pg_add_s64_overflow(first->time, at / NANOSECONDS_PER_MICROSECOND,
							&time) ||
		!IS_VALID_TIMESTAMP(time))
		raise_too_long();

	return time;
}
