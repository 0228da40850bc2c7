/*-------------------------------------------------------------------------
 *
 * wait.c
 *	  stormdisc_wait: sleep until a port may have something to receive.
 *	  stormdisc_notify_channel: where sends to a port are told with NOTIFY.
 *
 * Waiting sessions stand in shared memory, each in the list of its port's
 * bucket.  When a transaction that sent something has committed, as many of
 * them are woken as there are messages, the longest sleeper first: nobody is
 * woken for nothing, and a message that waits for its time needs only one that
 * keeps watch.
 *
 * A waiter enters the list before it looks into the tables, and a sender looks
 * into the list after its messages are visible: one of them sees the other.
 *
 * It sleeps in no transaction, so that it holds back neither VACUUM nor the
 * ring of segments.  Inside of a procedure that is not possible; there it has
 * a transaction that has read and locked nothing.
 *
 * The shared memory is there if the library is in shared_preload_libraries,
 * and since version 17 always.  Without it a waiter looks again every few
 * milliseconds.  In any case it looks once in a while: a message may have
 * become due in a way that no commit of its sender tells, such as COMMIT
 * PREPARED, and whoever was woken for it may have died.
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "compat.h"

#include "access/htup_details.h"
#include "access/xact.h"
#include "catalog/pg_type.h"
#include "commands/async.h"
#include "common/hashfn.h"
#include "executor/spi.h"
#include "fmgr.h"
#include "funcapi.h"
#include "miscadmin.h"
#include "nodes/parsenodes.h"
#include "port/atomics.h"
#ifdef SD_HAS_DSM_REGISTRY
#include "storage/dsm_registry.h"
#endif
#include "storage/ipc.h"
#include "storage/latch.h"
#include "storage/lwlock.h"
#include "storage/proc.h"
#include "storage/shmem.h"
#include "utils/builtins.h"
#include "utils/guc.h"
#include "utils/memutils.h"
#include "utils/portal.h"
#include "utils/snapmgr.h"
#include "utils/timestamp.h"
#include "utils/wait_event.h"

#include "port/messages.h"
#include "port/wait.h"
#include "spi_util.h"

PG_FUNCTION_INFO_V1(stormdisc_wait);
PG_FUNCTION_INFO_V1(stormdisc_notify_channel);

#define SHARED_NAME "stormdisc_wait"
#define N_BUCKETS 128
#define NOBODY (-1)

/* without shared memory the tables are looked at again after so many
 * milliseconds: from the first growing to the second */
#define MIN_POLL 1
#define MAX_POLL 20

/* looking may take this part of the time: one in so many */
#define LOOK_SHARE 10

/* longest pause before looking when what was found is of no use, as above */
#define MAX_PAUSE 100

#define CHANNEL_PREFIX "stormdisc_"

typedef enum Call
{
	CALL_NONE,
	CALL_LOOK, /* something will be due before it would look */
	CALL_READY /* there is a message for it */
} Call;

/* a session that waits; indexed by its number among the server's processes */
typedef struct Waiter
{
	uint64 port;	   /* hash of database and port */
	TimestampTz until; /* it looks again then; while it looks: never */
	int next;		   /* in the bucket's list, or NOBODY */
	int previous;
	bool is_listed;
	Call call;
} Waiter;

typedef struct Bucket
{
	LWLock lock;
	pg_atomic_uint32 waiters;
	int first;
	int last;
} Bucket;

typedef struct Shared
{
	int tranche;
	Bucket buckets[N_BUCKETS];
	Waiter waiters[FLEXIBLE_ARRAY_MEMBER];
} Shared;

/*
 * What a subtransaction has made due: one for each port.  Those of inner
 * subtransactions are in front of those of outer ones.
 */
typedef struct Note
{
	uint64 port;
	SubTransactionId subxact;
	int64 ready;
	TimestampTz due; /* the first, or DT_NOEND */
	struct Note *next;
} Note;

/* one call of stormdisc_wait() */
typedef struct Wait
{
	text *port_name;
	uint64 port;
	TimestampTz deadline;
	bool is_nested; /* in a procedure or DO: has to keep a transaction */
	bool is_in_transaction;
	bool is_due;
	TimestampTz next_due; /* of what waits for its time, or DT_NOEND */
	long look_time;		  /* of the last look, in milliseconds */
} Wait;

static bool setting_notify = false;
static int setting_check_interval = 1000;
static Shared *shared = NULL;
static bool is_exit_callback_set = false;
static Note *notes = NULL;

/*
 * What the last call in this session found by looking, and how often since
 * something was received: of what others have locked there is nothing to
 * receive, however often it is looked at.
 */
static uint64 last_found = 0;
static int n_found = 0;

#ifndef SD_HAS_DSM_REGISTRY
static shmem_request_hook_type previous_request_hook = NULL;
static shmem_startup_hook_type previous_startup_hook = NULL;

static void request_shared(void);
static void start_shared(void);
#endif

static bool attach(void);
static Size shared_size(void);
static void initialize_shared(Shared *area, int tranche);
static uint64 hash_port(const char *port);
static Note *find_note(const char *port);
static Note *note_of(Note *first, uint64 port, SubTransactionId subxact);
static void add_notes(Note *note, Note *end, SubTransactionId parent);
static void at_end_of_transaction(XactEvent event, void *arg);
static void at_end_of_subtransaction(SubXactEvent event, SubTransactionId mine,
									 SubTransactionId parent, void *arg);
static void wake(uint64 port, int64 ready, TimestampTz due);
static void enlist(uint64 port);
static void leave(TimestampTz watched);
static void leave_at_exit(int code, Datum arg);
static void call_waiter(int number, Call call);
static Call take_call(TimestampTz *until, TimestampTz due);
static bool is_watched(Bucket *bucket, uint64 port, TimestampTz due);
static void read_wait(FunctionCallInfo fcinfo, Wait *wait);
static TimestampTz deadline_after(Interval *max_wait);
static void begin(Wait *wait);
static void end(Wait *wait);
static void wait_until_due(Wait *wait);
static void look(Wait *wait);
static Call sleep_until(TimestampTz until, TimestampTz due);
static char *channel_name(const char *port);

/* the first message or delivery whose time comes, and is one ready? */
static SdStatement select_due = {
	.sql = "SELECT EXISTS (SELECT FROM stormdisc.message_ready r "
		   "WHERE r.port_name OPERATOR(pg_catalog.=) $1), "
		   "LEAST((SELECT w.wake_at FROM stormdisc.message_waiting w "
		   "WHERE w.port_name OPERATOR(pg_catalog.=) $1 "
		   "ORDER BY w.port_name, w.wake_at LIMIT 1), "
		   "(SELECT l.wake_at FROM stormdisc.message_leases l "
		   "WHERE l.port_name OPERATOR(pg_catalog.=) $1 "
		   "ORDER BY l.port_name, l.wake_at LIMIT 1))",
	.nparameters = 1,
	.types = {TEXTOID},
};

/*
 * sd_wait_init
 *		When the library is loaded: the setting, the hooks.
 */
void
sd_wait_init(void)
{
	DefineCustomBoolVariable(
		"stormdisc.notify", "Sends tell of themselves with NOTIFY, too.",
		"The channel of a port is that of stormdisc_notify_channel(); there is "
		"one notification per transaction and port.",
		&setting_notify, false, PGC_USERSET, 0, NULL, NULL, NULL);

	DefineCustomIntVariable(
		"stormdisc.wait_check_interval",
		"Longest time before a session that waits looks for messages itself.",
		"Messages that are sent wake it before that.  Without shared memory it "
		"looks more often.",
		&setting_check_interval, 1000, 10, 3600 * 1000, PGC_USERSET,
		GUC_UNIT_MS, NULL, NULL, NULL);

	RegisterXactCallback(at_end_of_transaction, NULL);
	RegisterSubXactCallback(at_end_of_subtransaction, NULL);

#ifndef SD_HAS_DSM_REGISTRY
	if (process_shared_preload_libraries_in_progress)
	{
		previous_request_hook = shmem_request_hook;
		shmem_request_hook = request_shared;
		previous_startup_hook = shmem_startup_hook;
		shmem_startup_hook = start_shared;
	}
#endif
}

/*
 * sd_wait_note_ready
 *		Some messages of a port are ready once this transaction commits.
 */
void
sd_wait_note_ready(const char *port, int64 messages)
{
	if (messages <= 0)
		return;

	if (setting_notify)
		Async_Notify(channel_name(port), "");
	if (attach())
		find_note(port)->ready += messages;
}

/*
 * sd_wait_note_due
 *		A message or delivery of a port has its time at wake_at, once this
 *		transaction commits.
 */
void
sd_wait_note_due(const char *port, TimestampTz wake_at)
{
	if (attach())
	{
		Note *note = find_note(port);

		note->due = Min(note->due, wake_at);
	}
}

/*
 * sd_wait_note_received
 *		This session has received something.
 */
void
sd_wait_note_received(void)
{
	n_found = 0;
}

/*
 * stormdisc_wait(port, max_wait, INOUT is_due)
 *		Commit, and wait until the port may have something to receive.
 */
Datum
stormdisc_wait(PG_FUNCTION_ARGS)
{
	MemoryContext context = CurrentMemoryContext;
	Wait wait = {0};
	TupleDesc desc;
	Datum values[1];
	bool nulls[1] = {false};

	read_wait(fcinfo, &wait);
	PG_TRY();
	{
		begin(&wait);
		wait_until_due(&wait);
	}
	PG_CATCH();
	{
		leave(wait.next_due);
		/* whoever handles the error does so in a transaction */
		if (!wait.is_in_transaction)
			StartTransactionCommand();
		PG_RE_THROW();
	}
	PG_END_TRY();
	leave(wait.next_due);
	end(&wait);
	MemoryContextSwitchTo(context);

	if (get_call_result_type(fcinfo, NULL, &desc) != TYPEFUNC_COMPOSITE)
		elog(ERROR, "return type must be a row type");
	values[0] = BoolGetDatum(wait.is_due);

	PG_RETURN_DATUM(HeapTupleGetDatum(
		heap_form_tuple(BlessTupleDesc(desc), values, nulls)));
}

/*
 * stormdisc_notify_channel(port) -> text
 *		The channel to LISTEN to.
 */
Datum
stormdisc_notify_channel(PG_FUNCTION_ARGS)
{
	PG_RETURN_TEXT_P(
		cstring_to_text(channel_name(text_to_cstring(PG_GETARG_TEXT_PP(0)))));
}

/* shared memory */

/* Is there any?  Since version 17 it is made by whoever comes first. */
#ifdef SD_HAS_DSM_REGISTRY
static void
initialize_segment(void *area SD_DSM_INIT_ARG)
{
	initialize_shared(area, SD_NEW_TRANCHE(SHARED_NAME));
}

static bool
attach(void)
{
	if (shared == NULL)
	{
		bool found;

		shared = SD_GET_DSM_SEGMENT(SHARED_NAME, shared_size(),
									initialize_segment, &found);
		SD_REGISTER_TRANCHE(shared->tranche, SHARED_NAME);
	}

	return true;
}
#else
static bool
attach(void)
{
	return shared != NULL;
}

static void
request_shared(void)
{
	if (previous_request_hook != NULL)
		previous_request_hook();
	RequestAddinShmemSpace(shared_size());
	RequestNamedLWLockTranche(SHARED_NAME, 1);
}

static void
start_shared(void)
{
	bool found;

	if (previous_startup_hook != NULL)
		previous_startup_hook();

	LWLockAcquire(AddinShmemInitLock, LW_EXCLUSIVE);
	shared = ShmemInitStruct(SHARED_NAME, shared_size(), &found);
	if (!found)
		initialize_shared(shared,
						  GetNamedLWLockTranche(SHARED_NAME)->lock.tranche);
	LWLockRelease(AddinShmemInitLock);
}
#endif

static Size
shared_size(void)
{
	return add_size(offsetof(Shared, waiters),
					mul_size(MaxBackends, sizeof(Waiter)));
}

static void
initialize_shared(Shared *area, int tranche)
{
	memset(area, 0, shared_size());
	area->tranche = tranche;
	for (int i = 0; i < N_BUCKETS; i++)
	{
		Bucket *bucket = &area->buckets[i];

		LWLockInitialize(&bucket->lock, tranche);
		pg_atomic_init_u32(&bucket->waiters, 0);
		bucket->first = NOBODY;
		bucket->last = NOBODY;
	}
}

static uint64
hash_port(const char *port)
{
	return hash_bytes_extended((const unsigned char *) port, strlen(port),
							   MyDatabaseId);
}

/* senders */

/* The note of this subtransaction about a port. */
static Note *
find_note(const char *port)
{
	uint64 hash = hash_port(port);
	SubTransactionId subxact = GetCurrentSubTransactionId();
	Note *note = note_of(notes, hash, subxact);

	if (note == NULL)
	{
		note = MemoryContextAlloc(TopTransactionContext, sizeof(Note));
		note->port = hash;
		note->subxact = subxact;
		note->ready = 0;
		note->due = DT_NOEND;
		note->next = notes;
		notes = note;
	}

	return note;
}

/* One of a subtransaction, of which no inner one has notes; or NULL. */
static Note *
note_of(Note *first, uint64 port, SubTransactionId subxact)
{
	Note *note = first;

	while (note != NULL && note->subxact == subxact && note->port != port)
		note = note->next;

	return note != NULL && note->subxact == subxact ? note : NULL;
}

/* What was noted is visible now, or never will be. */
static void
at_end_of_transaction(XactEvent event, void *arg)
{
	switch (event)
	{
		case XACT_EVENT_COMMIT:
			/* first visible, then who waits */
			if (notes != NULL)
				pg_memory_barrier();
			for (Note *note = notes; note != NULL; note = note->next)
				wake(note->port, note->ready, note->due);
			notes = NULL;
			break;

		case XACT_EVENT_ABORT:
		case XACT_EVENT_PREPARE:
			notes = NULL;
			break;

		default:
			break;
	}
}

static void
at_end_of_subtransaction(SubXactEvent event, SubTransactionId mine,
						 SubTransactionId parent, void *arg)
{
	Note *own;

	if (event != SUBXACT_EVENT_COMMIT_SUB && event != SUBXACT_EVENT_ABORT_SUB)
		return;

	/* those of inner subtransactions, which began later, are in front */
	own = notes;
	while (notes != NULL && notes->subxact >= mine)
		notes = notes->next;
	if (event == SUBXACT_EVENT_COMMIT_SUB)
		add_notes(own, notes, parent);
}

/* Notes, up to another one, are those of the parent now. */
static void
add_notes(Note *note, Note *end, SubTransactionId parent)
{
	Note *known = notes;

	while (note != end)
	{
		Note *next = note->next;
		Note *same = note_of(known, note->port, parent);

		if (same != NULL)
		{
			same->ready += note->ready;
			same->due = Min(same->due, note->due);
			pfree(note);
		}
		else
		{
			note->subxact = parent;
			note->next = notes;
			notes = note;
		}
		note = next;
	}
}

/*
 * Call as many waiters as messages are ready, and one to look when the next is
 * due if nobody does so anyway.
 */
static void
wake(uint64 port, int64 ready, TimestampTz due)
{
	Bucket *bucket = &shared->buckets[port % N_BUCKETS];
	bool is_watched = due == DT_NOEND;
	int watch = NOBODY;

	if (pg_atomic_read_u32(&bucket->waiters) == 0)
		return;

	LWLockAcquire(&bucket->lock, LW_EXCLUSIVE);
	for (int i = bucket->first; i != NOBODY && (ready > 0 || !is_watched);
		 i = shared->waiters[i].next)
	{
		Waiter *waiter = &shared->waiters[i];

		if (waiter->port != port || waiter->call == CALL_READY)
			continue;
		if (ready > 0)
		{
			call_waiter(i, CALL_READY);
			ready--;
		}
		else if (waiter->until <= due || waiter->call == CALL_LOOK)
			is_watched = true;
		else if (watch == NOBODY)
			watch = i;
	}
	if (!is_watched && watch != NOBODY)
		call_waiter(watch, CALL_LOOK);
	LWLockRelease(&bucket->lock);
}

static void
call_waiter(int number, Call call)
{
	shared->waiters[number].call = call;
	SetLatch(&GetPGProcByNumber(number)->procLatch);
}

/* waiters */

/* Enter the list: whatever is committed from now on wakes this session. */
static void
enlist(uint64 port)
{
	Bucket *bucket = &shared->buckets[port % N_BUCKETS];
	Waiter *me = &shared->waiters[SD_MY_PROC_NUMBER];

	if (!is_exit_callback_set)
	{
		before_shmem_exit(leave_at_exit, (Datum) 0);
		is_exit_callback_set = true;
	}

	LWLockAcquire(&bucket->lock, LW_EXCLUSIVE);
	me->port = port;
	me->until = DT_NOEND;
	me->call = CALL_NONE;
	me->is_listed = true;
	me->next = NOBODY;
	me->previous = bucket->last;
	if (bucket->last == NOBODY)
		bucket->first = SD_MY_PROC_NUMBER;
	else
		shared->waiters[bucket->last].next = SD_MY_PROC_NUMBER;
	bucket->last = SD_MY_PROC_NUMBER;
	/* also a barrier: first in the list, then the look into the tables */
	pg_atomic_fetch_add_u32(&bucket->waiters, 1);
	LWLockRelease(&bucket->lock);
}

/*
 * Leave the list.  A call that this session made no use of is for the next
 * one, and so is the watch for what is due at a time.
 */
static void
leave(TimestampTz watched)
{
	Waiter *me;
	Bucket *bucket;
	Call call;

	if (shared == NULL || !shared->waiters[SD_MY_PROC_NUMBER].is_listed)
		return;

	me = &shared->waiters[SD_MY_PROC_NUMBER];
	bucket = &shared->buckets[me->port % N_BUCKETS];
	LWLockAcquire(&bucket->lock, LW_EXCLUSIVE);
	if (me->previous == NOBODY)
		bucket->first = me->next;
	else
		shared->waiters[me->previous].next = me->next;
	if (me->next == NOBODY)
		bucket->last = me->previous;
	else
		shared->waiters[me->next].previous = me->previous;
	me->is_listed = false;
	call = me->call;
	pg_atomic_fetch_sub_u32(&bucket->waiters, 1);
	LWLockRelease(&bucket->lock);

	wake(me->port, call == CALL_READY ? 1 : 0,
		 call == CALL_LOOK ? DT_NOBEGIN : watched);
}

static void
leave_at_exit(int code, Datum arg)
{
	leave(DT_NOBEGIN);
}

/*
 * Was this session called?  From now on it sleeps until then, or looks.  If
 * another one already looks when something is due it sleeps longer.
 */
static Call
take_call(TimestampTz *until, TimestampTz due)
{
	Waiter *me = &shared->waiters[SD_MY_PROC_NUMBER];
	Bucket *bucket = &shared->buckets[me->port % N_BUCKETS];
	Call call;

	LWLockAcquire(&bucket->lock, LW_EXCLUSIVE);
	call = me->call;
	me->call = CALL_NONE;
	if (due < *until && !is_watched(bucket, me->port, due))
		*until = due;
	me->until = *until;
	LWLockRelease(&bucket->lock);

	return call;
}

/* Does another waiter of the port, which sleeps, look by then? */
static bool
is_watched(Bucket *bucket, uint64 port, TimestampTz due)
{
	for (int i = bucket->first; i != NOBODY; i = shared->waiters[i].next)
	{
		Waiter *waiter = &shared->waiters[i];

		if (i != SD_MY_PROC_NUMBER && waiter->port == port &&
			waiter->call == CALL_NONE && waiter->until <= due)
			return true;
	}

	return false;
}

/* Check the arguments, and that this is no place inside of a transaction. */
static void
read_wait(FunctionCallInfo fcinfo, Wait *wait)
{
	Interval *max_wait;

	PreventCommandDuringRecovery("stormdisc_wait()");
	if (PG_ARGISNULL(0) || PG_ARGISNULL(1))
		ereport(ERROR, errcode(ERRCODE_NULL_VALUE_NOT_ALLOWED),
				errmsg("argument \"%s\" must not be null",
					   PG_ARGISNULL(0) ? "port" : "max_wait"));
	max_wait = PG_GETARG_INTERVAL_P(1);
	if (fcinfo->context == NULL || !IsA(fcinfo->context, CallContext) ||
		castNode(CallContext, fcinfo->context)->atomic)
		ereport(ERROR, errcode(ERRCODE_INVALID_TRANSACTION_TERMINATION),
				errmsg("%s cannot run inside of a transaction block or a "
					   "function",
					   "stormdisc_wait()"),
				errdetail("It commits before it waits."),
				errhint("Call it on its own, or in a procedure or DO that is "
						"called outside of a transaction block."));

	wait->port_name = DatumGetTextPCopy(PG_GETARG_DATUM(0));
	wait->port = hash_port(text_to_cstring(wait->port_name));
	wait->is_nested = SPI_inside_nonatomic_context();
	wait->is_in_transaction = true;
	wait->next_due = DT_NOEND;
	wait->deadline = deadline_after(max_wait);
}

static TimestampTz
deadline_after(Interval *max_wait)
{
	Interval none = {0};

	if (DatumGetBool(DirectFunctionCall2(interval_lt,
										 IntervalPGetDatum(max_wait),
										 IntervalPGetDatum(&none))))
		ereport(ERROR, errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				errmsg("argument \"%s\" must not be negative", "max_wait"));

	return DatumGetTimestampTz(DirectFunctionCall2(
		timestamptz_pl_interval, TimestampTzGetDatum(GetCurrentTimestamp()),
		IntervalPGetDatum(max_wait)));
}

/* Commit what the caller did until now. */
static void
begin(Wait *wait)
{
	if (attach())
		enlist(wait->port);
	if (wait->is_nested)
	{
		if (SPI_connect_ext(SPI_OPT_NONATOMIC) != SPI_OK_CONNECT)
			elog(ERROR, "could not connect to SPI");
		SPI_commit();
	}
	else
	{
		ForgetPortalSnapshots();
		CommitTransactionCommand();
		wait->is_in_transaction = false;
	}
}

/* Be in a transaction again. */
static void
end(Wait *wait)
{
	if (wait->is_nested)
	{
		if (SPI_finish() != SPI_OK_FINISH)
			elog(ERROR, "could not disconnect from SPI");
	}
	else
		StartTransactionCommand();
}

static void
wait_until_due(Wait *wait)
{
	TimestampTz now = GetCurrentTimestamp();
	long poll = MIN_POLL;

	if (last_found != wait->port)
		n_found = 0;
	if (n_found > 1)
	{
		long pause = Min(1L << Min(n_found - 2, 10), MAX_PAUSE);
		TimestampTz until = TimestampTzPlusMilliseconds(now, pause);

		if (sleep_until(Min(until, wait->deadline), DT_NOEND) == CALL_READY)
			wait->is_due = true;
	}

	while (!wait->is_due)
	{
		long longest;
		TimestampTz until;

		look(wait);
		if (wait->is_due)
		{
			last_found = wait->port;
			n_found = Min(n_found + 1, MAX_PAUSE);
			/* who receives it sees to the next */
			wait->next_due = DT_NOEND;
			break;
		}
		n_found = 0;
		now = GetCurrentTimestamp();
		if (now >= wait->deadline)
			break;

		longest = shared != NULL ? setting_check_interval : poll;
		longest = Max(longest, LOOK_SHARE * wait->look_time);
		poll = Min(2 * poll, MAX_POLL);
		until = TimestampTzPlusMilliseconds(now, longest);
		if (sleep_until(Min(until, wait->deadline), wait->next_due) ==
			CALL_READY)
			wait->is_due = true;
	}
}

/* Is something due, or when?  In a transaction of its own. */
static void
look(Wait *wait)
{
	TimestampTz started = GetCurrentTimestamp();
	const SdPort *port;
	MemoryContext oldcontext;
	Datum values[1];
	bool isnull;
	SdSpi spi;

	if (!wait->is_nested)
	{
		StartTransactionCommand();
		wait->is_in_transaction = true;
	}
	/* what this allocates goes with the transaction, in a procedure too */
	oldcontext = MemoryContextSwitchTo(TopTransactionContext);
	PushActiveSnapshot(GetTransactionSnapshot());
	port = sd_port_get(wait->port_name);
	sd_spi_begin(&spi, true);
	if (!XactReadOnly)
		sd_groups_sweep(port, started);
	values[0] = PointerGetDatum(wait->port_name);
	if (sd_spi_write(&select_due, values, NULL) != 1)
		elog(ERROR, "unexpected number of rows");
	wait->next_due = DatumGetTimestampTz(sd_result(0, 2, &isnull));
	if (isnull)
		wait->next_due = DT_NOEND;
	wait->is_due = wait->next_due <= started;
	if (DatumGetBool(sd_result(0, 1, NULL)))
		wait->is_due = true;
	sd_spi_end(&spi);
	PopActiveSnapshot();
	sd_segments_recycle_at_commit();
	MemoryContextSwitchTo(oldcontext);

	if (wait->is_nested)
		SPI_commit();
	else
	{
		CommitTransactionCommand();
		wait->is_in_transaction = false;
	}
	wait->look_time =
		TimestampDifferenceMilliseconds(started, GetCurrentTimestamp());
}

/*
 * Sleep until then, until something is due if nobody else sees to that, or
 * until somebody calls.
 */
static Call
sleep_until(TimestampTz until, TimestampTz due)
{
	static uint32 wait_event = 0;
	Waiter *me = NULL;

	if (wait_event == 0)
		wait_event = SD_WAIT_EVENT("StormdiscWait");
	if (shared != NULL)
	{
		Call call = take_call(&until, due);

		if (call != CALL_NONE)
			return call;
		me = &shared->waiters[SD_MY_PROC_NUMBER];
	}
	else
		until = Min(until, due);

	for (;;)
	{
		long timeout =
			TimestampDifferenceMilliseconds(GetCurrentTimestamp(), until);

		if (me != NULL && ((volatile Waiter *) me)->call != CALL_NONE)
			break;
		if (timeout <= 0)
			break;
		(void) WaitLatch(MyLatch,
						 WL_LATCH_SET | WL_TIMEOUT | WL_EXIT_ON_PM_DEATH,
						 timeout, wait_event);
		ResetLatch(MyLatch);
		CHECK_FOR_INTERRUPTS();
	}

	until = DT_NOEND;

	return me != NULL ? take_call(&until, DT_NOEND) : CALL_NONE;
}

/* A name that is too long for a channel is told by its hash. */
static char *
channel_name(const char *port)
{
	char *name = psprintf(CHANNEL_PREFIX "%s", port);

	if (strlen(name) < NAMEDATALEN)
		return name;

	return psprintf(CHANNEL_PREFIX "%016llx",
					(unsigned long long) hash_bytes_extended(
						(const unsigned char *) port, strlen(port), 0));
}
