/*-------------------------------------------------------------------------
 *
 * changed_tables.c
 *	  The tables that differ between two documents.
 *
 * What stands on a table belongs to it: its columns are in it, and constraints,
 * indexes, triggers and the like have its name.  What is the same byte for byte
 * is not looked into.
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "catalog/pg_type.h"
#include "miscadmin.h"
#include "utils/builtins.h"

#include "arrays.h"
#include "catalog/sd_catalog.h"
#include "migrate/migrate.h"
#include "model/json.h"

/* the parts of a document whose objects have the name of a table */
static const char *const parts[] = {
	"tables",	"constraints", "indexes",	 "triggers",
	"policies", "rules",	   "statistics", "column_options",
};

typedef struct Comparison
{
	JsonbContainer *tables[2]; /* of both documents */
	List *names;			   /* as in documents: more than once, unordered */
} Comparison;

static JsonbContainer *root(Jsonb *document);
static void compare_part(Comparison *comparison, JsonbContainer *old_part,
						 JsonbContainer *new_part);
static void note(Comparison *comparison, const JsonbValue *object);
static int compare_names(const ListCell *a, const ListCell *b);

/*
 * sd_changed_tables
 *		The names of the tables that are in one of the documents only, or
 *		differ, as text[] in their order.
 *
 * NULL stands for a document that holds nothing.
 */
ArrayType *
sd_changed_tables(Jsonb *old_document, Jsonb *new_document)
{
	Comparison comparison = {0};
	int level = sd_settings_pin(); /* how names are quoted */
	const char *last = NULL;
	Datum *names;
	int count = 0;
	ListCell *lc;

	comparison.tables[0] = sd_json_get_object(root(old_document), parts[0]);
	comparison.tables[1] = sd_json_get_object(root(new_document), parts[0]);
	for (int i = 0; i < lengthof(parts); i++)
		compare_part(&comparison,
					 sd_json_get_object(root(old_document), parts[i]),
					 sd_json_get_object(root(new_document), parts[i]));
	sd_settings_restore(level);

	list_sort(comparison.names, compare_names);
	names = palloc(sizeof(Datum) * (list_length(comparison.names) + 1));
	foreach (lc, comparison.names)
	{
		const char *name = lfirst(lc);

		if (last == NULL || strcmp(name, last) != 0)
			names[count++] = CStringGetTextDatum(name);
		last = name;
	}

	return sd_array_make(names, NULL, count, TEXTOID);
}

static JsonbContainer *
root(Jsonb *document)
{
	return document != NULL ? &document->root : NULL;
}

/* Note the tables of all objects that differ; both sides are in one order. */
static void
compare_part(Comparison *comparison, JsonbContainer *old_part,
			 JsonbContainer *new_part)
{
	SdJsonWalk old_walk;
	SdJsonWalk new_walk;
	JsonbValue old_key;
	JsonbValue new_key;
	JsonbValue old_object;
	JsonbValue new_object;
	bool has_old = false;
	bool has_new = false;

	if (old_part != NULL)
	{
		sd_json_walk(&old_walk, old_part);
		has_old = sd_json_next_member(&old_walk, &old_key, &old_object);
	}
	if (new_part != NULL)
	{
		sd_json_walk(&new_walk, new_part);
		has_new = sd_json_next_member(&new_walk, &new_key, &new_object);
	}
	while (has_old || has_new)
	{
		int order = !has_old   ? 1
					: !has_new ? -1
							   : sd_json_compare_keys(&old_key, &new_key);

		CHECK_FOR_INTERRUPTS();
		if (order != 0 || !sd_json_equal(&old_object, &new_object))
		{
			if (order <= 0)
				note(comparison, &old_object);
			if (order >= 0)
				note(comparison, &new_object);
		}
		if (order <= 0)
			has_old = sd_json_next_member(&old_walk, &old_key, &old_object);
		if (order >= 0)
			has_new = sd_json_next_member(&new_walk, &new_key, &new_object);
	}
}

/* The table that an object is, or stands on; not the view. */
static void
note(Comparison *comparison, const JsonbValue *object)
{
	JsonbContainer *members = sd_json_as_object(object);
	char *schema;
	char *table;
	char *name;

	if (members == NULL)
		return;
	schema = sd_json_get_text(members, "schema_name");
	if (schema == NULL)
		schema = sd_json_get_text(members, "table_schema");
	table = sd_json_get_text(members, "table_name");
	if (schema == NULL || table == NULL)
		return;

	name = quote_qualified_identifier(schema, table);
	for (int i = 0; i < lengthof(comparison->tables); i++)
	{
		if (sd_json_get_object(comparison->tables[i], name) != NULL)
		{
			comparison->names = lappend(comparison->names, name);
			return;
		}
	}
}

static int
compare_names(const ListCell *a, const ListCell *b)
{
	return strcmp(lfirst(a), lfirst(b));
}
