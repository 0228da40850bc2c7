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

#include "discovery/objects.h"

PG_FUNCTION_INFO_V1(stormdisc_policies);

static void emit_policies(SdDiscovery *disc);
static void add_policy(SdDiscovery *disc, const SdObject *policy);
static char *expression(SdCatalog *cat, const SdObject *policy,
						AttrNumber column, SdProblem *problem);
static void add_roles(SdDiscovery *disc, const SdObject *policy);
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

static const SdObjectClass policy_class = {
	.classid = PolicyRelationId,
	.relation_index = PolicyPolrelidPolnameIndexId,
	.relation_column = Anum_pg_policy_polrelid,
	.add = add_policy,
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
	sd_objects_emit(disc, &policy_class);
}

static void
add_policy(SdDiscovery *disc, const SdObject *policy)
{
	SdCatalog *cat = disc->catalog;
	Form_pg_policy form = (Form_pg_policy) GETSTRUCT(policy->tuple);
	SdProblem problem = SD_PROBLEM_NONE;

	sd_row_object(disc, policy);
	sd_row_bool(disc, form->polpermissive);
	add_roles(disc, policy);
	sd_row_text(disc, command(form->polcmd));
	sd_row_text(disc,
				expression(cat, policy, Anum_pg_policy_polqual, &problem));
	sd_row_text(disc,
				expression(cat, policy, Anum_pg_policy_polwithcheck, &problem));
	sd_row_comment(disc, policy);
	sd_row_end(disc, problem);
}

static char *
expression(SdCatalog *cat, const SdObject *policy, AttrNumber column,
		   SdProblem *problem)
{
	return sd_deparse_policy(cat, policy->relation,
							 sd_object_text(policy, column), problem);
}

/* roles: by name; public stands for everybody */
static void
add_roles(SdDiscovery *disc, const SdObject *policy)
{
	bool isnull;
	Datum value = sd_object_value(policy, Anum_pg_policy_polroles, &isnull);
	Oid *roles = NULL;
	int nroles = 0;
	const char **names;

	if (!isnull)
		roles = sd_attribute_oids(disc->catalog, value, &nroles);
	names = palloc(sizeof(char *) * (nroles + 1));
	for (int i = 0; i < nroles; i++)
		names[i] =
			roles[i] == ACL_ID_PUBLIC
				? "public"
				: sd_catalog_name(disc->catalog, AuthIdRelationId, roles[i]);
	qsort(names, nroles, sizeof(char *), sd_text_compare);
	sd_row_texts(disc, nroles, names);
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
