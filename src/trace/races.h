/*-------------------------------------------------------------------------
 *
 * races.h
 *	  Pairs of accesses to one variable, and what is known of their order.
 *
 *-------------------------------------------------------------------------
 */
#ifndef STORMDISC_TRACE_RACES_H
#define STORMDISC_TRACE_RACES_H

#include "trace/trace.h"

typedef enum SdRaceMode
{
	SD_RACES_HB,	  /* not ordered, no common lock */
	SD_RACES_LOCKSET, /* no common lock, order by threads and tasks only */
	SD_RACES_BOTH,	  /* what both of them call a race */
	SD_RACES_RACEWAY  /* as Raceway does it */
} SdRaceMode;

/* verdicts, as bits */
#define SD_VERDICT_RACE 0x01
#define SD_VERDICT_ORDERED 0x02
#define SD_VERDICT_UNKNOWN 0x04

/* why, as bits */
#define SD_BECAUSE_PATH 0x01 /* from the first to the second event */
#define SD_BECAUSE_REVERSE_PATH 0x02
#define SD_BECAUSE_CLOCKS 0x04
#define SD_BECAUSE_REVERSE_CLOCKS 0x08
#define SD_BECAUSE_SAME_PART 0x10
#define SD_BECAUSE_BOTH_CLOCKED 0x20
#define SD_BECAUSE_DROPPED 0x40 /* there are dropped edges in their parts */

typedef struct SdRace
{
	int32 event1; /* the earlier one */
	int32 event2;
	int verdict;
	int because;
	bool is_critical;
} SdRace;

typedef struct SdRaceOptions
{
	SdRaceMode mode;
	bool include_atomic_reads;
	int64 max_pairs; /* of each variable */
	int verdicts;
	bool is_silent; /* about what was cut off, and what is not known */
} SdRaceOptions;

/* called with pairs by variable and the time of their events */
typedef void (*SdRaceCallback)(void *arg, const SdTrace *trace,
							   const SdRace *race);

extern void sd_races_detect(SdTrace *trace, const SdRaceOptions *options,
							SdRaceCallback callback, void *arg);

#endif /* STORMDISC_TRACE_RACES_H */
