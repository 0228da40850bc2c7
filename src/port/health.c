/*-------------------------------------------------------------------------
 *
 * health.c
 *	  stormdisc_heartbeat: a component is alive.
 *	  stormdisc_forget_health: it is no more.
 *	  stormdisc_health: how all of them are.
 *
 * A component has one row, which heartbeats update in place.  That it has been
 * silent for too long is never written while it is: views tell, by the time
 * that the last heartbeat holds.  The heartbeat that ends a silence writes both
 * changes to the history.
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "access/htup_details.h"
#include "access/xact.h"
#include "catalog/pg_type.h"
#include "funcapi.h"
#include "miscadmin.h"
#include "utils/builtins.h"
#include "utils/jsonb.h"
#include "utils/timestamp.h"

#include "arguments.h"
#include "port/messages.h"
#include "uuid.h"
#include "spi_util.h"
#include "stormdisc.h"

PG_FUNCTION_INFO_V1(stormdisc_heartbeat);
PG_FUNCTION_INFO_V1(stormdisc_forget_health);
PG_FUNCTION_INFO_V1(stormdisc_health);

#define N_HEALTH_COLUMNS 8

/* longest time that a heartbeat may hold */
#define MAX_TTL (INT64CONST(36525) * USECS_PER_DAY)

static text *status_argument(FunctionCallInfo fcinfo, int number);
static int64 ttl_argument(FunctionCallInfo fcinfo, int number);
static void set_time(Datum *head, int64 ttl);
static bool write_history(const Datum *head, const bool *head_nulls);

/*
 * In place of the row that is there.  It is a change if the status is another
 * one, and if the old one did not hold any more, which are two: into silence
 * and out of it.  Not if it is a later one than ours, unless $7.
 */
#define WAS_SILENT                                                             \
	"h.health_status OPERATOR(pg_catalog.<>) 'unknown' "                       \
	"AND h.expires_at OPERATOR(pg_catalog.<) EXCLUDED.last_heartbeat "
#define IS_ANOTHER                                                             \
	"h.health_status OPERATOR(pg_catalog.<>) EXCLUDED.health_status "

static SdStatement upsert_head = {
	.sql =
		"INSERT INTO stormdisc.health_heads AS h (component_name, id, "
		"health_status, health_details, last_heartbeat, expires_at, "
		"created_at, status_since, changes, change_id) "
		"VALUES ($1, $2, $3, $4, $5, $6, $5, $5, 1, $2) "
		"ON CONFLICT (component_name) DO UPDATE SET "
		"health_status = EXCLUDED.health_status, "
		"health_details = EXCLUDED.health_details, "
		"last_heartbeat = "
		"GREATEST(h.last_heartbeat, EXCLUDED.last_heartbeat), "
		"expires_at = EXCLUDED.expires_at, "
		"status_since = CASE WHEN (" WAS_SILENT ") OR " IS_ANOTHER
		"THEN EXCLUDED.status_since ELSE h.status_since END, "
		"changes = h.changes OPERATOR(pg_catalog.+) CASE "
		"WHEN (" WAS_SILENT ") AND EXCLUDED.health_status "
		"OPERATOR(pg_catalog.<>) 'unknown' THEN 2 "
		"WHEN (" WAS_SILENT ") OR " IS_ANOTHER "THEN 1 ELSE 0 END, "
		"change_id = CASE WHEN (" WAS_SILENT ") OR " IS_ANOTHER
		"THEN EXCLUDED.change_id ELSE h.change_id END, "
		"silent_since = CASE WHEN " WAS_SILENT "THEN h.expires_at END "
		"WHERE $7 OR EXCLUDED.last_heartbeat "
		"OPERATOR(pg_catalog.>=) h.last_heartbeat RETURNING h.changes, h.silent_since, "
		"h.change_id OPERATOR(pg_catalog.=) $2",
	.nparameters = 7,
	.types = {TEXTOID, UUIDOID, TEXTOID, JSONBOID, TIMESTAMPTZOID,
			  TIMESTAMPTZOID, BOOLOID},
};

static SdStatement insert_history = {
	.sql = "INSERT INTO stormdisc.health_history (component_name, change, "
		   "changed_at, health_status, health_details) "
		   "VALUES ($1, $2, $3, $4, $5)",
	.nparameters = 5,
	.types = {TEXTOID, INT8OID, TIMESTAMPTZOID, TEXTOID, JSONBOID},
};

static SdStatement delete_head = {
	.sql = "DELETE FROM stormdisc.health_heads "
		   "WHERE component_name OPERATOR(pg_catalog.=) $1",
	.nparameters = 1,
	.types = {TEXTOID},
};

static SdStatement delete_history = {
	.sql = "DELETE FROM stormdisc.health_history "
		   "WHERE component_name OPERATOR(pg_catalog.=) $1",
	.nparameters = 1,
	.types = {TEXTOID},
};

/* the worst first: unhealthy, unknown, degraded */
static SdStatement select_health = {
	.sql = "SELECT COALESCE((pg_catalog.array_agg(n.health_status "
		   "ORDER BY n.badness DESC))[1], 'unknown'), pg_catalog.count(*), "
		   "pg_catalog.count(*) FILTER (WHERE n.badness = 0), "
		   "pg_catalog.count(*) FILTER (WHERE n.badness = 1), "
		   "pg_catalog.count(*) FILTER (WHERE n.badness = 3), "
		   "pg_catalog.count(*) FILTER (WHERE n.badness = 2), "
		   "(pg_catalog.array_agg(n.component_name ORDER BY n.badness DESC, "
		   "n.component_name) FILTER (WHERE n.badness > 0))[1], "
		   "pg_catalog.min(n.last_heartbeat) FROM (SELECT h.component_name, "
		   "h.health_status, h.last_heartbeat, "
		   "CASE WHEN h.health_status = 'unhealthy' THEN 3 "
		   "WHEN h.health_status = 'unknown' THEN 2 "
		   "WHEN h.health_status = 'degraded' THEN 1 ELSE 0 END AS badness "
		   "FROM stormdisc.system_health h OFFSET 0) n",
	.nparameters = 0,
};

/*
 * stormdisc_heartbeat(component, status, details, ttl) -> boolean
 *		A component is alive; has its health changed?
 */
Datum
stormdisc_heartbeat(PG_FUNCTION_ARGS)
{
	text *component = sd_key_argument(
		PG_ARGISNULL(0) ? NULL : PG_GETARG_TEXT_PP(0), "component");
	text *status = status_argument(fcinfo, 1);
	int64 ttl = ttl_argument(fcinfo, 3);
	Datum values[7] = {0};
	bool nulls[7] = {false};
	bool changed;
	pg_uuid_t id;
	SdSpi spi;

	PreventCommandIfReadOnly("stormdisc_heartbeat()");
	PreventCommandIfParallelMode("stormdisc_heartbeat()");
	values[0] = PointerGetDatum(component);
	values[1] = UUIDPGetDatum(&id);
	values[2] = PointerGetDatum(status);
	nulls[3] = PG_ARGISNULL(2);
	values[3] = PG_GETARG_DATUM(2);

	sd_spi_begin(&spi, true);
	set_time(values, ttl);
	if (sd_spi_write(&upsert_head, values, nulls) == 0)
	{
		/* we have waited for it; or else the clock was set back */
		set_time(values, ttl);
		values[6] = BoolGetDatum(true);
		(void) sd_spi_write(&upsert_head, values, nulls);
	}
	changed = write_history(values, nulls);
	sd_spi_end(&spi);

	PG_RETURN_BOOL(changed);
}

/*
 * stormdisc_forget_health(component) -> boolean
 *		Forget a component; was it known?
 */
Datum
stormdisc_forget_health(PG_FUNCTION_ARGS)
{
	Datum values[] = {PointerGetDatum(sd_key_argument(
		PG_ARGISNULL(0) ? NULL : PG_GETARG_TEXT_PP(0), "component"))};
	uint64 count;
	SdSpi spi;

	PreventCommandIfReadOnly("stormdisc_forget_health()");
	PreventCommandIfParallelMode("stormdisc_forget_health()");
	sd_spi_begin(&spi, true);
	count = sd_spi_write(&delete_head, values, NULL);
	(void) sd_spi_write(&delete_history, values, NULL);
	sd_spi_end(&spi);

	PG_RETURN_BOOL(count > 0);
}

/*
 * stormdisc_health() -> row
 *		The worst of all, and how many there are of each.
 */
Datum
stormdisc_health(PG_FUNCTION_ARGS)
{
	Datum values[N_HEALTH_COLUMNS];
	bool nulls[N_HEALTH_COLUMNS];
	TupleDesc desc;
	HeapTuple tuple;
	SdSpi spi;

	if (get_call_result_type(fcinfo, NULL, &desc) != TYPEFUNC_COMPOSITE)
		elog(ERROR, "return type must be a row type");
	desc = BlessTupleDesc(desc);

	sd_spi_begin(&spi, true);
	(void) sd_spi_read(&select_health, NULL, NULL);
	heap_deform_tuple(SPI_tuptable->vals[0], SPI_tuptable->tupdesc, values,
					  nulls);
	MemoryContextSwitchTo(spi.context);
	tuple = heap_form_tuple(desc, values, nulls);
	sd_spi_end(&spi);

	return HeapTupleGetDatum(tuple);
}

static text *
status_argument(FunctionCallInfo fcinfo, int number)
{
	static const char *const words[] = {"healthy", "degraded", "unhealthy",
										"unknown"};
	const char *status;

	(void) sd_argument_required(fcinfo, number, "status");
	status = text_to_cstring(PG_GETARG_TEXT_PP(number));
	for (int i = 0; i < lengthof(words); i++)
	{
		if (strcmp(status, words[i]) == 0)
			return PG_GETARG_TEXT_PP(number);
	}
	ereport(
		ERROR, errcode(ERRCODE_INVALID_PARAMETER_VALUE),
		errmsg("unrecognized value of status: \"%s\"", status),
		errhint("Available values: healthy, degraded, unhealthy, unknown."));
}

/* How long the heartbeat holds, in microseconds. */
static int64
ttl_argument(FunctionCallInfo fcinfo, int number)
{
	int64 ttl;

	if (PG_ARGISNULL(number))
		return sd_setting_heartbeat_ttl * USECS_PER_SEC;
	ttl = sd_interval_argument(PG_GETARG_INTERVAL_P(number), "ttl");
	if (ttl == 0 || ttl > MAX_TTL)
		ereport(ERROR, errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				errmsg("argument \"%s\" is out of range", "ttl"),
				errdetail("It must be more than 0, and at most 100 years."));

	return ttl;
}

/* A heartbeat is of now, and so is its id. */
static void
set_time(Datum *head, int64 ttl)
{
	TimestampTz now = GetCurrentTimestamp();

	sd_uuid_first(DatumGetUUIDP(head[1]), now);
	head[4] = TimestampTzGetDatum(now);
	head[5] = TimestampTzGetDatum(sd_time_after(now, ttl));
}

/* Write to the history what the last statement has changed, if anything. */
static bool
write_history(const Datum *head, const bool *head_nulls)
{
	TupleDesc desc = SPI_tuptable->tupdesc;
	HeapTuple tuple = SPI_tuptable->vals[0];
	Datum values[5] = {0};
	bool nulls[5] = {false};
	bool isnull;
	int64 changes = DatumGetInt64(SPI_getbinval(tuple, desc, 1, &isnull));
	bool changed = DatumGetBool(SPI_getbinval(tuple, desc, 3, &isnull));
	Datum silent_since = SPI_getbinval(tuple, desc, 2, &isnull);
	bool was_silent = !isnull;
	bool is_unknown = strcmp(TextDatumGetCString(head[2]), "unknown") == 0;

	if (!changed)
		return false;

	values[0] = head[0];
	if (was_silent)
	{
		values[1] = Int64GetDatum(is_unknown ? changes : changes - 1);
		values[2] = silent_since;
		values[3] = CStringGetTextDatum("unknown");
		nulls[4] = true;
		(void) sd_spi_write(&insert_history, values, nulls);
		if (is_unknown)
			return true;
	}
	values[1] = Int64GetDatum(changes);
	values[2] = head[4];
	values[3] = head[2];
	values[4] = head[3];
	nulls[4] = head_nulls[3];
	(void) sd_spi_write(&insert_history, values, nulls);

	return true;
}
