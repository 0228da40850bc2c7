/*-------------------------------------------------------------------------
 *
 * canonical.h
 *	  The objects of documents in a form in which equal ones are the same.
 *
 *-------------------------------------------------------------------------
 */
#ifndef STORMDISC_CANONICAL_H
#define STORMDISC_CANONICAL_H

#include "lib/stringinfo.h"
#include "utils/array.h"
#include "utils/jsonb.h"

#include "model/vocabulary.h"

/* memory in which most objects are made, and which is used again */
#define SD_CANONICAL_SIZE (64 * 1024)

/* what counts */
typedef struct SdCanonicalOptions
{
	int classes; /* SD_CLASS_BIT() of those that do */
	/* what does not */
	bool no_invalid_indexes;
	bool no_system_names;	   /* the numbers in names that the server chose */
	bool no_inherited_ordinal; /* the order of columns that are inherited */
	bool no_ordinal;		   /* the order of columns */
	bool no_extension_versions;
	bool no_schema_names; /* which of two schemas is meant, does */
} SdCanonicalOptions;

/*
 * An attribute that counts.  Its value is a string of bytes, the same for
 * values that are; the one of the document stays beside it.
 */
typedef struct SdCanonicalAttribute
{
	const SdAttributeWord *word; /* NULL: this version does not know it */
	const char *name;
	int name_length;
	SdClass class;
	int value_start; /* in the bytes of the object */
	int value_length;
	JsonbValue raw;
} SdCanonicalAttribute;

typedef struct SdCanonical SdCanonical;

struct SdCanonical
{
	const SdKindWord *word; /* NULL: this version does not know it */
	const char *kind;
	SdClass class; /* of its existence, and of attributes that have no other */
	int classes;   /* those that it, or a column of it, has something of */
	bool is_nothing;	  /* nothing of it counts */
	bool is_numbered;	  /* its name ends in a number that the server chose */
	const char *identity; /* as in the document */
	const char *key;	  /* the same, without that number */
	StringInfo bytes; /* the values of all attributes, those of columns too */
	int nattributes;
	SdCanonicalAttribute *attributes; /* in the order of jsonb */
	/* of a table or view; sorted by name */
	int ncolumns;
	SdCanonical *columns;
	int norder; /* the columns whose order counts, in their order */
	const char **order;
	SdCanonical *partition; /* its bound, or NULL */
	JsonbValue raw;
};

extern void sd_canonical_default(SdCanonicalOptions *options);
extern void sd_canonical_ignore(SdCanonicalOptions *options, ArrayType *words);
extern void sd_canonical_classes(SdCanonicalOptions *options,
								 ArrayType *classes);
extern int sd_canonical_check(Jsonb *document, const char *argument);
extern int sd_canonical_compare_names(const SdCanonicalAttribute *a,
									  const SdCanonicalAttribute *b);
extern SdCanonical *sd_canonical_object(const SdCanonicalOptions *options,
										int version, const SdKindWord *word,
										const char *kind, const char *identity,
										const JsonbValue *value);
extern const char *sd_canonical_value(const SdCanonical *object,
									  const SdCanonicalAttribute *attribute);
extern bool sd_canonical_content(StringInfo buf, const SdCanonical *object,
								 int classes);

/* canonical_text.c */
extern const char *sd_canonical_expression(const char *text);
extern const char *sd_canonical_query(const char *text);
extern const char *sd_canonical_setting(const char *text);

#endif /* STORMDISC_CANONICAL_H */
