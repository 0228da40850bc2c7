/*-------------------------------------------------------------------------
 *
 * ddl_missing.c
 *	  Texts of documents that may not be there, as no document should have it.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "utils/builtins.h"

#include "model/ddl.h"

static const char *needed(const char *text);

/* sd_ddl_quote_identifier: The name in SQL. */
const char *
sd_ddl_quote_identifier(const char *name)
{
	return quote_identifier(needed(name));
}

/* sd_ddl_quote_qualified: The name with its schema, if it has one, in SQL. */
char *
sd_ddl_quote_qualified(const char *schema, const char *name)
{
	return quote_qualified_identifier(schema, needed(name));
}

/* sd_ddl_quote_literal: The text as a literal. */
char *
sd_ddl_quote_literal(const char *text)
{
	return quote_literal_cstr(needed(text));
}

/* sd_ddl_compare: strcmp() with what is missing before all else. */
int
sd_ddl_compare(const char *a, const char *b)
{
	if (a == NULL || b == NULL)
		return (a != NULL) - (b != NULL);

	return strcmp(a, b);
}

static const char *
needed(const char *text)
{
	if (text == NULL)
		ereport(ERROR, errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				errmsg("an object of the document lacks a member that its "
					   "statement needs"),
				errhint("The document must be one that stormdisc_schema() has "
						"returned."));

	return text;
}
