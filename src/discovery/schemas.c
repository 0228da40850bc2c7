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

#include "discovery/named.h"

PG_FUNCTION_INFO_V1(stormdisc_schemas);

static void emit_schemas(SdDiscovery *disc);
static void keep_schema(SdCatalog *cat, HeapTuple tuple, TupleDesc desc,
						void *arg);
static bool has_schema(SdCatalog *cat, Form_pg_namespace form);
static void add_schema(SdDiscovery *disc, void *object);

const SdKind sd_kind_schemas = {
	.name = "schemas",
	.identity = "schema_name",
	.left_out = "problem",
	.defaults = "",
	.emit = emit_schemas,
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
	List *schemas = NIL;

	sd_scan_all(disc->catalog, NamespaceRelationId, keep_schema, &schemas);
	sd_named_emit(disc, schemas, NamespaceRelationId, add_schema);
}

static void
keep_schema(SdCatalog *cat, HeapTuple tuple, TupleDesc desc, void *arg)
{
	Form_pg_namespace form = (Form_pg_namespace) GETSTRUCT(tuple);

	if (has_schema(cat, form))
		(void) sd_named_keep(cat, arg, sizeof(SdNamed), form->oid, InvalidOid,
							 &form->nspname, form->nspowner);
}

/*
 * Does the scope take this schema in?  The schema public is among the
 * server's own objects by its OID, but it is the user's.
 */
static bool
has_schema(SdCatalog *cat, Form_pg_namespace form)
{
	SdScope *scope = cat->scope;
	SdSchema *schema = sd_catalog_schema(cat, form->oid);

	if (!sd_scope_has_name(scope, "", NameStr(schema->name)))
		return false;
	if (scope->has_schemas && !schema->in_scope)
		return false;
	if (scope->has_relation)
		return sd_catalog_relation(cat, scope->relation)->schema == schema ||
			   sd_catalog_uses(cat, scope->relation, NamespaceRelationId,
							   form->oid);
	if (scope->has_schemas)
		return true;

	return schema->in_scope && !schema->is_own_temp &&
		   !sd_catalog_is_member(cat, NamespaceRelationId, form->oid);
}

static void
add_schema(SdDiscovery *disc, void *object)
{
	SdNamed *schema = object;
	SdSchema *known = sd_catalog_schema(disc->catalog, schema->oid);

	sd_row_name(disc, &known->name); /* which may be pg_temp */
	sd_row_bool(disc, strcmp(NameStr(known->name), "public") == 0);
	sd_row_named_end(disc, schema, NamespaceRelationId, SD_PROBLEM_NONE);
}
