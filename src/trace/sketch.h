/*-------------------------------------------------------------------------
 *
 * sketch.h
 *	  How many numbers are about how large, in little space.
 *
 *-------------------------------------------------------------------------
 */
#ifndef STORMDISC_TRACE_SKETCH_H
#define STORMDISC_TRACE_SKETCH_H

#define SD_SKETCH_BUCKETS 2300

/* counts by bucket */
typedef struct SdSketch
{
	int64 counts[SD_SKETCH_BUCKETS];
} SdSketch;

extern int sd_sketch_bucket(int64 value);
extern void sd_sketch_add(SdSketch *sketch, const bytea *stored);
extern bytea *sd_sketch_store(const SdSketch *sketch);
extern double sd_sketch_percentile(const SdSketch *sketch, double fraction,
								   int64 min, int64 max);

#endif /* STORMDISC_TRACE_SKETCH_H */
