/*-------------------------------------------------------------------------
 *
 * race_pairs.c
 *	  The pairs that were found: keep those that are wanted, and give them out.
 *
 * Pairs are wanted in the order of time, and no more than so many of each
 * variable.  As soon as there are twice as many, the later half is forgotten,
 * and with it all pairs that would come after it: the more a variable races,
 * the less there is to look at.
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "lib/stringinfo.h"
#include "miscadmin.h"

#include "trace/clocks.h"
#include "trace/race_detection.h"

/* pairs of all variables that are in memory at a time */
#define MAX_PAIRS_OF_ALL (12 * 1024 * 1024)

/* names in a message */
#define MAX_NAMES 5

static bool make_room(SdDetection *detection, SdVariable *variable);
static void select_smallest(uint64 *pairs, int64 n, int64 k);
static void put_pair(SdDetection *detection, uint64 pair);
static int compare_pairs(const void *a, const void *b);
static void count_unknown(SdDetection *detection, const SdVariable *variable);

/*
 * sd_race_add_pairs
 *		Pairs of an event with some of a group.
 */
void
sd_race_add_pairs(SdDetection *detection, SdVariable *variable, int32 event,
				  const SdAccessGroup *group, int32 from, int32 to, int known)
{
	for (int32 i = from; i < to; i++)
	{
		int32 other = group->events[i];
		uint64 pair = other < event ? SD_PAIR(other, event, known)
									: SD_PAIR(event, other, known);

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
make_room(SdDetection *detection, SdVariable *variable)
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
		variable->pairs = sd_race_allocate(sizeof(uint64) * allocated);
	else
		variable->pairs =
			repalloc_huge(variable->pairs, sizeof(uint64) * allocated);
	detection->npairs_allocated += allocated - variable->allocated;
	variable->allocated = allocated;

	while (detection->npairs_allocated > MAX_PAIRS_OF_ALL &&
		   detection->last > detection->first)
	{
		SdVariable *last = &detection->variables[detection->last--];

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

/*
 * sd_race_put_pairs
 *		Give out what was found; the first variable that is left.
 */
int32
sd_race_put_pairs(SdDetection *detection)
{
	for (int32 i = detection->first; i <= detection->last; i++)
	{
		SdVariable *variable = &detection->variables[i];
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
put_pair(SdDetection *detection, uint64 pair)
{
	const SdTrace *trace = detection->trace;
	const SdOrder *order = detection->order;
	SdRace race;
	const SdTraceEvent *first;
	const SdTraceEvent *second;

	race.event1 = SD_PAIR_FIRST(pair);
	race.event2 = SD_PAIR_SECOND(pair);
	race.because = 0;
	first = &trace->events[race.event1];
	second = &trace->events[race.event2];
	race.is_critical = (sd_race_type_of(first) == SD_TYPE_WRITE ||
						sd_race_type_of(first) == SD_TYPE_ATOMIC_WRITE) &&
					   (sd_race_type_of(second) == SD_TYPE_WRITE ||
						sd_race_type_of(second) == SD_TYPE_ATOMIC_WRITE);

	if (detection->use_clocks && (first->flags & SD_EVENT_CLOCKED) != 0 &&
		(second->flags & SD_EVENT_CLOCKED) != 0)
	{
		race.because |= SD_BECAUSE_BOTH_CLOCKED;
		if (sd_clocks_less(trace->clocks, first->clock, second->clock))
			race.because |= SD_BECAUSE_CLOCKS;
		if (sd_clocks_less(trace->clocks, second->clock, first->clock))
			race.because |= SD_BECAUSE_REVERSE_CLOCKS;
	}
	if (SD_PAIR_KNOWN(pair) == SD_KNOWN_PATH)
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

	if (SD_PAIR_KNOWN(pair) != SD_KNOWN_NOTHING)
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
count_unknown(SdDetection *detection, const SdVariable *variable)
{
	if (variable->nparts < 2 || detection->options.is_silent ||
		(detection->options.verdicts & SD_VERDICT_UNKNOWN) != 0)
		return;
	for (int32 i = variable->classes; i >= 0; i = detection->classes[i].next)
	{
		const SdAccessClass *a = &detection->classes[i];

		CHECK_FOR_INTERRUPTS();
		/* that there are some is enough to know */
		if (variable->nclasses > SD_MAX_LISTED_CLASSES &&
			detection->nunknown > 0)
		{
			detection->has_more_unknown = true;
			return;
		}
		for (int32 j = a->next; j >= 0; j = detection->classes[j].next)
		{
			const SdAccessClass *b = &detection->classes[j];

			if (!sd_race_is_decided(detection, a, b) &&
				sd_race_can_conflict(detection, a, b))
				detection->nunknown += a->n * b->n;
		}
	}
}

/*
 * sd_race_report
 *		Say what the rows do not.
 */
void
sd_race_report(SdDetection *detection)
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
