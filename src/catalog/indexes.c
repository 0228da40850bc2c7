/*-------------------------------------------------------------------------
 *
 * indexes.c
 *	  Indexes, their keys in order, and their definitions.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "access/amapi.h"
#include "access/genam.h"
#include "access/htup_details.h"
#include "access/transam.h"
#include "catalog/pg_am.h"
#include "catalog/pg_attribute.h"
#include "catalog/pg_class.h"
#include "catalog/pg_collation.h"
#include "catalog/pg_constraint.h"
#include "catalog/pg_index.h"
#include "catalog/pg_opclass.h"
#include "catalog/pg_operator.h"
#include "catalog/pg_type.h"
#include "commands/defrem.h"
#include "nodes/makefuncs.h"
#include "nodes/nodeFuncs.h"
#include "parser/parse_oper.h"
#include "utils/array.h"
#include "utils/builtins.h"
#include "utils/fmgroids.h"
#include "utils/memutils.h"
#include "utils/ruleutils.h"
#include "utils/syscache.h"

#include "catalog/sd_catalog.h"
#include "compat.h"

/* which operator class an access method uses for a type, if none is named */
typedef struct DefaultOpclassKey
{
	Oid type;
	Oid access_method;
} DefaultOpclassKey;

typedef struct DefaultOpclass
{
	DefaultOpclassKey key; /* hash key */
	Oid opclass;
} DefaultOpclass;

/* a key of an index; int, so that there are no gaps */
typedef struct KeyPosition
{
	Oid index;
	int position;
} KeyPosition;

/* what a key's own row of pg_attribute says, if it says anything */
typedef struct KeySettings
{
	KeyPosition key; /* hash key */
	ArrayType *opclass_options;
	int statistics_target;
} KeySettings;

/* whether an access method orders its entries */
typedef struct AccessMethod
{
	Oid oid; /* hash key */
	bool can_order;
} AccessMethod;

static SdIndex *find_index(SdCatalog *cat, Oid oid);
static void keep_index(SdCatalog *cat, HeapTuple tuple, TupleDesc desc,
					   void *arg);
static void fill_columns(SdCatalog *cat, SdIndex *index, Form_pg_index form,
						 HeapTuple tuple, TupleDesc desc);
static void fill_expressions(SdCatalog *cat, SdIndex *index, HeapTuple tuple,
							 TupleDesc desc);
static bool server_takes_infix_for_call(void);
static void keep_late_key_settings(SdCatalog *cat, HeapTuple tuple,
								   TupleDesc desc, void *arg);
static void find_key_settings(SdCatalog *cat, SdIndex *index, int i);
static int compare_indexes(const ListCell *a, const ListCell *b);
static bool can_order(SdCatalog *cat, Oid access_method);
static Oid default_opclass(SdCatalog *cat, Oid type, Oid access_method);
static void find_method(SdCatalog *cat, HeapTuple tuple, TupleDesc desc,
						void *arg);
static Oid find_default_opclass(SdCatalog *cat, Oid type, Oid access_method);
static void keep_default_opclass(SdCatalog *cat, HeapTuple tuple,
								 TupleDesc desc, void *arg);
static void append_columns(SdCatalog *cat, StringInfo buf, SdIndex *index,
						   const Oid *operators);
static void append_key(SdCatalog *cat, StringInfo buf, SdIndex *index,
					   const SdIndexKey *key, Oid operator_);
static void append_operator(SdCatalog *cat, StringInfo buf, Oid oid, Oid type);

/*
 * sd_catalog_read_indexes
 *		Read the indexes of the relations in scope.
 */
void
sd_catalog_read_indexes(SdCatalog *cat)
{
	sd_scan_relations(cat, IndexRelationId, IndexIndrelidIndexId,
					  Anum_pg_index_indrelid, keep_index, NULL);

	for (int i = 0; i < cat->nrelations; i++)
		list_sort(cat->relations[i]->indexes, compare_indexes);
	if (cat->known_indexes != NULL)
	{
		int noids;
		Oid *oids = sd_oid_map_oids(cat->known_indexes, &noids);

		if (!cat->key_settings_read)
			sd_scan_oids(cat, AttributeRelationId, AttributeRelidNumIndexId,
						 Anum_pg_attribute_attrelid, noids, oids,
						 keep_late_key_settings, NULL);
		if (cat->parts & SD_READ_INDEX_COMMENTS)
			sd_catalog_read_comments(cat, RelationRelationId, noids, oids);
		pfree(oids);
	}
}

static int
compare_indexes(const ListCell *a, const ListCell *b)
{
	return strcmp(NameStr(((SdIndex *) lfirst(a))->self->name),
				  NameStr(((SdIndex *) lfirst(b))->self->name));
}

/*
 * sd_catalog_index
 *		Any index by OID; NULL if the snapshot has no such.
 */
SdIndex *
sd_catalog_index(SdCatalog *cat, Oid oid)
{
	SdIndex *index = find_index(cat, oid);

	if (index == NULL)
	{
		sd_scan_oid(cat, IndexRelationId, IndexRelidIndexId,
					Anum_pg_index_indexrelid, oid, keep_index, &oid);
		index = find_index(cat, oid);
		if (index != NULL)
			sd_scan_oid(cat, AttributeRelationId, AttributeRelidNumIndexId,
						Anum_pg_attribute_attrelid, oid, keep_late_key_settings,
						NULL);
	}

	return index;
}

/*
 * sd_index_set_constraint
 *		Tell the index of a key or exclusion constraint what it is for.
 *
 * A foreign key's index is the one that it points to, not its own.
 */
void
sd_index_set_constraint(SdCatalog *cat, SdConstraint *con)
{
	SdIndex *index = find_index(cat, con->index);

	if (index != NULL && con->type != CONSTRAINT_FOREIGN)
		index->constraint = con;
}

static SdIndex *
find_index(SdCatalog *cat, Oid oid)
{
	return sd_oid_map_get(cat->known_indexes, oid);
}

/* Keep an index if its table is in scope, or it is the one asked for. */
static void
keep_index(SdCatalog *cat, HeapTuple tuple, TupleDesc desc, void *arg)
{
	Form_pg_index form = (Form_pg_index) GETSTRUCT(tuple);
	bool wanted = (arg != NULL && *(Oid *) arg == form->indexrelid);
	MemoryContext oldcontext;
	SdRelation *rel;
	SdRelation *self;
	SdIndex *index;

	/* a constraint cannot stand on any other */
	if (!(cat->parts & SD_READ_INDEX_TEXTS) && !form->indisunique &&
		!form->indisexclusion)
		return;

	if (wanted)
		rel = sd_catalog_relation(cat, form->indrelid);
	else
	{
		rel = sd_catalog_known_relation(cat, form->indrelid);
		if (rel == NULL || !rel->in_scope)
			return;
	}
	self = sd_catalog_relation(cat, form->indexrelid);
	if (rel == NULL || self == NULL)
		return;
	sd_relation_read_columns(cat, rel);

	oldcontext = MemoryContextSwitchTo(cat->context);
	if (cat->known_indexes == NULL)
		cat->known_indexes = sd_oid_map_create(cat);
	index = palloc0(sizeof(SdIndex));
	sd_oid_map_put(cat->known_indexes, form->indexrelid, index);
	if (!wanted)
		rel->indexes = lappend(rel->indexes, index);

	index->self = self;
	index->relation = rel;
	index->is_unique = form->indisunique;
	index->is_primary = form->indisprimary;
	index->is_exclusion = form->indisexclusion;
	index->is_valid = form->indisvalid;
	index->is_ready = form->indisready;
	index->is_clustered = form->indisclustered;
	index->is_replica_identity = form->indisreplident;
	index->nulls_not_distinct = form->indnullsnotdistinct;
	index->can_order = can_order(cat, self->access_method);
	fill_columns(cat, index, form, tuple, desc);
	/* an exclusion constraint's definition is made of them */
	if ((cat->parts & SD_READ_INDEX_TEXTS) ||
		(index->is_exclusion && (cat->parts & SD_READ_CONSTRAINTS)))
		fill_expressions(cat, index, tuple, desc);
	MemoryContextSwitchTo(oldcontext);
}

/*
 * Fill in the keys and included columns.  Keys are numbered by position: the
 * same column may occur twice, and what is 0 is an expression.
 */
static void
fill_columns(SdCatalog *cat, SdIndex *index, Form_pg_index form,
			 HeapTuple tuple, TupleDesc desc)
{
	bool isnull;
	oidvector *collations;
	oidvector *opclasses;
	int2vector *options;

	collations = (oidvector *) DatumGetPointer(
		heap_getattr(tuple, Anum_pg_index_indcollation, desc, &isnull));
	opclasses = (oidvector *) DatumGetPointer(
		heap_getattr(tuple, Anum_pg_index_indclass, desc, &isnull));
	options = (int2vector *) DatumGetPointer(
		heap_getattr(tuple, Anum_pg_index_indoption, desc, &isnull));

	index->nkeys = form->indnkeyatts;
	index->ncolumns = form->indnatts;
	index->keys = palloc0(sizeof(SdIndexKey) * Max(index->ncolumns, 1));
	for (int i = 0; i < index->ncolumns; i++)
	{
		SdIndexKey *key = &index->keys[i];
		SdColumn *column;

		key->column = form->indkey.values[i];
		column = sd_relation_column(index->relation, key->column);
		if (column != NULL)
		{
			key->type = column->type;
			key->type_collation = column->collation;
		}
		if (i < index->nkeys)
		{
			key->collation = collations->values[i];
			key->opclass = opclasses->values[i];
			key->option = options->values[i];
			find_key_settings(cat, index, i);
		}
	}
}

static void
fill_expressions(SdCatalog *cat, SdIndex *index, HeapTuple tuple,
				 TupleDesc desc)
{
	Datum trees;
	bool isnull;

	trees = heap_getattr(tuple, Anum_pg_index_indexprs, desc, &isnull);
	if (!isnull)
	{
		List *expressions = (List *) sd_deparse_read(cat, trees);
		ListCell *lc = list_head(expressions);

		index->is_expression = true;
		for (int i = 0; i < index->ncolumns; i++)
		{
			SdIndexKey *key = &index->keys[i];
			Node *expr;

			if (key->column != 0)
				continue;
			if (lc == NULL)
				elog(ERROR, "too few expressions in index %u",
					 index->self->oid);
			expr = lfirst(lc);
			key->type = exprType(expr);
			key->type_collation = exprCollation(expr);
			key->expression =
				sd_deparse(cat, index->relation, expr, &index->problem);
			key->is_function_call =
				sd_expression_is_call(expr, key->expression);
			lc = lnext(expressions, lc);
		}
	}

	trees = heap_getattr(tuple, Anum_pg_index_indpred, desc, &isnull);
	if (!isnull)
	{
		index->has_predicate = true;
		index->predicate = sd_deparse(
			cat, index->relation, sd_deparse_read(cat, trees), &index->problem);
	}
}

/*
 * sd_expression_is_call
 *		Does the grammar take the expression as a key as it is?
 *
 * In indexes and statistics it takes function calls and what looks like one;
 * the rest stands in parentheses.  The text is the expression's.
 */
bool
sd_expression_is_call(Node *expr, const char *text)
{
	switch (nodeTag(expr))
	{
		case T_FuncExpr:
			/* a call that is written as a cast is not one */
			if (((FuncExpr *) expr)->funcformat == COERCE_EXPLICIT_CALL)
				return true;
			/* nor, in newer minor releases, is AT TIME ZONE and the like */
			return ((FuncExpr *) expr)->funcformat == COERCE_SQL_SYNTAX &&
				   text != NULL &&
				   (text[0] != '(' || server_takes_infix_for_call());
		case T_CoalesceExpr:
		case T_MinMaxExpr:
		case T_NullIfExpr:
		case T_SQLValueFunction:
		case T_XmlExpr:
#ifdef SD_HAS_JSON_EXPR
		case T_JsonExpr:
#endif
			return true;
		default:
			return false;
	}
}

/*
 * Does this server take functions with an infix syntax of their own for
 * function calls?  It matters in FROM as well: what does not look like a call
 * stands there in a CAST.  The answer cannot change while we are loaded.
 */
static bool
server_takes_infix_for_call(void)
{
	static int answer = -1;

	if (answer < 0)
	{
		RangeTblFunction *function = makeNode(RangeTblFunction);
		RangeTblEntry *rte = makeNode(RangeTblEntry);
		RangeTblRef *ref = makeNode(RangeTblRef);
		Query *query = makeNode(Query);

		function->funcexpr = (Node *) makeFuncExpr(
			F_TIMEZONE_TEXT_TIMESTAMPTZ, TIMESTAMPOID,
			list_make2(makeNullConst(TEXTOID, -1, DEFAULT_COLLATION_OID),
					   makeNullConst(TIMESTAMPTZOID, -1, InvalidOid)),
			InvalidOid, InvalidOid, COERCE_SQL_SYNTAX);
		function->funccolcount = 1;
		rte->rtekind = RTE_FUNCTION;
		rte->functions = list_make1(function);
		rte->eref = makeAlias("f", list_make1(makeString("f")));
		rte->inFromCl = true;
		ref->rtindex = 1;
		query->commandType = CMD_SELECT;
		query->rtable = list_make1(rte);
		query->jointree = makeFromExpr(list_make1(ref), NULL);
		query->targetList = list_make1(makeTargetEntry(
			(Expr *) makeBoolConst(true, false), 1, "one", false));

		answer = strstr(pg_get_querydef(query, false), "CAST(") == NULL;
	}

	return answer;
}

/*
 * sd_index_keep_key_settings
 *		Keep the parameters of a key's operator class and its statistics
 *		target, which stand in the index's own row of pg_attribute, until the
 *		index is read.
 *
 * While pg_attribute is read for columns, this saves reading it once more.
 */
void
sd_index_keep_key_settings(SdCatalog *cat, HeapTuple tuple, TupleDesc desc)
{
	Form_pg_attribute form = (Form_pg_attribute) GETSTRUCT(tuple);
	KeyPosition key = {form->attrelid, form->attnum};
	KeySettings *entry;
	ArrayType *options = sd_attribute_options(cat, tuple, desc);
	int target = sd_attribute_statistics_target(tuple, desc);
	SdRelation *rel;

	if (options == NULL && target < 0)
		return;
	rel = sd_catalog_known_relation(cat, form->attrelid);
	if (rel == NULL ||
		(rel->kind != RELKIND_INDEX && rel->kind != RELKIND_PARTITIONED_INDEX))
		return;

	if (cat->key_settings == NULL)
		cat->key_settings =
			sd_hash_create(cat, "stormdisc index key settings",
						   sizeof(KeyPosition), sizeof(KeySettings));
	entry = hash_search(cat->key_settings, &key, HASH_ENTER, NULL);
	entry->opclass_options = options;
	entry->statistics_target = target;
}

/* Likewise, for an index that has been read. */
static void
keep_late_key_settings(SdCatalog *cat, HeapTuple tuple, TupleDesc desc,
					   void *arg)
{
	Form_pg_attribute form = (Form_pg_attribute) GETSTRUCT(tuple);
	SdIndex *index = find_index(cat, form->attrelid);

	if (index == NULL || form->attnum < 1 || form->attnum > index->nkeys)
		return;
	sd_index_keep_key_settings(cat, tuple, desc);
	find_key_settings(cat, index, form->attnum - 1);
}

static void
find_key_settings(SdCatalog *cat, SdIndex *index, int i)
{
	KeyPosition key = {index->self->oid, i + 1};
	KeySettings *entry = NULL;

	if (cat->key_settings != NULL)
		entry = hash_search(cat->key_settings, &key, HASH_FIND, NULL);
	index->keys[i].opclass_options =
		entry != NULL ? entry->opclass_options : NULL;
	index->keys[i].statistics_target =
		entry != NULL ? entry->statistics_target : -1;
}

/* Does the access method have an order?  It is asked once. */
static bool
can_order(SdCatalog *cat, Oid access_method)
{
	AccessMethod *entry;
	bool known;

	/* the server's own are known, so that no handler needs to be called */
	if (access_method == BTREE_AM_OID)
		return true;
	if (access_method == HASH_AM_OID || access_method == GIST_AM_OID ||
		access_method == GIN_AM_OID || access_method == SPGIST_AM_OID ||
		access_method == BRIN_AM_OID)
		return false;

	if (cat->access_methods == NULL)
		cat->access_methods = sd_hash_create(cat, "stormdisc access methods",
											 sizeof(Oid), sizeof(AccessMethod));
	entry =
		hash_search(cat->access_methods, &access_method, HASH_ENTER, &known);
	if (!known)
	{
		const IndexAmRoutine *routine =
			GetIndexAmRoutineByAmId(access_method, true);

		entry->can_order = routine != NULL && routine->amcanorder;
	}

	return entry->can_order;
}

/* The operator class that goes without saying; it is looked up once. */
static Oid
default_opclass(SdCatalog *cat, Oid type, Oid access_method)
{
	DefaultOpclassKey key = {type, access_method};
	DefaultOpclass *entry;

	if (cat->default_opclasses == NULL)
		cat->default_opclasses =
			sd_hash_create(cat, "stormdisc default operator classes",
						   sizeof(DefaultOpclassKey), sizeof(DefaultOpclass));

	entry = hash_search(cat->default_opclasses, &key, HASH_FIND, NULL);
	if (entry == NULL)
	{
		Oid opclass = find_default_opclass(cat, type, access_method);

		entry = hash_search(cat->default_opclasses, &key, HASH_ENTER, NULL);
		entry->opclass = opclass;
	}

	return entry->opclass;
}

/*
 * As GetDefaultOpClass(), which raises an error if the type is gone by now.
 * So it is asked about the server's own types only: a user's type that has no
 * operator class of its own uses that of its kind.
 */
static Oid
find_default_opclass(SdCatalog *cat, Oid type, Oid access_method)
{
	int32 typmod = -1;
	SdType *base = sd_catalog_base_type(cat, type, &typmod);

	if (base->oid >= FirstNormalObjectId)
	{
		DefaultOpclass own = {{base->oid, access_method}, InvalidOid};

		sd_scan_oid(cat, OperatorClassRelationId, OpclassAmNameNspIndexId,
					Anum_pg_opclass_opcmethod, access_method,
					keep_default_opclass, &own);
		if (OidIsValid(own.opclass))
			return own.opclass;
	}

	if (base->oid < FirstNormalObjectId)
		return GetDefaultOpClass(base->oid, access_method);

	switch (base->kind)
	{
		case SD_TYPE_ENUM:
			return GetDefaultOpClass(ANYENUMOID, access_method);
		case SD_TYPE_RANGE:
			return GetDefaultOpClass(ANYRANGEOID, access_method);
		case SD_TYPE_MULTIRANGE:
			return GetDefaultOpClass(ANYMULTIRANGEOID, access_method);
		case SD_TYPE_COMPOSITE:
			return GetDefaultOpClass(RECORDOID, access_method);
		case SD_TYPE_ARRAY:
			return GetDefaultOpClass(ANYARRAYOID, access_method);
		default:
			if (!SearchSysCacheExists1(TYPEOID, ObjectIdGetDatum(base->oid)))
				return InvalidOid;
			return GetDefaultOpClass(base->oid, access_method);
	}
}

static void
keep_default_opclass(SdCatalog *cat, HeapTuple tuple, TupleDesc desc, void *arg)
{
	Form_pg_opclass form = (Form_pg_opclass) GETSTRUCT(tuple);
	DefaultOpclass *own = arg;

	if (form->opcdefault && form->opcintype == own->key.type)
		own->opclass = form->oid;
}

/*
 * sd_opclass_is_default
 *		Does the operator class go without saying for the type?
 */
bool
sd_opclass_is_default(SdCatalog *cat, Oid type, Oid opclass)
{
	Oid method = InvalidOid;

	sd_scan_oid(cat, OperatorClassRelationId, OpclassOidIndexId,
				Anum_pg_opclass_oid, opclass, find_method, &method);

	return OidIsValid(method) && default_opclass(cat, type, method) == opclass;
}

static void
find_method(SdCatalog *cat, HeapTuple tuple, TupleDesc desc, void *arg)
{
	*(Oid *) arg = ((Form_pg_opclass) GETSTRUCT(tuple))->opcmethod;
}

/*
 * sd_index_definition
 *		What pg_get_indexdef() says, under the snapshot; NULL if an
 *		expression is missing.  In the scratch context.
 */
char *
sd_index_definition(SdCatalog *cat, SdIndex *index)
{
	MemoryContext oldcontext;
	StringInfoData buf;

	if (index->problem != SD_PROBLEM_NONE)
		return NULL;

	oldcontext = MemoryContextSwitchTo(cat->scratch);
	initStringInfo(&buf);
	appendStringInfo(
		&buf, "CREATE %sINDEX %s ON %s%s USING %s (",
		index->is_unique ? "UNIQUE " : "",
		quote_identifier(NameStr(index->self->name)),
		index->self->kind == RELKIND_PARTITIONED_INDEX ? "ONLY " : "",
		sd_relation_qualified_name(index->relation),
		quote_identifier(sd_catalog_name(cat, AccessMethodRelationId,
										 index->self->access_method)));
	append_columns(cat, &buf, index, NULL);
	if (index->nulls_not_distinct)
		appendStringInfoString(&buf, " NULLS NOT DISTINCT");
	if (index->self->options != NULL)
	{
		appendStringInfoString(&buf, " WITH (");
		sd_deparse_options(&buf, index->self->options);
		appendStringInfoChar(&buf, ')');
	}
	if (index->has_predicate)
		appendStringInfo(&buf, " WHERE %s", index->predicate);
	MemoryContextSwitchTo(oldcontext);

	return buf.data;
}

/*
 * sd_index_exclusion
 *		The index's part of an exclusion constraint's definition, likewise.
 */
char *
sd_index_exclusion(SdCatalog *cat, SdIndex *index, const Oid *operators,
				   int noperators)
{
	MemoryContext oldcontext;
	StringInfoData buf;

	if (index->problem != SD_PROBLEM_NONE || noperators != index->nkeys)
		return NULL;

	oldcontext = MemoryContextSwitchTo(cat->scratch);
	initStringInfo(&buf);
	appendStringInfo(
		&buf, "EXCLUDE USING %s (",
		quote_identifier(sd_catalog_name(cat, AccessMethodRelationId,
										 index->self->access_method)));
	append_columns(cat, &buf, index, operators);
	if (index->self->options != NULL)
	{
		appendStringInfoString(&buf, " WITH (");
		sd_deparse_options(&buf, index->self->options);
		appendStringInfoChar(&buf, ')');
	}
	if (index->has_predicate)
		appendStringInfo(&buf, " WHERE (%s)", index->predicate);
	MemoryContextSwitchTo(oldcontext);

	return buf.data;
}

/* Append the keys, a closing parenthesis, and the included columns. */
static void
append_columns(SdCatalog *cat, StringInfo buf, SdIndex *index,
			   const Oid *operators)
{
	for (int i = 0; i < index->ncolumns; i++)
	{
		if (i == index->nkeys)
			appendStringInfoString(buf, ") INCLUDE (");
		else if (i > 0)
			appendStringInfoString(buf, ", ");

		append_key(cat, buf, index, &index->keys[i],
				   operators != NULL && i < index->nkeys ? operators[i]
														 : InvalidOid);
	}
	appendStringInfoChar(buf, ')');
}

static void
append_key(SdCatalog *cat, StringInfo buf, SdIndex *index,
		   const SdIndexKey *key, Oid operator_)
{
	SdColumn *column = sd_relation_column(index->relation, key->column);

	if (column != NULL)
		appendStringInfoString(buf, quote_identifier(NameStr(column->name)));
	else
		appendStringInfo(buf, key->is_function_call ? "%s" : "(%s)",
						 key->expression);

	/* an included column has no operator class, nor anything else */
	if (!OidIsValid(key->opclass))
		return;

	if (OidIsValid(key->collation) && key->collation != key->type_collation)
		appendStringInfo(
			buf, " COLLATE %s",
			sd_catalog_visible_name(cat, CollationRelationId, key->collation));
	if (key->opclass_options != NULL ||
		default_opclass(cat, key->type, index->self->access_method) !=
			key->opclass)
		appendStringInfo(buf, " %s",
						 sd_catalog_visible_name(cat, OperatorClassRelationId,
												 key->opclass));
	if (key->opclass_options != NULL)
	{
		appendStringInfoString(buf, " (");
		sd_deparse_options(buf, key->opclass_options);
		appendStringInfoChar(buf, ')');
	}

	if (index->can_order)
	{
		bool desc = (key->option & INDOPTION_DESC) != 0;
		bool nulls_first = (key->option & INDOPTION_NULLS_FIRST) != 0;

		if (desc)
			appendStringInfoString(buf, " DESC");
		if (desc != nulls_first)
			appendStringInfoString(buf, nulls_first ? " NULLS FIRST"
													: " NULLS LAST");
	}
	if (OidIsValid(operator_))
	{
		appendStringInfoString(buf, " WITH ");
		append_operator(cat, buf, operator_, key->type);
	}
}

/*
 * Append an operator: its bare name if the parser would find the same one
 * by it.
 */
static void
append_operator(SdCatalog *cat, StringInfo buf, Oid oid, Oid type)
{
	const char *name = sd_catalog_name(cat, OperatorRelationId, oid);
	Operator found = NULL;

	/* oper() raises an error for a type that is gone by now */
	if (SearchSysCacheExists1(TYPEOID, ObjectIdGetDatum(type)))
		found = oper(NULL, list_make1(makeString(pstrdup(name))), type, type,
					 true, -1);

	if (found != NULL && oprid(found) == oid)
		appendStringInfoString(buf, name);
	else
		appendStringInfo(
			buf, "OPERATOR(%s)",
			sd_catalog_qualified_name(cat, OperatorRelationId, oid));
	if (found != NULL)
		ReleaseSysCache(found);
}

/*
 * sd_index_key_name
 *		The column, or the text of the expression, at a position from 0.
 */
const char *
sd_index_key_name(SdIndex *index, int position)
{
	const SdIndexKey *key = &index->keys[position];

	return key->column != 0
			   ? sd_relation_column_name(index->relation, key->column)
			   : key->expression;
}

/*
 * sd_index_opclass
 *		A key's operator class with its schema and parameters, in the scratch
 *		context; NULL for an included column.
 */
char *
sd_index_opclass(SdCatalog *cat, const SdIndexKey *key)
{
	MemoryContext oldcontext;
	StringInfoData buf;

	if (!OidIsValid(key->opclass))
		return NULL;

	oldcontext = MemoryContextSwitchTo(cat->scratch);
	initStringInfo(&buf);
	appendStringInfoString(
		&buf,
		sd_catalog_qualified_name(cat, OperatorClassRelationId, key->opclass));
	if (key->opclass_options != NULL)
	{
		appendStringInfoString(&buf, " (");
		sd_deparse_options(&buf, key->opclass_options);
		appendStringInfoChar(&buf, ')');
	}
	MemoryContextSwitchTo(oldcontext);

	return buf.data;
}
