/*-------------------------------------------------------------------------
 *
 * resource_schema.c
 *	  stormdisc_create_compat_view: a table as another version of its users
 *	  knows it.
 *	  stormdisc_add_timestamps, stormdisc_set_updated_at: created_at and
 *	  updated_at, which is kept.
 *
 * All of it is done with the caller's rights.
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "access/htup_details.h"
#include "access/relation.h"
#include "catalog/pg_class.h"
#include "catalog/pg_type.h"
#include "commands/trigger.h"
#include "executor/spi.h"
#include "miscadmin.h"
#include "parser/parse_func.h"
#include "storage/lmgr.h"
#include "utils/acl.h"
#include "utils/builtins.h"
#include "utils/datum.h"
#include "utils/lsyscache.h"
#include "utils/rel.h"
#include "utils/timestamp.h"

#include "arguments.h"
#include "arrays.h"
#include "compat.h"
#include "migrate/column_text.h"
#include "migrate/resource_table.h"

PG_FUNCTION_INFO_V1(stormdisc_create_compat_view);
PG_FUNCTION_INFO_V1(stormdisc_add_timestamps);
PG_FUNCTION_INFO_V1(stormdisc_set_updated_at);

#define TRIGGER_FUNCTION "stormdisc_set_updated_at"

static char *view_name(Oid table, int32 version);
static void append_columns(StringInfo sql, const SdResourceTable *table,
						   ArrayType *list);
static void append_column(StringInfo sql, const SdResourceTable *table,
						  const char *text);
static void run_utility(const char *sql);
static const char *missing_columns(const SdResourceTable *table);
static void append_missing(StringInfo sql, const SdResourceTable *table,
						   const char *name);
static bool has_trigger(Oid table, Oid function);

/*
 * stormdisc_create_compat_view(rel, version, columns) -> text
 *		Make a view of some columns of a table, under other names if wanted;
 *		its name.
 */
Datum
stormdisc_create_compat_view(PG_FUNCTION_ARGS)
{
	SdResourceTable table;
	SdResourceWork work;
	StringInfoData sql;
	int32 version;
	char *name;

	sd_resource_open(&table, fcinfo);
	sd_resource_begin(&work, "create view", &table);
	version = DatumGetInt32(sd_argument_required(fcinfo, 1, "version"));
	if (version < 1)
		ereport(ERROR, errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				errmsg("argument \"%s\" must be greater than zero", "version"));
	name = view_name(table.oid, version);

	initStringInfo(&sql);
	/* who reads it needs rights to the table, and has its policies */
	appendStringInfo(
		&sql, "CREATE VIEW %s WITH (security_invoker = true) AS SELECT ", name);
	append_columns(&sql, &table,
				   PG_ARGISNULL(2) ? NULL : PG_GETARG_ARRAYTYPE_P(2));
	appendStringInfo(&sql, " FROM %s AS t", table.name);
	run_utility(sql.data);

	resetStringInfo(&sql);
	appendStringInfo(
		&sql, "COMMENT ON VIEW %s IS %s", name,
		quote_literal_cstr(psprintf("%s for version %d", table.name, version)));
	run_utility(sql.data);
	sd_resource_end(&work);

	PG_RETURN_TEXT_P(cstring_to_text(name));
}

/* Beside the table: its name and the version. */
static char *
view_name(Oid table, int32 version)
{
	char *name = psprintf("%s_v%d", get_rel_name(table), version);

	if (strlen(name) >= NAMEDATALEN)
		ereport(ERROR, errcode(ERRCODE_NAME_TOO_LONG),
				errmsg("name of the view \"%s\" is too long", name));

	return quote_qualified_identifier(
		get_namespace_name(get_rel_namespace(table)), name);
}

/* Those of the list, or all there are now. */
static void
append_columns(StringInfo sql, const SdResourceTable *table, ArrayType *list)
{
	Datum *texts;
	bool *nulls;
	int count = 0;

	if (list == NULL)
	{
		for (int i = 0; i < table->columns->natts; i++)
		{
			Form_pg_attribute attribute = TupleDescAttr(table->columns, i);

			if (!attribute->attisdropped)
				appendStringInfo(sql, "%st.%s", count++ > 0 ? ", " : "",
								 quote_identifier(NameStr(attribute->attname)));
		}
		return;
	}

	count = sd_array_read(list, "columns", TEXTOID, &texts, &nulls);
	if (count == 0)
		ereport(ERROR, errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				errmsg("argument \"%s\" must not be empty", "columns"));
	for (int i = 0; i < count; i++)
	{
		if (nulls[i])
			ereport(
				ERROR, errcode(ERRCODE_NULL_VALUE_NOT_ALLOWED),
				errmsg("argument \"%s\" must not contain nulls", "columns"));
		if (i > 0)
			appendStringInfoString(sql, ", ");
		append_column(sql, table, TextDatumGetCString(texts[i]));
	}
}

/* column, or column AS name */
static void
append_column(StringInfo sql, const SdResourceTable *table, const char *text)
{
	const char *p = sd_skip_blanks(text);
	char *name = sd_take_name(&p);
	char *alias = NULL;
	AttrNumber column;

	if (name != NULL && sd_take_word(&p, "as"))
	{
		p = sd_skip_blanks(p);
		alias = sd_take_name(&p);
		if (alias == NULL)
			name = NULL;
	}
	if (name == NULL || *sd_skip_blanks(p) != '\0')
		ereport(ERROR, errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				errmsg("invalid member of the argument \"%s\": \"%s\"",
					   "columns", text),
				errhint("It is a column, or a column and another name for it, "
						"such as: title AS name."));

	column = sd_resource_column(table, name, strlen(name));
	if (column == 0)
		ereport(
			ERROR, errcode(ERRCODE_UNDEFINED_COLUMN),
			errmsg("column \"%s\" of %s does not exist", name, table->name));
	if (alias != NULL && strlen(alias) >= NAMEDATALEN)
		ereport(ERROR, errcode(ERRCODE_NAME_TOO_LONG),
				errmsg("name of the column \"%s\" is too long", alias));
	appendStringInfo(sql, "t.%s", quote_identifier(name));
	if (alias != NULL)
		appendStringInfo(sql, " AS %s", quote_identifier(alias));
}

/* A statement whose names are all quoted. */
static void
run_utility(const char *sql)
{
	int rc;

	if (SPI_connect() != SPI_OK_CONNECT)
		elog(ERROR, "could not connect to SPI");
	rc = SPI_execute(sql, false, 0);
	if (rc < 0)
		elog(ERROR, "could not run \"%s\": %s", sql,
			 SPI_result_code_string(rc));
	if (SPI_finish() != SPI_OK_FINISH)
		elog(ERROR, "could not disconnect from SPI");
}

/*
 * stormdisc_add_timestamps(rel) -> text[]
 *		Add created_at and updated_at where they are missing, and a trigger
 *		that keeps updated_at; the statements that it took.
 */
Datum
stormdisc_add_timestamps(PG_FUNCTION_ARGS)
{
	Oid oid = DatumGetObjectId(sd_argument_required(fcinfo, 0, "rel"));
	SdResourceTable table;
	SdResourceWork work;
	Datum done[2];
	const char *schema;
	const char *sql;
	char kind = get_rel_relkind(oid);
	Oid function;
	int count = 0;

	if (kind != '\0')
	{
		if (kind != RELKIND_RELATION && kind != RELKIND_PARTITIONED_TABLE)
			ereport(ERROR, errcode(ERRCODE_WRONG_OBJECT_TYPE),
					errmsg("\"%s\" is not a table", get_rel_name(oid)));
		if (!sd_relation_ownercheck(oid, GetUserId()))
			aclcheck_error(ACLCHECK_NOT_OWNER, OBJECT_TABLE, get_rel_name(oid));
		/* what ALTER TABLE needs: two of us must not both wait for it */
		LockRelationOid(oid, AccessExclusiveLock);
	}
	sd_resource_open(&table, fcinfo);
	sd_resource_begin(&work, "add timestamps", &table);

	sql = missing_columns(&table);
	if (sql != NULL)
	{
		run_utility(sql);
		done[count++] = CStringGetTextDatum(sql);
	}

	schema = get_namespace_name(get_func_namespace(fcinfo->flinfo->fn_oid));
	/* it may have been dropped while we waited for the lock */
	if (schema == NULL)
		ereport(ERROR, errcode(ERRCODE_UNDEFINED_OBJECT),
				errmsg("extension \"%s\" does not exist", "stormdisc"));
	function = LookupFuncName(
		list_make2(makeString(pstrdup(schema)), makeString(TRIGGER_FUNCTION)),
		0, NULL, false);
	if (!has_trigger(table.oid, function))
	{
		sql = psprintf("CREATE TRIGGER %s BEFORE UPDATE ON %s FOR EACH ROW "
					   "EXECUTE FUNCTION %s()",
					   TRIGGER_FUNCTION, table.name,
					   quote_qualified_identifier(schema, TRIGGER_FUNCTION));
		run_utility(sql);
		done[count++] = CStringGetTextDatum(sql);
	}
	sd_resource_end(&work);

	PG_RETURN_ARRAYTYPE_P(sd_array_make(done, NULL, count, TEXTOID));
}

/* The statement that adds them, NULL if none is missing. */
static const char *
missing_columns(const SdResourceTable *table)
{
	StringInfoData sql;

	initStringInfo(&sql);
	append_missing(&sql, table, "created_at");
	append_missing(&sql, table, "updated_at");

	return sql.len == 0 ? NULL
						: psprintf("ALTER TABLE %s %s", table->name, sql.data);
}

static void
append_missing(StringInfo sql, const SdResourceTable *table, const char *name)
{
	AttrNumber column = sd_resource_column(table, name, strlen(name));
	Oid type;

	if (column == 0)
	{
		appendStringInfo(sql,
						 "%sADD COLUMN %s timestamp with time zone NOT NULL "
						 "DEFAULT pg_catalog.now()",
						 sql->len == 0 ? "" : ", ", name);
		return;
	}
	type = TupleDescAttr(table->columns, column - 1)->atttypid;
	if (type != TIMESTAMPTZOID && type != TIMESTAMPOID)
		ereport(ERROR, errcode(ERRCODE_DATATYPE_MISMATCH),
				errmsg("column \"%s\" of %s is of type %s", name, table->name,
					   format_type_be(type)),
				errdetail("It must be timestamp with or without time zone."));
}

static bool
has_trigger(Oid table, Oid function)
{
	Relation rel = relation_open(table, NoLock);
	bool found = false;

	for (int i = 0; rel->trigdesc != NULL && i < rel->trigdesc->numtriggers;
		 i++)
		found |= rel->trigdesc->triggers[i].tgfoid == function;
	relation_close(rel, NoLock);

	return found;
}

/*
 * stormdisc_set_updated_at() -> trigger
 *		Set updated_at of a row that is updated, unless the update has.
 */
Datum
stormdisc_set_updated_at(PG_FUNCTION_ARGS)
{
	TriggerData *data = (TriggerData *) fcinfo->context;
	TupleDesc desc;
	Datum before;
	Datum after;
	bool was_null;
	bool is_null;
	int column;
	Oid type;

	if (!CALLED_AS_TRIGGER(fcinfo) || !TRIGGER_FIRED_BEFORE(data->tg_event) ||
		!TRIGGER_FIRED_FOR_ROW(data->tg_event) ||
		!TRIGGER_FIRED_BY_UPDATE(data->tg_event))
		ereport(ERROR, errcode(ERRCODE_E_R_I_E_TRIGGER_PROTOCOL_VIOLATED),
				errmsg("%s() must be called by a trigger BEFORE UPDATE FOR "
					   "EACH ROW",
					   TRIGGER_FUNCTION));

	desc = RelationGetDescr(data->tg_relation);
	column = SPI_fnumber(desc, "updated_at");
	if (column <= 0)
		ereport(ERROR, errcode(ERRCODE_UNDEFINED_COLUMN),
				errmsg("column \"%s\" of table \"%s\" does not exist",
					   "updated_at",
					   RelationGetRelationName(data->tg_relation)));
	type = TupleDescAttr(desc, column - 1)->atttypid;
	if (type != TIMESTAMPTZOID && type != TIMESTAMPOID)
		ereport(ERROR, errcode(ERRCODE_DATATYPE_MISMATCH),
				errmsg("column \"%s\" of table \"%s\" is of type %s",
					   "updated_at", RelationGetRelationName(data->tg_relation),
					   format_type_be(type)));

	before = heap_getattr(data->tg_trigtuple, column, desc, &was_null);
	after = heap_getattr(data->tg_newtuple, column, desc, &is_null);
	if (was_null != is_null ||
		(!is_null && DatumGetInt64(before) != DatumGetInt64(after)))
		return PointerGetDatum(data->tg_newtuple);

	after = TimestampTzGetDatum(GetCurrentTimestamp());
	if (type == TIMESTAMPOID)
		after = DirectFunctionCall1(timestamptz_timestamp, after);
	is_null = false;

	return PointerGetDatum(heap_modify_tuple_by_cols(
		data->tg_newtuple, desc, 1, &column, &after, &is_null));
}
