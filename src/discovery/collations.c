/*-------------------------------------------------------------------------
 *
 * collations.c
 *	  stormdisc_collations and stormdisc_conversions.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "access/htup_details.h"
#include "catalog/pg_collation.h"
#include "catalog/pg_conversion.h"
#include "catalog/pg_proc.h"
#include "mb/pg_wchar.h"

#include "compat.h"
#include "discovery/objects.h"

PG_FUNCTION_INFO_V1(stormdisc_collations);
PG_FUNCTION_INFO_V1(stormdisc_conversions);

static void emit_collations(SdDiscovery *disc);
static void add_collation(SdDiscovery *disc, const SdObject *object);
static const char *provider(char collprovider);
static void emit_conversions(SdDiscovery *disc);
static void add_conversion(SdDiscovery *disc, const SdObject *object);

const SdKind sd_kind_collations = {
	.name = "collations",
	.identity = "schema_name,collation_name",
	.left_out = "encoding,version,problem", /* as the restoring system has it */
	.defaults = "is_deterministic=true",
	.emit = emit_collations,
};

static const SdObjectClass collation_class = {
	.classid = CollationRelationId,
	.add = add_collation,
};

const SdKind sd_kind_conversions = {
	.name = "conversions",
	.identity = "schema_name,conversion_name",
	.left_out = "problem",
	.defaults = "",
	.emit = emit_conversions,
};

static const SdObjectClass conversion_class = {
	.classid = ConversionRelationId,
	.add = add_conversion,
};

/*
 * stormdisc_collations(relation, schemas, include, exclude) -> setof row
 *		Report the collations in scope, by schema and name.
 */
Datum
stormdisc_collations(PG_FUNCTION_ARGS)
{
	return sd_discovery_run(fcinfo, &sd_kind_collations);
}

/*
 * stormdisc_conversions(relation, schemas, include, exclude) -> setof row
 *		Report the encoding conversions in scope, by schema and name.
 */
Datum
stormdisc_conversions(PG_FUNCTION_ARGS)
{
	return sd_discovery_run(fcinfo, &sd_kind_conversions);
}

static void
emit_collations(SdDiscovery *disc)
{
	sd_objects_emit(disc, &collation_class);
}

static void
add_collation(SdDiscovery *disc, const SdObject *object)
{
	Form_pg_collation form = (Form_pg_collation) GETSTRUCT(object->tuple);

	sd_row_object(disc, object);
	sd_row_text(disc, provider(form->collprovider));
	sd_row_bool(disc, form->collisdeterministic);
	sd_row_text(disc, form->collencoding >= 0
						  ? pg_encoding_to_char(form->collencoding)
						  : NULL);
	sd_row_text(disc, sd_object_text(object, Anum_pg_collation_collcollate));
	sd_row_text(disc, sd_object_text(object, Anum_pg_collation_collctype));
	sd_row_text(disc, sd_object_text(object, Anum_pg_collation_colllocale));
#ifdef SD_HAS_COLLATION_RULES
	sd_row_text(disc, sd_object_text(object, Anum_pg_collation_collicurules));
#else
	sd_row_null(disc);
#endif
	sd_row_text(disc, sd_object_text(object, Anum_pg_collation_collversion));
	sd_row_object_end(disc, object, SD_PROBLEM_NONE);
}

static const char *
provider(char collprovider)
{
	switch (collprovider)
	{
		case COLLPROVIDER_DEFAULT:
			return "default";
		case COLLPROVIDER_BUILTIN:
			return "builtin";
		case COLLPROVIDER_ICU:
			return "icu";
		case COLLPROVIDER_LIBC:
			return "libc";
		default:
			elog(ERROR, "unrecognized collation provider: %c", collprovider);
			return NULL; /* keep compiler quiet */
	}
}

static void
emit_conversions(SdDiscovery *disc)
{
	sd_objects_emit(disc, &conversion_class);
}

static void
add_conversion(SdDiscovery *disc, const SdObject *object)
{
	Form_pg_conversion form = (Form_pg_conversion) GETSTRUCT(object->tuple);

	sd_row_object(disc, object);
	sd_row_text(disc, pg_encoding_to_char(form->conforencoding));
	sd_row_text(disc, pg_encoding_to_char(form->contoencoding));
	sd_row_qualified(disc, ProcedureRelationId, form->conproc);
	sd_row_bool(disc, form->condefault);
	sd_row_object_end(disc, object, SD_PROBLEM_NONE);
}
