/*-------------------------------------------------------------------------
 *
 * stormdisc.h
 *	  The extension's settings.
 *
 *-------------------------------------------------------------------------
 */
#ifndef STORMDISC_H
#define STORMDISC_H

/* stormdisc.schemas: the schemas that are discovered by default; '' is all */
extern char *sd_setting_schemas;

/* stormdisc.discovery_log_size: rows that stormdisc.discovery_log keeps */
extern int sd_setting_discovery_log_size;

/* stormdisc.max_message_size: of a message, in kB; 0 is no limit */
extern int sd_setting_max_message_size;

/* stormdisc.message_segment_period: of the rings of messages, in seconds */
extern int sd_setting_message_segment_period;

/* stormdisc.max_checkpoint_size: of a checkpoint or a state, in kilobytes */
extern int sd_setting_max_checkpoint_size;

/* stormdisc.partitions_ahead: days after today that get partitions */
extern int sd_setting_partitions_ahead;

/* stormdisc.partition_window: days from today that may have a partition */
extern int sd_setting_partition_window;

/* stormdisc.partition_lock_timeout: milliseconds */
extern int sd_setting_partition_lock_timeout;

/* stormdisc.heartbeat_ttl: seconds that a heartbeat holds by default */
extern int sd_setting_heartbeat_ttl;

/* stormdisc.retention_hours: hours that traces are kept by default */
extern int sd_setting_retention_hours;

/* stormdisc.max_events_in_memory: in the storage "memory"; 0 is no limit */
extern int sd_setting_max_events_in_memory;

/* stormdisc.edge_cycles: what becomes of an edge that would close a cycle */
typedef enum SdEdgeCycles
{
	SD_CYCLES_REJECT,
	SD_CYCLES_QUARANTINE
} SdEdgeCycles;

extern int sd_setting_edge_cycles;

#endif /* STORMDISC_H */
