/*-------------------------------------------------------------------------
 *
 * discovery.c
 *	  From the arguments of a discovery function to the rows of its result.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "catalog/pg_class.h"
#include "catalog/pg_type.h"
#include "funcapi.h"
#include "miscadmin.h"
#include "nodes/parsenodes.h"
#include "utils/array.h"
#include "utils/builtins.h"
#include "utils/memutils.h"
#include "utils/tuplestore.h"

#include "discovery/discovery.h"

/* the arguments that all discovery functions share */
enum
{
	ARG_RELATION,
	ARG_SCHEMAS,
	ARG_INCLUDE,
	ARG_EXCLUDE
};

/*
 * sd_discovery_begin
 *		Check the arguments, read the catalogs, and prepare for the rows.
 *
 * A function with one argument has only the relation, and it must be given.
 */
SdDiscovery *
sd_discovery_begin(FunctionCallInfo fcinfo, const char *kinds,
				   const char *kinds_error, bool partitions_of, int parts)
{
	SdDiscovery *disc = palloc0(sizeof(SdDiscovery));
	SdScope *scope = &disc->scope;

	scope->kinds = kinds;
	scope->kinds_error = kinds_error;
	scope->partitions_of = partitions_of;
	if (!PG_ARGISNULL(ARG_RELATION))
	{
		scope->has_relation = true;
		scope->relation = PG_GETARG_OID(ARG_RELATION);
	}
	else if (PG_NARGS() == 1)
		ereport(ERROR, errcode(ERRCODE_NULL_VALUE_NOT_ALLOWED),
				errmsg("argument \"%s\" must not be null", "relation"));

	if (PG_NARGS() > ARG_SCHEMAS && !PG_ARGISNULL(ARG_SCHEMAS))
	{
		scope->has_schemas = true;
		scope->schema_names =
			sd_scope_names(PG_GETARG_ARRAYTYPE_P(ARG_SCHEMAS), "schemas");
	}
	if (PG_NARGS() > ARG_INCLUDE && !PG_ARGISNULL(ARG_INCLUDE))
		scope->include =
			sd_scope_patterns(PG_GETARG_ARRAYTYPE_P(ARG_INCLUDE), "include");
	if (PG_NARGS() > ARG_EXCLUDE && !PG_ARGISNULL(ARG_EXCLUDE))
		scope->exclude =
			sd_scope_patterns(PG_GETARG_ARRAYTYPE_P(ARG_EXCLUDE), "exclude");

	InitMaterializedSRF(fcinfo, 0);
	disc->rsinfo = (ReturnSetInfo *) fcinfo->resultinfo;
	Assert(disc->rsinfo->setDesc->natts <= SD_MAX_COLUMNS);

	disc->catalog = sd_catalog_begin(scope);
	sd_catalog_read(disc->catalog, parts);
	disc->row_context = disc->catalog->scratch;

	return disc;
}

/*
 * sd_discovery_end
 *		Free what the reading holds; the rows remain.
 */
void
sd_discovery_end(SdDiscovery *disc)
{
	sd_catalog_end(disc->catalog);
	pfree(disc);
}

/*
 * sd_row_text
 *		Add a text, or NULL.
 */
void
sd_row_text(SdDiscovery *disc, const char *value)
{
	MemoryContext oldcontext;

	if (value == NULL)
	{
		sd_row_null(disc);
		return;
	}
	oldcontext = MemoryContextSwitchTo(disc->row_context);
	sd_row_datum(disc, CStringGetTextDatum(value));
	MemoryContextSwitchTo(oldcontext);
}

/*
 * sd_row_name
 *		Add a name as text.
 */
void
sd_row_name(SdDiscovery *disc, const NameData *value)
{
	sd_row_text(disc, NameStr(*value));
}

/* sd_row_bool: Add a boolean. */
void
sd_row_bool(SdDiscovery *disc, bool value)
{
	sd_row_datum(disc, BoolGetDatum(value));
}

/* sd_row_int32: Add an integer. */
void
sd_row_int32(SdDiscovery *disc, int32 value)
{
	sd_row_datum(disc, Int32GetDatum(value));
}

/* sd_row_int64: Add a bigint. */
void
sd_row_int64(SdDiscovery *disc, int64 value)
{
	sd_row_datum(disc, Int64GetDatum(value));
}

/* sd_row_oid: Add an OID. */
void
sd_row_oid(SdDiscovery *disc, Oid value)
{
	sd_row_datum(disc, ObjectIdGetDatum(value));
}

/* sd_row_null: Add a NULL. */
void
sd_row_null(SdDiscovery *disc)
{
	disc->nulls[disc->ncolumns] = true;
	disc->values[disc->ncolumns++] = (Datum) 0;
}

/* sd_row_datum: Add a value that lives until the end of the row. */
void
sd_row_datum(SdDiscovery *disc, Datum value)
{
	disc->nulls[disc->ncolumns] = false;
	disc->values[disc->ncolumns++] = value;
}

/*
 * sd_row_qualified
 *		Add the name of an object with its schema, NULL for none.
 */
void
sd_row_qualified(SdDiscovery *disc, Oid classid, Oid oid)
{
	MemoryContext oldcontext = MemoryContextSwitchTo(disc->row_context);

	sd_row_text(disc, sd_catalog_qualified_name(disc->catalog, classid, oid));
	MemoryContextSwitchTo(oldcontext);
}

/*
 * sd_row_texts
 *		Add a text[], in which NULL stands for NULL.
 */
void
sd_row_texts(SdDiscovery *disc, int count, const char *const *values)
{
	MemoryContext oldcontext = MemoryContextSwitchTo(disc->row_context);
	Datum *members = palloc(sizeof(Datum) * (count + 1));
	bool *nulls = palloc(sizeof(bool) * (count + 1));
	int dims[1] = {count};
	int lbs[1] = {1};

	for (int i = 0; i < count; i++)
	{
		nulls[i] = (values[i] == NULL);
		members[i] = nulls[i] ? (Datum) 0 : CStringGetTextDatum(values[i]);
	}
	if (count == 0)
		sd_row_datum(disc, PointerGetDatum(construct_empty_array(TEXTOID)));
	else
		sd_row_datum(disc, PointerGetDatum(construct_md_array(
							   members, nulls, 1, dims, lbs, TEXTOID, -1, false,
							   TYPALIGN_INT)));
	MemoryContextSwitchTo(oldcontext);
}

/*
 * sd_row_columns
 *		Add the names of columns as text[].
 *
 * What stands for no column: the whole row is called *, a system column by
 * its name.
 */
void
sd_row_columns(SdDiscovery *disc, SdRelation *rel, int count,
			   const AttrNumber *columns)
{
	const char **names =
		MemoryContextAlloc(disc->row_context, sizeof(char *) * (count + 1));

	for (int i = 0; i < count; i++)
		names[i] = sd_relation_column_name(rel, columns[i]);
	sd_row_texts(disc, count, names);
}

/*
 * sd_row_options
 *		Add storage options as text[]; none are an empty array.
 */
void
sd_row_options(SdDiscovery *disc, ArrayType *options)
{
	if (options != NULL)
		sd_row_datum(disc, PointerGetDatum(options));
	else
		sd_row_texts(disc, 0, NULL);
}

/*
 * sd_row_end
 *		Add the last column, problem, and put the row into the result.
 */
void
sd_row_end(SdDiscovery *disc, SdProblem problem)
{
	SdCatalog *cat = disc->catalog;

	if (disc->ncolumns < disc->rsinfo->setDesc->natts)
		sd_row_text(disc, sd_problem_name(problem));
	if (disc->ncolumns != disc->rsinfo->setDesc->natts)
		elog(ERROR, "row has %d columns instead of %d", disc->ncolumns,
			 disc->rsinfo->setDesc->natts);

	CHECK_FOR_INTERRUPTS();
	tuplestore_putvalues(disc->rsinfo->setResult, disc->rsinfo->setDesc,
						 disc->values, disc->nulls);
	disc->ncolumns = 0;
	cat->rows++;
	if (problem != SD_PROBLEM_NONE)
		cat->problems++;
	sd_catalog_reset(cat);
}

/*
 * sd_table_type
 *		The word for a relkind.
 */
const char *
sd_table_type(char relkind)
{
	switch (relkind)
	{
		case RELKIND_RELATION:
			return "table";
		case RELKIND_PARTITIONED_TABLE:
			return "partitioned table";
		case RELKIND_FOREIGN_TABLE:
			return "foreign table";
		case RELKIND_VIEW:
			return "view";
		case RELKIND_MATVIEW:
			return "materialized view";
		default:
			elog(ERROR, "unrecognized relation kind: %c", relkind);
			return NULL; /* keep compiler quiet */
	}
}

/*
 * sd_partition_strategy
 *		The word for a partition strategy.
 */
const char *
sd_partition_strategy(char strategy)
{
	switch (strategy)
	{
		case PARTITION_STRATEGY_RANGE:
			return "range";
		case PARTITION_STRATEGY_LIST:
			return "list";
		case PARTITION_STRATEGY_HASH:
			return "hash";
		default:
			elog(ERROR, "unrecognized partition strategy: %c", strategy);
			return NULL; /* keep compiler quiet */
	}
}
