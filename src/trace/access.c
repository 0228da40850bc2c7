/*-------------------------------------------------------------------------
 *
 * access.c
 *	  Accesses to a variable, as rows of events tell of them.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "catalog/pg_type.h"
#include "utils/builtins.h"
#include "utils/fmgrprotos.h"
#include "utils/numeric.h"
#include "utils/timestamp.h"

#include "trace/access.h"
#include "trace/json_fields.h"

/* names that are kept, of metadata that are not longer than this */
#define CACHE_BITS 6
#define CACHED_LENGTH 256

typedef struct SdThreadName
{
	int length; /* 0: none yet */
	char bytes[CACHED_LENGTH];
	text *service;
	text *thread;
} SdThreadName;

/* a copy of a value with a header of one byte */
typedef union AlignedJsonb
{
	Jsonb jsonb;
	char bytes[VARHDRSZ + VARATT_SHORT_MAX];
} AlignedJsonb;

static Jsonb *aligned(Datum stored, AlignedJsonb *copy);
static uint64 hash_of_words(const char *bytes, int length);
static bool read_part(const JsonbValue *value, const char **part, int *length);
static text *string_of(const JsonbValue *value);

/* the fields of a StateChange that are wanted, in the order of its keys */
enum
{
	LOCATION,
	NEW_VALUE,
	OLD_VALUE,
	ACCESS_TYPE,
	N_FIELDS
};

static const SdJsonName fields_of_access[N_FIELDS] = {
	[LOCATION] = SD_JSON_NAME("location"),
	[NEW_VALUE] = SD_JSON_NAME("new_value"),
	[OLD_VALUE] = SD_JSON_NAME("old_value"),
	[ACCESS_TYPE] = SD_JSON_NAME("access_type"),
};

/* likewise those of metadata */
enum
{
	THREAD_ID,
	PROCESS_ID,
	INSTANCE_ID,
	SERVICE_NAME,
	N_METADATA
};

static const SdJsonName fields_of_metadata[N_METADATA] = {
	[THREAD_ID] = SD_JSON_NAME("thread_id"),
	[PROCESS_ID] = SD_JSON_NAME("process_id"),
	[INSTANCE_ID] = SD_JSON_NAME("instance_id"),
	[SERVICE_NAME] = SD_JSON_NAME("service_name"),
};

/* the columns of SD_ACCESS_SELECT in stormdisc.events */
static const struct
{
	int column;
	Oid type;
} picked[SD_ACCESS_COLUMNS] = {
	{SD_EVENT_ID, UUIDOID},
	{SD_EVENT_TRACE_ID, UUIDOID},
	{SD_EVENT_TIMESTAMP, TIMESTAMPTZOID},
	{SD_EVENT_TIMESTAMP_NANOS, INT2OID},
	{SD_EVENT_KIND, JSONBOID},
	{SD_EVENT_METADATA, JSONBOID},
	{SD_EVENT_LOCK_SET, JSONBOID},
};

/*
 * sd_access_can_pick
 *		Are the columns in the table as we have made them?
 */
bool
sd_access_can_pick(TupleDesc desc)
{
	for (int i = 0; i < SD_ACCESS_COLUMNS; i++)
		if (picked[i].column > desc->natts ||
			TupleDescAttr(desc, picked[i].column - 1)->attisdropped ||
			TupleDescAttr(desc, picked[i].column - 1)->atttypid !=
				picked[i].type)
			return false;

	return true;
}

/*
 * sd_access_pick
 *		The columns of SD_ACCESS_SELECT among all of a row.
 */
void
sd_access_pick(const Datum *columns, const bool *column_nulls, Datum *values,
			   bool *nulls)
{
	for (int i = 0; i < SD_ACCESS_COLUMNS; i++)
	{
		values[i] = columns[picked[i].column - 1];
		nulls[i] = column_nulls[picked[i].column - 1];
	}
}

/*
 * sd_access_read
 *		An access of a row that was selected with SD_ACCESS_SELECT.
 */
void
sd_access_read(SdAccessRow *access, const Datum *values, const bool *nulls)
{
	static const SdJsonName state_change = SD_JSON_NAME("StateChange");
	AlignedJsonb copy;
	JsonbValue kind;
	JsonbValue fields[N_FIELDS];
	bool missing[N_FIELDS];

	access->id = *DatumGetUUIDP(values[0]);
	access->trace_id = *DatumGetUUIDP(values[1]);
	access->time = DatumGetTimestampTz(values[2]);
	access->nanos = DatumGetInt16(values[3]);

	sd_json_fields(&aligned(values[4], &copy)->root, &state_change, 1, &kind,
				   missing);
	if (kind.type != jbvBinary)
		elog(ERROR, "unexpected kind of an access");
	sd_json_fields(kind.val.binary.data, fields_of_access, N_FIELDS, fields,
				   missing);
	access->type = sd_event_access_type(&fields[ACCESS_TYPE]);
	access->old_value =
		missing[OLD_VALUE] ? NULL : sd_json_of_field(&fields[OLD_VALUE]);
	access->new_value =
		missing[NEW_VALUE] ? NULL : sd_json_of_field(&fields[NEW_VALUE]);
	access->location = string_of(&fields[LOCATION]);
	access->lock_set =
		nulls[6] ? NULL : (Jsonb *) PG_DETOAST_DATUM_COPY(values[6]);
}

/* What is short has no alignment in a row. */
static Jsonb *
aligned(Datum stored, AlignedJsonb *copy)
{
	struct varlena *value = (struct varlena *) DatumGetPointer(stored);
	Size length;

	if (!VARATT_IS_SHORT(value) || VARATT_IS_EXTERNAL(value))
		return DatumGetJsonbP(stored);
	length = VARSIZE_SHORT(value) - VARHDRSZ_SHORT;
	SET_VARSIZE(&copy->jsonb, VARHDRSZ + length);
	memcpy(&copy->jsonb.root, VARDATA_SHORT(value), length);

	return &copy->jsonb;
}

/*
 * sd_access_thread_parts
 *		The logical thread of metadata: service, instance and thread, not
 *		terminated.
 */
void
sd_access_thread_parts(Jsonb *metadata, const char **parts, int *lengths)
{
	JsonbValue fields[N_METADATA];
	bool missing[N_METADATA];

	sd_json_fields(&metadata->root, fields_of_metadata, N_METADATA, fields,
				   missing);
	for (int i = 0; i < SD_THREAD_PARTS; i++)
	{
		parts[i] = "";
		lengths[i] = 0;
	}
	(void) read_part(&fields[SERVICE_NAME], &parts[0], &lengths[0]);
	if (!read_part(&fields[INSTANCE_ID], &parts[1], &lengths[1]))
		(void) read_part(&fields[PROCESS_ID], &parts[1], &lengths[1]);
	(void) read_part(&fields[THREAD_ID], &parts[2], &lengths[2]);
}

/*
 * sd_access_thread_name
 *		A logical thread as people read it: service/instance/thread.
 */
text *
sd_access_thread_name(const char *const *parts, const int *lengths)
{
	Size size = VARHDRSZ + SD_THREAD_PARTS - 1;
	text *result;
	char *end;

	for (int i = 0; i < SD_THREAD_PARTS; i++)
		size += lengths[i];
	result = palloc(size);
	end = VARDATA(result);
	for (int i = 0; i < SD_THREAD_PARTS; i++)
	{
		if (i > 0)
			*end++ = '/';
		memcpy(end, parts[i], lengths[i]);
		end += lengths[i];
	}
	SET_VARSIZE(result, size);

	return result;
}

/*
 * sd_thread_names_init
 *		Begin to give names to threads.
 *
 * Most events of a thread have the same metadata.
 */
void
sd_thread_names_init(SdThreadNames *names, MemoryContext context)
{
	names->context = context;
	names->cache =
		MemoryContextAllocZero(context, sizeof(SdThreadName) << CACHE_BITS);
}

/*
 * sd_thread_names_find
 *		The service and the logical thread of metadata.
 *
 * They are there until the next call that may forget names.
 */
void
sd_thread_names_find(SdThreadNames *names, Datum metadata, bool may_forget,
					 text **service, text **thread)
{
	struct varlena *stored = (struct varlena *) DatumGetPointer(metadata);
	const char *parts[SD_THREAD_PARTS];
	int lengths[SD_THREAD_PARTS];
	SdThreadName *name = NULL;

	if (!VARATT_IS_COMPRESSED(stored) && !VARATT_IS_EXTERNAL(stored) &&
		VARSIZE_ANY_EXHDR(stored) <= CACHED_LENGTH)
	{
		const char *bytes = VARDATA_ANY(stored);
		int length = VARSIZE_ANY_EXHDR(stored);

		name = &names->cache[hash_of_words(bytes, length) >> (64 - CACHE_BITS)];
		if (name->length == length && memcmp(name->bytes, bytes, length) == 0)
		{
			*service = name->service;
			*thread = name->thread;
			return;
		}
	}

	sd_access_thread_parts(DatumGetJsonbP(metadata), parts, lengths);
	*service = cstring_to_text_with_len(parts[0], lengths[0]);
	*thread = sd_access_thread_name(parts, lengths);
	if (name != NULL && may_forget)
	{
		MemoryContext oldcontext = MemoryContextSwitchTo(names->context);

		if (name->length > 0)
		{
			pfree(name->service);
			pfree(name->thread);
		}
		name->length = VARSIZE_ANY_EXHDR(stored);
		memcpy(name->bytes, VARDATA_ANY(stored), name->length);
		name->service =
			(text *) PG_DETOAST_DATUM_COPY(PointerGetDatum(*service));
		name->thread = (text *) PG_DETOAST_DATUM_COPY(PointerGetDatum(*thread));
		MemoryContextSwitchTo(oldcontext);
	}
}

/* hash_bytes() takes several times as long, once for every row. */
static uint64
hash_of_words(const char *bytes, int length)
{
	uint64 hash = length;
	uint64 word;

	for (; length >= sizeof(word);
		 bytes += sizeof(word), length -= sizeof(word))
	{
		memcpy(&word, bytes, sizeof(word));
		hash = (hash ^ word) * UINT64CONST(0x9E3779B97F4A7C15);
		hash ^= hash >> 32;
	}
	word = 0;
	memcpy(&word, bytes, length);

	return (hash ^ word) * UINT64CONST(0x9E3779B97F4A7C15);
}

static text *
string_of(const JsonbValue *value)
{
	return value->type == jbvString
			   ? cstring_to_text_with_len(value->val.string.val,
										  value->val.string.len)
			   : NULL;
}

/* A string or a number; false if it is none. */
static bool
read_part(const JsonbValue *value, const char **part, int *length)
{
	if (value->type == jbvString)
	{
		*part = value->val.string.val;
		*length = value->val.string.len;
		return true;
	}
	if (value->type != jbvNumeric)
		return false;
	*part = DatumGetCString(
		DirectFunctionCall1(numeric_out, NumericGetDatum(value->val.numeric)));
	*length = strlen(*part);

	return true;
}
