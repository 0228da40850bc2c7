/*-------------------------------------------------------------------------
 *
 * links.c
 *	  The foreign keys between tables, and what their columns tell of them.
 *
 * The copies that the server keeps of a foreign key, for the partitions of
 * either table, all have a parent constraint; what has none is the key itself.
 *
 * The indexes are read here and not by the catalog module, because all that
 * matters are the key columns; no expression has to become a text for it.
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "access/htup_details.h"
#include "catalog/pg_am.h"
#include "catalog/pg_class.h"
#include "catalog/pg_constraint.h"
#include "catalog/pg_depend.h"
#include "catalog/pg_index.h"
#include "catalog/pg_opclass.h"
#include "miscadmin.h"
#include "utils/array.h"
#include "utils/builtins.h"
#include "utils/fmgroids.h"
#include "utils/memutils.h"

#include "compat.h"
#include "model/model.h"

/* a row of pg_constraint, before it is known whether it matters */
typedef struct RawLink
{
	SdLink link;
	Oid child;
	Oid parent;
} RawLink;

/* the access method that an operator class is for */
typedef struct OpclassMethod
{
	Oid opclass; /* hash key */
	Oid access_method;
} OpclassMethod;

static List *children_of_relation(SdCatalog *cat);
static void keep_referrer(SdCatalog *cat, HeapTuple tuple, TupleDesc desc,
						  void *arg);
static void keep_child(SdCatalog *cat, HeapTuple tuple, TupleDesc desc,
					   void *arg);
static void keep_link(SdCatalog *cat, HeapTuple tuple, TupleDesc desc,
					  void *arg);
static bool in_scope(SdCatalog *cat, Oid oid);
static int compare_links(const void *a, const void *b);
static void keep_index(SdCatalog *cat, HeapTuple tuple, TupleDesc desc,
					   void *arg);
static Oid opclass_method(SdCatalog *cat, SdLinks *links, Oid opclass);
static void keep_method(SdCatalog *cat, HeapTuple tuple, TupleDesc desc,
						void *arg);
static bool covers(SdCatalog *cat, const SdTableIndex *index,
				   const SdLink *link);

/*
 * sd_links_read
 *		The links of the tables in scope to any tables and from any, and all
 *		other links of the tables that have one to the scope.  Or, if whole is
 *		given, all links there are, whatever the scope.
 *
 * The result lives as long as the reading.
 */
SdLinks *
sd_links_read(SdCatalog *cat, bool whole)
{
	MemoryContext oldcontext = MemoryContextSwitchTo(cat->context);
	SdLinks *links = palloc0(sizeof(SdLinks));
	List *raw_links = NIL;
	HTAB *near; /* tables that have a link to the scope */
	ListCell *lc;

	links->tables = sd_hash_create(cat, "stormdisc linked tables", sizeof(Oid),
								   sizeof(SdLinkTable));

	if (cat->scope->has_relation && !whole)
	{
		List *children = children_of_relation(cat);

		/* the table itself may have been narrowed out by another argument */
		if (cat->nrelations > 0)
			foreach (lc, children)
				sd_scan_oid(cat, ConstraintRelationId,
							ConstraintRelidTypidNameIndexId,
							Anum_pg_constraint_conrelid, lfirst_oid(lc),
							keep_link, &raw_links);
	}
	else
		sd_scan_all(cat, ConstraintRelationId, keep_link, &raw_links);

	near = sd_hash_create(cat, "stormdisc tables near the scope", sizeof(Oid),
						  sizeof(Oid));
	foreach (lc, raw_links)
	{
		RawLink *raw = lfirst(lc);

		CHECK_FOR_INTERRUPTS();
		if (whole || in_scope(cat, raw->child) || in_scope(cat, raw->parent))
			(void) hash_search(near, &raw->child, HASH_ENTER, NULL);
	}

	links->links = palloc_extended(
		sizeof(SdLink *) * (list_length(raw_links) + 1), MCXT_ALLOC_HUGE);
	foreach (lc, raw_links)
	{
		RawLink *raw = lfirst(lc);
		SdLink *link = &raw->link;

		CHECK_FOR_INTERRUPTS();
		if (hash_search(near, &raw->child, HASH_FIND, NULL) == NULL)
			continue;
		link->child = sd_catalog_relation(cat, raw->child);
		link->parent = sd_catalog_relation(cat, raw->parent);
		if (link->child == NULL || link->parent == NULL ||
			link->child->schema->is_other_temp)
			continue;
		links->links[links->nlinks++] = link;
	}
	qsort(links->links, links->nlinks, sizeof(SdLink *), compare_links);

	for (int i = 0; i < links->nlinks; i++)
	{
		SdLink *link = links->links[i];
		SdLinkTable *child = sd_links_table(links, link->child);
		SdLinkTable *parent = sd_links_table(links, link->parent);

		child->links = lappend(child->links, link);
		parent->referrers = lappend(parent->referrers, link);
		child->wants_indexes = true;
	}
	hash_destroy(near);
	MemoryContextSwitchTo(oldcontext);

	return links;
}

/*
 * The relation that the scope names, and the tables with a foreign key to it,
 * which is found among what depends on it: pg_constraint has no index for that.
 */
static List *
children_of_relation(SdCatalog *cat)
{
	Oid relation = cat->scope->relation;
	List *children = list_make1_oid(relation);
	List *referrers = NIL;
	ListCell *lc;
	SdKey keys[] = {
		{Anum_pg_depend_refclassid, ObjectIdGetDatum(RelationRelationId),
		 F_OIDEQ},
		{Anum_pg_depend_refobjid, ObjectIdGetDatum(relation), F_OIDEQ},
	};

	sd_scan_index(cat, DependRelationId, DependReferenceIndexId, lengthof(keys),
				  keys, keep_referrer, &referrers);
	list_sort(referrers, list_oid_cmp);
	list_deduplicate_oid(referrers);
	foreach (lc, referrers)
		sd_scan_oid(cat, ConstraintRelationId, ConstraintOidIndexId,
					Anum_pg_constraint_oid, lfirst_oid(lc), keep_child,
					&children);
	list_sort(children, list_oid_cmp);
	list_deduplicate_oid(children);

	return children;
}

static void
keep_referrer(SdCatalog *cat, HeapTuple tuple, TupleDesc desc, void *arg)
{
	Form_pg_depend form = (Form_pg_depend) GETSTRUCT(tuple);
	List **referrers = arg;

	if (form->classid == ConstraintRelationId)
		*referrers = lappend_oid(*referrers, form->objid);
}

static void
keep_child(SdCatalog *cat, HeapTuple tuple, TupleDesc desc, void *arg)
{
	Form_pg_constraint form = (Form_pg_constraint) GETSTRUCT(tuple);
	List **children = arg;

	if (form->contype == CONSTRAINT_FOREIGN && !OidIsValid(form->conparentid) &&
		form->confrelid == cat->scope->relation)
		*children = lappend_oid(*children, form->conrelid);
}

static void
keep_link(SdCatalog *cat, HeapTuple tuple, TupleDesc desc, void *arg)
{
	Form_pg_constraint form = (Form_pg_constraint) GETSTRUCT(tuple);
	List **raw_links = arg;
	MemoryContext oldcontext;
	RawLink *raw;
	SdLink *link;
	Datum columns;
	Datum ref_columns;
	bool isnull;
	int nref_columns;

	if (form->contype != CONSTRAINT_FOREIGN || OidIsValid(form->conparentid))
		return;
	columns = heap_getattr(tuple, Anum_pg_constraint_conkey, desc, &isnull);
	if (isnull)
		return;
	ref_columns =
		heap_getattr(tuple, Anum_pg_constraint_confkey, desc, &isnull);
	if (isnull)
		return;

	oldcontext = MemoryContextSwitchTo(cat->context);
	raw = palloc0(sizeof(RawLink));
	raw->child = form->conrelid;
	raw->parent = form->confrelid;
	link = &raw->link;
	link->oid = form->oid;
	namestrcpy(&link->name, NameStr(form->conname));
	link->columns = sd_attribute_numbers(cat, columns, &link->ncolumns);
	link->ref_columns = sd_attribute_numbers(cat, ref_columns, &nref_columns);
	link->ncolumns = Min(link->ncolumns, nref_columns);
	for (int i = 0; i < link->ncolumns; i++)
		link->column_set = bms_add_member(link->column_set, link->columns[i]);
	link->match_full = (form->confmatchtype == FKCONSTR_MATCH_FULL);
	link->deferrable = form->condeferrable;
	link->validated = form->convalidated;
	link->enforced = SD_CONSTRAINT_ENFORCED(form);
	link->period = SD_CONSTRAINT_PERIOD(form);
	*raw_links = lappend(*raw_links, raw);
	MemoryContextSwitchTo(oldcontext);
}

/* Is that one of the relations that the reading is about? */
static bool
in_scope(SdCatalog *cat, Oid oid)
{
	SdRelation *rel = sd_catalog_known_relation(cat, oid);

	return rel != NULL && rel->in_scope;
}

static int
compare_links(const void *a, const void *b)
{
	const SdLink *left = *(SdLink *const *) a;
	const SdLink *right = *(SdLink *const *) b;
	int result = sd_relation_compare(left->child, right->child);

	return result != 0 ? result
					   : strcmp(NameStr(left->name), NameStr(right->name));
}

/*
 * sd_links_table
 *		What is known of a table, entered if it is new.
 */
SdLinkTable *
sd_links_table(SdLinks *links, SdRelation *rel)
{
	SdLinkTable *table;
	bool known;

	table = hash_search(links->tables, &rel->oid, HASH_ENTER, &known);
	if (!known)
	{
		memset((char *) table + sizeof(Oid), 0,
			   sizeof(SdLinkTable) - sizeof(Oid));
		table->relation = rel;
	}

	return table;
}

/*
 * sd_links_find
 *		Likewise, NULL if it is new.
 */
SdLinkTable *
sd_links_find(SdLinks *links, SdRelation *rel)
{
	return hash_search(links->tables, &rel->oid, HASH_FIND, NULL);
}

/*
 * sd_links_read_indexes
 *		Read the indexes of the tables that want them; those that have
 *		foreign keys do.
 */
void
sd_links_read_indexes(SdCatalog *cat, SdLinks *links)
{
	Oid *oids =
		palloc_extended(sizeof(Oid) * (hash_get_num_entries(links->tables) + 1),
						MCXT_ALLOC_HUGE);
	HASH_SEQ_STATUS status;
	SdLinkTable *table;
	int noids = 0;

	hash_seq_init(&status, links->tables);
	while ((table = hash_seq_search(&status)) != NULL)
		if (table->wants_indexes)
			oids[noids++] = table->oid;
	links->methods =
		sd_hash_create(cat, "stormdisc methods of operator classes",
					   sizeof(Oid), sizeof(OpclassMethod));
	sd_scan_oids(cat, IndexRelationId, IndexIndrelidIndexId,
				 Anum_pg_index_indrelid, noids, oids, keep_index, links);
	pfree(oids);
}

static void
keep_index(SdCatalog *cat, HeapTuple tuple, TupleDesc desc, void *arg)
{
	SdLinks *links = arg;
	Form_pg_index form = (Form_pg_index) GETSTRUCT(tuple);
	SdLinkTable *table =
		hash_search(links->tables, &form->indrelid, HASH_FIND, NULL);
	MemoryContext oldcontext;
	SdTableIndex *index;
	oidvector *collations;
	oidvector *opclasses;
	bool isnull;

	if (table == NULL || !table->wants_indexes || !form->indisvalid ||
		form->indnkeyatts < 1 ||
		!heap_attisnull(tuple, Anum_pg_index_indpred, desc) ||
		!heap_attisnull(tuple, Anum_pg_index_indexprs, desc))
		return;
	collations = (oidvector *) DatumGetPointer(
		heap_getattr(tuple, Anum_pg_index_indcollation, desc, &isnull));
	opclasses = (oidvector *) DatumGetPointer(
		heap_getattr(tuple, Anum_pg_index_indclass, desc, &isnull));

	oldcontext = MemoryContextSwitchTo(cat->context);
	index = palloc0(sizeof(SdTableIndex));
	index->is_unique = form->indisunique;
	index->is_primary = form->indisprimary;
	index->is_exclusion = form->indisexclusion;
	index->access_method = opclass_method(cat, links, opclasses->values[0]);
	index->nkeys = form->indnkeyatts;
	index->columns = palloc(sizeof(AttrNumber) * index->nkeys);
	index->collations = palloc(sizeof(Oid) * index->nkeys);
	for (int i = 0; i < index->nkeys; i++)
	{
		index->columns[i] = form->indkey.values[i];
		index->collations[i] = collations->values[i];
		index->column_set =
			bms_add_member(index->column_set, Max(index->columns[i], 0));
	}
	table->indexes = lappend(table->indexes, index);
	MemoryContextSwitchTo(oldcontext);
}

/* There are few operator classes, but many indexes. */
static Oid
opclass_method(SdCatalog *cat, SdLinks *links, Oid opclass)
{
	OpclassMethod *entry;
	bool known;

	entry = hash_search(links->methods, &opclass, HASH_ENTER, &known);
	if (!known)
	{
		entry->access_method = InvalidOid;
		sd_scan_oid(cat, OperatorClassRelationId, OpclassOidIndexId,
					Anum_pg_opclass_oid, opclass, keep_method, entry);
	}

	return entry->access_method;
}

static void
keep_method(SdCatalog *cat, HeapTuple tuple, TupleDesc desc, void *arg)
{
	((OpclassMethod *) arg)->access_method =
		((Form_pg_opclass) GETSTRUCT(tuple))->opcmethod;
}

/*
 * sd_link_is_optional
 *		May a row of the child have no parent?
 *
 * With MATCH SIMPLE one null column is enough for that; with MATCH FULL all
 * columns have to be null.
 */
bool
sd_link_is_optional(SdCatalog *cat, const SdLink *link)
{
	sd_relation_read_columns(cat, link->child);
	for (int i = 0; i < link->ncolumns; i++)
	{
		SdColumn *column = sd_relation_column(link->child, link->columns[i]);
		bool accepts_null =
			column != NULL && sd_model_accepts_null(cat, column);

		if (accepts_null != link->match_full)
			return accepts_null;
	}

	return link->match_full && link->ncolumns > 0;
}

/*
 * sd_link_is_unique
 *		Can a row of the parent have no more than one child?
 *
 * It is so if the foreign key has all columns of a unique key.  By PERIOD the
 * answer is for any one point in time, so that the period has to be in the key
 * WITHOUT OVERLAPS, or not at all.  The indexes must have been read.
 */
bool
sd_link_is_unique(SdLinks *links, const SdLink *link)
{
	SdLinkTable *table = sd_links_find(links, link->child);
	ListCell *lc;

	foreach (lc, table->indexes)
	{
		SdTableIndex *index = lfirst(lc);

		if (!index->is_unique ||
			!bms_is_subset(index->column_set, link->column_set))
			continue;
		if (link->period && !index->is_exclusion &&
			bms_is_member(link->columns[link->ncolumns - 1], index->column_set))
			continue;
		return true;
	}

	return false;
}

/*
 * sd_link_is_indexed
 *		Is there an index by which the children of a row are found?
 *
 * Its first columns are those of the foreign key, in any order.  The indexes
 * must have been read.
 */
bool
sd_link_is_indexed(SdCatalog *cat, SdLinks *links, const SdLink *link)
{
	SdLinkTable *table = sd_links_find(links, link->child);
	ListCell *lc;

	sd_relation_read_columns(cat, link->child);
	foreach (lc, table->indexes)
		if (covers(cat, lfirst(lc), link))
			return true;

	return false;
}

static bool
covers(SdCatalog *cat, const SdTableIndex *index, const SdLink *link)
{
	int ncolumns = bms_num_members(link->column_set);

	/* GiST finds periods, and with them what else is in such an index */
	if (index->access_method != BTREE_AM_OID &&
		index->access_method != HASH_AM_OID &&
		!(link->period && index->access_method == GIST_AM_OID))
		return false;
	if (index->nkeys < ncolumns)
		return false;

	for (int i = 0, found = 0; found < ncolumns; i++)
	{
		SdColumn *column;

		if (i == index->nkeys ||
			!bms_is_member(Max(index->columns[i], 0), link->column_set))
			return false;
		/* the server looks for values by the column's own collation */
		column = sd_relation_column(link->child, index->columns[i]);
		if (column == NULL || (OidIsValid(index->collations[i]) &&
							   index->collations[i] != column->collation))
			return false;
		found++;
		for (int j = 0; j < i; j++)
			if (index->columns[j] == index->columns[i])
			{
				found--; /* the same column once more */
				break;
			}
	}

	return true;
}

/*
 * sd_model_accepts_null
 *		Does neither the column refuse NULL, nor a domain of its type?
 */
bool
sd_model_accepts_null(SdCatalog *cat, const SdColumn *column)
{
	SdType *type = sd_catalog_type(cat, column->type);

	while (type->kind == SD_TYPE_DOMAIN && !type->not_null)
		type = sd_catalog_type(cat, type->base);

	return !column->not_null && !type->not_null;
}
