/*-------------------------------------------------------------------------
 *
 * storage.h
 *	  Where traces are: in tables that survive a crash, or in ones that do not.
 *
 *-------------------------------------------------------------------------
 */
#ifndef STORMDISC_TRACE_STORAGE_H
#define STORMDISC_TRACE_STORAGE_H

#include "trace/event.h"

extern void sd_storage_check_readable(void);
extern void sd_storage_limit(const SdEvent *events, int n);

/* cleanup.c */
extern uint64 sd_traces_evict(int64 n, const SdEvent *events, int nevents);

#endif /* STORMDISC_TRACE_STORAGE_H */
