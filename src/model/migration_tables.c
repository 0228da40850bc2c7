/*-------------------------------------------------------------------------
 *
 * migration_tables.c
 *	  What a migration does to tables: columns, partitions, inheritance.
 *
 * A table is altered in two turns.  The first, while it is found out what goes,
 * decides about each column; the second makes the steps, when it is known which
 * of the things that the columns need go and come back.
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include <limits.h>

#include "miscadmin.h"
#include "utils/builtins.h"

#include "model/migration_families.h"
#include "model/migration_tables.h"

/* what can be altered of the table itself */
static const char *const table_attributes[] = {
	"access_method", "tablespace",
	"is_partition",	 "parent_schema",
	"parent_name",	 "persistence",
	"of_type",		 "inherits",
	"options",		 "replica_identity",
	"row_security",	 "force_row_security",
	"columns",		 NULL};

static SdMigrationTable *table_plan(SdMigrationObject *table);
static SdMigrationColumn *get_column(SdMigrationObject *table,
									 const char *name);
static void study_column(SdMigration *migration, SdMigrationObject *table,
						 SdMigrationColumn *column);
static void column_leaves(SdMigration *migration, SdMigrationObject *table,
						  SdMigrationColumn *column);
static void leave_checks(SdMigration *migration, SdMigrationObject *table,
						 SdMigrationColumn *column);
static bool is_index_of_partitions(SdMigrationObject *table,
								   SdMigrationObject *dependent);
static bool has_statistics_target(SdMigrationObject *dependent);
static bool is_key_including(SdMigrationObject *dependent, const char *column);
static bool mentions(SdMigrationObject *dependent, SdMigrationObject *table,
					 const char *column);
static bool names(SdMigration *migration, const char *text,
				  SdMigrationObject *object);
static void column_loses(SdMigration *migration, SdMigrationObject *table,
						 const char *name, SdMigrationObject *lost);
static void children_lose(SdMigration *migration, SdMigrationObject *table,
						  const char *name, SdMigrationObject *lost);
static void list_table(SdMigration *migration, SdMigrationObject *table);
static bool stays_child(SdMigrationObject *table, const char *parent);
static bool has_parent_with(SdMigration *migration, SdMigrationObject *table,
							const char *name,
							bool (*test)(SdMigrationColumn *column));
static bool test_added(SdMigrationColumn *column);
static bool test_dropped(SdMigrationColumn *column);
static bool test_retyped(SdMigrationColumn *column);
static void add_column(SdMigration *migration, SdMigrationObject *table,
					   SdMigrationColumn *column);
static void drop_column(SdMigration *migration, SdMigrationObject *table,
						SdMigrationColumn *column);
static void differ_from_parents(SdMigration *migration,
								SdMigrationObject *table,
								SdMigrationColumn *column);
static SdSeverity severity_of_added(SdMigrationColumn *column);
static void add_computed_settings(SdMigration *migration,
								  SdMigrationObject *table);
static void tell_of_own_columns(SdMigration *migration,
								SdMigrationObject *table);
static int first_to_leave(SdMigrationObject *table);
static bool stays_inherited(SdMigration *migration, SdMigrationObject *table,
							const char *name);
static SdDdlItem *find_item(SdMigrationObject *table,
							SdMigrationColumn *column);
static char *column_definition(SdMigration *migration, SdMigrationObject *table,
							   SdMigrationColumn *column);
static const char *free_not_null(SdMigration *migration,
								 SdMigrationObject *table, const char *tail);
static void add_column_settings(SdMigration *migration,
								SdMigrationObject *table,
								SdMigrationColumn *column);
static bool is_computed(const SdMigrationColumn *column);
static void retype_columns(SdMigration *migration, SdMigrationObject *table);
static const char *using_clause(SdMigration *migration,
								SdMigrationColumn *column);
static const char *resolve_type(SdMigration *migration, bool is_new,
								const char *type, bool *is_own);
static int type_family(const char *type);
static JsonbContainer *read_document_type(SdMigration *migration, bool is_new,
										  const char *name);
static const char *usual_storage(SdMigration *migration, const char *type);
static const char *not_null_check(const char *column);
static bool test_uncomputed(SdMigrationColumn *column);
static bool test_not_null(SdMigrationColumn *column);
static bool test_nullable(SdMigrationColumn *column);
static bool has_partition_change(SdMigrationObject *table,
								 const char *attribute);
static void alter_column(SdMigration *migration, SdMigrationObject *table,
						 SdMigrationColumn *column);
static void set_default(SdMigration *migration, SdMigrationObject *table,
						SdMigrationColumn *column);
static void set_not_null(SdMigration *migration, SdMigrationObject *table,
						 SdMigrationColumn *column);
static void tell_of_sequence(SdMigration *migration, SdMigrationObject *table,
							 SdMigrationColumn *column);
static void alter_identity(SdMigration *migration, SdMigrationObject *table,
						   SdMigrationColumn *column);
static void alter_parents(SdMigration *migration, SdMigrationObject *table);
static void alter_settings(SdMigration *migration, SdMigrationObject *table);
static void alter_options(SdMigration *migration, SdMigrationObject *table);
static void keep_column(SdMigration *migration, SdMigrationObject *table,
						SdMigrationObject *parent, SdMigrationColumn *column);
static const char *table_name(SdMigrationObject *table);
static const char *table_word(SdMigrationObject *table);

/*
 * sd_migration_alter_table
 *		Decide what happens to each column of a table that differs.
 */
void
sd_migration_alter_table(SdMigration *migration, SdMigrationObject *object)
{
	SdMigrationTable *plan = table_plan(object);
	ListCell *lc;

	foreach (lc, object->changes)
	{
		SdDiffRow *row = lfirst(lc);
		bool is_known = sd_ddl_compare(row->kind, "tables") != 0;

		for (int i = 0; table_attributes[i] != NULL && !is_known; i++)
			is_known = sd_ddl_compare(table_attributes[i], row->attribute) == 0;
		if (!is_known)
			return;
	}
	foreach (lc, object->changes)
	{
		SdDiffRow *row = lfirst(lc);

		if (sd_ddl_compare(row->kind, "columns") == 0)
		{
			SdMigrationColumn *column =
				get_column(object, sd_migration_column_name(row->identity));

			column->changes = lappend(column->changes, row);
		}
		else
			plan->changes = lappend(plan->changes, row);
	}
	object->changes = NIL;
	foreach (lc, plan->columns)
	{
		/* others are there because of these */
		if (((SdMigrationColumn *) lfirst(lc))->changes != NIL)
			study_column(migration, object, lfirst(lc));
	}
}

static SdMigrationTable *
table_plan(SdMigrationObject *table)
{
	if (table->table == NULL)
		table->table = palloc0(sizeof(SdMigrationTable));

	return table->table;
}

static SdMigrationColumn *
get_column(SdMigrationObject *table, const char *name)
{
	SdMigrationTable *plan = table_plan(table);
	SdMigrationColumn *column = sd_migration_find_column(table, name);

	if (column != NULL)
		return column;
	column = palloc0(sizeof(SdMigrationColumn));
	column->name = name;
	column->old_column = sd_ddl_column(table->old_object, name);
	column->new_column = sd_ddl_column(table->new_object, name);
	if ((column->old_column != NULL &&
		 sd_json_get_text(column->old_column, "formatted_type") == NULL) ||
		(column->new_column != NULL &&
		 sd_json_get_text(column->new_column, "formatted_type") == NULL))
		sd_migration_malformed("columns", name);
	plan->columns = lappend(plan->columns, column);

	return column;
}

SdMigrationColumn *
sd_migration_find_column(SdMigrationObject *table, const char *name)
{
	ListCell *lc;

	if (table->table == NULL || name == NULL)
		return NULL;
	foreach (lc, table->table->columns)
	{
		SdMigrationColumn *column = lfirst(lc);

		if (sd_ddl_compare(column->name, name) == 0)
			return column;
	}

	return NULL;
}

/* What has to be done to a column that differs? */
static void
study_column(SdMigration *migration, SdMigrationObject *table,
			 SdMigrationColumn *column)
{
	char *old_generated = NULL;
	char *new_generated = NULL;
	SdDiffRow *row = linitial(column->changes);

	if (row->attribute == NULL)
	{
		column->is_added = row->has_new;
		column->is_dropped = row->has_old;
		column->is_lossy =
			row->has_old && row->severity == SD_SEVERITY_DESTRUCTIVE &&
			sd_json_get_text(column->old_column, "generated_type") == NULL;
	}
	else
	{
		old_generated = sd_json_get_text(column->old_column, "generated_type");
		new_generated = sd_json_get_text(column->new_column, "generated_type");
		row =
			sd_migration_change_among(column->changes, NULL, "formatted_type");
		column->is_retyped =
			row != NULL || sd_migration_change_among(column->changes, NULL,
													 "collation") != NULL;
		column->is_lossy =
			row != NULL && row->severity == SD_SEVERITY_DESTRUCTIVE;
		/* what is computed can be computed again; what is not is lost */
		if (new_generated != NULL &&
			(old_generated == NULL ||
			 sd_ddl_compare(old_generated, new_generated) != 0 ||
			 column->is_retyped ||
			 (sd_migration_change_among(column->changes, NULL,
										"default_value") != NULL &&
			  migration->versions[0] < 17)))
		{
			column->is_dropped = column->is_added = true;
			column->is_retyped = false;
			column->is_lossy = old_generated == NULL;
		}
		else if (old_generated != NULL && new_generated == NULL &&
				 sd_ddl_compare(old_generated, "stored") != 0)
			column->is_dropped = column->is_added = true;
	}
	if (sd_migration_change_among(column->changes, NULL, "identity") != NULL &&
		sd_json_get_text(column->new_column, "identity") == NULL &&
		!migration->options.destructive)
	{
		column->is_blocked = true;
		column->reason = "its sequence would be lost";
		return;
	}
	if (column->is_lossy && !migration->options.destructive)
	{
		column->is_blocked = true;
		return;
	}
	if (column->is_retyped &&
		sd_json_get_text(column->old_column, "default_value") != NULL &&
		old_generated == NULL &&
		(sd_migration_change_among(column->changes, NULL, "default_value") !=
			 NULL ||
		 row == NULL || row->severity != SD_SEVERITY_SAFE))
		column->is_suspended = true;
	if (column->is_dropped || column->is_retyped)
		column_leaves(migration, table, column);
}

/* Let go what would not let the column be dropped or have another type. */
static void
column_leaves(SdMigration *migration, SdMigrationObject *table,
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
		computed = get_column(table, name);
		/* its values stay, if nothing computes them any more */
		if (computed->is_dropped ||
			(computed->new_column != NULL &&
			 sd_json_get_text(computed->new_column, "generated_type") == NULL &&
			 sd_ddl_is(other, "generated_type", "stored")))
			continue;
		computed->is_dropped = true;
		computed->is_added = computed->new_column != NULL;
		computed->is_retyped = false;
		column_leaves(migration, table, computed);
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
	SdMigrationTable *plan = table_plan(table);
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
		get_column(table, name)->is_suspended = true;
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
	SdMigrationColumn *column = get_column(table, name);
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
		if (column->new_column != NULL && test_uncomputed(column))
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
	column_leaves(migration, table, column);
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

/* The table that an object of the old document stands on, or NULL. */
SdMigrationObject *
sd_migration_table_of(SdMigration *migration, SdMigrationObject *object)
{
	char *schema;
	char *table;
	SdMigrationObject *result;

	if (object->old_object == NULL ||
		!JsonContainerIsObject(object->old_object) ||
		sd_ddl_compare(object->kind, "tables") == 0 ||
		sd_ddl_compare(object->kind, "statistics") == 0)
		return NULL;
	schema = sd_json_get_text(object->old_object, "schema_name");
	table = sd_json_get_text(object->old_object, "table_name");
	if (schema == NULL || table == NULL)
		return NULL;
	result = sd_migration_find(migration, false, "tables",
							   sd_ddl_quote_qualified(schema, table));
	if (result == NULL)
		result = sd_migration_find(migration, false, "views",
								   sd_ddl_quote_qualified(schema, table));

	return result;
}

/* Likewise, of the new document. */
SdMigrationObject *
sd_migration_new_table_of(SdMigration *migration, SdMigrationObject *object)
{
	char *schema;
	char *table;
	SdMigrationObject *result;

	if (object->new_object == NULL ||
		!JsonContainerIsObject(object->new_object) ||
		sd_ddl_compare(object->kind, "tables") == 0)
		return NULL;
	schema = sd_json_get_text(object->new_object, "schema_name");
	table = sd_json_get_text(object->new_object, "table_name");
	if (schema == NULL || table == NULL)
		return NULL;
	result = sd_migration_find(migration, true, "tables",
							   sd_ddl_quote_qualified(schema, table));
	if (result == NULL)
		result = sd_migration_find(migration, true, "views",
								   sd_ddl_quote_qualified(schema, table));

	return result;
}

/*
 * sd_migration_let_children_leave
 *		A check is dropped when the tables that leave this one, or one of its
 *		children, are gone with what they have of it.  One that is inherited is
 *		dropped when its own table has left.
 */
void
sd_migration_let_children_leave(SdMigration *migration,
								SdMigrationObject *check, SdMigrationStep *step)
{
	SdMigrationObject *table = sd_migration_table_of(migration, check);
	int first;

	if (table == NULL)
		return;
	if (sd_ddl_int64(check->old_object, "inherited_count", 0) > 0)
		step->position = table->old_position;
	first = first_to_leave(table);
	if (first < (step->position >= 0 ? step->position : check->old_position))
		step->position = first;
}

/* The place of the first of the tables below this one that leave it. */
static int
first_to_leave(SdMigrationObject *table)
{
	int first = INT_MAX;
	ListCell *lc;

	check_stack_depth();
	foreach (lc, table->dependents)
	{
		SdMigrationObject *child = lfirst(lc);

		if (sd_ddl_compare(child->kind, "tables") != 0 ||
			child->new_object == NULL || child->old_nodes == NIL ||
			!sd_migration_has_text(sd_migration_parents(child->old_object),
								   table->old_identity))
			continue;
		if (!stays_child(child, table->old_identity))
			first = Min(first, ((SdDdlNode *) llast(child->old_nodes))->number);
		else
			first = Min(first, first_to_leave(child));
	}

	return first;
}

/* sd_migration_is_part: Has a table it because its parent has one? */
bool
sd_migration_is_part(const SdMigrationObject *object)
{
	JsonbContainer *source = object->old_object;

	return JsonContainerIsObject(source) &&
		   (sd_json_get_text(source, "parent_index") != NULL ||
			sd_json_get_text(source, "parent_constraint") != NULL ||
			sd_json_get_text(source, "parent_trigger") != NULL ||
			(sd_ddl_compare(object->kind, "constraints") == 0 &&
			 !sd_ddl_flag(source, "is_local", true)));
}

/*
 * sd_migration_is_implied
 *		Does the server drop the object when something else is done?
 */
bool
sd_migration_is_implied(SdMigration *migration, SdMigrationObject *object)
{
	JsonbContainer *source = object->old_object;
	ListCell *lc;

	if (sd_ddl_compare(object->kind, "sequences") == 0)
	{
		char *column_name = sd_json_get_text(source, "owner_column");
		SdMigrationObject *table;
		SdMigrationColumn *column;

		if (column_name == NULL)
			return false;
		/* the identity goes, and this with it */
		if (sd_json_get_bool(source, "is_identity"))
			return true;
		table = sd_migration_find(
			migration, false, "tables",
			sd_ddl_quote_qualified(sd_json_get_text(source, "owner_schema"),
								   sd_json_get_text(source, "owner_table")));
		if (table == NULL)
			return false;
		column = sd_migration_find_column(table, column_name);
		/* others that use it would not let the table go */
		foreach (lc, object->dependents)
		{
			SdMigrationObject *dependent = lfirst(lc);

			if (sd_ddl_compare(dependent->kind, "tables") == 0 &&
				dependent != table)
				return false;
		}

		return table->action == SD_ACTION_DROP ||
			   table->action == SD_ACTION_REPLACE ||
			   (column != NULL && column->is_dropped && !column->is_blocked);
	}
	if (sd_ddl_compare(object->kind, "indexes") == 0 &&
		sd_json_get_text(source, "constraint_name") != NULL)
		return true;
	if (sd_ddl_compare(object->kind, "constraints") == 0 &&
		sd_ddl_is(source, "constraint_type", "trigger"))
		return true;
	/* a parent's; that of a partition that is no longer one is its own */
	if (sd_ddl_compare(object->kind, "indexes") == 0 ||
		sd_ddl_compare(object->kind, "constraints") == 0)
	{
		bool is_inherited = sd_migration_is_part(object);
		SdMigrationObject *table = sd_migration_table_of(migration, object);

		if (!is_inherited || table == NULL || table->new_object == NULL ||
			(table->action == SD_ACTION_REPLACE && !table->is_blocked))
			return is_inherited;
		foreach (lc, sd_migration_parents(table->old_object))
		{
			if (stays_child(table, lfirst(lc)))
				return true;
		}
		return false;
	}
	if (sd_ddl_compare(object->kind, "triggers") == 0)
		return sd_json_get_text(source, "parent_trigger") != NULL;

	return false;
}

/* What a type is called while one of its name takes its place. */
const char *
sd_migration_swap_name(SdMigration *migration, SdMigrationObject *object)
{
	List *names = sd_sql_identifiers(object->old_identity);
	char *name = llast(names);

	return psprintf("%.*s_old", (int) Min(strlen(name), NAMEDATALEN - 5), name);
}

/* RESET what the old document has. */
SdMigrationStep *
sd_migration_reset_column_options(SdMigration *migration,
								  SdMigrationObject *object)
{
	JsonbContainer *source = object->old_object;
	char *schema = sd_json_get_text(source, "schema_name");
	char *index = sd_json_get_text(source, "index_name");
	List *names = NIL;
	ListCell *lc;

	if (index != NULL)
		return sd_migration_step(migration, object, SD_STAGE_DROP,
								 "ALTER INDEX %s ALTER COLUMN " INT64_FORMAT
								 " SET STATISTICS -1",
								 sd_ddl_quote_qualified(schema, index),
								 sd_ddl_int64(source, "key_position", 1));
	foreach (lc, sd_json_get_texts(source, "options"))
	{
		const char *option = lfirst(lc);
		const char *equals = strchr(option, '=');

		if (equals != NULL)
			names = lappend(names, pnstrdup(option, equals - option));
	}

	return sd_migration_step(
		migration, object, SD_STAGE_DROP,
		"ALTER TABLE ONLY %s ALTER COLUMN %s RESET (%s)",
		sd_ddl_quote_qualified(schema, sd_json_get_text(source, "table_name")),
		sd_ddl_quote_identifier(sd_json_get_text(source, "column_name")),
		sd_ddl_identifiers(names));
}

/* The tables that one is a child or partition of. */
List *
sd_migration_parents(JsonbContainer *table)
{
	List *parents = sd_json_get_texts(table, "inherits");
	char *schema = sd_json_get_text(table, "parent_schema");
	char *name = sd_json_get_text(table, "parent_name");

	if (schema != NULL && name != NULL)
		parents = lappend(parents, sd_ddl_quote_qualified(schema, name));

	return parents;
}

/* Is the table, all the time, a child or partition of this one? */
static bool
stays_child(SdMigrationObject *table, const char *parent)
{
	if (sd_json_get_bool(table->old_object, "is_partition") !=
			sd_json_get_bool(table->new_object, "is_partition") ||
		!sd_migration_has_text(sd_migration_parents(table->old_object),
							   parent) ||
		!sd_migration_has_text(sd_migration_parents(table->new_object), parent))
		return false;

	return table->table == NULL ||
		   (!sd_migration_has_text(table->table->reattached, parent) &&
			!has_partition_change(table, "partition_bound"));
}

/*
 * sd_migration_order_parents
 *		A parent that is attached is the last one: where another should be
 *		behind it, that has to go for a while, too.
 */
void
sd_migration_order_parents(SdMigration *migration)
{
	ListCell *lc;
	ListCell *lc2;

	foreach (lc, migration->all)
	{
		SdMigrationObject *table = lfirst(lc);
		List *before;
		bool stays = true;
		int last = -1;

		if (table->table == NULL || table->action != SD_ACTION_ALTER ||
			sd_ddl_compare(table->kind, "tables") != 0)
			continue;
		before = sd_json_get_texts(table->old_object, "inherits");
		foreach (lc2, sd_json_get_texts(table->new_object, "inherits"))
		{
			const char *parent = lfirst(lc2);
			int position = 0;
			ListCell *lc3;

			foreach (lc3, before)
			{
				if (sd_ddl_compare(lfirst(lc3), parent) == 0)
					break;
				position++;
			}
			if (!stays_child(table, parent))
				stays = false;
			else if (stays && position > last)
				last = position;
			else
			{
				table->table->reattached = lappend(table->table->reattached,
												   unconstify(char *, parent));
				stays = false;
			}
		}
	}
}

/*
 * sd_migration_top_of_check
 *		Of a check that a table has of its own and from its parents as well: the
 *		table that it comes from, if it goes there, too; otherwise NULL.
 *
 * *depth is how far away that is.
 */
SdMigrationObject *
sd_migration_top_of_check(SdMigration *migration, SdMigrationObject *object,
						  int *depth)
{
	const char *name = pstrdup(sd_ddl_quote_identifier(
		sd_json_get_text(object->old_object, "constraint_name")));
	SdMigrationObject *table = sd_migration_table_of(migration, object);
	SdMigrationObject *top = NULL;

	*depth = 0;
	while (table != NULL && table->old_object != NULL &&
		   table->new_object != NULL)
	{
		SdMigrationObject *next = NULL;
		ListCell *lc;

		CHECK_FOR_INTERRUPTS();
		foreach (lc, sd_migration_parents(table->old_object))
		{
			SdMigrationObject *check =
				sd_migration_find(migration, false, "constraints",
								  psprintf("%s.%s", (char *) lfirst(lc), name));

			if (check != NULL && check->old_object != NULL &&
				(check->action == SD_ACTION_DROP ||
				 check->action == SD_ACTION_REPLACE) &&
				stays_child(table, lfirst(lc)))
				next =
					sd_migration_find(migration, false, "tables", lfirst(lc));
		}
		table = next;
		/* a document may say that tables inherit from one another */
		if (table == NULL || ++*depth > list_length(migration->all))
			break;
		top = table;
	}

	return top;
}

/* Does an object of both stand on what is the same partition all the time? */
bool
sd_migration_stays_partition(SdMigration *migration, SdMigrationObject *object)
{
	SdMigrationObject *table = sd_migration_table_of(migration, object);
	ListCell *lc;

	if (table == NULL || table->old_object == NULL || table->new_object == NULL)
		return false;
	foreach (lc, sd_migration_parents(table->old_object))
	{
		if (stays_child(table, lfirst(lc)))
			return true;
	}

	return false;
}

/* sd_migration_gets_parent: Will it be attached, or inherit from another? */
bool
sd_migration_gets_parent(SdMigrationObject *table)
{
	ListCell *lc;

	foreach (lc, sd_migration_parents(table->new_object))
	{
		if (!stays_child(table, lfirst(lc)))
			return true;
	}

	return false;
}

/*
 * sd_migration_stays_inherited
 *		Has the table a parent all the time that this constraint is of?
 */
bool
sd_migration_stays_inherited(SdMigration *migration, SdMigrationObject *table,
							 const char *constraint)
{
	ListCell *lc;

	if (table == NULL || table->old_object == NULL || table->new_object == NULL)
		return false;
	foreach (lc, sd_migration_parents(table->new_object))
	{
		SdMigrationObject *parent;
		char *identity;

		if (!stays_child(table, lfirst(lc)))
			continue;
		identity = psprintf("%s.%s", (char *) lfirst(lc),
							sd_ddl_quote_identifier(constraint));
		parent = sd_migration_find(migration, true, "constraints", identity);
		if (parent == NULL)
			parent =
				sd_migration_find(migration, false, "constraints", identity);
		if (parent != NULL)
			return true;
	}

	return false;
}

/*
 * Does a parent of which the table is and remains a child do the same to its
 * column?  Then the server does it here, too.
 */
static bool
has_parent_with(SdMigration *migration, SdMigrationObject *table,
				const char *name, bool (*test)(SdMigrationColumn *column))
{
	ListCell *lc;

	foreach (lc, sd_migration_parents(table->old_object))
	{
		SdMigrationObject *parent =
			sd_migration_find(migration, false, "tables", lfirst(lc));
		SdMigrationColumn *column;

		if (parent == NULL || !stays_child(table, lfirst(lc)))
			continue;
		column = sd_migration_find_column(parent, name);
		if (column != NULL && !column->is_blocked && test(column))
			return true;
	}

	return false;
}

static bool
test_added(SdMigrationColumn *column)
{
	return column->is_added;
}

static bool
test_dropped(SdMigrationColumn *column)
{
	return column->is_dropped;
}

static bool
test_retyped(SdMigrationColumn *column)
{
	return column->is_retyped;
}

/*
 * sd_migration_table_steps
 *		The steps of a table that stays, now that all is known.
 */
void
sd_migration_table_steps(SdMigration *migration, SdMigrationObject *table)
{
	ListCell *lc;

	if (table->table == NULL)
		return;
	sd_migration_keep_columns(migration, table);
	alter_parents(migration, table);
	/* what is computed goes before what it is computed from */
	for (int turn = 0; turn < 2; turn++)
	{
		foreach (lc, table->table->columns)
		{
			SdMigrationColumn *column = lfirst(lc);

			if (column->is_dropped &&
				(sd_json_get_text(column->old_column, "generated_type") !=
				 NULL) == (turn == 0))
				drop_column(migration, table, column);
		}
	}
	foreach (lc, table->table->columns)
	{
		SdMigrationColumn *column = lfirst(lc);

		if (column->is_added && !column->is_blocked && !is_computed(column))
			add_column(migration, table, column);
	}
	retype_columns(migration, table);
	foreach (lc, table->table->columns)
	{
		SdMigrationColumn *column = lfirst(lc);

		if (!column->is_blocked)
			alter_column(migration, table, column);
		else if (sd_migration_change_among(column->changes, NULL, "identity") !=
				 NULL)
			alter_identity(migration, table, column);
	}
	alter_settings(migration, table);
	tell_of_own_columns(migration, table);
}

/*
 * What a table had before it inherits stays its own, too, and what it inherits
 * does not become its own as long as it does: no statement changes this.
 */
static void
tell_of_own_columns(SdMigration *migration, SdMigrationObject *table)
{
	List *own = NIL;
	List *inherited = NIL;
	SdMigrationStep *step;
	SdJsonWalk walk;
	JsonbValue value;

	if (sd_json_get_texts(table->new_object, "inherits") == NIL)
		return;
	sd_json_walk(&walk, sd_json_get_array(table->new_object, "columns"));
	while (sd_json_next_element(&walk, &value))
	{
		JsonbContainer *source = sd_json_as_object(&value);
		char *name = sd_json_get_text(source, "column_name");
		SdMigrationColumn *column = sd_migration_find_column(table, name);
		bool is_local = sd_ddl_flag(source, "is_local", true);
		bool differs =
			column != NULL && sd_migration_change_among(column->changes, NULL,
														"is_local") != NULL;
		bool comes_down = column != NULL &&
						  has_parent_with(migration, table, name, test_added);

		if (!is_local && table->table->reattached != NIL &&
			sd_ddl_column(table->old_object, name) != NULL)
		{
			own = lappend(own, name);
			continue;
		}
		if (column == NULL)
			continue;
		if (!is_local && (differs || (column->is_added && !comes_down)))
			own = lappend(own, name);
		if (is_local && ((differs && stays_inherited(migration, table, name)) ||
						 (column->is_added && comes_down)))
			inherited = lappend(inherited, name);
	}
	if (own != NIL)
	{
		step = sd_migration_step(
			migration, table, SD_STAGE_FINISH,
			"-- %s stays declared by %s itself, besides its parents",
			sd_ddl_identifiers(own), table_name(table));
		step->is_skipped = true;
		step->why =
			"columns that were there before INHERIT stay the table's own";
	}
	if (inherited != NIL)
	{
		step = sd_migration_step(
			migration, table, SD_STAGE_FINISH,
			"-- %s is not declared by %s itself, only by its parents",
			sd_ddl_identifiers(inherited), table_name(table));
		step->is_skipped = true;
		step->why = "a column that is inherited cannot be added again";
	}
}

/* Has it the column of a parent that it has all the time? */
static bool
stays_inherited(SdMigration *migration, SdMigrationObject *table,
				const char *name)
{
	ListCell *lc;

	foreach (lc, sd_migration_parents(table->new_object))
	{
		JsonbContainer *parent =
			sd_ddl_object(migration->ddl[1], "tables", lfirst(lc));

		if (parent != NULL && stays_child(table, lfirst(lc)) &&
			sd_ddl_column(parent, name) != NULL)
			return true;
	}

	return false;
}

/*
 * sd_migration_keep_columns
 *		A new child or partition gets the columns that its parents keep, too.
 */
void
sd_migration_keep_columns(SdMigration *migration, SdMigrationObject *table)
{
	List *parents = sd_migration_parents(table->new_object);
	List *seen = NIL;

	while (parents != NIL)
	{
		SdMigrationObject *parent =
			sd_migration_find(migration, true, "tables", linitial(parents));
		ListCell *lc;

		parents = list_delete_first(parents);
		if (parent == NULL || list_member_ptr(seen, parent) ||
			(table->old_object != NULL &&
			 stays_child(table, parent->new_identity)))
			continue;
		seen = lappend(seen, parent);
		if (parent->old_object == NULL)
			parents =
				list_concat(parents, sd_migration_parents(parent->new_object));
		foreach (lc, parent->table != NULL ? parent->table->columns : NIL)
		{
			SdMigrationColumn *column = lfirst(lc);

			if (column->is_blocked && column->new_column == NULL &&
				(table->old_object == NULL ||
				 sd_ddl_column(table->old_object, column->name) == NULL))
				keep_column(migration, table, parent, column);
		}
	}
}

/*
 * sd_migration_reset_storage
 *		A new child has its parents' storage of columns, also where the new
 *		document has none for it.
 */
void
sd_migration_reset_storage(SdMigration *migration, SdMigrationObject *table)
{
	SdJsonWalk walk;
	JsonbValue value;
	ListCell *lc;

	foreach (lc, sd_json_get_texts(table->new_object, "inherits"))
	{
		SdMigrationObject *parent =
			sd_migration_find(migration, true, "tables", lfirst(lc));
		JsonbContainer *columns =
			parent != NULL ? sd_json_get_array(parent->new_object, "columns")
						   : NULL;

		if (columns == NULL)
			continue;
		sd_json_walk(&walk, columns);
		while (sd_json_next_element(&walk, &value))
		{
			JsonbContainer *above = sd_json_as_object(&value);
			char *name = sd_json_get_text(above, "column_name");
			JsonbContainer *own = sd_ddl_column(table->new_object, name);

			if (own == NULL || sd_json_get_text(above, "storage") == NULL ||
				sd_json_get_text(own, "storage") != NULL)
				continue;
			(void) sd_migration_step(
				migration, table, SD_STAGE_CHANGE,
				"ALTER TABLE ONLY %s ALTER COLUMN %s SET STORAGE %s",
				table_name(table), sd_ddl_quote_identifier(name),
				usual_storage(migration,
							  sd_json_get_text(own, "formatted_type")));
		}
	}
}

static void
keep_column(SdMigration *migration, SdMigrationObject *table,
			SdMigrationObject *parent, SdMigrationColumn *column)
{
	const char *quoted = pstrdup(sd_ddl_quote_identifier(column->name));
	char *collation = sd_json_get_text(column->old_column, "collation");
	char *value = sd_json_get_text(column->old_column, "default_value");
	SdMigrationStep *step;

	if (sd_json_get_text(column->old_column, "generated_type") != NULL)
		value = NULL;
	/* CREATE TABLE with INHERITS has it already */
	if (table->old_object != NULL ||
		sd_json_get_bool(table->new_object, "is_partition"))
	{
		step = sd_migration_step(
			migration, table, SD_STAGE_CHANGE,
			"ALTER %s %s ADD COLUMN %s %s%s%s%s%s%s", table_word(table),
			table_name(table), quoted,
			sd_json_get_text(column->old_column, "formatted_type"),
			collation != NULL ? " COLLATE " : "",
			collation != NULL ? collation : "",
			value != NULL ? " DEFAULT " : "", value != NULL ? value : "",
			sd_json_get_bool(column->old_column, "not_null") ? " NOT NULL"
															 : "");
		step->why =
			psprintf("%s keeps it, and is its parent", parent->old_identity);
	}
	step = sd_migration_step(migration, table, SD_STAGE_FINISH,
							 "-- %s has column %s", table_name(table), quoted);
	step->is_skipped = true;
	step->why =
		psprintf("%s keeps it, and is its parent", parent->old_identity);
}

static const char *
table_name(SdMigrationObject *table)
{
	return table->new_identity;
}

static const char *
table_word(SdMigrationObject *table)
{
	return sd_ddl_is(table->new_object, "table_type", "foreign table")
			   ? "FOREIGN TABLE"
			   : "TABLE";
}

static void
drop_column(SdMigration *migration, SdMigrationObject *table,
			SdMigrationColumn *column)
{
	SdMigrationStep *step;

	if (has_parent_with(migration, table, column->name, test_dropped) &&
		!sd_ddl_flag(column->old_column, "is_local", true))
		return;
	step = sd_migration_step(migration, table, SD_STAGE_DROP,
							 "ALTER %s %s DROP COLUMN %s", table_word(table),
							 table_name(table),
							 sd_ddl_quote_identifier(column->name));
	step->is_skipped = column->is_blocked;
	step->destructive = column->is_lossy;
	step->severity =
		column->is_lossy ? SD_SEVERITY_DESTRUCTIVE : SD_SEVERITY_SAFE;
	step->why = column->is_lossy ? "its values are lost" : column->reason;
	if (column->is_blocked && column->reason != NULL)
		step->why = column->reason;

	if (column->is_added && !column->is_lossy && !column->is_blocked)
		step->why = "it is computed again";
}

static void
add_column(SdMigration *migration, SdMigrationObject *table,
		   SdMigrationColumn *column)
{
	SdMigrationStep *step;
	SdDdlItem *item = find_item(table, column);

	if (has_parent_with(migration, table, column->name, test_added))
	{
		differ_from_parents(migration, table, column);
		add_column_settings(migration, table, column);
		return;
	}
	step = sd_migration_step(migration, table, SD_STAGE_CHANGE,
							 "ALTER %s %s ADD COLUMN %s", table_word(table),
							 table_name(table),
							 column_definition(migration, table, column));
	step->severity = severity_of_added(column);
	step->rewrites = step->severity == SD_SEVERITY_REWRITING;
	if (step->rewrites)
		step->why = "its values are written to all rows";
	else if (step->severity == SD_SEVERITY_LOCKING)
		step->why = "it has no default: this works only without rows";
	if (item != NULL && item->is_later)
		set_default(migration, table, column);
	add_column_settings(migration, table, column);
}

/* A column that comes with that of a parent, and is not quite the same. */
static void
differ_from_parents(SdMigration *migration, SdMigrationObject *table,
					SdMigrationColumn *column)
{
	const char *quoted = pstrdup(sd_ddl_quote_identifier(column->name));
	char *value = sd_json_get_text(column->new_column, "default_value");
	bool is_same = false;
	bool is_not_null = false;
	ListCell *lc;

	foreach (lc, sd_migration_parents(table->new_object))
	{
		SdMigrationObject *parent =
			sd_migration_find(migration, true, "tables", lfirst(lc));
		JsonbContainer *above =
			parent != NULL ? sd_ddl_column(parent->new_object, column->name)
						   : NULL;

		if (above == NULL)
			continue;
		is_same |=
			sd_migration_same(sd_json_get_text(above, "default_value"), value);
		is_not_null |= sd_json_get_bool(above, "not_null");
	}
	if (!is_same && value != NULL)
		set_default(migration, table, column);
	else if (!is_same)
		(void) sd_migration_step(
			migration, table, SD_STAGE_CHANGE,
			"ALTER TABLE ONLY %s ALTER COLUMN %s DROP DEFAULT",
			table_name(table), quoted);
	if (!is_not_null && sd_json_get_bool(column->new_column, "not_null"))
		sd_migration_step(migration, table, SD_STAGE_CHANGE,
						  "ALTER TABLE ONLY %s ALTER COLUMN %s SET NOT NULL",
						  table_name(table), quoted)
			->severity = SD_SEVERITY_LOCKING;
}

/* What it takes to add a column. */
static SdSeverity
severity_of_added(SdMigrationColumn *column)
{
	ListCell *lc;

	if (sd_ddl_is(column->new_column, "generated_type", "stored"))
		return SD_SEVERITY_REWRITING;
	foreach (lc, column->changes)
	{
		SdDiffRow *row = lfirst(lc);

		if (row->attribute == NULL && row->has_new)
			return row->severity;
	}

	return SD_SEVERITY_SAFE;
}

/* The column where CREATE TABLE has it; NULL if that has not got it. */
static SdDdlItem *
find_item(SdMigrationObject *table, SdMigrationColumn *column)
{
	ListCell *lc;

	foreach (lc, ((SdDdlNode *) linitial(table->new_nodes))->items)
	{
		SdDdlItem *item = lfirst(lc);

		if (item->column != NULL &&
			sd_ddl_compare(item->column, column->name) == 0)
			return item;
	}

	return NULL;
}

/* What stands behind ADD COLUMN. */
static char *
column_definition(SdMigration *migration, SdMigrationObject *table,
				  SdMigrationColumn *column)
{
	SdDdlItem *item = find_item(table, column);
	JsonbContainer *source = column->new_column;
	char *collation = sd_json_get_text(source, "collation");
	char *value = sd_json_get_text(source, "default_value");
	char *generated = sd_json_get_text(source, "generated_type");
	StringInfoData text;

	/* what its parent or its type will say the table says before */
	if (item != NULL && !sd_migration_gets_parent(table) &&
		sd_json_get_text(table->new_object, "of_type") == NULL)
		return psprintf("%s%s%s", item->head,
						item->soft != NULL && !item->is_later ? item->soft : "",
						item->tail != NULL
							? free_not_null(migration, table, item->tail)
							: "");

	initStringInfo(&text);
	appendStringInfo(&text, "%s %s", sd_ddl_quote_identifier(column->name),
					 sd_json_get_text(source, "formatted_type"));
	if (collation != NULL)
		appendStringInfo(&text, " COLLATE %s", collation);
	if (value != NULL && generated != NULL)
		appendStringInfo(&text, " GENERATED ALWAYS AS (%s) %s", value,
						 sd_ddl_upper(generated));
	else if (value != NULL && (item == NULL || !item->is_later))
		appendStringInfo(&text, " DEFAULT %s", value);
	/* since 18 a constraint may have a name for it */
	if (item != NULL && migration->versions[1] >= 18)
		appendStringInfoString(&text, item->tail != NULL ? item->tail : "");
	else if (sd_json_get_bool(source, "not_null"))
		appendStringInfoString(&text, " NOT NULL");

	return text.data;
}

/* NOT NULL without its name if a column that is left has that. */
static const char *
free_not_null(SdMigration *migration, SdMigrationObject *table,
			  const char *tail)
{
	const char *start = " CONSTRAINT ";
	const char *not_null = strstr(tail, " NOT NULL");
	const char *name = tail + strlen(start);
	JsonbContainer *holder;
	SdMigrationColumn *column;
	List *columns;

	if (strncmp(tail, start, strlen(start)) != 0 || not_null < name)
		return tail;
	holder = sd_ddl_object(migration->ddl[0], "constraints",
						   psprintf("%s.%.*s", table->old_identity,
									(int) (not_null - name), name));
	columns = holder != NULL ? sd_json_get_texts(holder, "columns") : NIL;
	if (columns == NIL || !sd_ddl_is(holder, "constraint_type", "not null"))
		return tail;
	column = sd_migration_find_column(table, linitial(columns));

	return column != NULL && column->is_dropped && column->is_blocked ? not_null
																	  : tail;
}

static void
add_column_settings(SdMigration *migration, SdMigrationObject *table,
					SdMigrationColumn *column)
{
	const char *quoted = pstrdup(sd_ddl_quote_identifier(column->name));
	char *storage = sd_json_get_text(column->new_column, "storage");
	char *compression = sd_json_get_text(column->new_column, "compression");
	char *comment = sd_json_get_text(column->new_column, "comment");
	int64 target;

	if (storage != NULL)
		(void) sd_migration_step(
			migration, table, SD_STAGE_CHANGE,
			"ALTER TABLE ONLY %s ALTER COLUMN %s SET STORAGE %s",
			table_name(table), quoted, sd_ddl_upper(storage));
	if (compression != NULL)
		(void) sd_migration_step(
			migration, table, SD_STAGE_CHANGE,
			"ALTER TABLE ONLY %s ALTER COLUMN %s SET COMPRESSION %s",
			table_name(table), quoted, compression);
	if (sd_json_get_int64(column->new_column, "statistics_target", &target))
		(void) sd_migration_step(
			migration, table, SD_STAGE_CHANGE,
			"ALTER TABLE ONLY %s ALTER COLUMN %s SET STATISTICS " INT64_FORMAT,
			table_name(table), quoted, target);
	if (comment != NULL)
		(void) sd_migration_step(
			migration, table, SD_STAGE_CHANGE, "COMMENT ON COLUMN %s.%s IS %s",
			table_name(table), quoted, sd_ddl_quote_literal(comment));
}

static bool
is_computed(const SdMigrationColumn *column)
{
	return column->new_column != NULL &&
		   sd_json_get_text(column->new_column, "generated_type") != NULL;
}

/*
 * All columns that get another type, and those that are computed, of such
 * columns maybe, in one statement: so rows are written once.
 */
static void
retype_columns(SdMigration *migration, SdMigrationObject *table)
{
	List *parts = NIL;
	SdSeverity severity = SD_SEVERITY_SAFE;
	bool is_lossy = false;
	const char *reason = NULL;
	SdMigrationStep *step;
	ListCell *lc;

	foreach (lc, table->table->columns)
	{
		SdMigrationColumn *column = lfirst(lc);
		char *collation;
		SdDiffRow *row;
		char *part;

		if (!column->is_retyped || column->is_dropped ||
			has_parent_with(migration, table, column->name, test_retyped))
			continue;
		collation = sd_json_get_text(column->new_column, "collation");
		row =
			sd_migration_change_among(column->changes, NULL, "formatted_type");
		part = psprintf("ALTER COLUMN %s TYPE %s%s%s%s",
						sd_ddl_quote_identifier(column->name),
						sd_json_get_text(column->new_column, "formatted_type"),
						collation != NULL ? " COLLATE " : "",
						collation != NULL ? collation : "",
						using_clause(migration, column));
		if (column->is_blocked)
		{
			step = sd_migration_step(migration, table, SD_STAGE_CHANGE,
									 "ALTER %s %s %s", table_word(table),
									 table_name(table), part);
			step->severity = SD_SEVERITY_DESTRUCTIVE;
			step->is_skipped = step->rewrites = true;
			step->destructive = column->is_lossy;
			step->severity = column->is_lossy ? SD_SEVERITY_DESTRUCTIVE
											  : SD_SEVERITY_REWRITING;
			step->why = column->reason != NULL
							? column->reason
							: "values would be lost or rounded";

			continue;
		}
		parts = lappend(parts, part);
		if (row != NULL)
			severity = Max(severity, row->severity);
		else if (column->reason != NULL)
			severity = Max(severity, SD_SEVERITY_REWRITING);
		else
			severity = Max(severity, SD_SEVERITY_LOCKING);
		is_lossy |= column->is_lossy;
		if (column->reason != NULL)
			reason = column->reason;
	}
	foreach (lc, table->table->columns)
	{
		SdMigrationColumn *column = lfirst(lc);

		if (!column->is_added || !is_computed(column) || column->is_blocked ||
			has_parent_with(migration, table, column->name, test_added))
			continue;
		parts = lappend(parts,
						psprintf("ADD COLUMN %s",
								 column_definition(migration, table, column)));
		severity = Max(severity, severity_of_added(column));
	}
	if (parts == NIL)
	{
		add_computed_settings(migration, table);
		return;
	}
	step = sd_migration_step(migration, table, SD_STAGE_CHANGE,
							 "ALTER %s %s %s", table_word(table),
							 table_name(table), sd_ddl_joined(parts, ", "));
	step->severity = severity;
	step->destructive = is_lossy;
	step->rewrites =
		severity >= SD_SEVERITY_REWRITING &&
		!sd_ddl_is(table->new_object, "table_type", "foreign table");
	step->why = is_lossy		 ? "values are lost or rounded"
				: reason != NULL ? reason
				: step->rewrites ? "all rows are written again"
								 : NULL;
	add_computed_settings(migration, table);
}

static void
add_computed_settings(SdMigration *migration, SdMigrationObject *table)
{
	ListCell *lc;

	foreach (lc, table->table->columns)
	{
		SdMigrationColumn *column = lfirst(lc);

		if (column->is_added && is_computed(column) && !column->is_blocked)
			add_column_settings(migration, table, column);
	}
}

/* How a value becomes one of the new type, if the server needs to be told. */
static const char *
using_clause(SdMigration *migration, SdMigrationColumn *column)
{
	bool old_own;
	bool new_own;
	char *new_type = sd_json_get_text(column->new_column, "formatted_type");
	const char *from = resolve_type(
		migration, false,
		sd_json_get_text(column->old_column, "formatted_type"), &old_own);
	const char *to = resolve_type(migration, true, new_type, &new_own);
	const char *name = pstrdup(sd_ddl_quote_identifier(column->name));
	int old_family = type_family(from);
	int new_family = type_family(to);

	if (!old_own && !new_own &&
		(sd_ddl_compare(from, to) == 0 ||
		 (old_family == new_family && old_family > 0)))
		return "";
	if (!new_own && new_family == 's')
		return "";
	if ((!old_own && old_family == 's') ||
		(old_family == 'b' && sd_ddl_compare(to, "integer") == 0) ||
		(sd_ddl_compare(from, "integer") == 0 && new_family == 'b'))
		return psprintf(" USING %s::%s", name, new_type);

	return psprintf(" USING %s::text::%s", name, new_type);
}

/* What a type is made of: without modifiers, and the base of a domain. */
static const char *
resolve_type(SdMigration *migration, bool is_new, const char *type,
			 bool *is_own)
{
	char *name = pstrdup(type);
	char *open = strchr(name, '(');
	char *close = open != NULL ? strchr(open, ')') : NULL;
	JsonbContainer *object;

	check_stack_depth();
	if (close != NULL && name[0] != '"')
		memmove(open, close + 1, strlen(close + 1) + 1);
	object = read_document_type(migration, is_new, name);
	*is_own = object != NULL || strchr(name, '.') != NULL;
	if (object != NULL && sd_ddl_is(object, "type_kind", "domain"))
		return resolve_type(migration, is_new,
							sd_json_get_text(object, "base_type"), is_own);

	return name;
}

/* Types of one family have casts that need not be asked for. */
static int
type_family(const char *type)
{
	static const struct
	{
		const char *type;
		char family;
	} types[] = {
		{"smallint", 'n'},
		{"integer", 'n'},
		{"bigint", 'n'},
		{"numeric", 'n'},
		{"real", 'n'},
		{"double precision", 'n'},
		{"text", 's'},
		{"character varying", 's'},
		{"character", 's'},
		{"bpchar", 's'},
		{"name", 's'},
		{"boolean", 'b'},
		{"date", 'd'},
		{"timestamp without time zone", 'd'},
		{"timestamp with time zone", 'd'},
		{"json", 'j'},
		{"jsonb", 'j'},
		{"inet", 'i'},
		{"cidr", 'i'},
	};

	for (int i = 0; i < lengthof(types); i++)
	{
		if (sd_ddl_compare(types[i].type, type) == 0)
			return types[i].family;
	}

	return 0;
}

/* A type of one of the documents, or NULL. */
static JsonbContainer *
read_document_type(SdMigration *migration, bool is_new, const char *name)
{
	return sd_ddl_object(migration->ddl[is_new], "types", name);
}

/* What changes of a column besides its type. */
static void
alter_column(SdMigration *migration, SdMigrationObject *table,
			 SdMigrationColumn *column)
{
	const char *quoted = pstrdup(sd_ddl_quote_identifier(column->name));
	bool is_generated;
	bool was_generated;

	if (column->is_suspended && !column->is_dropped)
		(void) sd_migration_step(
			migration, table, SD_STAGE_RELEASE,
			"ALTER TABLE ONLY %s ALTER COLUMN %s DROP DEFAULT",
			table_name(table), quoted);
	if (column->is_added || column->new_column == NULL)
		return;
	is_generated =
		sd_json_get_text(column->new_column, "generated_type") != NULL;
	was_generated =
		sd_json_get_text(column->old_column, "generated_type") != NULL;
	if (was_generated && !is_generated &&
		!has_parent_with(migration, table, column->name, test_uncomputed))
		(void) sd_migration_step(
			migration, table, SD_STAGE_RELEASE,
			"ALTER TABLE %s ALTER COLUMN %s DROP EXPRESSION", table_name(table),
			quoted);
	if (is_generated)
	{
		SdDiffRow *row =
			sd_migration_change_among(column->changes, NULL, "default_value");

		if (row != NULL)
		{
			SdMigrationStep *step = sd_migration_step(
				migration, table, SD_STAGE_CHANGE,
				"ALTER TABLE %s ALTER COLUMN %s SET EXPRESSION AS (%s)",
				table_name(table), quoted,
				sd_json_get_text(column->new_column, "default_value"));

			step->rewrites =
				sd_ddl_is(column->new_column, "generated_type", "stored");
			step->severity =
				step->rewrites ? SD_SEVERITY_REWRITING : SD_SEVERITY_SAFE;
		}
	}
	else if (column->is_suspended ||
			 sd_migration_change_among(column->changes, NULL,
									   "default_value") != NULL)
		set_default(migration, table, column);
	if (sd_migration_change_among(column->changes, NULL, "not_null") != NULL)
		set_not_null(migration, table, column);
	if (sd_migration_change_among(column->changes, NULL, "identity") != NULL)
		alter_identity(migration, table, column);
	if (sd_migration_change_among(column->changes, NULL, "sequence_name") !=
		NULL)
		tell_of_sequence(migration, table, column);

	if (sd_migration_change_among(column->changes, NULL, "storage") != NULL)
	{
		char *storage = sd_json_get_text(column->new_column, "storage");

		(void) sd_migration_step(
			migration, table, SD_STAGE_CHANGE,
			"ALTER TABLE ONLY %s ALTER COLUMN %s SET STORAGE %s",
			table_name(table), quoted,
			storage != NULL
				? sd_ddl_upper(storage)
				: usual_storage(migration, sd_json_get_text(column->new_column,
															"formatted_type")));
	}
	if (sd_migration_change_among(column->changes, NULL, "compression") != NULL)
	{
		char *compression = sd_json_get_text(column->new_column, "compression");

		(void) sd_migration_step(
			migration, table, SD_STAGE_CHANGE,
			"ALTER TABLE ONLY %s ALTER COLUMN %s SET COMPRESSION %s",
			table_name(table), quoted,
			compression != NULL ? compression : "default");
	}
	if (sd_migration_change_among(column->changes, NULL, "statistics_target") !=
		NULL)
		(void) sd_migration_step(
			migration, table, SD_STAGE_CHANGE,
			"ALTER TABLE ONLY %s ALTER COLUMN %s SET STATISTICS " INT64_FORMAT,
			table_name(table), quoted,
			sd_ddl_int64(column->new_column, "statistics_target", -1));
	if (sd_migration_change_among(column->changes, NULL, "comment") != NULL)
	{
		char *comment = sd_json_get_text(column->new_column, "comment");

		(void) sd_migration_step(
			migration, table, SD_STAGE_CHANGE, "COMMENT ON COLUMN %s.%s IS %s",
			table_name(table), quoted,
			comment != NULL ? sd_ddl_quote_literal(comment) : "NULL");
	}
}

/* How values of a type are stored; since 16 the server knows it. */
static const char *
usual_storage(SdMigration *migration, const char *type)
{
	static const char *const mains[] = {"numeric", "inet", "cidr"};
	static const char *const extendeds[] = {"text",		   "character varying",
											"character",   "bpchar",
											"bytea",	   "json",
											"jsonb",	   "xml",
											"tsvector",	   "path",
											"polygon",	   "bit",
											"bit varying", "int4range",
											"int8range",   "numrange",
											"daterange",   "tsrange",
											"tstzrange",   "jsonpath"};
	bool is_own;
	const char *base = resolve_type(migration, true, type, &is_own);
	int length = strlen(base);

	if (migration->versions[1] >= 16)
		return "DEFAULT";
	if (is_own)
	{
		JsonbContainer *object = read_document_type(migration, true, base);
		char *storage =
			object != NULL ? sd_json_get_text(object, "storage") : NULL;

		if (object != NULL && sd_ddl_is(object, "type_kind", "enum"))
			return "PLAIN";
		if (object != NULL && sd_ddl_is(object, "type_kind", "base"))
			return storage != NULL ? sd_ddl_upper(storage) : "PLAIN";
		return "EXTENDED";
	}
	if (length > 2 && sd_ddl_compare(base + length - 2, "[]") == 0)
		return "EXTENDED";
	for (int i = 0; i < lengthof(mains); i++)
	{
		if (sd_ddl_compare(base, mains[i]) == 0)
			return "MAIN";
	}
	for (int i = 0; i < lengthof(extendeds); i++)
	{
		if (sd_ddl_compare(base, extendeds[i]) == 0)
			return "EXTENDED";
	}

	return "PLAIN";
}

/* The default of the new document, where its DDL has it. */
static void
set_default(SdMigration *migration, SdMigrationObject *table,
			SdMigrationColumn *column)
{
	char *value = sd_json_get_text(column->new_column, "default_value");
	SdMigrationStep *step;
	ListCell *lc;

	if (value == NULL)
	{
		/* what it needs may go as well */
		if (!column->is_suspended &&
			sd_json_get_text(column->old_column, "generated_type") == NULL)
			(void) sd_migration_step(
				migration, table, SD_STAGE_RELEASE,
				"ALTER TABLE ONLY %s ALTER COLUMN %s DROP DEFAULT",
				table_name(table), sd_ddl_quote_identifier(column->name));
		return;
	}
	step = sd_migration_step(migration, table, SD_STAGE_CHANGE,
							 "ALTER TABLE ONLY %s ALTER COLUMN %s SET DEFAULT "
							 "%s",
							 table_name(table),
							 sd_ddl_quote_identifier(column->name), value);
	foreach (lc, ((SdDdlNode *) linitial(table->new_nodes))->items)
	{
		SdDdlItem *item = lfirst(lc);

		if (item->later_node != NULL && item->column != NULL &&
			sd_ddl_compare(item->column, column->name) == 0)
			step->position = item->later_node->number;
	}
	/* an inherited column's is on its own */
	foreach (lc, table->new_nodes)
	{
		SdDdlNode *node = lfirst(lc);

		if (node->statements != NIL &&
			sd_ddl_compare(
				((SdDdlStatement *) linitial(node->statements))->text,
				step->statement) == 0)
			step->position = node->number;
	}
}

/*
 * NOT NULL takes a lock that nobody can read under while all rows are read,
 * unless a valid check says that there are no nulls.
 */
static void
set_not_null(SdMigration *migration, SdMigrationObject *table,
			 SdMigrationColumn *column)
{
	const char *quoted = pstrdup(sd_ddl_quote_identifier(column->name));
	bool is_partitioned =
		sd_ddl_is(table->new_object, "table_type", "partitioned table");
	const char *check;
	SdMigrationStep *step;

	if (!sd_json_get_bool(column->new_column, "not_null"))
	{
		/* before 18 children of other tables keep theirs */
		if ((sd_json_get_bool(table->new_object, "is_partition") ||
			 migration->versions[1] >= 18) &&
			has_parent_with(migration, table, column->name, test_nullable))
			return;
		(void) sd_migration_step(
			migration, table, SD_STAGE_CHANGE,
			"ALTER TABLE %s%s ALTER COLUMN %s DROP NOT NULL",
			is_partitioned || migration->versions[1] >= 18 ? "" : "ONLY ",
			table_name(table), quoted);
		return;
	}
	if (has_parent_with(migration, table, column->name, test_not_null))
		return;
	if (sd_ddl_is(table->new_object, "table_type", "foreign table"))
	{
		(void) sd_migration_step(
			migration, table, SD_STAGE_CHANGE,
			"ALTER FOREIGN TABLE %s ALTER COLUMN %s SET NOT NULL",
			table_name(table), quoted);
		return;
	}

	check = sd_ddl_quote_identifier(not_null_check(column->name));
	check = pstrdup(check);
	(void) sd_migration_step(
		migration, table, SD_STAGE_CHANGE,
		"ALTER TABLE %s ADD CONSTRAINT %s CHECK (%s IS NOT NULL) NOT VALID",
		table_name(table), check, quoted);
	step = sd_migration_step(migration, table, SD_STAGE_CHANGE,
							 "ALTER TABLE %s VALIDATE CONSTRAINT %s",
							 table_name(table), check);
	step->severity = SD_SEVERITY_LOCKING;
	step->commit_before = migration->options.concurrently;
	step->why = "rows are read while others may write";
	step = sd_migration_step(migration, table, SD_STAGE_CHANGE,
							 "ALTER TABLE %s ALTER COLUMN %s SET NOT NULL",
							 table_name(table), quoted);
	step->commit_before = migration->options.concurrently;
	step->why = "the check says it: no row is read";
	(void) sd_migration_step(migration, table, SD_STAGE_CHANGE,
							 "ALTER TABLE %s DROP CONSTRAINT %s",
							 table_name(table), check);
}

/* A name that nothing else is likely to have. */
static const char *
not_null_check(const char *column)
{
	return psprintf("%.*s_stormdisc_not_null",
					(int) Min(strlen(column), NAMEDATALEN - 22), column);
}

/* Does its expression go, and its values stay? */
static bool
test_uncomputed(SdMigrationColumn *column)
{
	return !column->is_dropped && column->old_column != NULL &&
		   column->new_column != NULL &&
		   sd_json_get_text(column->old_column, "generated_type") != NULL &&
		   sd_json_get_text(column->new_column, "generated_type") == NULL;
}

static bool
test_not_null(SdMigrationColumn *column)
{
	return sd_migration_change_among(column->changes, NULL, "not_null") !=
			   NULL &&
		   sd_json_get_bool(column->new_column, "not_null");
}

static bool
test_nullable(SdMigrationColumn *column)
{
	return sd_migration_change_among(column->changes, NULL, "not_null") !=
			   NULL &&
		   !sd_json_get_bool(column->new_column, "not_null");
}

/* The sequence that the column should have cannot be made. */
static void
tell_of_sequence(SdMigration *migration, SdMigrationObject *table,
				 SdMigrationColumn *column)
{
	char *schema = sd_json_get_text(column->new_column, "sequence_schema");
	char *name = sd_json_get_text(column->new_column, "sequence_name");
	SdMigrationObject *sequence =
		schema != NULL && name != NULL
			? sd_migration_find(migration, true, "sequences",
								sd_ddl_quote_qualified(schema, name))
			: NULL;
	SdMigrationStep *step;

	if (sequence == NULL || !sequence->is_blocked)
		return;
	step = sd_migration_step(migration, table, SD_STAGE_CHANGE,
							 "-- column %s of %s is without its sequence",
							 sd_ddl_quote_identifier(column->name),
							 table_name(table));
	step->is_skipped = true;
	step->why = sequence->reason;
}

static void
alter_identity(SdMigration *migration, SdMigrationObject *table,
			   SdMigrationColumn *column)
{
	char *before = sd_json_get_text(column->old_column, "identity");
	char *now = sd_json_get_text(column->new_column, "identity");
	const char *quoted = pstrdup(sd_ddl_quote_identifier(column->name));

	if (before != NULL && now != NULL)
		(void) sd_migration_step(
			migration, table, SD_STAGE_CHANGE,
			"ALTER TABLE %s ALTER COLUMN %s SET GENERATED %s",
			table_name(table), quoted,
			sd_ddl_compare(now, "always") == 0 ? "ALWAYS" : "BY DEFAULT");
	else if (before != NULL)
	{
		SdMigrationStep *step =
			sd_migration_step(migration, table, SD_STAGE_RELEASE,
							  "ALTER TABLE %s ALTER COLUMN %s DROP IDENTITY",
							  table_name(table), quoted);

		step->severity = SD_SEVERITY_DESTRUCTIVE;
		step->destructive = true;
		step->is_skipped = !migration->options.destructive;
		step->why = "its sequence is lost";
	}
	/* it comes with its sequence, which is an object of its own */
}

/* Inheritance, partitions, and the type that a table is of. */
static void
alter_parents(SdMigration *migration, SdMigrationObject *table)
{
	List *before = sd_migration_parents(table->old_object);
	List *now = sd_migration_parents(table->new_object);
	bool was_partition = sd_json_get_bool(table->old_object, "is_partition");
	bool is_partition = sd_json_get_bool(table->new_object, "is_partition");
	SdDdlNode *attach = NULL;
	SdMigrationStep *step;
	ListCell *lc;

	foreach (lc, table->new_nodes)
	{
		if (sd_ddl_compare(((SdDdlNode *) lfirst(lc))->kind, "partitions") == 0)
			attach = lfirst(lc);
	}
	foreach (lc, before)
	{
		const char *parent = lfirst(lc);

		if (stays_child(table, parent))
			continue;
		if (was_partition)
		{
			step = sd_migration_step(migration, table, SD_STAGE_DROP,
									 "ALTER TABLE %s DETACH PARTITION %s",
									 parent, table->old_identity);
			sd_migration_drop_foreign_keys(
				migration, table,
				((SdDdlNode *) llast(table->old_nodes))->number);
			step->position = ((SdDdlNode *) llast(table->old_nodes))->number;
		}
		else
		{
			/* before anything that the parent would do to it */
			step = sd_migration_step(migration, table, SD_STAGE_RELEASE,
									 "ALTER TABLE %s NO INHERIT %s",
									 table->old_identity, parent);
			step->position = 0;
		}
		step->rank = -1;
	}
	foreach (lc, now)
	{
		const char *parent = lfirst(lc);

		if (stays_child(table, parent))
			continue;
		if (is_partition && attach == NULL)
			continue;
		if (is_partition)
		{
			step = sd_migration_step(
				migration, table, SD_STAGE_CHANGE, "%s",
				((SdDdlStatement *) linitial(attach->statements))->text);
			step->position = attach->number;
			step->severity = SD_SEVERITY_LOCKING;
			step->why = "its rows are read, to see whether they belong there";
		}
		else
		{
			step = sd_migration_step(migration, table, SD_STAGE_CHANGE,
									 "ALTER TABLE %s INHERIT %s",
									 table_name(table), parent);
			step->rank = 2;
		}
	}
	if (sd_migration_change_among(table->table->changes, NULL, "of_type") !=
		NULL)
	{
		char *type = sd_json_get_text(table->new_object, "of_type");

		if (type == NULL)
			(void) sd_migration_step(migration, table, SD_STAGE_DROP,
									 "ALTER TABLE %s NOT OF",
									 table->old_identity);
		else
			(void) sd_migration_step(migration, table, SD_STAGE_CHANGE,
									 "ALTER TABLE %s OF %s", table_name(table),
									 type);
	}
}

static bool
has_partition_change(SdMigrationObject *table, const char *attribute)
{
	ListCell *lc;

	foreach (lc, table->table->changes)
	{
		SdDiffRow *row = lfirst(lc);

		if (sd_ddl_compare(row->kind, "partitions") == 0 &&
			row->attribute != NULL &&
			sd_ddl_compare(row->attribute, attribute) == 0)
			return true;
	}

	return false;
}

/* What is said of the table itself. */
static void
alter_settings(SdMigration *migration, SdMigrationObject *table)
{
	JsonbContainer *source = table->new_object;
	const char *name = table_name(table);
	SdMigrationStep *step;

	if (sd_migration_change_among(table->table->changes, NULL, "persistence") !=
		NULL)
	{
		step = sd_migration_step(
			migration, table, SD_STAGE_CHANGE, "ALTER TABLE %s SET %s", name,
			sd_ddl_is(source, "persistence", "unlogged") ? "UNLOGGED"
														 : "LOGGED");
		step->severity = SD_SEVERITY_REWRITING;
		step->rewrites = true;
	}
	if (sd_migration_change_among(table->table->changes, NULL,
								  "access_method") != NULL)
	{
		char *method = sd_json_get_text(source, "access_method");

		step = sd_migration_step(
			migration, table, SD_STAGE_CHANGE,
			"ALTER TABLE %s SET ACCESS METHOD %s", name,
			method != NULL ? sd_ddl_quote_identifier(method) : "heap");
		step->severity = SD_SEVERITY_REWRITING;
		step->rewrites = true;
	}
	if (sd_migration_change_among(table->table->changes, NULL, "tablespace") !=
		NULL)
	{
		char *tablespace = sd_json_get_text(source, "tablespace");

		step = sd_migration_step(migration, table, SD_STAGE_CHANGE,
								 "ALTER TABLE %s SET TABLESPACE %s", name,
								 tablespace != NULL && tablespace[0] != '\0'
									 ? sd_ddl_quote_identifier(tablespace)
									 : "pg_default");
		step->severity = SD_SEVERITY_REWRITING;
		step->rewrites = true;
	}
	if (sd_migration_change_among(table->table->changes, NULL, "options") !=
		NULL)
		alter_options(migration, table);
	if (sd_migration_change_among(table->table->changes, NULL,
								  "replica_identity") != NULL)
	{
		char *identity = sd_json_get_text(source, "replica_identity");

		/* an index says it itself */
		if (identity == NULL || sd_ddl_compare(identity, "index") != 0)
			(void) sd_migration_step(
				migration, table, SD_STAGE_CHANGE,
				"ALTER TABLE ONLY %s REPLICA IDENTITY %s", name,
				identity != NULL ? sd_ddl_upper(identity) : "DEFAULT");
	}
	if (sd_migration_change_among(table->table->changes, NULL,
								  "row_security") != NULL)
		(void) sd_migration_step(
			migration, table, SD_STAGE_CHANGE,
			"ALTER TABLE %s %s ROW LEVEL SECURITY", name,
			sd_json_get_bool(source, "row_security") ? "ENABLE" : "DISABLE");
	if (sd_migration_change_among(table->table->changes, NULL,
								  "force_row_security") != NULL)
		(void) sd_migration_step(
			migration, table, SD_STAGE_CHANGE,
			"ALTER TABLE ONLY %s %s ROW LEVEL SECURITY", name,
			sd_json_get_bool(source, "force_row_security") ? "FORCE"
														   : "NO FORCE");
}

/* Storage parameters: what is new is set, what is gone is reset. */
static void
alter_options(SdMigration *migration, SdMigrationObject *table)
{
	List *before = sd_json_get_texts(table->old_object, "options");
	List *now = sd_json_get_texts(table->new_object, "options");
	List *set = NIL;
	List *reset = NIL;
	ListCell *lc;

	foreach (lc, now)
	{
		if (!sd_migration_has_text(before, lfirst(lc)))
			set = lappend(set, lfirst(lc));
	}
	foreach (lc, before)
	{
		const char *option = lfirst(lc);
		const char *equals = strchr(option, '=');
		bool stays = false;
		ListCell *lc2;

		if (equals == NULL)
			continue;
		foreach (lc2, now)
			stays |= strncmp(lfirst(lc2), option, equals - option + 1) == 0;
		if (!stays)
			reset = lappend(reset, pnstrdup(option, equals - option));
	}
	if (set != NIL)
	{
		SdMigrationStep *step = sd_migration_step(
			migration, table, SD_STAGE_CHANGE, "ALTER TABLE ONLY %s SET (%s)",
			table_name(table), sd_ddl_storage_options(set));

		step->lock = "SHARE UPDATE EXCLUSIVE";
	}
	if (reset != NIL)
	{
		SdMigrationStep *step = sd_migration_step(
			migration, table, SD_STAGE_CHANGE, "ALTER TABLE ONLY %s RESET (%s)",
			table_name(table), sd_ddl_joined(reset, ", "));

		step->lock = "SHARE UPDATE EXCLUSIVE";
	}
}
