/*-------------------------------------------------------------------------
 *
 * named.c
 *	  What kinds of objects that are not relations share.
 *
 * Such a kind reads its own catalog: the handler of the scan keeps what is in
 * scope as a list of structs that begin with an SdNamed, and each of these
 * becomes a row.
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "access/htup_details.h"
#include "catalog/pg_authid.h"
#include "utils/builtins.h"
#include "utils/memutils.h"

#include "discovery/named.h"

static int compare_objects(const ListCell *a, const ListCell *b);

/*
 * sd_named_keep
 *		Put a new object on a list, as a zeroed struct of the given size.
 *
 * The list lives as long as the reading.
 */
void *
sd_named_keep(SdCatalog *cat, List **objects, Size size, Oid oid, Oid schema,
			  const NameData *name, Oid owner)
{
	MemoryContext oldcontext = MemoryContextSwitchTo(cat->context);
	SdNamed *object = palloc0(size);

	object->oid = oid;
	if (OidIsValid(schema))
		object->schema = sd_catalog_schema(cat, schema);
	object->name = *name;
	object->owner = owner;
	*objects = lappend(*objects, object);
	MemoryContextSwitchTo(oldcontext);

	return object;
}

/*
 * sd_named_emit
 *		Let add() add the row of each object, by schema and name.
 */
void
sd_named_emit(SdDiscovery *disc, List *objects, Oid classid,
			  void (*add)(SdDiscovery *disc, void *object))
{
	Oid *oids = palloc(sizeof(Oid) * (list_length(objects) + 1));
	int noids = 0;
	ListCell *lc;

	foreach (lc, objects)
		oids[noids++] = ((SdNamed *) lfirst(lc))->oid;
	sd_catalog_read_comments(disc->catalog, classid, noids, oids);
	pfree(oids);

	list_sort(objects, compare_objects);
	foreach (lc, objects)
		sd_discovery_add(disc, add, lfirst(lc));
}

static int
compare_objects(const ListCell *a, const ListCell *b)
{
	const SdNamed *left = lfirst(a);
	const SdNamed *right = lfirst(b);
	int result = 0;

	if (left->schema != NULL && right->schema != NULL)
		result =
			strcmp(NameStr(left->schema->name), NameStr(right->schema->name));

	return result != 0 ? result
					   : strcmp(NameStr(left->name), NameStr(right->name));
}

/*
 * sd_row_named
 *		Begin the row of an object: its schema, if it has one, and its name.
 */
void
sd_row_named(SdDiscovery *disc, const SdNamed *object)
{
	if (object->schema != NULL)
		sd_row_name(disc, &object->schema->name);
	sd_row_name(disc, &object->name);
}

/*
 * sd_row_named_end
 *		End it: the owner, the comment and the problem.
 */
void
sd_row_named_end(SdDiscovery *disc, const SdNamed *object, Oid classid,
				 SdProblem problem)
{
	SdCatalog *cat = disc->catalog;

	sd_row_text(disc, sd_catalog_name(cat, AuthIdRelationId, object->owner));
	sd_row_text(disc, sd_catalog_comment(cat, classid, object->oid, 0));
	sd_row_end(disc, problem);
}

/*
 * sd_tuple_text
 *		A column of type text or pg_node_tree; NULL for NULL.
 *
 * This and the next give copies that live as long as the reading.
 */
char *
sd_tuple_text(SdCatalog *cat, HeapTuple tuple, TupleDesc desc,
			  AttrNumber column)
{
	MemoryContext oldcontext;
	char *result;
	bool isnull;
	Datum value = heap_getattr(tuple, column, desc, &isnull);

	if (isnull)
		return NULL;
	oldcontext = MemoryContextSwitchTo(cat->context);
	result = TextDatumGetCString(value);
	MemoryContextSwitchTo(oldcontext);

	return result;
}

/*
 * sd_tuple_array
 *		A column of an array type; NULL for NULL.
 */
ArrayType *
sd_tuple_array(SdCatalog *cat, HeapTuple tuple, TupleDesc desc,
			   AttrNumber column)
{
	MemoryContext oldcontext;
	ArrayType *array;
	bool isnull;
	Datum value = heap_getattr(tuple, column, desc, &isnull);

	if (isnull)
		return NULL;
	oldcontext = MemoryContextSwitchTo(cat->context);
	array = DatumGetArrayTypePCopy(value);
	MemoryContextSwitchTo(oldcontext);

	return array;
}
