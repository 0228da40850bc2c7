/*-------------------------------------------------------------------------
 *
 * migration_steps.c
 *	  The steps of a migration, and what they take.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "lib/stringinfo.h"

#include "model/migration.h"

/* a statement begins with one text and has the other in it */
typedef struct LockWord
{
	const char *start;
	const char *within; /* NULL: anything */
	const char *lock;
} LockWord;

#define ACCESS_EXCLUSIVE "ACCESS EXCLUSIVE"
#define SHARE_ROW_EXCLUSIVE "SHARE ROW EXCLUSIVE"
#define SHARE_UPDATE_EXCLUSIVE "SHARE UPDATE EXCLUSIVE"
#define SHARE "SHARE"

/* the first that fits counts */
static const LockWord lock_words[] = {
	{"ALTER TABLE ", " VALIDATE CONSTRAINT ", SHARE_UPDATE_EXCLUSIVE},
	{"ALTER TABLE ", " SET STATISTICS ", SHARE_UPDATE_EXCLUSIVE},
	{"ALTER TABLE ", " CLUSTER ON ", SHARE_UPDATE_EXCLUSIVE},
	{"ALTER TABLE ", " SET WITHOUT CLUSTER", SHARE_UPDATE_EXCLUSIVE},
	{"ALTER TABLE ", " ENABLE TRIGGER ", SHARE_ROW_EXCLUSIVE},
	{"ALTER TABLE ", " ENABLE ALWAYS TRIGGER ", SHARE_ROW_EXCLUSIVE},
	{"ALTER TABLE ", " ENABLE REPLICA TRIGGER ", SHARE_ROW_EXCLUSIVE},
	{"ALTER TABLE ", " DISABLE TRIGGER ", SHARE_ROW_EXCLUSIVE},
	{"ALTER TABLE ", " FOREIGN KEY ", SHARE_ROW_EXCLUSIVE},
	{"ALTER TABLE ", NULL, ACCESS_EXCLUSIVE},
	{"ALTER FOREIGN TABLE ", NULL, ACCESS_EXCLUSIVE},
	{"ALTER VIEW ", NULL, ACCESS_EXCLUSIVE},
	{"ALTER MATERIALIZED VIEW ", NULL, ACCESS_EXCLUSIVE},
	{"ALTER INDEX ", " SET TABLESPACE ", ACCESS_EXCLUSIVE},
	{"ALTER INDEX ", NULL, SHARE_UPDATE_EXCLUSIVE},
	{"ALTER SEQUENCE ", " OWNER TO ", ACCESS_EXCLUSIVE},
	{"ALTER SEQUENCE ", " SET LOGGED", ACCESS_EXCLUSIVE},
	{"ALTER SEQUENCE ", " SET UNLOGGED", ACCESS_EXCLUSIVE},
	{"ALTER SEQUENCE ", NULL, SHARE_ROW_EXCLUSIVE},
	{"ALTER POLICY ", NULL, ACCESS_EXCLUSIVE},
	{"ALTER TRIGGER ", NULL, ACCESS_EXCLUSIVE},
	{"ALTER RULE ", NULL, ACCESS_EXCLUSIVE},
	{"CREATE INDEX CONCURRENTLY ", NULL, SHARE_UPDATE_EXCLUSIVE},
	{"CREATE UNIQUE INDEX CONCURRENTLY ", NULL, SHARE_UPDATE_EXCLUSIVE},
	{"CREATE INDEX ", NULL, SHARE},
	{"CREATE UNIQUE INDEX ", NULL, SHARE},
	{"CREATE TRIGGER ", NULL, SHARE_ROW_EXCLUSIVE},
	{"CREATE OR REPLACE TRIGGER ", NULL, SHARE_ROW_EXCLUSIVE},
	{"CREATE CONSTRAINT TRIGGER ", NULL, SHARE_ROW_EXCLUSIVE},
	{"CREATE POLICY ", NULL, ACCESS_EXCLUSIVE},
	{"CREATE RULE ", NULL, ACCESS_EXCLUSIVE},
	{"CREATE OR REPLACE RULE ", NULL, ACCESS_EXCLUSIVE},
	{"CREATE OR REPLACE VIEW ", NULL, ACCESS_EXCLUSIVE},
	{"CREATE STATISTICS ", NULL, SHARE_UPDATE_EXCLUSIVE},
	{"DROP INDEX CONCURRENTLY ", NULL, SHARE_UPDATE_EXCLUSIVE},
	{"DROP INDEX ", NULL, ACCESS_EXCLUSIVE},
	{"DROP TABLE ", NULL, ACCESS_EXCLUSIVE},
	{"DROP FOREIGN TABLE ", NULL, ACCESS_EXCLUSIVE},
	{"DROP VIEW ", NULL, ACCESS_EXCLUSIVE},
	{"DROP MATERIALIZED VIEW ", NULL, ACCESS_EXCLUSIVE},
	{"DROP SEQUENCE ", NULL, ACCESS_EXCLUSIVE},
	{"DROP TRIGGER ", NULL, ACCESS_EXCLUSIVE},
	{"DROP RULE ", NULL, ACCESS_EXCLUSIVE},
	{"DROP POLICY ", NULL, ACCESS_EXCLUSIVE},
	{"DROP STATISTICS ", NULL, SHARE_UPDATE_EXCLUSIVE},
	{"REFRESH MATERIALIZED VIEW ", NULL, ACCESS_EXCLUSIVE},
	{"COMMENT ON TABLE ", NULL, SHARE_UPDATE_EXCLUSIVE},
	{"COMMENT ON COLUMN ", NULL, SHARE_UPDATE_EXCLUSIVE},
	{"COMMENT ON CONSTRAINT ", NULL, SHARE_UPDATE_EXCLUSIVE},
	{"COMMENT ON INDEX ", NULL, SHARE_UPDATE_EXCLUSIVE},
	{"COMMENT ON VIEW ", NULL, SHARE_UPDATE_EXCLUSIVE},
	{"COMMENT ON MATERIALIZED VIEW ", NULL, SHARE_UPDATE_EXCLUSIVE},
	{"COMMENT ON SEQUENCE ", NULL, SHARE_UPDATE_EXCLUSIVE},
	{"COMMENT ON FOREIGN TABLE ", NULL, SHARE_UPDATE_EXCLUSIVE},
	{"COMMENT ON RULE ", NULL, SHARE_UPDATE_EXCLUSIVE},
	{"COMMENT ON TRIGGER ", NULL, SHARE_UPDATE_EXCLUSIVE},
	{"COMMENT ON POLICY ", NULL, SHARE_UPDATE_EXCLUSIVE},
};

/*
 * sd_migration_step
 *		Add a step to an object, without semicolon.
 *
 * It is safe, and has the lock that such statements have; the caller may say
 * otherwise.
 */
SdMigrationStep *
sd_migration_step(SdMigration *migration, SdMigrationObject *object,
				  SdMigrationStage stage, const char *format, ...)
{
	SdMigrationStep *step = palloc0(sizeof(SdMigrationStep));
	StringInfoData text;

	initStringInfo(&text);
	for (;;)
	{
		va_list args;
		int needed;

		va_start(args, format);
		needed = appendStringInfoVA(&text, format, args);
		va_end(args);
		if (needed == 0)
			break;
		enlargeStringInfo(&text, needed);
	}

	step->object = object;
	step->stage = stage;
	step->position = -1;
	step->number = migration->nsteps++;
	step->statement = text.data;
	step->severity = SD_SEVERITY_SAFE;
	step->lock = sd_migration_lock(text.data);
	object->steps = lappend(object->steps, step);

	return step;
}

/*
 * sd_migration_lock
 *		The strongest lock that such a statement takes on a table, or NULL.
 */
const char *
sd_migration_lock(const char *statement)
{
	for (int i = 0; i < lengthof(lock_words); i++)
	{
		const LockWord *word = &lock_words[i];

		if (strncmp(statement, word->start, strlen(word->start)) == 0 &&
			(word->within == NULL || strstr(statement, word->within) != NULL))
			return word->lock;
	}

	return NULL;
}

/* sd_migration_change: The change of an attribute of the object itself. */
SdDiffRow *
sd_migration_change(const SdMigrationObject *object, const char *attribute)
{
	return sd_migration_change_among(object->changes, object->kind, attribute);
}

/*
 * sd_migration_change_among
 *		The first change of an attribute of that name, or NULL; of objects of a
 *		kind, or of all if that is NULL.
 */
SdDiffRow *
sd_migration_change_among(List *changes, const char *kind,
						  const char *attribute)
{
	ListCell *lc;

	foreach (lc, changes)
	{
		SdDiffRow *row = lfirst(lc);

		if (row->attribute != NULL &&
			(kind == NULL || sd_ddl_compare(row->kind, kind) == 0) &&
			sd_ddl_compare(row->attribute, attribute) == 0)
			return row;
	}

	return NULL;
}

/*
 * sd_migration_take
 *		Has the attribute changed?  Then it is done now.
 */
bool
sd_migration_take(SdMigrationObject *object, const char *attribute)
{
	SdDiffRow *row = sd_migration_change(object, attribute);

	if (row == NULL)
		return false;
	object->changes = list_delete_ptr(object->changes, row);

	return true;
}

/* sd_migration_only: Has nothing changed but these?  NULL ends the list. */
bool
sd_migration_only(SdMigrationObject *object, const char *const *attributes)
{
	ListCell *lc;

	foreach (lc, object->changes)
	{
		SdDiffRow *row = lfirst(lc);
		bool found = false;

		for (int i = 0; attributes[i] != NULL && !found; i++)
			found = row->attribute != NULL &&
					sd_ddl_compare(row->attribute, attributes[i]) == 0;
		if (!found)
			return false;
	}

	return true;
}

/* sd_migration_column_name: Of "schema.table.column" the last part, raw. */
const char *
sd_migration_column_name(const char *identity)
{
	List *names = sd_sql_identifiers(identity);

	if (list_length(names) != 3)
		sd_migration_malformed("columns", identity);

	return lthird(names);
}

/* sd_migration_malformed: Raise an error about an object of a document. */
void
sd_migration_malformed(const char *kind, const char *identity)
{
	ereport(ERROR, errcode(ERRCODE_INVALID_PARAMETER_VALUE),
			errmsg("\"%s\" in \"%s\" of the document is not what it should be",
				   identity, kind),
			errhint("The document must be one that stormdisc_schema() has "
					"returned."));
}
