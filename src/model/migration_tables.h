/*-------------------------------------------------------------------------
 *
 * migration_tables.h
 *	  What a migration does to tables, and to what stands on them.
 *
 *-------------------------------------------------------------------------
 */
#ifndef STORMDISC_MIGRATION_TABLES_H
#define STORMDISC_MIGRATION_TABLES_H

#include "model/migration.h"

/* a column of a table that is altered */
typedef struct SdMigrationColumn
{
	const char *name;
	JsonbContainer *old_column; /* NULL: it is new */
	JsonbContainer *new_column; /* NULL: it is no longer there */
	List *changes;				/* of SdDiffRow * */
	bool is_dropped;			/* if it is also added, it is made again */
	bool is_added;
	bool is_retyped;
	bool is_suspended; /* its default goes for a while */
	bool is_lossy;	   /* values are lost */
	bool is_blocked;
	const char *reason;
} SdMigrationColumn;

struct SdMigrationTable
{
	List *columns;	  /* of SdMigrationColumn * */
	List *changes;	  /* of SdDiffRow *: those of the table itself */
	List *reattached; /* of const char *: parents that go for a while */
	bool is_attached_again;
	bool is_typed_again;
};

/* migration_tables.c */
extern SdMigrationColumn *sd_migration_get_column(SdMigrationObject *table,
												  const char *name);
extern SdMigrationTable *sd_migration_table_plan(SdMigrationObject *table);
extern bool sd_migration_stays_child(SdMigrationObject *table,
									 const char *parent);
extern const char *sd_migration_table_name(SdMigrationObject *table);
extern const char *sd_migration_table_word(SdMigrationObject *table);
extern List *sd_migration_parents(JsonbContainer *table);
extern SdMigrationObject *sd_migration_top_of_check(SdMigration *migration,
													SdMigrationObject *object,
													int *depth);
extern SdMigrationColumn *sd_migration_find_column(SdMigrationObject *table,
												   const char *name);
extern void sd_migration_reset_storage(SdMigration *migration,
									   SdMigrationObject *table);
extern void sd_migration_table_steps(SdMigration *migration,
									 SdMigrationObject *table);
extern void sd_migration_order_parents(SdMigration *migration);
extern bool sd_migration_stays_partition(SdMigration *migration,
										 SdMigrationObject *object);
extern bool sd_migration_gets_parent(SdMigrationObject *table);
extern bool sd_migration_stays_inherited(SdMigration *migration,
										 SdMigrationObject *table,
										 const char *constraint);
extern SdMigrationObject *sd_migration_table_of(SdMigration *migration,
												SdMigrationObject *object);
extern SdMigrationObject *sd_migration_new_table_of(SdMigration *migration,
													SdMigrationObject *object);
extern void sd_migration_let_children_leave(SdMigration *migration,
											SdMigrationObject *check,
											SdMigrationStep *step);
extern bool sd_migration_is_part(const SdMigrationObject *object);
extern bool sd_migration_is_implied(SdMigration *migration,
									SdMigrationObject *object);
extern SdMigrationStep *
sd_migration_reset_column_options(SdMigration *migration,
								  SdMigrationObject *object);
extern const char *sd_migration_swap_name(SdMigration *migration,
										  SdMigrationObject *object);

/* migration_columns.c */
extern void sd_migration_column_steps(SdMigration *migration,
									  SdMigrationObject *table);
extern void sd_migration_keep_columns(SdMigration *migration,
									  SdMigrationObject *table);
extern bool sd_migration_test_uncomputed(SdMigrationColumn *column);
extern void sd_migration_tell_of_own_columns(SdMigration *migration,
											 SdMigrationObject *table);
extern const char *sd_migration_usual_storage(SdMigration *migration,
											  const char *type);

/* migration_losses.c */
extern bool sd_migration_is_bound_to_columns(SdMigrationObject *dependent);
extern void sd_migration_table_loses(SdMigration *migration,
									 SdMigrationObject *table,
									 SdMigrationObject *lost);
extern void sd_migration_leaves_with(SdMigration *migration,
									 SdMigrationObject *object);
extern void sd_migration_column_leaves(SdMigration *migration,
									   SdMigrationObject *table,
									   SdMigrationColumn *column);

/* migration_constraints.c */
extern void sd_migration_make_constraint(SdMigration *migration,
										 SdMigrationObject *object);

#endif /* STORMDISC_MIGRATION_TABLES_H */
