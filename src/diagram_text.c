/*-------------------------------------------------------------------------
 *
 * diagram_text.c
 *	  Texts in a diagram that Mermaid or Graphviz draws: any character can
 *	  stand in them in one form or another.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include <ctype.h>

#include "mb/pg_wchar.h"

#include "diagram_text.h"

/* a character of which only the bytes are known; it counts as a letter */
#define SD_UNKNOWN_CODEPOINT 0x10000

/*
 * sd_diagram_mermaid_label
 *		Append a text between double quotes.  What means something to Mermaid,
 *to the Markdown that it takes labels for, or to HTML, is given by its number.
 */
void
sd_diagram_mermaid_label(StringInfo buf, const char *text)
{
	bool after_word = false;
	const char *next;

	for (; *text != '\0'; text = next)
	{
		pg_wchar codepoint;
		bool is_plain;
		int length;

		next = sd_diagram_next_character(text, &codepoint, &length);
		if (codepoint >= 0x80)
			is_plain = sd_diagram_is_safe(codepoint);
		else if (isalnum((int) codepoint))
			is_plain = true;
		else
			/* inside of words, and between the columns of a key */
			is_plain = (strchr("_.", (int) codepoint) != NULL && after_word &&
						isalnum((unsigned char) *next)) ||
					   (codepoint == ',' && *next == ' ') ||
					   (codepoint == ' ' && buf->data[buf->len - 1] == ',');

		if (is_plain)
			appendBinaryStringInfo(buf, text, length);
		else
			appendStringInfo(buf, "#%u;",
							 (unsigned int) (codepoint < 0x20
												 ? codepoint + 0x2400
												 : codepoint));
		after_word = codepoint < 0x80 && isalnum((int) codepoint);
	}
}

/*
 * sd_diagram_graphviz_text
 *		Append a text as in XML, where control characters have no place.
 *Graphviz looks for backslashes after it has read that.
 */
void
sd_diagram_graphviz_text(StringInfo buf, const char *text)
{
	const char *next;

	for (; *text != '\0'; text = next)
	{
		pg_wchar codepoint;
		int length;

		next = sd_diagram_next_character(text, &codepoint, &length);
		if (codepoint == '\\')
			appendStringInfoString(buf, "&#92;&#92;");
		else if (codepoint >= 0x80
					 ? !sd_diagram_is_safe(codepoint)
					 : (codepoint < 0x20 || codepoint == 0x7F ||
						strchr("&<>\"'[]", (int) codepoint) != NULL))
			appendStringInfo(buf, "&#%u;",
							 (unsigned int) (codepoint < 0x20
												 ? codepoint + 0x2400
												 : codepoint));
		else
			appendBinaryStringInfo(buf, text, length);
	}
}

/*
 * sd_diagram_next_character
 *		The code point and the length of the character at text, and what
 *follows.
 *
 * In a database with another encoding than UTF-8 nothing is known of the
 * characters beyond ASCII, and each byte of them counts as one.
 */
const char *
sd_diagram_next_character(const char *text, pg_wchar *codepoint, int *length)
{
	const unsigned char *bytes = (const unsigned char *) text;

	*length = 1;
	*codepoint = bytes[0];
	if (bytes[0] >= 0x80)
	{
		if (GetDatabaseEncoding() == PG_UTF8)
		{
			*length = bytes[0] < 0xE0 ? 2 : bytes[0] < 0xF0 ? 3 : 4;
			*codepoint = utf8_to_unicode(bytes);
		}
		else
			*codepoint = SD_UNKNOWN_CODEPOINT;
	}

	return text + *length;
}

/*
 * sd_diagram_is_safe
 *		Is a character beyond ASCII a visible one, or part of one?  Not so
 *controls, blanks, marks of direction, and what is no character.
 */
bool
sd_diagram_is_safe(pg_wchar codepoint)
{
	return codepoint > 0xA0 && codepoint != 0xAD && codepoint != 0x1680 &&
		   codepoint != 0x180E &&
		   !(codepoint >= 0x2000 && codepoint <= 0x200F) &&
		   !(codepoint >= 0x2028 && codepoint <= 0x202F) &&
		   !(codepoint >= 0x205F && codepoint <= 0x206F) &&
		   codepoint != 0x3000 &&
		   !(codepoint >= 0xD800 && codepoint <= 0xF8FF) &&
		   codepoint != 0xFEFF && !(codepoint >= 0xFFF0 && codepoint <= 0xFFFF);
}
