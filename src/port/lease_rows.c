/*-------------------------------------------------------------------------
 *
 * lease_rows.c
 *	  The leases of what one call delivered, in one row.
 *
 * Mostly what is received together is completed together: then one row is
 * written and one is removed, not one per message.  Nothing is ever changed in
 * such a row.  Who takes some of its messages only removes it, and writes what
 * is left to message_waiting, where each message has a row.  So what a message
 * that is looked for was found in may be gone, but the message is in
 * message_waiting then, and that is looked at later.
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "access/xact.h"
#include "catalog/pg_collation.h"
#include "catalog/pg_type.h"
#include "miscadmin.h"
#include "utils/builtins.h"
#include "utils/fmgroids.h"
#include "utils/snapmgr.h"
#include "utils/timestamp.h"

#include "arrays.h"
#include "port/messages.h"
#include "rows.h"
#include "port/wait.h"
#include "spi_util.h"

/* most messages of a row: a row of so many needs no TOAST */
#define MAX_IDS 64

/* a row is looked for from the first id that is asked for: so far at most */
#define MAX_WIDTH 1000

/* most rows whose leases have ended that one call takes */
#define MAX_DUE_ROWS 50

/* columns of the tables, in their order */
enum
{
	LEASE_FIRST_ID,
	LEASE_LAST_ID,
	LEASE_WAKE_AT,
	LEASE_CLAIMED_AT,
	LEASE_SEGMENT,
	LEASE_PORT_NAME,
	LEASE_IDS,
	LEASE_ATTEMPTS,
	LEASE_LAST_ATTEMPTS,
	LEASE_PRIORITIES,
	LEASE_COLUMNS
};

/* what is looked for: ids in their order */
typedef struct Wanted
{
	const Datum *ids;
	int n;
	bool any_attempt;
	int attempt;
} Wanted;

/* a row that was read; its arrays have n elements */
typedef struct Lease
{
	TimestampTz wake_at;
	TimestampTz claimed_at;
	const int64 *ids;
	const int32 *attempts;
	const int32 *last_attempts;
	const int16 *priorities;
	int n;
} Lease;

/* messages that were taken, and those that were in the same rows */
typedef struct Taken
{
	SdFound *found;
	int n;
	int max;
	SdFound *rest;
	int n_rest;
	int max_rest;
} Taken;

#define LEASE_TABLE(table)                                                     \
	{                                                                          \
		.name = table, .ncolumns = LEASE_COLUMNS                               \
	}

static SdTable tables[] = {
	LEASE_TABLE("message_leases_0"),
	LEASE_TABLE("message_leases_1"),
	LEASE_TABLE("message_leases_2"),
	LEASE_TABLE("message_leases_kept"),
};

static int compare_rows(const void *a, const void *b);
static int compare_ids(const void *a, const void *b);
static int compare_found(const void *a, const void *b);
static void write_lease(const SdPort *port, const SdWaiting *rows, int n,
						TimestampTz now, int segment);
static int take_some(const SdPort *port, Wanted *wanted, SdFound *found);
static bool take_plain(const SdPort *port, const Wanted *wanted, Taken *taken);
static bool take_plain_of(const SdPort *port, const Wanted *wanted,
						  SdOpenTable *open, Taken *taken);
static void take_by_statement(const SdPort *port, const Wanted *wanted,
							  Taken *taken);
static int match(const Wanted *wanted, const Lease *lease, bool *is_wanted);
static void add_lease(const Lease *lease, const bool *is_wanted, Taken *taken);
static void read_message(const Lease *lease, int i, SdFound *found);
static void write_rest(const SdPort *port, const Taken *taken);
static void read_slot(TupleTableSlot *slot, Lease *lease);
static void read_arrays(Lease *lease, const Datum *arrays);
static const void *read_array(Datum value, Oid type, int *n);

#define INSERT_LEASE(segment, table)                                           \
	{                                                                          \
		.sql =                                                                 \
			"INSERT INTO stormdisc." table                                     \
			" (first_id, last_id, wake_at, claimed_at, segment, port_name, "   \
			"ids, attempts, last_attempts, priorities) "                       \
			"VALUES ($2, $3, $4, $5, " segment ", $1, $6, $7, $8, $9)",        \
		.nparameters = 9,                                                      \
		.types = {TEXTOID,		  INT8OID,		  INT8OID,                     \
				  TIMESTAMPTZOID, TIMESTAMPTZOID, INT8ARRAYOID,                \
				  INT4ARRAYOID,	  INT4ARRAYOID,	  INT2ARRAYOID},               \
	}

static SdStatement insert_lease[] = {
	INSERT_LEASE("0", "message_leases_0"),
	INSERT_LEASE("1", "message_leases_1"),
	INSERT_LEASE("2", "message_leases_2"),
};

#define RETURN_LEASE                                                           \
	"RETURNING l.wake_at, l.claimed_at, l.ids, l.attempts, l.last_attempts, "  \
	"l.priorities"

/* $2 to $3 are the last ids that a row may have, $4 is the largest wanted */
#define TAKE_WANTED(table)                                                     \
	{                                                                          \
		.sql =                                                                 \
			"DELETE FROM stormdisc." table                                     \
			" l WHERE l.port_name OPERATOR(pg_catalog.=) $1 "                  \
			"AND l.last_id OPERATOR(pg_catalog.>=) $2 "                        \
			"AND l.last_id OPERATOR(pg_catalog.<) $3 "                         \
			"AND l.first_id OPERATOR(pg_catalog.<=) $4 "                       \
			"AND EXISTS (SELECT FROM ROWS FROM ("                              \
			"pg_catalog.unnest(l.ids), pg_catalog.unnest(l.attempts)) "        \
			"u (id, attempt) "                                                 \
			"WHERE u.id OPERATOR(pg_catalog.=) ANY ($5) "                      \
			"AND ($6 OR u.attempt OPERATOR(pg_catalog.=) $7)) " RETURN_LEASE,  \
		.nparameters = 7, .types = {TEXTOID,	  INT8OID, INT8OID, INT8OID,   \
									INT8ARRAYOID, BOOLOID, INT4OID},           \
	}

static SdStatement take_wanted[] = {
	TAKE_WANTED("message_leases_0"),
	TAKE_WANTED("message_leases_1"),
	TAKE_WANTED("message_leases_2"),
	TAKE_WANTED("message_leases_kept"),
};

static SdStatement select_due = {
	.sql = "SELECT l.segment, l.ctid, l.wake_at "
		   "FROM stormdisc.message_leases l "
		   "WHERE l.port_name OPERATOR(pg_catalog.=) $1 "
		   "AND l.wake_at OPERATOR(pg_catalog.>=) $2 "
		   "AND l.wake_at OPERATOR(pg_catalog.<=) $3 "
		   "ORDER BY l.wake_at LIMIT $4 FOR UPDATE SKIP LOCKED",
	.nparameters = 4,
	.types = {TEXTOID, TIMESTAMPTZOID, TIMESTAMPTZOID, INT8OID},
};

#define TAKE_DUE(table)                                                        \
	{                                                                          \
		.sql = "DELETE FROM stormdisc." table                                  \
			   " l WHERE l.port_name OPERATOR(pg_catalog.=) $1 "               \
			   "AND l.ctid OPERATOR(pg_catalog.=) ANY ($2) " RETURN_LEASE,     \
		.nparameters = 2, .types = {TEXTOID, TIDARRAYOID},                     \
	}

static SdStatement take_due[] = {
	TAKE_DUE("message_leases_0"),
	TAKE_DUE("message_leases_1"),
	TAKE_DUE("message_leases_2"),
	TAKE_DUE("message_leases_kept"),
};

/*
 * sd_leases_write
 *		Messages that one call delivers now, and that are leased until the same
 *		time.
 */
void
sd_leases_write(const SdPort *port, const SdWaiting *rows, int n,
				TimestampTz now)
{
	SdWaiting *plain = palloc(n * sizeof(SdWaiting));
	SdWaiting *single = palloc(n * sizeof(SdWaiting));
	int segment = sd_segment_current();
	bool is_noted = false;
	int n_plain = 0;
	int n_single = 0;
	int next;

	for (int i = 0; i < n; i++)
	{
		if (rows[i].group_key != NULL)
			single[n_single++] = rows[i];
		else
			plain[n_plain++] = rows[i];
	}
	qsort(plain, n_plain, sizeof(SdWaiting), compare_rows);
	for (int first = 0; first < n_plain; first = next)
	{
		next = first + 1;
		while (next < n_plain && next - first < MAX_IDS &&
			   plain[next].id - plain[first].id < MAX_WIDTH)
			next++;
		if (next - first == 1)
			single[n_single++] = plain[first];
		else
		{
			if (!is_noted)
				sd_wait_note_due(port->name, plain[first].wake_at);
			is_noted = true;
			write_lease(port, &plain[first], next - first, now, segment);
		}
	}
	if (n_single > 0)
		sd_messages_make_waiting(port, single, n_single, true, now);
	pfree(plain);
	pfree(single);
}

static int
compare_rows(const void *a, const void *b)
{
	int64 x = ((const SdWaiting *) a)->id;
	int64 y = ((const SdWaiting *) b)->id;

	return x < y ? -1 : x > y;
}

/* One row; the ids are in their order. */
static void
write_lease(const SdPort *port, const SdWaiting *rows, int n, TimestampTz now,
			int segment)
{
	Datum ids[MAX_IDS];
	Datum attempts[MAX_IDS];
	Datum last_attempts[MAX_IDS];
	Datum priorities[MAX_IDS];
	Datum values[LEASE_COLUMNS];
	bool nulls[LEASE_COLUMNS] = {false};
	SdOpenTable open;

	for (int i = 0; i < n; i++)
	{
		ids[i] = Int64GetDatum(rows[i].id);
		attempts[i] = Int32GetDatum(rows[i].attempt);
		last_attempts[i] = Int32GetDatum(rows[i].last_attempt);
		priorities[i] = Int16GetDatum((int16) rows[i].priority);
	}
	values[LEASE_FIRST_ID] = ids[0];
	values[LEASE_LAST_ID] = ids[n - 1];
	values[LEASE_WAKE_AT] = TimestampTzGetDatum(rows[0].wake_at);
	values[LEASE_CLAIMED_AT] = TimestampTzGetDatum(now);
	values[LEASE_SEGMENT] = Int16GetDatum((int16) segment);
	values[LEASE_PORT_NAME] = PointerGetDatum(port->name_text);
	values[LEASE_IDS] = PointerGetDatum(sd_array_make(ids, NULL, n, INT8OID));
	values[LEASE_ATTEMPTS] =
		PointerGetDatum(sd_array_make(attempts, NULL, n, INT4OID));
	values[LEASE_LAST_ATTEMPTS] =
		PointerGetDatum(sd_array_make(last_attempts, NULL, n, INT4OID));
	values[LEASE_PRIORITIES] =
		PointerGetDatum(sd_array_make(priorities, NULL, n, INT2OID));
	if (sd_table_open(&tables[segment], &open))
	{
		sd_table_insert(&open, values, nulls, 1);
		sd_table_close(&open);
		CommandCounterIncrement();
	}
	else
	{
		Datum parameters[9];

		parameters[0] = values[LEASE_PORT_NAME];
		parameters[1] = values[LEASE_FIRST_ID];
		parameters[2] = values[LEASE_LAST_ID];
		parameters[3] = values[LEASE_WAKE_AT];
		parameters[4] = values[LEASE_CLAIMED_AT];
		parameters[5] = values[LEASE_IDS];
		parameters[6] = values[LEASE_ATTEMPTS];
		parameters[7] = values[LEASE_LAST_ATTEMPTS];
		parameters[8] = values[LEASE_PRIORITIES];
		(void) sd_spi_write(&insert_lease[segment], parameters, NULL);
	}
}

/*
 * sd_leases_take
 *		Remove the leases of an attempt that are in rows of calls; how many.
 *		The others are left in ids.
 *
 * It waits for whoever has such a row, as a statement would.
 */
int
sd_leases_take(const SdPort *port, Datum *ids, int *n, int attempt,
			   SdFound *taken)
{
	Wanted wanted = {.ids = ids, .n = *n, .attempt = attempt};
	int n_taken;
	int n_left = 0;

	for (int i = 1; i < *n; i++)
		if (DatumGetInt64(ids[i]) < DatumGetInt64(ids[i - 1]))
		{
			qsort(ids, *n, sizeof(Datum), compare_ids);
			break;
		}
	n_taken = take_some(port, &wanted, taken);
	if (n_taken == 0)
		return 0;

	/* a message that is asked for twice is gone twice */
	for (int i = 0; i < *n; i++)
	{
		int64 id = DatumGetInt64(ids[i]);
		int low = 0;
		int high = n_taken - 1;

		while (low < high)
		{
			int middle = (low + high) / 2;

			if (taken[middle].row.id < id)
				low = middle + 1;
			else
				high = middle;
		}
		if (taken[low].row.id != id)
			ids[n_left++] = ids[i];
	}
	*n = n_left;

	return n_taken;
}

static int
compare_ids(const void *a, const void *b)
{
	int64 x = DatumGetInt64(*(const Datum *) a);
	int64 y = DatumGetInt64(*(const Datum *) b);

	return x < y ? -1 : x > y;
}

static int
compare_found(const void *a, const void *b)
{
	return compare_rows(&((const SdFound *) a)->row,
						&((const SdFound *) b)->row);
}

/* Those that were taken are in the order of their ids. */
static int
take_some(const SdPort *port, Wanted *wanted, SdFound *found)
{
	Taken taken = {.found = found, .max = wanted->n};

	if (!take_plain(port, wanted, &taken))
		take_by_statement(port, wanted, &taken);
	write_rest(port, &taken);
	for (int i = 1; i < taken.n; i++)
		if (found[i].row.id < found[i - 1].row.id)
		{
			qsort(found, taken.n, sizeof(SdFound), compare_found);
			break;
		}

	return taken.n;
}

/*
 * sd_leases_split
 *		If a message is in the row of a call, each of these gets its own.
 */
void
sd_leases_split(const SdPort *port, int64 id)
{
	Datum ids[] = {Int64GetDatum(id)};
	Wanted wanted = {.ids = ids, .n = 1, .any_attempt = true};
	SdFound found;

	if (take_some(port, &wanted, &found) > 0)
		sd_messages_make_waiting(port, &found.row, 1, true,
								 found.row.claimed_at);
}

/*
 * sd_leases_take_due
 *		Remove rows whose leases have ended, which nobody else has; how many
 *		messages.
 */
int
sd_leases_take_due(const SdPort *port, SdFound **taken, TimestampTz now)
{
	SdPlace *place = &port->hints->due_leases;
	bool is_full = now >= place->next_start;
	ItemPointerData tids[MAX_DUE_ROWS];
	int segments[MAX_DUE_ROWS];
	Datum values[4];
	SdLook look;
	int n;
	int n_taken = 0;
	int max_taken = 0;

	values[0] = PointerGetDatum(port->name_text);
	values[1] = TimestampTzGetDatum(is_full ? DT_NOBEGIN : place->value);
	values[2] = TimestampTzGetDatum(now);
	values[3] = Int64GetDatum(MAX_DUE_ROWS);
	sd_look_begin(&look);
	n = (int) sd_spi_write(&select_due, values, NULL);
	if (is_full)
		sd_look_end(&look, place, -1, n, now);
	place->value = now;
	for (int i = 0; i < n; i++)
	{
		HeapTuple row = SPI_tuptable->vals[i];
		TupleDesc desc = SPI_tuptable->tupdesc;
		bool isnull;

		segments[i] = DatumGetInt16(SPI_getbinval(row, desc, 1, &isnull));
		tids[i] = *(ItemPointer) DatumGetPointer(
			SPI_getbinval(row, desc, 2, &isnull));
		place->value =
			DatumGetTimestampTz(SPI_getbinval(row, desc, 3, &isnull));
	}

	*taken = NULL;
	for (int segment = 0; segment < lengthof(take_due) && n > 0; segment++)
	{
		Datum some[MAX_DUE_ROWS];
		int count = 0;

		for (int i = 0; i < n; i++)
			if (segments[i] == segment)
				some[count++] = PointerGetDatum(&tids[i]);
		if (count == 0)
			continue;
		values[1] = PointerGetDatum(sd_array_make(some, NULL, count, TIDOID));
		if (sd_spi_write(&take_due[segment], values, NULL) != count)
			elog(ERROR, "messages of port \"%s\" are not where they were found",
				 port->name);
		for (int i = 0; i < count; i++)
		{
			Datum columns[6];
			bool nulls[6];
			Lease lease;

			heap_deform_tuple(SPI_tuptable->vals[i], SPI_tuptable->tupdesc,
							  columns, nulls);
			lease.wake_at = DatumGetTimestampTz(columns[0]);
			lease.claimed_at = DatumGetTimestampTz(columns[1]);
			read_arrays(&lease, &columns[2]);
			if (n_taken + lease.n > max_taken)
			{
				max_taken = 2 * (n_taken + lease.n);
				*taken = *taken == NULL
							 ? palloc(max_taken * sizeof(SdFound))
							 : repalloc(*taken, max_taken * sizeof(SdFound));
			}
			for (int j = 0; j < lease.n; j++)
				read_message(&lease, j, &(*taken)[n_taken++]);
		}
	}

	return n_taken;
}

/*
 * Without statements, if that is possible; else false, and there may be more.
 *
 * Each segment is looked at with a snapshot that is newer than the lock on it:
 * what has moved out of it is where it moved to, which is looked at last.
 */
static bool
take_plain(const SdPort *port, const Wanted *wanted, Taken *taken)
{
	int current = sd_segment_current();
	bool done = true;

	if (IsolationUsesXactSnapshot())
		return false;
	CommandCounterIncrement();
	for (int i = 0; i <= SD_SEGMENT_KEPT && taken->n < wanted->n; i++)
	{
		int segment = i == SD_SEGMENT_KEPT
						  ? i
						  : (current + SD_RING_SIZE - i) % SD_RING_SIZE;
		SdOpenTable open;

		if (!sd_table_open(&tables[segment], &open))
			return false;
		PushActiveSnapshot(GetTransactionSnapshot());
		if (!take_plain_of(port, wanted, &open, taken))
			done = false;
		PopActiveSnapshot();
		sd_table_close(&open);
	}
	if (taken->n > 0)
		CommandCounterIncrement();

	return done;
}

/* Likewise, of one segment; false if a row that was seen was somebody else's.
 */
static bool
take_plain_of(const SdPort *port, const Wanted *wanted, SdOpenTable *open,
			  Taken *taken)
{
	Snapshot snapshot = GetActiveSnapshot();
	int64 smallest = DatumGetInt64(wanted->ids[0]);
	int64 largest = DatumGetInt64(wanted->ids[wanted->n - 1]);
	ScanKeyData keys[3];
	SdKeyScan scan;
	bool done = true;

	ScanKeyEntryInitialize(&keys[0], 0, 1, BTEqualStrategyNumber, TEXTOID,
						   C_COLLATION_OID, F_TEXTEQ,
						   PointerGetDatum(port->name_text));
	ScanKeyEntryInitialize(&keys[1], 0, 2, BTGreaterEqualStrategyNumber,
						   INT8OID, InvalidOid, F_INT8GE,
						   Int64GetDatum(smallest));
	ScanKeyEntryInitialize(
		&keys[2], 0, 2, BTLessStrategyNumber, INT8OID, InvalidOid, F_INT8LT,
		Int64GetDatum(Min(largest, PG_INT64_MAX - MAX_WIDTH) + MAX_WIDTH));
	sd_key_scan_begin(&scan, open, snapshot, keys, lengthof(keys));
	while (taken->n < wanted->n && sd_key_scan_next(&scan))
	{
		Lease lease;
		bool *is_wanted;

		slot_getallattrs(scan.slot);
		if (DatumGetInt64(scan.slot->tts_values[LEASE_FIRST_ID]) > largest)
			continue;
		read_slot(scan.slot, &lease);
		is_wanted = palloc0(lease.n * sizeof(bool));
		if (match(wanted, &lease, is_wanted) > 0)
		{
			if (sd_key_scan_delete_wait(&scan, snapshot))
				add_lease(&lease, is_wanted, taken);
			else
				done = false;
		}
		pfree(is_wanted);
	}
	sd_key_scan_end(&scan);

	return done;
}

static void
take_by_statement(const SdPort *port, const Wanted *wanted, Taken *taken)
{
	int current = sd_segment_current();
	int64 largest = DatumGetInt64(wanted->ids[wanted->n - 1]);
	Datum values[7];

	values[0] = PointerGetDatum(port->name_text);
	values[1] = wanted->ids[0];
	values[2] =
		Int64GetDatum(Min(largest, PG_INT64_MAX - MAX_WIDTH) + MAX_WIDTH);
	values[3] = Int64GetDatum(largest);
	values[4] =
		PointerGetDatum(sd_array_make(wanted->ids, NULL, wanted->n, INT8OID));
	values[5] = BoolGetDatum(wanted->any_attempt);
	values[6] = Int32GetDatum(wanted->attempt);
	for (int i = 0; i <= SD_SEGMENT_KEPT && taken->n < wanted->n; i++)
	{
		int segment = i == SD_SEGMENT_KEPT
						  ? i
						  : (current + SD_RING_SIZE - i) % SD_RING_SIZE;
		int count = (int) sd_spi_write(&take_wanted[segment], values, NULL);

		for (int j = 0; j < count; j++)
		{
			Datum columns[6];
			bool nulls[6];
			bool *is_wanted;
			Lease lease;

			heap_deform_tuple(SPI_tuptable->vals[j], SPI_tuptable->tupdesc,
							  columns, nulls);
			lease.wake_at = DatumGetTimestampTz(columns[0]);
			lease.claimed_at = DatumGetTimestampTz(columns[1]);
			read_arrays(&lease, &columns[2]);
			is_wanted = palloc0(lease.n * sizeof(bool));
			(void) match(wanted, &lease, is_wanted);
			add_lease(&lease, is_wanted, taken);
		}
	}
}

/* Which of a row's messages are looked for, and how many? */
static int
match(const Wanted *wanted, const Lease *lease, bool *is_wanted)
{
	int low = 0;
	int high = wanted->n;
	int next;
	int count = 0;

	while (low < high)
	{
		int middle = (low + high) / 2;

		if (DatumGetInt64(wanted->ids[middle]) < lease->ids[0])
			low = middle + 1;
		else
			high = middle;
	}
	next = low;
	for (int i = 0; i < lease->n && next < wanted->n; i++)
	{
		while (next < wanted->n &&
			   DatumGetInt64(wanted->ids[next]) < lease->ids[i])
			next++;
		if (next < wanted->n &&
			DatumGetInt64(wanted->ids[next]) == lease->ids[i] &&
			(wanted->any_attempt || lease->attempts[i] == wanted->attempt))
		{
			is_wanted[i] = true;
			count++;
		}
	}

	return count;
}

static void
add_lease(const Lease *lease, const bool *is_wanted, Taken *taken)
{
	for (int i = 0; i < lease->n; i++)
	{
		if (is_wanted[i])
		{
			if (taken->n == taken->max)
				ereport(ERROR, errcode(ERRCODE_DATA_CORRUPTED),
						errmsg("message " INT64_FORMAT
							   " of a port is leased more than once",
							   lease->ids[i]));
			read_message(lease, i, &taken->found[taken->n++]);
			continue;
		}
		if (taken->n_rest == taken->max_rest)
		{
			taken->max_rest = 2 * taken->max_rest + MAX_IDS;
			taken->rest =
				taken->rest == NULL
					? palloc(taken->max_rest * sizeof(SdFound))
					: repalloc(taken->rest, taken->max_rest * sizeof(SdFound));
		}
		read_message(lease, i, &taken->rest[taken->n_rest++]);
	}
}

static void
read_message(const Lease *lease, int i, SdFound *found)
{
	MemSet(found, 0, sizeof(*found));
	found->is_leased = true;
	found->row.id = lease->ids[i];
	found->row.attempt = lease->attempts[i];
	found->row.last_attempt = lease->last_attempts[i];
	found->row.priority = lease->priorities[i];
	found->row.wake_at = lease->wake_at;
	found->row.claimed_at = lease->claimed_at;
}

/* Those that nobody asked for are leased as they were. */
static void
write_rest(const SdPort *port, const Taken *taken)
{
	SdWaiting *rows;
	int count = 0;

	if (taken->n_rest == 0)
		return;
	rows = palloc(taken->n_rest * sizeof(SdWaiting));
	for (int i = 0; i < taken->n_rest; i++)
	{
		rows[count++] = taken->rest[i].row;
		/* those of one call have that in common */
		if (i + 1 == taken->n_rest ||
			taken->rest[i + 1].row.claimed_at != rows[0].claimed_at)
		{
			sd_messages_make_waiting(port, rows, count, true,
									 rows[0].claimed_at);
			count = 0;
		}
	}
}

static void
read_slot(TupleTableSlot *slot, Lease *lease)
{
	lease->wake_at = DatumGetTimestampTz(slot->tts_values[LEASE_WAKE_AT]);
	lease->claimed_at = DatumGetTimestampTz(slot->tts_values[LEASE_CLAIMED_AT]);
	read_arrays(lease, &slot->tts_values[LEASE_IDS]);
}

/* The arrays are in the order of the columns. */
static void
read_arrays(Lease *lease, const Datum *arrays)
{
	int n[4];

	lease->ids = read_array(arrays[0], INT8OID, &n[0]);
	lease->attempts = read_array(arrays[1], INT4OID, &n[1]);
	lease->last_attempts = read_array(arrays[2], INT4OID, &n[2]);
	lease->priorities = read_array(arrays[3], INT2OID, &n[3]);
	if (n[0] == 0 || n[1] != n[0] || n[2] != n[0] || n[3] != n[0])
		ereport(ERROR, errcode(ERRCODE_DATA_CORRUPTED),
				errmsg("a row of \"%s\" is not as it was written",
					   "stormdisc.message_leases"));
	lease->n = n[0];
}

static const void *
read_array(Datum value, Oid type, int *n)
{
	ArrayType *array = DatumGetArrayTypeP(value);

	if (ARR_NDIM(array) != 1 || ARR_HASNULL(array) ||
		ARR_ELEMTYPE(array) != type)
		*n = 0;
	else
		*n = ARR_DIMS(array)[0];

	return ARR_DATA_PTR(array);
}
