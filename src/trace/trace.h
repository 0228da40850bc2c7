/*-------------------------------------------------------------------------
 *
 * trace.h
 *	  A trace in memory, for those who look at it as a whole.
 *
 * Events stand in an array, in the order of time: by their timestamp, its
 * nanoseconds, and the bytes of their id.  All else points to them by their
 * place there, and to words by their number; -1 is none.
 *
 * sd_trace_load() has no SPI connection open when it returns, and what it
 * returns lives in a memory context of its own.
 *-------------------------------------------------------------------------
 */
#ifndef STORMDISC_TRACE_TRACE_H
#define STORMDISC_TRACE_TRACE_H

#include "datatype/timestamp.h"
#include "utils/uuid.h"

#include "trace/event.h"

/* what sd_trace_load() reads beyond what it always does */
#define SD_TRACE_LOCATIONS 0x01	 /* of accesses */
#define SD_TRACE_CLOCKS 0x02	 /* what clients sent */
#define SD_TRACE_OPERATIONS 0x04 /* names of what events do */

/* flags of an event */
#define SD_EVENT_ROOT 0x01		  /* has no parent_id */
#define SD_EVENT_ORPHAN 0x02	  /* its parent is not in this trace */
#define SD_EVENT_QUARANTINED 0x04 /* its parent is not to be followed */
#define SD_EVENT_CLOCKED 0x08	  /* has a clock that is not empty */
#define SD_EVENT_SUPPLIED 0x10	  /* has a lock set that is not empty */
#define SD_EVENT_TIMED 0x20		  /* has a duration */
#define SD_EVENT_SHARED 0x40	  /* acquires or releases a lock as a reader */

typedef struct SdTraceEvent
{
	pg_uuid_t id;
	TimestampTz time;
	int64 duration; /* nanoseconds, 0 if it has none */
	int32 parent;	/* event, if it is to be followed */
	int32 thread;	/* logical thread, of SdTrace.threads */
	int32 subject;	/* word: variable, lock_id, task_id or future_id */
	int32 task;		/* word: tags.task_id */
	int32 span;		/* word: distributed_span_id of an HttpRequest */
	int32 upstream; /* word: upstream_span_id */
	int32 lock_set; /* of SdTrace.lock_sets, if one was supplied */
	int32 label;	/* word: location, or operation */
	int32 clock;	/* of SdTrace.clocks */
	int16 nanos;	/* within the microsecond */
	uint8 kind;		/* SdEventKind */
	uint8 access;	/* SdAccessType, if it is a StateChange */
	uint8 flags;
} SdTraceEvent;

/* words: each string once */
typedef struct SdWords
{
	int32 n;
	int32 allocated;
	char **words;
	uint32 *hashes;
	int32 *slots; /* of a hash table, of numbers plus one */
	uint32 nslots;
	char *space; /* for more of them */
	Size space_left;
	MemoryContext context;
} SdWords;

typedef struct SdTraceThread
{
	int32 service; /* words */
	int32 instance;
	int32 thread_id;
	int32 nevents;
} SdTraceThread;

/* a lock that is held: a word, shifted, and one bit for whether it is shared */
typedef uint32 SdLockHeld;

#define SD_LOCK_HELD(word, is_shared) (((uint32) (word) << 1) | (is_shared))
#define SD_LOCK_WORD(held) ((int32) ((held) >> 1))
#define SD_LOCK_IS_SHARED(held) (((held) &1) != 0)

/* sets of locks, each once, sorted */
typedef struct SdLockSets
{
	int32 n;
	int32 allocated;
	int64 *start; /* of n + 1 */
	SdLockHeld *held;
	int64 nheld_allocated;
	int32 *slots;
	uint32 nslots;
	MemoryContext context;
} SdLockSets;

/* an explicit edge whose ends are in the trace */
typedef struct SdTraceEdge
{
	int32 from;
	int32 to;
	int32 type;	 /* word */
	bool orders; /* it is not ConcurrentWith, and not quarantined */
} SdTraceEdge;

/* clocks of clients, see clocks.c */
typedef struct SdClocks SdClocks;

typedef struct SdTrace
{
	MemoryContext context;
	pg_uuid_t id;
	int parts;
	int32 nevents;
	SdTraceEvent *events;
	int32 nthreads;
	SdTraceThread *threads;
	int64 nedges;
	SdTraceEdge *edges;
	SdWords words;
	SdLockSets lock_sets;
	SdClocks *clocks;
	/* of a hash table of ids: events plus one */
	int32 *slots;
	uint32 nslots;
} SdTrace;

extern SdTrace *sd_trace_load(const pg_uuid_t *trace_id, int parts);
extern void sd_trace_free(SdTrace *trace);
extern int32 sd_trace_find(const SdTrace *trace, const pg_uuid_t *id);
extern const char *sd_trace_word(const SdTrace *trace, int32 word);
extern char *sd_trace_thread_name(const SdTrace *trace, int32 thread);

extern void sd_words_init(SdWords *words, MemoryContext context);
extern int32 sd_words_enter(SdWords *words, const char *string, int length);

extern void sd_lock_sets_init(SdLockSets *sets, MemoryContext context);
extern int32 sd_lock_sets_enter(SdLockSets *sets, SdLockHeld *held, int n);
extern bool sd_lock_sets_protect(const SdLockSets *sets, int32 a, int32 b);

#endif /* STORMDISC_TRACE_TRACE_H */
