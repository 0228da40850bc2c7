/*-------------------------------------------------------------------------
 *
 * maintenance.c
 *	  stormdisc_maintain, stormdisc_maintain_all, stormdisc_cleanup_old_data:
 *	  do what has to be done now and then.
 *	  stormdisc_maintenance_rules, stormdisc_set_retention,
 *	  stormdisc_reset_retention: what that is.
 *
 * Each rule is about one relation, and is followed in a subtransaction of its
 * own: one that fails is told, and the others go on.  A rule does no more than
 * so many rows; what is left is left to the next call.
 *
 * Nothing here is needed for safety: without it there is more to keep, and
 * rows of metrics are in the default partition.
 *
 * Rows are chosen first and then removed by their keys, by statements about one
 * port or component each, which look again whether the row is to go.
 *
 * All of it wants to see what is committed now: only transactions in READ
 * COMMITTED maintain anything.  Those that are begun here are, whatever
 * default_transaction_isolation is.
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "access/xact.h"
#include "access/xlog.h"
#include "catalog/pg_collation.h"
#include "catalog/pg_type.h"
#include "executor/spi.h"
#include "funcapi.h"
#include "miscadmin.h"
#include "nodes/parsenodes.h"
#include "storage/proc.h"
#include "utils/builtins.h"
#include "utils/fmgrprotos.h"
#include "utils/guc.h"
#include "utils/memutils.h"
#include "utils/snapmgr.h"
#include "utils/timestamp.h"
#include "utils/tuplestore.h"

#include "errors.h"
#include "lock.h"
#include "port/checkpoints.h"
#include "port/maintenance.h"
#include "port/messages.h"
#include "port/metrics.h"
#include "port/partitions.h"
#include "port/port_util.h"
#include "prune.h"
#include "spi_util.h"
#include "stormdisc.h"

PG_FUNCTION_INFO_V1(stormdisc_maintain);
PG_FUNCTION_INFO_V1(stormdisc_maintain_all);
PG_FUNCTION_INFO_V1(stormdisc_cleanup_old_data);
PG_FUNCTION_INFO_V1(stormdisc_maintenance_rules);
PG_FUNCTION_INFO_V1(stormdisc_set_retention);
PG_FUNCTION_INFO_V1(stormdisc_reset_retention);

/* a rule waits no longer for a lock, unless the caller has set another time */
#define LOCK_TIMEOUT "1s"

/* longest time that can be kept, in days: 1000 years */
#define MAX_KEEP_DAYS (1000 * DAYS_PER_YEAR)

/* a rule that has not come to its end after so many rounds is left for now */
#define MAX_ROUNDS 1000

typedef struct Rule Rule;

/* a rule that is being followed */
typedef struct Job
{
	const Rule *rule;
	const SdMaintenance *run;
	bool has_cutoff;
	TimestampTz cutoff; /* what is older goes */
	int keep_last;		/* 0: no number */
	int64 left;			/* rows that may still be removed */
	SdMaintenanceResult *result;
} Job;

struct Rule
{
	const char *name;
	const char *relation;
	const char *also; /* what goes with it, separated by one space */
	const char *action;
	const char *keep_for; /* NULL: no age by default */
	int keep_last;		  /* 0: it has none */
	bool has_age;
	void (*follow)(Job *job);
	const char *description;
};

/* statements that remove rows which are chosen by their age */
typedef struct Prune
{
	SdStatement count;	/* (cutoff) -> bigint */
	SdStatement pick;	/* (cutoff, limit) -> key, ids, number of ids */
	SdStatement remove; /* (key, ids, cutoff) */
} Prune;

static void roll_up(Job *job);
static void ensure_partitions(Job *job);
static void drain_default(Job *job);
static void drop_partitions(Job *job);
static void take_result(Job *job, SdPartitionsResult done, bool by_rows);
static void recover_restored(Job *job);
static void remove_completed(Job *job);
static void remove_dead_letters(Job *job);
static void remove_errors(Job *job);
static void remove_dedup_keys(Job *job);
static void remove_states(Job *job);
static void remove_checkpoints(Job *job);
static void remove_checkpoint_groups(Job *job);
static void remove_versions(Job *job, void (*remove)(SdPrune *prune));
static void remove_rollups(Job *job);
static void remove_late_values(Job *job);
static void remove_health(Job *job);
static void remove_sinks(Job *job);
static void remove_traces(Job *job);
static void recycle_segments(Job *job);
static void prune(Job *job, Prune *statements);
static int64 count_old(Job *job, SdStatement *count);
static bool maintain(FunctionCallInfo fcinfo, const SdMaintenance *run);
static void read_run(FunctionCallInfo fcinfo, int max_rows_arg,
					 SdMaintenance *run);
static void follow_in_subtransaction(void *arg);
static bool read_policy(Job *job);
static void put_result(ReturnSetInfo *rsinfo,
					   const SdMaintenanceResult *result);
static TimestampTz time_before(TimestampTz now, Interval *interval);
static const char *age_of(const Rule *rule);
static Interval *interval_of(const char *text);
static const Rule *rule_argument(FunctionCallInfo fcinfo);

/*
 * In this order: what takes strong locks is last, since a call that does all
 * in one transaction holds them until its end.
 */
static const Rule rules[] = {
	/* before this transaction has written anything: it waits for those that
	   have */
	{"metric_rollup", "metric_rollups", "metric_late_values", "add up", NULL, 0,
	 false, roll_up, "measurements of the hours that are over"},
	{"component_metrics_partitions", "component_metrics", NULL,
	 "create partitions", NULL, 0, false, ensure_partitions,
	 "partitions of today and the days to come"},
	{"port_metrics_partitions", "port_metric_samples", NULL,
	 "create partitions", NULL, 0, false, ensure_partitions,
	 "partitions of today and the days to come"},
	{"component_metrics_default", "component_metrics", NULL, "move", NULL, 0,
	 false, drain_default, "measurements of days that had no partition"},
	{"port_metrics_default", "port_metric_samples", NULL, "move", NULL, 0,
	 false, drain_default, "measurements of days that had no partition"},
	{"restored_messages", "messages", "message_recoveries", "recover", NULL, 0,
	 false, recover_restored,
	 "messages of which a dump had no state, once after it is restored"},
	{"completed_messages", "message_completions",
	 "messages message_errors message_redrives", "delete", "7 days", 0, true,
	 remove_completed, "completed messages, with what was sent and its errors"},
	{"dead_letters", "message_dead_letters",
	 "messages message_errors message_redrives", "delete", "90 days", 0, true,
	 remove_dead_letters, "dead letters, with what was sent and its errors"},
	{"message_errors", "message_errors", NULL, "delete", "30 days", 0, true,
	 remove_errors, "errors of messages that are not completed"},
	{"dedup_keys", "message_dedup", NULL, "delete", "0", 0, true,
	 remove_dedup_keys,
	 "keys of messages whose window has ended, counted from its end"},
	{"component_states", "component_versions", "component_payloads", "delete",
	 NULL, 100, true, remove_states,
	 "versions of the states of components, of each the last ones are kept"},
	{"checkpoints", "checkpoints", "checkpoint_names", "delete", NULL, 10, true,
	 remove_checkpoints,
	 "versions of checkpoints, of each the last ones are kept; and those that "
	 "have expired"},
	{"checkpoint_groups", "checkpoint_groups", "checkpoint_group_parts",
	 "delete", "1 day", 0, true, remove_checkpoint_groups,
	 "groups of checkpoints that nobody has committed"},
	{"metric_rollups", "metric_rollups", NULL, "delete", "400 days", 0, true,
	 remove_rollups, "sums of measurements by the hour"},
	{"metric_late_values", "metric_late_values", NULL, "delete", "400 days", 0,
	 true, remove_late_values,
	 "measurements that came too late and were never added to their hour"},
	{"health_history", "health_history", NULL, "delete", "90 days", 0, true,
	 remove_health, "changes of the health of components"},
	{"sinks", "sink_storage", NULL, "delete", NULL, 0, true, remove_sinks,
	 "what sinks have written, by its last change; all is kept by default"},
	/* its age is that of a setting */
	{"traces", "events", "edge_store root_store", "delete", "168 hours", 0,
	 true, remove_traces,
	 "whole traces, by their newest event; stormdisc.retention_hours is the "
	 "default"},
	{"queue_segments", "message_ready", "message_leases message_waiting",
	 "truncate", NULL, 0, false, recycle_segments,
	 "segments of queues that all messages have left"},
	{"component_metrics", "component_metrics", NULL, "drop partitions",
	 "30 days", 0, true, drop_partitions, "measurements of components"},
	{"port_metrics", "port_metric_samples", NULL, "drop partitions", "30 days",
	 0, true, drop_partitions, "measurements of ports"},
};

static SdStatement select_policy = {
	.sql = "SELECT keep_for, keep_last, is_enabled "
		   "FROM stormdisc.retention_settings "
		   "WHERE rule OPERATOR(pg_catalog.=) $1",
	.nparameters = 1,
	.types = {TEXTOID},
};

static SdStatement upsert_policy = {
	.sql = "INSERT INTO stormdisc.retention_settings "
		   "(rule, keep_for, keep_last, is_enabled, changed_at, changed_by) "
		   "VALUES ($1, $2, $3, $4, $5, $6) "
		   "ON CONFLICT (rule) DO UPDATE SET keep_for = EXCLUDED.keep_for, "
		   "keep_last = EXCLUDED.keep_last, is_enabled = EXCLUDED.is_enabled, "
		   "changed_at = EXCLUDED.changed_at, "
		   "changed_by = EXCLUDED.changed_by",
	.nparameters = 6,
	.types = {TEXTOID, INTERVALOID, INT4OID, BOOLOID, TIMESTAMPTZOID, TEXTOID},
};

static SdStatement delete_policy = {
	.sql = "DELETE FROM stormdisc.retention_settings "
		   "WHERE rule OPERATOR(pg_catalog.=) $1",
	.nparameters = 1,
	.types = {TEXTOID},
};

/* a port at a time, along the index */
static SdStatement pick_completions = {
	.sql = "SELECT p.port_name, c.completed_at, "
		   "pg_catalog.cardinality(c.ids)::bigint "
		   "FROM stormdisc.ports p, LATERAL ("
		   "SELECT m.completed_at, m.ids FROM stormdisc.message_completions m "
		   "WHERE m.port_name OPERATOR(pg_catalog.=) p.port_name "
		   "AND m.completed_at OPERATOR(pg_catalog.<) $1 "
		   "ORDER BY m.completed_at LIMIT $2) c "
		   "ORDER BY p.port_name, c.completed_at LIMIT $2",
	.nparameters = 2,
	.types = {TIMESTAMPTZOID, INT8OID},
};

static SdStatement count_completions = {
	.sql = "SELECT coalesce(pg_catalog.sum(pg_catalog.cardinality(m.ids)), "
		   "0)::bigint FROM stormdisc.message_completions m "
		   "WHERE m.completed_at OPERATOR(pg_catalog.<) $1",
	.nparameters = 1,
	.types = {TIMESTAMPTZOID},
};

/* what is left of the messages of a CTE that has their numbers */
#define FORGET(ids)                                                                            \
	"redrives AS (DELETE FROM stormdisc.message_redrives r "                                   \
	"WHERE r." SD_ROWS_OF(                                                                     \
		ids,                                                                                   \
		"message_redrives") "), "                                                              \
							"errors AS (DELETE FROM stormdisc.message_errors e "               \
							"WHERE e." SD_ROWS_OF(                                             \
								ids,                                                           \
								"message_errors") "), "                                        \
												  "sent AS (DELETE FROM stormdisc.messages m " \
												  "WHERE m." SD_ROWS_OF(                       \
													  ids, "messages") ") "

static SdStatement delete_completions = {
	.sql = "WITH gone AS (DELETE FROM stormdisc.message_completions c "
		   "WHERE c.port_name OPERATOR(pg_catalog.=) $1 "
		   "AND c.completed_at OPERATOR(pg_catalog.<=) $2 RETURNING c.ids), "
		   "ids AS MATERIALIZED "
		   "(SELECT pg_catalog.unnest(g.ids) AS id FROM gone g), " FORGET(
			   "ids") "SELECT pg_catalog.count(*) FROM ids",
	.nparameters = 2,
	.types = {TEXTOID, TIMESTAMPTZOID},
};

/* rows by age: count them, pick some by their owner and key, remove these */
#define COUNT_OLD(table, time)                                                 \
	{                                                                          \
		.sql = "SELECT pg_catalog.count(*) FROM stormdisc." table " t "        \
			   "WHERE t." time " OPERATOR(pg_catalog.<) $1",                   \
		.nparameters = 1, .types = {TIMESTAMPTZOID},                           \
	}

#define PICK_OLD(table, owner, key, time)                                      \
	{                                                                          \
		.sql = "SELECT o." owner ", pg_catalog.array_agg(o." key ") FROM "     \
			   "(SELECT t." owner ", t." key " FROM stormdisc." table " t "    \
			   "WHERE t." time " OPERATOR(pg_catalog.<) $1 LIMIT $2) o "       \
			   "GROUP BY o." owner,                                            \
		.nparameters = 2, .types = {TIMESTAMPTZOID, INT8OID},                  \
	}

#define DELETE_OLD(table, owner, key, time)                                    \
	"DELETE FROM stormdisc." table " t "                                       \
	"WHERE t." owner " OPERATOR(pg_catalog.=) $1 "                             \
	"AND t." key " OPERATOR(pg_catalog.=) ANY ($2) "                           \
	"AND t." time " OPERATOR(pg_catalog.<) $3"

#define PRUNE_OLD(table, owner, key, key_array, time)                          \
	{                                                                          \
		.count = COUNT_OLD(table, time),                                       \
		.pick = PICK_OLD(table, owner, key, time),                             \
		.remove = {.sql = DELETE_OLD(table, owner, key, time),                 \
				   .nparameters = 3,                                           \
				   .types = {TEXTOID, key_array, TIMESTAMPTZOID}},             \
	}

static Prune dead_letters = {
	.count = COUNT_OLD("message_dead_letters", "died_at"),
	.pick = PICK_OLD("message_dead_letters", "port_name", "id", "died_at"),
	.remove =
		{.sql = "WITH gone AS (" DELETE_OLD(
			 "message_dead_letters", "port_name", "id",
			 "died_at") " RETURNING t.id), " FORGET("gone") "SELECT FROM gone",
		 .nparameters = 3,
		 .types = {TEXTOID, INT8ARRAYOID, TIMESTAMPTZOID}},
};

static Prune errors =
	PRUNE_OLD("message_errors", "port_name", "id", INT8ARRAYOID, "failed_at");
static Prune dedup_keys = PRUNE_OLD("message_dedup", "port_name", "dedup_key",
									TEXTARRAYOID, "expires_at");
static Prune rollups = PRUNE_OLD("metric_rollups", "component_name", "hour",
								 TIMESTAMPTZARRAYOID, "hour");
static Prune late_values = PRUNE_OLD("metric_late_values", "component_name",
									 "hour", TIMESTAMPTZARRAYOID, "hour");
static Prune health = PRUNE_OLD("health_history", "component_name", "change",
								INT8ARRAYOID, "changed_at");
static Prune sinks = PRUNE_OLD("sink_storage", "sink_name", "sink_key",
							   TEXTARRAYOID, "updated_at");

static SdStatement select_rolled_up = {
	.sql = "SELECT s.rolled_up_to FROM stormdisc.metric_rollup_state s "
		   "WHERE s.table_name OPERATOR(pg_catalog.=) $1 AND NOT EXISTS ("
		   "SELECT FROM stormdisc.retention_settings r "
		   "WHERE r.rule OPERATOR(pg_catalog.=) 'metric_rollup' "
		   "AND NOT r.is_enabled)",
	.nparameters = 1,
	.types = {TEXTOID},
};

/*
 * stormdisc_maintain(dry_run, max_rows) -> setof row
 *		Follow every rule, in this transaction; one row for each.
 */
Datum
stormdisc_maintain(PG_FUNCTION_ARGS)
{
	SdMaintenance run;

	read_run(fcinfo, 1, &run);
	run.dry_run = DatumGetBool(sd_argument_required(fcinfo, 0, "dry_run"));
	InitMaterializedSRF(fcinfo, 0);
	(void) maintain(fcinfo, &run);

	return (Datum) 0;
}

/*
 * stormdisc_cleanup_old_data() -> void
 *		Likewise; what fails is a warning.
 */
Datum
stormdisc_cleanup_old_data(PG_FUNCTION_ARGS)
{
	SdMaintenance run = {.now = GetCurrentTimestamp(),
						 .max_rows = SD_MAINTENANCE_ROWS};

	(void) maintain(NULL, &run);

	PG_RETURN_VOID();
}

/*
 * CALL stormdisc_maintain_all(max_rows)
 *		Follow every rule until there is nothing left to do, max_rows at a
 *		time, each in a transaction of its own.
 */
Datum
stormdisc_maintain_all(PG_FUNCTION_ARGS)
{
	SdMaintenance run;

	read_run(fcinfo, 0, &run);
	if (fcinfo->context == NULL || !IsA(fcinfo->context, CallContext) ||
		castNode(CallContext, fcinfo->context)->atomic)
		ereport(ERROR, errcode(ERRCODE_INVALID_TRANSACTION_TERMINATION),
				errmsg("stormdisc_maintain_all() cannot run in a transaction "
					   "block"),
				errdetail("It commits after each rule."),
				errhint("stormdisc_maintain() can."));

	if (SPI_connect_ext(SPI_OPT_NONATOMIC) != SPI_OK_CONNECT)
		elog(ERROR, "could not connect to SPI");
	/* the one that the caller has begun may have a snapshot, to be kept */
	if (IsolationUsesXactSnapshot())
		SPI_commit();
	for (int i = 0; i < sd_maintenance_rules(); i++)
	{
		SdMaintenanceResult result = {.is_done = false};

		for (int round = 0; round < MAX_ROUNDS && !result.is_done; round++)
		{
			const char *reason;

			CHECK_FOR_INTERRUPTS();
			PushActiveSnapshot(sd_maintenance_snapshot());
			reason = sd_maintenance_begin();
			if (reason != NULL)
			{
				ereport(NOTICE, errmsg("nothing is maintained: %s", reason));
				PopActiveSnapshot();
				SPI_finish();
				PG_RETURN_NULL();
			}
			run.now = GetCurrentTimestamp();
			sd_maintenance_run(&run, i, &result);
			if (result.is_failed)
				ereport(WARNING, errcode(result.sqlstate),
						errmsg("rule \"%s\" failed: %s", result.rule,
							   result.message));
			PopActiveSnapshot();
			SPI_commit();
			/* what could not be done now is for another call */
			if (result.is_failed || !result.is_moving)
				break;
		}
	}
	SPI_finish();

	PG_RETURN_NULL();
}

/*
 * stormdisc_maintenance_rules() -> setof row
 *		The rules that are built in.
 */
Datum
stormdisc_maintenance_rules(PG_FUNCTION_ARGS)
{
	ReturnSetInfo *rsinfo = (ReturnSetInfo *) fcinfo->resultinfo;

	InitMaterializedSRF(fcinfo, 0);
	for (int i = 0; i < lengthof(rules); i++)
	{
		const Rule *rule = &rules[i];
		Datum values[9] = {0};
		bool nulls[9] = {false};

		values[0] = CStringGetTextDatum(rule->name);
		values[1] = CStringGetTextDatum(rule->relation);
		values[2] =
			rule->also == NULL
				? PointerGetDatum(construct_empty_array(TEXTOID))
				: DirectFunctionCall2Coll(text_to_array, C_COLLATION_OID,
										  CStringGetTextDatum(rule->also),
										  CStringGetTextDatum(" "));
		values[3] = CStringGetTextDatum(rule->action);
		nulls[4] = rule->keep_for == NULL;
		if (!nulls[4])
			values[4] = IntervalPGetDatum(interval_of(age_of(rule)));
		nulls[5] = rule->keep_last == 0;
		values[5] = Int32GetDatum(rule->keep_last);
		values[6] = BoolGetDatum(rule->has_age);
		values[7] = BoolGetDatum(rule->keep_last > 0);
		values[8] = CStringGetTextDatum(rule->description);
		tuplestore_putvalues(rsinfo->setResult, rsinfo->setDesc, values, nulls);
	}

	return (Datum) 0;
}

/*
 * stormdisc_set_retention(rule, keep_for, keep_last, is_enabled) -> void
 *		Change a rule.
 */
Datum
stormdisc_set_retention(PG_FUNCTION_ARGS)
{
	const Rule *rule;
	Datum values[6];
	bool nulls[6] = {false};
	SdSpi spi;

	PreventCommandIfReadOnly("stormdisc_set_retention()");
	rule = rule_argument(fcinfo);
	values[3] = sd_argument_required(fcinfo, 3, "is_enabled");
	values[0] = CStringGetTextDatum(rule->name);
	nulls[1] = PG_ARGISNULL(1);
	values[1] = nulls[1] ? (Datum) 0 : PG_GETARG_DATUM(1);
	nulls[2] = PG_ARGISNULL(2);
	values[2] = nulls[2] ? (Datum) 0 : PG_GETARG_DATUM(2);
	values[4] = TimestampTzGetDatum(GetCurrentTimestamp());
	values[5] = CStringGetTextDatum(GetUserNameFromId(GetUserId(), false));

	if (!nulls[1])
	{
		Interval *keep_for = DatumGetIntervalP(values[1]);
		double days = keep_for->month * DAYS_PER_YEAR / 12 + keep_for->day +
					  (double) keep_for->time / USECS_PER_DAY;

		if (!rule->has_age)
			ereport(ERROR, errcode(ERRCODE_INVALID_PARAMETER_VALUE),
					errmsg("rule \"%s\" does not go by age", rule->name));
		if (days < 0 || days > MAX_KEEP_DAYS || keep_for->month < 0 ||
			keep_for->day < 0 || keep_for->time < 0)
			ereport(ERROR, errcode(ERRCODE_INVALID_PARAMETER_VALUE),
					errmsg("argument \"%s\" must be from 0 to 1000 years",
						   "keep_for"),
					errhint("NULL removes nothing for its age."));
	}
	if (!nulls[2])
	{
		if (rule->keep_last == 0)
			ereport(ERROR, errcode(ERRCODE_INVALID_PARAMETER_VALUE),
					errmsg("rule \"%s\" does not go by number", rule->name));
		if (DatumGetInt32(values[2]) < 1)
			ereport(ERROR, errcode(ERRCODE_INVALID_PARAMETER_VALUE),
					errmsg("argument \"%s\" must be at least 1", "keep_last"),
					errhint("NULL removes nothing for its number."));
	}

	sd_spi_begin(&spi, true);
	(void) sd_spi_write(&upsert_policy, values, nulls);
	sd_spi_end(&spi);

	PG_RETURN_VOID();
}

/*
 * stormdisc_reset_retention(rule) -> boolean
 *		Let a rule be as it is built in; was it not?
 */
Datum
stormdisc_reset_retention(PG_FUNCTION_ARGS)
{
	Datum values[1];
	uint64 found;
	SdSpi spi;

	PreventCommandIfReadOnly("stormdisc_reset_retention()");
	values[0] = CStringGetTextDatum(rule_argument(fcinfo)->name);
	sd_spi_begin(&spi, true);
	found = sd_spi_write(&delete_policy, values, NULL);
	sd_spi_end(&spi);

	PG_RETURN_BOOL(found > 0);
}

static const Rule *
rule_argument(FunctionCallInfo fcinfo)
{
	const char *name =
		TextDatumGetCString(sd_argument_required(fcinfo, 0, "rule"));

	for (int i = 0; i < lengthof(rules); i++)
		if (strcmp(rules[i].name, name) == 0)
			return &rules[i];

	ereport(ERROR, errcode(ERRCODE_UNDEFINED_OBJECT),
			errmsg("rule \"%s\" does not exist", name),
			errhint("The view stormdisc.retention_policies has those that "
					"do."));
}

static void
read_run(FunctionCallInfo fcinfo, int max_rows_arg, SdMaintenance *run)
{
	run->now = GetCurrentTimestamp();
	run->dry_run = false;
	run->max_rows =
		DatumGetInt64(sd_argument_required(fcinfo, max_rows_arg, "max_rows"));
	if (run->max_rows < 1)
		ereport(ERROR, errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				errmsg("argument \"%s\" must be at least 1", "max_rows"));
}

/*
 * Follow every rule.  Results are rows of the caller's, or warnings if fcinfo
 * is NULL.
 */
static bool
maintain(FunctionCallInfo fcinfo, const SdMaintenance *run)
{
	ReturnSetInfo *rsinfo =
		fcinfo == NULL ? NULL : (ReturnSetInfo *) fcinfo->resultinfo;
	const char *reason = sd_maintenance_begin();

	if (reason != NULL)
	{
		SdMaintenanceResult result = {
			.rule = "all", .action = "none", .message = reason};

		if (rsinfo != NULL)
			put_result(rsinfo, &result);
		else
			ereport(NOTICE, errmsg("nothing is maintained: %s", reason));
		return false;
	}

	for (int i = 0; i < lengthof(rules); i++)
	{
		SdMaintenanceResult result;

		CHECK_FOR_INTERRUPTS();
		sd_maintenance_run(run, i, &result);
		if (rsinfo != NULL)
			put_result(rsinfo, &result);
		else if (result.is_failed)
			ereport(
				WARNING, errcode(result.sqlstate),
				errmsg("rule \"%s\" failed: %s", result.rule, result.message));
	}

	return true;
}

/*
 * sd_maintenance_begin
 *		Is it this session's turn, until the end of the transaction?
 *
 * Returns NULL if it is, or why it is not; it never waits.
 */
const char *
sd_maintenance_begin(void)
{
	if (RecoveryInProgress())
		return "the server is a standby";
	if (XactReadOnly)
		return "the transaction is read-only";
	if (IsolationUsesXactSnapshot())
		return "the transaction is not in READ COMMITTED";
	PreventCommandIfParallelMode("maintenance");
	if (!sd_lock_hash(SD_LOCK_MAINTENANCE, 0))
		return "another session is at it";

	return NULL;
}

/*
 * sd_maintenance_snapshot
 *		The snapshot of a transaction that is just begun, to maintain in.
 */
Snapshot
sd_maintenance_snapshot(void)
{
	XactIsoLevel = XACT_READ_COMMITTED;

	return GetTransactionSnapshot();
}

/*
 * sd_maintenance_rules
 *		How many rules there are.
 */
int
sd_maintenance_rules(void)
{
	return lengthof(rules);
}

/*
 * sd_maintenance_rule_name
 *		The name of a rule, counted from 0.
 */
const char *
sd_maintenance_rule_name(int rule)
{
	return rules[rule].name;
}

/*
 * sd_maintenance_run
 *		Follow a rule, counted from 0.
 *
 * An error of its own is in the result.  Others, such as a cancel, are raised.
 */
void
sd_maintenance_run(const SdMaintenance *run, int rule,
				   SdMaintenanceResult *result)
{
	Job job = {.rule = &rules[rule],
			   .run = run,
			   .left = run->max_rows,
			   .result = result};
	ErrorData *error;

	memset(result, 0, sizeof(*result));
	result->rule = rules[rule].name;
	result->relation = rules[rule].relation;
	result->action = rules[rule].action;
	result->is_done = true;

	error = sd_try(follow_in_subtransaction, &job);
	if (result->rows > 0)
		result->is_moving = true;
	if (error != NULL)
	{
		result->rows = 0;
		result->is_done = false;
		result->is_failed = true;
		result->sqlstate = error->sqlerrcode;
		result->message = error->message;
	}
}

static void
follow_in_subtransaction(void *arg)
{
	Job *job = arg;
	int settings_level = NewGUCNestLevel();

	if (!read_policy(job))
	{
		job->result->action = "none";
		job->result->message = "the rule is not enabled";
	}
	/* what has expired by itself goes all the same */
	else if (job->rule->has_age && !job->has_cutoff && job->keep_last == 0 &&
			 job->rule->follow != remove_checkpoints)
	{
		job->result->action = "none";
		job->result->message = "everything is kept";
	}
	else
	{
		if (LockTimeout == 0)
			(void) set_config_option("lock_timeout", LOCK_TIMEOUT, PGC_USERSET,
									 PGC_S_SESSION, GUC_ACTION_SAVE, true, 0,
									 false);
		job->rule->follow(job);
	}
	AtEOXact_GUC(true, settings_level);
}

/* What is set for the rule, or built in; is it to be followed? */
static bool
read_policy(Job *job)
{
	const Rule *rule = job->rule;
	Datum arguments[] = {CStringGetTextDatum(rule->name)};
	bool is_enabled = true;
	SdSpi spi;

	sd_spi_begin(&spi, true);
	if (sd_spi_write(&select_policy, arguments, NULL) > 0)
	{
		bool isnull;
		Datum value = sd_result(0, 1, &isnull);

		job->has_cutoff = !isnull && rule->has_age;
		if (job->has_cutoff)
			job->cutoff = time_before(job->run->now, DatumGetIntervalP(value));
		value = sd_result(0, 2, &isnull);
		job->keep_last = isnull ? 0 : DatumGetInt32(value);
		is_enabled = DatumGetBool(sd_result(0, 3, NULL));
	}
	else
	{
		job->has_cutoff = rule->keep_for != NULL;
		if (job->has_cutoff)
			job->cutoff = time_before(job->run->now, interval_of(age_of(rule)));
		job->keep_last = rule->keep_last;
	}
	sd_spi_end(&spi);

	return is_enabled;
}

static void
put_result(ReturnSetInfo *rsinfo, const SdMaintenanceResult *result)
{
	Datum values[7] = {0};
	bool nulls[7] = {false};

	values[0] = CStringGetTextDatum(result->rule);
	nulls[1] = result->relation == NULL;
	if (!nulls[1])
		values[1] = CStringGetTextDatum(result->relation);
	values[2] = CStringGetTextDatum(result->action);
	values[3] = Int64GetDatum(result->rows);
	values[4] = BoolGetDatum(result->is_done);
	nulls[5] = !result->is_failed;
	if (!nulls[5])
		values[5] = CStringGetTextDatum(unpack_sql_state(result->sqlstate));
	nulls[6] = result->message == NULL;
	if (!nulls[6])
		values[6] = CStringGetTextDatum(result->message);
	tuplestore_putvalues(rsinfo->setResult, rsinfo->setDesc, values, nulls);
}

/* The rows of a completion go with it, and with nothing else. */
static void
remove_completed(Job *job)
{
	Datum values[2] = {TimestampTzGetDatum(job->cutoff)};
	SPITupleTable *table;
	uint64 found;
	SdSpi spi;

	sd_spi_begin(&spi, true);
	if (job->run->dry_run)
	{
		job->result->rows = count_old(job, &count_completions);
		sd_spi_end(&spi);
		return;
	}

	/* a row of it is one message at least */
	values[1] = Int64GetDatum(job->left);
	found = sd_spi_write(&pick_completions, values, NULL);
	table = SPI_tuptable;
	for (uint64 i = 0; i < found;)
	{
		Datum port = sd_result(i, 1, NULL);
		Datum until = 0;
		Datum arguments[2];
		uint64 first = i;

		CHECK_FOR_INTERRUPTS();
		while (i < found && job->left > 0 &&
			   (i == first ||
				DatumGetBool(DirectFunctionCall2Coll(
					texteq, C_COLLATION_OID, sd_result(i, 1, NULL), port))))
		{
			until = sd_result(i, 2, NULL);
			job->left -= DatumGetInt64(sd_result(i, 3, NULL));
			i++;
		}
		if (i == first)
			break;
		arguments[0] = port;
		arguments[1] = until;
		(void) sd_spi_write(&delete_completions, arguments, NULL);
		job->result->rows += DatumGetInt64(sd_result(0, 1, NULL));
		SPI_freetuptable(SPI_tuptable);
		SPI_tuptable = table;
	}
	job->result->is_done = job->left > 0;
	sd_spi_end(&spi);
}

static void
roll_up(Job *job)
{
	SdRollup done;

	if (job->run->dry_run)
		return;
	done = sd_metrics_rollup(job->run->now);
	job->result->rows = done.hours + done.late;
	job->result->is_done = done.done;
	if (!done.done)
		job->result->message =
			"a transaction that may have written measurements is not finished";
}

/* Once in a database that is made of a dump, or looks as if it were. */
static void
recover_restored(Job *job)
{
	job->result->rows = sd_messages_recover_restored(
		job->left, job->run->dry_run, &job->result->is_done,
		&job->result->message);
}

/* Today's partitions, and those of the days to come. */
static void
ensure_partitions(Job *job)
{
	take_result(job,
				sd_partitions_ensure(job->rule->relation, job->run->now,
									 job->run->dry_run),
				false);
}

static void
drain_default(Job *job)
{
	take_result(job,
				sd_partitions_drain_default(job->rule->relation, job->run->now,
											job->left, job->run->dry_run),
				true);
}

/* What is not added up yet is still needed. */
static void
drop_partitions(Job *job)
{
	Datum values[] = {CStringGetTextDatum(job->rule->relation)};
	TimestampTz before = job->cutoff;
	SdSpi spi;

	sd_spi_begin(&spi, true);
	if (sd_spi_write(&select_rolled_up, values, NULL) > 0)
		before = Min(before, DatumGetTimestampTz(sd_result(0, 1, NULL)));
	sd_spi_end(&spi);

	take_result(job,
				sd_partitions_drop_older(job->rule->relation, before,
										 job->run->now, job->left,
										 job->run->dry_run),
				false);
}

/* Count rows or partitions, and say how many there were of the others. */
static void
take_result(Job *job, SdPartitionsResult done, bool by_rows)
{
	job->result->rows = by_rows ? Max(done.rows, 0) : done.partitions;
	job->result->is_done = done.done;
	job->result->is_moving = done.partitions > 0 || done.rows > 0;
	job->result->message = done.message;
	if (done.message == NULL && !by_rows && done.rows > 0)
		job->result->message = psprintf(
			"and " INT64_FORMAT " rows of the default partition", done.rows);
}

static void
remove_states(Job *job)
{
	remove_versions(job, sd_component_state_prune);
}

static void
remove_checkpoints(Job *job)
{
	remove_versions(job, sd_checkpoints_prune);
}

static void
remove_checkpoint_groups(Job *job)
{
	remove_versions(job, sd_checkpoint_groups_prune);
}

static void
remove_versions(Job *job, void (*remove)(SdPrune *prune))
{
	SdPrune prune = {.keep = job->keep_last,
					 .older_than = job->has_cutoff ? job->cutoff : DT_NOBEGIN,
					 .max_rows = job->left,
					 .dry_run = job->run->dry_run};

	remove(&prune);
	job->result->rows = prune.rows;
	job->result->is_done = prune.done;
}

static void
remove_rollups(Job *job)
{
	prune(job, &rollups);
}

static void
remove_late_values(Job *job)
{
	prune(job, &late_values);
}

static void
remove_health(Job *job)
{
	prune(job, &health);
}

static void
remove_sinks(Job *job)
{
	prune(job, &sinks);
}

static void
remove_traces(Job *job)
{
	remove_versions(job, sd_traces_prune);
}

/* What is in them has moved on, or is moved now. */
static void
recycle_segments(Job *job)
{
	if (!job->run->dry_run && sd_segments_recycle())
		job->result->rows = 1;
}

static void
remove_dead_letters(Job *job)
{
	prune(job, &dead_letters);
}

static void
remove_errors(Job *job)
{
	prune(job, &errors);
}

static void
remove_dedup_keys(Job *job)
{
	prune(job, &dedup_keys);
}

/* Choose rows by their age, and remove them by their keys. */
static void
prune(Job *job, Prune *statements)
{
	Datum values[2] = {TimestampTzGetDatum(job->cutoff)};
	SPITupleTable *table;
	uint64 found;
	SdSpi spi;

	sd_spi_begin(&spi, true);
	if (job->run->dry_run)
	{
		job->result->rows = count_old(job, &statements->count);
		sd_spi_end(&spi);
		return;
	}

	values[1] = Int64GetDatum(job->left);
	found = sd_spi_write(&statements->pick, values, NULL);
	table = SPI_tuptable;
	for (uint64 i = 0; i < found; i++)
	{
		Datum arguments[] = {sd_result(i, 1, NULL), sd_result(i, 2, NULL),
							 values[0]};

		CHECK_FOR_INTERRUPTS();
		job->result->rows += sd_spi_write(&statements->remove, arguments, NULL);
		SPI_tuptable = table;
	}
	job->result->is_done = job->result->rows < job->left;
	sd_spi_end(&spi);
}

static int64
count_old(Job *job, SdStatement *count)
{
	Datum values[] = {TimestampTzGetDatum(job->cutoff)};

	if (sd_spi_write(count, values, NULL) != 1)
		elog(ERROR, "unexpected number of rows");
	job->result->is_done = DatumGetInt64(sd_result(0, 1, NULL)) <= job->left;

	return DatumGetInt64(sd_result(0, 1, NULL));
}

/* The time that long before, by the calendar of UTC. */
static TimestampTz
time_before(TimestampTz now, Interval *interval)
{
	return DatumGetTimestamp(DirectFunctionCall2(timestamp_mi_interval,
												 TimestampGetDatum(now),
												 IntervalPGetDatum(interval)));
}

/* How long a rule keeps rows, unless somebody has changed it. */
static const char *
age_of(const Rule *rule)
{
	if (rule->follow == remove_traces)
		return psprintf("%d hours", sd_setting_retention_hours);

	return rule->keep_for;
}

static Interval *
interval_of(const char *text)
{
	return DatumGetIntervalP(
		DirectFunctionCall3(interval_in, CStringGetDatum(text),
							ObjectIdGetDatum(InvalidOid), Int32GetDatum(-1)));
}
