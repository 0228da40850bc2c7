/*-------------------------------------------------------------------------
 *
 * objects.h
 *	  What most kinds of objects that are not relations share: the rows of
 *	  one catalog that are in scope, sorted, each handed to the kind.
 *
 * A kind describes its catalog by an SdObjectClass.  Its add() finds the row
 * of the catalog in the object: by GETSTRUCT() what is never null, and by
 * sd_object_value() and the like what may be.
 *-------------------------------------------------------------------------
 */
#ifndef STORMDISC_OBJECTS_H
#define STORMDISC_OBJECTS_H

#include "discovery/discovery.h"

typedef struct SdObjectClass SdObjectClass;

/* a row of the catalog */
typedef struct SdObject
{
	const SdObjectClass *class;
	Oid oid;
	SdSchema *schema;	  /* NULL: it has none */
	SdRelation *relation; /* that it belongs to; NULL: to none */
	const char *name;
	const char *detail; /* tells objects with one name apart */
	HeapTuple tuple;
	TupleDesc desc;
	void *parts; /* the kind's own */
} SdObject;

struct SdObjectClass
{
	Oid classid;
	/* if the objects belong to relations: the column that says to which, and
	 * an index on it; they are in scope with these */
	Oid relation_index;
	AttrNumber relation_column;
	/* the schema, if the server does not know the column as such */
	AttrNumber schema_column;
	/* the name, if there is no column for it */
	const char *(*get_name)(SdCatalog *cat, HeapTuple tuple, TupleDesc desc);
	/* NULL: sd_scope_has_object() knows, or the relation */
	bool (*is_in_scope)(SdCatalog *cat, HeapTuple tuple);
	/* NULL: all objects in scope are wanted */
	bool (*is_wanted)(SdCatalog *cat, HeapTuple tuple);
	/* NULL: names are unique; the result is kept with the object */
	const char *(*get_detail)(SdCatalog *cat, const SdObject *object);
	/* adds the row, in the row's memory */
	void (*add)(SdDiscovery *disc, const SdObject *object);
};

extern List *sd_objects_read(SdDiscovery *disc, const SdObjectClass *class);
extern void sd_objects_add(SdDiscovery *disc, List *objects);
extern void sd_objects_emit(SdDiscovery *disc, const SdObjectClass *class);
extern Datum sd_object_value(const SdObject *object, AttrNumber column,
							 bool *isnull);
extern char *sd_object_text(const SdObject *object, AttrNumber column);
extern ArrayType *sd_object_array(const SdObject *object, AttrNumber column);
extern void sd_row_object(SdDiscovery *disc, const SdObject *object);
extern void sd_row_comment(SdDiscovery *disc, const SdObject *object);
extern void sd_row_object_end(SdDiscovery *disc, const SdObject *object,
							  SdProblem problem);

#endif /* STORMDISC_OBJECTS_H */
