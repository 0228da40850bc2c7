/*-------------------------------------------------------------------------
 *
 * model.h
 *	  How tables hang together: what relationships, load order and diagrams
 *	  are made of.
 *
 *-------------------------------------------------------------------------
 */
#ifndef STORMDISC_MODEL_H
#define STORMDISC_MODEL_H

#include "nodes/bitmapset.h"

#include "catalog/sd_catalog.h"

/*
 * A logical foreign key: one, however many copies of it the server keeps for
 * partitions on either side.
 */
typedef struct SdLink
{
	Oid oid;
	NameData name;
	SdRelation *child;
	SdRelation *parent;
	int ncolumns;
	AttrNumber *columns;	 /* of the child */
	AttrNumber *ref_columns; /* of the parent, in the same order */
	Bitmapset *column_set;	 /* columns, as a set */
	bool match_full;
	bool deferrable;
	bool validated;
	bool enforced;
	bool period; /* the last column is compared by PERIOD */
} SdLink;

/* An index that is valid, and neither partial nor on expressions. */
typedef struct SdTableIndex
{
	bool is_unique;
	bool is_primary;
	bool is_exclusion; /* if unique as well: WITHOUT OVERLAPS */
	Oid access_method;
	int nkeys;
	AttrNumber *columns;
	Oid *collations;
	Bitmapset *column_set;
} SdTableIndex;

/* A table at one end of a link, or one whose indexes are wanted. */
typedef struct SdLinkTable
{
	Oid oid; /* hash key */
	SdRelation *relation;
	bool wants_indexes;
	List *links;	 /* of SdLink *: its own foreign keys, by name */
	List *referrers; /* of SdLink *: those that point to it */
	List *indexes;	 /* of SdTableIndex * */
} SdLinkTable;

typedef struct SdLinks
{
	int nlinks;
	SdLink **links; /* by child and name */
	HTAB *tables;	/* of SdLinkTable */
	HTAB *methods;	/* access methods of operator classes */
} SdLinks;

extern SdLinks *sd_links_read(SdCatalog *cat, bool whole);
extern void sd_links_read_indexes(SdCatalog *cat, SdLinks *links);
extern SdLinkTable *sd_links_table(SdLinks *links, SdRelation *rel);
extern SdLinkTable *sd_links_find(SdLinks *links, SdRelation *rel);
extern bool sd_link_is_optional(SdCatalog *cat, const SdLink *link);
extern bool sd_link_is_unique(SdLinks *links, const SdLink *link);
extern bool sd_link_is_indexed(SdCatalog *cat, SdLinks *links,
							   const SdLink *link);
extern bool sd_model_accepts_null(SdCatalog *cat, const SdColumn *column);

#endif /* STORMDISC_MODEL_H */
