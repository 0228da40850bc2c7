/*-------------------------------------------------------------------------
 *
 * run.c
 *	  stormdisc_migrate, stormdisc_init_schema: apply migrations.
 *	  stormdisc_migrate_all: apply each in a transaction of its own.
 *	  stormdisc_rollback: revert them.
 *	  stormdisc_baseline: say what is there already.
 *
 * What is to be done is found out and checked as a whole before anything is
 * run: versions without a gap, texts that are those of the time when they were
 * applied, and a way back for all that is to be reverted.  One session runs
 * migrations at a time.  Whoever has the lock reads the history after that,
 * so that of two runners the second finds what the first has done.
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include <limits.h>

#include "access/xact.h"
#include "executor/spi.h"
#include "funcapi.h"
#include "miscadmin.h"
#include "nodes/parsenodes.h"
#include "storage/latch.h"
#include "tcop/utility.h"
#include "utils/builtins.h"
#include "utils/memutils.h"
#include "utils/resowner.h"
#include "utils/snapmgr.h"
#include "utils/syscache.h"
#include "utils/timestamp.h"
#include "utils/tuplestore.h"
#include "utils/wait_event.h"

#include "arguments.h"
#include "migrate/run.h"
#include "model/fingerprint.h"
#include "model/json.h"

PG_FUNCTION_INFO_V1(stormdisc_migrate);
PG_FUNCTION_INFO_V1(stormdisc_migrate_all);
PG_FUNCTION_INFO_V1(stormdisc_rollback);
PG_FUNCTION_INFO_V1(stormdisc_init_schema);
PG_FUNCTION_INFO_V1(stormdisc_baseline);

#define RUN_COLS 6 /* OUT columns in sql/functions/migrations.sql */

/* how long to wait between two attempts to be the only runner, in ms */
#define FIRST_PAUSE 20
#define LONGEST_PAUSE 500

/* what stormdisc_migrate_all() does in one transaction */
typedef struct Attempt
{
	SdRun *run;
	SdTask *task;
	int step;
	bool has_waited; /* for another session */

	/*
	 * The schema as the transaction before has left it, and its version.  What
	 * others change while migrations are run is taken for theirs, and so it is
	 * between two of them: reading it again would take as long as many a
	 * migration.
	 */
	bool has_document;
	Jsonb *document;
	int version;
} Attempt;

static const char *const run_by_client =
	"Run this migration with the program stormdisc-migrate.";

/* is this session running scripts already? */
static bool is_running = false;

static int target_argument(FunctionCallInfo fcinfo, int number, int by_default);
static void plan_base(SdRun *run, const char *sql);
static void plan_repeatables(SdRun *run, int target);
static SdTask *add_task(SdRun *run, SdTaskKind kind, SdVersion *version);
static void check_extension(const SdRun *run);
static SdVersion *registered(const SdHistory *history, int number, int from,
							 int to);
static void refuse_steps(const SdTask *task);
static void run_tasks(SdRun *run, bool dry_run);
static void run_task(SdRun *run, SdTask *task);
static void put_row(SdRun *run, const SdTask *task, bool dry_run);
static bool next_task(SdRun *run, int *target, Attempt *attempt);
static void keep_document(const SdRun *run, Attempt *attempt);
static Jsonb *copy_document(Jsonb *document);
static void attempt_step(SdRun *run, Attempt *attempt);
static void tell(const Attempt *attempt);
static void log_failure(const Attempt *attempt, const ErrorData *error);
static void commit(void);
static bool wait_for_turn(TimestampTz deadline, int *pause);

/*
 * stormdisc_migrate(target, dry_run) -> setof row
 *		Apply migrations up to a version, in this transaction.
 */
Datum
stormdisc_migrate(PG_FUNCTION_ARGS)
{
	SdRun run;
	int target;
	bool dry_run = DatumGetBool(sd_argument_required(fcinfo, 1, "dry_run"));

	sd_run_begin(&run, fcinfo, "stormdisc_migrate()");
	target = target_argument(fcinfo, 0, run.history.highest);
	sd_run_plan_up(&run, target);
	plan_repeatables(&run, target);
	run_tasks(&run, dry_run);

	return (Datum) 0;
}

/*
 * stormdisc_rollback(target, dry_run) -> setof row
 *		Revert migrations down to a version, in this transaction.
 */
Datum
stormdisc_rollback(PG_FUNCTION_ARGS)
{
	SdRun run;
	int target;
	bool dry_run = DatumGetBool(sd_argument_required(fcinfo, 1, "dry_run"));

	sd_run_begin(&run, fcinfo, "stormdisc_rollback()");
	if (PG_ARGISNULL(0) && run.history.current == 0)
		ereport(ERROR, errcode(ERRCODE_OBJECT_NOT_IN_PREREQUISITE_STATE),
				errmsg("no migration is applied"));
	target = target_argument(fcinfo, 0, run.history.current - 1);
	sd_run_plan_down(&run, target);
	run_tasks(&run, dry_run);

	return (Datum) 0;
}

/*
 * stormdisc_init_schema(version, base_sql) -> setof row
 *		The base and all versions, as far as they are missing.
 */
Datum
stormdisc_init_schema(PG_FUNCTION_ARGS)
{
	SdRun run;
	int target;

	(void) sd_argument_required(fcinfo, 0, "version");
	sd_run_begin(&run, fcinfo, "stormdisc_init_schema()");
	target = target_argument(fcinfo, 0, 0);
	if (!PG_ARGISNULL(1))
		plan_base(&run, text_to_cstring(PG_GETARG_TEXT_PP(1)));
	sd_run_plan_up(&run, target);
	plan_repeatables(&run, target);
	run_tasks(&run, false);

	return (Datum) 0;
}

/*
 * stormdisc_baseline(version, description) -> void
 *		The schema is at a version already: no script is run.
 */
Datum
stormdisc_baseline(PG_FUNCTION_ARGS)
{
	SdLogEntry entry = {.action = "baseline"};
	SdVersion version = {0};
	SdRun run = {0};
	Jsonb *scope = NULL;
	Jsonb *document;

	version.number = DatumGetInt32(sd_argument_required(fcinfo, 0, "version"));
	version.description =
		TextDatumGetCString(sd_argument_required(fcinfo, 1, "description"));
	if (version.number < 1)
		ereport(ERROR, errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				errmsg("invalid version: %d", version.number),
				errhint("Versions of migrations are numbers from 1."));
	PreventCommandIfReadOnly("stormdisc_baseline()");
	sd_run_check_nesting();
	sd_migrations_lock();
	sd_history_read(&run.history);
	if (!run.history.is_empty)
		ereport(
			ERROR, errcode(ERRCODE_OBJECT_NOT_IN_PREREQUISITE_STATE),
			errmsg("the schema is at version %d already", run.history.current),
			errdetail("A baseline is for a schema that no migration was "
					  "applied to."));

	document = sd_migrated_read(fcinfo, &scope);
	sd_migration_applied(&version, "baseline", NULL, NULL,
						 document != NULL ? sd_fingerprint(document) : NULL,
						 NULL);
	if (document != NULL)
		sd_migrated_keep(version.number, scope, document);
	entry.version = version.number;
	entry.message = version.description;
	sd_migrations_log(&entry);

	PG_RETURN_VOID();
}

/*
 * stormdisc_migrate_all(target, lock_timeout)
 *		Apply migrations up to a version, each in a transaction of its own.
 *
 * Between two of them, and whenever another session is to be waited for, the
 * transaction ends: a session that waits with a snapshot would be waited for
 * by CREATE INDEX CONCURRENTLY, and both for ever.
 */
Datum
stormdisc_migrate_all(PG_FUNCTION_ARGS)
{
	CallContext *call = castNode(CallContext, fcinfo->context);
	SdRun run = {0};
	Attempt attempt = {0};
	int target = INT_MAX;
	Interval *timeout = NULL;
	TimestampTz deadline = DT_NOEND;
	int pause = FIRST_PAUSE;
	MemoryContext context;
	MemoryContext oldcontext;
	bool found;

	PreventCommandIfReadOnly("stormdisc_migrate_all()");
	if (call->atomic)
		ereport(ERROR, errcode(ERRCODE_ACTIVE_SQL_TRANSACTION),
				errmsg("stormdisc_migrate_all() cannot run inside a "
					   "transaction block, a function or a DO block in one"),
				errhint("stormdisc_migrate() applies all migrations in the "
						"transaction that it is called in."));
	if (!PG_ARGISNULL(0))
		target = target_argument(fcinfo, 0, 0);
	if (!PG_ARGISNULL(1))
	{
		timeout = palloc(sizeof(Interval));
		*timeout = *PG_GETARG_INTERVAL_P(1);
	}

	if (SPI_connect_ext(SPI_OPT_NONATOMIC) != SPI_OK_CONNECT)
		elog(ERROR, "could not connect to SPI");
	run.fcinfo = fcinfo;
	context = AllocSetContextCreate(CurrentMemoryContext, "stormdisc migration",
									ALLOCSET_DEFAULT_SIZES);
	do
	{
		if (deadline == DT_NOEND && timeout != NULL)
			deadline = DatumGetTimestampTz(
				DirectFunctionCall2(timestamptz_pl_interval,
									TimestampTzGetDatum(GetCurrentTimestamp()),
									IntervalPGetDatum(timeout)));
		PushActiveSnapshot(GetTransactionSnapshot());
		if (!sd_migrations_try_lock())
		{
			commit();
			attempt.has_waited = true;
			attempt.has_document = false;
			if (!wait_for_turn(deadline, &pause))
				sd_migrations_lock();
			found = true;
			continue;
		}
		deadline = DT_NOEND;
		pause = FIRST_PAUSE;

		oldcontext = MemoryContextSwitchTo(context);
		found = next_task(&run, &target, &attempt);
		if (found)
			attempt_step(&run, &attempt);
		MemoryContextSwitchTo(oldcontext);
		keep_document(&run, &attempt);
		commit();
		if (found)
			tell(&attempt);
		MemoryContextReset(context);
	}
	while (found);
	if (SPI_finish() != SPI_OK_FINISH)
		elog(ERROR, "could not disconnect from SPI");

	PG_RETURN_VOID();
}

/*
 * sd_run_begin
 *		Be the only runner, and read the history.
 */
void
sd_run_begin(SdRun *run, FunctionCallInfo fcinfo, const char *function)
{
	InitMaterializedSRF(fcinfo, 0);
	sd_run_lock(run, fcinfo, function);
}

/*
 * sd_run_lock
 *		Likewise, of a function that returns no set.
 */
void
sd_run_lock(SdRun *run, FunctionCallInfo fcinfo, const char *function)
{
	PreventCommandIfReadOnly(function);
	PreventCommandIfParallelMode(function);
	memset(run, 0, sizeof(SdRun));
	run->fcinfo = fcinfo;
	sd_run_check_nesting();
	sd_migrations_lock();
	sd_history_read(&run->history);
	run->end_version = run->history.current;
}

/*
 * sd_run_check_nesting
 *		Raise an error in a script that runs migrations.
 */
void
sd_run_check_nesting(void)
{
	if (is_running)
		ereport(ERROR, errcode(ERRCODE_OBJECT_NOT_IN_PREREQUISITE_STATE),
				errmsg("a migration cannot run migrations"));
}

/*
 * sd_run_plan_up
 *		Plan all versions from the current one up to the target.
 *
 * Raises 42704 if one of them is not registered, 22023 if the target is below,
 * and 55000 if the history is not in order.
 */
void
sd_run_plan_up(SdRun *run, int target)
{
	SdHistory *history = &run->history;

	sd_run_check_history(run, SD_UP);
	if (target < history->current)
		ereport(ERROR, errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				errmsg("the schema is at version %d already, which is above "
					   "%d",
					   history->current, target),
				errhint("stormdisc_rollback() reverts migrations."));
	for (int64 number = (int64) history->current + 1; number <= target;
		 number++)
	{
		SdVersion *version =
			registered(history, (int) number, history->current + 1, target);

		CHECK_FOR_INTERRUPTS();
		(void) add_task(run, SD_TASK_UP, version);
	}
}

/*
 * sd_run_plan_down
 *		Plan to revert all versions above the target.
 *
 * Raises 42704 if the scripts of one of them are not registered, 55000 if one
 * has no down script, and 22023 if the target is above.
 */
void
sd_run_plan_down(SdRun *run, int target)
{
	SdHistory *history = &run->history;

	sd_run_check_history(run, SD_DOWN);
	if (target > history->current)
		ereport(ERROR, errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				errmsg("the schema is at version %d, which is below %d",
					   history->current, target),
				errhint("stormdisc_migrate() applies migrations."));
	if (target < history->baseline)
		ereport(ERROR, errcode(ERRCODE_OBJECT_NOT_IN_PREREQUISITE_STATE),
				errmsg("version %d cannot be reverted", history->baseline),
				errdetail("It is the baseline: no script has led to it."));
	for (int i = history->count - 1; i >= 0; i--)
	{
		SdVersion *version = &history->versions[i];

		CHECK_FOR_INTERRUPTS();
		if (version->number <= target)
			break;
		if (version->kind == NULL)
			continue;
		(void) registered(history, version->number, target + 1,
						  history->current);
		if (!version->has_down)
			ereport(ERROR, errcode(ERRCODE_OBJECT_NOT_IN_PREREQUISITE_STATE),
					errmsg("migration %d cannot be reverted", version->number),
					errdetail("It has no down script, or an empty one."),
					errhint("Write a migration that leads on from there, or "
							"register this one with a down script after "
							"stormdisc_accept_migration()."));
		(void) add_task(run, SD_TASK_DOWN, version);
	}
}

/*
 * sd_run_check_history
 *		Raise 55000 if the history is not as it was left by migrations.
 *
 * A migration of several steps that is half-way may go on in its direction.
 */
void
sd_run_check_history(const SdRun *run, SdDirection direction)
{
	const SdHistory *history = &run->history;
	const char *word = direction == SD_UP ? "up" : "down";

	for (int i = 0; i < history->count; i++)
	{
		const SdVersion *version = &history->versions[i];

		if (version->direction != NULL &&
			(!run->goes_on || strcmp(version->direction, word) != 0))
			ereport(
				ERROR, errcode(ERRCODE_OBJECT_NOT_IN_PREREQUISITE_STATE),
				errmsg("migration %d is half-way", version->number),
				errdetail("%d of %d steps of its %s script are done.",
						  version->next_step - 1, version->nsteps,
						  version->direction),
				errhint("%s lets it go on; stormdisc_repair_migration() is for "
						"when it cannot.",
						version->options.in_transaction &&
								strcmp(version->direction, "up") == 0
							? "CALL stormdisc_migrate_all()"
							: "The program stormdisc-migrate"));
		if (sd_history_is_diverged(version))
			ereport(ERROR, errcode(ERRCODE_OBJECT_NOT_IN_PREREQUISITE_STATE),
					errmsg("the text of migration %d is not the one that was "
						   "applied",
						   version->number),
					errhint("If that is right: SELECT "
							"stormdisc_accept_migration(%d, 'reason').",
							version->number));
		if (version->kind == NULL && version->direction == NULL &&
			version->number < history->current &&
			version->number > history->baseline)
			ereport(ERROR, errcode(ERRCODE_OBJECT_NOT_IN_PREREQUISITE_STATE),
					errmsg("migration %d is not applied, but a later one is",
						   version->number),
					errhint("Give it a number above %d.", history->current));
	}
}

/* An argument that is a version, or 0. */
static int
target_argument(FunctionCallInfo fcinfo, int number, int by_default)
{
	int target;

	if (PG_ARGISNULL(number))
		return by_default;
	target = PG_GETARG_INT32(number);
	if (target < 0)
		ereport(ERROR, errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				errmsg("invalid version: %d", target),
				errhint("Versions of migrations are numbers from 1; 0 is the "
						"schema before the first one."));

	return target;
}

/* The script of stormdisc_init_schema(), unless it was run already. */
static void
plan_base(SdRun *run, const char *sql)
{
	SdScriptOptions options = {.in_transaction = true};
	SdVersion *base = sd_history_find(&run->history, 0);
	SdTask *task;

	if (base == NULL && !run->history.is_empty)
		ereport(
			ERROR, errcode(ERRCODE_OBJECT_NOT_IN_PREREQUISITE_STATE),
			errmsg("the schema is at version %d already", run->history.current),
			errdetail("A base script is for a schema that no migration was "
					  "applied to."));
	if (base != NULL)
	{
		if (strcmp(base->applied_checksum, sd_script_checksum(sql)) != 0)
			ereport(ERROR, errcode(ERRCODE_OBJECT_NOT_IN_PREREQUISITE_STATE),
					errmsg("the base script is not the one that was run"),
					errhint("What has changed in it belongs in a migration."));
		return;
	}

	base = palloc0(sizeof(SdVersion));
	base->description = "base";
	task = add_task(run, SD_TASK_BASE, base);
	task->checksum = sd_script_checksum(sql);
	task->script = sd_script_parse("the base script", sql, &options);
	refuse_steps(task);
}

/* Those that have changed: they are written for the newest schema. */
static void
plan_repeatables(SdRun *run, int target)
{
	ListCell *lc;

	if (target < run->history.highest)
		return;
	foreach (lc, sd_history_repeatables())
	{
		SdRepeatable *repeatable = lfirst(lc);
		SdTask *task;

		if (!sd_repeatable_is_pending(repeatable))
			continue;
		task = add_task(run, SD_TASK_REPEATABLE, NULL);
		task->repeatable = repeatable;
		task->checksum = repeatable->checksum;
		task->script = sd_script_parse(
			psprintf("repeatable script \"%s\"", repeatable->name),
			repeatable->sql, &repeatable->options);
	}
}

static SdTask *
add_task(SdRun *run, SdTaskKind kind, SdVersion *version)
{
	SdTask *task = palloc0(sizeof(SdTask));

	task->kind = kind;
	task->version = version;
	run->tasks = lappend(run->tasks, task);

	return task;
}

/*
 * sd_task_parse
 *		Have the script of a task, which nobody changes from now on.
 */
void
sd_task_parse(SdTask *task)
{
	SdVersion *version = task->version;
	bool up = task->kind == SD_TASK_UP;
	char *sql;

	if (task->script != NULL)
		return;
	sd_migration_keep(version->number);
	/* its options may be others than when the history was read: they count */
	sql = sd_migration_read(version->number, up, &version->options);
	task->checksum = up ? version->up_checksum : version->down_checksum;
	/* whoever was faster has registered another one after the history was read
	 */
	if (sql == NULL || strcmp(sd_script_checksum(sql), task->checksum) != 0)
		ereport(ERROR, errcode(ERRCODE_T_R_SERIALIZATION_FAILURE),
				errmsg("could not run migration %d: another text was "
					   "registered meanwhile",
					   version->number));
	task->script =
		sd_script_parse(psprintf("%s script of migration %d",
								 up ? "up" : "down", version->number),
						sql, &version->options);
}

/* A version that is registered, on the way from one to another. */
static SdVersion *
registered(const SdHistory *history, int number, int from, int to)
{
	SdVersion *version = sd_history_find(history, number);

	if (version == NULL || !version->is_registered)
		ereport(ERROR, errcode(ERRCODE_UNDEFINED_OBJECT),
				errmsg("migration %d is not registered", number),
				from == to ? 0
						   : errdetail("The way leads over versions %d to %d.",
									   from, to));

	return version;
}

/* One transaction is all that a function has. */
static void
refuse_steps(const SdTask *task)
{
	const SdScript *script = task->script;

	sd_task_refuse_outside(task, run_by_client);
	if (script->nsteps > 1)
		ereport(ERROR, errcode(ERRCODE_FEATURE_NOT_SUPPORTED),
				errmsg("the %s has commit points", script->name),
				task->kind == SD_TASK_UP
					? errhint("CALL stormdisc_migrate_all() honours them.")
					: errhint("The program stormdisc-migrate honours them."));
}

/*
 * sd_task_refuse_outside
 *		Raise an error if a statement cannot run in a transaction.
 */
void
sd_task_refuse_outside(const SdTask *task, const char *hint)
{
	const SdScript *script = task->script;

	for (int i = 0; i < script->nsteps; i++)
	{
		if (script->steps[i].outside != NULL)
			ereport(ERROR, errcode(ERRCODE_FEATURE_NOT_SUPPORTED),
					errmsg("%s cannot run inside a transaction",
						   script->steps[i].outside),
					errdetail("It is statement %d of the %s.",
							  script->steps[i].first + 1, script->name),
					errhint("%s", hint));
	}
}

/* All tasks in this transaction, and a row for each. */
static void
run_tasks(SdRun *run, bool dry_run)
{
	MemoryContext work = AllocSetContextCreate(
		CurrentMemoryContext, "stormdisc migration", ALLOCSET_DEFAULT_SIZES);
	ListCell *lc;
	int version = -1;

	foreach (lc, run->tasks)
	{
		SdTask *task = lfirst(lc);

		sd_task_parse(task);
		refuse_steps(task);
	}
	if (!dry_run && run->tasks != NIL)
		sd_run_read_document(run);
	foreach (lc, run->tasks)
	{
		SdTask *task = lfirst(lc);
		MemoryContext oldcontext = MemoryContextSwitchTo(work);
		Jsonb *before = run->document;

		CHECK_FOR_INTERRUPTS();
		if (!dry_run)
			run_task(run, task);
		put_row(run, task, dry_run);
		version = task->end_version;

		/* of all that was made only the document stays */
		MemoryContextSwitchTo(oldcontext);
		if (run->document != before)
		{
			if (before != NULL)
				pfree(before);
			run->document = copy_document(run->document);
		}
		MemoryContextReset(work);
	}
	if (!dry_run && version >= 0)
		sd_run_keep_document(run, version);
}

/*
 * sd_run_read_document
 *		Read the schema as it is now.
 */
void
sd_run_read_document(SdRun *run)
{
	run->document = sd_migrated_read(run->fcinfo, &run->scope);
	run->has_document = true;
}

/*
 * sd_run_document_before
 *		That, for who needs it later: an empty one stands for nothing.
 */
Jsonb *
sd_run_document_before(const SdRun *run)
{
	SdJson empty = {0};
	JsonbValue value = sd_json_object(&empty);

	if (!run->has_document)
		return NULL;

	return run->document != NULL ? run->document : sd_json_pack(&value);
}

/*
 * sd_run_keep_document
 *		Keep the schema as the last task has left it.
 */
void
sd_run_keep_document(SdRun *run, int version)
{
	if (run->document != NULL)
		sd_migrated_keep(version, run->scope, run->document);
}

/* One task of one step, in this transaction. */
static void
run_task(SdRun *run, SdTask *task)
{
	TimestampTz started = GetCurrentTimestamp();

	for (int i = 0; i < task->script->nsteps; i++)
		sd_run_step(run, task->script, &task->script->steps[i], NULL, NULL);
	task->duration = sd_interval_since(started);
	sd_task_finish(run, task);
}

/*
 * sd_run_step
 *		Run a step of a script as the caller.
 */
void
sd_run_step(SdRun *run, const SdScript *script, const SdScriptStep *step,
			SdStatementHandler handler, void *arg)
{
	sd_run_check_nesting();
	is_running = true;
	PG_TRY();
	{
		sd_script_run(script, step, handler, arg);
		check_extension(run);
		sd_script_check_constraints(script);
		check_extension(run);
	}
	PG_FINALLY();
	{
		is_running = false;
	}
	PG_END_TRY();
}

/*
 * sd_run_end_step
 *		Likewise, of a step that a client has run: what is left to be done.
 */
void
sd_run_end_step(SdRun *run, const SdScript *script)
{
	is_running = true;
	PG_TRY();
	{
		sd_script_check_constraints(script);
		check_extension(run);
	}
	PG_FINALLY();
	{
		is_running = false;
	}
	PG_END_TRY();
}

/* What a script has dropped cannot write down that it was run. */
static void
check_extension(const SdRun *run)
{
	Oid function = run->fcinfo->flinfo->fn_oid;

	if (!SearchSysCacheExists1(PROCOID, ObjectIdGetDatum(function)))
		ereport(ERROR, errcode(ERRCODE_OBJECT_NOT_IN_PREREQUISITE_STATE),
				errmsg("a migration cannot drop the extension stormdisc"));
}

/*
 * sd_task_finish
 *		Write down that a task is done, and what the schema is like now.
 */
void
sd_task_finish(SdRun *run, SdTask *task)
{
	SdVersion *version = task->version;
	SdLogEntry entry = {.version = version != NULL ? version->number : -1,
						.duration = task->duration};
	Jsonb *before = run->document;
	bool has_before = run->has_document;
	ArrayType *tables = NULL;

	/* of several steps: as it was before the first one */
	if (version != NULL && version->direction != NULL)
	{
		before = sd_migration_before(version->number);
		has_before = before != NULL;
	}
	sd_run_read_document(run);
	task->fingerprint =
		run->document != NULL ? sd_fingerprint(run->document) : NULL;
	/* where none of the schemas was there it is not known what was done */
	if (has_before && (run->document != NULL ||
					   (before != NULL && JB_ROOT_COUNT(before) > 0)))
	{
		SdJson details = {0};
		JsonbValue value;

		tables = sd_changed_tables(before, run->document);
		sd_json_add(&details, "tables", sd_json_text_array(tables));
		value = sd_json_object(&details);
		entry.details = sd_json_pack(&value);
	}
	switch (task->kind)
	{
		case SD_TASK_BASE:
		case SD_TASK_UP:
			sd_migration_applied(
				version, task->kind == SD_TASK_BASE ? "base" : "migration",
				task->checksum, task->duration, task->fingerprint, tables);
			entry.action = task->kind == SD_TASK_BASE ? "base" : "applied";
			entry.message = version->description;
			task->end_version = version->number;
			break;
		case SD_TASK_DOWN:
			sd_migration_reverted(version->number);
			entry.action = "reverted";
			entry.message = version->description;
			task->end_version =
				sd_history_before(&run->history, version->number);
			break;
		case SD_TASK_REPEATABLE:
			sd_repeatable_applied(task->repeatable, task->duration);
			entry.action = "repeated";
			entry.name = task->repeatable->name;
			task->end_version = run->end_version;
			break;
	}
	run->end_version = task->end_version;
	if (version != NULL && version->direction != NULL)
		sd_migration_no_progress(version->number);
	sd_migrations_log(&entry);
}

static void
put_row(SdRun *run, const SdTask *task, bool dry_run)
{
	static const char *const actions[][2] = {
		[SD_TASK_BASE] = {"base", "would run the base"},
		[SD_TASK_UP] = {"applied", "would apply"},
		[SD_TASK_DOWN] = {"reverted", "would revert"},
		[SD_TASK_REPEATABLE] = {"repeated", "would repeat"},
	};
	ReturnSetInfo *rsinfo = (ReturnSetInfo *) run->fcinfo->resultinfo;
	Datum values[RUN_COLS] = {0};
	bool nulls[RUN_COLS] = {false};

	nulls[0] = task->version == NULL;
	if (!nulls[0])
		values[0] = Int32GetDatum(task->version->number);
	values[1] =
		CStringGetTextDatum(task->version != NULL ? task->version->description
												  : task->repeatable->name);
	values[2] = CStringGetTextDatum(actions[task->kind][dry_run ? 1 : 0]);
	values[3] = Int32GetDatum(list_length(task->script->statements));
	nulls[4] = task->duration == NULL;
	values[4] = IntervalPGetDatum(task->duration);
	nulls[5] = task->fingerprint == NULL;
	if (!nulls[5])
		values[5] = CStringGetTextDatum(task->fingerprint);
	tuplestore_putvalues(rsinfo->setResult, rsinfo->setDesc, values, nulls);
}

/*
 * What stormdisc_migrate_all() does next; false if nothing is left.
 *
 * All is checked before the first one: nothing is done if the way to the
 * target has a gap, or a script that cannot be run.
 */
static bool
next_task(SdRun *run, int *target, Attempt *attempt)
{
	bool is_first = attempt->run == NULL;
	ListCell *lc;

	run->tasks = NIL;
	run->goes_on = true;
	run->scope = NULL;
	sd_run_check_nesting();
	sd_history_read(&run->history);
	run->has_document =
		attempt->has_document && attempt->version == run->history.current;
	run->document = run->has_document ? attempt->document : NULL;
	if (*target == INT_MAX)
		*target = run->history.highest;
	/* another session may have gone further meanwhile */
	if ((is_first && !attempt->has_waited) || *target >= run->history.current)
	{
		sd_run_plan_up(run, *target);
		plan_repeatables(run, *target);
	}
	run->end_version = run->history.current;
	attempt->run = run;
	foreach (lc, run->tasks)
	{
		SdTask *task = lfirst(lc);

		if (!is_first && task != linitial(run->tasks))
			break;
		sd_task_parse(task);
		sd_task_refuse_outside(task, run_by_client);
	}
	if (run->tasks != NIL)
	{
		SdVersion *version;

		attempt->task = linitial(run->tasks);
		version = attempt->task->version;
		attempt->step = 0;
		if (version != NULL && version->direction != NULL)
			attempt->step = version->next_step - 1;
	}

	return run->tasks != NIL;
}

/* Keep the schema as it is now for the next transaction, if it was read. */
static void
keep_document(const SdRun *run, Attempt *attempt)
{
	Jsonb *before = attempt->document;

	if (run->document == before && before != NULL)
		return;
	attempt->has_document = run->has_document;
	attempt->version = run->end_version;
	attempt->document = copy_document(run->document);
	if (before != NULL)
		pfree(before);
}

static Jsonb *
copy_document(Jsonb *document)
{
	Jsonb *copy;

	if (document == NULL)
		return NULL;
	copy = palloc(VARSIZE(document));
	memcpy(copy, document, VARSIZE(document));

	return copy;
}

/*
 * Do the next step in a subtransaction, so that a failure can be written down
 * before it is raised.
 */
static void
attempt_step(SdRun *run, Attempt *attempt)
{
	MemoryContext oldcontext = CurrentMemoryContext;
	ResourceOwner oldowner = CurrentResourceOwner;
	ErrorData *volatile error = NULL;

	BeginInternalSubTransaction(NULL);
	MemoryContextSwitchTo(oldcontext);
	PG_TRY();
	{
		SdTask *task = attempt->task;
		SdScript *script = task->script;
		TimestampTz started = GetCurrentTimestamp();
		Interval *duration;

		if (attempt->step == 0 && !run->has_document)
			sd_run_read_document(run);
		sd_run_step(run, script, &script->steps[attempt->step], NULL, NULL);
		duration = sd_interval_since(started);
		if (attempt->step > 0)
			duration = DatumGetIntervalP(DirectFunctionCall2(
				interval_pl, IntervalPGetDatum(duration),
				IntervalPGetDatum(task->version->progress_duration)));
		if (attempt->step + 1 < script->nsteps)
		{
			sd_migration_progress(task->version, "up", task->checksum,
								  attempt->step + 2, script->nsteps, duration,
								  sd_run_document_before(run));
			run->document = NULL;
			run->has_document = false;
		}
		else
		{
			task->duration = duration;
			sd_task_finish(run, task);
			sd_run_keep_document(run, task->end_version);
		}
		ReleaseCurrentSubTransaction();
	}
	PG_CATCH();
	{
		MemoryContextSwitchTo(oldcontext);
		error = CopyErrorData();
		FlushErrorState();
		RollbackAndReleaseCurrentSubTransaction();
	}
	PG_END_TRY();
	MemoryContextSwitchTo(oldcontext);
	CurrentResourceOwner = oldowner;

	if (error != NULL)
	{
		log_failure(attempt, error);
		commit();
		ReThrowError(error);
	}
}

/* What is committed. */
static void
tell(const Attempt *attempt)
{
	if (attempt->step + 1 < attempt->task->script->nsteps)
		ereport(NOTICE,
				errmsg("migration %d: step %d of %d is done",
					   attempt->task->version->number, attempt->step + 1,
					   attempt->task->script->nsteps));
	else if (attempt->task->version != NULL)
		ereport(NOTICE, errmsg("migration %d is applied: %s",
							   attempt->task->version->number,
							   attempt->task->version->description));
	else
		ereport(NOTICE, errmsg("repeatable script \"%s\" is applied",
							   attempt->task->repeatable->name));
}

static void
log_failure(const Attempt *attempt, const ErrorData *error)
{
	const SdTask *task = attempt->task;
	SdLogEntry entry = {.action = "failed",
						.sqlstate = unpack_sql_state(error->sqlerrcode),
						.message = error->message};
	SdJson details = {0};
	JsonbValue value;

	entry.version = task->version != NULL ? task->version->number : -1;
	entry.name = task->repeatable != NULL ? task->repeatable->name : NULL;
	if (error->detail != NULL)
		sd_json_add(&details, "detail", sd_json_text(error->detail));
	if (error->context != NULL)
		sd_json_add(&details, "context", sd_json_text(error->context));
	sd_json_add(&details, "step", sd_json_int64(attempt->step + 1));
	value = sd_json_object(&details);
	entry.details = JsonbValueToJsonb(&value);
	sd_migrations_log_failure(&entry);
}

/* End the transaction of the procedure, and begin another one. */
static void
commit(void)
{
	PopActiveSnapshot();
	SPI_commit();
}

/* Wait a little, without a snapshot; false if that was long enough. */
static bool
wait_for_turn(TimestampTz deadline, int *pause)
{
	if (GetCurrentTimestamp() >= deadline)
		return false;
	(void) WaitLatch(MyLatch, WL_LATCH_SET | WL_TIMEOUT | WL_EXIT_ON_PM_DEATH,
					 *pause, PG_WAIT_EXTENSION);
	ResetLatch(MyLatch);
	CHECK_FOR_INTERRUPTS();
	*pause = Min(*pause * 2, LONGEST_PAUSE);

	return true;
}
