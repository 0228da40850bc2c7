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
#include "discovery/named.h"

PG_FUNCTION_INFO_V1(stormdisc_collations);
PG_FUNCTION_INFO_V1(stormdisc_conversions);

typedef struct Collation
{
	SdNamed object;
	char provider;
	bool deterministic;
	int32 encoding;
	char *collate;
	char *ctype;
	char *locale;
	char *rules;
	char *version;
} Collation;

typedef struct Conversion
{
	SdNamed object;
	int32 from_encoding;
	int32 to_encoding;
	Oid function;
	bool is_default;
} Conversion;

static void emit_collations(SdDiscovery *disc);
static void keep_collation(SdCatalog *cat, HeapTuple tuple, TupleDesc desc,
						   void *arg);
static void add_collation(SdDiscovery *disc, void *object);
static const char *provider(char collprovider);
static void emit_conversions(SdDiscovery *disc);
static void keep_conversion(SdCatalog *cat, HeapTuple tuple, TupleDesc desc,
							void *arg);
static void add_conversion(SdDiscovery *disc, void *object);

const SdKind sd_kind_collations = {
	.name = "collations",
	.identity = "schema_name,collation_name",
	.left_out = "encoding,version,problem", /* as the restoring system has it */
	.defaults = "is_deterministic=true",
	.emit = emit_collations,
};

const SdKind sd_kind_conversions = {
	.name = "conversions",
	.identity = "schema_name,conversion_name",
	.left_out = "problem",
	.defaults = "",
	.emit = emit_conversions,
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
	List *collations = NIL;

	sd_scan_all(disc->catalog, CollationRelationId, keep_collation,
				&collations);
	sd_named_emit(disc, collations, CollationRelationId, add_collation);
}

static void
keep_collation(SdCatalog *cat, HeapTuple tuple, TupleDesc desc, void *arg)
{
	Form_pg_collation form = (Form_pg_collation) GETSTRUCT(tuple);
	Collation *collation;

	if (!sd_scope_has_object(cat, CollationRelationId, form->oid,
							 form->collnamespace, NameStr(form->collname)))
		return;

	collation =
		sd_named_keep(cat, arg, sizeof(Collation), form->oid,
					  form->collnamespace, &form->collname, form->collowner);
	collation->provider = form->collprovider;
	collation->deterministic = form->collisdeterministic;
	collation->encoding = form->collencoding;
	collation->collate =
		sd_tuple_text(cat, tuple, desc, Anum_pg_collation_collcollate);
	collation->ctype =
		sd_tuple_text(cat, tuple, desc, Anum_pg_collation_collctype);
	collation->locale =
		sd_tuple_text(cat, tuple, desc, Anum_pg_collation_colllocale);
#ifdef SD_HAS_COLLATION_RULES
	collation->rules =
		sd_tuple_text(cat, tuple, desc, Anum_pg_collation_collicurules);
#endif
	collation->version =
		sd_tuple_text(cat, tuple, desc, Anum_pg_collation_collversion);
}

static void
add_collation(SdDiscovery *disc, void *object)
{
	Collation *collation = object;

	sd_row_named(disc, &collation->object);
	sd_row_text(disc, provider(collation->provider));
	sd_row_bool(disc, collation->deterministic);
	sd_row_text(disc, collation->encoding >= 0
						  ? pg_encoding_to_char(collation->encoding)
						  : NULL);
	sd_row_text(disc, collation->collate);
	sd_row_text(disc, collation->ctype);
	sd_row_text(disc, collation->locale);
	sd_row_text(disc, collation->rules);
	sd_row_text(disc, collation->version);
	sd_row_named_end(disc, &collation->object, CollationRelationId,
					 SD_PROBLEM_NONE);
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
	List *conversions = NIL;

	sd_scan_all(disc->catalog, ConversionRelationId, keep_conversion,
				&conversions);
	sd_named_emit(disc, conversions, ConversionRelationId, add_conversion);
}

static void
keep_conversion(SdCatalog *cat, HeapTuple tuple, TupleDesc desc, void *arg)
{
	Form_pg_conversion form = (Form_pg_conversion) GETSTRUCT(tuple);
	Conversion *conversion;

	if (!sd_scope_has_object(cat, ConversionRelationId, form->oid,
							 form->connamespace, NameStr(form->conname)))
		return;

	conversion =
		sd_named_keep(cat, arg, sizeof(Conversion), form->oid,
					  form->connamespace, &form->conname, form->conowner);
	conversion->from_encoding = form->conforencoding;
	conversion->to_encoding = form->contoencoding;
	conversion->function = form->conproc;
	conversion->is_default = form->condefault;
}

static void
add_conversion(SdDiscovery *disc, void *object)
{
	Conversion *conversion = object;

	sd_row_named(disc, &conversion->object);
	sd_row_text(disc, pg_encoding_to_char(conversion->from_encoding));
	sd_row_text(disc, pg_encoding_to_char(conversion->to_encoding));
	sd_row_qualified(disc, ProcedureRelationId, conversion->function);
	sd_row_bool(disc, conversion->is_default);
	sd_row_named_end(disc, &conversion->object, ConversionRelationId,
					 SD_PROBLEM_NONE);
}
