/*-------------------------------------------------------------------------
 *
 * diff_rows.c
 *	  stormdisc_diff: how two documents differ.
 *	  stormdisc_diff_live: how a snapshot differs from what is there now.
 *	  stormdisc_diff_objects: how two tables of objects differ.
 *
 * Objects are compared in their canonical form, of which fingerprints are made
 * as well: there are no rows if, and only if, the fingerprints are the same.
 * The rows have the values as they are in the documents.
 *
 * What is the same byte for byte is not looked into, so that the time goes
 * with the differences.  Of both sides only one object is taken apart at a
 * time; those that are on one side alone wait until all of their kind have
 * been seen.
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "access/xact.h"
#include "catalog/pg_class.h"
#include "catalog/pg_type.h"
#include "executor/spi.h"
#include "funcapi.h"
#include "miscadmin.h"
#include "utils/builtins.h"
#include "utils/guc.h"
#include "utils/hsearch.h"
#include "utils/lsyscache.h"
#include "utils/memutils.h"
#include "utils/tuplestore.h"

#include "catalog/sd_catalog.h"
#include "model/canonical.h"
#include "model/diff.h"
#include "model/fingerprint.h"
#include "model/json.h"
#include "model/other_names.h"
#include "model/severity.h"
#include "model/snapshot.h"

PG_FUNCTION_INFO_V1(stormdisc_diff);
PG_FUNCTION_INFO_V1(stormdisc_diff_live);
PG_FUNCTION_INFO_V1(stormdisc_diff_objects);

#define DIFF_COLS 8 /* OUT columns in sql/functions/diff.sql */

/* how many rows of a table of objects are read at a time */
#define BATCH 100

/* longest qualified name, with a quote for each byte */
#define MAX_IDENTITY (4 * NAMEDATALEN + 8)

/* the columns of what stormdisc_diff_objects() reads */
enum
{
	COLUMN_KIND = 1,
	COLUMN_IDENTITY,
	COLUMN_DOCUMENT
};

typedef enum Side
{
	SIDE_OLD,
	SIDE_NEW
} Side;

/* an object that has no counterpart, or not found it yet */
typedef struct Waiting
{
	const char *identity;
	const char *key;
	const char *place; /* what else has to be the same for a rename */
	bool is_numbered;
	bool is_matched;
	uint8 hash[SD_HASH_SIZE]; /* of all that counts but the name */
	/* the same if tables have been renamed as their hints say */
	const char *identity_then;
	uint8 hash_then[SD_HASH_SIZE];
	JsonbValue value;
	const char *hint;
} Waiting;

/* a table or view that may have been renamed */
typedef struct Renamed
{
	char key[2 * NAMEDATALEN + 2]; /* hash key: schema and name, raw */
	const char *schema;
	const char *name;
} Renamed;

typedef struct WaitingList
{
	int count;
	int size;
	Waiting *members;
} WaitingList;

/* a column that only one of two tables has */
typedef struct LoneColumn
{
	const SdCanonical *column;
	uint8 hash[SD_HASH_SIZE];
	const char *hint;
} LoneColumn;

typedef struct Diff
{
	SdCanonicalOptions options;
	int versions[2];
	bool copies;		   /* values do not outlive their object */
	MemoryContext context; /* of the rows */
	MemoryContext waiting; /* of the objects of this kind that wait */
	MemoryContext object;  /* of the object that is compared now */
	SdHasher *hasher;
	HTAB *new_tables; /* tables and views that the old side lacks */
	HTAB *renamed;	  /* of Renamed: NULL if there are none */
	const char *kind; /* of the objects that come now */
	const SdKindWord *word;
	WaitingList waits[2];
	List *not_compared; /* parts that one side lacks */
	int count;
	int size;
	SdDiffRow *rows;
	List *pairs; /* of SdDiffPair * */
} Diff;

/* a reader of a table of objects, and the row it is at */
typedef struct ObjectReader
{
	Portal portal;
	SPITupleTable *table;
	uint64 next;
	bool at_end;
	const char *kind;
	const char *identity;
	Jsonb *document;
} ObjectReader;

static void begin(Diff *diff, FunctionCallInfo fcinfo, int ignore);
static void make_contexts(Diff *diff);
static void end(Diff *diff, FunctionCallInfo fcinfo);
static void finish(Diff *diff);
static SdDiffResult *diff_result(Diff *diff, Jsonb *old_document,
								 const char *old_name, Jsonb *new_document,
								 const char *new_name);
static void compare_documents(Diff *diff, Jsonb *old_document,
							  Jsonb *new_document);
static void check_whole(Jsonb *document, const char *name);
static void compare_part(Diff *diff, const JsonbValue *key,
						 const JsonbValue *old_value,
						 const JsonbValue *new_value);
static JsonbContainer *part_objects(const JsonbValue *key,
									const JsonbValue *value);
static void begin_kind(Diff *diff, const char *kind);
static void compare_object(Diff *diff, const char *identity,
						   const JsonbValue *old_value,
						   const JsonbValue *new_value);
static SdCanonical *canonical(Diff *diff, Side side, const char *identity,
							  const JsonbValue *value);
static bool same_content(const SdCanonical *a, const SdCanonical *b,
						 int classes);
static void wait_for_match(Diff *diff, Side side, const SdCanonical *object);
static void look_ahead(Diff *diff, Waiting *member, const SdCanonical *object);
static void hash_content(Diff *diff, const SdCanonical *object, uint8 *hash);
static bool find_renamed(void *arg, const char *schema, const char *name,
						 const char **to_schema, const char **to_name);
static void remember_renamed(Diff *diff);
static void enter_renamed(Diff *diff, const char *schema, const char *name,
						  const char *to_schema, const char *to_name);
static void find_followers(Diff *diff);
static int rank_of(const char *kind);
static const char *place_of(const SdCanonical *object);
static void end_kind(Diff *diff);
static void match_numbered(Diff *diff);
static void match_groups(Diff *diff, bool by_identity);
static void report_pair(Diff *diff, Waiting *old_object, Waiting *new_object);
static void add_pair(Diff *diff, const Waiting *old_object,
					 const Waiting *new_object);
static void find_hints(Diff *diff);
static bool may_be_renamed(const SdKindWord *word);
static int compare_numbered(const void *a, const void *b);
static int compare_followers(const void *a, const void *b);
static int compare_contents(const void *a, const void *b);
static bool is_settled(const Waiting *member);
static void report_alone(Diff *diff, Side side, const SdCanonical *object,
						 const char *identity, bool of_rows, bool on_new_table,
						 const char *hint);
static void report_changes(Diff *diff, const SdCanonical *old_object,
						   const SdCanonical *new_object, const char *identity,
						   bool of_rows);
static void report_attribute(Diff *diff, const SdCanonical *object,
							 const char *identity, const char *change,
							 const SdCanonicalAttribute *old_attribute,
							 const SdCanonicalAttribute *new_attribute,
							 bool of_rows);
static void report_columns(Diff *diff, const SdCanonical *old_object,
						   const SdCanonical *new_object, const char *identity,
						   bool of_rows);
static const char *column_identity(const char *table, const char *column);
static void set_lone_column(Diff *diff, LoneColumn *lone,
							const SdCanonical *column);
static void find_column_hints(LoneColumn *olds, int nold, LoneColumn *news,
							  int nnew);
static int compare_lone_columns(const void *a, const void *b);
static bool has_column(const SdCanonical *table, const char *name);
static void report_order(Diff *diff, const SdCanonical *old_object,
						 const SdCanonical *new_object, const char *identity);
static int common_order(const SdCanonical *object, const SdCanonical *other,
						const char **names);
static bool keeps_rows(const SdCanonical *object);
static bool is_on_new_table(Diff *diff, const SdCanonical *object);
static void remember_new_table(Diff *diff, const char *identity);
static SdDiffRow *new_row(Diff *diff, const char *kind, const char *identity,
						  const char *change);
static void set_value(Diff *diff, bool *has, JsonbValue *target,
					  const JsonbValue *value);
static int compare_rows(const void *a, const void *b);
static void put_rows(Diff *diff, FunctionCallInfo fcinfo);
static int major_version(FunctionCallInfo fcinfo, int argument);
static void open_reader(ObjectReader *reader, Oid relation);
static void read_next(ObjectReader *reader);
static int compare_readers(const ObjectReader *a, const ObjectReader *b);

/*
 * stormdisc_diff(a, b, ignore) -> setof row
 *		How two documents differ.
 */
Datum
stormdisc_diff(PG_FUNCTION_ARGS)
{
	static const char *const arguments[] = {"a", "b"};
	Diff diff = {0};
	Jsonb *documents[2];

	InitMaterializedSRF(fcinfo, 0);
	for (int i = 0; i < 2; i++)
	{
		if (PG_ARGISNULL(i))
			ereport(ERROR, errcode(ERRCODE_NULL_VALUE_NOT_ALLOWED),
					errmsg("argument \"%s\" must not be null", arguments[i]));
	}
	begin(&diff, fcinfo, 2);
	for (int i = 0; i < 2; i++)
	{
		documents[i] = PG_GETARG_JSONB_P(i);
		diff.versions[i] = sd_canonical_check(documents[i], arguments[i]);
	}
	for (int i = 0; i < 2; i++)
		check_whole(documents[i], arguments[i]);
	compare_documents(&diff, documents[0], documents[1]);
	end(&diff, fcinfo);

	return (Datum) 0;
}

/*
 * stormdisc_diff_live(name, ignore) -> setof row
 *		How what is there now differs from a snapshot.
 */
Datum
stormdisc_diff_live(PG_FUNCTION_ARGS)
{
	Diff diff = {0};
	SdSnapshot snapshot;
	Jsonb *live;

	InitMaterializedSRF(fcinfo, 0);
	sd_snapshot_read(
		&snapshot,
		sd_snapshot_name(PG_ARGISNULL(0) ? NULL : PG_GETARG_TEXT_PP(0)));
	begin(&diff, fcinfo, 1);
	diff.versions[SIDE_OLD] = sd_canonical_check(snapshot.document, "name");
	check_whole(snapshot.document, "name");
	live = sd_snapshot_live(fcinfo, &snapshot);
	if (live != NULL)
	{
		diff.versions[SIDE_NEW] = sd_canonical_check(live, "name");
		check_whole(live, "name");
	}
	compare_documents(&diff, snapshot.document, live);
	end(&diff, fcinfo);

	return (Datum) 0;
}

/*
 * stormdisc_diff_objects(old_objects, new_objects, ignore, old_version,
 *		new_version) -> setof row
 *		How two tables or views with rows of stormdisc_schema_objects() differ.
 */
Datum
stormdisc_diff_objects(PG_FUNCTION_ARGS)
{
	static const char *const arguments[] = {"old_objects", "new_objects"};
	Diff diff = {0};
	ObjectReader readers[2] = {0};
	const char *kind = NULL;
	JsonbValue values[2];

	InitMaterializedSRF(fcinfo, 0);
	for (int i = 0; i < 2; i++)
	{
		if (PG_ARGISNULL(i))
			ereport(ERROR, errcode(ERRCODE_NULL_VALUE_NOT_ALLOWED),
					errmsg("argument \"%s\" must not be null", arguments[i]));
	}
	begin(&diff, fcinfo, 2);
	/* the names of all schemas are not known before the last row */
	if (diff.options.no_schema_names)
		ereport(ERROR, errcode(ERRCODE_FEATURE_NOT_SUPPORTED),
				errmsg("word \"%s\" in argument \"%s\" is for documents "
					   "only",
					   "schema_names", "ignore"),
				errhint("Compare documents with stormdisc_diff()."));
	diff.copies = true;
	diff.versions[SIDE_OLD] = major_version(fcinfo, 3);
	diff.versions[SIDE_NEW] = major_version(fcinfo, 4);

	if (SPI_connect() != SPI_OK_CONNECT)
		elog(ERROR, "could not connect to SPI");
	for (int i = 0; i < 2; i++)
	{
		open_reader(&readers[i], PG_GETARG_OID(i));
		read_next(&readers[i]);
	}
	while (!readers[0].at_end || !readers[1].at_end)
	{
		int order = compare_readers(&readers[0], &readers[1]);
		const ObjectReader *first = order <= 0 ? &readers[0] : &readers[1];

		CHECK_FOR_INTERRUPTS();
		if (kind == NULL || strcmp(kind, first->kind) != 0)
		{
			if (kind != NULL)
				end_kind(&diff);
			kind = MemoryContextStrdup(diff.context, first->kind);
			begin_kind(&diff, kind);
		}
		for (int i = 0; i < 2; i++)
		{
			if (!readers[i].at_end)
				values[i] = sd_json_packed(readers[i].document);
		}
		if (order != 0 || diff.versions[SIDE_OLD] != diff.versions[SIDE_NEW] ||
			!sd_json_equal(&values[0], &values[1]))
			compare_object(&diff, first->identity,
						   order <= 0 ? &values[0] : NULL,
						   order >= 0 ? &values[1] : NULL);
		if (order <= 0)
			read_next(&readers[0]);
		if (order >= 0)
			read_next(&readers[1]);
	}
	if (kind != NULL)
		end_kind(&diff);
	for (int i = 0; i < 2; i++)
		SPI_cursor_close(readers[i].portal);
	SPI_finish();
	end(&diff, fcinfo);

	return (Datum) 0;
}

/* Read the argument "ignore", at this position, and get ready. */
static void
begin(Diff *diff, FunctionCallInfo fcinfo, int ignore)
{
	sd_canonical_classes(&diff->options, NULL);
	sd_canonical_ignore(&diff->options, PG_ARGISNULL(ignore)
											? NULL
											: PG_GETARG_ARRAYTYPE_P(ignore));
	make_contexts(diff);
}

static void
make_contexts(Diff *diff)
{
	HASHCTL control = {0};

	diff->context = AllocSetContextCreate(
		CurrentMemoryContext, "stormdisc diff", ALLOCSET_DEFAULT_SIZES);
	diff->waiting = AllocSetContextCreate(diff->context, "stormdisc waiting",
										  ALLOCSET_DEFAULT_SIZES);
	diff->object = AllocSetContextCreate(diff->context, "stormdisc canonical",
										 SD_CANONICAL_SIZE, SD_CANONICAL_SIZE,
										 ALLOCSET_DEFAULT_MAXSIZE);
	diff->hasher = sd_hasher_create();
	control.keysize = MAX_IDENTITY;
	control.entrysize = MAX_IDENTITY;
	control.hcxt = diff->context;
	diff->new_tables = hash_create("stormdisc new tables", 64, &control,
								   HASH_ELEM | HASH_STRINGS | HASH_CONTEXT);
}

/* The rows in their order, and a warning of what they do not tell. */
static void
end(Diff *diff, FunctionCallInfo fcinfo)
{
	finish(diff);
	put_rows(diff, fcinfo);
	MemoryContextDelete(diff->context);
}

static void
finish(Diff *diff)
{
	if (diff->count > 1)
		qsort(diff->rows, diff->count, sizeof(SdDiffRow), compare_rows);
	sd_hasher_free(diff->hasher);

	if (diff->not_compared != NIL)
	{
		StringInfoData names;
		ListCell *lc;

		initStringInfo(&names);
		foreach (lc, diff->not_compared)
			appendStringInfo(&names, "%s%s", names.len > 0 ? ", " : "",
							 (char *) lfirst(lc));
		ereport(
			WARNING,
			errmsg("only one of the documents has these parts: %s", names.data),
			errdetail("They are not compared."));
	}
}

/*
 * sd_diff_documents
 *		The differences of two documents as stormdisc_diff() tells them, without
 *		regard to the order of columns.
 *
 * The result is in the current memory context, and points into the documents.
 * The names are those of the arguments, for errors.
 */
SdDiffResult *
sd_diff_documents(Jsonb *old_document, const char *old_name,
				  Jsonb *new_document, const char *new_name)
{
	Diff diff = {0};

	sd_canonical_classes(&diff.options, NULL);
	sd_canonical_default(&diff.options);
	diff.options.no_ordinal = true;

	return diff_result(&diff, old_document, old_name, new_document, new_name);
}

/*
 * sd_diff_ignoring
 *		Likewise, without regard to what the words say, which are those of the
 *		argument "ignore" of stormdisc_diff().
 */
SdDiffResult *
sd_diff_ignoring(Jsonb *old_document, Jsonb *new_document, ArrayType *ignore)
{
	Diff diff = {0};

	sd_canonical_classes(&diff.options, NULL);
	sd_canonical_ignore(&diff.options, ignore);

	return diff_result(&diff, old_document, "a", new_document, "b");
}

static SdDiffResult *
diff_result(Diff *diff, Jsonb *old_document, const char *old_name,
			Jsonb *new_document, const char *new_name)
{
	SdDiffResult *result = palloc0(sizeof(SdDiffResult));

	diff->versions[SIDE_OLD] = sd_canonical_check(old_document, old_name);
	diff->versions[SIDE_NEW] = sd_canonical_check(new_document, new_name);
	check_whole(old_document, old_name);
	check_whole(new_document, new_name);
	make_contexts(diff);
	compare_documents(diff, old_document, new_document);
	finish(diff);
	MemoryContextDelete(diff->waiting);
	MemoryContextDelete(diff->object);
	result->versions[0] = diff->versions[SIDE_OLD];
	result->versions[1] = diff->versions[SIDE_NEW];
	result->count = diff->count;
	result->rows = diff->rows;
	result->pairs = diff->pairs;

	return result;
}

/*
 * All parts, tables and views first: what stands on a new table is no work, and
 * on a renamed one it has another name.
 */
static void
compare_documents(Diff *diff, Jsonb *old_document, Jsonb *new_document)
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

			if (rank_of(sd_json_as_text(key)) == pass &&
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

/* Which kinds come first? */
static int
rank_of(const char *kind)
{
	return strcmp(kind, "tables") == 0 ? 0 : strcmp(kind, "views") == 0 ? 1 : 2;
}

/* Tell of a document that lacks something. */
static void
check_whole(Jsonb *document, const char *name)
{
	if (!sd_json_get_bool(&document->root, "consistent"))
		ereport(WARNING,
				errmsg("document in argument \"%s\" is not whole", name),
				errdetail("Its warnings name what could not be read, which may "
						  "be among the differences."));
}

/* All objects of a kind; NULL stands for none. */
static void
compare_part(Diff *diff, const JsonbValue *key, const JsonbValue *old_value,
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

	begin_kind(diff, sd_json_as_text(key));
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
			diff->versions[SIDE_OLD] != diff->versions[SIDE_NEW] ||
			!sd_json_equal(&old_object, &new_object))
		{
			char *identity = sd_json_as_text(order <= 0 ? &old_key : &new_key);

			compare_object(diff, identity, order <= 0 ? &old_object : NULL,
						   order >= 0 ? &new_object : NULL);
			pfree(identity);
		}
		if (order <= 0)
			has_old = sd_json_next_member(&old_walk, &old_key, &old_object);
		if (order >= 0)
			has_new = sd_json_next_member(&new_walk, &new_key, &new_object);
	}
	end_kind(diff);
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

static void
begin_kind(Diff *diff, const char *kind)
{
	diff->kind = kind;
	diff->word = sd_kind_word(kind, strlen(kind));
	memset(diff->waits, 0, sizeof(diff->waits));
}

/* One object, by its identity; NULL is the side that does not have it. */
static void
compare_object(Diff *diff, const char *identity, const JsonbValue *old_value,
			   const JsonbValue *new_value)
{
	MemoryContext oldcontext = MemoryContextSwitchTo(diff->object);
	SdCanonical *old_object = NULL;
	SdCanonical *new_object = NULL;

	if (old_value != NULL)
		old_object = canonical(diff, SIDE_OLD, identity, old_value);
	if (new_value != NULL)
		new_object = canonical(diff, SIDE_NEW, identity, new_value);

	if (old_object == NULL && new_object != NULL)
		wait_for_match(diff, SIDE_NEW, new_object);
	else if (new_object == NULL && old_object != NULL)
		wait_for_match(diff, SIDE_OLD, old_object);
	else if (old_object != NULL && new_object != NULL)
	{
		if (!old_object->is_numbered && !new_object->is_numbered)
			report_changes(diff, old_object, new_object, identity,
						   keeps_rows(old_object));
		else if (!same_content(old_object, new_object, diff->options.classes))
		{
			/* another one of that name, but for the number, may be the same */
			wait_for_match(diff, SIDE_OLD, old_object);
			wait_for_match(diff, SIDE_NEW, new_object);
		}
	}
	MemoryContextSwitchTo(oldcontext);
	MemoryContextReset(diff->object);
}

/* The object as far as it counts; NULL if it does not. */
static SdCanonical *
canonical(Diff *diff, Side side, const char *identity, const JsonbValue *value)
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

/* Keep an object until all of its kind have been seen. */
static void
wait_for_match(Diff *diff, Side side, const SdCanonical *object)
{
	WaitingList *list = &diff->waits[side];
	StringInfoData content;
	MemoryContext oldcontext;
	Waiting *member;

	initStringInfo(&content);
	if (!sd_canonical_content(&content, object, diff->options.classes))
		return;

	oldcontext = MemoryContextSwitchTo(diff->waiting);
	if (list->count == list->size)
	{
		list->size = Max(64, list->size * 2);
		if (list->members == NULL)
			list->members = palloc(sizeof(Waiting) * list->size);
		else
			list->members =
				repalloc_huge(list->members, sizeof(Waiting) * list->size);
	}
	member = &list->members[list->count++];
	memset(member, 0, sizeof(Waiting));
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
	if (side == SIDE_OLD && diff->renamed != NULL)
		look_ahead(diff, member, object);
	if (side == SIDE_NEW &&
		(strcmp(diff->kind, "tables") == 0 || strcmp(diff->kind, "views") == 0))
		remember_new_table(diff, object->identity);
}

/* What would it be if tables have been renamed as their hints say? */
static void
look_ahead(Diff *diff, Waiting *member, const SdCanonical *object)
{
	SdSchemaMap map = {0};
	SdCanonical *then;
	JsonbValue value;
	MemoryContext oldcontext;

	map.find_relation = find_renamed;
	map.arg = diff;
	value = sd_other_object(&map, diff->word, &object->raw);
	then = canonical(diff, SIDE_OLD,
					 sd_other_identity(&map, diff->kind, object->identity),
					 &value);
	if (then == NULL)
		return;

	hash_content(diff, then, member->hash_then);
	oldcontext = MemoryContextSwitchTo(diff->waiting);
	member->identity_then = pstrdup(then->identity);
	member->place = place_of(then);
	MemoryContextSwitchTo(oldcontext);
}

static void
hash_content(Diff *diff, const SdCanonical *object, uint8 *hash)
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
	Diff *diff = arg;
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
remember_renamed(Diff *diff)
{
	WaitingList *olds = &diff->waits[SIDE_OLD];

	for (int i = 0; i < olds->count; i++)
	{
		Waiting *member = &olds->members[i];
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
enter_renamed(Diff *diff, const char *schema, const char *name,
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

/* Report what has no counterpart. */
static void
end_kind(Diff *diff)
{
	MemoryContext oldcontext = MemoryContextSwitchTo(diff->object);

	match_numbered(diff);
	if (diff->renamed != NULL)
		find_followers(diff);
	if (may_be_renamed(diff->word))
		find_hints(diff);
	if (rank_of(diff->kind) < 2)
		remember_renamed(diff);
	for (int side = SIDE_OLD; side <= SIDE_NEW; side++)
	{
		for (int i = 0; i < diff->waits[side].count; i++)
		{
			Waiting *member = &diff->waits[side].members[i];
			SdCanonical *object;

			CHECK_FOR_INTERRUPTS();
			if (member->is_matched)
				continue;
			object = canonical(diff, side, member->identity, &member->value);
			report_alone(diff, side, object, member->identity,
						 keeps_rows(object), is_on_new_table(diff, object),
						 member->hint);
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
match_numbered(Diff *diff)
{
	WaitingList *olds = &diff->waits[SIDE_OLD];
	WaitingList *news = &diff->waits[SIDE_NEW];
	int j = 0;

	for (int side = SIDE_OLD; side <= SIDE_NEW; side++)
	{
		if (diff->waits[side].count > 1)
			qsort(diff->waits[side].members, diff->waits[side].count,
				  sizeof(Waiting), compare_numbered);
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
match_groups(Diff *diff, bool by_identity)
{
	WaitingList *olds = &diff->waits[SIDE_OLD];
	WaitingList *news = &diff->waits[SIDE_NEW];
	int start = 0;

	for (int i = 0; i < olds->count && olds->members[i].is_numbered; i++)
	{
		Waiting *member = &olds->members[i];

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
			Waiting *other = &news->members[j];

			if (other->is_matched ||
				(by_identity && strcmp(other->identity, member->identity) != 0))
				continue;
			report_pair(diff, member, other);
			break;
		}
	}
}

static void
report_pair(Diff *diff, Waiting *old_object, Waiting *new_object)
{
	SdCanonical *before =
		canonical(diff, SIDE_OLD, old_object->identity, &old_object->value);
	SdCanonical *now =
		canonical(diff, SIDE_NEW, new_object->identity, &new_object->value);

	report_changes(diff, before, now, old_object->identity, false);
	old_object->is_matched = new_object->is_matched = true;
	add_pair(diff, old_object, new_object);
	MemoryContextReset(diff->object);
}

/* Remember two that are the same object under different names. */
static void
add_pair(Diff *diff, const Waiting *old_object, const Waiting *new_object)
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
find_followers(Diff *diff)
{
	WaitingList *olds = &diff->waits[SIDE_OLD];
	WaitingList *news = &diff->waits[SIDE_NEW];
	int i = 0;
	int j = 0;

	for (int side = SIDE_OLD; side <= SIDE_NEW; side++)
	{
		if (diff->waits[side].count > 1)
			qsort(diff->waits[side].members, diff->waits[side].count,
				  sizeof(Waiting), compare_followers);
	}
	while (i < olds->count && j < news->count)
	{
		Waiting *before = &olds->members[i];
		Waiting *now = &news->members[j];
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
	return strcmp(((const Waiting *) a)->identity_then,
				  ((const Waiting *) b)->identity_then);
}

/*
 * If exactly one object that is gone and one that is new are the same but for
 * the name, each may be the other.
 */
static void
find_hints(Diff *diff)
{
	WaitingList *olds = &diff->waits[SIDE_OLD];
	WaitingList *news = &diff->waits[SIDE_NEW];
	int i = 0;
	int j = 0;

	for (int side = SIDE_OLD; side <= SIDE_NEW; side++)
	{
		if (diff->waits[side].count > 1)
			qsort(diff->waits[side].members, diff->waits[side].count,
				  sizeof(Waiting), compare_contents);
	}
	/* those that are settled come last */
	while (i < olds->count && !is_settled(&olds->members[i]) &&
		   j < news->count && !is_settled(&news->members[j]))
	{
		Waiting *before = &olds->members[i];
		Waiting *now = &news->members[j];
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
	const Waiting *left = a;
	const Waiting *right = b;
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
	const Waiting *left = a;
	const Waiting *right = b;
	int order = (int) is_settled(left) - (int) is_settled(right);

	if (order == 0)
		order = strcmp(left->place, right->place);
	if (order == 0)
		order = memcmp(left->hash_then, right->hash_then, SD_HASH_SIZE);

	return order;
}

static bool
is_settled(const Waiting *member)
{
	return member->is_matched || member->hint != NULL;
}

/*
 * An object that one side lacks is one row.  If its existence does not count,
 * what does of it has rows of its own.
 */
static void
report_alone(Diff *diff, Side side, const SdCanonical *object,
			 const char *identity, bool of_rows, bool on_new_table,
			 const char *hint)
{
	const char *change = side == SIDE_OLD ? "removed" : "added";

	if (diff->options.classes & SD_CLASS_BIT(object->class))
	{
		SdDiffRow *row = new_row(diff, object->kind, identity, change);

		if (side == SIDE_OLD)
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
						 side == SIDE_OLD ? &object->attributes[i] : NULL,
						 side == SIDE_NEW ? &object->attributes[i] : NULL,
						 of_rows);
	for (int i = 0; i < object->ncolumns; i++)
		report_alone(diff, side, &object->columns[i],
					 column_identity(identity, object->columns[i].identity),
					 of_rows, true, NULL);
	if (object->partition != NULL)
		report_alone(diff, side, object->partition, identity, of_rows, true,
					 NULL);
}

/* All in which two objects differ. */
static void
report_changes(Diff *diff, const SdCanonical *old_object,
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
		report_changes(diff, old_object->partition, new_object->partition,
					   identity, of_rows);
	else if (old_object->partition != NULL)
		report_alone(diff, SIDE_OLD, old_object->partition, identity, of_rows,
					 false, NULL);
	else if (new_object->partition != NULL)
		report_alone(diff, SIDE_NEW, new_object->partition, identity, true,
					 false, NULL);
}

/* An attribute that differs; NULL stands for its default. */
static void
report_attribute(Diff *diff, const SdCanonical *object, const char *identity,
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
report_columns(Diff *diff, const SdCanonical *old_object,
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
			report_changes(diff, before, now,
						   column_identity(identity, now->identity), of_rows);
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
		report_alone(diff, SIDE_OLD, olds[i].column,
					 column_identity(identity, olds[i].column->identity),
					 of_rows, false, olds[i].hint);
	for (i = 0; i < nnew; i++)
		report_alone(diff, SIDE_NEW, news[i].column,
					 column_identity(identity, news[i].column->identity),
					 of_rows, false, news[i].hint);
	pfree(olds);
	pfree(news);
}

static const char *
column_identity(const char *table, const char *column)
{
	return psprintf("%s.%s", table, quote_identifier(column));
}

static void
set_lone_column(Diff *diff, LoneColumn *lone, const SdCanonical *column)
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
report_order(Diff *diff, const SdCanonical *old_object,
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
		row->severity =
			keeps_rows(old_object) ? SD_SEVERITY_REWRITING : SD_SEVERITY_SAFE;
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

/* Is it a table with rows of its own, as far as the schema tells? */
static bool
keeps_rows(const SdCanonical *object)
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

/* Does it stand on a table that is new? */
static bool
is_on_new_table(Diff *diff, const SdCanonical *object)
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
remember_new_table(Diff *diff, const char *identity)
{
	if (strlen(identity) < MAX_IDENTITY)
		(void) hash_search(diff->new_tables, identity, HASH_ENTER, NULL);
}

/* A row, of which the names are copied. */
static SdDiffRow *
new_row(Diff *diff, const char *kind, const char *identity, const char *change)
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
set_value(Diff *diff, bool *has, JsonbValue *target, const JsonbValue *value)
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

/* By kind in the order of documents, identity and attribute. */
static int
compare_rows(const void *a, const void *b)
{
	const SdDiffRow *left = a;
	const SdDiffRow *right = b;
	int order = left->kind_number - right->kind_number;

	if (order == 0)
		order = strcmp(left->kind, right->kind);
	if (order == 0)
		order = strcmp(left->identity, right->identity);
	if (order == 0)
		order = (left->attribute != NULL) - (right->attribute != NULL);
	if (order == 0 && left->attribute != NULL)
		order = strcmp(left->attribute, right->attribute);
	/* one that was removed and one that was added under the same name */
	if (order == 0)
		order = (int) left->has_new - (int) right->has_new;

	return order;
}

static void
put_rows(Diff *diff, FunctionCallInfo fcinfo)
{
	ReturnSetInfo *rsinfo = (ReturnSetInfo *) fcinfo->resultinfo;
	MemoryContext oldcontext = MemoryContextSwitchTo(diff->object);

	for (int i = 0; i < diff->count; i++)
	{
		SdDiffRow *row = &diff->rows[i];
		Datum values[DIFF_COLS] = {0};
		bool nulls[DIFF_COLS] = {false};

		CHECK_FOR_INTERRUPTS();
		values[0] = CStringGetTextDatum(row->change);
		values[1] = CStringGetTextDatum(row->kind);
		values[2] = CStringGetTextDatum(row->identity);
		nulls[3] = row->attribute == NULL;
		if (!nulls[3])
			values[3] = CStringGetTextDatum(row->attribute);
		nulls[4] = !row->has_old;
		if (row->has_old)
			values[4] = JsonbPGetDatum(JsonbValueToJsonb(&row->old_value));
		nulls[5] = !row->has_new;
		if (row->has_new)
			values[5] = JsonbPGetDatum(JsonbValueToJsonb(&row->new_value));
		values[6] = CStringGetTextDatum(sd_severity_name(row->severity));
		nulls[7] = row->rename_hint == NULL;
		if (!nulls[7])
			values[7] = CStringGetTextDatum(row->rename_hint);
		tuplestore_putvalues(rsinfo->setResult, rsinfo->setDesc, values, nulls);
		MemoryContextReset(diff->object);
	}
	MemoryContextSwitchTo(oldcontext);
}

/* The major version of a server, by default of this one. */
static int
major_version(FunctionCallInfo fcinfo, int argument)
{
	int version;

	if (PG_ARGISNULL(argument))
		return atoi(GetConfigOption("server_version_num", false, false)) /
			   10000;

	version = PG_GETARG_INT32(argument);
	if (version < 15 || version > 99)
		ereport(ERROR, errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				errmsg("%d is not a major version of the server", version),
				errhint("It is a number such as 15."));

	return version;
}

/* Read a table or view as the caller may. */
static void
open_reader(ObjectReader *reader, Oid relation)
{
	char *name = get_rel_name(relation);
	char *schema = NULL;
	SPIPlanPtr plan;

	if (name != NULL)
		schema = get_namespace_name(get_rel_namespace(relation));
	if (schema == NULL)
		ereport(ERROR, errcode(ERRCODE_UNDEFINED_TABLE),
				errmsg("relation with OID %u does not exist", relation));

	plan = SPI_prepare(
		psprintf("SELECT o.kind::pg_catalog.text, o.identity::pg_catalog.text, "
				 "o.document::pg_catalog.jsonb FROM %s o "
				 "ORDER BY (o.kind::pg_catalog.text OPERATOR(pg_catalog.<>) "
				 "'tables'::pg_catalog.text), "
				 "(o.kind::pg_catalog.text OPERATOR(pg_catalog.<>) "
				 "'views'::pg_catalog.text), "
				 "o.kind::pg_catalog.text COLLATE pg_catalog.\"C\", "
				 "o.identity::pg_catalog.text COLLATE pg_catalog.\"C\"",
				 quote_qualified_identifier(schema, name)),
		0, NULL);
	if (plan == NULL)
		elog(ERROR, "could not prepare statement: %s",
			 SPI_result_code_string(SPI_result));
	reader->portal = SPI_cursor_open(NULL, plan, NULL, NULL, true);
}

/* Go to the next row. */
static void
read_next(ObjectReader *reader)
{
	HeapTuple tuple;
	TupleDesc desc;
	bool isnull[3];
	Datum document;

	if (reader->table == NULL || reader->next == reader->table->numvals)
	{
		if (reader->table != NULL)
			SPI_freetuptable(reader->table);
		SPI_cursor_fetch(reader->portal, true, BATCH);
		reader->table = SPI_tuptable;
		reader->next = 0;
		if (SPI_processed == 0)
		{
			reader->at_end = true;
			return;
		}
	}
	tuple = reader->table->vals[reader->next++];
	desc = reader->table->tupdesc;
	document = SPI_getbinval(tuple, desc, COLUMN_DOCUMENT, &isnull[2]);
	(void) SPI_getbinval(tuple, desc, COLUMN_KIND, &isnull[0]);
	(void) SPI_getbinval(tuple, desc, COLUMN_IDENTITY, &isnull[1]);
	if (isnull[0] || isnull[1] || isnull[2])
		ereport(ERROR, errcode(ERRCODE_NULL_VALUE_NOT_ALLOWED),
				errmsg("kind, identity and document of an object must not be "
					   "null"));
	if (reader->document != NULL)
	{
		pfree(unconstify(char *, reader->kind));
		pfree(unconstify(char *, reader->identity));
		pfree(reader->document);
	}
	reader->kind = SPI_getvalue(tuple, desc, COLUMN_KIND);
	reader->identity = SPI_getvalue(tuple, desc, COLUMN_IDENTITY);
	reader->document = DatumGetJsonbPCopy(document);
	if (JB_ROOT_IS_SCALAR(reader->document))
		ereport(ERROR, errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				errmsg("value of %s is not an object of a document",
					   reader->identity));
}

/* The order in which they are read. */
static int
compare_readers(const ObjectReader *a, const ObjectReader *b)
{
	int order;

	if (a->at_end || b->at_end)
		return (int) a->at_end - (int) b->at_end;
	order = rank_of(a->kind) - rank_of(b->kind);
	if (order == 0)
		order = strcmp(a->kind, b->kind);
	if (order == 0)
		order = strcmp(a->identity, b->identity);

	return order;
}
