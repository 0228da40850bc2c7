/*-------------------------------------------------------------------------
 *
 * ddl_views.c
 *	  DDL of views, and of what stands on tables and views: rules, triggers,
 *	  policies, property graphs; and of event triggers.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "lib/stringinfo.h"
#include "utils/builtins.h"

#include "model/ddl.h"

static char *stand_in(SdDdl *ddl, JsonbContainer *object, const char *name);
static void add_view_columns(SdDdl *ddl, SdDdlNode *node,
							 JsonbContainer *object, const char *what,
							 const char *name);
static void add_enabled(SdDdlNode *node, JsonbContainer *object,
						const char *table, const char *what, const char *name);
static void add_trigger_of_partition(SdDdl *ddl, JsonbContainer *object,
									 const char *table, const char *name);

/* A view or materialized view. */
void
sd_ddl_view(SdDdl *ddl, JsonbContainer *object)
{
	char *name = sd_ddl_name(ddl, object, "schema_name", "view_name");
	char *definition = sd_ddl_trimmed(sd_ddl_text(ddl, object, "definition"));
	char *options =
		sd_ddl_storage_options(sd_json_get_texts(object, "options"));
	char *check_option = sd_json_get_text(object, "check_option");
	char *method = sd_json_get_text(object, "access_method");
	char *tablespace = sd_json_get_text(object, "tablespace");
	bool is_materialized = sd_ddl_is(object, "view_type", "materialized view");
	const char *what = is_materialized ? "MATERIALIZED VIEW" : "VIEW";
	SdDdlNode *node = sd_ddl_node(ddl, SD_DDL_VIEWS);
	StringInfoData head;

	sd_ddl_provide_qualified(ddl, node, name, false);
	sd_ddl_enter(ddl, node);
	node->is_relation = true;
	initStringInfo(&head);
	if (is_materialized && method != NULL)
	{
		appendStringInfo(&head, "\nUSING %s", sd_ddl_quote_identifier(method));
		sd_ddl_need_word(ddl, node, "access_methods", method);
	}
	if (options != NULL)
		appendStringInfo(&head, "\nWITH (%s)", options);
	if (is_materialized && tablespace != NULL && tablespace[0] != '\0')
		appendStringInfo(&head, "\nTABLESPACE %s",
						 sd_ddl_quote_identifier(tablespace));

	if (is_materialized)
		sd_ddl_statement(
			node, "CREATE MATERIALIZED VIEW %s%s%s AS\n%s\nWITH NO DATA",
			sd_ddl_if_not_exists(ddl), name, head.data, definition);
	else
	{
		sd_ddl_statement(node, "CREATE %sVIEW %s%s AS\n%s%s%s%s",
						 sd_ddl_or_replace(ddl), name, head.data, definition,
						 check_option != NULL ? "\nWITH " : "",
						 check_option != NULL ? sd_ddl_upper(check_option) : "",
						 check_option != NULL ? " CHECK OPTION" : "");
		node->stand_in = stand_in(ddl, object, name);
	}
	sd_ddl_owner(ddl, node, what, name, object);
	sd_ddl_comment_of(ddl, node, what, name, object);
	add_view_columns(ddl, node, object, what, name);
}

/* A view with these columns, and without a query. */
static char *
stand_in(SdDdl *ddl, JsonbContainer *object, const char *name)
{
	JsonbContainer *columns = sd_json_get_array(object, "columns");
	List *list = NIL;
	SdJsonWalk walk;
	JsonbValue value;

	if (columns == NULL)
		return NULL;
	sd_json_walk(&walk, columns);
	while (sd_json_next_element(&walk, &value))
	{
		JsonbContainer *column = sd_json_as_object(&value);
		char *collation;

		if (column == NULL)
			continue;
		collation = sd_json_get_text(column, "collation");
		list = lappend(list,
					   psprintf("\n    NULL::%s%s%s AS %s",
								sd_ddl_text(ddl, column, "formatted_type"),
								collation != NULL ? " COLLATE " : "",
								collation != NULL ? collation : "",
								sd_ddl_quote_identifier(
									sd_ddl_text(ddl, column, "column_name"))));
	}

	return psprintf("CREATE VIEW %s AS\n  SELECT%s", name,
					sd_ddl_joined(list, ","));
}

static void
add_view_columns(SdDdl *ddl, SdDdlNode *node, JsonbContainer *object,
				 const char *what, const char *name)
{
	JsonbContainer *columns = sd_json_get_array(object, "columns");
	SdJsonWalk walk;
	JsonbValue value;

	if (columns == NULL)
		return;
	sd_json_walk(&walk, columns);
	while (sd_json_next_element(&walk, &value))
	{
		JsonbContainer *column = sd_json_as_object(&value);
		const char *quoted;
		char *default_value;
		char *storage;
		char *compression;
		int64 target;

		if (column == NULL)
			continue;
		quoted = pstrdup(
			sd_ddl_quote_identifier(sd_ddl_text(ddl, column, "column_name")));
		default_value = sd_json_get_text(column, "default_value");
		storage = sd_json_get_text(column, "storage");
		compression = sd_json_get_text(column, "compression");
		if (default_value != NULL)
		{
			SdDdlNode *later = sd_ddl_node(ddl, SD_DDL_STATISTICS);

			sd_ddl_statement(later,
							 "ALTER %s %s ALTER COLUMN %s SET DEFAULT %s", what,
							 name, quoted, default_value);
			later->undo = psprintf("ALTER %s %s ALTER COLUMN %s DROP DEFAULT",
								   what, name, quoted);
		}
		if (storage != NULL)
			sd_ddl_statement(node, "ALTER %s %s ALTER COLUMN %s SET STORAGE %s",
							 what, name, quoted, sd_ddl_upper(storage));
		if (compression != NULL)
			sd_ddl_statement(node,
							 "ALTER %s %s ALTER COLUMN %s SET COMPRESSION %s",
							 what, name, quoted, compression);
		if (sd_json_get_int64(column, "statistics_target", &target))
			sd_ddl_statement(
				node,
				"ALTER %s %s ALTER COLUMN %s SET STATISTICS " INT64_FORMAT,
				what, name, quoted, target);
		sd_ddl_comment_of(ddl, node, "COLUMN", psprintf("%s.%s", name, quoted),
						  column);
	}
}

/* A rule. */
void
sd_ddl_rule(SdDdl *ddl, JsonbContainer *object)
{
	char *table = sd_ddl_name(ddl, object, "schema_name", "table_name");
	char *name =
		pstrdup(sd_ddl_quote_identifier(sd_ddl_text(ddl, object, "rule_name")));
	char *definition = sd_ddl_trimmed(sd_ddl_text(ddl, object, "definition"));
	SdDdlNode *node = sd_ddl_node(ddl, SD_DDL_TRIGGERS);

	if (ddl->options.if_not_exists &&
		strncmp(definition, "CREATE RULE ", 12) == 0)
		definition = psprintf("CREATE OR REPLACE %s", definition + 7);
	sd_ddl_statement(node, "%s", definition);
	add_enabled(node, object, table, "RULE", name);
	sd_ddl_comment_of(ddl, node, "RULE", psprintf("%s ON %s", name, table),
					  object);
}

/* Rules and triggers are enabled unless something else is said. */
static void
add_enabled(SdDdlNode *node, JsonbContainer *object, const char *table,
			const char *what, const char *name)
{
	char *enabled = sd_json_get_text(object, "enabled");

	if (enabled == NULL || sd_ddl_compare(enabled, "origin") == 0)
		return;
	if (sd_ddl_compare(enabled, "disabled") == 0)
		sd_ddl_statement(node, "ALTER TABLE %s DISABLE %s %s", table, what,
						 name);
	else
		sd_ddl_statement(node, "ALTER TABLE %s ENABLE %s %s %s", table,
						 sd_ddl_upper(enabled), what, name);
}

/* A trigger. */
void
sd_ddl_trigger(SdDdl *ddl, JsonbContainer *object)
{
	char *table = sd_ddl_name(ddl, object, "schema_name", "table_name");
	char *name = pstrdup(
		sd_ddl_quote_identifier(sd_ddl_text(ddl, object, "trigger_name")));
	char *definition = sd_ddl_trimmed(sd_ddl_text(ddl, object, "definition"));
	SdDdlNode *node;

	if (sd_json_get_text(object, "parent_trigger") != NULL)
	{
		add_trigger_of_partition(ddl, object, table, name);
		return;
	}

	node = sd_ddl_node(ddl, SD_DDL_TRIGGERS);
	sd_ddl_provide_word(ddl, node, "trigger", psprintf("%s.%s", table, name));
	if (ddl->options.if_not_exists &&
		strncmp(definition, "CREATE TRIGGER ", 15) == 0)
		definition = psprintf("CREATE OR REPLACE %s", definition + 7);
	sd_ddl_guarded(node, "duplicate_object", "%s", definition);
	add_enabled(node, object, table, "TRIGGER", name);
	sd_ddl_comment_of(ddl, node, "TRIGGER", psprintf("%s ON %s", name, table),
					  object);
}

/* It comes with the partitioned table's, and is enabled as that is. */
static void
add_trigger_of_partition(SdDdl *ddl, JsonbContainer *object, const char *table,
						 const char *name)
{
	JsonbContainer *partition = sd_ddl_object(ddl, "tables", table);
	char *comment = sd_json_get_text(object, "comment");
	char *enabled = sd_json_get_text(object, "enabled");
	char *parent_enabled = NULL;
	char *parent = NULL;
	SdDdlNode *node;

	if (partition != NULL && sd_json_get_text(partition, "parent_name") != NULL)
	{
		JsonbContainer *trigger;

		parent = psprintf(
			"%s.%s",
			sd_ddl_name(ddl, partition, "parent_schema", "parent_name"),
			sd_ddl_quote_identifier(
				sd_json_get_text(object, "parent_trigger")));
		trigger = sd_ddl_object(ddl, "triggers", parent);
		if (trigger != NULL)
			parent_enabled = sd_json_get_text(trigger, "enabled");
	}
	if (enabled == NULL)
		enabled = "origin";
	if (parent_enabled == NULL)
		parent_enabled = "origin";
	if (sd_ddl_compare(enabled, parent_enabled) == 0 && comment == NULL)
		return;

	node = sd_ddl_node(ddl, SD_DDL_TRIGGERS);
	sd_ddl_provide_word(ddl, node, "trigger", psprintf("%s.%s", table, name));
	sd_ddl_need_word(ddl, node, "trigger", parent);
	if (sd_ddl_compare(enabled, "origin") == 0 &&
		sd_ddl_compare(parent_enabled, enabled) != 0)
		sd_ddl_statement(node, "ALTER TABLE %s ENABLE TRIGGER %s", table, name);
	else if (sd_ddl_compare(enabled, parent_enabled) != 0)
		add_enabled(node, object, table, "TRIGGER", name);
	sd_ddl_comment_of(ddl, node, "TRIGGER", psprintf("%s ON %s", name, table),
					  object);
}

/* A policy of row security. */
void
sd_ddl_policy(SdDdl *ddl, JsonbContainer *object)
{
	char *table = sd_ddl_name(ddl, object, "schema_name", "table_name");
	char *name = pstrdup(
		sd_ddl_quote_identifier(sd_ddl_text(ddl, object, "policy_name")));
	char *command = sd_json_get_text(object, "command");
	char *using = sd_json_get_text(object, "using_expression");
	char *check = sd_json_get_text(object, "check_expression");
	SdDdlNode *node = sd_ddl_node(ddl, SD_DDL_TRIGGERS);
	List *roles = NIL;
	StringInfoData rest;
	ListCell *lc;

	foreach (lc, sd_json_get_texts(object, "roles"))
		roles =
			lappend(roles, sd_ddl_compare(lfirst(lc), "public") == 0
							   ? pstrdup("PUBLIC")
							   : pstrdup(sd_ddl_quote_identifier(lfirst(lc))));
	initStringInfo(&rest);
	if (!sd_ddl_flag(object, "is_permissive", true))
		appendStringInfoString(&rest, " AS RESTRICTIVE");
	if (command != NULL && sd_ddl_compare(command, "all") != 0)
		appendStringInfo(&rest, " FOR %s", sd_ddl_upper(command));
	if (roles != NIL && sd_ddl_compare(linitial(roles), "PUBLIC") != 0)
		appendStringInfo(&rest, " TO %s", sd_ddl_joined(roles, ", "));
	if (using != NULL)
		appendStringInfo(&rest, " USING (%s)", using);
	if (check != NULL)
		appendStringInfo(&rest, " WITH CHECK (%s)", check);
	sd_ddl_guarded(node, "duplicate_object", "CREATE POLICY %s ON %s%s", name,
				   table, rest.data);
	sd_ddl_comment_of(ddl, node, "POLICY", psprintf("%s ON %s", name, table),
					  object);
}

/* A property graph. */
void
sd_ddl_property_graph(SdDdl *ddl, JsonbContainer *object)
{
	char *name = sd_ddl_name(ddl, object, "schema_name", "graph_name");
	SdDdlNode *node = sd_ddl_node(ddl, SD_DDL_VIEWS);

	sd_ddl_provide_qualified(ddl, node, name, false);
	sd_ddl_guarded(node, "duplicate_table", "%s",
				   sd_ddl_trimmed(sd_ddl_text(ddl, object, "definition")));
	sd_ddl_owner(ddl, node, "PROPERTY GRAPH", name, object);
	sd_ddl_comment_of(ddl, node, "PROPERTY GRAPH", name, object);
}

/* An event trigger. */
void
sd_ddl_event_trigger(SdDdl *ddl, JsonbContainer *object)
{
	char *name = pstrdup(
		sd_ddl_quote_identifier(sd_ddl_text(ddl, object, "trigger_name")));
	char *enabled = sd_json_get_text(object, "enabled");
	SdDdlNode *node = sd_ddl_node(ddl, SD_DDL_EVENT_TRIGGERS);
	List *tags = NIL;
	ListCell *lc;

	foreach (lc, sd_json_get_texts(object, "tags"))
		tags = lappend(tags, sd_ddl_quote_literal(lfirst(lc)));
	sd_ddl_guarded(
		node, "duplicate_object",
		"CREATE EVENT TRIGGER %s ON %s%s%s%s\n    EXECUTE FUNCTION %s()", name,
		sd_ddl_quote_identifier(sd_ddl_text(ddl, object, "event")),
		tags != NIL ? "\n    WHEN TAG IN (" : "", sd_ddl_joined(tags, ", "),
		tags != NIL ? ")" : "", sd_ddl_text(ddl, object, "function"));
	if (enabled != NULL && sd_ddl_compare(enabled, "disabled") == 0)
		sd_ddl_statement(node, "ALTER EVENT TRIGGER %s DISABLE", name);
	else if (enabled != NULL && sd_ddl_compare(enabled, "origin") != 0)
		sd_ddl_statement(node, "ALTER EVENT TRIGGER %s ENABLE %s", name,
						 sd_ddl_upper(enabled));
	sd_ddl_owner(ddl, node, "EVENT TRIGGER", name, object);
	sd_ddl_comment_of(ddl, node, "EVENT TRIGGER", name, object);
}
