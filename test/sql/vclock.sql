--
-- stormdisc.vclock: the type, its casts and operators, and what the table checks
--
\set VERBOSITY terse
SELECT stormdisc_vclock_out('{"b": 2, "a": 18446744073709551615}') AS object,
	stormdisc_vclock_out('[["b", 2], ["a", 0]]') AS pairs, stormdisc_vclock_out('[]') AS empty;
SELECT stormdisc_vclock_in('{"a": 1}')::text AS "in", stormdisc_vclock_to_jsonb('[["a", 1]]') AS to_jsonb,
	stormdisc_vclock_from_jsonb('[["a", 1]]')::text AS from_jsonb, '{"a": 1}'::jsonb::stormdisc.vclock::text AS cast;
SELECT a, b, stormdisc_vclock_compare(a::stormdisc.vclock, b::stormdisc.vclock) AS compare,
	stormdisc_vclock_eq(a::stormdisc.vclock, b::stormdisc.vclock) AS eq, stormdisc_vclock_ne(a::stormdisc.vclock, b::stormdisc.vclock) AS ne,
	stormdisc_vclock_hash(a::stormdisc.vclock) = stormdisc_vclock_hash(b::stormdisc.vclock) AS hash
FROM (VALUES ('{"a": 1}', '[["a", 1]]'), ('{"a": 1, "b": 0}', '{"a": 1}'), ('{"a": 1}', '{"a": 2}'), ('{"a": 2}', '{"a": 1}'),
	('{"a": 1}', '{"b": 1}'), ('{}', '{"a": 1}'), ('{}', '[]'), ('{"a": 18446744073709551615}', '{"a": 9223372036854775807}')) v(a, b);
-- what is not one
SELECT stormdisc_vclock_in('{"a": -1}');
SELECT stormdisc_vclock_in('{"a": 1.5}');
SELECT stormdisc_vclock_in('{"a": 18446744073709551616}');
SELECT stormdisc_vclock_in('{"a": "1"}');
SELECT stormdisc_vclock_in('[["a"]]');
SELECT stormdisc_vclock_in('[["a", 1], ["a", 2]]');
SELECT stormdisc_vclock_in('1');
SELECT stormdisc_vclock_in('{');
-- the binary format, and hashing
CREATE TEMP TABLE clocks (n int, c stormdisc.vclock);
INSERT INTO clocks VALUES (1, '{}'), (2, '[["b", 18446744073709551615], ["a", 1]]'), (3, '{"c": 3}'), (4, NULL);
SELECT n, length(stormdisc_vclock_send(c)) > 0 AS has_bytes FROM clocks ORDER BY n;
SELECT count(*) AS clocks FROM (SELECT c FROM clocks GROUP BY c) g;
SELECT n FROM clocks WHERE c = '{"b": 18446744073709551615, "a": 1}'::stormdisc.vclock;
-- what constraints of the table say
SELECT stormdisc_check_event_kind('{"StateChange": {"variable": "x", "access_type": "Read"}}') AS kind,
	stormdisc_check_event_metadata('{"thread_id": "t", "service_name": "s"}') AS metadata,
	stormdisc_check_event_lock_set('["a", {"lock": "b", "mode": "shared"}]') AS lock_set;
SELECT stormdisc_check_event_kind('{"StateChange": {"variable": "x", "access_type": "Peek"}}');
SELECT stormdisc_check_event_kind('{"Nothing": {}}');
SELECT stormdisc_check_event_metadata('{"thread_id": 1, "service_name": "s"}');
SELECT stormdisc_check_event_metadata('{"thread_id": "t", "service_name": "s", "duration_ns": -1}');
SELECT stormdisc_check_event_lock_set('[1]');
-- triggers are for their tables only
SELECT stormdisc_events_written();
SELECT stormdisc_causal_edges_written();
SELECT stormdisc_trace_roots_written();
CREATE TEMP TABLE others (id uuid);
CREATE TRIGGER t AFTER INSERT ON others FOR EACH STATEMENT EXECUTE FUNCTION stormdisc_events_written();
INSERT INTO others VALUES (NULL);
