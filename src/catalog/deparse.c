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
#include "catalog/pg_namespace.h"
#include "catalog/pg_operator.h"
#include "catalog/pg_proc.h"
#include "catalog/pg_ts_config.h"
#include "catalog/pg_ts_dict.h"
#include "catalog/pg_type.h"
#include "nodes/makefuncs.h"
#include "nodes/nodeFuncs.h"
#include "nodes/plannodes.h"
#include "storage/lmgr.h"
#include "storage/sinval.h"
#include "utils/builtins.h"
#include "utils/lsyscache.h"
#include "utils/memutils.h"
#include "utils/resowner.h"
#include "utils/ruleutils.h"
#include "utils/syscache.h"

#include "catalog/sd_catalog.h"
#include "compat.h"

/* the layout of CASE in pg_get_expr(): see ruleutils.c */
#define INDENT_CASE 4
#define INDENT_CONDITION 8 /* of a trigger; see pg_get_triggerdef() */
#define NO_LAYOUT (-1)
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

/* what the text of an expression depends on */
typedef struct Facts
{
	bool has_columns;
	bool has_system_columns;
	bool has_case;
	bool is_condition; /* of a trigger: the columns are OLD's and NEW's */
	bool can_fail;	   /* without one of the objects the deparser fails */
	List *objects;	   /* of NamedObject * */
	List *types; /* whose parts the text shows, and what they are made of */
	int natts;	 /* of the relation */
} Facts;

static char *deparse(SdCatalog *cat, SdRelation *rel, Node *expr,
					 bool is_condition, int indent, SdProblem *problem);
static bool collect_facts(Node *node, Facts *facts);
static void add_object(Facts *facts, Oid classid, Oid oid, bool can_fail);
static void add_type(Facts *facts, Oid type);
static void add_constant(Facts *facts, Const *constant);
static void add_hidden_type(Facts *facts, Oid type);
static void add_whole_rows(Facts *facts, List *fields);
static void add_parts(Facts *facts, Oid type);
static Oid get_alias_element(Oid type);
static void add_alias(Facts *facts, Oid type, Datum value);
static Oid alias_class(Oid type);
static char *print(SdCatalog *cat, SdRelation *rel, Node *expr, Facts *facts,
				   char *(*printer)(Node *expr, List *context),
				   SdProblem *problem);
static char *print_guarded(SdCatalog *cat, Node *expr, List *context,
						   Facts *facts,
						   char *(*printer)(Node *expr, List *context),
						   ErrorData **error);
static bool means_vanished(int sqlerrcode);
static SdProblem find_problem(SdCatalog *cat, Facts *facts);
static void add_parts_of_parts(SdCatalog *cat, Facts *facts);
static bool lock_row_types(SdCatalog *cat, List *types, List **locked);
static SdProblem row_type_problem(SdCatalog *cat, SdType *type);
static List *column_names(SdCatalog *cat, SdRelation *rel);
static List *old_and_new_names(SdRelation *rel);
static RangeTblEntry *named_columns(SdRelation *rel, const char *alias);
static bool renumber_system_columns(Node *node, Facts *facts);
static char *print_expression(Node *expr, List *context);
static char *print_condition(Node *expr, List *context);
static char *print_value(Node *expr, List *context);
static char *indent_case(const char *flat, int level);
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
	return deparse(cat, rel, expr, false, 0, problem);
}

/*
 * sd_deparse_flat
 *		Likewise, on one line: the way that the server shows the defaults of
 *		arguments.
 */
char *
sd_deparse_flat(SdCatalog *cat, SdRelation *rel, Node *expr, SdProblem *problem)
{
	return deparse(cat, rel, expr, false, NO_LAYOUT, problem);
}

/*
 * sd_deparse_condition
 *		Likewise, of a trigger's condition, over OLD and NEW of rel.
 */
char *
sd_deparse_condition(SdCatalog *cat, SdRelation *rel, Node *expr,
					 SdProblem *problem)
{
	return deparse(cat, rel, expr, true, INDENT_CONDITION, problem);
}

static char *
deparse(SdCatalog *cat, SdRelation *rel, Node *expr, bool is_condition,
		int indent, SdProblem *problem)
{
	MemoryContext oldcontext = MemoryContextSwitchTo(cat->expressions);
	Facts facts = {0};
	char *text;

	facts.natts = rel ? rel->natts : 0;
	facts.is_condition = is_condition;
	collect_facts(expr, &facts);
	text = print(cat, rel, expr, &facts,
				 is_condition ? print_condition : print_expression, problem);
	if (text != NULL && facts.has_case && indent != NO_LAYOUT)
		text = indent_case(text, indent);

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
	Facts facts = {0};
	char *text = NULL;

	if (!castNode(Const, constant)->constisnull)
	{
		collect_facts(constant, &facts);
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
	Datum *members;
	int nmembers;

	deconstruct_array(options, TEXTOID, -1, false, TYPALIGN_INT, &members, NULL,
					  &nmembers);
	for (int i = 0; i < nmembers; i++)
	{
		char *name = TextDatumGetCString(members[i]);
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

/* Walk an expression and note what its text depends on. */
static bool
collect_facts(Node *node, Facts *facts)
{
	if (node == NULL)
		return false;

	switch (nodeTag(node))
	{
		case T_Var:
			facts->has_columns = true;
			add_hidden_type(facts, ((Var *) node)->vartype);
			if (((Var *) node)->varattno < 0)
				facts->has_system_columns = true;
			break;
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

			collect_facts((Node *) spec->listdatums, facts);
			collect_facts((Node *) spec->lowerdatums, facts);
			collect_facts((Node *) spec->upperdatums, facts);
			return false;
		}
		case T_PartitionRangeDatum:
			return collect_facts(((PartitionRangeDatum *) node)->value, facts);
		default:
			break;
	}

	return expression_tree_walker(node, collect_facts, (void *) facts);
}

/* Note an object, unless the server brought it. */
static void
add_object(Facts *facts, Oid classid, Oid oid, bool can_fail)
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
add_type(Facts *facts, Oid type)
{
	add_object(facts, TypeRelationId, type, true);
}

/* Note a type that is not printed, but by which functions are found. */
static void
add_hidden_type(Facts *facts, Oid type)
{
	if (type < FirstNormalObjectId)
		return;
	add_type(facts, type);
	((NamedObject *) llast(facts->objects))->is_printed = false;
}

/* Note the types of whole rows: as a row's field, one is printed with it. */
static void
add_whole_rows(Facts *facts, List *fields)
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
add_parts(Facts *facts, Oid type)
{
	if (type >= FirstNormalObjectId)
		facts->types = list_append_unique_oid(facts->types, type);
}

/*
 * Note what a constant names: its type, what that is made of, and what the
 * values of alias types stand for.
 */
static void
add_constant(Facts *facts, Const *constant)
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
add_alias(Facts *facts, Oid type, Datum value)
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

/*
 * Print an expression whose facts are known; NULL with a problem.
 *
 * The text and the comparison after it must be of one state of the caches, or
 * else a name that was changed and changed back could slip through: if
 * invalidations were processed in between, both are done again.
 */
static char *
print(SdCatalog *cat, SdRelation *rel, Node *expr, Facts *facts,
	  char *(*printer)(Node *expr, List *context), SdProblem *problem)
{
	List *context = NIL;

	if (facts->has_columns)
	{
		if (rel == NULL)
			elog(ERROR, "expression has columns but no relation");
		context = facts->is_condition ? old_and_new_names(rel)
									  : column_names(cat, rel);
		if (facts->has_system_columns)
			renumber_system_columns(expr, facts);
	}

	add_parts_of_parts(cat, facts);
	if (facts->objects == NIL && facts->types == NIL)
		return printer(expr, context);

	for (int attempt = 0; attempt < MAX_ATTEMPTS; attempt++)
	{
		uint64 before = SharedInvalidMessageCounter;
		ErrorData *error = NULL;
		SdProblem found;
		char *text;

		if (!facts->can_fail && facts->types == NIL)
			text = printer(expr, context);
		else
			text = print_guarded(cat, expr, context, facts, printer, &error);
		if (text == NULL && error == NULL)
		{
			*problem = SD_PROBLEM_LOCKED;
			return NULL;
		}

		found = find_problem(cat, facts);
		if (SharedInvalidMessageCounter != before)
			continue;

		if (found == SD_PROBLEM_NONE && error != NULL)
		{
			/* an error that concurrent DDL does not explain is an error */
			if (!means_vanished(error->sqlerrcode))
				ReThrowError(error);
			found = SD_PROBLEM_VANISHED;
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
 * Print in a subtransaction, with the row types locked.  NULL if one of them
 * cannot be locked, or with *error if an object may be missing.
 */
static char *
print_guarded(SdCatalog *cat, Node *expr, List *context, Facts *facts,
			  char *(*printer)(Node *expr, List *context), ErrorData **error)
{
	MemoryContext oldcontext = CurrentMemoryContext;
	ResourceOwner oldowner = CurrentResourceOwner;
	char *volatile text = NULL;

	BeginInternalSubTransaction(NULL);
	MemoryContextSwitchTo(oldcontext);

	PG_TRY();
	{
		List *locked = NIL;
		ListCell *lc;

		if (lock_row_types(cat, facts->types, &locked))
			text = printer(expr, context);
		foreach (lc, locked)
			UnlockRelationOid(lfirst_oid(lc), AccessShareLock);

		ReleaseCurrentSubTransaction();
		MemoryContextSwitchTo(oldcontext);
		CurrentResourceOwner = oldowner;
	}
	PG_CATCH();
	{
		MemoryContextSwitchTo(oldcontext);
		*error = CopyErrorData();
		FlushErrorState();
		RollbackAndReleaseCurrentSubTransaction();
		MemoryContextSwitchTo(oldcontext);
		CurrentResourceOwner = oldowner;

		/* cancel, shutdown, out of memory and the like are never swallowed */
		if (!means_vanished((*error)->sqlerrcode) &&
			(*error)->sqlerrcode != ERRCODE_INTERNAL_ERROR)
			ReThrowError(*error);
		text = NULL;
	}
	PG_END_TRY();

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
find_problem(SdCatalog *cat, Facts *facts)
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
			found = row_type_problem(cat, type);
		else if (type->kind == SD_TYPE_ENUM)
			found = sd_catalog_enum_problem(cat, type);
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
add_parts_of_parts(SdCatalog *cat, Facts *facts)
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
 * Lock the relations of composite types, which the deparser will open; false
 * if one cannot be had at once.  Those in *locked are to be released; after
 * an error the subtransaction's end does that.
 */
static bool
lock_row_types(SdCatalog *cat, List *types, List **locked)
{
	ListCell *lc;

	foreach (lc, types)
	{
		SdType *type = sd_catalog_type(cat, lfirst_oid(lc));

		if (type->kind != SD_TYPE_COMPOSITE)
			continue;
		if (!ConditionalLockRelationOid(type->relation, AccessShareLock))
			return false;
		*locked = lappend_oid(*locked, type->relation);
	}

	return true;
}

/* Does a composite type still have the snapshot's columns? */
static SdProblem
row_type_problem(SdCatalog *cat, SdType *type)
{
	SdRelation *rel = sd_catalog_relation(cat, type->relation);
	HeapTuple tuple;
	int natts;

	if (rel == NULL)
		return SD_PROBLEM_VANISHED;
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

	return SD_PROBLEM_NONE;
}

/*
 * A deparse namespace that calls column n of a relation as the snapshot does.
 * It is kept until another relation's is asked for.
 *
 * The deparser takes the names of anything but a table from the range table
 * entry itself; an empty name is a dropped column.  The system columns come
 * after the relation's own: see renumber_system_columns().
 */
static List *
column_names(SdCatalog *cat, SdRelation *rel)
{
	MemoryContext oldcontext;
	PlannedStmt *statement;
	RangeTblEntry *rte;

	if (cat->deparse_relation == rel)
		return cat->deparse_namespace;

	cat->deparse_relation = NULL;
	MemoryContextReset(cat->deparse_context);
	oldcontext = MemoryContextSwitchTo(cat->deparse_context);

	rte = named_columns(rel, NameStr(rel->name));
	statement = makeNode(PlannedStmt);
	statement->rtable = list_make1(rte);

	cat->deparse_namespace = deparse_context_for_plan_tree(
		statement, list_make1(rte->eref->aliasname));
	cat->deparse_relation = rel;
	MemoryContextSwitchTo(oldcontext);

	return cat->deparse_namespace;
}

/* Likewise, for the columns of OLD and NEW; kept for this expression only. */
static List *
old_and_new_names(SdRelation *rel)
{
	RangeTblEntry *old_rte = named_columns(rel, "old");
	RangeTblEntry *new_rte = named_columns(rel, "new");
	PlannedStmt *statement = makeNode(PlannedStmt);

	statement->rtable = list_make2(old_rte, new_rte);

	return deparse_context_for_plan_tree(
		statement,
		list_make2(old_rte->eref->aliasname, new_rte->eref->aliasname));
}

/* A range table entry that names the columns of a relation. */
static RangeTblEntry *
named_columns(SdRelation *rel, const char *alias)
{
	RangeTblEntry *rte = makeNode(RangeTblEntry);
	List *names = NIL;

	Assert(rel->columns_read);
	for (int i = 0; i < rel->natts; i++)
		names = lappend(names, makeString(rel->columns[i].exists
											  ? NameStr(rel->columns[i].name)
											  : ""));
	for (int i = -1; i > FirstLowInvalidHeapAttributeNumber; i--)
		names = lappend(names, makeString(pstrdup(NameStr(
								   SystemAttributeDefinition(i)->attname))));

	rte->rtekind = RTE_VALUES;
	rte->eref = makeAlias(alias, names);
	rte->inFromCl = true;

	return rte;
}

/* Let references to system columns find the names that come after natts. */
static bool
renumber_system_columns(Node *node, Facts *facts)
{
	if (node == NULL)
		return false;
	if (IsA(node, Var))
	{
		Var *var = (Var *) node;

		if (var->varattno < 0)
			var->varattno = facts->natts - var->varattno;
		if (var->varattnosyn < 0)
			var->varattnosyn = facts->natts - var->varattnosyn;
		return false;
	}

	return expression_tree_walker(node, renumber_system_columns,
								  (void *) facts);
}

static char *
print_expression(Node *expr, List *context)
{
	return deparse_expression(expr, context, false, false);
}

static char *
print_condition(Node *expr, List *context)
{
	return deparse_expression(expr, context, true, false);
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

/*
 * Lay out the text of an expression as pg_get_expr() does.  The only thing
 * that it puts on lines of its own are the parts of CASE.  Their keywords are
 * the only such words in capitals outside quotes, as identifiers in capitals
 * are quoted.
 */
static char *
indent_case(const char *flat, int level)
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
