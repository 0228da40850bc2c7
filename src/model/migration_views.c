/*-------------------------------------------------------------------------
 *
 * migration_views.c
 *	  What a migration alters of views, and of what stands on tables and views:
 *	  rules, triggers, policies.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "lib/stringinfo.h"
#include "utils/builtins.h"

#include "model/migration.h"
#include "model/migration_families.h"

static bool keeps_columns(const SdMigrationObject *object);
static bool is_same_column(JsonbContainer *before, JsonbContainer *now);
static void replace_view(SdMigration *migration, SdMigrationObject *object);
static void alter_materialized_view(SdMigration *migration,
									SdMigrationObject *object,
									const char *name);
static void alter_columns(SdMigration *migration, SdMigrationObject *object,
						  const SdMigrationName *name);
static bool alter_column(SdMigration *migration, SdMigrationObject *object,
						 const SdMigrationName *name, const SdDiffRow *row);
static void comment_new_columns(SdMigration *migration,
								SdMigrationObject *object,
								const SdMigrationName *name);
static void follow_parent(SdMigration *migration, SdMigrationObject *object,
						  const char *table, const char *name);

/*
 * sd_migration_alter_view
 *		A view by OR REPLACE, if it keeps its columns; of a materialized one how
 *		it is stored.
 */
void
sd_migration_alter_view(SdMigration *migration, SdMigrationObject *object)
{
	SdMigrationName name;

	if (sd_migration_change(object, "view_type") != NULL ||
		!sd_migration_name(object, true, &name) || !keeps_columns(object))
		return;
	if (sd_ddl_is(object->new_object, "view_type", "materialized view"))
		alter_materialized_view(migration, object, name.name);
	else
		replace_view(migration, object);
	alter_columns(migration, object, &name);
}

/* Are the old columns the first of the new ones? */
static bool
keeps_columns(const SdMigrationObject *object)
{
	JsonbContainer *olds = sd_json_get_array(object->old_object, "columns");
	JsonbContainer *news = sd_json_get_array(object->new_object, "columns");
	int nold = olds != NULL ? JsonContainerSize(olds) : 0;
	int nnew = news != NULL ? JsonContainerSize(news) : 0;

	if (nnew < nold)
		return false;
	for (int i = 0; i < nold; i++)
	{
		JsonbContainer *before =
			sd_json_as_object(getIthJsonbValueFromContainer(olds, i));
		JsonbContainer *now =
			sd_json_as_object(getIthJsonbValueFromContainer(news, i));

		if (before == NULL || now == NULL || !is_same_column(before, now))
			return false;
	}

	return true;
}

static bool
is_same_column(JsonbContainer *before, JsonbContainer *now)
{
	static const char *const keys[] = {"column_name", "formatted_type",
									   "collation"};

	for (int i = 0; i < lengthof(keys); i++)
	{
		if (!sd_migration_same(sd_json_get_text(before, keys[i]),
							   sd_json_get_text(now, keys[i])))
			return false;
	}

	return true;
}

static void
replace_view(SdMigration *migration, SdMigrationObject *object)
{
	static const char *const attributes[] = {"definition", "options",
											 "check_option", NULL};
	const char *text = NULL;
	SdDdlNode *last;
	bool is_changed = sd_migration_take_all(object, attributes);
	List *changes = list_copy(object->changes);
	ListCell *lc;
	ListCell *lc2;

	foreach (lc, changes)
	{
		SdDiffRow *row = lfirst(lc);

		/* a column that comes at the end comes with the query */
		if (sd_ddl_compare(row->kind, "columns") == 0 &&
			row->attribute == NULL && row->has_new)
		{
			is_changed = true;
			object->changes = list_delete_ptr(object->changes, row);
		}
	}
	if (!is_changed || object->new_nodes == NIL)
		return;

	/* the one with the query is the last that makes the view */
	foreach (lc, object->new_nodes)
	{
		SdDdlNode *node = lfirst(lc);

		foreach (lc2, node->statements)
		{
			const char *statement = ((SdDdlStatement *) lfirst(lc2))->text;

			if (strncmp(statement, "CREATE VIEW ", 12) == 0 ||
				strncmp(statement, "CREATE OR REPLACE VIEW ", 23) == 0)
			{
				text = statement;
				last = node;
			}
		}
	}
	if (text == NULL)
		return;
	if (strncmp(text, "CREATE VIEW ", 12) == 0)
		text = psprintf("CREATE OR REPLACE VIEW %s", text + 12);
	sd_migration_step(migration, object, SD_STAGE_CHANGE, "%s", text)
		->position = last->number;
}

/* Its query cannot be altered. */
static void
alter_materialized_view(SdMigration *migration, SdMigrationObject *object,
						const char *name)
{
	static const char *const what = "MATERIALIZED VIEW";
	JsonbContainer *now = object->new_object;

	if (sd_migration_change(object, "definition") != NULL)
		return;
	if (sd_migration_take(object, "options"))
		sd_migration_storage_options(
			migration, object, what, name,
			sd_json_get_texts(object->old_object, "options"),
			sd_json_get_texts(now, "options"));
	if (sd_migration_take(object, "tablespace"))
	{
		char *tablespace = sd_json_get_text(now, "tablespace");
		SdMigrationStep *step = sd_migration_step(
			migration, object, SD_STAGE_CHANGE,
			"ALTER MATERIALIZED VIEW %s SET TABLESPACE %s", name,
			sd_ddl_quote_identifier(tablespace != NULL && tablespace[0] != '\0'
										? tablespace
										: "pg_default"));

		step->severity = SD_SEVERITY_REWRITING;
		step->rewrites = true;
	}
	if (sd_migration_take(object, "access_method"))
	{
		char *method = sd_json_get_text(now, "access_method");
		SdMigrationStep *step = sd_migration_step(
			migration, object, SD_STAGE_CHANGE,
			"ALTER MATERIALIZED VIEW %s SET ACCESS METHOD %s", name,
			sd_ddl_quote_identifier(method != NULL ? method : "heap"));

		step->severity = SD_SEVERITY_REWRITING;
		step->rewrites = true;
	}
}

/* What is said of columns that both have. */
static void
alter_columns(SdMigration *migration, SdMigrationObject *object,
			  const SdMigrationName *name)
{
	List *changes = list_copy(object->changes);
	ListCell *lc;

	foreach (lc, changes)
	{
		SdDiffRow *row = lfirst(lc);

		if (sd_ddl_compare(row->kind, "columns") == 0 &&
			row->attribute != NULL &&
			alter_column(migration, object, name, row))
			object->changes = list_delete_ptr(object->changes, row);
	}
	comment_new_columns(migration, object, name);
}

static bool
alter_column(SdMigration *migration, SdMigrationObject *object,
			 const SdMigrationName *name, const SdDiffRow *row)
{
	List *names = sd_sql_identifiers(row->identity);
	const char *column = list_length(names) == 3
							 ? pstrdup(sd_ddl_quote_identifier(lthird(names)))
							 : NULL;
	JsonbContainer *now = column != NULL
							  ? sd_ddl_column(object->new_object, lthird(names))
							  : NULL;
	const char *action = NULL;
	char *value;

	if (now == NULL)
		return false;
	value = sd_json_get_text(now, row->attribute);
	if (sd_ddl_compare(row->attribute, "comment") == 0)
	{
		sd_migration_comment(migration, object, "COLUMN",
							 psprintf("%s.%s", name->name, column), value);
		return true;
	}
	if (sd_ddl_compare(row->attribute, "default_value") == 0)
		action =
			value != NULL ? psprintf("SET DEFAULT %s", value) : "DROP DEFAULT";
	else if (sd_ddl_compare(row->attribute, "statistics_target") == 0)
		action = psprintf("SET STATISTICS " INT64_FORMAT,
						  sd_ddl_int64(now, "statistics_target", -1));
	else if (sd_ddl_compare(row->attribute, "compression") == 0)
		action =
			psprintf("SET COMPRESSION %s", value != NULL ? value : "DEFAULT");
	else if (sd_ddl_compare(row->attribute, "storage") == 0 && value != NULL)
		action = psprintf("SET STORAGE %s", sd_ddl_upper(value));
	if (action == NULL)
		return false;
	(void) sd_migration_step(migration, object, SD_STAGE_CHANGE,
							 "ALTER %s %s ALTER COLUMN %s %s", name->what,
							 name->name, column, action);

	return true;
}

/* Columns that have come with the query. */
static void
comment_new_columns(SdMigration *migration, SdMigrationObject *object,
					const SdMigrationName *name)
{
	JsonbContainer *columns = sd_json_get_array(object->new_object, "columns");
	SdJsonWalk walk;
	JsonbValue value;

	if (columns == NULL)
		return;
	sd_json_walk(&walk, columns);
	while (sd_json_next_element(&walk, &value))
	{
		JsonbContainer *column = sd_json_as_object(&value);
		char *raw_name =
			column != NULL ? sd_json_get_text(column, "column_name") : NULL;
		const char *quoted;
		char *text;

		if (raw_name == NULL ||
			sd_ddl_column(object->old_object, raw_name) != NULL)
			continue;
		quoted = pstrdup(sd_ddl_quote_identifier(raw_name));
		text = sd_json_get_text(column, "default_value");
		if (text != NULL)
			(void) sd_migration_step(migration, object, SD_STAGE_CHANGE,
									 "ALTER %s %s ALTER COLUMN %s SET DEFAULT "
									 "%s",
									 name->what, name->name, quoted, text);
		text = sd_json_get_text(column, "comment");
		if (text != NULL)
			sd_migration_comment(migration, object, "COLUMN",
								 psprintf("%s.%s", name->name, quoted), text);
	}
}

/* sd_migration_alter_rule: By OR REPLACE. */
void
sd_migration_alter_rule(SdMigration *migration, SdMigrationObject *object)
{
	static const char *const attributes[] = {"event", "is_instead",
											 "definition", NULL};
	char *definition = sd_json_get_text(object->new_object, "definition");
	char *schema = sd_json_get_text(object->new_object, "schema_name");
	char *table = sd_json_get_text(object->new_object, "table_name");
	char *rule = sd_json_get_text(object->new_object, "rule_name");

	if (schema == NULL || table == NULL || rule == NULL || definition == NULL ||
		strncmp(definition, "CREATE RULE ", 12) != 0)
		return;
	if (sd_migration_take_all(object, attributes))
		(void) sd_migration_step(migration, object, SD_STAGE_CHANGE,
								 "CREATE OR REPLACE %s",
								 sd_ddl_trimmed(definition + 7));
	if (sd_migration_take(object, "enabled"))
		sd_migration_enabled(migration, object,
							 sd_ddl_quote_qualified(schema, table), "RULE",
							 pstrdup(sd_ddl_quote_identifier(rule)));
}

/*
 * sd_migration_alter_trigger
 *		By OR REPLACE; but a constraint trigger cannot be replaced.
 */
void
sd_migration_alter_trigger(SdMigration *migration, SdMigrationObject *object)
{
	char *definition = sd_json_get_text(object->new_object, "definition");
	char *schema = sd_json_get_text(object->new_object, "schema_name");
	char *table = sd_json_get_text(object->new_object, "table_name");
	char *trigger = sd_json_get_text(object->new_object, "trigger_name");
	static const char *const only_enabled[] = {"enabled", NULL};
	const char *name;
	const char *on;

	if (schema == NULL || table == NULL || trigger == NULL ||
		definition == NULL ||
		sd_migration_change(object, "parent_trigger") != NULL)
		return;
	name = pstrdup(sd_ddl_quote_identifier(trigger));
	on = sd_ddl_quote_qualified(schema, table);
	if (sd_json_get_text(object->new_object, "parent_trigger") != NULL)
	{
		follow_parent(migration, object, on, name);
		return;
	}
	if (sd_migration_only(object, only_enabled))
	{
		if (sd_migration_take(object, "enabled"))
			sd_migration_enabled(migration, object, on, "TRIGGER", name);
		return;
	}
	if (sd_json_get_bool(object->old_object, "is_constraint") ||
		strncmp(definition, "CREATE TRIGGER ", 15) != 0)
		return;
	object->changes = NIL;
	(void) sd_migration_step(migration, object, SD_STAGE_CHANGE,
							 "CREATE OR REPLACE %s",
							 sd_ddl_trimmed(definition + 7));
	sd_migration_say_again(migration, object);
	/* it is enabled then, as a new one is */
	if (!sd_ddl_is(object->new_object, "enabled", "origin") &&
		sd_json_get_text(object->new_object, "enabled") != NULL)
		sd_migration_enabled(migration, object, on, "TRIGGER", name);
}

/* That of a partition changes with the partitioned table's. */
static void
follow_parent(SdMigration *migration, SdMigrationObject *object,
			  const char *table, const char *name)
{
	object->changes = NIL;
	/* last, because whatever is done to the parent enables it, too */
	sd_migration_enabled(migration, object, table, "TRIGGER", name);
	((SdMigrationStep *) llast(object->steps))->stage = SD_STAGE_VALIDATE;
}

/* sd_migration_alter_policy: Whom it is for, and its expressions. */
void
sd_migration_alter_policy(SdMigration *migration, SdMigrationObject *object)
{
	static const char *const attributes[] = {"roles", "using_expression",
											 "check_expression", NULL};
	static const char *const expressions[] = {"using_expression",
											  "check_expression"};
	static const char *const words[] = {"USING", "WITH CHECK"};
	SdMigrationName name;
	StringInfoData actions;

	if (!sd_migration_only(object, attributes) ||
		!sd_migration_name(object, true, &name))
		return;
	/* an expression cannot be taken away */
	for (int i = 0; i < lengthof(expressions); i++)
	{
		if (sd_json_get_text(object->old_object, expressions[i]) != NULL &&
			sd_json_get_text(object->new_object, expressions[i]) == NULL)
			return;
	}

	initStringInfo(&actions);
	if (sd_migration_take(object, "roles"))
	{
		List *roles = NIL;
		ListCell *lc;

		foreach (lc, sd_json_get_texts(object->new_object, "roles"))
			roles = lappend(roles,
							sd_ddl_compare(lfirst(lc), "public") == 0
								? pstrdup("PUBLIC")
								: pstrdup(sd_ddl_quote_identifier(lfirst(lc))));
		appendStringInfo(&actions, " TO %s",
						 roles != NIL ? sd_ddl_joined(roles, ", ") : "PUBLIC");
	}
	for (int i = 0; i < lengthof(expressions); i++)
	{
		if (sd_migration_take(object, expressions[i]))
			appendStringInfo(
				&actions, " %s (%s)", words[i],
				sd_json_get_text(object->new_object, expressions[i]));
	}
	if (actions.len > 0)
		(void) sd_migration_step(migration, object, SD_STAGE_CHANGE,
								 "ALTER POLICY %s%s", name.name, actions.data);
}
