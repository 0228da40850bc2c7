/*-------------------------------------------------------------------------
 *
 * migration_blocks.c
 *	  What a migration leaves as it is, because data would be lost.
 *
 * What stays keeps with it whatever it needs and whatever stands on it; and
 * what the new document makes of it, or under its name, cannot be made.  So
 * the rest of the script runs, and what is left over is what is skipped.
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "miscadmin.h"
#include "utils/builtins.h"

#include "model/migration_families.h"
#include "model/migration_tables.h"

/* a name that something has that stays */
typedef struct NameEntry
{
	char name[SD_DDL_KEY_SIZE]; /* hash key */
	SdMigrationObject *object;
} NameEntry;

typedef struct Blocking
{
	SdMigration *migration;
	List *queue; /* of SdMigrationObject *: just blocked */
	HTAB *names; /* of NameEntry */
} Blocking;

static bool is_changed(const SdMigrationObject *object);
static bool leaves(const SdMigrationObject *object);
static bool loses_data(const SdMigrationObject *object);
static void block(Blocking *blocking, SdMigrationObject *object,
				  const char *reason);
static void spread(Blocking *blocking, SdMigrationObject *object);
static void block_index(Blocking *blocking, SdMigrationObject *constraint);
static void block_parts(Blocking *blocking, SdMigrationObject *object);
static void block_part(Blocking *blocking, SdMigrationObject *object,
					   SdMigrationObject *part);
static void block_foreign_keys(Blocking *blocking, SdMigrationObject *key);
static void keep_needed(Blocking *blocking, SdMigrationObject *object);
static void keep_columns(Blocking *blocking, SdMigrationObject *table,
						 SdMigrationObject *dependent);
static void keep_what_stands_on(Blocking *blocking, SdMigrationObject *table);
static void keep_identity(Blocking *blocking, SdMigrationObject *table,
						  JsonbContainer *column, const char *reason);
static void keep_schema(Blocking *blocking, SdMigrationObject *object);
static void block_columns(Blocking *blocking, SdMigrationObject *table);
static void block_new_children(Blocking *blocking, SdMigrationObject *table,
							   SdMigrationColumn *column);
static void keep_types(Blocking *blocking, SdMigrationObject *table);
static bool spread_columns(Blocking *blocking);
static void keep_computed(SdMigrationObject *table);

static bool mentions(SdMigrationObject *object, const char *column);

static bool block_names(Blocking *blocking);
static bool name_key(SdMigrationObject *object, bool is_new, char *key);
static bool block_partitions(Blocking *blocking);
static bool may_overlap(JsonbContainer *a, JsonbContainer *b);
static bool comes_before(List *a, List *b);
static int compare_bounds(const char *a, const char *b);

/*
 * sd_migration_block
 *		Decide what stays, when it is known what would go.
 */
void
sd_migration_block(SdMigration *migration)
{
	Blocking blocking = {0};
	HASHCTL control = {0};
	bool is_more = true;
	ListCell *lc;

	blocking.migration = migration;
	control.keysize = SD_DDL_KEY_SIZE;
	control.entrysize = sizeof(NameEntry);
	control.hcxt = CurrentMemoryContext;
	blocking.names = hash_create("stormdisc kept names", 64, &control,
								 HASH_ELEM | HASH_STRINGS | HASH_CONTEXT);
	foreach (lc, migration->all)
	{
		SdMigrationObject *object = lfirst(lc);

		if (loses_data(object))
			block(&blocking, object, "data would be lost");
		if (object->table != NULL)
			block_columns(&blocking, object);
	}
	while (is_more)
	{
		/* it grows on the way */
		for (int i = 0; i < list_length(blocking.queue); i++)
		{
			CHECK_FOR_INTERRUPTS();
			spread(&blocking, list_nth(blocking.queue, i));
		}
		blocking.queue = NIL;
		is_more = block_names(&blocking);
		is_more |= block_partitions(&blocking);
		is_more |= spread_columns(&blocking);
	}
}

static bool
is_changed(const SdMigrationObject *object)
{
	return object->action != SD_ACTION_KEEP && !object->is_blocked;
}

static bool
leaves(const SdMigrationObject *object)
{
	return object->action == SD_ACTION_DROP ||
		   object->action == SD_ACTION_REPLACE;
}

/* Does it go with its rows or its state? */
static bool
loses_data(const SdMigrationObject *object)
{
	SdDiffRow *row;

	if (sd_ddl_compare(object->kind, "tables") == 0 &&
		object->action == SD_ACTION_REPLACE)
		return !sd_ddl_is(object->old_object, "table_type", "foreign table") &&
			   (!sd_ddl_is(object->old_object, "table_type",
						   "partitioned table") ||
				!sd_ddl_is(object->new_object, "table_type",
						   "partitioned table"));
	if (sd_migration_moves_values(object))
		return true;
	if (object->action != SD_ACTION_DROP || object->changes == NIL)
		return false;
	/* it goes with the identity, which is another step */
	if (sd_ddl_compare(object->kind, "sequences") == 0 &&
		sd_json_get_bool(object->old_object, "is_identity"))
		return false;
	row = linitial(object->changes);

	return row->attribute == NULL && row->severity == SD_SEVERITY_DESTRUCTIVE;
}

/*
 * sd_migration_moves_values
 *		Is it a composite type that tables have, and that has to be made again,
 *		so that values of the one attribute would be those of another?
 */
bool
sd_migration_moves_values(const SdMigrationObject *object)
{
	SdDiffRow *row = sd_migration_change(object, "attribute_names");
	ListCell *lc;

	if (sd_ddl_compare(object->kind, "types") != 0 ||
		object->action != SD_ACTION_REPLACE || row == NULL ||
		row->severity != SD_SEVERITY_DESTRUCTIVE)
		return false;
	foreach (lc, object->dependents)
	{
		if (sd_ddl_compare(((SdMigrationObject *) lfirst(lc))->kind,
						   "tables") == 0)
			return true;
	}

	return false;
}

static void
block(Blocking *blocking, SdMigrationObject *object, const char *reason)
{
	if (!is_changed(object))
		return;
	object->is_blocked = true;
	object->reason = reason;
	blocking->queue = lappend(blocking->queue, object);
}

/* What follows from an object that stays as it is, or is not made? */
static void
spread(Blocking *blocking, SdMigrationObject *object)
{
	ListCell *lc;

	if (object->old_object != NULL)
	{
		keep_needed(blocking, object);
		if (sd_ddl_compare(object->kind, "tables") == 0 &&
			object->action == SD_ACTION_DROP)
			keep_what_stands_on(blocking, object);
	}
	if (sd_ddl_compare(object->kind, "constraints") == 0)
		block_index(blocking, object);
	if (sd_ddl_compare(object->kind, "constraints") == 0 ||
		sd_ddl_compare(object->kind, "indexes") == 0)
		block_foreign_keys(blocking, object);
	if (leaves(object))
		block_parts(blocking, object);
	foreach (lc, object->new_dependents)
		block(blocking, lfirst(lc),
			  psprintf("it needs %s, which is skipped",
					   object->new_identity != NULL ? object->new_identity
													: object->old_identity));
}

/* A constraint and its index stay together. */
static void
block_index(Blocking *blocking, SdMigrationObject *constraint)
{
	JsonbContainer *sources[] = {constraint->old_object,
								 constraint->new_object};

	for (int i = 0; i < 2; i++)
	{
		char *schema = sources[i] != NULL
						   ? sd_json_get_text(sources[i], "schema_name")
						   : NULL;
		char *name =
			schema != NULL ? sd_json_get_text(sources[i], "index_name") : NULL;
		SdMigrationObject *index;

		if (name == NULL ||
			sd_ddl_is(sources[i], "constraint_type", "foreign key"))
			continue;
		index = sd_migration_find(blocking->migration, i == 1, "indexes",
								  sd_ddl_quote_qualified(schema, name));
		if (index != NULL)
			block(blocking, index, constraint->reason);
	}
}

/* What partitions and children have of it goes with it, or stays with it. */
static void
block_parts(Blocking *blocking, SdMigrationObject *object)
{
	SdMigrationObject *table =
		sd_migration_table_of(blocking->migration, object);
	SdMigrationName name;
	List *names;
	ListCell *lc;

	/* these have a statement that attaches them */
	foreach (lc, object->dependents)
	{
		SdMigrationObject *part = lfirst(lc);

		if ((sd_ddl_compare(part->kind, "indexes") == 0 ||
			 sd_ddl_compare(part->kind, "constraints") == 0) &&
			sd_migration_is_part(part))
			block_part(blocking, object, part);
	}
	/* and these just come */
	if (table == NULL ||
		(sd_ddl_compare(object->kind, "triggers") != 0 &&
		 sd_ddl_compare(object->kind, "constraints") != 0) ||
		!sd_migration_name(object, false, &name))
		return;
	names = sd_sql_identifiers(object->old_identity);
	foreach (lc, names != NIL ? table->dependents : NIL)
	{
		SdMigrationObject *child = lfirst(lc);
		SdMigrationObject *part;

		if (sd_ddl_compare(child->kind, "tables") != 0 ||
			!sd_migration_has_text(sd_migration_parents(child->old_object),
								   table->old_identity))
			continue;
		part =
			sd_migration_find(blocking->migration, false, object->kind,
							  psprintf("%s.%s", child->old_identity,
									   sd_ddl_quote_identifier(llast(names))));
		if (part != NULL && sd_migration_is_part(part))
			block_part(blocking, object, part);
	}
}

static void
block_part(Blocking *blocking, SdMigrationObject *object,
		   SdMigrationObject *part)
{
	if (leaves(part) && sd_migration_stays_partition(blocking->migration, part))
		block(blocking, part,
			  psprintf("%s is kept, and this with it", object->old_identity));
}

/* Foreign keys cannot be made without the key that they point to. */
static void
block_foreign_keys(Blocking *blocking, SdMigrationObject *key)
{
	SdMigrationObject *table;
	List *columns;
	ListCell *lc;

	if (key->new_object == NULL ||
		sd_ddl_is(key->new_object, "constraint_type", "foreign key"))
		return;
	table = sd_migration_new_table_of(blocking->migration, key);
	if (table == NULL)
		return;
	columns = sd_json_get_texts(
		key->new_object,
		sd_ddl_compare(key->kind, "indexes") == 0 ? "column_names" : "columns");
	foreach (lc, table->new_dependents)
	{
		SdMigrationObject *dependent = lfirst(lc);

		if (is_changed(dependent) &&
			sd_ddl_compare(dependent->kind, "constraints") == 0 &&
			sd_ddl_is(dependent->new_object, "constraint_type",
					  "foreign key") &&
			list_length(
				sd_json_get_texts(dependent->new_object, "ref_columns")) ==
				list_length(columns) &&
			sd_ddl_compare(
				sd_ddl_quote_qualified(
					sd_json_get_text(dependent->new_object, "ref_schema"),
					sd_json_get_text(dependent->new_object, "ref_table")),
				table->new_identity) == 0)
			block(blocking, dependent,
				  psprintf("it may need %s, which is skipped",
						   key->new_identity));
	}
}

/* Whatever it needs in the old document, near or far. */
static void
keep_needed(Blocking *blocking, SdMigrationObject *object)
{
	List *queue = list_make1(object);
	List *seen = list_make1(object);
	ListCell *lc;

	while (queue != NIL)
	{
		SdMigrationObject *kept = linitial(queue);

		CHECK_FOR_INTERRUPTS();
		queue = list_delete_first(queue);
		keep_schema(blocking, kept);
		foreach (lc, kept->needs)
		{
			SdMigrationObject *needed = lfirst(lc);

			if (list_member_ptr(seen, needed))
				continue;
			seen = lappend(seen, needed);
			queue = lappend(queue, needed);
			if (needed->action == SD_ACTION_DROP ||
				needed->action == SD_ACTION_REPLACE)
				block(
					blocking, needed,
					psprintf("%s is kept, and needs it", object->old_identity));
			else if (needed->table != NULL)
				keep_columns(blocking, needed, kept);
		}
	}
	list_free(seen);
}

/* Keep the columns of a table that something needs that is kept. */
static void
keep_columns(Blocking *blocking, SdMigrationObject *table,
			 SdMigrationObject *dependent)
{
	bool is_more = false;
	ListCell *lc;

	if (sd_ddl_compare(dependent->kind, "tables") == 0)
		return;
	foreach (lc, table->table->columns)
	{
		SdMigrationColumn *column = lfirst(lc);

		if ((!column->is_dropped && !column->is_retyped) ||
			column->is_blocked || !mentions(dependent, column->name) ||
			(!column->is_dropped &&
			 !sd_migration_is_bound_to_columns(dependent)))
			continue;

		column->is_blocked = true;
		column->reason =
			psprintf("%s is kept, and needs it", dependent->old_identity);
		is_more = true;
	}
	if (is_more)
		block_columns(blocking, table);
}

/* Constraints, indexes, triggers and the like of a table that stays. */
static void
keep_what_stands_on(Blocking *blocking, SdMigrationObject *table)
{
	const char *reason =
		psprintf("%s is kept, and this with it", table->old_identity);
	SdJsonWalk walk;
	JsonbValue value;
	ListCell *lc;

	foreach (lc, table->dependents)
	{
		SdMigrationObject *dependent = lfirst(lc);

		if (!is_changed(dependent) || !leaves(dependent) ||
			(sd_migration_table_of(blocking->migration, dependent) != table &&
			 sd_ddl_compare(dependent->kind, "privileges") != 0))
			continue;
		if (!sd_migration_is_part(dependent))
			block(blocking, dependent, reason);
		else
		{
			dependent->is_blocked = true;
			dependent->reason = "it stays or goes with that of the parent";
			if (sd_ddl_compare(dependent->kind, "constraints") == 0)
				block_index(blocking, dependent);
		}
	}
	sd_json_walk(&walk, sd_json_get_array(table->old_object, "columns"));
	while (sd_json_next_element(&walk, &value))
		keep_identity(blocking, table, sd_json_as_object(&value), reason);
}

/* The sequence of an identity that stays; it has no statement of its own. */
static void
keep_identity(Blocking *blocking, SdMigrationObject *table,
			  JsonbContainer *column, const char *reason)
{
	char *schema = sd_json_get_text(column, "sequence_schema");
	char *name = sd_json_get_text(column, "sequence_name");
	SdMigrationObject *sequence;

	if (schema == NULL || name == NULL ||
		sd_json_get_text(column, "identity") == NULL)
		return;
	sequence = sd_migration_find(blocking->migration, false, "sequences",
								 sd_ddl_quote_qualified(schema, name));
	if (sequence != NULL && (sequence->action == SD_ACTION_DROP ||
							 sequence->action == SD_ACTION_REPLACE))
		block(blocking, sequence, reason);
}

static void
keep_schema(Blocking *blocking, SdMigrationObject *object)
{
	char *schema = JsonContainerIsObject(object->old_object)
					   ? sd_json_get_text(object->old_object, "schema_name")
					   : NULL;
	SdMigrationObject *needed =
		schema != NULL
			? sd_migration_find(blocking->migration, false, "schemas",
								sd_ddl_quote_identifier(schema))
			: NULL;

	if (needed != NULL && needed != object && needed->action == SD_ACTION_DROP)
		block(blocking, needed,
			  psprintf("%s is kept, and is in it", object->old_identity));
}

/* What needs the new form of a column that stays as it is. */
static void
block_columns(Blocking *blocking, SdMigrationObject *table)
{
	ListCell *lc;

	keep_computed(table);
	keep_types(blocking, table);

	foreach (lc, table->table->columns)
	{
		SdMigrationColumn *column = lfirst(lc);
		ListCell *lc2;

		if (column->is_blocked && column->old_column != NULL)
			keep_identity(blocking, table, column->old_column,
						  psprintf("column %s of %s is kept, and this with it",
								   sd_ddl_quote_identifier(column->name),
								   table->old_identity));
		if (column->is_blocked)
			block_new_children(blocking, table, column);
		if (!column->is_blocked || column->new_column == NULL)
			continue;
		foreach (lc2, table->new_dependents)
		{
			SdMigrationObject *dependent = lfirst(lc2);

			if (is_changed(dependent) &&
				sd_ddl_compare(dependent->kind, "tables") != 0 &&
				sd_ddl_compare(dependent->kind, "privileges") != 0 &&
				mentions(dependent, column->name))
				block(blocking, dependent,
					  psprintf("it may need the other column %s of %s",
							   sd_ddl_quote_identifier(column->name),
							   table->old_identity));
		}
	}
}

/* A table cannot get a parent that has another column than it should. */
static void
block_new_children(Blocking *blocking, SdMigrationObject *table,
				   SdMigrationColumn *column)
{
	ListCell *lc;

	foreach (lc, table->new_dependents)
	{
		SdMigrationObject *child = lfirst(lc);

		if (is_changed(child) && sd_ddl_compare(child->kind, "tables") == 0 &&
			sd_migration_has_text(sd_migration_parents(child->new_object),
								  table->new_identity) &&
			(child->old_object == NULL || sd_migration_gets_parent(child)))
			block(blocking, child,
				  psprintf("%s keeps its column %s", table->old_identity,
						   sd_ddl_quote_identifier(column->name)));
	}
}

/* What the type and default of a column need stays, if that stays. */
static void
keep_types(Blocking *blocking, SdMigrationObject *table)
{
	static const char *const keys[] = {"formatted_type", "collation",
									   "default_value"};
	SdMigration *migration = blocking->migration;
	ListCell *lc;

	foreach (lc, table->table->columns)
	{
		SdMigrationColumn *column = lfirst(lc);

		if (!column->is_blocked || column->old_column == NULL)
			continue;
		for (int i = 0; i < lengthof(keys); i++)
		{
			char *text = sd_json_get_text(column->old_column, keys[i]);
			ListCell *lc2;

			foreach (lc2,
					 text != NULL ? sd_ddl_named(migration->ddl[0], text) : NIL)
			{
				SdDdlNode *node = lfirst(lc2);
				SdMigrationObject *needed = sd_migration_find(
					migration, false, node->kind, node->identity);

				if (needed != NULL && (needed->action == SD_ACTION_DROP ||
									   needed->action == SD_ACTION_REPLACE))
					block(blocking, needed,
						  psprintf("column %s of %s is kept, and needs it",
								   sd_ddl_quote_identifier(column->name),
								   table->old_identity));
			}
		}
	}
}

/* A column stays in a whole tree of tables, or in none. */
static bool
spread_columns(Blocking *blocking)
{
	bool is_more = false;
	ListCell *lc;

	foreach (lc, blocking->migration->all)
	{
		SdMigrationObject *table = lfirst(lc);
		ListCell *lc2;

		if (table->table == NULL || table->old_object == NULL)
			continue;
		foreach (lc2, sd_migration_parents(table->old_object))
		{
			SdMigrationObject *parent = sd_migration_find(
				blocking->migration, false, "tables", lfirst(lc2));
			ListCell *lc3;

			if (parent == NULL || parent->table == NULL)
				continue;
			foreach (lc3, table->table->columns)
			{
				SdMigrationColumn *column = lfirst(lc3);
				SdMigrationColumn *above =
					sd_migration_find_column(parent, column->name);

				if (above == NULL || above->is_blocked == column->is_blocked ||
					(!column->is_blocked && !column->is_dropped &&
					 !column->is_retyped) ||
					(!above->is_blocked && !above->is_dropped &&
					 !above->is_retyped))
					continue;
				if (above->is_blocked)
					column->reason =
						psprintf("that of %s is kept", parent->old_identity);
				else
					above->reason =
						psprintf("that of %s is kept", table->old_identity);
				above->is_blocked = column->is_blocked = true;
				block_columns(blocking, table);
				block_columns(blocking, parent);
				is_more = true;
			}
		}
	}

	return is_more;
}

/* What a column is computed from stays, if that stays. */
static void
keep_computed(SdMigrationObject *table)
{
	bool is_more = true;
	ListCell *lc;

	while (is_more)
	{
		is_more = false;
		foreach (lc, table->table->columns)
		{
			SdMigrationColumn *computed = lfirst(lc);
			char *expression =
				computed->old_column != NULL &&
						sd_json_get_text(computed->old_column,
										 "generated_type") != NULL
					? sd_json_get_text(computed->old_column, "default_value")
					: NULL;
			ListCell *lc2;

			if (!computed->is_blocked || expression == NULL)
				continue;
			foreach (lc2, table->table->columns)
			{
				SdMigrationColumn *column = lfirst(lc2);

				if (column->is_blocked ||
					(!column->is_dropped && !column->is_retyped) ||
					!sd_sql_mentions(expression, column->name))
					continue;
				column->is_blocked = true;
				column->reason =
					psprintf("%s is kept, and is computed from it",
							 sd_ddl_quote_identifier(computed->name));
				is_more = true;
			}
		}
	}
}

/* Has the object the column's name in it, in one of the documents? */
static bool
mentions(SdMigrationObject *object, const char *column)
{
	JsonbContainer *sources[] = {object->old_object, object->new_object};
	List *nodes[] = {object->old_nodes, object->new_nodes};

	for (int i = 0; i < 2; i++)
	{
		char *definition =
			sources[i] != NULL && JsonContainerIsObject(sources[i])
				? sd_json_get_text(sources[i], "definition")
				: NULL;
		ListCell *lc;

		if (definition != NULL && sd_sql_mentions(definition, column))
			return true;
		foreach (lc, nodes[i])
		{
			ListCell *lc2;

			foreach (lc2, ((SdDdlNode *) lfirst(lc))->statements)
			{
				if (sd_sql_mentions(((SdDdlStatement *) lfirst(lc2))->text,
									column))
					return true;
			}
		}
	}

	return false;
}

/* What cannot be made because something that stays has its name. */
static bool
block_names(Blocking *blocking)
{
	SdMigration *migration = blocking->migration;
	char key[SD_DDL_KEY_SIZE];
	ListCell *lc;

	foreach (lc, migration->all)
	{
		SdMigrationObject *object = lfirst(lc);
		NameEntry *entry;
		bool known;

		if (!object->is_blocked || !name_key(object, false, key))
			continue;
		entry = hash_search(blocking->names, key, HASH_ENTER, &known);
		entry->object = object;
	}
	foreach (lc, migration->all)
	{
		SdMigrationObject *object = lfirst(lc);
		NameEntry *entry;

		if ((object->action != SD_ACTION_CREATE &&
			 object->action != SD_ACTION_REPLACE) ||
			object->is_blocked || !name_key(object, true, key))
			continue;
		entry = hash_search(blocking->names, key, HASH_FIND, NULL);
		if (entry != NULL && entry->object != object)
			block(blocking, object,
				  psprintf("its name is still that of %s",
						   entry->object->old_identity));
	}

	return blocking->queue != NIL;
}

/* The name among relations and types that an object has; false if none. */
static bool
name_key(SdMigrationObject *object, bool is_new, char *key)
{
	static const struct
	{
		const char *kind;
		const char *name;
	} kinds[] = {{"tables", "table_name"},		   {"views", "view_name"},
				 {"sequences", "sequence_name"},   {"indexes", "index_name"},
				 {"constraints", "index_name"},	   {"types", "type_name"},
				 {"property_graphs", "graph_name"}};
	JsonbContainer *source = is_new ? object->new_object : object->old_object;

	for (int i = 0; i < lengthof(kinds); i++)
	{
		char *schema;
		char *name;

		if (source == NULL || sd_ddl_compare(kinds[i].kind, object->kind) != 0)
			continue;
		schema = sd_json_get_text(source, "schema_name");
		name = sd_json_get_text(source, kinds[i].name);
		/* a foreign key has an index that is not its own */
		if (schema == NULL || name == NULL ||
			sd_ddl_is(source, "constraint_type", "foreign key"))
			return false;
		sd_ddl_key(key, schema, name);
		return true;
	}

	return false;
}

/* What cannot be attached because a partition that stays has its rows. */
static bool
block_partitions(Blocking *blocking)
{
	ListCell *lc;

	foreach (lc, blocking->migration->all)
	{
		SdMigrationObject *object = lfirst(lc);
		JsonbContainer *bound;
		SdMigrationObject *parent;
		ListCell *lc2;

		if (!is_changed(object) ||
			sd_ddl_compare(object->kind, "tables") != 0 ||
			object->new_object == NULL ||
			!sd_json_get_bool(object->new_object, "is_partition"))
			continue;
		bound = sd_json_get_object(object->new_object, "partition");
		parent = sd_migration_find(
			blocking->migration, false, "tables",
			sd_ddl_quote_qualified(
				sd_json_get_text(object->new_object, "parent_schema"),
				sd_json_get_text(object->new_object, "parent_name")));
		if (parent == NULL || bound == NULL)
			continue;
		foreach (lc2, parent->dependents)
		{
			SdMigrationObject *other = lfirst(lc2);
			JsonbContainer *other_bound;

			if (!other->is_blocked || other == object ||
				sd_ddl_compare(other->kind, "tables") != 0)
				continue;
			other_bound = sd_json_get_object(other->old_object, "partition");
			if (other_bound != NULL && may_overlap(bound, other_bound))
				block(blocking, object,
					  psprintf("%s is kept, and may have its rows",
							   other->old_identity));
		}
	}

	return blocking->queue != NIL;
}

/* May there be rows that belong into both? */
static bool
may_overlap(JsonbContainer *a, JsonbContainer *b)
{
	List *values = sd_json_get_texts(a, "list_values");
	List *other_values = sd_json_get_texts(b, "list_values");
	int64 modulus;
	int64 other_modulus;
	ListCell *lc;

	if (sd_json_get_bool(a, "is_default") || sd_json_get_bool(b, "is_default"))
		return sd_json_get_bool(a, "is_default") &&
			   sd_json_get_bool(b, "is_default");
	if (sd_json_get_int64(a, "modulus", &modulus) &&
		sd_json_get_int64(b, "modulus", &other_modulus))
	{
		int64 first = modulus;
		int64 second = other_modulus;

		while (second != 0)
		{
			int64 rest = first % second;

			first = second;
			second = rest;
		}
		return first == 0 || (sd_ddl_int64(a, "remainder", 0) -
							  sd_ddl_int64(b, "remainder", 0)) %
									 first ==
								 0;
	}
	if (values != NIL && other_values != NIL)
	{
		foreach (lc, values)
		{
			ListCell *lc2;

			foreach (lc2, other_values)
			{
				if (sd_ddl_compare(lfirst(lc), lfirst(lc2)) == 0)
					return true;
			}
		}
		return false;
	}

	return comes_before(sd_ddl_elements(a, "lower_bound"),
						sd_ddl_elements(b, "upper_bound")) &&
		   comes_before(sd_ddl_elements(b, "lower_bound"),
						sd_ddl_elements(a, "upper_bound"));
}

/* May the first bound be less than the second?  NULL may be anything. */
static bool
comes_before(List *a, List *b)
{
	if (a == NIL || b == NIL)
		return true;
	for (int i = 0; i < list_length(a) && i < list_length(b); i++)
	{
		const char *left = list_nth(a, i);
		const char *right = list_nth(b, i);
		int order;

		if (left == NULL || right == NULL)
			return true;
		order = compare_bounds(left, right);
		if (order != 0)
			return order < 0;
	}

	return false;
}

/* Bounds as they are printed: numbers, or what sorts as its text does. */
static int
compare_bounds(const char *a, const char *b)
{
	char *a_end;
	char *b_end;
	double left;
	double right;

	if (sd_ddl_compare(a, b) == 0)
		return 0;
	if (sd_ddl_compare(a, "MINVALUE") == 0 ||
		sd_ddl_compare(b, "MAXVALUE") == 0)
		return -1;
	if (sd_ddl_compare(b, "MINVALUE") == 0 ||
		sd_ddl_compare(a, "MAXVALUE") == 0)
		return 1;
	a += a[0] == '\'' ? 1 : 0;
	b += b[0] == '\'' ? 1 : 0;
	left = strtod(a, &a_end);
	right = strtod(b, &b_end);
	if (a_end > a && b_end > b && (*a_end == '\0' || *a_end == '\'') &&
		(*b_end == '\0' || *b_end == '\''))
		return left < right ? -1 : left > right ? 1 : 0;

	return sd_ddl_compare(a, b);
}
