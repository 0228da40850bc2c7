/*-------------------------------------------------------------------------
 *
 * objects.h
 *	  What kinds of objects that are not relations share.
 *
 *-------------------------------------------------------------------------
 */
#ifndef STORMDISC_OBJECTS_H
#define STORMDISC_OBJECTS_H

#include "discovery/discovery.h"

/* the first member of the struct of each such kind */
typedef struct SdObject
{
	Oid oid;
	SdSchema *schema; /* NULL: this kind of object has none */
	NameData name;
	Oid owner; /* invalid: likewise */
} SdObject;

extern void *sd_object_keep(SdCatalog *cat, List **objects, Size size, Oid oid,
							Oid schema, const NameData *name, Oid owner);
extern void sd_objects_emit(SdDiscovery *disc, List *objects, Oid classid,
							void (*add)(SdDiscovery *disc, void *object));
extern void sd_row_object(SdDiscovery *disc, const SdObject *object);
extern void sd_row_object_end(SdDiscovery *disc, const SdObject *object,
							  Oid classid, SdProblem problem);
extern char *sd_tuple_text(SdCatalog *cat, HeapTuple tuple, TupleDesc desc,
						   AttrNumber column);
extern ArrayType *sd_tuple_array(SdCatalog *cat, HeapTuple tuple,
								 TupleDesc desc, AttrNumber column);

#endif /* STORMDISC_OBJECTS_H */
