/*-------------------------------------------------------------------------
 *
 * access.c
 *	  Accesses to a variable, as rows of events tell of them.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "lib/stringinfo.h"
#include "utils/builtins.h"
#include "utils/fmgrprotos.h"
#include "utils/numeric.h"
#include "utils/timestamp.h"

#include "trace/access.h"

static text *string_field(JsonbContainer *object, const char *name);
static Jsonb *json_field(JsonbContainer *object, const char *name);
static bool append_field(StringInfo buf, JsonbContainer *object,
						 const char *name);

/*
 * sd_access_read
 *		An access of a row that was selected with SD_ACCESS_SELECT.
 */
void
sd_access_read(SdAccessRow *access, const Datum *values, const bool *nulls)
{
	JsonbContainer *fields;
	Jsonb *metadata = DatumGetJsonbP(values[5]);

	access->id = *DatumGetUUIDP(values[0]);
	access->trace_id = *DatumGetUUIDP(values[1]);
	access->time = DatumGetTimestampTz(values[2]);
	access->nanos = DatumGetInt16(values[3]);
	(void) sd_event_kind(DatumGetJsonbP(values[4]), &fields);
	access->type = sd_event_access_type(fields);
	access->old_value = json_field(fields, "old_value");
	access->new_value = json_field(fields, "new_value");
	access->location = string_field(fields, "location");
	access->service = string_field(&metadata->root, "service_name");
	access->thread = sd_access_thread_name(metadata, '/');
	access->lock_set = nulls[6] ? NULL : DatumGetJsonbP(values[6]);
}

/*
 * sd_access_thread_name
 *		The logical thread of metadata: service, instance and thread, with '/'
 *		between them for people, or 0, which is in none of them, to compare.
 */
text *
sd_access_thread_name(Jsonb *metadata, char separator)
{
	StringInfoData buf;

	initStringInfo(&buf);
	(void) append_field(&buf, &metadata->root, "service_name");
	appendStringInfoChar(&buf, separator);
	if (!append_field(&buf, &metadata->root, "instance_id"))
		(void) append_field(&buf, &metadata->root, "process_id");
	appendStringInfoChar(&buf, separator);
	(void) append_field(&buf, &metadata->root, "thread_id");

	return cstring_to_text_with_len(buf.data, buf.len);
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
append_field(StringInfo buf, JsonbContainer *object, const char *name)
{
	JsonbValue value;

	if (getKeyJsonValueFromContainer(object, name, strlen(name), &value) ==
		NULL)
		return false;
	if (value.type == jbvString)
		appendBinaryStringInfo(buf, value.val.string.val, value.val.string.len);
	else if (value.type == jbvNumeric)
		appendStringInfoString(
			buf, DatumGetCString(DirectFunctionCall1(
					 numeric_out, NumericGetDatum(value.val.numeric))));
	else
		return false;

	return true;
}
