--
-- stormdisc_find_happens_before: each kind of edge, parts, clocks, what is
-- dropped, bad input.
--
SET timezone = 'UTC';
SET client_min_messages = warning;
CREATE ROLE regress_order;
GRANT EXECUTE ON FUNCTION stormdisc_find_happens_before, stormdisc_find_happens_before_many TO regress_order;
RESET client_min_messages;
SELECT stormdisc_clear();
CREATE SCHEMA trace_order;
SET search_path = trace_order, public;
GRANT USAGE ON SCHEMA trace_order TO regress_order;

CREATE FUNCTION id(t int, n int) RETURNS uuid LANGUAGE sql AS $$ SELECT (lpad(t::text, 8, '0') || '-0000-0000-0000-' || lpad(n::text, 12, '0'))::uuid $$;
CREATE FUNCTION tr(t int) RETURNS uuid LANGUAGE sql AS $$ SELECT id(t, 0) $$;
-- event n of trace t, at second n, in a thread
CREATE FUNCTION put(t int, n int, thread text, kind text DEFAULT 'FunctionCall', name text DEFAULT 'f', parent int DEFAULT NULL, clock jsonb DEFAULT NULL,
	meta jsonb DEFAULT '{}', mode text DEFAULT 'Mutex') RETURNS bool LANGUAGE sql AS $$
	SELECT stormdisc_add_event(jsonb_build_object('id', id(t, n), 'trace_id', tr(t), 'parent_id', id(t, parent),
		'timestamp', '2025-01-31T12:00:' || lpad(n::text, 2, '0') || 'Z', 'causality_vector', clock,
		'kind', jsonb_build_object(kind, CASE kind
			WHEN 'FunctionCall' THEN jsonb_build_object('function_name', name, 'module', 'm', 'args', '{}'::jsonb, 'file', 'a.rs', 'line', 1)
			WHEN 'AsyncSpawn' THEN jsonb_build_object('task_id', name, 'spawned_by', 'm')
			WHEN 'AsyncAwait' THEN jsonb_build_object('future_id', name, 'awaited_at', 'a.rs:1')
			WHEN 'LockAcquire' THEN jsonb_build_object('lock_id', name, 'lock_type', mode, 'location', 'a.rs:1')
			WHEN 'LockRelease' THEN jsonb_build_object('lock_id', name, 'lock_type', mode, 'location', 'a.rs:1')
			WHEN 'HttpRequest' THEN jsonb_build_object('method', 'GET', 'url', '/', 'headers', '{}'::jsonb, 'body', null)
			WHEN 'HttpResponse' THEN jsonb_build_object('status', 200, 'headers', '{}'::jsonb, 'body', null, 'duration_ms', 1)
			END),
		'metadata', jsonb_build_object('thread_id', thread, 'process_id', 1, 'service_name', 's', 'environment', 'test', 'tags', '{}'::jsonb, 'duration_ns', null) || meta,
		'lock_set', '[]'::jsonb))
$$;
-- a row for each event: does it happen before (t, f, or - for not known) the first, the second, ...?
CREATE FUNCTION matrix(t int) RETURNS TABLE (event int, before text) LANGUAGE sql AS $$
	SELECT right(event1_id::text, 12)::int, string_agg(coalesce(left(happens_before::text, 1), '-'), '' ORDER BY event2_id)
	FROM (SELECT array_agg(x.id) AS a, array_agg(y.id) AS b FROM stormdisc.events x, stormdisc.events y WHERE x.trace_id = tr(t) AND y.trace_id = tr(t)) p,
		stormdisc_find_happens_before_many(a, b) GROUP BY 1 ORDER BY 1
$$;

-- 1: threads, of which a service, an instance (or a process) and a name make one; nothing connects them
SELECT bool_and(put) FROM (VALUES (put(1, 1, 'a')), (put(1, 2, 'b')), (put(1, 3, 'a')), (put(1, 4, 'a', meta => '{"service_name": "other"}')),
	(put(1, 5, 'a', meta => '{"process_id": 2}')), (put(1, 6, 'a', meta => '{"instance_id": "2"}')), (put(1, 7, 'a', meta => '{"instance_id": "2", "process_id": 7}'))) v (put);
SELECT * FROM matrix(1);
-- 2: parents and edges, which join two threads to one part
SELECT bool_and(put) FROM (VALUES (put(2, 1, 'a')), (put(2, 2, 'a')), (put(2, 3, 'b', parent => 1)), (put(2, 4, 'b')), (put(2, 5, 'c')), (put(2, 6, 'd')), (put(2, 7, 'a'))) v (put);
SELECT stormdisc_add_edge(id(2, 4), id(2, 7), 'DataDependency');
SELECT stormdisc_add_edge(id(2, 1), id(2, 5), 'ConcurrentWith');
SELECT stormdisc_add_edge(id(2, 6), id(2, 5), 'HappensBefore');
SELECT * FROM matrix(2);
-- 3: a task, by tag and by the name of a thread; what spawns it is not of it
SELECT bool_and(put) FROM (VALUES (put(3, 1, 'a')), (put(3, 2, 'a', 'AsyncSpawn', 'T', meta => '{"tags": {"task_id": "T"}}')), (put(3, 3, 'a')), (put(3, 4, 'b', meta => '{"tags": {"task_id": "T"}}')),
	(put(3, 5, 'T')), (put(3, 6, 'a')), (put(3, 7, 'a', 'AsyncAwait', 'T')), (put(3, 8, 'a'))) v (put);
SELECT * FROM matrix(3);
-- 4: a mutex: each release before the next acquire
SELECT bool_and(put) FROM (VALUES (put(4, 1, 'a')), (put(4, 2, 'a', 'LockRelease', 'm')), (put(4, 3, 'b', 'LockAcquire', 'm')), (put(4, 4, 'b', 'LockRelease', 'm')),
	(put(4, 5, 'c', 'LockAcquire', 'm')), (put(4, 6, 'd', 'LockAcquire', 'other'))) v (put);
SELECT * FROM matrix(4);
-- 5: readers do not order each other, a writer orders all
SELECT bool_and(put) FROM (VALUES (put(5, 1, 'a', 'LockRelease', 'm', mode => 'RwLock::Write')), (put(5, 2, 'b', 'LockAcquire', 'm', mode => 'RwLock::Read')), (put(5, 3, 'c', 'LockAcquire', 'm', mode => 'RwLock::Read')),
	(put(5, 4, 'b', 'LockRelease', 'm', mode => 'RwLock::Read')), (put(5, 5, 'c', 'LockRelease', 'm', mode => 'RwLock::Read')), (put(5, 6, 'd', 'LockAcquire', 'm', mode => 'RwLock::Read')),
	(put(5, 7, 'e', 'LockAcquire', 'm', mode => 'RwLock::Write')), (put(5, 8, 'f', 'LockAcquire', 'm', mode => 'RwLock::Read'))) v (put);
SELECT * FROM matrix(5);
-- 6: many releases before many acquires of readers
SELECT bool_and(put(6, n, 'w' || n, 'LockRelease', 'm')) FROM generate_series(1, 6) n;
SELECT bool_and(put(6, n, 'r' || n, CASE n WHEN 9 THEN 'LockRelease' ELSE 'LockAcquire' END, 'm', mode => CASE n WHEN 9 THEN 'Mutex' ELSE 'RwLock::Read' END)) FROM generate_series(7, 11) n;
SELECT * FROM matrix(6);
-- 7: a request, its handler, its response: the child of the request; the next in its thread
SELECT bool_and(put) FROM (VALUES (put(7, 1, 'a', 'HttpRequest', meta => '{"distributed_span_id": "S"}')), (put(7, 2, 'h', meta => '{"upstream_span_id": "S"}')), (put(7, 3, 'i', meta => '{"upstream_span_id": "S"}')),
	(put(7, 4, 'b', 'HttpResponse', parent => 1)), (put(7, 5, 'a', 'HttpResponse')), (put(7, 6, 'c', 'HttpRequest', meta => '{"distributed_span_id": "R"}')),
	(put(7, 7, 'j', meta => '{"upstream_span_id": "R"}')), (put(7, 8, 'c', 'HttpResponse')), (put(7, 9, 'c', 'HttpResponse'))) v (put);
SELECT * FROM matrix(7);
-- 8: clocks, which paths do not go on from; an empty one is none
SELECT bool_and(put) FROM (VALUES (put(8, 1, 'a', clock => '{"x": 1}')), (put(8, 2, 'b', clock => '{"x": 1, "y": 1}')), (put(8, 3, 'b')), (put(8, 4, 'c', clock => '{"z": 18446744073709551615}')),
	(put(8, 5, 'd', clock => '[["z", 18446744073709551615], ["x", 1]]')), (put(8, 6, 'e', clock => '{}')), (put(8, 7, 'f', clock => '{"x": 1}'))) v (put);
SELECT * FROM matrix(8);
-- two traces: clocks only
SELECT put(9, 1, 'a', clock => '{"x": 2}'), put(9, 2, 'a');
SELECT stormdisc_find_happens_before(id(8, 1), id(9, 1)) AS before, stormdisc_find_happens_before(id(9, 1), id(8, 1)) AS after,
	stormdisc_find_happens_before(id(8, 4), id(9, 1)) AS neither, stormdisc_find_happens_before(id(8, 1), id(9, 2)) AS unknown,
	stormdisc_find_happens_before(id(8, 1), id(8, 1)) AS itself, stormdisc_find_happens_before(id(9, 2), id(9, 2)) AS itself_without;
-- a path and a clock that contradict each other
SELECT put(10, 1, 'a', clock => '{"x": 2}'), put(10, 2, 'a', clock => '{"x": 1}');
SELECT pair, right(event1_id::text, 2), right(event2_id::text, 2), happens_before, evidence
FROM stormdisc_find_happens_before_many(ARRAY[id(10, 1), id(10, 2)], ARRAY[id(10, 2), id(10, 1)]);
-- evidence
SELECT pair, happens_before, evidence FROM stormdisc_find_happens_before_many(
	ARRAY[id(2, 1), id(2, 7), id(8, 1), id(8, 2), id(3, 5), id(8, 4), id(2, 1), id(1, 1), id(8, 1)], ARRAY[id(2, 7), id(2, 1), id(8, 2), id(8, 1), id(3, 3), id(8, 1), id(2, 1), id(1, 2), id(9, 2)]);

-- 11: what contradicts a parent is dropped: here the order of thread b
SELECT bool_and(put) FROM (VALUES (put(11, 1, 'b')), (put(11, 2, 'b')), (put(11, 3, 'c', parent => 2))) v (put);
SELECT stormdisc_add_edge(id(11, 3), id(11, 1), 'HappensBefore');
SELECT * FROM matrix(11);
-- 12: a lock that contradicts the order of a thread is; the thread's is not
SELECT bool_and(put) FROM (VALUES (put(12, 1, 'b', 'LockRelease', 'm')), (put(12, 2, 'a', 'LockAcquire', 'm')), (put(12, 3, 'a', 'AsyncSpawn', 'T')), (put(12, 4, 'a'))) v (put);
SELECT stormdisc_add_edge(id(12, 4), id(12, 1), 'HappensBefore');
SELECT * FROM matrix(12);
-- 13: a task that ends after it was waited for, and began before it was spawned
SELECT bool_and(put) FROM (VALUES (put(13, 1, 'T')), (put(13, 2, 'a', 'AsyncSpawn', 'T')), (put(13, 3, 'a', 'AsyncAwait', 'T')), (put(13, 4, 'T'))) v (put);
SELECT * FROM matrix(13);
-- 14: rows that nobody has checked: a parent that is its child's child
SELECT put(14, 1, 'a'), put(14, 2, 'b', parent => 1);
SET session_replication_role = replica;
UPDATE stormdisc.events SET parent_id = id(14, 2) WHERE id = id(14, 1);
RESET session_replication_role;
SELECT * FROM matrix(14);

-- a link that is quarantined and an edge to nowhere order nothing
SELECT put(15, 1, 'a'), put(15, 2, 'b', parent => 1);
UPDATE stormdisc.events SET parent_quarantined = true WHERE id = id(15, 2);
SELECT stormdisc_add_edge(id(15, 1), id(99, 1), 'HappensBefore');
SELECT * FROM matrix(15);

-- EXECUTE is enough
SET ROLE regress_order;
SELECT stormdisc_find_happens_before(id(2, 1), id(2, 3)), (SELECT count(*) FROM stormdisc_find_happens_before_many(ARRAY[id(2, 1)], ARRAY[id(2, 3)]));
RESET ROLE;
-- in a transaction that is read only, with any search_path
BEGIN READ ONLY;
SET LOCAL search_path = trace_order, public, pg_catalog;
SELECT stormdisc_find_happens_before(id(2, 1), id(2, 3));
COMMIT;

-- bad input
SELECT stormdisc_find_happens_before(NULL, id(1, 1));
SELECT stormdisc_find_happens_before(id(1, 1), NULL);
SELECT stormdisc_find_happens_before(id(1, 1), id(99, 1));
SELECT * FROM stormdisc_find_happens_before_many(NULL, '{}');
SELECT * FROM stormdisc_find_happens_before_many('{}', NULL);
SELECT * FROM stormdisc_find_happens_before_many('{}', '{}');
SELECT * FROM stormdisc_find_happens_before_many(ARRAY[id(1, 1)], '{}');
SELECT * FROM stormdisc_find_happens_before_many(ARRAY[id(1, 1)], ARRAY[NULL::uuid]);
SELECT * FROM stormdisc_find_happens_before_many(ARRAY[[id(1, 1)], [id(1, 2)]], ARRAY[id(1, 1), id(1, 2)]);
SELECT * FROM stormdisc_find_happens_before_many(ARRAY[id(99, 1)], ARRAY[id(1, 1)]);

SELECT stormdisc_clear();
SET client_min_messages = warning;
DROP SCHEMA trace_order CASCADE;
REVOKE ALL ON FUNCTION stormdisc_find_happens_before, stormdisc_find_happens_before_many FROM regress_order;
DROP ROLE regress_order;
