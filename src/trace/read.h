/*-------------------------------------------------------------------------
 *
 * read.h
 *	  Read events.
 *
 *-------------------------------------------------------------------------
 */
#ifndef STORMDISC_TRACE_READ_H
#define STORMDISC_TRACE_READ_H

#include "trace/event.h"

extern void sd_trace_events(const pg_uuid_t *trace_id, int64 max_events,
							const pg_uuid_t *after,
							void (*work)(const SdEvent *event, void *arg),
							void *arg);

#endif /* STORMDISC_TRACE_READ_H */
