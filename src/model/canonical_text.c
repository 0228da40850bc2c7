/*-------------------------------------------------------------------------
 *
 * canonical_text.c
 *	  What the server's deparser says in more than one way, said in one.
 *
 * The server prints an expression otherwise once it has read its own print
 * (IN over a varchar), and PostgreSQL 16 prints views otherwise than 15.  What
 * comes out here is for comparing only; nobody is meant to run it.
 *
 * The text is taken apart as far as names, strings and brackets, no further.
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include <ctype.h>

#include "lib/stringinfo.h"
#include "miscadmin.h"

#include "model/canonical.h"

typedef enum TokenKind
{
	TOKEN_END,
	TOKEN_SPACE,
	TOKEN_WORD,	  /* a name, quoted or not, or a key word */
	TOKEN_STRING, /* a literal */
	TOKEN_OTHER	  /* one character */
} TokenKind;

typedef struct Token
{
	TokenKind kind;
	const char *start;
	int length;
} Token;

/* the FROM clause of a query, if there is one, at the query's own level */
typedef struct FromClause
{
	const char *start;
	const char *end;
} FromClause;

static Token next_token(const char *position, const char *end);
static const char *quoted_end(const char *position, const char *end,
							  char quote);
static Token next_solid(const char *position, const char *end);
static bool is_word(const Token *token, const char *word);
static bool is_char(const Token *token, char character);
static const char *matching_bracket(const char *open, const char *end);
static void append_plain(StringInfo buf, const char *text, const char *end);
static const char *behind_own_name(const char *type, const char *end);
static bool names_type(const char *type, int length, const Token *alias);
static char *unquoted(const Token *name);
static const char *cast_type_end(const char *position, const char *end);
static void append_folded(StringInfo buf, const char *text, const char *end);
static void append_elements(StringInfo buf, const char *text, const char *end,
							const char *type, int type_length);
static void append_element(StringInfo buf, const char *text, const char *end,
						   const char *type, int type_length);
static bool opens_query(const char *bracket, const char *end);
static bool find_from(const char *text, const char *end, FromClause *from);
static bool only_alias(const FromClause *from, Token *alias);
static void append_unqualified(StringInfo buf, const char *text,
							   const char *end, const FromClause *from,
							   const Token *alias);
static bool ends_from(const Token *token);

/*
 * sd_canonical_expression
 *		An expression, or any text that contains some.
 *
 * The text itself if there is nothing to do, or else a copy.
 *
 * (ARRAY['a'::character varying])::text[] becomes
 * ARRAY[('a'::character varying)::text], which is what the server makes of it;
 * for queries inside of it, see append_plain().
 */
const char *
sd_canonical_expression(const char *text)
{
	StringInfoData buf;

	if (strstr(text, "SELECT") != NULL || strstr(text, "VALUES") != NULL)
	{
		initStringInfo(&buf);
		append_plain(&buf, text, text + strlen(text));
		text = buf.data;
	}
	if (strstr(text, "(ARRAY[") == NULL)
		return text;

	initStringInfo(&buf);
	append_folded(&buf, text, text + strlen(text));

	return buf.data;
}

/*
 * sd_canonical_query
 *		The definition of a view.
 *
 * Of a query that reads from one table or function alone, names of columns
 * lose its name.
 */
const char *
sd_canonical_query(const char *text)
{
	const char *end = text + strlen(text);
	FromClause from = {0};
	Token alias = {0};
	StringInfoData buf;

	if (!find_from(text, end, &from) || !only_alias(&from, &alias))
		return sd_canonical_expression(text);

	initStringInfo(&buf);
	append_unqualified(&buf, text, end, &from, &alias);

	return sd_canonical_expression(buf.data);
}

/*
 * sd_canonical_setting
 *		A setting of a function, with its value.
 *
 * In lists of names the server quotes what it has to, or all of them: which of
 * these is a setting of the session that made the function.
 */
const char *
sd_canonical_setting(const char *text)
{
	static const char *const lists[] = {
		"search_path=", "temp_tablespaces=", "local_preload_libraries=",
		"session_preload_libraries="};
	StringInfoData buf;
	const char *end = text + strlen(text);
	int length = 0;

	for (int i = 0; i < lengthof(lists); i++)
	{
		if (strncmp(text, lists[i], strlen(lists[i])) == 0)
			length = strlen(lists[i]);
	}
	if (length == 0 || strchr(text, '"') == NULL)
		return text;

	initStringInfo(&buf);
	appendBinaryStringInfo(&buf, text, length);
	for (text += length; text < end;)
	{
		Token token = next_token(text, end);
		bool is_plain = token.length > 2 && *token.start == '"';

		for (int i = 1; i < token.length - 1 && is_plain; i++)
			is_plain = islower((unsigned char) token.start[i]) ||
					   token.start[i] == '_' ||
					   (i > 1 && isdigit((unsigned char) token.start[i]));
		appendBinaryStringInfo(&buf, token.start + is_plain,
							   token.length - 2 * is_plain);
		text += token.length;
	}

	return buf.data;
}

/* The token at a position; names and strings are one each. */
static Token
next_token(const char *position, const char *end)
{
	Token token = {TOKEN_OTHER, position, 1};
	const char *next = position;

	if (position >= end)
	{
		token.kind = TOKEN_END;
		token.length = 0;
	}
	else if (*position == '\'')
	{
		token.kind = TOKEN_STRING;
		token.length = quoted_end(position, end, '\'') - position;
	}
	else if (*position == '"')
	{
		token.kind = TOKEN_WORD;
		token.length = quoted_end(position, end, '"') - position;
	}
	else if (isspace((unsigned char) *position))
	{
		while (next < end && isspace((unsigned char) *next))
			next++;
		token.kind = TOKEN_SPACE;
		token.length = next - position;
	}
	else if (isalnum((unsigned char) *position) || *position == '_' ||
			 IS_HIGHBIT_SET(*position))
	{
		while (next < end && (isalnum((unsigned char) *next) || *next == '_' ||
							  *next == '$' || IS_HIGHBIT_SET(*next)))
			next++;
		/* E'...' of a string with backslashes, in which these count double */
		if (next < end && *next == '\'' && next == position + 1)
		{
			token.kind = TOKEN_STRING;
			token.length = quoted_end(next, end, '\'') - position;
			return token;
		}
		token.kind = TOKEN_WORD;
		token.length = next - position;
	}

	return token;
}

/*
 * Behind the closing quote; two of them are none.  The server doubles the
 * backslashes in E'...', so these never stand before a quote.
 */
static const char *
quoted_end(const char *position, const char *end, char quote)
{
	for (position++; position < end; position++)
	{
		if (*position != quote)
			continue;
		if (position + 1 == end || position[1] != quote)
			return position + 1;
		position++;
	}

	return end;
}

/* The next token that is no space. */
static Token
next_solid(const char *position, const char *end)
{
	Token token = next_token(position, end);

	if (token.kind == TOKEN_SPACE)
		token = next_token(position + token.length, end);

	return token;
}

static bool
is_word(const Token *token, const char *word)
{
	return token->kind == TOKEN_WORD && token->length == strlen(word) &&
		   memcmp(token->start, word, token->length) == 0;
}

static bool
is_char(const Token *token, char character)
{
	return token->kind == TOKEN_OTHER && *token->start == character;
}

/* The bracket that closes this one, of any sort; NULL if none does. */
static const char *
matching_bracket(const char *open, const char *end)
{
	const char *position = open;
	int depth = 0;

	while (position < end)
	{
		Token token = next_token(position, end);

		CHECK_FOR_INTERRUPTS();
		if (is_char(&token, '(') || is_char(&token, '['))
			depth++;
		else if ((is_char(&token, ')') || is_char(&token, ']')) && --depth == 0)
			return position;
		position += token.length;
	}

	return NULL;
}

/*
 * Append the text as it is before a reload.
 *
 * A constant without a name, in the second branch of a UNION or in a subquery
 * whose names do not matter, has one when it is read again, that of its type:
 * 'a'::text AS text.  It goes.  And VALUES alone in brackets gets a space
 * before it once the columns have other names.
 */
static void
append_plain(StringInfo buf, const char *text, const char *end)
{
	while (text < end)
	{
		Token token = next_token(text, end);
		const char *behind = text + token.length;

		appendBinaryStringInfo(buf, token.start, token.length);
		if (is_char(&token, '('))
		{
			Token next = next_solid(behind, end);

			if (is_word(&next, "VALUES"))
				behind = next.start;
		}
		else if (is_char(&token, ':') && behind < end && *behind == ':')
		{
			const char *type = behind + 1;
			const char *name_end = behind_own_name(type, end);

			if (name_end != NULL)
			{
				appendStringInfoChar(buf, ':');
				while (type < name_end)
				{
					Token part = next_token(type, end);
					Token next = next_solid(type, end);

					if (is_word(&next, "AS"))
						break;
					appendBinaryStringInfo(buf, part.start, part.length);
					type += part.length;
				}
				behind = name_end;
			}
		}
		text = behind;
	}
}

/*
 * Behind the type that a cast names stands AS: is what follows that type's
 * name?  The end of it, or NULL.
 */
static const char *
behind_own_name(const char *type, const char *end)
{
	const char *position = type;

	while (position < end)
	{
		Token token = next_token(position, end);

		if (is_word(&token, "AS"))
		{
			Token alias = next_solid(position + token.length, end);

			if (alias.kind != TOKEN_WORD ||
				!names_type(type, position - type, &alias))
				return NULL;
			return alias.start + alias.length;
		}
		if (token.kind == TOKEN_SPACE &&
			memchr(token.start, '\n', token.length) != NULL)
			return NULL;
		if (is_char(&token, '('))
		{
			position = matching_bracket(position, end);
			if (position == NULL)
				return NULL;
			position++;
			continue;
		}
		if (token.kind != TOKEN_WORD && token.kind != TOKEN_SPACE &&
			!is_char(&token, '.') && !is_char(&token, '[') &&
			!is_char(&token, ']'))
			return NULL;
		position += token.length;
	}

	return NULL;
}

/* Is the alias what the parser calls a column that is a cast to the type? */
static bool
names_type(const char *type, int length, const Token *alias)
{
	/* types that SQL calls otherwise */
	static const struct
	{
		const char *in_sql;
		const char *name;
	} others[] = {
		{"bigint", "int8"},
		{"bit varying", "varbit"},
		{"boolean", "bool"},
		{"character", "bpchar"},
		{"character varying", "varchar"},
		{"double precision", "float8"},
		{"integer", "int4"},
		{"real", "float4"},
		{"smallint", "int2"},
		{"time with time zone", "timetz"},
		{"time without time zone", "time"},
		{"timestamp with time zone", "timestamptz"},
		{"timestamp without time zone", "timestamp"},
	};
	const char *end = type + length;
	Token last = {TOKEN_END};
	StringInfoData words;
	char *name;

	/* its words, without modifiers, brackets and schema */
	initStringInfo(&words);
	while (type < end)
	{
		Token token = next_token(type, end);

		type += token.length;
		if (is_char(&token, '('))
			type = matching_bracket(token.start, end) + 1;
		else if (is_char(&token, '.'))
			resetStringInfo(&words);
		else if (token.kind == TOKEN_WORD)
		{
			appendStringInfo(&words, "%s%.*s", words.len > 0 ? " " : "",
							 token.length, token.start);
			last = token;
		}
	}
	if (last.kind == TOKEN_END)
		return false;

	name = unquoted(alias);
	for (int i = 0; i < lengthof(others); i++)
	{
		if (strcmp(words.data, others[i].in_sql) == 0)
			return strcmp(name, others[i].name) == 0;
	}
	if (strncmp(words.data, "interval", strlen("interval")) == 0)
		return strcmp(name, "interval") == 0;

	return words.len == last.length && strcmp(name, unquoted(&last)) == 0;
}

/* A name without its quotes. */
static char *
unquoted(const Token *name)
{
	char *result = pnstrdup(name->start, name->length);
	char *to = result;

	if (*result != '"')
		return result;
	for (char *from = result + 1; *from != '\0'; from++)
	{
		if (*from == '"' && *++from != '"')
			break;
		*to++ = *from;
	}
	*to = '\0';

	return result;
}

/*
 * Is this the name of an array type?  Where its brackets begin; otherwise
 * NULL.
 */
static const char *
cast_type_end(const char *position, const char *end)
{
	while (position < end)
	{
		Token token = next_token(position, end);

		if (is_char(&token, '['))
			return position + 1 < end && position[1] == ']' ? position : NULL;
		if (is_char(&token, '('))
		{
			position = matching_bracket(position, end);
			if (position == NULL)
				return NULL;
			position++;
			continue;
		}
		if (token.kind != TOKEN_WORD && token.kind != TOKEN_SPACE &&
			!is_char(&token, '.'))
			return NULL;
		position += token.length;
	}

	return NULL;
}

/* Append the text, with casts of ARRAY[...] as casts of its elements. */
static void
append_folded(StringInfo buf, const char *text, const char *end)
{
	check_stack_depth();

	while (text < end)
	{
		Token token = next_token(text, end);
		const char *inner = text + 1;
		const char *closed;
		const char *type;
		const char *type_end;

		if (!is_char(&token, '(') || end - inner < strlen("ARRAY[") ||
			strncmp(inner, "ARRAY[", strlen("ARRAY[")) != 0 ||
			(closed = matching_bracket(inner + strlen("ARRAY"), end)) == NULL ||
			end - closed < strlen("])::") ||
			strncmp(closed, "])::", strlen("])::")) != 0 ||
			(type_end = cast_type_end(type = closed + strlen("])::"), end)) ==
				NULL)
		{
			appendBinaryStringInfo(buf, token.start, token.length);
			text += token.length;
			continue;
		}

		append_element(buf, inner, closed + 1, type, type_end - type);
		text = type_end + strlen("[]");
	}
}

/* Append a list of elements, each with the cast. */
static void
append_elements(StringInfo buf, const char *text, const char *end,
				const char *type, int type_length)
{
	const char *element = text;
	int depth = 0;

	while (true)
	{
		Token token = next_token(text, end);

		if (is_char(&token, '(') || is_char(&token, '['))
			depth++;
		else if (is_char(&token, ')') || is_char(&token, ']'))
			depth--;
		if (token.kind == TOKEN_END || (depth == 0 && is_char(&token, ',')))
		{
			append_element(buf, element, text, type, type_length);
			if (token.kind == TOKEN_END)
				return;
			appendStringInfoString(buf, ", ");
			element = text + 1;
			while (element < end && *element == ' ')
				element++;
		}
		text += token.length;
	}
}

/* Append one element with the cast; that of an array goes to its elements. */
static void
append_element(StringInfo buf, const char *text, const char *end,
			   const char *type, int type_length)
{
	int prefix = strlen("ARRAY[");

	check_stack_depth();

	if (end - text > prefix && strncmp(text, "ARRAY[", prefix) == 0 &&
		end[-1] == ']')
	{
		appendStringInfoString(buf, "ARRAY[");
		if (end - text > prefix + 1)
			append_elements(buf, text + prefix, end - 1, type, type_length);
		appendStringInfoChar(buf, ']');
		return;
	}

	appendStringInfoChar(buf, '(');
	append_folded(buf, text, end);
	appendStringInfoString(buf, ")::");
	appendBinaryStringInfo(buf, type, type_length);
}

/* Does a query of its own stand in these brackets? */
static bool
opens_query(const char *bracket, const char *end)
{
	Token token = next_solid(bracket + 1, end);

	/* that of UNION may have brackets again */
	while (is_char(&token, '('))
		token = next_solid(token.start + 1, end);

	return is_word(&token, "SELECT") || is_word(&token, "WITH") ||
		   is_word(&token, "VALUES");
}

/*
 * The FROM clause of the query itself, not of one inside of it.  False if
 * there is none, or if the query is made of several by UNION or the like.
 */
static bool
find_from(const char *text, const char *end, FromClause *from)
{
	bool found = false;
	bool ended = false;

	while (text < end)
	{
		Token token = next_token(text, end);

		if (is_char(&token, '(') || is_char(&token, '['))
		{
			const char *closed = matching_bracket(text, end);

			if (closed == NULL)
				return false;
			text = closed + 1;
			continue;
		}
		if (is_word(&token, "UNION") || is_word(&token, "INTERSECT") ||
			is_word(&token, "EXCEPT"))
			return false;
		if (!found && is_word(&token, "FROM"))
		{
			found = true;
			from->start = text;
		}
		else if (found && !ended && ends_from(&token))
		{
			ended = true;
			from->end = text;
		}
		text += token.length;
	}
	if (found && !ended)
		from->end = end;

	return found;
}

static bool
ends_from(const Token *token)
{
	static const char *const words[] = {"WHERE",  "GROUP", "HAVING",
										"WINDOW", "ORDER", "LIMIT",
										"OFFSET", "FETCH", "FOR"};

	if (is_char(token, ';'))
		return true;
	for (int i = 0; i < lengthof(words); i++)
	{
		if (is_word(token, words[i]))
			return true;
	}

	return false;
}

/* What the only member of a FROM clause is called; false if it has more. */
static bool
only_alias(const FromClause *from, Token *alias)
{
	const char *position = from->start + strlen("FROM");
	Token token = next_solid(position, from->end);

	/* a join stands in brackets, too */
	if (is_char(&token, '(') && !opens_query(token.start, from->end))
		return false;

	alias->kind = TOKEN_END;
	while (position < from->end)
	{
		token = next_token(position, from->end);
		if (is_char(&token, ','))
			return false;
		if (is_char(&token, '('))
		{
			position = matching_bracket(position, from->end);
			if (position == NULL)
				return false;
			position++;
			continue;
		}
		if (is_word(&token, "TABLESAMPLE"))
			break;
		if (token.kind == TOKEN_WORD && !is_word(&token, "WITH") &&
			!is_word(&token, "ORDINALITY"))
			*alias = token;
		position += token.length;
	}

	return alias->kind == TOKEN_WORD;
}

/* Append a query without the qualification of columns by the alias. */
static void
append_unqualified(StringInfo buf, const char *text, const char *end,
				   const FromClause *from, const Token *alias)
{
	char before = '\0'; /* of the last token that was no space */

	while (text < end)
	{
		Token token = next_token(text, end);
		const char *behind = text + token.length;

		if (text == from->start)
		{
			appendBinaryStringInfo(buf, from->start, from->end - from->start);
			text = from->end;
			before = '\0';
			continue;
		}
		if (is_char(&token, '(') && opens_query(text, end))
		{
			/* inside of it the name is needed on all versions */
			const char *closed = matching_bracket(text, end);

			if (closed == NULL)
				closed = end - 1;
			appendBinaryStringInfo(buf, text, closed + 1 - text);
			text = closed + 1;
			before = ')';
			continue;
		}
		if (token.kind == TOKEN_WORD && before != '.' && before != ':' &&
			token.length == alias->length &&
			memcmp(token.start, alias->start, token.length) == 0 &&
			behind < end && *behind == '.')
		{
			Token column = next_token(behind + 1, end);
			const char *next = column.start + column.length;

			/* not a whole row, and not a function of a schema of that name */
			if (column.kind == TOKEN_WORD && (next == end || *next != '('))
			{
				text = behind + 1;
				before = ' ';
				continue;
			}
		}
		appendBinaryStringInfo(buf, token.start, token.length);
		if (token.kind != TOKEN_SPACE)
			before = token.start[token.length - 1];
		text = behind;
	}
}
