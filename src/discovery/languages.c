/*-------------------------------------------------------------------------
 *
 * languages.c
 *	  stormdisc_languages and stormdisc_transforms: languages of functions,
 *	  and how values of a type get to them and back.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "access/htup_details.h"
#include "catalog/pg_language.h"
#include "catalog/pg_proc.h"
#include "catalog/pg_transform.h"
#include "utils/builtins.h"

#include "discovery/objects.h"

PG_FUNCTION_INFO_V1(stormdisc_languages);
PG_FUNCTION_INFO_V1(stormdisc_transforms);

static void emit_languages(SdDiscovery *disc);
static void add_language(SdDiscovery *disc, const SdObject *object);
static void emit_transforms(SdDiscovery *disc);
static const char *transform_name(SdCatalog *cat, HeapTuple tuple,
								  TupleDesc desc);
static void add_transform(SdDiscovery *disc, const SdObject *object);

const SdKind sd_kind_languages = {
	.name = "languages",
	.identity = "language_name",
	.left_out = "problem",
	.defaults = "",
	.emit = emit_languages,
};

static const SdObjectClass language_class = {
	.classid = LanguageRelationId,
	.add = add_language,
};

const SdKind sd_kind_transforms = {
	.name = "transforms",
	.identity = NULL,
	.left_out = "problem",
	.defaults = "",
	.emit = emit_transforms,
};

static const SdObjectClass transform_class = {
	.classid = TransformRelationId,
	.get_name = transform_name,
	.add = add_transform,
};

/*
 * stormdisc_languages(relation, schemas, include, exclude) -> setof row
 *		Report the languages that functions can be written in, by name.
 */
Datum
stormdisc_languages(PG_FUNCTION_ARGS)
{
	return sd_discovery_run(fcinfo, &sd_kind_languages);
}

static void
emit_languages(SdDiscovery *disc)
{
	sd_objects_emit(disc, &language_class);
}

static void
add_language(SdDiscovery *disc, const SdObject *object)
{
	Form_pg_language form = (Form_pg_language) GETSTRUCT(object->tuple);

	sd_row_text(disc, object->name);
	sd_row_bool(disc, form->lanpltrusted);
	sd_row_qualified(disc, ProcedureRelationId, form->lanplcallfoid);
	sd_row_qualified(disc, ProcedureRelationId, form->laninline);
	sd_row_qualified(disc, ProcedureRelationId, form->lanvalidator);
	sd_row_object_end(disc, object, SD_PROBLEM_NONE);
}

/*
 * stormdisc_transforms(relation, schemas, include, exclude) -> setof row
 *		Report transforms, by type and language.
 */
Datum
stormdisc_transforms(PG_FUNCTION_ARGS)
{
	return sd_discovery_run(fcinfo, &sd_kind_transforms);
}

static void
emit_transforms(SdDiscovery *disc)
{
	sd_objects_emit(disc, &transform_class);
}

static const char *
transform_name(SdCatalog *cat, HeapTuple tuple, TupleDesc desc)
{
	Form_pg_transform form = (Form_pg_transform) GETSTRUCT(tuple);

	return psprintf("FOR %s LANGUAGE %s",
					sd_catalog_bare_type(cat, form->trftype),
					quote_identifier(sd_catalog_name(cat, LanguageRelationId,
													 form->trflang)));
}

static void
add_transform(SdDiscovery *disc, const SdObject *object)
{
	SdCatalog *cat = disc->catalog;
	Form_pg_transform form = (Form_pg_transform) GETSTRUCT(object->tuple);

	sd_row_identity(disc, object->name);
	sd_row_text(disc, sd_catalog_bare_type(cat, form->trftype));
	sd_row_text(disc, sd_catalog_name(cat, LanguageRelationId, form->trflang));
	sd_row_text(disc, sd_catalog_function_signature(cat, form->trffromsql));
	sd_row_text(disc, sd_catalog_function_signature(cat, form->trftosql));
	sd_row_comment(disc, object);
	sd_row_end(disc, SD_PROBLEM_NONE);
}
