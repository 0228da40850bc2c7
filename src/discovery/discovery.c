/*-------------------------------------------------------------------------
 *
 * discovery.c
 *	  From the arguments of a discovery function to the rows of its result.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "catalog/pg_authid.h"
#include "catalog/pg_type.h"
#include "funcapi.h"
#include "miscadmin.h"
#include "nodes/parsenodes.h"
#include "utils/array.h"
#include "utils/builtins.h"
#include "utils/memutils.h"
#include "utils/tuplestore.h"

#include "discovery/discovery.h"
#include "errors.h"

/* the arguments that all discovery functions share */
enum
{
	ARG_RELATION,
	ARG_SCHEMAS,
	ARG_INCLUDE,
	ARG_EXCLUDE
};

/* the arguments of sd_discovery_add() */
typedef struct Addition
{
	SdDiscovery *disc;
	void (*add)(SdDiscovery *disc, void *object);
	void *object;
} Addition;

static void run_addition(void *arg);
static void put_tuple(SdDiscovery *disc, SdProblem problem);

/*
 * sd_discovery_run
 *		The whole of a discovery function: check the arguments, read the
 *		catalogs, and return a row for each object of the kind.
 *
 * A function with one argument has only the relation, and it must be given.
 */
Datum
sd_discovery_run(FunctionCallInfo fcinfo, const SdKind *kind)
{
	SdDiscovery *disc = palloc0(sizeof(SdDiscovery));
	ReturnSetInfo *rsinfo;

	disc->kind = kind;
	disc->scope.kinds = kind->relkinds;
	disc->scope.kinds_error = kind->not_served;
	disc->scope.partitions_of = kind->partitions_of;
	sd_discovery_scope(fcinfo, &disc->scope);

	InitMaterializedSRF(fcinfo, 0);
	rsinfo = (ReturnSetInfo *) fcinfo->resultinfo;
	disc->desc = rsinfo->setDesc;
	disc->put = put_tuple;
	disc->sink = rsinfo->setResult;

	disc->catalog = sd_catalog_begin(&disc->scope);
	disc->row_context = disc->catalog->scratch;
	sd_catalog_read(disc->catalog, kind->parts);
	kind->emit(disc);
	sd_catalog_end(disc->catalog);

	return (Datum) 0;
}

/*
 * sd_discovery_scope
 *		The arguments that all discovery functions share, checked.
 *
 * Those that the function does not have are left as not given.
 */
void
sd_discovery_scope(FunctionCallInfo fcinfo, SdScope *scope)
{
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
}

/*
 * sd_discovery_next
 *		The next relation of the kind in scope, by schema and name; NULL at
 *		the end.  Start with *position = 0.
 */
SdRelation *
sd_discovery_next(SdDiscovery *disc, int *position)
{
	SdCatalog *cat = disc->catalog;

	while (*position < cat->nrelations)
	{
		SdRelation *rel = cat->relations[(*position)++];

		if (strchr(disc->kind->relkinds, rel->kind) != NULL)
			return rel;
	}

	return NULL;
}

/*
 * sd_discovery_add
 *		Let add() add the rows of one object.
 *
 * If the discovery is guarded, an error is handed to failed() and the other
 * objects stand, unless it is a cancel, a shutdown, or a lack of something.
 */
void
sd_discovery_add(SdDiscovery *disc,
				 void (*add)(SdDiscovery *disc, void *object), void *object)
{
	Addition addition = {disc, add, object};
	ErrorData *error;

	if (!disc->guarded)
	{
		add(disc, object);
		return;
	}

	error = sd_try(run_addition, &addition);
	if (error != NULL)
	{
		disc->failed(disc, error);
		disc->ncolumns = 0;
		disc->identity = NULL;
	}
}

static void
run_addition(void *arg)
{
	Addition *addition = arg;

	addition->add(addition->disc, addition->object);
}

/* The sink of the set-returning functions. */
static void
put_tuple(SdDiscovery *disc, SdProblem problem)
{
	tuplestore_putvalues(disc->sink, disc->desc, disc->values, disc->nulls);
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
	Assert(disc->ncolumns < SD_MAX_COLUMNS);
	disc->nulls[disc->ncolumns] = true;
	disc->values[disc->ncolumns++] = (Datum) 0;
}

/* sd_row_nulls: Add several. */
void
sd_row_nulls(SdDiscovery *disc, int count)
{
	for (int i = 0; i < count; i++)
		sd_row_null(disc);
}

/* sd_row_datum: Add a value that lives until the end of the row. */
void
sd_row_datum(SdDiscovery *disc, Datum value)
{
	Assert(disc->ncolumns < SD_MAX_COLUMNS);
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
 * sd_row_owner
 *		Add the name of a role, NULL for none.
 */
void
sd_row_owner(SdDiscovery *disc, Oid role)
{
	sd_row_text(disc, sd_catalog_name(disc->catalog, AuthIdRelationId, role));
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
 * sd_row_identity
 *		Say by which name documents know the object of this row.
 */
void
sd_row_identity(SdDiscovery *disc, const char *identity)
{
	disc->identity = identity;
}

/*
 * sd_row_end
 *		Add the last column, problem, and put the row into the result.
 */
void
sd_row_end(SdDiscovery *disc, SdProblem problem)
{
	SdCatalog *cat = disc->catalog;

	if (disc->ncolumns < disc->desc->natts)
		sd_row_text(disc, sd_problem_name(problem));
	if (disc->ncolumns != disc->desc->natts)
		elog(ERROR, "row of stormdisc_%s has %d columns instead of %d",
			 disc->kind->name, disc->ncolumns, disc->desc->natts);

	CHECK_FOR_INTERRUPTS();
	disc->put(disc, problem);
	disc->ncolumns = 0;
	disc->identity = NULL;
	cat->rows++;
	if (problem != SD_PROBLEM_NONE)
		cat->problems++;
	if (problem == SD_PROBLEM_DENIED)
		cat->denied++;
	sd_catalog_reset(cat);
}
