/*-------------------------------------------------------------------------
 *
 * words.c
 *	  Strings and sets of locks that are kept once, by number.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "common/hashfn.h"
#include "port/pg_bitutils.h"
#include "utils/memutils.h"

#include "trace/trace.h"

/* strings are put together in pieces of so many bytes */
#define SPACE_SIZE 65536

#define FIRST_SLOTS 1024

static int32 *make_slots(MemoryContext context, uint32 nslots);
static void grow_words(SdWords *words);
static void grow_lock_sets(SdLockSets *sets);
static uint32 hash_of_set(const SdLockHeld *held, int n);
static int compare_held(const void *a, const void *b);

void
sd_words_init(SdWords *words, MemoryContext context)
{
	memset(words, 0, sizeof(SdWords));
	words->context = context;
	words->allocated = FIRST_SLOTS / 2;
	words->words =
		MemoryContextAlloc(context, sizeof(char *) * words->allocated);
	words->hashes =
		MemoryContextAlloc(context, sizeof(uint32) * words->allocated);
	words->nslots = FIRST_SLOTS;
	words->slots = make_slots(context, words->nslots);
}

static int32 *
make_slots(MemoryContext context, uint32 nslots)
{
	return MemoryContextAllocExtended(context, sizeof(int32) * (Size) nslots,
									  MCXT_ALLOC_HUGE | MCXT_ALLOC_ZERO);
}

/*
 * sd_words_enter
 *		The number of a string, which is not terminated.
 */
int32
sd_words_enter(SdWords *words, const char *string, int length)
{
	uint32 hash = hash_bytes((const unsigned char *) string, length);
	uint32 slot = hash & (words->nslots - 1);
	Size size = length + 1;
	char *copy;

	while (words->slots[slot] != 0)
	{
		int32 word = words->slots[slot] - 1;

		if (words->hashes[word] == hash &&
			strncmp(words->words[word], string, length) == 0 &&
			words->words[word][length] == '\0')
			return word;
		slot = (slot + 1) & (words->nslots - 1);
	}

	if (words->n == words->allocated)
	{
		grow_words(words);
		slot = hash & (words->nslots - 1);
		while (words->slots[slot] != 0)
			slot = (slot + 1) & (words->nslots - 1);
	}

	if (size > SPACE_SIZE / 16)
		copy = MemoryContextAllocHuge(words->context, size);
	else
	{
		if (size > words->space_left)
		{
			words->space = MemoryContextAlloc(words->context, SPACE_SIZE);
			words->space_left = SPACE_SIZE;
		}
		copy = words->space;
		words->space += size;
		words->space_left -= size;
	}
	memcpy(copy, string, length);
	copy[length] = '\0';

	words->words[words->n] = copy;
	words->hashes[words->n] = hash;
	words->slots[slot] = ++words->n;

	return words->n - 1;
}

/* Make room for twice as many. */
static void
grow_words(SdWords *words)
{
	Size n = (Size) words->allocated * 2;

	words->words = repalloc_huge(words->words, sizeof(char *) * n);
	words->hashes = repalloc_huge(words->hashes, sizeof(uint32) * n);
	words->allocated = n;

	pfree(words->slots);
	words->nslots *= 2;
	words->slots = make_slots(words->context, words->nslots);
	for (int32 i = 0; i < words->n; i++)
	{
		uint32 slot = words->hashes[i] & (words->nslots - 1);

		while (words->slots[slot] != 0)
			slot = (slot + 1) & (words->nslots - 1);
		words->slots[slot] = i + 1;
	}
}

void
sd_lock_sets_init(SdLockSets *sets, MemoryContext context)
{
	memset(sets, 0, sizeof(SdLockSets));
	sets->context = context;
	sets->allocated = FIRST_SLOTS / 2;
	sets->start =
		MemoryContextAlloc(context, sizeof(int64) * (sets->allocated + 1));
	sets->start[0] = 0;
	sets->nheld_allocated = FIRST_SLOTS;
	sets->held =
		MemoryContextAlloc(context, sizeof(SdLockHeld) * sets->nheld_allocated);
	sets->nslots = FIRST_SLOTS;
	sets->slots = make_slots(context, sets->nslots);
}

/*
 * sd_lock_sets_enter
 *		The number of a set of locks, in any order, which it sorts.
 *
 * A lock that is held both ways is held exclusively.
 */
int32
sd_lock_sets_enter(SdLockSets *sets, SdLockHeld *held, int n)
{
	int kept = 0;
	uint32 slot;

	if (n > 1)
		qsort(held, n, sizeof(SdLockHeld), compare_held);
	for (int i = 0; i < n; i++)
		if (kept == 0 || SD_LOCK_WORD(held[kept - 1]) != SD_LOCK_WORD(held[i]))
			held[kept++] = held[i];

	slot = hash_of_set(held, kept) & (sets->nslots - 1);
	while (sets->slots[slot] != 0)
	{
		int32 set = sets->slots[slot] - 1;

		if (sets->start[set + 1] - sets->start[set] == kept &&
			memcmp(&sets->held[sets->start[set]], held,
				   sizeof(SdLockHeld) * kept) == 0)
			return set;
		slot = (slot + 1) & (sets->nslots - 1);
	}

	if (sets->n == sets->allocated)
	{
		grow_lock_sets(sets);
		slot = hash_of_set(held, kept) & (sets->nslots - 1);
		while (sets->slots[slot] != 0)
			slot = (slot + 1) & (sets->nslots - 1);
	}
	while (sets->start[sets->n] + kept > sets->nheld_allocated)
	{
		sets->nheld_allocated *= 2;
		sets->held = repalloc_huge(sets->held,
								   sizeof(SdLockHeld) * sets->nheld_allocated);
	}
	memcpy(&sets->held[sets->start[sets->n]], held, sizeof(SdLockHeld) * kept);
	sets->start[sets->n + 1] = sets->start[sets->n] + kept;
	sets->slots[slot] = ++sets->n;

	return sets->n - 1;
}

static void
grow_lock_sets(SdLockSets *sets)
{
	Size n = (Size) sets->allocated * 2;

	sets->start = repalloc_huge(sets->start, sizeof(int64) * (n + 1));
	sets->allocated = n;

	pfree(sets->slots);
	sets->nslots *= 2;
	sets->slots = make_slots(sets->context, sets->nslots);
	for (int32 i = 0; i < sets->n; i++)
	{
		uint32 slot = hash_of_set(&sets->held[sets->start[i]],
								  sets->start[i + 1] - sets->start[i]) &
					  (sets->nslots - 1);

		while (sets->slots[slot] != 0)
			slot = (slot + 1) & (sets->nslots - 1);
		sets->slots[slot] = i + 1;
	}
}

static uint32
hash_of_set(const SdLockHeld *held, int n)
{
	return hash_bytes((const unsigned char *) held, sizeof(SdLockHeld) * n);
}

/* A lock that is held exclusively comes before the same as a reader. */
static int
compare_held(const void *a, const void *b)
{
	SdLockHeld left = *(const SdLockHeld *) a;
	SdLockHeld right = *(const SdLockHeld *) b;

	return left < right ? -1 : left > right;
}

/*
 * sd_lock_sets_protect
 *		Is there a lock in both sets that one of them holds exclusively?
 */
bool
sd_lock_sets_protect(const SdLockSets *sets, int32 a, int32 b)
{
	int64 i = sets->start[a];
	int64 j = sets->start[b];

	while (i < sets->start[a + 1] && j < sets->start[b + 1])
	{
		SdLockHeld left = sets->held[i];
		SdLockHeld right = sets->held[j];

		if (SD_LOCK_WORD(left) == SD_LOCK_WORD(right))
		{
			if (!SD_LOCK_IS_SHARED(left) || !SD_LOCK_IS_SHARED(right))
				return true;
			i++;
			j++;
		}
		else if (left < right)
			i++;
		else
			j++;
	}

	return false;
}
