/*-------------------------------------------------------------------------
 *
 * storage.c
 *	  stormdisc_set_storage, stormdisc_get_storage: where traces are.
 *
 * The storage "memory" is made of unlogged tables: faster, empty after a crash,
 * and not to be read on a standby.  "postgres" and "supabase" are the same,
 * ordinary tables.
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "access/xlog.h"
#include "catalog/namespace.h"
#include "catalog/pg_class.h"
#include "common/pg_prng.h"
#include "executor/spi.h"
#include "funcapi.h"
#include "miscadmin.h"
#include "tcop/utility.h"
#include "utils/builtins.h"
#include "utils/lsyscache.h"
#include "utils/tuplestore.h"

#include "arguments.h"
#include "spi_util.h"
#include "stormdisc.h"
#include "trace/storage.h"

PG_FUNCTION_INFO_V1(stormdisc_set_storage);
PG_FUNCTION_INFO_V1(stormdisc_get_storage);

/* how often the limit is looked at: after so many events, as a part of it */
#define LIMIT_PARTS 20

static const struct
{
	const char *name;
	bool is_logged;
} storages[] = {{"memory", false}, {"postgres", true}, {"supabase", true}};

/* in the order in which everybody locks them */
static const char *const tables[] = {"events", "edge_store", "root_store",
									 "baseline_store"};

static SdStatement count_events = {
	.sql = "SELECT pg_catalog.count(*) FROM stormdisc.events",
	.reads_all = true,
};

static bool is_logged(void);
static void run(const char *sql);

/*
 * stormdisc_set_storage(storage) -> setof (relation_name, storage, rows)
 *		Let traces be stored in another way, and carry over what is there.
 */
Datum
stormdisc_set_storage(PG_FUNCTION_ARGS)
{
	const char *name = text_to_cstring(
		DatumGetTextPP(sd_argument_required(fcinfo, 0, "storage")));
	ReturnSetInfo *rsinfo = (ReturnSetInfo *) fcinfo->resultinfo;
	int found = -1;
	SdSpi spi;

	PreventCommandIfReadOnly("stormdisc_set_storage()");
	PreventCommandIfParallelMode("stormdisc_set_storage()");
	for (int i = 0; i < lengthof(storages); i++)
		if (strcmp(name, storages[i].name) == 0)
			found = i;
	if (found < 0)
		ereport(ERROR, errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				errmsg("Unknown storage backend: %s", name),
				errhint("It can be memory, postgres or supabase."));
	InitMaterializedSRF(fcinfo, 0);

	sd_spi_begin(&spi, true);
	run("LOCK TABLE stormdisc.events, stormdisc.edge_store, "
		"stormdisc.root_store, stormdisc.baseline_store "
		"IN ACCESS EXCLUSIVE MODE");
	for (int i = 0; i < lengthof(tables); i++)
	{
		Datum values[3];
		bool nulls[3] = {false};
		bool isnull;

		run(psprintf("ALTER TABLE stormdisc.%s SET %s", tables[i],
					 storages[found].is_logged ? "LOGGED" : "UNLOGGED"));
		if (SPI_execute(psprintf("SELECT pg_catalog.count(*) FROM stormdisc.%s",
								 tables[i]),
						false, 0) != SPI_OK_SELECT)
			elog(ERROR, "could not count the rows of \"%s\"", tables[i]);
		values[0] = CStringGetTextDatum(tables[i]);
		values[1] = CStringGetTextDatum(name);
		values[2] = SPI_getbinval(SPI_tuptable->vals[0], SPI_tuptable->tupdesc,
								  1, &isnull);
		tuplestore_putvalues(rsinfo->setResult, rsinfo->setDesc, values, nulls);
	}
	sd_spi_end(&spi);

	return (Datum) 0;
}

static void
run(const char *sql)
{
	if (SPI_execute(sql, false, 0) != SPI_OK_UTILITY)
		elog(ERROR, "could not run \"%s\"", sql);
}

/*
 * stormdisc_get_storage() -> text
 *		memory or postgres.
 */
Datum
stormdisc_get_storage(PG_FUNCTION_ARGS)
{
	PG_RETURN_TEXT_P(cstring_to_text(is_logged() ? "postgres" : "memory"));
}

/* One of the tables tells; they are always changed together. */
static bool
is_logged(void)
{
	Oid relid =
		get_relname_relid("events", get_namespace_oid("stormdisc", false));

	return !OidIsValid(relid) ||
		   get_rel_persistence(relid) != RELPERSISTENCE_UNLOGGED;
}

/*
 * sd_storage_check_readable
 *		Raise an error where traces cannot be read.
 */
void
sd_storage_check_readable(void)
{
	if (RecoveryInProgress() && !is_logged())
		ereport(
			ERROR, errcode(ERRCODE_OBJECT_NOT_IN_PREREQUISITE_STATE),
			errmsg(
				"traces in the storage \"memory\" cannot be read on a standby"),
			errhint(
				"Ask the primary, or let it call stormdisc_set_storage('postgres')."));
}

/*
 * sd_storage_limit
 *		After n events were stored: remove the oldest traces if there are too
 *		many of them, but not those of these events.
 *
 * To count them after each call would take longer than to store them, so it is
 * done only after so many.  A session begins anywhere in that, so that sessions
 * of one event each keep to the limit as well.
 */
void
sd_storage_limit(const SdEvent *events, int n)
{
	static int64 stored = -1;
	int64 limit = sd_setting_max_events_in_memory;
	int64 excess;
	SdSpi spi;

	if (limit == 0 || is_logged())
		return;
	if (stored < 0)
		stored =
			pg_prng_uint64_range(&pg_global_prng_state, 0, limit / LIMIT_PARTS);
	stored += n;
	if (stored < limit / LIMIT_PARTS)
		return;

	stored = 0;
	sd_spi_begin(&spi, true);
	if (sd_spi_read_latest(&count_events, NULL, NULL) != 1)
		elog(ERROR, "unexpected number of rows");
	excess = DatumGetInt64(sd_result(0, 1, NULL)) - limit;
	sd_spi_end(&spi);
	if (excess > 0)
		(void) sd_traces_evict(excess, events, n);
}
