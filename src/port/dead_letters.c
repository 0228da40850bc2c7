/*-------------------------------------------------------------------------
 *
 * dead_letters.c
 *	  stormdisc_redrive: give dead letters more tries.
 *
 * A message stays the one that it is: id, priority, group, the errors that it
 * had.  Attempts are counted on, so that whoever still holds an old delivery
 * of it can do nothing to a new one.  Each redrive leaves a row in
 * stormdisc.message_redrives.
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "catalog/pg_type.h"
#include "fmgr.h"
#include "miscadmin.h"
#include "utils/builtins.h"
#include "utils/timestamp.h"

#include "port/messages.h"
#include "port/wait.h"
#include "spi_util.h"

PG_FUNCTION_INFO_V1(stormdisc_redrive);

/*
 * Two that redrive at the same time do not wait for each other.  No joins:
 * each message is looked up by its key, whatever the planner knows.
 */
static SdStatement redrive = {
	.sql =
		"WITH chosen AS MATERIALIZED (SELECT d.ctid AS tid "
		"FROM stormdisc.message_dead_letters d "
		"WHERE d.port_name OPERATOR(pg_catalog.=) $1 "
		"AND (SELECT $2 IS NULL OR m.message_data OPERATOR(pg_catalog.@>) $2 "
		"FROM stormdisc.messages m "
		"WHERE m.port_name OPERATOR(pg_catalog.=) $1 "
		"AND m.id OPERATOR(pg_catalog.=) d.id) "
		"ORDER BY d.id LIMIT $3 FOR UPDATE OF d SKIP LOCKED), "
		"gone AS (DELETE FROM stormdisc.message_dead_letters d "
		"WHERE d.ctid OPERATOR(pg_catalog.=) "
		"ANY (ARRAY(SELECT c.tid FROM chosen c)) "
		"RETURNING d.port_name, d.id, d.attempt, d.priority, d.group_key), "
		"noted AS (INSERT INTO stormdisc.message_redrives "
		"(port_name, id, attempt, redriven_at) "
		"SELECT port_name, id, attempt, $4 FROM gone), "
		"ready AS (INSERT INTO stormdisc.message_ready (segment, port_name, "
		"position, id, attempt, last_attempt, group_key) "
		"SELECT $5, g.port_name, ((10 OPERATOR(pg_catalog.-) "
		"g.priority)::pg_catalog.int8 OPERATOR(pg_catalog.<<) 56) "
		"OPERATOR(pg_catalog.|) g.id, g.id, g.attempt, LEAST("
		"g.attempt::pg_catalog.int8 OPERATOR(pg_catalog.+) "
		"(SELECT m.max_retries FROM stormdisc.messages m "
		"WHERE m.port_name OPERATOR(pg_catalog.=) $1 "
		"AND m.id OPERATOR(pg_catalog.=) g.id) "
		"OPERATOR(pg_catalog.+) 1, 2147483647)::pg_catalog.int4, g.group_key "
		"FROM gone g) "
		"SELECT pg_catalog.count(*) FROM gone",
	.nparameters = 5,
	.types = {TEXTOID, JSONBOID, INT8OID, TIMESTAMPTZOID, INT2OID},
};

/*
 * stormdisc_redrive(port, filter, max_messages) -> bigint
 *		Make dead letters ready again; how many there were.
 */
Datum
stormdisc_redrive(PG_FUNCTION_ARGS)
{
	text *name =
		sd_key_argument(PG_ARGISNULL(0) ? NULL : PG_GETARG_TEXT_PP(0), "port");
	const SdPort *port = sd_port_get(name);
	Datum values[5] = {0};
	bool nulls[5] = {false};
	SdSpi spi;
	int64 count;

	PreventCommandIfReadOnly("stormdisc_redrive()");
	values[0] = PointerGetDatum(port->name_text);
	nulls[1] = PG_ARGISNULL(1);
	if (!nulls[1])
		values[1] = PG_GETARG_DATUM(1);
	nulls[2] = PG_ARGISNULL(2);
	if (!nulls[2])
	{
		if (PG_GETARG_INT32(2) < 0)
			ereport(
				ERROR, errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				errmsg("argument \"%s\" must not be negative", "max_messages"));
		values[2] = Int64GetDatum(PG_GETARG_INT32(2));
	}
	values[3] = TimestampTzGetDatum(GetCurrentTimestamp());
	values[4] = Int16GetDatum(sd_segment_current());

	sd_spi_begin(&spi, true);
	(void) sd_spi_write(&redrive, values, nulls);
	count = DatumGetInt64(sd_result(0, 1, NULL));
	sd_spi_end(&spi);
	/* they may be before the place where this session has looked last */
	port->hints->ready.next_start = 0;
	sd_wait_note_ready(text_to_cstring(name), count);

	PG_RETURN_INT64(count);
}
