/*-------------------------------------------------------------------------
 *
 * schedule.c
 *	  stormdisc_schedule_maintenance, stormdisc_unschedule_maintenance: a job
 *	  of pg_cron that maintains this database.
 *
 * pg_cron's functions are called with the rights of the caller, who then owns
 * the job.
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "access/xact.h"
#include "catalog/pg_type.h"
#include "commands/dbcommands.h"
#include "commands/extension.h"
#include "fmgr.h"
#include "miscadmin.h"
#include "utils/builtins.h"
#include "utils/guc.h"
#include "utils/lsyscache.h"

#include "port/port_util.h"
#include "spi_util.h"

PG_FUNCTION_INFO_V1(stormdisc_schedule_maintenance);
PG_FUNCTION_INFO_V1(stormdisc_unschedule_maintenance);

#define JOB_NAME "stormdisc maintenance"

static void check_cron(const char *schedule, const char *command);
static char *command_of(FunctionCallInfo fcinfo);

static SdStatement schedule_job = {
	.sql = "SELECT cron.schedule($1, $2, $3)",
	.nparameters = 3,
	.types = {TEXTOID, TEXTOID, TEXTOID},
};

static SdStatement unschedule_jobs = {
	.sql = "SELECT cron.unschedule(j.jobid) FROM cron.job j "
		   "WHERE j.jobname::pg_catalog.text OPERATOR(pg_catalog.=) $1 "
		   "AND j.database OPERATOR(pg_catalog.=) "
		   "pg_catalog.current_database()::pg_catalog.text "
		   "AND j.username OPERATOR(pg_catalog.=) "
		   "CURRENT_USER::pg_catalog.text",
	.nparameters = 1,
	.types = {TEXTOID},
};

/*
 * stormdisc_schedule_maintenance(schedule) -> bigint
 *		Let pg_cron maintain this database; the number of the job.
 *
 * A second call changes the schedule.
 */
Datum
stormdisc_schedule_maintenance(PG_FUNCTION_ARGS)
{
	Datum values[3];
	int64 job;
	SdSpi spi;

	PreventCommandIfReadOnly("stormdisc_schedule_maintenance()");
	values[0] = CStringGetTextDatum(JOB_NAME);
	values[1] = sd_argument_required(fcinfo, 0, "schedule");
	values[2] = CStringGetTextDatum(command_of(fcinfo));
	check_cron(text_to_cstring(PG_GETARG_TEXT_PP(0)),
			   TextDatumGetCString(values[2]));

	sd_spi_begin(&spi, false);
	if (sd_spi_write(&schedule_job, values, NULL) != 1)
		elog(ERROR, "unexpected number of rows");
	job = DatumGetInt64(sd_result(0, 1, NULL));
	sd_spi_end(&spi);

	PG_RETURN_INT64(job);
}

/*
 * stormdisc_unschedule_maintenance() -> boolean
 *		Let it be; was there a job of the caller's?
 */
Datum
stormdisc_unschedule_maintenance(PG_FUNCTION_ARGS)
{
	Datum values[] = {CStringGetTextDatum(JOB_NAME)};
	uint64 found;
	SdSpi spi;

	PreventCommandIfReadOnly("stormdisc_unschedule_maintenance()");
	check_cron("*/5 * * * *", command_of(fcinfo));

	sd_spi_begin(&spi, false);
	found = sd_spi_write(&unschedule_jobs, values, NULL);
	sd_spi_end(&spi);

	PG_RETURN_BOOL(found > 0);
}

/* Raise 55000 if this database has no pg_cron, and say what to do. */
static void
check_cron(const char *schedule, const char *command)
{
	const char *home = GetConfigOption("cron.database_name", true, false);
	char *database = get_database_name(MyDatabaseId);

	if (OidIsValid(get_extension_oid("pg_cron", true)))
		return;

	if (home != NULL && strcmp(home, database) != 0)
		ereport(
			ERROR, errcode(ERRCODE_OBJECT_NOT_IN_PREREQUISITE_STATE),
			errmsg("extension \"%s\" is not installed in this database",
				   "pg_cron"),
			errdetail("pg_cron has its jobs in the database \"%s\".", home),
			errhint("Run there: SELECT cron.schedule_in_database(%s, %s, "
					"%s, %s);",
					quote_literal_cstr(JOB_NAME), quote_literal_cstr(schedule),
					quote_literal_cstr(command), quote_literal_cstr(database)));

	ereport(
		ERROR, errcode(ERRCODE_OBJECT_NOT_IN_PREREQUISITE_STATE),
		errmsg("extension \"%s\" is not installed in this database", "pg_cron"),
		errhint("Add pg_cron to shared_preload_libraries, restart, and CREATE "
				"EXTENSION pg_cron; or set stormdisc.maintenance_database; or "
				"let any other scheduler run: %s",
				command));
}

/* What the job runs; the procedure is where this function is. */
static char *
command_of(FunctionCallInfo fcinfo)
{
	Oid function = fcinfo->flinfo->fn_oid;
	char *schema = get_namespace_name(get_func_namespace(function));

	/* nothing keeps another session from dropping what we are */
	if (schema == NULL)
		ereport(ERROR, errcode(ERRCODE_UNDEFINED_OBJECT),
				errmsg("extension \"%s\" does not exist", "stormdisc"));

	return psprintf("CALL %s.stormdisc_maintain_all()",
					quote_identifier(schema));
}
