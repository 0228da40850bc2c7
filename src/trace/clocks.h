/*-------------------------------------------------------------------------
 *
 * clocks.h
 *	  The clocks of a trace's events, packed.
 *
 *-------------------------------------------------------------------------
 */
#ifndef STORMDISC_TRACE_CLOCKS_H
#define STORMDISC_TRACE_CLOCKS_H

#include "trace/trace.h"
#include "trace/vclock.h"

extern SdClocks *sd_clocks_create(MemoryContext context);
extern int32 sd_clocks_add(SdClocks *clocks, int32 thread,
						   const SdVclock *clock);
extern bool sd_clocks_less(const SdClocks *clocks, int32 a, int32 b);
extern bool sd_clocks_less_or_equal(const SdClocks *clocks, int32 a, int32 b);

#endif /* STORMDISC_TRACE_CLOCKS_H */
