/*-------------------------------------------------------------------------
 *
 * index_rows.h
 *	  The rows of a range of an index, without the executor.
 *
 *-------------------------------------------------------------------------
 */
#ifndef STORMDISC_INDEX_ROWS_H
#define STORMDISC_INDEX_ROWS_H

#include "access/genam.h"
#include "access/htup.h"
#include "access/skey.h"
#include "storage/buf.h"
#include "utils/rel.h"
#include "utils/snapshot.h"

#include "probe.h"

/* as many as a backend pins without a hash table */
#define SD_ROWS_AHEAD 8

/* between sd_index_rows_begin() and sd_index_rows_end() */
typedef struct SdIndexRows
{
	Relation rel;
	Relation index;
	Snapshot snapshot;
	IndexScanDesc scan;
	bool is_at_end; /* of the index */
	/* rows that come next: the first of these n, and so on */
	struct
	{
		ItemPointerData tid;
		Buffer buffer;
	} ahead[SD_ROWS_AHEAD];
	int first;
	int n;
	/* the last one that was found */
	Buffer buffer;
	HeapTupleData tuple;
} SdIndexRows;

extern bool sd_index_rows_begin(SdIndexRows *rows, SdProbeIndex *index,
								Snapshot snapshot, ScanKey keys, int nkeys);
extern HeapTuple sd_index_rows_next(SdIndexRows *rows);
extern void sd_index_rows_end(SdIndexRows *rows);

#endif /* STORMDISC_INDEX_ROWS_H */
