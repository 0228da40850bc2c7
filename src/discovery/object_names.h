/*-------------------------------------------------------------------------
 *
 * object_names.h
 *	  What objects of any kind are called, for those kinds of rows that are
 *	  about all of them: privileges and security labels.
 *
 *-------------------------------------------------------------------------
 */
#ifndef STORMDISC_OBJECT_NAMES_H
#define STORMDISC_OBJECT_NAMES_H

#include "catalog/sd_catalog.h"

typedef struct SdObjectName
{
	const char *type;	  /* as in GRANT ON: "table", "function" */
	const char *schema;	  /* NULL: has none */
	const char *name;	  /* NULL: has none */
	const char *column;	  /* NULL: is none */
	const char *identity; /* in SQL, without the type */
	const char *key;	  /* type and identity: unique in the database */
} SdObjectName;

extern void sd_object_name_set(SdObjectName *object, const char *type,
							   const char *schema, const char *name);
extern void sd_object_name_set_column(SdObjectName *object, const char *column);
extern void sd_object_name_set_function(SdCatalog *cat, SdObjectName *object,
										HeapTuple tuple);
extern bool sd_object_name_find(SdCatalog *cat, SdObjectName *object,
								Oid classid, Oid oid, int subid);
extern const char *sd_relation_word(char relkind);
extern bool sd_is_own_function(SdCatalog *cat, HeapTuple tuple);
extern bool sd_is_own_type(SdCatalog *cat, HeapTuple tuple);
extern int sd_object_name_compare(const SdObjectName *a, const SdObjectName *b);

#endif /* STORMDISC_OBJECT_NAMES_H */
