/*-------------------------------------------------------------------------
 *
 * catalog.c
 *	  Begin, run and end one consistent reading of the catalogs.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "catalog/pg_class.h"
#include "catalog/pg_constraint.h"
#include "utils/memutils.h"
#include "utils/snapmgr.h"

#include "catalog/sd_catalog.h"
#include "errors.h"

/*
 * sd_catalog_begin
 *		Start a reading of the given scope, under the caller's snapshot.
 *
 * The settings that texts depend on are pinned until sd_catalog_end().  On
 * error the transaction or subtransaction puts them back and releases the
 * snapshot.  A NULL scope means that only single objects will be looked up.
 */
SdCatalog *
sd_catalog_begin(SdScope *scope)
{
	MemoryContext context;
	SdCatalog *cat;

	if (HistoricSnapshotActive())
		ereport(
			ERROR, errcode(ERRCODE_FEATURE_NOT_SUPPORTED),
			errmsg(
				"schema discovery is not supported during logical decoding"));
	if (!ActiveSnapshotSet())
		elog(ERROR, "cannot discover a schema without an active snapshot");

	context = AllocSetContextCreate(CurrentMemoryContext, "stormdisc catalog",
									ALLOCSET_DEFAULT_SIZES);
	cat = MemoryContextAllocZero(context, sizeof(SdCatalog));
	cat->context = context;
	cat->scratch = AllocSetContextCreate(context, "stormdisc scratch",
										 ALLOCSET_DEFAULT_SIZES);
	cat->expressions = AllocSetContextCreate(context, "stormdisc expression",
											 ALLOCSET_DEFAULT_SIZES);
	cat->deparse_context = AllocSetContextCreate(
		context, "stormdisc column names", ALLOCSET_DEFAULT_SIZES);
	cat->scope = scope;
	cat->snapshot = RegisterSnapshot(GetActiveSnapshot());
	cat->settings_level = sd_settings_pin();

	return cat;
}

/*
 * sd_catalog_read
 *		Read the relations in scope, and the given parts of what they have.
 *
 * Raises an error if the scope names a relation or schema that does not exist
 * or a relation of the wrong kind.
 */
void
sd_catalog_read(SdCatalog *cat, int parts)
{
	MemoryContext oldcontext = MemoryContextSwitchTo(cat->context);

	cat->parts = parts;

	sd_scope_resolve(cat);
	sd_catalog_read_relations(cat);

	if (parts & SD_READ_INHERITANCE)
		sd_catalog_read_inheritance(cat);
	if (parts & SD_READ_COLUMNS)
		sd_catalog_read_columns(cat);
	if (parts & SD_READ_INDEXES)
		sd_catalog_read_indexes(cat);
	if (parts & (SD_READ_KEYS | SD_READ_CONSTRAINTS))
		sd_catalog_read_constraints(cat);
	if (parts & SD_READ_COMMENTS)
	{
		Oid *oids = palloc(sizeof(Oid) * (cat->nrelations + 1));

		for (int i = 0; i < cat->nrelations; i++)
			oids[i] = cat->relations[i]->oid;
		sd_catalog_read_comments(cat, RelationRelationId, cat->nrelations,
								 oids);
		pfree(oids);
	}

	MemoryContextSwitchTo(oldcontext);
}

/*
 * sd_catalog_reset
 *		Forget what was put into the scratch context, between two rows.
 */
void
sd_catalog_reset(SdCatalog *cat)
{
	MemoryContextReset(cat->scratch);
}

/*
 * sd_catalog_end
 *		End a reading and free all that it returned.
 */
void
sd_catalog_end(SdCatalog *cat)
{
	if (cat->problems > 0)
		ereport(
			WARNING,
			errmsg_plural("%d of %d rows is incomplete",
						  "%d of %d rows are incomplete", cat->problems,
						  cat->problems, cat->rows),
			cat->denied == cat->problems
				? errdetail("The current role may not see all values.")
				: errdetail("Concurrent schema changes made some definitions "
							"unavailable."),
			cat->denied == cat->problems
				? errhint("The column \"problem\" tells which.")
				: errhint(
					  "The column \"problem\" tells why; ask again for these "
					  "relations."));

	sd_settings_restore(cat->settings_level);
	UnregisterSnapshot(cat->snapshot);
	MemoryContextDelete(cat->context);
}

/*
 * sd_problem_name
 *		The word for a problem in a result row, NULL for none.
 */
const char *
sd_problem_name(SdProblem problem)
{
	switch (problem)
	{
		case SD_PROBLEM_NONE:
			return NULL;
		case SD_PROBLEM_VANISHED:
			return "vanished";
		case SD_PROBLEM_CHANGED:
			return "changed";
		case SD_PROBLEM_LOCKED:
			return "locked";
		case SD_PROBLEM_DENIED:
			return "denied";
		default:
			return "failed";
	}
}

/*
 * sd_catalog_fail
 *		What an error about one object means to the reading: a problem if it
 *		is to degrade, else the error is raised again.
 *
 * Cancel, shutdown, and a lack of memory or disk are always raised.
 */
SdProblem
sd_catalog_fail(SdCatalog *cat, ErrorData *error)
{
	MemoryContext oldcontext;
	SdFailure *failure;

	if (!cat->degrade || !sd_error_is_of_object(error->sqlerrcode))
		ReThrowError(error);

	oldcontext = MemoryContextSwitchTo(cat->context);
	failure = palloc(sizeof(SdFailure));
	failure->sqlerrcode = error->sqlerrcode;
	failure->message = pstrdup(error->message);
	cat->failures = lappend(cat->failures, failure);
	MemoryContextSwitchTo(oldcontext);

	return SD_PROBLEM_FAILED + list_length(cat->failures) - 1;
}

/*
 * sd_catalog_failure
 *		The error behind a problem that sd_catalog_fail() returned; NULL for
 *		another problem.
 */
const SdFailure *
sd_catalog_failure(SdCatalog *cat, SdProblem problem)
{
	if (problem < SD_PROBLEM_FAILED)
		return NULL;

	return list_nth(cat->failures, problem - SD_PROBLEM_FAILED);
}
