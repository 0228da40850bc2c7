/*-------------------------------------------------------------------------
 *
 * diff_rows.c
 *	  stormdisc_diff: how two documents differ.
 *	  stormdisc_diff_live: how a snapshot differs from what is there now.
 *	  stormdisc_diff_objects: how two tables of objects differ.
 *
 * What asks, and the rows of the answer; who compares is diff_compare.c.
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "executor/spi.h"
#include "funcapi.h"
#include "miscadmin.h"
#include "utils/builtins.h"
#include "utils/guc.h"
#include "utils/lsyscache.h"
#include "utils/tuplestore.h"

#include "model/diff_rows.h"
#include "model/json.h"
#include "model/snapshot.h"

PG_FUNCTION_INFO_V1(stormdisc_diff);
PG_FUNCTION_INFO_V1(stormdisc_diff_live);
PG_FUNCTION_INFO_V1(stormdisc_diff_objects);

#define DIFF_COLS 8 /* OUT columns in sql/functions/diff.sql */

/* how many rows of a table of objects are read at a time */
#define BATCH 100

/* the columns of what stormdisc_diff_objects() reads */
enum
{
	COLUMN_KIND = 1,
	COLUMN_IDENTITY,
	COLUMN_DOCUMENT
};

/* a reader of a table of objects, and the row it is at */
typedef struct ObjectReader
{
	Portal portal;
	SPITupleTable *table;
	uint64 next;
	bool at_end;
	const char *kind;
	const char *identity;
	Jsonb *document;
} ObjectReader;

static void begin(SdDiff *diff, FunctionCallInfo fcinfo, int ignore);
static void make_contexts(SdDiff *diff);
static void end(SdDiff *diff, FunctionCallInfo fcinfo);
static void finish(SdDiff *diff);
static SdDiffResult *diff_result(SdDiff *diff, Jsonb *old_document,
								 const char *old_name, Jsonb *new_document,
								 const char *new_name);
static void check_whole(Jsonb *document, const char *name);
static int compare_rows(const void *a, const void *b);
static void put_rows(SdDiff *diff, FunctionCallInfo fcinfo);
static int major_version(FunctionCallInfo fcinfo, int argument);
static void open_reader(ObjectReader *reader, Oid relation);
static void read_next(ObjectReader *reader);
static int compare_readers(const ObjectReader *a, const ObjectReader *b);

/*
 * stormdisc_diff(a, b, ignore) -> setof row
 *		How two documents differ.
 */
Datum
stormdisc_diff(PG_FUNCTION_ARGS)
{
	static const char *const arguments[] = {"a", "b"};
	SdDiff diff = {0};
	Jsonb *documents[2];

	InitMaterializedSRF(fcinfo, 0);
	for (int i = 0; i < 2; i++)
	{
		if (PG_ARGISNULL(i))
			ereport(ERROR, errcode(ERRCODE_NULL_VALUE_NOT_ALLOWED),
					errmsg("argument \"%s\" must not be null", arguments[i]));
	}
	begin(&diff, fcinfo, 2);
	for (int i = 0; i < 2; i++)
	{
		documents[i] = PG_GETARG_JSONB_P(i);
		diff.versions[i] = sd_canonical_check(documents[i], arguments[i]);
	}
	for (int i = 0; i < 2; i++)
		check_whole(documents[i], arguments[i]);
	sd_diff_compare_documents(&diff, documents[0], documents[1]);
	end(&diff, fcinfo);

	return (Datum) 0;
}

/*
 * stormdisc_diff_live(name, ignore) -> setof row
 *		How what is there now differs from a snapshot.
 */
Datum
stormdisc_diff_live(PG_FUNCTION_ARGS)
{
	SdDiff diff = {0};
	SdSnapshot snapshot;
	Jsonb *live;

	InitMaterializedSRF(fcinfo, 0);
	sd_snapshot_read(
		&snapshot,
		sd_snapshot_name(PG_ARGISNULL(0) ? NULL : PG_GETARG_TEXT_PP(0)));
	begin(&diff, fcinfo, 1);
	diff.versions[SD_DIFF_OLD] = sd_canonical_check(snapshot.document, "name");
	check_whole(snapshot.document, "name");
	live = sd_snapshot_live(fcinfo, &snapshot);
	if (live != NULL)
	{
		diff.versions[SD_DIFF_NEW] = sd_canonical_check(live, "name");
		check_whole(live, "name");
	}
	sd_diff_compare_documents(&diff, snapshot.document, live);
	end(&diff, fcinfo);

	return (Datum) 0;
}

/*
 * stormdisc_diff_objects(old_objects, new_objects, ignore, old_version,
 *		new_version) -> setof row
 *		How two tables or views with rows of stormdisc_schema_objects() differ.
 */
Datum
stormdisc_diff_objects(PG_FUNCTION_ARGS)
{
	static const char *const arguments[] = {"old_objects", "new_objects"};
	SdDiff diff = {0};
	ObjectReader readers[2] = {0};
	const char *kind = NULL;
	JsonbValue values[2];

	InitMaterializedSRF(fcinfo, 0);
	for (int i = 0; i < 2; i++)
	{
		if (PG_ARGISNULL(i))
			ereport(ERROR, errcode(ERRCODE_NULL_VALUE_NOT_ALLOWED),
					errmsg("argument \"%s\" must not be null", arguments[i]));
	}
	begin(&diff, fcinfo, 2);
	/* the names of all schemas are not known before the last row */
	if (diff.options.no_schema_names)
		ereport(ERROR, errcode(ERRCODE_FEATURE_NOT_SUPPORTED),
				errmsg("word \"%s\" in argument \"%s\" is for documents "
					   "only",
					   "schema_names", "ignore"),
				errhint("Compare documents with stormdisc_diff()."));
	diff.copies = true;
	diff.versions[SD_DIFF_OLD] = major_version(fcinfo, 3);
	diff.versions[SD_DIFF_NEW] = major_version(fcinfo, 4);

	if (SPI_connect() != SPI_OK_CONNECT)
		elog(ERROR, "could not connect to SPI");
	for (int i = 0; i < 2; i++)
	{
		open_reader(&readers[i], PG_GETARG_OID(i));
		read_next(&readers[i]);
	}
	while (!readers[0].at_end || !readers[1].at_end)
	{
		int order = compare_readers(&readers[0], &readers[1]);
		const ObjectReader *first = order <= 0 ? &readers[0] : &readers[1];

		CHECK_FOR_INTERRUPTS();
		if (kind == NULL || strcmp(kind, first->kind) != 0)
		{
			if (kind != NULL)
				sd_diff_end_kind(&diff);
			kind = MemoryContextStrdup(diff.context, first->kind);
			sd_diff_begin_kind(&diff, kind);
		}
		for (int i = 0; i < 2; i++)
		{
			if (!readers[i].at_end)
				values[i] = sd_json_packed(readers[i].document);
		}
		if (order != 0 ||
			diff.versions[SD_DIFF_OLD] != diff.versions[SD_DIFF_NEW] ||
			!sd_json_equal(&values[0], &values[1]))
			sd_diff_compare_object(&diff, first->identity,
								   order <= 0 ? &values[0] : NULL,
								   order >= 0 ? &values[1] : NULL);
		if (order <= 0)
			read_next(&readers[0]);
		if (order >= 0)
			read_next(&readers[1]);
	}
	if (kind != NULL)
		sd_diff_end_kind(&diff);
	for (int i = 0; i < 2; i++)
		SPI_cursor_close(readers[i].portal);
	SPI_finish();
	end(&diff, fcinfo);

	return (Datum) 0;
}

/* Read the argument "ignore", at this position, and get ready. */
static void
begin(SdDiff *diff, FunctionCallInfo fcinfo, int ignore)
{
	sd_canonical_classes(&diff->options, NULL);
	sd_canonical_ignore(&diff->options, PG_ARGISNULL(ignore)
											? NULL
											: PG_GETARG_ARRAYTYPE_P(ignore));
	make_contexts(diff);
}

static void
make_contexts(SdDiff *diff)
{
	HASHCTL control = {0};

	diff->context = AllocSetContextCreate(
		CurrentMemoryContext, "stormdisc diff", ALLOCSET_DEFAULT_SIZES);
	diff->waiting = AllocSetContextCreate(diff->context, "stormdisc waiting",
										  ALLOCSET_DEFAULT_SIZES);
	diff->object = AllocSetContextCreate(diff->context, "stormdisc canonical",
										 SD_CANONICAL_SIZE, SD_CANONICAL_SIZE,
										 ALLOCSET_DEFAULT_MAXSIZE);
	diff->hasher = sd_hasher_create();
	control.keysize = SD_DIFF_MAX_IDENTITY;
	control.entrysize = SD_DIFF_MAX_IDENTITY;
	control.hcxt = diff->context;
	diff->new_tables = hash_create("stormdisc new tables", 64, &control,
								   HASH_ELEM | HASH_STRINGS | HASH_CONTEXT);
}

/* The rows in their order, and a warning of what they do not tell. */
static void
end(SdDiff *diff, FunctionCallInfo fcinfo)
{
	finish(diff);
	put_rows(diff, fcinfo);
	MemoryContextDelete(diff->context);
}

static void
finish(SdDiff *diff)
{
	if (diff->count > 1)
		qsort(diff->rows, diff->count, sizeof(SdDiffRow), compare_rows);
	sd_hasher_free(diff->hasher);

	if (diff->not_compared != NIL)
	{
		StringInfoData names;
		ListCell *lc;

		initStringInfo(&names);
		foreach (lc, diff->not_compared)
			appendStringInfo(&names, "%s%s", names.len > 0 ? ", " : "",
							 (char *) lfirst(lc));
		ereport(
			WARNING,
			errmsg("only one of the documents has these parts: %s", names.data),
			errdetail("They are not compared."));
	}
}

/*
 * sd_diff_documents
 *		The differences of two documents as stormdisc_diff() tells them, without
 *		regard to the order of columns.
 *
 * The result is in the current memory context, and points into the documents.
 * The names are those of the arguments, for errors.
 */
SdDiffResult *
sd_diff_documents(Jsonb *old_document, const char *old_name,
				  Jsonb *new_document, const char *new_name)
{
	SdDiff diff = {0};

	sd_canonical_classes(&diff.options, NULL);
	sd_canonical_default(&diff.options);
	diff.options.no_ordinal = true;

	return diff_result(&diff, old_document, old_name, new_document, new_name);
}

/*
 * sd_diff_ignoring
 *		Likewise, without regard to what the words say, which are those of the
 *		argument "ignore" of stormdisc_diff().
 */
SdDiffResult *
sd_diff_ignoring(Jsonb *old_document, Jsonb *new_document, ArrayType *ignore)
{
	SdDiff diff = {0};

	sd_canonical_classes(&diff.options, NULL);
	sd_canonical_ignore(&diff.options, ignore);

	return diff_result(&diff, old_document, "a", new_document, "b");
}

static SdDiffResult *
diff_result(SdDiff *diff, Jsonb *old_document, const char *old_name,
			Jsonb *new_document, const char *new_name)
{
	SdDiffResult *result = palloc0(sizeof(SdDiffResult));

	diff->versions[SD_DIFF_OLD] = sd_canonical_check(old_document, old_name);
	diff->versions[SD_DIFF_NEW] = sd_canonical_check(new_document, new_name);
	check_whole(old_document, old_name);
	check_whole(new_document, new_name);
	make_contexts(diff);
	sd_diff_compare_documents(diff, old_document, new_document);
	finish(diff);
	MemoryContextDelete(diff->waiting);
	MemoryContextDelete(diff->object);
	result->versions[0] = diff->versions[SD_DIFF_OLD];
	result->versions[1] = diff->versions[SD_DIFF_NEW];
	result->count = diff->count;
	result->rows = diff->rows;
	result->pairs = diff->pairs;

	return result;
}

/* Tell of a document that lacks something. */
static void
check_whole(Jsonb *document, const char *name)
{
	if (!sd_json_get_bool(&document->root, "consistent"))
		ereport(WARNING,
				errmsg("document in argument \"%s\" is not whole", name),
				errdetail("Its warnings name what could not be read, which may "
						  "be among the differences."));
}

/* By kind in the order of documents, identity and attribute. */
static int
compare_rows(const void *a, const void *b)
{
	const SdDiffRow *left = a;
	const SdDiffRow *right = b;
	int order = left->kind_number - right->kind_number;

	if (order == 0)
		order = strcmp(left->kind, right->kind);
	if (order == 0)
		order = strcmp(left->identity, right->identity);
	if (order == 0)
		order = (left->attribute != NULL) - (right->attribute != NULL);
	if (order == 0 && left->attribute != NULL)
		order = strcmp(left->attribute, right->attribute);
	/* one that was removed and one that was added under the same name */
	if (order == 0)
		order = (int) left->has_new - (int) right->has_new;

	return order;
}

static void
put_rows(SdDiff *diff, FunctionCallInfo fcinfo)
{
	ReturnSetInfo *rsinfo = (ReturnSetInfo *) fcinfo->resultinfo;
	MemoryContext oldcontext = MemoryContextSwitchTo(diff->object);

	for (int i = 0; i < diff->count; i++)
	{
		SdDiffRow *row = &diff->rows[i];
		Datum values[DIFF_COLS] = {0};
		bool nulls[DIFF_COLS] = {false};

		CHECK_FOR_INTERRUPTS();
		values[0] = CStringGetTextDatum(row->change);
		values[1] = CStringGetTextDatum(row->kind);
		values[2] = CStringGetTextDatum(row->identity);
		nulls[3] = row->attribute == NULL;
		if (!nulls[3])
			values[3] = CStringGetTextDatum(row->attribute);
		nulls[4] = !row->has_old;
		if (row->has_old)
			values[4] = JsonbPGetDatum(JsonbValueToJsonb(&row->old_value));
		nulls[5] = !row->has_new;
		if (row->has_new)
			values[5] = JsonbPGetDatum(JsonbValueToJsonb(&row->new_value));
		values[6] = CStringGetTextDatum(sd_severity_name(row->severity));
		nulls[7] = row->rename_hint == NULL;
		if (!nulls[7])
			values[7] = CStringGetTextDatum(row->rename_hint);
		tuplestore_putvalues(rsinfo->setResult, rsinfo->setDesc, values, nulls);
		MemoryContextReset(diff->object);
	}
	MemoryContextSwitchTo(oldcontext);
}

/* The major version of a server, by default of this one. */
static int
major_version(FunctionCallInfo fcinfo, int argument)
{
	int version;

	if (PG_ARGISNULL(argument))
		return atoi(GetConfigOption("server_version_num", false, false)) /
			   10000;

	version = PG_GETARG_INT32(argument);
	if (version < 15 || version > 99)
		ereport(ERROR, errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				errmsg("%d is not a major version of the server", version),
				errhint("It is a number such as 15."));

	return version;
}

/* Read a table or view as the caller may. */
static void
open_reader(ObjectReader *reader, Oid relation)
{
	char *name = get_rel_name(relation);
	char *schema = NULL;
	SPIPlanPtr plan;

	if (name != NULL)
		schema = get_namespace_name(get_rel_namespace(relation));
	if (schema == NULL)
		ereport(ERROR, errcode(ERRCODE_UNDEFINED_TABLE),
				errmsg("relation with OID %u does not exist", relation));

	plan = SPI_prepare(
		psprintf("SELECT o.kind::pg_catalog.text, o.identity::pg_catalog.text, "
				 "o.document::pg_catalog.jsonb FROM %s o "
				 "ORDER BY (o.kind::pg_catalog.text OPERATOR(pg_catalog.<>) "
				 "'tables'::pg_catalog.text), "
				 "(o.kind::pg_catalog.text OPERATOR(pg_catalog.<>) "
				 "'views'::pg_catalog.text), "
				 "o.kind::pg_catalog.text COLLATE pg_catalog.\"C\", "
				 "o.identity::pg_catalog.text COLLATE pg_catalog.\"C\"",
				 quote_qualified_identifier(schema, name)),
		0, NULL);
	if (plan == NULL)
		elog(ERROR, "could not prepare statement: %s",
			 SPI_result_code_string(SPI_result));
	reader->portal = SPI_cursor_open(NULL, plan, NULL, NULL, true);
}

/* Go to the next row. */
static void
read_next(ObjectReader *reader)
{
	HeapTuple tuple;
	TupleDesc desc;
	bool isnull[3];
	Datum document;

	if (reader->table == NULL || reader->next == reader->table->numvals)
	{
		if (reader->table != NULL)
			SPI_freetuptable(reader->table);
		SPI_cursor_fetch(reader->portal, true, BATCH);
		reader->table = SPI_tuptable;
		reader->next = 0;
		if (SPI_processed == 0)
		{
			reader->at_end = true;
			return;
		}
	}
	tuple = reader->table->vals[reader->next++];
	desc = reader->table->tupdesc;
	document = SPI_getbinval(tuple, desc, COLUMN_DOCUMENT, &isnull[2]);
	(void) SPI_getbinval(tuple, desc, COLUMN_KIND, &isnull[0]);
	(void) SPI_getbinval(tuple, desc, COLUMN_IDENTITY, &isnull[1]);
	if (isnull[0] || isnull[1] || isnull[2])
		ereport(ERROR, errcode(ERRCODE_NULL_VALUE_NOT_ALLOWED),
				errmsg("kind, identity and document of an object must not be "
					   "null"));
	if (reader->document != NULL)
	{
		pfree(unconstify(char *, reader->kind));
		pfree(unconstify(char *, reader->identity));
		pfree(reader->document);
	}
	reader->kind = SPI_getvalue(tuple, desc, COLUMN_KIND);
	reader->identity = SPI_getvalue(tuple, desc, COLUMN_IDENTITY);
	reader->document = DatumGetJsonbPCopy(document);
	if (JB_ROOT_IS_SCALAR(reader->document))
		ereport(ERROR, errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				errmsg("value of %s is not an object of a document",
					   reader->identity));
}

/* The order in which they are read. */
static int
compare_readers(const ObjectReader *a, const ObjectReader *b)
{
	int order;

	if (a->at_end || b->at_end)
		return (int) a->at_end - (int) b->at_end;
	order = sd_diff_rank_of(a->kind) - sd_diff_rank_of(b->kind);
	if (order == 0)
		order = strcmp(a->kind, b->kind);
	if (order == 0)
		order = strcmp(a->identity, b->identity);

	return order;
}
