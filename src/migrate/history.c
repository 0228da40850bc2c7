/*-------------------------------------------------------------------------
 *
 * history.c
 *	  stormdisc_current_version: the version that the schema is at.
 *	  stormdisc_migration_status: what has become of each migration.
 *	  stormdisc_pending_migrations: what is to be applied next.
 *
 * What is read is read with the rights of the extension's owner: EXECUTE on
 * the functions is the only right that their callers need.
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "catalog/pg_type.h"
#include "executor/spi.h"
#include "funcapi.h"
#include "miscadmin.h"
#include "utils/builtins.h"
#include "utils/timestamp.h"
#include "utils/tuplestore.h"

#include "errors.h"
#include "migrate/migrate.h"
#include "spi_util.h"

PG_FUNCTION_INFO_V1(stormdisc_current_version);
PG_FUNCTION_INFO_V1(stormdisc_migration_status);
PG_FUNCTION_INFO_V1(stormdisc_pending_migrations);

#define STATUS_COLS 11 /* OUT columns in sql/functions/migrations.sql */
#define PENDING_COLS 6

/* a script to be parsed, for sd_try() */
typedef struct Pending
{
	const char *name;
	const char *sql;
	const SdScriptOptions *options;
	SdScript *script;
} Pending;

static void parse_pending(void *arg);
static char *result_text(MemoryContext context, uint64 row, int column);
static Interval *result_interval(MemoryContext context, uint64 row, int column);
static const char *status_detail(const SdVersion *version);
static void put_pending(FunctionCallInfo fcinfo, int number,
						const char *description, const char *sql, bool has_down,
						const SdScriptOptions *options);

static SdStatement select_history = {
	.sql =
		"SELECT COALESCE(m.version, v.version), m.version IS NOT NULL, "
		"COALESCE(m.description, v.description), m.up_checksum, "
		"m.down_checksum, m.accepted IS NOT NULL, m.reverted_at IS NOT NULL, "
		"m.options, v.kind, v.checksum, v.down_checksum, v.applied_at, "
		"v.applied_by, v.duration, p.direction, p.checksum, p.next_step, "
		"p.steps, p.duration, p.updated_at, v.tables "
		"FROM stormdisc.migrations m FULL JOIN "
		"(SELECT * FROM stormdisc.schema_version s "
		"WHERE s.component OPERATOR(pg_catalog.=) $1) v "
		"ON v.version OPERATOR(pg_catalog.=) m.version "
		"LEFT JOIN stormdisc.migration_progress p "
		"ON p.version OPERATOR(pg_catalog.=) COALESCE(m.version, v.version) "
		"ORDER BY 1",
	.nparameters = 1,
	.types = {TEXTOID},
	.reads_all = true,
};

enum
{
	H_VERSION = 1,
	H_IS_REGISTERED,
	H_DESCRIPTION,
	H_UP_CHECKSUM,
	H_DOWN_CHECKSUM,
	H_MAY_CHANGE,
	H_WAS_REVERTED,
	H_OPTIONS,
	H_KIND,
	H_APPLIED_CHECKSUM,
	H_APPLIED_DOWN_CHECKSUM,
	H_APPLIED_AT,
	H_APPLIED_BY,
	H_DURATION,
	H_DIRECTION,
	H_PROGRESS_CHECKSUM,
	H_NEXT_STEP,
	H_STEPS,
	H_PROGRESS_DURATION,
	H_PROGRESS_AT,
	H_TABLES
};

static SdStatement select_repeatables = {
	.sql = "SELECT r.name, r.sql, r.checksum, r.applied_checksum, "
		   "r.applied_at, r.applied_by, r.duration, r.options "
		   "FROM stormdisc.repeatable_scripts r ORDER BY r.name",
	.reads_all = true,
};

static SdStatement select_current = {
	.sql = "SELECT v.version FROM stormdisc.schema_version v "
		   "WHERE v.component OPERATOR(pg_catalog.=) $1 "
		   "ORDER BY v.version DESC LIMIT 1",
	.nparameters = 1,
	.types = {TEXTOID},
};

/*
 * stormdisc_current_version() -> integer
 *		The version that the schema is at.
 */
Datum
stormdisc_current_version(PG_FUNCTION_ARGS)
{
	Datum values[] = {CStringGetTextDatum(SD_SCHEMA_COMPONENT)};
	int32 current = 0;
	SdSpi spi;

	sd_spi_begin(&spi, true);
	if (sd_spi_read(&select_current, values, NULL) == 1)
		current = DatumGetInt32(sd_result(0, 1, NULL));
	sd_spi_end(&spi);

	PG_RETURN_INT32(current);
}

/*
 * stormdisc_migration_status() -> setof row
 *		What has become of each migration, and of each repeatable script.
 */
Datum
stormdisc_migration_status(PG_FUNCTION_ARGS)
{
	ReturnSetInfo *rsinfo = (ReturnSetInfo *) fcinfo->resultinfo;
	SdHistory history;
	ListCell *lc;

	InitMaterializedSRF(fcinfo, 0);
	sd_history_read(&history);
	for (int i = 0; i < history.count; i++)
	{
		const SdVersion *version = &history.versions[i];
		const char *detail = status_detail(version);
		bool is_applied = version->kind != NULL;
		Datum values[STATUS_COLS] = {0};
		bool nulls[STATUS_COLS] = {false};
		const char *checksum =
			is_applied ? version->applied_checksum : version->up_checksum;

		CHECK_FOR_INTERRUPTS();
		values[0] = Int32GetDatum(version->number);
		values[1] = CStringGetTextDatum(version->description);
		values[2] = CStringGetTextDatum(sd_history_status(&history, version));
		nulls[3] = detail == NULL;
		if (!nulls[3])
			values[3] = CStringGetTextDatum(detail);
		nulls[4] = nulls[5] = !is_applied;
		if (is_applied)
		{
			values[4] = TimestampTzGetDatum(version->applied_at);
			values[5] = CStringGetTextDatum(version->applied_by);
		}
		nulls[6] = version->duration == NULL;
		values[6] = IntervalPGetDatum(version->duration);
		nulls[7] = checksum == NULL;
		if (!nulls[7])
			values[7] = CStringGetTextDatum(checksum);
		values[8] = BoolGetDatum(version->has_down);
		values[9] = BoolGetDatum(version->options.in_transaction);
		nulls[8] = nulls[9] = !version->is_registered;
		nulls[10] = version->tables == NULL;
		values[10] = PointerGetDatum(version->tables);
		tuplestore_putvalues(rsinfo->setResult, rsinfo->setDesc, values, nulls);
	}

	foreach (lc, sd_history_repeatables())
	{
		const SdRepeatable *repeatable = lfirst(lc);
		Datum values[STATUS_COLS] = {0};
		bool nulls[STATUS_COLS] = {false};

		nulls[0] = true;
		values[1] = CStringGetTextDatum(repeatable->name);
		values[2] = CStringGetTextDatum(
			sd_repeatable_is_pending(repeatable) ? "pending" : "applied");
		values[3] =
			CStringGetTextDatum(repeatable->applied_checksum != NULL &&
										sd_repeatable_is_pending(repeatable)
									? "repeatable, changed since it was run"
									: "repeatable");
		nulls[4] = nulls[5] = nulls[6] = repeatable->applied_checksum == NULL;
		if (!nulls[4])
		{
			values[4] = TimestampTzGetDatum(repeatable->applied_at);
			values[5] = CStringGetTextDatum(repeatable->applied_by);
			values[6] = IntervalPGetDatum(repeatable->duration);
		}
		values[7] = CStringGetTextDatum(repeatable->checksum);
		values[8] = BoolGetDatum(false);
		values[9] = BoolGetDatum(true);
		nulls[10] = true;
		tuplestore_putvalues(rsinfo->setResult, rsinfo->setDesc, values, nulls);
	}

	return (Datum) 0;
}

/*
 * stormdisc_pending_migrations() -> setof row
 *		What is to be applied next, in its order.
 */
Datum
stormdisc_pending_migrations(PG_FUNCTION_ARGS)
{
	SdHistory history;
	ListCell *lc;

	InitMaterializedSRF(fcinfo, 0);
	sd_history_read(&history);
	for (int i = 0; i < history.count; i++)
	{
		const SdVersion *version = &history.versions[i];

		CHECK_FOR_INTERRUPTS();
		if (version->is_registered && version->number > history.current)
			put_pending(fcinfo, version->number, version->description,
						sd_migration_read(version->number, true, NULL),
						version->has_down, &version->options);
	}
	foreach (lc, sd_history_repeatables())
	{
		const SdRepeatable *repeatable = lfirst(lc);

		if (sd_repeatable_is_pending(repeatable))
			put_pending(fcinfo, -1, repeatable->name, repeatable->sql, false,
						&repeatable->options);
	}

	return (Datum) 0;
}

static void
put_pending(FunctionCallInfo fcinfo, int number, const char *description,
			const char *sql, bool has_down, const SdScriptOptions *options)
{
	ReturnSetInfo *rsinfo = (ReturnSetInfo *) fcinfo->resultinfo;
	Pending pending = {description, sql, options, NULL};
	Datum values[PENDING_COLS] = {0};
	bool nulls[PENDING_COLS] = {false};

	/*
	 * The caller's settings may be such that the text is no SQL.  The error
	 * would show it, and not everybody may see it.
	 */
	(void) sd_try(parse_pending, &pending);

	nulls[0] = number < 0;
	values[0] = Int32GetDatum(number);
	values[1] = CStringGetTextDatum(description);
	nulls[2] = nulls[3] = pending.script == NULL;
	if (pending.script != NULL)
	{
		values[2] = Int32GetDatum(list_length(pending.script->statements));
		values[3] = Int32GetDatum(pending.script->nsteps);
	}
	values[4] = BoolGetDatum(has_down);
	values[5] = BoolGetDatum(options->in_transaction);
	tuplestore_putvalues(rsinfo->setResult, rsinfo->setDesc, values, nulls);
}

static void
parse_pending(void *arg)
{
	Pending *pending = arg;

	pending->script =
		sd_script_parse(pending->name, pending->sql, pending->options);
}

/*
 * sd_history_read
 *		All versions, as they are now, in the current memory context.
 */
void
sd_history_read(SdHistory *history)
{
	Datum values[] = {CStringGetTextDatum(SD_SCHEMA_COMPONENT)};
	MemoryContext context = CurrentMemoryContext;
	SdSpi spi;

	memset(history, 0, sizeof(SdHistory));
	history->is_empty = true;
	sd_spi_begin(&spi, true);
	history->count = (int) sd_spi_read_latest(&select_history, values, NULL);
	history->versions = MemoryContextAllocZero(
		context, sizeof(SdVersion) * (history->count + 1));
	for (int i = 0; i < history->count; i++)
	{
		SdVersion *version = &history->versions[i];
		bool isnull;
		Datum value;

		CHECK_FOR_INTERRUPTS();
		version->number = DatumGetInt32(sd_result(i, H_VERSION, NULL));
		version->is_registered =
			DatumGetBool(sd_result(i, H_IS_REGISTERED, NULL));
		version->description = result_text(context, i, H_DESCRIPTION);
		version->up_checksum = result_text(context, i, H_UP_CHECKSUM);
		version->down_checksum = result_text(context, i, H_DOWN_CHECKSUM);
		version->has_down = version->down_checksum != NULL;
		version->may_change = DatumGetBool(sd_result(i, H_MAY_CHANGE, NULL));
		version->was_reverted =
			DatumGetBool(sd_result(i, H_WAS_REVERTED, NULL));
		version->options.in_transaction = true;
		if (version->is_registered)
		{
			Jsonb *options = sd_spi_jsonb(&spi, i, H_OPTIONS);
			MemoryContext oldcontext = MemoryContextSwitchTo(context);

			sd_script_options(&version->options, options);
			MemoryContextSwitchTo(oldcontext);
		}
		version->kind = result_text(context, i, H_KIND);
		version->applied_checksum = result_text(context, i, H_APPLIED_CHECKSUM);
		version->applied_down_checksum =
			result_text(context, i, H_APPLIED_DOWN_CHECKSUM);
		version->applied_by = result_text(context, i, H_APPLIED_BY);
		version->duration = result_interval(context, i, H_DURATION);
		value = sd_result(i, H_APPLIED_AT, &isnull);
		if (!isnull)
			version->applied_at = DatumGetTimestampTz(value);
		value = sd_result(i, H_TABLES, &isnull);
		if (!isnull)
		{
			MemoryContext oldcontext = MemoryContextSwitchTo(context);

			version->tables = DatumGetArrayTypePCopy(value);
			MemoryContextSwitchTo(oldcontext);
		}
		version->direction = result_text(context, i, H_DIRECTION);
		version->progress_checksum =
			result_text(context, i, H_PROGRESS_CHECKSUM);
		if (version->direction != NULL)
		{
			version->next_step = DatumGetInt32(sd_result(i, H_NEXT_STEP, NULL));
			version->nsteps = DatumGetInt32(sd_result(i, H_STEPS, NULL));
			version->progress_duration =
				result_interval(context, i, H_PROGRESS_DURATION);
			version->progress_at =
				DatumGetTimestampTz(sd_result(i, H_PROGRESS_AT, NULL));
		}

		if (version->kind != NULL)
		{
			history->current = version->number;
			history->is_empty = false;
			if (strcmp(version->kind, "baseline") == 0)
				history->baseline = version->number;
		}
		history->highest = version->number;
	}
	sd_spi_end(&spi);
}

/*
 * sd_history_find
 *		A version, or NULL if it is neither registered nor applied.
 */
SdVersion *
sd_history_find(const SdHistory *history, int number)
{
	for (int i = 0; i < history->count; i++)
	{
		if (history->versions[i].number == number)
			return &history->versions[i];
	}

	return NULL;
}

/*
 * sd_history_before
 *		The version that is applied below another one, or 0.
 */
int
sd_history_before(const SdHistory *history, int number)
{
	int before = 0;

	for (int i = 0; i < history->count; i++)
	{
		if (history->versions[i].number >= number)
			break;
		if (history->versions[i].kind != NULL)
			before = history->versions[i].number;
	}

	return before;
}

/*
 * sd_history_status
 *		The word for what has become of a version.
 */
const char *
sd_history_status(const SdHistory *history, const SdVersion *version)
{
	if (version->direction != NULL)
		return "dirty";
	if (version->kind != NULL)
	{
		if (sd_history_is_diverged(version))
			return "diverged";
		if (strcmp(version->kind, "migration") != 0)
			return version->kind;
		return version->is_registered ? "applied" : "missing";
	}
	if (version->number <= history->baseline)
		return "baseline";
	if (version->number < history->current)
		return "out of order";

	return version->was_reverted ? "reverted" : "pending";
}

/*
 * sd_history_is_diverged
 *		Is it registered with another text than it was applied with?
 */
bool
sd_history_is_diverged(const SdVersion *version)
{
	const char *old_down = version->applied_down_checksum;
	const char *new_down = version->down_checksum;

	if (!version->is_registered || version->kind == NULL ||
		strcmp(version->kind, "migration") != 0)
		return false;

	return strcmp(version->applied_checksum, version->up_checksum) != 0 ||
		   strcmp(old_down != NULL ? old_down : "",
				  new_down != NULL ? new_down : "") != 0;
}

static const char *
status_detail(const SdVersion *version)
{
	if (version->direction != NULL)
		return psprintf("%s: %d of %d steps are done", version->direction,
						version->next_step - 1, version->nsteps);
	if (version->may_change)
		return "another text may be registered";
	if (sd_history_is_diverged(version))
		return strcmp(version->applied_checksum, version->up_checksum) != 0
				   ? "the up script is not the one that was applied"
				   : "the down script is not the one of that time";

	return NULL;
}

/*
 * sd_history_repeatables
 *		All repeatable scripts in their order, as SdRepeatable.
 */
List *
sd_history_repeatables(void)
{
	MemoryContext context = CurrentMemoryContext;
	List *repeatables = NIL;
	uint64 rows;
	SdSpi spi;

	sd_spi_begin(&spi, true);
	rows = sd_spi_read_latest(&select_repeatables, NULL, NULL);
	for (uint64 i = 0; i < rows; i++)
	{
		MemoryContext oldcontext = MemoryContextSwitchTo(context);
		SdRepeatable *repeatable = palloc0(sizeof(SdRepeatable));
		bool isnull;
		Datum value;

		repeatable->name = result_text(context, i, 1);
		repeatable->sql = result_text(context, i, 2);
		repeatable->checksum = result_text(context, i, 3);
		repeatable->applied_checksum = result_text(context, i, 4);
		value = sd_result(i, 5, &isnull);
		if (!isnull)
			repeatable->applied_at = DatumGetTimestampTz(value);
		repeatable->applied_by = result_text(context, i, 6);
		repeatable->duration = result_interval(context, i, 7);
		sd_script_options(&repeatable->options, sd_spi_jsonb(&spi, i, 8));
		repeatables = lappend(repeatables, repeatable);
		MemoryContextSwitchTo(oldcontext);
	}
	sd_spi_end(&spi);

	return repeatables;
}

/*
 * sd_repeatable_is_pending
 *		Is it to be run?
 */
bool
sd_repeatable_is_pending(const SdRepeatable *repeatable)
{
	return repeatable->applied_checksum == NULL ||
		   strcmp(repeatable->applied_checksum, repeatable->checksum) != 0;
}

static char *
result_text(MemoryContext context, uint64 row, int column)
{
	bool isnull;
	Datum value = sd_result(row, column, &isnull);

	if (isnull)
		return NULL;

	return MemoryContextStrdup(context, TextDatumGetCString(value));
}

static Interval *
result_interval(MemoryContext context, uint64 row, int column)
{
	bool isnull;
	Datum value = sd_result(row, column, &isnull);
	Interval *interval;

	if (isnull)
		return NULL;
	interval = MemoryContextAlloc(context, sizeof(Interval));
	*interval = *DatumGetIntervalP(value);

	return interval;
}
