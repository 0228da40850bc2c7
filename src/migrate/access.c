/*-------------------------------------------------------------------------
 *
 * access.c
 *	  stormdisc_grant, stormdisc_revoke: give a role what it needs to work
 *	  with a part of the extension, and take it back.
 *	  stormdisc_area_objects: what that is.
 *
 * An area is a list of functions and relations.  What is for everybody needs
 * no grant, unless somebody has revoked it from PUBLIC.  Whether a role has an
 * area is told by one of its objects, see the view stormdisc.area_roles; so
 * there is nothing to keep, and what DROP OWNED or a dump does is right.
 */
#include "postgres.h"

#include "catalog/pg_extension.h"
#include "catalog/pg_type.h"
#include "commands/extension.h"
#include "executor/spi.h"
#include "funcapi.h"
#include "miscadmin.h"
#include "utils/acl.h"
#include "utils/builtins.h"
#include "utils/lsyscache.h"
#include "utils/syscache.h"
#include "utils/tuplestore.h"

#include "arguments.h"
#include "arrays.h"
#include "spi_util.h"

PG_FUNCTION_INFO_V1(stormdisc_grant);
PG_FUNCTION_INFO_V1(stormdisc_revoke);
PG_FUNCTION_INFO_V1(stormdisc_area_objects);

typedef enum Area
{
	AREA_DISCOVERY,
	AREA_PORTS,
	AREA_TRACES,
	AREA_MIGRATIONS,
	AREA_READ,
	N_AREAS,
	AREA_NONE
} Area;

static const char *const area_names[N_AREAS] = {
	"discovery", "ports", "traces", "migrations", "read",
};

/* something that is granted */
typedef struct Object
{
	Area area;		 /* not AREA_READ */
	bool only_reads; /* is in AREA_READ, too */
	bool is_public;
	bool is_granted;  /* to the role that is looked at */
	const char *type; /* as GRANT has it */
	const char *identity;
	const char *privilege;
} Object;

/*
 * Functions by their names, without "stormdisc_"; the type of the first
 * argument says which is meant where a name is in two areas.  Those that are
 * in no list are of the discovery if they were made for everybody, else of
 * nothing.  Lists end with NULL.
 */
static const char *const discovery_functions[] = {
	"discover_existing_schema",
	"drop_snapshot",
	NULL,
};

static const char *const ports_functions[] = {
	/* messages */
	"alter_port",
	"complete",
	"consume",
	"create_port",
	"delete(text)",
	"drop_port",
	"extend",
	"fail",
	"notify_channel",
	"publish",
	"purge",
	"queue_stats",
	"receive",
	"recover_messages",
	"redrive",
	"replay",
	"send",
	"send_batch",
	"subscribe",
	"unsubscribe",
	"wait",
	/* states and checkpoints */
	"abort_checkpoint_group",
	"add_to_checkpoint_group",
	"begin_checkpoint_group",
	"commit_checkpoint_group",
	"delete_checkpoint",
	"delete_component_state",
	"get_checkpoint",
	"get_component_state",
	"list_checkpoints",
	"list_component_states",
	"pin_checkpoint",
	"prune_checkpoint_groups",
	"prune_checkpoints",
	"prune_component_states",
	"restore_component",
	"save_checkpoint",
	"save_component_state",
	"unpin_checkpoint",
	/* metrics, health, sinks */
	"create_partitions",
	"drain_partitions",
	"drop_partitions",
	"forget_health",
	"health",
	"heartbeat",
	"record_metric",
	"record_metric_batch",
	"record_port_metrics",
	"rollup_metrics",
	"sink_write",
	/* settings and maintenance */
	"apply_session_config",
	"backup_readiness",
	"cleanup_old_data",
	"distribute",
	"distribution",
	"get_config",
	"maintain",
	"maintain_all",
	"maintenance_rules",
	"reset_config",
	"reset_retention",
	"retry_delay(text)",
	"schedule_maintenance",
	"set_config",
	"set_retention",
	"sqlite_schema",
	"unschedule_maintenance",
	NULL,
};

static const char *const traces_functions[] = {
	"add_edge",
	"add_event",
	"add_events_batch",
	"cleanup_old_traces",
	"clear",
	"detect_anomalies",
	"detect_races",
	"export_traces",
	"find_happens_before",
	"find_happens_before_many",
	"get_audit_trail",
	"get_baseline_metric",
	"get_critical_path",
	"get_cross_trace_races",
	"get_edges",
	"get_event",
	"get_storage",
	"get_trace_events",
	"get_trace_roots",
	"import_traces",
	"merge_baseline_metric",
	"record_baseline_metric",
	"record_baseline_micros",
	"service_dependencies",
	"set_storage",
	"set_trace_root",
	"trace_diagram",
	"trace_summaries",
	"vclock_compare",
	NULL,
};

static const char *const migrations_functions[] = {
	/* migrations */
	"accept_migration",
	"baseline",
	"begin_migration",
	"current_version",
	"drift_repair",
	"end_step",
	"init_schema",
	"migrate",
	"migrate_all",
	"migrated_documents",
	"migration_status",
	"migration_steps",
	"migration_text",
	"pending_migrations",
	"register_migration",
	"register_repeatable",
	"repair_migration",
	"resume_step",
	"rollback",
	"schema_drift",
	"split_sql",
	"test_migration",
	"unregister_migration",
	"unregister_repeatable",
	/* metadata */
	"delete_meta",
	"get_meta_value",
	"list_meta",
	"set_meta_value",
	/* resources */
	"add_timestamps",
	"create",
	"create_compat_view",
	"delete(regclass)",
	"get_by_id",
	"list",
	"set_updated_at",
	"update",
	NULL,
};

/* those that only read, although another call may see something else */
static const char *const volatile_readers[] = {
	"health",
	"queue_stats",
	NULL,
};

/* relations of the schema stormdisc; those in no list are of the ports */
static const char *const discovery_relations[] = {
	"discovery_log", "discovery_stats", "own_objects",
	"snapshots",	 "type_map",		NULL,
};

static const char *const traces_relations[] = {
	"baseline_metrics",	 "baseline_store", "causal_edges",
	"cross_trace_index", "edge_store",	   "events",
	"root_store",		 "trace_roots",	   NULL,
};

static const char *const migrations_relations[] = {
	"metadata",	  "migrated_schema",	"migration_log",  "migration_progress",
	"migrations", "repeatable_scripts", "schema_version", NULL,
};

static Area argument_area(FunctionCallInfo fcinfo, int number);
static const char *argument_role(FunctionCallInfo fcinfo, int number);
static void check_owner(void);
static List *read_objects(Oid role);
static Area area_of_function(const char *name, const char *first_type,
							 bool was_public);
static bool is_reader(const char *name);
static Area area_of_relation(const char *name);
static bool is_listed(const char *const *list, const char *name,
					  const char *first_type);
static bool is_in(const Object *object, Area area);
static void read_areas(const char *role, bool *has);
static ArrayType *change(List *objects, const char *verb, const char *role);
static void append_statement(Datum *done, int *count, List *objects,
							 const char *type, const char *verb,
							 const char *role);

/*
 * All of our functions and relations but what they are made of: triggers,
 * parts of types and aggregates, partitions.
 */
static SdStatement select_objects = {
	.sql = "SELECT 'ROUTINE', p.oid::pg_catalog.regprocedure::pg_catalog.text, "
		   "p.proname::pg_catalog.text, COALESCE(p.proargtypes[0], 0)"
		   "::pg_catalog.regtype::pg_catalog.text, "
		   "p.provolatile OPERATOR(pg_catalog.<>) 'v', "
		   "EXISTS (SELECT FROM pg_catalog.aclexplode(COALESCE(p.proacl, "
		   "pg_catalog.acldefault('f', p.proowner))) a "
		   "WHERE a.grantee OPERATOR(pg_catalog.=) 0::pg_catalog.oid "
		   "AND a.privilege_type OPERATOR(pg_catalog.=) 'EXECUTE'), "
		   "NOT EXISTS (SELECT FROM pg_catalog.pg_init_privs i "
		   "WHERE i.objoid OPERATOR(pg_catalog.=) p.oid AND i.classoid "
		   "OPERATOR(pg_catalog.=) 'pg_catalog.pg_proc'::pg_catalog.regclass), "
		   "EXISTS (SELECT FROM pg_catalog.aclexplode(p.proacl) a "
		   "WHERE a.grantee OPERATOR(pg_catalog.=) $2) "
		   "FROM pg_catalog.pg_depend d JOIN pg_catalog.pg_proc p "
		   "ON p.oid OPERATOR(pg_catalog.=) d.objid "
		   "WHERE d.classid OPERATOR(pg_catalog.=) "
		   "'pg_catalog.pg_proc'::pg_catalog.regclass "
		   "AND d.refclassid OPERATOR(pg_catalog.=) "
		   "'pg_catalog.pg_extension'::pg_catalog.regclass "
		   "AND d.refobjid OPERATOR(pg_catalog.=) $1 "
		   "AND d.deptype OPERATOR(pg_catalog.=) 'e'::\"char\" "
		   "AND p.pronamespace OPERATOR(pg_catalog.<>) "
		   "'stormdisc'::pg_catalog.regnamespace "
		   "AND (p.prorettype OPERATOR(pg_catalog.<>) "
		   "'pg_catalog.trigger'::pg_catalog.regtype "
		   "OR p.proname OPERATOR(pg_catalog.=) 'stormdisc_set_updated_at') "
		   "UNION ALL "
		   "SELECT 'TABLE', c.oid::pg_catalog.regclass::pg_catalog.text, "
		   "c.relname::pg_catalog.text, NULL, true, "
		   "EXISTS (SELECT FROM pg_catalog.aclexplode(c.relacl) a "
		   "WHERE a.grantee OPERATOR(pg_catalog.=) 0::pg_catalog.oid "
		   "AND a.privilege_type OPERATOR(pg_catalog.=) 'SELECT'), false, "
		   "EXISTS (SELECT FROM pg_catalog.aclexplode(c.relacl) a "
		   "WHERE a.grantee OPERATOR(pg_catalog.=) $2 "
		   "AND a.privilege_type OPERATOR(pg_catalog.=) 'SELECT') "
		   "FROM pg_catalog.pg_depend d JOIN pg_catalog.pg_class c "
		   "ON c.oid OPERATOR(pg_catalog.=) d.objid "
		   "WHERE d.classid OPERATOR(pg_catalog.=) "
		   "'pg_catalog.pg_class'::pg_catalog.regclass "
		   "AND d.refclassid OPERATOR(pg_catalog.=) "
		   "'pg_catalog.pg_extension'::pg_catalog.regclass "
		   "AND d.refobjid OPERATOR(pg_catalog.=) $1 "
		   "AND d.deptype OPERATOR(pg_catalog.=) 'e'::\"char\" "
		   "AND c.relkind OPERATOR(pg_catalog.=) "
		   "ANY (ARRAY['r', 'p', 'v', 'm']::\"char\"[]) "
		   "AND NOT c.relispartition "
		   "ORDER BY 1, 2",
	.nparameters = 2,
	.types = {OIDOID, OIDOID},
};

static SdStatement select_areas = {
	.sql = "SELECT r.area FROM stormdisc.area_roles r "
		   "WHERE r.role_name OPERATOR(pg_catalog.=) $1",
	.nparameters = 1,
	.types = {TEXTOID},
};

/*
 * stormdisc_grant(role, area) -> text[]
 *		Grant what the area has; the statements that did it.
 */
Datum
stormdisc_grant(PG_FUNCTION_ARGS)
{
	const char *role = argument_role(fcinfo, 0);
	Area area = argument_area(fcinfo, 1);
	List *objects = NIL;
	ListCell *lc;

	check_owner();
	foreach (lc, read_objects(get_role_oid(role, false)))
	{
		Object *object = lfirst(lc);

		if (is_in(object, area) && !object->is_public && !object->is_granted)
			objects = lappend(objects, object);
	}

	PG_RETURN_ARRAYTYPE_P(change(objects, "GRANT", role));
}

/*
 * stormdisc_revoke(role, area) -> text[]
 *		Revoke what the area has, except what another area that the role has
 *		needs as well; the statements that did it.
 */
Datum
stormdisc_revoke(PG_FUNCTION_ARGS)
{
	const char *role = argument_role(fcinfo, 0);
	Area area = argument_area(fcinfo, 1);
	List *objects = NIL;
	bool has[N_AREAS] = {false};
	ListCell *lc;

	check_owner();
	read_areas(role, has);
	foreach (lc, read_objects(get_role_oid(role, false)))
	{
		Object *object = lfirst(lc);
		bool is_needed = false;

		for (Area other = 0; other < N_AREAS; other++)
			is_needed |= other != area && has[other] && is_in(object, other);
		if (is_in(object, area) && object->is_granted && !is_needed)
			objects = lappend(objects, object);
	}

	PG_RETURN_ARRAYTYPE_P(change(objects, "REVOKE", role));
}

/*
 * stormdisc_area_objects(area) -> setof row
 *		What the area has, or all of them.
 */
Datum
stormdisc_area_objects(PG_FUNCTION_ARGS)
{
	ReturnSetInfo *rsinfo = (ReturnSetInfo *) fcinfo->resultinfo;
	Area only = PG_ARGISNULL(0) ? AREA_NONE : argument_area(fcinfo, 0);
	List *objects = read_objects(InvalidOid);

	InitMaterializedSRF(fcinfo, 0);
	for (Area area = 0; area < N_AREAS; area++)
	{
		ListCell *lc;

		if (only != AREA_NONE && area != only)
			continue;
		foreach (lc, objects)
		{
			const Object *object = lfirst(lc);
			Datum values[5];
			bool nulls[5] = {false};

			CHECK_FOR_INTERRUPTS();
			if (!is_in(object, area))
				continue;
			values[0] = CStringGetTextDatum(area_names[area]);
			values[1] = CStringGetTextDatum(object->type);
			values[2] = CStringGetTextDatum(object->identity);
			values[3] = CStringGetTextDatum(object->privilege);
			values[4] = BoolGetDatum(object->is_public);
			tuplestore_putvalues(rsinfo->setResult, rsinfo->setDesc, values,
								 nulls);
		}
	}

	return (Datum) 0;
}

static Area
argument_area(FunctionCallInfo fcinfo, int number)
{
	const char *name =
		TextDatumGetCString(sd_argument_required(fcinfo, number, "area"));

	for (Area area = 0; area < N_AREAS; area++)
		if (strcmp(area_names[area], name) == 0)
			return area;
	ereport(ERROR, errcode(ERRCODE_INVALID_PARAMETER_VALUE),
			errmsg("unrecognized area: \"%s\"", name),
			errhint("Available areas: discovery, ports, traces, migrations, "
					"read."));
}

/* Raises 42704 if there is no such role. */
static const char *
argument_role(FunctionCallInfo fcinfo, int number)
{
	const char *name =
		TextDatumGetCString(sd_argument_required(fcinfo, number, "role"));

	(void) get_role_oid(name, false);

	return name;
}

/* GRANT itself would only warn of what it did not do. */
static void
check_owner(void)
{
	HeapTuple tuple = SearchSysCache1(
		EXTENSIONOID, ObjectIdGetDatum(get_extension_oid("stormdisc", false)));
	Oid owner;

	if (!HeapTupleIsValid(tuple))
		elog(ERROR, "cache lookup failed for extension");
	owner = ((Form_pg_extension) GETSTRUCT(tuple))->extowner;
	ReleaseSysCache(tuple);
	if (!has_privs_of_role(GetUserId(), owner))
		aclcheck_error(ACLCHECK_NOT_OWNER, OBJECT_EXTENSION, "stormdisc");
}

/*
 * In the current memory context.  For a role as they are now, also after what
 * this statement did.
 */
static List *
read_objects(Oid role)
{
	Datum values[] = {ObjectIdGetDatum(get_extension_oid("stormdisc", false)),
					  ObjectIdGetDatum(role)};
	List *objects = NIL;
	SdSpi spi;

	sd_spi_begin(&spi, false);
	if (OidIsValid(role))
		(void) sd_spi_read_latest(&select_objects, values, NULL);
	else
		(void) sd_spi_read(&select_objects, values, NULL);
	for (uint64 i = 0; i < SPI_processed; i++)
	{
		HeapTuple tuple = SPI_tuptable->vals[i];
		TupleDesc desc = SPI_tuptable->tupdesc;
		MemoryContext oldcontext = MemoryContextSwitchTo(spi.context);
		Object *object = palloc(sizeof(Object));
		const char *name = SPI_getvalue(tuple, desc, 3);

		object->type = SPI_getvalue(tuple, desc, 1);
		object->identity = SPI_getvalue(tuple, desc, 2);
		object->only_reads = DatumGetBool(sd_result(i, 5, NULL));
		object->is_public = DatumGetBool(sd_result(i, 6, NULL));
		object->is_granted = DatumGetBool(sd_result(i, 8, NULL));
		if (strcmp(object->type, "ROUTINE") == 0)
		{
			object->privilege = "EXECUTE";
			object->only_reads |= is_reader(name);
			object->area =
				area_of_function(name, SPI_getvalue(tuple, desc, 4),
								 DatumGetBool(sd_result(i, 7, NULL)));
		}
		else
		{
			object->privilege = "SELECT";
			object->area = area_of_relation(name);
		}
		objects = lappend(objects, object);
		MemoryContextSwitchTo(oldcontext);
	}
	sd_spi_end(&spi);

	return objects;
}

static Area
area_of_function(const char *name, const char *first_type, bool was_public)
{
	if (strncmp(name, "stormdisc_", 10) == 0)
		name += 10;
	if (is_listed(ports_functions, name, first_type))
		return AREA_PORTS;
	if (is_listed(traces_functions, name, first_type))
		return AREA_TRACES;
	if (is_listed(migrations_functions, name, first_type))
		return AREA_MIGRATIONS;
	if (was_public || is_listed(discovery_functions, name, first_type))
		return AREA_DISCOVERY;

	return AREA_NONE;
}

static bool
is_reader(const char *name)
{
	return strncmp(name, "stormdisc_", 10) == 0 &&
		   is_listed(volatile_readers, name + 10, "");
}

static Area
area_of_relation(const char *name)
{
	if (is_listed(discovery_relations, name, ""))
		return AREA_DISCOVERY;
	if (is_listed(traces_relations, name, ""))
		return AREA_TRACES;
	if (is_listed(migrations_relations, name, ""))
		return AREA_MIGRATIONS;
	/* of nobody else, so that it tells who has that area */
	if (strcmp(name, "area_roles") == 0)
		return AREA_READ;

	return AREA_PORTS;
}

static bool
is_listed(const char *const *list, const char *name, const char *first_type)
{
	const char *special = psprintf("%s(%s)", name, first_type);

	for (; *list != NULL; list++)
		if (strcmp(*list, name) == 0 || strcmp(*list, special) == 0)
			return true;

	return false;
}

static bool
is_in(const Object *object, Area area)
{
	if (area == AREA_READ)
		return object->only_reads && object->area != AREA_NONE;

	return object->area == area;
}

/* Which areas does the role have? */
static void
read_areas(const char *role, bool *has)
{
	Datum name = CStringGetTextDatum(role);
	SdSpi spi;

	sd_spi_begin(&spi, false);
	(void) sd_spi_read_latest(&select_areas, &name, NULL);
	for (uint64 i = 0; i < SPI_processed; i++)
		for (Area area = 0; area < N_AREAS; area++)
			has[area] |=
				strcmp(area_names[area],
					   TextDatumGetCString(sd_result(i, 1, NULL))) == 0;
	sd_spi_end(&spi);
}

/* Run the statements, one for each type of object; their texts. */
static ArrayType *
change(List *objects, const char *verb, const char *role)
{
	Datum done[2];
	int count = 0;

	append_statement(done, &count, objects, "ROUTINE", verb, role);
	append_statement(done, &count, objects, "TABLE", verb, role);
	if (SPI_connect() != SPI_OK_CONNECT)
		elog(ERROR, "could not connect to SPI");
	for (int i = 0; i < count; i++)
	{
		int rc = SPI_execute(TextDatumGetCString(done[i]), false, 0);

		if (rc < 0)
			elog(ERROR, "could not run a statement: %s",
				 SPI_result_code_string(rc));
	}
	if (SPI_finish() != SPI_OK_FINISH)
		elog(ERROR, "could not disconnect from SPI");

	return sd_array_make(done, NULL, count, TEXTOID);
}

/* Names are as the server writes them, qualified and quoted. */
static void
append_statement(Datum *done, int *count, List *objects, const char *type,
				 const char *verb, const char *role)
{
	bool is_grant = strcmp(verb, "GRANT") == 0;
	const char *privilege = NULL;
	StringInfoData names;
	ListCell *lc;

	initStringInfo(&names);
	foreach (lc, objects)
	{
		const Object *object = lfirst(lc);

		if (strcmp(object->type, type) != 0)
			continue;
		appendStringInfo(&names, "%s%s", names.len == 0 ? "" : ", ",
						 object->identity);
		privilege = object->privilege;
	}
	if (privilege == NULL)
		return;
	done[(*count)++] = CStringGetTextDatum(
		psprintf("%s %s ON %s %s %s %s", verb, privilege, type, names.data,
				 is_grant ? "TO" : "FROM", quote_identifier(role)));
}
