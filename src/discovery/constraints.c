/*-------------------------------------------------------------------------
 *
 * constraints.c
 *	  stormdisc_constraints: constraints of tables.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "catalog/pg_constraint.h"
#include "catalog/pg_operator.h"

#include "compat.h"
#include "discovery/discovery.h"

PG_FUNCTION_INFO_V1(stormdisc_constraints);

static void emit_constraints(SdDiscovery *disc);
static void add_constraint(SdDiscovery *disc, void *object);
static void add_columns(SdDiscovery *disc, SdConstraint *con);
static void add_reference(SdDiscovery *disc, SdConstraint *con);
static void add_operators(SdDiscovery *disc, SdConstraint *con);
static const char *constraint_type(char contype);
static const char *action(char confupdtype);
static const char *match_type(char confmatchtype);

const SdKind sd_kind_constraints = {
	.name = "constraints",
	.relkinds = "rpf",
	.not_served = "\"%s\" is not a table",
	.parts = SD_READ_COLUMNS | SD_READ_INDEXES | SD_READ_CONSTRAINTS |
			 SD_READ_CONSTRAINT_COMMENTS,
	.identity = "schema_name,table_name,constraint_name",
	.left_out = "problem",
	.defaults = "is_validated=true,is_enforced=true,is_local=true,"
				"inherited_count=0",
	.emit = emit_constraints,
};

/*
 * stormdisc_constraints(relation, schemas, include, exclude) -> setof row
 *		Report the constraints of the tables in scope, by table and name.
 */
Datum
stormdisc_constraints(PG_FUNCTION_ARGS)
{
	return sd_discovery_run(fcinfo, &sd_kind_constraints);
}

static void
emit_constraints(SdDiscovery *disc)
{
	SdRelation *rel;
	int position = 0;

	while ((rel = sd_discovery_next(disc, &position)) != NULL)
	{
		ListCell *lc;

		foreach (lc, rel->constraints)
		{
			SdConstraint *con = lfirst(lc);

			/* the server makes these from the parent's, and names them */
			if (disc->is_document && con->type == CONSTRAINT_FOREIGN &&
				OidIsValid(con->parent))
				continue;
			sd_discovery_add(disc, add_constraint, con);
		}
	}
}

static void
add_constraint(SdDiscovery *disc, void *object)
{
	SdCatalog *cat = disc->catalog;
	SdConstraint *con = object;
	SdProblem problem = con->problem;
	SdConstraint *parent = OidIsValid(con->parent)
							   ? sd_catalog_constraint(cat, con->parent)
							   : NULL;
	SdRelation *index = sd_catalog_relation(cat, con->index);

	sd_row_name(disc, &con->relation->schema->name);
	sd_row_name(disc, &con->relation->name);
	sd_row_name(disc, &con->name);
	sd_row_text(disc, constraint_type(con->type));
	add_columns(disc, con);
	add_reference(disc, con);
	sd_row_bool(disc, con->deferrable);
	sd_row_bool(disc, con->deferred);
	sd_row_bool(disc, con->validated);
	sd_row_bool(disc, con->enforced);
	sd_row_bool(disc, con->period);
	/* of others it is the server's own affair, which a restore changes */
	sd_row_bool(disc, con->no_inherit && (!disc->is_document ||
										  con->type == CONSTRAINT_CHECK ||
										  con->type == CONSTRAINT_NOTNULL));
	sd_row_bool(disc, con->is_local);
	sd_row_int32(disc, con->inherited_count);
	sd_row_text(disc, parent != NULL ? NameStr(parent->name) : NULL);
	/* which of several indexes a foreign key has is decided by their OIDs */
	if (disc->is_document && con->type == CONSTRAINT_FOREIGN)
		index = NULL;
	sd_row_text(disc, index != NULL ? NameStr(index->name) : NULL);
	add_operators(disc, con);
	sd_row_text(disc, con->expression);
	sd_row_text(disc, sd_constraint_definition(cat, con, &problem));
	sd_row_text(disc,
				sd_catalog_comment(cat, ConstraintRelationId, con->oid, 0));
	sd_row_end(disc, problem);
}

/* columns: an exclusion constraint may have expressions among them */
static void
add_columns(SdDiscovery *disc, SdConstraint *con)
{
	SdIndex *index = NULL;
	const char **names;

	if (con->type == CONSTRAINT_EXCLUSION)
		index = sd_catalog_index(disc->catalog, con->index);
	if (index == NULL || index->nkeys != con->ncolumns)
	{
		sd_row_columns(disc, con->relation, con->ncolumns, con->columns);
		return;
	}

	names = MemoryContextAlloc(disc->row_context,
							   sizeof(char *) * (index->nkeys + 1));
	for (int i = 0; i < index->nkeys; i++)
		names[i] = sd_index_key_name(index, i);
	sd_row_texts(disc, index->nkeys, names);
}

/* ref_*, on_update, on_delete, on_delete_columns, match_type */
static void
add_reference(SdDiscovery *disc, SdConstraint *con)
{
	SdRelation *ref = NULL;

	if (con->type == CONSTRAINT_FOREIGN)
		ref = sd_catalog_relation(disc->catalog, con->ref_relation);
	if (ref == NULL)
	{
		sd_row_nulls(disc, 7);
		return;
	}

	sd_relation_read_columns(disc->catalog, ref);
	sd_row_name(disc, &ref->schema->name);
	sd_row_name(disc, &ref->name);
	sd_row_columns(disc, ref, con->nref_columns, con->ref_columns);
	sd_row_text(disc, action(con->on_update));
	sd_row_text(disc, action(con->on_delete));
	sd_row_columns(disc, con->relation, con->ndelete_columns,
				   con->delete_columns);
	sd_row_text(disc, match_type(con->match));
}

/* exclusion_operators: with their schemas, in key order */
static void
add_operators(SdDiscovery *disc, SdConstraint *con)
{
	MemoryContext oldcontext;
	const char **names;

	/* a key WITHOUT OVERLAPS has operators too, but goes without saying */
	if (con->type != CONSTRAINT_EXCLUSION)
	{
		sd_row_null(disc);
		return;
	}

	oldcontext = MemoryContextSwitchTo(disc->row_context);
	names = palloc(sizeof(char *) * (con->noperators + 1));
	for (int i = 0; i < con->noperators; i++)
		names[i] = sd_catalog_qualified_name(disc->catalog, OperatorRelationId,
											 con->operators[i]);
	sd_row_texts(disc, con->noperators, names);
	MemoryContextSwitchTo(oldcontext);
}

static const char *
constraint_type(char contype)
{
	switch (contype)
	{
		case CONSTRAINT_PRIMARY:
			return "primary key";
		case CONSTRAINT_UNIQUE:
			return "unique";
		case CONSTRAINT_FOREIGN:
			return "foreign key";
		case CONSTRAINT_CHECK:
			return "check";
		case CONSTRAINT_EXCLUSION:
			return "exclusion";
		case CONSTRAINT_NOTNULL:
			return "not null";
		case CONSTRAINT_TRIGGER:
			return "trigger";
		default:
			elog(ERROR, "invalid constraint type \"%c\"", contype);
			return NULL; /* keep compiler quiet */
	}
}

static const char *
action(char confupdtype)
{
	switch (confupdtype)
	{
		case FKCONSTR_ACTION_NOACTION:
			return "no action";
		case FKCONSTR_ACTION_RESTRICT:
			return "restrict";
		case FKCONSTR_ACTION_CASCADE:
			return "cascade";
		case FKCONSTR_ACTION_SETNULL:
			return "set null";
		case FKCONSTR_ACTION_SETDEFAULT:
			return "set default";
		default:
			elog(ERROR, "unrecognized foreign key action: %c", confupdtype);
			return NULL; /* keep compiler quiet */
	}
}

static const char *
match_type(char confmatchtype)
{
	switch (confmatchtype)
	{
		case FKCONSTR_MATCH_SIMPLE:
			return "simple";
		case FKCONSTR_MATCH_FULL:
			return "full";
		case FKCONSTR_MATCH_PARTIAL:
			return "partial";
		default:
			elog(ERROR, "unrecognized match type: %c", confmatchtype);
			return NULL; /* keep compiler quiet */
	}
}
