/*-------------------------------------------------------------------------
 *
 * diff_matches.c
 *	  Which object that is gone is which that is new?
 *
 * Objects that are on one side alone wait until all of their kind have been
 * seen.  Then those whose names the server has numbered get their
 * counterparts; of the others it is told which may have been renamed, but
 * never assumed.
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "miscadmin.h"
#include "utils/builtins.h"
#include "utils/memutils.h"

#include "model/diff_rows.h"
#include "model/json.h"
#include "model/other_names.h"

/* a table or view that may have been renamed */
typedef struct Renamed
{
	char key[2 * NAMEDATALEN + 2]; /* hash key: schema and name, raw */
	const char *schema;
	const char *name;
} Renamed;

static void look_ahead(SdDiff *diff, SdDiffWaiting *member,
					   const SdCanonical *object);
static void hash_content(SdDiff *diff, const SdCanonical *object, uint8 *hash);
static bool find_renamed(void *arg, const char *schema, const char *name,
						 const char **to_schema, const char **to_name);
static void remember_renamed(SdDiff *diff);
static void enter_renamed(SdDiff *diff, const char *schema, const char *name,
						  const char *to_schema, const char *to_name);
static const char *place_of(const SdCanonical *object);
static void match_numbered(SdDiff *diff);
static void match_groups(SdDiff *diff, bool by_identity);
static void report_pair(SdDiff *diff, SdDiffWaiting *old_object,
						SdDiffWaiting *new_object);
static void add_pair(SdDiff *diff, const SdDiffWaiting *old_object,
					 const SdDiffWaiting *new_object);
static void find_followers(SdDiff *diff);
static int compare_followers(const void *a, const void *b);
static void find_hints(SdDiff *diff);
static bool may_be_renamed(const SdKindWord *word);
static int compare_numbered(const void *a, const void *b);
static int compare_contents(const void *a, const void *b);
static bool is_settled(const SdDiffWaiting *member);
static bool is_on_new_table(SdDiff *diff, const SdCanonical *object);
static void remember_new_table(SdDiff *diff, const char *identity);

/*
 * sd_diff_begin_kind
 *		From here on the objects are of this kind, the name of which has to
 *		last.
 */
void
sd_diff_begin_kind(SdDiff *diff, const char *kind)
{
	diff->kind = kind;
	diff->word = sd_kind_word(kind, strlen(kind));
	memset(diff->waits, 0, sizeof(diff->waits));
}

/*
 * sd_diff_wait
 *		Keep an object until all of its kind have been seen.
 */
void
sd_diff_wait(SdDiff *diff, SdDiffSide side, const SdCanonical *object)
{
	SdDiffWaitingList *list = &diff->waits[side];
	StringInfoData content;
	MemoryContext oldcontext;
	SdDiffWaiting *member;

	initStringInfo(&content);
	if (!sd_canonical_content(&content, object, diff->options.classes))
		return;

	oldcontext = MemoryContextSwitchTo(diff->waiting);
	if (list->count == list->size)
	{
		list->size = Max(64, list->size * 2);
		if (list->members == NULL)
			list->members = palloc(sizeof(SdDiffWaiting) * list->size);
		else
			list->members = repalloc_huge(list->members,
										  sizeof(SdDiffWaiting) * list->size);
	}
	member = &list->members[list->count++];
	memset(member, 0, sizeof(SdDiffWaiting));
	member->identity = pstrdup(object->identity);
	member->key = object->key == object->identity ? member->identity
												  : pstrdup(object->key);
	member->place = place_of(object);
	member->is_numbered = object->is_numbered;
	member->identity_then = member->identity;
	member->value = object->raw;
	if (diff->copies)
	{
		char *copy = palloc(object->raw.val.binary.len);

		memcpy(copy, object->raw.val.binary.data, object->raw.val.binary.len);
		member->value.val.binary.data = (JsonbContainer *) copy;
	}
	MemoryContextSwitchTo(oldcontext);

	sd_hasher_start(diff->hasher);
	sd_hasher_add(diff->hasher, content.data, content.len);
	sd_hasher_end(diff->hasher, member->hash);
	memcpy(member->hash_then, member->hash, SD_HASH_SIZE);
	if (side == SD_DIFF_OLD && diff->renamed != NULL)
		look_ahead(diff, member, object);
	if (side == SD_DIFF_NEW &&
		(strcmp(diff->kind, "tables") == 0 || strcmp(diff->kind, "views") == 0))
		remember_new_table(diff, object->identity);
}

/* What would it be if tables have been renamed as their hints say? */
static void
look_ahead(SdDiff *diff, SdDiffWaiting *member, const SdCanonical *object)
{
	SdSchemaMap map = {0};
	SdCanonical *then;
	JsonbValue value;
	MemoryContext oldcontext;

	map.find_relation = find_renamed;
	map.arg = diff;
	value = sd_other_object(&map, diff->word, &object->raw);
	then = sd_diff_canonical(
		diff, SD_DIFF_OLD,
		sd_other_identity(&map, diff->kind, object->identity), &value);
	if (then == NULL)
		return;

	hash_content(diff, then, member->hash_then);
	oldcontext = MemoryContextSwitchTo(diff->waiting);
	member->identity_then = pstrdup(then->identity);
	member->place = place_of(then);
	MemoryContextSwitchTo(oldcontext);
}

static void
hash_content(SdDiff *diff, const SdCanonical *object, uint8 *hash)
{
	StringInfoData content;

	initStringInfo(&content);
	(void) sd_canonical_content(&content, object, diff->options.classes);
	sd_hasher_start(diff->hasher);
	sd_hasher_add(diff->hasher, content.data, content.len);
	sd_hasher_end(diff->hasher, hash);
	pfree(content.data);
}

/* The new name of a table or view; without a schema, of any of that name. */
static bool
find_renamed(void *arg, const char *schema, const char *name,
			 const char **to_schema, const char **to_name)
{
	SdDiff *diff = arg;
	char key[2 * NAMEDATALEN + 2];
	Renamed *renamed;

	snprintf(key, sizeof(key), "%s\n%s", schema != NULL ? schema : "", name);
	renamed = hash_search(diff->renamed, key, HASH_FIND, NULL);
	if (renamed == NULL)
		return false;
	*to_schema = renamed->schema;
	*to_name = renamed->name;

	return true;
}

/* Keep the hints of tables and views, for what stands on these. */
static void
remember_renamed(SdDiff *diff)
{
	SdDiffWaitingList *olds = &diff->waits[SD_DIFF_OLD];

	for (int i = 0; i < olds->count; i++)
	{
		SdDiffWaiting *member = &olds->members[i];
		List *names;
		List *to_names;

		if (member->hint == NULL)
			continue;
		names = sd_sql_identifiers(member->identity);
		to_names = sd_sql_identifiers(member->hint);
		if (list_length(names) != 2 || list_length(to_names) != 2)
			continue;
		enter_renamed(diff, linitial(names), lsecond(names), linitial(to_names),
					  lsecond(to_names));
		/* in front of its columns it stands without its schema */
		enter_renamed(diff, "", lsecond(names), linitial(to_names),
					  lsecond(to_names));
	}
}

static void
enter_renamed(SdDiff *diff, const char *schema, const char *name,
			  const char *to_schema, const char *to_name)
{
	char key[2 * NAMEDATALEN + 2];
	Renamed *renamed;

	if (diff->renamed == NULL)
	{
		HASHCTL control = {0};

		control.keysize = sizeof(key);
		control.entrysize = sizeof(Renamed);
		control.hcxt = diff->context;
		diff->renamed = hash_create("stormdisc renamed tables", 64, &control,
									HASH_ELEM | HASH_STRINGS | HASH_CONTEXT);
	}
	snprintf(key, sizeof(key), "%s\n%s", schema, name);
	renamed = hash_search(diff->renamed, key, HASH_ENTER, NULL);
	renamed->schema = MemoryContextStrdup(diff->context, to_schema);
	renamed->name = MemoryContextStrdup(diff->context, to_name);
}

/* What names an object besides its own name, such as its table. */
static const char *
place_of(const SdCanonical *object)
{
	JsonbContainer *source = sd_json_as_object(&object->raw);
	StringInfoData buf;

	if (source == NULL || object->word == NULL)
		return "";

	initStringInfo(&buf);
	for (int i = 0; i < object->word->nattributes; i++)
	{
		const SdAttributeWord *word = &object->word->attributes[i];
		char *value;

		if ((word->flags & SD_WORD_PLACE) == 0)
			continue;
		value = sd_json_get_text(source, word->name);
		appendStringInfo(&buf, "%s\n", value != NULL ? value : "");
	}

	return buf.data;
}

/*
 * sd_diff_end_kind
 *		Report what is on both sides under numbered names, and what has no
 *		counterpart.
 */
void
sd_diff_end_kind(SdDiff *diff)
{
	MemoryContext oldcontext = MemoryContextSwitchTo(diff->object);

	match_numbered(diff);
	if (diff->renamed != NULL)
		find_followers(diff);
	if (may_be_renamed(diff->word))
		find_hints(diff);
	if (sd_diff_rank_of(diff->kind) < 2)
		remember_renamed(diff);
	for (int side = SD_DIFF_OLD; side <= SD_DIFF_NEW; side++)
	{
		for (int i = 0; i < diff->waits[side].count; i++)
		{
			SdDiffWaiting *member = &diff->waits[side].members[i];
			SdCanonical *object;

			CHECK_FOR_INTERRUPTS();
			if (member->is_matched)
				continue;
			object =
				sd_diff_canonical(diff, side, member->identity, &member->value);
			sd_diff_report_alone(diff, side, object, member->identity,
								 sd_diff_keeps_rows(object),
								 is_on_new_table(diff, object), member->hint);
			MemoryContextReset(diff->object);
		}
	}
	MemoryContextSwitchTo(oldcontext);
	MemoryContextReset(diff->object);
	MemoryContextReset(diff->waiting);
}

/*
 * Find the counterparts of objects whose names the server has numbered: those
 * of the same content are the same, and of the others of one name the first
 * has become the first.
 */
static void
match_numbered(SdDiff *diff)
{
	SdDiffWaitingList *olds = &diff->waits[SD_DIFF_OLD];
	SdDiffWaitingList *news = &diff->waits[SD_DIFF_NEW];
	int j = 0;

	for (int side = SD_DIFF_OLD; side <= SD_DIFF_NEW; side++)
	{
		if (diff->waits[side].count > 1)
			qsort(diff->waits[side].members, diff->waits[side].count,
				  sizeof(SdDiffWaiting), compare_numbered);
	}
	for (int i = 0; i < olds->count && olds->members[i].is_numbered;)
	{
		int order;

		if (j == news->count || !news->members[j].is_numbered)
			break;
		order = strcmp(olds->members[i].key, news->members[j].key);
		if (order == 0)
			order = memcmp(olds->members[i].hash, news->members[j].hash,
						   SD_HASH_SIZE);
		if (order == 0)
		{
			olds->members[i].is_matched = news->members[j].is_matched = true;
			add_pair(diff, &olds->members[i], &news->members[j]);
		}
		if (order <= 0)
			i++;
		if (order >= 0)
			j++;
	}
	match_groups(diff, true);
	match_groups(diff, false);
}

/* Pair what is left of each name, those of the same number first. */
static void
match_groups(SdDiff *diff, bool by_identity)
{
	SdDiffWaitingList *olds = &diff->waits[SD_DIFF_OLD];
	SdDiffWaitingList *news = &diff->waits[SD_DIFF_NEW];
	int start = 0;

	for (int i = 0; i < olds->count && olds->members[i].is_numbered; i++)
	{
		SdDiffWaiting *member = &olds->members[i];

		CHECK_FOR_INTERRUPTS();
		if (member->is_matched)
			continue;
		while (start < news->count && news->members[start].is_numbered &&
			   strcmp(news->members[start].key, member->key) < 0)
			start++;
		for (int j = start; j < news->count && news->members[j].is_numbered &&
							strcmp(news->members[j].key, member->key) == 0;
			 j++)
		{
			SdDiffWaiting *other = &news->members[j];

			if (other->is_matched ||
				(by_identity && strcmp(other->identity, member->identity) != 0))
				continue;
			report_pair(diff, member, other);
			break;
		}
	}
}

static void
report_pair(SdDiff *diff, SdDiffWaiting *old_object, SdDiffWaiting *new_object)
{
	SdCanonical *before = sd_diff_canonical(
		diff, SD_DIFF_OLD, old_object->identity, &old_object->value);
	SdCanonical *now = sd_diff_canonical(
		diff, SD_DIFF_NEW, new_object->identity, &new_object->value);

	sd_diff_report_changes(diff, before, now, old_object->identity, false);
	old_object->is_matched = new_object->is_matched = true;
	add_pair(diff, old_object, new_object);
	MemoryContextReset(diff->object);
}

/* Remember two that are the same object under different names. */
static void
add_pair(SdDiff *diff, const SdDiffWaiting *old_object,
		 const SdDiffWaiting *new_object)
{
	MemoryContext oldcontext;
	SdDiffPair *pair;

	if (strcmp(old_object->identity, new_object->identity) == 0)
		return;
	oldcontext = MemoryContextSwitchTo(diff->context);
	pair = palloc(sizeof(SdDiffPair));
	pair->kind = diff->word != NULL ? diff->word->name : pstrdup(diff->kind);
	pair->old_identity = pstrdup(old_object->identity);
	pair->new_identity = pstrdup(new_object->identity);
	diff->pairs = lappend(diff->pairs, pair);
	MemoryContextSwitchTo(oldcontext);
}

/*
 * An object on a table that may have been renamed is the one on the table that
 * this may be now, if it has the same name there and is the same.
 */
static void
find_followers(SdDiff *diff)
{
	SdDiffWaitingList *olds = &diff->waits[SD_DIFF_OLD];
	SdDiffWaitingList *news = &diff->waits[SD_DIFF_NEW];
	int i = 0;
	int j = 0;

	for (int side = SD_DIFF_OLD; side <= SD_DIFF_NEW; side++)
	{
		if (diff->waits[side].count > 1)
			qsort(diff->waits[side].members, diff->waits[side].count,
				  sizeof(SdDiffWaiting), compare_followers);
	}
	while (i < olds->count && j < news->count)
	{
		SdDiffWaiting *before = &olds->members[i];
		SdDiffWaiting *now = &news->members[j];
		int order = strcmp(before->identity_then, now->identity_then);

		if (order == 0 && !before->is_matched && !now->is_matched &&
			memcmp(before->hash_then, now->hash_then, SD_HASH_SIZE) == 0 &&
			strcmp(before->identity, now->identity) != 0)
		{
			before->hint = now->identity;
			now->hint = before->identity;
		}
		if (order <= 0)
			i++;
		if (order >= 0)
			j++;
	}
}

/* By the name that an object would have. */
static int
compare_followers(const void *a, const void *b)
{
	return strcmp(((const SdDiffWaiting *) a)->identity_then,
				  ((const SdDiffWaiting *) b)->identity_then);
}

/*
 * If exactly one object that is gone and one that is new are the same but for
 * the name, each may be the other.
 */
static void
find_hints(SdDiff *diff)
{
	SdDiffWaitingList *olds = &diff->waits[SD_DIFF_OLD];
	SdDiffWaitingList *news = &diff->waits[SD_DIFF_NEW];
	int i = 0;
	int j = 0;

	for (int side = SD_DIFF_OLD; side <= SD_DIFF_NEW; side++)
	{
		if (diff->waits[side].count > 1)
			qsort(diff->waits[side].members, diff->waits[side].count,
				  sizeof(SdDiffWaiting), compare_contents);
	}
	/* those that are settled come last */
	while (i < olds->count && !is_settled(&olds->members[i]) &&
		   j < news->count && !is_settled(&news->members[j]))
	{
		SdDiffWaiting *before = &olds->members[i];
		SdDiffWaiting *now = &news->members[j];
		int order = compare_contents(before, now);
		int nbefore = 1;
		int nnow = 1;

		if (order < 0)
			i++;
		if (order > 0)
			j++;
		if (order != 0)
			continue;
		while (i + nbefore < olds->count &&
			   compare_contents(before, &olds->members[i + nbefore]) == 0)
			nbefore++;
		while (j + nnow < news->count &&
			   compare_contents(now, &news->members[j + nnow]) == 0)
			nnow++;
		if (nbefore == 1 && nnow == 1)
		{
			before->hint = now->identity;
			now->hint = before->identity;
		}
		i += nbefore;
		j += nnow;
	}
}

/* Have objects of the kind a name that can be altered, and a content? */
static bool
may_be_renamed(const SdKindWord *word)
{
	static const char *const others[] = {"schemas", "extensions", "languages"};

	if (word == NULL)
		return false;
	for (int i = 0; i < lengthof(others); i++)
	{
		if (strcmp(word->name, others[i]) == 0)
			return false;
	}
	for (int i = 0; i < word->nattributes; i++)
	{
		if (word->attributes[i].flags & SD_WORD_NAME)
			return true;
	}

	return false;
}

/* Numbered ones first, by name, content and number. */
static int
compare_numbered(const void *a, const void *b)
{
	const SdDiffWaiting *left = a;
	const SdDiffWaiting *right = b;
	int order = (int) right->is_numbered - (int) left->is_numbered;

	if (order == 0)
		order = strcmp(left->key, right->key);
	if (order == 0)
		order = memcmp(left->hash, right->hash, SD_HASH_SIZE);
	if (order == 0)
		order = strcmp(left->identity, right->identity);

	return order;
}

/* Those without a counterpart first, by place and content. */
static int
compare_contents(const void *a, const void *b)
{
	const SdDiffWaiting *left = a;
	const SdDiffWaiting *right = b;
	int order = (int) is_settled(left) - (int) is_settled(right);

	if (order == 0)
		order = strcmp(left->place, right->place);
	if (order == 0)
		order = memcmp(left->hash_then, right->hash_then, SD_HASH_SIZE);

	return order;
}

static bool
is_settled(const SdDiffWaiting *member)
{
	return member->is_matched || member->hint != NULL;
}

/* Does it stand on a table that is new? */
static bool
is_on_new_table(SdDiff *diff, const SdCanonical *object)
{
	static const char *const kinds[] = {"constraints", "indexes"};
	JsonbContainer *source = sd_json_as_object(&object->raw);
	char *schema;
	char *table;

	if (source == NULL)
		return false;
	for (int i = 0; i < lengthof(kinds); i++)
	{
		if (strcmp(object->kind, kinds[i]) != 0)
			continue;
		schema = sd_json_get_text(source, "schema_name");
		table = sd_json_get_text(source, "table_name");
		if (schema == NULL || table == NULL)
			return false;

		return hash_search(diff->new_tables,
						   quote_qualified_identifier(schema, table), HASH_FIND,
						   NULL) != NULL;
	}

	return false;
}

static void
remember_new_table(SdDiff *diff, const char *identity)
{
	if (strlen(identity) < SD_DIFF_MAX_IDENTITY)
		(void) hash_search(diff->new_tables, identity, HASH_ENTER, NULL);
}
