/*-------------------------------------------------------------------------
 *
 * replay.c
 *	  stormdisc_replay: send completed messages again.
 *
 * They are new messages, which know what they replay, in the order in which
 * the old ones were sent.  A dedup_key does not stand in their way: it is not
 * theirs.
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "catalog/pg_type.h"
#include "fmgr.h"
#include "miscadmin.h"
#include "utils/builtins.h"
#include "utils/memutils.h"
#include "utils/timestamp.h"

#include "arguments.h"
#include "port/messages.h"
#include "spi_util.h"

PG_FUNCTION_INFO_V1(stormdisc_replay);

/* messages that are in memory at a time */
#define CHUNK 1000

/* the columns of select_completed */
enum
{
	COL_ID = 1,
	COL_SOURCE,
	COL_TARGET,
	COL_DATA,
	COL_METADATA,
	COL_PRIORITY,
	COL_MAX_RETRIES,
	COL_GROUP_KEY,
	COL_TOPIC
};

static int64 replay(FunctionCallInfo fcinfo, text *name, const SdPort *target);
static void read_message(HeapTuple tuple, TupleDesc desc, SdMessage *message);
static text *text_value(HeapTuple tuple, TupleDesc desc, int column);

/* each message is looked up by its key, whatever the planner knows */
static SdStatement select_completed = {
	.sql =
		"SELECT m.* FROM ("
		"SELECT DISTINCT u.id FROM stormdisc.message_completions c, "
		"pg_catalog.unnest(c.ids) u (id) "
		"WHERE c.port_name OPERATOR(pg_catalog.=) $1 "
		"AND c.completed_at OPERATOR(pg_catalog.>=) $2 "
		"AND c.completed_at OPERATOR(pg_catalog.<) $3 "
		"ORDER BY u.id) x, LATERAL ("
		"SELECT m.id, m.source_component, m.target_component, m.message_data, "
		"m.message_metadata, m.priority, m.max_retries, m.group_key, m.topic "
		"FROM stormdisc.messages m "
		"WHERE m.port_name OPERATOR(pg_catalog.=) $1 "
		"AND m.id OPERATOR(pg_catalog.=) x.id "
		"AND ($4 IS NULL OR m.message_data OPERATOR(pg_catalog.@>) $4) "
		"OFFSET 0) m ORDER BY x.id",
	.nparameters = 4,
	.types = {TEXTOID, TIMESTAMPTZOID, TIMESTAMPTZOID, JSONBOID},
};

/*
 * stormdisc_replay(port, from_time, to_time, filter, target_port) -> bigint
 *		Send what was completed in [from_time, to_time) again.
 */
Datum
stormdisc_replay(PG_FUNCTION_ARGS)
{
	text *name =
		sd_key_argument(PG_ARGISNULL(0) ? NULL : PG_GETARG_TEXT_PP(0), "port");
	const SdPort *target;

	PreventCommandIfReadOnly("stormdisc_replay()");
	for (int i = 1; i <= 2; i++)
		(void) sd_argument_required(fcinfo, i,
									i == 1 ? "from_time" : "to_time");
	if (PG_GETARG_TIMESTAMPTZ(1) > PG_GETARG_TIMESTAMPTZ(2))
		ereport(ERROR, errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				errmsg("argument \"%s\" must not be later than \"%s\"",
					   "from_time", "to_time"));

	target = sd_port_get(name);
	if (!PG_ARGISNULL(4))
		target =
			sd_port_get(sd_key_argument(PG_GETARG_TEXT_PP(4), "target_port"));

	PG_RETURN_INT64(replay(fcinfo, name, target));
}

static int64
replay(FunctionCallInfo fcinfo, text *name, const SdPort *target)
{
	TimestampTz now = GetCurrentTimestamp();
	SdMessage *messages = palloc(CHUNK * sizeof(SdMessage));
	Datum values[4];
	bool nulls[4] = {false};
	int64 count = 0;
	Portal portal;
	SdSpi spi;

	values[0] = PointerGetDatum(name);
	values[1] = PG_GETARG_DATUM(1);
	values[2] = PG_GETARG_DATUM(2);
	nulls[3] = PG_ARGISNULL(3);
	if (!nulls[3])
		values[3] = PG_GETARG_DATUM(3);

	sd_spi_begin(&spi, true);
	portal = sd_spi_open(&select_completed, values, nulls);
	for (;;)
	{
		SPITupleTable *found;
		uint64 n;

		CHECK_FOR_INTERRUPTS();
		SPI_cursor_fetch(portal, true, CHUNK);
		found = SPI_tuptable;
		n = SPI_processed;
		if (n == 0)
			break;
		for (uint64 i = 0; i < n; i++)
			read_message(found->vals[i], found->tupdesc, &messages[i]);
		sd_messages_send(target, messages, (int) n, now);
		SPI_freetuptable(found);
		count += n;
	}
	SPI_cursor_close(portal);
	sd_spi_end(&spi);

	return count;
}

static void
read_message(HeapTuple tuple, TupleDesc desc, SdMessage *message)
{
	bool isnull;

	memset(message, 0, sizeof(SdMessage));
	message->replay_of =
		DatumGetInt64(SPI_getbinval(tuple, desc, COL_ID, &isnull));
	message->source = text_value(tuple, desc, COL_SOURCE);
	message->target = text_value(tuple, desc, COL_TARGET);
	message->data = SPI_getbinval(tuple, desc, COL_DATA, &isnull);
	message->metadata = SPI_getbinval(tuple, desc, COL_METADATA, &isnull);
	message->has_metadata = !isnull;
	message->priority =
		DatumGetInt16(SPI_getbinval(tuple, desc, COL_PRIORITY, &isnull));
	message->max_retries =
		DatumGetInt32(SPI_getbinval(tuple, desc, COL_MAX_RETRIES, &isnull));
	message->group_key = text_value(tuple, desc, COL_GROUP_KEY);
	message->topic = text_value(tuple, desc, COL_TOPIC);
}

/* NULL if it is; else it is as long there as the row is */
static text *
text_value(HeapTuple tuple, TupleDesc desc, int column)
{
	bool isnull;
	Datum value = SPI_getbinval(tuple, desc, column, &isnull);

	return isnull ? NULL : DatumGetTextPP(value);
}
