/*-------------------------------------------------------------------------
 *
 * json_fields.c
 *	  Some fields of a JSON object, in one pass.
 *
 * getKeyJsonValueFromContainer() searches for a key, and then adds up where its
 * value is, for each of them anew.  That is most of the time it takes to read a
 * row that is in the processor's cache.  An object has its keys in order, and
 * its values after them in the same order.
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "trace/json_fields.h"

static int compare_names(const SdJsonName *name, const char *key, int length);
static void read_value(const char *data, JEntry entry, uint32 offset,
					   uint32 end, JsonbValue *value);

/* where an entry ends that starts at an offset */
static inline uint32
end_of(JEntry entry, uint32 offset)
{
	JBE_ADVANCE_OFFSET(offset, entry);

	return offset;
}

/*
 * sd_json_fields
 *		The values of some keys of an object; strings are not terminated.
 *
 * Names have the order of keys: a shorter one first, then by their bytes.  A
 * value that is not there is a null, and nulls tells that from one that is.
 */
void
sd_json_fields(const JsonbContainer *object, const SdJsonName *names, int n,
			   JsonbValue *values, bool *nulls)
{
	int count = JsonContainerSize(object);
	const JEntry *entries = object->children;
	const char *data = (const char *) &entries[count * 2];
	struct
	{
		int name;
		int entry;
	} found[SD_JSON_FIELDS];
	int nfound = 0;
	uint32 offset = 0;

	Assert(n <= SD_JSON_FIELDS);
	if (!JsonContainerIsObject(object))
		elog(ERROR, "unexpected JSON where an object is stored");
	for (int i = 0; i < n; i++)
	{
		values[i].type = jbvNull;
		nulls[i] = true;
	}
	for (int i = 0, name = 0; i < count; i++)
	{
		uint32 end = end_of(entries[i], offset);
		int order = -1;

		while (name < n && (order = compare_names(&names[name], data + offset,
												  end - offset)) < 0)
			name++;
		if (name < n && order == 0)
		{
			found[nfound].name = name++;
			found[nfound++].entry = count + i;
		}
		offset = end;
	}
	for (int i = count, next = 0; next < nfound; i++)
	{
		uint32 end = end_of(entries[i], offset);

		if (i == found[next].entry)
		{
			int name = found[next++].name;

			read_value(data, entries[i], offset, end, &values[name]);
			nulls[name] = false;
		}
		offset = end;
	}
}

static int
compare_names(const SdJsonName *name, const char *key, int length)
{
	if (name->length != length)
		return name->length < length ? -1 : 1;

	return memcmp(name->name, key, length);
}

static void
read_value(const char *data, JEntry entry, uint32 offset, uint32 end,
		   JsonbValue *value)
{
	if (JBE_ISSTRING(entry))
	{
		value->type = jbvString;
		value->val.string.val = unconstify(char *, data) + offset;
		value->val.string.len = end - offset;
	}
	else if (JBE_ISNUMERIC(entry))
	{
		value->type = jbvNumeric;
		value->val.numeric = (Numeric) (data + INTALIGN(offset));
	}
	else if (JBE_ISBOOL(entry))
	{
		value->type = jbvBool;
		value->val.boolean = JBE_ISBOOL_TRUE(entry);
	}
	else if (JBE_ISNULL(entry))
		value->type = jbvNull;
	else
	{
		value->type = jbvBinary;
		value->val.binary.data = (JsonbContainer *) (data + INTALIGN(offset));
		value->val.binary.len = end - INTALIGN(offset);
	}
}

/*
 * sd_json_of_field
 *		A value of sd_json_fields() by itself, as JsonbValueToJsonb() makes it.
 */
Jsonb *
sd_json_of_field(const JsonbValue *value)
{
	JEntry entry = 0;
	const void *data = NULL;
	Size length = 0;
	Jsonb *result;

	switch (value->type)
	{
		case jbvBinary:
			result = palloc(VARHDRSZ + value->val.binary.len);
			SET_VARSIZE(result, VARHDRSZ + value->val.binary.len);
			memcpy(&result->root, value->val.binary.data,
				   value->val.binary.len);
			return result;
		case jbvString:
			entry = JENTRY_ISSTRING;
			data = value->val.string.val;
			length = value->val.string.len;
			break;
		case jbvNumeric:
			entry = JENTRY_ISNUMERIC;
			data = value->val.numeric;
			length = VARSIZE_ANY(value->val.numeric);
			break;
		case jbvBool:
			entry =
				value->val.boolean ? JENTRY_ISBOOL_TRUE : JENTRY_ISBOOL_FALSE;
			break;
		case jbvNull:
			entry = JENTRY_ISNULL;
			break;
		default:
			elog(ERROR, "unexpected type of a value: %d", (int) value->type);
	}

	/* a scalar is the one element of an array */
	result = palloc(offsetof(Jsonb, root.children) + sizeof(JEntry) + length);
	SET_VARSIZE(result,
				offsetof(Jsonb, root.children) + sizeof(JEntry) + length);
	result->root.header = 1 | JB_FSCALAR | JB_FARRAY;
	result->root.children[0] = entry | JENTRY_HAS_OFF | length;
	if (length > 0)
		memcpy(&result->root.children[1], data, length);

	return result;
}
