/*-------------------------------------------------------------------------
 *
 * queue_stats.c
 *	  stormdisc_queue_stats: how ports stand.
 *
 * Counts are exact up to a limit: that many rows of a port are looked at and no
 * more.  What goes beyond is estimated, from a sample of the blocks of the
 * relation, or from the time that the newest rows cover; the row says so.
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "catalog/pg_type.h"
#include "fmgr.h"
#include "funcapi.h"
#include "miscadmin.h"
#include "utils/builtins.h"
#include "utils/timestamp.h"
#include "utils/tuplestore.h"

#include "arguments.h"
#include "port/messages.h"
#include "spi_util.h"

PG_FUNCTION_INFO_V1(stormdisc_queue_stats);

/* result columns: of the port, then of all of them */
enum
{
	COL_PORT,
	COL_PENDING,
	COL_DELAYED,
	COL_BLOCKED,
	COL_PROCESSING,
	COL_FAILED,
	COL_DEAD_LETTER,
	COL_COMPLETED_HOUR,
	COL_COMPLETED_DAY,
	COL_EXACT,
	COL_OLDEST_AGE,
	COL_SENT_RATE,
	COL_COMPLETED_RATE,
	COL_DEAD_ROWS,
	COL_BYTES,
	COL_HORIZON_KIND,
	COL_HORIZON_HOLDER,
	COL_HORIZON_PID,
	COL_HORIZON_AGE,
	COL_HORIZON_TRANSACTIONS,
	N_COLS
};

/* blocks of a relation that a sample is to have */
#define SAMPLE_BLOCKS 500

/* a rate is that of the last seconds, and of no more rows than these */
#define RATE_SECONDS 60
#define RATE_ROWS 10000

/* a port that is looked at */
typedef struct Port
{
	Datum name;
	int64 limit;
	TimestampTz now;
	bool exact;
} Port;

static void read_common(Datum *values, bool *nulls);
static void read_port(Port *port, Datum *values, bool *nulls);
static void run(SdStatement *statement, Port *port, Datum second, Datum third);
static int64 count_rows(Port *port, SdStatement *count, SdStatement *sample,
						const char *relation);
static void count_waiting(Port *port, Datum *values);
static int64 count_leased(Port *port);
static int64 count_completed(Port *port, int64 seconds);
static float8 sample_percent(const char *relation);
static float8 sent_per_second(Port *port);
static float8 completed_per_second(Port *port);
static float8 rate(Port *port, int64 n, bool is_cut, TimestampTz first);
static int64 int64_value(int column);
static TimestampTz time_value(int column);

static SdStatement select_ports = {
	.sql = "SELECT port_name FROM stormdisc.ports "
		   "WHERE $1 IS NULL OR port_name OPERATOR(pg_catalog.=) $1 "
		   "ORDER BY port_name",
	.nparameters = 1,
	.types = {TEXTOID},
};

#define COUNT_OF(table)                                                        \
	{                                                                          \
		.sql = "SELECT pg_catalog.count(*) FROM (SELECT FROM stormdisc." table \
			   " t WHERE t.port_name OPERATOR(pg_catalog.=) $1 LIMIT $2) x",   \
		.nparameters = 2, .types = {TEXTOID, INT8OID},                         \
	}

#define SAMPLE_OF(table)                                                       \
	{                                                                          \
		.sql = "SELECT pg_catalog.count(*) FROM stormdisc." table              \
			   " t TABLESAMPLE SYSTEM ($2) "                                   \
			   "WHERE t.port_name OPERATOR(pg_catalog.=) $1",                  \
		.nparameters = 2, .types = {TEXTOID, FLOAT8OID},                       \
	}

static SdStatement count_ready = COUNT_OF("message_ready");
static SdStatement sample_ready = SAMPLE_OF("message_ready");
static SdStatement count_dead = COUNT_OF("message_dead_letters");
static SdStatement sample_dead = SAMPLE_OF("message_dead_letters");

/* the order is that of the result columns */
#define WAITING_KINDS                                                          \
	"pg_catalog.count(*) FILTER (WHERE NOT t.is_leased "                       \
	"AND t.wake_at OPERATOR(pg_catalog.<>) 'infinity' "                        \
	"AND t.attempt OPERATOR(pg_catalog.=) 0), "                                \
	"pg_catalog.count(*) FILTER (WHERE NOT t.is_leased "                       \
	"AND t.wake_at OPERATOR(pg_catalog.=) 'infinity'), "                       \
	"pg_catalog.count(*) FILTER (WHERE t.is_leased), "                         \
	"pg_catalog.count(*) FILTER (WHERE NOT t.is_leased "                       \
	"AND t.wake_at OPERATOR(pg_catalog.<>) 'infinity' "                        \
	"AND t.attempt OPERATOR(pg_catalog.>) 0) "

static SdStatement count_waiting_rows = {
	.sql = "SELECT pg_catalog.count(*), " WAITING_KINDS
		   "FROM (SELECT w.is_leased, w.wake_at, w.attempt "
		   "FROM stormdisc.message_waiting w "
		   "WHERE w.port_name OPERATOR(pg_catalog.=) $1 LIMIT $2) t",
	.nparameters = 2,
	.types = {TEXTOID, INT8OID},
};

static SdStatement sample_waiting = {
	.sql = "SELECT pg_catalog.count(*), " WAITING_KINDS
		   "FROM stormdisc.message_waiting t TABLESAMPLE SYSTEM ($2) "
		   "WHERE t.port_name OPERATOR(pg_catalog.=) $1",
	.nparameters = 2,
	.types = {TEXTOID, FLOAT8OID},
};

/* rows of calls, and their messages */
static SdStatement count_leases = {
	.sql = "SELECT pg_catalog.count(*), COALESCE(pg_catalog.sum("
		   "pg_catalog.cardinality(x.ids)), 0)::pg_catalog.int8 "
		   "FROM (SELECT l.ids FROM stormdisc.message_leases l "
		   "WHERE l.port_name OPERATOR(pg_catalog.=) $1 LIMIT $2) x",
	.nparameters = 2,
	.types = {TEXTOID, INT8OID},
};

static SdStatement sample_leases = {
	.sql = "SELECT pg_catalog.count(*), COALESCE(pg_catalog.sum("
		   "pg_catalog.cardinality(l.ids)), 0)::pg_catalog.int8 "
		   "FROM stormdisc.message_leases l TABLESAMPLE SYSTEM ($2) "
		   "WHERE l.port_name OPERATOR(pg_catalog.=) $1",
	.nparameters = 2,
	.types = {TEXTOID, FLOAT8OID},
};

static SdStatement count_blocks = {
	.sql = "SELECT pg_catalog.sum(pg_catalog.pg_relation_size(t.relid) "
		   "OPERATOR(pg_catalog./) pg_catalog.current_setting('block_size')"
		   "::pg_catalog.int8)::pg_catalog.int8 "
		   "FROM pg_catalog.pg_partition_tree($1::pg_catalog.regclass) t "
		   "WHERE t.isleaf",
	.nparameters = 1,
	.types = {TEXTOID},
};

/* rows of calls, the newest first: how many, their messages, the oldest */
static SdStatement count_completions = {
	.sql = "SELECT pg_catalog.count(*), "
		   "COALESCE(pg_catalog.sum(x.messages), 0)::pg_catalog.int8, "
		   "pg_catalog.min(x.completed_at) FROM ("
		   "SELECT pg_catalog.cardinality(c.ids) AS messages, c.completed_at "
		   "FROM stormdisc.message_completions c "
		   "WHERE c.port_name OPERATOR(pg_catalog.=) $1 "
		   "AND c.completed_at OPERATOR(pg_catalog.>) $3 "
		   "ORDER BY c.completed_at DESC LIMIT $2) x",
	.nparameters = 3,
	.types = {TEXTOID, INT8OID, TIMESTAMPTZOID},
};

/* the newest messages, by id */
static SdStatement count_sent = {
	.sql = "SELECT pg_catalog.count(*) FILTER (WHERE x.created_at "
		   "OPERATOR(pg_catalog.>) $3), pg_catalog.min(x.created_at) FROM ("
		   "SELECT m.created_at FROM stormdisc.messages m "
		   "WHERE m.port_name OPERATOR(pg_catalog.=) $1 "
		   "ORDER BY m.id DESC LIMIT $2) x",
	.nparameters = 3,
	.types = {TEXTOID, INT8OID, TIMESTAMPTZOID},
};

/* the first message of each priority: within one they stand by id */
static SdStatement select_oldest = {
	.sql = "SELECT pg_catalog.min(m.created_at) "
		   "FROM pg_catalog.generate_series(0, 20) p (n), LATERAL ("
		   "SELECT r.id FROM stormdisc.message_ready r "
		   "WHERE r.port_name OPERATOR(pg_catalog.=) $1 "
		   "AND r.position OPERATOR(pg_catalog.>=) "
		   "(p.n::pg_catalog.int8 OPERATOR(pg_catalog.<<) 56) "
		   "AND r.position OPERATOR(pg_catalog.<) "
		   "((p.n OPERATOR(pg_catalog.+) 1)::pg_catalog.int8 "
		   "OPERATOR(pg_catalog.<<) 56) "
		   "ORDER BY r.port_name, r.position LIMIT 1) r "
		   "JOIN stormdisc.messages m "
		   "ON m.port_name OPERATOR(pg_catalog.=) $1 "
		   "AND m.id OPERATOR(pg_catalog.=) r.id",
	.nparameters = 1,
	.types = {TEXTOID},
};

/* the relations that messages move through */
static SdStatement select_size = {
	.sql = "SELECT pg_catalog.sum(pg_catalog.pg_stat_get_dead_tuples(t.relid))"
		   "::pg_catalog.int8, "
		   "pg_catalog.sum(pg_catalog.pg_total_relation_size(t.relid))"
		   "::pg_catalog.int8 "
		   "FROM (VALUES ('stormdisc.message_ready'::pg_catalog.regclass), "
		   "('stormdisc.message_leases'::pg_catalog.regclass), "
		   "('stormdisc.message_waiting'::pg_catalog.regclass)) v (root), "
		   "LATERAL pg_catalog.pg_partition_tree(v.root) t WHERE t.isleaf",
};

/*
 * Whose transaction or snapshot is the oldest of those that count in this
 * database.
 */
static SdStatement select_horizon = {
	.sql =
		"SELECT h.kind, h.holder, h.pid, $1 OPERATOR(pg_catalog.-) h.since, "
		"pg_catalog.age(h.xmin)::pg_catalog.int8 FROM ("
		"SELECT CASE WHEN a.backend_type OPERATOR(pg_catalog.=) 'walsender' "
		"THEN 'standby' ELSE 'session' END AS kind, "
		"COALESCE(NULLIF(a.application_name, ''), a.backend_type) AS holder, "
		"a.pid, a.xact_start AS since, x.xmin "
		"FROM pg_catalog.pg_stat_activity a, "
		"LATERAL (VALUES (a.backend_xmin), (a.backend_xid)) x (xmin) "
		"WHERE a.pid OPERATOR(pg_catalog.<>) pg_catalog.pg_backend_pid() "
		"AND (a.datname OPERATOR(pg_catalog.=) "
		"pg_catalog.current_database() "
		"OR a.backend_type OPERATOR(pg_catalog.=) 'walsender') "
		"UNION ALL SELECT 'prepared transaction', p.gid, NULL, p.prepared, "
		"p.transaction FROM pg_catalog.pg_prepared_xacts p "
		"WHERE p.database OPERATOR(pg_catalog.=) "
		"pg_catalog.current_database() "
		"UNION ALL SELECT 'replication slot', s.slot_name::pg_catalog.text, "
		"s.active_pid, NULL, s.xmin "
		"FROM pg_catalog.pg_replication_slots s) h "
		"WHERE h.xmin IS NOT NULL "
		"ORDER BY pg_catalog.age(h.xmin) DESC, h.since, h.kind LIMIT 1",
	.nparameters = 1,
	.types = {TIMESTAMPTZOID},
};

/*
 * stormdisc_queue_stats(port, count_limit) -> setof row
 *		One port, or all.
 */
Datum
stormdisc_queue_stats(PG_FUNCTION_ARGS)
{
	ReturnSetInfo *rsinfo = (ReturnSetInfo *) fcinfo->resultinfo;
	Datum common[N_COLS] = {0};
	bool common_nulls[N_COLS] = {false};
	Datum name = (Datum) 0;
	bool is_one = !PG_ARGISNULL(0);
	bool all = !is_one;
	MemoryContext row_context;
	List *names = NIL;
	ListCell *cell;
	uint64 found;
	SdSpi spi;

	if (is_one)
		name = PointerGetDatum(
			sd_port_get(sd_key_argument(PG_GETARG_TEXT_PP(0), "port"))
				->name_text);
	(void) sd_argument_required(fcinfo, 1, "count_limit");
	if (PG_GETARG_INT32(1) < 1)
		ereport(
			ERROR, errcode(ERRCODE_INVALID_PARAMETER_VALUE),
			errmsg("argument \"%s\" must be at least %d", "count_limit", 1));

	InitMaterializedSRF(fcinfo, 0);
	row_context = AllocSetContextCreate(CurrentMemoryContext, "stormdisc port",
										ALLOCSET_DEFAULT_SIZES);

	sd_spi_begin(&spi, true);
	found = sd_spi_write(&select_ports, &name, &all);
	for (uint64 i = 0; i < found; i++)
		names = lappend(names, SPI_getvalue(SPI_tuptable->vals[i],
											SPI_tuptable->tupdesc, 1));
	read_common(common, common_nulls);

	foreach (cell, names)
	{
		MemoryContext oldcontext = MemoryContextSwitchTo(row_context);
		Datum values[N_COLS];
		bool nulls[N_COLS];
		Port port;

		CHECK_FOR_INTERRUPTS();
		memcpy(values, common, sizeof(common));
		memcpy(nulls, common_nulls, sizeof(common_nulls));
		port.name = CStringGetTextDatum(lfirst(cell));
		port.limit = PG_GETARG_INT32(1);
		port.now = GetCurrentTimestamp();
		port.exact = true;
		read_port(&port, values, nulls);
		tuplestore_putvalues(rsinfo->setResult, rsinfo->setDesc, values, nulls);
		MemoryContextSwitchTo(oldcontext);
		MemoryContextReset(row_context);
	}
	sd_spi_end(&spi);
	MemoryContextDelete(row_context);

	return (Datum) 0;
}

/* What is the same for all ports. */
static void
read_common(Datum *values, bool *nulls)
{
	Datum now = TimestampTzGetDatum(GetCurrentTimestamp());

	(void) sd_spi_write(&select_size, NULL, NULL);
	for (int i = COL_DEAD_ROWS; i <= COL_BYTES; i++)
		values[i] = sd_result(0, i - COL_DEAD_ROWS + 1, &nulls[i]);

	if (sd_spi_write(&select_horizon, &now, NULL) == 0)
	{
		for (int i = COL_HORIZON_KIND; i < N_COLS; i++)
			nulls[i] = true;
		return;
	}
	for (int i = COL_HORIZON_KIND; i < N_COLS; i++)
		values[i] = sd_result(0, i - COL_HORIZON_KIND + 1, &nulls[i]);
}

static void
read_port(Port *port, Datum *values, bool *nulls)
{
	values[COL_PORT] = port->name;
	values[COL_PENDING] = Int64GetDatum(count_rows(
		port, &count_ready, &sample_ready, "stormdisc.message_ready"));
	count_waiting(port, values);
	values[COL_DEAD_LETTER] = Int64GetDatum(count_rows(
		port, &count_dead, &sample_dead, "stormdisc.message_dead_letters"));
	values[COL_COMPLETED_HOUR] =
		Int64GetDatum(count_completed(port, SECS_PER_HOUR));
	values[COL_COMPLETED_DAY] =
		Int64GetDatum(count_completed(port, SECS_PER_DAY));
	values[COL_EXACT] = BoolGetDatum(port->exact);

	run(&select_oldest, port, (Datum) 0, (Datum) 0);
	values[COL_OLDEST_AGE] = sd_result(0, 1, &nulls[COL_OLDEST_AGE]);
	if (!nulls[COL_OLDEST_AGE])
		values[COL_OLDEST_AGE] =
			DirectFunctionCall2(timestamp_mi, TimestampTzGetDatum(port->now),
								values[COL_OLDEST_AGE]);

	values[COL_SENT_RATE] = Float8GetDatum(sent_per_second(port));
	values[COL_COMPLETED_RATE] = Float8GetDatum(completed_per_second(port));
}

/* A statement whose first parameter is the port. */
static void
run(SdStatement *statement, Port *port, Datum second, Datum third)
{
	Datum parameters[] = {port->name, second, third};

	if (sd_spi_write(statement, parameters, NULL) != 1)
		elog(ERROR, "unexpected number of rows");
}

/* How many rows of the port are there? */
static int64
count_rows(Port *port, SdStatement *count, SdStatement *sample,
		   const char *relation)
{
	float8 percent;
	int64 n;

	/* one more than the limit tells that there are more */
	run(count, port, Int64GetDatum(port->limit + 1), (Datum) 0);
	n = int64_value(1);
	if (n <= port->limit)
		return n;

	port->exact = false;
	percent = sample_percent(relation);
	run(sample, port, Float8GetDatum(percent), (Datum) 0);

	return Max(n, (int64) (int64_value(1) * 100 / percent));
}

/* The same, by what they wait for. */
static void
count_waiting(Port *port, Datum *values)
{
	static const int columns[] = {COL_DELAYED, COL_BLOCKED, COL_PROCESSING,
								  COL_FAILED};
	float8 percent = 100;

	run(&count_waiting_rows, port, Int64GetDatum(port->limit + 1), (Datum) 0);
	if (int64_value(1) > port->limit)
	{
		port->exact = false;
		percent = sample_percent("stormdisc.message_waiting");
		run(&sample_waiting, port, Float8GetDatum(percent), (Datum) 0);
	}
	for (int i = 0; i < lengthof(columns); i++)
		values[columns[i]] =
			Int64GetDatum((int64) (int64_value(i + 2) * 100 / percent));
	values[COL_PROCESSING] = Int64GetDatum(
		DatumGetInt64(values[COL_PROCESSING]) + count_leased(port));
}

/* How many messages are in the rows of calls that delivered several? */
static int64
count_leased(Port *port)
{
	float8 percent = 100;

	run(&count_leases, port, Int64GetDatum(port->limit + 1), (Datum) 0);
	if (int64_value(1) > port->limit)
	{
		port->exact = false;
		percent = sample_percent("stormdisc.message_leases");
		run(&sample_leases, port, Float8GetDatum(percent), (Datum) 0);
	}

	return (int64) (int64_value(2) * 100 / percent);
}

/* What was completed in the last so many seconds. */
static int64
count_completed(Port *port, int64 seconds)
{
	TimestampTz since = port->now - seconds * USECS_PER_SEC;
	int64 messages;

	run(&count_completions, port, Int64GetDatum(port->limit + 1),
		TimestampTzGetDatum(since));
	messages = int64_value(2);
	if (int64_value(1) <= port->limit)
		return messages;

	/* as if it had always been so */
	port->exact = false;

	return (int64) (messages * ((float8) (port->now - since) /
								Max(port->now - time_value(3), 1)));
}

/* Which part of a relation is a sample of the right size? */
static float8
sample_percent(const char *relation)
{
	Datum parameter = CStringGetTextDatum(relation);
	int64 blocks;

	(void) sd_spi_write(&count_blocks, &parameter, NULL);
	blocks = int64_value(1);

	return blocks <= SAMPLE_BLOCKS ? 100.0 : 100.0 * SAMPLE_BLOCKS / blocks;
}

static float8
sent_per_second(Port *port)
{
	run(&count_sent, port, Int64GetDatum(RATE_ROWS),
		TimestampTzGetDatum(port->now - RATE_SECONDS * USECS_PER_SEC));

	return rate(port, int64_value(1), int64_value(1) == RATE_ROWS,
				time_value(2));
}

static float8
completed_per_second(Port *port)
{
	run(&count_completions, port, Int64GetDatum(RATE_ROWS),
		TimestampTzGetDatum(port->now - RATE_SECONDS * USECS_PER_SEC));

	return rate(port, int64_value(2), int64_value(1) == RATE_ROWS,
				time_value(3));
}

/* So many in the last seconds; or since the first, if not all were counted. */
static float8
rate(Port *port, int64 n, bool is_cut, TimestampTz first)
{
	int64 time = RATE_SECONDS * USECS_PER_SEC;

	if (is_cut)
		time = Max(port->now - first, 1);

	return (float8) n * USECS_PER_SEC / time;
}

static int64
int64_value(int column)
{
	bool isnull;
	Datum value = sd_result(0, column, &isnull);

	return isnull ? 0 : DatumGetInt64(value);
}

static TimestampTz
time_value(int column)
{
	bool isnull;
	Datum value = sd_result(0, column, &isnull);

	return isnull ? 0 : DatumGetTimestampTz(value);
}
