/*-------------------------------------------------------------------------
 *
 * port_util.h
 *	  Arguments and results of the functions for components.
 *
 *-------------------------------------------------------------------------
 */
#ifndef STORMDISC_PORT_UTIL_H
#define STORMDISC_PORT_UTIL_H

#include "executor/spi.h"
#include "fmgr.h"
#include "utils/jsonb.h"
#include "utils/timestamp.h"

extern Datum sd_argument_required(FunctionCallInfo fcinfo, int number,
								  const char *name);
extern Datum sd_argument_key(FunctionCallInfo fcinfo, int number,
							 const char *name);
extern TimestampTz sd_argument_expiry(Interval *lifetime, TimestampTz from,
									  const char *name);
extern Datum sd_result(uint64 row, int column, bool *isnull);
extern void sd_result_put(FunctionCallInfo fcinfo, uint64 rows);

#endif /* STORMDISC_PORT_UTIL_H */
