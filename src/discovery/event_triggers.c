/*-------------------------------------------------------------------------
 *
 * event_triggers.c
 *	  stormdisc_event_triggers: event triggers of the database.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "access/htup_details.h"
#include "catalog/pg_event_trigger.h"
#include "catalog/pg_proc.h"
#include "commands/trigger.h"

#include "discovery/named.h"

PG_FUNCTION_INFO_V1(stormdisc_event_triggers);

typedef struct EventTrigger
{
	SdNamed object;
	NameData event;
	ArrayType *tags;
	Oid function;
	char enabled;
} EventTrigger;

static void emit_event_triggers(SdDiscovery *disc);
static void keep_event_trigger(SdCatalog *cat, HeapTuple tuple, TupleDesc desc,
							   void *arg);
static void add_event_trigger(SdDiscovery *disc, void *object);
static const char *enabled_state(char enabled);

const SdKind sd_kind_event_triggers = {
	.name = "event_triggers",
	.identity = "trigger_name",
	.left_out = "problem",
	.defaults = "enabled=origin",
	.emit = emit_event_triggers,
};

/*
 * stormdisc_event_triggers(relation, schemas, include, exclude) -> setof row
 *		Report the event triggers, by name.
 */
Datum
stormdisc_event_triggers(PG_FUNCTION_ARGS)
{
	return sd_discovery_run(fcinfo, &sd_kind_event_triggers);
}

static void
emit_event_triggers(SdDiscovery *disc)
{
	List *triggers = NIL;

	sd_scan_all(disc->catalog, EventTriggerRelationId, keep_event_trigger,
				&triggers);
	sd_named_emit(disc, triggers, EventTriggerRelationId, add_event_trigger);
}

static void
keep_event_trigger(SdCatalog *cat, HeapTuple tuple, TupleDesc desc, void *arg)
{
	Form_pg_event_trigger form = (Form_pg_event_trigger) GETSTRUCT(tuple);
	EventTrigger *trigger;

	if (!sd_scope_has_object(cat, EventTriggerRelationId, form->oid, InvalidOid,
							 NameStr(form->evtname)))
		return;

	trigger = sd_named_keep(cat, arg, sizeof(EventTrigger), form->oid,
							InvalidOid, &form->evtname, form->evtowner);
	trigger->event = form->evtevent;
	trigger->tags =
		sd_tuple_array(cat, tuple, desc, Anum_pg_event_trigger_evttags);
	trigger->function = form->evtfoid;
	trigger->enabled = form->evtenabled;
}

static void
add_event_trigger(SdDiscovery *disc, void *object)
{
	EventTrigger *trigger = object;

	sd_row_named(disc, &trigger->object);
	sd_row_name(disc, &trigger->event);
	sd_row_options(disc, trigger->tags);
	sd_row_qualified(disc, ProcedureRelationId, trigger->function);
	sd_row_text(disc, enabled_state(trigger->enabled));
	sd_row_named_end(disc, &trigger->object, EventTriggerRelationId,
					 SD_PROBLEM_NONE);
}

static const char *
enabled_state(char enabled)
{
	switch (enabled)
	{
		case TRIGGER_FIRES_ON_ORIGIN:
			return "origin";
		case TRIGGER_FIRES_ALWAYS:
			return "always";
		case TRIGGER_FIRES_ON_REPLICA:
			return "replica";
		case TRIGGER_DISABLED:
			return "disabled";
		default:
			elog(ERROR, "unrecognized trigger state: %c", enabled);
			return NULL; /* keep compiler quiet */
	}
}
