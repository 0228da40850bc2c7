/*-------------------------------------------------------------------------
 *
 * migration_constraints.c
 *	  What a migration does to constraints, indexes and sequences.
 *
 * A constraint on a table that has rows is added NOT VALID and validated then,
 * so that nobody waits while rows are read.
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include <limits.h>

#include "utils/builtins.h"

#include "model/migration_families.h"
#include "model/migration_tables.h"

static char *needed_text(SdMigrationObject *object, const char *key);
static void add_check(SdMigration *migration, SdMigrationObject *object);
static bool add_by_index(SdMigration *migration, SdMigrationObject *object,
						 SdDdlNode *node);
static bool keep_within_limits(SdMigration *migration,
							   SdMigrationObject *object, const char *name);
static void tell_of_own(SdMigration *migration, SdMigrationObject *object);
static void validate(SdMigration *migration, SdMigrationObject *object);
static SdMigrationObject *constraint_of(SdMigration *migration,
										JsonbContainer *index);
static bool is_of_partitioned_table(SdMigration *migration,
									SdMigrationObject *index);
static void alter_parent_index(SdMigration *migration,
							   SdMigrationObject *object);
static bool is_of_new_table(SdMigration *migration, SdMigrationObject *object);

/*
 * sd_migration_make_constraint
 *		The statements that add a constraint of the new document.
 */
void
sd_migration_make_constraint(SdMigration *migration, SdMigrationObject *object)
{
	bool is_new_table = is_of_new_table(migration, object);
	SdMigrationObject *table = sd_migration_new_table_of(migration, object);
	bool is_foreign_key =
		sd_ddl_is(object->new_object, "constraint_type", "foreign key");
	bool is_partitioned =
		table != NULL &&
		sd_ddl_is(table->new_object, "table_type", "partitioned table");
	bool is_enforced = sd_ddl_flag(object->new_object, "is_enforced", true);
	bool is_validated =
		sd_ddl_flag(object->new_object, "is_validated", true) && is_enforced;
	ListCell *lc;

	/* those of new tables come with them, and those of parents with these */
	if (sd_ddl_is(object->new_object, "constraint_type", "check") &&
		!is_new_table &&
		(object->new_item == NULL || !object->new_item->is_later) &&
		(object->new_item != NULL ||
		 !sd_ddl_flag(object->new_object, "is_local", true)))
		add_check(migration, object);
	foreach (lc, object->new_nodes)
	{
		SdDdlNode *node = lfirst(lc);
		ListCell *lc2;

		sd_ddl_compose(node);
		foreach (lc2, node->statements)
		{
			SdDdlStatement *statement = lfirst(lc2);
			bool is_first = lc2 == list_head(node->statements);
			bool adds = strstr(statement->text, " ADD CONSTRAINT ") != NULL;
			bool is_safe = is_foreign_key && is_first && adds && is_validated &&
						   !is_new_table &&
						   (!is_partitioned || migration->versions[1] >= 18);
			SdMigrationStep *step;

			if (is_foreign_key && adds &&
				sd_migration_has_foreign_key(migration, object))
				continue;
			if (adds && !is_new_table && !is_partitioned &&
				migration->options.concurrently &&
				add_by_index(migration, object, node))
				continue;
			step =
				sd_migration_step(migration, object, SD_STAGE_CHANGE, "%s%s",
								  statement->text, is_safe ? " NOT VALID" : "");
			step->position = node->number;
			step->why = object->action == SD_ACTION_REPLACE && is_first
							? object->reason
							: NULL;
			if (is_new_table)
				step->lock =
					is_foreign_key && adds ? "SHARE ROW EXCLUSIVE" : NULL;
			else if (adds && !is_safe && is_validated)
				step->severity = SD_SEVERITY_LOCKING;
			if (is_safe)
				validate(migration, object);
		}
	}
}

/* A key by an index that is made while others write. */
static bool
add_by_index(SdMigration *migration, SdMigrationObject *object, SdDdlNode *node)
{
	JsonbContainer *source = object->new_object;
	bool is_primary = sd_ddl_is(source, "constraint_type", "primary key");
	char *schema = sd_json_get_text(source, "schema_name");
	char *index_name = sd_json_get_text(source, "index_name");
	JsonbContainer *index =
		index_name != NULL
			? sd_ddl_object(migration->ddl[1], "indexes",
							sd_ddl_quote_qualified(schema, index_name))
			: NULL;
	char *definition =
		index != NULL ? sd_json_get_text(index, "definition") : NULL;
	SdMigrationName name;
	SdMigrationStep *step;

	if ((!is_primary && !sd_ddl_is(source, "constraint_type", "unique")) ||
		definition == NULL ||
		strncmp(definition, "CREATE UNIQUE INDEX ", 20) != 0)
		return false;
	(void) sd_migration_name(object, true, &name);
	step = sd_migration_step(migration, object, SD_STAGE_CHANGE,
							 "CREATE UNIQUE INDEX CONCURRENTLY %s",
							 sd_ddl_trimmed(definition + 20));
	step->position = node->number;
	step->severity = SD_SEVERITY_LOCKING;
	step->alone = true;
	step->why = "an index is built while others may write";
	step = sd_migration_step(
		migration, object, SD_STAGE_CHANGE,
		"ALTER TABLE ONLY %s ADD CONSTRAINT %s %s USING INDEX %s%s", name.table,
		sd_ddl_quote_identifier(sd_json_get_text(source, "constraint_name")),
		is_primary ? "PRIMARY KEY" : "UNIQUE",
		sd_ddl_quote_identifier(index_name),
		!sd_json_get_bool(source, "is_deferrable") ? ""
		: sd_json_get_bool(source, "initially_deferred")
			? " DEFERRABLE INITIALLY DEFERRED"
			: " DEFERRABLE");
	step->position = node->number;
	step->why = "the index is there";

	return true;
}

/* What a table had before it inherits stays its own, too. */
static void
tell_of_own(SdMigration *migration, SdMigrationObject *object)
{
	SdMigrationObject *table = sd_migration_new_table_of(migration, object);
	SdMigrationStep *step;

	if (sd_ddl_flag(object->new_object, "is_local", true) || table == NULL ||
		sd_json_get_bool(table->new_object, "is_partition"))
		return;
	step = sd_migration_step(
		migration, object, SD_STAGE_FINISH,
		"-- %s stays declared by the table itself, besides its parents",
		object->new_identity);
	step->is_skipped = true;
	step->why = "constraints that were there before INHERIT stay the table's "
				"own";
}

/* A check of a table that is there. */
static void
add_check(SdMigration *migration, SdMigrationObject *object)
{
	bool is_enforced = sd_ddl_flag(object->new_object, "is_enforced", true);
	bool is_validated = sd_ddl_flag(object->new_object, "is_validated", true);
	SdMigrationObject *table = sd_migration_new_table_of(migration, object);
	/* who has a valid one wants the child's to be valid */
	bool is_awaited = sd_migration_gets_parent(table);
	SdMigrationStep *step;
	SdMigrationName name;

	if (!sd_ddl_flag(object->new_object, "is_local", true) &&
		sd_migration_stays_inherited(
			migration, sd_migration_new_table_of(migration, object),
			sd_json_get_text(object->new_object, "constraint_name")))
		return;
	(void) sd_migration_name(object, true, &name);
	step = sd_migration_step(
		migration, object, SD_STAGE_CHANGE,
		"ALTER TABLE %s ADD CONSTRAINT %s %s%s", name.table,
		sd_ddl_quote_identifier(
			sd_json_get_text(object->new_object, "constraint_name")),
		sd_ddl_trimmed(sd_json_get_text(object->new_object, "definition")),
		is_enforced && is_validated && !is_awaited ? " NOT VALID" : "");
	if (is_awaited)
		step->severity = SD_SEVERITY_LOCKING;
	if (!sd_ddl_flag(object->new_object, "is_local", true))
		tell_of_own(migration, object);

	if (object->new_position < 0)
		step->position =
			sd_migration_new_table_of(migration, object)->new_position;
	if (object->action == SD_ACTION_REPLACE)
		step->why = object->reason;
	if (is_enforced && is_validated && !is_awaited)
		validate(migration, object);
}

static void
validate(SdMigration *migration, SdMigrationObject *object)
{
	SdMigrationName name;
	SdMigrationStep *step;

	(void) sd_migration_name(object, true, &name);
	step =
		sd_migration_step(migration, object, SD_STAGE_VALIDATE,
						  "ALTER TABLE %s VALIDATE CONSTRAINT %s", name.table,
						  sd_ddl_quote_identifier(sd_json_get_text(
							  object->new_object, "constraint_name")));
	step->severity = SD_SEVERITY_LOCKING;
	step->commit_before = migration->options.concurrently;
	step->why = "rows are read while others may write";
}

static bool
is_of_new_table(SdMigration *migration, SdMigrationObject *object)
{
	SdMigrationObject *table = sd_migration_new_table_of(migration, object);

	return table == NULL || table->action == SD_ACTION_CREATE ||
		   table->action == SD_ACTION_REPLACE;
}

/* What can be altered of a constraint. */
void
sd_migration_alter_constraint(SdMigration *migration, SdMigrationObject *object)
{
	SdMigrationName name;
	const char *plain;

	/* these follow from the parent's */
	(void) sd_migration_take(object, "inherited_count");
	if (sd_migration_take(object, "is_local"))
		tell_of_own(migration, object);
	(void) sd_migration_take(object, "parent_constraint");
	if (object->changes == NIL || !sd_migration_name(object, true, &name))
		return;
	plain = sd_ddl_quote_identifier(
		sd_json_get_text(object->new_object, "constraint_name"));
	plain = pstrdup(plain);
	if (list_length(object->changes) == 1 &&
		sd_migration_change(object, "is_validated") != NULL &&
		sd_ddl_flag(object->new_object, "is_validated", true))
	{
		(void) sd_migration_take(object, "is_validated");
		validate(migration, object);
	}
	else if (sd_ddl_is(object->new_object, "constraint_type", "foreign key"))
	{
		static const char *const attributes[] = {"is_deferrable",
												 "initially_deferred", NULL};

		if (!sd_migration_only(object, attributes))
			return;
		(void) sd_migration_step(
			migration, object, SD_STAGE_CHANGE,
			"ALTER TABLE %s ALTER CONSTRAINT %s %s", name.table, plain,
			!sd_json_get_bool(object->new_object, "is_deferrable")
				? "NOT DEFERRABLE"
			: sd_json_get_bool(object->new_object, "initially_deferred")
				? "DEFERRABLE INITIALLY DEFERRED"
				: "DEFERRABLE INITIALLY IMMEDIATE");
		object->changes = NIL;
	}
}

/* The constraint that an index of the old document belongs to, or NULL. */
static SdMigrationObject *
constraint_of(SdMigration *migration, JsonbContainer *index)
{
	char *name = sd_json_get_text(index, "constraint_name");

	if (name == NULL)
		return NULL;

	return sd_migration_find(
		migration, false, "constraints",
		psprintf("%s.%s",
				 sd_ddl_quote_qualified(sd_json_get_text(index, "schema_name"),
										sd_json_get_text(index, "table_name")),
				 sd_ddl_quote_identifier(name)));
}

/* The index of a partition becomes part of the partitioned table's. */
static void
alter_parent_index(SdMigration *migration, SdMigrationObject *object)
{
	SdMigrationObject *holder = object;
	char *before = sd_json_get_text(object->old_object, "parent_index");
	char *now = sd_json_get_text(object->new_object, "parent_index");
	ListCell *lc;

	if (sd_migration_change(object, "parent_index") == NULL &&
		sd_migration_change(object, "parent_schema") == NULL)
		return;
	/* it is the partition that comes or goes, and its index with it */
	if (before != NULL && sd_migration_stays_partition(migration, object))
		return;
	(void) sd_migration_take(object, "parent_index");
	(void) sd_migration_take(object, "parent_schema");
	if (now == NULL)
		return;
	if (sd_json_get_text(object->new_object, "constraint_name") != NULL)
		holder = sd_migration_find(
			migration, true, "constraints",
			psprintf("%s.%s",
					 sd_ddl_quote_qualified(
						 sd_json_get_text(object->new_object, "schema_name"),
						 sd_json_get_text(object->new_object, "table_name")),
					 sd_ddl_quote_identifier(sd_json_get_text(
						 object->new_object, "constraint_name"))));
	if (holder == NULL)
		return;
	foreach (lc, holder->new_nodes)
	{
		SdDdlNode *node = lfirst(lc);
		SdMigrationStep *step;

		if (node->phase != SD_DDL_INDEX_PARTITIONS)
			continue;
		step = sd_migration_step(
			migration, object, SD_STAGE_CHANGE, "%s",
			((SdDdlStatement *) linitial(node->statements))->text);
		step->position = node->number;
	}
}

/* What can be altered of an index. */
void
sd_migration_alter_index(SdMigration *migration, SdMigrationObject *object)
{
	SdMigrationName name;
	JsonbContainer *source = object->new_object;
	char *table = sd_ddl_quote_qualified(needed_text(object, "schema_name"),
										 needed_text(object, "table_name"));
	const char *plain =
		pstrdup(sd_ddl_quote_identifier(needed_text(object, "index_name")));
	bool is_of_constraint = sd_json_get_text(source, "constraint_name") != NULL;
	SdMigrationStep *step;

	if (!sd_migration_name(object, true, &name))
		sd_migration_malformed("indexes", object->new_identity);
	alter_parent_index(migration, object);
	/* these follow from columns that get other types, and it with them */
	if (sd_migration_same(sd_json_get_text(object->old_object, "definition"),
						  sd_json_get_text(source, "definition")))
	{
		(void) sd_migration_take(object, "opclasses");
		(void) sd_migration_take(object, "collations");
	}
	if (object->changes == NIL)
		return;
	if (is_of_constraint ||
		sd_json_get_text(object->old_object, "constraint_name") != NULL)
	{
		static const char *const attributes[] = {"tablespace", "options",
												 "is_clustered",
												 "is_replica_identity", NULL};

		/* the constraint is made again, and its index with it */
		if (!sd_migration_only(object, attributes))
		{
			SdMigrationObject *constraint =
				constraint_of(migration, object->old_object);

			object->changes = NIL;
			object->steps = NIL;
			if (constraint != NULL)
				sd_migration_leave(migration, constraint,
								   "its index is another one");
			return;
		}
	}
	if (sd_migration_take(object, "is_clustered"))
	{
		if (sd_json_get_bool(source, "is_clustered"))
			(void) sd_migration_step(migration, object, SD_STAGE_CHANGE,
									 "ALTER TABLE %s CLUSTER ON %s", table,
									 plain);
		else
			(void) sd_migration_step(migration, object, SD_STAGE_CHANGE,
									 "ALTER TABLE %s SET WITHOUT CLUSTER",
									 table);
	}
	if (sd_migration_take(object, "is_replica_identity") &&
		sd_json_get_bool(source, "is_replica_identity"))
		(void) sd_migration_step(
			migration, object, SD_STAGE_CHANGE,
			"ALTER TABLE ONLY %s REPLICA IDENTITY USING INDEX %s", table,
			plain);
	if (sd_migration_take(object, "tablespace"))
	{
		char *tablespace = sd_json_get_text(source, "tablespace");

		step = sd_migration_step(migration, object, SD_STAGE_CHANGE,
								 "ALTER INDEX %s SET TABLESPACE %s", name.name,
								 tablespace != NULL && tablespace[0] != '\0'
									 ? sd_ddl_quote_identifier(tablespace)
									 : "pg_default");
		step->severity = SD_SEVERITY_REWRITING;
		step->why = "the index is written again";
	}
	/* those of a partitioned table have to be made again for that */
	if (!is_of_partitioned_table(migration, object) &&
		sd_migration_take(object, "options"))
		sd_migration_storage_options(
			migration, object, "INDEX", name.name,
			sd_json_get_texts(object->old_object, "options"),
			sd_json_get_texts(source, "options"));
}

static bool
is_of_partitioned_table(SdMigration *migration, SdMigrationObject *index)
{
	SdMigrationObject *table = sd_migration_new_table_of(migration, index);

	return table != NULL && table->new_object != NULL &&
		   sd_ddl_is(table->new_object, "table_type", "partitioned table");
}

/*
 * ALTER SEQUENCE refuses limits that the value is not within, so it has to be
 * moved there before.  False if no value can be within the old limits and the
 * new ones.
 */
static bool
keep_within_limits(SdMigration *migration, SdMigrationObject *object,
				   const char *name)
{
	int64 old_min = sd_ddl_int64(object->old_object, "min_value", 1);
	int64 old_max = sd_ddl_int64(object->old_object, "max_value", PG_INT64_MAX);
	int64 min = Max(sd_ddl_int64(object->new_object, "min_value", 1), old_min);
	int64 max = Min(sd_ddl_int64(object->new_object, "max_value", PG_INT64_MAX),
					old_max);
	SdMigrationStep *step;

	if (min > max)
		return false;
	if (min == old_min && max == old_max)
		return true;
	step = sd_migration_step(
		migration, object, SD_STAGE_CHANGE,
		"SELECT pg_catalog.setval(%s, CASE WHEN last_value < " INT64_FORMAT
		" THEN " INT64_FORMAT " ELSE " INT64_FORMAT
		" END, is_called AND last_value > " INT64_FORMAT
		") FROM %s WHERE last_value NOT BETWEEN " INT64_FORMAT
		" AND " INT64_FORMAT,
		sd_ddl_quote_literal(name), min, min, max, max, name, min, max);
	step->lock = NULL;
	step->why = "a value outside of the new limits is moved to them";

	return true;
}

/* A sequence: everything but its name and schema. */
void
sd_migration_alter_sequence(SdMigration *migration, SdMigrationObject *object)
{
	static const char *const values[] = {
		"data_type", "start_value", "min_value", "max_value",
		"increment", "cache_size",	"is_cycle"};
	JsonbContainer *source = object->new_object;
	bool is_changed = false;
	SdMigrationName name;

	(void) sd_migration_name(object, true, &name);
	if (sd_migration_change(object, "is_identity") != NULL)
		return;
	/* the identity goes, and another one comes with a sequence of this name */
	if (migration->options.destructive &&
		sd_json_get_bool(source, "is_identity") &&
		(sd_migration_change(object, "owner_schema") != NULL ||
		 sd_migration_change(object, "owner_table") != NULL ||
		 sd_migration_change(object, "owner_column") != NULL))
		return;
	for (int i = 0; i < lengthof(values); i++)
		is_changed |= sd_migration_take(object, values[i]);
	if (is_changed)
	{
		char *type = sd_json_get_text(source, "data_type");
		bool has_limits = keep_within_limits(migration, object, name.name);

		(void) sd_migration_step(
			migration, object, SD_STAGE_CHANGE,
			"ALTER SEQUENCE %s AS %s INCREMENT BY " INT64_FORMAT
			" MINVALUE " INT64_FORMAT " MAXVALUE " INT64_FORMAT
			" START WITH " INT64_FORMAT "%s CACHE " INT64_FORMAT " %s",
			name.name, type != NULL ? type : "bigint",
			sd_ddl_int64(source, "increment", 1),
			sd_ddl_int64(source, "min_value", 1),
			sd_ddl_int64(source, "max_value", PG_INT64_MAX),
			sd_ddl_int64(source, "start_value", 1),
			has_limits ? "" : " RESTART", sd_ddl_int64(source, "cache_size", 1),
			sd_json_get_bool(source, "is_cycle") ? "CYCLE" : "NO CYCLE");
	}
	if (sd_migration_take(object, "persistence"))
		(void) sd_migration_step(migration, object, SD_STAGE_CHANGE,
								 "ALTER SEQUENCE %s SET %s", name.name,
								 sd_ddl_is(source, "persistence", "unlogged")
									 ? "UNLOGGED"
									 : "LOGGED");
	if (sd_migration_take(object, "owner_schema") |
		sd_migration_take(object, "owner_table") |
		sd_migration_take(object, "owner_column"))
	{
		SdMigrationStep *step;

		if (sd_json_get_bool(source, "is_identity"))
		{
			/* if that table goes, this goes and comes with the new one */
			step = sd_migration_step(
				migration, object, SD_STAGE_FINISH, "-- %s.%s gets no identity",
				sd_ddl_quote_qualified(sd_json_get_text(source, "owner_schema"),
									   sd_json_get_text(source, "owner_table")),
				sd_ddl_quote_identifier(
					sd_json_get_text(source, "owner_column")));
			step->position = INT_MAX;
			step->is_skipped = true;
			step->why = "its sequence is that of a table that is kept";
			return;
		}

		if (sd_json_get_text(object->old_object, "owner_table") != NULL)
			(void) sd_migration_step(migration, object, SD_STAGE_RELEASE,
									 "ALTER SEQUENCE %s OWNED BY NONE",
									 object->old_identity);
		if (sd_json_get_text(source, "owner_table") != NULL)
		{
			step = sd_migration_step(
				migration, object, SD_STAGE_CHANGE,
				"ALTER SEQUENCE %s OWNED BY %s.%s", name.name,
				sd_ddl_quote_qualified(sd_json_get_text(source, "owner_schema"),
									   sd_json_get_text(source, "owner_table")),
				sd_ddl_quote_identifier(
					sd_json_get_text(source, "owner_column")));
			step->position = ((SdDdlNode *) llast(object->new_nodes))->number;
		}
	}
}

/* A member that the new object must have. */
static char *
needed_text(SdMigrationObject *object, const char *key)
{
	char *text = sd_json_get_text(object->new_object, key);

	if (text == NULL)
		sd_migration_malformed(object->kind, object->new_identity);

	return text;
}
