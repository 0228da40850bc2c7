/*-------------------------------------------------------------------------
 *
 * named.h
 *	  What kinds of objects that are not relations share.
 *
 *-------------------------------------------------------------------------
 */
#ifndef STORMDISC_NAMED_H
#define STORMDISC_NAMED_H

#include "discovery/discovery.h"

/* the first member of the struct of each such kind */
typedef struct SdNamed
{
	Oid oid;
	SdSchema *schema; /* NULL: this kind of object has none */
	NameData name;
	Oid owner; /* invalid: likewise */
} SdNamed;

extern void *sd_named_keep(SdCatalog *cat, List **objects, Size size, Oid oid,
						   Oid schema, const NameData *name, Oid owner);
extern void sd_named_emit(SdDiscovery *disc, List *objects, Oid classid,
						  void (*add)(SdDiscovery *disc, void *object));
extern void sd_row_named(SdDiscovery *disc, const SdNamed *object);
extern void sd_row_named_end(SdDiscovery *disc, const SdNamed *object,
							 Oid classid, SdProblem problem);
extern char *sd_tuple_text(SdCatalog *cat, HeapTuple tuple, TupleDesc desc,
						   AttrNumber column);
extern ArrayType *sd_tuple_array(SdCatalog *cat, HeapTuple tuple,
								 TupleDesc desc, AttrNumber column);

#endif /* STORMDISC_NAMED_H */
