/*-------------------------------------------------------------------------
 *
 * raw_text.h
 *	  Texts of documents as the parser sees them, without analysis.
 *
 *-------------------------------------------------------------------------
 */
#ifndef STORMDISC_RAW_TEXT_H
#define STORMDISC_RAW_TEXT_H

#include "nodes/pg_list.h"

extern List *sd_raw_statements(const char *text);
extern bool sd_raw_is_volatile(const char *expression);

#endif /* STORMDISC_RAW_TEXT_H */
