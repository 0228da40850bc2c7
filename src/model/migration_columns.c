/*-------------------------------------------------------------------------
 *
 * migration_columns.c
 *	  The steps of a table's columns.
 *
 * What happens to each is known then: see migration_tables.c.
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "miscadmin.h"
#include "utils/builtins.h"

#include "model/migration_families.h"
#include "model/migration_tables.h"

static bool has_parent_with(SdMigration *migration, SdMigrationObject *table,
							const char *name,
							bool (*test)(SdMigrationColumn *column));
static bool test_added(SdMigrationColumn *column);
static bool test_dropped(SdMigrationColumn *column);
static bool test_retyped(SdMigrationColumn *column);
static bool stays_inherited(SdMigration *migration, SdMigrationObject *table,
							const char *name);
static void keep_column(SdMigration *migration, SdMigrationObject *table,
						SdMigrationObject *parent, SdMigrationColumn *column);
static void drop_column(SdMigration *migration, SdMigrationObject *table,
						SdMigrationColumn *column);
static void add_column(SdMigration *migration, SdMigrationObject *table,
					   SdMigrationColumn *column);
static void differ_from_parents(SdMigration *migration,
								SdMigrationObject *table,
								SdMigrationColumn *column);
static SdSeverity severity_of_added(SdMigrationColumn *column);
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
static void add_computed_settings(SdMigration *migration,
								  SdMigrationObject *table);
static const char *using_clause(SdMigration *migration,
								SdMigrationColumn *column);
static const char *resolve_type(SdMigration *migration, bool is_new,
								const char *type, bool *is_own);
static int type_family(const char *type);
static JsonbContainer *read_document_type(SdMigration *migration, bool is_new,
										  const char *name);
static void alter_column(SdMigration *migration, SdMigrationObject *table,
						 SdMigrationColumn *column);
static void set_default(SdMigration *migration, SdMigrationObject *table,
						SdMigrationColumn *column);
static void set_not_null(SdMigration *migration, SdMigrationObject *table,
						 SdMigrationColumn *column);
static const char *not_null_check(const char *column);
static bool test_not_null(SdMigrationColumn *column);
static bool test_nullable(SdMigrationColumn *column);
static void tell_of_sequence(SdMigration *migration, SdMigrationObject *table,
							 SdMigrationColumn *column);
static void alter_identity(SdMigration *migration, SdMigrationObject *table,
						   SdMigrationColumn *column);

/*
 * sd_migration_column_steps
 *		The steps of the columns of a table that stays, now that all is known.
 */
void
sd_migration_column_steps(SdMigration *migration, SdMigrationObject *table)
{
	ListCell *lc;

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

		if (parent == NULL || !sd_migration_stays_child(table, lfirst(lc)))
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
 * sd_migration_tell_of_own_columns
 *		What a table had before it inherits stays its own, too, and what it
 *inherits does not become its own as long as it does: no statement changes
 *this.
 */
void
sd_migration_tell_of_own_columns(SdMigration *migration,
								 SdMigrationObject *table)
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
			sd_ddl_identifiers(own), sd_migration_table_name(table));
		step->is_skipped = true;
		step->why =
			"columns that were there before INHERIT stay the table's own";
	}
	if (inherited != NIL)
	{
		step = sd_migration_step(
			migration, table, SD_STAGE_FINISH,
			"-- %s is not declared by %s itself, only by its parents",
			sd_ddl_identifiers(inherited), sd_migration_table_name(table));
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

		if (parent != NULL && sd_migration_stays_child(table, lfirst(lc)) &&
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
			 sd_migration_stays_child(table, parent->new_identity)))
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
			"ALTER %s %s ADD COLUMN %s %s%s%s%s%s%s",
			sd_migration_table_word(table), sd_migration_table_name(table),
			quoted, sd_json_get_text(column->old_column, "formatted_type"),
			collation != NULL ? " COLLATE " : "",
			collation != NULL ? collation : "",
			value != NULL ? " DEFAULT " : "", value != NULL ? value : "",
			sd_json_get_bool(column->old_column, "not_null") ? " NOT NULL"
															 : "");
		step->why =
			psprintf("%s keeps it, and is its parent", parent->old_identity);
	}
	step = sd_migration_step(migration, table, SD_STAGE_FINISH,
							 "-- %s has column %s",
							 sd_migration_table_name(table), quoted);
	step->is_skipped = true;
	step->why =
		psprintf("%s keeps it, and is its parent", parent->old_identity);
}

static void
drop_column(SdMigration *migration, SdMigrationObject *table,
			SdMigrationColumn *column)
{
	SdMigrationStep *step;

	if (has_parent_with(migration, table, column->name, test_dropped) &&
		!sd_ddl_flag(column->old_column, "is_local", true))
		return;
	step = sd_migration_step(
		migration, table, SD_STAGE_DROP, "ALTER %s %s DROP COLUMN %s",
		sd_migration_table_word(table), sd_migration_table_name(table),
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
	step = sd_migration_step(
		migration, table, SD_STAGE_CHANGE, "ALTER %s %s ADD COLUMN %s",
		sd_migration_table_word(table), sd_migration_table_name(table),
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
			sd_migration_table_name(table), quoted);
	if (!is_not_null && sd_json_get_bool(column->new_column, "not_null"))
		sd_migration_step(migration, table, SD_STAGE_CHANGE,
						  "ALTER TABLE ONLY %s ALTER COLUMN %s SET NOT NULL",
						  sd_migration_table_name(table), quoted)
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
			sd_migration_table_name(table), quoted, sd_ddl_upper(storage));
	if (compression != NULL)
		(void) sd_migration_step(
			migration, table, SD_STAGE_CHANGE,
			"ALTER TABLE ONLY %s ALTER COLUMN %s SET COMPRESSION %s",
			sd_migration_table_name(table), quoted, compression);
	if (sd_json_get_int64(column->new_column, "statistics_target", &target))
		(void) sd_migration_step(
			migration, table, SD_STAGE_CHANGE,
			"ALTER TABLE ONLY %s ALTER COLUMN %s SET STATISTICS " INT64_FORMAT,
			sd_migration_table_name(table), quoted, target);
	if (comment != NULL)
		(void) sd_migration_step(migration, table, SD_STAGE_CHANGE,
								 "COMMENT ON COLUMN %s.%s IS %s",
								 sd_migration_table_name(table), quoted,
								 sd_ddl_quote_literal(comment));
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
									 "ALTER %s %s %s",
									 sd_migration_table_word(table),
									 sd_migration_table_name(table), part);
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
		/* also where it is the type that is made again, with the same name */
		if (column->is_lossy)
			severity = SD_SEVERITY_DESTRUCTIVE;
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
							 "ALTER %s %s %s", sd_migration_table_word(table),
							 sd_migration_table_name(table),
							 sd_ddl_joined(parts, ", "));
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
			sd_migration_table_name(table), quoted);
	if (column->is_added || column->new_column == NULL)
		return;
	is_generated =
		sd_json_get_text(column->new_column, "generated_type") != NULL;
	was_generated =
		sd_json_get_text(column->old_column, "generated_type") != NULL;
	if (was_generated && !is_generated &&
		!has_parent_with(migration, table, column->name,
						 sd_migration_test_uncomputed))
		(void) sd_migration_step(
			migration, table, SD_STAGE_RELEASE,
			"ALTER TABLE %s ALTER COLUMN %s DROP EXPRESSION",
			sd_migration_table_name(table), quoted);
	if (is_generated)
	{
		SdDiffRow *row =
			sd_migration_change_among(column->changes, NULL, "default_value");

		if (row != NULL)
		{
			SdMigrationStep *step = sd_migration_step(
				migration, table, SD_STAGE_CHANGE,
				"ALTER TABLE %s ALTER COLUMN %s SET EXPRESSION AS (%s)",
				sd_migration_table_name(table), quoted,
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
			sd_migration_table_name(table), quoted,
			storage != NULL
				? sd_ddl_upper(storage)
				: sd_migration_usual_storage(
					  migration,
					  sd_json_get_text(column->new_column, "formatted_type")));
	}
	if (sd_migration_change_among(column->changes, NULL, "compression") != NULL)
	{
		char *compression = sd_json_get_text(column->new_column, "compression");

		(void) sd_migration_step(
			migration, table, SD_STAGE_CHANGE,
			"ALTER TABLE ONLY %s ALTER COLUMN %s SET COMPRESSION %s",
			sd_migration_table_name(table), quoted,
			compression != NULL ? compression : "default");
	}
	if (sd_migration_change_among(column->changes, NULL, "statistics_target") !=
		NULL)
		(void) sd_migration_step(
			migration, table, SD_STAGE_CHANGE,
			"ALTER TABLE ONLY %s ALTER COLUMN %s SET STATISTICS " INT64_FORMAT,
			sd_migration_table_name(table), quoted,
			sd_ddl_int64(column->new_column, "statistics_target", -1));
	if (sd_migration_change_among(column->changes, NULL, "comment") != NULL)
	{
		char *comment = sd_json_get_text(column->new_column, "comment");

		(void) sd_migration_step(
			migration, table, SD_STAGE_CHANGE, "COMMENT ON COLUMN %s.%s IS %s",
			sd_migration_table_name(table), quoted,
			comment != NULL ? sd_ddl_quote_literal(comment) : "NULL");
	}
}

/*
 * sd_migration_usual_storage
 *		How the server stores values of a type, or NULL.
 */
const char *
sd_migration_usual_storage(SdMigration *migration, const char *type)
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
				sd_migration_table_name(table),
				sd_ddl_quote_identifier(column->name));
		return;
	}
	step = sd_migration_step(migration, table, SD_STAGE_CHANGE,
							 "ALTER TABLE ONLY %s ALTER COLUMN %s SET DEFAULT "
							 "%s",
							 sd_migration_table_name(table),
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
			sd_migration_table_name(table), quoted);
		return;
	}
	if (has_parent_with(migration, table, column->name, test_not_null))
		return;
	if (sd_ddl_is(table->new_object, "table_type", "foreign table"))
	{
		(void) sd_migration_step(
			migration, table, SD_STAGE_CHANGE,
			"ALTER FOREIGN TABLE %s ALTER COLUMN %s SET NOT NULL",
			sd_migration_table_name(table), quoted);
		return;
	}

	check = sd_ddl_quote_identifier(not_null_check(column->name));
	check = pstrdup(check);
	(void) sd_migration_step(
		migration, table, SD_STAGE_CHANGE,
		"ALTER TABLE %s ADD CONSTRAINT %s CHECK (%s IS NOT NULL) NOT VALID",
		sd_migration_table_name(table), check, quoted);
	step = sd_migration_step(migration, table, SD_STAGE_CHANGE,
							 "ALTER TABLE %s VALIDATE CONSTRAINT %s",
							 sd_migration_table_name(table), check);
	step->severity = SD_SEVERITY_LOCKING;
	step->commit_before = migration->options.concurrently;
	step->why = "rows are read while others may write";
	step = sd_migration_step(migration, table, SD_STAGE_CHANGE,
							 "ALTER TABLE %s ALTER COLUMN %s SET NOT NULL",
							 sd_migration_table_name(table), quoted);
	step->commit_before = migration->options.concurrently;
	step->why = "the check says it: no row is read";
	(void) sd_migration_step(migration, table, SD_STAGE_CHANGE,
							 "ALTER TABLE %s DROP CONSTRAINT %s",
							 sd_migration_table_name(table), check);
}

/* A name that nothing else is likely to have. */
static const char *
not_null_check(const char *column)
{
	return psprintf("%.*s_stormdisc_not_null",
					(int) Min(strlen(column), NAMEDATALEN - 22), column);
}

/*
 * sd_migration_test_uncomputed
 *		Does the column's expression go, and do its values stay?
 */
bool
sd_migration_test_uncomputed(SdMigrationColumn *column)
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
							 sd_migration_table_name(table));
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
			sd_migration_table_name(table), quoted,
			sd_ddl_compare(now, "always") == 0 ? "ALWAYS" : "BY DEFAULT");
	else if (before != NULL)
	{
		SdMigrationStep *step =
			sd_migration_step(migration, table, SD_STAGE_RELEASE,
							  "ALTER TABLE %s ALTER COLUMN %s DROP IDENTITY",
							  sd_migration_table_name(table), quoted);

		step->severity = SD_SEVERITY_DESTRUCTIVE;
		step->destructive = true;
		step->is_skipped = !migration->options.destructive;
		step->why = "its sequence is lost";
	}
	/* it comes with its sequence, which is an object of its own */
}
