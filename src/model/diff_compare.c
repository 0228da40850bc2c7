/*-------------------------------------------------------------------------
 *
 * diff_compare.c
 *	  How two documents, and two objects, differ.
 *
 * Objects are compared in their canonical form, of which fingerprints are made
 * as well: there are no rows if, and only if, the fingerprints are the same.
 * The rows have the values as they are in the documents.
 *
 * What is the same byte for byte is not looked into, so that the time goes
 * with the differences.  Of both sides only one object is taken apart at a
 * time; those that are on one side alone wait (diff_matches.c).
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "miscadmin.h"
#include "utils/builtins.h"
#include "utils/memutils.h"

#include "catalog/sd_catalog.h"
#include "model/diff_rows.h"
#include "model/json.h"
#include "model/other_names.h"
#include "model/severity.h"

/* a column that only one of two tables has */
typedef struct LoneColumn
{
	const SdCanonical *column;
	uint8 hash[SD_HASH_SIZE];
	const char *hint;
} LoneColumn;

static void compare_part(SdDiff *diff, const JsonbValue *key,
						 const JsonbValue *old_value,
						 const JsonbValue *new_value);
static JsonbContainer *part_objects(const JsonbValue *key,
									const JsonbValue *value);
static bool same_content(const SdCanonical *a, const SdCanonical *b,
						 int classes);
static void report_attribute(SdDiff *diff, const SdCanonical *object,
							 const char *identity, const char *change,
							 const SdCanonicalAttribute *old_attribute,
							 const SdCanonicalAttribute *new_attribute,
							 bool of_rows);
static void report_columns(SdDiff *diff, const SdCanonical *old_object,
						   const SdCanonical *new_object, const char *identity,
						   bool of_rows);
static const char *column_identity(const char *table, const char *column);
static void set_lone_column(SdDiff *diff, LoneColumn *lone,
							const SdCanonical *column);
static void find_column_hints(LoneColumn *olds, int nold, LoneColumn *news,
							  int nnew);
static int compare_lone_columns(const void *a, const void *b);
static bool has_column(const SdCanonical *table, const char *name);
static void report_order(SdDiff *diff, const SdCanonical *old_object,
						 const SdCanonical *new_object, const char *identity);
static int common_order(const SdCanonical *object, const SdCanonical *other,
						const char **names);
static SdDiffRow *new_row(SdDiff *diff, const char *kind, const char *identity,
						  const char *change);
static void set_value(SdDiff *diff, bool *has, JsonbValue *target,
					  const JsonbValue *value);

/*
 * sd_diff_compare_documents
 *		Compare all parts; no new document has none.
 *
 * Tables and views come first: what stands on a new table is no work, and on a
 * renamed one it has another name.
 */
void
sd_diff_compare_documents(SdDiff *diff, Jsonb *old_document,
						  Jsonb *new_document)
{
	int settings_level = sd_settings_pin(); /* how names are quoted */
	SdJsonWalk old_walk;
	SdJsonWalk new_walk;
	JsonbValue old_key;
	JsonbValue new_key;
	JsonbValue old_value;
	JsonbValue new_value;
	bool has_old;
	bool has_new = false;

	if (diff->options.no_schema_names && new_document != NULL)
	{
		SdSchemaMap map;

		sd_schema_map_match(&map, sd_document_schemas(old_document),
							sd_document_schemas(new_document));
		old_document = sd_other_document(&map, old_document);
	}
	for (int pass = 0; pass < 3; pass++)
	{
		sd_json_walk(&old_walk, &old_document->root);
		has_old = sd_json_next_member(&old_walk, &old_key, &old_value);
		if (new_document != NULL)
		{
			sd_json_walk(&new_walk, &new_document->root);
			has_new = sd_json_next_member(&new_walk, &new_key, &new_value);
		}
		while (has_old || has_new)
		{
			int order = !has_old   ? 1
						: !has_new ? -1
								   : sd_json_compare_keys(&old_key, &new_key);
			const JsonbValue *key = order <= 0 ? &old_key : &new_key;

			if (sd_diff_rank_of(sd_json_as_text(key)) == pass &&
				sd_document_key_is_kind(key))
			{
				if (new_document != NULL && order != 0)
				{
					JsonbContainer *objects =
						part_objects(key, order < 0 ? &old_value : &new_value);

					if (JsonContainerSize(objects) > 0)
						diff->not_compared =
							lappend(diff->not_compared, sd_json_as_text(key));
				}
				else
					compare_part(diff, key, order <= 0 ? &old_value : NULL,
								 order >= 0 ? &new_value : NULL);
			}
			if (order <= 0)
				has_old = sd_json_next_member(&old_walk, &old_key, &old_value);
			if (order >= 0)
				has_new = sd_json_next_member(&new_walk, &new_key, &new_value);
		}
	}
	sd_settings_restore(settings_level);
}

/*
 * sd_diff_rank_of
 *		Which kinds come first?
 */
int
sd_diff_rank_of(const char *kind)
{
	return strcmp(kind, "tables") == 0 ? 0 : strcmp(kind, "views") == 0 ? 1 : 2;
}

/* All objects of a kind; NULL stands for none. */
static void
compare_part(SdDiff *diff, const JsonbValue *key, const JsonbValue *old_value,
			 const JsonbValue *new_value)
{
	SdJsonWalk old_walk;
	SdJsonWalk new_walk;
	JsonbValue old_key;
	JsonbValue new_key;
	JsonbValue old_object;
	JsonbValue new_object;
	bool has_old = false;
	bool has_new = false;
	MemoryContext oldcontext = MemoryContextSwitchTo(diff->context);

	sd_diff_begin_kind(diff, sd_json_as_text(key));
	MemoryContextSwitchTo(oldcontext);
	if (old_value != NULL)
	{
		sd_json_walk(&old_walk, part_objects(key, old_value));
		has_old = sd_json_next_member(&old_walk, &old_key, &old_object);
	}
	if (new_value != NULL)
	{
		sd_json_walk(&new_walk, part_objects(key, new_value));
		has_new = sd_json_next_member(&new_walk, &new_key, &new_object);
	}
	while (has_old || has_new)
	{
		int order = !has_old   ? 1
					: !has_new ? -1
							   : sd_json_compare_keys(&old_key, &new_key);

		CHECK_FOR_INTERRUPTS();
		/* most are the same, and need no name */
		if (order != 0 ||
			diff->versions[SD_DIFF_OLD] != diff->versions[SD_DIFF_NEW] ||
			!sd_json_equal(&old_object, &new_object))
		{
			char *identity = sd_json_as_text(order <= 0 ? &old_key : &new_key);

			sd_diff_compare_object(diff, identity,
								   order <= 0 ? &old_object : NULL,
								   order >= 0 ? &new_object : NULL);
			pfree(identity);
		}
		if (order <= 0)
			has_old = sd_json_next_member(&old_walk, &old_key, &old_object);
		if (order >= 0)
			has_new = sd_json_next_member(&new_walk, &new_key, &new_object);
	}
	sd_diff_end_kind(diff);
}

static JsonbContainer *
part_objects(const JsonbValue *key, const JsonbValue *value)
{
	JsonbContainer *objects = sd_json_as_object(value);

	if (objects == NULL)
		ereport(ERROR, errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				errmsg("value is not a document"),
				errdetail("Its part \"%s\" is not an object.",
						  sd_json_as_text(key)));

	return objects;
}

/*
 * sd_diff_compare_object
 *		Compare one object, by its identity; NULL is the side that does not have
 *		it.
 *
 * Between sd_diff_begin_kind() and sd_diff_end_kind() of its kind.
 */
void
sd_diff_compare_object(SdDiff *diff, const char *identity,
					   const JsonbValue *old_value, const JsonbValue *new_value)
{
	MemoryContext oldcontext = MemoryContextSwitchTo(diff->object);
	SdCanonical *old_object = NULL;
	SdCanonical *new_object = NULL;

	if (old_value != NULL)
		old_object = sd_diff_canonical(diff, SD_DIFF_OLD, identity, old_value);
	if (new_value != NULL)
		new_object = sd_diff_canonical(diff, SD_DIFF_NEW, identity, new_value);

	if (old_object == NULL && new_object != NULL)
		sd_diff_wait(diff, SD_DIFF_NEW, new_object);
	else if (new_object == NULL && old_object != NULL)
		sd_diff_wait(diff, SD_DIFF_OLD, old_object);
	else if (old_object != NULL && new_object != NULL)
	{
		if (!old_object->is_numbered && !new_object->is_numbered)
			sd_diff_report_changes(diff, old_object, new_object, identity,
								   sd_diff_keeps_rows(old_object));
		else if (!same_content(old_object, new_object, diff->options.classes))
		{
			/* another one of that name, but for the number, may be the same */
			sd_diff_wait(diff, SD_DIFF_OLD, old_object);
			sd_diff_wait(diff, SD_DIFF_NEW, new_object);
		}
	}
	MemoryContextSwitchTo(oldcontext);
	MemoryContextReset(diff->object);
}

/*
 * sd_diff_canonical
 *		The object as far as it counts; NULL if it does not.
 */
SdCanonical *
sd_diff_canonical(SdDiff *diff, SdDiffSide side, const char *identity,
				  const JsonbValue *value)
{
	SdCanonical *object =
		sd_canonical_object(&diff->options, diff->versions[side], diff->word,
							diff->kind, identity, value);

	return object->is_nothing ? NULL : object;
}

static bool
same_content(const SdCanonical *a, const SdCanonical *b, int classes)
{
	StringInfoData contents[2];

	initStringInfo(&contents[0]);
	initStringInfo(&contents[1]);
	(void) sd_canonical_content(&contents[0], a, classes);
	(void) sd_canonical_content(&contents[1], b, classes);

	return contents[0].len == contents[1].len &&
		   memcmp(contents[0].data, contents[1].data, contents[0].len) == 0;
}

/*
 * sd_diff_report_alone
 *		Add the row of an object that one side lacks.
 *
 * If its existence does not count, what does of it has rows of its own.
 */
void
sd_diff_report_alone(SdDiff *diff, SdDiffSide side, const SdCanonical *object,
					 const char *identity, bool of_rows, bool on_new_table,
					 const char *hint)
{
	const char *change = side == SD_DIFF_OLD ? "removed" : "added";

	if (diff->options.classes & SD_CLASS_BIT(object->class))
	{
		SdDiffRow *row = new_row(diff, object->kind, identity, change);

		if (side == SD_DIFF_OLD)
		{
			set_value(diff, &row->has_old, &row->old_value, &object->raw);
			row->severity = sd_severity_removed(object, of_rows);
		}
		else
		{
			set_value(diff, &row->has_new, &row->new_value, &object->raw);
			row->severity = sd_severity_added(object, on_new_table || !of_rows);
		}
		if (hint != NULL)
			row->rename_hint = MemoryContextStrdup(diff->context, hint);
		return;
	}

	for (int i = 0; i < object->nattributes; i++)
		report_attribute(diff, object, identity, change,
						 side == SD_DIFF_OLD ? &object->attributes[i] : NULL,
						 side == SD_DIFF_NEW ? &object->attributes[i] : NULL,
						 of_rows);
	for (int i = 0; i < object->ncolumns; i++)
		sd_diff_report_alone(
			diff, side, &object->columns[i],
			column_identity(identity, object->columns[i].identity), of_rows,
			true, NULL);
	if (object->partition != NULL)
		sd_diff_report_alone(diff, side, object->partition, identity, of_rows,
							 true, NULL);
}

/*
 * sd_diff_report_changes
 *		Add a row for all in which two objects differ.
 */
void
sd_diff_report_changes(SdDiff *diff, const SdCanonical *old_object,
					   const SdCanonical *new_object, const char *identity,
					   bool of_rows)
{
	int i = 0;
	int j = 0;

	while (i < old_object->nattributes || j < new_object->nattributes)
	{
		const SdCanonicalAttribute *before = &old_object->attributes[i];
		const SdCanonicalAttribute *now = &new_object->attributes[j];
		int order = i == old_object->nattributes ? 1
					: j == new_object->nattributes
						? -1
						: sd_canonical_compare_names(before, now);

		/* the index of a constraint that is one no longer is another class */
		if (order != 0 || before->class != now->class ||
			before->value_length != now->value_length ||
			memcmp(sd_canonical_value(old_object, before),
				   sd_canonical_value(new_object, now), now->value_length) != 0)
			report_attribute(diff, new_object, identity, "modified",
							 order <= 0 ? before : NULL,
							 order >= 0 ? now : NULL, of_rows);
		if (order <= 0)
			i++;
		if (order >= 0)
			j++;
	}

	report_columns(diff, old_object, new_object, identity, of_rows);
	report_order(diff, old_object, new_object, identity);
	if (old_object->partition != NULL && new_object->partition != NULL)
		sd_diff_report_changes(diff, old_object->partition,
							   new_object->partition, identity, of_rows);
	else if (old_object->partition != NULL)
		sd_diff_report_alone(diff, SD_DIFF_OLD, old_object->partition, identity,
							 of_rows, false, NULL);
	else if (new_object->partition != NULL)
		sd_diff_report_alone(diff, SD_DIFF_NEW, new_object->partition, identity,
							 true, false, NULL);
}

/* An attribute that differs; NULL stands for its default. */
static void
report_attribute(SdDiff *diff, const SdCanonical *object, const char *identity,
				 const char *change, const SdCanonicalAttribute *old_attribute,
				 const SdCanonicalAttribute *new_attribute, bool of_rows)
{
	const SdCanonicalAttribute *attribute =
		new_attribute != NULL ? new_attribute : old_attribute;
	SdDiffRow *row = new_row(diff, object->kind, identity, change);

	row->attribute = attribute->word != NULL
						 ? attribute->word->name
						 : MemoryContextStrdup(
							   diff->context, pnstrdup(attribute->name,
													   attribute->name_length));
	if (old_attribute != NULL)
		set_value(diff, &row->has_old, &row->old_value, &old_attribute->raw);
	if (new_attribute != NULL)
		set_value(diff, &row->has_new, &row->new_value, &new_attribute->raw);
	row->severity = sd_severity_changed(
		attribute->word, object, old_attribute != NULL ? &row->old_value : NULL,
		new_attribute != NULL ? &row->new_value : NULL, of_rows);
}

/* The columns of tables and views, by name. */
static void
report_columns(SdDiff *diff, const SdCanonical *old_object,
			   const SdCanonical *new_object, const char *identity,
			   bool of_rows)
{
	LoneColumn *olds = palloc(sizeof(LoneColumn) * (old_object->ncolumns + 1));
	LoneColumn *news = palloc(sizeof(LoneColumn) * (new_object->ncolumns + 1));
	int nold = 0;
	int nnew = 0;
	int i = 0;
	int j = 0;

	while (i < old_object->ncolumns || j < new_object->ncolumns)
	{
		const SdCanonical *before = &old_object->columns[i];
		const SdCanonical *now = &new_object->columns[j];
		int order = i == old_object->ncolumns ? 1
					: j == new_object->ncolumns
						? -1
						: strcmp(before->identity, now->identity);

		if (order == 0)
			sd_diff_report_changes(diff, before, now,
								   column_identity(identity, now->identity),
								   of_rows);
		else if (order < 0)
			set_lone_column(diff, &olds[nold++], before);
		else
			set_lone_column(diff, &news[nnew++], now);
		if (order <= 0)
			i++;
		if (order >= 0)
			j++;
	}

	find_column_hints(olds, nold, news, nnew);
	for (i = 0; i < nold; i++)
		sd_diff_report_alone(
			diff, SD_DIFF_OLD, olds[i].column,
			column_identity(identity, olds[i].column->identity), of_rows, false,
			olds[i].hint);
	for (i = 0; i < nnew; i++)
		sd_diff_report_alone(
			diff, SD_DIFF_NEW, news[i].column,
			column_identity(identity, news[i].column->identity), of_rows, false,
			news[i].hint);
	pfree(olds);
	pfree(news);
}

static const char *
column_identity(const char *table, const char *column)
{
	return psprintf("%s.%s", table, quote_identifier(column));
}

static void
set_lone_column(SdDiff *diff, LoneColumn *lone, const SdCanonical *column)
{
	StringInfoData content;

	initStringInfo(&content);
	(void) sd_canonical_content(&content, column, diff->options.classes);
	lone->column = column;
	lone->hint = NULL;
	sd_hasher_start(diff->hasher);
	sd_hasher_add(diff->hasher, content.data, content.len);
	sd_hasher_end(diff->hasher, lone->hash);
	pfree(content.data);
}

/* As of objects: where exactly one of each side is the same. */
static void
find_column_hints(LoneColumn *olds, int nold, LoneColumn *news, int nnew)
{
	int i = 0;
	int j = 0;

	qsort(olds, nold, sizeof(LoneColumn), compare_lone_columns);
	qsort(news, nnew, sizeof(LoneColumn), compare_lone_columns);
	while (i < nold && j < nnew)
	{
		int order = compare_lone_columns(&olds[i], &news[j]);
		int nbefore = 1;
		int nnow = 1;

		if (order < 0)
			i++;
		if (order > 0)
			j++;
		if (order != 0)
			continue;
		while (i + nbefore < nold &&
			   compare_lone_columns(&olds[i], &olds[i + nbefore]) == 0)
			nbefore++;
		while (j + nnow < nnew &&
			   compare_lone_columns(&news[j], &news[j + nnow]) == 0)
			nnow++;
		if (nbefore == 1 && nnow == 1)
		{
			olds[i].hint = news[j].column->identity;
			news[j].hint = olds[i].column->identity;
		}
		i += nbefore;
		j += nnow;
	}
}

static int
compare_lone_columns(const void *a, const void *b)
{
	return memcmp(((const LoneColumn *) a)->hash,
				  ((const LoneColumn *) b)->hash, SD_HASH_SIZE);
}

/* They are sorted by name. */
static bool
has_column(const SdCanonical *table, const char *name)
{
	int low = 0;
	int high = table->ncolumns;

	while (low < high)
	{
		int middle = (low + high) / 2;
		int order = strcmp(table->columns[middle].identity, name);

		if (order == 0)
			return true;
		if (order < 0)
			low = middle + 1;
		else
			high = middle;
	}

	return false;
}

/* Do the columns that both have stand in the same order? */
static void
report_order(SdDiff *diff, const SdCanonical *old_object,
			 const SdCanonical *new_object, const char *identity)
{
	const char **olds = palloc(sizeof(char *) * (old_object->norder + 1));
	const char **news = palloc(sizeof(char *) * (new_object->norder + 1));
	int nold = common_order(old_object, new_object, olds);
	int nnew = common_order(new_object, old_object, news);
	bool same = nold == nnew;

	/* if a column has come or gone, or counts no longer, that is told */
	for (int i = 0; i < Min(nold, nnew) && same; i++)
		same = strcmp(olds[i], news[i]) == 0;
	if (!same && nold == nnew)
	{
		SdDiffRow *row = new_row(diff, old_object->kind, identity, "modified");
		MemoryContext oldcontext = MemoryContextSwitchTo(diff->context);
		SdJson before = {0};
		SdJson now = {0};

		for (int i = 0; i < old_object->norder; i++)
			sd_json_append(&before,
						   sd_json_text(pstrdup(old_object->order[i])));
		for (int i = 0; i < new_object->norder; i++)
			sd_json_append(&now, sd_json_text(pstrdup(new_object->order[i])));
		row->attribute = "columns";
		row->has_old = row->has_new = true;
		row->old_value = sd_json_array(&before);
		row->new_value = sd_json_array(&now);
		row->severity = sd_diff_keeps_rows(old_object) ? SD_SEVERITY_REWRITING
													   : SD_SEVERITY_SAFE;
		MemoryContextSwitchTo(oldcontext);
	}
	pfree(olds);
	pfree(news);
}

/* The columns whose order counts and that the other object has as well. */
static int
common_order(const SdCanonical *object, const SdCanonical *other,
			 const char **names)
{
	int count = 0;

	for (int i = 0; i < object->norder; i++)
	{
		if (has_column(other, object->order[i]))
			names[count++] = object->order[i];
	}

	return count;
}

/*
 * sd_diff_keeps_rows
 *		Is it a table with rows of its own, as far as the schema tells?
 */
bool
sd_diff_keeps_rows(const SdCanonical *object)
{
	JsonbContainer *source = sd_json_as_object(&object->raw);
	char *type;

	if (strcmp(object->kind, "views") == 0 || source == NULL)
		return false;
	if (strcmp(object->kind, "tables") != 0)
		return true;
	type = sd_json_get_text(source, "table_type");

	return type == NULL || strcmp(type, "foreign table") != 0;
}

/* A row, of which the names are copied. */
static SdDiffRow *
new_row(SdDiff *diff, const char *kind, const char *identity,
		const char *change)
{
	MemoryContext oldcontext = MemoryContextSwitchTo(diff->context);
	const SdKindWord *word = sd_kind_word(kind, strlen(kind));
	SdDiffRow *row;

	if (diff->count == diff->size)
	{
		diff->size = Max(64, diff->size * 2);
		if (diff->rows == NULL)
			diff->rows = palloc(sizeof(SdDiffRow) * diff->size);
		else
			diff->rows =
				repalloc_huge(diff->rows, sizeof(SdDiffRow) * diff->size);
	}
	row = &diff->rows[diff->count++];
	memset(row, 0, sizeof(SdDiffRow));
	row->kind_number = word != NULL ? word - sd_kind_words : sd_nkind_words;
	row->kind = word != NULL ? word->name : kind;
	row->identity = pstrdup(identity);
	row->change = change;
	MemoryContextSwitchTo(oldcontext);

	return row;
}

static void
set_value(SdDiff *diff, bool *has, JsonbValue *target, const JsonbValue *value)
{
	*has = true;
	*target = *value;
	if (diff->copies)
	{
		MemoryContext oldcontext = MemoryContextSwitchTo(diff->context);
		Jsonb *copy = JsonbValueToJsonb(unconstify(JsonbValue *, value));

		if (JB_ROOT_IS_SCALAR(copy))
			(void) JsonbExtractScalar(&copy->root, target);
		else
			*target = sd_json_packed(copy);
		MemoryContextSwitchTo(oldcontext);
	}
}
