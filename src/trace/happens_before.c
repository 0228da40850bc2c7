/*-------------------------------------------------------------------------
 *
 * happens_before.c
 *	  stormdisc_find_happens_before: which of two events comes first.
 *
 * Questions are sorted by trace.  Each trace is read once, and all questions
 * about it are answered in one walk through it: at the later one of two events
 * it is known whether the other one happens before.
 */
#include "postgres.h"

#include "catalog/pg_type.h"
#include "fmgr.h"
#include "funcapi.h"
#include "miscadmin.h"
#include "utils/array.h"
#include "utils/builtins.h"
#include "utils/fmgrprotos.h"
#include "utils/memutils.h"
#include "utils/tuplestore.h"
#include "utils/uuid.h"

#include "arguments.h"
#include "arrays.h"
#include "spi_util.h"
#include "trace/order.h"
#include "trace/storage.h"
#include "trace/vclock.h"

PG_FUNCTION_INFO_V1(stormdisc_find_happens_before);
PG_FUNCTION_INFO_V1(stormdisc_find_happens_before_many);

/* result columns of the second */
enum
{
	COL_PAIR,
	COL_EVENT1,
	COL_EVENT2,
	COL_HAPPENS_BEFORE,
	COL_EVIDENCE,
	N_COLS
};

typedef enum Answer
{
	ANSWER_NOT_CONNECTED,
	ANSWER_SAME_EVENT,
	ANSWER_PATH,
	ANSWER_CLOCKS,
	ANSWER_REVERSE_PATH,
	ANSWER_REVERSE_CLOCKS,
	ANSWER_NO_PATH, /* in one part */
	ANSWER_CONCURRENT_CLOCKS
} Answer;

/* an event that is asked about */
typedef struct Event
{
	pg_uuid_t id;
	pg_uuid_t trace_id;
	SdVclock *clock; /* NULL: none, or an empty one */
	bool is_found;
} Event;

typedef struct Question
{
	int number;
	const Event *first;
	const Event *second;
	Answer answer;
	/* while its trace is looked at */
	int32 earlier; /* in the walk */
	int32 next;	   /* at the same later event */
	bool is_reverse;
} Question;

static const char *const evidence[] = {
	[ANSWER_NOT_CONNECTED] = "not connected",
	[ANSWER_SAME_EVENT] = "same event",
	[ANSWER_PATH] = "path",
	[ANSWER_CLOCKS] = "clocks",
	[ANSWER_REVERSE_PATH] = "reverse path",
	[ANSWER_REVERSE_CLOCKS] = "reverse clocks",
	[ANSWER_NO_PATH] = "no path",
	[ANSWER_CONCURRENT_CLOCKS] = "concurrent clocks",
};

static SdStatement select_events = {
	.sql = "SELECT e.id, e.trace_id, e.causality_vector "
		   "FROM pg_catalog.unnest($1) u (id), stormdisc.events e "
		   "WHERE e.id OPERATOR(pg_catalog.=) u.id",
	.nparameters = 1,
	.types = {UUIDARRAYOID},
};

static void answer(Question *questions, int n, Event *events, int nevents);
static int read_events(const Datum *ids, int n, Event **events);
static int compare_ids(const void *a, const void *b);
static Event *find_event(Event *events, int n, const pg_uuid_t *id);
static Answer answer_by_clocks(const Question *question);
static int compare_traces(const void *a, const void *b, void *arg);
static void answer_in_trace(Question *questions, const int *order, int n);
static bool is_true(Answer answer);

/*
 * stormdisc_find_happens_before(event1, event2) -> bool
 *		Does the first event happen before the second?
 */
Datum
stormdisc_find_happens_before(PG_FUNCTION_ARGS)
{
	Datum ids[2];
	Question question = {0};
	Event *events;
	int n;

	ids[0] = sd_argument_required(fcinfo, 0, "event1");
	ids[1] = sd_argument_required(fcinfo, 1, "event2");
	n = read_events(ids, 2, &events);
	question.first = find_event(events, n, DatumGetUUIDP(ids[0]));
	question.second = find_event(events, n, DatumGetUUIDP(ids[1]));
	answer(&question, 1, events, n);
	if (question.answer == ANSWER_NOT_CONNECTED)
		PG_RETURN_NULL();

	PG_RETURN_BOOL(is_true(question.answer));
}

/*
 * stormdisc_find_happens_before_many(events1, events2) -> setof row
 *		The same for many pairs at once, the first with the first, and so on.
 */
Datum
stormdisc_find_happens_before_many(PG_FUNCTION_ARGS)
{
	static const char *const names[] = {"events1", "events2"};
	ReturnSetInfo *rsinfo = (ReturnSetInfo *) fcinfo->resultinfo;
	Datum *values[2];
	bool *nulls[2];
	Datum words[lengthof(evidence)];
	Datum *ids;
	int n[2];
	Question *questions;
	Event *events;
	int nevents;

	for (int i = 0; i < 2; i++)
	{
		ArrayType *array =
			DatumGetArrayTypeP(sd_argument_required(fcinfo, i, names[i]));

		n[i] = sd_array_read(array, names[i], UUIDOID, &values[i], &nulls[i]);
		for (int j = 0; j < n[i]; j++)
			if (nulls[i][j])
				ereport(
					ERROR, errcode(ERRCODE_NULL_VALUE_NOT_ALLOWED),
					errmsg("argument \"%s\" must not contain nulls", names[i]));
	}
	if (n[0] != n[1])
		ereport(ERROR, errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				errmsg("arguments \"%s\" and \"%s\" must be of the same length",
					   names[0], names[1]));
	InitMaterializedSRF(fcinfo, 0);
	if (n[0] == 0)
		return (Datum) 0;

	ids = palloc_extended(sizeof(Datum) * n[0] * 2, MCXT_ALLOC_HUGE);
	memcpy(ids, values[0], sizeof(Datum) * n[0]);
	memcpy(ids + n[0], values[1], sizeof(Datum) * n[0]);
	nevents = read_events(ids, n[0] * 2, &events);
	questions = palloc_extended(sizeof(Question) * n[0],
								MCXT_ALLOC_HUGE | MCXT_ALLOC_ZERO);
	for (int i = 0; i < n[0]; i++)
	{
		questions[i].number = i;
		questions[i].first =
			find_event(events, nevents, DatumGetUUIDP(values[0][i]));
		questions[i].second =
			find_event(events, nevents, DatumGetUUIDP(values[1][i]));
	}
	answer(questions, n[0], events, nevents);

	for (int i = 0; i < lengthof(evidence); i++)
		words[i] = CStringGetTextDatum(evidence[i]);
	for (int i = 0; i < n[0]; i++)
	{
		Datum row[N_COLS];
		bool row_nulls[N_COLS] = {false};

		row[COL_PAIR] = Int32GetDatum(i + 1);
		row[COL_EVENT1] = values[0][i];
		row[COL_EVENT2] = values[1][i];
		row[COL_HAPPENS_BEFORE] = BoolGetDatum(is_true(questions[i].answer));
		row_nulls[COL_HAPPENS_BEFORE] =
			questions[i].answer == ANSWER_NOT_CONNECTED;
		row[COL_EVIDENCE] = words[questions[i].answer];
		tuplestore_putvalues(rsinfo->setResult, rsinfo->setDesc, row,
							 row_nulls);
	}

	return (Datum) 0;
}

/* What is known of events, by id; raises 42704 for one that is not there. */
static int
read_events(const Datum *ids, int n, Event **events)
{
	Event *result = palloc_extended(sizeof(Event) * n, MCXT_ALLOC_HUGE);
	Datum *unique;
	Datum parameter;
	uint64 found;
	int kept = 0;
	SdSpi spi;

	memset(result, 0, sizeof(Event) * n);
	for (int i = 0; i < n; i++)
		result[i].id = *DatumGetUUIDP(ids[i]);
	qsort(result, n, sizeof(Event), compare_ids);
	for (int i = 0; i < n; i++)
		if (kept == 0 || compare_ids(&result[kept - 1], &result[i]) != 0)
			result[kept++] = result[i];

	unique = palloc_extended(sizeof(Datum) * kept, MCXT_ALLOC_HUGE);
	for (int i = 0; i < kept; i++)
		unique[i] = UUIDPGetDatum(&result[i].id);
	parameter = PointerGetDatum(sd_array_make(unique, NULL, kept, UUIDOID));
	pfree(unique);

	sd_storage_check_readable();
	sd_spi_begin(&spi, true);
	found = sd_spi_read(&select_events, &parameter, NULL);
	for (uint64 i = 0; i < found; i++)
	{
		Datum values[3];
		bool nulls[3];
		Event *event;

		heap_deform_tuple(SPI_tuptable->vals[i], SPI_tuptable->tupdesc, values,
						  nulls);
		event = find_event(result, kept, DatumGetUUIDP(values[0]));
		event->trace_id = *DatumGetUUIDP(values[1]);
		event->is_found = true;
		if (!nulls[2])
		{
			SdVclock *clock = DatumGetVclock(values[2]);

			if (!sd_vclock_is_empty(clock))
			{
				event->clock =
					MemoryContextAlloc(spi.context, VARSIZE_ANY(clock));
				memcpy(event->clock, clock, VARSIZE_ANY(clock));
			}
		}
	}
	sd_spi_end(&spi);

	for (int i = 0; i < kept; i++)
		if (!result[i].is_found)
			ereport(ERROR, errcode(ERRCODE_UNDEFINED_OBJECT),
					errmsg("event %s does not exist",
						   DatumGetCString(DirectFunctionCall1(
							   uuid_out, UUIDPGetDatum(&result[i].id)))));
	*events = result;

	return kept;
}

static int
compare_ids(const void *a, const void *b)
{
	return memcmp(&((const Event *) a)->id, &((const Event *) b)->id, UUID_LEN);
}

static Event *
find_event(Event *events, int n, const pg_uuid_t *id)
{
	Event key;

	key.id = *id;

	return bsearch(&key, events, n, sizeof(Event), compare_ids);
}

/* Answer all questions. */
static void
answer(Question *questions, int n, Event *events, int nevents)
{
	int *order = palloc_extended(sizeof(int) * n, MCXT_ALLOC_HUGE);
	int count = 0;

	/* without their trace as far as that goes */
	for (int i = 0; i < n; i++)
	{
		Question *question = &questions[i];

		question->answer = answer_by_clocks(question);
		if (question->first == question->second)
			question->answer = ANSWER_SAME_EVENT;
		else if (question->answer != ANSWER_CLOCKS &&
				 memcmp(&question->first->trace_id, &question->second->trace_id,
						UUID_LEN) == 0)
			order[count++] = i;
	}

	qsort_arg(order, count, sizeof(int), compare_traces, questions);
	for (int i = 0; i < count;)
	{
		int end = i + 1;

		while (end < count &&
			   compare_traces(&order[i], &order[end], questions) == 0)
			end++;
		answer_in_trace(questions, &order[i], end - i);
		i = end;
	}
	pfree(order);
}

static Answer
answer_by_clocks(const Question *question)
{
	if (question->first->clock == NULL || question->second->clock == NULL)
		return ANSWER_NOT_CONNECTED;
	switch (sd_vclock_compare(question->first->clock, question->second->clock))
	{
		case SD_BEFORE:
			return ANSWER_CLOCKS;
		case SD_AFTER:
			return ANSWER_REVERSE_CLOCKS;
		default:
			return ANSWER_CONCURRENT_CLOCKS;
	}
}

static int
compare_traces(const void *a, const void *b, void *arg)
{
	const Question *questions = arg;

	return memcmp(&questions[*(const int *) a].first->trace_id,
				  &questions[*(const int *) b].first->trace_id, UUID_LEN);
}

/* Answer questions about one trace. */
static void
answer_in_trace(Question *questions, const int *order, int n)
{
	SdTrace *trace = sd_trace_load(&questions[order[0]].first->trace_id, 0);
	MemoryContext oldcontext = MemoryContextSwitchTo(trace->context);
	SdOrder *graph = sd_order_build(trace, SD_ORDER_ALL, true);
	int32 *first =
		palloc_extended(sizeof(int32) * (Size) trace->nevents, MCXT_ALLOC_HUGE);
	bool *chains = palloc_extended(sizeof(bool) * (Size) graph->nchains,
								   MCXT_ALLOC_HUGE | MCXT_ALLOC_ZERO);
	SdReach *reach;
	int32 event;

	for (int32 i = 0; i < trace->nevents; i++)
		first[i] = -1;
	for (int i = 0; i < n; i++)
	{
		Question *question = &questions[order[i]];
		int32 a = sd_trace_find(trace, &question->first->id);
		int32 b = sd_trace_find(trace, &question->second->id);

		if (a < 0 || b < 0)
			elog(ERROR, "event is not in its trace");
		question->is_reverse =
			sd_order_place(graph, a) > sd_order_place(graph, b);
		question->earlier = question->is_reverse ? b : a;
		chains[graph->chain[question->earlier]] = true;
		question->next = first[question->is_reverse ? a : b];
		first[question->is_reverse ? a : b] = order[i];

		/* if there is no path */
		if (question->answer == ANSWER_NOT_CONNECTED &&
			graph->part[a] == graph->part[b])
			question->answer = ANSWER_NO_PATH;
	}

	reach = sd_reach_begin(graph, chains);
	while ((event = sd_reach_next(reach)) >= 0)
		for (int32 i = first[event]; i >= 0; i = questions[i].next)
			if (sd_reach_knows(reach, questions[i].earlier))
			{
				if (!questions[i].is_reverse)
					questions[i].answer = ANSWER_PATH;
				else if (questions[i].answer != ANSWER_REVERSE_CLOCKS)
					questions[i].answer = ANSWER_REVERSE_PATH;
			}
	sd_reach_end(reach);
	sd_order_warn(graph);

	MemoryContextSwitchTo(oldcontext);
	sd_trace_free(trace);
}

static bool
is_true(Answer answer)
{
	return answer == ANSWER_PATH || answer == ANSWER_CLOCKS;
}
