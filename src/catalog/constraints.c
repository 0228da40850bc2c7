/*-------------------------------------------------------------------------
 *
 * constraints.c
 *	  Constraints of tables, and their definitions.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "access/htup_details.h"
#include "catalog/pg_class.h"
#include "catalog/pg_constraint.h"
#include "catalog/heap.h"
#include "utils/builtins.h"
#include "utils/fmgroids.h"
#include "utils/memutils.h"

#include "catalog/sd_catalog.h"
#include "compat.h"

static void keep_constraint(SdCatalog *cat, HeapTuple tuple, TupleDesc desc,
							void *arg);
static AttrNumber *numbers(SdCatalog *cat, HeapTuple tuple, TupleDesc desc,
						   AttrNumber column, int *count);
static bool points_to_partition(SdCatalog *cat, SdConstraint *con);
static int compare_constraints(const ListCell *a, const ListCell *b);
static void append_foreign_key(SdCatalog *cat, StringInfo buf,
							   SdConstraint *con);
static void append_action(StringInfo buf, const char *event, char action);
static void append_key(SdCatalog *cat, StringInfo buf, SdConstraint *con);
static void append_columns(StringInfo buf, SdRelation *rel,
						   const AttrNumber *columns, int ncolumns,
						   bool period);

/* a chain of parents cannot be longer than this, unless it is a circle */
#define MAX_LEVELS 10000

/*
 * sd_catalog_read_constraints
 *		Read the constraints of the relations in scope.
 *
 * A foreign key that points to a partitioned table has a copy for each of
 * that table's partitions; the copies are left out.
 */
void
sd_catalog_read_constraints(SdCatalog *cat)
{
	sd_scan_relations(cat, ConstraintRelationId,
					  ConstraintRelidTypidNameIndexId,
					  Anum_pg_constraint_conrelid, keep_constraint, NULL);

	for (int i = 0; i < cat->nrelations; i++)
	{
		SdRelation *rel = cat->relations[i];
		ListCell *lc;

		foreach (lc, rel->constraints)
		{
			SdConstraint *con = lfirst(lc);

			if (points_to_partition(cat, con))
				rel->constraints = foreach_delete_current(rel->constraints, lc);
			else
				sd_index_set_constraint(cat, con);
		}
		list_sort(rel->constraints, compare_constraints);
	}

	if ((cat->parts & SD_READ_CONSTRAINT_COMMENTS) &&
		cat->known_constraints != NULL)
	{
		int noids;
		Oid *oids = sd_oid_map_oids(cat->known_constraints, &noids);

		sd_catalog_read_comments(cat, ConstraintRelationId, noids, oids);
		pfree(oids);
	}
}

static int
compare_constraints(const ListCell *a, const ListCell *b)
{
	return strcmp(NameStr(((SdConstraint *) lfirst(a))->name),
				  NameStr(((SdConstraint *) lfirst(b))->name));
}

/*
 * sd_catalog_constraint
 *		Any constraint of a table by OID; NULL if the snapshot has no such.
 */
SdConstraint *
sd_catalog_constraint(SdCatalog *cat, Oid oid)
{
	SdConstraint *con = sd_oid_map_get(cat->known_constraints, oid);

	if (con == NULL)
	{
		sd_scan_oid(cat, ConstraintRelationId, ConstraintOidIndexId,
					Anum_pg_constraint_oid, oid, keep_constraint, &oid);
		con = sd_oid_map_get(cat->known_constraints, oid);
	}

	return con;
}

/* Keep a constraint if its table is in scope, or it is the one asked for. */
static void
keep_constraint(SdCatalog *cat, HeapTuple tuple, TupleDesc desc, void *arg)
{
	Form_pg_constraint form = (Form_pg_constraint) GETSTRUCT(tuple);
	bool wanted = (arg != NULL && *(Oid *) arg == form->oid);
	MemoryContext oldcontext;
	SdRelation *rel;
	SdConstraint *con;
	Datum value;
	bool isnull;

	if (!OidIsValid(form->conrelid))
		return; /* a domain's */
	if (wanted)
		rel = sd_catalog_relation(cat, form->conrelid);
	else
	{
		rel = sd_catalog_known_relation(cat, form->conrelid);
		if (rel == NULL || !rel->in_scope)
			return;
	}
	if (rel == NULL)
		return;
	if (!(cat->parts & SD_READ_CONSTRAINTS) &&
		form->contype != CONSTRAINT_PRIMARY &&
		form->contype != CONSTRAINT_UNIQUE &&
		form->contype != CONSTRAINT_EXCLUSION)
		return;
	sd_relation_read_columns(cat, rel);

	oldcontext = MemoryContextSwitchTo(cat->context);
	if (cat->known_constraints == NULL)
		cat->known_constraints = sd_oid_map_create(cat);
	con = sd_oid_map_get(cat->known_constraints, form->oid);
	if (con == NULL)
	{
		con = palloc(sizeof(SdConstraint));
		sd_oid_map_put(cat->known_constraints, form->oid, con);
	}
	memset(con, 0, sizeof(SdConstraint));
	con->oid = form->oid;
	if (!wanted)
		rel->constraints = lappend(rel->constraints, con);

	namestrcpy(&con->name, NameStr(form->conname));
	con->relation = rel;
	con->type = form->contype;
	con->on_update = form->confupdtype;
	con->on_delete = form->confdeltype;
	con->match = form->confmatchtype;
	con->deferrable = form->condeferrable;
	con->deferred = form->condeferred;
	con->validated = form->convalidated;
	con->enforced = SD_CONSTRAINT_ENFORCED(form);
	con->period = SD_CONSTRAINT_PERIOD(form);
	con->no_inherit = form->connoinherit;
	con->is_local = form->conislocal;
	con->inherited_count = form->coninhcount;
	con->ref_relation = form->confrelid;
	con->parent = form->conparentid;
	con->index = form->conindid;
	con->columns =
		numbers(cat, tuple, desc, Anum_pg_constraint_conkey, &con->ncolumns);
	con->ref_columns = numbers(cat, tuple, desc, Anum_pg_constraint_confkey,
							   &con->nref_columns);
	con->delete_columns =
		numbers(cat, tuple, desc, Anum_pg_constraint_confdelsetcols,
				&con->ndelete_columns);
	value = heap_getattr(tuple, Anum_pg_constraint_conexclop, desc, &isnull);
	if (!isnull)
		con->operators = sd_attribute_oids(cat, value, &con->noperators);

	if (con->type == CONSTRAINT_CHECK)
	{
		value = heap_getattr(tuple, Anum_pg_constraint_conbin, desc, &isnull);
		if (!isnull)
			con->expression = sd_deparse(cat, rel, sd_deparse_read(cat, value),
										 &con->problem);
	}
	MemoryContextSwitchTo(oldcontext);
}

/* A column of type int2[]; none if it is NULL. */
static AttrNumber *
numbers(SdCatalog *cat, HeapTuple tuple, TupleDesc desc, AttrNumber column,
		int *count)
{
	bool isnull;
	Datum value = heap_getattr(tuple, column, desc, &isnull);

	*count = 0;
	return isnull ? NULL : sd_attribute_numbers(cat, value, count);
}

/*
 * Is this a copy that the server made of a foreign key, to point to a
 * partition of the referenced table?  Unlike the copies on partitions of the
 * referencing table, it points to another table than its first ancestor.
 */
static bool
points_to_partition(SdCatalog *cat, SdConstraint *con)
{
	Oid ref_relation = con->ref_relation;

	if (con->type != CONSTRAINT_FOREIGN)
		return false;
	for (int level = 0; OidIsValid(con->parent) && level < MAX_LEVELS; level++)
	{
		SdConstraint *parent = sd_catalog_constraint(cat, con->parent);

		if (parent == NULL)
			break;
		con = parent;
	}

	return con->ref_relation != ref_relation;
}

/*
 * sd_constraint_definition
 *		What pg_get_constraintdef() says, under the snapshot, in the scratch
 *		context.  On NULL, *problem says why.
 */
char *
sd_constraint_definition(SdCatalog *cat, SdConstraint *con, SdProblem *problem)
{
	MemoryContext oldcontext = MemoryContextSwitchTo(cat->scratch);
	SdColumn *column;
	SdIndex *index;
	StringInfoData buf;
	char *exclusion;

	initStringInfo(&buf);
	switch (con->type)
	{
		case CONSTRAINT_FOREIGN:
			append_foreign_key(cat, &buf, con);
			break;
		case CONSTRAINT_PRIMARY:
		case CONSTRAINT_UNIQUE:
			append_key(cat, &buf, con);
			break;
		case CONSTRAINT_CHECK:
			if (con->expression == NULL)
			{
				*problem = con->problem;
				MemoryContextSwitchTo(oldcontext);
				return NULL;
			}
			appendStringInfo(&buf, "CHECK (%s)", con->expression);
			break;
		case CONSTRAINT_NOTNULL:
			column = con->ncolumns == 1
						 ? sd_relation_column(con->relation, con->columns[0])
						 : NULL;
			appendStringInfo(&buf, "NOT NULL %s",
							 column != NULL
								 ? quote_identifier(NameStr(column->name))
								 : "???");
			break;
		case CONSTRAINT_TRIGGER:
			appendStringInfoString(&buf, "TRIGGER");
			break;
		case CONSTRAINT_EXCLUSION:
			index = sd_catalog_index(cat, con->index);
			exclusion = index != NULL
							? sd_index_exclusion(cat, index, con->operators,
												 con->noperators)
							: NULL;
			if (exclusion == NULL)
			{
				*problem = index != NULL && index->problem
							   ? index->problem
							   : SD_PROBLEM_VANISHED;
				MemoryContextSwitchTo(oldcontext);
				return NULL;
			}
			appendStringInfoString(&buf, exclusion);
			break;
		default:
			elog(ERROR, "invalid constraint type \"%c\"", con->type);
	}

	if (con->no_inherit &&
		(con->type == CONSTRAINT_CHECK || con->type == CONSTRAINT_NOTNULL))
		appendStringInfoString(&buf, " NO INHERIT");
	if (con->deferrable)
		appendStringInfoString(&buf, " DEFERRABLE");
	if (con->deferred)
		appendStringInfoString(&buf, " INITIALLY DEFERRED");
	if (!con->enforced)
		appendStringInfoString(&buf, " NOT ENFORCED");
	else if (!con->validated)
		appendStringInfoString(&buf, " NOT VALID");
	MemoryContextSwitchTo(oldcontext);

	return buf.data;
}

static void
append_foreign_key(SdCatalog *cat, StringInfo buf, SdConstraint *con)
{
	SdRelation *ref = sd_catalog_relation(cat, con->ref_relation);

	appendStringInfoString(buf, "FOREIGN KEY (");
	append_columns(buf, con->relation, con->columns, con->ncolumns,
				   con->period);
	appendStringInfo(buf, ") REFERENCES %s(",
					 ref != NULL ? sd_relation_visible_name(ref) : "???");
	if (ref != NULL)
	{
		sd_relation_read_columns(cat, ref);
		append_columns(buf, ref, con->ref_columns, con->nref_columns,
					   con->period);
	}
	appendStringInfoChar(buf, ')');

	if (con->match == FKCONSTR_MATCH_FULL)
		appendStringInfoString(buf, " MATCH FULL");
	else if (con->match == FKCONSTR_MATCH_PARTIAL)
		appendStringInfoString(buf, " MATCH PARTIAL");
	append_action(buf, "UPDATE", con->on_update);
	append_action(buf, "DELETE", con->on_delete);
	if (con->ndelete_columns > 0)
	{
		appendStringInfoString(buf, " (");
		append_columns(buf, con->relation, con->delete_columns,
					   con->ndelete_columns, false);
		appendStringInfoChar(buf, ')');
	}
}

static void
append_action(StringInfo buf, const char *event, char action)
{
	const char *words = NULL;

	switch (action)
	{
		case FKCONSTR_ACTION_RESTRICT:
			words = "RESTRICT";
			break;
		case FKCONSTR_ACTION_CASCADE:
			words = "CASCADE";
			break;
		case FKCONSTR_ACTION_SETNULL:
			words = "SET NULL";
			break;
		case FKCONSTR_ACTION_SETDEFAULT:
			words = "SET DEFAULT";
			break;
		default:
			return; /* no action goes without saying */
	}
	appendStringInfo(buf, " ON %s %s", event, words);
}

/* Append a primary key or unique constraint. */
static void
append_key(SdCatalog *cat, StringInfo buf, SdConstraint *con)
{
	SdIndex *index = sd_catalog_index(cat, con->index);

	appendStringInfoString(buf, con->type == CONSTRAINT_PRIMARY ? "PRIMARY KEY "
																: "UNIQUE ");
	if (con->type == CONSTRAINT_UNIQUE && index != NULL &&
		index->nulls_not_distinct)
		appendStringInfoString(buf, "NULLS NOT DISTINCT ");
	appendStringInfoChar(buf, '(');
	append_columns(buf, con->relation, con->columns, con->ncolumns, false);
	if (con->period)
		appendStringInfoString(buf, " WITHOUT OVERLAPS");
	appendStringInfoChar(buf, ')');

	/* the constraint knows its key only; the index has what is included */
	if (index != NULL && index->ncolumns > con->ncolumns)
	{
		appendStringInfoString(buf, " INCLUDE (");
		for (int i = con->ncolumns; i < index->ncolumns; i++)
		{
			if (i > con->ncolumns)
				appendStringInfoString(buf, ", ");
			append_columns(buf, con->relation, &index->keys[i].column, 1,
						   false);
		}
		appendStringInfoChar(buf, ')');
	}
}

/* Append names of columns; with period, the last one is a period. */
static void
append_columns(StringInfo buf, SdRelation *rel, const AttrNumber *columns,
			   int ncolumns, bool period)
{
	for (int i = 0; i < ncolumns; i++)
	{
		SdColumn *column = sd_relation_column(rel, columns[i]);

		if (i > 0)
			appendStringInfoString(buf, ", ");
		if (period && i == ncolumns - 1)
			appendStringInfoString(buf, "PERIOD ");
		appendStringInfoString(
			buf,
			column != NULL ? quote_identifier(NameStr(column->name)) : "???");
	}
}
