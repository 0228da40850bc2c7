/*-------------------------------------------------------------------------
 *
 * scan.c
 *	  Rows of a system catalog, under the reading's snapshot.
 *
 * All scans go through here, so that there is one place that passes the
 * snapshot, checks for interrupts and chooses between an index and the heap.
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "access/genam.h"
#include "access/htup_details.h"
#include "access/stratnum.h"
#include "access/table.h"
#include "catalog/pg_type.h"
#include "miscadmin.h"
#include "storage/bufmgr.h"
#include "utils/array.h"
#include "utils/builtins.h"
#include "utils/fmgroids.h"
#include "utils/memutils.h"
#include "utils/rel.h"

#include "catalog/sd_catalog.h"

static void scan(SdCatalog *cat, Relation rel, Oid index, int nkeys,
				 const SdKey *keys, SdRowHandler handler, void *arg);

/* more key columns than this has no index that is used here */
#define MAX_KEYS 4

/*
 * A lookup through an index costs about as much as reading this many pages
 * of the heap in order.
 */
#define PAGES_PER_LOOKUP 2

/*
 * sd_scan_all
 *		Hand every row of a catalog to the handler.
 */
void
sd_scan_all(SdCatalog *cat, Oid catalog, SdRowHandler handler, void *arg)
{
	Relation rel = table_open(catalog, AccessShareLock);

	scan(cat, rel, InvalidOid, 0, NULL, handler, arg);
	table_close(rel, AccessShareLock);
}

/*
 * sd_scan_index
 *		Hand the rows with the given key to the handler, found by an index.
 *
 * The keys are the first columns of the index, in its order.
 */
void
sd_scan_index(SdCatalog *cat, Oid catalog, Oid index, int nkeys,
			  const SdKey *keys, SdRowHandler handler, void *arg)
{
	Relation rel = table_open(catalog, AccessShareLock);

	scan(cat, rel, index, nkeys, keys, handler, arg);
	table_close(rel, AccessShareLock);
}

/*
 * sd_scan_oid
 *		Likewise, for an index whose first column is an OID.
 */
void
sd_scan_oid(SdCatalog *cat, Oid catalog, Oid index, AttrNumber column,
			Oid value, SdRowHandler handler, void *arg)
{
	SdKey key = {column, ObjectIdGetDatum(value), F_OIDEQ};

	sd_scan_index(cat, catalog, index, 1, &key, handler, arg);
}

/*
 * sd_scan_oids
 *		Hand the rows of several objects to the handler, by index or heap.
 *
 * When reading the whole catalog is cheaper, the handler also gets the rows
 * of other objects and has to pass over them.
 */
void
sd_scan_oids(SdCatalog *cat, Oid catalog, Oid index, AttrNumber column,
			 int noids, const Oid *oids, SdRowHandler handler, void *arg)
{
	Relation rel;

	if (noids == 0)
		return;

	rel = table_open(catalog, AccessShareLock);
	if (sd_scan_prefers_index(catalog, noids))
	{
		for (int i = 0; i < noids; i++)
		{
			SdKey key = {column, ObjectIdGetDatum(oids[i]), F_OIDEQ};

			scan(cat, rel, index, 1, &key, handler, arg);
		}
	}
	else
		scan(cat, rel, InvalidOid, 0, NULL, handler, arg);
	table_close(rel, AccessShareLock);
}

/*
 * sd_scan_relations
 *		Likewise, for the relations in scope.
 */
void
sd_scan_relations(SdCatalog *cat, Oid catalog, Oid index, AttrNumber column,
				  SdRowHandler handler, void *arg)
{
	Oid *oids = palloc(sizeof(Oid) * (cat->nrelations + 1));

	for (int i = 0; i < cat->nrelations; i++)
		oids[i] = cat->relations[i]->oid;
	sd_scan_oids(cat, catalog, index, column, cat->nrelations, oids, handler,
				 arg);
	pfree(oids);
}

/*
 * sd_scan_prefers_index
 *		Are that many lookups cheaper than reading the catalog as a whole?
 */
bool
sd_scan_prefers_index(Oid catalog, long lookups)
{
	Relation rel = table_open(catalog, AccessShareLock);
	BlockNumber pages = RelationGetNumberOfBlocks(rel);

	table_close(rel, AccessShareLock);

	return lookups * PAGES_PER_LOOKUP <= (long) pages || lookups <= 1;
}

/* Hand the rows with the given key to the handler; no index: all rows. */
static void
scan(SdCatalog *cat, Relation rel, Oid index, int nkeys, const SdKey *keys,
	 SdRowHandler handler, void *arg)
{
	ScanKeyData scankeys[MAX_KEYS];
	SysScanDesc desc;
	HeapTuple tuple;

	Assert(nkeys <= MAX_KEYS);
	for (int i = 0; i < nkeys; i++)
		ScanKeyInit(&scankeys[i], keys[i].column, BTEqualStrategyNumber,
					keys[i].equality, keys[i].value);

	desc = systable_beginscan(rel, index, OidIsValid(index), cat->snapshot,
							  nkeys, scankeys);
	while (HeapTupleIsValid(tuple = systable_getnext(desc)))
	{
		CHECK_FOR_INTERRUPTS();
		handler(cat, tuple, RelationGetDescr(rel), arg);
	}
	systable_endscan(desc);
}

/*
 * sd_hash_create
 *		A hash table that lives as long as the reading.
 */
HTAB *
sd_hash_create(SdCatalog *cat, const char *name, Size keysize, Size entrysize)
{
	HASHCTL ctl = {0};

	ctl.keysize = keysize;
	ctl.entrysize = entrysize;
	ctl.hcxt = cat->context;

	return hash_create(name, 128, &ctl, HASH_ELEM | HASH_BLOBS | HASH_CONTEXT);
}

/*
 * sd_attribute_numbers
 *		The members of an int2[] or int2vector, in the reading's memory.
 */
AttrNumber *
sd_attribute_numbers(SdCatalog *cat, Datum array, int *count)
{
	ArrayType *arr = DatumGetArrayTypeP(array);
	AttrNumber *numbers;

	*count = ArrayGetNItems(ARR_NDIM(arr), ARR_DIMS(arr));
	if (ARR_HASNULL(arr) || ARR_ELEMTYPE(arr) != INT2OID)
		elog(ERROR, "catalog column is not an array of smallint");
	numbers =
		MemoryContextAlloc(cat->context, sizeof(AttrNumber) * (*count + 1));
	memcpy(numbers, ARR_DATA_PTR(arr), sizeof(AttrNumber) * *count);
	if ((Pointer) arr != DatumGetPointer(array))
		pfree(arr);

	return numbers;
}

/*
 * sd_attribute_oids
 *		The members of an oid[] or oidvector, in the reading's memory.
 */
Oid *
sd_attribute_oids(SdCatalog *cat, Datum array, int *count)
{
	ArrayType *arr = DatumGetArrayTypeP(array);
	Oid *oids;

	*count = ArrayGetNItems(ARR_NDIM(arr), ARR_DIMS(arr));
	if (ARR_HASNULL(arr) || ARR_ELEMTYPE(arr) != OIDOID)
		elog(ERROR, "catalog column is not an array of oid");
	oids = MemoryContextAlloc(cat->context, sizeof(Oid) * (*count + 1));
	memcpy(oids, ARR_DATA_PTR(arr), sizeof(Oid) * *count);
	if ((Pointer) arr != DatumGetPointer(array))
		pfree(arr);

	return oids;
}

/*
 * sd_array_texts
 *		The members of a text[], NULL for null, in the current memory context;
 *		no array has none.
 */
char **
sd_array_texts(ArrayType *array, int *count)
{
	Datum *members;
	bool *nulls;
	char **texts;

	*count = 0;
	if (array == NULL)
		return NULL;

	deconstruct_array(array, TEXTOID, -1, false, TYPALIGN_INT, &members, &nulls,
					  count);
	texts = palloc(sizeof(char *) * (*count + 1));
	for (int i = 0; i < *count; i++)
		texts[i] = nulls[i] ? NULL : TextDatumGetCString(members[i]);
	pfree(members);
	pfree(nulls);

	return texts;
}

/*
 * sd_text_compare
 *		The order of texts everywhere in stormdisc, whatever the locale: for
 *		qsort() of an array of them.
 */
int
sd_text_compare(const void *a, const void *b)
{
	return strcmp(*(const char *const *) a, *(const char *const *) b);
}

/*
 * sd_list_text_compare
 *		Likewise, for list_sort() of a list of char *.
 */
int
sd_list_text_compare(const ListCell *a, const ListCell *b)
{
	return strcmp(lfirst(a), lfirst(b));
}
