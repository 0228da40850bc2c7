/*-------------------------------------------------------------------------
 *
 * objects.c
 *	  The rows of one catalog that are in scope, sorted, each handed to the
 *	  kind that it is about.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "access/htup_details.h"
#include "catalog/objectaddress.h"
#include "catalog/pg_authid.h"
#include "utils/builtins.h"
#include "utils/memutils.h"

#include "discovery/objects.h"

/* a reading of one class */
typedef struct Reading
{
	const SdObjectClass *class;
	const char *relkinds; /* of the relations that the kind is about */
	TupleDesc desc;		  /* of its catalog, once there is an object */
	List *objects;		  /* of SdObject * */
} Reading;

static void keep_object(SdCatalog *cat, HeapTuple tuple, TupleDesc desc,
						void *arg);
static SdRelation *relation_of(SdCatalog *cat, Reading *reading,
							   HeapTuple tuple, TupleDesc desc);
static int compare_objects(const ListCell *a, const ListCell *b);
static void add_object(SdDiscovery *disc, void *arg);

/*
 * sd_objects_read
 *		The objects of a class that are in scope: a list of SdObject *.  Their
 *		comments are read as well.
 *
 * A scope of one relation makes this cheap: only what the relation uses is
 * looked up.  All live as long as the reading.
 */
List *
sd_objects_read(SdDiscovery *disc, const SdObjectClass *class)
{
	SdCatalog *cat = disc->catalog;
	MemoryContext oldcontext = MemoryContextSwitchTo(cat->context);
	Reading reading = {.class = class, .relkinds = disc->kind->relkinds};
	Oid *oids;
	int noids;
	ListCell *lc;

	if (OidIsValid(class->relation_index))
		sd_scan_relations(cat, class->classid, class->relation_index,
						  class->relation_column, keep_object, &reading);
	else if (cat->scope->has_relation)
	{
		oids =
			sd_catalog_used(cat, cat->scope->relation, class->classid, &noids);
		sd_scan_oids(cat, class->classid, get_object_oid_index(class->classid),
					 get_object_attnum_oid(class->classid), noids, oids,
					 keep_object, &reading);
		pfree(oids);
	}
	else
		sd_scan_all(cat, class->classid, keep_object, &reading);

	oids = palloc(sizeof(Oid) * (list_length(reading.objects) + 1));
	noids = 0;
	foreach (lc, reading.objects)
		oids[noids++] = ((SdObject *) lfirst(lc))->oid;
	sd_catalog_read_comments(cat, class->classid, noids, oids);
	pfree(oids);
	MemoryContextSwitchTo(oldcontext);

	return reading.objects;
}

/* Keep a row, if it is in scope and wanted. */
static void
keep_object(SdCatalog *cat, HeapTuple tuple, TupleDesc desc, void *arg)
{
	Reading *reading = arg;
	const SdObjectClass *class = reading->class;
	AttrNumber schema_column = class->schema_column;
	SdObject *object;
	Oid oid;
	Oid schema = InvalidOid;
	SdRelation *rel = NULL;
	const char *name;
	bool isnull;

	if (OidIsValid(class->relation_index))
	{
		rel = relation_of(cat, reading, tuple, desc);
		if (rel == NULL)
			return;
	}
	if (schema_column == InvalidAttrNumber)
		schema_column = get_object_attnum_namespace(class->classid);
	oid = DatumGetObjectId(heap_getattr(
		tuple, get_object_attnum_oid(class->classid), desc, &isnull));
	if (schema_column != InvalidAttrNumber)
		schema =
			DatumGetObjectId(heap_getattr(tuple, schema_column, desc, &isnull));
	if (class->get_name != NULL)
		name = class->get_name(cat, tuple, desc);
	else
		name = NameStr(*DatumGetName(heap_getattr(
			tuple, get_object_attnum_name(class->classid), desc, &isnull)));
	if (class->is_in_scope != NULL
			? !class->is_in_scope(cat, tuple)
			: rel == NULL &&
				  !sd_scope_has_object(cat, class->classid, oid, schema, name))
		return;
	if (class->is_wanted != NULL && !class->is_wanted(cat, tuple))
		return;

	if (reading->desc == NULL)
		reading->desc = CreateTupleDescCopy(desc);
	object = palloc0(sizeof(SdObject));
	object->class = class;
	object->oid = oid;
	object->schema = OidIsValid(schema) ? sd_catalog_schema(cat, schema) : NULL;
	object->relation = rel;
	object->name = pstrdup(name);
	object->detail = "";
	object->tuple = heap_copytuple(tuple);
	object->desc = reading->desc;
	if (class->get_detail != NULL)
		object->detail = class->get_detail(cat, object);
	reading->objects = lappend(reading->objects, object);
}

/* The relation that a row belongs to, if that is in scope; NULL if not. */
static SdRelation *
relation_of(SdCatalog *cat, Reading *reading, HeapTuple tuple, TupleDesc desc)
{
	bool isnull;
	Oid oid = DatumGetObjectId(
		heap_getattr(tuple, reading->class->relation_column, desc, &isnull));
	SdRelation *rel = sd_catalog_known_relation(cat, oid);

	return rel != NULL && rel->in_scope &&
				   strchr(reading->relkinds, rel->kind) != NULL
			   ? rel
			   : NULL;
}

/*
 * sd_objects_add
 *		Add the row of each object, by schema, name and detail.  What has no
 *		schema, but a relation, goes by that one's schema and name first.
 *
 * The list, which is sorted in place, may be of several classes.
 */
void
sd_objects_add(SdDiscovery *disc, List *objects)
{
	ListCell *lc;

	list_sort(objects, compare_objects);
	foreach (lc, objects)
		sd_discovery_add(disc, add_object, lfirst(lc));
}

static int
compare_objects(const ListCell *a, const ListCell *b)
{
	const SdObject *left = lfirst(a);
	const SdObject *right = lfirst(b);
	int result = 0;

	if (left->schema != NULL && right->schema != NULL)
		result =
			strcmp(NameStr(left->schema->name), NameStr(right->schema->name));
	else if (left->relation != NULL && right->relation != NULL)
		result = sd_relation_compare(left->relation, right->relation);
	if (result == 0)
		result = strcmp(left->name, right->name);
	if (result == 0)
		result = strcmp(left->detail, right->detail);

	return result;
}

static void
add_object(SdDiscovery *disc, void *arg)
{
	MemoryContext oldcontext = MemoryContextSwitchTo(disc->row_context);
	const SdObject *object = arg;

	object->class->add(disc, object);
	MemoryContextSwitchTo(oldcontext);
}

/*
 * sd_objects_emit
 *		Both: the whole of a kind that is about one catalog.
 */
void
sd_objects_emit(SdDiscovery *disc, const SdObjectClass *class)
{
	sd_objects_add(disc, sd_objects_read(disc, class));
}

/*
 * sd_object_value
 *		A value of the object's row, in the object itself.
 */
Datum
sd_object_value(const SdObject *object, AttrNumber column, bool *isnull)
{
	return heap_getattr(object->tuple, column, object->desc, isnull);
}

/*
 * sd_object_text
 *		Likewise, of type text or pg_node_tree; NULL for null.
 *
 * This and the next give copies in the current memory context.
 */
char *
sd_object_text(const SdObject *object, AttrNumber column)
{
	bool isnull;
	Datum value = sd_object_value(object, column, &isnull);

	return isnull ? NULL : TextDatumGetCString(value);
}

/*
 * sd_object_array
 *		Likewise, of an array type; NULL for null.
 */
ArrayType *
sd_object_array(const SdObject *object, AttrNumber column)
{
	bool isnull;
	Datum value = sd_object_value(object, column, &isnull);

	return isnull ? NULL : DatumGetArrayTypePCopy(value);
}

/*
 * sd_row_object
 *		Begin the row of an object: its schema, or else its relation's schema
 *		and name, if it has any of these, and its own name.
 */
void
sd_row_object(SdDiscovery *disc, const SdObject *object)
{
	if (object->schema != NULL)
		sd_row_name(disc, &object->schema->name);
	else if (object->relation != NULL)
	{
		sd_row_name(disc, &object->relation->schema->name);
		sd_row_name(disc, &object->relation->name);
	}
	sd_row_text(disc, object->name);
}

/*
 * sd_row_comment
 *		Add the comment on an object, NULL for none.
 */
void
sd_row_comment(SdDiscovery *disc, const SdObject *object)
{
	sd_row_text(disc, sd_catalog_comment(disc->catalog, object->class->classid,
										 object->oid, 0));
}

/*
 * sd_row_object_end
 *		End the row of an object: its owner, NULL if it has none, the comment
 *		and the problem.
 */
void
sd_row_object_end(SdDiscovery *disc, const SdObject *object, SdProblem problem)
{
	AttrNumber column = get_object_attnum_owner(object->class->classid);
	Oid owner = InvalidOid;
	bool isnull;

	if (column != InvalidAttrNumber)
		owner = DatumGetObjectId(sd_object_value(object, column, &isnull));
	sd_row_owner(disc, owner);
	sd_row_comment(disc, object);
	sd_row_end(disc, problem);
}
