/*-------------------------------------------------------------------------
 *
 * races.c
 *	  Detect the races of a trace.
 *
 * One walk through the trace in an order in which each event comes after all
 * that happen before it.  Accesses to a variable are put into classes, which
 * tell who can race with whom at all (race_classes.c), by their locks among
 * others (race_locks.c).  Each is compared with those before it
 * (race_compare.c).  What is found goes to race_pairs.c, which may leave some
 * variables to another walk, so that the memory is enough.
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "miscadmin.h"

#include "trace/race_detection.h"

static void make_conflicts(SdDetection *detection);
static bool find_variables(SdDetection *detection);
static int compare_variables(const void *a, const void *b, void *arg);
static void find_split_threads(SdDetection *detection);
static bool *find_chains(SdDetection *detection);
static void walk(SdDetection *detection, const bool *chains);

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
	SdDetection detection = {0};
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
		sd_race_find_lock_sets(&detection);
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
			detection.first = sd_race_put_pairs(&detection);
			MemoryContextReset(detection.walk_context);
		}
		if (!options->is_silent)
			sd_race_report(&detection);
	}

	MemoryContextSwitchTo(oldcontext);
	MemoryContextDelete(context);
}

/* Which types of access are a pair? */
static void
make_conflicts(SdDetection *detection)
{
	for (int a = 0; a < SD_TYPES; a++)
		for (int b = 0; b < SD_TYPES; b++)
		{
			bool writes = a == SD_TYPE_WRITE || a == SD_TYPE_ATOMIC_WRITE ||
						  b == SD_TYPE_WRITE || b == SD_TYPE_ATOMIC_WRITE;
			bool are_atomic =
				a >= SD_TYPE_ATOMIC_READ && b >= SD_TYPE_ATOMIC_READ;
			bool are_reads = a != b && !writes;

			if (detection->options.mode == SD_RACES_RACEWAY)
				detection->conflicts[a][b] = writes || are_reads;
			else
				detection->conflicts[a][b] =
					(writes && !are_atomic) ||
					(are_reads && detection->options.include_atomic_reads);
		}
}

/*
 * The variables that can race at all, by name: several threads, and types of
 * access that are a pair.
 */
static bool
find_variables(SdDetection *detection)
{
	SdTrace *trace = detection->trace;
	int32 *threads = sd_race_allocate(sizeof(int32) * trace->words.n);
	uint8 *types = sd_race_allocate(sizeof(uint8) * trace->words.n);
	bool *is_shared = sd_race_allocate(sizeof(bool) * trace->words.n);
	bool *is_unclocked = sd_race_allocate(sizeof(bool) * trace->words.n);
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
			threads[word] = sd_race_thread_of(detection, i);
		else if (threads[word] != sd_race_thread_of(detection, i))
			is_shared[word] = true;
		types[word] |= 1 << sd_race_type_of(event);
		if ((event->flags & SD_EVENT_CLOCKED) == 0)
			is_unclocked[word] = true;
	}

	detection->numbers = sd_race_allocate(sizeof(int32) * trace->words.n);
	words = sd_race_allocate(sizeof(int32) * trace->words.n);
	for (int32 i = 0; i < trace->words.n; i++)
	{
		bool is_pair = false;

		for (int a = 0; a < SD_TYPES && is_shared[i]; a++)
			for (int b = 0; b < SD_TYPES; b++)
				if (detection->conflicts[a][b] && (types[i] & (1 << a)) != 0 &&
					(types[i] & (1 << b)) != 0)
					is_pair = true;
		detection->numbers[i] = -1;
		if (is_pair)
			words[n++] = i;
	}
	qsort_arg(words, n, sizeof(int32), compare_variables, trace);

	detection->nvariables = n;
	detection->variables = palloc_extended(Max(sizeof(SdVariable) * n, 1),
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

/* Threads in which not every event happens before the next. */
static void
find_split_threads(SdDetection *detection)
{
	const SdTrace *trace = detection->trace;
	int32 *chains = sd_race_allocate(sizeof(int32) * trace->nthreads);

	detection->is_split = sd_race_allocate(sizeof(bool) * trace->nthreads);
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
find_chains(SdDetection *detection)
{
	const SdTrace *trace = detection->trace;
	bool *chains = sd_race_allocate(sizeof(bool) * detection->order->nchains);

	memset(chains, 0, sizeof(bool) * detection->order->nchains);
	for (int32 i = 0; i < trace->nevents; i++)
		if (trace->events[i].kind == SD_STATE_CHANGE &&
			detection->numbers[trace->events[i].subject] >= 0)
			chains[detection->order->chain[i]] = true;

	return chains;
}

/* Look at all accesses to some variables. */
static void
walk(SdDetection *detection, const bool *chains)
{
	const SdTrace *trace = detection->trace;
	int32 event;

	sd_race_begin_classes(detection);
	detection->npairs_allocated = 0;
	for (int32 i = detection->first; i <= detection->last; i++)
	{
		SdVariable *variable = &detection->variables[i];

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
							   SD_MAX_PAIRS_OF_ONE);
	}

	detection->reach = sd_reach_begin(detection->order, chains);
	while ((event = sd_reach_next(detection->reach)) >= 0)
		if (trace->events[event].kind == SD_STATE_CHANGE)
		{
			int32 number = detection->numbers[trace->events[event].subject];

			if (number >= detection->first && number <= detection->last)
				sd_race_look_at(detection, event);
		}
	sd_reach_end(detection->reach);
}
