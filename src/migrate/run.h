/*-------------------------------------------------------------------------
 *
 * run.h
 *	  Applying and reverting migrations.
 *
 *-------------------------------------------------------------------------
 */
#ifndef STORMDISC_RUN_H
#define STORMDISC_RUN_H

#include "migrate/migrate.h"

typedef enum SdDirection
{
	SD_UP,
	SD_DOWN
} SdDirection;

typedef enum SdTaskKind
{
	SD_TASK_BASE,
	SD_TASK_UP,
	SD_TASK_DOWN,
	SD_TASK_REPEATABLE
} SdTaskKind;

/* a script that is to be run */
typedef struct SdTask
{
	SdTaskKind kind;
	SdVersion *version;		  /* NULL: of a repeatable script */
	SdRepeatable *repeatable; /* NULL: of a migration */
	const char *checksum;
	SdScript *script; /* NULL until it is read */
	/* once it is done */
	Interval *duration;
	const char *fingerprint;
	int end_version; /* that the schema is at then */
} SdTask;

/* a call */
typedef struct SdRun
{
	FunctionCallInfo fcinfo;
	SdHistory history;
	bool goes_on;	 /* with a migration that is half-way */
	List *tasks;	 /* of SdTask * */
	Jsonb *scope;	 /* of the document */
	Jsonb *document; /* as it was read last; NULL: there is nothing */
	bool has_document;
	int end_version;
} SdRun;

extern void sd_run_begin(SdRun *run, FunctionCallInfo fcinfo,
						 const char *function);
extern void sd_run_lock(SdRun *run, FunctionCallInfo fcinfo,
						const char *function);
extern void sd_run_check_nesting(void);
extern void sd_run_check_history(const SdRun *run, SdDirection direction);
extern void sd_run_plan_up(SdRun *run, int target);
extern void sd_run_plan_down(SdRun *run, int target);
extern void sd_run_read_document(SdRun *run);
extern Jsonb *sd_run_document_before(const SdRun *run);
extern void sd_run_step(SdRun *run, const SdScript *script,
						const SdScriptStep *step, SdStatementHandler handler,
						void *arg);
extern void sd_run_end_step(SdRun *run, const SdScript *script);
extern void sd_run_keep_document(SdRun *run, int version);
extern void sd_task_parse(SdTask *task);
extern void sd_task_refuse_outside(const SdTask *task, const char *hint);
extern void sd_task_finish(SdRun *run, SdTask *task);

#endif /* STORMDISC_RUN_H */
