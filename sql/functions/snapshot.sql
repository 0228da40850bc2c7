-- Snapshots: documents that are kept, and compared with what is there now.

CREATE OR REPLACE FUNCTION @extschema@.stormdisc_discover_existing_schema(
	name text DEFAULT 'default',
	relation regclass DEFAULT NULL,
	schemas text[] DEFAULT NULL,
	include text[] DEFAULT NULL,
	exclude text[] DEFAULT NULL,
	parts text[] DEFAULT NULL,
	mode text DEFAULT 'atomic',
	on_error text DEFAULT 'fallback',
	OUT status text,
	OUT tables bigint,
	OUT columns bigint,
	OUT indexes bigint,
	OUT constraints bigint,
	OUT partitions bigint,
	OUT duration interval,
	OUT message text
)
AS 'MODULE_PATHNAME', 'stormdisc_discover_existing_schema'
LANGUAGE C VOLATILE PARALLEL UNSAFE COST 10000;

COMMENT ON FUNCTION @extschema@.stormdisc_discover_existing_schema(text, regclass, text[], text[], text[], text[], text, text) IS
	'read the schema and keep it as the snapshot of that name, whole or not at all';
REVOKE ALL ON FUNCTION @extschema@.stormdisc_discover_existing_schema(text, regclass, text[], text[], text[], text[], text, text) FROM PUBLIC;

CREATE OR REPLACE FUNCTION @extschema@.stormdisc_drop_snapshot(
	name text
)
RETURNS void
AS 'MODULE_PATHNAME', 'stormdisc_drop_snapshot'
LANGUAGE C VOLATILE PARALLEL UNSAFE;

COMMENT ON FUNCTION @extschema@.stormdisc_drop_snapshot(text) IS
	'forget a snapshot';
REVOKE ALL ON FUNCTION @extschema@.stormdisc_drop_snapshot(text) FROM PUBLIC;

CREATE OR REPLACE FUNCTION @extschema@.stormdisc_validation(
	name text DEFAULT 'default'
)
RETURNS TABLE (
	kind text,
	identity text,
	change text,
	attribute text,
	old jsonb,
	new jsonb
)
AS 'MODULE_PATHNAME', 'stormdisc_validation'
LANGUAGE C STABLE PARALLEL UNSAFE COST 10000;

COMMENT ON FUNCTION @extschema@.stormdisc_validation(text) IS
	'how the schema now differs from a snapshot, one row per difference';

CREATE OR REPLACE FUNCTION @extschema@.stormdisc_validate(
	name text DEFAULT 'default'
)
RETURNS bool
AS 'MODULE_PATHNAME', 'stormdisc_validate'
LANGUAGE C STABLE PARALLEL UNSAFE COST 10000;

COMMENT ON FUNCTION @extschema@.stormdisc_validate(text) IS
	'is the schema as it was at a snapshot? differences are told as notices';

CREATE OR REPLACE FUNCTION @extschema@.stormdisc_metadata(
	name text DEFAULT NULL,
	dialect text DEFAULT 'stormweaver'
)
RETURNS jsonb
AS 'MODULE_PATHNAME', 'stormdisc_metadata'
LANGUAGE C STABLE PARALLEL UNSAFE COST 10000;

COMMENT ON FUNCTION @extschema@.stormdisc_metadata(text, text) IS
	'the tables of a snapshot, or those of now, in the form of StormWeaver''s metadata';

CREATE OR REPLACE VIEW stormdisc.discovery_stats AS
SELECT pg_catalog.count(*) AS runs,
	pg_catalog.count(*) FILTER (WHERE l.status OPERATOR(pg_catalog.=) 'ok') AS ok,
	pg_catalog.count(*) FILTER (WHERE l.status OPERATOR(pg_catalog.=) 'empty') AS empty,
	pg_catalog.count(*) FILTER (WHERE l.status OPERATOR(pg_catalog.=) 'failed') AS failed,
	pg_catalog.round(pg_catalog.avg(CASE WHEN l.status OPERATOR(pg_catalog.=) 'failed' THEN 0 ELSE 1 END), 4) AS success_rate,
	pg_catalog.percentile_cont(0.5) WITHIN GROUP (ORDER BY l.duration) AS p50_duration,
	pg_catalog.percentile_cont(0.95) WITHIN GROUP (ORDER BY l.duration) AS p95_duration,
	(SELECT r.finished_at FROM stormdisc.discovery_log r ORDER BY r.id DESC LIMIT 1) AS last_run_at,
	(SELECT r.status FROM stormdisc.discovery_log r ORDER BY r.id DESC LIMIT 1) AS last_status,
	(SELECT r.counts FROM stormdisc.discovery_log r ORDER BY r.id DESC LIMIT 1) AS last_counts,
	(SELECT e.finished_at FROM stormdisc.discovery_log e WHERE e.sqlstate IS NOT NULL ORDER BY e.id DESC LIMIT 1) AS last_error_at,
	(SELECT e.message FROM stormdisc.discovery_log e WHERE e.sqlstate IS NOT NULL ORDER BY e.id DESC LIMIT 1) AS last_error
FROM stormdisc.discovery_log l;

COMMENT ON VIEW stormdisc.discovery_stats IS
	'the runs in stormdisc.discovery_log in one row';
COMMENT ON COLUMN stormdisc.discovery_stats.runs IS 'how many runs the log has';
COMMENT ON COLUMN stormdisc.discovery_stats.ok IS 'of these, with a snapshot that holds tables';
COMMENT ON COLUMN stormdisc.discovery_stats.empty IS 'of these, with a snapshot without tables';
COMMENT ON COLUMN stormdisc.discovery_stats.failed IS 'of these, without a snapshot';
COMMENT ON COLUMN stormdisc.discovery_stats.success_rate IS 'part of the runs that did not fail, 0 to 1';
COMMENT ON COLUMN stormdisc.discovery_stats.p50_duration IS 'half of the runs took no longer';
COMMENT ON COLUMN stormdisc.discovery_stats.p95_duration IS 'of twenty runs nineteen took no longer';
COMMENT ON COLUMN stormdisc.discovery_stats.last_run_at IS 'when the last run was done';
COMMENT ON COLUMN stormdisc.discovery_stats.last_status IS 'ok, empty or failed';
COMMENT ON COLUMN stormdisc.discovery_stats.last_counts IS 'how many objects of each kind the last run found, NULL if it failed';
COMMENT ON COLUMN stormdisc.discovery_stats.last_error_at IS 'when the last run failed that did';
COMMENT ON COLUMN stormdisc.discovery_stats.last_error IS 'what its caller was told';

GRANT SELECT ON stormdisc.discovery_stats TO PUBLIC;
