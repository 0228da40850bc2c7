/*-------------------------------------------------------------------------
 *
 * event.h
 *	  Events of traces: their kinds, their JSON, and what is wrong with it.
 *
 *-------------------------------------------------------------------------
 */
#ifndef STORMDISC_TRACE_EVENT_H
#define STORMDISC_TRACE_EVENT_H

#include "datatype/timestamp.h"
#include "utils/jsonb.h"
#include "utils/uuid.h"

#include "trace/vclock.h"

/* the order is that of kinds in event.c */
typedef enum SdEventKind
{
	SD_FUNCTION_CALL,
	SD_ASYNC_SPAWN,
	SD_ASYNC_AWAIT,
	SD_STATE_CHANGE,
	SD_LOCK_ACQUIRE,
	SD_LOCK_RELEASE,
	SD_MEMORY_FENCE,
	SD_HTTP_REQUEST,
	SD_HTTP_RESPONSE,
	SD_DATABASE_QUERY,
	SD_DATABASE_RESULT,
	SD_ERROR_EVENT,
	SD_CUSTOM
} SdEventKind;

/* the order is that of access_types in event.c */
typedef enum SdAccessType
{
	SD_READ,
	SD_WRITE,
	SD_ATOMIC_READ,
	SD_ATOMIC_WRITE,
	SD_ATOMIC_RMW
} SdAccessType;

/* the order is that of lock_types in event.c */
typedef enum SdLockType
{
	SD_MUTEX,
	SD_RWLOCK_READ,
	SD_RWLOCK_WRITE
} SdLockType;

/* the order is that of edge_types in event.c */
typedef enum SdEdgeType
{
	SD_DIRECT_CALL,
	SD_EDGE_ASYNC_SPAWN,
	SD_EDGE_ASYNC_AWAIT,
	SD_DATA_DEPENDENCY,
	SD_HTTP_REQUEST_RESPONSE,
	SD_DATABASE_QUERY_RESULT,
	SD_HAPPENS_BEFORE,
	SD_CONCURRENT_WITH
} SdEdgeType;

typedef struct SdEvent
{
	pg_uuid_t id;
	pg_uuid_t trace_id;
	pg_uuid_t parent_id; /* if has_parent */
	bool has_parent;
	bool parent_quarantined; /* the link to it would have closed a cycle */
	TimestampTz timestamp;
	int16 nanos;	 /* after the microseconds of timestamp, 0 to 999 */
	Jsonb *kind;	 /* NULL: none was given, as with metadata */
	Jsonb *metadata; /* never NULL in a checked one */
	SdVclock *clock; /* NULL: none */
	Jsonb *lock_set; /* NULL: none */
	Jsonb *extra;	 /* fields of its JSON that are not known, or NULL */
} SdEvent;

/* columns of stormdisc.events, from 1 */
#define SD_EVENT_ID 1
#define SD_EVENT_TRACE_ID 2
#define SD_EVENT_PARENT_ID 3
#define SD_EVENT_KIND 4
#define SD_EVENT_TIMESTAMP 5
#define SD_EVENT_METADATA 6
#define SD_EVENT_CAUSALITY_VECTOR 7
#define SD_EVENT_LOCK_SET 8
#define SD_EVENT_CREATED_AT 9
#define SD_EVENT_TIMESTAMP_NANOS 10
#define SD_EVENT_EXTRA 11
#define SD_EVENT_PARENT_QUARANTINED 12
#define SD_EVENT_VARIABLE 13
#define SD_EVENT_COLUMNS 13

/* of what is stored, which has been checked */
extern SdEventKind sd_event_kind(Jsonb *kind, JsonbContainer **fields);
extern bool sd_event_string(JsonbContainer *object, const char *name,
							const char **value, int *length);
extern SdAccessType sd_event_access_type(const JsonbValue *value);
extern SdLockType sd_event_lock_type(JsonbContainer *fields);
extern bool sd_event_lock(const JsonbValue *entry, const char **name,
						  int *length);

extern const char *sd_event_kind_name(SdEventKind kind);
extern const char *sd_access_type_name(SdAccessType type);
extern const char *sd_lock_type_name(SdLockType type);
extern const char *sd_edge_type_name(SdEdgeType type);
extern int sd_edge_type(const char *name, int length); /* -1: none */
extern SdEdgeType sd_edge_type_of_kind(SdEventKind kind);

/* what is wrong, as a sentence, or NULL */
extern const char *sd_event_kind_problem(JsonbContainer *kind);
extern const char *sd_event_metadata_problem(JsonbContainer *metadata);
extern const char *sd_event_lock_set_problem(JsonbContainer *lock_set);
extern bool sd_event_uuid(const char *text, int length, pg_uuid_t *uuid);
extern const char *sd_event_parse(JsonbContainer *json, SdEvent *event);
extern const char *sd_event_time_problem(TimestampTz timestamp);

extern Jsonb *sd_event_to_jsonb(const SdEvent *event);
extern void sd_event_from_row(SdEvent *event, const Datum *values,
							  const bool *nulls);
extern char *sd_event_time_text(TimestampTz timestamp, int nanos);

#endif /* STORMDISC_TRACE_EVENT_H */
