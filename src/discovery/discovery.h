/*-------------------------------------------------------------------------
 *
 * discovery.h
 *	  What the set-returning functions of discovery share.
 *
 * Each function is: begin with the kinds it serves and the parts it needs,
 * add one row per object, end.  The values of a row are added one by one, in
 * the order of the result columns.
 *-------------------------------------------------------------------------
 */
#ifndef STORMDISC_DISCOVERY_H
#define STORMDISC_DISCOVERY_H

#include "fmgr.h"
#include "nodes/execnodes.h"

#include "catalog/sd_catalog.h"

/* more columns than any of our functions returns */
#define SD_MAX_COLUMNS 64

typedef struct SdDiscovery
{
	SdCatalog *catalog;
	SdScope scope;
	ReturnSetInfo *rsinfo;
	MemoryContext row_context;
	int ncolumns; /* added to this row so far */
	Datum values[SD_MAX_COLUMNS];
	bool nulls[SD_MAX_COLUMNS];
} SdDiscovery;

extern SdDiscovery *sd_discovery_begin(FunctionCallInfo fcinfo,
									   const char *kinds,
									   const char *kinds_error,
									   bool partitions_of, int parts);
extern void sd_discovery_end(SdDiscovery *disc);

extern void sd_row_text(SdDiscovery *disc, const char *value);
extern void sd_row_name(SdDiscovery *disc, const NameData *value);
extern void sd_row_bool(SdDiscovery *disc, bool value);
extern void sd_row_int32(SdDiscovery *disc, int32 value);
extern void sd_row_int64(SdDiscovery *disc, int64 value);
extern void sd_row_oid(SdDiscovery *disc, Oid value);
extern void sd_row_datum(SdDiscovery *disc, Datum value);
extern void sd_row_null(SdDiscovery *disc);
extern void sd_row_qualified(SdDiscovery *disc, Oid classid, Oid oid);
extern void sd_row_texts(SdDiscovery *disc, int count,
						 const char *const *values);
extern void sd_row_columns(SdDiscovery *disc, SdRelation *rel, int count,
						   const AttrNumber *columns);
extern void sd_row_options(SdDiscovery *disc, ArrayType *options);
extern void sd_row_end(SdDiscovery *disc, SdProblem problem);

extern const char *sd_table_type(char relkind);
extern const char *sd_partition_strategy(char strategy);

#endif /* STORMDISC_DISCOVERY_H */
