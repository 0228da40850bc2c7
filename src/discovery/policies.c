/*-------------------------------------------------------------------------
 *
 * policies.c
 *	  stormdisc_policies: row security policies of tables.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "access/htup_details.h"
#include "catalog/pg_authid.h"
#include "catalog/pg_policy.h"
#include "utils/acl.h"
#include "utils/builtins.h"

#include "discovery/discovery.h"

PG_FUNCTION_INFO_V1(stormdisc_policies);

typedef struct Policy
{
	Oid oid;
	SdRelation *relation;
	NameData name;
	char command;
	bool is_permissive;
	int nroles;
	Oid *roles;
	char *using_tree; /* node trees; NULL: none */
	char *check_tree;
} Policy;

static void emit_policies(SdDiscovery *disc);
static void keep_policy(SdCatalog *cat, HeapTuple tuple, TupleDesc desc,
						void *arg);
static char *keep_tree(HeapTuple tuple, TupleDesc desc, AttrNumber column);
static int compare_policies(const ListCell *a, const ListCell *b);
static void add_policy(SdDiscovery *disc, void *object);
static void add_roles(SdDiscovery *disc, Policy *policy);
static int compare_texts(const void *a, const void *b);
static const char *command(char polcmd);

const SdKind sd_kind_policies = {
	.name = "policies",
	.relkinds = "rpf",
	.not_served = "\"%s\" is not a table",
	.identity = "schema_name,table_name,policy_name",
	.left_out = "problem",
	.defaults = "is_permissive=true,command=all",
	.emit = emit_policies,
};

/*
 * stormdisc_policies(relation, schemas, include, exclude) -> setof row
 *		Report the policies of the tables in scope, by table and name.
 */
Datum
stormdisc_policies(PG_FUNCTION_ARGS)
{
	return sd_discovery_run(fcinfo, &sd_kind_policies);
}

static void
emit_policies(SdDiscovery *disc)
{
	SdCatalog *cat = disc->catalog;
	MemoryContext oldcontext = MemoryContextSwitchTo(cat->context);
	List *policies = NIL;
	Oid *oids;
	int noids = 0;
	ListCell *lc;

	sd_scan_relations(cat, PolicyRelationId, PolicyPolrelidPolnameIndexId,
					  Anum_pg_policy_polrelid, keep_policy, &policies);
	list_sort(policies, compare_policies);

	oids = palloc(sizeof(Oid) * (list_length(policies) + 1));
	foreach (lc, policies)
		oids[noids++] = ((Policy *) lfirst(lc))->oid;
	sd_catalog_read_comments(cat, PolicyRelationId, noids, oids);
	MemoryContextSwitchTo(oldcontext);

	foreach (lc, policies)
		sd_discovery_add(disc, add_policy, lfirst(lc));
}

static void
keep_policy(SdCatalog *cat, HeapTuple tuple, TupleDesc desc, void *arg)
{
	Form_pg_policy form = (Form_pg_policy) GETSTRUCT(tuple);
	List **policies = arg;
	MemoryContext oldcontext;
	SdRelation *rel;
	Policy *policy;
	Datum roles;
	bool isnull;

	rel = hash_search(cat->relation_hash, &form->polrelid, HASH_FIND, NULL);
	if (rel == NULL || !rel->in_scope)
		return;

	oldcontext = MemoryContextSwitchTo(cat->context);
	policy = palloc0(sizeof(Policy));
	policy->oid = form->oid;
	policy->relation = rel;
	namestrcpy(&policy->name, NameStr(form->polname));
	policy->command = form->polcmd;
	policy->is_permissive = form->polpermissive;
	roles = heap_getattr(tuple, Anum_pg_policy_polroles, desc, &isnull);
	if (!isnull)
		policy->roles = sd_attribute_oids(cat, roles, &policy->nroles);
	policy->using_tree = keep_tree(tuple, desc, Anum_pg_policy_polqual);
	policy->check_tree = keep_tree(tuple, desc, Anum_pg_policy_polwithcheck);
	*policies = lappend(*policies, policy);
	MemoryContextSwitchTo(oldcontext);
}

static char *
keep_tree(HeapTuple tuple, TupleDesc desc, AttrNumber column)
{
	bool isnull;
	Datum value = heap_getattr(tuple, column, desc, &isnull);

	return isnull ? NULL : TextDatumGetCString(value);
}

static int
compare_policies(const ListCell *a, const ListCell *b)
{
	const Policy *left = lfirst(a);
	const Policy *right = lfirst(b);
	int result = strcmp(NameStr(left->relation->schema->name),
						NameStr(right->relation->schema->name));

	if (result == 0)
		result = strcmp(NameStr(left->relation->name),
						NameStr(right->relation->name));

	return result != 0 ? result
					   : strcmp(NameStr(left->name), NameStr(right->name));
}

static void
add_policy(SdDiscovery *disc, void *object)
{
	SdCatalog *cat = disc->catalog;
	Policy *policy = object;
	SdProblem problem = SD_PROBLEM_NONE;

	sd_row_name(disc, &policy->relation->schema->name);
	sd_row_name(disc, &policy->relation->name);
	sd_row_name(disc, &policy->name);
	sd_row_bool(disc, policy->is_permissive);
	add_roles(disc, policy);
	sd_row_text(disc, command(policy->command));
	sd_row_text(disc, sd_deparse_policy(cat, policy->relation,
										policy->using_tree, &problem));
	sd_row_text(disc, sd_deparse_policy(cat, policy->relation,
										policy->check_tree, &problem));
	sd_row_text(disc,
				sd_catalog_comment(cat, PolicyRelationId, policy->oid, 0));
	sd_row_end(disc, problem);
}

/* roles: by name; public stands for everybody */
static void
add_roles(SdDiscovery *disc, Policy *policy)
{
	const char **names = MemoryContextAlloc(
		disc->row_context, sizeof(char *) * (policy->nroles + 1));

	for (int i = 0; i < policy->nroles; i++)
		names[i] = policy->roles[i] == ACL_ID_PUBLIC
					   ? "public"
					   : sd_catalog_name(disc->catalog, AuthIdRelationId,
										 policy->roles[i]);
	if (policy->nroles > 1)
		qsort(names, policy->nroles, sizeof(char *), compare_texts);
	sd_row_texts(disc, policy->nroles, names);
}

static int
compare_texts(const void *a, const void *b)
{
	return strcmp(*(const char *const *) a, *(const char *const *) b);
}

static const char *
command(char polcmd)
{
	switch (polcmd)
	{
		case '*':
			return "all";
		case ACL_SELECT_CHR:
			return "select";
		case ACL_INSERT_CHR:
			return "insert";
		case ACL_UPDATE_CHR:
			return "update";
		case ACL_DELETE_CHR:
			return "delete";
		default:
			elog(ERROR, "unrecognized policy command: %c", polcmd);
			return NULL; /* keep compiler quiet */
	}
}
