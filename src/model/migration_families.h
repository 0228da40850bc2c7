/*-------------------------------------------------------------------------
 *
 * migration_families.h
 *	  What a migration alters of objects other than tables.
 *
 *-------------------------------------------------------------------------
 */
#ifndef STORMDISC_MIGRATION_FAMILIES_H
#define STORMDISC_MIGRATION_FAMILIES_H

#include "model/migration.h"

/* migration_util.c */
extern bool sd_migration_same(const char *a, const char *b);
extern bool sd_migration_has_text(List *texts, const char *text);
extern bool sd_migration_has_query(const SdMigrationObject *object);
extern bool sd_migration_take_all(SdMigrationObject *object,
								  const char *const *attributes);
extern void sd_migration_comment(SdMigration *migration,
								 SdMigrationObject *object, const char *what,
								 const char *name, const char *comment);
extern char *sd_migration_foreign_options(List *olds, List *news);
extern void sd_migration_storage_options(SdMigration *migration,
										 SdMigrationObject *object,
										 const char *what, const char *name,
										 List *olds, List *news);
extern void sd_migration_enabled(SdMigration *migration,
								 SdMigrationObject *object, const char *table,
								 const char *what, const char *name);

/* the alterers */
#define SD_MIGRATION_ALTERER(name)                                             \
	extern void sd_migration_alter_##name(SdMigration *migration,              \
										  SdMigrationObject *object)

SD_MIGRATION_ALTERER(event_trigger);
SD_MIGRATION_ALTERER(extension);
SD_MIGRATION_ALTERER(foreign_server);
SD_MIGRATION_ALTERER(function);
SD_MIGRATION_ALTERER(language);
SD_MIGRATION_ALTERER(operator);
SD_MIGRATION_ALTERER(operator_class);
SD_MIGRATION_ALTERER(policy);
SD_MIGRATION_ALTERER(publication);
SD_MIGRATION_ALTERER(rule);
SD_MIGRATION_ALTERER(security_label);
SD_MIGRATION_ALTERER(statistics);
SD_MIGRATION_ALTERER(subscription);
SD_MIGRATION_ALTERER(text_search);
SD_MIGRATION_ALTERER(transform);
SD_MIGRATION_ALTERER(trigger);
SD_MIGRATION_ALTERER(type);
SD_MIGRATION_ALTERER(view);

/* migration_functions.c */
extern void sd_migration_drop_promised(SdMigration *migration,
									   SdMigrationObject *object);

/* migration_privileges.c */
extern void sd_migration_privileges(SdMigration *migration);

#endif /* STORMDISC_MIGRATION_FAMILIES_H */
