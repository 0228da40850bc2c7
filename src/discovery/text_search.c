/*-------------------------------------------------------------------------
 *
 * text_search.c
 *	  stormdisc_text_search: parsers, dictionaries, templates and
 *	  configurations of text search.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "access/htup_details.h"
#include "access/transam.h"
#include "access/xact.h"
#include "catalog/indexing.h"
#include "catalog/pg_proc.h"
#include "catalog/pg_ts_config.h"
#include "catalog/pg_ts_config_map.h"
#include "catalog/pg_ts_dict.h"
#include "catalog/pg_ts_parser.h"
#include "catalog/pg_ts_template.h"
#include "tsearch/ts_public.h"
#include "utils/builtins.h"
#include "utils/memutils.h"
#include "utils/resowner.h"
#include "utils/syscache.h"

#include "discovery/named.h"

PG_FUNCTION_INFO_V1(stormdisc_text_search);

/* the most functions that an object has */
#define MAX_FUNCTIONS 5

typedef struct TextSearchObject
{
	SdNamed object;
	Oid classid;
	const char *kind;
	int nfunctions;
	const char *roles[MAX_FUNCTIONS];
	Oid functions[MAX_FUNCTIONS];
	Oid template;
	char *options;
	Oid parser;
	List *mappings; /* of Mapping *, of a configuration */
} TextSearchObject;

/* one dictionary of one type of tokens */
typedef struct Mapping
{
	int token;
	int position;
	Oid dictionary;
} Mapping;

/* what the scans find */
typedef struct Reading
{
	List *objects;
	HTAB *configurations; /* of ConfigurationEntry */
} Reading;

typedef struct ConfigurationEntry
{
	Oid oid; /* hash key */
	TextSearchObject *object;
} ConfigurationEntry;

static void emit_text_search(SdDiscovery *disc);
static void keep_parser(SdCatalog *cat, HeapTuple tuple, TupleDesc desc,
						void *arg);
static void keep_template(SdCatalog *cat, HeapTuple tuple, TupleDesc desc,
						  void *arg);
static void keep_dictionary(SdCatalog *cat, HeapTuple tuple, TupleDesc desc,
							void *arg);
static void keep_configuration(SdCatalog *cat, HeapTuple tuple, TupleDesc desc,
							   void *arg);
static void keep_mapping(SdCatalog *cat, HeapTuple tuple, TupleDesc desc,
						 void *arg);
static TextSearchObject *keep(SdCatalog *cat, Reading *reading,
							  const char *kind, Oid classid, Oid oid,
							  Oid schema, const NameData *name, Oid owner);
static void add_function(TextSearchObject *object, const char *role,
						 Oid function);
static int compare_objects(const ListCell *a, const ListCell *b);
static int compare_mappings(const ListCell *a, const ListCell *b);
static void add_object(SdDiscovery *disc, void *object);
static void add_functions(SdDiscovery *disc, TextSearchObject *object);
static SdProblem add_mappings(SdDiscovery *disc, TextSearchObject *object);
static LexDescr *token_types(SdCatalog *cat, Oid parser, SdProblem *problem);
static void keep_function(SdCatalog *cat, HeapTuple tuple, TupleDesc desc,
						  void *arg);
static LexDescr *call_parser(Oid function);

const SdKind sd_kind_text_search = {
	.name = "text_search",
	.identity = "schema_name,object_name,object_kind",
	.left_out = "problem",
	.defaults = "",
	.emit = emit_text_search,
};

/*
 * stormdisc_text_search(relation, schemas, include, exclude) -> setof row
 *		Report the text search objects in scope, by schema, name and kind.
 */
Datum
stormdisc_text_search(PG_FUNCTION_ARGS)
{
	return sd_discovery_run(fcinfo, &sd_kind_text_search);
}

static void
emit_text_search(SdDiscovery *disc)
{
	SdCatalog *cat = disc->catalog;
	Reading reading = {0};
	Oid *oids;
	ListCell *lc;
	static const Oid classes[] = {TSParserRelationId, TSTemplateRelationId,
								  TSDictionaryRelationId, TSConfigRelationId};

	reading.configurations =
		sd_hash_create(cat, "stormdisc text search configurations", sizeof(Oid),
					   sizeof(ConfigurationEntry));
	sd_scan_all(cat, TSParserRelationId, keep_parser, &reading);
	sd_scan_all(cat, TSTemplateRelationId, keep_template, &reading);
	sd_scan_all(cat, TSDictionaryRelationId, keep_dictionary, &reading);
	sd_scan_all(cat, TSConfigRelationId, keep_configuration, &reading);

	oids = palloc(sizeof(Oid) * (list_length(reading.objects) + 1));
	for (int i = 0; i < lengthof(classes); i++)
	{
		int noids = 0;

		foreach (lc, reading.objects)
		{
			TextSearchObject *object = lfirst(lc);

			if (object->classid == classes[i])
				oids[noids++] = object->object.oid;
		}
		sd_catalog_read_comments(cat, classes[i], noids, oids);
		if (classes[i] == TSConfigRelationId)
			sd_scan_oids(cat, TSConfigMapRelationId, TSConfigMapIndexId,
						 Anum_pg_ts_config_map_mapcfg, noids, oids,
						 keep_mapping, &reading);
	}
	pfree(oids);

	list_sort(reading.objects, compare_objects);
	foreach (lc, reading.objects)
		sd_discovery_add(disc, add_object, lfirst(lc));
}

static void
keep_parser(SdCatalog *cat, HeapTuple tuple, TupleDesc desc, void *arg)
{
	Form_pg_ts_parser form = (Form_pg_ts_parser) GETSTRUCT(tuple);
	TextSearchObject *object =
		keep(cat, arg, "parser", TSParserRelationId, form->oid,
			 form->prsnamespace, &form->prsname, InvalidOid);

	if (object == NULL)
		return;
	add_function(object, "start", form->prsstart);
	add_function(object, "gettoken", form->prstoken);
	add_function(object, "end", form->prsend);
	add_function(object, "headline", form->prsheadline);
	add_function(object, "lextypes", form->prslextype);
}

static void
keep_template(SdCatalog *cat, HeapTuple tuple, TupleDesc desc, void *arg)
{
	Form_pg_ts_template form = (Form_pg_ts_template) GETSTRUCT(tuple);
	TextSearchObject *object =
		keep(cat, arg, "template", TSTemplateRelationId, form->oid,
			 form->tmplnamespace, &form->tmplname, InvalidOid);

	if (object == NULL)
		return;
	add_function(object, "init", form->tmplinit);
	add_function(object, "lexize", form->tmpllexize);
}

static void
keep_dictionary(SdCatalog *cat, HeapTuple tuple, TupleDesc desc, void *arg)
{
	Form_pg_ts_dict form = (Form_pg_ts_dict) GETSTRUCT(tuple);
	TextSearchObject *object =
		keep(cat, arg, "dictionary", TSDictionaryRelationId, form->oid,
			 form->dictnamespace, &form->dictname, form->dictowner);

	if (object == NULL)
		return;
	object->template = form->dicttemplate;
	object->options =
		sd_tuple_text(cat, tuple, desc, Anum_pg_ts_dict_dictinitoption);
}

static void
keep_configuration(SdCatalog *cat, HeapTuple tuple, TupleDesc desc, void *arg)
{
	Form_pg_ts_config form = (Form_pg_ts_config) GETSTRUCT(tuple);
	Reading *reading = arg;
	TextSearchObject *object =
		keep(cat, arg, "configuration", TSConfigRelationId, form->oid,
			 form->cfgnamespace, &form->cfgname, form->cfgowner);
	ConfigurationEntry *entry;

	if (object == NULL)
		return;
	object->parser = form->cfgparser;
	entry = hash_search(reading->configurations, &form->oid, HASH_ENTER, NULL);
	entry->object = object;
}

static void
keep_mapping(SdCatalog *cat, HeapTuple tuple, TupleDesc desc, void *arg)
{
	Form_pg_ts_config_map form = (Form_pg_ts_config_map) GETSTRUCT(tuple);
	Reading *reading = arg;
	ConfigurationEntry *entry =
		hash_search(reading->configurations, &form->mapcfg, HASH_FIND, NULL);
	MemoryContext oldcontext;
	Mapping *mapping;

	if (entry == NULL)
		return;
	oldcontext = MemoryContextSwitchTo(cat->context);
	mapping = palloc(sizeof(Mapping));
	mapping->token = form->maptokentype;
	mapping->position = form->mapseqno;
	mapping->dictionary = form->mapdict;
	entry->object->mappings = lappend(entry->object->mappings, mapping);
	MemoryContextSwitchTo(oldcontext);
}

/* Keep an object if it is in scope; NULL if not. */
static TextSearchObject *
keep(SdCatalog *cat, Reading *reading, const char *kind, Oid classid, Oid oid,
	 Oid schema, const NameData *name, Oid owner)
{
	TextSearchObject *object;

	if (!sd_scope_has_object(cat, classid, oid, schema, NameStr(*name)))
		return NULL;

	object = sd_named_keep(cat, &reading->objects, sizeof(TextSearchObject),
						   oid, schema, name, owner);
	object->classid = classid;
	object->kind = kind;

	return object;
}

static void
add_function(TextSearchObject *object, const char *role, Oid function)
{
	if (!OidIsValid(function))
		return;
	object->roles[object->nfunctions] = role;
	object->functions[object->nfunctions++] = function;
}

static int
compare_objects(const ListCell *a, const ListCell *b)
{
	const TextSearchObject *left = lfirst(a);
	const TextSearchObject *right = lfirst(b);
	int result = strcmp(NameStr(left->object.schema->name),
						NameStr(right->object.schema->name));

	if (result == 0)
		result =
			strcmp(NameStr(left->object.name), NameStr(right->object.name));

	return result != 0 ? result : strcmp(left->kind, right->kind);
}

static void
add_object(SdDiscovery *disc, void *object)
{
	TextSearchObject *ts = object;
	SdProblem problem = SD_PROBLEM_NONE;

	sd_row_named(disc, &ts->object);
	sd_row_text(disc, ts->kind);
	add_functions(disc, ts);
	sd_row_qualified(disc, TSTemplateRelationId, ts->template);
	sd_row_text(disc, ts->options);
	sd_row_qualified(disc, TSParserRelationId, ts->parser);
	problem = add_mappings(disc, ts);
	sd_row_named_end(disc, &ts->object, ts->classid, problem);
}

/* functions: role=name; NULL for what has none of its own */
static void
add_functions(SdDiscovery *disc, TextSearchObject *object)
{
	MemoryContext oldcontext = MemoryContextSwitchTo(disc->row_context);
	const char *texts[MAX_FUNCTIONS];

	for (int i = 0; i < object->nfunctions; i++)
		texts[i] = psprintf("%s=%s", object->roles[i],
							sd_catalog_qualified_name(disc->catalog,
													  ProcedureRelationId,
													  object->functions[i]));
	MemoryContextSwitchTo(oldcontext);

	if (object->nfunctions > 0)
		sd_row_texts(disc, object->nfunctions, texts);
	else
		sd_row_null(disc);
}

/* mappings: token: dictionaries, by the numbers of the tokens */
static SdProblem
add_mappings(SdDiscovery *disc, TextSearchObject *object)
{
	SdProblem problem = SD_PROBLEM_NONE;
	MemoryContext oldcontext;
	LexDescr *types = NULL;
	StringInfo buf = NULL;
	const char **texts;
	int last_token = 0;
	int count = 0;
	ListCell *lc;

	if (object->classid != TSConfigRelationId)
	{
		sd_row_null(disc);
		return problem;
	}
	if (object->mappings != NIL)
	{
		oldcontext = MemoryContextSwitchTo(disc->row_context);
		types = token_types(disc->catalog, object->parser, &problem);
		MemoryContextSwitchTo(oldcontext);
		if (types == NULL)
		{
			sd_row_null(disc);
			return problem;
		}
	}

	list_sort(object->mappings, compare_mappings);
	oldcontext = MemoryContextSwitchTo(disc->row_context);
	texts = palloc(sizeof(char *) * (list_length(object->mappings) + 1));
	foreach (lc, object->mappings)
	{
		Mapping *mapping = lfirst(lc);

		if (buf == NULL || mapping->token != last_token)
		{
			const char *name = NULL;

			for (LexDescr *type = types; type->lexid != 0; type++)
				if (type->lexid == mapping->token)
					name = type->alias;
			if (buf != NULL)
				texts[count++] = buf->data;
			buf = makeStringInfo();
			appendStringInfo(
				buf, "%s: ", name != NULL ? quote_identifier(name) : "???");
			last_token = mapping->token;
		}
		else
			appendStringInfoString(buf, ", ");
		appendStringInfoString(buf, sd_catalog_qualified_name(
										disc->catalog, TSDictionaryRelationId,
										mapping->dictionary));
	}
	if (buf != NULL)
		texts[count++] = buf->data;
	MemoryContextSwitchTo(oldcontext);
	sd_row_texts(disc, count, texts);

	return problem;
}

static int
compare_mappings(const ListCell *a, const ListCell *b)
{
	const Mapping *left = lfirst(a);
	const Mapping *right = lfirst(b);

	if (left->token != right->token)
		return left->token < right->token ? -1 : 1;

	return left->position - right->position;
}

/*
 * The names of a parser's types of tokens; NULL with a problem.
 *
 * Only the parser's own function knows them, as in ts_token_type().
 */
static LexDescr *
token_types(SdCatalog *cat, Oid parser, SdProblem *problem)
{
	Oid function = InvalidOid;
	LexDescr *types = NULL;

	sd_scan_oid(cat, TSParserRelationId, TSParserOidIndexId,
				Anum_pg_ts_parser_oid, parser, keep_function, &function);
	if (OidIsValid(function))
		types = call_parser(function);
	if (types == NULL)
		*problem = SD_PROBLEM_VANISHED;

	return types;
}

static void
keep_function(SdCatalog *cat, HeapTuple tuple, TupleDesc desc, void *arg)
{
	*(Oid *) arg = ((Form_pg_ts_parser) GETSTRUCT(tuple))->prslextype;
}

/* Call a function for types of tokens; NULL if it is gone. */
static LexDescr *
call_parser(Oid function)
{
	MemoryContext oldcontext = CurrentMemoryContext;
	ResourceOwner oldowner = CurrentResourceOwner;
	LexDescr *volatile types = NULL;

	if (function < FirstNormalObjectId)
		return (LexDescr *) DatumGetPointer(
			OidFunctionCall1(function, (Datum) 0));

	BeginInternalSubTransaction(NULL);
	MemoryContextSwitchTo(oldcontext);
	PG_TRY();
	{
		types =
			(LexDescr *) DatumGetPointer(OidFunctionCall1(function, (Datum) 0));
		ReleaseCurrentSubTransaction();
		MemoryContextSwitchTo(oldcontext);
		CurrentResourceOwner = oldowner;
	}
	PG_CATCH();
	{
		ErrorData *error;

		MemoryContextSwitchTo(oldcontext);
		error = CopyErrorData();
		FlushErrorState();
		RollbackAndReleaseCurrentSubTransaction();
		MemoryContextSwitchTo(oldcontext);
		CurrentResourceOwner = oldowner;

		/* only a function that was dropped meanwhile explains an error */
		if (error->sqlerrcode != ERRCODE_INTERNAL_ERROR ||
			SearchSysCacheExists1(PROCOID, ObjectIdGetDatum(function)))
			ReThrowError(error);
		types = NULL;
	}
	PG_END_TRY();

	return types;
}
