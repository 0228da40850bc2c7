/*-------------------------------------------------------------------------
 *
 * kinds.c
 *	  All kinds of objects that are discovered.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "discovery/discovery.h"

/* clang-format off */
const SdKind *const sd_kinds[] = {
	&sd_kind_schemas,
	&sd_kind_extensions,
	&sd_kind_languages,
	&sd_kind_access_methods,
	&sd_kind_types,
	&sd_kind_collations,
	&sd_kind_conversions,
	&sd_kind_text_search,
	&sd_kind_functions,
	&sd_kind_operators,
	&sd_kind_operator_classes,
	&sd_kind_casts,
	&sd_kind_transforms,
	&sd_kind_sequences,
	&sd_kind_tables,
	&sd_kind_columns,
	&sd_kind_partitions,
	&sd_kind_column_options,
	&sd_kind_constraints,
	&sd_kind_indexes,
	&sd_kind_views,
	&sd_kind_rules,
	&sd_kind_triggers,
	&sd_kind_policies,
	&sd_kind_statistics,
	&sd_kind_property_graphs,
	&sd_kind_foreign_servers,
	&sd_kind_publications,
	&sd_kind_subscriptions,
	&sd_kind_event_triggers,
	&sd_kind_extension_dependencies,
	&sd_kind_privileges,
	&sd_kind_security_labels,
};
/* clang-format on */

const int sd_nkinds = lengthof(sd_kinds);
