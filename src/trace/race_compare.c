/*-------------------------------------------------------------------------
 *
 * race_compare.c
 *	  Compare an access with those before it.
 *
 * Those of a group that happen before an access are its first ones, which a
 * search tells, and mostly the last one alone does: then there is no race with
 * any of the group.
 *
 * A variable can have as many classes as it has threads.  Then an access does
 * not look at all of them, but only at those in its front, which have accesses
 * that are not behind that end, or at those of its own part of the trace and
 * the clocked ones, whichever are fewer.
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "miscadmin.h"

#include "trace/clocks.h"
#include "trace/race_detection.h"

/* what holds for the first ones of a group */
typedef enum Test
{
	TEST_KNOWN,		 /* they happen before where the walk is */
	TEST_LESS,		 /* their clocks are less than the one there */
	TEST_NOT_GREATER /* its clock is not less than theirs */
} Test;

static void look_at_many(SdDetection *detection, SdVariable *variable,
						 int32 event, const SdAccessClass *class);
static inline void compare_if_partner(SdDetection *detection,
									  SdVariable *variable, int32 event,
									  const SdAccessClass *own,
									  SdAccessClass *other);
static void find_front(SdDetection *detection, SdVariable *variable);
static void add_to_front(SdDetection *detection, SdVariable *variable,
						 int32 class);
static void compare_with_class(SdDetection *detection, SdVariable *variable,
							   int32 event, const SdAccessClass *own,
							   SdAccessClass *other);
static void compare_with_group(SdDetection *detection, SdVariable *variable,
							   int32 event, SdAccessGroup *group,
							   bool use_clocks);
static void compare_each(SdDetection *detection, SdVariable *variable,
						 int32 event, SdAccessGroup *group, int32 n,
						 bool use_clocks);
static int32 visible_part(const SdVariable *variable, int32 event,
						  SdAccessGroup *group);
static int32 count_first(const SdDetection *detection,
						 const SdAccessGroup *group, int32 low, int32 high,
						 Test test, int32 event);
static inline bool passes(const SdDetection *detection,
						  const SdAccessGroup *group, int32 place, Test test,
						  int32 event);

/*
 * sd_race_look_at
 *		Compare an access with those before it.
 */
void
sd_race_look_at(SdDetection *detection, int32 event)
{
	int32 number = detection->numbers[detection->trace->events[event].subject];
	SdVariable *variable = &detection->variables[number];
	int32 own = sd_race_class_of(detection, number, event);
	SdAccessClass *class = &detection->classes[own];

	if (variable->nclasses <= SD_MAX_LISTED_CLASSES)
		for (int32 i = 0; i < class->npartners; i++)
			compare_with_class(detection, variable, event, class,
							   &detection->classes[class->partners[i]]);
	else
		look_at_many(detection, variable, event, class);
	sd_race_append(detection, class, event);

	class->first_event = Min(class->first_event, event);
	if (variable->front_cuts > 0 && !class->is_in_front &&
		event <= SD_PAIR_FIRST(variable->cut))
		add_to_front(detection, variable, own);
}

/* Compare an access with those before it, if there are very many classes. */
static void
look_at_many(SdDetection *detection, SdVariable *variable, int32 event,
			 const SdAccessClass *class)
{
	SdAccessClass *classes = detection->classes;
	bool all = (detection->options.verdicts & SD_VERDICT_UNKNOWN) != 0;
	const SdAccessClass *leader = &classes[class->leader];
	int64 n = all ? variable->nclasses : leader->n_in_part;

	CHECK_FOR_INTERRUPTS();
	if (!all && class->is_clocked)
		n += variable->nclocked_classes;

	/* one that is behind the cut has pairs only with those that are not */
	if (variable->cuts > 0 && event > SD_PAIR_FIRST(variable->cut))
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
compare_if_partner(SdDetection *detection, SdVariable *variable, int32 event,
				   const SdAccessClass *own, SdAccessClass *other)
{
	if (sd_race_are_partners(detection, own, other))
		compare_with_class(detection, variable, event, own, other);
}

/* A cut is never later than the one before, so classes only leave. */
static void
find_front(SdDetection *detection, SdVariable *variable)
{
	int32 last = SD_PAIR_FIRST(variable->cut);
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
			SdAccessClass *class = &detection->classes[variable->front[i]];

			class->is_in_front = class->first_event <= last;
			if (class->is_in_front)
				variable->front[n++] = variable->front[i];
		}
		variable->nfront = n;
	}
	variable->front_cuts = variable->cuts;
}

static void
add_to_front(SdDetection *detection, SdVariable *variable, int32 class)
{
	if (variable->nfront == variable->front_allocated)
	{
		variable->front_allocated = Max(variable->front_allocated * 2, 64);
		if (variable->front == NULL)
			variable->front = sd_race_allocate(
				sizeof(int32) * (Size) variable->front_allocated);
		else
			variable->front =
				repalloc_huge(variable->front,
							  sizeof(int32) * (Size) variable->front_allocated);
	}
	variable->front[variable->nfront++] = class;
	detection->classes[class].is_in_front = true;
}

static void
compare_with_class(SdDetection *detection, SdVariable *variable, int32 event,
				   const SdAccessClass *own, SdAccessClass *other)
{
	bool decided = sd_race_is_decided(detection, own, other);

	for (int32 i = 0; i < other->ngroups; i++)
	{
		SdAccessGroup *group = &other->groups[i];

		if (decided)
			compare_with_group(detection, variable, event, group,
							   own->is_clocked && other->is_clocked);
		else
			sd_race_add_pairs(detection, variable, event, group, 0,
							  visible_part(variable, event, group),
							  SD_KNOWN_NOTHING);
	}
}

static void
compare_with_group(SdDetection *detection, SdVariable *variable, int32 event,
				   SdAccessGroup *group, bool use_clocks)
{
	bool want_ordered = (detection->options.verdicts & SD_VERDICT_ORDERED) != 0;
	int32 n = visible_part(variable, event, group);
	int32 known = 0;
	int32 from;
	int32 to;

	if (n == 0)
		return;
	if (group->kind != SD_GROUP_PATH)
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
		sd_race_add_pairs(detection, variable, event, group, 0, known,
						  SD_KNOWN_PATH);
		sd_race_add_pairs(detection, variable, event, group, known, from,
						  SD_KNOWN_CLOCKS);
		sd_race_add_pairs(detection, variable, event, group, to, n,
						  SD_KNOWN_CLOCKS);
	}
	if ((detection->options.verdicts & SD_VERDICT_RACE) != 0)
		sd_race_add_pairs(detection, variable, event, group, from, to,
						  SD_KNOWN_NOTHING);
}

/* The same with a group that is no path. */
static void
compare_each(SdDetection *detection, SdVariable *variable, int32 event,
			 SdAccessGroup *group, int32 n, bool use_clocks)
{
	bool want_ordered = (detection->options.verdicts & SD_VERDICT_ORDERED) != 0;
	int32 from = 0;
	int32 to = n;
	bool all_known;

	if (use_clocks && group->kind == SD_GROUP_CLOCKS && !want_ordered)
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
		int known = SD_KNOWN_NOTHING;

		if ((i & 0xFFFF) == 0xFFFF)
			CHECK_FOR_INTERRUPTS();
		if (sd_reach_knows(detection->reach, group->events[i]))
			known = SD_KNOWN_PATH;
		else if (use_clocks &&
				 (passes(detection, group, i, TEST_LESS, event) ||
				  !passes(detection, group, i, TEST_NOT_GREATER, event)))
			known = SD_KNOWN_CLOCKS;
		all_known &= known == SD_KNOWN_PATH;
		if ((detection->options.verdicts &
			 (known == SD_KNOWN_NOTHING ? SD_VERDICT_RACE
										: SD_VERDICT_ORDERED)) != 0)
			sd_race_add_pairs(detection, variable, event, group, i, i + 1,
							  known);
	}
	if (all_known && n > group->ncovered)
	{
		group->ncovered = n;
		group->cover = event;
	}
}

/* So many of a group can be in a pair with an event that is not cut off. */
static int32
visible_part(const SdVariable *variable, int32 event, SdAccessGroup *group)
{
	int32 last = SD_PAIR_FIRST(variable->cut);
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
count_first(const SdDetection *detection, const SdAccessGroup *group, int32 low,
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
passes(const SdDetection *detection, const SdAccessGroup *group, int32 place,
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
