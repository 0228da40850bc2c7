/*-------------------------------------------------------------------------
 *
 * advice_upkeep.c
 *	  Advice about what changes while a database lives: statistics, dead rows,
 *	  sequences, triggers, partitions.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "access/htup_details.h"
#include "catalog/pg_class.h"
#include "catalog/pg_constraint.h"
#include "catalog/pg_partitioned_table.h"
#include "catalog/pg_sequence.h"
#include "catalog/pg_trigger.h"
#include "catalog/pg_type.h"
#include "commands/trigger.h"
#include "utils/builtins.h"
#include "utils/fmgroids.h"
#include "utils/fmgrprotos.h"
#include "utils/memutils.h"

#include "discovery/usage.h"
#include "model/advice.h"

/*
 * Autovacuum analyzes after 50 rows and 10 %, and vacuums after 50 rows and
 * 20 %.  Advice is given when it has not been there for longer than that.
 */
#define MANY_ROWS 1000
#define STALE_FRACTION 0.2
#define DEAD_FRACTION 0.4

#define NEAR_EXHAUSTION 0.8
#define VERY_NEAR_EXHAUSTION 0.95

typedef struct DisabledTrigger
{
	Oid oid;
	Oid parent;
	Oid constraint;
	bool is_internal;
	NameData name;
} DisabledTrigger;

/* a sequence, and the column that takes its values */
typedef struct Sequence
{
	Oid oid; /* hash key */
	bool read;
	bool is_done;
	Oid type;
	int64 start;
	int64 increment;
	int64 max;
	int64 min;
	bool cycle;
} Sequence;

static void keep_trigger(SdCatalog *cat, HeapTuple tuple, TupleDesc desc,
						 void *arg);
static int compare_triggers(const ListCell *a, const ListCell *b);
static void keep_default(SdCatalog *cat, HeapTuple tuple, TupleDesc desc,
						 void *arg);
static void check_triggers(SdAdvice *adv, SdRelation *rel);
static void check_partitioning(SdAdvice *adv, SdRelation *rel);
static const char *default_partition(SdAdvice *adv, SdRelation *rel);
static bool name_is_taken(SdCatalog *cat, Oid schema, const char *name);
static void note(SdCatalog *cat, HeapTuple tuple, TupleDesc desc, void *arg);
static void check_statistics(SdAdvice *adv, SdRelation *rel);
static void enter_sequence(SdAdvice *adv, Oid oid);
static void keep_sequence(SdCatalog *cat, HeapTuple tuple, TupleDesc desc,
						  void *arg);
static void check_sequence(SdAdvice *adv, Oid oid, SdRelation *table,
						   SdColumn *column);
static int64 limit_of(Oid type, bool ascending);

/*
 * sd_advice_read_upkeep
 *		Read the triggers and default partitions of the relations in scope,
 *		and the parameters of their sequences.
 */
void
sd_advice_read_upkeep(SdAdvice *adv)
{
	SdCatalog *cat = adv->catalog;
	Oid *oids;
	int noids = 0;
	HASH_SEQ_STATUS status;
	Sequence *sequence;
	ListCell *lc;

	adv->disabled_triggers = sd_hash_create(cat, "stormdisc disabled triggers",
											sizeof(Oid), sizeof(Oid));
	sd_scan_relations(cat, TriggerRelationId, TriggerRelidNameIndexId,
					  Anum_pg_trigger_tgrelid, keep_trigger, adv);
	sd_scan_relations(cat, PartitionedRelationId, PartitionedRelidIndexId,
					  Anum_pg_partitioned_table_partrelid, keep_default, adv);

	adv->sequences = sd_hash_create(cat, "stormdisc sequences", sizeof(Oid),
									sizeof(Sequence));
	if (!adv->wanted[SD_RULE_SEQUENCE_NEAR_EXHAUSTION] &&
		!adv->wanted[SD_RULE_INTEGER_KEY_NEAR_EXHAUSTION])
		return;
	for (int i = 0; i < cat->nrelations; i++)
	{
		SdRelation *rel = cat->relations[i];

		if (rel->kind == RELKIND_SEQUENCE)
			enter_sequence(adv, rel->oid);
		for (int j = 0; j < rel->natts; j++)
			if (rel->columns[j].exists && OidIsValid(rel->columns[j].sequence))
				enter_sequence(adv, rel->columns[j].sequence);
	}
	foreach (lc, cat->sequences)
	{
		SdRelation *rel = sd_catalog_relation(cat, lfirst_oid(lc));

		if (rel != NULL && sd_scope_has(cat, rel) &&
			!sd_catalog_is_member(cat, RelationRelationId, rel->oid))
			enter_sequence(adv, rel->oid);
	}

	oids = palloc(sizeof(Oid) * (hash_get_num_entries(adv->sequences) + 1));
	hash_seq_init(&status, adv->sequences);
	while ((sequence = hash_seq_search(&status)) != NULL)
		oids[noids++] = sequence->oid;
	sd_scan_oids(cat, SequenceRelationId, SequenceRelidIndexId,
				 Anum_pg_sequence_seqrelid, noids, oids, keep_sequence, adv);
	pfree(oids);
}

static void
keep_trigger(SdCatalog *cat, HeapTuple tuple, TupleDesc desc, void *arg)
{
	SdAdvice *adv = arg;
	Form_pg_trigger form = (Form_pg_trigger) GETSTRUCT(tuple);
	SdRelation *rel;
	SdRelationFacts *facts;
	MemoryContext oldcontext;
	DisabledTrigger *trigger;

	if (form->tgenabled != TRIGGER_DISABLED)
		return;
	rel = sd_catalog_known_relation(cat, form->tgrelid);
	if (rel == NULL || !rel->in_scope)
		return;

	facts = sd_advice_facts(adv, rel);
	oldcontext = MemoryContextSwitchTo(cat->context);
	(void) hash_search(adv->disabled_triggers, &form->oid, HASH_ENTER, NULL);
	trigger = palloc0(sizeof(DisabledTrigger));
	trigger->oid = form->oid;
	trigger->parent = form->tgparentid;
	trigger->constraint = form->tgconstraint;
	trigger->is_internal = form->tgisinternal;
	namestrcpy(&trigger->name, NameStr(form->tgname));
	facts->triggers = lappend(facts->triggers, trigger);
	MemoryContextSwitchTo(oldcontext);
}

static int
compare_triggers(const ListCell *a, const ListCell *b)
{
	return strcmp(NameStr(((DisabledTrigger *) lfirst(a))->name),
				  NameStr(((DisabledTrigger *) lfirst(b))->name));
}

static void
keep_default(SdCatalog *cat, HeapTuple tuple, TupleDesc desc, void *arg)
{
	SdAdvice *adv = arg;
	Form_pg_partitioned_table form =
		(Form_pg_partitioned_table) GETSTRUCT(tuple);
	SdRelation *rel = sd_catalog_known_relation(cat, form->partrelid);

	/* nothing is the default of a hash */
	if (rel != NULL && rel->in_scope)
		sd_advice_facts(adv, rel)->has_default_partition =
			OidIsValid(form->partdefid) ||
			form->partstrat == PARTITION_STRATEGY_HASH;
}

/*
 * sd_advise_upkeep
 *		Check what changes while a table lives.
 */
void
sd_advise_upkeep(SdAdvice *adv, SdRelation *rel)
{
	check_triggers(adv, rel);
	check_partitioning(adv, rel);
	check_statistics(adv, rel);
	for (int i = 0; i < rel->natts; i++)
		if (rel->columns[i].exists && OidIsValid(rel->columns[i].sequence))
			check_sequence(adv, rel->columns[i].sequence, rel,
						   &rel->columns[i]);
}

static void
check_triggers(SdAdvice *adv, SdRelation *rel)
{
	SdRelationFacts *facts = sd_advice_facts(adv, rel);
	const char *table = sd_relation_qualified_name(rel);
	List *constraints = NIL;
	ListCell *lc;

	list_sort(facts->triggers, compare_triggers);
	foreach (lc, facts->triggers)
	{
		DisabledTrigger *trigger = lfirst(lc);
		SdConstraint *con = NULL;

		/* on a partition, as its parent has it */
		if (OidIsValid(trigger->parent) &&
			hash_search(adv->disabled_triggers, &trigger->parent, HASH_FIND,
						NULL) != NULL)
			continue;
		if (trigger->is_internal)
			con = sd_catalog_constraint(adv->catalog, trigger->constraint);
		if (con == NULL)
		{
			sd_advise(
				adv, SD_RULE_DISABLED_TRIGGER, rel,
				sd_advice_on(NameStr(trigger->name), rel),
				psprintf("ALTER TABLE %s ENABLE TRIGGER %s", table,
						 quote_identifier(NameStr(trigger->name))),
				psprintf("trigger \"%s\" is disabled", NameStr(trigger->name)));
			continue;
		}

		/* the triggers of a foreign key have names with OIDs */
		if (list_member_ptr(constraints, con))
			continue;
		constraints = lappend(constraints, con);
		sd_advise(adv, SD_RULE_DISABLED_TRIGGER, rel,
				  sd_advice_on(NameStr(con->name), con->relation),
				  psprintf("ALTER TABLE %s ENABLE TRIGGER ALL", table),
				  psprintf("constraint \"%s\" is not checked when rows of "
						   "\"%s\" change, since its triggers are disabled",
						   NameStr(con->name), NameStr(rel->name)))
			->severity = "error";
	}
}

static void
check_partitioning(SdAdvice *adv, SdRelation *rel)
{
	bool detach_pending = false;
	SdRelation *parent =
		sd_catalog_partition_parent(adv->catalog, rel, &detach_pending);

	if (detach_pending && parent != NULL)
		sd_advise(adv, SD_RULE_DETACH_PENDING, rel,
				  sd_relation_qualified_name(rel),
				  psprintf("ALTER TABLE %s DETACH PARTITION %s FINALIZE",
						   sd_relation_qualified_name(parent),
						   sd_relation_qualified_name(rel)),
				  psprintf("partition \"%s\" was not fully detached",
						   NameStr(rel->name)));
	if (rel->kind == RELKIND_PARTITIONED_TABLE &&
		!sd_advice_facts(adv, rel)->has_default_partition)
		sd_advise(adv, SD_RULE_NO_DEFAULT_PARTITION, rel,
				  sd_relation_qualified_name(rel), default_partition(adv, rel),
				  psprintf("partitioned table \"%s\" has no default partition",
						   NameStr(rel->name)));
}

/* The statement that makes a default partition; NULL without a good name. */
static const char *
default_partition(SdAdvice *adv, SdRelation *rel)
{
	const char *name = psprintf("%s_default", NameStr(rel->name));

	if (strlen(name) >= NAMEDATALEN ||
		name_is_taken(adv->catalog, rel->schema->oid, name))
		return NULL;

	return psprintf(
		"CREATE TABLE %s PARTITION OF %s DEFAULT",
		quote_qualified_identifier(NameStr(rel->schema->name), name),
		sd_relation_qualified_name(rel));
}

static bool
name_is_taken(SdCatalog *cat, Oid schema, const char *name)
{
	bool found = false;
	NameData key;
	SdKey keys[] = {
		{Anum_pg_class_relname, NameGetDatum(&key), F_NAMEEQ},
		{Anum_pg_class_relnamespace, ObjectIdGetDatum(schema), F_OIDEQ},
	};

	namestrcpy(&key, name);
	sd_scan_index(cat, RelationRelationId, ClassNameNspIndexId, lengthof(keys),
				  keys, note, &found);

	return found;
}

static void
note(SdCatalog *cat, HeapTuple tuple, TupleDesc desc, void *arg)
{
	*(bool *) arg = true;
}

static void
check_statistics(SdAdvice *adv, SdRelation *rel)
{
	const char *table = sd_relation_qualified_name(rel);
	int64 live;
	int64 dead;
	int64 changed;

	if (rel->kind != RELKIND_RELATION && rel->kind != RELKIND_MATVIEW)
		return;

	if (sd_advice_has_option(rel->options, "autovacuum_enabled", false))
		sd_advise(adv, SD_RULE_AUTOVACUUM_DISABLED, rel, table,
				  psprintf("ALTER %s %s RESET (autovacuum_enabled)",
						   rel->kind == RELKIND_MATVIEW ? "MATERIALIZED VIEW"
														: "TABLE",
						   table),
				  psprintf("autovacuum is off for \"%s\"", NameStr(rel->name)));

	live = sd_statistic(pg_stat_get_live_tuples, rel->oid);
	dead = sd_statistic(pg_stat_get_dead_tuples, rel->oid);
	changed = sd_statistic(pg_stat_get_mod_since_analyze, rel->oid);
	if (changed >= MANY_ROWS && changed > live * STALE_FRACTION)
		sd_advise(adv, SD_RULE_STALE_STATISTICS, rel, table,
				  psprintf("ANALYZE %s", table),
				  psprintf("of \"%s\", " INT64_FORMAT
						   " rows have changed since the last ANALYZE, and "
						   "there are " INT64_FORMAT,
						   NameStr(rel->name), changed, live));
	if (dead >= MANY_ROWS && dead > (live + dead) * DEAD_FRACTION)
		sd_advise(adv, SD_RULE_TABLE_BLOAT, rel, table,
				  psprintf("VACUUM (ANALYZE) %s", table),
				  psprintf("of \"%s\", " INT64_FORMAT
						   " rows are dead, and " INT64_FORMAT " are not",
						   NameStr(rel->name), dead, live));
}

static void
enter_sequence(SdAdvice *adv, Oid oid)
{
	bool known;
	Sequence *sequence = hash_search(adv->sequences, &oid, HASH_ENTER, &known);

	if (!known)
		sequence->read = sequence->is_done = false;
}

static void
keep_sequence(SdCatalog *cat, HeapTuple tuple, TupleDesc desc, void *arg)
{
	Form_pg_sequence form = (Form_pg_sequence) GETSTRUCT(tuple);
	SdAdvice *adv = arg;
	Sequence *sequence =
		hash_search(adv->sequences, &form->seqrelid, HASH_FIND, NULL);

	if (sequence == NULL)
		return;
	sequence->read = true;
	sequence->type = form->seqtypid;
	sequence->start = form->seqstart;
	sequence->increment = form->seqincrement;
	sequence->max = form->seqmax;
	sequence->min = form->seqmin;
	sequence->cycle = form->seqcycle;
}

/*
 * sd_advise_sequences
 *		Check the sequences in scope that are no column's there.
 */
void
sd_advise_sequences(SdAdvice *adv)
{
	HASH_SEQ_STATUS status;
	Sequence *sequence;

	hash_seq_init(&status, adv->sequences);
	while ((sequence = hash_seq_search(&status)) != NULL)
		check_sequence(adv, sequence->oid, NULL, NULL);
}

/* Has a sequence used most of what it, or its column, can hold? */
static void
check_sequence(SdAdvice *adv, Oid oid, SdRelation *table, SdColumn *column)
{
	SdRelation *rel = sd_catalog_relation(adv->catalog, oid);
	Sequence *sequence = hash_search(adv->sequences, &oid, HASH_FIND, NULL);
	SdProblem problem = SD_PROBLEM_NONE;
	const char *severity = NULL;
	bool ascending;
	bool by_column = false;
	int64 limit;
	int64 value;
	double used;
	SdAdviceRow *row;

	/* partitions share the sequence of their root */
	if (rel == NULL || sequence == NULL || !sequence->read || sequence->is_done)
		return;
	sequence->is_done = true;
	if (sequence->cycle || rel->persistence == RELPERSISTENCE_TEMP)
		return;

	if (!sd_sequence_last_value(rel, &value, &problem))
	{
		if (problem != SD_PROBLEM_NONE)
			sd_advise(
				adv, SD_RULE_SEQUENCE_NEAR_EXHAUSTION, rel,
				sd_relation_qualified_name(rel), NULL,
				psprintf("sequence \"%s\" was not checked", NameStr(rel->name)))
				->problem = problem;
		return;
	}

	ascending = sequence->increment > 0;
	limit = ascending ? sequence->max : sequence->min;
	if (column != NULL)
	{
		int32 typmod;
		Oid type =
			sd_catalog_base_type(adv->catalog, column->type, &typmod)->oid;
		int64 column_limit = limit_of(type, ascending);

		/* an int that is at its end is the column's matter, not the sequence's
		 */
		if (column_limit != 0 && type != INT8OID &&
			(ascending ? column_limit <= limit : column_limit >= limit))
		{
			by_column = true;
			limit = column_limit;
		}
	}

	/* how far it has come from where it began */
	used = limit == sequence->start
			   ? 1
			   : ((double) value - (double) sequence->start) /
					 ((double) limit - (double) sequence->start);
	if (used < NEAR_EXHAUSTION)
		return;
	if (used >= VERY_NEAR_EXHAUSTION)
		severity = "error";

	if (by_column)
	{
		const char *alter =
			psprintf("ALTER TABLE %s ALTER COLUMN %s TYPE bigint",
					 sd_relation_qualified_name(table),
					 quote_identifier(NameStr(column->name)));

		/* an identity column takes its sequence along */
		if (column->identity == '\0' && sequence->type != INT8OID)
			alter = psprintf("ALTER SEQUENCE %s AS bigint; %s",
							 sd_relation_qualified_name(rel), alter);
		if (column->in_partition_key || !column->is_local ||
			column->inherited_count > 0)
			alter = NULL;
		row = sd_advise(adv, SD_RULE_INTEGER_KEY_NEAR_EXHAUSTION, table,
						sd_advice_column(table, column), alter,
						psprintf("column \"%s\" has come to " INT64_FORMAT
								 " of " INT64_FORMAT,
								 NameStr(column->name), value, limit));
	}
	else
		row =
			sd_advise(adv, SD_RULE_SEQUENCE_NEAR_EXHAUSTION, rel,
					  sd_relation_qualified_name(rel),
					  limit != limit_of(sequence->type, ascending)
						  ? psprintf("ALTER SEQUENCE %s %s",
									 sd_relation_qualified_name(rel),
									 ascending ? "NO MAXVALUE" : "NO MINVALUE")
					  : sequence->type != INT8OID
						  ? psprintf("ALTER SEQUENCE %s AS bigint",
									 sd_relation_qualified_name(rel))
						  : NULL,
					  psprintf("sequence \"%s\" has come to " INT64_FORMAT
							   " of " INT64_FORMAT,
							   NameStr(rel->name), value, limit));
	row->severity = severity;
}

/* The last value of an integer type, 0 for other types. */
static int64
limit_of(Oid type, bool ascending)
{
	switch (type)
	{
		case INT2OID:
			return ascending ? PG_INT16_MAX : PG_INT16_MIN;
		case INT4OID:
			return ascending ? PG_INT32_MAX : PG_INT32_MIN;
		case INT8OID:
			return ascending ? PG_INT64_MAX : PG_INT64_MIN;
		default:
			return 0;
	}
}
