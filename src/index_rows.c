/*-------------------------------------------------------------------------
 *
 * index_rows.c
 *	  The rows of a range of an index, without the executor.
 *
 * Rows that belong together by an index may each be on a page of their own.
 * With all of them in shared buffers, what bounds it is then the memory: for
 * each row the processor waits for the entry of the buffer table, the buffer's
 * header, the pointer to the row, the row, and mostly for where each of these
 * addresses is in memory.  So the pages of some rows are pinned first, and the
 * processor is told to fetch what will be read of all of them: it waits for
 * several of them at a time, which it cannot do across the locks of buffers.
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "access/heapam.h"
#include "access/relscan.h"
#include "access/table.h"
#include "miscadmin.h"
#include "storage/bufmgr.h"
#include "storage/bufpage.h"

#include "compat.h"
#include "index_rows.h"

#ifdef __GNUC__
#define FETCH_AHEAD(address) __builtin_prefetch(address)
#else
#define FETCH_AHEAD(address) ((void) (address))
#endif

/* of a row; longer ones are read slowly anyway */
#define MAX_FETCHED 512

static void look_ahead(SdIndexRows *rows);
static void fetch_row(SdIndexRows *rows, int number);

/*
 * sd_index_rows_begin
 *		Begin to read the rows that keys select, in the order of the index.
 *
 * Returns false where it takes a statement.
 */
bool
sd_index_rows_begin(SdIndexRows *rows, SdProbeIndex *index, Snapshot snapshot,
					ScanKey keys, int nkeys)
{
	rows->rel = sd_probe_open_table(index);
	if (rows->rel == NULL)
		return false;

	rows->index = index_open(index->oid, AccessShareLock);
	rows->snapshot = snapshot;
	rows->scan = sd_index_beginscan(rows->rel, rows->index, snapshot, nkeys, 0);
	index_rescan(rows->scan, keys, nkeys, NULL, 0);
	rows->is_at_end = false;
	rows->first = 0;
	rows->n = 0;
	rows->buffer = InvalidBuffer;

	return true;
}

/*
 * sd_index_rows_next
 *		The next row, which is there until the next call; NULL: no more.
 */
HeapTuple
sd_index_rows_next(SdIndexRows *rows)
{
	if (BufferIsValid(rows->buffer))
		ReleaseBuffer(rows->buffer);
	for (;;)
	{
		bool is_found;
		ItemPointer tid;

		CHECK_FOR_INTERRUPTS();
		rows->buffer = InvalidBuffer;
		if (rows->first == rows->n)
			look_ahead(rows);
		if (rows->n == 0)
			return NULL;

		tid = &rows->ahead[rows->first].tid;
		rows->buffer = rows->ahead[rows->first++].buffer;
		LockBuffer(rows->buffer, BUFFER_LOCK_SHARE);
		is_found =
			heap_hot_search_buffer(tid, rows->rel, rows->buffer, rows->snapshot,
								   &rows->tuple, NULL, true);
		LockBuffer(rows->buffer, BUFFER_LOCK_UNLOCK);
		if (is_found)
			return &rows->tuple;
		ReleaseBuffer(rows->buffer);
	}
}

/* Pin the pages of the rows that come next, and have the rows fetched. */
static void
look_ahead(SdIndexRows *rows)
{
	rows->first = 0;
	rows->n = 0;
	while (rows->n < SD_ROWS_AHEAD && !rows->is_at_end)
	{
		ItemPointer tid = index_getnext_tid(rows->scan, ForwardScanDirection);

		if (tid == NULL)
		{
			rows->is_at_end = true;
			break;
		}
		rows->ahead[rows->n].tid = *tid;
		rows->ahead[rows->n++].buffer =
			ReadBuffer(rows->rel, ItemPointerGetBlockNumber(tid));
	}
	for (int i = 0; i < rows->n; i++)
		FETCH_AHEAD(
			PageGetItemId(BufferGetPage(rows->ahead[i].buffer),
						  ItemPointerGetOffsetNumber(&rows->ahead[i].tid)));
	for (int i = 0; i < rows->n; i++)
		fetch_row(rows, i);
}

static void
fetch_row(SdIndexRows *rows, int place)
{
	Page page;
	ItemId item;

	/* it cannot be moved while the page is pinned */
	page = BufferGetPage(rows->ahead[place].buffer);
	item = PageGetItemId(page,
						 ItemPointerGetOffsetNumber(&rows->ahead[place].tid));
	if (ItemIdIsNormal(item))
		for (int i = 0; i < Min(ItemIdGetLength(item), MAX_FETCHED);
			 i += PG_CACHE_LINE_SIZE / 2)
			FETCH_AHEAD((char *) page + ItemIdGetOffset(item) + i);
}

/* The locks stay until the end of the transaction. */
void
sd_index_rows_end(SdIndexRows *rows)
{
	if (BufferIsValid(rows->buffer))
		ReleaseBuffer(rows->buffer);
	for (int i = rows->first; i < rows->n; i++)
		ReleaseBuffer(rows->ahead[i].buffer);
	index_endscan(rows->scan);
	index_close(rows->index, NoLock);
	table_close(rows->rel, NoLock);
}
