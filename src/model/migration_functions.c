/*-------------------------------------------------------------------------
 *
 * migration_functions.c
 *	  What a migration alters of functions, and of what is made of them:
 *	  languages, transforms, operators, operator families, event triggers.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "utils/builtins.h"

#include "model/migration.h"
#include "model/migration_families.h"

/* the first server on which these can be altered */
#define OPERATOR_LINKS_VERSION 17

static bool may_be_replaced(const SdMigrationObject *object);
static const char *or_replace(const char *definition);
static void make_again(SdMigration *migration, SdMigrationObject *object);
static void alter_operator_links(SdMigration *migration,
								 SdMigrationObject *object, const char *name);
static char *member_key(const char *member);
static const char *closing(const char *open);

/*
 * sd_migration_alter_function
 *		A function or aggregate, by OR REPLACE, if its callers do not notice.
 */
void
sd_migration_alter_function(SdMigration *migration, SdMigrationObject *object)
{
	char *definition = sd_json_get_text(object->new_object, "definition");
	ListCell *lc;

	if (definition == NULL || !may_be_replaced(object))
		return;
	object->changes = NIL;
	/* that it goes with an extension does not outlive OR REPLACE */
	foreach (lc, object->dependents)
	{
		SdMigrationObject *dependent = lfirst(lc);

		if (sd_ddl_compare(dependent->kind, "extension_dependencies") == 0)
			sd_migration_leave(migration, dependent,
							   psprintf("%s is made again with OR REPLACE",
										object->old_identity));
	}
	(void) sd_migration_step(migration, object, SD_STAGE_CHANGE, "%s",
							 or_replace(sd_ddl_trimmed(definition)));
	sd_migration_say_again(migration, object);
}

/* Is everything the same that OR REPLACE cannot change? */
static bool
may_be_replaced(const SdMigrationObject *object)
{
	static const char *const fixed[] = {"function_kind",	"result",
										"argument_modes",	"argument_types",
										"direct_arguments", "aggregate_kind"};
	List *old_names = sd_ddl_elements(object->old_object, "argument_names");
	List *new_names = sd_ddl_elements(object->new_object, "argument_names");
	List *old_defaults =
		sd_ddl_elements(object->old_object, "argument_defaults");
	List *new_defaults =
		sd_ddl_elements(object->new_object, "argument_defaults");
	ListCell *lc;
	int i = 0;

	foreach (lc, object->changes)
	{
		SdDiffRow *row = lfirst(lc);

		for (int j = 0; j < lengthof(fixed); j++)
		{
			if (row->attribute == NULL ||
				sd_ddl_compare(row->attribute, fixed[j]) == 0)
				return false;
		}
	}
	/* a name can be given to an argument that has none, but not taken away */
	foreach (lc, old_names)
	{
		const char *before = lfirst(lc);
		const char *now =
			i < list_length(new_names) ? list_nth(new_names, i) : NULL;

		if (before != NULL && before[0] != '\0' &&
			!sd_migration_same(before, now))
			return false;
		i++;
	}
	i = 0;
	foreach (lc, old_defaults)
	{
		if (lfirst(lc) != NULL && (i >= list_length(new_defaults) ||
								   list_nth(new_defaults, i) == NULL))
			return false;
		i++;
	}

	return true;
}

static const char *
or_replace(const char *definition)
{
	if (strncmp(definition, "CREATE OR REPLACE ", 18) == 0)
		return definition;

	return psprintf("CREATE OR REPLACE %s", definition + strlen("CREATE "));
}

/* sd_migration_alter_language: A procedural language, by OR REPLACE. */
void
sd_migration_alter_language(SdMigration *migration, SdMigrationObject *object)
{
	make_again(migration, object);
}

/* sd_migration_alter_transform: Likewise a transform. */
void
sd_migration_alter_transform(SdMigration *migration, SdMigrationObject *object)
{
	make_again(migration, object);
}

/* The first statement of the new document's DDL, with OR REPLACE. */
static void
make_again(SdMigration *migration, SdMigrationObject *object)
{
	SdDdlNode *node =
		object->new_nodes != NIL ? linitial(object->new_nodes) : NULL;
	SdDdlStatement *statement = node != NULL && node->statements != NIL
									? linitial(node->statements)
									: NULL;

	if (statement == NULL)
		return;
	object->changes = NIL;
	(void) sd_migration_step(migration, object, SD_STAGE_CHANGE, "%s",
							 or_replace(statement->text));
}

/* sd_migration_alter_operator: Estimators; since 17 also what it is for. */
void
sd_migration_alter_operator(SdMigration *migration, SdMigrationObject *object)
{
	static const struct
	{
		const char *key;
		const char *word;
	} parts[] = {
		{"restrict_estimator", "RESTRICT"},
		{"join_estimator", "JOIN"},
	};
	SdMigrationName name;

	if (!sd_migration_name(object, true, &name))
		return;
	for (int i = 0; i < lengthof(parts); i++)
	{
		char *value = sd_json_get_text(object->new_object, parts[i].key);

		if (sd_migration_take(object, parts[i].key))
			(void) sd_migration_step(migration, object, SD_STAGE_CHANGE,
									 "ALTER OPERATOR %s SET (%s = %s)",
									 name.name, parts[i].word,
									 value != NULL ? value : "NONE");
	}
	if (migration->versions[1] >= OPERATOR_LINKS_VERSION)
		alter_operator_links(migration, object, name.name);
}

/* They can be given to an operator that has none, but not changed. */
static void
alter_operator_links(SdMigration *migration, SdMigrationObject *object,
					 const char *name)
{
	static const struct
	{
		const char *key;
		const char *word;
		bool is_flag;
	} parts[] = {
		{"commutator", "COMMUTATOR", false},
		{"negator", "NEGATOR", false},
		{"is_hashable", "HASHES", true},
		{"is_mergeable", "MERGES", true},
	};

	for (int i = 0; i < lengthof(parts); i++)
	{
		const char *key = parts[i].key;
		char *value = sd_json_get_text(object->new_object, key);

		if (sd_migration_change(object, key) == NULL ||
			(parts[i].is_flag ? !sd_json_get_bool(object->new_object, key)
							  : value == NULL) ||
			sd_json_get_text(object->old_object, key) != NULL)
			continue;
		(void) sd_migration_take(object, key);
		(void) sd_migration_step(
			migration, object, SD_STAGE_CHANGE, "ALTER OPERATOR %s SET (%s%s)",
			name, parts[i].word,
			parts[i].is_flag ? "" : psprintf(" = OPERATOR(%s)", value));
	}
}

/*
 * sd_migration_drop_promised
 *		An operator's commutator or negator that was named but never made is no
 *		object of a document, but holds the types that it is for.
 */
void
sd_migration_drop_promised(SdMigration *migration, SdMigrationObject *object)
{
	static const char *const keys[] = {"commutator", "negator"};
	char *schema = sd_json_get_text(object->old_object, "schema_name");
	char *left = sd_json_get_text(object->old_object, "left_type");
	char *right = sd_json_get_text(object->old_object, "right_type");

	if (schema == NULL || right == NULL)
		return;
	schema = psprintf("%s.", sd_ddl_quote_identifier(schema));
	left = left != NULL ? left : "NONE";
	for (int i = 0; i < lengthof(keys); i++)
	{
		char *name = sd_json_get_text(object->old_object, keys[i]);
		const char *first = i == 0 ? right : left;
		const char *second = i == 0 ? left : right;
		SdMigrationObject *promised;

		/* those of another schema may be left out of the document */
		if (name == NULL || strncmp(name, schema, strlen(schema)) != 0)
			continue;
		promised =
			sd_migration_find(migration, false, "operators",
							  psprintf("%s(%s,%s)", name, first, second));
		if (promised == NULL || promised->old_object == NULL)
			sd_migration_step(migration, object, SD_STAGE_DROP,
							  "DROP OPERATOR IF EXISTS %s (%s, %s)", name,
							  first, second)
				->why = "it was named by another operator and never made";
	}
}

/*
 * sd_migration_alter_operator_class
 *		The members of a family; a class cannot be altered.
 */
void
sd_migration_alter_operator_class(SdMigration *migration,
								  SdMigrationObject *object)
{
	List *olds = sd_json_get_texts(object->old_object, "members");
	List *news = sd_json_get_texts(object->new_object, "members");
	List *gone = NIL;
	List *added = NIL;
	SdMigrationName name;
	ListCell *lc;

	if (!sd_ddl_is(object->new_object, "object_kind", "family") ||
		!sd_migration_name(object, true, &name) ||
		!sd_migration_take(object, "members"))
		return;
	foreach (lc, olds)
	{
		if (!sd_migration_has_text(news, lfirst(lc)))
			gone = lappend(gone, member_key(lfirst(lc)));
	}
	foreach (lc, news)
	{
		if (!sd_migration_has_text(olds, lfirst(lc)))
			added = lappend(added, lfirst(lc));
	}
	if (gone != NIL)
		(void) sd_migration_step(migration, object, SD_STAGE_RELEASE,
								 "ALTER %s %s DROP\n    %s", name.what,
								 name.name, sd_ddl_joined(gone, ",\n    "));
	if (added != NIL)
	{
		SdDdlNode *last = llast(object->new_nodes);

		sd_migration_step(migration, object, SD_STAGE_CHANGE,
						  "ALTER %s %s ADD\n    %s", name.what, name.name,
						  sd_ddl_joined(added, ",\n    "))
			->position = last->number;
	}
}

/*
 * "OPERATOR 3 app.&&(a,b) FOR ORDER BY f", "FUNCTION 1 (a, b) app.f(a,b)" as in
 * DROP: with its number and its types.
 */
static char *
member_key(const char *member)
{
	const char *end = strchr(member, '(');
	const char *close;

	if (end == NULL)
		return pstrdup(member);
	close = closing(end);
	if (strncmp(member, "OPERATOR ", 9) == 0)
	{
		const char *number = member + 9;

		return psprintf("OPERATOR %.*s %.*s", (int) strcspn(number, " "),
						number, (int) (close + 1 - end), end);
	}

	return pnstrdup(member, close + 1 - member);
}

/* The parenthesis that closes this one; names may have some in them. */
static const char *
closing(const char *open)
{
	bool is_quoted = false;
	int depth = 0;
	const char *c;

	for (c = open; *c != '\0'; c++)
	{
		if (*c == '"')
			is_quoted = !is_quoted;
		else if (!is_quoted && *c == '(')
			depth++;
		else if (!is_quoted && *c == ')' && --depth == 0)
			return c;
	}

	return c - 1;
}

/* sd_migration_alter_event_trigger: Whether it is enabled. */
void
sd_migration_alter_event_trigger(SdMigration *migration,
								 SdMigrationObject *object)
{
	char *enabled = sd_json_get_text(object->new_object, "enabled");
	SdMigrationName name;

	if (!sd_migration_name(object, true, &name) ||
		!sd_migration_take(object, "enabled"))
		return;
	if (enabled != NULL && sd_ddl_compare(enabled, "disabled") == 0)
		enabled = "DISABLE";
	else if (enabled == NULL || sd_ddl_compare(enabled, "origin") == 0)
		enabled = "ENABLE";
	else
		enabled = psprintf("ENABLE %s", sd_ddl_upper(enabled));
	(void) sd_migration_step(migration, object, SD_STAGE_CHANGE,
							 "ALTER EVENT TRIGGER %s %s", name.name, enabled);
}
