-- Areas: what a role can do without, with and after each of them.  Every function
-- that is not for everybody is called as a role that has nothing but its area.
BEGIN;
SET LOCAL jit = off;
SET LOCAL client_min_messages = error;
CREATE EXTENSION IF NOT EXISTS pgtap;
CREATE EXTENSION IF NOT EXISTS stormdisc;
SELECT no_plan();

CREATE SCHEMA acc;
GRANT USAGE, CREATE ON SCHEMA acc TO PUBLIC;
CREATE ROLE regress_area;
CREATE ROLE "regress Area;""2";
-- 'ok', or the SQLSTATE of what it raises; with its effects
CREATE FUNCTION acc.state(call text) RETURNS text LANGUAGE plpgsql AS $$
BEGIN
	EXECUTE call;
	RETURN 'ok';
EXCEPTION WHEN OTHERS THEN
	RETURN SQLSTATE || CASE WHEN SQLSTATE NOT IN ('42501', '2D000', '55000') THEN ': ' || SQLERRM ELSE '' END;
END $$;
CREATE FUNCTION acc.id(n int) RETURNS uuid LANGUAGE sql AS $$ SELECT ('00000000-0000-0000-0000-' || lpad(n::text, 12, '0'))::uuid $$;
CREATE FUNCTION acc.ev(n int, parent int DEFAULT NULL) RETURNS jsonb LANGUAGE sql AS $$
	SELECT jsonb_build_object('id', acc.id(n), 'trace_id', acc.id(99), 'parent_id', acc.id(parent), 'timestamp', '2025-01-31T12:00:00Z',
		'kind', '{"StateChange": {"variable": "x", "access_type": "Write"}}'::jsonb, 'metadata', '{"thread_id": "t", "service_name": "s"}'::jsonb)
$$;

-- in their order; without the area each of them is refused
CREATE TABLE acc.calls (n int GENERATED ALWAYS AS IDENTITY, area text, call text, state text DEFAULT 'ok');
GRANT SELECT ON acc.calls TO PUBLIC;
INSERT INTO acc.calls (area, call) VALUES
	('discovery', $$SELECT * FROM stormdisc_discover_existing_schema('acc', schemas => '{acc}')$$),
	('discovery', $$SELECT stormdisc_drop_snapshot('acc')$$),

	('ports', $$SELECT stormdisc_create_port('acc', jitter => 0, max_retries => 0)$$),
	('ports', $$SELECT stormdisc_alter_port('acc', lease => '1 hour')$$),
	('ports', $$SELECT stormdisc_send('acc', 's', 't', '{"n": 1}')$$),
	('ports', $$SELECT stormdisc_send_batch('acc', 's', 't', ARRAY['1', '2', '3', '4']::jsonb[])$$),
	('ports', $$SELECT stormdisc_subscribe('acc', 'a.*')$$),
	('ports', $$SELECT stormdisc_publish('a.b', 's', '5')$$),
	('ports', $$SELECT stormdisc_complete('acc', id, attempt) FROM stormdisc_receive('acc') WHERE stormdisc_extend('acc', id, attempt) IS NOT NULL$$),
	('ports', $$SELECT stormdisc_complete('acc', array_agg(id), array_agg(attempt)) FROM stormdisc_receive('acc')$$),
	('ports', $$SELECT stormdisc_fail('acc', id, attempt, 'e') FROM stormdisc_receive('acc')$$),
	('ports', $$SELECT * FROM stormdisc_consume('acc')$$),
	('ports', $$SELECT stormdisc_redrive('acc')$$),
	('ports', $$SELECT stormdisc_recover_messages('acc')$$),
	('ports', $$SELECT stormdisc_replay('acc', '2000-01-01Z', '2100-01-01Z')$$),
	('ports', $$SELECT * FROM stormdisc_queue_stats('acc')$$),
	('ports', $$SELECT stormdisc_delete('acc', 1)$$),
	('ports', $$SELECT stormdisc_unsubscribe('acc', 'a.*')$$),
	('ports', $$SELECT stormdisc_purge('acc')$$),
	('ports', $$SELECT stormdisc_drop_port('acc', true)$$),
	('ports', $$SELECT stormdisc_save_component_state('acc', 'Source', '1')$$),
	('ports', $$SELECT stormdisc_get_component_state('acc')$$),
	('ports', $$SELECT stormdisc_get_component_state('acc', '2100-01-01Z'::timestamptz)$$),
	('ports', $$SELECT stormdisc_list_component_states()$$),
	('ports', $$SELECT stormdisc_prune_component_states(1)$$),
	('ports', $$SELECT stormdisc_save_checkpoint('daily', 'acc', '1')$$),
	('ports', $$SELECT stormdisc_get_checkpoint('daily', 'acc')$$),
	('ports', $$SELECT stormdisc_list_checkpoints()$$),
	('ports', $$SELECT stormdisc_pin_checkpoint('daily', 'acc')$$),
	('ports', $$SELECT stormdisc_unpin_checkpoint('daily', 'acc')$$),
	('ports', $$SELECT * FROM stormdisc_restore_component('acc')$$),
	('ports', $$SELECT stormdisc_add_to_checkpoint_group(stormdisc_begin_checkpoint_group('acc'), 'daily', 'acc', '2')$$),
	('ports', $$SELECT stormdisc_commit_checkpoint_group(max(group_id)) FROM stormdisc.checkpoint_groups$$),
	('ports', $$SELECT stormdisc_abort_checkpoint_group(stormdisc_begin_checkpoint_group('acc'))$$),
	('ports', $$SELECT stormdisc_prune_checkpoints(1)$$),
	('ports', $$SELECT stormdisc_prune_checkpoint_groups()$$),
	('ports', $$SELECT stormdisc_delete_checkpoint('daily', 'acc')$$),
	('ports', $$SELECT stormdisc_delete_component_state('acc')$$),
	('ports', $$SELECT stormdisc_record_metric('acc', 'm', 1)$$),
	('ports', $$SELECT stormdisc_record_metric_batch('{acc}', '{m}', '{1}')$$),
	('ports', $$SELECT stormdisc_record_port_metrics('acc')$$),
	('ports', $$SELECT stormdisc_create_partitions(dry_run => true)$$),
	('ports', $$SELECT stormdisc_drain_partitions(dry_run => true)$$),
	('ports', $$SELECT stormdisc_drop_partitions('component_metrics', '2000-01-01Z', dry_run => true)$$),
	('ports', $$SELECT stormdisc_rollup_metrics()$$),
	('ports', $$SELECT stormdisc_heartbeat('acc')$$),
	('ports', $$SELECT * FROM stormdisc_health()$$),
	('ports', $$SELECT stormdisc_forget_health('acc')$$),
	('ports', $$SELECT stormdisc_sink_write('acc', 'k', '1')$$),
	('ports', $$SELECT stormdisc_set_config('acc', 'statement_timeout', '1000')$$),
	('ports', $$SELECT stormdisc_get_config('acc')$$),
	('ports', $$SELECT stormdisc_reset_config('acc', 'statement_timeout')$$),
	('ports', $$SELECT stormdisc_set_retention('checkpoints', keep_last => 20)$$),
	('ports', $$SELECT stormdisc_reset_retention('checkpoints')$$),
	('ports', $$SELECT stormdisc_maintain(dry_run => true)$$),
	('ports', $$SELECT stormdisc_cleanup_old_data()$$),

	('traces', $$SELECT stormdisc_add_event(acc.ev(1))$$),
	('traces', $$SELECT stormdisc_add_event(acc.id(2), acc.id(99), acc.id(1), '{"Custom": {"name": "c"}}', now(), '{"thread_id": "t", "service_name": "s"}')$$),
	('traces', $$SELECT stormdisc_add_events_batch(jsonb_build_array(acc.ev(3, 4), acc.ev(4, 3)))$$),
	('traces', $$SELECT stormdisc_get_event(acc.id(1))$$),
	('traces', $$SELECT * FROM stormdisc_get_trace_events(acc.id(99), 1, acc.id(1))$$),
	('traces', $$SELECT stormdisc_add_edge(acc.id(1), acc.id(3))$$),
	('traces', $$SELECT * FROM stormdisc_get_edges(acc.id(1))$$),
	('traces', $$SELECT stormdisc_set_trace_root(acc.id(99), acc.id(2))$$),
	('traces', $$SELECT * FROM stormdisc_get_trace_roots(acc.id(99))$$),
	('traces', $$SELECT stormdisc_record_baseline_metric('op', '1 s')$$),
	('traces', $$SELECT stormdisc_record_baseline_micros('op2', 5)$$),
	('traces', $$SELECT * FROM stormdisc_get_baseline_metric('op')$$),
	('traces', $$SELECT stormdisc_merge_baseline_metric('op', 'op2')$$),
	('traces', $$SELECT * FROM stormdisc_export_traces()$$),
	('traces', $$SELECT * FROM stormdisc_detect_races(acc.id(99))$$),
	('traces', $$SELECT stormdisc_find_happens_before(acc.id(1), acc.id(2))$$),
	('traces', $$SELECT * FROM stormdisc_find_happens_before_many(ARRAY[acc.id(1)], ARRAY[acc.id(2)])$$),
	('traces', $$SELECT * FROM stormdisc_get_critical_path(acc.id(99))$$),
	('traces', $$SELECT * FROM stormdisc_get_audit_trail('x')$$),
	('traces', $$SELECT * FROM stormdisc_get_cross_trace_races('x')$$),
	('traces', $$SELECT * FROM stormdisc_detect_anomalies(acc.id(99))$$),
	('traces', $$SELECT * FROM stormdisc_trace_summaries()$$),
	('traces', $$SELECT * FROM stormdisc_service_dependencies(acc.id(99))$$),
	('traces', $$SELECT stormdisc_trace_diagram(acc.id(99))$$),
	('traces', $$SELECT stormdisc_import_traces(acc.ev(5)::text)$$),
	('traces', $$SELECT stormdisc_import_traces(ARRAY[acc.ev(6)::text])$$),
	('traces', $$SELECT * FROM stormdisc_set_storage('memory')$$),
	('traces', $$SELECT * FROM stormdisc_set_storage('postgres')$$),
	('traces', $$SELECT stormdisc_cleanup_old_traces(1)$$),
	('traces', $$SELECT stormdisc_clear()$$),

	('migrations', $$SELECT stormdisc_register_migration(1, 'first', 'CREATE TABLE acc.made (id int PRIMARY KEY, v text)', 'DROP TABLE acc.made')$$),
	('migrations', $$SELECT stormdisc_register_migration(2, 'second', 'CREATE TABLE acc.made2 (id int PRIMARY KEY)', 'DROP TABLE acc.made2')$$),
	('migrations', $$SELECT * FROM stormdisc_test_migration(1)$$),
	('migrations', $$SELECT * FROM stormdisc_migrate(dry_run => true)$$),
	('migrations', $$SELECT * FROM stormdisc_migrate(1)$$),
	('migrations', $$SELECT * FROM stormdisc_migrate()$$),
	('migrations', $$SELECT stormdisc_register_repeatable('view', 'CREATE OR REPLACE VIEW acc.seen AS SELECT 1 AS a')$$),
	('migrations', $$SELECT stormdisc_unregister_repeatable('view')$$),
	('migrations', $$SELECT stormdisc_create('acc.made', '{"id": 1}')$$),
	('migrations', $$SELECT stormdisc_update('acc.made', 1, '{"v": "x"}')$$),
	('migrations', $$SELECT stormdisc_update('acc.made', '1', '{"v": "y"}')$$),
	('migrations', $$SELECT stormdisc_delete('acc.made', 1, false)$$),
	('migrations', $$SELECT stormdisc_create('acc.made', '{"id": 2}')$$),
	('migrations', $$SELECT stormdisc_delete('acc.made', '2', false)$$),
	('migrations', $$SELECT stormdisc_create_compat_view('acc.made', 1)$$),
	('migrations', $$DROP VIEW acc.made_v1$$),
	('migrations', $$SELECT stormdisc_add_timestamps('acc.made')$$),
	('migrations', $$SELECT * FROM stormdisc_rollback(0)$$),
	('migrations', $$SELECT stormdisc_unregister_migration(2)$$),
	('migrations', $$SELECT stormdisc_unregister_migration(1)$$),
	('migrations', $$SELECT * FROM stormdisc_init_schema(0, 'CREATE TABLE acc.base (id int)')$$),
	('migrations', $$SELECT stormdisc_set_meta_value('acc', '1')$$),
	('migrations', $$SELECT stormdisc_get_meta_value('acc')$$),
	('migrations', $$SELECT stormdisc_get_meta_value('acc', '2')$$),
	('migrations', $$SELECT * FROM stormdisc_list_meta('acc')$$),
	('migrations', $$SELECT stormdisc_delete_meta('acc')$$);
-- these end transactions, need another extension, or what is not there
INSERT INTO acc.calls (area, call, state) VALUES
	('ports', $$CALL stormdisc_maintain_all()$$, '2D000'),
	('ports', $$CALL stormdisc_wait('acc', '0')$$, '2D000'),
	('ports', $$SELECT stormdisc_schedule_maintenance()$$, '55000'),
	('ports', $$SELECT stormdisc_unschedule_maintenance()$$, '55000'),
	('ports', $$SELECT stormdisc_distribute()$$, 'ok'),
	('migrations', $$CALL stormdisc_migrate_all()$$, '25001'),
	('migrations', $$SELECT stormdisc_accept_migration(7, 'why')$$, '42704'),
	('migrations', $$SELECT stormdisc_baseline(7)$$, '55000'),
	('migrations', $$SELECT * FROM stormdisc_migration_steps(7)$$, '42704'),
	('migrations', $$SELECT * FROM stormdisc_begin_migration(7)$$, '42704'),
	('migrations', $$SELECT stormdisc_resume_step(7, 1)$$, '55000'),
	('migrations', $$SELECT stormdisc_end_step(7, 1)$$, '55000'),
	('migrations', $$SELECT stormdisc_repair_migration(7, 'applied')$$, '55000');

CREATE FUNCTION acc.names(area text) RETURNS SETOF text LANGUAGE sql AS $$
	SELECT substring(identity FROM '(stormdisc_\w+)\(') FROM stormdisc_area_objects(area) WHERE object_type = 'ROUTINE' AND NOT is_public
$$;
SELECT is_empty($$SELECT a.area, f FROM unnest('{discovery,ports,traces,migrations}'::text[]) a (area), acc.names(a.area) f
	WHERE NOT EXISTS (SELECT FROM acc.calls c WHERE c.area = a.area AND call ~ ('\m' || f || '\M'))$$, 'every function of an area is called');
SELECT is_empty($$SELECT p.oid::regprocedure FROM pg_proc p JOIN pg_depend d ON d.classid = 'pg_proc'::regclass AND d.objid = p.oid AND d.deptype = 'e'
	WHERE d.refobjid = (SELECT oid FROM pg_extension WHERE extname = 'stormdisc') AND p.prorettype <> 'trigger'::regtype
		AND p.pronamespace <> 'stormdisc'::regnamespace AND p.proname NOT IN ('stormdisc_grant', 'stormdisc_revoke')
		AND NOT has_function_privilege('public', p.oid, 'EXECUTE')
		AND NOT EXISTS (SELECT FROM stormdisc_area_objects() o WHERE CASE object_type WHEN 'ROUTINE' THEN o.identity::regprocedure END = p.oid)$$, 'and every function that is not for everybody is in an area');
SELECT is_empty($$SELECT identity FROM stormdisc_area_objects() WHERE area <> 'read' GROUP BY identity HAVING count(*) > 1$$, 'in one');
SELECT is_empty($$SELECT c.oid::regclass FROM pg_class c WHERE relnamespace = 'stormdisc'::regnamespace AND relkind IN ('r', 'p', 'v') AND NOT relispartition
	AND NOT EXISTS (SELECT FROM stormdisc_area_objects('read') o WHERE CASE object_type WHEN 'TABLE' THEN o.identity::regclass END = c.oid)$$, 'who may read may read all relations');
SELECT results_eq($$SELECT acc.names('discovery') ORDER BY 1$$, $$VALUES ('stormdisc_discover_existing_schema'), ('stormdisc_drop_snapshot')$$, 'the discovery is for everybody, but for its writers');

-- without the area, with it, and after it
SET LOCAL ROLE regress_area;
SELECT is(acc.state(call), '42501', 'without ' || area || ': ' || left(call, 60)) FROM acc.calls
WHERE call !~ '^DROP|acc\.made''' ORDER BY n; -- the table is not there yet
SELECT throws_ok($$SELECT stormdisc_grant('regress_area', 'ports')$$, '42501', NULL, 'nobody gives himself an area');
RESET ROLE;

CREATE FUNCTION acc.try(wanted text) RETURNS SETOF text LANGUAGE plpgsql AS $$
DECLARE
	c acc.calls;
	o record;
BEGIN
	PERFORM stormdisc_grant('regress_area', wanted);
	RETURN NEXT is(array_agg(area), ARRAY[wanted], wanted || ': it is told') FROM stormdisc.area_roles WHERE role_name = 'regress_area';
	FOR c IN SELECT * FROM acc.calls WHERE area = wanted ORDER BY n LOOP
		SET LOCAL ROLE regress_area;
		RETURN NEXT alike(acc.state(c.call), c.state || '%', 'with ' || wanted || ': ' || left(c.call, 60));
		RESET ROLE;
	END LOOP;
	FOR o IN SELECT * FROM stormdisc_area_objects(wanted) WHERE object_type = 'TABLE' LOOP
		SET LOCAL ROLE regress_area;
		RETURN NEXT is(acc.state(format('SELECT count(v::text) FROM %s v', o.identity)), 'ok', 'with ' || wanted || ': ' || o.identity);
		RETURN NEXT ok(NOT has_table_privilege(o.identity, 'INSERT, UPDATE, DELETE, TRUNCATE, TRIGGER, REFERENCES'), 'but nothing is written to it');
		RESET ROLE;
	END LOOP;
	-- nothing of others
	SET LOCAL ROLE regress_area;
	RETURN NEXT is_empty(format($q$SELECT identity FROM stormdisc_area_objects() o WHERE NOT is_public
		AND CASE WHEN object_type = 'TABLE' THEN has_table_privilege(identity, privilege) ELSE has_function_privilege(identity, 'EXECUTE') END
		AND NOT EXISTS (SELECT FROM stormdisc_area_objects(%L) w WHERE w.identity = o.identity)$q$, wanted), 'with ' || wanted || ': nothing else');
	RESET ROLE;
	PERFORM stormdisc_revoke('regress_area', wanted);
	SET LOCAL ROLE regress_area;
	RETURN NEXT is_empty($q$SELECT identity FROM stormdisc_area_objects() o WHERE NOT is_public
		AND CASE WHEN object_type = 'TABLE' THEN has_table_privilege(identity, privilege) ELSE has_function_privilege(identity, 'EXECUTE') END$q$, 'after ' || wanted || ': nothing');
	RESET ROLE;
	RETURN NEXT is_empty($q$SELECT FROM stormdisc.area_roles WHERE role_name = 'regress_area'$q$, 'after ' || wanted || ': it is told');
END $$;
SELECT acc.try('discovery');
SELECT acc.try('ports');
SELECT acc.try('traces');
SELECT acc.try('migrations');
SELECT acc.try('read');

-- everything that reads, and nothing that writes
SELECT ok(stormdisc_grant('regress_area', 'read') IS NOT NULL, 'read');
SELECT is_empty($$SELECT acc.names('read') INTERSECT SELECT unnest('{stormdisc_send,stormdisc_receive,stormdisc_add_event,stormdisc_migrate,stormdisc_create,stormdisc_set_meta_value,stormdisc_maintain}'::text[])$$, 'no writer is in it');
SELECT set_has($$SELECT acc.names('read')$$, $$VALUES ('stormdisc_queue_stats'), ('stormdisc_health'), ('stormdisc_get_checkpoint'), ('stormdisc_export_traces'), ('stormdisc_detect_races'), ('stormdisc_get_meta_value'),
	('stormdisc_list_component_states'), ('stormdisc_get_config')$$, 'the readers are');
SELECT lives_ok($$SELECT stormdisc_set_config('acc', 'statement_timeout', '1000')$$, 'something to read');
CREATE FUNCTION acc.read_calls() RETURNS SETOF text LANGUAGE plpgsql AS $$
DECLARE
	c text;
BEGIN
	SET LOCAL transaction_read_only = on;
	FOREACH c IN ARRAY ARRAY['SELECT * FROM stormdisc_queue_stats()', 'SELECT * FROM stormdisc_health()', 'SELECT * FROM stormdisc_list_checkpoints()', 'SELECT * FROM stormdisc_list_component_states()',
			'SELECT * FROM stormdisc_get_config(''acc'')', 'SELECT * FROM stormdisc_export_traces()', 'SELECT * FROM stormdisc_trace_summaries()', 'SELECT * FROM stormdisc_get_edges(acc.id(1))',
			'SELECT * FROM stormdisc_list_meta()', 'SELECT stormdisc_get_meta_value(''none'', ''x'')', 'SELECT * FROM stormdisc_migration_status()', 'SELECT * FROM stormdisc_pending_migrations()',
			'SELECT * FROM stormdisc.area_roles', 'SELECT * FROM stormdisc_area_objects()', 'SELECT * FROM stormdisc_schema_drift()', 'SELECT stormdisc_current_version()'] LOOP
		RETURN NEXT is(acc.state(c), 'ok', 'who may read: ' || c);
	END LOOP;
END $$;
SAVEPOINT s;
SET LOCAL ROLE regress_area;
SELECT acc.read_calls();
ROLLBACK TO s;
SELECT lives_ok($$SELECT stormdisc_revoke('regress_area', 'read')$$, 'revoke read');

-- two areas: what they share stays with the other
SELECT ok(stormdisc_grant('regress_area', 'read') IS NOT NULL AND stormdisc_grant('regress_area', 'ports') IS NOT NULL, 'two areas');
SELECT lives_ok($$SELECT stormdisc_revoke('regress_area', 'read')$$, 'revoke read');
SELECT set_eq($$SELECT area FROM stormdisc.area_roles WHERE role_name = 'regress_area'$$, $$VALUES ('ports')$$, 'one is left');
SELECT is_empty($$SELECT identity FROM stormdisc_area_objects('ports') WHERE NOT CASE WHEN object_type = 'TABLE' THEN has_table_privilege('regress_area', identity, privilege)
	ELSE has_function_privilege('regress_area', identity, 'EXECUTE') END$$, 'and is whole');
SELECT ok(NOT has_table_privilege('regress_area', 'stormdisc.events', 'SELECT'), 'what only the other had is gone');
SELECT lives_ok($$SELECT stormdisc_grant('regress_area', 'read')$$, 'grant read');
SELECT lives_ok($$SELECT stormdisc_revoke('regress_area', 'ports')$$, 'revoke ports');
SELECT ok(has_table_privilege('regress_area', 'stormdisc.messages', 'SELECT') AND NOT has_function_privilege('regress_area', 'stormdisc_drop_port(text, bool)', 'EXECUTE'), 'the other way round');
SELECT lives_ok($$SELECT stormdisc_revoke('regress_area', 'read')$$, 'revoke read');
SELECT is(stormdisc_revoke('regress_area', 'read'), '{}', 'nor if what is not there is revoked');
SELECT isnt(stormdisc_grant('regress_area', 'traces'), '{}', 'grant');
SELECT is(stormdisc_grant('regress_area', 'traces'), '{}', 'granted again there is nothing to do');
SELECT lives_ok('DROP OWNED BY regress_area; DROP ROLE regress_area', 'the role can go');
SELECT is_empty('SELECT FROM stormdisc.area_roles', 'and nobody has its areas');

-- what somebody has revoked from PUBLIC is granted as well
SELECT ok(NOT EXISTS (SELECT FROM unnest(stormdisc_grant('regress Area;"2', 'discovery')) s WHERE s ~ 'stormdisc_tables'), 'what is for everybody is not granted');
REVOKE EXECUTE ON FUNCTION stormdisc_tables(regclass, text[], text[], text[]) FROM PUBLIC;
SELECT ok(NOT has_function_privilege('regress Area;"2', 'stormdisc_tables(regclass, text[], text[], text[])', 'EXECUTE'), 'a function is not for everybody');
SELECT is(stormdisc_grant('regress Area;"2', 'discovery')::text ~ 'public\.stormdisc_tables\(.* TO \\"regress Area;\\"\\"2\\"', true, 'now it is granted, to a role with a strange name');
SELECT ok(has_function_privilege('regress Area;"2', 'stormdisc_tables(regclass, text[], text[], text[])', 'EXECUTE'), 'and there');
SELECT set_eq($$SELECT role_name FROM stormdisc.area_roles$$, $$VALUES ('regress Area;"2')$$, 'it is told');
SELECT lives_ok($$SELECT stormdisc_revoke('regress Area;"2', 'discovery')$$, 'revoke discovery');
SELECT is_empty('SELECT FROM stormdisc.area_roles', 'gone');

-- arguments
SELECT throws_ok($$SELECT stormdisc_grant('nobody here', 'ports')$$, '42704', NULL, 'no such role');
SELECT throws_ok($$SELECT stormdisc_grant('public', 'ports')$$, '42704', NULL, 'PUBLIC is no role');
SELECT throws_ok($$SELECT stormdisc_grant('regress Area;"2', 'everything')$$, '22023', 'unrecognized area: "everything"', 'no such area');
SELECT throws_ok($$SELECT stormdisc_revoke('regress Area;"2', 'Ports')$$, '22023', NULL, 'areas are words');
SELECT throws_ok($$SELECT stormdisc_grant(NULL, 'ports')$$, '22004', NULL, 'no role');
SELECT throws_ok($$SELECT stormdisc_revoke('regress Area;"2', NULL)$$, '22004', NULL, 'no area');
SELECT throws_ok($$SELECT stormdisc_area_objects('x')$$, '22023', NULL, 'no such area to list');

SELECT * FROM finish();
ROLLBACK;
