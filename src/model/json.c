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

static int compare_pairs(const JsonbPair *a, const JsonbPair *b);
static Size packed_size(const JsonbValue *value, Size size);
static JEntry pack_value(char **end, const JsonbValue *value);
static void pack_container(char **end, const JsonbValue *value);
static void pack_bytes(char **end, const void *bytes, Size size);
static void pack_alignment(char **end);
static inline int part_count(const JsonbValue *value);
static inline const JsonbValue *part(const JsonbValue *value, int i);

/* a document has objects with tens of thousands of members */
#define ST_SORT sort_pairs
#define ST_ELEMENT_TYPE JsonbPair
#define ST_COMPARE(a, b) compare_pairs(a, b)
#define ST_SCOPE static
#define ST_DEFINE
#include "lib/sort_template.h"

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
	sort_pairs(object->pairs, object->count);
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
compare_pairs(const JsonbPair *a, const JsonbPair *b)
{
	return sd_json_compare_keys(&a->key, &b->key);
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
 * sd_json_pack
 *		An object or array as the server stores it, in the current memory
 *		context.
 *
 * This is what JsonbValueToJsonb() does, but of values that were packed before
 * it takes the bytes as they are, and it knows beforehand how many there will
 * be.  Raises 54000 if these are more than a jsonb can have.
 */
Jsonb *
sd_json_pack(const JsonbValue *value)
{
	Size size = packed_size(value, 0);
	Jsonb *jsonb;
	char *end;

	if (size > JENTRY_OFFLENMASK)
		ereport(ERROR, errcode(ERRCODE_PROGRAM_LIMIT_EXCEEDED),
				errmsg("total size of jsonb object elements exceeds the "
					   "maximum of %u bytes",
					   JENTRY_OFFLENMASK));

	jsonb = palloc(VARHDRSZ + size);
	SET_VARSIZE(jsonb, VARHDRSZ + size);
	end = (char *) &jsonb->root;
	(void) pack_value(&end, value);
	Assert(end == (char *) jsonb + VARSIZE(jsonb));

	return jsonb;
}

/* sd_json_packed: What was packed, as a value to put together with others. */
JsonbValue
sd_json_packed(Jsonb *jsonb)
{
	JsonbValue value;

	value.type = jbvBinary;
	value.val.binary.data = &jsonb->root;
	value.val.binary.len = VARSIZE(jsonb) - VARHDRSZ;

	return value;
}

/* Where does a value end that is put behind so many bytes? */
static Size
packed_size(const JsonbValue *value, Size size)
{
	int count = part_count(value);

	switch (value->type)
	{
		case jbvNull:
		case jbvBool:
			return size;
		case jbvString:
			return size + value->val.string.len;
		case jbvNumeric:
			return INTALIGN(size) + VARSIZE_ANY(value->val.numeric);
		case jbvBinary:
			return INTALIGN(size) + value->val.binary.len;
		default:
			break;
	}

	check_stack_depth();
	size = INTALIGN(size) + sizeof(uint32) + sizeof(JEntry) * count;
	for (int i = 0; i < count; i++)
		size = packed_size(part(value, i), size);

	return size;
}

/* Put a value at *end, and say in the form of its JEntry what it is. */
static JEntry
pack_value(char **end, const JsonbValue *value)
{
	const char *start = *end;

	switch (value->type)
	{
		case jbvNull:
			return JENTRY_ISNULL;
		case jbvBool:
			return value->val.boolean ? JENTRY_ISBOOL_TRUE
									  : JENTRY_ISBOOL_FALSE;
		case jbvString:
			pack_bytes(end, value->val.string.val, value->val.string.len);
			return JENTRY_ISSTRING | (*end - start);
		case jbvNumeric:
			pack_alignment(end);
			pack_bytes(end, value->val.numeric,
					   VARSIZE_ANY(value->val.numeric));
			return JENTRY_ISNUMERIC | (*end - start);
		case jbvBinary:
			pack_alignment(end);
			pack_bytes(end, value->val.binary.data, value->val.binary.len);
			return JENTRY_ISCONTAINER | (*end - start);
		case jbvArray:
		case jbvObject:
			pack_alignment(end);
			pack_container(end, value);
			return JENTRY_ISCONTAINER | (*end - start);
		default:
			elog(ERROR, "unrecognized type of jsonb value: %d", value->type);
			return 0; /* keep compiler quiet */
	}
}

/* A header, a JEntry for each part, and the parts themselves. */
static void
pack_container(char **end, const JsonbValue *value)
{
	JsonbContainer *container = (JsonbContainer *) *end;
	int count = part_count(value);
	const char *parts = (char *) &container->children[count];

	if (value->type == jbvObject)
		container->header = JB_FOBJECT | value->val.object.nPairs;
	else
		container->header = JB_FARRAY | value->val.array.nElems;
	*end = (char *) &container->children[count];

	for (int i = 0; i < count; i++)
	{
		JEntry entry = pack_value(end, part(value, i));

		/* some say where they end, the others how long they are */
		if (i % JB_OFFSET_STRIDE == 0)
			entry = (entry & JENTRY_TYPEMASK) | JENTRY_HAS_OFF | (*end - parts);
		container->children[i] = entry;
	}
}

static void
pack_bytes(char **end, const void *bytes, Size size)
{
	memcpy(*end, bytes, size);
	*end += size;
}

/* Numbers and containers are aligned, which counts to their length. */
static void
pack_alignment(char **end)
{
	while (*end != (char *) INTALIGN(*end))
		*(*end)++ = '\0';
}

/* How many keys and values, or elements? */
static inline int
part_count(const JsonbValue *value)
{
	if (value->type == jbvObject)
		return value->val.object.nPairs * 2;

	return value->type == jbvArray ? value->val.array.nElems : 0;
}

/* One of these, in the order in which they are stored: the keys come first. */
static inline const JsonbValue *
part(const JsonbValue *value, int i)
{
	int npairs = value->val.object.nPairs;

	if (value->type == jbvArray)
		return &value->val.array.elems[i];

	return i < npairs ? &value->val.object.pairs[i].key
					  : &value->val.object.pairs[i - npairs].value;
}

/*
 * sd_json_get
 *		The member of an object that has this key; false if there is none, or
 *		no object.
 */
bool
sd_json_get(JsonbContainer *object, const char *key, JsonbValue *value)
{
	if (object == NULL || !JsonContainerIsObject(object))
		return false;

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
 *		array; NULL has none.
 */
void
sd_json_walk(SdJsonWalk *walk, JsonbContainer *container)
{
	JsonbValue value;

	walk->iterator = NULL;
	if (container == NULL)
		return;
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
	if (walk->iterator == NULL ||
		JsonbIteratorNext(&walk->iterator, key, true) != WJB_KEY)
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
	return walk->iterator != NULL &&
		   JsonbIteratorNext(&walk->iterator, value, true) == WJB_ELEM;
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

/* sd_json_equal: Are two values the same? */
bool
sd_json_equal(const JsonbValue *a, const JsonbValue *b)
{
	if (a->type != b->type)
		return false;

	switch (a->type)
	{
		case jbvNull:
			return true;
		case jbvBool:
			return a->val.boolean == b->val.boolean;
		case jbvString:
			return sd_json_compare_keys(a, b) == 0;
		case jbvNumeric:
			return DatumGetBool(
				DirectFunctionCall2(numeric_eq, NumericGetDatum(a->val.numeric),
									NumericGetDatum(b->val.numeric)));
		case jbvBinary:
			if (a->val.binary.len == b->val.binary.len &&
				memcmp(a->val.binary.data, b->val.binary.data,
					   a->val.binary.len) == 0)
				return true;
			return compareJsonbContainers(a->val.binary.data,
										  b->val.binary.data) == 0;
		default:
			elog(ERROR, "unrecognized type of jsonb value: %d", (int) a->type);
			return false; /* keep compiler quiet */
	}
}
