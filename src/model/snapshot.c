/*-------------------------------------------------------------------------
 *
 * snapshot.c
 *	  stormdisc_discover_existing_schema: keep a document under a name.
 *	  stormdisc_drop_snapshot: keep it no longer.
 *	  stormdisc_validation, stormdisc_validate: what has changed since.
 *
 * A snapshot is one row, written whole or not at all.  Whoever takes one has
 * its name until the end of the transaction, and reads the catalogs only then:
 * of two sessions that take the same one the later has read the later state.
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "access/htup_details.h"
#include "access/xact.h"
#include "access/xlog.h"
#include "catalog/indexing.h"
#include "catalog/namespace.h"
#include "catalog/pg_class.h"
#include "catalog/pg_type.h"
#include "funcapi.h"
#include "mb/pg_wchar.h"
#include "miscadmin.h"
#include "storage/latch.h"
#include "utils/acl.h"
#include "utils/builtins.h"
#include "utils/fmgroids.h"
#include "utils/guc.h"
#include "utils/lsyscache.h"
#include "utils/memutils.h"
#include "utils/pg_lsn.h"
#include "utils/snapmgr.h"
#include "utils/timestamp.h"
#include "utils/tuplestore.h"
#include "utils/varlena.h"
#include "utils/wait_event.h"

#include "errors.h"
#include "lock.h"
#include "model/diff.h"
#include "model/document.h"
#include "model/fingerprint.h"
#include "model/json.h"
#include "model/snapshot.h"
#include "spi_util.h"
#include "stormdisc.h"

PG_FUNCTION_INFO_V1(stormdisc_discover_existing_schema);
PG_FUNCTION_INFO_V1(stormdisc_drop_snapshot);
PG_FUNCTION_INFO_V1(stormdisc_validation);
PG_FUNCTION_INFO_V1(stormdisc_validate);

/* longest name, in bytes */
#define MAX_NAME_LENGTH 255

/* how often to read again when somebody's DDL is in the way */
#define MAX_ATTEMPTS 10

/* and how long to wait before each, in milliseconds */
#define PAUSE 50

/* of stormdisc_validate() */
#define MAX_NOTICES 100
#define MAX_VALUE_LENGTH 200

/* the arguments of stormdisc_discover_existing_schema */
enum
{
	ARG_NAME,
	ARG_RELATION,
	ARG_SCHEMAS,
	ARG_INCLUDE,
	ARG_EXCLUDE,
	ARG_PARTS,
	ARG_MODE,
	ARG_ON_ERROR
};

#define N_SCOPE_ARGS 4

/* one call of it */
typedef struct Run
{
	const char *name;
	SdScope scope;
	SdDocumentOptions options;
	bool raise;			  /* errors, rather than report them */
	const char *relation; /* of the scope, qualified */
	XLogRecPtr lsn;
	TimestampTz started;
	Datum duration;
	MemoryContext context; /* of the attempt, and its document */
	Jsonb *document;	   /* NULL if the discovery failed */
	ErrorData *error;
	Jsonb *counts;
	const char *status;
	char *message;
} Run;

/* what find_relation() finds */
typedef struct FoundRelation
{
	Oid oid;
	char kind;
} FoundRelation;

/* the differences, collected to be sorted */
typedef struct Differences
{
	int count;
	int size;
	SdDifference *members;
} Differences;

static void check_writable(const char *function);
static void read_arguments(FunctionCallInfo fcinfo, Run *run);
static void take(Run *run);
static void attempt(Run *run);
static void build(void *arg);
static char *relation_name(Oid oid);
static bool may_pass(int sqlerrcode);
static Jsonb *count_objects(Run *run);
static bool is_wanted(const SdDocumentOptions *options, const char *kind);
static void describe(Run *run);
static bool count_of(Run *run, const char *kind, int64 *count);
static Jsonb *scope_as_json(FunctionCallInfo fcinfo, Run *run);
static void store(Run *run, Jsonb *scope);
static uint64 remove_snapshot(const char *name);
static void write_log(Run *run);
static void tell(Run *run);
static Datum result_row(FunctionCallInfo fcinfo, Run *run);
static void find_differences(FunctionCallInfo fcinfo, const char *name,
							 Differences *differences);
static ArrayType *text_array(List *texts);
static Oid find_relation(const char *qualified_name, char *relkind);
static void keep_relation(SdCatalog *cat, HeapTuple tuple, TupleDesc desc,
						  void *arg);
static bool is_served(char relkind, const SdDocumentOptions *options);
static List *existing_schemas(List *names);
static void collect(const SdDifference *difference, void *arg);
static const JsonbValue *keep_value(const JsonbValue *value);
static int compare_differences(const void *a, const void *b);
static void give_notice(const SdDifference *difference);
static const char *value_text(const JsonbValue *value);

static SdStatement insert_snapshot = {
	.sql =
		"INSERT INTO stormdisc.snapshots (name, taken_at, server_version, "
		"system_identifier, timeline, lsn, scope, counts, duration, document, "
		"fingerprint) "
		"VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11) "
		"ON CONFLICT (name) DO UPDATE SET taken_at = EXCLUDED.taken_at, "
		"fingerprint = EXCLUDED.fingerprint, server_version = EXCLUDED.server_version, "
		"system_identifier = EXCLUDED.system_identifier, "
		"timeline = EXCLUDED.timeline, lsn = EXCLUDED.lsn, "
		"scope = EXCLUDED.scope, counts = EXCLUDED.counts, "
		"duration = EXCLUDED.duration, document = EXCLUDED.document",
	.nparameters = 11,
	.types = {TEXTOID, TIMESTAMPTZOID, TEXTOID, INT8OID, INT4OID, LSNOID,
			  JSONBOID, JSONBOID, INTERVALOID, JSONBOID, TEXTOID},
};

static SdStatement delete_snapshot = {
	.sql = "DELETE FROM stormdisc.snapshots "
		   "WHERE name OPERATOR(pg_catalog.=) $1",
	.nparameters = 1,
	.types = {TEXTOID},
};

static SdStatement select_snapshot = {
	.sql = "SELECT scope, counts, document FROM stormdisc.snapshots "
		   "WHERE name OPERATOR(pg_catalog.=) $1",
	.nparameters = 1,
	.types = {TEXTOID},
};

static SdStatement insert_log = {
	.sql = "INSERT INTO stormdisc.discovery_log (finished_at, snapshot_name, "
		   "role_name, status, duration, counts, sqlstate, message) "
		   "VALUES (pg_catalog.clock_timestamp(), $1, $2, $3, $4, $5, $6, $7)",
	.nparameters = 7,
	.types = {TEXTOID, TEXTOID, TEXTOID, INTERVALOID, JSONBOID, TEXTOID,
			  TEXTOID},
};

/* sessions that trim at the same time must not wait for each other */
static SdStatement trim_log = {
	.sql = "DELETE FROM stormdisc.discovery_log "
		   "WHERE id OPERATOR(pg_catalog.=) ANY (ARRAY("
		   "SELECT l.id FROM stormdisc.discovery_log l "
		   "WHERE l.id OPERATOR(pg_catalog.<=) ("
		   "SELECT n.id FROM stormdisc.discovery_log n "
		   "ORDER BY n.id DESC OFFSET $1 LIMIT 1) "
		   "FOR UPDATE SKIP LOCKED))",
	.nparameters = 1,
	.types = {INT8OID},
};

/*
 * stormdisc_discover_existing_schema(name, relation, schemas, include,
 *		exclude, parts, mode, on_error) -> row
 *		Read the schema and keep it as the snapshot of that name.
 */
Datum
stormdisc_discover_existing_schema(PG_FUNCTION_ARGS)
{
	Run run = {0};

	check_writable("stormdisc_discover_existing_schema()");
	read_arguments(fcinfo, &run);

	/* first the name, then the catalogs */
	sd_lock_name(SD_LOCK_SNAPSHOT, run.name);
	take(&run);
	describe(&run);
	if (run.document != NULL)
		store(&run, scope_as_json(fcinfo, &run));
	else
		(void) remove_snapshot(run.name);
	write_log(&run);
	tell(&run);

	return result_row(fcinfo, &run);
}

/*
 * stormdisc_drop_snapshot(name) -> void
 *		Forget a snapshot.
 */
Datum
stormdisc_drop_snapshot(PG_FUNCTION_ARGS)
{
	const char *name;

	check_writable("stormdisc_drop_snapshot()");
	name = sd_snapshot_name(PG_ARGISNULL(0) ? NULL : PG_GETARG_TEXT_PP(0));
	sd_lock_name(SD_LOCK_SNAPSHOT, name);
	if (remove_snapshot(name) == 0)
		ereport(ERROR, errcode(ERRCODE_UNDEFINED_OBJECT),
				errmsg("snapshot \"%s\" does not exist", name));

	PG_RETURN_VOID();
}

/*
 * stormdisc_validation(name) -> setof row
 *		The differences between a snapshot and what is there now.
 */
Datum
stormdisc_validation(PG_FUNCTION_ARGS)
{
	ReturnSetInfo *rsinfo = (ReturnSetInfo *) fcinfo->resultinfo;
	Differences differences = {0};
	MemoryContext row_context;

	InitMaterializedSRF(fcinfo, 0);
	find_differences(
		fcinfo, sd_snapshot_name(PG_ARGISNULL(0) ? NULL : PG_GETARG_TEXT_PP(0)),
		&differences);

	row_context = AllocSetContextCreate(
		CurrentMemoryContext, "stormdisc difference", ALLOCSET_DEFAULT_SIZES);
	for (int i = 0; i < differences.count; i++)
	{
		SdDifference *difference = &differences.members[i];
		MemoryContext oldcontext = MemoryContextSwitchTo(row_context);
		Datum values[6] = {0};
		bool nulls[6] = {false};

		CHECK_FOR_INTERRUPTS();
		values[0] = CStringGetTextDatum(difference->kind);
		values[1] = CStringGetTextDatum(difference->identity);
		values[2] = CStringGetTextDatum(sd_change_name(difference->change));
		nulls[3] = difference->attribute == NULL;
		nulls[4] = difference->old_value == NULL;
		nulls[5] = difference->new_value == NULL;
		if (!nulls[3])
			values[3] = CStringGetTextDatum(difference->attribute);
		if (!nulls[4])
			values[4] = JsonbPGetDatum(JsonbValueToJsonb(
				unconstify(JsonbValue *, difference->old_value)));
		if (!nulls[5])
			values[5] = JsonbPGetDatum(JsonbValueToJsonb(
				unconstify(JsonbValue *, difference->new_value)));
		tuplestore_putvalues(rsinfo->setResult, rsinfo->setDesc, values, nulls);
		MemoryContextSwitchTo(oldcontext);
		MemoryContextReset(row_context);
	}
	MemoryContextDelete(row_context);

	return (Datum) 0;
}

/*
 * stormdisc_validate(name) -> boolean
 *		Is everything as in the snapshot?  Differences are notices.
 */
Datum
stormdisc_validate(PG_FUNCTION_ARGS)
{
	Differences differences = {0};

	find_differences(
		fcinfo, sd_snapshot_name(PG_ARGISNULL(0) ? NULL : PG_GETARG_TEXT_PP(0)),
		&differences);

	for (int i = 0; i < Min(differences.count, MAX_NOTICES); i++)
		give_notice(&differences.members[i]);
	if (differences.count > MAX_NOTICES)
		ereport(NOTICE,
				errmsg_plural("%d more difference", "%d more differences",
							  differences.count - MAX_NOTICES,
							  differences.count - MAX_NOTICES),
				errhint("stormdisc_validation() returns all of them."));

	PG_RETURN_BOOL(differences.count == 0);
}

/*
 * sd_snapshot_name
 *		The argument "name", checked.
 *
 * Raises 22004 if it is NULL, 22023 if it is empty or too long.
 */
const char *
sd_snapshot_name(text *name)
{
	char *result;

	if (name == NULL)
		ereport(ERROR, errcode(ERRCODE_NULL_VALUE_NOT_ALLOWED),
				errmsg("argument \"%s\" must not be null", "name"));
	result = text_to_cstring(name);
	if (result[0] == '\0')
		ereport(ERROR, errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				errmsg("name of a snapshot must not be empty"));
	if (strlen(result) > MAX_NAME_LENGTH)
		ereport(ERROR, errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				errmsg("name of a snapshot is too long"),
				errdetail("It has %zu bytes, the maximum is %d.",
						  strlen(result), MAX_NAME_LENGTH));

	return result;
}

/*
 * sd_snapshot_read
 *		A snapshot, in the current memory context.
 *
 * It is read with the caller's rights.  Raises 42704 if there is none of that
 * name, and 0A000 if another version of stormdisc wrote another format.
 */
void
sd_snapshot_read(SdSnapshot *snapshot, const char *name)
{
	Datum values[] = {CStringGetTextDatum(name)};
	SdSpi spi;
	int64 format;

	sd_spi_begin(&spi, false);
	if (sd_spi_read(&select_snapshot, values, NULL) == 0)
		ereport(ERROR, errcode(ERRCODE_UNDEFINED_OBJECT),
				errmsg("snapshot \"%s\" does not exist", name),
				errhint("Take it with stormdisc_discover_existing_schema(); "
						"the table stormdisc.snapshots has those that exist."));
	snapshot->name = name;
	snapshot->scope = sd_spi_jsonb(&spi, 0, 1);
	snapshot->counts = sd_spi_jsonb(&spi, 0, 2);
	snapshot->document = sd_spi_jsonb(&spi, 0, 3);
	sd_spi_end(&spi);

	if (!JB_ROOT_IS_OBJECT(snapshot->document) ||
		!sd_json_get_int64(&snapshot->document->root, "format", &format) ||
		format != SD_DOCUMENT_FORMAT)
		ereport(ERROR, errcode(ERRCODE_FEATURE_NOT_SUPPORTED),
				errmsg("snapshot \"%s\" is of a format that is not supported",
					   name),
				errdetail("Documents of format %d are.", SD_DOCUMENT_FORMAT),
				errhint("Take it again."));
}

/* Where nothing can be written no fallback helps. */
static void
check_writable(const char *function)
{
	PreventCommandIfReadOnly(function);
	PreventCommandIfParallelMode(function);
}

/* What is wrong with them is the caller's error, not one of the discovery. */
static void
read_arguments(FunctionCallInfo fcinfo, Run *run)
{
	LOCAL_FCINFO(scope_args, N_SCOPE_ARGS);

	run->name = sd_snapshot_name(
		PG_ARGISNULL(ARG_NAME) ? NULL : PG_GETARG_TEXT_PP(ARG_NAME));

	InitFunctionCallInfoData(*scope_args, fcinfo->flinfo, N_SCOPE_ARGS,
							 fcinfo->fncollation, NULL, NULL);
	memcpy(scope_args->args, &fcinfo->args[ARG_RELATION],
		   sizeof(NullableDatum) * N_SCOPE_ARGS);
	sd_discovery_scope(scope_args, &run->scope);
	run->scope.kinds_error = "\"%s\" is not a table or view";

	run->options.functions = get_func_namespace(fcinfo->flinfo->fn_oid);
	if (!PG_ARGISNULL(ARG_PARTS))
		run->options.parts =
			sd_document_parts(PG_GETARG_ARRAYTYPE_P(ARG_PARTS));
	run->options.atomic = sd_document_atomic(
		PG_ARGISNULL(ARG_MODE) ? "atomic"
							   : text_to_cstring(PG_GETARG_TEXT_PP(ARG_MODE)));

	if (!PG_ARGISNULL(ARG_ON_ERROR))
	{
		const char *on_error = text_to_cstring(PG_GETARG_TEXT_PP(ARG_ON_ERROR));

		run->raise = strcmp(on_error, "raise") == 0;
		if (!run->raise && strcmp(on_error, "fallback") != 0)
			ereport(ERROR, errcode(ERRCODE_INVALID_PARAMETER_VALUE),
					errmsg("unrecognized value of on_error: \"%s\"", on_error),
					errhint("Available values: fallback, raise."));
	}
}

/*
 * Read the schema: document, or error.  What concurrent DDL spoiled is read
 * again, unless the transaction would see the same again.
 */
static void
take(Run *run)
{
	TimestampTz ended;

	run->lsn = GetXLogInsertRecPtr();
	run->started = GetCurrentTimestamp();
	for (int i = 1;; i++)
	{
		attempt(run);
		if (run->error == NULL || IsolationUsesXactSnapshot() ||
			i == MAX_ATTEMPTS || !may_pass(run->error->sqlerrcode))
			break;
		FreeErrorData(run->error);
		run->error = NULL;

		/* let it pass */
		(void) WaitLatch(MyLatch,
						 WL_LATCH_SET | WL_TIMEOUT | WL_EXIT_ON_PM_DEATH, PAUSE,
						 PG_WAIT_EXTENSION);
		ResetLatch(MyLatch);
		CHECK_FOR_INTERRUPTS();
	}
	if (run->error != NULL && run->raise)
		ReThrowError(run->error);

	ended = GetCurrentTimestamp();
	run->duration =
		DirectFunctionCall2(timestamp_mi, TimestampTzGetDatum(ended),
							TimestampTzGetDatum(run->started));
}

static void
attempt(Run *run)
{
	MemoryContext oldcontext = CurrentMemoryContext;
	MemoryContext context = AllocSetContextCreate(
		oldcontext, "stormdisc attempt", ALLOCSET_DEFAULT_SIZES);

	run->context = context;
	run->error = sd_try(build, run);
	if (run->error != NULL)
	{
		run->document = NULL;
		MemoryContextDelete(context);
	}
}

/* Build the document, in the memory of the attempt. */
static void
build(void *arg)
{
	Run *run = arg;
	SdScope scope = run->scope;
	MemoryContext oldcontext;

	/* the statement's own snapshot is from before the name was ours */
	PushActiveSnapshot(IsolationUsesXactSnapshot() ? GetTransactionSnapshot()
												   : GetLatestSnapshot());
	if (scope.has_relation)
		run->relation = relation_name(scope.relation);
	oldcontext = MemoryContextSwitchTo(run->context);
	run->document = sd_document_build(&scope, &run->options);
	MemoryContextSwitchTo(oldcontext);
	PopActiveSnapshot();
}

/* The qualified name of the scope's relation, under the active snapshot. */
static char *
relation_name(Oid oid)
{
	SdCatalog *cat = sd_catalog_begin(NULL);
	SdRelation *rel = sd_catalog_relation(cat, oid);
	char *name;

	if (rel == NULL)
		ereport(ERROR, errcode(ERRCODE_UNDEFINED_TABLE),
				errmsg("relation with OID %u does not exist", oid));
	name = pstrdup(sd_relation_qualified_name(rel));
	sd_catalog_end(cat);

	return name;
}

/* Is this what concurrent DDL does to a document? */
static bool
may_pass(int sqlerrcode)
{
	return sqlerrcode == ERRCODE_OBJECT_IN_USE ||
		   sqlerrcode == ERRCODE_UNDEFINED_OBJECT ||
		   sqlerrcode == ERRCODE_LOCK_NOT_AVAILABLE;
}

/* How many objects a document has of each kind, nested ones too. */
static Jsonb *
count_objects(Run *run)
{
	SdJson counts = {0};
	int64 columns = 0;
	int64 partitions = 0;
	SdJsonWalk kinds;
	JsonbValue kind;
	JsonbValue value;

	sd_json_walk(&kinds, &run->document->root);
	while (sd_json_next_member(&kinds, &kind, &value))
	{
		JsonbContainer *objects = sd_json_as_object(&value);
		SdJsonWalk walk;
		JsonbValue identity;

		if (!sd_document_key_is_kind(&kind) || objects == NULL)
			continue;
		sd_json_add(&counts, sd_json_as_text(&kind),
					sd_json_int64(JsonContainerSize(objects)));

		sd_json_walk(&walk, objects);
		while (sd_json_next_member(&walk, &identity, &value))
		{
			JsonbContainer *object = sd_json_as_object(&value);
			JsonbContainer *array;

			CHECK_FOR_INTERRUPTS();
			if (object == NULL)
				continue;
			array = sd_json_get_array(object, "columns");
			/* those of constraints are names only */
			if (array != NULL && JsonContainerSize(array) > 0 &&
				sd_json_as_object(getIthJsonbValueFromContainer(array, 0)))
				columns += JsonContainerSize(array);
			if (sd_json_get_object(object, "partition") != NULL)
				partitions++;
		}
	}
	if (is_wanted(&run->options, "columns"))
		sd_json_add(&counts, "columns", sd_json_int64(columns));
	if (is_wanted(&run->options, "partitions"))
		sd_json_add(&counts, "partitions", sd_json_int64(partitions));
	value = sd_json_object(&counts);

	return JsonbValueToJsonb(&value);
}

/* Is this kind to be in the document? */
static bool
is_wanted(const SdDocumentOptions *options, const char *kind)
{
	for (int i = 0; i < sd_nkinds; i++)
	{
		if (strcmp(sd_kinds[i]->name, kind) == 0)
			return options->parts == NULL || options->parts[i];
	}

	return false;
}

/* What has come out, in numbers and in words. */
static void
describe(Run *run)
{
	int64 tables;

	if (run->document == NULL)
	{
		run->status = "failed";
		run->message = psprintf("Failed to discover existing schema: %s",
								run->error->message);
		return;
	}

	run->counts = count_objects(run);
	if (!count_of(run, "tables", &tables))
	{
		run->status = "ok";
		run->message = "Successfully discovered existing database, without its "
					   "tables";
	}
	else if (tables == 0)
	{
		run->status = "empty";
		run->message = "No existing tables found, metadata remains empty";
	}
	else
	{
		run->status = "ok";
		run->message = psprintf("Successfully discovered " INT64_FORMAT
								" tables from existing database",
								tables);
	}
}

/* How many objects of a kind; false if the document does not tell. */
static bool
count_of(Run *run, const char *kind, int64 *count)
{
	return run->counts != NULL &&
		   sd_json_get_int64(&run->counts->root, kind, count);
}

/*
 * The arguments, so that the same can be discovered again: in another session,
 * which has other settings and other OIDs.
 */
static Jsonb *
scope_as_json(FunctionCallInfo fcinfo, Run *run)
{
	static const struct
	{
		int number;
		const char *name;
	} arrays[] = {
		{ARG_SCHEMAS, "schemas"},
		{ARG_INCLUDE, "include"},
		{ARG_EXCLUDE, "exclude"},
		{ARG_PARTS, "parts"},
	};
	SdJson scope = {0};
	JsonbValue value;

	if (run->scope.has_relation)
		sd_json_add(&scope, "relation", sd_json_text(run->relation));
	for (int i = 0; i < lengthof(arrays); i++)
	{
		if (!PG_ARGISNULL(arrays[i].number))
			sd_json_add(
				&scope, arrays[i].name,
				sd_json_text_array(PG_GETARG_ARRAYTYPE_P(arrays[i].number)));
	}
	/* the setting takes the place of the argument */
	if (!run->scope.has_schemas && !run->scope.has_relation)
	{
		SdJson schemas = {0};
		List *names;
		ListCell *lc;

		if (SplitIdentifierString(pstrdup(sd_setting_schemas), ',', &names) &&
			names != NIL)
		{
			foreach (lc, names)
				sd_json_append(&schemas, sd_json_text(lfirst(lc)));
			sd_json_add(&scope, "schemas", sd_json_array(&schemas));
		}
	}
	sd_json_add(&scope, "mode",
				sd_json_text(run->options.atomic ? "atomic" : "degrade"));
	value = sd_json_object(&scope);

	return JsonbValueToJsonb(&value);
}

/* Write the row, in the place of the one of that name. */
static void
store(Run *run, Jsonb *scope)
{
	Datum values[] = {
		CStringGetTextDatum(run->name),
		TimestampTzGetDatum(run->started),
		CStringGetTextDatum(GetConfigOption("server_version", false, false)),
		Int64GetDatum((int64) GetSystemIdentifier()),
		Int32GetDatum((int32) GetWALInsertionTimeLine()),
		LSNGetDatum(run->lsn),
		JsonbPGetDatum(scope),
		JsonbPGetDatum(run->counts),
		run->duration,
		JsonbPGetDatum(run->document),
		(Datum) 0,
	};
	bool nulls[lengthof(values)] = {false};
	char *fingerprint = sd_fingerprint(run->document);
	SdSpi spi;

	/* of half a schema there is none */
	nulls[lengthof(values) - 1] = fingerprint == NULL;
	if (fingerprint != NULL)
		values[lengthof(values) - 1] = CStringGetTextDatum(fingerprint);

	sd_spi_begin(&spi, true);
	(void) sd_spi_write(&insert_snapshot, values, nulls);
	sd_spi_end(&spi);
}

/* How many there were of that name: one or none. */
static uint64
remove_snapshot(const char *name)
{
	Datum values[] = {CStringGetTextDatum(name)};
	uint64 count;
	SdSpi spi;

	sd_spi_begin(&spi, true);
	count = sd_spi_write(&delete_snapshot, values, NULL);
	sd_spi_end(&spi);

	return count;
}

/* Keep what has come out, and of all that only the newest. */
static void
write_log(Run *run)
{
	Datum values[7] = {0};
	bool nulls[7] = {false};
	Datum keep[] = {Int64GetDatum(sd_setting_discovery_log_size)};
	SdSpi spi;

	values[0] = CStringGetTextDatum(run->name);
	values[1] = CStringGetTextDatum(GetUserNameFromId(GetUserId(), false));
	values[2] = CStringGetTextDatum(run->status);
	values[3] = run->duration;
	nulls[4] = run->counts == NULL;
	if (run->counts != NULL)
		values[4] = JsonbPGetDatum(run->counts);
	nulls[5] = run->error == NULL;
	if (run->error != NULL)
		values[5] =
			CStringGetTextDatum(unpack_sql_state(run->error->sqlerrcode));
	values[6] = CStringGetTextDatum(run->message);

	sd_spi_begin(&spi, true);
	if (sd_setting_discovery_log_size > 0)
		(void) sd_spi_write(&insert_log, values, nulls);
	/* a row that somebody else has just trimmed would be an error */
	if (!IsolationUsesXactSnapshot())
		(void) sd_spi_write(&trim_log, keep, NULL);
	sd_spi_end(&spi);
}

static void
tell(Run *run)
{
	ErrorData *error = run->error;

	if (error == NULL)
	{
		ereport(INFO, errmsg("%s", run->message));
		return;
	}

	ereport(WARNING, errcode(error->sqlerrcode), errmsg("%s", run->message),
			error->detail != NULL ? errdetail_internal("%s", error->detail) : 0,
			error->hint != NULL ? errhint("%s", error->hint) : 0);
	ereport(INFO,
			errmsg("Metadata remains empty, workers will create tables as "
				   "normal"));
}

static Datum
result_row(FunctionCallInfo fcinfo, Run *run)
{
	static const char *const kinds[] = {"tables", "columns", "indexes",
										"constraints", "partitions"};
	TupleDesc desc;
	Datum values[8] = {0};
	bool nulls[8] = {false};

	if (get_call_result_type(fcinfo, NULL, &desc) != TYPEFUNC_COMPOSITE ||
		desc->natts != lengthof(values))
		elog(ERROR, "unexpected result type");

	values[0] = CStringGetTextDatum(run->status);
	for (int i = 0; i < lengthof(kinds); i++)
	{
		int64 count = 0;

		nulls[1 + i] = !count_of(run, kinds[i], &count);
		values[1 + i] = Int64GetDatum(count);
	}
	values[6] = run->duration;
	values[7] = CStringGetTextDatum(run->message);

	return HeapTupleGetDatum(
		heap_form_tuple(BlessTupleDesc(desc), values, nulls));
}

/* The differences between a snapshot and now, sorted. */
static void
find_differences(FunctionCallInfo fcinfo, const char *name,
				 Differences *differences)
{
	SdSnapshot snapshot;
	int settings_level;

	sd_snapshot_read(&snapshot, name);
	/* how names are quoted is a setting */
	settings_level = sd_settings_pin();
	sd_diff(snapshot.document, sd_snapshot_live(fcinfo, &snapshot), collect,
			differences);
	sd_settings_restore(settings_level);
	qsort(differences->members, differences->count, sizeof(SdDifference),
		  compare_differences);
}

/*
 * sd_snapshot_live
 *		What the snapshot's scope holds now, as a document.
 *
 * NULL if there is no such scope any more: its relation is gone, or all of its
 * schemas are.  The discovery functions are those beside the one that is
 * called.
 */
Jsonb *
sd_snapshot_live(FunctionCallInfo fcinfo, SdSnapshot *snapshot)
{
	JsonbContainer *arguments = &snapshot->scope->root;
	SdScope scope = {0};
	SdDocumentOptions options = {0};
	List *parts = sd_json_get_texts(arguments, "parts");
	char *relation = sd_json_get_text(arguments, "relation");
	ListCell *lc;

	options.functions = get_func_namespace(fcinfo->flinfo->fn_oid);
	options.atomic = sd_document_atomic(sd_json_get_text(arguments, "mode"));
	if (parts != NIL)
		options.parts = sd_document_parts(text_array(parts));

	scope.kinds_error = "\"%s\" is not a table or view";
	scope.ignore_setting = true;
	if (relation != NULL)
	{
		char relkind = '\0';

		scope.has_relation = true;
		scope.relation = find_relation(relation, &relkind);
		if (!OidIsValid(scope.relation) || !is_served(relkind, &options))
			return NULL;
	}
	scope.schema_names = sd_json_get_texts(arguments, "schemas");
	if (scope.schema_names != NIL)
	{
		scope.has_schemas = true;
		scope.schema_names = existing_schemas(scope.schema_names);
		if (scope.schema_names == NIL)
			return NULL;
	}
	foreach (lc, sd_json_get_texts(arguments, "include"))
		scope.include = lappend(scope.include, sd_pattern_parse(lfirst(lc)));
	foreach (lc, sd_json_get_texts(arguments, "exclude"))
		scope.exclude = lappend(scope.exclude, sd_pattern_parse(lfirst(lc)));

	return sd_document_build(&scope, &options);
}

static ArrayType *
text_array(List *texts)
{
	Datum *members = palloc(sizeof(Datum) * list_length(texts));
	int count = 0;
	ListCell *lc;

	foreach (lc, texts)
		members[count++] = CStringGetTextDatum(lfirst(lc));

	return construct_array(members, count, TEXTOID, -1, false, TYPALIGN_INT);
}

/* A relation by name under the active snapshot, as the document will be. */
static Oid
find_relation(const char *qualified_name, char *relkind)
{
	List *names = textToQualifiedNameList(cstring_to_text(qualified_name));
	FoundRelation found = {InvalidOid, '\0'};
	SdCatalog *cat;
	Oid schema;
	NameData name;
	SdKey keys[2];

	if (list_length(names) != 2)
		return InvalidOid;

	cat = sd_catalog_begin(NULL);
	schema = sd_catalog_schema_oid(cat, strVal(linitial(names)));
	namestrcpy(&name, strVal(lsecond(names)));
	keys[0].column = Anum_pg_class_relname;
	keys[0].value = NameGetDatum(&name);
	keys[0].equality = F_NAMEEQ;
	keys[1].column = Anum_pg_class_relnamespace;
	keys[1].value = ObjectIdGetDatum(schema);
	keys[1].equality = F_OIDEQ;
	if (OidIsValid(schema))
		sd_scan_index(cat, RelationRelationId, ClassNameNspIndexId, 2, keys,
					  keep_relation, &found);
	sd_catalog_end(cat);
	*relkind = found.kind;

	return found.oid;
}

static void
keep_relation(SdCatalog *cat, HeapTuple tuple, TupleDesc desc, void *arg)
{
	Form_pg_class form = (Form_pg_class) GETSTRUCT(tuple);
	FoundRelation *found = arg;

	found->oid = form->oid;
	found->kind = form->relkind;
}

/* Can a document with these parts be about a relation of this kind? */
static bool
is_served(char relkind, const SdDocumentOptions *options)
{
	for (int i = 0; i < sd_nkinds; i++)
	{
		if (sd_kinds[i]->relkinds != NULL &&
			is_wanted(options, sd_kinds[i]->name) &&
			strchr(sd_kinds[i]->relkinds, relkind) != NULL)
			return true;
	}

	return false;
}

/* Those of the schemas that exist now. */
static List *
existing_schemas(List *names)
{
	SdCatalog *cat = sd_catalog_begin(NULL);
	List *existing = NIL;
	ListCell *lc;

	foreach (lc, names)
	{
		if (OidIsValid(sd_catalog_schema_oid(cat, lfirst(lc))))
			existing = lappend(existing, lfirst(lc));
	}
	sd_catalog_end(cat);

	return existing;
}

/* Keep a difference, to be sorted. */
static void
collect(const SdDifference *difference, void *arg)
{
	Differences *differences = arg;
	SdDifference *member;

	if (differences->count == differences->size)
	{
		differences->size = Max(64, differences->size * 2);
		if (differences->members == NULL)
			differences->members =
				palloc(sizeof(SdDifference) * differences->size);
		else
			differences->members = repalloc_huge(
				differences->members, sizeof(SdDifference) * differences->size);
	}
	member = &differences->members[differences->count++];
	*member = *difference;
	member->old_value = keep_value(difference->old_value);
	member->new_value = keep_value(difference->new_value);
}

static const JsonbValue *
keep_value(const JsonbValue *value)
{
	JsonbValue *copy;

	if (value == NULL)
		return NULL;
	copy = palloc(sizeof(JsonbValue));
	*copy = *value;

	return copy;
}

/* by kind, identity and attribute, in byte order */
static int
compare_differences(const void *a, const void *b)
{
	const SdDifference *left = a;
	const SdDifference *right = b;
	int order = strcmp(left->kind, right->kind);

	if (order == 0)
		order = strcmp(left->identity, right->identity);
	if (order == 0 && left->attribute != NULL && right->attribute != NULL)
		order = strcmp(left->attribute, right->attribute);

	return order;
}

static void
give_notice(const SdDifference *difference)
{
	switch (difference->change)
	{
		case SD_CHANGE_ADDED:
			ereport(NOTICE, errmsg("%s: %s is new", difference->kind,
								   difference->identity));
			break;
		case SD_CHANGE_REMOVED:
			ereport(NOTICE, errmsg("%s: %s is gone", difference->kind,
								   difference->identity));
			break;
		case SD_CHANGE_CHANGED:
			ereport(NOTICE,
					errmsg("%s: %s has changed: %s", difference->kind,
						   difference->identity, difference->attribute),
					errdetail("It was %s, and is %s.",
							  value_text(difference->old_value),
							  value_text(difference->new_value)));
			break;
	}
}

/* A value to read, cut if it is long. */
static const char *
value_text(const JsonbValue *value)
{
	Jsonb *jsonb;
	char *string;
	int length;

	if (value == NULL)
		return "the default";
	jsonb = JsonbValueToJsonb(unconstify(JsonbValue *, value));
	string = JsonbToCString(NULL, &jsonb->root, VARSIZE(jsonb));
	length = strlen(string);
	if (length <= MAX_VALUE_LENGTH)
		return string;

	return psprintf("%.*s...", pg_mbcliplen(string, length, MAX_VALUE_LENGTH),
					string);
}
