/*-------------------------------------------------------------------------
 *
 * sequence.c
 *	  Sequences of nodes in which each comes after all before it.
 *
 * If every edge leads to what is later, it is the order of time.  Else it is as
 * near to that as edges allow.
 *
 * If there is none, sd_sequence_drop() finds the strongly connected components
 * and puts the edges inside them in, kind by kind: all of a kind at once, and
 * if that makes a cycle, one by one.  Nodes stand in a list then, with labels
 * that tell which one is first.  For an edge that leads backwards, what follows
 * its end and what precedes its start are searched in turns, between the two
 * only.  If they meet, the edge would close a cycle.  If one of them has no
 *more to search, its nodes are moved to the other side.
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "miscadmin.h"
#include "utils/memutils.h"

#include "graph.h"
#include "trace/sequence.h"

/* an edge inside of a component; nodes are numbered anew */
typedef struct InnerEdge
{
	int32 from;
	int32 to;
	int64 edge; /* -1: from the one before in its thread */
	uint8 kind;
	bool is_dropped;
} InnerEdge;

/* a list of nodes, and the edges that it keeps to */
typedef struct List
{
	int32 n;
	int64 *label;
	int32 *next; /* the last but one is the head, the last the tail */
	int32 *prev;
	const InnerEdge *edges;
	int32 *first_out; /* edges of a node */
	int32 *first_in;
	int32 *next_out; /* of an edge: the next one of the node */
	int32 *next_in;
	int32 *ahead; /* stamp: is it among what follows? */
	int32 *behind;
	int32 stamp;
	int32 *found_ahead;
	int32 *found_behind;
} List;

#define LABEL_MAX (PG_INT64_MAX / 4)
#define LABEL_STEP (1 << 20)

static void *allocate(Size size);
static bool is_forward(const SdOrder *order, const SdOrderEdge *edges,
					   int64 nedges);
static int64 time_of(const SdOrder *order, int32 node);
static void make_merged(SdOrder *order);
static void make_place(SdOrder *order);
static SdGraph *make_graph(const SdOrder *order, const SdOrderEdge *edges,
						   int64 nedges);
static bool sort_nodes(const SdGraph *graph, const int64 *times,
					   int32 *sequence);
static void heap_push(uint64 *heap, int32 *n, uint64 value);
static uint64 heap_pop(uint64 *heap, int32 *n);
static int compare_inner(const void *a, const void *b);
static void insert_kinds(SdOrder *order, InnerEdge *inner, int64 ninner,
						 int32 n);
static SdGraph *make_inner_graph(const InnerEdge *inner, int64 count, int32 n);
static List *make_list(const InnerEdge *inner, int64 ninner, int32 n);
static void free_list(List *list);
static void set_labels(List *list, const int32 *sequence);
static void relabel(List *list);
static bool insert_edge(List *list, int64 edge);
static bool search(List *list, int32 from, int32 to, int32 *nahead,
				   int32 *nbehind);
static void move_after(List *list, int32 node, int32 after);
static int compare_labels(const void *a, const void *b, void *arg);

/*
 * sd_sequence_find
 *		Set order->sequence and order->place; false if there is a cycle.
 */
bool
sd_sequence_find(SdOrder *order, const SdOrderEdge *edges, int64 nedges)
{
	SdGraph *graph;
	int64 *times;
	bool result;

	order->sequence = order->place = NULL;
	if (is_forward(order, edges, nedges))
	{
		if (order->nnodes > order->n)
		{
			make_merged(order);
			make_place(order);
		}
		return true;
	}

	graph = make_graph(order, edges, nedges);
	times = allocate(sizeof(int64) * order->nnodes);
	for (int32 i = 0; i < order->nnodes; i++)
		times[i] = time_of(order, i);
	order->sequence = allocate(sizeof(int32) * order->nnodes);
	result = sort_nodes(graph, times, order->sequence);
	sd_graph_free(graph);
	pfree(times);
	if (result)
		make_place(order);
	else
	{
		pfree(order->sequence);
		order->sequence = NULL;
	}

	return result;
}

static void *
allocate(Size size)
{
	return palloc_extended(Max(size, 1), MCXT_ALLOC_HUGE);
}

static bool
is_forward(const SdOrder *order, const SdOrderEdge *edges, int64 nedges)
{
	for (int64 i = 0; i < nedges; i++)
		if (time_of(order, edges[i].from) >= time_of(order, edges[i].to))
			return false;
	for (int32 i = 0; i < order->n; i++)
		if (order->previous[i] > i)
			return false;

	return true;
}

/* A hub stands right before an event. */
static int64
time_of(const SdOrder *order, int32 node)
{
	return node < order->n ? (int64) node * 2 + 1
						   : (int64) order->hubs[node - order->n] * 2;
}

/* The order of time, with the hubs, which are in it too. */
static void
make_merged(SdOrder *order)
{
	int32 n = 0;
	int32 hub = order->n;

	order->sequence = allocate(sizeof(int32) * order->nnodes);
	for (int32 i = 0; i < order->n; i++)
	{
		while (hub < order->nnodes && order->hubs[hub - order->n] == i)
			order->sequence[n++] = hub++;
		order->sequence[n++] = i;
	}
}

static void
make_place(SdOrder *order)
{
	order->place = allocate(sizeof(int32) * order->nnodes);
	for (int32 i = 0; i < order->nnodes; i++)
		order->place[order->sequence[i]] = i;
}

static SdGraph *
make_graph(const SdOrder *order, const SdOrderEdge *edges, int64 nedges)
{
	SdGraph *graph = sd_graph_begin(order->nnodes);

	for (int64 i = 0; i < nedges; i++)
		sd_graph_count(graph, edges[i].from);
	for (int32 i = 0; i < order->n; i++)
		if (order->previous[i] >= 0)
			sd_graph_count(graph, order->previous[i]);
	sd_graph_counted(graph);
	for (int64 i = 0; i < nedges; i++)
		sd_graph_add(graph, edges[i].from, edges[i].to);
	for (int32 i = 0; i < order->n; i++)
		if (order->previous[i] >= 0)
			sd_graph_add(graph, order->previous[i], i);

	return graph;
}

/*
 * Put the nodes of a graph into a sequence, the earliest first of those that
 * can be next; false if there is a cycle.
 */
static bool
sort_nodes(const SdGraph *graph, const int64 *times, int32 *sequence)
{
	int32 *degree = palloc_extended(sizeof(int32) * ((Size) graph->n + 1),
									MCXT_ALLOC_HUGE | MCXT_ALLOC_ZERO);
	uint64 *heap = allocate(sizeof(uint64) * graph->n);
	int32 nheap = 0;
	int32 n = 0;

	/* two nodes may be of one time, though not two events */
	Assert(graph->n < PG_INT32_MAX / 2);
	for (int64 i = 0; i < graph->start[graph->n]; i++)
		degree[graph->target[i]]++;
	for (int32 i = 0; i < graph->n; i++)
		if (degree[i] == 0)
			heap_push(heap, &nheap,
					  ((uint64) (times == NULL ? i : times[i]) << 32) | i);
	while (nheap > 0)
	{
		int32 node = (int32) (heap_pop(heap, &nheap) & PG_UINT32_MAX);

		if ((n & 0xFFFF) == 0)
			CHECK_FOR_INTERRUPTS();
		sequence[n++] = node;
		for (int64 i = graph->start[node]; i < graph->start[node + 1]; i++)
		{
			int32 target = graph->target[i];

			if (--degree[target] == 0)
				heap_push(
					heap, &nheap,
					((uint64) (times == NULL ? target : times[target]) << 32) |
						target);
		}
	}
	pfree(degree);
	pfree(heap);

	return n == graph->n;
}

static void
heap_push(uint64 *heap, int32 *n, uint64 value)
{
	int32 i = (*n)++;

	while (i > 0 && heap[(i - 1) / 2] > value)
	{
		heap[i] = heap[(i - 1) / 2];
		i = (i - 1) / 2;
	}
	heap[i] = value;
}

static uint64
heap_pop(uint64 *heap, int32 *n)
{
	uint64 result = heap[0];
	uint64 value = heap[--(*n)];
	int64 i = 0;

	for (;;)
	{
		int64 child = i * 2 + 1;

		if (child >= *n)
			break;
		if (child + 1 < *n && heap[child + 1] < heap[child])
			child++;
		if (heap[child] >= value)
			break;
		heap[i] = heap[child];
		i = child;
	}
	heap[i] = value;

	return result;
}

/*
 * sd_sequence_drop
 *		Mark edges so that the others make no cycle; there are no hubs.
 *
 * dropped_previous is about the edges from order->previous.
 */
void
sd_sequence_drop(SdOrder *order, const SdOrderEdge *edges, const uint8 *kinds,
				 int64 nedges, bool *dropped, bool *dropped_previous)
{
	SdGraph *graph = make_graph(order, edges, nedges);
	int32 n = order->n;
	int32 *component = allocate(sizeof(int32) * n);
	int32 *size = palloc_extended(sizeof(int32) * ((Size) n + 1),
								  MCXT_ALLOC_HUGE | MCXT_ALLOC_ZERO);
	int32 *number = allocate(sizeof(int32) * n); /* of inner nodes */
	int32 nnumbers = 0;
	int64 ninner = 0;
	int32 *nodes;
	InnerEdge *inner;

	Assert(order->nnodes == n);
	memset(dropped, 0, sizeof(bool) * nedges);
	memset(dropped_previous, 0, sizeof(bool) * n);
	(void) sd_graph_components(graph, component);
	sd_graph_free(graph);

	for (int32 i = 0; i < n; i++)
		size[component[i]]++;
	nodes = allocate(sizeof(int32) * n);
	for (int32 i = 0; i < n; i++)
	{
		number[i] = -1;
		if (size[component[i]] > 1)
		{
			nodes[nnumbers] = i;
			number[i] = nnumbers++;
		}
	}
	pfree(size);

	for (int64 i = 0; i < nedges; i++)
		ninner += component[edges[i].from] == component[edges[i].to];
	for (int32 i = 0; i < n; i++)
		ninner += order->previous[i] >= 0 &&
				  component[order->previous[i]] == component[i];
	inner = allocate(sizeof(InnerEdge) * ninner);
	ninner = 0;
	for (int64 i = 0; i < nedges; i++)
		if (component[edges[i].from] == component[edges[i].to])
			inner[ninner++] = (InnerEdge){
				number[edges[i].from], number[edges[i].to], i, kinds[i], false};
	for (int32 i = 0; i < n; i++)
		if (order->previous[i] >= 0 &&
			component[order->previous[i]] == component[i])
			inner[ninner++] = (InnerEdge){number[order->previous[i]], number[i],
										  -1, SD_ORDER_PROGRAM, false};
	pfree(component);
	pfree(number);
	CHECK_FOR_INTERRUPTS();
	qsort(inner, ninner, sizeof(InnerEdge), compare_inner);

	insert_kinds(order, inner, ninner, nnumbers);
	for (int64 i = 0; i < ninner; i++)
		if (inner[i].is_dropped)
		{
			/* the same edge for two reasons of one kind is one */
			bool is_new = i == 0 || inner[i - 1].kind != inner[i].kind ||
						  inner[i - 1].from != inner[i].from ||
						  inner[i - 1].to != inner[i].to;

			if (order->ndropped == 0)
			{
				order->first_dropped.from = nodes[inner[i].from];
				order->first_dropped.to = nodes[inner[i].to];
				order->first_dropped_kind = inner[i].kind;
			}
			order->ndropped += is_new;
			if (inner[i].kind == SD_ORDER_HARD)
				order->ndropped_hard += is_new;
			if (inner[i].edge < 0)
				dropped_previous[nodes[inner[i].to]] = true;
			else
				dropped[inner[i].edge] = true;
		}
	pfree(inner);
	pfree(nodes);
}

static int
compare_inner(const void *a, const void *b)
{
	const InnerEdge *left = a;
	const InnerEdge *right = b;

	if (left->kind != right->kind)
		return left->kind < right->kind ? -1 : 1;
	if (left->from != right->from)
		return left->from < right->from ? -1 : 1;
	if (left->to != right->to)
		return left->to < right->to ? -1 : 1;

	return left->edge < right->edge ? -1 : left->edge > right->edge;
}

/* Put edges in, which are sorted, and mark those that would close a cycle. */
static void
insert_kinds(SdOrder *order, InnerEdge *inner, int64 ninner, int32 n)
{
	int32 *sequence = allocate(sizeof(int32) * n);
	List *list = NULL;
	int64 i = 0;

	for (int32 j = 0; j < n; j++)
		sequence[j] = j;
	while (i < ninner)
	{
		int32 *next_sequence = allocate(sizeof(int32) * n);
		int64 end = i;
		SdGraph *graph;
		bool is_sorted;

		while (end < ninner && inner[end].kind == inner[i].kind)
			end++;
		graph = make_inner_graph(inner, end, n);
		is_sorted = sort_nodes(graph, NULL, next_sequence);
		sd_graph_free(graph);

		if (is_sorted)
		{
			if (list != NULL)
				for (int64 j = i; j < end; j++)
				{
					list->next_out[j] = list->first_out[inner[j].from];
					list->first_out[inner[j].from] = j;
					list->next_in[j] = list->first_in[inner[j].to];
					list->first_in[inner[j].to] = j;
				}
			pfree(sequence);
			sequence = next_sequence;
			if (list != NULL)
				set_labels(list, sequence);
		}
		else
		{
			pfree(next_sequence);
			if (list == NULL)
			{
				list = make_list(inner, ninner, n);
				set_labels(list, sequence);
				for (int64 j = 0; j < i; j++)
					(void) insert_edge(list, j);
			}
			for (int64 j = i; j < end; j++)
				inner[j].is_dropped = !insert_edge(list, j);
		}
		i = end;
	}
	if (list != NULL)
		free_list(list);
	pfree(sequence);
}

/* The graph of the first so many edges that are not dropped. */
static SdGraph *
make_inner_graph(const InnerEdge *inner, int64 count, int32 n)
{
	SdGraph *graph = sd_graph_begin(n);

	for (int64 i = 0; i < count; i++)
		if (!inner[i].is_dropped)
			sd_graph_count(graph, inner[i].from);
	sd_graph_counted(graph);
	for (int64 i = 0; i < count; i++)
		if (!inner[i].is_dropped)
			sd_graph_add(graph, inner[i].from, inner[i].to);

	return graph;
}

static List *
make_list(const InnerEdge *inner, int64 ninner, int32 n)
{
	List *list = palloc0(sizeof(List));

	if (ninner > PG_INT32_MAX)
		ereport(ERROR, errcode(ERRCODE_PROGRAM_LIMIT_EXCEEDED),
				errmsg("too many edges of the trace contradict each other"));
	list->n = n;
	list->edges = inner;
	list->label = allocate(sizeof(int64) * ((Size) n + 2));
	list->next = allocate(sizeof(int32) * ((Size) n + 2));
	list->prev = allocate(sizeof(int32) * ((Size) n + 2));
	list->first_out = allocate(sizeof(int32) * n);
	list->first_in = allocate(sizeof(int32) * n);
	list->next_out = allocate(sizeof(int32) * ninner);
	list->next_in = allocate(sizeof(int32) * ninner);
	list->ahead = allocate(sizeof(int32) * n);
	list->behind = allocate(sizeof(int32) * n);
	list->found_ahead = allocate(sizeof(int32) * n);
	list->found_behind = allocate(sizeof(int32) * n);
	for (int32 i = 0; i < n; i++)
	{
		list->first_out[i] = list->first_in[i] = -1;
		list->ahead[i] = list->behind[i] = 0;
	}

	return list;
}

static void
free_list(List *list)
{
	pfree(list->label);
	pfree(list->next);
	pfree(list->prev);
	pfree(list->first_out);
	pfree(list->first_in);
	pfree(list->next_out);
	pfree(list->next_in);
	pfree(list->ahead);
	pfree(list->behind);
	pfree(list->found_ahead);
	pfree(list->found_behind);
	pfree(list);
}

/* Put the nodes into the list. */
static void
set_labels(List *list, const int32 *sequence)
{
	int32 last = list->n; /* the head */

	for (int32 i = 0; i < list->n; i++)
	{
		list->next[last] = sequence[i];
		list->prev[sequence[i]] = last;
		last = sequence[i];
	}
	list->next[last] = list->n + 1;
	list->prev[list->n + 1] = last;
	relabel(list);
}

static void
relabel(List *list)
{
	int64 step = LABEL_MAX / ((int64) list->n + 2);
	int64 label = step;

	CHECK_FOR_INTERRUPTS();
	list->label[list->n] = 0;
	for (int32 node = list->next[list->n]; node != list->n + 1;
		 node = list->next[node])
	{
		list->label[node] = label;
		label += step;
	}
	list->label[list->n + 1] = LABEL_MAX;
}

/* Put an edge in; false if it would close a cycle. */
static bool
insert_edge(List *list, int64 edge)
{
	int32 from = list->edges[edge].from;
	int32 to = list->edges[edge].to;

	if (list->label[from] > list->label[to])
	{
		int32 nahead;
		int32 nbehind;

		if (!search(list, from, to, &nahead, &nbehind))
			return false;
		if (nahead >= 0)
		{
			int32 after = from;

			qsort_arg(list->found_ahead, nahead, sizeof(int32), compare_labels,
					  list->label);
			for (int32 i = 0; i < nahead; i++)
			{
				move_after(list, list->found_ahead[i], after);
				after = list->found_ahead[i];
			}
		}
		else
		{
			qsort_arg(list->found_behind, nbehind, sizeof(int32),
					  compare_labels, list->label);
			for (int32 i = 0; i < nbehind; i++)
				move_after(list, list->found_behind[i], list->prev[to]);
		}
	}

	list->next_out[edge] = list->first_out[from];
	list->first_out[from] = edge;
	list->next_in[edge] = list->first_in[to];
	list->first_in[to] = edge;

	return true;
}

/*
 * Search what follows to and what precedes from, which is later in the list;
 * false if they meet.  The one that is complete has a number of nodes, the
 * other has -1.
 */
static bool
search(List *list, int32 from, int32 to, int32 *nahead, int32 *nbehind)
{
	int32 stamp = ++list->stamp;
	int32 iahead = 0;
	int32 ibehind = 0;
	int32 out = list->first_out[to];
	int32 in = list->first_in[from];

	*nahead = *nbehind = 1;
	list->found_ahead[0] = to;
	list->ahead[to] = stamp;
	list->found_behind[0] = from;
	list->behind[from] = stamp;
	for (int64 steps = 0;; steps++)
	{
		if ((steps & 0xFFFF) == 0xFFFF)
			CHECK_FOR_INTERRUPTS();

		while (out < 0 && ++iahead < *nahead)
			out = list->first_out[list->found_ahead[iahead]];
		if (out < 0)
		{
			*nbehind = -1;
			return true;
		}
		else
		{
			int32 node = list->edges[out].to;

			out = list->next_out[out];
			if (list->behind[node] == stamp)
				return false;
			if (list->label[node] < list->label[from] &&
				list->ahead[node] != stamp)
			{
				list->ahead[node] = stamp;
				list->found_ahead[(*nahead)++] = node;
			}
		}

		while (in < 0 && ++ibehind < *nbehind)
			in = list->first_in[list->found_behind[ibehind]];
		if (in < 0)
		{
			*nahead = -1;
			return true;
		}
		else
		{
			int32 node = list->edges[in].from;

			in = list->next_in[in];
			if (list->ahead[node] == stamp)
				return false;
			if (list->label[node] > list->label[to] &&
				list->behind[node] != stamp)
			{
				list->behind[node] = stamp;
				list->found_behind[(*nbehind)++] = node;
			}
		}
	}
}

static void
move_after(List *list, int32 node, int32 after)
{
	int64 gap;

	list->next[list->prev[node]] = list->next[node];
	list->prev[list->next[node]] = list->prev[node];

	list->prev[node] = after;
	list->next[node] = list->next[after];
	list->prev[list->next[after]] = node;
	list->next[after] = node;

	gap = list->label[list->next[node]] - list->label[after];
	if (gap < 2)
		relabel(list);
	else
		list->label[node] = list->label[after] + Min(gap / 2, LABEL_STEP);
}

static int
compare_labels(const void *a, const void *b, void *arg)
{
	const int64 *label = arg;
	int64 left = label[*(const int32 *) a];
	int64 right = label[*(const int32 *) b];

	return left < right ? -1 : left > right;
}
