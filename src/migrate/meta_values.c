/*-------------------------------------------------------------------------
 *
 * meta_values.c
 *	  stormdisc_set_meta_value, stormdisc_get_meta_value,
 *	  stormdisc_delete_meta, stormdisc_list_meta: values under keys.
 *
 * Each is one statement, so that the row's own lock is all that there is to
 * wait for.  Whoever read a version and expects it finds out if somebody else
 * has set or deleted the value meanwhile: versions of a key never come back,
 * which is why the row of a deleted one stays.
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "access/xact.h"
#include "catalog/pg_type.h"
#include "executor/spi.h"
#include "funcapi.h"
#include "miscadmin.h"
#include "utils/builtins.h"
#include "utils/timestamp.h"
#include "utils/tuplestore.h"

#include "arguments.h"
#include "errors.h"
#include "spi_util.h"

PG_FUNCTION_INFO_V1(stormdisc_set_meta_value);
PG_FUNCTION_INFO_V1(stormdisc_get_meta_value);
PG_FUNCTION_INFO_V1(stormdisc_get_meta_value_or);
PG_FUNCTION_INFO_V1(stormdisc_delete_meta);
PG_FUNCTION_INFO_V1(stormdisc_list_meta);

#define FETCH 1000 /* rows at once */

static Datum argument_version(FunctionCallInfo fcinfo, int number, bool *any);
static void check_expected(Datum key, int64 expected);
static int64 latest_version(Datum key);
static Datum read_value(FunctionCallInfo fcinfo, bool *isnull);
static bool has_prefix(Datum key, Datum prefix);

/* $5: also where there is a value */
static SdStatement upsert_value = {
	.sql =
		"INSERT INTO stormdisc.metadata AS m "
		"(key, value, version, updated_at, updated_by) "
		"VALUES ($1, $2, 1, $3, $4) ON CONFLICT (key) DO UPDATE SET "
		"value = EXCLUDED.value, version = m.version OPERATOR(pg_catalog.+) 1, "
		"updated_at = GREATEST(EXCLUDED.updated_at, m.updated_at), "
		"updated_by = EXCLUDED.updated_by "
		"WHERE $5 OR m.value IS NULL RETURNING m.version",
	.nparameters = 5,
	.types = {TEXTOID, TEXTOID, TIMESTAMPTZOID, TEXTOID, BOOLOID},
};

/* $2 NULL deletes it; $5: whatever its version is */
static SdStatement update_value = {
	.sql = "UPDATE stormdisc.metadata AS m SET value = $2, "
		   "version = m.version OPERATOR(pg_catalog.+) 1, "
		   "updated_at = GREATEST($3, m.updated_at), updated_by = $4 "
		   "WHERE m.key OPERATOR(pg_catalog.=) $1 AND m.value IS NOT NULL "
		   "AND ($5 OR m.version OPERATOR(pg_catalog.=) $6) "
		   "RETURNING m.version",
	.nparameters = 6,
	.types = {TEXTOID, TEXTOID, TIMESTAMPTZOID, TEXTOID, BOOLOID, INT8OID},
};

static SdStatement select_value = {
	.sql = "SELECT m.value, m.version FROM stormdisc.metadata m "
		   "WHERE m.key OPERATOR(pg_catalog.=) $1 AND m.value IS NOT NULL",
	.nparameters = 1,
	.types = {TEXTOID},
};

static SdStatement list_values = {
	.sql = "SELECT m.key, m.value, m.version, m.updated_at, m.updated_by "
		   "FROM stormdisc.metadata m "
		   "WHERE m.key OPERATOR(pg_catalog.>=) $1 AND m.value IS NOT NULL "
		   "ORDER BY m.key",
	.nparameters = 1,
	.types = {TEXTOID},
};

/*
 * stormdisc_set_meta_value(key, value, expected_version) -> bigint
 *		Set a value; its version.  Raises SD001 if that is not the next one.
 */
Datum
stormdisc_set_meta_value(PG_FUNCTION_ARGS)
{
	Datum values[6];
	int64 expected;
	int64 version;
	bool any;
	SdSpi spi;

	PreventCommandIfReadOnly("stormdisc_set_meta_value()");
	values[0] = sd_argument_key(fcinfo, 0, "key");
	if (PG_ARGISNULL(1))
		ereport(ERROR, errcode(ERRCODE_NULL_VALUE_NOT_ALLOWED),
				errmsg("argument \"%s\" must not be null", "value"),
				errhint("stormdisc_delete_meta() deletes a value."));
	values[1] = PG_GETARG_DATUM(1);
	values[2] = TimestampTzGetDatum(GetCurrentTimestamp());
	values[3] = CStringGetTextDatum(GetUserNameFromId(GetUserId(), false));
	values[5] = argument_version(fcinfo, 2, &any);
	expected = DatumGetInt64(values[5]);
	values[4] = BoolGetDatum(any);

	sd_spi_begin(&spi, true);
	while (sd_spi_write(any || expected == 0 ? &upsert_value : &update_value,
						values, NULL) == 0)
		check_expected(values[0], expected);
	version = DatumGetInt64(sd_result(0, 1, NULL));
	sd_spi_end(&spi);

	PG_RETURN_INT64(version);
}

/* An expected version; or any will do. */
static Datum
argument_version(FunctionCallInfo fcinfo, int number, bool *any)
{
	*any = PG_ARGISNULL(number);
	if (!*any && PG_GETARG_INT64(number) < 0)
		ereport(
			ERROR, errcode(ERRCODE_INVALID_PARAMETER_VALUE),
			errmsg("argument \"%s\" must not be negative", "expected_version"));

	return *any ? Int64GetDatum(0) : PG_GETARG_DATUM(number);
}

/*
 * A statement found another version than the expected one: raise the error, or
 * return if that is there now and the statement would find it.
 */
static void
check_expected(Datum key, int64 expected)
{
	int64 actual = latest_version(key);

	CHECK_FOR_INTERRUPTS();
	if (actual == expected && IsolationUsesXactSnapshot())
		sd_spi_conflict();
	if (actual == expected)
		return;

	ereport(ERROR, errcode(SD_ERRCODE_VERSION_CONFLICT),
			errmsg("metadata \"%s\" has another version than expected",
				   TextDatumGetCString(key)),
			errdetail("The version is " INT64_FORMAT
					  ", expected was " INT64_FORMAT ".",
					  actual, expected),
			errhint("Read it again, and set what follows from that.  Version "
					"0 is one that does not exist."));
}

/* The version that is committed now, or is our own; 0 if there is no value. */
static int64
latest_version(Datum key)
{
	if (sd_spi_read_latest(&select_value, &key, NULL) == 0)
		return 0;

	return DatumGetInt64(sd_result(0, 2, NULL));
}

/*
 * stormdisc_get_meta_value(key) -> text
 *		A value.  Raises P0002 if there is none.
 */
Datum
stormdisc_get_meta_value(PG_FUNCTION_ARGS)
{
	bool isnull;
	Datum value = read_value(fcinfo, &isnull);

	if (isnull)
		ereport(ERROR, errcode(ERRCODE_NO_DATA_FOUND),
				errmsg("metadata \"%s\" does not exist",
					   TextDatumGetCString(PG_GETARG_DATUM(0))),
				errhint("stormdisc_get_meta_value(key, default_value) returns "
						"another value then."));

	return value;
}

/*
 * stormdisc_get_meta_value(key, default_value) -> text
 *		A value, or the other one if there is none.
 */
Datum
stormdisc_get_meta_value_or(PG_FUNCTION_ARGS)
{
	bool isnull;
	Datum value = read_value(fcinfo, &isnull);

	if (!isnull)
		return value;
	if (PG_ARGISNULL(1))
		PG_RETURN_NULL();

	return PG_GETARG_DATUM(1);
}

/* The value of the key that is the first argument. */
static Datum
read_value(FunctionCallInfo fcinfo, bool *isnull)
{
	Datum key = sd_argument_key(fcinfo, 0, "key");
	Datum value = (Datum) 0;
	SdSpi spi;

	sd_spi_begin(&spi, true);
	*isnull = sd_spi_read(&select_value, &key, NULL) == 0;
	if (!*isnull)
	{
		MemoryContext oldcontext = MemoryContextSwitchTo(spi.context);

		value = PointerGetDatum(PG_DETOAST_DATUM_COPY(sd_result(0, 1, NULL)));
		MemoryContextSwitchTo(oldcontext);
	}
	sd_spi_end(&spi);

	return value;
}

/*
 * stormdisc_delete_meta(key, expected_version) -> boolean
 *		Delete a value; was there one?  Raises SD001 if it has another version.
 */
Datum
stormdisc_delete_meta(PG_FUNCTION_ARGS)
{
	Datum values[6];
	bool nulls[6] = {false, true, false, false, false, false};
	int64 expected;
	bool any;
	bool found;
	SdSpi spi;

	PreventCommandIfReadOnly("stormdisc_delete_meta()");
	values[0] = sd_argument_key(fcinfo, 0, "key");
	values[1] = (Datum) 0;
	values[2] = TimestampTzGetDatum(GetCurrentTimestamp());
	values[3] = CStringGetTextDatum(GetUserNameFromId(GetUserId(), false));
	values[5] = argument_version(fcinfo, 1, &any);
	expected = DatumGetInt64(values[5]);
	values[4] = BoolGetDatum(any);

	sd_spi_begin(&spi, true);
	while (!(found = sd_spi_write(&update_value, values, nulls) > 0) && !any)
	{
		/* nobody expects a value, and there is none */
		if (expected == 0 && latest_version(values[0]) == 0)
			break;
		check_expected(values[0], expected);
	}
	sd_spi_end(&spi);

	PG_RETURN_BOOL(found);
}

/*
 * stormdisc_list_meta(prefix) -> setof row
 *		Values whose keys begin with the prefix, by key.
 */
Datum
stormdisc_list_meta(PG_FUNCTION_ARGS)
{
	ReturnSetInfo *rsinfo = (ReturnSetInfo *) fcinfo->resultinfo;
	Datum prefix =
		PG_ARGISNULL(0) ? CStringGetTextDatum("") : PG_GETARG_DATUM(0);
	bool is_done = false;
	Portal portal;
	SdSpi spi;

	InitMaterializedSRF(fcinfo, 0);
	sd_spi_begin(&spi, true);
	portal = sd_spi_open_read(&list_values, &prefix, NULL);
	while (!is_done)
	{
		SPI_cursor_fetch(portal, true, FETCH);
		is_done = SPI_processed < FETCH;
		for (uint64 i = 0; i < SPI_processed; i++)
		{
			CHECK_FOR_INTERRUPTS();
			/* the keys that have it stand together in the order of "C" */
			if (!has_prefix(sd_result(i, 1, NULL), prefix))
			{
				is_done = true;
				break;
			}
			tuplestore_puttuple(rsinfo->setResult, SPI_tuptable->vals[i]);
		}
		SPI_freetuptable(SPI_tuptable);
	}
	SPI_cursor_close(portal);
	sd_spi_end(&spi);

	return (Datum) 0;
}

static bool
has_prefix(Datum key, Datum prefix)
{
	text *k = DatumGetTextPP(key);
	text *p = DatumGetTextPP(prefix);

	return VARSIZE_ANY_EXHDR(k) >= VARSIZE_ANY_EXHDR(p) &&
		   memcmp(VARDATA_ANY(k), VARDATA_ANY(p), VARSIZE_ANY_EXHDR(p)) == 0;
}
