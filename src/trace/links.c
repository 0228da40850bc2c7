/*-------------------------------------------------------------------------
 *
 * links.c
 *	  What orders the events of a trace must not go round in a circle.
 *	  stormdisc_events_written: the trigger on stormdisc.events.
 *
 * A trace has links: from parents to their children, and its edges except
 * those that order nothing.  They count as soon as they are stored, whether
 * the events at their ends are there or not, so that an event which comes late
 * brings no link but the one to its own parent.  A link to an event that is
 * known to be of another trace never counts.  No link is stored that closes a
 * circle; links in quarantine do not count.
 *
 * Events are written first and looked at then.  Adding one to the end of what
 * is there closes no circle: its parent can be seen, or comes with it, and
 * nothing that can be seen goes out from it.  Whoever finds that so has shared
 * the lock of the trace while looking, and no longer.  Whoever adds another
 * link, or an edge, has the lock alone to the end of the transaction, and looks
 * for a path back in all that is in the table, committed or not.
 *
 * Two links that close a circle only together cannot both be at the end: one of
 * them goes out from an event that the other transaction is adding, and so has
 * a parent that it cannot see.  Say that one has the lock alone.  If the event
 * of the other is in the table, it is found there.  If it is not, its writer
 * waits for the lock after it has written it, and then sees what goes out from
 * it.  Nobody who waits for a lock of a trace shares one.
 *
 * An event that is found in the table may never be committed: a link is then
 * put into quarantine for nothing.
 *
 * Traces share a number of locks, so that a transaction may write to any
 * number of traces.
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
#include "utils/fmgroids.h"
#include "utils/fmgrprotos.h"
#include "utils/hsearch.h"
#include "utils/memutils.h"
#include "utils/rel.h"
#include "utils/snapmgr.h"
#include "utils/tuplestore.h"
#include "utils/uuid.h"

#include "arrays.h"
#include "compat.h"
#include "errors.h"
#include "lock.h"
#include "probe.h"
#include "spi_util.h"
#include "trace/event.h"
#include "trace/link_graph.h"
#include "trace/links.h"

PG_FUNCTION_INFO_V1(stormdisc_events_written);

/* locks that all traces share */
#define LOCKS 1024

/* events that are found one by one, before all of a trace are looked at */
#define MAX_FOUND 20000

/* events that one statement asks about, or changes */
#define CHUNK 10000

/* columns of stormdisc.edge_store */
#define EDGE_TRACE 1
#define EDGE_FROM 2
#define EDGE_TO 3
#define EDGE_TYPE 4
#define EDGE_QUARANTINED 8

/* the links that have been added */
typedef struct Links
{
	SdLink *links;
	int n;
	int *by_id;	  /* positions in links, in the order of ids */
	int *by_lock; /* those that may count, in the order of their locks */
	int nby_lock;
	bool *is_open; /* might it close a circle with others? */
	int64 found;   /* events on all searches in a trace */
} Links;

/* the indexes that are asked */
typedef enum ProbeIndex
{
	EVENTS_BY_ID,
	EVENTS_BY_PARENT,
	EVENTS_BY_TRACE,
	EDGES_BY_TRACE,
	EDGES_BY_FROM,
	EDGES_BY_TO,
	PROBES
} ProbeIndex;

static SdProbeIndex probe_indexes[] = {
	[EVENTS_BY_ID] = {.table = "events",
					  .columns = {SD_EVENT_ID},
					  .ncolumns = 1,
					  .nkeys = 1},
	[EVENTS_BY_PARENT] = {.table = "events",
						  .columns = {SD_EVENT_PARENT_ID},
						  .ncolumns = 1,
						  .nkeys = 1},
	[EVENTS_BY_TRACE] = {.table = "events",
						 .columns = {SD_EVENT_TRACE_ID},
						 .ncolumns = 1,
						 .nkeys = 1},
	[EDGES_BY_TRACE] = {.table = "edge_store",
						.columns = {EDGE_TRACE},
						.ncolumns = 1,
						.nkeys = 1},
	[EDGES_BY_FROM] = {.table = "edge_store",
					   .columns = {EDGE_TRACE, EDGE_FROM},
					   .ncolumns = 2,
					   .nkeys = 2},
	[EDGES_BY_TO] = {.table = "edge_store",
					 .columns = {EDGE_TRACE, EDGE_TO},
					 .ncolumns = 2,
					 .nkeys = 2},
};

typedef struct Probes
{
	SdProbe probes[PROBES];
	int n;				  /* that are open: all, or none */
	Snapshot snapshot;	  /* what is committed, if that is what is asked */
	SnapshotData current; /* else all that is in the table */
} Probes;

/* one side of a search for a path */
typedef struct Side
{
	HTAB *seen;
	pg_uuid_t *found; /* on the last step */
	int nfound;
	int size;
} Side;

/* what is searched in */
typedef struct Search
{
	Links *all;
	Probes *probes;
	const pg_uuid_t *trace_id;
} Search;

static void prepare_links(Links *all);
static int compare_by_id(const void *a, const void *b, void *arg);
static int compare_by_lock(const void *a, const void *b, void *arg);
static uint32 lock_of(const Links *all, int i);
static int find_by_id(const Links *all, const pg_uuid_t *id);
static bool cut_inner_circles(Links *all);
static void cut(SdLink *link);
static int root_of(int *roots, int i);
static bool find_open(Links *all);
static bool look_at(Links *all, const int *some, int n);
static bool is_open(Links *all, Probes *probes, const SdLink *link);
static bool goes_out(Probes *probes, const SdLink *link, pg_uuid_t *trace_id,
					 bool *has_edges);
static bool ask_open(Links *all, const int *some, int n);
static void lock_open(Links *all);
static void cut_circles(Links *all);
static int compare_by_trace(const void *a, const void *b, void *arg);
static void cut_circles_of(Links *all, const int *some, int n);
static void cut_in_graph(Links *all, const int *some, int n);
static SdLinkGraph *read_graph(Links *all, const pg_uuid_t *trace_id);
static void probe_graph(Search *search, SdLinkGraph *graph);
static void ask_graph(Search *search, SdLinkGraph *graph);
static bool is_elsewhere(const pg_uuid_t *id, void *arg);
static bool search(Links *all, const pg_uuid_t *trace_id, const pg_uuid_t *from,
				   const pg_uuid_t *to);
static bool is_long(const Links *all, const Side *forward,
					const Side *backward);
static void begin_side(Side *side, const pg_uuid_t *start);
static bool step(Search *search, Side *side, const Side *other,
				 bool is_forward);
static bool probe_from(Search *search, const pg_uuid_t *id, Side *side,
					   const Side *other);
static bool probe_to(Search *search, const pg_uuid_t *id, Side *side,
					 const Side *other);
static bool ask_next(Search *search, const pg_uuid_t *from, int n, Side *side,
					 const Side *other, bool is_forward);
static bool reach(Search *search, Side *side, const Side *other,
				  const pg_uuid_t *id);
static bool is_link(const Search *search, const SdLink *link);
static bool is_cut(const Links *all, const pg_uuid_t *id);
static bool counts(SdProbe *edge);
static pg_uuid_t *uuid_of(SdProbe *probe, int column);
static void begin_probes(Probes *probes, bool committed);
static void end_probes(Probes *probes);
static int compare_ids(const pg_uuid_t *a, const pg_uuid_t *b);
static void quarantine(const SdLink *links, int n);
static void warn(const SdLink *links, int n);
static int trigger_depth(void);
static int read_changes(TriggerData *trigger, SdLink **links);
static void read_link(TupleTableSlot *slot, SdLink *link);

#define IS(column, value) column " OPERATOR(pg_catalog.=) " value

/*
 * The same by statements, where an index is not as we have made it: of what is
 * committed.  Children are found by the index of parents, whatever the planner
 * knows of traces.
 */
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

/* (trace) -> the event, or NULL if it is an edge; the ends of a link, or NULL
 */
static SdStatement select_links = {
	.sql = "SELECT c.id, CASE WHEN NOT c.parent_quarantined THEN c.parent_id "
		   "END, c.id FROM stormdisc.events c WHERE " IS(
			   "c.trace_id",
			   "$1") " UNION ALL SELECT NULL, s.from_event_id, s.to_event_id "
					 "FROM stormdisc.edge_store s WHERE " IS("s.trace_id", "$1")
						 COUNTS,
	.nparameters = 1,
	.types = {UUIDOID},
};

static SdStatement select_elsewhere = {
	.sql = "SELECT FROM stormdisc.events e WHERE " IS(
		"e.id", "$2") " AND e.trace_id OPERATOR(pg_catalog.<>) $1",
	.nparameters = 2,
	.types = {UUIDOID, UUIDOID},
};

static SdStatement update_quarantined = {
	.sql = "UPDATE stormdisc.events e SET parent_quarantined = true "
		   "WHERE " IS("e.id", "ANY ($1)"),
	.nparameters = 1,
	.types = {UUIDARRAYOID},
};

/*
 * What is being written by triggers of this depth is checked afterwards, or
 * adds no link; -1: nothing is.  What a user's trigger writes then is deeper.
 */
static int checked_depth = -1;

/*
 * sd_links_check
 *		Put those links to parents into quarantine that close a circle, of
 *		events that have just been written.  No event may be there twice.
 */
void
sd_links_check(SdLink *links, int n)
{
	Links all = {.links = links, .n = n};
	bool has_open;
	bool has_cut;
	SdSpi spi;

	prepare_links(&all);
	if (all.nby_lock == 0)
		return;

	has_cut = cut_inner_circles(&all);
	has_open = find_open(&all);
	if (!has_cut && !has_open)
		return;

	sd_spi_begin(&spi, true);
	if (has_open)
	{
		lock_open(&all);
		cut_circles(&all);
	}
	quarantine(links, n);
	sd_spi_end(&spi);
	warn(links, n);
}

/*
 * sd_links_write
 *		Run a statement that writes events whose links are checked afterwards.
 */
uint64
sd_links_write(SdStatement *statement, const Datum *values)
{
	int previous = checked_depth;
	uint64 rows;

	checked_depth = trigger_depth() + 1;
	PG_TRY();
	{
		rows = sd_spi_write(statement, values, NULL);
	}
	PG_FINALLY();
	{
		checked_depth = previous;
	}
	PG_END_TRY();

	return rows;
}

/* How many triggers are being run. */
static int
trigger_depth(void)
{
	return DatumGetInt32(OidFunctionCall0(F_PG_TRIGGER_DEPTH));
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
	graph = read_graph(&none, trace_id);
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
	(void) sd_lock_number(SD_LOCK_TRACE,
						  hash_bytes(trace_id->data, UUID_LEN) % LOCKS,
						  ExclusiveLock, true);
}

/*
 * sd_traces_lock
 *		Have some traces alone, in the order in which everybody locks them.
 */
void
sd_traces_lock(const pg_uuid_t *trace_ids, int64 n)
{
	bool is_wanted[LOCKS] = {false};

	for (int64 i = 0; i < n; i++)
		is_wanted[hash_bytes(trace_ids[i].data, UUID_LEN) % LOCKS] = true;
	for (int i = 0; i < LOCKS; i++)
		if (is_wanted[i])
			(void) sd_lock_number(SD_LOCK_TRACE, i, ExclusiveLock, true);
}

/* Sort the events by id, and those with a link by their locks. */
static void
prepare_links(Links *all)
{
	Size size = (Size) Max(all->n, 1) * sizeof(int);

	all->by_lock = palloc_extended(size, MCXT_ALLOC_HUGE);
	for (int i = 0; i < all->n; i++)
		if (all->links[i].has_parent && !all->links[i].is_quarantined)
			all->by_lock[all->nby_lock++] = i;
	if (all->nby_lock == 0)
		return;
	qsort_arg(all->by_lock, all->nby_lock, sizeof(int), compare_by_lock, all);

	all->by_id = palloc_extended(size, MCXT_ALLOC_HUGE);
	for (int i = 0; i < all->n; i++)
		all->by_id[i] = i;
	qsort_arg(all->by_id, all->n, sizeof(int), compare_by_id, all);
	all->is_open = palloc_extended(all->n, MCXT_ALLOC_HUGE | MCXT_ALLOC_ZERO);
}

static int
compare_by_id(const void *a, const void *b, void *arg)
{
	const Links *all = arg;

	return compare_ids(&all->links[*(const int *) a].id,
					   &all->links[*(const int *) b].id);
}

static int
compare_by_lock(const void *a, const void *b, void *arg)
{
	uint32 x = lock_of(arg, *(const int *) a);
	uint32 y = lock_of(arg, *(const int *) b);

	return x < y ? -1 : x > y;
}

static uint32
lock_of(const Links *all, int i)
{
	return hash_bytes(all->links[i].trace_id.data, UUID_LEN) % LOCKS;
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

/*
 * Links among the events themselves, in their order: one that leads to the root
 * of its own tree closes a circle.  Was there one?
 */
static bool
cut_inner_circles(Links *all)
{
	int *roots = palloc_extended((Size) all->n * sizeof(int), MCXT_ALLOC_HUGE);
	bool result = false;

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
		{
			cut(link);
			result = true;
		}
		else
			roots[i] = parent;
	}
	pfree(roots);

	return result;
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

/* Is there a link that is not at the end of its trace? */
static bool
find_open(Links *all)
{
	bool result = false;

	for (int start = 0, end; start < all->nby_lock; start = end)
	{
		uint32 lock = lock_of(all, all->by_lock[start]);

		for (end = start + 1; end < all->nby_lock; end++)
			if (lock_of(all, all->by_lock[end]) != lock)
				break;
		(void) sd_lock_number(SD_LOCK_TRACE, lock, ShareLock, true);
		if (look_at(all, &all->by_lock[start], end - start))
			result = true;
		sd_unlock_number(SD_LOCK_TRACE, lock, ShareLock);
	}

	return result;
}

/* Look at some of them, by their positions. */
static bool
look_at(Links *all, const int *some, int n)
{
	pg_uuid_t trace_id = {0};
	bool has_edges = false;
	bool result = false;
	Probes probes;

	begin_probes(&probes, true);
	if (probes.n == 0)
	{
		SdSpi spi;

		sd_spi_begin(&spi, true);
		for (int i = 0; i < n; i += CHUNK)
			if (ask_open(all, &some[i], Min(CHUNK, n - i)))
				result = true;
		sd_spi_end(&spi);
		return result;
	}

	for (int i = 0; i < n; i++)
	{
		const SdLink *link = &all->links[some[i]];

		if (link->is_quarantined)
			continue;
		if (is_open(all, &probes, link) ||
			goes_out(&probes, link, &trace_id, &has_edges))
		{
			all->is_open[some[i]] = true;
			result = true;
		}
	}
	end_probes(&probes);

	return result;
}

/* Is its parent not to be seen, or has it children that others have added? */
static bool
is_open(Links *all, Probes *probes, const SdLink *link)
{
	SdProbe *events = &probes->probes[EVENTS_BY_ID];
	SdProbe *children = &probes->probes[EVENTS_BY_PARENT];
	int parent = find_by_id(all, &link->parent_id);
	const pg_uuid_t *parent_trace;
	Datum value;

	if (parent >= 0)
		parent_trace = &all->links[parent].trace_id;
	else
	{
		value = UUIDPGetDatum(&link->parent_id);
		sd_probe_for(events, &value);
		if (!sd_probe_next(events))
			return true;
		parent_trace = uuid_of(events, SD_EVENT_TRACE_ID);
	}
	/* of another trace: the link never counts */
	if (compare_ids(parent_trace, &link->trace_id) != 0)
		return false;
	if (link->is_changed)
		return true;

	value = UUIDPGetDatum(&link->id);
	sd_probe_for(children, &value);
	while (sd_probe_next(children))
	{
		SdLink child;

		read_link(children->slot, &child);
		/* one of these events is known already */
		if (find_by_id(all, &child.id) < 0 && !child.is_quarantined &&
			compare_ids(&child.trace_id, &link->trace_id) == 0)
			return true;
	}

	return false;
}

/* Does an edge go out from it?  Most traces have none. */
static bool
goes_out(Probes *probes, const SdLink *link, pg_uuid_t *trace_id,
		 bool *has_edges)
{
	SdProbe *any = &probes->probes[EDGES_BY_TRACE];
	SdProbe *edges = &probes->probes[EDGES_BY_FROM];
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

/* Likewise, by a statement. */
static bool
ask_open(Links *all, const int *some, int size)
{
	Datum *columns[4];
	bool *nulls = palloc(size * sizeof(bool));
	Datum values[4];
	bool result = false;
	uint64 found;
	int n = 0;

	for (int i = 0; i < 4; i++)
		columns[i] = palloc(size * sizeof(Datum));
	for (int i = 0; i < size; i++)
	{
		SdLink *link = &all->links[some[i]];

		if (link->is_quarantined)
			continue;
		if (link->is_changed)
		{
			all->is_open[some[i]] = true;
			result = true;
			continue;
		}
		columns[0][n] = Int32GetDatum(some[i]);
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

/* Have the traces alone in which there is something to look at. */
static void
lock_open(Links *all)
{
	for (int i = 0; i < all->nby_lock; i++)
		if (all->is_open[all->by_lock[i]])
			sd_trace_lock(&all->links[all->by_lock[i]].trace_id);
}

/* Look at the links that are open, trace by trace. */
static void
cut_circles(Links *all)
{
	int *open =
		palloc_extended((Size) all->nby_lock * sizeof(int), MCXT_ALLOC_HUGE);
	int n = 0;

	for (int i = 0; i < all->n; i++)
		if (all->is_open[i] && !all->links[i].is_quarantined)
			open[n++] = i;
	qsort_arg(open, n, sizeof(int), compare_by_trace, all);

	for (int start = 0, end; start < n; start = end)
	{
		const pg_uuid_t *trace_id = &all->links[open[start]].trace_id;

		for (end = start + 1; end < n; end++)
			if (compare_ids(&all->links[open[end]].trace_id, trace_id) != 0)
				break;
		cut_circles_of(all, &open[start], end - start);
	}
	pfree(open);
}

static int
compare_by_trace(const void *a, const void *b, void *arg)
{
	const Links *all = arg;
	int x = *(const int *) a;
	int y = *(const int *) b;
	int order = compare_ids(&all->links[x].trace_id, &all->links[y].trace_id);

	return order != 0 ? order : x - y;
}

/* Some links of one trace, by their positions. */
static void
cut_circles_of(Links *all, const int *some, int n)
{
	all->found = 0;
	for (int i = 0; i < n; i++)
	{
		SdLink *link = &all->links[some[i]];

		if (search(all, &link->trace_id, &link->id, &link->parent_id))
			cut(link);
		else if (all->found >= MAX_FOUND)
		{
			cut_in_graph(all, &some[i], n - i);
			break;
		}
	}
}

/* Likewise, when it is better to look at all of the trace at once. */
static void
cut_in_graph(Links *all, const int *some, int n)
{
	MemoryContext context = AllocSetContextCreate(
		CurrentMemoryContext, "stormdisc links", ALLOCSET_DEFAULT_SIZES);
	MemoryContext oldcontext = MemoryContextSwitchTo(context);
	SdLinkGraph *graph = read_graph(all, &all->links[some[0]].trace_id);

	if (sd_link_graph_close(graph))
		for (int i = 0; i < n; i++)
		{
			SdLink *link = &all->links[some[i]];

			if (sd_link_graph_cut(graph, &link->parent_id, &link->id))
				cut(link);
		}
	MemoryContextSwitchTo(oldcontext);
	MemoryContextDelete(context);
}

/* All links of a trace, but for those that are cut. */
static SdLinkGraph *
read_graph(Links *all, const pg_uuid_t *trace_id)
{
	Probes probes;
	Search search = {all, &probes, trace_id};
	SdLinkGraph *graph = sd_link_graph_begin();

	begin_probes(&probes, false);
	if (probes.n > 0)
		probe_graph(&search, graph);
	else
		ask_graph(&search, graph);
	sd_link_graph_forget(graph, is_elsewhere, &search);
	end_probes(&probes);

	return graph;
}

static void
probe_graph(Search *search, SdLinkGraph *graph)
{
	SdProbe *events = &search->probes->probes[EVENTS_BY_TRACE];
	SdProbe *edges = &search->probes->probes[EDGES_BY_TRACE];
	Datum value = UUIDPGetDatum(search->trace_id);

	sd_probe_for(events, &value);
	while (sd_probe_next(events))
	{
		SdLink link;

		read_link(events->slot, &link);
		sd_link_graph_know(graph, &link.id);
		if (is_link(search, &link))
			sd_link_graph_add(graph, &link.parent_id, &link.id);
	}
	sd_probe_for(edges, &value);
	while (sd_probe_next(edges))
		if (counts(edges))
			sd_link_graph_add(graph, uuid_of(edges, EDGE_FROM),
							  uuid_of(edges, EDGE_TO));
}

static void
ask_graph(Search *search, SdLinkGraph *graph)
{
	Datum values[] = {UUIDPGetDatum(search->trace_id)};
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
			bool is_edge;
			bool is_root;
			Datum event = sd_result(i, 1, &is_edge);
			Datum from = sd_result(i, 2, &is_root);

			CHECK_FOR_INTERRUPTS();
			if (!is_edge)
				sd_link_graph_know(graph, DatumGetUUIDP(event));
			if (!is_root &&
				(is_edge || !is_cut(search->all, DatumGetUUIDP(event))))
				sd_link_graph_add(graph, DatumGetUUIDP(from),
								  DatumGetUUIDP(sd_result(i, 3, NULL)));
		}
		SPI_freetuptable(SPI_tuptable);
	}
	SPI_cursor_close(portal);
	PopActiveSnapshot();
}

/* Is it known to be of another trace? */
static bool
is_elsewhere(const pg_uuid_t *id, void *arg)
{
	Search *search = arg;
	SdProbe *events = &search->probes->probes[EVENTS_BY_ID];
	Datum values[] = {UUIDPGetDatum(search->trace_id), UUIDPGetDatum(id)};
	bool result = false;

	if (search->probes->n == 0)
		return sd_spi_read_latest(&select_elsewhere, values, NULL) > 0;

	sd_probe_for(events, &values[1]);
	while (sd_probe_next(events))
	{
		result = compare_ids(uuid_of(events, SD_EVENT_TRACE_ID),
							 search->trace_id) != 0;
		if (!result)
			break;
	}

	return result;
}

/*
 * Is there a path between two events?  From both ends, always where fewer
 * events were found last.
 */
static bool
search(Links *all, const pg_uuid_t *trace_id, const pg_uuid_t *from,
	   const pg_uuid_t *to)
{
	MemoryContext context = AllocSetContextCreate(
		CurrentMemoryContext, "stormdisc path", ALLOCSET_DEFAULT_SIZES);
	MemoryContext oldcontext = MemoryContextSwitchTo(context);
	Probes probes;
	Search search = {all, &probes, trace_id};
	bool is_found = false;
	Side forward;
	Side backward;

	begin_probes(&probes, false);
	begin_side(&forward, from);
	begin_side(&backward, to);
	if (is_elsewhere(from, &search) || is_elsewhere(to, &search))
		forward.nfound = 0;
	else
		is_found = compare_ids(from, to) == 0;
	while (!is_found && forward.nfound > 0 && backward.nfound > 0 &&
		   !is_long(all, &forward, &backward))
	{
		if (forward.nfound <= backward.nfound)
			is_found = step(&search, &forward, &backward, true);
		else
			is_found = step(&search, &backward, &forward, false);
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
step(Search *search, Side *side, const Side *other, bool is_forward)
{
	pg_uuid_t *from = side->found;
	int n = side->nfound;
	bool result = false;

	side->found = palloc(side->size * sizeof(pg_uuid_t));
	side->nfound = 0;
	if (search->probes->n == 0)
		for (int i = 0; i < n && !result; i += CHUNK)
			result = ask_next(search, &from[i], Min(CHUNK, n - i), side, other,
							  is_forward);
	else
		for (int i = 0; i < n && !result; i++)
			result = is_forward ? probe_from(search, &from[i], side, other)
								: probe_to(search, &from[i], side, other);
	pfree(from);

	return result;
}

/* What comes after an event. */
static bool
probe_from(Search *search, const pg_uuid_t *id, Side *side, const Side *other)
{
	SdProbe *children = &search->probes->probes[EVENTS_BY_PARENT];
	SdProbe *edges = &search->probes->probes[EDGES_BY_FROM];
	Datum values[] = {UUIDPGetDatum(search->trace_id), UUIDPGetDatum(id)};

	sd_probe_for(children, &values[1]);
	while (sd_probe_next(children))
	{
		SdLink link;

		read_link(children->slot, &link);
		if (is_link(search, &link) && reach(search, side, other, &link.id))
			return true;
	}
	sd_probe_for(edges, values);
	while (sd_probe_next(edges))
		if (counts(edges) &&
			reach(search, side, other, uuid_of(edges, EDGE_TO)))
			return true;

	return false;
}

/* What comes before it. */
static bool
probe_to(Search *search, const pg_uuid_t *id, Side *side, const Side *other)
{
	SdProbe *events = &search->probes->probes[EVENTS_BY_ID];
	SdProbe *edges = &search->probes->probes[EDGES_BY_TO];
	Datum values[] = {UUIDPGetDatum(search->trace_id), UUIDPGetDatum(id)};
	pg_uuid_t parents[2];
	int n = 0;

	/* reach() asks the same index; a row that is being changed is there twice
	 */
	sd_probe_for(events, &values[1]);
	while (n < lengthof(parents) && sd_probe_next(events))
	{
		SdLink link;

		read_link(events->slot, &link);
		if (is_link(search, &link))
			parents[n++] = link.parent_id;
	}
	while (n-- > 0)
		if (reach(search, side, other, &parents[n]))
			return true;
	sd_probe_for(edges, values);
	while (sd_probe_next(edges))
		if (counts(edges) &&
			reach(search, side, other, uuid_of(edges, EDGE_FROM)))
			return true;

	return false;
}

/* Either, by a statement. */
static bool
ask_next(Search *search, const pg_uuid_t *from, int n, Side *side,
		 const Side *other, bool is_forward)
{
	Datum *ids = palloc(n * sizeof(Datum));
	Datum values[2] = {UUIDPGetDatum(search->trace_id)};
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
		bool is_edge;
		Datum event;

		CHECK_FOR_INTERRUPTS();
		SPI_tuptable = table;
		event = sd_result(i, 1, &is_edge);
		if (is_edge || !is_cut(search->all, DatumGetUUIDP(event)))
			result = reach(search, side, other,
						   DatumGetUUIDP(sd_result(i, 2, NULL)));
	}
	SPI_freetuptable(table);
	pfree(ids);

	return result;
}

/* An event is found; true if the other side has found it as well. */
static bool
reach(Search *search, Side *side, const Side *other, const pg_uuid_t *id)
{
	bool is_known;

	(void) hash_search(side->seen, id, HASH_ENTER, &is_known);
	if (is_known || is_elsewhere(id, search))
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

/* Does the link to its parent count? */
static bool
is_link(const Search *search, const SdLink *link)
{
	return link->has_parent && !link->is_quarantined &&
		   compare_ids(&link->trace_id, search->trace_id) == 0 &&
		   !is_cut(search->all, &link->id);
}

/* Has it just been found to close a circle? */
static bool
is_cut(const Links *all, const pg_uuid_t *id)
{
	int found = find_by_id(all, id);

	return found >= 0 && all->links[found].is_cut;
}

/* Does an edge order anything? */
static bool
counts(SdProbe *edge)
{
	bool isnull;
	text *type;

	if (DatumGetBool(sd_probe_value(edge, EDGE_QUARANTINED, &isnull)))
		return false;
	type = DatumGetTextPP(sd_probe_value(edge, EDGE_TYPE, &isnull));

	return sd_edge_type(VARDATA_ANY(type), VARSIZE_ANY_EXHDR(type)) !=
		   SD_CONCURRENT_WITH;
}

static pg_uuid_t *
uuid_of(SdProbe *probe, int column)
{
	bool isnull;

	return DatumGetUUIDP(sd_probe_value(probe, column, &isnull));
}

/*
 * Have all indexes, or none.  They are asked for what is committed, or for all
 * that is in the table.
 */
static void
begin_probes(Probes *probes, bool committed)
{
	Snapshot snapshot = &probes->current;

	CommandCounterIncrement();
	probes->snapshot = NULL;
	probes->n = 0;
	if (committed)
		snapshot = probes->snapshot = RegisterSnapshot(GetLatestSnapshot());
	else
		InitDirtySnapshot(probes->current);

	while (probes->n < PROBES &&
		   sd_probe_begin(&probes->probes[probes->n], &probe_indexes[probes->n],
						  snapshot))
		probes->n++;
	if (probes->n < PROBES)
		end_probes(probes);
}

static void
end_probes(Probes *probes)
{
	while (probes->n > 0)
		sd_probe_end(&probes->probes[--probes->n]);
	if (probes->snapshot != NULL)
		UnregisterSnapshot(probes->snapshot);
	probes->snapshot = NULL;
}

static int
compare_ids(const pg_uuid_t *a, const pg_uuid_t *b)
{
	return memcmp(a->data, b->data, UUID_LEN);
}

/* Write what the check has found. */
static void
quarantine(const SdLink *links, int n)
{
	Datum *ids = palloc(sizeof(Datum) * CHUNK);
	Datum values[1];
	int found = 0;

	for (int i = 0; i < n; i++)
	{
		if (links[i].is_cut)
			ids[found++] = UUIDPGetDatum(&links[i].id);
		if (found == 0 || (found < CHUNK && i < n - 1))
			continue;

		values[0] = PointerGetDatum(sd_array_make(ids, NULL, found, UUIDOID));
		(void) sd_links_write(&update_quarantined, values);
		found = 0;
	}
	pfree(ids);
}

/* Tell about them. */
static void
warn(const SdLink *links, int n)
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
	if (trigger_depth() == checked_depth)
		return PointerGetDatum(NULL);

	n = read_changes((TriggerData *) fcinfo->context, &links);
	sd_links_check(links, n);

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
