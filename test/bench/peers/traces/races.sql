-- All pairs of a trace that race, in SQL: clocks and lock sets as jsonb, as the
-- document keeps them; program order by the clocks of the clients.
CREATE SCHEMA in_sql;
CREATE TABLE in_sql.events (LIKE document.events INCLUDING ALL);
CREATE TABLE in_sql.causal_edges (from_event_id uuid NOT NULL, to_event_id uuid NOT NULL, PRIMARY KEY (from_event_id, to_event_id));
CREATE FUNCTION in_sql.is_before(a jsonb, b jsonb) RETURNS boolean LANGUAGE sql IMMUTABLE AS $$
	SELECT bool_and(a_n <= b_n) AND bool_or(a_n < b_n)
	FROM (
		SELECT coalesce((a ->> k)::numeric, 0) AS a_n, coalesce((b ->> k)::numeric, 0) AS b_n
		FROM (SELECT jsonb_object_keys(a) UNION SELECT jsonb_object_keys(b)) AS keys (k)) AS counts
$$;
CREATE FUNCTION in_sql.races(trace uuid) RETURNS TABLE (event1_id uuid, event2_id uuid, variable text) LANGUAGE sql STABLE AS $$
	WITH access AS MATERIALIZED (
		SELECT id, timestamp, kind #>> '{StateChange,variable}' AS variable, kind #>> '{StateChange,access_type}' AS type,
			metadata ->> 'service_name' AS service, metadata ->> 'thread_id' AS thread, causality_vector AS clock, lock_set AS locks
		FROM in_sql.events WHERE trace_id = trace AND kind ? 'StateChange')
	SELECT a.id, b.id, a.variable
	FROM access AS a JOIN access AS b ON a.variable = b.variable AND (a.timestamp, a.id) < (b.timestamp, b.id)
	WHERE (a.service, a.thread) <> (b.service, b.thread)
		AND (a.type IN ('Write', 'AtomicWrite', 'AtomicRMW') OR b.type IN ('Write', 'AtomicWrite', 'AtomicRMW'))
		AND NOT (a.type LIKE 'Atomic%' AND b.type LIKE 'Atomic%')
		AND NOT (a.locks ?| ARRAY(SELECT jsonb_array_elements_text(b.locks)))
		AND NOT in_sql.is_before(a.clock, b.clock) AND NOT in_sql.is_before(b.clock, a.clock)
$$;
-- Is there a way from one to the other: a recursive query over parents.
CREATE FUNCTION in_sql.find_happens_before(a uuid, b uuid) RETURNS boolean LANGUAGE sql STABLE AS $$
	WITH RECURSIVE way (id) AS (
		SELECT b
		UNION
		SELECT e.parent_id FROM way JOIN in_sql.events AS e USING (id) WHERE e.parent_id IS NOT NULL)
	SELECT a <> b AND (a IN (SELECT id FROM way)
		OR (SELECT in_sql.is_before(x.causality_vector, y.causality_vector) FROM in_sql.events AS x, in_sql.events AS y WHERE x.id = a AND y.id = b))
$$;
-- The longest sum of durations from a root down, along parents and edges.
CREATE FUNCTION in_sql.critical_path(trace uuid) RETURNS TABLE (n bigint, total numeric) LANGUAGE sql STABLE AS $$
	WITH RECURSIVE way (id, total, n) AS (
		SELECT id, coalesce((metadata ->> 'duration_ns')::numeric, 0), 1::bigint FROM in_sql.events WHERE trace_id = trace AND parent_id IS NULL
		UNION ALL
		SELECT e.id, way.total + coalesce((e.metadata ->> 'duration_ns')::numeric, 0), way.n + 1
		FROM way, LATERAL (
			SELECT c.id FROM in_sql.events AS c WHERE c.parent_id = way.id
			UNION ALL SELECT to_event_id FROM in_sql.causal_edges WHERE from_event_id = way.id) AS next (id) JOIN in_sql.events AS e USING (id))
	SELECT n, total FROM way ORDER BY total DESC LIMIT 1
$$;
