/*-------------------------------------------------------------------------
 *
 * diff_rows.h
 *	  A comparison of documents under way; for those who compare only.
 *
 *-------------------------------------------------------------------------
 */
#ifndef STORMDISC_DIFF_ROWS_H
#define STORMDISC_DIFF_ROWS_H

#include "utils/hsearch.h"

#include "model/canonical.h"
#include "model/diff.h"
#include "model/fingerprint.h"

/* longest qualified name, with a quote for each byte */
#define SD_DIFF_MAX_IDENTITY (4 * NAMEDATALEN + 8)

/* also the places in arrays of two */
typedef enum SdDiffSide
{
	SD_DIFF_OLD,
	SD_DIFF_NEW
} SdDiffSide;

/* an object that has no counterpart, or not found it yet */
typedef struct SdDiffWaiting
{
	const char *identity;
	const char *key;
	const char *place; /* what else has to be the same for a rename */
	bool is_numbered;
	bool is_matched;
	uint8 hash[SD_HASH_SIZE]; /* of all that counts but the name */
	/* the same if tables have been renamed as their hints say */
	const char *identity_then;
	uint8 hash_then[SD_HASH_SIZE];
	JsonbValue value;
	const char *hint;
} SdDiffWaiting;

/* those of one side */
typedef struct SdDiffWaitingList
{
	int count;
	int size;
	SdDiffWaiting *members;
} SdDiffWaitingList;

/* a comparison */
typedef struct SdDiff
{
	SdCanonicalOptions options;
	int versions[2];
	bool copies;		   /* values do not outlive their object */
	MemoryContext context; /* of the rows */
	MemoryContext waiting; /* of the objects of this kind that wait */
	MemoryContext object;  /* of the object that is compared now */
	SdHasher *hasher;
	HTAB *new_tables; /* tables and views that the old side lacks */
	HTAB *renamed;	  /* of Renamed: NULL if there are none */
	const char *kind; /* of the objects that come now */
	const SdKindWord *word;
	SdDiffWaitingList waits[2];
	List *not_compared; /* parts that one side lacks */
	int count;
	int size;
	SdDiffRow *rows;
	List *pairs; /* of SdDiffPair * */
} SdDiff;

/* diff_compare.c */
extern void sd_diff_compare_documents(SdDiff *diff, Jsonb *old_document,
									  Jsonb *new_document);
extern int sd_diff_rank_of(const char *kind);
extern void sd_diff_compare_object(SdDiff *diff, const char *identity,
								   const JsonbValue *old_value,
								   const JsonbValue *new_value);
extern SdCanonical *sd_diff_canonical(SdDiff *diff, SdDiffSide side,
									  const char *identity,
									  const JsonbValue *value);
extern void sd_diff_report_changes(SdDiff *diff, const SdCanonical *old_object,
								   const SdCanonical *new_object,
								   const char *identity, bool of_rows);
extern void sd_diff_report_alone(SdDiff *diff, SdDiffSide side,
								 const SdCanonical *object,
								 const char *identity, bool of_rows,
								 bool on_new_table, const char *hint);
extern bool sd_diff_keeps_rows(const SdCanonical *object);

/* diff_matches.c */
extern void sd_diff_begin_kind(SdDiff *diff, const char *kind);
extern void sd_diff_wait(SdDiff *diff, SdDiffSide side,
						 const SdCanonical *object);
extern void sd_diff_end_kind(SdDiff *diff);

#endif /* STORMDISC_DIFF_ROWS_H */
