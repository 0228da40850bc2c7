/*-------------------------------------------------------------------------
 *
 * migration_tables.c
 *	  What a migration does to tables: partitions, inheritance, settings.
 *
 * A table is altered in two turns.  The first, while it is found out what goes,
 * decides about each column; the second makes the steps, when it is known which
 * of the things that the columns need go and come back (migration_columns.c).
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

static void study_column(SdMigration *migration, SdMigrationObject *table,
						 SdMigrationColumn *column);
static int first_to_leave(SdMigrationObject *table);
static void alter_parents(SdMigration *migration, SdMigrationObject *table);
static bool has_partition_change(SdMigrationObject *table,
								 const char *attribute);
static void alter_settings(SdMigration *migration, SdMigrationObject *table);
static void alter_options(SdMigration *migration, SdMigrationObject *table);

/*
 * sd_migration_alter_table
 *		Decide what happens to each column of a table that differs.
 */
void
sd_migration_alter_table(SdMigration *migration, SdMigrationObject *object)
{
	SdMigrationTable *plan = sd_migration_table_plan(object);
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
			SdMigrationColumn *column = sd_migration_get_column(
				object, sd_migration_column_name(row->identity));

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

/*
 * sd_migration_table_plan
 *		What happens to a table, by column.
 */
SdMigrationTable *
sd_migration_table_plan(SdMigrationObject *table)
{
	if (table->table == NULL)
		table->table = palloc0(sizeof(SdMigrationTable));

	return table->table;
}

/*
 * sd_migration_get_column
 *		What happens to the column of this name; nothing yet, if nobody asked.
 */
SdMigrationColumn *
sd_migration_get_column(SdMigrationObject *table, const char *name)
{
	SdMigrationTable *plan = sd_migration_table_plan(table);
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
		sd_migration_column_leaves(migration, table, column);
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
		if (!sd_migration_stays_child(child, table->old_identity))
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
			if (sd_migration_stays_child(table, lfirst(lc)))
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

/*
 * sd_migration_stays_child
 *		Has the table this parent all the time?
 */
bool
sd_migration_stays_child(SdMigrationObject *table, const char *parent)
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
			if (!sd_migration_stays_child(table, parent))
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
				sd_migration_stays_child(table, lfirst(lc)))
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
		if (sd_migration_stays_child(table, lfirst(lc)))
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
		if (!sd_migration_stays_child(table, lfirst(lc)))
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

		if (!sd_migration_stays_child(table, lfirst(lc)))
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
 * sd_migration_table_steps
 *		The steps of a table that stays, now that all is known.
 */
void
sd_migration_table_steps(SdMigration *migration, SdMigrationObject *table)
{
	if (table->table == NULL)
		return;
	sd_migration_keep_columns(migration, table);
	alter_parents(migration, table);
	sd_migration_column_steps(migration, table);
	alter_settings(migration, table);
	sd_migration_tell_of_own_columns(migration, table);
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
				sd_migration_table_name(table), sd_ddl_quote_identifier(name),
				sd_migration_usual_storage(
					migration, sd_json_get_text(own, "formatted_type")));
		}
	}
}

/*
 * sd_migration_table_name
 *		How a statement names the table.
 */
const char *
sd_migration_table_name(SdMigrationObject *table)
{
	return table->new_identity;
}

/*
 * sd_migration_table_word
 *		What a statement calls it: TABLE, or FOREIGN TABLE.
 */
const char *
sd_migration_table_word(SdMigrationObject *table)
{
	return sd_ddl_is(table->new_object, "table_type", "foreign table")
			   ? "FOREIGN TABLE"
			   : "TABLE";
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

		if (sd_migration_stays_child(table, parent))
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

		if (sd_migration_stays_child(table, parent))
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
									 sd_migration_table_name(table), parent);
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
									 "ALTER TABLE %s OF %s",
									 sd_migration_table_name(table), type);
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
	const char *name = sd_migration_table_name(table);
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
			sd_migration_table_name(table), sd_ddl_storage_options(set));

		step->lock = "SHARE UPDATE EXCLUSIVE";
	}
	if (reset != NIL)
	{
		SdMigrationStep *step = sd_migration_step(
			migration, table, SD_STAGE_CHANGE, "ALTER TABLE ONLY %s RESET (%s)",
			sd_migration_table_name(table), sd_ddl_joined(reset, ", "));

		step->lock = "SHARE UPDATE EXCLUSIVE";
	}
}
