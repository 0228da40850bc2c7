/*-------------------------------------------------------------------------
 *
 * order.c
 *	  The graph of what happens before what in a trace.
 *
 * Hard edges are parents and explicit edges.  The others are derived from what
 * events are: those of a logical thread, of tasks, of locks and of requests.
 * Together they can contradict each other, as the clocks of machines do.  Then
 * derived edges are put in one by one, by their kind and by the time of their
 * ends, and one that would close a cycle is dropped.  That is only done among
 * events that are on cycles; if there are none, which takes one walk to find
 * out, all edges are kept.
 *
 * Many releases of a lock before many acquires by readers are many times many
 * edges.  A hub between them stands for these.
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "fmgr.h"
#include "miscadmin.h"
#include "utils/fmgrprotos.h"
#include "utils/memutils.h"
#include "utils/uuid.h"

#include "trace/order.h"
#include "trace/sequence.h"

/* so many releases have direct edges to the acquires after them */
#define MAX_DIRECT 4

/* edges that locks may have once hubs are of no use */
#define MAX_LOCK_EDGES 50000000

/* the order while it is made */
typedef struct Build
{
	const SdTrace *trace;
	SdOrder *order;
	bool use_hubs;
	int64 nedges;
	int64 allocated;
	SdOrderEdge *edges;
	uint8 *kinds;
	int32 nhubs;
	int32 hubs_allocated;
} Build;

/* of a lock, since it was last acquired exclusively */
typedef struct LockState
{
	int32 exclusive; /* the last such release */
	int32 shared;
	int32 nexclusive;
	int32 hub;	   /* the last one */
	int32 covered; /* the last release that is before it */
} LockState;

static void *allocate(Size size);
static void add_edge(Build *build, int32 from, int32 to, SdOrderKind kind);
static void add_hard_edges(Build *build);
static void add_program_order(Build *build);
static bool has_kind(const SdTrace *trace, SdEventKind kind, SdEventKind other);
static bool is_of_task(const SdTrace *trace, const SdTraceEvent *event,
					   int32 task);
static void add_tasks(Build *build);
static void add_locks(Build *build);
static int32 make_hub(Build *build, int32 event);
static void remove_kind(Build *build, SdOrderKind kind);
static void add_requests(Build *build);
static void drop_edges(Build *build);
static void keep_kinds(Build *build, int kinds);
static void find_parts(Build *build);
static int32 find_root(int32 *parent, int32 node);
static void unite(int32 *parent, int32 a, int32 b);
static void make_chains(SdOrder *order);
static void make_incoming(Build *build);

/*
 * sd_order_build
 *		The order of a trace's events, by some kinds of edges.
 *
 * Which edges are dropped is found out with all of them.
 */
SdOrder *
sd_order_build(const SdTrace *trace, int kinds, bool want_parts)
{
	MemoryContext context = AllocSetContextCreate(
		CurrentMemoryContext, "stormdisc order", ALLOCSET_DEFAULT_SIZES);
	MemoryContext oldcontext = MemoryContextSwitchTo(context);
	SdOrder *order = palloc0(sizeof(SdOrder));
	Build build = {0};

	order->trace = trace;
	order->context = context;
	order->n = trace->nevents;
	order->nnodes = trace->nevents;
	build.trace = trace;
	build.order = order;
	build.use_hubs = true;
	build.allocated = 1024;
	build.edges = palloc(sizeof(SdOrderEdge) * build.allocated);
	build.kinds = palloc(sizeof(uint8) * build.allocated);

	add_hard_edges(&build);
	add_program_order(&build);
	add_tasks(&build);
	add_locks(&build);
	add_requests(&build);

	if (!sd_sequence_find(order, build.edges, build.nedges))
	{
		if (order->nnodes > order->n)
		{
			/* each edge counts now */
			remove_kind(&build, SD_ORDER_LOCK);
			build.nhubs = 0;
			order->nnodes = order->n;
			build.use_hubs = false;
			add_locks(&build);
		}
		drop_edges(&build);
		if (!sd_sequence_find(order, build.edges, build.nedges))
			elog(ERROR, "events are still on a cycle");
	}
	if (want_parts)
		find_parts(&build);
	keep_kinds(&build, kinds);
	make_chains(order);
	make_incoming(&build);

	pfree(build.edges);
	pfree(build.kinds);
	MemoryContextSwitchTo(oldcontext);

	return order;
}

/*
 * sd_order_build_parents
 *		The order of a trace's events by their parents alone.
 *
 * The first child of a parent goes on with its chain.
 */
SdOrder *
sd_order_build_parents(const SdTrace *trace)
{
	MemoryContext context = AllocSetContextCreate(
		CurrentMemoryContext, "stormdisc order", ALLOCSET_DEFAULT_SIZES);
	MemoryContext oldcontext = MemoryContextSwitchTo(context);
	SdOrder *order = palloc0(sizeof(SdOrder));
	Build build = {0};
	bool *has_next;

	order->trace = trace;
	order->context = context;
	order->n = trace->nevents;
	order->nnodes = trace->nevents;
	build.trace = trace;
	build.order = order;
	build.allocated = 1024;
	build.edges = palloc(sizeof(SdOrderEdge) * build.allocated);
	build.kinds = palloc(sizeof(uint8) * build.allocated);
	order->previous = allocate(sizeof(int32) * order->n);
	for (int32 i = 0; i < order->n; i++)
	{
		order->previous[i] = -1;
		if (trace->events[i].parent >= 0)
			add_edge(&build, trace->events[i].parent, i, SD_ORDER_HARD);
	}
	if (!sd_sequence_find(order, build.edges, build.nedges))
	{
		drop_edges(&build);
		if (!sd_sequence_find(order, build.edges, build.nedges))
			elog(ERROR, "events are still on a cycle");
	}

	has_next = allocate(sizeof(bool) * order->n);
	memset(has_next, 0, sizeof(bool) * order->n);
	for (int64 i = 0; i < build.nedges; i++)
	{
		const SdOrderEdge *edge = &build.edges[i];

		if (!has_next[edge->from])
		{
			has_next[edge->from] = true;
			order->previous[edge->to] = edge->from;
		}
	}
	pfree(has_next);
	make_chains(order);
	make_incoming(&build);

	pfree(build.edges);
	pfree(build.kinds);
	MemoryContextSwitchTo(oldcontext);

	return order;
}

void
sd_order_free(SdOrder *order)
{
	MemoryContextDelete(order->context);
}

static void *
allocate(Size size)
{
	return palloc_extended(Max(size, 1), MCXT_ALLOC_HUGE);
}

/* An edge with both ends equal is none. */
static void
add_edge(Build *build, int32 from, int32 to, SdOrderKind kind)
{
	if (from == to)
		return;
	if (build->nedges == build->allocated)
	{
		build->allocated = build->allocated / 2 * 3;
		build->edges =
			repalloc_huge(build->edges, sizeof(SdOrderEdge) * build->allocated);
		build->kinds =
			repalloc_huge(build->kinds, sizeof(uint8) * build->allocated);
	}
	build->edges[build->nedges].from = from;
	build->edges[build->nedges].to = to;
	build->kinds[build->nedges++] = kind;
}

static void
add_hard_edges(Build *build)
{
	const SdTrace *trace = build->trace;

	for (int32 i = 0; i < trace->nevents; i++)
		if (trace->events[i].parent >= 0)
			add_edge(build, trace->events[i].parent, i, SD_ORDER_HARD);
	for (int64 i = 0; i < trace->nedges; i++)
		if (trace->edges[i].orders)
			add_edge(build, trace->edges[i].from, trace->edges[i].to,
					 SD_ORDER_HARD);
}

/* Each event of a logical thread happens after the one before it. */
static void
add_program_order(Build *build)
{
	const SdTrace *trace = build->trace;
	SdOrder *order = build->order;
	int32 *last = allocate(sizeof(int32) * trace->nthreads);

	order->previous = allocate(sizeof(int32) * order->n);
	for (int32 i = 0; i < trace->nthreads; i++)
		last[i] = -1;
	for (int32 i = 0; i < order->n; i++)
	{
		int32 thread = trace->events[i].thread;

		order->previous[i] = last[thread];
		last[thread] = i;
	}
	pfree(last);
}

static bool
has_kind(const SdTrace *trace, SdEventKind kind, SdEventKind other)
{
	for (int32 i = 0; i < trace->nevents; i++)
		if (trace->events[i].kind == kind || trace->events[i].kind == other)
			return true;

	return false;
}

/* What spawns a task is not of it. */
static bool
is_of_task(const SdTrace *trace, const SdTraceEvent *event, int32 task)
{
	if (event->kind == SD_ASYNC_SPAWN && event->subject == task)
		return false;

	return event->task == task ||
		   trace->threads[event->thread].thread_id == task;
}

/*
 * A spawn happens before the first event of its task, and the last one before
 * an await.
 */
static void
add_tasks(Build *build)
{
	const SdTrace *trace = build->trace;
	int32 *first;
	int32 *last;

	if (!has_kind(trace, SD_ASYNC_SPAWN, SD_ASYNC_AWAIT))
		return;

	first = allocate(sizeof(int32) * trace->words.n);
	last = allocate(sizeof(int32) * trace->words.n);
	for (int32 i = 0; i < trace->words.n; i++)
		first[i] = last[i] = -1;
	for (int32 i = 0; i < trace->nevents; i++)
	{
		const SdTraceEvent *event = &trace->events[i];
		int32 tasks[2];

		tasks[0] = event->task;
		tasks[1] = trace->threads[event->thread].thread_id;
		for (int j = 0; j < 2; j++)
			if (tasks[j] >= 0 && is_of_task(trace, event, tasks[j]))
			{
				if (first[tasks[j]] < 0)
					first[tasks[j]] = i;
				last[tasks[j]] = i;
			}
	}
	for (int32 i = 0; i < trace->nevents; i++)
	{
		const SdTraceEvent *event = &trace->events[i];

		if (event->subject < 0)
			continue;
		if (event->kind == SD_ASYNC_SPAWN && first[event->subject] >= 0)
			add_edge(build, i, first[event->subject], SD_ORDER_SPAWN);
		if (event->kind == SD_ASYNC_AWAIT && last[event->subject] >= 0 &&
			!is_of_task(trace, event, event->subject))
			add_edge(build, last[event->subject], i, SD_ORDER_JOIN);
	}
	pfree(first);
	pfree(last);
}

/*
 * An exclusive release happens before each acquire after it up to the next
 * exclusive one; a reader's, before the next exclusive acquire.
 */
static void
add_locks(Build *build)
{
	const SdTrace *trace = build->trace;
	int64 nlimit = build->nedges + MAX_LOCK_EDGES;
	LockState *states;
	int32 *earlier; /* releases of the same kind */

	if (!has_kind(trace, SD_LOCK_ACQUIRE, SD_LOCK_RELEASE))
		return;

	states = allocate(sizeof(LockState) * trace->words.n);
	for (int32 i = 0; i < trace->words.n; i++)
		states[i] = (LockState){-1, -1, 0, -1, -1};
	earlier = allocate(sizeof(int32) * trace->nevents);

	for (int32 i = 0; i < trace->nevents; i++)
	{
		const SdTraceEvent *event = &trace->events[i];
		bool is_shared = (event->flags & SD_EVENT_SHARED) != 0;
		LockState *state;

		if ((event->kind != SD_LOCK_ACQUIRE &&
			 event->kind != SD_LOCK_RELEASE) ||
			event->subject < 0)
			continue;
		state = &states[event->subject];
		if (event->kind == SD_LOCK_RELEASE)
		{
			int32 *head = is_shared ? &state->shared : &state->exclusive;

			earlier[i] = *head;
			*head = i;
			if (!is_shared)
				state->nexclusive++;
			continue;
		}

		CHECK_FOR_INTERRUPTS();
		if (!is_shared)
		{
			for (int32 j = state->exclusive; j >= 0; j = earlier[j])
				add_edge(build, j, i, SD_ORDER_LOCK);
			for (int32 j = state->shared; j >= 0; j = earlier[j])
				add_edge(build, j, i, SD_ORDER_LOCK);
			*state = (LockState){-1, -1, 0, -1, -1};
		}
		else if (!build->use_hubs || state->nexclusive <= MAX_DIRECT)
		{
			for (int32 j = state->exclusive; j >= 0; j = earlier[j])
				add_edge(build, j, i, SD_ORDER_LOCK);
			if (build->nedges > nlimit)
				ereport(
					ERROR, errcode(ERRCODE_PROGRAM_LIMIT_EXCEEDED),
					errmsg("locks of the trace order too many events"),
					errdetail("Lock \"%s\" is released again and again before "
							  "it is acquired, and its order contradicts "
							  "others.",
							  trace->words.words[event->subject]));
		}
		else
		{
			if (state->covered != state->exclusive)
			{
				int32 hub = make_hub(build, i);

				for (int32 j = state->exclusive; j != state->covered;
					 j = earlier[j])
					add_edge(build, j, hub, SD_ORDER_LOCK);
				if (state->hub >= 0)
					add_edge(build, state->hub, hub, SD_ORDER_LOCK);
				state->hub = hub;
				state->covered = state->exclusive;
			}
			add_edge(build, state->hub, i, SD_ORDER_LOCK);
		}
	}
	pfree(states);
	pfree(earlier);
}

static int32
make_hub(Build *build, int32 event)
{
	SdOrder *order = build->order;

	if (build->nhubs == build->hubs_allocated)
	{
		build->hubs_allocated = Max(build->hubs_allocated * 2, 64);
		if (order->hubs == NULL)
			order->hubs = allocate(sizeof(int32) * build->hubs_allocated);
		else
			order->hubs = repalloc_huge(
				order->hubs, sizeof(int32) * (Size) build->hubs_allocated);
	}
	order->hubs[build->nhubs++] = event;

	return order->nnodes++;
}

static void
remove_kind(Build *build, SdOrderKind kind)
{
	int64 kept = 0;

	for (int64 i = 0; i < build->nedges; i++)
		if (build->kinds[i] != kind)
		{
			build->edges[kept] = build->edges[i];
			build->kinds[kept++] = build->kinds[i];
		}
	build->nedges = kept;
}

/*
 * A request happens before the first event that names its span as the one
 * above it, the last of those before the response.
 */
static void
add_requests(Build *build)
{
	const SdTrace *trace = build->trace;
	int32 *first;
	int32 *last;
	int32 *child;	/* of a request: its first response by parent */
	int32 *reply;	/* of a request: the next response in its thread */
	int32 *request; /* of a thread: one that is not answered */

	if (!has_kind(trace, SD_HTTP_REQUEST, SD_HTTP_REQUEST))
		return;

	first = allocate(sizeof(int32) * trace->words.n);
	last = allocate(sizeof(int32) * trace->words.n);
	for (int32 i = 0; i < trace->words.n; i++)
		first[i] = last[i] = -1;
	child = allocate(sizeof(int32) * trace->nevents);
	reply = allocate(sizeof(int32) * trace->nevents);
	for (int32 i = 0; i < trace->nevents; i++)
		child[i] = reply[i] = -1;
	request = allocate(sizeof(int32) * trace->nthreads);
	for (int32 i = 0; i < trace->nthreads; i++)
		request[i] = -1;

	for (int32 i = 0; i < trace->nevents; i++)
	{
		const SdTraceEvent *event = &trace->events[i];

		if (event->upstream >= 0)
		{
			if (first[event->upstream] < 0)
				first[event->upstream] = i;
			last[event->upstream] = i;
		}
		if (event->kind == SD_HTTP_REQUEST)
			request[event->thread] = i;
		if (event->kind == SD_HTTP_RESPONSE)
		{
			if (event->parent >= 0 && child[event->parent] < 0)
				child[event->parent] = i;
			if (request[event->thread] >= 0)
				reply[request[event->thread]] = i;
			request[event->thread] = -1;
		}
	}
	for (int32 i = 0; i < trace->nevents; i++)
	{
		const SdTraceEvent *event = &trace->events[i];
		int32 response;

		if (event->kind != SD_HTTP_REQUEST || event->span < 0 ||
			first[event->span] < 0)
			continue;
		add_edge(build, i, first[event->span], SD_ORDER_REQUEST);
		response = child[i] >= 0 ? child[i] : reply[i];
		if (response >= 0)
			add_edge(build, last[event->span], response, SD_ORDER_REQUEST);
	}
	pfree(first);
	pfree(last);
	pfree(child);
	pfree(reply);
	pfree(request);
}

/* Drop what closes a cycle, and count it. */
static void
drop_edges(Build *build)
{
	SdOrder *order = build->order;
	bool *dropped = allocate(sizeof(bool) * build->nedges);
	bool *dropped_previous = allocate(sizeof(bool) * order->n);
	int64 kept = 0;

	sd_sequence_drop(order, build->edges, build->kinds, build->nedges, dropped,
					 dropped_previous);
	order->part_has_dropped = allocate(sizeof(bool) * order->n);
	memset(order->part_has_dropped, 0, sizeof(bool) * order->n);
	for (int64 i = 0; i < build->nedges; i++)
		if (dropped[i])
		{
			order->part_has_dropped[build->edges[i].from] = true;
			order->part_has_dropped[build->edges[i].to] = true;
		}
		else
		{
			build->edges[kept] = build->edges[i];
			build->kinds[kept++] = build->kinds[i];
		}
	build->nedges = kept;
	for (int32 i = 0; i < order->n; i++)
		if (dropped_previous[i])
		{
			order->part_has_dropped[order->previous[i]] = true;
			order->part_has_dropped[i] = true;
			order->previous[i] = -1;
		}
	pfree(dropped);
	pfree(dropped_previous);
}

static void
keep_kinds(Build *build, int kinds)
{
	for (int kind = 0; kind < SD_ORDER_KINDS; kind++)
		if ((kinds & SD_ORDER_BIT(kind)) == 0 && kind != SD_ORDER_PROGRAM)
			remove_kind(build, kind);
}

/* Events that edges connect, whatever their direction, are one part. */
static void
find_parts(Build *build)
{
	SdOrder *order = build->order;
	int32 *parent = allocate(sizeof(int32) * order->nnodes);

	for (int32 i = 0; i < order->nnodes; i++)
		parent[i] = i;
	for (int32 i = 0; i < order->n; i++)
		if (order->previous[i] >= 0)
			unite(parent, order->previous[i], i);
	for (int64 i = 0; i < build->nedges; i++)
		unite(parent, build->edges[i].from, build->edges[i].to);
	for (int32 i = 0; i < order->n; i++)
		parent[i] = find_root(parent, i);
	order->part = parent;

	if (order->part_has_dropped != NULL)
	{
		bool *of_parts = palloc_extended(Max(sizeof(bool) * order->nnodes, 1),
										 MCXT_ALLOC_HUGE | MCXT_ALLOC_ZERO);

		for (int32 i = 0; i < order->n; i++)
			if (order->part_has_dropped[i])
				of_parts[parent[i]] = true;
		pfree(order->part_has_dropped);
		order->part_has_dropped = of_parts;
	}
}

static int32
find_root(int32 *parent, int32 node)
{
	while (parent[node] != node)
	{
		parent[node] = parent[parent[node]];
		node = parent[node];
	}

	return node;
}

/* The root of a part is its first node. */
static void
unite(int32 *parent, int32 a, int32 b)
{
	a = find_root(parent, a);
	b = find_root(parent, b);
	if (a < b)
		parent[b] = a;
	else
		parent[a] = b;
}

static void
make_chains(SdOrder *order)
{
	order->chain = allocate(sizeof(int32) * order->n);
	for (int32 i = 0; i < order->nnodes; i++)
	{
		int32 node = order->sequence == NULL ? i : order->sequence[i];

		if (node >= order->n)
			continue;
		if (order->previous[node] >= 0)
			order->chain[node] = order->chain[order->previous[node]];
		else
			order->chain[node] = order->nchains++;
	}
}

/* What is right before each node, but for those in its chain. */
static void
make_incoming(Build *build)
{
	SdOrder *order = build->order;
	int64 *start = palloc_extended(sizeof(int64) * ((Size) order->nnodes + 2),
								   MCXT_ALLOC_HUGE | MCXT_ALLOC_ZERO);
	int32 *before = allocate(sizeof(int32) * build->nedges);

	/* start[i + 1] is where the next one of i goes; in the end, where i + 1 is
	 */
	for (int pass = 0; pass < 2; pass++)
	{
		for (int64 i = 0; i < build->nedges; i++)
		{
			int32 from = build->edges[i].from;
			int32 to = build->edges[i].to;

			if (from < order->n && to < order->n &&
				order->chain[from] == order->chain[to])
				continue;
			if (pass == 0)
				start[to + 2]++;
			else
				before[start[to + 1]++] = from;
		}
		if (pass == 0)
			for (int32 i = 0; i < order->nnodes; i++)
				start[i + 2] += start[i + 1];
	}
	order->start = start;
	order->before = before;
}

const char *
sd_order_kind_name(SdOrderKind kind)
{
	static const char *const names[] = {
		[SD_ORDER_HARD] = "edge",	[SD_ORDER_PROGRAM] = "thread",
		[SD_ORDER_SPAWN] = "spawn", [SD_ORDER_JOIN] = "join",
		[SD_ORDER_LOCK] = "lock",	[SD_ORDER_REQUEST] = "request",
	};

	return names[kind];
}

/*
 * sd_order_warn
 *		Say which edges were dropped.
 */
void
sd_order_warn(const SdOrder *order)
{
	const SdTrace *trace = order->trace;
	char *from;
	char *to;

	if (order->ndropped == 0)
		return;
	from = DatumGetCString(DirectFunctionCall1(
		uuid_out, UUIDPGetDatum(&trace->events[order->first_dropped.from].id)));
	to = DatumGetCString(DirectFunctionCall1(
		uuid_out, UUIDPGetDatum(&trace->events[order->first_dropped.to].id)));
	ereport(WARNING,
			order->ndropped > order->ndropped_hard
				? errmsg_plural(
					  "dropped %lld derived edge that contradicts "
					  "others",
					  "dropped %lld derived edges that contradict "
					  "others",
					  (unsigned long) (order->ndropped - order->ndropped_hard),
					  (long long) (order->ndropped - order->ndropped_hard))
				: errmsg("dropped edges that make a cycle"),
			errdetail("The first of %lld is of kind \"%s\", from event %s to "
					  "event %s.",
					  (long long) order->ndropped,
					  sd_order_kind_name(order->first_dropped_kind), from, to));
}
