--
-- Traces: events in and out, edges, roots, baselines, storage, retention,
-- export and import, bad input.
--
SET timezone = 'UTC';
SELECT stormdisc_clear();
CREATE SCHEMA traces_test;
SET search_path = traces_test, public;

-- event n of trace t, and its id
CREATE FUNCTION id(n int) RETURNS uuid LANGUAGE sql AS $$ SELECT (lpad(n::text, 8, '0') || '-0000-0000-0000-000000000000')::uuid $$;
CREATE FUNCTION tr(t int) RETURNS uuid LANGUAGE sql AS $$ SELECT ('00000000-0000-0000-0000-' || lpad(t::text, 12, '0'))::uuid $$;
CREATE FUNCTION ev(n int, parent int DEFAULT NULL, more jsonb DEFAULT '{}', t int DEFAULT 1) RETURNS jsonb LANGUAGE sql AS $$
	SELECT jsonb_build_object('id', id(n), 'trace_id', tr(t), 'parent_id', id(parent), 'timestamp', '2025-01-31T12:00:' || lpad((n % 60)::text, 2, '0') || 'Z',
		'kind', '{"StateChange": {"variable": "x", "old_value": null, "new_value": 1, "location": "a.rs:1", "access_type": "Write"}}'::jsonb,
		'metadata', '{"thread_id": "main", "process_id": 7, "service_name": "bank", "environment": "test", "tags": {}, "duration_ns": null}'::jsonb,
		'causality_vector', '[]'::jsonb, 'lock_set', '[]'::jsonb) || more
$$;
CREATE FUNCTION n(uuid) RETURNS int LANGUAGE sql AS $$ SELECT left($1::text, 8)::int $$;
CREATE VIEW links AS SELECT n(id) AS event, n(parent_id) AS parent, parent_quarantined FROM stormdisc.events ORDER BY 1;

-- vector clocks: both shapes, as they were given, in order
SELECT '{"b": 18446744073709551615, "a": 1}'::stormdisc.vclock, '[["b", 2], ["a", 0]]'::stormdisc.vclock, '{}'::stormdisc.vclock, '[]'::stormdisc.vclock;
SELECT a, b, stormdisc_vclock_compare(a::stormdisc.vclock, b::stormdisc.vclock), a::stormdisc.vclock = b::stormdisc.vclock AS eq, a::stormdisc.vclock <> b::stormdisc.vclock AS ne
FROM (VALUES ('{"a": 1}', '{"a": 2}'), ('{"a": 2}', '{"a": 1}'), ('{"a": 1, "b": 0}', '[["a", 1]]'), ('{"a": 1}', '{"b": 1}'), ('{"a": 1}', '{"a": 1, "b": 1}'),
	('{"a": 2, "c": 1}', '{"a": 1, "b": 1, "c": 1}'), ('{}', '{"a": 1}'), ('{"a": 0}', '{"a": 1}'), ('{"a": 18446744073709551614}', '{"a": 18446744073709551615}')) v (a, b);
SELECT count(*) FROM (SELECT '{"a": 1}'::stormdisc.vclock UNION SELECT '[["a", 1], ["b", 0]]' UNION SELECT '{"a": 2}') u;
SELECT ('{"é\"x": 3}'::stormdisc.vclock)::jsonb, '{"a": 3}'::stormdisc.vclock ->> 'a' AS of_cast;
SELECT encode(stormdisc_vclock_send('[["b", 2], ["a", 300]]'), 'hex');
SELECT '1'::stormdisc.vclock;
SELECT '"a"'::stormdisc.vclock;
SELECT 'null'::stormdisc.vclock;
SELECT '{"a": -1}'::stormdisc.vclock;
SELECT '{"a": 1.5}'::stormdisc.vclock;
SELECT '{"a": 18446744073709551616}'::stormdisc.vclock;
SELECT '{"a": 1e400}'::stormdisc.vclock;
SELECT '{"a": "1"}'::stormdisc.vclock;
SELECT '[["a", 1], ["a", 2]]'::stormdisc.vclock;
SELECT '[["a"]]'::stormdisc.vclock;
SELECT '[["a", 1, 2]]'::stormdisc.vclock;
SELECT '[[1, 1]]'::stormdisc.vclock;
SELECT '["a"]'::stormdisc.vclock;
\set VERBOSITY sqlstate
SELECT '{'::stormdisc.vclock;
\set VERBOSITY default

-- one event; the same again; another with its id
SELECT stormdisc_add_event(ev(1, NULL, '{"foo": {"bar": [1]}, "causality_vector": {"bank#1": 3}, "lock_set": ["l", {"lock": "m", "mode": "shared"}]}'));
SELECT stormdisc_add_event(ev(1, NULL, '{"foo": {"bar": [1]}, "causality_vector": [["bank#1", 3], ["x", 0]], "lock_set": ["l", {"lock": "m", "mode": "shared"}]}'));
SELECT stormdisc_add_event(ev(1));
-- who repeats calls does not fill the table with rows that are thrown away
SELECT pg_relation_size('stormdisc.events') AS size_before \gset
SELECT bool_or(stormdisc_add_event(ev(1, NULL, '{"foo": {"bar": [1]}, "causality_vector": {"bank#1": 3}, "lock_set": ["l", {"lock": "m", "mode": "shared"}]}'))) AS stored
FROM generate_series(1, 500);
SELECT pg_relation_size('stormdisc.events') = :size_before AS no_larger;
SELECT jsonb_pretty(stormdisc_get_event(id(1)));
SELECT causality_vector ->> 'bank#1' AS count, causality_vector = '{"bank#1": 3}' AS equal, causality_vector = '{"bank#1": 4}'::jsonb AS equal_json FROM stormdisc.events WHERE id = id(1);
SELECT stormdisc_get_event(id(2));
-- nanoseconds, and their order
SELECT stormdisc_add_events_batch(jsonb_build_array(ev(2, NULL, '{"timestamp": "2025-01-31T11:00:00.000000002Z"}'), ev(3, NULL, '{"timestamp": "2025-01-31T12:00:00.000000001+01:00"}'),
	ev(4, NULL, '{"timestamp": "2025-01-31t11:00:00z"}'), ev(5, NULL, '{"timestamp": "2025-01-31 11:00:00.1234567899Z"}')));
SELECT e ->> 'timestamp', n((e ->> 'id')::uuid) FROM stormdisc_get_trace_events(tr(1)) e;
-- page by page
SELECT n((e ->> 'id')::uuid) FROM stormdisc_get_trace_events(tr(1), 2) e;
SELECT n((e ->> 'id')::uuid) FROM stormdisc_get_trace_events(tr(1), 2, id(3)) e;
SELECT n((e ->> 'id')::uuid) FROM stormdisc_get_trace_events(tr(1), 2, id(5)) e;
SELECT n((e ->> 'id')::uuid) FROM stormdisc_get_trace_events(tr(1), 0) e;
SELECT n((e ->> 'id')::uuid) FROM stormdisc_get_trace_events(tr(2)) e;
SELECT * FROM stormdisc_get_trace_events(tr(1), after => id(9));
SELECT * FROM stormdisc_get_trace_events(tr(2), after => id(1));
SELECT * FROM stormdisc_get_trace_events(tr(1), -1);

-- every kind, with its fields; and without each of them
CREATE TABLE kinds (kind jsonb);
INSERT INTO kinds VALUES
	('{"FunctionCall": {"function_name": "f", "module": "m", "args": [1], "file": "a.rs", "line": 4294967295}}'),
	('{"AsyncSpawn": {"task_id": "t", "spawned_by": "main"}}'),
	('{"AsyncAwait": {"future_id": "t", "awaited_at": "a.rs:1"}}'),
	('{"StateChange": {"variable": "x", "new_value": null, "location": "a.rs:1", "access_type": "AtomicRMW"}}'),
	('{"LockAcquire": {"lock_id": "l", "lock_type": "Mutex", "location": "a.rs:1"}}'),
	('{"LockRelease": {"lock_id": "l", "lock_type": "RwLock::Write", "location": "a.rs:1"}}'),
	('{"MemoryFence": {"ordering": "SeqCst", "location": "a.rs:1"}}'),
	('{"HttpRequest": {"method": "GET", "url": "/", "headers": {}}}'),
	('{"HttpResponse": {"status": 200, "headers": {}, "duration_ms": 0}}'),
	('{"DatabaseQuery": {"query": "SELECT 1", "database": "d", "duration_ms": 9223372036854775807}}'),
	('{"DatabaseResult": {"rows_affected": 0}}'),
	('{"Error": {"error_type": "E", "message": "m", "stack_trace": ["a", "b"]}}'),
	('{"Custom": {"name": "c", "data": {"what": "ever"}}}');
SELECT stormdisc_add_events_batch((SELECT jsonb_agg(ev(100 + n::int, NULL, jsonb_build_object('kind', kind), 2)) FROM (SELECT kind, row_number() OVER () AS n FROM kinds) k));
SELECT (SELECT jsonb_agg(kind ORDER BY kind) FROM kinds) = (SELECT jsonb_agg(e -> 'kind' ORDER BY e -> 'kind') FROM stormdisc_get_trace_events(tr(2)) e) AS given_back;
-- what is wrong with an event: the error's detail
CREATE FUNCTION wrong(event jsonb) RETURNS text LANGUAGE plpgsql AS $$
DECLARE
	code text;
	message text;
	detail text;
BEGIN
	RETURN stormdisc_add_event(event)::text || ' (stored)';
EXCEPTION WHEN OTHERS THEN
	GET STACKED DIAGNOSTICS code = RETURNED_SQLSTATE, message = MESSAGE_TEXT, detail = PG_EXCEPTION_DETAIL;
	RETURN concat_ws(' | ', code, message, detail);
END
$$;
SELECT k AS kind, f AS field, wrong(ev(300 + (row_number() OVER ())::int, NULL, jsonb_build_object('kind', jsonb_build_object(k, fields - f)))) COLLATE "C" AS without
FROM kinds, jsonb_each(kind) AS e (k, fields), jsonb_object_keys(fields) f;
-- each of another type
SELECT DISTINCT wrong(ev(200, NULL, jsonb_build_object('kind', jsonb_build_object(k, fields || jsonb_build_object(f, '[true]'::jsonb))))) COLLATE "C" AS wrong
FROM kinds, jsonb_each(kind) AS e (k, fields), jsonb_object_keys(fields) f WHERE f NOT IN ('args', 'data', 'new_value') ORDER BY 1;
SELECT wrong(ev(200, NULL, m::jsonb)) FROM (VALUES
	('{"kind": null}'), ('{"kind": "Custom"}'), ('{"kind": {}}'), ('{"kind": {"Custom": {"name": "a", "data": 1}, "Error": {}}}'), ('{"kind": {"Custom": 1}}'), ('{"kind": {"custom": {"name": "a", "data": 1}}}'),
	('{"kind": {"StateChange": {"variable": "x", "new_value": 1, "location": "", "access_type": "write"}}}'),
	('{"kind": {"HttpResponse": {"status": 65536, "headers": {}, "duration_ms": 1}}}'), ('{"kind": {"HttpResponse": {"status": 200, "headers": {}, "duration_ms": -1}}}'),
	('{"kind": {"DatabaseResult": {"rows_affected": 1.5}}}'), ('{"kind": {"DatabaseResult": {"rows_affected": 9223372036854775808}}}'), ('{"kind": {"DatabaseResult": {"rows_affected": "NaN"}}}'),
	('{"id": null}'), ('{"id": "x"}'), ('{"id": "00000200-0000-0000-0000-00000000000"}'), ('{"id": "00000200-0000-0000-0000-0000000000000"}'), ('{"id": 1}'), ('{"trace_id": null}'), ('{"trace_id": ""}'), ('{"parent_id": "x"}'),
	('{"timestamp": null}'), ('{"timestamp": 1}'), ('{"timestamp": "now"}'), ('{"timestamp": "infinity"}'), ('{"timestamp": "2025-01-31T12:00:00"}'), ('{"timestamp": "2025-02-29T12:00:00Z"}'), ('{"timestamp": "2025-01-31T24:00:00Z"}'),
	('{"timestamp": "2025-01-31T12:00:00.Z"}'), ('{"timestamp": "2025-01-31T12:00:00+0100"}'), ('{"timestamp": "2025-01-31T12:00:00Z "}'),
	('{"causality_vector": 1}'), ('{"causality_vector": [["a", -1]]}'), ('{"causality_vector": {"a": {}}}'), ('{"causality_vector": ["a"]}'),
	('{"lock_set": {}}'), ('{"lock_set": [1]}'), ('{"lock_set": [{"lock": "l"}]}'), ('{"lock_set": [{"lock": "l", "mode": "x"}]}'), ('{"lock_set": [{"mode": "shared"}]}'),
	('{"metadata": null}'), ('{"metadata": []}'), ('{"metadata": {}}'), ('{"parent_quarantined": 1}')) v (m);
SELECT wrong(ev(200, NULL, jsonb_build_object('metadata', ev(1) -> 'metadata' || m::jsonb))) FROM (VALUES
	('{"thread_id": 1}'), ('{"process_id": -1}'), ('{"process_id": 4294967296}'), ('{"service_name": null}'), ('{"environment": {}}'), ('{"tags": []}'), ('{"duration_ns": -1}'), ('{"duration_ns": "1"}'), ('{"duration_ns": 1e30}'),
	('{"instance_id": 1}'), ('{"distributed_span_id": 1}'), ('{"upstream_span_id": []}')) v (m);
SELECT wrong(ev(200) - f) FROM unnest('{id,trace_id,timestamp,kind,metadata}'::text[]) f;
SELECT wrong('1'), wrong('[]'), wrong(NULL);
SELECT wrong(ev(200, NULL, jsonb_build_object('kind', jsonb_build_object('StateChange', jsonb_build_object('variable', repeat('x', 2001), 'new_value', 1, 'location', '', 'access_type', 'Read')))));
SELECT count(*) FROM stormdisc.events WHERE id = id(200);
-- what may be left out
SELECT stormdisc_add_event(ev(201, NULL, '{"metadata": {"thread_id": "main", "process_id": 7, "service_name": "bank", "environment": "test", "tags": {}}}') - '{parent_id,causality_vector,lock_set}'::text[]);
SELECT stormdisc_add_event(ev(201, NULL, '{"metadata": {"thread_id": "main", "process_id": 7, "service_name": "bank", "environment": "test", "tags": {}}}'));

-- columns; a plain INSERT is held to the same
SELECT n(stormdisc_add_event(id(210), tr(1), id(1), '{"Custom": {"name": "c", "data": 1}}', '2025-01-31 12:00:00.5+00', ev(1) -> 'metadata', '{"a": 1}', '["l"]', 7));
SELECT stormdisc_get_event(id(210));
SELECT stormdisc_add_event(NULL, tr(1), NULL, '{"Custom": {"name": "c", "data": 1}}', NULL, ev(1) -> 'metadata') IS NOT NULL AS made;
SELECT stormdisc_add_event(id(211), NULL, NULL, '{"Custom": {"name": "c", "data": 1}}', now(), ev(1) -> 'metadata');
SELECT stormdisc_add_event(id(211), tr(1), NULL, NULL, now(), ev(1) -> 'metadata');
SELECT stormdisc_add_event(id(211), tr(1), NULL, '{"Custom": {"name": "c", "data": 1}}', now(), NULL);
SELECT stormdisc_add_event(id(211), tr(1), NULL, '{"Custom": {"data": 1}}', now(), ev(1) -> 'metadata');
SELECT stormdisc_add_event(id(211), tr(1), NULL, '{"Custom": {"name": "c", "data": 1}}', 'infinity', ev(1) -> 'metadata');
SELECT stormdisc_add_event(id(211), tr(1), NULL, '{"Custom": {"name": "c", "data": 1}}', now(), ev(1) -> 'metadata', '{"a": -1}');
SELECT stormdisc_add_event(id(211), tr(1), NULL, '{"Custom": {"name": "c", "data": 1}}', now(), ev(1) -> 'metadata', NULL, '{}');
SELECT stormdisc_add_event(id(211), tr(1), NULL, '{"Custom": {"name": "c", "data": 1}}', now(), ev(1) -> 'metadata', NULL, NULL, 1000);
PREPARE seed (uuid, uuid, uuid, jsonb, timestamptz, jsonb, jsonb, jsonb) AS
	INSERT INTO stormdisc.events (id, trace_id, parent_id, kind, timestamp, metadata, causality_vector, lock_set) VALUES ($1, $2, $3, $4, $5, $6, $7, $8);
EXECUTE seed (id(212), tr(1), id(1), '{"StateChange": {"variable": "y", "new_value": 1, "location": "a.rs:1", "access_type": "Read"}}', '2025-01-31 12:00+00', ev(1) -> 'metadata', '{"a": 1}', '[]');
EXECUTE seed (id(213), tr(1), id(1), '{"Custom": {}}', '2025-01-31 12:00+00', ev(1) -> 'metadata', '{"a": 1}', '[]');
EXECUTE seed (id(213), tr(1), id(1), '{"DatabaseResult": {"rows_affected": 0}}', '2025-01-31 12:00+00', '{}', '{"a": 1}', '[]');
EXECUTE seed (id(213), tr(1), id(1), '{"DatabaseResult": {"rows_affected": 0}}', '2025-01-31 12:00+00', ev(1) -> 'metadata', '{"a": "x"}', '[]');
EXECUTE seed (id(213), tr(1), id(1), '{"DatabaseResult": {"rows_affected": 0}}', '2025-01-31 12:00+00', ev(1) -> 'metadata', '{"a": 1}', '["l", 1]');
\set VERBOSITY terse
EXECUTE seed (id(213), tr(1), id(1), '{"DatabaseResult": {"rows_affected": 0}}', 'infinity', ev(1) -> 'metadata', '{"a": 1}', '[]');
\set VERBOSITY default
SELECT variable, n(event_id), thread_id, access_type, value, location FROM stormdisc.cross_trace_index WHERE variable = 'y';
-- what follows from events is only for reading
\set VERBOSITY terse
DELETE FROM stormdisc.cross_trace_index WHERE variable = 'y';
UPDATE stormdisc.cross_trace_index SET "timestamp" = 'epoch' WHERE variable = 'y';
INSERT INTO stormdisc.cross_trace_index (event_id, trace_id, "timestamp") VALUES (id(214), tr(1), 'epoch');
DELETE FROM stormdisc.baseline_metrics;
\set VERBOSITY default

-- batches: all or nothing, in any order, only what is new counts
SELECT stormdisc_clear();
SELECT stormdisc_add_events_batch('[]');
SELECT stormdisc_add_events_batch(jsonb_build_array(ev(3, 2), ev(2, 1), ev(1)));
SELECT stormdisc_add_events_batch(jsonb_build_array(ev(3, 2), ev(4, 3), ev(4, 3)));
SELECT stormdisc_add_events_batch(jsonb_build_array(ev(5), ev(6, NULL, '{"kind": {"Unknown": {}}}'), ev(7)));
SELECT stormdisc_add_events_batch(jsonb_build_array(ev(5), 1));
SELECT stormdisc_add_events_batch(jsonb_build_array(ev(5), ev(6) - 'id'));
SELECT stormdisc_add_events_batch(jsonb_build_array(ev(5), ev(4)));
SELECT stormdisc_add_events_batch(jsonb_build_array(ev(5), ev(5, 4)));
SELECT stormdisc_add_events_batch('{}');
SELECT stormdisc_add_events_batch('1');
SELECT stormdisc_add_events_batch(NULL);
SELECT * FROM links;

-- a parent that comes later; a link that closes a cycle is kept out
SELECT stormdisc_add_event(ev(12, 11));
SELECT stormdisc_add_event(ev(13, 12));
SELECT n(e) FROM stormdisc_get_trace_roots(tr(1)) e;
SELECT stormdisc_add_event(ev(11, 13));
SELECT n(e) FROM stormdisc_get_trace_roots(tr(1)) e;
SELECT stormdisc_add_event(ev(11, 13));
SELECT stormdisc_add_events_batch(jsonb_build_array(ev(21, 22), ev(22, 23), ev(23, 21), ev(24, 24)));
SELECT * FROM links WHERE event > 10;
SELECT stormdisc_get_event(id(11)) -> 'parent_quarantined';
-- by INSERT, UPDATE
INSERT INTO stormdisc.events (id, trace_id, parent_id, kind, timestamp, metadata) SELECT id(n), tr(1), id(p), '{"DatabaseResult": {"rows_affected": 0}}', '2025-01-31 12:00+00', ev(1) -> 'metadata'
FROM (VALUES (31, 32), (32, 33), (33, 31)) v (n, p);
UPDATE stormdisc.events SET parent_id = id(4) WHERE id = id(1);
UPDATE stormdisc.events SET parent_id = id(3) WHERE id = id(11);
UPDATE stormdisc.events SET parent_quarantined = false WHERE id IN (id(1), id(11));
UPDATE stormdisc.events SET lock_set = '["l"]' WHERE id = id(4);
SELECT * FROM links WHERE event IN (1, 11) OR event > 30;
UPDATE stormdisc.events SET parent_id = NULL, parent_quarantined = false WHERE id = id(1);
-- another trace has other links
SELECT stormdisc_add_events_batch(jsonb_build_array(ev(41, 42), ev(42, 41, '{}', 2)));
SELECT * FROM links WHERE event > 40;
SELECT n(root_event_id), trace_id = tr(1) AS first FROM stormdisc.trace_roots WHERE root_event_id IN (id(41), id(42)) ORDER BY 1;

-- a link to an event of another trace never counts
SELECT stormdisc_add_edge(id(61), id(62), trace_id => tr(1)), stormdisc_add_event(ev(62, NULL, '{}', 2));
SELECT stormdisc_add_event(ev(61, 62));
SELECT stormdisc_add_edge(id(63), id(64), trace_id => tr(1)), stormdisc_add_event(ev(64, NULL, '{}', 2)), stormdisc_add_event(ev(65, 64)), stormdisc_add_edge(id(65), id(63), trace_id => tr(1));
SELECT * FROM links WHERE event > 60;

-- long chains, of which one half comes after the other
SELECT stormdisc_clear();
CREATE VIEW long AS SELECT id(n) AS id, tr(3) AS trace_id, CASE WHEN n > 1 THEN id(n - 1) ELSE id(6000) END AS parent_id, n,
	'{"DatabaseResult": {"rows_affected": 0}}'::jsonb AS kind, timestamptz '2025-01-31 12:00+00' + n * interval '1 s' AS timestamp, ev(1) -> 'metadata' AS metadata
FROM generate_series(1, 6000) n;
INSERT INTO stormdisc.events (id, trace_id, parent_id, kind, timestamp, metadata) SELECT id, trace_id, parent_id, kind, timestamp, metadata FROM long WHERE n % 2 = 0;
INSERT INTO stormdisc.events (id, trace_id, parent_id, kind, timestamp, metadata) SELECT id, trace_id, parent_id, kind, timestamp, metadata FROM long WHERE n % 2 = 1 ORDER BY n DESC;
SELECT count(*), count(*) FILTER (WHERE parent_quarantined) AS quarantined, count(*) FILTER (WHERE parent_quarantined AND n(id) = 1) AS the_last FROM stormdisc.events;
SELECT stormdisc_add_edge(id(6000), id(1));
SELECT stormdisc_add_edge(id(5900), id(50));
SELECT stormdisc_add_edge(id(50), id(5900));
-- and edges: two chains, tied to each other one way
INSERT INTO stormdisc.edge_store (trace_id, from_event_id, to_event_id, edge_type) SELECT tr(4), id(c + n), id(c + n + 1), 'HappensBefore' FROM generate_series(1, 24999) n, unnest('{1000000,2000000}'::int[]) c;
SELECT stormdisc_add_edge(id(1012000), id(2013000), trace_id => tr(4));
SELECT stormdisc_add_edge(id(2025000), id(1000001), trace_id => tr(4));
SELECT stormdisc_add_edge(id(2012999), id(1012001), trace_id => tr(4));
SELECT stormdisc_add_edge(id(1025000), id(1000001), trace_id => tr(4));

-- edges
SELECT stormdisc_clear();
SELECT stormdisc_add_events_batch(jsonb_build_array(ev(1), ev(2, 1), ev(3, 2), ev(4), ev(51, NULL, '{}', 2)));
SELECT stormdisc_add_edge(id(3), id(4));
SELECT stormdisc_add_edge(id(3), id(4));
SELECT stormdisc_add_edge(id(3), id(4), weight => 1);
SELECT stormdisc_add_edge(id(3), id(4), 'DataDependency', 5, '{"why": "x"}');
SELECT stormdisc_add_edge(id(4), id(1));
SELECT stormdisc_add_edge(id(4), id(1), 'ConcurrentWith');
SELECT stormdisc_add_edge(id(4), id(4));
SELECT stormdisc_add_edge(id(4), id(4), 'ConcurrentWith');
SELECT stormdisc_add_edge(id(1), id(4), 'Likes');
SELECT stormdisc_add_edge(id(1), id(51));
SELECT stormdisc_add_edge(id(1), id(2), trace_id => tr(2));
SELECT stormdisc_add_edge(id(91), id(92));
SELECT stormdisc_add_edge(NULL, id(1));
SELECT stormdisc_add_edge(id(1), NULL);
SELECT stormdisc_add_edge(id(1), id(2), NULL);
-- before their events; they count in the check
SELECT stormdisc_add_edge(id(4), id(91));
SELECT stormdisc_add_edge(id(91), id(92), trace_id => tr(1));
SELECT stormdisc_add_edge(id(92), id(1));
SELECT stormdisc_add_event(ev(92));
SELECT stormdisc_add_event(ev(91, 93));
SELECT stormdisc_add_event(ev(93, 92));
SELECT * FROM links WHERE event > 90;
SELECT n(to_event_id), edge_type, weight, metadata, id IS NULL AS of_parent, trace_id = tr(1) AS ok, quarantined FROM stormdisc_get_edges(id(3));
SELECT n(to_event_id), edge_type FROM stormdisc_get_edges(id(91));
SELECT * FROM stormdisc_get_edges(id(77));
SET stormdisc.edge_cycles = 'quarantine';
SELECT stormdisc_add_edge(id(4), id(2));
SELECT stormdisc_add_edge(id(4), id(2));
RESET stormdisc.edge_cycles;
SET stormdisc.edge_cycles = 'ignore';
SELECT n(from_event_id), n(to_event_id), edge_type, quarantined, id IS NULL AS of_parent FROM stormdisc.causal_edges ORDER BY from_event_id, to_event_id, edge_type;
-- by hand
INSERT INTO stormdisc.causal_edges (from_event_id, to_event_id, edge_type) VALUES (id(4), id(1), 'HappensBefore');
INSERT INTO stormdisc.causal_edges (from_event_id, to_event_id, edge_type, weight) VALUES (id(1), id(4), 'AsyncSpawn', 2);
INSERT INTO stormdisc.causal_edges (from_event_id, to_event_id) VALUES (id(1), id(3)), (id(2), id(3));
INSERT INTO stormdisc.causal_edges (from_event_id) VALUES (id(1));
UPDATE stormdisc.causal_edges SET weight = 3, metadata = '{}' WHERE from_event_id = id(1) AND id IS NOT NULL;
UPDATE stormdisc.causal_edges SET to_event_id = id(1), from_event_id = id(4) WHERE edge_type = 'AsyncSpawn';
UPDATE stormdisc.causal_edges SET to_event_id = id(93) WHERE edge_type = 'AsyncSpawn';
UPDATE stormdisc.causal_edges SET weight = 3 WHERE from_event_id = id(1) AND id IS NULL;
DELETE FROM stormdisc.causal_edges WHERE from_event_id = id(1) AND id IS NULL;
DELETE FROM stormdisc.causal_edges WHERE from_event_id = id(2) AND id IS NOT NULL;
SELECT n(from_event_id), n(to_event_id), edge_type, weight, metadata FROM stormdisc.causal_edges WHERE from_event_id IN (id(1), id(2)) ORDER BY from_event_id, to_event_id, edge_type;
-- what is given back is what is stored; one in quarantine is looked at before it counts again
INSERT INTO stormdisc.causal_edges (from_event_id, to_event_id, id, quarantined) VALUES (id(2), id(4), -1, true)
	RETURNING n(from_event_id), n(to_event_id), edge_type, trace_id = tr(1) AS of_trace, id > 0 AS has_id, quarantined, created_at > '2025-01-01' AS is_new;
SELECT n(from_event_id), n(to_event_id) FROM stormdisc.causal_edges WHERE quarantined;
UPDATE stormdisc.causal_edges SET quarantined = false WHERE quarantined RETURNING quarantined;
SET stormdisc.edge_cycles = 'quarantine';
UPDATE stormdisc.causal_edges SET quarantined = false WHERE quarantined RETURNING quarantined;
UPDATE stormdisc.causal_edges SET weight = 5 WHERE quarantined RETURNING weight, quarantined;
RESET stormdisc.edge_cycles;
UPDATE stormdisc.causal_edges SET quarantined = true WHERE from_event_id = id(2) AND to_event_id = id(4) RETURNING quarantined;
UPDATE stormdisc.causal_edges SET quarantined = false WHERE from_event_id = id(4) AND to_event_id = id(2) RETURNING quarantined;
UPDATE stormdisc.causal_edges SET quarantined = false WHERE from_event_id = id(2) AND to_event_id = id(4) RETURNING quarantined;
SELECT n(from_event_id), n(to_event_id), quarantined FROM stormdisc.causal_edges WHERE (from_event_id, to_event_id) IN ((id(2), id(4)), (id(4), id(2))) ORDER BY from_event_id;
UPDATE stormdisc.causal_edges SET id = id + 1 WHERE from_event_id = id(4) AND to_event_id = id(2);
UPDATE stormdisc.causal_edges SET created_at = 'epoch' WHERE from_event_id = id(4) AND to_event_id = id(2);
UPDATE stormdisc.causal_edges SET to_event_id = id(77) WHERE from_event_id = id(4) AND to_event_id = id(2) RETURNING n(to_event_id), id > 0 AS has_id, quarantined;
DELETE FROM stormdisc.causal_edges WHERE from_event_id = id(4) AND id IS NOT NULL OR to_event_id = id(4) AND from_event_id = id(2);
-- the type of a parent's edge, by the kind of the child
SELECT stormdisc_add_events_batch((SELECT jsonb_agg(ev(100 + n::int, 1, jsonb_build_object('kind', kind))) FROM (SELECT kind, row_number() OVER () AS n FROM kinds) k));
SELECT k AS kind, edge_type FROM stormdisc_get_edges(id(1)) s JOIN stormdisc.events e ON e.id = to_event_id, jsonb_object_keys(e.kind) k WHERE s.id IS NULL AND n(to_event_id) > 100 ORDER BY to_event_id;

-- roots
SELECT stormdisc_clear();
SELECT stormdisc_add_events_batch(jsonb_build_array(ev(1), ev(2, 1), ev(3, 99), ev(51, NULL, '{}', 2)));
SELECT stormdisc_set_trace_root(tr(1), id(2));
SELECT stormdisc_set_trace_root(tr(1), id(2));
SELECT stormdisc_set_trace_root(tr(1), id(1));
SELECT stormdisc_set_trace_root(tr(1), id(98));
SELECT stormdisc_set_trace_root(tr(1), id(51));
SELECT stormdisc_set_trace_root(NULL, id(51));
SELECT stormdisc_set_trace_root(tr(1), NULL);
SELECT n(e) FROM stormdisc_get_trace_roots(tr(1)) e;
SELECT n(e) FROM stormdisc_get_trace_roots(tr(3)) e;
INSERT INTO stormdisc.trace_roots (trace_id, root_event_id) VALUES (tr(2), id(52)), (tr(1), id(2));
INSERT INTO stormdisc.trace_roots (trace_id) VALUES (tr(2));
INSERT INTO stormdisc.trace_roots (trace_id, root_event_id, created_at) VALUES (tr(2), id(53), 'epoch') RETURNING n(root_event_id), created_at > now() - interval '1 hour' AS just_now;
DELETE FROM stormdisc.trace_roots WHERE root_event_id IN (id(1), id(2), id(52), id(53));
SELECT n(root_event_id) FROM stormdisc.trace_roots ORDER BY 1;
-- a late parent takes the root's place
SELECT stormdisc_add_event(ev(99));
SELECT n(e) FROM stormdisc_get_trace_roots(tr(1)) e;

-- what follows from events is in step with anything
DELETE FROM stormdisc.events WHERE id = id(1);
SELECT n(e) FROM stormdisc_get_trace_roots(tr(1)) e;
TRUNCATE stormdisc.events;
SELECT (SELECT count(*) FROM stormdisc.cross_trace_index) AS accesses, (SELECT count(*) FROM stormdisc.causal_edges) AS edges, (SELECT count(*) FROM stormdisc.trace_roots) AS roots;

-- baselines
SELECT stormdisc_clear();
SELECT count(stormdisc_record_baseline_micros('op', i::bigint)) FROM generate_series(1, 1000) i;
SELECT stormdisc_record_baseline_metric('one', interval '1 min 2 s 3 us');
SELECT stormdisc_record_baseline_micros('none', 0);
SELECT operation, count, total_duration_micros AS total, min_duration_micros AS min, max_duration_micros AS max, mean_duration_micros AS mean, variance, round(sample_variance::numeric, 6) AS sample, round(std_dev::numeric, 6) AS std_dev
FROM stormdisc.baseline_metrics ORDER BY 1;
SELECT operation, abs(p50_duration_micros / 500 - 1) < 0.01, abs(p90_duration_micros / 900 - 1) < 0.01, abs(p95_duration_micros / 950 - 1) < 0.01, abs(p99_duration_micros / 990 - 1) < 0.01 FROM stormdisc_get_baseline_metric('op');
SELECT p50_duration_micros, p99_duration_micros FROM stormdisc_get_baseline_metric('one');
SELECT p50_duration_micros, p99_duration_micros, sample_variance FROM stormdisc_get_baseline_metric('none');
SELECT * FROM stormdisc_get_baseline_metric('nobody');
-- large numbers that differ little
SELECT count(stormdisc_record_baseline_micros('stable', 1000000000000 + i)) FROM generate_series(1, 9) i;
SELECT mean_duration_micros, round(variance::numeric, 3) AS variance, round(sample_variance::numeric, 3) AS sample FROM stormdisc_get_baseline_metric('stable');
SELECT stormdisc_record_baseline_micros('op', -1);
SELECT stormdisc_record_baseline_metric('op', interval '-1 us');
SELECT stormdisc_record_baseline_metric('op', interval '300000 years');
SELECT stormdisc_record_baseline_metric('op', NULL);
SELECT stormdisc_record_baseline_metric('literal', '5 ms');
SELECT stormdisc_record_baseline_micros('op', NULL::bigint);
SELECT stormdisc_record_baseline_micros(NULL, 1);
SELECT stormdisc_record_baseline_micros('', 1);
SELECT stormdisc_record_baseline_micros(repeat('x', 1025), 1);
SELECT stormdisc_record_baseline_micros('big', 9223372036854775807);
\set VERBOSITY sqlstate
SELECT stormdisc_record_baseline_micros('big', 1);
\set VERBOSITY default
-- of two operations, one
SELECT count(stormdisc_record_baseline_micros('op2', i::bigint)) FROM generate_series(1001, 2000) i;
SELECT stormdisc_merge_baseline_metric('op', 'op2');
SELECT stormdisc_merge_baseline_metric('op', 'op2');
SELECT stormdisc_merge_baseline_metric('op', 'op');
SELECT count, total_duration_micros AS total, mean_duration_micros AS mean, round(variance::numeric, 6) AS variance, (SELECT round(var_pop(i), 6) FROM generate_series(1, 2000) i) AS expected, abs(p50_duration_micros / 1000 - 1) < 0.01 AS p50
FROM stormdisc_get_baseline_metric('op');

-- export and import: what comes out goes in
SELECT stormdisc_clear();
SELECT stormdisc_add_events_batch(jsonb_build_array(ev(1, NULL, '{"more": "é \\ \" \n"}'), ev(2, 3, '{"timestamp": "2025-01-31T12:00:00.123456789Z", "causality_vector": {"a": 18446744073709551615}}'), ev(3, 2), ev(51, NULL, '{}', 2)));
SET stormdisc.edge_cycles = 'quarantine';
SELECT stormdisc_add_edge(id(1), id(2), weight => 7), stormdisc_add_edge(id(2), id(1), 'DirectCall', metadata => '{"x": 1}'), stormdisc_add_edge(id(91), id(92), trace_id => tr(3)), stormdisc_set_trace_root(tr(1), id(3));
RESET stormdisc.edge_cycles;
SELECT * FROM stormdisc_export_traces(ARRAY[tr(1)]);
CREATE TABLE exported AS SELECT * FROM stormdisc_export_traces() WITH ORDINALITY e (line, n);
SELECT count(*) FROM exported;
SELECT stormdisc_clear();
SELECT * FROM stormdisc_import_traces((SELECT array_agg(line ORDER BY n) FROM exported));
SELECT * FROM stormdisc_import_traces((SELECT string_agg(line, E'\r\n' ORDER BY n) || E'\n\n' FROM exported));
SELECT line FROM exported EXCEPT SELECT * FROM stormdisc_export_traces();
SELECT * FROM stormdisc_export_traces() EXCEPT SELECT line FROM exported;
-- in any order of the lines
SELECT stormdisc_clear();
SELECT * FROM stormdisc_import_traces((SELECT array_agg(line ORDER BY n DESC) FROM exported));
SELECT count(*) FROM (SELECT line FROM exported EXCEPT SELECT * FROM stormdisc_export_traces()) e;
SELECT * FROM stormdisc_import_traces('');
SELECT * FROM stormdisc_import_traces(NULL::text);
SELECT * FROM stormdisc_import_traces(ARRAY[NULL]::text[]);
\set VERBOSITY sqlstate
SELECT * FROM stormdisc_import_traces('x');
\set VERBOSITY default
SELECT * FROM stormdisc_import_traces(ev(60)::text || E'\n\n{"id": 1}');
SELECT * FROM stormdisc_import_traces('{"edge": 1}');
SELECT * FROM stormdisc_import_traces('{"edge": ["trace_id", 1]}');
SELECT * FROM stormdisc_import_traces('{"root": ["trace_id", 1]}');
SELECT * FROM stormdisc_import_traces('{"edge": {"trace_id": "00000000-0000-0000-0000-000000000001"}}');
SELECT * FROM stormdisc_import_traces('{"root": {"trace_id": "x"}}');
SELECT * FROM stormdisc_import_traces(E'\n' || format('{"edge": {"trace_id": "%s", "from_event_id": "%s", "to_event_id": "%s", "edge_type": "HappensBefore"}}', tr(9), id(60), id(60)));
SELECT * FROM stormdisc_import_traces(format(E'{"edge": {"trace_id": "%s", "from_event_id": "%s", "to_event_id": "%s", "edge_type": "HappensBefore"}}\n{"edge": {"trace_id": "%1$s", "from_event_id": "%3$s", "to_event_id": "%2$s", "edge_type": "HappensBefore"}}', tr(9), id(60), id(61)));
SELECT count(*) FROM stormdisc.events WHERE id = id(60);
SELECT * FROM stormdisc_export_traces(ARRAY[NULL]::uuid[]);

-- retention: whole traces, by their newest event
SELECT stormdisc_clear();
CREATE FUNCTION ago(interval) RETURNS jsonb LANGUAGE sql AS $$ SELECT jsonb_build_object('timestamp', to_char(clock_timestamp() AT TIME ZONE 'UTC' - $1, 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"')) $$;
SELECT stormdisc_add_events_batch(jsonb_build_array(ev(1, NULL, ago('3 h')), ev(2, 1, ago('1 h')), ev(11, NULL, ago('3 h'), 2), ev(12, 11, ago('4 h'), 2), ev(21, NULL, ago('200 h'), 3)));
SELECT stormdisc_add_edge(id(11), id(12), 'ConcurrentWith'), stormdisc_add_edge(id(1), id(2)), stormdisc_set_trace_root(tr(2), id(12)), stormdisc_set_trace_root(tr(1), id(2));
SELECT stormdisc_cleanup_old_traces();
SELECT stormdisc_cleanup_old_traces(2);
SELECT stormdisc_cleanup_old_traces(2);
SELECT n(id) FROM stormdisc.events ORDER BY 1;
SELECT (SELECT count(*) FROM stormdisc.edge_store) AS edges, (SELECT count(*) FROM stormdisc.root_store) AS roots;
SET stormdisc.retention_hours = 0;
SELECT stormdisc_cleanup_old_traces();
SELECT (SELECT count(*) FROM stormdisc.edge_store) AS edges, (SELECT count(*) FROM stormdisc.root_store) AS roots;
RESET stormdisc.retention_hours;
SELECT stormdisc_cleanup_old_traces(-1);
SELECT stormdisc_cleanup_old_traces(9223372036854775807);
-- and by maintenance
SELECT stormdisc_add_events_batch(jsonb_build_array(ev(1, NULL, ago('3 h')), ev(11, NULL, ago('200 h'), 2), ev(12, NULL, ago('201 h'), 2), ev(21, NULL, ago('202 h'), 3)));
SELECT relation_name, action, rows, is_done FROM stormdisc_maintain(dry_run => true) WHERE rule = 'traces';
SELECT relation_name, action, rows, is_done FROM stormdisc_maintain(max_rows => 1) WHERE rule = 'traces';
SELECT relation_name, action, rows, is_done FROM stormdisc_maintain() WHERE rule = 'traces';
SELECT n(id) FROM stormdisc.events;
SELECT keep_for, is_default FROM stormdisc.retention_policies WHERE rule = 'traces';
SET stormdisc.retention_hours = 2;
SELECT keep_for, is_default FROM stormdisc.retention_policies WHERE rule = 'traces';
SELECT rows FROM stormdisc_maintain() WHERE rule = 'traces';
RESET stormdisc.retention_hours;

-- storage
SELECT stormdisc_add_events_batch(jsonb_build_array(ev(1), ev(2, 1), ev(11, NULL, '{}', 2))), stormdisc_add_edge(id(1), id(2));
SELECT stormdisc_get_storage();
SELECT * FROM stormdisc_set_storage('memory');
SELECT stormdisc_get_storage(), (SELECT string_agg(DISTINCT relpersistence::text, '') FROM pg_class WHERE relnamespace = 'stormdisc'::regnamespace AND relname ~ '^(events|edge_store|root_store|baseline_store)');
SET stormdisc.max_events_in_memory = 4;
SELECT stormdisc_add_event(ev(21, NULL, '{"timestamp": "2025-01-30T00:00:00Z"}', 3));
SELECT n(id) FROM stormdisc.events ORDER BY 1;
SELECT stormdisc_add_event(ev(22, NULL, '{"timestamp": "2025-01-30T00:00:00Z"}', 4));
SELECT n(id) FROM stormdisc.events ORDER BY 1;
SELECT stormdisc_add_events_batch(jsonb_build_array(ev(31, NULL, '{}', 5), ev(32, NULL, '{}', 5), ev(33, NULL, '{}', 5), ev(34, NULL, '{}', 5), ev(35, NULL, '{}', 5)));
SELECT n(id) FROM stormdisc.events ORDER BY 1;
RESET stormdisc.max_events_in_memory;
SELECT * FROM stormdisc_set_storage('supabase');
SELECT stormdisc_get_storage(), (SELECT string_agg(DISTINCT relpersistence::text, '') FROM pg_class WHERE relnamespace = 'stormdisc'::regnamespace AND relname ~ '^(events|edge_store|root_store|baseline_store)');
SELECT * FROM stormdisc_set_storage('mysql');
SELECT * FROM stormdisc_set_storage(NULL);

-- a table that is not as it was made is written to by statements: the same
BEGIN;
ALTER TABLE stormdisc.events ADD COLUMN mine int DEFAULT 7;
SELECT stormdisc_clear();
SELECT stormdisc_add_events_batch(jsonb_build_array(ev(3, 2), ev(2, 1), ev(1), ev(4, 4), ev(5, NULL, '{"causality_vector": {"a": 1}, "x": 1, "timestamp": "2025-01-31T12:00:00.000000001Z"}')));
SELECT stormdisc_add_events_batch(jsonb_build_array(ev(3, 2), ev(6, 5)));
SELECT n(id), n(parent_id), variable, causality_vector, extra, timestamp_nanos, parent_quarantined, mine FROM stormdisc.events ORDER BY 1;
ROLLBACK;

SELECT stormdisc_add_events_batch(jsonb_build_array(ev(1), ev(2, 1)));
-- in a transaction that only reads
BEGIN READ ONLY;
SELECT stormdisc_add_event(ev(70));
ROLLBACK;
BEGIN READ ONLY;
SELECT stormdisc_record_baseline_micros('op', 1);
ROLLBACK;
BEGIN READ ONLY;
SELECT stormdisc_get_event(id(1)) IS NOT NULL AS there, (SELECT count(*) FROM stormdisc_get_trace_events(tr(1))) AS events, (SELECT count(*) FROM stormdisc_get_edges(id(1))) AS edges;
COMMIT;
-- what a statement has added it can see, and a rollback takes it back
BEGIN;
SELECT stormdisc_add_event(ev(80)), stormdisc_add_event(ev(80)), stormdisc_add_edge(id(80), id(1));
SELECT count(*) FROM stormdisc_get_edges(id(80));
ROLLBACK;
SELECT stormdisc_get_event(id(80));

-- an edge and a root that are older than their event, which then came in another trace, are of no trace, but go in and out
SELECT stormdisc_clear();
SELECT stormdisc_add_edge(id(1), id(2), trace_id => tr(1)), stormdisc_set_trace_root(tr(1), id(1));
SELECT stormdisc_add_event(ev(1, NULL, '{}', 2)), stormdisc_add_event(ev(2));
CREATE TABLE void AS SELECT * FROM stormdisc_export_traces() WITH ORDINALITY e (line, n);
SELECT stormdisc_clear();
SELECT * FROM stormdisc_import_traces((SELECT array_agg(line ORDER BY n) FROM void));
SELECT count(*) FROM (SELECT line FROM void EXCEPT SELECT * FROM stormdisc_export_traces()) e;
SELECT n(from_event_id), n(to_event_id), quarantined FROM stormdisc.causal_edges;
SELECT trace_id = tr(2) AS second, n(root_event_id) FROM stormdisc.trace_roots ORDER BY 1, 2;
SELECT n(e) FROM stormdisc_get_trace_roots(tr(1)) e;

-- whether the link to its parent counts is not for who sends an event to say, but an export tells
SELECT stormdisc_clear();
SELECT stormdisc_add_event(ev(1)), stormdisc_add_event(ev(2, 1, '{"parent_quarantined": true}'));
SELECT stormdisc_add_events_batch(jsonb_build_array(ev(3, 2, '{"parent_quarantined": true}'), ev(4, 5), ev(5, 4, '{"parent_quarantined": false}')));
SELECT * FROM links;
SELECT * FROM stormdisc_import_traces(ev(6, 1, '{"parent_quarantined": true}')::text);
SELECT event FROM links WHERE parent_quarantined AND event = 6;

-- what a trigger adds is looked at as well, whatever it is that it is run by
BEGIN;
CREATE FUNCTION more() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
	INSERT INTO stormdisc.events (id, trace_id, parent_id, kind, "timestamp", metadata)
	SELECT traces_test.id(i), NEW.trace_id, traces_test.id(j), NEW.kind, NEW."timestamp", NEW.metadata FROM (VALUES (11, 12), (12, 11)) v (i, j);
	RETURN NULL;
END $$;
CREATE TRIGGER more AFTER INSERT ON stormdisc.events FOR EACH ROW WHEN (NEW.extra IS NOT NULL) EXECUTE FUNCTION more();
SET LOCAL client_min_messages = error;
SELECT stormdisc_add_events_batch(jsonb_build_array(ev(10, NULL, '{"a": 1}'), ev(13, 14), ev(14, 13)));
SELECT * FROM links WHERE event >= 10;
ROLLBACK;

-- times that RFC 3339 can tell, and no others, however they come
SELECT wrong(ev(200, NULL, jsonb_build_object('timestamp', t))) FROM unnest('{0001-01-01T00:00:00+00:01,9999-12-31T23:59:59.999999999-00:01,9999-12-31T23:59:60Z,0000-01-01T00:00:00Z}'::text[]) t;
SELECT stormdisc_add_events_batch(jsonb_build_array(ev(201, NULL, '{"timestamp": "0001-01-01T00:00:00Z"}', 7), ev(202, NULL, '{"timestamp": "9999-12-31T23:59:59.999999999Z"}', 7)));
SELECT stormdisc_add_event(id(203), tr(7), NULL, ev(1) -> 'kind', '0001-01-01 00:00:00+00:01', ev(1) -> 'metadata');
SELECT stormdisc_add_event(id(203), tr(7), NULL, ev(1) -> 'kind', '10000-01-01 00:00:00+00', ev(1) -> 'metadata');
SELECT stormdisc_add_event(id(203), tr(7), NULL, ev(1) -> 'kind', 'infinity', ev(1) -> 'metadata');
SET timezone = 'Asia/Tokyo';
\set VERBOSITY sqlstate
INSERT INTO stormdisc.events (id, trace_id, kind, "timestamp", metadata) VALUES (id(203), tr(7), ev(1) -> 'kind', '0001-12-31 23:59:59+00 BC', ev(1) -> 'metadata');
INSERT INTO stormdisc.events (id, trace_id, kind, "timestamp", metadata) VALUES (id(203), tr(7), ev(1) -> 'kind', '10000-01-01 00:00:00+00', ev(1) -> 'metadata');
INSERT INTO stormdisc.events (id, trace_id, kind, "timestamp", metadata) VALUES (id(203), tr(7), ev(1) -> 'kind', '-infinity', ev(1) -> 'metadata');
\set VERBOSITY default
INSERT INTO stormdisc.events (id, trace_id, kind, "timestamp", metadata) VALUES (id(204), tr(7), ev(1) -> 'kind', '0001-01-01 00:00:00+00', ev(1) -> 'metadata'),
	(id(205), tr(7), ev(1) -> 'kind', '9999-12-31 23:59:59.999999+00', ev(1) -> 'metadata');
SET timezone = 'UTC';
SELECT e ->> 'timestamp' AS "timestamp", stormdisc_add_event(e) AS is_new FROM stormdisc_get_trace_events(tr(7)) e;

-- other fields are none of those that are known
\set VERBOSITY sqlstate
INSERT INTO stormdisc.events (id, trace_id, kind, "timestamp", metadata, extra) VALUES (id(206), tr(7), ev(1) -> 'kind', 'epoch', ev(1) -> 'metadata', '{"id": 1}');
INSERT INTO stormdisc.events (id, trace_id, kind, "timestamp", metadata, extra) VALUES (id(206), tr(7), ev(1) -> 'kind', 'epoch', ev(1) -> 'metadata', '{"a": 1, "parent_quarantined": true}');
INSERT INTO stormdisc.events (id, trace_id, kind, "timestamp", metadata, extra) VALUES (id(206), tr(7), ev(1) -> 'kind', 'epoch', ev(1) -> 'metadata', '["a"]');
\set VERBOSITY default
INSERT INTO stormdisc.events (id, trace_id, kind, "timestamp", metadata, extra) VALUES (id(206), tr(7), ev(1) -> 'kind', 'epoch', ev(1) -> 'metadata', '{"ID": 1}'), (id(207), tr(7), ev(1) -> 'kind', 'epoch', ev(1) -> 'metadata', '{}');
SELECT stormdisc_get_event(id(206)) -> 'ID' AS other, stormdisc_add_event(stormdisc_get_event(id(206))) AS is_new, stormdisc_add_event(stormdisc_get_event(id(207))) AS is_new;

SELECT stormdisc_clear();
RESET search_path;
SET client_min_messages = warning;
DROP SCHEMA traces_test CASCADE;
