/*-------------------------------------------------------------------------
 *
 * other_names.c
 *	  Objects of documents with other names for schemas and relations.
 *
 * The vocabulary says which attributes are names of schemas and which are SQL;
 * in SQL the names of objects follow, as in stormdisc_ddl().  All other texts
 * stay: comments, the bodies of functions, arguments of triggers, options.
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "miscadmin.h"
#include "utils/builtins.h"

#include "model/diff.h"
#include "model/json.h"
#include "model/other_names.h"

/* attributes that together name a relation, raw */
static const struct
{
	const char *schema;
	const char *name;
} pairs[] = {
	{"schema_name", "table_name"},		  {"ref_schema", "ref_table"},
	{"parent_schema", "parent_name"},	  {"owner_schema", "owner_table"},
	{"table_schema", "table_name"},		  {"schema_name", "view_name"},
	{"schema_name", "sequence_name"},	  {"schema_name", "type_name"},
	{"schema_name", "index_name"},		  {"parent_schema", "parent_index"},
	{"sequence_schema", "sequence_name"},
};

static const char *other_schema(const SdSchemaMap *map, const char *schema);
static JsonbValue other_value(const SdSchemaMap *map, int flags,
							  const JsonbValue *value);
static const char *other_text(const SdSchemaMap *map, int flags,
							  const char *text);
static const char *other_setting(const SdSchemaMap *map, const char *setting);
static JsonbValue other_columns(const SdSchemaMap *map,
								const JsonbValue *value);
static void rename_pairs(const SdSchemaMap *map, const SdKindWord *word,
						 JsonbContainer *source, SdJson *object);
static void set_member(SdJson *object, const char *key, const char *value);
static void number(SdSchemaMap *map, List *schemas, const char *own,
				   bool with_public);
static bool has_name(List *names, const char *name);
static int compare_names(const ListCell *a, const ListCell *b);

/*
 * sd_other_identity
 *		The key of an object, as it is with the other names.
 */
const char *
sd_other_identity(const SdSchemaMap *map, const char *kind,
				  const char *identity)
{
	static const char *const in_schema = " in schema ";
	const char *name = NULL;
	const char *schema;
	const char *to;
	List *names;

	if (strcmp(kind, "schemas") == 0)
		name = identity;
	else if (strcmp(kind, "privileges") == 0 ||
			 strcmp(kind, "security_labels") == 0)
	{
		if (strncmp(identity, "schema ", 7) == 0)
			name = identity + 7;
		else if (strncmp(identity, "default privileges ", 19) == 0)
		{
			name = strstr(identity, in_schema);
			if (name == NULL)
				return identity;
			name += strlen(in_schema);
		}
	}
	if (name == NULL)
		return sd_sql_map_part(identity, map, false);

	names = sd_sql_identifiers(name);
	schema = names != NIL ? linitial(names) : NULL;
	to = schema != NULL ? sd_schema_map_find(map, schema) : NULL;
	if (to == NULL)
		return identity;

	return psprintf("%.*s%s%s", (int) (name - identity), identity,
					quote_identifier(to),
					name + strlen(quote_identifier(schema)));
}

/*
 * sd_other_object
 *		An object, or list of privileges, with the other names.
 */
JsonbValue
sd_other_object(const SdSchemaMap *map, const SdKindWord *word,
				const JsonbValue *value)
{
	JsonbContainer *source = sd_json_as_object(value);
	SdJson object = {0};
	SdJsonWalk walk;
	JsonbValue key;
	JsonbValue member;
	JsonbValue result;

	if (source == NULL || word == NULL)
		return *value;

	sd_json_walk(&walk, source);
	while (sd_json_next_member(&walk, &key, &member))
	{
		const char *name = sd_json_as_text(&key);
		const SdAttributeWord *attribute =
			sd_attribute_word(word, name, strlen(name));

		if (strcmp(name, "columns") == 0 && sd_json_as_array(&member) != NULL)
			member = other_columns(map, &member);
		else if (strcmp(name, "partition") == 0)
			member =
				sd_other_object(map, sd_kind_word("partitions", 10), &member);
		else if (attribute != NULL)
			member = other_value(map, attribute->flags, &member);
		sd_json_add(&object, name, member);
	}
	rename_pairs(map, word, source, &object);
	result = sd_json_object(&object);

	return sd_json_packed(sd_json_pack(&result));
}

/* The other name, or the name as it is. */
static const char *
other_schema(const SdSchemaMap *map, const char *schema)
{
	const char *to = sd_schema_map_find(map, schema);

	return to != NULL ? to : schema;
}

/* A text, or a list of texts. */
static JsonbValue
other_value(const SdSchemaMap *map, int flags, const JsonbValue *value)
{
	JsonbContainer *array;
	SdJson result = {0};
	SdJsonWalk walk;
	JsonbValue element;

	if ((flags & (SD_WORD_SCHEMA | SD_WORD_SQL | SD_WORD_EXPRESSION |
				  SD_WORD_QUERY | SD_WORD_SETTINGS)) == 0)
		return *value;
	if (value->type == jbvString)
		return sd_json_text(other_text(map, flags, sd_json_as_text(value)));
	array = sd_json_as_array(value);
	if (array == NULL)
		return *value;

	sd_json_walk(&walk, array);
	while (sd_json_next_element(&walk, &element))
		sd_json_append(&result, other_value(map, flags, &element));

	return sd_json_array(&result);
}

static const char *
other_text(const SdSchemaMap *map, int flags, const char *text)
{
	if (flags & SD_WORD_SCHEMA)
		return other_schema(map, text);
	if (flags & SD_WORD_SETTINGS)
		return other_setting(map, text);
	if (pg_strncasecmp(text, "create ", 7) == 0)
		return sd_sql_map_schemas(text, map);

	return sd_sql_map_part(text, map,
						   flags & (SD_WORD_QUERY | SD_WORD_EXPRESSION));
}

/* Of a function's settings, search_path has schemas in it. */
static const char *
other_setting(const SdSchemaMap *map, const char *setting)
{
	static const char *const name = "search_path=";
	StringInfoData result;
	const char *text = setting + strlen(name);

	if (strncmp(setting, name, strlen(name)) != 0)
		return setting;

	initStringInfo(&result);
	appendStringInfoString(&result, name);
	while (*text != '\0')
	{
		const char *end = text;
		bool is_quoted = false;
		List *names;
		const char *to = NULL;

		while (*end != '\0' && (is_quoted || strchr(", ", *end) == NULL))
		{
			if (*end == '"')
				is_quoted = !is_quoted;
			end++;
		}
		names = sd_sql_identifiers(pnstrdup(text, end - text));
		if (list_length(names) == 1)
			to = sd_schema_map_find(map, linitial(names));
		if (to != NULL)
			appendStringInfoString(&result, quote_identifier(to));
		else
			appendBinaryStringInfo(&result, text, end - text);
		for (text = end; *text == ',' || *text == ' '; text++)
			appendStringInfoChar(&result, *text);
	}

	return result.data;
}

/* The columns of tables and views; those of constraints are bare names. */
static JsonbValue
other_columns(const SdSchemaMap *map, const JsonbValue *value)
{
	const SdKindWord *word = sd_kind_word("columns", strlen("columns"));
	SdJson result = {0};
	SdJsonWalk walk;
	JsonbValue element;

	sd_json_walk(&walk, sd_json_as_array(value));
	while (sd_json_next_element(&walk, &element))
		sd_json_append(&result, sd_other_object(map, word, &element));

	return sd_json_array(&result);
}

/* The names of relations that are not SQL. */
static void
rename_pairs(const SdSchemaMap *map, const SdKindWord *word,
			 JsonbContainer *source, SdJson *object)
{
	bool has_table_schema = sd_json_get_text(source, "table_schema") != NULL;

	if (map->find_relation == NULL)
		return;
	for (int i = 0; i < lengthof(pairs); i++)
	{
		char *schema = sd_json_get_text(source, pairs[i].schema);
		char *name = sd_json_get_text(source, pairs[i].name);
		const char *to_schema;
		const char *to_name;

		/* where there are two schemas the other one is the table's */
		if (schema == NULL || name == NULL || (i == 0 && has_table_schema) ||
			!map->find_relation(map->arg, schema, name, &to_schema, &to_name))
			continue;
		set_member(object, pairs[i].schema, to_schema);
		set_member(object, pairs[i].name, to_name);
	}
}

static void
set_member(SdJson *object, const char *key, const char *value)
{
	for (int i = 0; i < object->count; i++)
	{
		JsonbPair *pair = &object->pairs[i];

		if (pair->key.val.string.len == strlen(key) &&
			memcmp(pair->key.val.string.val, key, strlen(key)) == 0)
			pair->value = sd_json_text(value);
	}
}

/*
 * sd_other_document
 *		A document with the other names.
 */
Jsonb *
sd_other_document(const SdSchemaMap *map, Jsonb *document)
{
	SdJson result = {0};
	SdJsonWalk walk;
	JsonbValue key;
	JsonbValue value;
	JsonbValue object;

	sd_json_walk(&walk, &document->root);
	while (sd_json_next_member(&walk, &key, &value))
	{
		const char *kind = sd_json_as_text(&key);
		const SdKindWord *word = sd_kind_word(kind, strlen(kind));
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
			CHECK_FOR_INTERRUPTS();
			sd_json_add(
				&objects,
				sd_other_identity(map, kind, sd_json_as_text(&identity)),
				sd_other_object(map, word, &member));
		}
		sd_json_add(&result, kind, sd_json_object(&objects));
	}
	object = sd_json_object(&result);

	return sd_json_pack(&object);
}

/*
 * sd_document_schemas
 *		The schemas that the objects of a document are in, raw, in byte order.
 */
List *
sd_document_schemas(Jsonb *document)
{
	List *schemas = NIL;
	const char *last = NULL;
	SdJsonWalk walk;
	JsonbValue key;
	JsonbValue value;

	sd_json_walk(&walk, &document->root);
	while (sd_json_next_member(&walk, &key, &value))
	{
		SdJsonWalk object_walk;
		JsonbValue identity;
		JsonbValue member;

		/* an extension is of the database, wherever its objects are */
		if (!sd_document_key_is_kind(&key) ||
			sd_json_as_object(&value) == NULL ||
			strcmp(sd_json_as_text(&key), "extensions") == 0)
			continue;
		sd_json_walk(&object_walk, sd_json_as_object(&value));
		while (sd_json_next_member(&object_walk, &identity, &member))
		{
			JsonbContainer *object = sd_json_as_object(&member);
			char *schema =
				object != NULL ? sd_json_get_text(object, "schema_name") : NULL;

			CHECK_FOR_INTERRUPTS();
			/* objects of a schema mostly come one after the other */
			if (schema == NULL || (last != NULL && strcmp(last, schema) == 0))
				continue;
			last = schema;
			schemas = lappend(schemas, schema);
		}
	}
	list_sort(schemas, compare_names);
	for (int i = list_length(schemas) - 1; i > 0; i--)
	{
		if (strcmp(list_nth(schemas, i), list_nth(schemas, i - 1)) == 0)
			schemas = list_delete_nth_cell(schemas, i);
	}

	return schemas;
}

static int
compare_names(const ListCell *a, const ListCell *b)
{
	return strcmp(lfirst(a), lfirst(b));
}

/*
 * sd_schema_map_number
 *		Numbers instead of names: 1, 2, ... in their order, and 0 for the
 *		schema that is meant by own, which may be NULL.
 *
 * "public" is in every database, and keeps its name where it is not alone.
 */
void
sd_schema_map_number(SdSchemaMap *map, List *schemas, const char *own)
{
	number(map, schemas, own, list_length(schemas) == 1);
}

static void
number(SdSchemaMap *map, List *schemas, const char *own, bool with_public)
{
	ListCell *lc;

	memset(map, 0, sizeof(SdSchemaMap));
	map->from = palloc(sizeof(char *) * (list_length(schemas) + 1));
	map->to = palloc(sizeof(char *) * (list_length(schemas) + 1));
	foreach (lc, schemas)
	{
		const char *schema = lfirst(lc);
		int number = map->count + 1;

		if (own != NULL && strcmp(schema, own) == 0)
			number = 0;
		else if (!with_public && strcmp(schema, "public") == 0)
			continue;
		map->from[map->count] = schema;
		map->to[map->count++] = psprintf("%d", number);
	}
}

/*
 * sd_schema_map_match
 *		Other names for the first list's schemas: those of the second one, in
 *		their order.  No two get the same.
 */
void
sd_schema_map_match(SdSchemaMap *map, List *from, List *to)
{
	SdSchemaMap targets = {0};
	SdSchemaMap numbers = {0};
	bool has_public = has_name(from, "public") && has_name(to, "public");

	number(&numbers, from, NULL, !has_public && list_length(from) == 1);
	number(&targets, to, NULL, !has_public && list_length(to) == 1);
	memset(map, 0, sizeof(SdSchemaMap));
	map->from = numbers.from;
	map->to = numbers.to;
	map->count = numbers.count;
	for (int i = 0; i < map->count; i++)
	{
		const char *name = map->from[i];

		if (i < targets.count)
			name = targets.from[i];
		else
		{
			/* a name that is taken leaves the one free that it was for */
			for (int j = 0; j < targets.count; j++)
			{
				if (strcmp(name, targets.from[j]) != 0)
					continue;
				name = map->from[j];
				j = -1;
			}
		}
		map->to[i] = name;
	}
}

static bool
has_name(List *names, const char *name)
{
	ListCell *lc;

	foreach (lc, names)
	{
		if (strcmp(lfirst(lc), name) == 0)
			return true;
	}

	return false;
}
