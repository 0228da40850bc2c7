-- All that there is to do with traces, by a role with nothing but EXECUTE; and
-- what one without it may not.
BEGIN;
SET LOCAL jit = off;
SET LOCAL client_min_messages = error;
CREATE EXTENSION IF NOT EXISTS pgtap;
CREATE EXTENSION IF NOT EXISTS stormdisc;
SELECT plan(46);

CREATE ROLE regress_tracer;
CREATE ROLE regress_tracer_not;
CREATE SCHEMA traces_roles;
GRANT USAGE ON SCHEMA traces_roles TO PUBLIC;
CREATE FUNCTION traces_roles.id(n int) RETURNS uuid LANGUAGE sql AS $$ SELECT ('00000000-0000-0000-0000-' || lpad(n::text, 12, '0'))::uuid $$;
CREATE FUNCTION traces_roles.ev(n int, parent int DEFAULT NULL) RETURNS jsonb LANGUAGE sql AS $$
	SELECT jsonb_build_object('id', traces_roles.id(n), 'trace_id', '00000000-0000-0000-0000-0000000000aa', 'parent_id', traces_roles.id(parent), 'timestamp', '2025-01-31T12:00:00Z',
		'kind', '{"StateChange": {"variable": "x", "access_type": "Write"}}'::jsonb, 'metadata', '{"thread_id": "t", "service_name": "s"}'::jsonb)
$$;
CREATE TABLE traces_roles.calls AS SELECT * FROM (VALUES
	(1, $$SELECT stormdisc_add_event(traces_roles.ev(1))$$),
	(2, $$SELECT stormdisc_add_event(traces_roles.id(2), '00000000-0000-0000-0000-0000000000aa', traces_roles.id(1), '{"Custom": {"name": "c"}}', now(), '{"thread_id": "t", "service_name": "s"}')$$),
	(3, $$SELECT stormdisc_add_events_batch(jsonb_build_array(traces_roles.ev(3, 4), traces_roles.ev(4, 3)))$$),
	(4, $$SELECT stormdisc_get_event(traces_roles.id(1))$$),
	(5, $$SELECT * FROM stormdisc_get_trace_events('00000000-0000-0000-0000-0000000000aa', 1, traces_roles.id(1))$$),
	(6, $$SELECT stormdisc_add_edge(traces_roles.id(1), traces_roles.id(3))$$),
	(7, $$SELECT * FROM stormdisc_get_edges(traces_roles.id(1))$$),
	(8, $$SELECT * FROM stormdisc_get_trace_roots('00000000-0000-0000-0000-0000000000aa')$$),
	(9, $$SELECT stormdisc_set_trace_root('00000000-0000-0000-0000-0000000000aa', traces_roles.id(2))$$),
	(10, $$SELECT stormdisc_record_baseline_metric('op', '1 s')$$),
	(11, $$SELECT stormdisc_record_baseline_micros('op2', 5)$$),
	(12, $$SELECT * FROM stormdisc_get_baseline_metric('op')$$),
	(13, $$SELECT stormdisc_merge_baseline_metric('op', 'op2')$$),
	(14, $$SELECT * FROM stormdisc_export_traces()$$),
	(15, $$SELECT stormdisc_import_traces(traces_roles.ev(5)::text)$$),
	(16, $$SELECT stormdisc_import_traces(ARRAY[traces_roles.ev(6)::text])$$),
	(17, $$SELECT * FROM stormdisc_set_storage('memory')$$),
	(18, $$SELECT * FROM stormdisc_set_storage('postgres')$$),
	(19, $$SELECT stormdisc_cleanup_old_traces(1)$$),
	(20, $$SELECT stormdisc_clear()$$)) v (n, call);
GRANT SELECT ON traces_roles.calls TO PUBLIC;

SET LOCAL ROLE regress_tracer_not;
SELECT throws_ok(call, '42501', NULL, 'without EXECUTE: ' || left(call, 60)) FROM traces_roles.calls ORDER BY n;
SELECT throws_ok('SELECT * FROM stormdisc.events', '42501', NULL, 'nor are the events readable');
SELECT throws_ok('SELECT * FROM stormdisc.causal_edges', '42501', NULL, 'nor the edges');
SELECT lives_ok('SELECT stormdisc_get_storage()', 'the storage is no secret');
RESET ROLE;

SELECT lives_ok('SELECT stormdisc_clear()', 'from the beginning');
DO $$ DECLARE f regprocedure; BEGIN
	FOR f IN SELECT oid::regprocedure FROM pg_proc WHERE proname = ANY ('{stormdisc_add_event,stormdisc_add_events_batch,stormdisc_get_event,stormdisc_get_trace_events,stormdisc_add_edge,stormdisc_get_edges,stormdisc_get_trace_roots,stormdisc_set_trace_root,stormdisc_record_baseline_metric,stormdisc_record_baseline_micros,stormdisc_get_baseline_metric,stormdisc_merge_baseline_metric,stormdisc_export_traces,stormdisc_import_traces,stormdisc_set_storage,stormdisc_cleanup_old_traces,stormdisc_clear}')
	LOOP
		EXECUTE format('GRANT EXECUTE ON FUNCTION %s TO regress_tracer', f);
	END LOOP;
END $$;
SET LOCAL ROLE regress_tracer;
SELECT lives_ok(call, 'with EXECUTE: ' || left(call, 60)) FROM traces_roles.calls ORDER BY n;
SELECT throws_ok('SELECT * FROM stormdisc.events', '42501', NULL, 'it is nothing more than EXECUTE');
RESET ROLE;

-- INSERT on the table and on the views are rights of their own
GRANT SELECT, INSERT ON stormdisc.events, stormdisc.causal_edges, stormdisc.trace_roots TO regress_tracer_not;
SET LOCAL ROLE regress_tracer_not;
SELECT lives_ok($$INSERT INTO stormdisc.events (id, trace_id, parent_id, kind, timestamp, metadata) SELECT traces_roles.id(n), '00000000-0000-0000-0000-0000000000aa', traces_roles.id(3 - n),
	'{"Custom": {"name": "c"}}', now(), '{"thread_id": "t", "service_name": "s"}' FROM generate_series(1, 2) n$$, 'INSERT into events, whose trigger reads and writes what the role may not');
RESET ROLE;
SELECT * FROM finish();
ROLLBACK;
