/*-------------------------------------------------------------------------
 *
 * report.h
 *	  What is said of traces, as columns.
 *
 *-------------------------------------------------------------------------
 */
#ifndef STORMDISC_TRACE_REPORT_H
#define STORMDISC_TRACE_REPORT_H

#include "fmgr.h"
#include "lib/stringinfo.h"

#include "trace/trace.h"

extern Datum sd_report_word(const SdTrace *trace, int32 word, bool *isnull);
extern Datum sd_report_kind(int kind);
extern Datum sd_report_duration(int64 nanoseconds);
extern Datum sd_report_jsonb(StringInfo json);
extern int64 sd_report_limit(FunctionCallInfo fcinfo, int number,
							 const char *name);

#endif /* STORMDISC_TRACE_REPORT_H */
