/*-------------------------------------------------------------------------
 *
 * pattern.c
 *	  Names with wildcards: [schema.]name with * and ?.
 *
 * The grammar is psql's, less its regular expressions.  What is not between
 * double quotes is lower-cased, as in SQL, and * stands for any characters, ?
 * for any one.  Between double quotes every character stands for itself, and
 * two quotes stand for one.
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "mb/pg_wchar.h"
#include "miscadmin.h"
#include "parser/scansup.h"

#include "catalog/sd_catalog.h"

typedef enum TokenKind
{
	TOKEN_CHARACTER,
	TOKEN_ANY_ONE,
	TOKEN_ANY
} TokenKind;

typedef struct Token
{
	TokenKind kind;
	int length; /* bytes of the character */
	char character[MAX_MULTIBYTE_CHAR_LEN];
} Token;

/* as many characters as a name has at most, with a * before and after each */
#define MAX_TOKENS (2 * NAMEDATALEN)

/* one part of a pattern; a name shorter than min_length cannot match */
typedef struct Glob
{
	int min_length;
	int ntokens;
	Token *tokens;
} Glob;

struct SdPattern
{
	bool has_schema;
	Glob schema;
	Glob name;
};

static const char *parse_part(const char *text, const char *at, Glob *glob);
static void add_token(Glob *glob, TokenKind kind, const char *character,
					  int length, bool fold);
static bool match(const Glob *glob, const char *name);
static void malformed(const char *text, const char *detail);

/*
 * sd_pattern_parse
 *		Make a pattern of a text, in the current memory context.
 *
 * Raises 22023 if the text is malformed, 0A000 if it has three parts.
 */
SdPattern *
sd_pattern_parse(const char *text)
{
	SdPattern *pattern = palloc0(sizeof(SdPattern));
	Glob parts[2];
	int nparts = 0;
	const char *at = text;

	for (;;)
	{
		if (nparts == lengthof(parts))
			ereport(ERROR, errcode(ERRCODE_FEATURE_NOT_SUPPORTED),
					errmsg("pattern \"%s\" has too many parts", text),
					errhint("Write a pattern as [schema.]name."));

		at = parse_part(text, at, &parts[nparts]);
		nparts++;
		if (*at == '\0')
			break;
		at++; /* the dot */
	}

	pattern->has_schema = (nparts == 2);
	if (pattern->has_schema)
		pattern->schema = parts[0];
	pattern->name = parts[nparts - 1];

	return pattern;
}

/*
 * sd_pattern_match
 *		Does the pattern describe this relation?
 */
bool
sd_pattern_match(const SdPattern *pattern, const char *schema, const char *name)
{
	return match(&pattern->name, name) &&
		   (!pattern->has_schema || match(&pattern->schema, schema));
}

/*
 * Parse up to a dot outside quotes, or the end, and return where that is.
 * What is longer than any name is only checked, as it cannot match.
 */
static const char *
parse_part(const char *text, const char *at, Glob *glob)
{
	const char *start = at;
	Token tokens[MAX_TOKENS];
	bool quoted = false;

	glob->tokens = tokens;
	glob->ntokens = 0;
	glob->min_length = 0;

	while (*at != '\0' && (quoted || *at != '.'))
	{
		TokenKind kind = TOKEN_CHARACTER;
		int length = pg_mblen(at);

		CHECK_FOR_INTERRUPTS();
		if (*at == '"' && !(quoted && at[1] == '"'))
		{
			quoted = !quoted;
			at++;
			continue;
		}
		if (*at == '"')
			at++; /* the second of two */
		else if (!quoted && scanner_isspace(*at))
			malformed(text, "White space must be between double quotes.");
		else if (!quoted && *at == '*')
			kind = TOKEN_ANY;
		else if (!quoted && *at == '?')
			kind = TOKEN_ANY_ONE;

		if (kind != TOKEN_ANY && glob->min_length < NAMEDATALEN)
			glob->min_length++;
		add_token(glob, kind, at, length, !quoted);
		at += length;
	}

	if (quoted)
		malformed(text, "A double quote is not closed.");
	if (glob->ntokens == 0)
		malformed(text,
				  at == start ? "A name is missing." : "A name is empty.");
	glob->tokens = palloc(sizeof(Token) * glob->ntokens);
	memcpy(glob->tokens, tokens, sizeof(Token) * glob->ntokens);

	return at;
}

static void
add_token(Glob *glob, TokenKind kind, const char *character, int length,
		  bool fold)
{
	Token *token = &glob->tokens[glob->ntokens];

	if (glob->ntokens == MAX_TOKENS)
		return;
	if (kind == TOKEN_ANY && glob->ntokens > 0 && token[-1].kind == TOKEN_ANY)
		return; /* ** is * */

	token->kind = kind;
	token->length = length;
	if (fold)
		character = downcase_identifier(character, length, false, false);
	memcpy(token->character, character, length);
	glob->ntokens++;
}

/* Match without recursion: on a mismatch, let the last * take one more. */
static bool
match(const Glob *glob, const char *name)
{
	const Token *token = glob->tokens;
	const Token *end = glob->tokens + glob->ntokens;
	const Token *after_any = NULL;
	const char *any_name = NULL;

	if (glob->min_length > strlen(name))
		return false;

	while (*name != '\0')
	{
		int length = pg_mblen(name);

		if (token < end && token->kind == TOKEN_ANY)
		{
			after_any = ++token;
			any_name = name;
		}
		else if (token < end && (token->kind == TOKEN_ANY_ONE ||
								 (token->length == length &&
								  memcmp(token->character, name, length) == 0)))
		{
			token++;
			name += length;
		}
		else if (after_any != NULL)
		{
			token = after_any;
			any_name += pg_mblen(any_name);
			name = any_name;
		}
		else
			return false;
	}

	while (token < end && token->kind == TOKEN_ANY)
		token++;

	return token == end;
}

static void
malformed(const char *text, const char *detail)
{
	ereport(
		ERROR, errcode(ERRCODE_INVALID_PARAMETER_VALUE),
		errmsg("invalid pattern: \"%s\"", text),
		errdetail_internal("%s", detail),
		errhint(
			"Write a pattern as [schema.]name, with * and ? as wildcards and double quotes around what stands for itself."));
}
