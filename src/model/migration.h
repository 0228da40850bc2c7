/*-------------------------------------------------------------------------
 *
 * migration.h
 *	  The statements that lead from one document's schema to another's.
 *
 * migration_plan.c finds out what has to be done to each object: nothing, make
 * it, drop it, alter it, or replace it.  What can be altered is up to the
 * object's kind: each has a describer, which says how SQL names such an object,
 * and may have an alterer, which adds the steps of what has changed.  The rest
 * is done here: what stands in the way of a step is dropped before and made
 * again after it.
 *-------------------------------------------------------------------------
 */
#ifndef STORMDISC_MIGRATION_H
#define STORMDISC_MIGRATION_H

#include "model/ddl.h"
#include "model/diff.h"

/* when a step runs; each stage has its own order */
typedef enum SdMigrationStage
{
	SD_STAGE_SETTINGS,
	SD_STAGE_RENAME,
	SD_STAGE_RELEASE,  /* what would hold something that goes: defaults ... */
	SD_STAGE_DROP,	   /* in the reverse order of the old document */
	SD_STAGE_CHANGE,   /* in the order of the new document */
	SD_STAGE_VALIDATE, /* what reads all rows, and holds up nobody */
	SD_STAGE_FINISH	   /* what was needed on the way */
} SdMigrationStage;

typedef enum SdMigrationAction
{
	SD_ACTION_KEEP,
	SD_ACTION_CREATE,
	SD_ACTION_DROP,
	SD_ACTION_ALTER,
	SD_ACTION_REPLACE
} SdMigrationAction;

typedef struct SdMigrationOptions
{
	bool destructive;
	bool concurrently;
	JsonbContainer *renames; /* NULL: none */
} SdMigrationOptions;

typedef struct SdMigrationObject SdMigrationObject;
typedef struct SdMigrationTable SdMigrationTable;

/* a statement with what it takes */
typedef struct SdMigrationStep
{
	SdMigrationObject *object;
	SdMigrationStage stage;
	int position; /* in its stage; -1: that of the object */
	int number;	  /* in which order steps were added */
	char *statement;
	SdSeverity severity;
	const char *lock; /* strongest one on a table that was there before */
	bool rewrites;
	bool destructive;
	bool alone; /* cannot be in a transaction with others */
	bool commit_before;
	bool is_skipped;
	int rank; /* among those in its place: -1 is first, 2 and more are last */
	const char *new_label;	   /* of an enum: not to be used before a commit */
	SdMigrationObject *unless; /* nothing is to be done if this goes */
	const char *why;		   /* NULL: nothing to add */
} SdMigrationStep;

struct SdMigrationObject
{
	const char *kind; /* of the document; columns are their table's */
	const char *old_identity;
	const char *new_identity;
	JsonbContainer *old_object; /* NULL: it is not in the old document */
	JsonbContainer *new_object;
	SdMigrationAction action;
	List *changes;	 /* of SdDiffRow *: attributes, columns, partitions */
	List *old_nodes; /* of SdDdlNode *, in their order */
	List *new_nodes;
	int old_position; /* of the first node, or of the table that it is in */
	int new_position;
	SdDdlItem *new_item;	 /* of a check: what stands in its table */
	List *steps;			 /* of SdMigrationStep *, of the alterer */
	List *dependents;		 /* of SdMigrationObject *, in the old document */
	List *new_dependents;	 /* likewise, in the new document */
	List *needs;			 /* likewise: what it depends on */
	SdMigrationTable *table; /* of a table: what happens to its columns */
	bool is_blocked;		 /* it stays as it is */
	bool is_swapped;		 /* a type that is used while it is replaced */
	bool is_late;			 /* one that is used until it is dropped */
	const char *reason;		 /* why, if the difference does not say it */
	bool is_listed;
	bool is_released; /* default privileges that are gone for a while */
};

typedef struct SdMigration
{
	SdMigrationOptions options;
	Jsonb *documents[2]; /* old, new */
	int versions[2];
	SdDdl *ddl[2];
	SdDiffResult *diff;
	HTAB *objects[2];	/* by kind and identity */
	HTAB *foreign_keys; /* of the old document, by table; NULL: not read */
	List *all;			/* of SdMigrationObject * that have something to do */
	List *diff_owners;	/* likewise: that get another owner */
	List *leaving;		/* likewise: that go, and whose dependents do not yet */
	List *steps;		/* of SdMigrationStep *, of all objects */
	int nsteps;
	bool is_decided; /* what stays because rows would be lost */
} SdMigration;

/* how SQL names an object: COMMENT ON what name, ALTER what name, DROP ... */
typedef struct SdMigrationName
{
	const char *what;
	const char *name;
	const char *table; /* of a constraint, which is not dropped like that */
} SdMigrationName;

typedef bool (*SdMigrationDescriber)(JsonbContainer *object, const char *key,
									 const char *what, SdMigrationName *name);

/*
 * Adds the steps for an object that both documents have, and removes from its
 * list of changes those that are done by them.  If there are any left, the
 * object is replaced instead, and the steps are forgotten.
 */
typedef void (*SdMigrationAlterer)(SdMigration *migration,
								   SdMigrationObject *object);

typedef struct SdMigrationKind
{
	const char *name;
	SdMigrationDescriber describe; /* NULL: it has no name of its own */
	const char *key;			   /* the member that is its name */
	const char *what;			   /* what SQL calls it */
	SdMigrationAlterer alter;	   /* NULL: nothing but comments and owners */
} SdMigrationKind;

/* migration_kinds.c */
extern const SdMigrationKind *sd_migration_kind(const char *name);
extern bool sd_migration_name(const SdMigrationObject *object, bool is_new,
							  SdMigrationName *name);

/* migration_steps.c */
extern SdMigrationStep *
sd_migration_step(SdMigration *migration, SdMigrationObject *object,
				  SdMigrationStage stage, const char *format, ...)
	pg_attribute_printf(4, 5);
extern const char *sd_migration_lock(const char *statement);
extern SdDiffRow *sd_migration_change(const SdMigrationObject *object,
									  const char *attribute);
extern SdDiffRow *sd_migration_change_among(List *changes, const char *kind,
											const char *attribute);
extern bool sd_migration_take(SdMigrationObject *object, const char *attribute);
extern bool sd_migration_only(SdMigrationObject *object,
							  const char *const *attributes);

extern const char *sd_migration_column_name(const char *identity);
extern void sd_migration_malformed(const char *kind, const char *identity);

/* migration_renames.c */
extern void sd_migration_rename(SdMigration *migration);

/* migration_plan.c */
extern void sd_migration_plan(SdMigration *migration);
extern SdMigrationObject *sd_migration_find(SdMigration *migration, bool is_new,
											const char *kind,
											const char *identity);
extern uint64 sd_migration_hash(const char *kind, const char *identity);
extern SdMigrationObject *sd_migration_object_of(SdMigration *migration,
												 bool is_new, SdDdlNode *node);
extern SdMigrationObject *sd_migration_get(SdMigration *migration, bool is_new,
										   const char *kind,
										   const char *identity);
extern SdMigrationObject *
sd_migration_target(SdMigration *migration, bool is_new, const char *identity);
extern void sd_migration_leave(SdMigration *migration,
							   SdMigrationObject *object, const char *reason);
extern void sd_migration_say_again(SdMigration *migration,
								   SdMigrationObject *object);

/* migration_blocks.c */
extern void sd_migration_block(SdMigration *migration);
extern bool sd_migration_moves_values(const SdMigrationObject *object);

/* migration_names.c */
extern void sd_migration_rename_numbered(SdMigration *migration);

/* migration_partitions.c */
extern void sd_migration_order_partitions(SdMigration *migration, bool is_new);
extern void sd_migration_leave_lonely_indexes(SdMigration *migration);
extern void sd_migration_leave_unlike_checks(SdMigration *migration);
extern void sd_migration_leave_unvalidated_checks(SdMigration *migration);
extern bool sd_migration_has_foreign_key(SdMigration *migration,
										 SdMigrationObject *object);
extern void sd_migration_drop_foreign_keys(SdMigration *migration,
										   SdMigrationObject *table,
										   int position);

/* the alterers */
extern void sd_migration_alter_table(SdMigration *migration,
									 SdMigrationObject *object);
extern void sd_migration_alter_constraint(SdMigration *migration,
										  SdMigrationObject *object);
extern void sd_migration_alter_index(SdMigration *migration,
									 SdMigrationObject *object);
extern void sd_migration_alter_sequence(SdMigration *migration,
										SdMigrationObject *object);

#endif /* STORMDISC_MIGRATION_H */
