/*-------------------------------------------------------------------------
 *
 * inheritance.c
 *	  Parents of tables and indexes, partition trees and partition keys.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "access/htup_details.h"
#include "catalog/pg_class.h"
#include "catalog/pg_collation.h"
#include "catalog/pg_inherits.h"
#include "catalog/pg_opclass.h"
#include "catalog/pg_partitioned_table.h"
#include "lib/stringinfo.h"
#include "miscadmin.h"
#include "nodes/nodeFuncs.h"
#include "utils/builtins.h"
#include "utils/fmgroids.h"
#include "utils/memutils.h"

#include "catalog/sd_catalog.h"

/* the direct parents of a relation, in their order */
typedef struct Parents
{
	Oid relation; /* hash key */
	List *parents;
} Parents;

/* what keep_partition_key() fills in, and whose columns the key has */
typedef struct KeyRequest
{
	SdRelation *relation;
	SdPartitionKey *key;
} KeyRequest;

static Parents *enter_parents(SdCatalog *cat, Oid relation, bool *known);
static void keep_parent(SdCatalog *cat, HeapTuple tuple, TupleDesc desc,
						void *arg);
static int compare_parents(const ListCell *a, const ListCell *b);
static void keep_partition_key(SdCatalog *cat, HeapTuple tuple, TupleDesc desc,
							   void *arg);
static Oid *key_oids(SdCatalog *cat, HeapTuple tuple, TupleDesc desc,
					 AttrNumber column, int nkeys);
static char *key_settings(SdCatalog *cat, Oid type, Oid type_collation,
						  Oid collation, Oid opclass);
static bool collect_columns(Node *node, void *arg);

/* a chain of parents cannot be longer than this, unless it is a circle */
#define MAX_LEVELS 10000

/*
 * sd_catalog_read_inheritance
 *		Read all parents at once, if many will be asked for.
 */
void
sd_catalog_read_inheritance(SdCatalog *cat)
{
	if (cat->scope->has_relation ||
		sd_scan_prefers_index(InheritsRelationId, cat->nrelations))
		return;

	sd_scan_all(cat, InheritsRelationId, keep_parent, NULL);
	cat->parents_complete = true;
}

/*
 * sd_catalog_parents
 *		The direct parents of a table or index: a list of SdParent *, in the
 *		order of the INHERITS clause.
 */
List *
sd_catalog_parents(SdCatalog *cat, Oid relation)
{
	Parents *entry;
	bool known;

	if (cat->parents_complete)
	{
		entry = cat->parents == NULL
					? NULL
					: hash_search(cat->parents, &relation, HASH_FIND, NULL);
		return entry != NULL ? entry->parents : NIL;
	}

	entry = enter_parents(cat, relation, &known);
	if (!known)
		sd_scan_oid(cat, InheritsRelationId, InheritsRelidSeqnoIndexId,
					Anum_pg_inherits_inhrelid, relation, keep_parent, NULL);

	return entry->parents;
}

static Parents *
enter_parents(SdCatalog *cat, Oid relation, bool *known)
{
	Parents *entry;

	if (cat->parents == NULL)
		cat->parents = sd_hash_create(cat, "stormdisc parents", sizeof(Oid),
									  sizeof(Parents));

	entry = hash_search(cat->parents, &relation, HASH_ENTER, known);
	if (!*known)
		entry->parents = NIL;

	return entry;
}

static void
keep_parent(SdCatalog *cat, HeapTuple tuple, TupleDesc desc, void *arg)
{
	Form_pg_inherits form = (Form_pg_inherits) GETSTRUCT(tuple);
	bool known;
	Parents *entry = enter_parents(cat, form->inhrelid, &known);
	MemoryContext oldcontext = MemoryContextSwitchTo(cat->context);
	SdParent *parent = palloc(sizeof(SdParent));

	parent->relation = form->inhparent;
	parent->sequence = form->inhseqno;
	parent->detach_pending = form->inhdetachpending;
	entry->parents = lappend(entry->parents, parent);
	list_sort(entry->parents, compare_parents);
	MemoryContextSwitchTo(oldcontext);
}

static int
compare_parents(const ListCell *a, const ListCell *b)
{
	return ((SdParent *) lfirst(a))->sequence -
		   ((SdParent *) lfirst(b))->sequence;
}

/*
 * sd_catalog_partition_parent
 *		The table that rel is a partition of; NULL if it is not a partition.
 */
SdRelation *
sd_catalog_partition_parent(SdCatalog *cat, SdRelation *rel,
							bool *detach_pending)
{
	List *parents;
	SdParent *parent;

	if (!rel->is_partition)
		return NULL;
	parents = sd_catalog_parents(cat, rel->oid);
	if (parents == NIL)
		return NULL;

	parent = linitial(parents);
	if (detach_pending != NULL)
		*detach_pending = parent->detach_pending;

	return sd_catalog_relation(cat, parent->relation);
}

/*
 * sd_catalog_partition_root
 *		The topmost table of the tree that rel is in, and rel's level below
 *		it; rel itself and 0 if it is no partition.
 */
SdRelation *
sd_catalog_partition_root(SdCatalog *cat, SdRelation *rel, int *level)
{
	SdRelation *parent;

	*level = 0;
	while (*level < MAX_LEVELS &&
		   (parent = sd_catalog_partition_parent(cat, rel, NULL)) != NULL)
	{
		CHECK_FOR_INTERRUPTS();
		rel = parent;
		(*level)++;
	}

	return rel;
}

/*
 * sd_catalog_partition_key
 *		What a partitioned table is partitioned by; NULL for other relations.
 */
SdPartitionKey *
sd_catalog_partition_key(SdCatalog *cat, SdRelation *rel)
{
	KeyRequest request = {rel, NULL};

	if (rel->kind != RELKIND_PARTITIONED_TABLE)
		return NULL;

	sd_relation_read_columns(cat, rel);
	request.key = MemoryContextAllocZero(cat->context, sizeof(SdPartitionKey));
	sd_scan_oid(cat, PartitionedRelationId, PartitionedRelidIndexId,
				Anum_pg_partitioned_table_partrelid, rel->oid,
				keep_partition_key, &request);

	return request.key;
}

static void
keep_partition_key(SdCatalog *cat, HeapTuple tuple, TupleDesc desc, void *arg)
{
	KeyRequest *request = arg;
	SdPartitionKey *key = request->key;
	Form_pg_partitioned_table form =
		(Form_pg_partitioned_table) GETSTRUCT(tuple);
	MemoryContext oldcontext = MemoryContextSwitchTo(cat->context);
	Oid *collations;
	Oid *opclasses;
	Datum trees;
	bool isnull;

	key->strategy = form->partstrat;
	key->columns = sd_attribute_numbers(cat, PointerGetDatum(&form->partattrs),
										&key->nkeys);
	key->expressions = palloc0(sizeof(char *) * (key->nkeys + 1));
	key->settings = palloc0(sizeof(char *) * (key->nkeys + 1));
	key->is_call = palloc0(sizeof(bool) * (key->nkeys + 1));
	collations = key_oids(cat, tuple, desc,
						  Anum_pg_partitioned_table_partcollation, key->nkeys);
	opclasses = key_oids(cat, tuple, desc, Anum_pg_partitioned_table_partclass,
						 key->nkeys);
	for (int i = 0; i < key->nkeys; i++)
	{
		SdColumn *column =
			sd_relation_column(request->relation, key->columns[i]);

		if (column != NULL)
			key->settings[i] =
				key_settings(cat, column->type, column->collation,
							 collations[i], opclasses[i]);
	}

	trees =
		heap_getattr(tuple, Anum_pg_partitioned_table_partexprs, desc, &isnull);
	if (!isnull)
	{
		List *expressions = (List *) sd_deparse_read(cat, trees);
		ListCell *lc = list_head(expressions);

		for (int i = 0; i < key->nkeys; i++)
		{
			if (key->columns[i] != 0)
				continue;
			if (lc == NULL)
				elog(ERROR,
					 "too few expressions in partition key of relation %u",
					 form->partrelid);
			collect_columns(lfirst(lc), &key->used_columns);
			key->settings[i] = key_settings(cat, exprType(lfirst(lc)),
											exprCollation(lfirst(lc)),
											collations[i], opclasses[i]);
			key->expressions[i] =
				sd_deparse(cat, request->relation, lfirst(lc), &key->problem);
			key->is_call[i] =
				sd_expression_is_call(lfirst(lc), key->expressions[i]);
			lc = lnext(expressions, lc);
		}
	}
	MemoryContextSwitchTo(oldcontext);
}

/* A column of the catalog that has an OID for each part of the key. */
static Oid *
key_oids(SdCatalog *cat, HeapTuple tuple, TupleDesc desc, AttrNumber column,
		 int nkeys)
{
	bool isnull;
	Datum value = heap_getattr(tuple, column, desc, &isnull);
	int count;
	Oid *oids = sd_attribute_oids(cat, value, &count);

	if (isnull || count != nkeys)
		elog(ERROR, "partition key has %d parts, not %d", count, nkeys);

	return oids;
}

/* Collation and operator class, unless they go without saying. */
static char *
key_settings(SdCatalog *cat, Oid type, Oid type_collation, Oid collation,
			 Oid opclass)
{
	StringInfoData buf;

	initStringInfo(&buf);
	if (OidIsValid(collation) && collation != type_collation)
		appendStringInfo(
			&buf, " COLLATE %s",
			sd_catalog_visible_name(cat, CollationRelationId, collation));
	if (!sd_opclass_is_default(cat, type, opclass))
		appendStringInfo(
			&buf, " %s",
			sd_catalog_visible_name(cat, OperatorClassRelationId, opclass));

	return buf.data;
}

/*
 * sd_partition_key_definition
 *		What pg_get_partkeydef() says, under the snapshot; NULL if an
 *		expression is missing.  In the current memory context.
 */
char *
sd_partition_key_definition(SdCatalog *cat, SdRelation *rel,
							const SdPartitionKey *key)
{
	StringInfoData buf;

	initStringInfo(&buf);
	switch (key->strategy)
	{
		case PARTITION_STRATEGY_HASH:
			appendStringInfoString(&buf, "HASH (");
			break;
		case PARTITION_STRATEGY_LIST:
			appendStringInfoString(&buf, "LIST (");
			break;
		default:
			appendStringInfoString(&buf, "RANGE (");
			break;
	}
	for (int i = 0; i < key->nkeys; i++)
	{
		if (i > 0)
			appendStringInfoString(&buf, ", ");
		if (key->columns[i] != 0)
			appendStringInfoString(
				&buf, quote_identifier(
						  sd_relation_column_name(rel, key->columns[i])));
		else if (key->expressions[i] == NULL)
			return NULL;
		else
			appendStringInfo(&buf, key->is_call[i] ? "%s" : "(%s)",
							 key->expressions[i]);
		appendStringInfoString(&buf, key->settings[i]);
	}
	appendStringInfoChar(&buf, ')');

	return buf.data;
}

/* Collect the numbers of the columns in an expression. */
static bool
collect_columns(Node *node, void *arg)
{
	if (node == NULL)
		return false;
	if (IsA(node, Var))
	{
		List **columns = arg;

		*columns = list_append_unique_int(*columns, ((Var *) node)->varattno);
		return false;
	}

	return expression_tree_walker(node, collect_columns, arg);
}
