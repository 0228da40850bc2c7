/*-------------------------------------------------------------------------
 *
 * rules.c
 *	  stormdisc_rules: rewrite rules of tables and views.
 *
 * The rule that makes a relation a view is that view's definition, and not
 * among them.
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "access/htup_details.h"
#include "catalog/pg_rewrite.h"
#include "nodes/nodes.h"
#include "rewrite/rewriteDefine.h"
#include "rewrite/rewriteSupport.h"
#include "utils/builtins.h"

#include "discovery/discovery.h"

PG_FUNCTION_INFO_V1(stormdisc_rules);

typedef struct Rule
{
	Oid oid;
	SdRelation *relation;
	NameData name;
	char event;
	char enabled;
	bool is_instead;
} Rule;

/* the rules that have been found */
typedef struct Rules
{
	int count;
	int size;
	Rule *rules;
} Rules;

/* a rule's node trees, as text */
typedef struct Trees
{
	char *condition;
	char *actions;
} Trees;

static void emit_rules(SdDiscovery *disc);
static void keep_rule(SdCatalog *cat, HeapTuple tuple, TupleDesc desc,
					  void *arg);
static int compare_rules(const void *a, const void *b);
static void add_rule(SdDiscovery *disc, void *object);
static void keep_trees(SdCatalog *cat, HeapTuple tuple, TupleDesc desc,
					   void *arg);
static const char *event(char ev_type);
static const char *enabled(char ev_enabled);

const SdKind sd_kind_rules = {
	.name = "rules",
	.relkinds = "rpfvm",
	.not_served = "\"%s\" is not a table or view",
	.identity = "schema_name,table_name,rule_name",
	.left_out = "problem",
	.defaults = "enabled=origin",
	.emit = emit_rules,
};

/*
 * stormdisc_rules(relation, schemas, include, exclude) -> setof row
 *		Report the rules of the relations in scope, by relation and name.
 */
Datum
stormdisc_rules(PG_FUNCTION_ARGS)
{
	return sd_discovery_run(fcinfo, &sd_kind_rules);
}

static void
emit_rules(SdDiscovery *disc)
{
	SdCatalog *cat = disc->catalog;
	MemoryContext oldcontext = MemoryContextSwitchTo(cat->context);
	Rules rules = {0};
	Oid *oids;

	sd_scan_relations(cat, RewriteRelationId, RewriteRelRulenameIndexId,
					  Anum_pg_rewrite_ev_class, keep_rule, &rules);
	if (rules.count > 1)
		qsort(rules.rules, rules.count, sizeof(Rule), compare_rules);

	oids = palloc(sizeof(Oid) * (rules.count + 1));
	for (int i = 0; i < rules.count; i++)
		oids[i] = rules.rules[i].oid;
	sd_catalog_read_comments(cat, RewriteRelationId, rules.count, oids);
	MemoryContextSwitchTo(oldcontext);

	for (int i = 0; i < rules.count; i++)
		sd_discovery_add(disc, add_rule, &rules.rules[i]);
}

static void
keep_rule(SdCatalog *cat, HeapTuple tuple, TupleDesc desc, void *arg)
{
	Form_pg_rewrite form = (Form_pg_rewrite) GETSTRUCT(tuple);
	Rules *rules = arg;
	SdRelation *rel;
	Rule *rule;

	if (strcmp(NameStr(form->rulename), ViewSelectRuleName) == 0)
		return;
	rel = hash_search(cat->relation_hash, &form->ev_class, HASH_FIND, NULL);
	if (rel == NULL || !rel->in_scope)
		return;

	if (rules->count == rules->size)
	{
		rules->size = Max(64, rules->size * 2);
		rules->rules =
			rules->rules == NULL
				? palloc(sizeof(Rule) * rules->size)
				: repalloc_huge(rules->rules, sizeof(Rule) * rules->size);
	}
	rule = &rules->rules[rules->count++];
	rule->oid = form->oid;
	rule->relation = rel;
	namestrcpy(&rule->name, NameStr(form->rulename));
	rule->event = form->ev_type;
	rule->enabled = form->ev_enabled;
	rule->is_instead = form->is_instead;
}

static int
compare_rules(const void *a, const void *b)
{
	const Rule *left = a;
	const Rule *right = b;
	int result = strcmp(NameStr(left->relation->schema->name),
						NameStr(right->relation->schema->name));

	if (result == 0)
		result = strcmp(NameStr(left->relation->name),
						NameStr(right->relation->name));

	return result != 0 ? result
					   : strcmp(NameStr(left->name), NameStr(right->name));
}

static void
add_rule(SdDiscovery *disc, void *object)
{
	SdCatalog *cat = disc->catalog;
	Rule *rule = object;
	SdProblem problem = SD_PROBLEM_NONE;
	MemoryContext oldcontext = MemoryContextSwitchTo(disc->row_context);
	Trees trees = {0};
	char *condition = NULL;
	char *definition;

	sd_scan_oid(cat, RewriteRelationId, RewriteOidIndexId, Anum_pg_rewrite_oid,
				rule->oid, keep_trees, &trees);
	MemoryContextSwitchTo(oldcontext);
	if (trees.condition == NULL || trees.actions == NULL)
		ereport(ERROR, errcode(ERRCODE_DATA_CORRUPTED),
				errmsg("rule \"%s\" has no actions", NameStr(rule->name)));

	definition = sd_deparse_rule(cat, rule->relation, rule->oid,
								 trees.condition, trees.actions, &problem);
	condition = sd_deparse_rule_condition(cat, rule->relation, trees.condition,
										  &problem);

	sd_row_name(disc, &rule->relation->schema->name);
	sd_row_name(disc, &rule->relation->name);
	sd_row_name(disc, &rule->name);
	sd_row_text(disc, event(rule->event));
	sd_row_bool(disc, rule->is_instead);
	sd_row_text(disc, enabled(rule->enabled));
	sd_row_text(disc, condition);
	sd_row_text(disc, definition);
	sd_row_text(disc, sd_catalog_comment(cat, RewriteRelationId, rule->oid, 0));
	sd_row_end(disc, problem);
}

static void
keep_trees(SdCatalog *cat, HeapTuple tuple, TupleDesc desc, void *arg)
{
	Trees *trees = arg;
	bool isnull;
	Datum value;

	value = heap_getattr(tuple, Anum_pg_rewrite_ev_qual, desc, &isnull);
	if (!isnull)
		trees->condition = TextDatumGetCString(value);
	value = heap_getattr(tuple, Anum_pg_rewrite_ev_action, desc, &isnull);
	if (!isnull)
		trees->actions = TextDatumGetCString(value);
}

static const char *
event(char ev_type)
{
	switch (ev_type - '0')
	{
		case CMD_SELECT:
			return "select";
		case CMD_INSERT:
			return "insert";
		case CMD_UPDATE:
			return "update";
		case CMD_DELETE:
			return "delete";
		default:
			elog(ERROR, "unrecognized rule event: %c", ev_type);
			return NULL; /* keep compiler quiet */
	}
}

static const char *
enabled(char ev_enabled)
{
	switch (ev_enabled)
	{
		case RULE_FIRES_ON_ORIGIN:
			return "origin";
		case RULE_FIRES_ON_REPLICA:
			return "replica";
		case RULE_FIRES_ALWAYS:
			return "always";
		case RULE_DISABLED:
			return "disabled";
		default:
			elog(ERROR, "unrecognized state of a rule: %c", ev_enabled);
			return NULL; /* keep compiler quiet */
	}
}
