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
typedef struct Objects
{
	const SdObjectClass *class;
	TupleDesc desc;
	List *list; /* of SdObject * */
} Objects;

static void keep_object(SdCatalog *cat, HeapTuple tuple, TupleDesc desc,
						void *arg);
static int compare_objects(const ListCell *a, const ListCell *b);

/*
 * sd_objects_read
 *		The objects of a class that are in scope: a list of SdObject *, by
 *		schema, name and detail.  Their comments are read as well.
 *
 * All live as long as the reading.
 */
List *
sd_objects_read(SdDiscovery *disc, const SdObjectClass *class)
{
	SdCatalog *cat = disc->catalog;
	MemoryContext oldcontext = MemoryContextSwitchTo(cat->context);
	Objects objects = {.class = class};
	Oid *oids;
	int noids;
	ListCell *lc;

	if (cat->scope->has_relation)
	{
		oids =
			sd_catalog_used(cat, cat->scope->relation, class->classid, &noids);
		sd_scan_oids(cat, class->classid, get_object_oid_index(class->classid),
					 get_object_attnum_oid(class->classid), noids, oids,
					 keep_object, &objects);
		pfree(oids);
	}
	else
		sd_scan_all(cat, class->classid, keep_object, &objects);
	list_sort(objects.list, compare_objects);

	oids = palloc(sizeof(Oid) * (list_length(objects.list) + 1));
	noids = 0;
	foreach (lc, objects.list)
		oids[noids++] = ((SdObject *) lfirst(lc))->oid;
	sd_catalog_read_comments(cat, class->classid, noids, oids);
	pfree(oids);
	MemoryContextSwitchTo(oldcontext);

	return objects.list;
}

/*
 * sd_objects_emit
 *		Add a row for each of them.
 */
void
sd_objects_emit(SdDiscovery *disc, const SdObjectClass *class)
{
	List *objects = sd_objects_read(disc, class);
	ListCell *lc;

	foreach (lc, objects)
		sd_discovery_add(disc, class->add, lfirst(lc));
}

/* Keep a row, if it is in scope. */
static void
keep_object(SdCatalog *cat, HeapTuple tuple, TupleDesc desc, void *arg)
{
	Objects *objects = arg;
	const SdObjectClass *class = objects->class;
	AttrNumber schema_column = get_object_attnum_namespace(class->classid);
	SdObject *object;
	Oid oid;
	Oid schema = InvalidOid;
	const char *name;
	bool isnull;

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
	if (!sd_scope_has_object(cat, class->classid, oid, schema, name))
		return;

	if (objects->desc == NULL)
		objects->desc = CreateTupleDescCopy(desc);
	object = palloc0(sizeof(SdObject));
	object->oid = oid;
	object->classid = class->classid;
	object->schema = OidIsValid(schema) ? sd_catalog_schema(cat, schema) : NULL;
	object->name = pstrdup(name);
	object->detail = "";
	object->tuple = heap_copytuple(tuple);
	object->desc = objects->desc;
	if (class->is_wanted != NULL && !class->is_wanted(cat, object))
		return;
	if (class->get_detail != NULL)
		object->detail = class->get_detail(cat, object);
	objects->list = lappend(objects->list, object);
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
	if (result == 0)
		result = strcmp(left->name, right->name);
	if (result == 0)
		result = strcmp(left->detail, right->detail);

	return result;
}

/*
 * sd_object_value
 *		A value of the object's row.
 */
Datum
sd_object_value(const SdObject *object, AttrNumber column, bool *isnull)
{
	return heap_getattr(object->tuple, column, object->desc, isnull);
}

/*
 * sd_object_text
 *		Likewise, of type text, in the current memory context; NULL for null.
 */
char *
sd_object_text(const SdObject *object, AttrNumber column)
{
	bool isnull;
	Datum value = sd_object_value(object, column, &isnull);

	return isnull ? NULL : TextDatumGetCString(value);
}

/*
 * sd_row_owner
 *		Add the name of a role.
 */
void
sd_row_owner(SdDiscovery *disc, Oid role)
{
	sd_row_text(disc, sd_catalog_name(disc->catalog, AuthIdRelationId, role));
}

/*
 * sd_row_comment
 *		Add the comment on an object.
 */
void
sd_row_comment(SdDiscovery *disc, const SdObject *object)
{
	sd_row_text(disc, sd_catalog_comment(disc->catalog, object->classid,
										 object->oid, 0));
}
