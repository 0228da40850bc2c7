/*-------------------------------------------------------------------------
 *
 * advice_indexes.c
 *	  Advice about indexes: missing for foreign keys, more than one for the
 *	  same purpose, unused, invalid.
 *
 * Indexes are compared by what they are made of, never by their definitions,
 * which hold names.
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "access/htup_details.h"
#include "catalog/pg_am.h"
#include "catalog/pg_amop.h"
#include "catalog/pg_class.h"
#include "catalog/pg_constraint.h"
#include "catalog/dependency.h"
#include "catalog/pg_depend.h"
#include "catalog/pg_index.h"
#include "catalog/pg_opclass.h"
#include "catalog/pg_operator.h"
#include "miscadmin.h"
#include "utils/builtins.h"
#include "utils/fmgrprotos.h"
#include "utils/fmgroids.h"

#include "discovery/usage.h"
#include "model/advice.h"

/* what matters of an operator class */
typedef struct Opclass
{
	Oid oid; /* hash key */
	bool is_default;
	Oid family;
	Oid type;
	bool has_equality;
} Opclass;

/* an index that is compared with others of its table */
typedef struct Candidate
{
	SdIndex *index;
	const char *keys; /* access method, predicate and keys, as a text in which
					   * the keys of a prefix are a prefix */
	int rank;		  /* of several equal ones, the first in rank is kept */
	bool is_spare;
} Candidate;

static void check_redundancy(SdAdvice *adv, SdRelation *rel, Candidate *all,
							 int count);
static const char *describe_keys(SdAdvice *adv, SdIndex *index);
static int rank(SdIndex *index);
static int compare_candidates(const void *a, const void *b);
static bool can_replace(SdIndex *other, SdIndex *index, bool same_keys);
static bool includes(SdIndex *other, AttrNumber column);
static const char *drop_statement(SdAdvice *adv, SdIndex *index);
static bool is_pointed_to(SdCatalog *cat, SdIndex *index);
static void keep_dependent(SdCatalog *cat, HeapTuple tuple, TupleDesc desc,
						   void *arg);
static void check_foreign_keys(SdAdvice *adv, SdRelation *rel, Candidate *all,
							   int count);
static void check_unused(SdAdvice *adv, SdRelation *rel, Candidate *all,
						 int count, SdConstraint **keys, int *covers,
						 int nkeys);
static bool serves(SdAdvice *adv, SdIndex *index, SdConstraint *con);
static bool asks_for_key(SdIndex *index, SdConstraint *con);
static int count_columns(SdConstraint *con);
static bool in_key(SdConstraint *con, AttrNumber column);
static Opclass *find_opclass(SdAdvice *adv, Oid oid);
static void keep_opclass(SdCatalog *cat, HeapTuple tuple, TupleDesc desc,
						 void *arg);
static void keep_equality(SdCatalog *cat, HeapTuple tuple, TupleDesc desc,
						  void *arg);
static void check_validity(SdAdvice *adv, SdRelation *rel, SdIndex *index);
static bool is_left_over(const char *name);

/*
 * sd_advise_indexes
 *		Check the indexes of a relation, and its foreign keys for want of one.
 */
void
sd_advise_indexes(SdAdvice *adv, SdRelation *rel)
{
	int size = list_length(rel->indexes);
	Candidate *all = palloc0(sizeof(Candidate) * (size + 1));
	int count = 0;
	ListCell *lc;

	foreach (lc, rel->indexes)
	{
		SdIndex *index = lfirst(lc);

		if (!index->is_valid || !index->is_ready)
		{
			check_validity(adv, rel, index);
			continue;
		}
		if (index->problem != SD_PROBLEM_NONE)
			sd_advise(adv, SD_RULE_DUPLICATE_INDEX, rel,
					  sd_relation_qualified_name(index->self), NULL,
					  psprintf("index \"%s\" was not compared with others",
							   NameStr(index->self->name)))
				->problem = index->problem;
		all[count].index = index;
		all[count].keys = describe_keys(adv, index);
		all[count++].rank = rank(index);
	}

	check_redundancy(adv, rel, all, count);
	check_foreign_keys(adv, rel, all, count);
	pfree(all);
}

/* Find the indexes that others make needless. */
static void
check_redundancy(SdAdvice *adv, SdRelation *rel, Candidate *all, int count)
{
	int first = 0; /* of those with the same keys */

	qsort(all, count, sizeof(Candidate), compare_candidates);
	for (int i = 0; i < count; i++)
	{
		SdIndex *index = all[i].index;
		size_t length = strlen(all[i].keys);

		if (i > 0 && strcmp(all[i].keys, all[i - 1].keys) != 0)
			first = i;
		/* a partition's part of an index goes with the whole */
		if (sd_catalog_parents(adv->catalog, index->self->oid) != NIL)
			continue;

		for (int j = first; j < count; j++)
		{
			SdIndex *other = all[j].index;
			bool same_keys;
			bool is_same;

			CHECK_FOR_INTERRUPTS();
			if (strncmp(all[i].keys, all[j].keys, length) != 0)
				break;
			same_keys = all[j].keys[length] == '\0';
			if (j == i || all[j].is_spare ||
				!can_replace(other, index, same_keys))
				continue;
			/* of two that can replace each other, the first is kept */
			if (same_keys && can_replace(index, other, true)
					? j > i
					: index->constraint != NULL)
				continue;
			is_same = same_keys && index->is_unique == other->is_unique &&
					  index->ncolumns == other->ncolumns;

			all[i].is_spare = true;
			sd_advise(
				adv,
				is_same ? SD_RULE_DUPLICATE_INDEX : SD_RULE_REDUNDANT_INDEX,
				rel, sd_relation_qualified_name(index->self),
				drop_statement(adv, index),
				psprintf(is_same ? "index \"%s\" is the same as \"%s\""
								 : "index \"%s\" can do no more than \"%s\"",
						 NameStr(index->self->name),
						 NameStr(other->self->name)));
			break;
		}
	}
}

/*
 * The access method, the predicate and the keys of an index.  An order and
 * its reverse are one; an index with an expression that is not known is like
 * no other.
 */
static const char *
describe_keys(SdAdvice *adv, SdIndex *index)
{
	StringInfoData buf;
	int16 flip = 0;

	initStringInfo(&buf);
	if (index->problem != SD_PROBLEM_NONE)
	{
		appendStringInfo(&buf, "?%u", index->self->oid);
		return buf.data;
	}
	appendStringInfo(&buf, "%u;", index->self->access_method);
	if (index->has_predicate)
		appendStringInfo(&buf, "%zu:%s", strlen(index->predicate),
						 index->predicate);
	appendStringInfoChar(&buf, ';');
	if (index->can_order && index->nkeys > 0 &&
		(index->keys[0].option & INDOPTION_DESC))
		flip = INDOPTION_DESC | INDOPTION_NULLS_FIRST;
	for (int i = 0; i < index->nkeys; i++)
	{
		SdIndexKey *key = &index->keys[i];

		if (key->column != 0)
			appendStringInfo(&buf, "%d", key->column);
		else
			appendStringInfo(&buf, "%zu:%s", strlen(key->expression),
							 key->expression);
		appendStringInfo(&buf, ",%u,%u,%d,", key->collation, key->opclass,
						 key->option ^ flip);
		if (key->opclass_options != NULL)
		{
			StringInfoData options;

			initStringInfo(&options);
			sd_deparse_options(&options, key->opclass_options);
			appendStringInfo(&buf, "%d:%s", options.len, options.data);
			pfree(options.data);
		}
		appendStringInfoChar(&buf, ';');
	}
	/* only an ordered index can do what a prefix of it can */
	if (!index->can_order)
		appendStringInfoChar(&buf, '.');

	return buf.data;
}

static int
rank(SdIndex *index)
{
	return (index->is_primary ? 16 : 0) + (index->constraint != NULL ? 8 : 0) +
		   (index->is_replica_identity ? 4 : 0) + (index->is_unique ? 2 : 0) +
		   (index->is_clustered ? 1 : 0);
}

static int
compare_candidates(const void *a, const void *b)
{
	const Candidate *left = a;
	const Candidate *right = b;
	int result = strcmp(left->keys, right->keys);

	if (result == 0)
		result = right->rank - left->rank;
	if (result == 0)
		result = strcmp(NameStr(left->index->self->name),
						NameStr(right->index->self->name));

	return result;
}

/*
 * Can the other index, whose keys begin with this one's, do all that this one
 * can?
 */
static bool
can_replace(SdIndex *other, SdIndex *index, bool same_keys)
{
	if (index->is_primary || index->is_replica_identity || index->is_exclusion)
		return false;
	if (index->is_unique)
	{
		if (!same_keys || !other->is_unique ||
			index->nulls_not_distinct != other->nulls_not_distinct)
			return false;
		/* a check at the end of the transaction is another check */
		if ((index->constraint != NULL && index->constraint->deferrable) !=
			(other->constraint != NULL && other->constraint->deferrable))
			return false;
	}
	for (int i = index->nkeys; i < index->ncolumns; i++)
		if (!includes(other, index->keys[i].column))
			return false;

	return true;
}

static bool
includes(SdIndex *other, AttrNumber column)
{
	for (int i = 0; i < other->ncolumns; i++)
		if (other->keys[i].column == column)
			return true;

	return false;
}

/* How to get rid of an index; NULL if that is not for us to say. */
static const char *
drop_statement(SdAdvice *adv, SdIndex *index)
{
	if (index->is_unique && is_pointed_to(adv->catalog, index))
		return NULL;
	if (index->constraint != NULL)
		return psprintf("ALTER TABLE %s DROP CONSTRAINT %s",
						sd_relation_qualified_name(index->relation),
						quote_identifier(NameStr(index->constraint->name)));

	return psprintf("DROP INDEX %s", sd_relation_qualified_name(index->self));
}

/* Does a foreign key depend on a unique index? */
static bool
is_pointed_to(SdCatalog *cat, SdIndex *index)
{
	bool found = false;
	SdKey keys[] = {
		{Anum_pg_depend_refclassid, ObjectIdGetDatum(RelationRelationId),
		 F_OIDEQ},
		{Anum_pg_depend_refobjid, ObjectIdGetDatum(index->self->oid), F_OIDEQ},
	};

	sd_scan_index(cat, DependRelationId, DependReferenceIndexId, lengthof(keys),
				  keys, keep_dependent, &found);
	if (!found && index->constraint != NULL)
	{
		keys[0].value = ObjectIdGetDatum(ConstraintRelationId);
		keys[1].value = ObjectIdGetDatum(index->constraint->oid);
		sd_scan_index(cat, DependRelationId, DependReferenceIndexId,
					  lengthof(keys), keys, keep_dependent, &found);
	}

	return found;
}

static void
keep_dependent(SdCatalog *cat, HeapTuple tuple, TupleDesc desc, void *arg)
{
	Form_pg_depend form = (Form_pg_depend) GETSTRUCT(tuple);

	if (form->deptype == DEPENDENCY_NORMAL)
		*(bool *) arg = true;
}

/*
 * Find the foreign keys that no index serves; of an index that nobody uses,
 * say so unless a foreign key has no other.
 */
static void
check_foreign_keys(SdAdvice *adv, SdRelation *rel, Candidate *all, int count)
{
	SdConstraint **keys =
		palloc(sizeof(SdConstraint *) * (list_length(rel->constraints) + 1));
	int *covers = palloc0(sizeof(int) * (list_length(rel->constraints) + 1));
	int nkeys = 0;
	ListCell *lc;

	foreach (lc, rel->constraints)
	{
		SdConstraint *con = lfirst(lc);

		if (con->type != CONSTRAINT_FOREIGN || !con->enforced)
			continue;
		keys[nkeys] = con;
		for (int i = 0; i < count; i++)
			if (!all[i].is_spare && serves(adv, all[i].index, con))
				covers[nkeys]++;
		/* a partition's foreign key is its parent's */
		if (covers[nkeys] == 0 && !OidIsValid(con->parent))
			sd_advise(
				adv, SD_RULE_UNINDEXED_FOREIGN_KEY, rel,
				sd_advice_on(NameStr(con->name), rel),
				con->period || rel->kind == RELKIND_FOREIGN_TABLE
					? NULL
					: psprintf(
						  "CREATE INDEX ON %s (%s)",
						  sd_relation_qualified_name(rel),
						  sd_advice_columns(rel, con->columns, con->ncolumns)),
				psprintf("foreign key \"%s\" has no index on (%s)",
						 NameStr(con->name),
						 sd_advice_columns(rel, con->columns, con->ncolumns)));
		nkeys++;
	}

	if (adv->wanted[SD_RULE_UNUSED_INDEX])
		check_unused(adv, rel, all, count, keys, covers, nkeys);
	pfree(keys);
	pfree(covers);
}

static void
check_unused(SdAdvice *adv, SdRelation *rel, Candidate *all, int count,
			 SdConstraint **keys, int *covers, int nkeys)
{
	for (int i = 0; i < count; i++)
	{
		SdIndex *index = all[i].index;
		bool is_needed = false;

		CHECK_FOR_INTERRUPTS();
		/* a partitioned index is never scanned itself, its parts go with it */
		if (all[i].is_spare || index->is_unique || index->is_exclusion ||
			index->constraint != NULL || index->is_replica_identity ||
			index->self->kind != RELKIND_INDEX ||
			sd_catalog_parents(adv->catalog, index->self->oid) != NIL ||
			sd_statistic(pg_stat_get_numscans, index->self->oid) != 0)
			continue;

		for (int j = 0; j < nkeys && !is_needed; j++)
			is_needed = covers[j] == 1 && serves(adv, index, keys[j]);
		if (is_needed)
			continue;
		for (int j = 0; j < nkeys; j++)
			if (serves(adv, index, keys[j]))
				covers[j]--;
		sd_advise(adv, SD_RULE_UNUSED_INDEX, rel,
				  sd_relation_qualified_name(index->self),
				  drop_statement(adv, index),
				  psprintf("no query has used index \"%s\" since its "
						   "statistics began",
						   NameStr(index->self->name)));
	}
}

/*
 * Does an index find the rows of a foreign key?
 *
 * The columns of the foreign key, in any order, must be the first keys.  Or
 * the keys are some of them and are unique, so that there is one row at most.
 */
static bool
serves(SdAdvice *adv, SdIndex *index, SdConstraint *con)
{
	Oid access_method = index->self->access_method;
	int ncolumns = count_columns(con);
	int nkeys = Min(index->nkeys, ncolumns);

	/* these find pages, or cannot be asked for one value cheaply */
	if (access_method == BRIN_AM_OID || access_method == GIN_AM_OID)
		return false;
	if (index->nkeys < ncolumns && (!index->is_unique || index->is_exclusion))
		return false;
	if (index->has_predicate && !asks_for_key(index, con))
		return false;

	for (int i = 0; i < nkeys; i++)
	{
		SdIndexKey *key = &index->keys[i];

		if (key->column == 0 || !in_key(con, key->column))
			return false;
		for (int j = 0; j < i; j++)
			if (index->keys[j].column == key->column)
				return false;
		if (OidIsValid(key->type_collation) &&
			key->collation != key->type_collation)
			return false;
		if (!find_opclass(adv, key->opclass)->has_equality)
			return false;
	}

	/* a hash covers all of its keys or none */
	return access_method != HASH_AM_OID || index->nkeys <= ncolumns;
}

/* Is the predicate only that a column of the key is not null? */
static bool
asks_for_key(SdIndex *index, SdConstraint *con)
{
	for (int i = 0; i < con->ncolumns; i++)
	{
		const char *name =
			sd_relation_column_name(con->relation, con->columns[i]);

		if (name != NULL &&
			strcmp(index->predicate,
				   psprintf("(%s IS NOT NULL)", quote_identifier(name))) == 0)
			return true;
	}

	return false;
}

/* The columns of a foreign key, which may have one of them twice. */
static int
count_columns(SdConstraint *con)
{
	int count = 0;

	for (int i = 0; i < con->ncolumns; i++)
	{
		int first = 0;

		while (con->columns[first] != con->columns[i])
			first++;
		count += (first == i);
	}

	return count;
}

static bool
in_key(SdConstraint *con, AttrNumber column)
{
	for (int i = 0; i < con->ncolumns; i++)
		if (con->columns[i] == column)
			return true;

	return false;
}

/* What matters of an operator class; it is read once. */
static Opclass *
find_opclass(SdAdvice *adv, Oid oid)
{
	SdCatalog *cat = adv->catalog;
	Opclass *opclass;
	bool known;

	if (adv->opclasses == NULL)
		adv->opclasses = sd_hash_create(cat, "stormdisc operator classes",
										sizeof(Oid), sizeof(Opclass));
	opclass = hash_search(adv->opclasses, &oid, HASH_ENTER, &known);
	if (!known)
	{
		memset((char *) opclass + sizeof(Oid), 0,
			   sizeof(Opclass) - sizeof(Oid));
		sd_scan_oid(cat, OperatorClassRelationId, OpclassOidIndexId,
					Anum_pg_opclass_oid, oid, keep_opclass, opclass);
		if (OidIsValid(opclass->family))
		{
			SdKey keys[] = {
				{Anum_pg_amop_amopfamily, ObjectIdGetDatum(opclass->family),
				 F_OIDEQ},
				{Anum_pg_amop_amoplefttype, ObjectIdGetDatum(opclass->type),
				 F_OIDEQ},
			};

			sd_scan_index(cat, AccessMethodOperatorRelationId,
						  AccessMethodStrategyIndexId, lengthof(keys), keys,
						  keep_equality, opclass);
		}
	}

	return opclass;
}

static void
keep_opclass(SdCatalog *cat, HeapTuple tuple, TupleDesc desc, void *arg)
{
	Form_pg_opclass form = (Form_pg_opclass) GETSTRUCT(tuple);
	Opclass *opclass = arg;

	opclass->is_default = form->opcdefault;
	opclass->family = form->opcfamily;
	opclass->type = form->opcintype;
}

static void
keep_equality(SdCatalog *cat, HeapTuple tuple, TupleDesc desc, void *arg)
{
	Form_pg_amop form = (Form_pg_amop) GETSTRUCT(tuple);
	Opclass *opclass = arg;

	if (form->amoppurpose == AMOP_SEARCH &&
		strcmp(sd_catalog_name(cat, OperatorRelationId, form->amopopr), "=") ==
			0)
		opclass->has_equality = true;
}

/*
 * sd_advice_can_be_primary
 *		Can a primary key be made of this index?
 */
bool
sd_advice_can_be_primary(SdAdvice *adv, SdIndex *index)
{
	if (!index->is_unique || !index->is_valid || !index->is_ready ||
		index->has_predicate || index->is_expression ||
		index->nulls_not_distinct || index->constraint != NULL ||
		index->self->kind != RELKIND_INDEX ||
		index->self->access_method != BTREE_AM_OID)
		return false;
	for (int i = 0; i < index->nkeys; i++)
	{
		SdIndexKey *key = &index->keys[i];
		SdColumn *column = sd_relation_column(index->relation, key->column);

		if (column == NULL || !column->not_null || key->option != 0 ||
			key->collation != key->type_collation ||
			key->opclass_options != NULL ||
			!find_opclass(adv, key->opclass)->is_default)
			return false;
	}

	return true;
}

static void
check_validity(SdAdvice *adv, SdRelation *rel, SdIndex *index)
{
	const char *name = NameStr(index->self->name);
	const char *qualified = sd_relation_qualified_name(index->self);

	if (index->self->kind == RELKIND_PARTITIONED_INDEX)
		sd_advise(adv, SD_RULE_INVALID_INDEX, rel, qualified, NULL,
				  psprintf("partitioned index \"%s\" is not valid: not every "
						   "partition has its part of it",
						   name));
	else
		sd_advise(
			adv, SD_RULE_INVALID_INDEX, rel, qualified,
			psprintf(is_left_over(name) ? "DROP INDEX %s" : "REINDEX INDEX %s",
					 qualified),
			psprintf("index \"%s\" is not valid: it failed, or is still being "
					 "built",
					 name));
}

/* Was the index made by REINDEX CONCURRENTLY, which then failed? */
static bool
is_left_over(const char *name)
{
	const char *end = name + strlen(name);

	while (end > name && end[-1] >= '0' && end[-1] <= '9')
		end--;

	return end - name > 6 && (strncmp(end - 6, "_ccnew", 6) == 0 ||
							  strncmp(end - 6, "_ccold", 6) == 0);
}
