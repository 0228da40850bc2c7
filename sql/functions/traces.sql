-- Traces: store events, edges, roots and baselines, and read them.

CREATE OR REPLACE FUNCTION @extschema@.stormdisc_vclock_compare(
	a stormdisc.vclock,
	b stormdisc.vclock
)
RETURNS text
AS 'MODULE_PATHNAME', 'stormdisc_vclock_compare'
LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;

COMMENT ON FUNCTION @extschema@.stormdisc_vclock_compare(stormdisc.vclock, stormdisc.vclock) IS
	'how one vector clock stands to another: before, after, equal or concurrent; NULL if one is empty';

CREATE OR REPLACE FUNCTION @extschema@.stormdisc_add_event(
	event jsonb
)
RETURNS bool
AS 'MODULE_PATHNAME', 'stormdisc_add_event'
LANGUAGE C VOLATILE PARALLEL UNSAFE COST 1000;

COMMENT ON FUNCTION @extschema@.stormdisc_add_event(jsonb) IS
	'store an event; was it new?  The same event again is none';
REVOKE ALL ON FUNCTION @extschema@.stormdisc_add_event(jsonb) FROM PUBLIC;

CREATE OR REPLACE FUNCTION @extschema@.stormdisc_add_event(
	id uuid,
	trace_id uuid,
	parent_id uuid,
	kind jsonb,
	"timestamp" timestamptz,
	metadata jsonb,
	causality_vector jsonb DEFAULT NULL,
	lock_set jsonb DEFAULT NULL,
	timestamp_nanos int DEFAULT 0
)
RETURNS uuid
AS 'MODULE_PATHNAME', 'stormdisc_add_event_columns'
LANGUAGE C VOLATILE PARALLEL UNSAFE COST 1000;

COMMENT ON FUNCTION @extschema@.stormdisc_add_event(uuid, uuid, uuid, jsonb, timestamptz, jsonb, jsonb, jsonb, int) IS
	'store an event of these columns, and return its id, which is made if none is given';
REVOKE ALL ON FUNCTION @extschema@.stormdisc_add_event(uuid, uuid, uuid, jsonb, timestamptz, jsonb, jsonb, jsonb, int) FROM PUBLIC;

CREATE OR REPLACE FUNCTION @extschema@.stormdisc_add_events_batch(
	events jsonb
)
RETURNS bigint
AS 'MODULE_PATHNAME', 'stormdisc_add_events_batch'
LANGUAGE C VOLATILE PARALLEL UNSAFE COST 10000;

COMMENT ON FUNCTION @extschema@.stormdisc_add_events_batch(jsonb) IS
	'store the events of an array, all or none; how many were new';
REVOKE ALL ON FUNCTION @extschema@.stormdisc_add_events_batch(jsonb) FROM PUBLIC;

CREATE OR REPLACE FUNCTION @extschema@.stormdisc_get_event(
	id uuid
)
RETURNS jsonb
AS 'MODULE_PATHNAME', 'stormdisc_get_event'
LANGUAGE C STABLE PARALLEL UNSAFE COST 1000;

COMMENT ON FUNCTION @extschema@.stormdisc_get_event(uuid) IS 'an event as JSON; NULL if there is none';
REVOKE ALL ON FUNCTION @extschema@.stormdisc_get_event(uuid) FROM PUBLIC;

CREATE OR REPLACE FUNCTION @extschema@.stormdisc_get_trace_events(
	trace uuid,
	max_events bigint DEFAULT NULL,
	after uuid DEFAULT NULL
)
RETURNS SETOF jsonb
AS 'MODULE_PATHNAME', 'stormdisc_get_trace_events'
LANGUAGE C STABLE PARALLEL UNSAFE COST 10000;

COMMENT ON FUNCTION @extschema@.stormdisc_get_trace_events(uuid, bigint, uuid) IS
	'events of a trace as JSON, by time; so many after one of them, page by page';
REVOKE ALL ON FUNCTION @extschema@.stormdisc_get_trace_events(uuid, bigint, uuid) FROM PUBLIC;

CREATE OR REPLACE FUNCTION @extschema@.stormdisc_add_edge(
	from_event_id uuid,
	to_event_id uuid,
	edge_type text DEFAULT 'HappensBefore',
	weight int DEFAULT NULL,
	metadata jsonb DEFAULT NULL,
	trace_id uuid DEFAULT NULL
)
RETURNS bool
AS 'MODULE_PATHNAME', 'stormdisc_add_edge'
LANGUAGE C VOLATILE PARALLEL UNSAFE COST 1000;

COMMENT ON FUNCTION @extschema@.stormdisc_add_edge(uuid, uuid, text, int, jsonb, uuid) IS
	'store an edge between two events of a trace, which may come later; was it new?';
REVOKE ALL ON FUNCTION @extschema@.stormdisc_add_edge(uuid, uuid, text, int, jsonb, uuid) FROM PUBLIC;

CREATE OR REPLACE FUNCTION @extschema@.stormdisc_get_edges(
	event_id uuid
)
RETURNS TABLE (
	to_event_id uuid,
	edge_type text,
	weight int,
	metadata jsonb,
	id bigint,
	trace_id uuid,
	quarantined bool
)
AS 'MODULE_PATHNAME', 'stormdisc_get_edges'
LANGUAGE C STABLE PARALLEL UNSAFE COST 1000;

COMMENT ON FUNCTION @extschema@.stormdisc_get_edges(uuid) IS
	'edges that go out from an event: to its children, and those that were added';
REVOKE ALL ON FUNCTION @extschema@.stormdisc_get_edges(uuid) FROM PUBLIC;

CREATE OR REPLACE FUNCTION @extschema@.stormdisc_get_trace_roots(
	trace uuid
)
RETURNS SETOF uuid
AS 'MODULE_PATHNAME', 'stormdisc_get_trace_roots'
LANGUAGE C STABLE PARALLEL UNSAFE COST 10000;

COMMENT ON FUNCTION @extschema@.stormdisc_get_trace_roots(uuid) IS
	'events that a trace begins with, by time: without a parent in it, or set';
REVOKE ALL ON FUNCTION @extschema@.stormdisc_get_trace_roots(uuid) FROM PUBLIC;

CREATE OR REPLACE FUNCTION @extschema@.stormdisc_set_trace_root(
	trace uuid,
	root_event_id uuid
)
RETURNS bool
AS 'MODULE_PATHNAME', 'stormdisc_set_trace_root'
LANGUAGE C VOLATILE PARALLEL UNSAFE COST 1000;

COMMENT ON FUNCTION @extschema@.stormdisc_set_trace_root(uuid, uuid) IS
	'let a trace begin with an event, whatever its parent; was that not set?';
REVOKE ALL ON FUNCTION @extschema@.stormdisc_set_trace_root(uuid, uuid) FROM PUBLIC;

CREATE OR REPLACE FUNCTION @extschema@.stormdisc_record_baseline_micros(
	operation text,
	duration_micros bigint
)
RETURNS void
AS 'MODULE_PATHNAME', 'stormdisc_record_baseline_micros'
LANGUAGE C VOLATILE PARALLEL UNSAFE COST 1000;

COMMENT ON FUNCTION @extschema@.stormdisc_record_baseline_micros(text, bigint) IS
	'record how long an operation took, in microseconds';
REVOKE ALL ON FUNCTION @extschema@.stormdisc_record_baseline_micros(text, bigint) FROM PUBLIC;

CREATE OR REPLACE FUNCTION @extschema@.stormdisc_record_baseline_metric(
	operation text,
	duration interval
)
RETURNS void
AS 'MODULE_PATHNAME', 'stormdisc_record_baseline_metric'
LANGUAGE C VOLATILE PARALLEL UNSAFE COST 1000;

COMMENT ON FUNCTION @extschema@.stormdisc_record_baseline_metric(text, interval) IS
	'record how long an operation took';
REVOKE ALL ON FUNCTION @extschema@.stormdisc_record_baseline_metric(text, interval) FROM PUBLIC;

CREATE OR REPLACE FUNCTION @extschema@.stormdisc_get_baseline_metric(
	operation text
)
RETURNS TABLE (
	operation text,
	count bigint,
	total_duration_micros bigint,
	min_duration_micros bigint,
	max_duration_micros bigint,
	mean_duration_micros float8,
	variance float8,
	sample_variance float8,
	std_dev float8,
	p50_duration_micros float8,
	p90_duration_micros float8,
	p95_duration_micros float8,
	p99_duration_micros float8,
	updated_at timestamptz
)
AS 'MODULE_PATHNAME', 'stormdisc_get_baseline_metric'
LANGUAGE C STABLE PARALLEL UNSAFE COST 1000 ROWS 1;

COMMENT ON FUNCTION @extschema@.stormdisc_get_baseline_metric(text) IS
	'how long an operation takes; no row if nothing is known';
REVOKE ALL ON FUNCTION @extschema@.stormdisc_get_baseline_metric(text) FROM PUBLIC;

CREATE OR REPLACE FUNCTION @extschema@.stormdisc_merge_baseline_metric(
	into_operation text,
	from_operation text
)
RETURNS bigint
AS 'MODULE_PATHNAME', 'stormdisc_merge_baseline_metric'
LANGUAGE C VOLATILE PARALLEL UNSAFE COST 1000;

COMMENT ON FUNCTION @extschema@.stormdisc_merge_baseline_metric(text, text) IS
	'add what is known of one operation to another, and forget the one; how many durations';
REVOKE ALL ON FUNCTION @extschema@.stormdisc_merge_baseline_metric(text, text) FROM PUBLIC;

CREATE OR REPLACE FUNCTION stormdisc.stormdisc_merge_sketches(
	bytea,
	bytea
)
RETURNS bytea
AS 'MODULE_PATHNAME', 'stormdisc_merge_sketches'
LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;

COMMENT ON FUNCTION stormdisc.stormdisc_merge_sketches(bytea, bytea) IS
	'one sketch of stormdisc.baseline_store for two';
REVOKE ALL ON FUNCTION stormdisc.stormdisc_merge_sketches(bytea, bytea) FROM PUBLIC;

CREATE OR REPLACE FUNCTION @extschema@.stormdisc_cleanup_old_traces(
	retention_hours bigint DEFAULT NULL
)
RETURNS bigint
AS 'MODULE_PATHNAME', 'stormdisc_cleanup_old_traces'
LANGUAGE C VOLATILE PARALLEL UNSAFE COST 100000;

COMMENT ON FUNCTION @extschema@.stormdisc_cleanup_old_traces(bigint) IS
	'remove the traces whose newest event is older; how many traces';
REVOKE ALL ON FUNCTION @extschema@.stormdisc_cleanup_old_traces(bigint) FROM PUBLIC;

CREATE OR REPLACE FUNCTION @extschema@.stormdisc_clear()
RETURNS void
AS 'MODULE_PATHNAME', 'stormdisc_clear'
LANGUAGE C VOLATILE PARALLEL UNSAFE COST 10000;

COMMENT ON FUNCTION @extschema@.stormdisc_clear() IS 'remove all traces and baselines';
REVOKE ALL ON FUNCTION @extschema@.stormdisc_clear() FROM PUBLIC;

CREATE OR REPLACE FUNCTION @extschema@.stormdisc_set_storage(
	storage text
)
RETURNS TABLE (
	relation_name text,
	storage text,
	rows bigint
)
AS 'MODULE_PATHNAME', 'stormdisc_set_storage'
LANGUAGE C VOLATILE PARALLEL UNSAFE COST 100000 ROWS 4;

COMMENT ON FUNCTION @extschema@.stormdisc_set_storage(text) IS
	'store traces in memory (unlogged: lost in a crash) or postgres (supabase is the same), and carry over what is there';
REVOKE ALL ON FUNCTION @extschema@.stormdisc_set_storage(text) FROM PUBLIC;

CREATE OR REPLACE FUNCTION @extschema@.stormdisc_get_storage()
RETURNS text
AS 'MODULE_PATHNAME', 'stormdisc_get_storage'
LANGUAGE C STABLE PARALLEL SAFE;

COMMENT ON FUNCTION @extschema@.stormdisc_get_storage() IS 'how traces are stored: memory or postgres';

CREATE OR REPLACE FUNCTION @extschema@.stormdisc_export_traces(
	trace_ids uuid[] DEFAULT NULL
)
RETURNS SETOF text
AS 'MODULE_PATHNAME', 'stormdisc_export_traces'
LANGUAGE C STABLE PARALLEL UNSAFE COST 100000;

COMMENT ON FUNCTION @extschema@.stormdisc_export_traces(uuid[]) IS
	'traces, or all of them, as lines of JSON: events, edges and roots';
REVOKE ALL ON FUNCTION @extschema@.stormdisc_export_traces(uuid[]) FROM PUBLIC;

CREATE OR REPLACE FUNCTION @extschema@.stormdisc_import_traces(
	data text,
	OUT events bigint,
	OUT edges bigint,
	OUT roots bigint
)
AS 'MODULE_PATHNAME', 'stormdisc_import_traces'
LANGUAGE C VOLATILE PARALLEL UNSAFE COST 100000;

COMMENT ON FUNCTION @extschema@.stormdisc_import_traces(text) IS
	'store the lines of an export, all or none; how much of it was new';
REVOKE ALL ON FUNCTION @extschema@.stormdisc_import_traces(text) FROM PUBLIC;

CREATE OR REPLACE FUNCTION @extschema@.stormdisc_import_traces(
	lines text[],
	OUT events bigint,
	OUT edges bigint,
	OUT roots bigint
)
AS 'MODULE_PATHNAME', 'stormdisc_import_traces_lines'
LANGUAGE C VOLATILE PARALLEL UNSAFE COST 100000;

COMMENT ON FUNCTION @extschema@.stormdisc_import_traces(text[]) IS
	'the same, of an array of lines';
REVOKE ALL ON FUNCTION @extschema@.stormdisc_import_traces(text[]) FROM PUBLIC;

-- Edges of parents are those of events that have their parent in the trace.
-- Tables are locked in the order in which they stand here: events come first
-- everywhere.
CREATE OR REPLACE VIEW stormdisc.causal_edges AS
SELECT NULL::bigint AS id, p.id AS from_event_id, e.id AS to_event_id,
	CASE WHEN e.kind OPERATOR(pg_catalog.?) 'AsyncSpawn' THEN 'AsyncSpawn'
		WHEN e.kind OPERATOR(pg_catalog.?) 'AsyncAwait' THEN 'AsyncAwait'
		WHEN e.kind OPERATOR(pg_catalog.?) 'HttpResponse' THEN 'HttpRequestResponse'
		WHEN e.kind OPERATOR(pg_catalog.?) 'DatabaseResult' THEN 'DatabaseQueryResult'
		WHEN e.kind OPERATOR(pg_catalog.?) 'StateChange' THEN 'DataDependency'
		ELSE 'DirectCall' END COLLATE "C" AS edge_type,
	NULL::int AS weight, NULL::jsonb AS metadata, e.trace_id, false AS quarantined, e.created_at
FROM stormdisc.events e
	JOIN stormdisc.events p ON p.id OPERATOR(pg_catalog.=) e.parent_id AND p.trace_id OPERATOR(pg_catalog.=) e.trace_id
WHERE NOT e.parent_quarantined
UNION ALL
SELECT s.id, s.from_event_id, s.to_event_id, s.edge_type, s.weight, s.metadata, s.trace_id, s.quarantined, s.created_at
FROM stormdisc.edge_store s;

COMMENT ON VIEW stormdisc.causal_edges IS
	'edges between events: from parents to their children, and those of stormdisc_add_edge()';
COMMENT ON COLUMN stormdisc.causal_edges.id IS 'number of the edge; NULL: it is the one from a parent to its child';
COMMENT ON COLUMN stormdisc.causal_edges.from_event_id IS 'event that it starts from';
COMMENT ON COLUMN stormdisc.causal_edges.to_event_id IS 'event that it leads to';
COMMENT ON COLUMN stormdisc.causal_edges.edge_type IS 'what it stands for; that of a parent is told by the kind of the child';
COMMENT ON COLUMN stormdisc.causal_edges.weight IS 'whatever it means to who has added it';
COMMENT ON COLUMN stormdisc.causal_edges.metadata IS 'what else was said about it';
COMMENT ON COLUMN stormdisc.causal_edges.trace_id IS 'trace that it belongs to';
COMMENT ON COLUMN stormdisc.causal_edges.quarantined IS 'would it have closed a cycle?  Then it does not count';
COMMENT ON COLUMN stormdisc.causal_edges.created_at IS 'when it was stored';

CREATE OR REPLACE FUNCTION @extschema@.stormdisc_causal_edges_written() RETURNS trigger
AS 'MODULE_PATHNAME', 'stormdisc_causal_edges_written' LANGUAGE C VOLATILE PARALLEL UNSAFE;
COMMENT ON FUNCTION @extschema@.stormdisc_causal_edges_written() IS
	'trigger: write what the view stormdisc.causal_edges shows, like stormdisc_add_edge()';
REVOKE ALL ON FUNCTION @extschema@.stormdisc_causal_edges_written() FROM PUBLIC;

CREATE OR REPLACE TRIGGER causal_edges_written INSTEAD OF INSERT OR UPDATE OR DELETE ON stormdisc.causal_edges
	FOR EACH ROW EXECUTE FUNCTION @extschema@.stormdisc_causal_edges_written();

CREATE OR REPLACE VIEW stormdisc.trace_roots AS
SELECT e.trace_id, e.id AS root_event_id, e.created_at
FROM stormdisc.events e
WHERE e.parent_id IS NULL OR e.parent_quarantined OR NOT EXISTS (SELECT FROM stormdisc.events p
	WHERE p.id OPERATOR(pg_catalog.=) e.parent_id AND p.trace_id OPERATOR(pg_catalog.=) e.trace_id)
UNION ALL
SELECT r.trace_id, r.root_event_id, r.created_at
FROM stormdisc.root_store r
WHERE NOT EXISTS (SELECT FROM stormdisc.events e
	WHERE e.id OPERATOR(pg_catalog.=) r.root_event_id
		AND (e.trace_id OPERATOR(pg_catalog.<>) r.trace_id OR e.parent_id IS NULL OR e.parent_quarantined OR NOT EXISTS (SELECT FROM stormdisc.events p
			WHERE p.id OPERATOR(pg_catalog.=) e.parent_id AND p.trace_id OPERATOR(pg_catalog.=) e.trace_id)));

COMMENT ON VIEW stormdisc.trace_roots IS
	'events that traces begin with: without a parent in their trace, or by stormdisc_set_trace_root()';
COMMENT ON COLUMN stormdisc.trace_roots.trace_id IS 'the trace';
COMMENT ON COLUMN stormdisc.trace_roots.root_event_id IS 'the event';
COMMENT ON COLUMN stormdisc.trace_roots.created_at IS 'when it was stored, or set';

CREATE OR REPLACE FUNCTION @extschema@.stormdisc_trace_roots_written() RETURNS trigger
AS 'MODULE_PATHNAME', 'stormdisc_trace_roots_written' LANGUAGE C VOLATILE PARALLEL UNSAFE;
COMMENT ON FUNCTION @extschema@.stormdisc_trace_roots_written() IS
	'trigger: write what the view stormdisc.trace_roots shows, like stormdisc_set_trace_root()';
REVOKE ALL ON FUNCTION @extschema@.stormdisc_trace_roots_written() FROM PUBLIC;

CREATE OR REPLACE TRIGGER trace_roots_written INSTEAD OF INSERT OR DELETE ON stormdisc.trace_roots
	FOR EACH ROW EXECUTE FUNCTION @extschema@.stormdisc_trace_roots_written();

-- What follows from events is not for writing: through a view of one table alone
-- a DELETE would remove the events.
CREATE OR REPLACE VIEW stormdisc.cross_trace_index AS
SELECT e.variable, e.id AS event_id, e.trace_id, e."timestamp",
	e.metadata OPERATOR(pg_catalog.->>) 'thread_id' AS thread_id,
	e.kind OPERATOR(pg_catalog.#>>) '{StateChange,access_type}'::text[] AS access_type,
	e.kind OPERATOR(pg_catalog.#>) '{StateChange,new_value}'::text[] AS value,
	e.kind OPERATOR(pg_catalog.#>>) '{StateChange,location}'::text[] AS location
FROM stormdisc.events e, (SELECT) AS nothing
WHERE e.variable IS NOT NULL;

COMMENT ON VIEW stormdisc.cross_trace_index IS 'accesses to variables, of all traces';
COMMENT ON COLUMN stormdisc.cross_trace_index.variable IS 'name of the variable';
COMMENT ON COLUMN stormdisc.cross_trace_index.event_id IS 'event that is the access';
COMMENT ON COLUMN stormdisc.cross_trace_index.trace_id IS 'trace that it belongs to';
COMMENT ON COLUMN stormdisc.cross_trace_index."timestamp" IS 'when it happened';
COMMENT ON COLUMN stormdisc.cross_trace_index.thread_id IS 'thread that it happened in';
COMMENT ON COLUMN stormdisc.cross_trace_index.access_type IS 'Read, Write, AtomicRead, AtomicWrite or AtomicRMW';
COMMENT ON COLUMN stormdisc.cross_trace_index.value IS 'value that was read or written';
COMMENT ON COLUMN stormdisc.cross_trace_index.location IS 'where in the code';

CREATE OR REPLACE VIEW stormdisc.baseline_metrics AS
SELECT m.operation, m.count, m.total_duration_micros, m.min_duration_micros, m.max_duration_micros,
	m.mean_duration_micros, m.variance, m.std_dev, m.updated_at, m.sample_variance,
	m.p50_duration_micros, m.p90_duration_micros, m.p95_duration_micros, m.p99_duration_micros
FROM (SELECT DISTINCT b.operation FROM stormdisc.baseline_store b) o,
	LATERAL @extschema@.stormdisc_get_baseline_metric(o.operation) m;

COMMENT ON VIEW stormdisc.baseline_metrics IS 'how long operations take, by stormdisc_record_baseline_metric()';
COMMENT ON COLUMN stormdisc.baseline_metrics.operation IS 'name of the operation';
COMMENT ON COLUMN stormdisc.baseline_metrics.count IS 'number of durations';
COMMENT ON COLUMN stormdisc.baseline_metrics.total_duration_micros IS 'their sum, in microseconds';
COMMENT ON COLUMN stormdisc.baseline_metrics.min_duration_micros IS 'the shortest, in microseconds';
COMMENT ON COLUMN stormdisc.baseline_metrics.max_duration_micros IS 'the longest, in microseconds';
COMMENT ON COLUMN stormdisc.baseline_metrics.mean_duration_micros IS 'their mean, in microseconds';
COMMENT ON COLUMN stormdisc.baseline_metrics.variance IS 'variance of all that were recorded, in square microseconds';
COMMENT ON COLUMN stormdisc.baseline_metrics.std_dev IS 'its root, in microseconds';
COMMENT ON COLUMN stormdisc.baseline_metrics.updated_at IS 'when the last one was recorded';
COMMENT ON COLUMN stormdisc.baseline_metrics.sample_variance IS 'variance of which these are a sample; NULL for one';
COMMENT ON COLUMN stormdisc.baseline_metrics.p50_duration_micros IS 'half of them are no longer, in microseconds, to 1 %';
COMMENT ON COLUMN stormdisc.baseline_metrics.p90_duration_micros IS '90 % are no longer';
COMMENT ON COLUMN stormdisc.baseline_metrics.p95_duration_micros IS '95 % are no longer';
COMMENT ON COLUMN stormdisc.baseline_metrics.p99_duration_micros IS '99 % are no longer';
