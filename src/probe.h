/*-------------------------------------------------------------------------
 *
 * probe.h
 *	  Look for rows by an index, without the executor.
 *
 *-------------------------------------------------------------------------
 */
#ifndef STORMDISC_PROBE_H
#define STORMDISC_PROBE_H

#include "access/genam.h"
#include "access/skey.h"
#include "executor/tuptable.h"
#include "utils/rel.h"
#include "utils/snapshot.h"

#define SD_PROBE_KEYS 2

/* between sd_probe_begin() and sd_probe_end() */
typedef struct SdProbe
{
	Relation rel;
	Relation index;
	IndexScanDesc scan;
	TupleTableSlot *slot; /* the row that was found */
	ScanKeyData keys[SD_PROBE_KEYS];
	int nkeys;
} SdProbe;

extern bool sd_probe_begin(SdProbe *probe, const char *table,
						   const int *columns, int ncolumns, int nkeys,
						   Snapshot snapshot);
extern void sd_probe_for(SdProbe *probe, const Datum *values);
extern bool sd_probe_next(SdProbe *probe);
extern bool sd_probe_last(SdProbe *probe);
extern Datum sd_probe_value(SdProbe *probe, int column, bool *isnull);
extern void sd_probe_end(SdProbe *probe);

#endif /* STORMDISC_PROBE_H */
