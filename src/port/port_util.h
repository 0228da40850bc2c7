/*-------------------------------------------------------------------------
 *
 * port_util.h
 *	  Arguments of the functions for ports and components.
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

extern int64 sd_interval_argument(Interval *value, const char *argument);
extern int sd_max_retries_argument(int value);
extern void sd_check_lease(int64 lease);
extern TimestampTz sd_time_after(TimestampTz now, int64 microseconds);

extern TimestampTz sd_argument_expiry(Interval *lifetime, TimestampTz from,
									  const char *name);

#endif /* STORMDISC_PORT_UTIL_H */
