/*-------------------------------------------------------------------------
 *
 * read.c
 *	  stormdisc_get_event, stormdisc_get_trace_events: events as JSON.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "access/htup_details.h"
#include "catalog/pg_type.h"
#include "executor/spi.h"
#include "funcapi.h"
#include "miscadmin.h"
#include "utils/builtins.h"
#include "utils/fmgrprotos.h"
#include "utils/memutils.h"
#include "utils/tuplestore.h"

#include "arguments.h"
#include "spi_util.h"
#include "trace/event.h"
#include "trace/read.h"
#include "trace/storage.h"

PG_FUNCTION_INFO_V1(stormdisc_get_event);
PG_FUNCTION_INFO_V1(stormdisc_get_trace_events);

/* rows that are read at a time */
#define FETCH 1000

typedef struct PutEvent
{
	ReturnSetInfo *rsinfo;
	MemoryContext row;
} PutEvent;

static void put_event(const SdEvent *event, void *arg);

#define SELECT_EVENTS                                                          \
	"SELECT e.id, e.trace_id, e.parent_id, e.kind, e.\"timestamp\", "          \
	"e.metadata, e.causality_vector, e.lock_set, e.created_at, "               \
	"e.timestamp_nanos, e.extra, e.parent_quarantined "                        \
	"FROM stormdisc.events e "

static SdStatement select_event = {
	.sql = SELECT_EVENTS "WHERE e.id OPERATOR(pg_catalog.=) $1",
	.nparameters = 1,
	.types = {UUIDOID},
};

#define IN_ORDER "ORDER BY e.\"timestamp\", e.timestamp_nanos, e.id LIMIT $2"

static SdStatement select_events = {
	.sql = SELECT_EVENTS "WHERE e.trace_id OPERATOR(pg_catalog.=) $1 " IN_ORDER,
	.nparameters = 2,
	.types = {UUIDOID, INT8OID},
};

static SdStatement select_events_after = {
	.sql = SELECT_EVENTS "WHERE e.trace_id OPERATOR(pg_catalog.=) $1 "
						 "AND ROW(e.\"timestamp\", e.timestamp_nanos, e.id) "
						 "OPERATOR(pg_catalog.>) ROW($3, $4, $5) " IN_ORDER,
	.nparameters = 5,
	.types = {UUIDOID, INT8OID, TIMESTAMPTZOID, INT2OID, UUIDOID},
};

/*
 * stormdisc_get_event(id) -> jsonb
 *		An event, or NULL.
 */
Datum
stormdisc_get_event(PG_FUNCTION_ARGS)
{
	Datum values[] = {sd_argument_required(fcinfo, 0, "id")};
	Jsonb *result = NULL;
	SdSpi spi;

	sd_storage_check_readable();
	sd_spi_begin(&spi, true);
	if (sd_spi_read(&select_event, values, NULL) > 0)
	{
		Datum columns[SD_EVENT_COLUMNS];
		bool nulls[SD_EVENT_COLUMNS];
		MemoryContext oldcontext;
		SdEvent event;

		heap_deform_tuple(SPI_tuptable->vals[0], SPI_tuptable->tupdesc, columns,
						  nulls);
		sd_event_from_row(&event, columns, nulls);
		oldcontext = MemoryContextSwitchTo(spi.context);
		result = sd_event_to_jsonb(&event);
		MemoryContextSwitchTo(oldcontext);
	}
	sd_spi_end(&spi);

	if (result == NULL)
		PG_RETURN_NULL();
	PG_RETURN_JSONB_P(result);
}

/*
 * stormdisc_get_trace_events(trace, max_events, after) -> setof jsonb
 *		The events of a trace by time; so many after one of them, if told.
 */
Datum
stormdisc_get_trace_events(PG_FUNCTION_ARGS)
{
	pg_uuid_t *trace_id =
		DatumGetUUIDP(sd_argument_required(fcinfo, 0, "trace"));
	int64 max_events = PG_ARGISNULL(1) ? PG_INT64_MAX : PG_GETARG_INT64(1);
	PutEvent put;

	if (max_events < 0)
		ereport(ERROR, errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				errmsg("argument \"%s\" must not be negative", "max_events"));
	sd_storage_check_readable();
	InitMaterializedSRF(fcinfo, MAT_SRF_USE_EXPECTED_DESC);
	put.rsinfo = (ReturnSetInfo *) fcinfo->resultinfo;
	put.row = AllocSetContextCreate(CurrentMemoryContext, "stormdisc event",
									ALLOCSET_DEFAULT_SIZES);
	sd_trace_events(trace_id, max_events,
					PG_ARGISNULL(2) ? NULL : PG_GETARG_UUID_P(2), put_event,
					&put);

	return (Datum) 0;
}

static void
put_event(const SdEvent *event, void *arg)
{
	PutEvent *put = arg;
	MemoryContext oldcontext = MemoryContextSwitchTo(put->row);
	Datum value = JsonbPGetDatum(sd_event_to_jsonb(event));
	bool isnull = false;

	tuplestore_putvalues(put->rsinfo->setResult, put->rsinfo->setDesc, &value,
						 &isnull);
	MemoryContextSwitchTo(oldcontext);
	MemoryContextReset(put->row);
}

/*
 * sd_trace_events
 *		Do something with each event of a trace, by time.
 *
 * after is NULL, or the event after which to begin; raises 42704 if there is
 * no such event in the trace.
 */
void
sd_trace_events(const pg_uuid_t *trace_id, int64 max_events,
				const pg_uuid_t *after,
				void (*work)(const SdEvent *event, void *arg), void *arg)
{
	Datum values[5] = {UUIDPGetDatum(trace_id), Int64GetDatum(max_events)};
	SdStatement *statement = &select_events;
	Portal portal;
	SdSpi spi;

	sd_spi_begin(&spi, true);
	if (after != NULL)
	{
		Datum id = UUIDPGetDatum(after);

		if (sd_spi_read(&select_event, &id, NULL) != 1 ||
			memcmp(DatumGetUUIDP(sd_result(0, SD_EVENT_TRACE_ID, NULL)),
				   trace_id, UUID_LEN) != 0)
			ereport(ERROR, errcode(ERRCODE_UNDEFINED_OBJECT),
					errmsg("event \"%s\" is not of trace \"%s\"",
						   DatumGetCString(DirectFunctionCall1(uuid_out, id)),
						   DatumGetCString(
							   DirectFunctionCall1(uuid_out, values[0]))));
		values[2] = sd_result(0, SD_EVENT_TIMESTAMP, NULL);
		values[3] = sd_result(0, SD_EVENT_TIMESTAMP_NANOS, NULL);
		values[4] = id;
		statement = &select_events_after;
	}

	portal = sd_spi_open_read(statement, values, NULL);
	for (;;)
	{
		SPI_cursor_fetch(portal, true, FETCH);
		if (SPI_processed == 0)
			break;
		for (uint64 i = 0; i < SPI_processed; i++)
		{
			Datum columns[SD_EVENT_COLUMNS];
			bool nulls[SD_EVENT_COLUMNS];
			SPITupleTable *table = SPI_tuptable;
			SdEvent event;

			CHECK_FOR_INTERRUPTS();
			heap_deform_tuple(table->vals[i], table->tupdesc, columns, nulls);
			sd_event_from_row(&event, columns, nulls);
			work(&event, arg);
		}
		SPI_freetuptable(SPI_tuptable);
	}
	SPI_cursor_close(portal);
	sd_spi_end(&spi);
}
