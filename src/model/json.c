/*-------------------------------------------------------------------------
 *
 * json.c
 *	  Reading jsonb member by member, and putting it together.
 *
 * Objects and arrays inside of others are read where they are, as containers
 * in the memory of the whole jsonb.
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "catalog/pg_type.h"
#include "miscadmin.h"
#include "utils/builtins.h"
#include "utils/numeric.h"

#include "catalog/sd_catalog.h"
#include "model/json.h"

static int compare_pairs(const void *a, const void *b);

/*
 * sd_json_add
 *		Add a member to an object.
 */
void
sd_json_add(SdJson *object, const char *key, JsonbValue value)
{
	JsonbPair *pair;

	if (object->count == object->size)
	{
		object->size = Max(8, object->size * 2);
		if (object->pairs == NULL)
			object->pairs = palloc(sizeof(JsonbPair) * object->size);
		else
			object->pairs =
				repalloc_huge(object->pairs, sizeof(JsonbPair) * object->size);
	}
	pair = &object->pairs[object->count];
	pair->key = sd_json_text(key);
	pair->value = value;
	pair->order = object->count++;
}

/*
 * sd_json_append
 *		Add an element to an array.
 */
void
sd_json_append(SdJson *array, JsonbValue value)
{
	if (array->count == array->size)
	{
		array->size = Max(8, array->size * 2);
		if (array->elements == NULL)
			array->elements = palloc(sizeof(JsonbValue) * array->size);
		else
			array->elements = repalloc_huge(array->elements,
											sizeof(JsonbValue) * array->size);
	}
	array->elements[array->count++] = value;
}

/*
 * sd_json_object
 *		The object as a value.  Each key may have been added once only.
 */
JsonbValue
sd_json_object(SdJson *object)
{
	JsonbValue value;

	/* the order of keys in a jsonb */
	qsort(object->pairs, object->count, sizeof(JsonbPair), compare_pairs);
	for (int i = 1; i < object->count; i++)
	{
		JsonbValue *key = &object->pairs[i].key;

		if (sd_json_compare_keys(&object->pairs[i - 1].key, key) == 0)
			elog(ERROR, "two members of an object have the key \"%.*s\"",
				 key->val.string.len, key->val.string.val);
	}
	value.type = jbvObject;
	value.val.object.nPairs = object->count;
	value.val.object.pairs = object->pairs;

	return value;
}

static int
compare_pairs(const void *a, const void *b)
{
	return sd_json_compare_keys(&((const JsonbPair *) a)->key,
								&((const JsonbPair *) b)->key);
}

/* sd_json_array: The array as a value. */
JsonbValue
sd_json_array(SdJson *array)
{
	JsonbValue value;

	value.type = jbvArray;
	value.val.array.rawScalar = false;
	value.val.array.nElems = array->count;
	value.val.array.elems = array->elements;

	return value;
}

/* sd_json_null: The value null. */
JsonbValue
sd_json_null(void)
{
	JsonbValue value;

	value.type = jbvNull;

	return value;
}

/* sd_json_bool: A boolean. */
JsonbValue
sd_json_bool(bool value)
{
	JsonbValue result;

	result.type = jbvBool;
	result.val.boolean = value;

	return result;
}

/* sd_json_int64: A number. */
JsonbValue
sd_json_int64(int64 value)
{
	JsonbValue result;

	result.type = jbvNumeric;
	result.val.numeric = int64_to_numeric(value);

	return result;
}

/* sd_json_text: A string, or null for NULL. */
JsonbValue
sd_json_text(const char *value)
{
	JsonbValue result;

	if (value == NULL)
		return sd_json_null();
	result.type = jbvString;
	result.val.string.val = unconstify(char *, value);
	result.val.string.len = strlen(value);

	return result;
}

/* sd_json_text_array: A text[] as an array of strings. */
JsonbValue
sd_json_text_array(ArrayType *array)
{
	SdJson result = {0};
	int count;
	char **members = sd_array_texts(array, &count);

	for (int i = 0; i < count; i++)
		sd_json_append(&result, sd_json_text(members[i]));

	return sd_json_array(&result);
}

/*
 * sd_json_copy
 *		A value that was read, as one that can be put together with others.
 */
JsonbValue
sd_json_copy(const JsonbValue *value)
{
	SdJson copy = {0};
	SdJsonWalk walk;
	JsonbValue key;
	JsonbValue member;

	if (value->type != jbvBinary)
		return *value;

	check_stack_depth();
	sd_json_walk(&walk, value->val.binary.data);
	if (JsonContainerIsArray(value->val.binary.data))
	{
		while (sd_json_next_element(&walk, &member))
			sd_json_append(&copy, sd_json_copy(&member));
		return sd_json_array(&copy);
	}
	while (sd_json_next_member(&walk, &key, &member))
		sd_json_add(&copy, sd_json_as_text(&key), sd_json_copy(&member));

	return sd_json_object(&copy);
}

/*
 * sd_json_get
 *		The member of an object that has this key; false if there is none.
 */
bool
sd_json_get(JsonbContainer *object, const char *key, JsonbValue *value)
{
	return getKeyJsonValueFromContainer(object, key, strlen(key), value) !=
		   NULL;
}

/* sd_json_get_object: A member that is an object. */
JsonbContainer *
sd_json_get_object(JsonbContainer *object, const char *key)
{
	JsonbValue value;

	return sd_json_get(object, key, &value) ? sd_json_as_object(&value) : NULL;
}

/* sd_json_get_array: A member that is an array. */
JsonbContainer *
sd_json_get_array(JsonbContainer *object, const char *key)
{
	JsonbValue value;

	return sd_json_get(object, key, &value) ? sd_json_as_array(&value) : NULL;
}

/* sd_json_get_text: A member that is a string, copied. */
char *
sd_json_get_text(JsonbContainer *object, const char *key)
{
	JsonbValue value;

	return sd_json_get(object, key, &value) ? sd_json_as_text(&value) : NULL;
}

/* sd_json_get_bool: A member that is a boolean. */
bool
sd_json_get_bool(JsonbContainer *object, const char *key)
{
	JsonbValue value;

	return sd_json_get(object, key, &value) && value.type == jbvBool &&
		   value.val.boolean;
}

/*
 * sd_json_get_int64
 *		A member that is a number; false if there is none.
 */
bool
sd_json_get_int64(JsonbContainer *object, const char *key, int64 *result)
{
	JsonbValue value;

	if (!sd_json_get(object, key, &value) || value.type != jbvNumeric)
		return false;
	*result = DatumGetInt64(
		DirectFunctionCall1(numeric_int8, NumericGetDatum(value.val.numeric)));

	return true;
}

/*
 * sd_json_get_texts
 *		A member that is an array, as a list of its strings, copied.
 */
List *
sd_json_get_texts(JsonbContainer *object, const char *key)
{
	JsonbContainer *array = sd_json_get_array(object, key);
	List *texts = NIL;
	SdJsonWalk walk;
	JsonbValue value;

	if (array == NULL)
		return NIL;
	sd_json_walk(&walk, array);
	while (sd_json_next_element(&walk, &value))
	{
		if (value.type == jbvString)
			texts = lappend(texts, sd_json_as_text(&value));
	}

	return texts;
}

/* sd_json_as_object: The value, if it is an object. */
JsonbContainer *
sd_json_as_object(const JsonbValue *value)
{
	if (value->type != jbvBinary ||
		!JsonContainerIsObject(value->val.binary.data))
		return NULL;

	return value->val.binary.data;
}

/* sd_json_as_array: The value, if it is an array. */
JsonbContainer *
sd_json_as_array(const JsonbValue *value)
{
	if (value->type != jbvBinary ||
		!JsonContainerIsArray(value->val.binary.data))
		return NULL;

	return value->val.binary.data;
}

/* sd_json_as_text: The value, if it is a string, copied. */
char *
sd_json_as_text(const JsonbValue *value)
{
	if (value->type != jbvString)
		return NULL;

	return pnstrdup(value->val.string.val, value->val.string.len);
}

/*
 * sd_json_walk
 *		Begin a walk through the members of an object or the elements of an
 *		array.
 */
void
sd_json_walk(SdJsonWalk *walk, JsonbContainer *container)
{
	JsonbValue value;

	walk->iterator = JsonbIteratorInit(container);
	(void) JsonbIteratorNext(&walk->iterator, &value, true);
}

/*
 * sd_json_next_member
 *		The next member of an object; false at the end.
 */
bool
sd_json_next_member(SdJsonWalk *walk, JsonbValue *key, JsonbValue *value)
{
	if (JsonbIteratorNext(&walk->iterator, key, true) != WJB_KEY)
		return false;
	(void) JsonbIteratorNext(&walk->iterator, value, true);

	return true;
}

/*
 * sd_json_next_element
 *		The next element of an array; false at the end.
 */
bool
sd_json_next_element(SdJsonWalk *walk, JsonbValue *value)
{
	return JsonbIteratorNext(&walk->iterator, value, true) == WJB_ELEM;
}

/*
 * sd_json_compare_keys
 *		The order of keys in a jsonb: the shorter first.
 */
int
sd_json_compare_keys(const JsonbValue *a, const JsonbValue *b)
{
	if (a->val.string.len != b->val.string.len)
		return a->val.string.len < b->val.string.len ? -1 : 1;

	return memcmp(a->val.string.val, b->val.string.val, a->val.string.len);
}
