/*-------------------------------------------------------------------------
 *
 * schemas.c
 *	  stormdisc_schemas: schemas.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "access/htup_details.h"
#include "catalog/pg_namespace.h"

#include "discovery/objects.h"

PG_FUNCTION_INFO_V1(stormdisc_schemas);

static void emit_schemas(SdDiscovery *disc);
static bool is_in_scope(SdCatalog *cat, HeapTuple tuple);
static void add_schema(SdDiscovery *disc, const SdObject *object);

const SdKind sd_kind_schemas = {
	.name = "schemas",
	.identity = "schema_name",
	.left_out = "problem",
	.defaults = "",
	.emit = emit_schemas,
};

static const SdObjectClass schema_class = {
	.classid = NamespaceRelationId,
	.is_in_scope = is_in_scope,
	.add = add_schema,
};

/*
 * stormdisc_schemas(relation, schemas, include, exclude) -> setof row
 *		Report the schemas in scope, by name.
 */
Datum
stormdisc_schemas(PG_FUNCTION_ARGS)
{
	return sd_discovery_run(fcinfo, &sd_kind_schemas);
}

static void
emit_schemas(SdDiscovery *disc)
{
	sd_objects_emit(disc, &schema_class);
}

/*
 * Does the scope take this schema in?  The schema public is among the
 * server's own objects by its OID, but it is the user's.
 */
static bool
is_in_scope(SdCatalog *cat, HeapTuple tuple)
{
	Form_pg_namespace form = (Form_pg_namespace) GETSTRUCT(tuple);
	SdScope *scope = cat->scope;
	SdSchema *schema = sd_catalog_schema(cat, form->oid);

	if (!sd_scope_has_name(scope, "", NameStr(schema->name)))
		return false;
	if (scope->has_schemas && !schema->in_scope)
		return false;
	if (scope->has_relation)
		return sd_catalog_uses(cat, scope->relation, NamespaceRelationId,
							   form->oid);
	if (scope->has_schemas)
		return true;

	return schema->in_scope && !schema->is_own_temp &&
		   !sd_catalog_is_member(cat, NamespaceRelationId, form->oid);
}

static void
add_schema(SdDiscovery *disc, const SdObject *object)
{
	SdSchema *schema = sd_catalog_schema(disc->catalog, object->oid);

	sd_row_name(disc, &schema->name); /* which may be pg_temp */
	sd_row_bool(disc, strcmp(object->name, "public") == 0);
	sd_row_object_end(disc, object, SD_PROBLEM_NONE);
}
