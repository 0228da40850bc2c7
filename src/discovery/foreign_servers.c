/*-------------------------------------------------------------------------
 *
 * foreign_servers.c
 *	  stormdisc_foreign_servers: foreign data wrappers, foreign servers, user
 *	  mappings and foreign tables, with their options.
 *
 * The options of a user mapping are there to hold passwords, so their values
 * are left where they are, and only their names are read.
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "access/htup_details.h"
#include "catalog/pg_attribute.h"
#include "catalog/pg_authid.h"
#include "catalog/pg_class.h"
#include "catalog/pg_foreign_data_wrapper.h"
#include "catalog/pg_foreign_server.h"
#include "catalog/pg_foreign_table.h"
#include "catalog/pg_proc.h"
#include "catalog/pg_type.h"
#include "catalog/pg_user_mapping.h"
#include "miscadmin.h"
#include "utils/acl.h"
#include "utils/array.h"
#include "utils/builtins.h"
#include "utils/memutils.h"

#include "compat.h"
#include "discovery/discovery.h"

PG_FUNCTION_INFO_V1(stormdisc_foreign_servers);

/* a wrapper, server, user mapping or foreign table */
typedef struct Foreign
{
	const char *key; /* unique, and the order of the rows */
	const char *type;
	Oid classid; /* InvalidOid: has no comment */
	Oid oid;
	const char *schema;
	const char *name;
	Oid wrapper;
	Oid server;
	const char *user;
	bool is_hidden; /* the names of its options are not for the caller */
	const char *server_type;
	const char *server_version;
	Oid handler;
	Oid validator;
	Oid connection;
	ArrayType *options;
	List *column_options; /* of ColumnOptions * */
	Oid owner;
} Foreign;

/* the options of one column of a foreign table */
typedef struct ColumnOptions
{
	AttrNumber number;
	const char *column;
	ArrayType *options;
} ColumnOptions;

/* the foreign table of a relation */
typedef struct TableEntry
{
	Oid relation; /* hash key */
	Foreign *foreign;
} TableEntry;

/* what is found, each Foreign * once */
typedef struct Found
{
	SdDiscovery *disc;
	List *objects;
	HTAB *tables;	/* of TableEntry */
	HTAB *wrappers; /* of ServerWrapper */
} Found;

/* the wrapper of a server, in scope or not */
typedef struct ServerWrapper
{
	Oid server; /* hash key */
	Oid wrapper;
	Oid owner;
} ServerWrapper;

static void emit_foreign_servers(SdDiscovery *disc);
static void read_tables(Found *found);
static void keep_wrapper(SdCatalog *cat, HeapTuple tuple, TupleDesc desc,
						 void *arg);
static void keep_server(SdCatalog *cat, HeapTuple tuple, TupleDesc desc,
						void *arg);
static bool may_see_options(Found *found, Form_pg_user_mapping mapping);
static void keep_mapping(SdCatalog *cat, HeapTuple tuple, TupleDesc desc,
						 void *arg);
static void keep_table(SdCatalog *cat, HeapTuple tuple, TupleDesc desc,
					   void *arg);
static void keep_column(SdCatalog *cat, HeapTuple tuple, TupleDesc desc,
						void *arg);
static void keep_server_wrapper(SdCatalog *cat, HeapTuple tuple, TupleDesc desc,
								void *arg);
static Foreign *add_foreign(Found *found, const char *type);
static ArrayType *options_of(HeapTuple tuple, TupleDesc desc,
							 AttrNumber column);
static const char *text_of(HeapTuple tuple, TupleDesc desc, AttrNumber column);
static Oid wrapper_of(Found *found, Oid server);
static void read_comments(Found *found, Oid classid);
static int compare_options(const void *a, const void *b);
static int compare_foreign(const ListCell *a, const ListCell *b);
static int compare_columns(const ListCell *a, const ListCell *b);
static void add_row(SdDiscovery *disc, void *object);
static int compare_options(const void *a, const void *b);
static void add_names(SdDiscovery *disc, ArrayType *options);
static void add_column_options(SdDiscovery *disc, Foreign *foreign);

const SdKind sd_kind_foreign_servers = {
	.name = "foreign_servers",
	.relkinds = "f",
	.not_served = "\"%s\" is not a foreign table",
	.left_out = "problem",
	.emit = emit_foreign_servers,
};

/*
 * stormdisc_foreign_servers(relation, schemas, include, exclude) -> setof row
 *		Report foreign data wrappers, servers, user mappings and tables.
 */
Datum
stormdisc_foreign_servers(PG_FUNCTION_ARGS)
{
	return sd_discovery_run(fcinfo, &sd_kind_foreign_servers);
}

static void
emit_foreign_servers(SdDiscovery *disc)
{
	SdCatalog *cat = disc->catalog;
	MemoryContext oldcontext = MemoryContextSwitchTo(cat->context);
	Found found = {.disc = disc};
	ListCell *lc;

	found.wrappers = sd_hash_create(cat, "stormdisc wrappers of servers",
									sizeof(Oid), sizeof(ServerWrapper));
	sd_scan_all(cat, ForeignServerRelationId, keep_server_wrapper, &found);
	sd_scan_all(cat, ForeignDataWrapperRelationId, keep_wrapper, &found);
	sd_scan_all(cat, ForeignServerRelationId, keep_server, &found);
	sd_scan_all(cat, UserMappingRelationId, keep_mapping, &found);
	read_tables(&found);
	read_comments(&found, ForeignDataWrapperRelationId);
	read_comments(&found, ForeignServerRelationId);
	read_comments(&found, RelationRelationId);
	list_sort(found.objects, compare_foreign);
	MemoryContextSwitchTo(oldcontext);

	foreach (lc, found.objects)
		sd_discovery_add(disc, add_row, lfirst(lc));
}

/* The foreign tables in scope, with the options of their columns. */
static void
read_tables(Found *found)
{
	SdCatalog *cat = found->disc->catalog;
	Oid *oids = palloc(sizeof(Oid) * (cat->nrelations + 1));
	int noids = 0;
	int position = 0;
	SdRelation *rel;

	found->tables = sd_hash_create(cat, "stormdisc foreign tables", sizeof(Oid),
								   sizeof(TableEntry));
	while ((rel = sd_discovery_next(found->disc, &position)) != NULL)
	{
		TableEntry *entry =
			hash_search(found->tables, &rel->oid, HASH_ENTER, NULL);
		Foreign *foreign = add_foreign(found, "foreign table");

		entry->foreign = foreign;
		foreign->classid = RelationRelationId;
		foreign->oid = rel->oid;
		foreign->schema = NameStr(rel->schema->name);
		foreign->name = NameStr(rel->name);
		foreign->owner = rel->owner;
		foreign->key =
			psprintf("foreign table %s", sd_relation_qualified_name(rel));
		oids[noids++] = rel->oid;
	}
	sd_scan_oids(cat, ForeignTableRelationId, ForeignTableRelidIndexId,
				 Anum_pg_foreign_table_ftrelid, noids, oids, keep_table, found);
	sd_scan_oids(cat, AttributeRelationId, AttributeRelidNumIndexId,
				 Anum_pg_attribute_attrelid, noids, oids, keep_column, found);
	pfree(oids);
}

static void
keep_wrapper(SdCatalog *cat, HeapTuple tuple, TupleDesc desc, void *arg)
{
	Form_pg_foreign_data_wrapper form =
		(Form_pg_foreign_data_wrapper) GETSTRUCT(tuple);
	Foreign *foreign;

	if (!sd_scope_has_object(cat, ForeignDataWrapperRelationId, form->oid,
							 InvalidOid, NameStr(form->fdwname)))
		return;
	foreign = add_foreign(arg, "wrapper");
	foreign->classid = ForeignDataWrapperRelationId;
	foreign->oid = form->oid;
	foreign->name = pstrdup(NameStr(form->fdwname));
	foreign->wrapper = form->oid;
	foreign->handler = form->fdwhandler;
	foreign->validator = form->fdwvalidator;
	foreign->connection = SD_WRAPPER_CONNECTION(form);
	foreign->owner = form->fdwowner;
	foreign->options =
		options_of(tuple, desc, Anum_pg_foreign_data_wrapper_fdwoptions);
	foreign->key = psprintf("wrapper %s", quote_identifier(foreign->name));
}

static void
keep_server(SdCatalog *cat, HeapTuple tuple, TupleDesc desc, void *arg)
{
	Form_pg_foreign_server form = (Form_pg_foreign_server) GETSTRUCT(tuple);
	Foreign *foreign;

	if (!sd_scope_has_object(cat, ForeignServerRelationId, form->oid,
							 InvalidOid, NameStr(form->srvname)))
		return;
	foreign = add_foreign(arg, "server");
	foreign->classid = ForeignServerRelationId;
	foreign->oid = form->oid;
	foreign->name = pstrdup(NameStr(form->srvname));
	foreign->wrapper = form->srvfdw;
	foreign->server = form->oid;
	foreign->owner = form->srvowner;
	foreign->server_type = text_of(tuple, desc, Anum_pg_foreign_server_srvtype);
	foreign->server_version =
		text_of(tuple, desc, Anum_pg_foreign_server_srvversion);
	foreign->options =
		options_of(tuple, desc, Anum_pg_foreign_server_srvoptions);
	foreign->key = psprintf("server %s", quote_identifier(foreign->name));
}

/* A user mapping has no name; it is in scope with its server. */
static void
keep_mapping(SdCatalog *cat, HeapTuple tuple, TupleDesc desc, void *arg)
{
	Form_pg_user_mapping form = (Form_pg_user_mapping) GETSTRUCT(tuple);
	const char *server =
		sd_catalog_name(cat, ForeignServerRelationId, form->umserver);
	Foreign *foreign;

	if (!sd_scope_has_object(cat, ForeignServerRelationId, form->umserver,
							 InvalidOid, server))
		return;
	foreign = add_foreign(arg, "user mapping");
	foreign->wrapper = wrapper_of(arg, form->umserver);
	foreign->server = form->umserver;
	foreign->user = OidIsValid(form->umuser)
						? sd_catalog_name(cat, AuthIdRelationId, form->umuser)
						: "public";
	foreign->is_hidden = !may_see_options(arg, form);
	foreign->options = options_of(tuple, desc, Anum_pg_user_mapping_umoptions);
	foreign->key =
		psprintf("user mapping %s on server %s",
				 quote_identifier(foreign->user), quote_identifier(server));
}

/* Would pg_user_mappings show the options of a mapping to the caller? */
static bool
may_see_options(Found *found, Form_pg_user_mapping mapping)
{
	ServerWrapper *server =
		hash_search(found->wrappers, &mapping->umserver, HASH_FIND, NULL);
	bool is_owner =
		server != NULL && has_privs_of_role(GetUserId(), server->owner);

	if (superuser())
		return true;
	if (!OidIsValid(mapping->umuser))
		return is_owner;

	return mapping->umuser == GetUserId() &&
		   (is_owner ||
			sd_foreign_server_aclcheck(mapping->umserver, GetUserId(),
									   ACL_USAGE) == ACLCHECK_OK);
}

static void
keep_table(SdCatalog *cat, HeapTuple tuple, TupleDesc desc, void *arg)
{
	Found *found = arg;
	Form_pg_foreign_table form = (Form_pg_foreign_table) GETSTRUCT(tuple);
	TableEntry *entry =
		hash_search(found->tables, &form->ftrelid, HASH_FIND, NULL);

	if (entry == NULL)
		return;
	entry->foreign->server = form->ftserver;
	entry->foreign->wrapper = wrapper_of(found, form->ftserver);
	entry->foreign->options =
		options_of(tuple, desc, Anum_pg_foreign_table_ftoptions);
}

static void
keep_column(SdCatalog *cat, HeapTuple tuple, TupleDesc desc, void *arg)
{
	Found *found = arg;
	Form_pg_attribute form = (Form_pg_attribute) GETSTRUCT(tuple);
	TableEntry *entry;
	ColumnOptions *column;

	if (heap_attisnull(tuple, Anum_pg_attribute_attfdwoptions, desc) ||
		form->attisdropped)
		return;
	entry = hash_search(found->tables, &form->attrelid, HASH_FIND, NULL);
	if (entry == NULL)
		return;
	column = palloc(sizeof(ColumnOptions));
	column->number = form->attnum;
	column->column = pstrdup(NameStr(form->attname));
	column->options = options_of(tuple, desc, Anum_pg_attribute_attfdwoptions);
	entry->foreign->column_options =
		lappend(entry->foreign->column_options, column);
}

static void
keep_server_wrapper(SdCatalog *cat, HeapTuple tuple, TupleDesc desc, void *arg)
{
	Found *found = arg;
	Form_pg_foreign_server form = (Form_pg_foreign_server) GETSTRUCT(tuple);
	ServerWrapper *server =
		hash_search(found->wrappers, &form->oid, HASH_ENTER, NULL);

	server->wrapper = form->srvfdw;
	server->owner = form->srvowner;
}

static Foreign *
add_foreign(Found *found, const char *type)
{
	Foreign *foreign = palloc0(sizeof(Foreign));

	foreign->type = type;
	found->objects = lappend(found->objects, foreign);

	return foreign;
}

/* Options by name: their order means nothing, and a dump sorts them. */
static ArrayType *
options_of(HeapTuple tuple, TupleDesc desc, AttrNumber column)
{
	bool isnull;
	Datum value = heap_getattr(tuple, column, desc, &isnull);
	Datum *members;
	int nmembers;

	if (isnull)
		return NULL;
	deconstruct_array(DatumGetArrayTypeP(value), TEXTOID, -1, false,
					  TYPALIGN_INT, &members, NULL, &nmembers);
	qsort(members, nmembers, sizeof(Datum), compare_options);

	return construct_array(members, nmembers, TEXTOID, -1, false, TYPALIGN_INT);
}

static int
compare_options(const void *a, const void *b)
{
	return strcmp(TextDatumGetCString(*(const Datum *) a),
				  TextDatumGetCString(*(const Datum *) b));
}

static const char *
text_of(HeapTuple tuple, TupleDesc desc, AttrNumber column)
{
	bool isnull;
	Datum value = heap_getattr(tuple, column, desc, &isnull);

	return isnull ? NULL : TextDatumGetCString(value);
}

/* The wrapper of any server. */
static Oid
wrapper_of(Found *found, Oid server)
{
	ServerWrapper *entry =
		hash_search(found->wrappers, &server, HASH_FIND, NULL);

	return entry != NULL ? entry->wrapper : InvalidOid;
}

static void
read_comments(Found *found, Oid classid)
{
	Oid *oids = palloc(sizeof(Oid) * (list_length(found->objects) + 1));
	int noids = 0;
	ListCell *lc;

	foreach (lc, found->objects)
	{
		Foreign *foreign = lfirst(lc);

		if (foreign->classid == classid)
			oids[noids++] = foreign->oid;
	}
	sd_catalog_read_comments(found->disc->catalog, classid, noids, oids);
	pfree(oids);
}

static int
compare_foreign(const ListCell *a, const ListCell *b)
{
	return strcmp(((Foreign *) lfirst(a))->key, ((Foreign *) lfirst(b))->key);
}

static int
compare_columns(const ListCell *a, const ListCell *b)
{
	return ((ColumnOptions *) lfirst(a))->number -
		   ((ColumnOptions *) lfirst(b))->number;
}

static void
add_row(SdDiscovery *disc, void *object)
{
	SdCatalog *cat = disc->catalog;
	Foreign *foreign = object;
	bool is_mapping = (foreign->user != NULL);

	sd_row_text(disc, foreign->schema);
	sd_row_text(disc, foreign->name);
	sd_row_text(disc, foreign->type);
	sd_row_text(disc, sd_catalog_name(cat, ForeignDataWrapperRelationId,
									  foreign->wrapper));
	sd_row_text(disc,
				sd_catalog_name(cat, ForeignServerRelationId, foreign->server));
	sd_row_text(disc, foreign->user);
	sd_row_text(disc, foreign->server_type);
	sd_row_text(disc, foreign->server_version);
	sd_row_qualified(disc, ProcedureRelationId, foreign->handler);
	sd_row_qualified(disc, ProcedureRelationId, foreign->validator);
	sd_row_qualified(disc, ProcedureRelationId, foreign->connection);
	/* a document is the same whoever asks */
	if (is_mapping && (foreign->is_hidden || disc->is_document))
		sd_row_null(disc);
	else if (is_mapping)
		add_names(disc, foreign->options);
	else
		sd_row_options(disc, foreign->options);
	add_column_options(disc, foreign);
	sd_row_owner(disc, foreign->owner);
	/* a document has a table's comment with the table */
	if (!OidIsValid(foreign->classid) ||
		(disc->is_document && foreign->classid == RelationRelationId))
		sd_row_null(disc);
	else
		sd_row_text(disc,
					sd_catalog_comment(cat, foreign->classid, foreign->oid, 0));
	sd_row_identity(disc, foreign->key);
	sd_row_end(disc, foreign->is_hidden && !disc->is_document
						 ? SD_PROBLEM_DENIED
						 : SD_PROBLEM_NONE);
}

/* The names of options, without their values. */
static void
add_names(SdDiscovery *disc, ArrayType *options)
{
	MemoryContext oldcontext = MemoryContextSwitchTo(disc->row_context);
	int count;
	char **names = sd_array_texts(options, &count);

	/* a name has no "=" in it; if it had, the rest would go as well */
	for (int i = 0; i < count; i++)
		names[i][strcspn(names[i], "=")] = '\0';
	sd_row_texts(disc, count, (const char *const *) names);
	MemoryContextSwitchTo(oldcontext);
}

/* column_options: "column: name=value", by column; NULL if not a table's */
static void
add_column_options(SdDiscovery *disc, Foreign *foreign)
{
	MemoryContext oldcontext;
	ArrayBuildState *state;
	ListCell *lc;

	if (foreign->classid != RelationRelationId)
	{
		sd_row_null(disc);
		return;
	}
	if (foreign->column_options == NIL)
	{
		sd_row_texts(disc, 0, NULL);
		return;
	}

	oldcontext = MemoryContextSwitchTo(disc->row_context);
	state = initArrayResult(TEXTOID, disc->row_context, false);
	list_sort(foreign->column_options, compare_columns);
	foreach (lc, foreign->column_options)
	{
		ColumnOptions *column = lfirst(lc);
		Datum *members;
		int nmembers;

		deconstruct_array(column->options, TEXTOID, -1, false, TYPALIGN_INT,
						  &members, NULL, &nmembers);
		for (int i = 0; i < nmembers; i++)
			accumArrayResult(state,
							 CStringGetTextDatum(psprintf(
								 "%s: %s", quote_identifier(column->column),
								 TextDatumGetCString(members[i]))),
							 false, TEXTOID, disc->row_context);
	}
	sd_row_datum(disc, makeArrayResult(state, disc->row_context));
	MemoryContextSwitchTo(oldcontext);
}
