/*-------------------------------------------------------------------------
 *
 * checkpoints.c
 *	  Checkpoints of components: save, read, list, pin, delete, prune.
 *
 * A checkpoint is a name of a component, and has versions.  The latest is the
 * highest one, and the only one whose is_latest is true.
 *
 * Whoever saves the next version takes the mark from the latest one, and so
 * has its row locked, and then inserts its own, with the mark.  Another one
 * waits for that, finds no mark where it was, and looks again.  No row is
 * updated twice, so that neither many versions nor an old snapshot somewhere
 * make it slower.  Only who finds no latest version at all locks the name, in
 * a table of names: the first version is inserted, and the last one deleted,
 * under that lock.  Nothing ever gets the mark back.
 *
 * In REPEATABLE READ all of this ends in a serialization failure where another
 * transaction was faster.  A version that somebody has added to the history
 * moves no mark: whoever removes the latest one looks for such.
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
#include "utils/memutils.h"
#include "utils/timestamp.h"
#include "utils/tuplestore.h"

#include "errors.h"
#include "port/checkpoints.h"
#include "port/payloads.h"
#include "port/port_util.h"
#include "spi_util.h"
#include "uuid.h"

PG_FUNCTION_INFO_V1(stormdisc_save_checkpoint);
PG_FUNCTION_INFO_V1(stormdisc_get_checkpoint);
PG_FUNCTION_INFO_V1(stormdisc_list_checkpoints);
PG_FUNCTION_INFO_V1(stormdisc_restore_component);
PG_FUNCTION_INFO_V1(stormdisc_pin_checkpoint);
PG_FUNCTION_INFO_V1(stormdisc_unpin_checkpoint);
PG_FUNCTION_INFO_V1(stormdisc_delete_checkpoint);

/* the arguments of stormdisc_save_checkpoint */
enum
{
	ARG_NAME,
	ARG_COMPONENT,
	ARG_DATA,
	ARG_METADATA,
	ARG_EXPECTED,
	ARG_EXPIRES_IN,
	ARG_PIN,
	ARG_VERSION
};

/* the latest version */
typedef struct Latest
{
	int64 version; /* 0: there is none */
	bool expires;
	TimestampTz expires_at;
} Latest;

static bool take_mark(const SdCheckpoint *checkpoint, Latest *latest);
static bool lock_latest(const SdCheckpoint *checkpoint, Latest *latest);
static bool lock_name(const SdCheckpoint *checkpoint);
static bool is_there(const SdCheckpoint *checkpoint);
static void lock_name_row(Datum component, Datum name);
static void check_expected(const SdCheckpoint *checkpoint, const Latest *latest,
						   TimestampTz now);
static bool insert_version(const SdCheckpoint *checkpoint, int64 version,
						   bool is_latest, TimestampTz now);
static void check_same(const SdCheckpoint *checkpoint);
static Latest read_latest(void);
static int64 given_version(FunctionCallInfo fcinfo, int number);
static Datum set_pinned(FunctionCallInfo fcinfo, bool pinned);
static void check_intact(Datum component, Datum name, int64 version, Datum data,
						 bool no_metadata, Datum metadata, Datum checksum);
static uint64 prune_expired(const Datum *doomed, bool dry_run, int64 max_rows);

/* the row of the highest version of $1, $2 */
#define HIGHEST                                                                \
	"(SELECT h.ctid FROM stormdisc.checkpoints h "                             \
	"WHERE h.component_name OPERATOR(pg_catalog.=) $1 "                        \
	"AND h.checkpoint_name OPERATOR(pg_catalog.=) $2 "                         \
	"ORDER BY h.version DESC LIMIT 1)"

#define IS_CHECKPOINT                                                          \
	"c.component_name OPERATOR(pg_catalog.=) $1 "                              \
	"AND c.checkpoint_name OPERATOR(pg_catalog.=) $2"

static SdStatement update_mark = {
	.sql = "UPDATE stormdisc.checkpoints c SET is_latest = false "
		   "WHERE " IS_CHECKPOINT " "
		   "AND c.ctid OPERATOR(pg_catalog.=) " HIGHEST " AND c.is_latest "
		   "RETURNING c.version, c.expires_at",
	.nparameters = 2,
	.types = {TEXTOID, TEXTOID},
};

static SdStatement select_latest_for_update = {
	.sql = "SELECT c.version, c.expires_at FROM stormdisc.checkpoints c "
		   "WHERE " IS_CHECKPOINT " "
		   "AND c.ctid OPERATOR(pg_catalog.=) " HIGHEST " AND c.is_latest "
		   "FOR UPDATE",
	.nparameters = 2,
	.types = {TEXTOID, TEXTOID},
};

static SdStatement upsert_name = {
	.sql = "INSERT INTO stormdisc.checkpoint_names (component_name, "
		   "checkpoint_name) VALUES ($1, $2) "
		   "ON CONFLICT (component_name, checkpoint_name) "
		   "DO UPDATE SET checkpoint_name = EXCLUDED.checkpoint_name",
	.nparameters = 2,
	.types = {TEXTOID, TEXTOID},
};

static SdStatement delete_name = {
	.sql = "DELETE FROM stormdisc.checkpoint_names c WHERE " IS_CHECKPOINT,
	.nparameters = 2,
	.types = {TEXTOID, TEXTOID},
};

/* whoever deletes the name itself has it locked, and waits for versions */
static SdStatement delete_free_name = {
	.sql = "DELETE FROM stormdisc.checkpoint_names c WHERE " IS_CHECKPOINT " "
		   "AND c.checkpoint_name OPERATOR(pg_catalog.=) ("
		   "SELECT l.checkpoint_name FROM stormdisc.checkpoint_names l "
		   "WHERE l.component_name OPERATOR(pg_catalog.=) $1 "
		   "AND l.checkpoint_name OPERATOR(pg_catalog.=) $2 "
		   "FOR UPDATE SKIP LOCKED)",
	.nparameters = 2,
	.types = {TEXTOID, TEXTOID},
};

static SdStatement select_highest = {
	.sql = "SELECT c.version, c.is_latest FROM stormdisc.checkpoints c "
		   "WHERE " IS_CHECKPOINT " ORDER BY c.version DESC LIMIT 1",
	.nparameters = 2,
	.types = {TEXTOID, TEXTOID},
};

static SdStatement repair_marks = {
	.sql = "UPDATE stormdisc.checkpoints c "
		   "SET is_latest = (c.version OPERATOR(pg_catalog.=) $3) "
		   "WHERE " IS_CHECKPOINT " AND c.is_latest "
		   "OPERATOR(pg_catalog.<>) (c.version OPERATOR(pg_catalog.=) $3)",
	.nparameters = 3,
	.types = {TEXTOID, TEXTOID, INT8OID},
};

static SdStatement select_readable_version = {
	.sql = "SELECT c.version FROM stormdisc.checkpoints c "
		   "WHERE " IS_CHECKPOINT " AND (c.expires_at IS NULL "
		   "OR c.expires_at OPERATOR(pg_catalog.>) $3) "
		   "AND c.version OPERATOR(pg_catalog.<=) $4 "
		   "ORDER BY c.version DESC LIMIT 1",
	.nparameters = 4,
	.types = {TEXTOID, TEXTOID, TIMESTAMPTZOID, INT8OID},
};

#define INSERT_CHECKPOINT                                                      \
	"INSERT INTO stormdisc.checkpoints (component_name, checkpoint_name, "     \
	"version, id, checkpoint_data, checkpoint_metadata, is_latest, "           \
	"created_at, expires_at, is_pinned, group_id, checksum) "                  \
	"VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12)"

#define INSERT_TYPES                                                           \
	{                                                                          \
		TEXTOID, TEXTOID, INT8OID, UUIDOID, JSONBOID, JSONBOID, BOOLOID,       \
			TIMESTAMPTZOID, TIMESTAMPTZOID, BOOLOID, INT8OID, BYTEAOID         \
	}

/* the next version cannot be there */
static SdStatement insert_next = {
	.sql = INSERT_CHECKPOINT,
	.nparameters = 12,
	.types = INSERT_TYPES,
};

/* a given one can */
static SdStatement insert_given = {
	.sql = INSERT_CHECKPOINT
	" ON CONFLICT (component_name, checkpoint_name, version) DO NOTHING",
	.nparameters = 12,
	.types = INSERT_TYPES,
};

static SdStatement select_checksum = {
	.sql = "SELECT c.checksum FROM stormdisc.checkpoints c "
		   "WHERE " IS_CHECKPOINT " AND c.version OPERATOR(pg_catalog.=) $3",
	.nparameters = 3,
	.types = {TEXTOID, TEXTOID, INT8OID},
};

#define READ_COLUMNS                                                           \
	"c.version, c.checkpoint_data, c.checkpoint_metadata, c.is_latest, "       \
	"c.is_pinned, c.created_at, c.expires_at, c.checksum "

static SdStatement select_newest = {
	.sql = "SELECT " READ_COLUMNS "FROM stormdisc.checkpoints c "
		   "WHERE " IS_CHECKPOINT " AND (c.expires_at IS NULL "
		   "OR c.expires_at OPERATOR(pg_catalog.>) $3) "
		   "ORDER BY c.version DESC LIMIT 1",
	.nparameters = 3,
	.types = {TEXTOID, TEXTOID, TIMESTAMPTZOID},
};

static SdStatement select_version = {
	.sql = "SELECT " READ_COLUMNS "FROM stormdisc.checkpoints c "
		   "WHERE " IS_CHECKPOINT " AND (c.expires_at IS NULL "
		   "OR c.expires_at OPERATOR(pg_catalog.>) $3) "
		   "AND c.version OPERATOR(pg_catalog.=) $4",
	.nparameters = 4,
	.types = {TEXTOID, TEXTOID, TIMESTAMPTZOID, INT8OID},
};

static SdStatement select_component = {
	.sql = "SELECT DISTINCT ON (c.checkpoint_name) c.checkpoint_name, "
		   "c.version, c.checkpoint_data, c.checkpoint_metadata, c.created_at, "
		   "c.expires_at, c.checksum FROM stormdisc.checkpoints c "
		   "WHERE c.component_name OPERATOR(pg_catalog.=) $1 "
		   "AND (c.expires_at IS NULL "
		   "OR c.expires_at OPERATOR(pg_catalog.>) $2) "
		   "ORDER BY c.checkpoint_name, c.version DESC",
	.nparameters = 2,
	.types = {TEXTOID, TIMESTAMPTZOID},
};

#define LIST_COLUMNS                                                           \
	"SELECT c.component_name, c.checkpoint_name, c.version, c.is_latest, "     \
	"(c.expires_at IS NOT NULL "                                               \
	"AND c.expires_at OPERATOR(pg_catalog.<=) $1) AS is_expired, "             \
	"c.is_pinned, pg_catalog.pg_column_size(c.checkpoint_data) AS size, "      \
	"c.checkpoint_metadata, c.created_at, c.expires_at, c.group_id, c.id "     \
	"FROM stormdisc.checkpoints c WHERE (c.is_latest OR NOT $2) "

#define LIST_ORDER                                                             \
	"ORDER BY c.component_name, c.checkpoint_name, c.version DESC"

static SdStatement list_all = {
	.sql = LIST_COLUMNS LIST_ORDER,
	.nparameters = 2,
	.types = {TIMESTAMPTZOID, BOOLOID},
};

static SdStatement list_name = {
	.sql = LIST_COLUMNS
	"AND c.checkpoint_name OPERATOR(pg_catalog.=) $3 " LIST_ORDER,
	.nparameters = 3,
	.types = {TIMESTAMPTZOID, BOOLOID, TEXTOID},
};

static SdStatement list_component = {
	.sql = LIST_COLUMNS
	"AND c.component_name OPERATOR(pg_catalog.=) $3 " LIST_ORDER,
	.nparameters = 3,
	.types = {TIMESTAMPTZOID, BOOLOID, TEXTOID},
};

static SdStatement list_checkpoint = {
	.sql = LIST_COLUMNS
	"AND c.component_name OPERATOR(pg_catalog.=) $3 "
	"AND c.checkpoint_name OPERATOR(pg_catalog.=) $4 " LIST_ORDER,
	.nparameters = 4,
	.types = {TIMESTAMPTZOID, BOOLOID, TEXTOID, TEXTOID},
};

static SdStatement update_pinned = {
	.sql = "UPDATE stormdisc.checkpoints c SET is_pinned = $3 "
		   "WHERE " IS_CHECKPOINT " AND c.version OPERATOR(pg_catalog.=) $4",
	.nparameters = 4,
	.types = {TEXTOID, TEXTOID, BOOLOID, INT8OID},
};

static SdStatement delete_checkpoint = {
	.sql = "DELETE FROM stormdisc.checkpoints c WHERE " IS_CHECKPOINT,
	.nparameters = 2,
	.types = {TEXTOID, TEXTOID},
};

static SdStatement delete_version = {
	.sql = "DELETE FROM stormdisc.checkpoints c WHERE " IS_CHECKPOINT " "
		   "AND c.version OPERATOR(pg_catalog.=) $3 AND NOT c.is_latest",
	.nparameters = 3,
	.types = {TEXTOID, TEXTOID, INT8OID},
};

/* $1 versions to keep, $2 oldest to keep, $3 now, $4 how many */
#define PLACES                                                                 \
	"SELECT c.component_name, c.checkpoint_name, c.version, c.is_latest, "     \
	"c.is_pinned, c.created_at, c.expires_at, pg_catalog.row_number() OVER ("  \
	"PARTITION BY c.component_name, c.checkpoint_name "                        \
	"ORDER BY c.version DESC) AS place FROM stormdisc.checkpoints c"

#define IS_TOO_MUCH                                                            \
	"(r.place OPERATOR(pg_catalog.>) $1 "                                      \
	"OR r.created_at OPERATOR(pg_catalog.<) $2)"

#define DOOMED                                                                 \
	"SELECT r.component_name, r.checkpoint_name, r.version "                   \
	"FROM (" PLACES ") r WHERE NOT r.is_latest AND NOT r.is_pinned "           \
	"AND (" IS_TOO_MUCH " OR r.expires_at OPERATOR(pg_catalog.<=) $3) "        \
	"LIMIT $4"

static SdStatement count_prunable = {
	.sql = "SELECT FROM (" DOOMED ") d",
	.nparameters = 4,
	.types = {INT8OID, TIMESTAMPTZOID, TIMESTAMPTZOID, INT8OID},
};

/* waits for nobody, and looks again at what it has locked */
static SdStatement delete_prunable = {
	.sql = "WITH d AS MATERIALIZED (" DOOMED "), l AS MATERIALIZED ("
		   "SELECT c.component_name, c.checkpoint_name, c.version "
		   "FROM d JOIN stormdisc.checkpoints c "
		   "ON c.component_name OPERATOR(pg_catalog.=) d.component_name "
		   "AND c.checkpoint_name OPERATOR(pg_catalog.=) d.checkpoint_name "
		   "AND c.version OPERATOR(pg_catalog.=) d.version "
		   "WHERE NOT c.is_latest AND NOT c.is_pinned "
		   "FOR UPDATE OF c SKIP LOCKED) "
		   "DELETE FROM stormdisc.checkpoints c USING l "
		   "WHERE c.component_name OPERATOR(pg_catalog.=) l.component_name "
		   "AND c.checkpoint_name OPERATOR(pg_catalog.=) l.checkpoint_name "
		   "AND c.version OPERATOR(pg_catalog.=) l.version",
	.nparameters = 4,
	.types = {INT8OID, TIMESTAMPTZOID, TIMESTAMPTZOID, INT8OID},
};

/* checkpoints of which nothing but an expired version is left */
#define ENDED                                                                  \
	"SELECT c.component_name, c.checkpoint_name "                              \
	"FROM stormdisc.checkpoints c WHERE c.is_latest AND NOT c.is_pinned "      \
	"AND c.expires_at OPERATOR(pg_catalog.<=) $1 AND NOT EXISTS ("             \
	"SELECT FROM stormdisc.checkpoints o "                                     \
	"WHERE o.component_name OPERATOR(pg_catalog.=) c.component_name "          \
	"AND o.checkpoint_name OPERATOR(pg_catalog.=) c.checkpoint_name "          \
	"AND o.version OPERATOR(pg_catalog.<) c.version) LIMIT $2"

/* with what a run would remove before it comes to them; $1 to $4 as above */
static SdStatement count_ended = {
	.sql = "SELECT FROM (" PLACES ") r "
		   "GROUP BY r.component_name, r.checkpoint_name "
		   "HAVING pg_catalog.bool_or(r.is_latest) "
		   "AND pg_catalog.bool_and(NOT r.is_pinned AND coalesce("
		   "r.expires_at OPERATOR(pg_catalog.<=) $3 "
		   "OR (NOT r.is_latest AND " IS_TOO_MUCH "), false)) LIMIT $4",
	.nparameters = 4,
	.types = {INT8OID, TIMESTAMPTZOID, TIMESTAMPTZOID, INT8OID},
};

static SdStatement select_ended = {
	.sql = ENDED " FOR UPDATE OF c SKIP LOCKED",
	.nparameters = 2,
	.types = {TIMESTAMPTZOID, INT8OID},
};

static SdStatement select_two = {
	.sql =
		"SELECT FROM stormdisc.checkpoints c WHERE " IS_CHECKPOINT " LIMIT 2",
	.nparameters = 2,
	.types = {TEXTOID, TEXTOID},
};

static SdStatement delete_ended = {
	.sql = "DELETE FROM stormdisc.checkpoints c WHERE " IS_CHECKPOINT " "
		   "AND c.is_latest AND NOT c.is_pinned "
		   "AND c.expires_at OPERATOR(pg_catalog.<=) $3 AND NOT EXISTS ("
		   "SELECT FROM stormdisc.checkpoints o "
		   "WHERE o.component_name OPERATOR(pg_catalog.=) $1 "
		   "AND o.checkpoint_name OPERATOR(pg_catalog.=) $2 "
		   "AND o.version OPERATOR(pg_catalog.<) c.version)",
	.nparameters = 3,
	.types = {TEXTOID, TEXTOID, TIMESTAMPTZOID},
};

/*
 * stormdisc_save_checkpoint(name, component, data, metadata, expected_version,
 *		expires_in, pin, version) -> bigint
 *		Save a checkpoint; its version.
 */
Datum
stormdisc_save_checkpoint(PG_FUNCTION_ARGS)
{
	SdCheckpoint checkpoint = {0};
	SdSpi spi;
	int64 version;

	PreventCommandIfReadOnly("stormdisc_save_checkpoint()");
	checkpoint.name = sd_argument_key(fcinfo, ARG_NAME, "name");
	checkpoint.component = sd_argument_key(fcinfo, ARG_COMPONENT, "component");
	sd_checkpoint_arguments(fcinfo, ARG_DATA, &checkpoint);
	checkpoint.version = given_version(fcinfo, ARG_VERSION);

	sd_spi_begin(&spi, true);
	version = sd_checkpoint_save(&checkpoint);
	sd_spi_end(&spi);

	PG_RETURN_INT64(version);
}

/*
 * sd_checkpoint_arguments
 *		Read the arguments data, metadata, expected_version, expires_in and
 *		pin, which follow each other.
 */
void
sd_checkpoint_arguments(FunctionCallInfo fcinfo, int first,
						SdCheckpoint *checkpoint)
{
	int expected = first + ARG_EXPECTED - ARG_DATA;
	int lifetime = first + ARG_EXPIRES_IN - ARG_DATA;
	Jsonb *data;
	Jsonb *metadata = NULL;

	sd_payload_check_size(sd_argument_required(fcinfo, first, "data"), "data");
	data = PG_GETARG_JSONB_P(first);
	checkpoint->data = JsonbPGetDatum(data);
	if (!PG_ARGISNULL(first + 1))
	{
		sd_payload_check_size(PG_GETARG_DATUM(first + 1), "metadata");
		metadata = PG_GETARG_JSONB_P(first + 1);
		checkpoint->metadata = JsonbPGetDatum(metadata);
	}

	checkpoint->has_expected = !PG_ARGISNULL(expected);
	if (checkpoint->has_expected)
		checkpoint->expected = PG_GETARG_INT64(expected);
	if (checkpoint->expected < 0)
		ereport(
			ERROR, errcode(ERRCODE_INVALID_PARAMETER_VALUE),
			errmsg("argument \"%s\" must not be negative", "expected_version"));
	if (!PG_ARGISNULL(lifetime))
	{
		checkpoint->lifetime = PG_GETARG_INTERVAL_P(lifetime);
		(void) sd_argument_expiry(checkpoint->lifetime, GetCurrentTimestamp(),
								  "expires_in");
	}
	checkpoint->is_pinned = DatumGetBool(
		sd_argument_required(fcinfo, first + ARG_PIN - ARG_DATA, "pin"));
	checkpoint->checksum = PointerGetDatum(sd_payload_digest(data, metadata));
}

/*
 * sd_checkpoint_save
 *		Save a checkpoint as the next version, or as the one that is given;
 *		which one that is.
 *
 * A given version that is not the highest becomes part of the history.  One
 * that exists already is no error if it holds the same.
 */
int64
sd_checkpoint_save(const SdCheckpoint *checkpoint)
{
	bool is_next = checkpoint->version == 0;
	Latest latest;
	int64 version;
	bool is_latest;
	TimestampTz now;

	for (;;)
	{
		CHECK_FOR_INTERRUPTS();
		if (is_next ? take_mark(checkpoint, &latest)
					: lock_latest(checkpoint, &latest))
			break;
		if (lock_name(checkpoint))
		{
			memset(&latest, 0, sizeof(latest));
			break;
		}
	}

	/* only now, so that later versions are not older */
	now = GetCurrentTimestamp();
	if (checkpoint->has_expected)
		check_expected(checkpoint, &latest, now);

	if (is_next && latest.version == PG_INT64_MAX)
		ereport(ERROR, errcode(ERRCODE_NUMERIC_VALUE_OUT_OF_RANGE),
				errmsg("checkpoint \"%s\" of component \"%s\" has no next "
					   "version",
					   TextDatumGetCString(checkpoint->name),
					   TextDatumGetCString(checkpoint->component)));
	version = is_next ? latest.version + 1 : checkpoint->version;
	is_latest = version > latest.version;
	if (!is_next && is_latest && latest.version != 0)
		(void) take_mark(checkpoint, &latest);
	if (!insert_version(checkpoint, version, is_latest, now))
		check_same(checkpoint);

	return version;
}

/*
 * Take the mark from the latest version, which is locked then.  False if there
 * is none, or was none any more.
 */
static bool
take_mark(const SdCheckpoint *checkpoint, Latest *latest)
{
	Datum values[] = {checkpoint->component, checkpoint->name};

	if (sd_spi_write(&update_mark, values, NULL) == 0)
		return false;
	*latest = read_latest();

	return true;
}

/* Likewise, but leave it. */
static bool
lock_latest(const SdCheckpoint *checkpoint, Latest *latest)
{
	Datum values[] = {checkpoint->component, checkpoint->name};

	if (sd_spi_write(&select_latest_for_update, values, NULL) == 0)
		return false;
	*latest = read_latest();

	return true;
}

static Latest
read_latest(void)
{
	Latest latest;
	bool never;

	latest.version = DatumGetInt64(sd_result(0, 1, NULL));
	latest.expires_at = DatumGetTimestampTz(sd_result(0, 2, &never));
	latest.expires = !never;

	return latest;
}

/*
 * If there is no version, lock the name; true if there is still none, and will
 * be none of anybody else's before the end of the transaction.
 */
static bool
lock_name(const SdCheckpoint *checkpoint)
{
	Datum values[] = {checkpoint->component, checkpoint->name, 0};

	if (is_there(checkpoint))
		return false;

	lock_name_row(checkpoint->component, checkpoint->name);
	if (sd_spi_write(&select_highest, values, NULL) == 0)
		return true;

	/* no statement ever leaves the highest without the mark: somebody did */
	if (!DatumGetBool(sd_result(0, 2, NULL)))
	{
		values[2] = sd_result(0, 1, NULL);
		(void) sd_spi_write(&repair_marks, values, NULL);
	}

	return false;
}

/* Is there a latest version now? */
static bool
is_there(const SdCheckpoint *checkpoint)
{
	Datum values[] = {checkpoint->component, checkpoint->name};

	return sd_spi_write(&select_highest, values, NULL) == 1 &&
		   DatumGetBool(sd_result(0, 2, NULL));
}

static void
lock_name_row(Datum component, Datum name)
{
	Datum values[] = {component, name};

	(void) sd_spi_write(&upsert_name, values, NULL);
}

/* Is the version that can be read the expected one? */
static void
check_expected(const SdCheckpoint *checkpoint, const Latest *latest,
			   TimestampTz now)
{
	int64 actual = latest->version;

	if (latest->expires && latest->expires_at <= now)
	{
		Datum values[] = {checkpoint->component, checkpoint->name,
						  TimestampTzGetDatum(now),
						  Int64GetDatum(latest->version)};

		actual = 0;
		if (sd_spi_write(&select_readable_version, values, NULL) > 0)
			actual = DatumGetInt64(sd_result(0, 1, NULL));
	}

	if (actual != checkpoint->expected)
		ereport(ERROR, errcode(SD_ERRCODE_VERSION_CONFLICT),
				errmsg("checkpoint \"%s\" of component \"%s\" has another "
					   "version than expected",
					   TextDatumGetCString(checkpoint->name),
					   TextDatumGetCString(checkpoint->component)),
				errdetail("The version is " INT64_FORMAT
						  ", expected was " INT64_FORMAT ".",
						  actual, checkpoint->expected),
				errhint("Read it again, and save what follows from that.  "
						"Version 0 is one that does not exist."));
}

/* False if that version exists. */
static bool
insert_version(const SdCheckpoint *checkpoint, int64 version, bool is_latest,
			   TimestampTz now)
{
	Datum values[12];
	bool nulls[12] = {false};
	pg_uuid_t id;

	sd_uuid_first(&id, now);
	values[0] = checkpoint->component;
	values[1] = checkpoint->name;
	values[2] = Int64GetDatum(version);
	values[3] = UUIDPGetDatum(&id);
	values[4] = checkpoint->data;
	values[5] = checkpoint->metadata;
	nulls[5] = checkpoint->metadata == (Datum) 0;
	values[6] = BoolGetDatum(is_latest);
	values[7] = TimestampTzGetDatum(now);
	nulls[8] = checkpoint->lifetime == NULL;
	values[8] = nulls[8] ? (Datum) 0
						 : TimestampTzGetDatum(sd_argument_expiry(
							   checkpoint->lifetime, now, "expires_in"));
	values[9] = BoolGetDatum(checkpoint->is_pinned);
	values[10] = Int64GetDatum(checkpoint->group_id);
	nulls[10] = checkpoint->group_id == 0;
	values[11] = checkpoint->checksum;

	return sd_spi_write(checkpoint->version == 0 ? &insert_next : &insert_given,
						values, nulls) == 1;
}

/* A version that was given exists: is it the same? */
static void
check_same(const SdCheckpoint *checkpoint)
{
	Datum values[] = {checkpoint->component, checkpoint->name,
					  Int64GetDatum(checkpoint->version)};
	bytea *mine = DatumGetByteaPP(checkpoint->checksum);
	bytea *theirs;

	/* it cannot go away meanwhile, unless it is being pruned */
	if (checkpoint->version != 0 &&
		sd_spi_write(&select_checksum, values, NULL) == 1)
	{
		theirs = DatumGetByteaPP(sd_result(0, 1, NULL));
		if (VARSIZE_ANY_EXHDR(mine) == VARSIZE_ANY_EXHDR(theirs) &&
			memcmp(VARDATA_ANY(mine), VARDATA_ANY(theirs),
				   VARSIZE_ANY_EXHDR(mine)) == 0)
			return;
	}

	ereport(ERROR, errcode(SD_ERRCODE_VERSION_CONFLICT),
			errmsg("version " INT64_FORMAT " of checkpoint \"%s\" of component "
				   "\"%s\" exists already",
				   checkpoint->version, TextDatumGetCString(checkpoint->name),
				   TextDatumGetCString(checkpoint->component)),
			errdetail("It holds something else."));
}

/* The argument version, 0 if it is NULL. */
static int64
given_version(FunctionCallInfo fcinfo, int number)
{
	if (PG_ARGISNULL(number))
		return 0;
	if (PG_GETARG_INT64(number) <= 0)
		ereport(ERROR, errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				errmsg("argument \"%s\" must be greater than zero", "version"));

	return PG_GETARG_INT64(number);
}

/*
 * stormdisc_get_checkpoint(name, component, version) -> row or none
 *		Read a checkpoint that has not expired.
 */
Datum
stormdisc_get_checkpoint(PG_FUNCTION_ARGS)
{
	ReturnSetInfo *rsinfo = (ReturnSetInfo *) fcinfo->resultinfo;
	Datum name = sd_argument_key(fcinfo, 0, "name");
	Datum component = sd_argument_key(fcinfo, 1, "component");
	int64 version = given_version(fcinfo, 2);
	Datum parameters[] = {component, name,
						  TimestampTzGetDatum(GetCurrentTimestamp()),
						  Int64GetDatum(version)};
	SdSpi spi;

	InitMaterializedSRF(fcinfo, 0);
	sd_spi_begin(&spi, true);
	if (sd_spi_read(version == 0 ? &select_newest : &select_version, parameters,
					NULL) == 1)
	{
		Datum values[8];
		bool nulls[8];

		for (int i = 0; i < lengthof(values); i++)
			values[i] = sd_result(0, i + 1, &nulls[i]);
		values[1] = PointerGetDatum(PG_DETOAST_DATUM(values[1]));
		if (!nulls[2])
			values[2] = PointerGetDatum(PG_DETOAST_DATUM(values[2]));
		check_intact(component, name, DatumGetInt64(values[0]), values[1],
					 nulls[2], values[2], values[7]);
		tuplestore_putvalues(rsinfo->setResult, rsinfo->setDesc, values, nulls);
	}
	sd_spi_end(&spi);

	return (Datum) 0;
}

static void
check_intact(Datum component, Datum name, int64 version, Datum data,
			 bool no_metadata, Datum metadata, Datum checksum)
{
	if (!sd_payload_is_intact(DatumGetJsonbP(data),
							  no_metadata ? NULL : DatumGetJsonbP(metadata),
							  DatumGetByteaPP(checksum)))
		ereport(ERROR, errcode(SD_ERRCODE_CHECKPOINT_CORRUPTED),
				errmsg("version " INT64_FORMAT " of checkpoint \"%s\" of "
					   "component \"%s\" is corrupted",
					   version, TextDatumGetCString(name),
					   TextDatumGetCString(component)),
				errdetail("It is not what its checksum was made of."),
				errhint("Earlier versions, if there are any, can be read by "
						"their numbers."));
}

/*
 * stormdisc_list_checkpoints(component, name, latest_only) -> setof row
 *		The checkpoints that there are, without what they hold.
 */
Datum
stormdisc_list_checkpoints(PG_FUNCTION_ARGS)
{
	Datum parameters[4];
	int count = 2;
	SdStatement *statement = &list_all;
	SdSpi spi;

	parameters[0] = TimestampTzGetDatum(GetCurrentTimestamp());
	parameters[1] = sd_argument_required(fcinfo, 2, "latest_only");
	if (!PG_ARGISNULL(0))
	{
		parameters[count++] = sd_argument_key(fcinfo, 0, "component");
		statement = &list_component;
	}
	if (!PG_ARGISNULL(1))
	{
		parameters[count++] = sd_argument_key(fcinfo, 1, "name");
		statement = PG_ARGISNULL(0) ? &list_name : &list_checkpoint;
	}

	InitMaterializedSRF(fcinfo, 0);
	sd_spi_begin(&spi, true);
	sd_result_put(fcinfo, sd_spi_read(statement, parameters, NULL));
	sd_spi_end(&spi);

	return (Datum) 0;
}

/*
 * stormdisc_restore_component(component) -> setof row
 *		The latest version that has not expired of all its checkpoints.
 */
Datum
stormdisc_restore_component(PG_FUNCTION_ARGS)
{
	ReturnSetInfo *rsinfo = (ReturnSetInfo *) fcinfo->resultinfo;
	Datum component = sd_argument_key(fcinfo, 0, "component");
	Datum parameters[] = {component,
						  TimestampTzGetDatum(GetCurrentTimestamp())};
	MemoryContext row_context;
	SdSpi spi;
	uint64 rows;

	InitMaterializedSRF(fcinfo, 0);
	sd_spi_begin(&spi, true);
	rows = sd_spi_read(&select_component, parameters, NULL);
	row_context = AllocSetContextCreate(
		CurrentMemoryContext, "stormdisc checkpoint", ALLOCSET_DEFAULT_SIZES);
	for (uint64 row = 0; row < rows; row++)
	{
		MemoryContext oldcontext = MemoryContextSwitchTo(row_context);
		Datum values[7];
		bool nulls[7];

		CHECK_FOR_INTERRUPTS();
		for (int i = 0; i < lengthof(values); i++)
			values[i] = sd_result(row, i + 1, &nulls[i]);
		values[2] = PointerGetDatum(PG_DETOAST_DATUM(values[2]));
		if (!nulls[3])
			values[3] = PointerGetDatum(PG_DETOAST_DATUM(values[3]));
		check_intact(component, values[0], DatumGetInt64(values[1]), values[2],
					 nulls[3], values[3], values[6]);
		tuplestore_putvalues(rsinfo->setResult, rsinfo->setDesc, values, nulls);
		MemoryContextSwitchTo(oldcontext);
		MemoryContextReset(row_context);
	}
	sd_spi_end(&spi);

	return (Datum) 0;
}

/*
 * stormdisc_pin_checkpoint(name, component, version) -> bigint
 *		Keep a version whatever its number and age; which one.
 */
Datum
stormdisc_pin_checkpoint(PG_FUNCTION_ARGS)
{
	PreventCommandIfReadOnly("stormdisc_pin_checkpoint()");

	return set_pinned(fcinfo, true);
}

/*
 * stormdisc_unpin_checkpoint(name, component, version) -> bigint
 *		Let it be removed again.
 */
Datum
stormdisc_unpin_checkpoint(PG_FUNCTION_ARGS)
{
	PreventCommandIfReadOnly("stormdisc_unpin_checkpoint()");

	return set_pinned(fcinfo, false);
}

static Datum
set_pinned(FunctionCallInfo fcinfo, bool pinned)
{
	Datum name = sd_argument_key(fcinfo, 0, "name");
	Datum component = sd_argument_key(fcinfo, 1, "component");
	int64 version = given_version(fcinfo, 2);
	Datum values[] = {component, name, BoolGetDatum(pinned), 0};
	bool found = true;
	SdSpi spi;

	sd_spi_begin(&spi, true);
	if (version == 0)
	{
		Datum parameters[] = {component, name,
							  TimestampTzGetDatum(GetCurrentTimestamp()),
							  Int64GetDatum(PG_INT64_MAX)};

		found = sd_spi_write(&select_readable_version, parameters, NULL) == 1;
		if (found)
			version = DatumGetInt64(sd_result(0, 1, NULL));
	}
	values[3] = Int64GetDatum(version);
	if (found)
		found = sd_spi_write(&update_pinned, values, NULL) == 1;
	if (!found)
		ereport(
			ERROR, errcode(ERRCODE_NO_DATA_FOUND),
			errmsg("checkpoint \"%s\" of component \"%s\" does not exist",
				   TextDatumGetCString(name), TextDatumGetCString(component)),
			version == 0
				? 0
				: errdetail("There is no version " INT64_FORMAT ".", version));
	sd_spi_end(&spi);

	PG_RETURN_INT64(version);
}

/*
 * stormdisc_delete_checkpoint(name, component, version) -> bigint
 *		Delete a checkpoint, or one version; how many versions that were.
 */
Datum
stormdisc_delete_checkpoint(PG_FUNCTION_ARGS)
{
	Datum name;
	Datum component;
	int64 version;
	Latest latest;
	uint64 rows;
	SdSpi spi;

	PreventCommandIfReadOnly("stormdisc_delete_checkpoint()");
	name = sd_argument_key(fcinfo, 0, "name");
	component = sd_argument_key(fcinfo, 1, "component");
	version = given_version(fcinfo, 2);

	sd_spi_begin(&spi, true);
	if (version == 0)
	{
		SdCheckpoint checkpoint = {.component = component, .name = name};
		Datum values[] = {component, name};

		/* nobody saves a version while the latest one is locked */
		lock_name_row(component, name);
		while (!lock_latest(&checkpoint, &latest) && is_there(&checkpoint))
			CHECK_FOR_INTERRUPTS();
		rows = sd_spi_write(&delete_checkpoint, values, NULL);
		if (IsolationUsesXactSnapshot() &&
			sd_spi_read_latest(&select_highest, values, NULL) > 0)
			sd_spi_conflict();
		(void) sd_spi_write(&delete_name, values, NULL);
	}
	else
	{
		Datum values[] = {component, name, Int64GetDatum(version)};

		rows = sd_spi_write(&delete_version, values, NULL);
		if (rows == 0 && sd_spi_write(&select_checksum, values, NULL) == 1)
			ereport(ERROR, errcode(ERRCODE_OBJECT_NOT_IN_PREREQUISITE_STATE),
					errmsg("the latest version of a checkpoint cannot be "
						   "deleted alone"),
					errhint("Save another version first, or delete the "
							"checkpoint with all its versions."));
	}
	sd_spi_end(&spi);

	PG_RETURN_INT64((int64) rows);
}

/*
 * sd_checkpoints_prune
 *		Remove versions that are too many, too old, or expired.
 *
 * A checkpoint of which nothing else is left than its latest version goes when
 * that has expired.
 */
void
sd_checkpoints_prune(SdPrune *prune)
{
	TimestampTz now = GetCurrentTimestamp();
	Datum values[] = {
		Int64GetDatum(prune->keep > 0 ? prune->keep : PG_INT64_MAX),
		TimestampTzGetDatum(prune->older_than), TimestampTzGetDatum(now),
		Int64GetDatum(prune->max_rows)};
	SdSpi spi;

	sd_spi_begin(&spi, true);
	prune->rows = prune->dry_run ? sd_spi_read(&count_prunable, values, NULL)
								 : sd_spi_write(&delete_prunable, values, NULL);
	if (prune->rows < prune->max_rows)
		prune->rows += prune_expired(values, prune->dry_run,
									 prune->max_rows - prune->rows);
	prune->done = prune->rows < prune->max_rows;
	sd_spi_end(&spi);
}

/* With the parameters of what has been removed before. */
static uint64
prune_expired(const Datum *doomed, bool dry_run, int64 max_rows)
{
	Datum now = doomed[2];
	Datum values[] = {now, Int64GetDatum(max_rows)};
	SPITupleTable *found;
	uint64 rows;
	uint64 removed = 0;

	if (dry_run)
	{
		Datum parameters[] = {doomed[0], doomed[1], now, values[1]};

		return sd_spi_read(&count_ended, parameters, NULL);
	}

	rows = sd_spi_write(&select_ended, values, NULL);
	found = SPI_tuptable;
	for (uint64 i = 0; i < rows; i++)
	{
		bool isnull;
		Datum parameters[] = {
			SPI_getbinval(found->vals[i], found->tupdesc, 1, &isnull),
			SPI_getbinval(found->vals[i], found->tupdesc, 2, &isnull), now};

		CHECK_FOR_INTERRUPTS();
		/* it is locked, but its history may be longer than is seen */
		if (IsolationUsesXactSnapshot() &&
			sd_spi_read_latest(&select_two, parameters, NULL) > 1)
			continue;
		if (sd_spi_write(&delete_ended, parameters, NULL) == 1)
		{
			removed++;
			(void) sd_spi_write(&delete_free_name, parameters, NULL);
		}
	}

	return removed;
}
