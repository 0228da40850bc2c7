/*-------------------------------------------------------------------------
 *
 * triggers.c
 *	  stormdisc_triggers: triggers of tables and views.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "access/htup_details.h"
#include "catalog/pg_constraint.h"
#include "catalog/pg_proc.h"
#include "catalog/pg_trigger.h"
#include "commands/trigger.h"
#include "utils/builtins.h"
#include "utils/memutils.h"

#include "discovery/discovery.h"

PG_FUNCTION_INFO_V1(stormdisc_triggers);

typedef struct TriggerRow
{
	Oid oid;
	SdRelation *relation;
	const char *name;
	HeapTuple tuple;
	TupleDesc desc;
} TriggerRow;

/* what the scan finds */
typedef struct Triggers
{
	List *list; /* of TriggerRow * */
	TupleDesc desc;
} Triggers;

/* a row of pg_trigger taken apart; in the memory of the row */
typedef struct Parts
{
	Form_pg_trigger form;
	const char *name;
	SdRelation *relation;
	SdRelation *ref_relation;
	int nevents;
	const char *events[4];
	int ncolumns;
	const char **columns;
	const char *condition;
	bool has_condition;
	int narguments;
	const char **arguments;
	const char *old_table;
	const char *new_table;
	SdProblem problem;
} Parts;

static void emit_triggers(SdDiscovery *disc);
static void keep_trigger(SdCatalog *cat, HeapTuple tuple, TupleDesc desc,
						 void *arg);
static int compare_triggers(const ListCell *a, const ListCell *b);
static void add_trigger(SdDiscovery *disc, void *object);
static void read_trigger(SdCatalog *cat, const TriggerRow *trigger,
						 Parts *parts);
static void read_columns(SdCatalog *cat, Parts *parts);
static void read_condition(SdCatalog *cat, const TriggerRow *trigger,
						   Parts *parts);
static void read_arguments(const TriggerRow *trigger, Parts *parts);
static const char *name_value(const TriggerRow *trigger, AttrNumber column);
static const char *trigger_definition(SdCatalog *cat, Parts *parts);
static const char *timing(int16 tgtype);
static const char *enabled(char tgenabled);

const SdKind sd_kind_triggers = {
	.name = "triggers",
	.relkinds = "rpfv",
	.not_served = "\"%s\" is not a table or view",
	.identity = "schema_name,table_name,trigger_name",
	.left_out = "problem",
	.defaults = "enabled=origin",
	.emit = emit_triggers,
};

/*
 * stormdisc_triggers(relation, schemas, include, exclude) -> setof row
 *		Report the triggers of the tables and views in scope, by table and
 *		name.
 */
Datum
stormdisc_triggers(PG_FUNCTION_ARGS)
{
	return sd_discovery_run(fcinfo, &sd_kind_triggers);
}

static void
emit_triggers(SdDiscovery *disc)
{
	SdCatalog *cat = disc->catalog;
	MemoryContext oldcontext = MemoryContextSwitchTo(cat->context);
	Triggers triggers = {0};
	Oid *oids;
	int noids = 0;
	ListCell *lc;

	sd_scan_relations(cat, TriggerRelationId, TriggerRelidNameIndexId,
					  Anum_pg_trigger_tgrelid, keep_trigger, &triggers);
	list_sort(triggers.list, compare_triggers);

	oids = palloc(sizeof(Oid) * (list_length(triggers.list) + 1));
	foreach (lc, triggers.list)
		oids[noids++] = ((TriggerRow *) lfirst(lc))->oid;
	sd_catalog_read_comments(cat, TriggerRelationId, noids, oids);
	pfree(oids);
	MemoryContextSwitchTo(oldcontext);

	foreach (lc, triggers.list)
		sd_discovery_add(disc, add_trigger, lfirst(lc));
}

/* Keep a trigger, unless the server made it for a constraint. */
static void
keep_trigger(SdCatalog *cat, HeapTuple tuple, TupleDesc desc, void *arg)
{
	Triggers *triggers = arg;
	Form_pg_trigger form = (Form_pg_trigger) GETSTRUCT(tuple);
	SdRelation *rel =
		hash_search(cat->relation_hash, &form->tgrelid, HASH_FIND, NULL);
	TriggerRow *trigger;

	if (form->tgisinternal || rel == NULL || !rel->in_scope ||
		strchr(sd_kind_triggers.relkinds, rel->kind) == NULL)
		return;

	if (triggers->desc == NULL)
		triggers->desc = CreateTupleDescCopy(desc);
	trigger = palloc(sizeof(TriggerRow));
	trigger->oid = form->oid;
	trigger->relation = rel;
	trigger->tuple = heap_copytuple(tuple);
	trigger->desc = triggers->desc;
	trigger->name =
		NameStr(((Form_pg_trigger) GETSTRUCT(trigger->tuple))->tgname);
	triggers->list = lappend(triggers->list, trigger);
}

static int
compare_triggers(const ListCell *a, const ListCell *b)
{
	const TriggerRow *left = lfirst(a);
	const TriggerRow *right = lfirst(b);
	int result = strcmp(NameStr(left->relation->schema->name),
						NameStr(right->relation->schema->name));

	if (result == 0)
		result = strcmp(NameStr(left->relation->name),
						NameStr(right->relation->name));
	if (result == 0)
		result = strcmp(left->name, right->name);

	return result;
}

static void
add_trigger(SdDiscovery *disc, void *object)
{
	SdCatalog *cat = disc->catalog;
	MemoryContext oldcontext = MemoryContextSwitchTo(disc->row_context);
	Parts parts = {0};
	Form_pg_trigger form;
	bool is_constraint;

	read_trigger(cat, object, &parts);
	form = parts.form;
	is_constraint = OidIsValid(form->tgconstraint);

	sd_row_name(disc, &parts.relation->schema->name);
	sd_row_name(disc, &parts.relation->name);
	sd_row_text(disc, parts.name);
	sd_row_text(disc, timing(form->tgtype));
	sd_row_text(disc, TRIGGER_FOR_ROW(form->tgtype) ? "row" : "statement");
	sd_row_texts(disc, parts.nevents, parts.events);
	sd_row_texts(disc, parts.ncolumns, parts.columns);
	sd_row_text(disc, parts.condition);
	sd_row_qualified(disc, ProcedureRelationId, form->tgfoid);
	sd_row_texts(disc, parts.narguments, parts.arguments);
	sd_row_text(disc, parts.old_table);
	sd_row_text(disc, parts.new_table);
	sd_row_text(disc, enabled(form->tgenabled));
	sd_row_bool(disc, is_constraint);
	sd_row_bool(disc, form->tgdeferrable);
	sd_row_bool(disc, form->tginitdeferred);
	sd_row_text(disc,
				sd_catalog_name(cat, ConstraintRelationId, form->tgconstraint));
	sd_row_text(disc, parts.ref_relation
						  ? NameStr(parts.ref_relation->schema->name)
						  : NULL);
	sd_row_text(disc,
				parts.ref_relation ? NameStr(parts.ref_relation->name) : NULL);
	sd_row_text(disc,
				sd_catalog_name(cat, TriggerRelationId, form->tgparentid));
	sd_row_text(disc, trigger_definition(cat, &parts));
	sd_row_text(disc, sd_catalog_comment(cat, TriggerRelationId, form->oid, 0));
	MemoryContextSwitchTo(oldcontext);
	sd_row_end(disc, parts.problem);
}

/* Take a row of pg_trigger apart. */
static void
read_trigger(SdCatalog *cat, const TriggerRow *trigger, Parts *parts)
{
	Form_pg_trigger form = (Form_pg_trigger) GETSTRUCT(trigger->tuple);
	int16 type = form->tgtype;

	parts->form = form;
	parts->name = trigger->name;
	parts->relation = trigger->relation;
	parts->ref_relation = sd_catalog_relation(cat, form->tgconstrrelid);
	if (TRIGGER_FOR_INSERT(type))
		parts->events[parts->nevents++] = "insert";
	if (TRIGGER_FOR_DELETE(type))
		parts->events[parts->nevents++] = "delete";
	if (TRIGGER_FOR_UPDATE(type))
		parts->events[parts->nevents++] = "update";
	if (TRIGGER_FOR_TRUNCATE(type))
		parts->events[parts->nevents++] = "truncate";
	parts->old_table = name_value(trigger, Anum_pg_trigger_tgoldtable);
	parts->new_table = name_value(trigger, Anum_pg_trigger_tgnewtable);
	read_columns(cat, parts);
	read_condition(cat, trigger, parts);
	read_arguments(trigger, parts);
}

static void
read_columns(SdCatalog *cat, Parts *parts)
{
	int2vector *columns = &parts->form->tgattr;

	if (columns->dim1 > 0)
		sd_relation_read_columns(cat, parts->relation);
	parts->columns = palloc(sizeof(char *) * (columns->dim1 + 1));
	for (int i = 0; i < columns->dim1; i++)
		parts->columns[parts->ncolumns++] =
			sd_relation_column_name(parts->relation, columns->values[i]);
}

static void
read_condition(SdCatalog *cat, const TriggerRow *trigger, Parts *parts)
{
	bool isnull;
	Datum tree = heap_getattr(trigger->tuple, Anum_pg_trigger_tgqual,
							  trigger->desc, &isnull);

	parts->has_condition = !isnull;
	if (isnull)
		return;
	sd_relation_read_columns(cat, parts->relation);
	parts->condition = sd_deparse_trigger_condition(cat, parts->relation, tree,
													&parts->problem);
}

/* The arguments are strings one after the other, each with its end. */
static void
read_arguments(const TriggerRow *trigger, Parts *parts)
{
	int count = parts->form->tgnargs;
	bool isnull;
	Datum value = heap_getattr(trigger->tuple, Anum_pg_trigger_tgargs,
							   trigger->desc, &isnull);
	bytea *bytes;
	const char *at;
	const char *end;

	parts->arguments = palloc(sizeof(char *) * (count + 1));
	if (isnull)
		return;
	bytes = DatumGetByteaPP(value);
	at = VARDATA_ANY(bytes);
	end = at + VARSIZE_ANY_EXHDR(bytes);
	while (parts->narguments < count && at < end)
	{
		Size length = strnlen(at, end - at);

		parts->arguments[parts->narguments++] = pnstrdup(at, length);
		at += length + 1;
	}
}

static const char *
name_value(const TriggerRow *trigger, AttrNumber column)
{
	bool isnull;
	Datum value = heap_getattr(trigger->tuple, column, trigger->desc, &isnull);

	return isnull ? NULL : NameStr(*DatumGetName(value));
}

/* What pg_get_triggerdef() says; NULL if the condition has a problem. */
static const char *
trigger_definition(SdCatalog *cat, Parts *parts)
{
	Form_pg_trigger form = parts->form;
	StringInfoData buf;

	if (parts->has_condition && parts->condition == NULL)
		return NULL;

	initStringInfo(&buf);
	appendStringInfo(&buf, "CREATE %sTRIGGER %s ",
					 OidIsValid(form->tgconstraint) ? "CONSTRAINT " : "",
					 quote_identifier(parts->name));
	for (const char *at = timing(form->tgtype); *at != '\0'; at++)
		appendStringInfoChar(&buf, pg_toupper((unsigned char) *at));
	for (int i = 0; i < parts->nevents; i++)
	{
		appendStringInfoString(&buf, i > 0 ? " OR " : " ");
		for (const char *at = parts->events[i]; *at != '\0'; at++)
			appendStringInfoChar(&buf, pg_toupper((unsigned char) *at));
		if (strcmp(parts->events[i], "update") != 0)
			continue;
		for (int j = 0; j < parts->ncolumns; j++)
			appendStringInfo(&buf, "%s%s", j > 0 ? ", " : " OF ",
							 quote_identifier(parts->columns[j]));
	}
	appendStringInfo(&buf, " ON %s ",
					 sd_relation_qualified_name(parts->relation));
	if (OidIsValid(form->tgconstraint))
	{
		if (parts->ref_relation != NULL)
			appendStringInfo(&buf, "FROM %s ",
							 sd_relation_visible_name(parts->ref_relation));
		appendStringInfo(&buf, "%sDEFERRABLE INITIALLY %s ",
						 form->tgdeferrable ? "" : "NOT ",
						 form->tginitdeferred ? "DEFERRED" : "IMMEDIATE");
	}
	if (parts->old_table != NULL || parts->new_table != NULL)
		appendStringInfoString(&buf, "REFERENCING ");
	if (parts->old_table != NULL)
		appendStringInfo(&buf, "OLD TABLE AS %s ",
						 quote_identifier(parts->old_table));
	if (parts->new_table != NULL)
		appendStringInfo(&buf, "NEW TABLE AS %s ",
						 quote_identifier(parts->new_table));
	appendStringInfo(&buf, "FOR EACH %s ",
					 TRIGGER_FOR_ROW(form->tgtype) ? "ROW" : "STATEMENT");
	if (parts->condition != NULL)
		appendStringInfo(&buf, "WHEN (%s) ", parts->condition);
	appendStringInfo(
		&buf, "EXECUTE FUNCTION %s(",
		sd_catalog_visible_name(cat, ProcedureRelationId, form->tgfoid));
	for (int i = 0; i < parts->narguments; i++)
	{
		if (i > 0)
			appendStringInfoString(&buf, ", ");
		sd_append_literal(&buf, parts->arguments[i]);
	}
	appendStringInfoChar(&buf, ')');

	return buf.data;
}

static const char *
timing(int16 tgtype)
{
	if (TRIGGER_FOR_BEFORE(tgtype))
		return "before";
	if (TRIGGER_FOR_AFTER(tgtype))
		return "after";
	return "instead of";
}

static const char *
enabled(char tgenabled)
{
	switch (tgenabled)
	{
		case TRIGGER_FIRES_ON_ORIGIN:
			return "origin";
		case TRIGGER_FIRES_ON_REPLICA:
			return "replica";
		case TRIGGER_FIRES_ALWAYS:
			return "always";
		case TRIGGER_DISABLED:
			return "disabled";
		default:
			elog(ERROR, "unrecognized trigger state: %c", tgenabled);
			return NULL; /* keep compiler quiet */
	}
}
