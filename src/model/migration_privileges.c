/*-------------------------------------------------------------------------
 *
 * migration_privileges.c
 *	  What a migration grants and revokes.
 *
 * Of an object that stays only the difference is said.  One that is made anew
 * has what the server gives a new object, and the new document's statements
 * begin with that; so default privileges must not add to it meanwhile.
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include <limits.h>

#include "miscadmin.h"
#include "utils/builtins.h"

#include "model/migration.h"
#include "model/migration_families.h"
#include "model/migration_tables.h"

/* where a privilege of all kinds is one word */
#define ALL "ALL"

static bool goes(const SdMigrationObject *object);
static void change(SdMigration *migration, SdMigrationObject *object,
				   const char *identity, SdMigrationStage stage, bool to_usual);
static void read_side(SdMigration *migration, SdDdlAccess *access, bool is_new,
					  const char *identity);
static const char *owner_of_table(SdMigration *migration, bool is_new,
								  const char *column);
static void know_owner(SdDdlAccess *access, const SdDdlAccess *other);
static bool column_stays(SdMigration *migration, SdDdlAccess *before);
static void change_owner(SdDdlAccess *access, const char *owner);
static void say_all(SdDdlAccess *access);
static const SdDdlGrant *find_grant(const SdDdlAccess *access,
									const SdDdlGrant *grant);
static SdMigrationStep *say(SdMigration *migration, SdMigrationObject *object,
							SdMigrationStage stage, const SdDdlAccess *access,
							const SdDdlGrant *like, bool revokes,
							bool only_option, List *privileges);
static List *take_same(SdDdlAccess *access, int first, bool *is_wanted);
static void take_away(SdMigration *migration, SdMigrationObject *object,
					  SdMigrationStage stage, SdDdlAccess *before,
					  const SdDdlAccess *now, bool of_owner);
static void give(SdMigration *migration, SdMigrationObject *object,
				 SdMigrationStage stage, const SdDdlAccess *before,
				 SdDdlAccess *now, bool of_owner);
static void grant_columns_again(SdMigration *migration,
								SdMigrationObject *object,
								SdMigrationStage stage,
								const SdDdlAccess *before,
								const SdDdlAccess *now);
static void follow_owners(SdMigration *migration);
static void suspend_defaults(SdMigration *migration);
static bool is_made(SdMigration *migration, const char *identity);
static bool gives_privileges(const SdMigrationObject *object,
							 const char *objects);

/*
 * sd_migration_privileges
 *		Add the steps for the privileges of all objects that stay.
 */
void
sd_migration_privileges(SdMigration *migration)
{
	List *all;
	ListCell *lc;

	follow_owners(migration);
	suspend_defaults(migration);

	all = list_copy(migration->all);
	foreach (lc, all)
	{
		SdMigrationObject *object = lfirst(lc);
		const char *identity = object->new_identity != NULL
								   ? object->new_identity
								   : object->old_identity;

		CHECK_FOR_INTERRUPTS();
		if (sd_ddl_compare(object->kind, "privileges") != 0 ||
			object->is_blocked)
			continue;
		/* gone with its object, or made with it */
		if (object->action == SD_ACTION_REPLACE ||
			object->action == SD_ACTION_KEEP ||
			goes(sd_migration_target(migration, object->new_identity != NULL,
									 identity)))
			continue;
		object->changes = NIL;
		object->action = SD_ACTION_ALTER;
		change(migration, object, identity, SD_STAGE_CHANGE, false);
	}
	list_free(all);
}

/* Is it not there all the time? */
static bool
goes(const SdMigrationObject *object)
{
	return object != NULL && (object->action == SD_ACTION_DROP ||
							  object->action == SD_ACTION_REPLACE ||
							  object->action == SD_ACTION_CREATE);
}

/* From what there is to what is wanted, or to what a new object has. */
static void
change(SdMigration *migration, SdMigrationObject *object, const char *identity,
	   SdMigrationStage stage, bool to_usual)
{
	SdDdlAccess before;
	SdDdlAccess now;

	read_side(migration, &before, false, identity);
	if (to_usual)
	{
		now = before;
		sd_ddl_usual_access(&now);
		say_all(&now);
	}
	else
		read_side(migration, &now, true, identity);
	if (before.target == NULL || now.target == NULL)
		return;
	know_owner(&before, &now);
	know_owner(&now, &before);
	if (sd_ddl_compare(before.type, "column") == 0 &&
		!column_stays(migration, &before))
		return;
	if (stage == SD_STAGE_CHANGE && object->is_released)
	{
		sd_ddl_usual_access(&before);
		say_all(&before);
	}
	change_owner(&before, now.owner);

	/* who grants comes after who granted it, and loses it before */
	take_away(migration, object, stage, &before, &now, false);
	take_away(migration, object, stage, &before, &now, true);
	give(migration, object, stage, &before, &now, true);
	give(migration, object, stage, &before, &now, false);
	if (sd_ddl_compare(before.type, "table") == 0 ||
		sd_ddl_compare(before.type, "view") == 0)
		grant_columns_again(migration, object, stage, &before, &now);
}

/* An extension's object has its owner in its privileges only. */
static void
know_owner(SdDdlAccess *access, const SdDdlAccess *other)
{
	if (access->owner != NULL)
		return;
	if (access->ngrants > 0)
		access->owner = access->grants[0].grantor;
	else if (other->ngrants > 0)
	{
		access->owner = other->grants[0].grantor;
		sd_ddl_usual_access(access);
	}
	say_all(access);
}

/*
 * Is the column there, and will be?  One that is made again has no privileges
 * left, and neither has a new one.
 */
static bool
column_stays(SdMigration *migration, SdDdlAccess *before)
{
	List *names = sd_sql_identifiers(before->name);
	char *name;
	SdMigrationObject *table;
	ListCell *lc;

	if (list_length(names) != 3)
		return false;
	name = sd_ddl_quote_qualified(linitial(names), lsecond(names));
	table = sd_migration_find(migration, true, "tables", name);
	if (table == NULL)
		table = sd_migration_find(migration, true, "views", name);
	if (table == NULL || table->new_object == NULL ||
		sd_ddl_column(table->new_object, lthird(names)) == NULL)
		return false;
	if (table->table == NULL)
		return true;
	foreach (lc, table->table->columns)
	{
		SdMigrationColumn *column = lfirst(lc);

		if (sd_ddl_compare(column->name, lthird(names)) != 0)
			continue;
		if (column->is_blocked)
			return false;
		if (column->is_dropped)
			before->ngrants = 0;
	}

	return true;
}

/* The privileges that one of the documents has. */
static void
read_side(SdMigration *migration, SdDdlAccess *access, bool is_new,
		  const char *identity)
{
	JsonbContainer *part =
		sd_json_get_object(&migration->documents[is_new]->root, "privileges");
	JsonbContainer *array =
		part != NULL ? sd_json_get_array(part, identity) : NULL;

	if (!sd_ddl_access(migration->ddl[is_new], access, identity, array))
		return;
	if (sd_ddl_compare(access->type, "column") == 0)
		access->owner = owner_of_table(migration, is_new, access->name);
	if (array == NULL)
		sd_ddl_usual_access(access);
	say_all(access);
}

/* Whose is the table, or view, of a column? */
static const char *
owner_of_table(SdMigration *migration, bool is_new, const char *column)
{
	List *names = sd_sql_identifiers(column);
	char *name = sd_ddl_quote_qualified(linitial(names), lsecond(names));
	JsonbContainer *table =
		sd_ddl_object(migration->ddl[is_new], "tables", name);

	if (table == NULL)
		table = sd_ddl_object(migration->ddl[is_new], "views", name);

	return table != NULL ? sd_json_get_text(table, "owner") : NULL;
}

/* ALTER OWNER gives the new owner all that the old one had and has granted. */
static void
change_owner(SdDdlAccess *access, const char *owner)
{
	if (access->owner == NULL || owner == NULL ||
		sd_ddl_compare(access->owner, owner) == 0)
		return;
	for (int i = 0; i < access->ngrants; i++)
	{
		SdDdlGrant *grant = &access->grants[i];

		if (sd_ddl_compare(grant->grantor, access->owner) == 0)
			grant->grantor = pstrdup(owner);
		if (sd_ddl_compare(grant->grantee, access->owner) == 0)
			grant->grantee = pstrdup(owner);
	}
	access->owner = owner;
}

/* What the owner has is one word if it is all that the version knows. */
static void
say_all(SdDdlAccess *access)
{
	SdDdlAccess usual = *access;
	int count = 0;
	int wanted = 0;
	int kept = 0;

	if (access->owner == NULL || access->begins_empty)
		return;
	sd_ddl_usual_access(&usual);
	for (int i = 0; i < usual.ngrants; i++)
		wanted += sd_ddl_compare(usual.grants[i].grantee, access->owner) == 0;
	for (int i = 0; i < access->ngrants; i++)
	{
		SdDdlGrant *grant = &access->grants[i];

		if (sd_ddl_compare(grant->grantee, access->owner) == 0 &&
			sd_ddl_compare(grant->grantor, access->owner) == 0 &&
			!grant->is_grantable)
			count++;
	}
	if (count == 0 || count != wanted)
		return;
	for (int i = 0; i < access->ngrants; i++)
	{
		SdDdlGrant grant = access->grants[i];

		if (sd_ddl_compare(grant.grantee, access->owner) == 0 &&
			sd_ddl_compare(grant.grantor, access->owner) == 0 &&
			!grant.is_grantable)
		{
			if (--count > 0)
				continue;
			grant.privilege = ALL;
		}
		access->grants[kept++] = grant;
	}
	access->ngrants = kept;
}

/* The same privilege from and for the same role, with or without its option. */
static const SdDdlGrant *
find_grant(const SdDdlAccess *access, const SdDdlGrant *grant)
{
	for (int i = 0; i < access->ngrants; i++)
	{
		const SdDdlGrant *other = &access->grants[i];

		if (sd_ddl_compare(other->grantor, grant->grantor) == 0 &&
			sd_ddl_compare(other->grantee, grant->grantee) == 0 &&
			sd_ddl_compare(other->privilege, grant->privilege) == 0)
			return other;
	}

	return NULL;
}

/* One statement; what others have granted they take away and give themselves.
 */
static SdMigrationStep *
say(SdMigration *migration, SdMigrationObject *object, SdMigrationStage stage,
	const SdDdlAccess *access, const SdDdlGrant *like, bool revokes,
	bool only_option, List *privileges)
{
	bool by_owner = access->owner == NULL ||
					sd_ddl_compare(like->grantor, access->owner) == 0;
	SdDdlNode *node =
		object->new_nodes != NIL ? linitial(object->new_nodes) : NULL;
	int position = node != NULL ? node->number : INT_MAX - 1;
	SdMigrationStep *step;

	if (!by_owner)
		sd_migration_step(migration, object, stage,
						  "SET SESSION AUTHORIZATION %s",
						  sd_ddl_quote_identifier(like->grantor))
			->position = position;
	if (revokes)
		step = sd_migration_step(
			migration, object, stage, "%sREVOKE %s%s %s FROM %s CASCADE",
			access->prefix, only_option ? "GRANT OPTION FOR " : "",
			sd_ddl_joined(privileges, ", "), access->target,
			sd_ddl_role(like->grantee));
	else
		step =
			sd_migration_step(migration, object, stage, "%sGRANT %s %s TO %s%s",
							  access->prefix, sd_ddl_joined(privileges, ", "),
							  access->target, sd_ddl_role(like->grantee),
							  like->is_grantable ? " WITH GRANT OPTION" : "");
	/* nobody depends on what nobody may hand on */
	if (revokes && !like->is_grantable)
		step->statement[strlen(step->statement) - strlen(" CASCADE")] = '\0';
	step->position = position;
	if (!by_owner)
		sd_migration_step(migration, object, stage,
						  "RESET SESSION AUTHORIZATION")
			->position = position;

	return step;
}

/* The privileges that go in one statement with the first one. */
static List *
take_same(SdDdlAccess *access, int first, bool *is_wanted)
{
	const SdDdlGrant *like = &access->grants[first];
	List *privileges = NIL;

	for (int i = first; i < access->ngrants; i++)
	{
		SdDdlGrant *grant = &access->grants[i];

		if (!is_wanted[i] || grant->is_grantable != like->is_grantable ||
			sd_ddl_compare(grant->grantor, like->grantor) != 0 ||
			sd_ddl_compare(grant->grantee, like->grantee) != 0)
			continue;
		is_wanted[i] = false;
		privileges = lappend(
			privileges, psprintf("%s%s", grant->privilege, access->columns));
	}

	return privileges;
}

/* What there is no longer, and options that there are no longer. */
static void
take_away(SdMigration *migration, SdMigrationObject *object,
		  SdMigrationStage stage, SdDdlAccess *before, const SdDdlAccess *now,
		  bool of_owner)
{
	for (int only_option = 0; only_option < 2; only_option++)
	{
		bool *is_wanted = palloc0(sizeof(bool) * (before->ngrants + 1));

		for (int i = 0; i < before->ngrants; i++)
		{
			const SdDdlGrant *grant = &before->grants[i];
			const SdDdlGrant *kept = find_grant(now, grant);
			SdDdlGrant all = *grant;
			bool by_owner = before->owner == NULL ||
							sd_ddl_compare(grant->grantor, before->owner) == 0;

			all.privilege = ALL;
			if (kept == NULL)
				kept = find_grant(now, &all);
			if (by_owner != of_owner)
				continue;
			if (only_option)
				is_wanted[i] =
					kept != NULL && grant->is_grantable && !kept->is_grantable;
			else
				is_wanted[i] = kept == NULL;
		}
		for (int i = 0; i < before->ngrants; i++)
		{
			if (is_wanted[i])
				(void) say(migration, object, stage, before, &before->grants[i],
						   true, only_option == 1,
						   take_same(before, i, is_wanted));
		}
	}
}

/* What is new, or has an option now. */
static void
give(SdMigration *migration, SdMigrationObject *object, SdMigrationStage stage,
	 const SdDdlAccess *before, SdDdlAccess *now, bool of_owner)
{
	bool *is_wanted = palloc0(sizeof(bool) * (now->ngrants + 1));

	for (int i = 0; i < now->ngrants; i++)
	{
		const SdDdlGrant *wanted = &now->grants[i];
		const SdDdlGrant *had = find_grant(before, wanted);
		SdDdlGrant all = *wanted;
		bool by_owner = now->owner == NULL ||
						sd_ddl_compare(wanted->grantor, now->owner) == 0;

		/* who has all by being the owner now loses it with all the rest */
		all.privilege = ALL;
		if (find_grant(before, &all) != NULL && find_grant(now, &all) == NULL)
			had = NULL;
		is_wanted[i] =
			by_owner == of_owner &&
			(had == NULL || (wanted->is_grantable && !had->is_grantable));
	}
	for (int i = 0; i < now->ngrants; i++)
	{
		if (is_wanted[i])
			(void) say(migration, object, stage, now, &now->grants[i], false,
					   false, take_same(now, i, is_wanted));
	}
}

/* To revoke a privilege on a table revokes that on its columns as well. */
static void
grant_columns_again(SdMigration *migration, SdMigrationObject *object,
					SdMigrationStage stage, const SdDdlAccess *before,
					const SdDdlAccess *now)
{
	JsonbContainer *part =
		sd_json_get_object(&migration->documents[1]->root, "privileges");
	JsonbContainer *table =
		sd_ddl_object(migration->ddl[1], "tables", before->name);
	JsonbContainer *columns;
	SdJsonWalk walk;
	JsonbValue value;

	if (table == NULL)
		table = sd_ddl_object(migration->ddl[1], "views", before->name);
	columns = table != NULL ? sd_json_get_array(table, "columns") : NULL;
	if (columns == NULL || part == NULL)
		return;
	sd_json_walk(&walk, columns);
	while (sd_json_next_element(&walk, &value))
	{
		JsonbContainer *source = sd_json_as_object(&value);
		char *column =
			source != NULL ? sd_json_get_text(source, "column_name") : NULL;
		char *identity;
		JsonbContainer *array;
		SdDdlAccess access;
		bool *is_wanted;

		if (column == NULL)
			continue;
		identity = psprintf("column %s.%s", before->name,
							sd_ddl_quote_identifier(column));
		array = sd_json_get_array(part, identity);
		if (array == NULL ||
			!sd_ddl_access(migration->ddl[1], &access, identity, array))
			continue;
		access.owner = now->owner;
		is_wanted = palloc0(sizeof(bool) * (access.ngrants + 1));
		for (int i = 0; i < access.ngrants; i++)
		{
			SdDdlGrant *grant = &access.grants[i];

			for (int j = 0; j < before->ngrants; j++)
			{
				const SdDdlGrant *gone = &before->grants[j];

				is_wanted[i] |=
					sd_ddl_compare(gone->grantee, grant->grantee) == 0 &&
					sd_ddl_compare(gone->privilege, grant->privilege) == 0 &&
					find_grant(now, gone) == NULL;
			}
		}
		for (int i = 0; i < access.ngrants; i++)
		{
			if (is_wanted[i])
				(void) say(migration, object, stage, &access, &access.grants[i],
						   false, false, take_same(&access, i, is_wanted));
		}
	}
}

/*
 * An object that gets another owner has other privileges then, also if both
 * documents say the same of them.
 */
static void
follow_owners(SdMigration *migration)
{
	JsonbContainer *part =
		sd_json_get_object(&migration->documents[1]->root, "privileges");
	SdJsonWalk walk;
	JsonbValue key;
	JsonbValue value;

	if (migration->diff_owners == NIL || part == NULL)
		return;
	sd_json_walk(&walk, part);
	while (sd_json_next_member(&walk, &key, &value))
	{
		char *identity = sd_json_as_text(&key);
		SdMigrationObject *target =
			sd_migration_target(migration, true, identity);
		SdMigrationObject *object;

		CHECK_FOR_INTERRUPTS();
		if (target == NULL || !list_member_ptr(migration->diff_owners, target))
			continue;
		object = sd_migration_find(migration, true, "privileges", identity);
		if (object == NULL || object->is_listed)
			continue;
		object->is_listed = true;
		object->action = SD_ACTION_ALTER;
		migration->all = lappend(migration->all, object);
	}
}

/*
 * What is made meanwhile must not get what default privileges give: these go
 * before, and come back when all is there.
 */
static void
suspend_defaults(SdMigration *migration)
{
	JsonbContainer *part =
		sd_json_get_object(&migration->documents[0]->root, "privileges");
	SdJsonWalk walk;
	JsonbValue key;
	JsonbValue value;

	if (part == NULL)
		return;
	sd_json_walk(&walk, part);
	while (sd_json_next_member(&walk, &key, &value))
	{
		char *identity = sd_json_as_text(&key);
		SdMigrationObject *object;

		CHECK_FOR_INTERRUPTS();
		if (strncmp(identity, "default privileges ",
					strlen("default privileges ")) != 0 ||
			!is_made(migration, identity))
			continue;
		object = sd_migration_find(migration, false, "privileges", identity);
		if (object == NULL || object->is_blocked)
			continue;
		if (!object->is_listed)
			migration->all = lappend(migration->all, object);
		object->is_listed = true;
		object->action = SD_ACTION_ALTER;
		change(migration, object, identity, SD_STAGE_RELEASE, true);
		object->is_released = true;
	}
}

/* Is anything made that these default privileges are for? */
static bool
is_made(SdMigration *migration, const char *identity)
{
	const char *at = strstr(identity, " in schema ");
	const char *objects = strstr(identity, " on ");
	const char *schema = NULL;
	ListCell *lc;

	while (objects != NULL && strstr(objects + 1, " on ") != NULL)
		objects = strstr(objects + 1, " on ");
	if (objects == NULL)
		return false;
	objects += strlen(" on ");
	if (at != NULL)
	{
		List *names = sd_sql_identifiers(at + strlen(" in schema "));

		schema = names != NIL ? linitial(names) : NULL;
	}
	foreach (lc, migration->all)
	{
		SdMigrationObject *object = lfirst(lc);
		char *own;

		if ((object->action != SD_ACTION_CREATE &&
			 object->action != SD_ACTION_REPLACE) ||
			object->is_blocked || !gives_privileges(object, objects))
			continue;
		if (schema == NULL)
			return true;
		own = sd_json_get_text(object->new_object, "schema_name");
		if (own != NULL && sd_ddl_compare(own, schema) == 0)
			return true;
	}

	return false;
}

static bool
gives_privileges(const SdMigrationObject *object, const char *objects)
{
	static const struct
	{
		const char *objects;
		const char *kind;
	} kinds[] = {
		{"tables", "tables"},		{"tables", "views"},
		{"sequences", "sequences"}, {"functions", "functions"},
		{"types", "types"},			{"schemas", "schemas"},
	};

	for (int i = 0; i < lengthof(kinds); i++)
	{
		if (sd_ddl_compare(kinds[i].kind, object->kind) == 0 &&
			sd_ddl_compare(kinds[i].objects, objects) == 0)
			return true;
	}

	return false;
}
