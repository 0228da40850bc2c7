/*-------------------------------------------------------------------------
 *
 * order.h
 *	  What happens before what in a trace.
 *
 * sd_order_build() makes the graph: each event with the one right before it in
 * its chain, and with others that happen before it.  sd_reach_next() walks
 * through the events so that each comes after all that happen before it, and
 * sd_reach_knows() says whether one of those already seen happens before the
 * one that the walk is at.
 *-------------------------------------------------------------------------
 */
#ifndef STORMDISC_TRACE_ORDER_H
#define STORMDISC_TRACE_ORDER_H

#include "trace/trace.h"

/* in the order in which they are put in */
typedef enum SdOrderKind
{
	SD_ORDER_HARD, /* parents and explicit edges */
	SD_ORDER_PROGRAM,
	SD_ORDER_SPAWN,
	SD_ORDER_JOIN,
	SD_ORDER_LOCK,
	SD_ORDER_REQUEST
} SdOrderKind;

#define SD_ORDER_KINDS 6
#define SD_ORDER_BIT(kind) (1 << (kind))
#define SD_ORDER_ALL ((1 << SD_ORDER_KINDS) - 1)
#define SD_ORDER_TASKS                                                         \
	(SD_ORDER_BIT(SD_ORDER_PROGRAM) | SD_ORDER_BIT(SD_ORDER_SPAWN) |           \
	 SD_ORDER_BIT(SD_ORDER_JOIN))

typedef struct SdOrderEdge
{
	int32 from;
	int32 to;
} SdOrderEdge;

typedef struct SdOrder
{
	const SdTrace *trace;
	MemoryContext context;
	int32 n;	  /* events */
	int32 nnodes; /* and hubs, which stand for many edges */
	int32 *hubs;  /* event that each hub stands right before in time */

	/* what happens right before a node */
	int32 *previous; /* of events: in its chain, or -1 */
	int64 *start;	 /* of nnodes + 1 */
	int32 *before;

	/* of events: chains, in which each happens before the next */
	int32 nchains;
	int32 *chain;

	/* nodes so that each comes after all before it; NULL: as they are */
	int32 *sequence;
	int32 *place; /* of each node there */

	int32 *part; /* of events, if they were asked for */
	bool *part_has_dropped;

	/* derived edges that would have closed a cycle */
	int64 ndropped;
	int64 ndropped_hard;
	SdOrderEdge first_dropped;
	SdOrderKind first_dropped_kind;
} SdOrder;

extern SdOrder *sd_order_build(const SdTrace *trace, int kinds,
							   bool want_parts);
extern SdOrder *sd_order_build_parents(const SdTrace *trace);
extern void sd_order_free(SdOrder *order);
extern const char *sd_order_kind_name(SdOrderKind kind);
extern void sd_order_warn(const SdOrder *order);

/* the place of an event in the walk */
static inline int32
sd_order_place(const SdOrder *order, int32 event)
{
	return order->place == NULL ? event : order->place[event];
}

typedef struct SdReach SdReach;

extern SdReach *sd_reach_begin(const SdOrder *order, const bool *chains);
extern int32 sd_reach_next(SdReach *reach);
extern bool sd_reach_knows(const SdReach *reach, int32 event);
extern void sd_reach_end(SdReach *reach);

#endif /* STORMDISC_TRACE_ORDER_H */
