/*-------------------------------------------------------------------------
 *
 * prune.h
 *	  Remove what is too much or too old.
 *
 *-------------------------------------------------------------------------
 */
#ifndef STORMDISC_PRUNE_H
#define STORMDISC_PRUNE_H

#include "datatype/timestamp.h"

/* what to remove, and how much it was */
typedef struct SdPrune
{
	int64 keep;				/* as many of the newest stay, 0: any number */
	TimestampTz older_than; /* what is older goes, DT_NOBEGIN: nothing is */
	int64 max_rows;			/* no more than that now */
	bool dry_run;			/* only count */
	int64 rows;				/* result */
	bool done;				/* result: nothing more is to be removed */
} SdPrune;

/* trace/cleanup.c, for maintenance */
extern void sd_traces_prune(SdPrune *prune);

#endif /* STORMDISC_PRUNE_H */
