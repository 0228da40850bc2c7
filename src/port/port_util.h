/*-------------------------------------------------------------------------
 *
 * port_util.h
 *	  Arguments of the functions for components.
 *
 *-------------------------------------------------------------------------
 */
#ifndef STORMDISC_PORT_UTIL_H
#define STORMDISC_PORT_UTIL_H

#include "executor/spi.h"
#include "fmgr.h"
#include "utils/jsonb.h"
#include "utils/timestamp.h"

#include "arguments.h"

extern Datum sd_argument_key(FunctionCallInfo fcinfo, int number,
							 const char *name);
extern TimestampTz sd_argument_expiry(Interval *lifetime, TimestampTz from,
									  const char *name);

#endif /* STORMDISC_PORT_UTIL_H */
