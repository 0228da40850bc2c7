/*-------------------------------------------------------------------------
 *
 * proof.c
 *	  stormdisc_test_migration: does a down script undo what the up script did?
 *
 * Both are run, and the first one once more, in a subtransaction that is
 * undone: up, down, up; or down, up, down of a version that is applied.  After
 * the second script the schema must be as it was, and the rows too; after the
 * third as after the first one.  On the way it is written down what each
 * statement locks, and which tables it writes anew.
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "access/htup_details.h"
#include "access/xact.h"
#include "catalog/pg_class.h"
#include "catalog/pg_type.h"
#include "executor/spi.h"
#include "funcapi.h"
#include "miscadmin.h"
#include "storage/lock.h"
#include "utils/array.h"
#include "utils/builtins.h"
#include "utils/numeric.h"
#include "utils/resowner.h"
#include "utils/syscache.h"
#include "utils/timestamp.h"

#include "arguments.h"
#include "arrays.h"
#include "compat.h"
#include "errors.h"
#include "migrate/run.h"
#include "model/diff.h"
#include "model/json.h"
#include "spi_util.h"

PG_FUNCTION_INFO_V1(stormdisc_test_migration);

#define PROOF_COLS 10 /* OUT columns in sql/functions/migrations.sql */

/* more columns than that are no arguments of a function, but of a row */
#define MAX_ARGUMENTS 90

/* a table or view that was there before */
typedef struct Table
{
	Oid oid;
	char *name;
	char kind;
	Oid file;
	char *columns; /* as arguments */
	int ncolumns;
	int locks; /* those that we have had: LOCKBIT_ON() of their modes */
	bool is_touched;
	bool is_measured[2]; /* before and after */
	int64 rows[2];
	bytea *sums[2];
} Table;

typedef struct Proof
{
	FunctionCallInfo fcinfo;
	MemoryContext context; /* of what is returned */
	SdRun run;
	SdTask *task; /* of the version, and the way back */
	SdTask *back;
	List *before; /* tasks that lead to where it can be run */
	ArrayType *ignore;
	int ntables;
	Table *tables;
	bool records; /* what statements do */
	const char *direction;
	SdJson statements;
	SdJson remaining;
	SdJson lost;
	SdJson changed;
	double seconds[2]; /* of the first and the second script */
	char *problem;
} Proof;

/* a query about one table, for sd_try() */
typedef struct Measure
{
	Table *table;
	int when;
} Measure;

static const struct
{
	LOCKMODE mode;
	const char *word;
} lock_modes[] = {
	{AccessShareLock, "ACCESS SHARE"},
	{RowShareLock, "ROW SHARE"},
	{RowExclusiveLock, "ROW EXCLUSIVE"},
	{ShareUpdateExclusiveLock, "SHARE UPDATE EXCLUSIVE"},
	{ShareLock, "SHARE"},
	{ShareRowExclusiveLock, "SHARE ROW EXCLUSIVE"},
	{ExclusiveLock, "EXCLUSIVE"},
	{AccessExclusiveLock, "ACCESS EXCLUSIVE"},
};

static void plan(Proof *proof, int number);
static void prove(Proof *proof);
static void run_all(Proof *proof);
static Jsonb *run_one(Proof *proof, SdTask *task, int which);
static Jsonb *read_schema(Proof *proof);
static void compare(Proof *proof, Jsonb *old_document, Jsonb *new_document,
					const char *after);
static void read_tables(Proof *proof);
static int take_locks(Proof *proof, List **strongest);
static List *find_rewritten(Proof *proof);
static void record(const SdSqlStatement *statement, int number,
				   TimestampTz started, void *arg);
static bool is_destructive(Node *node);
static JsonbValue names(List *tables);
static void measure(Proof *proof, int when);
static bool may_differ(const Proof *proof, const Table *table);
static void measure_table(void *arg);
static void compare_rows(Proof *proof);
static double seconds_since(TimestampTz started);
static Datum packed(SdJson *json, bool is_array);

static SdStatement select_tables = {
	.sql =
		"SELECT c.oid, pg_catalog.format('%I.%I', n.nspname, c.relname), "
		"c.relkind, c.relfilenode, a.columns, a.ncolumns "
		"FROM pg_catalog.pg_class c JOIN pg_catalog.pg_namespace n "
		"ON n.oid OPERATOR(pg_catalog.=) c.relnamespace, "
		"LATERAL (SELECT pg_catalog.string_agg("
		"pg_catalog.format('t.%I', a.attname), ', ' "
		"ORDER BY a.attname) AS columns, pg_catalog.count(*) AS ncolumns "
		"FROM pg_catalog.pg_attribute a "
		"WHERE a.attrelid OPERATOR(pg_catalog.=) c.oid "
		"AND a.attnum OPERATOR(pg_catalog.>) 0::pg_catalog.int2 "
		"AND NOT a.attisdropped) a "
		"WHERE c.relkind OPERATOR(pg_catalog.=) ANY "
		"('{r,p,m,f,v}'::pg_catalog.\"char\"[]) "
		"AND c.relpersistence OPERATOR(pg_catalog.<>) 't'::pg_catalog.\"char\" "
		"AND n.nspname OPERATOR(pg_catalog.<>) ALL "
		"('{pg_catalog,information_schema,pg_toast,stormdisc}'::pg_catalog.name[]) "
		"ORDER BY c.oid",
	.reads_all = true,
};

/*
 * stormdisc_test_migration(version, ignore) -> row
 *		Run the scripts of a version there and back, and undo all of it.
 */
Datum
stormdisc_test_migration(PG_FUNCTION_ARGS)
{
	Proof proof = {0};
	TupleDesc desc;
	Datum values[PROOF_COLS] = {0};
	bool nulls[PROOF_COLS] = {false};
	bool is_reversible;
	int number;

	if (get_call_result_type(fcinfo, NULL, &desc) != TYPEFUNC_COMPOSITE ||
		desc->natts != PROOF_COLS)
		elog(ERROR, "unexpected result type");
	number = DatumGetInt32(sd_argument_required(fcinfo, 0, "version"));
	proof.context = CurrentMemoryContext;
	proof.fcinfo = fcinfo;
	proof.ignore = PG_ARGISNULL(1) ? NULL : PG_GETARG_ARRAYTYPE_P(1);
	sd_run_lock(&proof.run, fcinfo, "stormdisc_test_migration()");
	plan(&proof, number);
	ereport(WARNING,
			errmsg("the scripts of migration %d are run, and undone", number),
			errdetail("The locks that they take are held until then.  Numbers "
					  "that they take from sequences are not given back."));
	prove(&proof);

	is_reversible = proof.problem == NULL && proof.remaining.count == 0 &&
					proof.lost.count == 0 && proof.changed.count == 0;
	values[0] = Int32GetDatum(number);
	values[1] = BoolGetDatum(is_reversible);
	values[2] = BoolGetDatum(proof.task->kind == SD_TASK_DOWN);
	nulls[3] = proof.problem == NULL;
	if (!nulls[3])
		values[3] = CStringGetTextDatum(proof.problem);
	values[4] = packed(&proof.remaining, true);
	values[5] = packed(&proof.lost, false);
	values[6] = packed(&proof.changed, true);
	values[7] = packed(&proof.statements, true);
	/* in the order up, down */
	number = proof.task->kind == SD_TASK_DOWN ? 1 : 0;
	values[8] = Float8GetDatum(proof.seconds[number]);
	values[9] = Float8GetDatum(proof.seconds[1 - number]);

	return HeapTupleGetDatum(
		heap_form_tuple(BlessTupleDesc(desc), values, nulls));
}

/* Which scripts are to be run, in which order. */
static void
plan(Proof *proof, int number)
{
	static const char *const hint =
		"What is tested is undone, which such a statement cannot be.";
	SdRun *run = &proof->run;
	SdVersion *version = sd_history_find(&run->history, number);
	ListCell *lc;

	if (version == NULL || !version->is_registered)
		ereport(ERROR, errcode(ERRCODE_UNDEFINED_OBJECT),
				errmsg("migration %d is not registered", number));
	if (version->kind != NULL || number <= run->history.current)
		sd_run_plan_down(run, number - 1);
	else
		sd_run_plan_up(run, number);

	proof->task = llast(run->tasks);
	if (proof->task->version != version)
		ereport(
			ERROR, errcode(ERRCODE_OBJECT_NOT_IN_PREREQUISITE_STATE),
			errmsg("migration %d is not applied, and a later one is", number));
	proof->before =
		list_truncate(list_copy(run->tasks), list_length(run->tasks) - 1);
	proof->back = palloc0(sizeof(SdTask));
	proof->back->kind =
		proof->task->kind == SD_TASK_UP ? SD_TASK_DOWN : SD_TASK_UP;
	proof->back->version = version;
	foreach (lc, run->tasks)
		sd_task_parse(lfirst(lc));
	if (version->has_down)
		sd_task_parse(proof->back);
	else
		proof->back = NULL;

	foreach (lc, run->tasks)
		sd_task_refuse_outside(lfirst(lc), hint);
	if (proof->back != NULL)
		sd_task_refuse_outside(proof->back, hint);
}

/*
 * All of it in a subtransaction.  What goes wrong in a script is a result, if
 * it is the script's fault.
 */
static void
prove(Proof *proof)
{
	MemoryContext oldcontext = CurrentMemoryContext;
	ResourceOwner oldowner = CurrentResourceOwner;
	ErrorData *volatile error = NULL;

	BeginInternalSubTransaction(NULL);
	MemoryContextSwitchTo(oldcontext);
	PG_TRY();
	{
		run_all(proof);
	}
	PG_CATCH();
	{
		MemoryContextSwitchTo(oldcontext);
		error = CopyErrorData();
		FlushErrorState();
	}
	PG_END_TRY();
	RollbackAndReleaseCurrentSubTransaction();
	MemoryContextSwitchTo(oldcontext);
	CurrentResourceOwner = oldowner;

	if (error != NULL)
	{
		char *place = error->context;

		if (!sd_error_is_of_object(error->sqlerrcode) ||
			error->sqlerrcode == ERRCODE_LOCK_NOT_AVAILABLE)
			ReThrowError(error);
		/* the line that says which statement it was is the last one */
		if (place != NULL && strrchr(place, '\n') != NULL)
			place = strrchr(place, '\n') + 1;
		proof->problem = place != NULL
							 ? psprintf("%s (%s)", error->message, place)
							 : pstrdup(error->message);
		return;
	}
	if (proof->back == NULL)
	{
		proof->problem = psprintf("migration %d has no down script",
								  proof->task->version->number);
		return;
	}
	if (proof->before == NIL)
		measure(proof, 0);
	compare_rows(proof);
}

static void
run_all(Proof *proof)
{
	Jsonb *documents[4];
	ListCell *lc;

	foreach (lc, proof->before)
		(void) run_one(proof, lfirst(lc), -1);
	read_tables(proof);
	if (proof->before != NIL)
		measure(proof, 0);
	(void) take_locks(proof, NULL);
	documents[0] = read_schema(proof);

	proof->records = true;
	documents[1] = run_one(proof, proof->task, 0);
	if (proof->back == NULL)
		return;
	documents[2] = run_one(proof, proof->back, 1);
	proof->records = false;
	compare(proof, documents[0], documents[2],
			proof->back->kind == SD_TASK_UP ? "up" : "down");
	measure(proof, 1);

	documents[3] = run_one(proof, proof->task, -1);
	compare(proof, documents[1], documents[3],
			proof->task->kind == SD_TASK_UP ? "up again" : "down again");
}

/* Run a script; what the schema is like then. */
static Jsonb *
run_one(Proof *proof, SdTask *task, int which)
{
	TimestampTz started = GetCurrentTimestamp();

	proof->direction = task->kind == SD_TASK_UP ? "up" : "down";
	for (int i = 0; i < task->script->nsteps; i++)
		sd_run_step(&proof->run, task->script, &task->script->steps[i],
					proof->records ? record : NULL, proof);
	if (which >= 0)
		proof->seconds[which] = seconds_since(started);

	return read_schema(proof);
}

static Jsonb *
read_schema(Proof *proof)
{
	Jsonb *document = sd_migrated_read(proof->fcinfo, &proof->run.scope);

	if (document == NULL)
		ereport(ERROR, errcode(ERRCODE_OBJECT_NOT_IN_PREREQUISITE_STATE),
				errmsg("none of the schemas in stormdisc.schemas exists"));

	return document;
}

/* Keep the differences, if there are any. */
static void
compare(Proof *proof, Jsonb *old_document, Jsonb *new_document,
		const char *after)
{
	SdDiffResult *result =
		sd_diff_ignoring(old_document, new_document, proof->ignore);

	for (int i = 0; i < result->count; i++)
	{
		SdDiffRow *row = &result->rows[i];
		SdJson entry = {0};

		sd_json_add(&entry, "after", sd_json_text(after));
		sd_json_add(&entry, "change", sd_json_text(row->change));
		sd_json_add(&entry, "object_kind", sd_json_text(row->kind));
		sd_json_add(&entry, "identity", sd_json_text(row->identity));
		if (row->attribute != NULL)
			sd_json_add(&entry, "attribute", sd_json_text(row->attribute));
		if (row->has_old)
			sd_json_add(&entry, "old_value", row->old_value);
		if (row->has_new)
			sd_json_add(&entry, "new_value", row->new_value);
		sd_json_append(&proof->remaining, sd_json_object(&entry));
	}
}

/* The tables that are there before the scripts are run. */
static void
read_tables(Proof *proof)
{
	MemoryContext context = CurrentMemoryContext;
	SdSpi spi;

	sd_spi_begin(&spi, false);
	proof->ntables = (int) sd_spi_read_latest(&select_tables, NULL, NULL);
	proof->tables =
		MemoryContextAllocZero(context, sizeof(Table) * (proof->ntables + 1));
	for (int i = 0; i < proof->ntables; i++)
	{
		Table *table = &proof->tables[i];
		Datum columns;
		bool isnull;

		CHECK_FOR_INTERRUPTS();
		table->oid = DatumGetObjectId(sd_result(i, 1, NULL));
		table->name = MemoryContextStrdup(
			context, TextDatumGetCString(sd_result(i, 2, NULL)));
		table->kind = DatumGetChar(sd_result(i, 3, NULL));
		table->file = DatumGetObjectId(sd_result(i, 4, NULL));
		columns = sd_result(i, 5, &isnull);
		if (!isnull)
			table->columns =
				MemoryContextStrdup(context, TextDatumGetCString(columns));
		table->ncolumns = (int) DatumGetInt64(sd_result(i, 6, NULL));
	}
	sd_spi_end(&spi);
}

/*
 * The strongest lock that we have not had before, and the tables that it is
 * on; 0 if there is none.
 */
static int
take_locks(Proof *proof, List **strongest)
{
	int highest = 0;
	List *tables = NIL;
	List *modes = NIL;
	ListCell *table_cell;
	ListCell *mode_cell;

	for (int i = 0; i < proof->ntables; i++)
	{
		Table *table = &proof->tables[i];
		LOCKTAG tag;

		if (i % 1000 == 0)
			CHECK_FOR_INTERRUPTS();
		SET_LOCKTAG_RELATION(tag, MyDatabaseId, table->oid);
		for (int j = 0; j < lengthof(lock_modes); j++)
		{
			LOCKMODE mode = lock_modes[j].mode;

			if ((table->locks & LOCKBIT_ON(mode)) != 0 ||
				!SD_LOCK_HELD(&tag, mode))
				continue;
			table->locks |= LOCKBIT_ON(mode);
			if (strongest == NULL)
				continue;
			if (mode >= RowExclusiveLock)
				table->is_touched = true;
			if (mode >= highest)
			{
				tables = lappend(tables, table);
				modes = lappend_int(modes, mode);
				highest = mode;
			}
		}
	}

	if (strongest != NULL)
	{
		forboth (table_cell, tables, mode_cell, modes)
		{
			if (lfirst_int(mode_cell) == highest)
				*strongest = lappend(*strongest, lfirst(table_cell));
		}
	}

	return highest;
}

/* The tables that have another file than before. */
static List *
find_rewritten(Proof *proof)
{
	List *rewritten = NIL;

	for (int i = 0; i < proof->ntables; i++)
	{
		Table *table = &proof->tables[i];
		HeapTuple tuple;
		Oid file;

		if ((table->locks & LOCKBIT_ON(AccessExclusiveLock)) == 0)
			continue;
		tuple = SearchSysCache1(RELOID, ObjectIdGetDatum(table->oid));
		if (!HeapTupleIsValid(tuple))
			continue;
		file = ((Form_pg_class) GETSTRUCT(tuple))->relfilenode;
		ReleaseSysCache(tuple);
		if (table->file != file)
		{
			rewritten = lappend(rewritten, table);
			table->file = file;
		}
	}

	return rewritten;
}

/* What a statement did to tables that others can see. */
static void
record(const SdSqlStatement *statement, int number, TimestampTz started,
	   void *arg)
{
	Proof *proof = arg;
	/* before we look at it, which takes its time */
	int64 microseconds = GetCurrentTimestamp() - started;
	List *locked = NIL;
	int mode = take_locks(proof, &locked);
	MemoryContext oldcontext = MemoryContextSwitchTo(proof->context);
	SdJson entry = {0};
	JsonbValue milliseconds;

	milliseconds.type = jbvNumeric;
	milliseconds.val.numeric = int64_div_fast_to_numeric(microseconds, 3);
	sd_json_add(&entry, "direction", sd_json_text(proof->direction));
	sd_json_add(&entry, "number", sd_json_int64(number));
	sd_json_add(&entry, "line", sd_json_int64(statement->line));
	sd_json_add(&entry, "statement", sd_json_text(statement->text));
	if (mode > 0)
	{
		sd_json_add(&entry, "lock", sd_json_text(lock_modes[mode - 1].word));
		sd_json_add(&entry, "tables", names(locked));
	}
	sd_json_add(&entry, "rewrites", names(find_rewritten(proof)));
	sd_json_add(&entry, "destructive",
				sd_json_bool(is_destructive(statement->raw->stmt)));
	sd_json_add(&entry, "milliseconds", milliseconds);
	sd_json_append(&proof->statements, sd_json_object(&entry));
	MemoryContextSwitchTo(oldcontext);
}

/* Does a statement do away with rows or values, if there are any? */
static bool
is_destructive(Node *node)
{
	ListCell *lc;

	switch (nodeTag(node))
	{
		case T_TruncateStmt:
		case T_DeleteStmt:
		case T_DropOwnedStmt:
			return true;
		case T_DropStmt:
		{
			ObjectType type = castNode(DropStmt, node)->removeType;

			return type == OBJECT_TABLE || type == OBJECT_SCHEMA;
		}
		case T_AlterTableStmt:
			foreach (lc, castNode(AlterTableStmt, node)->cmds)
			{
				if (lfirst_node(AlterTableCmd, lc)->subtype == AT_DropColumn)
					return true;
			}
			return false;
		default:
			return false;
	}
}

static JsonbValue
names(List *tables)
{
	SdJson array = {0};
	ListCell *lc;

	foreach (lc, tables)
		sd_json_append(&array, sd_json_text(((Table *) lfirst(lc))->name));

	return sd_json_array(&array);
}

/* The rows of tables that the scripts may have changed: how many, and which. */
static void
measure(Proof *proof, int when)
{
	for (int i = 0; i < proof->ntables; i++)
	{
		Table *table = &proof->tables[i];
		Measure measure = {table, when};

		CHECK_FOR_INTERRUPTS();
		/* one that is gone is measured all the same: it has no rows */
		if (table->kind == RELKIND_RELATION && may_differ(proof, table))
			(void) sd_try(measure_table, &measure);
	}
}

/*
 * Have the scripts locked it for writing?  The locks of other scripts, which
 * had to be run before, are in the way of knowing that.
 */
static bool
may_differ(const Proof *proof, const Table *table)
{
	return proof->before != NIL || table->is_touched;
}

static void
measure_table(void *arg)
{
	Measure *measure = arg;
	Table *table = measure->table;
	bool as_row = table->ncolumns > MAX_ARGUMENTS;
	char *sql =
		psprintf("SELECT pg_catalog.count(*), stormdisc.row_sum(%s%s%s) "
				 "FROM ONLY %s t",
				 as_row ? "ROW(" : "",
				 table->columns != NULL ? table->columns : "NULL::text",
				 as_row ? ")" : "", table->name);
	SdSpi spi;
	int rc;

	sd_spi_begin(&spi, false);
	rc = SPI_execute(sql, false, 0);
	if (rc != SPI_OK_SELECT || SPI_processed != 1)
		elog(ERROR, "could not run \"%s\": %s", sql,
			 SPI_result_code_string(rc));
	table->rows[measure->when] = DatumGetInt64(sd_result(0, 1, NULL));
	{
		MemoryContext oldcontext = MemoryContextSwitchTo(spi.context);

		table->sums[measure->when] = DatumGetByteaPCopy(sd_result(0, 2, NULL));
		MemoryContextSwitchTo(oldcontext);
	}
	table->is_measured[measure->when] = true;
	sd_spi_end(&spi);
}

/* What is lost of the rows, and where they are others than before. */
static void
compare_rows(Proof *proof)
{
	for (int i = 0; i < proof->ntables; i++)
	{
		Table *table = &proof->tables[i];

		if (!may_differ(proof, table) || !table->is_measured[0])
			continue;
		if (table->rows[1] < table->rows[0])
			sd_json_add(&proof->lost, table->name,
						sd_json_int64(table->rows[0] - table->rows[1]));
		else if (table->is_measured[1] &&
				 (VARSIZE(table->sums[0]) != VARSIZE(table->sums[1]) ||
				  memcmp(table->sums[0], table->sums[1],
						 VARSIZE(table->sums[0])) != 0))
			sd_json_append(&proof->changed, sd_json_text(table->name));
	}
}

static double
seconds_since(TimestampTz started)
{
	return (double) (GetCurrentTimestamp() - started) / USECS_PER_SEC;
}

static Datum
packed(SdJson *json, bool is_array)
{
	JsonbValue value = is_array ? sd_json_array(json) : sd_json_object(json);

	return JsonbPGetDatum(sd_json_pack(&value));
}
