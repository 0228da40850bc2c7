/*-------------------------------------------------------------------------
 *
 * partitions.c
 *	  stormdisc_partitions: partitions at every level, with their bounds.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "catalog/pg_class.h"
#include "catalog/pg_type.h"
#include "common/int.h"
#include "nodes/parsenodes.h"
#include "utils/builtins.h"

#include "discovery/discovery.h"

PG_FUNCTION_INFO_V1(stormdisc_partitions);

/* a partition and where it stands */
typedef struct Partition
{
	SdRelation *relation;
	SdRelation *parent;
	SdRelation *root;
	int level;
	bool detach_pending;
} Partition;

static void emit_partitions(SdDiscovery *disc);
static Partition *sort_partitions(SdDiscovery *disc, int *count);
static bool find_partition(SdCatalog *cat, SdRelation *rel, Partition *part);
static int compare_partitions(const void *a, const void *b);
static void add_partition(SdDiscovery *disc, void *object);
static void add_bound(SdDiscovery *disc, PartitionBoundSpec *spec,
					  SdProblem *problem);
static void add_range(SdDiscovery *disc, List *datums, SdProblem *problem);
static void add_list(SdDiscovery *disc, List *datums, SdProblem *problem);
static void add_values(SdDiscovery *disc, int count, const char *const *values,
					   SdProblem found, SdProblem *problem);
static void add_range_size(SdDiscovery *disc, PartitionBoundSpec *spec);
static bool integer_bound(List *datums, int64 *value);

const SdKind sd_kind_partitions = {
	.name = "partitions",
	.relkinds = "rpf",
	.not_served = "\"%s\" is not a partitioned table",
	.partitions_of = true,
	.parts = SD_READ_INHERITANCE | SD_READ_BOUNDS,
	.identity = "schema_name,partition_name",
	.left_out = "parent_schema,parent_name,schema_name,partition_name,"
				"partition_level,root_schema,root_name,is_leaf,problem",
	/* but a list of one NULL means something */
	.defaults = "list_values={}",
	.emit = emit_partitions,
};

/*
 * stormdisc_partitions(relation, schemas, include, exclude) -> setof row
 *		Report the partitions in scope, by root, parent and name.
 */
Datum
stormdisc_partitions(PG_FUNCTION_ARGS)
{
	return sd_discovery_run(fcinfo, &sd_kind_partitions);
}

static void
emit_partitions(SdDiscovery *disc)
{
	int count;
	Partition *partitions = sort_partitions(disc, &count);

	for (int i = 0; i < count; i++)
		sd_discovery_add(disc, add_partition, &partitions[i]);
}

/* sd_add_partition: Add the row of a table that is a partition, or none. */
void
sd_add_partition(SdDiscovery *disc, void *rel)
{
	Partition part;

	if (find_partition(disc->catalog, rel, &part))
		add_partition(disc, &part);
}

static Partition *
sort_partitions(SdDiscovery *disc, int *count)
{
	SdCatalog *cat = disc->catalog;
	Partition *partitions = palloc_extended(
		sizeof(Partition) * (cat->nrelations + 1), MCXT_ALLOC_HUGE);
	SdRelation *rel;
	int position = 0;

	*count = 0;
	while ((rel = sd_discovery_next(disc, &position)) != NULL)
		if (find_partition(cat, rel, &partitions[*count]))
			(*count)++;
	qsort(partitions, *count, sizeof(Partition), compare_partitions);

	return partitions;
}

/* Where a partition stands; false if the table is none. */
static bool
find_partition(SdCatalog *cat, SdRelation *rel, Partition *part)
{
	part->relation = rel;
	part->parent = sd_catalog_partition_parent(cat, rel, &part->detach_pending);
	if (part->parent == NULL)
		return false;
	part->root = sd_catalog_partition_root(cat, rel, &part->level);

	return true;
}

static int
compare_partitions(const void *a, const void *b)
{
	const Partition *left = a;
	const Partition *right = b;
	int result = sd_relation_compare(left->root, right->root);

	if (result == 0)
		result = sd_relation_compare(left->parent, right->parent);
	if (result == 0)
		result = sd_relation_compare(left->relation, right->relation);

	return result;
}

static void
add_partition(SdDiscovery *disc, void *object)
{
	SdCatalog *cat = disc->catalog;
	Partition *part = object;
	SdRelation *rel = part->relation;
	SdProblem problem = SD_PROBLEM_NONE;
	PartitionBoundSpec *spec = NULL;

	sd_row_name(disc, &part->parent->schema->name);
	sd_row_name(disc, &part->parent->name);
	sd_row_name(disc, &rel->schema->name);
	sd_row_name(disc, &rel->name);
	if (rel->bound != NULL)
	{
		spec = castNode(PartitionBoundSpec,
						sd_deparse_read_string(cat, rel->bound));
		sd_row_text(disc, sd_deparse(cat, NULL, (Node *) spec, &problem));
	}
	else
		sd_row_null(disc);
	add_bound(disc, spec, &problem);
	sd_row_int32(disc, part->level);
	sd_row_name(disc, &part->root->schema->name);
	sd_row_name(disc, &part->root->name);
	sd_row_bool(disc, rel->kind != RELKIND_PARTITIONED_TABLE);
	sd_row_bool(disc, part->detach_pending);
	add_range_size(disc, spec);
	sd_row_end(disc, problem);
}

/*
 * strategy, lower_bound, upper_bound, list_values, modulus, remainder,
 * is_default
 */
static void
add_bound(SdDiscovery *disc, PartitionBoundSpec *spec, SdProblem *problem)
{
	if (spec == NULL)
	{
		sd_row_nulls(disc, 7);
		return;
	}

	sd_row_text(disc, sd_partition_strategy(spec->strategy));
	if (spec->strategy == PARTITION_STRATEGY_RANGE && !spec->is_default)
	{
		add_range(disc, spec->lowerdatums, problem);
		add_range(disc, spec->upperdatums, problem);
	}
	else
	{
		sd_row_null(disc);
		sd_row_null(disc);
	}
	if (spec->strategy == PARTITION_STRATEGY_LIST && !spec->is_default)
		add_list(disc, spec->listdatums, problem);
	else
		sd_row_null(disc);
	if (spec->strategy == PARTITION_STRATEGY_HASH)
	{
		sd_row_int32(disc, spec->modulus);
		sd_row_int32(disc, spec->remainder);
	}
	else
	{
		sd_row_null(disc);
		sd_row_null(disc);
	}
	sd_row_bool(disc, spec->is_default);
}

/* One side of a range, a member for each key column. */
static void
add_range(SdDiscovery *disc, List *datums, SdProblem *problem)
{
	const char **values = MemoryContextAlloc(
		disc->row_context, sizeof(char *) * (list_length(datums) + 1));
	SdProblem found = SD_PROBLEM_NONE;
	int count = 0;
	ListCell *lc;

	foreach (lc, datums)
	{
		PartitionRangeDatum *datum = lfirst_node(PartitionRangeDatum, lc);

		switch (datum->kind)
		{
			case PARTITION_RANGE_DATUM_MINVALUE:
				values[count++] = "MINVALUE";
				break;
			case PARTITION_RANGE_DATUM_MAXVALUE:
				values[count++] = "MAXVALUE";
				break;
			case PARTITION_RANGE_DATUM_VALUE:
				values[count++] =
					sd_deparse_value(disc->catalog, datum->value, &found);
				break;
		}
	}
	add_values(disc, count, values, found, problem);
}

/* The values of a list partition; NULL is one that a list may hold. */
static void
add_list(SdDiscovery *disc, List *datums, SdProblem *problem)
{
	const char **values = MemoryContextAlloc(
		disc->row_context, sizeof(char *) * (list_length(datums) + 1));
	SdProblem found = SD_PROBLEM_NONE;
	int count = 0;
	ListCell *lc;

	foreach (lc, datums)
		values[count++] = sd_deparse_value(disc->catalog, lfirst(lc), &found);
	add_values(disc, count, values, found, problem);
}

/* Add values, or NULL if one of them is missing. */
static void
add_values(SdDiscovery *disc, int count, const char *const *values,
		   SdProblem found, SdProblem *problem)
{
	if (found != SD_PROBLEM_NONE)
	{
		*problem = found;
		sd_row_null(disc);
	}
	else
		sd_row_texts(disc, count, values);
}

/*
 * range_size, range_base: of a range over one integer column.  The base is
 * the partition's number, if all partitions have the same size and one of
 * them starts at 0.
 */
static void
add_range_size(SdDiscovery *disc, PartitionBoundSpec *spec)
{
	int64 lower;
	int64 upper;
	int64 size;

	if (spec == NULL || spec->strategy != PARTITION_STRATEGY_RANGE ||
		!integer_bound(spec->lowerdatums, &lower) ||
		!integer_bound(spec->upperdatums, &upper) ||
		pg_sub_s64_overflow(upper, lower, &size) || size <= 0)
	{
		sd_row_null(disc);
		sd_row_null(disc);
		return;
	}

	sd_row_int64(disc, size);
	if (lower % size == 0)
		sd_row_int64(disc, lower / size);
	else
		sd_row_null(disc);
}

static bool
integer_bound(List *datums, int64 *value)
{
	PartitionRangeDatum *datum;
	Const *constant;

	if (list_length(datums) != 1)
		return false;
	datum = linitial_node(PartitionRangeDatum, datums);
	if (datum->kind != PARTITION_RANGE_DATUM_VALUE)
		return false;
	constant = castNode(Const, datum->value);
	if (constant->constisnull)
		return false;

	switch (constant->consttype)
	{
		case INT2OID:
			*value = DatumGetInt16(constant->constvalue);
			return true;
		case INT4OID:
			*value = DatumGetInt32(constant->constvalue);
			return true;
		case INT8OID:
			*value = DatumGetInt64(constant->constvalue);
			return true;
		default:
			return false;
	}
}
