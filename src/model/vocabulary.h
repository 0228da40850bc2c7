/*-------------------------------------------------------------------------
 *
 * vocabulary.h
 *	  What the kinds and attributes of documents mean when they differ.
 *
 *-------------------------------------------------------------------------
 */
#ifndef STORMDISC_VOCABULARY_H
#define STORMDISC_VOCABULARY_H

#include "utils/array.h"

/* what an attribute is about; the order is that of fingerprints */
typedef enum SdClass
{
	SD_CLASS_STRUCTURE,
	SD_CLASS_INDEXES,
	SD_CLASS_PRIVILEGES,
	SD_CLASS_COMMENTS,
	SD_CLASS_OWNERSHIP,
	SD_CLASS_STORAGE,
	SD_CLASS_STATISTICS,
	SD_CLASS_OF_OBJECT /* of an attribute: the same as its object's */
} SdClass;

#define SD_NCLASSES SD_CLASS_OF_OBJECT
#define SD_CLASS_BIT(class) (1 << (class))
#define SD_ALL_CLASSES ((1 << SD_NCLASSES) - 1)

/* what it takes to make a change in a database with rows */
typedef enum SdSeverity
{
	SD_SEVERITY_SAFE,		/* catalogs only, a lock for a moment */
	SD_SEVERITY_LOCKING,	/* rows are read, or an index built, under a lock */
	SD_SEVERITY_REWRITING,	/* all rows are written again */
	SD_SEVERITY_DESTRUCTIVE /* data or state is lost */
} SdSeverity;

/* what is special about an attribute */
#define SD_WORD_NAME 0x01		/* the object's own name, or schema */
#define SD_WORD_PLACE 0x02		/* that of the table it stands on */
#define SD_WORD_DERIVED 0x04	/* other attributes say it already */
#define SD_WORD_EXPRESSION 0x08 /* deparsed by the server */
#define SD_WORD_QUERY 0x10		/* likewise, a whole query */
#define SD_WORD_SET 0x20		/* the order of its members says nothing */
#define SD_WORD_REFERENCE 0x40	/* an object that the system may have named */
#define SD_WORD_EXTENSION_VERSION 0x80 /* as the extension's script has it */
#define SD_WORD_SETTINGS 0x100		   /* settings with their values */
#define SD_WORD_SCHEMA 0x200		   /* names of schemas, raw */
#define SD_WORD_SQL 0x400			   /* names of objects, as in SQL */

typedef struct SdAttributeWord
{
	const char *name;
	SdClass class;
	SdSeverity severity; /* of another value */
	int flags;
} SdAttributeWord;

typedef struct SdKindWord
{
	const char *name; /* of the part of the document */
	SdClass class;
	SdSeverity added;
	SdSeverity removed;
	int nattributes;
	const SdAttributeWord *attributes;
} SdKindWord;

/* all kinds, in the order of documents, columns and partitions among them */
extern const SdKindWord sd_kind_words[];
extern const int sd_nkind_words;

extern const SdKindWord *sd_kind_word(const char *name, int length);
extern const SdAttributeWord *sd_attribute_word(const SdKindWord *kind,
												const char *name, int length);
extern const char *sd_class_name(SdClass class);
extern bool sd_class_find(const char *name, SdClass *class);
extern const char *sd_class_names(void);
extern const char *sd_severity_name(SdSeverity severity);

#endif /* STORMDISC_VOCABULARY_H */
