/*-------------------------------------------------------------------------
 *
 * views.c
 *	  stormdisc_views: views and materialized views.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "catalog/pg_am.h"
#include "catalog/pg_class.h"
#include "catalog/pg_tablespace.h"
#include "catalog/pg_type.h"
#include "nodes/nodes.h"
#include "utils/array.h"
#include "utils/builtins.h"

#include "discovery/discovery.h"

PG_FUNCTION_INFO_V1(stormdisc_views);

#define CHECK_OPTION "check_option="

/* a relation and the order in which it comes */
typedef struct RankedView
{
	SdRelation *relation;
	int level;
	int position;
} RankedView;

static void emit_views(SdDiscovery *disc);
static int compare_views(const void *a, const void *b);
static void add_options(SdDiscovery *disc, SdRelation *rel);
static void add_columns(SdDiscovery *disc, SdRelation *rel, SdView *view);
static void add_events(SdDiscovery *disc, SdRelation *rel, SdView *view);
static void add_event(SdDiscovery *disc, int wanted, int possible, int unknown);
static void add_depends_on(SdDiscovery *disc, SdView *view);

const SdKind sd_kind_views = {
	.name = "views",
	.relkinds = "vm",
	.not_served = "\"%s\" is not a view",
	.parts = SD_READ_COLUMNS | SD_READ_COMMENTS,
	.identity = "schema_name,view_name",
	.left_out = "is_populated,columns,level,problem",
	.defaults = "view_type=view,access_method=heap,tablespace=",
	.emit = emit_views,
};

/*
 * stormdisc_views(relation, schemas, include, exclude) -> setof row
 *		Report the views in scope, each after those that it reads.
 */
Datum
stormdisc_views(PG_FUNCTION_ARGS)
{
	return sd_discovery_run(fcinfo, &sd_kind_views);
}

static void
emit_views(SdDiscovery *disc)
{
	SdCatalog *cat = disc->catalog;
	RankedView *views = MemoryContextAllocHuge(
		cat->context, sizeof(RankedView) * (cat->nrelations + 1));
	int nviews = 0;
	SdRelation *rel;
	int position = 0;

	while ((rel = sd_discovery_next(disc, &position)) != NULL)
	{
		int level = sd_view_level(cat, rel);

		views[nviews].relation = rel;
		/* circles come last */
		views[nviews].level = level < 0 ? PG_INT32_MAX : level;
		views[nviews].position = nviews;
		nviews++;
	}
	if (nviews > 1)
		qsort(views, nviews, sizeof(RankedView), compare_views);

	for (int i = 0; i < nviews; i++)
		sd_discovery_add(disc, sd_add_view, views[i].relation);
}

/* By level, and then as they came: by schema and name. */
static int
compare_views(const void *a, const void *b)
{
	const RankedView *left = a;
	const RankedView *right = b;

	if (left->level != right->level)
		return left->level < right->level ? -1 : 1;

	return left->position < right->position ? -1 : 1;
}

/* sd_add_view: Add the row of a view. */
void
sd_add_view(SdDiscovery *disc, void *object)
{
	SdCatalog *cat = disc->catalog;
	SdRelation *rel = object;
	SdView *view = sd_catalog_view(cat, rel);
	bool is_materialized = (rel->kind == RELKIND_MATVIEW);

	sd_view_read_definition(cat, view);

	sd_row_name(disc, &rel->schema->name);
	sd_row_name(disc, &rel->name);
	sd_row_text(disc, sd_table_type(rel->kind));
	sd_row_text(disc, view->definition);
	add_options(disc, rel);
	if (is_materialized)
		sd_row_bool(disc, rel->is_populated);
	else
		sd_row_null(disc);
	add_columns(disc, rel, view);
	add_events(disc, rel, view);
	add_depends_on(disc, view);
	if (view->level < 0)
		sd_row_null(disc);
	else
		sd_row_int32(disc, view->level);
	sd_row_text(
		disc, sd_catalog_name(cat, AccessMethodRelationId, rel->access_method));
	if (!is_materialized)
		sd_row_null(disc);
	else if (OidIsValid(rel->tablespace))
		sd_row_text(
			disc, sd_catalog_name(cat, TableSpaceRelationId, rel->tablespace));
	else
		sd_row_text(disc, "");
	sd_row_owner(disc, rel->owner);
	sd_row_text(disc, sd_catalog_comment(cat, RelationRelationId, rel->oid, 0));
	sd_row_end(disc, view->problem);
}

/* check_option, options */
static void
add_options(SdDiscovery *disc, SdRelation *rel)
{
	MemoryContext oldcontext = MemoryContextSwitchTo(disc->row_context);
	const char *check_option = NULL;
	int noptions;
	char **options = sd_array_texts(rel->options, &noptions);
	const char **others = palloc(sizeof(char *) * (noptions + 1));
	int count = 0;

	for (int i = 0; i < noptions; i++)
	{
		if (rel->kind == RELKIND_VIEW &&
			strncmp(options[i], CHECK_OPTION, strlen(CHECK_OPTION)) == 0)
			check_option = options[i] + strlen(CHECK_OPTION);
		else
			others[count++] = options[i];
	}
	MemoryContextSwitchTo(oldcontext);

	sd_row_text(disc, check_option);
	sd_row_texts(disc, count, others);
}

/* columns, base_columns */
static void
add_columns(SdDiscovery *disc, SdRelation *rel, SdView *view)
{
	SdCatalog *cat = disc->catalog;
	MemoryContext oldcontext = MemoryContextSwitchTo(disc->row_context);
	const char **names = palloc0(sizeof(char *) * (rel->natts + 1));
	const char **bases = palloc0(sizeof(char *) * (rel->natts + 1));
	int count = 0;

	for (int i = 0; i < rel->natts; i++)
	{
		AttrNumber column;
		SdRelation *base;
		const char *name;

		if (!rel->columns[i].exists)
			continue;
		names[count] = NameStr(rel->columns[i].name);
		base = sd_view_base_column(cat, view, i + 1, &column);
		if (base != NULL)
		{
			sd_relation_read_columns(cat, base);
			name = sd_relation_column_name(base, column);
			if (name != NULL)
				bases[count] =
					psprintf("%s.%s", sd_relation_qualified_name(base),
							 quote_identifier(name));
		}
		count++;
	}
	MemoryContextSwitchTo(oldcontext);

	sd_row_texts(disc, count, names);
	sd_row_texts(disc, count, bases);
}

/* is_updatable, is_insertable */
static void
add_events(SdDiscovery *disc, SdRelation *rel, SdView *view)
{
	int possible = 0;
	int unknown = 0;

	if (rel->kind == RELKIND_VIEW)
		possible = sd_view_events(disc->catalog, view, &unknown);

	add_event(disc, (1 << CMD_UPDATE) | (1 << CMD_DELETE), possible, unknown);
	add_event(disc, 1 << CMD_INSERT, possible, unknown);
}

static void
add_event(SdDiscovery *disc, int wanted, int possible, int unknown)
{
	if ((possible & wanted) == wanted)
		sd_row_bool(disc, true);
	else if (((possible | unknown) & wanted) == wanted)
		sd_row_null(disc);
	else
		sd_row_bool(disc, false);
}

/* depends_on: what the view reads itself */
static void
add_depends_on(SdDiscovery *disc, SdView *view)
{
	MemoryContext oldcontext = MemoryContextSwitchTo(disc->row_context);
	const char **names =
		palloc(sizeof(char *) * (list_length(view->relations) + 1));
	int count = 0;
	ListCell *lc;

	foreach (lc, view->relations)
		names[count++] = sd_catalog_qualified_name(
			disc->catalog, RelationRelationId, lfirst_oid(lc));
	if (count > 1)
		qsort(names, count, sizeof(char *), sd_text_compare);
	MemoryContextSwitchTo(oldcontext);

	sd_row_texts(disc, count, names);
}
