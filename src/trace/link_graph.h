/*-------------------------------------------------------------------------
 *
 * link_graph.h
 *	  All links of a trace at once.
 *
 *-------------------------------------------------------------------------
 */
#ifndef STORMDISC_TRACE_LINK_GRAPH_H
#define STORMDISC_TRACE_LINK_GRAPH_H

#include "utils/uuid.h"

typedef struct SdLinkGraph SdLinkGraph;

extern SdLinkGraph *sd_link_graph_begin(void);
extern void sd_link_graph_add(SdLinkGraph *graph, const pg_uuid_t *from,
							  const pg_uuid_t *to);
extern bool sd_link_graph_close(SdLinkGraph *graph);
extern bool sd_link_graph_cut(SdLinkGraph *graph, const pg_uuid_t *from,
							  const pg_uuid_t *to);

#endif /* STORMDISC_TRACE_LINK_GRAPH_H */
