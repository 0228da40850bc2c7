/*-------------------------------------------------------------------------
 *
 * checkpoints.h
 *	  Checkpoints and component states, for the other modules.
 *
 *-------------------------------------------------------------------------
 */
#ifndef STORMDISC_CHECKPOINTS_H
#define STORMDISC_CHECKPOINTS_H

#include "datatype/timestamp.h"
#include "fmgr.h"

#include "prune.h"
#include "spi_util.h"

/* one checkpoint to be saved */
typedef struct SdCheckpoint
{
	Datum component; /* text */
	Datum name;
	Datum data;		/* jsonb, may be toasted */
	Datum metadata; /* jsonb, or 0 */
	Datum checksum; /* bytea */
	bool has_expected;
	int64 expected;		/* the version that must be there, 0: none */
	Interval *lifetime; /* NULL: it does not expire */
	bool is_pinned;
	int64 version;	/* the client's, 0: the next */
	int64 group_id; /* 0: none */
} SdCheckpoint;

extern void sd_checkpoint_arguments(FunctionCallInfo fcinfo, int first,
									SdCheckpoint *checkpoint);
extern int64 sd_checkpoint_save(const SdCheckpoint *checkpoint);

/*
 * To be called outside of sd_spi_begin() and sd_spi_end().  Neither the latest
 * version of anything nor one that is pinned is ever removed by number or age.
 */
extern void sd_component_state_prune(SdPrune *prune);
extern void sd_checkpoints_prune(SdPrune *prune);
extern void sd_checkpoint_groups_prune(SdPrune *prune);

#endif /* STORMDISC_CHECKPOINTS_H */
