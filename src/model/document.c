/*-------------------------------------------------------------------------
 *
 * document.c
 *	  stormdisc_schema: a whole schema as one jsonb.
 *	  stormdisc_schema_objects: the same, one row per object.
 *
 * A document has an object for each kind, and in that an object for each
 * object of the kind, by its qualified name.  What is in there are the result
 * columns of the kind's function, under their names: but not those that say
 * nothing about the schema itself (OIDs, estimates), and none whose value goes
 * without saying.  Columns and partition bounds stand in their tables.
 *
 * The jsonb values are put together here and not with pushJsonbValue(), which
 * sorts the keys of every object: those of a kind have one order, which is
 * found once.
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include <math.h>

#include "access/htup_details.h"
#include "access/tupdesc.h"
#include "catalog/namespace.h"
#include "catalog/pg_type.h"
#include "funcapi.h"
#include "miscadmin.h"
#include "parser/parse_func.h"
#include "utils/array.h"
#include "utils/builtins.h"
#include "utils/guc.h"
#include "utils/jsonb.h"
#include "utils/lsyscache.h"
#include "utils/memutils.h"
#include "utils/numeric.h"
#include "utils/syscache.h"
#include "utils/tuplestore.h"
#include "utils/varlena.h"

#include "errors.h"
#include "model/document.h"
#include "model/json.h"

PG_FUNCTION_INFO_V1(stormdisc_schema);
PG_FUNCTION_INFO_V1(stormdisc_schema_objects);

/* the relations that documents have something to say about */
#define ALL_RELKINDS "rpfvmSg"

/* memory in which most objects are made, and which is used again */
#define OBJECT_SIZE (64 * 1024)

/* the arguments after those of the scope */
enum
{
	ARG_PARTS = 4,
	ARG_MODE = 5
};

/* a result column of a kind's function, as a key of its objects */
typedef struct Attribute
{
	int column; /* from 0 */
	const char *name;
	int name_length;
	Oid type;
	const char *default_value; /* besides NULL, false and {}; or NULL */
	int default_length;
	int64 default_number; /* the same, of an integer */
} Attribute;

/* a kind, as this document has it */
typedef struct Part
{
	const SdKind *kind;
	TupleDesc desc;
	int nattributes;
	Attribute *attributes; /* in the order of jsonb */
	int nidentity;
	int *identity; /* columns that make the key */
} Part;

typedef struct Document
{
	MemoryContext context; /* of all that stays to the end */
	MemoryContext names;   /* of the objects, which are compared: together */
	MemoryContext object;  /* of the object that is made now, and its rows */
	const SdDocumentOptions *options;
	Part *parts; /* as sd_kinds; desc is NULL if not wanted */
	Part *part;	 /* of the rows that are added now */
	/* a table with its columns is made of several rows: they collect here */
	bool collecting;
	SdJson rows;
	const char *group;	  /* the identity of rows that are an array */
	const char *identity; /* of the last row */
	SdProblem problem;	  /* of the rows of the object */
	/* where a finished object goes: into the kind's container, or a row */
	SdJson objects;
	Tuplestorestate *tuplestore;
	TupleDesc tuplestore_desc;
	SdJson warnings;
} Document;

/* the arguments of emit_kind() */
typedef struct KindRun
{
	SdDiscovery *disc;
	const SdKind *kind;
} KindRun;

static SdDiscovery *begin(SdScope *scope, const SdDocumentOptions *options,
						  Document *doc);
static void emit_kinds(SdDiscovery *disc);
static void emit_kind(SdDiscovery *disc, const SdKind *kind);
static void emit_kind_guarded(SdDiscovery *disc, const SdKind *kind);
static ErrorData *try_kind(SdDiscovery *disc, const SdKind *kind);
static void run_kind(void *arg);
static void emit_objects(SdDiscovery *disc, const SdKind *kind);
static void add_relation(SdDiscovery *disc, void *rel);
static bool is_wanted(Document *doc, const SdKind *kind);
static int kind_number(const SdKind *kind);
static void use_kind(SdDiscovery *disc, const SdKind *kind);
static void prepare_part(Document *doc, Part *part);
static int find_column(Part *part, const char *name, int length);
static bool next_name(const char **list, const char **name, int *length);
static int compare_attributes(const void *a, const void *b);
static void put_object(SdDiscovery *disc, SdProblem problem);
static void object_failed(SdDiscovery *disc, ErrorData *error);
static void deliver_group(SdDiscovery *disc);
static void deliver(SdDiscovery *disc, const char *identity,
					JsonbValue *object);
static const char *row_identity(SdDiscovery *disc, Part *part);
static JsonbValue row_value(SdDiscovery *disc, Part *part);
static bool goes_without_saying(const Attribute *attribute, Datum value);
static bool says_nothing(ArrayType *array);
static JsonbValue scalar_value(Oid type, Datum value);
static JsonbValue array_value(ArrayType *array);
static JsonbValue number_value(Numeric number);
static JsonbValue string_value(const char *string, int length);
static void add_warning(SdDiscovery *disc, const char *identity, int sqlerrcode,
						const char *message, bool is_left_out);
static const char *problem_message(SdProblem problem);
static int problem_sqlerrcode(SdProblem problem);
static JsonbValue environment(void);
static Jsonb *make_jsonb(JsonbValue *value, const char *identity);

/*
 * stormdisc_schema(relation, schemas, include, exclude, parts, mode) -> jsonb
 *		Everything in scope as one document.
 */
Datum
stormdisc_schema(PG_FUNCTION_ARGS)
{
	SdScope scope = {0};
	SdDocumentOptions options = {0};

	sd_discovery_scope(fcinfo, &scope);
	options.functions = get_func_namespace(fcinfo->flinfo->fn_oid);
	if (!PG_ARGISNULL(ARG_PARTS))
		options.parts = sd_document_parts(PG_GETARG_ARRAYTYPE_P(ARG_PARTS));
	options.atomic = sd_document_atomic(
		PG_ARGISNULL(ARG_MODE) ? NULL
							   : text_to_cstring(PG_GETARG_TEXT_PP(ARG_MODE)));

	PG_RETURN_JSONB_P(sd_document_build(&scope, &options));
}

/*
 * stormdisc_schema_objects(relation, schemas, include, exclude, parts)
 *		-> setof row
 *		The objects of the document, one row each.
 */
Datum
stormdisc_schema_objects(PG_FUNCTION_ARGS)
{
	SdScope scope = {0};
	SdDocumentOptions options = {0};
	Document doc = {0};
	SdDiscovery *disc;
	ReturnSetInfo *rsinfo;

	sd_discovery_scope(fcinfo, &scope);
	options.functions = get_func_namespace(fcinfo->flinfo->fn_oid);
	if (!PG_ARGISNULL(ARG_PARTS))
		options.parts = sd_document_parts(PG_GETARG_ARRAYTYPE_P(ARG_PARTS));

	InitMaterializedSRF(fcinfo, 0);
	rsinfo = (ReturnSetInfo *) fcinfo->resultinfo;
	doc.tuplestore = rsinfo->setResult;
	doc.tuplestore_desc = rsinfo->setDesc;

	disc = begin(&scope, &options, &doc);
	emit_kinds(disc);
	sd_catalog_end(disc->catalog);

	return (Datum) 0;
}

/*
 * sd_document_parts
 *		Which kinds an array of their names means, as a document needs it.
 *
 * Raises 22023 for a name that is none of them.
 */
const bool *
sd_document_parts(ArrayType *names)
{
	List *list = sd_scope_names(names, "parts");
	bool *parts = palloc0(sizeof(bool) * sd_nkinds);
	ListCell *lc;

	foreach (lc, list)
	{
		const char *name = lfirst(lc);
		bool found = false;

		for (int i = 0; i < sd_nkinds; i++)
		{
			if (strcmp(sd_kinds[i]->name, name) == 0)
				parts[i] = found = true;
		}
		if (!found)
		{
			StringInfoData known;

			initStringInfo(&known);
			for (int i = 0; i < sd_nkinds; i++)
				appendStringInfo(&known, "%s%s", i > 0 ? ", " : "",
								 sd_kinds[i]->name);
			ereport(ERROR, errcode(ERRCODE_INVALID_PARAMETER_VALUE),
					errmsg("unrecognized part of a schema: \"%s\"", name),
					errhint("Available parts: %s.", known.data));
		}
	}

	return parts;
}

/*
 * sd_document_atomic
 *		Does the argument "mode" say that nothing may be left out?
 *
 * NULL is the default.  Raises 22023 for anything but degrade and atomic.
 */
bool
sd_document_atomic(const char *mode)
{
	if (mode == NULL || strcmp(mode, "degrade") == 0)
		return false;
	if (strcmp(mode, "atomic") == 0)
		return true;

	ereport(ERROR, errcode(ERRCODE_INVALID_PARAMETER_VALUE),
			errmsg("unrecognized mode: \"%s\"", mode),
			errhint("Available modes: degrade, atomic."));
	return false; /* keep compiler quiet */
}

/*
 * sd_document_build
 *		A document of the scope, in the caller's memory.
 *
 * Unless it is to be atomic, objects that cannot be read are left out, and
 * named in the document's warnings.  Raises 54000 if the document is larger
 * than a jsonb can be.
 */
Jsonb *
sd_document_build(SdScope *scope, const SdDocumentOptions *options)
{
	MemoryContext oldcontext = CurrentMemoryContext;
	Document doc = {0};
	SdDiscovery *disc = begin(scope, options, &doc);
	SdJson members = {0};
	JsonbValue value;
	Jsonb *result;

	emit_kinds(disc);

	MemoryContextSwitchTo(doc.context);
	members = doc.objects;
	sd_json_add(&members, "format",
				scalar_value(INT4OID, Int32GetDatum(SD_DOCUMENT_FORMAT)));
	sd_json_add(&members, "server_version",
				sd_json_text(GetConfigOption("server_version", false, false)));
	sd_json_add(&members, "environment", environment());
	value.type = jbvBool;
	value.val.boolean = (doc.warnings.count == 0);
	sd_json_add(&members, "consistent", value);
	sd_json_add(&members, "warnings", sd_json_array(&doc.warnings));
	value = sd_json_object(&members);

	MemoryContextSwitchTo(oldcontext);
	result = make_jsonb(&value, NULL);

	/* the document's own warnings tell what is missing */
	disc->catalog->problems = 0;
	sd_catalog_end(disc->catalog);

	return result;
}

/* Read all that the wanted kinds need. */
static SdDiscovery *
begin(SdScope *scope, const SdDocumentOptions *options, Document *doc)
{
	SdDiscovery *disc = palloc0(sizeof(SdDiscovery));
	StringInfoData relkinds;
	int parts = 0;

	initStringInfo(&relkinds);
	doc->options = options;
	doc->parts = palloc0(sizeof(Part) * sd_nkinds);
	for (int i = 0; i < sd_nkinds; i++)
	{
		doc->parts[i].kind = sd_kinds[i];
		if (!is_wanted(doc, sd_kinds[i]))
			continue;
		prepare_part(doc, &doc->parts[i]);
		parts |= sd_kinds[i]->parts;
		if (sd_kinds[i]->relkinds != NULL)
			appendStringInfoString(&relkinds, sd_kinds[i]->relkinds);
	}
	/* keys are said by constraints and tables, not by columns */
	parts &= ~SD_READ_PRIMARY_KEY;

	disc->scope = *scope;
	/* a relation that no part serves makes an empty document */
	disc->scope.kinds = scope->has_relation ? ALL_RELKINDS
						: relkinds.len > 0	? relkinds.data
											: NULL;
	disc->scope.kinds_error = "\"%s\" is not a table, view or sequence";
	disc->scope.permanent_only = true;
	disc->put = put_object;
	disc->sink = doc;
	disc->failed = object_failed;
	disc->is_document = true;

	disc->catalog = sd_catalog_begin(&disc->scope);
	disc->catalog->degrade = !options->atomic;

	/* no room is lost to rounding here, and little is freed before the end */
	doc->context = GenerationContextCreate(
		disc->catalog->context, "stormdisc document", ALLOCSET_DEFAULT_SIZES);
	doc->names = GenerationContextCreate(
		disc->catalog->context, "stormdisc identities", ALLOCSET_DEFAULT_SIZES);
	doc->object = AllocSetContextCreate(disc->catalog->context,
										"stormdisc object", OBJECT_SIZE,
										OBJECT_SIZE, ALLOCSET_DEFAULT_MAXSIZE);
	sd_catalog_read(disc->catalog, parts);

	return disc;
}

/* Add all wanted kinds. */
static void
emit_kinds(SdDiscovery *disc)
{
	Document *doc = disc->sink;

	for (int i = 0; i < sd_nkinds; i++)
	{
		const SdKind *kind = sd_kinds[i];

		/* columns and partition bounds are in their tables */
		if (!is_wanted(doc, kind) || kind == &sd_kind_columns ||
			kind == &sd_kind_partitions)
			continue;
		if (doc->options->atomic)
			emit_kind(disc, kind);
		else
			emit_kind_guarded(disc, kind);
	}
}

/* Add the objects of a kind, or nothing at all if one of them fails. */
static void
emit_kind(SdDiscovery *disc, const SdKind *kind)
{
	Document *doc = disc->sink;
	SdJson others = doc->objects;

	memset(&doc->objects, 0, sizeof(SdJson));
	emit_objects(disc, kind);

	if (doc->tuplestore == NULL)
	{
		MemoryContext oldcontext = MemoryContextSwitchTo(doc->context);
		SdJson objects = doc->objects;

		doc->objects = others;
		sd_json_add(&doc->objects, kind->name, sd_json_object(&objects));
		MemoryContextSwitchTo(oldcontext);
	}
}

/*
 * Likewise, but if one fails add the others.  A subtransaction for each object
 * has its price, so that is the second attempt.  What fails then is no single
 * object, and nothing is added.
 */
static void
emit_kind_guarded(SdDiscovery *disc, const SdKind *kind)
{
	Document *doc = disc->sink;
	ErrorData *error;

	/* rows that went into a tuplestore cannot be taken back */
	if (doc->tuplestore == NULL && try_kind(disc, kind) == NULL)
		return;

	disc->guarded = true;
	error = try_kind(disc, kind);
	disc->guarded = false;
	if (error == NULL)
		return;

	disc->kind = kind;
	add_warning(disc, NULL, error->sqlerrcode, error->message, true);
}

/*
 * Add the objects of a kind, in a subtransaction.  If that fails everything is
 * as before, and the error is returned, unless it is everybody's.
 */
static ErrorData *
try_kind(SdDiscovery *disc, const SdKind *kind)
{
	Document *doc = disc->sink;
	Document saved = *doc;
	SdJson warnings;
	int problems = disc->catalog->problems;
	int rows = disc->catalog->rows;
	KindRun run = {disc, kind};
	ErrorData *error = sd_try(run_kind, &run);

	if (error == NULL)
		return NULL;

	/* the warnings from before stand in an array that may have moved */
	warnings = doc->warnings;
	warnings.count = saved.warnings.count;
	*doc = saved;
	doc->warnings = warnings;
	memset(&doc->rows, 0, sizeof(SdJson));
	disc->catalog->problems = problems;
	disc->catalog->rows = rows;
	disc->ncolumns = 0;
	disc->identity = NULL;

	return error;
}

static void
run_kind(void *arg)
{
	KindRun *run = arg;

	emit_kind(run->disc, run->kind);
}

static void
emit_objects(SdDiscovery *disc, const SdKind *kind)
{
	Document *doc = disc->sink;
	SdRelation *rel;
	int position = 0;

	use_kind(disc, kind);
	if (kind != &sd_kind_tables && kind != &sd_kind_views)
	{
		doc->rows.count = 0;
		kind->emit(disc);
		deliver_group(disc);
		return;
	}

	while ((rel = sd_discovery_next(disc, &position)) != NULL)
	{
		sd_discovery_add(disc, add_relation, rel);
		use_kind(disc, kind);
	}
}

/*
 * Add a table or view with its columns and its bound, as far as they are
 * wanted.
 */
static void
add_relation(SdDiscovery *disc, void *rel)
{
	Document *doc = disc->sink;
	const SdKind *kind = disc->kind;
	MemoryContext oldcontext;
	SdJson members;
	const char *identity;
	JsonbValue value;

	doc->collecting = true;
	doc->problem = SD_PROBLEM_NONE;
	doc->rows.count = 0;
	if (kind == &sd_kind_tables)
		sd_add_table(disc, rel);
	else
		sd_add_view(disc, rel);
	identity = doc->identity;
	value = doc->rows.elements[0];
	members.pairs = value.val.object.pairs;
	members.count = members.size = value.val.object.nPairs;

	if (is_wanted(doc, &sd_kind_columns))
	{
		doc->rows.count = 0;
		use_kind(disc, &sd_kind_columns);
		sd_add_columns(disc, rel);
		oldcontext = MemoryContextSwitchTo(doc->object);
		sd_json_add(&members, "columns", sd_json_array(&doc->rows));
		memset(&doc->rows, 0, sizeof(SdJson));
		MemoryContextSwitchTo(oldcontext);
	}
	if (kind == &sd_kind_tables && is_wanted(doc, &sd_kind_partitions))
	{
		doc->rows.count = 0;
		use_kind(disc, &sd_kind_partitions);
		sd_add_partition(disc, rel);
		oldcontext = MemoryContextSwitchTo(doc->object);
		if (doc->rows.count > 0)
			sd_json_add(&members, "partition", doc->rows.elements[0]);
		MemoryContextSwitchTo(oldcontext);
	}
	doc->collecting = false;

	use_kind(disc, kind);
	value = sd_json_object(&members);
	deliver(disc, identity, &value);
}

static bool
is_wanted(Document *doc, const SdKind *kind)
{
	const bool *parts = doc->options->parts;

	if (parts == NULL || parts[kind_number(kind)])
		return true;

	/* columns alone are those of tables and views, and stand in these */
	if (parts[kind_number(&sd_kind_tables)] ||
		parts[kind_number(&sd_kind_views)])
		return false;
	if (kind == &sd_kind_tables && parts[kind_number(&sd_kind_partitions)])
		return true;

	return (kind == &sd_kind_tables || kind == &sd_kind_views) &&
		   parts[kind_number(&sd_kind_columns)];
}

static int
kind_number(const SdKind *kind)
{
	for (int i = 0; i < sd_nkinds; i++)
	{
		if (sd_kinds[i] == kind)
			return i;
	}

	elog(ERROR, "unrecognized kind of object: %s", kind->name);
	return -1; /* keep compiler quiet */
}

/*
 * The next rows are of this kind.  They live as long as their object, or else,
 * as the first of a group tells that another one's is complete, on their own.
 */
static void
use_kind(SdDiscovery *disc, const SdKind *kind)
{
	Document *doc = disc->sink;

	disc->row_context = kind->is_grouped ? disc->catalog->scratch : doc->object;
	doc->part = &doc->parts[kind_number(kind)];
	disc->kind = kind;
	disc->desc = doc->part->desc;
}

/* Find out what the rows of a kind look like, and what of them is kept. */
static void
prepare_part(Document *doc, Part *part)
{
	const SdKind *kind = part->kind;
	Oid argtypes[] = {REGCLASSOID, TEXTARRAYOID, TEXTARRAYOID, TEXTARRAYOID};
	char *schema = get_namespace_name(doc->options->functions);
	const char *list;
	const char *name;
	int length;
	HeapTuple tuple;
	Oid function;
	bool *left_out;

	/* nothing keeps another session from dropping what we are */
	if (schema == NULL)
		ereport(ERROR, errcode(ERRCODE_UNDEFINED_OBJECT),
				errmsg("extension \"%s\" does not exist", "stormdisc"));
	function = LookupFuncName(
		list_make2(makeString(schema),
				   makeString(psprintf("stormdisc_%s", kind->name))),
		lengthof(argtypes), argtypes, false);
	tuple = SearchSysCache1(PROCOID, ObjectIdGetDatum(function));
	if (!HeapTupleIsValid(tuple))
		elog(ERROR, "cache lookup failed for function %u", function);
	part->desc = build_function_result_tupdesc_t(tuple);
	ReleaseSysCache(tuple);

	left_out = palloc0(sizeof(bool) * part->desc->natts);
	list = kind->left_out;
	while (next_name(&list, &name, &length))
		left_out[find_column(part, name, length)] = true;

	part->attributes = palloc0(sizeof(Attribute) * part->desc->natts);
	for (int i = 0; i < part->desc->natts; i++)
	{
		Form_pg_attribute form = TupleDescAttr(part->desc, i);
		Attribute *attribute = &part->attributes[part->nattributes];

		if (left_out[i])
			continue;
		attribute->column = i;
		attribute->name = NameStr(form->attname);
		attribute->name_length = strlen(attribute->name);
		attribute->type = form->atttypid;
		list = kind->defaults;
		while (next_name(&list, &name, &length))
		{
			const char *value = memchr(name, '=', length);

			if (value != NULL && value - name == attribute->name_length &&
				strncmp(name, attribute->name, value - name) == 0)
			{
				attribute->default_length = length - (value + 1 - name);
				attribute->default_value =
					pnstrdup(value + 1, attribute->default_length);
				attribute->default_number =
					strtoi64(attribute->default_value, NULL, 10);
			}
		}
		part->nattributes++;
	}
	qsort(part->attributes, part->nattributes, sizeof(Attribute),
		  compare_attributes);

	part->identity = palloc(sizeof(int) * part->desc->natts);
	list = kind->identity;
	while (next_name(&list, &name, &length))
		part->identity[part->nidentity++] = find_column(part, name, length);
}

static int
find_column(Part *part, const char *name, int length)
{
	for (int i = 0; i < part->desc->natts; i++)
	{
		const char *column = NameStr(TupleDescAttr(part->desc, i)->attname);

		if (strlen(column) == length && strncmp(column, name, length) == 0)
			return i;
	}

	elog(ERROR, "stormdisc_%s has no result column \"%.*s\"", part->kind->name,
		 length, name);
	return -1; /* keep compiler quiet */
}

/* Take the next name off a list with commas; false at the end. */
static bool
next_name(const char **list, const char **name, int *length)
{
	if (*list == NULL || **list == '\0')
		return false;

	*name = *list;
	*length = strcspn(*list, ",");
	*list += *length;
	if (**list == ',')
		(*list)++;

	return true;
}

/* the order of keys in a jsonb: the shorter first */
static int
compare_attributes(const void *a, const void *b)
{
	const Attribute *left = a;
	const Attribute *right = b;

	if (left->name_length != right->name_length)
		return left->name_length - right->name_length;

	return memcmp(left->name, right->name, left->name_length);
}

/* The sink: take a row as a jsonb object. */
static void
put_object(SdDiscovery *disc, SdProblem problem)
{
	Document *doc = disc->sink;
	Part *part = doc->part;
	MemoryContext oldcontext = MemoryContextSwitchTo(doc->object);
	JsonbValue value;

	/* before anything of this row is in the memory that this may reset */
	if (disc->kind->is_grouped && doc->rows.count > 0 &&
		strcmp(doc->group, disc->identity) != 0)
		deliver_group(disc);
	value = row_value(disc, part);

	/* the first row of an object names it */
	if (!doc->collecting || doc->rows.count == 0 || problem != SD_PROBLEM_NONE)
		doc->identity = row_identity(disc, part);
	if (!doc->collecting || problem != SD_PROBLEM_NONE)
		doc->problem = problem;
	if (problem != SD_PROBLEM_NONE)
	{
		const SdFailure *failure = sd_catalog_failure(disc->catalog, problem);

		if (failure != NULL)
			add_warning(disc, doc->identity, failure->sqlerrcode,
						failure->message, false);
		else
			add_warning(disc, doc->identity, problem_sqlerrcode(problem),
						problem_message(problem), false);
	}

	if (doc->collecting)
		sd_json_append(&doc->rows, value);
	else if (disc->kind->is_grouped)
	{
		doc->group = doc->identity;
		sd_json_append(&doc->rows,
					   sd_json_packed(make_jsonb(&value, doc->identity)));
	}
	else
		deliver(disc, doc->identity, &value);
	MemoryContextSwitchTo(oldcontext);
}

/* An object could not be read, and is left out. */
static void
object_failed(SdDiscovery *disc, ErrorData *error)
{
	Document *doc = disc->sink;
	Part *part = doc->part;
	MemoryContext oldcontext = MemoryContextSwitchTo(disc->row_context);
	bool is_named = disc->identity != NULL || part->nidentity > 0;

	/* the names come first in a row */
	for (int i = 0; i < part->nidentity; i++)
		is_named &= part->identity[i] < disc->ncolumns;

	doc->collecting = false;
	add_warning(disc, is_named ? row_identity(disc, part) : NULL,
				error->sqlerrcode, error->message, true);
	MemoryContextSwitchTo(oldcontext);
}

/* The rows of one identity are complete. */
static void
deliver_group(SdDiscovery *disc)
{
	Document *doc = disc->sink;
	JsonbValue value = sd_json_array(&doc->rows);

	if (doc->rows.count > 0)
		deliver(disc, doc->group, &value);
}

/* Put a finished object where it belongs, and forget what it was made of. */
static void
deliver(SdDiscovery *disc, const char *identity, JsonbValue *object)
{
	Document *doc = disc->sink;
	MemoryContext oldcontext;

	if (doc->tuplestore != NULL)
	{
		const char *problem = sd_problem_name(doc->problem);
		Datum values[4];
		bool nulls[4] = {false};

		oldcontext = MemoryContextSwitchTo(doc->object);
		values[0] = CStringGetTextDatum(disc->kind->name);
		values[1] = CStringGetTextDatum(identity);
		values[2] = JsonbPGetDatum(make_jsonb(object, identity));
		nulls[3] = (problem == NULL);
		values[3] = nulls[3] ? (Datum) 0 : CStringGetTextDatum(problem);
		tuplestore_putvalues(doc->tuplestore, doc->tuplestore_desc, values,
							 nulls);
	}
	else
	{
		oldcontext = MemoryContextSwitchTo(doc->context);
		sd_json_add(&doc->objects, MemoryContextStrdup(doc->names, identity),
					sd_json_packed(make_jsonb(object, identity)));
	}
	MemoryContextSwitchTo(oldcontext);

	memset(&doc->rows, 0, sizeof(SdJson));
	MemoryContextReset(doc->object);
}

/* The key of the row's object: its name with its schema, quoted. */
static const char *
row_identity(SdDiscovery *disc, Part *part)
{
	MemoryContext oldcontext;
	StringInfoData buf;

	if (part->nidentity == 0)
	{
		if (disc->identity == NULL)
			elog(ERROR, "row of stormdisc_%s has no identity",
				 part->kind->name);
		return pstrdup(disc->identity);
	}

	oldcontext = MemoryContextSwitchTo(disc->row_context);
	initStringInfo(&buf);
	for (int i = 0; i < part->nidentity; i++)
	{
		if (i > 0)
			appendStringInfoChar(&buf, '.');
		appendStringInfoString(&buf, quote_identifier(TextDatumGetCString(
										 disc->values[part->identity[i]])));
	}
	MemoryContextSwitchTo(oldcontext);

	return pstrdup(buf.data);
}

/* The row as a jsonb object, of which the row has the texts. */
static JsonbValue
row_value(SdDiscovery *disc, Part *part)
{
	JsonbPair pairs[SD_MAX_COLUMNS];
	JsonbValue value;
	int count = 0;

	for (int i = 0; i < part->nattributes; i++)
	{
		Attribute *attribute = &part->attributes[i];
		Datum datum = disc->values[attribute->column];

		if (disc->nulls[attribute->column] ||
			goes_without_saying(attribute, datum))
			continue;
		pairs[count].key =
			string_value(attribute->name, attribute->name_length);
		pairs[count].value = scalar_value(attribute->type, datum);
		pairs[count].order = count;
		count++;
	}

	value.type = jbvObject;
	value.val.object.nPairs = count;
	value.val.object.pairs = palloc(sizeof(JsonbPair) * Max(count, 1));
	memcpy(value.val.object.pairs, pairs, sizeof(JsonbPair) * count);

	return value;
}

/* Is this the value that everybody would expect? */
static bool
goes_without_saying(const Attribute *attribute, Datum value)
{
	const char *expected = attribute->default_value;

	switch (attribute->type)
	{
		case BOOLOID:
			return DatumGetBool(value) == (expected != NULL);
		case TEXTOID:
		{
			text *string = DatumGetTextPP(value);

			return expected != NULL &&
				   VARSIZE_ANY_EXHDR(string) == attribute->default_length &&
				   memcmp(VARDATA_ANY(string), expected,
						  attribute->default_length) == 0;
		}
		case INT4OID:
			return expected != NULL &&
				   DatumGetInt32(value) == attribute->default_number;
		case INT8OID:
			return expected != NULL &&
				   DatumGetInt64(value) == attribute->default_number;
		case FLOAT4OID:
			return expected != NULL && DatumGetFloat4(value) == atof(expected);
		default:
			return type_is_array(attribute->type) && expected == NULL &&
				   says_nothing(DatumGetArrayTypeP(value));
	}
}

/* Has an array no members, or only null ones? */
static bool
says_nothing(ArrayType *array)
{
	int length = ArrayGetNItems(ARR_NDIM(array), ARR_DIMS(array));
	const uint8 *bitmap = ARR_NULLBITMAP(array);

	if (length > 0 && bitmap == NULL)
		return false;
	for (int i = 0; i < length; i++)
	{
		if (bitmap[i / BITS_PER_BYTE] & (1 << (i % BITS_PER_BYTE)))
			return false;
	}

	return true;
}

/* A value of one of the types that discovery returns; texts are not copied. */
static JsonbValue
scalar_value(Oid type, Datum value)
{
	JsonbValue result;

	switch (type)
	{
		case BOOLOID:
			result.type = jbvBool;
			result.val.boolean = DatumGetBool(value);
			return result;
		case INT4OID:
			return number_value(int64_to_numeric(DatumGetInt32(value)));
		case INT8OID:
			return number_value(int64_to_numeric(DatumGetInt64(value)));
		case FLOAT4OID:
			if (isinf(DatumGetFloat4(value)) || isnan(DatumGetFloat4(value)))
				return sd_json_text(
					DatumGetCString(DirectFunctionCall1(float4out, value)));
			return number_value(
				DatumGetNumeric(DirectFunctionCall1(float4_numeric, value)));
		case TEXTOID:
		{
			text *string = DatumGetTextPP(value);

			return string_value(VARDATA_ANY(string), VARSIZE_ANY_EXHDR(string));
		}
		case BOOLARRAYOID:
		case TEXTARRAYOID:
		case INT4ARRAYOID:
			return array_value(DatumGetArrayTypeP(value));
		default:
			elog(ERROR, "no jsonb is made of values of type %u", type);
			return result; /* keep compiler quiet */
	}
}

static JsonbValue
array_value(ArrayType *array)
{
	JsonbValue result;
	Oid type = ARR_ELEMTYPE(array);
	Datum *values;
	bool *nulls;
	int count;

	switch (type)
	{
		case BOOLOID:
			deconstruct_array(array, type, sizeof(bool), true, TYPALIGN_CHAR,
							  &values, &nulls, &count);
			break;
		case INT4OID:
			deconstruct_array(array, type, sizeof(int32), true, TYPALIGN_INT,
							  &values, &nulls, &count);
			break;
		default:
			deconstruct_array(array, TEXTOID, -1, false, TYPALIGN_INT, &values,
							  &nulls, &count);
			break;
	}
	result.type = jbvArray;
	result.val.array.rawScalar = false;
	result.val.array.nElems = count;
	result.val.array.elems = palloc(sizeof(JsonbValue) * Max(count, 1));
	for (int i = 0; i < count; i++)
	{
		JsonbValue *element = &result.val.array.elems[i];

		if (nulls[i])
			element->type = jbvNull;
		else
			*element = scalar_value(type, values[i]);
	}
	pfree(values);
	pfree(nulls);

	return result;
}

static JsonbValue
number_value(Numeric number)
{
	JsonbValue value;

	value.type = jbvNumeric;
	value.val.numeric = number;

	return value;
}

static JsonbValue
string_value(const char *string, int length)
{
	JsonbValue value;

	value.type = jbvString;
	value.val.string.val = unconstify(char *, string);
	value.val.string.len = length;

	return value;
}

/* Tell of something that is missing, or do not go on without it. */
static void
add_warning(SdDiscovery *disc, const char *identity, int sqlerrcode,
			const char *message, bool is_left_out)
{
	Document *doc = disc->sink;
	MemoryContext oldcontext;
	SdJson members = {0};

	if (doc->options->atomic)
		ereport(ERROR, errcode(sqlerrcode),
				errmsg("could not read %s of the schema as a whole",
					   disc->kind->name),
				errdetail("%s: %s.", identity, message),
				errhint("Concurrent schema changes may be the reason; try "
						"again, or use the mode \"degrade\"."));

	/* a row tells of its own problem, but an object that failed has none */
	if (doc->tuplestore != NULL)
	{
		if (is_left_out)
			ereport(WARNING, errcode(sqlerrcode),
					identity != NULL
						? errmsg("%s of stormdisc_%s is left out: %s", identity,
								 disc->kind->name, message)
						: errmsg("some of stormdisc_%s is left out: %s",
								 disc->kind->name, message));
		return;
	}

	oldcontext = MemoryContextSwitchTo(doc->context);
	sd_json_add(&members, "kind", sd_json_text(disc->kind->name));
	if (identity != NULL)
		sd_json_add(&members, "object", sd_json_text(pstrdup(identity)));
	sd_json_add(&members, "sqlstate",
				sd_json_text(pstrdup(unpack_sql_state(sqlerrcode))));
	sd_json_add(&members, "message", sd_json_text(pstrdup(message)));
	sd_json_append(&doc->warnings, sd_json_object(&members));
	MemoryContextSwitchTo(oldcontext);
}

static const char *
problem_message(SdProblem problem)
{
	switch (problem)
	{
		case SD_PROBLEM_VANISHED:
			return "something it needs was dropped meanwhile";
		case SD_PROBLEM_CHANGED:
			return "something it names was changed meanwhile";
		case SD_PROBLEM_LOCKED:
			return "something it needs is locked by another session";
		default:
			return "something it needs could not be read";
	}
}

static int
problem_sqlerrcode(SdProblem problem)
{
	switch (problem)
	{
		case SD_PROBLEM_VANISHED:
			return ERRCODE_UNDEFINED_OBJECT;
		case SD_PROBLEM_CHANGED:
			return ERRCODE_OBJECT_IN_USE;
		case SD_PROBLEM_LOCKED:
			return ERRCODE_LOCK_NOT_AVAILABLE;
		default:
			return ERRCODE_INSUFFICIENT_PRIVILEGE;
	}
}

/* The settings under which the texts were made. */
static JsonbValue
environment(void)
{
	SdJson members = {0};
	const char *name;
	const char *value;

	for (int i = 0; sd_settings_get(i, &name, &value); i++)
		sd_json_add(&members, name, sd_json_text(value));

	return sd_json_object(&members);
}

/*
 * The jsonb as the server stores it, of an object or else of all.  There are
 * limits to its size; where one is met, tell of the way around.
 */
static Jsonb *
make_jsonb(JsonbValue *value, const char *identity)
{
	MemoryContext oldcontext = CurrentMemoryContext;
	Jsonb *volatile result = NULL;

	PG_TRY();
	{
		result = sd_json_pack(value);
	}
	PG_CATCH();
	{
		ErrorData *error;

		MemoryContextSwitchTo(oldcontext);
		error = CopyErrorData();
		if (error->sqlerrcode != ERRCODE_PROGRAM_LIMIT_EXCEEDED)
			PG_RE_THROW();
		FlushErrorState();
		if (identity != NULL)
			ereport(ERROR, errcode(ERRCODE_PROGRAM_LIMIT_EXCEEDED),
					errmsg("%s is too large for one document", identity),
					errdetail("%s", error->message));
		ereport(ERROR, errcode(ERRCODE_PROGRAM_LIMIT_EXCEEDED),
				errmsg("schema is too large for one document"),
				errdetail("%s", error->message),
				errhint("stormdisc_schema_objects() returns the same content, "
						"one row per object; or restrict the document to some "
						"schemas or parts."));
	}
	PG_END_TRY();

	return result;
}
