/*-------------------------------------------------------------------------
 *
 * segments.c
 *	  The rings of segments in which the states of messages are.
 *
 * Rows are written to one segment and read from all, so it never matters to
 * what a message's state is which of them is written to.  When the next segment
 * has nothing left but a few rows, these move to the segment that is outside of
 * the ring, and it is truncated: dead rows go, whatever snapshots are held.
 *
 * The current segment is that of the last value of a sequence, which is
 * seconds * 3 + segment: no transaction, no row that is updated.
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "access/table.h"
#include "access/xact.h"
#include "access/xlog.h"
#include "catalog/namespace.h"
#include "catalog/pg_type.h"
#include "commands/sequence.h"
#include "miscadmin.h"
#include "storage/bufmgr.h"
#include "storage/lmgr.h"
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

/* how long to wait for those that use a segment, and stop all others */
#define LOCK_TIMEOUT "50ms"

static int current_segment = 0;
static TimestampTz current_read_at = 0;

static TimestampTz next_recycle = 0;
static bool recycle_is_wanted = false;

static void at_commit(XactEvent event, void *arg);
static void recycle(void *arg);
static void set_segment(int64 seconds, int segment);
static int64 read_sequence(void);
static Oid relation_oid(const char *name);
static BlockNumber blocks_of(const char *name);
static bool is_almost_empty(int segment);
static void lock_segment(int segment);
static bool empty_segment(int segment);

static SdStatement select_current = {
	.sql = "SELECT s.last_value FROM stormdisc.message_segment_seq s",
};

static SdStatement set_current = {
	.sql = "SELECT pg_catalog.setval("
		   "'stormdisc.message_segment_seq'::pg_catalog.regclass, $1)",
	.nparameters = 1,
	.types = {INT8OID},
};

#define COUNT_SOME(table)                                                      \
	{                                                                          \
		.sql = "SELECT pg_catalog.count(*) FROM (SELECT FROM stormdisc." table \
			   " LIMIT $1) s",                                                 \
		.nparameters = 1, .types = {INT8OID}, .reads_all = true,               \
	}

static SdStatement count_ready[] = {
	COUNT_SOME("message_ready_0"),
	COUNT_SOME("message_ready_1"),
	COUNT_SOME("message_ready_2"),
};

static SdStatement count_waiting[] = {
	COUNT_SOME("message_waiting_0"),
	COUNT_SOME("message_waiting_1"),
	COUNT_SOME("message_waiting_2"),
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

static SdStatement move_ready[] = {
	MOVE_READY("message_ready_0"),
	MOVE_READY("message_ready_1"),
	MOVE_READY("message_ready_2"),
};

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

static SdStatement move_waiting[] = {
	MOVE_WAITING("message_waiting_0"),
	MOVE_WAITING("message_waiting_1"),
	MOVE_WAITING("message_waiting_2"),
};

#define EMPTY(ready, waiting)                                                  \
	{                                                                          \
		.sql = "TRUNCATE stormdisc." ready ", stormdisc." waiting              \
	}

static SdStatement truncate_segment[] = {
	EMPTY("message_ready_0", "message_waiting_0"),
	EMPTY("message_ready_1", "message_waiting_1"),
	EMPTY("message_ready_2", "message_waiting_2"),
};

static const char *const ready_names[] = {"message_ready_0", "message_ready_1",
										  "message_ready_2"};
static const char *const waiting_names[] = {
	"message_waiting_0", "message_waiting_1", "message_waiting_2"};

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
		current_segment = (int) (read_sequence() % SD_RING_SIZE);
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
 *		Empty the next segment and go on to it, if the current one is old and
 *		large enough and nobody is in the way.  Did it?
 *
 * In a transaction with a snapshot of its own it does nothing: it would not see
 * what it has to keep.
 */
bool
sd_segments_recycle(void)
{
	int64 last;
	int64 seconds =
		GetCurrentTimestamp() / USECS_PER_SEC +
		(int64) (POSTGRES_EPOCH_JDATE - UNIX_EPOCH_JDATE) * SECS_PER_DAY;
	int current;
	int next;
	bool done = false;
	SdSpi spi;

	if (RecoveryInProgress() || XactReadOnly || IsolationUsesXactSnapshot())
		return false;
	if (!sd_lock_hash(SD_LOCK_MESSAGE_SEGMENTS, 0))
		return false;

	last = read_sequence();
	if (seconds - last / SD_RING_SIZE < sd_setting_message_segment_period)
		return false;
	current = (int) (last % SD_RING_SIZE);
	next = (current + 1) % SD_RING_SIZE;
	if (blocks_of(ready_names[current]) + blocks_of(waiting_names[current]) <
		SMALL_SEGMENT)
		return false;

	sd_spi_begin(&spi, true);
	/* whatever comes of it, nobody tries again before the period is over */
	set_segment(seconds, current);
	if (is_almost_empty(next))
	{
		lock_segment(next);
		done = empty_segment(next);
	}
	if (done)
		set_segment(seconds, next);
	sd_spi_end(&spi);

	return done;
}

/* That is not undone when the transaction is. */
static void
set_segment(int64 seconds, int segment)
{
	Datum values[] = {Int64GetDatum(seconds * SD_RING_SIZE + segment)};

	(void) sd_spi_write(&set_current, values, NULL);
	current_read_at = 0;
}

/* The last value of the sequence. */
static int64
read_sequence(void)
{
	SdSpi spi;
	int64 value;
	bool isnull;

	sd_spi_begin(&spi, true);
	if (sd_spi_write(&select_current, NULL, NULL) != 1)
		elog(ERROR, "could not read the current segment");
	value = DatumGetInt64(SPI_getbinval(SPI_tuptable->vals[0],
										SPI_tuptable->tupdesc, 1, &isnull));
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

static BlockNumber
blocks_of(const char *name)
{
	Relation rel = table_open(relation_oid(name), AccessShareLock);
	BlockNumber blocks = RelationGetNumberOfBlocks(rel);

	table_close(rel, AccessShareLock);

	return blocks;
}

/* Are there so few rows that these can be moved? */
static bool
is_almost_empty(int segment)
{
	Datum values[] = {Int64GetDatum(MAX_MOVED + 1)};
	SdStatement *counts[] = {&count_ready[segment], &count_waiting[segment]};
	int64 count = 0;

	for (int i = 0; i < lengthof(counts); i++)
	{
		bool isnull;

		(void) sd_spi_write(counts[i], values, NULL);
		count += DatumGetInt64(SPI_getbinval(
			SPI_tuptable->vals[0], SPI_tuptable->tupdesc, 1, &isnull));
	}

	return count <= MAX_MOVED;
}

/* Lock out all others; an error if that takes too long. */
static void
lock_segment(int segment)
{
	int level = NewGUCNestLevel();

	(void) set_config_option("lock_timeout", LOCK_TIMEOUT, PGC_USERSET,
							 PGC_S_SESSION, GUC_ACTION_SAVE, true, 0, false);
	LockRelationOid(relation_oid(ready_names[segment]), AccessExclusiveLock);
	LockRelationOid(relation_oid(waiting_names[segment]), AccessExclusiveLock);
	AtEOXact_GUC(true, level);
}

/* Nobody else is there now, and what is there is seen. */
static bool
empty_segment(int segment)
{
	if (!is_almost_empty(segment))
		return false;
	(void) sd_spi_write(&move_ready[segment], NULL, NULL);
	(void) sd_spi_write(&move_waiting[segment], NULL, NULL);
	(void) sd_spi_write(&truncate_segment[segment], NULL, NULL);

	return true;
}
