--
-- stormdisc_detect_races: modes, verdicts, locks, types of access, cuts, bad
-- input.
--
SET timezone = 'UTC';
SET client_min_messages = warning;
CREATE ROLE regress_races;
GRANT EXECUTE ON FUNCTION stormdisc_detect_races TO regress_races;
RESET client_min_messages;
SELECT stormdisc_clear();
CREATE SCHEMA trace_races;
SET search_path = trace_races, public;
GRANT USAGE ON SCHEMA trace_races TO regress_races;

CREATE FUNCTION id(t int, n int) RETURNS uuid LANGUAGE sql AS $$ SELECT (lpad(t::text, 8, '0') || '-0000-0000-0000-' || lpad(n::text, 12, '0'))::uuid $$;
CREATE FUNCTION tr(t int) RETURNS uuid LANGUAGE sql AS $$ SELECT id(t, 0) $$;
CREATE FUNCTION n(uuid) RETURNS int LANGUAGE sql AS $$ SELECT right($1::text, 12)::int $$;
-- event n of trace t, at second n, in a thread: Read x, acquire m, ...
CREATE FUNCTION put(t int, n int, thread text, kind text, name text DEFAULT 'x', locks jsonb DEFAULT '[]', clock jsonb DEFAULT NULL, parent int DEFAULT NULL,
	meta jsonb DEFAULT '{}', mode text DEFAULT 'Mutex') RETURNS bool LANGUAGE sql AS $$
	SELECT stormdisc_add_event(jsonb_build_object('id', id(t, n), 'trace_id', tr(t), 'parent_id', id(t, parent),
		'timestamp', '2025-01-31T12:' || lpad((n / 60)::text, 2, '0') || ':' || lpad((n % 60)::text, 2, '0') || 'Z', 'causality_vector', clock, 'lock_set', locks,
		'kind', CASE kind
			WHEN 'acquire' THEN jsonb_build_object('LockAcquire', jsonb_build_object('lock_id', name, 'lock_type', mode, 'location', 'a.rs:1'))
			WHEN 'release' THEN jsonb_build_object('LockRelease', jsonb_build_object('lock_id', name, 'lock_type', mode, 'location', 'a.rs:1'))
			WHEN 'spawn' THEN jsonb_build_object('AsyncSpawn', jsonb_build_object('task_id', name, 'spawned_by', 'm'))
			WHEN 'await' THEN jsonb_build_object('AsyncAwait', jsonb_build_object('future_id', name, 'awaited_at', 'a.rs:1'))
			WHEN 'custom' THEN '{"Custom": {"name": "c", "data": null}}'
			ELSE jsonb_build_object('StateChange', jsonb_build_object('variable', name, 'old_value', null, 'new_value', 1, 'location', 'a.rs:' || n, 'access_type', kind)) END,
		'metadata', jsonb_build_object('thread_id', thread, 'process_id', 1, 'service_name', 's', 'environment', 'test', 'tags', '{}'::jsonb, 'duration_ns', null) || meta))
$$;
CREATE FUNCTION races(t int, mode text DEFAULT 'hb', verdicts text[] DEFAULT '{race,unknown}', atomic bool DEFAULT false)
RETURNS TABLE (variable text, pair text, verdict text, types text, severity text, evidence text) LANGUAGE sql AS $$
	SELECT variable, n(event1_id) || '-' || n(event2_id), verdict, access_type1 || ' ' || access_type2, severity, evidence
	FROM stormdisc_detect_races(tr(t), mode, atomic, verdicts => verdicts)
$$;

-- a row, with all that it says
SELECT bool_and(put) FROM (VALUES (put(1, 1, 'a', 'spawn', 'b')), (put(1, 2, 'a', 'Write')), (put(1, 3, 'b', 'Read', meta => '{"instance_id": "i"}', parent => 1))) v (put);
\x
SELECT * FROM stormdisc_detect_races(tr(1));
\x
SELECT * FROM stormdisc_detect_races(tr(99));

-- 2: which types of access are a pair: two threads with each of them, under one root
SELECT put(2, 1, 'root', 'custom');
SELECT count(*) FROM (SELECT put(2, 1 + n::int, 'a' || n, k, parent => 1) FROM unnest('{Read,Write,AtomicRead,AtomicWrite,AtomicRMW}'::text[]) WITH ORDINALITY k (k, n)
	UNION ALL SELECT put(2, 6 + n::int, 'b' || n, k, parent => 1) FROM unnest('{Read,Write,AtomicRead,AtomicWrite,AtomicRMW}'::text[]) WITH ORDINALITY k (k, n)) p;
SELECT m.how, least(a, b) AS one, greatest(a, b) AS other, severity, count(*)
FROM (VALUES (1, 'hb', 'hb', false), (2, 'hb atomic', 'hb', true), (3, 'lockset', 'lockset', false), (4, 'raceway', 'raceway', false)) m (n, how, mode, atomic),
	races(2, mode, '{race}', atomic) r, LATERAL (SELECT split_part(types, ' ', 1) COLLATE "C", split_part(types, ' ', 2) COLLATE "C") s (a, b)
GROUP BY m.n, 1, 2, 3, 4 ORDER BY m.n, 2, 3;

-- 3: locks: exclusive ones protect, two readers do not, a supplied set wins, another lock does not help
SELECT bool_and(put) FROM (VALUES (put(3, 1, 'r', 'custom')),
	(put(3, 2, 'a', 'Write', 'both exclusive', '["m"]', parent => 1)), (put(3, 3, 'b', 'Write', 'both exclusive', '[{"lock": "m", "mode": "exclusive"}]', parent => 1)),
	(put(3, 4, 'c', 'Write', 'one shared', '["m", "l"]', parent => 1)), (put(3, 5, 'd', 'Write', 'one shared', '[{"lock": "m", "mode": "shared"}]', parent => 1)),
	(put(3, 6, 'e', 'Write', 'both shared', '[{"lock": "m", "mode": "RwLock::Read"}]', parent => 1)), (put(3, 7, 'f', 'Write', 'both shared', '[{"lock": "m", "mode": "shared"}, "l"]', parent => 1)),
	(put(3, 8, 'g', 'Write', 'shared and not', '[{"lock": "m", "mode": "shared"}, {"lock": "m", "mode": "RwLock::Write"}]', parent => 1)), (put(3, 9, 'h', 'Write', 'shared and not', '[{"lock": "m", "mode": "shared"}]', parent => 1)),
	(put(3, 10, 'i', 'Write', 'others', '["k"]', parent => 1)), (put(3, 11, 'j', 'Write', 'others', '["l"]', parent => 1))) v (put);
SELECT * FROM races(3);
SELECT variable, pair, severity FROM races(3, 'lockset');
-- without modes, what shares a name is protected
SELECT variable, pair, severity, evidence FROM races(3, 'raceway');
-- 4: held ones: twice acquired and once released is held; other threads' are not
SELECT bool_and(put) FROM (VALUES (put(4, 1, 'r', 'custom')), (put(4, 2, 'a', 'acquire', 'm', parent => 1)), (put(4, 3, 'a', 'acquire', 'm')), (put(4, 4, 'a', 'release', 'm')),
	(put(4, 5, 'b', 'Write', 'held', '["m"]', parent => 1)), (put(4, 6, 'a', 'Write', 'held')), (put(4, 7, 'a', 'Write', 'supplied wins', '["l"]')), (put(4, 8, 'c', 'Write', 'supplied wins', '["m"]', parent => 1)),
	(put(4, 9, 'a', 'release', 'm')), (put(4, 10, 'a', 'release', 'm')), (put(4, 11, 'a', 'acquire', 'm')), (put(4, 12, 'd', 'Write', 'held again', '["m"]', parent => 1)), (put(4, 13, 'a', 'Write', 'held again')),
	(put(4, 14, 'a', 'release', 'm')), (put(4, 15, 'a', 'Write', 'free')), (put(4, 16, 'e', 'Write', 'free', '["m"]', parent => 1)),
	(put(4, 17, 'a', 'Write', 'of another', meta => '{"process_id": 2}', parent => 1)), (put(4, 18, 'e', 'Write', 'of another', '["m"]'))) v (put);
SELECT variable, pair, verdict, evidence FROM races(4);
SELECT variable, pair FROM races(4, 'lockset');

-- 5: order: what locks order is no race for hb; lockset knows threads and tasks only
SELECT bool_and(put) FROM (VALUES (put(5, 1, 'a', 'Write', 'by edge')), (put(5, 2, 'a', 'release', 'm')), (put(5, 3, 'b', 'acquire', 'm')), (put(5, 4, 'b', 'release', 'm')), (put(5, 5, 'b', 'Write', 'by edge')),
	(put(5, 6, 'a', 'Write', 'by task')), (put(5, 7, 'a', 'spawn', 'c')), (put(5, 8, 'c', 'Write', 'by task')), (put(5, 9, 'a', 'Write', 'too early')), (put(5, 10, 'c', 'Write', 'too early')),
	(put(5, 11, 'c', 'Write', 'by join')), (put(5, 12, 'a', 'await', 'c')), (put(5, 13, 'a', 'Write', 'by join'))) v (put);
SELECT variable, pair, verdict, evidence FROM races(5, verdicts => '{race,ordered,unknown}');
SELECT mode, variable, pair FROM unnest('{lockset,both}'::text[]) mode, races(5, mode);
-- an edge against the time: the pair is still in the order of time
SELECT put(6, 1, 'a', 'Write'), put(6, 2, 'b', 'Write', parent => NULL), stormdisc_add_edge(id(6, 2), id(6, 1), 'HappensBefore');
SELECT * FROM races(6, verdicts => '{race,ordered,unknown}');
-- 7: nothing known, and a NOTICE if it is not asked for; clocks decide between those that have one
SELECT bool_and(put) FROM (VALUES (put(7, 1, 'a', 'Write', clock => '{"a": 1}')), (put(7, 2, 'b', 'Write')), (put(7, 3, 'c', 'Write', clock => '{"a": 1, "c": 1}')), (put(7, 4, 'd', 'Read', clock => '{"d": 1}')), (put(7, 5, 'e', 'Read')),
	(put(7, 6, 'f', 'Read', clock => '{"a": 1, "c": 1}'))) v (put);
SELECT * FROM races(7, verdicts => '{race,ordered,unknown}');
SELECT * FROM races(7, verdicts => '{race}');
SELECT * FROM races(7, 'both');
SELECT pair FROM races(7, 'raceway');
-- 8: a dropped edge of their part
SELECT bool_and(put) FROM (VALUES (put(8, 1, 'b', 'Write')), (put(8, 2, 'b', 'Write')), (put(8, 3, 'c', 'Write', parent => 2)), (put(8, 4, 'd', 'Write', parent => 2))) v (put);
SELECT stormdisc_add_edge(id(8, 3), id(8, 1), 'HappensBefore');
SELECT pair, verdict, evidence FROM races(8, verdicts => '{race,ordered}');
-- 9: raceway: a child of a child is ordered, a thread is its thread_id alone, and requests order nothing
SELECT bool_and(put) FROM (VALUES (put(9, 1, 'a', 'Write')), (put(9, 2, 'b', 'custom', parent => 1)), (put(9, 3, 'b', 'Write', parent => 2)), (put(9, 4, 'c', 'Write', parent => 1)), (put(9, 5, 'c', 'Write')),
	(put(9, 6, 'a', 'Write', meta => '{"service_name": "other"}'))) v (put);
SELECT pair, verdict, evidence FROM races(9, 'raceway');

-- 10: variables by the bytes of their names, pairs by time; no more of each than asked for
SELECT bool_and(put(10, n, 't' || n % 7, 'Write', (ARRAY['b', 'B', 'z'])[1 + n % 3], parent => CASE WHEN n > 1 THEN 1 END)) FROM generate_series(1, 120) n;
SELECT string_agg(DISTINCT variable COLLATE "C", ' ' ORDER BY variable COLLATE "C"), count(*), bool_and(ordinality = place)
FROM (SELECT *, row_number() OVER (ORDER BY variable COLLATE "C", timestamp1, timestamp2) AS place FROM stormdisc_detect_races(tr(10)) WITH ORDINALITY) r;
SELECT variable, n(event1_id), n(event2_id) FROM stormdisc_detect_races(tr(10), max_pairs => 3);
SET client_min_messages = error;
SELECT mode, m, (SELECT count(*) FROM stormdisc_detect_races(tr(10), mode, max_pairs => m)),
	ARRAY(SELECT (event1_id, event2_id)::text FROM stormdisc_detect_races(tr(10), mode, max_pairs => m) WITH ORDINALITY ORDER BY ordinality)
	= ARRAY(SELECT (event1_id, event2_id)::text FROM (SELECT *, row_number() OVER (PARTITION BY variable ORDER BY ordinality) AS place FROM stormdisc_detect_races(tr(10), mode) WITH ORDINALITY) r WHERE place <= m ORDER BY ordinality) AS first_ones
FROM unnest('{hb,raceway}'::text[]) mode, unnest('{1,10,500}'::int[]) m;
RESET client_min_messages;

-- EXECUTE is enough, reading too
SET ROLE regress_races;
SELECT count(*) FROM stormdisc_detect_races(tr(3));
RESET ROLE;
BEGIN READ ONLY;
SELECT count(*) FROM stormdisc_detect_races(tr(3));
COMMIT;

-- bad input
SELECT * FROM stormdisc_detect_races(NULL);
SELECT * FROM stormdisc_detect_races(tr(1), NULL);
SELECT * FROM stormdisc_detect_races(tr(1), 'HB');
SELECT * FROM stormdisc_detect_races(tr(1), include_atomic_reads => NULL);
SELECT * FROM stormdisc_detect_races(tr(1), max_pairs => NULL);
SELECT * FROM stormdisc_detect_races(tr(1), max_pairs => 0);
SELECT * FROM stormdisc_detect_races(tr(1), verdicts => NULL);
SELECT * FROM stormdisc_detect_races(tr(1), verdicts => '{race,NULL}');
SELECT * FROM stormdisc_detect_races(tr(1), verdicts => '{race,sure}');
SELECT * FROM stormdisc_detect_races(tr(1), verdicts => '{{race},{unknown}}');
SELECT * FROM stormdisc_detect_races(tr(1), verdicts => '{}');

SELECT stormdisc_clear();
SET client_min_messages = warning;
DROP SCHEMA trace_races CASCADE;
REVOKE ALL ON FUNCTION stormdisc_detect_races FROM regress_races;
DROP ROLE regress_races;
