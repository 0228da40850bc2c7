/*-------------------------------------------------------------------------
 *
 * migration_renames.h
 *	  Renames of a migration under way; for those who rename only.
 *
 *-------------------------------------------------------------------------
 */
#ifndef STORMDISC_MIGRATION_RENAMES_H
#define STORMDISC_MIGRATION_RENAMES_H

#include "lib/stringinfo.h"
#include "utils/hsearch.h"

#include "model/migration.h"
#include "model/other_names.h"
#include "model/renamed_text.h"

/* which names must differ from one another */
typedef enum SdNameSpace
{
	SD_SPACE_NONE,		/* the name follows from others */
	SD_SPACE_PLAIN,		/* of a kind that is in no schema */
	SD_SPACE_RELATIONS, /* tables, views, indexes, sequences, types */
	SD_SPACE_FUNCTIONS,
	SD_SPACE_SCHEMA, /* of another kind in a schema */
	SD_SPACE_TABLE,	 /* of a kind that stands on tables */
	SD_SPACE_COLUMNS
} SdNameSpace;

typedef struct SdRenamedKind
{
	const char *kind;
	SdNameSpace space;
	const char *key; /* the member that is the name */
} SdRenamedKind;

/* an object, and what it is to be called; names are raw */
typedef struct SdRename
{
	const SdRenamedKind *kind;
	const char *from; /* identities */
	const char *to;
	JsonbContainer *object; /* in the old document; of columns: the table */
	const char *object_kind;
	const char *table; /* of columns and what stands on a table: its identity */
	const char *schema;
	const char *name;
	const char *to_schema;
	const char *to_name;
	bool is_implied; /* the server does it along with another */
	/* while the statements are made */
	const char *schema_now;
	const char *name_now;
	int state; /* 0: not begun, 1: waits for another, 2: done */
} SdRename;

/* what the first letter of a text is for */
#define SD_RENAMES_OBJECT 'o'	/* kind and identity: SdRename */
#define SD_RENAMES_RELATION 'r' /* schema and name: SdRename */
#define SD_RENAMES_FUNCTION 'f'
#define SD_RENAMES_TOUCHED 't'	/* schema and name: SdRenamedRelation */
#define SD_RENAMES_WORD 'w'		/* column: anything */
#define SD_RENAMES_CHILDREN 'c' /* schema and name: List of tables */
#define SD_RENAMES_TARGET 'n'	/* name space and identity: SdRename */
#define SD_RENAMES_PENDING 'p'

typedef struct SdRenames
{
	SdMigration *migration;
	JsonbContainer *old_root;
	JsonbContainer *new_root;
	HTAB *names;
	StringInfoData key;
	SdSchemaMap map;
	SdRenamedNames touched;
	List *members;	   /* of SdRename *: those that the caller wants */
	List *descendants; /* likewise: columns that follow */
	bool has_children;
	bool is_touched;   /* what a text names */
	int position;	   /* of the next statement */
	List *new_schemas; /* that are made first, raw */
} SdRenames;

/* migration_renames.c */
extern void *sd_renames_get(SdRenames *renames, char what, const char *a,
							const char *b);
extern const SdRenamedKind *sd_renames_kind(const char *name);
extern JsonbContainer *sd_renames_find_object(JsonbContainer *root,
											  const char *kind,
											  const char *identity);
extern const char *sd_renames_identity_now(SdRenames *renames, const char *kind,
										   const char *identity);

/* renamed_document.c */
extern Jsonb *sd_renamed_document(SdRenames *renames);

#endif /* STORMDISC_MIGRATION_RENAMES_H */
