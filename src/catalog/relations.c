/*-------------------------------------------------------------------------
 *
 * relations.c
 *	  Tables and their kin: the rows of pg_class.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "access/genam.h"
#include "access/htup_details.h"
#include "catalog/pg_class.h"
#include "catalog/pg_inherits.h"
#include "catalog/pg_namespace.h"
#include "utils/builtins.h"
#include "utils/fmgroids.h"
#include "utils/lsyscache.h"
#include "utils/memutils.h"

#include "catalog/sd_catalog.h"

static SdRelation *enter_relation(SdCatalog *cat, Oid oid);
static void fill_relation(SdCatalog *cat, SdRelation *rel, HeapTuple tuple,
						  TupleDesc desc);
static void keep_relation(SdCatalog *cat, HeapTuple tuple, TupleDesc desc,
						  void *arg);
static void keep_any_relation(SdCatalog *cat, HeapTuple tuple, TupleDesc desc,
							  void *arg);
static void add_to_scope(SdCatalog *cat, SdRelation *rel, int *size);
static SdRelation *named_relation(SdCatalog *cat);
static void add_partitions(SdCatalog *cat, SdRelation *rel, int *size);
static void keep_child(SdCatalog *cat, HeapTuple tuple, TupleDesc desc,
					   void *arg);
static int compare_relations(const void *a, const void *b);

/*
 * sd_catalog_read_relations
 *		Find the relations in scope, and put them in order.
 *
 * Raises 42P01 for a named relation that does not exist, 42809 for one of a
 * kind that the scope does not serve, 0A000 for another session's temporary
 * one.
 */
void
sd_catalog_read_relations(SdCatalog *cat)
{
	int size = 0;

	if (cat->scope->has_relation)
	{
		SdRelation *rel = named_relation(cat);

		if (cat->scope->partitions_of)
			add_partitions(cat, rel, &size);
		else if (cat->scope->kinds != NULL && sd_scope_has(cat, rel))
			add_to_scope(cat, rel, &size);
	}
	else if (cat->scope->kinds != NULL)
		sd_scan_all(cat, RelationRelationId, keep_relation, &size);

	if (cat->nrelations > 1)
		qsort(cat->relations, cat->nrelations, sizeof(SdRelation *),
			  compare_relations);
}

/* The relation that the scope names, checked. */
static SdRelation *
named_relation(SdCatalog *cat)
{
	SdScope *scope = cat->scope;
	SdRelation *rel = sd_catalog_relation(cat, scope->relation);

	if (rel == NULL)
		ereport(ERROR, errcode(ERRCODE_UNDEFINED_TABLE),
				errmsg("relation with OID %u does not exist", scope->relation));
	if (rel->schema->is_other_temp)
		ereport(ERROR, errcode(ERRCODE_FEATURE_NOT_SUPPORTED),
				errmsg("cannot access temporary tables of other sessions"));
	if (scope->kinds == NULL)
		return rel;
	if (scope->partitions_of ? rel->kind != RELKIND_PARTITIONED_TABLE
							 : strchr(scope->kinds, rel->kind) == NULL)
		ereport(ERROR, errcode(ERRCODE_WRONG_OBJECT_TYPE),
				errmsg(scope->kinds_error, NameStr(rel->name)),
				errdetail_relkind_not_supported(rel->kind));

	return rel;
}

/*
 * sd_catalog_relation
 *		Any relation by OID; NULL if the snapshot has no such.
 */
SdRelation *
sd_catalog_relation(SdCatalog *cat, Oid oid)
{
	SdRelation *rel;

	if (!OidIsValid(oid))
		return NULL;

	rel = sd_catalog_known_relation(cat, oid);
	if (rel == NULL)
	{
		rel = enter_relation(cat, oid);
		sd_scan_oid(cat, RelationRelationId, ClassOidIndexId, Anum_pg_class_oid,
					oid, keep_any_relation, rel);
	}

	return rel->found ? rel : NULL;
}

/*
 * sd_catalog_known_relation
 *		Likewise, but NULL as well if it has not been read.
 *
 * One that was looked up in vain is there, but not "found".  Rows that tell of
 * one relation mostly stand together, so the last answer is remembered.
 */
SdRelation *
sd_catalog_known_relation(SdCatalog *cat, Oid oid)
{
	if (cat->last_oid != oid)
	{
		cat->last_relation = sd_oid_map_get(cat->known_relations, oid);
		cat->last_oid = oid;
	}

	return cat->last_relation;
}

static SdRelation *
enter_relation(SdCatalog *cat, Oid oid)
{
	SdRelation *rel;

	if (cat->known_relations == NULL)
	{
		cat->known_relations = sd_oid_map_create(cat);
		cat->relation_context = GenerationContextCreate(
			cat->context, "stormdisc relations", ALLOCSET_DEFAULT_SIZES);
	}

	rel = MemoryContextAllocZero(cat->relation_context, sizeof(SdRelation));
	rel->oid = oid;
	sd_oid_map_put(cat->known_relations, oid, rel);
	cat->last_oid = oid;
	cat->last_relation = rel;

	return rel;
}

static void
keep_any_relation(SdCatalog *cat, HeapTuple tuple, TupleDesc desc, void *arg)
{
	fill_relation(cat, (SdRelation *) arg, tuple, desc);
}

/*
 * Keep a relation if it is in scope.  Indexes in the scope's schemas are kept
 * as well if they will be looked up, and so are all sequences and those toast
 * tables that have options.
 */
static void
keep_relation(SdCatalog *cat, HeapTuple tuple, TupleDesc desc, void *arg)
{
	Form_pg_class form = (Form_pg_class) GETSTRUCT(tuple);
	SdRelation *rel;
	bool serves = strchr(cat->scope->kinds, form->relkind) != NULL;

	if (form->relkind == RELKIND_SEQUENCE && (cat->parts & SD_READ_SEQUENCES))
		cat->sequences = lappend_oid(cat->sequences, form->oid);
	if ((form->relkind == RELKIND_SEQUENCE &&
		 (cat->parts & SD_READ_SEQUENCES)) ||
		(form->relkind == RELKIND_TOASTVALUE &&
		 (cat->parts & SD_READ_TOAST_OPTIONS) &&
		 !heap_attisnull(tuple, Anum_pg_class_reloptions, desc)))
	{
		rel = sd_catalog_known_relation(cat, form->oid);
		if (rel == NULL)
			rel = enter_relation(cat, form->oid);
		fill_relation(cat, rel, tuple, desc);
		if (!serves)
			return;
	}

	if (!serves && !((form->relkind == RELKIND_INDEX ||
					  form->relkind == RELKIND_PARTITIONED_INDEX) &&
					 (cat->parts & SD_READ_INDEXES)))
		return;
	if (!sd_catalog_schema(cat, form->relnamespace)->in_scope)
		return;
	if (serves && sd_catalog_is_member(cat, RelationRelationId, form->oid))
		return;

	rel = sd_catalog_known_relation(cat, form->oid);
	if (rel == NULL)
	{
		rel = enter_relation(cat, form->oid);
		fill_relation(cat, rel, tuple, desc);
	}
	if (serves && sd_scope_has(cat, rel) &&
		(!cat->scope->partitions_of || rel->is_partition))
		add_to_scope(cat, rel, (int *) arg);
}

static void
fill_relation(SdCatalog *cat, SdRelation *rel, HeapTuple tuple, TupleDesc desc)
{
	Form_pg_class form = (Form_pg_class) GETSTRUCT(tuple);
	Datum value;
	bool isnull;

	rel->found = true;
	namestrcpy(&rel->name, NameStr(form->relname));
	rel->schema = sd_catalog_schema(cat, form->relnamespace);
	rel->kind = form->relkind;
	rel->persistence = form->relpersistence;
	rel->replica_identity = form->relreplident;
	rel->is_partition = form->relispartition;
	rel->is_populated = form->relispopulated;
	rel->row_security = form->relrowsecurity;
	rel->force_row_security = form->relforcerowsecurity;
	rel->has_privileges = !heap_attisnull(tuple, Anum_pg_class_relacl, desc);
	rel->access_method = form->relam;
	rel->tablespace = form->reltablespace;
	rel->owner = form->relowner;
	rel->of_type = form->reloftype;
	rel->toast = form->reltoastrelid;
	rel->rows = form->reltuples;
	rel->pages = form->relpages;
	rel->natts = form->relnatts;

	value = heap_getattr(tuple, Anum_pg_class_reloptions, desc, &isnull);
	if (!isnull)
	{
		MemoryContext oldcontext = MemoryContextSwitchTo(cat->context);

		rel->options = DatumGetArrayTypePCopy(value);
		MemoryContextSwitchTo(oldcontext);
	}

	if (rel->is_partition && (cat->parts & SD_READ_BOUNDS))
	{
		value = heap_getattr(tuple, Anum_pg_class_relpartbound, desc, &isnull);
		if (!isnull)
		{
			MemoryContext oldcontext = MemoryContextSwitchTo(cat->context);

			rel->bound = TextDatumGetCString(value);
			MemoryContextSwitchTo(oldcontext);
		}
	}
}

static void
add_to_scope(SdCatalog *cat, SdRelation *rel, int *size)
{
	if (cat->nrelations == *size)
	{
		*size = Max(64, *size * 2);
		if (cat->relations == NULL)
			cat->relations =
				MemoryContextAlloc(cat->context, *size * sizeof(SdRelation *));
		else
			cat->relations =
				repalloc_huge(cat->relations, *size * sizeof(SdRelation *));
	}
	rel->in_scope = true;
	cat->relations[cat->nrelations++] = rel;
}

/* Bring a partitioned table's partitions of all levels into scope. */
static void
add_partitions(SdCatalog *cat, SdRelation *rel, int *size)
{
	List *queue = list_make1_oid(rel->oid);

	for (int i = 0; i < list_length(queue); i++)
	{
		List *children = NIL;
		ListCell *lc;

		sd_scan_oid(cat, InheritsRelationId, InheritsParentIndexId,
					Anum_pg_inherits_inhparent, list_nth_oid(queue, i),
					keep_child, &children);
		foreach (lc, children)
		{
			SdRelation *child = sd_catalog_relation(cat, lfirst_oid(lc));

			/* the second condition only fails if the catalog has a circle */
			if (child == NULL || child->in_scope)
				continue;
			if (sd_scope_has(cat, child))
				add_to_scope(cat, child, size);
			if (child->kind == RELKIND_PARTITIONED_TABLE)
				queue = lappend_oid(queue, child->oid);
		}
		list_free(children);
	}
}

static void
keep_child(SdCatalog *cat, HeapTuple tuple, TupleDesc desc, void *arg)
{
	List **children = arg;

	*children =
		lappend_oid(*children, ((Form_pg_inherits) GETSTRUCT(tuple))->inhrelid);
}

static int
compare_relations(const void *a, const void *b)
{
	return sd_relation_compare(*(SdRelation *const *) a,
							   *(SdRelation *const *) b);
}

/*
 * sd_relation_compare
 *		The order of relations: by schema and name, in byte order.
 */
int
sd_relation_compare(const SdRelation *a, const SdRelation *b)
{
	int result = 0;

	if (a->schema != b->schema)
		result = strcmp(NameStr(a->schema->name), NameStr(b->schema->name));

	return result != 0 ? result : strcmp(NameStr(a->name), NameStr(b->name));
}

/*
 * sd_relation_qualified_name
 *		The name with its schema, quoted as SQL, in the current context.
 */
const char *
sd_relation_qualified_name(SdRelation *rel)
{
	return quote_qualified_identifier(NameStr(rel->schema->name),
									  NameStr(rel->name));
}

/*
 * sd_relation_visible_name
 *		The name as the server prints it under the pinned search_path: what
 *		is in pg_catalog, or is temporary and not hidden by it, goes without
 *		its schema.
 */
const char *
sd_relation_visible_name(SdRelation *rel)
{
	if (rel->schema->oid == PG_CATALOG_NAMESPACE ||
		(rel->schema->is_own_temp &&
		 !OidIsValid(
			 get_relname_relid(NameStr(rel->name), PG_CATALOG_NAMESPACE))))
		return quote_identifier(NameStr(rel->name));

	return sd_relation_qualified_name(rel);
}

/*
 * sd_relation_toast_options
 *		The storage options of the table's toast table, or NULL.
 */
ArrayType *
sd_relation_toast_options(SdCatalog *cat, SdRelation *rel)
{
	SdRelation *toast;

	/* pg_class read whole has brought those toast tables that have options */
	if (cat->scope->has_relation)
		toast = sd_catalog_relation(cat, rel->toast);
	else
		toast = sd_catalog_known_relation(cat, rel->toast);

	return toast != NULL ? toast->options : NULL;
}
