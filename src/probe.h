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

/* the index of a table of ours that begins with these columns; static */
typedef struct SdProbeIndex
{
	const char *table;
	int columns[SD_PROBE_KEYS];
	int ncolumns;
	int nkeys; /* of them that a probe looks for: UUIDs */
	/* what was found out, and when: see sd_relation_changes() */
	uint64 checked;
	Oid table_oid;
	Oid oid; /* InvalidOid: it takes a statement */
} SdProbeIndex;

/* between sd_probe_begin() and sd_probe_end() */
typedef struct SdProbe
{
	SdProbeIndex *index;
	Snapshot snapshot;
	Relation rel;
	/* from the first question on */
	Relation index_rel;
	IndexScanDesc scan;
	TupleTableSlot *slot; /* the row that was found */
} SdProbe;

extern Relation sd_probe_open_table(SdProbeIndex *index);

extern bool sd_probe_begin(SdProbe *probe, SdProbeIndex *index,
						   Snapshot snapshot);
extern void sd_probe_for(SdProbe *probe, const Datum *values);
extern bool sd_probe_next(SdProbe *probe);
extern bool sd_probe_last(SdProbe *probe);
extern Datum sd_probe_value(SdProbe *probe, int column, bool *isnull);
extern void sd_probe_end(SdProbe *probe);

#endif /* STORMDISC_PROBE_H */
