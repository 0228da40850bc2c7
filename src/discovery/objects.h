/*-------------------------------------------------------------------------
 *
 * objects.h
 *	  What objects of any kind are called, for those kinds of rows that are
 *	  about all of them: privileges and security labels.
 *
 *-------------------------------------------------------------------------
 */
#ifndef STORMDISC_OBJECTS_H
#define STORMDISC_OBJECTS_H

#include "catalog/sd_catalog.h"

typedef struct SdObject
{
	const char *type;	  /* as in GRANT ON: "table", "function" */
	const char *schema;	  /* NULL: has none */
	const char *name;	  /* NULL: has none */
	const char *column;	  /* NULL: is none */
	const char *identity; /* in SQL, without the type */
	const char *key;	  /* type and identity: unique in the database */
} SdObject;

extern void sd_object_set(SdObject *object, const char *type,
						  const char *schema, const char *name);
extern void sd_object_set_column(SdObject *object, const char *column);
extern void sd_object_set_function(SdCatalog *cat, SdObject *object,
								   HeapTuple tuple);
extern bool sd_object_find(SdCatalog *cat, SdObject *object, Oid classid,
						   Oid oid, int subid);
extern const char *sd_object_relation_type(char relkind);
extern bool sd_object_is_function(SdCatalog *cat, HeapTuple tuple);
extern bool sd_object_is_type(SdCatalog *cat, HeapTuple tuple);
extern int sd_object_compare(const SdObject *a, const SdObject *b);

#endif /* STORMDISC_OBJECTS_H */
