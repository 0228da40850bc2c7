/*-------------------------------------------------------------------------
 *
 * canonical.c
 *	  The objects of documents in a form in which equal ones are the same.
 *
 * Fingerprints are made of this form, and differences are found in it, so that
 * one is equal where the other is empty.  It depends on nothing but the object
 * itself and the version of the server that the document is from: objects can
 * be taken one by one.
 *
 * What is ironed out here is what a dump and a restore change although nothing
 * of the schema is lost, on one version or from one to the next.  All of it is
 * in docs/reference/fingerprint.md.
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include <ctype.h>

#include "miscadmin.h"
#include "utils/builtins.h"
#include "utils/numeric.h"

#include "catalog/sd_catalog.h"
#include "model/canonical.h"
#include "model/document.h"
#include "model/json.h"

/* how serialize() marks values */
#define TAG_STRING 's'
#define TAG_NUMBER 'n'
#define TAG_TRUE 't'
#define TAG_FALSE 'f'
#define TAG_NULL '0'
#define TAG_ARRAY 'a'
#define TAG_OBJECT 'o'

/* and sd_canonical_content() what follows */
#define TAG_EXISTS 'E'
#define TAG_ATTRIBUTE 'A'
#define TAG_ORDER 'O'
#define TAG_COLUMN 'C'
#define TAG_PARTITION 'P'

/* the versions of servers that made differences which are ironed out */
#define RUN_AS_OWNER_VERSION 16
#define PARTITION_IDENTITY_VERSION 17
#define MAINTAIN_VERSION 17

/* what an object is made from */
typedef struct Reading
{
	const SdCanonicalOptions *options;
	int version; /* major, of the server that the document is from */
	SdCanonical *object;
	JsonbContainer *source;
	bool has_inherited_columns;
	/* of columns: an identity that is the parent's */
	bool no_identity;
	/* of domains: which constraints count */
	bool *kept;
	int nkept;
} Reading;

/* a member of a list of privileges */
typedef struct Grant
{
	const char *grantor;
	const char *grantee;
	const char *privilege;
	bool is_grantable;
} Grant;

/* bytes to sort */
typedef struct Bytes
{
	const char *data;
	int length;
} Bytes;

static char **words_of(ArrayType *array, const char *argument, int *count);
static SdCanonical *make_object(const SdCanonicalOptions *options, int version,
								const SdKindWord *word, const char *kind,
								const char *identity, const JsonbValue *value,
								StringInfo bytes);
static void read_object(Reading *reading);
static void add_run_as_owner(Reading *reading);
static int compare_attributes(const void *a, const void *b);
static void prepare(Reading *reading);
static void prepare_constraint(Reading *reading);
static void prepare_index(Reading *reading);
static bool is_not_null_name(const char *name, int length);
static void prepare_domain(Reading *reading);
static void add_member(Reading *reading, const JsonbValue *key,
					   const JsonbValue *value);
static bool is_told_elsewhere(Reading *reading, const SdAttributeWord *word);
static SdClass class_of(Reading *reading, const SdAttributeWord *word);
static void add_attribute(Reading *reading, const SdAttributeWord *word,
						  const char *name, int length, SdClass class,
						  const JsonbValue *raw, int start);
static void add_columns(Reading *reading, JsonbContainer *columns);
static void add_partition(Reading *reading, const JsonbValue *value);
static void add_privileges(Reading *reading, const JsonbValue *value);
static void serialize_privileges(StringInfo buf, Reading *reading,
								 JsonbContainer *rows);
static const char *text_or_empty(JsonbContainer *object, const char *key);
static int compare_grants(const void *a, const void *b);
static bool is_every_privilege(Reading *reading, const Grant *grants,
							   int count);
static bool serialize_default(StringInfo buf, Reading *reading,
							  const JsonbValue *value);
static void serialize_kept(StringInfo buf, Reading *reading, int flags,
						   JsonbContainer *array);
static void serialize(StringInfo buf, const JsonbValue *value, int flags);
static void serialize_string(StringInfo buf, const char *string, int length);
static void serialize_array(StringInfo buf, JsonbContainer *array, int flags);
static void append_int(StringInfo buf, int value);
static int compare_bytes(const void *a, const void *b);
static int compare_columns(const void *a, const void *b);
static int number_length(const char *name, int length);
static const char *without_number(const char *identity, bool *numbered);
static bool has_text(JsonbContainer *object, const char *key, const char *text);

/*
 * sd_canonical_ignore
 *		What does not count, by an array of words.
 *
 * NULL is the default.  Raises 22023 for a word that is none.
 */
void
sd_canonical_ignore(SdCanonicalOptions *options, ArrayType *words)
{
	static const struct
	{
		const char *word;
		int offset;
	} known[] = {
		{"invalid_indexes", offsetof(SdCanonicalOptions, no_invalid_indexes)},
		{"system_names", offsetof(SdCanonicalOptions, no_system_names)},
		{"inherited_ordinal",
		 offsetof(SdCanonicalOptions, no_inherited_ordinal)},
		{"ordinal", offsetof(SdCanonicalOptions, no_ordinal)},
		{"extension_versions",
		 offsetof(SdCanonicalOptions, no_extension_versions)},
		{"schema_names", offsetof(SdCanonicalOptions, no_schema_names)},
	};
	int count;
	char **members;

	if (words == NULL)
	{
		sd_canonical_default(options);
		return;
	}
	members = words_of(words, "ignore", &count);
	for (int i = 0; i < count; i++)
	{
		bool found = strcmp(members[i], "default") == 0;
		SdClass class;

		if (found)
			sd_canonical_default(options);
		for (int j = 0; j < lengthof(known); j++)
		{
			if (strcmp(members[i], known[j].word) == 0)
			{
				*(bool *) ((char *) options + known[j].offset) = true;
				found = true;
			}
		}
		if (sd_class_find(members[i], &class))
		{
			options->classes &= ~SD_CLASS_BIT(class);
			found = true;
		}
		if (!found)
			ereport(
				ERROR, errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				errmsg("unrecognized word in argument \"%s\": \"%s\"", "ignore",
					   members[i]),
				errhint("Available words: default, invalid_indexes, "
						"system_names, inherited_ordinal, ordinal, "
						"extension_versions, schema_names, and the classes: "
						"%s.",
						sd_class_names()));
	}
}

/* sd_canonical_default: What does not count if nobody says otherwise. */
void
sd_canonical_default(SdCanonicalOptions *options)
{
	options->no_invalid_indexes = true;
	options->no_system_names = true;
	options->no_inherited_ordinal = true;
	options->no_extension_versions = true;
}

/*
 * sd_canonical_classes
 *		Which classes count, by an array of their names; NULL: all.
 *
 * Raises 22023 for a name that is none, and for an empty array.
 */
void
sd_canonical_classes(SdCanonicalOptions *options, ArrayType *classes)
{
	int count;
	char **members;

	options->classes = SD_ALL_CLASSES;
	if (classes == NULL)
		return;

	members = words_of(classes, "classes", &count);
	if (count == 0)
		ereport(ERROR, errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				errmsg("argument \"%s\" must not be empty", "classes"));
	options->classes = 0;
	for (int i = 0; i < count; i++)
	{
		SdClass class;

		if (!sd_class_find(members[i], &class))
			ereport(ERROR, errcode(ERRCODE_INVALID_PARAMETER_VALUE),
					errmsg("unrecognized class: \"%s\"", members[i]),
					errhint("Available classes: %s.", sd_class_names()));
		options->classes |= SD_CLASS_BIT(class);
	}
}

/*
 * The members of an array argument that may be empty.  Raises 22023 if it has
 * several dimensions or a member that is null.
 */
static char **
words_of(ArrayType *array, const char *argument, int *count)
{
	if (ARR_NDIM(array) > 1)
		ereport(ERROR, errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				errmsg("argument \"%s\" must have one dimension", argument));
	if (array_contains_nulls(array))
		ereport(ERROR, errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				errmsg("argument \"%s\" must not contain nulls", argument));

	return sd_array_texts(array, count);
}

/*
 * sd_canonical_object
 *		An object of a document, in the current memory context.
 *
 * What it points to is in the document itself, where it can be.  The identity
 * is not copied.
 */
SdCanonical *
sd_canonical_object(const SdCanonicalOptions *options, int version,
					const SdKindWord *word, const char *kind,
					const char *identity, const JsonbValue *value)
{
	return make_object(options, version, word, kind, identity, value,
					   makeStringInfo());
}

static SdCanonical *
make_object(const SdCanonicalOptions *options, int version,
			const SdKindWord *word, const char *kind, const char *identity,
			const JsonbValue *value, StringInfo bytes)
{
	SdCanonical *object = palloc0(sizeof(SdCanonical));
	Reading reading = {0};

	object->word = word;
	object->kind = kind;
	object->class = word != NULL ? word->class : SD_CLASS_STRUCTURE;
	object->identity = object->key = identity;
	object->raw = *value;

	object->bytes = bytes;
	reading.options = options;
	reading.version = version;
	reading.object = object;
	reading.source = sd_json_as_object(value);
	if (reading.source != NULL)
		read_object(&reading);
	else
		add_privileges(&reading, value);

	return object;
}

/* Take the members of the object. */
static void
read_object(Reading *reading)
{
	SdCanonical *object = reading->object;
	SdJsonWalk walk;
	JsonbValue key;
	JsonbValue value;

	prepare(reading);
	if (object->is_nothing)
		return;

	object->classes |= SD_CLASS_BIT(object->class);

	object->attributes = palloc(sizeof(SdCanonicalAttribute) *
								(JsonContainerSize(reading->source) + 2));
	sd_json_walk(&walk, reading->source);
	while (sd_json_next_member(&walk, &key, &value))
		add_member(reading, &key, &value);
	if (strcmp(object->kind, "subscriptions") == 0)
		add_run_as_owner(reading);
}

/*
 * Before there was an option subscriptions ran as their owner, and so do those
 * that come from there.
 */
static void
add_run_as_owner(Reading *reading)
{
	static const char *const name = "run_as_owner";
	SdCanonical *object = reading->object;
	JsonbValue value = sd_json_bool(true);
	int start = object->bytes->len;

	if (reading->version >= RUN_AS_OWNER_VERSION ||
		(reading->options->classes & SD_CLASS_BIT(SD_CLASS_STRUCTURE)) == 0)
		return;

	serialize(object->bytes, &value, 0);
	add_attribute(reading, sd_attribute_word(object->word, name, strlen(name)),
				  name, strlen(name), SD_CLASS_STRUCTURE, &value, start);
	qsort(object->attributes, object->nattributes, sizeof(SdCanonicalAttribute),
		  compare_attributes);
}

/* The order of keys in a jsonb. */
static int
compare_attributes(const void *a, const void *b)
{
	return sd_canonical_compare_names(a, b);
}

/*
 * sd_canonical_compare_names
 *		The order of attributes, which is that of keys in a jsonb.
 */
int
sd_canonical_compare_names(const SdCanonicalAttribute *a,
						   const SdCanonicalAttribute *b)
{
	if (a->name_length != b->name_length)
		return a->name_length < b->name_length ? -1 : 1;

	return memcmp(a->name, b->name, a->name_length);
}

/* What has to be known of the whole object before its members are taken. */
static void
prepare(Reading *reading)
{
	SdCanonical *object = reading->object;
	const char *kind = object->kind;

	if (strcmp(kind, "constraints") == 0)
		prepare_constraint(reading);
	else if (strcmp(kind, "indexes") == 0)
		prepare_index(reading);
	else if (strcmp(kind, "types") == 0)
		prepare_domain(reading);
	else if (strcmp(kind, "sequences") != 0)
		return;

	if (reading->options->no_system_names && strcmp(kind, "types") != 0)
		object->key = without_number(object->identity, &object->is_numbered);
}

/*
 * Since 18 NOT NULL is a constraint.  Where it says nothing but that, under a
 * name that the server chose or the parent has, the column says it already.
 */
static void
prepare_constraint(Reading *reading)
{
	JsonbContainer *source = reading->source;
	JsonbValue value;
	char *name;

	if (!reading->options->no_system_names ||
		!has_text(source, "constraint_type", "not null"))
		return;
	if (sd_json_get(source, "is_validated", &value) ||
		sd_json_get(source, "is_enforced", &value) ||
		sd_json_get(source, "comment", &value) ||
		sd_json_get_bool(source, "no_inherit"))
		return;

	name = sd_json_get_text(source, "constraint_name");
	if (sd_json_get(source, "is_local", &value) ||
		(name != NULL && is_not_null_name(name, strlen(name))))
		reading->object->is_nothing = true;
}

/*
 * The index of a constraint is as much structure as the constraint.  One that
 * is not valid is no index, unless it is a partitioned table's, which waits
 * for those of the partitions: a dump has it.
 */
static void
prepare_index(Reading *reading)
{
	JsonbContainer *source = reading->source;
	SdCanonical *object = reading->object;
	JsonbValue value;
	char *definition;

	if (sd_json_get(source, "constraint_name", &value))
		object->class = SD_CLASS_STRUCTURE;
	if (!reading->options->no_invalid_indexes ||
		(!sd_json_get(source, "is_valid", &value) &&
		 !sd_json_get(source, "is_ready", &value)))
		return;

	definition = sd_json_get_text(source, "definition");
	object->is_nothing =
		definition == NULL || strstr(definition, " ON ONLY ") == NULL;
}

/* Does the server give such names to NOT NULL? */
static bool
is_not_null_name(const char *name, int length)
{
	static const char *const word = "_not_null";
	int digits = number_length(name, length);

	length -= digits + strlen(word);

	return digits >= 0 && length > 0 &&
		   memcmp(name + length, word, strlen(word)) == 0;
}

/* Since 17 NOT NULL of a domain is a constraint, too. */
static void
prepare_domain(Reading *reading)
{
	JsonbContainer *definitions =
		sd_json_get_array(reading->source, "constraint_definitions");
	JsonbContainer *names =
		sd_json_get_array(reading->source, "constraint_names");
	int count;

	if (definitions == NULL || names == NULL ||
		!reading->options->no_system_names)
		return;

	count = JsonContainerSize(definitions);
	reading->kept = palloc(sizeof(bool) * (count + 1));
	reading->nkept = count;
	for (int i = 0; i < count; i++)
	{
		JsonbValue *definition = getIthJsonbValueFromContainer(definitions, i);
		JsonbValue *name = getIthJsonbValueFromContainer(names, i);

		reading->kept[i] =
			definition->type != jbvString || name == NULL ||
			name->type != jbvString ||
			definition->val.string.len != strlen("NOT NULL") ||
			memcmp(definition->val.string.val, "NOT NULL",
				   definition->val.string.len) != 0 ||
			!is_not_null_name(name->val.string.val, name->val.string.len);
	}
}

/* Take a member of the object, if it counts. */
static void
add_member(Reading *reading, const JsonbValue *key, const JsonbValue *value)
{
	SdCanonical *object = reading->object;
	const char *name = key->val.string.val;
	int length = key->val.string.len;
	const SdAttributeWord *word = NULL;
	JsonbContainer *array = sd_json_as_array(value);
	StringInfo bytes = object->bytes;
	int start = bytes->len;
	SdClass class;
	int flags = 0;

	if (value->type == jbvNull)
		return;
	if (object->word != NULL)
		word = sd_attribute_word(object->word, name, length);
	if (word != NULL)
		flags = word->flags;
	if (flags & (SD_WORD_NAME | SD_WORD_PLACE | SD_WORD_DERIVED))
		return;
	if ((flags & SD_WORD_EXTENSION_VERSION) &&
		reading->options->no_extension_versions)
		return;

	if (array != NULL && length == strlen("columns") &&
		memcmp(name, "columns", length) == 0 &&
		(object->word == NULL || strcmp(object->kind, "tables") == 0 ||
		 strcmp(object->kind, "views") == 0))
	{
		JsonbValue *first = getIthJsonbValueFromContainer(array, 0);

		if (first == NULL || sd_json_as_object(first) != NULL)
		{
			add_columns(reading, array);
			return;
		}
	}
	if (sd_json_as_object(value) != NULL && length == strlen("partition") &&
		memcmp(name, "partition", length) == 0)
	{
		add_partition(reading, value);
		return;
	}

	class = class_of(reading, word);
	if ((reading->options->classes & SD_CLASS_BIT(class)) == 0)
		return;
	if (reading->no_identity && word != NULL &&
		(strcmp(word->name, "identity") == 0 ||
		 strcmp(word->name, "is_serial") == 0 ||
		 strcmp(word->name, "sequence_schema") == 0 ||
		 strcmp(word->name, "sequence_name") == 0))
		return;

	if (word != NULL && is_told_elsewhere(reading, word))
		return;

	if (!reading->options->no_system_names)
		flags &= ~SD_WORD_REFERENCE;
	if (reading->kept != NULL && array != NULL &&
		length > strlen("constraint_") &&
		strncmp(name, "constraint_", strlen("constraint_")) == 0)
	{
		serialize_kept(bytes, reading, flags, array);
		if (bytes->len == start)
			return;
	}
	else if (word == NULL || strcmp(word->name, "default_value") != 0 ||
			 !serialize_default(bytes, reading, value))
		serialize(bytes, value, flags);
	add_attribute(reading, word, name, length, class, value, start);
}

/*
 * A sequence says which column owns it; a column that does not use it names one
 * of those it owns, and which one depends on their age.  Whether a partitioned
 * table's index waits for others follows from what is attached to it, or from
 * what once was and is in no dump.
 */
static bool
is_told_elsewhere(Reading *reading, const SdAttributeWord *word)
{
	if (strcmp(word->name, "sequence_schema") == 0 ||
		strcmp(word->name, "sequence_name") == 0)
		return !sd_json_get_bool(reading->source, "is_serial");

	return reading->options->no_invalid_indexes &&
		   strcmp(word->name, "is_valid") == 0;
}

static SdClass
class_of(Reading *reading, const SdAttributeWord *word)
{
	SdCanonical *object = reading->object;

	if (word == NULL || word->class == SD_CLASS_OF_OBJECT)
		return object->class;
	/* what a view is allowed to do, and how a materialized one is stored */
	if (strcmp(word->name, "options") == 0 &&
		strcmp(object->kind, "views") == 0 &&
		has_text(reading->source, "view_type", "materialized view"))
		return SD_CLASS_STORAGE;

	return word->class;
}

static void
add_attribute(Reading *reading, const SdAttributeWord *word, const char *name,
			  int length, SdClass class, const JsonbValue *raw, int start)
{
	SdCanonical *object = reading->object;
	SdCanonicalAttribute *attribute;

	attribute = &object->attributes[object->nattributes++];
	attribute->word = word;
	attribute->name = name;
	attribute->name_length = length;
	attribute->class = class;
	attribute->value_start = start;
	attribute->value_length = object->bytes->len - start;
	attribute->raw = *raw;
	object->classes |= SD_CLASS_BIT(class);
}

/* The columns of a table or view, and their order as far as it counts. */
static void
add_columns(Reading *reading, JsonbContainer *columns)
{
	const SdKindWord *word = sd_kind_word("columns", strlen("columns"));
	const SdCanonicalOptions *options = reading->options;
	SdCanonical *object = reading->object;
	bool is_partition = sd_json_get_bool(reading->source, "is_partition");
	bool *inherited = palloc0(sizeof(bool) * (JsonContainerSize(columns) + 1));
	SdJsonWalk walk;
	JsonbValue value;
	int count = 0;

	object->columns =
		palloc0(sizeof(SdCanonical) * (JsonContainerSize(columns) + 1));
	sd_json_walk(&walk, columns);
	while (sd_json_next_element(&walk, &value))
	{
		JsonbContainer *source = sd_json_as_object(&value);
		SdCanonical *column = &object->columns[count];
		Reading nested = {0};
		int64 inherited_count;
		JsonbValue identity;

		CHECK_FOR_INTERRUPTS();
		if (source == NULL)
			continue;
		column->bytes = object->bytes;
		column->word = word;
		column->kind = "columns";
		column->class = SD_CLASS_STRUCTURE;
		column->raw = value;
		column->identity = sd_json_get_text(source, "column_name");
		if (column->identity == NULL)
			column->identity = "";
		column->key = column->identity;

		nested.options = options;
		nested.version = reading->version;
		nested.object = column;
		nested.source = source;
		nested.no_identity = is_partition &&
							 reading->version >= PARTITION_IDENTITY_VERSION &&
							 sd_json_get(source, "identity", &identity);
		read_object(&nested);
		object->classes |= column->classes;

		/* those of a partition keep their places in a dump */
		inherited[count] =
			!is_partition &&
			sd_json_get_int64(source, "inherited_count", &inherited_count) &&
			inherited_count > 0;
		count++;
	}
	object->ncolumns = count;

	if (!options->no_ordinal &&
		(options->classes & SD_CLASS_BIT(SD_CLASS_STRUCTURE)) != 0)
	{
		object->order = palloc(sizeof(char *) * (count + 1));
		for (int i = 0; i < count; i++)
		{
			if (!inherited[i] || !options->no_inherited_ordinal)
				object->order[object->norder++] = object->columns[i].identity;
		}
	}
	qsort(object->columns, count, sizeof(SdCanonical), compare_columns);
}

static int
compare_columns(const void *a, const void *b)
{
	return strcmp(((const SdCanonical *) a)->identity,
				  ((const SdCanonical *) b)->identity);
}

static void
add_partition(Reading *reading, const JsonbValue *value)
{
	reading->object->partition =
		sd_canonical_object(reading->options, reading->version,
							sd_kind_word("partitions", strlen("partitions")),
							"partitions", reading->object->identity, value);
}

/* A list of privileges, or what a later version has that is no object. */
static void
add_privileges(Reading *reading, const JsonbValue *value)
{
	SdCanonical *object = reading->object;
	JsonbContainer *rows = sd_json_as_array(value);
	const SdAttributeWord *word = NULL;
	int start = object->bytes->len;

	if ((reading->options->classes & SD_CLASS_BIT(object->class)) == 0)
		return;

	object->classes |= SD_CLASS_BIT(object->class);
	object->attributes = palloc(sizeof(SdCanonicalAttribute));
	if (rows != NULL && strcmp(object->kind, "privileges") == 0)
	{
		word = &object->word->attributes[0];
		serialize_privileges(object->bytes, reading, rows);
	}
	else
		serialize(object->bytes, value, 0);
	add_attribute(reading, word, object->kind, strlen(object->kind),
				  object->class, value, start);
}

/*
 * The privileges of owners on their own tables are one word if they are all
 * that the version knows.  Without a word of a dump these are one more since
 * 17; what others have it lists one by one.
 */
static void
serialize_privileges(StringInfo buf, Reading *reading, JsonbContainer *rows)
{
	Grant *grants = palloc0(sizeof(Grant) * (JsonContainerSize(rows) + 1));
	StringInfoData items;
	int count = 0;
	int nitems = 0;
	SdJsonWalk walk;
	JsonbValue row;
	int next;

	sd_json_walk(&walk, rows);
	while (sd_json_next_element(&walk, &row))
	{
		JsonbContainer *source = sd_json_as_object(&row);
		Grant *grant = &grants[count];

		if (source == NULL)
			continue;
		grant->grantor = text_or_empty(source, "grantor");
		grant->grantee = text_or_empty(source, "grantee");
		grant->privilege = text_or_empty(source, "privilege");
		grant->is_grantable = sd_json_get_bool(source, "is_grantable");
		count++;
	}
	qsort(grants, count, sizeof(Grant), compare_grants);

	initStringInfo(&items);
	for (int i = 0; i < count; i = next)
	{
		const Grant *first = &grants[i];
		bool is_all;

		for (next = i + 1; next < count; next++)
		{
			if (strcmp(grants[next].grantee, first->grantee) != 0 ||
				strcmp(grants[next].grantor, first->grantor) != 0 ||
				grants[next].is_grantable != first->is_grantable)
				break;
		}
		is_all = strcmp(first->grantee, first->grantor) == 0 &&
				 is_every_privilege(reading, first, next - i);
		for (int j = i; j < (is_all ? i + 1 : next); j++)
		{
			const char *privilege = is_all ? "ALL" : grants[j].privilege;

			serialize_string(&items, first->grantee, strlen(first->grantee));
			serialize_string(&items, first->grantor, strlen(first->grantor));
			serialize_string(&items, privilege, strlen(privilege));
			appendStringInfoChar(&items,
								 first->is_grantable ? TAG_TRUE : TAG_FALSE);
			nitems++;
		}
	}
	appendStringInfoChar(buf, TAG_ARRAY);
	append_int(buf, nitems);
	appendBinaryStringInfo(buf, items.data, items.len);
}

static const char *
text_or_empty(JsonbContainer *object, const char *key)
{
	const char *text = sd_json_get_text(object, key);

	return text != NULL ? text : "";
}

static int
compare_grants(const void *a, const void *b)
{
	const Grant *left = a;
	const Grant *right = b;
	int order = strcmp(left->grantee, right->grantee);

	if (order == 0)
		order = strcmp(left->grantor, right->grantor);
	if (order == 0)
		order = (int) left->is_grantable - (int) right->is_grantable;
	if (order == 0)
		order = strcmp(left->privilege, right->privilege);

	return order;
}

/* Are these all that there is to grant on a table? */
static bool
is_every_privilege(Reading *reading, const Grant *grants, int count)
{
	static const char *const of_tables[] = {"SELECT",  "INSERT",   "UPDATE",
											"DELETE",  "TRUNCATE", "REFERENCES",
											"TRIGGER", "MAINTAIN"};
	int wanted = lengthof(of_tables);

	if (reading->version < MAINTAIN_VERSION)
		wanted--;
	if (count != wanted)
		return false;
	for (int i = 0; i < wanted; i++)
	{
		bool found = false;

		for (int j = 0; j < count && !found; j++)
			found = strcmp(grants[j].privilege, of_tables[i]) == 0;
		if (!found)
			return false;
	}

	return true;
}

/*
 * The default of a serial column is its sequence, by whatever name.  False if
 * the column is none.
 */
static bool
serialize_default(StringInfo buf, Reading *reading, const JsonbValue *value)
{
	JsonbContainer *source = reading->source;
	const char *text = value->val.string.val;
	int length = value->val.string.len;
	char *schema;
	char *sequence;
	int digits;

	if (!reading->options->no_system_names || value->type != jbvString ||
		!sd_json_get_bool(source, "is_serial") ||
		length < strlen("nextval('") + strlen("'::regclass)") ||
		strncmp(text, "nextval('", strlen("nextval('")) != 0 ||
		strncmp(text + length - strlen("'::regclass)"), "'::regclass)",
				strlen("'::regclass)")) != 0)
		return false;
	schema = sd_json_get_text(source, "sequence_schema");
	sequence = sd_json_get_text(source, "sequence_name");
	if (schema == NULL || sequence == NULL)
		return false;

	digits = number_length(sequence, strlen(sequence));
	appendStringInfoString(buf, "nextval");
	serialize_string(buf, schema, strlen(schema));
	serialize_string(buf, sequence, strlen(sequence) - Max(digits, 0));

	return true;
}

/* Those members of a list about a domain's constraints that count. */
static void
serialize_kept(StringInfo buf, Reading *reading, int flags,
			   JsonbContainer *array)
{
	StringInfoData members;
	int count = 0;
	bool says_something = false;

	initStringInfo(&members);
	for (int i = 0; i < JsonContainerSize(array); i++)
	{
		JsonbValue *member = getIthJsonbValueFromContainer(array, i);

		if (i < reading->nkept && !reading->kept[i])
			continue;
		serialize(&members, member, flags);
		says_something |= member->type != jbvNull;
		count++;
	}
	if (!says_something)
		return;

	appendStringInfoChar(buf, TAG_ARRAY);
	append_int(buf, count);
	appendBinaryStringInfo(buf, members.data, members.len);
}

/* Append a value in the one form of its own. */
static void
serialize(StringInfo buf, const JsonbValue *value, int flags)
{
	check_stack_depth();

	switch (value->type)
	{
		case jbvNull:
			appendStringInfoChar(buf, TAG_NULL);
			break;
		case jbvBool:
			appendStringInfoChar(buf,
								 value->val.boolean ? TAG_TRUE : TAG_FALSE);
			break;
		case jbvNumeric:
		{
			char *number = numeric_normalize(value->val.numeric);

			appendStringInfoChar(buf, TAG_NUMBER);
			append_int(buf, strlen(number));
			appendStringInfoString(buf, number);
			break;
		}
		case jbvString:
		{
			const char *string = value->val.string.val;
			int length = value->val.string.len;

			if (flags & (SD_WORD_EXPRESSION | SD_WORD_QUERY | SD_WORD_SETTINGS))
			{
				string = pnstrdup(string, length);
				string = flags & SD_WORD_SETTINGS ? sd_canonical_setting(string)
						 : flags & SD_WORD_QUERY
							 ? sd_canonical_query(string)
							 : sd_canonical_expression(string);
				length = strlen(string);
			}
			if (flags & SD_WORD_REFERENCE)
				length -= Max(number_length(string, length), 0);
			serialize_string(buf, string, length);
			break;
		}
		case jbvBinary:
			if (sd_json_as_array(value) != NULL)
				serialize_array(buf, sd_json_as_array(value), flags);
			else
			{
				SdJsonWalk walk;
				JsonbValue key;
				JsonbValue member;

				appendStringInfoChar(buf, TAG_OBJECT);
				append_int(buf, JsonContainerSize(value->val.binary.data));
				sd_json_walk(&walk, value->val.binary.data);
				while (sd_json_next_member(&walk, &key, &member))
				{
					serialize(buf, &key, 0);
					serialize(buf, &member, flags);
				}
			}
			break;
		default:
			elog(ERROR, "unrecognized type of jsonb value: %d",
				 (int) value->type);
	}
}

static void
serialize_string(StringInfo buf, const char *string, int length)
{
	appendStringInfoChar(buf, TAG_STRING);
	append_int(buf, length);
	appendBinaryStringInfo(buf, string, length);
}

/* The members one after the other, sorted if their order says nothing. */
static void
serialize_array(StringInfo buf, JsonbContainer *array, int flags)
{
	int count = JsonContainerSize(array);
	SdJsonWalk walk;
	JsonbValue member;
	Bytes *members;
	int i = 0;

	appendStringInfoChar(buf, TAG_ARRAY);
	append_int(buf, count);
	sd_json_walk(&walk, array);
	if ((flags & SD_WORD_SET) == 0)
	{
		while (sd_json_next_element(&walk, &member))
			serialize(buf, &member, flags);
		return;
	}

	members = palloc(sizeof(Bytes) * (count + 1));
	while (sd_json_next_element(&walk, &member))
	{
		StringInfoData bytes;

		initStringInfo(&bytes);
		serialize(&bytes, &member, flags);
		members[i].data = bytes.data;
		members[i++].length = bytes.len;
	}
	qsort(members, i, sizeof(Bytes), compare_bytes);
	for (int j = 0; j < i; j++)
		appendBinaryStringInfo(buf, members[j].data, members[j].length);
}

/* In an order that is the same on all machines. */
static void
append_int(StringInfo buf, int value)
{
	unsigned char bytes[] = {value >> 24, value >> 16, value >> 8, value};

	appendBinaryStringInfo(buf, (char *) bytes, sizeof(bytes));
}

static int
compare_bytes(const void *a, const void *b)
{
	const Bytes *left = a;
	const Bytes *right = b;
	int order =
		memcmp(left->data, right->data, Min(left->length, right->length));

	return order != 0 ? order : left->length - right->length;
}

/* sd_canonical_value: The value of an attribute. */
const char *
sd_canonical_value(const SdCanonical *object,
				   const SdCanonicalAttribute *attribute)
{
	return object->bytes->data + attribute->value_start;
}

/*
 * sd_canonical_content
 *		Append all that counts of an object, in these classes, without its name.
 *
 * False if that is nothing, and then nothing was appended.
 */
bool
sd_canonical_content(StringInfo buf, const SdCanonical *object, int classes)
{
	int start = buf->len;
	int before;

	if (object->is_nothing)
		return false;
	if ((classes & SD_CLASS_BIT(object->class)) != 0)
		appendStringInfoChar(buf, TAG_EXISTS);
	for (int i = 0; i < object->nattributes; i++)
	{
		SdCanonicalAttribute *attribute = &object->attributes[i];

		if ((classes & SD_CLASS_BIT(attribute->class)) == 0)
			continue;
		appendStringInfoChar(buf, TAG_ATTRIBUTE);
		append_int(buf, attribute->name_length);
		appendBinaryStringInfo(buf, attribute->name, attribute->name_length);
		append_int(buf, attribute->value_length);
		appendBinaryStringInfo(buf, sd_canonical_value(object, attribute),
							   attribute->value_length);
	}

	if (object->norder > 0 && (classes & SD_CLASS_BIT(SD_CLASS_STRUCTURE)) != 0)
	{
		appendStringInfoChar(buf, TAG_ORDER);
		append_int(buf, object->norder);
		for (int i = 0; i < object->norder; i++)
			serialize_string(buf, object->order[i], strlen(object->order[i]));
	}
	for (int i = 0; i < object->ncolumns; i++)
	{
		const char *name = object->columns[i].identity;

		before = buf->len;
		appendStringInfoChar(buf, TAG_COLUMN);
		serialize_string(buf, name, strlen(name));
		if (!sd_canonical_content(buf, &object->columns[i], classes))
		{
			buf->len = before;
			buf->data[before] = '\0';
		}
	}
	if (object->partition != NULL)
	{
		before = buf->len;
		appendStringInfoChar(buf, TAG_PARTITION);
		if (!sd_canonical_content(buf, object->partition, classes))
		{
			buf->len = before;
			buf->data[before] = '\0';
		}
	}

	return buf->len > start;
}

/*
 * How many digits end a name behind a word with which the server makes names:
 * t_a_idx, t_a_idx1.  -1 if it is not such a name.
 */
static int
number_length(const char *name, int length)
{
	static const char *const words[] = {"_pkey", "_key", "_fkey", "_check",
										"_excl", "_idx", "_seq",  "_not_null"};
	int digits = 0;

	while (digits < length &&
		   isdigit((unsigned char) name[length - digits - 1]))
		digits++;
	/* it counts from 1 */
	if (digits > 0 && name[length - digits] == '0')
		return -1;
	length -= digits;
	for (int i = 0; i < lengthof(words); i++)
	{
		int word_length = strlen(words[i]);

		if (length > word_length &&
			memcmp(name + length - word_length, words[i], word_length) == 0)
			return digits;
	}

	return -1;
}

/* An identity without that number, which may have a quote behind it. */
static const char *
without_number(const char *identity, bool *numbered)
{
	int length = strlen(identity);
	bool quoted = length > 0 && identity[length - 1] == '"';
	int digits = number_length(identity, quoted ? length - 1 : length);

	*numbered = digits >= 0;
	if (digits <= 0)
		return identity;

	return psprintf("%.*s%s", length - quoted - digits, identity,
					quoted ? "\"" : "");
}

static bool
has_text(JsonbContainer *object, const char *key, const char *text)
{
	JsonbValue value;

	return sd_json_get(object, key, &value) && value.type == jbvString &&
		   value.val.string.len == strlen(text) &&
		   memcmp(value.val.string.val, text, value.val.string.len) == 0;
}

/*
 * sd_canonical_check
 *		The major version of the server that a document is from.
 *
 * Raises 22023 if the value is no document, and 0A000 if it is one of a format
 * that is not known here.
 */
int
sd_canonical_check(Jsonb *document, const char *argument)
{
	int64 format;
	char *version;
	int major;

	if (!JB_ROOT_IS_OBJECT(document) ||
		!sd_json_get_int64(&document->root, "format", &format))
		ereport(ERROR, errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				errmsg("argument \"%s\" is not a document", argument),
				errhint("A document is what stormdisc_schema() returns."));
	if (format != SD_DOCUMENT_FORMAT)
		ereport(ERROR, errcode(ERRCODE_FEATURE_NOT_SUPPORTED),
				errmsg("document in argument \"%s\" is of a format that is "
					   "not supported",
					   argument),
				errdetail("Its format is " INT64_FORMAT
						  ", documents of format %d are supported.",
						  format, SD_DOCUMENT_FORMAT));
	version = sd_json_get_text(&document->root, "server_version");
	major = version != NULL ? atoi(version) : 0;
	if (major < 15)
		ereport(ERROR, errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				errmsg("document in argument \"%s\" does not tell the version "
					   "of its server",
					   argument));

	return major;
}
