/*-------------------------------------------------------------------------
 *
 * deparse_query.c
 *	  What has queries in it as text: views, rules, policies, and the bodies
 *	  of SQL functions.
 *
 * What deparse.c says of expressions holds here as well.  A query is printed
 * by the server's own deparser while all relations in it are locked, if that
 * can be had without waiting; the locks are gone when the text is there.
 *
 * All texts are as the server lays them out.  They live as long as the
 * reading.  On NULL, *problem says why; else it is left alone.
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "access/htup_details.h"
#include "catalog/pg_class.h"
#include "catalog/pg_proc.h"
#include "nodes/makefuncs.h"
#include "nodes/nodeFuncs.h"
#include "nodes/plannodes.h"
#include "nodes/readfuncs.h"
#include "parser/parsetree.h"
#include "utils/builtins.h"
#include "utils/fmgroids.h"
#include "utils/fmgrprotos.h"
#include "utils/memutils.h"
#include "utils/ruleutils.h"
#include "utils/syscache.h"

#include "catalog/deparse.h"

/* how far in the condition of a trigger begins: see pg_get_triggerdef() */
#define INDENT_CONDITION 8

/* a function, and what is printed of its row of pg_proc */
typedef struct Body
{
	Oid function;
	const char *tree;
	const char *argument_names; /* NULL: none */
	SdProblem problem;
} Body;

/* an expression in a policy of a relation */
typedef struct PolicyExpression
{
	Oid relation;
	const char *tree;
} PolicyExpression;

/* a condition, and whose columns OLD and NEW have */
typedef struct Condition
{
	SdRelation *relation;
	Node *expr;
} Condition;

static void replace_rule_relations(SdRelation *view, Query *query);
static void name_columns(SdRelation *view, Query *query);
static char *print_query(SdCatalog *cat, void *arg);
static char *print_rule(SdCatalog *cat, void *arg);
static char *deparse_condition(SdCatalog *cat, SdRelation *rel, Node *expr,
							   SdProblem *problem);
static char *print_condition(SdCatalog *cat, void *arg);
static char *print_policy(SdCatalog *cat, void *arg);
static char *print_body(SdCatalog *cat, void *arg);
static void keep_argument_names(SdCatalog *cat, HeapTuple tuple, TupleDesc desc,
								void *arg);
static char *names_text(Datum names);
static char *keep_text(SdCatalog *cat, char *text);

/*
 * sd_deparse_view
 *		The definition of a view, as pg_get_viewdef() has it.
 *
 * The query is what the view's rule has, and may be scribbled on.  *relations
 * becomes a list of the OIDs of what it reads.
 */
char *
sd_deparse_view(SdCatalog *cat, SdRelation *view, Query *query,
				List **relations, SdProblem *problem)
{
	MemoryContext oldcontext = MemoryContextSwitchTo(cat->expressions);
	SdFacts facts = {0};
	char *result;

	facts.self = view->oid;
	(void) sd_facts_collect((Node *) query, &facts);
	MemoryContextSwitchTo(cat->context);
	*relations = list_copy(facts.relations);
	MemoryContextSwitchTo(cat->expressions);

	sd_relation_read_columns(cat, view);
	replace_rule_relations(view, query);
	name_columns(view, query);
	result = sd_facts_print(cat, &facts, print_query, query, problem);
	MemoryContextSwitchTo(oldcontext);

	return keep_text(cat, result);
}

/*
 * Until PostgreSQL 15 the query of a view has OLD and NEW among its relations,
 * which nothing refers to.  The deparser would open the view for them, so let
 * them be of a relation that is open anyway.
 */
static void
replace_rule_relations(SdRelation *view, Query *query)
{
	ListCell *lc;

	foreach (lc, query->rtable)
	{
		RangeTblEntry *rte = lfirst_node(RangeTblEntry, lc);

		if (rte->rtekind == RTE_RELATION && rte->relid == view->oid &&
			!rte->inFromCl)
			rte->relid = RelationRelationId;
	}
}

/*
 * The columns of a view go by its own names, which ALTER VIEW changes and the
 * rule does not know.  In a set operation each branch is printed with them.
 */
static void
name_columns(SdRelation *view, Query *query)
{
	List *queries = list_make1(query);

	for (int next = 0; next < list_length(queries); next++)
	{
		Query *branch = list_nth_node(Query, queries, next);
		List *nodes = list_make1(branch->setOperations);
		int position = 0;
		ListCell *lc;

		if (branch->setOperations == NULL)
		{
			foreach (lc, branch->targetList)
			{
				TargetEntry *target = lfirst_node(TargetEntry, lc);
				SdColumn *column;

				if (target->resjunk)
					continue;
				column = sd_relation_column(view, ++position);
				if (column != NULL)
					target->resname = pstrdup(NameStr(column->name));
			}
			continue;
		}

		for (int i = 0; i < list_length(nodes); i++)
		{
			Node *node = list_nth(nodes, i);

			if (IsA(node, SetOperationStmt))
			{
				nodes = lappend(nodes, ((SetOperationStmt *) node)->larg);
				nodes = lappend(nodes, ((SetOperationStmt *) node)->rarg);
			}
			else
				queries = lappend(queries,
								  rt_fetch(castNode(RangeTblRef, node)->rtindex,
										   branch->rtable)
									  ->subquery);
		}
	}
}

static char *
print_query(SdCatalog *cat, void *arg)
{
	return psprintf("%s;", pg_get_querydef(arg, false));
}

/*
 * sd_deparse_rule
 *		The definition of a rule, as pg_get_ruledef() has it.
 *
 * The condition and the actions are node trees.
 */
char *
sd_deparse_rule(SdCatalog *cat, SdRelation *rel, Oid rule,
				const char *condition, const char *actions, SdProblem *problem)
{
	Node *tree = sd_deparse_read_string(cat, actions);
	MemoryContext oldcontext = MemoryContextSwitchTo(cat->expressions);
	SdFacts facts = {0};
	char *result;

	sd_facts_add_relation(&facts, rel->oid);
	(void) sd_facts_collect(tree, &facts);
	(void) sd_facts_collect(stringToNode(condition), &facts);
	result = sd_facts_print(cat, &facts, print_rule, &rule, problem);
	MemoryContextSwitchTo(oldcontext);

	return keep_text(cat, result);
}

/* The server reads the rule with the active snapshot, which is ours. */
static char *
print_rule(SdCatalog *cat, void *arg)
{
	return TextDatumGetCString(
		OidFunctionCall1(F_PG_GET_RULEDEF_OID, ObjectIdGetDatum(*(Oid *) arg)));
}

/*
 * sd_deparse_rule_condition
 *		The condition of a rule, on one line; NULL without a problem for none.
 */
char *
sd_deparse_rule_condition(SdCatalog *cat, SdRelation *rel,
						  const char *condition, SdProblem *problem)
{
	Node *tree = sd_deparse_read_string(cat, condition);

	if (tree == NULL)
		return NULL;

	return keep_text(cat, deparse_condition(cat, rel, tree, problem));
}

/*
 * sd_deparse_trigger_condition
 *		The condition of a trigger, as pg_get_triggerdef() lays it out.
 */
char *
sd_deparse_trigger_condition(SdCatalog *cat, SdRelation *rel, Datum node_tree,
							 SdProblem *problem)
{
	Node *tree = sd_deparse_read(cat, node_tree);
	char *flat = deparse_condition(cat, rel, tree, problem);
	MemoryContext oldcontext;
	char *text;

	if (flat == NULL)
		return NULL;
	oldcontext = MemoryContextSwitchTo(cat->expressions);
	text = sd_deparse_indent_case(flat, INDENT_CONDITION);
	MemoryContextSwitchTo(oldcontext);

	return keep_text(cat, text);
}

/* An expression over OLD and NEW, in the memory of the expression. */
static char *
deparse_condition(SdCatalog *cat, SdRelation *rel, Node *expr,
				  SdProblem *problem)
{
	MemoryContext oldcontext = MemoryContextSwitchTo(cat->expressions);
	Condition arg = {rel, expr};
	SdFacts facts = {0};
	char *result;

	sd_relation_read_columns(cat, rel);
	(void) sd_facts_collect(expr, &facts);
	sd_deparse_renumber(expr, rel->natts);
	result = sd_facts_print(cat, &facts, print_condition, &arg, problem);
	MemoryContextSwitchTo(oldcontext);

	return result;
}

static char *
print_condition(SdCatalog *cat, void *arg)
{
	Condition *condition = arg;
	PlannedStmt *statement = makeNode(PlannedStmt);

	statement->rtable =
		list_make2(sd_deparse_names(condition->relation, "old", true),
				   sd_deparse_names(condition->relation, "new", true));

	return deparse_expression(
		condition->expr,
		deparse_context_for_plan_tree(statement, list_make2("old", "new")),
		true, false);
}

/*
 * sd_deparse_policy
 *		An expression of a policy, as pg_get_expr() has it; NULL without a
 *		problem for none.
 */
char *
sd_deparse_policy(SdCatalog *cat, SdRelation *rel, const char *node_tree,
				  SdProblem *problem)
{
	PolicyExpression arg = {rel->oid, node_tree};
	MemoryContext oldcontext;
	SdFacts facts = {0};
	Node *expr;
	char *result;

	if (node_tree == NULL)
		return NULL;

	expr = sd_deparse_read_string(cat, node_tree);
	oldcontext = MemoryContextSwitchTo(cat->expressions);
	(void) sd_facts_collect(expr, &facts);
	if (!facts.has_query)
	{
		MemoryContextSwitchTo(oldcontext);
		sd_relation_read_columns(cat, rel);
		return sd_deparse(cat, rel, expr, problem);
	}

	sd_facts_add_relation(&facts, rel->oid);
	result = sd_facts_print(cat, &facts, print_policy, &arg, problem);
	MemoryContextSwitchTo(oldcontext);

	return keep_text(cat, result);
}

static char *
print_policy(SdCatalog *cat, void *arg)
{
	PolicyExpression *policy = arg;

	return TextDatumGetCString(OidFunctionCall2(
		F_PG_GET_EXPR_PG_NODE_TREE_OID, CStringGetTextDatum(policy->tree),
		ObjectIdGetDatum(policy->relation)));
}

/*
 * sd_deparse_function_body
 *		The body of a function in standard SQL, as
 *		pg_get_function_sqlbody() has it.
 *
 * The node tree is prosqlbody, under the reading's snapshot.
 */
char *
sd_deparse_function_body(SdCatalog *cat, Oid function, Datum node_tree,
						 SdProblem *problem)
{
	Body body = {0};
	SdFacts facts = {0};
	MemoryContext oldcontext;
	Node *tree = sd_deparse_read(cat, node_tree);
	char *result;

	oldcontext = MemoryContextSwitchTo(cat->expressions);
	body.function = function;
	body.tree = TextDatumGetCString(node_tree);
	sd_scan_oid(cat, ProcedureRelationId, ProcedureOidIndexId, Anum_pg_proc_oid,
				function, keep_argument_names, &body);

	/* parameters are printed with the function's name before them */
	sd_facts_add_object(&facts, ProcedureRelationId, function);
	(void) sd_facts_collect(tree, &facts);
	facts.can_fail = true;
	result = sd_facts_print(cat, &facts, print_body, &body, problem);
	if (result == NULL && body.problem != SD_PROBLEM_NONE)
		*problem = body.problem;
	MemoryContextSwitchTo(oldcontext);

	return keep_text(cat, result);
}

/* The server prints the body of now, so that has to be the snapshot's. */
static char *
print_body(SdCatalog *cat, void *arg)
{
	Body *body = arg;
	HeapTuple tuple =
		SearchSysCache1(PROCOID, ObjectIdGetDatum(body->function));
	Datum value;
	const char *tree = NULL;
	const char *names = NULL;
	bool isnull;

	body->problem = SD_PROBLEM_VANISHED;
	if (!HeapTupleIsValid(tuple))
		return NULL;
	value = SysCacheGetAttr(PROCOID, tuple, Anum_pg_proc_prosqlbody, &isnull);
	if (!isnull)
		tree = TextDatumGetCString(value);
	value = SysCacheGetAttr(PROCOID, tuple, Anum_pg_proc_proargnames, &isnull);
	if (!isnull)
		names = names_text(value);
	ReleaseSysCache(tuple);

	body->problem = SD_PROBLEM_CHANGED;
	if (tree == NULL || strcmp(tree, body->tree) != 0 ||
		(names == NULL) != (body->argument_names == NULL) ||
		(names != NULL && strcmp(names, body->argument_names) != 0))
		return NULL;

	body->problem = SD_PROBLEM_NONE;
	return TextDatumGetCString(OidFunctionCall1(
		F_PG_GET_FUNCTION_SQLBODY, ObjectIdGetDatum(body->function)));
}

static void
keep_argument_names(SdCatalog *cat, HeapTuple tuple, TupleDesc desc, void *arg)
{
	bool isnull;
	Datum names = heap_getattr(tuple, Anum_pg_proc_proargnames, desc, &isnull);

	if (!isnull)
		((Body *) arg)->argument_names = names_text(names);
}

static char *
names_text(Datum names)
{
	return OidOutputFunctionCall(F_ARRAY_OUT, names);
}

static char *
keep_text(SdCatalog *cat, char *text)
{
	return text != NULL ? MemoryContextStrdup(cat->context, text) : NULL;
}
