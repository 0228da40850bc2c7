/*-------------------------------------------------------------------------
 *
 * maintenance.h
 *	  What has to be done now and then, rule by rule.
 *
 *-------------------------------------------------------------------------
 */
#ifndef STORMDISC_PORT_MAINTENANCE_H
#define STORMDISC_PORT_MAINTENANCE_H

#include "datatype/timestamp.h"
#include "utils/snapshot.h"

/* rows that one rule removes or moves in one go, by default */
#define SD_MAINTENANCE_ROWS 10000

/* one run */
typedef struct SdMaintenance
{
	TimestampTz now;
	bool dry_run;
	int64 max_rows; /* of each rule */
} SdMaintenance;

/* what a rule has done */
typedef struct SdMaintenanceResult
{
	const char *rule;
	const char *relation;
	const char *action;
	int64 rows;
	bool is_done;	/* there is nothing left to do */
	bool is_moving; /* something was done, rows or not */
	bool is_failed; /* sqlstate and message are those of an error */
	int sqlstate;
	const char *message; /* or NULL */
} SdMaintenanceResult;

/* why nothing can be done now, or NULL; if NULL it is this session's turn */
extern const char *sd_maintenance_begin(void);

extern Snapshot sd_maintenance_snapshot(void);
extern int sd_maintenance_rules(void);
extern const char *sd_maintenance_rule_name(int rule);
extern void sd_maintenance_run(const SdMaintenance *run, int rule,
							   SdMaintenanceResult *result);

/* worker.c */
extern void sd_worker_init(void);

#endif /* STORMDISC_PORT_MAINTENANCE_H */
