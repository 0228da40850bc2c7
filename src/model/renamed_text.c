/*-------------------------------------------------------------------------
 *
 * renamed_text.c
 *	  SQL as the server writes it once relations and columns are renamed.
 *
 * A column is named without its schema, and mostly by an alias of its table, so
 * the text is parsed, without analysis, and each name looked up among what
 * stands in FROM around it.  Names of relations with their schema are not
 * touched here: sql_text.c does these.
 *
 * Where it is not certain what the server would write, the text gets a mark.
 * Then it differs from any other, and what it is of is made as the new document
 * has it.
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include <ctype.h>

#include "lib/stringinfo.h"
#include "miscadmin.h"
#include "nodes/nodeFuncs.h"
#include "nodes/parsenodes.h"
#include "utils/builtins.h"

#include "model/raw_text.h"
#include "model/renamed_text.h"

#define MARK "\n-- renamed"

/* a table, or something else that has columns, in FROM */
typedef struct Item
{
	const char *name; /* by which columns are named; NULL: none */
	const SdRenamedRelation *relation; /* NULL: nothing has another name */
	bool has_alias;
} Item;

/* what is in FROM of a query; queries stand in queries */
typedef struct Scope
{
	struct Scope *outer;
	List *items; /* of Item * */
} Scope;

/* another text in place of a part of the old one */
typedef struct Splice
{
	int start;
	int length;
	const char *text;
} Splice;

typedef struct Rewriting
{
	const SdRenamedNames *names;
	const char *text; /* with what stands in front of it */
	Scope *scope;
	List *splices;
	List *assigned; /* of ResTarget *: no output */
	List *outputs;	/* names that the outputs get; NULL: as it is */
	List *leaves;	/* of SelectStmt *, which have these outputs */
	bool is_uncertain;
} Rewriting;

static void rewrite_statement(Rewriting *rewriting, SdRenamedTextKind kind,
							  Node *statement);
static void rewrite_expression(Rewriting *rewriting, Node *statement);
static void rewrite_rule(Rewriting *rewriting, RuleStmt *rule);
static void rewrite_partitions(Rewriting *rewriting, Node *statement);
static void find_leaves(Rewriting *rewriting, Node *node);
static bool rewrite(Node *node, Rewriting *rewriting);
static void rewrite_select(Rewriting *rewriting, SelectStmt *select);
static void rewrite_change(Rewriting *rewriting, Node *node, RangeVar *relation,
						   List *targets, List *from);
static void add_items(Rewriting *rewriting, Scope *scope, List *nodes);
static void add_item(Scope *scope, const char *name,
					 const SdRenamedRelation *relation, bool has_alias);
static void add_table(Rewriting *rewriting, Scope *scope, RangeVar *table);
static bool is_renamed_among(Scope *scope, const char *column);
static void rewrite_output(Rewriting *rewriting, ResTarget *target,
						   const char *output);
static const char *rewrite_reference(Rewriting *rewriting, ColumnRef *reference,
									 int *end);
static Item *find_item(Rewriting *rewriting, const char *name);
static int skip_name(const char *text, int position);
static void splice(Rewriting *rewriting, int start, int length,
				   const char *text);
static void splice_name(Rewriting *rewriting, int start, const char *name);
static int compare_splices(const ListCell *a, const ListCell *b);

/* sd_renamed_column: The other name of a column, or NULL. */
const char *
sd_renamed_column(const SdRenamedRelation *relation, const char *name)
{
	ListCell *lc;

	if (relation == NULL)
		return NULL;
	foreach (lc, relation->columns)
	{
		SdRenamedColumn *column = lfirst(lc);

		if (strcmp(column->from, name) == 0)
			return column->to;
	}

	return NULL;
}

/*
 * sd_renamed_words
 *		A definition in which every word that is the name of a column is
 *replaced: good enough to find out which columns it names.
 */
const char *
sd_renamed_words(const SdRenamedRelation *relation, const char *text)
{
	StringInfoData result;
	int i = 0;

	if (relation == NULL || relation->columns == NIL)
		return text;
	initStringInfo(&result);
	while (text[i] != '\0')
	{
		int end = i + 1;
		const char *to = NULL;
		ListCell *lc;

		if (text[i] == '\'')
		{
			while (text[end] != '\0' && text[end] != '\'')
				end++;
			end += text[end] != '\0';
		}
		else if (text[i] == '"' || skip_name(text, i) > i)
		{
			char *name;

			end = skip_name(text, i);
			name = pnstrdup(text + i, end - i);
			foreach (lc, relation->columns)
			{
				SdRenamedColumn *column = lfirst(lc);

				if (strcmp(quote_identifier(column->from), name) == 0)
					to = quote_identifier(column->to);
			}
			pfree(name);
		}
		if (to != NULL)
			appendStringInfoString(&result, to);
		else
			appendBinaryStringInfo(&result, text + i, end - i);
		i = end;
	}

	return result.data;
}

/*
 * sd_renamed_text
 *		The text with the other names.
 *
 * The relation is the one that an expression, condition or key is of.  Outputs
 * are the names that the columns of a view get, NULL for those that keep
 *theirs.
 */
const char *
sd_renamed_text(const SdRenamedNames *names, SdRenamedTextKind kind,
				const SdRenamedRelation *relation, List *outputs,
				const char *text)
{
	static const char *const prefixes[] = {
		[SD_TEXT_EXPRESSION] = "SELECT ",
		[SD_TEXT_CONDITION] = "SELECT ",
		[SD_TEXT_QUERY] = "",
		[SD_TEXT_RULE] = "",
		[SD_TEXT_BODY] = "CREATE FUNCTION f() RETURNS int LANGUAGE sql ",
		[SD_TEXT_PARTITIONS] = "CREATE TABLE t () PARTITION BY ",
	};
	Rewriting rewriting = {0};
	Scope scope = {0};
	StringInfoData result;
	List *statements;
	ListCell *lc;
	int done = strlen(prefixes[kind]);

	rewriting.names = names;
	rewriting.text = psprintf("%s%s", prefixes[kind], text);
	rewriting.scope = &scope;
	rewriting.outputs = outputs;
	if (kind == SD_TEXT_CONDITION)
	{
		add_item(&scope, "old", relation, true);
		add_item(&scope, "new", relation, true);
	}
	else if (relation != NULL)
		add_item(&scope, relation->from, relation, false);

	statements = sd_raw_statements(rewriting.text);
	if (list_length(statements) != 1)
		rewriting.is_uncertain = true;
	else
		rewrite_statement(&rewriting, kind,
						  linitial_node(RawStmt, statements)->stmt);

	list_sort(rewriting.splices, compare_splices);
	initStringInfo(&result);
	foreach (lc, rewriting.splices)
	{
		Splice *part = lfirst(lc);

		if (part->start < done)
			continue;
		appendBinaryStringInfo(&result, rewriting.text + done,
							   part->start - done);
		appendStringInfoString(&result, part->text);
		done = part->start + part->length;
	}
	appendStringInfoString(&result, rewriting.text + done);
	if (rewriting.is_uncertain)
		appendStringInfoString(&result, MARK);

	return result.data;
}

static void
rewrite_statement(Rewriting *rewriting, SdRenamedTextKind kind, Node *statement)
{
	switch (kind)
	{
		case SD_TEXT_EXPRESSION:
		case SD_TEXT_CONDITION:
			rewrite_expression(rewriting, statement);
			break;
		case SD_TEXT_QUERY:
			if (rewriting->outputs != NIL)
				find_leaves(rewriting, statement);
			(void) rewrite(statement, rewriting);
			break;
		case SD_TEXT_RULE:
			if (IsA(statement, RuleStmt))
				rewrite_rule(rewriting, (RuleStmt *) statement);
			else
				rewriting->is_uncertain = true;
			break;
		case SD_TEXT_BODY:
			if (IsA(statement, CreateFunctionStmt))
				(void) rewrite(((CreateFunctionStmt *) statement)->sql_body,
							   rewriting);
			else
				rewriting->is_uncertain = true;
			break;
		case SD_TEXT_PARTITIONS:
			rewrite_partitions(rewriting, statement);
			break;
	}
}

/* What stands behind SELECT is no output. */
static void
rewrite_expression(Rewriting *rewriting, Node *statement)
{
	SelectStmt *select = (SelectStmt *) statement;
	ListCell *lc;

	if (!IsA(statement, SelectStmt) || select->fromClause != NIL)
	{
		rewriting->is_uncertain = true;
		return;
	}
	foreach (lc, select->targetList)
		(void) rewrite(lfirst_node(ResTarget, lc)->val, rewriting);
}

/* In its condition and actions the rows are named as in triggers. */
static void
rewrite_rule(Rewriting *rewriting, RuleStmt *rule)
{
	const SdRenamedRelation *relation = NULL;

	if (rule->relation->schemaname != NULL)
		relation = rewriting->names->find(rewriting->names->arg,
										  rule->relation->schemaname,
										  rule->relation->relname);
	add_item(rewriting->scope, "old", relation, true);
	add_item(rewriting->scope, "new", relation, true);
	(void) rewrite(rule->whereClause, rewriting);
	(void) rewrite((Node *) rule->actions, rewriting);
}

static void
rewrite_partitions(Rewriting *rewriting, Node *statement)
{
	CreateStmt *create = (CreateStmt *) statement;
	Item *item = linitial(rewriting->scope->items);
	ListCell *lc;

	if (!IsA(statement, CreateStmt) || create->partspec == NULL)
	{
		rewriting->is_uncertain = true;
		return;
	}
	foreach (lc, create->partspec->partParams)
	{
		PartitionElem *element = lfirst_node(PartitionElem, lc);
		const char *to = NULL;

		(void) rewrite(element->expr, rewriting);
		if (element->name != NULL)
			to = sd_renamed_column(item->relation, element->name);
		if (to != NULL)
			splice_name(rewriting, element->location, to);
	}
}

/* The queries whose outputs are the view's: of UNION all. */
static void
find_leaves(Rewriting *rewriting, Node *node)
{
	SelectStmt *select = (SelectStmt *) node;

	check_stack_depth();
	if (!IsA(node, SelectStmt))
		rewriting->is_uncertain = true;
	else if (select->op == SETOP_NONE)
		rewriting->leaves = lappend(rewriting->leaves, select);
	else
	{
		find_leaves(rewriting, (Node *) select->larg);
		find_leaves(rewriting, (Node *) select->rarg);
	}
}

/* Whatever a name may be in. */
static bool
rewrite(Node *node, Rewriting *rewriting)
{
	ListCell *lc;

	if (node == NULL)
		return false;
	CHECK_FOR_INTERRUPTS();
	check_stack_depth();
	switch (nodeTag(node))
	{
		case T_SelectStmt:
			rewrite_select(rewriting, (SelectStmt *) node);
			return false;
		case T_InsertStmt:
		{
			InsertStmt *insert = (InsertStmt *) node;

			/* which columns ON CONFLICT names has no place in the tree */
			rewriting->is_uncertain |= insert->onConflictClause != NULL;
			rewrite_change(rewriting, node, insert->relation, insert->cols,
						   NIL);
			return false;
		}
		case T_UpdateStmt:
		{
			UpdateStmt *update = (UpdateStmt *) node;

			rewrite_change(rewriting, node, update->relation,
						   update->targetList, update->fromClause);
			return false;
		}
		case T_DeleteStmt:
		{
			DeleteStmt *delete = (DeleteStmt *) node;

			rewrite_change(rewriting, node, delete->relation, NIL,
						   delete->usingClause);
			return false;
		}
		case T_MergeStmt:
			rewriting->is_uncertain = true;
			return false;
		case T_NotifyStmt:
			return false;
		case T_ReturnStmt:
			return rewrite(((ReturnStmt *) node)->returnval, rewriting);
		case T_ColumnRef:
		{
			int end;

			(void) rewrite_reference(rewriting, (ColumnRef *) node, &end);
			return false;
		}
		case T_ResTarget:
			if (!list_member_ptr(rewriting->assigned, node))
			{
				rewrite_output(rewriting, (ResTarget *) node, NULL);
				return false;
			}
			break;
		case T_A_Indirection:
			/* a field of a row whose type may be that of a table */
			foreach (lc, ((A_Indirection *) node)->indirection)
				rewriting->is_uncertain |=
					IsA(lfirst(lc), String) &&
					rewriting->names->has_column(rewriting->names->arg,
												 strVal(lfirst(lc)));
			break;
		case T_List:
			foreach (lc, (List *) node)
				(void) rewrite(lfirst(lc), rewriting);
			return false;
		default:
			break;
	}

	return raw_expression_tree_walker(node, rewrite, rewriting);
}

static void
rewrite_select(Rewriting *rewriting, SelectStmt *select)
{
	Scope scope = {rewriting->scope, NIL};
	bool is_leaf = list_member_ptr(rewriting->leaves, select);
	List *locking = select->lockingClause;
	List *targets = select->targetList;
	ListCell *lc;
	ListCell *lc2;
	int i = 0;

	rewriting->scope = &scope;
	add_items(rewriting, &scope, select->fromClause);
	foreach (lc, targets)
	{
		rewrite_output(rewriting, lfirst_node(ResTarget, lc),
					   is_leaf && i < list_length(rewriting->outputs)
						   ? list_nth(rewriting->outputs, i)
						   : NULL);
		i++;
	}
	/* of what is locked there are only aliases */
	foreach (lc, locking)
	{
		foreach (lc2, ((LockingClause *) lfirst(lc))->lockedRels)
		{
			RangeVar *table = lfirst_node(RangeVar, lc2);
			Item *item = find_item(rewriting, table->relname);

			if (item != NULL && item->relation != NULL && !item->has_alias)
				splice_name(rewriting, table->location, item->relation->to);
		}
	}
	select->lockingClause = NIL;
	select->targetList = NIL;
	(void) raw_expression_tree_walker((Node *) select, rewrite, rewriting);
	rewriting->scope = scope.outer;
}

/* INSERT, UPDATE or DELETE: the columns that get a value, and the rest. */
static void
rewrite_change(Rewriting *rewriting, Node *node, RangeVar *relation,
			   List *targets, List *from)
{
	Scope scope = {rewriting->scope, NIL};
	Item *item;
	ListCell *lc;

	rewriting->scope = &scope;
	add_table(rewriting, &scope, relation);
	item = linitial(scope.items);
	add_items(rewriting, &scope, from);
	foreach (lc, targets)
	{
		ResTarget *target = lfirst_node(ResTarget, lc);
		const char *to = NULL;

		rewriting->assigned = lappend(rewriting->assigned, target);
		if (target->name != NULL)
			to = sd_renamed_column(item->relation, target->name);
		if (to != NULL)
			splice_name(rewriting, target->location, to);
	}
	(void) raw_expression_tree_walker(node, rewrite, rewriting);
	rewriting->scope = scope.outer;
}

static void
add_items(Rewriting *rewriting, Scope *scope, List *nodes)
{
	ListCell *lc;
	ListCell *lc2;

	check_stack_depth();
	foreach (lc, nodes)
	{
		Node *node = lfirst(lc);
		Alias *alias = NULL;

		switch (nodeTag(node))
		{
			case T_RangeVar:
				add_table(rewriting, scope, (RangeVar *) node);
				continue;
			case T_RangeTableSample:
				add_items(rewriting, scope,
						  list_make1(((RangeTableSample *) node)->relation));
				continue;
			case T_JoinExpr:
			{
				JoinExpr *join = (JoinExpr *) node;

				add_items(rewriting, scope, list_make2(join->larg, join->rarg));
				foreach (lc2, join->usingClause)
					rewriting->is_uncertain |=
						is_renamed_among(scope, strVal(lfirst(lc2)));
				/* its columns may be those of a table in it */
				rewriting->is_uncertain |= join->alias != NULL;
				continue;
			}
			case T_RangeSubselect:
				alias = ((RangeSubselect *) node)->alias;
				break;
			case T_RangeFunction:
				alias = ((RangeFunction *) node)->alias;
				break;
			case T_RangeTableFunc:
				alias = ((RangeTableFunc *) node)->alias;
				break;
			default:
				rewriting->is_uncertain = true;
				break;
		}
		add_item(scope, alias != NULL ? alias->aliasname : NULL, NULL, true);
	}
}

static void
add_item(Scope *scope, const char *name, const SdRenamedRelation *relation,
		 bool has_alias)
{
	Item *item = palloc(sizeof(Item));

	item->name = name;
	item->relation = relation;
	item->has_alias = has_alias;
	scope->items = lappend(scope->items, item);
}

static void
add_table(Rewriting *rewriting, Scope *scope, RangeVar *table)
{
	Alias *alias = table->alias;
	const SdRenamedRelation *relation = NULL;

	/* without a schema it is the server's own, or a query behind WITH */
	if (table->schemaname != NULL)
		relation = rewriting->names->find(rewriting->names->arg,
										  table->schemaname, table->relname);
	if (relation != NULL && relation->columns != NIL && alias != NULL &&
		alias->colnames != NIL)
		rewriting->is_uncertain = true;
	add_item(scope, alias != NULL ? alias->aliasname : table->relname, relation,
			 alias != NULL);
}

static bool
is_renamed_among(Scope *scope, const char *column)
{
	ListCell *lc;

	foreach (lc, scope->items)
	{
		if (sd_renamed_column(((Item *) lfirst(lc))->relation, column) != NULL)
			return true;
	}

	return false;
}

/*
 * An output keeps its name: where that is another than the column's it is
 * written behind it.  NULL is the name that it has.
 */
static void
rewrite_output(Rewriting *rewriting, ResTarget *target, const char *output)
{
	ColumnRef *reference = (ColumnRef *) target->val;
	const char *column;
	int end;

	if (target->val == NULL || !IsA(target->val, ColumnRef) ||
		!IsA(llast(reference->fields), String))
	{
		(void) rewrite(target->val, rewriting);
		rewriting->is_uncertain |= output != NULL;
		return;
	}

	column = rewrite_reference(rewriting, reference, &end);
	if (column == NULL)
		column = strVal(llast(reference->fields));
	if (output == NULL)
		output = target->name != NULL ? target->name
									  : strVal(llast(reference->fields));
	if (target->name != NULL)
	{
		static const char *const as = " AS ";
		int length = strlen(as);

		if (strncmp(rewriting->text + end, as, length) != 0)
		{
			rewriting->is_uncertain = true;
			return;
		}
		splice(rewriting, end, skip_name(rewriting->text, end + length) - end,
			   "");
	}
	if (strcmp(output, column) != 0)
		splice(rewriting, end, 0, psprintf(" AS %s", quote_identifier(output)));
}

/*
 * A column, with the name of its table in front or not.  What it is called now,
 * if it has another name, and where it ends.
 */
static const char *
rewrite_reference(Rewriting *rewriting, ColumnRef *reference, int *end)
{
	Node *first = linitial(reference->fields);
	Node *last = llast(reference->fields);
	int position = reference->location;
	Item *item = NULL;
	const char *to = NULL;

	*end = position;
	if (!IsA(first, String))
		return NULL;
	if (list_length(reference->fields) == 1)
	{
		Scope *scope = rewriting->scope;

		if (list_length(scope->items) == 1)
			item = linitial(scope->items);
		else
			rewriting->is_uncertain |= is_renamed_among(scope, strVal(first));
	}
	else if (list_length(reference->fields) == 2)
	{
		item = find_item(rewriting, strVal(first));
		*end = skip_name(rewriting->text, position);
		if (item != NULL && item->relation != NULL && !item->has_alias &&
			strcmp(item->relation->from, item->relation->to) != 0)
			splice_name(rewriting, position, item->relation->to);
		position = *end + 1;
	}
	else
		rewriting->is_uncertain = true;
	if (!IsA(last, String))
		return NULL;
	*end = skip_name(rewriting->text, position);
	if (item != NULL)
		to = sd_renamed_column(item->relation, strVal(last));
	if (to != NULL)
		splice_name(rewriting, position, to);

	return to;
}

/* What a name in front of a column means, in this query or around it. */
static Item *
find_item(Rewriting *rewriting, const char *name)
{
	ListCell *lc;

	for (Scope *scope = rewriting->scope; scope != NULL; scope = scope->outer)
	{
		foreach (lc, scope->items)
		{
			Item *item = lfirst(lc);

			if (item->name != NULL && strcmp(item->name, name) == 0)
				return item;
		}
	}

	return NULL;
}

/* Where the name that begins here ends, quoted or not. */
static int
skip_name(const char *whole, int position)
{
	const char *text = whole + position;

	if (*text == '"')
	{
		for (text++; *text != '\0' && (text[0] != '"' || text[1] == '"');
			 text++)
		{
			if (*text == '"')
				text++;
		}
		return text - whole + (*text != '\0');
	}
	while (isalnum((unsigned char) *text) || *text == '_' || *text == '$' ||
		   IS_HIGHBIT_SET(*text))
		text++;

	return text - whole;
}

static void
splice(Rewriting *rewriting, int start, int length, const char *text)
{
	Splice *part = palloc(sizeof(Splice));

	part->start = start;
	part->length = length;
	part->text = text;
	rewriting->splices = lappend(rewriting->splices, part);
}

static void
splice_name(Rewriting *rewriting, int start, const char *name)
{
	splice(rewriting, start, skip_name(rewriting->text, start) - start,
		   pstrdup(quote_identifier(name)));
}

/* By place; what is added comes before what is taken away there. */
static int
compare_splices(const ListCell *a, const ListCell *b)
{
	const Splice *left = lfirst(a);
	const Splice *right = lfirst(b);

	if (left->start != right->start)
		return left->start < right->start ? -1 : 1;

	return left->length < right->length	  ? -1
		   : left->length > right->length ? 1
										  : 0;
}
