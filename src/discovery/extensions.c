/*-------------------------------------------------------------------------
 *
 * extensions.c
 *	  stormdisc_extensions: extensions.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "access/htup_details.h"
#include "access/transam.h"
#include "catalog/pg_extension.h"
#include "catalog/pg_type.h"
#include "utils/array.h"
#include "utils/builtins.h"
#include "utils/memutils.h"

#include "discovery/named.h"

PG_FUNCTION_INFO_V1(stormdisc_extensions);

typedef struct Extension
{
	SdNamed object;
	bool relocatable;
	char *version;
	ArrayType *tables;	   /* oid[]: what pg_dump dumps rows of */
	ArrayType *conditions; /* text[]: of which rows */
} Extension;

/* a table whose rows are dumped */
typedef struct ConfigTable
{
	const char *name;
	const char *condition;
} ConfigTable;

static void emit_extensions(SdDiscovery *disc);
static void keep_extension(SdCatalog *cat, HeapTuple tuple, TupleDesc desc,
						   void *arg);
static bool has_extension(SdCatalog *cat, Form_pg_extension form);
static void add_extension(SdDiscovery *disc, void *object);
static void add_config(SdDiscovery *disc, Extension *extension);
static int compare_config_tables(const void *a, const void *b);

const SdKind sd_kind_extensions = {
	.name = "extensions",
	.identity = "extension_name", /* unique in the database */
	.left_out = "problem",
	.defaults = "",
	.emit = emit_extensions,
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
	List *extensions = NIL;

	sd_scan_all(disc->catalog, ExtensionRelationId, keep_extension,
				&extensions);
	sd_named_emit(disc, extensions, ExtensionRelationId, add_extension);
}

static void
keep_extension(SdCatalog *cat, HeapTuple tuple, TupleDesc desc, void *arg)
{
	Form_pg_extension form = (Form_pg_extension) GETSTRUCT(tuple);
	Extension *extension;

	if (!has_extension(cat, form))
		return;

	extension =
		sd_named_keep(cat, arg, sizeof(Extension), form->oid,
					  form->extnamespace, &form->extname, form->extowner);
	extension->relocatable = form->extrelocatable;
	extension->version =
		sd_tuple_text(cat, tuple, desc, Anum_pg_extension_extversion);
	extension->tables =
		sd_tuple_array(cat, tuple, desc, Anum_pg_extension_extconfig);
	extension->conditions =
		sd_tuple_array(cat, tuple, desc, Anum_pg_extension_extcondition);
}

/*
 * Does the scope take this extension in?  As for pg_dump, its OID tells
 * whether initdb brought it; user's extensions may well be in pg_catalog.
 */
static bool
has_extension(SdCatalog *cat, Form_pg_extension form)
{
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
add_extension(SdDiscovery *disc, void *object)
{
	Extension *extension = object;

	sd_row_named(disc, &extension->object);
	sd_row_text(disc, extension->version);
	sd_row_bool(disc, extension->relocatable);
	add_config(disc, extension);
	sd_row_named_end(disc, &extension->object, ExtensionRelationId,
					 SD_PROBLEM_NONE);
}

/*
 * config_tables, config_conditions: by name, because their order depends on
 * the updates that an extension has seen.
 */
static void
add_config(SdDiscovery *disc, Extension *extension)
{
	MemoryContext oldcontext = MemoryContextSwitchTo(disc->row_context);
	ConfigTable *tables;
	const char **names;
	const char **conditions;
	Oid *oids = NULL;
	Datum *texts = NULL;
	int noids = 0;
	int ntexts = 0;
	int count = 0;

	if (extension->tables != NULL)
		oids = sd_attribute_oids(disc->catalog,
								 PointerGetDatum(extension->tables), &noids);
	if (extension->conditions != NULL)
		deconstruct_array(extension->conditions, TEXTOID, -1, false,
						  TYPALIGN_INT, &texts, NULL, &ntexts);

	tables = palloc(sizeof(ConfigTable) * (noids + 1));
	names = palloc(sizeof(char *) * (noids + 1));
	conditions = palloc(sizeof(char *) * (noids + 1));
	for (int i = 0; i < noids; i++)
	{
		SdRelation *rel = sd_catalog_relation(disc->catalog, oids[i]);

		if (rel == NULL)
			continue;
		tables[count].name = sd_relation_qualified_name(rel);
		tables[count].condition =
			i < ntexts ? TextDatumGetCString(texts[i]) : "";
		count++;
	}
	qsort(tables, count, sizeof(ConfigTable), compare_config_tables);
	for (int i = 0; i < count; i++)
	{
		names[i] = tables[i].name;
		conditions[i] = tables[i].condition;
	}
	MemoryContextSwitchTo(oldcontext);

	sd_row_texts(disc, count, names);
	sd_row_texts(disc, count, conditions);
}

static int
compare_config_tables(const void *a, const void *b)
{
	return strcmp(((const ConfigTable *) a)->name,
				  ((const ConfigTable *) b)->name);
}
