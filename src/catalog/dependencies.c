/*-------------------------------------------------------------------------
 *
 * dependencies.c
 *	  What belongs to extensions, and what a relation uses.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "access/genam.h"
#include "access/htup_details.h"
#include "access/transam.h"
#include "catalog/dependency.h"
#include "catalog/pg_class.h"
#include "catalog/pg_depend.h"
#include "catalog/pg_extension.h"
#include "catalog/pg_foreign_server.h"
#include "catalog/pg_namespace.h"
#include "catalog/pg_type.h"
#include "lib/qunique.h"
#include "utils/builtins.h"
#include "utils/fmgroids.h"
#include "utils/memutils.h"

#include "catalog/sd_catalog.h"

/* an object, as pg_depend has it */
typedef struct Object
{
	Oid classid;
	Oid oid;
} Object;

/* objects found, each once, in the order of finding */
typedef struct Objects
{
	HTAB *known;
	List *queue; /* of Object * */
} Objects;

static void read_members(SdCatalog *cat);
static void keep_extension(SdCatalog *cat, HeapTuple tuple, TupleDesc desc,
						   void *arg);
static void keep_member(SdCatalog *cat, HeapTuple tuple, TupleDesc desc,
						void *arg);
static void note_internal(SdCatalog *cat, HeapTuple tuple, TupleDesc desc,
						  void *arg);
static void read_uses(SdCatalog *cat, Oid relation);
static void add_object(SdCatalog *cat, Objects *objects, Oid classid, Oid oid);
static void keep_part(SdCatalog *cat, HeapTuple tuple, TupleDesc desc,
					  void *arg);
static void keep_reference(SdCatalog *cat, HeapTuple tuple, TupleDesc desc,
						   void *arg);

/*
 * sd_catalog_is_member
 *		Does an object belong to an extension?
 */
bool
sd_catalog_is_member(SdCatalog *cat, Oid classid, Oid oid)
{
	Object key = {classid, oid};

	read_members(cat);

	return hash_search(cat->members, &key, HASH_FIND, NULL) != NULL;
}

/*
 * sd_catalog_members
 *		The OIDs of all such objects of one catalog, in the current memory
 *		context.
 */
Oid *
sd_catalog_members(SdCatalog *cat, Oid classid, int *count)
{
	HASH_SEQ_STATUS status;
	Object *object;
	Oid *oids;

	read_members(cat);
	oids = palloc(sizeof(Oid) * (hash_get_num_entries(cat->members) + 1));
	*count = 0;
	hash_seq_init(&status, cat->members);
	while ((object = hash_seq_search(&status)) != NULL)
	{
		if (object->classid == classid)
			oids[(*count)++] = object->oid;
	}

	return oids;
}

/* Read what belongs to extensions, once. */
static void
read_members(SdCatalog *cat)
{
	List *extensions = NIL;
	ListCell *lc;

	if (cat->members != NULL)
		return;

	cat->members = sd_hash_create(cat, "stormdisc extension members",
								  sizeof(Object), sizeof(Object));
	sd_scan_all(cat, ExtensionRelationId, keep_extension, &extensions);
	foreach (lc, extensions)
	{
		SdKey keys[] = {
			{Anum_pg_depend_refclassid, ObjectIdGetDatum(ExtensionRelationId),
			 F_OIDEQ},
			{Anum_pg_depend_refobjid, ObjectIdGetDatum(lfirst_oid(lc)),
			 F_OIDEQ},
		};

		sd_scan_index(cat, DependRelationId, DependReferenceIndexId,
					  lengthof(keys), keys, keep_member, NULL);
	}
	list_free(extensions);
}

static void
keep_extension(SdCatalog *cat, HeapTuple tuple, TupleDesc desc, void *arg)
{
	List **extensions = arg;

	*extensions =
		lappend_oid(*extensions, ((Form_pg_extension) GETSTRUCT(tuple))->oid);
}

static void
keep_member(SdCatalog *cat, HeapTuple tuple, TupleDesc desc, void *arg)
{
	Form_pg_depend form = (Form_pg_depend) GETSTRUCT(tuple);
	Object key = {form->classid, form->objid};

	if (form->deptype == DEPENDENCY_EXTENSION)
		(void) hash_search(cat->members, &key, HASH_ENTER, NULL);
}

/*
 * sd_catalog_is_internal
 *		Did the server make an object together with another one, like the
 *		functions and casts of a range type?
 */
bool
sd_catalog_is_internal(SdCatalog *cat, Oid classid, Oid oid)
{
	bool is_internal = false;
	SdKey keys[] = {
		{Anum_pg_depend_classid, ObjectIdGetDatum(classid), F_OIDEQ},
		{Anum_pg_depend_objid, ObjectIdGetDatum(oid), F_OIDEQ},
	};

	sd_scan_index(cat, DependRelationId, DependDependerIndexId, lengthof(keys),
				  keys, note_internal, &is_internal);

	return is_internal;
}

static void
note_internal(SdCatalog *cat, HeapTuple tuple, TupleDesc desc, void *arg)
{
	if (((Form_pg_depend) GETSTRUCT(tuple))->deptype == DEPENDENCY_INTERNAL)
		*(bool *) arg = true;
}

/*
 * sd_catalog_uses
 *		Does a relation use an object: does it, or a part of it like a
 *		default or a trigger, depend on that directly?
 *
 * Types and foreign servers bring what they are made of.
 */
bool
sd_catalog_uses(SdCatalog *cat, Oid relation, Oid classid, Oid oid)
{
	Object key = {classid, oid};

	if (cat->uses == NULL)
		read_uses(cat, relation);

	return hash_search(cat->uses, &key, HASH_FIND, NULL) != NULL;
}

/*
 * sd_catalog_used
 *		The OIDs of all objects of a catalog that a relation uses, as above,
 *		in the current memory context; an invalid classid stands for all
 *		catalogs.
 */
Oid *
sd_catalog_used(SdCatalog *cat, Oid relation, Oid classid, int *count)
{
	HASH_SEQ_STATUS status;
	Object *object;
	Oid *oids;

	if (cat->uses == NULL)
		read_uses(cat, relation);

	*count = 0;
	oids = palloc(sizeof(Oid) * (hash_get_num_entries(cat->uses) + 1));
	hash_seq_init(&status, cat->uses);
	while ((object = hash_seq_search(&status)) != NULL)
		if (!OidIsValid(classid) || object->classid == classid)
			oids[(*count)++] = object->oid;
	qsort(oids, *count, sizeof(Oid), oid_cmp);
	*count = qunique(oids, *count, sizeof(Oid), oid_cmp);

	return oids;
}

static void
read_uses(SdCatalog *cat, Oid relation)
{
	MemoryContext oldcontext = MemoryContextSwitchTo(cat->context);
	Objects objects = {0};
	SdKey keys[] = {
		{Anum_pg_depend_refclassid, ObjectIdGetDatum(RelationRelationId),
		 F_OIDEQ},
		{Anum_pg_depend_refobjid, ObjectIdGetDatum(relation), F_OIDEQ},
	};
	int nparts;

	objects.known = sd_hash_create(cat, "stormdisc objects used",
								   sizeof(Object), sizeof(Object));
	add_object(cat, &objects, RelationRelationId, relation);
	sd_scan_index(cat, DependRelationId, DependReferenceIndexId, lengthof(keys),
				  keys, keep_part, &objects);
	nparts = list_length(objects.queue);
	/* which is not recorded if it is the server's own */
	add_object(cat, &objects, NamespaceRelationId,
			   sd_catalog_relation(cat, relation)->schema->oid);

	/* the queue grows while we go along it */
	for (int i = 0; i < list_length(objects.queue); i++)
	{
		Object *object = list_nth(objects.queue, i);
		SdKey of_object[] = {
			{Anum_pg_depend_classid, ObjectIdGetDatum(object->classid),
			 F_OIDEQ},
			{Anum_pg_depend_objid, ObjectIdGetDatum(object->oid), F_OIDEQ},
		};

		if (i < nparts || object->classid == TypeRelationId ||
			object->classid == ForeignServerRelationId)
			sd_scan_index(cat, DependRelationId, DependDependerIndexId,
						  lengthof(of_object), of_object, keep_reference,
						  &objects);
		if (object->classid == TypeRelationId)
		{
			SdType *type = sd_catalog_type(cat, object->oid);
			SdKey of_columns[] = {
				{Anum_pg_depend_classid, ObjectIdGetDatum(RelationRelationId),
				 F_OIDEQ},
				{Anum_pg_depend_objid, ObjectIdGetDatum(type->relation),
				 F_OIDEQ},
			};

			add_object(cat, &objects, TypeRelationId, type->element);
			/* the types of a composite's columns depend on its relation */
			if (type->kind == SD_TYPE_COMPOSITE)
				sd_scan_index(cat, DependRelationId, DependDependerIndexId,
							  lengthof(of_columns), of_columns, keep_reference,
							  &objects);
		}
	}
	cat->uses = objects.known;
	MemoryContextSwitchTo(oldcontext);
}

static void
add_object(SdCatalog *cat, Objects *objects, Oid classid, Oid oid)
{
	Object key = {classid, oid};
	Object *object;
	bool known;

	/* of what the server brought only these are ever asked for */
	if (oid < FirstGenbkiObjectId && classid != NamespaceRelationId &&
		classid != RelationRelationId)
		return;
	object = hash_search(objects->known, &key, HASH_ENTER, &known);
	if (!known)
		objects->queue = lappend(objects->queue, object);
}

/* Keep what is a part of the relation, and goes with it. */
static void
keep_part(SdCatalog *cat, HeapTuple tuple, TupleDesc desc, void *arg)
{
	Form_pg_depend form = (Form_pg_depend) GETSTRUCT(tuple);

	if (form->deptype != DEPENDENCY_AUTO &&
		form->deptype != DEPENDENCY_INTERNAL)
		return;
	/* partitions are relations of their own, indexes and sequences are not */
	if (form->classid == RelationRelationId)
	{
		SdRelation *rel = sd_catalog_relation(cat, form->objid);

		if (rel == NULL || strchr("iIS", rel->kind) == NULL)
			return;
	}
	add_object(cat, arg, form->classid, form->objid);
}

static void
keep_reference(SdCatalog *cat, HeapTuple tuple, TupleDesc desc, void *arg)
{
	Form_pg_depend form = (Form_pg_depend) GETSTRUCT(tuple);

	add_object(cat, arg, form->refclassid, form->refobjid);
}
