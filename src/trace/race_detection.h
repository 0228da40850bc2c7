/*-------------------------------------------------------------------------
 *
 * race_detection.h
 *	  What the phases of detecting races share.
 *
 *-------------------------------------------------------------------------
 */
#ifndef STORMDISC_TRACE_RACE_DETECTION_H
#define STORMDISC_TRACE_RACE_DETECTION_H

#include "utils/hsearch.h"
#include "utils/memutils.h"

#include "trace/order.h"
#include "trace/races.h"

/* pairs of one variable that are in memory at a time */
#define SD_MAX_PAIRS_OF_ONE (4 * 1024 * 1024)

/* of a variable; with more of them, partners are looked for each time */
#define SD_MAX_LISTED_CLASSES 1024

/* types of access, as far as they make a difference */
enum
{
	SD_TYPE_READ,
	SD_TYPE_WRITE,
	SD_TYPE_ATOMIC_READ,
	SD_TYPE_ATOMIC_WRITE,
	SD_TYPES
};

/* a pair: the places of its events, and what is known of their order */
#define SD_PAIR(first, second, known)                                          \
	(((uint64) (first) << 33) | ((uint64) (second) << 2) | (known))
#define SD_PAIR_FIRST(pair) ((int32) ((pair) >> 33))
#define SD_PAIR_SECOND(pair) ((int32) (((pair) >> 2) & 0x7FFFFFFF))
#define SD_PAIR_KNOWN(pair) ((int) ((pair) &3))

#define SD_KNOWN_NOTHING 0
#define SD_KNOWN_PATH 1
#define SD_KNOWN_CLOCKS 2

/* what is known of the accesses of a group, which are in the order of time */
typedef enum SdGroupKind
{
	SD_GROUP_PATH,	 /* each happens before the next, whose clock is not less */
	SD_GROUP_CLOCKS, /* no clock is less than the one before */
	SD_GROUP_LOOSE	 /* nothing */
} SdGroupKind;

typedef struct SdAccessGroup
{
	SdGroupKind kind;
	int32 n;
	int32 allocated;
	int32 *events;
	int32 limit; /* those before are not behind the variable's cut */
	int32 cuts;	 /* how often that had moved when limit was found */
	/* unless it is a path: so many all happen before this event */
	int32 ncovered;
	int32 cover;
} SdAccessGroup;

typedef struct SdAccessClass
{
	int32 variable;
	int32 set;
	int32 part;	  /* -1: does not matter */
	int32 thread; /* -1: does not matter */
	uint8 type;
	bool is_clocked;
	int64 n;
	int32 next;			/* of the variable */
	int32 next_in_part; /* of the variable */
	int32 next_clocked; /* of the variable */
	int32 leader;		/* the first one in the part, which has these: */
	int32 last_in_part;
	int32 n_in_part;
	int32 first_event; /* in the order of time */
	bool is_in_front;
	int32 ngroups;
	int32 groups_allocated;
	SdAccessGroup *groups;
	int32 loose; /* the last such group, -1 */
	int32 npartners;
	int32 partners_allocated;
	int32 *partners;
} SdAccessClass;

typedef struct SdVariable
{
	int32 word;
	bool all_clocked;
	bool is_cut; /* there is more than what was asked for */
	int64 nput;	 /* pairs that were given to the callback */
	uint64 low;	 /* the last one of them */
	/* of this walk */
	int32 classes; /* the first one */
	int32 nclasses;
	int32 clocked_classes; /* the first one */
	int32 nclocked_classes;
	int32 nparts;
	/* once it is needed: classes that have accesses not behind the cut */
	int32 *front;
	int32 nfront;
	int32 front_allocated;
	int32 front_cuts; /* how often that had moved; 0: not needed yet */
	int64 npairs;
	int64 allocated;
	uint64 *pairs;
	int64 wanted; /* pairs */
	int32 cuts;
	uint64 cut; /* only pairs up to here, once there are any cuts */
} SdVariable;

typedef struct SdDetection
{
	SdTrace *trace;
	SdRaceOptions options;
	SdRaceCallback callback;
	void *arg;
	MemoryContext context;
	MemoryContext walk_context;
	SdOrder *order;
	SdReach *reach;
	bool conflicts[SD_TYPES][SD_TYPES];
	bool by_thread_id; /* that is a thread, whatever the service */
	bool use_clocks;
	bool use_parts;
	bool *is_split; /* of threads: are they in several chains? */
	int32 *sets;	/* of accesses, the locks that protect them */
	SdLockSets lock_sets;
	int32 nvariables;
	SdVariable *variables;
	int32 *numbers; /* of words: variables, or -1 */
	/* of this walk */
	int32 first; /* variables that are looked at */
	int32 last;
	int64 npairs_allocated;
	int32 nclasses;
	int32 classes_allocated;
	SdAccessClass *classes;
	int32 *class_slots;
	uint32 nclass_slots;
	HTAB *parts; /* of race_classes.c */
	/* accesses that nothing connects */
	int64 nunknown;
	bool has_more_unknown;
} SdDetection;

/* race_locks.c: the locks that protect each access */
extern void sd_race_find_lock_sets(SdDetection *detection);

/* race_classes.c: who can race with whom at all */
extern void sd_race_begin_classes(SdDetection *detection);
extern int32 sd_race_class_of(SdDetection *detection, int32 variable,
							  int32 event);
extern void sd_race_append(SdDetection *detection, SdAccessClass *class,
						   int32 event);

/* race_compare.c: an access and those before it */
extern void sd_race_look_at(SdDetection *detection, int32 event);

/* race_pairs.c: what was found */
extern void sd_race_add_pairs(SdDetection *detection, SdVariable *variable,
							  int32 event, const SdAccessGroup *group,
							  int32 from, int32 to, int known);
extern int32 sd_race_put_pairs(SdDetection *detection);
extern void sd_race_report(SdDetection *detection);

static inline void *
sd_race_allocate(Size size)
{
	return palloc_extended(Max(size, 1), MCXT_ALLOC_HUGE);
}

static inline int32
sd_race_thread_of(const SdDetection *detection, int32 event)
{
	int32 thread = detection->trace->events[event].thread;

	return detection->by_thread_id ? detection->trace->threads[thread].thread_id
								   : thread;
}

static inline int
sd_race_type_of(const SdTraceEvent *event)
{
	switch ((SdAccessType) event->access)
	{
		case SD_READ:
			return SD_TYPE_READ;
		case SD_WRITE:
			return SD_TYPE_WRITE;
		case SD_ATOMIC_READ:
			return SD_TYPE_ATOMIC_READ;
		default:
			return SD_TYPE_ATOMIC_WRITE;
	}
}

/* Would it be known if an access of one happened before one of the other? */
static inline bool
sd_race_is_decided(const SdDetection *detection, const SdAccessClass *a,
				   const SdAccessClass *b)
{
	return a->part == b->part || (a->is_clocked && b->is_clocked);
}

static inline bool
sd_race_can_conflict(const SdDetection *detection, const SdAccessClass *a,
					 const SdAccessClass *b)
{
	return detection->conflicts[a->type][b->type] &&
		   (a->thread < 0 || a->thread != b->thread) &&
		   !sd_lock_sets_protect(&detection->lock_sets, a->set, b->set);
}

/* Is anything about pairs of two classes asked for? */
static inline bool
sd_race_are_partners(const SdDetection *detection, const SdAccessClass *a,
					 const SdAccessClass *b)
{
	int wanted = sd_race_is_decided(detection, a, b)
					 ? SD_VERDICT_RACE | SD_VERDICT_ORDERED
					 : SD_VERDICT_UNKNOWN;

	return (detection->options.verdicts & wanted) != 0 &&
		   sd_race_can_conflict(detection, a, b);
}

#endif /* STORMDISC_TRACE_RACE_DETECTION_H */
