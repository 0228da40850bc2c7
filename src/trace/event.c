/*-------------------------------------------------------------------------
 *
 * event.c
 *	  Events of traces: their kinds, their JSON, and what is wrong with it.
 *	  stormdisc_check_event_kind, stormdisc_check_event_metadata,
 *	  stormdisc_check_event_lock_set: what the table checks.
 *
 * Fields that the format names must be of their type, and those must be there
 * without which an event means nothing here.  Others may be left out, or be
 * null.  Fields that it does not name are kept.
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "catalog/pg_type.h"
#include "common/string.h"
#include "fmgr.h"
#include "utils/builtins.h"
#include "utils/datetime.h"
#include "utils/fmgrprotos.h"
#include "utils/numeric.h"
#include "utils/timestamp.h"

#include "compat.h"
#include "trace/event.h"

PG_FUNCTION_INFO_V1(stormdisc_check_event_kind);
PG_FUNCTION_INFO_V1(stormdisc_check_event_metadata);
PG_FUNCTION_INFO_V1(stormdisc_check_event_lock_set);

#define MAX_FIELDS 10

/* in bytes */
#define MAX_VARIABLE_LENGTH 2000

#define START_OF_YEAR(year)                                                    \
	((date2j(year, 1, 1) - POSTGRES_EPOCH_JDATE) * USECS_PER_DAY)

typedef enum FieldType
{
	ANYTHING,
	STRING,
	STRINGS,
	OBJECT,
	COUNT,
	COUNT_16, /* bits */
	COUNT_32,
	ACCESS_TYPE,
	LOCK_TYPE,
	ORDERING
} FieldType;

typedef enum FieldNeed
{
	REQUIRED,
	OPTIONAL /* may be left out, or be null */
} FieldNeed;

typedef struct Field
{
	const char *name;
	FieldType type;
	FieldNeed need;
} Field;

typedef struct Kind
{
	const char *name;
	Field fields[MAX_FIELDS]; /* up to one without a name */
} Kind;

static const Kind kinds[] = {
	[SD_FUNCTION_CALL] = {"FunctionCall",
						  {{"function_name", STRING, REQUIRED},
						   {"module", STRING, OPTIONAL},
						   {"args", ANYTHING, OPTIONAL},
						   {"file", STRING, OPTIONAL},
						   {"line", COUNT_32, OPTIONAL}}},
	[SD_ASYNC_SPAWN] = {"AsyncSpawn",
						{{"task_id", STRING, REQUIRED},
						 {"spawned_by", STRING, OPTIONAL}}},
	[SD_ASYNC_AWAIT] = {"AsyncAwait",
						{{"future_id", STRING, REQUIRED},
						 {"awaited_at", STRING, OPTIONAL}}},
	[SD_STATE_CHANGE] = {"StateChange",
						 {{"variable", STRING, REQUIRED},
						  {"old_value", ANYTHING, OPTIONAL},
						  {"new_value", ANYTHING, OPTIONAL},
						  {"location", STRING, OPTIONAL},
						  {"access_type", ACCESS_TYPE, REQUIRED}}},
	[SD_LOCK_ACQUIRE] = {"LockAcquire",
						 {{"lock_id", STRING, REQUIRED},
						  {"lock_type", LOCK_TYPE, REQUIRED},
						  {"location", STRING, OPTIONAL}}},
	[SD_LOCK_RELEASE] = {"LockRelease",
						 {{"lock_id", STRING, REQUIRED},
						  {"lock_type", LOCK_TYPE, REQUIRED},
						  {"location", STRING, OPTIONAL}}},
	[SD_MEMORY_FENCE] = {"MemoryFence",
						 {{"ordering", ORDERING, REQUIRED},
						  {"location", STRING, OPTIONAL}}},
	[SD_HTTP_REQUEST] = {"HttpRequest",
						 {{"method", STRING, REQUIRED},
						  {"url", STRING, REQUIRED},
						  {"headers", OBJECT, OPTIONAL},
						  {"body", ANYTHING, OPTIONAL}}},
	[SD_HTTP_RESPONSE] = {"HttpResponse",
						  {{"status", COUNT_16, REQUIRED},
						   {"headers", OBJECT, OPTIONAL},
						   {"body", ANYTHING, OPTIONAL},
						   {"duration_ms", COUNT, OPTIONAL}}},
	[SD_DATABASE_QUERY] = {"DatabaseQuery",
						   {{"query", STRING, REQUIRED},
							{"database", STRING, OPTIONAL},
							{"duration_ms", COUNT, OPTIONAL}}},
	[SD_DATABASE_RESULT] = {"DatabaseResult",
							{{"rows_affected", COUNT, OPTIONAL}}},
	[SD_ERROR_EVENT] = {"Error",
						{{"error_type", STRING, REQUIRED},
						 {"message", STRING, OPTIONAL},
						 {"stack_trace", STRINGS, OPTIONAL}}},
	[SD_CUSTOM] = {"Custom",
				   {{"name", STRING, REQUIRED}, {"data", ANYTHING, OPTIONAL}}},
};

static const Field metadata_fields[MAX_FIELDS] = {
	{"thread_id", STRING, REQUIRED},
	{"process_id", COUNT_32, OPTIONAL},
	{"service_name", STRING, REQUIRED},
	{"environment", STRING, OPTIONAL},
	{"tags", OBJECT, OPTIONAL},
	{"duration_ns", COUNT, OPTIONAL},
	{"instance_id", STRING, OPTIONAL},
	{"distributed_span_id", STRING, OPTIONAL},
	{"upstream_span_id", STRING, OPTIONAL},
};

static const char *const access_types[] = {
	[SD_READ] = "Read",
	[SD_WRITE] = "Write",
	[SD_ATOMIC_READ] = "AtomicRead",
	[SD_ATOMIC_WRITE] = "AtomicWrite",
	[SD_ATOMIC_RMW] = "AtomicRMW",
};

static const char *const lock_types[] = {
	[SD_MUTEX] = "Mutex",
	[SD_RWLOCK_READ] = "RwLock::Read",
	[SD_RWLOCK_WRITE] = "RwLock::Write",
};

static const char *const orderings[] = {"Relaxed", "Acquire", "Release",
										"AcqRel", "SeqCst"};

/* of an entry of a lock set */
static const char *const lock_modes[] = {"exclusive", "shared", "Mutex",
										 "RwLock::Read", "RwLock::Write"};

static const char *const edge_types[] = {
	[SD_DIRECT_CALL] = "DirectCall",
	[SD_EDGE_ASYNC_SPAWN] = "AsyncSpawn",
	[SD_EDGE_ASYNC_AWAIT] = "AsyncAwait",
	[SD_DATA_DEPENDENCY] = "DataDependency",
	[SD_HTTP_REQUEST_RESPONSE] = "HttpRequestResponse",
	[SD_DATABASE_QUERY_RESULT] = "DatabaseQueryResult",
	[SD_HAPPENS_BEFORE] = "HappensBefore",
	[SD_CONCURRENT_WITH] = "ConcurrentWith",
};

static int find_kind(const char *name, int length);
static int find_word(const char *const *words, int n, const JsonbValue *value);
static bool is_word(const JsonbValue *value, const char *word);
static const char *fields_problem(JsonbContainer *object, const Field *fields,
								  const char *of);
static const char *value_problem(const JsonbValue *value, const Field *field,
								 const char *of);
static const char *words_problem(const JsonbValue *value, const Field *field,
								 const char *of, const char *const *words,
								 int n);
static bool is_strings(const JsonbValue *value);
static bool is_object(const JsonbValue *value);
static bool is_count(const JsonbValue *value, int bits);
static const char *list_of_words(const char *const *words, int n);
static const char *lock_entry_problem(const JsonbValue *entry);
static const char *parse_field(SdEvent *event, const JsonbValue *key,
							   JsonbValue *value, int *seen, bool *is_known);
static const char *parse_uuid(const JsonbValue *value, const char *field,
							  pg_uuid_t *uuid);
static const char *parse_clock(JsonbValue *value, SdEvent *event);
static const char *parse_time(const JsonbValue *value, SdEvent *event);
static bool read_time(const char *text, int length, SdEvent *event);
static bool read_digits(const char **text, const char *end, int n, int *number);
static Jsonb *extra_fields(JsonbContainer *json);
static void put_string(SdJsonbBuild *build, const char *key, const char *text);
static void put_jsonb(SdJsonbBuild *build, const char *key, Jsonb *json);
static void put_key(SdJsonbBuild *build, const char *key);
static void raise_check(const char *what, const char *problem);

/* bits of what parse_field() has seen */
#define SEEN_ID 1
#define SEEN_TRACE_ID 2
#define SEEN_TIMESTAMP 4
#define SEEN_KIND 8
#define SEEN_METADATA 16
#define SEEN_ALL 31

/*
 * sd_event_kind
 *		The kind of an event that is stored, and the object of its fields.
 */
SdEventKind
sd_event_kind(Jsonb *kind, JsonbContainer **fields)
{
	JsonbIterator *it = JsonbIteratorInit(&kind->root);
	JsonbValue value;
	int found = -1;

	(void) JsonbIteratorNext(&it, &value, false);
	if (JsonbIteratorNext(&it, &value, true) == WJB_KEY)
		found = find_kind(value.val.string.val, value.val.string.len);
	if (found < 0)
		elog(ERROR, "unexpected kind of an event");
	(void) JsonbIteratorNext(&it, &value, true);
	if (!is_object(&value))
		elog(ERROR, "unexpected fields of an event");
	if (fields != NULL)
		*fields = value.val.binary.data;
	pfree(it);

	return found;
}

static int
find_kind(const char *name, int length)
{
	for (int i = 0; i < lengthof(kinds); i++)
		if (strlen(kinds[i].name) == length &&
			memcmp(kinds[i].name, name, length) == 0)
			return i;

	return -1;
}

/*
 * sd_event_string
 *		A string in an object; false if there is none.  It is not terminated.
 */
bool
sd_event_string(JsonbContainer *object, const char *name, const char **value,
				int *length)
{
	JsonbValue found;

	if (getKeyJsonValueFromContainer(object, name, strlen(name), &found) ==
			NULL ||
		found.type != jbvString)
		return false;
	*value = found.val.string.val;
	*length = found.val.string.len;

	return true;
}

/*
 * sd_event_access_type
 *		Of the field access_type of a StateChange that is stored.
 */
SdAccessType
sd_event_access_type(const JsonbValue *value)
{
	int found = find_word(access_types, lengthof(access_types), value);

	if (found < 0)
		elog(ERROR, "unexpected type of an access");

	return found;
}

/*
 * sd_event_lock_type
 *		Of the fields of a LockAcquire or LockRelease that is stored.
 */
SdLockType
sd_event_lock_type(JsonbContainer *fields)
{
	JsonbValue value;
	int found = -1;

	if (getKeyJsonValueFromContainer(fields, "lock_type", 9, &value) != NULL)
		found = find_word(lock_types, lengthof(lock_types), &value);
	if (found < 0)
		elog(ERROR, "unexpected type of a lock");

	return found;
}

/*
 * sd_event_lock
 *		An entry of a lock set that is stored: its name, not terminated; true
 *		if it is held exclusively.
 */
bool
sd_event_lock(const JsonbValue *entry, const char **name, int *length)
{
	JsonbValue mode;

	if (entry->type == jbvString)
	{
		*name = entry->val.string.val;
		*length = entry->val.string.len;
		return true;
	}
	if (!is_object(entry) ||
		!sd_event_string(entry->val.binary.data, "lock", name, length) ||
		getKeyJsonValueFromContainer(entry->val.binary.data, "mode", 4,
									 &mode) == NULL)
		elog(ERROR, "unexpected entry of a lock set");

	return !is_word(&mode, "shared") &&
		   !is_word(&mode, lock_types[SD_RWLOCK_READ]);
}

const char *
sd_event_kind_name(SdEventKind kind)
{
	return kinds[kind].name;
}

const char *
sd_access_type_name(SdAccessType type)
{
	return access_types[type];
}

const char *
sd_lock_type_name(SdLockType type)
{
	return lock_types[type];
}

const char *
sd_edge_type_name(SdEdgeType type)
{
	return edge_types[type];
}

/*
 * sd_edge_type
 *		The type of edges of that name, or -1.
 */
int
sd_edge_type(const char *name, int length)
{
	for (int i = 0; i < lengthof(edge_types); i++)
		if (strlen(edge_types[i]) == length &&
			memcmp(edge_types[i], name, length) == 0)
			return i;

	return -1;
}

/*
 * sd_edge_type_of_kind
 *		The type of the edge from its parent to an event of that kind; the view
 *		causal_edges says the same.
 */
SdEdgeType
sd_edge_type_of_kind(SdEventKind kind)
{
	switch (kind)
	{
		case SD_ASYNC_SPAWN:
			return SD_EDGE_ASYNC_SPAWN;
		case SD_ASYNC_AWAIT:
			return SD_EDGE_ASYNC_AWAIT;
		case SD_HTTP_RESPONSE:
			return SD_HTTP_REQUEST_RESPONSE;
		case SD_DATABASE_RESULT:
			return SD_DATABASE_QUERY_RESULT;
		case SD_STATE_CHANGE:
			return SD_DATA_DEPENDENCY;
		default:
			return SD_DIRECT_CALL;
	}
}

static int
find_word(const char *const *words, int n, const JsonbValue *value)
{
	for (int i = 0; i < n; i++)
		if (is_word(value, words[i]))
			return i;

	return -1;
}

static bool
is_word(const JsonbValue *value, const char *word)
{
	return value->type == jbvString && value->val.string.len == strlen(word) &&
		   memcmp(value->val.string.val, word, value->val.string.len) == 0;
}

/*
 * sd_event_kind_problem
 *		What is wrong with the kind of an event, or NULL.
 */
const char *
sd_event_kind_problem(JsonbContainer *kind)
{
	JsonbIterator *it;
	JsonbValue value;
	const char *name;
	int length;
	int found;

	if (!JsonContainerIsObject(kind) || JsonContainerSize(kind) != 1)
		return "The kind of an event is an object with one key, the kind, that holds its fields.";
	it = JsonbIteratorInit(kind);
	(void) JsonbIteratorNext(&it, &value, false);
	(void) JsonbIteratorNext(&it, &value, true);
	found = find_kind(value.val.string.val, value.val.string.len);
	if (found < 0)
		return psprintf("There is no kind of events \"%s\".",
						pnstrdup(value.val.string.val, value.val.string.len));
	(void) JsonbIteratorNext(&it, &value, true);
	pfree(it);
	/* it is a key of an index */
	if (found == SD_STATE_CHANGE && is_object(&value) &&
		sd_event_string(value.val.binary.data, "variable", &name, &length) &&
		length > MAX_VARIABLE_LENGTH)
		return psprintf(
			"The variable of a StateChange must not be longer than %d bytes.",
			MAX_VARIABLE_LENGTH);
	if (!is_object(&value))
		return psprintf("The fields of a %s must be an object.",
						kinds[found].name);

	return fields_problem(value.val.binary.data, kinds[found].fields,
						  kinds[found].name);
}

/*
 * sd_event_metadata_problem
 *		What is wrong with the metadata of an event, or NULL.
 */
const char *
sd_event_metadata_problem(JsonbContainer *metadata)
{
	if (!JsonContainerIsObject(metadata))
		return "The metadata of an event are an object.";

	return fields_problem(metadata, metadata_fields, "metadata");
}

/* What is wrong with the fields of an object, or NULL. */
static const char *
fields_problem(JsonbContainer *object, const Field *fields, const char *of)
{
	for (int i = 0; i < MAX_FIELDS && fields[i].name != NULL; i++)
	{
		JsonbValue value;

		if (getKeyJsonValueFromContainer(
				object, fields[i].name, strlen(fields[i].name), &value) != NULL)
		{
			const char *problem = value_problem(&value, &fields[i], of);

			if (problem != NULL)
				return problem;
		}
		else if (fields[i].need == REQUIRED)
			return psprintf("The field \"%s\" of %s is missing.",
							fields[i].name, of);
	}

	return NULL;
}

static const char *
value_problem(const JsonbValue *value, const Field *field, const char *of)
{
	const char *expected = NULL;

	if (value->type == jbvNull && field->need == OPTIONAL)
		return NULL;

	switch (field->type)
	{
		case ANYTHING:
			break;
		case STRING:
			if (value->type != jbvString)
				expected = "a string";
			break;
		case STRINGS:
			if (!is_strings(value))
				expected = "an array of strings";
			break;
		case OBJECT:
			if (!is_object(value))
				expected = "an object";
			break;
		case COUNT:
			if (!is_count(value, 63))
				expected = "a whole number from 0 to 9223372036854775807";
			break;
		case COUNT_16:
			if (!is_count(value, 16))
				expected = "a whole number from 0 to 65535";
			break;
		case COUNT_32:
			if (!is_count(value, 32))
				expected = "a whole number from 0 to 4294967295";
			break;
		case ACCESS_TYPE:
			return words_problem(value, field, of, access_types,
								 lengthof(access_types));
		case LOCK_TYPE:
			return words_problem(value, field, of, lock_types,
								 lengthof(lock_types));
		case ORDERING:
			return words_problem(value, field, of, orderings,
								 lengthof(orderings));
	}
	if (expected == NULL)
		return NULL;

	return psprintf("The field \"%s\" of %s must be %s.", field->name, of,
					expected);
}

static const char *
words_problem(const JsonbValue *value, const Field *field, const char *of,
			  const char *const *words, int n)
{
	if (find_word(words, n, value) >= 0)
		return NULL;

	return psprintf("The field \"%s\" of %s must be one of %s.", field->name,
					of, list_of_words(words, n));
}

static const char *
list_of_words(const char *const *words, int n)
{
	StringInfoData list;

	initStringInfo(&list);
	for (int i = 0; i < n; i++)
		appendStringInfo(&list, "%s\"%s\"",
						 i == 0 ? "" : (i < n - 1 ? ", " : " and "), words[i]);

	return list.data;
}

static bool
is_strings(const JsonbValue *value)
{
	JsonbIterator *it;
	JsonbValue element;

	if (value->type != jbvBinary ||
		!JsonContainerIsArray(value->val.binary.data))
		return false;
	it = JsonbIteratorInit(value->val.binary.data);
	(void) JsonbIteratorNext(&it, &element, false);
	while (JsonbIteratorNext(&it, &element, true) == WJB_ELEM)
		if (element.type != jbvString)
			return false;

	return true;
}

static bool
is_object(const JsonbValue *value)
{
	return value->type == jbvBinary &&
		   JsonContainerIsObject(value->val.binary.data);
}

/* Is it a whole number that has so many bits, and no sign? */
static bool
is_count(const JsonbValue *value, int bits)
{
	char *text;
	uint64 number;
	bool result;

	if (value->type != jbvNumeric)
		return false;
	text = numeric_normalize(value->val.numeric);
	result = strspn(text, "0123456789") == strlen(text);
	if (result)
	{
		errno = 0;
		number = strtou64(text, NULL, 10);
		result = errno == 0 && number >> bits == 0;
	}
	pfree(text);

	return result;
}

/*
 * sd_event_lock_set_problem
 *		What is wrong with the lock set of an event, or NULL.
 */
const char *
sd_event_lock_set_problem(JsonbContainer *lock_set)
{
	JsonbIterator *it;
	JsonbValue entry;

	if (!JsonContainerIsArray(lock_set) || JsonContainerIsScalar(lock_set))
		return "The lock set of an event is an array.";
	it = JsonbIteratorInit(lock_set);
	(void) JsonbIteratorNext(&it, &entry, false);
	while (JsonbIteratorNext(&it, &entry, true) == WJB_ELEM)
	{
		const char *problem = lock_entry_problem(&entry);

		if (problem != NULL)
			return problem;
	}

	return NULL;
}

static const char *
lock_entry_problem(const JsonbValue *entry)
{
	JsonbValue mode;
	const char *name;
	int length;

	if (entry->type == jbvString)
		return NULL;
	if (!is_object(entry) ||
		!sd_event_string(entry->val.binary.data, "lock", &name, &length))
		return "An entry of a lock set must be a string, or an object with \"lock\" and \"mode\".";
	if (getKeyJsonValueFromContainer(entry->val.binary.data, "mode", 4,
									 &mode) == NULL ||
		find_word(lock_modes, lengthof(lock_modes), &mode) < 0)
		return psprintf(
			"The mode of lock \"%s\" of a lock set must be one of %s.",
			pnstrdup(name, length),
			list_of_words(lock_modes, lengthof(lock_modes)));

	return NULL;
}

/*
 * sd_event_parse
 *		Read an event; what is wrong with it, or NULL.
 *
 * What has been read until then is in *event, its id if any.
 */
const char *
sd_event_parse(JsonbContainer *json, SdEvent *event)
{
	const char *problem = NULL;
	bool has_extra = false;
	JsonbIterator *it;
	JsonbValue key;
	JsonbValue value;
	int seen = 0;

	memset(event, 0, sizeof(*event));
	if (!JsonContainerIsObject(json))
		return "An event is a JSON object.";

	/* keys come by their length, so the id is the first */
	it = JsonbIteratorInit(json);
	(void) JsonbIteratorNext(&it, &key, false);
	while (problem == NULL && JsonbIteratorNext(&it, &key, true) == WJB_KEY)
	{
		bool is_known = true;

		(void) JsonbIteratorNext(&it, &value, true);
		problem = parse_field(event, &key, &value, &seen, &is_known);
		has_extra = has_extra || !is_known;
	}
	if (problem != NULL)
		return problem;

	for (int bit = 1; bit < SEEN_ALL; bit <<= 1)
		if ((seen & bit) == 0)
			return psprintf("The field \"%s\" of an event is missing.",
							bit == SEEN_ID			? "id"
							: bit == SEEN_TRACE_ID	? "trace_id"
							: bit == SEEN_TIMESTAMP ? "timestamp"
							: bit == SEEN_KIND		? "kind"
													: "metadata");
	if (has_extra)
		event->extra = extra_fields(json);
	if (!event->has_parent)
		event->parent_quarantined = false;

	return NULL;
}

static const char *
parse_field(SdEvent *event, const JsonbValue *key, JsonbValue *value, int *seen,
			bool *is_known)
{
	bool is_container = value->type == jbvBinary;
	const char *problem;

	if (is_word(key, "id"))
	{
		problem = parse_uuid(value, "id", &event->id);
		if (problem == NULL)
			*seen |= SEEN_ID;
		return problem;
	}
	if (is_word(key, "trace_id"))
	{
		*seen |= SEEN_TRACE_ID;
		return parse_uuid(value, "trace_id", &event->trace_id);
	}
	if (is_word(key, "parent_id"))
	{
		event->has_parent = value->type != jbvNull;
		return event->has_parent
				   ? parse_uuid(value, "parent_id", &event->parent_id)
				   : NULL;
	}
	if (is_word(key, "timestamp"))
	{
		*seen |= SEEN_TIMESTAMP;
		return parse_time(value, event);
	}
	if (is_word(key, "kind"))
	{
		*seen |= SEEN_KIND;
		if (!is_container)
			return "The kind of an event is an object with one key, the kind, that holds its fields.";
		event->kind = JsonbValueToJsonb(value);
		return sd_event_kind_problem(&event->kind->root);
	}
	if (is_word(key, "metadata"))
	{
		*seen |= SEEN_METADATA;
		if (!is_container)
			return "The metadata of an event are an object.";
		event->metadata = JsonbValueToJsonb(value);
		return sd_event_metadata_problem(&event->metadata->root);
	}
	if (is_word(key, "causality_vector"))
		return parse_clock(value, event);
	if (is_word(key, "lock_set"))
	{
		if (value->type == jbvNull)
			return NULL;
		if (!is_container)
			return "The lock set of an event is an array.";
		event->lock_set = JsonbValueToJsonb(value);
		return sd_event_lock_set_problem(&event->lock_set->root);
	}
	if (is_word(key, "parent_quarantined"))
	{
		if (value->type != jbvBool)
			return "The field \"parent_quarantined\" of an event must be true or false.";
		event->parent_quarantined = value->val.boolean;
		return NULL;
	}
	*is_known = false;

	return NULL;
}

static const char *
parse_uuid(const JsonbValue *value, const char *field, pg_uuid_t *uuid)
{
	if (value->type == jbvString &&
		sd_event_uuid(value->val.string.val, value->val.string.len, uuid))
		return NULL;

	return psprintf("The field \"%s\" of an event must be a UUID.", field);
}

/*
 * sd_event_uuid
 *		Read a UUID, in every way in which the server does; false if it is none.
 */
bool
sd_event_uuid(const char *text, int length, pg_uuid_t *uuid)
{
	const char *end = text + length;
	bool has_braces = length > 2 && *text == '{' && end[-1] == '}';
	int digits = 0;

	if (has_braces)
	{
		text++;
		end--;
	}
	for (; text < end && digits < 2 * UUID_LEN; text++)
	{
		int digit;

		if (*text >= '0' && *text <= '9')
			digit = *text - '0';
		else if (*text >= 'a' && *text <= 'f')
			digit = *text - 'a' + 10;
		else if (*text >= 'A' && *text <= 'F')
			digit = *text - 'A' + 10;
		else if (*text == '-' && digits > 0 && digits % 4 == 0 &&
				 text[-1] != '-')
			continue;
		else
			return false;
		if (digits % 2 == 0)
			uuid->data[digits / 2] = (unsigned char) (digit << 4);
		else
			uuid->data[digits / 2] |= (unsigned char) digit;
		digits++;
	}

	return digits == 2 * UUID_LEN && text == end;
}

static const char *
parse_clock(JsonbValue *value, SdEvent *event)
{
	const char *problem = NULL;

	if (value->type == jbvNull)
		return NULL;
	if (value->type != jbvBinary)
		return "A vector clock is a JSON object or an array of pairs.";
	event->clock = sd_vclock_from_jsonb(value->val.binary.data, &problem);

	return problem;
}

static const char *
parse_time(const JsonbValue *value, SdEvent *event)
{
	if (value->type == jbvString &&
		read_time(value->val.string.val, value->val.string.len, event))
		return sd_event_time_problem(event->timestamp);

	return "The timestamp of an event must be one of RFC 3339, like \"2025-01-31T23:59:59.123456789Z\".";
}

/*
 * sd_event_time_problem
 *		What is wrong with the time of an event, or NULL.
 *
 * RFC 3339 has four digits for a year.
 */
const char *
sd_event_time_problem(TimestampTz timestamp)
{
	if (TIMESTAMP_NOT_FINITE(timestamp))
		return "The timestamp of an event must be finite.";
	if (timestamp < START_OF_YEAR(1) || timestamp >= START_OF_YEAR(10000))
		return "The timestamp of an event must be in the years 1 to 9999 of UTC.";

	return NULL;
}

/*
 * RFC 3339: a date, T, a time with as many digits after the point as one likes,
 * of which nine count, and Z or the distance from UTC.
 */
static bool
read_time(const char *text, int length, SdEvent *event)
{
	const char *end = text + length;
	int year;
	int month;
	int day;
	int hour;
	int minute;
	int second;
	int nanos = 0;
	int64 offset = 0;
	struct pg_tm tm = {0};

	if (!read_digits(&text, end, 4, &year) || text >= end || *text++ != '-' ||
		!read_digits(&text, end, 2, &month) || text >= end || *text++ != '-' ||
		!read_digits(&text, end, 2, &day) || text >= end ||
		(*text != 'T' && *text != 't' && *text != ' '))
		return false;
	text++;
	if (!read_digits(&text, end, 2, &hour) || text >= end || *text++ != ':' ||
		!read_digits(&text, end, 2, &minute) || text >= end || *text++ != ':' ||
		!read_digits(&text, end, 2, &second) || text >= end)
		return false;
	if (*text == '.')
	{
		int unit = 100000000;

		if (++text >= end || *text < '0' || *text > '9')
			return false;
		for (; text < end && *text >= '0' && *text <= '9'; text++, unit /= 10)
			nanos += (*text - '0') * unit;
		if (text >= end)
			return false;
	}
	if (*text == 'Z' || *text == 'z')
		text++;
	else if (*text == '+' || *text == '-')
	{
		int sign = *text++ == '-' ? -1 : 1;
		int hours;
		int minutes;

		if (!read_digits(&text, end, 2, &hours) || text >= end ||
			*text++ != ':' || !read_digits(&text, end, 2, &minutes) ||
			hours > 23 || minutes > 59)
			return false;
		offset = sign * (hours * 60 + minutes) * USECS_PER_MINUTE;
	}
	else
		return false;

	/* a leap second is the first one of the next minute */
	if (text != end || month < 1 || month > 12 || day < 1 || hour > 23 ||
		minute > 59 || second > 60 || year < 1 ||
		day > day_tab[isleap(year)][month - 1])
		return false;

	tm.tm_year = year;
	tm.tm_mon = month;
	tm.tm_mday = day;
	tm.tm_hour = hour;
	tm.tm_min = minute;
	tm.tm_sec = second;
	if (tm2timestamp(&tm, nanos / 1000, NULL, &event->timestamp) != 0)
		return false;
	event->timestamp -= offset;
	event->nanos = nanos % 1000;

	return true;
}

static bool
read_digits(const char **text, const char *end, int n, int *number)
{
	*number = 0;
	for (int i = 0; i < n; i++, (*text)++)
	{
		if (*text >= end || **text < '0' || **text > '9')
			return false;
		*number = *number * 10 + (**text - '0');
	}

	return true;
}

/* The fields that parse_field() does not know. */
static Jsonb *
extra_fields(JsonbContainer *json)
{
	JsonbIterator *it = JsonbIteratorInit(json);
	SdJsonbBuild build = {0};
	JsonbValue key;
	JsonbValue value;

	sd_jsonb_push(&build, WJB_BEGIN_OBJECT, NULL);
	(void) JsonbIteratorNext(&it, &key, false);
	while (JsonbIteratorNext(&it, &key, true) == WJB_KEY)
	{
		static const char *const known[] = {"id",
											"trace_id",
											"parent_id",
											"timestamp",
											"kind",
											"metadata",
											"lock_set",
											"causality_vector",
											"parent_quarantined"};

		(void) JsonbIteratorNext(&it, &value, true);
		if (find_word(known, lengthof(known), &key) >= 0)
			continue;
		sd_jsonb_push(&build, WJB_KEY, &key);
		sd_jsonb_push(&build, WJB_VALUE, &value);
	}

	sd_jsonb_push(&build, WJB_END_OBJECT, NULL);

	return JsonbValueToJsonb(build.result);
}

/*
 * sd_event_to_jsonb
 *		The event as JSON, with the fields in which it was given.
 */
Jsonb *
sd_event_to_jsonb(const SdEvent *event)
{
	SdJsonbBuild build = {0};
	JsonbValue value;

	sd_jsonb_push(&build, WJB_BEGIN_OBJECT, NULL);
	put_string(&build, "id",
			   DatumGetCString(
				   DirectFunctionCall1(uuid_out, UUIDPGetDatum(&event->id))));
	put_string(&build, "trace_id",
			   DatumGetCString(DirectFunctionCall1(
				   uuid_out, UUIDPGetDatum(&event->trace_id))));
	put_string(&build, "parent_id",
			   event->has_parent
				   ? DatumGetCString(DirectFunctionCall1(
						 uuid_out, UUIDPGetDatum(&event->parent_id)))
				   : NULL);
	put_string(&build, "timestamp",
			   sd_event_time_text(event->timestamp, event->nanos));
	put_jsonb(&build, "kind", event->kind);
	put_jsonb(&build, "metadata", event->metadata);
	put_jsonb(&build, "causality_vector",
			  event->clock == NULL ? NULL : sd_vclock_to_jsonb(event->clock));
	put_jsonb(&build, "lock_set", event->lock_set);
	if (event->parent_quarantined)
	{
		put_key(&build, "parent_quarantined");
		value.type = jbvBool;
		value.val.boolean = true;
		sd_jsonb_push(&build, WJB_VALUE, &value);
	}
	if (event->extra != NULL)
	{
		JsonbIterator *it = JsonbIteratorInit(&event->extra->root);

		(void) JsonbIteratorNext(&it, &value, false);
		while (JsonbIteratorNext(&it, &value, true) == WJB_KEY)
		{
			sd_jsonb_push(&build, WJB_KEY, &value);
			(void) JsonbIteratorNext(&it, &value, true);
			sd_jsonb_push(&build, WJB_VALUE, &value);
		}
	}

	sd_jsonb_push(&build, WJB_END_OBJECT, NULL);

	return JsonbValueToJsonb(build.result);
}

/* NULL is null. */
static void
put_string(SdJsonbBuild *build, const char *key, const char *text)
{
	JsonbValue value;

	put_key(build, key);
	value.type = jbvNull;
	if (text != NULL)
	{
		value.type = jbvString;
		value.val.string.val = unconstify(char *, text);
		value.val.string.len = strlen(text);
	}
	sd_jsonb_push(build, WJB_VALUE, &value);
}

/* NULL is an empty array: that is what clients send for none. */
static void
put_jsonb(SdJsonbBuild *build, const char *key, Jsonb *json)
{
	JsonbValue value;

	put_key(build, key);
	if (json == NULL)
	{
		sd_jsonb_push(build, WJB_BEGIN_ARRAY, NULL);
		sd_jsonb_push(build, WJB_END_ARRAY, NULL);
		return;
	}
	value.type = jbvBinary;
	value.val.binary.data = &json->root;
	value.val.binary.len = VARSIZE(json) - VARHDRSZ;
	sd_jsonb_push(build, WJB_VALUE, &value);
}

static void
put_key(SdJsonbBuild *build, const char *key)
{
	JsonbValue value;

	value.type = jbvString;
	value.val.string.val = unconstify(char *, key);
	value.val.string.len = strlen(key);
	sd_jsonb_push(build, WJB_KEY, &value);
}

/*
 * sd_event_time_text
 *		A time in the format of RFC 3339, in UTC, with 0, 3, 6 or 9 digits after
 *		the point.
 */
char *
sd_event_time_text(TimestampTz timestamp, int nanos)
{
	struct pg_tm tm;
	fsec_t micros;
	int fraction;
	char *text;

	if (timestamp2tm(timestamp, NULL, &tm, &micros, NULL, NULL) != 0)
		ereport(ERROR, errcode(ERRCODE_DATETIME_VALUE_OUT_OF_RANGE),
				errmsg("timestamp out of range"));
	text = psprintf("%04d-%02d-%02dT%02d:%02d:%02d", tm.tm_year, tm.tm_mon,
					tm.tm_mday, tm.tm_hour, tm.tm_min, tm.tm_sec);
	fraction = micros * 1000 + nanos;
	if (fraction == 0)
		return psprintf("%sZ", text);
	if (fraction % 1000000 == 0)
		return psprintf("%s.%03dZ", text, fraction / 1000000);
	if (fraction % 1000 == 0)
		return psprintf("%s.%06dZ", text, fraction / 1000);

	return psprintf("%s.%09dZ", text, fraction);
}

/*
 * sd_event_from_row
 *		An event of the columns of stormdisc.events, up to SD_EVENT_VARIABLE.
 */
void
sd_event_from_row(SdEvent *event, const Datum *values, const bool *nulls)
{
#define VALUE(column) values[SD_EVENT_##column - 1]
#define IS_NULL(column) nulls[SD_EVENT_##column - 1]

	memset(event, 0, sizeof(*event));
	event->id = *DatumGetUUIDP(VALUE(ID));
	event->trace_id = *DatumGetUUIDP(VALUE(TRACE_ID));
	event->has_parent = !IS_NULL(PARENT_ID);
	if (event->has_parent)
		event->parent_id = *DatumGetUUIDP(VALUE(PARENT_ID));
	event->parent_quarantined = DatumGetBool(VALUE(PARENT_QUARANTINED));
	event->timestamp = DatumGetTimestampTz(VALUE(TIMESTAMP));
	event->nanos = DatumGetInt16(VALUE(TIMESTAMP_NANOS));
	event->kind = DatumGetJsonbP(VALUE(KIND));
	event->metadata = DatumGetJsonbP(VALUE(METADATA));
	if (!IS_NULL(CAUSALITY_VECTOR))
		event->clock = DatumGetVclock(VALUE(CAUSALITY_VECTOR));
	if (!IS_NULL(LOCK_SET))
		event->lock_set = DatumGetJsonbP(VALUE(LOCK_SET));
	if (!IS_NULL(EXTRA))
		event->extra = DatumGetJsonbP(VALUE(EXTRA));
	/* one without fields is none */
	if (event->extra != NULL && JB_ROOT_COUNT(event->extra) == 0)
		event->extra = NULL;
#undef VALUE
#undef IS_NULL
}

Datum
stormdisc_check_event_kind(PG_FUNCTION_ARGS)
{
	Jsonb *kind = PG_GETARG_JSONB_P(0);

	raise_check("invalid kind of an event", sd_event_kind_problem(&kind->root));

	PG_RETURN_BOOL(true);
}

Datum
stormdisc_check_event_metadata(PG_FUNCTION_ARGS)
{
	Jsonb *metadata = PG_GETARG_JSONB_P(0);

	raise_check("invalid metadata of an event",
				sd_event_metadata_problem(&metadata->root));

	PG_RETURN_BOOL(true);
}

Datum
stormdisc_check_event_lock_set(PG_FUNCTION_ARGS)
{
	Jsonb *lock_set = PG_GETARG_JSONB_P(0);

	raise_check("invalid lock set of an event",
				sd_event_lock_set_problem(&lock_set->root));

	PG_RETURN_BOOL(true);
}

static void
raise_check(const char *what, const char *problem)
{
	if (problem != NULL)
		ereport(ERROR, errcode(ERRCODE_CHECK_VIOLATION),
				errmsg_internal("%s", what), errdetail_internal("%s", problem));
}
