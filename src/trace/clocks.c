/*-------------------------------------------------------------------------
 *
 * clocks.c
 *	  The clocks of a trace's events, packed.
 *
 * A clock is a list of blocks; a block holds the counts of some components,
 * the same ones at the same place of each list.  A clock shares those blocks
 * with the one before it in its thread in which nothing has changed.  Counts
 * are kept in 32 bits, less what the first one of their component begins at,
 * until there is one which that is not enough for; then all are in 64.
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "utils/memutils.h"

#include "trace/clocks.h"

#define NARROW 16 /* counts of 32 bits in a block */
#define WIDE 8	  /* counts of 64 bits in a block */

typedef union Block
{
	uint32 narrow[NARROW];
	uint64 wide[WIDE];
} Block;

struct SdClocks
{
	MemoryContext context;
	SdWords components;
	bool is_wide;
	int ncomponents_allocated;
	uint64 *bases;	 /* of the components, until all is wide */
	uint64 *counts;	 /* of the clock that is added */
	int32 *sequence; /* components of the clock that was added last */
	int nsequence;
	int32 n;
	int32 allocated;
	int64 *start; /* of n + 1, into refs */
	uint32 *refs; /* blocks */
	int64 refs_allocated;
	Block *blocks; /* the first is all zero */
	uint32 nblocks;
	uint32 blocks_allocated;
	int32 *last; /* clocks of the threads */
	int32 last_allocated;
};

static int32 component_of(SdClocks *clocks, int position, const char *name,
						  int length);
static bool pack(SdClocks *clocks, int component, uint64 count, uint32 *packed);
static void add_block(SdClocks *clocks, int32 last, int position, Block *block);
static void widen(SdClocks *clocks);
static bool compare(const SdClocks *clocks, int32 a, int32 b, bool *is_less);

SdClocks *
sd_clocks_create(MemoryContext context)
{
	MemoryContext oldcontext = MemoryContextSwitchTo(context);
	SdClocks *clocks = palloc0(sizeof(SdClocks));

	clocks->context = context;
	sd_words_init(&clocks->components, context);
	clocks->ncomponents_allocated = 16;
	clocks->bases = palloc0(sizeof(uint64) * clocks->ncomponents_allocated);
	clocks->counts = palloc0(sizeof(uint64) * clocks->ncomponents_allocated);
	clocks->sequence = palloc(sizeof(int32) * clocks->ncomponents_allocated);
	clocks->allocated = 1024;
	clocks->start = palloc(sizeof(int64) * (clocks->allocated + 1));
	clocks->start[0] = 0;
	clocks->refs_allocated = 1024;
	clocks->refs = palloc(sizeof(uint32) * clocks->refs_allocated);
	clocks->blocks_allocated = 1024;
	clocks->blocks = palloc(sizeof(Block) * clocks->blocks_allocated);
	memset(&clocks->blocks[0], 0, sizeof(Block));
	clocks->nblocks = 1;
	clocks->last_allocated = 64;
	clocks->last = palloc(sizeof(int32) * clocks->last_allocated);
	memset(clocks->last, -1, sizeof(int32) * clocks->last_allocated);
	MemoryContextSwitchTo(oldcontext);

	return clocks;
}

/*
 * sd_clocks_add
 *		Keep a clock: its number, -1 if it is empty.
 */
int32
sd_clocks_add(SdClocks *clocks, int32 thread, const SdVclock *clock)
{
	SdVclockReader reader;
	int position = 0;
	int nblocks;
	int in_block;
	int32 last;

	if (sd_vclock_is_empty(clock))
		return -1;

	sd_vclock_read(&reader, clock);
	while (sd_vclock_next(&reader))
	{
		int32 component =
			component_of(clocks, position, reader.name, reader.name_length);

		clocks->counts[component] = reader.value;
		clocks->sequence[position++] = component;
		if (!clocks->is_wide)
		{
			uint32 packed;

			if (!pack(clocks, component, reader.value, &packed))
				widen(clocks);
		}
	}
	clocks->nsequence = position;

	if (clocks->n == clocks->allocated)
	{
		clocks->allocated = clocks->allocated / 2 * 3;
		clocks->start = repalloc_huge(
			clocks->start, sizeof(int64) * ((Size) clocks->allocated + 1));
	}
	if (thread >= clocks->last_allocated)
	{
		int32 old = clocks->last_allocated;

		while (thread >= clocks->last_allocated)
			clocks->last_allocated *= 2;
		clocks->last = repalloc_huge(
			clocks->last, sizeof(int32) * (Size) clocks->last_allocated);
		memset(&clocks->last[old], -1,
			   sizeof(int32) * (Size) (clocks->last_allocated - old));
	}

	last = clocks->last[thread];
	clocks->start[clocks->n + 1] = clocks->start[clocks->n];
	in_block = clocks->is_wide ? WIDE : NARROW;
	nblocks = (clocks->components.n + in_block - 1) / in_block;
	for (int i = 0; i < nblocks; i++)
	{
		Block block;

		memset(&block, 0, sizeof(Block));
		for (int j = 0; j < in_block && i * in_block + j < clocks->components.n;
			 j++)
		{
			int component = i * in_block + j;

			if (clocks->is_wide)
				block.wide[j] = clocks->counts[component];
			else
				(void) pack(clocks, component, clocks->counts[component],
							&block.narrow[j]);
		}
		add_block(clocks, last, i, &block);
	}
	for (int i = 0; i < position; i++)
		clocks->counts[clocks->sequence[i]] = 0;
	clocks->last[thread] = clocks->n;

	return clocks->n++;
}

/* The number of a component; most clocks name the same ones. */
static int32
component_of(SdClocks *clocks, int position, const char *name, int length)
{
	int32 component;

	if (position < clocks->nsequence)
	{
		const char *word;

		component = clocks->sequence[position];
		word = clocks->components.words[component];
		if (strncmp(word, name, length) == 0 && word[length] == '\0')
			return component;
	}

	component = sd_words_enter(&clocks->components, name, length);
	if (clocks->components.n > clocks->ncomponents_allocated)
	{
		int old = clocks->ncomponents_allocated;
		Size n = (Size) old * 2;

		clocks->bases = repalloc_huge(clocks->bases, sizeof(uint64) * n);
		clocks->counts = repalloc_huge(clocks->counts, sizeof(uint64) * n);
		clocks->sequence = repalloc_huge(clocks->sequence, sizeof(int32) * n);
		memset(&clocks->bases[old], 0, sizeof(uint64) * old);
		memset(&clocks->counts[old], 0, sizeof(uint64) * old);
		clocks->ncomponents_allocated = (int) n;
	}

	return component;
}

/* A count in 32 bits, in the order of counts; false if it does not fit. */
static bool
pack(SdClocks *clocks, int component, uint64 count, uint32 *packed)
{
	uint64 base = clocks->bases[component];

	*packed = 0;
	if (count == 0)
		return true;
	if (base == 0)
	{
		base = count > PG_INT32_MAX ? count - PG_INT32_MAX : 1;
		clocks->bases[component] = base;
	}
	if (count < base || count - base >= PG_UINT32_MAX)
		return false;
	*packed = (uint32) (count - base + 1);

	return true;
}

/* Append a block to the newest clock. */
static void
add_block(SdClocks *clocks, int32 last, int position, Block *block)
{
	static const Block zero = {{0}};
	int64 *end = &clocks->start[clocks->n + 1];
	uint32 ref = 0;

	if (*end == clocks->refs_allocated)
	{
		clocks->refs_allocated = clocks->refs_allocated / 2 * 3;
		clocks->refs = repalloc_huge(clocks->refs,
									 sizeof(uint32) * clocks->refs_allocated);
	}
	if (memcmp(block, &zero, sizeof(Block)) != 0)
	{
		if (last >= 0 &&
			clocks->start[last] + position < clocks->start[last + 1])
			ref = clocks->refs[clocks->start[last] + position];
		if (ref == 0 || memcmp(&clocks->blocks[ref], block, sizeof(Block)) != 0)
		{
			if (clocks->nblocks == clocks->blocks_allocated)
			{
				clocks->blocks_allocated = clocks->blocks_allocated / 2 * 3;
				clocks->blocks = repalloc_huge(
					clocks->blocks,
					sizeof(Block) * (Size) clocks->blocks_allocated);
			}
			ref = clocks->nblocks++;
			memcpy(&clocks->blocks[ref], block, sizeof(Block));
		}
	}
	clocks->refs[(*end)++] = ref;
}

/* Keep counts in 64 bits from now on: two blocks for each. */
static void
widen(SdClocks *clocks)
{
	MemoryContext oldcontext = MemoryContextSwitchTo(clocks->context);
	int64 nrefs = clocks->start[clocks->n];
	uint32 *refs;
	Block *blocks;

	clocks->refs_allocated = Max(nrefs * 2, 1024);
	refs = palloc_extended(sizeof(uint32) * clocks->refs_allocated,
						   MCXT_ALLOC_HUGE);
	clocks->blocks_allocated = Max(clocks->nblocks * 2, 1024);
	blocks = palloc_extended(sizeof(Block) * (Size) clocks->blocks_allocated,
							 MCXT_ALLOC_HUGE | MCXT_ALLOC_ZERO);
	for (int32 i = 0; i < clocks->n; i++)
		for (int64 j = clocks->start[i]; j < clocks->start[i + 1]; j++)
		{
			uint32 ref = clocks->refs[j];

			/* the list says of which components a block is */
			for (int k = 0; k < NARROW; k++)
			{
				uint32 packed = clocks->blocks[ref].narrow[k];
				int64 component = (j - clocks->start[i]) * NARROW + k;

				if (packed != 0)
					blocks[ref * 2 + k / WIDE].wide[k % WIDE] =
						clocks->bases[component] + packed - 1;
			}
			refs[j * 2] = ref == 0 ? 0 : ref * 2;
			refs[j * 2 + 1] = ref == 0 ? 0 : ref * 2 + 1;
		}
	for (int32 i = 0; i <= clocks->n; i++)
		clocks->start[i] *= 2;
	pfree(clocks->refs);
	pfree(clocks->blocks);
	clocks->refs = refs;
	clocks->blocks = blocks;
	clocks->nblocks *= 2;
	clocks->is_wide = true;
	MemoryContextSwitchTo(oldcontext);
}

/*
 * sd_clocks_less
 *		Is a nowhere more than b, and somewhere less?
 */
bool
sd_clocks_less(const SdClocks *clocks, int32 a, int32 b)
{
	bool is_less;

	return compare(clocks, a, b, &is_less) && is_less;
}

/*
 * sd_clocks_less_or_equal
 *		Is a nowhere more than b?
 */
bool
sd_clocks_less_or_equal(const SdClocks *clocks, int32 a, int32 b)
{
	bool is_less;

	return compare(clocks, a, b, &is_less);
}

static bool
compare(const SdClocks *clocks, int32 a, int32 b, bool *is_less)
{
	const uint32 *left = &clocks->refs[clocks->start[a]];
	const uint32 *right = &clocks->refs[clocks->start[b]];
	int nleft = clocks->start[a + 1] - clocks->start[a];
	int nright = clocks->start[b + 1] - clocks->start[b];

	*is_less = false;
	for (int i = 0; i < Max(nleft, nright); i++)
	{
		uint32 ref = i < nleft ? left[i] : 0;
		uint32 other = i < nright ? right[i] : 0;
		const Block *x = &clocks->blocks[ref];
		const Block *y = &clocks->blocks[other];
		bool less = false;
		bool more = false;

		if (ref == other)
			continue;
		if (clocks->is_wide)
			for (int j = 0; j < WIDE; j++)
			{
				more |= x->wide[j] > y->wide[j];
				less |= x->wide[j] < y->wide[j];
			}
		else
			for (int j = 0; j < NARROW; j++)
			{
				more |= x->narrow[j] > y->narrow[j];
				less |= x->narrow[j] < y->narrow[j];
			}
		if (more)
			return false;
		*is_less |= less;
	}

	return true;
}
