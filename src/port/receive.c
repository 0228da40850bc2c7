/*-------------------------------------------------------------------------
 *
 * receive.c
 *	  stormdisc_receive, stormdisc_consume: messages are delivered.
 *
 * A receiver takes the first rows of message_ready that no other session has
 * locked.  Those of a group go through groups.c.  It never waits.
 *
 * Rows that are gone stay in the index as long as any snapshot might see them.
 * So as not to walk over all of them each time a session remembers how far it
 * was, and looks from the start again when that is cheap, or some time after.
 * Some messages can be had before that place: those of a higher priority, and
 * those whose sender has committed after the sender of a later one. Most of
 * these are found soon, by a look that passes by what is between.
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "access/xact.h"
#include "catalog/pg_collation.h"
#include "catalog/pg_type.h"
#include "common/int.h"
#include "fmgr.h"
#include "funcapi.h"
#include "miscadmin.h"
#include "utils/builtins.h"
#include "utils/fmgroids.h"
#include "utils/snapmgr.h"
#include "utils/timestamp.h"
#include "utils/tuplestore.h"

#include "arguments.h"
#include "arrays.h"
#include "port/messages.h"
#include "port/wait.h"
#include "spi_util.h"

PG_FUNCTION_INFO_V1(stormdisc_receive);
PG_FUNCTION_INFO_V1(stormdisc_consume);

/* what is due is looked for at least this often */
#define DUE_PERIOD (100 * 1000)

/* how often a call looks on when groups are in the way, and for how many */
#define MAX_ROUNDS 10
#define MAX_EMPTY_ROUNDS 100
#define GROUP_ROUND 100

/* positions from one message to the next, as far as it is worth remembering */
#define MAX_STEP 10000

/* what is committed late is looked for after one to the other */
#define MIN_RECENT_PERIOD (200 * 1000)
#define MAX_RECENT_PERIOD (500 * 1000)

/* and is found at once unless it is later than this */
#define MARK_PERIOD (100 * 1000)

/* result columns of both functions */
#define MAX_COLUMNS 11

/* a message that was claimed, and what was sent */
typedef struct Claimed
{
	const SdFound *found;
	Datum row[7]; /* of select_messages, after the id */
	bool nulls[7];
	bool is_there;
} Claimed;

/* where a call looks */
typedef struct Look
{
	SdPlace *place;	 /* whose turn it is; NULL: nobody's, it only goes on */
	int64 after;	 /* a position */
	int64 gap_start; /* it passes by those after this one */
	int64 gap_end;	 /* until that */
	int64 walked_to; /* the last entry that a look everywhere saw */
	TimestampTz now;
	SdLook effort;
} Look;

static int read_limit(FunctionCallInfo fcinfo);
static int claim(const SdPort *port, int n, SdFound *claimed, TimestampTz now);
static int claim_more(const SdPort *port, int n, SdFound *claimed, int count,
					  TimestampTz now);
static void begin_look(SdPortHints *hints, TimestampTz now, Look *look);
static void end_of_higher(SdPortHints *hints, const Look *look);
static void end_look(SdPortHints *hints, const Look *look, int64 before,
					 bool is_end);
static int64 pick_plain(const SdPort *port, int n, int limit, Look *look,
						SdFound *found, int *n_found, int *n_taken);
static int64 pick_between(const SdPort *port, SdOpenTable *open, int n,
						  int limit, int64 after, int64 until, Look *look,
						  SdFound *found, int *n_found, int *n_taken);
static bool next_head(SdKeyScan *scan, int segment, SdFound *head);
static void pick(const SdPort *port, int n, bool locks, const Look *look,
				 SdFound *found, int *n_found, int *n_taken);
static void read_ready(const SdPort *port, int n, bool locks, int64 after,
					   int64 until, SdFound *found, int *n_found);
static void deliver(FunctionCallInfo fcinfo, const SdPort *port,
					SdFound *claimed, int n, TimestampTz lease_until);
static bool read_plain(const SdPort *port, Claimed **by_id, int n);
static void read_messages(const SdPort *port, Claimed **by_id, int n);
static int find_id(Claimed **by_id, int n, int64 id);
static int compare_by_position(const void *a, const void *b);
static int compare_by_id(const void *a, const void *b);

#define SELECT_READY                                                           \
	"SELECT r.segment, r.ctid, r.position, r.id, r.attempt, r.last_attempt, "  \
	"r.group_key FROM stormdisc.message_ready r "                              \
	"WHERE r.port_name OPERATOR(pg_catalog.=) $1 "                             \
	"AND r.position OPERATOR(pg_catalog.>) $2 "                                \
	"AND r.position OPERATOR(pg_catalog.<=) $3 ORDER BY r.position LIMIT $4"

static SdStatement select_ready = {
	.sql = SELECT_READY,
	.nparameters = 4,
	.types = {TEXTOID, INT8OID, INT8OID, INT8OID},
};

static SdStatement lock_ready = {
	.sql = SELECT_READY " FOR UPDATE SKIP LOCKED",
	.nparameters = 4,
	.types = {TEXTOID, INT8OID, INT8OID, INT8OID},
};

static SdStatement select_messages = {
	.sql = "SELECT m.id, m.message_data, m.message_metadata, "
		   "m.source_component, m.target_component, m.priority, m.group_key, "
		   "m.created_at FROM stormdisc.messages m "
		   "WHERE m.port_name OPERATOR(pg_catalog.=) $1 "
		   "AND m.id OPERATOR(pg_catalog.=) ANY ($2)",
	.nparameters = 2,
	.types = {TEXTOID, INT8ARRAYOID},
};

/* the same columns by number */
static const int message_columns[] = {
	SD_MESSAGES_DATA,		SD_MESSAGES_METADATA, SD_MESSAGES_SOURCE,
	SD_MESSAGES_TARGET,		SD_MESSAGES_PRIORITY, SD_MESSAGES_GROUP_KEY,
	SD_MESSAGES_CREATED_AT,
};

/*
 * stormdisc_receive(port, n, lease) -> setof row
 *		Take messages; they are the caller's until the lease ends.
 */
Datum
stormdisc_receive(PG_FUNCTION_ARGS)
{
	const SdPort *port =
		sd_port_get(PG_ARGISNULL(0) ? NULL : PG_GETARG_TEXT_PP(0));
	int n = read_limit(fcinfo);
	int64 lease = PG_ARGISNULL(2)
					  ? port->lease
					  : sd_interval_argument(PG_GETARG_INTERVAL_P(2), "lease");
	TimestampTz now = GetCurrentTimestamp();
	TimestampTz lease_until;
	SdFound *claimed;
	SdSpi spi;

	PreventCommandIfReadOnly("stormdisc_receive()");
	sd_check_lease(lease);
	lease_until = sd_time_after(now, lease);
	InitMaterializedSRF(fcinfo, 0);

	sd_spi_begin(&spi, true);
	claimed = palloc(n * sizeof(SdFound));
	n = claim(port, n, claimed, now);
	if (n > 0)
	{
		SdWaiting *rows = palloc(n * sizeof(SdWaiting));

		for (int i = 0; i < n; i++)
		{
			claimed[i].row.attempt++;
			rows[i] = claimed[i].row;
			rows[i].wake_at = lease_until;
		}
		sd_leases_write(port, rows, n, now);
		deliver(fcinfo, port, claimed, n, lease_until);
	}
	sd_port_recheck(port);
	sd_spi_end(&spi);
	sd_segments_recycle_at_commit();

	return (Datum) 0;
}

/*
 * stormdisc_consume(port, n) -> setof row
 *		Take messages, and complete them in the same transaction.
 */
Datum
stormdisc_consume(PG_FUNCTION_ARGS)
{
	const SdPort *port =
		sd_port_get(PG_ARGISNULL(0) ? NULL : PG_GETARG_TEXT_PP(0));
	int n = read_limit(fcinfo);
	TimestampTz now = GetCurrentTimestamp();
	SdFound *claimed;
	SdSpi spi;

	PreventCommandIfReadOnly("stormdisc_consume()");
	InitMaterializedSRF(fcinfo, 0);

	sd_spi_begin(&spi, true);
	claimed = palloc(n * sizeof(SdFound));
	n = claim(port, n, claimed, now);
	if (n > 0)
	{
		for (int i = 0; i < n; i++)
		{
			claimed[i].row.attempt++;
			claimed[i].row.claimed_at = now;
		}
		sd_messages_note_completion(port, claimed, n, now);
		sd_groups_release_of(port, claimed, n);
		deliver(fcinfo, port, claimed, n, 0);
	}
	sd_port_recheck(port);
	sd_spi_end(&spi);
	sd_segments_recycle_at_commit();

	return (Datum) 0;
}

/* The argument n. */
static int
read_limit(FunctionCallInfo fcinfo)
{
	int n;

	(void) sd_argument_required(fcinfo, 1, "n");
	n = PG_GETARG_INT32(1);
	if (n < 1 || n > SD_MAX_BATCH)
		ereport(ERROR, errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				errmsg("argument \"%s\" must be between 1 and %d", "n",
					   SD_MAX_BATCH));

	return n;
}

/*
 * Take up to n messages out of those that are ready; how many.  They are in the
 * order of their positions.
 */
static int
claim(const SdPort *port, int n, SdFound *claimed, TimestampTz now)
{
	SdPortHints *hints = port->hints;
	bool looked = now >= hints->next_due || now < hints->next_due - DUE_PERIOD;
	int count;

	if (looked)
	{
		hints->next_due = now + DUE_PERIOD;
		(void) sd_messages_wake(port, now);
		sd_groups_sweep(port, now);
	}
	count = claim_more(port, n, claimed, 0, now);
	if (count < n && !looked && sd_messages_wake(port, now) > 0)
		count = claim_more(port, n, claimed, count, now);
	qsort(claimed, count, sizeof(SdFound), compare_by_position);

	return count;
}

/*
 * Likewise, when count of them are claimed already; how many are then.
 *
 * Those of no group are taken as they come, up to the first one of a group.
 * From there on rows are looked at without a lock, and sd_groups_choose() takes
 * some: first as many as are wanted, and more if not all of them could be had.
 */
static int
claim_more(const SdPort *port, int n, SdFound *claimed, int count,
		   TimestampTz now)
{
	SdPortHints *hints = port->hints;
	int64 before = hints->ready.value;
	bool is_end = false;
	Look look;
	int size = Max(n, GROUP_ROUND);
	SdFound *found = palloc(size * sizeof(SdFound));
	SdFound *chosen = NULL;

	begin_look(hints, now, &look);
	for (int round = 0;
		 round < (count > 0 ? MAX_ROUNDS : MAX_EMPTY_ROUNDS) && count < n;
		 round++)
	{
		int wanted = round == 0 ? n - count : Max(n - count, GROUP_ROUND);
		int n_found = 0;
		int n_taken = 0;
		int n_seen;
		int64 walked;

		CHECK_FOR_INTERRUPTS();
		sd_look_begin(&look.effort);
		walked = pick_plain(port, wanted, n - count, &look, found, &n_found,
							&n_taken);
		if (walked < 0)
			pick(port, wanted, round == 0, &look, found, &n_found, &n_taken);
		if (round == 0 && look.place == &hints->ready)
			sd_look_end(&look.effort, look.place, walked, n_found, now);
		if (n_found == 0)
		{
			is_end = true;
			if (count > 0 || look.place == &hints->ready ||
				now < hints->ready.next_idle)
				break;
			/* there is time to look everywhere */
			hints->ready.next_start = now;
			begin_look(hints, now, &look);
			round = -1;
			continue;
		}

		memcpy(claimed + count, found, n_taken * sizeof(SdFound));
		count += n_taken;
		n_seen = n_taken;
		if (n_taken < n_found)
		{
			int n_chosen;

			if (chosen == NULL)
				chosen = palloc(2 * size * sizeof(SdFound));
			n_seen += sd_groups_choose(port, found + n_taken, n_found - n_taken,
									   claimed, count, n - count, chosen,
									   &n_chosen, now);
			memcpy(claimed + count, chosen, n_chosen * sizeof(SdFound));
			count += n_chosen;
		}
		look.after = SD_MESSAGE_POSITION(found[n_seen - 1].row.priority,
										 found[n_seen - 1].row.id);
		is_end = n_seen == n_found && n_found < wanted && count < n;
		if (is_end)
			break;
	}
	end_look(hints, &look, before, is_end);

	return count;
}

/*
 * Where to look this time: everywhere, at what is recent and of a higher
 * priority, at the latter only, or at nothing before the place where the last
 * one has ended.
 */
static void
begin_look(SdPortHints *hints, TimestampTz now, Look *look)
{
	int64 floor = SD_POSITION_FLOOR(hints->ready.value);

	if (now >= hints->marked_at + MARK_PERIOD || now < hints->marked_at)
	{
		hints->marks[0] = hints->marks[1];
		hints->marks[1] = hints->ready.value;
		hints->marked_at = now;
	}
	/* the recent ones are of the same priority */
	if (hints->recent.value == 0 ||
		SD_POSITION_FLOOR(hints->recent.value) != floor)
		hints->recent.value = hints->marks[0];

	MemSet(look, 0, sizeof(Look));
	look->now = now;
	if (now >= hints->ready.next_start)
	{
		look->place = &hints->ready;
		return;
	}
	look->gap_end = hints->ready.value;
	if (now >= hints->recent.next_start && hints->recent.value > 0 &&
		SD_POSITION_FLOOR(hints->recent.value) == floor)
	{
		look->place = &hints->recent;
		look->gap_end = Min(look->gap_end, hints->recent.value);
	}
	else if (now >= hints->higher.next_start)
		look->place = &hints->higher;
	else
		return;

	look->gap_start = floor;
	look->after = hints->higher.value;
	hints->higher.value = 0;
}

/* It has seen what is of a higher priority than the place. */
static void
end_of_higher(SdPortHints *hints, const Look *look)
{
	sd_look_pause(&look->effort, &hints->higher, look->now);
}

/*
 * A look has ended at a position, or at the end of all.  The place was
 * somewhere before.
 */
static void
end_look(SdPortHints *hints, const Look *look, int64 before, bool is_end)
{
	int64 after = look->after;

	if (is_end)
		after = Max(Max(after, look->walked_to), before);
	else if (after <= look->gap_start)
	{
		/* the place is where it was; the next look goes on, unless it is to
		 * find what was made ready meanwhile */
		if (hints->higher.next_start != 0)
			hints->higher.value = after;
		hints->higher.next_start = 0;
		after = before;
	}
	if (look->place == &hints->recent && (is_end || after > look->gap_end))
	{
		sd_look_pause(&look->effort, &hints->recent, look->now);
		hints->recent.next_start =
			Max(hints->recent.next_start, look->now + MIN_RECENT_PERIOD);
		hints->recent.next_start =
			Min(hints->recent.next_start, look->now + MAX_RECENT_PERIOD);
		hints->recent.value = hints->marks[0];
	}
	/* what was made ready meanwhile may have moved it */
	if (hints->ready.value == before || after < hints->ready.value)
		hints->ready.value = after;
}

/*
 * Without a statement, if that is possible: take up to limit of those that are
 * of no group, and from the first one of a group on look only.  How many
 * entries of the index it saw, or -1 if it takes a statement.
 *
 * An index is read a page at a time, which is more than is wanted; so it is
 * read no further than where the last call leads one to expect the rows, and
 * on from there only if they are not.
 */
static int64
pick_plain(const SdPort *port, int n, int limit, Look *look, SdFound *found,
		   int *n_found, int *n_taken)
{
	SdPortHints *hints = port->hints;
	SdOpenTable open[SD_SEGMENT_KEPT + 1];
	int64 after = Max(look->after, look->gap_end);
	int n_before = 0;
	int64 until;
	int64 walked = 0;

	if (IsolationUsesXactSnapshot())
		return -1;
	for (int i = 0; i < lengthof(open); i++)
		if (!sd_table_open(&sd_ready_tables[i], &open[i]))
		{
			while (i-- > 0)
				sd_table_close(&open[i]);
			return -1;
		}

	CommandCounterIncrement();
	PushActiveSnapshot(GetTransactionSnapshot());
	if (look->after < look->gap_start)
	{
		walked = pick_between(port, open, n, limit, look->after,
							  look->gap_start, look, found, n_found, n_taken);
		n_before = *n_found;
		end_of_higher(hints, look);
	}
	if (after == 0 || hints->ready_step == 0 ||
		pg_add_s64_overflow(after, 2 * hints->ready_step * n, &until))
		until = PG_INT64_MAX;
	if (*n_found < n && *n_taken < limit)
		walked += pick_between(port, open, n, limit, after, until, look, found,
							   n_found, n_taken);
	if (until < PG_INT64_MAX && *n_found < n && *n_taken < limit)
		walked += pick_between(port, open, n, limit, until, PG_INT64_MAX, look,
							   found, n_found, n_taken);
	if (*n_found > n_before)
	{
		const SdWaiting *last = &found[*n_found - 1].row;
		int64 span = SD_MESSAGE_POSITION(last->priority, last->id) - after;

		hints->ready_step = Min(span / (*n_found - n_before) + 1, MAX_STEP);
	}
	for (int i = 0; i < lengthof(open); i++)
		sd_table_close(&open[i]);
	PopActiveSnapshot();
	CommandCounterIncrement();

	return walked;
}

/* Likewise, of those with positions after one and until another. */
static int64
pick_between(const SdPort *port, SdOpenTable *open, int n, int limit,
			 int64 after, int64 until, Look *look, SdFound *found, int *n_found,
			 int *n_taken)
{
	SdKeyScan scans[SD_SEGMENT_KEPT + 1];
	SdFound heads[SD_SEGMENT_KEPT + 1];
	bool has_head[SD_SEGMENT_KEPT + 1];
	ScanKeyData keys[3];
	Snapshot snapshot = GetActiveSnapshot();
	int64 walked = 0;

	ScanKeyEntryInitialize(&keys[0], 0, 1, BTEqualStrategyNumber, TEXTOID,
						   C_COLLATION_OID, F_TEXTEQ,
						   PointerGetDatum(port->name_text));
	ScanKeyEntryInitialize(&keys[1], 0, 2, BTGreaterStrategyNumber, INT8OID,
						   InvalidOid, F_INT8GT, Int64GetDatum(after));
	ScanKeyEntryInitialize(&keys[2], 0, 2, BTLessEqualStrategyNumber, INT8OID,
						   InvalidOid, F_INT8LE, Int64GetDatum(until));
	for (int i = 0; i < lengthof(scans); i++)
	{
		sd_key_scan_begin(&scans[i], &open[i], snapshot, keys, lengthof(keys));
		if (look->place == &port->hints->ready)
			sd_key_scan_note_last(&scans[i], keys, lengthof(keys));
		has_head[i] = next_head(&scans[i], i, &heads[i]);
	}

	while (*n_found < n && *n_taken < limit)
	{
		int first = -1;
		SdFound *head;

		CHECK_FOR_INTERRUPTS();
		for (int i = 0; i < lengthof(heads); i++)
			if (has_head[i] && (first < 0 || compare_by_position(
												 &heads[i], &heads[first]) < 0))
				first = i;
		if (first < 0)
			break;

		head = &heads[first];
		if (*n_taken == *n_found && head->row.group_key == NULL)
		{
			if (sd_key_scan_delete(&scans[first], snapshot))
			{
				found[(*n_found)++] = *head;
				(*n_taken)++;
			}
		}
		else if (!sd_key_scan_is_taken(&scans[first]))
			found[(*n_found)++] = *head;
		if (*n_found < n && *n_taken < limit)
			has_head[first] = next_head(&scans[first], first, head);
	}

	for (int i = 0; i < lengthof(scans); i++)
	{
		walked += scans[i].walked;
		look->walked_to = Max(look->walked_to, scans[i].last);
		sd_key_scan_end(&scans[i]);
	}

	return walked;
}

/* The next row of a segment, if there is one. */
static bool
next_head(SdKeyScan *scan, int segment, SdFound *head)
{
	if (!sd_key_scan_next(scan))
		return false;
	sd_ready_read(scan->slot, &head->row);
	head->is_ready = true;
	head->is_leased = false;
	head->segment = segment;
	head->tid = scan->slot->tts_tid;

	return true;
}

/*
 * Likewise with a statement.  If they are to be locked it passes by those that
 * somebody else has.
 */
static void
pick(const SdPort *port, int n, bool locks, const Look *look, SdFound *found,
	 int *n_found, int *n_taken)
{
	if (look->after < look->gap_start)
	{
		read_ready(port, n, locks, look->after, look->gap_start, found,
				   n_found);
		end_of_higher(port->hints, look);
	}
	if (*n_found < n)
		read_ready(port, n, locks, Max(look->after, look->gap_end),
				   PG_INT64_MAX, found, n_found);
	while (locks && *n_taken < *n_found &&
		   found[*n_taken].row.group_key == NULL)
		(*n_taken)++;
	sd_messages_take(port, found, *n_taken);
}

/* Up to n rows with positions after one and until another. */
static void
read_ready(const SdPort *port, int n, bool locks, int64 after, int64 until,
		   SdFound *found, int *n_found)
{
	Datum values[4];
	int n_more;

	values[0] = PointerGetDatum(port->name_text);
	values[1] = Int64GetDatum(after);
	values[2] = Int64GetDatum(until);
	values[3] = Int64GetDatum(n - *n_found);
	n_more =
		(int) sd_spi_write(locks ? &lock_ready : &select_ready, values, NULL);
	for (int i = 0; i < n_more; i++)
	{
		SdFound *row = &found[(*n_found)++];
		Datum columns[7];
		bool nulls[7];

		heap_deform_tuple(SPI_tuptable->vals[i], SPI_tuptable->tupdesc, columns,
						  nulls);
		row->is_ready = true;
		row->is_leased = false;
		row->segment = DatumGetInt16(columns[0]);
		row->tid = *(ItemPointer) DatumGetPointer(columns[1]);
		row->row.priority = SD_POSITION_PRIORITY(DatumGetInt64(columns[2]));
		row->row.id = DatumGetInt64(columns[3]);
		row->row.attempt = DatumGetInt32(columns[4]);
		row->row.last_attempt = DatumGetInt32(columns[5]);
		row->row.group_key = nulls[6] ? NULL : DatumGetTextPCopy(columns[6]);
		row->row.claimed_at = 0;
		row->row.wake_at = 0;
	}
}

/* The messages themselves are the result, in the order of claimed. */
static void
deliver(FunctionCallInfo fcinfo, const SdPort *port, SdFound *claimed, int n,
		TimestampTz lease_until)
{
	ReturnSetInfo *rsinfo = (ReturnSetInfo *) fcinfo->resultinfo;
	bool with_lease = lease_until != 0;
	Claimed *rows = palloc0(n * sizeof(Claimed));
	Claimed **by_id = palloc(n * sizeof(Claimed *));

	for (int i = 0; i < n; i++)
	{
		rows[i].found = &claimed[i];
		by_id[i] = &rows[i];
	}
	qsort(by_id, n, sizeof(Claimed *), compare_by_id);
	if (!read_plain(port, by_id, n))
		read_messages(port, by_id, n);

	for (int i = 0; i < n; i++)
	{
		const SdWaiting *state = &rows[i].found->row;
		Datum columns[MAX_COLUMNS];
		bool nulls[MAX_COLUMNS] = {false};
		int column = 0;

		if (!rows[i].is_there)
			ereport(ERROR, errcode(ERRCODE_DATA_CORRUPTED),
					errmsg("message " INT64_FORMAT
						   " of port \"%s\" is ready but not there",
						   state->id, port->name));
		columns[column++] = Int64GetDatum(state->id);
		columns[column++] = Int32GetDatum(state->attempt);
		for (int j = 0; j < lengthof(message_columns); j++)
		{
			nulls[column] = rows[i].nulls[j];
			columns[column++] =
				message_columns[j] == SD_MESSAGES_PRIORITY
					? Int32GetDatum((int32) DatumGetInt16(rows[i].row[j]))
					: rows[i].row[j];
		}
		if (with_lease)
			columns[column++] = TimestampTzGetDatum(lease_until);
		columns[column++] = Int32GetDatum(state->last_attempt);
		tuplestore_putvalues(rsinfo->setResult, rsinfo->setDesc, columns,
							 nulls);
	}
	sd_wait_note_received();
}

/*
 * What was sent, of messages that are sorted by id, without a statement; false
 * if it takes one, or if they are far from each other.
 */
static bool
read_plain(const SdPort *port, Claimed **by_id, int n)
{
	int64 first = by_id[0]->found->row.id;
	int64 last = by_id[n - 1]->found->row.id;
	ScanKeyData keys[3];
	SdOpenTable open;
	SdKeyScan scan;
	int next = 0;

	if (last - first > 2 * n || IsolationUsesXactSnapshot() ||
		!sd_table_open_read(&sd_messages_table, &open))
		return false;

	PushActiveSnapshot(GetTransactionSnapshot());
	ScanKeyEntryInitialize(&keys[0], 0, 1, BTEqualStrategyNumber, TEXTOID,
						   C_COLLATION_OID, F_TEXTEQ,
						   PointerGetDatum(port->name_text));
	ScanKeyEntryInitialize(&keys[1], 0, 2, BTGreaterEqualStrategyNumber,
						   INT8OID, InvalidOid, F_INT8GE, Int64GetDatum(first));
	ScanKeyEntryInitialize(&keys[2], 0, 2, BTLessEqualStrategyNumber, INT8OID,
						   InvalidOid, F_INT8LE, Int64GetDatum(last));
	sd_key_scan_begin(&scan, &open, GetActiveSnapshot(), keys, lengthof(keys));
	while (next < n && sd_key_scan_next(&scan))
	{
		Datum columns[SD_MESSAGES_COLUMNS];
		bool nulls[SD_MESSAGES_COLUMNS];
		bool isnull;
		int64 id =
			DatumGetInt64(slot_getattr(scan.slot, SD_MESSAGES_ID + 1, &isnull));

		CHECK_FOR_INTERRUPTS();
		while (next < n && by_id[next]->found->row.id < id)
			next++;
		if (next == n || by_id[next]->found->row.id != id)
			continue;
		heap_deform_tuple(ExecCopySlotHeapTuple(scan.slot),
						  RelationGetDescr(open.rel), columns, nulls);
		for (int i = 0; i < lengthof(message_columns); i++)
		{
			by_id[next]->row[i] = columns[message_columns[i]];
			by_id[next]->nulls[i] = nulls[message_columns[i]];
		}
		by_id[next++]->is_there = true;
	}
	sd_key_scan_end(&scan);
	sd_table_close(&open);
	PopActiveSnapshot();

	return true;
}

/* Likewise with a statement. */
static void
read_messages(const SdPort *port, Claimed **by_id, int n)
{
	Datum *ids = palloc(n * sizeof(Datum));
	Datum values[2];
	int n_found;
	int next = 0;

	for (int i = 0; i < n; i++)
		ids[i] = Int64GetDatum(by_id[i]->found->row.id);
	values[0] = PointerGetDatum(port->name_text);
	values[1] = PointerGetDatum(sd_array_make(ids, NULL, n, INT8OID));
	n_found = (int) sd_spi_write(&select_messages, values, NULL);

	/* mostly in the order of the ids, but nothing relies on it */
	for (int i = 0; i < n_found; i++)
	{
		Datum row[8];
		bool nulls[8];
		int64 id = DatumGetInt64(sd_result(i, 1, NULL));

		if (next >= n || by_id[next]->found->row.id != id)
		{
			next = find_id(by_id, n, id);
			if (next < 0)
			{
				next = 0;
				continue;
			}
		}
		heap_deform_tuple(SPI_tuptable->vals[i], SPI_tuptable->tupdesc, row,
						  nulls);
		memcpy(by_id[next]->row, &row[1], sizeof(by_id[next]->row));
		memcpy(by_id[next]->nulls, &nulls[1], sizeof(by_id[next]->nulls));
		by_id[next++]->is_there = true;
	}
}

/* Where it is among those that are sorted, or -1. */
static int
find_id(Claimed **by_id, int n, int64 id)
{
	int low = 0;
	int high = n - 1;

	while (low <= high)
	{
		int middle = (low + high) / 2;
		int64 found = by_id[middle]->found->row.id;

		if (found == id)
			return middle;
		if (found < id)
			low = middle + 1;
		else
			high = middle - 1;
	}

	return -1;
}

static int
compare_by_position(const void *a, const void *b)
{
	const SdWaiting *x = &((const SdFound *) a)->row;
	const SdWaiting *y = &((const SdFound *) b)->row;

	if (x->priority != y->priority)
		return x->priority > y->priority ? -1 : 1;

	return x->id < y->id ? -1 : x->id > y->id;
}

static int
compare_by_id(const void *a, const void *b)
{
	int64 x = (*(Claimed *const *) a)->found->row.id;
	int64 y = (*(Claimed *const *) b)->found->row.id;

	return x < y ? -1 : x > y;
}
