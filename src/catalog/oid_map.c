/*-------------------------------------------------------------------------
 *
 * oid_map.c
 *	  What is known of each of very many objects, by OID.
 *
 * Most of a reading's lookups are of relations, in no order, and the table is
 * larger than a processor's cache: so an entry is no more than an OID and a
 * pointer, and stands where its hash value says.
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "common/hashfn.h"

#include "catalog/sd_catalog.h"

typedef struct OidMapEntry
{
	Oid oid;
	char status; /* simplehash.h's */
	void *value;
} OidMapEntry;

#define SH_PREFIX entries
#define SH_ELEMENT_TYPE OidMapEntry
#define SH_KEY_TYPE Oid
#define SH_KEY oid
#define SH_HASH_KEY(table, key) murmurhash32(key)
#define SH_EQUAL(table, a, b) ((a) == (b))
#define SH_SCOPE static inline
#define SH_DECLARE
#define SH_DEFINE
#include "lib/simplehash.h"

struct SdOidMap
{
	entries_hash *entries;
};

/*
 * sd_oid_map_create
 *		A map that lives as long as the reading.
 */
SdOidMap *
sd_oid_map_create(SdCatalog *cat)
{
	SdOidMap *map = MemoryContextAlloc(cat->context, sizeof(SdOidMap));

	map->entries = entries_create(cat->context, 128, NULL);

	return map;
}

/*
 * sd_oid_map_get
 *		What an OID stands for; NULL if that is not known.
 *
 * NULL is a map that has nothing.
 */
void *
sd_oid_map_get(const SdOidMap *map, Oid oid)
{
	OidMapEntry *entry = map != NULL ? entries_lookup(map->entries, oid) : NULL;

	return entry != NULL ? entry->value : NULL;
}

/*
 * sd_oid_map_put
 *		Let an OID stand for something.
 */
void
sd_oid_map_put(SdOidMap *map, Oid oid, void *value)
{
	bool known;

	entries_insert(map->entries, oid, &known)->value = value;
}

/*
 * sd_oid_map_oids
 *		All the OIDs, in no order, in the current memory context.
 */
Oid *
sd_oid_map_oids(const SdOidMap *map, int *count)
{
	Oid *oids;
	entries_iterator iterator;
	OidMapEntry *entry;

	*count = 0;
	if (map == NULL)
		return NULL;

	oids = palloc(sizeof(Oid) * (map->entries->members + 1));
	entries_start_iterate(map->entries, &iterator);
	while ((entry = entries_iterate(map->entries, &iterator)) != NULL)
		oids[(*count)++] = entry->oid;

	return oids;
}
