/*-------------------------------------------------------------------------
 *
 * checkpoint_groups.c
 *	  Checkpoints that are there together or not at all.
 *
 * Parts of a group wait in a table of their own, where nobody reads them, and
 * are saved as checkpoints in the transaction that commits the group.  They
 * are saved in the order of their keys, so that groups which have checkpoints
 * in common wait for each other rather than deadlock.
 *
 * Adding a part leaves no trace in the group's own row.  Whoever ends a group
 * in REPEATABLE READ so looks for parts that its snapshot is too old for.
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

#include "port/checkpoints.h"
#include "port/port_util.h"
#include "spi_util.h"

PG_FUNCTION_INFO_V1(stormdisc_begin_checkpoint_group);
PG_FUNCTION_INFO_V1(stormdisc_add_to_checkpoint_group);
PG_FUNCTION_INFO_V1(stormdisc_commit_checkpoint_group);
PG_FUNCTION_INFO_V1(stormdisc_abort_checkpoint_group);

static int64 argument_group(FunctionCallInfo fcinfo);
static void lock_group(SdStatement *statement, int64 group_id);
static bool sees_all_parts(int64 group_id);
static uint64 save_parts(FunctionCallInfo fcinfo, int64 group_id);

static SdStatement insert_group = {
	.sql = "INSERT INTO stormdisc.checkpoint_groups (group_id, group_name, "
		   "status, created_at) VALUES (pg_catalog.nextval("
		   "'stormdisc.checkpoint_group_id_seq'::pg_catalog.regclass), $1, "
		   "'open', $2) RETURNING group_id",
	.nparameters = 2,
	.types = {TEXTOID, TIMESTAMPTZOID},
};

#define SELECT_STATUS                                                          \
	"SELECT g.status FROM stormdisc.checkpoint_groups g "                      \
	"WHERE g.group_id OPERATOR(pg_catalog.=) $1 "

/* several may add parts at a time, but none while the group ends */
static SdStatement share_group = {
	.sql = SELECT_STATUS "FOR SHARE",
	.nparameters = 1,
	.types = {INT8OID},
};

static SdStatement own_group = {
	.sql = SELECT_STATUS "FOR UPDATE",
	.nparameters = 1,
	.types = {INT8OID},
};

static SdStatement upsert_part = {
	.sql = "INSERT INTO stormdisc.checkpoint_group_parts (group_id, "
		   "component_name, checkpoint_name, checkpoint_data, "
		   "checkpoint_metadata, expected_version, expires_in, is_pinned, "
		   "checksum) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9) "
		   "ON CONFLICT (group_id, component_name, checkpoint_name) "
		   "DO UPDATE SET checkpoint_data = EXCLUDED.checkpoint_data, "
		   "checkpoint_metadata = EXCLUDED.checkpoint_metadata, "
		   "expected_version = EXCLUDED.expected_version, "
		   "expires_in = EXCLUDED.expires_in, "
		   "is_pinned = EXCLUDED.is_pinned, checksum = EXCLUDED.checksum",
	.nparameters = 9,
	.types = {INT8OID, TEXTOID, TEXTOID, JSONBOID, JSONBOID, INT8OID,
			  INTERVALOID, BOOLOID, BYTEAOID},
};

static SdStatement select_parts = {
	.sql = "SELECT p.component_name, p.checkpoint_name, p.checkpoint_data, "
		   "p.checkpoint_metadata, p.expected_version, p.expires_in, "
		   "p.is_pinned, p.checksum FROM stormdisc.checkpoint_group_parts p "
		   "WHERE p.group_id OPERATOR(pg_catalog.=) $1 "
		   "ORDER BY p.component_name, p.checkpoint_name",
	.nparameters = 1,
	.types = {INT8OID},
};

static SdStatement count_parts = {
	.sql = "SELECT FROM stormdisc.checkpoint_group_parts p "
		   "WHERE p.group_id OPERATOR(pg_catalog.=) $1",
	.nparameters = 1,
	.types = {INT8OID},
};

static SdStatement delete_parts = {
	.sql = "DELETE FROM stormdisc.checkpoint_group_parts p "
		   "WHERE p.group_id OPERATOR(pg_catalog.=) $1",
	.nparameters = 1,
	.types = {INT8OID},
};

static SdStatement finish_group = {
	.sql = "UPDATE stormdisc.checkpoint_groups g "
		   "SET status = 'committed', committed_at = $2 "
		   "WHERE g.group_id OPERATOR(pg_catalog.=) $1",
	.nparameters = 2,
	.types = {INT8OID, TIMESTAMPTZOID},
};

static SdStatement delete_group = {
	.sql = "DELETE FROM stormdisc.checkpoint_groups g "
		   "WHERE g.group_id OPERATOR(pg_catalog.=) $1",
	.nparameters = 1,
	.types = {INT8OID},
};

/* when a group was begun, or committed */
#define OLD_GROUPS                                                             \
	"SELECT g.group_id FROM stormdisc.checkpoint_groups g "                    \
	"WHERE COALESCE(g.committed_at, g.created_at) "                            \
	"OPERATOR(pg_catalog.<) $1 "                                               \
	"ORDER BY g.group_id LIMIT $2"

static SdStatement count_old_groups = {
	.sql = OLD_GROUPS,
	.nparameters = 2,
	.types = {TIMESTAMPTZOID, INT8OID},
};

static SdStatement select_old_groups = {
	.sql = OLD_GROUPS " FOR UPDATE SKIP LOCKED",
	.nparameters = 2,
	.types = {TIMESTAMPTZOID, INT8OID},
};

/*
 * stormdisc_begin_checkpoint_group(group_name) -> bigint
 *		Begin a group; its number.
 */
Datum
stormdisc_begin_checkpoint_group(PG_FUNCTION_ARGS)
{
	Datum values[2];
	SdSpi spi;
	int64 group_id;

	PreventCommandIfReadOnly("stormdisc_begin_checkpoint_group()");
	values[0] = sd_argument_key(fcinfo, 0, "group_name");
	values[1] = TimestampTzGetDatum(GetCurrentTimestamp());

	sd_spi_begin(&spi, true);
	(void) sd_spi_write(&insert_group, values, NULL);
	group_id = DatumGetInt64(sd_result(0, 1, NULL));
	sd_spi_end(&spi);

	PG_RETURN_INT64(group_id);
}

/*
 * stormdisc_add_to_checkpoint_group(group_id, name, component, data, metadata,
 *		expected_version, expires_in, pin) -> void
 *		Add a checkpoint to a group, or replace it there.
 */
Datum
stormdisc_add_to_checkpoint_group(PG_FUNCTION_ARGS)
{
	SdCheckpoint part = {0};
	Datum values[9];
	bool nulls[9] = {false};
	SdSpi spi;

	PreventCommandIfReadOnly("stormdisc_add_to_checkpoint_group()");
	part.group_id = argument_group(fcinfo);
	part.name = sd_argument_key(fcinfo, 1, "name");
	part.component = sd_argument_key(fcinfo, 2, "component");
	sd_checkpoint_arguments(fcinfo, 3, &part);

	values[0] = Int64GetDatum(part.group_id);
	values[1] = part.component;
	values[2] = part.name;
	values[3] = part.data;
	values[4] = part.metadata;
	nulls[4] = part.metadata == (Datum) 0;
	values[5] = Int64GetDatum(part.expected);
	nulls[5] = !part.has_expected;
	values[6] = PointerGetDatum(part.lifetime);
	nulls[6] = part.lifetime == NULL;
	values[7] = BoolGetDatum(part.is_pinned);
	values[8] = part.checksum;

	sd_spi_begin(&spi, true);
	lock_group(&share_group, part.group_id);
	(void) sd_spi_write(&upsert_part, values, nulls);
	sd_spi_end(&spi);

	PG_RETURN_VOID();
}

/*
 * stormdisc_commit_checkpoint_group(group_id) -> setof row
 *		Save the checkpoints of a group; their versions.
 */
Datum
stormdisc_commit_checkpoint_group(PG_FUNCTION_ARGS)
{
	Datum values[2];
	int64 group_id;
	SdSpi spi;

	PreventCommandIfReadOnly("stormdisc_commit_checkpoint_group()");
	group_id = argument_group(fcinfo);
	InitMaterializedSRF(fcinfo, 0);

	sd_spi_begin(&spi, true);
	lock_group(&own_group, group_id);
	values[0] = Int64GetDatum(group_id);
	if (!sees_all_parts(group_id))
		sd_spi_conflict();
	if (save_parts(fcinfo, group_id) > 0)
		(void) sd_spi_write(&delete_parts, values, NULL);
	values[1] = TimestampTzGetDatum(GetCurrentTimestamp());
	(void) sd_spi_write(&finish_group, values, NULL);
	sd_spi_end(&spi);

	return (Datum) 0;
}

/* Save all parts as checkpoints; how many. */
static uint64
save_parts(FunctionCallInfo fcinfo, int64 group_id)
{
	ReturnSetInfo *rsinfo = (ReturnSetInfo *) fcinfo->resultinfo;
	Datum parameters[] = {Int64GetDatum(group_id)};
	uint64 count = sd_spi_write(&select_parts, parameters, NULL);
	SPITupleTable *parts = SPI_tuptable;

	for (uint64 i = 0; i < count; i++)
	{
		SdCheckpoint part = {0};
		Datum values[8];
		bool nulls[8];
		Datum row[3];
		bool row_nulls[3] = {false};

		CHECK_FOR_INTERRUPTS();
		for (int column = 0; column < lengthof(values); column++)
			values[column] = SPI_getbinval(parts->vals[i], parts->tupdesc,
										   column + 1, &nulls[column]);
		part.component = values[0];
		part.name = values[1];
		part.data = values[2];
		part.metadata = nulls[3] ? (Datum) 0 : values[3];
		part.has_expected = !nulls[4];
		part.expected = nulls[4] ? 0 : DatumGetInt64(values[4]);
		part.lifetime = nulls[5] ? NULL : DatumGetIntervalP(values[5]);
		part.is_pinned = DatumGetBool(values[6]);
		part.checksum = values[7];
		part.group_id = group_id;

		row[0] = part.component;
		row[1] = part.name;
		row[2] = Int64GetDatum(sd_checkpoint_save(&part));
		tuplestore_putvalues(rsinfo->setResult, rsinfo->setDesc, row,
							 row_nulls);
	}

	return count;
}

/*
 * stormdisc_abort_checkpoint_group(group_id) -> bigint
 *		Forget a group; how many parts it had.
 */
Datum
stormdisc_abort_checkpoint_group(PG_FUNCTION_ARGS)
{
	Datum values[1];
	int64 group_id;
	uint64 count;
	SdSpi spi;

	PreventCommandIfReadOnly("stormdisc_abort_checkpoint_group()");
	group_id = argument_group(fcinfo);
	values[0] = Int64GetDatum(group_id);

	sd_spi_begin(&spi, true);
	lock_group(&own_group, group_id);
	if (!sees_all_parts(group_id))
		sd_spi_conflict();
	count = sd_spi_write(&delete_parts, values, NULL);
	(void) sd_spi_write(&delete_group, values, NULL);
	sd_spi_end(&spi);

	PG_RETURN_INT64((int64) count);
}

static int64
argument_group(FunctionCallInfo fcinfo)
{
	return DatumGetInt64(sd_argument_required(fcinfo, 0, "group_id"));
}

/* Raise 42704 if there is no such group, 55000 unless it is open. */
static void
lock_group(SdStatement *statement, int64 group_id)
{
	Datum values[] = {Int64GetDatum(group_id)};

	if (sd_spi_write(statement, values, NULL) == 0)
		ereport(
			ERROR, errcode(ERRCODE_UNDEFINED_OBJECT),
			errmsg("checkpoint group " INT64_FORMAT " does not exist",
				   group_id),
			errhint("Begin one with stormdisc_begin_checkpoint_group(); those "
					"that are aborted, or left open for long, are gone."));
	if (strcmp(TextDatumGetCString(sd_result(0, 1, NULL)), "open") != 0)
		ereport(ERROR, errcode(ERRCODE_OBJECT_NOT_IN_PREREQUISITE_STATE),
				errmsg("checkpoint group " INT64_FORMAT " is committed already",
					   group_id));
}

/*
 * Of a group that is locked: is there no part that this transaction's snapshot
 * is too old for?  One that was replaced is an error when it is deleted.
 */
static bool
sees_all_parts(int64 group_id)
{
	Datum values[] = {Int64GetDatum(group_id)};

	return !IsolationUsesXactSnapshot() ||
		   sd_spi_read_latest(&count_parts, values, NULL) ==
			   sd_spi_write(&count_parts, values, NULL);
}

/*
 * sd_checkpoint_groups_prune
 *		Forget groups that were begun and never committed, or were committed,
 *		before a time.  Checkpoints that were saved with them stay.
 */
void
sd_checkpoint_groups_prune(SdPrune *prune)
{
	Datum parameters[] = {TimestampTzGetDatum(prune->older_than),
						  Int64GetDatum(prune->max_rows)};
	SPITupleTable *found;
	uint64 count;
	SdSpi spi;

	sd_spi_begin(&spi, true);
	count = prune->dry_run ? sd_spi_read(&count_old_groups, parameters, NULL)
						   : sd_spi_write(&select_old_groups, parameters, NULL);
	found = SPI_tuptable;
	prune->rows = (int64) count;
	for (uint64 i = 0; i < count && !prune->dry_run; i++)
	{
		bool isnull;
		Datum values[] = {
			SPI_getbinval(found->vals[i], found->tupdesc, 1, &isnull)};

		CHECK_FOR_INTERRUPTS();
		if (!sees_all_parts(DatumGetInt64(values[0])))
		{
			prune->rows--;
			continue;
		}
		(void) sd_spi_write(&delete_parts, values, NULL);
		(void) sd_spi_write(&delete_group, values, NULL);
	}
	prune->done = prune->rows < prune->max_rows;
	sd_spi_end(&spi);
}
