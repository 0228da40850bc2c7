/*-------------------------------------------------------------------------
 *
 * migrate.h
 *	  What the functions about migrations share.
 *
 *-------------------------------------------------------------------------
 */
#ifndef STORMDISC_MIGRATE_H
#define STORMDISC_MIGRATE_H

#include "datatype/timestamp.h"
#include "fmgr.h"
#include "lib/stringinfo.h"
#include "utils/array.h"

#include "migrate/script.h"

/* of the database's schema; that of the extension is stormdisc */
#define SD_SCHEMA_COMPONENT "schema"

/* a version: its migration, and whether it is applied */
typedef struct SdVersion
{
	int number;
	bool is_registered;
	const char *description;
	const char *up_checksum;   /* as registered */
	const char *down_checksum; /* NULL: there is none */
	bool has_down;
	bool may_change; /* another text was accepted beforehand */
	bool was_reverted;
	SdScriptOptions options;
	/* of one that is applied */
	const char *kind; /* migration, base or baseline; NULL if it is not */
	const char *applied_checksum;
	const char *applied_down_checksum;
	TimestampTz applied_at;
	const char *applied_by;
	Interval *duration;
	ArrayType *tables; /* that it has changed; NULL: nobody knows */
	/* of one that is half-way */
	const char *direction; /* up or down; NULL if it is not */
	const char *progress_checksum;
	int next_step;
	int nsteps;
	Interval *progress_duration;
	TimestampTz progress_at; /* when the last step was done */
} SdVersion;

/* all versions, in their order */
typedef struct SdHistory
{
	int count;
	SdVersion *versions;
	int current;   /* the highest that is applied, or 0 */
	int baseline;  /* that of the baseline, or 0 */
	int highest;   /* of all that are registered, or current */
	bool is_empty; /* nothing is applied, no base either */
} SdHistory;

typedef struct SdRepeatable
{
	const char *name;
	const char *sql;
	const char *checksum;
	const char *applied_checksum; /* NULL: it was never run */
	TimestampTz applied_at;
	const char *applied_by;
	Interval *duration;
	SdScriptOptions options;
} SdRepeatable;

/* an entry of the log; what is not there is NULL, or 0 */
typedef struct SdLogEntry
{
	const char *action;
	int version; /* -1: none */
	const char *name;
	Interval *duration;
	const char *sqlstate;
	const char *message;
	Jsonb *details;
} SdLogEntry;

/* history.c */
extern void sd_history_read(SdHistory *history);
extern SdVersion *sd_history_find(const SdHistory *history, int number);
extern int sd_history_before(const SdHistory *history, int number);
extern const char *sd_history_status(const SdHistory *history,
									 const SdVersion *version);
extern bool sd_history_is_diverged(const SdVersion *version);
extern List *sd_history_repeatables(void);
extern bool sd_repeatable_is_pending(const SdRepeatable *repeatable);

/* bookkeeping.c */
extern bool sd_migrations_try_lock(void);
extern void sd_migrations_lock(void);
extern void sd_migrations_log(const SdLogEntry *entry);
extern void sd_migrations_log_failure(const SdLogEntry *entry);
extern char *sd_migrations_role(void);
extern char *sd_migration_read(int version, bool up, SdScriptOptions *options);
extern void sd_migration_keep(int version);
extern void sd_migration_applied(const SdVersion *version, const char *kind,
								 const char *checksum, Interval *duration,
								 const char *fingerprint, ArrayType *tables);
extern void sd_migration_reverted(int version);
extern void sd_migration_progress(const SdVersion *version,
								  const char *direction, const char *checksum,
								  int next_step, int nsteps, Interval *duration,
								  Jsonb *document);
extern Jsonb *sd_migration_before(int version);
extern void sd_migration_no_progress(int version);
extern void sd_repeatable_applied(const SdRepeatable *repeatable,
								  Interval *duration);
extern Jsonb *sd_migrated_read(FunctionCallInfo fcinfo, Jsonb **scope);
extern void sd_migrated_keep(int version, Jsonb *scope, Jsonb *document);
extern Jsonb *sd_migrated_stored(int *version, Jsonb **scope);
extern Interval *sd_interval_since(TimestampTz started);

/* changed_tables.c */
extern ArrayType *sd_changed_tables(Jsonb *old_document, Jsonb *new_document);

#endif /* STORMDISC_MIGRATE_H */
