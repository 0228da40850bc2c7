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

#include "discovery/objects.h"

PG_FUNCTION_INFO_V1(stormdisc_event_triggers);

static void emit_event_triggers(SdDiscovery *disc);
static void add_event_trigger(SdDiscovery *disc, const SdObject *object);

const SdKind sd_kind_event_triggers = {
	.name = "event_triggers",
	.identity = "trigger_name",
	.left_out = "problem",
	.defaults = "enabled=origin",
	.emit = emit_event_triggers,
};

static const SdObjectClass event_trigger_class = {
	.classid = EventTriggerRelationId,
	.add = add_event_trigger,
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
	sd_objects_emit(disc, &event_trigger_class);
}

static void
add_event_trigger(SdDiscovery *disc, const SdObject *object)
{
	Form_pg_event_trigger form =
		(Form_pg_event_trigger) GETSTRUCT(object->tuple);

	sd_row_object(disc, object);
	sd_row_name(disc, &form->evtevent);
	sd_row_options(disc,
				   sd_object_array(object, Anum_pg_event_trigger_evttags));
	sd_row_qualified(disc, ProcedureRelationId, form->evtfoid);
	sd_row_text(disc, sd_enabled_state(form->evtenabled));
	sd_row_object_end(disc, object, SD_PROBLEM_NONE);
}
