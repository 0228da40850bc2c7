/*-------------------------------------------------------------------------
 *
 * advice_constraints.c
 *	  Advice about keys and constraints, and about columns.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "catalog/pg_attribute.h"
#include "catalog/pg_class.h"
#include "catalog/pg_constraint.h"
#include "catalog/pg_type.h"
#include "utils/builtins.h"

#include "model/advice.h"

static void check_primary_key(SdAdvice *adv, SdRelation *rel);
static const char *add_primary_key(SdAdvice *adv, SdRelation *rel);
static void check_state(SdAdvice *adv, SdRelation *rel, SdConstraint *con);
static void check_types(SdAdvice *adv, SdRelation *rel, SdConstraint *con);
static bool may_be_null(SdAdvice *adv, SdRelation *rel, AttrNumber number);
static void check_unique_key(SdAdvice *adv, SdRelation *rel, SdIndex *index);
static bool type_can_change(SdRelation *rel, const SdColumn *column);
static bool is_reg_type(Oid type);
static Oid element_type(SdCatalog *cat, Oid type, int32 *typmod,
						bool *is_plain);

/*
 * sd_advise_constraints
 *		Check the keys and constraints of a table.
 */
void
sd_advise_constraints(SdAdvice *adv, SdRelation *rel)
{
	ListCell *lc;

	check_primary_key(adv, rel);
	foreach (lc, rel->constraints)
	{
		SdConstraint *con = lfirst(lc);

		check_state(adv, rel, con);
		if (con->type == CONSTRAINT_FOREIGN && !OidIsValid(con->parent))
			check_types(adv, rel, con);
	}
	foreach (lc, rel->indexes)
		check_unique_key(adv, rel, lfirst(lc));
}

static void
check_primary_key(SdAdvice *adv, SdRelation *rel)
{
	ListCell *lc;

	/* a partition has its parent's, or needs it there */
	if (rel->is_partition || rel->kind == RELKIND_FOREIGN_TABLE)
		return;
	foreach (lc, rel->indexes)
		if (((SdIndex *) lfirst(lc))->is_primary)
			return;

	sd_advise(adv, SD_RULE_NO_PRIMARY_KEY, rel, sd_relation_qualified_name(rel),
			  add_primary_key(adv, rel),
			  psprintf("table \"%s\" has no primary key", NameStr(rel->name)));
}

/* The statement that gives a table a primary key; NULL if it depends. */
static const char *
add_primary_key(SdAdvice *adv, SdRelation *rel)
{
	const char *table = sd_relation_qualified_name(rel);
	ListCell *lc;

	if (rel->kind != RELKIND_RELATION)
		return NULL;
	foreach (lc, rel->indexes)
	{
		SdIndex *index = lfirst(lc);

		if (sd_advice_can_be_primary(adv, index))
			return psprintf("ALTER TABLE %s ADD PRIMARY KEY USING INDEX %s",
							table,
							quote_identifier(NameStr(index->self->name)));
	}
	if (OidIsValid(rel->of_type) || sd_advice_facts(adv, rel)->has_children ||
		sd_advice_find_column(rel, "id") != NULL)
		return NULL;

	return psprintf("ALTER TABLE %s ADD COLUMN id bigint GENERATED ALWAYS AS "
					"IDENTITY PRIMARY KEY",
					table);
}

/* Is a constraint enforced, and was it checked for all rows? */
static void
check_state(SdAdvice *adv, SdRelation *rel, SdConstraint *con)
{
	const char *table = sd_relation_qualified_name(rel);
	const char *name = quote_identifier(NameStr(con->name));

	/* what is inherited is said where it comes from */
	if (OidIsValid(con->parent) || !con->is_local)
		return;

	if (!con->enforced)
		sd_advise(
			adv, SD_RULE_NOT_ENFORCED_CONSTRAINT, rel,
			sd_advice_on(NameStr(con->name), rel),
			con->type == CONSTRAINT_FOREIGN
				? psprintf("ALTER TABLE %s ALTER CONSTRAINT %s ENFORCED", table,
						   name)
				: NULL,
			psprintf("constraint \"%s\" is not enforced", NameStr(con->name)));
	else if (!con->validated)
		sd_advise(
			adv, SD_RULE_NOT_VALID_CONSTRAINT, rel,
			sd_advice_on(NameStr(con->name), rel),
			rel->kind == RELKIND_FOREIGN_TABLE
				? NULL
				: psprintf("ALTER TABLE %s VALIDATE CONSTRAINT %s", table,
						   name),
			psprintf("constraint \"%s\" was not checked for the rows that "
					 "were there before it",
					 NameStr(con->name)));
}

/* Do the columns of a foreign key have the types of the key? */
static void
check_types(SdAdvice *adv, SdRelation *rel, SdConstraint *con)
{
	SdCatalog *cat = adv->catalog;
	SdRelation *ref = sd_catalog_relation(cat, con->ref_relation);

	if (ref == NULL)
		return;
	sd_relation_read_columns(cat, ref);
	for (int i = 0; i < Min(con->ncolumns, con->nref_columns); i++)
	{
		SdColumn *column = sd_relation_column(rel, con->columns[i]);
		SdColumn *key = sd_relation_column(ref, con->ref_columns[i]);
		int32 typmod;

		if (column == NULL || key == NULL ||
			sd_catalog_base_type(cat, column->type, &typmod) ==
				sd_catalog_base_type(cat, key->type, &typmod))
			continue;
		sd_advise(
			adv, SD_RULE_FOREIGN_KEY_TYPE, rel, sd_advice_column(rel, column),
			type_can_change(rel, column)
				? psprintf("ALTER TABLE %s ALTER COLUMN %s TYPE %s",
						   sd_relation_qualified_name(rel),
						   quote_identifier(NameStr(column->name)),
						   sd_catalog_format_type(cat, key->type, key->typmod))
				: NULL,
			psprintf("column \"%s\" of foreign key \"%s\" is %s, but the key "
					 "is %s",
					 NameStr(column->name), NameStr(con->name),
					 sd_catalog_format_type(cat, column->type, column->typmod),
					 sd_catalog_format_type(cat, key->type, key->typmod)));
	}
}

/* Rows with a null are all different for a unique key. */
static void
check_unique_key(SdAdvice *adv, SdRelation *rel, SdIndex *index)
{
	StringInfoData names;
	StringInfoData actions;
	int count = 0;

	if (!index->is_unique || index->is_primary || index->nulls_not_distinct ||
		index->has_predicate || !index->is_valid ||
		sd_catalog_parents(adv->catalog, index->self->oid) != NIL)
		return;

	initStringInfo(&names);
	initStringInfo(&actions);
	for (int i = 0; i < index->nkeys; i++)
	{
		SdColumn *column = sd_relation_column(rel, index->keys[i].column);

		if (column == NULL || !may_be_null(adv, rel, column->number))
			continue;
		appendStringInfo(&names, "%s\"%s\"", count > 0 ? ", " : "",
						 NameStr(column->name));
		appendStringInfo(&actions, "%sALTER COLUMN %s SET NOT NULL",
						 count > 0 ? ", " : "",
						 quote_identifier(NameStr(column->name)));
		count++;
	}
	if (count > 0)
		sd_advise(adv, SD_RULE_NULLABLE_UNIQUE_KEY, rel,
				  sd_relation_qualified_name(index->self),
				  psprintf("ALTER TABLE %s %s", sd_relation_qualified_name(rel),
						   actions.data),
				  psprintf("unique key \"%s\" does not hold for rows with a "
						   "null in %s",
						   NameStr(index->self->name), names.data));
}

static bool
may_be_null(SdAdvice *adv, SdRelation *rel, AttrNumber number)
{
	SdColumn *column = sd_relation_column(rel, number);
	SdType *type = sd_catalog_type(adv->catalog, column->type);

	while (type->kind == SD_TYPE_DOMAIN)
	{
		if (type->not_null)
			return false;
		type = sd_catalog_type(adv->catalog, type->base);
	}

	return !column->not_null;
}

/*
 * sd_advise_columns
 *		Check the types of a table's columns.
 */
void
sd_advise_columns(SdAdvice *adv, SdRelation *rel)
{
	SdCatalog *cat = adv->catalog;

	for (int i = 0; i < rel->natts; i++)
	{
		SdColumn *column = &rel->columns[i];
		int32 typmod = column->typmod;
		const char *alter = NULL;
		const char *name;
		bool is_plain;
		Oid type;

		/* what is inherited is said where it comes from */
		if (!column->exists || !column->is_local || column->inherited_count > 0)
			continue;
		name = quote_identifier(NameStr(column->name));
		type = element_type(cat, column->type, &typmod, &is_plain);
		if (is_plain && type_can_change(rel, column))
			alter = psprintf("ALTER TABLE %s ALTER COLUMN %s TYPE",
							 sd_relation_qualified_name(rel), name);

		if (type == TIMESTAMPOID)
			sd_advise(
				adv, SD_RULE_TIMESTAMP_WITHOUT_TIME_ZONE, rel,
				sd_advice_column(rel, column),
				alter ? psprintf("%s timestamptz%s USING %s AT TIME ZONE 'UTC'",
								 alter,
								 typmod >= 0 ? psprintf("(%d)", typmod) : "",
								 name)
					  : NULL,
				psprintf(
					"column \"%s\" is %s", NameStr(column->name),
					sd_catalog_format_type(cat, column->type, column->typmod)));
		else if (type == BPCHAROID && typmod >= 0)
			sd_advise(adv, SD_RULE_CHAR_TYPE, rel,
					  sd_advice_column(rel, column),
					  alter ? psprintf("%s varchar(%d)", alter,
									   (int) (typmod - VARHDRSZ))
							: NULL,
					  psprintf("column \"%s\" is %s", NameStr(column->name),
							   sd_catalog_format_type(cat, column->type,
													  column->typmod)));
		else if (is_reg_type(type))
			sd_advise(
				adv, SD_RULE_UNSUPPORTED_REG_TYPE, rel,
				sd_advice_column(rel, column),
				alter ? psprintf("%s text", alter) : NULL,
				psprintf(
					"column \"%s\" is %s, whose values are OIDs that "
					"pg_upgrade does not keep",
					NameStr(column->name),
					sd_catalog_format_type(cat, column->type, column->typmod)));
	}
}

/* The type below domains and arrays; is_plain if there were none. */
static Oid
element_type(SdCatalog *cat, Oid type, int32 *typmod, bool *is_plain)
{
	SdType *found = sd_catalog_type(cat, type);

	*is_plain = true;
	for (;;)
	{
		if (found->kind == SD_TYPE_DOMAIN)
		{
			*typmod = found->typmod;
			found = sd_catalog_type(cat, found->base);
		}
		else if (found->kind == SD_TYPE_ARRAY)
			found = sd_catalog_type(cat, found->element);
		else
			return found->oid;
		*is_plain = false;
	}
}

/* Would the server change the type of this column? */
static bool
type_can_change(SdRelation *rel, const SdColumn *column)
{
	return rel->kind != RELKIND_FOREIGN_TABLE && !OidIsValid(rel->of_type) &&
		   !column->in_partition_key && column->generated == '\0' &&
		   column->is_local && column->inherited_count == 0;
}

/* pg_upgrade's list: the others refer to what keeps its OID */
static bool
is_reg_type(Oid type)
{
	switch (type)
	{
		case REGCOLLATIONOID:
		case REGCONFIGOID:
		case REGDICTIONARYOID:
		case REGNAMESPACEOID:
		case REGOPEROID:
		case REGOPERATOROID:
		case REGPROCOID:
		case REGPROCEDUREOID:
			return true;
		default:
			return false;
	}
}
