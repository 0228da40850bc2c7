/*-------------------------------------------------------------------------
 *
 * ports.c
 *	  stormdisc_create_port, stormdisc_alter_port, stormdisc_drop_port, and
 *	  what each session keeps of them.
 *
 * A port is read once in a session.  Who changes ports invalidates the relation
 * stormdisc.ports for all sessions.
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "access/xact.h"
#include "catalog/namespace.h"
#include "catalog/pg_type.h"
#include "fmgr.h"
#include "miscadmin.h"
#include "storage/proc.h"
#include "utils/builtins.h"
#include "utils/fmgrprotos.h"
#include "utils/guc.h"
#include "utils/hsearch.h"
#include "utils/inval.h"
#include "utils/lsyscache.h"
#include "utils/memutils.h"
#include "utils/snapmgr.h"
#include "utils/timestamp.h"

#include "errors.h"
#include "port/messages.h"
#include "spi_util.h"

PG_FUNCTION_INFO_V1(stormdisc_create_port);
PG_FUNCTION_INFO_V1(stormdisc_alter_port);
PG_FUNCTION_INFO_V1(stormdisc_drop_port);

/*
 * How long everybody else may wait behind who drops a port, and how often.  The
 * server ends a vacuum of its own that is in the way after the second.
 */
#define DROP_TIMEOUT "200ms"
#define DROP_DEADLOCK_TIMEOUT "100ms"
#define DROP_TIMEOUT_MS 200
#define MAX_DROP_ATTEMPTS 5

/* the properties of a port, as arguments; those of both functions */
enum
{
	ARG_PORT,
	ARG_MAX_RETRIES,
	ARG_LEASE,
	ARG_BACKOFF,
	ARG_BACKOFF_CAP,
	ARG_JITTER,
	ARG_DEDUP_WINDOW,
	ARG_IF_NOT_EXISTS,
	N_PROPERTIES = ARG_IF_NOT_EXISTS
};

/* an entry of the cache */
typedef struct CachedPort
{
	SdPort port; /* its name is the key */
	SdPortHints hints;
	bool is_valid;
} CachedPort;

static HTAB *cache = NULL;
static Oid ports_oid = InvalidOid;
static uint64 invalidations = 0;

static void check_properties(FunctionCallInfo fcinfo, bool null_is_error);
static void raise_no_port(const text *name);
static void lock_with_patience(const char *name);
static void lock_tables(void *arg);
static void make_cache(void);
static void invalidate_cache(Datum arg, Oid relid);
static void at_end_of_transaction(XactEvent event, void *arg);
static void at_end_of_subtransaction(SubXactEvent event, SubTransactionId mine,
									 SubTransactionId parent, void *arg);
static void forget_places(void);
static void ports_changed(void);
static void read_port(CachedPort *cached, text *name);

static SdStatement insert_port = {
	.sql = "INSERT INTO stormdisc.ports (port_name, max_retries, lease, "
		   "backoff, backoff_cap, jitter, dedup_window, created_at) "
		   "VALUES ($1, $2, $3, $4, $5, $6, $7, $8) "
		   "ON CONFLICT (port_name) DO NOTHING",
	.nparameters = 8,
	.types = {TEXTOID, INT4OID, INTERVALOID, INTERVALOID, INTERVALOID,
			  FLOAT8OID, INTERVALOID, TIMESTAMPTZOID},
};

static SdStatement update_port = {
	.sql = "UPDATE stormdisc.ports SET "
		   "max_retries = COALESCE($2, max_retries), "
		   "lease = COALESCE($3, lease), backoff = COALESCE($4, backoff), "
		   "backoff_cap = COALESCE($5, backoff_cap), "
		   "jitter = COALESCE($6, jitter), "
		   "dedup_window = COALESCE($7, dedup_window) "
		   "WHERE port_name OPERATOR(pg_catalog.=) $1",
	.nparameters = 7,
	.types = {TEXTOID, INT4OID, INTERVALOID, INTERVALOID, INTERVALOID,
			  FLOAT8OID, INTERVALOID},
};

static SdStatement select_port = {
	.sql = "SELECT max_retries, lease, backoff, backoff_cap, jitter, "
		   "dedup_window FROM stormdisc.ports "
		   "WHERE port_name OPERATOR(pg_catalog.=) $1",
	.nparameters = 1,
	.types = {TEXTOID},
};

/* nobody sends or receives while a port goes */
static SdStatement lock_messages = {
	.sql = "LOCK TABLE stormdisc.messages, stormdisc.message_ready, "
		   "stormdisc.message_leases, stormdisc.message_waiting "
		   "IN SHARE ROW EXCLUSIVE MODE",
};

static SdStatement select_open = {
	.sql = "SELECT EXISTS (SELECT FROM stormdisc.message_ready r "
		   "WHERE r.port_name OPERATOR(pg_catalog.=) $1) "
		   "OR EXISTS (SELECT FROM stormdisc.message_leases l "
		   "WHERE l.port_name OPERATOR(pg_catalog.=) $1) "
		   "OR EXISTS (SELECT FROM stormdisc.message_waiting w "
		   "WHERE w.port_name OPERATOR(pg_catalog.=) $1)",
	.nparameters = 1,
	.types = {TEXTOID},
};

#define DELETE_OF_PORT(table)                                                  \
	{                                                                          \
		.sql = "DELETE FROM stormdisc." table                                  \
			   " WHERE port_name OPERATOR(pg_catalog.=) $1",                   \
		.nparameters = 1, .types = {TEXTOID},                                  \
	}

/* the port itself is the first */
static SdStatement delete_port[] = {
	DELETE_OF_PORT("ports"),
	DELETE_OF_PORT("message_ready"),
	DELETE_OF_PORT("message_leases"),
	DELETE_OF_PORT("message_waiting"),
	DELETE_OF_PORT("message_completions"),
	DELETE_OF_PORT("message_dead_letters"),
	DELETE_OF_PORT("message_errors"),
	DELETE_OF_PORT("message_redrives"),
	DELETE_OF_PORT("message_dedup"),
	DELETE_OF_PORT("subscriptions"),
	DELETE_OF_PORT("messages"),
};

/*
 * stormdisc_create_port(port, max_retries, lease, backoff, backoff_cap, jitter,
 *		dedup_window, if_not_exists) -> bool
 *		Make a port; false if it is there already.
 */
Datum
stormdisc_create_port(PG_FUNCTION_ARGS)
{
	text *name = sd_key_argument(
		PG_ARGISNULL(ARG_PORT) ? NULL : PG_GETARG_TEXT_PP(ARG_PORT), "port");
	bool if_not_exists =
		!PG_ARGISNULL(ARG_IF_NOT_EXISTS) && PG_GETARG_BOOL(ARG_IF_NOT_EXISTS);
	Datum values[N_PROPERTIES + 1];
	SdSpi spi;
	bool is_new;

	check_properties(fcinfo, true);
	values[ARG_PORT] = PointerGetDatum(name);
	for (int i = ARG_PORT + 1; i < N_PROPERTIES; i++)
		values[i] = PG_GETARG_DATUM(i);
	values[N_PROPERTIES] = TimestampTzGetDatum(GetCurrentTimestamp());

	sd_spi_begin(&spi, true);
	is_new = sd_spi_write(&insert_port, values, NULL) > 0;
	ports_changed();
	sd_spi_end(&spi);

	if (!is_new && !if_not_exists)
		ereport(
			ERROR, errcode(ERRCODE_DUPLICATE_OBJECT),
			errmsg("port \"%s\" already exists", text_to_cstring(name)),
			errhint("Use stormdisc_alter_port() to change its properties."));

	PG_RETURN_BOOL(is_new);
}

/*
 * stormdisc_alter_port(port, max_retries, lease, backoff, backoff_cap, jitter,
 *		dedup_window) -> void
 *		Change the properties that are not NULL.
 */
Datum
stormdisc_alter_port(PG_FUNCTION_ARGS)
{
	text *name = sd_key_argument(
		PG_ARGISNULL(ARG_PORT) ? NULL : PG_GETARG_TEXT_PP(ARG_PORT), "port");
	Datum values[N_PROPERTIES];
	bool nulls[N_PROPERTIES] = {false};
	SdSpi spi;

	check_properties(fcinfo, false);
	(void) sd_port_get(name);
	values[ARG_PORT] = PointerGetDatum(name);
	for (int i = ARG_PORT + 1; i < N_PROPERTIES; i++)
	{
		nulls[i] = PG_ARGISNULL(i);
		values[i] = nulls[i] ? (Datum) 0 : PG_GETARG_DATUM(i);
	}

	sd_spi_begin(&spi, true);
	if (sd_spi_write(&update_port, values, nulls) == 0)
		raise_no_port(name);
	ports_changed();
	sd_spi_end(&spi);

	PG_RETURN_VOID();
}

/*
 * stormdisc_drop_port(port, force) -> void
 *		Remove a port and all that was ever sent to it.
 *
 * It waits for all transactions that have sent or received, of whatever port,
 * but not for long: everybody else waits behind it.
 */
Datum
stormdisc_drop_port(PG_FUNCTION_ARGS)
{
	text *name =
		sd_key_argument(PG_ARGISNULL(0) ? NULL : PG_GETARG_TEXT_PP(0), "port");
	bool force = !PG_ARGISNULL(1) && PG_GETARG_BOOL(1);
	Datum values[] = {PointerGetDatum(name)};
	SdSpi spi;

	/* what others have sent since its snapshot it would not see */
	if (IsolationUsesXactSnapshot())
		ereport(ERROR, errcode(ERRCODE_ACTIVE_SQL_TRANSACTION),
				errmsg("cannot %s in a transaction of isolation level %s",
					   "drop a port",
					   IsolationIsSerializable() ? "SERIALIZABLE"
												 : "REPEATABLE READ"),
				errhint("Use READ COMMITTED."));
	(void) sd_port_get(name);
	PreventCommandIfReadOnly("stormdisc_drop_port()");
	lock_with_patience(text_to_cstring(name));

	sd_spi_begin(&spi, true);
	if (!force)
	{
		(void) sd_spi_write(&select_open, values, NULL);
		if (DatumGetBool(sd_result(0, 1, NULL)))
			ereport(ERROR, errcode(ERRCODE_DEPENDENT_OBJECTS_STILL_EXIST),
					errmsg("cannot drop port \"%s\" because it has messages "
						   "that are not completed",
						   text_to_cstring(name)),
					errhint("Use force => true to drop them too."));
	}
	for (int i = 0; i < lengthof(delete_port); i++)
		if (sd_spi_write(&delete_port[i], values, NULL) == 0 && i == 0)
			raise_no_port(name);
	ports_changed();
	sd_spi_end(&spi);

	PG_RETURN_VOID();
}

static void
raise_no_port(const text *name)
{
	/* it is there, but not for this transaction */
	if (IsolationUsesXactSnapshot())
		ereport(ERROR, errcode(ERRCODE_T_R_SERIALIZATION_FAILURE),
				errmsg("could not serialize access due to concurrent update"));
	ereport(ERROR, errcode(ERRCODE_UNDEFINED_OBJECT),
			errmsg("port \"%s\" does not exist", text_to_cstring(name)),
			errhint("Make it with stormdisc_create_port()."));
}

/* Keep everybody from sending and receiving. */
static void
lock_with_patience(const char *name)
{
	for (int attempt = 1;; attempt++)
	{
		ErrorData *error = sd_try(lock_tables, NULL);

		if (error == NULL)
			return;
		if (error->sqlerrcode != ERRCODE_LOCK_NOT_AVAILABLE &&
			error->sqlerrcode != ERRCODE_T_R_DEADLOCK_DETECTED)
			ReThrowError(error);
		if (attempt == MAX_DROP_ATTEMPTS)
			break;
		/* whoever has waited behind us goes first */
		DirectFunctionCall1(pg_sleep, Float8GetDatum(DROP_TIMEOUT_MS / 1000.0));
	}

	ereport(ERROR, errcode(ERRCODE_LOCK_NOT_AVAILABLE),
			errmsg("could not drop port \"%s\": its tables are in use", name),
			errdetail("A transaction that has sent or received, or a dump, is "
					  "still open."),
			errhint("Try again when it has ended; pg_locks tells which one it "
					"is."));
}

static void
lock_tables(void *arg)
{
	SdSpi spi;

	sd_spi_begin(&spi, true);
	if (LockTimeout <= 0 || LockTimeout > DROP_TIMEOUT_MS)
		(void) set_config_option("lock_timeout", DROP_TIMEOUT, PGC_USERSET,
								 PGC_S_SESSION, GUC_ACTION_SAVE, true, 0,
								 false);
	(void) set_config_option("deadlock_timeout", DROP_DEADLOCK_TIMEOUT,
							 PGC_SUSET, PGC_S_SESSION, GUC_ACTION_SAVE, true, 0,
							 false);
	(void) sd_spi_write(&lock_messages, NULL, NULL);
	sd_spi_end(&spi);
}

/* Raise an error if one of the properties is out of range. */
static void
check_properties(FunctionCallInfo fcinfo, bool null_is_error)
{
	static const char *const names[] = {"port",		   "max_retries", "lease",
										"backoff",	   "backoff_cap", "jitter",
										"dedup_window"};

	for (int i = ARG_MAX_RETRIES; i < N_PROPERTIES; i++)
	{
		if (PG_ARGISNULL(i))
		{
			if (null_is_error)
				ereport(ERROR, errcode(ERRCODE_NULL_VALUE_NOT_ALLOWED),
						errmsg("argument \"%s\" must not be null", names[i]));
			continue;
		}
		if (i == ARG_MAX_RETRIES)
			(void) sd_max_retries_argument(PG_GETARG_INT32(i));
		else if (i == ARG_JITTER)
		{
			float8 jitter = PG_GETARG_FLOAT8(i);

			if (!(jitter >= 0 && jitter <= 1))
				ereport(ERROR, errcode(ERRCODE_INVALID_PARAMETER_VALUE),
						errmsg("argument \"%s\" must be between 0 and 1",
							   "jitter"));
		}
		else
		{
			int64 length =
				sd_interval_argument(PG_GETARG_INTERVAL_P(i), names[i]);

			if (i == ARG_LEASE)
				sd_check_lease(length);
			(void) sd_time_after(GetCurrentTimestamp(), length);
		}
	}
}

/*
 * sd_port_get
 *		A port, as it is now.
 *
 * What is returned is there as long as the session.  Raises 42704 if there is
 * no such port, and what sd_key_argument() does.
 */
const SdPort *
sd_port_get(text *name)
{
	char key[SD_MAX_KEY_LENGTH + 1] = {0};
	CachedPort *cached;
	bool found;

	(void) sd_key_argument(name, "port");
	memcpy(key, VARDATA_ANY(name), VARSIZE_ANY_EXHDR(name));
	if (cache == NULL)
		make_cache();

	cached = hash_search(cache, key, HASH_FIND, NULL);
	if (cached == NULL || !cached->is_valid)
	{
		CachedPort new_port = {0};

		read_port(&new_port, name);
		cached = hash_search(cache, key, HASH_ENTER, &found);
		if (!found)
		{
			MemSet(&cached->hints, 0, sizeof(cached->hints));
			cached->port.hints = &cached->hints;
			cached->port.name_text = (text *) MemoryContextAlloc(
				TopMemoryContext, VARHDRSZ + strlen(key));
			SET_VARSIZE(cached->port.name_text, VARHDRSZ + strlen(key));
			memcpy(VARDATA(cached->port.name_text), key, strlen(key));
		}
		cached->port.max_retries = new_port.port.max_retries;
		cached->port.lease = new_port.port.lease;
		cached->port.backoff = new_port.port.backoff;
		cached->port.backoff_cap = new_port.port.backoff_cap;
		cached->port.jitter = new_port.port.jitter;
		cached->port.dedup_window = new_port.port.dedup_window;
		cached->is_valid = new_port.is_valid;
	}

	return &cached->port;
}

/*
 * sd_port_recheck
 *		Raise 42704 if the port was dropped since sd_port_get().
 *
 * It is called when a lock is held that who drops a port waits for.
 */
void
sd_port_recheck(const SdPort *port)
{
	if (!((const CachedPort *) port)->is_valid)
		(void) sd_port_get(port->name_text);
}

/*
 * sd_port_has_ready
 *		This session has made a message ready, and is to find it.
 */
void
sd_port_has_ready(const SdPort *port, int priority, int64 id)
{
	SdPortHints *hints = port->hints;
	int64 position = SD_MESSAGE_POSITION(priority, id);

	if (position > hints->ready.value)
		return;
	if (position > SD_POSITION_FLOOR(hints->ready.value))
		hints->ready.value = position - 1;
	else
	{
		hints->higher.value = Min(hints->higher.value, position - 1);
		hints->higher.next_start = 0;
	}
}

/* The row of a port. */
static void
read_port(CachedPort *cached, text *name)
{
	Datum values[] = {PointerGetDatum(name)};
	Datum row[6];
	bool nulls[6];
	uint64 before;
	uint64 n;
	SdSpi spi;

	/* an invalidation from here on is one of what is read */
	AcceptInvalidationMessages();
	ports_oid =
		get_relname_relid("ports", get_namespace_oid("stormdisc", true));
	before = invalidations;

	/* what is kept for the session must not be as old as this transaction */
	sd_spi_begin(&spi, true);
	CommandCounterIncrement();
	PushActiveSnapshot(GetLatestSnapshot());
	n = sd_spi_read(&select_port, values, NULL);
	PopActiveSnapshot();
	if (n == 0)
		ereport(ERROR, errcode(ERRCODE_UNDEFINED_OBJECT),
				errmsg("port \"%s\" does not exist", text_to_cstring(name)),
				errhint("Make it with stormdisc_create_port()."));
	heap_deform_tuple(SPI_tuptable->vals[0], SPI_tuptable->tupdesc, row, nulls);
	cached->port.max_retries = DatumGetInt32(row[0]);
	cached->port.lease =
		sd_interval_argument(DatumGetIntervalP(row[1]), "lease");
	cached->port.backoff =
		sd_interval_argument(DatumGetIntervalP(row[2]), "backoff");
	cached->port.backoff_cap =
		sd_interval_argument(DatumGetIntervalP(row[3]), "backoff_cap");
	cached->port.jitter = DatumGetFloat8(row[4]);
	cached->port.dedup_window =
		sd_interval_argument(DatumGetIntervalP(row[5]), "dedup_window");
	sd_spi_end(&spi);
	cached->is_valid = before == invalidations;
}

static void
make_cache(void)
{
	HASHCTL control = {0};

	control.keysize = SD_MAX_KEY_LENGTH + 1;
	control.entrysize = sizeof(CachedPort);
	cache =
		hash_create("stormdisc ports", 16, &control, HASH_ELEM | HASH_STRINGS);
	CacheRegisterRelcacheCallback(invalidate_cache, (Datum) 0);
	RegisterXactCallback(at_end_of_transaction, NULL);
	RegisterSubXactCallback(at_end_of_subtransaction, NULL);
}

static void
at_end_of_transaction(XactEvent event, void *arg)
{
	if (event == XACT_EVENT_ABORT)
		forget_places();
}

static void
at_end_of_subtransaction(SubXactEvent event, SubTransactionId mine,
						 SubTransactionId parent, void *arg)
{
	if (event == SUBXACT_EVENT_ABORT_SUB)
		forget_places();
}

/* What was taken is there again, before the place where a scan had ended. */
static void
forget_places(void)
{
	HASH_SEQ_STATUS status;
	CachedPort *cached;

	hash_seq_init(&status, cache);
	while ((cached = hash_seq_search(&status)) != NULL)
	{
		MemSet(&cached->hints.ready, 0, sizeof(SdPlace));
		MemSet(&cached->hints.higher, 0, sizeof(SdPlace));
		MemSet(&cached->hints.recent, 0, sizeof(SdPlace));
		MemSet(&cached->hints.marks, 0, sizeof(cached->hints.marks));
		MemSet(&cached->hints.due, 0, sizeof(SdPlace));
		MemSet(&cached->hints.due_leases, 0, sizeof(SdPlace));
	}
}

static void
invalidate_cache(Datum arg, Oid relid)
{
	HASH_SEQ_STATUS status;
	CachedPort *cached;

	if (OidIsValid(relid) && relid != ports_oid)
		return;
	invalidations++;
	hash_seq_init(&status, cache);
	while ((cached = hash_seq_search(&status)) != NULL)
		cached->is_valid = false;
}

/* Every session is to read the ports again. */
static void
ports_changed(void)
{
	Oid relid =
		get_relname_relid("ports", get_namespace_oid("stormdisc", false));

	CacheInvalidateRelcacheByRelid(relid);
	ports_oid = relid;
}
