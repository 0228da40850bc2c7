/*-------------------------------------------------------------------------
 *
 * extension_dependencies.c
 *	  stormdisc_extension_dependencies: what ALTER ... DEPENDS ON EXTENSION
 *	  has said, so that it goes when the extension does.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "access/htup_details.h"
#include "catalog/dependency.h"
#include "catalog/pg_class.h"
#include "catalog/pg_depend.h"
#include "catalog/pg_extension.h"
#include "catalog/pg_index.h"
#include "catalog/pg_proc.h"
#include "catalog/pg_trigger.h"
#include "utils/builtins.h"
#include "utils/fmgroids.h"
#include "utils/fmgrprotos.h"
#include "utils/memutils.h"

#include "discovery/discovery.h"
#include "discovery/object_names.h"

PG_FUNCTION_INFO_V1(stormdisc_extension_dependencies);

typedef struct Dependency
{
	SdObjectName object;
	const char *extension;
	const char *key;
} Dependency;

/* while the dependencies of one extension are read */
typedef struct Reading
{
	Oid extension;
	List *dependencies; /* of Dependency * */
} Reading;

static void emit_extension_dependencies(SdDiscovery *disc);
static void keep_extension(SdCatalog *cat, HeapTuple tuple, TupleDesc desc,
						   void *arg);
static void keep_dependency(SdCatalog *cat, HeapTuple tuple, TupleDesc desc,
							void *arg);
static bool find_name(SdCatalog *cat, Oid classid, Oid oid,
					  SdObjectName *object);
static void find_index(SdCatalog *cat, HeapTuple tuple, TupleDesc desc,
					   void *arg);
static void find_trigger(SdCatalog *cat, HeapTuple tuple, TupleDesc desc,
						 void *arg);
static SdRelation *table_in_scope(SdCatalog *cat, Oid oid);
static int compare_dependencies(const ListCell *a, const ListCell *b);
static void add_dependency(SdDiscovery *disc, void *object);

const SdKind sd_kind_extension_dependencies = {
	.name = "extension_dependencies",
	.relkinds = "rpfvm",
	.not_served = "\"%s\" does not depend on extensions",
	.left_out = "identity,problem",
	.emit = emit_extension_dependencies,
};

/*
 * stormdisc_extension_dependencies(relation, schemas, include, exclude)
 *		-> setof row
 *		Report the functions, indexes, triggers and materialized views in scope
 *		that were made to depend on an extension.
 */
Datum
stormdisc_extension_dependencies(PG_FUNCTION_ARGS)
{
	return sd_discovery_run(fcinfo, &sd_kind_extension_dependencies);
}

static void
emit_extension_dependencies(SdDiscovery *disc)
{
	SdCatalog *cat = disc->catalog;
	MemoryContext oldcontext = MemoryContextSwitchTo(cat->context);
	Reading reading = {0};
	List *extensions = NIL;
	ListCell *lc;

	sd_scan_all(cat, ExtensionRelationId, keep_extension, &extensions);
	foreach (lc, extensions)
	{
		SdKey keys[] = {
			{Anum_pg_depend_refclassid, ObjectIdGetDatum(ExtensionRelationId),
			 F_OIDEQ},
			{Anum_pg_depend_refobjid, ObjectIdGetDatum(lfirst_oid(lc)),
			 F_OIDEQ},
		};

		reading.extension = lfirst_oid(lc);
		sd_scan_index(cat, DependRelationId, DependReferenceIndexId,
					  lengthof(keys), keys, keep_dependency, &reading);
	}
	list_sort(reading.dependencies, compare_dependencies);
	MemoryContextSwitchTo(oldcontext);

	foreach (lc, reading.dependencies)
		sd_discovery_add(disc, add_dependency, lfirst(lc));
}

static void
keep_extension(SdCatalog *cat, HeapTuple tuple, TupleDesc desc, void *arg)
{
	List **extensions = arg;

	*extensions =
		lappend_oid(*extensions, ((Form_pg_extension) GETSTRUCT(tuple))->oid);
}

static void
keep_dependency(SdCatalog *cat, HeapTuple tuple, TupleDesc desc, void *arg)
{
	Form_pg_depend form = (Form_pg_depend) GETSTRUCT(tuple);
	Reading *reading = arg;
	Dependency *dependency;
	SdObjectName object = {0};

	if (form->deptype != DEPENDENCY_AUTO_EXTENSION ||
		!find_name(cat, form->classid, form->objid, &object))
		return;

	dependency = palloc(sizeof(Dependency));
	dependency->object = object;
	dependency->extension =
		sd_catalog_name(cat, ExtensionRelationId, reading->extension);
	dependency->key = psprintf("%s on extension %s", object.key,
							   quote_identifier(dependency->extension));
	reading->dependencies = lappend(reading->dependencies, dependency);
}

/* The name of an object of these kinds; false if it is not in scope. */
static bool
find_name(SdCatalog *cat, Oid classid, Oid oid, SdObjectName *object)
{
	switch (classid)
	{
		case ProcedureRelationId:
			return sd_object_name_find(cat, object, classid, oid, 0);
		case RelationRelationId:
			if (sd_object_name_find(cat, object, classid, oid, 0))
				return true;
			sd_scan_oid(cat, IndexRelationId, IndexRelidIndexId,
						Anum_pg_index_indexrelid, oid, find_index, object);
			return object->key != NULL;
		case TriggerRelationId:
			sd_scan_oid(cat, classid, TriggerOidIndexId, Anum_pg_trigger_oid,
						oid, find_trigger, object);
			return object->key != NULL;
		default:
			return false;
	}
}

static void
find_index(SdCatalog *cat, HeapTuple tuple, TupleDesc desc, void *arg)
{
	Form_pg_index form = (Form_pg_index) GETSTRUCT(tuple);
	SdRelation *index = sd_catalog_relation(cat, form->indexrelid);

	if (table_in_scope(cat, form->indrelid) != NULL && index != NULL)
		sd_object_name_set(arg, "index", NameStr(index->schema->name),
						   NameStr(index->name));
}

static void
find_trigger(SdCatalog *cat, HeapTuple tuple, TupleDesc desc, void *arg)
{
	Form_pg_trigger form = (Form_pg_trigger) GETSTRUCT(tuple);
	SdRelation *table = table_in_scope(cat, form->tgrelid);
	SdObjectName *object = arg;

	if (table == NULL)
		return;
	sd_object_name_set(object, "trigger", NameStr(table->schema->name),
					   NameStr(form->tgname));
	object->identity = psprintf("%s.%s", sd_relation_qualified_name(table),
								quote_identifier(NameStr(form->tgname)));
	object->key = psprintf("trigger %s", object->identity);
}

static SdRelation *
table_in_scope(SdCatalog *cat, Oid oid)
{
	SdRelation *table = sd_catalog_relation(cat, oid);

	return table != NULL && table->in_scope ? table : NULL;
}

static int
compare_dependencies(const ListCell *a, const ListCell *b)
{
	return strcmp(((Dependency *) lfirst(a))->key,
				  ((Dependency *) lfirst(b))->key);
}

static void
add_dependency(SdDiscovery *disc, void *object)
{
	const Dependency *dependency = object;

	sd_row_text(disc, dependency->object.schema);
	sd_row_text(disc, dependency->object.name);
	sd_row_text(disc, dependency->object.type);
	sd_row_text(disc, dependency->object.identity);
	sd_row_text(disc, dependency->extension);
	sd_row_identity(disc, dependency->key);
	sd_row_end(disc, SD_PROBLEM_NONE);
}
