/*-------------------------------------------------------------------------
 *
 * races.c
 *	  stormdisc_detect_races: which accesses race.
 *
 * One walk through the trace in an order in which each event comes after all
 * that happen before it.  Accesses to a variable are put into classes, which
 * tell who can race with whom at all: by type of access, locks, and so on.
 * Those of a class are in groups; in most of them each access happens before
 * the next.  So those of a group that happen before a given access are its
 * first ones, which a search tells, and mostly the last one alone does: then
 * there is no race with any of the group.
 *
 * Pairs are wanted in the order of time, and no more than so many of each
 * variable.  As soon as there are twice as many, the later half is forgotten,
 * and with it all pairs that would come after it: the more a variable races,
 * the less there is to look at.
 *
 * A variable can have as many classes as it has threads.  Then an access does
 * not look at all of them, but only at those in its front, which have accesses
 * that are not behind that end, or at those of its own part of the trace and
 * the clocked ones, whichever are fewer.
 */
#include "postgres.h"

#include "catalog/pg_type.h"
#include "common/hashfn.h"
#include "fmgr.h"
#include "funcapi.h"
#include "lib/stringinfo.h"
#include "miscadmin.h"
#include "utils/array.h"
#include "utils/builtins.h"
#include "utils/hsearch.h"
#include "utils/memutils.h"
#include "utils/timestamp.h"
#include "utils/tuplestore.h"

#include "arguments.h"
#include "arrays.h"
#include "trace/clocks.h"
#include "trace/order.h"
#include "trace/races.h"

PG_FUNCTION_INFO_V1(stormdisc_detect_races);

/* result columns */
enum
{
	COL_EVENT1,
	COL_EVENT2,
	COL_VARIABLE,
	COL_VERDICT,
	COL_THREAD1,
	COL_THREAD2,
	COL_ACCESS1,
	COL_ACCESS2,
	COL_SEVERITY,
	COL_TIME1,
	COL_TIME2,
	COL_LOCATION1,
	COL_LOCATION2,
	COL_EVIDENCE,
	N_COLS
};

/* pairs that are in memory at a time, of one variable and of all */
#define MAX_PAIRS_OF_ONE (4 * 1024 * 1024)
#define MAX_PAIRS_OF_ALL (12 * 1024 * 1024)

/* a class of a variable with more than these looks for its partners each time
 */
#define MAX_LISTED_CLASSES 1024

/* a class has no more groups in which each access happens before the next */
#define MAX_PATHS 64
#define MAX_PATHS_OF_RACEWAY 4

/* names in a message */
#define MAX_NAMES 5

/* types of access, as far as they make a difference */
enum
{
	TYPE_READ,
	TYPE_WRITE,
	TYPE_ATOMIC_READ,
	TYPE_ATOMIC_WRITE,
	N_TYPES
};

/* a pair: the places of its events, and what is known of their order */
#define PAIR(first, second, known)                                             \
	(((uint64) (first) << 33) | ((uint64) (second) << 2) | (known))
#define PAIR_FIRST(pair) ((int32) ((pair) >> 33))
#define PAIR_SECOND(pair) ((int32) (((pair) >> 2) & 0x7FFFFFFF))
#define PAIR_KNOWN(pair) ((int) ((pair) &3))

#define KNOWN_NOTHING 0
#define KNOWN_PATH 1
#define KNOWN_CLOCKS 2

/* what is known of the accesses of a group, which are in the order of time */
typedef enum GroupKind
{
	GROUP_PATH,	  /* each happens before the next, whose clock is not less */
	GROUP_CLOCKS, /* no clock is less than the one before */
	GROUP_LOOSE	  /* nothing */
} GroupKind;

typedef struct AccessGroup
{
	GroupKind kind;
	int32 n;
	int32 allocated;
	int32 *events;
	int32 limit; /* those before are not behind the variable's cut */
	int32 cuts;	 /* how often that had moved when limit was found */
	/* unless it is a path: so many all happen before this event */
	int32 ncovered;
	int32 cover;
} AccessGroup;

/* what holds for the first ones of a group */
typedef enum Test
{
	TEST_KNOWN,		 /* they happen before where the walk is */
	TEST_LESS,		 /* their clocks are less than the one there */
	TEST_NOT_GREATER /* its clock is not less than theirs */
} Test;

typedef struct AccessClass
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
	AccessGroup *groups;
	int32 loose; /* the last such group, -1 */
	int32 npartners;
	int32 partners_allocated;
	int32 *partners;
} AccessClass;

typedef struct Variable
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
} Variable;

typedef struct Detection
{
	SdTrace *trace;
	SdRaceOptions options;
	SdRaceCallback callback;
	void *arg;
	MemoryContext context;
	MemoryContext walk_context;
	SdOrder *order;
	SdReach *reach;
	bool conflicts[N_TYPES][N_TYPES];
	bool by_thread_id; /* that is a thread, whatever the service */
	bool use_clocks;
	bool use_parts;
	bool *is_split; /* of threads: are they in several chains? */
	int32 *sets;	/* of accesses, the locks that protect them */
	SdLockSets lock_sets;
	int32 nvariables;
	Variable *variables;
	int32 *numbers; /* of words: variables, or -1 */
	/* of this walk */
	int32 first; /* variables that are looked at */
	int32 last;
	int64 npairs_allocated;
	int32 nclasses;
	int32 classes_allocated;
	AccessClass *classes;
	int32 *class_slots;
	uint32 nclass_slots;
	HTAB *parts; /* PartEntry */
	/* accesses that nothing connects */
	int64 nunknown;
	bool has_more_unknown;
} Detection;

/* the first class of a variable in a part */
typedef struct PartKey
{
	int32 variable;
	int32 part;
} PartKey;

typedef struct PartEntry
{
	PartKey key;
	int32 leader;
} PartEntry;

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

static void *allocate(Size size);
static int32 thread_of(const Detection *detection, int32 event);
static void make_conflicts(Detection *detection);
static int type_of(const SdTraceEvent *event);
static bool find_variables(Detection *detection);
static int compare_variables(const void *a, const void *b, void *arg);
static bool *find_shared_locks(Detection *detection);
static void find_lock_sets(Detection *detection);
static void change_locks(Detection *detection, HTAB *table, ThreadLocks *locks,
						 const SdTraceEvent *event, int32 thread);
static void find_split_threads(Detection *detection);
static bool *find_chains(Detection *detection);
static void walk(Detection *detection, const bool *chains);
static void look_at(Detection *detection, int32 event);
static void look_at_many(Detection *detection, Variable *variable, int32 event,
						 const AccessClass *class);
static inline void compare_if_partner(Detection *detection, Variable *variable,
									  int32 event, const AccessClass *own,
									  AccessClass *other);
static void find_front(Detection *detection, Variable *variable);
static void add_to_front(Detection *detection, Variable *variable, int32 class);
static int32 class_of(Detection *detection, int32 variable, int32 event);
static void grow_classes(Detection *detection);
static uint32 hash_of_class(const AccessClass *class);
static int32 make_class(Detection *detection, const AccessClass *key);
static bool are_partners(const Detection *detection, const AccessClass *a,
						 const AccessClass *b);
static bool is_decided(const Detection *detection, const AccessClass *a,
					   const AccessClass *b);
static bool can_conflict(const Detection *detection, const AccessClass *a,
						 const AccessClass *b);
static void add_partner(Detection *detection, int32 class, int32 partner);
static void compare_with_class(Detection *detection, Variable *variable,
							   int32 event, const AccessClass *own,
							   AccessClass *other);
static void compare_with_group(Detection *detection, Variable *variable,
							   int32 event, AccessGroup *group,
							   bool use_clocks);
static int32 visible_part(const Variable *variable, int32 event,
						  AccessGroup *group);
static void compare_each(Detection *detection, Variable *variable, int32 event,
						 AccessGroup *group, int32 n, bool use_clocks);
static int32 count_first(const Detection *detection, const AccessGroup *group,
						 int32 low, int32 high, Test test, int32 event);
static inline bool passes(const Detection *detection, const AccessGroup *group,
						  int32 place, Test test, int32 event);
static AccessGroup *find_group(const Detection *detection, AccessClass *class,
							   int32 event);
static int32 max_paths(const Detection *detection);
static void add_pairs(Detection *detection, Variable *variable, int32 event,
					  const AccessGroup *group, int32 from, int32 to,
					  int known);
static bool make_room(Detection *detection, Variable *variable);
static void select_smallest(uint64 *pairs, int64 n, int64 k);
static void append(Detection *detection, AccessClass *class, int32 event);
static int32 put_pairs(Detection *detection);
static void put_pair(Detection *detection, uint64 pair);
static int compare_pairs(const void *a, const void *b);
static void count_unknown(Detection *detection, const Variable *variable);
static void report(Detection *detection);

/*
 * sd_races_detect
 *		Give the pairs of a trace to a callback.
 */
void
sd_races_detect(SdTrace *trace, const SdRaceOptions *options,
				SdRaceCallback callback, void *arg)
{
	MemoryContext context = AllocSetContextCreate(
		CurrentMemoryContext, "stormdisc races", ALLOCSET_DEFAULT_SIZES);
	MemoryContext oldcontext = MemoryContextSwitchTo(context);
	Detection detection = {0};
	bool *chains;

	detection.trace = trace;
	detection.options = *options;
	if (options->mode != SD_RACES_HB)
		detection.options.verdicts &= SD_VERDICT_RACE;
	detection.callback = callback;
	detection.arg = arg;
	detection.context = context;
	detection.by_thread_id = options->mode == SD_RACES_RACEWAY;
	detection.use_clocks =
		trace->clocks != NULL && options->mode != SD_RACES_LOCKSET;
	detection.use_parts =
		options->mode == SD_RACES_HB || options->mode == SD_RACES_BOTH;
	make_conflicts(&detection);

	if (options->mode == SD_RACES_RACEWAY)
		detection.order = sd_order_build_parents(trace);
	else if (options->mode == SD_RACES_LOCKSET)
		detection.order = sd_order_build(trace, SD_ORDER_TASKS, false);
	else
		detection.order = sd_order_build(trace, SD_ORDER_ALL, true);
	sd_order_warn(detection.order);

	if ((options->mode == SD_RACES_HB || detection.options.verdicts != 0) &&
		find_variables(&detection))
	{
		find_lock_sets(&detection);
		find_split_threads(&detection);
		chains = find_chains(&detection);

		detection.walk_context = AllocSetContextCreate(
			context, "stormdisc races of a walk", ALLOCSET_DEFAULT_SIZES);
		while (detection.first < detection.nvariables)
		{
			detection.last = detection.nvariables - 1;
			MemoryContextSwitchTo(detection.walk_context);
			walk(&detection, chains);
			MemoryContextSwitchTo(context);
			detection.first = put_pairs(&detection);
			MemoryContextReset(detection.walk_context);
		}
		if (!options->is_silent)
			report(&detection);
	}

	MemoryContextSwitchTo(oldcontext);
	MemoryContextDelete(context);
}

static void *
allocate(Size size)
{
	return palloc_extended(Max(size, 1), MCXT_ALLOC_HUGE);
}

static int32
thread_of(const Detection *detection, int32 event)
{
	int32 thread = detection->trace->events[event].thread;

	return detection->by_thread_id ? detection->trace->threads[thread].thread_id
								   : thread;
}

/* Which types of access are a pair? */
static void
make_conflicts(Detection *detection)
{
	for (int a = 0; a < N_TYPES; a++)
		for (int b = 0; b < N_TYPES; b++)
		{
			bool writes = a == TYPE_WRITE || a == TYPE_ATOMIC_WRITE ||
						  b == TYPE_WRITE || b == TYPE_ATOMIC_WRITE;
			bool are_atomic = a >= TYPE_ATOMIC_READ && b >= TYPE_ATOMIC_READ;
			bool are_reads = a != b && !writes;

			if (detection->options.mode == SD_RACES_RACEWAY)
				detection->conflicts[a][b] = writes || are_reads;
			else
				detection->conflicts[a][b] =
					(writes && !are_atomic) ||
					(are_reads && detection->options.include_atomic_reads);
		}
}

static int
type_of(const SdTraceEvent *event)
{
	switch ((SdAccessType) event->access)
	{
		case SD_READ:
			return TYPE_READ;
		case SD_WRITE:
			return TYPE_WRITE;
		case SD_ATOMIC_READ:
			return TYPE_ATOMIC_READ;
		default:
			return TYPE_ATOMIC_WRITE;
	}
}

/*
 * The variables that can race at all, by name: several threads, and types of
 * access that are a pair.
 */
static bool
find_variables(Detection *detection)
{
	SdTrace *trace = detection->trace;
	int32 *threads = allocate(sizeof(int32) * trace->words.n);
	uint8 *types = allocate(sizeof(uint8) * trace->words.n);
	bool *is_shared = allocate(sizeof(bool) * trace->words.n);
	bool *is_unclocked = allocate(sizeof(bool) * trace->words.n);
	int32 *words;
	int32 n = 0;

	memset(types, 0, sizeof(uint8) * trace->words.n);
	memset(is_shared, 0, sizeof(bool) * trace->words.n);
	memset(is_unclocked, 0, sizeof(bool) * trace->words.n);
	for (int32 i = 0; i < trace->nevents; i++)
	{
		const SdTraceEvent *event = &trace->events[i];
		int32 word = event->subject;

		if (event->kind != SD_STATE_CHANGE)
			continue;
		if (types[word] == 0)
			threads[word] = thread_of(detection, i);
		else if (threads[word] != thread_of(detection, i))
			is_shared[word] = true;
		types[word] |= 1 << type_of(event);
		if ((event->flags & SD_EVENT_CLOCKED) == 0)
			is_unclocked[word] = true;
	}

	detection->numbers = allocate(sizeof(int32) * trace->words.n);
	words = allocate(sizeof(int32) * trace->words.n);
	for (int32 i = 0; i < trace->words.n; i++)
	{
		bool is_pair = false;

		for (int a = 0; a < N_TYPES && is_shared[i]; a++)
			for (int b = 0; b < N_TYPES; b++)
				if (detection->conflicts[a][b] && (types[i] & (1 << a)) != 0 &&
					(types[i] & (1 << b)) != 0)
					is_pair = true;
		detection->numbers[i] = -1;
		if (is_pair)
			words[n++] = i;
	}
	qsort_arg(words, n, sizeof(int32), compare_variables, trace);

	detection->nvariables = n;
	detection->variables = palloc_extended(Max(sizeof(Variable) * n, 1),
										   MCXT_ALLOC_HUGE | MCXT_ALLOC_ZERO);
	for (int32 i = 0; i < n; i++)
	{
		detection->variables[i].word = words[i];
		detection->variables[i].all_clocked = !is_unclocked[words[i]];
		detection->numbers[words[i]] = i;
	}
	pfree(threads);
	pfree(types);
	pfree(is_shared);
	pfree(is_unclocked);
	pfree(words);

	return n > 0;
}

static int
compare_variables(const void *a, const void *b, void *arg)
{
	const SdTrace *trace = arg;

	return strcmp(trace->words.words[*(const int32 *) a],
				  trace->words.words[*(const int32 *) b]);
}

/* Locks that several threads have; no other one can be common to accesses. */
static bool *
find_shared_locks(Detection *detection)
{
	const SdTrace *trace = detection->trace;
	int32 *threads = allocate(sizeof(int32) * trace->words.n);
	bool *is_shared = allocate(sizeof(bool) * trace->words.n);

	memset(is_shared, 0, sizeof(bool) * trace->words.n);
	for (int32 i = 0; i < trace->words.n; i++)
		threads[i] = -2;
	for (int32 i = 0; i < trace->nevents; i++)
	{
		const SdTraceEvent *event = &trace->events[i];
		int32 thread = thread_of(detection, i);
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

/* The locks that protect each access. */
static void
find_lock_sets(Detection *detection)
{
	const SdTrace *trace = detection->trace;
	bool *is_shared = find_shared_locks(detection);
	int32 nthreads = detection->by_thread_id ? trace->words.n : trace->nthreads;
	ThreadLocks *threads =
		palloc_extended(Max(sizeof(ThreadLocks) * (Size) nthreads, 1),
						MCXT_ALLOC_HUGE | MCXT_ALLOC_ZERO);
	int32 *supplied = allocate(sizeof(int32) * trace->lock_sets.n);
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
	detection->sets = allocate(sizeof(int32) * trace->nevents);

	for (int32 i = 0; i < trace->nevents; i++)
	{
		const SdTraceEvent *event = &trace->events[i];
		int32 thread = thread_of(detection, i);
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
				copy = allocate(sizeof(SdLockHeld) * copy_allocated);
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

/* A lock that a thread acquires several times it has to release as often. */
static void
change_locks(Detection *detection, HTAB *table, ThreadLocks *locks,
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

/* Threads in which not every event happens before the next. */
static void
find_split_threads(Detection *detection)
{
	const SdTrace *trace = detection->trace;
	int32 *chains = allocate(sizeof(int32) * trace->nthreads);

	detection->is_split = allocate(sizeof(bool) * trace->nthreads);
	for (int32 i = 0; i < trace->nthreads; i++)
	{
		chains[i] = -1;
		detection->is_split[i] = false;
	}
	for (int32 i = 0; i < trace->nevents; i++)
	{
		int32 thread = trace->events[i].thread;

		if (chains[thread] < 0)
			chains[thread] = detection->order->chain[i];
		else if (chains[thread] != detection->order->chain[i])
			detection->is_split[thread] = true;
	}
	pfree(chains);
}

/* The chains that have accesses we look at. */
static bool *
find_chains(Detection *detection)
{
	const SdTrace *trace = detection->trace;
	bool *chains = allocate(sizeof(bool) * detection->order->nchains);

	memset(chains, 0, sizeof(bool) * detection->order->nchains);
	for (int32 i = 0; i < trace->nevents; i++)
		if (trace->events[i].kind == SD_STATE_CHANGE &&
			detection->numbers[trace->events[i].subject] >= 0)
			chains[detection->order->chain[i]] = true;

	return chains;
}

/* Look at all accesses to some variables. */
static void
walk(Detection *detection, const bool *chains)
{
	const SdTrace *trace = detection->trace;
	HASHCTL ctl;
	int32 event;

	detection->nclasses = 0;
	detection->classes_allocated = 256;
	detection->classes =
		allocate(sizeof(AccessClass) * detection->classes_allocated);
	detection->nclass_slots = 1024;
	detection->class_slots = palloc0(sizeof(int32) * detection->nclass_slots);
	ctl.keysize = sizeof(PartKey);
	ctl.entrysize = sizeof(PartEntry);
	ctl.hcxt = CurrentMemoryContext;
	detection->parts = hash_create("stormdisc parts of variables", 1024, &ctl,
								   HASH_ELEM | HASH_BLOBS | HASH_CONTEXT);
	detection->npairs_allocated = 0;
	for (int32 i = detection->first; i <= detection->last; i++)
	{
		Variable *variable = &detection->variables[i];

		variable->classes = variable->clocked_classes = -1;
		variable->nclasses = variable->nclocked_classes = 0;
		variable->nparts = 0;
		variable->front = NULL;
		variable->nfront = variable->front_allocated = 0;
		variable->front_cuts = 0;
		variable->npairs = variable->allocated = 0;
		variable->pairs = NULL;
		variable->cuts = 0;
		variable->wanted = Min(detection->options.max_pairs - variable->nput,
							   MAX_PAIRS_OF_ONE);
	}

	detection->reach = sd_reach_begin(detection->order, chains);
	while ((event = sd_reach_next(detection->reach)) >= 0)
		if (trace->events[event].kind == SD_STATE_CHANGE)
		{
			int32 number = detection->numbers[trace->events[event].subject];

			if (number >= detection->first && number <= detection->last)
				look_at(detection, event);
		}
	sd_reach_end(detection->reach);
}

/* Compare an access with those before it. */
static void
look_at(Detection *detection, int32 event)
{
	int32 number = detection->numbers[detection->trace->events[event].subject];
	Variable *variable = &detection->variables[number];
	int32 own = class_of(detection, number, event);
	AccessClass *class = &detection->classes[own];

	if (variable->nclasses <= MAX_LISTED_CLASSES)
		for (int32 i = 0; i < class->npartners; i++)
			compare_with_class(detection, variable, event, class,
							   &detection->classes[class->partners[i]]);
	else
		look_at_many(detection, variable, event, class);
	append(detection, class, event);

	class->first_event = Min(class->first_event, event);
	if (variable->front_cuts > 0 && !class->is_in_front &&
		event <= PAIR_FIRST(variable->cut))
		add_to_front(detection, variable, own);
}

/* Compare an access with those before it, if there are very many classes. */
static void
look_at_many(Detection *detection, Variable *variable, int32 event,
			 const AccessClass *class)
{
	AccessClass *classes = detection->classes;
	bool all = (detection->options.verdicts & SD_VERDICT_UNKNOWN) != 0;
	const AccessClass *leader = &classes[class->leader];
	int64 n = all ? variable->nclasses : leader->n_in_part;

	CHECK_FOR_INTERRUPTS();
	if (!all && class->is_clocked)
		n += variable->nclocked_classes;

	/* one that is behind the cut has pairs only with those that are not */
	if (variable->cuts > 0 && event > PAIR_FIRST(variable->cut))
	{
		find_front(detection, variable);
		if (variable->nfront <= n)
		{
			for (int32 i = 0; i < variable->nfront; i++)
				compare_if_partner(detection, variable, event, class,
								   &classes[variable->front[i]]);
			return;
		}
	}

	if (all)
	{
		for (int32 i = variable->classes; i >= 0; i = classes[i].next)
			compare_if_partner(detection, variable, event, class, &classes[i]);
		return;
	}
	for (int32 i = leader->last_in_part; i >= 0; i = classes[i].next_in_part)
		compare_if_partner(detection, variable, event, class, &classes[i]);
	if (class->is_clocked)
		for (int32 i = variable->clocked_classes; i >= 0;
			 i = classes[i].next_clocked)
			if (classes[i].part != class->part)
				compare_if_partner(detection, variable, event, class,
								   &classes[i]);
}

static inline void
compare_if_partner(Detection *detection, Variable *variable, int32 event,
				   const AccessClass *own, AccessClass *other)
{
	if (are_partners(detection, own, other))
		compare_with_class(detection, variable, event, own, other);
}

/* A cut is never later than the one before, so classes only leave. */
static void
find_front(Detection *detection, Variable *variable)
{
	int32 last = PAIR_FIRST(variable->cut);
	int32 n = 0;

	if (variable->front_cuts == 0)
	{
		for (int32 i = variable->classes; i >= 0;
			 i = detection->classes[i].next)
			if (detection->classes[i].first_event <= last)
				add_to_front(detection, variable, i);
	}
	else if (variable->front_cuts != variable->cuts)
	{
		for (int32 i = 0; i < variable->nfront; i++)
		{
			AccessClass *class = &detection->classes[variable->front[i]];

			class->is_in_front = class->first_event <= last;
			if (class->is_in_front)
				variable->front[n++] = variable->front[i];
		}
		variable->nfront = n;
	}
	variable->front_cuts = variable->cuts;
}

static void
add_to_front(Detection *detection, Variable *variable, int32 class)
{
	if (variable->nfront == variable->front_allocated)
	{
		variable->front_allocated = Max(variable->front_allocated * 2, 64);
		if (variable->front == NULL)
			variable->front =
				allocate(sizeof(int32) * (Size) variable->front_allocated);
		else
			variable->front =
				repalloc_huge(variable->front,
							  sizeof(int32) * (Size) variable->front_allocated);
	}
	variable->front[variable->nfront++] = class;
	detection->classes[class].is_in_front = true;
}

static int32
class_of(Detection *detection, int32 variable, int32 event)
{
	const SdTraceEvent *data = &detection->trace->events[event];
	AccessClass key = {0};
	uint32 slot;

	key.variable = variable;
	key.set = detection->sets[event];
	key.type = type_of(data);
	key.is_clocked =
		detection->use_clocks && (data->flags & SD_EVENT_CLOCKED) != 0;
	key.part = -1;
	if (detection->use_parts &&
		!(detection->use_clocks && detection->variables[variable].all_clocked))
		key.part = detection->order->part[event];
	key.thread = -1;
	if (detection->by_thread_id || detection->is_split[data->thread] ||
		(detection->options.verdicts & SD_VERDICT_ORDERED) != 0)
		key.thread = thread_of(detection, event);

	slot = hash_of_class(&key) & (detection->nclass_slots - 1);
	while (detection->class_slots[slot] != 0)
	{
		const AccessClass *class =
			&detection->classes[detection->class_slots[slot] - 1];

		if (class->variable == key.variable && class->set == key.set &&
			class->type == key.type && class->is_clocked == key.is_clocked &&
			class->part == key.part && class->thread == key.thread)
			return detection->class_slots[slot] - 1;
		slot = (slot + 1) & (detection->nclass_slots - 1);
	}

	if (detection->nclasses == detection->classes_allocated)
	{
		grow_classes(detection);
		slot = hash_of_class(&key) & (detection->nclass_slots - 1);
		while (detection->class_slots[slot] != 0)
			slot = (slot + 1) & (detection->nclass_slots - 1);
	}
	detection->class_slots[slot] = detection->nclasses + 1;

	return make_class(detection, &key);
}

static void
grow_classes(Detection *detection)
{
	detection->classes_allocated *= 2;
	detection->classes = repalloc_huge(detection->classes,
									   sizeof(AccessClass) *
										   (Size) detection->classes_allocated);
	detection->nclass_slots *= 2;
	pfree(detection->class_slots);
	detection->class_slots =
		palloc_extended(sizeof(int32) * (Size) detection->nclass_slots,
						MCXT_ALLOC_HUGE | MCXT_ALLOC_ZERO);
	for (int32 i = 0; i < detection->nclasses; i++)
	{
		uint32 slot = hash_of_class(&detection->classes[i]) &
					  (detection->nclass_slots - 1);

		while (detection->class_slots[slot] != 0)
			slot = (slot + 1) & (detection->nclass_slots - 1);
		detection->class_slots[slot] = i + 1;
	}
}

static uint32
hash_of_class(const AccessClass *class)
{
	uint32 hash = murmurhash32(class->variable);

	hash = hash_combine(hash, murmurhash32(class->set));
	hash = hash_combine(hash, murmurhash32(class->part));
	hash = hash_combine(hash, murmurhash32(class->thread));

	return hash_combine(hash,
						murmurhash32(class->type * 2 + class->is_clocked));
}

static int32
make_class(Detection *detection, const AccessClass *key)
{
	Variable *variable = &detection->variables[key->variable];
	int32 number = detection->nclasses++;
	AccessClass *class = &detection->classes[number];
	PartKey part_key = {key->variable, key->part};
	PartEntry *entry;
	AccessClass *leader;
	bool found;

	*class = *key;
	class->loose = -1;
	class->first_event = PG_INT32_MAX;
	class->next = variable->classes;
	variable->classes = number;
	variable->nclasses++;
	if (class->is_clocked)
	{
		class->next_clocked = variable->clocked_classes;
		variable->clocked_classes = number;
		variable->nclocked_classes++;
	}

	entry = hash_search(detection->parts, &part_key, HASH_ENTER, &found);
	if (!found)
	{
		entry->leader = number;
		class->last_in_part = -1;
		variable->nparts++;
	}
	class->leader = entry->leader;
	leader = &detection->classes[entry->leader];
	class->next_in_part = leader->last_in_part;
	leader->last_in_part = number;
	leader->n_in_part++;

	if (variable->nclasses <= MAX_LISTED_CLASSES)
		for (int32 i = variable->classes; i >= 0;
			 i = detection->classes[i].next)
			if (are_partners(detection, &detection->classes[number],
							 &detection->classes[i]))
			{
				add_partner(detection, number, i);
				if (i != number)
					add_partner(detection, i, number);
			}

	return number;
}

/* Is anything about pairs of two classes asked for? */
static bool
are_partners(const Detection *detection, const AccessClass *a,
			 const AccessClass *b)
{
	int wanted = is_decided(detection, a, b)
					 ? SD_VERDICT_RACE | SD_VERDICT_ORDERED
					 : SD_VERDICT_UNKNOWN;

	return (detection->options.verdicts & wanted) != 0 &&
		   can_conflict(detection, a, b);
}

/* Would it be known if an access of one happened before one of the other? */
static bool
is_decided(const Detection *detection, const AccessClass *a,
		   const AccessClass *b)
{
	return a->part == b->part || (a->is_clocked && b->is_clocked);
}

static bool
can_conflict(const Detection *detection, const AccessClass *a,
			 const AccessClass *b)
{
	return detection->conflicts[a->type][b->type] &&
		   (a->thread < 0 || a->thread != b->thread) &&
		   !sd_lock_sets_protect(&detection->lock_sets, a->set, b->set);
}

static void
add_partner(Detection *detection, int32 class, int32 partner)
{
	AccessClass *own = &detection->classes[class];

	if (own->npartners == own->partners_allocated)
	{
		own->partners_allocated = Max(own->partners_allocated * 2, 4);
		if (own->partners == NULL)
			own->partners = palloc(sizeof(int32) * own->partners_allocated);
		else
			own->partners = repalloc(own->partners,
									 sizeof(int32) * own->partners_allocated);
	}
	own->partners[own->npartners++] = partner;
}

static void
compare_with_class(Detection *detection, Variable *variable, int32 event,
				   const AccessClass *own, AccessClass *other)
{
	bool decided = is_decided(detection, own, other);

	for (int32 i = 0; i < other->ngroups; i++)
	{
		AccessGroup *group = &other->groups[i];

		if (decided)
			compare_with_group(detection, variable, event, group,
							   own->is_clocked && other->is_clocked);
		else
			add_pairs(detection, variable, event, group, 0,
					  visible_part(variable, event, group), KNOWN_NOTHING);
	}
}

static void
compare_with_group(Detection *detection, Variable *variable, int32 event,
				   AccessGroup *group, bool use_clocks)
{
	bool want_ordered = (detection->options.verdicts & SD_VERDICT_ORDERED) != 0;
	int32 n = visible_part(variable, event, group);
	int32 known = 0;
	int32 from;
	int32 to;

	if (n == 0)
		return;
	if (group->kind != GROUP_PATH)
	{
		compare_each(detection, variable, event, group, n, use_clocks);
		return;
	}

	known = count_first(detection, group, 0, n, TEST_KNOWN, event);
	from = known;
	to = n;
	if (use_clocks && known < n)
	{
		from = count_first(detection, group, known, n, TEST_LESS, event);
		to = count_first(detection, group, from, n, TEST_NOT_GREATER, event);
	}
	if (want_ordered)
	{
		add_pairs(detection, variable, event, group, 0, known, KNOWN_PATH);
		add_pairs(detection, variable, event, group, known, from, KNOWN_CLOCKS);
		add_pairs(detection, variable, event, group, to, n, KNOWN_CLOCKS);
	}
	if ((detection->options.verdicts & SD_VERDICT_RACE) != 0)
		add_pairs(detection, variable, event, group, from, to, KNOWN_NOTHING);
}

/* The same with a group that is no path. */
static void
compare_each(Detection *detection, Variable *variable, int32 event,
			 AccessGroup *group, int32 n, bool use_clocks)
{
	bool want_ordered = (detection->options.verdicts & SD_VERDICT_ORDERED) != 0;
	int32 from = 0;
	int32 to = n;
	bool all_known;

	if (use_clocks && group->kind == GROUP_CLOCKS && !want_ordered)
	{
		from = count_first(detection, group, 0, n, TEST_LESS, event);
		to = count_first(detection, group, from, n, TEST_NOT_GREATER, event);
	}
	all_known = from == 0 && to == n;
	if (!want_ordered && group->ncovered > from &&
		sd_reach_knows(detection->reach, group->cover))
	{
		from = Min(group->ncovered, to);
		all_known = to == n;
	}

	for (int32 i = from; i < to; i++)
	{
		int known = KNOWN_NOTHING;

		if ((i & 0xFFFF) == 0xFFFF)
			CHECK_FOR_INTERRUPTS();
		if (sd_reach_knows(detection->reach, group->events[i]))
			known = KNOWN_PATH;
		else if (use_clocks &&
				 (passes(detection, group, i, TEST_LESS, event) ||
				  !passes(detection, group, i, TEST_NOT_GREATER, event)))
			known = KNOWN_CLOCKS;
		all_known &= known == KNOWN_PATH;
		if ((detection->options.verdicts &
			 (known == KNOWN_NOTHING ? SD_VERDICT_RACE : SD_VERDICT_ORDERED)) !=
			0)
			add_pairs(detection, variable, event, group, i, i + 1, known);
	}
	if (all_known && n > group->ncovered)
	{
		group->ncovered = n;
		group->cover = event;
	}
}

/* So many of a group can be in a pair with an event that is not cut off. */
static int32
visible_part(const Variable *variable, int32 event, AccessGroup *group)
{
	int32 last = PAIR_FIRST(variable->cut);
	int32 high;

	if (variable->cuts == 0 || event <= last)
		return group->n;
	if (group->cuts == variable->cuts)
		return group->limit;

	high = group->n;
	group->limit = 0;
	while (group->limit < high)
	{
		int32 middle = group->limit + (high - group->limit) / 2;

		if (group->events[middle] <= last)
			group->limit = middle + 1;
		else
			high = middle;
	}
	group->cuts = variable->cuts;

	return group->limit;
}

/*
 * Up to where a test holds, between two places of a group: it does for those
 * before the first, and not after one that it does not hold for.  Mostly that
 * is near the end.
 */
static int32
count_first(const Detection *detection, const AccessGroup *group, int32 low,
			int32 high, Test test, int32 event)
{
	int64 step = 1;

	while (low < high)
	{
		int32 place = high - step > low ? (int32) (high - step) : low;

		if (passes(detection, group, place, test, event))
		{
			low = place + 1;
			break;
		}
		high = place;
		step *= 2;
	}
	while (low < high)
	{
		int32 middle = low + (high - low) / 2;

		if (passes(detection, group, middle, test, event))
			low = middle + 1;
		else
			high = middle;
	}

	return low;
}

static inline bool
passes(const Detection *detection, const AccessGroup *group, int32 place,
	   Test test, int32 event)
{
	const SdTrace *trace = detection->trace;
	int32 other = group->events[place];

	if (test == TEST_KNOWN)
		return sd_reach_knows(detection->reach, other);
	if (test == TEST_LESS)
		return sd_clocks_less(trace->clocks, trace->events[other].clock,
							  trace->events[event].clock);

	return !sd_clocks_less(trace->clocks, trace->events[event].clock,
						   trace->events[other].clock);
}

/* Pairs of an event with some of a group. */
static void
add_pairs(Detection *detection, Variable *variable, int32 event,
		  const AccessGroup *group, int32 from, int32 to, int known)
{
	for (int32 i = from; i < to; i++)
	{
		int32 other = group->events[i];
		uint64 pair = other < event ? PAIR(other, event, known)
									: PAIR(event, other, known);

		if ((i & 0xFFFF) == 0xFFFF)
			CHECK_FOR_INTERRUPTS();
		if (pair <= variable->low)
			continue;
		if (variable->cuts > 0 && pair > variable->cut)
		{
			/* so are all that follow, if they are the first ones */
			if (other < event)
				break;
			continue;
		}
		if (variable->npairs == variable->allocated &&
			!make_room(detection, variable))
			return;
		if (variable->cuts > 0 && pair > variable->cut)
			continue;
		variable->pairs[variable->npairs++] = pair;
	}
}

/*
 * Make room for another pair: forget those that are not wanted any more, or
 * leave variables to the next walk.  False if this one is left.
 */
static bool
make_room(Detection *detection, Variable *variable)
{
	int64 allocated = Max(variable->allocated * 2, 16);

	if (variable->allocated >= variable->wanted * 2)
	{
		CHECK_FOR_INTERRUPTS();
		select_smallest(variable->pairs, variable->npairs, variable->wanted);
		variable->npairs = variable->wanted;
		variable->cut = 0;
		for (int64 i = 0; i < variable->npairs; i++)
			variable->cut = Max(variable->cut, variable->pairs[i]);
		variable->cuts++;
		return true;
	}

	allocated = Min(allocated, Max(variable->wanted * 2, 16));
	if (variable->pairs == NULL)
		variable->pairs = allocate(sizeof(uint64) * allocated);
	else
		variable->pairs =
			repalloc_huge(variable->pairs, sizeof(uint64) * allocated);
	detection->npairs_allocated += allocated - variable->allocated;
	variable->allocated = allocated;

	while (detection->npairs_allocated > MAX_PAIRS_OF_ALL &&
		   detection->last > detection->first)
	{
		Variable *last = &detection->variables[detection->last--];

		detection->npairs_allocated -= last->allocated;
		if (last->pairs != NULL)
			pfree(last->pairs);
		last->pairs = NULL;
		last->npairs = last->allocated = 0;
	}

	return variable->pairs != NULL;
}

/* Put the k smallest of n different pairs first; k < n. */
static void
select_smallest(uint64 *pairs, int64 n, int64 k)
{
	int64 low = 0;
	int64 high = n - 1;

	while (low < high)
	{
		uint64 a = pairs[low];
		uint64 b = pairs[low + (high - low) / 2];
		uint64 c = pairs[high];
		uint64 pivot = Max(Min(a, b), Min(Max(a, b), c));
		int64 i = low;
		int64 j = high;

		while (i <= j)
		{
			while (pairs[i] < pivot)
				i++;
			while (pairs[j] > pivot)
				j--;
			if (i <= j)
			{
				uint64 swap = pairs[i];

				pairs[i++] = pairs[j];
				pairs[j--] = swap;
			}
		}
		if (k <= j)
			high = j;
		else if (k >= i)
			low = i;
		else
			break;
	}
}

/* Put an access into a group of its class, or into a new one. */
static void
append(Detection *detection, AccessClass *class, int32 event)
{
	const Variable *variable = &detection->variables[class->variable];
	AccessGroup *group = find_group(detection, class, event);

	class->n++;
	if (group == NULL)
	{
		if (class->ngroups == class->groups_allocated)
		{
			class->groups_allocated = Max(class->groups_allocated * 2, 1);
			if (class->groups == NULL)
				class->groups =
					palloc(sizeof(AccessGroup) * class->groups_allocated);
			else
				class->groups = repalloc_huge(
					class->groups,
					sizeof(AccessGroup) * (Size) class->groups_allocated);
		}
		if (class->ngroups >= max_paths(detection))
			class->loose = class->ngroups;
		group = &class->groups[class->ngroups++];
		memset(group, 0, sizeof(AccessGroup));
		group->kind = class->loose >= 0 ? GROUP_LOOSE : GROUP_PATH;
		group->allocated = 4;
		group->events = palloc(sizeof(int32) * group->allocated);
	}
	if (group->n == group->allocated)
	{
		group->allocated *= 2;
		group->events = repalloc_huge(group->events,
									  sizeof(int32) * (Size) group->allocated);
	}
	group->events[group->n++] = event;
	if (group->cuts == variable->cuts && variable->cuts > 0 &&
		event <= PAIR_FIRST(variable->cut) && group->limit == group->n - 1)
		group->limit++;
}

/* One that an access can be appended to: a path, else by clocks, else loose. */
static AccessGroup *
find_group(const Detection *detection, AccessClass *class, int32 event)
{
	const SdTrace *trace = detection->trace;
	AccessGroup *by_clocks = NULL;
	bool is_full = class->ngroups >= max_paths(detection);

	for (int32 i = Min(class->ngroups, max_paths(detection)) - 1; i >= 0; i--)
	{
		AccessGroup *group = &class->groups[i];
		int32 last = group->events[group->n - 1];
		bool is_path =
			group->kind == GROUP_PATH && sd_reach_knows(detection->reach, last);

		if (last > event || (!is_path && !class->is_clocked) ||
			(!is_path && by_clocks != NULL))
			continue;
		if (class->is_clocked &&
			!sd_clocks_less_or_equal(trace->clocks, trace->events[last].clock,
									 trace->events[event].clock))
			continue;
		if (is_path)
			return group;
		if (is_full || group->kind == GROUP_CLOCKS)
			by_clocks = group;
	}
	if (by_clocks != NULL)
	{
		by_clocks->kind = GROUP_CLOCKS;
		return by_clocks;
	}
	if (class->loose >= 0)
	{
		AccessGroup *group = &class->groups[class->loose];

		if (group->events[group->n - 1] < event)
			return group;
	}

	return NULL;
}

static int32
max_paths(const Detection *detection)
{
	return detection->options.mode == SD_RACES_RACEWAY ? MAX_PATHS_OF_RACEWAY
													   : MAX_PATHS;
}

/* Give out what was found; the first variable that is left. */
static int32
put_pairs(Detection *detection)
{
	for (int32 i = detection->first; i <= detection->last; i++)
	{
		Variable *variable = &detection->variables[i];
		int64 n = variable->npairs;

		CHECK_FOR_INTERRUPTS();
		qsort(variable->pairs, n, sizeof(uint64), compare_pairs);
		if (n > variable->wanted)
		{
			n = variable->wanted;
			variable->cuts++;
		}
		for (int64 j = 0; j < n; j++)
			put_pair(detection, variable->pairs[j]);
		if (variable->nput == 0)
			count_unknown(detection, variable);
		variable->nput += n;
		if (n > 0)
			variable->low = variable->pairs[n - 1];
		if (variable->cuts > 0)
		{
			if (variable->nput < detection->options.max_pairs)
				return i;
			variable->is_cut = true;
		}
	}

	return detection->last + 1;
}

static void
put_pair(Detection *detection, uint64 pair)
{
	const SdTrace *trace = detection->trace;
	const SdOrder *order = detection->order;
	SdRace race;
	const SdTraceEvent *first;
	const SdTraceEvent *second;

	race.event1 = PAIR_FIRST(pair);
	race.event2 = PAIR_SECOND(pair);
	race.because = 0;
	first = &trace->events[race.event1];
	second = &trace->events[race.event2];
	race.is_critical =
		(type_of(first) == TYPE_WRITE || type_of(first) == TYPE_ATOMIC_WRITE) &&
		(type_of(second) == TYPE_WRITE || type_of(second) == TYPE_ATOMIC_WRITE);

	if (detection->use_clocks && (first->flags & SD_EVENT_CLOCKED) != 0 &&
		(second->flags & SD_EVENT_CLOCKED) != 0)
	{
		race.because |= SD_BECAUSE_BOTH_CLOCKED;
		if (sd_clocks_less(trace->clocks, first->clock, second->clock))
			race.because |= SD_BECAUSE_CLOCKS;
		if (sd_clocks_less(trace->clocks, second->clock, first->clock))
			race.because |= SD_BECAUSE_REVERSE_CLOCKS;
	}
	if (PAIR_KNOWN(pair) == KNOWN_PATH)
		race.because |= sd_order_place(order, race.event1) <
								sd_order_place(order, race.event2)
							? SD_BECAUSE_PATH
							: SD_BECAUSE_REVERSE_PATH;
	if (detection->use_parts)
	{
		int32 part1 = order->part[race.event1];
		int32 part2 = order->part[race.event2];

		if (part1 == part2)
			race.because |= SD_BECAUSE_SAME_PART;
		if (order->part_has_dropped != NULL &&
			(order->part_has_dropped[part1] || order->part_has_dropped[part2]))
			race.because |= SD_BECAUSE_DROPPED;
	}

	if (PAIR_KNOWN(pair) != KNOWN_NOTHING)
		race.verdict = SD_VERDICT_ORDERED;
	else if (!detection->use_parts ||
			 (race.because &
			  (SD_BECAUSE_SAME_PART | SD_BECAUSE_BOTH_CLOCKED)) != 0)
		race.verdict = SD_VERDICT_RACE;
	else
		race.verdict = SD_VERDICT_UNKNOWN;
	detection->callback(detection->arg, trace, &race);
}

static int
compare_pairs(const void *a, const void *b)
{
	uint64 left = *(const uint64 *) a;
	uint64 right = *(const uint64 *) b;

	return left < right ? -1 : left > right;
}

/* Count pairs that nothing is known of, if they were not asked for. */
static void
count_unknown(Detection *detection, const Variable *variable)
{
	if (variable->nparts < 2 || detection->options.is_silent ||
		(detection->options.verdicts & SD_VERDICT_UNKNOWN) != 0)
		return;
	for (int32 i = variable->classes; i >= 0; i = detection->classes[i].next)
	{
		const AccessClass *a = &detection->classes[i];

		CHECK_FOR_INTERRUPTS();
		/* that there are some is enough to know */
		if (variable->nclasses > MAX_LISTED_CLASSES && detection->nunknown > 0)
		{
			detection->has_more_unknown = true;
			return;
		}
		for (int32 j = a->next; j >= 0; j = detection->classes[j].next)
		{
			const AccessClass *b = &detection->classes[j];

			if (!is_decided(detection, a, b) && can_conflict(detection, a, b))
				detection->nunknown += a->n * b->n;
		}
	}
}

/* Say what the rows do not. */
static void
report(Detection *detection)
{
	StringInfoData names;
	int ncut = 0;

	initStringInfo(&names);
	for (int32 i = 0; i < detection->nvariables; i++)
		if (detection->variables[i].is_cut)
		{
			const char *name =
				sd_trace_word(detection->trace, detection->variables[i].word);

			if (ncut < MAX_NAMES)
				appendStringInfo(&names, "%s\"%s\"", ncut > 0 ? ", " : "",
								 name);
			else if (ncut == MAX_NAMES)
				appendStringInfoString(&names, ", ...");
			ncut++;
		}
	if (ncut > 0)
		ereport(WARNING,
				errmsg_plural("pairs of %d variable were cut off",
							  "pairs of %d variables were cut off", ncut, ncut),
				errdetail("There are more than " INT64_FORMAT
						  " pairs of each of: %s.",
						  detection->options.max_pairs, names.data),
				errhint("To see more of them, raise \"%s\".", "max_pairs"));
	if (detection->nunknown > 0)
		ereport(NOTICE,
				errmsg("nothing is known about the order of %s%lld pairs of "
					   "accesses",
					   detection->has_more_unknown ? "at least " : "",
					   (long long) detection->nunknown),
				errhint("To see them, ask for verdict \"%s\" in mode \"%s\".",
						"unknown", "hb"));
	pfree(names.data);
}

/* the rows of stormdisc_detect_races() */
typedef struct Rows
{
	ReturnSetInfo *rsinfo;
	MemoryContext context;
	MemoryContext row_context;
	Datum *words; /* as text, when they are first needed */
	Datum *threads;
	Datum access_types[SD_ATOMIC_RMW + 1];
	Datum verdicts[SD_VERDICT_UNKNOWN + 1];
	Datum critical;
	Datum warning;
	SdRaceMode mode;
} Rows;

static SdRaceMode mode_argument(FunctionCallInfo fcinfo, int number);
static int verdicts_argument(FunctionCallInfo fcinfo, int number);
static void put_row(void *arg, const SdTrace *trace, const SdRace *race);
static Datum word_text(Rows *rows, const SdTrace *trace, int32 word,
					   bool *isnull);
static Datum thread_text(Rows *rows, const SdTrace *trace, int32 thread);
static text *evidence_text(const Rows *rows, const SdRace *race);

static const char *const modes[] = {
	[SD_RACES_HB] = "hb",
	[SD_RACES_LOCKSET] = "lockset",
	[SD_RACES_BOTH] = "both",
	[SD_RACES_RACEWAY] = "raceway",
};

static const char *const verdict_names[] = {
	[SD_VERDICT_RACE] = "race",
	[SD_VERDICT_ORDERED] = "ordered",
	[SD_VERDICT_UNKNOWN] = "unknown",
};

/*
 * stormdisc_detect_races(trace, mode, include_atomic_reads, max_pairs,
 * verdicts) -> setof row
 *		Report the pairs of accesses of a trace that race, or that do not.
 */
Datum
stormdisc_detect_races(PG_FUNCTION_ARGS)
{
	pg_uuid_t *trace_id =
		DatumGetUUIDP(sd_argument_required(fcinfo, 0, "trace"));
	SdRaceOptions options = {0};
	SdTrace *trace;
	Rows rows = {0};

	options.mode = mode_argument(fcinfo, 1);
	options.include_atomic_reads =
		DatumGetBool(sd_argument_required(fcinfo, 2, "include_atomic_reads"));
	options.max_pairs =
		DatumGetInt32(sd_argument_required(fcinfo, 3, "max_pairs"));
	if (options.max_pairs < 1)
		ereport(ERROR, errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				errmsg("argument \"%s\" must be at least %d", "max_pairs", 1));
	options.verdicts = verdicts_argument(fcinfo, 4);
	InitMaterializedSRF(fcinfo, 0);

	rows.rsinfo = (ReturnSetInfo *) fcinfo->resultinfo;
	rows.mode = options.mode;
	trace = sd_trace_load(
		trace_id, SD_TRACE_LOCATIONS |
					  (options.mode == SD_RACES_LOCKSET ? 0 : SD_TRACE_CLOCKS));
	rows.context = trace->context;
	rows.row_context = AllocSetContextCreate(trace->context, "stormdisc row",
											 ALLOCSET_SMALL_SIZES);
	rows.words = MemoryContextAllocExtended(
		rows.context, Max(sizeof(Datum) * (Size) trace->words.n, 1),
		MCXT_ALLOC_HUGE | MCXT_ALLOC_ZERO);
	rows.threads = MemoryContextAllocExtended(
		rows.context, Max(sizeof(Datum) * (Size) trace->nthreads, 1),
		MCXT_ALLOC_HUGE | MCXT_ALLOC_ZERO);
	for (int i = 0; i <= SD_ATOMIC_RMW; i++)
		rows.access_types[i] = CStringGetTextDatum(sd_access_type_name(i));
	for (int i = SD_VERDICT_RACE; i <= SD_VERDICT_UNKNOWN; i *= 2)
		rows.verdicts[i] = CStringGetTextDatum(verdict_names[i]);
	rows.critical = CStringGetTextDatum("CRITICAL");
	rows.warning = CStringGetTextDatum("WARNING");

	sd_races_detect(trace, &options, put_row, &rows);
	sd_trace_free(trace);

	return (Datum) 0;
}

static SdRaceMode
mode_argument(FunctionCallInfo fcinfo, int number)
{
	char *mode =
		TextDatumGetCString(sd_argument_required(fcinfo, number, "mode"));

	for (int i = 0; i < lengthof(modes); i++)
		if (strcmp(mode, modes[i]) == 0)
			return i;
	ereport(ERROR, errcode(ERRCODE_INVALID_PARAMETER_VALUE),
			errmsg("mode \"%s\" is not known", mode),
			errhint("Modes are \"hb\", \"lockset\", \"both\" and "
					"\"raceway\"."));
}

static int
verdicts_argument(FunctionCallInfo fcinfo, int number)
{
	ArrayType *array =
		DatumGetArrayTypeP(sd_argument_required(fcinfo, number, "verdicts"));
	Datum *values;
	bool *nulls;
	int n;
	int result = 0;

	n = sd_array_read(array, "verdicts", TEXTOID, &values, &nulls);
	for (int i = 0; i < n; i++)
	{
		char *name;
		int found = 0;

		if (nulls[i])
			ereport(
				ERROR, errcode(ERRCODE_NULL_VALUE_NOT_ALLOWED),
				errmsg("argument \"%s\" must not contain nulls", "verdicts"));
		name = TextDatumGetCString(values[i]);
		for (int j = SD_VERDICT_RACE; j <= SD_VERDICT_UNKNOWN; j *= 2)
			if (strcmp(name, verdict_names[j]) == 0)
				found = j;
		if (found == 0)
			ereport(ERROR, errcode(ERRCODE_INVALID_PARAMETER_VALUE),
					errmsg("verdict \"%s\" is not known", name),
					errhint("Verdicts are \"race\", \"ordered\" and "
							"\"unknown\"."));
		result |= found;
	}

	return result;
}

static void
put_row(void *arg, const SdTrace *trace, const SdRace *race)
{
	Rows *rows = arg;
	const SdTraceEvent *first = &trace->events[race->event1];
	const SdTraceEvent *second = &trace->events[race->event2];
	MemoryContext oldcontext = MemoryContextSwitchTo(rows->row_context);
	Datum values[N_COLS];
	bool nulls[N_COLS] = {false};

	values[COL_EVENT1] = UUIDPGetDatum(&first->id);
	values[COL_EVENT2] = UUIDPGetDatum(&second->id);
	values[COL_VARIABLE] =
		word_text(rows, trace, first->subject, &nulls[COL_VARIABLE]);
	values[COL_VERDICT] = rows->verdicts[race->verdict];
	values[COL_THREAD1] = thread_text(rows, trace, first->thread);
	values[COL_THREAD2] = thread_text(rows, trace, second->thread);
	values[COL_ACCESS1] = rows->access_types[first->access];
	values[COL_ACCESS2] = rows->access_types[second->access];
	values[COL_SEVERITY] = race->is_critical ? rows->critical : rows->warning;
	values[COL_TIME1] = TimestampTzGetDatum(first->time);
	values[COL_TIME2] = TimestampTzGetDatum(second->time);
	values[COL_LOCATION1] =
		word_text(rows, trace, first->label, &nulls[COL_LOCATION1]);
	values[COL_LOCATION2] =
		word_text(rows, trace, second->label, &nulls[COL_LOCATION2]);
	values[COL_EVIDENCE] = PointerGetDatum(evidence_text(rows, race));
	tuplestore_putvalues(rows->rsinfo->setResult, rows->rsinfo->setDesc, values,
						 nulls);
	MemoryContextSwitchTo(oldcontext);
	MemoryContextReset(rows->row_context);
}

static Datum
word_text(Rows *rows, const SdTrace *trace, int32 word, bool *isnull)
{
	*isnull = word < 0;
	if (word < 0)
		return (Datum) 0;
	if (rows->words[word] == 0)
	{
		MemoryContext oldcontext = MemoryContextSwitchTo(rows->context);

		rows->words[word] = CStringGetTextDatum(trace->words.words[word]);
		MemoryContextSwitchTo(oldcontext);
	}

	return rows->words[word];
}

static Datum
thread_text(Rows *rows, const SdTrace *trace, int32 thread)
{
	if (rows->threads[thread] == 0)
	{
		MemoryContext oldcontext = MemoryContextSwitchTo(rows->context);

		rows->threads[thread] =
			CStringGetTextDatum(sd_trace_thread_name(trace, thread));
		MemoryContextSwitchTo(oldcontext);
	}

	return rows->threads[thread];
}

/* Why the verdict is what it is, in words. */
static text *
evidence_text(const Rows *rows, const SdRace *race)
{
	char buffer[128];
	const char *order = "";

	if (rows->mode == SD_RACES_LOCKSET)
		return cstring_to_text("no common lock");
	if (rows->mode == SD_RACES_RACEWAY)
		return cstring_to_text("no ancestor, no common lock");

	if (race->verdict == SD_VERDICT_UNKNOWN)
		order = "not connected";
	else if (race->verdict == SD_VERDICT_RACE)
		order = (race->because & SD_BECAUSE_BOTH_CLOCKED) == 0 ? "no path"
				: (race->because & SD_BECAUSE_SAME_PART) == 0
					? "concurrent clocks"
					: "no path, concurrent clocks";
	else if ((race->because & SD_BECAUSE_PATH) != 0)
		order = "path";
	else if ((race->because & SD_BECAUSE_REVERSE_PATH) != 0)
		order = "reverse path";
	snprintf(
		buffer, sizeof(buffer), "%s%s%s%s", order,
		race->verdict == SD_VERDICT_ORDERED && order[0] != '\0' &&
				(race->because &
				 (SD_BECAUSE_CLOCKS | SD_BECAUSE_REVERSE_CLOCKS)) != 0
			? ", "
			: "",
		(race->because & SD_BECAUSE_CLOCKS) != 0		   ? "clocks"
		: (race->because & SD_BECAUSE_REVERSE_CLOCKS) != 0 ? "reverse clocks"
														   : "",
		(race->because & SD_BECAUSE_DROPPED) != 0 ? ", edges dropped" : "");

	return cstring_to_text(buffer);
}
