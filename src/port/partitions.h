/*-------------------------------------------------------------------------
 *
 * partitions.h
 *	  Daily partitions of our tables.
 *
 * The days are those of UTC.  What has no partition is in the default
 * partition, which is always there.
 *-------------------------------------------------------------------------
 */
#ifndef STORMDISC_PORT_PARTITIONS_H
#define STORMDISC_PORT_PARTITIONS_H

#include "datatype/timestamp.h"

/* What one of the functions below has done to one table. */
typedef struct SdPartitionsResult
{
	int64 partitions; /* made or dropped, or to be: in a dry run */
	int64 rows;		  /* moved or deleted, or to be; -1 if unknown */
	bool done;		  /* nothing is left that another call could do */
	char *message;	  /* why it is not done, or what is odd; or NULL */
} SdPartitionsResult;

/* the tables: names in the schema stormdisc, as in pg_class, a NULL last */
extern const char *const sd_partitioned_tables[];

/*
 * All three wait for locks no longer than stormdisc.partition_lock_timeout,
 * and say in the result what they could not have; an error of one day does
 * not keep them from the others.  In REPEATABLE READ they leave days that have
 * rows which the transaction does not see.  They are not to be called between
 * sd_spi_begin() and sd_spi_end().  "now" is a parameter for tests; callers
 * pass GetCurrentTimestamp().
 *
 * Locks are held until the end of the transaction: of drop_older() one that
 * keeps readers and writers from the whole table.  Whoever does several things
 * in a transaction drops last.
 */

/* Make the partitions of today and the stormdisc.partitions_ahead next days. */
extern SdPartitionsResult sd_partitions_ensure(const char *table,
											   TimestampTz now, bool dry_run);

/*
 * Move rows of the default partition into that of their day, which is made.
 * Whole days, the oldest first, as long as fewer than max_rows have been
 * moved (<= 0 is no limit, 1 is one day).  The default partition is locked
 * against everybody from the first day on.  Rows farther from now than
 * stormdisc.partition_window stay; the message says how many.
 */
extern SdPartitionsResult sd_partitions_drain_default(const char *table,
													  TimestampTz now,
													  int64 max_rows,
													  bool dry_run);

/*
 * Drop the partitions that end at "before" or earlier, but never one that ends
 * after now, and delete rows of the default partition from before then, at
 * most max_rows (<= 0 is no limit).
 */
extern SdPartitionsResult
sd_partitions_drop_older(const char *table, TimestampTz before, TimestampTz now,
						 int64 max_rows, bool dry_run);

/*
 * To be called before a statement is planned that must not miss a row: keeps
 * rows from being moved to a new partition, which a plan does not have that was
 * begun before that, until the end of the transaction.  For READ COMMITTED:
 * with an older snapshot rows are where they were, and the server looks for
 * them where they are now.
 */
extern void sd_partitions_begin_read(const char *table);

/*
 * To be called before rows of these times are written to a table, outside of
 * sd_spi_begin() and sd_spi_end(): keeps a row for the default partition from
 * being refused because its partition is made just then.
 */
extern void sd_partitions_begin_insert(const char *table,
									   const TimestampTz *times, int ntimes);

#endif /* STORMDISC_PORT_PARTITIONS_H */
