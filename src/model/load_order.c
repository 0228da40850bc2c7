/*-------------------------------------------------------------------------
 *
 * load_order.c
 *	  stormdisc_load_order: in which order tables can be filled and emptied.
 *
 * The graph has a node for each table, with one for a whole tree of
 * partitions, and an edge for each enforced foreign key, from the child to the
 * parent.  It is the graph of the whole database, so that a table's level and
 * cycle do not depend on which tables were asked for.
 *
 * Cycles are the strongly connected components.  These are found a second time
 * over the edges that remain inside of the cycles when those are left out that
 * a loader can work around, by deferring the constraint or by filling in the
 * reference later.  If no cycle is left, that gives the order inside of a
 * cycle.
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "catalog/pg_class.h"
#include "miscadmin.h"
#include "utils/builtins.h"
#include "utils/memutils.h"

#include "discovery/discovery.h"
#include "graph.h"
#include "model/model.h"

PG_FUNCTION_INFO_V1(stormdisc_load_order);

/* an edge of the graph */
typedef struct Edge
{
	SdLink *link;
	int child;
	int parent;
	bool is_optional; /* only known of edges inside of cycles */
} Edge;

/* a table, or a tree of partitions */
typedef struct TableNode
{
	Oid oid; /* hash key: the root's */
	SdRelation *root;
	int number;
	int rank; /* by name */
	int component;
	int level;		 /* of the component */
	int inner_level; /* within the component */
	bool references_itself;
} TableNode;

/* tables in a cycle, or one that is in none */
typedef struct Component
{
	int size;
	int level;
	int rank; /* the least of its nodes' */
	int cycle;
	bool is_breakable;
	List *nodes; /* of TableNode *, by name; only of cycles */
	List *edges; /* of Edge *, by constraint; only of cycles */
} Component;

typedef struct LoadOrder
{
	int nnodes;
	TableNode **nodes;
	HTAB *node_hash;
	int nedges;
	Edge *edges;
	int ncomponents;
	Component *components;
	int nrows;
	int ncycles;
} LoadOrder;

/* a row of the result */
typedef struct Row
{
	LoadOrder *order;
	SdRelation *relation;
	TableNode *node;
	int partition_level;
	int position_by_name;
	int position;
} Row;

static void emit_load_order(SdDiscovery *disc);
static TableNode *enter_node(SdCatalog *cat, LoadOrder *order, SdRelation *rel,
							 int *partition_level);
static void rank_nodes(LoadOrder *order);
static int compare_nodes(const void *a, const void *b);
static SdGraph *build_graph(LoadOrder *order,
							bool (*has)(LoadOrder *order, const Edge *edge));
static bool has_any(LoadOrder *order, const Edge *edge);
static bool has_inner(LoadOrder *order, const Edge *edge);
static bool is_inner(LoadOrder *order, const Edge *edge);
static void find_levels(const SdGraph *graph, const int *component,
						int ncomponents, int *level);
static void find_cycles(SdCatalog *cat, LoadOrder *order);
static void find_inner_order(LoadOrder *order);
static int compare_rows(const void *a, const void *b);
static void add_row(SdDiscovery *disc, void *object);
static void add_members(SdDiscovery *disc, Component *component);
static void add_constraints(SdDiscovery *disc, Component *component,
							bool (*wanted)(const Edge *edge));
static bool any_edge(const Edge *edge);
static bool is_deferrable(const Edge *edge);
static bool is_optional(const Edge *edge);

static const SdKind kind = {
	.name = "load_order",
	.relkinds = "rpf",
	.not_served = "\"%s\" is not a table",
	.parts = SD_READ_INHERITANCE,
	.emit = emit_load_order,
};

/*
 * stormdisc_load_order(relation, schemas, include, exclude) -> setof row
 *		Report the tables in scope in an order in which they can be filled.
 */
Datum
stormdisc_load_order(PG_FUNCTION_ARGS)
{
	return sd_discovery_run(fcinfo, &kind);
}

static void
emit_load_order(SdDiscovery *disc)
{
	SdCatalog *cat = disc->catalog;
	SdLinks *links = sd_links_read(cat, true);
	MemoryContext oldcontext = MemoryContextSwitchTo(cat->context);
	LoadOrder *order = palloc0(sizeof(LoadOrder));
	Row *rows =
		palloc_extended(sizeof(Row) * (cat->nrelations + 1), MCXT_ALLOC_HUGE);
	SdRelation *rel;
	int position = 0;

	order->node_hash = sd_hash_create(cat, "stormdisc load order", sizeof(Oid),
									  sizeof(TableNode));
	while ((rel = sd_discovery_next(disc, &position)) != NULL)
	{
		Row *row = &rows[order->nrows];

		CHECK_FOR_INTERRUPTS();
		row->order = order;
		row->relation = rel;
		row->node = enter_node(cat, order, rel, &row->partition_level);
		row->position_by_name = order->nrows++;
	}

	order->edges =
		palloc_extended(sizeof(Edge) * (links->nlinks + 1), MCXT_ALLOC_HUGE);
	for (int i = 0; i < links->nlinks; i++)
	{
		SdLink *link = links->links[i];
		TableNode *child = enter_node(cat, order, link->child, NULL);
		TableNode *parent = enter_node(cat, order, link->parent, NULL);
		Edge *edge = &order->edges[order->nedges];

		CHECK_FOR_INTERRUPTS();
		if (child == parent)
			child->references_itself = true;
		if (child == parent || !link->enforced)
			continue;
		edge->link = link;
		edge->child = child->number;
		edge->parent = parent->number;
		edge->is_optional = false;
		order->nedges++;
	}

	rank_nodes(order);
	find_cycles(cat, order);
	find_inner_order(order);
	qsort(rows, order->nrows, sizeof(Row), compare_rows);
	MemoryContextSwitchTo(oldcontext);

	for (int i = 0; i < order->nrows; i++)
	{
		rows[i].position = i + 1;
		sd_discovery_add(disc, add_row, &rows[i]);
	}
}

/* The node of a table, or of the tree that it is in. */
static TableNode *
enter_node(SdCatalog *cat, LoadOrder *order, SdRelation *rel,
		   int *partition_level)
{
	int level;
	SdRelation *root = sd_catalog_partition_root(cat, rel, &level);
	bool known;
	TableNode *node =
		hash_search(order->node_hash, &root->oid, HASH_ENTER, &known);

	if (!known)
	{
		memset((char *) node + sizeof(Oid), 0, sizeof(TableNode) - sizeof(Oid));
		node->root = root;
		node->number = order->nnodes++;
	}
	if (partition_level != NULL)
		*partition_level = level;

	return node;
}

static void
rank_nodes(LoadOrder *order)
{
	TableNode **by_name = palloc_extended(
		sizeof(TableNode *) * (order->nnodes + 1), MCXT_ALLOC_HUGE);
	HASH_SEQ_STATUS status;
	TableNode *node;

	order->nodes = palloc_extended(sizeof(TableNode *) * (order->nnodes + 1),
								   MCXT_ALLOC_HUGE);
	hash_seq_init(&status, order->node_hash);
	while ((node = hash_seq_search(&status)) != NULL)
	{
		order->nodes[node->number] = node;
		by_name[node->number] = node;
	}
	qsort(by_name, order->nnodes, sizeof(TableNode *), compare_nodes);
	for (int i = 0; i < order->nnodes; i++)
		by_name[i]->rank = i;
	pfree(by_name);
}

static int
compare_nodes(const void *a, const void *b)
{
	return sd_relation_compare((*(TableNode *const *) a)->root,
							   (*(TableNode *const *) b)->root);
}

/* The graph of some of the edges. */
static SdGraph *
build_graph(LoadOrder *order, bool (*has)(LoadOrder *order, const Edge *edge))
{
	SdGraph *graph = sd_graph_begin(order->nnodes);

	for (int i = 0; i < order->nedges; i++)
		if (has(order, &order->edges[i]))
			sd_graph_count(graph, order->edges[i].child);
	sd_graph_counted(graph);
	for (int i = 0; i < order->nedges; i++)
		if (has(order, &order->edges[i]))
			sd_graph_add(graph, order->edges[i].child, order->edges[i].parent);

	return graph;
}

static bool
has_any(LoadOrder *order, const Edge *edge)
{
	return true;
}

static bool
has_inner(LoadOrder *order, const Edge *edge)
{
	return is_inner(order, edge) && !edge->link->deferrable &&
		   !edge->is_optional;
}

/* Is the edge part of a cycle? */
static bool
is_inner(LoadOrder *order, const Edge *edge)
{
	return order->nodes[edge->child]->component ==
		   order->nodes[edge->parent]->component;
}

/* A component's level is one above the highest that it points to. */
static void
find_levels(const SdGraph *graph, const int *component, int ncomponents,
			int *level)
{
	int n = graph->n;
	int *start = palloc_extended(sizeof(int) * (ncomponents + 2),
								 MCXT_ALLOC_HUGE | MCXT_ALLOC_ZERO);
	int *member = palloc_extended(sizeof(int) * (n + 1), MCXT_ALLOC_HUGE);

	for (int i = 0; i < n; i++)
		start[component[i] + 1]++;
	for (int i = 0; i < ncomponents; i++)
	{
		start[i + 1] += start[i];
		level[i] = 0;
	}
	for (int i = 0; i < n; i++)
		member[start[component[i]]++] = i;

	/* the members stand by component now, each after all it points to */
	for (int i = 0; i < n; i++)
	{
		int own = component[member[i]];

		for (int64 j = graph->start[member[i]]; j < graph->start[member[i] + 1];
			 j++)
		{
			int other = component[graph->target[j]];

			if (other != own)
				level[own] = Max(level[own], level[other] + 1);
		}
	}
	pfree(start);
	pfree(member);
}

/* Find the components, their levels, and what the cycles are made of. */
static void
find_cycles(SdCatalog *cat, LoadOrder *order)
{
	SdGraph *graph = build_graph(order, has_any);
	Size size = sizeof(int) * (order->nnodes + 1);
	int *component = palloc_extended(size, MCXT_ALLOC_HUGE);
	int *level = palloc_extended(size, MCXT_ALLOC_HUGE);
	TableNode **by_rank = palloc_extended(
		sizeof(TableNode *) * (order->nnodes + 1), MCXT_ALLOC_HUGE);

	order->ncomponents = sd_graph_components(graph, component);
	find_levels(graph, component, order->ncomponents, level);
	order->components =
		palloc_extended(sizeof(Component) * (order->ncomponents + 1),
						MCXT_ALLOC_HUGE | MCXT_ALLOC_ZERO);

	for (int i = 0; i < order->nnodes; i++)
	{
		TableNode *node = order->nodes[i];

		node->component = component[i];
		node->level = level[component[i]];
		order->components[component[i]].size++;
		by_rank[node->rank] = node;
	}
	for (int i = 0; i < order->nnodes; i++)
	{
		TableNode *node = by_rank[i];
		Component *own = &order->components[node->component];

		if (own->nodes == NIL)
			own->rank = i;
		/* the first also says that the rank is known */
		if (own->nodes == NIL || own->size > 1)
			own->nodes = lappend(own->nodes, node);
	}
	for (int i = 0; i < order->nedges; i++)
	{
		Edge *edge = &order->edges[i];
		Component *own;

		if (!is_inner(order, edge))
			continue;
		CHECK_FOR_INTERRUPTS();
		edge->is_optional = sd_link_is_optional(cat, edge->link);
		own = &order->components[order->nodes[edge->child]->component];
		own->edges = lappend(own->edges, edge);
	}
}

/* Find in which order the tables of a cycle can be filled. */
static void
find_inner_order(LoadOrder *order)
{
	SdGraph *graph = build_graph(order, has_inner);
	Size size = sizeof(int) * (order->nnodes + 1);
	int *component = palloc_extended(size, MCXT_ALLOC_HUGE);
	int *level = palloc_extended(size, MCXT_ALLOC_HUGE);
	int *first = palloc_extended(size, MCXT_ALLOC_HUGE); /* member's number */
	int ncomponents = sd_graph_components(graph, component);

	find_levels(graph, component, ncomponents, level);
	for (int i = 0; i < order->ncomponents; i++)
		order->components[i].is_breakable = true;
	for (int i = 0; i < ncomponents; i++)
		first[i] = -1;
	for (int i = 0; i < order->nnodes; i++)
	{
		TableNode *node = order->nodes[i];

		node->inner_level = level[component[i]];
		if (first[component[i]] >= 0)
			order->components[node->component].is_breakable = false;
		first[component[i]] = i;
	}
}

/* Cycles stand together, and so do trees of partitions, with the root first. */
static int
compare_rows(const void *a, const void *b)
{
	const Row *left = a;
	const Row *right = b;
	const Component *components = left->order->components;
	int result = left->node->level - right->node->level;

	if (result == 0)
		result = components[left->node->component].rank -
				 components[right->node->component].rank;
	if (result == 0)
		result = left->node->inner_level - right->node->inner_level;
	if (result == 0)
		result = left->node->rank - right->node->rank;
	if (result == 0)
		result = left->partition_level - right->partition_level;
	if (result == 0)
		result = left->position_by_name - right->position_by_name;

	return result;
}

static void
add_row(SdDiscovery *disc, void *object)
{
	Row *row = object;
	LoadOrder *order = row->order;
	Component *component = &order->components[row->node->component];
	bool is_first = false;

	if (component->size > 1 && component->cycle == 0)
	{
		component->cycle = ++order->ncycles;
		is_first = true;
	}

	sd_row_name(disc, &row->relation->schema->name);
	sd_row_name(disc, &row->relation->name);
	sd_row_int32(disc, row->position);
	sd_row_int32(disc, order->nrows - row->position + 1);
	sd_row_int32(disc, row->node->level);
	sd_row_bool(disc, row->relation->is_partition);
	sd_row_bool(disc, row->node->references_itself);
	if (component->cycle > 0)
	{
		sd_row_int32(disc, component->cycle);
		sd_row_bool(disc, component->is_breakable);
	}
	else
	{
		sd_row_null(disc);
		sd_row_null(disc);
	}
	/* in all rows the lists would make the result grow with the square */
	if (is_first)
	{
		add_members(disc, component);
		add_constraints(disc, component, any_edge);
		add_constraints(disc, component, is_deferrable);
		add_constraints(disc, component, is_optional);
	}
	else
		for (int i = 0; i < 4; i++)
			sd_row_null(disc);
	sd_row_end(disc, SD_PROBLEM_NONE);
}

static void
add_members(SdDiscovery *disc, Component *component)
{
	MemoryContext oldcontext = MemoryContextSwitchTo(disc->row_context);
	const char **names =
		palloc(sizeof(char *) * (list_length(component->nodes) + 1));
	int count = 0;
	ListCell *lc;

	foreach (lc, component->nodes)
		names[count++] =
			sd_relation_qualified_name(((TableNode *) lfirst(lc))->root);
	sd_row_texts(disc, count, names);
	MemoryContextSwitchTo(oldcontext);
}

/* Constraints go by the name of their table, followed by their own. */
static void
add_constraints(SdDiscovery *disc, Component *component,
				bool (*wanted)(const Edge *edge))
{
	MemoryContext oldcontext = MemoryContextSwitchTo(disc->row_context);
	const char **names =
		palloc(sizeof(char *) * (list_length(component->edges) + 1));
	int count = 0;
	ListCell *lc;

	foreach (lc, component->edges)
	{
		Edge *edge = lfirst(lc);

		if (wanted(edge))
			names[count++] =
				psprintf("%s.%s", sd_relation_qualified_name(edge->link->child),
						 quote_identifier(NameStr(edge->link->name)));
	}
	sd_row_texts(disc, count, names);
	MemoryContextSwitchTo(oldcontext);
}

static bool
any_edge(const Edge *edge)
{
	return true;
}

static bool
is_deferrable(const Edge *edge)
{
	return edge->link->deferrable;
}

static bool
is_optional(const Edge *edge)
{
	return edge->is_optional;
}
