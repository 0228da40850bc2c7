/*-------------------------------------------------------------------------
 *
 * edges.c
 *	  stormdisc_add_edge, stormdisc_get_edges: edges between events.
 *	  stormdisc_causal_edges_written: the triggers on stormdisc.causal_edges.
 *
 * An edge belongs to one trace.  Its events need not be there yet; it orders
 * them as soon as they are, in that trace.
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "access/htup_details.h"
#include "access/xact.h"
#include "catalog/pg_type.h"
#include "commands/trigger.h"
#include "executor/spi.h"
#include "funcapi.h"
#include "miscadmin.h"
#include "tcop/utility.h"
#include "utils/builtins.h"
#include "utils/fmgrprotos.h"
#include "utils/jsonb.h"
#include "utils/numeric.h"
#include "utils/rel.h"
#include "utils/timestamp.h"
#include "utils/uuid.h"

#include "compat.h"
#include "arguments.h"
#include "errors.h"
#include "spi_util.h"
#include "stormdisc.h"
#include "trace/edges.h"
#include "trace/event.h"
#include "trace/links.h"
#include "trace/storage.h"

PG_FUNCTION_INFO_V1(stormdisc_add_edge);
PG_FUNCTION_INFO_V1(stormdisc_get_edges);
PG_FUNCTION_INFO_V1(stormdisc_causal_edges_written);

typedef struct Edge
{
	const pg_uuid_t *trace_id; /* NULL: that of its events */
	const pg_uuid_t *from;
	const pg_uuid_t *to;
	text *type;
	bool has_weight;
	int32 weight;
	Jsonb *metadata;  /* or NULL */
	bool quarantined; /* it is known that it does not count */
	bool may_be_void; /* its events may be of another trace */
} Edge;

static void read_edge(FunctionCallInfo fcinfo, Edge *edge);
static bool add_edge(Edge *edge);
static void check_edge(const Edge *edge);
static void find_trace(Edge *edge);
static void check_same(const Edge *edge);
static void raise_cycle(const Edge *edge, int level);
static void read_edge_row(HeapTuple row, TupleDesc desc, Edge *edge);
static Datum column(HeapTuple row, TupleDesc desc, const char *name,
					bool *isnull);
static bool is_same_edge(const Edge *a, const Edge *b);
static bool change_edge(const Edge *old, Edge *new);
static void check_fixed(HeapTuple old, HeapTuple new, TupleDesc desc,
						const char *name);
static bool remove_edge(const Edge *edge);
static bool closes_cycle(const Edge *edge);
static HeapTuple stored_row(const Edge *edge, HeapTuple row, TupleDesc desc);
static char *uuid_text(const pg_uuid_t *uuid);

#define IS(column, value) column " OPERATOR(pg_catalog.=) " value

#define IS_EDGE                                                                \
	"WHERE " IS("s.trace_id", "$1") " AND " IS(                                \
		"s.from_event_id", "$2") " AND " IS("s.to_event_id",                   \
											"$3") " AND " IS("s.edge_type",    \
															 "$4")

static SdStatement select_traces = {
	.sql = "SELECT e.id, e.trace_id FROM stormdisc.events e "
		   "WHERE e.id OPERATOR(pg_catalog.=) ANY (ARRAY[$1, $2])",
	.nparameters = 2,
	.types = {UUIDOID, UUIDOID},
};

static SdStatement select_edge = {
	.sql = "SELECT s.weight, s.metadata FROM stormdisc.edge_store s " IS_EDGE,
	.nparameters = 4,
	.types = {UUIDOID, UUIDOID, UUIDOID, TEXTOID},
};

/* what the view shows of it, see stored_row() */
static SdStatement select_stored = {
	.sql = "SELECT s.id, s.from_event_id, s.to_event_id, s.edge_type, "
		   "s.weight, s.metadata, s.trace_id, s.quarantined, s.created_at "
		   "FROM stormdisc.edge_store s " IS_EDGE,
	.nparameters = 4,
	.types = {UUIDOID, UUIDOID, UUIDOID, TEXTOID},
};

static SdStatement insert_edge = {
	.sql = "INSERT INTO stormdisc.edge_store (trace_id, from_event_id, "
		   "to_event_id, edge_type, weight, metadata, quarantined, created_at) "
		   "VALUES ($1, $2, $3, $4, $5, $6, $7, $8)",
	.nparameters = 8,
	.types = {UUIDOID, UUIDOID, UUIDOID, TEXTOID, INT4OID, JSONBOID, BOOLOID,
			  TIMESTAMPTZOID},
};

static SdStatement update_edge = {
	.sql = "UPDATE stormdisc.edge_store s SET weight = $5, metadata = $6, "
		   "quarantined = COALESCE($7, s.quarantined) " IS_EDGE,
	.nparameters = 7,
	.types = {UUIDOID, UUIDOID, UUIDOID, TEXTOID, INT4OID, JSONBOID, BOOLOID},
};

static SdStatement delete_edge = {
	.sql = "DELETE FROM stormdisc.edge_store s " IS_EDGE,
	.nparameters = 4,
	.types = {UUIDOID, UUIDOID, UUIDOID, TEXTOID},
};

/* the columns of stormdisc_get_edges() */
static SdStatement select_outgoing = {
	.sql = "SELECT c.to_event_id, c.edge_type::text, c.weight, c.metadata, "
		   "c.id, c.trace_id, c.quarantined FROM stormdisc.causal_edges c "
		   "WHERE " IS("c.from_event_id",
					   "$1") " ORDER BY c.id NULLS FIRST, c.to_event_id",
	.nparameters = 1,
	.types = {UUIDOID},
};

/*
 * stormdisc_add_edge(from_event_id, to_event_id, edge_type, weight, metadata,
 *		trace_id) -> bool
 *		Store an edge; was it new?
 */
Datum
stormdisc_add_edge(PG_FUNCTION_ARGS)
{
	Edge edge;
	bool is_new;
	SdSpi spi;

	PreventCommandIfReadOnly("stormdisc_add_edge()");
	PreventCommandIfParallelMode("stormdisc_add_edge()");
	read_edge(fcinfo, &edge);
	sd_spi_begin(&spi, true);
	is_new = add_edge(&edge);
	sd_spi_end(&spi);

	PG_RETURN_BOOL(is_new);
}

static void
read_edge(FunctionCallInfo fcinfo, Edge *edge)
{
	memset(edge, 0, sizeof(*edge));
	edge->from =
		DatumGetUUIDP(sd_argument_required(fcinfo, 0, "from_event_id"));
	edge->to = DatumGetUUIDP(sd_argument_required(fcinfo, 1, "to_event_id"));
	edge->type = DatumGetTextPP(sd_argument_required(fcinfo, 2, "edge_type"));
	edge->has_weight = !PG_ARGISNULL(3);
	if (edge->has_weight)
		edge->weight = PG_GETARG_INT32(3);
	if (!PG_ARGISNULL(4))
		edge->metadata = PG_GETARG_JSONB_P(4);
	if (!PG_ARGISNULL(5))
		edge->trace_id = PG_GETARG_UUID_P(5);
}

/* Store it; false if it is there already.  Errors for all that it may not be.
 */
static bool
add_edge(Edge *edge)
{
	bool quarantined = edge->quarantined;
	Datum values[8];
	bool nulls[8] = {false};

	check_edge(edge);
	find_trace(edge);
	sd_trace_lock(edge->trace_id);

	values[0] = UUIDPGetDatum(edge->trace_id);
	values[1] = UUIDPGetDatum(edge->from);
	values[2] = UUIDPGetDatum(edge->to);
	values[3] = PointerGetDatum(edge->type);
	if (sd_spi_read_latest(&select_edge, values, NULL) > 0)
	{
		check_same(edge);
		return false;
	}

	if (!quarantined)
		quarantined = closes_cycle(edge);
	values[4] = Int32GetDatum(edge->weight);
	nulls[4] = !edge->has_weight;
	values[5] = PointerGetDatum(edge->metadata);
	nulls[5] = edge->metadata == NULL;
	values[6] = BoolGetDatum(quarantined);
	values[7] = TimestampTzGetDatum(GetCurrentTimestamp());
	(void) sd_spi_write(&insert_edge, values, nulls);

	return true;
}

/*
 * Is it to be put into quarantine, since it would close a cycle?  An error, if
 * the setting says so.  The trace must be locked.
 */
static bool
closes_cycle(const Edge *edge)
{
	bool quarantined = sd_setting_edge_cycles == SD_CYCLES_QUARANTINE;

	if (sd_edge_type(VARDATA_ANY(edge->type), VARSIZE_ANY_EXHDR(edge->type)) ==
			SD_CONCURRENT_WITH ||
		!sd_path_exists(edge->trace_id, edge->to, edge->from))
		return false;
	raise_cycle(edge, quarantined ? WARNING : ERROR);

	return true;
}

static void
check_edge(const Edge *edge)
{
	if (sd_edge_type(VARDATA_ANY(edge->type), VARSIZE_ANY_EXHDR(edge->type)) <
		0)
		ereport(
			ERROR, errcode(ERRCODE_INVALID_PARAMETER_VALUE),
			errmsg("there is no type of edges \"%s\"",
				   text_to_cstring(edge->type)),
			errhint(
				"It can be DirectCall, AsyncSpawn, AsyncAwait, DataDependency, HttpRequestResponse, DatabaseQueryResult, HappensBefore or ConcurrentWith."));
	if (memcmp(edge->from, edge->to, UUID_LEN) == 0)
		ereport(ERROR, errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				errmsg("an edge cannot lead from event \"%s\" to itself",
					   uuid_text(edge->from)));
}

/* Of what is known of its events, if it is not told. */
static void
find_trace(Edge *edge)
{
	Datum values[] = {UUIDPGetDatum(edge->from), UUIDPGetDatum(edge->to)};
	uint64 found = sd_spi_read_latest(&select_traces, values, NULL);

	for (uint64 i = 0; i < found; i++)
	{
		pg_uuid_t *trace_id = DatumGetUUIDP(sd_result(i, 2, NULL));

		if (edge->trace_id == NULL)
			edge->trace_id = trace_id;
		else if (!edge->may_be_void &&
				 memcmp(edge->trace_id, trace_id, UUID_LEN) != 0)
			ereport(ERROR, errcode(ERRCODE_INVALID_PARAMETER_VALUE),
					errmsg("event \"%s\" is not of trace \"%s\"",
						   uuid_text(DatumGetUUIDP(sd_result(i, 1, NULL))),
						   uuid_text(edge->trace_id)),
					errdetail("It is of trace \"%s\".", uuid_text(trace_id)),
					errhint("An edge is between events of one trace."));
	}
	if (edge->trace_id == NULL)
		ereport(ERROR, errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				errmsg("the trace of the edge cannot be told"),
				errdetail("Neither event \"%s\" nor event \"%s\" is there.",
						  uuid_text(edge->from), uuid_text(edge->to)),
				errhint("Give argument \"%s\".", "trace_id"));
}

/* The edge that was found is to have the same weight and metadata. */
static void
check_same(const Edge *edge)
{
	bool no_weight;
	bool no_metadata;
	Datum weight = sd_result(0, 1, &no_weight);
	Datum metadata = sd_result(0, 2, &no_metadata);

	if (edge->has_weight == no_weight ||
		(edge->has_weight && DatumGetInt32(weight) != edge->weight) ||
		(edge->metadata == NULL) != no_metadata ||
		(edge->metadata != NULL &&
		 compareJsonbContainers(&edge->metadata->root,
								&DatumGetJsonbP(metadata)->root) != 0))
		ereport(
			ERROR, errcode(ERRCODE_UNIQUE_VIOLATION),
			errmsg(
				"edge %s from event \"%s\" to \"%s\" exists already, with other content",
				text_to_cstring(edge->type), uuid_text(edge->from),
				uuid_text(edge->to)),
			errhint("Change it with UPDATE stormdisc.causal_edges."));
}

static void
raise_cycle(const Edge *edge, int level)
{
	ereport(
		level, errcode(SD_ERRCODE_CYCLE),
		errmsg("the edge from event \"%s\" to \"%s\" would close a cycle",
			   uuid_text(edge->from), uuid_text(edge->to)),
		level == ERROR
			? errhint(
				  "With stormdisc.edge_cycles = quarantine such an edge is stored, and does not count.")
			: errdetail("It is stored; it does not count."));
}

/*
 * sd_edge_import
 *		Store an edge of an export.
 *
 * It may have been stored before its events, and these may have come in another
 * trace then.  It orders nothing, as before.
 */
int
sd_edge_import(JsonbContainer *json, const char **problem)
{
	pg_uuid_t ids[3];
	Edge edge = {.trace_id = &ids[0],
				 .from = &ids[1],
				 .to = &ids[2],
				 .may_be_void = true};
	JsonbValue value;
	const char *type;
	int length;
	int is_new;
	SdSpi spi;

	if (!sd_json_uuid(json, "trace_id", &ids[0]) ||
		!sd_json_uuid(json, "from_event_id", &ids[1]) ||
		!sd_json_uuid(json, "to_event_id", &ids[2]) ||
		!sd_event_string(json, "edge_type", &type, &length))
	{
		*problem =
			"An edge must have \"trace_id\", \"from_event_id\", \"to_event_id\" and \"edge_type\".";
		return 0;
	}
	edge.type = cstring_to_text_with_len(type, length);
	if (getKeyJsonValueFromContainer(json, "weight", 6, &value) != NULL &&
		value.type != jbvNull)
	{
		if (value.type != jbvNumeric)
		{
			*problem = "The weight of an edge must be a number.";
			return 0;
		}
		edge.has_weight = true;
		edge.weight = DatumGetInt32(DirectFunctionCall1(
			numeric_int4, NumericGetDatum(value.val.numeric)));
	}
	if (getKeyJsonValueFromContainer(json, "metadata", 8, &value) != NULL &&
		value.type != jbvNull)
		edge.metadata = JsonbValueToJsonb(&value);
	edge.quarantined =
		getKeyJsonValueFromContainer(json, "quarantined", 11, &value) != NULL &&
		value.type == jbvBool && value.val.boolean;

	sd_spi_begin(&spi, true);
	is_new = add_edge(&edge) ? 1 : 0;
	sd_spi_end(&spi);

	return is_new;
}

/*
 * sd_json_uuid
 *		A UUID of a JSON object; false if there is none.
 */
bool
sd_json_uuid(JsonbContainer *json, const char *name, pg_uuid_t *uuid)
{
	const char *text;
	int length;

	return sd_event_string(json, name, &text, &length) &&
		   sd_event_uuid(text, length, uuid);
}

/*
 * stormdisc_get_edges(event_id) -> setof row
 *		The edges that go out from an event, those of parents first.
 */
Datum
stormdisc_get_edges(PG_FUNCTION_ARGS)
{
	Datum values[] = {sd_argument_required(fcinfo, 0, "event_id")};
	SdSpi spi;

	sd_storage_check_readable();
	InitMaterializedSRF(fcinfo, 0);
	sd_spi_begin(&spi, true);
	sd_result_put(fcinfo, sd_spi_read(&select_outgoing, values, NULL));
	sd_spi_end(&spi);

	return (Datum) 0;
}

/*
 * stormdisc_causal_edges_written() -> trigger
 *		Instead of INSERT, UPDATE or DELETE on the view: the same on the edges
 *		that are stored, with all checks.
 */
Datum
stormdisc_causal_edges_written(PG_FUNCTION_ARGS)
{
	TriggerData *trigger = (TriggerData *) fcinfo->context;
	TupleDesc desc;
	HeapTuple result;
	Edge old;
	Edge new;
	SdSpi spi;

	if (!CALLED_AS_TRIGGER(fcinfo) ||
		!TRIGGER_FIRED_INSTEAD(trigger->tg_event) ||
		!TRIGGER_FIRED_FOR_ROW(trigger->tg_event))
		ereport(
			ERROR, errcode(ERRCODE_E_R_I_E_TRIGGER_PROTOCOL_VIOLATED),
			errmsg(
				"stormdisc_causal_edges_written() must be called as a trigger, instead of a change of a row"));

	desc = RelationGetDescr(trigger->tg_relation);
	result = trigger->tg_trigtuple;
	read_edge_row(trigger->tg_trigtuple, desc, &old);
	if (!TRIGGER_FIRED_BY_INSERT(trigger->tg_event))
	{
		bool isnull;

		(void) column(trigger->tg_trigtuple, desc, "id", &isnull);
		if (isnull)
			ereport(
				ERROR, errcode(ERRCODE_OBJECT_NOT_IN_PREREQUISITE_STATE),
				errmsg(
					"the edge from event \"%s\" to \"%s\" is the one from a parent to its child",
					uuid_text(old.from), uuid_text(old.to)),
				errhint("Change parent_id of the child in stormdisc.events."));
	}

	sd_spi_begin(&spi, true);
	if (TRIGGER_FIRED_BY_INSERT(trigger->tg_event))
	{
		if (old.type == NULL)
			old.type = cstring_to_text(sd_edge_type_name(SD_HAPPENS_BEFORE));
		if (old.from == NULL || old.to == NULL)
			ereport(ERROR, errcode(ERRCODE_NOT_NULL_VIOLATION),
					errmsg("an edge must have %s and %s", "from_event_id",
						   "to_event_id"));
		/* what is given is not what makes it count or not */
		old.quarantined = false;
		result = add_edge(&old) ? stored_row(&old, result, desc) : NULL;
	}
	else if (TRIGGER_FIRED_BY_DELETE(trigger->tg_event))
	{
		if (!remove_edge(&old))
			result = NULL;
	}
	else
	{
		result = trigger->tg_newtuple;
		check_fixed(trigger->tg_trigtuple, result, desc, "id");
		check_fixed(trigger->tg_trigtuple, result, desc, "created_at");
		read_edge_row(result, desc, &new);
		if (new.type == NULL || new.from == NULL || new.to == NULL)
			ereport(ERROR, errcode(ERRCODE_NOT_NULL_VIOLATION),
					errmsg("an edge must have %s, %s and %s", "from_event_id",
						   "to_event_id", "edge_type"));
		result =
			change_edge(&old, &new) ? stored_row(&new, result, desc) : NULL;
	}
	sd_spi_end(&spi);

	return PointerGetDatum(result);
}

static void
read_edge_row(HeapTuple row, TupleDesc desc, Edge *edge)
{
	bool isnull;
	Datum value;

	memset(edge, 0, sizeof(*edge));
	value = column(row, desc, "trace_id", &isnull);
	if (!isnull)
		edge->trace_id = DatumGetUUIDP(value);
	value = column(row, desc, "from_event_id", &isnull);
	if (!isnull)
		edge->from = DatumGetUUIDP(value);
	value = column(row, desc, "to_event_id", &isnull);
	if (!isnull)
		edge->to = DatumGetUUIDP(value);
	value = column(row, desc, "edge_type", &isnull);
	if (!isnull)
		edge->type = DatumGetTextPP(value);
	value = column(row, desc, "weight", &isnull);
	edge->has_weight = !isnull;
	if (!isnull)
		edge->weight = DatumGetInt32(value);
	value = column(row, desc, "metadata", &isnull);
	if (!isnull)
		edge->metadata = DatumGetJsonbP(value);
	value = column(row, desc, "quarantined", &isnull);
	edge->quarantined = !isnull && DatumGetBool(value);
}

static Datum
column(HeapTuple row, TupleDesc desc, const char *name, bool *isnull)
{
	int number = SPI_fnumber(desc, name);

	if (number <= 0)
		elog(ERROR, "the view has no column \"%s\"", name);

	return heap_getattr(row, number, desc, isnull);
}

static bool
is_same_edge(const Edge *a, const Edge *b)
{
	return b->trace_id != NULL &&
		   memcmp(a->trace_id, b->trace_id, UUID_LEN) == 0 &&
		   memcmp(a->from, b->from, UUID_LEN) == 0 &&
		   memcmp(a->to, b->to, UUID_LEN) == 0 &&
		   VARSIZE_ANY_EXHDR(a->type) == VARSIZE_ANY_EXHDR(b->type) &&
		   memcmp(VARDATA_ANY(a->type), VARDATA_ANY(b->type),
				  VARSIZE_ANY_EXHDR(a->type)) == 0;
}

/* Columns that are not for changing. */
static void
check_fixed(HeapTuple old, HeapTuple new, TupleDesc desc, const char *name)
{
	bool was_null;
	bool is_null;
	Datum was = column(old, desc, name, &was_null);
	Datum is = column(new, desc, name, &is_null);

	/* both are numbers of eight bytes */
	if (was_null != is_null ||
		(!is_null && DatumGetInt64(was) != DatumGetInt64(is)))
		ereport(ERROR, errcode(ERRCODE_GENERATED_ALWAYS),
				errmsg("%s of an edge cannot be changed", name));
}

/* False if it is gone. */
static bool
change_edge(const Edge *old, Edge *new)
{
	Datum values[7];
	bool nulls[7] = {false};

	if (!is_same_edge(old, new))
	{
		/* another edge is looked at anew, unless this puts it aside */
		new->quarantined = new->quarantined && !old->quarantined;
		if (!remove_edge(old))
			return false;
		(void) add_edge(new);
		return true;
	}

	if (old->quarantined && !new->quarantined)
	{
		sd_trace_lock(new->trace_id);
		new->quarantined = closes_cycle(new);
	}
	values[0] = UUIDPGetDatum(old->trace_id);
	values[1] = UUIDPGetDatum(old->from);
	values[2] = UUIDPGetDatum(old->to);
	values[3] = PointerGetDatum(old->type);
	values[4] = Int32GetDatum(new->weight);
	nulls[4] = !new->has_weight;
	values[5] = PointerGetDatum(new->metadata);
	nulls[5] = new->metadata == NULL;
	/* others may have changed what is not changed here */
	values[6] = BoolGetDatum(new->quarantined);
	nulls[6] = new->quarantined == old->quarantined;

	return sd_spi_write(&update_edge, values, nulls) > 0;
}

static bool
remove_edge(const Edge *edge)
{
	Datum values[] = {UUIDPGetDatum(edge->trace_id), UUIDPGetDatum(edge->from),
					  UUIDPGetDatum(edge->to), PointerGetDatum(edge->type)};

	return sd_spi_write(&delete_edge, values, NULL) > 0;
}

/* A row of the view, with what has become of the edge. */
static HeapTuple
stored_row(const Edge *edge, HeapTuple row, TupleDesc desc)
{
	static const char *const names[] = {
		"id",		"from_event_id", "to_event_id", "edge_type", "weight",
		"metadata", "trace_id",		 "quarantined", "created_at"};
	Datum key[] = {UUIDPGetDatum(edge->trace_id), UUIDPGetDatum(edge->from),
				   UUIDPGetDatum(edge->to), PointerGetDatum(edge->type)};
	int numbers[lengthof(names)];
	Datum values[lengthof(names)];
	bool nulls[lengthof(names)];

	/* a trigger on the table may have thrown it away */
	if (sd_spi_read_latest(&select_stored, key, NULL) == 0)
		return NULL;
	for (int i = 0; i < lengthof(names); i++)
	{
		numbers[i] = SPI_fnumber(desc, names[i]);
		values[i] = sd_result(0, i + 1, &nulls[i]);
	}

	return SPI_copytuple(heap_modify_tuple_by_cols(row, desc, lengthof(names),
												   numbers, values, nulls));
}

static char *
uuid_text(const pg_uuid_t *uuid)
{
	return DatumGetCString(DirectFunctionCall1(uuid_out, UUIDPGetDatum(uuid)));
}
