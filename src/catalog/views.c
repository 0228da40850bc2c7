/*-------------------------------------------------------------------------
 *
 * views.c
 *	  Views: in which order they stand upon each other, what is behind their
 *	  columns, and what can be done through them.
 *
 * pg_depend tells which views a view reads, for all views at once and without
 * a look at their queries.  A query is only read for a view that is reported,
 * or when a column is followed through it.  Chains of views may be long, so
 * nothing here recurses.
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "access/genam.h"
#include "access/htup_details.h"
#include "access/transam.h"
#include "catalog/dependency.h"
#include "catalog/pg_class.h"
#include "catalog/pg_depend.h"
#include "catalog/pg_rewrite.h"
#include "catalog/pg_trigger.h"
#include "miscadmin.h"
#include "parser/parsetree.h"
#include "rewrite/rewriteHandler.h"
#include "rewrite/rewriteSupport.h"
#include "utils/builtins.h"
#include "utils/fmgroids.h"
#include "utils/memutils.h"

#include "catalog/sd_catalog.h"

#define EVENT(command) (1 << (command))
#define ALL_EVENTS (EVENT(CMD_INSERT) | EVENT(CMD_UPDATE) | EVENT(CMD_DELETE))

/* the depth of a column that can be updated down to a table */
#define DEPTH_OF_TABLE PG_INT32_MAX

/* the views by their rules, while the dependencies are read */
typedef struct RuleOwner
{
	Oid rule; /* hash key */
	SdView *view;
} RuleOwner;

/* a step on the way from a view's column to a table's */
typedef struct Step
{
	SdView *view;
	AttrNumber column;
} Step;

static void read_all(SdCatalog *cat, HTAB *owners);
static void read_reachable(SdCatalog *cat, HTAB *owners);
static void keep_rule(SdCatalog *cat, HeapTuple tuple, TupleDesc desc,
					  void *arg);
static void keep_dependency(SdCatalog *cat, HeapTuple tuple, TupleDesc desc,
							void *arg);
static void keep_reachable(SdCatalog *cat, HeapTuple tuple, TupleDesc desc,
						   void *arg);
static void keep_trigger(SdCatalog *cat, HeapTuple tuple, TupleDesc desc,
						 void *arg);
static bool is_event_taken(Form_pg_rewrite form, HeapTuple tuple,
						   TupleDesc desc);
static void find_levels(SdCatalog *cat);
static SdView *find_view(SdCatalog *cat, Oid oid);
static Query *read_query(SdCatalog *cat, SdView *view);
static void keep_query(SdCatalog *cat, HeapTuple tuple, TupleDesc desc,
					   void *arg);
static void read_columns(SdCatalog *cat, SdView *view, Query *query);
static void measure(SdCatalog *cat, SdView *view);
static void measure_one(SdCatalog *cat, SdView *view);
static int events_at(SdCatalog *cat, SdView *view, int depth, int *unknown);

/*
 * sd_catalog_read_views
 *		Read how the views in scope, and all that they stand upon, stand upon
 *		each other.  Does nothing the second time.
 */
void
sd_catalog_read_views(SdCatalog *cat)
{
	MemoryContext oldcontext;
	HASH_SEQ_STATUS status;
	HTAB *owners;
	SdView *view;
	Oid *oids;
	int noids = 0;

	if (cat->views != NULL)
		return;

	oldcontext = MemoryContextSwitchTo(cat->context);
	cat->views =
		sd_hash_create(cat, "stormdisc views", sizeof(Oid), sizeof(SdView));
	owners = sd_hash_create(cat, "stormdisc rules of views", sizeof(Oid),
							sizeof(RuleOwner));
	if (cat->scope->has_relation)
		read_reachable(cat, owners);
	else
		read_all(cat, owners);
	hash_destroy(owners);

	oids = palloc(sizeof(Oid) * (hash_get_num_entries(cat->views) + 1));
	hash_seq_init(&status, cat->views);
	while ((view = hash_seq_search(&status)) != NULL)
		oids[noids++] = view->oid;
	sd_scan_oids(cat, TriggerRelationId, TriggerRelidNameIndexId,
				 Anum_pg_trigger_tgrelid, noids, oids, keep_trigger, NULL);
	pfree(oids);

	find_levels(cat);
	MemoryContextSwitchTo(oldcontext);
}

/* Read the views of the whole database. */
static void
read_all(SdCatalog *cat, HTAB *owners)
{
	SdKey key = {Anum_pg_depend_classid, ObjectIdGetDatum(RewriteRelationId),
				 F_OIDEQ};

	sd_scan_all(cat, RewriteRelationId, keep_rule, owners);
	sd_scan_index(cat, DependRelationId, DependDependerIndexId, 1, &key,
				  keep_dependency, owners);
}

/* Read the views in scope, and those that can be reached from them. */
static void
read_reachable(SdCatalog *cat, HTAB *owners)
{
	List *queue = NIL; /* of Oid: relations, some of them twice */
	HASH_SEQ_STATUS status;
	RuleOwner *owner;

	for (int i = 0; i < cat->nrelations; i++)
		queue = lappend_oid(queue, cat->relations[i]->oid);

	/* the queue grows while we go along it */
	for (int i = 0; i < list_length(queue); i++)
	{
		Oid oid = list_nth_oid(queue, i);
		SdView *view;

		CHECK_FOR_INTERRUPTS();
		if (find_view(cat, oid) != NULL)
			continue;
		sd_scan_oid(cat, RewriteRelationId, RewriteRelRulenameIndexId,
					Anum_pg_rewrite_ev_class, oid, keep_rule, owners);
		view = find_view(cat, oid);
		if (view != NULL && OidIsValid(view->rule))
		{
			SdKey keys[] = {
				{Anum_pg_depend_classid, ObjectIdGetDatum(RewriteRelationId),
				 F_OIDEQ},
				{Anum_pg_depend_objid, ObjectIdGetDatum(view->rule), F_OIDEQ},
			};

			sd_scan_index(cat, DependRelationId, DependDependerIndexId,
						  lengthof(keys), keys, keep_reachable, &queue);
		}
	}
	list_free(queue);

	/* now that all are known */
	hash_seq_init(&status, owners);
	while ((owner = hash_seq_search(&status)) != NULL)
	{
		SdKey keys[] = {
			{Anum_pg_depend_classid, ObjectIdGetDatum(RewriteRelationId),
			 F_OIDEQ},
			{Anum_pg_depend_objid, ObjectIdGetDatum(owner->rule), F_OIDEQ},
		};

		sd_scan_index(cat, DependRelationId, DependDependerIndexId,
					  lengthof(keys), keys, keep_dependency, owners);
	}
}

/* Keep what a rule says of a view. */
static void
keep_rule(SdCatalog *cat, HeapTuple tuple, TupleDesc desc, void *arg)
{
	Form_pg_rewrite form = (Form_pg_rewrite) GETSTRUCT(tuple);
	SdView *view;
	bool known;

	/* a view's rules may come before the one that makes it a view */
	view = hash_search(cat->views, &form->ev_class, HASH_ENTER, &known);
	if (!known)
		memset((char *) view + sizeof(Oid), 0, sizeof(SdView) - sizeof(Oid));

	if (strcmp(NameStr(form->rulename), ViewSelectRuleName) == 0)
	{
		RuleOwner *owner = hash_search(arg, &form->oid, HASH_ENTER, NULL);

		owner->view = view;
		view->rule = form->oid;
	}
	else if (is_event_taken(form, tuple, desc))
		view->events |= EVENT(form->ev_type - '0');
}

/* Does a rule always do something else instead? */
static bool
is_event_taken(Form_pg_rewrite form, HeapTuple tuple, TupleDesc desc)
{
	bool isnull;
	Datum condition;

	if (!form->is_instead)
		return false;
	condition = heap_getattr(tuple, Anum_pg_rewrite_ev_qual, desc, &isnull);

	return isnull || strcmp(TextDatumGetCString(condition), "<>") == 0;
}

/* Keep that one view reads another. */
static void
keep_dependency(SdCatalog *cat, HeapTuple tuple, TupleDesc desc, void *arg)
{
	Form_pg_depend form = (Form_pg_depend) GETSTRUCT(tuple);
	RuleOwner *owner;
	SdView *used;
	MemoryContext oldcontext;

	if (form->refclassid != RelationRelationId ||
		form->deptype != DEPENDENCY_NORMAL)
		return;
	owner = hash_search(arg, &form->objid, HASH_FIND, NULL);
	used = find_view(cat, form->refobjid);
	if (owner == NULL || used == NULL || !OidIsValid(used->rule))
		return;

	/* every view depends on itself; one that reads itself, on its columns */
	if (used == owner->view && form->refobjsubid == 0)
		return;

	/* the server's own views are there before all others, in any version */
	if (used->oid < FirstNormalObjectId &&
		owner->view->oid >= FirstNormalObjectId)
		return;

	oldcontext = MemoryContextSwitchTo(cat->context);
	used->users = lappend(used->users, owner->view);
	owner->view->remaining++;
	MemoryContextSwitchTo(oldcontext);
}

/* Keep a relation that may be a view. */
static void
keep_reachable(SdCatalog *cat, HeapTuple tuple, TupleDesc desc, void *arg)
{
	Form_pg_depend form = (Form_pg_depend) GETSTRUCT(tuple);
	List **queue = arg;
	SdRelation *rel;

	if (form->refclassid != RelationRelationId ||
		find_view(cat, form->refobjid) != NULL)
		return;
	rel = sd_catalog_relation(cat, form->refobjid);
	if (rel != NULL &&
		(rel->kind == RELKIND_VIEW || rel->kind == RELKIND_MATVIEW))
		*queue = lappend_oid(*queue, rel->oid);
}

static void
keep_trigger(SdCatalog *cat, HeapTuple tuple, TupleDesc desc, void *arg)
{
	Form_pg_trigger form = (Form_pg_trigger) GETSTRUCT(tuple);
	SdView *view;

	if (!TRIGGER_FOR_INSTEAD(form->tgtype))
		return;
	view = find_view(cat, form->tgrelid);
	if (view == NULL)
		return;

	if (TRIGGER_FOR_INSERT(form->tgtype))
		view->events |= EVENT(CMD_INSERT);
	if (TRIGGER_FOR_UPDATE(form->tgtype))
		view->events |= EVENT(CMD_UPDATE);
	if (TRIGGER_FOR_DELETE(form->tgtype))
		view->events |= EVENT(CMD_DELETE);
}

/*
 * Give each view a level: one more than the highest of those that it reads.
 * CREATE OR REPLACE VIEW can make circles; what is in one, or upon one, gets
 * no level.
 */
static void
find_levels(SdCatalog *cat)
{
	List *queue = NIL; /* of views that have their level */
	HASH_SEQ_STATUS status;
	SdView *view;

	hash_seq_init(&status, cat->views);
	while ((view = hash_seq_search(&status)) != NULL)
	{
		view->level = view->remaining == 0 ? 0 : -1;
		if (view->remaining == 0)
			queue = lappend(queue, view);
	}

	for (int i = 0; i < list_length(queue); i++)
	{
		ListCell *lc;

		CHECK_FOR_INTERRUPTS();
		view = list_nth(queue, i);
		foreach (lc, view->users)
		{
			SdView *user = lfirst(lc);

			/* what was taken from the queue last is of the highest level */
			if (--user->remaining == 0)
			{
				user->level = view->level + 1;
				queue = lappend(queue, user);
			}
		}
		list_free(view->users);
		view->users = NIL;
	}
	list_free(queue);
}

/* A view by OID; NULL if it is not known as one. */
static SdView *
find_view(SdCatalog *cat, Oid oid)
{
	return hash_search(cat->views, &oid, HASH_FIND, NULL);
}

/*
 * sd_view_level
 *		How many views deep a view stands upon others; -1: see find_levels().
 */
int
sd_view_level(SdCatalog *cat, SdRelation *rel)
{
	SdView *view;

	sd_catalog_read_views(cat);
	view = find_view(cat, rel->oid);

	return view != NULL ? view->level : -1;
}

/*
 * sd_catalog_view
 *		What is known of a view so far.
 *
 * Raises an error if it has no query: then the catalog is damaged.
 */
SdView *
sd_catalog_view(SdCatalog *cat, SdRelation *rel)
{
	SdView *view;

	sd_catalog_read_views(cat);
	view = find_view(cat, rel->oid);
	if (view == NULL || !OidIsValid(view->rule))
		ereport(ERROR, errcode(ERRCODE_DATA_CORRUPTED),
				errmsg("view \"%s\" has no query", NameStr(rel->name)));

	return view;
}

/*
 * sd_view_read_definition
 *		Read a view's query as text, and the relations in it.
 */
void
sd_view_read_definition(SdCatalog *cat, SdView *view)
{
	SdRelation *rel = sd_catalog_relation(cat, view->oid);
	Query *query;

	if (view->definition_read)
		return;

	query = read_query(cat, view);
	view->definition =
		sd_deparse_view(cat, rel, query, &view->relations, &view->problem);
	view->definition_read = true;
}

/* Read a view's query, and what can be seen from it at once. */
static Query *
read_query(SdCatalog *cat, SdView *view)
{
	Node *actions = NULL;
	Query *query;

	sd_scan_oid(cat, RewriteRelationId, RewriteOidIndexId, Anum_pg_rewrite_oid,
				view->rule, keep_query, &actions);
	if (actions == NULL || list_length(castNode(List, actions)) != 1)
		ereport(
			ERROR, errcode(ERRCODE_DATA_CORRUPTED),
			errmsg("rule with OID %u is not the query of a view", view->rule));
	query = linitial_node(Query, (List *) actions);
	if (!view->is_read)
		read_columns(cat, view, query);

	return query;
}

static void
keep_query(SdCatalog *cat, HeapTuple tuple, TupleDesc desc, void *arg)
{
	bool isnull;
	Datum tree = heap_getattr(tuple, Anum_pg_rewrite_ev_action, desc, &isnull);

	if (!isnull)
		*(Node **) arg = sd_deparse_read(cat, tree);
}

/* Note where the columns of a view come from, and where updates would go. */
static void
read_columns(SdCatalog *cat, SdView *view, Query *query)
{
	int position = 0;
	int updates = 0;
	ListCell *lc;

	/* as the rewriter has it */
	if (view_query_is_auto_updatable(query, false) == NULL)
	{
		updates =
			linitial_node(RangeTblRef, query->jointree->fromlist)->rtindex;
		view->updates = rt_fetch(updates, query->rtable)->relid;
		if (view->updates == view->oid)
			view->updates = InvalidOid; /* the circle of one view */
	}

	view->columns = MemoryContextAllocZero(
		cat->context,
		sizeof(SdViewColumn) * (list_length(query->targetList) + 1));
	foreach (lc, query->targetList)
	{
		TargetEntry *target = lfirst_node(TargetEntry, lc);
		SdViewColumn *column = &view->columns[position];
		Var *var = (Var *) target->expr;

		if (target->resjunk)
			continue;
		position++;
		if (target->resorigcol != InvalidAttrNumber)
		{
			column->table = target->resorigtbl;
			column->column = target->resorigcol;
		}
		if (updates != 0 && IsA(var, Var) && var->varno == updates &&
			var->varlevelsup == 0 && var->varattno > 0)
			column->updates = var->varattno;
	}
	view->ncolumns = position;
	view->is_read = true;
}

/*
 * sd_view_base_column
 *		The table, and the column of it, that a view's column shows.  NULL if
 *		it shows something else.
 *
 * That may be a system column.
 */
SdRelation *
sd_view_base_column(SdCatalog *cat, SdView *view, AttrNumber column,
					AttrNumber *base_column)
{
	SdViewColumn *last = NULL;
	List *path = NIL; /* of SdViewColumn *, but the last */
	Oid table = view->oid;
	ListCell *lc;

	*base_column = column;
	for (;;)
	{
		SdView *at = find_view(cat, table);

		CHECK_FOR_INTERRUPTS();
		if (at == NULL || !OidIsValid(at->rule))
			break; /* a table */
		if (!at->is_read)
			(void) read_query(cat, at);
		if (*base_column < 1 || *base_column > at->ncolumns)
		{
			table = InvalidOid;
			break;
		}
		last = &at->columns[*base_column - 1];
		if (last->resolved)
		{
			table = last->base_table;
			*base_column = last->base_column;
			break;
		}

		/* in a circle, the next to come here finds that there is nothing */
		last->resolved = true;
		path = lappend(path, last);
		table = last->table;
		*base_column = last->column;
	}

	foreach (lc, path)
	{
		last = lfirst(lc);
		last->base_table = table;
		last->base_column = *base_column;
	}
	list_free(path);

	return sd_catalog_relation(cat, table);
}

/*
 * sd_view_events
 *		What can be done through a view: bits by CmdType, of INSERT, UPDATE
 *		and DELETE.  *unknown are those that may be possible.
 *
 * This is what pg_relation_is_updatable() says with triggers included.
 */
int
sd_view_events(SdCatalog *cat, SdView *view, int *unknown)
{
	measure(cat, view);
	*unknown = view->unknown;

	return view->possible;
}

/*
 * Find out what can be done through a view, after the views below it.
 */
static void
measure(SdCatalog *cat, SdView *view)
{
	List *chain = NIL;

	while (view != NULL && OidIsValid(view->rule) && !view->measured)
	{
		CHECK_FOR_INTERRUPTS();
		if (!view->is_read)
			(void) read_query(cat, view);
		chain = lappend(chain, view);
		view->measured = true;
		view = find_view(cat, view->updates);
	}

	for (int i = list_length(chain) - 1; i >= 0; i--)
		measure_one(cat, list_nth(chain, i));
	list_free(chain);
}

static void
measure_one(SdCatalog *cat, SdView *view)
{
	SdView *base = find_view(cat, view->updates);

	if (base != NULL && !OidIsValid(base->rule))
		base = NULL; /* a table that has rules */
	for (int i = 0; i < view->ncolumns; i++)
	{
		SdViewColumn *column = &view->columns[i];

		if (column->updates == InvalidAttrNumber)
			column->depth = 0;
		else if (base == NULL)
			column->depth = DEPTH_OF_TABLE;
		else if (column->updates > base->ncolumns)
			column->depth = 1;
		else
		{
			column->depth = base->columns[column->updates - 1].depth;
			if (column->depth != DEPTH_OF_TABLE)
				column->depth++;
		}
		view->depth = Max(view->depth, column->depth);
	}

	view->possible = events_at(cat, view, view->depth, &view->unknown);
}

/*
 * What can be done through a view if its columns, or those that matter, can
 * be updated down to the given depth.  Where the last one ends, only DELETE
 * is left.  This is relation_is_updatable() of the server.
 */
static int
events_at(SdCatalog *cat, SdView *view, int depth, int *unknown)
{
	List *chain = NIL; /* of SdView * */
	List *masks = NIL;
	int possible = ALL_EVENTS;

	*unknown = 0;
	for (;;)
	{
		SdView *base;

		CHECK_FOR_INTERRUPTS();
		chain = lappend(chain, view);

		/* nothing goes through a circle */
		if (!OidIsValid(view->updates) || view->level < 0)
		{
			masks = lappend_int(masks, 0);
			break;
		}
		masks = lappend_int(masks, depth > 0 ? ALL_EVENTS : EVENT(CMD_DELETE));
		if (depth > 0 && depth != DEPTH_OF_TABLE)
			depth--;

		base = find_view(cat, view->updates);
		if (base == NULL || !OidIsValid(base->rule))
		{
			SdRelation *rel = sd_catalog_relation(cat, view->updates);

			/* only the foreign-data wrapper knows what it can do */
			if (rel == NULL || rel->kind == RELKIND_FOREIGN_TABLE)
			{
				*unknown = ALL_EVENTS;
				possible = base != NULL ? base->events : 0;
			}
			break;
		}
		if (depth == base->depth && base->measured)
		{
			possible = base->possible;
			*unknown = base->unknown;
			break;
		}
		view = base;
	}

	for (int i = list_length(chain) - 1; i >= 0; i--)
	{
		view = list_nth(chain, i);
		possible = view->events | (possible & list_nth_int(masks, i));
		*unknown = *unknown & list_nth_int(masks, i) & ~possible;
	}
	list_free(chain);
	list_free(masks);

	return possible;
}
