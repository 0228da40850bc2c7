/*-------------------------------------------------------------------------
 *
 * migration_plan.c
 *	  What a migration does to each object, and in which order.
 *
 * Both documents are taken apart into the nodes of their DDL, which know what
 * they name.  An object that goes, or is made anew, takes with it whatever
 * names it in the old document; what of that is in the new document comes back
 * by the new document's own statements.  So drops run in the reverse order of
 * the old document's DDL, and everything else in the order of the new one's.
 *
 * Tables are the exception, because they have rows: one that names what goes
 * is altered.  migration_tables.c finds out how.
 *
 * Where rows would be lost and nobody asked for that, the object stays, and so
 * does what it needs; what needs the new one is left out.
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include <limits.h>

#include "common/hashfn.h"
#include "miscadmin.h"
#include "utils/builtins.h"

#include "model/migration.h"
#include "model/migration_families.h"
#include "model/migration_tables.h"

typedef struct ObjectEntry
{
	uint64 hash; /* hash key */
	List *objects;
} ObjectEntry;

static void enter(SdMigration *migration, bool is_new,
				  SdMigrationObject *object);
static SdMigrationObject *new_object(SdMigration *migration, const char *kind,
									 const char *old_identity,
									 const char *new_identity);
static JsonbContainer *read_object(SdMigration *migration, bool is_new,
								   const char *kind, const char *identity);
static void read_changes(SdMigration *migration);
static SdMigrationObject *table_of_row(SdMigration *migration,
									   const SdDiffRow *row);
static void build_graphs(SdMigration *migration);
static void enter_nodes(SdMigration *migration, bool is_new, List *nodes);
static void link_nodes(SdMigration *migration, bool is_new, List *nodes);

static void link_objects(SdMigrationObject *object, SdMigrationObject *needed,
						 bool is_new);
static void link_attached(SdMigration *migration, bool is_new);
static void alter_objects(SdMigration *migration);
static bool follows_owner(const SdMigrationObject *object);
static bool is_owned_sequence(JsonbContainer *object);
static void alter_generally(SdMigration *migration, SdMigrationObject *object);
static void follow(SdMigration *migration);
static void leave_attached(SdMigration *migration, SdMigrationObject *object,
						   SdMigrationObject *dependent);
static bool leaves(const SdMigrationObject *object);
static void add_steps(SdMigration *migration);
static void drop(SdMigration *migration, SdMigrationObject *object);
static const char *concurrently(const char *statement);
static void break_loops(SdMigration *migration, SdMigrationObject *object);
static bool is_plain_index(SdMigration *migration, SdMigrationObject *object);
static bool is_late(SdMigrationObject *object);
static void spread_lateness(SdMigration *migration);
static bool is_made_of_functions(const SdMigrationObject *object);
static bool goes_with_type(const SdMigrationObject *object);
static void rename_range(SdMigration *migration, SdMigrationObject *object);
static void rename_multirange(SdMigration *migration, SdMigrationObject *object,
							  bool with_constructor);
static void rename_hidden_multirange(SdMigration *migration,
									 SdMigrationObject *object);
static bool goes_with_another(SdMigration *migration,
							  SdMigrationObject *object);
static void make(SdMigration *migration, SdMigrationObject *object);
static void skip(SdMigration *migration, SdMigrationObject *object);

/*
 * sd_migration_plan
 *		Fill migration->steps, in no order yet.
 */
void
sd_migration_plan(SdMigration *migration)
{
	HASHCTL control = {0};

	control.keysize = sizeof(uint64);
	control.entrysize = sizeof(ObjectEntry);
	control.hcxt = CurrentMemoryContext;
	for (int i = 0; i < 2; i++)
		migration->objects[i] =
			hash_create("stormdisc migration", 1024, &control,
						HASH_ELEM | HASH_BLOBS | HASH_CONTEXT);

	read_changes(migration);
	build_graphs(migration);
	alter_objects(migration);
	sd_migration_leave_lonely_indexes(migration);
	sd_migration_leave_unlike_checks(migration);
	sd_migration_leave_unvalidated_checks(migration);
	if (!migration->options.destructive)
		sd_migration_block(migration);
	migration->is_decided = true;
	follow(migration);
	sd_migration_order_parents(migration);
	sd_migration_privileges(migration);
	spread_lateness(migration);
	sd_migration_rename_numbered(migration);
	add_steps(migration);
}

/* sd_migration_hash: Of a kind of names, and one of them. */
uint64
sd_migration_hash(const char *kind, const char *identity)
{
	return hash_bytes_extended((const unsigned char *) identity,
							   strlen(identity), 0) ^
		   hash_bytes_extended((const unsigned char *) kind, strlen(kind), 1);
}

static void
enter(SdMigration *migration, bool is_new, SdMigrationObject *object)
{
	uint64 hash = sd_migration_hash(
		object->kind, is_new ? object->new_identity : object->old_identity);
	ObjectEntry *entry;
	bool known;

	entry = hash_search(migration->objects[is_new], &hash, HASH_ENTER, &known);
	if (!known)
		entry->objects = NIL;
	entry->objects = lappend(entry->objects, object);
}

/*
 * sd_migration_find
 *		The object of this name in one of the documents, or NULL.
 */
SdMigrationObject *
sd_migration_find(SdMigration *migration, bool is_new, const char *kind,
				  const char *identity)
{
	uint64 hash = sd_migration_hash(kind, identity);
	ObjectEntry *entry =
		hash_search(migration->objects[is_new], &hash, HASH_FIND, NULL);
	ListCell *lc;

	if (entry == NULL)
		return NULL;
	foreach (lc, entry->objects)
	{
		SdMigrationObject *object = lfirst(lc);

		if (sd_ddl_compare(object->kind, kind) == 0 &&
			sd_ddl_compare(is_new ? object->new_identity : object->old_identity,
						   identity) == 0)
			return object;
	}

	return NULL;
}

static SdMigrationObject *
new_object(SdMigration *migration, const char *kind, const char *old_identity,
		   const char *new_identity)
{
	SdMigrationObject *object = palloc0(sizeof(SdMigrationObject));

	object->kind = kind;
	object->old_identity = old_identity;
	object->new_identity = new_identity;
	object->old_position = object->new_position = -1;
	if (old_identity != NULL)
	{
		object->old_object = read_object(migration, false, kind, old_identity);
		enter(migration, false, object);
	}
	if (new_identity != NULL)
	{
		object->new_object = read_object(migration, true, kind, new_identity);
		enter(migration, true, object);
	}

	return object;
}

static JsonbContainer *
read_object(SdMigration *migration, bool is_new, const char *kind,
			const char *identity)
{
	JsonbContainer *objects =
		sd_json_get_object(&migration->documents[is_new]->root, kind);
	JsonbValue value;

	if (objects == NULL || !sd_json_get(objects, identity, &value) ||
		value.type != jbvBinary)
		return NULL;

	return value.val.binary.data;
}

/* sd_migration_get: The object of this name, which is in this document. */
SdMigrationObject *
sd_migration_get(SdMigration *migration, bool is_new, const char *kind,
				 const char *identity)
{
	SdMigrationObject *object =
		sd_migration_find(migration, is_new, kind, identity);

	if (object != NULL)
		return object;
	/* what has no difference is in both, unless nothing of it counts */
	if (read_object(migration, !is_new, kind, identity) != NULL &&
		sd_migration_find(migration, !is_new, kind, identity) == NULL)
		return new_object(migration, kind, identity, identity);

	return is_new ? new_object(migration, kind, NULL, identity)
				  : new_object(migration, kind, identity, NULL);
}

/* Let each object know how it differs. */
static void
read_changes(SdMigration *migration)
{
	SdDiffResult *diff = migration->diff;
	ListCell *lc;

	foreach (lc, diff->pairs)
	{
		SdDiffPair *pair = lfirst(lc);

		(void) new_object(migration, pair->kind, pair->old_identity,
						  pair->new_identity);
	}
	for (int i = 0; i < diff->count; i++)
	{
		SdDiffRow *row = &diff->rows[i];
		bool is_part = sd_ddl_compare(row->kind, "columns") == 0 ||
					   sd_ddl_compare(row->kind, "partitions") == 0;
		SdMigrationObject *object;

		CHECK_FOR_INTERRUPTS();
		if (row->attribute != NULL || is_part)
		{
			object = is_part ? table_of_row(migration, row)
							 : sd_migration_get(migration, false, row->kind,
												row->identity);
			if (object->changes == NIL)
				migration->all = lappend(migration->all, object);
			object->changes = lappend(object->changes, row);
			object->action = SD_ACTION_ALTER;
		}
		else
		{
			object =
				row->has_new
					? new_object(migration, row->kind, NULL, row->identity)
					: new_object(migration, row->kind, row->identity, NULL);
			migration->all = lappend(migration->all, object);
			object->action = row->has_new ? SD_ACTION_CREATE : SD_ACTION_DROP;
			object->changes = list_make1(row);
		}
		object->is_listed = true;
	}
}

/* The table or view of a column or partition. */
static SdMigrationObject *
table_of_row(SdMigration *migration, const SdDiffRow *row)
{
	const char *identity = row->identity;
	List *names;

	if (sd_ddl_compare(row->kind, "partitions") == 0)
		return sd_migration_get(migration, false, "tables", identity);
	(void) sd_migration_column_name(identity);
	names = sd_sql_identifiers(identity);
	identity = sd_ddl_quote_qualified(linitial(names), lsecond(names));

	return sd_migration_get(
		migration, false,
		read_object(migration, false, "tables", identity) != NULL ? "tables"
																  : "views",
		identity);
}

/* The nodes of both documents, and what depends on what in the old one. */
static void
build_graphs(SdMigration *migration)
{
	SdDdlOptions options = {0};
	List *nodes[2];

	for (int i = 0; i < 2; i++)
	{
		options.attaches_late = true;
		migration->ddl[i] =
			sd_ddl_build(list_make1(migration->documents[i]), &options);
		sd_migration_order_partitions(migration, i == 1);
		nodes[i] = sd_ddl_order(migration->ddl[i]);
		enter_nodes(migration, i == 1, nodes[i]);
	}
	link_nodes(migration, false, nodes[0]);
	if (!migration->options.destructive)
		link_nodes(migration, true, nodes[1]);
	link_attached(migration, false);
	if (!migration->options.destructive)
		link_attached(migration, true);
}

static void
enter_nodes(SdMigration *migration, bool is_new, List *nodes)
{
	ListCell *lc;
	int position = 0;

	foreach (lc, nodes)
	{
		SdDdlNode *node = lfirst(lc);
		SdMigrationObject *object;
		ListCell *lc2;

		CHECK_FOR_INTERRUPTS();
		node->number = position++;
		if (node->phase == SD_DDL_SETTINGS || node->phase == SD_DDL_WARNINGS)
			continue;
		object = sd_migration_object_of(migration, is_new, node);
		if (is_new)
		{
			object->new_nodes = lappend(object->new_nodes, node);
			if (object->new_position < 0)
				object->new_position = node->number;
		}
		else
		{
			object->old_nodes = lappend(object->old_nodes, node);
			/* a shell goes with the type, and this before what it needs */
			if (object->old_position < 0 || node->shell != NULL)
				object->old_position = node->number;
		}
		/* what is in a table, but is none of its columns */
		foreach (lc2, node->items)
		{
			SdDdlItem *item = lfirst(lc2);
			SdMigrationObject *within;

			if (sd_ddl_compare(item->kind, node->kind) == 0)
				continue;
			within =
				sd_migration_get(migration, is_new, item->kind, item->identity);
			if (is_new)
				within->new_item = item;
			/* one that comes later has a node of its own */
			if (item->is_later)
				continue;
			if (is_new)
				within->new_position = node->number;
			else
				within->old_position = node->number;
		}
	}
}

/* sd_migration_object_of: What a node of one of the documents is of. */
SdMigrationObject *
sd_migration_object_of(SdMigration *migration, bool is_new, SdDdlNode *node)
{
	const char *kind = node->kind;

	if (sd_ddl_compare(kind, "partitions") == 0)
		kind = "tables";
	/* the index of a constraint goes under the constraint's name */
	if (sd_ddl_compare(kind, "indexes") == 0 &&
		read_object(migration, is_new, kind, node->identity) == NULL)
		kind = "constraints";

	return sd_migration_get(migration, is_new, kind, node->identity);
}

static void
link_nodes(SdMigration *migration, bool is_new, List *nodes)
{
	ListCell *lc;

	foreach (lc, nodes)
	{
		SdDdlNode *node = lfirst(lc);
		SdMigrationObject *object;
		ListCell *lc2;

		CHECK_FOR_INTERRUPTS();
		if (node->phase == SD_DDL_SETTINGS || node->phase == SD_DDL_WARNINGS)
			continue;
		object = sd_migration_object_of(migration, is_new, node);
		foreach (lc2, node->references)
		{
			SdMigrationObject *needed =
				sd_migration_object_of(migration, is_new, lfirst(lc2));

			link_objects(object, needed, is_new);
		}
	}
}

static void
link_objects(SdMigrationObject *object, SdMigrationObject *needed, bool is_new)
{
	List **dependents = is_new ? &needed->new_dependents : &needed->dependents;

	if (object == needed ||
		(*dependents != NIL && llast(*dependents) == object))
		return;
	*dependents = lappend(*dependents, object);
	if (!is_new)
		object->needs = lappend(object->needs, needed);
}

/* What does not name its object in a statement that is read. */
static void
link_attached(SdMigration *migration, bool is_new)
{
	static const char *const kinds[] = {"privileges", "security_labels",
										"extension_dependencies"};

	for (int i = 0; i < lengthof(kinds); i++)
	{
		JsonbContainer *objects =
			sd_json_get_object(&migration->documents[is_new]->root, kinds[i]);
		SdJsonWalk walk;
		JsonbValue key;
		JsonbValue value;

		if (objects == NULL)
			continue;
		sd_json_walk(&walk, objects);
		while (sd_json_next_member(&walk, &key, &value))
		{
			char *identity = sd_json_as_text(&key);
			SdMigrationObject *target =
				sd_migration_target(migration, is_new, identity);

			CHECK_FOR_INTERRUPTS();
			if (target != NULL)
				link_objects(
					sd_migration_get(migration, is_new, kinds[i], identity),
					target, is_new);
		}
	}
}

/*
 * sd_migration_target
 *		What privileges and the like are on in one of the documents: "table
 *		app.t", "column app.t.c", "function app.f(integer)" ...  NULL: it has
 *		none.
 */
SdMigrationObject *
sd_migration_target(SdMigration *migration, bool is_new, const char *identity)
{
	static const struct
	{
		const char *type;
		const char *kind;
		const char *prefix;
	} types[] = {
		{"materialized view ", "views", ""},
		{"foreign table ", "tables", ""},
		{"foreign data wrapper ", "foreign_servers", "wrapper "},
		{"foreign server ", "foreign_servers", "server "},
		{"server ", "foreign_servers", "server "},
		{"table ", "tables", ""},
		{"view ", "views", ""},
		{"index ", "indexes", ""},
		{"sequence ", "sequences", ""},
		{"schema ", "schemas", ""},
		{"function ", "functions", ""},
		{"procedure ", "functions", ""},
		{"aggregate ", "functions", ""},
		{"type ", "types", ""},
		{"domain ", "types", ""},
		{"language ", "languages", ""},
		{"publication ", "publications", ""},
		{"trigger ", "triggers", ""},
		{"event trigger ", "event_triggers", ""},
	};
	static const char *const ends[] = {" for ", " on extension "};

	if (strncmp(identity, "column ", 7) == 0)
	{
		List *names = sd_sql_identifiers(identity + 7);
		SdMigrationObject *object;
		char *table;

		if (list_length(names) != 3)
			return NULL;
		table = sd_ddl_quote_qualified(linitial(names), lsecond(names));
		object = sd_migration_find(migration, is_new, "tables", table);
		if (object == NULL)
			object = sd_migration_find(migration, is_new, "views", table);

		return object;
	}
	for (int i = 0; i < lengthof(types); i++)
	{
		int length = strlen(types[i].type);
		SdMigrationObject *object;
		char *name;

		if (strncmp(identity, types[i].type, length) != 0)
			continue;
		name = psprintf("%s%s", types[i].prefix, identity + length);
		object = sd_migration_find(migration, is_new, types[i].kind, name);
		for (int j = 0; j < lengthof(ends) && object == NULL; j++)
		{
			for (char *at = strstr(name, ends[j]); at != NULL && object == NULL;
				 at = strstr(at + 1, ends[j]))
				object = sd_migration_find(migration, is_new, types[i].kind,
										   pnstrdup(name, at - name));
		}

		return object;
	}

	return NULL;
}

/* Does the object go, be it for ever or for a moment? */
static bool
leaves(const SdMigrationObject *object)
{
	return object->action == SD_ACTION_DROP ||
		   object->action == SD_ACTION_REPLACE;
}

/* Find out what of the objects that differ can be altered. */
static void
alter_objects(SdMigration *migration)
{
	List *all = list_copy(migration->all);
	ListCell *lc;

	foreach (lc, all)
	{
		SdMigrationObject *object = lfirst(lc);
		const SdMigrationKind *kind = sd_migration_kind(object->kind);

		CHECK_FOR_INTERRUPTS();
		if (object->action != SD_ACTION_ALTER || object->is_blocked)
			continue;
		alter_generally(migration, object);
		if (kind != NULL && kind->alter != NULL && object->changes != NIL)
			kind->alter(migration, object);
		/* when it is known which objects are made again */
		if (sd_ddl_compare(object->kind, "privileges") == 0)
			continue;
		if (object->changes != NIL)
		{
			SdDiffRow *row = linitial(object->changes);

			sd_migration_leave(
				migration, object,
				psprintf("%s cannot be altered",
						 row->attribute != NULL ? row->attribute : row->kind));
		}
	}
	list_free(all);
}

/* A sequence that belongs to a column has the owner of the table. */
static bool
follows_owner(const SdMigrationObject *object)
{
	static const char *const keys[] = {"owner_schema", "owner_table"};

	if (sd_ddl_compare(object->kind, "sequences") != 0)
		return false;
	for (int i = 0; i < lengthof(keys); i++)
	{
		char *before = sd_json_get_text(object->old_object, keys[i]);
		char *now = sd_json_get_text(object->new_object, keys[i]);

		if (before == NULL || now == NULL || sd_ddl_compare(before, now) != 0)
			return false;
	}

	return true;
}

static bool
is_owned_sequence(JsonbContainer *object)
{
	return sd_json_get_text(object, "owner_column") != NULL;
}

/* Comments and owners, which most kinds have. */
static void
alter_generally(SdMigration *migration, SdMigrationObject *object)
{
	SdMigrationName name;

	if (!sd_migration_name(object, true, &name))
		return;
	if (sd_ddl_compare(object->kind, "extensions") != 0 &&
		sd_migration_change(object, "owner") != NULL)
	{
		char *owner = sd_json_get_text(object->new_object, "owner");

		if (owner != NULL)
		{
			(void) sd_migration_take(object, "owner");
			migration->diff_owners = lappend(migration->diff_owners, object);
			if (!follows_owner(object))
				sd_migration_step(migration, object, SD_STAGE_CHANGE,
								  "ALTER %s %s OWNER TO %s", name.what,
								  name.name, sd_ddl_quote_identifier(owner))
					->rank = is_owned_sequence(object->old_object) ? 2 : 0;
		}
	}
	if (sd_migration_take(object, "comment"))
	{
		char *comment = sd_json_get_text(object->new_object, "comment");

		(void) sd_migration_step(migration, object, SD_STAGE_CHANGE,
								 "COMMENT ON %s %s IS %s", name.what, name.name,
								 comment != NULL ? sd_ddl_quote_literal(comment)
												 : "NULL");
	}
}

/*
 * sd_migration_leave
 *		The object has to go, and to come back if the new document has it.
 */
void
sd_migration_leave(SdMigration *migration, SdMigrationObject *object,
				   const char *reason)
{
	if (leaves(object) || object->old_object == NULL || object->is_blocked)
		return;
	/* whatever the reason, rows stay */
	if (migration->is_decided && !migration->options.destructive &&
		sd_ddl_compare(object->kind, "tables") == 0 &&
		!sd_ddl_is(object->old_object, "table_type", "partitioned table") &&
		!sd_ddl_is(object->old_object, "table_type", "foreign table"))
	{
		object->is_blocked = true;
		object->reason = reason;
		return;
	}
	object->action =
		object->new_object != NULL ? SD_ACTION_REPLACE : SD_ACTION_DROP;
	object->steps = NIL;
	object->reason = reason;
	if (!object->is_listed)
		migration->all = lappend(migration->all, object);
	object->is_listed = true;
	migration->leaving = lappend(migration->leaving, object);
}

/*
 * sd_migration_say_again
 *		The server makes the object again, and forgets what was said of it.
 */
void
sd_migration_say_again(SdMigration *migration, SdMigrationObject *object)
{
	ListCell *lc;

	foreach (lc, object->dependents)
	{
		SdMigrationObject *said = lfirst(lc);

		if ((sd_ddl_compare(said->kind, "extension_dependencies") != 0 &&
			 sd_ddl_compare(said->kind, "column_options") != 0) ||
			said->new_object == NULL || leaves(said) || said->is_blocked)
			continue;
		said->action = SD_ACTION_CREATE;
		said->steps = NIL;
		if (!said->is_listed)
			migration->all = lappend(migration->all, said);
		said->is_listed = true;
	}
}

/* Let everything go that needs what goes. */
static void
follow(SdMigration *migration)
{
	ListCell *lc;

	foreach (lc, migration->all)
	{
		SdMigrationObject *object = lfirst(lc);

		if (object->action == SD_ACTION_DROP && !object->is_blocked)
			migration->leaving = lappend(migration->leaving, object);
	}
	/* it grows on the way */
	for (int i = 0; i < list_length(migration->leaving); i++)
	{
		SdMigrationObject *object = list_nth(migration->leaving, i);

		CHECK_FOR_INTERRUPTS();
		foreach (lc, object->dependents)
		{
			SdMigrationObject *dependent = lfirst(lc);

			if (leaves(dependent))
				continue;
			if (sd_ddl_compare(dependent->kind, "tables") == 0)
				sd_migration_table_loses(migration, dependent, object);
			else
				leave_attached(migration, object, dependent);
		}
		sd_migration_leaves_with(migration, object);
	}
	migration->leaving = NIL;
}

/* A dependent of what goes goes as well. */
static void
leave_attached(SdMigration *migration, SdMigrationObject *object,
			   SdMigrationObject *dependent)
{
	sd_migration_leave(migration, dependent,
					   psprintf("it needs %s, which %s", object->old_identity,
								object->action == SD_ACTION_DROP
									? "is dropped"
									: "is made again"));
}

/* The steps of everything, into one list. */
static void
add_steps(SdMigration *migration)
{
	ListCell *lc;
	ListCell *lc2;

	foreach (lc, migration->all)
	{
		SdMigrationObject *object = lfirst(lc);

		CHECK_FOR_INTERRUPTS();
		if (leaves(object))
			drop(migration, object);
		if (object->action == SD_ACTION_CREATE ||
			object->action == SD_ACTION_REPLACE)
			make(migration, object);
		if (sd_ddl_compare(object->kind, "tables") == 0 && !leaves(object) &&
			object->action != SD_ACTION_CREATE)
			sd_migration_table_steps(migration, object);
		if (object->is_blocked)
			skip(migration, object);
		foreach (lc2, object->steps)
		{
			SdMigrationStep *step = lfirst(lc2);

			if (step->unless == NULL || !leaves(step->unless))
				migration->steps = lappend(migration->steps, step);
		}
	}
}

/* Show what is not done. */
static void
skip(SdMigration *migration, SdMigrationObject *object)
{
	ListCell *lc;

	/* the index of a constraint has no statement of its own */
	if (object->steps == NIL)
		(void) sd_migration_step(
			migration, object,
			object->new_object != NULL ? SD_STAGE_CHANGE : SD_STAGE_DROP,
			"-- %s stays as it is",
			object->old_identity != NULL ? object->old_identity
										 : object->new_identity);
	foreach (lc, object->steps)
	{
		SdMigrationStep *step = lfirst(lc);

		step->is_skipped = true;
		step->why = object->reason;
	}
}

/* The statement that drops an object, unless it goes with another. */
static void
drop(SdMigration *migration, SdMigrationObject *object)
{
	SdMigrationStep *step = NULL;
	SdMigrationName name;

	if (!object->is_blocked && goes_with_another(migration, object))
		return;
	/* the identity goes, not the sequence */
	if (sd_ddl_compare(object->kind, "sequences") == 0 &&
		sd_json_get_bool(object->old_object, "is_identity"))
		return;
	if (sd_ddl_compare(object->kind, "security_labels") == 0)
	{
		/* the statement that sets it ends with the label */
		SdDdlStatement *statement =
			linitial(((SdDdlNode *) linitial(object->old_nodes))->statements);
		char *label = sd_json_get_text(object->old_object, "label");
		int length = strlen(statement->text) -
					 strlen(label != NULL ? sd_ddl_quote_literal(label) : "");

		step = sd_migration_step(migration, object, SD_STAGE_DROP, "%sNULL",
								 pnstrdup(statement->text, length));
	}
	else if (sd_ddl_compare(object->kind, "extension_dependencies") == 0)
	{
		SdDdlStatement *statement =
			linitial(((SdDdlNode *) linitial(object->old_nodes))->statements);
		char *at = strstr(statement->text, " DEPENDS ON EXTENSION ");

		if (at != NULL)
			step = sd_migration_step(
				migration, object, SD_STAGE_DROP, "%s NO%s",
				pnstrdup(statement->text, at - statement->text), at);
	}
	else if (sd_ddl_compare(object->kind, "column_options") == 0)
		step = sd_migration_reset_column_options(migration, object);
	else if (!sd_migration_name(object, false, &name))
		return;
	else if (object->is_swapped)
	{
		if (sd_ddl_compare(object->kind, "types") == 0 &&
			sd_ddl_is(object->old_object, "type_kind", "range"))
			rename_range(migration, object);
		step = sd_migration_step(
			migration, object, SD_STAGE_DROP, "ALTER %s %s RENAME TO %s",
			name.what, name.name,
			sd_ddl_quote_identifier(sd_migration_swap_name(migration, object)));
	}
	else if (name.table != NULL)
		step =
			sd_migration_step(migration, object, SD_STAGE_DROP,
							  "ALTER TABLE %s DROP CONSTRAINT %s", name.table,
							  sd_ddl_quote_identifier(sd_json_get_text(
								  object->old_object, "constraint_name")));
	else
		step = sd_migration_step(
			migration, object, SD_STAGE_DROP, "DROP %s %s%s", name.what,
			name.name, is_made_of_functions(object) ? " CASCADE" : "");
	if (step == NULL)
		return;
	if (object->old_position < 0)
	{
		SdMigrationObject *table = sd_migration_table_of(migration, object);

		if (table != NULL)
			step->position = table->old_position;
	}
	if (sd_ddl_compare(object->kind, "constraints") == 0 &&
		sd_ddl_is(object->old_object, "constraint_type", "check"))
	{
		int depth;
		SdMigrationObject *top =
			sd_migration_top_of_check(migration, object, &depth);

		/* the one that it comes from goes first */
		if (top != NULL &&
			sd_ddl_int64(object->old_object, "inherited_count", 0) > 0)
		{
			step->position = top->old_position;
			step->rank = 1 + depth;
		}
		else
			sd_migration_let_children_leave(migration, object, step);
	}
	if (sd_ddl_compare(object->kind, "indexes") == 0 &&
		migration->options.concurrently && is_plain_index(migration, object))
	{
		step->statement = unconstify(char *, concurrently(step->statement));
		step->lock = sd_migration_lock(step->statement);
		step->alone = true;
	}
	if (is_late(object))
	{
		rename_hidden_multirange(migration, object);
		step->stage = SD_STAGE_FINISH;
		step->position = INT_MAX - object->old_position;
	}
	/* its table goes earlier, and would take it along */
	if (sd_ddl_compare(object->kind, "sequences") == 0 &&
		sd_json_get_text(object->old_object, "owner_column") != NULL)
		(void) sd_migration_step(migration, object, SD_STAGE_RELEASE,
								 "ALTER SEQUENCE %s OWNED BY NONE",
								 object->old_identity);
	break_loops(migration, object);
	if (sd_ddl_compare(object->kind, "operators") == 0)
		sd_migration_drop_promised(migration, object);
	step->why = object->reason;
	if (sd_ddl_compare(object->kind, "tables") == 0 ||
		(object->action == SD_ACTION_DROP && object->changes != NIL))
	{
		SdDiffRow *row =
			object->changes != NIL ? linitial(object->changes) : NULL;

		step->severity = row != NULL && row->attribute == NULL
							 ? row->severity
							 : SD_SEVERITY_DESTRUCTIVE;
		step->destructive = step->severity == SD_SEVERITY_DESTRUCTIVE;
	}
}

/*
 * What came later than the rest of the object goes earlier, if it needs what
 * goes as well: that may need the rest.
 */
static void
break_loops(SdMigration *migration, SdMigrationObject *object)
{
	ListCell *lc;
	ListCell *lc2;

	foreach (lc, object->old_nodes)
	{
		SdDdlNode *node = lfirst(lc);

		if (node->undo == NULL)
			continue;
		foreach (lc2, node->references)
		{
			SdMigrationObject *needed =
				sd_migration_object_of(migration, false, lfirst(lc2));

			if (needed == object || !leaves(needed))
				continue;
			(void) sd_migration_step(migration, object, SD_STAGE_RELEASE, "%s",
									 node->undo);
			break;
		}
	}
}

/* Is it an index that can be dropped while others use the table? */
static bool
is_plain_index(SdMigration *migration, SdMigrationObject *object)
{
	SdMigrationObject *table = sd_migration_table_of(migration, object);

	return table != NULL &&
		   sd_json_get_text(object->old_object, "constraint_name") == NULL &&
		   !sd_ddl_is(table->old_object, "table_type", "partitioned table");
}

/*
 * Does it go last?  Nobody knows what needs a schema or an extension, and some
 * types are needed until columns have others.
 */
static bool
is_late(SdMigrationObject *object)
{
	return object->action == SD_ACTION_DROP &&
		   (object->is_late || sd_ddl_compare(object->kind, "schemas") == 0 ||
			sd_ddl_compare(object->kind, "extensions") == 0);
}

/* What is needed late goes late, and what is needed under another name, too. */
static void
spread_lateness(SdMigration *migration)
{
	List *queue = NIL;
	ListCell *lc;

	foreach (lc, migration->all)
	{
		SdMigrationObject *object = lfirst(lc);

		if (leaves(object) && (object->is_late || object->is_swapped))
			queue = lappend(queue, object);
	}
	for (int i = 0; i < list_length(queue); i++)
	{
		SdMigrationObject *object = list_nth(queue, i);

		foreach (lc, object->needs)
		{
			SdMigrationObject *needed = lfirst(lc);

			if (!leaves(needed) || needed->is_late || needed->is_swapped ||
				sd_ddl_compare(needed->kind, "tables") == 0)
				continue;
			if (needed->action == SD_ACTION_DROP)
				needed->is_late = true;
			else
				needed->is_swapped = true;
			queue = lappend(queue, needed);
		}
	}
}

/* A base type, and a range, may have functions that need it. */
static bool
is_made_of_functions(const SdMigrationObject *object)
{
	return sd_ddl_compare(object->kind, "types") == 0 &&
		   (sd_ddl_is(object->old_object, "type_kind", "base") ||
			sd_json_get_text(object->old_object, "canonical") != NULL);
}

/* Is it one of these functions, and goes with the type? */
static bool
goes_with_type(const SdMigrationObject *object)
{
	ListCell *lc;

	if (sd_ddl_compare(object->kind, "functions") != 0)
		return false;
	foreach (lc, object->needs)
	{
		SdMigrationObject *type = lfirst(lc);

		if (is_made_of_functions(type) && leaves(type) && !type->is_blocked &&
			list_member_ptr(type->needs, object))
			return true;
	}

	return false;
}

/*
 * The new range type has a multirange type of the same name, and both have
 * functions of theirs, in the schema of the range type.
 */
static void
rename_range(SdMigration *migration, SdMigrationObject *object)
{
	char *subtype = sd_json_get_text(object->old_object, "subtype");
	const char *to;

	if (subtype == NULL)
		return;
	rename_multirange(migration, object, true);
	to = pstrdup(
		sd_ddl_quote_identifier(sd_migration_swap_name(migration, object)));
	(void) sd_migration_step(migration, object, SD_STAGE_DROP,
							 "ALTER FUNCTION %s(%s, %s) RENAME TO %s",
							 object->old_identity, subtype, subtype, to);
	(void) sd_migration_step(migration, object, SD_STAGE_DROP,
							 "ALTER FUNCTION %s(%s, %s, text) RENAME TO %s",
							 object->old_identity, subtype, subtype, to);
}

/* Its constructor is in the schema of the range. */
static void
rename_multirange(SdMigration *migration, SdMigrationObject *object,
				  bool with_constructor)
{
	char *multirange = sd_json_get_text(object->old_object, "multirange_type");
	List *names = multirange != NULL ? sd_sql_identifiers(multirange) : NIL;
	const char *to;

	if (list_length(names) != 2)
		return;
	to = pstrdup(sd_ddl_quote_identifier(
		psprintf("%.*s_old", (int) Min(strlen(lsecond(names)), NAMEDATALEN - 5),
				 (char *) lsecond(names))));
	(void) sd_migration_step(migration, object, SD_STAGE_DROP,
							 "ALTER TYPE %s RENAME TO %s", multirange, to);
	if (with_constructor)
		(void) sd_migration_step(
			migration, object, SD_STAGE_DROP,
			"ALTER FUNCTION %s() RENAME TO %s",
			sd_ddl_quote_qualified(
				sd_json_get_text(object->old_object, "schema_name"),
				lsecond(names)),
			to);
}

/* A new range may have the multirange type of one that goes last. */
static void
rename_hidden_multirange(SdMigration *migration, SdMigrationObject *object)
{
	char *multirange =
		sd_ddl_compare(object->kind, "types") == 0
			? sd_json_get_text(object->old_object, "multirange_type")
			: NULL;
	ListCell *lc;

	if (multirange == NULL)
		return;
	foreach (lc, migration->all)
	{
		SdMigrationObject *other = lfirst(lc);

		if (sd_ddl_compare(other->kind, "types") != 0 || other->is_blocked ||
			(other->action != SD_ACTION_CREATE &&
			 other->action != SD_ACTION_REPLACE) ||
			!sd_ddl_is(other->new_object, "multirange_type", multirange))
			continue;
		rename_multirange(
			migration, object,
			sd_migration_same(
				sd_json_get_text(object->old_object, "schema_name"),
				sd_json_get_text(other->new_object, "schema_name")));
		return;
	}
}

/* Does it go when something else goes? */
static bool
goes_with_another(SdMigration *migration, SdMigrationObject *object)
{
	SdMigrationObject *table = sd_migration_table_of(migration, object);
	ListCell *lc;

	if (sd_migration_is_implied(migration, object) || goes_with_type(object))
		return true;
	if (table == NULL || !leaves(table) || table->is_blocked)
		return false;
	/* a key that it points to may go before the table */
	if (sd_ddl_compare(object->kind, "constraints") == 0 &&
		sd_ddl_is(object->old_object, "constraint_type", "foreign key"))
		return false;
	/* it may hold something else that goes before the table */
	foreach (lc, object->needs)
	{
		SdMigrationObject *needed = lfirst(lc);

		if (needed != table && leaves(needed) && !needed->is_blocked)
			return false;
	}

	return true;
}

/* CREATE INDEX or DROP INDEX that others can write during. */
static const char *
concurrently(const char *statement)
{
	const char *words = strstr(statement, "INDEX ");

	return psprintf("%s CONCURRENTLY%s",
					pnstrdup(statement, words + 5 - statement), words + 5);
}

/* The statements that make an object, as the new document has them. */
static void
make(SdMigration *migration, SdMigrationObject *object)
{
	ListCell *lc;
	SdMigrationObject *table;
	bool is_index_of_old_table;

	if (sd_ddl_compare(object->kind, "constraints") == 0)
	{
		sd_migration_make_constraint(migration, object);
		return;
	}
	table = sd_migration_new_table_of(migration, object);
	is_index_of_old_table =
		sd_ddl_compare(object->kind, "indexes") == 0 && table != NULL &&
		table->action != SD_ACTION_CREATE &&
		table->action != SD_ACTION_REPLACE &&
		!sd_ddl_is(table->new_object, "table_type", "partitioned table");
	foreach (lc, object->new_nodes)
	{
		SdDdlNode *node = lfirst(lc);
		ListCell *lc2;

		sd_ddl_compose(node);
		foreach (lc2, node->statements)
		{
			SdDdlStatement *statement = lfirst(lc2);
			bool is_concurrent = migration->options.concurrently &&
								 is_index_of_old_table &&
								 strncmp(statement->text, "CREATE ", 7) == 0;
			SdMigrationStep *step =
				sd_migration_step(migration, object, SD_STAGE_CHANGE, "%s",
								  is_concurrent ? concurrently(statement->text)
												: statement->text);

			step->alone = is_concurrent;
			step->position = node->number;
			if (sd_ddl_compare(node->kind, "partitions") != 0 &&
				(table == NULL || table->action == SD_ACTION_CREATE ||
				 table->action == SD_ACTION_REPLACE))
				step->lock = NULL;
			else if (sd_ddl_compare(object->kind, "indexes") == 0 &&
					 strstr(statement->text, "INDEX ") != NULL &&
					 strncmp(statement->text, "CREATE ", 7) == 0)
				step->severity = SD_SEVERITY_LOCKING;
			if (object->action == SD_ACTION_REPLACE)
				step->why = object->reason;
		}
	}
	if (sd_ddl_compare(object->kind, "views") == 0 &&
		object->action == SD_ACTION_REPLACE &&
		sd_ddl_is(object->new_object, "view_type", "materialized view"))
	{
		SdMigrationStep *step = sd_migration_step(
			migration, object, SD_STAGE_FINISH, "REFRESH MATERIALIZED VIEW %s",
			object->new_identity);

		step->position = object->new_position;
		step->severity = SD_SEVERITY_LOCKING;
		step->lock = NULL;
		step->why = "it is made again without its rows";
	}
	if (sd_ddl_compare(object->kind, "tables") == 0)
	{
		sd_migration_keep_columns(migration, object);
		sd_migration_reset_storage(migration, object);
	}
	if (object->is_swapped)
	{
		SdMigrationName name;
		SdMigrationStep *step;

		(void) sd_migration_name(object, false, &name);
		step = sd_migration_step(
			migration, object, SD_STAGE_FINISH, "DROP %s %s", name.what,
			sd_ddl_quote_qualified(
				sd_json_get_text(object->old_object, "schema_name"),
				sd_migration_swap_name(migration, object)));
		step->position = INT_MAX - object->old_position;
		step->why = "nothing is of the old type any more";
	}
}
