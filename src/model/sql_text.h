/*-------------------------------------------------------------------------
 *
 * sql_text.h
 *	  SQL as the server writes it: the names in it, and other names for them.
 *
 *-------------------------------------------------------------------------
 */
#ifndef STORMDISC_SQL_TEXT_H
#define STORMDISC_SQL_TEXT_H

#include "nodes/pg_list.h"

/* other names for schemas */
typedef struct SdSchemaMap
{
	int count;
	const char **from;
	const char **to;
	/* is there an object of this name?  NULL: nobody knows */
	bool (*has_object)(void *arg, const char *schema, const char *name);
	/* has a relation another name?  NULL: none has */
	bool (*find_relation)(void *arg, const char *schema, const char *name,
						  const char **to_schema, const char **to_name);
	/* has a function?  NULL: none has */
	bool (*find_function)(void *arg, const char *schema, const char *name,
						  const char **to_schema, const char **to_name);
	void *arg;
} SdSchemaMap;

/* a name that a text has with its schema: raw, and good for the call only */
typedef void (*SdReferenceHandler)(void *arg, const char *schema,
								   const char *name, bool has_arguments);

extern void sd_sql_references(const char *text, SdReferenceHandler handler,
							  void *arg);
extern List *sd_sql_identifiers(const char *text);
extern const char *sd_schema_map_find(const SdSchemaMap *map,
									  const char *schema);
extern char *sd_sql_map_schemas(const char *text, const SdSchemaMap *map);
extern char *sd_sql_map_part(const char *text, const SdSchemaMap *map,
							 bool may_be_query);
extern bool sd_sql_mentions(const char *text, const char *word);

#endif /* STORMDISC_SQL_TEXT_H */
