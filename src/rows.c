/*-------------------------------------------------------------------------
 *
 * rows.c
 *	  Rows of our tables without the executor.
 *
 * A statement on many rows spends most of its time on passing them from one
 * node of its plan to the next.  Here rows go straight to the table and to its
 * indexes, and are taken by a scan of the primary key, as the server does it
 * with its catalogs.
 *
 * That is right as long as a table is what the extension has made.  Who adds a
 * column, a trigger, a rule, a constraint or another kind of index to one, or
 * distributes it over other servers, gets statements: sd_table_open() returns
 * false.
 */
#include "postgres.h"

#include "access/heapam.h"
#include "access/htup_details.h"
#include "access/table.h"
#include "access/tableam.h"
#include "access/xact.h"
#include "catalog/index.h"
#include "catalog/namespace.h"
#include "catalog/pg_am.h"
#include "catalog/pg_class.h"
#include "catalog/pg_type.h"
#include "commands/extension.h"
#include "executor/tuptable.h"
#include "miscadmin.h"
#include "nodes/makefuncs.h"
#include "optimizer/optimizer.h"
#include "rewrite/prs2lock.h"
#include "storage/lmgr.h"
#include "storage/procarray.h"
#include "utils/inval.h"
#include "utils/lsyscache.h"
#include "utils/rel.h"
#include "utils/reltrigger.h"
#include "utils/snapmgr.h"

#include "compat.h"
#include "rows.h"

/* see sd_relation_changes() */
static uint64 changes = 0;

static void relation_changed(Datum arg, Oid relid);
static bool open_table(SdTable *table, SdOpenTable *open, LOCKMODE lockmode);
static bool check_table(SdTable *table, Relation rel);
static bool has_known_triggers(SdTable *table, TriggerDesc *triggers);
static bool has_known_checks(SdTable *table, TupleConstr *constraints);
static bool is_listed(const char *const *names, const char *name);
static void check_not_null(SdOpenTable *open, const bool *nulls, int n);
static bool insert_row(SdOpenTable *open, Relation index, IndexInfo *info,
					   Datum *values, bool *nulls, ItemPointer tid,
					   IndexUniqueCheck check);
static bool insert_keys(SdOpenTable *open, Oid oid, Datum *values, bool *nulls,
						ItemPointer tid, IndexUniqueCheck check);
static bool has_no_row(Relation rel, Relation index, int null_column);

/*
 * sd_table_open
 *		Open a table to write to it, unless it takes a statement to do so.
 */
bool
sd_table_open(SdTable *table, SdOpenTable *open)
{
	return open_table(table, open, RowExclusiveLock);
}

/*
 * sd_table_open_read
 *		Likewise, but to read only.
 */
bool
sd_table_open_read(SdTable *table, SdOpenTable *open)
{
	return open_table(table, open, AccessShareLock);
}

static bool
open_table(SdTable *table, SdOpenTable *open, LOCKMODE lockmode)
{
	(void) sd_relation_changes();
	/* what it was is not what it is; and a lock may tell of changes */
	if (table->checked != changes)
	{
		table->oid = get_relname_relid(table->name,
									   get_namespace_oid("stormdisc", true));
		if (!OidIsValid(table->oid))
			return false;
	}
	else if (!table->is_plain)
		return false;

	open->table = table;
	open->rel = table_open(table->oid, lockmode);
	while (table->checked != changes)
	{
		uint64 before = changes;

		table->is_plain = check_table(table, open->rel);
		table->checked = before;
	}
	if (!table->is_plain)
	{
		table_close(open->rel, NoLock);
		return false;
	}

	return true;
}

/* The lock stays until the end of the transaction. */
void
sd_table_close(SdOpenTable *open)
{
	table_close(open->rel, NoLock);
}

/*
 * sd_relation_changes
 *		How often relations have changed, as far as this session knows: what was
 *		found out about one at another count may not be true any more.
 */
uint64
sd_relation_changes(void)
{
	if (changes == 0)
	{
		CacheRegisterRelcacheCallback(relation_changed, (Datum) 0);
		changes = 1;
	}

	return changes;
}

static void
relation_changed(Datum arg, Oid relid)
{
	changes++;
}

/* Is it as we made it?  Find its indexes. */
static bool
check_table(SdTable *table, Relation rel)
{
	TupleDesc desc = RelationGetDescr(rel);
	List *indexes;
	ListCell *cell;
	bool is_plain = true;

	if (rel->rd_rel->relkind != RELKIND_RELATION ||
		rel->rd_rel->relam != HEAP_TABLE_AM_OID || rel->rd_rules != NULL ||
		rel->rd_rel->relrowsecurity || desc->natts != table->ncolumns ||
		!has_known_triggers(table, rel->trigdesc) ||
		!has_known_checks(table, desc->constr))
		return false;
	for (int i = 0; i < desc->natts; i++)
		if (TupleDescAttr(desc, i)->attisdropped ||
			(TupleDescAttr(desc, i)->attgenerated != '\0' &&
			 i + 1 != table->generated_column))
			return false;
	if (OidIsValid(get_extension_oid("citus", true)))
		return false;

	table->nindexes = 0;
	table->primary = InvalidOid;
	indexes = RelationGetIndexList(rel);
	foreach (cell, indexes)
	{
		Relation index = index_open(lfirst_oid(cell), AccessShareLock);
		Form_pg_index form = index->rd_index;
		int not_null = sd_index_not_null_column(index);

		if (has_no_row(rel, index, table->null_column))
			;
		else if (!form->indisvalid || !form->indisready || !form->indislive ||
				 !form->indimmediate || form->indisexclusion ||
				 index->rd_rel->relam != BTREE_AM_OID ||
				 RelationGetIndexExpressions(index) != NIL ||
				 (RelationGetIndexPredicate(index) != NIL && not_null == 0) ||
				 table->nindexes == SD_MAX_INDEXES)
			is_plain = false;
		else
		{
			table->not_null[table->nindexes] = not_null;
			table->indexes[table->nindexes++] = RelationGetRelid(index);
			if (form->indisprimary)
				table->primary = RelationGetRelid(index);
		}
		index_close(index, AccessShareLock);
	}
	list_free(indexes);

	return is_plain && OidIsValid(table->primary);
}

/* Is the work of all triggers done by whoever inserts rows? */
static bool
has_known_triggers(SdTable *table, TriggerDesc *triggers)
{
	for (int i = 0; triggers != NULL && i < triggers->numtriggers; i++)
		if (!is_listed(table->triggers, triggers->triggers[i].tgname))
			return false;

	return true;
}

/* Are the rows held to all constraints? */
static bool
has_known_checks(SdTable *table, TupleConstr *constraints)
{
	for (int i = 0; constraints != NULL && i < constraints->num_check; i++)
		if (!is_listed(table->checks, constraints->check[i].ccname))
			return false;

	return true;
}

static bool
is_listed(const char *const *names, const char *name)
{
	for (int i = 0; names != NULL && names[i] != NULL; i++)
		if (strcmp(names[i], name) == 0)
			return true;

	return false;
}

/*
 * sd_index_not_null_column
 *		The column of a partial index of the rows in which that is not NULL,
 *		or 0.
 */
int
sd_index_not_null_column(Relation index)
{
	List *predicate = RelationGetIndexPredicate(index);
	NullTest *test;

	if (list_length(predicate) != 1 || !IsA(linitial(predicate), NullTest))
		return 0;
	test = linitial(predicate);
	if (test->nulltesttype != IS_NOT_NULL || !IsA(test->arg, Var))
		return 0;

	return ((Var *) test->arg)->varattno;
}

/* Is it a partial index that has no row without a value in that column? */
static bool
has_no_row(Relation rel, Relation index, int null_column)
{
	List *predicate = RelationGetIndexPredicate(index);
	Form_pg_attribute attr;
	NullTest *test;

	if (predicate == NIL || null_column == 0)
		return false;
	attr = TupleDescAttr(RelationGetDescr(rel), null_column - 1);
	test = makeNode(NullTest);
	test->arg = (Expr *) makeVar(1, null_column, attr->atttypid,
								 attr->atttypmod, attr->attcollation, 0);
	test->nulltesttype = IS_NULL;
	test->argisrow = false;
	test->location = -1;

	return predicate_refuted_by(predicate, list_make1(test), false);
}

/*
 * sd_table_insert
 *		Insert n rows; values and nulls have the columns of the first row, then
 *		those of the second, and so on.
 */
void
sd_table_insert(SdOpenTable *open, Datum *values, bool *nulls, int n)
{
	Relation rel = open->rel;
	TupleDesc desc = RelationGetDescr(rel);
	int natts = desc->natts;
	CommandId cid = GetCurrentCommandId(true);
	ItemPointerData *tids = palloc(n * sizeof(ItemPointerData));

	check_not_null(open, nulls, n);
	if (n == 1)
	{
		HeapTuple tuple = heap_form_tuple(desc, values, nulls);

		tuple->t_tableOid = RelationGetRelid(rel);
		heap_insert(rel, tuple, cid, 0, NULL);
		tids[0] = tuple->t_self;
		heap_freetuple(tuple);
	}
	else
	{
		TupleTableSlot **slots = palloc(n * sizeof(TupleTableSlot *));

		for (int i = 0; i < n; i++)
		{
			slots[i] = MakeSingleTupleTableSlot(desc, &TTSOpsHeapTuple);
			ExecStoreHeapTuple(
				heap_form_tuple(desc, &values[i * natts], &nulls[i * natts]),
				slots[i], true);
		}
		heap_multi_insert(rel, slots, n, cid, 0, NULL);
		for (int i = 0; i < n; i++)
		{
			tids[i] = slots[i]->tts_tid;
			ExecDropSingleTupleTableSlot(slots[i]);
		}
		pfree(slots);
	}

	for (int i = 0; i < open->table->nindexes; i++)
	{
		Relation index = index_open(open->table->indexes[i], RowExclusiveLock);
		IndexInfo *info = BuildIndexInfo(index);
		int not_null = open->table->not_null[i];

		for (int row = 0; row < n; row++)
			if (not_null == 0 || !nulls[row * natts + not_null - 1])
				(void) insert_row(open, index, info, &values[row * natts],
								  &nulls[row * natts], &tids[row],
								  UNIQUE_CHECK_YES);
		index_close(index, NoLock);
	}
	pfree(tids);
}

static void
check_not_null(SdOpenTable *open, const bool *nulls, int n)
{
	TupleDesc desc = RelationGetDescr(open->rel);

	for (int i = 0; i < n * desc->natts; i++)
		if (nulls[i] && TupleDescAttr(desc, i % desc->natts)->attnotnull)
			elog(ERROR, "column \"%s\" of \"%s\" must not be null",
				 NameStr(TupleDescAttr(desc, i % desc->natts)->attname),
				 RelationGetRelationName(open->rel));
}

/* A row into an index that is open; what index_insert() says of a unique one.
 */
static bool
insert_row(SdOpenTable *open, Relation index, IndexInfo *info, Datum *values,
		   bool *nulls, ItemPointer tid, IndexUniqueCheck check)
{
	int nkeys = IndexRelationGetNumberOfAttributes(index);
	Datum keys[INDEX_MAX_KEYS];
	bool key_nulls[INDEX_MAX_KEYS];

	for (int i = 0; i < nkeys; i++)
	{
		int column = index->rd_index->indkey.values[i] - 1;

		keys[i] = values[column];
		key_nulls[i] = nulls[column];
	}

	return index_insert(index, keys, key_nulls, tid, open->rel,
						index->rd_index->indisunique ? check : UNIQUE_CHECK_NO,
						false, info);
}

/*
 * sd_table_insert_new
 *		Insert a row unless one with its primary key is there, or is just being
 *		inserted by another transaction: false then, and nothing is done.
 *
 * It never waits.  It is how INSERT ... ON CONFLICT does it.
 */
bool
sd_table_insert_new(SdOpenTable *open, Datum *values, bool *nulls)
{
	SdTable *table = open->table;
	TransactionId xid = GetCurrentTransactionId();
	CommandId cid = GetCurrentCommandId(true);
	HeapTuple tuple;
	bool is_new;

	check_not_null(open, nulls, 1);
	tuple = heap_form_tuple(RelationGetDescr(open->rel), values, nulls);
	tuple->t_tableOid = RelationGetRelid(open->rel);
	HeapTupleHeaderSetSpeculativeToken(tuple->t_data,
									   SpeculativeInsertionLockAcquire(xid));
	heap_insert(open->rel, tuple, cid, HEAP_INSERT_SPECULATIVE, NULL);
	is_new = insert_keys(open, table->primary, values, nulls, &tuple->t_self,
						 UNIQUE_CHECK_PARTIAL);
	if (is_new)
		heap_finish_speculative(open->rel, &tuple->t_self);
	else
		heap_abort_speculative(open->rel, &tuple->t_self);
	SpeculativeInsertionLockRelease(xid);

	for (int i = 0; i < table->nindexes && is_new; i++)
	{
		int not_null = table->not_null[i];

		if (table->indexes[i] != table->primary &&
			(not_null == 0 || !nulls[not_null - 1]))
			(void) insert_keys(open, table->indexes[i], values, nulls,
							   &tuple->t_self, UNIQUE_CHECK_YES);
	}
	heap_freetuple(tuple);

	return is_new;
}

/* Likewise, and open it. */
static bool
insert_keys(SdOpenTable *open, Oid oid, Datum *values, bool *nulls,
			ItemPointer tid, IndexUniqueCheck check)
{
	Relation index = index_open(oid, RowExclusiveLock);
	bool result = insert_row(open, index, BuildIndexInfo(index), values, nulls,
							 tid, check);

	index_close(index, NoLock);

	return result;
}

/*
 * sd_key_scan_begin
 *		Begin to scan a table by its primary key.
 *
 * nkeys may be 0 if index_rescan() is to set them.
 */
void
sd_key_scan_begin(SdKeyScan *scan, SdOpenTable *open, Snapshot snapshot,
				  ScanKey keys, int nkeys)
{
	scan->open = open;
	scan->walked = 0;
	scan->last = 0;
	scan->index = index_open(open->table->primary, AccessShareLock);
	scan->slot = table_slot_create(open->rel, NULL);
	scan->scan = sd_index_beginscan(open->rel, scan->index, snapshot, nkeys, 0);
	index_rescan(scan->scan, keys, nkeys, NULL, 0);
}

/*
 * sd_key_scan_note_last
 *		Note how far it walks.  The second column of the key is a bigint.
 */
void
sd_key_scan_note_last(SdKeyScan *scan, ScanKey keys, int nkeys)
{
	scan->scan->xs_want_itup = true;
	index_rescan(scan->scan, keys, nkeys, NULL, 0);
}

bool
sd_key_scan_next(SdKeyScan *scan)
{
	while (index_getnext_tid(scan->scan, ForwardScanDirection) != NULL)
	{
		CHECK_FOR_INTERRUPTS();
		scan->walked++;
		if (scan->scan->xs_want_itup)
		{
			bool isnull;

			scan->last = DatumGetInt64(index_getattr(
				scan->scan->xs_itup, 2, scan->scan->xs_itupdesc, &isnull));
		}
		if (index_fetch_heap(scan->scan, scan->slot))
			return true;
	}

	return false;
}

/*
 * sd_key_scan_delete
 *		Remove the row that was found last, unless another transaction has it
 *		or has removed it.  It never waits.
 */
bool
sd_key_scan_delete(SdKeyScan *scan, Snapshot snapshot)
{
	TM_FailureData failure;

	return sd_table_tuple_delete(scan->open->rel, &scan->slot->tts_tid,
								 GetCurrentCommandId(true), snapshot, false,
								 &failure) == TM_Ok;
}

/*
 * sd_key_scan_delete_wait
 *		Likewise, but wait for another transaction that has it.
 */
bool
sd_key_scan_delete_wait(SdKeyScan *scan, Snapshot snapshot)
{
	TM_FailureData failure;

	return sd_table_tuple_delete(scan->open->rel, &scan->slot->tts_tid,
								 GetCurrentCommandId(true), snapshot, true,
								 &failure) == TM_Ok;
}

/*
 * sd_key_scan_is_taken
 *		Is another transaction removing or locking it now, as it seems?
 */
bool
sd_key_scan_is_taken(SdKeyScan *scan)
{
	bool should_free;
	HeapTuple tuple = ExecFetchSlotHeapTuple(scan->slot, false, &should_free);
	uint16 infomask = tuple->t_data->t_infomask;
	TransactionId xmax = HeapTupleHeaderGetRawXmax(tuple->t_data);
	bool result = false;

	if (!(infomask & (HEAP_XMAX_INVALID | HEAP_XMAX_IS_MULTI)))
		result = !TransactionIdIsCurrentTransactionId(xmax) &&
				 TransactionIdIsInProgress(xmax);
	if (should_free)
		heap_freetuple(tuple);

	return result;
}

void
sd_key_scan_end(SdKeyScan *scan)
{
	index_endscan(scan->scan);
	ExecDropSingleTupleTableSlot(scan->slot);
	index_close(scan->index, NoLock);
}
