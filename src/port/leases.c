/*-------------------------------------------------------------------------
 *
 * leases.c
 *	  stormdisc_complete, stormdisc_fail, stormdisc_extend: what comes of a
 *	  delivery.
 *
 * A delivery is (id, attempt).  Each statement looks for just that in the row
 * that it removes or changes, and what follows is about the rows that it did:
 * who is too late changes nothing, and is told so.
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include <math.h>

#include "access/xact.h"
#include "catalog/pg_collation.h"
#include "catalog/pg_type.h"
#include "common/pg_prng.h"
#include "fmgr.h"
#include "funcapi.h"
#include "miscadmin.h"
#include "utils/builtins.h"
#include "utils/fmgroids.h"
#include "utils/snapmgr.h"
#include "utils/timestamp.h"
#include "utils/tuplestore.h"

#include "arguments.h"
#include "arrays.h"
#include "port/messages.h"
#include "spi_util.h"

PG_FUNCTION_INFO_V1(stormdisc_complete);
PG_FUNCTION_INFO_V1(stormdisc_complete_batch);
PG_FUNCTION_INFO_V1(stormdisc_fail);
PG_FUNCTION_INFO_V1(stormdisc_extend);

static int64 lease_id(FunctionCallInfo fcinfo);
static int lease_attempt(FunctionCallInfo fcinfo);
static int take_leases(const SdPort *port, const Datum *ids,
					   const Datum *attempts, int n, SdFound *taken);
static int take_plain(const SdPort *port, Datum *ids, int *n, int attempt,
					  SdFound *taken);
static int take_plain_of(const SdPort *port, SdOpenTable *open,
						 Snapshot snapshot, Datum *ids, int *n, int attempt,
						 SdFound *taken);
static int take_leases_of(const SdPort *port, const Datum *ids, int n,
						  int attempt, SdFound *taken);
static int compare_leases(const void *a, const void *b);
static int64 backoff(const SdPort *port, int attempt);

/* those of one attempt */
#define TAKE_LEASES(table)                                                     \
	{                                                                          \
		.sql = "DELETE FROM stormdisc." table                                  \
			   " w WHERE w.port_name OPERATOR(pg_catalog.=) $1 "               \
			   "AND w.id OPERATOR(pg_catalog.=) ANY ($2) "                     \
			   "AND w.attempt OPERATOR(pg_catalog.=) $3 AND w.is_leased "      \
			   "RETURNING w.id, w.attempt, w.last_attempt, w.priority, "       \
			   "w.claimed_at, w.group_key",                                    \
		.nparameters = 3, .types = {TEXTOID, INT8ARRAYOID, INT4OID},           \
	}

static SdStatement take[] = {
	TAKE_LEASES("message_waiting_0"),
	TAKE_LEASES("message_waiting_1"),
	TAKE_LEASES("message_waiting_2"),
	TAKE_LEASES("message_waiting_kept"),
};

#define EXTEND(table)                                                          \
	{                                                                          \
		.sql = "UPDATE stormdisc." table " SET wake_at = $4 "                  \
			   "WHERE port_name OPERATOR(pg_catalog.=) $1 "                    \
			   "AND id OPERATOR(pg_catalog.=) $2 "                             \
			   "AND attempt OPERATOR(pg_catalog.=) $3 AND is_leased",          \
		.nparameters = 4, .types = {                                           \
			TEXTOID,                                                           \
			INT8OID,                                                           \
			INT4OID,                                                           \
			TIMESTAMPTZOID                                                     \
		}                                                                      \
	}

static SdStatement extend[] = {
	EXTEND("message_waiting_0"),
	EXTEND("message_waiting_1"),
	EXTEND("message_waiting_2"),
	EXTEND("message_waiting_kept"),
};

/*
 * stormdisc_complete(port, id, attempt) -> text
 *		A delivery is done.
 */
Datum
stormdisc_complete(PG_FUNCTION_ARGS)
{
	const SdPort *port =
		sd_port_get(PG_ARGISNULL(0) ? NULL : PG_GETARG_TEXT_PP(0));
	int64 id = lease_id(fcinfo);
	int attempt = lease_attempt(fcinfo);
	bool done;
	SdSpi spi;

	PreventCommandIfReadOnly("stormdisc_complete()");
	sd_spi_begin(&spi, true);
	done = sd_message_complete(&spi, port, id, attempt, GetCurrentTimestamp());
	sd_spi_end(&spi);
	sd_segments_recycle_at_commit();

	PG_RETURN_TEXT_P(cstring_to_text(done ? "completed" : "stale"));
}

/*
 * sd_message_complete
 *		Complete a delivery, unless it is stale.
 */
bool
sd_message_complete(SdSpi *spi, const SdPort *port, int64 id, int attempt,
					TimestampTz now)
{
	Datum ids[] = {Int64GetDatum(id)};
	Datum attempts[] = {Int32GetDatum(attempt)};
	SdFound taken;

	if (take_leases(port, ids, attempts, 1, &taken) == 0)
		return false;
	sd_messages_note_completion(port, &taken, 1, now);
	sd_groups_release_of(port, &taken, 1);

	return true;
}

/*
 * stormdisc_complete(port, ids[], attempts[]) -> setof (id, attempt, result)
 *		Deliveries are done.
 */
Datum
stormdisc_complete_batch(PG_FUNCTION_ARGS)
{
	static const char *const names[] = {"ids", "attempts"};
	const SdPort *port =
		sd_port_get(PG_ARGISNULL(0) ? NULL : PG_GETARG_TEXT_PP(0));
	ReturnSetInfo *rsinfo = (ReturnSetInfo *) fcinfo->resultinfo;
	Datum *elements[2];
	bool *nulls[2];
	int n[2];
	int n_taken = 0;
	SdFound *taken;
	SdFound **sorted;
	bool *is_reported;
	SdSpi spi;

	PreventCommandIfReadOnly("stormdisc_complete()");
	for (int i = 0; i < 2; i++)
	{
		(void) sd_argument_required(fcinfo, i + 1, names[i]);
		n[i] =
			sd_array_read(PG_GETARG_ARRAYTYPE_P(i + 1), names[i],
						  i == 0 ? INT8OID : INT4OID, &elements[i], &nulls[i]);
		for (int j = 0; j < n[i]; j++)
			if (nulls[i][j])
				ereport(ERROR, errcode(ERRCODE_NULL_VALUE_NOT_ALLOWED),
						errmsg("argument \"%s\" must not have null elements",
							   names[i]));
	}
	if (n[0] != n[1])
		ereport(ERROR, errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				errmsg("arguments \"%s\" and \"%s\" must have as many elements",
					   names[0], names[1]),
				errdetail("They have %d and %d.", n[0], n[1]));
	if (n[0] > SD_MAX_BATCH)
		ereport(ERROR, errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				errmsg("argument \"%s\" must not have more than %d elements",
					   names[0], SD_MAX_BATCH));
	InitMaterializedSRF(fcinfo, 0);
	if (n[0] == 0)
		return (Datum) 0;

	sd_spi_begin(&spi, true);
	taken = palloc(n[0] * sizeof(SdFound));
	n_taken = take_leases(port, elements[0], elements[1], n[0], taken);
	if (n_taken > 0)
	{
		sd_messages_note_completion(port, taken, n_taken,
									GetCurrentTimestamp());
		sd_groups_release_of(port, taken, n_taken);
	}

	sorted = palloc(n[0] * sizeof(SdFound *));
	is_reported = palloc0(n[0] * sizeof(bool));
	for (int i = 0; i < n_taken; i++)
		sorted[i] = &taken[i];
	qsort(sorted, n_taken, sizeof(SdFound *), compare_leases);
	for (int i = 0; i < n[0]; i++)
	{
		SdFound key;
		SdFound *key_pointer = &key;
		SdFound **found;
		Datum values[3];
		bool no_nulls[3] = {false};
		bool done = false;

		key.row.id = DatumGetInt64(elements[0][i]);
		key.row.attempt = DatumGetInt32(elements[1][i]);
		found = bsearch(&key_pointer, sorted, n_taken, sizeof(SdFound *),
						compare_leases);
		/* one that is there twice is completed once */
		if (found != NULL && !is_reported[found - sorted])
		{
			is_reported[found - sorted] = true;
			done = true;
		}
		values[0] = elements[0][i];
		values[1] = elements[1][i];
		values[2] = CStringGetTextDatum(done ? "completed" : "stale");
		tuplestore_putvalues(rsinfo->setResult, rsinfo->setDesc, values,
							 no_nulls);
	}
	sd_spi_end(&spi);
	sd_segments_recycle_at_commit();

	return (Datum) 0;
}

/*
 * stormdisc_fail(port, id, attempt, error, details, delay) -> text
 *		A delivery failed.
 */
Datum
stormdisc_fail(PG_FUNCTION_ARGS)
{
	const SdPort *port =
		sd_port_get(PG_ARGISNULL(0) ? NULL : PG_GETARG_TEXT_PP(0));
	Datum ids[] = {Int64GetDatum(lease_id(fcinfo))};
	Datum attempts[] = {Int32GetDatum(lease_attempt(fcinfo))};
	text *error = PG_ARGISNULL(3) ? NULL : PG_GETARG_TEXT_PP(3);
	bool has_details = !PG_ARGISNULL(4);
	Datum details = has_details ? PG_GETARG_DATUM(4) : (Datum) 0;
	int64 delay = PG_ARGISNULL(5)
					  ? -1
					  : sd_interval_argument(PG_GETARG_INTERVAL_P(5), "delay");
	TimestampTz now = GetCurrentTimestamp();
	const char *result;
	SdFound taken;
	SdSpi spi;

	PreventCommandIfReadOnly("stormdisc_fail()");
	if (delay >= 0)
		(void) sd_time_after(now, delay);

	sd_spi_begin(&spi, true);
	if (take_leases(port, ids, attempts, 1, &taken) == 0)
		result = "stale";
	else
	{
		sd_messages_note_error(port, &taken, 1, error, details, has_details,
							   now);
		if (taken.row.attempt >= taken.row.last_attempt)
		{
			sd_messages_die(port, &taken, 1, "failed", error, details,
							has_details, now);
			sd_groups_release_of(port, &taken, 1);
			result = "dead_letter";
		}
		else
		{
			if (delay < 0)
				delay = backoff(port, taken.row.attempt);
			taken.row.wake_at = sd_time_after(now, delay);
			if (delay == 0)
				sd_messages_to_ready(port, &taken, 1);
			else
				sd_messages_make_waiting(port, &taken.row, 1, false, now);
			result = "retry";
		}
	}
	sd_spi_end(&spi);
	sd_segments_recycle_at_commit();

	PG_RETURN_TEXT_P(cstring_to_text(result));
}

/*
 * stormdisc_extend(port, id, attempt, lease) -> text
 *		A delivery takes longer: its lease begins again.
 */
Datum
stormdisc_extend(PG_FUNCTION_ARGS)
{
	const SdPort *port =
		sd_port_get(PG_ARGISNULL(0) ? NULL : PG_GETARG_TEXT_PP(0));
	int64 lease;
	int current = sd_segment_current();
	bool done = false;
	Datum values[4];
	Datum ids[1];
	int n = 1;
	SdFound taken;
	SdSpi spi;

	PreventCommandIfReadOnly("stormdisc_extend()");
	values[0] = PointerGetDatum(port->name_text);
	values[1] = Int64GetDatum(lease_id(fcinfo));
	values[2] = Int32GetDatum(lease_attempt(fcinfo));
	lease = PG_ARGISNULL(3)
				? port->lease
				: sd_interval_argument(PG_GETARG_INTERVAL_P(3), "lease");
	sd_check_lease(lease);
	values[3] =
		TimestampTzGetDatum(sd_time_after(GetCurrentTimestamp(), lease));

	sd_spi_begin(&spi, true);
	ids[0] = values[1];
	if (sd_leases_take(port, ids, &n, DatumGetInt32(values[2]), &taken) > 0)
	{
		taken.row.wake_at = DatumGetTimestampTz(values[3]);
		sd_messages_make_waiting(port, &taken.row, 1, true,
								 taken.row.claimed_at);
		done = true;
	}
	for (int i = 0; i <= SD_SEGMENT_KEPT && !done; i++)
	{
		int segment = i == SD_SEGMENT_KEPT
						  ? i
						  : (current + SD_RING_SIZE - i) % SD_RING_SIZE;

		done = sd_spi_write(&extend[segment], values, NULL) > 0;
	}
	sd_spi_end(&spi);

	PG_RETURN_TEXT_P(cstring_to_text(done ? "extended" : "stale"));
}

static int64
lease_id(FunctionCallInfo fcinfo)
{
	(void) sd_argument_required(fcinfo, 1, "id");

	return PG_GETARG_INT64(1);
}

static int
lease_attempt(FunctionCallInfo fcinfo)
{
	(void) sd_argument_required(fcinfo, 2, "attempt");

	return PG_GETARG_INT32(2);
}

/* Remove the leases that are held; how many. */
static int
take_leases(const SdPort *port, const Datum *ids, const Datum *attempts, int n,
			SdFound *taken)
{
	bool *is_done = palloc0(n * sizeof(bool));
	Datum *some = palloc(n * sizeof(Datum));
	int n_taken = 0;

	/* nearly always all are of the same attempt */
	for (int first = 0; first < n; first++)
	{
		int attempt = DatumGetInt32(attempts[first]);
		int count = 0;

		if (is_done[first])
			continue;
		for (int i = first; i < n; i++)
			if (!is_done[i] && DatumGetInt32(attempts[i]) == attempt)
			{
				is_done[i] = true;
				some[count++] = ids[i];
			}
		/* where one is found mostly comes first; the statements come last */
		if (n == 1)
			n_taken += take_plain(port, some, &count, attempt, &taken[n_taken]);
		if (count > 0)
			n_taken +=
				sd_leases_take(port, some, &count, attempt, &taken[n_taken]);
		if (count > 0 && n > 1)
			n_taken += take_plain(port, some, &count, attempt, &taken[n_taken]);
		if (count > 0)
			n_taken +=
				take_leases_of(port, some, count, attempt, &taken[n_taken]);
	}

	return n_taken;
}

/*
 * Those of one attempt that can be had without a statement, and without waiting
 * for anybody; how many.  The others are left in ids.
 */
static int
take_plain(const SdPort *port, Datum *ids, int *n, int attempt, SdFound *taken)
{
	int current = sd_segment_current();
	int n_taken = 0;
	Snapshot snapshot;

	if (IsolationUsesXactSnapshot())
		return 0;
	CommandCounterIncrement();
	snapshot = GetTransactionSnapshot();
	PushActiveSnapshot(snapshot);
	for (int i = 0; i <= SD_SEGMENT_KEPT && *n > 0; i++)
	{
		int segment = i == SD_SEGMENT_KEPT
						  ? i
						  : (current + SD_RING_SIZE - i) % SD_RING_SIZE;
		SdOpenTable open;

		if (!sd_table_open(&sd_waiting_tables[segment], &open))
			break;
		n_taken += take_plain_of(port, &open, GetActiveSnapshot(), ids, n,
								 attempt, &taken[n_taken]);
		sd_table_close(&open);
	}
	PopActiveSnapshot();
	CommandCounterIncrement();

	return n_taken;
}

/* Likewise, of one segment. */
static int
take_plain_of(const SdPort *port, SdOpenTable *open, Snapshot snapshot,
			  Datum *ids, int *n, int attempt, SdFound *taken)
{
	ScanKeyData keys[2];
	SdKeyScan scan;
	int n_taken = 0;
	int n_left = 0;

	ScanKeyEntryInitialize(&keys[0], 0, 1, BTEqualStrategyNumber, TEXTOID,
						   C_COLLATION_OID, F_TEXTEQ,
						   PointerGetDatum(port->name_text));
	ScanKeyEntryInitialize(&keys[1], 0, 2, BTEqualStrategyNumber, INT8OID,
						   InvalidOid, F_INT8EQ, Int64GetDatum(0));
	sd_key_scan_begin(&scan, open, snapshot, keys, lengthof(keys));
	for (int i = 0; i < *n; i++)
	{
		SdFound *row = &taken[n_taken];
		bool done = false;

		CHECK_FOR_INTERRUPTS();
		keys[1].sk_argument = ids[i];
		index_rescan(scan.scan, keys, lengthof(keys), NULL, 0);
		if (sd_key_scan_next(&scan))
		{
			bool is_leased;

			sd_waiting_read(scan.slot, &row->row, &is_leased);
			done = row->row.attempt == attempt && is_leased &&
				   sd_key_scan_delete(&scan, snapshot);
		}
		if (done)
		{
			row->is_ready = false;
			row->is_leased = true;
			n_taken++;
		}
		else
			ids[n_left++] = ids[i];
	}
	sd_key_scan_end(&scan);
	*n = n_left;

	return n_taken;
}

/*
 * Those of one attempt.  The newest segment is looked at first; the one where
 * rows move to when a segment is emptied comes last.
 */
static int
take_leases_of(const SdPort *port, const Datum *ids, int n, int attempt,
			   SdFound *taken)
{
	int current = sd_segment_current();
	int n_taken = 0;
	Datum values[3];

	values[0] = PointerGetDatum(port->name_text);
	values[1] = PointerGetDatum(sd_array_make(ids, NULL, n, INT8OID));
	values[2] = Int32GetDatum(attempt);
	for (int i = 0; i <= SD_SEGMENT_KEPT && n_taken < n; i++)
	{
		int segment = i == SD_SEGMENT_KEPT
						  ? i
						  : (current + SD_RING_SIZE - i) % SD_RING_SIZE;
		int count = (int) sd_spi_write(&take[segment], values, NULL);

		for (int j = 0; j < count; j++)
		{
			SdFound *row = &taken[n_taken++];
			Datum columns[6];
			bool nulls[6];

			heap_deform_tuple(SPI_tuptable->vals[j], SPI_tuptable->tupdesc,
							  columns, nulls);
			MemSet(row, 0, sizeof(*row));
			row->row.id = DatumGetInt64(columns[0]);
			row->row.attempt = DatumGetInt32(columns[1]);
			row->row.last_attempt = DatumGetInt32(columns[2]);
			row->row.priority = DatumGetInt16(columns[3]);
			row->row.claimed_at =
				nulls[4] ? 0 : DatumGetTimestampTz(columns[4]);
			row->row.group_key =
				nulls[5] ? NULL : DatumGetTextPCopy(columns[5]);
		}
	}

	return n_taken;
}

static int
compare_leases(const void *a, const void *b)
{
	const SdWaiting *x = &(*(SdFound *const *) a)->row;
	const SdWaiting *y = &(*(SdFound *const *) b)->row;

	if (x->id != y->id)
		return x->id < y->id ? -1 : 1;

	return x->attempt < y->attempt ? -1 : x->attempt > y->attempt;
}

/* The pause after an attempt, in microseconds. */
static int64
backoff(const SdPort *port, int attempt)
{
	double pause = ldexp((double) port->backoff, Min(Max(attempt, 1) - 1, 62));

	pause = Min(pause, (double) port->backoff_cap);
	pause *= 1 + port->jitter * (2 * pg_prng_double(&pg_global_prng_state) - 1);

	return (int64) Min(pause, (double) port->backoff_cap);
}
