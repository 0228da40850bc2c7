/*-------------------------------------------------------------------------
 *
 * property_graphs.c
 *	  stormdisc_property_graphs: property graphs, where a server has them.
 *
 * They were to come with PostgreSQL 19, and were taken out before its release
 * candidate.  No supported server has them, so there are never any rows; the
 * function is there so that callers need not care.
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "discovery/discovery.h"

PG_FUNCTION_INFO_V1(stormdisc_property_graphs);

static void emit_property_graphs(SdDiscovery *disc);

const SdKind sd_kind_property_graphs = {
	.name = "property_graphs",
	.relkinds = "",
	.not_served = "\"%s\" is not a property graph",
	.identity = "schema_name,graph_name",
	.left_out = "problem",
	.defaults = "",
	.emit = emit_property_graphs,
};

/*
 * stormdisc_property_graphs(relation, schemas, include, exclude) -> setof row
 *		Report the property graphs in scope: none.
 */
Datum
stormdisc_property_graphs(PG_FUNCTION_ARGS)
{
	return sd_discovery_run(fcinfo, &sd_kind_property_graphs);
}

static void
emit_property_graphs(SdDiscovery *disc)
{
}
