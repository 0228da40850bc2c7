/*-------------------------------------------------------------------------
 *
 * access.h
 *	  Accesses to a variable, as rows of events tell of them.
 *
 *-------------------------------------------------------------------------
 */
#ifndef STORMDISC_TRACE_ACCESS_H
#define STORMDISC_TRACE_ACCESS_H

#include "access/tupdesc.h"
#include "datatype/timestamp.h"
#include "utils/jsonb.h"
#include "utils/uuid.h"

#include "trace/event.h"

/* what to select of stormdisc.events e, for sd_access_read() */
#define SD_ACCESS_COLUMNS 7
#define SD_ACCESS_SELECT                                                       \
	"e.id, e.trace_id, e.\"timestamp\", e.timestamp_nanos, e.kind, "           \
	"e.metadata, e.lock_set"

extern bool sd_access_can_pick(TupleDesc desc);
extern void sd_access_pick(const Datum *columns, const bool *column_nulls,
						   Datum *values, bool *nulls);

typedef struct SdAccessRow
{
	pg_uuid_t id;
	pg_uuid_t trace_id;
	TimestampTz time;
	int16 nanos;
	SdAccessType type;
	text *location; /* or NULL, as with all of these */
	Jsonb *old_value;
	Jsonb *new_value;
	Jsonb *lock_set;
} SdAccessRow;

extern void sd_access_read(SdAccessRow *access, const Datum *values,
						   const bool *nulls);

/* how the logical threads of metadata are called */
typedef struct SdThreadNames
{
	MemoryContext context;
	struct SdThreadName *cache;
} SdThreadNames;

extern void sd_thread_names_init(SdThreadNames *names, MemoryContext context);
extern void sd_thread_names_find(SdThreadNames *names, Datum metadata,
								 bool may_forget, text **service,
								 text **thread);

/* a logical thread: service, instance and thread */
#define SD_THREAD_PARTS 3

extern void sd_access_thread_parts(Jsonb *metadata, const char **parts,
								   int *lengths);
extern text *sd_access_thread_name(const char *const *parts,
								   const int *lengths);

#endif /* STORMDISC_TRACE_ACCESS_H */
