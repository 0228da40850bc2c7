/*-------------------------------------------------------------------------
 *
 * component_state.c
 *	  States of components: save, read, list, delete, prune.
 *
 * Whoever saves or removes versions of a component has locked its head, and
 * only then looks which version is the highest.  A lock leaves no version of
 * the head's row behind, so that neither many states nor an old snapshot
 * somewhere make it slower.
 *
 * In REPEATABLE READ it ends in a serialization failure where another
 * transaction was faster.  Saving meets the version that it cannot see.
 * Whoever removes does not, and so looks for it: a payload may be in use by a
 * version that is not seen.
 *
 * What a state holds is stored once for all its versions that hold the same.
 * Removing versions removes it when none is left that does.
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "access/xact.h"
#include "catalog/pg_type.h"
#include "executor/spi.h"
#include "funcapi.h"
#include "miscadmin.h"
#include "utils/builtins.h"
#include "utils/fmgrprotos.h"
#include "utils/timestamp.h"
#include "utils/tuplestore.h"

#include "errors.h"
#include "port/checkpoints.h"
#include "port/payloads.h"
#include "port/port_util.h"
#include "spi_util.h"
#include "uuid.h"

PG_FUNCTION_INFO_V1(stormdisc_save_component_state);
PG_FUNCTION_INFO_V1(stormdisc_get_component_state);
PG_FUNCTION_INFO_V1(stormdisc_get_component_state_as_of);
PG_FUNCTION_INFO_V1(stormdisc_list_component_states);
PG_FUNCTION_INFO_V1(stormdisc_delete_component_state);

static const char *const component_types[] = {"Source", "Sink", "Transformer",
											  "Splitter", "Merger"};

static Datum argument_type(FunctionCallInfo fcinfo, int number);
static void lock_head(Datum name);
static int32 highest_version(Datum name);
static bool sees_all_versions(Datum name);
static void check_expected(Datum name, int32 expected, int32 actual);
static void read_state(FunctionCallInfo fcinfo, SdStatement *statement,
					   const Datum *parameters);
static int64 prune_component(SdPrune *prune, Datum name, int64 max_rows);

static SdStatement select_head_for_update = {
	.sql = "SELECT FROM stormdisc.component_heads h "
		   "WHERE h.component_name OPERATOR(pg_catalog.=) $1 FOR UPDATE",
	.nparameters = 1,
	.types = {TEXTOID},
};

static SdStatement insert_head = {
	.sql = "INSERT INTO stormdisc.component_heads (component_name, created_at) "
		   "VALUES ($1, $2) ON CONFLICT (component_name) DO NOTHING",
	.nparameters = 2,
	.types = {TEXTOID, TIMESTAMPTZOID},
};

static SdStatement delete_head = {
	.sql = "DELETE FROM stormdisc.component_heads h "
		   "WHERE h.component_name OPERATOR(pg_catalog.=) $1",
	.nparameters = 1,
	.types = {TEXTOID},
};

static SdStatement select_highest = {
	.sql = "SELECT v.version FROM stormdisc.component_versions v "
		   "WHERE v.component_name OPERATOR(pg_catalog.=) $1 "
		   "ORDER BY v.version DESC LIMIT 1",
	.nparameters = 1,
	.types = {TEXTOID},
};

static SdStatement insert_payload = {
	.sql = "INSERT INTO stormdisc.component_payloads (component_name, digest, "
		   "state_data) VALUES ($1, $2, $3) "
		   "ON CONFLICT (component_name, digest) DO NOTHING",
	.nparameters = 3,
	.types = {TEXTOID, BYTEAOID, JSONBOID},
};

/* there is a conflict in REPEATABLE READ only, where it is an error */
static SdStatement insert_version = {
	.sql = "INSERT INTO stormdisc.component_versions (component_name, version, "
		   "id, component_type, digest, created_at) "
		   "VALUES ($1, $2, $3, $4, $5, $6) "
		   "ON CONFLICT (component_name, version) DO NOTHING",
	.nparameters = 6,
	.types = {TEXTOID, INT4OID, UUIDOID, TEXTOID, BYTEAOID, TIMESTAMPTZOID},
};

#define SELECT_STATE                                                           \
	"SELECT v.version, v.component_type, p.state_data, v.created_at, "         \
	"v.digest FROM stormdisc.component_versions v "                            \
	"LEFT JOIN stormdisc.component_payloads p "                                \
	"ON p.component_name OPERATOR(pg_catalog.=) $1 "                           \
	"AND p.digest OPERATOR(pg_catalog.=) v.digest "                            \
	"WHERE v.component_name OPERATOR(pg_catalog.=) $1 "

static SdStatement select_newest = {
	.sql = SELECT_STATE "ORDER BY v.version DESC LIMIT 1",
	.nparameters = 1,
	.types = {TEXTOID},
};

static SdStatement select_version = {
	.sql = SELECT_STATE "AND v.version OPERATOR(pg_catalog.=) $2",
	.nparameters = 2,
	.types = {TEXTOID, INT4OID},
};

static SdStatement select_as_of = {
	.sql = SELECT_STATE "AND v.created_at OPERATOR(pg_catalog.<=) $2 "
						"ORDER BY v.version DESC LIMIT 1",
	.nparameters = 2,
	.types = {TEXTOID, TIMESTAMPTZOID},
};

#define LIST_STATES                                                            \
	"SELECT r.component_name, r.component_type, r.version, r.is_latest, "      \
	"r.id, pg_catalog.pg_column_size(p.state_data) AS size, r.created_at "     \
	"FROM (SELECT v.*, v.version OPERATOR(pg_catalog.=) ("                     \
	"SELECT h.version FROM stormdisc.component_versions h "                    \
	"WHERE h.component_name OPERATOR(pg_catalog.=) v.component_name "          \
	"ORDER BY h.version DESC LIMIT 1) AS is_latest "                           \
	"FROM stormdisc.component_versions v) r "                                  \
	"LEFT JOIN stormdisc.component_payloads p "                                \
	"ON p.component_name OPERATOR(pg_catalog.=) r.component_name "             \
	"AND p.digest OPERATOR(pg_catalog.=) r.digest "                            \
	"WHERE (r.is_latest OR NOT $1) "

#define LIST_ORDER "ORDER BY r.component_name, r.version DESC"

static SdStatement list_all = {
	.sql = LIST_STATES LIST_ORDER,
	.nparameters = 1,
	.types = {BOOLOID},
};

static SdStatement list_component = {
	.sql = LIST_STATES
	"AND r.component_name OPERATOR(pg_catalog.=) $2 " LIST_ORDER,
	.nparameters = 2,
	.types = {BOOLOID, TEXTOID},
};

static SdStatement delete_versions = {
	.sql = "DELETE FROM stormdisc.component_versions v "
		   "WHERE v.component_name OPERATOR(pg_catalog.=) $1",
	.nparameters = 1,
	.types = {TEXTOID},
};

static SdStatement delete_all_payloads = {
	.sql = "DELETE FROM stormdisc.component_payloads p "
		   "WHERE p.component_name OPERATOR(pg_catalog.=) $1",
	.nparameters = 1,
	.types = {TEXTOID},
};

/* of those that versions had which are gone */
static SdStatement delete_payloads = {
	.sql = "DELETE FROM stormdisc.component_payloads p "
		   "WHERE p.component_name OPERATOR(pg_catalog.=) $1 "
		   "AND p.digest OPERATOR(pg_catalog.=) ANY (ARRAY("
		   "SELECT pg_catalog.unnest($2) EXCEPT "
		   "SELECT v.digest FROM stormdisc.component_versions v "
		   "WHERE v.component_name OPERATOR(pg_catalog.=) $1))",
	.nparameters = 2,
	.types = {TEXTOID, BYTEAARRAYOID},
};

/* $1 versions to keep, $2 oldest to keep, $3 how many */
#define DOOMED                                                                 \
	"SELECT r.component_name, r.version FROM ("                                \
	"SELECT v.component_name, v.version, v.created_at, "                       \
	"pg_catalog.row_number() OVER (PARTITION BY v.component_name "             \
	"ORDER BY v.version DESC) AS place "                                       \
	"FROM stormdisc.component_versions v) r "                                  \
	"WHERE r.place OPERATOR(pg_catalog.>) 1 "                                  \
	"AND (r.place OPERATOR(pg_catalog.>) $1 "                                  \
	"OR r.created_at OPERATOR(pg_catalog.<) $2) LIMIT $3"

static SdStatement count_prunable = {
	.sql = "SELECT FROM (" DOOMED ") d",
	.nparameters = 3,
	.types = {INT8OID, TIMESTAMPTZOID, INT8OID},
};

static SdStatement select_prunable_components = {
	.sql = "SELECT DISTINCT d.component_name FROM (" DOOMED ") d "
		   "ORDER BY d.component_name",
	.nparameters = 3,
	.types = {INT8OID, TIMESTAMPTZOID, INT8OID},
};

static SdStatement select_free_head = {
	.sql = "SELECT FROM stormdisc.component_heads h "
		   "WHERE h.component_name OPERATOR(pg_catalog.=) $1 "
		   "FOR UPDATE SKIP LOCKED",
	.nparameters = 1,
	.types = {TEXTOID},
};

/* how many, and what they held */
static SdStatement delete_prunable = {
	.sql = "WITH gone AS (DELETE FROM stormdisc.component_versions v "
		   "WHERE v.component_name OPERATOR(pg_catalog.=) $4 "
		   "AND v.version OPERATOR(pg_catalog.=) ANY (ARRAY("
		   "SELECT r.version FROM (SELECT w.version, w.created_at, "
		   "pg_catalog.row_number() OVER (ORDER BY w.version DESC) AS place "
		   "FROM stormdisc.component_versions w "
		   "WHERE w.component_name OPERATOR(pg_catalog.=) $4) r "
		   "WHERE r.place OPERATOR(pg_catalog.>) 1 "
		   "AND (r.place OPERATOR(pg_catalog.>) $1 "
		   "OR r.created_at OPERATOR(pg_catalog.<) $2) "
		   "ORDER BY r.version LIMIT $3)) RETURNING v.digest) "
		   "SELECT pg_catalog.count(*), pg_catalog.array_agg(g.digest) "
		   "FROM gone g",
	.nparameters = 4,
	.types = {INT8OID, TIMESTAMPTZOID, INT8OID, TEXTOID},
};

/*
 * stormdisc_save_component_state(name, type, data, expected_version) -> int
 *		Save the next version of a state; its number.
 */
Datum
stormdisc_save_component_state(PG_FUNCTION_ARGS)
{
	Datum name;
	Datum type;
	Jsonb *data;
	Datum digest;
	Datum values[6];
	int32 version;
	TimestampTz now;
	pg_uuid_t id;
	SdSpi spi;

	PreventCommandIfReadOnly("stormdisc_save_component_state()");
	name = sd_argument_key(fcinfo, 0, "name");
	type = argument_type(fcinfo, 1);
	sd_payload_check_size(sd_argument_required(fcinfo, 2, "data"), "data");
	if (!PG_ARGISNULL(3) && PG_GETARG_INT32(3) < 0)
		ereport(
			ERROR, errcode(ERRCODE_INVALID_PARAMETER_VALUE),
			errmsg("argument \"%s\" must not be negative", "expected_version"));
	data = PG_GETARG_JSONB_P(2);
	digest = PointerGetDatum(sd_payload_digest(data, NULL));

	sd_spi_begin(&spi, true);
	lock_head(name);
	version = highest_version(name);
	if (!PG_ARGISNULL(3))
		check_expected(name, PG_GETARG_INT32(3), version);
	if (version == PG_INT32_MAX)
		ereport(ERROR, errcode(ERRCODE_NUMERIC_VALUE_OUT_OF_RANGE),
				errmsg("state of component \"%s\" has no next version",
					   TextDatumGetCString(name)));

	/* also if the version before holds the same: that may be lost */
	values[0] = name;
	values[1] = digest;
	values[2] = JsonbPGetDatum(data);
	(void) sd_spi_write(&insert_payload, values, NULL);
	version++;
	values[1] = Int32GetDatum(version);
	/* only now, so that later versions are not older */
	now = GetCurrentTimestamp();
	sd_uuid_first(&id, now);
	values[2] = UUIDPGetDatum(&id);
	values[3] = type;
	values[4] = digest;
	values[5] = TimestampTzGetDatum(now);
	if (sd_spi_write(&insert_version, values, NULL) != 1)
		elog(ERROR,
			 "version %d of the state of component \"%s\" exists already",
			 version, TextDatumGetCString(name));
	sd_spi_end(&spi);

	PG_RETURN_INT32(version);
}

static Datum
argument_type(FunctionCallInfo fcinfo, int number)
{
	Datum type = sd_argument_required(fcinfo, number, "type");
	const char *word = TextDatumGetCString(type);

	for (int i = 0; i < lengthof(component_types); i++)
	{
		if (strcmp(word, component_types[i]) == 0)
			return type;
	}

	ereport(ERROR, errcode(ERRCODE_INVALID_PARAMETER_VALUE),
			errmsg("unrecognized component type: \"%s\"", word),
			errhint("Component types are %s, %s, %s, %s and %s.",
					component_types[0], component_types[1], component_types[2],
					component_types[3], component_types[4]));
}

/* Lock the head of a component, which exists then. */
static void
lock_head(Datum name)
{
	Datum values[] = {name, TimestampTzGetDatum(GetCurrentTimestamp())};

	while (sd_spi_write(&select_head_for_update, values, NULL) == 0)
	{
		CHECK_FOR_INTERRUPTS();
		if (sd_spi_write(&insert_head, values, NULL) == 1)
			break;
	}
}

/* The highest version, 0 if there is none. */
static int32
highest_version(Datum name)
{
	if (sd_spi_write(&select_highest, &name, NULL) == 0)
		return 0;

	return DatumGetInt32(sd_result(0, 1, NULL));
}

static void
check_expected(Datum name, int32 expected, int32 actual)
{
	if (actual != expected)
		ereport(
			ERROR, errcode(SD_ERRCODE_VERSION_CONFLICT),
			errmsg("state of component \"%s\" has another version than "
				   "expected",
				   TextDatumGetCString(name)),
			errdetail("The version is %d, expected was %d.", actual, expected),
			errhint("Read it again, and save what follows from that.  "
					"Version 0 is one that does not exist."));
}

/*
 * stormdisc_get_component_state(name, version) -> row or none
 *		Read the latest version of a state, or another one.
 */
Datum
stormdisc_get_component_state(PG_FUNCTION_ARGS)
{
	Datum parameters[2];

	parameters[0] = sd_argument_key(fcinfo, 0, "name");
	parameters[1] = PG_ARGISNULL(1) ? (Datum) 0 : PG_GETARG_DATUM(1);
	if (!PG_ARGISNULL(1) && PG_GETARG_INT32(1) <= 0)
		ereport(ERROR, errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				errmsg("argument \"%s\" must be greater than zero", "version"));
	read_state(fcinfo, PG_ARGISNULL(1) ? &select_newest : &select_version,
			   parameters);

	return (Datum) 0;
}

/*
 * stormdisc_get_component_state(name, as_of) -> row or none
 *		Read the version of a state that was the latest at that time.
 */
Datum
stormdisc_get_component_state_as_of(PG_FUNCTION_ARGS)
{
	Datum parameters[2];

	parameters[0] = sd_argument_key(fcinfo, 0, "name");
	parameters[1] = sd_argument_required(fcinfo, 1, "as_of");
	read_state(fcinfo, &select_as_of, parameters);

	return (Datum) 0;
}

static void
read_state(FunctionCallInfo fcinfo, SdStatement *statement,
		   const Datum *parameters)
{
	ReturnSetInfo *rsinfo = (ReturnSetInfo *) fcinfo->resultinfo;
	SdSpi spi;

	InitMaterializedSRF(fcinfo, 0);
	sd_spi_begin(&spi, true);
	if (sd_spi_read(statement, parameters, NULL) == 1)
	{
		Datum values[5];
		bool nulls[5] = {false};
		bool is_lost;

		for (int i = 0; i < lengthof(values); i++)
			values[i] = sd_result(0, i + 1, i == 2 ? &is_lost : NULL);
		if (!is_lost)
			values[2] = PointerGetDatum(PG_DETOAST_DATUM(values[2]));
		if (is_lost || !sd_payload_is_intact(DatumGetJsonbP(values[2]), NULL,
											 DatumGetByteaPP(values[4])))
			ereport(ERROR, errcode(SD_ERRCODE_CHECKPOINT_CORRUPTED),
					errmsg("version %d of the state of component \"%s\" is "
						   "corrupted",
						   DatumGetInt32(values[0]),
						   TextDatumGetCString(parameters[0])),
					is_lost
						? errdetail("What it holds is not there.")
						: errdetail("It is not what its digest was made of."));
		tuplestore_putvalues(rsinfo->setResult, rsinfo->setDesc, values, nulls);
	}
	sd_spi_end(&spi);
}

/*
 * stormdisc_list_component_states(name, latest_only) -> setof row
 *		The versions that there are, without what they hold.
 */
Datum
stormdisc_list_component_states(PG_FUNCTION_ARGS)
{
	Datum parameters[2];
	SdSpi spi;

	parameters[0] = sd_argument_required(fcinfo, 1, "latest_only");
	parameters[1] =
		PG_ARGISNULL(0) ? (Datum) 0 : sd_argument_key(fcinfo, 0, "name");

	InitMaterializedSRF(fcinfo, 0);
	sd_spi_begin(&spi, true);
	sd_result_put(fcinfo,
				  sd_spi_read(PG_ARGISNULL(0) ? &list_all : &list_component,
							  parameters, NULL));
	sd_spi_end(&spi);

	return (Datum) 0;
}

/*
 * stormdisc_delete_component_state(name) -> bigint
 *		Forget a component's state; how many versions there were.
 */
Datum
stormdisc_delete_component_state(PG_FUNCTION_ARGS)
{
	Datum name;
	uint64 count = 0;
	SdSpi spi;

	PreventCommandIfReadOnly("stormdisc_delete_component_state()");
	name = sd_argument_key(fcinfo, 0, "name");

	sd_spi_begin(&spi, true);
	if (sd_spi_write(&select_head_for_update, &name, NULL) == 1)
	{
		if (!sees_all_versions(name))
			sd_spi_conflict();
		count = sd_spi_write(&delete_versions, &name, NULL);
		(void) sd_spi_write(&delete_all_payloads, &name, NULL);
		(void) sd_spi_write(&delete_head, &name, NULL);
	}
	sd_spi_end(&spi);

	PG_RETURN_INT64((int64) count);
}

/*
 * Of a component whose head is locked: is there no version that this
 * transaction's snapshot is too old for?
 */
static bool
sees_all_versions(Datum name)
{
	int32 seen;

	if (!IsolationUsesXactSnapshot())
		return true;
	seen = highest_version(name);

	return sd_spi_read_latest(&select_highest, &name, NULL) == 0
			   ? seen == 0
			   : DatumGetInt32(sd_result(0, 1, NULL)) == seen;
}

/*
 * sd_component_state_prune
 *		Remove versions that are too many or too old, never the latest.
 *
 * Components that somebody is saving, or has saved after the snapshot of a
 * REPEATABLE READ, are left for the next time.
 */
void
sd_component_state_prune(SdPrune *prune)
{
	Datum parameters[] = {
		Int64GetDatum(prune->keep > 0 ? prune->keep : PG_INT64_MAX),
		TimestampTzGetDatum(prune->older_than), Int64GetDatum(prune->max_rows)};
	SPITupleTable *found;
	uint64 count;
	SdSpi spi;

	sd_spi_begin(&spi, true);
	if (prune->dry_run)
	{
		prune->rows = sd_spi_read(&count_prunable, parameters, NULL);
		prune->done = prune->rows < prune->max_rows;
	}
	else
	{
		prune->rows = 0;
		prune->done = true;
		count = sd_spi_write(&select_prunable_components, parameters, NULL);
		found = SPI_tuptable;
		for (uint64 i = 0; i < count && prune->rows < prune->max_rows; i++)
		{
			bool isnull;
			Datum name =
				SPI_getbinval(found->vals[i], found->tupdesc, 1, &isnull);

			CHECK_FOR_INTERRUPTS();
			prune->rows +=
				prune_component(prune, name, prune->max_rows - prune->rows);
		}
		prune->done = prune->rows < prune->max_rows;
	}
	sd_spi_end(&spi);
}

static int64
prune_component(SdPrune *prune, Datum name, int64 max_rows)
{
	Datum values[] = {
		Int64GetDatum(prune->keep > 0 ? prune->keep : PG_INT64_MAX),
		TimestampTzGetDatum(prune->older_than), Int64GetDatum(max_rows), name};
	int64 rows;

	if (sd_spi_write(&select_free_head, &name, NULL) == 0 ||
		!sees_all_versions(name))
		return 0;
	(void) sd_spi_write(&delete_prunable, values, NULL);
	rows = DatumGetInt64(sd_result(0, 1, NULL));
	if (rows > 0)
	{
		Datum parameters[] = {name, sd_result(0, 2, NULL)};

		(void) sd_spi_write(&delete_payloads, parameters, NULL);
	}

	return rows;
}
