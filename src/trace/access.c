/*-------------------------------------------------------------------------
 *
 * access.c
 *	  Accesses to a variable, as rows of events tell of them.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "utils/builtins.h"
#include "utils/fmgrprotos.h"
#include "utils/numeric.h"
#include "utils/timestamp.h"

#include "trace/access.h"

static text *string_field(JsonbContainer *object, const char *name);
static Jsonb *json_field(JsonbContainer *object, const char *name);
static JsonbContainer *fields_of(Jsonb *kind);
static bool read_part(JsonbContainer *object, const char *name,
					  const char **part, int *length);

/*
 * sd_access_pick
 *		The columns of SD_ACCESS_SELECT among all of a row.
 */
void
sd_access_pick(const Datum *columns, const bool *column_nulls, Datum *values,
			   bool *nulls)
{
	static const int picked[SD_ACCESS_COLUMNS] = {
		SD_EVENT_ID,		SD_EVENT_TRACE_ID,
		SD_EVENT_TIMESTAMP, SD_EVENT_TIMESTAMP_NANOS,
		SD_EVENT_KIND,		SD_EVENT_METADATA,
		SD_EVENT_LOCK_SET};

	for (int i = 0; i < SD_ACCESS_COLUMNS; i++)
	{
		values[i] = columns[picked[i] - 1];
		nulls[i] = column_nulls[picked[i] - 1];
	}
}

/*
 * sd_access_read
 *		An access of a row that was selected with SD_ACCESS_SELECT.
 */
void
sd_access_read(SdAccessRow *access, const Datum *values, const bool *nulls)
{
	JsonbContainer *fields;
	Jsonb *metadata = DatumGetJsonbP(values[5]);
	const char *parts[SD_THREAD_PARTS];
	int lengths[SD_THREAD_PARTS];

	access->id = *DatumGetUUIDP(values[0]);
	access->trace_id = *DatumGetUUIDP(values[1]);
	access->time = DatumGetTimestampTz(values[2]);
	access->nanos = DatumGetInt16(values[3]);
	fields = fields_of(DatumGetJsonbP(values[4]));
	access->type = sd_event_access_type(fields);
	access->old_value = json_field(fields, "old_value");
	access->new_value = json_field(fields, "new_value");
	access->location = string_field(fields, "location");
	sd_access_thread_parts(metadata, parts, lengths);
	/* every event has a service */
	access->service = cstring_to_text_with_len(parts[0], lengths[0]);
	access->thread = sd_access_thread_name(parts, lengths);
	access->lock_set = nulls[6] ? NULL : DatumGetJsonbP(values[6]);
}

/* The fields of a StateChange. */
static JsonbContainer *
fields_of(Jsonb *kind)
{
	JsonbValue fields;

	if (getKeyJsonValueFromContainer(&kind->root, "StateChange", 11, &fields) ==
			NULL ||
		fields.type != jbvBinary)
		elog(ERROR, "unexpected kind of an access");

	return fields.val.binary.data;
}

/*
 * sd_access_thread_parts
 *		The logical thread of metadata: service, instance and thread, not
 *		terminated.
 */
void
sd_access_thread_parts(Jsonb *metadata, const char **parts, int *lengths)
{
	JsonbContainer *fields = &metadata->root;

	for (int i = 0; i < SD_THREAD_PARTS; i++)
	{
		parts[i] = "";
		lengths[i] = 0;
	}
	(void) read_part(fields, "service_name", &parts[0], &lengths[0]);
	if (!read_part(fields, "instance_id", &parts[1], &lengths[1]))
		(void) read_part(fields, "process_id", &parts[1], &lengths[1]);
	(void) read_part(fields, "thread_id", &parts[2], &lengths[2]);
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

static text *
string_field(JsonbContainer *object, const char *name)
{
	const char *value;
	int length;

	return sd_event_string(object, name, &value, &length)
			   ? cstring_to_text_with_len(value, length)
			   : NULL;
}

static Jsonb *
json_field(JsonbContainer *object, const char *name)
{
	JsonbValue value;

	if (getKeyJsonValueFromContainer(object, name, strlen(name), &value) ==
		NULL)
		return NULL;

	return JsonbValueToJsonb(&value);
}

/* A string or a number; false if it is none, or is not there. */
static bool
read_part(JsonbContainer *object, const char *name, const char **part,
		  int *length)
{
	JsonbValue value;

	if (getKeyJsonValueFromContainer(object, name, strlen(name), &value) ==
		NULL)
		return false;
	if (value.type == jbvString)
	{
		*part = value.val.string.val;
		*length = value.val.string.len;
		return true;
	}
	if (value.type != jbvNumeric)
		return false;
	*part = DatumGetCString(
		DirectFunctionCall1(numeric_out, NumericGetDatum(value.val.numeric)));
	*length = strlen(*part);

	return true;
}
