/*-------------------------------------------------------------------------
 *
 * link_graph.c
 *	  All links of a trace at once.
 *
 * In time that is linear in their number it is found out that there is no
 * circle, or what is left of the links when all that come before any circle, or
 * after all of them, are taken away.  Only there are links looked at one by
 *one.
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "common/hashfn.h"
#include "miscadmin.h"
#include "utils/memutils.h"

#include "trace/link_graph.h"

#define NO_EVENT (-1)

struct SdLinkGraph
{
	/* events by number, and a table of their numbers by id */
	pg_uuid_t *ids;
	int n;
	int size;
	int *slots;
	uint32 mask;
	bool *is_known; /* is an event in the table? */
	bool *is_other; /* of another trace, it does not count */
	/* links */
	int *from;
	int *to;
	int nlinks;
	int links_size;
	/* once all are there: links by one of their ends */
	int *first; /* of an event; one more than there are events */
	int *links;
	bool *is_left; /* may an event be part of a circle? */
	bool *is_cut;  /* of a link */
	int *mark;	   /* the last search that has come to an event */
	int searches;
	int *stack;
};

static int number_of(SdLinkGraph *graph, const pg_uuid_t *id, bool add);
static void grow_slots(SdLinkGraph *graph);
static int peel(SdLinkGraph *graph, const int *near, const int *far);
static bool finds(SdLinkGraph *graph, int from, int to);

SdLinkGraph *
sd_link_graph_begin(void)
{
	SdLinkGraph *graph = palloc0(sizeof(SdLinkGraph));

	graph->size = 1024;
	graph->ids = palloc(graph->size * sizeof(pg_uuid_t));
	graph->is_known = palloc(graph->size * sizeof(bool));
	graph->is_other = palloc(graph->size * sizeof(bool));
	graph->links_size = 1024;
	graph->from = palloc(graph->links_size * sizeof(int));
	graph->to = palloc(graph->links_size * sizeof(int));
	grow_slots(graph);

	return graph;
}

void
sd_link_graph_add(SdLinkGraph *graph, const pg_uuid_t *from,
				  const pg_uuid_t *to)
{
	if (graph->nlinks == graph->links_size)
	{
		graph->links_size *= 2;
		graph->from =
			repalloc_huge(graph->from, (Size) graph->links_size * sizeof(int));
		graph->to =
			repalloc_huge(graph->to, (Size) graph->links_size * sizeof(int));
	}
	graph->from[graph->nlinks] = number_of(graph, from, true);
	graph->to[graph->nlinks++] = number_of(graph, to, true);
}

/* The number of an event; a new one, or NO_EVENT, if it has none. */
static int
number_of(SdLinkGraph *graph, const pg_uuid_t *id, bool add)
{
	uint32 slot = hash_bytes(id->data, UUID_LEN) & graph->mask;

	while (graph->slots[slot] != NO_EVENT)
	{
		int number = graph->slots[slot];

		if (memcmp(&graph->ids[number], id, UUID_LEN) == 0)
			return number;
		slot = (slot + 1) & graph->mask;
	}
	if (!add)
		return NO_EVENT;

	if (graph->n == graph->size)
	{
		graph->size *= 2;
		graph->ids =
			repalloc_huge(graph->ids, (Size) graph->size * sizeof(pg_uuid_t));
		graph->is_known = repalloc_huge(graph->is_known, graph->size);
		graph->is_other = repalloc_huge(graph->is_other, graph->size);
		grow_slots(graph);
		slot = hash_bytes(id->data, UUID_LEN) & graph->mask;
		while (graph->slots[slot] != NO_EVENT)
			slot = (slot + 1) & graph->mask;
	}
	graph->ids[graph->n] = *id;
	graph->is_known[graph->n] = false;
	graph->is_other[graph->n] = false;
	graph->slots[slot] = graph->n;

	return graph->n++;
}

/* Twice as many as there may be events. */
static void
grow_slots(SdLinkGraph *graph)
{
	Size n = (Size) graph->size * 2;

	if (graph->slots != NULL)
		pfree(graph->slots);
	graph->slots =
		MemoryContextAllocHuge(CurrentMemoryContext, n * sizeof(int));
	graph->mask = n - 1;
	for (Size i = 0; i < n; i++)
		graph->slots[i] = NO_EVENT;
	for (int i = 0; i < graph->n; i++)
	{
		uint32 slot = hash_bytes(graph->ids[i].data, UUID_LEN) & graph->mask;

		while (graph->slots[slot] != NO_EVENT)
			slot = (slot + 1) & graph->mask;
		graph->slots[slot] = i;
	}
}

/*
 * sd_link_graph_know
 *		An event is there.
 */
void
sd_link_graph_know(SdLinkGraph *graph, const pg_uuid_t *id)
{
	/* which may move the array */
	int number = number_of(graph, id, true);

	graph->is_known[number] = true;
}

/*
 * sd_link_graph_forget
 *		Ask about the events that are not there, and leave out those that are
 *		others.
 */
void
sd_link_graph_forget(SdLinkGraph *graph,
					 bool (*is_other)(const pg_uuid_t *id, void *arg),
					 void *arg)
{
	for (int i = 0; i < graph->n; i++)
		if (!graph->is_known[i])
			graph->is_other[i] = is_other(&graph->ids[i], arg);
}

/*
 * sd_link_graph_close
 *		All links are there: might there be a circle?
 */
bool
sd_link_graph_close(SdLinkGraph *graph)
{
	Size events = (Size) graph->n;
	Size links = (Size) graph->nlinks;
	int left;

	graph->stack =
		palloc_extended(Max(events, 1) * sizeof(int), MCXT_ALLOC_HUGE);
	graph->is_left = palloc_extended(Max(events, 1), MCXT_ALLOC_HUGE);
	for (Size i = 0; i < events; i++)
		graph->is_left[i] = !graph->is_other[i];
	graph->first = palloc_extended((events + 1) * sizeof(int), MCXT_ALLOC_HUGE);
	graph->links =
		palloc_extended(Max(links, 1) * sizeof(int), MCXT_ALLOC_HUGE);
	left = peel(graph, graph->to, graph->from);
	if (left > 0)
		left = peel(graph, graph->from, graph->to);
	if (left == 0)
		return false;

	/* the second time links were sorted by where they lead to */
	graph->is_cut = palloc0(Max(links, 1) * sizeof(bool));
	graph->mark = palloc0(Max(events, 1) * sizeof(int));

	return true;
}

/*
 * Take away, again and again, the events that are left to which no link leads
 * from one that is left; near has the ends of links where they lead to, far the
 * others.  How many are left.  Then links are sorted by far.
 */
static int
peel(SdLinkGraph *graph, const int *near, const int *far)
{
	int *open = palloc_extended(Max(graph->n, 1) * sizeof(int),
								MCXT_ALLOC_HUGE | MCXT_ALLOC_ZERO);
	int left = 0;
	int n = 0;

	/* links by far, to go along them */
	memset(graph->first, 0, ((Size) graph->n + 1) * sizeof(int));
	for (int i = 0; i < graph->nlinks; i++)
		graph->first[far[i] + 1]++;
	for (int i = 0; i < graph->n; i++)
		graph->first[i + 1] += graph->first[i];
	for (int i = graph->nlinks - 1; i >= 0; i--)
		graph->links[--graph->first[far[i] + 1]] = i;
	/* now first[event + 1] is where those of the event begin */
	memmove(graph->first, graph->first + 1, (Size) graph->n * sizeof(int));
	graph->first[graph->n] = graph->nlinks;

	for (int i = 0; i < graph->nlinks; i++)
		if (graph->is_left[near[i]] && graph->is_left[far[i]])
			open[near[i]]++;
	for (int i = 0; i < graph->n; i++)
	{
		if (!graph->is_left[i])
			continue;
		left++;
		if (open[i] == 0)
			graph->stack[n++] = i;
	}
	while (n > 0)
	{
		int event = graph->stack[--n];

		CHECK_FOR_INTERRUPTS();
		graph->is_left[event] = false;
		left--;
		for (int i = graph->first[event]; i < graph->first[event + 1]; i++)
		{
			int next = near[graph->links[i]];

			if (graph->is_left[next] && --open[next] == 0)
				graph->stack[n++] = next;
		}
	}
	pfree(open);

	return left;
}

/*
 * sd_link_graph_cut
 *		If a link closes a circle take it away, and return true.
 */
bool
sd_link_graph_cut(SdLinkGraph *graph, const pg_uuid_t *from,
				  const pg_uuid_t *to)
{
	int a = number_of(graph, from, false);
	int b = number_of(graph, to, false);

	if (a == NO_EVENT || b == NO_EVENT || !graph->is_left[a] ||
		!graph->is_left[b] || !finds(graph, b, a))
		return false;
	for (int i = graph->first[b]; i < graph->first[b + 1]; i++)
		if (graph->from[graph->links[i]] == a &&
			!graph->is_cut[graph->links[i]])
		{
			graph->is_cut[graph->links[i]] = true;
			break;
		}

	return true;
}

/* Is there a path between two events?  Backwards: links are sorted by to. */
static bool
finds(SdLinkGraph *graph, int from, int to)
{
	int n = 0;

	graph->searches++;
	graph->stack[n++] = to;
	graph->mark[to] = graph->searches;
	while (n > 0)
	{
		int event = graph->stack[--n];

		CHECK_FOR_INTERRUPTS();
		if (event == from)
			return true;
		for (int i = graph->first[event]; i < graph->first[event + 1]; i++)
		{
			int link = graph->links[i];
			int next = graph->from[link];

			if (graph->is_cut[link] || !graph->is_left[next] ||
				graph->mark[next] == graph->searches)
				continue;
			graph->mark[next] = graph->searches;
			graph->stack[n++] = next;
		}
	}

	return false;
}
