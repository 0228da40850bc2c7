/*-------------------------------------------------------------------------
 *
 * sequence.h
 *	  Sequences of nodes in which each comes after all before it.
 *
 *-------------------------------------------------------------------------
 */
#ifndef STORMDISC_TRACE_SEQUENCE_H
#define STORMDISC_TRACE_SEQUENCE_H

#include "trace/order.h"

extern bool sd_sequence_find(SdOrder *order, const SdOrderEdge *edges,
							 int64 nedges);
extern void sd_sequence_drop(SdOrder *order, const SdOrderEdge *edges,
							 const uint8 *kinds, int64 nedges, bool *dropped,
							 bool *dropped_previous);

#endif /* STORMDISC_TRACE_SEQUENCE_H */
