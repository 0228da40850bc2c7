/*-------------------------------------------------------------------------
 *
 * rows.h
 *	  Rows of our tables without the executor.
 *
 * This is what makes the queue fast, and nothing else: all that is done here
 * can be done by a statement, which is what happens wherever
 * sd_table_open() says that a table is not as we made it.
 *-------------------------------------------------------------------------
 */
#ifndef STORMDISC_ROWS_H
#define STORMDISC_ROWS_H

#include "access/genam.h"
#include "access/skey.h"
#include "executor/tuptable.h"
#include "utils/rel.h"
#include "utils/snapshot.h"

/* more indexes than any of these tables has */
#define SD_MAX_INDEXES 6

/* a table of ours; a static variable */
typedef struct SdTable
{
	const char *name;
	int ncolumns;
	int null_column; /* no row here has a value for it, or 0 */
	/* what is done by whoever inserts a row; lists that end with NULL */
	const char *const *checks;	 /* constraints that rows have been held to */
	const char *const *triggers; /* triggers whose work is done */
	int generated_column;		 /* column that is filled in, or 0 */
	/* what was found out about it, and when */
	uint64 checked;
	bool is_plain;
	Oid oid;
	int nindexes;
	Oid indexes[SD_MAX_INDEXES];
	int not_null[SD_MAX_INDEXES]; /* column of the rows in it, 0: all are */
	Oid primary;
} SdTable;

/* between sd_table_open() and sd_table_close() */
typedef struct SdOpenTable
{
	SdTable *table;
	Relation rel;
} SdOpenTable;

extern bool sd_table_open(SdTable *table, SdOpenTable *open);
extern bool sd_table_open_read(SdTable *table, SdOpenTable *open);
extern void sd_table_close(SdOpenTable *open);
extern void sd_table_insert(SdOpenTable *open, Datum *values, bool *nulls,
							int n);
extern bool sd_table_insert_new(SdOpenTable *open, Datum *values, bool *nulls);

/* how often any relation has changed, from 1 */
extern uint64 sd_relation_changes(void);

/* the column of a partial index for what is not NULL, or 0 */
extern int sd_index_not_null_column(Relation index);

/* the rows of a primary key, in its order */
typedef struct SdKeyScan
{
	SdOpenTable *open;
	Relation index;
	IndexScanDesc scan;
	TupleTableSlot *slot;
	int64 walked; /* entries of the index, of rows that are gone too */
	int64 last;	  /* the second column of the last of them, see below */
} SdKeyScan;

extern void sd_key_scan_begin(SdKeyScan *scan, SdOpenTable *open,
							  Snapshot snapshot, ScanKey keys, int nkeys);
extern void sd_key_scan_note_last(SdKeyScan *scan, ScanKey keys, int nkeys);
extern bool sd_key_scan_next(SdKeyScan *scan);
extern bool sd_key_scan_delete(SdKeyScan *scan, Snapshot snapshot);
extern bool sd_key_scan_delete_wait(SdKeyScan *scan, Snapshot snapshot);
extern bool sd_key_scan_is_taken(SdKeyScan *scan);
extern void sd_key_scan_end(SdKeyScan *scan);

#endif /* STORMDISC_ROWS_H */
