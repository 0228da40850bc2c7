/*-------------------------------------------------------------------------
 *
 * steps.c
 *	  stormdisc_migration_steps: what a client runs, statement by statement.
 *	  stormdisc_begin_migration, stormdisc_end_step: what it says meanwhile.
 *	  stormdisc_resume_step: how to go on after it was interrupted.
 *	  stormdisc_repair_migration: say what has become of a migration.
 *
 * Some statements can run in no transaction, and so in no function either: a
 * client sends them one by one, the program stormdisc-migrate for example.  It
 * is the only one that runs migrations for as long as its session has the
 * lock.  That such a statement was run cannot be written down together with
 * it: a client that comes back has to look.
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "access/htup_details.h"
#include "access/relation.h"
#include "access/xact.h"
#include "catalog/index.h"
#include "catalog/namespace.h"
#include "catalog/pg_class.h"
#include "catalog/pg_inherits.h"
#include "catalog/pg_type.h"
#include "executor/spi.h"
#include "funcapi.h"
#include "miscadmin.h"
#include "nodes/makefuncs.h"
#include "tcop/utility.h"
#include "utils/builtins.h"
#include "utils/fmgrprotos.h"
#include "utils/guc.h"
#include "utils/lsyscache.h"
#include "utils/timestamp.h"
#include "utils/tuplestore.h"

#include "arguments.h"
#include "lock.h"
#include "migrate/run.h"
#include "spi_util.h"

PG_FUNCTION_INFO_V1(stormdisc_migration_steps);
PG_FUNCTION_INFO_V1(stormdisc_begin_migration);
PG_FUNCTION_INFO_V1(stormdisc_resume_step);
PG_FUNCTION_INFO_V1(stormdisc_end_step);
PG_FUNCTION_INFO_V1(stormdisc_repair_migration);

#define STEPS_COLS 8 /* OUT columns in sql/functions/migrations.sql */

/*
 * Has this session the lock of stormdisc_begin_migration()?  It has it no
 * longer if the (sub)transaction that has taken it is undone, or the one that
 * has ended the last step is committed.
 */
static bool has_session_lock = false;
static SubTransactionId taken_in = InvalidSubTransactionId;
static SubTransactionId freed_in = InvalidSubTransactionId;
static bool is_watching = false;

static void at_end_of_transaction(XactEvent event, void *arg);
static void at_end_of_subtransaction(SubXactEvent event, SubTransactionId mine,
									 SubTransactionId parent, void *arg);
static void free_session_lock(void);
static SdDirection direction_argument(FunctionCallInfo fcinfo, int number);
static int version_argument(FunctionCallInfo fcinfo);
static SdTask *make_task(const SdHistory *history, int number,
						 SdDirection direction);
static SdTask *task_in_progress(SdRun *run, int number);
static void put_text(FunctionCallInfo fcinfo, const char *action,
					 const char *statement);
static void resume(FunctionCallInfo fcinfo, const SdSqlStatement *statement);
static void resume_create_index(FunctionCallInfo fcinfo,
								const SdSqlStatement *statement);
static void resume_reindex(FunctionCallInfo fcinfo,
						   const SdSqlStatement *statement);
static void drop_left_over(FunctionCallInfo fcinfo, Oid table);
static bool is_left_over(const char *name);
static void resume_drop_index(FunctionCallInfo fcinfo,
							  const SdSqlStatement *statement);
static void resume_detach(FunctionCallInfo fcinfo,
						  const SdSqlStatement *statement);
static char *qualified_name(Oid relation);

/*
 * stormdisc_migration_steps(version, direction) -> setof row
 *		The statements of a script, and the transactions that they are in.
 */
Datum
stormdisc_migration_steps(PG_FUNCTION_ARGS)
{
	ReturnSetInfo *rsinfo = (ReturnSetInfo *) fcinfo->resultinfo;
	int number = version_argument(fcinfo);
	SdDirection direction = direction_argument(fcinfo, 1);
	SdHistory history;
	SdTask *task;

	InitMaterializedSRF(fcinfo, 0);
	sd_history_read(&history);
	task = make_task(&history, number, direction);
	for (int i = 0; i < task->script->nsteps; i++)
	{
		const SdScriptStep *step = &task->script->steps[i];

		for (int j = step->first; j < step->first + step->count; j++)
		{
			const SdSqlStatement *statement =
				list_nth(task->script->statements, j);
			const SdScriptOptions *options = &task->script->options;
			Datum values[STEPS_COLS] = {0};
			bool nulls[STEPS_COLS] = {false};

			CHECK_FOR_INTERRUPTS();
			values[0] = Int32GetDatum(i + 1);
			values[1] = Int32GetDatum(j + 1);
			values[2] = Int32GetDatum(statement->line);
			values[3] = CStringGetTextDatum(GetCommandTagName(statement->tag));
			values[4] = BoolGetDatum(step->outside == NULL);
			values[5] = CStringGetTextDatum(statement->text);
			nulls[6] = options->search_path == NULL;
			if (!nulls[6])
				values[6] = CStringGetTextDatum(options->search_path);
			nulls[7] = options->lock_timeout == NULL;
			if (!nulls[7])
				values[7] = CStringGetTextDatum(options->lock_timeout);
			tuplestore_putvalues(rsinfo->setResult, rsinfo->setDesc, values,
								 nulls);
		}
	}

	return (Datum) 0;
}

/*
 * stormdisc_begin_migration(version, direction) -> row
 *		A client is about to run a script step by step, and is the only one.
 */
Datum
stormdisc_begin_migration(PG_FUNCTION_ARGS)
{
	int number = version_argument(fcinfo);
	SdDirection direction = direction_argument(fcinfo, 1);
	SdRun run;
	SdTask *task;
	SdVersion *version;
	TupleDesc desc;
	Datum values[3];
	bool nulls[3] = {false};
	bool is_next;
	bool resumes;

	if (get_call_result_type(fcinfo, NULL, &desc) != TYPEFUNC_COMPOSITE ||
		desc->natts != lengthof(values))
		elog(ERROR, "unexpected result type");
	sd_run_lock(&run, fcinfo, "stormdisc_begin_migration()");
	run.goes_on = true;
	sd_run_check_history(&run, direction);
	task = make_task(&run.history, number, direction);
	version = task->version;
	is_next = direction == SD_UP
				  ? version->kind == NULL && number == run.history.current + 1
				  : version->kind != NULL && number == run.history.current &&
						strcmp(version->kind, "migration") == 0;
	if (!is_next)
		ereport(ERROR, errcode(ERRCODE_OBJECT_NOT_IN_PREREQUISITE_STATE),
				direction == SD_UP
					? errmsg("migration %d is not the next one", number)
					: errmsg("migration %d is not the last one", number),
				errdetail("The schema is at version %d.", run.history.current));

	resumes = version->direction != NULL;
	if (!resumes)
	{
		Interval *nothing = palloc0(sizeof(Interval));

		sd_run_read_document(&run);
		sd_migration_progress(version, direction == SD_UP ? "up" : "down",
							  task->checksum, 1, task->script->nsteps, nothing,
							  sd_run_document_before(&run));
	}
	values[0] = Int32GetDatum(resumes ? version->next_step : 1);
	values[1] = Int32GetDatum(task->script->nsteps);
	values[2] = BoolGetDatum(resumes);

	/*
	 * The lock of this transaction is ours: nobody else has one.  Whether the
	 * session still has its own is not known: DISCARD ALL would have freed it.
	 */
	if (has_session_lock)
		sd_unlock_session(SD_LOCK_MIGRATIONS, 0);
	else
		taken_in = GetCurrentSubTransactionId();
	has_session_lock = sd_lock_session(SD_LOCK_MIGRATIONS, 0);
	freed_in = InvalidSubTransactionId;
	if (!is_watching)
	{
		RegisterXactCallback(at_end_of_transaction, NULL);
		RegisterSubXactCallback(at_end_of_subtransaction, NULL);
		is_watching = true;
	}

	return HeapTupleGetDatum(
		heap_form_tuple(BlessTupleDesc(desc), values, nulls));
}

/*
 * stormdisc_end_step(version, step) -> boolean
 *		A client has run a step; true if it was the last one.
 */
Datum
stormdisc_end_step(PG_FUNCTION_ARGS)
{
	int number = version_argument(fcinfo);
	int step = DatumGetInt32(sd_argument_required(fcinfo, 1, "step"));
	SdRun run;
	SdTask *task;
	SdVersion *version;
	Interval *duration;

	sd_run_lock(&run, fcinfo, "stormdisc_end_step()");
	task = task_in_progress(&run, number);
	version = task->version;
	if (step != version->next_step)
		ereport(
			ERROR, errcode(ERRCODE_OBJECT_NOT_IN_PREREQUISITE_STATE),
			errmsg("step %d of migration %d is not the next one", step, number),
			errdetail("Step %d is.", version->next_step));
	/* COMMIT would do so after we have written that it is done */
	sd_run_end_step(&run, task->script);
	duration = sd_interval_since(version->progress_at);
	duration = DatumGetIntervalP(
		DirectFunctionCall2(interval_pl, IntervalPGetDatum(duration),
							IntervalPGetDatum(version->progress_duration)));

	if (step < task->script->nsteps)
	{
		sd_migration_progress(version, version->direction, task->checksum,
							  step + 1, task->script->nsteps, duration, NULL);
		PG_RETURN_BOOL(false);
	}

	task->duration = duration;
	sd_task_finish(&run, task);
	sd_run_keep_document(&run, task->end_version);
	freed_in = GetCurrentSubTransactionId();

	PG_RETURN_BOOL(true);
}

/*
 * stormdisc_repair_migration(version, state) -> void
 *		What has become of a migration that was half-way.
 */
Datum
stormdisc_repair_migration(PG_FUNCTION_ARGS)
{
	int number = version_argument(fcinfo);
	char *state = TextDatumGetCString(sd_argument_required(fcinfo, 1, "state"));
	bool applied = strcmp(state, "applied") == 0;
	SdLogEntry entry = {.action = "repaired", .version = number};
	SdRun run;
	SdTask *task;

	if (!applied && strcmp(state, "pending") != 0)
		ereport(ERROR, errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				errmsg("invalid state of a migration: \"%s\"", state),
				errhint("It is \"applied\" or \"pending\"."));
	sd_run_lock(&run, fcinfo, "stormdisc_repair_migration()");
	task = task_in_progress(&run, number);
	entry.message = state;
	sd_migrations_log(&entry);
	if (applied == (task->kind == SD_TASK_UP))
	{
		task->duration = task->version->progress_duration;
		sd_task_finish(&run, task);
		sd_run_keep_document(&run, task->end_version);
	}
	else
		sd_migration_no_progress(number);

	PG_RETURN_VOID();
}

/*
 * stormdisc_resume_step(version, step) -> setof (action, statement)
 *		What a client is to run of a step that it may have run before: of one
 *		that can run in no transaction.
 */
Datum
stormdisc_resume_step(PG_FUNCTION_ARGS)
{
	int number = version_argument(fcinfo);
	int step = DatumGetInt32(sd_argument_required(fcinfo, 1, "step"));
	SdRun run = {0};
	SdTask *task;
	int level;

	InitMaterializedSRF(fcinfo, 0);
	sd_history_read(&run.history);
	task = task_in_progress(&run, number);
	if (step < 1 || step > task->script->nsteps)
		ereport(ERROR, errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				errmsg("invalid step: %d", step),
				errhint("The %s has %d steps.", task->script->name,
						task->script->nsteps));

	/* names are looked up as the script does */
	level = NewGUCNestLevel();
	if (task->script->options.search_path != NULL)
		(void) set_config_option(
			"search_path", task->script->options.search_path, PGC_USERSET,
			PGC_S_SESSION, GUC_ACTION_SAVE, true, 0, false);
	for (int i = 0; i < task->script->steps[step - 1].count; i++)
	{
		const SdSqlStatement *statement = list_nth(
			task->script->statements, task->script->steps[step - 1].first + i);

		if (task->script->steps[step - 1].outside == NULL)
			put_text(fcinfo, "run", statement->text);
		else
			resume(fcinfo, statement);
	}
	AtEOXact_GUC(true, level);

	return (Datum) 0;
}

static void
at_end_of_transaction(XactEvent event, void *arg)
{
	switch (event)
	{
		case XACT_EVENT_COMMIT:
		case XACT_EVENT_PREPARE:
			if (freed_in != InvalidSubTransactionId)
				free_session_lock();
			break;
		case XACT_EVENT_ABORT:
			if (taken_in != InvalidSubTransactionId)
				free_session_lock();
			break;
		default:
			return;
	}
	taken_in = freed_in = InvalidSubTransactionId;
}

static void
at_end_of_subtransaction(SubXactEvent event, SubTransactionId mine,
						 SubTransactionId parent, void *arg)
{
	if (event == SUBXACT_EVENT_COMMIT_SUB)
	{
		if (taken_in == mine)
			taken_in = parent;
		if (freed_in == mine)
			freed_in = parent;
	}
	else if (event == SUBXACT_EVENT_ABORT_SUB)
	{
		if (freed_in == mine)
			freed_in = InvalidSubTransactionId;
		if (taken_in == mine)
		{
			free_session_lock();
			taken_in = InvalidSubTransactionId;
		}
	}
}

static void
free_session_lock(void)
{
	if (has_session_lock)
		sd_unlock_session(SD_LOCK_MIGRATIONS, 0);
	has_session_lock = false;
}

static SdDirection
direction_argument(FunctionCallInfo fcinfo, int number)
{
	char *given =
		TextDatumGetCString(sd_argument_required(fcinfo, number, "direction"));

	if (strcmp(given, "up") == 0)
		return SD_UP;
	if (strcmp(given, "down") != 0)
		ereport(ERROR, errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				errmsg("invalid direction: \"%s\"", given),
				errhint("It is \"up\" or \"down\"."));

	return SD_DOWN;
}

static int
version_argument(FunctionCallInfo fcinfo)
{
	return DatumGetInt32(sd_argument_required(fcinfo, 0, "version"));
}

/* A script of a migration that is registered. */
static SdTask *
make_task(const SdHistory *history, int number, SdDirection direction)
{
	SdTask *task = palloc0(sizeof(SdTask));

	task->kind = direction == SD_UP ? SD_TASK_UP : SD_TASK_DOWN;
	task->version = sd_history_find(history, number);
	if (task->version == NULL || !task->version->is_registered)
		ereport(ERROR, errcode(ERRCODE_UNDEFINED_OBJECT),
				errmsg("migration %d is not registered", number));
	if (direction == SD_DOWN && !task->version->has_down)
		ereport(ERROR, errcode(ERRCODE_OBJECT_NOT_IN_PREREQUISITE_STATE),
				errmsg("migration %d cannot be reverted", number),
				errdetail("It has no down script, or an empty one."));
	sd_task_parse(task);

	return task;
}

/* That of a migration that is half-way. */
static SdTask *
task_in_progress(SdRun *run, int number)
{
	SdVersion *version = sd_history_find(&run->history, number);

	if (version == NULL || version->direction == NULL)
		ereport(ERROR, errcode(ERRCODE_OBJECT_NOT_IN_PREREQUISITE_STATE),
				errmsg("migration %d is not half-way", number));

	return make_task(&run->history, number,
					 strcmp(version->direction, "up") == 0 ? SD_UP : SD_DOWN);
}

static void
put_text(FunctionCallInfo fcinfo, const char *action, const char *statement)
{
	ReturnSetInfo *rsinfo = (ReturnSetInfo *) fcinfo->resultinfo;
	Datum values[] = {CStringGetTextDatum(action),
					  CStringGetTextDatum(statement)};
	bool nulls[] = {false, false};

	tuplestore_putvalues(rsinfo->setResult, rsinfo->setDesc, values, nulls);
}

/* What is left to do of a statement, and what it has left behind. */
static void
resume(FunctionCallInfo fcinfo, const SdSqlStatement *statement)
{
	switch (nodeTag(statement->raw->stmt))
	{
		case T_IndexStmt:
			resume_create_index(fcinfo, statement);
			break;
		case T_ReindexStmt:
			resume_reindex(fcinfo, statement);
			break;
		case T_DropStmt:
			resume_drop_index(fcinfo, statement);
			break;
		case T_AlterTableStmt:
			resume_detach(fcinfo, statement);
			break;
		default:
			put_text(fcinfo, "run", statement->text);
			break;
	}
}

/* An index that is not valid was not finished; one that is valid was. */
static void
resume_create_index(FunctionCallInfo fcinfo, const SdSqlStatement *statement)
{
	IndexStmt *stmt = castNode(IndexStmt, statement->raw->stmt);
	Oid table = RangeVarGetRelid(stmt->relation, NoLock, true);
	Oid index = InvalidOid;

	if (OidIsValid(table))
		index = get_relname_relid(stmt->idxname, get_rel_namespace(table));
	if (OidIsValid(index) && get_rel_relkind(index) == RELKIND_INDEX &&
		IndexGetRelation(index, true) == table)
	{
		if (get_index_isvalid(index))
			return;
		put_text(fcinfo, "clean up",
				 psprintf("DROP INDEX CONCURRENTLY %s", qualified_name(index)));
	}
	put_text(fcinfo, "run", statement->text);
}

/* What it has left has a name of its own, and is in the way of nothing. */
static void
resume_reindex(FunctionCallInfo fcinfo, const SdSqlStatement *statement)
{
	ReindexStmt *stmt = castNode(ReindexStmt, statement->raw->stmt);

	if (stmt->relation != NULL)
	{
		Oid relation = RangeVarGetRelid(stmt->relation, NoLock, true);

		if (OidIsValid(relation) && stmt->kind == REINDEX_OBJECT_INDEX)
			relation = IndexGetRelation(relation, true);
		if (OidIsValid(relation))
			drop_left_over(fcinfo, relation);
	}
	put_text(fcinfo, "run", statement->text);
}

/* The indexes that REINDEX CONCURRENTLY has begun or replaced. */
static void
drop_left_over(FunctionCallInfo fcinfo, Oid table)
{
	Relation rel = try_relation_open(table, AccessShareLock);
	ListCell *lc;

	if (rel == NULL)
		return;
	foreach (lc, RelationGetIndexList(rel))
	{
		Oid index = lfirst_oid(lc);
		char *name = get_rel_name(index);

		if (name != NULL && !get_index_isvalid(index) && is_left_over(name))
			put_text(
				fcinfo, "clean up",
				psprintf("DROP INDEX CONCURRENTLY %s", qualified_name(index)));
	}
	relation_close(rel, AccessShareLock);
}

/* name_ccnew, name_ccold, with a number if there are more of them */
static bool
is_left_over(const char *name)
{
	int length = strlen(name);

	while (length > 0 && name[length - 1] >= '0' && name[length - 1] <= '9')
		length--;

	return length > 6 && (strncmp(name + length - 6, "_ccnew", 6) == 0 ||
						  strncmp(name + length - 6, "_ccold", 6) == 0);
}

/* It cannot be run twice: the index is gone. */
static void
resume_drop_index(FunctionCallInfo fcinfo, const SdSqlStatement *statement)
{
	DropStmt *stmt = castNode(DropStmt, statement->raw->stmt);
	ListCell *lc;

	if (stmt->removeType == OBJECT_INDEX)
	{
		bool is_there = false;

		foreach (lc, stmt->objects)
			is_there |= OidIsValid(RangeVarGetRelid(
				makeRangeVarFromNameList(lfirst(lc)), NoLock, true));
		if (!is_there)
			return;
	}
	put_text(fcinfo, "run", statement->text);
}

/* A partition that is half detached is detached the rest of the way. */
static void
resume_detach(FunctionCallInfo fcinfo, const SdSqlStatement *statement)
{
	AlterTableStmt *stmt = castNode(AlterTableStmt, statement->raw->stmt);
	AlterTableCmd *cmd = linitial_node(AlterTableCmd, stmt->cmds);
	Oid parent = RangeVarGetRelid(stmt->relation, NoLock, true);

	if (cmd->subtype == AT_DetachPartition && OidIsValid(parent))
	{
		Oid child = RangeVarGetRelid(castNode(PartitionCmd, cmd->def)->name,
									 NoLock, true);

		if (OidIsValid(child))
		{
			if (!get_rel_relispartition(child))
				return;
			if (PartitionHasPendingDetach(child))
			{
				put_text(fcinfo, "run",
						 psprintf("ALTER TABLE %s DETACH PARTITION %s FINALIZE",
								  qualified_name(parent),
								  qualified_name(child)));
				return;
			}
		}
	}
	put_text(fcinfo, "run", statement->text);
}

static char *
qualified_name(Oid relation)
{
	char *schema = get_namespace_name(get_rel_namespace(relation));
	char *name = get_rel_name(relation);

	/* it is not locked, others may drop it */
	if (schema == NULL || name == NULL)
		ereport(ERROR, errcode(ERRCODE_UNDEFINED_TABLE),
				errmsg("relation with OID %u does not exist", relation));

	return quote_qualified_identifier(schema, name);
}
