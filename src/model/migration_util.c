/*-------------------------------------------------------------------------
 *
 * migration_util.c
 *	  What the alterers of several families share.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "lib/stringinfo.h"
#include "utils/builtins.h"

#include "model/migration_families.h"

static const char *option_value(List *options, const char *name, int length);

/* sd_migration_same: Are two texts the same, of which each may be NULL? */
bool
sd_migration_same(const char *a, const char *b)
{
	return sd_ddl_compare(a, b) == 0;
}

/* sd_migration_has_text: Is the text in the list, which may have NULLs? */
bool
sd_migration_has_text(List *texts, const char *text)
{
	ListCell *lc;

	foreach (lc, texts)
	{
		if (sd_migration_same(lfirst(lc), text))
			return true;
	}

	return false;
}

/* sd_migration_has_query: Does it stop what it reads from being altered? */
bool
sd_migration_has_query(const SdMigrationObject *object)
{
	static const char *const kinds[] = {"views",	"rules",
										"policies", "functions",
										"triggers", "property_graphs"};

	for (int i = 0; i < lengthof(kinds); i++)
	{
		if (sd_ddl_compare(object->kind, kinds[i]) == 0)
			return true;
	}

	return false;
}

/*
 * sd_migration_take_all
 *		Has one of these attributes changed?  Then all of them are done now.
 *		NULL ends the list.
 */
bool
sd_migration_take_all(SdMigrationObject *object, const char *const *attributes)
{
	bool found = false;

	for (int i = 0; attributes[i] != NULL; i++)
		found |= sd_migration_take(object, attributes[i]);

	return found;
}

/* sd_migration_comment: Say a comment, or that there is none any more. */
void
sd_migration_comment(SdMigration *migration, SdMigrationObject *object,
					 const char *what, const char *name, const char *comment)
{
	(void) sd_migration_step(
		migration, object, SD_STAGE_CHANGE, "COMMENT ON %s %s IS %s", what,
		name, comment != NULL ? sd_ddl_quote_literal(comment) : "NULL");
}

/*
 * sd_migration_foreign_options
 *		What leads from one list of "name=value" to the other, as in OPTIONS
 *		(ADD a '1', DROP b); NULL if nothing does.
 */
char *
sd_migration_foreign_options(List *olds, List *news)
{
	StringInfoData result;
	ListCell *lc;

	initStringInfo(&result);
	foreach (lc, olds)
	{
		const char *option = lfirst(lc);
		const char *equals = option != NULL ? strchr(option, '=') : NULL;

		if (equals == NULL ||
			option_value(news, option, equals - option) != NULL)
			continue;
		appendStringInfo(
			&result, "%sDROP %s", result.len > 0 ? ", " : "",
			sd_ddl_quote_identifier(pnstrdup(option, equals - option)));
	}
	foreach (lc, news)
	{
		const char *option = lfirst(lc);
		const char *equals = option != NULL ? strchr(option, '=') : NULL;
		const char *before;

		if (equals == NULL)
			continue;
		before = option_value(olds, option, equals - option);
		if (before != NULL && sd_ddl_compare(before, equals + 1) == 0)
			continue;
		appendStringInfo(
			&result, "%s%s %s %s", result.len > 0 ? ", " : "",
			before != NULL ? "SET" : "ADD",
			sd_ddl_quote_identifier(pnstrdup(option, equals - option)),
			sd_ddl_quote_literal(equals + 1));
	}

	return result.len > 0 ? result.data : NULL;
}

/* The value of an option, or NULL. */
static const char *
option_value(List *options, const char *name, int length)
{
	ListCell *lc;

	foreach (lc, options)
	{
		const char *option = lfirst(lc);

		if (option != NULL && strncmp(option, name, length) == 0 &&
			option[length] == '=')
			return option + length + 1;
	}

	return NULL;
}

/*
 * sd_migration_storage_options
 *		SET what is new or another, and RESET what is no longer there.
 */
void
sd_migration_storage_options(SdMigration *migration, SdMigrationObject *object,
							 const char *what, const char *name, List *olds,
							 List *news)
{
	List *changed = NIL;
	List *gone = NIL;
	ListCell *lc;

	foreach (lc, news)
	{
		if (!sd_migration_has_text(olds, lfirst(lc)))
			changed = lappend(changed, lfirst(lc));
	}
	foreach (lc, olds)
	{
		const char *option = lfirst(lc);
		const char *equals = option != NULL ? strchr(option, '=') : NULL;

		if (equals == NULL ||
			option_value(news, option, equals - option) != NULL)
			continue;
		gone = lappend(gone, pnstrdup(option, equals - option));
	}
	if (gone != NIL)
		(void) sd_migration_step(migration, object, SD_STAGE_CHANGE,
								 "ALTER %s %s RESET (%s)", what, name,
								 sd_ddl_joined(gone, ", "));
	if (changed != NIL)
		(void) sd_migration_step(migration, object, SD_STAGE_CHANGE,
								 "ALTER %s %s SET (%s)", what, name,
								 sd_ddl_storage_options(changed));
}

/* sd_migration_enabled: Enable a rule or trigger as the new document has it. */
void
sd_migration_enabled(SdMigration *migration, SdMigrationObject *object,
					 const char *table, const char *what, const char *name)
{
	char *enabled = sd_json_get_text(object->new_object, "enabled");

	if (enabled == NULL || sd_ddl_compare(enabled, "origin") == 0)
		(void) sd_migration_step(migration, object, SD_STAGE_CHANGE,
								 "ALTER TABLE %s ENABLE %s %s", table, what,
								 name);
	else if (sd_ddl_compare(enabled, "disabled") == 0)
		(void) sd_migration_step(migration, object, SD_STAGE_CHANGE,
								 "ALTER TABLE %s DISABLE %s %s", table, what,
								 name);
	else
		(void) sd_migration_step(migration, object, SD_STAGE_CHANGE,
								 "ALTER TABLE %s ENABLE %s %s %s", table,
								 sd_ddl_upper(enabled), what, name);
}
