/*-------------------------------------------------------------------------
 *
 * columns.c
 *	  stormdisc_columns: columns of tables, foreign tables and views.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "catalog/pg_attribute.h"
#include "catalog/pg_class.h"
#include "catalog/pg_collation.h"
#include "catalog/pg_type.h"
#include "access/toast_compression.h"
#include "utils/timestamp.h"
#include "utils/varbit.h"

#include "compat.h"
#include "discovery/discovery.h"

PG_FUNCTION_INFO_V1(stormdisc_columns);

/* numeric: precision and scale are packed into the type modifier */
#define NUMERIC_PRECISION(typmod)                                              \
	((((typmod) - (int32) VARHDRSZ) >> 16) & 0xffff)
#define NUMERIC_SCALE(typmod)                                                  \
	(((((typmod) - (int32) VARHDRSZ) & 0x7ff) ^ 1024) - 1024)

static void emit_columns(SdDiscovery *disc);
static void add_type(SdDiscovery *disc, SdColumn *column, SdType *type,
					 SdType *base, int32 base_typmod);
static void add_limits(SdDiscovery *disc, SdType *base, int32 typmod);
static void add_sequence(SdDiscovery *disc, SdColumn *column);
static bool effective_not_null(SdCatalog *cat, SdColumn *column);
static const char *type_kind(SdTypeKind kind);
static const char *generated_type(char attgenerated);
static const char *identity(char attidentity);
static const char *compression(char attcompression);

const SdKind sd_kind_columns = {
	.name = "columns",
	.relkinds = "rpfvm",
	.not_served = "\"%s\" is not a table or view",
	.parts = SD_READ_COLUMNS | SD_READ_DEFAULTS | SD_READ_SEQUENCES |
			 SD_READ_PRIMARY_KEY | SD_READ_INHERITANCE | SD_READ_COMMENTS,
	.identity = "schema_name,table_name,column_name",
	.left_out = "schema_name,table_name,length,type_modifier,ordinal_position,"
				"table_type,type_kind,element_type,enum_labels,"
				"character_length,numeric_precision,numeric_scale,"
				"datetime_precision,is_primary_key,is_partition_key,"
				"storm_type,storm_type_mapped,attribute_number,problem",
	.defaults = "generated_type=not_generated,type_schema=pg_catalog,"
				"is_local=true,inherited_count=0",
	.emit = emit_columns,
};

/*
 * stormdisc_columns(relation, schemas, include, exclude) -> setof row
 *		Report the columns of the relations in scope, in their order.
 */
Datum
stormdisc_columns(PG_FUNCTION_ARGS)
{
	return sd_discovery_run(fcinfo, &sd_kind_columns);
}

static void
emit_columns(SdDiscovery *disc)
{
	SdRelation *rel;
	int position = 0;

	while ((rel = sd_discovery_next(disc, &position)) != NULL)
		sd_discovery_add(disc, sd_add_columns, rel);
}

/* sd_add_columns: Add the rows of a relation's columns. */
void
sd_add_columns(SdDiscovery *disc, void *object)
{
	SdCatalog *cat = disc->catalog;
	SdRelation *rel = object;

	for (int j = 0; j < rel->natts; j++)
	{
		SdColumn *column = &rel->columns[j];
		SdProblem problem = column->problem;
		const char *default_value = column->default_value;
		const char *storm_type = NULL;
		SdType *type;
		SdType *base;
		int32 base_typmod = column->typmod;
		bool is_mapped = false;

		if (!column->exists)
			continue;
		type = sd_catalog_type(cat, column->type);
		base = sd_catalog_base_type(cat, column->type, &base_typmod);
		if (!column->has_default && !disc->is_document)
			default_value = sd_catalog_type_default(cat, type, &problem);
		if (!disc->is_document)
			storm_type = sd_type_map_find(cat, SD_DIALECT_STORMWEAVER,
										  column->type, &is_mapped, &problem);

		sd_row_name(disc, &rel->schema->name);
		sd_row_name(disc, &rel->name);
		sd_row_name(disc, &column->name);
		sd_row_name(disc, &type->name);
		sd_row_int32(disc, column->length);
		sd_row_int32(disc, column->typmod);
		/* documents say of a domain what it is, once */
		sd_row_bool(disc, disc->is_document ? column->not_null
											: effective_not_null(cat, column));
		sd_row_int32(disc, column->position);
		sd_row_bool(disc, column->identity != '\0' ||
							  (OidIsValid(column->sequence) &&
							   column->sequence == column->default_sequence));
		sd_row_text(disc, generated_type(column->generated));
		sd_row_text(disc, default_value);
		sd_row_text(disc, sd_table_type(rel->kind));
		add_type(disc, column, type, base, base_typmod);
		add_limits(disc, base, base_typmod);
		add_sequence(disc, column);
		if (column->collation != type->collation)
			sd_row_qualified(disc, CollationRelationId, column->collation);
		else
			sd_row_null(disc);
		if (disc->is_document && column->storage == type->storage)
			sd_row_null(disc);
		else
			sd_row_text(disc, sd_storage(column->storage));
		sd_row_text(disc, compression(column->compression));
		if (column->statistics_target < 0)
			sd_row_null(disc);
		else
			sd_row_int32(disc, column->statistics_target);
		sd_row_bool(disc, column->in_primary_key);
		sd_row_bool(disc, column->in_partition_key);
		sd_row_bool(disc, column->is_local);
		sd_row_int32(disc, column->inherited_count);
		sd_row_text(disc, storm_type);
		if (storm_type == NULL)
			sd_row_null(disc);
		else
			sd_row_bool(disc, is_mapped);
		sd_row_int32(disc, column->number);
		sd_row_text(disc, sd_catalog_comment(cat, RelationRelationId, rel->oid,
											 column->number));
		sd_row_end(disc, problem);
	}
}

/* formatted_type, type_schema, type_kind, base_type, element_type, labels */
static void
add_type(SdDiscovery *disc, SdColumn *column, SdType *type, SdType *base,
		 int32 base_typmod)
{
	SdCatalog *cat = disc->catalog;

	sd_row_text(disc,
				sd_catalog_format_type(cat, column->type, column->typmod));
	sd_row_text(disc, type->found ? NameStr(type->schema->name) : NULL);
	sd_row_text(disc, type_kind(type->kind));
	if (disc->is_document && base == type)
		sd_row_null(disc);
	else
		sd_row_text(disc, sd_catalog_format_type(cat, base->oid, base_typmod));
	if (base->kind == SD_TYPE_ARRAY)
		sd_row_text(disc,
					sd_catalog_format_type(cat, base->element, base_typmod));
	else
		sd_row_null(disc);
	if (base->kind == SD_TYPE_ENUM)
		sd_row_datum(disc, sd_catalog_enum_labels(cat, base));
	else
		sd_row_null(disc);
}

/*
 * character_length, numeric_precision, numeric_scale, datetime_precision, as
 * information_schema.columns has them.
 */
static void
add_limits(SdDiscovery *disc, SdType *base, int32 typmod)
{
	int length = -1;
	int precision = -1;
	bool has_scale = false;
	int scale = 0;
	int datetime = -1;

	switch (base->oid)
	{
		case BPCHAROID:
		case VARCHAROID:
			if (typmod >= (int32) VARHDRSZ)
				length = typmod - VARHDRSZ;
			break;
		case BITOID:
		case VARBITOID:
			length = typmod;
			break;
		case INT2OID:
			precision = 16;
			has_scale = true;
			break;
		case INT4OID:
			precision = 32;
			has_scale = true;
			break;
		case INT8OID:
			precision = 64;
			has_scale = true;
			break;
		case FLOAT4OID:
			precision = 24;
			break;
		case FLOAT8OID:
			precision = 53;
			break;
		case NUMERICOID:
			if (typmod >= (int32) VARHDRSZ)
			{
				precision = NUMERIC_PRECISION(typmod);
				has_scale = true;
				scale = NUMERIC_SCALE(typmod);
			}
			break;
		case DATEOID:
			datetime = 0;
			break;
		case TIMEOID:
		case TIMETZOID:
		case TIMESTAMPOID:
		case TIMESTAMPTZOID:
			datetime = typmod < 0 ? MAX_TIMESTAMP_PRECISION : typmod;
			break;
		case INTERVALOID:
			datetime = typmod < 0 || INTERVAL_PRECISION(typmod) ==
										 INTERVAL_FULL_PRECISION
						   ? MAX_INTERVAL_PRECISION
						   : INTERVAL_PRECISION(typmod);
			break;
		default:
			break;
	}

	if (length < 0)
		sd_row_null(disc);
	else
		sd_row_int32(disc, length);
	if (precision < 0)
		sd_row_null(disc);
	else
		sd_row_int32(disc, precision);
	if (!has_scale)
		sd_row_null(disc);
	else
		sd_row_int32(disc, scale);
	if (datetime < 0)
		sd_row_null(disc);
	else
		sd_row_int32(disc, datetime);
}

/* identity, sequence_schema, sequence_name */
static void
add_sequence(SdDiscovery *disc, SdColumn *column)
{
	SdRelation *sequence = sd_catalog_relation(disc->catalog, column->sequence);

	sd_row_text(disc, identity(column->identity));
	sd_row_text(disc, sequence ? NameStr(sequence->schema->name) : NULL);
	sd_row_text(disc, sequence ? NameStr(sequence->name) : NULL);
}

/* A column refuses NULL by itself or by a domain in its type's chain. */
static bool
effective_not_null(SdCatalog *cat, SdColumn *column)
{
	SdType *type = sd_catalog_type(cat, column->type);

	while (type->kind == SD_TYPE_DOMAIN && !type->not_null)
		type = sd_catalog_type(cat, type->base);

	return column->not_null || type->not_null;
}

static const char *
type_kind(SdTypeKind kind)
{
	switch (kind)
	{
		case SD_TYPE_BASE:
			return "base";
		case SD_TYPE_DOMAIN:
			return "domain";
		case SD_TYPE_ENUM:
			return "enum";
		case SD_TYPE_COMPOSITE:
			return "composite";
		case SD_TYPE_RANGE:
			return "range";
		case SD_TYPE_MULTIRANGE:
			return "multirange";
		case SD_TYPE_ARRAY:
			return "array";
		case SD_TYPE_PSEUDO:
			return "pseudo";
	}

	elog(ERROR, "unrecognized kind of type: %d", (int) kind);
	return NULL; /* keep compiler quiet */
}

static const char *
generated_type(char attgenerated)
{
	switch (attgenerated)
	{
		case '\0':
			return "not_generated";
		case ATTRIBUTE_GENERATED_STORED:
			return "stored";
		case ATTRIBUTE_GENERATED_VIRTUAL:
			return "virtual";
		default:
			elog(ERROR, "unrecognized attgenerated: %c", attgenerated);
			return NULL; /* keep compiler quiet */
	}
}

static const char *
identity(char attidentity)
{
	switch (attidentity)
	{
		case '\0':
			return NULL;
		case ATTRIBUTE_IDENTITY_ALWAYS:
			return "always";
		case ATTRIBUTE_IDENTITY_BY_DEFAULT:
			return "by default";
		default:
			elog(ERROR, "unrecognized attidentity: %c", attidentity);
			return NULL; /* keep compiler quiet */
	}
}

static const char *
compression(char attcompression)
{
	switch (attcompression)
	{
		case InvalidCompressionMethod:
			return NULL;
		case TOAST_PGLZ_COMPRESSION:
			return "pglz";
		case TOAST_LZ4_COMPRESSION:
			return "lz4";
		default:
			elog(ERROR, "unrecognized attcompression: %c", attcompression);
			return NULL; /* keep compiler quiet */
	}
}
