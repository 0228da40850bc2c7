/*-------------------------------------------------------------------------
 *
 * baselines.c
 *	  stormdisc_record_baseline_metric, stormdisc_record_baseline_micros,
 *	  stormdisc_get_baseline_metric, stormdisc_merge_baseline_metric: how long
 *operations take.
 *
 * What is kept of durations is what can be added up without loss: their number,
 * sum, least and greatest, their mean and the sum of the squares of the
 * distances from it (Welford, Chan), and a sketch of their sizes.
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include <math.h>

#include "access/htup_details.h"
#include "catalog/pg_type.h"
#include "common/int.h"
#include "executor/spi.h"
#include "funcapi.h"
#include "miscadmin.h"
#include "tcop/utility.h"
#include "utils/builtins.h"
#include "utils/timestamp.h"
#include "utils/tuplestore.h"

#include "compat.h"
#include "arguments.h"
#include "spi_util.h"
#include "trace/sketch.h"
#include "trace/storage.h"

PG_FUNCTION_INFO_V1(stormdisc_record_baseline_metric);
PG_FUNCTION_INFO_V1(stormdisc_record_baseline_micros);
PG_FUNCTION_INFO_V1(stormdisc_get_baseline_metric);
PG_FUNCTION_INFO_V1(stormdisc_merge_baseline_metric);

/* parts of an operation that sessions add to */
#define STRIPES 16

/* columns of stormdisc_get_baseline_metric() */
#define COLUMNS 14

/* of the name of an operation, in bytes: it is a key of an index */
#define MAX_OPERATION_LENGTH 1024

typedef struct Baseline
{
	int64 n;
	int64 total;
	int64 min;
	int64 max;
	double mean;
	double m2;
	TimestampTz updated_at;
	SdSketch sketch;
} Baseline;

static text *argument_operation(FunctionCallInfo fcinfo, int number,
								const char *name);
static void record(text *operation, int64 micros);
static bool read_baseline(text *operation, Baseline *sum);
static void add_part(Baseline *sum, HeapTuple row, TupleDesc desc);
static void put_baseline(FunctionCallInfo fcinfo, text *operation,
						 const Baseline *sum);

/* the parser gives all of them the same precedence */
#define OP(a, op, b) "(" a " OPERATOR(pg_catalog." op ") " b ")"

/* the two that are merged: what is there, and what is added */
#define N OP("b.n", "+", "EXCLUDED.n")
#define DISTANCE OP("EXCLUDED.mean", "-", "b.mean")
#define PART OP("EXCLUDED.n::float8", "/", N "::float8")

#define MERGE                                                                                                          \
	"ON CONFLICT (operation, stripe) DO UPDATE SET n = " N ", total = " OP(                                            \
		"b.total", "+",                                                                                                \
		"EXCLUDED.total") ", "                                                                                         \
						  "min = LEAST(b.min, EXCLUDED.min), max = GREATEST(b.max, EXCLUDED.max), "                    \
						  "mean = " OP("b.mean", "+", OP(DISTANCE, "*", PART)) ", m2 = " OP(                           \
							  OP("b.m2", "+", "EXCLUDED.m2"), "+",                                                     \
							  OP(OP(DISTANCE, "*", DISTANCE), "*",                                                     \
								 OP("b.n::float8", "*",                                                                \
									PART))) ", sketch = stormdisc.stormdisc_merge_sketches(b.sketch, EXCLUDED.sketch)" \
											", updated_at = GREATEST(b.updated_at, EXCLUDED.updated_at)"

static SdStatement upsert_part = {
	.sql = "INSERT INTO stormdisc.baseline_store AS b (operation, stripe, n, "
		   "total, min, max, mean, m2, sketch, updated_at) "
		   "VALUES ($1, $2, 1, $3, $3, $3, $3::float8, 0, $4, $5) " MERGE,
	.nparameters = 5,
	.types = {TEXTOID, INT2OID, INT8OID, BYTEAOID, TIMESTAMPTZOID},
};

static SdStatement select_parts = {
	.sql = "SELECT b.n, b.total, b.min, b.max, b.mean, b.m2, b.updated_at, "
		   "b.sketch FROM stormdisc.baseline_store b "
		   "WHERE b.operation OPERATOR(pg_catalog.=) $1 ORDER BY b.stripe",
	.nparameters = 1,
	.types = {TEXTOID},
};

static SdStatement merge_parts = {
	.sql =
		"WITH gone AS (DELETE FROM stormdisc.baseline_store b "
		"WHERE b.operation OPERATOR(pg_catalog.=) $2 RETURNING b.*), "
		"merged AS (INSERT INTO stormdisc.baseline_store AS b (operation, stripe, n, "
		"total, min, max, mean, m2, sketch, updated_at) "
		"SELECT $1, g.stripe, g.n, g.total, g.min, g.max, g.mean, g.m2, "
		"g.sketch, g.updated_at FROM gone g " MERGE
		") SELECT coalesce(pg_catalog.sum(g.n), 0)::bigint FROM gone g",
	.nparameters = 2,
	.types = {TEXTOID, TEXTOID},
};

/*
 * stormdisc_record_baseline_micros(operation, duration_micros) -> void
 *		Record that an operation took so long.
 */
Datum
stormdisc_record_baseline_micros(PG_FUNCTION_ARGS)
{
	text *operation = argument_operation(fcinfo, 0, "operation");

	record(operation,
		   DatumGetInt64(sd_argument_required(fcinfo, 1, "duration_micros")));

	PG_RETURN_VOID();
}

/*
 * stormdisc_record_baseline_metric(operation, duration) -> void
 */
Datum
stormdisc_record_baseline_metric(PG_FUNCTION_ARGS)
{
	text *operation = argument_operation(fcinfo, 0, "operation");
	Interval *duration =
		DatumGetIntervalP(sd_argument_required(fcinfo, 1, "duration"));
	int64 micros = 0;

	/* like the server: a month has 30 days, an infinite one too many */
	if (pg_mul_s64_overflow((int64) duration->month * DAYS_PER_MONTH +
								duration->day,
							USECS_PER_DAY, &micros) ||
		pg_add_s64_overflow(micros, duration->time, &micros))
		ereport(ERROR, errcode(ERRCODE_INTERVAL_FIELD_OVERFLOW),
				errmsg("interval out of range"));
	record(operation, micros);

	PG_RETURN_VOID();
}

static text *
argument_operation(FunctionCallInfo fcinfo, int number, const char *name)
{
	text *operation =
		DatumGetTextPP(sd_argument_required(fcinfo, number, name));

	if (VARSIZE_ANY_EXHDR(operation) == 0)
		ereport(ERROR, errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				errmsg("argument \"%s\" must not be empty", name));
	if (VARSIZE_ANY_EXHDR(operation) > MAX_OPERATION_LENGTH)
		ereport(ERROR, errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				errmsg("argument \"%s\" must not be longer than %d bytes", name,
					   MAX_OPERATION_LENGTH));

	return operation;
}

static void
record(text *operation, int64 micros)
{
	SdSketch *sketch = palloc0(sizeof(SdSketch));
	Datum values[5];
	SdSpi spi;

	PreventCommandIfReadOnly("stormdisc_record_baseline_metric()");
	PreventCommandIfParallelMode("stormdisc_record_baseline_metric()");
	if (micros < 0)
		ereport(ERROR, errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				errmsg("a duration must not be negative"));

	sketch->counts[sd_sketch_bucket(micros)] = 1;
	values[0] = PointerGetDatum(operation);
	values[1] = Int16GetDatum(MyProcPid % STRIPES);
	values[2] = Int64GetDatum(micros);
	values[3] = PointerGetDatum(sd_sketch_store(sketch));
	values[4] = TimestampTzGetDatum(GetCurrentTimestamp());
	sd_spi_begin(&spi, true);
	(void) sd_spi_write(&upsert_part, values, NULL);
	sd_spi_end(&spi);
	pfree(sketch);
}

/*
 * stormdisc_get_baseline_metric(operation) -> setof row
 *		What is known of the durations of an operation; no row if nothing is.
 */
Datum
stormdisc_get_baseline_metric(PG_FUNCTION_ARGS)
{
	text *operation =
		DatumGetTextPP(sd_argument_required(fcinfo, 0, "operation"));
	Baseline *sum = palloc0(sizeof(Baseline));
	SdSpi spi;
	bool found;

	sd_storage_check_readable();
	InitMaterializedSRF(fcinfo, 0);
	sd_spi_begin(&spi, true);
	found = read_baseline(operation, sum);
	sd_spi_end(&spi);
	if (found)
		put_baseline(fcinfo, operation, sum);

	return (Datum) 0;
}

static bool
read_baseline(text *operation, Baseline *sum)
{
	Datum values[] = {PointerGetDatum(operation)};
	uint64 found = sd_spi_read(&select_parts, values, NULL);

	for (uint64 i = 0; i < found; i++)
		add_part(sum, SPI_tuptable->vals[i], SPI_tuptable->tupdesc);

	return found > 0;
}

static void
add_part(Baseline *sum, HeapTuple row, TupleDesc desc)
{
	Datum values[8];
	bool nulls[8];
	int64 n;
	double distance;

	heap_deform_tuple(row, desc, values, nulls);
	n = DatumGetInt64(values[0]);
	distance = DatumGetFloat8(values[4]) - sum->mean;
	sum->m2 += DatumGetFloat8(values[5]) +
			   distance * distance * sum->n * ((double) n / (sum->n + n));
	sum->mean += distance * ((double) n / (sum->n + n));
	sum->min = sum->n == 0 ? DatumGetInt64(values[2])
						   : Min(sum->min, DatumGetInt64(values[2]));
	sum->max = Max(sum->max, DatumGetInt64(values[3]));
	sum->n += n;
	if (pg_add_s64_overflow(sum->total, DatumGetInt64(values[1]), &sum->total))
		ereport(ERROR, errcode(ERRCODE_NUMERIC_VALUE_OUT_OF_RANGE),
				errmsg("sum of durations out of range"));
	sum->updated_at = Max(sum->updated_at, DatumGetTimestampTz(values[6]));
	sd_sketch_add(&sum->sketch, DatumGetByteaPP(values[7]));
}

static void
put_baseline(FunctionCallInfo fcinfo, text *operation, const Baseline *sum)
{
	static const double fractions[] = {0.5, 0.9, 0.95, 0.99};
	ReturnSetInfo *rsinfo = (ReturnSetInfo *) fcinfo->resultinfo;
	Datum values[COLUMNS];
	bool nulls[COLUMNS] = {false};

	values[0] = PointerGetDatum(operation);
	values[1] = Int64GetDatum(sum->n);
	values[2] = Int64GetDatum(sum->total);
	values[3] = Int64GetDatum(sum->min);
	values[4] = Int64GetDatum(sum->max);
	values[5] = Float8GetDatum(sum->mean);
	values[6] = Float8GetDatum(sum->m2 / sum->n);
	values[7] = Float8GetDatum(sum->n > 1 ? sum->m2 / (sum->n - 1) : 0);
	nulls[7] = sum->n == 1;
	values[8] = Float8GetDatum(sqrt(sum->m2 / sum->n));
	for (int i = 0; i < lengthof(fractions); i++)
		values[9 + i] = Float8GetDatum(sd_sketch_percentile(
			&sum->sketch, fractions[i], sum->min, sum->max));
	values[13] = TimestampTzGetDatum(sum->updated_at);
	tuplestore_putvalues(rsinfo->setResult, rsinfo->setDesc, values, nulls);
}

/*
 * stormdisc_merge_baseline_metric(into_operation, from_operation) -> bigint
 *		Let what is known of one operation be of another; how many durations.
 */
Datum
stormdisc_merge_baseline_metric(PG_FUNCTION_ARGS)
{
	text *into = argument_operation(fcinfo, 0, "into_operation");
	text *from = argument_operation(fcinfo, 1, "from_operation");
	Datum values[] = {PointerGetDatum(into), PointerGetDatum(from)};
	int64 merged;
	SdSpi spi;

	PreventCommandIfReadOnly("stormdisc_merge_baseline_metric()");
	PreventCommandIfParallelMode("stormdisc_merge_baseline_metric()");
	if (VARSIZE_ANY_EXHDR(into) == VARSIZE_ANY_EXHDR(from) &&
		memcmp(VARDATA_ANY(into), VARDATA_ANY(from), VARSIZE_ANY_EXHDR(into)) ==
			0)
		ereport(ERROR, errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				errmsg("an operation cannot be merged with itself"));

	sd_spi_begin(&spi, true);
	if (sd_spi_write(&merge_parts, values, NULL) != 1)
		elog(ERROR, "unexpected number of rows");
	merged = DatumGetInt64(sd_result(0, 1, NULL));
	sd_spi_end(&spi);

	PG_RETURN_INT64(merged);
}
