/*-------------------------------------------------------------------------
 *
 * primary_key.c
 *	  stormdisc_primary_key: a table's primary key, in key order.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "discovery/discovery.h"

PG_FUNCTION_INFO_V1(stormdisc_primary_key);

static void emit_primary_key(SdDiscovery *disc);

static const SdKind kind = {
	.name = "primary_key",
	.relkinds = "rp",
	.not_served = "\"%s\" is not a table",
	.parts = SD_READ_COLUMNS | SD_READ_INDEXES,
	.emit = emit_primary_key,
};

/*
 * stormdisc_primary_key(relation) -> setof row
 *		Report the columns of the primary key; no rows if there is none.
 */
Datum
stormdisc_primary_key(PG_FUNCTION_ARGS)
{
	return sd_discovery_run(fcinfo, &kind);
}

static void
emit_primary_key(SdDiscovery *disc)
{
	SdRelation *rel;
	int position = 0;

	while ((rel = sd_discovery_next(disc, &position)) != NULL)
	{
		ListCell *lc;

		foreach (lc, rel->indexes)
		{
			SdIndex *index = lfirst(lc);

			for (int i = 0; index->is_primary && i < index->nkeys; i++)
			{
				SdColumn *column =
					sd_relation_column(rel, index->keys[i].column);

				if (column == NULL)
					continue;
				sd_row_name(disc, &column->name);
				sd_row_int32(disc, column->position);
				sd_row_int32(disc, i + 1);
				sd_row_end(disc, SD_PROBLEM_NONE);
			}
		}
	}
}
