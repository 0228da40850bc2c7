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

#include "discovery/objects.h"

PG_FUNCTION_INFO_V1(stormdisc_triggers);

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
static bool is_own_trigger(SdCatalog *cat, HeapTuple tuple);
static void add_trigger(SdDiscovery *disc, const SdObject *trigger);
static void read_trigger(SdCatalog *cat, const SdObject *trigger, Parts *parts);
static void read_columns(SdCatalog *cat, Parts *parts);
static void read_condition(SdCatalog *cat, const SdObject *trigger,
						   Parts *parts);
static void read_arguments(const SdObject *trigger, Parts *parts);
static const char *name_value(const SdObject *trigger, AttrNumber column);
static const char *trigger_definition(SdCatalog *cat, Parts *parts);
static const char *timing(int16 tgtype);

const SdKind sd_kind_triggers = {
	.name = "triggers",
	.relkinds = "rpfv",
	.not_served = "\"%s\" is not a table or view",
	.identity = "schema_name,table_name,trigger_name",
	.left_out = "problem",
	.defaults = "enabled=origin",
	.emit = emit_triggers,
};

static const SdObjectClass trigger_class = {
	.classid = TriggerRelationId,
	.relation_index = TriggerRelidNameIndexId,
	.relation_column = Anum_pg_trigger_tgrelid,
	.is_wanted = is_own_trigger,
	.add = add_trigger,
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
	sd_objects_emit(disc, &trigger_class);
}

/* The server makes triggers of its own, for constraints. */
static bool
is_own_trigger(SdCatalog *cat, HeapTuple tuple)
{
	return !((Form_pg_trigger) GETSTRUCT(tuple))->tgisinternal;
}

static void
add_trigger(SdDiscovery *disc, const SdObject *trigger)
{
	SdCatalog *cat = disc->catalog;
	Parts parts = {0};
	Form_pg_trigger form;
	bool is_constraint;

	read_trigger(cat, trigger, &parts);
	form = parts.form;
	is_constraint = OidIsValid(form->tgconstraint);

	sd_row_object(disc, trigger);
	sd_row_text(disc, timing(form->tgtype));
	sd_row_text(disc, TRIGGER_FOR_ROW(form->tgtype) ? "row" : "statement");
	sd_row_texts(disc, parts.nevents, parts.events);
	sd_row_texts(disc, parts.ncolumns, parts.columns);
	sd_row_text(disc, parts.condition);
	sd_row_qualified(disc, ProcedureRelationId, form->tgfoid);
	sd_row_texts(disc, parts.narguments, parts.arguments);
	sd_row_text(disc, parts.old_table);
	sd_row_text(disc, parts.new_table);
	sd_row_text(disc, sd_enabled_state(form->tgenabled));
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
	sd_row_comment(disc, trigger);
	sd_row_end(disc, parts.problem);
}

/* Take a row of pg_trigger apart. */
static void
read_trigger(SdCatalog *cat, const SdObject *trigger, Parts *parts)
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
read_condition(SdCatalog *cat, const SdObject *trigger, Parts *parts)
{
	bool isnull;
	Datum tree = sd_object_value(trigger, Anum_pg_trigger_tgqual, &isnull);

	parts->has_condition = !isnull;
	if (isnull)
		return;
	sd_relation_read_columns(cat, parts->relation);
	parts->condition = sd_deparse_trigger_condition(cat, parts->relation, tree,
													&parts->problem);
}

/* The arguments are strings one after the other, each with its end. */
static void
read_arguments(const SdObject *trigger, Parts *parts)
{
	int count = parts->form->tgnargs;
	bool isnull;
	Datum value = sd_object_value(trigger, Anum_pg_trigger_tgargs, &isnull);
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
name_value(const SdObject *trigger, AttrNumber column)
{
	bool isnull;
	Datum value = sd_object_value(trigger, column, &isnull);

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
