/*-------------------------------------------------------------------------
 *
 * column_text.c
 *	  Names of columns, as a caller writes them.
 *
 * Nothing of what is read here becomes SQL: names are looked up, and those of
 * the catalogs are used.
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include <ctype.h>

#include "lib/stringinfo.h"
#include "parser/scansup.h"

#include "migrate/column_text.h"

/*
 * sd_skip_blanks
 *		Where the next word begins.
 */
const char *
sd_skip_blanks(const char *p)
{
	while (scanner_isspace(*p))
		p++;

	return p;
}

/*
 * sd_take_word
 *		Go on behind the word, if that is what comes next.
 */
bool
sd_take_word(const char **p, const char *word)
{
	const char *start = sd_skip_blanks(*p);
	size_t length = strlen(word);

	if (pg_strncasecmp(start, word, length) != 0 ||
		isalnum((unsigned char) start[length]) || start[length] == '_' ||
		start[length] == '$' || IS_HIGHBIT_SET(start[length]))
		return false;
	*p = start + length;

	return true;
}

/*
 * sd_take_name
 *		Go on behind a name, quoted or not; NULL if there is none.
 */
char *
sd_take_name(const char **p)
{
	const char *start = *p;
	const char *end = start;
	StringInfoData name;

	if (*start != '"')
	{
		while (isalnum((unsigned char) *end) || *end == '_' || *end == '$' ||
			   IS_HIGHBIT_SET(*end))
			end++;
		if (end == start || isdigit((unsigned char) *start) || *start == '$')
			return NULL;
		*p = end;

		return downcase_identifier(start, end - start, false, false);
	}

	initStringInfo(&name);
	for (end = start + 1; *end != '\0'; end++)
	{
		if (*end == '"' && *++end != '"')
		{
			*p = end;
			return name.len == 0 ? NULL : name.data;
		}
		appendStringInfoChar(&name, *end);
	}

	return NULL;
}
