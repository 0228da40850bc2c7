/*-------------------------------------------------------------------------
 *
 * readiness.c
 *	  stormdisc_backup_readiness: would a backup of this server do?
 *
 * What point-in-time recovery needs of the settings and of what the server
 * keeps count of, and what of ours a dump would not restore.
 *
 * It is read as the caller: who may not see something is told so.
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "access/xlog.h"
#include "catalog/pg_type.h"
#include "funcapi.h"
#include "miscadmin.h"
#include "utils/builtins.h"
#include "utils/guc.h"
#include "utils/tuplestore.h"

#include "spi_util.h"

PG_FUNCTION_INFO_V1(stormdisc_backup_readiness);

#define IS_OK "ok"
#define IS_WARNING "warning"
#define IS_ERROR "error"

/* checks whose value is that of a setting */
typedef struct SettingCheck
{
	const char *name;
	const char *bad; /* the value that is not good */
	const char *status;
	const char *message;
	const char *suggestion;
} SettingCheck;

static const SettingCheck setting_checks[] = {
	{"wal_level", "minimal", IS_ERROR,
	 "the WAL does not hold what point-in-time recovery needs",
	 "Set wal_level to replica and restart."},
	{"archive_timeout", "0", IS_WARNING,
	 "a server with little to do archives its last changes late",
	 "Set archive_timeout to the longest loss that is tolerable, for example "
	 "1min."},
	{"full_page_writes", "off", IS_ERROR,
	 "a crash or a base backup can leave torn pages",
	 "Set full_page_writes to on."},
	{"fsync", "off", IS_ERROR,
	 "a crash of the machine can destroy the whole cluster",
	 "Set fsync to on."},
	{"synchronous_commit", "off", IS_WARNING,
	 "a crash loses what was committed last, acknowledged messages among it",
	 "Set synchronous_commit to on."},
	{"data_checksums", "off", IS_WARNING,
	 "a damaged page is copied into every backup unnoticed",
	 "Run pg_checksums --enable while the server is stopped."},
};

/*
 * Checks that are queries: value, and message where it is not the one here.
 * No row is fine.  Those of settings and of archiving come before them.
 */
typedef struct QueryCheck
{
	const char *name;
	const char *status;
	const char *good;
	const char *suggestion;
	SdStatement statement;
} QueryCheck;

#define OUR_TABLES                                                             \
	"pg_catalog.pg_class c WHERE c.relnamespace OPERATOR(pg_catalog.=) "       \
	"'stormdisc'::pg_catalog.regnamespace AND c.relkind "                      \
	"OPERATOR(pg_catalog.=) ANY (ARRAY['r', 'p']::\"char\"[]) "

#define IS_MEMBER                                                              \
	"EXISTS (SELECT FROM pg_catalog.pg_depend d JOIN pg_catalog.pg_extension " \
	"e ON e.oid OPERATOR(pg_catalog.=) d.refobjid WHERE d.classid "            \
	"OPERATOR(pg_catalog.=) 'pg_catalog.pg_class'::pg_catalog.regclass "       \
	"AND d.objid OPERATOR(pg_catalog.=) c.oid AND d.objsubid "                 \
	"OPERATOR(pg_catalog.=) 0 AND d.refclassid OPERATOR(pg_catalog.=) "        \
	"'pg_catalog.pg_extension'::pg_catalog.regclass AND d.deptype "            \
	"OPERATOR(pg_catalog.=) 'e'::\"char\" AND e.extname "                      \
	"OPERATOR(pg_catalog.=) 'stormdisc'::pg_catalog.name) "

/* as in sql/tables/own_objects.sql, and what a table of ours never has */
#define PARTS_OF_OUR_TABLES                                                    \
	"WITH c AS MATERIALIZED (SELECT c.oid FROM " OUR_TABLES "AND " IS_MEMBER   \
	"), o AS MATERIALIZED (SELECT "                                            \
	"'pg_catalog.pg_class'::pg_catalog.regclass AS classid, a.attrelid AS "    \
	"objid, a.attnum::pg_catalog.int4 AS objsubid FROM c JOIN "                \
	"pg_catalog.pg_attribute a ON a.attrelid OPERATOR(pg_catalog.=) c.oid "    \
	"WHERE a.attnum OPERATOR(pg_catalog.>) 0::pg_catalog.int2 AND NOT "        \
	"a.attisdropped UNION ALL SELECT "                                         \
	"'pg_catalog.pg_class'::pg_catalog.regclass, x.indexrelid, 0 FROM c JOIN " \
	"pg_catalog.pg_index x ON x.indrelid OPERATOR(pg_catalog.=) c.oid "        \
	"UNION ALL SELECT 'pg_catalog.pg_constraint'::pg_catalog.regclass, "       \
	"k.oid, 0 FROM c JOIN pg_catalog.pg_constraint k ON k.conrelid "           \
	"OPERATOR(pg_catalog.=) c.oid WHERE k.contype OPERATOR(pg_catalog.<>) "    \
	"'n'::\"char\" UNION ALL SELECT "                                          \
	"'pg_catalog.pg_trigger'::pg_catalog.regclass, t.oid, 0 FROM c JOIN "      \
	"pg_catalog.pg_trigger t ON t.tgrelid OPERATOR(pg_catalog.=) c.oid WHERE " \
	"NOT t.tgisinternal UNION ALL SELECT "                                     \
	"'pg_catalog.pg_rewrite'::pg_catalog.regclass, r.oid, 0 FROM c JOIN "      \
	"pg_catalog.pg_rewrite r ON r.ev_class OPERATOR(pg_catalog.=) c.oid "      \
	"UNION ALL SELECT 'pg_catalog.pg_policy'::pg_catalog.regclass, p.oid, 0 "  \
	"FROM c JOIN pg_catalog.pg_policy p ON p.polrelid "                        \
	"OPERATOR(pg_catalog.=) c.oid), f AS MATERIALIZED (SELECT i.type COLLATE " \
	"\"C\" AS type, i.identity COLLATE \"C\" AS identity FROM o, LATERAL "     \
	"pg_catalog.pg_identify_object(o.classid, o.objid, o.objsubid) i) "

static QueryCheck query_checks[] = {
	{.name = "replication_slots",
	 .status = IS_WARNING,
	 .good = "no slot that nobody uses holds WAL back",
	 .suggestion =
		 "Drop a slot that is not needed: pg_drop_replication_slot(); limit "
		 "the others with max_slot_wal_keep_size.",
	 .statement.sql =
		 "SELECT s.slot_name::text, pg_catalog.format(CASE WHEN "
		 "s.wal_status OPERATOR(pg_catalog.=) ANY (ARRAY['lost', "
		 "'unreserved']) THEN 'the slot has lost WAL, or is about to' ELSE "
		 "'nobody uses the slot, and it holds back %s of WAL' END, "
		 "coalesce(pg_catalog.pg_size_pretty(pg_catalog.pg_wal_lsn_diff("
		 "CASE WHEN pg_catalog.pg_is_in_recovery() THEN "
		 "pg_catalog.pg_last_wal_replay_lsn() ELSE "
		 "pg_catalog.pg_current_wal_lsn() END, s.restart_lsn)), 'nothing')) "
		 "FROM pg_catalog.pg_replication_slots s WHERE NOT s.active OR "
		 "s.wal_status OPERATOR(pg_catalog.=) ANY (ARRAY['lost', "
		 "'unreserved']) ORDER BY s.slot_name"},
	{.name = "unlogged_tables",
	 .status = IS_ERROR,
	 .good = "every table of stormdisc is in the WAL",
	 .suggestion =
		 "ALTER TABLE ... SET LOGGED; for traces stormdisc_set_storage('postgres').",
	 .statement.sql =
		 "SELECT c.relname::text, 'the table is empty after a crash, on a "
		 "standby and after recovery' FROM " OUR_TABLES
		 "AND c.relpersistence OPERATOR(pg_catalog.=) 'u'::\"char\" "
		 "ORDER BY c.relname"},
	{.name = "added_columns",
	 .status = IS_ERROR,
	 .good = "nobody has added a column to a table of stormdisc",
	 .suggestion = "Drop the column, or keep it in a table of your own.",
	 .statement.sql = PARTS_OF_OUR_TABLES
	 "SELECT f.identity, 'the column is not stormdisc''s: a dump "
	 "does not have it, and restoring the dump loses all rows of the "
	 "table' FROM f LEFT JOIN stormdisc.own_objects n ON "
	 "n.object_type OPERATOR(pg_catalog.=) f.type AND n.identity "
	 "OPERATOR(pg_catalog.=) f.identity WHERE n.identity IS NULL AND "
	 "f.type OPERATOR(pg_catalog.=) 'table column' ORDER BY 1"},
	{.name = "missing_columns",
	 .status = IS_ERROR,
	 .good = "nobody has dropped or renamed a column of stormdisc",
	 .suggestion = "Give the column its name back, or restore the table.",
	 .statement.sql = PARTS_OF_OUR_TABLES
	 "SELECT n.identity, 'the column is not there: what uses it "
	 "fails' FROM stormdisc.own_objects n LEFT JOIN f ON "
	 "n.object_type OPERATOR(pg_catalog.=) f.type AND n.identity "
	 "OPERATOR(pg_catalog.=) f.identity WHERE f.identity IS NULL AND "
	 "n.object_type OPERATOR(pg_catalog.=) 'table column' ORDER BY 1"},
	{.name = "added_objects",
	 .status = IS_WARNING,
	 .good = "nobody has added an index, a constraint, a trigger, a rule or a "
			 "policy to a table of stormdisc",
	 .suggestion = "Keep the statement that makes it, and run it after a "
				   "restore.",
	 .statement.sql = PARTS_OF_OUR_TABLES
	 "SELECT f.type || ' ' || f.identity, 'a dump does not have it' "
	 "FROM f LEFT JOIN stormdisc.own_objects n ON n.object_type "
	 "OPERATOR(pg_catalog.=) f.type AND n.identity "
	 "OPERATOR(pg_catalog.=) f.identity WHERE n.identity IS NULL AND "
	 "f.type OPERATOR(pg_catalog.<>) 'table column' ORDER BY 1"},
	{.name = "loose_tables",
	 .status = IS_WARNING,
	 .good = "every table in the schema stormdisc is stormdisc's",
	 .suggestion = "Attach it again if it is a partition, or drop it when its "
				   "rows are not needed.",
	 .statement.sql =
		 "SELECT c.relname::text, 'the table is neither a partition nor part "
		 "of the extension: no query and no retention of stormdisc reaches "
		 "it' FROM " OUR_TABLES "AND NOT c.relispartition AND NOT " IS_MEMBER
		 "ORDER BY c.relname"},
	{.name = "extension_version",
	 .status = IS_WARNING,
	 .good = "the extension, its library and its scripts are of one version",
	 .suggestion = "ALTER EXTENSION stormdisc UPDATE, and reconnect.",
	 .statement.nparameters = 1,
	 .statement.types = {TEXTOID},
	 .statement.sql =
		 "SELECT e.extversion, pg_catalog.format('the library is of version "
		 "%s, the scripts that are installed of %s', $1, "
		 "coalesce(a.default_version::text, 'no version')) FROM "
		 "pg_catalog.pg_extension e LEFT JOIN "
		 "pg_catalog.pg_available_extensions a ON a.name "
		 "OPERATOR(pg_catalog.=) e.extname WHERE e.extname "
		 "OPERATOR(pg_catalog.=) 'stormdisc'::pg_catalog.name AND "
		 "(e.extversion OPERATOR(pg_catalog.<>) $1 OR "
		 "a.default_version::text IS DISTINCT FROM $1)"},
};

/* archiving: settings say whether, the archiver's own count how well */
static SdStatement select_archiver = {
	.sql = "SELECT a.archived_count, a.last_archived_wal, a.last_failed_wal, "
		   "a.last_failed_time OPERATOR(pg_catalog.>) "
		   "coalesce(a.last_archived_time, '-infinity'::timestamptz), "
		   "a.failed_count FROM pg_catalog.pg_stat_archiver a",
};

static SdStatement select_streams = {
	.sql = "SELECT FROM pg_catalog.pg_replication_slots s WHERE s.slot_type "
		   "OPERATOR(pg_catalog.=) 'physical' AND s.active",
};

static void check_recovery(ReturnSetInfo *rsinfo);
static void check_archiving(ReturnSetInfo *rsinfo);
static void check_archiver(ReturnSetInfo *rsinfo);
static void check_senders(ReturnSetInfo *rsinfo);
static void run_query(ReturnSetInfo *rsinfo, QueryCheck *check);
static const char *setting(const char *name);
static bool is_empty_command(const char *command);
static void put(ReturnSetInfo *rsinfo, const char *name, const char *status,
				const char *value, const char *message, const char *suggestion);

/*
 * stormdisc_backup_readiness() -> setof row
 *		One row for each check that is fine, and for each thing that is not.
 */
Datum
stormdisc_backup_readiness(PG_FUNCTION_ARGS)
{
	ReturnSetInfo *rsinfo = (ReturnSetInfo *) fcinfo->resultinfo;
	SdSpi spi;

	InitMaterializedSRF(fcinfo, 0);
	sd_spi_begin(&spi, false);

	check_recovery(rsinfo);
	for (int i = 0; i < lengthof(setting_checks); i++)
	{
		const SettingCheck *check = &setting_checks[i];
		const char *value = setting(check->name);

		/* an archive that there is not has no delay */
		if (strcmp(check->name, "archive_timeout") == 0)
		{
			check_archiving(rsinfo);
			if (strcmp(setting("archive_mode"), "off") == 0)
				continue;
		}
		if (strcmp(value, check->bad) == 0)
			put(rsinfo, check->name, check->status, value, check->message,
				check->suggestion);
		else
			put(rsinfo, check->name, IS_OK, value, "as it should be", NULL);
	}
	check_senders(rsinfo);
	for (int i = 0; i < lengthof(query_checks); i++)
	{
		CHECK_FOR_INTERRUPTS();
		run_query(rsinfo, &query_checks[i]);
	}

	sd_spi_end(&spi);

	return (Datum) 0;
}

/* A standby is a fine place to take a base backup from. */
static void
check_recovery(ReturnSetInfo *rsinfo)
{
	bool in_recovery = RecoveryInProgress();

	put(rsinfo, "server", IS_OK, in_recovery ? "standby" : "primary",
		in_recovery ? "the settings below are this standby's; look at its "
					  "primary, too"
					: "this server writes",
		NULL);
}

static void
check_archiving(ReturnSetInfo *rsinfo)
{
	const char *mode = setting("archive_mode");
	const char *library = setting("archive_library");
	const char *command = setting("archive_command");

	if (strcmp(mode, "off") == 0)
	{
		bool is_streamed = sd_spi_read(&select_streams, NULL, NULL) > 0;

		put(rsinfo, "archive_mode", is_streamed ? IS_WARNING : IS_ERROR, mode,
			is_streamed ? "the WAL is not archived; it goes to a receiver, "
						  "which may keep it"
						: "the WAL is not kept, so that a backup can be "
						  "restored only as it is",
			"Set archive_mode to on, and archive_command or archive_library; "
			"or keep the WAL with pg_receivewal.");
		return;
	}
	put(rsinfo, "archive_mode", IS_OK, mode, "as it should be", NULL);

	/* the command itself may hold what is not for everybody */
	if (library != NULL && library[0] != '\0')
		put(rsinfo, "archive_library", IS_OK, library, "as it should be", NULL);
	else if (command[0] == '\0')
		put(rsinfo, "archive_command", IS_ERROR, "not set",
			"nothing is archived, and the WAL piles up",
			"Set archive_command or archive_library.");
	else if (is_empty_command(command))
		put(rsinfo, "archive_command", IS_ERROR, command,
			"it throws the WAL away", "Set one that keeps the file.");
	else
		put(rsinfo, "archive_command", IS_OK, "set", "as it should be", NULL);
	check_archiver(rsinfo);
}

/* How the archiver gets on. */
static void
check_archiver(ReturnSetInfo *rsinfo)
{
	HeapTuple row;
	TupleDesc desc;
	const char *archived;
	const char *failing;

	if (sd_spi_read(&select_archiver, NULL, NULL) == 0)
		return;
	row = SPI_tuptable->vals[0];
	desc = SPI_tuptable->tupdesc;
	archived = SPI_getvalue(row, desc, 1);
	failing = SPI_getvalue(row, desc, 4);

	if (failing != NULL && failing[0] == 't')
		put(rsinfo, "archiver", IS_ERROR, SPI_getvalue(row, desc, 3),
			psprintf("the last attempt to archive failed (%s failures)",
					 SPI_getvalue(row, desc, 5)),
			"The server's log has the message of the command.");
	else if (archived == NULL || strcmp(archived, "0") == 0)
		put(rsinfo, "archiver", IS_WARNING, "0",
			"nothing has been archived yet",
			"Call pg_switch_wal(), and look whether the file arrives.");
	else
		put(rsinfo, "archiver", IS_OK, SPI_getvalue(row, desc, 2),
			psprintf("%s files archived", archived), NULL);
}

static void
check_senders(ReturnSetInfo *rsinfo)
{
	const char *value = setting("max_wal_senders");
	int senders = atoi(value);

	if (senders == 0)
		put(rsinfo, "max_wal_senders", IS_ERROR, value,
			"pg_basebackup cannot connect",
			"Set max_wal_senders to 10, the default, and restart.");
	else if (senders < 2)
		put(rsinfo, "max_wal_senders", IS_WARNING, value,
			"pg_basebackup needs two connections to stream the WAL beside it",
			"Set max_wal_senders to 10, the default, and restart.");
	else
		put(rsinfo, "max_wal_senders", IS_OK, value, "as it should be", NULL);
}

static void
run_query(ReturnSetInfo *rsinfo, QueryCheck *check)
{
	Datum values[] = {CStringGetTextDatum(STORMDISC_VERSION)};
	uint64 found = sd_spi_read(&check->statement, values, NULL);
	SPITupleTable *table = SPI_tuptable;

	if (found == 0)
		put(rsinfo, check->name, IS_OK, NULL, check->good, NULL);
	for (uint64 i = 0; i < found; i++)
		put(rsinfo, check->name, check->status,
			SPI_getvalue(table->vals[i], table->tupdesc, 1),
			SPI_getvalue(table->vals[i], table->tupdesc, 2), check->suggestion);
}

/* NULL if there is none of that name. */
static const char *
setting(const char *name)
{
	return GetConfigOptionByName(name, NULL, true);
}

/* Does the command succeed and keep nothing? */
static bool
is_empty_command(const char *command)
{
	static const char *const empty[] = {"true", "/bin/true", "/usr/bin/true",
										":", "exit 0"};

	for (int i = 0; i < lengthof(empty); i++)
		if (strcmp(command, empty[i]) == 0)
			return true;

	return false;
}

static void
put(ReturnSetInfo *rsinfo, const char *name, const char *status,
	const char *value, const char *message, const char *suggestion)
{
	Datum values[5] = {0};
	bool nulls[5] = {false};

	values[0] = CStringGetTextDatum(name);
	values[1] = CStringGetTextDatum(status);
	nulls[2] = value == NULL;
	if (value != NULL)
		values[2] = CStringGetTextDatum(value);
	values[3] = CStringGetTextDatum(message);
	nulls[4] = suggestion == NULL;
	if (suggestion != NULL)
		values[4] = CStringGetTextDatum(suggestion);
	tuplestore_putvalues(rsinfo->setResult, rsinfo->setDesc, values, nulls);
}
