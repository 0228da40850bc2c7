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
#include "catalog/pg_inherits.h"
#include "catalog/pg_partitioned_table.h"
#include "miscadmin.h"
#include "nodes/nodeFuncs.h"
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
	Datum trees;
	bool isnull;

	key->strategy = form->partstrat;
	key->columns = sd_attribute_numbers(cat, PointerGetDatum(&form->partattrs),
										&key->nkeys);
	key->expressions = palloc0(sizeof(char *) * (key->nkeys + 1));

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
			key->expressions[i] =
				sd_deparse(cat, request->relation, lfirst(lc), &key->problem);
			lc = lnext(expressions, lc);
		}
	}
	MemoryContextSwitchTo(oldcontext);
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
