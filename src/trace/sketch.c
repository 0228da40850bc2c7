/*-------------------------------------------------------------------------
 *
 * sketch.c
 *	  How many numbers are about how large, in little space.
 *	  stormdisc_merge_sketches: of two of them, one.
 *
 * Bucket 0 has what is 0; bucket b has what is above GAMMA ^ (b - 2) and up to
 * GAMMA ^ (b - 1).  A percentile is told as a number that is off by no more
 * than one part in a hundred, whatever the numbers are.  Two sketches are
 * merged by adding up, and nothing is lost by that.
 *
 * What is stored has a pair for each bucket that is not empty, in their order:
 * how far it is from the one before, and its count, seven bits to a byte.
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include <math.h>

#include "fmgr.h"

#include "compat.h"
#include "trace/sketch.h"

PG_FUNCTION_INFO_V1(stormdisc_merge_sketches);

/* from one bucket to the next */
#define GAMMA 1.02

/* bytes of a number, at most */
#define MAX_NUMBER_LENGTH 10

static unsigned char *put_number(unsigned char *out, uint64 number);
static const unsigned char *
get_number(const unsigned char *in, const unsigned char *end, uint64 *number);

/*
 * sd_sketch_bucket
 *		The bucket of a number that is not negative.
 */
int
sd_sketch_bucket(int64 value)
{
	int bucket;

	if (value <= 0)
		return 0;
	bucket = 1 + (int) ceil(log((double) value) / log(GAMMA));

	return Min(bucket, SD_SKETCH_BUCKETS - 1);
}

/*
 * sd_sketch_add
 *		Add what is stored.
 */
void
sd_sketch_add(SdSketch *sketch, const bytea *stored)
{
	const unsigned char *in = (const unsigned char *) VARDATA_ANY(stored);
	const unsigned char *end = in + VARSIZE_ANY_EXHDR(stored);
	uint64 bucket = 0;

	while (in < end)
	{
		uint64 distance;
		uint64 count;

		in = get_number(in, end, &distance);
		in = get_number(in, end, &count);
		bucket += distance;
		if (bucket >= SD_SKETCH_BUCKETS)
			ereport(ERROR, errcode(ERRCODE_DATA_CORRUPTED),
					errmsg("invalid sketch of a baseline"));
		sketch->counts[bucket] += count;
	}
}

/*
 * sd_sketch_store
 *		What to store of it.
 */
bytea *
sd_sketch_store(const SdSketch *sketch)
{
	unsigned char *out;
	bytea *stored;
	int last = 0;
	int n = 0;

	for (int i = 0; i < SD_SKETCH_BUCKETS; i++)
		if (sketch->counts[i] > 0)
			n++;
	stored = palloc(VARHDRSZ + n * 2 * MAX_NUMBER_LENGTH);
	out = (unsigned char *) VARDATA(stored);
	for (int i = 0; i < SD_SKETCH_BUCKETS; i++)
	{
		if (sketch->counts[i] == 0)
			continue;
		out = put_number(out, i - last);
		out = put_number(out, sketch->counts[i]);
		last = i;
	}
	SET_VARSIZE(stored, out - (unsigned char *) stored);

	return stored;
}

/*
 * sd_sketch_percentile
 *		The number that such a fraction of the numbers is not above, about.
 */
double
sd_sketch_percentile(const SdSketch *sketch, double fraction, int64 min,
					 int64 max)
{
	int64 n = 0;
	int64 rank;
	double value = 0;

	for (int i = 0; i < SD_SKETCH_BUCKETS; i++)
		n += sketch->counts[i];
	rank = Max((int64) ceil(fraction * n), 1);
	n = 0;
	for (int i = 0; i < SD_SKETCH_BUCKETS; i++)
	{
		n += sketch->counts[i];
		if (n < rank)
			continue;
		/* the middle of its bucket, as far as errors go */
		if (i > 0)
			value = 2 * pow(GAMMA, i - 1) / (GAMMA + 1);
		break;
	}

	return Max(Min(value, (double) max), (double) min);
}

static unsigned char *
put_number(unsigned char *out, uint64 number)
{
	while (number >= 0x80)
	{
		*out++ = (unsigned char) (number | 0x80);
		number >>= 7;
	}
	*out++ = (unsigned char) number;

	return out;
}

static const unsigned char *
get_number(const unsigned char *in, const unsigned char *end, uint64 *number)
{
	int shift = 0;

	*number = 0;
	while (in < end && shift < 64)
	{
		*number |= (uint64) (*in & 0x7f) << shift;
		if ((*in++ & 0x80) == 0)
			return in;
		shift += 7;
	}

	ereport(ERROR, errcode(ERRCODE_DATA_CORRUPTED),
			errmsg("invalid sketch of a baseline"));
}

/*
 * stormdisc_merge_sketches(bytea, bytea) -> bytea
 *		The sketch of the numbers of both.
 */
Datum
stormdisc_merge_sketches(PG_FUNCTION_ARGS)
{
	SdSketch *sketch = palloc0(sizeof(SdSketch));

	sd_sketch_add(sketch, PG_GETARG_BYTEA_PP(0));
	sd_sketch_add(sketch, PG_GETARG_BYTEA_PP(1));

	PG_RETURN_BYTEA_P(sd_sketch_store(sketch));
}
