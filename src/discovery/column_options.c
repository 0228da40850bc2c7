/*-------------------------------------------------------------------------
 *
 * column_options.c
 *	  stormdisc_column_options: settings of columns and of index keys that
 *	  are rarely made.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "utils/builtins.h"

#include "discovery/discovery.h"

PG_FUNCTION_INFO_V1(stormdisc_column_options);

static void emit_column_options(SdDiscovery *disc);
static void add_columns(SdDiscovery *disc, void *rel);
static void add_keys(SdDiscovery *disc, void *index);

const SdKind sd_kind_column_options = {
	.name = "column_options",
	.relkinds = "rpfm",
	.not_served = "\"%s\" is not a table or materialized view",
	.parts = SD_READ_COLUMNS | SD_READ_COLUMN_OPTIONS | SD_READ_INDEXES |
			 SD_READ_INDEX_TEXTS,
	.left_out = "problem",
	.emit = emit_column_options,
};

/*
 * stormdisc_column_options(relation, schemas, include, exclude) -> setof row
 *		Report columns with options, and index keys with statistics targets,
 *		by table and position.
 */
Datum
stormdisc_column_options(PG_FUNCTION_ARGS)
{
	return sd_discovery_run(fcinfo, &sd_kind_column_options);
}

static void
emit_column_options(SdDiscovery *disc)
{
	SdRelation *rel;
	int position = 0;

	while ((rel = sd_discovery_next(disc, &position)) != NULL)
	{
		ListCell *lc;

		sd_discovery_add(disc, add_columns, rel);
		foreach (lc, rel->indexes)
			sd_discovery_add(disc, add_keys, lfirst(lc));
	}
}

static void
add_columns(SdDiscovery *disc, void *object)
{
	SdRelation *rel = object;

	for (int i = 0; i < rel->natts; i++)
	{
		SdColumn *column = &rel->columns[i];

		if (!column->exists || column->options == NULL)
			continue;
		sd_row_identity(disc,
						psprintf("%s.%s", sd_relation_qualified_name(rel),
								 quote_identifier(NameStr(column->name))));
		sd_row_name(disc, &rel->schema->name);
		sd_row_name(disc, &rel->name);
		sd_row_name(disc, &column->name);
		sd_row_null(disc);
		sd_row_null(disc);
		sd_row_options(disc, column->options);
		sd_row_null(disc);
		sd_row_end(disc, SD_PROBLEM_NONE);
	}
}

static void
add_keys(SdDiscovery *disc, void *object)
{
	SdIndex *index = object;
	SdRelation *rel = index->relation;

	for (int i = 0; i < index->nkeys; i++)
	{
		int target = index->keys[i].statistics_target;

		if (target < 0)
			continue;
		sd_row_identity(
			disc,
			psprintf("%s.%d", sd_relation_qualified_name(index->self), i + 1));
		sd_row_name(disc, &rel->schema->name);
		sd_row_name(disc, &rel->name);
		sd_row_null(disc);
		sd_row_name(disc, &index->self->name);
		sd_row_int32(disc, i + 1);
		sd_row_options(disc, NULL);
		sd_row_int32(disc, target);
		sd_row_end(disc, SD_PROBLEM_NONE);
	}
}
