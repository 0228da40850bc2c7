/*-------------------------------------------------------------------------
 *
 * ddl_node.c
 *	  What the emitters of DDL share: nodes, reading objects of a document,
 *	  and pieces of statements.
 *
 * Everything is made in the current memory context, which is that of the run.
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include <ctype.h>

#include "commands/defrem.h"
#include "common/hashfn.h"
#include "lib/stringinfo.h"
#include "utils/builtins.h"
#include "utils/memutils.h"

#include "model/ddl.h"

/* a name and the nodes that make it */
typedef struct NameEntry
{
	char key[SD_DDL_KEY_SIZE]; /* hash key */
	List *nodes;
} NameEntry;

typedef struct NodeEntry
{
	uint32 hash; /* hash key */
	List *nodes;
} NodeEntry;

static void add_statement(SdDdlNode *node, const char *duplicate,
						  const char *format, va_list args)
	pg_attribute_printf(3, 0);
static char *formatted(const char *format, va_list args)
	pg_attribute_printf(1, 0);
static uint32 identity_hash(const char *kind, const char *identity);

/*
 * sd_ddl_node
 *		A new node of the object that is added now.
 */
SdDdlNode *
sd_ddl_node(SdDdl *ddl, SdDdlPhase phase)
{
	SdDdlNode *node = palloc0(sizeof(SdDdlNode));

	node->phase = phase;
	node->kind = ddl->kind;
	node->identity = ddl->identity;
	ddl->nodes = lappend(ddl->nodes, node);

	return node;
}

/* sd_ddl_statement: Add a statement that may be repeated, without semicolon. */
void
sd_ddl_statement(SdDdlNode *node, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	add_statement(node, NULL, format, args);
	va_end(args);
}

/*
 * sd_ddl_guarded
 *		Add a statement that fails with one of these conditions if the object
 *		is there already.
 */
void
sd_ddl_guarded(SdDdlNode *node, const char *duplicate, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	add_statement(node, duplicate, format, args);
	va_end(args);
}

static void
add_statement(SdDdlNode *node, const char *duplicate, const char *format,
			  va_list args)
{
	SdDdlStatement *statement = palloc0(sizeof(SdDdlStatement));

	statement->text = formatted(format, args);
	statement->duplicate = duplicate;
	node->statements = lappend(node->statements, statement);
}

static char *
formatted(const char *format, va_list args)
{
	StringInfoData text;

	initStringInfo(&text);
	for (;;)
	{
		va_list copy;
		int needed;

		va_copy(copy, args);
		needed = appendStringInfoVA(&text, format, copy);
		va_end(copy);
		if (needed == 0)
			return text.data;
		enlargeStringInfo(&text, needed);
	}
}

/* sd_ddl_item: A new item of a table or domain. */
SdDdlItem *
sd_ddl_item(SdDdlNode *node, const char *column)
{
	SdDdlItem *item = palloc0(sizeof(SdDdlItem));

	item->column = column;
	item->kind = node->kind;
	item->identity = node->identity;
	node->items = lappend(node->items, item);

	return item;
}

/* sd_ddl_provide: The node makes an object of this name. */
void
sd_ddl_provide(SdDdl *ddl, SdDdlNode *node, const char *schema,
			   const char *name, bool is_function)
{
	char key[SD_DDL_KEY_SIZE];
	NameEntry *entry;
	bool known;

	sd_ddl_key(key, schema, name);
	entry = hash_search(ddl->names, key, HASH_ENTER, &known);
	if (!known)
		entry->nodes = NIL;
	entry->nodes = lappend(entry->nodes, node);
	node->own_keys = lappend(node->own_keys, entry->key);
	node->is_function = is_function;
}

/* sd_ddl_provide_qualified: Likewise, by the name in SQL. */
void
sd_ddl_provide_qualified(SdDdl *ddl, SdDdlNode *node, const char *name,
						 bool is_function)
{
	List *parts = sd_sql_identifiers(name);

	if (list_length(parts) == 2)
		sd_ddl_provide(ddl, node, linitial(parts), lsecond(parts), is_function);
}

/* sd_ddl_provide_word: It makes an object of a kind that has no schemas. */
void
sd_ddl_provide_word(SdDdl *ddl, SdDdlNode *node, const char *kind,
					const char *name)
{
	sd_ddl_provide(ddl, node, psprintf("%s ", kind), name, false);
}

/* sd_ddl_need_word: It needs such an object, if the document has it. */
void
sd_ddl_need_word(SdDdl *ddl, SdDdlNode *node, const char *kind,
				 const char *name)
{
	if (name != NULL)
		node->needs = lappend(node->needs, sd_ddl_word(kind, name));
}

/* sd_ddl_word: The hash key of such an object. */
char *
sd_ddl_word(const char *kind, const char *name)
{
	char *key = palloc(SD_DDL_KEY_SIZE);

	sd_ddl_key(key, psprintf("%s ", kind), name);

	return key;
}

/* sd_ddl_key: The hash key of a name. */
void
sd_ddl_key(char *key, const char *schema, const char *name)
{
	memset(key, 0, SD_DDL_KEY_SIZE);
	snprintf(key, SD_DDL_KEY_SIZE, "%s\n%s", schema, name);
}

/* sd_ddl_providers: The nodes that make a name. */
List *
sd_ddl_providers(SdDdl *ddl, const char *key)
{
	NameEntry *entry = hash_search(ddl->names, key, HASH_FIND, NULL);

	return entry != NULL ? entry->nodes : NIL;
}

/* sd_ddl_enter: Let other emitters find the node, by its identity. */
void
sd_ddl_enter(SdDdl *ddl, SdDdlNode *node)
{
	uint32 hash = identity_hash(node->kind, node->identity);
	NodeEntry *entry;
	bool known;

	entry = hash_search(ddl->by_identity, &hash, HASH_ENTER, &known);
	if (!known)
		entry->nodes = NIL;
	entry->nodes = lappend(entry->nodes, node);
}

/* sd_ddl_find: The node of an object; NULL if there is none. */
SdDdlNode *
sd_ddl_find(SdDdl *ddl, const char *kind, const char *identity)
{
	uint32 hash = identity_hash(kind, identity);
	NodeEntry *entry = hash_search(ddl->by_identity, &hash, HASH_FIND, NULL);
	ListCell *lc;

	if (entry == NULL)
		return NULL;
	foreach (lc, entry->nodes)
	{
		SdDdlNode *node = lfirst(lc);

		if (sd_ddl_compare(node->kind, kind) == 0 &&
			sd_ddl_compare(node->identity, identity) == 0)
			return node;
	}

	return NULL;
}

static uint32
identity_hash(const char *kind, const char *identity)
{
	return string_hash(kind, strlen(kind) + 1) * 31 +
		   string_hash(identity, strlen(identity) + 1);
}

/* sd_ddl_make_tables: The hash tables of a run. */
void
sd_ddl_make_tables(SdDdl *ddl)
{
	HASHCTL ctl = {0};

	ctl.keysize = SD_DDL_KEY_SIZE;
	ctl.entrysize = sizeof(NameEntry);
	ctl.hcxt = CurrentMemoryContext;
	ddl->names = hash_create("stormdisc DDL names", 1024, &ctl,
							 HASH_ELEM | HASH_STRINGS | HASH_CONTEXT);
	ctl.keysize = sizeof(uint32);
	ctl.entrysize = sizeof(NodeEntry);
	ddl->by_identity = hash_create("stormdisc DDL nodes", 1024, &ctl,
								   HASH_ELEM | HASH_BLOBS | HASH_CONTEXT);
}

/* sd_ddl_owner: Give the object its owner. */
void
sd_ddl_owner(SdDdl *ddl, SdDdlNode *node, const char *what, const char *name,
			 JsonbContainer *object)
{
	char *owner = sd_json_get_text(object, "owner");

	if (owner == NULL || ddl->options.no_owner)
		return;
	sd_ddl_statement(node, "ALTER %s %s OWNER TO %s", what, name,
					 sd_ddl_quote_identifier(owner));
	((SdDdlStatement *) llast(node->statements))->is_own = true;
}

/* sd_ddl_comment: Say a comment, if there is one. */
void
sd_ddl_comment(SdDdl *ddl, SdDdlNode *node, const char *what, const char *name,
			   const char *comment)
{
	if (comment == NULL || ddl->options.no_comments)
		return;
	sd_ddl_statement(node, "COMMENT ON %s %s IS %s", what, name,
					 sd_ddl_quote_literal(comment));
	((SdDdlStatement *) llast(node->statements))->is_own = true;
}

/* sd_ddl_comment_of: Likewise, that of an object. */
void
sd_ddl_comment_of(SdDdl *ddl, SdDdlNode *node, const char *what,
				  const char *name, JsonbContainer *object)
{
	sd_ddl_comment(ddl, node, what, name, sd_json_get_text(object, "comment"));
}

/* sd_ddl_warn: Add a line for people, about the object that is added now. */
void
sd_ddl_warn(SdDdl *ddl, const char *format, ...)
{
	SdDdlNode *node = sd_ddl_node(ddl, SD_DDL_WARNINGS);
	va_list args;
	char *text;

	va_start(args, format);
	text = formatted(format, args);
	va_end(args);
	/* names may have anything in them, and a comment ends with its line */
	for (char *c = text; *c != '\0'; c++)
	{
		if (*c == '\n' || *c == '\r')
			*c = ' ';
	}
	sd_ddl_statement(node, "-- %s", text);
}

/* sd_ddl_text: A member that an object must have. */
char *
sd_ddl_text(SdDdl *ddl, JsonbContainer *object, const char *key)
{
	char *text = sd_json_get_text(object, key);

	if (text == NULL)
		ereport(ERROR, errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				errmsg("document has no \"%s\" of \"%s\" in \"%s\"", key,
					   ddl->identity, ddl->kind),
				errhint("The document must be one that stormdisc_schema() has "
						"returned."));

	return text;
}

/* sd_ddl_malformed: Raise an error about a member of the object. */
void
sd_ddl_malformed(SdDdl *ddl, const char *key)
{
	ereport(ERROR, errcode(ERRCODE_INVALID_PARAMETER_VALUE),
			errmsg("\"%s\" of \"%s\" in \"%s\" of the document is not what it "
				   "should be",
				   key, ddl->identity, ddl->kind),
			errhint("The document must be one that stormdisc_schema() has "
					"returned."));
}

/* sd_ddl_name: The object's name in SQL, with its schema. */
char *
sd_ddl_name(SdDdl *ddl, JsonbContainer *object, const char *schema_key,
			const char *key)
{
	return sd_ddl_quote_qualified(sd_ddl_text(ddl, object, schema_key),
								  sd_ddl_text(ddl, object, key));
}

/* sd_ddl_int64: A number, or what goes without saying. */
int64
sd_ddl_int64(JsonbContainer *object, const char *key, int64 by_default)
{
	int64 value;

	return sd_json_get_int64(object, key, &value) ? value : by_default;
}

/* sd_ddl_flag: A boolean, or what goes without saying. */
bool
sd_ddl_flag(JsonbContainer *object, const char *key, bool by_default)
{
	JsonbValue value;

	return sd_json_get(object, key, &value) && value.type == jbvBool
			   ? value.val.boolean
			   : by_default;
}

/* sd_ddl_is: Is the member this word? */
bool
sd_ddl_is(JsonbContainer *object, const char *key, const char *word)
{
	JsonbValue value;

	return sd_json_get(object, key, &value) && value.type == jbvString &&
		   value.val.string.len == strlen(word) &&
		   memcmp(value.val.string.val, word, value.val.string.len) == 0;
}

/* sd_ddl_elements: A list of texts, in which NULL stands for null. */
List *
sd_ddl_elements(JsonbContainer *object, const char *key)
{
	JsonbContainer *array = sd_json_get_array(object, key);
	List *elements = NIL;
	SdJsonWalk walk;
	JsonbValue value;

	if (array == NULL)
		return NIL;
	sd_json_walk(&walk, array);
	while (sd_json_next_element(&walk, &value))
		elements = lappend(elements, sd_json_as_text(&value));

	return elements;
}

/* sd_ddl_object: An object of the documents, or NULL. */
JsonbContainer *
sd_ddl_object(SdDdl *ddl, const char *kind, const char *identity)
{
	ListCell *lc;

	foreach (lc, ddl->documents)
	{
		JsonbContainer *objects =
			sd_json_get_object(&((Jsonb *) lfirst(lc))->root, kind);
		JsonbContainer *object =
			objects != NULL ? sd_json_get_object(objects, identity) : NULL;

		if (object != NULL)
			return object;
	}

	return NULL;
}

/* sd_ddl_column: A column of a table or view, or NULL. */
JsonbContainer *
sd_ddl_column(JsonbContainer *table, const char *name)
{
	JsonbContainer *columns =
		table != NULL ? sd_json_get_array(table, "columns") : NULL;
	SdJsonWalk walk;
	JsonbValue value;

	if (columns == NULL)
		return NULL;
	sd_json_walk(&walk, columns);
	while (sd_json_next_element(&walk, &value))
	{
		JsonbContainer *column = sd_json_as_object(&value);

		if (column != NULL && sd_ddl_is(column, "column_name", name))
			return column;
	}

	return NULL;
}

/* sd_ddl_if_not_exists: What CREATE has behind it, with a space. */
const char *
sd_ddl_if_not_exists(SdDdl *ddl)
{
	return ddl->options.if_not_exists ? "IF NOT EXISTS " : "";
}

/* sd_ddl_or_replace: The same for objects that are replaced. */
const char *
sd_ddl_or_replace(SdDdl *ddl)
{
	return ddl->options.if_not_exists ? "OR REPLACE " : "";
}

/*
 * sd_ddl_schema
 *		The name in SQL of a schema that stands alone.  In front of a dot other
 *		names for schemas come in later.
 */
const char *
sd_ddl_schema(SdDdl *ddl, const char *schema)
{
	const char *to = sd_schema_map_find(&ddl->options.schemas, schema);

	return sd_ddl_quote_identifier(to != NULL ? to : schema);
}

/* sd_ddl_trimmed: A definition without the semicolon that it may end with. */
char *
sd_ddl_trimmed(const char *statement)
{
	int length = strlen(statement);

	while (length > 0 && (isspace((unsigned char) statement[length - 1]) ||
						  statement[length - 1] == ';'))
		length--;

	return pnstrdup(statement, length);
}

/* sd_ddl_storage_options: "a=1" as in WITH (a='1'); NULL if there are none. */
char *
sd_ddl_storage_options(List *options)
{
	StringInfoData result;
	ListCell *lc;

	if (options == NIL)
		return NULL;
	initStringInfo(&result);
	foreach (lc, options)
	{
		const char *option = lfirst(lc);
		const char *equals = option != NULL ? strchr(option, '=') : NULL;
		const char *name;

		if (equals == NULL)
			continue;
		name = pnstrdup(option, equals - option);
		if (result.len > 0)
			appendStringInfoString(&result, ", ");
		if (strncmp(name, "toast.", 6) == 0)
			appendStringInfo(&result, "toast.%s",
							 sd_ddl_quote_identifier(name + 6));
		else
			appendStringInfoString(&result, sd_ddl_quote_identifier(name));
		appendStringInfo(&result, "=%s", sd_ddl_quote_literal(equals + 1));
	}

	return result.data;
}

/* sd_ddl_foreign_options: "a=1" as in OPTIONS (a '1'); NULL if none. */
char *
sd_ddl_foreign_options(List *options)
{
	StringInfoData result;
	ListCell *lc;

	if (options == NIL)
		return NULL;
	initStringInfo(&result);
	foreach (lc, options)
	{
		const char *option = lfirst(lc);
		const char *equals = option != NULL ? strchr(option, '=') : NULL;

		if (equals == NULL)
			continue;
		appendStringInfo(
			&result, "%s%s %s", result.len > 0 ? ", " : "",
			sd_ddl_quote_identifier(pnstrdup(option, equals - option)),
			sd_ddl_quote_literal(equals + 1));
	}

	return result.data;
}

/* sd_ddl_identifiers: Raw names, quoted, with commas. */
char *
sd_ddl_identifiers(List *names)
{
	List *quoted = NIL;
	ListCell *lc;

	foreach (lc, names)
		quoted = lappend(
			quoted, unconstify(char *, sd_ddl_quote_identifier(lfirst(lc))));

	return sd_ddl_joined(quoted, ", ");
}

/* sd_ddl_joined: Texts with something between them. */
char *
sd_ddl_joined(List *texts, const char *separator)
{
	StringInfoData result;
	ListCell *lc;

	initStringInfo(&result);
	foreach (lc, texts)
		appendStringInfo(&result, "%s%s", result.len > 0 ? separator : "",
						 (const char *) lfirst(lc));

	return result.data;
}

/* sd_ddl_upper: A word of a document as a key word. */
char *
sd_ddl_upper(const char *word)
{
	char *result = pstrdup(word);

	for (char *c = result; *c != '\0'; c++)
		*c = pg_ascii_toupper((unsigned char) *c);

	return result;
}

/* sd_ddl_chosen_name: The name that the server gives to what has none. */
char *
sd_ddl_chosen_name(const char *table, const char *column, const char *label)
{
	return makeObjectName(table, column, label);
}
