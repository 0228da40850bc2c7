/*-------------------------------------------------------------------------
 *
 * vclock.h
 *	  Vector clocks: the type stormdisc.vclock.
 *
 *-------------------------------------------------------------------------
 */
#ifndef STORMDISC_TRACE_VCLOCK_H
#define STORMDISC_TRACE_VCLOCK_H

#include "utils/jsonb.h"

typedef enum SdClockOrder
{
	SD_EQUAL,
	SD_BEFORE,
	SD_AFTER,
	SD_CONCURRENT
} SdClockOrder;

/*
 * A value: a varlena of any alignment, with a short header or a long one, that
 * is not compressed.  Make one of a Datum with DatumGetVclock().
 */
typedef struct varlena SdVclock;

#define DatumGetVclock(datum) ((SdVclock *) PG_DETOAST_DATUM_PACKED(datum))

/* a walk through the components of a clock, by their names' bytes */
typedef struct SdVclockReader
{
	const unsigned char *next;
	const unsigned char *end;
	const char *name; /* of the component, not terminated */
	int name_length;
	uint64 value;
} SdVclockReader;

extern SdClockOrder sd_vclock_compare(const SdVclock *a, const SdVclock *b);
extern bool sd_vclock_is_empty(const SdVclock *clock);
extern void sd_vclock_read(SdVclockReader *reader, const SdVclock *clock);
extern bool sd_vclock_next(SdVclockReader *reader);
extern SdVclock *sd_vclock_from_jsonb(JsonbContainer *container,
									  const char **problem);
extern Jsonb *sd_vclock_to_jsonb(const SdVclock *clock);

#endif /* STORMDISC_TRACE_VCLOCK_H */
