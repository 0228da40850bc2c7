/*-------------------------------------------------------------------------
 *
 * checksum.c
 *	  stormdisc_table_checksum, stormdisc_database_checksums: checksums of the
 *	  rows of tables.
 *
 * The rows are read by a query, with the caller's rights and under the
 * snapshot of the statement that calls, so that the server can have workers do
 * it.  A table is looked up in the catalogs under that snapshot and is locked
 * later.  If it was not the same any more then, its rows of that moment cannot
 * be had, and that is an error.
 *
 * Each table is read in a subtransaction that is rolled back, which is what
 * releases its locks: a database may have more tables than there is room for
 * locks.
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "access/nbtree.h"
#include "access/relation.h"
#include "access/xact.h"
#include "access/xlog.h"
#include "catalog/indexing.h"
#include "catalog/pg_class.h"
#include "catalog/pg_collation.h"
#include "catalog/pg_inherits.h"
#include "catalog/pg_namespace.h"
#include "catalog/pg_type.h"
#include "executor/spi.h"
#include "executor/tuptable.h"
#include "fmgr.h"
#include "funcapi.h"
#include "miscadmin.h"
#include "port/pg_bswap.h"
#include "storage/lmgr.h"
#include "tcop/dest.h"
#include "utils/builtins.h"
#include "utils/guc.h"
#include "utils/lsyscache.h"
#include "utils/memutils.h"
#include "utils/plancache.h"
#include "utils/rel.h"
#include "utils/resowner.h"
#include "utils/snapmgr.h"
#include "utils/tuplestore.h"
#include "utils/typcache.h"

#include "catalog/sd_catalog.h"
#include "data/row_hash.h"
#include "discovery/discovery.h"

PG_FUNCTION_INFO_V1(stormdisc_table_checksum);
PG_FUNCTION_INFO_V1(stormdisc_database_checksums);

/* result columns */
#define N_RESULT_COLUMNS 3

/* of which a function can have no more arguments than FUNC_MAX_ARGS */
#define MAX_ARGUMENTS 90

/* what begins the bytes of which a checksum is the SHA-256 */
#define SUM_TAG "stormdisc rows, version 1, sum\n"
#define SORTED_TAG "stormdisc rows, version 1, sorted\n"

typedef enum Method
{
	METHOD_SUM,		   /* of the hashes of all rows */
	METHOD_SORTED,	   /* the hashes of all rows, sorted */
	METHOD_STORMWEAVER /* the rows, sorted by their columns */
} Method;

/* a column of a table that is read */
typedef struct Column
{
	const char *name;
	const char *utf8_name;
	int utf8_length;
	Oid type;
	Oid collation;
} Column;

/* one table that is read */
typedef struct Job
{
	SdCatalog *catalog;
	SdRelation *relation;
	Method method;
	const char *result_name; /* what the result calls it */
	const char *name;		 /* qualified, quoted, as it is now */
	int ncolumns;
	Column *columns;
	uint8 digest[PG_SHA256_DIGEST_LENGTH];
	int64 rows;
} Job;

/* takes the rows of a query */
typedef struct Receiver
{
	DestReceiver receiver;
	Job *job;
	SdSha256 sha;
	SdRowWriter *writer; /* of METHOD_STORMWEAVER */
	MemoryContext row_context;
} Receiver;

/* what find_file() finds */
typedef struct FoundFile
{
	bool found;
	Oid file;
} FoundFile;

/*
 * Besides the settings of the catalog's readings.  Where row security would
 * hide rows there is an error.  The queries are simple, and long.
 */
static const char *const settings[][2] = {
	{"row_security", "off"},
	{"jit", "off"},
};

static Method read_method(FunctionCallInfo fcinfo, int ordered, int mode);
static bool counts_with_another(SdCatalog *cat, SdRelation *rel);
static void set_relation(Job *job, SdRelation *rel);
static void checksum(Job *job);
static void run(Job *job);
static void lock_and_check(Job *job);
static void check_file(Job *job, Relation rel);
static void find_file(SdCatalog *cat, HeapTuple tuple, TupleDesc desc,
					  void *arg);
static void read_columns(Job *job, Relation rel);
static void check_partitions(Job *job);
static void collect_child(SdCatalog *cat, HeapTuple tuple, TupleDesc desc,
						  void *arg);
static void check_plan(Job *job, SPIPlanPtr plan);
static void changed_meanwhile(Job *job);
static int compare_columns(const void *a, const void *b);
static char *query_of(Job *job);
static void append_arguments(StringInfo buf, Job *job);
static void append_select_list(StringInfo buf, Job *job);
static void append_order(StringInfo buf, Job *job);
static bool has_order(Oid type);
static bool equal_looks_equal(const Column *column);
static void begin_checksum(SdSha256 *sha, Job *job, const char *tag);
static void receive_startup(DestReceiver *self, int operation, TupleDesc desc);
static bool receive_row(TupleTableSlot *slot, DestReceiver *self);
static void receive_nothing(DestReceiver *self);
static void result_row(Job *job, Datum *values, bool *nulls);
static int compare_jobs(const void *a, const void *b);

/*
 * stormdisc_table_checksum(relation, ordered, mode) -> row
 *		The checksum of one table's rows.
 */
Datum
stormdisc_table_checksum(PG_FUNCTION_ARGS)
{
	SdScope scope = {0};
	Job job = {0};
	TupleDesc desc;
	Datum values[N_RESULT_COLUMNS];
	bool nulls[N_RESULT_COLUMNS] = {false};

	if (PG_ARGISNULL(0))
		ereport(ERROR, errcode(ERRCODE_NULL_VALUE_NOT_ALLOWED),
				errmsg("argument \"%s\" must not be null", "relation"));
	if (get_call_result_type(fcinfo, NULL, &desc) != TYPEFUNC_COMPOSITE)
		elog(ERROR, "return type must be a row type");
	job.method = read_method(fcinfo, 1, 2);

	scope.has_relation = true;
	scope.relation = PG_GETARG_OID(0);
	scope.kinds = "rpmf";
	scope.kinds_error = "\"%s\" is not a table or materialized view";
	job.catalog = sd_catalog_begin(&scope);
	sd_catalog_read(job.catalog, SD_READ_COLUMNS | SD_READ_INHERITANCE);
	if (job.catalog->nrelations != 1)
		elog(ERROR, "found %d relations instead of one",
			 job.catalog->nrelations);
	set_relation(&job, job.catalog->relations[0]);
	checksum(&job);
	result_row(&job, values, nulls);
	sd_catalog_end(job.catalog);

	PG_RETURN_DATUM(HeapTupleGetDatum(
		heap_form_tuple(BlessTupleDesc(desc), values, nulls)));
}

/*
 * stormdisc_database_checksums(relation, schemas, include, exclude, ordered,
 *		mode) -> setof row
 *		The checksums of the tables in scope, by name.
 *
 * Those that hold nothing of their own are left out: foreign tables, and
 * materialized views, unless the scope is one of them.
 */
Datum
stormdisc_database_checksums(PG_FUNCTION_ARGS)
{
	ReturnSetInfo *rsinfo = (ReturnSetInfo *) fcinfo->resultinfo;
	SdScope scope = {0};
	SdCatalog *cat;
	Method method;
	Job *jobs;
	int njobs = 0;
	bool skip_unlogged;

	sd_discovery_scope(fcinfo, &scope);
	method = read_method(fcinfo, 4, 5);
	scope.kinds = scope.has_relation ? "rpmf" : "rp";
	scope.kinds_error = "\"%s\" is not a table or materialized view";
	scope.permanent_only = !scope.has_relation;
	/* they are empty after recovery, and cannot be read before */
	skip_unlogged = !scope.has_relation && RecoveryInProgress();

	InitMaterializedSRF(fcinfo, 0);
	cat = sd_catalog_begin(&scope);
	sd_catalog_read(cat, SD_READ_COLUMNS | SD_READ_INHERITANCE);

	jobs = palloc0(sizeof(Job) * (cat->nrelations + 1));
	for (int i = 0; i < cat->nrelations; i++)
	{
		SdRelation *rel = cat->relations[i];

		if (counts_with_another(cat, rel) ||
			(skip_unlogged && rel->persistence == RELPERSISTENCE_UNLOGGED))
			continue;
		jobs[njobs].catalog = cat;
		jobs[njobs].method = method;
		set_relation(&jobs[njobs++], rel);
	}
	qsort(jobs, njobs, sizeof(Job), compare_jobs);

	for (int i = 0; i < njobs; i++)
	{
		Datum values[N_RESULT_COLUMNS];
		bool nulls[N_RESULT_COLUMNS] = {false};

		CHECK_FOR_INTERRUPTS();
		checksum(&jobs[i]);
		result_row(&jobs[i], values, nulls);
		tuplestore_putvalues(rsinfo->setResult, rsinfo->setDesc, values, nulls);
	}
	sd_catalog_end(cat);

	return (Datum) 0;
}

/* The arguments ordered and mode, by their numbers. */
static Method
read_method(FunctionCallInfo fcinfo, int ordered, int mode)
{
	char *word;

	if (PG_ARGISNULL(ordered) || PG_ARGISNULL(mode))
		ereport(ERROR, errcode(ERRCODE_NULL_VALUE_NOT_ALLOWED),
				errmsg("argument \"%s\" must not be null",
					   PG_ARGISNULL(ordered) ? "ordered" : "mode"));

	word = text_to_cstring(PG_GETARG_TEXT_PP(mode));
	if (strcmp(word, "stormweaver") == 0)
		return METHOD_STORMWEAVER;
	if (strcmp(word, "stormdisc") != 0)
		ereport(ERROR, errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				errmsg("unrecognized mode: \"%s\"", word),
				errhint("The modes are \"stormdisc\" and \"stormweaver\"."));

	return PG_GETARG_BOOL(ordered) ? METHOD_SORTED : METHOD_SUM;
}

/*
 * Are the rows those of a partitioned table that is in scope too?  Those of a
 * partition that is being detached are not.
 */
static bool
counts_with_another(SdCatalog *cat, SdRelation *rel)
{
	bool detach_pending = false;

	while ((rel = sd_catalog_partition_parent(cat, rel, &detach_pending)) !=
			   NULL &&
		   !detach_pending)
	{
		CHECK_FOR_INTERRUPTS();
		if (rel->in_scope)
			return true;
	}

	return false;
}

/* StormWeaver's tables are in the schema public and have no other name. */
static void
set_relation(Job *job, SdRelation *rel)
{
	job->relation = rel;
	if (job->method == METHOD_STORMWEAVER &&
		strcmp(NameStr(rel->schema->name), "public") == 0)
		job->result_name = NameStr(rel->name);
	else
		job->result_name = sd_relation_qualified_name(rel);
}

/*
 * Fill in the result of a job.
 */
static void
checksum(Job *job)
{
	MemoryContext oldcontext = CurrentMemoryContext;
	ResourceOwner oldowner = CurrentResourceOwner;
	MemoryContext context = AllocSetContextCreate(
		CurrentMemoryContext, "stormdisc checksum", ALLOCSET_DEFAULT_SIZES);

	BeginInternalSubTransaction(NULL);
	MemoryContextSwitchTo(context);
	PG_TRY();
	{
		run(job);
	}
	PG_CATCH();
	{
		ErrorData *error;

		MemoryContextSwitchTo(oldcontext);
		error = CopyErrorData();
		FlushErrorState();
		RollbackAndReleaseCurrentSubTransaction();
		MemoryContextSwitchTo(oldcontext);
		CurrentResourceOwner = oldowner;
		ReThrowError(error);
	}
	PG_END_TRY();
	/* nothing was written; this is to release the locks */
	RollbackAndReleaseCurrentSubTransaction();
	MemoryContextSwitchTo(oldcontext);
	CurrentResourceOwner = oldowner;

	MemoryContextDelete(context);
}

static void
run(Job *job)
{
	MemoryContext context = CurrentMemoryContext;
	Receiver receiver = {0};
	SPIExecuteOptions options = {0};
	char *query;
	SPIPlanPtr plan;
	int rc;

	lock_and_check(job);

	for (int i = 0; i < lengthof(settings); i++)
		(void) set_config_option(settings[i][0], settings[i][1], PGC_USERSET,
								 PGC_S_SESSION, GUC_ACTION_SAVE, true, 0,
								 false);
	query = query_of(job);

	receiver.receiver.receiveSlot = receive_row;
	receiver.receiver.rStartup = receive_startup;
	receiver.receiver.rShutdown = receive_nothing;
	receiver.receiver.rDestroy = receive_nothing;
	receiver.receiver.mydest = DestTuplestore; /* not that it is one */
	receiver.job = job;
	receiver.row_context =
		AllocSetContextCreate(context, "stormdisc row", ALLOCSET_DEFAULT_SIZES);
	switch (job->method)
	{
		case METHOD_SUM:
			begin_checksum(&receiver.sha, job, SUM_TAG);
			break;
		case METHOD_SORTED:
			begin_checksum(&receiver.sha, job, SORTED_TAG);
			break;
		case METHOD_STORMWEAVER:
			sd_sha256_begin(&receiver.sha);
			break;
	}

	if (SPI_connect() != SPI_OK_CONNECT)
		elog(ERROR, "could not connect to SPI");
	options.read_only = true;
	options.dest = (DestReceiver *) &receiver;
	plan = SPI_prepare_cursor(query, 0, NULL, CURSOR_OPT_PARALLEL_OK);
	if (plan == NULL)
		elog(ERROR, "could not prepare \"%s\": %s", query,
			 SPI_result_code_string(SPI_result));
	check_plan(job, plan);
	rc = SPI_execute_plan_extended(plan, &options);
	if (rc != SPI_OK_SELECT)
		elog(ERROR, "could not run \"%s\": %s", query,
			 SPI_result_code_string(rc));
	if (SPI_finish() != SPI_OK_FINISH)
		elog(ERROR, "could not disconnect from SPI");
	MemoryContextSwitchTo(context);
	if (job->relation->kind == RELKIND_PARTITIONED_TABLE)
		check_partitions(job);

	if (receiver.writer != NULL)
		sd_row_writer_flush(receiver.writer);
	if (job->method == METHOD_SORTED)
		sd_sha256_add_int64(&receiver.sha, job->rows);
	sd_sha256_end(&receiver.sha, job->digest);
}

/* ---- is the table what it was? ---- */

/*
 * Lock the table, and see to it that it is what the snapshot knows.  The rows
 * of one that was rewritten or truncated look newer, or are gone.
 */
static void
lock_and_check(Job *job)
{
	Relation rel = try_relation_open(job->relation->oid, AccessShareLock);

	if (rel == NULL)
		changed_meanwhile(job);
	check_file(job, rel);
	read_columns(job, rel);
	job->name = quote_qualified_identifier(
		get_namespace_name(RelationGetNamespace(rel)),
		RelationGetRelationName(rel));
	relation_close(rel, NoLock);

	if (job->relation->kind == RELKIND_PARTITIONED_TABLE)
		check_partitions(job);
}

static void
check_file(Job *job, Relation rel)
{
	FoundFile file = {0};

	sd_scan_oid(job->catalog, RelationRelationId, ClassOidIndexId,
				Anum_pg_class_oid, RelationGetRelid(rel), find_file, &file);
	if (!file.found || file.file != rel->rd_rel->relfilenode)
		changed_meanwhile(job);
}

static void
find_file(SdCatalog *cat, HeapTuple tuple, TupleDesc desc, void *arg)
{
	FoundFile *file = arg;

	file->found = true;
	file->file = ((Form_pg_class) GETSTRUCT(tuple))->relfilenode;
}

/*
 * The columns: in the order of their names, which unlike that of the table is
 * the same after dump and restore; for StormWeaver in the table's.
 */
static void
read_columns(Job *job, Relation rel)
{
	TupleDesc desc = RelationGetDescr(rel);

	if (desc->natts != job->relation->natts)
		changed_meanwhile(job);
	job->columns = palloc0(sizeof(Column) * (desc->natts + 1));
	job->ncolumns = 0;
	for (int i = 0; i < desc->natts; i++)
	{
		Form_pg_attribute attribute = TupleDescAttr(desc, i);
		SdColumn *known = &job->relation->columns[i];
		Column *column = &job->columns[job->ncolumns];

		if (known->exists == attribute->attisdropped)
			changed_meanwhile(job);
		if (attribute->attisdropped)
			continue;
		if (strcmp(NameStr(known->name), NameStr(attribute->attname)) != 0 ||
			known->type != attribute->atttypid)
			changed_meanwhile(job);
		column->name = pstrdup(NameStr(attribute->attname));
		column->utf8_name = sd_row_utf8(column->name, strlen(column->name),
										&column->utf8_length);
		column->type = attribute->atttypid;
		column->collation = attribute->attcollation;
		job->ncolumns++;
	}
	if (job->method != METHOD_STORMWEAVER)
		qsort(job->columns, job->ncolumns, sizeof(Column), compare_columns);
}

static int
compare_columns(const void *a, const void *b)
{
	return strcmp(((const Column *) a)->utf8_name,
				  ((const Column *) b)->utf8_name);
}

/*
 * Likewise for the partitions, which must be the same ones.  While the query
 * runs, a lock keeps them from being detached, but not others from being
 * attached: so they are looked at before and after.
 */
static void
check_partitions(Job *job)
{
	List *tree = find_all_inheritors(job->relation->oid, AccessShareLock, NULL);
	List *children = NIL;
	ListCell *lc;

	foreach (lc, tree)
	{
		Oid oid = lfirst_oid(lc);
		Relation rel;

		CHECK_FOR_INTERRUPTS();
		rel = relation_open(oid, NoLock);
		check_file(job, rel);
		if (rel->rd_rel->relkind == RELKIND_PARTITIONED_TABLE)
			sd_scan_oid(job->catalog, InheritsRelationId, InheritsParentIndexId,
						Anum_pg_inherits_inhparent, oid, collect_child,
						&children);
		relation_close(rel, NoLock);
	}

	children = lappend_oid(children, job->relation->oid);
	list_sort(children, list_oid_cmp);
	list_sort(tree, list_oid_cmp);
	if (!equal(children, tree))
		changed_meanwhile(job);
}

static void
collect_child(SdCatalog *cat, HeapTuple tuple, TupleDesc desc, void *arg)
{
	Form_pg_inherits form = (Form_pg_inherits) GETSTRUCT(tuple);
	List **children = arg;

	if (!form->inhdetachpending)
		*children = lappend_oid(*children, form->inhrelid);
}

/*
 * Is the query about the table?  The lock does not keep somebody from giving
 * the schema's name to another one.
 */
static void
check_plan(Job *job, SPIPlanPtr plan)
{
	CachedPlanSource *source = linitial(SPI_plan_get_plan_sources(plan));

	if (!list_member_oid(source->relationOids, job->relation->oid))
		changed_meanwhile(job);
}

static void
changed_meanwhile(Job *job)
{
	ereport(ERROR, errcode(ERRCODE_T_R_SERIALIZATION_FAILURE),
			errmsg("table \"%s\" was changed after the snapshot was taken",
				   sd_relation_qualified_name(job->relation)),
			errdetail("Its rows as they were then can no longer be read."),
			errhint("Try again."));
}

/* ---- the query ---- */

static char *
query_of(Job *job)
{
	StringInfoData buf;

	initStringInfo(&buf);
	appendStringInfoString(&buf, "SELECT ");
	switch (job->method)
	{
		case METHOD_SUM:
			appendStringInfoString(&buf, "stormdisc.row_sum(");
			append_arguments(&buf, job);
			appendStringInfoChar(&buf, ')');
			break;
		case METHOD_SORTED:
			appendStringInfoString(&buf, "stormdisc.row_digest(");
			append_arguments(&buf, job);
			appendStringInfoChar(&buf, ')');
			break;
		case METHOD_STORMWEAVER:
			append_select_list(&buf, job);
			break;
	}

	/* rows of tables that inherit are those tables' own */
	appendStringInfo(&buf, " FROM %s%s t",
					 job->relation->kind == RELKIND_PARTITIONED_TABLE ? ""
																	  : "ONLY ",
					 job->name);

	if (job->method == METHOD_SORTED)
		appendStringInfoString(&buf, " ORDER BY 1");
	else if (job->method == METHOD_STORMWEAVER)
		append_order(&buf, job);

	return buf.data;
}

/* The columns, in groups if they are too many. */
static void
append_arguments(StringInfo buf, Job *job)
{
	int size = (job->ncolumns + MAX_ARGUMENTS - 1) / MAX_ARGUMENTS;

	if (job->ncolumns == 0)
		appendStringInfoString(buf, "NULL::pg_catalog.text");
	for (int i = 0; i < job->ncolumns; i++)
	{
		if (i > 0)
			appendStringInfoString(buf, ", ");
		if (size > 1 && i % size == 0)
			appendStringInfoString(buf, "ROW(");
		appendStringInfo(buf, "t.%s", quote_identifier(job->columns[i].name));
		if (size > 1 && (i % size == size - 1 || i == job->ncolumns - 1))
			appendStringInfoChar(buf, ')');
	}
}

static void
append_select_list(StringInfo buf, Job *job)
{
	for (int i = 0; i < job->ncolumns; i++)
		appendStringInfo(buf, "%st.%s", i > 0 ? ", " : "",
						 quote_identifier(job->columns[i].name));
}

/*
 * Order by every column; by the text of those whose type has no order.  What is
 * equal but looks different needs an order as well, or the checksum would
 * depend on where the rows are: so after all columns come the texts of such.
 */
static void
append_order(StringInfo buf, Job *job)
{
	const char *separator = " ORDER BY ";

	for (int i = 0; i < job->ncolumns; i++)
	{
		const char *name = quote_identifier(job->columns[i].name);

		if (has_order(job->columns[i].type))
			appendStringInfo(buf, "%st.%s", separator, name);
		else
			appendStringInfo(buf,
							 "%s(t.%s IS NULL), pg_catalog.concat(t.%s) "
							 "COLLATE pg_catalog.\"C\"",
							 separator, name, name);
		separator = ", ";
	}
	for (int i = 0; i < job->ncolumns; i++)
		if (has_order(job->columns[i].type) &&
			!equal_looks_equal(&job->columns[i]))
			appendStringInfo(buf,
							 ", pg_catalog.concat(t.%s) "
							 "COLLATE pg_catalog.\"C\"",
							 quote_identifier(job->columns[i].name));
}

static bool
has_order(Oid type)
{
	return OidIsValid(lookup_type_cache(type, TYPECACHE_LT_OPR)->lt_opr);
}

/* As the server finds out whether an index can keep one of equal values. */
static bool
equal_looks_equal(const Column *column)
{
	TypeCacheEntry *entry =
		lookup_type_cache(column->type, TYPECACHE_BTREE_OPFAMILY);
	Oid function = get_opfamily_proc(entry->btree_opf, entry->btree_opintype,
									 entry->btree_opintype, BTEQUALIMAGE_PROC);

	return OidIsValid(function) &&
		   DatumGetBool(
			   OidFunctionCall1Coll(function, column->collation,
									ObjectIdGetDatum(entry->btree_opintype)));
}

/* ---- its result ---- */

/* What is common to all checksums of ours: the names of the columns. */
static void
begin_checksum(SdSha256 *sha, Job *job, const char *tag)
{
	sd_sha256_begin(sha);
	sd_sha256_add(sha, tag, strlen(tag));
	sd_sha256_add_int32(sha, job->ncolumns);
	for (int i = 0; i < job->ncolumns; i++)
	{
		sd_sha256_add_int32(sha, job->columns[i].utf8_length);
		sd_sha256_add(sha, job->columns[i].utf8_name,
					  job->columns[i].utf8_length);
	}
}

static void
receive_startup(DestReceiver *self, int operation, TupleDesc desc)
{
	Receiver *receiver = (Receiver *) self;
	Job *job = receiver->job;
	MemoryContext oldcontext;
	Oid *types;

	if (job->method != METHOD_STORMWEAVER)
		return;

	oldcontext =
		MemoryContextSwitchTo(MemoryContextGetParent(receiver->row_context));
	types = palloc(sizeof(Oid) * (job->ncolumns + 1));
	for (int i = 0; i < job->ncolumns; i++)
		types[i] = job->columns[i].type;
	receiver->writer = sd_row_writer_create(SD_ROW_BARS, job->ncolumns, types);
	sd_row_writer_into(receiver->writer, &receiver->sha);
	MemoryContextSwitchTo(oldcontext);
}

static bool
receive_row(TupleTableSlot *slot, DestReceiver *self)
{
	Receiver *receiver = (Receiver *) self;
	Job *job = receiver->job;
	MemoryContext oldcontext = MemoryContextSwitchTo(receiver->row_context);

	slot_getallattrs(slot);
	if (job->method == METHOD_STORMWEAVER)
	{
		for (int i = 0; i < job->ncolumns; i++)
			sd_row_writer_field(receiver->writer, i, slot->tts_values[i],
								slot->tts_isnull[i]);
		job->rows++;
	}
	else
	{
		bytea *bytes = DatumGetByteaPP(slot->tts_values[0]);

		sd_sha256_add(&receiver->sha, VARDATA_ANY(bytes),
					  VARSIZE_ANY_EXHDR(bytes));
		if (job->method == METHOD_SORTED)
			job->rows++;
		else
		{
			uint64 count;

			/* the sum begins with it */
			memcpy(&count, VARDATA_ANY(bytes), sizeof(count));
			job->rows = (int64) pg_ntoh64(count);
		}
	}
	MemoryContextSwitchTo(oldcontext);
	MemoryContextReset(receiver->row_context);

	return true;
}

static void
receive_nothing(DestReceiver *self)
{
}

static void
result_row(Job *job, Datum *values, bool *nulls)
{
	char hex[PG_SHA256_DIGEST_LENGTH * 2 + 1];

	hex_encode((const char *) job->digest, PG_SHA256_DIGEST_LENGTH, hex);
	hex[sizeof(hex) - 1] = '\0';
	values[0] = CStringGetTextDatum(job->result_name);
	values[1] = CStringGetTextDatum(hex);
	values[2] = Int64GetDatum(job->rows);
}

static int
compare_jobs(const void *a, const void *b)
{
	return strcmp(((const Job *) a)->result_name,
				  ((const Job *) b)->result_name);
}
