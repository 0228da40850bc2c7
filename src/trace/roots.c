/*-------------------------------------------------------------------------
 *
 * roots.c
 *	  stormdisc_get_trace_roots, stormdisc_set_trace_root: where traces begin.
 *	  stormdisc_trace_roots_written: the triggers on stormdisc.trace_roots.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "access/htup_details.h"
#include "catalog/pg_type.h"
#include "commands/trigger.h"
#include "executor/spi.h"
#include "funcapi.h"
#include "miscadmin.h"
#include "tcop/utility.h"
#include "utils/builtins.h"
#include "utils/fmgrprotos.h"
#include "utils/rel.h"
#include "utils/timestamp.h"
#include "utils/uuid.h"

#include "arguments.h"
#include "spi_util.h"
#include "trace/edges.h"
#include "trace/storage.h"

PG_FUNCTION_INFO_V1(stormdisc_get_trace_roots);
PG_FUNCTION_INFO_V1(stormdisc_set_trace_root);
PG_FUNCTION_INFO_V1(stormdisc_trace_roots_written);

static bool set_root(Datum trace_id, Datum root_id, TimestampTz now,
					 bool may_be_void);

#define IS(column, value) column " OPERATOR(pg_catalog.=) " value

static SdStatement select_roots = {
	.sql =
		"SELECT r.root_event_id FROM stormdisc.trace_roots r "
		"LEFT JOIN stormdisc.events e ON " IS("e.id", "r.root_event_id") " WHERE " IS(
			"r.trace_id",
			"$1") " ORDER BY e.\"timestamp\", e.timestamp_nanos, r.root_event_id",
	.nparameters = 1,
	.types = {UUIDOID},
};

static SdStatement select_trace = {
	.sql = "SELECT e.trace_id FROM stormdisc.events e WHERE " IS("e.id", "$1"),
	.nparameters = 1,
	.types = {UUIDOID},
};

static SdStatement insert_root = {
	.sql = "INSERT INTO stormdisc.root_store (trace_id, root_event_id, "
		   "created_at) VALUES ($1, $2, $3) "
		   "ON CONFLICT (trace_id, root_event_id) DO NOTHING",
	.nparameters = 3,
	.types = {UUIDOID, UUIDOID, TIMESTAMPTZOID},
};

static SdStatement delete_root = {
	.sql = "DELETE FROM stormdisc.root_store r WHERE " IS(
		"r.trace_id", "$1") " AND " IS("r.root_event_id", "$2"),
	.nparameters = 2,
	.types = {UUIDOID, UUIDOID},
};

/*
 * stormdisc_get_trace_roots(trace) -> setof uuid
 *		The events that a trace begins with, by time.
 */
Datum
stormdisc_get_trace_roots(PG_FUNCTION_ARGS)
{
	Datum values[] = {sd_argument_required(fcinfo, 0, "trace")};
	SdSpi spi;

	sd_storage_check_readable();
	InitMaterializedSRF(fcinfo, MAT_SRF_USE_EXPECTED_DESC);
	sd_spi_begin(&spi, true);
	sd_result_put(fcinfo, sd_spi_read(&select_roots, values, NULL));
	sd_spi_end(&spi);

	return (Datum) 0;
}

/*
 * stormdisc_set_trace_root(trace, root_event_id) -> bool
 *		Make an event a root, whatever its parent; was it not set before?
 */
Datum
stormdisc_set_trace_root(PG_FUNCTION_ARGS)
{
	Datum trace_id = sd_argument_required(fcinfo, 0, "trace");
	Datum root_id = sd_argument_required(fcinfo, 1, "root_event_id");
	bool is_new;
	SdSpi spi;

	PreventCommandIfReadOnly("stormdisc_set_trace_root()");
	PreventCommandIfParallelMode("stormdisc_set_trace_root()");
	sd_spi_begin(&spi, true);
	is_new = set_root(trace_id, root_id, GetCurrentTimestamp(), false);
	sd_spi_end(&spi);

	PG_RETURN_BOOL(is_new);
}

/* may_be_void: the event may be of another trace, whose root it is not. */
static bool
set_root(Datum trace_id, Datum root_id, TimestampTz now, bool may_be_void)
{
	Datum values[] = {trace_id, root_id, TimestampTzGetDatum(now)};

	if (!may_be_void && sd_spi_read_latest(&select_trace, &root_id, NULL) > 0)
	{
		Datum known = sd_result(0, 1, NULL);

		if (!DatumGetBool(DirectFunctionCall2(uuid_eq, known, trace_id)))
			ereport(
				ERROR, errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				errmsg(
					"event \"%s\" is not of trace \"%s\"",
					DatumGetCString(DirectFunctionCall1(uuid_out, root_id)),
					DatumGetCString(DirectFunctionCall1(uuid_out, trace_id))),
				errdetail(
					"It is of trace \"%s\".",
					DatumGetCString(DirectFunctionCall1(uuid_out, known))));
	}

	return sd_spi_write(&insert_root, values, NULL) > 0;
}

/*
 * sd_root_import
 *		Store a root of an export, which may have been set before its event came
 *		in another trace.
 */
int
sd_root_import(JsonbContainer *json, const char **problem)
{
	pg_uuid_t ids[2];
	int is_new;
	SdSpi spi;

	if (!sd_json_uuid(json, "trace_id", &ids[0]) ||
		!sd_json_uuid(json, "root_event_id", &ids[1]))
	{
		*problem = "A root must have \"trace_id\" and \"root_event_id\".";
		return 0;
	}
	sd_spi_begin(&spi, true);
	is_new = set_root(UUIDPGetDatum(&ids[0]), UUIDPGetDatum(&ids[1]),
					  GetCurrentTimestamp(), true)
				 ? 1
				 : 0;
	sd_spi_end(&spi);

	return is_new;
}

/*
 * stormdisc_trace_roots_written() -> trigger
 *		Instead of INSERT or DELETE on the view.
 */
Datum
stormdisc_trace_roots_written(PG_FUNCTION_ARGS)
{
	TriggerData *trigger = (TriggerData *) fcinfo->context;
	HeapTuple result;
	Datum values[2];
	bool nulls[2];
	TupleDesc desc;
	TimestampTz now = GetCurrentTimestamp();
	bool is_insert;
	bool is_done;
	SdSpi spi;

	if (!CALLED_AS_TRIGGER(fcinfo) ||
		!TRIGGER_FIRED_INSTEAD(trigger->tg_event) ||
		!TRIGGER_FIRED_FOR_ROW(trigger->tg_event) ||
		TRIGGER_FIRED_BY_UPDATE(trigger->tg_event))
		ereport(
			ERROR, errcode(ERRCODE_E_R_I_E_TRIGGER_PROTOCOL_VIOLATED),
			errmsg(
				"stormdisc_trace_roots_written() must be called as a trigger, instead of INSERT or DELETE of a row"));

	is_insert = TRIGGER_FIRED_BY_INSERT(trigger->tg_event);
	result = trigger->tg_trigtuple;
	desc = RelationGetDescr(trigger->tg_relation);
	values[0] =
		heap_getattr(result, SPI_fnumber(desc, "trace_id"), desc, &nulls[0]);
	values[1] = heap_getattr(result, SPI_fnumber(desc, "root_event_id"), desc,
							 &nulls[1]);
	if (nulls[0] || nulls[1])
		ereport(
			ERROR, errcode(ERRCODE_NOT_NULL_VIOLATION),
			errmsg("a root must have %s and %s", "trace_id", "root_event_id"));

	sd_spi_begin(&spi, true);
	is_done = is_insert ? set_root(values[0], values[1], now, false)
						: sd_spi_write(&delete_root, values, NULL) > 0;
	sd_spi_end(&spi);

	if (is_insert)
	{
		/* what RETURNING has */
		int column = SPI_fnumber(desc, "created_at");
		Datum created_at = TimestampTzGetDatum(now);
		bool isnull = false;

		result = heap_modify_tuple_by_cols(result, desc, 1, &column,
										   &created_at, &isnull);
	}

	return PointerGetDatum(is_done ? result : NULL);
}
