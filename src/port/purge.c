/*-------------------------------------------------------------------------
 *
 * purge.c
 *	  stormdisc_purge: forget what a port has not delivered.
 *	  stormdisc_delete: forget one message.
 *
 * With a message go its errors, its redrives and its dedup_key, which may be
 * sent again.
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "catalog/pg_type.h"
#include "fmgr.h"
#include "miscadmin.h"
#include "utils/builtins.h"

#include "port/arrays.h"
#include "port/messages.h"
#include "spi_util.h"

PG_FUNCTION_INFO_V1(stormdisc_purge);
PG_FUNCTION_INFO_V1(stormdisc_delete);

static int64 int64_column(int column);
static void release_groups(const SdPort *port, int column);

/* the messages in "gone"; what is left of them goes, too */
#define FORGET_REST                                                            \
	"message AS (DELETE FROM stormdisc.messages m USING gone g "               \
	"WHERE m.port_name OPERATOR(pg_catalog.=) $1 "                             \
	"AND m.id OPERATOR(pg_catalog.=) g.id "                                    \
	"RETURNING m.id, m.dedup_key), "                                           \
	"error AS (DELETE FROM stormdisc.message_errors e USING gone g "           \
	"WHERE e.port_name OPERATOR(pg_catalog.=) $1 "                             \
	"AND e.id OPERATOR(pg_catalog.=) g.id), "                                  \
	"redrive AS (DELETE FROM stormdisc.message_redrives r USING gone g "       \
	"WHERE r.port_name OPERATOR(pg_catalog.=) $1 "                             \
	"AND r.id OPERATOR(pg_catalog.=) g.id), "                                  \
	"dedup AS (DELETE FROM stormdisc.message_dedup d USING message m "         \
	"WHERE d.port_name OPERATOR(pg_catalog.=) $1 "                             \
	"AND d.dedup_key OPERATOR(pg_catalog.=) m.dedup_key "                      \
	"AND d.id OPERATOR(pg_catalog.=) m.id) "

/*
 * What somebody is just receiving is locked, and in flight already.
 */
static SdStatement purge = {
	.sql =
		"WITH ready AS MATERIALIZED (SELECT r.position, r.segment "
		"FROM stormdisc.message_ready r "
		"WHERE r.port_name OPERATOR(pg_catalog.=) $1 FOR UPDATE SKIP LOCKED), "
		"waiting AS MATERIALIZED (SELECT w.id, w.segment "
		"FROM stormdisc.message_waiting w "
		"WHERE w.port_name OPERATOR(pg_catalog.=) $1 AND NOT w.is_leased "
		"FOR UPDATE SKIP LOCKED), "
		"dead AS MATERIALIZED (SELECT d.id "
		"FROM stormdisc.message_dead_letters d "
		"WHERE d.port_name OPERATOR(pg_catalog.=) $1 AND $2 "
		"FOR UPDATE SKIP LOCKED), "
		"gone_ready AS (DELETE FROM stormdisc.message_ready r USING ready x "
		"WHERE r.port_name OPERATOR(pg_catalog.=) $1 "
		"AND r.position OPERATOR(pg_catalog.=) x.position "
		"AND r.segment OPERATOR(pg_catalog.=) x.segment "
		"RETURNING r.id, r.group_key), "
		"gone_waiting AS (DELETE FROM stormdisc.message_waiting w "
		"USING waiting x WHERE w.port_name OPERATOR(pg_catalog.=) $1 "
		"AND w.id OPERATOR(pg_catalog.=) x.id "
		"AND w.segment OPERATOR(pg_catalog.=) x.segment "
		"RETURNING w.id, w.group_key), "
		"gone_dead AS (DELETE FROM stormdisc.message_dead_letters d "
		"USING dead x WHERE d.port_name OPERATOR(pg_catalog.=) $1 "
		"AND d.id OPERATOR(pg_catalog.=) x.id RETURNING d.id), "
		"gone AS MATERIALIZED (SELECT id, group_key FROM gone_ready "
		"UNION ALL SELECT id, group_key FROM gone_waiting "
		"UNION ALL SELECT id, NULL FROM gone_dead), " FORGET_REST
		"SELECT (SELECT pg_catalog.count(*) FROM gone), "
		"(SELECT pg_catalog.array_agg(DISTINCT group_key) FROM gone "
		"WHERE group_key IS NOT NULL)",
	.nparameters = 2,
	.types = {TEXTOID, BOOLOID},
};

/* where it stands, where it was taken from, and if it was there at all */
static SdStatement delete_message = {
	.sql = "WITH seen AS MATERIALIZED ("
		   "SELECT r.id FROM stormdisc.message_ready r "
		   "JOIN stormdisc.messages m "
		   "ON m.port_name OPERATOR(pg_catalog.=) r.port_name "
		   "AND m.id OPERATOR(pg_catalog.=) r.id "
		   "WHERE r.port_name OPERATOR(pg_catalog.=) $1 "
		   "AND m.port_name OPERATOR(pg_catalog.=) $1 "
		   "AND m.id OPERATOR(pg_catalog.=) $2 "
		   "AND r.position OPERATOR(pg_catalog.=) (((10 OPERATOR(pg_catalog.-) "
		   "m.priority)::pg_catalog.int8 OPERATOR(pg_catalog.<<) 56) "
		   "OPERATOR(pg_catalog.|) m.id) "
		   "UNION ALL SELECT w.id FROM stormdisc.message_waiting w "
		   "WHERE w.port_name OPERATOR(pg_catalog.=) $1 "
		   "AND w.id OPERATOR(pg_catalog.=) $2 "
		   "UNION ALL SELECT $2 FROM stormdisc.message_leases l "
		   "WHERE l.port_name OPERATOR(pg_catalog.=) $1 "
		   "AND l.last_id OPERATOR(pg_catalog.>=) $2 "
		   "AND l.last_id OPERATOR(pg_catalog.<) (LEAST($2, "
		   "9223372036854774807) OPERATOR(pg_catalog.+) 1000) "
		   "AND $2 OPERATOR(pg_catalog.=) ANY (l.ids) "
		   "UNION ALL SELECT d.id FROM stormdisc.message_dead_letters d "
		   "WHERE d.port_name OPERATOR(pg_catalog.=) $1 "
		   "AND d.id OPERATOR(pg_catalog.=) $2), "
		   "ready AS (DELETE FROM stormdisc.message_ready r "
		   "USING stormdisc.messages m "
		   "WHERE r.port_name OPERATOR(pg_catalog.=) $1 "
		   "AND m.port_name OPERATOR(pg_catalog.=) $1 "
		   "AND m.id OPERATOR(pg_catalog.=) $2 "
		   "AND r.position OPERATOR(pg_catalog.=) (((10 OPERATOR(pg_catalog.-) "
		   "m.priority)::pg_catalog.int8 OPERATOR(pg_catalog.<<) 56) "
		   "OPERATOR(pg_catalog.|) m.id) RETURNING r.id, r.group_key), "
		   "waiting AS (DELETE FROM stormdisc.message_waiting w "
		   "WHERE w.port_name OPERATOR(pg_catalog.=) $1 "
		   "AND w.id OPERATOR(pg_catalog.=) $2 RETURNING w.id, w.group_key), "
		   "dead AS (DELETE FROM stormdisc.message_dead_letters d "
		   "WHERE d.port_name OPERATOR(pg_catalog.=) $1 "
		   "AND d.id OPERATOR(pg_catalog.=) $2 RETURNING d.id), "
		   "taken AS MATERIALIZED (SELECT id, group_key FROM ready "
		   "UNION ALL SELECT id, group_key FROM waiting "
		   "UNION ALL SELECT id, NULL FROM dead), "
		   /* one that is completed, or that a dump has lost */
		   "gone AS MATERIALIZED (SELECT $2 AS id "
		   "WHERE EXISTS (SELECT FROM taken) "
		   "OR $3 AND NOT EXISTS (SELECT FROM seen)), " FORGET_REST
		   "SELECT (SELECT pg_catalog.count(*) FROM seen), "
		   "(SELECT pg_catalog.count(*) FROM taken), "
		   "(SELECT pg_catalog.count(*) FROM message), "
		   "(SELECT pg_catalog.array_agg(DISTINCT group_key) FROM taken "
		   "WHERE group_key IS NOT NULL)",
	.nparameters = 3,
	.types = {TEXTOID, INT8OID, BOOLOID},
};

/* who recovers it has locked it, too */
static SdStatement lock_message = {
	.sql = "SELECT FROM stormdisc.messages m "
		   "WHERE m.port_name OPERATOR(pg_catalog.=) $1 "
		   "AND m.id OPERATOR(pg_catalog.=) $2 FOR UPDATE",
	.nparameters = 2,
	.types = {TEXTOID, INT8OID},
};

/*
 * stormdisc_purge(port, dead_letters) -> bigint
 *		Forget all that is not in flight and not done; how many messages.
 */
Datum
stormdisc_purge(PG_FUNCTION_ARGS)
{
	text *name =
		sd_key_argument(PG_ARGISNULL(0) ? NULL : PG_GETARG_TEXT_PP(0), "port");
	const SdPort *port = sd_port_get(name);
	Datum values[2];
	SdSpi spi;
	int64 count;

	PreventCommandIfReadOnly("stormdisc_purge()");
	if (PG_ARGISNULL(1))
		ereport(ERROR, errcode(ERRCODE_NULL_VALUE_NOT_ALLOWED),
				errmsg("argument \"%s\" must not be null", "dead_letters"));
	values[0] = PointerGetDatum(name);
	values[1] = PG_GETARG_DATUM(1);

	sd_spi_begin(&spi, true);
	(void) sd_spi_write(&purge, values, NULL);
	count = int64_column(1);
	release_groups(port, 2);
	sd_spi_end(&spi);

	PG_RETURN_INT64(count);
}

/*
 * stormdisc_delete(port, id) -> boolean
 *		Forget a message, however it stands.
 */
Datum
stormdisc_delete(PG_FUNCTION_ARGS)
{
	text *name =
		sd_key_argument(PG_ARGISNULL(0) ? NULL : PG_GETARG_TEXT_PP(0), "port");
	const SdPort *port = sd_port_get(name);
	Datum values[3];
	SdSpi spi;
	int64 seen;
	int64 taken;
	bool is_gone;
	bool is_locked = false;
	bool again;

	PreventCommandIfReadOnly("stormdisc_delete()");
	if (PG_ARGISNULL(1))
		ereport(ERROR, errcode(ERRCODE_NULL_VALUE_NOT_ALLOWED),
				errmsg("argument \"%s\" must not be null", "id"));
	values[0] = PointerGetDatum(name);
	values[1] = PG_GETARG_DATUM(1);

	sd_spi_begin(&spi, true);
	/* it may be on its way from one relation to another: look again then */
	do
	{
		CHECK_FOR_INTERRUPTS();
		sd_leases_split(port, DatumGetInt64(values[1]));
		values[2] = BoolGetDatum(is_locked);
		(void) sd_spi_write(&delete_message, values, NULL);
		seen = int64_column(1);
		taken = int64_column(2);
		is_gone = int64_column(3) > 0;
		again = (seen > 0 && taken == 0) || (seen == 0 && !is_locked);
		if (seen == 0 && !is_locked)
		{
			(void) sd_spi_write(&lock_message, values, NULL);
			is_locked = true;
		}
	}
	while (again);

	release_groups(port, 4);
	sd_spi_end(&spi);

	PG_RETURN_BOOL(is_gone);
}

static int64
int64_column(int column)
{
	bool isnull;

	return DatumGetInt64(SPI_getbinval(SPI_tuptable->vals[0],
									   SPI_tuptable->tupdesc, column, &isnull));
}

/* Go on with the groups of what is gone. */
static void
release_groups(const SdPort *port, int column)
{
	bool isnull;
	Datum array = SPI_getbinval(SPI_tuptable->vals[0], SPI_tuptable->tupdesc,
								column, &isnull);
	Datum *elements;
	bool *nulls;
	text **keys;
	int n;

	if (isnull)
		return;
	n = sd_array_read(DatumGetArrayTypeP(array), "group_keys", TEXTOID,
					  &elements, &nulls);
	keys = palloc(n * sizeof(text *));
	for (int i = 0; i < n; i++)
		keys[i] = DatumGetTextPP(elements[i]);
	sd_groups_release(port, keys, n);
}
