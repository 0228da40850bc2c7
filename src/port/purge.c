/*-------------------------------------------------------------------------
 *
 * purge.c
 *	  stormdisc_purge: forget what a port has not delivered.
 *	  stormdisc_delete: forget one message.
 *
 * With a message go its errors, its redrives and its dedup_key, which may be
 * sent again.
 *
 * Each statement finds its rows by one index, or by where they are: it takes as
 * long for a message whatever the planner knows of the tables.
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "access/xact.h"
#include "catalog/pg_type.h"
#include "fmgr.h"
#include "miscadmin.h"
#include "utils/builtins.h"
#include "utils/memutils.h"

#include "arguments.h"
#include "arrays.h"
#include "port/messages.h"
#include "spi_util.h"

PG_FUNCTION_INFO_V1(stormdisc_purge);
PG_FUNCTION_INFO_V1(stormdisc_delete);

/* messages that are in memory at a time */
#define BATCH 10000

/* the columns of what is chosen to be purged */
enum
{
	COL_IS_READY = 1,
	COL_SEGMENT,
	COL_TID,
	COL_ID,
	COL_GROUP_KEY
};

static void check_isolation(const char *what);
static int64 purge(const SdPort *port, SdStatement *choose);
static void take(const SdPort *port, SPITupleTable *chosen, int n);
static int64 forget(const SdPort *port, Datum *ids, int n);
static void release_groups(const SdPort *port, int column);
static Datum column_of(SPITupleTable *table, uint64 row, int column,
					   bool *isnull);

/*
 * What somebody is just receiving is locked, and in flight already.  Whoever
 * waits for others of its group has nobody waiting for it.
 */
static SdStatement choose_waiting = {
	.sql = "SELECT false, w.segment, w.ctid, w.id, "
		   "CASE WHEN w.wake_at OPERATOR(pg_catalog.<) 'infinity' "
		   "THEN w.group_key END "
		   "FROM stormdisc.message_waiting w "
		   "WHERE w.port_name OPERATOR(pg_catalog.=) $1 AND NOT w.is_leased "
		   "FOR UPDATE SKIP LOCKED",
	.nparameters = 1,
	.types = {TEXTOID},
};

static SdStatement choose_ready = {
	.sql = "SELECT true, r.segment, r.ctid, r.id, r.group_key "
		   "FROM stormdisc.message_ready r "
		   "WHERE r.port_name OPERATOR(pg_catalog.=) $1 "
		   "FOR UPDATE SKIP LOCKED",
	.nparameters = 1,
	.types = {TEXTOID},
};

static SdStatement choose_dead = {
	.sql = "SELECT NULL::pg_catalog.bool, NULL::pg_catalog.int2, d.ctid, d.id, "
		   "NULL::pg_catalog.text "
		   "FROM stormdisc.message_dead_letters d "
		   "WHERE d.port_name OPERATOR(pg_catalog.=) $1 "
		   "FOR UPDATE SKIP LOCKED",
	.nparameters = 1,
	.types = {TEXTOID},
};

static SdStatement delete_dead = {
	.sql = "DELETE FROM stormdisc.message_dead_letters d "
		   "WHERE d.ctid OPERATOR(pg_catalog.=) ANY ($1)",
	.nparameters = 1,
	.types = {TIDARRAYOID},
};

/* the messages of the array $2 */
#define IDS "pg_catalog.unnest($2)"

static SdStatement forget_messages = {
	.sql =
		"WITH errors AS (DELETE FROM stormdisc.message_errors e "
		"WHERE e." SD_ROWS_OF(
			IDS,
			"message_errors") "), "
							  "redrives AS (DELETE FROM stormdisc.message_redrives r "
							  "WHERE r." SD_ROWS_OF(
								  IDS,
								  "message_redrives") ") "
													  "DELETE FROM stormdisc.messages m "
													  "WHERE m." SD_ROWS_OF(
														  IDS,
														  "messages") "RETURNING m.id, m.dedup_key",
	.nparameters = 2,
	.types = {TEXTOID, INT8ARRAYOID},
};

/* the key may be another message's meanwhile */
static SdStatement forget_key = {
	.sql = "DELETE FROM stormdisc.message_dedup d "
		   "WHERE d.port_name OPERATOR(pg_catalog.=) $1 "
		   "AND d.dedup_key OPERATOR(pg_catalog.=) $2 "
		   "AND d.id OPERATOR(pg_catalog.=) $3",
	.nparameters = 3,
	.types = {TEXTOID, TEXTOID, INT8OID},
};

/* is there such a message, where does it stand, where was it taken from? */
static SdStatement take_message = {
	.sql = "WITH place AS MATERIALIZED (SELECT (((10 OPERATOR(pg_catalog.-) "
		   "m.priority)::pg_catalog.int8 OPERATOR(pg_catalog.<<) 56) "
		   "OPERATOR(pg_catalog.|) m.id) AS position "
		   "FROM stormdisc.messages m "
		   "WHERE m.port_name OPERATOR(pg_catalog.=) $1 "
		   "AND m.id OPERATOR(pg_catalog.=) $2), "
		   "seen AS MATERIALIZED ("
		   "SELECT FROM stormdisc.message_ready r "
		   "WHERE r.port_name OPERATOR(pg_catalog.=) $1 "
		   "AND r.position OPERATOR(pg_catalog.=) "
		   "(SELECT p.position FROM place p) "
		   "UNION ALL SELECT FROM stormdisc.message_waiting w "
		   "WHERE w.port_name OPERATOR(pg_catalog.=) $1 "
		   "AND w.id OPERATOR(pg_catalog.=) $2 "
		   "UNION ALL SELECT FROM stormdisc.message_leases l "
		   "WHERE l.port_name OPERATOR(pg_catalog.=) $1 "
		   "AND l.last_id OPERATOR(pg_catalog.>=) $2 "
		   "AND l.last_id OPERATOR(pg_catalog.<) (LEAST($2, "
		   "9223372036854774807) OPERATOR(pg_catalog.+) 1000) "
		   "AND $2 OPERATOR(pg_catalog.=) ANY (l.ids) "
		   "UNION ALL SELECT FROM stormdisc.message_dead_letters d "
		   "WHERE d.port_name OPERATOR(pg_catalog.=) $1 "
		   "AND d.id OPERATOR(pg_catalog.=) $2), "
		   "ready AS (DELETE FROM stormdisc.message_ready r "
		   "WHERE r.port_name OPERATOR(pg_catalog.=) $1 "
		   "AND r.position OPERATOR(pg_catalog.=) "
		   "(SELECT p.position FROM place p) RETURNING r.group_key), "
		   "waiting AS (DELETE FROM stormdisc.message_waiting w "
		   "WHERE w.port_name OPERATOR(pg_catalog.=) $1 "
		   "AND w.id OPERATOR(pg_catalog.=) $2 RETURNING w.group_key), "
		   "dead AS (DELETE FROM stormdisc.message_dead_letters d "
		   "WHERE d.port_name OPERATOR(pg_catalog.=) $1 "
		   "AND d.id OPERATOR(pg_catalog.=) $2 RETURNING d.id), "
		   "taken AS MATERIALIZED (SELECT group_key FROM ready "
		   "UNION ALL SELECT group_key FROM waiting "
		   "UNION ALL SELECT NULL FROM dead) "
		   "SELECT EXISTS (SELECT FROM place), EXISTS (SELECT FROM seen), "
		   "EXISTS (SELECT FROM taken), "
		   "(SELECT pg_catalog.array_agg(DISTINCT group_key) FROM taken "
		   "WHERE group_key IS NOT NULL)",
	.nparameters = 2,
	.types = {TEXTOID, INT8OID},
};

/* who recovers it has locked it, too */
static SdStatement lock_message = {
	.sql = "SELECT FROM stormdisc.messages m "
		   "WHERE m.port_name OPERATOR(pg_catalog.=) $1 "
		   "AND m.id OPERATOR(pg_catalog.=) $2 FOR UPDATE",
	.nparameters = 2,
	.types = {TEXTOID, INT8OID},
};

/*
 * stormdisc_purge(port, dead_letters) -> bigint
 *		Forget all that is not in flight and not done; how many messages.
 */
Datum
stormdisc_purge(PG_FUNCTION_ARGS)
{
	text *name =
		sd_key_argument(PG_ARGISNULL(0) ? NULL : PG_GETARG_TEXT_PP(0), "port");
	const SdPort *port = sd_port_get(name);
	SdSpi spi;
	int64 count;

	PreventCommandIfReadOnly("stormdisc_purge()");
	check_isolation("purge a port");
	(void) sd_argument_required(fcinfo, 1, "dead_letters");

	sd_spi_begin(&spi, true);
	/* the way that messages go, so that none of them gets past */
	count = purge(port, &choose_waiting);
	count += purge(port, &choose_ready);
	if (PG_GETARG_BOOL(1))
		count += purge(port, &choose_dead);
	sd_spi_end(&spi);

	PG_RETURN_INT64(count);
}

/*
 * stormdisc_delete(port, id) -> boolean
 *		Forget a message, however it stands.
 */
Datum
stormdisc_delete(PG_FUNCTION_ARGS)
{
	text *name =
		sd_key_argument(PG_ARGISNULL(0) ? NULL : PG_GETARG_TEXT_PP(0), "port");
	const SdPort *port = sd_port_get(name);
	Datum values[2];
	SdSpi spi;
	bool is_there;
	bool is_seen;
	bool is_taken;
	bool is_gone = false;
	bool is_locked = false;
	bool again;
	bool isnull;

	PreventCommandIfReadOnly("stormdisc_delete()");
	check_isolation("delete a message");
	(void) sd_argument_required(fcinfo, 1, "id");
	values[0] = PointerGetDatum(name);
	values[1] = PG_GETARG_DATUM(1);

	sd_spi_begin(&spi, true);
	/* it may be on its way from one relation to another: look again then */
	do
	{
		CHECK_FOR_INTERRUPTS();
		sd_leases_split(port, DatumGetInt64(values[1]));
		(void) sd_spi_write(&take_message, values, NULL);
		is_there = DatumGetBool(column_of(SPI_tuptable, 0, 1, &isnull));
		is_seen = DatumGetBool(column_of(SPI_tuptable, 0, 2, &isnull));
		is_taken = DatumGetBool(column_of(SPI_tuptable, 0, 3, &isnull));
		again = is_seen && !is_taken;
		if (is_there && !is_seen && !is_locked)
		{
			(void) sd_spi_write(&lock_message, values, NULL);
			is_locked = again = true;
		}
	}
	while (again);

	release_groups(port, 4);
	/* one that is completed, or that a dump has lost, stands nowhere */
	if (is_there)
		is_gone = forget(port, &values[1], 1) > 0;
	sd_spi_end(&spi);

	PG_RETURN_BOOL(is_gone);
}

/*
 * A snapshot that is older than the last time a segment was emptied does not
 * see what was in it: a message that it sees nowhere need not be completed.
 */
static void
check_isolation(const char *what)
{
	if (IsolationUsesXactSnapshot())
		ereport(ERROR, errcode(ERRCODE_ACTIVE_SQL_TRANSACTION),
				errmsg("cannot %s in a transaction of isolation level %s", what,
					   IsolationIsSerializable() ? "SERIALIZABLE"
												 : "REPEATABLE READ"),
				errhint("Use READ COMMITTED."));
}

/* Forget those that a statement chooses; how many messages. */
static int64
purge(const SdPort *port, SdStatement *choose)
{
	Datum name = PointerGetDatum(port->name_text);
	MemoryContext context = AllocSetContextCreate(
		CurrentMemoryContext, "stormdisc purge", ALLOCSET_DEFAULT_SIZES);
	MemoryContext oldcontext = MemoryContextSwitchTo(context);
	Portal portal = sd_spi_open(choose, &name, NULL);
	int64 count = 0;

	for (;;)
	{
		SPITupleTable *chosen;
		int n;

		CHECK_FOR_INTERRUPTS();
		SPI_cursor_fetch(portal, true, BATCH);
		chosen = SPI_tuptable;
		n = (int) SPI_processed;
		if (n == 0)
			break;
		take(port, chosen, n);
		SPI_freetuptable(chosen);
		MemoryContextReset(context);
		count += n;
	}
	SPI_cursor_close(portal);
	MemoryContextSwitchTo(oldcontext);
	MemoryContextDelete(context);

	return count;
}

/* Messages that are locked go, with all that is left of them. */
static void
take(const SdPort *port, SPITupleTable *chosen, int n)
{
	SdFound *found = palloc0(n * sizeof(SdFound));
	Datum *tids = palloc(n * sizeof(Datum));
	Datum *ids = palloc(n * sizeof(Datum));
	bool is_dead = false;

	for (int i = 0; i < n; i++)
	{
		bool isnull;
		Datum key;

		CHECK_FOR_INTERRUPTS();
		found[i].is_ready =
			DatumGetBool(column_of(chosen, i, COL_IS_READY, &is_dead));
		found[i].segment =
			DatumGetInt16(column_of(chosen, i, COL_SEGMENT, &isnull));
		tids[i] = column_of(chosen, i, COL_TID, &isnull);
		found[i].tid = *(ItemPointer) DatumGetPointer(tids[i]);
		ids[i] = column_of(chosen, i, COL_ID, &isnull);
		key = column_of(chosen, i, COL_GROUP_KEY, &isnull);
		found[i].row.group_key = isnull ? NULL : DatumGetTextPP(key);
	}

	if (is_dead)
	{
		Datum array = PointerGetDatum(sd_array_make(tids, NULL, n, TIDOID));

		(void) sd_spi_write(&delete_dead, &array, NULL);
	}
	else
		sd_messages_take(port, found, n);
	(void) forget(port, ids, n);
	if (!is_dead)
		sd_groups_release_of(port, found, n);
}

/* What is left of messages that stand nowhere; how many there were. */
static int64
forget(const SdPort *port, Datum *ids, int n)
{
	Datum values[3];
	SPITupleTable *gone;
	uint64 count;

	values[0] = PointerGetDatum(port->name_text);
	values[1] = PointerGetDatum(sd_array_make(ids, NULL, n, INT8OID));
	count = sd_spi_write(&forget_messages, values, NULL);
	gone = SPI_tuptable;
	for (uint64 i = 0; i < count; i++)
	{
		bool isnull;

		CHECK_FOR_INTERRUPTS();
		values[2] = column_of(gone, i, 1, &isnull);
		values[1] = column_of(gone, i, 2, &isnull);
		if (!isnull)
			(void) sd_spi_write(&forget_key, values, NULL);
	}
	SPI_freetuptable(gone);

	return (int64) count;
}

/* Go on with the groups of what was taken. */
static void
release_groups(const SdPort *port, int column)
{
	bool isnull;
	Datum array = column_of(SPI_tuptable, 0, column, &isnull);
	Datum *elements;
	bool *nulls;
	text **keys;
	int n;

	if (isnull)
		return;
	n = sd_array_read(DatumGetArrayTypeP(array), "group_keys", TEXTOID,
					  &elements, &nulls);
	keys = palloc(n * sizeof(text *));
	for (int i = 0; i < n; i++)
		keys[i] = DatumGetTextPP(elements[i]);
	sd_groups_release(port, keys, n);
}

static Datum
column_of(SPITupleTable *table, uint64 row, int column, bool *isnull)
{
	return SPI_getbinval(table->vals[row], table->tupdesc, column, isnull);
}
