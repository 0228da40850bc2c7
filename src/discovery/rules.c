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

#include "discovery/objects.h"

PG_FUNCTION_INFO_V1(stormdisc_rules);

static void emit_rules(SdDiscovery *disc);
static bool is_not_view(SdCatalog *cat, HeapTuple tuple);
static void add_rule(SdDiscovery *disc, const SdObject *rule);
static const char *event(char ev_type);

const SdKind sd_kind_rules = {
	.name = "rules",
	.relkinds = "rpfvm",
	.not_served = "\"%s\" is not a table or view",
	.identity = "schema_name,table_name,rule_name",
	.left_out = "problem",
	.defaults = "enabled=origin",
	.emit = emit_rules,
};

static const SdObjectClass rule_class = {
	.classid = RewriteRelationId,
	.relation_index = RewriteRelRulenameIndexId,
	.relation_column = Anum_pg_rewrite_ev_class,
	.is_wanted = is_not_view,
	.add = add_rule,
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
	sd_objects_emit(disc, &rule_class);
}

/* What makes a relation a view is not a rule of its own. */
static bool
is_not_view(SdCatalog *cat, HeapTuple tuple)
{
	Form_pg_rewrite form = (Form_pg_rewrite) GETSTRUCT(tuple);

	return strcmp(NameStr(form->rulename), ViewSelectRuleName) != 0;
}

static void
add_rule(SdDiscovery *disc, const SdObject *rule)
{
	SdCatalog *cat = disc->catalog;
	Form_pg_rewrite form = (Form_pg_rewrite) GETSTRUCT(rule->tuple);
	char *condition = sd_object_text(rule, Anum_pg_rewrite_ev_qual);
	char *actions = sd_object_text(rule, Anum_pg_rewrite_ev_action);
	SdProblem problem = SD_PROBLEM_NONE;
	char *definition;

	if (condition == NULL || actions == NULL)
		ereport(ERROR, errcode(ERRCODE_DATA_CORRUPTED),
				errmsg("rule \"%s\" has no actions", rule->name));

	definition = sd_deparse_rule(cat, rule->relation, rule->oid, condition,
								 actions, &problem);
	condition =
		sd_deparse_rule_condition(cat, rule->relation, condition, &problem);

	sd_row_object(disc, rule);
	sd_row_text(disc, event(form->ev_type));
	sd_row_bool(disc, form->is_instead);
	sd_row_text(disc, sd_enabled_state(form->ev_enabled));
	sd_row_text(disc, condition);
	sd_row_text(disc, definition);
	sd_row_comment(disc, rule);
	sd_row_end(disc, problem);
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
