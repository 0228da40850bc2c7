/*-------------------------------------------------------------------------
 *
 * groups.c
 *	  Messages of one group are delivered one after the other, in the order of
 *	  their ids.
 *
 * While one of them is delivered, or waits for its next try, the others that a
 * receiver comes across are parked: in message_waiting, until infinity.  When
 * it is done the first of them is made ready, and whoever finds any message of
 * the group ready takes the first of all.
 *
 * Who chooses from a group, or goes on with it, holds a lock on it until the
 * end of the transaction, one that some groups of a port have in common. Nobody
 * waits for it: a receiver leaves the group to who has it, and what one who
 *goes on with a group cannot see is left to sd_groups_sweep().
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "access/xact.h"
#include "catalog/pg_type.h"
#include "common/hashfn.h"
#include "portability/instr_time.h"
#include "utils/builtins.h"
#include "utils/snapmgr.h"
#include "utils/timestamp.h"

#include "lock.h"
#include "arrays.h"
#include "port/messages.h"
#include "spi_util.h"

/* groups that one call locks at most */
#define MAX_LOCKED 64

/* different locks on groups of one port: a transaction may go through many */
#define GROUP_LOCKS 1024

/* groups that nobody has gone on with are looked for this often at most */
#define SWEEP_PERIOD USECS_PER_SEC
#define SWEEP_SHARE 30

static int distinct_keys(text **keys, int n);
static int compare_keys(const void *a, const void *b);
static bool is_among(const text *key, text **keys, int n);
static int find_key(const text *key, text **keys, int n);
static uint64 read_latest(SdStatement *statement, const Datum *values);
static bool lock_group(const SdPort *port, const text *key);
static Datum key_array(text **keys, int n);
static int without_blocked(const SdPort *port, text **keys, int n);
static int without_claimed(text **keys, int n, const SdFound *claimed,
						   int n_claimed);
static int find_first(const SdPort *port, text **keys, int n, SdFound *first);
static int lock_first(const SdPort *port, SdFound *first, int n);
static void park(const SdPort *port, const SdFound *tokens, int n,
				 TimestampTz now);
static void read_found(SdFound *found, const Datum *values, const bool *nulls);

static SdStatement select_blocked = {
	.sql = "SELECT g.key FROM pg_catalog.unnest($2) g (key) "
		   "WHERE EXISTS (SELECT FROM stormdisc.message_waiting w "
		   "WHERE w.port_name OPERATOR(pg_catalog.=) $1 "
		   "AND w.group_key OPERATOR(pg_catalog.=) g.key "
		   "AND w.attempt OPERATOR(pg_catalog.>) 0 "
		   "AND w.wake_at OPERATOR(pg_catalog.<) 'infinity')",
	.nparameters = 2,
	.types = {TEXTOID, TEXTARRAYOID},
};

#define READY_COLUMNS                                                          \
	"true AS is_ready, r.segment, r.ctid, r.id, r.attempt, r.last_attempt, "   \
	"(10 OPERATOR(pg_catalog.-) (r.position OPERATOR(pg_catalog.>>) "          \
	"56))::int2 AS priority, r.group_key "
#define PARKED_COLUMNS                                                         \
	"false AS is_ready, w.segment, w.ctid, w.id, w.attempt, w.last_attempt, "  \
	"w.priority, w.group_key "
#define PARKED                                                                 \
	"FROM stormdisc.message_waiting w "                                        \
	"WHERE w.port_name OPERATOR(pg_catalog.=) $1 "                             \
	"AND w.wake_at OPERATOR(pg_catalog.=) 'infinity' "

static SdStatement select_first = {
	.sql = "SELECT f.* FROM pg_catalog.unnest($2) g (key), LATERAL ("
		   "SELECT c.* FROM ((SELECT " READY_COLUMNS
		   "FROM stormdisc.message_ready r "
		   "WHERE r.port_name OPERATOR(pg_catalog.=) $1 "
		   "AND r.group_key OPERATOR(pg_catalog.=) g.key "
		   "ORDER BY r.id LIMIT 1) UNION ALL (SELECT " PARKED_COLUMNS PARKED
		   "AND w.group_key OPERATOR(pg_catalog.=) g.key "
		   "ORDER BY w.id LIMIT 1)) c ORDER BY c.id LIMIT 1) f",
	.nparameters = 2,
	.types = {TEXTOID, TEXTARRAYOID},
};

static SdStatement lock_ready = {
	.sql = "SELECT " READY_COLUMNS "FROM stormdisc.message_ready r "
		   "WHERE r.port_name OPERATOR(pg_catalog.=) $1 "
		   "AND r.position OPERATOR(pg_catalog.=) ANY ($2) "
		   "FOR UPDATE SKIP LOCKED",
	.nparameters = 2,
	.types = {TEXTOID, INT8ARRAYOID},
};

static SdStatement lock_parked = {
	.sql = "SELECT " PARKED_COLUMNS PARKED
		   "AND w.id OPERATOR(pg_catalog.=) ANY ($2) FOR UPDATE SKIP LOCKED",
	.nparameters = 2,
	.types = {TEXTOID, INT8ARRAYOID},
};

static SdStatement select_parked = {
	.sql = "SELECT f.* FROM pg_catalog.unnest($2) g (key), LATERAL ("
		   "SELECT " PARKED_COLUMNS PARKED
		   "AND w.group_key OPERATOR(pg_catalog.=) g.key "
		   "ORDER BY w.id LIMIT 1 FOR UPDATE SKIP LOCKED) f",
	.nparameters = 2,
	.types = {TEXTOID, TEXTARRAYOID},
};

static SdStatement select_forgotten = {
	.sql = "WITH RECURSIVE k (key) AS ("
		   "(SELECT w.group_key " PARKED "AND w.group_key IS NOT NULL "
		   "ORDER BY w.group_key LIMIT 1) UNION ALL "
		   "SELECT (SELECT w.group_key " PARKED
		   "AND w.group_key OPERATOR(pg_catalog.>) k.key "
		   "ORDER BY w.group_key LIMIT 1) FROM k WHERE k.key IS NOT NULL) "
		   "SELECT k.key FROM k WHERE k.key IS NOT NULL "
		   "AND NOT EXISTS (SELECT FROM stormdisc.message_ready r "
		   "WHERE r.port_name OPERATOR(pg_catalog.=) $1 "
		   "AND r.group_key OPERATOR(pg_catalog.=) k.key) "
		   "AND NOT EXISTS (SELECT FROM stormdisc.message_waiting w "
		   "WHERE w.port_name OPERATOR(pg_catalog.=) $1 "
		   "AND w.group_key OPERATOR(pg_catalog.=) k.key "
		   "AND w.attempt OPERATOR(pg_catalog.>) 0 "
		   "AND w.wake_at OPERATOR(pg_catalog.<) 'infinity') "
		   "LIMIT $2",
	.nparameters = 2,
	.types = {TEXTOID, INT8OID},
};

/*
 * sd_groups_choose
 *		Take the first limit of these messages, which were found ready in this
 *		order, some of them of groups; how many of them it has looked at.
 *
 * Of a group the first message is taken, if none is under way and none is among
 * those that this call has claimed before; the others that it comes across are
 * parked.  A group that somebody else is choosing from now is left alone, and a
 * message that somebody else has is passed by: there may be fewer chosen than
 * limit.  No message is passed by of which that is not known.
 */
int
sd_groups_choose(const SdPort *port, const SdFound *found, int n,
				 const SdFound *claimed, int n_claimed, int limit,
				 SdFound *chosen, int *n_chosen, TimestampTz now)
{
	text **keys = palloc(n * sizeof(text *));
	text **locked = palloc(n * sizeof(text *));
	text **open = palloc(n * sizeof(text *));
	SdFound *to_park = palloc(n * sizeof(SdFound));
	bool *is_free;
	bool *is_seen;
	int n_keys = 0;
	int n_locked = 0;
	int n_open = 0;
	int n_parked = 0;
	int n_expected = 0;
	int n_seen;

	for (int i = 0; i < n; i++)
		if (found[i].row.group_key != NULL)
			keys[n_keys++] = found[i].row.group_key;
	n_keys = distinct_keys(keys, n_keys);
	is_free = palloc(Max(n_keys, 1) * sizeof(bool));
	is_seen = palloc0(Max(n_keys, 1) * sizeof(bool));

	/* most groups need no lock if it is known how they stand, more or less */
	memcpy(open, keys, n_keys * sizeof(text *));
	n_open = n_keys;
	if (n > limit)
	{
		n_open = without_claimed(open, n_open, claimed, n_claimed);
		n_open = without_blocked(port, open, n_open);
	}
	for (int i = 0; i < n_keys; i++)
		is_free[i] = is_among(keys[i], open, n_open);

	for (n_seen = 0; n_seen < n && n_expected < limit; n_seen++)
	{
		text *key = found[n_seen].row.group_key;
		int number;

		if (key == NULL)
		{
			n_expected++;
			continue;
		}
		number = find_key(key, keys, n_keys);
		if (!is_seen[number] && n_locked == MAX_LOCKED && is_free[number])
			break;
		if (!is_seen[number] && n_locked < MAX_LOCKED && lock_group(port, key))
		{
			locked[n_locked++] = key;
			if (is_free[number])
				n_expected++;
		}
		is_seen[number] = true;
	}
	qsort(locked, n_locked, sizeof(text *), compare_keys);

	/* what others did before we had the lock is seen from here on */
	memcpy(open, locked, n_locked * sizeof(text *));
	n_open = without_claimed(open, n_locked, claimed, n_claimed);
	n_open = without_blocked(port, open, n_open);
	*n_chosen = find_first(port, open, n_open, chosen);
	for (int i = 0; i < n_seen; i++)
		if (found[i].row.group_key == NULL)
			chosen[(*n_chosen)++] = found[i];
	*n_chosen = lock_first(port, chosen, *n_chosen);
	sd_messages_take(port, chosen, *n_chosen);

	/* one whose first message we did not get stays as it is */
	for (int i = 0; i < n_seen; i++)
	{
		text *key = found[i].row.group_key;
		bool may_park = key != NULL && is_among(key, locked, n_locked);
		bool has_first = may_park && !is_among(key, open, n_open);

		for (int j = 0; j < *n_chosen && may_park; j++)
		{
			if (chosen[j].row.id == found[i].row.id)
				may_park = false;
			else if (chosen[j].row.group_key != NULL &&
					 compare_keys(&chosen[j].row.group_key, &key) == 0)
				has_first = true;
		}
		if (may_park && has_first)
			to_park[n_parked++] = found[i];
	}
	n_parked = lock_first(port, to_park, n_parked);
	park(port, to_park, n_parked, now);

	return n_seen;
}

/*
 * sd_groups_release
 *		The message of these groups that was delivered is done: make the next
 *		one ready.  The keys are sorted.
 */
void
sd_groups_release(const SdPort *port, text **keys, int n)
{
	SdFound *found;
	Datum values[2];
	int n_keys = distinct_keys(keys, n);
	int n_found;

	/*
	 * One whose lock somebody else has is most often another group that has it
	 * in common, so go on all the same: who chooses sees what we have done, or
	 * leaves a message behind for the sweep.
	 */
	for (int i = 0; i < n_keys && i < MAX_LOCKED; i++)
		(void) lock_group(port, keys[i]);
	if (n_keys == 0)
		return;

	values[0] = PointerGetDatum(port->name_text);
	values[1] = key_array(keys, n_keys);
	n_found = (int) sd_spi_write(&select_parked, values, NULL);
	if (n_found == 0)
		return;
	found = palloc(n_found * sizeof(SdFound));
	for (int i = 0; i < n_found; i++)
	{
		Datum columns[8];
		bool nulls[8];

		heap_deform_tuple(SPI_tuptable->vals[i], SPI_tuptable->tupdesc, columns,
						  nulls);
		read_found(&found[i], columns, nulls);
	}
	sd_messages_take(port, found, n_found);
	sd_messages_to_ready(port, found, n_found);
}

/*
 * sd_groups_release_of
 *		Likewise, of the groups of messages that are done.
 */
void
sd_groups_release_of(const SdPort *port, const SdFound *found, int n)
{
	text **keys = palloc(Max(n, 1) * sizeof(text *));
	int count = 0;

	for (int i = 0; i < n; i++)
		if (found[i].row.group_key != NULL)
			keys[count++] = found[i].row.group_key;
	if (count > 0)
		sd_groups_release(port, keys, count);
}

/*
 * sd_groups_sweep
 *		Go on with groups that nobody has gone on with.
 *
 * It is looked at from time to time only: it takes two sessions that look at
 * the same group at the same time for there to be any.
 */
void
sd_groups_sweep(const SdPort *port, TimestampTz now)
{
	Datum values[2];
	instr_time start;
	instr_time duration;
	text **keys;
	int n;

	if (now < port->hints->next_groups)
		return;
	values[0] = PointerGetDatum(port->name_text);
	values[1] = Int64GetDatum(MAX_LOCKED);
	INSTR_TIME_SET_CURRENT(start);
	n = (int) sd_spi_write(&select_forgotten, values, NULL);
	INSTR_TIME_SET_CURRENT(duration);
	INSTR_TIME_SUBTRACT(duration, start);
	port->hints->next_groups =
		now + Max(SWEEP_PERIOD,
				  SWEEP_SHARE * (int64) INSTR_TIME_GET_MICROSEC(duration));
	if (n == 0)
		return;

	keys = palloc(n * sizeof(text *));
	for (int i = 0; i < n; i++)
	{
		keys[i] = DatumGetTextPCopy(sd_result(i, 1, NULL));
	}
	sd_groups_release(port, keys, n);
}

/* Sort keys and leave out those that are there twice; how many are left. */
static int
distinct_keys(text **keys, int n)
{
	int count = 0;

	qsort(keys, n, sizeof(text *), compare_keys);
	for (int i = 0; i < n; i++)
		if (i == 0 || compare_keys(&keys[i], &keys[count - 1]) != 0)
			keys[count++] = keys[i];

	return count;
}

static int
compare_keys(const void *a, const void *b)
{
	const text *x = *(text *const *) a;
	const text *y = *(text *const *) b;
	Size length_x = VARSIZE_ANY_EXHDR(x);
	Size length_y = VARSIZE_ANY_EXHDR(y);
	int result =
		memcmp(VARDATA_ANY(x), VARDATA_ANY(y), Min(length_x, length_y));

	if (result != 0)
		return result;

	return length_x < length_y ? -1 : length_x > length_y;
}

/* Is a key one of these?  They are sorted. */
static bool
is_among(const text *key, text **keys, int n)
{
	return find_key(key, keys, n) >= 0;
}

/* Which of them is it, or -1? */
static int
find_key(const text *key, text **keys, int n)
{
	text **same = bsearch(&key, keys, n, sizeof(text *), compare_keys);

	return same == NULL ? -1 : (int) (same - keys);
}

/* Some groups of a port have a lock in common: there are only so many. */
static bool
lock_group(const SdPort *port, const text *key)
{
	uint32 of_port = hash_bytes((const unsigned char *) port->name,
								(int) strlen(port->name));
	uint32 of_key = hash_bytes((const unsigned char *) VARDATA_ANY(key),
							   (int) VARSIZE_ANY_EXHDR(key));

	return sd_lock_hash(SD_LOCK_MESSAGE_GROUP,
						((uint64) of_port << 32) | of_key % GROUP_LOCKS);
}

/*
 * Rows as they are now: what others did to a group before we had its lock must
 * be seen, whatever the transaction's snapshot is.
 */
static uint64
read_latest(SdStatement *statement, const Datum *values)
{
	uint64 n;

	if (!IsolationUsesXactSnapshot())
		return sd_spi_write(statement, values, NULL);
	CommandCounterIncrement();
	PushActiveSnapshot(GetLatestSnapshot());
	n = sd_spi_read(statement, values, NULL);
	PopActiveSnapshot();

	return n;
}

static Datum
key_array(text **keys, int n)
{
	Datum *values = palloc(n * sizeof(Datum));

	for (int i = 0; i < n; i++)
		values[i] = PointerGetDatum(keys[i]);

	return PointerGetDatum(sd_array_make(values, NULL, n, TEXTOID));
}

/* Leave out the groups of which a message is under way. */
static int
without_blocked(const SdPort *port, text **keys, int n)
{
	Datum values[2];
	text **blocked;
	int n_blocked;
	int count = 0;

	if (n == 0)
		return 0;
	values[0] = PointerGetDatum(port->name_text);
	values[1] = key_array(keys, n);
	n_blocked = (int) read_latest(&select_blocked, values);
	blocked = palloc(Max(n_blocked, 1) * sizeof(text *));
	for (int i = 0; i < n_blocked; i++)
	{
		blocked[i] = DatumGetTextPCopy(sd_result(i, 1, NULL));
	}
	n_blocked = distinct_keys(blocked, n_blocked);
	for (int i = 0; i < n; i++)
		if (!is_among(keys[i], blocked, n_blocked))
			keys[count++] = keys[i];

	return count;
}

/* Leave out those of which this call has a message. */
static int
without_claimed(text **keys, int n, const SdFound *claimed, int n_claimed)
{
	text **sorted = palloc(Max(n_claimed, 1) * sizeof(text *));
	int n_sorted = 0;
	int count = 0;

	for (int i = 0; i < n_claimed; i++)
		if (claimed[i].row.group_key != NULL)
			sorted[n_sorted++] = claimed[i].row.group_key;
	n_sorted = distinct_keys(sorted, n_sorted);
	for (int i = 0; i < n; i++)
		if (!is_among(keys[i], sorted, n_sorted))
			keys[count++] = keys[i];

	return count;
}

/* The first message of each group, ready or parked. */
static int
find_first(const SdPort *port, text **keys, int n, SdFound *first)
{
	Datum values[2];
	int n_found;

	if (n == 0)
		return 0;
	values[0] = PointerGetDatum(port->name_text);
	values[1] = key_array(keys, n);
	n_found = (int) read_latest(&select_first, values);
	for (int i = 0; i < n_found; i++)
	{
		Datum columns[8];
		bool nulls[8];

		heap_deform_tuple(SPI_tuptable->vals[i], SPI_tuptable->tupdesc, columns,
						  nulls);
		read_found(&first[i], columns, nulls);
	}

	return n_found;
}

/* Keep those that can be locked, as they are then. */
static int
lock_first(const SdPort *port, SdFound *first, int n)
{
	SdStatement *statements[] = {&lock_ready, &lock_parked};
	Datum *positions = palloc(Max(n, 1) * sizeof(Datum));
	Datum *ids = palloc(Max(n, 1) * sizeof(Datum));
	int n_of[] = {0, 0};
	int count = 0;

	for (int i = 0; i < n; i++)
	{
		const SdWaiting *row = &first[i].row;

		if (first[i].is_ready)
			positions[n_of[0]++] =
				Int64GetDatum(SD_MESSAGE_POSITION(row->priority, row->id));
		else
			ids[n_of[1]++] = Int64GetDatum(row->id);
	}
	for (int kind = 0; kind < lengthof(statements); kind++)
	{
		Datum values[2];
		int n_locked;

		if (n_of[kind] == 0)
			continue;
		values[0] = PointerGetDatum(port->name_text);
		values[1] = PointerGetDatum(sd_array_make(kind == 0 ? positions : ids,
												  NULL, n_of[kind], INT8OID));
		n_locked = (int) sd_spi_write(statements[kind], values, NULL);
		for (int i = 0; i < n_locked; i++)
		{
			Datum columns[8];
			bool nulls[8];

			heap_deform_tuple(SPI_tuptable->vals[i], SPI_tuptable->tupdesc,
							  columns, nulls);
			read_found(&first[count++], columns, nulls);
		}
	}

	return count;
}

/* Put messages that are ready where they wait for their group. */
static void
park(const SdPort *port, const SdFound *tokens, int n, TimestampTz now)
{
	SdWaiting *rows;

	if (n == 0)
		return;
	sd_messages_take(port, tokens, n);
	rows = palloc(n * sizeof(SdWaiting));
	for (int i = 0; i < n; i++)
	{
		rows[i] = tokens[i].row;
		rows[i].wake_at = DT_NOEND;
	}
	sd_messages_make_waiting(port, rows, n, false, now);
}

/* A row of READY_COLUMNS or PARKED_COLUMNS. */
static void
read_found(SdFound *found, const Datum *values, const bool *nulls)
{
	MemSet(found, 0, sizeof(*found));
	found->is_ready = DatumGetBool(values[0]);
	found->segment = DatumGetInt16(values[1]);
	found->tid = *(ItemPointer) DatumGetPointer(values[2]);
	found->row.id = DatumGetInt64(values[3]);
	found->row.attempt = DatumGetInt32(values[4]);
	found->row.last_attempt = DatumGetInt32(values[5]);
	found->row.priority = DatumGetInt16(values[6]);
	found->row.group_key = nulls[7] ? NULL : DatumGetTextPCopy(values[7]);
}
