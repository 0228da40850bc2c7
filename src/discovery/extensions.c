/*-------------------------------------------------------------------------
 *
 * extensions.c
 *	  stormdisc_extensions: extensions.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "access/genam.h"
#include "access/htup_details.h"
#include "access/transam.h"
#include "catalog/pg_depend.h"
#include "catalog/pg_extension.h"
#include "catalog/pg_type.h"
#include "utils/array.h"
#include "utils/builtins.h"
#include "utils/fmgroids.h"

#include "discovery/objects.h"

PG_FUNCTION_INFO_V1(stormdisc_extensions);

/* a table whose rows are dumped */
typedef struct ConfigTable
{
	const char *name;
	const char *condition;
} ConfigTable;

static void emit_extensions(SdDiscovery *disc);
static bool is_in_scope(SdCatalog *cat, HeapTuple tuple);
static void add_extension(SdDiscovery *disc, const SdObject *object);
static void add_config(SdDiscovery *disc, const SdObject *object);
static int compare_config_tables(const void *a, const void *b);
static void add_requires(SdDiscovery *disc, const SdObject *object);
static void keep_required(SdCatalog *cat, HeapTuple tuple, TupleDesc desc,
						  void *arg);

const SdKind sd_kind_extensions = {
	.name = "extensions",
	.identity = "extension_name", /* unique in the database */
	.left_out = "problem",
	.defaults = "",
	.emit = emit_extensions,
};

static const SdObjectClass extension_class = {
	.classid = ExtensionRelationId,
	.schema_column = Anum_pg_extension_extnamespace,
	.is_in_scope = is_in_scope,
	.add = add_extension,
};

/*
 * stormdisc_extensions(relation, schemas, include, exclude) -> setof row
 *		Report the extensions in scope, by schema and name.
 */
Datum
stormdisc_extensions(PG_FUNCTION_ARGS)
{
	return sd_discovery_run(fcinfo, &sd_kind_extensions);
}

static void
emit_extensions(SdDiscovery *disc)
{
	sd_objects_emit(disc, &extension_class);
}

/*
 * Does the scope take this extension in?  As for pg_dump, its OID tells
 * whether initdb brought it; user's extensions may well be in pg_catalog.
 */
static bool
is_in_scope(SdCatalog *cat, HeapTuple tuple)
{
	Form_pg_extension form = (Form_pg_extension) GETSTRUCT(tuple);
	SdScope *scope = cat->scope;
	SdSchema *schema = sd_catalog_schema(cat, form->extnamespace);

	if (scope->has_schemas
			? !schema->in_scope
			: !scope->has_relation && form->oid < FirstNormalObjectId)
		return false;
	if (!sd_scope_has_name(scope, NameStr(schema->name),
						   NameStr(form->extname)))
		return false;

	return !scope->has_relation ||
		   sd_catalog_uses(cat, scope->relation, ExtensionRelationId,
						   form->oid);
}

static void
add_extension(SdDiscovery *disc, const SdObject *object)
{
	Form_pg_extension form = (Form_pg_extension) GETSTRUCT(object->tuple);

	sd_row_object(disc, object);
	sd_row_text(disc, sd_object_text(object, Anum_pg_extension_extversion));
	sd_row_bool(disc, form->extrelocatable);
	add_config(disc, object);
	add_requires(disc, object);
	sd_row_object_end(disc, object, SD_PROBLEM_NONE);
}

/*
 * config_tables, config_conditions: what pg_dump dumps rows of, and which.
 * By name, because their order depends on the updates that an extension has
 * seen.
 */
static void
add_config(SdDiscovery *disc, const SdObject *object)
{
	Datum value;
	bool isnull;
	ConfigTable *tables;
	const char **names;
	const char **conditions;
	Oid *oids = NULL;
	char **wheres;
	int noids = 0;
	int nwheres;
	int count = 0;

	value = sd_object_value(object, Anum_pg_extension_extconfig, &isnull);
	if (!isnull)
		oids = sd_attribute_oids(disc->catalog, value, &noids);
	wheres = sd_array_texts(
		sd_object_array(object, Anum_pg_extension_extcondition), &nwheres);

	tables = palloc(sizeof(ConfigTable) * (noids + 1));
	names = palloc(sizeof(char *) * (noids + 1));
	conditions = palloc(sizeof(char *) * (noids + 1));
	for (int i = 0; i < noids; i++)
	{
		SdRelation *rel = sd_catalog_relation(disc->catalog, oids[i]);

		if (rel == NULL)
			continue;
		tables[count].name = sd_relation_qualified_name(rel);
		tables[count].condition = i < nwheres ? wheres[i] : "";
		count++;
	}
	qsort(tables, count, sizeof(ConfigTable), compare_config_tables);
	for (int i = 0; i < count; i++)
	{
		names[i] = tables[i].name;
		conditions[i] = tables[i].condition;
	}

	sd_row_texts(disc, count, names);
	sd_row_texts(disc, count, conditions);
}

static int
compare_config_tables(const void *a, const void *b)
{
	return strcmp(((const ConfigTable *) a)->name,
				  ((const ConfigTable *) b)->name);
}

/* requires: the extensions that have to be there before. */
static void
add_requires(SdDiscovery *disc, const SdObject *object)
{
	List *names = NIL;
	const char **members;
	int count = 0;
	ListCell *lc;
	SdKey keys[] = {
		{Anum_pg_depend_classid, ObjectIdGetDatum(ExtensionRelationId),
		 F_OIDEQ},
		{Anum_pg_depend_objid, ObjectIdGetDatum(object->oid), F_OIDEQ},
	};

	sd_scan_index(disc->catalog, DependRelationId, DependDependerIndexId,
				  lengthof(keys), keys, keep_required, &names);
	list_sort(names, sd_list_text_compare);
	members = palloc(sizeof(char *) * (list_length(names) + 1));
	foreach (lc, names)
		members[count++] = lfirst(lc);
	sd_row_texts(disc, count, members);
}

static void
keep_required(SdCatalog *cat, HeapTuple tuple, TupleDesc desc, void *arg)
{
	Form_pg_depend form = (Form_pg_depend) GETSTRUCT(tuple);
	List **names = arg;

	if (form->refclassid == ExtensionRelationId)
		*names = lappend(
			*names, unconstify(char *, sd_catalog_name(cat, ExtensionRelationId,
													   form->refobjid)));
}
