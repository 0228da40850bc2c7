/*-------------------------------------------------------------------------
 *
 * segments.c
 *	  The rings of segments in which the states of messages are.
 *
 * Rows are written to one segment and read from all, so it never matters to
 * what a message's state is which of them is written to.  The next segment is
 * emptied in two steps, a period apart at least: when only a few rows are left
 * in it they move to the segment that is outside of the ring, and later it is
 * truncated.
 *
 * Who has a snapshot in which these rows are there, and has not locked the
 * segment yet, would miss what is truncated: pg_dump has its locks some time
 * after its snapshot.  So it is truncated when vacuum could remove all that is
 * in it, which is after a period or two.  If a snapshot is held that prevents
 * this, it is truncated nevertheless once it has been empty for a few periods:
 * dead rows must not pile up.  sd_messages_recover() finds what a dump has
 * missed that took longer than that to get its locks.
 *
 * The current segment is that of the last value of a sequence, which is
 * milliseconds * 3 + segment: no transaction, no row that is updated.  So is
 *the one that nothing is left in, and since when.
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "access/heapam.h"
#include "access/htup_details.h"
#include "access/table.h"
#include "access/xact.h"
#include "access/xlog.h"
#include "catalog/namespace.h"
#include "catalog/pg_am.h"
#include "catalog/pg_class.h"
#include "catalog/pg_type.h"
#include "miscadmin.h"
#include "storage/bufmgr.h"
#include "storage/lmgr.h"
#include "storage/lock.h"
#include "storage/procarray.h"
#include "utils/guc.h"
#include "utils/lsyscache.h"
#include "utils/rel.h"
#include "utils/snapmgr.h"
#include "utils/timestamp.h"

#include "errors.h"
#include "lock.h"
#include "port/messages.h"
#include "spi_util.h"
#include "stormdisc.h"

/* how long what was read of the sequence is good for, in microseconds */
#define CURRENT_AGE (100 * 1000)

/* a segment smaller than this stays, in blocks: vacuum is enough */
#define SMALL_SEGMENT 64

/* more rows than this are not moved out of the way */
#define MAX_MOVED 2000

/* a segment that old snapshots still need is kept empty for so many periods */
#define MAX_EMPTY_PERIODS 2

/*
 * How long to wait for those that use a segment, and stop all others; who is
 * at it for longer is not waited for.
 */
#define LOCK_TIMEOUT "50ms"
#define N_GLANCES 5
#define GLANCE_INTERVAL 10000L

/* relations whose segments go together */
#define N_RINGS 3

/* what is in a segment */
typedef struct Contents
{
	int64 blocks;
	int64 present; /* rows that are there, or that somebody is at */
	int64 gone;	   /* removed, but an old snapshot may see them */
} Contents;

static int current_segment = 0;
static TimestampTz current_read_at = 0;

static TimestampTz next_recycle = 0;
static bool recycle_is_wanted = false;

static void at_commit(XactEvent event, void *arg);
static void recycle(void *arg);
static bool empty_segment(int segment, int64 now);
static bool lock_segment(int segment);
static bool is_in_use(Oid relation);
static void look_at(int segment, Contents *contents);
static void look_at_relation(const char *name, Contents *contents);
static void look_at_page(Relation rel, Buffer buffer, TransactionId horizon,
						 Contents *contents);
static int64 left_since(int segment);
static void note_left(int64 time, int segment);
static void set_segment(int64 time, int segment);
static int64 read_sequence(SdStatement *select);
static Oid relation_oid(const char *name);
static int64 blocks_of(int segment);

static SdStatement select_current = {
	.sql = "SELECT s.last_value FROM stormdisc.message_segment_seq s",
};

static SdStatement set_current = {
	.sql = "SELECT pg_catalog.setval("
		   "'stormdisc.message_segment_seq'::pg_catalog.regclass, $1)",
	.nparameters = 1,
	.types = {INT8OID},
};

/* milliseconds 0: there is none */
static SdStatement select_left = {
	.sql = "SELECT s.last_value FROM stormdisc.message_segment_left_seq s",
};

static SdStatement set_left = {
	.sql = "SELECT pg_catalog.setval("
		   "'stormdisc.message_segment_left_seq'::pg_catalog.regclass, $1)",
	.nparameters = 1,
	.types = {INT8OID},
};

#define MOVE_READY(table)                                                      \
	{                                                                          \
		.sql = "WITH gone AS (DELETE FROM stormdisc." table " RETURNING *) "   \
			   "INSERT INTO stormdisc.message_ready_kept (position, id, "      \
			   "attempt, last_attempt, segment, port_name, group_key) "        \
			   "SELECT g.position, g.id, g.attempt, g.last_attempt, 3, "       \
			   "g.port_name, g.group_key FROM gone g",                         \
		.reads_all = true,                                                     \
	}

#define MOVE_WAITING(table)                                                    \
	{                                                                          \
		.sql = "WITH gone AS (DELETE FROM stormdisc." table " RETURNING *) "   \
			   "INSERT INTO stormdisc.message_waiting_kept (id, wake_at, "     \
			   "claimed_at, attempt, last_attempt, segment, priority, "        \
			   "is_leased, port_name, group_key) "                             \
			   "SELECT g.id, g.wake_at, g.claimed_at, g.attempt, "             \
			   "g.last_attempt, 3, g.priority, g.is_leased, g.port_name, "     \
			   "g.group_key FROM gone g",                                      \
		.reads_all = true,                                                     \
	}

#define MOVE_LEASES(table)                                                     \
	{                                                                          \
		.sql = "WITH gone AS (DELETE FROM stormdisc." table " RETURNING *) "   \
			   "INSERT INTO stormdisc.message_leases_kept (first_id, "         \
			   "last_id, wake_at, claimed_at, segment, port_name, ids, "       \
			   "attempts, last_attempts, priorities) "                         \
			   "SELECT g.first_id, g.last_id, g.wake_at, g.claimed_at, 3, "    \
			   "g.port_name, g.ids, g.attempts, g.last_attempts, "             \
			   "g.priorities FROM gone g",                                     \
		.reads_all = true,                                                     \
	}

static SdStatement move_rows[N_RINGS][SD_RING_SIZE] = {
	{MOVE_READY("message_ready_0"), MOVE_READY("message_ready_1"),
	 MOVE_READY("message_ready_2")},
	{MOVE_LEASES("message_leases_0"), MOVE_LEASES("message_leases_1"),
	 MOVE_LEASES("message_leases_2")},
	{MOVE_WAITING("message_waiting_0"), MOVE_WAITING("message_waiting_1"),
	 MOVE_WAITING("message_waiting_2")},
};

#define TRUNCATE(table)                                                        \
	{                                                                          \
		.sql = "TRUNCATE stormdisc." table                                     \
	}

static SdStatement truncate_relation[N_RINGS][SD_RING_SIZE] = {
	{TRUNCATE("message_ready_0"), TRUNCATE("message_ready_1"),
	 TRUNCATE("message_ready_2")},
	{TRUNCATE("message_leases_0"), TRUNCATE("message_leases_1"),
	 TRUNCATE("message_leases_2")},
	{TRUNCATE("message_waiting_0"), TRUNCATE("message_waiting_1"),
	 TRUNCATE("message_waiting_2")},
};

static const char *const names[N_RINGS][SD_RING_SIZE] = {
	{"message_ready_0", "message_ready_1", "message_ready_2"},
	{"message_leases_0", "message_leases_1", "message_leases_2"},
	{"message_waiting_0", "message_waiting_1", "message_waiting_2"},
};

/*
 * sd_segment_current
 *		The segment that is written to, as it was a short time ago at least.
 */
int
sd_segment_current(void)
{
	TimestampTz now = GetCurrentTimestamp();

	if (now >= current_read_at + CURRENT_AGE || now < current_read_at)
	{
		current_segment = (int) (read_sequence(&select_current) % SD_RING_SIZE);
		current_read_at = now;
	}

	return current_segment;
}

/*
 * sd_segments_recycle_at_commit
 *		See to the segments when the transaction commits, if it is time.
 *
 * The locks that it takes are then held as short as can be.
 */
void
sd_segments_recycle_at_commit(void)
{
	static bool is_registered = false;
	TimestampTz now = GetCurrentTimestamp();

	if (now < next_recycle)
		return;
	if (!is_registered)
	{
		RegisterXactCallback(at_commit, NULL);
		is_registered = true;
	}
	next_recycle =
		now + (int64) sd_setting_message_segment_period * USECS_PER_SEC;
	recycle_is_wanted = true;
}

/* What goes wrong here is no reason to undo what the transaction did. */
static void
at_commit(XactEvent event, void *arg)
{
	bool is_wanted = recycle_is_wanted;

	if (event == XACT_EVENT_PARALLEL_PRE_COMMIT)
		return;
	recycle_is_wanted = false;
	if (event != XACT_EVENT_PRE_COMMIT || !is_wanted)
		return;

	(void) sd_try(recycle, NULL);
}

static void
recycle(void *arg)
{
	PushActiveSnapshot(GetTransactionSnapshot());
	(void) sd_segments_recycle();
	PopActiveSnapshot();
}

/*
 * sd_segments_recycle
 *		See to the next segment, if the current one is old and large enough and
 *		nobody is in the way.  Is that the current one now?
 *
 * In a transaction with a snapshot of its own it does nothing: it would not see
 * what it has to keep.
 */
bool
sd_segments_recycle(void)
{
	int64 last;
	int64 now = GetCurrentTimestamp() / 1000;
	int64 period = (int64) sd_setting_message_segment_period * 1000;
	int current;
	int next;
	bool done;
	SdSpi spi;

	if (RecoveryInProgress() || XactReadOnly || IsolationUsesXactSnapshot())
		return false;
	if (!sd_lock_hash(SD_LOCK_MESSAGE_SEGMENTS, 0))
		return false;

	last = read_sequence(&select_current);
	if (now - last / SD_RING_SIZE < period)
		return false;
	current = (int) (last % SD_RING_SIZE);
	next = (current + 1) % SD_RING_SIZE;
	if (blocks_of(current) < SMALL_SEGMENT)
		return false;

	sd_spi_begin(&spi, true);
	/* whatever comes of it, nobody tries again before the period is over */
	set_segment(now, current);
	done = empty_segment(next, now);
	if (done)
	{
		Contents contents;

		set_segment(now, next);
		/* the one after it may have been left for a while */
		next = (next + 1) % SD_RING_SIZE;
		look_at(next, &contents);
		note_left(contents.present == 0 ? now : 0, next);
	}
	sd_spi_end(&spi);

	return done;
}

/*
 * Take the next step to empty a segment; is it empty?
 *
 * What others did before we had the lock is seen then.
 */
static bool
empty_segment(int segment, int64 now)
{
	int64 since = left_since(segment);
	int64 period = (int64) sd_setting_message_segment_period * 1000;
	bool may_forget = since > 0 && now - since >= MAX_EMPTY_PERIODS * period;
	Contents contents;

	look_at(segment, &contents);
	if (contents.blocks == 0)
		return true;
	if (contents.present > MAX_MOVED)
	{
		note_left(0, segment);
		return false;
	}
	if (contents.present > 0)
	{
		note_left(0, segment);
		if (!lock_segment(segment))
			return false;
		for (int ring = 0; ring < N_RINGS; ring++)
			(void) sd_spi_write(&move_rows[ring][segment], NULL, NULL);
		note_left(now, segment);
		return false;
	}
	if (since == 0)
	{
		note_left(now, segment);
		return false;
	}
	if (now - since < period || (contents.gone > 0 && !may_forget))
		return false;

	if (!lock_segment(segment))
		return false;
	look_at(segment, &contents);
	if (contents.present > 0 || (contents.gone > 0 && !may_forget))
		return false;
	for (int ring = 0; ring < N_RINGS; ring++)
		(void) sd_spi_write(&truncate_relation[ring][segment], NULL, NULL);

	return true;
}

/*
 * Lock out all others, unless somebody uses the segment for long.
 *
 * While we wait for a lock others wait behind us.  So that is done for those
 * only who come and go, and not for a report or a dump.
 */
static bool
lock_segment(int segment)
{
	int level;

	for (int ring = 0; ring < N_RINGS; ring++)
		if (is_in_use(relation_oid(names[ring][segment])))
			return false;

	level = NewGUCNestLevel();
	(void) set_config_option("lock_timeout", LOCK_TIMEOUT, PGC_USERSET,
							 PGC_S_SESSION, GUC_ACTION_SAVE, true, 0, false);
	for (int ring = 0; ring < N_RINGS; ring++)
		LockRelationOid(relation_oid(names[ring][segment]),
						AccessExclusiveLock);
	AtEOXact_GUC(true, level);

	return true;
}

/* Has a transaction had a lock on a relation each time that we looked? */
static bool
is_in_use(Oid relation)
{
	VirtualTransactionId *held;
	int n_held;
	LOCKTAG tag;

	SET_LOCKTAG_RELATION(tag, MyDatabaseId, relation);
	held = GetLockConflicts(&tag, AccessExclusiveLock, &n_held);
	for (int glance = 1; glance < N_GLANCES && n_held > 0; glance++)
	{
		VirtualTransactionId *now;
		int n_now;
		int count = 0;

		CHECK_FOR_INTERRUPTS();
		pg_usleep(GLANCE_INTERVAL);
		now = GetLockConflicts(&tag, AccessExclusiveLock, &n_now);
		for (int i = 0; i < n_held; i++)
		{
			bool is_there = false;

			for (int j = 0; j < n_now && !is_there; j++)
				is_there = VirtualTransactionIdEquals(held[i], now[j]);
			if (is_there)
				held[count++] = held[i];
		}
		n_held = count;
		pfree(now);
	}
	pfree(held);

	return n_held > 0;
}

/* What is in the relations of a segment, whatever our snapshot is? */
static void
look_at(int segment, Contents *contents)
{
	MemSet(contents, 0, sizeof(*contents));
	for (int ring = 0; ring < N_RINGS; ring++)
		look_at_relation(names[ring][segment], contents);
}

/* It does not matter how many rows are there if they are too many. */
static void
look_at_relation(const char *name, Contents *contents)
{
	Relation rel = table_open(relation_oid(name), AccessShareLock);
	BlockNumber blocks = RelationGetNumberOfBlocks(rel);
	TransactionId horizon = GetOldestNonRemovableTransactionId(rel);

	contents->blocks += blocks;
	/* who has made it something else empties it */
	if (rel->rd_rel->relkind != RELKIND_RELATION ||
		rel->rd_rel->relam != HEAP_TABLE_AM_OID)
	{
		contents->blocks++;
		contents->present = MAX_MOVED + 1;
	}
	for (BlockNumber i = 0; i < blocks && contents->present <= MAX_MOVED; i++)
	{
		Buffer buffer;

		CHECK_FOR_INTERRUPTS();
		buffer = ReadBuffer(rel, i);
		LockBuffer(buffer, BUFFER_LOCK_SHARE);
		look_at_page(rel, buffer, horizon, contents);
		UnlockReleaseBuffer(buffer);
	}
	table_close(rel, AccessShareLock);
}

static void
look_at_page(Relation rel, Buffer buffer, TransactionId horizon,
			 Contents *contents)
{
	Page page = BufferGetPage(buffer);
	OffsetNumber last = PageGetMaxOffsetNumber(page);

	for (OffsetNumber i = FirstOffsetNumber; i <= last; i++)
	{
		ItemId item = PageGetItemId(page, i);
		HeapTupleData tuple;

		if (!ItemIdIsNormal(item))
			continue;
		tuple.t_data = (HeapTupleHeader) PageGetItem(page, item);
		tuple.t_len = ItemIdGetLength(item);
		tuple.t_tableOid = RelationGetRelid(rel);
		ItemPointerSet(&tuple.t_self, BufferGetBlockNumber(buffer), i);
		switch (HeapTupleSatisfiesVacuum(&tuple, horizon, buffer))
		{
			case HEAPTUPLE_DEAD:
				break;
			case HEAPTUPLE_RECENTLY_DEAD:
				contents->gone++;
				break;
			case HEAPTUPLE_DELETE_IN_PROGRESS:
				if (TransactionIdIsCurrentTransactionId(
						HeapTupleHeaderGetUpdateXid(tuple.t_data)))
					contents->gone++;
				else
					contents->present++;
				break;
			default:
				contents->present++;
				break;
		}
	}
}

/* In milliseconds; 0 if something is in it, for all we know. */
static int64
left_since(int segment)
{
	int64 value = read_sequence(&select_left);

	return value % SD_RING_SIZE == segment ? value / SD_RING_SIZE : 0;
}

/* Nothing is left in it since then; 0 if there is. */
static void
note_left(int64 time, int segment)
{
	Datum values[] = {Int64GetDatum(time * SD_RING_SIZE + segment)};

	(void) sd_spi_write(&set_left, values, NULL);
}

/* That is not undone when the transaction is. */
static void
set_segment(int64 time, int segment)
{
	Datum values[] = {Int64GetDatum(time * SD_RING_SIZE + segment)};

	(void) sd_spi_write(&set_current, values, NULL);
	current_read_at = 0;
}

/* The last value of a sequence. */
static int64
read_sequence(SdStatement *select)
{
	SdSpi spi;
	int64 value;

	sd_spi_begin(&spi, true);
	if (sd_spi_write(select, NULL, NULL) != 1)
		elog(ERROR, "could not read a sequence of segments");
	value = DatumGetInt64(sd_result(0, 1, NULL));
	sd_spi_end(&spi);

	return value;
}

static Oid
relation_oid(const char *name)
{
	Oid oid = get_relname_relid(name, get_namespace_oid("stormdisc", false));

	if (!OidIsValid(oid))
		ereport(ERROR, errcode(ERRCODE_UNDEFINED_TABLE),
				errmsg("relation \"stormdisc.%s\" does not exist", name));

	return oid;
}

static int64
blocks_of(int segment)
{
	int64 blocks = 0;

	for (int ring = 0; ring < N_RINGS; ring++)
	{
		Relation rel =
			table_open(relation_oid(names[ring][segment]), AccessShareLock);

		blocks += RelationGetNumberOfBlocks(rel);
		table_close(rel, AccessShareLock);
	}

	return blocks;
}
