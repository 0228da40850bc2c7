/*-------------------------------------------------------------------------
 *
 * kinds.c
 *	  All kinds of objects that are discovered.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "discovery/discovery.h"

const SdKind *const sd_kinds[] = {
	&sd_kind_tables,	  &sd_kind_columns,		   &sd_kind_partitions,
	&sd_kind_constraints, &sd_kind_indexes,		   &sd_kind_schemas,
	&sd_kind_extensions,  &sd_kind_types,		   &sd_kind_collations,
	&sd_kind_conversions, &sd_kind_text_search,	   &sd_kind_sequences,
	&sd_kind_statistics,  &sd_kind_event_triggers,
};

const int sd_nkinds = lengthof(sd_kinds);
