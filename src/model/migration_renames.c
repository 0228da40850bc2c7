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
#include "lib/stringinfo.h"
#include "miscadmin.h"
#include "utils/builtins.h"

#include "model/migration.h"
#include "model/migration_families.h"
#include "model/other_names.h"
#include "model/renamed_text.h"

/* which names must differ from one another */
typedef enum NameSpace
{
	SPACE_NONE,		 /* the name follows from others */
	SPACE_PLAIN,	 /* of a kind that is in no schema */
	SPACE_RELATIONS, /* tables, views, indexes, sequences, types */
	SPACE_FUNCTIONS,
	SPACE_SCHEMA, /* of another kind in a schema */
	SPACE_TABLE,  /* of a kind that stands on tables */
	SPACE_COLUMNS
} NameSpace;

typedef struct RenamedKind
{
	const char *kind;
	NameSpace space;
	const char *key; /* the member that is the name */
} RenamedKind;

static const RenamedKind kinds[] = {
	{"schemas", SPACE_PLAIN, "schema_name"},
	{"types", SPACE_RELATIONS, "type_name"},
	{"tables", SPACE_RELATIONS, "table_name"},
	{"views", SPACE_RELATIONS, "view_name"},
	{"sequences", SPACE_RELATIONS, "sequence_name"},
	{"indexes", SPACE_RELATIONS, "index_name"},
	{"functions", SPACE_FUNCTIONS, "function_name"},
	{"columns", SPACE_COLUMNS, "column_name"},
	{"constraints", SPACE_TABLE, "constraint_name"},
	{"triggers", SPACE_TABLE, "trigger_name"},
	{"rules", SPACE_TABLE, "rule_name"},
	{"policies", SPACE_TABLE, "policy_name"},
	{"statistics", SPACE_SCHEMA, "statistics_name"},
	{"publications", SPACE_PLAIN, "publication_name"},
	{"subscriptions", SPACE_PLAIN, "subscription_name"},
	{"event_triggers", SPACE_PLAIN, "trigger_name"},
};

#define KIND_NAMES                                                             \
	"schemas, types, tables, views, sequences, indexes, functions, columns, "  \
	"constraints, triggers, rules, policies, statistics, publications, "       \
	"subscriptions, event_triggers"

/* an object, and what it is to be called; names are raw */
typedef struct Rename
{
	const RenamedKind *kind;
	const char *from; /* identities */
	const char *to;
	JsonbContainer *object; /* in the old document; of columns: the table */
	const char *object_kind;
	const char *table; /* of columns and what stands on a table: its identity */
	const char *schema;
	const char *name;
	const char *to_schema;
	const char *to_name;
	bool is_implied; /* the server does it along with another */
	/* while the statements are made */
	const char *schema_now;
	const char *name_now;
	int state; /* 0: not begun, 1: waits for another, 2: done */
} Rename;

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

/* what the first letter of a text is for */
#define OBJECT 'o'	 /* kind and identity: Rename */
#define RELATION 'r' /* schema and name: Rename */
#define FUNCTION 'f'
#define TOUCHED 't'	 /* schema and name: SdRenamedRelation */
#define WORD 'w'	 /* column: anything */
#define CHILDREN 'c' /* schema and name: List of JsonbContainer * */
#define TARGET 'n'	 /* name space and identity: Rename */
#define PENDING 'p'

typedef struct Renames
{
	SdMigration *migration;
	JsonbContainer *old_root;
	JsonbContainer *new_root;
	HTAB *names;
	StringInfoData key;
	SdSchemaMap map;
	SdRenamedNames touched;
	List *members;	   /* of Rename *: those that the caller wants */
	List *descendants; /* likewise: columns that follow */
	bool has_children;
	bool is_touched;   /* what a text names */
	int position;	   /* of the next statement */
	List *new_schemas; /* that are made first, raw */
} Renames;

static void *get(Renames *renames, char what, const char *a, const char *b);
static void put(Renames *renames, char what, const char *a, const char *b,
				void *value);
static uint64 key_hash(Renames *renames, char what, const char *a,
					   const char *b);
static void read_renames(Renames *renames, JsonbContainer *option);
static const RenamedKind *renamed_kind(const char *name);
static void read_rename(Renames *renames, const char *kind, const char *from,
						const char *to);
static void no_such_object(const char *kind, const char *identity,
						   const char *document);
static void bad_target(const Rename *rename, const char *detail);
static JsonbContainer *find_object(JsonbContainer *root, const char *kind,
								   const char *identity);
static JsonbContainer *find_relation(JsonbContainer *root, const char *identity,
									 const char **kind);
static void enter_schemas(Renames *renames);
static const char *schema_now(Renames *renames, const char *schema);
static const char *schema_before(Renames *renames, const char *schema);
static void enter_relations(Renames *renames);
static void enter_relation(Renames *renames, Rename *rename);
static void enter_followers(Renames *renames);
static void follow_table(Renames *renames, const char *kind,
						 const char *schema_key, const char *table_key);
static const char *schema_of_table(Renames *renames, const char *schema,
								   const char *table);
static void enter_functions(Renames *renames);
static void enter_others(Renames *renames);
static void find_children(Renames *renames);
static void add_child(Renames *renames, JsonbContainer *table,
					  const char *schema, const char *name);
static void enter_columns(Renames *renames);
static void rename_column(Renames *renames, const char *schema,
						  const char *table, const char *from, const char *to);
static void enter_descendants(Renames *renames, Rename *rename);
static void enter_index(Renames *renames, Rename *rename);
static Rename *imply(Renames *renames, const char *kind, JsonbContainer *object,
					 const char *from, const char *to);
static bool is_inherited(const Rename *rename);
static void check_inherited(Renames *renames);
static void check_columns(Renames *renames);
static int count_parents(Renames *renames, JsonbContainer *table,
						 const char *column);
static void check_targets(Renames *renames);
static bool is_free(Renames *renames, Rename *rename);
static bool was_there(Renames *renames, Rename *rename, const char *kind,
					  const char *identity);
static const char *table_now(Renames *renames, const char *table);
static const char *identity_now(Renames *renames, const char *kind,
								const char *identity);
static bool find_relation_name(void *arg, const char *schema, const char *name,
							   const char **to_schema, const char **to_name);
static bool find_function_name(void *arg, const char *schema, const char *name,
							   const char **to_schema, const char **to_name);
static SdRenamedRelation *find_touched(void *arg, const char *schema,
									   const char *name);
static bool has_column(void *arg, const char *name);
static SdRenamedRelation *touch(Renames *renames, const char *schema,
								const char *name);
static JsonbContainer *column_of(JsonbContainer *table, const char *name);
static bool is_change(const Rename *rename);
static void make_statements(Renames *renames);
static const char *place_now(Renames *renames, const Rename *rename);
static Rename *in_the_way(Renames *renames, Rename *rename);
static void give_name(Renames *renames, Rename *rename, const char *name);
static bool is_taken(Renames *renames, Rename *rename, const char *schema,
					 const char *name);
static void go_to_schema(Renames *renames, Rename *rename);
static void finish_rename(Renames *renames, Rename *rename);
static const char *spare_name(Renames *renames, Rename *rename);
static const char *statement_name(Renames *renames, const Rename *rename,
								  const char **what);
static void add_statement(Renames *renames, Rename *rename,
						  const char *statement, const char *why);
static Jsonb *renamed_document(Renames *renames);
static void add_new_schemas(Renames *renames, SdJson *objects);
static JsonbValue renamed_object(Renames *renames, const char *kind,
								 const char *identity, const JsonbValue *value);
static JsonbValue renamed_member(Renames *renames, const char *kind,
								 JsonbContainer *object,
								 SdRenamedRelation *relation, const char *key,
								 const JsonbValue *value);
static JsonbValue renamed_columns(Renames *renames, SdRenamedRelation *relation,
								  JsonbContainer *columns);
static JsonbValue renamed_list(Renames *renames, SdRenamedRelation *relation,
							   bool has_expressions, const JsonbValue *value);
static JsonbValue renamed_list_of_lists(Renames *renames,
										JsonbContainer *publication,
										bool is_filter,
										const JsonbValue *value);
static JsonbValue renamed_value(Renames *renames, SdRenamedTextKind kind,
								SdRenamedRelation *relation, List *outputs,
								const JsonbValue *value);
static List *outputs_of(SdRenamedRelation *relation, JsonbContainer *view);
static void note_touched(void *arg, const char *schema, const char *name,
						 bool has_arguments);
static Rename *parent_constraint(Renames *renames, JsonbContainer *constraint,
								 const char *name);
static JsonbValue with_own_name(Renames *renames, const char *kind,
								const char *identity, JsonbContainer *before,
								JsonbValue value);

/*
 * sd_migration_rename
 *		Check what the option says, add the statements, and take the document
 *		that there is after these for the old one.
 */
void
sd_migration_rename(SdMigration *migration)
{
	Renames renames = {0};
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
	migration->documents[0] = renamed_document(&renames);
}

/* What is known by two texts, of which the second may be NULL. */
static void *
get(Renames *renames, char what, const char *a, const char *b)
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
put(Renames *renames, char what, const char *a, const char *b, void *value)
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
key_hash(Renames *renames, char what, const char *a, const char *b)
{
	resetStringInfo(&renames->key);
	appendStringInfo(&renames->key, "%c%s\n%s", what, a, b != NULL ? b : "");

	return hash_bytes_extended((const unsigned char *) renames->key.data,
							   renames->key.len, 0);
}

static void
read_renames(Renames *renames, JsonbContainer *option)
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

static const RenamedKind *
renamed_kind(const char *name)
{
	static const RenamedKind other = {NULL, SPACE_NONE, NULL};

	for (int i = 0; i < lengthof(kinds); i++)
	{
		if (strcmp(kinds[i].kind, name) == 0)
			return &kinds[i];
	}

	return &other;
}

/* One of them: is it there, and of which parts are its names? */
static void
read_rename(Renames *renames, const char *kind, const char *from,
			const char *to)
{
	Rename *rename = palloc0(sizeof(Rename));
	List *names = sd_sql_identifiers(from);
	List *to_names = sd_sql_identifiers(to);
	int nparts;

	rename->kind = renamed_kind(kind);
	rename->object_kind = pstrdup(kind);
	rename->from = from;
	rename->to = to;
	renames->members = lappend(renames->members, rename);
	if (rename->kind->space == SPACE_NONE)
	{
		rename->is_implied = true;
		return;
	}

	nparts = rename->kind->space == SPACE_PLAIN ? 1
			 : rename->kind->space == SPACE_TABLE ||
					 rename->kind->space == SPACE_COLUMNS
				 ? 3
				 : 2;
	if (list_length(names) != nparts)
		no_such_object(kind, from, "old_schema");
	rename->schema = linitial(names);
	rename->name = llast(names);
	if (nparts == 3)
		rename->table =
			quote_qualified_identifier(linitial(names), lsecond(names));
	if (rename->kind->space == SPACE_COLUMNS)
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
	rename->object = find_object(renames->old_root, kind, from);
	if (rename->object == NULL)
		no_such_object(kind, from, "old_schema");
	if (find_object(renames->new_root, kind, to) == NULL)
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
bad_target(const Rename *rename, const char *detail)
{
	ereport(ERROR, errcode(ERRCODE_INVALID_PARAMETER_VALUE),
			errmsg("%s cannot be renamed to %s", rename->from, rename->to),
			errdetail("%s", detail));
}

static JsonbContainer *
find_object(JsonbContainer *root, const char *kind, const char *identity)
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
	JsonbContainer *object = find_object(root, *kind = "tables", identity);

	if (object == NULL)
		object = find_object(root, *kind = "views", identity);

	return object;
}

static void
enter_schemas(Renames *renames)
{
	SdSchemaMap *map = &renames->map;
	ListCell *lc;

	map->from = palloc(sizeof(char *) * (list_length(renames->members) + 1));
	map->to = palloc(sizeof(char *) * (list_length(renames->members) + 1));
	foreach (lc, renames->members)
	{
		Rename *rename = lfirst(lc);

		if (rename->kind->space != SPACE_PLAIN)
			continue;
		put(renames, OBJECT, rename->kind->kind, rename->from, rename);
		if (strcmp(rename->kind->kind, "schemas") != 0 || !is_change(rename))
			continue;
		map->from[map->count] = rename->name;
		map->to[map->count++] = rename->to_name;
	}
}

static const char *
schema_now(Renames *renames, const char *schema)
{
	const char *to = sd_schema_map_find(&renames->map, schema);

	return to != NULL ? to : schema;
}

/* The schema that gets this name. */
static const char *
schema_before(Renames *renames, const char *schema)
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
enter_relations(Renames *renames)
{
	ListCell *lc;

	for (int pass = 0; pass < 2; pass++)
	{
		foreach (lc, renames->members)
		{
			Rename *rename = lfirst(lc);
			bool is_table = strcmp(rename->object_kind, "tables") == 0 ||
							strcmp(rename->object_kind, "views") == 0;

			if (rename->kind->space == SPACE_RELATIONS &&
				is_table == (pass == 0))
				enter_relation(renames, rename);
		}
		if (pass == 0)
			enter_followers(renames);
	}
}

static void
enter_relation(Renames *renames, Rename *rename)
{
	Rename *implied = get(renames, OBJECT, rename->kind->kind, rename->from);
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
	put(renames, OBJECT, rename->kind->kind, rename->from, rename);
	put(renames, RELATION, rename->schema, rename->name, rename);
	if (strcmp(rename->name, rename->to_name) != 0 &&
		(strcmp(rename->kind->kind, "tables") == 0 ||
		 strcmp(rename->kind->kind, "views") == 0))
		touch(renames, rename->schema, rename->name)->to = rename->to_name;
}

/* Indexes and owned sequences are where their table is. */
static void
enter_followers(Renames *renames)
{
	bool is_needed = false;
	ListCell *lc;

	foreach (lc, renames->members)
	{
		Rename *rename = lfirst(lc);

		is_needed |= rename->kind->space == SPACE_RELATIONS &&
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
follow_table(Renames *renames, const char *kind, const char *schema_key,
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
schema_of_table(Renames *renames, const char *schema, const char *table)
{
	Rename *rename =
		table != NULL ? get(renames, RELATION, schema, table) : NULL;

	return rename != NULL ? rename->to_schema : schema_now(renames, schema);
}

/* In texts, functions of one name are the same whatever their arguments. */
static void
enter_functions(Renames *renames)
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
		Rename *rename = lfirst(lc);
		Rename *other;

		if (rename->kind->space != SPACE_FUNCTIONS)
			continue;
		found = true;
		rename->schema_now = schema_now(renames, rename->schema);
		other = get(renames, FUNCTION, rename->schema, rename->name);
		if (other != NULL && (strcmp(other->to_name, rename->to_name) != 0 ||
							  strcmp(other->to_schema, rename->to_schema) != 0))
			bad_target(rename, "Functions of one name can only be renamed "
							   "alike.");
		put(renames, FUNCTION, rename->schema, rename->name, rename);
		put(renames, OBJECT, "functions", rename->from, rename);
	}
	if (!found || functions == NULL)
		return;
	sd_json_walk(&walk, functions);
	while (sd_json_next_member(&walk, &key, &value))
	{
		char *identity = sd_json_as_text(&key);
		List *names = sd_sql_identifiers(identity);
		Rename *rename;

		CHECK_FOR_INTERRUPTS();
		if (list_length(names) != 2)
			continue;
		rename = get(renames, FUNCTION, linitial(names), lsecond(names));
		if (rename != NULL && is_change(rename) &&
			get(renames, OBJECT, "functions", identity) == NULL)
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
		Rename *rename = lfirst(lc);

		if (rename->kind->space == SPACE_FUNCTIONS &&
			strcmp(sd_other_identity(&renames->map, "functions", rename->from),
				   rename->to) != 0)
			bad_target(rename, "The arguments are not the same.");
	}
}

/* What stands on tables, and all the rest. */
static void
enter_others(Renames *renames)
{
	ListCell *lc;

	foreach (lc, renames->members)
	{
		Rename *rename = lfirst(lc);

		if (rename->kind->space == SPACE_SCHEMA)
		{
			rename->schema_now = schema_now(renames, rename->schema);
			put(renames, OBJECT, rename->kind->kind, rename->from, rename);
		}
		else if (rename->kind->space == SPACE_TABLE)
		{
			Rename *implied;
			List *names = sd_sql_identifiers(rename->to);

			if (strcmp(
					quote_qualified_identifier(linitial(names), lsecond(names)),
					table_now(renames, rename->table)) != 0)
				bad_target(rename, "It stays on its table.");
			implied = get(renames, OBJECT, rename->kind->kind, rename->from);
			if (implied != NULL && strcmp(implied->to, rename->to) == 0)
				rename->is_implied = true;
			put(renames, OBJECT, rename->kind->kind, rename->from, rename);
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
		else if (rename->kind->space == SPACE_NONE &&
				 strcmp(
					 identity_now(renames, rename->object_kind, rename->from),
					 rename->to) != 0)
			ereport(ERROR, errcode(ERRCODE_FEATURE_NOT_SUPPORTED),
					errmsg("%s in \"%s\" cannot be renamed", rename->from,
						   rename->object_kind),
					errhint("What can be renamed: " KIND_NAMES "."));
	}
}

/* Which tables inherit from which, once that is needed. */
static void
find_children(Renames *renames)
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
add_child(Renames *renames, JsonbContainer *table, const char *schema,
		  const char *name)
{
	if (schema == NULL || name == NULL)
		return;
	put(renames, CHILDREN, schema, name,
		lappend(get(renames, CHILDREN, schema, name), table));
}

/* Columns of children follow; the caller may say so, too. */
static void
enter_columns(Renames *renames)
{
	ListCell *lc;

	foreach (lc, renames->members)
	{
		Rename *rename = lfirst(lc);
		List *names;

		if (rename->kind->space != SPACE_COLUMNS ||
			strcmp(rename->name, rename->to_name) == 0)
			continue;
		put(renames, OBJECT, "columns", rename->from, rename);
		if (is_inherited(rename))
			continue;
		names = sd_sql_identifiers(rename->from);
		rename_column(renames, linitial(names), lsecond(names), rename->name,
					  rename->to_name);
	}
	check_columns(renames);
}

static void
rename_column(Renames *renames, const char *schema, const char *table,
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
	put(renames, WORD, from, NULL, column);
	find_children(renames);
	foreach (lc, (List *) get(renames, CHILDREN, schema, table))
	{
		JsonbContainer *child = lfirst(lc);
		char *child_schema = sd_json_get_text(child, "schema_name");
		char *child_name = sd_json_get_text(child, "table_name");
		Rename *rename;

		if (child_schema == NULL || child_name == NULL ||
			column_of(child, from) == NULL)
			continue;
		rename = palloc0(sizeof(Rename));
		rename->kind = renamed_kind("columns");
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
check_columns(Renames *renames)
{
	ListCell *lc;

	foreach (lc, list_concat_copy(renames->members, renames->descendants))
	{
		Rename *rename = lfirst(lc);
		List *names;
		const char *to;

		CHECK_FOR_INTERRUPTS();
		if (rename->kind->space != SPACE_COLUMNS ||
			strcmp(rename->name, rename->to_name) == 0)
			continue;
		names = sd_sql_identifiers(rename->table);
		to = sd_renamed_column(
			get(renames, TOUCHED, linitial(names), lsecond(names)),
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
count_parents(Renames *renames, JsonbContainer *table, const char *column)
{
	char *schema = sd_json_get_text(table, "parent_schema");
	char *name = sd_json_get_text(table, "parent_name");
	int count = 0;
	ListCell *lc;

	if (schema != NULL && name != NULL &&
		sd_renamed_column(get(renames, TOUCHED, schema, name), column) != NULL)
		count++;
	foreach (lc, sd_json_get_texts(table, "inherits"))
	{
		List *names = sd_sql_identifiers(lfirst(lc));

		if (list_length(names) == 2 &&
			sd_renamed_column(
				get(renames, TOUCHED, linitial(names), lsecond(names)),
				column) != NULL)
			count++;
	}

	return count;
}

/* Checks of children, and triggers of partitions, are renamed along. */
static void
enter_descendants(Renames *renames, Rename *rename)
{
	List *queue = NIL;
	List *names = sd_sql_identifiers(rename->table);

	if (strcmp(rename->kind->kind, "triggers") != 0 &&
		!sd_ddl_is(rename->object, "constraint_type", "check") &&
		!sd_ddl_is(rename->object, "constraint_type", "not null"))
		return;
	find_children(renames);
	queue = list_copy(get(renames, CHILDREN, linitial(names), lsecond(names)));
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
		object = find_object(renames->old_root, rename->kind->kind, from);
		if (object == NULL ||
			(sd_ddl_int64(object, "inherited_count", 0) == 0 &&
			 sd_json_get_text(object, "parent_trigger") == NULL))
			continue;
		(void) imply(renames, rename->kind->kind, object, from,
					 psprintf("%s.%s", table_now(renames, table),
							  quote_identifier(rename->to_name)));
		queue = list_concat(queue, get(renames, CHILDREN, schema, name));
	}
}

/* A key and its index have one name, and so have an index and its key. */
static void
enter_index(Renames *renames, Rename *rename)
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
	object = find_object(renames->old_root,
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
static Rename *
imply(Renames *renames, const char *kind, JsonbContainer *object,
	  const char *from, const char *to)
{
	Rename *rename = get(renames, OBJECT, kind, from);
	List *names = sd_sql_identifiers(from);
	List *to_names = sd_sql_identifiers(to);

	if (rename != NULL)
	{
		if (strcmp(rename->to, to) == 0)
			rename->is_implied = true;
		return rename;
	}
	rename = palloc0(sizeof(Rename));
	rename->kind = renamed_kind(kind);
	rename->object_kind = kind;
	rename->object = object;
	rename->from = from;
	rename->to = to;
	rename->is_implied = true;
	rename->schema = linitial(names);
	rename->name = llast(names);
	rename->to_schema = linitial(to_names);
	rename->to_name = llast(to_names);
	if (rename->kind->space == SPACE_TABLE)
		rename->table =
			quote_qualified_identifier(linitial(names), lsecond(names));
	else
		put(renames, RELATION, rename->schema, rename->name, rename);
	put(renames, OBJECT, kind, from, rename);

	return rename;
}

static bool
is_inherited(const Rename *rename)
{
	JsonbContainer *object = rename->object;

	if (rename->kind->space == SPACE_COLUMNS)
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
check_inherited(Renames *renames)
{
	ListCell *lc;

	foreach (lc, renames->members)
	{
		Rename *rename = lfirst(lc);

		if (rename->kind->space == SPACE_TABLE && !rename->is_implied &&
			strcmp(rename->name, rename->to_name) != 0 && is_inherited(rename))
			ereport(ERROR, errcode(ERRCODE_INVALID_TABLE_DEFINITION),
					errmsg("%s is inherited, and cannot be renamed alone",
						   rename->from),
					errhint("Rename it where it comes from."));
	}
}

/* Is each new name there, and no other object's? */
static void
check_targets(Renames *renames)
{
	ListCell *lc;

	foreach (lc, renames->members)
	{
		Rename *rename = lfirst(lc);

		CHECK_FOR_INTERRUPTS();
		if (rename->kind->space == SPACE_NONE)
			continue;
		if (rename->kind->space == SPACE_COLUMNS)
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
is_free(Renames *renames, Rename *rename)
{
	const char *place = place_now(renames, rename);
	const char *name = quote_identifier(rename->to_name);
	const char *identity;
	Rename *other;

	/* of functions the arguments count */
	if (rename->kind->space == SPACE_FUNCTIONS)
		name = rename->to;
	else if (rename->kind->space == SPACE_RELATIONS)
		place = rename->to_schema;
	identity = psprintf(
		"%d\n%s\n%s\n%s", rename->kind->space,
		rename->kind->space == SPACE_RELATIONS ? "" : rename->kind->kind, place,
		name);
	other = get(renames, TARGET, identity, NULL);
	if (other != NULL)
		return false;
	put(renames, TARGET, identity, NULL, rename);

	switch (rename->kind->space)
	{
		case SPACE_RELATIONS:
			for (int i = 0; i < lengthof(kinds); i++)
			{
				if (kinds[i].space == SPACE_RELATIONS &&
					was_there(renames, rename, kinds[i].kind,
							  quote_qualified_identifier(
								  schema_before(renames, rename->to_schema),
								  rename->to_name)))
					return false;
			}
			return true;
		case SPACE_COLUMNS:
			return column_of(rename->object, rename->to_name) == NULL ||
				   get(renames, OBJECT, "columns",
					   psprintf("%s.%s", rename->table, name)) != NULL;
		case SPACE_TABLE:
			return !was_there(renames, rename, rename->kind->kind,
							  psprintf("%s.%s", rename->table, name));
		case SPACE_SCHEMA:
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
was_there(Renames *renames, Rename *rename, const char *kind,
		  const char *identity)
{
	Rename *other;

	if (find_object(renames->old_root, kind, identity) == NULL)
		return false;
	other = get(renames, OBJECT, kind, identity);

	return other == NULL || (other != rename && !is_change(other));
}

/* The identity of a table or view as it is after the renames. */
static const char *
table_now(Renames *renames, const char *table)
{
	return sd_other_identity(&renames->map, "tables", table);
}

/* That of any object. */
static const char *
identity_now(Renames *renames, const char *kind, const char *identity)
{
	Rename *rename = get(renames, OBJECT, kind, identity);
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
		to = sd_renamed_column(
			get(renames, TOUCHED, linitial(names), lsecond(names)),
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
	Rename *rename = schema != NULL ? get(arg, RELATION, schema, name) : NULL;

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
	Rename *rename = get(arg, FUNCTION, schema, name);

	if (rename == NULL)
		return false;
	*to_schema = rename->to_schema;
	*to_name = rename->to_name;

	return true;
}

static SdRenamedRelation *
find_touched(void *arg, const char *schema, const char *name)
{
	return get(arg, TOUCHED, schema, name);
}

static bool
has_column(void *arg, const char *name)
{
	return get(arg, WORD, name, NULL) != NULL;
}

static SdRenamedRelation *
touch(Renames *renames, const char *schema, const char *name)
{
	SdRenamedRelation *relation = get(renames, TOUCHED, schema, name);

	if (relation == NULL)
	{
		relation = palloc0(sizeof(SdRenamedRelation));
		relation->from = relation->to = name;
		put(renames, TOUCHED, schema, name, relation);
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
is_change(const Rename *rename)
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
make_statements(Renames *renames)
{
	ListCell *lc;

	foreach (lc, renames->members)
	{
		Rename *rename = lfirst(lc);

		rename->name_now = rename->name;
		if (is_change(rename))
			put(renames, PENDING, place_now(renames, rename), rename->name,
				rename);
		else
			rename->state = 2;
	}
	for (int i = 0; i < 2; i++)
	{
		for (NameSpace space = SPACE_PLAIN; space <= SPACE_COLUMNS; space++)
		{
			/* what stands on tables comes last */
			foreach (lc, renames->members)
			{
				Rename *rename = lfirst(lc);

				CHECK_FOR_INTERRUPTS();
				if (rename->kind->space == space &&
					(space == SPACE_TABLE) == (i == 1))
					finish_rename(renames, rename);
			}
		}
	}
}

/* Where its name must be the only one, so that it can be found by this. */
static const char *
place_now(Renames *renames, const Rename *rename)
{
	if (rename->kind->space == SPACE_RELATIONS)
		return rename->schema_now;
	if (rename->kind->space == SPACE_FUNCTIONS ||
		rename->kind->space == SPACE_SCHEMA)
		return psprintf("%s %s", rename->kind->kind, rename->schema_now);
	if (rename->table != NULL)
		return psprintf("%s %s", rename->kind->kind, rename->table);

	return rename->kind->kind;
}

/* What still has the name that it is to get, if anything. */
static Rename *
in_the_way(Renames *renames, Rename *rename)
{
	const char *schema = rename->schema_now;
	Rename *other;

	rename->schema_now = schema != NULL ? rename->to_schema : NULL;
	other = get(renames, PENDING, place_now(renames, rename), rename->to_name);
	rename->schema_now = schema;

	return other != rename ? other : NULL;
}

/*
 * Rename it, after all that is in its way.  Where these go round in a circle
 * one of them gets another name for a while.
 */
static void
finish_rename(Renames *renames, Rename *rename)
{
	List *waiting = NIL;

	if (rename->state == 2)
		return;
	while (rename != NULL)
	{
		Rename *other = in_the_way(renames, rename);

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
give_name(Renames *renames, Rename *rename, const char *name)
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
	put(renames, PENDING, place_now(renames, rename), rename->name_now, NULL);
	if (rename->kind->space == SPACE_COLUMNS)
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
is_taken(Renames *renames, Rename *rename, const char *schema, const char *name)
{
	const char *identity =
		quote_qualified_identifier(schema_before(renames, schema), name);

	/* of functions there may be others of the name */
	if (rename->kind->space != SPACE_RELATIONS)
		return true;
	for (int i = 0; i < lengthof(kinds); i++)
	{
		if (kinds[i].space == SPACE_RELATIONS &&
			find_object(renames->old_root, kinds[i].kind, identity) != NULL)
			return true;
	}

	return false;
}

/* Both the schema and the name, by way of a name that nothing has there. */
static void
go_to_schema(Renames *renames, Rename *rename)
{
	const char *what;
	const char *now;

	if (rename->schema_now != NULL && rename->kind->space != SPACE_TABLE &&
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
		if (find_object(renames->old_root, "schemas",
						quote_identifier(schema_before(
							renames, rename->to_schema))) == NULL &&
			find_object(renames->new_root, "schemas",
						quote_identifier(rename->to_schema)) != NULL &&
			!sd_migration_has_text(renames->new_schemas, rename->to_schema))
		{
			Rename *schema = palloc0(sizeof(Rename));
			char *owner = sd_json_get_text(
				find_object(renames->new_root, "schemas",
							quote_identifier(rename->to_schema)),
				"owner");

			schema->kind = renamed_kind("schemas");
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
		put(renames, PENDING, place_now(renames, rename), rename->name_now,
			NULL);
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
spare_name(Renames *renames, Rename *rename)
{
	return psprintf("stormdisc_rename_%d", renames->position + 1);
}

/* How a statement names it, or the table of a column or constraint. */
static const char *
statement_name(Renames *renames, const Rename *rename, const char **what)
{
	SdMigrationObject object = {0};
	SdMigrationName name;
	const char *plain = quote_identifier(rename->name_now);

	object.kind = rename->kind->space == SPACE_COLUMNS ? rename->object_kind
													   : rename->kind->kind;
	object.old_object = rename->object;
	if (!sd_migration_name(&object, false, &name))
		sd_migration_malformed(rename->kind->kind, rename->from);
	*what = name.what;
	switch (rename->kind->space)
	{
		case SPACE_RELATIONS:
		case SPACE_SCHEMA:
			return quote_qualified_identifier(rename->schema_now,
											  rename->name_now);
		case SPACE_FUNCTIONS:
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
		case SPACE_COLUMNS:
			return table_now(renames, rename->table);
		case SPACE_TABLE:
			if (strcmp(rename->kind->kind, "constraints") == 0)
				return table_now(renames, rename->table);
			return psprintf("%s ON %s", plain,
							table_now(renames, rename->table));
		default:
			return pstrdup(plain);
	}
}

static void
add_statement(Renames *renames, Rename *rename, const char *statement,
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

/* The old document as it is after the statements. */
static Jsonb *
renamed_document(Renames *renames)
{
	SdJson result = {0};
	SdJsonWalk walk;
	JsonbValue key;
	JsonbValue value;
	JsonbValue document;

	sd_json_walk(&walk, renames->old_root);
	while (sd_json_next_member(&walk, &key, &value))
	{
		const char *kind = sd_json_as_text(&key);
		SdJson objects = {0};
		SdJsonWalk object_walk;
		JsonbValue identity;
		JsonbValue member;

		if (!sd_document_key_is_kind(&key) || sd_json_as_object(&value) == NULL)
		{
			sd_json_add(&result, kind, value);
			continue;
		}
		sd_json_walk(&object_walk, sd_json_as_object(&value));
		while (sd_json_next_member(&object_walk, &identity, &member))
		{
			const char *from = sd_json_as_text(&identity);

			CHECK_FOR_INTERRUPTS();
			sd_json_add(&objects, identity_now(renames, kind, from),
						renamed_object(renames, kind, from, &member));
		}
		if (strcmp(kind, "schemas") == 0)
			add_new_schemas(renames, &objects);
		sd_json_add(&result, kind, sd_json_object(&objects));
	}
	document = sd_json_object(&result);

	return sd_json_pack(&document);
}

static void
add_new_schemas(Renames *renames, SdJson *objects)
{
	ListCell *lc;

	foreach (lc, renames->new_schemas)
	{
		const char *identity = pstrdup(quote_identifier(lfirst(lc)));
		SdJson schema = {0};
		char *owner = sd_json_get_text(
			find_object(renames->new_root, "schemas", identity), "owner");

		sd_json_add(&schema, "schema_name", sd_json_text(lfirst(lc)));
		if (owner != NULL)
			sd_json_add(&schema, "owner", sd_json_text(owner));
		sd_json_add(objects, identity, sd_json_object(&schema));
	}
}

static JsonbValue
renamed_object(Renames *renames, const char *kind, const char *identity,
			   const JsonbValue *value)
{
	/* where the table of an object is named, or the object itself */
	static const struct
	{
		const char *kind;
		const char *schema;
		const char *name;
	} owners[] = {
		{"views", "schema_name", "view_name"},
		{"sequences", "owner_schema", "owner_table"},
		{"statistics", "table_schema", "table_name"},
		{"security_labels", "schema_name", "object_name"},
		{"foreign_servers", "schema_name", "object_name"},
		{NULL, "schema_name", "table_name"},
	};
	JsonbContainer *source = sd_json_as_object(value);
	SdRenamedRelation *relation = NULL;
	SdJson object = {0};
	SdJsonWalk walk;
	JsonbValue key;
	JsonbValue member;
	JsonbValue result;
	char *schema;
	char *name;
	int i = 0;

	if (source == NULL)
		return *value;
	while (owners[i].kind != NULL && strcmp(owners[i].kind, kind) != 0)
		i++;
	schema = sd_json_get_text(source, owners[i].schema);
	name = sd_json_get_text(source, owners[i].name);
	if (schema != NULL && name != NULL)
		relation = get(renames, TOUCHED, schema, name);

	sd_json_walk(&walk, source);
	while (sd_json_next_member(&walk, &key, &member))
	{
		const char *attribute = sd_json_as_text(&key);

		sd_json_add(&object, attribute,
					renamed_member(renames, kind, source, relation, attribute,
								   &member));
	}
	result = sd_json_object(&object);
	result = sd_json_packed(sd_json_pack(&result));
	result = sd_other_object(&renames->map, sd_kind_word(kind, strlen(kind)),
							 &result);

	return with_own_name(renames, kind, identity, source, result);
}

/* A member with other names for columns, and for tables in front of these. */
static JsonbValue
renamed_member(Renames *renames, const char *kind, JsonbContainer *object,
			   SdRenamedRelation *relation, const char *key,
			   const JsonbValue *value)
{
	/* what has names of columns in it; where it is a list, both kinds */
	static const struct
	{
		const char *kind;
		const char *key;
		enum
		{
			NAMES,
			EXPRESSIONS,
			TEXT,
			WORDS,
			COLUMNS
		} form;
		SdRenamedTextKind text;
	} members[] = {
		{"tables", "columns", COLUMNS, 0},
		{"tables", "partition_key", EXPRESSIONS, 0},
		{"tables", "partition_definition", TEXT, SD_TEXT_PARTITIONS},
		{"views", "columns", COLUMNS, 0},
		{"views", "definition", TEXT, SD_TEXT_QUERY},
		{"constraints", "columns", EXPRESSIONS, 0},
		{"constraints", "on_delete_columns", NAMES, 0},
		{"constraints", "expression", TEXT, SD_TEXT_EXPRESSION},
		{"constraints", "definition", WORDS, 0},
		{"indexes", "column_names", EXPRESSIONS, 0},
		{"indexes", "include_columns", NAMES, 0},
		{"indexes", "predicate", TEXT, SD_TEXT_EXPRESSION},
		{"indexes", "definition", WORDS, 0},
		{"triggers", "columns", NAMES, 0},
		{"triggers", "condition", TEXT, SD_TEXT_CONDITION},
		{"triggers", "definition", WORDS, 0},
		{"policies", "using_expression", TEXT, SD_TEXT_EXPRESSION},
		{"policies", "check_expression", TEXT, SD_TEXT_EXPRESSION},
		{"rules", "definition", TEXT, SD_TEXT_RULE},
		{"statistics", "columns", NAMES, 0},
		{"statistics", "expressions", EXPRESSIONS, 0},
		{"statistics", "definition", WORDS, 0},
		{"column_options", "column_name", NAMES, 0},
		{"security_labels", "column_name", NAMES, 0},
		{"sequences", "owner_column", NAMES, 0},
		{"functions", "sql_body", TEXT, SD_TEXT_BODY},
	};
	List *outputs = NIL;
	int i = 0;

	if (strcmp(kind, "publications") == 0 &&
		(strcmp(key, "table_columns") == 0 || strcmp(key, "row_filters") == 0))
		return renamed_list_of_lists(renames, object,
									 strcmp(key, "row_filters") == 0, value);
	if (strcmp(kind, "constraints") == 0 && strcmp(key, "ref_columns") == 0)
	{
		char *schema = sd_json_get_text(object, "ref_schema");
		char *name = sd_json_get_text(object, "ref_table");

		return renamed_list(renames,
							schema != NULL && name != NULL
								? get(renames, TOUCHED, schema, name)
								: NULL,
							false, value);
	}
	while (i < lengthof(members) && (strcmp(members[i].kind, kind) != 0 ||
									 strcmp(members[i].key, key) != 0))
		i++;
	if (i == lengthof(members))
		return *value;

	switch (members[i].form)
	{
		case NAMES:
		case EXPRESSIONS:
			return renamed_list(renames, relation,
								members[i].form == EXPRESSIONS, value);
		case WORDS:
			if (value->type != jbvString)
				return *value;
			return sd_json_text(
				sd_renamed_words(relation, sd_json_as_text(value)));
		case COLUMNS:
			if (sd_json_as_array(value) == NULL)
				return *value;
			return renamed_columns(renames, relation, sd_json_as_array(value));
		case TEXT:
			if (strcmp(kind, "views") == 0)
				outputs = outputs_of(relation, object);
			return renamed_value(renames, members[i].text, relation, outputs,
								 value);
	}

	return *value;
}

static JsonbValue
renamed_columns(Renames *renames, SdRenamedRelation *relation,
				JsonbContainer *columns)
{
	SdJson result = {0};
	SdJsonWalk walk;
	JsonbValue element;

	sd_json_walk(&walk, columns);
	while (sd_json_next_element(&walk, &element))
	{
		JsonbContainer *column = sd_json_as_object(&element);
		SdJson object = {0};
		SdJsonWalk column_walk;
		JsonbValue key;
		JsonbValue value;

		if (column == NULL || relation == NULL || relation->columns == NIL)
		{
			sd_json_append(&result, element);
			continue;
		}
		sd_json_walk(&column_walk, column);
		while (sd_json_next_member(&column_walk, &key, &value))
		{
			const char *name = sd_json_as_text(&key);

			if (strcmp(name, "column_name") == 0)
				value = renamed_list(renames, relation, false, &value);
			else if (strcmp(name, "default_value") == 0 &&
					 sd_json_get_text(column, "generated_type") != NULL)
				value = renamed_value(renames, SD_TEXT_EXPRESSION, relation,
									  NIL, &value);
			sd_json_add(&object, name, value);
		}
		value = sd_json_object(&object);
		sd_json_append(&result, sd_json_packed(sd_json_pack(&value)));
	}

	return sd_json_array(&result);
}

/* The name of a column, or a list of names and maybe expressions. */
static JsonbValue
renamed_list(Renames *renames, SdRenamedRelation *relation,
			 bool has_expressions, const JsonbValue *value)
{
	JsonbContainer *array = sd_json_as_array(value);
	SdJson result = {0};
	SdJsonWalk walk;
	JsonbValue element;

	if (relation == NULL)
		return *value;
	if (value->type == jbvString)
	{
		const char *to = sd_renamed_column(relation, sd_json_as_text(value));

		if (to != NULL)
			return sd_json_text(to);

		return has_expressions && strchr(sd_json_as_text(value), '(') != NULL
				   ? renamed_value(renames, SD_TEXT_EXPRESSION, relation, NIL,
								   value)
				   : *value;
	}
	if (array == NULL)
		return *value;
	sd_json_walk(&walk, array);
	while (sd_json_next_element(&walk, &element))
		sd_json_append(&result, element.type == jbvString
									? renamed_list(renames, relation,
												   has_expressions, &element)
									: element);

	return sd_json_array(&result);
}

/* Of a publication: what belongs to each of its tables. */
static JsonbValue
renamed_list_of_lists(Renames *renames, JsonbContainer *publication,
					  bool is_filter, const JsonbValue *value)
{
	List *tables = sd_json_get_texts(publication, "table_names");
	JsonbContainer *array = sd_json_as_array(value);
	SdJson result = {0};
	SdJsonWalk walk;
	JsonbValue element;
	int i = 0;

	if (array == NULL)
		return *value;
	sd_json_walk(&walk, array);
	while (sd_json_next_element(&walk, &element))
	{
		List *names = i < list_length(tables)
						  ? sd_sql_identifiers(list_nth(tables, i))
						  : NIL;
		SdRenamedRelation *relation =
			list_length(names) == 2
				? get(renames, TOUCHED, linitial(names), lsecond(names))
				: NULL;

		if (element.type == jbvString && is_filter)
			element = renamed_value(renames, SD_TEXT_EXPRESSION, relation, NIL,
									&element);
		else if (element.type == jbvString)
			element = sd_json_text(
				sd_renamed_words(relation, sd_json_as_text(&element)));
		sd_json_append(&result, element);
		i++;
	}

	return sd_json_array(&result);
}

/* Only what may name something that has another name is parsed. */
static JsonbValue
renamed_value(Renames *renames, SdRenamedTextKind kind,
			  SdRenamedRelation *relation, List *outputs,
			  const JsonbValue *value)
{
	const char *text;
	bool is_needed = outputs != NIL;

	if (value->type != jbvString)
		return *value;
	text = sd_json_as_text(value);
	renames->is_touched = false;
	if (kind == SD_TEXT_QUERY || kind == SD_TEXT_RULE || kind == SD_TEXT_BODY ||
		strstr(text, "SELECT") != NULL)
		sd_sql_references(text, note_touched, renames);
	is_needed |=
		renames->is_touched || (relation != NULL && relation->columns != NIL);
	/* a policy's query may name its table */
	is_needed |= relation != NULL && strstr(text, "SELECT") != NULL;
	if (!is_needed)
		return *value;

	return sd_json_text(sd_renamed_text(
		&renames->touched, kind,
		kind == SD_TEXT_QUERY || kind == SD_TEXT_RULE ? NULL : relation,
		outputs, text));
}

/* The names that the columns of a view get, NULL for those that keep theirs. */
static List *
outputs_of(SdRenamedRelation *relation, JsonbContainer *view)
{
	JsonbContainer *columns = sd_json_get_array(view, "columns");
	List *outputs = NIL;
	SdJsonWalk walk;
	JsonbValue element;

	if (relation == NULL || relation->columns == NIL || columns == NULL)
		return NIL;
	sd_json_walk(&walk, columns);
	while (sd_json_next_element(&walk, &element))
	{
		JsonbContainer *column = sd_json_as_object(&element);
		char *name =
			column != NULL ? sd_json_get_text(column, "column_name") : NULL;

		outputs = lappend(
			outputs,
			unconstify(char *, name != NULL ? sd_renamed_column(relation, name)
											: NULL));
	}

	return outputs;
}

static void
note_touched(void *arg, const char *schema, const char *name,
			 bool has_arguments)
{
	Renames *renames = arg;

	if (!renames->is_touched && get(renames, TOUCHED, schema, name) != NULL)
		renames->is_touched = true;
}

/* What is not SQL, and the name of the object itself or of its constraint. */
static JsonbValue
with_own_name(Renames *renames, const char *kind, const char *identity,
			  JsonbContainer *before, JsonbValue value)
{
	Rename *rename = get(renames, OBJECT, kind, identity);
	const RenamedKind *renamed = renamed_kind(kind);
	bool is_index = strcmp(kind, "indexes") == 0;
	bool is_constraint = strcmp(kind, "constraints") == 0;
	char *schema = sd_json_get_text(before, "schema_name");
	char *table = sd_json_get_text(before, "table_name");
	SdJson object = {0};
	SdJsonWalk walk;
	JsonbValue key;
	JsonbValue member;
	JsonbValue result;

	if (rename == NULL && !is_index && !is_constraint)
		return value;
	sd_json_walk(&walk, sd_json_as_object(&value));
	while (sd_json_next_member(&walk, &key, &member))
	{
		const char *name = sd_json_as_text(&key);
		char *text = member.type == jbvString ? sd_json_as_text(&member) : NULL;
		Rename *other = NULL;

		if (rename != NULL && rename->to_name != NULL && text != NULL)
		{
			if (renamed->key != NULL && strcmp(name, renamed->key) == 0)
				member = sd_json_text(rename->to_name);
			else if (strcmp(name, "schema_name") == 0 &&
					 renamed->space != SPACE_PLAIN)
				member = sd_json_text(rename->to_schema);
			else if (strcmp(kind, "rules") == 0 &&
					 strcmp(name, "definition") == 0)
			{
				const char *start =
					psprintf("CREATE RULE %s ", quote_identifier(rename->name));

				if (strncmp(text, start, strlen(start)) == 0)
					member = sd_json_text(psprintf(
						"CREATE RULE %s %s", quote_identifier(rename->to_name),
						text + strlen(start)));
			}
			else if (strcmp(name, "parent_trigger") == 0)
				member = sd_json_text(rename->to_name);
		}
		if (text != NULL && schema != NULL && table != NULL)
		{
			if (is_index && strcmp(name, "constraint_name") == 0)
				other = get(renames, OBJECT, "constraints",
							psprintf("%s.%s",
									 quote_qualified_identifier(schema, table),
									 quote_identifier(text)));
			else if (is_constraint && strcmp(name, "index_name") == 0)
				other =
					get(renames, OBJECT, "indexes",
						quote_qualified_identifier(
							sd_ddl_is(before, "constraint_type", "foreign key")
								? sd_json_get_text(before, "ref_schema")
								: schema,
							text));
		}
		if (is_constraint && text != NULL &&
			strcmp(name, "parent_constraint") == 0)
			other = parent_constraint(renames, before, text);
		if (other != NULL)
			member = sd_json_text(other->to_name);
		sd_json_add(&object, name, member);
	}
	result = sd_json_object(&object);

	return sd_json_packed(sd_json_pack(&result));
}

/* The constraint of the parent that a partition's comes from. */
static Rename *
parent_constraint(Renames *renames, JsonbContainer *constraint,
				  const char *name)
{
	char *schema = sd_json_get_text(constraint, "schema_name");
	char *table = sd_json_get_text(constraint, "table_name");
	JsonbContainer *partition =
		schema != NULL && table != NULL
			? find_object(renames->old_root, "tables",
						  quote_qualified_identifier(schema, table))
			: NULL;
	char *parent_schema =
		partition != NULL ? sd_json_get_text(partition, "parent_schema") : NULL;
	char *parent_name =
		partition != NULL ? sd_json_get_text(partition, "parent_name") : NULL;

	if (parent_schema == NULL || parent_name == NULL)
		return NULL;

	return get(renames, OBJECT, "constraints",
			   psprintf("%s.%s",
						quote_qualified_identifier(parent_schema, parent_name),
						quote_identifier(name)));
}
