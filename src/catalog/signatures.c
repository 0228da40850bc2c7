/*-------------------------------------------------------------------------
 *
 * signatures.c
 *	  Functions and operators with the types of their arguments.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "access/htup_details.h"
#include "catalog/pg_operator.h"
#include "catalog/pg_proc.h"
#include "catalog/pg_type.h"
#include "utils/builtins.h"

#include "catalog/sd_catalog.h"

/* what a handler gives back */
typedef struct Signature
{
	Oid oid;
	const char *text;
} Signature;

static void keep_function(SdCatalog *cat, HeapTuple tuple, TupleDesc desc,
						  void *arg);
static void keep_operator(SdCatalog *cat, HeapTuple tuple, TupleDesc desc,
						  void *arg);

/*
 * sd_catalog_bare_type
 *		A type without a modifier, as format_type_be() gives it: where a type
 *		has none by nature, "character" is not the same as "character(1)".
 *
 * The result lives as long as the reading.
 */
const char *
sd_catalog_bare_type(SdCatalog *cat, Oid oid)
{
	switch (oid)
	{
		case BPCHAROID:
			return "character";
		case BPCHARARRAYOID:
			return "character[]";
		case BITOID:
			return "bit";
		case BITARRAYOID:
			return "bit[]";
		default:
			return sd_catalog_format_type(cat, oid, -1);
	}
}

/*
 * sd_catalog_argument_types
 *		A list of types as in "integer,text", in the current memory context.
 */
char *
sd_catalog_argument_types(SdCatalog *cat, int ntypes, const Oid *types)
{
	StringInfoData buf;

	initStringInfo(&buf);
	for (int i = 0; i < ntypes; i++)
		appendStringInfo(&buf, "%s%s", i > 0 ? "," : "",
						 sd_catalog_bare_type(cat, types[i]));

	return buf.data;
}

/*
 * sd_catalog_function_signature
 *		A function as in public.f(integer,text), in the current memory
 *		context; NULL for an invalid OID, "???" for one of no function.
 */
const char *
sd_catalog_function_signature(SdCatalog *cat, Oid oid)
{
	Signature signature = {oid, OidIsValid(oid) ? "???" : NULL};

	if (OidIsValid(oid))
		sd_scan_oid(cat, ProcedureRelationId, ProcedureOidIndexId,
					Anum_pg_proc_oid, oid, keep_function, &signature);

	return signature.text;
}

static void
keep_function(SdCatalog *cat, HeapTuple tuple, TupleDesc desc, void *arg)
{
	Signature *signature = arg;
	Form_pg_proc form = (Form_pg_proc) GETSTRUCT(tuple);

	signature->text = psprintf(
		"%s(%s)",
		sd_catalog_qualified_name(cat, ProcedureRelationId, signature->oid),
		sd_catalog_argument_types(cat, form->pronargs,
								  form->proargtypes.values));
}

/*
 * sd_catalog_operator_signature
 *		Likewise, an operator as in public.+(integer,integer), with NONE for
 *		an operand that it does not have.
 */
const char *
sd_catalog_operator_signature(SdCatalog *cat, Oid oid)
{
	Signature signature = {oid, OidIsValid(oid) ? "???" : NULL};

	if (OidIsValid(oid))
		sd_scan_oid(cat, OperatorRelationId, OperatorOidIndexId,
					Anum_pg_operator_oid, oid, keep_operator, &signature);

	return signature.text;
}

static void
keep_operator(SdCatalog *cat, HeapTuple tuple, TupleDesc desc, void *arg)
{
	Signature *signature = arg;
	Form_pg_operator form = (Form_pg_operator) GETSTRUCT(tuple);

	signature->text = psprintf(
		"%s(%s,%s)",
		sd_catalog_qualified_name(cat, OperatorRelationId, signature->oid),
		OidIsValid(form->oprleft) ? sd_catalog_bare_type(cat, form->oprleft)
								  : "NONE",
		OidIsValid(form->oprright) ? sd_catalog_bare_type(cat, form->oprright)
								   : "NONE");
}

/*
 * sd_append_literal
 *		Append a string literal, for standard_conforming_strings.
 */
void
sd_append_literal(StringInfo buf, const char *value)
{
	appendStringInfoChar(buf, '\'');
	for (const char *at = value; *at != '\0'; at++)
	{
		if (*at == '\'')
			appendStringInfoChar(buf, '\'');
		appendStringInfoChar(buf, *at);
	}
	appendStringInfoChar(buf, '\'');
}
