/*-------------------------------------------------------------------------
 *
 * json_fields.h
 *	  Some fields of a JSON object, in one pass.
 *
 *-------------------------------------------------------------------------
 */
#ifndef STORMDISC_TRACE_JSON_FIELDS_H
#define STORMDISC_TRACE_JSON_FIELDS_H

#include "utils/jsonb.h"

/* a name with its length */
typedef struct SdJsonName
{
	const char *name;
	int length;
} SdJsonName;

#define SD_JSON_NAME(name)                                                     \
	{                                                                          \
		name, sizeof(name) - 1                                                 \
	}

/* no more can be asked for at a time */
#define SD_JSON_FIELDS 8

extern void sd_json_fields(const JsonbContainer *object,
						   const SdJsonName *names, int n, JsonbValue *values,
						   bool *nulls);
extern Jsonb *sd_json_of_field(const JsonbValue *value);

#endif /* STORMDISC_TRACE_JSON_FIELDS_H */
