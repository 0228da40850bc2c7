/*-------------------------------------------------------------------------
 *
 * partitions.c
 *	  Daily partitions of our tables.
 *
 * They are made as tables of their own and attached: that locks the parent
 * only against other DDL.  It locks the default partition against everybody,
 * for as long as the server reads it through: rows of the new day that are
 * there are moved before, so that they are never in the way.
 *
 * What a partition holds is read from the bounds, not from its name: users may
 * attach their own.  One of ours has the name of its day, and is like the
 * default partition, with its key and indexes.
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "access/genam.h"
#include "access/table.h"
#include "access/xact.h"
#include "catalog/namespace.h"
#include "catalog/partition.h"
#include "catalog/pg_type.h"
#include "commands/defrem.h"
#include "commands/tablespace.h"
#include "executor/spi.h"
#include "funcapi.h"
#include "miscadmin.h"
#include "partitioning/partbounds.h"
#include "partitioning/partdesc.h"
#include "storage/latch.h"
#include "storage/lmgr.h"
#include "storage/proc.h"
#include "utils/builtins.h"
#include "utils/datetime.h"
#include "utils/guc.h"
#include "utils/lsyscache.h"
#include "utils/partcache.h"
#include "utils/rel.h"
#include "utils/timestamp.h"
#include "utils/tuplestore.h"
#include "utils/wait_event.h"

#include "errors.h"
#include "lock.h"
#include "port/partitions.h"
#include "spi_util.h"
#include "stormdisc.h"

PG_FUNCTION_INFO_V1(stormdisc_create_partitions);
PG_FUNCTION_INFO_V1(stormdisc_drain_partitions);
PG_FUNCTION_INFO_V1(stormdisc_drop_partitions);

#define N_RESULT_COLUMNS 5

/* how often to wait for the locks to drop partitions */
#define MAX_DROP_ATTEMPTS 3

/* years that have a partition: the names are of four digits */
#define MIN_DAY (-730119) /* 0001-01-01 */
#define MAX_DAY 2921938	  /* 9999-12-30 */

const char *const sd_partitioned_tables[] = {
	"component_metrics",
	"port_metric_samples",
	NULL,
};

/* one partition; an end that is open is DT_NOBEGIN or DT_NOEND */
typedef struct Range
{
	Oid oid;
	TimestampTz lower;
	TimestampTz upper;
} Range;

/* a partitioned table as it is now */
typedef struct Table
{
	Oid oid;
	const char *name;
	const char *key;		  /* column of the partition key */
	Oid default_oid;		  /* invalid if there is none */
	const char *default_name; /* of it, for SQL */
	int nranges;
	Range *ranges; /* sorted */
} Table;

/* whether a day has its partition */
typedef enum Cover
{
	COVER_NONE,
	COVER_WHOLE,
	COVER_PART
} Cover;

/* what one subtransaction does */
typedef struct Work
{
	const char *table;
	int64 day;			/* of make_day() */
	Oid partition;		/* of drop_partition() */
	TimestampTz before; /* of delete_older() */
	int64 max_rows;
	bool changed;
	int64 rows;
} Work;

static void read_table(Table *table, const char *name);
static const char *relation_name(Oid relid);
static Cover find_cover(const Table *table, int64 day);
static int64 day_of(TimestampTz time);
static char *day_name(const char *table, int64 day);
static char *day_start(int64 day);
static void make_day(void *arg);
static char *place_of(Oid relid);
static uint64 move_day(const Work *work, const Table *table,
					   const char *partition);
static void drop_partition(void *arg);
static bool drop_with_patience(Work *work, int *attempts,
							   SdPartitionsResult *result);
static void pause_for_others(void);
static void delete_older(void *arg);
static void begin_work(SdSpi *spi, const char *table);
static uint64 run(const char *command);
static uint64 run_with_times(const char *command, TimestampTz from,
							 TimestampTz to);
static int64 read_count(void);
static void lock_or_fail(Oid relation, LOCKMODE mode);
static void say(SdPartitionsResult *result, char *message);
static void say_error(SdPartitionsResult *result, const char *what,
					  const ErrorData *error);
static void read_window(TimestampTz now, TimestampTz *from, TimestampTz *to);
static TimestampTz time_argument(FunctionCallInfo fcinfo, int number);
static void put_result(FunctionCallInfo fcinfo, const char *table,
					   const SdPartitionsResult *result);

/*
 * stormdisc_create_partitions(dry_run, now) -> setof row
 *		Make the partitions of today and of the next days.
 */
Datum
stormdisc_create_partitions(PG_FUNCTION_ARGS)
{
	bool dry_run = !PG_ARGISNULL(0) && PG_GETARG_BOOL(0);
	TimestampTz now = time_argument(fcinfo, 1);

	InitMaterializedSRF(fcinfo, 0);
	for (int i = 0; sd_partitioned_tables[i] != NULL; i++)
	{
		SdPartitionsResult result =
			sd_partitions_ensure(sd_partitioned_tables[i], now, dry_run);

		put_result(fcinfo, sd_partitioned_tables[i], &result);
	}

	return (Datum) 0;
}

/*
 * stormdisc_drain_partitions(max_rows, dry_run, now) -> setof row
 *		Move rows out of the default partitions.
 */
Datum
stormdisc_drain_partitions(PG_FUNCTION_ARGS)
{
	int64 max_rows = PG_ARGISNULL(0) ? 0 : PG_GETARG_INT64(0);
	bool dry_run = !PG_ARGISNULL(1) && PG_GETARG_BOOL(1);
	TimestampTz now = time_argument(fcinfo, 2);

	InitMaterializedSRF(fcinfo, 0);
	for (int i = 0; sd_partitioned_tables[i] != NULL; i++)
	{
		SdPartitionsResult result = sd_partitions_drain_default(
			sd_partitioned_tables[i], now, max_rows, dry_run);

		put_result(fcinfo, sd_partitioned_tables[i], &result);
	}

	return (Datum) 0;
}

/*
 * stormdisc_drop_partitions(name, before, max_rows, dry_run, now)
 *		-> setof row
 *		Drop what is older.
 */
Datum
stormdisc_drop_partitions(PG_FUNCTION_ARGS)
{
	int64 max_rows = PG_ARGISNULL(2) ? 0 : PG_GETARG_INT64(2);
	bool dry_run = !PG_ARGISNULL(3) && PG_GETARG_BOOL(3);
	TimestampTz now = time_argument(fcinfo, 4);
	const char *name;
	SdPartitionsResult result;
	int i = 0;

	if (PG_ARGISNULL(0) || PG_ARGISNULL(1))
		ereport(ERROR, errcode(ERRCODE_NULL_VALUE_NOT_ALLOWED),
				errmsg("argument \"%s\" must not be null",
					   PG_ARGISNULL(0) ? "name" : "before"));
	name = text_to_cstring(PG_GETARG_TEXT_PP(0));
	while (sd_partitioned_tables[i] != NULL &&
		   strcmp(sd_partitioned_tables[i], name) != 0)
		i++;
	if (sd_partitioned_tables[i] == NULL)
		ereport(ERROR, errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				errmsg("\"%s\" is not a table with daily partitions", name),
				errhint("Available values: component_metrics, "
						"port_metric_samples."));

	InitMaterializedSRF(fcinfo, 0);
	result = sd_partitions_drop_older(sd_partitioned_tables[i],
									  PG_GETARG_TIMESTAMPTZ(1), now, max_rows,
									  dry_run);
	put_result(fcinfo, sd_partitioned_tables[i], &result);

	return (Datum) 0;
}

/*
 * sd_partitions_ensure
 *		Make the partitions of today and of the next days.
 */
SdPartitionsResult
sd_partitions_ensure(const char *table, TimestampTz now, bool dry_run)
{
	SdPartitionsResult result = {.done = true};
	int64 today = day_of(now);

	for (int64 day = today; day <= today + sd_setting_partitions_ahead; day++)
	{
		Work work = {.table = table, .day = day};
		ErrorData *error;
		Table now_there;
		Cover cover;

		CHECK_FOR_INTERRUPTS();
		if (day < MIN_DAY || day > MAX_DAY)
		{
			say(&result, pstrdup("there are no partitions of such years"));
			break;
		}
		read_table(&now_there, table);
		cover = find_cover(&now_there, day);
		if (cover == COVER_WHOLE)
			continue;
		if (cover == COVER_PART)
		{
			say(&result, psprintf("part of %.10s has a partition already",
								  day_start(day)));
			continue;
		}
		if (dry_run)
		{
			result.partitions++;
			continue;
		}

		error = sd_try(make_day, &work);
		if (error != NULL)
		{
			result.done = false;
			say_error(&result, day_name(table, day), error);
			continue;
		}
		if (work.changed)
			result.partitions++;
		result.rows += work.rows;
	}

	return result;
}

/*
 * sd_partitions_drain_default
 *		Move rows of the default partition to the partitions of their days.
 */
SdPartitionsResult
sd_partitions_drain_default(const char *table, TimestampTz now, int64 max_rows,
							bool dry_run)
{
	SdPartitionsResult result = {.done = true};
	MemoryContext context = CurrentMemoryContext;
	Table now_there;
	TimestampTz from;
	TimestampTz to;
	int64 far;
	int64 *days;
	int64 *counts;
	int ndays;
	SdSpi spi;

	read_table(&now_there, table);
	if (!OidIsValid(now_there.default_oid))
		return result;
	read_window(now, &from, &to);

	sd_spi_begin(&spi, true);
	ndays = run_with_times(
		psprintf("SELECT pg_catalog.date_trunc('day', d.%s, 'UTC'), "
				 "pg_catalog.count(*) FROM ONLY %s d "
				 "WHERE d.%s OPERATOR(pg_catalog.>=) $1 "
				 "AND d.%s OPERATOR(pg_catalog.<) $2 "
				 "GROUP BY 1 ORDER BY 1",
				 now_there.key, now_there.default_name, now_there.key,
				 now_there.key),
		from, to);
	days = MemoryContextAlloc(context, sizeof(int64) * Max(ndays, 1));
	counts = MemoryContextAlloc(context, sizeof(int64) * Max(ndays, 1));
	for (int i = 0; i < ndays; i++)
	{
		days[i] = day_of(DatumGetTimestampTz(sd_result(i, 1, NULL)));
		counts[i] = DatumGetInt64(sd_result(i, 2, NULL));
	}
	(void) run_with_times(psprintf("SELECT pg_catalog.count(*) FROM ONLY %s d "
								   "WHERE d.%s OPERATOR(pg_catalog.<) $1 "
								   "OR d.%s OPERATOR(pg_catalog.>=) $2",
								   now_there.default_name, now_there.key,
								   now_there.key),
						  from, to);
	far = read_count();
	sd_spi_end(&spi);

	for (int i = 0; i < ndays; i++)
	{
		Work work = {.table = table, .day = days[i]};
		ErrorData *error;

		CHECK_FOR_INTERRUPTS();
		if (max_rows > 0 && result.rows >= max_rows)
		{
			result.done = false;
			break;
		}
		read_table(&now_there, table);
		if (find_cover(&now_there, days[i]) == COVER_PART)
		{
			say(&result,
				psprintf(
					"rows that stay, part of %.10s has a partition already: " INT64_FORMAT,
					day_start(days[i]), counts[i]));
			continue;
		}
		if (dry_run)
		{
			result.partitions++;
			result.rows += counts[i];
			continue;
		}

		error = sd_try(make_day, &work);
		if (error != NULL)
		{
			result.done = false;
			say_error(&result, day_name(table, days[i]), error);
			continue;
		}
		if (work.changed)
			result.partitions++;
		result.rows += work.rows;
	}

	if (far > 0)
		say(&result,
			psprintf(
				"rows that stay, more than %d days from now: " INT64_FORMAT,
				sd_setting_partition_window, far));

	return result;
}

/*
 * sd_partitions_drop_older
 *		Drop partitions, and delete rows of the default one, from before.
 */
SdPartitionsResult
sd_partitions_drop_older(const char *table, TimestampTz before, TimestampTz now,
						 int64 max_rows, bool dry_run)
{
	SdPartitionsResult result = {.done = true};
	Work deletion = {.table = table, .max_rows = max_rows};
	int attempts = MAX_DROP_ATTEMPTS;
	Table now_there;

	before = Min(before, now);
	deletion.before = before;
	read_table(&now_there, table);

	/* what locks little first */
	if (OidIsValid(now_there.default_oid))
	{
		if (dry_run)
		{
			SdSpi spi;

			sd_spi_begin(&spi, true);
			(void) run_with_times(
				psprintf("SELECT pg_catalog.count(*) "
						 "FROM ONLY %s d "
						 "WHERE d.%s OPERATOR(pg_catalog.>=) $1 "
						 "AND d.%s OPERATOR(pg_catalog.<) $2",
						 now_there.default_name, now_there.key, now_there.key),
				DT_NOBEGIN, before);
			result.rows = read_count();
			sd_spi_end(&spi);
			if (max_rows > 0 && result.rows > max_rows)
			{
				result.rows = max_rows;
				result.done = false;
			}
		}
		else
		{
			ErrorData *error = sd_try(delete_older, &deletion);

			if (error != NULL)
			{
				result.done = false;
				say_error(&result, get_rel_name(now_there.default_oid), error);
			}
			else
			{
				result.rows = deletion.rows;
				if (max_rows > 0 && deletion.rows >= max_rows)
					result.done = false;
			}
		}
	}

	for (int i = 0; i < now_there.nranges; i++)
	{
		Work work = {.table = table, .partition = now_there.ranges[i].oid};

		CHECK_FOR_INTERRUPTS();
		if (now_there.ranges[i].upper > before)
			continue;
		if (dry_run)
			result.partitions++;
		else if (drop_with_patience(&work, &attempts, &result))
			result.partitions += work.changed ? 1 : 0;
		else
			result.done = false;

		/* the others would have to wait as well */
		if (attempts <= 0)
			break;
	}

	return result;
}

/*
 * sd_partitions_begin_insert
 *		Keep partitions from being made that the rows of these times need and
 *		do not have.
 */
void
sd_partitions_begin_insert(const char *table, const TimestampTz *times,
						   int ntimes)
{
	Table now_there;

	read_table(&now_there, table);
	for (int i = 0, range = -1; i < ntimes; i++)
	{
		if (range >= 0 && times[i] >= now_there.ranges[range].lower &&
			times[i] < now_there.ranges[range].upper)
			continue;
		for (range = now_there.nranges - 1; range >= 0; range--)
		{
			if (times[i] >= now_there.ranges[range].lower &&
				times[i] < now_there.ranges[range].upper)
				break;
		}
		if (range < 0 && OidIsValid(now_there.default_oid))
		{
			LockRelationOid(now_there.oid, RowExclusiveLock);
			LockRelationOid(now_there.default_oid, RowExclusiveLock);
			break;
		}
	}
}

/*
 * sd_partitions_begin_read
 *		Keep rows from being moved.
 *
 * The server reads the list of partitions first, and then locks each: who has
 * waited for the default one looks for rows there that are not there any more,
 * and not in the partition that they are in.
 */
void
sd_partitions_begin_read(const char *table)
{
	Table now_there;

	read_table(&now_there, table);
	LockRelationOid(now_there.oid, AccessShareLock);
	if (OidIsValid(now_there.default_oid))
		LockRelationOid(now_there.default_oid, AccessShareLock);
}

/* Read the partitions of a table as they are now. */
static void
read_table(Table *table, const char *name)
{
	Oid namespace = get_namespace_oid("stormdisc", false);
	Relation rel;
	PartitionDesc desc;
	PartitionBoundInfo bounds;

	memset(table, 0, sizeof(Table));
	table->name = name;
	table->oid = get_relname_relid(name, namespace);
	if (!OidIsValid(table->oid))
		ereport(ERROR, errcode(ERRCODE_UNDEFINED_TABLE),
				errmsg("table \"%s\" does not exist", name));

	rel = table_open(table->oid, AccessShareLock);
	if (rel->rd_rel->relkind != RELKIND_PARTITIONED_TABLE ||
		RelationGetPartitionKey(rel)->strategy != PARTITION_STRATEGY_RANGE ||
		get_partition_natts(RelationGetPartitionKey(rel)) != 1 ||
		get_partition_col_typid(RelationGetPartitionKey(rel), 0) !=
			TIMESTAMPTZOID)
		ereport(ERROR, errcode(ERRCODE_WRONG_OBJECT_TYPE),
				errmsg("table \"%s\" is not partitioned by time", name));
	table->key = quote_identifier(get_attname(
		table->oid, get_partition_col_attnum(RelationGetPartitionKey(rel), 0),
		false));

	desc = RelationGetPartitionDesc(rel, true);
	bounds = desc->boundinfo;
	if (bounds != NULL)
	{
		table->ranges = palloc(sizeof(Range) * Max(bounds->ndatums, 1));
		if (partition_bound_has_default(bounds))
		{
			table->default_oid = desc->oids[bounds->default_index];
			table->default_name = relation_name(table->default_oid);
		}
		for (int i = 1; i < bounds->ndatums; i++)
		{
			Range *range = &table->ranges[table->nranges];

			if (bounds->indexes[i] < 0)
				continue;
			range->oid = desc->oids[bounds->indexes[i]];
			range->lower = bounds->kind[i - 1][0] == PARTITION_RANGE_DATUM_VALUE
							   ? DatumGetTimestampTz(bounds->datums[i - 1][0])
							   : DT_NOBEGIN;
			range->upper = bounds->kind[i][0] == PARTITION_RANGE_DATUM_VALUE
							   ? DatumGetTimestampTz(bounds->datums[i][0])
							   : DT_NOEND;
			table->nranges++;
		}
	}
	table_close(rel, AccessShareLock);
}

/* For SQL. */
static const char *
relation_name(Oid relid)
{
	return quote_qualified_identifier(
		get_namespace_name(get_rel_namespace(relid)), get_rel_name(relid));
}

/* Has all of the day a partition, or a part of it? */
static Cover
find_cover(const Table *table, int64 day)
{
	TimestampTz from = day * USECS_PER_DAY;
	TimestampTz to = from + USECS_PER_DAY;
	Cover cover = COVER_NONE;

	for (int i = 0; i < table->nranges; i++)
	{
		const Range *range = &table->ranges[i];

		if (range->lower <= from && range->upper >= to)
			return COVER_WHOLE;
		if (range->lower < to && range->upper > from)
			cover = COVER_PART;
	}

	return cover;
}

/* Days of UTC since 2000-01-01. */
static int64
day_of(TimestampTz time)
{
	int64 day = time / USECS_PER_DAY;

	return time < 0 && time % USECS_PER_DAY != 0 ? day - 1 : day;
}

static char *
day_name(const char *table, int64 day)
{
	int year;
	int month;
	int mday;

	j2date((int) day + POSTGRES_EPOCH_JDATE, &year, &month, &mday);

	return psprintf("%s_%04d_%02d_%02d", table, year, month, mday);
}

/* For SQL, the same in every time zone and date style. */
static char *
day_start(int64 day)
{
	int year;
	int month;
	int mday;

	j2date((int) day + POSTGRES_EPOCH_JDATE, &year, &month, &mday);

	return psprintf("%04d-%02d-%02d 00:00:00+00", year, month, mday);
}

/*
 * Make the partition of a day, with the rows of the default partition that
 * belong there.  Whoever comes second finds it made.
 */
static void
make_day(void *arg)
{
	Work *work = arg;
	const char *partition = day_name(work->table, work->day);
	const char *from = day_start(work->day);
	const char *to = day_start(work->day + 1);
	Table table;
	SdSpi spi;

	begin_work(&spi, work->table);
	read_table(&table, work->table);
	if (find_cover(&table, work->day) == COVER_NONE)
	{
		if (!OidIsValid(table.default_oid))
			ereport(
				ERROR, errcode(ERRCODE_UNDEFINED_TABLE),
				errmsg("table \"%s\" has no default partition", work->table));

		/* in the order in which writers lock: the parent first */
		LockRelationOid(table.oid, ShareUpdateExclusiveLock);
		(void) run(
			psprintf("CREATE TABLE stormdisc.%s (LIKE %s INCLUDING ALL, "
					 "CONSTRAINT %s_day CHECK ("
					 "%s OPERATOR(pg_catalog.>=) '%s'::pg_catalog.timestamptz "
					 "AND %s OPERATOR(pg_catalog.<) "
					 "'%s'::pg_catalog.timestamptz))%s",
					 partition, table.default_name, partition, table.key, from,
					 table.key, to, place_of(table.default_oid)));
		(void) run(psprintf("COMMENT ON TABLE stormdisc.%s IS "
							"'%.10s (UTC) of stormdisc.%s'",
							partition, from, work->table));

		/* most rows while others still write, the last ones when none can */
		work->rows = move_day(work, &table, partition);
		LockRelationOid(table.default_oid, AccessExclusiveLock);
		work->rows += move_day(work, &table, partition);
		(void) run(psprintf("ALTER TABLE stormdisc.%s ATTACH PARTITION "
							"stormdisc.%s FOR VALUES FROM ('%s') TO ('%s')",
							work->table, partition, from, to));
		(void) run(psprintf("ALTER TABLE stormdisc.%s DROP CONSTRAINT %s_day",
							partition, partition));
		work->changed = true;
	}
	sd_spi_end(&spi);
}

/* For SQL: the access method and the tablespace of a table. */
static char *
place_of(Oid relid)
{
	Relation rel = table_open(relid, AccessShareLock);
	Oid method = rel->rd_rel->relam;
	Oid tablespace = rel->rd_rel->reltablespace;
	StringInfoData place;

	table_close(rel, AccessShareLock);
	initStringInfo(&place);
	if (OidIsValid(method))
		appendStringInfo(&place, " USING %s",
						 quote_identifier(get_am_name(method)));
	if (OidIsValid(tablespace))
		appendStringInfo(&place, " TABLESPACE %s",
						 quote_identifier(get_tablespace_name(tablespace)));

	return place.data;
}

/* Move the rows of a day that this command sees. */
static uint64
move_day(const Work *work, const Table *table, const char *partition)
{
	return run_with_times(
		psprintf("WITH moved AS (DELETE FROM ONLY %s d "
				 "WHERE d.%s OPERATOR(pg_catalog.>=) $1 "
				 "AND d.%s OPERATOR(pg_catalog.<) $2 RETURNING d.*) "
				 "INSERT INTO stormdisc.%s SELECT m.* FROM moved m",
				 table->default_name, table->key, table->key, partition),
		work->day * USECS_PER_DAY, (work->day + 1) * USECS_PER_DAY);
}

/*
 * Drop a partition, and try again if it is in use; false if it stays.  The
 * attempts are those of the whole call, once nobody could be kept out.
 */
static bool
drop_with_patience(Work *work, int *attempts, SdPartitionsResult *result)
{
	char *name = get_rel_name(work->partition);

	for (;;)
	{
		ErrorData *error = sd_try(drop_partition, work);

		if (error == NULL)
			return true;
		if (error->sqlerrcode != ERRCODE_LOCK_NOT_AVAILABLE || --*attempts <= 0)
		{
			say_error(result, name != NULL ? name : "a partition", error);
			return false;
		}
		pause_for_others();
	}
}

/* Whoever has waited behind us goes first. */
static void
pause_for_others(void)
{
	TimestampTz end = TimestampTzPlusMilliseconds(
		GetCurrentTimestamp(), sd_setting_partition_lock_timeout);

	for (;;)
	{
		long rest = TimestampDifferenceMilliseconds(GetCurrentTimestamp(), end);

		CHECK_FOR_INTERRUPTS();
		if (rest <= 0)
			break;
		(void) WaitLatch(MyLatch,
						 WL_LATCH_SET | WL_TIMEOUT | WL_EXIT_ON_PM_DEATH, rest,
						 PG_WAIT_EXTENSION);
		ResetLatch(MyLatch);
	}
}

/*
 * Drop a partition.  Everybody waits behind the lock on the parent, so that
 * the others are taken only if they are free.
 */
static void
drop_partition(void *arg)
{
	Work *work = arg;
	Table table;
	SdSpi spi;

	begin_work(&spi, work->table);
	read_table(&table, work->table);
	LockRelationOid(table.oid, AccessExclusiveLock);
	read_table(&table, work->table);
	for (int i = 0; i < table.nranges; i++)
	{
		if (table.ranges[i].oid != work->partition)
			continue;
		lock_or_fail(work->partition, AccessExclusiveLock);
		if (OidIsValid(table.default_oid))
			lock_or_fail(table.default_oid, AccessExclusiveLock);
		(void) run(psprintf("DROP TABLE %s", relation_name(work->partition)));
		work->changed = true;
		break;
	}
	sd_spi_end(&spi);
}

/* Delete the rows of the default partition that are older. */
static void
delete_older(void *arg)
{
	Work *work = arg;
	const char *limit =
		work->max_rows > 0 ? psprintf(INT64_FORMAT, work->max_rows) : "ALL";
	Table table;
	SdSpi spi;

	begin_work(&spi, work->table);
	read_table(&table, work->table);
	if (OidIsValid(table.default_oid))
		work->rows = run_with_times(
			psprintf("DELETE FROM ONLY %s "
					 "WHERE ctid OPERATOR(pg_catalog.=) ANY (ARRAY("
					 "SELECT d.ctid FROM ONLY %s d "
					 "WHERE d.%s OPERATOR(pg_catalog.>=) $1 "
					 "AND d.%s OPERATOR(pg_catalog.<) $2 LIMIT %s))",
					 table.default_name, table.default_name, table.key,
					 table.key, limit),
			DT_NOBEGIN, work->before);
	sd_spi_end(&spi);
}

/*
 * Be the only one that makes or drops partitions of the table, waiting for
 * this and for all other locks not longer than the setting says.  A shorter
 * limit of the caller's stands.
 */
static void
begin_work(SdSpi *spi, const char *table)
{
	sd_spi_begin(spi, true);
	if (LockTimeout <= 0 || LockTimeout > sd_setting_partition_lock_timeout)
		(void) set_config_option(
			"lock_timeout", psprintf("%d", sd_setting_partition_lock_timeout),
			PGC_USERSET, PGC_S_SESSION, GUC_ACTION_SAVE, true, 0, false);
	/* the caller's own choice, which we might make with more than its rights */
	(void) set_config_option("default_tablespace", "", PGC_USERSET,
							 PGC_S_SESSION, GUC_ACTION_SAVE, true, 0, false);
	sd_lock_name(SD_LOCK_PARTITIONS, table);
}

/* Run a command; how many rows it is about. */
static uint64
run(const char *command)
{
	int rc = SPI_execute(command, false, 0);

	if (rc < 0)
		elog(ERROR, "could not run \"%s\": %s", command,
			 SPI_result_code_string(rc));

	return SPI_processed;
}

/* Likewise, of a command about what is from $1 on, and before $2. */
static uint64
run_with_times(const char *command, TimestampTz from, TimestampTz to)
{
	Oid types[] = {TIMESTAMPTZOID, TIMESTAMPTZOID};
	Datum values[] = {TimestampTzGetDatum(from), TimestampTzGetDatum(to)};
	int rc = SPI_execute_with_args(command, lengthof(types), types, values,
								   NULL, false, 0);

	if (rc < 0)
		elog(ERROR, "could not run \"%s\": %s", command,
			 SPI_result_code_string(rc));

	return SPI_processed;
}

/* The only value of the last result. */
static int64
read_count(void)
{
	return DatumGetInt64(sd_result(0, 1, NULL));
}

/* Lock a relation if nobody else has it. */
static void
lock_or_fail(Oid relation, LOCKMODE mode)
{
	if (!ConditionalLockRelationOid(relation, mode))
		ereport(ERROR, errcode(ERRCODE_LOCK_NOT_AVAILABLE),
				errmsg("could not obtain lock on relation \"%s\"",
					   get_rel_name(relation)));
}

/* Keep the first thing that there is to say. */
static void
say(SdPartitionsResult *result, char *message)
{
	if (result->message == NULL)
		result->message = message;
}

static void
say_error(SdPartitionsResult *result, const char *what, const ErrorData *error)
{
	say(result, psprintf("%s: %s", what, error->message));
}

/* Whole days, as many before and after now as the setting says. */
static void
read_window(TimestampTz now, TimestampTz *from, TimestampTz *to)
{
	int64 today = day_of(now);

	*from = Max(today - sd_setting_partition_window, MIN_DAY) * USECS_PER_DAY;
	*to =
		(Min(today + sd_setting_partition_window, MAX_DAY) + 1) * USECS_PER_DAY;
}

/* The argument, or now. */
static TimestampTz
time_argument(FunctionCallInfo fcinfo, int number)
{
	TimestampTz time;

	if (PG_ARGISNULL(number))
		return GetCurrentTimestamp();
	time = PG_GETARG_TIMESTAMPTZ(number);
	if (TIMESTAMP_NOT_FINITE(time))
		ereport(ERROR, errcode(ERRCODE_DATETIME_VALUE_OUT_OF_RANGE),
				errmsg("argument \"%s\" must be finite", "now"));

	return time;
}

static void
put_result(FunctionCallInfo fcinfo, const char *table,
		   const SdPartitionsResult *result)
{
	ReturnSetInfo *rsinfo = (ReturnSetInfo *) fcinfo->resultinfo;
	Datum values[N_RESULT_COLUMNS] = {0};
	bool nulls[N_RESULT_COLUMNS] = {false};

	values[0] = CStringGetTextDatum(table);
	values[1] = Int64GetDatum(result->partitions);
	values[2] = Int64GetDatum(result->rows);
	values[3] = BoolGetDatum(result->done);
	nulls[4] = result->message == NULL;
	if (!nulls[4])
		values[4] = CStringGetTextDatum(result->message);
	tuplestore_putvalues(rsinfo->setResult, rsinfo->setDesc, values, nulls);
}
