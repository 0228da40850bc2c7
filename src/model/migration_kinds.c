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

static bool name_schema(JsonbContainer *object, const char *identity,
						SdMigrationName *name);
static bool name_extension(JsonbContainer *object, const char *identity,
						   SdMigrationName *name);
static bool name_language(JsonbContainer *object, const char *identity,
						  SdMigrationName *name);
static bool name_access_method(JsonbContainer *object, const char *identity,
							   SdMigrationName *name);
static bool name_type(JsonbContainer *object, const char *identity,
					  SdMigrationName *name);
static bool name_collation(JsonbContainer *object, const char *identity,
						   SdMigrationName *name);
static bool name_conversion(JsonbContainer *object, const char *identity,
							SdMigrationName *name);
static bool name_text_search(JsonbContainer *object, const char *identity,
							 SdMigrationName *name);
static bool name_function(JsonbContainer *object, const char *identity,
						  SdMigrationName *name);
static bool name_operator(JsonbContainer *object, const char *identity,
						  SdMigrationName *name);
static bool name_operator_class(JsonbContainer *object, const char *identity,
								SdMigrationName *name);
static bool name_cast(JsonbContainer *object, const char *identity,
					  SdMigrationName *name);
static bool name_transform(JsonbContainer *object, const char *identity,
						   SdMigrationName *name);
static bool name_foreign_server(JsonbContainer *object, const char *identity,
								SdMigrationName *name);
static bool name_sequence(JsonbContainer *object, const char *identity,
						  SdMigrationName *name);
static bool name_table(JsonbContainer *object, const char *identity,
					   SdMigrationName *name);
static bool name_constraint(JsonbContainer *object, const char *identity,
							SdMigrationName *name);
static bool name_index(JsonbContainer *object, const char *identity,
					   SdMigrationName *name);
static bool name_view(JsonbContainer *object, const char *identity,
					  SdMigrationName *name);
static bool name_rule(JsonbContainer *object, const char *identity,
					  SdMigrationName *name);
static bool name_trigger(JsonbContainer *object, const char *identity,
						 SdMigrationName *name);
static bool name_policy(JsonbContainer *object, const char *identity,
						SdMigrationName *name);
static bool name_statistics(JsonbContainer *object, const char *identity,
							SdMigrationName *name);
static bool name_property_graph(JsonbContainer *object, const char *identity,
								SdMigrationName *name);
static bool name_publication(JsonbContainer *object, const char *identity,
							 SdMigrationName *name);
static bool name_subscription(JsonbContainer *object, const char *identity,
							  SdMigrationName *name);
static bool name_event_trigger(JsonbContainer *object, const char *identity,
							   SdMigrationName *name);
static bool name_nothing(JsonbContainer *object, const char *identity,
						 SdMigrationName *name);
static const char *quoted(JsonbContainer *object, const char *key);
static bool name_plain(JsonbContainer *object, const char *key,
					   const char *what, SdMigrationName *name);
static bool name_qualified(JsonbContainer *object, const char *key,
						   const char *what, SdMigrationName *name);
static bool name_on_table(JsonbContainer *object, const char *key,
						  const char *what, SdMigrationName *name);

static const SdMigrationKind kinds[] = {
	{"schemas", name_schema, NULL},
	{"extensions", name_extension, sd_migration_alter_extension},
	{"languages", name_language, sd_migration_alter_language},
	{"access_methods", name_access_method, NULL},
	{"types", name_type, sd_migration_alter_type},
	{"collations", name_collation, NULL},
	{"conversions", name_conversion, NULL},
	{"text_search", name_text_search, sd_migration_alter_text_search},
	{"functions", name_function, sd_migration_alter_function},
	{"operators", name_operator, sd_migration_alter_operator},
	{"operator_classes", name_operator_class,
	 sd_migration_alter_operator_class},
	{"casts", name_cast, NULL},
	{"transforms", name_transform, sd_migration_alter_transform},
	{"foreign_servers", name_foreign_server, sd_migration_alter_foreign_server},
	{"sequences", name_sequence, sd_migration_alter_sequence},
	{"tables", name_table, sd_migration_alter_table},
	{"constraints", name_constraint, sd_migration_alter_constraint},
	{"indexes", name_index, sd_migration_alter_index},
	{"views", name_view, sd_migration_alter_view},
	{"rules", name_rule, sd_migration_alter_rule},
	{"triggers", name_trigger, sd_migration_alter_trigger},
	{"policies", name_policy, sd_migration_alter_policy},
	{"statistics", name_statistics, sd_migration_alter_statistics},
	{"property_graphs", name_property_graph, NULL},
	{"publications", name_publication, sd_migration_alter_publication},
	{"subscriptions", name_subscription, sd_migration_alter_subscription},
	{"event_triggers", name_event_trigger, sd_migration_alter_event_trigger},
	{"privileges", name_nothing, NULL},
	{"security_labels", name_nothing, sd_migration_alter_security_label},
	{"extension_dependencies", name_nothing, NULL},
	{"column_options", name_nothing, NULL},
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

	return kind != NULL && source != NULL && JsonContainerIsObject(source) &&
		   kind->describe(source,
						  is_new ? object->new_identity : object->old_identity,
						  name);
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
name_schema(JsonbContainer *object, const char *identity, SdMigrationName *name)
{
	return name_plain(object, "schema_name", "SCHEMA", name);
}

static bool
name_extension(JsonbContainer *object, const char *identity,
			   SdMigrationName *name)
{
	return name_plain(object, "extension_name", "EXTENSION", name);
}

static bool
name_language(JsonbContainer *object, const char *identity,
			  SdMigrationName *name)
{
	return name_plain(object, "language_name", "LANGUAGE", name);
}

static bool
name_access_method(JsonbContainer *object, const char *identity,
				   SdMigrationName *name)
{
	return name_plain(object, "access_method_name", "ACCESS METHOD", name);
}

static bool
name_type(JsonbContainer *object, const char *identity, SdMigrationName *name)
{
	return name_qualified(
		object, "type_name",
		sd_ddl_is(object, "type_kind", "domain") ? "DOMAIN" : "TYPE", name);
}

static bool
name_collation(JsonbContainer *object, const char *identity,
			   SdMigrationName *name)
{
	return name_qualified(object, "collation_name", "COLLATION", name);
}

static bool
name_conversion(JsonbContainer *object, const char *identity,
				SdMigrationName *name)
{
	return name_qualified(object, "conversion_name", "CONVERSION", name);
}

static bool
name_text_search(JsonbContainer *object, const char *identity,
				 SdMigrationName *name)
{
	char *kind = sd_json_get_text(object, "object_kind");

	return kind != NULL &&
		   name_qualified(object, "object_name",
						  psprintf("TEXT SEARCH %s", sd_ddl_upper(kind)), name);
}

static bool
name_function(JsonbContainer *object, const char *identity,
			  SdMigrationName *name)
{
	char *arguments = sd_json_get_text(object, "identity_arguments");
	const char *what = "FUNCTION";

	if (sd_ddl_is(object, "function_kind", "aggregate"))
		what = "AGGREGATE";
	else if (sd_ddl_is(object, "function_kind", "procedure"))
		what = "PROCEDURE";
	if (!name_qualified(object, "function_name", what, name))
		return false;
	if (arguments == NULL)
		arguments = "";
	if (sd_ddl_compare(what, "AGGREGATE") == 0 && arguments[0] == '\0')
		arguments = "*";
	name->name = psprintf("%s(%s)", name->name, arguments);

	return true;
}

static bool
name_operator(JsonbContainer *object, const char *identity,
			  SdMigrationName *name)
{
	const char *schema = quoted(object, "schema_name");
	char *text = sd_json_get_text(object, "operator_name");
	char *left = sd_json_get_text(object, "left_type");
	char *right = sd_json_get_text(object, "right_type");

	if (schema == NULL || text == NULL)
		return false;
	name->what = "OPERATOR";
	name->name =
		psprintf("%s.%s (%s, %s)", schema, text, left != NULL ? left : "NONE",
				 right != NULL ? right : "NONE");

	return true;
}

static bool
name_operator_class(JsonbContainer *object, const char *identity,
					SdMigrationName *name)
{
	const char *method = quoted(object, "access_method");

	if (method == NULL ||
		!name_qualified(object, "object_name",
						sd_ddl_is(object, "object_kind", "family")
							? "OPERATOR FAMILY"
							: "OPERATOR CLASS",
						name))
		return false;
	name->name = psprintf("%s USING %s", name->name, method);

	return true;
}

static bool
name_cast(JsonbContainer *object, const char *identity, SdMigrationName *name)
{
	char *source = sd_json_get_text(object, "source_type");
	char *target = sd_json_get_text(object, "target_type");

	if (source == NULL || target == NULL)
		return false;
	name->what = "CAST";
	name->name = psprintf("(%s AS %s)", source, target);

	return true;
}

static bool
name_transform(JsonbContainer *object, const char *identity,
			   SdMigrationName *name)
{
	char *type = sd_json_get_text(object, "type");
	const char *language = quoted(object, "language");

	if (type == NULL || language == NULL)
		return false;
	name->what = "TRANSFORM";
	name->name = psprintf("FOR %s LANGUAGE %s", type, language);

	return true;
}

static bool
name_foreign_server(JsonbContainer *object, const char *identity,
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
name_sequence(JsonbContainer *object, const char *identity,
			  SdMigrationName *name)
{
	return name_qualified(object, "sequence_name", "SEQUENCE", name);
}

static bool
name_table(JsonbContainer *object, const char *identity, SdMigrationName *name)
{
	return name_qualified(object, "table_name",
						  sd_ddl_is(object, "table_type", "foreign table")
							  ? "FOREIGN TABLE"
							  : "TABLE",
						  name);
}

static bool
name_constraint(JsonbContainer *object, const char *identity,
				SdMigrationName *name)
{
	SdMigrationName table;

	if (!name_qualified(object, "table_name", "TABLE", &table) ||
		!name_on_table(object, "constraint_name", "CONSTRAINT", name))
		return false;
	name->table = table.name;

	return true;
}

static bool
name_index(JsonbContainer *object, const char *identity, SdMigrationName *name)
{
	return name_qualified(object, "index_name", "INDEX", name);
}

static bool
name_view(JsonbContainer *object, const char *identity, SdMigrationName *name)
{
	return name_qualified(object, "view_name",
						  sd_ddl_is(object, "view_type", "materialized view")
							  ? "MATERIALIZED VIEW"
							  : "VIEW",
						  name);
}

static bool
name_rule(JsonbContainer *object, const char *identity, SdMigrationName *name)
{
	return name_on_table(object, "rule_name", "RULE", name);
}

static bool
name_trigger(JsonbContainer *object, const char *identity,
			 SdMigrationName *name)
{
	return name_on_table(object, "trigger_name", "TRIGGER", name);
}

static bool
name_policy(JsonbContainer *object, const char *identity, SdMigrationName *name)
{
	return name_on_table(object, "policy_name", "POLICY", name);
}

static bool
name_statistics(JsonbContainer *object, const char *identity,
				SdMigrationName *name)
{
	return name_qualified(object, "statistics_name", "STATISTICS", name);
}

static bool
name_property_graph(JsonbContainer *object, const char *identity,
					SdMigrationName *name)
{
	return name_qualified(object, "graph_name", "PROPERTY GRAPH", name);
}

static bool
name_publication(JsonbContainer *object, const char *identity,
				 SdMigrationName *name)
{
	return name_plain(object, "publication_name", "PUBLICATION", name);
}

static bool
name_subscription(JsonbContainer *object, const char *identity,
				  SdMigrationName *name)
{
	return name_plain(object, "subscription_name", "SUBSCRIPTION", name);
}

static bool
name_event_trigger(JsonbContainer *object, const char *identity,
				   SdMigrationName *name)
{
	return name_plain(object, "trigger_name", "EVENT TRIGGER", name);
}

static bool
name_nothing(JsonbContainer *object, const char *identity,
			 SdMigrationName *name)
{
	return false;
}
