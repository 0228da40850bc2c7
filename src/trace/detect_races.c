/*-------------------------------------------------------------------------
 *
 * detect_races.c
 *	  stormdisc_detect_races: which accesses race.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "catalog/pg_type.h"
#include "fmgr.h"
#include "funcapi.h"
#include "lib/stringinfo.h"
#include "miscadmin.h"
#include "utils/array.h"
#include "utils/builtins.h"
#include "utils/memutils.h"
#include "utils/timestamp.h"
#include "utils/tuplestore.h"

#include "arguments.h"
#include "arrays.h"
#include "trace/races.h"

PG_FUNCTION_INFO_V1(stormdisc_detect_races);

/* result columns */
enum
{
	COL_EVENT1,
	COL_EVENT2,
	COL_VARIABLE,
	COL_VERDICT,
	COL_THREAD1,
	COL_THREAD2,
	COL_ACCESS1,
	COL_ACCESS2,
	COL_SEVERITY,
	COL_TIME1,
	COL_TIME2,
	COL_LOCATION1,
	COL_LOCATION2,
	COL_EVIDENCE,
	N_COLS
};

/* the rows of stormdisc_detect_races() */
typedef struct Rows
{
	ReturnSetInfo *rsinfo;
	MemoryContext context;
	MemoryContext row_context;
	Datum *words; /* as text, when they are first needed */
	Datum *threads;
	Datum access_types[SD_ATOMIC_RMW + 1];
	Datum verdicts[SD_VERDICT_UNKNOWN + 1];
	Datum critical;
	Datum warning;
	SdRaceMode mode;
} Rows;

static SdRaceMode mode_argument(FunctionCallInfo fcinfo, int number);
static int verdicts_argument(FunctionCallInfo fcinfo, int number);
static void put_row(void *arg, const SdTrace *trace, const SdRace *race);
static Datum word_text(Rows *rows, const SdTrace *trace, int32 word,
					   bool *isnull);
static Datum thread_text(Rows *rows, const SdTrace *trace, int32 thread);
static text *evidence_text(const Rows *rows, const SdRace *race);

static const char *const modes[] = {
	[SD_RACES_HB] = "hb",
	[SD_RACES_LOCKSET] = "lockset",
	[SD_RACES_BOTH] = "both",
	[SD_RACES_RACEWAY] = "raceway",
};

static const char *const verdict_names[] = {
	[SD_VERDICT_RACE] = "race",
	[SD_VERDICT_ORDERED] = "ordered",
	[SD_VERDICT_UNKNOWN] = "unknown",
};

/*
 * stormdisc_detect_races(trace, mode, include_atomic_reads, max_pairs,
 * verdicts) -> setof row
 *		Report the pairs of accesses of a trace that race, or that do not.
 */
Datum
stormdisc_detect_races(PG_FUNCTION_ARGS)
{
	pg_uuid_t *trace_id =
		DatumGetUUIDP(sd_argument_required(fcinfo, 0, "trace"));
	SdRaceOptions options = {0};
	SdTrace *trace;
	Rows rows = {0};

	options.mode = mode_argument(fcinfo, 1);
	options.include_atomic_reads =
		DatumGetBool(sd_argument_required(fcinfo, 2, "include_atomic_reads"));
	options.max_pairs =
		DatumGetInt32(sd_argument_required(fcinfo, 3, "max_pairs"));
	if (options.max_pairs < 1)
		ereport(ERROR, errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				errmsg("argument \"%s\" must be at least %d", "max_pairs", 1));
	options.verdicts = verdicts_argument(fcinfo, 4);
	InitMaterializedSRF(fcinfo, 0);

	rows.rsinfo = (ReturnSetInfo *) fcinfo->resultinfo;
	rows.mode = options.mode;
	trace = sd_trace_load(
		trace_id, SD_TRACE_LOCATIONS |
					  (options.mode == SD_RACES_LOCKSET ? 0 : SD_TRACE_CLOCKS));
	rows.context = trace->context;
	rows.row_context = AllocSetContextCreate(trace->context, "stormdisc row",
											 ALLOCSET_SMALL_SIZES);
	rows.words = MemoryContextAllocExtended(
		rows.context, Max(sizeof(Datum) * (Size) trace->words.n, 1),
		MCXT_ALLOC_HUGE | MCXT_ALLOC_ZERO);
	rows.threads = MemoryContextAllocExtended(
		rows.context, Max(sizeof(Datum) * (Size) trace->nthreads, 1),
		MCXT_ALLOC_HUGE | MCXT_ALLOC_ZERO);
	for (int i = 0; i <= SD_ATOMIC_RMW; i++)
		rows.access_types[i] = CStringGetTextDatum(sd_access_type_name(i));
	for (int i = SD_VERDICT_RACE; i <= SD_VERDICT_UNKNOWN; i *= 2)
		rows.verdicts[i] = CStringGetTextDatum(verdict_names[i]);
	rows.critical = CStringGetTextDatum("CRITICAL");
	rows.warning = CStringGetTextDatum("WARNING");

	sd_races_detect(trace, &options, put_row, &rows);
	sd_trace_free(trace);

	return (Datum) 0;
}

static SdRaceMode
mode_argument(FunctionCallInfo fcinfo, int number)
{
	char *mode =
		TextDatumGetCString(sd_argument_required(fcinfo, number, "mode"));

	for (int i = 0; i < lengthof(modes); i++)
		if (strcmp(mode, modes[i]) == 0)
			return i;
	ereport(ERROR, errcode(ERRCODE_INVALID_PARAMETER_VALUE),
			errmsg("mode \"%s\" is not known", mode),
			errhint("Modes are \"hb\", \"lockset\", \"both\" and "
					"\"raceway\"."));
}

static int
verdicts_argument(FunctionCallInfo fcinfo, int number)
{
	ArrayType *array =
		DatumGetArrayTypeP(sd_argument_required(fcinfo, number, "verdicts"));
	Datum *values;
	bool *nulls;
	int n;
	int result = 0;

	n = sd_array_read(array, "verdicts", TEXTOID, &values, &nulls);
	for (int i = 0; i < n; i++)
	{
		char *name;
		int found = 0;

		if (nulls[i])
			ereport(
				ERROR, errcode(ERRCODE_NULL_VALUE_NOT_ALLOWED),
				errmsg("argument \"%s\" must not contain nulls", "verdicts"));
		name = TextDatumGetCString(values[i]);
		for (int j = SD_VERDICT_RACE; j <= SD_VERDICT_UNKNOWN; j *= 2)
			if (strcmp(name, verdict_names[j]) == 0)
				found = j;
		if (found == 0)
			ereport(ERROR, errcode(ERRCODE_INVALID_PARAMETER_VALUE),
					errmsg("verdict \"%s\" is not known", name),
					errhint("Verdicts are \"race\", \"ordered\" and "
							"\"unknown\"."));
		result |= found;
	}

	return result;
}

static void
put_row(void *arg, const SdTrace *trace, const SdRace *race)
{
	Rows *rows = arg;
	const SdTraceEvent *first = &trace->events[race->event1];
	const SdTraceEvent *second = &trace->events[race->event2];
	MemoryContext oldcontext = MemoryContextSwitchTo(rows->row_context);
	Datum values[N_COLS];
	bool nulls[N_COLS] = {false};

	values[COL_EVENT1] = UUIDPGetDatum(&first->id);
	values[COL_EVENT2] = UUIDPGetDatum(&second->id);
	values[COL_VARIABLE] =
		word_text(rows, trace, first->subject, &nulls[COL_VARIABLE]);
	values[COL_VERDICT] = rows->verdicts[race->verdict];
	values[COL_THREAD1] = thread_text(rows, trace, first->thread);
	values[COL_THREAD2] = thread_text(rows, trace, second->thread);
	values[COL_ACCESS1] = rows->access_types[first->access];
	values[COL_ACCESS2] = rows->access_types[second->access];
	values[COL_SEVERITY] = race->is_critical ? rows->critical : rows->warning;
	values[COL_TIME1] = TimestampTzGetDatum(first->time);
	values[COL_TIME2] = TimestampTzGetDatum(second->time);
	values[COL_LOCATION1] =
		word_text(rows, trace, first->label, &nulls[COL_LOCATION1]);
	values[COL_LOCATION2] =
		word_text(rows, trace, second->label, &nulls[COL_LOCATION2]);
	values[COL_EVIDENCE] = PointerGetDatum(evidence_text(rows, race));
	tuplestore_putvalues(rows->rsinfo->setResult, rows->rsinfo->setDesc, values,
						 nulls);
	MemoryContextSwitchTo(oldcontext);
	MemoryContextReset(rows->row_context);
}

static Datum
word_text(Rows *rows, const SdTrace *trace, int32 word, bool *isnull)
{
	*isnull = word < 0;
	if (word < 0)
		return (Datum) 0;
	if (rows->words[word] == 0)
	{
		MemoryContext oldcontext = MemoryContextSwitchTo(rows->context);

		rows->words[word] = CStringGetTextDatum(trace->words.words[word]);
		MemoryContextSwitchTo(oldcontext);
	}

	return rows->words[word];
}

static Datum
thread_text(Rows *rows, const SdTrace *trace, int32 thread)
{
	if (rows->threads[thread] == 0)
	{
		MemoryContext oldcontext = MemoryContextSwitchTo(rows->context);

		rows->threads[thread] =
			CStringGetTextDatum(sd_trace_thread_name(trace, thread));
		MemoryContextSwitchTo(oldcontext);
	}

	return rows->threads[thread];
}

/* Why the verdict is what it is, in words. */
static text *
evidence_text(const Rows *rows, const SdRace *race)
{
	char buffer[128];
	const char *order = "";

	if (rows->mode == SD_RACES_LOCKSET)
		return cstring_to_text("no common lock");
	if (rows->mode == SD_RACES_RACEWAY)
		return cstring_to_text("no ancestor, no common lock");

	if (race->verdict == SD_VERDICT_UNKNOWN)
		order = "not connected";
	else if (race->verdict == SD_VERDICT_RACE)
		order = (race->because & SD_BECAUSE_BOTH_CLOCKED) == 0 ? "no path"
				: (race->because & SD_BECAUSE_SAME_PART) == 0
					? "concurrent clocks"
					: "no path, concurrent clocks";
	else if ((race->because & SD_BECAUSE_PATH) != 0)
		order = "path";
	else if ((race->because & SD_BECAUSE_REVERSE_PATH) != 0)
		order = "reverse path";
	snprintf(
		buffer, sizeof(buffer), "%s%s%s%s", order,
		race->verdict == SD_VERDICT_ORDERED && order[0] != '\0' &&
				(race->because &
				 (SD_BECAUSE_CLOCKS | SD_BECAUSE_REVERSE_CLOCKS)) != 0
			? ", "
			: "",
		(race->because & SD_BECAUSE_CLOCKS) != 0		   ? "clocks"
		: (race->because & SD_BECAUSE_REVERSE_CLOCKS) != 0 ? "reverse clocks"
														   : "",
		(race->because & SD_BECAUSE_DROPPED) != 0 ? ", edges dropped" : "");

	return cstring_to_text(buffer);
}
