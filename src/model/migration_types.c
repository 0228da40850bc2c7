/*-------------------------------------------------------------------------
 *
 * migration_types.c
 *	  What a migration alters of types: labels, attributes, constraints of
 *	  domains, functions of base types.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include <ctype.h>

#include "miscadmin.h"
#include "utils/builtins.h"

#include "model/migration.h"
#include "model/migration_families.h"

static void alter_enum(SdMigration *migration, SdMigrationObject *object,
					   const char *name);
static void alter_composite(SdMigration *migration, SdMigrationObject *object,
							const char *name);
static bool keeps_order(List *olds, List *news);
static void release_users(SdMigration *migration, SdMigrationObject *object);
static bool is_in_tables(const SdMigrationObject *object);
static void alter_attributes(SdMigration *migration, SdMigrationObject *object,
							 const char *name);
static void comment_attributes(SdMigration *migration,
							   SdMigrationObject *object, const char *name);
static void alter_domain(SdMigration *migration, SdMigrationObject *object,
						 const char *name);
static bool is_checked(const SdMigrationObject *object);
static bool is_within_columns(SdMigration *migration, bool is_new,
							  const SdMigrationObject *domain);
static bool holds(SdMigration *migration, bool is_new, const char *type,
				  const char *name, bool is_within);
static void alter_domain_constraints(SdMigration *migration,
									 SdMigrationObject *object,
									 const char *name);
static const char *member_of(JsonbContainer *object, const char *key,
							 const char *names_key, const char *name);
static const char *plain_definition(const char *definition, bool *is_valid);
static void alter_not_null(SdMigration *migration, SdMigrationObject *object,
						   const char *name);
static const char *not_null_name(JsonbContainer *object);
static bool is_kept(const SdMigrationObject *object, const char *constraint);
static void comment_constraints(SdMigration *migration,
								SdMigrationObject *object, const char *name);
static void alter_base(SdMigration *migration, SdMigrationObject *object,
					   const char *name);

/* sd_migration_alter_type: A type of any kind. */
void
sd_migration_alter_type(SdMigration *migration, SdMigrationObject *object)
{
	SdMigrationName name;

	if (sd_migration_change(object, "type_kind") != NULL ||
		!sd_migration_name(object, true, &name))
		return;
	if (sd_ddl_is(object->new_object, "type_kind", "enum"))
		alter_enum(migration, object, name.name);
	else if (sd_ddl_is(object->new_object, "type_kind", "composite"))
		alter_composite(migration, object, name.name);
	else if (sd_ddl_is(object->new_object, "type_kind", "domain"))
		alter_domain(migration, object, name.name);
	else if (sd_ddl_is(object->new_object, "type_kind", "base"))
		alter_base(migration, object, name.name);
}

/* New labels can be added anywhere; no other change is possible. */
static void
alter_enum(SdMigration *migration, SdMigrationObject *object, const char *name)
{
	List *olds = sd_json_get_texts(object->old_object, "labels");
	List *news = sd_json_get_texts(object->new_object, "labels");
	const char *before = olds != NIL ? linitial(olds) : NULL;
	const char *after = NULL;
	ListCell *lc;
	int i = 0;

	foreach (lc, news)
	{
		if (i < list_length(olds) &&
			sd_ddl_compare(lfirst(lc), list_nth(olds, i)) == 0)
			i++;
	}
	if (i < list_length(olds) || !sd_migration_take(object, "labels"))
		return;

	foreach (lc, news)
	{
		const char *label = lfirst(lc);

		if (!sd_migration_has_text(olds, label))
		{
			SdMigrationStep *step = sd_migration_step(
				migration, object, SD_STAGE_CHANGE,
				"ALTER TYPE %s ADD VALUE %s%s%s", name,
				sd_ddl_quote_literal(label),
				after != NULL	 ? " AFTER "
				: before != NULL ? " BEFORE "
								 : "",
				after != NULL	 ? sd_ddl_quote_literal(after)
				: before != NULL ? sd_ddl_quote_literal(before)
								 : "");

			step->new_label = label;
		}
		after = label;
	}
}

/* Attributes come and go, and what stays has its order. */
static void
alter_composite(SdMigration *migration, SdMigrationObject *object,
				const char *name)
{
	static const char *const attributes[] = {
		"attribute_names", "attribute_types", "attribute_collations", NULL};
	bool is_changed = false;

	for (int i = 0; attributes[i] != NULL; i++)
		is_changed |= sd_migration_change(object, attributes[i]) != NULL;
	if (is_changed)
	{
		if (!keeps_order(
				sd_ddl_elements(object->old_object, "attribute_names"),
				sd_ddl_elements(object->new_object, "attribute_names")))
			return;
		alter_attributes(migration, object, name);
	}
	comment_attributes(migration, object, name);
}

/* Are the new names those of the old ones that stay, and then others? */
static bool
keeps_order(List *olds, List *news)
{
	int i = 0;
	ListCell *lc;

	foreach (lc, olds)
	{
		if (!sd_migration_has_text(news, lfirst(lc)))
			continue;
		if (i >= list_length(news) ||
			!sd_migration_same(list_nth(news, i++), lfirst(lc)))
			return false;
	}

	return true;
}

static void
alter_attributes(SdMigration *migration, SdMigrationObject *object,
				 const char *name)
{
	List *olds = sd_ddl_elements(object->old_object, "attribute_names");
	List *news = sd_ddl_elements(object->new_object, "attribute_names");
	bool is_released = false;
	ListCell *lc;

	foreach (lc, olds)
	{
		const char *attribute = lfirst(lc);
		const char *old_type = member_of(object->old_object, "attribute_types",
										 "attribute_names", attribute);
		const char *new_type = member_of(object->new_object, "attribute_types",
										 "attribute_names", attribute);
		const char *old_collation =
			member_of(object->old_object, "attribute_collations",
					  "attribute_names", attribute);
		const char *new_collation =
			member_of(object->new_object, "attribute_collations",
					  "attribute_names", attribute);
		SdMigrationStep *step;

		if (sd_migration_has_text(news, attribute) && new_type != NULL &&
			old_type != NULL && sd_ddl_compare(old_type, new_type) == 0 &&
			sd_migration_same(old_collation, new_collation))
			continue;
		if (new_type == NULL)
		{
			step = sd_migration_step(migration, object, SD_STAGE_CHANGE,
									 "ALTER TYPE %s DROP ATTRIBUTE %s CASCADE",
									 name, sd_ddl_quote_identifier(attribute));
			step->severity = SD_SEVERITY_DESTRUCTIVE;
			step->destructive = true;
			step->is_skipped = !migration->options.destructive;
			if (step->is_skipped)
			{
				step->why = "values would be lost";
				continue;
			}
		}
		/* the server does not rewrite tables for that */
		else if (is_in_tables(object))
		{
			object->steps = NIL;
			return;
		}
		else
			(void) sd_migration_step(
				migration, object, SD_STAGE_CHANGE,
				"ALTER TYPE %s ALTER ATTRIBUTE %s TYPE %s%s%s CASCADE", name,
				sd_ddl_quote_identifier(attribute), new_type,
				new_collation != NULL ? " COLLATE " : "",
				new_collation != NULL ? new_collation : "");
		if (!is_released)
			release_users(migration, object);
		is_released = true;
	}
	foreach (lc, news)
	{
		const char *attribute = lfirst(lc);
		const char *collation =
			member_of(object->new_object, "attribute_collations",
					  "attribute_names", attribute);

		if (sd_migration_has_text(olds, attribute))
			continue;
		(void) sd_migration_step(
			migration, object, SD_STAGE_CHANGE,
			"ALTER TYPE %s ADD ATTRIBUTE %s %s%s%s CASCADE", name,
			sd_ddl_quote_identifier(attribute),
			member_of(object->new_object, "attribute_types", "attribute_names",
					  attribute),
			collation != NULL ? " COLLATE " : "",
			collation != NULL ? collation : "");
	}
	(void) sd_migration_take(object, "attribute_names");
	(void) sd_migration_take(object, "attribute_types");
	(void) sd_migration_take(object, "attribute_collations");
}

/* Is it, or a type made of it, that of a column? */
static bool
is_in_tables(const SdMigrationObject *object)
{
	ListCell *lc;

	foreach (lc, object->dependents)
	{
		SdMigrationObject *dependent = lfirst(lc);

		if (sd_ddl_compare(dependent->kind, "tables") == 0 ||
			sd_ddl_compare(dependent->kind, "views") == 0 ||
			(sd_ddl_compare(dependent->kind, "types") == 0 &&
			 dependent != object))
			return true;
	}

	return false;
}

/* What may have an attribute in its query comes back later. */
static void
release_users(SdMigration *migration, SdMigrationObject *object)
{
	ListCell *lc;
	ListCell *lc2;

	foreach (lc, object->dependents)
	{
		SdMigrationObject *dependent = lfirst(lc);

		if (sd_ddl_compare(dependent->kind, "tables") != 0)
		{
			if (sd_migration_has_query(dependent))
				sd_migration_leave(migration, dependent,
								   psprintf("it needs %s, which changes",
											object->old_identity));
			continue;
		}
		foreach (lc2, dependent->dependents)
		{
			SdMigrationObject *user = lfirst(lc2);

			if (sd_migration_has_query(user))
				sd_migration_leave(
					migration, user,
					psprintf("it may need an attribute of %s, which changes",
							 object->old_identity));
		}
	}
}

static void
comment_attributes(SdMigration *migration, SdMigrationObject *object,
				   const char *name)
{
	ListCell *lc;

	if (!sd_migration_take(object, "attribute_comments"))
		return;
	foreach (lc, sd_ddl_elements(object->new_object, "attribute_names"))
	{
		const char *attribute = lfirst(lc);
		const char *before = member_of(object->old_object, "attribute_comments",
									   "attribute_names", attribute);
		const char *now = member_of(object->new_object, "attribute_comments",
									"attribute_names", attribute);

		if (!sd_migration_same(before, now))
			sd_migration_comment(
				migration, object, "COLUMN",
				psprintf("%s.%s", name, sd_ddl_quote_identifier(attribute)),
				now);
	}
}

/* The member of a list that stands where the name is in another, or NULL. */
static const char *
member_of(JsonbContainer *object, const char *key, const char *names_key,
		  const char *name)
{
	List *members = sd_ddl_elements(object, key);
	ListCell *lc;
	int i = 0;

	foreach (lc, sd_ddl_elements(object, names_key))
	{
		if (name != NULL && sd_migration_same(lfirst(lc), name))
			return i < list_length(members) ? list_nth(members, i) : NULL;
		i++;
	}

	return NULL;
}

static void
alter_domain(SdMigration *migration, SdMigrationObject *object,
			 const char *name)
{
	/* what cannot be altered makes another domain of it */
	if (sd_migration_change(object, "base_type") != NULL ||
		sd_migration_change(object, "collation") != NULL ||
		(is_checked(object) && is_within_columns(migration, false, object)))
		return;

	if (sd_migration_take(object, "default_value"))
	{
		char *value = sd_json_get_text(object->new_object, "default_value");

		if (value != NULL)
			(void) sd_migration_step(migration, object, SD_STAGE_CHANGE,
									 "ALTER DOMAIN %s SET DEFAULT %s", name,
									 value);
		else
			(void) sd_migration_step(migration, object, SD_STAGE_CHANGE,
									 "ALTER DOMAIN %s DROP DEFAULT", name);
	}
	alter_domain_constraints(migration, object, name);
	alter_not_null(migration, object, name);
	comment_constraints(migration, object, name);
}

/* Do its values have to be looked at, in all columns that have some? */
static bool
is_checked(const SdMigrationObject *object)
{
	List *olds = sd_ddl_elements(object->old_object, "constraint_names");
	ListCell *lc;

	if (sd_json_get_bool(object->new_object, "not_null") &&
		!sd_json_get_bool(object->old_object, "not_null"))
		return true;
	foreach (lc, sd_ddl_elements(object->new_object, "constraint_names"))
	{
		const char *name = lfirst(lc);
		bool is_valid;
		bool was_valid;
		const char *now = plain_definition(member_of(object->new_object,
													 "constraint_definitions",
													 "constraint_names", name),
										   &is_valid);
		const char *before = plain_definition(
			member_of(object->old_object, "constraint_definitions",
					  "constraint_names", name),
			&was_valid);

		if (is_valid && now != NULL && sd_ddl_compare(now, "NOT NULL") != 0 &&
			(!was_valid || !sd_migration_has_text(olds, name) ||
			 !sd_migration_same(before, now)))
			return true;
	}

	return false;
}

/*
 * Has a column of a document values of the domain in arrays, rows or ranges?
 * There the server does not look for them, and refuses.
 */
static bool
is_within_columns(SdMigration *migration, bool is_new,
				  const SdMigrationObject *domain)
{
	static const char *const kinds[] = {"tables", "views"};
	const char *name = is_new ? domain->new_identity : domain->old_identity;

	for (int i = 0; i < lengthof(kinds); i++)
	{
		JsonbContainer *objects =
			sd_json_get_object(&migration->documents[is_new]->root, kinds[i]);
		SdJsonWalk walk;
		SdJsonWalk columns;
		JsonbValue key;
		JsonbValue value;

		if (objects == NULL)
			continue;
		sd_json_walk(&walk, objects);
		while (sd_json_next_member(&walk, &key, &value))
		{
			JsonbContainer *object = sd_json_as_object(&value);
			JsonbContainer *array =
				object != NULL ? sd_json_get_array(object, "columns") : NULL;

			CHECK_FOR_INTERRUPTS();
			if (array == NULL || sd_ddl_is(object, "view_type", "view"))
				continue;
			sd_json_walk(&columns, array);
			while (sd_json_next_element(&columns, &value))
			{
				JsonbContainer *column = sd_json_as_object(&value);

				if (column != NULL &&
					holds(migration, is_new,
						  sd_json_get_text(column, "formatted_type"), name,
						  false))
					return true;
			}
		}
	}

	return false;
}

/* Is a type made of another one, other than a domain of it? */
static bool
holds(SdMigration *migration, bool is_new, const char *type, const char *name,
	  bool is_within)
{
	int length = type != NULL ? strlen(type) : 0;
	JsonbContainer *object;
	ListCell *lc;

	check_stack_depth();
	if (length == 0)
		return false;
	if (length > 2 && sd_ddl_compare(type + length - 2, "[]") == 0)
		return holds(migration, is_new, pnstrdup(type, length - 2), name, true);
	if (is_within && sd_ddl_compare(type, name) == 0)
		return true;
	object = sd_ddl_object(migration->ddl[is_new], "types", type);
	if (object == NULL)
		return false;
	if (sd_ddl_is(object, "type_kind", "domain"))
		return holds(migration, is_new, sd_json_get_text(object, "base_type"),
					 name, is_within);
	if (sd_ddl_is(object, "type_kind", "range"))
		return holds(migration, is_new, sd_json_get_text(object, "subtype"),
					 name, true);
	foreach (lc, sd_ddl_elements(object, "attribute_types"))
	{
		if (holds(migration, is_new, lfirst(lc), name, true))
			return true;
	}

	return false;
}

/* By name: dropped, added without looking at the rows, then validated. */
static void
alter_domain_constraints(SdMigration *migration, SdMigrationObject *object,
						 const char *name)
{
	static const char *const attributes[] = {"constraint_names",
											 "constraint_definitions",
											 "constraint_validated", NULL};
	List *olds = sd_ddl_elements(object->old_object, "constraint_names");
	List *news = sd_ddl_elements(object->new_object, "constraint_names");
	bool is_changed = false;
	SdMigrationStage stage;
	ListCell *lc;

	for (int i = 0; attributes[i] != NULL; i++)
		is_changed |= sd_migration_take(object, attributes[i]);
	if (!is_changed)
		return;
	/* before columns are there in which values cannot be looked at */
	stage = is_within_columns(migration, true, object) ? SD_STAGE_CHANGE
													   : SD_STAGE_VALIDATE;

	foreach (lc, olds)
	{
		const char *constraint = lfirst(lc);
		bool was_valid;
		bool is_valid;
		const char *before = plain_definition(
			member_of(object->old_object, "constraint_definitions",
					  "constraint_names", constraint),
			&was_valid);
		const char *now = plain_definition(
			member_of(object->new_object, "constraint_definitions",
					  "constraint_names", constraint),
			&is_valid);

		if (before == NULL || sd_ddl_compare(before, "NOT NULL") == 0 ||
			(now != NULL && sd_ddl_compare(before, now) == 0 &&
			 was_valid == is_valid))
			continue;
		if (now != NULL && sd_ddl_compare(before, now) == 0 && is_valid)
		{
			sd_migration_step(migration, object, stage,
							  "ALTER DOMAIN %s VALIDATE CONSTRAINT %s", name,
							  sd_ddl_quote_identifier(constraint))
				->severity = SD_SEVERITY_LOCKING;
			continue;
		}
		(void) sd_migration_step(migration, object, SD_STAGE_RELEASE,
								 "ALTER DOMAIN %s DROP CONSTRAINT %s", name,
								 sd_ddl_quote_identifier(constraint));
		if (now != NULL)
			olds = foreach_delete_current(olds, lc);
	}
	foreach (lc, news)
	{
		const char *constraint = lfirst(lc);
		bool is_valid;
		const char *definition = plain_definition(
			member_of(object->new_object, "constraint_definitions",
					  "constraint_names", constraint),
			&is_valid);

		if (definition == NULL || sd_ddl_compare(definition, "NOT NULL") == 0 ||
			sd_migration_has_text(olds, constraint))
			continue;
		(void) sd_migration_step(migration, object, SD_STAGE_CHANGE,
								 "ALTER DOMAIN %s ADD CONSTRAINT %s %s NOT "
								 "VALID",
								 name, sd_ddl_quote_identifier(constraint),
								 definition);
		if (is_valid)
			sd_migration_step(migration, object, stage,
							  "ALTER DOMAIN %s VALIDATE CONSTRAINT %s", name,
							  sd_ddl_quote_identifier(constraint))
				->severity = SD_SEVERITY_LOCKING;
	}
}

/* Without NOT VALID, which is told apart. */
static const char *
plain_definition(const char *definition, bool *is_valid)
{
	static const char *const words = " NOT VALID";
	int length = definition != NULL ? strlen(definition) - strlen(words) : 0;

	*is_valid = length <= 0 || sd_ddl_compare(definition + length, words) != 0;

	return *is_valid ? definition : pnstrdup(definition, length);
}

/* Since 17 NOT NULL has a name, which matters if somebody chose it. */
static void
alter_not_null(SdMigration *migration, SdMigrationObject *object,
			   const char *name)
{
	bool before = sd_json_get_bool(object->old_object, "not_null");
	bool now = sd_json_get_bool(object->new_object, "not_null");
	const char *old_name = not_null_name(object->old_object);
	const char *new_name = not_null_name(object->new_object);

	(void) sd_migration_take(object, "not_null");
	if (before == now && sd_migration_same(old_name, new_name))
		return;
	if (before)
		(void) sd_migration_step(migration, object, SD_STAGE_CHANGE,
								 "ALTER DOMAIN %s DROP NOT NULL", name);
	if (now && new_name != NULL)
		sd_migration_step(migration, object, SD_STAGE_CHANGE,
						  "ALTER DOMAIN %s ADD CONSTRAINT %s NOT NULL", name,
						  sd_ddl_quote_identifier(new_name))
			->severity = SD_SEVERITY_LOCKING;
	else if (now)
		sd_migration_step(migration, object, SD_STAGE_CHANGE,
						  "ALTER DOMAIN %s SET NOT NULL", name)
			->severity = SD_SEVERITY_LOCKING;
}

/* The name of NOT NULL, unless it is none or one as the server makes them. */
static const char *
not_null_name(JsonbContainer *object)
{
	static const char *const usual = "_not_null";
	List *names = sd_ddl_elements(object, "constraint_names");
	ListCell *lc;
	int i = 0;

	foreach (lc, sd_ddl_elements(object, "constraint_definitions"))
	{
		const char *name = i < list_length(names) ? list_nth(names, i) : NULL;
		int length = name != NULL ? strlen(name) : 0;

		i++;
		if (name == NULL || lfirst(lc) == NULL ||
			sd_ddl_compare(lfirst(lc), "NOT NULL") != 0)
			continue;
		while (length > 0 && isdigit((unsigned char) name[length - 1]))
			length--;
		if (length > strlen(usual) &&
			strncmp(name + length - strlen(usual), usual, strlen(usual)) == 0)
			return NULL;
		return name;
	}

	return NULL;
}

static void
comment_constraints(SdMigration *migration, SdMigrationObject *object,
					const char *name)
{
	ListCell *lc;

	(void) sd_migration_take(object, "constraint_comments");
	foreach (lc, sd_ddl_elements(object->new_object, "constraint_names"))
	{
		const char *constraint = lfirst(lc);
		const char *before =
			is_kept(object, constraint)
				? member_of(object->old_object, "constraint_comments",
							"constraint_names", constraint)
				: NULL;
		const char *now = member_of(object->new_object, "constraint_comments",
									"constraint_names", constraint);

		if (constraint == NULL || sd_migration_same(before, now))
			continue;
		sd_migration_comment(migration, object, "CONSTRAINT",
							 psprintf("%s ON DOMAIN %s",
									  sd_ddl_quote_identifier(constraint),
									  name),
							 now);
	}
}

/* One that is made again has lost its comment. */
static bool
is_kept(const SdMigrationObject *object, const char *constraint)
{
	bool was_valid;
	bool is_valid;
	const char *before =
		plain_definition(member_of(object->old_object, "constraint_definitions",
								   "constraint_names", constraint),
						 &was_valid);
	const char *now =
		plain_definition(member_of(object->new_object, "constraint_definitions",
								   "constraint_names", constraint),
						 &is_valid);

	return sd_migration_same(before, now) &&
		   (was_valid == is_valid || is_valid);
}

/* Of a base type what does not change how values are stored. */
static void
alter_base(SdMigration *migration, SdMigrationObject *object, const char *name)
{
	static const struct
	{
		const char *key;
		const char *word;
	} parts[] = {
		{"receive_function", "RECEIVE"},
		{"send_function", "SEND"},
		{"typmod_in_function", "TYPMOD_IN"},
		{"typmod_out_function", "TYPMOD_OUT"},
		{"analyze_function", "ANALYZE"},
		{"subscript_function", "SUBSCRIPT"},
	};

	for (int i = 0; i < lengthof(parts); i++)
	{
		char *value = sd_json_get_text(object->new_object, parts[i].key);

		if (sd_migration_take(object, parts[i].key))
			(void) sd_migration_step(migration, object, SD_STAGE_CHANGE,
									 "ALTER TYPE %s SET (%s = %s)", name,
									 parts[i].word,
									 value != NULL ? value : "NONE");
	}
}
