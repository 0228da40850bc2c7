/*-------------------------------------------------------------------------
 *
 * metrics.c
 *	  stormdisc_record_metric, stormdisc_record_metric_batch,
 *	  stormdisc_record_port_metrics: keep measurements.
 *	  stormdisc_rollup_metrics: add them up by the hour.
 *
 * Rollups are exact.  An hour is added up once, when no transaction can be
 * open that took part in it: what is recorded more than LATE_AFTER after its
 * end is also written to metric_late_values, in the same transaction, and added
 * from there.  Whether a transaction is that late is decided by the clock,
 * which is read after the transaction has its number; when an hour is closed
 * the clock is read before the next number.  So every transaction that was in
 * time has a smaller number, and the rollup waits until all of these have
 * ended.  It then reads measurements and late values under one snapshot, which
 * shows both of a transaction or none.
 *
 * Hours are closed CLOSE_AFTER their end, and so much later than LATE_AFTER
 *that a clock that is set back by a little makes no value count as in time that
 * is late.
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "access/transam.h"
#include "access/xact.h"
#include "catalog/pg_type.h"
#include "funcapi.h"
#include "miscadmin.h"
#include "utils/array.h"
#include "utils/builtins.h"
#include "utils/lsyscache.h"
#include "utils/snapmgr.h"
#include "utils/timestamp.h"
#include "utils/xid8.h"

#include "arguments.h"
#include "lock.h"
#include "port/messages.h"
#include "port/metrics.h"
#include "port/partitions.h"
#include "uuid.h"
#include "spi_util.h"

PG_FUNCTION_INFO_V1(stormdisc_record_metric);
PG_FUNCTION_INFO_V1(stormdisc_record_metric_batch);
PG_FUNCTION_INFO_V1(stormdisc_record_port_metrics);
PG_FUNCTION_INFO_V1(stormdisc_rollup_metrics);

#define METRICS "component_metrics"
#define PORT_METRICS "port_metric_samples"

/* a measurement is late if its hour has been over for so long */
#define LATE_AFTER (5 * USECS_PER_MINUTE)

/* and the hour is closed then */
#define CLOSE_AFTER (10 * USECS_PER_MINUTE)

/* as in the table's check: what is nearer to 0 is stored as 0 */
#define MAX_VALUE 1e100
#define MIN_VALUE 1e-100

#define MAX_UNIT_LENGTH 255

/* more open transactions than that are not looked at */
#define MAX_OPEN_TRANSACTIONS 1000

/* the arguments of stormdisc_record_metric and stormdisc_record_metric_batch */
enum
{
	ARG_COMPONENT,
	ARG_METRIC,
	ARG_VALUE,
	ARG_UNIT,
	ARG_METADATA,
	ARG_AT,
	N_METRIC_ARGS
};

static const char *const argument_names[] = {"component", "metric",	  "value",
											 "unit",	  "metadata", "at"};

/* an array argument */
typedef struct Elements
{
	int count;
	Datum *values;
	bool *nulls; /* NULL if the argument is */
} Elements;

/* how far the rollups go */
typedef struct State
{
	TimestampTz rolled_up_to;
	bool closing; /* hours are being closed: up to closing_to */
	TimestampTz closing_to;
	FullTransactionId closing_xid;
} State;

static float8 check_value(float8 value, const char *argument);
static float8 without_underflow(float8 value);
static void check_unit(text *unit);
static TimestampTz check_time(TimestampTz time);
static TimestampTz record_time(void);
static void read_elements(FunctionCallInfo fcinfo, int number, Oid type,
						  Elements *elements);
static void check_elements(FunctionCallInfo fcinfo, Elements *elements,
						   TimestampTz now, TimestampTz *times);
static Datum new_ids(TimestampTz now, int count);
static TimestampTz hour_of(TimestampTz time);
static float8 average_argument(FunctionCallInfo fcinfo, int number,
							   const char *argument, int64 count,
							   int64 *weight);
static int64 count_argument(FunctionCallInfo fcinfo, int number,
							const char *argument);
static void read_state(State *state);
static void write_state(const State *state);
static bool is_closed(FullTransactionId xid);
static FullTransactionId full_xid(TransactionId xid, FullTransactionId next);
static void roll_up(State *state, TimestampTz to, int64 *hours, int64 *late);

static SdStatement insert_metric = {
	.sql = "INSERT INTO stormdisc.component_metrics (id, component_name, "
		   "metric_name, metric_value, metric_unit, metric_metadata, "
		   "\"timestamp\") VALUES ($1, $2, $3, $4, $5, $6, $7)",
	.nparameters = 7,
	.types = {UUIDOID, TEXTOID, TEXTOID, FLOAT8OID, TEXTOID, JSONBOID,
			  TIMESTAMPTZOID},
};

static SdStatement insert_metrics = {
	.sql = "INSERT INTO stormdisc.component_metrics (id, component_name, "
		   "metric_name, metric_value, metric_unit, metric_metadata, "
		   "\"timestamp\") SELECT u.id, u.component_name, u.metric_name, "
		   "u.metric_value, u.metric_unit, u.metric_metadata, u.at "
		   "FROM ROWS FROM (pg_catalog.unnest($1), pg_catalog.unnest($2), "
		   "pg_catalog.unnest($3), pg_catalog.unnest($4), "
		   "pg_catalog.unnest($5), pg_catalog.unnest($6), "
		   "pg_catalog.unnest($7)) u (id, component_name, metric_name, "
		   "metric_value, metric_unit, metric_metadata, at)",
	.nparameters = 7,
	.types = {UUIDARRAYOID, TEXTARRAYOID, TEXTARRAYOID, FLOAT8ARRAYOID,
			  TEXTARRAYOID, JSONBARRAYOID, TIMESTAMPTZARRAYOID},
};

/* the values before $6 of a call, by what they are added to */
static SdStatement insert_late = {
	.sql = "INSERT INTO stormdisc.metric_late_values (component_name, "
		   "metric_name, hour, id, n, sum, m2, min, max, last_at) "
		   "SELECT u.component_name, u.metric_name, "
		   "pg_catalog.date_trunc('hour', u.at, 'UTC'), $1, "
		   "pg_catalog.count(*), pg_catalog.sum(u.metric_value), "
		   "pg_catalog.regr_sxx(u.metric_value, u.metric_value), "
		   "pg_catalog.min(u.metric_value), pg_catalog.max(u.metric_value), "
		   "pg_catalog.max(u.at) "
		   "FROM ROWS FROM (pg_catalog.unnest($2), pg_catalog.unnest($3), "
		   "pg_catalog.unnest($4), pg_catalog.unnest($5)) "
		   "u (component_name, metric_name, metric_value, at) "
		   "WHERE u.at OPERATOR(pg_catalog.<) $6 GROUP BY 1, 2, 3",
	.nparameters = 6,
	.types = {UUIDOID, TEXTARRAYOID, TEXTARRAYOID, FLOAT8ARRAYOID,
			  TIMESTAMPTZARRAYOID, TIMESTAMPTZOID},
};

static SdStatement insert_port_metrics = {
	.sql = "INSERT INTO stormdisc.port_metric_samples (id, port_name, "
		   "messages_sent, messages_received, send_durations, "
		   "send_duration_ms, receive_durations, receive_duration_ms, "
		   "message_ages, message_age_ms, buffer_utilization, \"timestamp\") "
		   "VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12)",
	.nparameters = 12,
	.types = {UUIDOID, TEXTOID, INT8OID, INT8OID, INT8OID, FLOAT8OID, INT8OID,
			  FLOAT8OID, INT8OID, FLOAT8OID, FLOAT8OID, TIMESTAMPTZOID},
};

static SdStatement select_state = {
	.sql = "SELECT s.rolled_up_to, s.closing_to, s.closing_xid "
		   "FROM stormdisc.metric_rollup_state s "
		   "WHERE s.table_name OPERATOR(pg_catalog.=) $1",
	.nparameters = 1,
	.types = {TEXTOID},
};

static SdStatement upsert_state = {
	.sql = "INSERT INTO stormdisc.metric_rollup_state (table_name, "
		   "rolled_up_to, closing_to, closing_xid) VALUES ($1, $2, $3, $4) "
		   "ON CONFLICT (table_name) DO UPDATE SET "
		   "rolled_up_to = EXCLUDED.rolled_up_to, "
		   "closing_to = EXCLUDED.closing_to, "
		   "closing_xid = EXCLUDED.closing_xid",
	.nparameters = 4,
	.types = {TEXTOID, TIMESTAMPTZOID, TIMESTAMPTZOID, XID8OID},
};

/*
 * The measurements from $1 on and before $2, and late values of hours before
 * $1.  Late values of the hours between are among the measurements.
 */
static SdStatement upsert_rollups = {
	.sql = "WITH late AS (DELETE FROM stormdisc.metric_late_values l "
		   "WHERE l.hour OPERATOR(pg_catalog.<) $2 RETURNING l.component_name, "
		   "l.metric_name, l.hour, l.n, l.sum, l.m2, l.min, l.max, l.last_at"
		   "), parts AS (SELECT d.component_name, d.metric_name, d.hour, d.n, "
		   "d.sum, d.m2, d.min, d.max, d.last_at FROM late d "
		   "WHERE d.hour OPERATOR(pg_catalog.<) $1 "
		   "UNION ALL SELECT m.component_name, m.metric_name, "
		   "pg_catalog.date_trunc('hour', m.\"timestamp\", 'UTC'), "
		   "pg_catalog.count(*), pg_catalog.sum(m.metric_value), "
		   "pg_catalog.regr_sxx(m.metric_value, m.metric_value), "
		   "pg_catalog.min(m.metric_value), pg_catalog.max(m.metric_value), "
		   "pg_catalog.max(m.\"timestamp\") FROM stormdisc.component_metrics m "
		   "WHERE m.\"timestamp\" OPERATOR(pg_catalog.>=) $1 "
		   "AND m.\"timestamp\" OPERATOR(pg_catalog.<) $2 GROUP BY 1, 2, 3"
		   "), centred AS (SELECT p.*, pg_catalog.sum(p.sum) OVER hours "
		   "/ pg_catalog.sum(p.n) OVER hours::float8 AS mean "
		   "FROM parts p WINDOW hours AS (PARTITION BY p.component_name, "
		   "p.metric_name, p.hour)"
		   "), written AS (INSERT INTO stormdisc.metric_rollups AS r "
		   "(component_name, metric_name, hour, n, sum, m2, min, max, last_at) "
		   "SELECT c.component_name, c.metric_name, c.hour, "
		   "pg_catalog.sum(c.n)::bigint, pg_catalog.sum(c.sum), "
		   "pg_catalog.sum(c.m2 + c.n * pg_catalog.power(c.sum / c.n - c.mean, "
		   "2)), pg_catalog.min(c.min), pg_catalog.max(c.max), "
		   "pg_catalog.max(c.last_at) FROM centred c GROUP BY 1, 2, 3 "
		   "ON CONFLICT (component_name, metric_name, hour) DO UPDATE SET "
		   "n = r.n + EXCLUDED.n, sum = r.sum + EXCLUDED.sum, "
		   "m2 = r.m2 + EXCLUDED.m2 + "
		   "pg_catalog.power(r.sum / r.n - EXCLUDED.sum / EXCLUDED.n, 2) "
		   "* (r.n::float8 * EXCLUDED.n::float8 "
		   "/ (r.n + EXCLUDED.n)::float8), "
		   "min = LEAST(r.min, EXCLUDED.min), "
		   "max = GREATEST(r.max, EXCLUDED.max), "
		   "last_at = GREATEST(r.last_at, EXCLUDED.last_at) RETURNING 1) "
		   "SELECT (SELECT pg_catalog.count(*) FROM written), "
		   "(SELECT pg_catalog.count(*) FROM late d "
		   "WHERE d.hour OPERATOR(pg_catalog.<) $1)",
	.nparameters = 2,
	.types = {TIMESTAMPTZOID, TIMESTAMPTZOID},
};

/*
 * stormdisc_record_metric(component, metric, value, unit, metadata, at) -> void
 *		Keep a measurement.
 */
Datum
stormdisc_record_metric(PG_FUNCTION_ARGS)
{
	Datum values[7] = {0};
	bool nulls[7] = {false};
	TimestampTz now;
	TimestampTz at;
	pg_uuid_t id;
	SdSpi spi;

	values[1] = PointerGetDatum(sd_key_argument(
		PG_ARGISNULL(ARG_COMPONENT) ? NULL : PG_GETARG_TEXT_PP(ARG_COMPONENT),
		argument_names[ARG_COMPONENT]));
	values[2] = PointerGetDatum(sd_key_argument(
		PG_ARGISNULL(ARG_METRIC) ? NULL : PG_GETARG_TEXT_PP(ARG_METRIC),
		argument_names[ARG_METRIC]));
	(void) sd_argument_required(fcinfo, ARG_VALUE, argument_names[ARG_VALUE]);
	values[3] = Float8GetDatum(
		check_value(PG_GETARG_FLOAT8(ARG_VALUE), argument_names[ARG_VALUE]));
	for (int i = ARG_UNIT; i < ARG_AT; i++)
	{
		values[i + 1] = fcinfo->args[i].value;
		nulls[i + 1] = fcinfo->args[i].isnull;
	}
	if (!PG_ARGISNULL(ARG_UNIT))
		check_unit(PG_GETARG_TEXT_PP(ARG_UNIT));

	now = record_time();
	at = PG_ARGISNULL(ARG_AT) ? now : check_time(PG_GETARG_TIMESTAMPTZ(ARG_AT));
	values[6] = TimestampTzGetDatum(at);
	sd_uuid_first(&id, now);
	values[0] = UUIDPGetDatum(&id);

	sd_partitions_begin_insert(METRICS, &at, 1);
	sd_spi_begin(&spi, true);
	(void) sd_spi_write(&insert_metric, values, nulls);
	if (at < hour_of(now - LATE_AFTER))
	{
		Datum late[] = {
			values[0],
			PointerGetDatum(construct_array(&values[1], 1, TEXTOID, -1, false,
											TYPALIGN_INT)),
			PointerGetDatum(construct_array(&values[2], 1, TEXTOID, -1, false,
											TYPALIGN_INT)),
			PointerGetDatum(construct_array(&values[3], 1, FLOAT8OID,
											sizeof(float8), FLOAT8PASSBYVAL,
											TYPALIGN_DOUBLE)),
			PointerGetDatum(construct_array(&values[6], 1, TIMESTAMPTZOID,
											sizeof(TimestampTz),
											FLOAT8PASSBYVAL, TYPALIGN_DOUBLE)),
			TimestampTzGetDatum(hour_of(now - LATE_AFTER)),
		};

		(void) sd_spi_write(&insert_late, late, NULL);
	}
	sd_spi_end(&spi);

	PG_RETURN_VOID();
}

/*
 * stormdisc_record_metric_batch(component, metric, value, unit, metadata, at)
 *		-> bigint
 *		Keep many measurements; how many.
 */
Datum
stormdisc_record_metric_batch(PG_FUNCTION_ARGS)
{
	static const Oid types[] = {TEXTOID, TEXTOID,  FLOAT8OID,
								TEXTOID, JSONBOID, TIMESTAMPTZOID};
	Elements elements[N_METRIC_ARGS] = {0};
	Datum values[7] = {0};
	bool nulls[7] = {false};
	TimestampTz *times;
	TimestampTz now;
	Datum *ats;
	bool is_late = false;
	int count;
	SdSpi spi;

	for (int i = 0; i < N_METRIC_ARGS; i++)
		read_elements(fcinfo, i, types[i], &elements[i]);
	count = elements[0].count;
	if (count == 0)
		PG_RETURN_INT64(0);

	now = record_time();
	times = palloc(sizeof(TimestampTz) * count);
	check_elements(fcinfo, elements, now, times);
	ats = palloc(sizeof(Datum) * count);
	for (int i = 0; i < count; i++)
	{
		is_late = is_late || times[i] < hour_of(now - LATE_AFTER);
		ats[i] = TimestampTzGetDatum(times[i]);
	}

	values[0] = new_ids(now, count);
	for (int i = 0; i < ARG_AT; i++)
	{
		values[i + 1] = fcinfo->args[i].value;
		nulls[i + 1] = fcinfo->args[i].isnull;
	}
	values[3] = PointerGetDatum(
		construct_array(elements[ARG_VALUE].values, count, FLOAT8OID,
						sizeof(float8), FLOAT8PASSBYVAL, TYPALIGN_DOUBLE));
	values[6] = PointerGetDatum(
		construct_array(ats, count, TIMESTAMPTZOID, sizeof(TimestampTz),
						FLOAT8PASSBYVAL, TYPALIGN_DOUBLE));

	sd_partitions_begin_insert(METRICS, times, count);
	sd_spi_begin(&spi, true);
	(void) sd_spi_write(&insert_metrics, values, nulls);
	if (is_late)
	{
		pg_uuid_t id;
		Datum late[] = {
			UUIDPGetDatum(&id), values[1],
			values[2],			values[3],
			values[6],			TimestampTzGetDatum(hour_of(now - LATE_AFTER))};

		sd_uuid_first(&id, now);
		(void) sd_spi_write(&insert_late, late, NULL);
	}
	sd_spi_end(&spi);

	PG_RETURN_INT64(count);
}

/*
 * stormdisc_record_port_metrics(port, messages_sent, messages_received,
 *		avg_send_duration_ms, avg_receive_duration_ms, avg_message_age_ms,
 *		buffer_utilization, at) -> void
 *		Keep a measurement of a port.
 */
Datum
stormdisc_record_port_metrics(PG_FUNCTION_ARGS)
{
	text *port =
		sd_key_argument(PG_ARGISNULL(0) ? NULL : PG_GETARG_TEXT_PP(0), "port");
	int64 sent = count_argument(fcinfo, 1, "messages_sent");
	int64 received = count_argument(fcinfo, 2, "messages_received");
	Datum values[12] = {0};
	bool nulls[12] = {false};
	int64 weight;
	TimestampTz now;
	TimestampTz at;
	pg_uuid_t id;
	SdSpi spi;

	values[1] = PointerGetDatum(port);
	values[2] = Int64GetDatum(sent);
	values[3] = Int64GetDatum(received);
	values[5] = Float8GetDatum(
		average_argument(fcinfo, 3, "avg_send_duration_ms", sent, &weight));
	values[4] = Int64GetDatum(weight);
	values[7] = Float8GetDatum(average_argument(
		fcinfo, 4, "avg_receive_duration_ms", received, &weight));
	values[6] = Int64GetDatum(weight);
	values[9] = Float8GetDatum(
		average_argument(fcinfo, 5, "avg_message_age_ms", received, &weight));
	values[8] = Int64GetDatum(weight);
	values[10] = Float8GetDatum(
		average_argument(fcinfo, 6, "buffer_utilization", 1, &weight));
	nulls[10] = weight == 0;

	now = record_time();
	at = PG_ARGISNULL(7) ? now : check_time(PG_GETARG_TIMESTAMPTZ(7));
	values[11] = TimestampTzGetDatum(at);
	sd_uuid_first(&id, now);
	values[0] = UUIDPGetDatum(&id);

	sd_partitions_begin_insert(PORT_METRICS, &at, 1);
	sd_spi_begin(&spi, true);
	(void) sd_spi_write(&insert_port_metrics, values, nulls);
	sd_spi_end(&spi);

	PG_RETURN_VOID();
}

/*
 * stormdisc_rollup_metrics(up_to) -> row
 *		Add up the hours that are over.
 */
Datum
stormdisc_rollup_metrics(PG_FUNCTION_ARGS)
{
	TimestampTz now = GetCurrentTimestamp();
	Datum values[4] = {0};
	bool nulls[4] = {false};
	TupleDesc desc;
	SdRollup result;

	if (get_call_result_type(fcinfo, NULL, &desc) != TYPEFUNC_COMPOSITE)
		elog(ERROR, "return type must be a row type");

	/* what is not over yet must not be closed */
	if (!PG_ARGISNULL(0))
		now = Min(now, check_time(PG_GETARG_TIMESTAMPTZ(0)));
	result = sd_metrics_rollup(now);

	values[0] = Int64GetDatum(result.hours);
	values[1] = Int64GetDatum(result.late);
	values[2] = TimestampTzGetDatum(result.rolled_up_to);
	values[3] = BoolGetDatum(result.done);

	return HeapTupleGetDatum(
		heap_form_tuple(BlessTupleDesc(desc), values, nulls));
}

/*
 * sd_metrics_rollup
 *		Add up the hours that are over at that time.
 */
SdRollup
sd_metrics_rollup(TimestampTz now)
{
	/* what is not over yet must not be closed */
	TimestampTz to = hour_of(Min(now, GetCurrentTimestamp()) - CLOSE_AFTER);
	SdRollup result = {0};
	State state;
	SdSpi spi;

	/* see sd_partitions_begin_read() */
	if (IsolationUsesXactSnapshot())
		ereport(ERROR, errcode(ERRCODE_ACTIVE_SQL_TRANSACTION),
				errmsg("cannot roll up metrics in a transaction of isolation "
					   "level %s",
					   IsolationIsSerializable() ? "SERIALIZABLE"
												 : "REPEATABLE READ"),
				errhint("Use READ COMMITTED."));

	sd_lock_name(SD_LOCK_ROLLUP, METRICS);
	sd_spi_begin(&spi, true);
	read_state(&state);

	/* restored into another cluster, whose transactions have other numbers */
	if (state.closing && FullTransactionIdPrecedes(ReadNextFullTransactionId(),
												   state.closing_xid))
		state.closing = false;

	/* what was closed before may be complete by now, or else at once */
	if (state.closing && is_closed(state.closing_xid))
	{
		roll_up(&state, state.closing_to, &result.hours, &result.late);
		state.closing = false;
	}
	if (!state.closing && to > state.rolled_up_to)
	{
		state.closing_xid = ReadNextFullTransactionId();
		state.closing_to = to;
		if (is_closed(state.closing_xid))
			roll_up(&state, to, &result.hours, &result.late);
		else
			state.closing = true;
	}
	else if (result.hours == 0)
		roll_up(&state, state.rolled_up_to, &result.hours, &result.late);
	write_state(&state);
	sd_spi_end(&spi);

	result.rolled_up_to = state.rolled_up_to;
	result.done = !state.closing;

	return result;
}

/* Neither NaN nor infinite, nor so large that sums of squares overflow. */
static float8
check_value(float8 value, const char *argument)
{
	if (!(value >= -MAX_VALUE && value <= MAX_VALUE))
		ereport(ERROR, errcode(ERRCODE_NUMERIC_VALUE_OUT_OF_RANGE),
				errmsg("argument \"%s\" is out of range", argument),
				errdetail("It must be a number between -1e100 and 1e100."));

	return without_underflow(value);
}

/*
 * Nor so small that they underflow, which is an error in SQL: one value would
 * be in the way of all rollups.
 */
static float8
without_underflow(float8 value)
{
	return value > -MIN_VALUE && value < MIN_VALUE ? 0 : value;
}

static void
check_unit(text *unit)
{
	if (VARSIZE_ANY_EXHDR(unit) > MAX_UNIT_LENGTH)
		ereport(ERROR, errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				errmsg("argument \"%s\" is too long", argument_names[ARG_UNIT]),
				errdetail("It has %zu bytes, the maximum is %d.",
						  (size_t) VARSIZE_ANY_EXHDR(unit), MAX_UNIT_LENGTH));
}

static TimestampTz
check_time(TimestampTz time)
{
	if (TIMESTAMP_NOT_FINITE(time))
		ereport(
			ERROR, errcode(ERRCODE_DATETIME_VALUE_OUT_OF_RANGE),
			errmsg("argument \"%s\" must be finite", argument_names[ARG_AT]));

	return time;
}

/* The time, read when the transaction has its number. */
static TimestampTz
record_time(void)
{
	PreventCommandIfReadOnly("stormdisc_record_metric()");
	PreventCommandIfParallelMode("stormdisc_record_metric()");
	(void) GetTopTransactionId();

	return GetCurrentTimestamp();
}

/* Read an array argument.  All that are given are of the same length. */
static void
read_elements(FunctionCallInfo fcinfo, int number, Oid type, Elements *elements)
{
	Elements *first = elements - number;
	ArrayType *array;
	int16 length;
	bool by_value;
	char align;

	if (PG_ARGISNULL(number))
	{
		if (number <= ARG_VALUE)
			ereport(ERROR, errcode(ERRCODE_NULL_VALUE_NOT_ALLOWED),
					errmsg("argument \"%s\" must not be null",
						   argument_names[number]));
		return;
	}

	array = PG_GETARG_ARRAYTYPE_P(number);
	fcinfo->args[number].value = PointerGetDatum(array);
	if (ARR_NDIM(array) > 1)
		ereport(ERROR, errcode(ERRCODE_ARRAY_SUBSCRIPT_ERROR),
				errmsg("argument \"%s\" must be a one-dimensional array",
					   argument_names[number]));
	get_typlenbyvalalign(type, &length, &by_value, &align);
	deconstruct_array(array, type, length, by_value, align, &elements->values,
					  &elements->nulls, &elements->count);
	if (elements->count != first->count)
		ereport(ERROR, errcode(ERRCODE_ARRAY_SUBSCRIPT_ERROR),
				errmsg("arrays must have the same length"),
				errdetail("\"%s\" has %d elements, \"%s\" has %d.",
						  argument_names[0], first->count,
						  argument_names[number], elements->count));
}

/* Check each measurement, and find out the value and the time of each. */
static void
check_elements(FunctionCallInfo fcinfo, Elements *elements, TimestampTz now,
			   TimestampTz *times)
{
	Elements *units = &elements[ARG_UNIT];
	Elements *ats = &elements[ARG_AT];

	for (int i = 0; i < elements[0].count; i++)
	{
		CHECK_FOR_INTERRUPTS();
		for (int j = ARG_COMPONENT; j <= ARG_METRIC; j++)
			(void) sd_key_argument(elements[j].nulls[i]
									   ? NULL
									   : DatumGetTextPP(elements[j].values[i]),
								   argument_names[j]);
		if (elements[ARG_VALUE].nulls[i])
			ereport(ERROR, errcode(ERRCODE_NULL_VALUE_NOT_ALLOWED),
					errmsg("argument \"%s\" must not hold nulls",
						   argument_names[ARG_VALUE]));
		elements[ARG_VALUE].values[i] = Float8GetDatum(
			check_value(DatumGetFloat8(elements[ARG_VALUE].values[i]),
						argument_names[ARG_VALUE]));
		if (units->nulls != NULL && !units->nulls[i])
			check_unit(DatumGetTextPP(units->values[i]));
		times[i] = ats->nulls == NULL || ats->nulls[i]
					   ? now
					   : check_time(DatumGetTimestampTz(ats->values[i]));
	}
}

/* An array of new ids. */
static Datum
new_ids(TimestampTz now, int count)
{
	pg_uuid_t *ids = palloc(sizeof(pg_uuid_t) * count);
	Datum *values = palloc(sizeof(Datum) * count);

	sd_uuid_first(&ids[0], now);
	for (int i = 0; i < count; i++)
	{
		if (i > 0)
		{
			ids[i] = ids[i - 1];
			sd_uuid_next(&ids[i]);
		}
		values[i] = UUIDPGetDatum(&ids[i]);
	}

	return PointerGetDatum(construct_array(values, count, UUIDOID, UUID_LEN,
										   false, TYPALIGN_CHAR));
}

/* The start of the hour of a time. */
static TimestampTz
hour_of(TimestampTz time)
{
	TimestampTz rest = time % USECS_PER_HOUR;

	return time - rest - (rest < 0 ? USECS_PER_HOUR : 0);
}

/* An average as a sum, and of how many; 0 of none if it is not given. */
static float8
average_argument(FunctionCallInfo fcinfo, int number, const char *argument,
				 int64 count, int64 *weight)
{
	float8 value;

	*weight = 0;
	if (PG_ARGISNULL(number))
		return 0;
	value = PG_GETARG_FLOAT8(number);
	if (!(value >= 0 && value <= MAX_VALUE))
		ereport(ERROR, errcode(ERRCODE_NUMERIC_VALUE_OUT_OF_RANGE),
				errmsg("argument \"%s\" is out of range", argument),
				errdetail("It must be a number between 0 and 1e100."));
	*weight = count;

	return without_underflow(value) * count;
}

static int64
count_argument(FunctionCallInfo fcinfo, int number, const char *argument)
{
	int64 count = PG_ARGISNULL(number) ? 0 : PG_GETARG_INT64(number);

	if (count < 0)
		ereport(ERROR, errcode(ERRCODE_NUMERIC_VALUE_OUT_OF_RANGE),
				errmsg("argument \"%s\" must not be negative", argument));

	return count;
}

static void
read_state(State *state)
{
	Datum values[] = {CStringGetTextDatum(METRICS)};
	TupleDesc desc;
	HeapTuple tuple;
	bool isnull;

	memset(state, 0, sizeof(State));
	state->rolled_up_to = DT_NOBEGIN;
	if (sd_spi_write(&select_state, values, NULL) == 0)
		return;

	desc = SPI_tuptable->tupdesc;
	tuple = SPI_tuptable->vals[0];
	state->rolled_up_to =
		DatumGetTimestampTz(SPI_getbinval(tuple, desc, 1, &isnull));
	state->closing_to =
		DatumGetTimestampTz(SPI_getbinval(tuple, desc, 2, &isnull));
	state->closing = !isnull;
	state->closing_xid =
		DatumGetFullTransactionId(SPI_getbinval(tuple, desc, 3, &isnull));
	if (isnull)
		state->closing = false;
}

static void
write_state(const State *state)
{
	Datum values[] = {
		CStringGetTextDatum(METRICS),
		TimestampTzGetDatum(state->rolled_up_to),
		TimestampTzGetDatum(state->closing_to),
		FullTransactionIdGetDatum(state->closing_xid),
	};
	bool nulls[] = {false, false, !state->closing, !state->closing};

	(void) sd_spi_write(&upsert_state, values, nulls);
}

/*
 * Have all transactions with a smaller number ended, but for our own?  The
 * snapshot is an earlier one than the next statement has.
 */
static bool
is_closed(FullTransactionId xid)
{
	Snapshot snapshot = GetLatestSnapshot();
	FullTransactionId next = ReadNextFullTransactionId();
	TransactionId running = snapshot->xmax;

	for (int i = 0; i < snapshot->xcnt; i++)
	{
		if (FullTransactionIdPrecedes(full_xid(snapshot->xip[i], next), xid))
			return false;
	}

	/* those that are newer than all that had ended */
	for (int i = 0; FullTransactionIdPrecedes(full_xid(running, next), xid);
		 i++)
	{
		if (i == MAX_OPEN_TRANSACTIONS ||
			!TransactionIdIsCurrentTransactionId(running))
			return false;
		TransactionIdAdvance(running);
	}

	return true;
}

/* The number of a transaction that is not newer than the next one. */
static FullTransactionId
full_xid(TransactionId xid, FullTransactionId next)
{
	uint32 age = XidFromFullTransactionId(next) - xid;

	return FullTransactionIdFromU64(U64FromFullTransactionId(next) - age);
}

/* Add up what is before "to"; only late values if that is no news. */
static void
roll_up(State *state, TimestampTz to, int64 *hours, int64 *late)
{
	Datum values[] = {TimestampTzGetDatum(state->rolled_up_to),
					  TimestampTzGetDatum(to)};
	TupleDesc desc;
	bool isnull;

	sd_partitions_begin_read(METRICS);
	(void) sd_spi_write(&upsert_rollups, values, NULL);
	desc = SPI_tuptable->tupdesc;
	*hours +=
		DatumGetInt64(SPI_getbinval(SPI_tuptable->vals[0], desc, 1, &isnull));
	*late +=
		DatumGetInt64(SPI_getbinval(SPI_tuptable->vals[0], desc, 2, &isnull));
	state->rolled_up_to = to;
}
