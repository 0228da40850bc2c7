/*-------------------------------------------------------------------------
 *
 * resource_table.c
 *	  A caller's relation whose rows are resources, and statements on it.
 *
 * The statements are the caller's: they run with its rights, under its search
 * path, which triggers and policies of the relation may need.  So nothing of
 * ours in them depends on that: names are qualified, operators too.  Names of
 * relations and columns come from the catalogs and are quoted; values are
 * parameters.
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "access/relation.h"
#include "catalog/objectaddress.h"
#include "catalog/pg_class.h"
#include "catalog/pg_index.h"
#include "catalog/pg_operator.h"
#include "catalog/pg_type.h"
#include "executor/spi.h"
#include "miscadmin.h"
#include "utils/acl.h"
#include "utils/builtins.h"
#include "utils/datum.h"
#include "utils/lsyscache.h"
#include "utils/rel.h"
#include "utils/syscache.h"
#include "utils/typcache.h"

#include "arguments.h"
#include "migrate/resource_table.h"
#include "model/json.h"

static void check_access(Oid relid);
static AttrNumber find_key(Relation rel);
static AttrNumber find_time(const SdResourceTable *table, const char *name);
static void raise_no_column(const SdResourceTable *table, const char *name);
static void say_what(void *arg);

/*
 * sd_resource_open
 *		The relation that is the first argument.
 *
 * It is locked until the end of the transaction, so that the statements which
 * follow find it under the name that it has now.  Raises 22004, 42P01, 42809
 * and 42501.
 */
void
sd_resource_open(SdResourceTable *table, FunctionCallInfo fcinfo)
{
	Relation rel;

	table->oid = DatumGetObjectId(sd_argument_required(fcinfo, 0, "rel"));
	/* before the lock: who has no right to the relation is in nobody's way */
	check_access(table->oid);
	rel = relation_open(table->oid, AccessShareLock);
	if (rel->rd_rel->relkind != RELKIND_RELATION &&
		rel->rd_rel->relkind != RELKIND_PARTITIONED_TABLE &&
		rel->rd_rel->relkind != RELKIND_VIEW &&
		rel->rd_rel->relkind != RELKIND_MATVIEW &&
		rel->rd_rel->relkind != RELKIND_FOREIGN_TABLE)
		ereport(ERROR, errcode(ERRCODE_WRONG_OBJECT_TYPE),
				errmsg("\"%s\" is not a table or view",
					   RelationGetRelationName(rel)));

	table->name = quote_qualified_identifier(
		get_namespace_name(RelationGetNamespace(rel)),
		RelationGetRelationName(rel));
	table->columns = CreateTupleDescCopyConstr(RelationGetDescr(rel));
	table->key = find_key(rel);
	table->created_at = find_time(table, "created_at");
	table->updated_at = find_time(table, "updated_at");
	table->deleted_at = find_time(table, "deleted_at");
	if (table->key == 0)
		table->key = sd_resource_column(table, "id", 2);
	relation_close(rel, NoLock);
}

/* Raise 42501 unless the caller has some right to the rows. */
static void
check_access(Oid relid)
{
	AclMode rights = ACL_SELECT | ACL_INSERT | ACL_UPDATE | ACL_DELETE;
	char *name = get_rel_name(relid);

	if (name == NULL)
		ereport(ERROR, errcode(ERRCODE_UNDEFINED_TABLE),
				errmsg("relation with OID %u does not exist", relid));
	if (pg_class_aclcheck(relid, GetUserId(), rights) != ACLCHECK_OK &&
		pg_attribute_aclcheck_all(relid, GetUserId(), rights & ~ACL_DELETE,
								  ACLMASK_ANY) != ACLCHECK_OK)
		aclcheck_error(ACLCHECK_NO_PRIV,
					   get_relkind_objtype(get_rel_relkind(relid)), name);
}

/* The column of the primary key, 0 if there is none or it has several. */
static AttrNumber
find_key(Relation rel)
{
	AttrNumber key = 0;
	Oid index;
	HeapTuple tuple;

	if (rel->rd_rel->relkind != RELKIND_RELATION &&
		rel->rd_rel->relkind != RELKIND_PARTITIONED_TABLE)
		return 0;

	/* makes out which index it is */
	(void) RelationGetIndexList(rel);
	index = rel->rd_pkindex;
	if (!OidIsValid(index))
		return 0;
	tuple = SearchSysCache1(INDEXRELID, ObjectIdGetDatum(index));
	if (!HeapTupleIsValid(tuple))
		return 0;
	if (((Form_pg_index) GETSTRUCT(tuple))->indnkeyatts == 1)
		key = ((Form_pg_index) GETSTRUCT(tuple))->indkey.values[0];
	else
		key = -1;
	ReleaseSysCache(tuple);

	return key;
}

/* A column of that name that is a time, and not generated. */
static AttrNumber
find_time(const SdResourceTable *table, const char *name)
{
	AttrNumber column = sd_resource_column(table, name, strlen(name));
	Form_pg_attribute attribute;
	Oid type;

	if (column == 0)
		return 0;
	attribute = TupleDescAttr(table->columns, column - 1);
	type = getBaseType(attribute->atttypid);
	if (attribute->attgenerated != '\0' ||
		(type != TIMESTAMPTZOID && type != TIMESTAMPOID && type != DATEOID))
		return 0;

	return column;
}

/*
 * sd_resource_need_key
 *		Raise an error unless the relation has a key of one column.
 */
void
sd_resource_need_key(const SdResourceTable *table)
{
	if (table->key < 0)
		ereport(
			ERROR, errcode(ERRCODE_FEATURE_NOT_SUPPORTED),
			errmsg("primary key of %s has more than one column", table->name),
			errhint("A view of it that has a column \"id\" may do."));
	if (table->key == 0)
		ereport(ERROR, errcode(ERRCODE_INVALID_TABLE_DEFINITION),
				errmsg("%s has neither a primary key nor a column \"id\"",
					   table->name));
}

/*
 * sd_resource_column
 *		The column of that name, 0 if there is none.
 */
AttrNumber
sd_resource_column(const SdResourceTable *table, const char *name, int length)
{
	for (int i = 0; i < table->columns->natts; i++)
	{
		Form_pg_attribute attribute = TupleDescAttr(table->columns, i);

		if (!attribute->attisdropped &&
			strlen(NameStr(attribute->attname)) == length &&
			memcmp(NameStr(attribute->attname), name, length) == 0)
			return attribute->attnum;
	}

	return 0;
}

const char *
sd_resource_column_name(const SdResourceTable *table, AttrNumber column)
{
	return NameStr(TupleDescAttr(table->columns, column - 1)->attname);
}

/*
 * sd_resource_object
 *		An argument that is an object.  Raises 22004 and 22023.
 */
Jsonb *
sd_resource_object(FunctionCallInfo fcinfo, int number, const char *argument)
{
	Jsonb *object =
		DatumGetJsonbP(sd_argument_required(fcinfo, number, argument));

	if (!JB_ROOT_IS_OBJECT(object))
		ereport(ERROR, errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				errmsg("argument \"%s\" must be a JSON object", argument),
				errdetail("Its members are the columns."));

	return object;
}

/*
 * sd_resource_columns_of
 *		The columns that are the members of an object.  Raises 42703 for a
 *		member that is none.
 */
AttrNumber *
sd_resource_columns_of(const SdResourceTable *table, Jsonb *object, int *count)
{
	AttrNumber *columns =
		palloc(sizeof(AttrNumber) * (JB_ROOT_COUNT(object) + 1));
	JsonbValue key;
	JsonbValue value;
	SdJsonWalk walk;

	*count = 0;
	sd_json_walk(&walk, &object->root);
	while (sd_json_next_member(&walk, &key, &value))
	{
		AttrNumber column =
			sd_resource_column(table, key.val.string.val, key.val.string.len);

		if (column == 0)
			raise_no_column(table,
							pnstrdup(key.val.string.val, key.val.string.len));
		columns[(*count)++] = column;
	}

	return columns;
}

static void
raise_no_column(const SdResourceTable *table, const char *name)
{
	ereport(ERROR, errcode(ERRCODE_UNDEFINED_COLUMN),
			errmsg("column \"%s\" of %s does not exist", name, table->name));
}

/*
 * sd_resource_convert
 *		Members of an object as values of the columns of their names; those
 *		that it does not have are NULL.
 *
 * Types are without their lengths: a value that is too long is refused where
 * it is stored, and is equal to nothing where it is compared.
 */
void
sd_resource_convert(const SdResourceTable *table, Jsonb *object,
					const AttrNumber *columns, int count, Datum *values,
					bool *nulls)
{
	MemoryContext context = CurrentMemoryContext;
	SdQuery query;

	if (count == 0)
		return;

	if (SPI_connect() != SPI_OK_CONNECT)
		elog(ERROR, "could not connect to SPI");
	sd_query_start(&query, "SELECT ");
	for (int i = 0; i < count; i++)
	{
		if (i > 0)
			appendStringInfoString(&query.sql, ", ");
		sd_query_column(&query, table, columns[i]);
	}
	appendStringInfoString(&query.sql, " FROM pg_catalog.jsonb_to_record(");
	sd_query_parameter(&query, JSONBOID, JsonbPGetDatum(object), false);
	appendStringInfoString(&query.sql, ") AS t(");
	for (int i = 0; i < count; i++)
	{
		Form_pg_attribute attribute =
			TupleDescAttr(table->columns, columns[i] - 1);

		appendStringInfo(&query.sql, "%s%s %s", i > 0 ? ", " : "",
						 quote_identifier(NameStr(attribute->attname)),
						 format_type_extended(attribute->atttypid, -1,
											  FORMAT_TYPE_TYPEMOD_GIVEN |
												  FORMAT_TYPE_FORCE_QUALIFY));
	}
	appendStringInfoChar(&query.sql, ')');
	sd_query_run(&query, true);

	for (int i = 0; i < count; i++)
	{
		Form_pg_attribute attribute =
			TupleDescAttr(table->columns, columns[i] - 1);
		MemoryContext oldcontext;
		Datum value = SPI_getbinval(SPI_tuptable->vals[0],
									SPI_tuptable->tupdesc, i + 1, &nulls[i]);

		oldcontext = MemoryContextSwitchTo(context);
		values[i] =
			nulls[i] ? (Datum) 0
					 : datumCopy(value, attribute->attbyval, attribute->attlen);
		MemoryContextSwitchTo(oldcontext);
	}
	if (SPI_finish() != SPI_OK_FINISH)
		elog(ERROR, "could not disconnect from SPI");
}

/*
 * sd_resource_begin
 *		From here on errors tell what could not be done, until
 *		sd_resource_end().
 */
void
sd_resource_begin(SdResourceWork *work, const char *what,
				  const SdResourceTable *table)
{
	work->what = what;
	work->table = table;
	work->callback.callback = say_what;
	work->callback.arg = work;
	work->callback.previous = error_context_stack;
	error_context_stack = &work->callback;
}

void
sd_resource_end(SdResourceWork *work)
{
	error_context_stack = work->callback.previous;
}

static void
say_what(void *arg)
{
	SdResourceWork *work = arg;

	errcontext("Failed to %s: %s", work->what, work->table->name);
}

/*
 * sd_query_start
 *		A statement that begins so, in the current memory context.
 */
void
sd_query_start(SdQuery *query, const char *sql)
{
	memset(query, 0, sizeof(SdQuery));
	initStringInfo(&query->sql);
	appendStringInfoString(&query->sql, sql);
}

/*
 * sd_query_parameter
 *		Append a value, as a parameter.
 */
void
sd_query_parameter(SdQuery *query, Oid type, Datum value, bool isnull)
{
	if (query->count == query->size)
	{
		int size = query->size + 16;

		if (query->size == 0)
		{
			query->types = palloc(sizeof(Oid) * size);
			query->values = palloc(sizeof(Datum) * size);
			query->nulls = palloc(size);
		}
		else
		{
			query->types = repalloc(query->types, sizeof(Oid) * size);
			query->values = repalloc(query->values, sizeof(Datum) * size);
			query->nulls = repalloc(query->nulls, size);
		}
		query->size = size;
	}
	query->types[query->count] = type;
	query->values[query->count] = value;
	query->nulls[query->count] = isnull ? 'n' : ' ';
	query->count++;
	appendStringInfo(&query->sql, "$%d", query->count);
}

/*
 * sd_query_column
 *		Append a column of "t".
 */
void
sd_query_column(SdQuery *query, const SdResourceTable *table, AttrNumber column)
{
	appendStringInfo(&query->sql, "t.%s",
					 quote_identifier(sd_resource_column_name(table, column)));
}

/*
 * sd_query_operator
 *		Append an operator, under its full name.
 */
void
sd_query_operator(SdQuery *query, Oid op)
{
	HeapTuple tuple = SearchSysCache1(OPEROID, ObjectIdGetDatum(op));
	Form_pg_operator form;
	char *schema;

	if (!HeapTupleIsValid(tuple))
		elog(ERROR, "cache lookup failed for operator %u", op);
	form = (Form_pg_operator) GETSTRUCT(tuple);
	schema = get_namespace_name(form->oprnamespace);
	if (schema == NULL)
		elog(ERROR, "cache lookup failed for namespace %u", form->oprnamespace);
	appendStringInfo(&query->sql, " OPERATOR(%s.%s) ", quote_identifier(schema),
					 NameStr(form->oprname));
	ReleaseSysCache(tuple);
}

/*
 * sd_query_equals
 *		Append that a column of "t" has a value.  Raises 42883 if it is of a
 *		type whose values cannot be compared.
 */
void
sd_query_equals(SdQuery *query, const SdResourceTable *table, AttrNumber column,
				Datum value, bool isnull)
{
	Oid type = TupleDescAttr(table->columns, column - 1)->atttypid;
	Oid equal = lookup_type_cache(type, TYPECACHE_EQ_OPR)->eq_opr;

	sd_query_column(query, table, column);
	if (isnull)
	{
		appendStringInfoString(&query->sql, " IS NULL");
		return;
	}
	if (!OidIsValid(equal))
		ereport(ERROR, errcode(ERRCODE_UNDEFINED_FUNCTION),
				errmsg("column \"%s\" of %s cannot be compared",
					   sd_resource_column_name(table, column), table->name),
				errdetail("Type %s has no equality operator.",
						  format_type_be(type)));
	sd_query_operator(query, equal);
	sd_query_parameter(query, type, value, false);
}

/*
 * sd_query_run
 *		Run it, connected to SPI.
 */
void
sd_query_run(SdQuery *query, bool read_only)
{
	int rc = SPI_execute_with_args(query->sql.data, query->count, query->types,
								   query->values, query->nulls, read_only, 0);

	if (rc < 0)
		elog(ERROR, "could not run \"%s\": %s", query->sql.data,
			 SPI_result_code_string(rc));
}
