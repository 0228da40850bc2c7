/*-------------------------------------------------------------------------
 *
 * functions.c
 *	  stormdisc_functions: functions, procedures, aggregates and window
 *	  functions.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "access/htup_details.h"
#include "catalog/pg_aggregate.h"
#include "catalog/pg_language.h"
#include "catalog/pg_operator.h"
#include "catalog/pg_proc.h"
#include "catalog/pg_type.h"
#include "utils/array.h"
#include "utils/builtins.h"
#include "utils/guc.h"
#include "utils/varlena.h"

#include "compat.h"
#include "discovery/object_names.h"
#include "discovery/objects.h"

PG_FUNCTION_INFO_V1(stormdisc_functions);

typedef struct Argument
{
	const char *name; /* NULL: none */
	Oid type;
	char mode;
	bool is_input;
	bool has_default;
	const char *default_value; /* NULL with a default: a problem */
} Argument;

/* a row of pg_proc and what there is to it; in the memory of the row */
typedef struct Function
{
	const SdObject *object;
	Form_pg_proc form;
	int narguments;
	Argument *arguments;
	int order_by_at; /* position of an aggregate's ORDER BY; -1: none */
	const char *library;
	const char *source; /* NULL: a body in SQL's own syntax */
	const char *body;	/* of that kind */
	char **settings;
	int nsettings;
	Oid *transforms;
	int ntransforms;
	/* of an aggregate */
	FormData_pg_aggregate aggregate;
	const char *initial_value;
	const char *moving_initial_value;
	SdProblem problem;
} Function;

static void emit_functions(SdDiscovery *disc);
static const char *argument_types(SdCatalog *cat, const SdObject *object);
static void add_function(SdDiscovery *disc, const SdObject *object);
static void read_function(SdCatalog *cat, const SdObject *object,
						  Function *function);
static void read_arguments(SdCatalog *cat, Function *function);
static void read_defaults(SdCatalog *cat, Function *function);
static void read_body(SdCatalog *cat, Function *function);
static void keep_aggregate(SdCatalog *cat, HeapTuple tuple, TupleDesc desc,
						   void *arg);
static Datum *members(Datum array, Oid type, int *count);
static void add_arguments(SdDiscovery *disc, Function *function);
static void add_aggregate(SdDiscovery *disc, Function *function);
static void add_state(SdDiscovery *disc, Oid type, int32 space);
static void add_final_function(SdDiscovery *disc, Oid oid, bool extra,
							   char modify);
static const char *list_arguments(SdCatalog *cat, Function *function,
								  bool defaults);
static int append_arguments(SdCatalog *cat, StringInfo buf, Function *function,
							bool table_columns, bool defaults);
static const char *result_type(SdCatalog *cat, Function *function);
static const char *function_definition(SdCatalog *cat, Function *function);
static void append_options(SdCatalog *cat, StringInfo buf, Function *function);
static void append_setting(StringInfo buf, const char *setting);
static void append_body(StringInfo buf, Function *function);
static const char *aggregate_definition(SdCatalog *cat, Function *function);
static void append_aggregate_function(SdCatalog *cat, StringInfo buf,
									  const char *word, Oid oid);
static void append_final_function(SdCatalog *cat, StringInfo buf,
								  const char *prefix, Oid oid, bool extra,
								  char modify, char kind);
static char default_modify(char kind);
static const char *function_kind(char prokind);
static const char *argument_mode(char mode);
static const char *volatility(char provolatile);
static const char *parallel(char proparallel);
static const char *aggregate_kind(char aggkind);
static const char *final_modify(char modify);

const SdKind sd_kind_functions = {
	.name = "functions",
	.identity = NULL,
	.left_out = "problem",
	.defaults = "function_kind=function,volatility=volatile,parallel=unsafe,"
				"cost=100,rows=1000,aggregate_kind=normal,"
				"transition_space=0,moving_transition_space=0",
	.emit = emit_functions,
};

static const SdObjectClass function_class = {
	.classid = ProcedureRelationId,
	.is_wanted = sd_is_own_function,
	.get_detail = argument_types,
	.add = add_function,
};

/*
 * stormdisc_functions(relation, schemas, include, exclude) -> setof row
 *		Report functions, procedures and aggregates, by schema, name and types
 *		of the arguments.
 */
Datum
stormdisc_functions(PG_FUNCTION_ARGS)
{
	return sd_discovery_run(fcinfo, &sd_kind_functions);
}

static void
emit_functions(SdDiscovery *disc)
{
	sd_objects_emit(disc, &function_class);
}

static const char *
argument_types(SdCatalog *cat, const SdObject *object)
{
	Form_pg_proc form = (Form_pg_proc) GETSTRUCT(object->tuple);

	return sd_catalog_argument_types(cat, form->pronargs,
									 form->proargtypes.values);
}

static void
add_function(SdDiscovery *disc, const SdObject *object)
{
	SdCatalog *cat = disc->catalog;
	Function function = {0};
	Form_pg_proc form;
	const char **types;
	bool is_aggregate;

	read_function(cat, object, &function);
	form = function.form;
	is_aggregate = (form->prokind == PROKIND_AGGREGATE);

	sd_row_identity(
		disc, psprintf("%s(%s)",
					   quote_qualified_identifier(NameStr(object->schema->name),
												  object->name),
					   object->detail));
	sd_row_object(disc, object);
	sd_row_text(disc, function_kind(form->prokind));
	sd_row_text(disc, list_arguments(cat, &function, false));
	sd_row_text(disc, list_arguments(cat, &function, true));
	add_arguments(disc, &function);
	sd_row_text(disc, result_type(cat, &function));
	sd_row_bool(disc, form->proretset);
	sd_row_text(disc, is_aggregate ? NULL
								   : sd_catalog_name(cat, LanguageRelationId,
													 form->prolang));
	sd_row_text(disc, is_aggregate ? NULL : volatility(form->provolatile));
	sd_row_bool(disc, form->proisstrict);
	sd_row_bool(disc, form->proleakproof);
	sd_row_text(disc, parallel(form->proparallel));
	sd_row_bool(disc, form->prosecdef);
	sd_row_texts(disc, function.nsettings,
				 (const char *const *) function.settings);
	if (is_aggregate)
		sd_row_null(disc);
	else
		sd_row_datum(disc, Float4GetDatum(form->procost));
	if (form->proretset)
		sd_row_datum(disc, Float4GetDatum(form->prorows));
	else
		sd_row_null(disc);
	sd_row_qualified(disc, ProcedureRelationId, form->prosupport);

	types = palloc(sizeof(char *) * (function.ntransforms + 1));
	for (int i = 0; i < function.ntransforms; i++)
		types[i] = sd_catalog_bare_type(cat, function.transforms[i]);
	sd_row_texts(disc, function.ntransforms, types);

	sd_row_text(disc, is_aggregate ? NULL : function.source);
	sd_row_text(disc, function.library);
	sd_row_text(disc, function.body);
	add_aggregate(disc, &function);
	sd_row_text(disc, is_aggregate ? aggregate_definition(cat, &function)
								   : function_definition(cat, &function));
	sd_row_object_end(disc, object, function.problem);
}

/* Take a row of pg_proc apart. */
static void
read_function(SdCatalog *cat, const SdObject *object, Function *function)
{
	bool isnull;
	Datum value;

	function->object = object;
	function->form = (Form_pg_proc) GETSTRUCT(object->tuple);
	function->order_by_at = -1;

	read_arguments(cat, function);
	read_defaults(cat, function);
	read_body(cat, function);

	function->settings = sd_array_texts(
		sd_object_array(object, Anum_pg_proc_proconfig), &function->nsettings);
	value = sd_object_value(object, Anum_pg_proc_protrftypes, &isnull);
	if (!isnull)
		function->transforms =
			sd_attribute_oids(cat, value, &function->ntransforms);

	if (function->form->prokind == PROKIND_AGGREGATE)
		sd_scan_oid(cat, AggregateRelationId, AggregateFnoidIndexId,
					Anum_pg_aggregate_aggfnoid, object->oid, keep_aggregate,
					function);
}

/* All arguments in their order, also those that are part of the result. */
static void
read_arguments(SdCatalog *cat, Function *function)
{
	const SdObject *object = function->object;
	Form_pg_proc form = function->form;
	Datum *types = NULL;
	Datum *modes = NULL;
	char **names;
	int ntypes = 0;
	int nmodes = 0;
	int nnames;
	Datum value;
	bool isnull;

	value = sd_object_value(object, Anum_pg_proc_proallargtypes, &isnull);
	if (!isnull)
		types = members(value, OIDOID, &ntypes);
	value = sd_object_value(object, Anum_pg_proc_proargmodes, &isnull);
	if (!isnull)
		modes = members(value, CHAROID, &nmodes);
	names = sd_array_texts(sd_object_array(object, Anum_pg_proc_proargnames),
						   &nnames);

	function->narguments = types != NULL ? ntypes : form->pronargs;
	function->arguments =
		palloc0(sizeof(Argument) * (function->narguments + 1));
	for (int i = 0; i < function->narguments; i++)
	{
		Argument *argument = &function->arguments[i];

		argument->type = types != NULL ? DatumGetObjectId(types[i])
									   : form->proargtypes.values[i];
		argument->mode = i < nmodes ? DatumGetChar(modes[i]) : PROARGMODE_IN;
		argument->is_input = argument->mode == PROARGMODE_IN ||
							 argument->mode == PROARGMODE_INOUT ||
							 argument->mode == PROARGMODE_VARIADIC;
		if (i < nnames && names[i] != NULL && names[i][0] != '\0')
			argument->name = names[i];
	}
}

/* The defaults are those of the last input arguments. */
static void
read_defaults(SdCatalog *cat, Function *function)
{
	bool isnull;
	Datum tree;
	List *defaults;
	int without;
	int position = 0;

	tree =
		sd_object_value(function->object, Anum_pg_proc_proargdefaults, &isnull);
	if (isnull)
		return;

	defaults = castNode(List, sd_deparse_read(cat, tree));
	without = function->form->pronargs - list_length(defaults);
	for (int i = 0; i < function->narguments; i++)
	{
		Argument *argument = &function->arguments[i];

		if (!argument->is_input || position++ < without)
			continue;
		argument->has_default = true;
		argument->default_value =
			sd_deparse_flat(cat, list_nth(defaults, position - 1 - without),
							&function->problem);
	}
}

/* Where the code is: in a library, in a text, or parsed. */
static void
read_body(SdCatalog *cat, Function *function)
{
	const SdObject *object = function->object;
	bool isnull;
	Datum tree = sd_object_value(object, Anum_pg_proc_prosqlbody, &isnull);

	function->library = sd_object_text(object, Anum_pg_proc_probin);
	if (isnull)
		function->source = sd_object_text(object, Anum_pg_proc_prosrc);
	else
		function->body = sd_deparse_function_body(cat, object->oid, tree,
												  &function->problem);
}

static void
keep_aggregate(SdCatalog *cat, HeapTuple tuple, TupleDesc desc, void *arg)
{
	Function *function = arg;
	Datum value;
	bool isnull;

	memcpy(&function->aggregate, GETSTRUCT(tuple), sizeof(function->aggregate));
	if (AGGKIND_IS_ORDERED_SET(function->aggregate.aggkind))
		function->order_by_at = function->aggregate.aggnumdirectargs;

	value = heap_getattr(tuple, Anum_pg_aggregate_agginitval, desc, &isnull);
	if (!isnull)
		function->initial_value = TextDatumGetCString(value);
	value = heap_getattr(tuple, Anum_pg_aggregate_aggminitval, desc, &isnull);
	if (!isnull)
		function->moving_initial_value = TextDatumGetCString(value);
}

/* The members of an array without nulls. */
static Datum *
members(Datum array, Oid type, int *count)
{
	Datum *values;

	if (type == OIDOID)
		deconstruct_array(DatumGetArrayTypeP(array), OIDOID, sizeof(Oid), true,
						  TYPALIGN_INT, &values, NULL, count);
	else if (type == CHAROID)
		deconstruct_array(DatumGetArrayTypeP(array), CHAROID, 1, true,
						  TYPALIGN_CHAR, &values, NULL, count);
	else
		deconstruct_array(DatumGetArrayTypeP(array), TEXTOID, -1, false,
						  TYPALIGN_INT, &values, NULL, count);

	return values;
}

/* argument_names, argument_types, argument_modes, argument_defaults */
static void
add_arguments(SdDiscovery *disc, Function *function)
{
	int count = function->narguments;
	const char **names = palloc0(sizeof(char *) * (count + 1));
	const char **types = palloc0(sizeof(char *) * (count + 1));
	const char **modes = palloc0(sizeof(char *) * (count + 1));
	const char **defaults = palloc0(sizeof(char *) * (count + 1));

	for (int i = 0; i < count; i++)
	{
		Argument *argument = &function->arguments[i];

		names[i] = argument->name;
		types[i] = sd_catalog_bare_type(disc->catalog, argument->type);
		modes[i] = argument_mode(argument->mode);
		defaults[i] = argument->default_value;
	}
	sd_row_texts(disc, count, names);
	sd_row_texts(disc, count, types);
	sd_row_texts(disc, count, modes);
	sd_row_texts(disc, count, defaults);
}

/* aggregate_kind to sort_operator */
static void
add_aggregate(SdDiscovery *disc, Function *function)
{
	FormData_pg_aggregate *form = &function->aggregate;

	if (function->form->prokind != PROKIND_AGGREGATE)
	{
		sd_row_nulls(disc, 21);
		return;
	}

	sd_row_text(disc, aggregate_kind(form->aggkind));
	if (AGGKIND_IS_ORDERED_SET(form->aggkind))
		sd_row_int32(disc, form->aggnumdirectargs);
	else
		sd_row_null(disc);
	sd_row_qualified(disc, ProcedureRelationId, form->aggtransfn);
	add_state(disc, form->aggtranstype, form->aggtransspace);
	add_final_function(disc, form->aggfinalfn, form->aggfinalextra,
					   form->aggfinalmodify);
	sd_row_qualified(disc, ProcedureRelationId, form->aggcombinefn);
	sd_row_qualified(disc, ProcedureRelationId, form->aggserialfn);
	sd_row_qualified(disc, ProcedureRelationId, form->aggdeserialfn);
	sd_row_text(disc, function->initial_value);
	sd_row_qualified(disc, ProcedureRelationId, form->aggmtransfn);
	sd_row_qualified(disc, ProcedureRelationId, form->aggminvtransfn);
	add_state(disc, form->aggmtranstype, form->aggmtransspace);
	add_final_function(disc, form->aggmfinalfn, form->aggmfinalextra,
					   form->aggmfinalmodify);
	sd_row_text(disc, function->moving_initial_value);
	sd_row_qualified(disc, OperatorRelationId, form->aggsortop);
}

/* transition_type, transition_space */
static void
add_state(SdDiscovery *disc, Oid type, int32 space)
{
	if (!OidIsValid(type))
	{
		sd_row_null(disc);
		sd_row_null(disc);
		return;
	}
	sd_row_text(disc, sd_catalog_bare_type(disc->catalog, type));
	sd_row_int32(disc, space);
}

/* final_function, final_extra, final_modify */
static void
add_final_function(SdDiscovery *disc, Oid oid, bool extra, char modify)
{
	if (!OidIsValid(oid))
	{
		sd_row_nulls(disc, 3);
		return;
	}
	sd_row_qualified(disc, ProcedureRelationId, oid);
	sd_row_bool(disc, extra);
	sd_row_text(disc, final_modify(modify));
}

/*
 * What pg_get_function_arguments() or pg_get_function_identity_arguments()
 * says; NULL if a default has a problem.
 */
static const char *
list_arguments(SdCatalog *cat, Function *function, bool defaults)
{
	StringInfoData buf;

	initStringInfo(&buf);
	if (append_arguments(cat, &buf, function, false, defaults) < 0)
		return NULL;

	return buf.data;
}

/*
 * Append the columns of the table that the function returns, or the other
 * arguments.  Returns their number; -1 if a default has a problem.
 */
static int
append_arguments(SdCatalog *cat, StringInfo buf, Function *function,
				 bool table_columns, bool defaults)
{
	int printed = 0;

	for (int i = 0; i < function->narguments; i++)
	{
		Argument *argument = &function->arguments[i];

		if (table_columns != (argument->mode == PROARGMODE_TABLE))
			continue;

		if (printed == function->order_by_at)
			appendStringInfo(buf, "%sORDER BY ", printed > 0 ? " " : "");
		else if (printed > 0)
			appendStringInfoString(buf, ", ");

		/* in a procedure's signature the modes tell one from another */
		if (argument->mode == PROARGMODE_INOUT)
			appendStringInfoString(buf, "INOUT ");
		else if (argument->mode == PROARGMODE_OUT)
			appendStringInfoString(buf, "OUT ");
		else if (argument->mode == PROARGMODE_VARIADIC)
			appendStringInfoString(buf, "VARIADIC ");
		else if (argument->mode == PROARGMODE_IN &&
				 function->form->prokind == PROKIND_PROCEDURE)
			appendStringInfoString(buf, "IN ");

		if (argument->name != NULL)
			appendStringInfo(buf, "%s ", quote_identifier(argument->name));
		appendStringInfoString(buf, sd_catalog_bare_type(cat, argument->type));
		if (defaults && argument->has_default)
		{
			if (argument->default_value == NULL)
				return -1;
			appendStringInfo(buf, " DEFAULT %s", argument->default_value);
		}
		printed++;

		/*
		 * The last argument of a variadic ordered-set aggregate stands for
		 * the direct arguments and the ordered ones.
		 */
		if (printed == function->order_by_at && i == function->narguments - 1)
			i--;
	}

	return printed;
}

/* What pg_get_function_result() says; NULL for a procedure. */
static const char *
result_type(SdCatalog *cat, Function *function)
{
	Form_pg_proc form = function->form;
	const char *type;
	StringInfoData buf;

	if (form->prokind == PROKIND_PROCEDURE)
		return NULL;

	type = sd_catalog_bare_type(cat, form->prorettype);
	if (!form->proretset)
		return type;

	initStringInfo(&buf);
	appendStringInfoString(&buf, "TABLE(");
	if (append_arguments(cat, &buf, function, true, false) == 0)
		return psprintf("SETOF %s", type);
	appendStringInfoChar(&buf, ')');

	return buf.data;
}

/* What pg_get_functiondef() says; NULL if a part of it has a problem. */
static const char *
function_definition(SdCatalog *cat, Function *function)
{
	bool is_procedure = (function->form->prokind == PROKIND_PROCEDURE);
	const SdObject *object = function->object;
	StringInfoData buf;

	if (function->problem != SD_PROBLEM_NONE)
		return NULL;

	initStringInfo(&buf);
	appendStringInfo(
		&buf, "CREATE OR REPLACE %s %s(%s)\n",
		is_procedure ? "PROCEDURE" : "FUNCTION",
		quote_qualified_identifier(NameStr(object->schema->name), object->name),
		list_arguments(cat, function, true));
	if (!is_procedure)
		appendStringInfo(&buf, " RETURNS %s\n", result_type(cat, function));
	for (int i = 0; i < function->ntransforms; i++)
		appendStringInfo(&buf, "%s FOR TYPE %s", i > 0 ? "," : " TRANSFORM",
						 sd_catalog_bare_type(cat, function->transforms[i]));
	if (function->ntransforms > 0)
		appendStringInfoChar(&buf, '\n');
	appendStringInfo(&buf, " LANGUAGE %s\n",
					 quote_identifier(sd_catalog_name(
						 cat, LanguageRelationId, function->form->prolang)));
	append_options(cat, &buf, function);
	for (int i = 0; i < function->nsettings; i++)
		append_setting(&buf, function->settings[i]);
	append_body(&buf, function);
	appendStringInfoChar(&buf, '\n');

	return buf.data;
}

/* Append the options that are not the default, on one line. */
static void
append_options(SdCatalog *cat, StringInfo buf, Function *function)
{
	Form_pg_proc form = function->form;
	bool is_c =
		form->prolang == INTERNALlanguageId || form->prolang == ClanguageId;
	int start = buf->len;

	if (form->prokind == PROKIND_WINDOW)
		appendStringInfoString(buf, " WINDOW");
	if (form->provolatile == PROVOLATILE_IMMUTABLE)
		appendStringInfoString(buf, " IMMUTABLE");
	else if (form->provolatile == PROVOLATILE_STABLE)
		appendStringInfoString(buf, " STABLE");
	if (form->proparallel == PROPARALLEL_SAFE)
		appendStringInfoString(buf, " PARALLEL SAFE");
	else if (form->proparallel == PROPARALLEL_RESTRICTED)
		appendStringInfoString(buf, " PARALLEL RESTRICTED");
	if (form->proisstrict)
		appendStringInfoString(buf, " STRICT");
	if (form->prosecdef)
		appendStringInfoString(buf, " SECURITY DEFINER");
	if (form->proleakproof)
		appendStringInfoString(buf, " LEAKPROOF");
	if (form->procost != (is_c ? 1 : 100))
		appendStringInfo(buf, " COST %g", form->procost);
	if (form->prorows > 0 && form->prorows != 1000)
		appendStringInfo(buf, " ROWS %g", form->prorows);
	if (OidIsValid(form->prosupport))
		appendStringInfo(buf, " SUPPORT %s",
						 sd_catalog_visible_name(cat, ProcedureRelationId,
												 form->prosupport));
	if (buf->len > start)
		appendStringInfoChar(buf, '\n');
}

/*
 * Append a SET clause.  The value of a list like search_path is a list of
 * identifiers, which SQL has to be given as literals.
 */
static void
append_setting(StringInfo buf, const char *setting)
{
	char *name = pstrdup(setting);
	char *value = strchr(name, '=');
	List *items;
	ListCell *lc;

	if (value == NULL)
		return;
	*value++ = '\0';

	appendStringInfo(buf, " SET %s TO ", quote_identifier(name));
	if (!(GetConfigOptionFlags(name, true) & GUC_LIST_QUOTE))
		sd_append_literal(buf, value);
	else if (!SplitGUCList(value, ',', &items))
		elog(ERROR, "invalid list syntax in setting of function: %s", setting);
	else if (items == NIL)
		appendStringInfoString(buf, SD_EMPTY_LIST);
	else
	{
		foreach (lc, items)
		{
			if (foreach_current_index(lc) > 0)
				appendStringInfoString(buf, ", ");
			sd_append_literal(buf, lfirst(lc));
		}
	}
	appendStringInfoChar(buf, '\n');
}

/* Append the code, between dollar quotes that do not occur in it. */
static void
append_body(StringInfo buf, Function *function)
{
	bool is_procedure = (function->form->prokind == PROKIND_PROCEDURE);
	StringInfoData quote;

	if (function->body != NULL)
	{
		appendStringInfoString(buf, function->body);
		return;
	}

	appendStringInfoString(buf, "AS ");
	if (function->library != NULL)
	{
		sd_append_literal(buf, function->library);
		appendStringInfoString(buf, ", ");
	}

	initStringInfo(&quote);
	appendStringInfo(&quote, "$%s", is_procedure ? "procedure" : "function");
	while (strstr(function->source, quote.data) != NULL)
		appendStringInfoChar(&quote, 'x');
	appendStringInfo(buf, "%s$%s%s$", quote.data, function->source, quote.data);
}

/* A CREATE AGGREGATE command: the server has no function for this. */
static const char *
aggregate_definition(SdCatalog *cat, Function *function)
{
	FormData_pg_aggregate *form = &function->aggregate;
	const SdObject *object = function->object;
	StringInfoData buf;

	if (function->problem != SD_PROBLEM_NONE)
		return NULL;

	initStringInfo(&buf);
	appendStringInfo(
		&buf, "CREATE AGGREGATE %s(%s) (\n",
		quote_qualified_identifier(NameStr(object->schema->name), object->name),
		function->narguments > 0 ? list_arguments(cat, function, true) : "*");
	appendStringInfo(
		&buf, "    SFUNC = %s,\n    STYPE = %s",
		sd_catalog_visible_name(cat, ProcedureRelationId, form->aggtransfn),
		sd_catalog_bare_type(cat, form->aggtranstype));
	if (form->aggtransspace != 0)
		appendStringInfo(&buf, ",\n    SSPACE = %d", form->aggtransspace);
	append_final_function(cat, &buf, "", form->aggfinalfn, form->aggfinalextra,
						  form->aggfinalmodify, form->aggkind);
	append_aggregate_function(cat, &buf, "COMBINEFUNC", form->aggcombinefn);
	append_aggregate_function(cat, &buf, "SERIALFUNC", form->aggserialfn);
	append_aggregate_function(cat, &buf, "DESERIALFUNC", form->aggdeserialfn);
	if (function->initial_value != NULL)
	{
		appendStringInfoString(&buf, ",\n    INITCOND = ");
		sd_append_literal(&buf, function->initial_value);
	}
	append_aggregate_function(cat, &buf, "MSFUNC", form->aggmtransfn);
	append_aggregate_function(cat, &buf, "MINVFUNC", form->aggminvtransfn);
	if (OidIsValid(form->aggmtranstype))
		appendStringInfo(&buf, ",\n    MSTYPE = %s",
						 sd_catalog_bare_type(cat, form->aggmtranstype));
	if (form->aggmtransspace != 0)
		appendStringInfo(&buf, ",\n    MSSPACE = %d", form->aggmtransspace);
	append_final_function(cat, &buf, "M", form->aggmfinalfn,
						  form->aggmfinalextra, form->aggmfinalmodify,
						  form->aggkind);
	if (function->moving_initial_value != NULL)
	{
		appendStringInfoString(&buf, ",\n    MINITCOND = ");
		sd_append_literal(&buf, function->moving_initial_value);
	}
	if (OidIsValid(form->aggsortop))
		appendStringInfo(&buf, ",\n    SORTOP = OPERATOR(%s)",
						 sd_catalog_qualified_name(cat, OperatorRelationId,
												   form->aggsortop));
	if (form->aggkind == AGGKIND_HYPOTHETICAL)
		appendStringInfoString(&buf, ",\n    HYPOTHETICAL");
	if (function->form->proparallel != PROPARALLEL_UNSAFE)
		appendStringInfo(&buf, ",\n    PARALLEL = %s",
						 parallel(function->form->proparallel));
	appendStringInfoString(&buf, "\n)");

	return buf.data;
}

static void
append_aggregate_function(SdCatalog *cat, StringInfo buf, const char *word,
						  Oid oid)
{
	if (OidIsValid(oid))
		appendStringInfo(
			buf, ",\n    %s = %s", word,
			sd_catalog_visible_name(cat, ProcedureRelationId, oid));
}

static void
append_final_function(SdCatalog *cat, StringInfo buf, const char *prefix,
					  Oid oid, bool extra, char modify, char kind)
{
	if (!OidIsValid(oid))
		return;

	appendStringInfo(buf, ",\n    %sFINALFUNC = %s", prefix,
					 sd_catalog_visible_name(cat, ProcedureRelationId, oid));
	if (extra)
		appendStringInfo(buf, ",\n    %sFINALFUNC_EXTRA", prefix);
	if (modify != default_modify(kind))
		appendStringInfo(buf, ",\n    %sFINALFUNC_MODIFY = %s", prefix,
						 final_modify(modify));
}

/* as DefineAggregate() has it */
static char
default_modify(char kind)
{
	return kind == AGGKIND_NORMAL ? AGGMODIFY_READ_ONLY : AGGMODIFY_READ_WRITE;
}

static const char *
function_kind(char prokind)
{
	switch (prokind)
	{
		case PROKIND_FUNCTION:
			return "function";
		case PROKIND_PROCEDURE:
			return "procedure";
		case PROKIND_AGGREGATE:
			return "aggregate";
		case PROKIND_WINDOW:
			return "window";
		default:
			elog(ERROR, "unrecognized function kind: %c", prokind);
			return NULL; /* keep compiler quiet */
	}
}

static const char *
argument_mode(char mode)
{
	switch (mode)
	{
		case PROARGMODE_IN:
			return "in";
		case PROARGMODE_OUT:
			return "out";
		case PROARGMODE_INOUT:
			return "inout";
		case PROARGMODE_VARIADIC:
			return "variadic";
		case PROARGMODE_TABLE:
			return "table";
		default:
			elog(ERROR, "unrecognized argument mode: %c", mode);
			return NULL; /* keep compiler quiet */
	}
}

static const char *
volatility(char provolatile)
{
	switch (provolatile)
	{
		case PROVOLATILE_IMMUTABLE:
			return "immutable";
		case PROVOLATILE_STABLE:
			return "stable";
		case PROVOLATILE_VOLATILE:
			return "volatile";
		default:
			elog(ERROR, "unrecognized volatility: %c", provolatile);
			return NULL; /* keep compiler quiet */
	}
}

static const char *
parallel(char proparallel)
{
	switch (proparallel)
	{
		case PROPARALLEL_SAFE:
			return "safe";
		case PROPARALLEL_RESTRICTED:
			return "restricted";
		case PROPARALLEL_UNSAFE:
			return "unsafe";
		default:
			elog(ERROR, "unrecognized parallel safety: %c", proparallel);
			return NULL; /* keep compiler quiet */
	}
}

static const char *
aggregate_kind(char aggkind)
{
	switch (aggkind)
	{
		case AGGKIND_NORMAL:
			return "normal";
		case AGGKIND_ORDERED_SET:
			return "ordered-set";
		case AGGKIND_HYPOTHETICAL:
			return "hypothetical";
		default:
			elog(ERROR, "unrecognized aggregate kind: %c", aggkind);
			return NULL; /* keep compiler quiet */
	}
}

static const char *
final_modify(char modify)
{
	switch (modify)
	{
		case AGGMODIFY_READ_ONLY:
			return "read_only";
		case AGGMODIFY_SHAREABLE:
			return "shareable";
		case AGGMODIFY_READ_WRITE:
			return "read_write";
		default:
			elog(ERROR, "unrecognized final function modify flag: %c", modify);
			return NULL; /* keep compiler quiet */
	}
}
