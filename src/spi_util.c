/*-------------------------------------------------------------------------
 *
 * spi_util.c
 *	  SQL statements of our own, on our own tables.
 *
 * They run under a search path that holds nothing of a user's.  Those on
 * tables that are nobody's but the extension's owner's run with its rights, so
 * that EXECUTE on the function around them is the only right that its caller
 * needs.  Nothing of a caller's is ever run between sd_spi_begin() and
 * sd_spi_end(), values are parameters.
 *
 * An error leaves all as it was before sd_spi_begin() when the transaction or
 * subtransaction around it ends.
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "access/genam.h"
#include "access/htup_details.h"
#include "access/table.h"
#include "access/xact.h"
#include "catalog/indexing.h"
#include "catalog/pg_extension.h"
#include "catalog/pg_type.h"
#include "funcapi.h"
#include "miscadmin.h"
#include "nodes/params.h"
#include "utils/builtins.h"
#include "utils/fmgroids.h"
#include "utils/guc.h"
#include "utils/inval.h"
#include "utils/plancache.h"
#include "utils/rel.h"
#include "utils/snapmgr.h"
#include "utils/tuplestore.h"

#include "spi_util.h"

/*
 * What would make the planner's choice depend on how full our tables were when
 * a statement was first run, or on the caller's settings then: each of them is
 * to use its index.  A plan that
 * becomes invalid while it is being looked up is made with the caller's
 * settings, and is right all the same.
 */
static const char *const planner_settings[][2] = {
	{"enable_indexscan", "on"},
	{"enable_indexonlyscan", "on"},
	{"enable_nestloop", "on"},
	{"enable_tidscan", "on"},
	{"enable_seqscan", "off"},
	{"enable_bitmapscan", "off"},
	{"enable_hashjoin", "off"},
	{"enable_mergejoin", "off"},
	{"enable_material", "off"},
	{"jit", "off"},
	{"max_parallel_workers_per_gather", "0"},
};

/* of the extension; forgotten when a relation of ours may have changed hands */
static Oid cached_owner = InvalidOid;

static Oid extension_owner(void);
static Oid read_extension_owner(void);
static void forget_owner(Datum arg, Oid relid);
static Portal open_cursor(SdStatement *statement, const Datum *values,
						  const bool *nulls, bool read_only);
static int begin_statement(SdStatement *statement, const bool *nulls,
						   char *marks);
static Portal open_cursor(SdStatement *statement, const Datum *values,
						  const bool *nulls, bool read_only);
static bool has_plan(SdStatement *statement);
static void prepare(SdStatement *statement);
static uint64 run(SdStatement *statement, const Datum *values,
				  const bool *nulls, bool read_only);
static Datum value(uint64 row, int column, Oid type);

/*
 * sd_spi_begin
 *		Connect to SPI: as the extension's owner, or as the caller.
 *
 * The caller is whoever reads what everybody may read, the catalogs above
 * all, and so sees no more than it may.
 */
void
sd_spi_begin(SdSpi *spi, bool as_owner)
{
	spi->context = CurrentMemoryContext;
	GetUserIdAndSecContext(&spi->user, &spi->security_context);
	if (as_owner)
		SetUserIdAndSecContext(extension_owner(),
							   spi->security_context |
								   SECURITY_LOCAL_USERID_CHANGE |
								   SECURITY_RESTRICTED_OPERATION);

	spi->settings_level = NewGUCNestLevel();
	(void) set_config_option("search_path", "pg_catalog, pg_temp", PGC_USERSET,
							 PGC_S_SESSION, GUC_ACTION_SAVE, true, 0, false);
	/* the kept plans are to be used, whatever the caller does with its own */
	if (plan_cache_mode != PLAN_CACHE_MODE_AUTO)
		(void) set_config_option("plan_cache_mode", "auto", PGC_USERSET,
								 PGC_S_SESSION, GUC_ACTION_SAVE, true, 0,
								 false);

	if (SPI_connect() != SPI_OK_CONNECT)
		elog(ERROR, "could not connect to SPI");
}

/*
 * sd_spi_write
 *		Run a statement that may write; how many rows it is about.
 *
 * Outside of REPEATABLE READ it has a snapshot of its own, and sees what was
 * committed until now.  nulls may be left out if there are none.
 */
uint64
sd_spi_write(SdStatement *statement, const Datum *values, const bool *nulls)
{
	return run(statement, values, nulls, false);
}

/*
 * sd_spi_read
 *		Likewise, under the active snapshot, without writing.
 */
uint64
sd_spi_read(SdStatement *statement, const Datum *values, const bool *nulls)
{
	return run(statement, values, nulls, true);
}

/*
 * sd_spi_read_latest
 *		Likewise, under a snapshot of its own in REPEATABLE READ too: what is
 *		committed now, and what this transaction has written itself.
 *
 * Only for what is locked, or is looked at again.
 */
uint64
sd_spi_read_latest(SdStatement *statement, const Datum *values,
				   const bool *nulls)
{
	uint64 rows;

	CommandCounterIncrement();
	PushActiveSnapshot(GetLatestSnapshot());
	rows = run(statement, values, nulls, true);
	PopActiveSnapshot();

	return rows;
}

/*
 * sd_spi_send
 *		Likewise, under the active snapshot; the rows go to a receiver one by
 *		one and are not kept.
 */
void
sd_spi_send(SdStatement *statement, const Datum *values, const bool *nulls,
			DestReceiver *receiver)
{
	char marks[SD_MAX_PARAMETERS];
	int level = begin_statement(statement, nulls, marks);
	ParamListInfo parameters = makeParamList(statement->nparameters);
	SPIExecuteOptions options = {0};
	int rc;

	for (int i = 0; i < statement->nparameters; i++)
	{
		ParamExternData *parameter = &parameters->params[i];

		parameter->value = values[i];
		parameter->isnull = marks[i] == 'n';
		parameter->pflags = PARAM_FLAG_CONST;
		parameter->ptype = statement->types[i];
	}
	options.params = parameters;
	options.read_only = true;
	options.dest = receiver;
	rc = SPI_execute_plan_extended(statement->plan, &options);

	if (level != 0)
		AtEOXact_GUC(true, level);
	if (rc < 0)
		elog(ERROR, "could not run \"%s\": %s", statement->sql,
			 SPI_result_code_string(rc));
}

/*
 * sd_spi_conflict
 *		Raise the error of a REPEATABLE READ that is too old for what is there.
 */
void
sd_spi_conflict(void)
{
	ereport(ERROR, errcode(ERRCODE_T_R_SERIALIZATION_FAILURE),
			errmsg("could not serialize access due to concurrent update"));
}

/*
 * sd_spi_open
 *		A cursor over the rows of a query, which are not kept all at once.
 */
Portal
sd_spi_open(SdStatement *statement, const Datum *values, const bool *nulls)
{
	return open_cursor(statement, values, nulls, false);
}

/*
 * sd_spi_open_read
 *		Likewise, under the active snapshot.
 */
Portal
sd_spi_open_read(SdStatement *statement, const Datum *values, const bool *nulls)
{
	return open_cursor(statement, values, nulls, true);
}

static Portal
open_cursor(SdStatement *statement, const Datum *values, const bool *nulls,
			bool read_only)
{
	char marks[SD_MAX_PARAMETERS];
	int level = begin_statement(statement, nulls, marks);
	Portal portal = SPI_cursor_open(
		NULL, statement->plan, unconstify(Datum *, values), marks, read_only);

	if (level != 0)
		AtEOXact_GUC(true, level);

	return portal;
}

static uint64
run(SdStatement *statement, const Datum *values, const bool *nulls,
	bool read_only)
{
	char marks[SD_MAX_PARAMETERS];
	int level = begin_statement(statement, nulls, marks);
	int rc = SPI_execute_plan(statement->plan, unconstify(Datum *, values),
							  marks, read_only, 0);

	if (level != 0)
		AtEOXact_GUC(true, level);
	if (rc < 0)
		elog(ERROR, "could not run \"%s\": %s", statement->sql,
			 SPI_result_code_string(rc));

	return SPI_processed;
}

/*
 * Have a plan, or the settings under which the one is made that the statement
 * then runs with: their level, or 0.
 */
static int
begin_statement(SdStatement *statement, const bool *nulls, char *marks)
{
	int level = 0;

	if (!has_plan(statement))
	{
		level = NewGUCNestLevel();
		for (int i = 0; i < lengthof(planner_settings) && !statement->reads_all;
			 i++)
			(void) set_config_option(
				planner_settings[i][0], planner_settings[i][1], PGC_USERSET,
				PGC_S_SESSION, GUC_ACTION_SAVE, true, 0, false);
		if (statement->plan == NULL)
			prepare(statement);
	}
	for (int i = 0; i < statement->nparameters; i++)
		marks[i] = nulls != NULL && nulls[i] ? 'n' : ' ';

	return level;
}

/* Is there a plan that can be run as it is? */
static bool
has_plan(SdStatement *statement)
{
	CachedPlanSource *source;

	if (statement->plan == NULL)
		return false;
	source = linitial(SPI_plan_get_plan_sources(statement->plan));

	return source->is_valid && source->gplan != NULL && source->gplan->is_valid;
}

/* One plan for all parameters. */
static void
prepare(SdStatement *statement)
{
	SPIPlanPtr plan =
		SPI_prepare_cursor(statement->sql, statement->nparameters,
						   statement->types, CURSOR_OPT_GENERIC_PLAN);

	if (plan == NULL)
		elog(ERROR, "could not prepare \"%s\": %s", statement->sql,
			 SPI_result_code_string(SPI_result));
	if (SPI_keepplan(plan) != 0)
		elog(ERROR, "could not keep the plan of \"%s\"", statement->sql);
	statement->plan = plan;
}

/*
 * sd_spi_jsonb
 *		A jsonb of the last result, in the memory of sd_spi_begin()'s caller.
 *
 * Rows are counted from 0, columns from 1.  Raises an error if it is NULL or
 * of another type.
 */
Jsonb *
sd_spi_jsonb(SdSpi *spi, uint64 row, int column)
{
	MemoryContext oldcontext = MemoryContextSwitchTo(spi->context);
	Jsonb *result = DatumGetJsonbPCopy(value(row, column, JSONBOID));

	MemoryContextSwitchTo(oldcontext);

	return result;
}

/* A value; an error if it is not of the type, or is NULL. */
static Datum
value(uint64 row, int column, Oid type)
{
	TupleDesc desc = SPI_tuptable->tupdesc;
	bool isnull;
	Datum result;

	if (SPI_gettypeid(desc, column) != type)
		elog(ERROR, "result column %d is of type %u instead of %u", column,
			 SPI_gettypeid(desc, column), type);

	result = SPI_getbinval(SPI_tuptable->vals[row], desc, column, &isnull);
	if (isnull)
		ereport(
			ERROR, errcode(ERRCODE_NULL_VALUE_NOT_ALLOWED),
			errmsg("result column \"%s\" is null", SPI_fname(desc, column)));

	return result;
}

/*
 * sd_result
 *		A value of SPI's last result; rows from 0, columns from 1.
 */
Datum
sd_result(uint64 row, int column, bool *isnull)
{
	bool none;
	Datum value = SPI_getbinval(SPI_tuptable->vals[row], SPI_tuptable->tupdesc,
								column, &none);

	if (isnull != NULL)
		*isnull = none;
	else if (none)
		elog(ERROR, "result column %d is null", column);

	return value;
}

/*
 * sd_result_put
 *		Return the rows of SPI's last result, which has the function's columns.
 */
void
sd_result_put(FunctionCallInfo fcinfo, uint64 rows)
{
	ReturnSetInfo *rsinfo = (ReturnSetInfo *) fcinfo->resultinfo;
	SPITupleTable *found = SPI_tuptable;

	if (found->tupdesc->natts != rsinfo->setDesc->natts)
		elog(ERROR, "%d result columns instead of %d", found->tupdesc->natts,
			 rsinfo->setDesc->natts);

	for (uint64 i = 0; i < rows; i++)
	{
		CHECK_FOR_INTERRUPTS();
		tuplestore_puttuple(rsinfo->setResult, found->vals[i]);
	}
}

/*
 * sd_spi_end
 *		Disconnect, and be the caller again.
 */
void
sd_spi_end(SdSpi *spi)
{
	if (SPI_finish() != SPI_OK_FINISH)
		elog(ERROR, "could not disconnect from SPI");
	AtEOXact_GUC(true, spi->settings_level);
	SetUserIdAndSecContext(spi->user, spi->security_context);
	MemoryContextSwitchTo(spi->context);
}

/*
 * The owner of the extension, which is kept.  No cache of the server's tells
 * that it changed; but it cannot without that of our tables.
 */
static Oid
extension_owner(void)
{
	static bool is_registered = false;

	if (!is_registered)
	{
		CacheRegisterRelcacheCallback(forget_owner, (Datum) 0);
		is_registered = true;
	}
	if (!OidIsValid(cached_owner))
		cached_owner = read_extension_owner();

	return cached_owner;
}

static void
forget_owner(Datum arg, Oid relid)
{
	cached_owner = InvalidOid;
}

static Oid
read_extension_owner(void)
{
	Relation rel = table_open(ExtensionRelationId, AccessShareLock);
	Oid owner = InvalidOid;
	ScanKeyData key;
	SysScanDesc scan;
	HeapTuple tuple;

	ScanKeyInit(&key, Anum_pg_extension_extname, BTEqualStrategyNumber,
				F_NAMEEQ, CStringGetDatum("stormdisc"));
	scan = systable_beginscan(rel, ExtensionNameIndexId, true, NULL, 1, &key);
	tuple = systable_getnext(scan);
	if (HeapTupleIsValid(tuple))
		owner = ((Form_pg_extension) GETSTRUCT(tuple))->extowner;
	systable_endscan(scan);
	table_close(rel, AccessShareLock);

	if (!OidIsValid(owner))
		ereport(ERROR, errcode(ERRCODE_UNDEFINED_OBJECT),
				errmsg("extension \"%s\" does not exist", "stormdisc"));

	return owner;
}
