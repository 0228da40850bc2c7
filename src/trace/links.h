/*-------------------------------------------------------------------------
 *
 * links.h
 *	  What orders the events of a trace must not go round in a circle.
 *
 *-------------------------------------------------------------------------
 */
#ifndef STORMDISC_TRACE_LINKS_H
#define STORMDISC_TRACE_LINKS_H

#include "utils/uuid.h"

#include "spi_util.h"

/* an event, and its link to its parent */
typedef struct SdLink
{
	pg_uuid_t id;
	pg_uuid_t trace_id;
	pg_uuid_t parent_id; /* if has_parent */
	bool has_parent;
	bool is_changed; /* the event was there before, with another link */
	bool is_quarantined;
	bool is_cut; /* it was not before the check */
} SdLink;

extern void sd_links_check(SdLink *links, int n);
extern uint64 sd_links_write(SdStatement *statement, const Datum *values);
extern bool sd_path_exists(const pg_uuid_t *trace_id, const pg_uuid_t *from,
						   const pg_uuid_t *to);
extern void sd_trace_lock(const pg_uuid_t *trace_id);
extern void sd_traces_lock(const pg_uuid_t *trace_ids, int64 n);

#endif /* STORMDISC_TRACE_LINKS_H */
