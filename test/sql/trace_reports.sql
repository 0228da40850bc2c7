--
-- Reports on traces: critical path, audit trail, races between traces,
-- anomalies, summaries, dependencies, diagrams
--
SET TimeZone = 'UTC';
SELECT stormdisc_clear();

-- Event n of trace t, so many milliseconds after the hour.
CREATE FUNCTION pg_temp.eid(n int) RETURNS uuid LANGUAGE sql IMMUTABLE AS
$$SELECT ('00000000-0000-4000-8000-' || lpad(n::text, 12, '0'))::uuid$$;
CREATE FUNCTION pg_temp.tid(t text) RETURNS uuid LANGUAGE sql IMMUTABLE AS
$$SELECT ('aaaaaaaa-0000-4000-8000-' || lpad(encode(t::bytea, 'hex'), 12, '0'))::uuid$$;
CREATE FUNCTION pg_temp.ev(t text, n int, at_ms numeric, parent int, kind text, fields jsonb, ms numeric DEFAULT NULL, more jsonb DEFAULT '{}',
	clock jsonb DEFAULT NULL, locks jsonb DEFAULT NULL) RETURNS void LANGUAGE sql AS $$
	INSERT INTO stormdisc.events (id, trace_id, parent_id, kind, "timestamp", timestamp_nanos, metadata, causality_vector, lock_set)
	VALUES (pg_temp.eid(n), pg_temp.tid(t), pg_temp.eid(parent), jsonb_build_object(kind, fields),
		'2026-03-01 12:00Z'::timestamptz + trunc(at_ms, 3) * interval '1 ms', ((at_ms - trunc(at_ms, 3)) * 1000000)::int,
		jsonb_strip_nulls('{"service_name": "s", "process_id": 1, "thread_id": "main", "environment": "test", "tags": {}}'
			|| jsonb_build_object('duration_ns', (ms * 1000000)::bigint) || more), clock::stormdisc.vclock, locks)
$$;
CREATE FUNCTION pg_temp.call(t text, n int, at_ms numeric, ms numeric, parent int DEFAULT NULL, more jsonb DEFAULT '{}') RETURNS void LANGUAGE sql AS
$$SELECT pg_temp.ev(t, n, at_ms, parent, 'FunctionCall', jsonb_build_object('function_name', 'f' || n, 'module', 'm', 'args', NULL, 'file', 'f.c', 'line', 1), ms, more)$$;
CREATE FUNCTION pg_temp.access(t text, n int, at_ms numeric, variable text, access text, thread text DEFAULT 'main', parent int DEFAULT NULL,
	clock jsonb DEFAULT NULL, locks jsonb DEFAULT NULL, service text DEFAULT 's') RETURNS void LANGUAGE sql AS
$$SELECT pg_temp.ev(t, n, at_ms, parent, 'StateChange', jsonb_build_object('variable', variable, 'old_value', n - 1, 'new_value', n,
	'location', 'v.c:' || n, 'access_type', access), NULL, jsonb_build_object('thread_id', thread, 'service_name', service), clock, locks)$$;
CREATE FUNCTION pg_temp.path(t text, mode text DEFAULT 'crisp') RETURNS TABLE (seq int, what text, enter text, leave text, us numeric, slack_us numeric) LANGUAGE sql AS
$$SELECT seq, coalesce(operation, '(idle)'), to_char(enter, 'US'), to_char(leave, 'US'), round(exclusive_ns / 1000.0, 3), round(slack_ns / 1000.0, 3)
	FROM stormdisc_get_critical_path(pg_temp.tid(t), mode) ORDER BY seq$$;
\pset null '-'
\o /dev/null

-- ---- critical path ----
-- a: children one after the other, the last one of two at once, a child's child
SELECT pg_temp.call('a', 1, 0, 100), pg_temp.call('a', 2, 10, 20, 1), pg_temp.call('a', 3, 40, 50, 1), pg_temp.call('a', 4, 45, 40, 1), pg_temp.call('a', 5, 50, 30, 3);
-- b: a child that outlives its parent, and one that starts after it
SELECT pg_temp.call('b', 11, 0, 50), pg_temp.call('b', 12, 30, 60, 11), pg_temp.call('b', 13, 100, 20, 11);
-- c: points only
SELECT pg_temp.call('c', 21, 0, NULL), pg_temp.call('c', 22, 5, NULL, 21), pg_temp.call('c', 23, 7.0005, NULL, 22), pg_temp.call('c', 24, 6, NULL, 21);
-- d: two roots that overlap, and one alone later
SELECT pg_temp.call('d', 31, 0, 60), pg_temp.call('d', 32, 40, 40), pg_temp.call('d', 33, 90, 10);
-- e: the clock of the child's machine is behind
SELECT pg_temp.call('e', 41, 10, 40), pg_temp.call('e', 42, 5, 40, 41);
-- f: two predecessors; what was waited for counts, not who was called
SELECT pg_temp.call('f', 51, 0, 100), pg_temp.call('f', 52, 10, 70, NULL, '{"thread_id": "other"}'), pg_temp.call('f', 53, 85, 10, 51);
SELECT stormdisc_add_edge(pg_temp.eid(52), pg_temp.eid(53)), stormdisc_add_edge(pg_temp.eid(51), pg_temp.eid(52), 'ConcurrentWith');
-- g: a task that a point has spawned belongs to who still runs
SELECT pg_temp.call('g', 61, 0, 100), pg_temp.call('g', 62, 5, NULL, 61), pg_temp.call('g', 63, 10, 80, 62);
-- h: a request leads into another service
SELECT pg_temp.ev('h', 71, 0, NULL, 'HttpRequest', '{"method": "GET", "url": "/x", "headers": {}}', 50, '{"distributed_span_id": "q"}'),
	pg_temp.call('h', 72, 10, 30, NULL, '{"service_name": "t", "upstream_span_id": "q"}'),
	pg_temp.ev('h', 73, 50, 71, 'HttpResponse', '{"status": 503, "headers": {}, "duration_ms": 50}');
\o
SELECT * FROM pg_temp.path('a');
SELECT * FROM pg_temp.path('b');
SELECT * FROM pg_temp.path('c');
SELECT * FROM pg_temp.path('d');
SELECT * FROM pg_temp.path('e');
SELECT * FROM pg_temp.path('f');
SELECT * FROM pg_temp.path('g');
SELECT * FROM pg_temp.path('h');
SELECT * FROM pg_temp.path('a', 'raceway');
SELECT * FROM pg_temp.path('c', 'raceway');
SELECT * FROM pg_temp.path('f', 'raceway');

-- the pieces touch, and add up to the time from the first start to the last end
SELECT count(*) AS touch, count(*) FILTER (WHERE enter <> before) AS do_not
FROM unnest('{a,b,c,d,e,f,g,h}'::text[]) t, LATERAL (
	SELECT enter, lag(leave) OVER (ORDER BY seq) AS before FROM stormdisc_get_critical_path(pg_temp.tid(t))) p
WHERE before IS NOT NULL;
SELECT t, sum(exclusive_ns) AS sum,
	(SELECT (extract(epoch FROM max("timestamp" + timestamp_nanos / 1000 * interval '1 us'
			+ coalesce((metadata ->> 'duration_ns')::numeric, 0) / 1000 * interval '1 us') - min("timestamp")) * 1000000000)::bigint
		+ CASE t WHEN 'c' THEN 500 ELSE 0 END FROM stormdisc.events e WHERE trace_id = pg_temp.tid(t)) AS wall
FROM unnest('{a,b,c,d,e,f,g,h}'::text[]) t, stormdisc_get_critical_path(pg_temp.tid(t)) GROUP BY t ORDER BY t;
SELECT kind, service, thread, exclusive FROM stormdisc_get_critical_path(pg_temp.tid('h')) ORDER BY seq;

SELECT count(*) FROM stormdisc_get_critical_path(pg_temp.tid('none'));
\set VERBOSITY sqlstate
SELECT stormdisc_get_critical_path(NULL);
SELECT stormdisc_get_critical_path(pg_temp.tid('a'), NULL);
SELECT stormdisc_get_critical_path(pg_temp.tid('a'), 'longest');
\set VERBOSITY default
SELECT stormdisc_get_critical_path(pg_temp.tid('a'), 'longest');

-- three hundred years, and durations that add up to more
\o /dev/null
SELECT pg_temp.ev('y', 81, 0, NULL, 'Custom', '{"name": "x", "data": 1}', 9000000000000), pg_temp.ev('y', 82, 1, 81, 'Custom', '{"name": "y", "data": 1}', 9000000000000);
\o
SELECT count(*), sum(exclusive_ns) FROM stormdisc_get_critical_path(pg_temp.tid('y'));
SELECT * FROM stormdisc_get_critical_path(pg_temp.tid('y'), 'raceway');
INSERT INTO stormdisc.events (id, trace_id, kind, "timestamp", metadata) VALUES (pg_temp.eid(83), pg_temp.tid('y'),
	'{"Custom": {"name": "z", "data": 1}}', '2500-01-01Z', '{"service_name": "s", "process_id": 1, "thread_id": "main", "environment": "test", "tags": {}}');
SELECT * FROM stormdisc_get_critical_path(pg_temp.tid('y'));
DELETE FROM stormdisc.events WHERE trace_id = pg_temp.tid('y');

-- ---- audit trail ----
\o /dev/null
SELECT pg_temp.call('k', 100, 0, 10), pg_temp.access('k', 101, 1, 'x', 'Write', 't1', 100), pg_temp.access('k', 102, 2, 'x', 'Read', 't2', 101),
	pg_temp.access('k', 103, 3, 'x', 'AtomicRMW', 't3', 102), pg_temp.access('k', 107, 3, 'y', 'Write', 't2', 100), pg_temp.access('k', 108, 3, 'y', 'Write', 't1', 100),
	pg_temp.access('k', 109, 5, 'x', 'Write', 't4', 101), pg_temp.access('k', 104, 3.0005, 'x', 'Read', 't3'), pg_temp.access('l', 105, 2.5, 'x', 'Write', 't1', NULL, NULL, '["m", {"lock": "n", "mode": "shared"}]'),
	pg_temp.access('l', 106, 4, 'y', 'Write', 't1');
\o
SELECT event_id, trace_id, to_char("timestamp", 'US') AS at, timestamp_nanos AS nanos, service, thread, access_type, old_value, new_value, location, lock_set, is_race
FROM stormdisc_get_audit_trail('x');
SELECT event_id, is_race FROM stormdisc_get_audit_trail('x', pg_temp.tid('l'));
SELECT event_id, is_race FROM stormdisc_get_audit_trail('x', with_races => true);
-- the same as what detect_races says
SELECT DISTINCT unnest(ARRAY[event1_id, event2_id]) AS event_id FROM stormdisc_detect_races(pg_temp.tid('k')) ORDER BY 1;
SELECT event_id FROM stormdisc_get_audit_trail('x', since => '2026-03-01 12:00:00.002Z', until => '2026-03-01 12:00:00.003Z');
SELECT event_id, is_race FROM stormdisc_get_audit_trail('x', max_rows => 2, with_races => true);
SELECT count(*) FROM stormdisc_get_audit_trail('no such variable', with_races => true);
SELECT count(*) FROM stormdisc_get_audit_trail('');
-- the same by a statement, which takes over where the table is not as we made it
CREATE TEMP VIEW trails AS
SELECT 1 AS n, t.* FROM stormdisc_get_audit_trail('x') t UNION ALL SELECT 2, t.* FROM stormdisc_get_audit_trail('x', pg_temp.tid('l')) t
UNION ALL SELECT 3, t.* FROM stormdisc_get_audit_trail('x', since => '2026-03-01 12:00:00.002Z') t
UNION ALL SELECT 4, t.* FROM stormdisc_get_audit_trail('x', until => '2026-03-01 12:00:00.003Z', max_rows => 2) t;
CREATE TEMP TABLE directly AS SELECT * FROM trails;
BEGIN;
ALTER TABLE stormdisc.events ENABLE ROW LEVEL SECURITY;
SELECT count(*), count(DISTINCT n) FROM (SELECT * FROM trails INTERSECT ALL SELECT * FROM directly) t;
ROLLBACK;
-- with columns that somebody has added, or dropped
BEGIN;
ALTER TABLE stormdisc.events ADD COLUMN mine text DEFAULT 'mine', ADD COLUMN number int DEFAULT 1, ADD COLUMN more text[] DEFAULT '{more}';
SELECT count(*), count(DISTINCT n) FROM (SELECT * FROM trails INTERSECT ALL SELECT * FROM directly) t;
UPDATE stormdisc.events SET number = 2;
SELECT count(*), count(DISTINCT n) FROM (SELECT * FROM trails INTERSECT ALL SELECT * FROM directly) t;
ALTER TABLE stormdisc.events DROP COLUMN lock_set;
\set VERBOSITY sqlstate
SELECT count(*) FROM trails;
\set VERBOSITY default
ROLLBACK;
SELECT count(*) FROM directly;
-- fields of any shape, more metadata than names are kept of, many at one time
BEGIN;
INSERT INTO stormdisc.events (id, trace_id, kind, "timestamp", metadata, lock_set)
SELECT md5('shape' || i)::uuid, pg_temp.tid('m'),
	jsonb_build_object('StateChange', jsonb_build_object('variable', 'shapes', 'new_value', value, 'location', 'a.c:' || i,
		'access_type', (ARRAY['Read', 'Write', 'AtomicRead', 'AtomicWrite', 'AtomicRMW'])[1 + i % 5])
		|| CASE WHEN i % 3 > 0 THEN jsonb_build_object('old_value', value) ELSE '{}' END
		|| CASE WHEN i % 4 = 0 THEN (SELECT jsonb_object_agg(repeat('k', 1 + k % 12) || k, value) FROM generate_series(1, 40) AS k) ELSE '{}' END),
	'2026-03-02 12:00Z'::timestamptz + interval '1 ms' * CASE WHEN i < 400 THEN i ELSE 1000 END,
	jsonb_build_object('service_name', 's' || i % 3, 'environment', 'test', 'tags', CASE WHEN i % 7 = 0 THEN jsonb_build_object('note', repeat('long ', i)) ELSE '{}' END,
		'thread_id', 't' || i % 200, 'duration_ns', i) || CASE i % 4 WHEN 0 THEN '{}' WHEN 1 THEN '{"process_id": 4711}' WHEN 2 THEN '{"process_id": 4711, "instance_id": null}' ELSE '{"process_id": 4711, "instance_id": "i"}' END::jsonb,
	CASE WHEN i % 5 = 0 THEN '[]'::jsonb WHEN i % 5 = 1 THEN (SELECT jsonb_agg('lock ' || n) FROM generate_series(1, i) AS n) WHEN i % 5 = 2 THEN '["m"]' END
FROM generate_series(1, 800) AS i, LATERAL (SELECT (ARRAY['1', '-12345678901234567890.5', '0', '1e300', '"text"', '""', 'true', 'false', 'null', '[]', '{}', '[1, "two", [3], {"four": 4}]', '{"a": {"b": [1.5, null, "x"]}, "long": "value"}'])[1 + i % 13]::jsonb AS plain) AS p,
	LATERAL (SELECT CASE WHEN i % 11 = 0 THEN jsonb_build_array(plain, repeat('z', i * 5)) ELSE plain END AS value) AS v;
CREATE TEMP VIEW shapes AS
SELECT id AS event_id, trace_id, "timestamp", metadata ->> 'service_name' AS service,
	concat_ws('/', metadata ->> 'service_name', coalesce(metadata ->> 'instance_id', metadata ->> 'process_id', ''), metadata ->> 'thread_id') AS thread,
	kind #>> '{StateChange,access_type}' AS access_type, kind #> '{StateChange,old_value}' AS old_value, kind #> '{StateChange,new_value}' AS new_value,
	kind #>> '{StateChange,location}' AS location, lock_set
FROM stormdisc.events WHERE variable = 'shapes';
SELECT count(*) FROM shapes;
SELECT count(*) FROM (SELECT event_id, trace_id, "timestamp", service, thread, access_type, old_value, new_value, location, lock_set FROM stormdisc_get_audit_trail('shapes')
	INTERSECT ALL SELECT * FROM shapes) t;
-- to the byte
SELECT count(*) FROM stormdisc_get_audit_trail('shapes') AS t JOIN shapes AS s USING (event_id)
WHERE record_image_eq(ROW(t.old_value, t.new_value, t.location), ROW(s.old_value, s.new_value, s.location));
SELECT count(*) FROM (SELECT event_id, lag(event_id) OVER (ORDER BY n) AS last, "timestamp", lag("timestamp") OVER (ORDER BY n) AS before
	FROM stormdisc_get_audit_trail('shapes') WITH ORDINALITY AS t (event_id, trace_id, "timestamp", nanos, service, thread, access_type, old_value, new_value, location, lock_set, is_race, n)) t
WHERE (before, last) > ("timestamp", event_id);
ROLLBACK;
\set VERBOSITY sqlstate
SELECT stormdisc_get_audit_trail(NULL);
SELECT stormdisc_get_audit_trail('x', with_races => NULL);
SELECT stormdisc_get_audit_trail('x', max_rows => 0);
\set VERBOSITY default

-- ---- races between traces ----
\o /dev/null
SELECT pg_temp.access('p', 201, 100, 'b', 'Write', 't1', NULL, '{"a": 5, "c": 1}'), pg_temp.access('q', 202, 110, 'b', 'Write', 't2', NULL, '{"a": 4, "c": 2}'),
	pg_temp.access('r', 203, 120, 'b', 'Read', 't3', NULL, '{"a": 5, "c": 2}'), pg_temp.access('q', 204, 130, 'b', 'Read', 't1'),
	pg_temp.access('s', 205, 140, 'b', 'AtomicRMW', 't4', NULL, '{"z": 1}'), pg_temp.access('r', 206, 150, 'b', 'AtomicWrite', 't5', NULL, '{"y": 1}'),
	pg_temp.access('p', 207, 5000, 'b', 'Write', 't9');
-- with locks: sent, or acquired; shared on both sides is no protection
SELECT pg_temp.access('p', 211, 100, 'c', 'Write', 't1', NULL, NULL, '["m"]'), pg_temp.ev('q', 212, 101, NULL, 'LockAcquire', '{"lock_id": "m", "lock_type": "Mutex", "location": "v.c:1"}', NULL, '{"thread_id": "t2"}'),
	pg_temp.access('q', 213, 102, 'c', 'Write', 't2'), pg_temp.ev('q', 214, 103, NULL, 'LockRelease', '{"lock_id": "m", "lock_type": "Mutex", "location": "v.c:1"}', NULL, '{"thread_id": "t2"}'),
	pg_temp.access('q', 215, 104, 'c', 'Write', 't2'), pg_temp.access('r', 216, 105, 'c', 'Read', 't3', NULL, NULL, '[{"lock": "m", "mode": "shared"}]'),
	pg_temp.access('s', 217, 106, 'c', 'Write', 't4', NULL, NULL, '[{"lock": "m", "mode": "RwLock::Read"}]');
\o
SELECT right(event1_id::text, 3) AS e1, right(event2_id::text, 3) AS e2, right(trace1_id::text, 2) AS t1, right(trace2_id::text, 2) AS t2, severity, confidence, distance,
	thread1, thread2, access_type1 AS a1, access_type2 AS a2, location1, location2, evidence FROM stormdisc_get_cross_trace_races('b');
SELECT right(event1_id::text, 3) AS e1, right(event2_id::text, 3) AS e2, severity, confidence, evidence FROM stormdisc_get_cross_trace_races('c');
SELECT right(event1_id::text, 3) AS e1, right(event2_id::text, 3) AS e2, confidence FROM stormdisc_get_cross_trace_races('b', '10 ms');
SELECT right(event1_id::text, 3) AS e1, right(event2_id::text, 3) AS e2 FROM stormdisc_get_cross_trace_races('b', '0');
SELECT right(event1_id::text, 3) AS e1, right(event2_id::text, 3) AS e2 FROM stormdisc_get_cross_trace_races('b', '1 hour', since => '2026-03-01 12:00:00.12Z');
SELECT right(event1_id::text, 3) AS e1, right(event2_id::text, 3) AS e2 FROM stormdisc_get_cross_trace_races('b', max_pairs => 2);
\set VERBOSITY sqlstate
SELECT stormdisc_get_cross_trace_races(NULL);
SELECT stormdisc_get_cross_trace_races('b', NULL);
SELECT stormdisc_get_cross_trace_races('b', '-1 second');
SELECT stormdisc_get_cross_trace_races('b', max_pairs => 0);
\set VERBOSITY default

-- ---- anomalies ----
\o /dev/null
SELECT stormdisc_record_baseline_micros('f302', 1000 + i % 10) FROM generate_series(1, 100) i;
SELECT pg_temp.call('t', 301, 0, 100), pg_temp.call('t', 302, 1, 1.2, 301), pg_temp.call('t', 303, 90, 50, 301),
	pg_temp.ev('t', 304, 2, 301, 'Error', '{"error_type": "Timeout", "message": "m", "stack_trace": []}'),
	pg_temp.ev('t', 305, 3, 301, 'HttpResponse', '{"status": 404, "headers": {}, "duration_ms": 1}', NULL, '{"thread_id": "http"}'),
	pg_temp.ev('t', 306, 4, 301, 'HttpRequest', '{"method": "GET", "url": "/", "headers": {}}', NULL, '{"thread_id": "http"}'),
	pg_temp.ev('t', 307, 5, 301, 'LockAcquire', '{"lock_id": "m", "lock_type": "Mutex", "location": "l"}'),
	pg_temp.ev('t', 308, 6, 301, 'LockAcquire', '{"lock_id": "n", "lock_type": "Mutex", "location": "l"}'),
	pg_temp.ev('t', 309, 7, 301, 'LockRelease', '{"lock_id": "n", "lock_type": "Mutex", "location": "l"}'),
	pg_temp.ev('t', 310, 8, 301, 'LockRelease', '{"lock_id": "o", "lock_type": "Mutex", "location": "l"}'),
	pg_temp.ev('t', 311, 9, 301, 'LockAcquire', '{"lock_id": "n", "lock_type": "Mutex", "location": "l"}', NULL, '{"thread_id": "t2"}'),
	pg_temp.ev('t', 312, 10, 301, 'LockAcquire', '{"lock_id": "m", "lock_type": "Mutex", "location": "l"}', NULL, '{"thread_id": "t2"}'),
	pg_temp.ev('t', 313, 11, 301, 'LockRelease', '{"lock_id": "m", "lock_type": "Mutex", "location": "l"}', NULL, '{"thread_id": "t2"}'),
	pg_temp.ev('t', 314, 12, 301, 'LockRelease', '{"lock_id": "n", "lock_type": "Mutex", "location": "l"}', NULL, '{"thread_id": "t2"}'),
	pg_temp.ev('t', 315, 13, 301, 'AsyncAwait', '{"future_id": "ghost", "awaited_at": "l"}'),
	pg_temp.ev('t', 316, 14, 301, 'AsyncSpawn', '{"task_id": "lost", "spawned_by": "f"}'),
	pg_temp.access('t', 317, 15, 'x', 'Read', 'c', 301, '{"c": 2}'), pg_temp.access('t', 318, 16, 'x', 'Read', 'c', 301, '{"c": 1}'),
	pg_temp.call('t', 319, -5, 1, 301), pg_temp.call('t', 320, 20, 1, 399), pg_temp.call('t', 321, 21, NULL, 322), pg_temp.call('t', 322, 22, NULL, 321);
SELECT stormdisc_add_edge(pg_temp.eid(301), pg_temp.eid(398), trace_id => pg_temp.tid('t'));
\o
SELECT kind, severity, right(event_id::text, 3) AS event, right(other_event_id::text, 3) AS other, to_char("timestamp", 'MS') AS ms, operation, service, thread, message, evidence
FROM stormdisc_detect_anomalies(pg_temp.tid('t'));
SELECT kind, message FROM stormdisc_detect_anomalies(pg_temp.tid('t'), sigmas => 1000) WHERE kind = 'slow_operation';
SELECT kind FROM stormdisc_detect_anomalies(pg_temp.tid('t'), min_samples => 101) WHERE kind = 'slow_operation';
SELECT count(*) FROM stormdisc_detect_anomalies(pg_temp.tid('t'), max_per_kind => 1);
SELECT count(*) FROM stormdisc_detect_anomalies(pg_temp.tid('none'));
\set VERBOSITY sqlstate
SELECT stormdisc_detect_anomalies(NULL);
SELECT stormdisc_detect_anomalies(pg_temp.tid('t'), 'NaN');
SELECT stormdisc_detect_anomalies(pg_temp.tid('t'), 0);
SELECT stormdisc_detect_anomalies(pg_temp.tid('t'), NULL);
SELECT stormdisc_detect_anomalies(pg_temp.tid('t'), 3, 0);
SELECT stormdisc_detect_anomalies(pg_temp.tid('t'), 3, NULL);
SELECT stormdisc_detect_anomalies(pg_temp.tid('t'), 3, 30, -1);
\set VERBOSITY default

-- ---- summaries ----
SELECT right(trace_id::text, 2) AS t, to_char(started, 'SS.MS') AS started, to_char(ended, 'SS.MS') AS ended, duration, events, services, threads, errors, accesses, variables
FROM stormdisc_trace_summaries();
SELECT right(trace_id::text, 2) AS t, to_char(started, 'SS.MS') AS started FROM stormdisc_trace_summaries(max_rows => 3);
SELECT right(trace_id::text, 2) AS t, to_char(started, 'SS.MS') AS started
FROM stormdisc_trace_summaries(before_started => '2026-03-01 12:00:00.1Z', before_trace => pg_temp.tid('q'), max_rows => 3);
SELECT right(trace_id::text, 2) AS t FROM stormdisc_trace_summaries('t');
SELECT right(trace_id::text, 2) AS t FROM stormdisc_trace_summaries(with_errors => true);
SELECT right(trace_id::text, 2) AS t FROM stormdisc_trace_summaries(min_duration => '100 ms');
SELECT right(trace_id::text, 2) AS t FROM stormdisc_trace_summaries(since => '2026-03-01 12:00:00.1Z', until => '2026-03-01 12:00:00.14Z');
SELECT count(*) FROM stormdisc_trace_summaries(with_errors => false), LATERAL (SELECT errors > 0 AS wrong) w WHERE wrong;
-- page by page is the same as all at once
WITH RECURSIVE pages AS (
	SELECT 1 AS page, s.* FROM stormdisc_trace_summaries(max_rows => 1) s
	UNION ALL
	SELECT page + 1, s.* FROM pages p, stormdisc_trace_summaries(before_started => p.started, before_trace => p.trace_id, max_rows => 1) s)
SELECT count(*) = (SELECT count(*) FROM stormdisc_trace_summaries()) AS as_many,
	array_agg(trace_id ORDER BY page) = (SELECT array_agg(trace_id) FROM stormdisc_trace_summaries()) AS same_order FROM pages;
\set VERBOSITY sqlstate
SELECT stormdisc_trace_summaries(max_rows => 0);
SELECT stormdisc_trace_summaries(before_trace => pg_temp.tid('a'));
\set VERBOSITY default

-- ---- dependencies ----
\o /dev/null
SELECT pg_temp.call('u', 401, 0, 100), pg_temp.call('u', 402, 10, 20, 401, '{"service_name": "db"}'), pg_temp.call('u', 403, 40, NULL, 401, '{"service_name": "db"}'),
	pg_temp.call('u', 404, 50, 10, 402, '{"service_name": "disk"}'), pg_temp.call('u', 405, 60, 30, NULL, '{"service_name": "db"}'),
	pg_temp.ev('u', 406, 70, 402, 'HttpResponse', '{"status": 200, "headers": {}, "duration_ms": 1}');
SELECT stormdisc_add_edge(pg_temp.eid(401), pg_temp.eid(405), 'DirectCall'), stormdisc_add_edge(pg_temp.eid(401), pg_temp.eid(402), 'DirectCall'),
	stormdisc_add_edge(pg_temp.eid(401), pg_temp.eid(404), 'HappensBefore');
\o
SELECT * FROM stormdisc_service_dependencies(pg_temp.tid('u'));
SELECT * FROM stormdisc_service_dependencies(pg_temp.tid('h'));
SELECT * FROM stormdisc_service_dependencies(pg_temp.tid('none'));
\set VERBOSITY sqlstate
SELECT stormdisc_service_dependencies(NULL);
\set VERBOSITY default

-- ---- diagrams ----
\pset format unaligned
\pset tuples_only on
SELECT stormdisc_trace_diagram(pg_temp.tid('f'));
SELECT stormdisc_trace_diagram(pg_temp.tid('f'), 'graphviz');
SELECT stormdisc_trace_diagram(pg_temp.tid('k'), max_events => 2);
SELECT stormdisc_trace_diagram(pg_temp.tid('k'), 'DOT', 3);
-- names that mean something to one of the tools, or are long
\o /dev/null
SELECT pg_temp.ev('w', 501, 0, NULL, 'Custom', jsonb_build_object('name', E'end; x-->>y: <b>"&\\N" #35; %% {}\n\t  two', 'data', 1), NULL, '{"service_name": "a;b#c", "thread_id": "<script>"}'),
	pg_temp.ev('w', 502, 1, NULL, 'Custom', jsonb_build_object('name', repeat('long ', 100), 'data', 1), NULL, '{"service_name": "", "thread_id": ""}');
\o
SELECT stormdisc_trace_diagram(pg_temp.tid('w'));
SELECT stormdisc_trace_diagram(pg_temp.tid('w'), 'dot');
SELECT stormdisc_trace_diagram(pg_temp.tid('none')) IS NULL;
\set VERBOSITY sqlstate
SELECT stormdisc_trace_diagram(NULL);
SELECT stormdisc_trace_diagram(pg_temp.tid('f'), NULL);
SELECT stormdisc_trace_diagram(pg_temp.tid('f'), 'png');
SELECT stormdisc_trace_diagram(pg_temp.tid('f'), max_events => 0);


-- ---- who may ----
\pset format aligned
\pset tuples_only off
\set VERBOSITY default
CREATE ROLE regress_reports;
SET ROLE regress_reports;
SELECT stormdisc_get_critical_path('aaaaaaaa-0000-4000-8000-000000000061');
SELECT stormdisc_get_audit_trail('x');
SELECT stormdisc_get_cross_trace_races('x');
SELECT stormdisc_detect_anomalies('aaaaaaaa-0000-4000-8000-000000000061');
SELECT stormdisc_trace_summaries();
SELECT stormdisc_service_dependencies('aaaaaaaa-0000-4000-8000-000000000061');
SELECT stormdisc_trace_diagram('aaaaaaaa-0000-4000-8000-000000000061');
RESET ROLE;
-- EXECUTE is all that is needed
GRANT EXECUTE ON FUNCTION stormdisc_get_critical_path, stormdisc_get_audit_trail, stormdisc_get_cross_trace_races, stormdisc_detect_anomalies, stormdisc_trace_summaries,
	stormdisc_service_dependencies, stormdisc_trace_diagram TO regress_reports;
BEGIN TRANSACTION ISOLATION LEVEL SERIALIZABLE READ ONLY;
SET LOCAL ROLE regress_reports;
SELECT (SELECT count(*) FROM stormdisc_get_critical_path('aaaaaaaa-0000-4000-8000-000000000061')) AS path,
	(SELECT count(*) FROM stormdisc_get_audit_trail('x', with_races => true)) AS trail,
	(SELECT count(*) FROM stormdisc_get_cross_trace_races('b')) AS races,
	(SELECT count(*) FROM stormdisc_detect_anomalies('aaaaaaaa-0000-4000-8000-000000000074')) AS anomalies,
	(SELECT count(*) FROM stormdisc_trace_summaries()) AS summaries,
	(SELECT count(*) FROM stormdisc_service_dependencies('aaaaaaaa-0000-4000-8000-000000000075')) AS dependencies,
	(SELECT length(stormdisc_trace_diagram('aaaaaaaa-0000-4000-8000-000000000061')) > 100) AS diagram;
ROLLBACK;
REVOKE EXECUTE ON FUNCTION stormdisc_get_critical_path, stormdisc_get_audit_trail, stormdisc_get_cross_trace_races, stormdisc_detect_anomalies, stormdisc_trace_summaries,
	stormdisc_service_dependencies, stormdisc_trace_diagram FROM regress_reports;
DROP ROLE regress_reports;

-- ---- rows that only the owner of the tables can make ----
-- a cycle: what closes it is left out
ALTER TABLE stormdisc.events DISABLE TRIGGER USER;
UPDATE stormdisc.events SET parent_id = pg_temp.eid(5) WHERE id = pg_temp.eid(3);
ALTER TABLE stormdisc.events ENABLE TRIGGER USER;
SELECT * FROM pg_temp.path('a');

SELECT stormdisc_clear();
