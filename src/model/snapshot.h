/*-------------------------------------------------------------------------
 *
 * snapshot.h
 *	  Documents that are kept under a name.
 *
 *-------------------------------------------------------------------------
 */
#ifndef STORMDISC_SNAPSHOT_H
#define STORMDISC_SNAPSHOT_H

#include "fmgr.h"
#include "utils/jsonb.h"

typedef struct SdSnapshot
{
	const char *name;
	Jsonb *scope;  /* the arguments that it was taken with */
	Jsonb *counts; /* of objects, by kind */
	Jsonb *document;
} SdSnapshot;

extern const char *sd_snapshot_name(text *name);
extern void sd_snapshot_read(SdSnapshot *snapshot, const char *name);
extern Jsonb *sd_snapshot_live(FunctionCallInfo fcinfo, SdSnapshot *snapshot);

#endif /* STORMDISC_SNAPSHOT_H */
