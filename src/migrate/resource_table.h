/*-------------------------------------------------------------------------
 *
 * resource_table.h
 *	  A caller's relation whose rows are resources, and statements on it.
 *
 *-------------------------------------------------------------------------
 */
#ifndef STORMDISC_RESOURCE_TABLE_H
#define STORMDISC_RESOURCE_TABLE_H

#include "access/attnum.h"
#include "access/tupdesc.h"
#include "fmgr.h"
#include "lib/stringinfo.h"
#include "utils/jsonb.h"

/* columns are told by their numbers, 0 is none */
typedef struct SdResourceTable
{
	Oid oid;
	const char *name;	   /* as SQL, qualified */
	TupleDesc columns;	   /* dropped ones among them */
	AttrNumber key;		   /* of the primary key, or named "id" */
	AttrNumber created_at; /* times only */
	AttrNumber updated_at;
	AttrNumber deleted_at;
} SdResourceTable;

/* a statement that grows, and its parameters */
typedef struct SdQuery
{
	StringInfoData sql;
	int count;
	int size;
	Oid *types;
	Datum *values;
	char *nulls;
} SdQuery;

/* what is done, for the context of errors */
typedef struct SdResourceWork
{
	ErrorContextCallback callback;
	const char *what;
	const SdResourceTable *table;
} SdResourceWork;

extern void sd_resource_open(SdResourceTable *table, FunctionCallInfo fcinfo);
extern void sd_resource_need_key(const SdResourceTable *table);
extern AttrNumber sd_resource_column(const SdResourceTable *table,
									 const char *name, int length);
extern const char *sd_resource_column_name(const SdResourceTable *table,
										   AttrNumber column);
extern Jsonb *sd_resource_object(FunctionCallInfo fcinfo, int number,
								 const char *argument);
extern AttrNumber *sd_resource_columns_of(const SdResourceTable *table,
										  Jsonb *object, int *count);
extern void sd_resource_convert(const SdResourceTable *table, Jsonb *object,
								const AttrNumber *columns, int count,
								Datum *values, bool *nulls);

extern void sd_resource_begin(SdResourceWork *work, const char *what,
							  const SdResourceTable *table);
extern void sd_resource_end(SdResourceWork *work);

extern void sd_query_start(SdQuery *query, const char *sql);
extern void sd_query_parameter(SdQuery *query, Oid type, Datum value,
							   bool isnull);
extern void sd_query_column(SdQuery *query, const SdResourceTable *table,
							AttrNumber column);
extern void sd_query_operator(SdQuery *query, Oid op);
extern void sd_query_equals(SdQuery *query, const SdResourceTable *table,
							AttrNumber column, Datum value, bool isnull);
extern void sd_query_run(SdQuery *query, bool read_only);

#endif /* STORMDISC_RESOURCE_TABLE_H */
