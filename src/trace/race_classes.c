/*-------------------------------------------------------------------------
 *
 * race_classes.c
 *	  Classes of accesses: who can race with whom at all.
 *
 * Accesses of a class are alike in all that decides this: type of access,
 * locks, and so on.  Those of a class are in groups; in most of them each one
 * happens before the next.
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "common/hashfn.h"

#include "trace/clocks.h"
#include "trace/race_detection.h"

/* a class has no more groups in which each access happens before the next */
#define MAX_PATHS 64
#define MAX_PATHS_OF_RACEWAY 4

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

static void grow_classes(SdDetection *detection);
static uint32 hash_of_class(const SdAccessClass *class);
static int32 make_class(SdDetection *detection, const SdAccessClass *key);
static void add_partner(SdDetection *detection, int32 class, int32 partner);
static SdAccessGroup *find_group(const SdDetection *detection,
								 SdAccessClass *class, int32 event);
static int32 max_paths(const SdDetection *detection);

/*
 * sd_race_begin_classes
 *		Forget those of the walk before.
 */
void
sd_race_begin_classes(SdDetection *detection)
{
	HASHCTL ctl;

	detection->nclasses = 0;
	detection->classes_allocated = 256;
	detection->classes =
		sd_race_allocate(sizeof(SdAccessClass) * detection->classes_allocated);
	detection->nclass_slots = 1024;
	detection->class_slots = palloc0(sizeof(int32) * detection->nclass_slots);
	ctl.keysize = sizeof(PartKey);
	ctl.entrysize = sizeof(PartEntry);
	ctl.hcxt = CurrentMemoryContext;
	detection->parts = hash_create("stormdisc parts of variables", 1024, &ctl,
								   HASH_ELEM | HASH_BLOBS | HASH_CONTEXT);
}

/*
 * sd_race_class_of
 *		The number of the class of an access; a new one, if it is the first.
 */
int32
sd_race_class_of(SdDetection *detection, int32 variable, int32 event)
{
	const SdTraceEvent *data = &detection->trace->events[event];
	SdAccessClass key = {0};
	uint32 slot;

	key.variable = variable;
	key.set = detection->sets[event];
	key.type = sd_race_type_of(data);
	key.is_clocked =
		detection->use_clocks && (data->flags & SD_EVENT_CLOCKED) != 0;
	key.part = -1;
	if (detection->use_parts &&
		!(detection->use_clocks && detection->variables[variable].all_clocked))
		key.part = detection->order->part[event];
	key.thread = -1;
	if (detection->by_thread_id || detection->is_split[data->thread] ||
		(detection->options.verdicts & SD_VERDICT_ORDERED) != 0)
		key.thread = sd_race_thread_of(detection, event);

	slot = hash_of_class(&key) & (detection->nclass_slots - 1);
	while (detection->class_slots[slot] != 0)
	{
		const SdAccessClass *class =
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
grow_classes(SdDetection *detection)
{
	detection->classes_allocated *= 2;
	detection->classes = repalloc_huge(detection->classes,
									   sizeof(SdAccessClass) *
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
hash_of_class(const SdAccessClass *class)
{
	uint32 hash = murmurhash32(class->variable);

	hash = hash_combine(hash, murmurhash32(class->set));
	hash = hash_combine(hash, murmurhash32(class->part));
	hash = hash_combine(hash, murmurhash32(class->thread));

	return hash_combine(hash,
						murmurhash32(class->type * 2 + class->is_clocked));
}

static int32
make_class(SdDetection *detection, const SdAccessClass *key)
{
	SdVariable *variable = &detection->variables[key->variable];
	int32 number = detection->nclasses++;
	SdAccessClass *class = &detection->classes[number];
	PartKey part_key = {key->variable, key->part};
	PartEntry *entry;
	SdAccessClass *leader;
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

	if (variable->nclasses <= SD_MAX_LISTED_CLASSES)
		for (int32 i = variable->classes; i >= 0;
			 i = detection->classes[i].next)
			if (sd_race_are_partners(detection, &detection->classes[number],
									 &detection->classes[i]))
			{
				add_partner(detection, number, i);
				if (i != number)
					add_partner(detection, i, number);
			}

	return number;
}

static void
add_partner(SdDetection *detection, int32 class, int32 partner)
{
	SdAccessClass *own = &detection->classes[class];

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

/*
 * sd_race_append
 *		Put an access into a group of its class, or into a new one.
 */
void
sd_race_append(SdDetection *detection, SdAccessClass *class, int32 event)
{
	const SdVariable *variable = &detection->variables[class->variable];
	SdAccessGroup *group = find_group(detection, class, event);

	class->n++;
	if (group == NULL)
	{
		if (class->ngroups == class->groups_allocated)
		{
			class->groups_allocated = Max(class->groups_allocated * 2, 1);
			if (class->groups == NULL)
				class->groups =
					palloc(sizeof(SdAccessGroup) * class->groups_allocated);
			else
				class->groups = repalloc_huge(
					class->groups,
					sizeof(SdAccessGroup) * (Size) class->groups_allocated);
		}
		if (class->ngroups >= max_paths(detection))
			class->loose = class->ngroups;
		group = &class->groups[class->ngroups++];
		memset(group, 0, sizeof(SdAccessGroup));
		group->kind = class->loose >= 0 ? SD_GROUP_LOOSE : SD_GROUP_PATH;
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
		event <= SD_PAIR_FIRST(variable->cut) && group->limit == group->n - 1)
		group->limit++;
}

/* One that an access can be appended to: a path, else by clocks, else loose. */
static SdAccessGroup *
find_group(const SdDetection *detection, SdAccessClass *class, int32 event)
{
	const SdTrace *trace = detection->trace;
	SdAccessGroup *by_clocks = NULL;
	bool is_full = class->ngroups >= max_paths(detection);

	for (int32 i = Min(class->ngroups, max_paths(detection)) - 1; i >= 0; i--)
	{
		SdAccessGroup *group = &class->groups[i];
		int32 last = group->events[group->n - 1];
		bool is_path = group->kind == SD_GROUP_PATH &&
					   sd_reach_knows(detection->reach, last);

		if (last > event || (!is_path && !class->is_clocked) ||
			(!is_path && by_clocks != NULL))
			continue;
		if (class->is_clocked &&
			!sd_clocks_less_or_equal(trace->clocks, trace->events[last].clock,
									 trace->events[event].clock))
			continue;
		if (is_path)
			return group;
		if (is_full || group->kind == SD_GROUP_CLOCKS)
			by_clocks = group;
	}
	if (by_clocks != NULL)
	{
		by_clocks->kind = SD_GROUP_CLOCKS;
		return by_clocks;
	}
	if (class->loose >= 0)
	{
		SdAccessGroup *group = &class->groups[class->loose];

		if (group->events[group->n - 1] < event)
			return group;
	}

	return NULL;
}

static int32
max_paths(const SdDetection *detection)
{
	return detection->options.mode == SD_RACES_RACEWAY ? MAX_PATHS_OF_RACEWAY
													   : MAX_PATHS;
}
