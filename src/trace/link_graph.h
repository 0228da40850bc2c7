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
extern void sd_link_graph_know(SdLinkGraph *graph, const pg_uuid_t *id);
extern void sd_link_graph_forget(SdLinkGraph *graph,
								 bool (*is_other)(const pg_uuid_t *id,
												  void *arg),
								 void *arg);
extern bool sd_link_graph_close(SdLinkGraph *graph);
extern bool sd_link_graph_cut(SdLinkGraph *graph, const pg_uuid_t *from,
							  const pg_uuid_t *to);

#endif /* STORMDISC_TRACE_LINK_GRAPH_H */
