/*-------------------------------------------------------------------------
 *
 * operators.c
 *	  stormdisc_operators and stormdisc_casts.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "access/htup_details.h"
#include "catalog/pg_cast.h"
#include "catalog/pg_operator.h"
#include "catalog/pg_proc.h"
#include "utils/builtins.h"

#include "discovery/objects.h"

PG_FUNCTION_INFO_V1(stormdisc_operators);
PG_FUNCTION_INFO_V1(stormdisc_casts);

static void emit_operators(SdDiscovery *disc);
static bool is_defined(SdCatalog *cat, HeapTuple tuple);
static const char *operand_types(SdCatalog *cat, const SdObject *object);
static void add_operator(SdDiscovery *disc, const SdObject *object);
static const char *operand_type(SdCatalog *cat, Oid type);
static void emit_casts(SdDiscovery *disc);
static const char *cast_name(SdCatalog *cat, HeapTuple tuple, TupleDesc desc);
static bool is_of_itself(SdCatalog *cat, HeapTuple tuple);
static void add_cast(SdDiscovery *disc, const SdObject *object);
static const char *cast_method(char castmethod);
static const char *cast_context(char castcontext);

const SdKind sd_kind_operators = {
	.name = "operators",
	.identity = NULL,
	.left_out = "problem",
	.defaults = "",
	.emit = emit_operators,
};

static const SdObjectClass operator_class = {
	.classid = OperatorRelationId,
	.is_wanted = is_defined,
	.get_detail = operand_types,
	.add = add_operator,
};

const SdKind sd_kind_casts = {
	.name = "casts",
	.identity = NULL,
	.left_out = "problem",
	.defaults = "method=function,context=explicit",
	.emit = emit_casts,
};

static const SdObjectClass cast_class = {
	.classid = CastRelationId,
	.get_name = cast_name,
	.is_wanted = is_of_itself,
	.add = add_cast,
};

/*
 * stormdisc_operators(relation, schemas, include, exclude) -> setof row
 *		Report operators, by schema, name and types of the operands.
 */
Datum
stormdisc_operators(PG_FUNCTION_ARGS)
{
	return sd_discovery_run(fcinfo, &sd_kind_operators);
}

static void
emit_operators(SdDiscovery *disc)
{
	sd_objects_emit(disc, &operator_class);
}

/* An operator that was only ever named, as a commutator, has no function. */
static bool
is_defined(SdCatalog *cat, HeapTuple tuple)
{
	return OidIsValid(((Form_pg_operator) GETSTRUCT(tuple))->oprcode);
}

static const char *
operand_types(SdCatalog *cat, const SdObject *object)
{
	Form_pg_operator form = (Form_pg_operator) GETSTRUCT(object->tuple);
	const char *left = operand_type(cat, form->oprleft);
	const char *right = operand_type(cat, form->oprright);

	return psprintf("%s,%s", left != NULL ? left : "NONE",
					right != NULL ? right : "NONE");
}

static void
add_operator(SdDiscovery *disc, const SdObject *object)
{
	SdCatalog *cat = disc->catalog;
	Form_pg_operator form = (Form_pg_operator) GETSTRUCT(object->tuple);

	sd_row_identity(disc,
					psprintf("%s.%s(%s)",
							 quote_identifier(NameStr(object->schema->name)),
							 object->name, object->detail));
	sd_row_object(disc, object);
	sd_row_text(disc, operand_type(cat, form->oprleft));
	sd_row_text(disc, operand_type(cat, form->oprright));
	sd_row_text(disc, operand_type(cat, form->oprresult));
	sd_row_qualified(disc, ProcedureRelationId, form->oprcode);
	sd_row_qualified(disc, OperatorRelationId, form->oprcom);
	sd_row_qualified(disc, OperatorRelationId, form->oprnegate);
	sd_row_qualified(disc, ProcedureRelationId, form->oprrest);
	sd_row_qualified(disc, ProcedureRelationId, form->oprjoin);
	sd_row_bool(disc, form->oprcanhash);
	sd_row_bool(disc, form->oprcanmerge);
	sd_row_object_end(disc, object, SD_PROBLEM_NONE);
}

static const char *
operand_type(SdCatalog *cat, Oid type)
{
	return OidIsValid(type) ? sd_catalog_bare_type(cat, type) : NULL;
}

/*
 * stormdisc_casts(relation, schemas, include, exclude) -> setof row
 *		Report casts, by the types.
 */
Datum
stormdisc_casts(PG_FUNCTION_ARGS)
{
	return sd_discovery_run(fcinfo, &sd_kind_casts);
}

static void
emit_casts(SdDiscovery *disc)
{
	sd_objects_emit(disc, &cast_class);
}

static const char *
cast_name(SdCatalog *cat, HeapTuple tuple, TupleDesc desc)
{
	Form_pg_cast form = (Form_pg_cast) GETSTRUCT(tuple);

	return psprintf("(%s AS %s)", sd_catalog_bare_type(cat, form->castsource),
					sd_catalog_bare_type(cat, form->casttarget));
}

/* A range's cast to its multirange comes and goes with the type. */
static bool
is_of_itself(SdCatalog *cat, HeapTuple tuple)
{
	Form_pg_cast form = (Form_pg_cast) GETSTRUCT(tuple);

	return !sd_catalog_is_internal(cat, CastRelationId, form->oid);
}

static void
add_cast(SdDiscovery *disc, const SdObject *object)
{
	SdCatalog *cat = disc->catalog;
	Form_pg_cast form = (Form_pg_cast) GETSTRUCT(object->tuple);

	sd_row_identity(disc, object->name);
	sd_row_text(disc, sd_catalog_bare_type(cat, form->castsource));
	sd_row_text(disc, sd_catalog_bare_type(cat, form->casttarget));
	sd_row_text(disc, cast_method(form->castmethod));
	sd_row_text(disc, sd_catalog_function_signature(cat, form->castfunc));
	sd_row_text(disc, cast_context(form->castcontext));
	sd_row_comment(disc, object);
	sd_row_end(disc, SD_PROBLEM_NONE);
}

static const char *
cast_method(char castmethod)
{
	switch (castmethod)
	{
		case COERCION_METHOD_FUNCTION:
			return "function";
		case COERCION_METHOD_INOUT:
			return "inout";
		case COERCION_METHOD_BINARY:
			return "binary";
		default:
			elog(ERROR, "unrecognized cast method: %c", castmethod);
			return NULL; /* keep compiler quiet */
	}
}

static const char *
cast_context(char castcontext)
{
	switch (castcontext)
	{
		case COERCION_CODE_EXPLICIT:
			return "explicit";
		case COERCION_CODE_ASSIGNMENT:
			return "assignment";
		case COERCION_CODE_IMPLICIT:
			return "implicit";
		default:
			elog(ERROR, "unrecognized cast context: %c", castcontext);
			return NULL; /* keep compiler quiet */
	}
}
