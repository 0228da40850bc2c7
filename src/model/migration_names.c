/*-------------------------------------------------------------------------
 *
 * migration_names.c
 *	  When an object needs the name that the new document has for it.
 *
 * Names that differ by a number which the server chose are the same.  So an
 * object keeps its name, unless something else is made under that, or something
 * is said of the object under its new name.
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "miscadmin.h"
#include "utils/builtins.h"

#include "model/migration.h"
#include "model/migration_tables.h"

/* a constraint's name, and that of a relation: of both documents each */
#define NAMES 2

/* an object that both documents have under different names */
typedef struct Namesake
{
	SdMigrationObject *object;
	const char *old_names[NAMES]; /* NULL: none of that sort */
	const char *new_names[NAMES];
	bool is_needed;
	bool is_begun;
	bool is_done;
	bool is_aside; /* under a name that is not to stay */
} Namesake;

/* who has, or wants, a name */
typedef struct NameEntry
{
	uint64 hash; /* hash key */
	Namesake *namesake;
} NameEntry;

static List *read_namesakes(SdMigration *migration);
static void read_names(SdMigrationObject *object, bool is_new,
					   const char **names);
static HTAB *make_hash(void);
static NameEntry *find_name(HTAB *hash, int sort, const char *name,
							HASHACTION action);
static void need_holders(HTAB *holders, SdMigrationObject *object, bool is_new);
static void need_what_is_named(SdMigration *migration, HTAB *holders);
static bool is_made(const SdMigrationObject *object);
static void take_name(SdMigration *migration, HTAB *holders,
					  Namesake *namesake);
static void rename_to(SdMigration *migration, Namesake *namesake,
					  const char *to);

/*
 * sd_migration_rename_numbered
 *		When it is known what is made and what goes: let those objects have
 *		their new names that cannot keep their old ones.
 */
void
sd_migration_rename_numbered(SdMigration *migration)
{
	List *namesakes = read_namesakes(migration);
	HTAB *holders;
	ListCell *lc;

	if (namesakes == NIL)
		return;
	holders = make_hash();
	foreach (lc, namesakes)
	{
		Namesake *namesake = lfirst(lc);

		for (int i = 0; i < NAMES; i++)
		{
			if (namesake->old_names[i] != NULL)
				find_name(holders, i, namesake->old_names[i], HASH_ENTER)
					->namesake = namesake;
		}
	}
	need_what_is_named(migration, holders);
	foreach (lc, migration->all)
	{
		SdMigrationObject *object = lfirst(lc);

		CHECK_FOR_INTERRUPTS();
		if (is_made(object))
			need_holders(holders, object, true);
	}
	foreach (lc, namesakes)
	{
		Namesake *namesake = lfirst(lc);

		if (namesake->is_needed)
			take_name(migration, holders, namesake);
	}
	hash_destroy(holders);
}

/* Those that stay, and that can be renamed by themselves. */
static List *
read_namesakes(SdMigration *migration)
{
	List *namesakes = NIL;
	ListCell *lc;

	foreach (lc, migration->diff->pairs)
	{
		SdDiffPair *pair = lfirst(lc);
		SdMigrationObject *object =
			sd_migration_find(migration, false, pair->kind, pair->old_identity);
		Namesake *namesake;

		CHECK_FOR_INTERRUPTS();
		if (object == NULL || object->old_object == NULL ||
			object->new_object == NULL || object->is_blocked ||
			object->action == SD_ACTION_REPLACE ||
			object->action == SD_ACTION_DROP)
			continue;
		/* these follow the constraint, and its parent */
		if (sd_ddl_compare(object->kind, "indexes") == 0 &&
			sd_json_get_text(object->old_object, "constraint_name") != NULL)
			continue;
		if (sd_ddl_is(object->old_object, "constraint_type", "check") &&
			sd_ddl_int64(object->old_object, "inherited_count", 0) > 0)
			continue;
		namesake = palloc0(sizeof(Namesake));
		namesake->object = object;
		namesake->is_needed =
			object->action == SD_ACTION_ALTER || object->steps != NIL;
		read_names(object, false, namesake->old_names);
		read_names(object, true, namesake->new_names);
		namesakes = lappend(namesakes, namesake);
	}

	return namesakes;
}

/* What no other constraint of the table, and no other relation, can be called.
 */
static void
read_names(SdMigrationObject *object, bool is_new, const char **names)
{
	static const struct
	{
		const char *kind;
		const char *name;
	} relations[] = {
		{"tables", "table_name"},		{"views", "view_name"},
		{"sequences", "sequence_name"}, {"indexes", "index_name"},
		{"constraints", "index_name"},	{"property_graphs", "graph_name"}};
	JsonbContainer *source = is_new ? object->new_object : object->old_object;

	names[0] = names[1] = NULL;
	if (source == NULL || !JsonContainerIsObject(source))
		return;
	if (sd_ddl_compare(object->kind, "constraints") == 0)
		names[0] = is_new ? object->new_identity : object->old_identity;
	/* a foreign key has an index that is not its own */
	if (sd_ddl_is(source, "constraint_type", "foreign key"))
		return;
	for (int i = 0; i < lengthof(relations); i++)
	{
		char *schema;
		char *name;

		if (sd_ddl_compare(relations[i].kind, object->kind) != 0)
			continue;
		schema = sd_json_get_text(source, "schema_name");
		name = sd_json_get_text(source, relations[i].name);
		if (schema != NULL && name != NULL)
			names[1] = sd_ddl_quote_qualified(schema, name);
	}
}

static HTAB *
make_hash(void)
{
	HASHCTL control = {0};

	control.keysize = sizeof(uint64);
	control.entrysize = sizeof(NameEntry);
	control.hcxt = CurrentMemoryContext;

	return hash_create("stormdisc names", 64, &control,
					   HASH_ELEM | HASH_BLOBS | HASH_CONTEXT);
}

static NameEntry *
find_name(HTAB *hash, int sort, const char *name, HASHACTION action)
{
	uint64 key = sd_migration_hash(sort == 0 ? "constraint" : "relation", name);

	return hash_search(hash, &key, action, NULL);
}

/* Who has one of the object's names needs another one. */
static void
need_holders(HTAB *holders, SdMigrationObject *object, bool is_new)
{
	const char *names[NAMES];

	read_names(object, is_new, names);
	for (int i = 0; i < NAMES; i++)
	{
		NameEntry *entry = names[i] != NULL
							   ? find_name(holders, i, names[i], HASH_FIND)
							   : NULL;

		if (entry != NULL)
			entry->namesake->is_needed = true;
	}
}

/* Statements of what is made or altered have new names in them. */
static void
need_what_is_named(SdMigration *migration, HTAB *holders)
{
	ListCell *lc;

	foreach (lc, migration->all)
	{
		SdMigrationObject *object = lfirst(lc);
		ListCell *lc2;

		CHECK_FOR_INTERRUPTS();
		if (!is_made(object) &&
			(object->action != SD_ACTION_ALTER || object->is_blocked))
			continue;
		foreach (lc2, object->new_nodes)
		{
			SdDdlNode *node = lfirst(lc2);
			ListCell *lc3;

			foreach (lc3, node->references)
			{
				SdMigrationObject *named =
					sd_migration_object_of(migration, true, lfirst(lc3));

				if (named != object && named->old_identity != NULL &&
					sd_ddl_compare(named->old_identity, named->new_identity) !=
						0)
					need_holders(holders, named, false);
			}
		}
	}
}

static bool
is_made(const SdMigrationObject *object)
{
	return !object->is_blocked && (object->action == SD_ACTION_CREATE ||
								   object->action == SD_ACTION_REPLACE);
}

/* Who has the name takes its own before. */
static void
take_name(SdMigration *migration, HTAB *holders, Namesake *namesake)
{
	char *to = NULL;

	check_stack_depth();
	if (namesake->is_begun)
		return;
	namesake->is_begun = true;
	for (int i = 0; i < NAMES; i++)
	{
		const char *name = namesake->new_names[i];
		NameEntry *entry =
			name != NULL ? find_name(holders, i, name, HASH_FIND) : NULL;
		Namesake *holder = entry != NULL ? entry->namesake : NULL;

		if (name != NULL)
			to = llast(sd_sql_identifiers(name));
		if (holder == NULL || holder == namesake)
			continue;
		take_name(migration, holders, holder);
		/* they want each other's */
		if (!holder->is_done && !holder->is_aside)
		{
			rename_to(migration, holder,
					  psprintf("%.*s_stormdisc_aside",
							   (int) Min(strlen(to), NAMEDATALEN - 17), to));
			holder->is_aside = true;
		}
	}
	if (to != NULL)
		rename_to(migration, namesake, to);
	namesake->is_done = true;
}

/* From the name that it has now. */
static void
rename_to(SdMigration *migration, Namesake *namesake, const char *to)
{
	SdMigrationObject *object = namesake->object;
	SdMigrationStep *step;
	SdMigrationName name;
	const char *from = NULL;

	if (!sd_migration_name(object, false, &name))
		return;
	for (int i = 0; i < NAMES; i++)
	{
		if (namesake->old_names[i] != NULL)
			from = llast(sd_sql_identifiers(namesake->old_names[i]));
	}
	if (namesake->is_aside)
		from = psprintf("%.*s_stormdisc_aside",
						(int) Min(strlen(from), NAMEDATALEN - 17), from);
	from = pstrdup(sd_ddl_quote_identifier(from));
	to = pstrdup(sd_ddl_quote_identifier(to));
	if (name.table != NULL)
		step = sd_migration_step(migration, object, SD_STAGE_CHANGE,
								 "ALTER TABLE %s RENAME CONSTRAINT %s TO %s",
								 name.table, from, to);
	else
		step = sd_migration_step(
			migration, object, SD_STAGE_CHANGE, "ALTER %s %s RENAME TO %s",
			name.what,
			namesake->is_aside
				? psprintf("%s.%s",
						   sd_ddl_quote_identifier(sd_json_get_text(
							   object->old_object, "schema_name")),
						   from)
				: name.name,
			to);
	step->position = 0;
	step->why = "something else gets the name, or names it";
	if (!object->is_listed)
		migration->all = lappend(migration->all, object);
	object->is_listed = true;
}
