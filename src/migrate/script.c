/*-------------------------------------------------------------------------
 *
 * script.c
 *	  The scripts of migrations: checked, taken apart, run.
 *
 * A script is run statement by statement, as the server's parser has taken it
 * apart, with the rights of whoever runs the migrations.  What it sets is
 * undone when it has ended, so that the next one and the session find what
 * they had before.
 *
 * A line "-- stormdisc: commit" between two statements is a commit point: what
 * follows is another transaction, and another step.  So is a statement that
 * cannot run in any transaction, where the migration's options allow for it.
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "access/transam.h"
#include "access/xact.h"
#include "catalog/pg_type.h"
#include "commands/defrem.h"
#include "executor/spi.h"
#include "miscadmin.h"
#include "tcop/dest.h"
#include "utils/builtins.h"
#include "utils/guc.h"
#include "utils/timestamp.h"

#include "compat.h"
#include "migrate/script.h"
#include "model/fingerprint.h"
#include "model/json.h"
#include "spi_util.h"

#define COMMIT_POINT "commit"

/* for the context of an error */
typedef struct Place
{
	const SdScript *script;
	const SdSqlStatement *statement;
	int number;
} Place;

static void run_utility(const char *sql);
static bool makes_constraints(Node *node);
static void defer_constraints(TransactionId made_by);
static void refuse(const SdSqlStatement *statement);
static bool is_commit_point(const char *before);
static const char *outside_command(Node *node);
static bool has_option(List *options, const char *name, bool by_default);
static void add_step(SdScript *script, int first, const char *outside);
static void in_script(void *arg);
static void at_end(void *arg);
static void in_statement(void *arg);
static void set_option(const char *name, const char *value);

/*
 * The names of constraints that are checked at the end of a transaction unless
 * it says otherwise, as SET CONSTRAINTS takes them: it raises an error for
 * those in schemas that the caller may not use.  All, or those that were made
 * by a (sub)transaction.
 */
static SdStatement select_deferred = {
	.sql = "SELECT pg_catalog.string_agg(DISTINCT pg_catalog.format('%I.%I', "
		   "n.nspname, c.conname), ', ') FROM pg_catalog.pg_constraint c "
		   "JOIN pg_catalog.pg_namespace n "
		   "ON n.oid OPERATOR(pg_catalog.=) c.connamespace "
		   "WHERE c.condeferrable AND c.condeferred "
		   "AND ($1 IS NULL OR c.xmin OPERATOR(pg_catalog.=) $1) "
		   "AND pg_catalog.has_schema_privilege(n.oid, 'USAGE') "
		   "AND NOT pg_catalog.pg_is_other_temp_schema(n.oid)",
	.nparameters = 1,
	.types = {XIDOID},
	.reads_all = true,
};

/*
 * The transaction in which all constraints were told to be checked at once:
 * those that are made later in it are, too, whatever their definition says,
 * unless they are told otherwise.
 */
static TransactionId told_in = InvalidTransactionId;

/*
 * sd_script_options
 *		Read the argument "options".
 *
 * Raises 22023 for what is no option, or no value of one.
 */
void
sd_script_options(SdScriptOptions *options, Jsonb *given)
{
	SdJsonWalk walk;
	JsonbValue key;
	JsonbValue value;

	memset(options, 0, sizeof(SdScriptOptions));
	options->in_transaction = true;
	if (!JB_ROOT_IS_OBJECT(given))
		ereport(ERROR, errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				errmsg("argument \"%s\" must be a JSON object", "options"));

	sd_json_walk(&walk, &given->root);
	while (sd_json_next_member(&walk, &key, &value))
	{
		const char *name = sd_json_as_text(&key);

		if (strcmp(name, "transaction") == 0 && value.type == jbvBool)
			options->in_transaction = value.val.boolean;
		else if (strcmp(name, "search_path") == 0 && value.type == jbvString)
			options->search_path = sd_json_as_text(&value);
		else if (strcmp(name, "lock_timeout") == 0 && value.type == jbvString)
			options->lock_timeout = sd_json_as_text(&value);
		else
			ereport(ERROR, errcode(ERRCODE_INVALID_PARAMETER_VALUE),
					errmsg("invalid option \"%s\" of a migration", name),
					errhint("Options are \"search_path\" and \"lock_timeout\", "
							"which are strings, and \"transaction\", which is "
							"true or false."));
	}

	/* what is wrong with them is better found now */
	if (options->search_path != NULL || options->lock_timeout != NULL)
	{
		int level = NewGUCNestLevel();

		set_option("search_path", options->search_path);
		set_option("lock_timeout", options->lock_timeout);
		AtEOXact_GUC(false, level);
	}
}

/*
 * sd_script_parse
 *		Take a script apart, in the current memory context.
 *
 * Raises 42601 for what the parser does not take, and 0A000 for what no
 * migration can do: end its transaction, or what is psql's.
 */
SdScript *
sd_script_parse(const char *name, const char *sql,
				const SdScriptOptions *options)
{
	SdScript *script = palloc0(sizeof(SdScript));
	ErrorContextCallback callback = {error_context_stack, in_script, script};
	bool ends = true; /* the statement before was a step of its own */
	int number = 0;
	ListCell *lc;

	script->name = name;
	script->options = *options;
	error_context_stack = &callback;
	script->statements = sd_sql_split(sql);
	error_context_stack = callback.previous;

	script->steps =
		palloc(sizeof(SdScriptStep) * (1 + list_length(script->statements)));
	foreach (lc, script->statements)
	{
		const SdSqlStatement *statement = lfirst(lc);
		Place place = {script, statement, number + 1};
		const char *outside = outside_command(statement->raw->stmt);

		callback.callback = in_statement;
		callback.arg = &place;
		error_context_stack = &callback;
		refuse(statement);
		if (outside != NULL && options->in_transaction)
			ereport(ERROR, errcode(ERRCODE_FEATURE_NOT_SUPPORTED),
					errmsg("%s cannot run inside a transaction", outside),
					errhint("Register it in a migration of its own with the "
							"option {\"transaction\": false}, which "
							"stormdisc-migrate runs step by step."));
		if (outside != NULL && IsA(statement->raw->stmt, IndexStmt) &&
			castNode(IndexStmt, statement->raw->stmt)->idxname == NULL)
			ereport(ERROR, errcode(ERRCODE_FEATURE_NOT_SUPPORTED),
					errmsg("%s without a name is not supported", outside),
					errdetail("If it fails, what is left of it could not be "
							  "found."),
					errhint("Give the index a name."));
		error_context_stack = callback.previous;

		if (ends || outside != NULL ||
			(number > 0 && is_commit_point(statement->before)))
			add_step(script, number, outside);
		else
			script->steps[script->nsteps - 1].count++;
		ends = outside != NULL;
		number++;
	}

	return script;
}

/*
 * sd_script_run
 *		Run a step of a script.
 *
 * The caller is connected to SPI or not.  What the statements set is undone.
 */
void
sd_script_run(const SdScript *script, const SdScriptStep *step,
			  SdStatementHandler handler, void *arg)
{
	int level = NewGUCNestLevel();
	Place place = {script, NULL, 0};
	ErrorContextCallback callback = {error_context_stack, in_statement, &place};

	set_option("search_path", script->options.search_path);
	set_option("lock_timeout", script->options.lock_timeout);
	if (SPI_connect() != SPI_OK_CONNECT)
		elog(ERROR, "could not connect to SPI");

	error_context_stack = &callback;
	for (int i = 0; i < step->count; i++)
	{
		SPIExecuteOptions options = {0};
		TimestampTz started = GetCurrentTimestamp();
		int rc;

		CHECK_FOR_INTERRUPTS();
		place.number = step->first + i + 1;
		place.statement = list_nth(script->statements, step->first + i);
		/* nobody wants the rows of its queries */
		options.dest = CreateDestReceiver(DestNone);
		rc = SPI_execute_extended(place.statement->text, &options);
		if (rc < 0)
			ereport(ERROR, errcode(ERRCODE_FEATURE_NOT_SUPPORTED),
					errmsg("%s is not supported in a migration",
						   GetCommandTagName(place.statement->tag)));
		if (makes_constraints(place.statement->raw->stmt) &&
			TransactionIdIsValid(told_in) &&
			told_in == GetTopTransactionIdIfAny())
			defer_constraints(GetCurrentTransactionId());
		if (handler != NULL)
			handler(place.statement, place.number, started, arg);
	}
	error_context_stack = callback.previous;

	if (SPI_finish() != SPI_OK_FINISH)
		elog(ERROR, "could not disconnect from SPI");
	/* as if it had failed: also what is set for the session goes */
	AtEOXact_GUC(false, level);
}

/*
 * sd_script_check_constraints
 *		Check all constraints now that wait for the end of the transaction.
 *
 * Those that wait by their definition do so again afterwards.
 */
void
sd_script_check_constraints(const SdScript *script)
{
	ErrorContextCallback callback = {error_context_stack, at_end,
									 unconstify(SdScript *, script)};

	/* triggers run with what the session has set */
	error_context_stack = &callback;
	run_utility("SET CONSTRAINTS ALL IMMEDIATE");
	error_context_stack = callback.previous;

	defer_constraints(InvalidTransactionId);
	told_in = GetTopTransactionId();
}

/* Can it make constraints?  Functions in a query are not looked for. */
static bool
makes_constraints(Node *node)
{
	switch (nodeTag(node))
	{
		case T_AlterTableStmt:
		case T_CallStmt:
		case T_CreateExtensionStmt:
		case T_CreateSchemaStmt:
		case T_CreateStmt:
		case T_CreateTrigStmt:
		case T_DoStmt:
			return true;
		default:
			return false;
	}
}

/*
 * Let those constraints wait that do so by their definition: all of them, or
 * those that this (sub)transaction has made.
 */
static void
defer_constraints(TransactionId made_by)
{
	Datum values[] = {TransactionIdGetDatum(made_by)};
	bool nulls[] = {!TransactionIdIsValid(made_by)};
	char *names = NULL;
	SdSpi spi;

	sd_spi_begin(&spi, false);
	if (sd_spi_read_latest(&select_deferred, values, nulls) == 1)
	{
		bool isnull;
		Datum found = sd_result(0, 1, &isnull);

		if (!isnull)
			names =
				MemoryContextStrdup(spi.context, TextDatumGetCString(found));
	}
	sd_spi_end(&spi);

	if (names != NULL)
		run_utility(psprintf("SET CONSTRAINTS %s DEFERRED", names));
}

static void
run_utility(const char *sql)
{
	int rc;

	if (SPI_connect() != SPI_OK_CONNECT)
		elog(ERROR, "could not connect to SPI");
	rc = SPI_execute(sql, false, 0);
	if (rc < 0)
		elog(ERROR, "could not run \"%s\": %s", sql,
			 SPI_result_code_string(rc));
	if (SPI_finish() != SPI_OK_FINISH)
		elog(ERROR, "could not disconnect from SPI");
}

/*
 * sd_script_checksum
 *		SHA-256 of a script, as hexadecimal digits.
 *
 * Ends of lines are all the same, space before them and empty lines at the end
 * do not count: editors and version control change them.
 */
char *
sd_script_checksum(const char *sql)
{
	StringInfoData normal;
	SdHasher *hasher = sd_hasher_create();
	uint8 hash[SD_HASH_SIZE];
	char *text = palloc(SD_HASH_TEXT_SIZE + 1);

	initStringInfo(&normal);
	for (const char *p = sql; *p != '\0'; p++)
	{
		if (*p == '\n' || *p == '\r')
		{
			while (normal.len > 0 && (normal.data[normal.len - 1] == ' ' ||
									  normal.data[normal.len - 1] == '\t'))
				normal.len--;
			if (*p == '\r' && p[1] == '\n')
				p++;
			appendStringInfoChar(&normal, '\n');
		}
		else
			appendStringInfoChar(&normal, *p);
	}
	while (normal.len > 0 && strchr(" \t\n", normal.data[normal.len - 1]))
		normal.len--;

	sd_hasher_start(hasher);
	sd_hasher_add(hasher, normal.data, normal.len);
	sd_hasher_end(hasher, hash);
	sd_hasher_free(hasher);
	for (int i = 0; i < SD_HASH_SIZE; i++)
		snprintf(text + 2 * i, 3, "%02x", hash[i]);
	pfree(normal.data);

	return text;
}

/* Raise an error if no migration can run it, whatever its options. */
static void
refuse(const SdSqlStatement *statement)
{
	Node *node = statement->raw->stmt;

	if (IsA(node, TransactionStmt))
		ereport(ERROR, errcode(ERRCODE_FEATURE_NOT_SUPPORTED),
				errmsg("%s is not supported in a migration",
					   GetCommandTagName(statement->tag)),
				errdetail("A migration is committed together with the record "
						  "of it, or not at all."),
				errhint("Leave it out.  Where a commit is needed, write a line "
						"\"-- stormdisc: commit\"."));
	if (IsA(node, CopyStmt) && castNode(CopyStmt, node)->filename == NULL)
		ereport(ERROR, errcode(ERRCODE_FEATURE_NOT_SUPPORTED),
				errmsg("%s is not supported in a migration",
					   castNode(CopyStmt, node)->is_from ? "COPY FROM STDIN"
														 : "COPY TO STDOUT"),
				errhint("Use INSERT, or COPY with a file on the server."));
}

/* Is one of the lines before a statement a commit point? */
static bool
is_commit_point(const char *before)
{
	int depth = 0; /* of comments that may have several lines */

	for (const char *p = before; *p != '\0';)
	{
		const char *word;
		const char *end;

		if (strncmp(p, "/*", 2) == 0 || (depth > 0 && strncmp(p, "*/", 2) == 0))
		{
			depth += *p == '/' ? 1 : -1;
			p += 2;
			continue;
		}
		if (depth > 0 || strncmp(p, "--", 2) != 0)
		{
			p++;
			continue;
		}
		end = p + strcspn(p, "\r\n");
		word = p + 2 + strspn(p + 2, " \t");
		if (strncmp(word, "stormdisc:", strlen("stormdisc:")) == 0)
		{
			word += strlen("stormdisc:");
			word += strspn(word, " \t");
			while (end > word && (end[-1] == ' ' || end[-1] == '\t'))
				end--;
			if (end - word == strlen(COMMIT_POINT) &&
				strncmp(word, COMMIT_POINT, strlen(COMMIT_POINT)) == 0)
				return true;
		}
		p += strcspn(p, "\r\n");
	}

	return false;
}

/* The name of a command that cannot run in a transaction, or NULL. */
static const char *
outside_command(Node *node)
{
	switch (nodeTag(node))
	{
		case T_IndexStmt:
			return castNode(IndexStmt, node)->concurrent
					   ? "CREATE INDEX CONCURRENTLY"
					   : NULL;
		case T_DropStmt:
			return castNode(DropStmt, node)->concurrent
					   ? "DROP INDEX CONCURRENTLY"
					   : NULL;
		case T_ReindexStmt:
		{
			ReindexStmt *stmt = castNode(ReindexStmt, node);

			if (has_option(stmt->params, "concurrently", false))
				return "REINDEX CONCURRENTLY";
			if (stmt->kind == REINDEX_OBJECT_SCHEMA)
				return "REINDEX SCHEMA";
			if (stmt->kind == REINDEX_OBJECT_SYSTEM)
				return "REINDEX SYSTEM";
			return stmt->kind == REINDEX_OBJECT_DATABASE ? "REINDEX DATABASE"
														 : NULL;
		}
		case T_AlterTableStmt:
		{
			ListCell *lc;

			foreach (lc, castNode(AlterTableStmt, node)->cmds)
			{
				AlterTableCmd *cmd = lfirst_node(AlterTableCmd, lc);

				if (cmd->subtype == AT_DetachPartition &&
					castNode(PartitionCmd, cmd->def)->concurrent)
					return "ALTER TABLE ... DETACH PARTITION CONCURRENTLY";
			}
			return NULL;
		}
		case T_VacuumStmt:
			return castNode(VacuumStmt, node)->is_vacuumcmd ? "VACUUM" : NULL;
		case T_AlterDatabaseStmt:
			return has_option(castNode(AlterDatabaseStmt, node)->options,
							  "tablespace", false)
					   ? "ALTER DATABASE SET TABLESPACE"
					   : NULL;
		case T_CreatedbStmt:
			return "CREATE DATABASE";
		case T_DropdbStmt:
			return "DROP DATABASE";
		case T_CreateTableSpaceStmt:
			return "CREATE TABLESPACE";
		case T_DropTableSpaceStmt:
			return "DROP TABLESPACE";
		case T_AlterSystemStmt:
			return "ALTER SYSTEM";
		case T_DiscardStmt:
			return castNode(DiscardStmt, node)->target == DISCARD_ALL
					   ? "DISCARD ALL"
					   : NULL;
		case T_CreateSubscriptionStmt:
		{
			List *options = castNode(CreateSubscriptionStmt, node)->options;

			return has_option(options, "connect", true) &&
						   has_option(options, "create_slot", true)
					   ? "CREATE SUBSCRIPTION"
					   : NULL;
		}
		case T_DropSubscriptionStmt:
			return "DROP SUBSCRIPTION";
		default:
			return SD_OUTSIDE_COMMAND(node);
	}
}

/* An option of a command, which is true if it is there without a value. */
static bool
has_option(List *options, const char *name, bool by_default)
{
	ListCell *lc;

	foreach (lc, options)
	{
		DefElem *option = lfirst_node(DefElem, lc);

		if (strcmp(option->defname, name) == 0)
			return strcmp(name, "tablespace") == 0 || defGetBoolean(option);
	}

	return by_default;
}

static void
add_step(SdScript *script, int first, const char *outside)
{
	SdScriptStep *step = &script->steps[script->nsteps++];

	step->first = first;
	step->count = 1;
	step->outside = outside;
}

static void
in_script(void *arg)
{
	const SdScript *script = arg;

	errcontext("%s", script->name);
}

static void
at_end(void *arg)
{
	const SdScript *script = arg;

	errcontext("constraints at the end of %s", script->name);
}

static void
in_statement(void *arg)
{
	const Place *place = arg;

	if (place->statement != NULL)
		errcontext("statement %d, line %d of %s", place->number,
				   place->statement->line, place->script->name);
}

/* NULL leaves it as it is. */
static void
set_option(const char *name, const char *value)
{
	if (value != NULL)
		(void) set_config_option(name, value, PGC_USERSET, PGC_S_SESSION,
								 GUC_ACTION_SAVE, true, 0, false);
}
