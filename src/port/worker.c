/*-------------------------------------------------------------------------
 *
 * worker.c
 *	  The background worker that maintains a database, for those who want one.
 *
 * There is one for each database in stormdisc.maintenance_database, if the
 * library is in shared_preload_libraries.  A standby has none until it is
 * promoted.  Rules run as they do in stormdisc_maintain_all(): each in a
 * transaction of its own, its statements with the rights of the extension's
 * owner.  A database without the extension is looked at again later.
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "access/xact.h"
#include "commands/extension.h"
#include "libpq/pqsignal.h"
#include "miscadmin.h"
#include "pgstat.h"
#include "postmaster/bgworker.h"
#include "postmaster/interrupt.h"
#include "storage/ipc.h"
#include "storage/latch.h"
#include "tcop/tcopprot.h"
#include "utils/guc.h"
#include "utils/memutils.h"
#include "utils/snapmgr.h"
#include "utils/timestamp.h"
#include "utils/varlena.h"
#include "utils/wait_event.h"

#include "port/maintenance.h"

/* after an error the worker is started again, in so many seconds */
#define RESTART_TIME 10

/* as in stormdisc_maintain_all() */
#define MAX_ROUNDS 1000

extern PGDLLEXPORT void sd_worker_main(Datum arg);

static char *maintenance_database = NULL;
static int maintenance_interval = 60;

static bool check_databases(char **newval, void **extra, GucSource source);
static void register_workers(void);
static void read_settings(void);
static void maintain(void);
static bool run_rule(int rule);

/*
 * sd_worker_init
 *		Define the settings, and register the workers if that is still
 *		possible.
 */
void
sd_worker_init(void)
{
	/* only when the server starts can they be registered */
	bool is_preloaded = process_shared_preload_libraries_in_progress;

	DefineCustomStringVariable(
		"stormdisc.maintenance_database",
		"Databases that a background worker maintains.",
		"A string that lists names, separated by commas.  It needs stormdisc in shared_preload_libraries.",
		&maintenance_database, "", is_preloaded ? PGC_POSTMASTER : PGC_SIGHUP,
		0, check_databases, NULL, NULL);

	DefineCustomIntVariable(
		"stormdisc.maintenance_interval",
		"Time between the starts of two runs of a background worker.", NULL,
		&maintenance_interval, 60, 1, 86400, PGC_SIGHUP, GUC_UNIT_S, NULL, NULL,
		NULL);

	if (is_preloaded)
		register_workers();
}

static bool
check_databases(char **newval, void **extra, GucSource source)
{
	List *names;
	ListCell *lc;

	if (!SplitGUCList(pstrdup(*newval), ',', &names))
	{
		GUC_check_errdetail("List syntax is invalid.");
		return false;
	}
	foreach (lc, names)
	{
		if (strlen(lfirst(lc)) >= NAMEDATALEN)
		{
			GUC_check_errdetail("The name \"%s\" is too long.",
								(char *) lfirst(lc));
			return false;
		}
	}

	return true;
}

static void
register_workers(void)
{
	List *names;
	ListCell *lc;

	if (maintenance_database == NULL ||
		!SplitGUCList(pstrdup(maintenance_database), ',', &names))
		return;

	foreach (lc, names)
	{
		BackgroundWorker worker = {0};

		snprintf(worker.bgw_name, BGW_MAXLEN, "stormdisc maintenance of %s",
				 (char *) lfirst(lc));
		strlcpy(worker.bgw_type, "stormdisc maintenance", BGW_MAXLEN);
		worker.bgw_flags =
			BGWORKER_SHMEM_ACCESS | BGWORKER_BACKEND_DATABASE_CONNECTION;
		worker.bgw_start_time = BgWorkerStart_RecoveryFinished;
		worker.bgw_restart_time = RESTART_TIME;
		strlcpy(worker.bgw_library_name, "stormdisc",
				sizeof(worker.bgw_library_name));
		strlcpy(worker.bgw_function_name, "sd_worker_main",
				sizeof(worker.bgw_function_name));
		strlcpy(worker.bgw_extra, lfirst(lc), BGW_EXTRALEN);
		RegisterBackgroundWorker(&worker);
	}
}

/*
 * sd_worker_main
 *		Maintain a database until the server, or somebody, says stop.
 */
void
sd_worker_main(Datum arg)
{
	pqsignal(SIGHUP, SignalHandlerForConfigReload);
	pqsignal(SIGTERM, die);
	BackgroundWorkerUnblockSignals();
	BackgroundWorkerInitializeConnection(MyBgworkerEntry->bgw_extra, NULL, 0);

	for (;;)
	{
		TimestampTz started = GetCurrentTimestamp();
		long pause;

		read_settings();
		maintain();

		/* the interval may be changed meanwhile */
		while ((pause = TimestampDifferenceMilliseconds(
					GetCurrentTimestamp(),
					TimestampTzPlusMilliseconds(
						started, maintenance_interval * INT64CONST(1000)))) > 0)
		{
			(void) WaitLatch(MyLatch,
							 WL_LATCH_SET | WL_TIMEOUT | WL_EXIT_ON_PM_DEATH,
							 pause, PG_WAIT_EXTENSION);
			ResetLatch(MyLatch);
			CHECK_FOR_INTERRUPTS();
			read_settings();
		}
		CHECK_FOR_INTERRUPTS();
	}
}

/* Somebody may have changed them. */
static void
read_settings(void)
{
	if (ConfigReloadPending)
	{
		ConfigReloadPending = false;
		ProcessConfigFile(PGC_SIGHUP);
	}
}

/* Follow every rule to its end. */
static void
maintain(void)
{
	for (int i = 0; i < sd_maintenance_rules(); i++)
		for (int round = 0; round < MAX_ROUNDS; round++)
		{
			CHECK_FOR_INTERRUPTS();
			if (!run_rule(i))
				break;
		}
}

/* Follow a rule, in a transaction; is there more to do now? */
static bool
run_rule(int rule)
{
	SdMaintenance run = {.max_rows = SD_MAINTENANCE_ROWS};
	SdMaintenanceResult result = {.is_done = true};

	SetCurrentStatementStartTimestamp();
	StartTransactionCommand();
	PushActiveSnapshot(sd_maintenance_snapshot());
	if (OidIsValid(get_extension_oid("stormdisc", true)) &&
		sd_maintenance_begin() == NULL)
	{
		pgstat_report_activity(STATE_RUNNING, sd_maintenance_rule_name(rule));
		run.now = GetCurrentTimestamp();
		sd_maintenance_run(&run, rule, &result);
		if (result.is_failed)
			ereport(
				WARNING, errcode(result.sqlstate),
				errmsg("rule \"%s\" failed: %s", result.rule, result.message));
	}
	PopActiveSnapshot();
	CommitTransactionCommand();
	(void) pgstat_report_stat(true);
	pgstat_report_activity(STATE_IDLE, NULL);

	return !result.is_done && !result.is_failed && result.is_moving;
}
