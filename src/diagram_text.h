/*-------------------------------------------------------------------------
 *
 * diagram_text.h
 *	  Texts in a diagram that Mermaid or Graphviz draws.
 *
 *-------------------------------------------------------------------------
 */
#ifndef STORMDISC_DIAGRAM_TEXT_H
#define STORMDISC_DIAGRAM_TEXT_H

#include "lib/stringinfo.h"
#include "mb/pg_wchar.h"

extern void sd_diagram_mermaid_label(StringInfo buf, const char *text);
extern void sd_diagram_graphviz_text(StringInfo buf, const char *text);
extern const char *sd_diagram_next_character(const char *text,
											 pg_wchar *codepoint, int *length);
extern bool sd_diagram_is_safe(pg_wchar codepoint);

#endif /* STORMDISC_DIAGRAM_TEXT_H */
