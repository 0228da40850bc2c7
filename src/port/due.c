/*-------------------------------------------------------------------------
 *
 * due.c
 *	  Messages whose time has come: leases that have ended, retries, delays.
 *
 * Receivers see to it, so nothing else needs to run.  Each row is locked before
 * it is moved, and looked at again then: a lease that was extended meanwhile is
 * not ended, and one that is completed is gone.
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "catalog/pg_type.h"
#include "executor/instrument.h"
#include "utils/builtins.h"
#include "utils/timestamp.h"

#include "port/messages.h"
#include "spi_util.h"

/* most rows that one call moves */
#define MAX_DUE 1000

/* rows that are gone and that a look from the start may walk over each time */
#define CHEAP_WALK 1000

/* the same in buffers: pages whose entries are all dead have none to count */
#define CHEAP_PAGES 20

/* likewise, where rows are not counted: some are of the planner */
#define CHEAP_BUFFERS 500

/* else this many times as long as it took passes until the next */
#define LOOK_SHARE 50

/* and this many times if nothing was found elsewhere */
#define LOOK_SHARE_IDLE 10

static int read_due(const SdPort *port, SdFound *found);

static SdStatement select_due = {
	.sql = "SELECT w.segment, w.ctid, w.id, w.attempt, w.last_attempt, "
		   "w.priority, w.is_leased, w.wake_at, w.claimed_at, w.group_key "
		   "FROM stormdisc.message_waiting w "
		   "WHERE w.port_name OPERATOR(pg_catalog.=) $1 "
		   "AND w.wake_at OPERATOR(pg_catalog.>=) $2 "
		   "AND w.wake_at OPERATOR(pg_catalog.<=) $3 "
		   "ORDER BY w.wake_at LIMIT $4 FOR UPDATE SKIP LOCKED",
	.nparameters = 4,
	.types = {TEXTOID, TIMESTAMPTZOID, TIMESTAMPTZOID, INT8OID},
};

/*
 * sd_messages_wake
 *		Make ready what is due; how many messages were.
 *
 * A delivery whose lease has ended and that was the last one makes a dead
 * letter.
 */
int
sd_messages_wake(const SdPort *port, TimestampTz now)
{
	SdPlace *place = &port->hints->due;
	bool is_full = now >= place->next_start;
	Datum values[4];
	SdLook look;
	SdFound *found;
	SdFound *ready;
	SdFound *dead;
	SdFound *expired;
	SdFound *leases;
	int n;
	int n_leases;
	int n_ready = 0;
	int n_dead = 0;
	int n_expired = 0;

	values[0] = PointerGetDatum(port->name_text);
	values[1] = TimestampTzGetDatum(is_full ? DT_NOBEGIN : place->value);
	values[2] = TimestampTzGetDatum(now);
	values[3] = Int64GetDatum(MAX_DUE);
	sd_look_begin(&look);
	n = (int) sd_spi_write(&select_due, values, NULL);
	if (is_full)
		sd_look_end(&look, place, -1, n, now);
	found = palloc(Max(n, 1) * sizeof(SdFound));
	(void) read_due(port, found);
	place->value = n > 0 ? found[n - 1].row.wake_at : now;
	if (n > 0)
		sd_messages_take(port, found, n);

	n_leases = sd_leases_take_due(port, &leases, now);
	if (n_leases > 0)
	{
		found = repalloc(found, (n + n_leases) * sizeof(SdFound));
		memcpy(&found[n], leases, n_leases * sizeof(SdFound));
		n += n_leases;
	}
	if (n == 0)
		return 0;

	ready = palloc(n * sizeof(SdFound));
	dead = palloc(n * sizeof(SdFound));
	expired = palloc(n * sizeof(SdFound));
	for (int i = 0; i < n; i++)
	{
		const SdFound *row = &found[i];

		if (row->is_leased)
			expired[n_expired++] = *row;
		if (row->row.attempt >= row->row.last_attempt)
			dead[n_dead++] = *row;
		else
			ready[n_ready++] = *row;
	}
	if (n_expired > 0)
		sd_messages_note_error(port, expired, n_expired,
							   cstring_to_text("lease expired"), (Datum) 0,
							   false, now);
	sd_messages_to_ready(port, ready, n_ready);
	if (n_dead > 0)
	{
		sd_messages_die(port, dead, n_dead, "lease expired",
						cstring_to_text("lease expired"), (Datum) 0, false,
						now);
		sd_groups_release_of(port, dead, n_dead);
	}

	/* those that are dead may have let others of their groups go */
	return n;
}

/*
 * sd_look_begin
 *		Begin to look for rows from the start of an index.
 */
void
sd_look_begin(SdLook *look)
{
	INSTR_TIME_SET_CURRENT(look->start);
	look->buffers =
		pgBufferUsage.shared_blks_hit + pgBufferUsage.shared_blks_read;
}

/*
 * sd_look_end
 *		It is done: when is the next time?  walked is how many entries of the
 *		index it saw, or -1.
 */
void
sd_look_end(const SdLook *look, SdPlace *place, int64 walked, int64 found,
			TimestampTz now)
{
	int64 buffers = pgBufferUsage.shared_blks_hit +
					pgBufferUsage.shared_blks_read - look->buffers;
	bool has_walked = walked >= 0 && walked - found > CHEAP_WALK;
	bool has_read = walked >= 0 ? buffers - 2 * found > CHEAP_PAGES
								: buffers - 4 * found > CHEAP_BUFFERS;

	/* the first time catalogs may have been read */
	place->n_costly = has_walked || has_read ? place->n_costly + 1 : 0;
	place->next_start = now;
	place->next_idle = now;
	if (has_walked || place->n_costly > 1)
		sd_look_pause(look, place, now);
}

/*
 * sd_look_pause
 *		Likewise, but the next time is some time after in any case.
 */
void
sd_look_pause(const SdLook *look, SdPlace *place, TimestampTz now)
{
	instr_time duration;
	int64 microseconds;

	INSTR_TIME_SET_CURRENT(duration);
	INSTR_TIME_SUBTRACT(duration, look->start);
	microseconds = (int64) INSTR_TIME_GET_MICROSEC(duration);
	place->next_start = now + LOOK_SHARE * microseconds;
	place->next_idle = now + LOOK_SHARE_IDLE * microseconds;
}

/* The rows of the last result. */
static int
read_due(const SdPort *port, SdFound *found)
{
	int n = (int) SPI_processed;

	for (int i = 0; i < n; i++)
	{
		SdFound *row = &found[i];
		Datum values[10];
		bool nulls[10];

		heap_deform_tuple(SPI_tuptable->vals[i], SPI_tuptable->tupdesc, values,
						  nulls);
		row->is_ready = false;
		row->segment = DatumGetInt16(values[0]);
		row->tid = *(ItemPointer) DatumGetPointer(values[1]);
		row->row.id = DatumGetInt64(values[2]);
		row->row.attempt = DatumGetInt32(values[3]);
		row->row.last_attempt = DatumGetInt32(values[4]);
		row->row.priority = DatumGetInt16(values[5]);
		row->is_leased = DatumGetBool(values[6]);
		row->row.wake_at = DatumGetTimestampTz(values[7]);
		row->row.claimed_at = nulls[8] ? 0 : DatumGetTimestampTz(values[8]);
		row->row.group_key = nulls[9] ? NULL : DatumGetTextPCopy(values[9]);
	}

	return n;
}
