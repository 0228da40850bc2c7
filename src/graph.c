/*-------------------------------------------------------------------------
 *
 * graph.c
 *	  Directed graphs in arrays.
 *
 * The strongly connected components are found with Tarjan's algorithm, and an
 * explicit stack: a path may be longer than the C stack is deep.
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "miscadmin.h"
#include "utils/memutils.h"

#include "graph.h"

static void *allocate(Size size);

/*
 * sd_graph_begin
 *		A graph of n nodes, whose edges are counted next.
 */
SdGraph *
sd_graph_begin(int32 n)
{
	SdGraph *graph = palloc(sizeof(SdGraph));

	graph->n = n;
	graph->start = palloc_extended(sizeof(int64) * ((Size) n + 2),
								   MCXT_ALLOC_HUGE | MCXT_ALLOC_ZERO);
	graph->target = NULL;

	return graph;
}

static void *
allocate(Size size)
{
	return palloc_extended(Max(size, 1), MCXT_ALLOC_HUGE);
}

/*
 * sd_graph_counted
 *		All edges are counted, and are added next.
 */
void
sd_graph_counted(SdGraph *graph)
{
	for (int32 i = 0; i < graph->n; i++)
		graph->start[i + 2] += graph->start[i + 1];
	graph->target = allocate(sizeof(int32) * graph->start[graph->n + 1]);
}

void
sd_graph_free(SdGraph *graph)
{
	pfree(graph->start);
	pfree(graph->target);
	pfree(graph);
}

/*
 * sd_graph_components
 *		Number the strongly connected components, and return how many there
 *		are.  What a component points to has lower numbers.
 */
int32
sd_graph_components(const SdGraph *graph, int32 *component)
{
	int32 n = graph->n;
	Size size = sizeof(int32) * ((Size) n + 1);
	int32 *index = allocate(size);
	int32 *low = allocate(size);
	int64 *next = allocate(sizeof(int64) * ((Size) n + 1)); /* to follow */
	int32 *path = allocate(size);							/* being visited */
	int32 *open = allocate(size); /* in no component */
	int32 npath = 0;
	int32 nopen = 0;
	int32 nvisited = 0;
	int32 ncomponents = 0;

	for (int32 i = 0; i < n; i++)
		component[i] = index[i] = -1;

	for (int32 root = 0; root < n; root++)
	{
		if (index[root] >= 0)
			continue;
		path[npath++] = root;
		while (npath > 0)
		{
			int32 node = path[npath - 1];

			if (index[node] < 0)
			{
				if ((nvisited & 0xFFFF) == 0)
					CHECK_FOR_INTERRUPTS();
				index[node] = low[node] = nvisited++;
				next[node] = graph->start[node];
				open[nopen++] = node;
			}

			if (next[node] < graph->start[node + 1])
			{
				int32 target = graph->target[next[node]++];

				if (index[target] < 0)
					path[npath++] = target;
				else if (component[target] < 0)
					low[node] = Min(low[node], index[target]);
				continue;
			}

			npath--;
			if (npath > 0)
				low[path[npath - 1]] = Min(low[path[npath - 1]], low[node]);
			if (low[node] == index[node])
			{
				do
					component[open[--nopen]] = ncomponents;
				while (open[nopen] != node);
				ncomponents++;
			}
		}
	}

	pfree(index);
	pfree(low);
	pfree(next);
	pfree(path);
	pfree(open);

	return ncomponents;
}
