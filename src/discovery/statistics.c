/*-------------------------------------------------------------------------
 *
 * statistics.c
 *	  stormdisc_statistics: extended statistics of tables.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "access/htup_details.h"
#include "catalog/pg_class.h"
#include "catalog/pg_statistic_ext.h"
#include "catalog/pg_type.h"
#include "nodes/nodeFuncs.h"
#include "utils/array.h"
#include "utils/builtins.h"
#include "utils/ruleutils.h"

#include "compat.h"
#include "discovery/objects.h"

PG_FUNCTION_INFO_V1(stormdisc_statistics);

/* a row of pg_statistic_ext, taken apart; in the memory of the row */
typedef struct Statistics
{
	const SdObject *object;
	SdRelation *table;
	int ncolumns;
	AttrNumber *columns;
	ArrayType *kinds;
	int target; /* -1: default */
	int nexpressions;
	const char **expressions; /* NULL: a problem */
	const char **keys;		  /* the same, as in CREATE STATISTICS */
	SdProblem problem;
} Statistics;

static void emit_statistics(SdDiscovery *disc);
static bool is_not_member(SdCatalog *cat, HeapTuple tuple);
static void add_statistics(SdDiscovery *disc, const SdObject *object);
static void read_statistics(SdCatalog *cat, const SdObject *object,
							Statistics *statistics);
static void read_expressions(SdCatalog *cat, Statistics *statistics);
static int kind_names(Statistics *statistics, const char **names);
static char *definition(Statistics *statistics);

const SdKind sd_kind_statistics = {
	.name = "statistics",
	.relkinds = "rpmf",
	.not_served = "\"%s\" is not a table or materialized view",
	.identity = "schema_name,statistics_name",
	.left_out = "problem",
	.defaults = "",
	.emit = emit_statistics,
};

static const SdObjectClass statistics_class = {
	.classid = StatisticExtRelationId,
	.relation_index = StatisticExtRelidIndexId,
	.relation_column = Anum_pg_statistic_ext_stxrelid,
	.is_in_scope = is_not_member,
	.add = add_statistics,
};

/* all kinds of statistics, in the order in which they are given */
static const struct
{
	char kind;
	const char *name;
} kinds[] = {
	{STATS_EXT_NDISTINCT, "ndistinct"},
	{STATS_EXT_DEPENDENCIES, "dependencies"},
	{STATS_EXT_MCV, "mcv"},
	{STATS_EXT_EXPRESSIONS, "expressions"},
};

/*
 * stormdisc_statistics(relation, schemas, include, exclude) -> setof row
 *		Report the extended statistics of the tables in scope, by their own
 *		schema and name.
 */
Datum
stormdisc_statistics(PG_FUNCTION_ARGS)
{
	return sd_discovery_run(fcinfo, &sd_kind_statistics);
}

static void
emit_statistics(SdDiscovery *disc)
{
	sd_objects_emit(disc, &statistics_class);
}

/* They are in scope with their tables, wherever they are themselves. */
static bool
is_not_member(SdCatalog *cat, HeapTuple tuple)
{
	Form_pg_statistic_ext form = (Form_pg_statistic_ext) GETSTRUCT(tuple);

	return cat->scope->has_relation ||
		   !sd_catalog_is_member(cat, StatisticExtRelationId, form->oid);
}

static void
add_statistics(SdDiscovery *disc, const SdObject *object)
{
	Statistics statistics = {0};
	SdRelation *table;
	const char *names[lengthof(kinds)];

	read_statistics(disc->catalog, object, &statistics);
	table = statistics.table;

	sd_row_object(disc, object);
	sd_row_name(disc, &table->schema->name);
	sd_row_name(disc, &table->name);
	sd_row_texts(disc, kind_names(&statistics, names), names);
	sd_row_columns(disc, table, statistics.ncolumns, statistics.columns);
	sd_row_texts(disc, statistics.nexpressions, statistics.expressions);
	if (statistics.target >= 0)
		sd_row_int32(disc, statistics.target);
	else
		sd_row_null(disc);
	sd_row_text(disc, definition(&statistics));
	sd_row_object_end(disc, object, statistics.problem);
}

static void
read_statistics(SdCatalog *cat, const SdObject *object, Statistics *statistics)
{
	Datum value;
	bool isnull;

	statistics->object = object;
	statistics->table = object->relation;
	sd_relation_read_columns(cat, statistics->table);
	value = sd_object_value(object, Anum_pg_statistic_ext_stxkeys, &isnull);
	if (!isnull)
		statistics->columns =
			sd_attribute_numbers(cat, value, &statistics->ncolumns);
	statistics->kinds = sd_object_array(object, Anum_pg_statistic_ext_stxkind);
	value =
		sd_object_value(object, Anum_pg_statistic_ext_stxstattarget, &isnull);
	statistics->target = isnull ? -1 : SD_STATISTICS_TARGET(value);
	read_expressions(cat, statistics);
}

static void
read_expressions(SdCatalog *cat, Statistics *statistics)
{
	bool isnull;
	Datum value = sd_object_value(statistics->object,
								  Anum_pg_statistic_ext_stxexprs, &isnull);
	List *trees;
	ListCell *lc;

	if (isnull)
		return;

	trees = castNode(List, sd_deparse_read(cat, value));
	statistics->expressions = palloc(sizeof(char *) * (list_length(trees) + 1));
	statistics->keys = palloc(sizeof(char *) * (list_length(trees) + 1));
	foreach (lc, trees)
	{
		int i = statistics->nexpressions++;
		const char *text = sd_deparse(cat, statistics->table, lfirst(lc),
									  &statistics->problem);
		const char *key = sd_deparse_pretty(cat, statistics->table, lfirst(lc),
											&statistics->problem);

		statistics->expressions[i] = text;
		statistics->keys[i] = key;
		if (text != NULL && key != NULL &&
			!sd_expression_is_call(lfirst(lc), text))
			statistics->keys[i] = psprintf("(%s)", key);
	}
}

/* The names of the kinds that are wanted; how many these are. */
static int
kind_names(Statistics *statistics, const char **names)
{
	const char *wanted =
		statistics->kinds != NULL ? ARR_DATA_PTR(statistics->kinds) : "";
	int nwanted = statistics->kinds != NULL
					  ? ArrayGetNItems(ARR_NDIM(statistics->kinds),
									   ARR_DIMS(statistics->kinds))
					  : 0;
	int count = 0;

	for (int i = 0; i < lengthof(kinds); i++)
		if (memchr(wanted, kinds[i].kind, nwanted) != NULL)
			names[count++] = kinds[i].name;

	return count;
}

/* What pg_get_statisticsobjdef() says; NULL with a problem. */
static char *
definition(Statistics *statistics)
{
	const char *names[lengthof(kinds)];
	int nnames = kind_names(statistics, names);
	int count = 0;
	StringInfoData buf;

	if (statistics->problem != SD_PROBLEM_NONE)
		return NULL;

	initStringInfo(&buf);
	appendStringInfo(
		&buf, "CREATE STATISTICS %s",
		quote_qualified_identifier(NameStr(statistics->object->schema->name),
								   statistics->object->name));

	/* those of expressions cannot be chosen, and all others are the default */
	if (nnames > 0 && strcmp(names[nnames - 1], "expressions") == 0)
		nnames--;
	if (nnames < lengthof(kinds) - 1 &&
		statistics->ncolumns + statistics->nexpressions > 1)
	{
		appendStringInfoString(&buf, " (");
		for (int i = 0; i < nnames; i++)
			appendStringInfo(&buf, "%s%s", i > 0 ? ", " : "", names[i]);
		appendStringInfoChar(&buf, ')');
	}

	appendStringInfoString(&buf, " ON ");
	for (int i = 0; i < statistics->ncolumns; i++)
	{
		SdColumn *column =
			sd_relation_column(statistics->table, statistics->columns[i]);

		appendStringInfo(
			&buf, "%s%s", count++ > 0 ? ", " : "",
			column != NULL ? quote_identifier(NameStr(column->name)) : "???");
	}
	for (int i = 0; i < statistics->nexpressions; i++)
		appendStringInfo(&buf, "%s%s", count++ > 0 ? ", " : "",
						 statistics->keys[i]);
	appendStringInfo(&buf, " FROM %s",
					 sd_relation_visible_name(statistics->table));

	return buf.data;
}
