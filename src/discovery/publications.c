/*-------------------------------------------------------------------------
 *
 * publications.c
 *	  stormdisc_publications: what logical replication publishes.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "access/htup_details.h"
#include "access/transam.h"
#include "catalog/pg_class.h"
#include "catalog/pg_namespace.h"
#include "catalog/pg_publication.h"
#include "catalog/pg_publication_namespace.h"
#include "catalog/pg_publication_rel.h"
#include "miscadmin.h"
#include "utils/builtins.h"
#include "utils/memutils.h"

#include "compat.h"
#include "discovery/discovery.h"

PG_FUNCTION_INFO_V1(stormdisc_publications);

typedef struct PublishedTable
{
	SdRelation *rel;
	const char *name;	 /* qualified */
	int ncolumns;		 /* -1: all columns */
	AttrNumber *columns; /* in their order */
	const char *filter;	 /* pg_node_tree, or NULL */
} PublishedTable;

typedef struct Published
{
	Oid oid; /* hash key */
	bool is_wanted;
	bool is_excepted; /* the scope's relation is */
	const char *name;
	Oid owner;
	bool all_tables;
	bool all_sequences;
	bool inserts;
	bool updates;
	bool deletes;
	bool truncates;
	bool via_root;
	char generated;
	List *schemas; /* of char * */
	List *tables;  /* of PublishedTable * */
	List *excepts; /* of char * */
} Published;

/* the publications found so far */
typedef struct Found
{
	SdDiscovery *disc;
	HTAB *hash;
	List *publications; /* of Published * */
	List *relations;	/* the scope's, and what it is a partition of */
	List *schemas;		/* where those are */
	bool is_table;
	bool is_sequence;
} Found;

static void emit_publications(SdDiscovery *disc);
static void find_relations(Found *found);
static void keep_publication(SdCatalog *cat, HeapTuple tuple, TupleDesc desc,
							 void *arg);
static void keep_schema(SdCatalog *cat, HeapTuple tuple, TupleDesc desc,
						void *arg);
static void keep_table(SdCatalog *cat, HeapTuple tuple, TupleDesc desc,
					   void *arg);
static int compare_publications(const ListCell *a, const ListCell *b);
static int compare_tables(const ListCell *a, const ListCell *b);
static void add_publication(SdDiscovery *disc, void *object);
static void add_actions(SdDiscovery *disc, const Published *pub);
static void add_names(SdDiscovery *disc, List *names);
static void add_tables(SdDiscovery *disc, const Published *pub,
					   SdProblem *problem);
static const char *column_list(const PublishedTable *table);
static const char *generated_columns(char mode);

const SdKind sd_kind_publications = {
	.name = "publications",
	.identity = "publication_name",
	.left_out = "problem",
	.defaults = "generated_columns=none",
	.emit = emit_publications,
};

/*
 * stormdisc_publications(relation, schemas, include, exclude) -> setof row
 *		Report the publications in scope, by name.
 */
Datum
stormdisc_publications(PG_FUNCTION_ARGS)
{
	return sd_discovery_run(fcinfo, &sd_kind_publications);
}

static void
emit_publications(SdDiscovery *disc)
{
	SdCatalog *cat = disc->catalog;
	MemoryContext oldcontext = MemoryContextSwitchTo(cat->context);
	Found found = {.disc = disc};
	List *wanted = NIL;
	Oid *oids;
	int noids = 0;
	ListCell *lc;

	found.hash = sd_hash_create(cat, "stormdisc publications", sizeof(Oid),
								sizeof(Published));
	if (disc->scope.has_relation)
		find_relations(&found);
	sd_scan_all(cat, PublicationRelationId, keep_publication, &found);
	if (found.publications != NIL)
	{
		sd_scan_all(cat, PublicationNamespaceRelationId, keep_schema, &found);
		sd_scan_all(cat, PublicationRelRelationId, keep_table, &found);
	}

	oids = palloc(sizeof(Oid) * (list_length(found.publications) + 1));
	foreach (lc, found.publications)
	{
		Published *pub = lfirst(lc);

		if (!pub->is_wanted &&
			!(found.is_table && pub->all_tables && !pub->is_excepted) &&
			!(found.is_sequence && pub->all_sequences))
			continue;
		list_sort(pub->schemas, sd_list_text_compare);
		list_sort(pub->tables, compare_tables);
		list_sort(pub->excepts, sd_list_text_compare);
		wanted = lappend(wanted, pub);
		oids[noids++] = pub->oid;
	}
	sd_catalog_read_comments(cat, PublicationRelationId, noids, oids);
	list_sort(wanted, compare_publications);
	MemoryContextSwitchTo(oldcontext);

	foreach (lc, wanted)
		sd_discovery_add(disc, add_publication, lfirst(lc));
}

/* What a publication may name so that the scope's relation is published. */
static void
find_relations(Found *found)
{
	SdCatalog *cat = found->disc->catalog;
	SdRelation *rel = sd_catalog_relation(cat, found->disc->scope.relation);

	/* other relations than these are never published */
	if (rel->persistence != RELPERSISTENCE_PERMANENT ||
		rel->oid < FirstNormalObjectId)
		return;
	found->is_sequence = (rel->kind == RELKIND_SEQUENCE);
	found->is_table = (rel->kind == RELKIND_RELATION ||
					   rel->kind == RELKIND_PARTITIONED_TABLE);
	if (!found->is_table)
		return;

	/* a damaged catalog may have a circle */
	while (rel != NULL && !list_member_oid(found->relations, rel->oid))
	{
		found->relations = lappend_oid(found->relations, rel->oid);
		found->schemas =
			list_append_unique_oid(found->schemas, rel->schema->oid);
		rel = sd_catalog_partition_parent(cat, rel, NULL);
	}
}

static void
keep_publication(SdCatalog *cat, HeapTuple tuple, TupleDesc desc, void *arg)
{
	Found *found = arg;
	SdScope *scope = &found->disc->scope;
	Form_pg_publication form = (Form_pg_publication) GETSTRUCT(tuple);
	Published *pub;
	const char *name = NameStr(form->pubname);

	if (scope->has_relation
			? (scope->has_schemas || !sd_scope_has_name(scope, "", name))
			: !sd_scope_has_object(cat, PublicationRelationId, form->oid,
								   InvalidOid, name))
		return;

	pub = hash_search(found->hash, &form->oid, HASH_ENTER, NULL);
	memset(pub, 0, sizeof(Published));
	pub->oid = form->oid;
	pub->is_wanted = !scope->has_relation;
	pub->name = pstrdup(name);
	pub->owner = form->pubowner;
	pub->all_tables = form->puballtables;
	pub->all_sequences = SD_PUBLICATION_ALL_SEQUENCES(form);
	pub->inserts = form->pubinsert;
	pub->updates = form->pubupdate;
	pub->deletes = form->pubdelete;
	pub->truncates = form->pubtruncate;
	pub->via_root = form->pubviaroot;
	pub->generated = SD_PUBLICATION_GENERATED(form);
	found->publications = lappend(found->publications, pub);
}

/* FOR TABLES IN SCHEMA */
static void
keep_schema(SdCatalog *cat, HeapTuple tuple, TupleDesc desc, void *arg)
{
	Found *found = arg;
	Form_pg_publication_namespace form =
		(Form_pg_publication_namespace) GETSTRUCT(tuple);
	Published *pub = hash_search(found->hash, &form->pnpubid, HASH_FIND, NULL);

	if (pub == NULL)
		return;
	pub->schemas = lappend(
		pub->schemas, NameStr(sd_catalog_schema(cat, form->pnnspid)->name));
	if (list_member_oid(found->schemas, form->pnnspid))
		pub->is_wanted = true;
}

/* FOR TABLE, or EXCEPT */
static void
keep_table(SdCatalog *cat, HeapTuple tuple, TupleDesc desc, void *arg)
{
	Found *found = arg;
	Form_pg_publication_rel form = (Form_pg_publication_rel) GETSTRUCT(tuple);
	Published *pub = hash_search(found->hash, &form->prpubid, HASH_FIND, NULL);
	bool names_relation = list_member_oid(found->relations, form->prrelid);
	SdRelation *rel;
	PublishedTable *table;
	Datum value;
	bool isnull;

	if (pub == NULL)
		return;
	rel = sd_catalog_relation(cat, form->prrelid);
	if (rel == NULL)
		return;

	if (SD_PUBLICATION_EXCEPT(form))
	{
		pub->excepts =
			lappend(pub->excepts, (char *) sd_relation_qualified_name(rel));
		if (names_relation)
			pub->is_excepted = true;
		return;
	}

	if (names_relation)
		pub->is_wanted = true;
	table = palloc0(sizeof(PublishedTable));
	table->rel = rel;
	table->name = sd_relation_qualified_name(rel);
	table->ncolumns = -1;
	value = heap_getattr(tuple, Anum_pg_publication_rel_prattrs, desc, &isnull);
	if (!isnull)
		table->columns = sd_attribute_numbers(cat, value, &table->ncolumns);
	value = heap_getattr(tuple, Anum_pg_publication_rel_prqual, desc, &isnull);
	if (!isnull)
		table->filter = TextDatumGetCString(value);
	pub->tables = lappend(pub->tables, table);
}

static int
compare_publications(const ListCell *a, const ListCell *b)
{
	return strcmp(((Published *) lfirst(a))->name,
				  ((Published *) lfirst(b))->name);
}

static int
compare_tables(const ListCell *a, const ListCell *b)
{
	return strcmp(((PublishedTable *) lfirst(a))->name,
				  ((PublishedTable *) lfirst(b))->name);
}

static void
add_publication(SdDiscovery *disc, void *object)
{
	SdCatalog *cat = disc->catalog;
	const Published *pub = object;
	SdProblem problem = SD_PROBLEM_NONE;

	sd_row_text(disc, pub->name);
	sd_row_owner(disc, pub->owner);
	sd_row_bool(disc, pub->all_tables);
	sd_row_bool(disc, pub->all_sequences);
	add_actions(disc, pub);
	sd_row_bool(disc, pub->via_root);
	sd_row_text(disc, generated_columns(pub->generated));
	add_names(disc, pub->schemas);
	add_tables(disc, pub, &problem);
	add_names(disc, pub->excepts);
	sd_row_text(disc,
				sd_catalog_comment(cat, PublicationRelationId, pub->oid, 0));
	sd_row_end(disc, problem);
}

/* publishes */
static void
add_actions(SdDiscovery *disc, const Published *pub)
{
	const char *actions[4];
	int count = 0;

	if (pub->inserts)
		actions[count++] = "insert";
	if (pub->updates)
		actions[count++] = "update";
	if (pub->deletes)
		actions[count++] = "delete";
	if (pub->truncates)
		actions[count++] = "truncate";
	sd_row_texts(disc, count, actions);
}

static void
add_names(SdDiscovery *disc, List *names)
{
	const char **members = MemoryContextAlloc(
		disc->row_context, sizeof(char *) * (list_length(names) + 1));
	int count = 0;
	ListCell *lc;

	foreach (lc, names)
		members[count++] = lfirst(lc);
	sd_row_texts(disc, count, members);
}

/* tables, table_columns, row_filters: one member for each table */
static void
add_tables(SdDiscovery *disc, const Published *pub, SdProblem *problem)
{
	SdCatalog *cat = disc->catalog;
	MemoryContext oldcontext = MemoryContextSwitchTo(disc->row_context);
	int count = 0;
	Size size = sizeof(char *) * (list_length(pub->tables) + 1);
	const char **names = palloc(size);
	const char **columns = palloc(size);
	const char **filters = palloc(size);
	ListCell *lc;

	foreach (lc, pub->tables)
	{
		PublishedTable *table = lfirst(lc);

		CHECK_FOR_INTERRUPTS();
		if (table->ncolumns >= 0 || table->filter != NULL)
			sd_relation_read_columns(cat, table->rel);
		names[count] = table->name;
		columns[count] = table->ncolumns >= 0 ? column_list(table) : NULL;
		filters[count] =
			table->filter == NULL
				? NULL
				: sd_deparse(cat, table->rel,
							 sd_deparse_read_string(cat, table->filter),
							 problem);
		count++;
	}
	MemoryContextSwitchTo(oldcontext);
	sd_row_texts(disc, count, names);
	sd_row_texts(disc, count, columns);
	sd_row_texts(disc, count, filters);
}

/* A column list as in SQL, without the parentheses. */
static const char *
column_list(const PublishedTable *table)
{
	StringInfoData buf;

	initStringInfo(&buf);
	for (int i = 0; i < table->ncolumns; i++)
		appendStringInfo(&buf, "%s%s", i > 0 ? ", " : "",
						 quote_identifier(sd_relation_column_name(
							 table->rel, table->columns[i])));

	return buf.data;
}

static const char *
generated_columns(char mode)
{
	switch (mode)
	{
		case 'n':
			return "none";
		case 's':
			return "stored";
		default:
			elog(ERROR, "unrecognized mode of generated columns: %c", mode);
			return NULL; /* keep compiler quiet */
	}
}
