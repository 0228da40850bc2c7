/*-------------------------------------------------------------------------
 *
 * ddl_database.c
 *	  DDL of schemas, extensions, text search, foreign servers, and logical
 *	  replication.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "lib/stringinfo.h"
#include "utils/builtins.h"

#include "model/ddl.h"

/* subscriptions may run as the owners of their tables since */
#define RUN_AS_OWNER_VERSION 16

static void add_public_schema(SdDdl *ddl, SdDdlNode *node,
							  JsonbContainer *object);
static bool only_owner_has_public(SdDdl *ddl);
static void add_mapping(SdDdlNode *node, const char *name, const char *mapping);
static void add_wrapper(SdDdl *ddl, JsonbContainer *object);
static void add_server(SdDdl *ddl, JsonbContainer *object);
static void add_user_mapping(SdDdl *ddl, JsonbContainer *object);
static void add_published_table(SdDdl *ddl, SdDdlNode *node, const char *name,
								JsonbContainer *object, int i);
static void add_option(StringInfo options, const char *name, const char *value);
static void add_flag(StringInfo options, JsonbContainer *object,
					 const char *key, const char *name);

/* A schema. */
void
sd_ddl_schema_object(SdDdl *ddl, JsonbContainer *object)
{
	char *raw_name = sd_ddl_text(ddl, object, "schema_name");
	const char *name = pstrdup(sd_ddl_schema(ddl, raw_name));
	SdDdlNode *node = sd_ddl_node(ddl, SD_DDL_SCHEMAS);

	if (sd_json_get_bool(object, "is_default") &&
		sd_ddl_compare(name, sd_ddl_quote_identifier(raw_name)) == 0)
	{
		add_public_schema(ddl, node, object);
		return;
	}
	sd_ddl_guarded(node, NULL, "CREATE SCHEMA %s%s", sd_ddl_if_not_exists(ddl),
				   name);
	sd_ddl_owner(ddl, node, "SCHEMA", name, object);
	sd_ddl_comment_of(ddl, node, "SCHEMA", name, object);
}

/* The one that every database has: only what is not as in a new database. */
static void
add_public_schema(SdDdl *ddl, SdDdlNode *node, JsonbContainer *object)
{
	char *comment = sd_json_get_text(object, "comment");

	if (!sd_ddl_is(object, "owner", "pg_database_owner"))
		sd_ddl_owner(ddl, node, "SCHEMA", "public", object);
	if (comment == NULL)
		comment = "";
	if (sd_ddl_compare(comment, "standard public schema") != 0)
		sd_ddl_comment(ddl, node, "SCHEMA", "public", comment);
	/* documents do not say what only the owner may do */
	if (!ddl->options.no_privileges && only_owner_has_public(ddl))
		sd_ddl_statement(node, "REVOKE USAGE ON SCHEMA public FROM PUBLIC");
}

/* Does a document have the privileges, but none on the schema public? */
static bool
only_owner_has_public(SdDdl *ddl)
{
	bool is_known = false;
	ListCell *lc;

	foreach (lc, ddl->documents)
	{
		JsonbContainer *privileges =
			sd_json_get_object(&((Jsonb *) lfirst(lc))->root, "privileges");

		if (privileges == NULL)
			continue;
		is_known = true;
		if (sd_json_get_array(privileges, "schema public") != NULL)
			return false;
	}

	return is_known;
}

/* An extension; stormdisc itself is where this runs. */
void
sd_ddl_extension(SdDdl *ddl, JsonbContainer *object)
{
	char *raw_name = sd_ddl_text(ddl, object, "extension_name");
	char *schema = sd_json_get_text(object, "schema_name");
	char *name = pstrdup(sd_ddl_quote_identifier(raw_name));
	SdDdlNode *node;
	ListCell *lc;

	if (sd_ddl_compare(raw_name, "stormdisc") == 0)
		return;
	node = sd_ddl_node(ddl, SD_DDL_EXTENSIONS);
	sd_ddl_provide_word(ddl, node, "extensions", raw_name);
	foreach (lc, sd_json_get_texts(object, "requires"))
		sd_ddl_need_word(ddl, node, "extensions", lfirst(lc));
	sd_ddl_statement(node, "CREATE EXTENSION IF NOT EXISTS %s%s%s", name,
					 schema != NULL ? " WITH SCHEMA " : "",
					 schema != NULL ? sd_ddl_schema(ddl, schema) : "");
	sd_ddl_comment_of(ddl, node, "EXTENSION", name, object);
}

/* A parser, template, dictionary or configuration of text search. */
void
sd_ddl_text_search(SdDdl *ddl, JsonbContainer *object)
{
	char *name = sd_ddl_name(ddl, object, "schema_name", "object_name");
	char *kind = sd_ddl_text(ddl, object, "object_kind");
	char *what = psprintf("TEXT SEARCH %s", sd_ddl_upper(kind));
	SdDdlNode *node = sd_ddl_node(ddl, SD_DDL_TEXT_SEARCH);
	List *options = NIL;
	char *value;
	ListCell *lc;

	sd_ddl_provide_qualified(ddl, node, name, false);
	foreach (lc, sd_json_get_texts(object, "functions"))
	{
		const char *function = lfirst(lc);
		const char *equals = strchr(function, '=');

		if (equals == NULL)
			continue;
		options = lappend(
			options,
			psprintf("\n    %s = %s",
					 sd_ddl_upper(pnstrdup(function, equals - function)),
					 equals + 1));
		node->texts = lappend(node->texts, pstrdup(equals + 1));
	}
	if ((value = sd_json_get_text(object, "template")) != NULL)
	{
		options = lappend(options, psprintf("\n    TEMPLATE = %s", value));
		node->texts = lappend(node->texts, value);
	}
	if ((value = sd_json_get_text(object, "options")) != NULL)
		options = lappend(options, psprintf("\n    %s", value));
	if ((value = sd_json_get_text(object, "parser")) != NULL)
	{
		options = lappend(options, psprintf("\n    PARSER = %s", value));
		node->texts = lappend(node->texts, value);
	}
	sd_ddl_guarded(node, "unique_violation OR duplicate_object",
				   "CREATE %s %s (%s\n)", what, name,
				   sd_ddl_joined(options, ","));
	sd_ddl_owner(ddl, node, what, name, object);
	sd_ddl_comment_of(ddl, node, what, name, object);

	/* that of another kind may have the same name */
	node->texts = lappend(node->texts, "");
	foreach (lc, sd_json_get_texts(object, "mappings"))
	{
		add_mapping(node, name, lfirst(lc));
		node->texts = lappend(node->texts, lfirst(lc));
	}
}

/* "token: dictionary, dictionary" of a configuration */
static void
add_mapping(SdDdlNode *node, const char *name, const char *mapping)
{
	const char *colon = mapping;
	bool is_quoted = false;

	while (*colon != '\0' && (is_quoted || *colon != ':'))
	{
		if (*colon == '"')
			is_quoted = !is_quoted;
		colon++;
	}
	if (*colon == '\0')
		return;
	sd_ddl_guarded(node, "unique_violation OR duplicate_object",
				   "ALTER TEXT SEARCH CONFIGURATION %s ADD MAPPING FOR %s "
				   "WITH%s",
				   name, pnstrdup(mapping, colon - mapping), colon + 1);
}

/*
 * A foreign-data wrapper, server or user mapping; a foreign table's part of it
 * is with the table.
 */
void
sd_ddl_foreign_server(SdDdl *ddl, JsonbContainer *object)
{
	if (sd_ddl_is(object, "object_type", "wrapper"))
		add_wrapper(ddl, object);
	else if (sd_ddl_is(object, "object_type", "server"))
		add_server(ddl, object);
	else if (sd_ddl_is(object, "object_type", "user mapping"))
		add_user_mapping(ddl, object);
}

static void
add_wrapper(SdDdl *ddl, JsonbContainer *object)
{
	char *raw_name = sd_ddl_text(ddl, object, "wrapper_name");
	char *name = pstrdup(sd_ddl_quote_identifier(raw_name));
	char *handler = sd_json_get_text(object, "handler");
	char *validator = sd_json_get_text(object, "validator");
	char *connection = sd_json_get_text(object, "connection_function");
	char *options =
		sd_ddl_foreign_options(sd_json_get_texts(object, "options"));
	SdDdlNode *node = sd_ddl_node(ddl, SD_DDL_FOREIGN_SERVERS);

	sd_ddl_provide_word(ddl, node, "wrapper", raw_name);
	sd_ddl_guarded(node, "duplicate_object",
				   "CREATE FOREIGN DATA WRAPPER %s%s%s%s%s%s%s%s%s%s", name,
				   handler != NULL ? " HANDLER " : "",
				   handler != NULL ? handler : "",
				   validator != NULL ? " VALIDATOR " : "",
				   validator != NULL ? validator : "",
				   connection != NULL ? " CONNECTION " : "",
				   connection != NULL ? connection : "",
				   options != NULL ? " OPTIONS (" : "",
				   options != NULL ? options : "", options != NULL ? ")" : "");
	sd_ddl_owner(ddl, node, "FOREIGN DATA WRAPPER", name, object);
	sd_ddl_comment_of(ddl, node, "FOREIGN DATA WRAPPER", name, object);
}

static void
add_server(SdDdl *ddl, JsonbContainer *object)
{
	char *raw_name = sd_ddl_text(ddl, object, "server_name");
	char *name = pstrdup(sd_ddl_quote_identifier(raw_name));
	char *wrapper = sd_ddl_text(ddl, object, "wrapper_name");
	char *type = sd_json_get_text(object, "server_type");
	char *version = sd_json_get_text(object, "server_version");
	char *options =
		sd_ddl_foreign_options(sd_json_get_texts(object, "options"));
	SdDdlNode *node = sd_ddl_node(ddl, SD_DDL_FOREIGN_SERVERS);

	sd_ddl_provide_word(ddl, node, "server", raw_name);
	sd_ddl_need_word(ddl, node, "wrapper", wrapper);
	sd_ddl_statement(
		node, "CREATE SERVER %s%s%s%s%s%s FOREIGN DATA WRAPPER %s%s%s%s",
		sd_ddl_if_not_exists(ddl), name, type != NULL ? " TYPE " : "",
		type != NULL ? sd_ddl_quote_literal(type) : "",
		version != NULL ? " VERSION " : "",
		version != NULL ? sd_ddl_quote_literal(version) : "",
		sd_ddl_quote_identifier(wrapper), options != NULL ? " OPTIONS (" : "",
		options != NULL ? options : "", options != NULL ? ")" : "");
	sd_ddl_owner(ddl, node, "SERVER", name, object);
	sd_ddl_comment_of(ddl, node, "SERVER", name, object);
}

/* Its options are secrets, which no document has. */
static void
add_user_mapping(SdDdl *ddl, JsonbContainer *object)
{
	char *user = sd_ddl_text(ddl, object, "user_name");
	char *server = sd_ddl_text(ddl, object, "server_name");
	SdDdlNode *node = sd_ddl_node(ddl, SD_DDL_FOREIGN_SERVERS);

	sd_ddl_need_word(ddl, node, "server", server);
	sd_ddl_statement(node, "CREATE USER MAPPING %sFOR %s SERVER %s",
					 sd_ddl_if_not_exists(ddl),
					 sd_ddl_compare(user, "public") == 0
						 ? "PUBLIC"
						 : sd_ddl_quote_identifier(user),
					 sd_ddl_quote_identifier(server));
	sd_ddl_warn(ddl,
				"the user mapping of %s on server %s is without its options",
				user, sd_ddl_quote_identifier(server));
}

/* A publication. */
void
sd_ddl_publication(SdDdl *ddl, JsonbContainer *object)
{
	char *name = pstrdup(
		sd_ddl_quote_identifier(sd_ddl_text(ddl, object, "publication_name")));
	char *generated = sd_json_get_text(object, "generated_columns");
	List *tables = sd_json_get_texts(object, "table_names");
	List *except = sd_json_get_texts(object, "except_tables");
	SdDdlNode *node = sd_ddl_node(ddl, SD_DDL_REPLICATION);
	StringInfoData options;
	StringInfoData what;
	ListCell *lc;
	int i = 0;

	initStringInfo(&what);
	if (sd_json_get_bool(object, "all_tables"))
	{
		appendStringInfoString(&what, " FOR ALL TABLES");
		if (except != NIL)
			appendStringInfo(&what, " EXCEPT (TABLE %s)",
							 sd_ddl_joined(except, ", TABLE "));
	}
	if (sd_json_get_bool(object, "all_sequences"))
		appendStringInfo(&what, "%sALL SEQUENCES",
						 what.len > 0 ? ", " : " FOR ");
	initStringInfo(&options);
	add_option(&options, "publish",
			   sd_ddl_joined(sd_json_get_texts(object, "publishes"), ", "));
	if (sd_json_get_bool(object, "via_root"))
		add_option(&options, "publish_via_partition_root", "true");
	if (generated != NULL)
		add_option(&options, "publish_generated_columns", generated);
	sd_ddl_guarded(node, "duplicate_object",
				   "CREATE PUBLICATION %s%s WITH (%s)", name, what.data,
				   options.data);
	sd_ddl_owner(ddl, node, "PUBLICATION", name, object);
	sd_ddl_comment_of(ddl, node, "PUBLICATION", name, object);
	foreach (lc, tables)
	{
		sd_ddl_need_word(ddl, node, "tables", lfirst(lc));
		add_published_table(ddl, node, name, object, i++);
	}
	foreach (lc, sd_json_get_texts(object, "schema_names"))
		sd_ddl_guarded(node, "duplicate_object",
					   "ALTER PUBLICATION %s ADD TABLES IN SCHEMA %s", name,
					   sd_ddl_schema(ddl, lfirst(lc)));
}

static void
add_published_table(SdDdl *ddl, SdDdlNode *node, const char *name,
					JsonbContainer *object, int i)
{
	List *tables = sd_ddl_elements(object, "table_names");
	List *columns = sd_ddl_elements(object, "table_columns");
	List *filters = sd_ddl_elements(object, "row_filters");
	const char *column_list =
		i < list_length(columns) ? list_nth(columns, i) : NULL;
	const char *filter = i < list_length(filters) ? list_nth(filters, i) : NULL;

	sd_ddl_guarded(
		node, "duplicate_object",
		"ALTER PUBLICATION %s ADD TABLE ONLY %s%s%s%s%s%s%s", name,
		(char *) list_nth(tables, i), column_list != NULL ? " (" : "",
		column_list != NULL ? column_list : "", column_list != NULL ? ")" : "",
		filter != NULL ? " WHERE (" : "", filter != NULL ? filter : "",
		filter != NULL ? ")" : "");
}

static void
add_option(StringInfo options, const char *name, const char *value)
{
	appendStringInfo(options, "%s%s = %s", options->len > 0 ? ", " : "", name,
					 sd_ddl_quote_literal(value));
}

/* A subscription, not enabled, and without its connection. */
void
sd_ddl_subscription(SdDdl *ddl, JsonbContainer *object)
{
	char *name = pstrdup(
		sd_ddl_quote_identifier(sd_ddl_text(ddl, object, "subscription_name")));
	char *slot = sd_json_get_text(object, "slot_name");
	char *commit = sd_json_get_text(object, "synchronous_commit");
	char *streaming = sd_json_get_text(object, "streaming");
	char *origin = sd_json_get_text(object, "origin");
	char *timeout = sd_json_get_text(object, "wal_receiver_timeout");
	char *server = sd_json_get_text(object, "server_name");
	int64 retention = sd_ddl_int64(object, "max_retention_duration", 0);
	SdDdlNode *node = sd_ddl_node(ddl, SD_DDL_REPLICATION);
	StringInfoData options;

	initStringInfo(&options);
	appendStringInfoString(&options, "connect = false");
	if (slot != NULL)
		add_option(&options, "slot_name", slot);
	else
		appendStringInfoString(&options, ", slot_name = NONE");
	add_flag(&options, object, "is_binary", "binary");
	/* by default it is another since 18 */
	add_option(&options, "streaming", streaming != NULL ? streaming : "off");
	add_flag(&options, object, "two_phase", "two_phase");
	add_flag(&options, object, "disable_on_error", "disable_on_error");
	if (commit != NULL)
		add_option(&options, "synchronous_commit", commit);
	if (origin != NULL)
		add_option(&options, "origin", origin);
	if (!sd_ddl_flag(object, "password_required", true))
		add_option(&options, "password_required", "false");
	if (ddl->version >= RUN_AS_OWNER_VERSION)
		add_flag(&options, object, "run_as_owner", "run_as_owner");
	else if (PG_MAJORVERSION_NUM >= RUN_AS_OWNER_VERSION)
		/* as it did before there was a choice */
		add_option(&options, "run_as_owner", "true");
	add_flag(&options, object, "failover", "failover");
	add_flag(&options, object, "retain_dead_tuples", "retain_dead_tuples");
	if (retention != 0)
		appendStringInfo(&options, ", max_retention_duration = " INT64_FORMAT,
						 retention);
	if (timeout != NULL)
		add_option(&options, "wal_receiver_timeout", timeout);
	sd_ddl_need_word(ddl, node, "server", server);
	sd_ddl_guarded(
		node, "duplicate_object",
		"CREATE SUBSCRIPTION %s %s%s PUBLICATION %s WITH (%s)", name,
		server != NULL ? "SERVER " : "CONNECTION ''",
		server != NULL ? sd_ddl_quote_identifier(server) : "",
		sd_ddl_identifiers(sd_json_get_texts(object, "publications")),
		options.data);
	sd_ddl_owner(ddl, node, "SUBSCRIPTION", name, object);
	sd_ddl_comment_of(ddl, node, "SUBSCRIPTION", name, object);
	if (server == NULL)
		sd_ddl_warn(ddl, "subscription %s is without its connection", name);
}

static void
add_flag(StringInfo options, JsonbContainer *object, const char *key,
		 const char *name)
{
	if (sd_json_get_bool(object, key))
		add_option(options, name, "true");
}
