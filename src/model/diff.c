/*-------------------------------------------------------------------------
 *
 * diff.c
 *	  The difference of two documents.
 *
 * The members of a jsonb object are sorted, so that two objects are compared
 * in one pass over both.  What is the same byte for byte is not looked into.
 *
 * Nothing here knows the kinds of objects, with two exceptions: what stands in
 * an object but has a discovery function of its own is reported as that kind:
 * columns by their names, and the bound of a partition.
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "miscadmin.h"
#include "utils/builtins.h"

#include "model/diff.h"
#include "model/json.h"

/* where the comparison is */
typedef struct Diff
{
	SdDifferenceHandler handler;
	void *arg;
	bool whole; /* a kind that one side lacks counts */
	const char *kind;
	const char *identity;
} Diff;

/* one column of an object */
typedef struct Column
{
	const char *name;
	int position;
	JsonbValue value;
} Column;

/* NULL for the side that does not have the key */
typedef void (*MemberHandler)(Diff *diff, const JsonbValue *key,
							  const JsonbValue *old_value,
							  const JsonbValue *new_value);

static void compare_members(Diff *diff, JsonbContainer *old_object,
							JsonbContainer *new_object, MemberHandler handler);
static void compare_kinds(Diff *diff, const JsonbValue *key,
						  const JsonbValue *old_value,
						  const JsonbValue *new_value);
static void compare_objects(Diff *diff, const JsonbValue *key,
							const JsonbValue *old_value,
							const JsonbValue *new_value);
static void compare_attributes(Diff *diff, const JsonbValue *key,
							   const JsonbValue *old_value,
							   const JsonbValue *new_value);
static bool compare_nested(Diff *diff, const char *name,
						   const JsonbValue *old_value,
						   const JsonbValue *new_value);
static void compare_bounds(Diff *diff, const JsonbValue *old_value,
						   const JsonbValue *new_value);
static void compare_columns(Diff *diff, const JsonbValue *old_value,
							const JsonbValue *new_value);
static Column *read_columns(const JsonbValue *value, int *count);
static int compare_column_names(const void *a, const void *b);
static void compare_one(Diff *diff, const char *kind, const char *identity,
						const JsonbValue *old_value,
						const JsonbValue *new_value);
static void compare_order(Diff *diff, const Column *old_columns, int nold,
						  const Column *new_columns, int nnew,
						  const int *new_positions);
static JsonbValue names_in_order(const Column *columns, int count);
static bool key_is(const JsonbValue *key, const char *name);
static void report(Diff *diff, SdChange change, const char *attribute,
				   const JsonbValue *old_value, const JsonbValue *new_value);

/*
 * sd_diff
 *		Call handler for each difference between two documents.
 *
 * NULL stands for a document of the same parts that holds no object.  A kind
 * that only one of the documents has was not looked at for the other, and is
 * not compared.  Differences come in the order of jsonb.
 */
void
sd_diff(Jsonb *old_document, Jsonb *new_document, SdDifferenceHandler handler,
		void *arg)
{
	Diff diff = {0};

	diff.handler = handler;
	diff.arg = arg;
	diff.whole = old_document == NULL || new_document == NULL;
	compare_members(&diff, old_document != NULL ? &old_document->root : NULL,
					new_document != NULL ? &new_document->root : NULL,
					compare_kinds);
}

/*
 * sd_document_key_is_kind
 *		Does this key of a document hold objects?  The others tell of the
 *		document itself.
 */
bool
sd_document_key_is_kind(const JsonbValue *key)
{
	static const char *const others[] = {
		"format", "server_version", "environment", "consistent", "warnings"};

	for (int i = 0; i < lengthof(others); i++)
	{
		if (key_is(key, others[i]))
			return false;
	}

	return true;
}

/* sd_change_name: The word for a change. */
const char *
sd_change_name(SdChange change)
{
	switch (change)
	{
		case SD_CHANGE_ADDED:
			return "added";
		case SD_CHANGE_REMOVED:
			return "removed";
		case SD_CHANGE_CHANGED:
			return "changed";
	}

	elog(ERROR, "unrecognized change: %d", (int) change);
	return NULL; /* keep compiler quiet */
}

/* Call handler for each key of two objects, side by side. */
static void
compare_members(Diff *diff, JsonbContainer *old_object,
				JsonbContainer *new_object, MemberHandler handler)
{
	SdJsonWalk old_walk;
	SdJsonWalk new_walk;
	JsonbValue old_key;
	JsonbValue new_key;
	JsonbValue old_value;
	JsonbValue new_value;
	bool has_old = false;
	bool has_new = false;

	check_stack_depth();

	if (old_object != NULL)
	{
		sd_json_walk(&old_walk, old_object);
		has_old = sd_json_next_member(&old_walk, &old_key, &old_value);
	}
	if (new_object != NULL)
	{
		sd_json_walk(&new_walk, new_object);
		has_new = sd_json_next_member(&new_walk, &new_key, &new_value);
	}

	while (has_old || has_new)
	{
		int order = !has_old   ? 1
					: !has_new ? -1
							   : sd_json_compare_keys(&old_key, &new_key);

		CHECK_FOR_INTERRUPTS();
		handler(diff, order <= 0 ? &old_key : &new_key,
				order <= 0 ? &old_value : NULL, order >= 0 ? &new_value : NULL);
		if (order <= 0)
			has_old = sd_json_next_member(&old_walk, &old_key, &old_value);
		if (order >= 0)
			has_new = sd_json_next_member(&new_walk, &new_key, &new_value);
	}
}

/* All objects of a kind. */
static void
compare_kinds(Diff *diff, const JsonbValue *key, const JsonbValue *old_value,
			  const JsonbValue *new_value)
{
	if (!sd_document_key_is_kind(key))
		return;
	if (!diff->whole && (old_value == NULL || new_value == NULL))
		return;

	diff->kind = sd_json_as_text(key);
	compare_members(diff,
					old_value != NULL ? sd_json_as_object(old_value) : NULL,
					new_value != NULL ? sd_json_as_object(new_value) : NULL,
					compare_objects);
}

/* One object, by its identity. */
static void
compare_objects(Diff *diff, const JsonbValue *key, const JsonbValue *old_value,
				const JsonbValue *new_value)
{
	if (old_value == NULL || new_value == NULL ||
		!sd_json_equal(old_value, new_value))
		compare_one(diff, diff->kind, sd_json_as_text(key), old_value,
					new_value);
}

/*
 * An object of the kind: as a whole if one side lacks it, or in detail.  A
 * list, as of privileges, is one attribute with the name of the kind.
 */
static void
compare_one(Diff *diff, const char *kind, const char *identity,
			const JsonbValue *old_value, const JsonbValue *new_value)
{
	Diff saved = *diff;

	diff->kind = kind;
	diff->identity = identity;
	if (old_value == NULL)
		report(diff, SD_CHANGE_ADDED, NULL, NULL, new_value);
	else if (new_value == NULL)
		report(diff, SD_CHANGE_REMOVED, NULL, old_value, NULL);
	else if (sd_json_as_object(old_value) == NULL ||
			 sd_json_as_object(new_value) == NULL)
		report(diff, SD_CHANGE_CHANGED, kind, old_value, new_value);
	else
		compare_members(diff, sd_json_as_object(old_value),
						sd_json_as_object(new_value), compare_attributes);
	*diff = saved;
}

/* One attribute of an object. */
static void
compare_attributes(Diff *diff, const JsonbValue *key,
				   const JsonbValue *old_value, const JsonbValue *new_value)
{
	char *name;

	if (old_value != NULL && new_value != NULL &&
		sd_json_equal(old_value, new_value))
		return;

	name = sd_json_as_text(key);
	if (!compare_nested(diff, name, old_value, new_value))
		report(diff, SD_CHANGE_CHANGED, name, old_value, new_value);
}

/* Is the attribute made of objects of another kind?  Compare these. */
static bool
compare_nested(Diff *diff, const char *name, const JsonbValue *old_value,
			   const JsonbValue *new_value)
{
	const JsonbValue *value = new_value != NULL ? new_value : old_value;

	if (strcmp(name, "partition") == 0 && sd_json_as_object(value) != NULL)
	{
		compare_bounds(diff, old_value, new_value);
		return true;
	}
	if (strcmp(name, "columns") == 0 && sd_json_as_array(value) != NULL)
	{
		JsonbContainer *columns = sd_json_as_array(value);
		JsonbValue *first = getIthJsonbValueFromContainer(columns, 0);

		/* those of constraints are names only */
		if (first != NULL && sd_json_as_object(first) == NULL)
			return false;
		compare_columns(diff, old_value, new_value);
		return true;
	}

	return false;
}

/* The bound of a partition goes by the name of its table. */
static void
compare_bounds(Diff *diff, const JsonbValue *old_value,
			   const JsonbValue *new_value)
{
	compare_one(diff, "partitions", diff->identity, old_value, new_value);
}

/* Columns of a table or view, by name, and the order of those that stay. */
static void
compare_columns(Diff *diff, const JsonbValue *old_value,
				const JsonbValue *new_value)
{
	int nold;
	int nnew;
	Column *old_columns = read_columns(old_value, &nold);
	Column *new_columns = read_columns(new_value, &nnew);
	int *new_positions = palloc(sizeof(int) * (nold + 1));
	int i = 0;
	int j = 0;

	for (int position = 0; position < nold; position++)
		new_positions[position] = -1;

	while (i < nold || j < nnew)
	{
		Column *old_column = &old_columns[i];
		Column *new_column = &new_columns[j];
		int order = i == nold	? 1
					: j == nnew ? -1
								: strcmp(old_column->name, new_column->name);
		const char *name = order <= 0 ? old_column->name : new_column->name;

		if (order == 0)
			new_positions[old_column->position] = new_column->position;
		if (order != 0 ||
			!sd_json_equal(&old_column->value, &new_column->value))
			compare_one(
				diff, "columns",
				psprintf("%s.%s", diff->identity, quote_identifier(name)),
				order <= 0 ? &old_column->value : NULL,
				order >= 0 ? &new_column->value : NULL);
		if (order <= 0)
			i++;
		if (order >= 0)
			j++;
	}

	compare_order(diff, old_columns, nold, new_columns, nnew, new_positions);
	pfree(new_positions);
}

/* The columns sorted by name. */
static Column *
read_columns(const JsonbValue *value, int *count)
{
	JsonbContainer *array = value != NULL ? sd_json_as_array(value) : NULL;
	Column *columns;
	SdJsonWalk walk;
	JsonbValue element;

	*count = 0;
	if (array == NULL)
		return NULL;

	columns = palloc(sizeof(Column) * (JsonContainerSize(array) + 1));
	sd_json_walk(&walk, array);
	while (sd_json_next_element(&walk, &element))
	{
		JsonbContainer *object = sd_json_as_object(&element);
		Column *column = &columns[*count];
		char *name =
			object != NULL ? sd_json_get_text(object, "column_name") : NULL;

		column->name = name != NULL ? name : "";
		column->position = (*count)++;
		column->value = element;
	}
	qsort(columns, *count, sizeof(Column), compare_column_names);

	return columns;
}

static int
compare_column_names(const void *a, const void *b)
{
	const Column *left = a;
	const Column *right = b;
	int order = strcmp(left->name, right->name);

	return order != 0 ? order : left->position - right->position;
}

/* Do the columns that are on both sides stand in the same order? */
static void
compare_order(Diff *diff, const Column *old_columns, int nold,
			  const Column *new_columns, int nnew, const int *new_positions)
{
	int last = -1;

	for (int position = 0; position < nold; position++)
	{
		if (new_positions[position] < 0)
			continue;
		if (new_positions[position] < last)
		{
			JsonbValue old_names = names_in_order(old_columns, nold);
			JsonbValue new_names = names_in_order(new_columns, nnew);

			report(diff, SD_CHANGE_CHANGED, "columns", &old_names, &new_names);
			return;
		}
		last = new_positions[position];
	}
}

static JsonbValue
names_in_order(const Column *columns, int count)
{
	SdJson names = {0};

	for (int i = 0; i < count; i++)
		sd_json_append(&names, sd_json_null());
	for (int i = 0; i < count; i++)
		names.elements[columns[i].position] = sd_json_text(columns[i].name);

	return sd_json_array(&names);
}

static bool
key_is(const JsonbValue *key, const char *name)
{
	return key->val.string.len == strlen(name) &&
		   memcmp(key->val.string.val, name, key->val.string.len) == 0;
}

static void
report(Diff *diff, SdChange change, const char *attribute,
	   const JsonbValue *old_value, const JsonbValue *new_value)
{
	SdDifference difference = {0};

	difference.kind = diff->kind;
	difference.identity = diff->identity;
	difference.change = change;
	difference.attribute = attribute;
	difference.old_value = old_value;
	difference.new_value = new_value;
	diff->handler(&difference, diff->arg);
}
