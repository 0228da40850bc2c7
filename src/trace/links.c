/*-------------------------------------------------------------------------
 *
 * links.c
 *	  What orders the events of a trace must not go round in a circle.
 *	  stormdisc_events_written: the trigger on stormdisc.events.
 *
 * A trace has links: from parents to their children, and its edges except
 * those that order nothing.  They count as soon as they are stored, whether
 * the events at their ends are there or not, so that an event which comes late
 * brings no link but the one to its own parent.  No link is stored that closes
 * a circle; links in quarantine do not count.
 *
 * Who adds links locks the trace.  Adding an event to the end of what is there
 * closes no circle: when its parent can be seen, or comes with it, and nothing
 * that can be seen goes out from the event itself.  Any number of sessions may
 * do so at a time, and share the lock.  Two links that close a circle only
 * together cannot both be of that kind: one of them goes out from an event that
 * the other transaction is adding, and so has a parent that it cannot see.
 * Whoever adds such a link, or an edge, has the lock alone, and only then looks
 * whether there is a path back.
 *
 * Traces share a number of locks, so that a transaction may write to any
 * number of traces; the locks of one call are taken in their order.
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "access/xact.h"
#include "catalog/pg_type.h"
#include "commands/trigger.h"
#include "common/hashfn.h"
#include "executor/spi.h"
#include "miscadmin.h"
#include "utils/builtins.h"
#include "utils/fmgrprotos.h"
#include "utils/hsearch.h"
#include "utils/memutils.h"
#include "utils/rel.h"
#include "utils/snapmgr.h"
#include "utils/uuid.h"

#include "arrays.h"
#include "errors.h"
#include "lock.h"
#include "probe.h"
#include "spi_util.h"
#include "trace/event.h"
#include "trace/link_graph.h"
#include "trace/links.h"

PG_FUNCTION_INFO_V1(stormdisc_events_written);

/* locks that all traces share */
#define LOCKS 512

/* events that are found one by one, before all of a trace are looked at */
#define MAX_FOUND 20000

/* events that one statement asks about */
#define CHUNK 10000

/* columns of stormdisc.edge_store */
#define EDGE_TRACE 1
#define EDGE_FROM 2
#define EDGE_TO 3
#define EDGE_TYPE 4
#define EDGE_QUARANTINED 8

/* the links that are being added */
typedef struct Links
{
	SdLink *links;
	int n;
	int *by_id;		/* positions in links, in the order of ids */
	int *by_parent; /* the same in the order of parents, of those that have one
					 */
	int nparents;
	bool *is_open; /* might it close a circle with what is stored? */
	int64 found;   /* events on all searches */
} Links;

/* the indexes that are asked on a search for a path */
typedef struct Probes
{
	bool has_events;
	bool has_children;
	bool has_out;
	bool has_in;
	SdProbe events;	  /* by id */
	SdProbe children; /* by parent */
	SdProbe out;	  /* edges by where they start */
	SdProbe in;		  /* and by where they lead to */
	Snapshot snapshot;
} Probes;

/* one side of a search for a path */
typedef struct Side
{
	HTAB *seen;
	pg_uuid_t *found; /* on the last step */
	int nfound;
	int size;
} Side;

static void lock_links(Links *all, LOCKMODE mode);
static void unlock_links(Links *all, LOCKMODE mode);
static void each_lock(Links *all, LOCKMODE mode,
					  void (*work)(uint32 number, LOCKMODE mode));
static void lock_one(uint32 number, LOCKMODE mode);
static void unlock_one(uint32 number, LOCKMODE mode);
static void sort_links(Links *all);
static int compare_by_id(const void *a, const void *b, void *arg);
static int compare_by_parent(const void *a, const void *b, void *arg);
static int find_by_id(const Links *all, const pg_uuid_t *id);
static int first_child(const Links *all, const pg_uuid_t *id);
static void cut_inner_circles(Links *all);
static int root_of(int *roots, int i);
static void cut(SdLink *link);
static bool find_open(Links *all);
static bool probe_open(Links *all, bool *result);
static bool is_open(Links *all, const SdLink *link, SdProbe *parents,
					SdProbe *children);
static bool goes_out(const SdLink *link, SdProbe *any, SdProbe *edges,
					 pg_uuid_t *trace_id, bool *has_edges);
static bool ask_open(Links *all, int start, int end);
static void cut_circles(Links *all);
static void cut_in_graph(Links *all, const pg_uuid_t *trace_id, int start);
static void read_graph(Links *all, const pg_uuid_t *trace_id,
					   SdLinkGraph *graph);
static bool search(Links *all, const pg_uuid_t *trace_id, const pg_uuid_t *from,
				   const pg_uuid_t *to);
static bool is_long(const Links *all, const Side *forward,
					const Side *backward);
static void begin_side(Side *side, const pg_uuid_t *start);
static bool step(Links *all, Probes *probes, const pg_uuid_t *trace_id,
				 Side *side, const Side *other, bool is_forward);
static bool probe_from(Links *all, Probes *probes, const pg_uuid_t *trace_id,
					   const pg_uuid_t *id, Side *side, const Side *other);
static bool probe_to(Links *all, Probes *probes, const pg_uuid_t *trace_id,
					 const pg_uuid_t *id, Side *side, const Side *other);
static bool counts(SdProbe *probe);
static bool ask_next(Links *all, const pg_uuid_t *trace_id,
					 const pg_uuid_t *from, int n, Side *side,
					 const Side *other, bool is_forward);
static void begin_probes(Probes *probes);
static void end_probes(Probes *probes);
static bool reach(Side *side, const Side *other, const pg_uuid_t *id);
static bool is_link(const SdLink *link, const pg_uuid_t *trace_id);
static int compare_ids(const pg_uuid_t *a, const pg_uuid_t *b);
static void quarantine(const SdLink *links, int n);
static int read_changes(TriggerData *trigger, SdLink **links);
static void read_link(TupleTableSlot *slot, SdLink *link);

#define IS(column, value) column " OPERATOR(pg_catalog.=) " value

/* children, by the index of parents whatever the planner knows of traces */
#define CHILDREN_OF(id)                                                        \
	"LATERAL (SELECT e.id, e.trace_id, e.parent_quarantined "                  \
	"FROM stormdisc.events e WHERE " IS("e.parent_id", id) " OFFSET 0) c "

#define COUNTS                                                                 \
	" AND NOT s.quarantined "                                                  \
	"AND s.edge_type OPERATOR(pg_catalog.<>) 'ConcurrentWith'"

/* (numbers, traces, ids, parents or NULL) -> number, the child or NULL */
static SdStatement select_open = {
	.sql =
		"WITH i AS MATERIALIZED (SELECT * FROM "
		"ROWS FROM (pg_catalog.unnest($1), pg_catalog.unnest($2), "
		"pg_catalog.unnest($3), pg_catalog.unnest($4)) "
		"i (number, trace_id, id, parent_id)) "
		"SELECT i.number, NULL::uuid FROM i "
		"WHERE i.parent_id IS NOT NULL AND NOT EXISTS "
		"(SELECT FROM stormdisc.events p WHERE " IS(
			"p.id",
			"i.parent_id") ") "
						   "UNION ALL SELECT i.number, c.id FROM i, " CHILDREN_OF("i.id") "WHERE " IS(
							   "c.trace_id",
							   "i.trace_id") " AND NOT c.parent_quarantined "
											 "UNION ALL SELECT i.number, NULL FROM i WHERE EXISTS "
											 "(SELECT FROM stormdisc.edge_store s WHERE " IS(
												 "s.trace_id",
												 "i.trace_id") " AND " IS("s.from_event_id",
																		  "i.id")
												 COUNTS ")",
	.nparameters = 4,
	.types = {INT4ARRAYOID, UUIDARRAYOID, UUIDARRAYOID, UUIDARRAYOID},
};

/* (trace, ids) -> the event of the link, or NULL if it is an edge; next id */
static SdStatement select_from = {
	.sql = "SELECT c.id, c.id FROM pg_catalog.unnest($2) i (id), " CHILDREN_OF(
		"i.id") "WHERE " IS("c.trace_id",
							"$1") " AND NOT c.parent_quarantined "
								  "UNION ALL SELECT NULL, s.to_event_id "
								  "FROM pg_catalog.unnest($2) i (id) "
								  "JOIN stormdisc.edge_store s ON " IS(
									  "s.trace_id",
									  "$1") " AND " IS("s.from_event_id",
													   "i.id") COUNTS,
	.nparameters = 2,
	.types = {UUIDOID, UUIDARRAYOID},
};

static SdStatement select_to = {
	.sql = "SELECT c.id, c.parent_id FROM pg_catalog.unnest($2) i (id), "
		   "LATERAL (SELECT * FROM stormdisc.events e "
		   "WHERE " IS("e.id", "i.id") " OFFSET 0) c WHERE " IS(
			   "c.trace_id", "$1") " AND NOT c.parent_quarantined "
								   "AND c.parent_id IS NOT NULL "
								   "UNION ALL SELECT NULL, s.from_event_id "
								   "FROM pg_catalog.unnest($2) i (id) "
								   "JOIN stormdisc.edge_store s ON " IS(
									   "s.trace_id",
									   "$1") " AND " IS("s.to_event_id", "i.id")
									   COUNTS,
	.nparameters = 2,
	.types = {UUIDOID, UUIDARRAYOID},
};

/* (trace) -> the event of the link, or NULL if it is an edge; its two ends */
static SdStatement select_links = {
	.sql = "SELECT c.id, c.parent_id, c.id FROM stormdisc.events c WHERE " IS(
		"c.trace_id",
		"$1") " AND NOT c.parent_quarantined "
			  "AND c.parent_id IS NOT NULL "
			  "UNION ALL SELECT NULL, s.from_event_id, s.to_event_id "
			  "FROM stormdisc.edge_store s WHERE " IS(
				  "s.trace_id",
				  "$1") " AND NOT s.quarantined AND s.edge_type "
						"OPERATOR(pg_catalog.<>) 'ConcurrentWith'",
	.nparameters = 1,
	.types = {UUIDOID},
};

static SdStatement update_quarantined = {
	.sql = "UPDATE stormdisc.events e SET parent_quarantined = true "
		   "WHERE " IS("e.id", "ANY ($1)"),
	.nparameters = 1,
	.types = {UUIDARRAYOID},
};

/* what is being written has been checked, or adds no link */
static bool is_checked = false;

/*
 * sd_links_check
 *		Lock the traces of events that are being written, and put those links
 *		to parents into quarantine that would close a circle.
 *
 * The events may have been written already, or not yet.  No event may be
 * there twice.
 */
void
sd_links_check(SdLink *links, int n)
{
	Links all = {.links = links, .n = n};
	SdSpi spi;

	if (n == 0)
		return;
	sort_links(&all);
	lock_links(&all, ShareLock);
	if (all.nparents == 0)
		return;

	cut_inner_circles(&all);
	all.is_open = palloc_extended(n * sizeof(bool), MCXT_ALLOC_HUGE);
	sd_spi_begin(&spi, true);
	if (find_open(&all))
	{
		/* who waits for a lock has none */
		unlock_links(&all, ShareLock);
		lock_links(&all, ExclusiveLock);
		(void) find_open(&all);
		cut_circles(&all);
	}
	sd_spi_end(&spi);
}

/*
 * sd_links_write
 *		Run a statement that writes events whose links have been checked.
 */
uint64
sd_links_write(SdStatement *statement, const Datum *values)
{
	uint64 rows;

	is_checked = true;
	PG_TRY();
	{
		rows = sd_spi_write(statement, values, NULL);
	}
	PG_FINALLY();
	{
		is_checked = false;
	}
	PG_END_TRY();

	return rows;
}

/*
 * sd_links_warn
 *		Tell about links that were put into quarantine.
 */
void
sd_links_warn(const SdLink *links, int n)
{
	for (int i = 0; i < n; i++)
		if (links[i].is_cut)
			ereport(
				WARNING, errcode(SD_ERRCODE_CYCLE),
				errmsg(
					"the link of event \"%s\" to its parent would close a cycle",
					DatumGetCString(DirectFunctionCall1(
						uuid_out, UUIDPGetDatum(&links[i].id)))),
				errdetail("The event is stored; the link does not count."));
}

/*
 * sd_path_exists
 *		Is there a path from one event of a trace to another?  The trace must
 *		be locked.
 */
bool
sd_path_exists(const pg_uuid_t *trace_id, const pg_uuid_t *from,
			   const pg_uuid_t *to)
{
	Links none = {0};
	MemoryContext context;
	MemoryContext oldcontext;
	SdLinkGraph *graph;
	bool result;

	if (search(&none, trace_id, from, to))
		return true;
	if (none.found < MAX_FOUND)
		return false;

	context = AllocSetContextCreate(CurrentMemoryContext, "stormdisc links",
									ALLOCSET_DEFAULT_SIZES);
	oldcontext = MemoryContextSwitchTo(context);
	graph = sd_link_graph_begin();
	read_graph(&none, trace_id, graph);
	/* the way back would close a circle */
	sd_link_graph_add(graph, to, from);
	result = sd_link_graph_close(graph) && sd_link_graph_cut(graph, to, from);
	MemoryContextSwitchTo(oldcontext);
	MemoryContextDelete(context);

	return result;
}

/*
 * sd_trace_lock
 *		Have a trace alone.
 */
void
sd_trace_lock(const pg_uuid_t *trace_id)
{
	(void) sd_lock_number(SD_LOCK_TRACE, sd_trace_lock_number(trace_id),
						  ExclusiveLock, true);
}

/*
 * sd_trace_lock_number
 *		The lock of a trace, which it may share with others.
 */
uint32
sd_trace_lock_number(const pg_uuid_t *trace_id)
{
	return hash_bytes(trace_id->data, UUID_LEN) % LOCKS;
}

static void
lock_links(Links *all, LOCKMODE mode)
{
	each_lock(all, mode, lock_one);
}

static void
unlock_links(Links *all, LOCKMODE mode)
{
	each_lock(all, mode, unlock_one);
}

/* Those of all traces, each once, in their order. */
static void
each_lock(Links *all, LOCKMODE mode, void (*work)(uint32 number, LOCKMODE mode))
{
	bool is_used[LOCKS] = {false};

	for (int i = 0; i < all->n; i++)
	{
		/* most follow one of the same trace */
		if (i > 0 && compare_ids(&all->links[i].trace_id,
								 &all->links[i - 1].trace_id) == 0)
			continue;
		is_used[sd_trace_lock_number(&all->links[i].trace_id)] = true;
	}
	for (int i = 0; i < LOCKS; i++)
		if (is_used[i])
			work(i, mode);
}

static void
lock_one(uint32 number, LOCKMODE mode)
{
	(void) sd_lock_number(SD_LOCK_TRACE, number, mode, true);
}

static void
unlock_one(uint32 number, LOCKMODE mode)
{
	sd_unlock_number(SD_LOCK_TRACE, number, mode);
}

/* Sort the events by id, and those with a parent by that. */
static void
sort_links(Links *all)
{
	all->by_id = palloc_extended((Size) all->n * sizeof(int), MCXT_ALLOC_HUGE);
	all->by_parent =
		palloc_extended((Size) all->n * sizeof(int), MCXT_ALLOC_HUGE);
	for (int i = 0; i < all->n; i++)
	{
		all->by_id[i] = i;
		if (all->links[i].has_parent && !all->links[i].is_quarantined)
			all->by_parent[all->nparents++] = i;
	}
	if (all->nparents == 0 || all->n == 1)
		return;
	qsort_arg(all->by_id, all->n, sizeof(int), compare_by_id, all);
	qsort_arg(all->by_parent, all->nparents, sizeof(int), compare_by_parent,
			  all);
}

static int
compare_by_id(const void *a, const void *b, void *arg)
{
	const Links *all = arg;

	return compare_ids(&all->links[*(const int *) a].id,
					   &all->links[*(const int *) b].id);
}

static int
compare_by_parent(const void *a, const void *b, void *arg)
{
	const Links *all = arg;

	return compare_ids(&all->links[*(const int *) a].parent_id,
					   &all->links[*(const int *) b].parent_id);
}

/* The position of an event in the links, or -1. */
static int
find_by_id(const Links *all, const pg_uuid_t *id)
{
	int low = 0;
	int high = all->n - 1;

	while (low <= high)
	{
		int middle = low + (high - low) / 2;
		int order = compare_ids(&all->links[all->by_id[middle]].id, id);

		if (order == 0)
			return all->by_id[middle];
		if (order < 0)
			low = middle + 1;
		else
			high = middle - 1;
	}

	return -1;
}

/* The place in by_parent of the first child of an event, or of what is after.
 */
static int
first_child(const Links *all, const pg_uuid_t *id)
{
	int low = 0;
	int high = all->nparents;

	while (low < high)
	{
		int middle = low + (high - low) / 2;

		if (compare_ids(&all->links[all->by_parent[middle]].parent_id, id) < 0)
			low = middle + 1;
		else
			high = middle;
	}

	return low;
}

/*
 * Links among the events themselves, in their order: one that leads to the root
 * of its own tree closes a circle.
 */
static void
cut_inner_circles(Links *all)
{
	int *roots = palloc_extended((Size) all->n * sizeof(int), MCXT_ALLOC_HUGE);

	for (int i = 0; i < all->n; i++)
		roots[i] = i;
	for (int i = 0; i < all->n; i++)
	{
		SdLink *link = &all->links[i];
		int parent;

		if (!link->has_parent || link->is_quarantined)
			continue;
		parent = find_by_id(all, &link->parent_id);
		if (parent < 0 ||
			compare_ids(&all->links[parent].trace_id, &link->trace_id) != 0)
			continue;
		parent = root_of(roots, parent);
		if (parent == i)
			cut(link);
		else
			roots[i] = parent;
	}
	pfree(roots);
}

static void
cut(SdLink *link)
{
	link->is_quarantined = true;
	link->is_cut = true;
}

static int
root_of(int *roots, int i)
{
	while (roots[i] != i)
	{
		roots[i] = roots[roots[i]];
		i = roots[i];
	}

	return i;
}

/* Is there a link that might close a circle with what is stored? */
static bool
find_open(Links *all)
{
	bool result = false;

	memset(all->is_open, 0, all->n * sizeof(bool));
	if (probe_open(all, &result))
		return result;
	for (int i = 0; i < all->n; i += CHUNK)
		if (ask_open(all, i, Min(i + CHUNK, all->n)))
			result = true;

	return result;
}

/* Ask the indexes; false if that is not possible. */
static bool
probe_open(Links *all, bool *result)
{
	static const int id[] = {SD_EVENT_ID};
	static const int parent_id[] = {SD_EVENT_PARENT_ID};
	static const int edge[] = {EDGE_TRACE, EDGE_FROM};
	bool has_parents;
	bool has_children;
	bool has_any;
	bool has_edges;
	pg_uuid_t trace_id;
	bool trace_has_edges = false;
	SdProbe parents;
	SdProbe children;
	SdProbe any;
	SdProbe edges;
	Snapshot snapshot;

	CommandCounterIncrement();
	snapshot = RegisterSnapshot(GetLatestSnapshot());
	has_parents = sd_probe_begin(&parents, "events", id, 1, snapshot);
	has_children = sd_probe_begin(&children, "events", parent_id, 1, snapshot);
	has_any = sd_probe_begin(&any, "edge_store", edge, 1, snapshot);
	has_edges = sd_probe_begin(&edges, "edge_store", edge, 2, snapshot);
	if (has_parents && has_children && has_any && has_edges)
	{
		memset(&trace_id, 0, sizeof(trace_id));
		for (int i = 0; i < all->n; i++)
		{
			const SdLink *link = &all->links[i];

			if (!link->has_parent || link->is_quarantined)
				continue;
			all->is_open[i] =
				link->is_changed || is_open(all, link, &parents, &children) ||
				goes_out(link, &any, &edges, &trace_id, &trace_has_edges);
			*result = *result || all->is_open[i];
		}
	}
	if (has_edges)
		sd_probe_end(&edges);
	if (has_any)
		sd_probe_end(&any);
	if (has_children)
		sd_probe_end(&children);
	if (has_parents)
		sd_probe_end(&parents);
	UnregisterSnapshot(snapshot);

	return has_parents && has_children && has_any && has_edges;
}

/* Is its parent not to be seen, or has it children that others have added? */
static bool
is_open(Links *all, const SdLink *link, SdProbe *parents, SdProbe *children)
{
	Datum value;

	if (find_by_id(all, &link->parent_id) < 0)
	{
		value = UUIDPGetDatum(&link->parent_id);
		sd_probe_for(parents, &value);
		if (!sd_probe_next(parents))
			return true;
	}

	value = UUIDPGetDatum(&link->id);
	sd_probe_for(children, &value);
	while (sd_probe_next(children))
	{
		bool isnull;
		Datum child = sd_probe_value(children, SD_EVENT_ID, &isnull);

		/* one of these events is known already */
		if (find_by_id(all, DatumGetUUIDP(child)) >= 0)
			continue;
		if (compare_ids(DatumGetUUIDP(sd_probe_value(
							children, SD_EVENT_TRACE_ID, &isnull)),
						&link->trace_id) == 0 &&
			!DatumGetBool(
				sd_probe_value(children, SD_EVENT_PARENT_QUARANTINED, &isnull)))
			return true;
	}

	return false;
}

/* Does an edge go out from it?  Most traces have none. */
static bool
goes_out(const SdLink *link, SdProbe *any, SdProbe *edges, pg_uuid_t *trace_id,
		 bool *has_edges)
{
	Datum values[] = {UUIDPGetDatum(&link->trace_id), UUIDPGetDatum(&link->id)};

	if (compare_ids(trace_id, &link->trace_id) != 0)
	{
		*trace_id = link->trace_id;
		sd_probe_for(any, values);
		*has_edges = sd_probe_next(any);
	}
	if (!*has_edges)
		return false;
	sd_probe_for(edges, values);
	while (sd_probe_next(edges))
		if (counts(edges))
			return true;

	return false;
}

static bool
ask_open(Links *all, int start, int end)
{
	int size = end - start;
	Datum *columns[4];
	bool *nulls = palloc(size * sizeof(bool));
	Datum values[4];
	bool result = false;
	uint64 found;
	int n = 0;

	for (int i = 0; i < 4; i++)
		columns[i] = palloc(size * sizeof(Datum));
	for (int i = start; i < end; i++)
	{
		SdLink *link = &all->links[i];

		if (!link->has_parent || link->is_quarantined)
			continue;
		if (link->is_changed)
		{
			all->is_open[i] = true;
			result = true;
			continue;
		}
		columns[0][n] = Int32GetDatum(i);
		columns[1][n] = UUIDPGetDatum(&link->trace_id);
		columns[2][n] = UUIDPGetDatum(&link->id);
		columns[3][n] = UUIDPGetDatum(&link->parent_id);
		nulls[n] = find_by_id(all, &link->parent_id) >= 0;
		n++;
	}
	if (n == 0)
		return result;

	values[0] = PointerGetDatum(sd_array_make(columns[0], NULL, n, INT4OID));
	for (int i = 1; i < 4; i++)
		values[i] = PointerGetDatum(
			sd_array_make(columns[i], i == 3 ? nulls : NULL, n, UUIDOID));
	found = sd_spi_read_latest(&select_open, values, NULL);
	for (uint64 i = 0; i < found; i++)
	{
		bool isnull;
		Datum child = sd_result(i, 2, &isnull);

		CHECK_FOR_INTERRUPTS();
		/* one of these events is known already */
		if (!isnull && find_by_id(all, DatumGetUUIDP(child)) >= 0)
			continue;
		all->is_open[DatumGetInt32(sd_result(i, 1, NULL))] = true;
		result = true;
	}
	SPI_freetuptable(SPI_tuptable);

	return result;
}

/* Look at the links that are open, with the trace locked. */
static void
cut_circles(Links *all)
{
	for (int i = 0; i < all->n; i++)
	{
		SdLink *link = &all->links[i];

		if (!all->is_open[i] || link->is_quarantined)
			continue;
		if (all->found < MAX_FOUND &&
			search(all, &link->trace_id, &link->id, &link->parent_id))
			cut(link);
		else if (all->found >= MAX_FOUND)
			cut_in_graph(all, &link->trace_id, i);
	}
}

/* Look at all of a trace at once, for the links from that one on. */
static void
cut_in_graph(Links *all, const pg_uuid_t *trace_id, int start)
{
	MemoryContext context = AllocSetContextCreate(
		CurrentMemoryContext, "stormdisc links", ALLOCSET_DEFAULT_SIZES);
	MemoryContext oldcontext = MemoryContextSwitchTo(context);
	SdLinkGraph *graph = sd_link_graph_begin();
	bool has_circle;

	for (int i = 0; i < all->n; i++)
		if (is_link(&all->links[i], trace_id))
			sd_link_graph_add(graph, &all->links[i].parent_id,
							  &all->links[i].id);
	read_graph(all, trace_id, graph);
	has_circle = sd_link_graph_close(graph);
	for (int i = start; i < all->n; i++)
	{
		SdLink *link = &all->links[i];

		if (!all->is_open[i] || compare_ids(&link->trace_id, trace_id) != 0)
			continue;
		if (has_circle && !link->is_quarantined &&
			sd_link_graph_cut(graph, &link->parent_id, &link->id))
			cut(link);
		all->is_open[i] = false;
	}
	MemoryContextSwitchTo(oldcontext);
	MemoryContextDelete(context);
}

/* All links that are stored, but for those of events that are being written. */
static void
read_graph(Links *all, const pg_uuid_t *trace_id, SdLinkGraph *graph)
{
	Datum values[] = {UUIDPGetDatum(trace_id)};
	Portal portal;

	CommandCounterIncrement();
	PushActiveSnapshot(GetLatestSnapshot());
	portal = sd_spi_open_read(&select_links, values, NULL);
	for (;;)
	{
		SPI_cursor_fetch(portal, true, CHUNK);
		if (SPI_processed == 0)
			break;
		for (uint64 i = 0; i < SPI_processed; i++)
		{
			bool isnull;
			Datum event = sd_result(i, 1, &isnull);

			CHECK_FOR_INTERRUPTS();
			if (isnull || find_by_id(all, DatumGetUUIDP(event)) < 0)
				sd_link_graph_add(graph, DatumGetUUIDP(sd_result(i, 2, NULL)),
								  DatumGetUUIDP(sd_result(i, 3, NULL)));
		}
		SPI_freetuptable(SPI_tuptable);
	}
	SPI_cursor_close(portal);
	PopActiveSnapshot();
}

/*
 * Is there a path between two events, along what is stored and the links that
 * are added?  From both ends, always where fewer events were found last.
 */
static bool
search(Links *all, const pg_uuid_t *trace_id, const pg_uuid_t *from,
	   const pg_uuid_t *to)
{
	MemoryContext context = AllocSetContextCreate(
		CurrentMemoryContext, "stormdisc path", ALLOCSET_DEFAULT_SIZES);
	MemoryContext oldcontext = MemoryContextSwitchTo(context);
	bool is_found = compare_ids(from, to) == 0;
	Side forward;
	Side backward;
	Probes probes;

	begin_probes(&probes);
	begin_side(&forward, from);
	begin_side(&backward, to);
	while (!is_found && forward.nfound > 0 && backward.nfound > 0 &&
		   !is_long(all, &forward, &backward))
	{
		if (forward.nfound <= backward.nfound)
			is_found = step(all, &probes, trace_id, &forward, &backward, true);
		else
			is_found = step(all, &probes, trace_id, &backward, &forward, false);
	}
	end_probes(&probes);
	all->found += hash_get_num_entries(forward.seen) +
				  hash_get_num_entries(backward.seen);
	MemoryContextSwitchTo(oldcontext);
	MemoryContextDelete(context);

	return is_found;
}

/* Has it gone so far that it is better to look at all of the trace? */
static bool
is_long(const Links *all, const Side *forward, const Side *backward)
{
	return all->found + hash_get_num_entries(forward->seen) +
			   hash_get_num_entries(backward->seen) >=
		   MAX_FOUND;
}

static void
begin_side(Side *side, const pg_uuid_t *start)
{
	HASHCTL info = {.keysize = sizeof(pg_uuid_t),
					.entrysize = sizeof(pg_uuid_t),
					.hcxt = CurrentMemoryContext};

	side->seen = hash_create("stormdisc events of a path", 64, &info,
							 HASH_ELEM | HASH_BLOBS | HASH_CONTEXT);
	(void) hash_search(side->seen, start, HASH_ENTER, NULL);
	side->size = 16;
	side->found = palloc(side->size * sizeof(pg_uuid_t));
	side->found[0] = *start;
	side->nfound = 1;
}

/* Go one link on from all that was found last; true if the sides have met. */
static bool
step(Links *all, Probes *probes, const pg_uuid_t *trace_id, Side *side,
	 const Side *other, bool is_forward)
{
	pg_uuid_t *from = side->found;
	int n = side->nfound;

	side->found = palloc(side->size * sizeof(pg_uuid_t));
	side->nfound = 0;
	for (int i = 0; i < n && probes->snapshot != NULL; i++)
		if (is_forward
				? probe_from(all, probes, trace_id, &from[i], side, other)
				: probe_to(all, probes, trace_id, &from[i], side, other))
			return true;
	for (int i = 0; i < n && probes->snapshot == NULL; i += CHUNK)
		if (ask_next(all, trace_id, &from[i], Min(CHUNK, n - i), side, other,
					 is_forward))
			return true;

	for (int i = 0; i < n && all->n > 0; i++)
	{
		if (is_forward)
		{
			for (int child = first_child(all, &from[i]); child < all->nparents;
				 child++)
			{
				const SdLink *link = &all->links[all->by_parent[child]];

				if (compare_ids(&link->parent_id, &from[i]) != 0)
					break;
				if (is_link(link, trace_id) && reach(side, other, &link->id))
					return true;
			}
		}
		else
		{
			int event = find_by_id(all, &from[i]);

			if (event >= 0 && is_link(&all->links[event], trace_id) &&
				reach(side, other, &all->links[event].parent_id))
				return true;
		}
	}
	pfree(from);

	return false;
}

/* What comes after an event, by the indexes. */
static bool
probe_from(Links *all, Probes *probes, const pg_uuid_t *trace_id,
		   const pg_uuid_t *id, Side *side, const Side *other)
{
	Datum values[] = {UUIDPGetDatum(trace_id), UUIDPGetDatum(id)};
	bool isnull;

	sd_probe_for(&probes->children, &values[1]);
	while (sd_probe_next(&probes->children))
	{
		SdLink link;

		read_link(probes->children.slot, &link);
		if (is_link(&link, trace_id) && find_by_id(all, &link.id) < 0 &&
			reach(side, other, &link.id))
			return true;
	}
	sd_probe_for(&probes->out, values);
	while (sd_probe_next(&probes->out))
		if (counts(&probes->out) && reach(side, other,
										  DatumGetUUIDP(sd_probe_value(
											  &probes->out, EDGE_TO, &isnull))))
			return true;

	return false;
}

/* What comes before it. */
static bool
probe_to(Links *all, Probes *probes, const pg_uuid_t *trace_id,
		 const pg_uuid_t *id, Side *side, const Side *other)
{
	Datum values[] = {UUIDPGetDatum(trace_id), UUIDPGetDatum(id)};
	bool isnull;

	sd_probe_for(&probes->events, &values[1]);
	while (sd_probe_next(&probes->events))
	{
		SdLink link;

		read_link(probes->events.slot, &link);
		if (is_link(&link, trace_id) && find_by_id(all, &link.id) < 0 &&
			reach(side, other, &link.parent_id))
			return true;
	}
	sd_probe_for(&probes->in, values);
	while (sd_probe_next(&probes->in))
		if (counts(&probes->in) && reach(side, other,
										 DatumGetUUIDP(sd_probe_value(
											 &probes->in, EDGE_FROM, &isnull))))
			return true;

	return false;
}

/* Does an edge order anything? */
static bool
counts(SdProbe *probe)
{
	bool isnull;
	text *type;

	if (DatumGetBool(sd_probe_value(probe, EDGE_QUARANTINED, &isnull)))
		return false;
	type = DatumGetTextPP(sd_probe_value(probe, EDGE_TYPE, &isnull));

	return sd_edge_type(VARDATA_ANY(type), VARSIZE_ANY_EXHDR(type)) !=
		   SD_CONCURRENT_WITH;
}

/* Either, by a statement. */
static bool
ask_next(Links *all, const pg_uuid_t *trace_id, const pg_uuid_t *from, int n,
		 Side *side, const Side *other, bool is_forward)
{
	Datum *ids = palloc(n * sizeof(Datum));
	Datum values[2] = {UUIDPGetDatum(trace_id)};
	SPITupleTable *table;
	bool result = false;
	uint64 rows;

	for (int i = 0; i < n; i++)
		ids[i] = UUIDPGetDatum(&from[i]);
	values[1] = PointerGetDatum(sd_array_make(ids, NULL, n, UUIDOID));
	rows = sd_spi_read_latest(is_forward ? &select_from : &select_to, values,
							  NULL);
	table = SPI_tuptable;
	for (uint64 i = 0; i < rows && !result; i++)
	{
		bool isnull;
		Datum event = sd_result(i, 1, &isnull);

		CHECK_FOR_INTERRUPTS();
		/* what is being written counts as it will be */
		if (isnull || find_by_id(all, DatumGetUUIDP(event)) < 0)
			result = reach(side, other, DatumGetUUIDP(sd_result(i, 2, NULL)));
	}
	SPI_freetuptable(table);
	pfree(ids);

	return result;
}

/* Have all indexes, or none. */
static void
begin_probes(Probes *probes)
{
	static const int id[] = {SD_EVENT_ID};
	static const int parent_id[] = {SD_EVENT_PARENT_ID};
	static const int out[] = {EDGE_TRACE, EDGE_FROM};
	static const int in[] = {EDGE_TRACE, EDGE_TO};

	CommandCounterIncrement();
	probes->snapshot = RegisterSnapshot(GetLatestSnapshot());
	probes->has_events =
		sd_probe_begin(&probes->events, "events", id, 1, probes->snapshot);
	probes->has_children = sd_probe_begin(&probes->children, "events",
										  parent_id, 1, probes->snapshot);
	probes->has_out =
		sd_probe_begin(&probes->out, "edge_store", out, 2, probes->snapshot);
	probes->has_in =
		sd_probe_begin(&probes->in, "edge_store", in, 2, probes->snapshot);
	if (!probes->has_events || !probes->has_children || !probes->has_out ||
		!probes->has_in)
		end_probes(probes);
}

static void
end_probes(Probes *probes)
{
	if (probes->snapshot == NULL)
		return;
	if (probes->has_events)
		sd_probe_end(&probes->events);
	if (probes->has_children)
		sd_probe_end(&probes->children);
	if (probes->has_out)
		sd_probe_end(&probes->out);
	if (probes->has_in)
		sd_probe_end(&probes->in);
	UnregisterSnapshot(probes->snapshot);
	probes->snapshot = NULL;
}

/* An event is found; true if the other side has found it as well. */
static bool
reach(Side *side, const Side *other, const pg_uuid_t *id)
{
	bool is_known;

	(void) hash_search(side->seen, id, HASH_ENTER, &is_known);
	if (is_known)
		return false;
	if (hash_search(other->seen, id, HASH_FIND, NULL) != NULL)
		return true;
	if (side->nfound == side->size)
	{
		side->size *= 2;
		side->found =
			repalloc_huge(side->found, (Size) side->size * sizeof(pg_uuid_t));
	}
	side->found[side->nfound++] = *id;

	return false;
}

static bool
is_link(const SdLink *link, const pg_uuid_t *trace_id)
{
	return link->has_parent && !link->is_quarantined &&
		   compare_ids(&link->trace_id, trace_id) == 0;
}

static int
compare_ids(const pg_uuid_t *a, const pg_uuid_t *b)
{
	return memcmp(a->data, b->data, UUID_LEN);
}

/*
 * stormdisc_events_written() -> trigger
 *		After INSERT or UPDATE, for each statement: check the links.
 */
Datum
stormdisc_events_written(PG_FUNCTION_ARGS)
{
	SdLink *links;
	int n;

	if (!CALLED_AS_TRIGGER(fcinfo))
		ereport(
			ERROR, errcode(ERRCODE_E_R_I_E_TRIGGER_PROTOCOL_VIOLATED),
			errmsg("stormdisc_events_written() must be called as a trigger"));
	if (is_checked)
		return PointerGetDatum(NULL);

	n = read_changes((TriggerData *) fcinfo->context, &links);
	sd_links_check(links, n);
	quarantine(links, n);

	return PointerGetDatum(NULL);
}

/* The rows that have a link which is new. */
static int
read_changes(TriggerData *trigger, SdLink **links)
{
	bool is_update = TRIGGER_FIRED_BY_UPDATE(trigger->tg_event);
	TupleDesc desc = RelationGetDescr(trigger->tg_relation);
	TupleTableSlot *new_slot;
	TupleTableSlot *old_slot;
	int size = 64;
	int n = 0;

	if (!TRIGGER_FIRED_AFTER(trigger->tg_event) ||
		!TRIGGER_FIRED_FOR_STATEMENT(trigger->tg_event) ||
		trigger->tg_newtable == NULL ||
		(is_update && trigger->tg_oldtable == NULL))
		ereport(
			ERROR, errcode(ERRCODE_E_R_I_E_TRIGGER_PROTOCOL_VIOLATED),
			errmsg(
				"stormdisc_events_written() must be called after INSERT or UPDATE, with transition tables"));

	new_slot = MakeSingleTupleTableSlot(desc, &TTSOpsMinimalTuple);
	old_slot = MakeSingleTupleTableSlot(desc, &TTSOpsMinimalTuple);
	*links = palloc(size * sizeof(SdLink));
	while (tuplestore_gettupleslot(trigger->tg_newtable, true, false, new_slot))
	{
		SdLink *link;

		CHECK_FOR_INTERRUPTS();
		if (n == size)
		{
			size *= 2;
			*links = repalloc_huge(*links, (Size) size * sizeof(SdLink));
		}
		link = &(*links)[n++];
		read_link(new_slot, link);
		if (is_update)
		{
			SdLink before;

			if (!tuplestore_gettupleslot(trigger->tg_oldtable, true, false,
										 old_slot))
				elog(ERROR, "transition tables differ in length");
			read_link(old_slot, &before);
			link->is_changed = true;
			if (!link->has_parent || link->is_quarantined ||
				(before.has_parent && !before.is_quarantined &&
				 compare_ids(&before.id, &link->id) == 0 &&
				 compare_ids(&before.trace_id, &link->trace_id) == 0 &&
				 compare_ids(&before.parent_id, &link->parent_id) == 0))
				n--;
		}
	}
	ExecDropSingleTupleTableSlot(new_slot);
	ExecDropSingleTupleTableSlot(old_slot);

	return n;
}

static void
read_link(TupleTableSlot *slot, SdLink *link)
{
	bool isnull;
	Datum parent = slot_getattr(slot, SD_EVENT_PARENT_ID, &isnull);

	memset(link, 0, sizeof(*link));
	link->has_parent = !isnull;
	if (link->has_parent)
		link->parent_id = *DatumGetUUIDP(parent);
	link->id = *DatumGetUUIDP(slot_getattr(slot, SD_EVENT_ID, &isnull));
	link->trace_id =
		*DatumGetUUIDP(slot_getattr(slot, SD_EVENT_TRACE_ID, &isnull));
	link->is_quarantined =
		DatumGetBool(slot_getattr(slot, SD_EVENT_PARENT_QUARANTINED, &isnull));
}

/* Write what the check has found. */
static void
quarantine(const SdLink *links, int n)
{
	Datum *ids = palloc(sizeof(Datum) * CHUNK);
	Datum values[1];
	int found = 0;
	SdSpi spi;

	for (int i = 0; i < n; i++)
	{
		if (links[i].is_cut)
			ids[found++] = UUIDPGetDatum(&links[i].id);
		if (found == 0 || (found < CHUNK && i < n - 1))
			continue;

		sd_spi_begin(&spi, true);
		values[0] = PointerGetDatum(sd_array_make(ids, NULL, found, UUIDOID));
		(void) sd_links_write(&update_quarantined, values);
		sd_spi_end(&spi);
		found = 0;
	}
	pfree(ids);
	sd_links_warn(links, n);
}
