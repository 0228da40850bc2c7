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
	&sd_kind_tables,		  &sd_kind_columns,
	&sd_kind_partitions,	  &sd_kind_constraints,
	&sd_kind_indexes,		  &sd_kind_languages,
	&sd_kind_access_methods,  &sd_kind_functions,
	&sd_kind_operators,		  &sd_kind_operator_classes,
	&sd_kind_casts,			  &sd_kind_transforms,
	&sd_kind_views,			  &sd_kind_rules,
	&sd_kind_policies,		  &sd_kind_triggers,
	&sd_kind_property_graphs,
};

const int sd_nkinds = lengthof(sd_kinds);
