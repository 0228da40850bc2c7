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

/* the comments on the objects of one catalog */
typedef struct Comments
{
	Oid classid;
	SdOidMap *objects; /* of ObjectComments */
} Comments;

/* those on one object, and its columns */
typedef struct ObjectComments
{
	int ntexts;
	char **texts; /* by objsubid; NULL: none */
} ObjectComments;

static Comments *find_comments(SdCatalog *cat, Oid classid);
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
	MemoryContext oldcontext = MemoryContextSwitchTo(cat->context);
	Comments *comments = find_comments(cat, classid);

	if (comments == NULL)
	{
		comments = palloc(sizeof(Comments));
		comments->classid = classid;
		comments->objects = sd_oid_map_create(cat);
		cat->comments = lappend(cat->comments, comments);
	}

	sd_scan_oids(cat, DescriptionRelationId, DescriptionObjIndexId,
				 Anum_pg_description_objoid, noids, oids, keep_comment,
				 comments);
	MemoryContextSwitchTo(oldcontext);
}

static Comments *
find_comments(SdCatalog *cat, Oid classid)
{
	ListCell *lc;

	foreach (lc, cat->comments)
	{
		Comments *comments = lfirst(lc);

		if (comments->classid == classid)
			return comments;
	}

	return NULL;
}

static void
keep_comment(SdCatalog *cat, HeapTuple tuple, TupleDesc desc, void *arg)
{
	Form_pg_description form = (Form_pg_description) GETSTRUCT(tuple);
	Comments *comments = arg;
	ObjectComments *object;
	Datum value;
	bool isnull;

	/* an OID means nothing without its catalog */
	if (form->classoid != comments->classid || form->objsubid < 0 ||
		form->objsubid > MaxHeapAttributeNumber)
		return;

	value = heap_getattr(tuple, Anum_pg_description_description, desc, &isnull);
	if (isnull)
		return;

	object = sd_oid_map_get(comments->objects, form->objoid);
	if (object == NULL)
	{
		object = palloc0(sizeof(ObjectComments));
		sd_oid_map_put(comments->objects, form->objoid, object);
	}
	if (form->objsubid >= object->ntexts)
	{
		int ntexts = Max(form->objsubid + 1, object->ntexts * 2);

		if (object->texts == NULL)
			object->texts = palloc(sizeof(char *) * ntexts);
		else
			object->texts = repalloc(object->texts, sizeof(char *) * ntexts);
		memset(object->texts + object->ntexts, 0,
			   sizeof(char *) * (ntexts - object->ntexts));
		object->ntexts = ntexts;
	}
	object->texts[form->objsubid] = TextDatumGetCString(value);
}

/*
 * sd_catalog_comment
 *		A comment that was read, or NULL.
 */
const char *
sd_catalog_comment(SdCatalog *cat, Oid classid, Oid oid, int subid)
{
	Comments *comments = find_comments(cat, classid);
	ObjectComments *object =
		comments != NULL ? sd_oid_map_get(comments->objects, oid) : NULL;

	return object != NULL && subid < object->ntexts ? object->texts[subid]
													: NULL;
}
