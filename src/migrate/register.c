/*-------------------------------------------------------------------------
 *
 * register.c
 *	  stormdisc_register_migration, stormdisc_unregister_migration,
 *	  stormdisc_accept_migration: the scripts of migrations.
 *	  stormdisc_register_repeatable, stormdisc_unregister_repeatable: those
 *	  that are run again when they change.
 *
 * Programs register all that they have whenever they start: what is registered
 * already is read, and nothing is locked or written.
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "access/xact.h"
#include "catalog/pg_type.h"
#include "executor/spi.h"
#include "miscadmin.h"
#include "tcop/utility.h"
#include "utils/builtins.h"
#include "utils/timestamp.h"

#include "arguments.h"
#include "migrate/migrate.h"
#include "model/json.h"
#include "spi_util.h"

PG_FUNCTION_INFO_V1(stormdisc_register_migration);
PG_FUNCTION_INFO_V1(stormdisc_unregister_migration);
PG_FUNCTION_INFO_V1(stormdisc_accept_migration);
PG_FUNCTION_INFO_V1(stormdisc_register_repeatable);
PG_FUNCTION_INFO_V1(stormdisc_unregister_repeatable);

/* longest name of a repeatable script, in bytes */
#define MAX_NAME_LENGTH 255

/* the arguments of stormdisc_register_migration(), checked */
typedef struct Migration
{
	int version;
	const char *description;
	const char *up_sql;
	const char *down_sql; /* NULL: there is none */
	const char *up_checksum;
	const char *down_checksum;
	Jsonb *options;
	SdScriptOptions read; /* the same */
} Migration;

static void check_writable(const char *function);
static int version_argument(FunctionCallInfo fcinfo);
static char *text_argument(FunctionCallInfo fcinfo, int number,
						   const char *name);
static void in_registration(void *arg);
static void read_arguments(FunctionCallInfo fcinfo, Migration *migration);
static SdVersion *find_version(int version);
static bool is_same_text(const Migration *migration, const char *up_checksum,
						 const char *down_checksum);
static bool is_same(const Migration *migration, const SdVersion *version);
static bool has_options(const Migration *migration);
static bool is_run_alike(const Migration *migration, const SdVersion *version);
static bool insert(const Migration *migration);
static void update(const Migration *migration);
static void check_may_change(const Migration *migration,
							 const SdVersion *version);
static void fill_in(const Migration *migration, Datum *values, bool *nulls);
static Jsonb *old_texts(int version);
static void set_applied(const SdVersion *version, const char *up_checksum,
						const char *down_checksum);
static void write_log(const char *action, int version, const char *name,
					  const char *message, Jsonb *details);
static uint64 run(SdStatement *statement, const Datum *values,
				  const bool *nulls);

static SdStatement insert_migration = {
	.sql = "INSERT INTO stormdisc.migrations (version, description, up_sql, "
		   "down_sql, up_checksum, down_checksum, options, registered_at, "
		   "registered_by) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9) "
		   "ON CONFLICT (version) DO NOTHING",
	.nparameters = 9,
	.types = {INT4OID, TEXTOID, TEXTOID, TEXTOID, TEXTOID, TEXTOID, JSONBOID,
			  TIMESTAMPTZOID, TEXTOID},
};

static SdStatement update_migration = {
	.sql = "UPDATE stormdisc.migrations m SET description = $2, up_sql = $3, "
		   "down_sql = $4, up_checksum = $5, down_checksum = $6, options = $7, "
		   "registered_at = $8, registered_by = $9, accepted = NULL "
		   "WHERE m.version OPERATOR(pg_catalog.=) $1",
	.nparameters = 9,
	.types = {INT4OID, TEXTOID, TEXTOID, TEXTOID, TEXTOID, TEXTOID, JSONBOID,
			  TIMESTAMPTZOID, TEXTOID},
};

static SdStatement lock_migration = {
	.sql = "SELECT FROM stormdisc.migrations m "
		   "WHERE m.version OPERATOR(pg_catalog.=) $1 FOR UPDATE",
	.nparameters = 1,
	.types = {INT4OID},
};

static SdStatement select_same_options = {
	.sql = "SELECT FROM stormdisc.migrations m "
		   "WHERE m.version OPERATOR(pg_catalog.=) $1 "
		   "AND m.options OPERATOR(pg_catalog.=) $2",
	.nparameters = 2,
	.types = {INT4OID, JSONBOID},
};

static SdStatement delete_migration = {
	.sql = "DELETE FROM stormdisc.migrations m "
		   "WHERE m.version OPERATOR(pg_catalog.=) $1",
	.nparameters = 1,
	.types = {INT4OID},
};

static SdStatement update_accepted = {
	.sql = "UPDATE stormdisc.migrations m SET accepted = $2 "
		   "WHERE m.version OPERATOR(pg_catalog.=) $1",
	.nparameters = 2,
	.types = {INT4OID, TEXTOID},
};

static SdStatement update_checksums = {
	.sql = "UPDATE stormdisc.schema_version v SET checksum = $3, "
		   "down_checksum = $4 "
		   "WHERE v.component OPERATOR(pg_catalog.=) $1 "
		   "AND v.version OPERATOR(pg_catalog.=) $2",
	.nparameters = 4,
	.types = {TEXTOID, INT4OID, TEXTOID, TEXTOID},
};

static SdStatement select_same_repeatable = {
	.sql = "SELECT FROM stormdisc.repeatable_scripts r "
		   "WHERE r.name OPERATOR(pg_catalog.=) $1 "
		   "AND r.checksum OPERATOR(pg_catalog.=) $2 "
		   "AND r.options OPERATOR(pg_catalog.=) $3",
	.nparameters = 3,
	.types = {TEXTOID, TEXTOID, JSONBOID},
};

static SdStatement insert_repeatable = {
	.sql = "INSERT INTO stormdisc.repeatable_scripts (name, sql, checksum, "
		   "options, registered_at, registered_by) "
		   "VALUES ($1, $2, $3, $4, $5, $6) ON CONFLICT (name) DO NOTHING",
	.nparameters = 6,
	.types = {TEXTOID, TEXTOID, TEXTOID, JSONBOID, TIMESTAMPTZOID, TEXTOID},
};

static SdStatement update_repeatable = {
	.sql = "UPDATE stormdisc.repeatable_scripts r SET sql = $2, checksum = $3, "
		   "options = $4, registered_at = $5, registered_by = $6 "
		   "WHERE r.name OPERATOR(pg_catalog.=) $1",
	.nparameters = 6,
	.types = {TEXTOID, TEXTOID, TEXTOID, JSONBOID, TIMESTAMPTZOID, TEXTOID},
};

static SdStatement delete_repeatable = {
	.sql = "DELETE FROM stormdisc.repeatable_scripts r "
		   "WHERE r.name OPERATOR(pg_catalog.=) $1",
	.nparameters = 1,
	.types = {TEXTOID},
};

/*
 * stormdisc_register_migration(version, description, up_sql, down_sql,
 *		options) -> text
 *		Make the scripts of a version known.
 */
Datum
stormdisc_register_migration(PG_FUNCTION_ARGS)
{
	Migration migration = {0};
	ErrorContextCallback callback;
	SdVersion *version;
	bool is_applied;
	bool accepted;

	check_writable("stormdisc_register_migration()");
	migration.version = version_argument(fcinfo);
	callback.arg = &migration;
	callback.callback = in_registration;
	callback.previous = error_context_stack;
	error_context_stack = &callback;
	read_arguments(fcinfo, &migration);
	error_context_stack = callback.previous;

	version = find_version(migration.version);
	if (version != NULL && is_same(&migration, version))
		PG_RETURN_TEXT_P(cstring_to_text("unchanged"));

	if (version == NULL || !version->is_registered)
	{
		/* one that is applied has a text already */
		if (version != NULL)
			check_may_change(&migration, version);
		if (insert(&migration))
		{
			write_log("registered", migration.version, NULL,
					  migration.description, NULL);
			PG_RETURN_TEXT_P(cstring_to_text("registered"));
		}
	}

	/* from here on nobody applies it, nor registers it */
	{
		Datum key[] = {Int32GetDatum(migration.version)};

		(void) run(&lock_migration, key, NULL);
	}
	version = find_version(migration.version);
	if (version == NULL)
		sd_spi_conflict();
	if (is_same(&migration, version))
		PG_RETURN_TEXT_P(cstring_to_text("unchanged"));
	check_may_change(&migration, version);
	is_applied =
		version->kind != NULL && strcmp(version->kind, "migration") == 0;
	accepted =
		is_applied && !is_same_text(&migration, version->applied_checksum,
									version->applied_down_checksum);
	write_log(accepted ? "accepted" : "changed", migration.version, NULL,
			  migration.description, old_texts(migration.version));
	update(&migration);
	if (accepted)
		set_applied(version, migration.up_checksum, migration.down_checksum);

	PG_RETURN_TEXT_P(cstring_to_text(accepted ? "accepted" : "changed"));
}

/*
 * stormdisc_unregister_migration(version) -> void
 *		Forget the scripts of a version that is not applied.
 */
Datum
stormdisc_unregister_migration(PG_FUNCTION_ARGS)
{
	int number;
	SdVersion *version;
	Datum key[1];

	check_writable("stormdisc_unregister_migration()");
	number = version_argument(fcinfo);
	key[0] = Int32GetDatum(number);
	(void) run(&lock_migration, key, NULL);
	version = find_version(number);
	if (version == NULL || !version->is_registered)
		ereport(ERROR, errcode(ERRCODE_UNDEFINED_OBJECT),
				errmsg("migration %d is not registered", number));
	if (version->direction != NULL)
		ereport(ERROR, errcode(ERRCODE_OBJECT_NOT_IN_PREREQUISITE_STATE),
				errmsg("migration %d is half-way", number));
	if (version->kind != NULL && strcmp(version->kind, "migration") == 0)
		ereport(ERROR, errcode(ERRCODE_OBJECT_NOT_IN_PREREQUISITE_STATE),
				errmsg("migration %d is applied", number),
				errhint("Revert it first, with stormdisc_rollback()."));
	write_log("unregistered", number, NULL, version->description,
			  old_texts(number));
	(void) run(&delete_migration, key, NULL);

	PG_RETURN_VOID();
}

/*
 * stormdisc_accept_migration(version, reason) -> text
 *		Let the text of an applied version be another one: that which is
 *		registered, or else the next one to be.
 */
Datum
stormdisc_accept_migration(PG_FUNCTION_ARGS)
{
	int number;
	char *reason;
	SdVersion *version;
	Datum values[2];

	check_writable("stormdisc_accept_migration()");
	number = version_argument(fcinfo);
	reason = text_argument(fcinfo, 1, "reason");
	values[0] = Int32GetDatum(number);
	values[1] = CStringGetTextDatum(reason);
	(void) run(&lock_migration, values, NULL);
	version = find_version(number);
	if (version == NULL || !version->is_registered)
		ereport(ERROR, errcode(ERRCODE_UNDEFINED_OBJECT),
				errmsg("migration %d is not registered", number));
	if (version->kind == NULL || strcmp(version->kind, "migration") != 0)
		ereport(ERROR, errcode(ERRCODE_OBJECT_NOT_IN_PREREQUISITE_STATE),
				errmsg("migration %d is not applied", number),
				errhint("Its text may be changed: register it again."));

	if (sd_history_is_diverged(version))
	{
		set_applied(version, version->up_checksum, version->down_checksum);
		write_log("accepted", number, NULL, reason, NULL);
		PG_RETURN_TEXT_P(cstring_to_text("the registered text is accepted"));
	}
	(void) run(&update_accepted, values, NULL);
	write_log("accepted", number, NULL, reason, NULL);

	PG_RETURN_TEXT_P(
		cstring_to_text("the next text that is registered is accepted"));
}

/*
 * stormdisc_register_repeatable(name, sql, options) -> text
 *		Make a script known that is run whenever its text has changed.
 */
Datum
stormdisc_register_repeatable(PG_FUNCTION_ARGS)
{
	char *name;
	char *sql;
	char *checksum;
	Jsonb *given;
	SdScriptOptions options;
	SdScript *script;
	Datum values[6];
	Datum same[3];

	check_writable("stormdisc_register_repeatable()");
	name = text_argument(fcinfo, 0, "name");
	if (strlen(name) > MAX_NAME_LENGTH)
		ereport(ERROR, errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				errmsg("name of a script is too long"),
				errdetail("It has %zu bytes, the maximum is %d.", strlen(name),
						  MAX_NAME_LENGTH));
	sql = text_argument(fcinfo, 1, "sql");
	given = DatumGetJsonbP(sd_argument_required(fcinfo, 2, "options"));
	sd_script_options(&options, given);
	if (!options.in_transaction)
		ereport(ERROR, errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				errmsg("a repeatable script is always run in a transaction"));
	script = sd_script_parse(psprintf("repeatable script \"%s\"", name), sql,
							 &options);
	if (script->nsteps != 1)
		ereport(
			ERROR, errcode(ERRCODE_INVALID_PARAMETER_VALUE),
			script->nsteps == 0
				? errmsg("repeatable script \"%s\" is empty", name)
				: errmsg("repeatable script \"%s\" has a commit point", name));
	/* under another search path the same text is about other objects */
	checksum = sd_script_checksum(
		options.search_path != NULL
			? psprintf("-- search_path = %s\n%s", options.search_path, sql)
			: sql);

	same[0] = values[0] = CStringGetTextDatum(name);
	values[1] = CStringGetTextDatum(sql);
	same[1] = values[2] = CStringGetTextDatum(checksum);
	same[2] = values[3] = JsonbPGetDatum(given);
	values[4] = TimestampTzGetDatum(GetCurrentTimestamp());
	values[5] = CStringGetTextDatum(sd_migrations_role());
	if (run(&select_same_repeatable, same, NULL) == 1)
		PG_RETURN_TEXT_P(cstring_to_text("unchanged"));
	if (run(&insert_repeatable, values, NULL) == 1)
	{
		write_log("registered", -1, name, NULL, NULL);
		PG_RETURN_TEXT_P(cstring_to_text("registered"));
	}
	(void) run(&update_repeatable, values, NULL);
	write_log("changed", -1, name, NULL, NULL);

	PG_RETURN_TEXT_P(cstring_to_text("changed"));
}

/*
 * stormdisc_unregister_repeatable(name) -> void
 *		Forget a script; what it has made stays.
 */
Datum
stormdisc_unregister_repeatable(PG_FUNCTION_ARGS)
{
	char *name;
	Datum key[1];

	check_writable("stormdisc_unregister_repeatable()");
	name = text_argument(fcinfo, 0, "name");
	key[0] = CStringGetTextDatum(name);
	if (run(&delete_repeatable, key, NULL) == 0)
		ereport(ERROR, errcode(ERRCODE_UNDEFINED_OBJECT),
				errmsg("repeatable script \"%s\" is not registered", name));
	write_log("unregistered", -1, name, NULL, NULL);

	PG_RETURN_VOID();
}

static void
check_writable(const char *function)
{
	PreventCommandIfReadOnly(function);
	PreventCommandIfParallelMode(function);
}

/* The argument "version", which is the first one. */
static int
version_argument(FunctionCallInfo fcinfo)
{
	int version = DatumGetInt32(sd_argument_required(fcinfo, 0, "version"));

	if (version < 1)
		ereport(ERROR, errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				errmsg("invalid version: %d", version),
				errhint("Versions of migrations are numbers from 1."));

	return version;
}

/* An argument that must have some text. */
static char *
text_argument(FunctionCallInfo fcinfo, int number, const char *name)
{
	char *given =
		TextDatumGetCString(sd_argument_required(fcinfo, number, name));

	if (given[strspn(given, " \t\r\n")] == '\0')
		ereport(ERROR, errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				errmsg("argument \"%s\" must not be empty", name));

	return given;
}

/* Whoever registers many sees which one it is. */
static void
in_registration(void *arg)
{
	const Migration *migration = arg;

	errcontext("registration of migration %d", migration->version);
}

static void
read_arguments(FunctionCallInfo fcinfo, Migration *migration)
{
	SdScript *script;

	migration->description = text_argument(fcinfo, 1, "description");
	migration->up_sql = text_argument(fcinfo, 2, "up_sql");
	migration->options =
		DatumGetJsonbP(sd_argument_required(fcinfo, 4, "options"));
	sd_script_options(&migration->read, migration->options);

	script = sd_script_parse(
		psprintf("up script of migration %d", migration->version),
		migration->up_sql, &migration->read);
	if (script->nsteps == 0)
		ereport(
			ERROR, errcode(ERRCODE_INVALID_PARAMETER_VALUE),
			errmsg("up script of migration %d is empty", migration->version));
	migration->up_checksum = sd_script_checksum(migration->up_sql);

	if (!PG_ARGISNULL(3))
	{
		char *down = TextDatumGetCString(PG_GETARG_DATUM(3));

		script = sd_script_parse(
			psprintf("down script of migration %d", migration->version), down,
			&migration->read);
		/* nothing but comments leads nowhere */
		if (script->nsteps > 0)
		{
			migration->down_sql = down;
			migration->down_checksum = sd_script_checksum(down);
		}
	}
}

/* A version as it is now. */
static SdVersion *
find_version(int version)
{
	SdHistory history;

	sd_history_read(&history);

	return sd_history_find(&history, version);
}

static bool
is_same_text(const Migration *migration, const char *up_checksum,
			 const char *down_checksum)
{
	const char *down =
		migration->down_checksum != NULL ? migration->down_checksum : "";

	return up_checksum != NULL &&
		   strcmp(migration->up_checksum, up_checksum) == 0 &&
		   strcmp(down, down_checksum != NULL ? down_checksum : "") == 0;
}

/* Is it registered like this already? */
static bool
is_same(const Migration *migration, const SdVersion *version)
{
	return version->is_registered &&
		   is_same_text(migration, version->up_checksum,
						version->down_checksum) &&
		   strcmp(migration->description, version->description) == 0 &&
		   has_options(migration);
}

static bool
has_options(const Migration *migration)
{
	Datum values[] = {Int32GetDatum(migration->version),
					  JsonbPGetDatum(migration->options)};
	bool found;
	SdSpi spi;

	sd_spi_begin(&spi, true);
	found = sd_spi_read_latest(&select_same_options, values, NULL) == 1;
	sd_spi_end(&spi);

	return found;
}

/*
 * Do the statements that are left to do mean what they meant?  How long they
 * wait is another matter: they may be half-way because that was too short.
 */
static bool
is_run_alike(const Migration *migration, const SdVersion *version)
{
	const char *old_path = version->options.search_path;
	const char *new_path = migration->read.search_path;

	return migration->read.in_transaction == version->options.in_transaction &&
		   (old_path == NULL) == (new_path == NULL) &&
		   (old_path == NULL || strcmp(old_path, new_path) == 0);
}

/* What is applied, or half-way, has the text that it was applied with. */
static void
check_may_change(const Migration *migration, const SdVersion *version)
{
	bool same_up;

	if (version->direction != NULL &&
		(!is_same_text(migration, version->up_checksum,
					   version->down_checksum) ||
		 !is_run_alike(migration, version)))
		ereport(ERROR, errcode(ERRCODE_OBJECT_NOT_IN_PREREQUISITE_STATE),
				errmsg("migration %d is half-way", version->number),
				errdetail("%d of %d steps of its %s script are done.",
						  version->next_step - 1, version->nsteps,
						  version->direction),
				errhint("Let it come to its end, or see "
						"stormdisc_repair_migration()."));
	if (version->kind == NULL || strcmp(version->kind, "migration") != 0 ||
		version->may_change ||
		is_same_text(migration, version->applied_checksum,
					 version->applied_down_checksum))
		return;

	same_up = strcmp(migration->up_checksum, version->applied_checksum) == 0;
	ereport(ERROR, errcode(ERRCODE_OBJECT_NOT_IN_PREREQUISITE_STATE),
			errmsg("migration %d is applied, its text cannot change",
				   version->number),
			same_up
				? errdetail("The down script is not the one of that time.")
				: errdetail("The up script is not the one that was applied."),
			errhint("Write another migration.  If the text may change, because "
					"it does the same, accept that first: SELECT "
					"stormdisc_accept_migration(%d, 'reason').",
					version->number));
}

static void
fill_in(const Migration *migration, Datum *values, bool *nulls)
{
	values[0] = Int32GetDatum(migration->version);
	values[1] = CStringGetTextDatum(migration->description);
	values[2] = CStringGetTextDatum(migration->up_sql);
	nulls[3] = nulls[5] = migration->down_sql == NULL;
	if (migration->down_sql != NULL)
	{
		values[3] = CStringGetTextDatum(migration->down_sql);
		values[5] = CStringGetTextDatum(migration->down_checksum);
	}
	values[4] = CStringGetTextDatum(migration->up_checksum);
	values[6] = JsonbPGetDatum(migration->options);
	values[7] = TimestampTzGetDatum(GetCurrentTimestamp());
	values[8] = CStringGetTextDatum(sd_migrations_role());
}

/* False if somebody else has registered that version. */
static bool
insert(const Migration *migration)
{
	Datum values[9] = {0};
	bool nulls[9] = {false};

	fill_in(migration, values, nulls);

	return run(&insert_migration, values, nulls) == 1;
}

static void
update(const Migration *migration)
{
	Datum values[9] = {0};
	bool nulls[9] = {false};

	fill_in(migration, values, nulls);
	(void) run(&update_migration, values, nulls);
}

/* The scripts that are about to go, for the log. */
static Jsonb *
old_texts(int version)
{
	char *up = sd_migration_read(version, true, NULL);
	char *down = sd_migration_read(version, false, NULL);
	SdJson details = {0};
	JsonbValue value;

	sd_json_add(&details, "up_sql",
				up != NULL ? sd_json_text(up) : sd_json_null());
	sd_json_add(&details, "down_sql",
				down != NULL ? sd_json_text(down) : sd_json_null());
	value = sd_json_object(&details);

	return JsonbValueToJsonb(&value);
}

/* From now on that is the text that was applied. */
static void
set_applied(const SdVersion *version, const char *up_checksum,
			const char *down_checksum)
{
	Datum values[4] = {0};
	bool nulls[4] = {false};

	values[0] = CStringGetTextDatum(SD_SCHEMA_COMPONENT);
	values[1] = Int32GetDatum(version->number);
	values[2] = CStringGetTextDatum(up_checksum);
	nulls[3] = down_checksum == NULL;
	if (down_checksum != NULL)
		values[3] = CStringGetTextDatum(down_checksum);
	(void) run(&update_checksums, values, nulls);
}

static void
write_log(const char *action, int version, const char *name,
		  const char *message, Jsonb *details)
{
	SdLogEntry entry = {.action = action,
						.version = version,
						.name = name,
						.message = message,
						.details = details};

	sd_migrations_log(&entry);
}

static uint64
run(SdStatement *statement, const Datum *values, const bool *nulls)
{
	uint64 rows;
	SdSpi spi;

	sd_spi_begin(&spi, true);
	rows = sd_spi_write(statement, values, nulls);
	sd_spi_end(&spi);

	return rows;
}
