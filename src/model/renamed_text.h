/*-------------------------------------------------------------------------
 *
 * renamed_text.h
 *	  SQL as the server writes it once relations and columns are renamed.
 *
 *-------------------------------------------------------------------------
 */
#ifndef STORMDISC_RENAMED_TEXT_H
#define STORMDISC_RENAMED_TEXT_H

#include "nodes/pg_list.h"

/* a column that gets another name; both raw */
typedef struct SdRenamedColumn
{
	const char *from;
	const char *to;
} SdRenamedColumn;

/* a relation that gets another name, or columns of which do */
typedef struct SdRenamedRelation
{
	char *key; /* hash key */
	const char *from;
	const char *to;
	List *columns; /* of SdRenamedColumn * */
} SdRenamedRelation;

/* which relations are these?  NULL: nothing of it has another name */
typedef struct SdRenamedNames
{
	SdRenamedRelation *(*find)(void *arg, const char *schema, const char *name);
	bool (*has_column)(void *arg, const char *name); /* of any of them */
	void *arg;
} SdRenamedNames;

/* what a text is */
typedef enum SdRenamedTextKind
{
	SD_TEXT_EXPRESSION,
	SD_TEXT_CONDITION, /* of a trigger: with old and new */
	SD_TEXT_QUERY,
	SD_TEXT_RULE,	   /* CREATE RULE ... */
	SD_TEXT_BODY,	   /* of a function: BEGIN ATOMIC or RETURN */
	SD_TEXT_PARTITIONS /* RANGE (a, b) */
} SdRenamedTextKind;

extern const char *sd_renamed_column(const SdRenamedRelation *relation,
									 const char *name);
extern const char *sd_renamed_words(const SdRenamedRelation *relation,
									const char *text);
extern const char *sd_renamed_text(const SdRenamedNames *names,
								   SdRenamedTextKind kind,
								   const SdRenamedRelation *relation,
								   List *outputs, const char *text);

#endif /* STORMDISC_RENAMED_TEXT_H */
