/*-------------------------------------------------------------------------
 *
 * cleanup.c
 *	  stormdisc_cleanup_old_traces, stormdisc_clear: remove traces.
 *
 * Traces go whole, with their edges and roots.  One goes when its newest event
 * is too old, which is looked at again right before in all that is in the
 * table, committed or not: a trace that somebody is adding to stays.  What is
 * added after that is the first event of a new trace with the same id, as it
 * would be if it came later.
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "access/xact.h"
#include "catalog/pg_type.h"
#include "executor/spi.h"
#include "miscadmin.h"
#include "tcop/utility.h"
#include "utils/array.h"
#include "utils/builtins.h"
#include "utils/memutils.h"
#include "utils/snapmgr.h"
#include "utils/timestamp.h"
#include "utils/uuid.h"

#include "arrays.h"
#include "probe.h"
#include "prune.h"
#include "spi_util.h"
#include "stormdisc.h"
#include "trace/event.h"
#include "trace/storage.h"

PG_FUNCTION_INFO_V1(stormdisc_cleanup_old_traces);
PG_FUNCTION_INFO_V1(stormdisc_clear);

/* traces that are removed by one statement */
#define CHUNK 500

/* hours of a thousand years */
#define MAX_HOURS ((int64) 1000 * 366 * 24)

typedef struct Trace
{
	pg_uuid_t id;
	TimestampTz newest;
	int64 events;
} Trace;

/* what has been removed */
typedef struct Removed
{
	int64 traces;
	int64 events;
	int64 skipped; /* traces that have a newer event by now */
} Removed;

static int compare_ids(const void *a, const void *b);
static Trace *find_traces(SdStatement *statement, Datum argument, int64 *n);
static void remove_traces(Trace *traces, int64 n, TimestampTz cutoff,
						  int64 max_events, Removed *removed);
static void remove_some(Trace *traces, int n, TimestampTz cutoff,
						Removed *removed);
static void remove_stray(TimestampTz cutoff);
static bool is_still_old(SdProbe *probe, const pg_uuid_t *id,
						 TimestampTz cutoff);

/* (cutoff) -> trace, newest event, number of events */
static SdStatement select_old = {
	.sql = "SELECT e.trace_id, pg_catalog.max(e.\"timestamp\"), "
		   "pg_catalog.count(*) FROM stormdisc.events e GROUP BY e.trace_id "
		   "HAVING pg_catalog.max(e.\"timestamp\") OPERATOR(pg_catalog.<) $1 "
		   "ORDER BY 2, 1",
	.nparameters = 1,
	.types = {TIMESTAMPTZOID},
	.reads_all = true,
};

/* (traces, cutoff): a newer event has come in this very moment */
static SdStatement delete_events = {
	.sql = "DELETE FROM stormdisc.events d "
		   "WHERE d.trace_id OPERATOR(pg_catalog.=) ANY ($1) "
		   "AND d.\"timestamp\" OPERATOR(pg_catalog.<) $2",
	.nparameters = 2,
	.types = {UUIDARRAYOID, TIMESTAMPTZOID},
};

#define DELETE_OF(table)                                                       \
	{                                                                          \
		.sql = "DELETE FROM stormdisc." table " d "                            \
			   "WHERE d.trace_id OPERATOR(pg_catalog.=) ANY ($1)",             \
		.nparameters = 1, .types = {UUIDARRAYOID},                             \
	}

static SdStatement delete_edges = DELETE_OF("edge_store");
static SdStatement delete_roots = DELETE_OF("root_store");

#define DELETE_STRAY_OF(table)                                                 \
	{                                                                          \
		.sql = "DELETE FROM stormdisc." table " d "                            \
			   "WHERE d.created_at OPERATOR(pg_catalog.<) $1 AND NOT EXISTS (" \
			   "SELECT FROM stormdisc.events e "                               \
			   "WHERE e.trace_id OPERATOR(pg_catalog.=) d.trace_id)",          \
		.nparameters = 1, .types = {TIMESTAMPTZOID},                           \
	}

static SdStatement delete_stray_edges = DELETE_STRAY_OF("edge_store");
static SdStatement delete_stray_roots = DELETE_STRAY_OF("root_store");

/*
 * stormdisc_cleanup_old_traces(retention_hours) -> bigint
 *		Remove the traces whose newest event is older than that; how many.
 */
Datum
stormdisc_cleanup_old_traces(PG_FUNCTION_ARGS)
{
	int64 hours =
		PG_ARGISNULL(0) ? sd_setting_retention_hours : PG_GETARG_INT64(0);
	TimestampTz cutoff;
	Removed removed = {0};
	Trace *traces;
	int64 n;
	SdSpi spi;

	PreventCommandIfReadOnly("stormdisc_cleanup_old_traces()");
	PreventCommandIfParallelMode("stormdisc_cleanup_old_traces()");
	if (hours < 0 || hours > MAX_HOURS)
		ereport(ERROR, errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				errmsg("argument \"%s\" must be between 0 and " INT64_FORMAT,
					   "retention_hours", MAX_HOURS));

	cutoff = GetCurrentTimestamp() - hours * USECS_PER_HOUR;
	sd_spi_begin(&spi, true);
	traces = find_traces(&select_old, TimestampTzGetDatum(cutoff), &n);
	remove_traces(traces, n, cutoff, PG_INT64_MAX, &removed);
	remove_stray(cutoff);
	sd_spi_end(&spi);

	PG_RETURN_INT64(removed.traces);
}

/*
 * sd_traces_prune
 *		Likewise, for maintenance: traces that are older than prune->older_than,
 *		as long as they have no more than prune->max_rows events together.
 */
void
sd_traces_prune(SdPrune *prune)
{
	Removed removed = {0};
	Trace *traces;
	int64 n;
	SdSpi spi;

	sd_spi_begin(&spi, true);
	traces =
		find_traces(&select_old, TimestampTzGetDatum(prune->older_than), &n);
	if (prune->dry_run)
		for (int64 i = 0; i < n; i++)
			removed.events += traces[i].events;
	else
	{
		remove_traces(traces, n, prune->older_than, prune->max_rows, &removed);
		remove_stray(prune->older_than);
	}
	sd_spi_end(&spi);

	prune->rows = removed.events;
	prune->done = prune->dry_run ? removed.events <= prune->max_rows
								 : removed.traces + removed.skipped == n;
}

/*
 * sd_traces_evict
 *		Remove the oldest traces that have n events together, or a little more;
 *		none of those that these events belong to.  How many traces.
 */
uint64
sd_traces_evict(int64 n, const SdEvent *events, int nevents)
{
	Removed removed = {0};
	pg_uuid_t *used;
	int64 kept = 0;
	int64 found;
	Trace *traces;
	SdSpi spi;

	/* a snapshot that is too old does not show what is there */
	if (IsolationUsesXactSnapshot())
		return 0;
	sd_spi_begin(&spi, true);
	used = palloc_extended((Size) nevents * sizeof(pg_uuid_t), MCXT_ALLOC_HUGE);
	for (int i = 0; i < nevents; i++)
		used[i] = events[i].trace_id;
	qsort(used, nevents, sizeof(pg_uuid_t), compare_ids);
	traces = find_traces(&select_old, TimestampTzGetDatum(DT_NOEND), &found);
	for (int64 i = 0; i < found; i++)
		if (bsearch(&traces[i].id, used, nevents, sizeof(pg_uuid_t),
					compare_ids) == NULL)
			traces[kept++] = traces[i];
	remove_traces(traces, kept, DT_NOEND, n, &removed);
	sd_spi_end(&spi);

	return removed.traces;
}

static int
compare_ids(const void *a, const void *b)
{
	return memcmp(a, b, UUID_LEN);
}

static Trace *
find_traces(SdStatement *statement, Datum argument, int64 *n)
{
	Trace *traces;

	*n = sd_spi_write(statement, &argument, NULL);
	traces = palloc_extended(Max(*n, 1) * sizeof(Trace), MCXT_ALLOC_HUGE);
	for (int64 i = 0; i < *n; i++)
	{
		traces[i].id = *DatumGetUUIDP(sd_result(i, 1, NULL));
		traces[i].newest = DatumGetTimestampTz(sd_result(i, 2, NULL));
		traces[i].events = DatumGetInt64(sd_result(i, 3, NULL));
	}
	SPI_freetuptable(SPI_tuptable);

	return traces;
}

/* The first of them, until max_events have gone. */
static void
remove_traces(Trace *traces, int64 n, TimestampTz cutoff, int64 max_events,
			  Removed *removed)
{
	int64 done = 0;

	while (done < n && removed->events < max_events)
	{
		int64 events = removed->events;
		int some = 0;

		while (some < CHUNK && done + some < n && events < max_events)
			events += traces[done + some++].events;
		CHECK_FOR_INTERRUPTS();
		remove_some(&traces[done], some, cutoff, removed);
		done += some;
	}
}

static void
remove_some(Trace *traces, int n, TimestampTz cutoff, Removed *removed)
{
	static SdProbeIndex by_time = {
		.table = "events",
		.columns = {SD_EVENT_TRACE_ID, SD_EVENT_TIMESTAMP},
		.ncolumns = 2,
		.nkeys = 1};
	Datum *ids = palloc(n * sizeof(Datum));
	Datum values[2];
	SnapshotData current;
	SdProbe probe;
	bool has_probe;
	int old = 0;

	CommandCounterIncrement();
	InitDirtySnapshot(current);
	has_probe = sd_probe_begin(&probe, &by_time, &current);
	for (int i = 0; i < n; i++)
		if (!has_probe || is_still_old(&probe, &traces[i].id, cutoff))
			ids[old++] = UUIDPGetDatum(&traces[i].id);
	if (has_probe)
		sd_probe_end(&probe);
	removed->skipped += n - old;
	if (old == 0)
		return;

	values[0] = PointerGetDatum(sd_array_make(ids, NULL, old, UUIDOID));
	values[1] = TimestampTzGetDatum(cutoff);
	removed->events += sd_spi_write(&delete_events, values, NULL);
	(void) sd_spi_write(&delete_edges, values, NULL);
	(void) sd_spi_write(&delete_roots, values, NULL);
	removed->traces += old;
	pfree(ids);
}

/* The newest event of a trace is the last one of the index. */
static bool
is_still_old(SdProbe *probe, const pg_uuid_t *id, TimestampTz cutoff)
{
	Datum value = UUIDPGetDatum(id);
	bool isnull;

	sd_probe_for(probe, &value);
	if (!sd_probe_last(probe))
		return true;

	return DatumGetTimestampTz(
			   sd_probe_value(probe, SD_EVENT_TIMESTAMP, &isnull)) < cutoff;
}

/* Edges and roots of traces of which no event has come. */
static void
remove_stray(TimestampTz cutoff)
{
	Datum values[] = {TimestampTzGetDatum(cutoff)};

	(void) sd_spi_write(&delete_stray_edges, values, NULL);
	(void) sd_spi_write(&delete_stray_roots, values, NULL);
}

/*
 * stormdisc_clear() -> void
 *		Remove all traces and baselines.
 */
Datum
stormdisc_clear(PG_FUNCTION_ARGS)
{
	SdSpi spi;

	PreventCommandIfReadOnly("stormdisc_clear()");
	PreventCommandIfParallelMode("stormdisc_clear()");
	sd_spi_begin(&spi, true);
	if (SPI_execute("TRUNCATE stormdisc.events, stormdisc.edge_store, "
					"stormdisc.root_store, stormdisc.baseline_store",
					false, 0) != SPI_OK_UTILITY)
		elog(ERROR, "could not remove all traces");
	sd_spi_end(&spi);

	PG_RETURN_VOID();
}
