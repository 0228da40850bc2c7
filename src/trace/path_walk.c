/*-------------------------------------------------------------------------
 *
 * path_walk.c
 *	  The critical path through events that have a start, an end and
 *	  predecessors.
 *
 * sd_path_walk() goes backwards in time, from the last end to the first start.
 * In an event it goes to the child that finished last, from the start of that
 * child back into the event, and so on: an event waits for its children.  A
 * child is an event that starts while a predecessor of it runs, its *host*.
 * What starts when its predecessor is over already (a point is over at once)
 * is a child of the nearest host of that predecessor which still runs.  Without
 * such a host the walk goes on at the predecessor that finished last, and the
 * time between is idle; without predecessors, at whatever ran then.
 *
 * A caller is one more predecessor, by the number of its span; it counts in
 * sd_path_walk() only.  As it starts before the event it can close no cycle.
 *
 * So what is noted always adds up to the time from the first start to the last
 * end.  Each child of a host is looked at once, as time only goes back, and
 * each event is left by its start once: the work is O(n log n).
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "common/int.h"
#include "miscadmin.h"
#include "utils/memutils.h"

#include "trace/path_walk.h"

#define NONE (-1)

/* a child in the list of a host, which ends at NONE */
typedef struct Child
{
	int event;
	int next;  /* that was not passed by yet when it was last looked at */
	int64 end; /* or that of the host if that is earlier */
} Child;

typedef struct Walk
{
	SdPathGraph *graph;
	int *rank;	/* place in the order of predecessors and time */
	int *host;	/* the innermost of an event, or NONE */
	int *first; /* of each event's children, or NONE */
	Child *children;
	int nchildren;
	int *longest;	/* of events 0 to i: the one that ends last */
	bool *is_done;	/* left by its start */
	int *came_from; /* the host from which it was entered, or NONE */
	bool *has_slack;
	int64 *slack;
	SdPath *path;
} Walk;

/* where the walk goes, and what else there was */
typedef struct Choice
{
	int event; /* or NONE */
	int64 end;
	bool is_child;
	int rival; /* or NONE */
	int64 rival_end;
} Choice;

/* while children are found: pairs of a host and a child */
typedef struct Pair
{
	int host;
	int child;
} Pair;

static void find_ranks(Walk *walk);
static void rank_by_heap(Walk *walk);
static void drop_backward_edges(Walk *walk);
static void heap_push(int *heap, int *size, int event);
static int heap_pop(int *heap, int *size);
static int *by_start_and_rank(Walk *walk);
static int compare_ranks(const void *a, const void *b, void *arg);
static Pair *find_hosts(Walk *walk);
static int predecessor(const SdPathGraph *graph, int event, int p);
static int running_host(const SdPathGraph *graph, int *skip, int event,
						int64 at);
static void list_children(Walk *walk, Pair *pairs);
static int compare_children(const void *a, const void *b, void *arg);
static void find_longest(Walk *walk);
static int jump(Walk *walk, int64 before, bool first);
static void walk_back(Walk *walk);
static void consider(Choice *choice, int event, int64 end, bool wins);
static void consider_children(Walk *walk, int event, int64 at, bool is_cut,
							  int64 low, Choice *choice);
static void consider_predecessors(Walk *walk, int event, int64 at, int inside,
								  int64 low, Choice *choice);
static void enter(Walk *walk, const Choice *choice, int from);
static void note(Walk *walk, int event, int64 enter, int64 leave);
static void add_segment(SdPath *path, int event, int64 enter, int64 leave);
static void reverse(SdPath *path);
static void *allocate(Size number, Size size);

/*
 * sd_path_walk
 *		The path that decided when the last of all events ended.
 */
SdPath *
sd_path_walk(SdPathGraph *graph)
{
	Walk walk = {.graph = graph};

	walk.path = palloc0(sizeof(SdPath));
	if (graph->n == 0)
		return walk.path;

	find_ranks(&walk);
	list_children(&walk, find_hosts(&walk));
	find_longest(&walk);
	walk_back(&walk);
	reverse(walk.path);

	return walk.path;
}

/*
 * sd_path_longest
 *		The path with the largest sum of durations, and the most events of
 *		those; what starts first among equals.
 */
SdPath *
sd_path_longest(SdPathGraph *graph)
{
	Walk walk = {.graph = graph};
	int *order = allocate(graph->n, sizeof(int));
	int *before = allocate(graph->n, sizeof(int));
	int *count = allocate(graph->n, sizeof(int));
	int64 *sum = allocate(graph->n, sizeof(int64));
	int last = NONE;

	walk.path = palloc0(sizeof(SdPath));
	find_ranks(&walk);
	for (int i = 0; i < graph->n; i++)
		order[walk.rank[i]] = i;

	for (int k = 0; k < graph->n; k++)
	{
		int i = order[k];
		int best = NONE;

		CHECK_FOR_INTERRUPTS();
		for (int p = graph->pred_start[i]; p < graph->pred_start[i + 1]; p++)
		{
			int pred = graph->preds[p];

			if (best == NONE || sum[pred] > sum[best] ||
				(sum[pred] == sum[best] &&
				 (count[pred] > count[best] ||
				  (count[pred] == count[best] && pred < best))))
				best = pred;
		}
		before[i] = best;
		count[i] = best == NONE ? 1 : count[best] + 1;
		if (pg_add_s64_overflow(best == NONE ? 0 : sum[best],
								graph->end[i] - graph->start[i], &sum[i]))
			ereport(ERROR, errcode(ERRCODE_NUMERIC_VALUE_OUT_OF_RANGE),
					errmsg("sum of durations is out of range"));
	}

	for (int i = 0; i < graph->n; i++)
		if (last == NONE || sum[i] > sum[last] ||
			(sum[i] == sum[last] && count[i] > count[last]))
			last = i;
	for (; last != NONE; last = before[last])
		add_segment(walk.path, last, graph->start[last], graph->end[last]);
	reverse(walk.path);

	return walk.path;
}

/* ---- order ---- */

/*
 * The first order, by number, in which no event is before a predecessor.  That
 * is the order of the events themselves unless a predecessor is later.
 */
static void
find_ranks(Walk *walk)
{
	const SdPathGraph *graph = walk->graph;

	walk->rank = allocate(graph->n, sizeof(int));
	for (int i = 0; i < graph->n; i++)
	{
		for (int p = graph->pred_start[i]; p < graph->pred_start[i + 1]; p++)
			if (graph->preds[p] > i)
			{
				rank_by_heap(walk);
				return;
			}
		walk->rank[i] = i;
	}
}

static void
rank_by_heap(Walk *walk)
{
	const SdPathGraph *graph = walk->graph;
	int nedges = graph->pred_start[graph->n];
	int *succ_start = allocate(graph->n + 1, sizeof(int));
	int *succs = allocate(nedges, sizeof(int));
	int *waits_for = allocate(graph->n, sizeof(int));
	int *heap = allocate(graph->n, sizeof(int));
	int size = 0;
	int rank = 0;
	int oldest = 0;
	bool has_cycle = false;

	memset(succ_start, 0, sizeof(int) * (graph->n + 1));
	for (int e = 0; e < nedges; e++)
		succ_start[graph->preds[e]]++;
	for (int i = 0, sum = 0; i <= graph->n; i++)
		succ_start[i] = (sum += succ_start[i]);
	for (int i = 0; i < graph->n; i++)
	{
		waits_for[i] = graph->pred_start[i + 1] - graph->pred_start[i];
		for (int p = graph->pred_start[i]; p < graph->pred_start[i + 1]; p++)
			succs[--succ_start[graph->preds[p]]] = i;
		if (waits_for[i] == 0)
			heap_push(heap, &size, i);
	}

	memset(walk->rank, -1, sizeof(int) * graph->n);
	while (rank < graph->n)
	{
		int i;

		CHECK_FOR_INTERRUPTS();
		if (size == 0)
		{
			/* a cycle, which only rows by other means than ours can make */
			while (walk->rank[oldest] != NONE)
				oldest++;
			waits_for[oldest] = 0;
			heap_push(heap, &size, oldest);
			has_cycle = true;
		}
		i = heap_pop(heap, &size);
		walk->rank[i] = rank++;
		for (int s = succ_start[i]; s < succ_start[i + 1]; s++)
			if (--waits_for[succs[s]] == 0)
				heap_push(heap, &size, succs[s]);
	}
	if (has_cycle)
		drop_backward_edges(walk);
	pfree(heap);
	pfree(waits_for);
	pfree(succs);
	pfree(succ_start);
}

/* What is ranked before its predecessor does not wait for it. */
static void
drop_backward_edges(Walk *walk)
{
	SdPathGraph *graph = walk->graph;
	int nedges = graph->pred_start[graph->n];
	int n = 0;

	for (int i = 0; i < graph->n; i++)
	{
		int from = graph->pred_start[i];

		graph->pred_start[i] = n;
		for (int p = from; p < graph->pred_start[i + 1]; p++)
			if (walk->rank[graph->preds[p]] < walk->rank[i])
				graph->preds[n++] = graph->preds[p];
	}
	graph->pred_start[graph->n] = n;
	ereport(WARNING, errmsg_plural("%d edge that closes a cycle is left out",
								   "%d edges that close a cycle are left out",
								   nedges - n, nedges - n));
}

/* The least is at the root of the heap. */
static void
heap_push(int *heap, int *size, int event)
{
	int at = (*size)++;

	while (at > 0 && heap[(at - 1) / 2] > event)
	{
		heap[at] = heap[(at - 1) / 2];
		at = (at - 1) / 2;
	}
	heap[at] = event;
}

static int
heap_pop(int *heap, int *size)
{
	int least = heap[0];
	int event = heap[--(*size)];
	int at = 0;

	for (;;)
	{
		int child = 2 * at + 1;

		if (child >= *size)
			break;
		if (child + 1 < *size && heap[child + 1] < heap[child])
			child++;
		if (heap[child] >= event)
			break;
		heap[at] = heap[child];
		at = child;
	}
	heap[at] = event;

	return least;
}

/* The events by their start; of those that start together by rank. */
static int *
by_start_and_rank(Walk *walk)
{
	const SdPathGraph *graph = walk->graph;
	int *order = allocate(graph->n, sizeof(int));
	int from = 0;

	for (int i = 0; i < graph->n; i++)
	{
		bool is_sorted = true;

		order[i] = i;
		for (; i + 1 < graph->n && graph->start[i + 1] == graph->start[from];
			 i++)
		{
			is_sorted = is_sorted && walk->rank[i] < walk->rank[i + 1];
			order[i + 1] = i + 1;
		}
		if (!is_sorted)
			qsort_arg(&order[from], i + 1 - from, sizeof(int), compare_ranks,
					  walk);
		from = i + 1;
	}

	return order;
}

static int
compare_ranks(const void *a, const void *b, void *arg)
{
	const Walk *walk = arg;
	int x = walk->rank[*(const int *) a];
	int y = walk->rank[*(const int *) b];

	return x < y ? -1 : x > y;
}

/* ---- hosts and children ---- */

/* Which events run around which. */
static Pair *
find_hosts(Walk *walk)
{
	const SdPathGraph *graph = walk->graph;
	Pair *pairs =
		allocate((Size) graph->pred_start[graph->n] + graph->n, sizeof(Pair));
	int *order = by_start_and_rank(walk);
	int *skip = allocate(graph->n, sizeof(int));
	int *last_child = allocate(graph->n, sizeof(int));

	walk->host = allocate(graph->n, sizeof(int));
	for (int i = 0; i < graph->n; i++)
		last_child[i] = NONE;

	for (int k = 0; k < graph->n; k++)
	{
		int i = order[k];
		int64 at = graph->start[i];
		int innermost = NONE;

		CHECK_FOR_INTERRUPTS();
		for (int p = graph->pred_start[i]; p <= graph->pred_start[i + 1]; p++)
		{
			int pred = predecessor(graph, i, p);
			int host = NONE;
			bool is_late;

			if (pred == NONE)
				continue;
			is_late = graph->start[pred] > at;
			if (is_late)
			{
				/* it runs around the rest of i, by another clock */
				if (graph->start[pred] < graph->end[pred] &&
					graph->end[i] > graph->start[pred])
					host = pred;
			}
			else if (graph->end[pred] > at)
				host = pred;
			else
				host = running_host(graph, skip, pred, at);

			if (host == NONE)
				continue;
			if (!is_late && (innermost == NONE ||
							 graph->start[host] > graph->start[innermost] ||
							 (graph->start[host] == graph->start[innermost] &&
							  walk->rank[host] > walk->rank[innermost])))
				innermost = host;
			if (last_child[host] != i)
			{
				last_child[host] = i;
				pairs[walk->nchildren].host = host;
				pairs[walk->nchildren].child = i;
				walk->nchildren++;
			}
		}
		walk->host[i] = skip[i] = innermost;
	}

	pfree(last_child);
	pfree(skip);
	pfree(order);

	return pairs;
}

/* The caller comes after the other predecessors; there may be none. */
static int
predecessor(const SdPathGraph *graph, int event, int p)
{
	return p < graph->pred_start[event + 1] ? graph->preds[p]
											: graph->caller[event];
}

/*
 * The nearest host around an event, or around that, that still runs.  What is
 * over stays over: time goes on from call to call, and it is skipped for good.
 */
static int
running_host(const SdPathGraph *graph, int *skip, int event, int64 at)
{
	int host = skip[event];

	while (host != NONE && graph->end[host] <= at)
		host = skip[host];
	while (event != host)
	{
		int next = skip[event];

		skip[event] = host;
		if (next == NONE || next == host)
			break;
		event = next;
	}

	return host;
}

/* The children of each event, the one that the walk comes to first first. */
static void
list_children(Walk *walk, Pair *pairs)
{
	const SdPathGraph *graph = walk->graph;
	int *place = allocate(graph->n + 1, sizeof(int));

	walk->first = allocate(graph->n, sizeof(int));
	walk->children = allocate(walk->nchildren, sizeof(Child));

	memset(place, 0, sizeof(int) * (graph->n + 1));
	for (int i = 0; i < walk->nchildren; i++)
		place[pairs[i].host + 1]++;
	for (int i = 0; i < graph->n; i++)
		place[i + 1] += place[i];
	memcpy(walk->first, place, sizeof(int) * graph->n);
	for (int i = 0; i < walk->nchildren; i++)
	{
		Child *child = &walk->children[walk->first[pairs[i].host]++];

		child->event = pairs[i].child;
		child->end = Min(graph->end[pairs[i].child], graph->end[pairs[i].host]);
		child->next = pairs[i].host; /* for now */
	}
	pfree(pairs);

	for (int i = 0; i < graph->n; i++)
	{
		int from = place[i];
		int to = place[i + 1];

		CHECK_FOR_INTERRUPTS();
		if (to - from > 1)
			qsort_arg(&walk->children[from], to - from, sizeof(Child),
					  compare_children, walk);
		for (int k = from; k < to; k++)
			walk->children[k].next = k + 1 < to ? k + 1 : NONE;
		walk->first[i] = from < to ? from : NONE;
	}
	pfree(place);
}

/* Children of one host: by their end, then those that take no time. */
static int
compare_children(const void *a, const void *b, void *arg)
{
	const Walk *walk = arg;
	const Child *x = a;
	const Child *y = b;
	int64 x_start = walk->graph->start[x->event];
	int64 y_start = walk->graph->start[y->event];
	int64 host_start = walk->graph->start[x->next];
	bool x_is_empty = Max(x_start, host_start) == x->end;
	bool y_is_empty = Max(y_start, host_start) == y->end;

	if (x->end != y->end)
		return x->end > y->end ? -1 : 1;
	if (x_is_empty != y_is_empty)
		return x_is_empty ? -1 : 1;
	if (x_start != y_start)
		return x_start < y_start ? -1 : 1;

	return compare_ranks(&y->event, &x->event, arg);
}

/* ---- what ran at a time ---- */

static void
find_longest(Walk *walk)
{
	const SdPathGraph *graph = walk->graph;
	int best = 0;

	walk->longest = allocate(graph->n, sizeof(int));
	for (int i = 0; i < graph->n; i++)
	{
		if (graph->end[i] > graph->end[best] ||
			(graph->end[i] == graph->end[best] &&
			 graph->start[i] == graph->start[best] &&
			 walk->rank[i] > walk->rank[best]))
			best = i;
		walk->longest[i] = best;
	}
}

/*
 * Of the events that start before a time, or of all, the one that ends last;
 * NONE if there is none.
 */
static int
jump(Walk *walk, int64 before, bool first)
{
	const int64 *start = walk->graph->start;
	int low = 0;
	int high = walk->graph->n;

	while (!first && low < high)
	{
		int middle = low + (high - low) / 2;

		if (start[middle] < before)
			low = middle + 1;
		else
			high = middle;
	}

	return high > 0 ? walk->longest[high - 1] : NONE;
}

/* ---- the walk ---- */

static void
walk_back(Walk *walk)
{
	const SdPathGraph *graph = walk->graph;
	int event = jump(walk, 0, true);
	int64 at = graph->end[event];
	int left = NONE; /* the child that was just left into event */

	walk->is_done = allocate(graph->n, sizeof(bool));
	walk->came_from = allocate(graph->n, sizeof(int));
	walk->has_slack = allocate(graph->n, sizeof(bool));
	walk->slack = allocate(graph->n, sizeof(int64));
	memset(walk->is_done, 0, sizeof(bool) * graph->n);
	memset(walk->has_slack, 0, sizeof(bool) * graph->n);
	for (int i = 0; i < graph->n; i++)
		walk->came_from[i] = NONE;

	for (;;)
	{
		int host = walk->came_from[event];
		int64 low = graph->start[event];
		bool is_cut = host != NONE && graph->start[host] > low &&
					  at >= graph->start[host] && !walk->is_done[host];
		Choice choice = {.event = NONE, .rival = NONE};

		CHECK_FOR_INTERRUPTS();

		/* what event waited for, itself or between two of its children */
		if (is_cut)
			low = graph->start[host];
		consider_children(walk, event, at, is_cut, low, &choice);
		if (left != NONE)
			consider_predecessors(walk, left, graph->start[left], event, low,
								  &choice);
		left = NONE;
		if (choice.event != NONE)
		{
			note(walk, event, choice.end, at);
			enter(walk, &choice, choice.is_child ? event : NONE);
			event = choice.event;
			at = choice.end;
			continue;
		}

		/* nothing: leave it, into the host around it */
		note(walk, event, low, at);
		at = low;
		if (is_cut)
		{
			event = host;
			continue;
		}
		walk->is_done[event] = true;
		if (host == NONE || graph->start[host] > at)
			host = walk->host[event];
		if (host != NONE && !walk->is_done[host])
		{
			left = event;
			event = host;
			continue;
		}

		/* or to what it waited for, or to what happened to run then */
		consider_predecessors(walk, event, at, NONE, 0, &choice);
		if (choice.event == NONE)
		{
			choice.event = jump(walk, at, false);
			if (choice.event == NONE)
				break;
			choice.end = Min(graph->end[choice.event], at);
		}
		note(walk, SD_PATH_IDLE, choice.end, at);
		enter(walk, &choice, NONE);
		event = choice.event;
		at = choice.end;
	}
}

/* One more that the walk could go to. */
static void
consider(Choice *choice, int event, int64 end, bool wins)
{
	if (choice->event == event)
		choice->is_child = choice->is_child && !wins;
	else if (choice->event == NONE || wins)
	{
		choice->rival = choice->event;
		choice->rival_end = choice->end;
		choice->event = event;
		choice->end = end;
		choice->is_child = false;
	}
	else if (choice->rival == NONE || end > choice->rival_end)
	{
		choice->rival = event;
		choice->rival_end = end;
	}
}

/*
 * The two children that finished last of those over at a time.  Children that
 * were not over then, or have been left already, are of no use any more.
 */
static void
consider_children(Walk *walk, int event, int64 at, bool is_cut, int64 low,
				  Choice *choice)
{
	int *place = &walk->first[event];

	for (int found = 0; found < 2 && *place != NONE;)
	{
		Child *child = &walk->children[*place];

		if (walk->is_done[child->event] || child->end > at)
			*place = child->next;
		else if (is_cut && child->end <= low)
			break;
		else
		{
			consider(choice, child->event, child->end, false);
			choice->is_child = true;
			place = &child->next;
			found++;
		}
	}
}

/*
 * The predecessors of an event that were over at a time.  Inside of another
 * event they count only if they ended later than low and that event's start.
 */
static void
consider_predecessors(Walk *walk, int event, int64 at, int inside, int64 low,
					  Choice *choice)
{
	const SdPathGraph *graph = walk->graph;

	for (int p = graph->pred_start[event]; p <= graph->pred_start[event + 1];
		 p++)
	{
		int pred = predecessor(graph, event, p);
		int64 end;

		if (pred == NONE)
			continue;
		end = graph->end[pred];
		if (walk->is_done[pred] || end > at || pred == inside ||
			(inside != NONE && end <= low))
			continue;
		consider(choice, pred, end,
				 choice->event == NONE || end > choice->end ||
					 (end == choice->end &&
					  (choice->is_child ||
					   walk->rank[pred] > walk->rank[choice->event])));
	}
}

static void
enter(Walk *walk, const Choice *choice, int from)
{
	int event = choice->event;

	walk->came_from[event] = from;
	walk->has_slack[event] = choice->rival != NONE;
	walk->slack[event] =
		choice->rival == NONE ? 0 : choice->end - choice->rival_end;

	/* it is the first of the children that are left: pass it by */
	if (choice->is_child)
		walk->first[from] = walk->children[walk->first[from]].next;
}

/* Time that was spent in an event, or idly; a point takes none. */
static void
note(Walk *walk, int event, int64 enter, int64 leave)
{
	SdPath *path = walk->path;
	SdPathSegment *last = path->n > 0 ? &path->segments[path->n - 1] : NULL;
	bool is_point = event != SD_PATH_IDLE &&
					walk->graph->start[event] == walk->graph->end[event];

	if (leave <= enter && !is_point)
		return;
	if (last != NULL && last->event == event && last->enter == leave &&
		!is_point)
	{
		last->enter = enter;
		return;
	}

	add_segment(path, event, enter, leave);
	if (event != SD_PATH_IDLE)
	{
		last = &path->segments[path->n - 1];
		last->has_slack = walk->has_slack[event];
		last->slack = walk->slack[event];
	}
}

static void
add_segment(SdPath *path, int event, int64 enter, int64 leave)
{
	SdPathSegment *segment;

	if (path->n == path->max)
	{
		path->max = path->max == 0 ? 64 : path->max * 2;
		path->segments =
			path->segments == NULL
				? allocate(path->max, sizeof(SdPathSegment))
				: repalloc_huge(path->segments,
								sizeof(SdPathSegment) * (Size) path->max);
	}
	segment = &path->segments[path->n++];
	segment->event = event;
	segment->enter = enter;
	segment->leave = leave;
	segment->has_slack = false;
	segment->slack = 0;
}

static void
reverse(SdPath *path)
{
	for (int i = 0, k = path->n - 1; i < k; i++, k--)
	{
		SdPathSegment swap = path->segments[i];

		path->segments[i] = path->segments[k];
		path->segments[k] = swap;
	}
}

static void *
allocate(Size number, Size size)
{
	return MemoryContextAllocHuge(CurrentMemoryContext, Max(number, 1) * size);
}
