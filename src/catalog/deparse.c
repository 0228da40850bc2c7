/*-------------------------------------------------------------------------
 *
 * deparse.c
 *	  Expressions as text, while other sessions change what they refer to.
 *
 * pg_get_expr() and its kin open and lock the table, wait for whoever has it
 * locked, and name columns as they are now, not as the snapshot has them.
 * Here the deparser is given the snapshot's column names instead, as if the
 * expression belonged to a VALUES list, so that it needs no table at all.
 *
 * What remains are the other objects that an expression names: functions,
 * operators, types, sequences and the like.  Those that the server brought
 * itself do not change.  If there are others, then
 *
 * - the deparser may fail because one is gone, so it runs in a
 *	 subtransaction;
 * - it prints the names of now, so they are compared with the snapshot's
 *	 after the fact, and both again if the caches moved in between;
 * - a composite type's definition is found by opening its relation, so that
 *	 is locked first, if it can be had without waiting;
 * - what a constant or row shows of its type, labels and columns, is compared
 *	 as well.
 *
 * A query also has relations in it, which the deparser opens and locks.  They
 * are treated like composite types: locked first, and all their columns
 * compared, since also a column that is not named decides which aliases are
 * printed.  The subtransaction is always rolled back, which releases every
 * lock that was taken in it.
 *
 * Where that does not work out the text is NULL, and the problem says why.
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "access/htup_details.h"
#include "access/sysattr.h"
#include "access/transam.h"
#include "access/xact.h"
#include "catalog/heap.h"
#include "catalog/pg_attribute.h"
#include "catalog/pg_authid.h"
#include "catalog/pg_class.h"
#include "catalog/pg_collation.h"
#include "catalog/pg_constraint.h"
#include "catalog/pg_namespace.h"
#include "catalog/pg_opclass.h"
#include "catalog/pg_operator.h"
#include "catalog/pg_proc.h"
#include "catalog/pg_ts_config.h"
#include "catalog/pg_ts_dict.h"
#include "catalog/pg_type.h"
#include "miscadmin.h"
#include "nodes/makefuncs.h"
#include "nodes/nodeFuncs.h"
#include "nodes/plannodes.h"
#include "optimizer/optimizer.h"
#include "storage/lmgr.h"
#include "storage/sinval.h"
#include "utils/builtins.h"
#include "utils/lsyscache.h"
#include "utils/memutils.h"
#include "utils/resowner.h"
#include "utils/ruleutils.h"
#include "utils/snapmgr.h"
#include "utils/syscache.h"

#include "catalog/deparse.h"
#include "compat.h"
#include "errors.h"

/* the layout of CASE in pg_get_expr(): see ruleutils.c */
#define INDENT_CASE 4
#define INDENT_LIMIT 40
#define INDENT_BEYOND_LIMIT 4 /* levels are this much coarser there */

/* how often to print an expression whose names change meanwhile */
#define MAX_ATTEMPTS 5

/* an object that an expression names and that may change */
typedef struct NamedObject
{
	Oid classid;
	Oid oid;
	bool is_printed; /* or else only has to exist */
} NamedObject;

/* an expression, the names of its columns, and what prints it */
typedef struct Expression
{
	Node *expr;
	List *context;
	char *(*print)(Node *expr, List *context);
} Expression;

/* where references to system columns are to be changed */
typedef struct Renumbering
{
	int natts;
	int level; /* of queries within the expression */
} Renumbering;

static void collect_from_query(Query *query, SdFacts *facts);
static void collect_from_rte(RangeTblEntry *rte, SdFacts *facts);
static void add_sort_types(SdFacts *facts, List *clauses, List *targets);
static void add_object(SdFacts *facts, Oid classid, Oid oid, bool can_fail);
static void add_type(SdFacts *facts, Oid type);
static void add_constant(SdFacts *facts, Const *constant);
static void add_hidden_type(SdFacts *facts, Oid type);
static void add_whole_rows(SdFacts *facts, List *fields);
static void add_parts(SdFacts *facts, Oid type);
static Oid get_alias_element(Oid type);
static void add_alias(SdFacts *facts, Oid type, Datum value);
static Oid alias_class(Oid type);
static void add_types(SdFacts *facts, List *types);
static void add_collations(SdFacts *facts, List *collations);
static char *print(SdCatalog *cat, SdRelation *rel, Node *expr, SdFacts *facts,
				   char *(*printer)(Node *expr, List *context),
				   SdProblem *problem);
static char *print_with_context(SdCatalog *cat, void *arg);
static char *print_guarded(SdCatalog *cat, SdFacts *facts, SdPrinter printer,
						   void *arg, uint64 *before, SdProblem *found,
						   ErrorData **error);
static bool means_vanished(int sqlerrcode);
static SdProblem find_problem(SdCatalog *cat, SdFacts *facts);
static void add_parts_of_parts(SdCatalog *cat, SdFacts *facts);
static bool lock_relations(SdCatalog *cat, SdFacts *facts);
static SdProblem columns_problem(SdCatalog *cat, Oid relation);
static List *column_names(SdCatalog *cat, SdRelation *rel,
						  bool with_system_columns);
static bool renumber_system_columns(Node *node, Renumbering *renumbering);
static char *print_expression(Node *expr, List *context);
static char *print_value(Node *expr, List *context);
static char *print_query(Node *query, List *context);
static char *flatten_case(const char *indented);
static void start_line(StringInfo buf, int indent);

/*
 * sd_deparse_read
 *		A column of type pg_node_tree as a tree.
 *
 * The tree lives in the expression context, until the next sd_deparse_read().
 */
Node *
sd_deparse_read(SdCatalog *cat, Datum node_tree)
{
	MemoryContext oldcontext;
	Node *tree;

	MemoryContextReset(cat->expressions);
	oldcontext = MemoryContextSwitchTo(cat->expressions);
	tree = stringToNode(TextDatumGetCString(node_tree));
	MemoryContextSwitchTo(oldcontext);

	return tree;
}

/*
 * sd_deparse_read_string
 *		Likewise, of a value that has been read already.
 */
Node *
sd_deparse_read_string(SdCatalog *cat, const char *node_tree)
{
	MemoryContext oldcontext;
	Node *tree;

	MemoryContextReset(cat->expressions);
	oldcontext = MemoryContextSwitchTo(cat->expressions);
	tree = stringToNode(node_tree);
	MemoryContextSwitchTo(oldcontext);

	return tree;
}

/*
 * sd_deparse
 *		The text of an expression over the columns of rel (NULL: none).
 *
 * The relation's columns must have been read.  The result lives as long as
 * the reading.  On NULL, *problem says why; else it is left alone.  The
 * expression may be scribbled on.
 */
char *
sd_deparse(SdCatalog *cat, SdRelation *rel, Node *expr, SdProblem *problem)
{
	MemoryContext oldcontext = MemoryContextSwitchTo(cat->expressions);
	SdFacts facts = {0};
	char *text;

	(void) sd_facts_collect(expr, &facts);
	text = print(cat, rel, expr, &facts, print_expression, problem);
	if (text != NULL && facts.has_case)
		text = sd_deparse_indent_case(text, 0);

	MemoryContextSwitchTo(oldcontext);
	if (text != NULL)
		text = MemoryContextStrdup(cat->context, text);

	return text;
}

/*
 * sd_deparse_pretty
 *		Likewise, on one line and with the parentheses that are needed only:
 *		the way of pg_get_statisticsobjdef().
 *
 * The server prints so only what stands in a query, so the expression is made
 * the condition of one.  It must have no system columns.
 */
char *
sd_deparse_pretty(SdCatalog *cat, SdRelation *rel, Node *expr,
				  SdProblem *problem)
{
	MemoryContext oldcontext = MemoryContextSwitchTo(cat->expressions);
	SdFacts facts = {0};
	Query *query = makeNode(Query);
	char *text;

	(void) sd_facts_collect(expr, &facts);
	query->commandType = CMD_SELECT;
	query->rtable =
		list_make1(sd_deparse_names(rel, NameStr(rel->name), false));
	query->jointree = makeFromExpr(NIL, expr);
	text = print(cat, rel, (Node *) query, &facts, print_query, problem);
	if (text != NULL)
	{
		const char *condition = strstr(text, "WHERE");

		if (condition == NULL)
			elog(ERROR, "unexpected text of a query: %s", text);
		text = flatten_case(condition + strlen("WHERE"));
	}

	MemoryContextSwitchTo(oldcontext);
	if (text != NULL)
		text = MemoryContextStrdup(cat->context, text);

	return text;
}

/*
 * sd_deparse_flat
 *		Likewise, of an expression without columns, on one line: the way that
 *		the server shows the defaults of arguments.
 */
char *
sd_deparse_flat(SdCatalog *cat, Node *expr, SdProblem *problem)
{
	MemoryContext oldcontext = MemoryContextSwitchTo(cat->expressions);
	SdFacts facts = {0};
	char *text;

	(void) sd_facts_collect(expr, &facts);
	text = print(cat, NULL, expr, &facts, print_expression, problem);
	MemoryContextSwitchTo(oldcontext);
	if (text != NULL)
		text = MemoryContextStrdup(cat->context, text);

	return text;
}

/*
 * sd_deparse_value
 *		The value of a constant, as its type's output function gives it.
 *
 * Memory and problems as with sd_deparse(); a null constant is NULL without
 * a problem.
 */
char *
sd_deparse_value(SdCatalog *cat, Node *constant, SdProblem *problem)
{
	MemoryContext oldcontext = MemoryContextSwitchTo(cat->expressions);
	SdFacts facts = {0};
	char *text = NULL;

	if (!castNode(Const, constant)->constisnull)
	{
		(void) sd_facts_collect(constant, &facts);
		text = print(cat, NULL, constant, &facts, print_value, problem);
	}

	MemoryContextSwitchTo(oldcontext);
	if (text != NULL)
		text = MemoryContextStrdup(cat->context, text);

	return text;
}

/*
 * sd_deparse_options
 *		Append options as in WITH (...), the way that pg_get_indexdef() does.
 */
void
sd_deparse_options(StringInfo buf, ArrayType *options)
{
	int count;
	char **texts = sd_array_texts(options, &count);

	for (int i = 0; i < count; i++)
	{
		char *name = texts[i];
		char *value = strchr(name, '=');

		if (value != NULL)
			*value++ = '\0';
		else
			value = "";

		/* a value is an identifier or else a literal */
		appendStringInfo(
			buf, "%s%s=%s", i > 0 ? ", " : "", quote_identifier(name),
			quote_identifier(value) == value ? value
											 : quote_literal_cstr(value));
	}
}

/*
 * sd_facts_collect
 *		Walk an expression or a query and note what its text depends on.
 *
 * Always false: it is its own tree walker.
 */
bool
sd_facts_collect(Node *node, SdFacts *facts)
{
	if (node == NULL)
		return false;

	switch (nodeTag(node))
	{
		case T_Var:
		{
			Var *var = (Var *) node;

			add_hidden_type(facts, var->vartype);
			/* in a query the deparser may expand a whole row */
			if (facts->level > 0 && var->varattno == InvalidAttrNumber)
				add_parts(facts, var->vartype);
			if (var->varlevelsup == facts->level)
			{
				facts->has_columns = true;
				if (var->varattno < 0)
					facts->has_system_columns = true;
			}
			break;
		}
		case T_Const:
			add_constant(facts, (Const *) node);
			break;
		case T_FuncExpr:
			add_object(facts, ProcedureRelationId, ((FuncExpr *) node)->funcid,
					   true);
			add_type(facts, ((FuncExpr *) node)->funcresulttype);
			break;
		case T_OpExpr:
		case T_DistinctExpr:
		case T_NullIfExpr:
			add_object(facts, OperatorRelationId, ((OpExpr *) node)->opno,
					   true);
			break;
		case T_ScalarArrayOpExpr:
			add_object(facts, OperatorRelationId,
					   ((ScalarArrayOpExpr *) node)->opno, true);
			break;
		case T_RowCompareExpr:
		{
			ListCell *lc;

			foreach (lc, ((RowCompareExpr *) node)->opnos)
				add_object(facts, OperatorRelationId, lfirst_oid(lc), true);
			break;
		}
		case T_CollateExpr:
			add_object(facts, CollationRelationId,
					   ((CollateExpr *) node)->collOid, true);
			break;
		case T_FieldSelect:
			add_parts(facts, exprType((Node *) ((FieldSelect *) node)->arg));
			break;
		case T_FieldStore:
			add_parts(facts, ((FieldStore *) node)->resulttype);
			break;
		case T_RowExpr:
			add_type(facts, ((RowExpr *) node)->row_typeid);
			add_parts(facts, ((RowExpr *) node)->row_typeid);
			add_whole_rows(facts, ((RowExpr *) node)->args);
			break;
		case T_NextValueExpr:
			add_object(facts, RelationRelationId,
					   ((NextValueExpr *) node)->seqid, true);
			break;
		case T_RelabelType:
		case T_CoerceViaIO:
		case T_ArrayCoerceExpr:
		case T_ConvertRowtypeExpr:
		case T_CoerceToDomain:
		case T_ArrayExpr:
			add_type(facts, exprType(node));
			break;
		case T_CaseExpr:
			facts->has_case = true;
			break;
#ifdef SD_HAS_JSON_EXPR
		case T_JsonExpr:
			add_type(facts, ((JsonExpr *) node)->returning->typid);
			break;
#endif
#ifdef SD_HAS_JSON_CONSTRUCTOR
		case T_JsonConstructorExpr:
			add_type(facts, ((JsonConstructorExpr *) node)->returning->typid);
			break;
#endif
		case T_PartitionBoundSpec:
		{
			PartitionBoundSpec *spec = (PartitionBoundSpec *) node;

			(void) sd_facts_collect((Node *) spec->listdatums, facts);
			(void) sd_facts_collect((Node *) spec->lowerdatums, facts);
			(void) sd_facts_collect((Node *) spec->upperdatums, facts);
			return false;
		}
		case T_PartitionRangeDatum:
			return sd_facts_collect(((PartitionRangeDatum *) node)->value,
									facts);

			/* what follows is only found in queries */
		case T_Query:
			collect_from_query((Query *) node, facts);
			return false;
		case T_RangeTblEntry:
			collect_from_rte((RangeTblEntry *) node, facts);
			return false; /* query_tree_walker() goes on with its parts */
		case T_RangeTblFunction:
		{
			RangeTblFunction *function = (RangeTblFunction *) node;

			add_parts(facts, exprType(function->funcexpr));
			add_types(facts, function->funccoltypes);
			add_collations(facts, function->funccolcollations);
			break;
		}
		case T_TableFunc:
			add_types(facts, ((TableFunc *) node)->coltypes);
			add_collations(facts, ((TableFunc *) node)->colcollations);
			break;
		case T_TableSampleClause:
			add_object(facts, ProcedureRelationId,
					   ((TableSampleClause *) node)->tsmhandler, true);
			break;
		case T_CommonTableExpr:
		{
			CommonTableExpr *cte = (CommonTableExpr *) node;

			if (cte->cycle_clause != NULL)
				add_type(facts, cte->cycle_clause->cycle_mark_type);
			break;
		}
		case T_SortGroupClause:
			add_object(facts, OperatorRelationId,
					   ((SortGroupClause *) node)->sortop, false);
			break;
		case T_Aggref:
		{
			Aggref *aggref = (Aggref *) node;

			add_object(facts, ProcedureRelationId, aggref->aggfnoid, true);
			add_types(facts, aggref->aggargtypes);
			add_sort_types(facts, aggref->aggorder, aggref->args);
			break;
		}
		case T_WindowFunc:
			add_object(facts, ProcedureRelationId,
					   ((WindowFunc *) node)->winfnoid, true);
			break;
		case T_OnConflictExpr:
			add_object(facts, ConstraintRelationId,
					   ((OnConflictExpr *) node)->constraint, true);
			break;
		case T_InferenceElem:
			add_object(facts, CollationRelationId,
					   ((InferenceElem *) node)->infercollid, true);
			add_object(facts, OperatorClassRelationId,
					   ((InferenceElem *) node)->inferopclass, true);
			break;
		default:
			break;
	}

	return expression_tree_walker(node, sd_facts_collect, (void *) facts);
}

/* Note what a query depends on, at any depth. */
static void
collect_from_query(Query *query, SdFacts *facts)
{
	ListCell *lc;

	CHECK_FOR_INTERRUPTS();
	facts->has_query = true;
	facts->level++;
	add_sort_types(facts, query->sortClause, query->targetList);
	foreach (lc, query->windowClause)
		add_sort_types(facts, lfirst_node(WindowClause, lc)->orderClause,
					   query->targetList);

	(void) query_tree_walker(query, sd_facts_collect, (void *) facts,
							 QTW_EXAMINE_RTES_BEFORE | QTW_EXAMINE_SORTGROUP);
	facts->level--;
}

/* Note the relation of a range table entry. */
static void
collect_from_rte(RangeTblEntry *rte, SdFacts *facts)
{
	if (rte->rtekind == RTE_RELATION &&
		(rte->relid != facts->self || rte->inFromCl))
		sd_facts_add_relation(facts, rte->relid);
}

/*
 * The deparser looks up how values of a type are ordered, which for a row
 * means looking at its columns.
 */
static void
add_sort_types(SdFacts *facts, List *clauses, List *targets)
{
	ListCell *lc;

	foreach (lc, clauses)
		add_parts(facts, exprType(get_sortgroupclause_expr(
							 lfirst_node(SortGroupClause, lc), targets)));
}

/*
 * sd_facts_add_relation
 *		Note a relation, which the deparser opens and prints.
 */
void
sd_facts_add_relation(SdFacts *facts, Oid oid)
{

	facts->relations = list_append_unique_oid(facts->relations, oid);
	add_object(facts, RelationRelationId, oid, true);
}

/*
 * sd_facts_add_object
 *		Note an object that is printed, unless the server brought it.
 */
void
sd_facts_add_object(SdFacts *facts, Oid classid, Oid oid)
{
	add_object(facts, classid, oid, true);
}

/* Note an object, unless the server brought it. */
static void
add_object(SdFacts *facts, Oid classid, Oid oid, bool can_fail)
{
	NamedObject *object;

	if (oid < FirstNormalObjectId)
		return;

	object = palloc(sizeof(NamedObject));
	object->classid = classid;
	object->oid = oid;
	object->is_printed = true;
	facts->objects = lappend(facts->objects, object);
	facts->can_fail |= can_fail;
}

static void
add_type(SdFacts *facts, Oid type)
{
	add_object(facts, TypeRelationId, type, true);
}

static void
add_types(SdFacts *facts, List *types)
{
	ListCell *lc;

	foreach (lc, types)
		add_type(facts, lfirst_oid(lc));
}

static void
add_collations(SdFacts *facts, List *collations)
{
	ListCell *lc;

	foreach (lc, collations)
		add_object(facts, CollationRelationId, lfirst_oid(lc), true);
}

/* Note a type that is not printed, but by which functions are found. */
static void
add_hidden_type(SdFacts *facts, Oid type)
{
	if (type < FirstNormalObjectId)
		return;
	add_type(facts, type);
	((NamedObject *) llast(facts->objects))->is_printed = false;
}

/* Note the types of whole rows: as a row's field, one is printed with it. */
static void
add_whole_rows(SdFacts *facts, List *fields)
{
	ListCell *lc;

	foreach (lc, fields)
	{
		Node *field = lfirst(lc);

		if (IsA(field, Var) && ((Var *) field)->varattno == InvalidAttrNumber)
			add_type(facts, ((Var *) field)->vartype);
	}
}

/* Note a type whose columns or labels the text shows. */
static void
add_parts(SdFacts *facts, Oid type)
{
	if (type >= FirstNormalObjectId)
		facts->types = list_append_unique_oid(facts->types, type);
}

/*
 * Note what a constant names: its type, what that is made of, and what the
 * values of alias types stand for.
 */
static void
add_constant(SdFacts *facts, Const *constant)
{
	Oid element = get_alias_element(constant->consttype);
	Datum *members;
	bool *nulls;
	int nmembers;

	add_type(facts, constant->consttype);
	add_parts(facts, constant->consttype);
	if (constant->constisnull)
		return;

	add_alias(facts, constant->consttype, constant->constvalue);
	if (OidIsValid(element))
	{
		deconstruct_array(DatumGetArrayTypeP(constant->constvalue), element,
						  sizeof(Oid), true, TYPALIGN_INT, &members, &nulls,
						  &nmembers);
		for (int i = 0; i < nmembers; i++)
			if (!nulls[i])
				add_alias(facts, element, members[i]);
	}
}

/* The alias type that an array type of the server's is made of, if any. */
static Oid
get_alias_element(Oid type)
{
	Oid element =
		type < FirstNormalObjectId ? get_element_type(type) : InvalidOid;

	return OidIsValid(alias_class(element)) ? element : InvalidOid;
}

/*
 * Note what a value of an alias type stands for.  If it is gone, the output
 * function prints the number.  Functions and operators may be printed with
 * the types of their arguments.
 */
static void
add_alias(SdFacts *facts, Oid type, Datum value)
{
	Oid classid = alias_class(type);
	Oid oid = DatumGetObjectId(value);
	HeapTuple tuple;

	if (!OidIsValid(classid) || oid < FirstNormalObjectId)
		return;
	add_object(facts, classid, oid, false);

	if (type == REGPROCEDUREOID &&
		HeapTupleIsValid(tuple = SearchSysCache1(PROCOID, value)))
	{
		Form_pg_proc form = (Form_pg_proc) GETSTRUCT(tuple);

		for (int i = 0; i < form->pronargs; i++)
			add_type(facts, form->proargtypes.values[i]);
		ReleaseSysCache(tuple);
	}
	else if (type == REGOPERATOROID &&
			 HeapTupleIsValid(tuple = SearchSysCache1(OPEROID, value)))
	{
		Form_pg_operator form = (Form_pg_operator) GETSTRUCT(tuple);

		add_type(facts, form->oprleft);
		add_type(facts, form->oprright);
		ReleaseSysCache(tuple);
	}
}

/* The catalog behind an OID alias type. */
static Oid
alias_class(Oid type)
{
	switch (type)
	{
		case REGCLASSOID:
			return RelationRelationId;
		case REGPROCOID:
		case REGPROCEDUREOID:
			return ProcedureRelationId;
		case REGOPEROID:
		case REGOPERATOROID:
			return OperatorRelationId;
		case REGTYPEOID:
			return TypeRelationId;
		case REGCOLLATIONOID:
			return CollationRelationId;
		case REGCONFIGOID:
			return TSConfigRelationId;
		case REGDICTIONARYOID:
			return TSDictionaryRelationId;
		case REGROLEOID:
			return AuthIdRelationId;
		case REGNAMESPACEOID:
			return NamespaceRelationId;
		default:
			return InvalidOid;
	}
}

/* Print an expression whose facts are known; NULL with a problem. */
static char *
print(SdCatalog *cat, SdRelation *rel, Node *expr, SdFacts *facts,
	  char *(*printer)(Node *expr, List *context), SdProblem *problem)
{
	Expression expression = {expr, NIL, printer};

	if (facts->has_columns)
	{
		if (rel == NULL)
			elog(ERROR, "expression has columns but no relation");
		expression.context = column_names(cat, rel, facts->has_system_columns);
		if (facts->has_system_columns)
			sd_deparse_renumber(expr, rel->natts);
	}

	return sd_facts_print(cat, facts, print_with_context, &expression, problem);
}

static char *
print_with_context(SdCatalog *cat, void *arg)
{
	Expression *expression = arg;

	return expression->print(expression->expr, expression->context);
}

/*
 * sd_facts_print
 *		Let the printer print what has these facts, in the current memory
 *		context; NULL with a problem.
 *
 * The text and the comparison after it must be of one state of the caches, or
 * else a name that was changed and changed back could slip through: if
 * invalidations were processed in between, both are done again.
 */
char *
sd_facts_print(SdCatalog *cat, SdFacts *facts, SdPrinter printer, void *arg,
			   SdProblem *problem)
{
	add_parts_of_parts(cat, facts);
	if (facts->objects == NIL && facts->types == NIL && facts->relations == NIL)
		return printer(cat, arg);

	for (int attempt = 0; attempt < MAX_ATTEMPTS; attempt++)
	{
		uint64 before = SharedInvalidMessageCounter;
		ErrorData *error = NULL;
		SdProblem found = SD_PROBLEM_NONE;
		char *text;

		CHECK_FOR_INTERRUPTS();
		if (facts->can_fail || facts->types != NIL || facts->relations != NIL)
		{
			text = print_guarded(cat, facts, printer, arg, &before, &found,
								 &error);
			if (found != SD_PROBLEM_NONE)
			{
				*problem = found;
				return NULL;
			}
		}
		else
			text = printer(cat, arg);

		found = find_problem(cat, facts);
		if (SharedInvalidMessageCounter != before)
			continue;

		if (found == SD_PROBLEM_NONE && error != NULL)
		{
			/* an error that concurrent DDL does not explain is an error */
			found = means_vanished(error->sqlerrcode)
						? SD_PROBLEM_VANISHED
						: sd_catalog_fail(cat, error);
		}
		if (found != SD_PROBLEM_NONE)
		{
			*problem = found;
			return NULL;
		}

		return text;
	}

	*problem = SD_PROBLEM_CHANGED;
	return NULL;
}

/*
 * Print in a subtransaction, with the row types and relations locked.  NULL
 * with *found if one of them cannot be locked or is not what it was, or with
 * *error if an object may be missing.
 *
 * Taking locks brings invalidations, so *before is set after that.  What is
 * known to have changed by then need not be printed.
 */
static char *
print_guarded(SdCatalog *cat, SdFacts *facts, SdPrinter printer, void *arg,
			  uint64 *before, SdProblem *found, ErrorData **error)
{
	MemoryContext oldcontext = CurrentMemoryContext;
	ResourceOwner oldowner = CurrentResourceOwner;
	char *volatile text = NULL;

	BeginInternalSubTransaction(NULL);
	MemoryContextSwitchTo(oldcontext);

	PG_TRY();
	{
		PushActiveSnapshot(cat->snapshot);
		if (!lock_relations(cat, facts))
			*found = SD_PROBLEM_LOCKED;
		else
			*found = find_problem(cat, facts);
		if (*found == SD_PROBLEM_NONE)
		{
			*before = SharedInvalidMessageCounter;
			text = printer(cat, arg);
		}
	}
	PG_CATCH();
	{
		MemoryContextSwitchTo(oldcontext);
		*error = CopyErrorData();
		FlushErrorState();
		text = NULL;
	}
	PG_END_TRY();

	RollbackAndReleaseCurrentSubTransaction();
	MemoryContextSwitchTo(oldcontext);
	CurrentResourceOwner = oldowner;

	/* pg_get_ruledef() reads pg_rewrite as the caller */
	if (*error != NULL &&
		(*error)->sqlerrcode == ERRCODE_INSUFFICIENT_PRIVILEGE)
		*found = SD_PROBLEM_DENIED;

	/* cancel, shutdown, out of memory and the like are never swallowed */
	else if (*error != NULL && !sd_error_is_of_object((*error)->sqlerrcode))
		ReThrowError(*error);

	return text;
}

/* Errors that say that something the expression names does not exist. */
static bool
means_vanished(int sqlerrcode)
{
	return sqlerrcode == ERRCODE_UNDEFINED_TABLE ||
		   sqlerrcode == ERRCODE_UNDEFINED_COLUMN ||
		   sqlerrcode == ERRCODE_UNDEFINED_OBJECT ||
		   sqlerrcode == ERRCODE_UNDEFINED_FUNCTION ||
		   sqlerrcode == ERRCODE_INVALID_BINARY_REPRESENTATION;
}

/* Do the objects that the text names still have the snapshot's names? */
static SdProblem
find_problem(SdCatalog *cat, SdFacts *facts)
{
	ListCell *lc;

	foreach (lc, facts->objects)
	{
		NamedObject *object = lfirst(lc);
		SdProblem found =
			sd_catalog_name_problem(cat, object->classid, object->oid);

		if (found == SD_PROBLEM_CHANGED && !object->is_printed)
			found = SD_PROBLEM_NONE;

		if (found != SD_PROBLEM_NONE)
			return found;
	}
	foreach (lc, facts->types)
	{
		SdType *type = sd_catalog_type(cat, lfirst_oid(lc));
		SdProblem found = SD_PROBLEM_NONE;

		if (type->kind == SD_TYPE_COMPOSITE)
			found = columns_problem(cat, type->relation);
		else if (type->kind == SD_TYPE_ENUM)
			found = sd_catalog_enum_problem(cat, type);
		if (found != SD_PROBLEM_NONE)
			return found;
	}
	foreach (lc, facts->relations)
	{
		SdProblem found = SD_PROBLEM_NONE;

		if (lfirst_oid(lc) >= FirstNormalObjectId)
			found = columns_problem(cat, lfirst_oid(lc));
		if (found != SD_PROBLEM_NONE)
			return found;
	}

	return SD_PROBLEM_NONE;
}

/*
 * Complete the list of types by those that they are made of, without
 * recursion: the list is its own work queue.
 */
static void
add_parts_of_parts(SdCatalog *cat, SdFacts *facts)
{
	for (int next = 0; next < list_length(facts->types); next++)
	{
		SdType *type = sd_catalog_type(cat, list_nth_oid(facts->types, next));
		SdRelation *rel = NULL;

		add_parts(facts, type->element);
		add_parts(facts, type->base);
		if (type->kind == SD_TYPE_RANGE)
			add_parts(facts, get_range_subtype(type->oid));
		else if (type->kind == SD_TYPE_MULTIRANGE)
			add_parts(facts, get_multirange_range(type->oid));
		else if (type->kind == SD_TYPE_COMPOSITE)
			rel = sd_catalog_relation(cat, type->relation);
		if (rel == NULL)
			continue;

		sd_relation_read_columns(cat, rel);
		for (int i = 0; i < rel->natts; i++)
			if (rel->columns[i].exists)
				add_parts(facts, rel->columns[i].type);
	}
}

/*
 * Lock the relations that the deparser will open, those of composite types
 * among them; false if one cannot be had at once.
 */
static bool
lock_relations(SdCatalog *cat, SdFacts *facts)
{
	ListCell *lc;

	foreach (lc, facts->relations)
		if (!ConditionalLockRelationOid(lfirst_oid(lc), AccessShareLock))
			return false;
	foreach (lc, facts->types)
	{
		SdType *type = sd_catalog_type(cat, lfirst_oid(lc));

		if (type->kind == SD_TYPE_COMPOSITE &&
			!ConditionalLockRelationOid(type->relation, AccessShareLock))
			return false;
	}

	return true;
}

/* Does a relation or composite type still have the snapshot's columns? */
static SdProblem
columns_problem(SdCatalog *cat, Oid relation)
{
	SdRelation *rel = sd_catalog_relation(cat, relation);
	uint64 checked_at = SharedInvalidMessageCounter;
	HeapTuple tuple;
	int natts;

	if (rel == NULL)
		return SD_PROBLEM_VANISHED;
	if (rel->columns_checked && rel->columns_checked_at == checked_at)
		return SD_PROBLEM_NONE;
	tuple = SearchSysCache1(RELOID, ObjectIdGetDatum(rel->oid));
	if (!HeapTupleIsValid(tuple))
		return SD_PROBLEM_VANISHED;
	natts = ((Form_pg_class) GETSTRUCT(tuple))->relnatts;
	ReleaseSysCache(tuple);
	if (natts != rel->natts)
		return SD_PROBLEM_CHANGED;

	sd_relation_read_columns(cat, rel);
	for (int i = 0; i < rel->natts; i++)
	{
		SdColumn *column = &rel->columns[i];
		bool same;

		/* this finds no dropped columns */
		tuple = SearchSysCacheAttNum(rel->oid, i + 1);
		if (!HeapTupleIsValid(tuple))
			same = !column->exists;
		else
		{
			Form_pg_attribute form = (Form_pg_attribute) GETSTRUCT(tuple);

			same = column->exists &&
				   strcmp(NameStr(form->attname), NameStr(column->name)) == 0;
			ReleaseSysCache(tuple);
		}
		if (!same)
			return SD_PROBLEM_CHANGED;
	}
	rel->columns_checked = true;
	rel->columns_checked_at = checked_at;

	return SD_PROBLEM_NONE;
}

/*
 * A deparse namespace that calls column n of a relation as the snapshot does.
 * It is kept until another relation's is asked for.
 */
static List *
column_names(SdCatalog *cat, SdRelation *rel, bool with_system_columns)
{
	MemoryContext oldcontext;
	PlannedStmt *statement;
	RangeTblEntry *rte;

	if (cat->deparse_relation == rel &&
		cat->deparse_system_columns == with_system_columns)
		return cat->deparse_namespace;

	cat->deparse_relation = NULL;
	MemoryContextReset(cat->deparse_context);
	oldcontext = MemoryContextSwitchTo(cat->deparse_context);

	rte = sd_deparse_names(rel, NameStr(rel->name), with_system_columns);
	statement = makeNode(PlannedStmt);
	statement->rtable = list_make1(rte);

	cat->deparse_namespace = deparse_context_for_plan_tree(
		statement, list_make1(rte->eref->aliasname));
	cat->deparse_relation = rel;
	cat->deparse_system_columns = with_system_columns;
	MemoryContextSwitchTo(oldcontext);

	return cat->deparse_namespace;
}

/*
 * sd_deparse_names
 *		A range table entry that calls the columns of a relation as the
 *		snapshot does, in the current memory context.
 *
 * The deparser takes the names of anything but a table from the range table
 * entry itself; an empty name is a dropped column.  The system columns, which
 * few expressions have, come after the relation's own: see
 * sd_deparse_renumber().
 */
RangeTblEntry *
sd_deparse_names(SdRelation *rel, const char *alias, bool with_system_columns)
{
	RangeTblEntry *rte = makeNode(RangeTblEntry);
	List *names = NIL;

	Assert(rel->columns_read);
	for (int i = 0; i < rel->natts; i++)
		names = lappend(names, makeString(rel->columns[i].exists
											  ? NameStr(rel->columns[i].name)
											  : ""));
	for (int i = -1;
		 with_system_columns && i > FirstLowInvalidHeapAttributeNumber; i--)
		names = lappend(names, makeString(pstrdup(NameStr(
								   SystemAttributeDefinition(i)->attname))));

	rte->rtekind = RTE_VALUES;
	rte->eref = makeAlias(alias, names);
	rte->inFromCl = true;

	return rte;
}

/*
 * sd_deparse_renumber
 *		Let references to system columns find the names that come after natts.
 */
void
sd_deparse_renumber(Node *expr, int natts)
{
	Renumbering renumbering = {natts, 0};

	(void) renumber_system_columns(expr, &renumbering);
}

static bool
renumber_system_columns(Node *node, Renumbering *renumbering)
{
	if (node == NULL)
		return false;
	if (IsA(node, Var))
	{
		Var *var = (Var *) node;

		if (var->varlevelsup != renumbering->level)
			return false;
		if (var->varattno < 0)
			var->varattno = renumbering->natts - var->varattno;
		if (var->varattnosyn < 0)
			var->varattnosyn = renumbering->natts - var->varattnosyn;
		return false;
	}
	if (IsA(node, Query))
	{
		renumbering->level++;
		(void) query_tree_walker((Query *) node, renumber_system_columns,
								 (void *) renumbering, 0);
		renumbering->level--;
		return false;
	}

	return expression_tree_walker(node, renumber_system_columns,
								  (void *) renumbering);
}

static char *
print_expression(Node *expr, List *context)
{
	return deparse_expression(expr, context, false, false);
}

static char *
print_value(Node *expr, List *context)
{
	Const *constant = (Const *) expr;
	Oid output;
	bool is_varlena;

	/* as the cast to text has it */
	if (constant->consttype == BOOLOID)
		return pstrdup(DatumGetBool(constant->constvalue) ? "true" : "false");

	getTypeOutputInfo(constant->consttype, &output, &is_varlena);
	return OidOutputFunctionCall(output, constant->constvalue);
}

static char *
print_query(Node *query, List *context)
{
	return pg_get_querydef((Query *) query, true);
}

/*
 * sd_deparse_indent_case
 *		Lay out the text of an expression as pg_get_expr() does, in the
 *		current memory context.
 *
 * The only thing that it puts on lines of its own are the parts of CASE.
 * Their keywords are the only such words in capitals outside quotes, as
 * identifiers in capitals are quoted.  The level is the first indentation.
 */
char *
sd_deparse_indent_case(const char *flat, int level)
{
	static const struct
	{
		const char *word;
		int before; /* change of the level before the word */
		int after;
	} keywords[] = {
		{"CASE", 0, INDENT_CASE},
		{"WHEN", 0, 0},
		{"ELSE", 0, 0},
		{"END", -INDENT_CASE, 0},
	};
	StringInfoData buf;
	const char *at = flat;

	initStringInfo(&buf);
	while (*at != '\0')
	{
		int length = 1;

		if (*at == '\'' || *at == '"')
		{
			/* a doubled quote is two quoted strings, one after the other */
			const char *end = strchr(at + 1, *at);

			length = end != NULL ? end - at + 1 : strlen(at);
		}
		else if (isalnum((unsigned char) *at) || *at == '_' ||
				 IS_HIGHBIT_SET(*at))
		{
			while (isalnum((unsigned char) at[length]) || at[length] == '_' ||
				   at[length] == '$' || IS_HIGHBIT_SET(at[length]))
				length++;

			for (int i = 0; i < lengthof(keywords); i++)
			{
				if (length == strlen(keywords[i].word) &&
					strncmp(at, keywords[i].word, length) == 0)
				{
					level += keywords[i].before;
					start_line(&buf, level);
					level += keywords[i].after;
					break;
				}
			}
		}

		appendBinaryStringInfo(&buf, at, length);
		at += length;
	}

	return buf.data;
}

static void
start_line(StringInfo buf, int indent)
{
	while (buf->len > 0 && buf->data[buf->len - 1] == ' ')
		buf->data[--buf->len] = '\0';

	if (indent >= INDENT_LIMIT)
		indent =
			(INDENT_LIMIT + (indent - INDENT_LIMIT) / INDENT_BEYOND_LIMIT) %
			INDENT_LIMIT;
	appendStringInfo(buf, "\n%*s", indent, "");
}

/*
 * Undo the layout of an expression: the parts of CASE go on the same line.
 */
static char *
flatten_case(const char *indented)
{
	StringInfoData buf;
	const char *at = indented;

	initStringInfo(&buf);
	while (*at != '\0')
	{
		int length = 1;

		if (*at == '\'' || *at == '"')
		{
			const char *end = strchr(at + 1, *at);

			length = end != NULL ? end - at + 1 : strlen(at);
		}
		else if (isspace((unsigned char) *at) && buf.len == 0)
		{
			at++;
			continue;
		}
		else if (*at == '\n')
		{
			at += strspn(at, " \n");
			if (strchr("([", buf.data[buf.len - 1]) == NULL)
				appendStringInfoChar(&buf, ' ');
			continue;
		}

		appendBinaryStringInfo(&buf, at, length);
		at += length;
	}

	return buf.data;
}
