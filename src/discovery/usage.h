/*-------------------------------------------------------------------------
 *
 * usage.h
 *	  What changes while relations are used: the server's counters, and the
 *	  values of sequences.
 *
 *-------------------------------------------------------------------------
 */
#ifndef STORMDISC_USAGE_H
#define STORMDISC_USAGE_H

#include "fmgr.h"

#include "catalog/sd_catalog.h"

extern int64 sd_statistic(PGFunction function, Oid oid);
extern bool sd_sequence_last_value(SdRelation *rel, int64 *last_value,
								   SdProblem *problem);

#endif /* STORMDISC_USAGE_H */
