/*-------------------------------------------------------------------------
 *
 * migration_database.c
 *	  What a migration alters of extensions, text search, foreign servers,
 *	  logical replication, statistics, and labels.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include <limits.h>

#include "lib/stringinfo.h"
#include "utils/builtins.h"

#include "model/migration.h"
#include "model/migration_families.h"

/* the first servers on which these can be altered */
#define TWO_PHASE_VERSION 18

static const char *option_names(const char *options, List **names);
static void alter_mappings(SdMigration *migration, SdMigrationObject *object,
						   const char *name);
static char *mapping_token(const char *mapping, const char **dictionaries);
static const char *mapping_of(List *mappings, const char *token);
static void alter_wrapper(SdMigration *migration, SdMigrationObject *object,
						  const char *name);
static void alter_foreign_table(SdMigration *migration,
								SdMigrationObject *object);
static void alter_published(SdMigration *migration, SdMigrationObject *object,
							const char *name);

/* sd_migration_alter_extension: The schema that it is in. */
void
sd_migration_alter_extension(SdMigration *migration, SdMigrationObject *object)
{
	static const char *const attributes[] = {"version",
											 "is_relocatable",
											 "config_tables",
											 "config_conditions",
											 "requires",
											 "owner",
											 NULL};
	char *schema = sd_json_get_text(object->new_object, "schema_name");
	SdMigrationName name;

	if (!sd_migration_name(object, true, &name))
		return;
	if (sd_migration_take(object, "schema_name") && schema != NULL)
		(void) sd_migration_step(migration, object, SD_STAGE_CHANGE,
								 "ALTER EXTENSION %s SET SCHEMA %s", name.name,
								 sd_ddl_quote_identifier(schema));
	/* what the scripts make is up to them */
	(void) sd_migration_take_all(object, attributes);
}

/*
 * sd_migration_alter_text_search
 *		The options of a dictionary, the mappings of a configuration.
 */
void
sd_migration_alter_text_search(SdMigration *migration,
							   SdMigrationObject *object)
{
	SdMigrationName name;

	if (!sd_migration_name(object, true, &name))
		return;
	if (sd_ddl_is(object->new_object, "object_kind", "dictionary") &&
		sd_migration_change(object, "template") == NULL &&
		sd_migration_take(object, "options"))
	{
		char *now = sd_json_get_text(object->new_object, "options");
		List *olds = NIL;
		List *news = NIL;
		StringInfoData options;
		ListCell *lc;

		(void) option_names(sd_json_get_text(object->old_object, "options"),
							&olds);
		(void) option_names(now, &news);
		initStringInfo(&options);
		appendStringInfoString(&options, now != NULL ? now : "");
		/* one without a value is gone */
		foreach (lc, olds)
		{
			if (!sd_migration_has_text(news, lfirst(lc)))
				appendStringInfo(&options, "%s%s", options.len > 0 ? ", " : "",
								 (char *) lfirst(lc));
		}
		(void) sd_migration_step(migration, object, SD_STAGE_CHANGE,
								 "ALTER %s %s (%s)", name.what, name.name,
								 options.data);
	}
	else if (sd_ddl_is(object->new_object, "object_kind", "configuration") &&
			 sd_migration_change(object, "parser") == NULL &&
			 sd_migration_take(object, "mappings"))
		alter_mappings(migration, object, name.name);
}

/* The names in "a = 'x', ""B"" = 'y'", as they are written there. */
static const char *
option_names(const char *options, List **names)
{
	const char *start = options;
	char quote = '\0';

	for (const char *c = options; c != NULL && *c != '\0'; c++)
	{
		if (quote != '\0')
		{
			if (*c == quote)
				quote = '\0';
		}
		else if (*c == '\'' || *c == '"')
			quote = *c;
		else if (*c == ',')
		{
			for (start = c + 1; *start == ' ';)
				start++;
		}
		else if (*c == '=' && start != NULL)
		{
			int length = c - start;

			while (length > 0 && start[length - 1] == ' ')
				length--;
			*names = lappend(*names, pnstrdup(start, length));
			start = NULL;
		}
	}

	return options;
}

static void
alter_mappings(SdMigration *migration, SdMigrationObject *object,
			   const char *name)
{
	List *olds = sd_json_get_texts(object->old_object, "mappings");
	List *news = sd_json_get_texts(object->new_object, "mappings");
	ListCell *lc;

	foreach (lc, olds)
	{
		const char *dictionaries;
		char *token = mapping_token(lfirst(lc), &dictionaries);

		if (mapping_of(news, token) == NULL)
			(void) sd_migration_step(migration, object, SD_STAGE_RELEASE,
									 "ALTER TEXT SEARCH CONFIGURATION %s DROP "
									 "MAPPING FOR %s",
									 name, token);
	}
	foreach (lc, news)
	{
		const char *dictionaries;
		char *token = mapping_token(lfirst(lc), &dictionaries);
		const char *before = mapping_of(olds, token);

		if (before != NULL && sd_ddl_compare(before, dictionaries) == 0)
			continue;
		(void) sd_migration_step(
			migration, object, SD_STAGE_CHANGE,
			"ALTER TEXT SEARCH CONFIGURATION %s %s MAPPING FOR %s WITH %s",
			name, before != NULL ? "ALTER" : "ADD", token, dictionaries);
	}
}

/* Of "token: dictionary, dictionary" the one and the other. */
static char *
mapping_token(const char *mapping, const char **dictionaries)
{
	bool is_quoted = false;
	const char *colon = mapping;

	while (*colon != '\0' && (is_quoted || *colon != ':'))
	{
		if (*colon == '"')
			is_quoted = !is_quoted;
		colon++;
	}
	*dictionaries = *colon != '\0' ? colon + 1 : colon;
	while (**dictionaries == ' ')
		(*dictionaries)++;

	return pnstrdup(mapping, colon - mapping);
}

/* The dictionaries of a token, or NULL. */
static const char *
mapping_of(List *mappings, const char *token)
{
	ListCell *lc;

	foreach (lc, mappings)
	{
		const char *dictionaries;

		if (sd_ddl_compare(mapping_token(lfirst(lc), &dictionaries), token) ==
			0)
			return dictionaries;
	}

	return NULL;
}

/*
 * sd_migration_alter_foreign_server
 *		A foreign-data wrapper, server or user mapping, or what a foreign table
 *		has on its server.
 */
void
sd_migration_alter_foreign_server(SdMigration *migration,
								  SdMigrationObject *object)
{
	SdMigrationName name;
	char *version;
	char *options;

	if (sd_ddl_is(object->new_object, "object_type", "foreign table"))
	{
		alter_foreign_table(migration, object);
		return;
	}
	if (!sd_migration_name(object, true, &name))
		return;
	if (sd_ddl_is(object->new_object, "object_type", "wrapper"))
		alter_wrapper(migration, object, name.name);
	version = sd_json_get_text(object->new_object, "server_version");
	if (sd_migration_take(object, "server_version"))
		(void) sd_migration_step(migration, object, SD_STAGE_CHANGE,
								 "ALTER SERVER %s VERSION %s", name.name,
								 version != NULL ? sd_ddl_quote_literal(version)
												 : "NULL");
	if (!sd_migration_take(object, "options"))
		return;
	options = sd_migration_foreign_options(
		sd_json_get_texts(object->old_object, "options"),
		sd_json_get_texts(object->new_object, "options"));
	if (options != NULL)
		(void) sd_migration_step(migration, object, SD_STAGE_CHANGE,
								 "ALTER %s %s OPTIONS (%s)", name.what,
								 name.name, options);
}

static void
alter_wrapper(SdMigration *migration, SdMigrationObject *object,
			  const char *name)
{
	static const char *const keys[] = {"handler", "validator"};
	static const char *const words[] = {"HANDLER", "VALIDATOR"};

	for (int i = 0; i < lengthof(keys); i++)
	{
		char *value = sd_json_get_text(object->new_object, keys[i]);

		if (!sd_migration_take(object, keys[i]))
			continue;
		if (value != NULL)
			(void) sd_migration_step(migration, object, SD_STAGE_CHANGE,
									 "ALTER FOREIGN DATA WRAPPER %s %s %s",
									 name, words[i], value);
		else
			(void) sd_migration_step(migration, object, SD_STAGE_CHANGE,
									 "ALTER FOREIGN DATA WRAPPER %s NO %s",
									 name, words[i]);
	}
}

/* A foreign table cannot go to another server: then it is made again. */
static void
alter_foreign_table(SdMigration *migration, SdMigrationObject *object)
{
	char *schema = sd_json_get_text(object->new_object, "schema_name");
	char *table = sd_json_get_text(object->new_object, "object_name");
	JsonbContainer *columns;
	SdMigrationObject *whole;
	char *name;
	char *options;
	SdJsonWalk walk;
	JsonbValue value;

	if (schema == NULL || table == NULL)
		return;
	name = sd_ddl_quote_qualified(schema, table);
	whole = sd_migration_find(migration, false, "tables", name);
	if (sd_migration_change(object, "server_name") != NULL)
	{
		object->changes = NIL;
		if (whole != NULL)
			sd_migration_leave(migration, whole,
							   "its server cannot be altered");
		return;
	}
	if (sd_migration_take(object, "options"))
	{
		options = sd_migration_foreign_options(
			sd_json_get_texts(object->old_object, "options"),
			sd_json_get_texts(object->new_object, "options"));
		if (options != NULL)
			sd_migration_step(migration, object, SD_STAGE_CHANGE,
							  "ALTER FOREIGN TABLE %s OPTIONS (%s)", name,
							  options)
				->unless = whole;
	}
	if (!sd_migration_take(object, "column_options") || whole == NULL ||
		whole->new_object == NULL)
		return;
	columns = sd_json_get_array(whole->new_object, "columns");
	if (columns == NULL)
		return;
	sd_json_walk(&walk, columns);
	while (sd_json_next_element(&walk, &value))
	{
		JsonbContainer *source = sd_json_as_object(&value);
		char *column =
			source != NULL ? sd_json_get_text(source, "column_name") : NULL;
		bool is_new =
			column != NULL && sd_ddl_column(whole->old_object, column) == NULL;

		if (column == NULL)
			continue;
		options = sd_migration_foreign_options(
			is_new ? NIL
				   : sd_ddl_column_foreign_options(object->old_object, column),
			sd_ddl_column_foreign_options(object->new_object, column));
		if (options != NULL)
		{
			SdMigrationStep *step = sd_migration_step(
				migration, object, SD_STAGE_CHANGE,
				"ALTER FOREIGN TABLE %s ALTER COLUMN %s OPTIONS (%s)", name,
				sd_ddl_quote_identifier(column), options);

			/* when the column is there */
			step->position = INT_MAX - 1;
			step->unless = whole;
		}
	}
}

/* sd_migration_alter_publication: What it publishes, and of what. */
void
sd_migration_alter_publication(SdMigration *migration,
							   SdMigrationObject *object)
{
	static const char *const lists[] = {"schema_names", "table_names",
										"table_columns", "row_filters", NULL};
	JsonbContainer *now = object->new_object;
	char *generated = sd_json_get_text(now, "generated_columns");
	SdMigrationName name;

	if (!sd_migration_name(object, true, &name))
		return;
	if (sd_migration_take(object, "publishes"))
		(void) sd_migration_step(
			migration, object, SD_STAGE_CHANGE,
			"ALTER PUBLICATION %s SET (publish = %s)", name.name,
			sd_ddl_quote_literal(
				sd_ddl_joined(sd_json_get_texts(now, "publishes"), ", ")));
	if (sd_migration_take(object, "via_root"))
		(void) sd_migration_step(
			migration, object, SD_STAGE_CHANGE,
			"ALTER PUBLICATION %s SET (publish_via_partition_root = %s)",
			name.name, sd_json_get_bool(now, "via_root") ? "true" : "false");
	if (sd_migration_take(object, "generated_columns"))
		(void) sd_migration_step(
			migration, object, SD_STAGE_CHANGE,
			"ALTER PUBLICATION %s SET (publish_generated_columns = %s)",
			name.name, generated != NULL ? generated : "none");
	if (sd_migration_take_all(object, lists))
		alter_published(migration, object, name.name);
}

/* All tables and schemas at once; or, if there are none left, one by one. */
static void
alter_published(SdMigration *migration, SdMigrationObject *object,
				const char *name)
{
	JsonbContainer *now = object->new_object;
	List *tables = sd_ddl_elements(now, "table_names");
	List *columns = sd_ddl_elements(now, "table_columns");
	List *filters = sd_ddl_elements(now, "row_filters");
	List *schemas = NIL;
	List *parts = NIL;
	ListCell *lc;
	int i = 0;

	foreach (lc, tables)
	{
		const char *column_list =
			i < list_length(columns) ? list_nth(columns, i) : NULL;
		const char *filter =
			i < list_length(filters) ? list_nth(filters, i) : NULL;

		parts = lappend(parts, psprintf("TABLE ONLY %s%s%s%s%s%s%s",
										(char *) lfirst(lc),
										column_list != NULL ? " (" : "",
										column_list != NULL ? column_list : "",
										column_list != NULL ? ")" : "",
										filter != NULL ? " WHERE (" : "",
										filter != NULL ? filter : "",
										filter != NULL ? ")" : ""));
		i++;
	}
	foreach (lc, sd_json_get_texts(now, "schema_names"))
		schemas =
			lappend(schemas, pstrdup(sd_ddl_quote_identifier(lfirst(lc))));
	if (schemas != NIL)
		parts = lappend(parts, psprintf("TABLES IN SCHEMA %s",
										sd_ddl_joined(schemas, ", ")));
	if (parts != NIL)
	{
		(void) sd_migration_step(migration, object, SD_STAGE_CHANGE,
								 "ALTER PUBLICATION %s SET %s", name,
								 sd_ddl_joined(parts, ", "));
		return;
	}

	tables = sd_json_get_texts(object->old_object, "table_names");
	foreach (lc, sd_json_get_texts(object->old_object, "schema_names"))
		schemas =
			lappend(schemas, pstrdup(sd_ddl_quote_identifier(lfirst(lc))));
	if (tables != NIL)
		(void) sd_migration_step(migration, object, SD_STAGE_RELEASE,
								 "ALTER PUBLICATION %s DROP TABLE ONLY %s",
								 name, sd_ddl_joined(tables, ", ONLY "));
	if (schemas != NIL)
		(void) sd_migration_step(migration, object, SD_STAGE_RELEASE,
								 "ALTER PUBLICATION %s DROP TABLES IN SCHEMA "
								 "%s",
								 name, sd_ddl_joined(schemas, ", "));
}

/*
 * sd_migration_alter_subscription
 *		Publications and options.  It is never made again: that would lose its
 *		connection, and its place in the stream.
 */
void
sd_migration_alter_subscription(SdMigration *migration,
								SdMigrationObject *object)
{
	static const struct
	{
		const char *key;
		const char *option;
		const char *by_default; /* NULL: it is a flag */
	} parts[] = {
		{"slot_name", "slot_name", "NONE"},
		{"synchronous_commit", "synchronous_commit", "off"},
		{"streaming", "streaming", "off"},
		{"origin", "origin", "any"},
		{"is_binary", "binary", NULL},
		{"disable_on_error", "disable_on_error", NULL},
		{"password_required", "password_required", NULL},
		{"run_as_owner", "run_as_owner", NULL},
		{"failover", "failover", NULL},
		{"two_phase", "two_phase", NULL},
		{"retain_dead_tuples", "retain_dead_tuples", NULL},
		{"wal_receiver_timeout", "wal_receiver_timeout", "'-1'"},
	};
	JsonbContainer *now = object->new_object;
	char *server = sd_json_get_text(now, "server_name");
	SdMigrationName name;

	if (!sd_migration_name(object, true, &name))
		return;
	if (sd_migration_take(object, "publications"))
		(void) sd_migration_step(
			migration, object, SD_STAGE_CHANGE,
			"ALTER SUBSCRIPTION %s SET PUBLICATION %s WITH (refresh = false)",
			name.name,
			sd_ddl_identifiers(sd_json_get_texts(now, "publications")));
	for (int i = 0; i < lengthof(parts); i++)
	{
		const char *key = parts[i].key;
		char *text = sd_json_get_text(now, key);
		bool by_default = sd_ddl_compare(key, "password_required") == 0;
		const char *value;

		SdMigrationStep *step;

		if (!sd_migration_take(object, key))
			continue;
		if (parts[i].by_default != NULL)
			value =
				text == NULL ? parts[i].by_default : sd_ddl_quote_literal(text);
		else
			value = sd_ddl_flag(now, key, by_default) ? "true" : "false";
		step = sd_migration_step(migration, object, SD_STAGE_CHANGE,
								 "ALTER SUBSCRIPTION %s SET (%s = %s)",
								 name.name, parts[i].option, value);
		if (sd_ddl_compare(key, "two_phase") == 0 &&
			migration->versions[1] < TWO_PHASE_VERSION)
		{
			step->is_skipped = true;
			step->why = "it cannot be altered, and a new subscription would "
						"begin anew";
		}
	}
	if (sd_migration_take(object, "max_retention_duration"))
		(void) sd_migration_step(
			migration, object, SD_STAGE_CHANGE,
			"ALTER SUBSCRIPTION %s SET (max_retention_duration = " INT64_FORMAT
			")",
			name.name, sd_ddl_int64(now, "max_retention_duration", 0));
	if (sd_migration_take(object, "server_name"))
	{
		SdMigrationStep *step = sd_migration_step(
			migration, object, SD_STAGE_CHANGE, "ALTER SUBSCRIPTION %s %s%s",
			name.name, server != NULL ? "SERVER " : "CONNECTION ''",
			server != NULL ? sd_ddl_quote_identifier(server) : "");

		if (server == NULL)
		{
			step->is_skipped = true;
			step->why = "its connection is not in documents";
		}
	}
}

/* sd_migration_alter_statistics: How exact they are. */
void
sd_migration_alter_statistics(SdMigration *migration, SdMigrationObject *object)
{
	SdMigrationName name;

	if (!sd_migration_name(object, true, &name) ||
		!sd_migration_take(object, "statistics_target"))
		return;
	(void) sd_migration_step(
		migration, object, SD_STAGE_CHANGE,
		"ALTER STATISTICS %s SET STATISTICS " INT64_FORMAT, name.name,
		sd_ddl_int64(object->new_object, "statistics_target", -1));
}

/* sd_migration_alter_security_label: Say it again. */
void
sd_migration_alter_security_label(SdMigration *migration,
								  SdMigrationObject *object)
{
	SdDdlNode *node =
		object->new_nodes != NIL ? linitial(object->new_nodes) : NULL;

	if (node == NULL || node->statements == NIL ||
		!sd_migration_take(object, "label"))
		return;
	(void) sd_migration_step(
		migration, object, SD_STAGE_CHANGE, "%s",
		((SdDdlStatement *) linitial(node->statements))->text);
}
