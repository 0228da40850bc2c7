/*-------------------------------------------------------------------------
 *
 * migration_partitions.c
 *	  When partitions get their indexes, and what they keep when they are
 *	  detached.
 *
 * ATTACH PARTITION looks for an index of the partition to go with each of the
 * parent's, and makes what it does not find, under names of its own.  So a
 * partition has its indexes before it is attached, and an index that the parent
 * does not have yet comes after that: then those of the partitions are attached
 * to it, as far as they should be.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "common/hashfn.h"
#include "miscadmin.h"
#include "utils/builtins.h"

#include "model/migration.h"
#include "model/migration_families.h"
#include "model/migration_tables.h"

/* of a name with its schema, all of it in quotes */
#define TABLE_KEY_SIZE (4 * NAMEDATALEN + 8)

/* what belongs to a table, in one of the documents */
typedef struct TableNodes
{
	char name[TABLE_KEY_SIZE]; /* hash key: as documents have it */
	SdDdlNode *table;
	SdDdlNode *attach;	  /* it is a partition */
	List *partitions;	  /* of SdDdlNode *: that attach its partitions */
	List *indexes;		  /* of SdDdlNode * */
	List *index_children; /* likewise: that attach indexes to its indexes */
} TableNodes;

/* the foreign keys of a table */
typedef struct TableKeys
{
	char name[TABLE_KEY_SIZE]; /* hash key */
	List *constraints;		   /* of JsonbContainer * */
} TableKeys;

static HTAB *read_tables(SdMigration *migration, bool is_new);
static char *parent_index_of(SdMigration *migration, const char *identity);
static TableNodes *get_table(HTAB *tables, const char *name);
static char *qualified(JsonbContainer *object, const char *schema_key,
					   const char *name_key);
static JsonbContainer *find_object(SdMigration *migration, bool is_new,
								   const char *kind, const char *identity);
static List *read_checks(SdMigration *migration);
static bool leave_checks_of_child(SdMigration *migration,
								  SdMigrationObject *table, List *checks);
static bool leave_unlike_check(SdMigration *migration, SdMigrationObject *table,
							   const char *name);
static SdMigrationObject *origin_of(SdMigration *migration,
									SdMigrationObject *check);
static bool prints_alike(const SdMigrationObject *a,
						 const SdMigrationObject *b);
static void leave_check_of_parents(SdMigration *migration,
								   JsonbContainer *table, const char *name);
static void leave_check_of_all_children(SdMigration *migration,
										const char *parent, const char *name);
static bool becomes_child(SdMigrationObject *table, const char *parent);
static bool is_made(const SdMigrationObject *table);
static bool leaves(const SdMigrationObject *object);
static List *foreign_keys_of(SdMigration *migration, const char *table);
static HTAB *read_foreign_keys(SdMigration *migration);
static bool is_same_key(JsonbContainer *before, JsonbContainer *now);
static char *detached_from(SdMigrationObject *table);
static char *parent_of(SdMigration *migration, const char *table);
static bool has_child_on(SdMigration *migration, const TableNodes *partition,
						 const char *index);

/*
 * sd_migration_order_partitions
 *		Before the nodes of a document are put in order: let them wait for each
 *		other as said above.  In the old one only tables do, because who waits
 *		for something goes when it goes.
 */
void
sd_migration_order_partitions(SdMigration *migration, bool is_new)
{
	HTAB *tables = read_tables(migration, is_new);
	HASH_SEQ_STATUS status;
	TableNodes *table;

	hash_seq_init(&status, tables);
	while ((table = hash_seq_search(&status)) != NULL)
	{
		ListCell *lc;

		CHECK_FOR_INTERRUPTS();
		foreach (lc, is_new ? table->indexes : NIL)
		{
			SdDdlNode *index = lfirst(lc);

			index->after = list_concat(index->after, table->partitions);
		}
		if (table->attach == NULL)
			continue;
		if (is_new)
		{
			foreach (lc, table->indexes)
			{
				SdDdlNode *index = lfirst(lc);

				/* its own would be taken for one of the parent's */
				if (parent_index_of(migration, index->identity) != NULL)
					table->attach->after = lappend(table->attach->after, index);
				else
					index->after = lappend(index->after, table->attach);
			}
			foreach (lc, table->index_children)
			{
				SdDdlNode *child = lfirst(lc);
				char *index = parent_index_of(migration, child->identity);

				if (index != NULL && parent_index_of(migration, index) != NULL)
					table->attach->after = lappend(table->attach->after, child);
			}
		}
		/* made and altered after its parent, and dropped before it */
		if (table->table != NULL)
		{
			JsonbContainer *object = find_object(migration, is_new, "tables",
												 table->attach->identity);
			char *parent = qualified(object, "parent_schema", "parent_name");
			TableNodes *above =
				parent != NULL ? get_table(tables, parent) : NULL;

			if (above != NULL && above->table != NULL)
				table->table->after =
					lappend(table->table->after, above->table);
		}
	}
	hash_destroy(tables);
}

/*
 * The name of the index that a new one is part of, a key's or not; NULL if it
 * is none's.
 */
static char *
parent_index_of(SdMigration *migration, const char *identity)
{
	JsonbContainer *object = find_object(migration, true, "indexes", identity);

	if (object == NULL)
	{
		object = find_object(migration, true, "constraints", identity);
		identity = object != NULL
					   ? qualified(object, "schema_name", "index_name")
					   : NULL;
		object = identity != NULL
					 ? find_object(migration, true, "indexes", identity)
					 : NULL;
	}

	return object != NULL ? qualified(object, "parent_schema", "parent_index")
						  : NULL;
}

/*
 * sd_migration_leave_lonely_indexes
 *		An index of a partitioned table that a partition does not have, although
 *		it will be attached, has to be made again: ATTACH would make the
 *		partition's.
 */
void
sd_migration_leave_lonely_indexes(SdMigration *migration)
{
	HTAB *tables = read_tables(migration, true);
	HASH_SEQ_STATUS status;
	TableNodes *table;

	hash_seq_init(&status, tables);
	while ((table = hash_seq_search(&status)) != NULL)
	{
		JsonbContainer *object;
		JsonbContainer *before;
		SdMigrationObject *partition;
		char *parent;
		ListCell *lc;

		CHECK_FOR_INTERRUPTS();
		if (table->attach == NULL)
			continue;
		object =
			find_object(migration, true, "tables", table->attach->identity);
		parent = qualified(object, "parent_schema", "parent_name");
		partition = sd_migration_find(migration, true, "tables",
									  table->attach->identity);
		before = partition != NULL ? partition->old_object : NULL;
		if (parent == NULL ||
			(before != NULL && sd_json_get_bool(before, "is_partition") &&
			 sd_ddl_compare(qualified(before, "parent_schema", "parent_name"),
							parent) == 0))
			continue;
		foreach (lc, get_table(tables, parent)->indexes)
		{
			SdDdlNode *node = lfirst(lc);
			SdMigrationObject *index;

			if (sd_ddl_compare(node->kind, "indexes") != 0)
				continue;
			index =
				sd_migration_find(migration, true, "indexes", node->identity);
			if (index != NULL && index->old_object != NULL &&
				!has_child_on(migration, table, node->identity))
				sd_migration_leave(
					migration, index,
					psprintf("partition %s is attached, and has none like it",
							 table->attach->identity));
		}
	}
	hash_destroy(tables);
}

/*
 * sd_migration_has_foreign_key
 *		Has a partition that is detached a foreign key already?  It keeps those
 *		of its parents, which documents do not repeat.
 */
bool
sd_migration_has_foreign_key(SdMigration *migration, SdMigrationObject *object)
{
	SdMigrationObject *table = sd_migration_new_table_of(migration, object);
	char *parent;

	if (table == NULL || table->old_object == NULL ||
		table->action == SD_ACTION_REPLACE)
		return false;
	for (parent = detached_from(table); parent != NULL;
		 parent = parent_of(migration, parent))
	{
		SdMigrationObject *key = sd_migration_find(
			migration, false, "constraints",
			psprintf("%s.%s", parent,
					 sd_ddl_quote_identifier(sd_json_get_text(
						 object->new_object, "constraint_name"))));

		if (key != NULL && is_same_key(key->old_object, object->new_object))
			return !leaves(key);
	}

	return false;
}

/*
 * sd_migration_drop_foreign_keys
 *		After a partition is detached: drop the foreign keys that it has from
 *		its parents and should not have.
 */
void
sd_migration_drop_foreign_keys(SdMigration *migration, SdMigrationObject *table,
							   int position)
{
	ListCell *lc;

	for (char *parent = detached_from(table); parent != NULL;
		 parent = parent_of(migration, parent))
	{
		foreach (lc, foreign_keys_of(migration, parent))
		{
			JsonbContainer *constraint = lfirst(lc);
			const char *name = pstrdup(sd_ddl_quote_identifier(
				sd_json_get_text(constraint, "constraint_name")));
			SdMigrationObject *before =
				sd_migration_find(migration, false, "constraints",
								  psprintf("%s.%s", parent, name));
			SdMigrationObject *now;
			SdMigrationStep *step;

			CHECK_FOR_INTERRUPTS();
			if (before != NULL && leaves(before))
				continue;
			now =
				sd_migration_find(migration, true, "constraints",
								  psprintf("%s.%s", table->new_identity, name));
			if (now != NULL && now->new_object != NULL &&
				is_same_key(constraint, now->new_object))
				continue;
			step = sd_migration_step(migration, table, SD_STAGE_DROP,
									 "ALTER TABLE %s DROP CONSTRAINT %s",
									 table->old_identity, name);
			step->position = position;
			step->why = "it is its parent's";
		}
	}
}

/* The foreign keys of a table in the old document, which is read once. */
static List *
foreign_keys_of(SdMigration *migration, const char *table)
{
	TableKeys *keys;
	char name[TABLE_KEY_SIZE];

	if (migration->foreign_keys == NULL)
		migration->foreign_keys = read_foreign_keys(migration);
	strlcpy(name, table, sizeof(name));
	keys = hash_search(migration->foreign_keys, name, HASH_FIND, NULL);

	return keys != NULL ? keys->constraints : NIL;
}

static HTAB *
read_foreign_keys(SdMigration *migration)
{
	JsonbContainer *constraints =
		sd_json_get_object(&migration->documents[0]->root, "constraints");
	HASHCTL control = {0};
	HTAB *result;
	SdJsonWalk walk;
	JsonbValue key;
	JsonbValue value;

	control.keysize = TABLE_KEY_SIZE;
	control.entrysize = sizeof(TableKeys);
	control.hcxt = CurrentMemoryContext;
	result = hash_create("stormdisc foreign keys", 64, &control,
						 HASH_ELEM | HASH_STRINGS | HASH_CONTEXT);
	if (constraints == NULL)
		return result;
	sd_json_walk(&walk, constraints);
	while (sd_json_next_member(&walk, &key, &value))
	{
		JsonbContainer *constraint = sd_json_as_object(&value);
		char name[TABLE_KEY_SIZE];
		TableKeys *keys;
		char *of;
		bool known;

		CHECK_FOR_INTERRUPTS();
		if (constraint == NULL ||
			!sd_ddl_is(constraint, "constraint_type", "foreign key"))
			continue;
		of = qualified(constraint, "schema_name", "table_name");
		if (of == NULL)
			continue;
		strlcpy(name, of, sizeof(name));
		keys = hash_search(result, name, HASH_ENTER, &known);
		if (!known)
			keys->constraints = NIL;
		keys->constraints = lappend(keys->constraints, constraint);
	}

	return result;
}

static bool
leaves(const SdMigrationObject *object)
{
	return !object->is_blocked && (object->action == SD_ACTION_DROP ||
								   object->action == SD_ACTION_REPLACE);
}

static bool
is_same_key(JsonbContainer *before, JsonbContainer *now)
{
	char *definition =
		before != NULL ? sd_json_get_text(before, "definition") : NULL;
	char *new_definition = sd_json_get_text(now, "definition");

	return definition != NULL && new_definition != NULL &&
		   sd_ddl_is(before, "constraint_type", "foreign key") &&
		   sd_ddl_compare(definition, new_definition) == 0;
}

/* What a partition is detached from, or NULL. */
static char *
detached_from(SdMigrationObject *table)
{
	char *before;
	char *now;

	if (table->old_object == NULL || table->new_object == NULL ||
		!sd_json_get_bool(table->old_object, "is_partition"))
		return NULL;
	before = qualified(table->old_object, "parent_schema", "parent_name");
	now = sd_json_get_bool(table->new_object, "is_partition")
			  ? qualified(table->new_object, "parent_schema", "parent_name")
			  : NULL;

	return now != NULL && before != NULL && sd_ddl_compare(before, now) == 0
			   ? NULL
			   : before;
}

/* What a table of the old document is a partition of, or NULL. */
static char *
parent_of(SdMigration *migration, const char *table)
{
	JsonbContainer *object = find_object(migration, false, "tables", table);

	return object != NULL && sd_json_get_bool(object, "is_partition")
			   ? qualified(object, "parent_schema", "parent_name")
			   : NULL;
}

static const char *const unlike_reason =
	"a table that gets this parent has to have the same";

/*
 * sd_migration_leave_unlike_checks
 *		A check of a table that becomes a child has to be that of its parent to
 *		the letter, as the server prints it.  But the text of a list of strings
 *		is another one once it was read from a text: then both have to be made
 *		of their texts.
 */
void
sd_migration_leave_unlike_checks(SdMigration *migration)
{
	List *tables = list_copy(migration->all);
	List *checks = read_checks(migration);
	bool is_more = checks != NIL;

	while (is_more)
	{
		ListCell *lc;

		is_more = false;
		foreach (lc, tables)
		{
			SdMigrationObject *table = lfirst(lc);

			CHECK_FOR_INTERRUPTS();
			if (sd_ddl_compare(table->kind, "tables") == 0 &&
				table->new_object != NULL &&
				JsonContainerIsObject(table->new_object))
				is_more |= leave_checks_of_child(migration, table, checks);
		}
	}
}

/* The checks of the new document that may be printed in different ways. */
static List *
read_checks(SdMigration *migration)
{
	JsonbContainer *constraints =
		sd_json_get_object(&migration->documents[1]->root, "constraints");
	List *checks = NIL;
	SdJsonWalk walk;
	JsonbValue key;
	JsonbValue value;

	if (constraints == NULL)
		return NIL;
	sd_json_walk(&walk, constraints);
	while (sd_json_next_member(&walk, &key, &value))
	{
		JsonbContainer *constraint = sd_json_as_object(&value);
		SdMigrationObject *object;
		char *definition;

		CHECK_FOR_INTERRUPTS();
		if (constraint == NULL ||
			!sd_ddl_is(constraint, "constraint_type", "check"))
			continue;
		definition = sd_json_get_text(constraint, "definition");
		if (definition == NULL || strstr(definition, "::") == NULL)
			continue;
		object = sd_migration_get(migration, true, "constraints",
								  sd_json_as_text(&key));
		checks = lappend(checks, object);
	}

	return checks;
}

/* Let the checks that a table and its new parents have be alike. */
static bool
leave_checks_of_child(SdMigration *migration, SdMigrationObject *table,
					  List *checks)
{
	bool is_more = false;
	ListCell *lc;
	ListCell *lc2;

	foreach (lc, sd_migration_parents(table->new_object))
	{
		SdMigrationObject *parent =
			sd_migration_find(migration, true, "tables", lfirst(lc));

		if (parent == NULL || !becomes_child(table, parent->new_identity))
			continue;
		foreach (lc2, checks)
		{
			SdMigrationObject *above = lfirst(lc2);
			SdMigrationObject *own;
			const char *name;

			if (sd_migration_new_table_of(migration, above) != parent)
				continue;
			name = pstrdup(sd_ddl_quote_identifier(
				sd_json_get_text(above->new_object, "constraint_name")));
			own =
				sd_migration_find(migration, true, "constraints",
								  psprintf("%s.%s", table->new_identity, name));
			if (own == NULL || prints_alike(origin_of(migration, above), own))
				continue;
			/* one that is made as a child just has the parent's */
			if (is_made(table) &&
				!sd_json_get_bool(table->new_object, "is_partition") &&
				!sd_ddl_flag(own->new_object, "is_local", true))
				continue;
			is_more |= leave_unlike_check(migration, table, name);
			is_more |= leave_unlike_check(migration, parent, name);
		}
	}

	return is_more;
}

/* A table that is made as a child has the check as its parent prints it. */
static SdMigrationObject *
origin_of(SdMigration *migration, SdMigrationObject *check)
{
	SdMigrationObject *table = sd_migration_new_table_of(migration, check);
	const char *name = sd_ddl_quote_identifier(
		sd_json_get_text(check->new_object, "constraint_name"));
	ListCell *lc;

	check_stack_depth();
	if (table == NULL || !is_made(table) ||
		sd_ddl_flag(check->new_object, "is_local", true))
		return check;
	name = pstrdup(name);
	foreach (lc, sd_json_get_texts(table->new_object, "inherits"))
	{
		SdMigrationObject *above =
			sd_migration_find(migration, true, "constraints",
							  psprintf("%s.%s", (char *) lfirst(lc), name));

		if (above != NULL)
			return origin_of(migration, above);
	}

	return check;
}

/* With that of its parents, of which it may be. */
static bool
leave_unlike_check(SdMigration *migration, SdMigrationObject *table,
				   const char *name)
{
	SdMigrationObject *check;
	bool is_more = false;
	ListCell *lc;

	if (table == NULL)
		return false;
	check = sd_migration_find(migration, true, "constraints",
							  psprintf("%s.%s", table->new_identity, name));
	if (check == NULL)
		return false;
	if (check->old_object != NULL && check->action != SD_ACTION_REPLACE &&
		!check->is_blocked)
	{
		sd_migration_leave(migration, check, unlike_reason);
		is_more = true;
	}
	foreach (lc, sd_migration_parents(table->new_object))
		is_more |= leave_unlike_check(
			migration, sd_migration_find(migration, true, "tables", lfirst(lc)),
			name);

	return is_more;
}

/* Will the server print both in the same way? */
static bool
prints_alike(const SdMigrationObject *a, const SdMigrationObject *b)
{
	const SdMigrationObject *objects[] = {a, b};
	bool is_made[2];
	char *definitions[2];

	for (int i = 0; i < 2; i++)
	{
		char *words;

		is_made[i] = objects[i]->old_object == NULL ||
					 objects[i]->action == SD_ACTION_REPLACE;
		definitions[i] = sd_json_get_text(is_made[i] ? objects[i]->new_object
													 : objects[i]->old_object,
										  "definition");
		/* which either may be without the other */
		words = definitions[i] != NULL ? strstr(definitions[i], " NOT VALID")
									   : NULL;
		if (words != NULL && words[strlen(" NOT VALID")] == '\0')
			*words = '\0';
	}
	if (is_made[0] && is_made[1])
		return true;
	for (int i = 0; i < 2; i++)
	{
		if (is_made[i] && definitions[i] != NULL &&
			strstr(definitions[i], "])::") != NULL)
			return false;
	}

	return sd_ddl_compare(definitions[0], definitions[1]) == 0;
}

/*
 * sd_migration_leave_unvalidated_checks
 *		A table that is made as a child gets the check of its parent as a valid
 *		one, also where the parent's is NOT VALID.  Where it should not be valid
 *		either, the parent's has to come back after the table is there.
 */
void
sd_migration_leave_unvalidated_checks(SdMigration *migration)
{
	JsonbContainer *constraints =
		sd_json_get_object(&migration->documents[1]->root, "constraints");
	SdJsonWalk walk;
	JsonbValue key;
	JsonbValue value;

	if (constraints == NULL)
		return;
	sd_json_walk(&walk, constraints);
	while (sd_json_next_member(&walk, &key, &value))
	{
		JsonbContainer *constraint = sd_json_as_object(&value);
		SdMigrationObject *table;
		char *of;

		CHECK_FOR_INTERRUPTS();
		if (constraint == NULL ||
			!sd_ddl_is(constraint, "constraint_type", "check") ||
			sd_ddl_flag(constraint, "is_local", true) ||
			sd_ddl_flag(constraint, "is_validated", true) ||
			!sd_ddl_flag(constraint, "is_enforced", true))
			continue;
		of = qualified(constraint, "schema_name", "table_name");
		table = of != NULL ? sd_migration_find(migration, true, "tables", of)
						   : NULL;
		if (table != NULL && (table->action == SD_ACTION_CREATE ||
							  table->action == SD_ACTION_REPLACE))
			leave_check_of_parents(
				migration, table->new_object,
				pstrdup(sd_ddl_quote_identifier(
					sd_json_get_text(constraint, "constraint_name"))));
	}
}

/* With what its children have of it: that is made valid again. */
static void
leave_check_of_parents(SdMigration *migration, JsonbContainer *table,
					   const char *name)
{
	ListCell *lc;

	foreach (lc, sd_json_get_texts(table, "inherits"))
	{
		const char *parent = lfirst(lc);
		SdMigrationObject *check = sd_migration_find(
			migration, true, "constraints", psprintf("%s.%s", parent, name));
		JsonbContainer *object = find_object(migration, true, "tables", parent);

		CHECK_FOR_INTERRUPTS();
		if (check != NULL && check->old_object != NULL)
		{
			sd_migration_leave(migration, check,
							   "a new child should have it NOT VALID as well");
			leave_check_of_all_children(migration, parent, name);
		}
		if (object != NULL)
			leave_check_of_parents(migration, object, name);
	}
}

static void
leave_check_of_all_children(SdMigration *migration, const char *parent,
							const char *name)
{
	JsonbContainer *tables =
		sd_json_get_object(&migration->documents[1]->root, "tables");
	SdJsonWalk walk;
	JsonbValue key;
	JsonbValue value;

	if (tables == NULL)
		return;
	sd_json_walk(&walk, tables);
	while (sd_json_next_member(&walk, &key, &value))
	{
		JsonbContainer *object = sd_json_as_object(&value);
		char *child = sd_json_as_text(&key);
		ListCell *lc;

		CHECK_FOR_INTERRUPTS();
		foreach (lc,
				 object != NULL ? sd_json_get_texts(object, "inherits") : NIL)
		{
			SdMigrationObject *check;

			if (sd_ddl_compare(lfirst(lc), parent) != 0)
				continue;
			check = sd_migration_find(migration, true, "constraints",
									  psprintf("%s.%s", child, name));
			if (check != NULL && check->old_object != NULL)
				sd_migration_leave(migration, check,
								   "its parent's is made again");
			leave_check_of_all_children(migration, child, name);
		}
	}
}

static bool
becomes_child(SdMigrationObject *table, const char *parent)
{
	return (is_made(table) || sd_migration_gets_parent(table)) &&
		   sd_migration_has_text(sd_migration_parents(table->new_object),
								 parent);
}

static bool
is_made(const SdMigrationObject *table)
{
	return table->old_object == NULL ||
		   (table->action == SD_ACTION_REPLACE && !table->is_blocked);
}

/* Has the partition an index that is attached to this one? */
static bool
has_child_on(SdMigration *migration, const TableNodes *partition,
			 const char *index)
{
	ListCell *lc;

	foreach (lc, partition->indexes)
	{
		SdDdlNode *node = lfirst(lc);
		JsonbContainer *object =
			find_object(migration, true, "indexes", node->identity);
		char *parent = object != NULL
						   ? qualified(object, "parent_schema", "parent_index")
						   : NULL;

		if (parent != NULL && sd_ddl_compare(parent, index) == 0)
			return true;
	}

	return false;
}

/* The nodes of a document's tables. */
static HTAB *
read_tables(SdMigration *migration, bool is_new)
{
	HASHCTL control = {0};
	HTAB *tables;
	ListCell *lc;

	control.keysize = TABLE_KEY_SIZE;
	control.entrysize = sizeof(TableNodes);
	control.hcxt = CurrentMemoryContext;
	tables = hash_create("stormdisc partitions", 256, &control,
						 HASH_ELEM | HASH_STRINGS | HASH_CONTEXT);

	foreach (lc, migration->ddl[is_new]->nodes)
	{
		SdDdlNode *node = lfirst(lc);
		JsonbContainer *object;
		char *name;

		CHECK_FOR_INTERRUPTS();
		if (node->phase == SD_DDL_TABLES &&
			sd_ddl_compare(node->kind, "tables") == 0)
			get_table(tables, node->identity)->table = node;
		else if (sd_ddl_compare(node->kind, "partitions") == 0)
		{
			object = find_object(migration, is_new, "tables", node->identity);
			name = object != NULL
					   ? qualified(object, "parent_schema", "parent_name")
					   : NULL;
			if (name == NULL)
				continue;
			get_table(tables, node->identity)->attach = node;
			get_table(tables, name)->partitions =
				lappend(get_table(tables, name)->partitions, node);
		}
		else if (node->phase == SD_DDL_INDEXES &&
				 (sd_ddl_compare(node->kind, "indexes") == 0 ||
				  sd_ddl_compare(node->kind, "constraints") == 0))
		{
			object = find_object(migration, is_new, node->kind, node->identity);
			name = object != NULL
					   ? qualified(object, "schema_name", "table_name")
					   : NULL;
			/* a check's comment, or VALIDATE, is none */
			if (name == NULL ||
				(sd_ddl_compare(node->kind, "constraints") == 0 &&
				 sd_json_get_text(object, "index_name") == NULL))
				continue;
			get_table(tables, name)->indexes =
				lappend(get_table(tables, name)->indexes, node);
		}
		else if (node->phase == SD_DDL_INDEX_PARTITIONS)
		{
			/* of the table that the partition is of */
			object = find_object(migration, is_new, "indexes", node->identity);
			if (object == NULL)
				object = find_object(migration, is_new, "constraints",
									 node->identity);
			name = object != NULL
					   ? qualified(object, "schema_name", "table_name")
					   : NULL;
			object = name != NULL
						 ? find_object(migration, is_new, "tables", name)
						 : NULL;
			name = object != NULL
					   ? qualified(object, "parent_schema", "parent_name")
					   : NULL;
			if (name != NULL)
				get_table(tables, name)->index_children =
					lappend(get_table(tables, name)->index_children, node);
		}
	}

	return tables;
}

static TableNodes *
get_table(HTAB *tables, const char *name)
{
	char key[TABLE_KEY_SIZE];
	TableNodes *table;
	bool known;

	strlcpy(key, name, sizeof(key));
	table = hash_search(tables, key, HASH_ENTER, &known);
	if (!known)
		memset((char *) table + offsetof(TableNodes, table), 0,
			   sizeof(TableNodes) - offsetof(TableNodes, table));

	return table;
}

static char *
qualified(JsonbContainer *object, const char *schema_key, const char *name_key)
{
	char *schema = sd_json_get_text(object, schema_key);
	char *name = sd_json_get_text(object, name_key);

	return schema != NULL && name != NULL ? sd_ddl_quote_qualified(schema, name)
										  : NULL;
}

static JsonbContainer *
find_object(SdMigration *migration, bool is_new, const char *kind,
			const char *identity)
{
	return sd_ddl_object(migration->ddl[is_new], kind, identity);
}
