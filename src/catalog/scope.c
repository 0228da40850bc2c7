/*-------------------------------------------------------------------------
 *
 * scope.c
 *	  Which relations a reading is about.
 *
 * The arguments relation, schemas, include and exclude narrow the scope
 * together.  What is named by relation or schemas is in even if it would stay
 * out by default: system schemas, and for relation extension members.
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "access/transam.h"
#include "catalog/pg_class.h"
#include "catalog/pg_type.h"
#include "miscadmin.h"
#include "utils/builtins.h"
#include "utils/varlena.h"

#include "catalog/sd_catalog.h"
#include "stormdisc.h"

static bool matches_any(List *patterns, const char *schema, const char *name);

/*
 * sd_scope_names
 *		The members of an argument, checked: a list of char *.
 *
 * Raises 22023 for an array that is empty, has more than one dimension, or
 * holds a NULL.
 */
List *
sd_scope_names(ArrayType *array, const char *argument)
{
	List *names = NIL;
	char **members;
	int count;

	if (ARR_NDIM(array) > 1)
		ereport(ERROR, errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				errmsg("argument \"%s\" must be a one-dimensional array",
					   argument));
	if (ARR_NDIM(array) == 0)
		ereport(
			ERROR, errcode(ERRCODE_INVALID_PARAMETER_VALUE),
			errmsg("argument \"%s\" must not be an empty array", argument),
			errhint(
				"Use NULL, or leave the argument out, for no restriction."));
	if (array_contains_nulls(array))
		ereport(
			ERROR, errcode(ERRCODE_INVALID_PARAMETER_VALUE),
			errmsg("argument \"%s\" must not contain null values", argument));

	members = sd_array_texts(array, &count);
	for (int i = 0; i < count; i++)
	{
		CHECK_FOR_INTERRUPTS();
		names = lappend(names, members[i]);
	}

	return names;
}

/*
 * sd_scope_patterns
 *		Likewise, as patterns: a list of SdPattern *.
 *
 * Raises also the errors of sd_pattern_parse().
 */
List *
sd_scope_patterns(ArrayType *array, const char *argument)
{
	List *names = sd_scope_names(array, argument);
	ListCell *lc;

	foreach (lc, names)
	{
		CHECK_FOR_INTERRUPTS();
		lfirst(lc) = sd_pattern_parse(lfirst(lc));
	}

	return names;
}

/*
 * sd_scope_resolve
 *		Find the schemas that the scope names, or the setting in its place.
 *
 * Raises 3F000 if one does not exist.
 */
void
sd_scope_resolve(SdCatalog *cat)
{
	SdScope *scope = cat->scope;
	ListCell *lc;

	if (!scope->ignore_setting && !scope->has_schemas && !scope->has_relation &&
		sd_setting_schemas[0] != '\0')
	{
		/* the check hook has accepted the list */
		(void) SplitIdentifierString(pstrdup(sd_setting_schemas), ',',
									 &scope->schema_names);
		scope->has_schemas = (scope->schema_names != NIL);
	}

	foreach (lc, scope->schema_names)
	{
		const char *name = lfirst(lc);
		Oid oid = sd_catalog_schema_oid(cat, name);

		CHECK_FOR_INTERRUPTS();
		if (OidIsValid(oid))
			scope->schemas = lappend_oid(scope->schemas, oid);
		else if (strcmp(name, "pg_temp") != 0) /* may be not yet made */
			ereport(ERROR, errcode(ERRCODE_UNDEFINED_SCHEMA),
					errmsg("schema \"%s\" does not exist", name));
	}
	list_sort(scope->schemas, list_oid_cmp);
}

/*
 * sd_scope_has
 *		Do the scope's schemas and patterns take this relation in?
 */
bool
sd_scope_has(SdCatalog *cat, SdRelation *rel)
{
	SdScope *scope = cat->scope;

	if (scope->permanent_only && rel->schema->is_own_temp)
		return false;
	if (scope->has_schemas || !scope->has_relation)
	{
		if (!rel->schema->in_scope)
			return false;
	}

	return sd_scope_has_name(scope, NameStr(rel->schema->name),
							 NameStr(rel->name));
}

/*
 * sd_scope_has_object
 *		Does the scope take in an object that is not a relation?
 *
 * It is in if its schema is, unless it belongs to an extension.  An object
 * without a schema is in only if the scope names no schemas.  What the server
 * brought is out.  A scope of one relation takes in what that uses.
 */
bool
sd_scope_has_object(SdCatalog *cat, Oid classid, Oid oid, Oid schema,
					const char *name)
{
	SdScope *scope = cat->scope;
	const char *schema_name = "";

	if (OidIsValid(schema))
	{
		SdSchema *found = sd_catalog_schema(cat, schema);

		if (scope->permanent_only && found->is_own_temp)
			return false;
		if ((scope->has_schemas || !scope->has_relation) && !found->in_scope)
			return false;
		schema_name = NameStr(found->name);
	}
	else if (scope->has_schemas || oid < FirstNormalObjectId)
		return false;

	if (!sd_scope_has_name(scope, schema_name, name))
		return false;
	if (scope->has_relation)
		return sd_catalog_uses(cat, scope->relation, classid, oid);

	return !sd_catalog_is_member(cat, classid, oid);
}

/*
 * sd_scope_has_name
 *		Do the patterns take this name in?  The schema is "" for none.
 */
bool
sd_scope_has_name(SdScope *scope, const char *schema, const char *name)
{
	return (scope->include == NIL ||
			matches_any(scope->include, schema, name)) &&
		   !matches_any(scope->exclude, schema, name);
}

/*
 * sd_scope_excludes
 *		Is this relation one that the caller does not want to see at all?
 */
bool
sd_scope_excludes(SdScope *scope, SdRelation *rel)
{
	return matches_any(scope->exclude, NameStr(rel->schema->name),
					   NameStr(rel->name));
}

static bool
matches_any(List *patterns, const char *schema, const char *name)
{
	ListCell *lc;

	foreach (lc, patterns)
	{
		CHECK_FOR_INTERRUPTS();
		if (sd_pattern_match(lfirst(lc), schema, name))
			return true;
	}

	return false;
}
