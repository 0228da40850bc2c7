/*-------------------------------------------------------------------------
 *
 * graph.h
 *	  Directed graphs in arrays.
 *
 * Edges are told twice: they are counted first, and added then.
 *-------------------------------------------------------------------------
 */
#ifndef STORMDISC_GRAPH_H
#define STORMDISC_GRAPH_H

typedef struct SdGraph
{
	int32 n;	   /* nodes, from 0 */
	int64 *start;  /* where the targets of each begin; one more for the end */
	int32 *target; /* of all edges */
} SdGraph;

extern SdGraph *sd_graph_begin(int32 n);
extern void sd_graph_counted(SdGraph *graph);
extern int32 sd_graph_components(const SdGraph *graph, int32 *component);
extern void sd_graph_free(SdGraph *graph);

/* There is an edge from a node.  Until all are counted it stands two places on.
 */
static inline void
sd_graph_count(SdGraph *graph, int32 from)
{
	graph->start[from + 2]++;
}

/* One of those that were counted.  Where the next one goes is one place on. */
static inline void
sd_graph_add(SdGraph *graph, int32 from, int32 to)
{
	graph->target[graph->start[from + 1]++] = to;
}

#endif /* STORMDISC_GRAPH_H */
