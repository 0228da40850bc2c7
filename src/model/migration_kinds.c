/*-------------------------------------------------------------------------
 *
 * migration_kinds.c
 *	  What a migration has to know of each kind of object: how SQL names it,
 *	  and what can be altered.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "utils/builtins.h"

#include "model/migration.h"
#include "model/migration_families.h"

static bool name_type(JsonbContainer *object, const char *key, const char *what,
					  SdMigrationName *name);
static bool name_text_search(JsonbContainer *object, const char *key,
							 const char *what, SdMigrationName *name);
static bool name_function(JsonbContainer *object, const char *key,
						  const char *what, SdMigrationName *name);
static bool name_operator(JsonbContainer *object, const char *key,
						  const char *what, SdMigrationName *name);
static bool name_operator_class(JsonbContainer *object, const char *key,
								const char *what, SdMigrationName *name);
static bool name_cast(JsonbContainer *object, const char *key, const char *what,
					  SdMigrationName *name);
static bool name_transform(JsonbContainer *object, const char *key,
						   const char *what, SdMigrationName *name);
static bool name_foreign_server(JsonbContainer *object, const char *key,
								const char *what, SdMigrationName *name);
static bool name_table(JsonbContainer *object, const char *key,
					   const char *what, SdMigrationName *name);
static bool name_constraint(JsonbContainer *object, const char *key,
							const char *what, SdMigrationName *name);
static bool name_view(JsonbContainer *object, const char *key, const char *what,
					  SdMigrationName *name);
static const char *quoted(JsonbContainer *object, const char *key);
static bool name_plain(JsonbContainer *object, const char *key,
					   const char *what, SdMigrationName *name);
static bool name_qualified(JsonbContainer *object, const char *key,
						   const char *what, SdMigrationName *name);
static bool name_on_table(JsonbContainer *object, const char *key,
						  const char *what, SdMigrationName *name);

static const SdMigrationKind kinds[] = {
	{"schemas", name_plain, "schema_name", "SCHEMA", NULL},
	{"extensions", name_plain, "extension_name", "EXTENSION",
	 sd_migration_alter_extension},
	{"languages", name_plain, "language_name", "LANGUAGE",
	 sd_migration_alter_language},
	{"access_methods", name_plain, "access_method_name", "ACCESS METHOD", NULL},
	{"types", name_type, "type_name", "TYPE", sd_migration_alter_type},
	{"collations", name_qualified, "collation_name", "COLLATION", NULL},
	{"conversions", name_qualified, "conversion_name", "CONVERSION", NULL},
	{"text_search", name_text_search, "object_name", "TEXT SEARCH",
	 sd_migration_alter_text_search},
	{"functions", name_function, "function_name", "FUNCTION",
	 sd_migration_alter_function},
	{"operators", name_operator, "operator_name", "OPERATOR",
	 sd_migration_alter_operator},
	{"operator_classes", name_operator_class, "object_name", "OPERATOR CLASS",
	 sd_migration_alter_operator_class},
	{"casts", name_cast, NULL, "CAST", NULL},
	{"transforms", name_transform, NULL, "TRANSFORM",
	 sd_migration_alter_transform},
	{"foreign_servers", name_foreign_server, NULL, NULL,
	 sd_migration_alter_foreign_server},
	{"sequences", name_qualified, "sequence_name", "SEQUENCE",
	 sd_migration_alter_sequence},
	{"tables", name_table, "table_name", "TABLE", sd_migration_alter_table},
	{"constraints", name_constraint, "constraint_name", "CONSTRAINT",
	 sd_migration_alter_constraint},
	{"indexes", name_qualified, "index_name", "INDEX",
	 sd_migration_alter_index},
	{"views", name_view, "view_name", "VIEW", sd_migration_alter_view},
	{"rules", name_on_table, "rule_name", "RULE", sd_migration_alter_rule},
	{"triggers", name_on_table, "trigger_name", "TRIGGER",
	 sd_migration_alter_trigger},
	{"policies", name_on_table, "policy_name", "POLICY",
	 sd_migration_alter_policy},
	{"statistics", name_qualified, "statistics_name", "STATISTICS",
	 sd_migration_alter_statistics},
	{"property_graphs", name_qualified, "graph_name", "PROPERTY GRAPH", NULL},
	{"publications", name_plain, "publication_name", "PUBLICATION",
	 sd_migration_alter_publication},
	{"subscriptions", name_plain, "subscription_name", "SUBSCRIPTION",
	 sd_migration_alter_subscription},
	{"event_triggers", name_plain, "trigger_name", "EVENT TRIGGER",
	 sd_migration_alter_event_trigger},
	{"privileges", NULL, NULL, NULL, NULL},
	{"security_labels", NULL, NULL, NULL, sd_migration_alter_security_label},
	{"extension_dependencies", NULL, NULL, NULL, NULL},
	{"column_options", NULL, NULL, NULL, NULL},
};

/* sd_migration_kind: What there is to know of a kind, or NULL. */
const SdMigrationKind *
sd_migration_kind(const char *name)
{
	for (int i = 0; i < lengthof(kinds); i++)
	{
		if (sd_ddl_compare(kinds[i].name, name) == 0)
			return &kinds[i];
	}

	return NULL;
}

/*
 * sd_migration_name
 *		The name that an object has in one of the documents; false if it has
 *		none of its own.
 */
bool
sd_migration_name(const SdMigrationObject *object, bool is_new,
				  SdMigrationName *name)
{
	const SdMigrationKind *kind = sd_migration_kind(object->kind);
	JsonbContainer *source = is_new ? object->new_object : object->old_object;

	memset(name, 0, sizeof(SdMigrationName));

	return kind != NULL && kind->describe != NULL && source != NULL &&
		   JsonContainerIsObject(source) &&
		   kind->describe(source, kind->key, kind->what, name);
}

/* A member as an identifier; NULL if it is not there. */
static const char *
quoted(JsonbContainer *object, const char *key)
{
	char *text = sd_json_get_text(object, key);

	return text != NULL ? pstrdup(sd_ddl_quote_identifier(text)) : NULL;
}

/* An object that is in no schema. */
static bool
name_plain(JsonbContainer *object, const char *key, const char *what,
		   SdMigrationName *name)
{
	name->what = what;
	name->name = quoted(object, key);

	return name->name != NULL;
}

/* An object in a schema. */
static bool
name_qualified(JsonbContainer *object, const char *key, const char *what,
			   SdMigrationName *name)
{
	char *schema = sd_json_get_text(object, "schema_name");
	char *text = sd_json_get_text(object, key);

	if (schema == NULL || text == NULL)
		return false;
	name->what = what;
	name->name = sd_ddl_quote_qualified(schema, text);

	return true;
}

/* An object on a table. */
static bool
name_on_table(JsonbContainer *object, const char *key, const char *what,
			  SdMigrationName *name)
{
	SdMigrationName table;

	if (!name_qualified(object, "table_name", "TABLE", &table) ||
		!name_plain(object, key, what, name))
		return false;
	name->name = psprintf("%s ON %s", name->name, table.name);

	return true;
}

static bool
name_type(JsonbContainer *object, const char *key, const char *what,
		  SdMigrationName *name)
{
	return name_qualified(
		object, key, sd_ddl_is(object, "type_kind", "domain") ? "DOMAIN" : what,
		name);
}

static bool
name_text_search(JsonbContainer *object, const char *key, const char *what,
				 SdMigrationName *name)
{
	char *kind = sd_json_get_text(object, "object_kind");

	return kind != NULL &&
		   name_qualified(object, key,
						  psprintf("%s %s", what, sd_ddl_upper(kind)), name);
}

static bool
name_function(JsonbContainer *object, const char *key, const char *what,
			  SdMigrationName *name)
{
	char *arguments = sd_json_get_text(object, "identity_arguments");

	if (sd_ddl_is(object, "function_kind", "aggregate"))
		what = "AGGREGATE";
	else if (sd_ddl_is(object, "function_kind", "procedure"))
		what = "PROCEDURE";
	if (!name_qualified(object, key, what, name))
		return false;
	if (arguments == NULL)
		arguments = "";
	if (sd_ddl_compare(what, "AGGREGATE") == 0 && arguments[0] == '\0')
		arguments = "*";
	name->name = psprintf("%s(%s)", name->name, arguments);

	return true;
}

static bool
name_operator(JsonbContainer *object, const char *key, const char *what,
			  SdMigrationName *name)
{
	const char *schema = quoted(object, "schema_name");
	char *text = sd_json_get_text(object, key);
	char *left = sd_json_get_text(object, "left_type");
	char *right = sd_json_get_text(object, "right_type");

	if (schema == NULL || text == NULL)
		return false;
	name->what = what;
	name->name =
		psprintf("%s.%s (%s, %s)", schema, text, left != NULL ? left : "NONE",
				 right != NULL ? right : "NONE");

	return true;
}

static bool
name_operator_class(JsonbContainer *object, const char *key, const char *what,
					SdMigrationName *name)
{
	const char *method = quoted(object, "access_method");

	if (method == NULL ||
		!name_qualified(object, key,
						sd_ddl_is(object, "object_kind", "family")
							? "OPERATOR FAMILY"
							: what,
						name))
		return false;
	name->name = psprintf("%s USING %s", name->name, method);

	return true;
}

static bool
name_cast(JsonbContainer *object, const char *key, const char *what,
		  SdMigrationName *name)
{
	char *source = sd_json_get_text(object, "source_type");
	char *target = sd_json_get_text(object, "target_type");

	if (source == NULL || target == NULL)
		return false;
	name->what = what;
	name->name = psprintf("(%s AS %s)", source, target);

	return true;
}

static bool
name_transform(JsonbContainer *object, const char *key, const char *what,
			   SdMigrationName *name)
{
	char *type = sd_json_get_text(object, "type");
	const char *language = quoted(object, "language");

	if (type == NULL || language == NULL)
		return false;
	name->what = what;
	name->name = psprintf("FOR %s LANGUAGE %s", type, language);

	return true;
}

static bool
name_foreign_server(JsonbContainer *object, const char *key, const char *what,
					SdMigrationName *name)
{
	if (sd_ddl_is(object, "object_type", "wrapper"))
		return name_plain(object, "wrapper_name", "FOREIGN DATA WRAPPER", name);
	if (sd_ddl_is(object, "object_type", "server"))
		return name_plain(object, "server_name", "SERVER", name);
	if (sd_ddl_is(object, "object_type", "user mapping"))
	{
		char *user = sd_json_get_text(object, "user_name");
		const char *server = quoted(object, "server_name");

		if (user == NULL || server == NULL)
			return false;
		name->what = "USER MAPPING";
		name->name = psprintf("FOR %s SERVER %s",
							  sd_ddl_compare(user, "public") == 0
								  ? "PUBLIC"
								  : sd_ddl_quote_identifier(user),
							  server);
		return true;
	}

	/* what a foreign table has on its server is altered with the table */
	return false;
}

static bool
name_table(JsonbContainer *object, const char *key, const char *what,
		   SdMigrationName *name)
{
	return name_qualified(object, key,
						  sd_ddl_is(object, "table_type", "foreign table")
							  ? "FOREIGN TABLE"
							  : what,
						  name);
}

static bool
name_constraint(JsonbContainer *object, const char *key, const char *what,
				SdMigrationName *name)
{
	SdMigrationName table;

	if (!name_qualified(object, "table_name", "TABLE", &table) ||
		!name_on_table(object, key, what, name))
		return false;
	name->table = table.name;

	return true;
}

static bool
name_view(JsonbContainer *object, const char *key, const char *what,
		  SdMigrationName *name)
{
	return name_qualified(object, key,
						  sd_ddl_is(object, "view_type", "materialized view")
							  ? "MATERIALIZED VIEW"
							  : what,
						  name);
}
