/*-------------------------------------------------------------------------
 *
 * relations.c
 *	  Tables and their kin: rows of pg_class, parents, partition keys,
 *	  comments.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "access/genam.h"
#include "access/htup_details.h"
#include "catalog/pg_class.h"
#include "catalog/dependency.h"
#include "catalog/pg_depend.h"
#include "catalog/pg_description.h"
#include "catalog/pg_extension.h"
#include "catalog/pg_inherits.h"
#include "catalog/pg_namespace.h"
#include "catalog/pg_partitioned_table.h"
#include "miscadmin.h"
#include "nodes/nodeFuncs.h"
#include "utils/builtins.h"
#include "utils/fmgroids.h"
#include "utils/lsyscache.h"
#include "utils/memutils.h"

#include "catalog/sd_catalog.h"

/* the direct parents of a relation, in their order */
typedef struct Parents
{
	Oid relation; /* hash key */
	List *parents;
} Parents;

typedef struct CommentKey
{
	Oid classid;
	Oid oid;
	int subid;
} CommentKey;

typedef struct Comment
{
	CommentKey key; /* hash key */
	char *text;
} Comment;

/* what keep_partition_key() fills in, and whose columns the key has */
typedef struct KeyRequest
{
	SdRelation *relation;
	SdPartitionKey *key;
} KeyRequest;

static SdRelation *enter_relation(SdCatalog *cat, Oid oid, bool *known);
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
static void read_members(SdCatalog *cat);
static void keep_extension(SdCatalog *cat, HeapTuple tuple, TupleDesc desc,
						   void *arg);
static void keep_member(SdCatalog *cat, HeapTuple tuple, TupleDesc desc,
						void *arg);
static int compare_relations(const void *a, const void *b);
static Parents *enter_parents(SdCatalog *cat, Oid relation, bool *known);
static void keep_parent(SdCatalog *cat, HeapTuple tuple, TupleDesc desc,
						void *arg);
static int compare_parents(const ListCell *a, const ListCell *b);
static void keep_partition_key(SdCatalog *cat, HeapTuple tuple, TupleDesc desc,
							   void *arg);
static bool collect_columns(Node *node, void *arg);
static void keep_comment(SdCatalog *cat, HeapTuple tuple, TupleDesc desc,
						 void *arg);

/* a chain of parents cannot be longer than this, unless it is a circle */
#define MAX_LEVELS 10000

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
		else if (sd_scope_has(cat, rel))
			add_to_scope(cat, rel, &size);
	}
	else
	{
		read_members(cat);
		sd_scan_all(cat, RelationRelationId, keep_relation, &size);
	}

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
	bool known;

	if (!OidIsValid(oid))
		return NULL;

	rel = enter_relation(cat, oid, &known);
	if (!known)
		sd_scan_oid(cat, RelationRelationId, ClassOidIndexId, Anum_pg_class_oid,
					oid, keep_any_relation, rel);

	return rel->found ? rel : NULL;
}

static SdRelation *
enter_relation(SdCatalog *cat, Oid oid, bool *known)
{
	SdRelation *rel;

	if (cat->relation_hash == NULL)
		cat->relation_hash = sd_hash_create(cat, "stormdisc relations",
											sizeof(Oid), sizeof(SdRelation));

	rel = hash_search(cat->relation_hash, &oid, HASH_ENTER, known);
	if (!*known)
		memset((char *) rel + sizeof(Oid), 0, sizeof(SdRelation) - sizeof(Oid));

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
	bool known;

	if (form->relkind == RELKIND_SEQUENCE && (cat->parts & SD_READ_SEQUENCES))
		cat->sequences = lappend_oid(cat->sequences, form->oid);
	if ((form->relkind == RELKIND_SEQUENCE &&
		 (cat->parts & SD_READ_SEQUENCES)) ||
		(form->relkind == RELKIND_TOASTVALUE &&
		 (cat->parts & SD_READ_TOAST_OPTIONS) &&
		 !heap_attisnull(tuple, Anum_pg_class_reloptions, desc)))
	{
		fill_relation(cat, enter_relation(cat, form->oid, &known), tuple, desc);
		return;
	}

	if (!serves && !((form->relkind == RELKIND_INDEX ||
					  form->relkind == RELKIND_PARTITIONED_INDEX) &&
					 (cat->parts & SD_READ_INDEXES)))
		return;
	if (!sd_catalog_schema(cat, form->relnamespace)->in_scope)
		return;
	if (serves && cat->members != NULL &&
		hash_search(cat->members, &form->oid, HASH_FIND, NULL) != NULL)
		return;

	rel = enter_relation(cat, form->oid, &known);
	if (!known)
		fill_relation(cat, rel, tuple, desc);
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
	rel->row_security = form->relrowsecurity;
	rel->force_row_security = form->relforcerowsecurity;
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

/* Read which relations belong to an extension. */
static void
read_members(SdCatalog *cat)
{
	List *extensions = NIL;
	ListCell *lc;

	cat->members = sd_hash_create(cat, "stormdisc extension members",
								  sizeof(Oid), sizeof(Oid));
	sd_scan_all(cat, ExtensionRelationId, keep_extension, &extensions);
	foreach (lc, extensions)
	{
		SdKey keys[] = {
			{Anum_pg_depend_refclassid, ObjectIdGetDatum(ExtensionRelationId),
			 F_OIDEQ},
			{Anum_pg_depend_refobjid, ObjectIdGetDatum(lfirst_oid(lc)),
			 F_OIDEQ},
		};

		sd_scan_index(cat, DependRelationId, DependReferenceIndexId,
					  lengthof(keys), keys, keep_member, NULL);
	}
	list_free(extensions);
}

static void
keep_extension(SdCatalog *cat, HeapTuple tuple, TupleDesc desc, void *arg)
{
	List **extensions = arg;

	*extensions =
		lappend_oid(*extensions, ((Form_pg_extension) GETSTRUCT(tuple))->oid);
}

static void
keep_member(SdCatalog *cat, HeapTuple tuple, TupleDesc desc, void *arg)
{
	Form_pg_depend form = (Form_pg_depend) GETSTRUCT(tuple);

	if (form->deptype == DEPENDENCY_EXTENSION &&
		form->classid == RelationRelationId)
		(void) hash_search(cat->members, &form->objid, HASH_ENTER, NULL);
}

static int
compare_relations(const void *a, const void *b)
{
	const SdRelation *left = *(SdRelation *const *) a;
	const SdRelation *right = *(SdRelation *const *) b;
	int result =
		strcmp(NameStr(left->schema->name), NameStr(right->schema->name));

	return result != 0 ? result
					   : strcmp(NameStr(left->name), NameStr(right->name));
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
		toast = hash_search(cat->relation_hash, &rel->toast, HASH_FIND, NULL);

	return toast != NULL ? toast->options : NULL;
}

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

/*
 * sd_catalog_read_comments
 *		Read the comments of these objects of one catalog, and of their
 *		columns.
 */
void
sd_catalog_read_comments(SdCatalog *cat, Oid classid, int noids,
						 const Oid *oids)
{
	if (cat->comments == NULL)
		cat->comments = sd_hash_create(cat, "stormdisc comments",
									   sizeof(CommentKey), sizeof(Comment));

	sd_scan_oids(cat, DescriptionRelationId, DescriptionObjIndexId,
				 Anum_pg_description_objoid, noids, oids, keep_comment,
				 &classid);
}

static void
keep_comment(SdCatalog *cat, HeapTuple tuple, TupleDesc desc, void *arg)
{
	Form_pg_description form = (Form_pg_description) GETSTRUCT(tuple);
	CommentKey key = {form->classoid, form->objoid, form->objsubid};
	MemoryContext oldcontext;
	Comment *comment;
	Datum value;
	bool isnull;

	/* an OID means nothing without its catalog */
	if (form->classoid != *(Oid *) arg)
		return;

	value = heap_getattr(tuple, Anum_pg_description_description, desc, &isnull);
	if (isnull)
		return;

	comment = hash_search(cat->comments, &key, HASH_ENTER, NULL);
	oldcontext = MemoryContextSwitchTo(cat->context);
	comment->text = TextDatumGetCString(value);
	MemoryContextSwitchTo(oldcontext);
}

/*
 * sd_catalog_comment
 *		A comment that was read, or NULL.
 */
const char *
sd_catalog_comment(SdCatalog *cat, Oid classid, Oid oid, int subid)
{
	CommentKey key = {classid, oid, subid};
	Comment *comment;

	if (cat->comments == NULL)
		return NULL;
	comment = hash_search(cat->comments, &key, HASH_FIND, NULL);

	return comment != NULL ? comment->text : NULL;
}
