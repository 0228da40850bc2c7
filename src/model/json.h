/*-------------------------------------------------------------------------
 *
 * json.h
 *	  Reading jsonb member by member, and putting it together.
 *
 *-------------------------------------------------------------------------
 */
#ifndef STORMDISC_JSON_H
#define STORMDISC_JSON_H

#include "nodes/pg_list.h"
#include "utils/array.h"
#include "utils/jsonb.h"

/* an object or array that grows; all zeros is an empty one */
typedef struct SdJson
{
	int count;
	int size;
	JsonbPair *pairs;	  /* of an object */
	JsonbValue *elements; /* of an array */
} SdJson;

/* a walk through an object or array */
typedef struct SdJsonWalk
{
	JsonbIterator *iterator;
} SdJsonWalk;

/*
 * put together: in the current memory context, keys and texts are not copied;
 * what was read or packed may stand in what is packed
 */
extern void sd_json_add(SdJson *object, const char *key, JsonbValue value);
extern void sd_json_append(SdJson *array, JsonbValue value);
extern JsonbValue sd_json_object(SdJson *object);
extern JsonbValue sd_json_array(SdJson *array);
extern JsonbValue sd_json_null(void);
extern JsonbValue sd_json_bool(bool value);
extern JsonbValue sd_json_int64(int64 value);
extern JsonbValue sd_json_text(const char *value);
extern JsonbValue sd_json_text_array(ArrayType *array);
extern Jsonb *sd_json_pack(const JsonbValue *value);
extern JsonbValue sd_json_packed(Jsonb *jsonb);

/* read: NULL, false or 0 is what an object gives for a key that it lacks */
extern bool sd_json_get(JsonbContainer *object, const char *key,
						JsonbValue *value);
extern JsonbContainer *sd_json_get_object(JsonbContainer *object,
										  const char *key);
extern JsonbContainer *sd_json_get_array(JsonbContainer *object,
										 const char *key);
extern char *sd_json_get_text(JsonbContainer *object, const char *key);
extern bool sd_json_get_bool(JsonbContainer *object, const char *key);
extern bool sd_json_get_int64(JsonbContainer *object, const char *key,
							  int64 *value);
extern List *sd_json_get_texts(JsonbContainer *object, const char *key);
extern JsonbContainer *sd_json_as_object(const JsonbValue *value);
extern JsonbContainer *sd_json_as_array(const JsonbValue *value);
extern char *sd_json_as_text(const JsonbValue *value);
extern void sd_json_walk(SdJsonWalk *walk, JsonbContainer *container);
extern bool sd_json_next_member(SdJsonWalk *walk, JsonbValue *key,
								JsonbValue *value);
extern bool sd_json_next_element(SdJsonWalk *walk, JsonbValue *value);
extern int sd_json_compare_keys(const JsonbValue *a, const JsonbValue *b);
extern bool sd_json_equal(const JsonbValue *a, const JsonbValue *b);

#endif /* STORMDISC_JSON_H */
