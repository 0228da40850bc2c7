/*-------------------------------------------------------------------------
 *
 * sinks.c
 *	  stormdisc_sink_write: write to a sink.
 *
 * The write and the completion of the delivery that it comes from are in one
 * transaction: whatever happens, and however often the message is delivered,
 * its effect is there once.
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "access/xact.h"
#include "catalog/pg_type.h"
#include "fmgr.h"
#include "miscadmin.h"
#include "utils/builtins.h"
#include "utils/jsonb.h"
#include "utils/timestamp.h"

#include "arguments.h"
#include "port/messages.h"
#include "spi_util.h"
#include "uuid.h"

PG_FUNCTION_INFO_V1(stormdisc_sink_write);

/* the arguments */
enum
{
	ARG_SINK,
	ARG_KEY,
	ARG_DATA,
	ARG_TYPE,
	ARG_METADATA,
	ARG_MODE,
	ARG_PORT,
	ARG_ID,
	ARG_ATTEMPT
};

/* what to do if the key is there already; in the order of their names */
typedef enum WriteMode
{
	MODE_APPEND,
	MODE_UPSERT,
	MODE_IGNORE
} WriteMode;

static WriteMode mode_argument(FunctionCallInfo fcinfo);
static text *key_argument(FunctionCallInfo fcinfo, WriteMode mode,
						  const pg_uuid_t *id);
static const SdPort *lease_arguments(FunctionCallInfo fcinfo);
static const char *write_row(WriteMode mode, const Datum *values,
							 const bool *nulls);

#define INSERT_SQL                                                             \
	"INSERT INTO stormdisc.sink_storage AS s (sink_name, sink_key, id, "       \
	"data_type, data, metadata, created_at, updated_at) "                      \
	"VALUES ($1, $2, $3, $4, $5, $6, $7, $7) "

#define INSERT_TYPES                                                           \
	{                                                                          \
		TEXTOID, TEXTOID, UUIDOID, TEXTOID, JSONBOID, JSONBOID, TIMESTAMPTZOID \
	}

static SdStatement append = {
	.sql = INSERT_SQL,
	.nparameters = 7,
	.types = INSERT_TYPES,
};

static SdStatement upsert = {
	.sql =
		INSERT_SQL "ON CONFLICT (sink_name, sink_key) DO UPDATE SET "
				   "data_type = EXCLUDED.data_type, data = EXCLUDED.data, "
				   "metadata = EXCLUDED.metadata, "
				   "updated_at = GREATEST(s.updated_at, EXCLUDED.updated_at) "
				   "RETURNING s.id OPERATOR(pg_catalog.=) $3",
	.nparameters = 7,
	.types = INSERT_TYPES,
};

static SdStatement ignore = {
	.sql = INSERT_SQL "ON CONFLICT (sink_name, sink_key) DO NOTHING",
	.nparameters = 7,
	.types = INSERT_TYPES,
};

/*
 * stormdisc_sink_write(sink, key, data, type, metadata, mode, complete_port,
 *		complete_id, complete_attempt) -> text
 *		Write to a sink; what was done: inserted, updated, ignored, stale.
 */
Datum
stormdisc_sink_write(PG_FUNCTION_ARGS)
{
	Datum values[7] = {0};
	bool nulls[7] = {false};
	const char *result = NULL;
	const SdPort *port;
	TimestampTz now;
	pg_uuid_t id;
	WriteMode mode;
	SdSpi spi;

	PreventCommandIfReadOnly("stormdisc_sink_write()");
	PreventCommandIfParallelMode("stormdisc_sink_write()");
	now = GetCurrentTimestamp();
	sd_uuid_first(&id, now);
	mode = mode_argument(fcinfo);
	values[0] = PointerGetDatum(sd_key_argument(
		PG_ARGISNULL(ARG_SINK) ? NULL : PG_GETARG_TEXT_PP(ARG_SINK), "sink"));
	values[1] = PointerGetDatum(key_argument(fcinfo, mode, &id));
	values[2] = UUIDPGetDatum(&id);
	(void) sd_argument_required(fcinfo, ARG_DATA, "data");
	values[4] = PG_GETARG_DATUM(ARG_DATA);
	nulls[3] = PG_ARGISNULL(ARG_TYPE);
	if (!nulls[3])
		values[3] = PointerGetDatum(
			sd_key_argument(PG_GETARG_TEXT_PP(ARG_TYPE), "type"));
	nulls[5] = PG_ARGISNULL(ARG_METADATA);
	values[5] = PG_GETARG_DATUM(ARG_METADATA);
	values[6] = TimestampTzGetDatum(now);
	port = lease_arguments(fcinfo);

	sd_spi_begin(&spi, true);
	if (port != NULL &&
		!sd_message_complete(&spi, port, PG_GETARG_INT64(ARG_ID),
							 PG_GETARG_INT32(ARG_ATTEMPT), now))
		result = "stale";
	else
		result = write_row(mode, values, nulls);
	sd_spi_end(&spi);

	PG_RETURN_TEXT_P(cstring_to_text(result));
}

static WriteMode
mode_argument(FunctionCallInfo fcinfo)
{
	static const char *const words[] = {"append", "upsert", "ignore"};
	const char *mode;

	(void) sd_argument_required(fcinfo, ARG_MODE, "mode");
	mode = text_to_cstring(PG_GETARG_TEXT_PP(ARG_MODE));
	for (int i = 0; i < lengthof(words); i++)
	{
		if (strcmp(mode, words[i]) == 0)
			return (WriteMode) i;
	}
	ereport(ERROR, errcode(ERRCODE_INVALID_PARAMETER_VALUE),
			errmsg("unrecognized value of mode: \"%s\"", mode),
			errhint("Available values: append, upsert, ignore."));
}

/* The key, or the id of what is appended without one. */
static text *
key_argument(FunctionCallInfo fcinfo, WriteMode mode, const pg_uuid_t *id)
{
	if (!PG_ARGISNULL(ARG_KEY))
		return sd_key_argument(PG_GETARG_TEXT_PP(ARG_KEY), "key");
	if (mode != MODE_APPEND)
		ereport(ERROR, errcode(ERRCODE_NULL_VALUE_NOT_ALLOWED),
				errmsg("argument \"%s\" must not be null", "key"),
				errhint("Only the mode \"append\" can do without a key."));

	return cstring_to_text(
		DatumGetCString(DirectFunctionCall1(uuid_out, UUIDPGetDatum(id))));
}

/* The port of the delivery to complete, NULL if there is none. */
static const SdPort *
lease_arguments(FunctionCallInfo fcinfo)
{
	static const char *const names[] = {"complete_port", "complete_id",
										"complete_attempt"};
	int given = 0;

	for (int i = 0; i < lengthof(names); i++)
		given += PG_ARGISNULL(ARG_PORT + i) ? 0 : 1;
	if (given == 0)
		return NULL;
	for (int i = 0; i < lengthof(names); i++)
	{
		if (PG_ARGISNULL(ARG_PORT + i))
			ereport(ERROR, errcode(ERRCODE_NULL_VALUE_NOT_ALLOWED),
					errmsg("argument \"%s\" must not be null", names[i]),
					errdetail("A delivery is told by its port, id and "
							  "attempt."));
	}

	return sd_port_get(PG_GETARG_TEXT_PP(ARG_PORT));
}

static const char *
write_row(WriteMode mode, const Datum *values, const bool *nulls)
{
	switch (mode)
	{
		case MODE_APPEND:
			(void) sd_spi_write(&append, values, nulls);
			return "inserted";
		case MODE_UPSERT:
			(void) sd_spi_write(&upsert, values, nulls);
			return DatumGetBool(sd_result(0, 1, NULL)) ? "inserted" : "updated";
		case MODE_IGNORE:
			return sd_spi_write(&ignore, values, nulls) > 0 ? "inserted"
															: "ignored";
	}

	return NULL; /* keep the compiler quiet */
}
