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
#include "utils/syscache.h"

#include "discovery/objects.h"
#include "errors.h"

PG_FUNCTION_INFO_V1(stormdisc_text_search);

/* one dictionary of one type of tokens */
typedef struct Mapping
{
	int token;
	int position;
	Oid dictionary;
} Mapping;

/* the parts of a configuration */
typedef struct Configuration
{
	Oid oid;		/* hash key */
	List *mappings; /* of Mapping * */
} Configuration;

/* a function and what it is there for */
typedef struct Function
{
	const char *role;
	Oid oid;
} Function;

/* a call of a parser's function, and its result */
typedef struct ParserCall
{
	Oid function;
	LexDescr *types;
} ParserCall;

static void emit_text_search(SdDiscovery *disc);
static const char *object_kind(SdCatalog *cat, const SdObject *object);
static void read_mappings(SdCatalog *cat, List *configurations);
static void keep_mapping(SdCatalog *cat, HeapTuple tuple, TupleDesc desc,
						 void *arg);
static int compare_mappings(const ListCell *a, const ListCell *b);
static void add_parser(SdDiscovery *disc, const SdObject *object);
static void add_template(SdDiscovery *disc, const SdObject *object);
static void add_dictionary(SdDiscovery *disc, const SdObject *object);
static void add_configuration(SdDiscovery *disc, const SdObject *object);
static void add_functions(SdDiscovery *disc, int count,
						  const Function *functions);
static SdProblem add_mappings(SdDiscovery *disc, Oid parser,
							  Configuration *configuration);
static LexDescr *token_types(SdCatalog *cat, Oid parser, SdProblem *problem);
static void keep_function(SdCatalog *cat, HeapTuple tuple, TupleDesc desc,
						  void *arg);
static LexDescr *call_parser(Oid function);
static void run_call(void *arg);

const SdKind sd_kind_text_search = {
	.name = "text_search",
	.identity = "schema_name,object_name,object_kind",
	.left_out = "problem",
	.defaults = "",
	.emit = emit_text_search,
};

static const SdObjectClass parser_class = {
	.classid = TSParserRelationId,
	.get_detail = object_kind,
	.add = add_parser,
};

static const SdObjectClass template_class = {
	.classid = TSTemplateRelationId,
	.get_detail = object_kind,
	.add = add_template,
};

static const SdObjectClass dictionary_class = {
	.classid = TSDictionaryRelationId,
	.get_detail = object_kind,
	.add = add_dictionary,
};

static const SdObjectClass configuration_class = {
	.classid = TSConfigRelationId,
	.get_detail = object_kind,
	.add = add_configuration,
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
	List *objects = sd_objects_read(disc, &configuration_class);

	read_mappings(disc->catalog, objects);
	objects = list_concat(objects, sd_objects_read(disc, &parser_class));
	objects = list_concat(objects, sd_objects_read(disc, &template_class));
	objects = list_concat(objects, sd_objects_read(disc, &dictionary_class));
	sd_objects_add(disc, objects);
}

/* object_kind: objects of several kinds may have one name */
static const char *
object_kind(SdCatalog *cat, const SdObject *object)
{
	switch (object->class->classid)
	{
		case TSParserRelationId:
			return "parser";
		case TSTemplateRelationId:
			return "template";
		case TSDictionaryRelationId:
			return "dictionary";
		default:
			return "configuration";
	}
}

/* Read which dictionaries the configurations have: each one's parts. */
static void
read_mappings(SdCatalog *cat, List *configurations)
{
	HTAB *hash = sd_hash_create(cat, "stormdisc text search configurations",
								sizeof(Oid), sizeof(Configuration));
	Oid *oids = palloc(sizeof(Oid) * (list_length(configurations) + 1));
	int noids = 0;
	ListCell *lc;

	foreach (lc, configurations)
	{
		SdObject *object = lfirst(lc);
		Configuration *configuration =
			hash_search(hash, &object->oid, HASH_ENTER, NULL);

		configuration->mappings = NIL;
		object->parts = configuration;
		oids[noids++] = object->oid;
	}
	sd_scan_oids(cat, TSConfigMapRelationId, TSConfigMapIndexId,
				 Anum_pg_ts_config_map_mapcfg, noids, oids, keep_mapping, hash);
	pfree(oids);
}

static void
keep_mapping(SdCatalog *cat, HeapTuple tuple, TupleDesc desc, void *arg)
{
	Form_pg_ts_config_map form = (Form_pg_ts_config_map) GETSTRUCT(tuple);
	Configuration *configuration =
		hash_search(arg, &form->mapcfg, HASH_FIND, NULL);
	MemoryContext oldcontext;
	Mapping *mapping;

	if (configuration == NULL)
		return;
	oldcontext = MemoryContextSwitchTo(cat->context);
	mapping = palloc(sizeof(Mapping));
	mapping->token = form->maptokentype;
	mapping->position = form->mapseqno;
	mapping->dictionary = form->mapdict;
	configuration->mappings = lappend(configuration->mappings, mapping);
	MemoryContextSwitchTo(oldcontext);
}

static void
add_parser(SdDiscovery *disc, const SdObject *object)
{
	Form_pg_ts_parser form = (Form_pg_ts_parser) GETSTRUCT(object->tuple);
	const Function functions[] = {{"start", form->prsstart},
								  {"gettoken", form->prstoken},
								  {"end", form->prsend},
								  {"headline", form->prsheadline},
								  {"lextypes", form->prslextype}};

	sd_row_object(disc, object);
	sd_row_text(disc, object->detail);
	add_functions(disc, lengthof(functions), functions);
	sd_row_nulls(disc, 4);
	sd_row_object_end(disc, object, SD_PROBLEM_NONE);
}

static void
add_template(SdDiscovery *disc, const SdObject *object)
{
	Form_pg_ts_template form = (Form_pg_ts_template) GETSTRUCT(object->tuple);
	const Function functions[] = {{"init", form->tmplinit},
								  {"lexize", form->tmpllexize}};

	sd_row_object(disc, object);
	sd_row_text(disc, object->detail);
	add_functions(disc, lengthof(functions), functions);
	sd_row_nulls(disc, 4);
	sd_row_object_end(disc, object, SD_PROBLEM_NONE);
}

static void
add_dictionary(SdDiscovery *disc, const SdObject *object)
{
	Form_pg_ts_dict form = (Form_pg_ts_dict) GETSTRUCT(object->tuple);

	sd_row_object(disc, object);
	sd_row_text(disc, object->detail);
	sd_row_null(disc);
	sd_row_qualified(disc, TSTemplateRelationId, form->dicttemplate);
	sd_row_text(disc, sd_object_text(object, Anum_pg_ts_dict_dictinitoption));
	sd_row_null(disc);
	sd_row_null(disc);
	sd_row_object_end(disc, object, SD_PROBLEM_NONE);
}

static void
add_configuration(SdDiscovery *disc, const SdObject *object)
{
	Form_pg_ts_config form = (Form_pg_ts_config) GETSTRUCT(object->tuple);
	SdProblem problem;

	sd_row_object(disc, object);
	sd_row_text(disc, object->detail);
	sd_row_nulls(disc, 3);
	sd_row_qualified(disc, TSParserRelationId, form->cfgparser);
	problem = add_mappings(disc, form->cfgparser, object->parts);
	sd_row_object_end(disc, object, problem);
}

/* functions: role=name */
static void
add_functions(SdDiscovery *disc, int count, const Function *functions)
{
	const char **texts = palloc(sizeof(char *) * count);
	int ntexts = 0;

	for (int i = 0; i < count; i++)
		if (OidIsValid(functions[i].oid))
			texts[ntexts++] = psprintf(
				"%s=%s", functions[i].role,
				sd_catalog_qualified_name(disc->catalog, ProcedureRelationId,
										  functions[i].oid));
	sd_row_texts(disc, ntexts, texts);
}

/* mappings: token: dictionaries, by the numbers of the tokens */
static SdProblem
add_mappings(SdDiscovery *disc, Oid parser, Configuration *configuration)
{
	List *mappings = configuration->mappings;
	SdProblem problem = SD_PROBLEM_NONE;
	LexDescr *types = NULL;
	StringInfo buf = NULL;
	const char **texts;
	int last_token = 0;
	int count = 0;
	ListCell *lc;

	if (mappings != NIL)
	{
		types = token_types(disc->catalog, parser, &problem);
		if (types == NULL)
		{
			sd_row_null(disc);
			return problem;
		}
	}

	list_sort(mappings, compare_mappings);
	texts = palloc(sizeof(char *) * (list_length(mappings) + 1));
	foreach (lc, mappings)
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
	ParserCall call = {.function = function};
	ErrorData *error = NULL;

	if (function < FirstNormalObjectId)
		run_call(&call);
	else
		error = sd_try(run_call, &call);
	if (error == NULL)
		return call.types;

	/* only a function that was dropped meanwhile explains an error */
	if (error->sqlerrcode != ERRCODE_INTERNAL_ERROR ||
		SearchSysCacheExists1(PROCOID, ObjectIdGetDatum(function)))
		ReThrowError(error);

	return NULL;
}

static void
run_call(void *arg)
{
	ParserCall *call = arg;

	call->types = (LexDescr *) DatumGetPointer(
		OidFunctionCall1(call->function, (Datum) 0));
}
