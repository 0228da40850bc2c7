/*-------------------------------------------------------------------------
 *
 * renamed_document.c
 *	  A document as it is when objects of it have been renamed.
 *
 * What names them follows as it does in the server: keys of the document,
 * identities, expressions and queries; so do the names that the server gives
 * to what it renames along.
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "miscadmin.h"
#include "utils/builtins.h"
#include "utils/memutils.h"

#include "model/migration_renames.h"

static void add_new_schemas(SdRenames *renames, SdJson *objects);
static JsonbValue renamed_object(SdRenames *renames, const char *kind,
								 const char *identity, const JsonbValue *value);
static JsonbValue renamed_member(SdRenames *renames, const char *kind,
								 JsonbContainer *object,
								 SdRenamedRelation *relation, const char *key,
								 const JsonbValue *value);
static JsonbValue renamed_columns(SdRenames *renames,
								  SdRenamedRelation *relation,
								  JsonbContainer *columns);
static JsonbValue renamed_list(SdRenames *renames, SdRenamedRelation *relation,
							   bool has_expressions, const JsonbValue *value);
static JsonbValue renamed_list_of_lists(SdRenames *renames,
										JsonbContainer *publication,
										bool is_filter,
										const JsonbValue *value);
static JsonbValue renamed_value(SdRenames *renames, SdRenamedTextKind kind,
								SdRenamedRelation *relation, List *outputs,
								const JsonbValue *value);
static List *outputs_of(SdRenamedRelation *relation, JsonbContainer *view);
static void note_touched(void *arg, const char *schema, const char *name,
						 bool has_arguments);
static JsonbValue with_own_name(SdRenames *renames, const char *kind,
								const char *identity, JsonbContainer *before,
								JsonbValue value);
static SdRename *parent_constraint(SdRenames *renames,
								   JsonbContainer *constraint,
								   const char *name);

/*
 * sd_renamed_document
 *		The old document as it is after all renames.
 */
Jsonb *
sd_renamed_document(SdRenames *renames)
{
	/* the texts of an object are taken apart */
	MemoryContext context =
		AllocSetContextCreate(CurrentMemoryContext, "stormdisc renamed object",
							  ALLOCSET_DEFAULT_SIZES);
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
			MemoryContext oldcontext = MemoryContextSwitchTo(context);
			const char *from = sd_json_as_text(&identity);
			const char *to;

			CHECK_FOR_INTERRUPTS();
			to = MemoryContextStrdup(
				oldcontext, sd_renames_identity_now(renames, kind, from));
			member = renamed_object(renames, kind, from, &member);
			MemoryContextSwitchTo(oldcontext);
			if (member.type == jbvBinary)
			{
				char *copy = palloc(member.val.binary.len);

				memcpy(copy, member.val.binary.data, member.val.binary.len);
				member.val.binary.data = (JsonbContainer *) copy;
			}
			sd_json_add(&objects, to, member);
			MemoryContextReset(context);
		}
		if (strcmp(kind, "schemas") == 0)
			add_new_schemas(renames, &objects);
		sd_json_add(&result, kind, sd_json_object(&objects));
	}
	document = sd_json_object(&result);
	MemoryContextDelete(context);

	return sd_json_pack(&document);
}

static void
add_new_schemas(SdRenames *renames, SdJson *objects)
{
	ListCell *lc;

	foreach (lc, renames->new_schemas)
	{
		const char *identity = pstrdup(quote_identifier(lfirst(lc)));
		SdJson schema = {0};
		char *owner = sd_json_get_text(
			sd_renames_find_object(renames->new_root, "schemas", identity),
			"owner");

		sd_json_add(&schema, "schema_name", sd_json_text(lfirst(lc)));
		if (owner != NULL)
			sd_json_add(&schema, "owner", sd_json_text(owner));
		sd_json_add(objects, identity, sd_json_object(&schema));
	}
}

static JsonbValue
renamed_object(SdRenames *renames, const char *kind, const char *identity,
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
		relation = sd_renames_get(renames, SD_RENAMES_TOUCHED, schema, name);

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
renamed_member(SdRenames *renames, const char *kind, JsonbContainer *object,
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

		return renamed_list(
			renames,
			schema != NULL && name != NULL
				? sd_renames_get(renames, SD_RENAMES_TOUCHED, schema, name)
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
renamed_columns(SdRenames *renames, SdRenamedRelation *relation,
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
renamed_list(SdRenames *renames, SdRenamedRelation *relation,
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
renamed_list_of_lists(SdRenames *renames, JsonbContainer *publication,
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
				? sd_renames_get(renames, SD_RENAMES_TOUCHED, linitial(names),
								 lsecond(names))
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
renamed_value(SdRenames *renames, SdRenamedTextKind kind,
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
	SdRenames *renames = arg;

	if (!renames->is_touched &&
		sd_renames_get(renames, SD_RENAMES_TOUCHED, schema, name) != NULL)
		renames->is_touched = true;
}

/* What is not SQL, and the name of the object itself or of its constraint. */
static JsonbValue
with_own_name(SdRenames *renames, const char *kind, const char *identity,
			  JsonbContainer *before, JsonbValue value)
{
	SdRename *rename =
		sd_renames_get(renames, SD_RENAMES_OBJECT, kind, identity);
	const SdRenamedKind *renamed = sd_renames_kind(kind);
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
		SdRename *other = NULL;

		if (rename != NULL && rename->to_name != NULL && text != NULL)
		{
			if (renamed->key != NULL && strcmp(name, renamed->key) == 0)
				member = sd_json_text(rename->to_name);
			else if (strcmp(name, "schema_name") == 0 &&
					 renamed->space != SD_SPACE_PLAIN)
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
				other = sd_renames_get(
					renames, SD_RENAMES_OBJECT, "constraints",
					psprintf("%s.%s", quote_qualified_identifier(schema, table),
							 quote_identifier(text)));
			else if (is_constraint && strcmp(name, "index_name") == 0)
				other = sd_renames_get(
					renames, SD_RENAMES_OBJECT, "indexes",
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
static SdRename *
parent_constraint(SdRenames *renames, JsonbContainer *constraint,
				  const char *name)
{
	char *schema = sd_json_get_text(constraint, "schema_name");
	char *table = sd_json_get_text(constraint, "table_name");
	JsonbContainer *partition =
		schema != NULL && table != NULL
			? sd_renames_find_object(renames->old_root, "tables",
									 quote_qualified_identifier(schema, table))
			: NULL;
	char *parent_schema =
		partition != NULL ? sd_json_get_text(partition, "parent_schema") : NULL;
	char *parent_name =
		partition != NULL ? sd_json_get_text(partition, "parent_name") : NULL;

	if (parent_schema == NULL || parent_name == NULL)
		return NULL;

	return sd_renames_get(
		renames, SD_RENAMES_OBJECT, "constraints",
		psprintf("%s.%s",
				 quote_qualified_identifier(parent_schema, parent_name),
				 quote_identifier(name)));
}
