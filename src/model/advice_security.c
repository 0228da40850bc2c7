/*-------------------------------------------------------------------------
 *
 * advice_security.c
 *	  Advice about who may see and do what: row security, policies, views and
 *	  functions with their owner's rights, privileges of PUBLIC.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "access/htup_details.h"
#include "catalog/pg_class.h"
#include "catalog/pg_depend.h"
#include "catalog/pg_extension.h"
#include "catalog/pg_language.h"
#include "catalog/pg_authid.h"
#include "catalog/pg_namespace.h"
#include "catalog/pg_operator.h"
#include "catalog/pg_policy.h"
#include "catalog/pg_proc.h"
#include "catalog/pg_rewrite.h"
#include "catalog/pg_type.h"
#include "access/transam.h"
#include "nodes/nodeFuncs.h"
#include "nodes/parsenodes.h"
#include "nodes/primnodes.h"
#include "utils/acl.h"
#include "utils/array.h"
#include "utils/builtins.h"
#include "utils/fmgroids.h"
#include "utils/memutils.h"

#include "model/advice.h"

typedef struct Policy
{
	NameData name;
	char command;
	bool permissive;
	int nroles;
	Oid *roles;
	Node *using;
	Node *check;
} Policy;

/* what matters of a function that a policy calls */
typedef struct Function
{
	Oid oid; /* hash key */
	bool found;
	char volatility;
} Function;

/* what PUBLIC may do in a schema */
typedef struct SchemaAccess
{
	Oid oid; /* hash key */
	uint32 public_may;
} SchemaAccess;

typedef struct RowSecurityRequest
{
	Oid view;
	List *rules; /* OIDs */
	SdRelation *found;
} RowSecurityRequest;

typedef struct Walk
{
	SdAdvice *adv;
	const char *name; /* of a function found */
} Walk;

/* the commands that a policy can be for */
static const struct
{
	char command;
	const char *word;
} commands[] = {
	{ACL_SELECT_CHR, "SELECT"},
	{ACL_INSERT_CHR, "INSERT"},
	{ACL_UPDATE_CHR, "UPDATE"},
	{ACL_DELETE_CHR, "DELETE"},
};

/* parts of names that secrets have */
static const char *const secrets[] = {
	"password",
	"passwd",
	"pwd",
	"secret",
	"api_key",
	"apikey",
	"access_token",
	"refresh_token",
	"session_token",
	"private_key",
	"ssh_key",
	"pgp_key",
	"credit_card",
	"card_number",
	"cvv",
	"ssn",
	"social_security",
	"passport_number",
	"national_id",
	"tax_id",
	"bank_account",
	"account_number",
	"routing_number",
	"iban",
	"medical_record",
	"health_record",
	"biometric",
	"fingerprint",
};

static void keep_access(SdCatalog *cat, HeapTuple tuple, TupleDesc desc,
						void *arg);
static void keep_schema_access(SdCatalog *cat, HeapTuple tuple, TupleDesc desc,
							   void *arg);
static void keep_policy(SdCatalog *cat, HeapTuple tuple, TupleDesc desc,
						void *arg);
static Node *policy_expression(SdCatalog *cat, HeapTuple tuple, TupleDesc desc,
							   AttrNumber column);
static int compare_policies(const ListCell *a, const ListCell *b);
static uint32 public_privileges(Datum acl);
static uint32 public_may_in_schema(SdAdvice *adv, Oid schema);
static void check_policies(SdAdvice *adv, SdRelation *rel, List *policies);
static void check_overlap(SdAdvice *adv, SdRelation *rel, List *policies);
static const char *policies_for(List *policies, Oid role, char command,
								int *count, int *own);
static bool is_for_role(Policy *policy, Oid role);
static bool is_always_true(SdAdvice *adv, Node *expr);
static bool find_call_per_row(Node *node, void *arg);
static bool find_var(Node *node, void *arg);
static Function *find_function(SdAdvice *adv, Oid oid);
static void keep_volatility(SdCatalog *cat, HeapTuple tuple, TupleDesc desc,
							void *arg);
static void check_access(SdAdvice *adv, SdRelation *rel, uint32 public_may);
static bool is_secret(const char *name);
static void check_view(SdAdvice *adv, SdRelation *rel);
static void keep_rule(SdCatalog *cat, HeapTuple tuple, TupleDesc desc,
					  void *arg);
static void keep_secured(SdCatalog *cat, HeapTuple tuple, TupleDesc desc,
						 void *arg);
static void check_function(SdCatalog *cat, HeapTuple tuple, TupleDesc desc,
						   void *arg);
static void check_extension(SdCatalog *cat, HeapTuple tuple, TupleDesc desc,
							void *arg);

#define ALL_COMMANDS '*'
#define READ_OR_WRITE (ACL_SELECT | ACL_INSERT | ACL_UPDATE | ACL_DELETE)

/*
 * sd_advice_read_security
 *		Read privileges and policies of the relations in scope.
 */
void
sd_advice_read_security(SdAdvice *adv)
{
	SdCatalog *cat = adv->catalog;

	sd_scan_relations(cat, RelationRelationId, ClassOidIndexId,
					  Anum_pg_class_oid, keep_access, adv);
	sd_scan_relations(cat, PolicyRelationId, PolicyPolrelidPolnameIndexId,
					  Anum_pg_policy_polrelid, keep_policy, adv);
}

static void
keep_access(SdCatalog *cat, HeapTuple tuple, TupleDesc desc, void *arg)
{
	SdAdvice *adv = arg;
	Form_pg_class form = (Form_pg_class) GETSTRUCT(tuple);
	SdRelation *rel = sd_catalog_known_relation(cat, form->oid);
	SdRelationFacts *facts;
	Datum acl;
	bool isnull;

	if (rel == NULL || !rel->in_scope)
		return;
	facts = sd_advice_facts(adv, rel);
	facts->has_children = form->relhassubclass;
	acl = heap_getattr(tuple, Anum_pg_class_relacl, desc, &isnull);
	if (!isnull)
		facts->public_may = public_privileges(acl);
}

/* What an access control list gives to PUBLIC. */
static uint32
public_privileges(Datum acl)
{
	Acl *list = DatumGetAclP(acl);
	const AclItem *items = ACL_DAT(list);
	uint32 privileges = 0;

	/* text as '{}' makes an array without dimensions */
	for (int i = 0; ARR_NDIM(list) == 1 && i < ACL_NUM(list); i++)
		if (items[i].ai_grantee == ACL_ID_PUBLIC)
			privileges |= (uint32) ACLITEM_GET_PRIVS(items[i]);

	return privileges;
}

static uint32
public_may_in_schema(SdAdvice *adv, Oid schema)
{
	SchemaAccess *access;
	bool known;

	if (adv->schemas == NULL)
		adv->schemas = sd_hash_create(adv->catalog, "stormdisc schema access",
									  sizeof(Oid), sizeof(SchemaAccess));
	access = hash_search(adv->schemas, &schema, HASH_ENTER, &known);
	if (!known)
	{
		access->public_may = 0;
		sd_scan_oid(adv->catalog, NamespaceRelationId, NamespaceOidIndexId,
					Anum_pg_namespace_oid, schema, keep_schema_access, access);
	}

	return access->public_may;
}

static void
keep_schema_access(SdCatalog *cat, HeapTuple tuple, TupleDesc desc, void *arg)
{
	bool isnull;
	Datum acl = heap_getattr(tuple, Anum_pg_namespace_nspacl, desc, &isnull);

	if (!isnull)
		((SchemaAccess *) arg)->public_may = public_privileges(acl);
}

static void
keep_policy(SdCatalog *cat, HeapTuple tuple, TupleDesc desc, void *arg)
{
	SdAdvice *adv = arg;
	Form_pg_policy form = (Form_pg_policy) GETSTRUCT(tuple);
	SdRelation *rel = sd_catalog_known_relation(cat, form->polrelid);
	SdRelationFacts *facts;
	MemoryContext oldcontext;
	Policy *policy;
	bool isnull;
	Datum roles;

	if (rel == NULL || !rel->in_scope)
		return;
	facts = sd_advice_facts(adv, rel);
	oldcontext = MemoryContextSwitchTo(cat->context);
	policy = palloc0(sizeof(Policy));
	namestrcpy(&policy->name, NameStr(form->polname));
	policy->command = form->polcmd;
	policy->permissive = form->polpermissive;
	roles = heap_getattr(tuple, Anum_pg_policy_polroles, desc, &isnull);
	policy->roles = sd_attribute_oids(cat, roles, &policy->nroles);
	policy->using = policy_expression(cat, tuple, desc, Anum_pg_policy_polqual);
	policy->check =
		policy_expression(cat, tuple, desc, Anum_pg_policy_polwithcheck);
	facts->policies = lappend(facts->policies, policy);
	MemoryContextSwitchTo(oldcontext);
}

static Node *
policy_expression(SdCatalog *cat, HeapTuple tuple, TupleDesc desc,
				  AttrNumber column)
{
	bool isnull;
	Datum tree = heap_getattr(tuple, column, desc, &isnull);

	return isnull ? NULL : copyObject(sd_deparse_read(cat, tree));
}

static int
compare_policies(const ListCell *a, const ListCell *b)
{
	return strcmp(NameStr(((Policy *) lfirst(a))->name),
				  NameStr(((Policy *) lfirst(b))->name));
}

/*
 * sd_advise_security
 *		Check who may see and do what with a relation.
 */
void
sd_advise_security(SdAdvice *adv, SdRelation *rel)
{
	SdRelationFacts *facts = sd_advice_facts(adv, rel);

	if (rel->kind == RELKIND_VIEW)
		check_view(adv, rel);
	if (rel->kind == RELKIND_RELATION || rel->kind == RELKIND_PARTITIONED_TABLE)
	{
		list_sort(facts->policies, compare_policies);
		check_policies(adv, rel, facts->policies);
	}
	if ((facts->public_may & READ_OR_WRITE) &&
		(public_may_in_schema(adv, rel->schema->oid) & ACL_USAGE))
		check_access(adv, rel, facts->public_may & READ_OR_WRITE);
}

static void
check_policies(SdAdvice *adv, SdRelation *rel, List *policies)
{
	const char *table = sd_relation_qualified_name(rel);
	ListCell *lc;

	if (rel->row_security && policies == NIL)
		sd_advise(adv, SD_RULE_ROW_SECURITY_WITHOUT_POLICY, rel, table, NULL,
				  psprintf("table \"%s\" has row security but no policy, so "
						   "that only its owner sees rows",
						   NameStr(rel->name)));
	if (!rel->row_security && policies != NIL)
		sd_advise(adv, SD_RULE_POLICY_WITHOUT_ROW_SECURITY, rel, table,
				  psprintf("ALTER TABLE %s ENABLE ROW LEVEL SECURITY", table),
				  psprintf("table \"%s\" has policies, but row security is off",
						   NameStr(rel->name)));

	foreach (lc, policies)
	{
		Policy *policy = lfirst(lc);
		const char *object = sd_advice_on(NameStr(policy->name), rel);
		Walk walk = {adv, NULL};

		/* that everybody may read is often meant */
		if (policy->permissive && policy->command != ACL_SELECT_CHR &&
			(is_always_true(adv, policy->using) ||
			 is_always_true(adv, policy->check)))
			sd_advise(adv, SD_RULE_POLICY_ALWAYS_TRUE, rel, object, NULL,
					  psprintf("policy \"%s\" lets any row be written",
							   NameStr(policy->name)));
		if (find_call_per_row(policy->using, &walk) ||
			find_call_per_row(policy->check, &walk))
			sd_advise(adv, SD_RULE_POLICY_CALLS_PER_ROW, rel, object, NULL,
					  psprintf("policy \"%s\" calls %s() for each row; (SELECT "
							   "%s(...)) is called once",
							   NameStr(policy->name), walk.name, walk.name));
	}
	if (rel->row_security && list_length(policies) > 1)
		check_overlap(adv, rel, policies);
}

/*
 * Find roles and commands with several permissive policies.  A role is
 * checked if a policy names it: the others are as PUBLIC.
 */
static void
check_overlap(SdAdvice *adv, SdRelation *rel, List *policies)
{
	List *roles = list_make1_oid(ACL_ID_PUBLIC);
	ListCell *lc;

	foreach (lc, policies)
	{
		Policy *policy = lfirst(lc);

		for (int i = 0; i < policy->nroles; i++)
			roles = list_append_unique_oid(roles, policy->roles[i]);
	}

	foreach (lc, roles)
	{
		Oid role = lfirst_oid(lc);
		const char *role_name =
			role == ACL_ID_PUBLIC ? "PUBLIC"
								  : quote_identifier(sd_catalog_name(
										adv->catalog, AuthIdRelationId, role));

		for (int i = 0; i < lengthof(commands); i++)
		{
			int count;
			int own;
			const char *names =
				policies_for(policies, role, commands[i].command, &count, &own);

			/* what is so for everybody is said once */
			if (count > 1 && own > 0)
				sd_advise(
					adv, SD_RULE_MULTIPLE_PERMISSIVE_POLICIES, rel,
					sd_relation_qualified_name(rel), NULL,
					psprintf("%d permissive policies are evaluated for %s by "
							 "%s: %s",
							 count, commands[i].word, role_name, names));
		}
	}
	list_free(roles);
}

/* The permissive policies for a role and command; own: that name the role. */
static const char *
policies_for(List *policies, Oid role, char command, int *count, int *own)
{
	StringInfoData buf;
	ListCell *lc;

	*count = 0;
	*own = 0;
	initStringInfo(&buf);
	foreach (lc, policies)
	{
		Policy *policy = lfirst(lc);
		bool names_role = is_for_role(policy, role);

		if (!policy->permissive ||
			(policy->command != ALL_COMMANDS && policy->command != command) ||
			!(names_role || is_for_role(policy, ACL_ID_PUBLIC)))
			continue;
		appendStringInfo(&buf, "%s\"%s\"", *count > 0 ? ", " : "",
						 NameStr(policy->name));
		(*count)++;
		if (names_role)
			(*own)++;
	}

	return buf.data;
}

static bool
is_for_role(Policy *policy, Oid role)
{
	for (int i = 0; i < policy->nroles; i++)
		if (policy->roles[i] == role)
			return true;

	return false;
}

/* true, or a constant that equals itself */
static bool
is_always_true(SdAdvice *adv, Node *expr)
{
	if (expr == NULL)
		return false;
	if (IsA(expr, Const))
		return !((Const *) expr)->constisnull &&
			   DatumGetBool(((Const *) expr)->constvalue);
	if (IsA(expr, OpExpr) && list_length(((OpExpr *) expr)->args) == 2)
	{
		OpExpr *op = (OpExpr *) expr;

		return IsA(linitial(op->args), Const) &&
			   !((Const *) linitial(op->args))->constisnull &&
			   op->opno < FirstGenbkiObjectId &&
			   strcmp(
				   sd_catalog_name(adv->catalog, OperatorRelationId, op->opno),
				   "=") == 0 &&
			   equal(linitial(op->args), lsecond(op->args));
	}
	if (IsA(expr, BoolExpr) && ((BoolExpr *) expr)->boolop == OR_EXPR)
	{
		ListCell *lc;

		foreach (lc, ((BoolExpr *) expr)->args)
			if (is_always_true(adv, lfirst(lc)))
				return true;
	}

	return false;
}

/*
 * Find a call outside of sub-selects whose answer is the same for all rows,
 * but which the server makes for each.
 */
static bool
find_call_per_row(Node *node, void *arg)
{
	Walk *walk = arg;

	if (node == NULL || IsA(node, SubLink))
		return false;
	if (IsA(node, FuncExpr))
	{
		FuncExpr *call = (FuncExpr *) node;
		Function *function = NULL;

		if (call->funcid == F_CURRENT_SETTING_TEXT ||
			call->funcid == F_CURRENT_SETTING_TEXT_BOOL ||
			call->funcid >= FirstNormalObjectId)
			function = find_function(walk->adv, call->funcid);
		if (function != NULL && function->found &&
			function->volatility == PROVOLATILE_STABLE &&
			!find_var((Node *) call->args, NULL))
		{
			walk->name = sd_catalog_visible_name(
				walk->adv->catalog, ProcedureRelationId, call->funcid);
			return true;
		}
	}

	return expression_tree_walker(node, find_call_per_row, arg);
}

static bool
find_var(Node *node, void *arg)
{
	if (node == NULL)
		return false;
	if (IsA(node, Var) || IsA(node, SubLink))
		return true;

	return expression_tree_walker(node, find_var, arg);
}

static Function *
find_function(SdAdvice *adv, Oid oid)
{
	Function *function;
	bool known;

	if (adv->functions == NULL)
		adv->functions = sd_hash_create(adv->catalog, "stormdisc functions",
										sizeof(Oid), sizeof(Function));
	function = hash_search(adv->functions, &oid, HASH_ENTER, &known);
	if (!known)
	{
		function->found = false;
		sd_scan_oid(adv->catalog, ProcedureRelationId, ProcedureOidIndexId,
					Anum_pg_proc_oid, oid, keep_volatility, function);
	}

	return function;
}

static void
keep_volatility(SdCatalog *cat, HeapTuple tuple, TupleDesc desc, void *arg)
{
	Function *function = arg;

	function->found = true;
	function->volatility = ((Form_pg_proc) GETSTRUCT(tuple))->provolatile;
}

/* What everybody may use. */
static void
check_access(SdAdvice *adv, SdRelation *rel, uint32 public_may)
{
	const char *table = sd_relation_qualified_name(rel);
	const char *revoke = psprintf("REVOKE ALL ON %s FROM PUBLIC", table);

	if (rel->kind == RELKIND_MATVIEW)
		sd_advise(adv, SD_RULE_PUBLIC_MATERIALIZED_VIEW, rel, table, revoke,
				  psprintf("everybody may read materialized view \"%s\"",
						   NameStr(rel->name)));
	else if (rel->kind == RELKIND_FOREIGN_TABLE)
		sd_advise(adv, SD_RULE_PUBLIC_FOREIGN_TABLE, rel, table, revoke,
				  psprintf("everybody may use foreign table \"%s\"",
						   NameStr(rel->name)));
	else if ((rel->kind == RELKIND_RELATION ||
			  rel->kind == RELKIND_PARTITIONED_TABLE) &&
			 !rel->row_security)
	{
		sd_advise(adv, SD_RULE_PUBLIC_TABLE, rel, table, revoke,
				  psprintf("everybody may %s table \"%s\", which has no row "
						   "security",
						   public_may == ACL_SELECT ? "read" : "write",
						   NameStr(rel->name)));
		for (int i = 0; i < rel->natts && (public_may & ACL_SELECT); i++)
			if (rel->columns[i].exists &&
				is_secret(NameStr(rel->columns[i].name)))
				sd_advise(adv, SD_RULE_PUBLIC_SENSITIVE_COLUMN, rel,
						  sd_advice_column(rel, &rel->columns[i]), NULL,
						  psprintf("everybody may read column \"%s\"",
								   NameStr(rel->columns[i].name)));
	}
}

/* Is one of the words a part of the name? */
static bool
is_secret(const char *name)
{
	char *lower = pstrdup(name);

	for (char *p = lower; *p != '\0'; p++)
		*p = pg_ascii_tolower((unsigned char) *p);
	for (int i = 0; i < lengthof(secrets); i++)
	{
		size_t length = strlen(secrets[i]);
		const char *found = lower;

		while ((found = strstr(found, secrets[i])) != NULL)
		{
			/* not a part of a word */
			if ((found == lower || found[-1] == '_') &&
				(found[length] == '\0' || found[length] == '_'))
				return true;
			found++;
		}
	}

	return false;
}

/* Does a view show rows that row security would not? */
static void
check_view(SdAdvice *adv, SdRelation *rel)
{
	RowSecurityRequest request = {rel->oid, NIL, NULL};
	ListCell *lc;

	if (!adv->wanted[SD_RULE_SECURITY_DEFINER_VIEW] ||
		sd_advice_has_option(rel->options, "security_invoker", true))
		return;

	sd_scan_oid(adv->catalog, RewriteRelationId, RewriteRelRulenameIndexId,
				Anum_pg_rewrite_ev_class, rel->oid, keep_rule, &request);
	foreach (lc, request.rules)
	{
		SdKey keys[] = {
			{Anum_pg_depend_classid, ObjectIdGetDatum(RewriteRelationId),
			 F_OIDEQ},
			{Anum_pg_depend_objid, ObjectIdGetDatum(lfirst_oid(lc)), F_OIDEQ},
		};

		sd_scan_index(adv->catalog, DependRelationId, DependDependerIndexId,
					  lengthof(keys), keys, keep_secured, &request);
	}
	if (request.found != NULL)
		sd_advise(adv, SD_RULE_SECURITY_DEFINER_VIEW, rel,
				  sd_relation_qualified_name(rel),
				  psprintf("ALTER VIEW %s SET (security_invoker = true)",
						   sd_relation_qualified_name(rel)),
				  psprintf("view \"%s\" reads \"%s\" by its owner's rights, "
						   "whatever row security says of the caller",
						   NameStr(rel->name), NameStr(request.found->name)));
}

static void
keep_rule(SdCatalog *cat, HeapTuple tuple, TupleDesc desc, void *arg)
{
	RowSecurityRequest *request = arg;

	request->rules =
		lappend_oid(request->rules, ((Form_pg_rewrite) GETSTRUCT(tuple))->oid);
}

/* Keep the first table with row security, by name. */
static void
keep_secured(SdCatalog *cat, HeapTuple tuple, TupleDesc desc, void *arg)
{
	RowSecurityRequest *request = arg;
	Form_pg_depend form = (Form_pg_depend) GETSTRUCT(tuple);
	SdRelation *rel;

	if (form->refclassid != RelationRelationId ||
		form->refobjid == request->view)
		return;
	rel = sd_catalog_relation(cat, form->refobjid);
	if (rel != NULL && rel->row_security &&
		(request->found == NULL ||
		 strcmp(NameStr(rel->name), NameStr(request->found->name)) < 0))
		request->found = rel;
}

/*
 * sd_advise_functions
 *		Check the functions in scope.
 */
void
sd_advise_functions(SdAdvice *adv)
{
	if (adv->wanted[SD_RULE_SECURITY_DEFINER_SEARCH_PATH] ||
		adv->wanted[SD_RULE_SECURITY_DEFINER_PUBLIC] ||
		adv->wanted[SD_RULE_FUNCTION_SEARCH_PATH])
		sd_scan_all(adv->catalog, ProcedureRelationId, check_function, adv);
}

static void
check_function(SdCatalog *cat, HeapTuple tuple, TupleDesc desc, void *arg)
{
	SdAdvice *adv = arg;
	Form_pg_proc form = (Form_pg_proc) GETSTRUCT(tuple);
	MemoryContext oldcontext;
	const char *schema;
	const char *name;
	const char *kind;
	StringInfoData identity;
	bool isnull;
	Datum config;
	Datum acl;
	bool is_parsed;
	bool has_path = false;

	if (form->prokind == PROKIND_AGGREGATE ||
		!sd_scope_has_object(cat, ProcedureRelationId, form->oid,
							 form->pronamespace, NameStr(form->proname)))
		return;

	oldcontext = MemoryContextSwitchTo(cat->context);
	schema = NameStr(sd_catalog_schema(cat, form->pronamespace)->name);
	name = pstrdup(NameStr(form->proname));
	kind = form->prokind == PROKIND_PROCEDURE ? "PROCEDURE" : "FUNCTION";
	initStringInfo(&identity);
	appendStringInfo(&identity, "%s(",
					 quote_qualified_identifier(schema, name));
	for (int i = 0; i < form->pronargs; i++)
		appendStringInfo(
			&identity, "%s%s", i > 0 ? "," : "",
			sd_catalog_format_type(cat, form->proargtypes.values[i], -1));
	appendStringInfoChar(&identity, ')');

	config = heap_getattr(tuple, Anum_pg_proc_proconfig, desc, &isnull);
	if (!isnull)
	{
		Datum *settings;
		int nsettings;

		deconstruct_array(DatumGetArrayTypeP(config), TEXTOID, -1, false,
						  TYPALIGN_INT, &settings, NULL, &nsettings);
		for (int i = 0; i < nsettings; i++)
			if (strncmp(TextDatumGetCString(settings[i]),
						"search_path=", strlen("search_path=")) == 0)
				has_path = true;
	}
	/* what the server has parsed already, or does not parse */
	is_parsed = form->prolang == INTERNALlanguageId ||
				form->prolang == ClanguageId ||
				!heap_attisnull(tuple, Anum_pg_proc_prosqlbody, desc);

	if (!has_path && !is_parsed)
		sd_advise_object(
			adv,
			form->prosecdef ? SD_RULE_SECURITY_DEFINER_SEARCH_PATH
							: SD_RULE_FUNCTION_SEARCH_PATH,
			schema, name, identity.data,
			psprintf("ALTER %s %s SET search_path = %s, pg_temp", kind,
					 identity.data, quote_identifier(schema)),
			psprintf(form->prosecdef
						 ? "\"%s\" has its owner's rights, but its caller's "
						   "search_path"
						 : "\"%s\" has its caller's search_path",
					 name));

	/* nobody can call a trigger function */
	acl = heap_getattr(tuple, Anum_pg_proc_proacl, desc, &isnull);
	if (form->prosecdef && form->prorettype != TRIGGEROID &&
		form->prorettype != EVENT_TRIGGEROID &&
		(isnull || (public_privileges(acl) & ACL_EXECUTE)) &&
		(public_may_in_schema(adv, form->pronamespace) & ACL_USAGE))
		sd_advise_object(
			adv, SD_RULE_SECURITY_DEFINER_PUBLIC, schema, name, identity.data,
			psprintf("REVOKE EXECUTE ON %s %s FROM PUBLIC", kind,
					 identity.data),
			psprintf("everybody may call \"%s\", which has its owner's rights",
					 name));
	MemoryContextSwitchTo(oldcontext);
}

/*
 * sd_advise_extensions
 *		Check where extensions in scope have their objects.
 */
void
sd_advise_extensions(SdAdvice *adv)
{
	if (adv->wanted[SD_RULE_EXTENSION_IN_WRITABLE_SCHEMA])
		sd_scan_all(adv->catalog, ExtensionRelationId, check_extension, adv);
}

static void
check_extension(SdCatalog *cat, HeapTuple tuple, TupleDesc desc, void *arg)
{
	SdAdvice *adv = arg;
	Form_pg_extension form = (Form_pg_extension) GETSTRUCT(tuple);
	MemoryContext oldcontext;
	const char *schema;
	const char *name;

	if (adv->scope.has_relation ||
		!sd_scope_has_object(cat, ExtensionRelationId, form->oid,
							 form->extnamespace, NameStr(form->extname)) ||
		!(public_may_in_schema(adv, form->extnamespace) & ACL_CREATE))
		return;

	oldcontext = MemoryContextSwitchTo(cat->context);
	schema = NameStr(sd_catalog_schema(cat, form->extnamespace)->name);
	name = pstrdup(NameStr(form->extname));
	sd_advise_object(adv, SD_RULE_EXTENSION_IN_WRITABLE_SCHEMA, schema, name,
					 quote_identifier(name),
					 psprintf("REVOKE CREATE ON SCHEMA %s FROM PUBLIC",
							  quote_identifier(schema)),
					 psprintf("extension \"%s\" is in schema \"%s\", in which "
							  "everybody may create objects",
							  name, schema));
	MemoryContextSwitchTo(oldcontext);
}
