/*-------------------------------------------------------------------------
 *
 * words.c
 *	  Words for the letters of the catalogs, where several kinds of rows have
 *	  them.
 *
 * A letter without a word is an error: the server has learned something that
 * we do not know.
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "catalog/pg_class.h"
#include "catalog/pg_type.h"
#include "commands/trigger.h"
#include "nodes/parsenodes.h"

#include "discovery/discovery.h"

/*
 * sd_table_type
 *		The word for a relkind.
 */
const char *
sd_table_type(char relkind)
{
	switch (relkind)
	{
		case RELKIND_RELATION:
			return "table";
		case RELKIND_PARTITIONED_TABLE:
			return "partitioned table";
		case RELKIND_FOREIGN_TABLE:
			return "foreign table";
		case RELKIND_VIEW:
			return "view";
		case RELKIND_MATVIEW:
			return "materialized view";
		default:
			elog(ERROR, "unrecognized relation kind: %c", relkind);
			return NULL; /* keep compiler quiet */
	}
}

/*
 * sd_partition_strategy
 *		The word for a partition strategy.
 */
const char *
sd_partition_strategy(char strategy)
{
	switch (strategy)
	{
		case PARTITION_STRATEGY_RANGE:
			return "range";
		case PARTITION_STRATEGY_LIST:
			return "list";
		case PARTITION_STRATEGY_HASH:
			return "hash";
		default:
			elog(ERROR, "unrecognized partition strategy: %c", strategy);
			return NULL; /* keep compiler quiet */
	}
}

/*
 * sd_persistence
 *		The word for a relation's persistence.
 */
const char *
sd_persistence(char relpersistence)
{
	switch (relpersistence)
	{
		case RELPERSISTENCE_PERMANENT:
			return "permanent";
		case RELPERSISTENCE_UNLOGGED:
			return "unlogged";
		case RELPERSISTENCE_TEMP:
			return "temporary";
		default:
			elog(ERROR, "unrecognized persistence: %c", relpersistence);
			return NULL; /* keep compiler quiet */
	}
}

/*
 * sd_storage
 *		The word for how values of a column or type are stored.
 */
const char *
sd_storage(char storage)
{
	switch (storage)
	{
		case TYPSTORAGE_PLAIN:
			return "plain";
		case TYPSTORAGE_EXTERNAL:
			return "external";
		case TYPSTORAGE_EXTENDED:
			return "extended";
		case TYPSTORAGE_MAIN:
			return "main";
		default:
			elog(ERROR, "unrecognized storage: %c", storage);
			return NULL; /* keep compiler quiet */
	}
}

/*
 * sd_enabled_state
 *		The word for when a trigger, an event trigger or a rule fires: the
 *		letters are the same.
 */
const char *
sd_enabled_state(char enabled)
{
	switch (enabled)
	{
		case TRIGGER_FIRES_ON_ORIGIN:
			return "origin";
		case TRIGGER_FIRES_ON_REPLICA:
			return "replica";
		case TRIGGER_FIRES_ALWAYS:
			return "always";
		case TRIGGER_DISABLED:
			return "disabled";
		default:
			elog(ERROR, "unrecognized state of a trigger or rule: %c", enabled);
			return NULL; /* keep compiler quiet */
	}
}
