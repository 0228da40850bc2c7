/*-------------------------------------------------------------------------
 *
 * resource_list.c
 *	  stormdisc_list: rows of any table as jsonb, page by page.
 *
 * A page is told by its number, or by the last row of the page before it: the
 * latter finds its place by an index, however far it is.  The order is always
 * total where there is a key, which is its last column.
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "access/stratnum.h"
#include "access/transam.h"
#include "catalog/pg_am.h"
#include "catalog/pg_type.h"
#include "commands/defrem.h"
#include "common/int.h"
#include "executor/spi.h"
#include "funcapi.h"
#include "miscadmin.h"
#include "nodes/pg_list.h"
#include "utils/builtins.h"
#include "utils/lsyscache.h"
#include "utils/tuplestore.h"
#include "utils/typcache.h"

#include "arguments.h"
#include "migrate/column_text.h"
#include "migrate/resource_table.h"
#include "model/json.h"

PG_FUNCTION_INFO_V1(stormdisc_list);

#define MAX_PER_PAGE 1000

/* the arguments of stormdisc_list, "rel" is the first */
enum
{
	ARG_PAGE = 1,
	ARG_PER_PAGE,
	ARG_ORDER_BY,
	ARG_FILTER,
	ARG_AFTER,
	ARG_WITH_DELETED
};

typedef struct OrderItem
{
	AttrNumber column;
	bool descending;
	bool nulls_first;
	/* of the row after which the page begins */
	Datum value;
	bool isnull;
} OrderItem;

static int64 argument_offset(FunctionCallInfo fcinfo, int64 *per_page);
static List *read_order(FunctionCallInfo fcinfo, const SdResourceTable *table);
static List *parse_order(const SdResourceTable *table, const char *order_by);
static void raise_bad_order(const char *order_by, const char *at);
static bool has_column(List *order, AttrNumber column);
static void add_item(List **order, AttrNumber column, bool descending,
					 bool nulls_first);
static void read_after(FunctionCallInfo fcinfo, const SdResourceTable *table,
					   List *order);
static void append_filter(SdQuery *query, FunctionCallInfo fcinfo,
						  const SdResourceTable *table);
static void append_after(SdQuery *query, const SdResourceTable *table,
						 List *order);
static bool is_one_comparison(const SdResourceTable *table, List *order);
static void append_bound(SdQuery *query, const SdResourceTable *table,
						 const OrderItem *item);
static void append_beyond(SdQuery *query, const SdResourceTable *table,
						  const OrderItem *item);
static bool may_be_null(const SdResourceTable *table, const OrderItem *item);
static Oid comparison(const SdResourceTable *table, const OrderItem *item,
					  bool or_equal);
static Form_pg_attribute attribute_of(const SdResourceTable *table,
									  const OrderItem *item);
static void append_order(SdQuery *query, const SdResourceTable *table,
						 List *order);

/*
 * stormdisc_list(rel, page, per_page, order_by, filter, after, with_deleted)
 *		-> setof jsonb
 *		A page of rows, pages are counted from 0.
 */
Datum
stormdisc_list(PG_FUNCTION_ARGS)
{
	ReturnSetInfo *rsinfo = (ReturnSetInfo *) fcinfo->resultinfo;
	SdResourceTable table;
	SdResourceWork work;
	SdQuery query;
	List *order;
	int64 per_page;
	int64 offset;

	offset = argument_offset(fcinfo, &per_page);
	sd_resource_open(&table, fcinfo);
	sd_resource_begin(&work, "fetch resources", &table);
	order = read_order(fcinfo, &table);
	if (!PG_ARGISNULL(ARG_AFTER))
		read_after(fcinfo, &table, order);

	/* nothing is made of the rows that are skipped */
	sd_query_start(&query,
				   "SELECT pg_catalog.to_jsonb(t.*) FROM (SELECT t.* FROM ");
	appendStringInfo(&query.sql, "%s AS t WHERE true", table.name);
	append_filter(&query, fcinfo, &table);
	if (!PG_ARGISNULL(ARG_AFTER))
		append_after(&query, &table, order);
	append_order(&query, &table, order);
	appendStringInfoString(&query.sql, " LIMIT ");
	sd_query_parameter(&query, INT8OID, Int64GetDatum(per_page), false);
	appendStringInfoString(&query.sql, " OFFSET ");
	sd_query_parameter(&query, INT8OID, Int64GetDatum(offset), false);
	appendStringInfoString(&query.sql, ") AS t");

	InitMaterializedSRF(fcinfo, MAT_SRF_USE_EXPECTED_DESC);
	if (SPI_connect() != SPI_OK_CONNECT)
		elog(ERROR, "could not connect to SPI");
	sd_query_run(&query, true);
	for (uint64 i = 0; i < SPI_processed; i++)
	{
		CHECK_FOR_INTERRUPTS();
		tuplestore_puttuple(rsinfo->setResult, SPI_tuptable->vals[i]);
	}
	if (SPI_finish() != SPI_OK_FINISH)
		elog(ERROR, "could not disconnect from SPI");
	sd_resource_end(&work);

	return (Datum) 0;
}

/* How many rows come before the page. */
static int64
argument_offset(FunctionCallInfo fcinfo, int64 *per_page)
{
	int64 page = DatumGetInt64(sd_argument_required(fcinfo, ARG_PAGE, "page"));
	int64 offset;

	*per_page =
		DatumGetInt32(sd_argument_required(fcinfo, ARG_PER_PAGE, "per_page"));
	if (page < 0)
		ereport(ERROR, errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				errmsg("argument \"%s\" must not be negative", "page"),
				errdetail("The first page is 0."));
	if (*per_page < 1 || *per_page > MAX_PER_PAGE)
		ereport(ERROR, errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				errmsg("argument \"%s\" must be between %d and %d", "per_page",
					   1, MAX_PER_PAGE));
	if (page > 0 && !PG_ARGISNULL(ARG_AFTER))
		ereport(ERROR, errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				errmsg("arguments \"%s\" and \"%s\" exclude each other", "page",
					   "after"));
	if (pg_mul_s64_overflow(page, *per_page, &offset))
		ereport(ERROR, errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				errmsg("argument \"%s\" is out of range", "page"));

	return offset;
}

/*
 * The order, as OrderItem: that of the argument, or the newest first.  The key
 * comes last.
 */
static List *
read_order(FunctionCallInfo fcinfo, const SdResourceTable *table)
{
	List *order = NIL;
	bool descending = false;

	if (!PG_ARGISNULL(ARG_ORDER_BY))
		order = parse_order(table,
							text_to_cstring(PG_GETARG_TEXT_PP(ARG_ORDER_BY)));
	else if (table->created_at != 0)
		add_item(&order, table->created_at, true, true);

	/* in the same direction: one comparison of rows, one walk of an index */
	if (order != NIL)
		descending = ((OrderItem *) llast(order))->descending;
	if (table->key > 0 && !has_column(order, table->key))
		add_item(&order, table->key, descending, descending);

	return order;
}

/*
 * What ORDER BY has, if that is columns only: name [ASC | DESC]
 * [NULLS FIRST | NULLS LAST], ...
 */
static List *
parse_order(const SdResourceTable *table, const char *order_by)
{
	const char *p = order_by;
	List *order = NIL;

	do
	{
		const char *start = sd_skip_blanks(p);
		char *name;
		AttrNumber column;
		bool descending;
		bool nulls_first;

		p = start;
		name = sd_take_name(&p);
		if (name == NULL)
			raise_bad_order(order_by, start);
		column = sd_resource_column(table, name, strlen(name));
		if (column == 0)
			ereport(
				ERROR, errcode(ERRCODE_UNDEFINED_COLUMN),
				errmsg("column \"%s\" of %s does not exist", name, table->name),
				errdetail("It is in the argument \"%s\".", "order_by"));
		if (has_column(order, column))
			ereport(ERROR, errcode(ERRCODE_DUPLICATE_COLUMN),
					errmsg("column \"%s\" is in the argument \"%s\" more than "
						   "once",
						   name, "order_by"));

		descending = sd_take_word(&p, "desc");
		if (!descending)
			(void) sd_take_word(&p, "asc");
		nulls_first = descending;
		if (sd_take_word(&p, "nulls"))
		{
			nulls_first = sd_take_word(&p, "first");
			if (!nulls_first && !sd_take_word(&p, "last"))
				raise_bad_order(order_by, sd_skip_blanks(p));
		}
		add_item(&order, column, descending, nulls_first);

		p = sd_skip_blanks(p);
		if (*p != ',' && *p != '\0')
			raise_bad_order(order_by, p);
	}
	while (*p++ == ',');

	return order;
}

static void
raise_bad_order(const char *order_by, const char *at)
{
	ereport(ERROR, errcode(ERRCODE_INVALID_PARAMETER_VALUE),
			errmsg("invalid value of the argument \"%s\": \"%s\"", "order_by",
				   order_by),
			*at == '\0' ? errdetail("Something is missing at its end.")
						: errdetail("It is not understood at \"%s\".", at),
			errhint("It is a list of columns, such as: name, created_at DESC "
					"NULLS LAST."));
}

static bool
has_column(List *order, AttrNumber column)
{
	ListCell *lc;

	foreach (lc, order)
		if (((OrderItem *) lfirst(lc))->column == column)
			return true;

	return false;
}

static void
add_item(List **order, AttrNumber column, bool descending, bool nulls_first)
{
	OrderItem *item = palloc0(sizeof(OrderItem));

	item->column = column;
	item->descending = descending;
	item->nulls_first = nulls_first;
	*order = lappend(*order, item);
}

/* The place of the row after which the page begins. */
static void
read_after(FunctionCallInfo fcinfo, const SdResourceTable *table, List *order)
{
	Jsonb *after = PG_GETARG_JSONB_P(ARG_AFTER);
	int count = list_length(order);
	AttrNumber *columns = palloc(sizeof(AttrNumber) * (count + 1));
	Datum *values = palloc(sizeof(Datum) * (count + 1));
	bool *nulls = palloc(sizeof(bool) * (count + 1));

	sd_resource_need_key(table);
	if (!JB_ROOT_IS_OBJECT(after))
		ereport(ERROR, errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				errmsg("argument \"%s\" must be a JSON object", "after"),
				errdetail("It is the last row of the page before."));
	for (int i = 0; i < count; i++)
	{
		const char *name;
		JsonbValue value;

		columns[i] = ((OrderItem *) list_nth(order, i))->column;
		name = sd_resource_column_name(table, columns[i]);
		if (!sd_json_get(&after->root, name, &value))
			ereport(
				ERROR, errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				errmsg("argument \"%s\" has no member \"%s\"", "after", name),
				errdetail("It is the last row of the page before; the "
						  "columns of the order and the key are needed."));
	}
	sd_resource_convert(table, after, columns, count, values, nulls);
	for (int i = 0; i < count; i++)
	{
		OrderItem *item = list_nth(order, i);

		item->value = values[i];
		item->isnull = nulls[i];
	}
}

/* Rows whose columns are what the members of the argument say. */
static void
append_filter(SdQuery *query, FunctionCallInfo fcinfo,
			  const SdResourceTable *table)
{
	bool with_deleted =
		!PG_ARGISNULL(ARG_WITH_DELETED) && PG_GETARG_BOOL(ARG_WITH_DELETED);

	if (!PG_ARGISNULL(ARG_FILTER))
	{
		Jsonb *filter = sd_resource_object(fcinfo, ARG_FILTER, "filter");
		int count;
		AttrNumber *columns = sd_resource_columns_of(table, filter, &count);
		Datum *values = palloc(sizeof(Datum) * (count + 1));
		bool *nulls = palloc(sizeof(bool) * (count + 1));

		sd_resource_convert(table, filter, columns, count, values, nulls);
		for (int i = 0; i < count; i++)
		{
			appendStringInfoString(&query->sql, " AND ");
			sd_query_equals(query, table, columns[i], values[i], nulls[i]);
			with_deleted |= columns[i] == table->deleted_at;
		}
	}
	if (table->deleted_at != 0 && !with_deleted)
	{
		appendStringInfoString(&query->sql, " AND ");
		sd_query_column(query, table, table->deleted_at);
		appendStringInfoString(&query->sql, " IS NULL");
	}
}

/*
 * Rows that come after that place: beyond it by the first column of the order,
 * or equal to it there and beyond it by the next one, ...
 */
static void
append_after(SdQuery *query, const SdResourceTable *table, List *order)
{
	appendStringInfoString(&query->sql, " AND ");
	if (is_one_comparison(table, order))
	{
		const OrderItem *first = linitial(order);

		for (int i = 0; i < list_length(order); i++)
		{
			const OrderItem *item = list_nth(order, i);

			appendStringInfoString(&query->sql, i == 0 ? "(" : ", ");
			sd_query_column(query, table, item->column);
		}
		appendStringInfoChar(&query->sql, ')');
		sd_query_operator(query, comparison(table, first, false));
		for (int i = 0; i < list_length(order); i++)
		{
			const OrderItem *item = list_nth(order, i);

			appendStringInfoString(&query->sql, i == 0 ? "(" : ", ");
			sd_query_parameter(query, attribute_of(table, item)->atttypid,
							   item->value, item->isnull);
		}
		appendStringInfoChar(&query->sql, ')');
		return;
	}

	append_bound(query, table, linitial(order));
	appendStringInfoChar(&query->sql, '(');
	for (int i = 0; i < list_length(order); i++)
	{
		appendStringInfoString(&query->sql, i == 0 ? "(" : " OR (");
		for (int j = 0; j < i; j++)
		{
			const OrderItem *item = list_nth(order, j);

			sd_query_equals(query, table, item->column, item->value,
							item->isnull);
			appendStringInfoString(&query->sql, " AND ");
		}
		append_beyond(query, table, list_nth(order, i));
		appendStringInfoChar(&query->sql, ')');
	}
	appendStringInfoChar(&query->sql, ')');
}

/*
 * Does a comparison of rows say the same?  That is what an index on all the
 * columns is good for.
 */
static bool
is_one_comparison(const SdResourceTable *table, List *order)
{
	const OrderItem *first = linitial(order);
	ListCell *lc;

	foreach (lc, order)
	{
		const OrderItem *item = lfirst(lc);
		Oid op = comparison(table, item, false);

		if (item->descending != first->descending || may_be_null(table, item) ||
			item->isnull || op >= FirstUnpinnedObjectId)
			return false;
	}

	return true;
}

/* What an index on the first column alone is good for. */
static void
append_bound(SdQuery *query, const SdResourceTable *table,
			 const OrderItem *item)
{
	if (item->isnull || (!item->nulls_first && may_be_null(table, item)))
		return;
	sd_query_column(query, table, item->column);
	sd_query_operator(query, comparison(table, item, true));
	sd_query_parameter(query, attribute_of(table, item)->atttypid, item->value,
					   false);
	appendStringInfoString(&query->sql, " AND ");
}

static void
append_beyond(SdQuery *query, const SdResourceTable *table,
			  const OrderItem *item)
{
	if (item->isnull && !item->nulls_first)
	{
		appendStringInfoString(&query->sql, "false");
		return;
	}

	appendStringInfoChar(&query->sql, '(');
	sd_query_column(query, table, item->column);
	if (item->isnull)
		appendStringInfoString(&query->sql, " IS NOT NULL");
	else
	{
		sd_query_operator(query, comparison(table, item, false));
		sd_query_parameter(query, attribute_of(table, item)->atttypid,
						   item->value, false);
		if (!item->nulls_first && may_be_null(table, item))
		{
			appendStringInfoString(&query->sql, " OR ");
			sd_query_column(query, table, item->column);
			appendStringInfoString(&query->sql, " IS NULL");
		}
	}
	appendStringInfoChar(&query->sql, ')');
}

/* Columns of views are not known not to be, but a key never is. */
static bool
may_be_null(const SdResourceTable *table, const OrderItem *item)
{
	return !attribute_of(table, item)->attnotnull && item->column != table->key;
}

/* The operator between a column and what comes before it. */
static Oid
comparison(const SdResourceTable *table, const OrderItem *item, bool or_equal)
{
	Oid type = attribute_of(table, item)->atttypid;
	TypeCacheEntry *entry = lookup_type_cache(
		type, TYPECACHE_LT_OPR | TYPECACHE_GT_OPR | TYPECACHE_BTREE_OPFAMILY);
	Oid op = item->descending ? entry->lt_opr : entry->gt_opr;

	if (OidIsValid(op) && or_equal)
	{
		Oid input = get_opclass_input_type(
			GetDefaultOpClass(getBaseType(type), BTREE_AM_OID));

		op = get_opfamily_member(entry->btree_opf, input, input,
								 item->descending
									 ? BTLessEqualStrategyNumber
									 : BTGreaterEqualStrategyNumber);
	}
	if (!OidIsValid(op))
		ereport(ERROR, errcode(ERRCODE_UNDEFINED_FUNCTION),
				errmsg("%s cannot be ordered by column \"%s\"", table->name,
					   sd_resource_column_name(table, item->column)),
				errdetail("Type %s has no order.", format_type_be(type)));

	return op;
}

static Form_pg_attribute
attribute_of(const SdResourceTable *table, const OrderItem *item)
{
	return TupleDescAttr(table->columns, item->column - 1);
}

static void
append_order(SdQuery *query, const SdResourceTable *table, List *order)
{
	ListCell *lc;

	foreach (lc, order)
	{
		const OrderItem *item = lfirst(lc);

		/* raises a better error than the server's, which tells of no column */
		(void) comparison(table, item, false);
		appendStringInfoString(&query->sql,
							   lc == list_head(order) ? " ORDER BY " : ", ");
		sd_query_column(query, table, item->column);
		appendStringInfo(&query->sql, " %s NULLS %s",
						 item->descending ? "DESC" : "ASC",
						 item->nulls_first ? "FIRST" : "LAST");
	}
}
