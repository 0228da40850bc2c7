/*-------------------------------------------------------------------------
 *
 * ddl.c
 *	  stormdisc_ddl: the statements that make the objects in scope.
 *	  stormdisc_ddl_text: the same as one script.
 *	  stormdisc_document_ddl, stormdisc_document_ddl_text: the objects of a
 *	  document.
 *
 * All is a function of the document: nothing is read from the catalogs here.
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "catalog/namespace.h"
#include "funcapi.h"
#include "lib/stringinfo.h"
#include "miscadmin.h"
#include "parser/parse_func.h"
#include "utils/builtins.h"
#include "utils/lsyscache.h"
#include "utils/memutils.h"
#include "utils/tuplestore.h"

#include "model/ddl.h"
#include "model/document.h"

PG_FUNCTION_INFO_V1(stormdisc_ddl);
PG_FUNCTION_INFO_V1(stormdisc_ddl_text);
PG_FUNCTION_INFO_V1(stormdisc_document_ddl);
PG_FUNCTION_INFO_V1(stormdisc_document_ddl_text);

/* the argument after those of the scope */
#define ARG_OPTIONS 4

#define DDL_COLS 5

/* where the rows go */
typedef struct Rows
{
	Tuplestorestate *tuplestore;
	TupleDesc desc;
	int count;
} Rows;

/* where the script goes */
typedef struct Script
{
	StringInfoData text;
	const char *phase;
	const char *identity; /* of the statement before */
} Script;

/* in an order in which tables are there before their constraints */
static const SdDdlKind ddl_kinds[] = {
	{"schemas", sd_ddl_schema_object},
	{"extensions", sd_ddl_extension},
	{"languages", sd_ddl_language},
	{"access_methods", sd_ddl_access_method},
	{"types", sd_ddl_type},
	{"collations", sd_ddl_collation},
	{"conversions", sd_ddl_conversion},
	{"text_search", sd_ddl_text_search},
	{"functions", sd_ddl_function},
	{"operators", sd_ddl_operator},
	{"operator_classes", sd_ddl_operator_class},
	{"casts", sd_ddl_cast},
	{"transforms", sd_ddl_transform},
	{"foreign_servers", sd_ddl_foreign_server},
	{"sequences", sd_ddl_sequence},
	{"tables", sd_ddl_table},
	{"constraints", sd_ddl_constraint},
	{"indexes", sd_ddl_index},
	{"views", sd_ddl_view},
	{"column_options", sd_ddl_column_option},
	{"rules", sd_ddl_rule},
	{"triggers", sd_ddl_trigger},
	{"policies", sd_ddl_policy},
	{"statistics", sd_ddl_statistics},
	{"property_graphs", sd_ddl_property_graph},
	{"publications", sd_ddl_publication},
	{"subscriptions", sd_ddl_subscription},
	{"event_triggers", sd_ddl_event_trigger},
	{"privileges", sd_ddl_privileges},
	{"security_labels", sd_ddl_security_label},
	{"extension_dependencies", sd_ddl_extension_dependency},
};

/* names of SdDdlPhase */
static const char *const phases[] = {
	[SD_DDL_SETTINGS] = "settings",
	[SD_DDL_SCHEMAS] = "schemas",
	[SD_DDL_EXTENSIONS] = "extensions",
	[SD_DDL_LANGUAGES] = "languages",
	[SD_DDL_TYPES] = "types",
	[SD_DDL_FUNCTIONS] = "functions",
	[SD_DDL_OPERATORS] = "operators",
	[SD_DDL_TEXT_SEARCH] = "text search",
	[SD_DDL_FOREIGN_SERVERS] = "foreign servers",
	[SD_DDL_SEQUENCES] = "sequences",
	[SD_DDL_TABLES] = "tables",
	[SD_DDL_PARTITIONS] = "partitions",
	[SD_DDL_COLUMNS] = "columns",
	[SD_DDL_INDEXES] = "indexes",
	[SD_DDL_LATE_PARTITIONS] = "partitions",
	[SD_DDL_INDEX_PARTITIONS] = "index partitions",
	[SD_DDL_LATE_COLUMNS] = "columns",
	[SD_DDL_LATE_INDEXES] = "indexes",
	[SD_DDL_VIEWS] = "views",
	[SD_DDL_STATISTICS] = "statistics",
	[SD_DDL_FOREIGN_KEYS] = "foreign keys",
	[SD_DDL_TRIGGERS] = "triggers",
	[SD_DDL_REPLICATION] = "replication",
	[SD_DDL_PRIVILEGES] = "privileges",
	[SD_DDL_LABELS] = "labels",
	[SD_DDL_EVENT_TRIGGERS] = "event triggers",
	[SD_DDL_WARNINGS] = "warnings",
};

/* the settings under which the texts of a document mean what they meant */
static const char *const settings[] = {
	"SET search_path = pg_catalog",
	"SET check_function_bodies = off",
	"SET standard_conforming_strings = on",
	"SET DateStyle = 'ISO, MDY'",
	"SET IntervalStyle = postgres",
	"SET TimeZone = 'UTC'",
	"SET lc_monetary = 'C'",
	"SET xmloption = content",
	"SET row_security = off",
	"SET default_tablespace = ''",
	"SET default_table_access_method = heap",
};

static List *build_documents(FunctionCallInfo fcinfo);
static List *sequences_of(Jsonb *document);
static void return_rows(FunctionCallInfo fcinfo, List *documents,
						const SdDdlOptions *options);
static void put_row(void *arg, const char *phase, const char *kind,
					const char *identity, const char *statement);
static text *make_script(List *documents, const SdDdlOptions *options);
static void put_text(void *arg, const char *phase, const char *kind,
					 const char *identity, const char *statement);
static SdDdlOptions read_options(FunctionCallInfo fcinfo, int argument);
static void read_option(SdDdlOptions *options, const char *name,
						JsonbValue *value);
static void read_schema_map(SdSchemaMap *map, JsonbContainer *object);
static void check_document(Jsonb *document);
static int server_major(JsonbContainer *document);
static void add_objects(SdDdl *ddl, JsonbContainer *document,
						const SdDdlKind *kind);
static bool is_first(SdDdl *ddl, JsonbContainer *document, const char *kind,
					 const JsonbValue *key);
static void add_settings(SdDdl *ddl);
static void deliver(SdDdl *ddl, SdDdlNode *node, SdDdlHandler handler,
					void *arg);
static char *finished(SdDdl *ddl, SdDdlNode *node,
					  const SdDdlStatement *statement);
static char *in_block(const char *statement, const char *duplicate);
static bool has_object(void *arg, const char *schema, const char *name);

/*
 * stormdisc_ddl(relation, schemas, include, exclude, options) -> setof row
 *		The statements that make everything in scope, in order.
 */
Datum
stormdisc_ddl(PG_FUNCTION_ARGS)
{
	SdDdlOptions options = read_options(fcinfo, ARG_OPTIONS);

	return_rows(fcinfo, build_documents(fcinfo), &options);

	return (Datum) 0;
}

/*
 * stormdisc_ddl_text(relation, schemas, include, exclude, options) -> text
 *		The same as a script.
 */
Datum
stormdisc_ddl_text(PG_FUNCTION_ARGS)
{
	SdDdlOptions options = read_options(fcinfo, ARG_OPTIONS);

	PG_RETURN_TEXT_P(make_script(build_documents(fcinfo), &options));
}

/*
 * stormdisc_document_ddl(document, options) -> setof row
 *		The statements that make what a document describes, in order.
 */
Datum
stormdisc_document_ddl(PG_FUNCTION_ARGS)
{
	SdDdlOptions options;

	if (PG_ARGISNULL(0))
		ereport(ERROR, errcode(ERRCODE_NULL_VALUE_NOT_ALLOWED),
				errmsg("document must not be null"));
	options = read_options(fcinfo, 1);
	return_rows(fcinfo, list_make1(PG_GETARG_JSONB_P(0)), &options);

	return (Datum) 0;
}

/*
 * stormdisc_document_ddl_text(document, options) -> text
 *		The same as a script.
 */
Datum
stormdisc_document_ddl_text(PG_FUNCTION_ARGS)
{
	SdDdlOptions options;

	if (PG_ARGISNULL(0))
		ereport(ERROR, errcode(ERRCODE_NULL_VALUE_NOT_ALLOWED),
				errmsg("document must not be null"));
	options = read_options(fcinfo, 1);

	PG_RETURN_TEXT_P(make_script(list_make1(PG_GETARG_JSONB_P(0)), &options));
}

/*
 * A document of the scope: whole, or an error.  If that is one table, the
 * sequences of its columns are in documents of their own.
 */
static List *
build_documents(FunctionCallInfo fcinfo)
{
	SdScope scope = {0};
	SdDocumentOptions options = {0};
	List *documents;
	ListCell *lc;

	sd_discovery_scope(fcinfo, &scope);
	options.functions = get_func_namespace(fcinfo->flinfo->fn_oid);
	options.atomic = true;
	documents = list_make1(sd_document_build(&scope, &options));
	if (!scope.has_relation)
		return documents;

	foreach (lc, sequences_of(linitial(documents)))
	{
		SdScope of_sequence = {0};

		of_sequence.has_relation = true;
		of_sequence.relation = lfirst_oid(lc);
		documents =
			lappend(documents, sd_document_build(&of_sequence, &options));
	}

	return documents;
}

/* The sequences that belong to the columns of a document's tables. */
static List *
sequences_of(Jsonb *document)
{
	JsonbContainer *tables = sd_json_get_object(&document->root, "tables");
	List *sequences = NIL;
	SdJsonWalk walk;
	JsonbValue key;
	JsonbValue value;

	if (tables == NULL)
		return NIL;
	sd_json_walk(&walk, tables);
	while (sd_json_next_member(&walk, &key, &value))
	{
		JsonbContainer *table = sd_json_as_object(&value);
		JsonbContainer *columns = sd_json_get_array(table, "columns");
		bool is_partition = sd_json_get_bool(table, "is_partition");
		SdJsonWalk column_walk;

		if (columns == NULL)
			continue;
		sd_json_walk(&column_walk, columns);
		while (sd_json_next_element(&column_walk, &value))
		{
			JsonbContainer *column = sd_json_as_object(&value);
			char *schema = sd_json_get_text(column, "sequence_schema");
			char *name = sd_json_get_text(column, "sequence_name");
			Oid oid;

			/* a partition's identity column has its root's */
			if (name == NULL || schema == NULL ||
				(is_partition && sd_json_get_text(column, "identity") != NULL))
				continue;
			oid = get_relname_relid(name, get_namespace_oid(schema, true));
			if (OidIsValid(oid))
				sequences = lappend_oid(sequences, oid);
		}
	}

	return sequences;
}

static void
return_rows(FunctionCallInfo fcinfo, List *documents,
			const SdDdlOptions *options)
{
	Rows rows = {0};
	ReturnSetInfo *rsinfo;

	InitMaterializedSRF(fcinfo, 0);
	rsinfo = (ReturnSetInfo *) fcinfo->resultinfo;
	rows.tuplestore = rsinfo->setResult;
	rows.desc = rsinfo->setDesc;
	Assert(rows.desc->natts == DDL_COLS);
	sd_ddl_run(documents, options, put_row, &rows);
}

static void
put_row(void *arg, const char *phase, const char *kind, const char *identity,
		const char *statement)
{
	Rows *rows = arg;
	Datum values[DDL_COLS];
	bool nulls[DDL_COLS] = {0};

	values[0] = Int32GetDatum(++rows->count);
	values[1] = CStringGetTextDatum(phase);
	values[2] = CStringGetTextDatum(kind);
	values[3] = CStringGetTextDatum(identity);
	values[4] = CStringGetTextDatum(statement);
	tuplestore_putvalues(rows->tuplestore, rows->desc, values, nulls);
}

static text *
make_script(List *documents, const SdDdlOptions *options)
{
	Script script = {0};

	initStringInfo(&script.text);
	sd_ddl_run(documents, options, put_text, &script);

	return cstring_to_text_with_len(script.text.data, script.text.len);
}

static void
put_text(void *arg, const char *phase, const char *kind, const char *identity,
		 const char *statement)
{
	Script *script = arg;

	if (script->phase != phase)
		appendStringInfo(&script->text, "%s-- %s\n\n",
						 script->phase != NULL ? "\n" : "", phase);
	else if (sd_ddl_compare(script->identity, identity) != 0)
		appendStringInfoChar(&script->text, '\n');
	script->phase = phase;
	script->identity = identity;
	appendStringInfo(&script->text, "%s\n", statement);
}

/* The argument "options": an object, or NULL. */
static SdDdlOptions
read_options(FunctionCallInfo fcinfo, int argument)
{
	SdDdlOptions options = {0};
	Jsonb *object;
	SdJsonWalk walk;
	JsonbValue key;
	JsonbValue value;

	if (PG_ARGISNULL(argument))
		return options;
	object = PG_GETARG_JSONB_P(argument);
	if (!JB_ROOT_IS_OBJECT(object))
		ereport(ERROR, errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				errmsg("options must be an object"),
				errhint("For example: {\"no_owner\": true}."));

	sd_json_walk(&walk, &object->root);
	while (sd_json_next_member(&walk, &key, &value))
		read_option(&options, sd_json_as_text(&key), &value);

	return options;
}

static void
read_option(SdDdlOptions *options, const char *name, JsonbValue *value)
{
	bool *flag = NULL;

	if (sd_ddl_compare(name, "schemas") == 0)
	{
		JsonbContainer *object = sd_json_as_object(value);

		if (object == NULL)
			ereport(ERROR, errcode(ERRCODE_INVALID_PARAMETER_VALUE),
					errmsg("option \"schemas\" must be an object"),
					errhint("For example: {\"schemas\": {\"app\": "
							"\"app_copy\"}}."));
		read_schema_map(&options->schemas, object);
		return;
	}

	if (sd_ddl_compare(name, "if_not_exists") == 0)
		flag = &options->if_not_exists;
	else if (sd_ddl_compare(name, "no_owner") == 0)
		flag = &options->no_owner;
	else if (sd_ddl_compare(name, "no_privileges") == 0)
		flag = &options->no_privileges;
	else if (sd_ddl_compare(name, "no_comments") == 0)
		flag = &options->no_comments;
	if (flag == NULL)
		ereport(ERROR, errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				errmsg("unrecognized option: \"%s\"", name),
				errhint("Available options: if_not_exists, no_owner, "
						"no_privileges, no_comments, schemas."));
	if (value->type != jbvBool)
		ereport(ERROR, errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				errmsg("option \"%s\" must be true or false", name));
	*flag = value->val.boolean;
}

static void
read_schema_map(SdSchemaMap *map, JsonbContainer *object)
{
	int count = JsonContainerSize(object);
	SdJsonWalk walk;
	JsonbValue key;
	JsonbValue value;

	map->from = palloc(sizeof(char *) * (count + 1));
	map->to = palloc(sizeof(char *) * (count + 1));
	sd_json_walk(&walk, object);
	while (sd_json_next_member(&walk, &key, &value))
	{
		const char *from = sd_json_as_text(&key);
		const char *to = sd_json_as_text(&value);

		if (to == NULL || to[0] == '\0' || from[0] == '\0' ||
			strlen(to) >= NAMEDATALEN)
			ereport(ERROR, errcode(ERRCODE_INVALID_PARAMETER_VALUE),
					errmsg("schema \"%s\" cannot be renamed", from),
					errdetail("The other name must be a string of 1 to %d "
							  "bytes.",
							  NAMEDATALEN - 1));
		for (int i = 0; i < map->count; i++)
		{
			if (sd_ddl_compare(map->to[i], to) == 0)
				ereport(ERROR, errcode(ERRCODE_INVALID_PARAMETER_VALUE),
						errmsg("schemas \"%s\" and \"%s\" cannot both be "
							   "renamed to \"%s\"",
							   map->from[i], from, to));
		}
		map->from[map->count] = from;
		map->to[map->count++] = to;
	}
}

/*
 * sd_ddl_run
 *		Hand each statement of the documents' DDL to the handler, in order.
 *
 * Of an object that several have the first one's counts.  Raises 22023 if one
 * is not a document, and 0A000 if it is of another format.
 */
void
sd_ddl_run(List *documents, const SdDdlOptions *options, SdDdlHandler handler,
		   void *arg)
{
	MemoryContext context = AllocSetContextCreate(
		CurrentMemoryContext, "stormdisc DDL", ALLOCSET_DEFAULT_SIZES);
	MemoryContext statement_context = AllocSetContextCreate(
		context, "stormdisc DDL statement", ALLOCSET_DEFAULT_SIZES);
	MemoryContext oldcontext;
	SdDdl *ddl;
	int level = sd_settings_pin();
	ListCell *lc;

	foreach (lc, documents)
		check_document(lfirst(lc));
	oldcontext = MemoryContextSwitchTo(context);
	ddl = sd_ddl_build(documents, options);
	foreach (lc, sd_ddl_order(ddl))
	{
		SdDdlNode *node = lfirst(lc);

		CHECK_FOR_INTERRUPTS();
		sd_ddl_compose(node);
		MemoryContextSwitchTo(statement_context);
		deliver(ddl, node, handler, arg);
		MemoryContextSwitchTo(context);
		MemoryContextReset(statement_context);
	}
	MemoryContextSwitchTo(oldcontext);
	MemoryContextDelete(context);
	sd_settings_restore(level);
}

/*
 * sd_ddl_build
 *		The nodes of all that the documents have, in no order yet.
 *
 * They are in the current memory context.  Settings must be pinned, because
 * they say how names are quoted.
 */
SdDdl *
sd_ddl_build(List *documents, const SdDdlOptions *options)
{
	SdDdl *ddl = palloc0(sizeof(SdDdl));
	ListCell *lc;

	ddl->context = CurrentMemoryContext;
	ddl->options = *options;
	ddl->options.schemas.has_object = has_object;
	ddl->options.schemas.arg = ddl;
	ddl->documents = documents;
	ddl->version = server_major(&((Jsonb *) linitial(documents))->root);
	sd_ddl_make_tables(ddl);

	add_settings(ddl);
	for (int i = 0; i < lengthof(ddl_kinds); i++)
	{
		foreach (lc, documents)
			add_objects(ddl, &((Jsonb *) lfirst(lc))->root, &ddl_kinds[i]);
	}

	return ddl;
}

static void
check_document(Jsonb *document)
{
	int64 format;

	if (!JB_ROOT_IS_OBJECT(document) ||
		!sd_json_get_int64(&document->root, "format", &format))
		ereport(ERROR, errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				errmsg("this is not a document of a schema"),
				errhint("The document must be one that stormdisc_schema() has "
						"returned."));
	if (format != SD_DOCUMENT_FORMAT)
		ereport(ERROR, errcode(ERRCODE_FEATURE_NOT_SUPPORTED),
				errmsg("document is of a format that is not supported"),
				errdetail("It is of format " INT64_FORMAT
						  ", and documents of format %d are.",
						  format, SD_DOCUMENT_FORMAT));
	if (!sd_ddl_flag(&document->root, "consistent", true))
		ereport(WARNING, errmsg("document is not whole"),
				errdetail("Some objects could not be read when it was made; "
						  "its warnings say which."));
}

/* The major version of the server that the document is from. */
static int
server_major(JsonbContainer *document)
{
	char *version = sd_json_get_text(document, "server_version");

	return version != NULL ? atoi(version) : PG_MAJORVERSION_NUM;
}

static void
add_objects(SdDdl *ddl, JsonbContainer *document, const SdDdlKind *kind)
{
	JsonbValue objects;
	JsonbContainer *container;
	SdJsonWalk walk;
	JsonbValue key;
	JsonbValue value;

	if (!sd_json_get(document, kind->name, &objects))
		return;
	container = sd_json_as_object(&objects);
	if (container == NULL)
		ereport(ERROR, errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				errmsg("\"%s\" of the document is not an object", kind->name));

	sd_json_walk(&walk, container);
	while (sd_json_next_member(&walk, &key, &value))
	{
		JsonbContainer *object = sd_json_as_object(&value);

		CHECK_FOR_INTERRUPTS();
		ddl->kind = kind->name;
		ddl->identity = sd_json_as_text(&key);
		/* privileges are a list */
		if (object == NULL && kind->emit == sd_ddl_privileges)
			object = sd_json_as_array(&value);
		if (object == NULL || (kind->emit == sd_ddl_privileges &&
							   sd_json_as_array(&value) == NULL))
			ereport(ERROR, errcode(ERRCODE_INVALID_PARAMETER_VALUE),
					errmsg("\"%s\" in \"%s\" of the document is not what it "
						   "should be",
						   ddl->identity, kind->name));
		if (list_length(ddl->documents) == 1 ||
			is_first(ddl, document, kind->name, &key))
			kind->emit(ddl, object);
	}
}

/* Has no document before this one an object of this name? */
static bool
is_first(SdDdl *ddl, JsonbContainer *document, const char *kind,
		 const JsonbValue *key)
{
	ListCell *lc;

	foreach (lc, ddl->documents)
	{
		JsonbContainer *other = &((Jsonb *) lfirst(lc))->root;
		JsonbContainer *objects;
		JsonbValue value;

		if (other == document)
			break;
		objects = sd_json_get_object(other, kind);
		if (objects != NULL &&
			sd_json_get(objects, sd_json_as_text(key), &value))
			return false;
	}

	return true;
}

static void
add_settings(SdDdl *ddl)
{
	ddl->kind = "settings";
	ddl->identity = "";
	for (int i = 0; i < lengthof(settings); i++)
	{
		SdDdlNode *node = sd_ddl_node(ddl, SD_DDL_SETTINGS);

		sd_ddl_statement(node, "%s", settings[i]);
	}
}

/* sd_ddl_compose: Make the first statement of a table or domain of its items.
 */
void
sd_ddl_compose(SdDdlNode *node)
{
	SdDdlStatement *statement;
	bool is_table = node->phase == SD_DDL_TABLES;
	StringInfoData text;
	int count = 0;
	ListCell *lc;

	if (node->head == NULL)
		return;
	initStringInfo(&text);
	appendStringInfoString(&text, node->head);
	foreach (lc, node->items)
	{
		SdDdlItem *item = lfirst(lc);

		if (item->head == NULL && item->is_later)
			continue;
		if (count++ > 0)
			appendStringInfoString(&text, node->separator);
		else
			appendStringInfoString(&text, is_table ? " (\n    " : "\n    ");
		if (item->head != NULL)
			appendStringInfoString(&text, item->head);
		if (item->soft != NULL && !item->is_later)
			appendStringInfoString(&text, item->soft);
		if (item->tail != NULL)
			appendStringInfoString(&text, item->tail);
	}
	if (is_table && count > 0)
		appendStringInfoString(&text, "\n)");
	else if (node->empty != NULL)
		appendStringInfoString(&text, node->empty);
	if (node->tail != NULL)
		appendStringInfoString(&text, node->tail);

	statement = palloc0(sizeof(SdDdlStatement));
	statement->text = text.data;
	statement->duplicate = node->duplicate;
	node->statements = lcons(statement, node->statements);
}

static void
deliver(SdDdl *ddl, SdDdlNode *node, SdDdlHandler handler, void *arg)
{
	ListCell *lc;

	foreach (lc, node->statements)
		handler(arg, phases[node->phase], node->kind, node->identity,
				finished(ddl, node, lfirst(lc)));
}

/* With other names for schemas, the semicolon, and what makes it repeatable. */
static char *
finished(SdDdl *ddl, SdDdlNode *node, const SdDdlStatement *statement)
{
	char *text = statement->text;

	if (node->phase == SD_DDL_WARNINGS)
		return text;
	if (ddl->options.schemas.count > 0)
		text = sd_sql_map_schemas(text, &ddl->options.schemas);
	if (ddl->options.if_not_exists && statement->duplicate != NULL)
		return in_block(text, statement->duplicate);

	return psprintf("%s;", text);
}

/* A block that runs the statement and does not mind if it is there already. */
static char *
in_block(const char *statement, const char *duplicate)
{
	const char *tag = "$ddl$";

	for (int i = 0; strstr(statement, tag) != NULL; i++)
		tag = psprintf("$ddl_%d$", i);

	return psprintf("DO %s\nBEGIN\n%s;\nEXCEPTION WHEN %s THEN NULL;\nEND\n%s;",
					tag, statement, duplicate, tag);
}

/* Does the document have an object of this name? */
static bool
has_object(void *arg, const char *schema, const char *name)
{
	char key[SD_DDL_KEY_SIZE];

	sd_ddl_key(key, schema, name);

	return sd_ddl_providers(arg, key) != NIL;
}
