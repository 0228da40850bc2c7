/*-------------------------------------------------------------------------
 *
 * advice_conventions.c
 *	  Advice about conventions: those of the developer guide that stormdisc
 *	  serves.  They are off unless asked for.
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
static void check_times(SdAdvice *adv, SdRelation *rel);
static void check_foreign_key_names(SdAdvice *adv, SdRelation *rel);
static bool is_named_after(const char *column, const char *table);
static const char *singular(const char *name);
static void check_column(SdAdvice *adv, SdRelation *rel, SdColumn *column);
static void check_names(SdAdvice *adv, SdRelation *rel);
static bool is_snake_case(const char *name);
static const char *snake_case(const char *name);
static bool ends_with(const char *name, const char *end);

/*
 * sd_advise_conventions
 *		Hold a table against the conventions.
 */
void
sd_advise_conventions(SdAdvice *adv, SdRelation *rel)
{
	check_primary_key(adv, rel);
	check_times(adv, rel);
	check_foreign_key_names(adv, rel);
	for (int i = 0; i < rel->natts; i++)
		if (rel->columns[i].exists)
			check_column(adv, rel, &rel->columns[i]);
	check_names(adv, rel);
}

static void
check_primary_key(SdAdvice *adv, SdRelation *rel)
{
	SdColumn *id = sd_advice_find_column(rel, "id");
	int size = 0;

	for (int i = 0; i < rel->natts; i++)
		if (rel->columns[i].exists && rel->columns[i].in_primary_key)
			size++;

	/* a partitioned table's primary key has the partition key in it */
	if (id != NULL && id->in_primary_key && id->type == INT8OID &&
		id->identity != '\0' &&
		(size == 1 || rel->kind == RELKIND_PARTITIONED_TABLE))
		return;
	sd_advise(
		adv, SD_RULE_CONVENTION_PRIMARY_KEY, rel,
		sd_relation_qualified_name(rel),
		size == 0 && id == NULL && rel->kind == RELKIND_RELATION &&
				!OidIsValid(rel->of_type) &&
				!sd_advice_facts(adv, rel)->has_children
			? psprintf("ALTER TABLE %s ADD COLUMN id bigint GENERATED ALWAYS "
					   "AS IDENTITY PRIMARY KEY",
					   sd_relation_qualified_name(rel))
			: NULL,
		psprintf("the primary key of \"%s\" is not a bigint identity called id",
				 NameStr(rel->name)));
}

/* created_at, updated_at, deleted_at */
static void
check_times(SdAdvice *adv, SdRelation *rel)
{
	static const struct
	{
		SdRule rule;
		const char *name;
		const char *type;
	} wanted[] = {
		{SD_RULE_CONVENTION_TIMESTAMPS, "created_at",
		 "timestamptz NOT NULL DEFAULT now()"},
		{SD_RULE_CONVENTION_TIMESTAMPS, "updated_at",
		 "timestamptz NOT NULL DEFAULT now()"},
		{SD_RULE_CONVENTION_SOFT_DELETE, "deleted_at", "timestamptz"},
	};

	for (int i = 0; i < lengthof(wanted); i++)
	{
		if (sd_advice_find_column(rel, wanted[i].name) != NULL)
			continue;
		sd_advise(adv, wanted[i].rule, rel, sd_relation_qualified_name(rel),
				  OidIsValid(rel->of_type)
					  ? NULL
					  : psprintf("ALTER TABLE %s ADD COLUMN %s %s",
								 sd_relation_qualified_name(rel),
								 wanted[i].name, wanted[i].type),
				  psprintf("table \"%s\" has no column %s", NameStr(rel->name),
						   wanted[i].name));
	}
}

static void
check_foreign_key_names(SdAdvice *adv, SdRelation *rel)
{
	ListCell *lc;

	foreach (lc, rel->constraints)
	{
		SdConstraint *con = lfirst(lc);
		SdRelation *ref;
		SdColumn *column;
		const char *name;

		if (con->type != CONSTRAINT_FOREIGN || con->ncolumns != 1)
			continue;
		ref = sd_catalog_relation(adv->catalog, con->ref_relation);
		column = sd_relation_column(rel, con->columns[0]);
		if (ref == NULL || column == NULL ||
			is_named_after(NameStr(column->name), NameStr(ref->name)))
			continue;

		name = psprintf("%s_id", singular(NameStr(ref->name)));
		sd_advise(adv, SD_RULE_CONVENTION_FOREIGN_KEY_NAME, rel,
				  sd_advice_column(rel, column),
				  strlen(name) >= NAMEDATALEN || !column->is_local ||
						  column->inherited_count > 0 ||
						  sd_advice_find_column(rel, name) != NULL
					  ? NULL
					  : psprintf("ALTER TABLE %s RENAME COLUMN %s TO %s",
								 sd_relation_qualified_name(rel),
								 quote_identifier(NameStr(column->name)),
								 quote_identifier(name)),
				  psprintf("column \"%s\" points to \"%s\" and is not called "
						   "after it",
						   NameStr(column->name), NameStr(ref->name)));
	}
}

/* customer_id, customers_id or billing_customer_id, for customers */
static bool
is_named_after(const char *column, const char *table)
{
	const char *names[] = {psprintf("%s_id", table),
						   psprintf("%s_id", singular(table))};

	for (int i = 0; i < lengthof(names); i++)
		if (strcmp(column, names[i]) == 0 ||
			ends_with(column, psprintf("_%s", names[i])))
			return true;

	return false;
}

/* One of several, by the plainest rules of English. */
static const char *
singular(const char *name)
{
	size_t length = strlen(name);
	char *result = pstrdup(name);

	if (ends_with(name, "ies") && length > 4)
		strcpy(result + length - 3, "y");
	else if (ends_with(name, "sses") || ends_with(name, "xes") ||
			 ends_with(name, "ches") || ends_with(name, "shes"))
		result[length - 2] = '\0';
	else if (ends_with(name, "s") && !ends_with(name, "ss") && length > 2)
		result[length - 1] = '\0';

	return result;
}

static void
check_column(SdAdvice *adv, SdRelation *rel, SdColumn *column)
{
	const char *name = NameStr(column->name);
	int32 typmod;
	SdType *type = sd_catalog_base_type(adv->catalog, column->type, &typmod);

	if ((strcmp(name, "status") == 0 || ends_with(name, "_status")) &&
		type->kind != SD_TYPE_ENUM)
		sd_advise(adv, SD_RULE_CONVENTION_STATUS_ENUM, rel,
				  sd_advice_column(rel, column), NULL,
				  psprintf("column \"%s\" is %s and not an enum", name,
						   sd_catalog_format_type(adv->catalog, column->type,
												  column->typmod)));
	if (type->oid == JSONOID || type->oid == JSONBOID)
		sd_advise(adv, SD_RULE_CONVENTION_JSON, rel,
				  sd_advice_column(rel, column), NULL,
				  psprintf("column \"%s\" is %s: prefer columns of their own "
						   "for what has a structure",
						   name,
						   sd_catalog_format_type(adv->catalog, column->type,
												  column->typmod)));
}

/* The names of the table and of its own columns. */
static void
check_names(SdAdvice *adv, SdRelation *rel)
{
	const char *table = sd_relation_qualified_name(rel);

	for (int i = 0; i < rel->natts; i++)
	{
		SdColumn *column = &rel->columns[i];
		const char *name = NameStr(column->name);
		const char *better;

		if (!column->exists || !column->is_local ||
			column->inherited_count > 0 || is_snake_case(name))
			continue;
		better = snake_case(name);
		if (better != NULL && sd_advice_find_column(rel, better) != NULL)
			better = NULL;
		sd_advise(adv, SD_RULE_CONVENTION_COLUMN_NAME, rel,
				  sd_advice_column(rel, column),
				  better != NULL
					  ? psprintf("ALTER TABLE %s RENAME COLUMN %s TO %s", table,
								 quote_identifier(name),
								 quote_identifier(better))
					  : NULL,
				  psprintf("column \"%s\" is not in snake_case", name));
	}

	if (!is_snake_case(NameStr(rel->name)))
	{
		const char *better = snake_case(NameStr(rel->name));

		sd_advise(
			adv, SD_RULE_CONVENTION_TABLE_NAME, rel, table,
			better != NULL ? psprintf("ALTER TABLE %s RENAME TO %s", table,
									  quote_identifier(better))
						   : NULL,
			psprintf("table \"%s\" is not in snake_case", NameStr(rel->name)));
	}
}

/* Letters beyond ASCII have no case here. */
static bool
is_snake_case(const char *name)
{
	if (*name >= '0' && *name <= '9')
		return false;
	for (; *name != '\0'; name++)
		if (!IS_HIGHBIT_SET(*name) && *name != '_' &&
			!(*name >= 'a' && *name <= 'z') && !(*name >= '0' && *name <= '9'))
			return false;

	return true;
}

/* OrderItem, orderItem, "order item" become order_item; NULL: too long. */
static const char *
snake_case(const char *name)
{
	StringInfoData buf;

	initStringInfo(&buf);
	for (const char *p = name; *p != '\0'; p++)
	{
		bool is_upper = *p >= 'A' && *p <= 'Z';
		bool is_other = !is_upper && !is_snake_case((char[]){*p, '\0'}) &&
						!(*p >= '0' && *p <= '9');
		bool after_word = buf.len > 0 && buf.data[buf.len - 1] != '_';

		/* HTTPServer is http_server */
		if (after_word &&
			(is_other || (is_upper && (!(p[-1] >= 'A' && p[-1] <= 'Z') ||
									   (p[1] >= 'a' && p[1] <= 'z')))))
			appendStringInfoChar(&buf, '_');
		if (is_upper)
			appendStringInfoChar(&buf, *p - 'A' + 'a');
		else if (!is_other)
			appendStringInfoChar(&buf, *p);
	}
	while (buf.len > 0 && buf.data[buf.len - 1] == '_')
		buf.data[--buf.len] = '\0';

	return buf.len > 0 && buf.len < NAMEDATALEN && is_snake_case(buf.data)
			   ? buf.data
			   : NULL;
}

static bool
ends_with(const char *name, const char *end)
{
	size_t length = strlen(name);
	size_t end_length = strlen(end);

	return length >= end_length && strcmp(name + length - end_length, end) == 0;
}
