/*-------------------------------------------------------------------------
 *
 * edges.h
 *	  Edges and roots of an export.
 *
 *-------------------------------------------------------------------------
 */
#ifndef STORMDISC_TRACE_EDGES_H
#define STORMDISC_TRACE_EDGES_H

#include "utils/jsonb.h"
#include "utils/uuid.h"

/* 1 if it was new, or 0; what is wrong with it */
extern int sd_edge_import(JsonbContainer *json, const char **problem);
extern int sd_root_import(JsonbContainer *json, const char **problem);

/* a UUID of a JSON object; false if there is none */
extern bool sd_json_uuid(JsonbContainer *json, const char *name,
						 pg_uuid_t *uuid);

#endif /* STORMDISC_TRACE_EDGES_H */
