/*-------------------------------------------------------------------------
 *
 * sql_text.c
 *	  SQL as the server writes it: the names in it, and other names for them.
 *
 * The texts of a document were made with nothing but pg_catalog in the search
 * path, so what is not the server's own is written with its schema.  It is
 * enough to tell names from strings: "app.t" is a name wherever it stands as
 * such, and in a constant of a reg* type; in any other string it is a string.
 * A column may be written "alias.column", which looks the same: whoever asks
 * for references knows which names there are.
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include <ctype.h>

#include "lib/stringinfo.h"
#include "mb/pg_wchar.h"
#include "miscadmin.h"
#include "utils/builtins.h"

#include "model/sql_text.h"

typedef enum TokenType
{
	TOKEN_NAME,
	TOKEN_STRING, /* quoted by ' */
	TOKEN_BODY,	  /* quoted by $$ */
	TOKEN_NUMBER,
	TOKEN_SPACE, /* and comments */
	TOKEN_OTHER	 /* one character */
} TokenType;

typedef struct Token
{
	TokenType type;
	const char *start;
	int length;
	char *value; /* of a name or string: as meant */
} Token;

/* a text in pieces; there is one more than counted, which is TOKEN_OTHER */
typedef struct Tokens
{
	int count;
	int size;
	Token *tokens;
} Tokens;

/* the constants whose strings are names, by type */
typedef enum NameType
{
	NAME_NONE,
	NAME_OBJECT,
	NAME_SCHEMA,
	NAME_OBJECTS, /* of arrays */
	NAME_SCHEMAS
} NameType;

/* an array's constant, to be read element by element */
typedef struct Elements
{
	const char *position;
	const char *start; /* of the element, as it is written */
	char *value;	   /* as meant */
} Elements;

/* where in a query a text is: between two parentheses, a clause */
typedef struct Place
{
	bool is_expression; /* names are columns, not relations */
	bool is_call;		/* arguments: FROM is a word like others there */
	bool is_query;		/* names may be aliases */
} Place;

typedef struct Places
{
	int depth;
	int size;
	Place *places; /* depth + 1 of them */
} Places;

static Tokens *read_tokens(const char *text);
static Token *add_token(Tokens *tokens, TokenType type, const char *start);
static const char *read_token(Tokens *tokens, const char *text);
static const char *read_string(Token *token, bool has_escapes);
static const char *read_quoted_name(Token *token);
static const char *read_body(Token *token);
static bool begins_name(char c);
static bool has_word(const char *text, const char *word);
static bool continues_name(char c);
static bool is_operator(char c);
static bool is_sign(const Token *token, char c);
static bool is_before_dot(const Tokens *tokens, int i);
static char *name_behind_dot(const Tokens *tokens, int i, int *next);
static int skip_space(const Tokens *tokens, int i);
static NameType name_type(const Tokens *tokens, int i);
static const char *map_constant(const char *value, NameType type,
								const SdSchemaMap *map);
static const char *map_array(const char *array, NameType type,
							 const SdSchemaMap *map);
static bool next_element(Elements *elements);
static void append_element(StringInfo array, const char *element);
static const char *quoted(const Token *token, const char *value);
static const char *map_relation(const Tokens *tokens, int i, const char *name,
								int *next, const SdSchemaMap *map,
								bool has_columns);
static bool has_other_meaning(const Tokens *tokens, const SdSchemaMap *map,
							  const char *name, signed char *known);
static void follow(Places *places, const Tokens *tokens, int i);
static bool is_word(const Token *token, const char *const *words);
static const Token *token_before(const Tokens *tokens, int i);
static bool is_object_name(const Places *places, const Tokens *tokens, int i,
						   int next);

/*
 * sd_sql_references
 *		Tell the handler each name that has another in front of it.
 */
void
sd_sql_references(const char *text, SdReferenceHandler handler, void *arg)
{
	Tokens *tokens = read_tokens(text);
	int i = 0;

	/* a string may have names in it, and strings */
	check_stack_depth();
	while (i < tokens->count)
	{
		Token *token = &tokens->tokens[i];
		int next = i + 1;

		CHECK_FOR_INTERRUPTS();
		if (token->type == TOKEN_STRING)
		{
			NameType type = name_type(tokens, i);
			Elements elements = {token->value, NULL, NULL};

			if (type == NAME_OBJECT)
				sd_sql_references(token->value, handler, arg);
			while (type == NAME_OBJECTS && next_element(&elements))
				sd_sql_references(elements.value, handler, arg);
		}
		else if (token->type == TOKEN_NAME && is_before_dot(tokens, i))
		{
			char *name = name_behind_dot(tokens, i, &next);

			if (name != NULL)
			{
				handler(
					arg, token->value, name,
					is_sign(&tokens->tokens[skip_space(tokens, next)], '('));
				/* "schema.table.column" */
				while (is_before_dot(tokens, next - 1) &&
					   name_behind_dot(tokens, next - 1, &next) != NULL)
					;
			}
		}
		i = next;
	}
}

/*
 * sd_sql_identifiers
 *		The parts of a qualified name, raw: a list of strings.  What follows,
 *		like the arguments of a function, is left away.
 */
List *
sd_sql_identifiers(const char *text)
{
	Tokens *tokens = read_tokens(text != NULL ? text : "");
	List *names = NIL;
	int i = 0;

	if (tokens->count > 0 && tokens->tokens[0].type == TOKEN_NAME)
		names = lappend(names, tokens->tokens[0].value);
	while (names != NIL && is_before_dot(tokens, i))
	{
		int next;
		char *name = name_behind_dot(tokens, i, &next);

		if (name == NULL)
			break;
		names = lappend(names, name);
		i = next - 1;
	}

	return names;
}

/* sd_schema_map_find: The other name of a schema, or NULL. */
const char *
sd_schema_map_find(const SdSchemaMap *map, const char *schema)
{
	for (int i = 0; i < map->count; i++)
	{
		if (strcmp(map->from[i], schema) == 0)
			return map->to[i];
	}

	return NULL;
}

/*
 * sd_sql_map_schemas
 *		A statement with other names for the schemas in its names.
 *
 * Where the name of a schema is in the text for something else, too, such as
 * an alias, only the names of objects that there are get another schema, and
 * only where such a name can be.
 */
char *
sd_sql_map_schemas(const char *text, const SdSchemaMap *map)
{
	/* in GRANT and the like the words are none of a query */
	return sd_sql_map_part(text, map, pg_strncasecmp(text, "create ", 7) == 0);
}

/*
 * sd_sql_map_part
 *		Likewise, of a text that is part of a statement: of one that may be a
 *		query, or have one inside of it, or of names.
 */
char *
sd_sql_map_part(const char *text, const SdSchemaMap *map, bool may_be_query)
{
	Tokens *tokens = read_tokens(text);
	Places places = {0};
	signed char *known;
	StringInfoData result;
	int i = 0;

	check_stack_depth();
	known = palloc0(map->count + 1);
	places.size = 16;
	places.places = palloc0(sizeof(Place) * places.size);
	initStringInfo(&result);
	while (i < tokens->count)
	{
		Token *token = &tokens->tokens[i];
		const char *to = NULL;
		int next = i + 1;

		CHECK_FOR_INTERRUPTS();
		if (may_be_query)
			follow(&places, tokens, i);
		if (token->type == TOKEN_STRING)
		{
			to = map_constant(token->value, name_type(tokens, i), map);
			if (to != NULL)
				to = quoted(token, to);
		}
		else if (token->type == TOKEN_NAME && is_before_dot(tokens, i))
		{
			char *name = name_behind_dot(tokens, i, &next);
			const char *relation =
				map_relation(tokens, i, name, &next, map, may_be_query);

			to = name == NULL ? NULL : sd_schema_map_find(map, token->value);
			if (to != NULL &&
				has_other_meaning(tokens, map, token->value, known) &&
				((map->has_object != NULL &&
				  !map->has_object(map->arg, token->value, name)) ||
				 !is_object_name(&places, tokens, i, next)))
				to = NULL;
			if (to != NULL)
				to = quote_identifier(to);
			/* what was read of it is in there */
			if (relation != NULL)
			{
				appendStringInfoString(&result, relation);
				i = next;
				continue;
			}
			/* "schema.table.column" */
			while (name != NULL && is_before_dot(tokens, next - 1))
				name = name_behind_dot(tokens, next - 1, &next);
		}

		if (to == NULL)
			appendBinaryStringInfo(&result, token->start, token->length);
		else
			appendStringInfoString(&result, to);
		for (int j = i + 1; j < next; j++)
			appendBinaryStringInfo(&result, tokens->tokens[j].start,
								   tokens->tokens[j].length);
		i = next;
	}

	return result.data;
}

/* The string of a constant with the other names; NULL if it has none. */
static const char *
map_constant(const char *value, NameType type, const SdSchemaMap *map)
{
	const char *to = NULL;
	List *names;

	switch (type)
	{
		case NAME_OBJECT:
			return sd_sql_map_part(value, map, false);
		case NAME_SCHEMA:
			names = sd_sql_identifiers(value);
			if (list_length(names) == 1)
				to = sd_schema_map_find(map, linitial(names));
			return to != NULL ? quote_identifier(to) : NULL;
		case NAME_OBJECTS:
		case NAME_SCHEMAS:
			return map_array(value, type, map);
		case NAME_NONE:
			break;
	}

	return NULL;
}

/* An array's constant, with the other names in its elements. */
static const char *
map_array(const char *array, NameType type, const SdSchemaMap *map)
{
	NameType of_element = type == NAME_OBJECTS ? NAME_OBJECT : NAME_SCHEMA;
	Elements elements = {array, NULL, NULL};
	const char *done = array;
	StringInfoData result;

	initStringInfo(&result);
	while (next_element(&elements))
	{
		const char *to = map_constant(elements.value, of_element, map);

		if (to == NULL || strcmp(to, elements.value) == 0)
			continue;
		appendBinaryStringInfo(&result, done, elements.start - done);
		append_element(&result, to);
		done = elements.position;
	}
	appendStringInfoString(&result, done);

	return result.data;
}

/* The next element of an array's constant, of whatever dimension. */
static bool
next_element(Elements *elements)
{
	const char *text = elements->position;
	StringInfoData value;
	bool is_quoted = false;

	/* bounds, as in "[0:1]={app.t,app.u}" */
	if (*text == '[')
		text += strcspn(text, "{");
	text += strspn(text, "{}, ");
	if (*text == '\0')
		return false;

	initStringInfo(&value);
	elements->start = text;
	while (*text != '\0' && (is_quoted || strchr(",}", *text) == NULL))
	{
		if (*text == '"')
			is_quoted = !is_quoted;
		else
		{
			if (text[0] == '\\' && text[1] != '\0')
				text++;
			appendStringInfoChar(&value, *text);
		}
		text++;
	}
	elements->position = text;
	elements->value = value.data;

	return true;
}

/* As the server writes it. */
static void
append_element(StringInfo array, const char *element)
{
	if (strpbrk(element, "\"\\{}, \t\n\r\v\f") == NULL)
	{
		appendStringInfoString(array, element);
		return;
	}

	appendStringInfoChar(array, '"');
	for (; *element != '\0'; element++)
	{
		if (*element == '"' || *element == '\\')
			appendStringInfoChar(array, '\\');
		appendStringInfoChar(array, *element);
	}
	appendStringInfoChar(array, '"');
}

/* The string with another value: quoted as it was. */
static const char *
quoted(const Token *token, const char *value)
{
	StringInfoData result;

	if (*token->start != '\'')
		return quote_literal_cstr(value);

	/* the server's deparser counts on standard_conforming_strings */
	initStringInfo(&result);
	appendStringInfoChar(&result, '\'');
	for (; *value != '\0'; value++)
	{
		if (*value == '\'')
			appendStringInfoChar(&result, '\'');
		appendStringInfoChar(&result, *value);
	}
	appendStringInfoChar(&result, '\'');

	return result.data;
}

/*
 * The other name of a relation or function, and *next behind it; NULL if it has
 * none.  In a query a column may have the table's bare name in front.
 */
static const char *
map_relation(const Tokens *tokens, int i, const char *name, int *next,
			 const SdSchemaMap *map, bool has_columns)
{
	const char *schema;
	const char *relation;

	if (map->find_relation == NULL || name == NULL)
		return NULL;
	if (!is_sign(&tokens->tokens[*next], '(') &&
		map->find_relation(map->arg, tokens->tokens[i].value, name, &schema,
						   &relation))
		return quote_qualified_identifier(schema, relation);
	/* some attributes are the bare name of a function */
	if (map->find_function != NULL &&
		map->find_function(map->arg, tokens->tokens[i].value, name, &schema,
						   &relation))
		return quote_qualified_identifier(schema, relation);
	if (!has_columns || is_sign(&tokens->tokens[*next], '(') ||
		!map->find_relation(map->arg, NULL, tokens->tokens[i].value, &schema,
							&relation))
		return NULL;
	*next = i + 1;

	return quote_identifier(relation);
}

/*
 * sd_sql_mentions
 *		Is the word in a text that may be in any language, or be NULL?  Quoted,
 *		its quotes are doubled.
 */
bool
sd_sql_mentions(const char *text, const char *word)
{
	const char *quoted;

	if (text == NULL || word == NULL || word[0] == '\0')
		return false;
	if (has_word(text, word))
		return true;
	if (strchr(word, '"') == NULL)
		return false;
	quoted = quote_identifier(word);

	return has_word(text, pnstrdup(quoted + 1, strlen(quoted) - 2));
}

static bool
has_word(const char *text, const char *word)
{
	int length = strlen(word);

	for (const char *at = strstr(text, word); at != NULL;
		 at = strstr(at + 1, word))
	{
		if ((at == text || !continues_name(at[-1])) &&
			!continues_name(at[length]))
			return true;
	}

	return false;
}

static Tokens *
read_tokens(const char *text)
{
	Tokens *tokens = palloc0(sizeof(Tokens));

	while (*text != '\0')
		text = read_token(tokens, text);
	/* so that nobody needs to ask whether there is a next */
	(void) add_token(tokens, TOKEN_OTHER, text);
	tokens->tokens[--tokens->count].length = 0;

	return tokens;
}

static Token *
add_token(Tokens *tokens, TokenType type, const char *start)
{
	Token *token;

	if (tokens->count == tokens->size)
	{
		tokens->size = Max(64, tokens->size * 2);
		tokens->tokens =
			tokens->tokens == NULL
				? palloc(sizeof(Token) * tokens->size)
				: repalloc_huge(tokens->tokens, sizeof(Token) * tokens->size);
	}
	token = &tokens->tokens[tokens->count++];
	token->type = type;
	token->start = start;
	token->length = 1;
	token->value = NULL;

	return token;
}

/* Add the next token, and return where it ends. */
static const char *
read_token(Tokens *tokens, const char *text)
{
	Token *token = add_token(tokens, TOKEN_OTHER, text);
	const char *end = text + 1;

	if (*text == '\'')
	{
		Token *before = tokens->count > 1 ? token - 1 : NULL;
		bool has_escapes = before != NULL && before->type == TOKEN_NAME &&
						   before->length == 1 &&
						   (*before->start == 'E' || *before->start == 'e');

		end = read_string(token, has_escapes);
		/* the letter is part of the string */
		if (has_escapes)
		{
			before->type = TOKEN_STRING;
			before->value = token->value;
			before->length = end - before->start;
			tokens->count--;
			return end;
		}
	}
	else if (*text == '"')
		end = read_quoted_name(token);
	else if (*text == '$')
		end = read_body(token);
	else if (begins_name(*text))
	{
		token->type = TOKEN_NAME;
		while (continues_name(*end))
			end++;
		token->value = pnstrdup(text, end - text);
	}
	else if (isdigit((unsigned char) *text))
	{
		token->type = TOKEN_NUMBER;
		while (continues_name(*end) || *end == '.')
			end++;
	}
	else if (isspace((unsigned char) *text))
	{
		token->type = TOKEN_SPACE;
		while (isspace((unsigned char) *end))
			end++;
	}
	else if (text[0] == '-' && text[1] == '-')
	{
		token->type = TOKEN_SPACE;
		while (*end != '\0' && *end != '\n')
			end++;
	}
	token->length = end - text;

	return end;
}

/* 'it''s'; with backslashes in E'' */
static const char *
read_string(Token *token, bool has_escapes)
{
	const char *text = token->start + 1;
	StringInfoData value;

	initStringInfo(&value);
	while (*text != '\0')
	{
		if (text[0] == '\'' && text[1] != '\'')
			break;
		if (text[0] == '\'' ||
			(has_escapes && text[0] == '\\' && text[1] != '\0'))
			text++;
		appendStringInfoChar(&value, *text++);
	}
	token->type = TOKEN_STRING;
	token->value = value.data;

	return *text == '\0' ? text : text + 1;
}

/* "Name ""n""" */
static const char *
read_quoted_name(Token *token)
{
	const char *text = token->start + 1;
	StringInfoData value;

	initStringInfo(&value);
	while (*text != '\0')
	{
		if (text[0] == '"' && text[1] != '"')
			break;
		if (text[0] == '"')
			text++;
		appendStringInfoChar(&value, *text++);
	}
	token->type = TOKEN_NAME;
	token->value = value.data;

	return *text == '\0' ? text : text + 1;
}

/* $tag$...$tag$; a parameter like $1 is none */
static const char *
read_body(Token *token)
{
	const char *text = token->start + 1;
	const char *end;
	char *tag;

	if (isdigit((unsigned char) *text))
		return text;
	while (continues_name(*text) && *text != '$')
		text++;
	if (*text != '$')
		return token->start + 1;
	text++;
	tag = pnstrdup(token->start, text - token->start);
	end = strstr(text, tag);
	if (end == NULL)
		return token->start + 1;
	token->type = TOKEN_BODY;
	token->value = pnstrdup(text, end - text);

	return end + strlen(tag);
}

static bool
begins_name(char c)
{
	return isalpha((unsigned char) c) || c == '_' || IS_HIGHBIT_SET(c);
}

static bool
continues_name(char c)
{
	return begins_name(c) || isdigit((unsigned char) c) || c == '$';
}

static bool
is_operator(char c)
{
	return c != '\0' && strchr("+-*/<>=~!@#%^&|`?", c) != NULL;
}

static bool
is_sign(const Token *token, char c)
{
	return token->type == TOKEN_OTHER && token->length == 1 &&
		   *token->start == c;
}

static bool
is_before_dot(const Tokens *tokens, int i)
{
	return i + 1 < tokens->count && is_sign(&tokens->tokens[i + 1], '.');
}

/*
 * The name, or operator, two tokens further; NULL if there is something else.
 * *next is the token after it.
 */
static char *
name_behind_dot(const Tokens *tokens, int i, int *next)
{
	Token *token = &tokens->tokens[i + 2];
	int count = 0;

	*next = i + 3;
	if (i + 2 < tokens->count && token->type == TOKEN_NAME)
		return token->value;

	while (i + 2 + count < tokens->count && token[count].type == TOKEN_OTHER &&
		   is_operator(*token[count].start))
		count++;
	*next = i + 1;
	/*
	 * "t.*" is all columns; OPERATOR(app.*) is an operator, and so is one with
	 * its types, and one that is all there is
	 */
	if (count == 0 ||
		(count == 1 && is_sign(token, '*') &&
		 !(i > 0 && is_sign(&tokens->tokens[i - 1], '(')) &&
		 !is_sign(&tokens->tokens[skip_space(tokens, i + 3)], '(') &&
		 !(i == 0 && i + 3 == tokens->count)))
		return NULL;
	*next = i + 2 + count;

	return pnstrdup(token->start, count);
}

static int
skip_space(const Tokens *tokens, int i)
{
	while (i < tokens->count && tokens->tokens[i].type == TOKEN_SPACE)
		i++;

	return Min(i, tokens->count);
}

/* Is the string a constant of a type whose values are names? */
static NameType
name_type(const Tokens *tokens, int i)
{
	static const char *const objects[] = {
		"regclass", "regproc",	 "regprocedure",  "regoper",	 "regoperator",
		"regtype",	"regconfig", "regdictionary", "regcollation"};
	const Token *token = &tokens->tokens[i];
	bool is_array;

	if (i + 3 > tokens->count || !is_sign(&token[1], ':') ||
		!is_sign(&token[2], ':') || token[3].type != TOKEN_NAME)
		return NAME_NONE;
	is_array = i + 4 < tokens->count && is_sign(&token[4], '[');
	if (strcmp(token[3].value, "regnamespace") == 0)
		return is_array ? NAME_SCHEMAS : NAME_SCHEMA;
	for (int j = 0; j < lengthof(objects); j++)
	{
		if (strcmp(token[3].value, objects[j]) == 0)
			return is_array ? NAME_OBJECTS : NAME_OBJECT;
	}

	return NAME_NONE;
}

/*
 * Does the name of a schema stand somewhere without a dot behind it?  For each
 * schema of the map that is found out once.
 */
static bool
has_other_meaning(const Tokens *tokens, const SdSchemaMap *map,
				  const char *name, signed char *known)
{
	int schema = 0;

	while (strcmp(map->from[schema], name) != 0)
		schema++;
	if (known[schema] != 0)
		return known[schema] > 0;

	known[schema] = -1;
	for (int i = 0; i < tokens->count && known[schema] < 0; i++)
	{
		if (tokens->tokens[i].type == TOKEN_NAME && !is_before_dot(tokens, i) &&
			strcmp(tokens->tokens[i].value, name) == 0)
			known[schema] = 1;
	}

	return known[schema] > 0;
}

/* Go on with what is known about the place of a token. */
static void
follow(Places *places, const Tokens *tokens, int i)
{
	static const char *const relations[] = {"from", "join", "into", "update",
											NULL};
	static const char *const expressions[] = {
		"select", "where",	   "on",	 "group", "order", "having",
		"values", "returning", "window", "set",	  "limit", NULL};
	static const char *const distinct[] = {"distinct", NULL};
	static const char *const queries[] = {
		"select", "insert", "update", "delete", "values", "merge", NULL};
	const Token *token = &tokens->tokens[i];
	const Token *before = token_before(tokens, i);
	Place *place = &places->places[places->depth];

	if (is_sign(token, '('))
	{
		Place inner = *place;

		/* what is behind a name are arguments, or the names of columns */
		inner.is_call = before != NULL && before->type == TOKEN_NAME &&
						!is_word(before, relations) &&
						!is_word(before, expressions);
		inner.is_expression |= inner.is_call && inner.is_query;
		if (++places->depth == places->size)
		{
			places->size *= 2;
			places->places =
				repalloc(places->places, sizeof(Place) * places->size);
		}
		places->places[places->depth] = inner;
	}
	else if (is_sign(token, ')') && places->depth > 0)
		places->depth--;
	else if (is_word(token, queries))
		place->is_query = true;
	if (is_word(token, relations) && !place->is_call &&
		!is_word(before, distinct))
		place->is_expression = false;
	/* ON without parentheses is that of CREATE INDEX and the like */
	else if (is_word(token, expressions) &&
			 (pg_strncasecmp(token->start, "on", token->length) != 0 ||
			  is_sign(&tokens->tokens[skip_space(tokens, i + 1)], '(')))
	{
		place->is_expression = true;
		if (pg_strncasecmp(token->start, "select", token->length) == 0)
			place->is_call = false;
	}
}

/* Is it one of these key words?  A quoted name is none. */
static bool
is_word(const Token *token, const char *const *words)
{
	if (token == NULL || token->type != TOKEN_NAME || *token->start == '"')
		return false;
	for (int i = 0; words[i] != NULL; i++)
	{
		if (pg_strcasecmp(token->value, words[i]) == 0)
			return true;
	}

	return false;
}

/* The token before, other than space; NULL if there is none. */
static const Token *
token_before(const Tokens *tokens, int i)
{
	while (--i >= 0)
	{
		if (tokens->tokens[i].type != TOKEN_SPACE)
			return &tokens->tokens[i];
	}

	return NULL;
}

/* Can this be a relation, function, type or operator, and no column? */
static bool
is_object_name(const Places *places, const Tokens *tokens, int i, int next)
{
	static const char *const prefixes[] = {"operator", "collate", NULL};
	const Token *before = token_before(tokens, i);

	/* a function */
	if (is_sign(&tokens->tokens[skip_space(tokens, next)], '('))
		return true;
	/* a type, collation or operator */
	if (before != NULL && (is_sign(before, ':') || is_word(before, prefixes) ||
						   (is_sign(before, '(') && before > tokens->tokens &&
							is_word(before - 1, prefixes))))
		return true;

	return !places->places[places->depth].is_expression;
}
