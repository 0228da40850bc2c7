/*-------------------------------------------------------------------------
 *
 * recover.c
 *	  stormdisc_recover_messages: messages that stand nowhere are ready again.
 *
 * There is no such message as long as a database lives: a message and its state
 * are written, moved and removed in one transaction each.  A dump can lose
 * states, though: see segments.c.
 *
 * What stands where is read in one snapshot, so a message that is just moving
 * is at one place or the other.  One that stands nowhere in it is in nobody's
 * reach: only this gives it a state, which one session does at a time, or
 * stormdisc_delete() removes it, which it cannot while we have locked it.
 *
 * stormdisc_maintain() does it once in a database that has been restored, which
 * it tells by a row that is not in dumps.
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "access/xact.h"
#include "access/xlog.h"
#include "catalog/pg_type.h"
#include "executor/spi.h"
#include "fmgr.h"
#include "miscadmin.h"
#include "utils/builtins.h"
#include "utils/timestamp.h"

#include "lock.h"
#include "arrays.h"
#include "port/messages.h"
#include "spi_util.h"

PG_FUNCTION_INFO_V1(stormdisc_recover_messages);

static int64 recover_all(int64 max_messages, bool dry_run);
static int64 recover(const SdPort *port, int64 max_messages, bool dry_run);
static int64 make_ready(const SdPort *port, const Datum *ids, int n);
static bool bool_of(int column);

/* all that stands somewhere, but for what is completed */
#define UNDER_WAY                                                              \
	"SELECT r.id FROM stormdisc.message_ready r "                              \
	"WHERE r.port_name OPERATOR(pg_catalog.=) $1 "                             \
	"UNION ALL SELECT pg_catalog.unnest(l.ids) "                               \
	"FROM stormdisc.message_leases l "                                         \
	"WHERE l.port_name OPERATOR(pg_catalog.=) $1 "                             \
	"UNION ALL SELECT w.id FROM stormdisc.message_waiting w "                  \
	"WHERE w.port_name OPERATOR(pg_catalog.=) $1 "                             \
	"UNION ALL SELECT d.id FROM stormdisc.message_dead_letters d "             \
	"WHERE d.port_name OPERATOR(pg_catalog.=) $1 "

static SdStatement select_lost = {
	.sql = "SELECT m.id FROM stormdisc.messages m "
		   "WHERE m.port_name OPERATOR(pg_catalog.=) $1 "
		   "EXCEPT (" UNDER_WAY "UNION ALL SELECT pg_catalog.unnest(c.ids) "
		   "FROM stormdisc.message_completions c "
		   "WHERE c.port_name OPERATOR(pg_catalog.=) $1) "
		   "ORDER BY 1 LIMIT $2",
	.nparameters = 2,
	.types = {TEXTOID, INT8OID},
	.reads_all = true,
};

/* those that are still there, and still not under way */
static SdStatement lock_lost = {
	.sql = "SELECT m.id, m.priority, m.max_retries, m.group_key, "
		   "GREATEST(0, (SELECT pg_catalog.max(e.attempt) "
		   "FROM stormdisc.message_errors e "
		   "WHERE e.port_name OPERATOR(pg_catalog.=) $1 "
		   "AND e.id OPERATOR(pg_catalog.=) m.id), "
		   "(SELECT pg_catalog.max(x.attempt) "
		   "FROM stormdisc.message_redrives x "
		   "WHERE x.port_name OPERATOR(pg_catalog.=) $1 "
		   "AND x.id OPERATOR(pg_catalog.=) m.id)) "
		   "FROM stormdisc.messages m "
		   "WHERE m.port_name OPERATOR(pg_catalog.=) $1 "
		   "AND m.id OPERATOR(pg_catalog.=) ANY ($2) "
		   "AND m.id OPERATOR(pg_catalog.<>) ALL (ARRAY("
		   "SELECT u.id FROM (" UNDER_WAY ") u "
		   "WHERE u.id OPERATOR(pg_catalog.=) ANY ($2))) "
		   "ORDER BY m.id FOR KEY SHARE OF m",
	.nparameters = 2,
	.types = {TEXTOID, INT8ARRAYOID},
	.reads_all = true,
};

static SdStatement select_ports = {
	.sql = "SELECT p.port_name FROM stormdisc.ports p ORDER BY p.port_name",
};

static SdStatement select_recovery = {
	.sql = "SELECT FROM stormdisc.message_recoveries r "
		   "WHERE r.system_identifier OPERATOR(pg_catalog.=) $1 "
		   "AND r.database_oid OPERATOR(pg_catalog.=) $2 "
		   "AND r.timeline OPERATOR(pg_catalog.=) $3",
	.nparameters = 3,
	.types = {INT8OID, OIDOID, INT8OID},
};

static SdStatement insert_recovery = {
	.sql = "INSERT INTO stormdisc.message_recoveries "
		   "(system_identifier, database_oid, timeline, recovered_at) "
		   "VALUES ($1, $2, $3, $4)",
	.nparameters = 4,
	.types = {INT8OID, OIDOID, INT8OID, TIMESTAMPTZOID},
};

/* are there messages, and is all of a dump there: sequences come last */
static SdStatement select_progress = {
	.sql = "SELECT EXISTS (SELECT FROM stormdisc.messages), "
		   "s.is_called AND NOT EXISTS ("
		   "SELECT FROM stormdisc.ports p, LATERAL ("
		   "SELECT m.id FROM stormdisc.messages m "
		   "WHERE m.port_name OPERATOR(pg_catalog.=) p.port_name "
		   "ORDER BY m.id DESC LIMIT 1) l "
		   "WHERE l.id OPERATOR(pg_catalog.>) s.last_value) "
		   "AND NOT EXISTS ("
		   "SELECT FROM pg_catalog.pg_stat_get_activity(NULL) a "
		   "WHERE a.datid OPERATOR(pg_catalog.=) $1 "
		   "AND a.application_name OPERATOR(pg_catalog.=) 'pg_restore') "
		   "FROM stormdisc.message_id_seq s",
	.nparameters = 1,
	.types = {OIDOID},
};

/*
 * stormdisc_recover_messages(port) -> bigint
 *		Make ready what stands nowhere, of all ports if it is NULL; how many
 *		messages.
 */
Datum
stormdisc_recover_messages(PG_FUNCTION_ARGS)
{
	const SdPort *port = NULL;
	int64 count;

	if (!PG_ARGISNULL(0))
		port = sd_port_get(sd_key_argument(PG_GETARG_TEXT_PP(0), "port"));
	PreventCommandIfReadOnly("stormdisc_recover_messages()");
	PreventCommandIfParallelMode("stormdisc_recover_messages()");
	/* what was emptied since is not where the snapshot has it */
	if (IsolationUsesXactSnapshot())
		ereport(ERROR, errcode(ERRCODE_ACTIVE_SQL_TRANSACTION),
				errmsg("stormdisc_recover_messages() must be called in a READ "
					   "COMMITTED transaction"));

	sd_lock_name(SD_LOCK_MESSAGE_RECOVERY, "");
	count = port != NULL ? recover(port, PG_INT64_MAX, false)
						 : recover_all(PG_INT64_MAX, false);

	PG_RETURN_INT64(count);
}

/*
 * sd_messages_recover_restored
 *		Likewise, of all ports, if that was never done in this database; up to
 *		so many messages.
 *
 * Returns how many.  If it could not be done message says why.
 */
int64
sd_messages_recover_restored(int64 max_messages, bool dry_run, bool *is_done,
							 const char **message)
{
	Datum values[4];
	bool was_done;
	bool has_messages = false;
	bool is_complete = false;
	int64 count;
	SdSpi spi;

	*is_done = true;
	*message = NULL;
	values[0] = Int64GetDatum((int64) GetSystemIdentifier());
	values[1] = ObjectIdGetDatum(MyDatabaseId);
	values[2] = Int64GetDatum((int64) GetWALInsertionTimeLine());
	values[3] = TimestampTzGetDatum(GetCurrentTimestamp());
	sd_spi_begin(&spi, true);
	was_done = sd_spi_write(&select_recovery, values, NULL) > 0;
	if (!was_done)
	{
		if (sd_spi_write(&select_progress, &values[1], NULL) != 1)
			elog(ERROR, "unexpected number of rows");
		has_messages = bool_of(1);
		is_complete = bool_of(2);
	}
	sd_spi_end(&spi);
	if (was_done || !has_messages)
		return 0;

	if (!is_complete)
		*message = "the database is being restored";
	else if (IsolationUsesXactSnapshot())
		*message = "the transaction is not READ COMMITTED";
	else if (!sd_lock_hash(SD_LOCK_MESSAGE_RECOVERY, 0))
		*message = "another session is at it";
	if (*message != NULL)
	{
		*is_done = false;
		return 0;
	}

	count = recover_all(max_messages, dry_run);
	*is_done = count < max_messages;
	if (*is_done && !dry_run)
	{
		sd_spi_begin(&spi, true);
		(void) sd_spi_write(&insert_recovery, values, NULL);
		sd_spi_end(&spi);
	}

	return count;
}

static int64
recover_all(int64 max_messages, bool dry_run)
{
	text **names;
	int n;
	int64 count = 0;
	MemoryContext oldcontext;
	SdSpi spi;

	sd_spi_begin(&spi, true);
	n = (int) sd_spi_write(&select_ports, NULL, NULL);
	oldcontext = MemoryContextSwitchTo(spi.context);
	names = palloc(Max(n, 1) * sizeof(text *));
	for (int i = 0; i < n; i++)
	{
		names[i] = DatumGetTextPCopy(sd_result(i, 1, NULL));
	}
	MemoryContextSwitchTo(oldcontext);
	sd_spi_end(&spi);

	for (int i = 0; i < n && count < max_messages; i++)
		count += recover(sd_port_get(names[i]), max_messages - count, dry_run);

	return count;
}

/* Of one port. */
static int64
recover(const SdPort *port, int64 max_messages, bool dry_run)
{
	Datum *ids = palloc(SD_MAX_BATCH * sizeof(Datum));
	Datum values[2];
	int64 count = 0;
	Portal portal;
	SdSpi spi;

	values[0] = PointerGetDatum(port->name_text);
	values[1] = Int64GetDatum(max_messages);
	sd_spi_begin(&spi, true);
	/* locks are taken first and the snapshot then: nothing is emptied after it
	 */
	portal = sd_spi_open(&select_lost, values, NULL);
	for (;;)
	{
		int n;

		CHECK_FOR_INTERRUPTS();
		SPI_cursor_fetch(portal, true, SD_MAX_BATCH);
		n = (int) SPI_processed;
		if (n == 0)
			break;
		for (int i = 0; i < n; i++)
		{
			ids[i] = sd_result(i, 1, NULL);
		}
		SPI_freetuptable(SPI_tuptable);
		count += dry_run ? n : make_ready(port, ids, n);
	}
	SPI_cursor_close(portal);
	if (count > 0 && !dry_run)
		sd_port_recheck(port);
	sd_spi_end(&spi);
	pfree(ids);

	return count;
}

/* How many of them were lost. */
static int64
make_ready(const SdPort *port, const Datum *ids, int n)
{
	SdReady *rows;
	Datum values[2];

	values[0] = PointerGetDatum(port->name_text);
	values[1] = PointerGetDatum(sd_array_make(ids, NULL, n, INT8OID));
	n = (int) sd_spi_write(&lock_lost, values, NULL);
	if (n == 0)
		return 0;
	rows = palloc(n * sizeof(SdReady));
	for (int i = 0; i < n; i++)
	{
		SdReady *row = &rows[i];
		Datum columns[5];
		bool nulls[5];
		int64 last;

		heap_deform_tuple(SPI_tuptable->vals[i], SPI_tuptable->tupdesc, columns,
						  nulls);
		row->id = DatumGetInt64(columns[0]);
		row->priority = DatumGetInt16(columns[1]);
		row->group_key = nulls[3] ? NULL : DatumGetTextPCopy(columns[3]);
		row->attempt = DatumGetInt32(columns[4]);
		last = (int64) row->attempt + 1 + DatumGetInt32(columns[2]);
		row->last_attempt = (int) Min(last, PG_INT32_MAX);
	}
	sd_messages_make_ready(port, rows, n);

	return n;
}

/* A column of the only row of the last result. */
static bool
bool_of(int column)
{
	return DatumGetBool(sd_result(0, column, NULL));
}
