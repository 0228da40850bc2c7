/*-------------------------------------------------------------------------
 *
 * bookkeeping.c
 *	  What is written down about migrations.
 *
 * It is written with the rights of the extension's owner, in the transaction
 * that it tells of: after a crash there is either both or none.
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "access/xact.h"
#include "catalog/pg_type.h"
#include "executor/spi.h"
#include "miscadmin.h"
#include "storage/lock.h"
#include "utils/builtins.h"
#include "utils/fmgrprotos.h"
#include "utils/memutils.h"
#include "utils/snapmgr.h"
#include "utils/timestamp.h"
#include "utils/varlena.h"

#include "lock.h"
#include "migrate/migrate.h"
#include "model/json.h"
#include "model/snapshot.h"
#include "spi_util.h"
#include "stormdisc.h"

static void run(SdStatement *statement, const Datum *values, const bool *nulls);
static Datum text_or_null(const char *text, bool *isnull);
static Jsonb *make_scope(void);

static SdStatement select_scripts = {
	.sql = "SELECT m.up_sql, m.down_sql, m.options FROM stormdisc.migrations m "
		   "WHERE m.version OPERATOR(pg_catalog.=) $1",
	.nparameters = 1,
	.types = {INT4OID},
};

static SdStatement lock_scripts = {
	.sql = "SELECT FROM stormdisc.migrations m "
		   "WHERE m.version OPERATOR(pg_catalog.=) $1 FOR SHARE",
	.nparameters = 1,
	.types = {INT4OID},
};

static SdStatement insert_log = {
	.sql = "INSERT INTO stormdisc.migration_log (logged_at, action, version, "
		   "name, role_name, duration, sqlstate, message, details) "
		   "VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)",
	.nparameters = 9,
	.types = {TIMESTAMPTZOID, TEXTOID, INT4OID, TEXTOID, TEXTOID, INTERVALOID,
			  TEXTOID, TEXTOID, JSONBOID},
};

static SdStatement delete_same_failure = {
	.sql = "DELETE FROM stormdisc.migration_log l "
		   "WHERE l.action OPERATOR(pg_catalog.=) 'failed' "
		   "AND COALESCE(l.version, -1) OPERATOR(pg_catalog.=) $1 "
		   "AND COALESCE(l.name, '') OPERATOR(pg_catalog.=) $2 "
		   "AND l.sqlstate OPERATOR(pg_catalog.=) $3 "
		   "AND l.message OPERATOR(pg_catalog.=) $4",
	.nparameters = 4,
	.types = {INT4OID, TEXTOID, TEXTOID, TEXTOID},
	.reads_all = true,
};

static SdStatement insert_version = {
	.sql = "INSERT INTO stormdisc.schema_version (component, version, "
		   "description, applied_at, kind, checksum, down_checksum, "
		   "applied_by, duration, fingerprint, tables) "
		   "VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)",
	.nparameters = 11,
	.types = {TEXTOID, INT4OID, TEXTOID, TIMESTAMPTZOID, TEXTOID, TEXTOID,
			  TEXTOID, TEXTOID, INTERVALOID, TEXTOID, TEXTARRAYOID},
};

static SdStatement delete_version = {
	.sql = "DELETE FROM stormdisc.schema_version v "
		   "WHERE v.component OPERATOR(pg_catalog.=) $1 "
		   "AND v.version OPERATOR(pg_catalog.=) $2",
	.nparameters = 2,
	.types = {TEXTOID, INT4OID},
};

static SdStatement update_reverted = {
	.sql =
		"UPDATE stormdisc.migrations m SET reverted_at = $2, accepted = NULL "
		"WHERE m.version OPERATOR(pg_catalog.=) $1",
	.nparameters = 2,
	.types = {INT4OID, TIMESTAMPTZOID},
};

static SdStatement upsert_progress = {
	.sql =
		"INSERT INTO stormdisc.migration_progress (version, direction, "
		"next_step, steps, checksum, started_at, updated_at, started_by, "
		"duration, document) VALUES ($1, $2, $3, $4, $5, $6, $6, $7, $8, $9) "
		"ON CONFLICT (version) DO UPDATE SET "
		"next_step = EXCLUDED.next_step, steps = EXCLUDED.steps, "
		"checksum = EXCLUDED.checksum, updated_at = EXCLUDED.updated_at, "
		"duration = EXCLUDED.duration",
	.nparameters = 9,
	.types = {INT4OID, TEXTOID, INT4OID, INT4OID, TEXTOID, TIMESTAMPTZOID,
			  TEXTOID, INTERVALOID, JSONBOID},
};

static SdStatement select_before = {
	.sql = "SELECT p.document FROM stormdisc.migration_progress p "
		   "WHERE p.version OPERATOR(pg_catalog.=) $1 "
		   "AND p.document IS NOT NULL",
	.nparameters = 1,
	.types = {INT4OID},
};

static SdStatement delete_progress = {
	.sql = "DELETE FROM stormdisc.migration_progress p "
		   "WHERE p.version OPERATOR(pg_catalog.=) $1",
	.nparameters = 1,
	.types = {INT4OID},
};

static SdStatement update_repeatable = {
	.sql = "UPDATE stormdisc.repeatable_scripts r SET applied_checksum = $2, "
		   "applied_at = $3, applied_by = $4, duration = $5 "
		   "WHERE r.name OPERATOR(pg_catalog.=) $1",
	.nparameters = 5,
	.types = {TEXTOID, TEXTOID, TIMESTAMPTZOID, TEXTOID, INTERVALOID},
};

static SdStatement upsert_document = {
	.sql = "INSERT INTO stormdisc.migrated_schema (component, version, "
		   "stored_at, scope, document) VALUES ($1, $2, $3, $4, $5) "
		   "ON CONFLICT (component) DO UPDATE SET version = EXCLUDED.version, "
		   "stored_at = EXCLUDED.stored_at, scope = EXCLUDED.scope, "
		   "document = EXCLUDED.document",
	.nparameters = 5,
	.types = {TEXTOID, INT4OID, TIMESTAMPTZOID, JSONBOID, JSONBOID},
};

static SdStatement select_document = {
	.sql = "SELECT s.version, s.scope, s.document "
		   "FROM stormdisc.migrated_schema s "
		   "WHERE s.component OPERATOR(pg_catalog.=) $1",
	.nparameters = 1,
	.types = {TEXTOID},
};

/*
 * sd_migrations_try_lock
 *		Be the only one that runs migrations until the end of the transaction;
 *		false if another session is.
 */
bool
sd_migrations_try_lock(void)
{
	return sd_lock_number(SD_LOCK_MIGRATIONS, 0, ExclusiveLock, false);
}

/*
 * sd_migrations_lock
 *		Likewise; raises 55P03 if another session is.
 */
void
sd_migrations_lock(void)
{
	if (!sd_migrations_try_lock())
		ereport(ERROR, errcode(ERRCODE_LOCK_NOT_AVAILABLE),
				errmsg("another session runs migrations"),
				errhint("Try again when it has finished.  "
						"stormdisc_migrate_all() waits for it."));
}

/*
 * sd_migrations_role
 *		The name of the caller.
 */
char *
sd_migrations_role(void)
{
	return GetUserNameFromId(GetUserId(), false);
}

/*
 * sd_migrations_log
 *		Write an entry of the log.
 */
void
sd_migrations_log(const SdLogEntry *entry)
{
	Datum values[9] = {0};
	bool nulls[9] = {false};

	values[0] = TimestampTzGetDatum(GetCurrentTimestamp());
	values[1] = CStringGetTextDatum(entry->action);
	nulls[2] = entry->version < 0;
	values[2] = Int32GetDatum(entry->version);
	values[3] = text_or_null(entry->name, &nulls[3]);
	values[4] = CStringGetTextDatum(sd_migrations_role());
	nulls[5] = entry->duration == NULL;
	values[5] = IntervalPGetDatum(entry->duration);
	values[6] = text_or_null(entry->sqlstate, &nulls[6]);
	values[7] = text_or_null(entry->message, &nulls[7]);
	nulls[8] = entry->details == NULL;
	values[8] = JsonbPGetDatum(entry->details);
	run(&insert_log, values, nulls);
}

/*
 * sd_migrations_log_failure
 *		Likewise of an error.  One that comes again and again, whenever a
 *		program starts, is there once, with the last time.
 */
void
sd_migrations_log_failure(const SdLogEntry *entry)
{
	Datum values[4];

	values[0] = Int32GetDatum(entry->version);
	values[1] = CStringGetTextDatum(entry->name != NULL ? entry->name : "");
	values[2] = CStringGetTextDatum(entry->sqlstate);
	values[3] = CStringGetTextDatum(entry->message);
	run(&delete_same_failure, values, NULL);
	sd_migrations_log(entry);
}

/*
 * sd_migration_read
 *		A script of a migration that is registered; NULL if there is none.
 *
 * Its options, too, unless they are not asked for.
 */
char *
sd_migration_read(int version, bool up, SdScriptOptions *options)
{
	Datum values[] = {Int32GetDatum(version)};
	char *script = NULL;
	Jsonb *given = NULL;
	bool isnull;
	SdSpi spi;

	sd_spi_begin(&spi, true);
	if (sd_spi_read_latest(&select_scripts, values, NULL) == 1)
	{
		Datum value = sd_result(0, up ? 1 : 2, &isnull);

		if (!isnull)
			script =
				MemoryContextStrdup(spi.context, TextDatumGetCString(value));
		if (options != NULL)
			given = sd_spi_jsonb(&spi, 0, 3);
	}
	sd_spi_end(&spi);
	if (given != NULL)
		sd_script_options(options, given);

	return script;
}

/*
 * sd_migration_keep
 *		Let nobody register another text for a version until the end of the
 *		transaction.
 */
void
sd_migration_keep(int version)
{
	Datum values[] = {Int32GetDatum(version)};

	run(&lock_scripts, values, NULL);
}

/*
 * sd_migration_applied
 *		A version is applied.
 */
void
sd_migration_applied(const SdVersion *version, const char *kind,
					 const char *checksum, Interval *duration,
					 const char *fingerprint, ArrayType *tables)
{
	TimestampTz now = GetCurrentTimestamp();
	Datum values[11] = {0};
	bool nulls[11] = {false};
	Datum reverted[] = {Int32GetDatum(version->number), (Datum) 0};
	const bool reverted_nulls[] = {false, true};

	values[0] = CStringGetTextDatum(SD_SCHEMA_COMPONENT);
	values[1] = Int32GetDatum(version->number);
	values[2] = CStringGetTextDatum(version->description);
	values[3] = TimestampTzGetDatum(now);
	values[4] = CStringGetTextDatum(kind);
	values[5] = text_or_null(checksum, &nulls[5]);
	values[6] = text_or_null(
		strcmp(kind, "migration") == 0 ? version->down_checksum : NULL,
		&nulls[6]);
	values[7] = CStringGetTextDatum(sd_migrations_role());
	nulls[8] = duration == NULL;
	values[8] = IntervalPGetDatum(duration);
	values[9] = text_or_null(fingerprint, &nulls[9]);
	nulls[10] = tables == NULL;
	values[10] = PointerGetDatum(tables);
	run(&insert_version, values, nulls);
	if (version->was_reverted)
		run(&update_reverted, reverted, reverted_nulls);
}

/*
 * sd_migration_reverted
 *		A version is not applied any more.
 */
void
sd_migration_reverted(int version)
{
	Datum key[] = {CStringGetTextDatum(SD_SCHEMA_COMPONENT),
				   Int32GetDatum(version)};
	Datum reverted[] = {Int32GetDatum(version),
						TimestampTzGetDatum(GetCurrentTimestamp())};

	run(&delete_version, key, NULL);
	run(&update_reverted, reverted, NULL);
}

/*
 * sd_migration_progress
 *		Some steps of a migration are done, or none yet.
 *
 * The document is that of the schema before the first one; what was written
 * with that one stays.
 */
void
sd_migration_progress(const SdVersion *version, const char *direction,
					  const char *checksum, int next_step, int nsteps,
					  Interval *duration, Jsonb *document)
{
	Datum values[9] = {0};
	bool nulls[9] = {false};

	values[0] = Int32GetDatum(version->number);
	values[1] = CStringGetTextDatum(direction);
	values[2] = Int32GetDatum(next_step);
	values[3] = Int32GetDatum(nsteps);
	values[4] = CStringGetTextDatum(checksum);
	values[5] = TimestampTzGetDatum(GetCurrentTimestamp());
	values[6] = CStringGetTextDatum(sd_migrations_role());
	values[7] = IntervalPGetDatum(duration);
	nulls[8] = document == NULL;
	values[8] = JsonbPGetDatum(document);
	run(&upsert_progress, values, nulls);
}

/*
 * sd_migration_before
 *		The schema as it was before the first step of one that is half-way;
 *		NULL if nobody knows.
 */
Jsonb *
sd_migration_before(int version)
{
	Datum values[] = {Int32GetDatum(version)};
	Jsonb *document = NULL;
	SdSpi spi;

	sd_spi_begin(&spi, true);
	if (sd_spi_read_latest(&select_before, values, NULL) == 1)
		document = sd_spi_jsonb(&spi, 0, 1);
	sd_spi_end(&spi);

	return document;
}

/*
 * sd_migration_no_progress
 *		A migration is half-way no longer.
 */
void
sd_migration_no_progress(int version)
{
	Datum values[] = {Int32GetDatum(version)};

	run(&delete_progress, values, NULL);
}

/*
 * sd_repeatable_applied
 *		A repeatable script was run.
 */
void
sd_repeatable_applied(const SdRepeatable *repeatable, Interval *duration)
{
	Datum values[5];

	values[0] = CStringGetTextDatum(repeatable->name);
	values[1] = CStringGetTextDatum(repeatable->checksum);
	values[2] = TimestampTzGetDatum(GetCurrentTimestamp());
	values[3] = CStringGetTextDatum(sd_migrations_role());
	values[4] = IntervalPGetDatum(duration);
	run(&update_repeatable, values, NULL);
}

/*
 * sd_migrated_read
 *		The schema as it is now, and the scope that it is read with.
 *
 * If *scope is not NULL, it is that.  NULL if there is nothing of it.
 */
Jsonb *
sd_migrated_read(FunctionCallInfo fcinfo, Jsonb **scope)
{
	SdSnapshot snapshot = {0};
	Jsonb *document;

	if (*scope == NULL)
		*scope = make_scope();
	snapshot.scope = *scope;

	/* what the scripts have just done is to be seen */
	CommandCounterIncrement();
	PushActiveSnapshot(IsolationUsesXactSnapshot() ? GetTransactionSnapshot()
												   : GetLatestSnapshot());
	document = sd_snapshot_live(fcinfo, &snapshot);
	PopActiveSnapshot();

	return document;
}

/*
 * What a migration may have changed: what the setting stormdisc.schemas says,
 * without the partitions that stormdisc itself makes and drops.
 */
static Jsonb *
make_scope(void)
{
	SdJson scope = {0};
	SdJson exclude = {0};
	SdJson schemas = {0};
	JsonbValue value;
	List *names;
	ListCell *lc;

	if (SplitIdentifierString(pstrdup(sd_setting_schemas), ',', &names) &&
		names != NIL)
	{
		foreach (lc, names)
			sd_json_append(&schemas, sd_json_text(lfirst(lc)));
		sd_json_add(&scope, "schemas", sd_json_array(&schemas));
	}
	sd_json_append(&exclude, sd_json_text("stormdisc.*"));
	sd_json_add(&scope, "exclude", sd_json_array(&exclude));
	sd_json_add(&scope, "mode", sd_json_text("degrade"));
	value = sd_json_object(&scope);

	return JsonbValueToJsonb(&value);
}

/*
 * sd_migrated_keep
 *		Keep the schema as it is after a version.
 */
void
sd_migrated_keep(int version, Jsonb *scope, Jsonb *document)
{
	Datum values[5];

	values[0] = CStringGetTextDatum(SD_SCHEMA_COMPONENT);
	values[1] = Int32GetDatum(version);
	values[2] = TimestampTzGetDatum(GetCurrentTimestamp());
	values[3] = JsonbPGetDatum(scope);
	values[4] = JsonbPGetDatum(document);
	run(&upsert_document, values, NULL);
}

/*
 * sd_migrated_stored
 *		The schema as it was kept last; NULL if it never was.
 */
Jsonb *
sd_migrated_stored(int *version, Jsonb **scope)
{
	Datum values[] = {CStringGetTextDatum(SD_SCHEMA_COMPONENT)};
	Jsonb *document = NULL;
	SdSpi spi;

	sd_spi_begin(&spi, true);
	if (sd_spi_read(&select_document, values, NULL) == 1)
	{
		*version = DatumGetInt32(sd_result(0, 1, NULL));
		*scope = sd_spi_jsonb(&spi, 0, 2);
		document = sd_spi_jsonb(&spi, 0, 3);
	}
	sd_spi_end(&spi);

	return document;
}

/*
 * sd_interval_since
 *		The time from then until now.
 */
Interval *
sd_interval_since(TimestampTz started)
{
	return DatumGetIntervalP(DirectFunctionCall2(
		timestamp_mi, TimestampTzGetDatum(GetCurrentTimestamp()),
		TimestampTzGetDatum(started)));
}

static void
run(SdStatement *statement, const Datum *values, const bool *nulls)
{
	SdSpi spi;

	sd_spi_begin(&spi, true);
	(void) sd_spi_write(statement, values, nulls);
	sd_spi_end(&spi);
}

static Datum
text_or_null(const char *text, bool *isnull)
{
	*isnull = text == NULL;

	return text != NULL ? CStringGetTextDatum(text) : (Datum) 0;
}
