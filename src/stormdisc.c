/*-------------------------------------------------------------------------
 *
 * stormdisc.c
 *	  Module magic and settings.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include <limits.h>

#include "fmgr.h"
#include "utils/builtins.h"
#include "utils/guc.h"
#include "utils/varlena.h"

#include "port/maintenance.h"
#include "port/wait.h"
#include "stormdisc.h"

#ifdef PG_MODULE_MAGIC_EXT
PG_MODULE_MAGIC_EXT(.name = "stormdisc", .version = STORMDISC_VERSION);
#else
PG_MODULE_MAGIC;
#endif

extern PGDLLEXPORT void _PG_init(void);

char *sd_setting_schemas = NULL;
int sd_setting_discovery_log_size = 1000;
int sd_setting_max_message_size = 16 * 1024;
int sd_setting_message_segment_period = 10;
int sd_setting_max_checkpoint_size = 65536;
int sd_setting_partitions_ahead = 3;
int sd_setting_partition_window = 366;
int sd_setting_partition_lock_timeout = 200;
int sd_setting_heartbeat_ttl = 60;
int sd_setting_retention_hours = 168;
int sd_setting_max_events_in_memory = 100000;
int sd_setting_edge_cycles = SD_CYCLES_REJECT;

static const struct config_enum_entry edge_cycles_values[] = {
	{"reject", SD_CYCLES_REJECT, false},
	{"quarantine", SD_CYCLES_QUARANTINE, false},
	{NULL, 0, false},
};

static bool check_schemas(char **newval, void **extra, GucSource source);

void
_PG_init(void)
{
	DefineCustomStringVariable(
		"stormdisc.schemas",
		"Schemas that are discovered when a call names none.",
		"A string that lists names, separated by commas.  An empty string means every user schema.",
		&sd_setting_schemas, "", PGC_USERSET, 0, check_schemas, NULL, NULL);

	DefineCustomIntVariable(
		"stormdisc.discovery_log_size",
		"Number of rows that stormdisc.discovery_log keeps.",
		"0 means that none are written.", &sd_setting_discovery_log_size, 1000,
		0, 1000000, PGC_SUSET, 0, NULL, NULL, NULL);

	DefineCustomIntVariable(
		"stormdisc.max_checkpoint_size",
		"Largest state or checkpoint of a component, and largest metadata of one.",
		NULL, &sd_setting_max_checkpoint_size, 65536, 1, 1048575, PGC_SUSET,
		GUC_UNIT_KB, NULL, NULL, NULL);

	DefineCustomIntVariable(
		"stormdisc.max_message_size",
		"Size of a message, and of its metadata, above which it is refused.",
		"0 means that there is no limit.", &sd_setting_max_message_size,
		16 * 1024, 0, 1024 * 1024, PGC_SUSET, GUC_UNIT_KB, NULL, NULL, NULL);

	DefineCustomIntVariable(
		"stormdisc.message_segment_period",
		"Time after which the states of messages go to another segment.",
		"The next segment is emptied whole before it is used again.",
		&sd_setting_message_segment_period, 10, 1, 3600, PGC_SUSET, GUC_UNIT_S,
		NULL, NULL, NULL);

	DefineCustomIntVariable(
		"stormdisc.partitions_ahead",
		"Number of days after today that maintenance makes partitions for.",
		NULL, &sd_setting_partitions_ahead, 3, 0, 366, PGC_USERSET, 0, NULL,
		NULL, NULL);

	DefineCustomIntVariable(
		"stormdisc.partition_window",
		"Number of days, before and after today, that may have a partition.",
		"Rows of other days stay in the default partition.",
		&sd_setting_partition_window, 366, 1, 36525, PGC_USERSET, 0, NULL, NULL,
		NULL);

	DefineCustomIntVariable(
		"stormdisc.partition_lock_timeout",
		"Longest time that making or dropping a partition waits for a lock.",
		"Others may have to wait as long behind it.",
		&sd_setting_partition_lock_timeout, 200, 1, 60000, PGC_USERSET,
		GUC_UNIT_MS, NULL, NULL, NULL);

	DefineCustomIntVariable(
		"stormdisc.heartbeat_ttl",
		"Time after which a component that says nothing is unknown.",
		"A heartbeat may say another.", &sd_setting_heartbeat_ttl, 60, 1,
		INT_MAX / 1000, PGC_USERSET, GUC_UNIT_S, NULL, NULL, NULL);

	DefineCustomIntVariable(
		"stormdisc.retention_hours",
		"Hours after its newest event that a trace is kept.",
		"stormdisc_cleanup_old_traces() may say another number.",
		&sd_setting_retention_hours, 168, 0, 1000 * 366 * 24, PGC_USERSET, 0,
		NULL, NULL, NULL);

	DefineCustomIntVariable(
		"stormdisc.max_events_in_memory",
		"Number of events above which the oldest traces are removed, in the storage \"memory\".",
		"0 means that there is no limit.", &sd_setting_max_events_in_memory,
		100000, 0, INT_MAX, PGC_SUSET, 0, NULL, NULL, NULL);

	DefineCustomEnumVariable(
		"stormdisc.edge_cycles",
		"What becomes of an edge that would close a cycle.",
		"It is an error, or the edge is stored and does not count.",
		&sd_setting_edge_cycles, SD_CYCLES_REJECT, edge_cycles_values,
		PGC_USERSET, 0, NULL, NULL, NULL);

	sd_wait_init();
	sd_worker_init();

	MarkGUCPrefixReserved("stormdisc");
}

/* Accept a well-formed list of names; that they exist is checked when used. */
static bool
check_schemas(char **newval, void **extra, GucSource source)
{
	List *names;

	if (!SplitIdentifierString(pstrdup(*newval), ',', &names))
	{
		GUC_check_errdetail("List syntax is invalid.");
		return false;
	}

	return true;
}
