/*-------------------------------------------------------------------------
 *
 * advice.c
 *	  stormdisc_advice, stormdisc_advice_rules: what in a schema deserves a
 *	  second look, and what can be done about it.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "catalog/pg_type.h"
#include "catalog/pg_class.h"
#include "catalog/pg_type.h"
#include "funcapi.h"
#include "miscadmin.h"
#include "utils/array.h"
#include "utils/builtins.h"
#include "utils/memutils.h"
#include "utils/tuplestore.h"

#include "discovery/discovery.h"
#include "model/advice.h"

PG_FUNCTION_INFO_V1(stormdisc_advice);
PG_FUNCTION_INFO_V1(stormdisc_advice_rules);

#define ADVICE_COLUMNS 9

/* the arguments after those that all discovery functions share */
enum
{
	ARG_RULES = 4,
	ARG_SKIP
};

#define PERFORMANCE "performance"
#define INTEGRITY "integrity"
#define SECURITY "security"
#define MAINTENANCE "maintenance"
#define CONVENTION "convention"

static const struct
{
	const char *name;
	const char *category;
	const char *severity;
	bool by_default;
	const char *description;
} rules[] = {
	[SD_RULE_UNINDEXED_FOREIGN_KEY] =
		{"unindexed_foreign_key", PERFORMANCE, "warning", true,
		 "no index finds the rows of a foreign key"},
	[SD_RULE_DUPLICATE_INDEX] = {"duplicate_index", PERFORMANCE, "warning",
								 true, "another index is the same"},
	[SD_RULE_REDUNDANT_INDEX] = {"redundant_index", PERFORMANCE, "info", true,
								 "another index can do all that this one can"},
	[SD_RULE_UNUSED_INDEX] = {"unused_index", PERFORMANCE, "info", true,
							  "no query has used the index"},
	[SD_RULE_MULTIPLE_PERMISSIVE_POLICIES] =
		{"multiple_permissive_policies", PERFORMANCE, "warning", true,
		 "several permissive policies are evaluated for one role and command"},
	[SD_RULE_POLICY_CALLS_PER_ROW] =
		{"policy_calls_per_row", PERFORMANCE, "warning", true,
		 "a policy calls a function again for each row, although the answer is "
		 "the same"},
	[SD_RULE_NO_PRIMARY_KEY] = {"no_primary_key", INTEGRITY, "warning", true,
								"the table has no primary key"},
	[SD_RULE_INVALID_INDEX] = {"invalid_index", INTEGRITY, "error", true,
							   "the index is kept up to date but not used"},
	[SD_RULE_NOT_VALID_CONSTRAINT] = {"not_valid_constraint", INTEGRITY,
									  "warning", true,
									  "old rows were not checked"},
	[SD_RULE_NOT_ENFORCED_CONSTRAINT] = {"not_enforced_constraint", INTEGRITY,
										 "warning", true, "no row is checked"},
	[SD_RULE_DISABLED_TRIGGER] = {"disabled_trigger", INTEGRITY, "warning",
								  true, "the trigger does not fire"},
	[SD_RULE_FOREIGN_KEY_TYPE] = {"foreign_key_type", INTEGRITY, "warning",
								  true,
								  "a foreign key has another type than the key "
								  "that it points to"},
	[SD_RULE_NULLABLE_UNIQUE_KEY] = {"nullable_unique_key", INTEGRITY, "info",
									 true,
									 "rows with a null are never equal for "
									 "this unique key"},
	[SD_RULE_TIMESTAMP_WITHOUT_TIME_ZONE] =
		{"timestamp_without_time_zone", INTEGRITY, "info", true,
		 "the column does not say which moment it means"},
	[SD_RULE_CHAR_TYPE] = {"char_type", INTEGRITY, "info", true,
						   "char(n) pads values with spaces"},
	[SD_RULE_ROW_SECURITY_WITHOUT_POLICY] =
		{"row_security_without_policy", SECURITY, "info", true,
		 "row security lets nobody but the owner see a row"},
	[SD_RULE_POLICY_WITHOUT_ROW_SECURITY] =
		{"policy_without_row_security", SECURITY, "error", true,
		 "the table has policies, but row security is off"},
	[SD_RULE_POLICY_ALWAYS_TRUE] = {"policy_always_true", SECURITY, "warning",
									true, "a policy lets any row be written"},
	[SD_RULE_SECURITY_DEFINER_VIEW] = {"security_definer_view", SECURITY,
									   "error", true,
									   "a view shows rows of tables with row "
									   "security by its owner's rights"},
	[SD_RULE_SECURITY_DEFINER_SEARCH_PATH] =
		{"security_definer_search_path", SECURITY, "warning", true,
		 "a function with its owner's rights finds objects by its caller's "
		 "search_path"},
	[SD_RULE_SECURITY_DEFINER_PUBLIC] = {"security_definer_public", SECURITY,
										 "info", true,
										 "everybody may call a function that "
										 "has its owner's rights"},
	[SD_RULE_FUNCTION_SEARCH_PATH] = {"function_search_path", SECURITY, "info",
									  false,
									  "a function finds objects by its "
									  "caller's search_path"},
	[SD_RULE_PUBLIC_TABLE] = {"public_table", SECURITY, "warning", true,
							  "everybody may use the table, and row security "
							  "is off"},
	[SD_RULE_PUBLIC_MATERIALIZED_VIEW] = {"public_materialized_view", SECURITY,
										  "warning", true,
										  "everybody may read the materialized "
										  "view, which has no row security"},
	[SD_RULE_PUBLIC_FOREIGN_TABLE] = {"public_foreign_table", SECURITY,
									  "warning", true,
									  "everybody may use the foreign table, "
									  "which has no row security"},
	[SD_RULE_PUBLIC_SENSITIVE_COLUMN] = {"public_sensitive_column", SECURITY,
										 "error", true,
										 "everybody may read a column that is "
										 "called like a secret"},
	[SD_RULE_EXTENSION_IN_WRITABLE_SCHEMA] =
		{"extension_in_writable_schema", SECURITY, "warning", true,
		 "everybody may create objects beside those of an extension"},
	[SD_RULE_STALE_STATISTICS] = {"stale_statistics", MAINTENANCE, "warning",
								  true,
								  "much has changed since the last ANALYZE"},
	[SD_RULE_TABLE_BLOAT] = {"table_bloat", MAINTENANCE, "warning", true,
							 "many rows are dead and wait for VACUUM"},
	[SD_RULE_AUTOVACUUM_DISABLED] = {"autovacuum_disabled", MAINTENANCE,
									 "warning", true,
									 "autovacuum is off for the table"},
	[SD_RULE_SEQUENCE_NEAR_EXHAUSTION] = {"sequence_near_exhaustion",
										  MAINTENANCE, "warning", true,
										  "a sequence has used 80 % of its "
										  "values; from 95 % on an error"},
	[SD_RULE_INTEGER_KEY_NEAR_EXHAUSTION] =
		{"integer_key_near_exhaustion", MAINTENANCE, "warning", true,
		 "a column's sequence has used 80 % of what the column can hold; from "
		 "95 % on an error"},
	[SD_RULE_NO_DEFAULT_PARTITION] = {"no_default_partition", MAINTENANCE,
									  "info", true,
									  "rows that fit no partition are errors"},
	[SD_RULE_DETACH_PENDING] = {"detach_pending", MAINTENANCE, "warning", true,
								"a partition was not fully detached"},
	[SD_RULE_UNSUPPORTED_REG_TYPE] =
		{"unsupported_reg_type", MAINTENANCE, "warning", true,
		 "pg_upgrade refuses columns of this type"},
	[SD_RULE_CONVENTION_PRIMARY_KEY] = {"convention_primary_key", CONVENTION,
										"info", false,
										"the primary key is a bigint identity "
										"called id"},
	[SD_RULE_CONVENTION_TIMESTAMPS] = {"convention_timestamps", CONVENTION,
									   "info", false,
									   "tables have created_at and updated_at"},
	[SD_RULE_CONVENTION_FOREIGN_KEY_NAME] =
		{"convention_foreign_key_name", CONVENTION, "info", false,
		 "columns of foreign keys are called <table>_id"},
	[SD_RULE_CONVENTION_SOFT_DELETE] = {"convention_soft_delete", CONVENTION,
										"info", false,
										"tables have deleted_at"},
	[SD_RULE_CONVENTION_STATUS_ENUM] = {"convention_status_enum", CONVENTION,
										"info", false,
										"columns called status are enums"},
	[SD_RULE_CONVENTION_JSON] = {"convention_json", CONVENTION, "info", false,
								 "structured columns rather than json"},
	[SD_RULE_CONVENTION_COLUMN_NAME] = {"convention_column_name", CONVENTION,
										"info", false,
										"names of columns are in snake_case"},
	[SD_RULE_CONVENTION_TABLE_NAME] = {"convention_table_name", CONVENTION,
									   "info", false,
									   "names of tables are in snake_case"},
};

static void choose_rules(FunctionCallInfo fcinfo, SdAdvice *adv);
static void switch_rules(SdAdvice *adv, List *names, bool wanted);
static void check_relation(SdAdvice *adv, SdRelation *rel);
static int compare_rows(const void *a, const void *b);
static void put_row(ReturnSetInfo *rsinfo, const SdAdviceRow *row);

/*
 * stormdisc_advice(relation, schemas, include, exclude, rules, skip)
 *		-> setof row
 *		Report what deserves a second look, by schema, object and rule.
 *
 * Raises 22023 for a rule that does not exist.
 */
Datum
stormdisc_advice(PG_FUNCTION_ARGS)
{
	ReturnSetInfo *rsinfo = (ReturnSetInfo *) fcinfo->resultinfo;
	SdAdvice *adv = palloc0(sizeof(SdAdvice));
	SdCatalog *cat;
	MemoryContext oldcontext;

	adv->scope.kinds = "rpfmvS";
	adv->scope.kinds_error = "\"%s\" is not a table, view or sequence";
	sd_discovery_scope(fcinfo, &adv->scope);
	choose_rules(fcinfo, adv);
	InitMaterializedSRF(fcinfo, 0);

	cat = adv->catalog = sd_catalog_begin(&adv->scope);
	sd_catalog_read(cat, SD_READ_COLUMNS | SD_READ_SEQUENCES |
							 SD_READ_PRIMARY_KEY | SD_READ_INDEXES |
							 SD_READ_INDEX_TEXTS | SD_READ_CONSTRAINTS |
							 SD_READ_INHERITANCE);
	oldcontext = MemoryContextSwitchTo(cat->context);
	adv->facts = sd_hash_create(cat, "stormdisc relation facts", sizeof(Oid),
								sizeof(SdRelationFacts));
	sd_advice_read_security(adv);
	sd_advice_read_upkeep(adv);
	for (int i = 0; i < cat->nrelations; i++)
	{
		CHECK_FOR_INTERRUPTS();
		check_relation(adv, cat->relations[i]);
	}
	sd_advise_sequences(adv);
	sd_advise_functions(adv);
	sd_advise_extensions(adv);
	MemoryContextSwitchTo(oldcontext);

	if (adv->nrows > 1)
		qsort(adv->rows, adv->nrows, sizeof(SdAdviceRow *), compare_rows);
	for (int i = 0; i < adv->nrows; i++)
	{
		CHECK_FOR_INTERRUPTS();
		put_row(rsinfo, adv->rows[i]);
	}
	sd_catalog_end(cat);

	return (Datum) 0;
}

/* The rules that the arguments name, or the default ones, without others. */
static void
choose_rules(FunctionCallInfo fcinfo, SdAdvice *adv)
{
	if (PG_ARGISNULL(ARG_RULES))
		for (int i = 0; i < SD_NRULES; i++)
			adv->wanted[i] = rules[i].by_default;
	else
		switch_rules(adv,
					 sd_scope_names(PG_GETARG_ARRAYTYPE_P(ARG_RULES), "rules"),
					 true);
	if (!PG_ARGISNULL(ARG_SKIP))
		switch_rules(adv,
					 sd_scope_names(PG_GETARG_ARRAYTYPE_P(ARG_SKIP), "skip"),
					 false);
}

/* Switch rules by their names, their categories, "all" or "default". */
static void
switch_rules(SdAdvice *adv, List *names, bool wanted)
{
	ListCell *lc;

	foreach (lc, names)
	{
		const char *name = lfirst(lc);
		bool found = false;

		CHECK_FOR_INTERRUPTS();
		for (int i = 0; i < SD_NRULES; i++)
		{
			if (strcmp(name, "all") != 0 &&
				strcmp(name, rules[i].category) != 0 &&
				strcmp(name, rules[i].name) != 0 &&
				!(strcmp(name, "default") == 0 && rules[i].by_default))
				continue;
			adv->wanted[i] = wanted;
			found = true;
		}
		if (!found)
			ereport(ERROR, errcode(ERRCODE_INVALID_PARAMETER_VALUE),
					errmsg("rule \"%s\" does not exist", name),
					errhint("The function stormdisc_advice_rules() lists the "
							"rules and their categories; \"all\" and "
							"\"default\" stand for many."));
	}
}

static void
check_relation(SdAdvice *adv, SdRelation *rel)
{
	/* what is temporary is not worth it */
	if (rel->persistence == RELPERSISTENCE_TEMP)
		return;

	sd_advise_security(adv, rel);
	if (rel->kind == RELKIND_VIEW || rel->kind == RELKIND_SEQUENCE)
		return;
	sd_advise_indexes(adv, rel);
	sd_advise_upkeep(adv, rel);
	if (rel->kind == RELKIND_MATVIEW)
		return;
	sd_advise_constraints(adv, rel);
	sd_advise_columns(adv, rel);
	if (!rel->is_partition && rel->kind != RELKIND_FOREIGN_TABLE)
		sd_advise_conventions(adv, rel);
}

/*
 * sd_advise
 *		Add a row about a relation, or something of it, if the rule is wanted.
 *
 * The texts must live as long as the reading.  Never NULL: what is not wanted
 * is a row that nobody sees.
 */
SdAdviceRow *
sd_advise(SdAdvice *adv, SdRule rule, SdRelation *rel, const char *object,
		  const char *suggestion, const char *message)
{
	return sd_advise_object(adv, rule, NameStr(rel->schema->name),
							NameStr(rel->name), object, suggestion, message);
}

/*
 * sd_advise_object
 *		Likewise, about what is no relation.
 */
SdAdviceRow *
sd_advise_object(SdAdvice *adv, SdRule rule, const char *schema_name,
				 const char *name, const char *object, const char *suggestion,
				 const char *message)
{
	SdAdviceRow *row =
		MemoryContextAllocZero(adv->catalog->context, sizeof(SdAdviceRow));

	row->rule = rule;
	row->schema_name = schema_name;
	row->object_name = name;
	row->object = object;
	row->suggestion = suggestion;
	row->message = message;
	if (!adv->wanted[rule])
		return row;

	if (adv->nrows == adv->size)
	{
		adv->size = Max(64, adv->size * 2);
		adv->rows =
			adv->rows == NULL
				? MemoryContextAlloc(adv->catalog->context,
									 adv->size * sizeof(SdAdviceRow *))
				: repalloc_huge(adv->rows, adv->size * sizeof(SdAdviceRow *));
	}
	adv->rows[adv->nrows++] = row;

	return row;
}

/* By schema, object and rule; last by what exactly it is about. */
static int
compare_rows(const void *a, const void *b)
{
	const SdAdviceRow *left = *(SdAdviceRow *const *) a;
	const SdAdviceRow *right = *(SdAdviceRow *const *) b;
	int result = strcmp(left->schema_name, right->schema_name);

	if (result == 0)
		result = strcmp(left->object_name, right->object_name);
	if (result == 0)
		result = (int) left->rule - (int) right->rule;
	if (result == 0)
		result = strcmp(left->object, right->object);
	if (result == 0)
		result = strcmp(left->message, right->message);

	return result;
}

static void
put_row(ReturnSetInfo *rsinfo, const SdAdviceRow *row)
{
	const char *texts[ADVICE_COLUMNS] = {
		rules[row->rule].category,
		row->problem != SD_PROBLEM_NONE ? "info"
		: row->severity != NULL			? row->severity
										: rules[row->rule].severity,
		rules[row->rule].name,
		row->schema_name,
		row->object_name,
		row->object,
		row->message,
		row->suggestion,
		sd_problem_name(row->problem),
	};
	Datum values[ADVICE_COLUMNS];
	bool nulls[ADVICE_COLUMNS];

	for (int i = 0; i < ADVICE_COLUMNS; i++)
	{
		nulls[i] = (texts[i] == NULL);
		values[i] = nulls[i] ? (Datum) 0 : CStringGetTextDatum(texts[i]);
	}
	tuplestore_putvalues(rsinfo->setResult, rsinfo->setDesc, values, nulls);
	for (int i = 0; i < ADVICE_COLUMNS; i++)
		if (!nulls[i])
			pfree(DatumGetPointer(values[i]));
}

/*
 * stormdisc_advice_rules() -> setof row
 *		List the rules.
 */
Datum
stormdisc_advice_rules(PG_FUNCTION_ARGS)
{
	ReturnSetInfo *rsinfo = (ReturnSetInfo *) fcinfo->resultinfo;

	InitMaterializedSRF(fcinfo, 0);
	for (int i = 0; i < SD_NRULES; i++)
	{
		Datum values[5];
		bool nulls[5] = {false};

		values[0] = CStringGetTextDatum(rules[i].name);
		values[1] = CStringGetTextDatum(rules[i].category);
		values[2] = CStringGetTextDatum(rules[i].severity);
		values[3] = BoolGetDatum(rules[i].by_default);
		values[4] = CStringGetTextDatum(rules[i].description);
		tuplestore_putvalues(rsinfo->setResult, rsinfo->setDesc, values, nulls);
	}

	return (Datum) 0;
}

/*
 * sd_advice_facts
 *		What else is known of a relation; empty at first.
 */
SdRelationFacts *
sd_advice_facts(SdAdvice *adv, SdRelation *rel)
{
	bool known;
	SdRelationFacts *facts =
		hash_search(adv->facts, &rel->oid, HASH_ENTER, &known);

	if (!known)
		memset((char *) facts + sizeof(Oid), 0,
			   sizeof(SdRelationFacts) - sizeof(Oid));

	return facts;
}

/* sd_advice_column: A column as pg_identify_object() calls it. */
const char *
sd_advice_column(SdRelation *rel, const SdColumn *column)
{
	return psprintf("%s.%s", sd_relation_qualified_name(rel),
					quote_identifier(NameStr(column->name)));
}

/* sd_advice_on: Likewise, a constraint, trigger or policy. */
const char *
sd_advice_on(const char *name, SdRelation *rel)
{
	return psprintf("%s on %s", quote_identifier(name),
					sd_relation_qualified_name(rel));
}

/* sd_advice_columns: Columns as a list with commas. */
char *
sd_advice_columns(SdRelation *rel, const AttrNumber *columns, int ncolumns)
{
	StringInfoData buf;

	initStringInfo(&buf);
	for (int i = 0; i < ncolumns; i++)
	{
		const char *name = sd_relation_column_name(rel, columns[i]);

		appendStringInfo(&buf, "%s%s", i > 0 ? ", " : "",
						 name != NULL ? quote_identifier(name) : "???");
	}

	return buf.data;
}

/*
 * sd_advice_has_option
 *		Is a boolean storage option set to this value?
 */
bool
sd_advice_has_option(ArrayType *options, const char *name, bool value)
{
	size_t length = strlen(name);
	int count;
	char **texts = sd_array_texts(options, &count);

	for (int i = 0; i < count; i++)
	{
		bool set;

		if (strncmp(texts[i], name, length) == 0 && texts[i][length] == '=' &&
			parse_bool(texts[i] + length + 1, &set) && set == value)
			return true;
	}

	return false;
}

/* sd_advice_find_column: A column by name, or NULL. */
SdColumn *
sd_advice_find_column(SdRelation *rel, const char *name)
{
	for (int i = 0; i < rel->natts; i++)
		if (rel->columns[i].exists &&
			strcmp(NameStr(rel->columns[i].name), name) == 0)
			return &rel->columns[i];

	return NULL;
}
