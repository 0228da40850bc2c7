-- Traces for pgTAP tests, without much ado: SELECT pg_temp.begin(), then
-- pg_temp.has() with events.  In a file of its own for \ir.
--
-- An event is pg_temp.e(number, thread, kind, parent => number, ...): it happens
-- at second number of the trace.
CREATE FUNCTION pg_temp.id(n int) RETURNS uuid LANGUAGE sql IMMUTABLE AS $$SELECT ('00000000-0000-4000-8000-' || lpad(n::text, 12, '0'))::uuid$$;
CREATE FUNCTION pg_temp.n(id uuid) RETURNS int LANGUAGE sql IMMUTABLE AS $$SELECT right(id::text, 12)::int % 100$$;
-- the events of the trace that is being made
CREATE TEMP TABLE trace (number int);
INSERT INTO trace VALUES (0);
CREATE FUNCTION pg_temp.trace() RETURNS uuid LANGUAGE sql STABLE AS $$SELECT pg_temp.id(1000000 + number) FROM trace$$;
CREATE FUNCTION pg_temp.e(number int, thread text, kind jsonb, parent int DEFAULT NULL, clock jsonb DEFAULT '{}', service text DEFAULT 's',
	locks jsonb DEFAULT '[]', more jsonb DEFAULT '{}', seconds numeric DEFAULT NULL)
RETURNS jsonb LANGUAGE sql STABLE AS $$
	SELECT jsonb_build_object('id', pg_temp.id(t.number * 100 + e.number), 'trace_id', pg_temp.trace(), 'parent_id', pg_temp.id(t.number * 100 + parent),
		'timestamp', '2025-01-01T00:00:' || lpad(e.number::text, 2, '0') || 'Z', 'kind', kind, 'causality_vector', clock, 'lock_set', locks,
		'metadata', jsonb_build_object('thread_id', thread, 'process_id', 1, 'service_name', service, 'environment', 'test', 'tags', '{}'::jsonb, 'duration_ns', (seconds * 1000000000)::bigint) || more)
	FROM trace AS t, (VALUES (number)) AS e (number)
$$;
CREATE FUNCTION pg_temp.access(variable text, type text) RETURNS jsonb LANGUAGE sql IMMUTABLE AS $$
	SELECT jsonb_build_object('StateChange', jsonb_build_object('variable', variable, 'new_value', 1, 'location', 'a.c:1', 'access_type', type))
$$;
CREATE FUNCTION pg_temp.r(variable text) RETURNS jsonb LANGUAGE sql IMMUTABLE AS $$SELECT pg_temp.access(variable, 'Read')$$;
CREATE FUNCTION pg_temp.w(variable text) RETURNS jsonb LANGUAGE sql IMMUTABLE AS $$SELECT pg_temp.access(variable, 'Write')$$;
CREATE FUNCTION pg_temp.acquire(lock text, type text DEFAULT 'Mutex') RETURNS jsonb LANGUAGE sql IMMUTABLE AS $$
	SELECT jsonb_build_object('LockAcquire', jsonb_build_object('lock_id', lock, 'lock_type', type, 'location', 'l.c:1'))
$$;
CREATE FUNCTION pg_temp.release(lock text, type text DEFAULT 'Mutex') RETURNS jsonb LANGUAGE sql IMMUTABLE AS $$
	SELECT jsonb_build_object('LockRelease', jsonb_build_object('lock_id', lock, 'lock_type', type, 'location', 'l.c:2'))
$$;
CREATE FUNCTION pg_temp.spawn(task text) RETURNS jsonb LANGUAGE sql IMMUTABLE AS $$
	SELECT jsonb_build_object('AsyncSpawn', jsonb_build_object('task_id', task, 'spawned_by', 'main'))
$$;
CREATE FUNCTION pg_temp.await(task text) RETURNS jsonb LANGUAGE sql IMMUTABLE AS $$
	SELECT jsonb_build_object('AsyncAwait', jsonb_build_object('future_id', task, 'awaited_at', 'm.c:9'))
$$;
CREATE FUNCTION pg_temp.call() RETURNS jsonb LANGUAGE sql IMMUTABLE AS $$
	SELECT '{"FunctionCall": {"function_name": "f", "module": "m", "args": {}, "file": "m.c", "line": 1}}'::jsonb
$$;
-- Makes a trace of these events.
CREATE FUNCTION pg_temp.begin() RETURNS void LANGUAGE sql AS $$UPDATE trace SET number = number + 1$$;
CREATE FUNCTION pg_temp.has(VARIADIC events jsonb[]) RETURNS bigint LANGUAGE sql AS $$SELECT stormdisc_add_events_batch(to_jsonb(events))$$;
CREATE FUNCTION pg_temp.edge(source int, target int, type text) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
	PERFORM stormdisc_add_edge(pg_temp.id(number * 100 + source), pg_temp.id(number * 100 + target), type) FROM trace;
END
$$;
