/*-------------------------------------------------------------------------
 *
 * probe.c
 *	  Look for rows by an index, without the executor.
 *
 * For calls that ask the same of many keys, in a table of ours.
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "access/htup_details.h"
#include "access/table.h"
#include "access/tableam.h"
#include "catalog/namespace.h"
#include "catalog/pg_am.h"
#include "catalog/pg_class.h"
#include "catalog/pg_type.h"
#include "commands/extension.h"
#include "miscadmin.h"
#include "nodes/primnodes.h"
#include "utils/fmgroids.h"
#include "utils/lsyscache.h"

#include "compat.h"
#include "probe.h"
#include "rows.h"

static Oid find_index(Relation rel, const SdProbeIndex *wanted);

/*
 * sd_probe_begin
 *		Open a table of the schema stormdisc, to look for rows by an index.
 *
 * Returns false if there is none, or the table is not an ordinary one: it
 * takes a statement then.
 */
bool
sd_probe_begin(SdProbe *probe, SdProbeIndex *index, Snapshot snapshot)
{
	probe->rel = sd_probe_open_table(index);
	if (probe->rel == NULL)
		return false;
	probe->index = index;
	probe->snapshot = snapshot;
	probe->scan = NULL;

	return true;
}

/*
 * sd_probe_open_table
 *		Only open the table, if there is the index; else NULL.
 */
Relation
sd_probe_open_table(SdProbeIndex *index)
{
	Relation rel;

	/* what it was is not what it is; and a lock may tell of changes */
	if (index->checked != sd_relation_changes())
	{
		index->table_oid = get_relname_relid(
			index->table, get_namespace_oid("stormdisc", true));
		if (!OidIsValid(index->table_oid))
			return NULL;
	}
	else if (!OidIsValid(index->oid))
		return NULL;

	rel = table_open(index->table_oid, AccessShareLock);
	while (index->checked != sd_relation_changes())
	{
		uint64 before = sd_relation_changes();

		index->oid = find_index(rel, index);
		index->checked = before;
	}
	if (!OidIsValid(index->oid))
	{
		table_close(rel, NoLock);
		return NULL;
	}

	return rel;
}

static Oid
find_index(Relation rel, const SdProbeIndex *wanted)
{
	Oid result = InvalidOid;
	List *indexes;
	ListCell *cell;

	if (rel->rd_rel->relkind != RELKIND_RELATION ||
		rel->rd_rel->relam != HEAP_TABLE_AM_OID ||
		rel->rd_rel->relrowsecurity ||
		OidIsValid(get_extension_oid("citus", true)))
		return InvalidOid;

	indexes = RelationGetIndexList(rel);
	foreach (cell, indexes)
	{
		Relation index = index_open(lfirst_oid(cell), AccessShareLock);
		Form_pg_index form = index->rd_index;
		bool is_fit = form->indisvalid && form->indislive &&
					  index->rd_rel->relam == BTREE_AM_OID &&
					  form->indnkeyatts >= wanted->ncolumns;

		for (int i = 0; i < wanted->ncolumns && is_fit; i++)
			is_fit = form->indkey.values[i] == wanted->columns[i];
		/* an equal value is one */
		if (is_fit && RelationGetIndexPredicate(index) != NIL)
			is_fit = sd_index_not_null_column(index) == wanted->columns[0];
		index_close(index, NoLock);
		if (is_fit)
		{
			result = lfirst_oid(cell);
			break;
		}
	}
	list_free(indexes);

	return result;
}

/*
 * sd_probe_for
 *		Look for rows with these values.
 */
void
sd_probe_for(SdProbe *probe, const Datum *values)
{
	int nkeys = probe->index->nkeys;
	ScanKeyData keys[SD_PROBE_KEYS];

	if (probe->scan == NULL)
	{
		probe->index_rel = index_open(probe->index->oid, AccessShareLock);
		probe->slot = table_slot_create(probe->rel, NULL);
		probe->scan = sd_index_beginscan(probe->rel, probe->index_rel,
										 probe->snapshot, nkeys, 0);
	}
	for (int i = 0; i < nkeys; i++)
		ScanKeyInit(&keys[i], i + 1, BTEqualStrategyNumber, F_UUID_EQ,
					values[i]);
	index_rescan(probe->scan, keys, nkeys, NULL, 0);
}

/*
 * sd_probe_next
 *		The next one; false if there is none.
 */
bool
sd_probe_next(SdProbe *probe)
{
	CHECK_FOR_INTERRUPTS();

	return index_getnext_slot(probe->scan, ForwardScanDirection, probe->slot);
}

/*
 * sd_probe_last
 *		Likewise the one before; the last of all if none was asked for yet.
 */
bool
sd_probe_last(SdProbe *probe)
{
	CHECK_FOR_INTERRUPTS();

	return index_getnext_slot(probe->scan, BackwardScanDirection, probe->slot);
}

/*
 * sd_probe_value
 *		A column of the row that was found, counted from 1.
 */
Datum
sd_probe_value(SdProbe *probe, int column, bool *isnull)
{
	return slot_getattr(probe->slot, column, isnull);
}

/* The locks stay until the end of the transaction. */
void
sd_probe_end(SdProbe *probe)
{
	if (probe->scan != NULL)
	{
		index_endscan(probe->scan);
		ExecDropSingleTupleTableSlot(probe->slot);
		index_close(probe->index_rel, NoLock);
	}
	table_close(probe->rel, NoLock);
}
