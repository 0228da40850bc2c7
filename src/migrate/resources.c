/*-------------------------------------------------------------------------
 *
 * resources.c
 *	  stormdisc_get_by_id, stormdisc_create, stormdisc_update,
 *	  stormdisc_delete: one row of any table, as jsonb.
 *
 * A row whose deleted_at is set is there for nobody who does not ask for it.
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "catalog/pg_type.h"
#include "executor/spi.h"
#include "utils/builtins.h"
#include "utils/jsonb.h"
#include "utils/lsyscache.h"
#include "utils/timestamp.h"

#include "arguments.h"
#include "migrate/resource_table.h"

PG_FUNCTION_INFO_V1(stormdisc_get_by_id);
PG_FUNCTION_INFO_V1(stormdisc_create);
PG_FUNCTION_INFO_V1(stormdisc_update);
PG_FUNCTION_INFO_V1(stormdisc_delete_resource);

static Datum argument_id(FunctionCallInfo fcinfo, const SdResourceTable *table);
static Oid key_type(const SdResourceTable *table);
static void append_assignment(SdQuery *query, const SdResourceTable *table,
							  AttrNumber column, Oid type, Datum value,
							  bool isnull);
static void append_where(SdQuery *query, const SdResourceTable *table, Datum id,
						 bool with_deleted);
static Jsonb *one_row(SdQuery *query, bool read_only);
static void raise_no_row(const SdResourceTable *table, Datum id);

/*
 * stormdisc_get_by_id(rel, id, with_deleted) -> jsonb
 *		The row with that key.  Raises P0002 if there is none.
 */
Datum
stormdisc_get_by_id(PG_FUNCTION_ARGS)
{
	SdResourceTable table;
	SdResourceWork work;
	SdQuery query;
	Jsonb *row;
	Datum id;

	sd_resource_open(&table, fcinfo);
	sd_resource_begin(&work, "fetch resource", &table);
	id = argument_id(fcinfo, &table);

	sd_query_start(&query, "SELECT pg_catalog.to_jsonb(t.*) FROM ");
	appendStringInfo(&query.sql, "%s AS t", table.name);
	append_where(&query, &table, id, !PG_ARGISNULL(2) && PG_GETARG_BOOL(2));
	row = one_row(&query, true);
	if (row == NULL)
		raise_no_row(&table, id);
	sd_resource_end(&work);

	PG_RETURN_JSONB_P(row);
}

/* The second argument, as a value of the key's type. */
static Datum
argument_id(FunctionCallInfo fcinfo, const SdResourceTable *table)
{
	Oid type = get_fn_expr_argtype(fcinfo->flinfo, 1);
	Datum id = sd_argument_required(fcinfo, 1, "id");
	Oid output;
	Oid input;
	Oid parameter;
	bool is_varlena;

	sd_resource_need_key(table);
	if (type == key_type(table))
		return id;
	if (!OidIsValid(type))
		ereport(
			ERROR, errcode(ERRCODE_DATATYPE_MISMATCH),
			errmsg("could not determine the type of argument \"%s\"", "id"));

	getTypeOutputInfo(type, &output, &is_varlena);
	getTypeInputInfo(key_type(table), &input, &parameter);

	return OidInputFunctionCall(input, OidOutputFunctionCall(output, id),
								parameter, -1);
}

static Oid
key_type(const SdResourceTable *table)
{
	return TupleDescAttr(table->columns, table->key - 1)->atttypid;
}

/*
 * stormdisc_create(rel, data) -> jsonb
 *		Insert a row; the row.
 */
Datum
stormdisc_create(PG_FUNCTION_ARGS)
{
	SdResourceTable table;
	SdResourceWork work;
	SdQuery query;
	AttrNumber *columns;
	Datum *values;
	bool *nulls;
	int count;
	Jsonb *data;
	Jsonb *row;

	sd_resource_open(&table, fcinfo);
	sd_resource_begin(&work, "create resource", &table);
	data = sd_resource_object(fcinfo, 1, "data");
	columns = sd_resource_columns_of(&table, data, &count);
	values = palloc(sizeof(Datum) * (count + 1));
	nulls = palloc(sizeof(bool) * (count + 1));
	sd_resource_convert(&table, data, columns, count, values, nulls);

	sd_query_start(&query, "INSERT INTO ");
	appendStringInfo(&query.sql, "%s AS t ", table.name);
	for (int i = 0; i < count; i++)
		appendStringInfo(
			&query.sql, "%s%s", i == 0 ? "(" : ", ",
			quote_identifier(sd_resource_column_name(&table, columns[i])));
	appendStringInfoString(&query.sql,
						   count == 0 ? "DEFAULT VALUES" : ") VALUES (");
	for (int i = 0; i < count; i++)
	{
		if (i > 0)
			appendStringInfoString(&query.sql, ", ");
		sd_query_parameter(
			&query, TupleDescAttr(table.columns, columns[i] - 1)->atttypid,
			values[i], nulls[i]);
	}
	appendStringInfo(&query.sql, "%s RETURNING pg_catalog.to_jsonb(t.*)",
					 count == 0 ? "" : ")");
	row = one_row(&query, false);
	if (row == NULL)
		ereport(ERROR, errcode(ERRCODE_NO_DATA_FOUND),
				errmsg("no row was inserted into %s", table.name),
				errdetail("A trigger or a rule has prevented it."));
	sd_resource_end(&work);

	PG_RETURN_JSONB_P(row);
}

/*
 * stormdisc_update(rel, id, data) -> jsonb
 *		Change the given columns of a row, and updated_at; the row.
 */
Datum
stormdisc_update(PG_FUNCTION_ARGS)
{
	SdResourceTable table;
	SdResourceWork work;
	SdQuery query;
	AttrNumber *columns;
	Datum *values;
	bool *nulls;
	bool touch;
	bool with_deleted = false;
	int count;
	Jsonb *data;
	Jsonb *row;
	Datum id;

	sd_resource_open(&table, fcinfo);
	sd_resource_begin(&work, "update resource", &table);
	id = argument_id(fcinfo, &table);
	data = sd_resource_object(fcinfo, 2, "data");
	columns = sd_resource_columns_of(&table, data, &count);
	values = palloc(sizeof(Datum) * (count + 1));
	nulls = palloc(sizeof(bool) * (count + 1));
	sd_resource_convert(&table, data, columns, count, values, nulls);

	touch = table.updated_at != 0;
	for (int i = 0; i < count; i++)
	{
		touch &= columns[i] != table.updated_at;
		/* how a row that was deleted comes back */
		with_deleted |= columns[i] == table.deleted_at;
	}
	if (count == 0 && !touch)
		ereport(ERROR, errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				errmsg("there is nothing to update"),
				errdetail("Argument \"%s\" has no members, and %s has no "
						  "column \"updated_at\".",
						  "data", table.name));

	sd_query_start(&query, "UPDATE ");
	appendStringInfo(&query.sql, "%s AS t SET ", table.name);
	for (int i = 0; i < count; i++)
		append_assignment(
			&query, &table, columns[i],
			TupleDescAttr(table.columns, columns[i] - 1)->atttypid, values[i],
			nulls[i]);
	if (touch)
		append_assignment(&query, &table, table.updated_at, TIMESTAMPTZOID,
						  TimestampTzGetDatum(GetCurrentTimestamp()), false);
	append_where(&query, &table, id, with_deleted);
	appendStringInfoString(&query.sql, " RETURNING pg_catalog.to_jsonb(t.*)");
	row = one_row(&query, false);
	if (row == NULL)
		raise_no_row(&table, id);
	sd_resource_end(&work);

	PG_RETURN_JSONB_P(row);
}

/*
 * stormdisc_delete(rel, id, hard) -> jsonb
 *		Set deleted_at where there is such a column, delete the row otherwise,
 *		or if that is asked for; the row.
 */
Datum
stormdisc_delete_resource(PG_FUNCTION_ARGS)
{
	SdResourceTable table;
	SdResourceWork work;
	SdQuery query;
	Jsonb *row;
	Datum id;
	bool hard;

	sd_resource_open(&table, fcinfo);
	sd_resource_begin(&work, "delete resource", &table);
	id = argument_id(fcinfo, &table);
	hard = DatumGetBool(sd_argument_required(fcinfo, 2, "hard")) ||
		   table.deleted_at == 0;

	sd_query_start(&query, hard ? "DELETE FROM " : "UPDATE ");
	appendStringInfo(&query.sql, "%s AS t", table.name);
	if (!hard)
	{
		Datum now = TimestampTzGetDatum(GetCurrentTimestamp());

		appendStringInfoString(&query.sql, " SET ");
		append_assignment(&query, &table, table.deleted_at, TIMESTAMPTZOID, now,
						  false);
		if (table.updated_at != 0)
			append_assignment(&query, &table, table.updated_at, TIMESTAMPTZOID,
							  now, false);
	}
	append_where(&query, &table, id, hard);
	appendStringInfoString(&query.sql, " RETURNING pg_catalog.to_jsonb(t.*)");
	row = one_row(&query, false);
	if (row == NULL)
		raise_no_row(&table, id);
	sd_resource_end(&work);

	PG_RETURN_JSONB_P(row);
}

/* The first one is without a parameter before it. */
static void
append_assignment(SdQuery *query, const SdResourceTable *table,
				  AttrNumber column, Oid type, Datum value, bool isnull)
{
	appendStringInfo(&query->sql, "%s%s = ", query->count == 0 ? "" : ", ",
					 quote_identifier(sd_resource_column_name(table, column)));
	sd_query_parameter(query, type, value, isnull);
}

static void
append_where(SdQuery *query, const SdResourceTable *table, Datum id,
			 bool with_deleted)
{
	appendStringInfoString(&query->sql, " WHERE ");
	sd_query_equals(query, table, table->key, id, false);
	if (table->deleted_at != 0 && !with_deleted)
	{
		appendStringInfoString(&query->sql, " AND ");
		sd_query_column(query, table, table->deleted_at);
		appendStringInfoString(&query->sql, " IS NULL");
	}
}

/* Run it: the row in the current memory context, NULL if there is none. */
static Jsonb *
one_row(SdQuery *query, bool read_only)
{
	MemoryContext context = CurrentMemoryContext;
	Jsonb *row = NULL;

	if (SPI_connect() != SPI_OK_CONNECT)
		elog(ERROR, "could not connect to SPI");
	sd_query_run(query, read_only);
	if (SPI_processed > 1)
		ereport(ERROR, errcode(ERRCODE_CARDINALITY_VIOLATION),
				errmsg("more than one row has this key"));
	if (SPI_processed == 1)
	{
		bool isnull;
		Datum value = SPI_getbinval(SPI_tuptable->vals[0],
									SPI_tuptable->tupdesc, 1, &isnull);
		MemoryContext oldcontext = MemoryContextSwitchTo(context);

		row = DatumGetJsonbPCopy(value);
		MemoryContextSwitchTo(oldcontext);
	}
	if (SPI_finish() != SPI_OK_FINISH)
		elog(ERROR, "could not disconnect from SPI");

	return row;
}

static void
raise_no_row(const SdResourceTable *table, Datum id)
{
	Oid output;
	bool is_varlena;

	getTypeOutputInfo(key_type(table), &output, &is_varlena);
	ereport(ERROR, errcode(ERRCODE_NO_DATA_FOUND),
			errmsg("%s has no row whose \"%s\" is %s", table->name,
				   sd_resource_column_name(table, table->key),
				   quote_literal_cstr(OidOutputFunctionCall(output, id))));
}
