/*-------------------------------------------------------------------------
 *
 * fingerprint.c
 *	  stormdisc_fingerprint: the schema as hashes.
 *	  stormdisc_document_fingerprint: that of a document.
 *
 * Each object has one hash for each class that it has something of, and over
 * these one for all.  What is asked for (the database, a schema, a table) has
 * the hashes of those of its objects, by kind and name.
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "access/tupdesc.h"
#include "catalog/namespace.h"
#include "common/cryptohash.h"
#include "common/sha2.h"
#include "funcapi.h"
#include "miscadmin.h"
#include "port/pg_bitutils.h"
#include "utils/builtins.h"
#include "utils/lsyscache.h"
#include "utils/memutils.h"
#include "utils/tuplestore.h"

#include "catalog/sd_catalog.h"
#include "discovery/discovery.h"
#include "model/canonical.h"
#include "model/diff.h"
#include "model/document.h"
#include "model/fingerprint.h"
#include "model/json.h"
#include "model/other_names.h"

PG_FUNCTION_INFO_V1(stormdisc_fingerprint);
PG_FUNCTION_INFO_V1(stormdisc_document_fingerprint);

#define FINGERPRINT_COLS 11 /* OUT columns in sql/functions/fingerprint.sql */

/* what a fingerprint begins with: another one if the form changes */
#define SIGNATURE "stormdisc fingerprint 1"

/* what has a fingerprint; the order is that of level_names */
typedef enum Level
{
	LEVEL_DATABASE,
	LEVEL_SCHEMA,
	LEVEL_TABLE,
	LEVEL_OBJECT
} Level;

struct SdHasher
{
	pg_cryptohash_ctx *context;
};

/* an object, as far as it counts */
typedef struct Entry
{
	const char *unit; /* what it belongs to; NULL: the database itself */
	const char *schema;
	const char *kind;
	const char *key;
	int classes;				   /* those that it has something of */
	uint8 hash[SD_HASH_SIZE];	   /* of all of them */
	uint8 (*hashes)[SD_HASH_SIZE]; /* of each, in their order */
} Entry;

typedef struct Fingerprint
{
	SdCanonicalOptions options;
	int version;
	Level level;
	SdHasher *hasher;
	List *schemas;		   /* of the document, if their names do not count */
	MemoryContext context; /* of the entries */
	MemoryContext object;  /* of the object that is hashed now */
	int count;
	int size;
	Entry *entries;
} Fingerprint;

/* where an object belongs */
typedef struct Place
{
	const char *schema; /* raw, or NULL */
	const char *table;	/* likewise */
} Place;

static const char *const level_names[] = {"database", "schema", "table",
										  "object"};

static void read_options(FunctionCallInfo fcinfo, Fingerprint *run, int level,
						 int classes, int ignore);
static Level find_level(text *level);
static void read_document(Fingerprint *run, Jsonb *document);
static void read_kind(Fingerprint *run, const char *kind,
					  JsonbContainer *objects);
static void add_object(Fingerprint *run, const SdKindWord *word,
					   const char *kind, const JsonbValue *identity,
					   const JsonbValue *value);
static SdCanonical *without_schema_names(Fingerprint *run, const Entry *entry,
										 const SdCanonical *object);
static void hash_object(Fingerprint *run, Entry *entry,
						const SdCanonical *object);
static bool find_unit(Fingerprint *run, Entry *entry,
					  const SdCanonical *object);
static void find_place(const SdCanonical *object, Place *place);
static void place_of_secured(const char *identity, Place *place);
static const char *after_type(const char *identity, bool *is_schema,
							  bool *is_table);
static char *take_name(const char **position);
static Entry *new_entry(Fingerprint *run);
static int compare_entries(const void *a, const void *b);
static int compare_texts(const char *a, const char *b);
static void put_rows(FunctionCallInfo fcinfo, Fingerprint *run);
static void put_row(FunctionCallInfo fcinfo, Fingerprint *run,
					const Entry *entries, int count);
static void hash_unit(Fingerprint *run, const Entry *entries, int count,
					  uint8 *hash, uint8 (*hashes)[SD_HASH_SIZE], int *classes);
static char *hash_text(const uint8 *hash);

/*
 * stormdisc_fingerprint(relation, schemas, include, exclude, level, classes,
 *		ignore) -> setof row
 *		The fingerprints of what is in scope.
 */
Datum
stormdisc_fingerprint(PG_FUNCTION_ARGS)
{
	Fingerprint run = {0};
	SdScope scope = {0};
	SdDocumentOptions options = {0};

	InitMaterializedSRF(fcinfo, 0);
	read_options(fcinfo, &run, 4, 5, 6);
	sd_discovery_scope(fcinfo, &scope);
	options.functions = get_func_namespace(fcinfo->flinfo->fn_oid);
	/* one of half a schema would be taken for that of another schema */
	options.atomic = true;
	read_document(&run, sd_document_build(&scope, &options));
	put_rows(fcinfo, &run);

	return (Datum) 0;
}

/*
 * stormdisc_document_fingerprint(document, level, classes, ignore)
 *		-> setof row
 *		The fingerprints of a document.
 */
Datum
stormdisc_document_fingerprint(PG_FUNCTION_ARGS)
{
	Fingerprint run = {0};

	InitMaterializedSRF(fcinfo, 0);
	if (PG_ARGISNULL(0))
		ereport(ERROR, errcode(ERRCODE_NULL_VALUE_NOT_ALLOWED),
				errmsg("argument \"%s\" must not be null", "document"));
	read_options(fcinfo, &run, 1, 2, 3);
	read_document(&run, PG_GETARG_JSONB_P(0));
	put_rows(fcinfo, &run);

	return (Datum) 0;
}

/*
 * sd_fingerprint
 *		The fingerprint of a document as a whole, with the default options.
 *
 * NULL if the document is not whole itself.
 */
char *
sd_fingerprint(Jsonb *document)
{
	Fingerprint run = {0};
	uint8 hash[SD_HASH_SIZE];
	uint8 hashes[SD_NCLASSES][SD_HASH_SIZE];
	int classes;

	if (!sd_json_get_bool(&document->root, "consistent"))
		return NULL;

	sd_canonical_classes(&run.options, NULL);
	sd_canonical_default(&run.options);
	read_document(&run, document);
	hash_unit(&run, run.entries, run.count, hash, hashes, &classes);
	sd_hasher_free(run.hasher);

	return hash_text(hash);
}

/* The arguments "level", "classes" and "ignore", at these positions. */
static void
read_options(FunctionCallInfo fcinfo, Fingerprint *run, int level, int classes,
			 int ignore)
{
	run->level =
		find_level(PG_ARGISNULL(level) ? NULL : PG_GETARG_TEXT_PP(level));
	sd_canonical_classes(&run->options, PG_ARGISNULL(classes)
											? NULL
											: PG_GETARG_ARRAYTYPE_P(classes));
	sd_canonical_ignore(&run->options, PG_ARGISNULL(ignore)
										   ? NULL
										   : PG_GETARG_ARRAYTYPE_P(ignore));
}

/* NULL is the database. */
static Level
find_level(text *level)
{
	const char *name;

	if (level == NULL)
		return LEVEL_DATABASE;

	name = text_to_cstring(level);
	for (int i = 0; i < lengthof(level_names); i++)
	{
		if (strcmp(level_names[i], name) == 0)
			return i;
	}

	ereport(ERROR, errcode(ERRCODE_INVALID_PARAMETER_VALUE),
			errmsg("unrecognized level: \"%s\"", name),
			errhint("Available levels: database, schema, table, object."));
	return LEVEL_DATABASE; /* keep compiler quiet */
}

/* Hash all objects of a document, and sort them. */
static void
read_document(Fingerprint *run, Jsonb *document)
{
	SdJsonWalk walk;
	JsonbValue key;
	JsonbValue value;
	int settings_level;

	if (run->options.no_schema_names)
		run->schemas = sd_document_schemas(document);
	run->version = sd_canonical_check(document, "document");
	if (!sd_json_get_bool(&document->root, "consistent"))
		ereport(ERROR, errcode(ERRCODE_OBJECT_NOT_IN_PREREQUISITE_STATE),
				errmsg("document is not whole"),
				errdetail("Its warnings name what could not be read."),
				errhint("Make it with the mode \"atomic\"."));

	run->context = AllocSetContextCreate(
		CurrentMemoryContext, "stormdisc fingerprint", ALLOCSET_DEFAULT_SIZES);
	run->object = AllocSetContextCreate(
		CurrentMemoryContext, "stormdisc canonical", SD_CANONICAL_SIZE,
		SD_CANONICAL_SIZE, ALLOCSET_DEFAULT_MAXSIZE);
	run->hasher = sd_hasher_create();

	/* how names are quoted is a setting */
	settings_level = sd_settings_pin();
	sd_json_walk(&walk, &document->root);
	while (sd_json_next_member(&walk, &key, &value))
	{
		if (!sd_document_key_is_kind(&key))
			continue;
		if (sd_json_as_object(&value) == NULL)
			ereport(ERROR, errcode(ERRCODE_INVALID_PARAMETER_VALUE),
					errmsg("argument \"%s\" is not a document", "document"),
					errdetail("Its part \"%s\" is not an object.",
							  sd_json_as_text(&key)));
		read_kind(run, sd_json_as_text(&key), sd_json_as_object(&value));
	}
	sd_settings_restore(settings_level);

	if (run->count > 1)
		qsort(run->entries, run->count, sizeof(Entry), compare_entries);
}

static void
read_kind(Fingerprint *run, const char *kind, JsonbContainer *objects)
{
	const SdKindWord *word = sd_kind_word(kind, strlen(kind));
	SdJsonWalk walk;
	JsonbValue identity;
	JsonbValue value;

	sd_json_walk(&walk, objects);
	while (sd_json_next_member(&walk, &identity, &value))
	{
		CHECK_FOR_INTERRUPTS();
		add_object(run, word, kind, &identity, &value);
	}
}

/* Hash an object, if something of it counts. */
static void
add_object(Fingerprint *run, const SdKindWord *word, const char *kind,
		   const JsonbValue *identity, const JsonbValue *value)
{
	MemoryContext oldcontext = MemoryContextSwitchTo(run->object);
	SdCanonical *object;
	Entry entry = {0};

	object = sd_canonical_object(&run->options, run->version, word, kind,
								 sd_json_as_text(identity), value);
	entry.kind = kind;
	entry.key = object->key;
	if (!find_unit(run, &entry, object))
		entry.classes = 0;
	else if (run->options.no_schema_names)
	{
		object = without_schema_names(run, &entry, object);
		entry.key = object->key;
		hash_object(run, &entry, object);
	}
	else
		hash_object(run, &entry, object);
	if (entry.classes != 0)
	{
		Entry *kept;

		MemoryContextSwitchTo(run->context);
		kept = new_entry(run);
		*kept = entry;
		kept->key = pstrdup(entry.key);
		if (entry.unit != NULL)
			kept->unit = pstrdup(entry.unit);
		if (entry.schema != NULL)
			kept->schema = pstrdup(entry.schema);
	}
	MemoryContextSwitchTo(oldcontext);
	MemoryContextReset(run->object);
}

/*
 * The object with numbers for schemas.  Where each schema has a fingerprint, or
 * what is in it, its own has the same number as any other's, so that copies in
 * one document are the same.
 */
static SdCanonical *
without_schema_names(Fingerprint *run, const Entry *entry,
					 const SdCanonical *object)
{
	SdSchemaMap map;
	JsonbValue value;

	sd_schema_map_number(&map, run->schemas, entry->schema);
	value = sd_other_object(&map, object->word, &object->raw);

	return sd_canonical_object(
		&run->options, run->version, object->word, object->kind,
		sd_other_identity(&map, object->kind, object->identity), &value);
}

/* A hash for each class, and one for all. */
static void
hash_object(Fingerprint *run, Entry *entry, const SdCanonical *object)
{
	uint8 hashes[SD_NCLASSES][SD_HASH_SIZE];
	int count = 0;
	StringInfoData content;

	initStringInfo(&content);
	for (int c = 0; c < SD_NCLASSES; c++)
	{
		const char *name = sd_class_name(c);

		if ((run->options.classes & object->classes & SD_CLASS_BIT(c)) == 0)
			continue;
		resetStringInfo(&content);
		if (!sd_canonical_content(&content, object, SD_CLASS_BIT(c)))
			continue;
		sd_hasher_start(run->hasher);
		sd_hasher_add_prefixed(run->hasher, name, strlen(name));
		sd_hasher_add_prefixed(run->hasher, entry->kind, strlen(entry->kind));
		sd_hasher_add_prefixed(run->hasher, entry->key, strlen(entry->key));
		sd_hasher_add_prefixed(run->hasher, content.data, content.len);
		sd_hasher_end(run->hasher, hashes[count++]);
		entry->classes |= SD_CLASS_BIT(c);
	}
	if (count == 0)
		return;

	entry->hashes = MemoryContextAlloc(run->context, SD_HASH_SIZE * count);
	memcpy(entry->hashes, hashes, SD_HASH_SIZE * count);
	sd_hasher_start(run->hasher);
	for (int i = 0; i < count; i++)
		sd_hasher_add(run->hasher, hashes[i], SD_HASH_SIZE);
	sd_hasher_end(run->hasher, entry->hash);
}

/* What does the object belong to, at the level?  False if nothing. */
static bool
find_unit(Fingerprint *run, Entry *entry, const SdCanonical *object)
{
	Place place = {0};

	if (run->level == LEVEL_DATABASE)
		return true;

	find_place(object, &place);
	entry->schema = place.schema;
	switch (run->level)
	{
		case LEVEL_SCHEMA:
			if (place.schema != NULL)
				entry->unit = quote_identifier(place.schema);
			return true;
		case LEVEL_TABLE:
			if (place.table == NULL)
				return false;
			entry->unit = quote_qualified_identifier(place.schema, place.table);
			return true;
		default:
			/* each is its own, by its own name */
			entry->unit = object->identity;
			return true;
	}
}

/* The schema and the table or view of an object, as far as it has them. */
static void
find_place(const SdCanonical *object, Place *place)
{
	static const char *const of_tables[] = {"constraints", "indexes",
											"triggers",	   "rules",
											"policies",	   "column_options"};
	JsonbContainer *source = sd_json_as_object(&object->raw);
	const char *kind = object->kind;

	if (source == NULL || strcmp(kind, "security_labels") == 0 ||
		strcmp(kind, "extension_dependencies") == 0)
	{
		place_of_secured(object->identity, place);
		return;
	}
	/* an extension is of the database, wherever its objects are */
	if (strcmp(kind, "extensions") == 0)
		return;

	place->schema = sd_json_get_text(source, "schema_name");
	if (strcmp(kind, "tables") == 0)
		place->table = sd_json_get_text(source, "table_name");
	else if (strcmp(kind, "views") == 0)
		place->table = sd_json_get_text(source, "view_name");
	else if (strcmp(kind, "statistics") == 0 || strcmp(kind, "sequences") == 0)
	{
		bool of_sequence = strcmp(kind, "sequences") == 0;
		char *schema = sd_json_get_text(source, of_sequence ? "owner_schema"
															: "table_schema");

		/* rows of one table are one unit, in whatever schema they stand */
		if (schema != NULL)
		{
			place->table = sd_json_get_text(source, of_sequence ? "owner_table"
																: "table_name");
			if (place->table != NULL && place->schema != NULL &&
				strcmp(schema, place->schema) != 0)
				place->table = NULL;
		}
	}
	else if (strcmp(kind, "foreign_servers") == 0 && place->schema != NULL)
		place->table = sd_json_get_text(source, "object_name");
	for (int i = 0; i < lengthof(of_tables); i++)
	{
		if (strcmp(kind, of_tables[i]) == 0)
			place->table = sd_json_get_text(source, "table_name");
	}
	if (place->schema == NULL)
		place->table = NULL;
}

/* The same, of an object that is only named: "table app.t". */
static void
place_of_secured(const char *identity, Place *place)
{
	static const char *const in_schema = " in schema ";
	bool is_schema = false;
	bool is_table = false;
	const char *position;

	if (strncmp(identity, "default privileges ",
				strlen("default privileges ")) == 0)
	{
		position = strstr(identity, in_schema);
		if (position != NULL)
		{
			position += strlen(in_schema);
			place->schema = take_name(&position);
		}
		return;
	}

	position = after_type(identity, &is_schema, &is_table);
	if (position == NULL)
		return;
	place->schema = take_name(&position);
	if (is_schema || *position != '.')
		return;
	position++;
	if (is_table)
		place->table = take_name(&position);
}

/* Behind the type, if objects of it are in schemas, or are these. */
static const char *
after_type(const char *identity, bool *is_schema, bool *is_table)
{
	static const struct
	{
		const char *type;
		bool is_table;
	} types[] = {
		{"schema ", false},
		{"table ", true},
		{"foreign table ", true},
		{"view ", true},
		{"materialized view ", true},
		{"column ", true},
		{"trigger ", true},
		{"sequence ", false},
		{"index ", false},
		{"function ", false},
		{"procedure ", false},
		{"aggregate ", false},
		{"type ", false},
		{"domain ", false},
	};

	for (int i = 0; i < lengthof(types); i++)
	{
		if (strncmp(identity, types[i].type, strlen(types[i].type)) == 0)
		{
			*is_schema = i == 0;
			*is_table = types[i].is_table;
			return identity + strlen(types[i].type);
		}
	}

	return NULL;
}

/* A name at the beginning of a text, without its quotes. */
static char *
take_name(const char **position)
{
	StringInfoData name;

	initStringInfo(&name);
	if (**position == '"')
	{
		for ((*position)++; **position != '\0'; (*position)++)
		{
			if (**position == '"' && *++*position != '"')
				break;
			appendStringInfoChar(&name, **position);
		}
	}
	else
	{
		while (**position != '\0' && strchr(". (", **position) == NULL)
			appendStringInfoChar(&name, *(*position)++);
	}

	return name.data;
}

static Entry *
new_entry(Fingerprint *run)
{
	if (run->count == run->size)
	{
		run->size = Max(64, run->size * 2);
		if (run->entries == NULL)
			run->entries = palloc(sizeof(Entry) * run->size);
		else
			run->entries =
				repalloc_huge(run->entries, sizeof(Entry) * run->size);
	}

	return &run->entries[run->count++];
}

/*
 * By what they belong to, by kind and by name, in byte order; those that share
 * a name, but for its number, by what is in them.
 */
static int
compare_entries(const void *a, const void *b)
{
	const Entry *left = a;
	const Entry *right = b;
	int order = compare_texts(left->unit, right->unit);

	if (order == 0)
		order = strcmp(left->kind, right->kind);
	if (order == 0)
		order = strcmp(left->key, right->key);
	if (order == 0)
		order = memcmp(left->hash, right->hash, SD_HASH_SIZE);

	return order;
}

/* NULL comes first. */
static int
compare_texts(const char *a, const char *b)
{
	if (a == NULL || b == NULL)
		return (a != NULL) - (b != NULL);

	return strcmp(a, b);
}

/* A row for each unit; for the database there is always one. */
static void
put_rows(FunctionCallInfo fcinfo, Fingerprint *run)
{
	int start = 0;

	if (run->level == LEVEL_DATABASE)
		put_row(fcinfo, run, run->entries, run->count);
	else
	{
		while (start < run->count)
		{
			int end = start + 1;

			CHECK_FOR_INTERRUPTS();
			/* objects are alone, and what has no name is of one kind */
			while (end < run->count && run->level != LEVEL_OBJECT &&
				   compare_texts(run->entries[start].unit,
								 run->entries[end].unit) == 0)
				end++;
			put_row(fcinfo, run, &run->entries[start], end - start);
			start = end;
		}
	}
	sd_hasher_free(run->hasher);
}

static void
put_row(FunctionCallInfo fcinfo, Fingerprint *run, const Entry *entries,
		int count)
{
	ReturnSetInfo *rsinfo = (ReturnSetInfo *) fcinfo->resultinfo;
	MemoryContext oldcontext = MemoryContextSwitchTo(run->object);
	Datum values[FINGERPRINT_COLS] = {0};
	bool nulls[FINGERPRINT_COLS];
	uint8 hash[SD_HASH_SIZE];
	uint8 hashes[SD_NCLASSES][SD_HASH_SIZE];
	int classes;
	const char *kind = "database";

	memset(nulls, true, sizeof(nulls));
	hash_unit(run, entries, count, hash, hashes, &classes);
	if (run->level != LEVEL_DATABASE && entries[0].schema != NULL)
	{
		values[0] = CStringGetTextDatum(entries[0].schema);
		nulls[0] = false;
	}
	if (run->level == LEVEL_OBJECT)
		kind = entries[0].kind;
	else if (run->level != LEVEL_DATABASE && entries[0].unit != NULL)
		kind = level_names[run->level];
	values[1] = CStringGetTextDatum(kind);
	nulls[1] = false;
	if (run->level != LEVEL_DATABASE && entries[0].unit != NULL)
	{
		values[2] = CStringGetTextDatum(entries[0].unit);
		nulls[2] = false;
	}
	values[3] = CStringGetTextDatum(hash_text(hash));
	nulls[3] = false;
	for (int c = 0; c < SD_NCLASSES; c++)
	{
		if ((classes & SD_CLASS_BIT(c)) == 0)
			continue;
		values[4 + c] = CStringGetTextDatum(hash_text(hashes[c]));
		nulls[4 + c] = false;
	}
	tuplestore_putvalues(rsinfo->setResult, rsinfo->setDesc, values, nulls);
	MemoryContextSwitchTo(oldcontext);
	MemoryContextReset(run->object);
}

/*
 * The hashes of objects as one for each class, and as one for all: whose
 * comment it is, of two objects that go by one name, the classes do not tell.
 */
static void
hash_unit(Fingerprint *run, const Entry *entries, int count, uint8 *hash,
		  uint8 (*hashes)[SD_HASH_SIZE], int *classes)
{
	*classes = 0;
	for (int c = 0; c < SD_NCLASSES; c++)
	{
		bool found = false;

		for (int i = 0; i < count; i++)
		{
			const Entry *entry = &entries[i];
			int before = entry->classes & (SD_CLASS_BIT(c) - 1);

			if ((entry->classes & SD_CLASS_BIT(c)) == 0)
				continue;
			if (!found)
				sd_hasher_start(run->hasher);
			found = true;
			sd_hasher_add(run->hasher, entry->hashes[pg_popcount32(before)],
						  SD_HASH_SIZE);
		}
		if (!found)
			continue;
		sd_hasher_end(run->hasher, hashes[c]);
		*classes |= SD_CLASS_BIT(c);
	}

	sd_hasher_start(run->hasher);
	sd_hasher_add_prefixed(run->hasher, SIGNATURE, strlen(SIGNATURE));
	for (int i = 0; i < count; i++)
		sd_hasher_add(run->hasher, entries[i].hash, SD_HASH_SIZE);
	sd_hasher_end(run->hasher, hash);
}

static char *
hash_text(const uint8 *hash)
{
	char *text = palloc(SD_HASH_TEXT_SIZE + 1);

	for (int i = 0; i < SD_HASH_SIZE; i++)
		snprintf(text + 2 * i, 3, "%02x", hash[i]);

	return text;
}

/*
 * sd_hasher_create
 *		What makes SHA-256 of bytes, one hash after the other.
 *
 * It has to be freed; after an error the server does that.
 */
SdHasher *
sd_hasher_create(void)
{
	SdHasher *hasher = palloc(sizeof(SdHasher));

	hasher->context = pg_cryptohash_create(PG_SHA256);
	if (hasher->context == NULL)
		ereport(ERROR, errcode(ERRCODE_OUT_OF_MEMORY), errmsg("out of memory"));

	return hasher;
}

/* sd_hasher_start: Begin a hash. */
void
sd_hasher_start(SdHasher *hasher)
{
	if (pg_cryptohash_init(hasher->context) < 0)
		elog(ERROR, "could not initialize SHA-256: %s",
			 pg_cryptohash_error(hasher->context));
}

/* sd_hasher_add: Add bytes to it. */
void
sd_hasher_add(SdHasher *hasher, const void *data, Size length)
{
	if (pg_cryptohash_update(hasher->context, data, length) < 0)
		elog(ERROR, "could not compute SHA-256: %s",
			 pg_cryptohash_error(hasher->context));
}

/* sd_hasher_add_prefixed: Likewise, and before them how many they are. */
void
sd_hasher_add_prefixed(SdHasher *hasher, const void *data, Size length)
{
	uint8 prefix[] = {length >> 24, length >> 16, length >> 8, length};

	sd_hasher_add(hasher, prefix, sizeof(prefix));
	sd_hasher_add(hasher, data, length);
}

/* sd_hasher_end: The hash of all that was added. */
void
sd_hasher_end(SdHasher *hasher, uint8 *hash)
{
	StaticAssertStmt(SD_HASH_SIZE == PG_SHA256_DIGEST_LENGTH,
					 "SHA-256 has another size");

	if (pg_cryptohash_final(hasher->context, hash, SD_HASH_SIZE) < 0)
		elog(ERROR, "could not finish SHA-256: %s",
			 pg_cryptohash_error(hasher->context));
}

/* sd_hasher_free: Done with hashes. */
void
sd_hasher_free(SdHasher *hasher)
{
	pg_cryptohash_free(hasher->context);
	pfree(hasher);
}
