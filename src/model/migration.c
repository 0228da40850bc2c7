/*-------------------------------------------------------------------------
 *
 * migration.c
 *	  stormdisc_migration_sql: the statements that lead from one document's
 *	  schema to another's.
 *	  stormdisc_migration_script: the same as one script for psql.
 *
 * Both are functions of the two documents: nothing is read from the catalogs.
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "funcapi.h"
#include "lib/stringinfo.h"
#include "miscadmin.h"
#include "utils/builtins.h"
#include "utils/memutils.h"
#include "utils/tuplestore.h"

#include "catalog/sd_catalog.h"
#include "model/canonical.h"
#include "model/migration.h"

PG_FUNCTION_INFO_V1(stormdisc_migration_sql);
PG_FUNCTION_INFO_V1(stormdisc_migration_script);

#define MIGRATION_COLS 11 /* OUT columns in sql/functions/migration_sql.sql */

static void append_comment(StringInfo text, const char *comment);
static void begin(SdMigration *migration, FunctionCallInfo fcinfo);
static void read_options(SdMigrationOptions *options, Jsonb *object);
static void run(SdMigration *migration);
static int compare_steps(const ListCell *a, const ListCell *b);
static int step_rank(const SdMigrationStep *step);
static int stage_position(const SdMigrationStep *step);
static void add_settings(SdMigration *migration);
static SdMigrationStep *setting(SdMigration *migration, const char *statement,
								const char *why);
static bool has_pending_events(SdMigration *migration);
static void mark_commits(SdMigration *migration);
static void tell_of_skipped(SdMigration *migration);
static void put_steps(SdMigration *migration, FunctionCallInfo fcinfo);
static const char *identity_of(const SdMigrationStep *step);

/*
 * stormdisc_migration_sql(old_schema, new_schema, destructive, options)
 *		-> setof row
 *		The statements that make the new schema of the old one.
 */
Datum
stormdisc_migration_sql(PG_FUNCTION_ARGS)
{
	SdMigration migration = {0};
	MemoryContext context;
	MemoryContext oldcontext;
	int level;

	InitMaterializedSRF(fcinfo, 0);
	begin(&migration, fcinfo);
	context = AllocSetContextCreate(CurrentMemoryContext, "stormdisc migration",
									ALLOCSET_DEFAULT_SIZES);
	oldcontext = MemoryContextSwitchTo(context);
	level = sd_settings_pin();
	run(&migration);
	put_steps(&migration, fcinfo);
	sd_settings_restore(level);
	MemoryContextSwitchTo(oldcontext);
	MemoryContextDelete(context);

	return (Datum) 0;
}

/*
 * stormdisc_migration_script(old_schema, new_schema, destructive, options)
 *		-> text
 *		The same as a script.
 */
Datum
stormdisc_migration_script(PG_FUNCTION_ARGS)
{
	SdMigration migration = {0};
	StringInfoData text;
	bool in_transaction = false;
	bool is_last_alone = false;
	int level;
	ListCell *lc;

	begin(&migration, fcinfo);
	level = sd_settings_pin();
	run(&migration);
	initStringInfo(&text);
	foreach (lc, migration.steps)
	{
		SdMigrationStep *step = lfirst(lc);

		if (step->is_skipped)
		{
			append_comment(&text, psprintf("skipped: %s", step->why));
			append_comment(&text, psprintf("%s;", step->statement));
			continue;
		}
		if (in_transaction && (step->commit_before || step->alone))
		{
			appendStringInfoString(&text, "COMMIT;\n");
			in_transaction = false;
		}
		is_last_alone = step->alone || step->stage == SD_STAGE_SETTINGS;
		if (!in_transaction && !is_last_alone)
		{
			appendStringInfoString(&text, "BEGIN;\n");
			in_transaction = true;
		}
		appendStringInfo(&text, "%s;\n", step->statement);
	}
	if (in_transaction)
		appendStringInfoString(&text, "COMMIT;\n");
	sd_settings_restore(level);

	PG_RETURN_TEXT_P(cstring_to_text_with_len(text.data, text.len));
}

/* Names may hold ends of lines, of either kind, which end a comment. */
static void
append_comment(StringInfo text, const char *comment)
{
	for (;;)
	{
		int length = (int) strcspn(comment, "\r\n");

		appendStringInfo(text, "-- %.*s\n", length, comment);
		if (comment[length] == '\0')
			break;
		comment += length + 1;
	}
}

/* The arguments, which are those of both functions. */
static void
begin(SdMigration *migration, FunctionCallInfo fcinfo)
{
	static const char *const arguments[] = {"old_schema", "new_schema",
											"destructive"};

	for (int i = 0; i < lengthof(arguments); i++)
	{
		if (PG_ARGISNULL(i))
			ereport(ERROR, errcode(ERRCODE_NULL_VALUE_NOT_ALLOWED),
					errmsg("argument \"%s\" must not be null", arguments[i]));
	}
	migration->documents[0] = PG_GETARG_JSONB_P(0);
	migration->documents[1] = PG_GETARG_JSONB_P(1);
	migration->options.destructive = PG_GETARG_BOOL(2);
	if (!PG_ARGISNULL(3))
		read_options(&migration->options, PG_GETARG_JSONB_P(3));
}

static void
read_options(SdMigrationOptions *options, Jsonb *object)
{
	SdJsonWalk walk;
	JsonbValue key;
	JsonbValue value;

	if (!JB_ROOT_IS_OBJECT(object))
		ereport(ERROR, errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				errmsg("options must be an object"),
				errhint("For example: {\"concurrently\": true}."));
	sd_json_walk(&walk, &object->root);
	while (sd_json_next_member(&walk, &key, &value))
	{
		char *name = sd_json_as_text(&key);

		if (sd_ddl_compare(name, "concurrently") == 0)
		{
			if (value.type != jbvBool)
				ereport(ERROR, errcode(ERRCODE_INVALID_PARAMETER_VALUE),
						errmsg("option \"%s\" must be true or false", name));
			options->concurrently = value.val.boolean;
		}
		else if (sd_ddl_compare(name, "renames") == 0)
		{
			options->renames = sd_json_as_object(&value);
			if (options->renames == NULL)
				ereport(ERROR, errcode(ERRCODE_INVALID_PARAMETER_VALUE),
						errmsg("option \"%s\" must be an object", name),
						errhint("For example: {\"tables\": {\"app.a\": "
								"\"app.b\"}}."));
		}
		else
			ereport(ERROR, errcode(ERRCODE_INVALID_PARAMETER_VALUE),
					errmsg("unrecognized option: \"%s\"", name),
					errhint("Available options: concurrently, renames."));
	}
}

/* All steps, in their order. */
static void
run(SdMigration *migration)
{
	if (migration->options.renames != NULL)
	{
		(void) sd_canonical_check(migration->documents[0], "old_schema");
		(void) sd_canonical_check(migration->documents[1], "new_schema");
		sd_migration_rename(migration);
	}
	migration->diff = sd_diff_documents(migration->documents[0], "old_schema",
										migration->documents[1], "new_schema");
	migration->versions[0] = migration->diff->versions[0];
	migration->versions[1] = migration->diff->versions[1];
	if (migration->diff->count == 0 && migration->steps == NIL)
		return;
	sd_migration_plan(migration);
	list_sort(migration->steps, compare_steps);
	mark_commits(migration);
	tell_of_skipped(migration);
	add_settings(migration);
}

/* By stage, place, and the order in which they were made. */
static int
compare_steps(const ListCell *a, const ListCell *b)
{
	const SdMigrationStep *left = lfirst(a);
	const SdMigrationStep *right = lfirst(b);
	int order = (int) left->stage - (int) right->stage;

	if (order == 0)
	{
		int left_position = stage_position(left);
		int right_position = stage_position(right);

		order = left_position < right_position	 ? -1
				: left_position > right_position ? 1
												 : 0;
	}
	if (order == 0)
		order = step_rank(left) - step_rank(right);
	if (order == 0)
		order = left->number - right->number;

	return order;
}

/* Checks stand in the place of their table: they go first, and come last. */
static int
step_rank(const SdMigrationStep *step)
{
	bool is_table = step->object != NULL &&
					sd_ddl_compare(step->object->kind, "tables") == 0;

	if (step->rank != 0)
		return step->rank;

	return is_table == (step->stage == SD_STAGE_DROP) ? 1 : 0;
}

/* What is dropped goes in the reverse order of the old document. */
static int
stage_position(const SdMigrationStep *step)
{
	int position = step->position;

	if (step->stage == SD_STAGE_DROP)
		return -(position >= 0 ? position : step->object->old_position);

	return position >= 0 ? position : step->object->new_position;
}

/* The settings under which the texts of documents mean what they meant. */
static void
add_settings(SdMigration *migration)
{
	List *settings = NIL;
	bool is_needed = false;
	ListCell *lc;

	foreach (lc, migration->steps)
		is_needed |= !((SdMigrationStep *) lfirst(lc))->is_skipped;
	if (!is_needed)
		return;
	foreach (lc, migration->ddl[1]->nodes)
	{
		SdDdlNode *node = lfirst(lc);

		if (node->phase == SD_DDL_SETTINGS)
			settings = lappend(
				settings,
				setting(migration,
						((SdDdlStatement *) linitial(node->statements))->text,
						NULL));
	}
	if (has_pending_events(migration))
		settings = lappend(
			settings,
			setting(migration, "SET CONSTRAINTS ALL IMMEDIATE",
					"deferred checks that wait would block ALTER TABLE"));
	migration->steps = list_concat(settings, migration->steps);
}

static SdMigrationStep *
setting(SdMigration *migration, const char *statement, const char *why)
{
	SdMigrationStep *step = palloc0(sizeof(SdMigrationStep));

	step->stage = why == NULL ? SD_STAGE_SETTINGS : SD_STAGE_RELEASE;
	step->statement = pstrdup(statement);
	step->why = why;

	return step;
}

/* May something before this in the same transaction wait to be checked? */
static bool
has_pending_events(SdMigration *migration)
{
	JsonbContainer *objects =
		sd_json_get_object(&migration->documents[0]->root, "constraints");
	SdJsonWalk walk;
	JsonbValue key;
	JsonbValue value;

	if (objects == NULL)
		return false;
	sd_json_walk(&walk, objects);
	while (sd_json_next_member(&walk, &key, &value))
	{
		CHECK_FOR_INTERRUPTS();
		if (sd_json_get_bool(sd_json_as_object(&value), "is_deferrable"))
			return true;
	}

	return false;
}

/*
 * Where can a transaction not go on?  Around what cannot be in one, and before
 * a label is used that was added in it.
 */
static void
mark_commits(SdMigration *migration)
{
	List *labels = NIL;
	bool was_alone = false;
	ListCell *lc;

	foreach (lc, migration->steps)
	{
		SdMigrationStep *step = lfirst(lc);
		ListCell *lc2;

		CHECK_FOR_INTERRUPTS();
		if (step->is_skipped)
		{
			step->commit_before = false;
			continue;
		}
		if (step->alone || was_alone)
			step->commit_before = true;
		foreach (lc2, labels)
		{
			/* another label may stand beside it at once */
			if (step->new_label == NULL &&
				strstr(step->statement, lfirst(lc2)) != NULL)
				step->commit_before = true;
		}
		if (step->commit_before)
			labels = NIL;
		if (step->new_label != NULL)
			labels = lappend(labels, sd_ddl_quote_literal(step->new_label));
		was_alone = step->alone;
	}
}

static void
tell_of_skipped(SdMigration *migration)
{
	int count = 0;
	ListCell *lc;

	foreach (lc, migration->steps)
		count += ((SdMigrationStep *) lfirst(lc))->is_skipped ? 1 : 0;
	if (count > 0)
		ereport(NOTICE,
				errmsg_plural("%d statement is skipped",
							  "%d statements are skipped", count, count),
				errhint("Rows with \"skipped\" say why; with \"destructive\" "
						"they are not."));
}

static void
put_steps(SdMigration *migration, FunctionCallInfo fcinfo)
{
	ReturnSetInfo *rsinfo = (ReturnSetInfo *) fcinfo->resultinfo;
	MemoryContext row_context = AllocSetContextCreate(
		CurrentMemoryContext, "stormdisc migration row", ALLOCSET_SMALL_SIZES);
	MemoryContext oldcontext = MemoryContextSwitchTo(row_context);
	int seq = 0;
	ListCell *lc;

	Assert(rsinfo->setDesc->natts == MIGRATION_COLS);
	foreach (lc, migration->steps)
	{
		SdMigrationStep *step = lfirst(lc);
		Datum values[MIGRATION_COLS] = {0};
		bool nulls[MIGRATION_COLS] = {false};

		CHECK_FOR_INTERRUPTS();
		values[0] = Int32GetDatum(++seq);
		values[1] = CStringGetTextDatum(
			step->object != NULL ? step->object->kind : "settings");
		values[2] = CStringGetTextDatum(identity_of(step));
		values[3] = CStringGetTextDatum(psprintf("%s;", step->statement));
		values[4] = CStringGetTextDatum(sd_severity_name(step->severity));
		if (step->lock != NULL)
			values[5] = CStringGetTextDatum(step->lock);
		else
			nulls[5] = true;
		values[6] = BoolGetDatum(step->rewrites);
		values[7] = BoolGetDatum(step->destructive);
		values[8] = BoolGetDatum(step->commit_before);
		values[9] = BoolGetDatum(step->is_skipped);
		if (step->why != NULL)
			values[10] = CStringGetTextDatum(step->why);
		else
			nulls[10] = true;
		tuplestore_putvalues(rsinfo->setResult, rsinfo->setDesc, values, nulls);
		MemoryContextReset(row_context);
	}
	MemoryContextSwitchTo(oldcontext);
	MemoryContextDelete(row_context);
}

static const char *
identity_of(const SdMigrationStep *step)
{
	const SdMigrationObject *object = step->object;

	if (object == NULL)
		return "";
	if (object->new_identity != NULL && step->stage >= SD_STAGE_CHANGE)
		return object->new_identity;

	return object->old_identity != NULL ? object->old_identity
										: object->new_identity;
}
