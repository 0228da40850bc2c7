/*-------------------------------------------------------------------------
 *
 * migration_losses.c
 *	  What a table loses, and its columns lose, when something else goes.
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "miscadmin.h"
#include "utils/builtins.h"

#include "model/migration_families.h"
#include "model/migration_tables.h"

static void leave_checks(SdMigration *migration, SdMigrationObject *table,
						 SdMigrationColumn *column);
static bool is_index_of_partitions(SdMigrationObject *table,
								   SdMigrationObject *dependent);
static bool has_statistics_target(SdMigrationObject *dependent);
static bool is_key_including(SdMigrationObject *dependent, const char *column);
static bool mentions(SdMigrationObject *dependent, SdMigrationObject *table,
					 const char *column);
static void list_table(SdMigration *migration, SdMigrationObject *table);
static bool names(SdMigration *migration, const char *text,
				  SdMigrationObject *object);
static void column_loses(SdMigration *migration, SdMigrationObject *table,
						 const char *name, SdMigrationObject *lost);
static void children_lose(SdMigration *migration, SdMigrationObject *table,
						  const char *name, SdMigrationObject *lost);

/*
 * sd_migration_column_leaves
 *		Let go what would not let the column be dropped or have another type.
 */
void
sd_migration_column_leaves(SdMigration *migration, SdMigrationObject *table,
						   SdMigrationColumn *column)
{
	SdJsonWalk walk;
	JsonbValue value;
	ListCell *lc;

	/* the key of a partitioned table stays what it is */
	foreach (lc, sd_json_get_texts(table->old_object, "partition_key"))
	{
		if (!sd_sql_mentions(lfirst(lc), column->name))
			continue;
		sd_migration_leave(migration, table,
						   psprintf("its key has column %s, which %s",
									sd_ddl_quote_identifier(column->name),
									column->is_retyped ? "gets another type"
													   : "is made again"));
		return;
	}
	if (column->is_dropped && column->is_added)
		leave_checks(migration, table, column);
	foreach (lc, table->dependents)
	{
		SdMigrationObject *dependent = lfirst(lc);

		CHECK_FOR_INTERRUPTS();
		/* the server makes it again, but not what points to it */
		if (column->is_retyped && is_key_including(dependent, column->name))
			sd_migration_leaves_with(migration, dependent);
		if (!column->is_dropped &&
			!sd_migration_is_bound_to_columns(dependent) &&
			!is_index_of_partitions(table, dependent) &&
			!has_statistics_target(dependent))
		{
			if (sd_ddl_compare(dependent->kind, "indexes") == 0 &&
				mentions(dependent, table, column->name))
				sd_migration_say_again(migration, dependent);
			continue;
		}
		if (sd_ddl_compare(dependent->kind, "tables") == 0 ||
			sd_ddl_compare(dependent->kind, "sequences") == 0 ||
			sd_ddl_compare(dependent->kind, "privileges") == 0 ||
			!mentions(dependent, table, column->name))
			continue;
		sd_migration_leave(migration, dependent,
						   psprintf("it needs column %s of %s, which %s",
									sd_ddl_quote_identifier(column->name),
									table->old_identity,
									column->is_retyped ? "gets another type"
									: column->is_added ? "is made again"
													   : "is dropped"));
	}

	/* what is computed from it is computed again */
	sd_json_walk(&walk, sd_json_get_array(table->old_object, "columns"));
	while (sd_json_next_element(&walk, &value))
	{
		JsonbContainer *other = sd_json_as_object(&value);
		char *name = sd_json_get_text(other, "column_name");
		SdMigrationColumn *computed;

		if (sd_json_get_text(other, "generated_type") == NULL ||
			!sd_sql_mentions(sd_json_get_text(other, "default_value"),
							 column->name))
			continue;
		computed = sd_migration_get_column(table, name);
		/* its values stay, if nothing computes them any more */
		if (computed->is_dropped ||
			(computed->new_column != NULL &&
			 sd_json_get_text(computed->new_column, "generated_type") == NULL &&
			 sd_ddl_is(other, "generated_type", "stored")))
			continue;
		computed->is_dropped = true;
		computed->is_added = computed->new_column != NULL;
		computed->is_retyped = false;
		sd_migration_column_leaves(migration, table, computed);
	}
}

/* Checks, which stand in the table, go with a column that is made again. */
static void
leave_checks(SdMigration *migration, SdMigrationObject *table,
			 SdMigrationColumn *column)
{
	ListCell *lc;

	foreach (lc, ((SdDdlNode *) linitial(table->old_nodes))->items)
	{
		SdDdlItem *item = lfirst(lc);
		SdMigrationObject *check;

		if (sd_ddl_compare(item->kind, "constraints") != 0)
			continue;
		check =
			sd_migration_find(migration, false, "constraints", item->identity);
		if (check != NULL && mentions(check, table, column->name))
			sd_migration_leave(
				migration, check,
				psprintf("it needs column %s of %s, which is made again",
						 sd_ddl_quote_identifier(column->name),
						 table->old_identity));
	}
}

/*
 * Is it an index, or a key, of a table with partitions?  When a column of it
 * gets another type, the server makes it again with an index of its own for
 * each partition, whatever was attached to it.
 */
static bool
is_index_of_partitions(SdMigrationObject *table, SdMigrationObject *dependent)
{
	if (!sd_ddl_is(table->old_object, "table_type", "partitioned table"))
		return false;

	return sd_ddl_compare(dependent->kind, "indexes") == 0 ||
		   (sd_ddl_compare(dependent->kind, "constraints") == 0 &&
			sd_json_get_text(dependent->old_object, "index_name") != NULL);
}

/* When the server makes statistics again they have no target. */
static bool
has_statistics_target(SdMigrationObject *dependent)
{
	int64 target;

	return sd_ddl_compare(dependent->kind, "statistics") == 0 &&
		   sd_json_get_int64(dependent->old_object, "statistics_target",
							 &target);
}

/* Is it a unique key that has the column besides its own? */
static bool
is_key_including(SdMigrationObject *dependent, const char *column)
{
	char *definition =
		sd_ddl_compare(dependent->kind, "constraints") == 0 ||
				sd_ddl_compare(dependent->kind, "indexes") == 0
			? sd_json_get_text(dependent->old_object, "definition")
			: NULL;
	const char *include =
		definition != NULL ? strstr(definition, " INCLUDE (") : NULL;

	return include != NULL && sd_sql_mentions(include, column);
}

/* Does the server refuse another type of a column that such a thing needs? */
bool
sd_migration_is_bound_to_columns(SdMigrationObject *dependent)
{
	static const char *const kinds[] = {
		"views",	"rules",		   "functions",	  "policies",
		"triggers", "property_graphs", "publications"};

	if (sd_ddl_compare(dependent->kind, "constraints") == 0)
		return sd_ddl_is(dependent->old_object, "constraint_type",
						 "foreign key");
	for (int i = 0; i < lengthof(kinds); i++)
	{
		if (sd_ddl_compare(dependent->kind, kinds[i]) == 0)
			return true;
	}

	return false;
}

/* May the object need the column?  It does not if it has not its name. */
static bool
mentions(SdMigrationObject *dependent, SdMigrationObject *table,
		 const char *column)
{
	ListCell *lc;

	if (sd_ddl_compare(dependent->kind, "constraints") == 0 ||
		sd_ddl_compare(dependent->kind, "column_options") == 0)
	{
		char *definition =
			sd_json_get_text(dependent->old_object, "definition");

		return definition == NULL || sd_sql_mentions(definition, column);
	}
	foreach (lc, dependent->old_nodes)
	{
		SdDdlNode *node = lfirst(lc);
		ListCell *lc2;

		foreach (lc2, node->statements)
		{
			if (sd_sql_mentions(((SdDdlStatement *) lfirst(lc2))->text, column))
				return true;
		}
	}

	return false;
}

/*
 * sd_migration_table_loses
 *		Something goes that a table needs: find out what of it.
 */
void
sd_migration_table_loses(SdMigration *migration, SdMigrationObject *table,
						 SdMigrationObject *lost)
{
	SdMigrationTable *plan = sd_migration_table_plan(table);
	bool is_found = false;
	SdJsonWalk walk;
	JsonbValue value;
	ListCell *lc;

	if (table->new_object == NULL || table->is_blocked)
		return;
	list_table(migration, table);
	if (sd_migration_has_text(sd_migration_parents(table->old_object),
							  lost->old_identity))
	{
		plan->reattached =
			lappend(plan->reattached, unconstify(char *, lost->old_identity));
		is_found = true;
	}
	foreach (lc, ((SdDdlNode *) linitial(table->old_nodes))->items)
	{
		SdDdlItem *item = lfirst(lc);

		if (sd_ddl_compare(item->kind, "constraints") == 0)
		{
			SdMigrationObject *constraint;

			if (!names(migration, item->head, lost) &&
				!names(migration, item->soft, lost))
				continue;
			constraint = sd_migration_find(migration, false, "constraints",
										   item->identity);
			if (constraint != NULL)
				sd_migration_leave(migration, constraint,
								   psprintf("it needs %s", lost->old_identity));
			is_found = true;
		}
		else if (item->column != NULL && names(migration, item->head, lost))
		{
			column_loses(migration, table, item->column, lost);
			is_found = true;
		}
	}
	/* of inherited columns, too */
	sd_json_walk(&walk, sd_json_get_array(table->old_object, "columns"));
	while (sd_json_next_element(&walk, &value))
	{
		JsonbContainer *source = sd_json_as_object(&value);
		char *name = sd_json_get_text(source, "column_name");
		char *default_value = sd_json_get_text(source, "default_value");
		bool is_generated = sd_json_get_text(source, "generated_type") != NULL;

		if (names(migration, sd_json_get_text(source, "formatted_type"),
				  lost) ||
			names(migration, sd_json_get_text(source, "collation"), lost) ||
			(is_generated && names(migration, default_value, lost)))
		{
			column_loses(migration, table, name, lost);
			is_found = true;
		}
		if (is_generated || !names(migration, default_value, lost))
			continue;
		sd_migration_get_column(table, name)->is_suspended = true;
		is_found = true;
	}
	/* it gets another one, and this goes after that */
	if (!is_found && sd_ddl_compare(lost->kind, "access_methods") == 0 &&
		lost->new_object == NULL)
	{
		lost->is_late = true;
		is_found = true;
	}
	if (!is_found)
		sd_migration_leave(migration, table,
						   psprintf("it needs %s", lost->old_identity));
}

/* Something is done to the table. */
static void
list_table(SdMigration *migration, SdMigrationObject *table)
{
	if (!table->is_listed)
		migration->all = lappend(migration->all, table);
	table->is_listed = true;
	if (table->action == SD_ACTION_KEEP)
		table->action = SD_ACTION_ALTER;
}

/* Does a text of the old document name the object?  NULL does not. */
static bool
names(SdMigration *migration, const char *text, SdMigrationObject *object)
{
	ListCell *lc;

	if (text == NULL)
		return false;
	foreach (lc, sd_ddl_named(migration->ddl[0], text))
	{
		if (list_member_ptr(object->old_nodes, lfirst(lc)))
			return true;
	}

	return false;
}

/* Something goes that a column's type or expression needs. */
static void
column_loses(SdMigration *migration, SdMigrationObject *table, const char *name,
			 SdMigrationObject *lost)
{
	SdMigrationColumn *column = sd_migration_get_column(table, name);
	bool is_generated =
		sd_json_get_text(column->old_column, "generated_type") != NULL;

	if (column->is_dropped)
		return;
	column->reason =
		psprintf("%s is %s", lost->old_identity,
				 lost->new_object != NULL ? "made again" : "dropped");
	if (!is_generated && column->new_column != NULL)
	{
		/* until then it stays, under another name if need be */
		if (lost->new_object != NULL)
			lost->is_swapped = true;
		else
			lost->is_late = true;
	}
	if (column->is_retyped)
		return;
	if (is_generated)
	{
		if (column->new_column != NULL && sd_migration_test_uncomputed(column))
			return;
		column->is_dropped = true;
		column->is_added = column->new_column != NULL;
	}
	else if (column->new_column == NULL)
		return;
	else
	{
		column->is_retyped = true;
		column->is_lossy |= sd_migration_moves_values(lost);
		column->is_blocked |=
			column->is_lossy && !migration->options.destructive;
		if (sd_json_get_text(column->old_column, "default_value") != NULL)
			column->is_suspended = true;
	}
	sd_migration_column_leaves(migration, table, column);
	children_lose(migration, table, name, lost);
}

/* The tables that inherit the column lose the same, and do not say it. */
static void
children_lose(SdMigration *migration, SdMigrationObject *table,
			  const char *name, SdMigrationObject *lost)
{
	ListCell *lc;

	foreach (lc, table->dependents)
	{
		SdMigrationObject *child = lfirst(lc);

		CHECK_FOR_INTERRUPTS();
		if (sd_ddl_compare(child->kind, "tables") != 0 ||
			child->new_object == NULL || child->is_blocked ||
			child->action == SD_ACTION_DROP ||
			child->action == SD_ACTION_REPLACE ||
			!sd_migration_has_text(sd_migration_parents(child->old_object),
								   table->old_identity) ||
			sd_ddl_column(child->old_object, name) == NULL)
			continue;
		list_table(migration, child);
		column_loses(migration, child, name, lost);
	}
}

/*
 * sd_migration_leaves_with
 *		What does not name an object, and has to go with it all the same.
 */
void
sd_migration_leaves_with(SdMigration *migration, SdMigrationObject *object)
{
	SdMigrationObject *table;
	ListCell *lc;
	List *columns;

	/* foreign keys need the key that they point to */
	if (sd_ddl_compare(object->kind, "constraints") != 0 &&
		sd_ddl_compare(object->kind, "indexes") != 0)
		return;
	table = sd_migration_table_of(migration, object);
	if (table == NULL)
		return;
	columns = sd_json_get_texts(object->old_object,
								sd_ddl_compare(object->kind, "indexes") == 0
									? "column_names"
									: "columns");
	foreach (lc, table->dependents)
	{
		SdMigrationObject *dependent = lfirst(lc);
		List *ref_columns;

		CHECK_FOR_INTERRUPTS();
		if (sd_ddl_compare(dependent->kind, "views") == 0 &&
			sd_ddl_is(object->old_object, "constraint_type", "primary key"))
		{
			char *definition =
				sd_json_get_text(dependent->old_object, "definition");

			if (definition != NULL && strstr(definition, "GROUP BY") != NULL)
				sd_migration_leave(
					migration, dependent,
					psprintf("it may need %s", object->old_identity));
			continue;
		}
		if (sd_ddl_compare(dependent->kind, "constraints") != 0 ||
			dependent == object ||
			!sd_ddl_is(dependent->old_object, "constraint_type", "foreign key"))
			continue;
		ref_columns = sd_json_get_texts(dependent->old_object, "ref_columns");
		if (list_length(ref_columns) == list_length(columns) &&
			sd_ddl_compare(
				sd_ddl_quote_qualified(
					sd_json_get_text(dependent->old_object, "ref_schema"),
					sd_json_get_text(dependent->old_object, "ref_table")),
				table->old_identity) == 0)
		{
			bool is_same = true;
			ListCell *lc2;

			foreach (lc2, ref_columns)
				is_same &= sd_migration_has_text(columns, lfirst(lc2));
			if (is_same)
				sd_migration_leave(
					migration, dependent,
					psprintf("it needs %s", object->old_identity));
		}
	}
}
