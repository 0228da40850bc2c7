/*-------------------------------------------------------------------------
 *
 * race_locks.c
 *	  The locks that protect each access.
 *
 * A set that a client has sent with an access wins; else it is what the thread
 * holds by its events.  Only locks that several threads have can matter.
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "miscadmin.h"

#include "trace/race_detection.h"

/* a lock that a thread holds */
typedef struct HeldKey
{
	int32 thread;
	SdLockHeld held;
} HeldKey;

typedef struct HeldLock
{
	HeldKey key;
	int32 times;
	int32 position; /* among those of the thread */
} HeldLock;

/* what a thread holds */
typedef struct ThreadLocks
{
	int32 n;
	int32 allocated;
	SdLockHeld *held;
	int32 set; /* -1: not known since it changed */
} ThreadLocks;

static bool *find_shared_locks(SdDetection *detection);
static void change_locks(SdDetection *detection, HTAB *table,
						 ThreadLocks *locks, const SdTraceEvent *event,
						 int32 thread);

/*
 * sd_race_find_lock_sets
 *		The locks that protect each access.
 */
void
sd_race_find_lock_sets(SdDetection *detection)
{
	const SdTrace *trace = detection->trace;
	bool *is_shared = find_shared_locks(detection);
	int32 nthreads = detection->by_thread_id ? trace->words.n : trace->nthreads;
	ThreadLocks *threads =
		palloc_extended(Max(sizeof(ThreadLocks) * (Size) nthreads, 1),
						MCXT_ALLOC_HUGE | MCXT_ALLOC_ZERO);
	int32 *supplied = sd_race_allocate(sizeof(int32) * trace->lock_sets.n);
	HASHCTL ctl;
	HTAB *table;
	SdLockHeld *copy = NULL;
	int64 copy_allocated = 0;

	ctl.keysize = sizeof(HeldKey);
	ctl.entrysize = sizeof(HeldLock);
	ctl.hcxt = CurrentMemoryContext;
	table = hash_create("stormdisc held locks", 1024, &ctl,
						HASH_ELEM | HASH_BLOBS | HASH_CONTEXT);

	sd_lock_sets_init(&detection->lock_sets, detection->context);
	(void) sd_lock_sets_enter(&detection->lock_sets, NULL, 0); /* 0: none */
	for (int32 i = 0; i < trace->lock_sets.n; i++)
		supplied[i] = -1;
	detection->sets = sd_race_allocate(sizeof(int32) * trace->nevents);

	for (int32 i = 0; i < trace->nevents; i++)
	{
		const SdTraceEvent *event = &trace->events[i];
		int32 thread = sd_race_thread_of(detection, i);
		const SdLockHeld *held;
		int64 nheld;
		int32 *set;
		int n = 0;

		if (event->kind == SD_LOCK_ACQUIRE || event->kind == SD_LOCK_RELEASE)
		{
			if (thread >= 0 && event->subject >= 0 && is_shared[event->subject])
				change_locks(detection, table, &threads[thread], event, thread);
			continue;
		}
		if (event->kind != SD_STATE_CHANGE ||
			detection->numbers[event->subject] < 0)
			continue;

		detection->sets[i] = 0;
		if (event->lock_set >= 0)
		{
			int64 start = trace->lock_sets.start[event->lock_set];

			held = &trace->lock_sets.held[start];
			nheld = trace->lock_sets.start[event->lock_set + 1] - start;
			set = &supplied[event->lock_set];
		}
		else if (thread >= 0 && threads[thread].n > 0)
		{
			held = threads[thread].held;
			nheld = threads[thread].n;
			set = &threads[thread].set;
		}
		else
			continue;

		if (*set < 0)
		{
			CHECK_FOR_INTERRUPTS();
			if (copy_allocated < nheld)
			{
				copy_allocated = nheld * 2;
				copy = sd_race_allocate(sizeof(SdLockHeld) * copy_allocated);
			}
			for (int64 j = 0; j < nheld; j++)
				if (is_shared[SD_LOCK_WORD(held[j])])
					copy[n++] = detection->by_thread_id
									? SD_LOCK_HELD(SD_LOCK_WORD(held[j]), 0)
									: held[j];
			*set = sd_lock_sets_enter(&detection->lock_sets, copy, n);
		}
		detection->sets[i] = *set;
	}
	hash_destroy(table);
	pfree(supplied);
	pfree(is_shared);
	pfree(threads);
}

/* Locks that several threads have; no other one can be common to accesses. */
static bool *
find_shared_locks(SdDetection *detection)
{
	const SdTrace *trace = detection->trace;
	int32 *threads = sd_race_allocate(sizeof(int32) * trace->words.n);
	bool *is_shared = sd_race_allocate(sizeof(bool) * trace->words.n);

	memset(is_shared, 0, sizeof(bool) * trace->words.n);
	for (int32 i = 0; i < trace->words.n; i++)
		threads[i] = -2;
	for (int32 i = 0; i < trace->nevents; i++)
	{
		const SdTraceEvent *event = &trace->events[i];
		int32 thread = sd_race_thread_of(detection, i);
		int64 from = 0;
		int64 to = 0;

		if (event->kind == SD_LOCK_ACQUIRE)
			to = 1;
		else if (event->kind == SD_STATE_CHANGE && event->lock_set >= 0)
		{
			from = trace->lock_sets.start[event->lock_set];
			to = trace->lock_sets.start[event->lock_set + 1];
		}
		for (int64 j = from; j < to; j++)
		{
			int32 lock = event->kind == SD_LOCK_ACQUIRE
							 ? event->subject
							 : SD_LOCK_WORD(trace->lock_sets.held[j]);

			if (threads[lock] == -2)
				threads[lock] = thread;
			else if (threads[lock] != thread)
				is_shared[lock] = true;
		}
	}
	pfree(threads);

	return is_shared;
}

/* A lock that a thread acquires several times it has to release as often. */
static void
change_locks(SdDetection *detection, HTAB *table, ThreadLocks *locks,
			 const SdTraceEvent *event, int32 thread)
{
	bool is_shared = (event->flags & SD_EVENT_SHARED) != 0;
	HeldKey key = {thread, SD_LOCK_HELD(event->subject, is_shared)};
	HeldLock *lock;
	bool found;

	if (event->kind == SD_LOCK_ACQUIRE)
	{
		lock = hash_search(table, &key, HASH_ENTER, &found);
		if (found)
		{
			lock->times++;
			return;
		}
		if (locks->n == locks->allocated)
		{
			locks->allocated = Max(locks->allocated * 2, 4);
			if (locks->held == NULL)
				locks->held = palloc(sizeof(SdLockHeld) * locks->allocated);
			else
				locks->held = repalloc_huge(
					locks->held, sizeof(SdLockHeld) * (Size) locks->allocated);
		}
		lock->times = 1;
		lock->position = locks->n;
		locks->held[locks->n++] = key.held;
		locks->set = -1;
		return;
	}

	lock = hash_search(table, &key, HASH_FIND, NULL);
	if (lock == NULL || --lock->times > 0)
		return;
	locks->n--;
	locks->set = -1;
	if (lock->position < locks->n)
	{
		HeldKey moved = {thread, locks->held[locks->n]};
		HeldLock *other = hash_search(table, &moved, HASH_FIND, NULL);

		other->position = lock->position;
		locks->held[lock->position] = moved.held;
	}
	(void) hash_search(table, &key, HASH_REMOVE, NULL);
}
