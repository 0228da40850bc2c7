/*-------------------------------------------------------------------------
 *
 * usage.c
 *	  stormdisc_table_stats, stormdisc_index_usage: how big tables and
 *	  indexes are and how they are used.
 *
 * Sizes are the planner's, from pg_class, since the size of a file cannot be
 * asked without a lock.  The rest is from the cumulative statistics system,
 * which knows no snapshots and no locks.
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "catalog/pg_class.h"
#include "utils/fmgrprotos.h"
#include "utils/timestamp.h"

#include "discovery/discovery.h"
#include "discovery/usage.h"

PG_FUNCTION_INFO_V1(stormdisc_table_stats);
PG_FUNCTION_INFO_V1(stormdisc_index_usage);

static void emit_table_stats(SdDiscovery *disc);
static void add_table_stats(SdDiscovery *disc, void *object);
static void emit_index_usage(SdDiscovery *disc);
static void add_index_usage(SdDiscovery *disc, void *object);
static void add_estimates(SdDiscovery *disc, SdRelation *rel);
static void add_bytes(SdDiscovery *disc, SdRelation *rel);
static void add_later(SdDiscovery *disc, PGFunction one, PGFunction other,
					  Oid oid);
static bool time_of(PGFunction function, Oid oid, TimestampTz *result);

static const SdKind kind_table_stats = {
	.name = "table_stats",
	.relkinds = "rpm",
	.not_served = "\"%s\" is not a table or materialized view",
	.parts = SD_READ_COLUMNS | SD_READ_INDEXES | SD_READ_INDEX_TEXTS,
	.emit = emit_table_stats,
};

static const SdKind kind_index_usage = {
	.name = "index_usage",
	.relkinds = "rpm",
	.not_served = "\"%s\" is not a table or materialized view",
	.parts =
		SD_READ_COLUMNS | SD_READ_INDEXES | SD_READ_INDEX_TEXTS | SD_READ_KEYS,
	.emit = emit_index_usage,
};

/*
 * stormdisc_table_stats(relation, schemas, include, exclude) -> setof row
 *		Report size and use of the tables in scope, by name.
 */
Datum
stormdisc_table_stats(PG_FUNCTION_ARGS)
{
	return sd_discovery_run(fcinfo, &kind_table_stats);
}

static void
emit_table_stats(SdDiscovery *disc)
{
	SdRelation *rel;
	int position = 0;

	while ((rel = sd_discovery_next(disc, &position)) != NULL)
		sd_discovery_add(disc, add_table_stats, rel);
}

static void
add_table_stats(SdDiscovery *disc, void *object)
{
	static const PGFunction counters[] = {
		pg_stat_get_live_tuples,	   pg_stat_get_dead_tuples,
		pg_stat_get_mod_since_analyze, pg_stat_get_numscans,
		pg_stat_get_tuples_returned,
	};
	static const PGFunction changes[] = {
		pg_stat_get_tuples_inserted,
		pg_stat_get_tuples_updated,
		pg_stat_get_tuples_deleted,
		pg_stat_get_tuples_hot_updated,
	};
	SdRelation *rel = object;
	int64 scans = 0;
	int64 rows = sd_statistic(pg_stat_get_tuples_fetched, rel->oid);
	ListCell *lc;

	sd_row_name(disc, &rel->schema->name);
	sd_row_name(disc, &rel->name);
	sd_row_text(disc, sd_table_type(rel->kind));
	add_estimates(disc, rel);

	/* a partitioned table has no rows of its own, but counts its analyses */
	for (int i = 0; i < lengthof(counters); i++)
		sd_row_int64(disc, sd_statistic(counters[i], rel->oid));
	foreach (lc, rel->indexes)
	{
		SdIndex *index = lfirst(lc);

		scans += sd_statistic(pg_stat_get_numscans, index->self->oid);
		rows += sd_statistic(pg_stat_get_tuples_fetched, index->self->oid);
	}
	sd_row_int64(disc, scans);
	sd_row_int64(disc, rows);
	for (int i = 0; i < lengthof(changes); i++)
		sd_row_int64(disc, sd_statistic(changes[i], rel->oid));
	add_later(disc, pg_stat_get_last_vacuum_time,
			  pg_stat_get_last_autovacuum_time, rel->oid);
	add_later(disc, pg_stat_get_last_analyze_time,
			  pg_stat_get_last_autoanalyze_time, rel->oid);
	sd_row_end(disc, SD_PROBLEM_NONE);
}

/*
 * stormdisc_index_usage(relation, schemas, include, exclude) -> setof row
 *		Report size and use of the indexes of the tables in scope, by table
 *		and name.
 */
Datum
stormdisc_index_usage(PG_FUNCTION_ARGS)
{
	return sd_discovery_run(fcinfo, &kind_index_usage);
}

static void
emit_index_usage(SdDiscovery *disc)
{
	SdRelation *rel;
	int position = 0;

	while ((rel = sd_discovery_next(disc, &position)) != NULL)
	{
		ListCell *lc;

		foreach (lc, rel->indexes)
			sd_discovery_add(disc, add_index_usage, lfirst(lc));
	}
}

static void
add_index_usage(SdDiscovery *disc, void *object)
{
	SdIndex *index = object;
	Oid oid = index->self->oid;

	sd_row_name(disc, &index->relation->schema->name);
	sd_row_name(disc, &index->relation->name);
	sd_row_name(disc, &index->self->name);
	sd_row_bool(disc, index->is_unique);
	sd_row_bool(disc, index->is_valid);
	sd_row_text(disc, index->constraint != NULL
						  ? NameStr(index->constraint->name)
						  : NULL);
	add_bytes(disc, index->self);
	sd_row_int64(disc, sd_statistic(pg_stat_get_numscans, oid));
	sd_row_int64(disc, sd_statistic(pg_stat_get_tuples_returned, oid));
	sd_row_int64(disc, sd_statistic(pg_stat_get_tuples_fetched, oid));
	sd_row_end(disc, SD_PROBLEM_NONE);
}

/* estimated_rows, estimated_bytes: as in stormdisc_tables */
static void
add_estimates(SdDiscovery *disc, SdRelation *rel)
{
	if (rel->rows < 0)
		sd_row_null(disc);
	else
		sd_row_int64(disc, (int64) rel->rows);
	add_bytes(disc, rel);
}

static void
add_bytes(SdDiscovery *disc, SdRelation *rel)
{
	if (!RELKIND_HAS_STORAGE(rel->kind))
		sd_row_null(disc);
	else
		sd_row_int64(disc, (int64) (BlockNumber) rel->pages * BLCKSZ);
}

/* Add the later of two times, NULL if both never were. */
static void
add_later(SdDiscovery *disc, PGFunction one, PGFunction other, Oid oid)
{
	TimestampTz first;
	TimestampTz second;
	bool has_first = time_of(one, oid, &first);
	bool has_second = time_of(other, oid, &second);

	if (!has_first && !has_second)
		sd_row_null(disc);
	else if (!has_second || (has_first && first > second))
		sd_row_datum(disc, TimestampTzGetDatum(first));
	else
		sd_row_datum(disc, TimestampTzGetDatum(second));
}

/*
 * sd_statistic
 *		A counter of the server's statistics about one relation, 0 if there
 *		are none.
 *
 * The function is one of pg_stat_get_*() that give a bigint.
 */
int64
sd_statistic(PGFunction function, Oid oid)
{
	LOCAL_FCINFO(call, 1);
	Datum result;

	InitFunctionCallInfoData(*call, NULL, 1, InvalidOid, NULL, NULL);
	call->args[0].value = ObjectIdGetDatum(oid);
	call->args[0].isnull = false;
	result = function(call);

	return call->isnull ? 0 : DatumGetInt64(result);
}

/* Likewise, for a time; false if there is none. */
static bool
time_of(PGFunction function, Oid oid, TimestampTz *result)
{
	LOCAL_FCINFO(call, 1);
	Datum value;

	InitFunctionCallInfoData(*call, NULL, 1, InvalidOid, NULL, NULL);
	call->args[0].value = ObjectIdGetDatum(oid);
	call->args[0].isnull = false;
	value = function(call);
	if (call->isnull)
		return false;
	*result = DatumGetTimestampTz(value);

	return true;
}
