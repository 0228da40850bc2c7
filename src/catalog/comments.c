/*-------------------------------------------------------------------------
 *
 * comments.c
 *	  Comments on objects of any kind.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "access/htup_details.h"
#include "catalog/pg_description.h"
#include "utils/builtins.h"
#include "utils/memutils.h"

#include "catalog/sd_catalog.h"

typedef struct CommentKey
{
	Oid classid;
	Oid oid;
	int subid;
} CommentKey;

typedef struct Comment
{
	CommentKey key; /* hash key */
	char *text;
} Comment;

static void keep_comment(SdCatalog *cat, HeapTuple tuple, TupleDesc desc,
						 void *arg);

/*
 * sd_catalog_read_comments
 *		Read the comments of these objects of one catalog, and of their
 *		columns.
 */
void
sd_catalog_read_comments(SdCatalog *cat, Oid classid, int noids,
						 const Oid *oids)
{
	if (cat->comments == NULL)
		cat->comments = sd_hash_create(cat, "stormdisc comments",
									   sizeof(CommentKey), sizeof(Comment));

	sd_scan_oids(cat, DescriptionRelationId, DescriptionObjIndexId,
				 Anum_pg_description_objoid, noids, oids, keep_comment,
				 &classid);
}

static void
keep_comment(SdCatalog *cat, HeapTuple tuple, TupleDesc desc, void *arg)
{
	Form_pg_description form = (Form_pg_description) GETSTRUCT(tuple);
	CommentKey key = {form->classoid, form->objoid, form->objsubid};
	MemoryContext oldcontext;
	Comment *comment;
	Datum value;
	bool isnull;

	/* an OID means nothing without its catalog */
	if (form->classoid != *(Oid *) arg)
		return;

	value = heap_getattr(tuple, Anum_pg_description_description, desc, &isnull);
	if (isnull)
		return;

	comment = hash_search(cat->comments, &key, HASH_ENTER, NULL);
	oldcontext = MemoryContextSwitchTo(cat->context);
	comment->text = TextDatumGetCString(value);
	MemoryContextSwitchTo(oldcontext);
}

/*
 * sd_catalog_comment
 *		A comment that was read, or NULL.
 */
const char *
sd_catalog_comment(SdCatalog *cat, Oid classid, Oid oid, int subid)
{
	CommentKey key = {classid, oid, subid};
	Comment *comment;

	if (cat->comments == NULL || hash_get_num_entries(cat->comments) == 0)
		return NULL;
	comment = hash_search(cat->comments, &key, HASH_FIND, NULL);

	return comment != NULL ? comment->text : NULL;
}
