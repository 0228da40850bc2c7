/*-------------------------------------------------------------------------
 *
 * ingest.h
 *	  Store events.
 *
 *-------------------------------------------------------------------------
 */
#ifndef STORMDISC_TRACE_INGEST_H
#define STORMDISC_TRACE_INGEST_H

#include "trace/event.h"

extern int64 sd_events_store(SdEvent *events, int n);

#endif /* STORMDISC_TRACE_INGEST_H */
