/*-------------------------------------------------------------------------
 *
 * ddl_order.c
 *	  In which order the statements of DDL run.
 *
 * A node comes after the nodes that make what it names.  Of those that could
 * be next the first phase goes first, and in it the first name: so the order
 * is the same whenever the objects are, and what no text names (the primary
 * key that a view groups by, the operator class of a column's type, a cast) is
 * there already, because it belongs to an earlier phase.
 *
 * Where objects need each other, they are taken apart as pg_dump does it: a
 * default or a check comes after its table, a domain's check after the domain,
 * and a view begins as one that has the columns, but not the query.  The shell
 * of a type needs no loop to be wanted: functions that a type is made of have
 * always needed it.
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "lib/binaryheap.h"
#include "miscadmin.h"
#include "utils/memutils.h"

#include "model/ddl.h"

/* the argument of add_reference() */
typedef struct Search
{
	SdDdl *ddl;
	SdDdlNode *node;
	List *found; /* of SdDdlNode * */
	MemoryContext context;
	int number; /* 1, 2, 3, ... */
} Search;

/* nodes by number, and by whom each is needed */
typedef struct Graph
{
	int nnodes;
	SdDdlNode **nodes;
	int *waits_for;	  /* how many each waits for */
	List **needed_by; /* of int */
} Graph;

static void separate_own_references(SdDdl *ddl);
static bool separate_late_defaults(SdDdl *ddl);
static bool is_late_function(const SdDdlNode *node);
static SdDdlNode **sort_nodes(SdDdl *ddl);
static int compare_nodes(const void *a, const void *b);
static void find_references(SdDdl *ddl);
static void delay_functions(SdDdl *ddl);
static void search_node(SdDdl *ddl, SdDdlNode *node);
static void search_text(Search *search, const char *text);
static void add_reference(void *arg, const char *schema, const char *name,
						  bool has_arguments);
static void add_providers(Search *search, const char *key, bool has_arguments);
static void add_found(Search *search, SdDdlNode *node);
static bool has_own_key(const SdDdlNode *node, const char *key);
static bool names_relation(const SdDdlNode *node);
static Graph *build_graph(SdDdl *ddl);
static SdDdlNode *target_of(SdDdlNode *node, SdDdlNode *reference);
static List *sort_graph(Graph *graph);
static int compare_numbers(Datum a, Datum b, void *arg);
static int find_components(Graph *graph, const bool *is_done);
static bool break_loops(SdDdl *ddl, Graph *graph, List *done);
static bool separate_items(SdDdl *ddl, SdDdlNode *node);
static void separate_item(SdDdl *ddl, SdDdlNode *node, SdDdlItem *item);
static bool names_component(SdDdl *ddl, SdDdlNode *node, const char *text);
static void make_stand_in(SdDdl *ddl, Graph *graph, SdDdlNode *view);
static char *replace_view(const char *statement);

/*
 * sd_ddl_order
 *		All nodes of a run, in an order in which their statements work.
 */
List *
sd_ddl_order(SdDdl *ddl)
{
	separate_own_references(ddl);

	for (;;)
	{
		Graph *graph;
		List *done;

		find_references(ddl);
		if (separate_late_defaults(ddl))
			find_references(ddl);
		graph = build_graph(ddl);
		done = sort_graph(graph);
		if (list_length(done) == graph->nnodes ||
			!break_loops(ddl, graph, done))
			return done;
	}
}

/* A default that has the name of its own table in it cannot be part of it. */
static void
separate_own_references(SdDdl *ddl)
{
	List *nodes = list_copy(ddl->nodes);
	ListCell *lc;

	foreach (lc, nodes)
	{
		SdDdlNode *node = lfirst(lc);
		ListCell *lc2;

		node->component = -1;
		foreach (lc2, node->items)
		{
			SdDdlItem *item = lfirst(lc2);

			CHECK_FOR_INTERRUPTS();
			if (item->soft != NULL && item->later != NULL &&
				names_component(ddl, node, item->soft))
				separate_item(ddl, node, item);
		}
	}
	list_free(nodes);
}

/*
 * A default that calls a function which reads tables comes when the function
 * is there.  Its table must not wait so long: keys of partitioned tables wait
 * for the partitions, and functions that group by a key for the key, without
 * naming it.
 */
static bool
separate_late_defaults(SdDdl *ddl)
{
	bool is_changed = false;
	bool has_late = false;
	List *nodes;
	ListCell *lc;

	foreach (lc, ddl->nodes)
		has_late |= is_late_function(lfirst(lc));
	if (!has_late)
		return false;

	nodes = list_copy(ddl->nodes);
	foreach (lc, nodes)
	{
		SdDdlNode *node = lfirst(lc);
		ListCell *lc2;

		if (!node->is_relation)
			continue;
		foreach (lc2, node->items)
		{
			SdDdlItem *item = lfirst(lc2);
			ListCell *lc3;

			CHECK_FOR_INTERRUPTS();
			if (item->column == NULL || item->soft == NULL ||
				item->later == NULL || item->is_later)
				continue;
			foreach (lc3, sd_ddl_named(ddl, item->soft))
			{
				if (!is_late_function(lfirst(lc3)))
					continue;
				separate_item(ddl, node, item);
				is_changed = true;
				break;
			}
		}
	}
	list_free(nodes);

	return is_changed;
}

/* Is it a function that reads tables, or calls one that does? */
static bool
is_late_function(const SdDdlNode *node)
{
	return node->is_function && node->phase == SD_DDL_VIEWS;
}

/* All nodes by phase, identity, and the order in which they were made. */
static SdDdlNode **
sort_nodes(SdDdl *ddl)
{
	int count = list_length(ddl->nodes);
	SdDdlNode **nodes =
		palloc_extended(sizeof(SdDdlNode *) * (count + 1), MCXT_ALLOC_HUGE);
	ListCell *lc;
	int i = 0;

	foreach (lc, ddl->nodes)
	{
		nodes[i] = lfirst(lc);
		nodes[i]->number = i;
		i++;
	}
	qsort(nodes, count, sizeof(SdDdlNode *), compare_nodes);
	for (i = 0; i < count; i++)
		nodes[i]->number = i;

	return nodes;
}

static int
compare_nodes(const void *a, const void *b)
{
	const SdDdlNode *left = *(SdDdlNode *const *) a;
	const SdDdlNode *right = *(SdDdlNode *const *) b;
	int result = (int) left->phase - (int) right->phase;

	if (result == 0)
		result = sd_ddl_compare(left->identity, right->identity);
	if (result == 0)
		result = left->number - right->number;

	return result;
}

/* Find what each node names. */
static void
find_references(SdDdl *ddl)
{
	MemoryContext texts = AllocSetContextCreate(
		CurrentMemoryContext, "stormdisc DDL texts", ALLOCSET_DEFAULT_SIZES);
	ListCell *lc;

	foreach (lc, ddl->nodes)
	{
		SdDdlNode *node = lfirst(lc);
		MemoryContext oldcontext = MemoryContextSwitchTo(texts);

		CHECK_FOR_INTERRUPTS();
		search_node(ddl, node);
		MemoryContextSwitchTo(oldcontext);
		MemoryContextReset(texts);
	}
	MemoryContextDelete(texts);

	delay_functions(ddl);
}

/* Queries in functions may need the keys of the tables. */
static void
delay_functions(SdDdl *ddl)
{
	bool is_changed;
	ListCell *lc;

	do
	{
		is_changed = false;
		foreach (lc, ddl->nodes)
		{
			SdDdlNode *node = lfirst(lc);

			CHECK_FOR_INTERRUPTS();
			if (node->phase != SD_DDL_FUNCTIONS || !names_relation(node))
				continue;
			node->phase = SD_DDL_VIEWS;
			is_changed = true;
		}
	}
	while (is_changed);
}

static void
search_node(SdDdl *ddl, SdDdlNode *node)
{
	Search search = {ddl, node, NIL, ddl->context, ++ddl->nsearches};
	ListCell *lc;

	if (node->texts != NIL)
	{
		foreach (lc, node->texts)
			search_text(&search, lfirst(lc));
	}
	else
	{
		search_text(&search, node->head);
		search_text(&search, node->tail);
		foreach (lc, node->items)
		{
			SdDdlItem *item = lfirst(lc);

			search_text(&search, item->head);
			if (!item->is_later)
				search_text(&search, item->soft);
			search_text(&search, item->tail);
		}
		foreach (lc, node->statements)
		{
			SdDdlStatement *statement = lfirst(lc);

			if (!statement->is_own)
				search_text(&search, statement->text);
		}
		foreach (lc, node->more_texts)
			search_text(&search, lfirst(lc));
	}
	foreach (lc, node->needs)
		add_providers(&search, lfirst(lc), false);
	foreach (lc, node->after)
		add_found(&search, lfirst(lc));

	list_free(node->references);
	node->references = search.found;
}

static void
search_text(Search *search, const char *text)
{
	if (text != NULL)
		sd_sql_references(text, add_reference, search);
}

static void
add_reference(void *arg, const char *schema, const char *name,
			  bool has_arguments)
{
	char key[SD_DDL_KEY_SIZE];

	sd_ddl_key(key, schema, name);
	add_providers(arg, key, has_arguments);
}

/* Add the nodes that make a name, but not the node itself. */
static void
add_providers(Search *search, const char *key, bool has_arguments)
{
	List *providers = sd_ddl_providers(search->ddl, key);
	bool has_others = false;
	ListCell *lc;

	if (providers == NIL ||
		(!search->node->is_function && has_own_key(search->node, key)))
		return;
	foreach (lc, providers)
		has_others |= !((SdDdlNode *) lfirst(lc))->is_function;

	foreach (lc, providers)
	{
		SdDdlNode *provider = lfirst(lc);

		if (provider == search->node ||
			(search->node->ignores_own_kind &&
			 sd_ddl_compare(provider->kind, search->node->kind) == 0))
			continue;
		/* a table and a function can have the same name */
		if (provider->is_function && has_others && !has_arguments)
			continue;
		add_found(search, provider);
	}
}

/* Add a node, once.  There may be as many as a table has partitions. */
static void
add_found(Search *search, SdDdlNode *node)
{
	MemoryContext oldcontext;

	if (node->found_by == search->number)
		return;
	node->found_by = search->number;
	oldcontext = MemoryContextSwitchTo(search->context);
	search->found = lappend(search->found, node);
	MemoryContextSwitchTo(oldcontext);
}

static bool
has_own_key(const SdDdlNode *node, const char *key)
{
	ListCell *lc;

	foreach (lc, node->own_keys)
	{
		if (sd_ddl_compare(lfirst(lc), key) == 0)
			return true;
	}

	return false;
}

/* Is it a function that names a relation, or one that does so? */
static bool
names_relation(const SdDdlNode *node)
{
	ListCell *lc;

	if (!node->is_function)
		return false;
	foreach (lc, node->references)
	{
		const SdDdlNode *reference = lfirst(lc);

		if (reference->is_relation || is_late_function(reference))
			return true;
	}

	return false;
}

static Graph *
build_graph(SdDdl *ddl)
{
	Graph *graph = palloc(sizeof(Graph));
	ListCell *lc;

	graph->nnodes = list_length(ddl->nodes);
	graph->nodes = sort_nodes(ddl);
	graph->waits_for = palloc_extended(sizeof(int) * (graph->nnodes + 1),
									   MCXT_ALLOC_HUGE | MCXT_ALLOC_ZERO);
	graph->needed_by = palloc_extended(sizeof(List *) * (graph->nnodes + 1),
									   MCXT_ALLOC_HUGE | MCXT_ALLOC_ZERO);

	for (int i = 0; i < graph->nnodes; i++)
	{
		SdDdlNode *node = graph->nodes[i];

		CHECK_FOR_INTERRUPTS();
		foreach (lc, node->references)
		{
			SdDdlNode *target = target_of(node, lfirst(lc));

			lfirst(lc) = target;
			if (node->is_forced)
				continue;
			graph->waits_for[i]++;
			graph->needed_by[target->number] =
				lappend_int(graph->needed_by[target->number], i);
		}
	}

	return graph;
}

/* What does the node wait for, if it names this one? */
static SdDdlNode *
target_of(SdDdlNode *node, SdDdlNode *reference)
{
	/* a function that a type is made of */
	if (reference->shell != NULL && reference->shell != node &&
		list_member_ptr(reference->references, node))
		return reference->shell;
	if (reference->stand_in_node != NULL && reference->stand_in_node != node &&
		list_member_ptr(reference->stand_in_for, node))
		return reference->stand_in_node;

	return reference;
}

/* The nodes in order, but not those in loops and what waits for them. */
static List *
sort_graph(Graph *graph)
{
	binaryheap *ready =
		binaryheap_allocate(graph->nnodes + 1, compare_numbers, NULL);
	int *waits_for = graph->waits_for;
	List *done = NIL;
	ListCell *lc;

	for (int i = 0; i < graph->nnodes; i++)
	{
		if (waits_for[i] == 0)
			binaryheap_add(ready, Int32GetDatum(i));
	}
	while (!binaryheap_empty(ready))
	{
		int i = DatumGetInt32(binaryheap_remove_first(ready));

		CHECK_FOR_INTERRUPTS();
		done = lappend(done, graph->nodes[i]);
		foreach (lc, graph->needed_by[i])
		{
			if (--waits_for[lfirst_int(lc)] == 0)
				binaryheap_add(ready, Int32GetDatum(lfirst_int(lc)));
		}
	}
	binaryheap_free(ready);

	return done;
}

/* The heap has the greatest first. */
static int
compare_numbers(Datum a, Datum b, void *arg)
{
	return DatumGetInt32(b) - DatumGetInt32(a);
}

/*
 * Number the strongly connected components of what is not done (Tarjan's
 * algorithm, without recursion), and return how many there are.
 */
static int
find_components(Graph *graph, const bool *is_done)
{
	Size size = sizeof(int) * (graph->nnodes + 1);
	int *index = palloc_extended(size, MCXT_ALLOC_HUGE);
	int *low = palloc_extended(size, MCXT_ALLOC_HUGE);
	int *next = palloc_extended(size, MCXT_ALLOC_HUGE);
	int *path = palloc_extended(size, MCXT_ALLOC_HUGE);
	int *open = palloc_extended(size, MCXT_ALLOC_HUGE);
	int npath = 0;
	int nopen = 0;
	int nvisited = 0;
	int ncomponents = 0;

	for (int i = 0; i < graph->nnodes; i++)
	{
		graph->nodes[i]->component = -1;
		index[i] = -1;
	}

	for (int root = 0; root < graph->nnodes; root++)
	{
		if (is_done[root] || index[root] >= 0)
			continue;
		path[npath++] = root;
		while (npath > 0)
		{
			int node = path[npath - 1];
			List *references = graph->nodes[node]->references;

			if (index[node] < 0)
			{
				CHECK_FOR_INTERRUPTS();
				index[node] = low[node] = nvisited++;
				next[node] = 0;
				open[nopen++] = node;
			}

			if (next[node] < list_length(references))
			{
				SdDdlNode *target = list_nth(references, next[node]++);

				if (is_done[target->number])
					continue;
				if (index[target->number] < 0)
					path[npath++] = target->number;
				else if (target->component < 0)
					low[node] = Min(low[node], index[target->number]);
				continue;
			}

			npath--;
			if (npath > 0)
				low[path[npath - 1]] = Min(low[path[npath - 1]], low[node]);
			if (low[node] == index[node])
			{
				int member;

				do
				{
					member = open[--nopen];
					graph->nodes[member]->component = ncomponents;
				}
				while (member != node);
				ncomponents++;
			}
		}
	}

	return ncomponents;
}

/*
 * Take apart what needs each other; false if nothing is left to be done.
 * The gentlest way that does anything is enough for once.
 */
static bool
break_loops(SdDdl *ddl, Graph *graph, List *done)
{
	bool *is_done = palloc_extended(sizeof(bool) * (graph->nnodes + 1),
									MCXT_ALLOC_HUGE | MCXT_ALLOC_ZERO);
	int ncomponents;
	int *sizes;
	bool *is_handled;
	bool is_changed = false;
	ListCell *lc;

	foreach (lc, done)
		is_done[((SdDdlNode *) lfirst(lc))->number] = true;
	ncomponents = find_components(graph, is_done);
	sizes = palloc0(sizeof(int) * (ncomponents + 1));
	is_handled = palloc0(sizeof(bool) * (ncomponents + 1));
	for (int i = 0; i < graph->nnodes; i++)
	{
		if (!is_done[i])
			sizes[graph->nodes[i]->component]++;
	}

	for (int i = 0; i < graph->nnodes; i++)
	{
		if (!is_done[i] && sizes[graph->nodes[i]->component] > 1)
			is_changed |= separate_items(ddl, graph->nodes[i]);
	}
	if (is_changed)
		return true;

	for (int i = 0; i < graph->nnodes; i++)
	{
		SdDdlNode *node = graph->nodes[i];

		if (is_done[i] || sizes[node->component] < 2 ||
			node->stand_in == NULL || node->stand_in_node != NULL ||
			is_handled[node->component])
			continue;
		is_handled[node->component] = true;
		make_stand_in(ddl, graph, node);
		is_changed = true;
	}
	if (is_changed)
		return true;

	/* nothing is known that helps: let the first one try */
	for (int i = 0; i < graph->nnodes; i++)
	{
		SdDdlNode *node = graph->nodes[i];

		if (is_done[i] || sizes[node->component] < 2 || node->is_forced ||
			is_handled[node->component])
			continue;
		is_handled[node->component] = true;
		node->is_forced = true;
		is_changed = true;
		ereport(WARNING,
				errmsg("could not find an order for \"%s\" and what needs it",
					   node->identity));
	}

	return is_changed;
}

/* Let the parts of a table or domain come later that are in the loop. */
static bool
separate_items(SdDdl *ddl, SdDdlNode *node)
{
	bool is_changed = false;
	ListCell *lc;

	foreach (lc, node->items)
	{
		SdDdlItem *item = lfirst(lc);

		if (item->soft == NULL || item->later == NULL || item->is_later ||
			!names_component(ddl, node, item->soft))
			continue;
		separate_item(ddl, node, item);
		is_changed = true;
	}

	return is_changed;
}

static void
separate_item(SdDdl *ddl, SdDdlNode *node, SdDdlItem *item)
{
	SdDdlNode *later;

	item->is_later = true;
	ddl->kind = item->kind;
	ddl->identity = item->identity;
	later = sd_ddl_node(ddl, node->phase < SD_DDL_TABLES ? node->phase
														 : SD_DDL_COLUMNS);
	later->after = lappend(later->after, node);
	if (item->later_needs != NULL)
		later->needs = list_make1(item->later_needs);
	later->component = -1;
	sd_ddl_guarded(later, item->duplicate, "%s", item->later);
	later->undo = item->undo;
	item->later_node = later;
	if (item->comment != NULL)
		item->comment->after = lappend(item->comment->after, later);
}

/* sd_ddl_named: The nodes that a text names. */
List *
sd_ddl_named(SdDdl *ddl, const char *text)
{
	SdDdlNode nobody = {0};
	Search search = {ddl, &nobody, NIL, CurrentMemoryContext, ++ddl->nsearches};

	nobody.kind = "";
	search_text(&search, text);

	return search.found;
}

/* Does the text name something in the node's component? */
static bool
names_component(SdDdl *ddl, SdDdlNode *node, const char *text)
{
	ListCell *lc;

	foreach (lc, sd_ddl_named(ddl, text))
	{
		SdDdlNode *found = lfirst(lc);

		if (found == node ||
			(found->component == node->component && node->component >= 0))
			return true;
	}

	return false;
}

/* A view that has the columns, and can be named until the query is there. */
static void
make_stand_in(SdDdl *ddl, Graph *graph, SdDdlNode *view)
{
	SdDdlNode *node;
	SdDdlStatement *statement = linitial(view->statements);

	for (int i = 0; i < graph->nnodes; i++)
	{
		if (graph->nodes[i] != view &&
			graph->nodes[i]->component == view->component)
			view->stand_in_for = lappend(view->stand_in_for, graph->nodes[i]);
	}
	ddl->kind = view->kind;
	ddl->identity = view->identity;
	node = sd_ddl_node(ddl, view->phase);
	node->component = -1;
	node->own_keys = view->own_keys;
	sd_ddl_guarded(node, "duplicate_table", "%s", view->stand_in);
	view->stand_in_node = node;
	view->after = lappend(view->after, node);
	statement->text = replace_view(statement->text);
	view->undo = replace_view(view->stand_in);
}

/* The statement that makes a view, for where there is one already. */
static char *
replace_view(const char *statement)
{
	if (strncmp(statement, "CREATE VIEW ", 12) != 0)
		return pstrdup(statement);

	return psprintf("CREATE OR REPLACE VIEW %s", statement + 12);
}
