/*-------------------------------------------------------------------------
 *
 * metrics.h
 *	  Sums of measurements, for the other modules.
 *
 *-------------------------------------------------------------------------
 */
#ifndef STORMDISC_PORT_METRICS_H
#define STORMDISC_PORT_METRICS_H

#include "datatype/timestamp.h"

typedef struct SdRollup
{
	int64 hours; /* added up now */
	int64 late;	 /* values that were added to hours from before */
	TimestampTz rolled_up_to;
	bool done;
} SdRollup;

/* Add up the measurements of the hours that are over at that time. */
extern SdRollup sd_metrics_rollup(TimestampTz now);

#endif /* STORMDISC_PORT_METRICS_H */
