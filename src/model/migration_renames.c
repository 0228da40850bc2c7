/*-------------------------------------------------------------------------
 *
 * migration_renames.c
 *	  What gets another name in a migration, because the caller says so.
 *
 * The statements that rename come first.  The old document is then what the
 * server would have after them, and everything else is found out against that
 * one: names in texts follow as they do in the server, and so do the columns of
 * children, the indexes of constraints and what else has its name from
 * elsewhere.
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "common/hashfn.h"
#include "miscadmin.h"
#include "utils/builtins.h"
#include "utils/memutils.h"

#include "model/migration_families.h"
#include "model/migration_renames.h"

static const SdRenamedKind kinds[] = {
	{"schemas", SD_SPACE_PLAIN, "schema_name"},
	{"types", SD_SPACE_RELATIONS, "type_name"},
	{"tables", SD_SPACE_RELATIONS, "table_name"},
	{"views", SD_SPACE_RELATIONS, "view_name"},
	{"sequences", SD_SPACE_RELATIONS, "sequence_name"},
	{"indexes", SD_SPACE_RELATIONS, "index_name"},
	{"functions", SD_SPACE_FUNCTIONS, "function_name"},
	{"columns", SD_SPACE_COLUMNS, "column_name"},
	{"constraints", SD_SPACE_TABLE, "constraint_name"},
	{"triggers", SD_SPACE_TABLE, "trigger_name"},
	{"rules", SD_SPACE_TABLE, "rule_name"},
	{"policies", SD_SPACE_TABLE, "policy_name"},
	{"statistics", SD_SPACE_SCHEMA, "statistics_name"},
	{"publications", SD_SPACE_PLAIN, "publication_name"},
	{"subscriptions", SD_SPACE_PLAIN, "subscription_name"},
	{"event_triggers", SD_SPACE_PLAIN, "trigger_name"},
};

#define KIND_NAMES                                                             \
	"schemas, types, tables, views, sequences, indexes, functions, columns, "  \
	"constraints, triggers, rules, policies, statistics, publications, "       \
	"subscriptions, event_triggers"

/* anything by a text */
typedef struct Cell
{
	char *key;
	void *value;
	struct Cell *next;
} Cell;

typedef struct Entry
{
	uint64 hash; /* hash key */
	Cell *cells;
} Entry;

static void put(SdRenames *renames, char what, const char *a, const char *b,
				void *value);
static uint64 key_hash(SdRenames *renames, char what, const char *a,
					   const char *b);
static void read_renames(SdRenames *renames, JsonbContainer *option);
static void read_rename(SdRenames *renames, const char *kind, const char *from,
						const char *to);
static void no_such_object(const char *kind, const char *identity,
						   const char *document);
static void bad_target(const SdRename *rename, const char *detail);
static JsonbContainer *find_relation(JsonbContainer *root, const char *identity,
									 const char **kind);
static void enter_schemas(SdRenames *renames);
static const char *schema_now(SdRenames *renames, const char *schema);
static const char *schema_before(SdRenames *renames, const char *schema);
static void enter_relations(SdRenames *renames);
static void enter_relation(SdRenames *renames, SdRename *rename);
static void enter_followers(SdRenames *renames);
static void follow_table(SdRenames *renames, const char *kind,
						 const char *schema_key, const char *table_key);
static const char *schema_of_table(SdRenames *renames, const char *schema,
								   const char *table);
static void enter_functions(SdRenames *renames);
static void enter_others(SdRenames *renames);
static void find_children(SdRenames *renames);
static void add_child(SdRenames *renames, JsonbContainer *table,
					  const char *schema, const char *name);
static void enter_columns(SdRenames *renames);
static void rename_column(SdRenames *renames, const char *schema,
						  const char *table, const char *from, const char *to);
static void enter_descendants(SdRenames *renames, SdRename *rename);
static void enter_index(SdRenames *renames, SdRename *rename);
static SdRename *imply(SdRenames *renames, const char *kind,
					   JsonbContainer *object, const char *from,
					   const char *to);
static bool is_inherited(const SdRename *rename);
static void check_inherited(SdRenames *renames);
static void check_columns(SdRenames *renames);
static int count_parents(SdRenames *renames, JsonbContainer *table,
						 const char *column);
static void check_targets(SdRenames *renames);
static bool is_free(SdRenames *renames, SdRename *rename);
static bool was_there(SdRenames *renames, SdRename *rename, const char *kind,
					  const char *identity);
static const char *table_now(SdRenames *renames, const char *table);
static bool find_relation_name(void *arg, const char *schema, const char *name,
							   const char **to_schema, const char **to_name);
static bool find_function_name(void *arg, const char *schema, const char *name,
							   const char **to_schema, const char **to_name);
static SdRenamedRelation *find_touched(void *arg, const char *schema,
									   const char *name);
static bool has_column(void *arg, const char *name);
static SdRenamedRelation *touch(SdRenames *renames, const char *schema,
								const char *name);
static JsonbContainer *column_of(JsonbContainer *table, const char *name);
static bool is_change(const SdRename *rename);
static void make_statements(SdRenames *renames);
static const char *place_now(SdRenames *renames, const SdRename *rename);
static SdRename *in_the_way(SdRenames *renames, SdRename *rename);
static void give_name(SdRenames *renames, SdRename *rename, const char *name);
static bool is_taken(SdRenames *renames, SdRename *rename, const char *schema,
					 const char *name);
static void go_to_schema(SdRenames *renames, SdRename *rename);
static void finish_rename(SdRenames *renames, SdRename *rename);
static const char *spare_name(SdRenames *renames, SdRename *rename);
static const char *statement_name(SdRenames *renames, const SdRename *rename,
								  const char **what);
static void add_statement(SdRenames *renames, SdRename *rename,
						  const char *statement, const char *why);

/*
 * sd_migration_rename
 *		Check what the option says, add the statements, and take the document
 *		that there is after these for the old one.
 */
void
sd_migration_rename(SdMigration *migration)
{
	SdRenames renames = {0};
	HASHCTL control = {0};

	control.keysize = sizeof(uint64);
	control.entrysize = sizeof(Entry);
	control.hcxt = CurrentMemoryContext;
	renames.migration = migration;
	renames.old_root = &migration->documents[0]->root;
	renames.new_root = &migration->documents[1]->root;
	renames.names = hash_create("stormdisc renames", 256, &control,
								HASH_ELEM | HASH_BLOBS | HASH_CONTEXT);
	initStringInfo(&renames.key);
	renames.map.find_relation = find_relation_name;
	renames.map.find_function = find_function_name;
	renames.map.arg = &renames;
	renames.touched.find = find_touched;
	renames.touched.has_column = has_column;
	renames.touched.arg = &renames;

	read_renames(&renames, migration->options.renames);
	enter_schemas(&renames);
	enter_relations(&renames);
	enter_functions(&renames);
	enter_columns(&renames);
	enter_others(&renames);
	check_inherited(&renames);
	check_targets(&renames);
	make_statements(&renames);
	migration->documents[0] = sd_renamed_document(&renames);
}

/*
 * sd_renames_get
 *		What put() has kept under the two texts, or NULL.
 */
void *
sd_renames_get(SdRenames *renames, char what, const char *a, const char *b)
{
	uint64 hash = key_hash(renames, what, a, b);
	Entry *entry = hash_search(renames->names, &hash, HASH_FIND, NULL);

	for (Cell *cell = entry != NULL ? entry->cells : NULL; cell != NULL;
		 cell = cell->next)
	{
		if (strcmp(cell->key, renames->key.data) == 0)
			return cell->value;
	}

	return NULL;
}

static void
put(SdRenames *renames, char what, const char *a, const char *b, void *value)
{
	uint64 hash = key_hash(renames, what, a, b);
	bool known;
	Entry *entry = hash_search(renames->names, &hash, HASH_ENTER, &known);
	Cell *cell;

	if (!known)
		entry->cells = NULL;
	for (cell = entry->cells; cell != NULL; cell = cell->next)
	{
		if (strcmp(cell->key, renames->key.data) == 0)
		{
			cell->value = value;
			return;
		}
	}
	cell = palloc(sizeof(Cell));
	cell->key = pstrdup(renames->key.data);
	cell->value = value;
	cell->next = entry->cells;
	entry->cells = cell;
}

static uint64
key_hash(SdRenames *renames, char what, const char *a, const char *b)
{
	resetStringInfo(&renames->key);
	appendStringInfo(&renames->key, "%c%s\n%s", what, a, b != NULL ? b : "");

	return hash_bytes_extended((const unsigned char *) renames->key.data,
							   renames->key.len, 0);
}

static void
read_renames(SdRenames *renames, JsonbContainer *option)
{
	SdJsonWalk walk;
	JsonbValue key;
	JsonbValue value;

	sd_json_walk(&walk, option);
	while (sd_json_next_member(&walk, &key, &value))
	{
		const char *kind = sd_json_as_text(&key);
		SdJsonWalk object_walk;
		JsonbValue from;
		JsonbValue to;

		if (sd_json_as_object(&value) == NULL)
			ereport(ERROR, errcode(ERRCODE_INVALID_PARAMETER_VALUE),
					errmsg("\"%s\" in option \"%s\" must be an object", kind,
						   "renames"),
					errhint("For example: {\"tables\": {\"app.a\": "
							"\"app.b\"}}."));
		if (sd_kind_word(kind, strlen(kind)) == NULL)
			ereport(ERROR, errcode(ERRCODE_INVALID_PARAMETER_VALUE),
					errmsg("unrecognized kind of object: \"%s\"", kind),
					errhint("What can be renamed: " KIND_NAMES "."));
		sd_json_walk(&object_walk, sd_json_as_object(&value));
		while (sd_json_next_member(&object_walk, &from, &to))
		{
			CHECK_FOR_INTERRUPTS();
			if (to.type != jbvString)
				ereport(ERROR, errcode(ERRCODE_INVALID_PARAMETER_VALUE),
						errmsg("new name of \"%s\" in option \"%s\" must be a "
							   "string",
							   sd_json_as_text(&from), "renames"));
			read_rename(renames, kind, sd_json_as_text(&from),
						sd_json_as_text(&to));
		}
	}
}

/*
 * sd_renames_kind
 *		A kind of objects that can be renamed, or NULL.
 */
const SdRenamedKind *
sd_renames_kind(const char *name)
{
	static const SdRenamedKind other = {NULL, SD_SPACE_NONE, NULL};

	for (int i = 0; i < lengthof(kinds); i++)
	{
		if (strcmp(kinds[i].kind, name) == 0)
			return &kinds[i];
	}

	return &other;
}

/* One of them: is it there, and of which parts are its names? */
static void
read_rename(SdRenames *renames, const char *kind, const char *from,
			const char *to)
{
	SdRename *rename = palloc0(sizeof(SdRename));
	List *names = sd_sql_identifiers(from);
	List *to_names = sd_sql_identifiers(to);
	int nparts;

	rename->kind = sd_renames_kind(kind);
	rename->object_kind = pstrdup(kind);
	rename->from = from;
	rename->to = to;
	renames->members = lappend(renames->members, rename);
	if (rename->kind->space == SD_SPACE_NONE)
	{
		rename->is_implied = true;
		return;
	}

	nparts = rename->kind->space == SD_SPACE_PLAIN ? 1
			 : rename->kind->space == SD_SPACE_TABLE ||
					 rename->kind->space == SD_SPACE_COLUMNS
				 ? 3
				 : 2;
	if (list_length(names) != nparts)
		no_such_object(kind, from, "old_schema");
	rename->schema = linitial(names);
	rename->name = llast(names);
	if (nparts == 3)
		rename->table =
			quote_qualified_identifier(linitial(names), lsecond(names));
	if (rename->kind->space == SD_SPACE_COLUMNS)
	{
		rename->object = find_relation(renames->old_root, rename->table,
									   &rename->object_kind);
		if (rename->object == NULL ||
			column_of(rename->object, rename->name) == NULL)
			no_such_object(kind, from, "old_schema");
		/* hints are the bare name */
		rename->to_name = list_length(to_names) == 3 ? llast(to_names) : to;
		rename->to_schema = rename->schema;
		return;
	}
	rename->object = sd_renames_find_object(renames->old_root, kind, from);
	if (rename->object == NULL)
		no_such_object(kind, from, "old_schema");
	if (sd_renames_find_object(renames->new_root, kind, to) == NULL)
		no_such_object(kind, to, "new_schema");
	if (list_length(to_names) != nparts)
		no_such_object(kind, to, "new_schema");
	rename->to_schema = linitial(to_names);
	rename->to_name = llast(to_names);
}

static void
no_such_object(const char *kind, const char *identity, const char *document)
{
	ereport(ERROR, errcode(ERRCODE_UNDEFINED_OBJECT),
			errmsg("\"%s\" in option \"%s\" is not in \"%s\" of %s", identity,
				   "renames", kind, document),
			errhint("Objects are named as in column \"identity\" of "
					"stormdisc_diff(), columns with their table."));
}

static void
bad_target(const SdRename *rename, const char *detail)
{
	ereport(ERROR, errcode(ERRCODE_INVALID_PARAMETER_VALUE),
			errmsg("%s cannot be renamed to %s", rename->from, rename->to),
			errdetail("%s", detail));
}

/*
 * sd_renames_find_object
 *		An object of a document, or NULL.
 */
JsonbContainer *
sd_renames_find_object(JsonbContainer *root, const char *kind,
					   const char *identity)
{
	JsonbContainer *objects = sd_json_get_object(root, kind);
	JsonbValue value;

	if (objects == NULL || !sd_json_get(objects, identity, &value))
		return NULL;

	return sd_json_as_object(&value);
}

/* A table or view. */
static JsonbContainer *
find_relation(JsonbContainer *root, const char *identity, const char **kind)
{
	JsonbContainer *object =
		sd_renames_find_object(root, *kind = "tables", identity);

	if (object == NULL)
		object = sd_renames_find_object(root, *kind = "views", identity);

	return object;
}

static void
enter_schemas(SdRenames *renames)
{
	SdSchemaMap *map = &renames->map;
	ListCell *lc;

	map->from = palloc(sizeof(char *) * (list_length(renames->members) + 1));
	map->to = palloc(sizeof(char *) * (list_length(renames->members) + 1));
	foreach (lc, renames->members)
	{
		SdRename *rename = lfirst(lc);

		if (rename->kind->space != SD_SPACE_PLAIN)
			continue;
		put(renames, SD_RENAMES_OBJECT, rename->kind->kind, rename->from,
			rename);
		if (strcmp(rename->kind->kind, "schemas") != 0 || !is_change(rename))
			continue;
		map->from[map->count] = rename->name;
		map->to[map->count++] = rename->to_name;
	}
}

static const char *
schema_now(SdRenames *renames, const char *schema)
{
	const char *to = sd_schema_map_find(&renames->map, schema);

	return to != NULL ? to : schema;
}

/* The schema that gets this name. */
static const char *
schema_before(SdRenames *renames, const char *schema)
{
	for (int i = 0; i < renames->map.count; i++)
	{
		if (strcmp(renames->map.to[i], schema) == 0)
			return renames->map.from[i];
	}

	return schema;
}

/* Tables and views first: indexes and sequences go where their table goes. */
static void
enter_relations(SdRenames *renames)
{
	ListCell *lc;

	for (int pass = 0; pass < 2; pass++)
	{
		foreach (lc, renames->members)
		{
			SdRename *rename = lfirst(lc);
			bool is_table = strcmp(rename->object_kind, "tables") == 0 ||
							strcmp(rename->object_kind, "views") == 0;

			if (rename->kind->space == SD_SPACE_RELATIONS &&
				is_table == (pass == 0))
				enter_relation(renames, rename);
		}
		if (pass == 0)
			enter_followers(renames);
	}
}

static void
enter_relation(SdRenames *renames, SdRename *rename)
{
	SdRename *implied = sd_renames_get(renames, SD_RENAMES_OBJECT,
									   rename->kind->kind, rename->from);
	const char *table = NULL;
	const char *schema = rename->schema;

	if (strcmp(rename->kind->kind, "indexes") == 0)
		table = sd_json_get_text(rename->object, "table_name");
	else if (strcmp(rename->kind->kind, "sequences") == 0 &&
			 sd_json_get_text(rename->object, "owner_column") != NULL)
	{
		schema = sd_json_get_text(rename->object, "owner_schema");
		table = sd_json_get_text(rename->object, "owner_table");
	}
	if (schema == NULL)
		sd_migration_malformed(rename->kind->kind, rename->from);
	rename->schema_now = schema_of_table(renames, schema, table);
	if (table != NULL && strcmp(rename->schema_now, rename->to_schema) != 0)
		bad_target(rename, "It is in the schema of its table.");
	/* the server has done a part of it */
	if (implied != NULL)
		implied->is_implied = true;
	put(renames, SD_RENAMES_OBJECT, rename->kind->kind, rename->from, rename);
	put(renames, SD_RENAMES_RELATION, rename->schema, rename->name, rename);
	if (strcmp(rename->name, rename->to_name) != 0 &&
		(strcmp(rename->kind->kind, "tables") == 0 ||
		 strcmp(rename->kind->kind, "views") == 0))
		touch(renames, rename->schema, rename->name)->to = rename->to_name;
}

/* Indexes and owned sequences are where their table is. */
static void
enter_followers(SdRenames *renames)
{
	bool is_needed = false;
	ListCell *lc;

	foreach (lc, renames->members)
	{
		SdRename *rename = lfirst(lc);

		is_needed |= rename->kind->space == SD_SPACE_RELATIONS &&
					 strcmp(rename->to_schema, rename->schema_now != NULL
												   ? rename->schema_now
												   : rename->to_schema) != 0;
	}
	if (!is_needed)
		return;
	follow_table(renames, "indexes", "schema_name", "table_name");
	follow_table(renames, "sequences", "owner_schema", "owner_table");
}

static void
follow_table(SdRenames *renames, const char *kind, const char *schema_key,
			 const char *table_key)
{
	JsonbContainer *objects = sd_json_get_object(renames->old_root, kind);
	SdJsonWalk walk;
	JsonbValue key;
	JsonbValue value;

	if (objects == NULL)
		return;
	sd_json_walk(&walk, objects);
	while (sd_json_next_member(&walk, &key, &value))
	{
		JsonbContainer *object = sd_json_as_object(&value);
		char *schema =
			object != NULL ? sd_json_get_text(object, schema_key) : NULL;
		char *table =
			object != NULL ? sd_json_get_text(object, table_key) : NULL;
		char *identity = sd_json_as_text(&key);
		List *names;
		const char *to;

		CHECK_FOR_INTERRUPTS();
		if (schema == NULL || table == NULL)
			continue;
		names = sd_sql_identifiers(identity);
		to = schema_of_table(renames, schema, table);
		if (list_length(names) == 2 && strcmp(to, schema_now(renames, schema)))
			(void) imply(renames, kind, object, identity,
						 quote_qualified_identifier(to, lsecond(names)));
	}
}

/* Where a table is after the renames; without a table, the schema. */
static const char *
schema_of_table(SdRenames *renames, const char *schema, const char *table)
{
	SdRename *rename =
		table != NULL
			? sd_renames_get(renames, SD_RENAMES_RELATION, schema, table)
			: NULL;

	return rename != NULL ? rename->to_schema : schema_now(renames, schema);
}

/* In texts, functions of one name are the same whatever their arguments. */
static void
enter_functions(SdRenames *renames)
{
	JsonbContainer *functions =
		sd_json_get_object(renames->old_root, "functions");
	bool found = false;
	SdJsonWalk walk;
	JsonbValue key;
	JsonbValue value;
	ListCell *lc;

	foreach (lc, renames->members)
	{
		SdRename *rename = lfirst(lc);
		SdRename *other;

		if (rename->kind->space != SD_SPACE_FUNCTIONS)
			continue;
		found = true;
		rename->schema_now = schema_now(renames, rename->schema);
		other = sd_renames_get(renames, SD_RENAMES_FUNCTION, rename->schema,
							   rename->name);
		if (other != NULL && (strcmp(other->to_name, rename->to_name) != 0 ||
							  strcmp(other->to_schema, rename->to_schema) != 0))
			bad_target(rename, "Functions of one name can only be renamed "
							   "alike.");
		put(renames, SD_RENAMES_FUNCTION, rename->schema, rename->name, rename);
		put(renames, SD_RENAMES_OBJECT, "functions", rename->from, rename);
	}
	if (!found || functions == NULL)
		return;
	sd_json_walk(&walk, functions);
	while (sd_json_next_member(&walk, &key, &value))
	{
		char *identity = sd_json_as_text(&key);
		List *names = sd_sql_identifiers(identity);
		SdRename *rename;

		CHECK_FOR_INTERRUPTS();
		if (list_length(names) != 2)
			continue;
		rename = sd_renames_get(renames, SD_RENAMES_FUNCTION, linitial(names),
								lsecond(names));
		if (rename != NULL && is_change(rename) &&
			sd_renames_get(renames, SD_RENAMES_OBJECT, "functions", identity) ==
				NULL)
			ereport(ERROR, errcode(ERRCODE_FEATURE_NOT_SUPPORTED),
					errmsg("%s cannot be renamed alone", rename->from),
					errdetail("%s has the same name, and which of them is "
							  "meant is not known everywhere.",
							  identity),
					errhint("Rename all functions of that name alike."));
	}
	/* the types of arguments may have other names as well */
	foreach (lc, renames->members)
	{
		SdRename *rename = lfirst(lc);

		if (rename->kind->space == SD_SPACE_FUNCTIONS &&
			strcmp(sd_other_identity(&renames->map, "functions", rename->from),
				   rename->to) != 0)
			bad_target(rename, "The arguments are not the same.");
	}
}

/* What stands on tables, and all the rest. */
static void
enter_others(SdRenames *renames)
{
	ListCell *lc;

	foreach (lc, renames->members)
	{
		SdRename *rename = lfirst(lc);

		if (rename->kind->space == SD_SPACE_SCHEMA)
		{
			rename->schema_now = schema_now(renames, rename->schema);
			put(renames, SD_RENAMES_OBJECT, rename->kind->kind, rename->from,
				rename);
		}
		else if (rename->kind->space == SD_SPACE_TABLE)
		{
			SdRename *implied;
			List *names = sd_sql_identifiers(rename->to);

			if (strcmp(
					quote_qualified_identifier(linitial(names), lsecond(names)),
					table_now(renames, rename->table)) != 0)
				bad_target(rename, "It stays on its table.");
			implied = sd_renames_get(renames, SD_RENAMES_OBJECT,
									 rename->kind->kind, rename->from);
			if (implied != NULL && strcmp(implied->to, rename->to) == 0)
				rename->is_implied = true;
			put(renames, SD_RENAMES_OBJECT, rename->kind->kind, rename->from,
				rename);
			if (rename->is_implied ||
				strcmp(rename->name, rename->to_name) == 0)
				continue;
			if (!is_inherited(rename))
				enter_descendants(renames, rename);
			if (strcmp(rename->kind->kind, "constraints") == 0)
				enter_index(renames, rename);
		}
		else if (strcmp(rename->object_kind, "indexes") == 0 &&
				 strcmp(rename->name, rename->to_name) != 0)
			enter_index(renames, rename);
		else if (rename->kind->space == SD_SPACE_NONE &&
				 strcmp(sd_renames_identity_now(renames, rename->object_kind,
												rename->from),
						rename->to) != 0)
			ereport(ERROR, errcode(ERRCODE_FEATURE_NOT_SUPPORTED),
					errmsg("%s in \"%s\" cannot be renamed", rename->from,
						   rename->object_kind),
					errhint("What can be renamed: " KIND_NAMES "."));
	}
}

/* Which tables inherit from which, once that is needed. */
static void
find_children(SdRenames *renames)
{
	JsonbContainer *tables = sd_json_get_object(renames->old_root, "tables");
	SdJsonWalk walk;
	JsonbValue key;
	JsonbValue value;

	if (renames->has_children || tables == NULL)
		return;
	renames->has_children = true;
	sd_json_walk(&walk, tables);
	while (sd_json_next_member(&walk, &key, &value))
	{
		JsonbContainer *table = sd_json_as_object(&value);
		ListCell *lc;

		CHECK_FOR_INTERRUPTS();
		if (table == NULL)
			continue;
		add_child(renames, table, sd_json_get_text(table, "parent_schema"),
				  sd_json_get_text(table, "parent_name"));
		foreach (lc, sd_json_get_texts(table, "inherits"))
		{
			List *names = sd_sql_identifiers(lfirst(lc));

			if (list_length(names) == 2)
				add_child(renames, table, linitial(names), lsecond(names));
		}
	}
}

static void
add_child(SdRenames *renames, JsonbContainer *table, const char *schema,
		  const char *name)
{
	if (schema == NULL || name == NULL)
		return;
	put(renames, SD_RENAMES_CHILDREN, schema, name,
		lappend(sd_renames_get(renames, SD_RENAMES_CHILDREN, schema, name),
				table));
}

/* Columns of children follow; the caller may say so, too. */
static void
enter_columns(SdRenames *renames)
{
	ListCell *lc;

	foreach (lc, renames->members)
	{
		SdRename *rename = lfirst(lc);
		List *names;

		if (rename->kind->space != SD_SPACE_COLUMNS ||
			strcmp(rename->name, rename->to_name) == 0)
			continue;
		put(renames, SD_RENAMES_OBJECT, "columns", rename->from, rename);
		if (is_inherited(rename))
			continue;
		names = sd_sql_identifiers(rename->from);
		rename_column(renames, linitial(names), lsecond(names), rename->name,
					  rename->to_name);
	}
	check_columns(renames);
}

static void
rename_column(SdRenames *renames, const char *schema, const char *table,
			  const char *from, const char *to)
{
	SdRenamedRelation *relation = touch(renames, schema, table);
	SdRenamedColumn *column;
	ListCell *lc;

	check_stack_depth();
	if (sd_renamed_column(relation, from) != NULL)
		return;
	column = palloc(sizeof(SdRenamedColumn));
	column->from = from;
	column->to = to;
	relation->columns = lappend(relation->columns, column);
	put(renames, SD_RENAMES_WORD, from, NULL, column);
	find_children(renames);
	foreach (lc, (List *) sd_renames_get(renames, SD_RENAMES_CHILDREN, schema,
										 table))
	{
		JsonbContainer *child = lfirst(lc);
		char *child_schema = sd_json_get_text(child, "schema_name");
		char *child_name = sd_json_get_text(child, "table_name");
		SdRename *rename;

		if (child_schema == NULL || child_name == NULL ||
			column_of(child, from) == NULL)
			continue;
		rename = palloc0(sizeof(SdRename));
		rename->kind = sd_renames_kind("columns");
		rename->object = child;
		rename->table = quote_qualified_identifier(child_schema, child_name);
		rename->name = from;
		rename->to_name = to;
		rename->from = psprintf("%s.%s", rename->table, quote_identifier(from));
		renames->descendants = lappend(renames->descendants, rename);
		rename_column(renames, child_schema, child_name, from, to);
	}
}

/* A column that several tables have together has one name in all of them. */
static void
check_columns(SdRenames *renames)
{
	ListCell *lc;

	foreach (lc, list_concat_copy(renames->members, renames->descendants))
	{
		SdRename *rename = lfirst(lc);
		List *names;
		const char *to;

		CHECK_FOR_INTERRUPTS();
		if (rename->kind->space != SD_SPACE_COLUMNS ||
			strcmp(rename->name, rename->to_name) == 0)
			continue;
		names = sd_sql_identifiers(rename->table);
		to = sd_renamed_column(sd_renames_get(renames, SD_RENAMES_TOUCHED,
											  linitial(names), lsecond(names)),
							   rename->name);
		if (to == NULL || strcmp(to, rename->to_name) != 0 ||
			count_parents(renames, rename->object, rename->name) <
				sd_ddl_int64(column_of(rename->object, rename->name),
							 "inherited_count", 0))
			ereport(ERROR, errcode(ERRCODE_INVALID_TABLE_DEFINITION),
					errmsg("%s is inherited, and cannot be renamed alone",
						   rename->from),
					errhint("Rename the column of the table that it comes "
							"from."));
		rename->is_implied = is_inherited(rename);
	}
}

/* Of how many tables that it inherits from gets the column its new name? */
static int
count_parents(SdRenames *renames, JsonbContainer *table, const char *column)
{
	char *schema = sd_json_get_text(table, "parent_schema");
	char *name = sd_json_get_text(table, "parent_name");
	int count = 0;
	ListCell *lc;

	if (schema != NULL && name != NULL &&
		sd_renamed_column(
			sd_renames_get(renames, SD_RENAMES_TOUCHED, schema, name),
			column) != NULL)
		count++;
	foreach (lc, sd_json_get_texts(table, "inherits"))
	{
		List *names = sd_sql_identifiers(lfirst(lc));

		if (list_length(names) == 2 &&
			sd_renamed_column(sd_renames_get(renames, SD_RENAMES_TOUCHED,
											 linitial(names), lsecond(names)),
							  column) != NULL)
			count++;
	}

	return count;
}

/* Checks of children, and triggers of partitions, are renamed along. */
static void
enter_descendants(SdRenames *renames, SdRename *rename)
{
	List *queue = NIL;
	List *names = sd_sql_identifiers(rename->table);

	if (strcmp(rename->kind->kind, "triggers") != 0 &&
		!sd_ddl_is(rename->object, "constraint_type", "check") &&
		!sd_ddl_is(rename->object, "constraint_type", "not null"))
		return;
	find_children(renames);
	queue = list_copy(sd_renames_get(renames, SD_RENAMES_CHILDREN,
									 linitial(names), lsecond(names)));
	while (queue != NIL)
	{
		JsonbContainer *child = linitial(queue);
		char *schema = sd_json_get_text(child, "schema_name");
		char *name = sd_json_get_text(child, "table_name");
		const char *table;
		const char *from;
		JsonbContainer *object;

		CHECK_FOR_INTERRUPTS();
		queue = list_delete_first(queue);
		if (schema == NULL || name == NULL)
			continue;
		table = quote_qualified_identifier(schema, name);
		from = psprintf("%s.%s", table, quote_identifier(rename->name));
		object =
			sd_renames_find_object(renames->old_root, rename->kind->kind, from);
		if (object == NULL ||
			(sd_ddl_int64(object, "inherited_count", 0) == 0 &&
			 sd_json_get_text(object, "parent_trigger") == NULL))
			continue;
		(void) imply(renames, rename->kind->kind, object, from,
					 psprintf("%s.%s", table_now(renames, table),
							  quote_identifier(rename->to_name)));
		queue = list_concat(
			queue, sd_renames_get(renames, SD_RENAMES_CHILDREN, schema, name));
	}
}

/* A key and its index have one name, and so have an index and its key. */
static void
enter_index(SdRenames *renames, SdRename *rename)
{
	bool is_index = strcmp(rename->kind->kind, "indexes") == 0;
	char *other = sd_json_get_text(rename->object,
								   is_index ? "constraint_name" : "index_name");
	char *schema = sd_json_get_text(rename->object, "schema_name");
	char *table = sd_json_get_text(rename->object, "table_name");
	const char *from;
	JsonbContainer *object;

	/* a foreign key has the index of another's */
	if (other == NULL || schema == NULL || table == NULL ||
		sd_ddl_is(rename->object, "constraint_type", "foreign key"))
		return;
	from = is_index ? quote_qualified_identifier(schema, table) : NULL;
	if (is_index)
		from = psprintf("%s.%s", from, quote_identifier(other));
	else
		from = quote_qualified_identifier(schema, other);
	object = sd_renames_find_object(renames->old_root,
									is_index ? "constraints" : "indexes", from);
	if (object == NULL)
		return;
	if (is_index)
		(void) imply(renames, "constraints", object, from,
					 psprintf("%s.%s",
							  table_now(renames, quote_qualified_identifier(
													 schema, table)),
							  quote_identifier(rename->to_name)));
	else
		(void) imply(
			renames, "indexes", object, from,
			quote_qualified_identifier(schema_of_table(renames, schema, table),
									   rename->to_name));
}

/*
 * The server gives this name along with another.  If the caller wants it as
 * well, one statement is enough; if the caller wants another one, it is the
 * object's own.
 */
static SdRename *
imply(SdRenames *renames, const char *kind, JsonbContainer *object,
	  const char *from, const char *to)
{
	SdRename *rename = sd_renames_get(renames, SD_RENAMES_OBJECT, kind, from);
	List *names = sd_sql_identifiers(from);
	List *to_names = sd_sql_identifiers(to);

	if (rename != NULL)
	{
		if (strcmp(rename->to, to) == 0)
			rename->is_implied = true;
		return rename;
	}
	rename = palloc0(sizeof(SdRename));
	rename->kind = sd_renames_kind(kind);
	rename->object_kind = kind;
	rename->object = object;
	rename->from = from;
	rename->to = to;
	rename->is_implied = true;
	rename->schema = linitial(names);
	rename->name = llast(names);
	rename->to_schema = linitial(to_names);
	rename->to_name = llast(to_names);
	if (rename->kind->space == SD_SPACE_TABLE)
		rename->table =
			quote_qualified_identifier(linitial(names), lsecond(names));
	else
		put(renames, SD_RENAMES_RELATION, rename->schema, rename->name, rename);
	put(renames, SD_RENAMES_OBJECT, kind, from, rename);

	return rename;
}

static bool
is_inherited(const SdRename *rename)
{
	JsonbContainer *object = rename->object;

	if (rename->kind->space == SD_SPACE_COLUMNS)
		object = column_of(object, rename->name);
	else if (strcmp(rename->kind->kind, "constraints") == 0 &&
			 !sd_ddl_is(object, "constraint_type", "check") &&
			 !sd_ddl_is(object, "constraint_type", "not null"))
		return false;

	return sd_ddl_int64(object, "inherited_count", 0) > 0 ||
		   sd_json_get_text(object, "parent_trigger") != NULL;
}

/* What is inherited has the name that it has where it comes from. */
static void
check_inherited(SdRenames *renames)
{
	ListCell *lc;

	foreach (lc, renames->members)
	{
		SdRename *rename = lfirst(lc);

		if (rename->kind->space == SD_SPACE_TABLE && !rename->is_implied &&
			strcmp(rename->name, rename->to_name) != 0 && is_inherited(rename))
			ereport(ERROR, errcode(ERRCODE_INVALID_TABLE_DEFINITION),
					errmsg("%s is inherited, and cannot be renamed alone",
						   rename->from),
					errhint("Rename it where it comes from."));
	}
}

/* Is each new name there, and no other object's? */
static void
check_targets(SdRenames *renames)
{
	ListCell *lc;

	foreach (lc, renames->members)
	{
		SdRename *rename = lfirst(lc);

		CHECK_FOR_INTERRUPTS();
		if (rename->kind->space == SD_SPACE_NONE)
			continue;
		if (rename->kind->space == SD_SPACE_COLUMNS)
		{
			const char *kind;
			const char *table = table_now(renames, rename->table);
			JsonbContainer *object =
				find_relation(renames->new_root, table, &kind);
			List *names = sd_sql_identifiers(rename->to);

			if (object == NULL || column_of(object, rename->to_name) == NULL)
				no_such_object("columns", rename->to, "new_schema");
			if (list_length(names) == 3 &&
				strcmp(
					quote_qualified_identifier(linitial(names), lsecond(names)),
					table) != 0)
				bad_target(rename, "It stays in its table.");
		}
		if (is_change(rename) && !is_free(renames, rename))
			ereport(
				ERROR, errcode(ERRCODE_DUPLICATE_OBJECT),
				errmsg("%s cannot be renamed to %s", rename->from, rename->to),
				errdetail("Another object of \"%s\" has this name.",
						  "old_schema"),
				errhint("Rename that one as well, or drop it before."));
	}
}

static bool
is_free(SdRenames *renames, SdRename *rename)
{
	const char *place = place_now(renames, rename);
	const char *name = quote_identifier(rename->to_name);
	const char *identity;
	SdRename *other;

	/* of functions the arguments count */
	if (rename->kind->space == SD_SPACE_FUNCTIONS)
		name = rename->to;
	else if (rename->kind->space == SD_SPACE_RELATIONS)
		place = rename->to_schema;
	identity = psprintf(
		"%d\n%s\n%s\n%s", rename->kind->space,
		rename->kind->space == SD_SPACE_RELATIONS ? "" : rename->kind->kind,
		place, name);
	other = sd_renames_get(renames, SD_RENAMES_TARGET, identity, NULL);
	if (other != NULL)
		return false;
	put(renames, SD_RENAMES_TARGET, identity, NULL, rename);

	switch (rename->kind->space)
	{
		case SD_SPACE_RELATIONS:
			for (int i = 0; i < lengthof(kinds); i++)
			{
				if (kinds[i].space == SD_SPACE_RELATIONS &&
					was_there(renames, rename, kinds[i].kind,
							  quote_qualified_identifier(
								  schema_before(renames, rename->to_schema),
								  rename->to_name)))
					return false;
			}
			return true;
		case SD_SPACE_COLUMNS:
			return column_of(rename->object, rename->to_name) == NULL ||
				   sd_renames_get(renames, SD_RENAMES_OBJECT, "columns",
								  psprintf("%s.%s", rename->table, name)) !=
					   NULL;
		case SD_SPACE_TABLE:
			return !was_there(renames, rename, rename->kind->kind,
							  psprintf("%s.%s", rename->table, name));
		case SD_SPACE_SCHEMA:
			return !was_there(renames, rename, rename->kind->kind,
							  quote_qualified_identifier(
								  schema_before(renames, rename->to_schema),
								  rename->to_name));
		default:
			return !was_there(renames, rename, rename->kind->kind, rename->to);
	}
}

/* Is there another object of that name, which keeps it? */
static bool
was_there(SdRenames *renames, SdRename *rename, const char *kind,
		  const char *identity)
{
	SdRename *other;

	if (sd_renames_find_object(renames->old_root, kind, identity) == NULL)
		return false;
	other = sd_renames_get(renames, SD_RENAMES_OBJECT, kind, identity);

	return other == NULL || (other != rename && !is_change(other));
}

/* The identity of a table or view as it is after the renames. */
static const char *
table_now(SdRenames *renames, const char *table)
{
	return sd_other_identity(&renames->map, "tables", table);
}

/*
 * sd_renames_identity_now
 *		The identity of an object after all renames.
 */
const char *
sd_renames_identity_now(SdRenames *renames, const char *kind,
						const char *identity)
{
	SdRename *rename =
		sd_renames_get(renames, SD_RENAMES_OBJECT, kind, identity);
	bool is_column = strcmp(kind, "column_options") == 0;
	const char *words = identity;
	List *names;
	const char *to = NULL;

	if (rename != NULL)
		return rename->to;
	if (strncmp(identity, "column ", 7) == 0)
	{
		is_column = true;
		words += 7;
	}
	names = is_column ? sd_sql_identifiers(words) : NIL;
	if (list_length(names) == 3)
		to = sd_renamed_column(sd_renames_get(renames, SD_RENAMES_TOUCHED,
											  linitial(names), lsecond(names)),
							   lthird(names));
	if (to != NULL)
	{
		const char *table =
			quote_qualified_identifier(linitial(names), lsecond(names));
		int length = strlen(table) + 1 + strlen(quote_identifier(llast(names)));

		/* a label has more behind the column */
		if (strlen(words) >= length)
			return psprintf("%.*s%s.%s%s", (int) (words - identity), identity,
							table_now(renames, table), quote_identifier(to),
							words + length);
	}

	return sd_other_identity(&renames->map, kind, identity);
}

static bool
find_relation_name(void *arg, const char *schema, const char *name,
				   const char **to_schema, const char **to_name)
{
	SdRename *rename =
		schema != NULL ? sd_renames_get(arg, SD_RENAMES_RELATION, schema, name)
					   : NULL;

	if (rename == NULL)
		return false;
	*to_schema = rename->to_schema;
	*to_name = rename->to_name;

	return true;
}

static bool
find_function_name(void *arg, const char *schema, const char *name,
				   const char **to_schema, const char **to_name)
{
	SdRename *rename = sd_renames_get(arg, SD_RENAMES_FUNCTION, schema, name);

	if (rename == NULL)
		return false;
	*to_schema = rename->to_schema;
	*to_name = rename->to_name;

	return true;
}

static SdRenamedRelation *
find_touched(void *arg, const char *schema, const char *name)
{
	return sd_renames_get(arg, SD_RENAMES_TOUCHED, schema, name);
}

static bool
has_column(void *arg, const char *name)
{
	return sd_renames_get(arg, SD_RENAMES_WORD, name, NULL) != NULL;
}

static SdRenamedRelation *
touch(SdRenames *renames, const char *schema, const char *name)
{
	SdRenamedRelation *relation =
		sd_renames_get(renames, SD_RENAMES_TOUCHED, schema, name);

	if (relation == NULL)
	{
		relation = palloc0(sizeof(SdRenamedRelation));
		relation->from = relation->to = name;
		put(renames, SD_RENAMES_TOUCHED, schema, name, relation);
	}

	return relation;
}

static JsonbContainer *
column_of(JsonbContainer *table, const char *name)
{
	return sd_ddl_column(table, name);
}

/* Does it not have the name already, by what else is renamed? */
static bool
is_change(const SdRename *rename)
{
	const char *schema = rename->schema_now;

	if (rename->is_implied)
		return false;

	return strcmp(rename->name, rename->to_name) != 0 ||
		   (schema != NULL && strcmp(schema, rename->to_schema) != 0);
}

/*
 * Schemas, what is in them, columns, what stands on tables: each is named in
 * its statement by the names that those before have got.
 */
static void
make_statements(SdRenames *renames)
{
	ListCell *lc;

	foreach (lc, renames->members)
	{
		SdRename *rename = lfirst(lc);

		rename->name_now = rename->name;
		if (is_change(rename))
			put(renames, SD_RENAMES_PENDING, place_now(renames, rename),
				rename->name, rename);
		else
			rename->state = 2;
	}
	for (int i = 0; i < 2; i++)
	{
		for (SdNameSpace space = SD_SPACE_PLAIN; space <= SD_SPACE_COLUMNS;
			 space++)
		{
			/* what stands on tables comes last */
			foreach (lc, renames->members)
			{
				SdRename *rename = lfirst(lc);

				CHECK_FOR_INTERRUPTS();
				if (rename->kind->space == space &&
					(space == SD_SPACE_TABLE) == (i == 1))
					finish_rename(renames, rename);
			}
		}
	}
}

/* Where its name must be the only one, so that it can be found by this. */
static const char *
place_now(SdRenames *renames, const SdRename *rename)
{
	if (rename->kind->space == SD_SPACE_RELATIONS)
		return rename->schema_now;
	if (rename->kind->space == SD_SPACE_FUNCTIONS ||
		rename->kind->space == SD_SPACE_SCHEMA)
		return psprintf("%s %s", rename->kind->kind, rename->schema_now);
	if (rename->table != NULL)
		return psprintf("%s %s", rename->kind->kind, rename->table);

	return rename->kind->kind;
}

/* What still has the name that it is to get, if anything. */
static SdRename *
in_the_way(SdRenames *renames, SdRename *rename)
{
	const char *schema = rename->schema_now;
	SdRename *other;

	rename->schema_now = schema != NULL ? rename->to_schema : NULL;
	other = sd_renames_get(renames, SD_RENAMES_PENDING,
						   place_now(renames, rename), rename->to_name);
	rename->schema_now = schema;

	return other != rename ? other : NULL;
}

/*
 * SdRename it, after all that is in its way.  Where these go round in a circle
 * one of them gets another name for a while.
 */
static void
finish_rename(SdRenames *renames, SdRename *rename)
{
	List *waiting = NIL;

	if (rename->state == 2)
		return;
	while (rename != NULL)
	{
		SdRename *other = in_the_way(renames, rename);

		if (other != NULL && other->state == 0)
		{
			rename->state = 1;
			waiting = lappend(waiting, rename);
			rename = other;
			continue;
		}
		if (other != NULL)
			give_name(renames, other, spare_name(renames, other));
		go_to_schema(renames, rename);
		rename->state = 2;
		rename = waiting != NIL ? llast(waiting) : NULL;
		waiting = waiting != NIL ? list_delete_last(waiting) : NIL;
	}
}

static void
give_name(SdRenames *renames, SdRename *rename, const char *name)
{
	const char *what;
	const char *now = statement_name(renames, rename, &what);
	const char *to = pstrdup(quote_identifier(name));
	const char *why = strcmp(name, rename->to_name) != 0
						  ? "another object gets its name first"
						  : NULL;
	const char *old = pstrdup(quote_identifier(rename->name_now));

	if (strcmp(rename->name_now, name) == 0)
		return;
	put(renames, SD_RENAMES_PENDING, place_now(renames, rename),
		rename->name_now, NULL);
	if (rename->kind->space == SD_SPACE_COLUMNS)
		add_statement(
			renames, rename,
			psprintf("ALTER %s %s RENAME COLUMN %s TO %s", what, now, old, to),
			why);
	else if (strcmp(rename->kind->kind, "constraints") == 0)
		add_statement(
			renames, rename,
			psprintf("ALTER TABLE %s RENAME CONSTRAINT %s TO %s", now, old, to),
			why);
	else
		add_statement(renames, rename,
					  psprintf("ALTER %s %s RENAME TO %s", what, now, to), why);
	rename->name_now = name;
}

/* Is there another object of its kind there, before the statements? */
static bool
is_taken(SdRenames *renames, SdRename *rename, const char *schema,
		 const char *name)
{
	const char *identity =
		quote_qualified_identifier(schema_before(renames, schema), name);

	/* of functions there may be others of the name */
	if (rename->kind->space != SD_SPACE_RELATIONS)
		return true;
	for (int i = 0; i < lengthof(kinds); i++)
	{
		if (kinds[i].space == SD_SPACE_RELATIONS &&
			sd_renames_find_object(renames->old_root, kinds[i].kind,
								   identity) != NULL)
			return true;
	}

	return false;
}

/* Both the schema and the name, by way of a name that nothing has there. */
static void
go_to_schema(SdRenames *renames, SdRename *rename)
{
	const char *what;
	const char *now;

	if (rename->schema_now != NULL && rename->kind->space != SD_SPACE_TABLE &&
		strcmp(rename->schema_now, rename->to_schema) != 0)
	{
		/* in one of the schemas another object may have the name */
		if (strcmp(rename->name_now, rename->to_name) != 0)
		{
			if (!is_taken(renames, rename, rename->schema_now, rename->to_name))
				give_name(renames, rename, rename->to_name);
			else if (is_taken(renames, rename, rename->to_schema,
							  rename->name_now))
				give_name(renames, rename, spare_name(renames, rename));
		}
		if (sd_renames_find_object(renames->old_root, "schemas",
								   quote_identifier(schema_before(
									   renames, rename->to_schema))) == NULL &&
			sd_renames_find_object(renames->new_root, "schemas",
								   quote_identifier(rename->to_schema)) !=
				NULL &&
			!sd_migration_has_text(renames->new_schemas, rename->to_schema))
		{
			SdRename *schema = palloc0(sizeof(SdRename));
			char *owner = sd_json_get_text(
				sd_renames_find_object(renames->new_root, "schemas",
									   quote_identifier(rename->to_schema)),
				"owner");

			schema->kind = sd_renames_kind("schemas");
			schema->from = schema->to =
				pstrdup(quote_identifier(rename->to_schema));
			add_statement(renames, schema,
						  owner != NULL
							  ? psprintf("CREATE SCHEMA %s AUTHORIZATION %s",
										 schema->from, sd_ddl_role(owner))
							  : psprintf("CREATE SCHEMA %s", schema->from),
						  NULL);
			renames->new_schemas = lappend(
				renames->new_schemas, unconstify(char *, rename->to_schema));
		}
		now = statement_name(renames, rename, &what);
		put(renames, SD_RENAMES_PENDING, place_now(renames, rename),
			rename->name_now, NULL);
		add_statement(renames, rename,
					  psprintf("ALTER %s %s SET SCHEMA %s", what, now,
							   quote_identifier(rename->to_schema)),
					  NULL);
		rename->schema_now = rename->to_schema;
	}
	give_name(renames, rename, rename->to_name);
}

/* A name for a while. */
static const char *
spare_name(SdRenames *renames, SdRename *rename)
{
	return psprintf("stormdisc_rename_%d", renames->position + 1);
}

/* How a statement names it, or the table of a column or constraint. */
static const char *
statement_name(SdRenames *renames, const SdRename *rename, const char **what)
{
	SdMigrationObject object = {0};
	SdMigrationName name;
	const char *plain = quote_identifier(rename->name_now);

	object.kind = rename->kind->space == SD_SPACE_COLUMNS ? rename->object_kind
														  : rename->kind->kind;
	object.old_object = rename->object;
	if (!sd_migration_name(&object, false, &name))
		sd_migration_malformed(rename->kind->kind, rename->from);
	*what = name.what;
	switch (rename->kind->space)
	{
		case SD_SPACE_RELATIONS:
		case SD_SPACE_SCHEMA:
			return quote_qualified_identifier(rename->schema_now,
											  rename->name_now);
		case SD_SPACE_FUNCTIONS:
		{
			char *arguments =
				sd_json_get_text(rename->object, "identity_arguments");

			/* types have their new names already */
			arguments = arguments != NULL
							? sd_sql_map_part(arguments, &renames->map, false)
							: "";
			if (arguments[0] == '\0' && strcmp(name.what, "AGGREGATE") == 0)
				arguments = "*";
			return psprintf("%s(%s)",
							quote_qualified_identifier(rename->schema_now,
													   rename->name_now),
							arguments);
		}
		case SD_SPACE_COLUMNS:
			return table_now(renames, rename->table);
		case SD_SPACE_TABLE:
			if (strcmp(rename->kind->kind, "constraints") == 0)
				return table_now(renames, rename->table);
			return psprintf("%s ON %s", plain,
							table_now(renames, rename->table));
		default:
			return pstrdup(plain);
	}
}

static void
add_statement(SdRenames *renames, SdRename *rename, const char *statement,
			  const char *why)
{
	SdMigrationObject *object = palloc0(sizeof(SdMigrationObject));
	SdMigrationStep *step;

	object->kind = rename->kind->kind;
	object->old_identity = rename->from;
	object->new_identity = rename->to;
	step = sd_migration_step(renames->migration, object, SD_STAGE_RENAME, "%s",
							 statement);
	step->position = renames->position++;
	step->why = why;
	renames->migration->steps = lappend(renames->migration->steps, step);
}
