/*-------------------------------------------------------------------------
 *
 * diff.h
 *	  The difference of two documents.
 *
 *-------------------------------------------------------------------------
 */
#ifndef STORMDISC_DIFF_H
#define STORMDISC_DIFF_H

#include "nodes/pg_list.h"
#include "utils/array.h"
#include "utils/jsonb.h"

#include "model/vocabulary.h"

typedef enum SdChange
{
	SD_CHANGE_ADDED,
	SD_CHANGE_REMOVED,
	SD_CHANGE_CHANGED
} SdChange;

/*
 * One difference.  An object that was added or removed is one difference, with
 * the whole object as its value; of an object that is on both sides each
 * attribute is one.  An attribute that is absent has its default value.
 */
typedef struct SdDifference
{
	const char *kind;
	const char *identity;
	SdChange change;
	const char *attribute;		 /* NULL: the object itself */
	const JsonbValue *old_value; /* NULL: absent */
	const JsonbValue *new_value;
} SdDifference;

/* a row of stormdisc_diff() */
typedef struct SdDiffRow
{
	int kind_number; /* its place among the kinds */
	const char *kind;
	const char *identity; /* the old one, where the system numbers names */
	const char *change;
	const char *attribute; /* NULL: the object itself */
	bool has_old;
	bool has_new;
	JsonbValue old_value;
	JsonbValue new_value;
	SdSeverity severity;
	const char *rename_hint;
} SdDiffRow;

/* one object whose names differ by a number that the server chose */
typedef struct SdDiffPair
{
	const char *kind;
	const char *old_identity;
	const char *new_identity;
} SdDiffPair;

typedef struct SdDiffResult
{
	int versions[2]; /* major, of the servers */
	int count;
	SdDiffRow *rows; /* by kind, identity and attribute */
	List *pairs;	 /* of SdDiffPair * */
} SdDiffResult;

/*
 * Takes a difference.  A copy of it, and of the two values, is good for as long
 * as the documents and the memory context that sd_diff() is called in.
 */
typedef void (*SdDifferenceHandler)(const SdDifference *difference, void *arg);

extern void sd_diff(Jsonb *old_document, Jsonb *new_document,
					SdDifferenceHandler handler, void *arg);
extern SdDiffResult *sd_diff_documents(Jsonb *old_document,
									   const char *old_name,
									   Jsonb *new_document,
									   const char *new_name);
extern SdDiffResult *sd_diff_ignoring(Jsonb *old_document, Jsonb *new_document,
									  ArrayType *ignore);
extern bool sd_document_key_is_kind(const JsonbValue *key);
extern const char *sd_change_name(SdChange change);

#endif /* STORMDISC_DIFF_H */
