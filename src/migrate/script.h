/*-------------------------------------------------------------------------
 *
 * script.h
 *	  The scripts of migrations.
 *
 *-------------------------------------------------------------------------
 */
#ifndef STORMDISC_SCRIPT_H
#define STORMDISC_SCRIPT_H

#include "datatype/timestamp.h"
#include "nodes/pg_list.h"
#include "utils/jsonb.h"

#include "migrate/split_sql.h"

/* how the scripts of a migration are run; NULL is as the session has it */
typedef struct SdScriptOptions
{
	const char *search_path;
	const char *lock_timeout;
	bool in_transaction; /* every statement can run in one */
} SdScriptOptions;

/* some statements that are one transaction, or one that can be in none */
typedef struct SdScriptStep
{
	int first; /* of the statements */
	int count;
	const char *outside; /* command that can run in no transaction, or NULL */
} SdScriptStep;

typedef struct SdScript
{
	const char *name; /* for messages: "up script of migration 3" */
	SdScriptOptions options;
	List *statements; /* of SdSqlStatement * */
	int nsteps;
	SdScriptStep *steps;
} SdScript;

/* called after each statement of a script */
typedef void (*SdStatementHandler)(const SdSqlStatement *statement, int number,
								   TimestampTz started, void *arg);

extern void sd_script_options(SdScriptOptions *options, Jsonb *given);
extern SdScript *sd_script_parse(const char *name, const char *sql,
								 const SdScriptOptions *options);
extern void sd_script_run(const SdScript *script, const SdScriptStep *step,
						  SdStatementHandler handler, void *arg);
extern void sd_script_check_constraints(const SdScript *script);
extern char *sd_script_checksum(const char *sql);

#endif /* STORMDISC_SCRIPT_H */
