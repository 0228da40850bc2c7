/*-------------------------------------------------------------------------
 *
 * raw_text.c
 *	  Texts of documents as the parser sees them, without analysis.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "access/htup_details.h"
#include "access/transam.h"
#include "catalog/pg_namespace.h"
#include "catalog/pg_proc.h"
#include "miscadmin.h"
#include "nodes/nodeFuncs.h"
#include "nodes/parsenodes.h"
#include "parser/parser.h"
#include "utils/catcache.h"
#include "utils/syscache.h"

#include "model/raw_text.h"

static bool is_volatile(Node *node, void *context);
static bool is_volatile_function(List *names);
static bool is_servers_own(List *names);

/*
 * sd_raw_statements
 *		The raw statements of a text, or NIL if it cannot be parsed.
 *
 * That of a newer server may be something that this one does not know.  The
 * parser holds nothing but memory, so nothing has to be rolled back.
 */
List *
sd_raw_statements(const char *text)
{
	MemoryContext context = CurrentMemoryContext;
	List *volatile statements = NIL;

	PG_TRY();
	{
		statements = raw_parser(text, RAW_PARSE_DEFAULT);
	}
	PG_CATCH();
	{
		int category = ERRCODE_TO_CATEGORY(geterrcode());

		if (category != ERRCODE_SYNTAX_ERROR_OR_ACCESS_RULE_VIOLATION &&
			category != ERRCODE_DATA_EXCEPTION &&
			category != ERRCODE_FEATURE_NOT_SUPPORTED)
			PG_RE_THROW();
		MemoryContextSwitchTo(context);
		FlushErrorState();
	}
	PG_END_TRY();

	return statements;
}

/*
 * sd_raw_is_volatile
 *		May an expression have another value for each row?
 *
 * Nothing is looked up but what the server has itself, of which all functions
 * of a name must be known: whatever else is called may be volatile.
 */
bool
sd_raw_is_volatile(const char *expression)
{
	List *statements = sd_raw_statements(psprintf("SELECT %s", expression));

	if (list_length(statements) != 1)
		return true;

	return is_volatile(linitial_node(RawStmt, statements)->stmt, NULL);
}

static bool
is_volatile(Node *node, void *context)
{
	if (node == NULL)
		return false;
	check_stack_depth();
	switch (nodeTag(node))
	{
		case T_FuncCall:
			if (is_volatile_function(((FuncCall *) node)->funcname))
				return true;
			break;
		case T_A_Expr:
			/* OPERATOR(schema.+) */
			if (list_length(((A_Expr *) node)->name) > 1 &&
				!is_servers_own(((A_Expr *) node)->name))
				return true;
			break;
		case T_TypeCast:
		{
			TypeCast *cast = (TypeCast *) node;

			/* a constant has been read; what is computed goes by a function */
			if (list_length(cast->typeName->names) > 1 &&
				!IsA(cast->arg, A_Const) &&
				!is_servers_own(cast->typeName->names))
				return true;
			break;
		}
		default:
			break;
	}

	return raw_expression_tree_walker(node, is_volatile, context);
}

/* The name may have the server's schema in front, as the parser adds it. */
static bool
is_volatile_function(List *names)
{
	const char *name = strVal(llast(names));
	CatCList *functions;
	bool found = false;
	bool result = false;

	if (list_length(names) > 1 && !is_servers_own(names))
		return true;

	functions = SearchSysCacheList1(PROCNAMEARGSNSP, CStringGetDatum(name));
	for (int i = 0; i < functions->n_members; i++)
	{
		Form_pg_proc function =
			(Form_pg_proc) GETSTRUCT(&functions->members[i]->tuple);

		if (function->pronamespace != PG_CATALOG_NAMESPACE ||
			function->oid >= FirstNormalObjectId)
			continue;
		found = true;
		result |= function->provolatile == PROVOLATILE_VOLATILE;
	}
	ReleaseCatCacheList(functions);

	return result || !found;
}

/* Is the first of several names the server's schema? */
static bool
is_servers_own(List *names)
{
	return strcmp(strVal(linitial(names)), "pg_catalog") == 0;
}
