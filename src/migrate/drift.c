/*-------------------------------------------------------------------------
 *
 * drift.c
 *	  stormdisc_migrated_documents: the schema as the last migration has left
 *	  it, and as it is now.
 *
 * What is made of the two is SQL, see sql/functions/migrations.sql.
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "access/htup_details.h"
#include "catalog/namespace.h"
#include "catalog/pg_proc.h"
#include "funcapi.h"
#include "utils/builtins.h"

#include "migrate/migrate.h"
#include "model/snapshot.h"

PG_FUNCTION_INFO_V1(stormdisc_migrated_documents);

/*
 * stormdisc_migrated_documents() -> row
 *		Both documents, read with the same scope.
 */
Datum
stormdisc_migrated_documents(PG_FUNCTION_ARGS)
{
	SdSnapshot snapshot = {0};
	TupleDesc desc;
	Datum values[3];
	bool nulls[3] = {false};
	int version;
	Jsonb *live;

	if (get_call_result_type(fcinfo, NULL, &desc) != TYPEFUNC_COMPOSITE ||
		desc->natts != lengthof(values))
		elog(ERROR, "unexpected result type");
	snapshot.document = sd_migrated_stored(&version, &snapshot.scope);
	if (snapshot.document == NULL)
		ereport(ERROR, errcode(ERRCODE_OBJECT_NOT_IN_PREREQUISITE_STATE),
				errmsg("no migration was applied"),
				errhint("Drift is how the schema differs from what the last "
						"migration has left.  stormdisc_baseline() keeps the "
						"schema as it is now."));
	live = sd_snapshot_live(fcinfo, &snapshot);
	if (live == NULL)
		ereport(ERROR, errcode(ERRCODE_UNDEFINED_SCHEMA),
				errmsg("none of the schemas of the last migration exists"));
	values[0] = Int32GetDatum(version);
	values[1] = JsonbPGetDatum(snapshot.document);
	values[2] = JsonbPGetDatum(live);

	return HeapTupleGetDatum(
		heap_form_tuple(BlessTupleDesc(desc), values, nulls));
}
