/*-------------------------------------------------------------------------
 *
 * report.c
 *	  What is said of traces, as columns.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "utils/builtins.h"
#include "utils/fmgrprotos.h"
#include "utils/timestamp.h"

#include "arguments.h"
#include "trace/event.h"
#include "trace/report.h"

/*
 * sd_report_word
 *		A word of a trace as text; there may be none.
 */
Datum
sd_report_word(const SdTrace *trace, int32 word, bool *isnull)
{
	*isnull = word < 0;

	return *isnull ? (Datum) 0
				   : CStringGetTextDatum(sd_trace_word(trace, word));
}

/*
 * sd_report_kind
 *		The name of a kind of events as text.
 */
Datum
sd_report_kind(int kind)
{
	return CStringGetTextDatum(sd_event_kind_name((SdEventKind) kind));
}

/*
 * sd_report_duration
 *		Nanoseconds as an interval, which knows microseconds.
 */
Datum
sd_report_duration(int64 nanoseconds)
{
	Interval *interval = palloc0(sizeof(Interval));

	interval->time = nanoseconds / 1000;

	return IntervalPGetDatum(interval);
}

/*
 * sd_report_jsonb
 *		A text that is JSON.
 */
Datum
sd_report_jsonb(StringInfo json)
{
	return DirectFunctionCall1(jsonb_in, CStringGetDatum(json->data));
}

/*
 * sd_report_limit
 *		An argument that says how many rows there may be, as many as there are
 *		if it is NULL.
 */
int64
sd_report_limit(FunctionCallInfo fcinfo, int number, const char *name)
{
	int64 limit;

	if (PG_ARGISNULL(number))
		return PG_INT64_MAX;
	limit = PG_GETARG_INT64(number);
	if (limit <= 0)
		ereport(ERROR, errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				errmsg("argument \"%s\" must be greater than zero", name));

	return limit;
}
