/*-------------------------------------------------------------------------
 *
 * reach.c
 *	  Walk through a trace and know what happens before each event.
 *
 * An event knows of each chain the last event that happens before it; all
 * before that one in the chain do as well.  That is a vector clock, with the
 * places of events in the walk as counts.  Only chains that somebody asks about
 * are counted.  What an event knows of its own chain is not written down, so
 * that a vector changes only where an edge comes in from another chain.
 *
 * Vectors are trees of nodes with 32 entries each, which are shared: a task
 * that was spawned has its parent's, and putting two together touches only
 * what differs.  A vector is kept until the last edge that needs it was seen.
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "miscadmin.h"
#include "utils/memutils.h"

#include "trace/order.h"

#define FANOUT_BITS 5
#define FANOUT (1 << FANOUT_BITS)
#define MAX_LEVELS 7

/* nodes are made so many at a time */
#define CHUNK_BITS 9
#define CHUNK (1 << CHUNK_BITS)

/* of a vector: entries are counts in a leaf, else nodes; node 0 is none */
typedef struct VectorNode
{
	uint32 references;
	uint32 entries[FANOUT];
} VectorNode;

struct SdReach
{
	const SdOrder *order;
	MemoryContext context;
	int32 *component; /* of chains: which one is counted, or -1 */
	int32 ncomponents;
	int nlevels;
	int32 next; /* place in the walk */
	/* where the walk is */
	int32 event;
	int32 chain;
	uint32 vector;
	/* of chains: the vector of the last event; and that event */
	uint32 *vectors;
	int32 *last;
	/* of nodes: what others need, and how many edges will */
	uint32 *saved;
	int32 *needed;

	VectorNode **chunks;
	uint32 nchunks;
	uint32 chunks_allocated;
	uint32 nnodes;
	uint32 free_node; /* a list, by the first entry */
};

static void *allocate(SdReach *reach, Size size);
static inline VectorNode *node_of(const SdReach *reach, uint32 node);
static uint32 new_node(SdReach *reach);
static uint32 own_node(SdReach *reach, uint32 node, int level);
static void release(SdReach *reach, uint32 vector);
static inline uint32 count_of(const SdReach *reach, uint32 vector,
							  int32 component);
static uint32 set_count(SdReach *reach, uint32 vector, int32 component,
						uint32 count);
static uint32 join(SdReach *reach, uint32 vector, uint32 other);
static uint32 join_before(SdReach *reach, uint32 vector, int32 node);

/*
 * sd_reach_begin
 *		Begin a walk; chains says about events of which ones will be asked.
 */
SdReach *
sd_reach_begin(const SdOrder *order, const bool *chains)
{
	MemoryContext context = AllocSetContextCreate(
		CurrentMemoryContext, "stormdisc reach", ALLOCSET_DEFAULT_SIZES);
	SdReach *reach = MemoryContextAllocZero(context, sizeof(SdReach));
	Size nnodes = order->nnodes;
	Size nchains = order->nchains;

	reach->order = order;
	reach->context = context;
	reach->component = allocate(reach, sizeof(int32) * nchains);
	for (int32 i = 0; i < order->nchains; i++)
		reach->component[i] = chains[i] ? reach->ncomponents++ : -1;
	reach->nlevels = 1;
	while (reach->nlevels < MAX_LEVELS &&
		   ((int64) 1 << (FANOUT_BITS * reach->nlevels)) < reach->ncomponents)
		reach->nlevels++;

	reach->vectors = allocate(reach, sizeof(uint32) * nchains);
	memset(reach->vectors, 0, sizeof(uint32) * nchains);
	reach->last = allocate(reach, sizeof(int32) * nchains);
	for (int32 i = 0; i < order->nnodes; i++)
	{
		int32 node = order->sequence == NULL ? i : order->sequence[i];

		if (node < order->n)
			reach->last[order->chain[node]] = node;
	}
	reach->saved = allocate(reach, sizeof(uint32) * nnodes);
	reach->needed = allocate(reach, sizeof(int32) * nnodes);
	memset(reach->needed, 0, sizeof(int32) * nnodes);
	for (int64 i = 0; i < order->start[order->nnodes]; i++)
		reach->needed[order->before[i]]++;

	reach->chunks_allocated = 64;
	reach->chunks =
		allocate(reach, sizeof(VectorNode *) * reach->chunks_allocated);
	reach->nnodes = 1;
	reach->event = -1;

	return reach;
}

static void *
allocate(SdReach *reach, Size size)
{
	return MemoryContextAllocHuge(reach->context, Max(size, 1));
}

void
sd_reach_end(SdReach *reach)
{
	MemoryContextDelete(reach->context);
}

static inline VectorNode *
node_of(const SdReach *reach, uint32 node)
{
	return &reach->chunks[node >> CHUNK_BITS][node & (CHUNK - 1)];
}

static uint32
new_node(SdReach *reach)
{
	uint32 node = reach->free_node;

	if (node != 0)
		reach->free_node = node_of(reach, node)->entries[0];
	else
	{
		node = reach->nnodes++;
		if (node >> CHUNK_BITS >= reach->nchunks)
		{
			if (reach->nchunks == reach->chunks_allocated)
			{
				reach->chunks_allocated *= 2;
				reach->chunks =
					repalloc_huge(reach->chunks, sizeof(VectorNode *) *
													 reach->chunks_allocated);
			}
			reach->chunks[reach->nchunks++] =
				allocate(reach, sizeof(VectorNode) * CHUNK);
		}
	}
	node_of(reach, node)->references = 1;

	return node;
}

/* A node that nobody else has: this one or a copy.  level counts from 0. */
static uint32
own_node(SdReach *reach, uint32 node, int level)
{
	VectorNode *old = node_of(reach, node);
	VectorNode *copy;
	uint32 result;

	if (old->references == 1)
		return node;
	result = new_node(reach);
	copy = node_of(reach, result);
	memcpy(copy->entries, old->entries, sizeof(copy->entries));
	if (level > 0)
		for (int i = 0; i < FANOUT; i++)
			if (copy->entries[i] != 0)
				node_of(reach, copy->entries[i])->references++;
	old->references--;

	return result;
}

/* Nobody here needs the vector any more. */
static void
release(SdReach *reach, uint32 vector)
{
	uint32 nodes[MAX_LEVELS];
	int entries[MAX_LEVELS];
	int depth = 0;

	if (vector == 0 || --node_of(reach, vector)->references > 0)
		return;
	nodes[0] = vector;
	entries[0] = 0;
	while (depth >= 0)
	{
		VectorNode *node = node_of(reach, nodes[depth]);
		uint32 below = 0;

		if (depth < reach->nlevels - 1)
			while (entries[depth] < FANOUT && below == 0)
			{
				below = node->entries[entries[depth]++];
				if (below != 0 && --node_of(reach, below)->references > 0)
					below = 0;
			}
		if (below != 0)
		{
			depth++;
			nodes[depth] = below;
			entries[depth] = 0;
			continue;
		}
		node->entries[0] = reach->free_node;
		reach->free_node = nodes[depth--];
	}
}

static inline uint32
count_of(const SdReach *reach, uint32 vector, int32 component)
{
	for (int level = reach->nlevels - 1; level >= 0 && vector != 0; level--)
		vector =
			node_of(reach, vector)
				->entries[(component >> (FANOUT_BITS * level)) & (FANOUT - 1)];

	return vector;
}

/* The vector, which is the caller's own, with a count that is higher. */
static uint32
set_count(SdReach *reach, uint32 vector, int32 component, uint32 count)
{
	uint32 *entry = &vector;

	for (int level = reach->nlevels - 1; level >= 0; level--)
	{
		if (*entry == 0)
		{
			uint32 node = new_node(reach);

			memset(node_of(reach, node)->entries, 0,
				   sizeof(((VectorNode *) NULL)->entries));
			*entry = node;
		}
		else
			*entry = own_node(reach, *entry, level);
		entry =
			&node_of(reach, *entry)
				 ->entries[(component >> (FANOUT_BITS * level)) & (FANOUT - 1)];
	}
	*entry = count;

	return vector;
}

/* The vector, which is the caller's own, with all that another counts. */
static uint32
join(SdReach *reach, uint32 vector, uint32 other)
{
	uint32 nodes[MAX_LEVELS];
	uint32 others[MAX_LEVELS];
	int entries[MAX_LEVELS];
	int depth = 0;

	if (other == 0 || other == vector)
		return vector;
	if (vector == 0)
	{
		node_of(reach, other)->references++;
		return other;
	}

	nodes[0] = vector = own_node(reach, vector, reach->nlevels - 1);
	others[0] = other;
	entries[0] = 0;
	while (depth >= 0)
	{
		int level = reach->nlevels - 1 - depth;
		VectorNode *node = node_of(reach, nodes[depth]);
		VectorNode *from = node_of(reach, others[depth]);
		bool is_deeper = false;

		if (level == 0)
		{
			for (int i = 0; i < FANOUT; i++)
				node->entries[i] = Max(node->entries[i], from->entries[i]);
			depth--;
			continue;
		}
		while (entries[depth] < FANOUT && !is_deeper)
		{
			int i = entries[depth]++;
			uint32 below = node->entries[i];
			uint32 from_below = from->entries[i];

			if (from_below == 0 || from_below == below)
				continue;
			if (below == 0)
			{
				node_of(reach, from_below)->references++;
				node->entries[i] = from_below;
				continue;
			}
			below = own_node(reach, below, level - 1);
			node->entries[i] = below;
			depth++;
			nodes[depth] = below;
			others[depth] = from_below;
			entries[depth] = 0;
			is_deeper = true;
		}
		if (!is_deeper)
			depth--;
	}

	return vector;
}

/*
 * sd_reach_next
 *		Go on to the next event; -1 if there is none.
 */
int32
sd_reach_next(SdReach *reach)
{
	const SdOrder *order = reach->order;

	while (reach->next < order->nnodes)
	{
		int32 place = reach->next++;
		int32 node = order->sequence == NULL ? place : order->sequence[place];
		bool is_event = node < order->n;
		int32 chain = is_event ? order->chain[node] : -1;
		uint32 vector = is_event ? reach->vectors[chain] : 0;

		if ((place & 0xFFF) == 0)
			CHECK_FOR_INTERRUPTS();
		for (int64 i = order->start[node]; i < order->start[node + 1]; i++)
			vector = join_before(reach, vector, order->before[i]);
		if (reach->needed[node] > 0)
		{
			reach->saved[node] = vector;
			if (vector != 0)
				node_of(reach, vector)->references++;
		}
		if (!is_event)
		{
			release(reach, vector);
			continue;
		}

		/* the vector of an event that is the last of its chain goes with it */
		if (reach->event >= 0 && reach->last[reach->chain] == reach->event)
		{
			release(reach, reach->vectors[reach->chain]);
			reach->vectors[reach->chain] = 0;
		}
		reach->vectors[chain] = vector;
		reach->event = node;
		reach->chain = chain;
		reach->vector = vector;

		return node;
	}

	return -1;
}

/* Add what a node that happens before knows, and the node itself. */
static uint32
join_before(SdReach *reach, uint32 vector, int32 node)
{
	const SdOrder *order = reach->order;
	int32 component =
		node < order->n ? reach->component[order->chain[node]] : -1;
	uint32 count = (uint32) sd_order_place(order, node) + 1;

	if (component < 0 || count_of(reach, vector, component) < count)
	{
		vector = join(reach, vector, reach->saved[node]);
		if (component >= 0 && count_of(reach, vector, component) < count)
			vector = set_count(reach, vector, component, count);
	}
	if (--reach->needed[node] == 0)
		release(reach, reach->saved[node]);

	return vector;
}

/*
 * sd_reach_knows
 *		Does an event that the walk was at happen before where it is now?
 */
bool
sd_reach_knows(const SdReach *reach, int32 event)
{
	const SdOrder *order = reach->order;
	int32 chain = order->chain[event];

	if (chain == reach->chain)
		return event != reach->event;

	return count_of(reach, reach->vector, reach->component[chain]) >
		   (uint32) sd_order_place(order, event);
}
