/*-------------------------------------------------------------------------
 *
 * objects.h
 *	  What the kinds of objects that are not on relations share: the rows of
 *	  one catalog that are in scope, sorted, each handed to the kind.
 *
 *-------------------------------------------------------------------------
 */
#ifndef STORMDISC_OBJECTS_H
#define STORMDISC_OBJECTS_H

#include "discovery/discovery.h"

/* a row of the catalog */
typedef struct SdObject
{
	Oid oid;
	Oid classid;
	SdSchema *schema; /* NULL: it has none */
	const char *name;
	const char *detail; /* tells objects with one name apart */
	HeapTuple tuple;
	TupleDesc desc;
	void *parts; /* the kind's own */
} SdObject;

typedef struct SdObjectClass
{
	Oid classid;
	/* the name, if there is no column for it */
	const char *(*get_name)(SdCatalog *cat, HeapTuple tuple, TupleDesc desc);
	/* NULL: all objects in scope are wanted */
	bool (*is_wanted)(SdCatalog *cat, const SdObject *object);
	/* NULL: names are unique; the result is kept with the object */
	const char *(*get_detail)(SdCatalog *cat, const SdObject *object);
	void (*add)(SdDiscovery *disc, void *object);
} SdObjectClass;

extern List *sd_objects_read(SdDiscovery *disc, const SdObjectClass *class);
extern void sd_objects_emit(SdDiscovery *disc, const SdObjectClass *class);
extern Datum sd_object_value(const SdObject *object, AttrNumber column,
							 bool *isnull);
extern char *sd_object_text(const SdObject *object, AttrNumber column);
extern void sd_row_owner(SdDiscovery *disc, Oid role);
extern void sd_row_comment(SdDiscovery *disc, const SdObject *object);

#endif /* STORMDISC_OBJECTS_H */
