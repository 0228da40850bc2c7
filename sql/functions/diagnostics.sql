-- Diagnostics: dialects, capabilities, errors, and what the server is doing.
--
-- All are for PUBLIC: they show what the server's own views show the caller.

CREATE OR REPLACE FUNCTION @extschema@.stormdisc_dialects()
RETURNS TABLE (
	dialect text,
	aliases text[],
	dialect_kind text,
	description text
)
AS 'MODULE_PATHNAME', 'stormdisc_dialects'
LANGUAGE C IMMUTABLE PARALLEL SAFE ROWS 5;

COMMENT ON FUNCTION @extschema@.stormdisc_dialects() IS
	'dialects that stormdisc knows: this server''s, a tool''s model, and others for comparison';

CREATE OR REPLACE FUNCTION @extschema@.stormdisc_detect_dialect()
RETURNS text
AS 'MODULE_PATHNAME', 'stormdisc_detect_dialect'
LANGUAGE C IMMUTABLE PARALLEL SAFE;

COMMENT ON FUNCTION @extschema@.stormdisc_detect_dialect() IS
	'dialect of this server';

CREATE OR REPLACE FUNCTION @extschema@.stormdisc_capabilities(
	dialect text DEFAULT NULL
)
RETURNS TABLE (
	capability text,
	supported bool,
	detail text
)
AS 'MODULE_PATHNAME', 'stormdisc_capabilities'
LANGUAGE C STABLE PARALLEL SAFE COST 100 ROWS 60;

COMMENT ON FUNCTION @extschema@.stormdisc_capabilities(text) IS
	'what a dialect can do; for this server''s own, asked from the server itself';

CREATE OR REPLACE FUNCTION @extschema@.stormdisc_classify_error(
	sqlstate text,
	OUT error_class text,
	OUT reaction text,
	OUT retry bool,
	OUT log_level text,
	OUT of_object bool
)
AS 'MODULE_PATHNAME', 'stormdisc_classify_error'
LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;

COMMENT ON FUNCTION @extschema@.stormdisc_classify_error(text) IS
	'class of an error, what a client should do about it, and how to log it';

CREATE OR REPLACE FUNCTION @extschema@.stormdisc_retry_delay(
	attempt int,
	base interval DEFAULT '100 milliseconds',
	maximum interval DEFAULT '30 seconds'
)
RETURNS interval
LANGUAGE sql IMMUTABLE PARALLEL SAFE
SET search_path = pg_catalog, pg_temp
AS $$
	SELECT pg_catalog.make_interval(secs => LEAST(
		pg_catalog.date_part('epoch', maximum),
		pg_catalog.date_part('epoch', base)
			OPERATOR(pg_catalog.*) pg_catalog.power(2::pg_catalog.float8,
				(LEAST(GREATEST(attempt, 1), 500) OPERATOR(pg_catalog.-) 1)::pg_catalog.float8)));
$$;

COMMENT ON FUNCTION @extschema@.stormdisc_retry_delay(int, interval, interval) IS
	'how long to wait before a retry: doubled each time, up to a maximum';

CREATE OR REPLACE FUNCTION @extschema@.stormdisc_table_stats(
	relation regclass DEFAULT NULL,
	schemas text[] DEFAULT NULL,
	include text[] DEFAULT NULL,
	exclude text[] DEFAULT NULL
)
RETURNS TABLE (
	schema_name text,
	table_name text,
	table_type text,
	estimated_rows bigint,
	estimated_bytes bigint,
	live_rows bigint,
	dead_rows bigint,
	changed_since_analyze bigint,
	sequential_scans bigint,
	sequential_rows bigint,
	index_scans bigint,
	index_rows bigint,
	inserted_rows bigint,
	updated_rows bigint,
	deleted_rows bigint,
	hot_updated_rows bigint,
	last_vacuum timestamptz,
	last_analyze timestamptz,
	problem text
)
AS 'MODULE_PATHNAME', 'stormdisc_table_stats'
LANGUAGE C STABLE PARALLEL UNSAFE COST 1000;

COMMENT ON FUNCTION @extschema@.stormdisc_table_stats(regclass, text[], text[], text[]) IS
	'size and use of tables and materialized views, one row each';

CREATE OR REPLACE FUNCTION @extschema@.stormdisc_index_usage(
	relation regclass DEFAULT NULL,
	schemas text[] DEFAULT NULL,
	include text[] DEFAULT NULL,
	exclude text[] DEFAULT NULL
)
RETURNS TABLE (
	schema_name text,
	table_name text,
	index_name text,
	is_unique bool,
	is_valid bool,
	constraint_name text,
	estimated_bytes bigint,
	scans bigint,
	rows_read bigint,
	rows_fetched bigint,
	problem text
)
AS 'MODULE_PATHNAME', 'stormdisc_index_usage'
LANGUAGE C STABLE PARALLEL UNSAFE COST 1000;

COMMENT ON FUNCTION @extschema@.stormdisc_index_usage(regclass, text[], text[], text[]) IS
	'size and use of indexes, one row each';

CREATE OR REPLACE FUNCTION @extschema@.stormdisc_active_connections()
RETURNS TABLE (
	pid int,
	database_name text,
	user_name text,
	application_name text,
	client_address text,
	connected_at timestamptz,
	state text,
	state_changed_at timestamptz,
	transaction_started_at timestamptz,
	query_started_at timestamptz,
	wait_event_type text,
	wait_event text,
	blocked_by int[],
	query text,
	problem text
)
LANGUAGE sql VOLATILE PARALLEL RESTRICTED
SET search_path = pg_catalog, pg_temp
AS $$
	SELECT a.pid, a.datname::pg_catalog.text, a.usename::pg_catalog.text, a.application_name,
		pg_catalog.host(a.client_addr), a.backend_start, a.state, a.state_change, a.xact_start,
		a.query_start, a.wait_event_type, a.wait_event,
		CASE WHEN NOT v.visible THEN NULL
			WHEN a.wait_event_type OPERATOR(pg_catalog.=) 'Lock' THEN pg_catalog.pg_blocking_pids(a.pid)
			ELSE '{}' END,
		CASE WHEN v.visible THEN a.query END,
		CASE WHEN NOT v.visible THEN 'denied' END
	FROM pg_catalog.pg_stat_activity a
	CROSS JOIN LATERAL (
		SELECT pg_catalog.pg_has_role('pg_read_all_stats', 'USAGE')
			OR pg_catalog.pg_has_role(a.usesysid, 'USAGE') AS visible) v
	WHERE a.backend_type OPERATOR(pg_catalog.=) 'client backend'
		OR a.backend_type IS NULL
	ORDER BY a.backend_start, a.pid;
$$;

COMMENT ON FUNCTION @extschema@.stormdisc_active_connections() IS
	'clients of the server and what they are doing, one row each';

CREATE OR REPLACE FUNCTION @extschema@.stormdisc_idle_transactions(
	min interval DEFAULT '5 minutes'
)
RETURNS TABLE (
	pid int,
	database_name text,
	user_name text,
	application_name text,
	client_address text,
	state text,
	transaction_started_at timestamptz,
	idle_since timestamptz,
	idle_for interval,
	has_written bool,
	holds_back_vacuum_by bigint,
	last_query text
)
LANGUAGE sql VOLATILE PARALLEL RESTRICTED
SET search_path = pg_catalog, pg_temp
AS $$
	SELECT a.pid, a.datname::pg_catalog.text, a.usename::pg_catalog.text, a.application_name,
		pg_catalog.host(a.client_addr), a.state, a.xact_start, a.state_change, t.idle,
		a.backend_xid IS NOT NULL, pg_catalog.age(a.backend_xmin)::pg_catalog.int8, a.query
	FROM pg_catalog.pg_stat_activity a
	CROSS JOIN LATERAL (
		SELECT pg_catalog.clock_timestamp() OPERATOR(pg_catalog.-) a.state_change AS idle) t
	WHERE a.state OPERATOR(pg_catalog.=) ANY (ARRAY['idle in transaction', 'idle in transaction (aborted)'])
		AND t.idle OPERATOR(pg_catalog.>=) COALESCE($1, '5 minutes')
	ORDER BY a.state_change, a.pid;
$$;

COMMENT ON FUNCTION @extschema@.stormdisc_idle_transactions(interval) IS
	'transactions that have been idle for at least so long, one row each';

CREATE OR REPLACE FUNCTION @extschema@.stormdisc_slow_queries(
	min interval DEFAULT '1 second'
)
RETURNS TABLE (
	pid int,
	database_name text,
	user_name text,
	application_name text,
	client_address text,
	query_started_at timestamptz,
	running_for interval,
	wait_event_type text,
	wait_event text,
	blocked_by int[],
	query text
)
LANGUAGE sql VOLATILE PARALLEL RESTRICTED
SET search_path = pg_catalog, pg_temp
AS $$
	SELECT a.pid, a.datname::pg_catalog.text, a.usename::pg_catalog.text, a.application_name,
		pg_catalog.host(a.client_addr), a.query_start, t.running, a.wait_event_type, a.wait_event,
		CASE WHEN a.wait_event_type OPERATOR(pg_catalog.=) 'Lock'
			THEN pg_catalog.pg_blocking_pids(a.pid) ELSE '{}' END,
		a.query
	FROM pg_catalog.pg_stat_activity a
	CROSS JOIN LATERAL (
		SELECT pg_catalog.clock_timestamp() OPERATOR(pg_catalog.-) a.query_start AS running) t
	WHERE a.state OPERATOR(pg_catalog.=) ANY (ARRAY['active', 'fastpath function call'])
		AND a.backend_type OPERATOR(pg_catalog.=) 'client backend'
		AND a.pid OPERATOR(pg_catalog.<>) pg_catalog.pg_backend_pid()
		AND t.running OPERATOR(pg_catalog.>=) COALESCE($1, '1 second')
	ORDER BY a.query_start, a.pid;
$$;

COMMENT ON FUNCTION @extschema@.stormdisc_slow_queries(interval) IS
	'queries that have been running for at least so long, one row each';
