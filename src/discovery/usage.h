/*-------------------------------------------------------------------------
 *
 * usage.h
 *	  Counters of the server's cumulative statistics.
 *
 *-------------------------------------------------------------------------
 */
#ifndef STORMDISC_USAGE_H
#define STORMDISC_USAGE_H

#include "fmgr.h"

extern int64 sd_statistic(PGFunction function, Oid oid);

#endif /* STORMDISC_USAGE_H */
