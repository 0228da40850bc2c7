--
-- stormdisc_maintain and its rules.
--
SET timezone = 'UTC';
SET client_min_messages = warning;
CREATE ROLE regress_keeper;
CREATE ROLE regress_keeper_not;
GRANT EXECUTE ON FUNCTION stormdisc_maintain, stormdisc_cleanup_old_data, stormdisc_set_retention, stormdisc_reset_retention TO regress_keeper;
GRANT EXECUTE ON PROCEDURE stormdisc_maintain_all TO regress_keeper;
-- the messages here are made by hand, and nobody has sent them
INSERT INTO stormdisc.message_recoveries SELECT s.system_identifier, d.oid, c.timeline_id, now()
FROM pg_control_system() s, pg_control_checkpoint() c, pg_database d WHERE datname = current_database();
RESET client_min_messages;

-- the rules, in the order in which they are followed
SELECT rule, relation_name, also, action, keep_for, keep_last, has_keep_for AS age, has_keep_last AS number FROM stormdisc_maintenance_rules();
SELECT rule FROM stormdisc_maintenance_rules() WHERE coalesce(description, '') = '' OR rule !~ '^[a-z_]+$';

-- Every table of the extension is in a rule, or is one that does not grow with
-- time: whoever adds one says here, or in a rule, why it does not fill the disk.
SELECT c.relname FROM pg_class c JOIN pg_depend d ON d.classid = 'pg_class'::regclass AND d.objid = c.oid AND d.deptype = 'e'
WHERE d.refobjid = (SELECT oid FROM pg_extension WHERE extname = 'stormdisc') AND c.relkind IN ('r', 'p') AND NOT c.relispartition
	AND NOT EXISTS (SELECT FROM stormdisc_maintenance_rules() r WHERE c.relname = r.relation_name OR c.relname = ANY (r.also))
	AND c.relname NOT IN (
		-- what a user has made: as many as there are of them
		'snapshots', 'type_map', 'ports', 'subscriptions', 'config_values', 'metadata', 'retention_settings',
		-- what people do with migrations; an error that comes again is there once
		'migrations', 'schema_version', 'repeatable_scripts', 'migration_log',
		-- one row at most
		'migration_progress', 'migrated_schema',
		-- one row for each component
		'component_heads', 'health_heads',
		-- some rows for each operation
		'baseline_store',
		-- a number of rows that is fixed
		'discovery_log', 'own_objects', 'metric_rollup_state')
ORDER BY 1;
-- and no rule is about a table that is not there
SELECT t FROM stormdisc_maintenance_rules() r, unnest(r.also || r.relation_name) t WHERE to_regclass('stormdisc.' || t) IS NULL;

-- policies: what is built in, and what is changed
SELECT rule, keep_for, keep_last, is_enabled, is_default FROM stormdisc.retention_policies
WHERE keep_for IS NOT NULL OR keep_last IS NOT NULL ORDER BY rule COLLATE "C";
SET ROLE regress_keeper;
SELECT stormdisc_set_retention('completed_messages', '2 days');
SELECT stormdisc_set_retention('checkpoints', keep_last => 3, keep_for => '1 year');
SELECT stormdisc_set_retention('dead_letters');
SELECT stormdisc_set_retention('message_errors', '1 hour', is_enabled => false);
SELECT rule, keep_for, keep_last, is_enabled, is_default FROM stormdisc.retention_policies WHERE NOT is_default ORDER BY rule COLLATE "C";
SELECT stormdisc_reset_retention('checkpoints'), stormdisc_reset_retention('checkpoints');
SELECT keep_for, keep_last, is_default FROM stormdisc.retention_policies WHERE rule = 'checkpoints';
SELECT rule, changed_by FROM stormdisc.retention_settings;
RESET ROLE;
SELECT rule, changed_by FROM stormdisc.retention_settings ORDER BY rule COLLATE "C";
SET ROLE regress_keeper_not;
SELECT stormdisc_set_retention('dead_letters', '1 day');
SELECT stormdisc_reset_retention('dead_letters');
SELECT * FROM stormdisc_maintain();
SELECT stormdisc_cleanup_old_data();
CALL stormdisc_maintain_all();
SELECT count(*) > 10 AS rules FROM stormdisc.retention_policies;
RESET ROLE;
SELECT stormdisc_set_retention('no such rule', '1 day');
SELECT stormdisc_set_retention('completed_messages', '-1 day');
SELECT stormdisc_set_retention('completed_messages', '1 day -1 hour');
SELECT stormdisc_set_retention('completed_messages', '1001 years');
SELECT stormdisc_set_retention('completed_messages', '178000000 years');
SELECT stormdisc_set_retention('completed_messages', keep_last => 5);
SELECT stormdisc_set_retention('checkpoints', keep_last => 0);
SELECT stormdisc_set_retention('queue_segments', '1 day');
\set VERBOSITY sqlstate
SELECT stormdisc_set_retention(NULL);
SELECT stormdisc_set_retention('checkpoints', is_enabled => NULL);
SELECT stormdisc_reset_retention(NULL);
SELECT stormdisc_reset_retention('no such rule');
SELECT * FROM stormdisc_maintain(NULL);
SELECT * FROM stormdisc_maintain(max_rows => NULL);
SELECT * FROM stormdisc_maintain(max_rows => 0);
SELECT * FROM stormdisc_maintain(max_rows => -5);
CALL stormdisc_maintain_all(NULL);
CALL stormdisc_maintain_all(0);
BEGIN;
CALL stormdisc_maintain_all();
ROLLBACK;
\set VERBOSITY default
DELETE FROM stormdisc.retention_settings;

--
-- What is removed
--
CREATE VIEW pg_temp.left_over AS
SELECT (SELECT string_agg(port_name || id, ' ' ORDER BY port_name, id) FROM stormdisc.messages) AS messages,
	(SELECT string_agg(port_name || first_id, ' ' ORDER BY port_name, first_id) FROM stormdisc.message_completions) AS completions,
	(SELECT string_agg(port_name || id, ' ' ORDER BY port_name, id) FROM stormdisc.message_dead_letters) AS dead,
	(SELECT string_agg(port_name || id || '/' || attempt, ' ' ORDER BY port_name, id, attempt) FROM stormdisc.message_errors) AS errors,
	(SELECT string_agg(port_name || id, ' ' ORDER BY port_name, id) FROM stormdisc.message_redrives) AS redrives,
	(SELECT string_agg(dedup_key, ' ' ORDER BY dedup_key) FROM stormdisc.message_dedup) AS keys;

CREATE FUNCTION pg_temp.fill() RETURNS void LANGUAGE plpgsql AS $$
BEGIN
	DELETE FROM stormdisc.messages;
	DELETE FROM stormdisc.message_completions;
	DELETE FROM stormdisc.message_dead_letters;
	DELETE FROM stormdisc.message_errors;
	DELETE FROM stormdisc.message_dedup;
	DELETE FROM stormdisc.message_redrives;
	DELETE FROM stormdisc.message_ready;
	DELETE FROM stormdisc.message_waiting;
	INSERT INTO stormdisc.ports VALUES ('a', now(), 3, '30 s', '1 s', '5 min', 0.2, '1 day'), ('b', now(), 3, '30 s', '1 s', '5 min', 0.2, '1 day')
		ON CONFLICT DO NOTHING;
	-- all were sent long ago; a3 and a4 were completed last week, b6 today
	INSERT INTO stormdisc.messages (port_name, id, created_at, source_component, target_component, priority, max_retries, message_data)
		SELECT p, i, now() - interval '1 year', 's', 't', 0, 3, '{}' FROM unnest('{a,b}'::text[]) p, generate_series(1, 9) i;
	INSERT INTO stormdisc.message_completions VALUES
		('a', now() - interval '9 days', 1, '{1,2}', '{1,1}', ARRAY[now(), now()]),
		('a', now() - interval '8 days', 3, '{3}', '{1}', ARRAY[now()]),
		('a', now() - interval '6 days', 4, '{4}', '{1}', ARRAY[now()]),
		('b', now() - interval '8 days', 5, '{5}', '{1}', ARRAY[now()]),
		('b', now(), 6, '{6}', '{1}', ARRAY[now()]);
	INSERT INTO stormdisc.message_dead_letters (port_name, id, attempt, priority, died_at, reason) VALUES
		('a', 7, 4, 0, now() - interval '100 days', 'failed'), ('b', 7, 4, 0, now() - interval '1 day', 'failed');
	INSERT INTO stormdisc.message_errors VALUES
		('a', 1, 1, now(), 'e', NULL), ('a', 4, 1, now(), 'e', NULL), ('a', 7, 1, now(), 'e', NULL), ('b', 7, 1, now(), 'e', NULL),
		('b', 8, 1, now() - interval '40 days', 'e', NULL), ('b', 8, 2, now(), 'e', NULL);
	INSERT INTO stormdisc.message_dedup VALUES ('a', 'old', 1, now() - interval '1 s'), ('b', 'new', 2, now() + interval '1 h');
	INSERT INTO stormdisc.message_redrives VALUES ('a', 1, 4, now()), ('a', 4, 4, now()), ('a', 7, 4, now());
	INSERT INTO stormdisc.message_ready (position, id, attempt, last_attempt, segment, port_name, group_key) VALUES (8, 8, 0, 4, 3, 'a', NULL);
	INSERT INTO stormdisc.message_waiting (id, wake_at, attempt, last_attempt, segment, priority, is_leased, port_name, group_key) VALUES
		(8, 'infinity', 0, 4, 3, 0, false, 'b', NULL);
END
$$;
-- of all rules those that had something to do, or failed
CREATE VIEW pg_temp.run AS SELECT * FROM stormdisc_maintain(false) WHERE rule !~ 'metric|queue_segments' AND (rows > 0 OR NOT is_done OR sqlstate IS NOT NULL);

SELECT pg_temp.fill();
SELECT * FROM pg_temp.left_over \gx
-- a dry run says the same, and does nothing
SELECT rule, relation_name, action, rows, is_done, sqlstate, message FROM stormdisc_maintain(true) WHERE rows > 0 AND rule !~ 'metric';
SELECT * FROM pg_temp.left_over \gx
SELECT * FROM pg_temp.run;
SELECT * FROM pg_temp.left_over \gx
-- there is nothing left to do, and what nobody has finished stays, however old it is
SELECT * FROM pg_temp.run;

-- as many rows as are allowed, the others by the next call
SELECT pg_temp.fill();
SELECT rule, rows, is_done FROM stormdisc_maintain(true, 1) WHERE rows > 0 AND rule !~ 'metric';
SELECT rule, rows, is_done FROM stormdisc_maintain(false, 1) WHERE rule !~ 'metric' AND (rows > 0 OR NOT is_done);
SELECT rule, rows, is_done FROM stormdisc_maintain(false, 1) WHERE rule !~ 'metric' AND (rows > 0 OR NOT is_done);
SELECT rule, rows, is_done FROM stormdisc_maintain(false, 1) WHERE rule !~ 'metric' AND (rows > 0 OR NOT is_done);
SELECT rule, rows, is_done FROM stormdisc_maintain(false, 1) WHERE rule !~ 'metric' AND (rows > 0 OR NOT is_done);
SELECT * FROM pg_temp.left_over \gx

-- the procedure does it all, one row at a time
SELECT pg_temp.fill();
SET ROLE regress_keeper;
CALL stormdisc_maintain_all(1);
RESET ROLE;
SELECT * FROM pg_temp.left_over \gx

-- so does the document's function
SELECT pg_temp.fill();
SET ROLE regress_keeper;
SELECT stormdisc_cleanup_old_data();
RESET ROLE;
SELECT * FROM pg_temp.left_over \gx

-- policies are followed
SELECT pg_temp.fill();
SELECT stormdisc_set_retention('completed_messages', '0');
SELECT stormdisc_set_retention('dead_letters', NULL);
SELECT stormdisc_set_retention('message_errors', '1 day', is_enabled => false);
SELECT rule, action, rows, is_done, message FROM stormdisc_maintain() WHERE rule IN ('completed_messages', 'dead_letters', 'message_errors', 'sinks');
SELECT * FROM pg_temp.left_over \gx
DELETE FROM stormdisc.retention_settings;

-- a rule that fails is told, and the others go on
SELECT pg_temp.fill();
BEGIN;
ALTER TABLE stormdisc.message_dead_letters RENAME TO gone;
SELECT * FROM pg_temp.run;
\set VERBOSITY terse
SELECT stormdisc_cleanup_old_data();
\set VERBOSITY default
ROLLBACK;

-- where nothing can be written a row says so
BEGIN READ ONLY;
SELECT * FROM stormdisc_maintain();
SELECT * FROM stormdisc_maintain(true);
SELECT stormdisc_cleanup_old_data();
COMMIT;
SET default_transaction_read_only = on;
CALL stormdisc_maintain_all();
RESET default_transaction_read_only;
-- nor under an old snapshot, but the procedure has transactions of its own
SET default_transaction_isolation = 'repeatable read';
SELECT * FROM stormdisc_maintain();
SELECT * FROM stormdisc_maintain(true);
SELECT stormdisc_cleanup_old_data();
BEGIN;
SELECT pg_temp.fill();
COMMIT;
CALL stormdisc_maintain_all();
SELECT * FROM pg_temp.left_over \gx
SHOW transaction_isolation;
RESET default_transaction_isolation;
SELECT pg_temp.fill();

-- it is the caller's transaction
BEGIN;
SELECT * FROM pg_temp.run;
ROLLBACK;
SELECT * FROM pg_temp.left_over \gx

-- the caller's settings are the caller's again
SET lock_timeout = '7s';
SELECT count(*) > 10 AS rules FROM stormdisc_maintain();
SHOW lock_timeout;
SHOW search_path;
RESET lock_timeout;

--
-- Versions, measurements and what else grows with time
--
CREATE VIEW pg_temp.kept AS
SELECT (SELECT string_agg(component_name || version, ' ' ORDER BY component_name, version) FROM stormdisc.component_versions) AS states,
	(SELECT string_agg(checkpoint_name || version, ' ' ORDER BY checkpoint_name, version) FROM stormdisc.checkpoints) AS checkpoints,
	(SELECT string_agg(group_name, ' ' ORDER BY group_name) FROM stormdisc.checkpoint_groups) AS groups,
	(SELECT string_agg(component_name || change, ' ' ORDER BY component_name, change) FROM stormdisc.health_history WHERE component_name ~ '^keep') AS health,
	(SELECT string_agg(component_name || n, ' ' ORDER BY component_name, n) FROM stormdisc.metric_rollups WHERE component_name ~ '^keep') AS rollups,
	(SELECT string_agg(sink_key, ' ' ORDER BY sink_key) FROM stormdisc.sink_storage WHERE sink_name ~ '^keep') AS sinks,
	(SELECT string_agg(metric_value::text, ' ' ORDER BY metric_value) FROM stormdisc.component_metrics WHERE component_name ~ '^keep') AS metrics;
SELECT count(stormdisc_save_component_state('keep', 'Source', jsonb_build_object('i', i))) FROM generate_series(1, 5) i;
SELECT count(stormdisc_save_checkpoint('keep', 'c', '{}', pin => i = 2)) FROM generate_series(1, 12) i;
SELECT stormdisc_save_checkpoint('only', 'c', '{}');
SELECT stormdisc_begin_checkpoint_group('old') > 0, stormdisc_begin_checkpoint_group('new') > 0;
UPDATE stormdisc.checkpoint_groups SET created_at = created_at - interval '2 days' WHERE group_name = 'old';
INSERT INTO stormdisc.health_history VALUES ('keep', 1, now() - interval '91 days', 'healthy', NULL), ('keep', 2, now() - interval '89 days', 'unhealthy', NULL);
INSERT INTO stormdisc.metric_rollups (component_name, metric_name, hour, n, sum, m2, min, max, last_at) VALUES
	('keep', 'm', date_trunc('hour', now()) - interval '401 days', 1, 1, 0, 1, 1, now()),
	('keep', 'm', date_trunc('hour', now()) - interval '399 days', 2, 1, 0, 1, 1, now());
INSERT INTO stormdisc.sink_storage (id, sink_name, sink_key, data, created_at, updated_at) VALUES
	(gen_random_uuid(), 'keep', 'old', '{}', now() - interval '10 years', now() - interval '10 years');
-- without a partition they are in the default one: those of yesterday and of the days to come move, those of last year go
SELECT count(stormdisc_record_metric('keep', 'm', d, at => now() + d * interval '1 day')) FROM unnest('{-100,-40,-35,-2,-1,0,1,2}'::int[]) d;
SELECT * FROM pg_temp.kept \gx
SELECT stormdisc_set_retention('component_states', keep_last => 2);
-- the measurements that are over are added up before their days are dropped
CREATE VIEW pg_temp.rules AS SELECT rule, action, rows > 0 AS some, is_done, sqlstate, message FROM stormdisc_maintain() WHERE rule !~ 'port_metrics' AND rows > 0;
SELECT * FROM pg_temp.rules;
SELECT * FROM pg_temp.kept \gx
SELECT count(*) AS in_default FROM ONLY stormdisc.component_metrics_default WHERE component_name = 'keep';
SELECT * FROM pg_temp.rules;
SELECT sum(n) AS added_up FROM stormdisc.metric_rollups WHERE component_name = 'keep' AND hour > now() - interval '101 days';
-- a sink that has a rule; and no number keeps all of the others
SELECT stormdisc_set_retention('sinks', '5 years');
SELECT stormdisc_set_retention('component_states');
SELECT * FROM pg_temp.rules;
SELECT stormdisc_reset_retention('sinks'), stormdisc_reset_retention('component_states');
-- a checkpoint that has expired goes even if all others are kept
SELECT stormdisc_set_retention('checkpoints');
UPDATE stormdisc.checkpoints SET expires_at = now() - interval '1 s' WHERE checkpoint_name = 'only';
SELECT * FROM pg_temp.rules;
SELECT checkpoints FROM pg_temp.kept;
SELECT stormdisc_reset_retention('checkpoints');

-- what is too old for a partition goes from the default one, all of it
INSERT INTO stormdisc.component_metrics (component_name, metric_name, metric_value, "timestamp")
SELECT 'aged', 'm', 1, now() - interval '2 years' - i * interval '1 min' FROM generate_series(1, 7) i;
SELECT rule, rows, is_done, message FROM stormdisc_maintain(max_rows => 2) WHERE rule = 'component_metrics';
CALL stormdisc_maintain_all(2);
SELECT count(*) FROM stormdisc.component_metrics WHERE component_name = 'aged';

--
-- Schedules: without pg_cron there is an error that helps
--
SELECT stormdisc_schedule_maintenance();
SELECT stormdisc_unschedule_maintenance();
\set VERBOSITY sqlstate
SELECT stormdisc_schedule_maintenance(NULL);
\set VERBOSITY default

--
-- Distribution: without Citus there is nothing to do
--
SELECT * FROM stormdisc_distribute();

--
-- Backups
--
SELECT check_name, status FROM stormdisc_backup_readiness()
WHERE check_name IN ('unlogged_tables', 'added_columns', 'missing_columns', 'added_objects', 'loose_tables', 'extension_version') ORDER BY check_name COLLATE "C";
BEGIN;
SET LOCAL client_min_messages = warning;
ALTER TABLE stormdisc.ports ADD mine int;
ALTER TABLE stormdisc.subscriptions RENAME pattern TO "Pattern";
ALTER TABLE stormdisc.message_errors SET UNLOGGED;
ALTER TABLE stormdisc.message_errors ADD CONSTRAINT nothing_here CHECK (id > 0) NOT VALID;
CREATE INDEX by_topic ON stormdisc.messages (topic);
CREATE TABLE stormdisc.component_metrics_19990101 (a int);
CREATE FUNCTION pg_temp.nothing() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NEW; END';
CREATE TRIGGER before BEFORE INSERT ON stormdisc.messages FOR EACH ROW EXECUTE FUNCTION pg_temp.nothing();
CREATE POLICY everybody ON stormdisc.messages;
UPDATE pg_extension SET extversion = '0.0.1' WHERE extname = 'stormdisc';
SET LOCAL ROLE regress_keeper_not;
SELECT * FROM stormdisc_backup_readiness()
WHERE check_name IN ('unlogged_tables', 'added_columns', 'missing_columns', 'added_objects', 'loose_tables') AND status <> 'ok';
SELECT check_name, status, value FROM stormdisc_backup_readiness() WHERE check_name = 'extension_version';
ROLLBACK;

-- partitions and all: the other tests have tables without rows
SET client_min_messages = warning;
DROP OWNED BY regress_keeper, regress_keeper_not;
DROP EXTENSION stormdisc CASCADE;
CREATE EXTENSION stormdisc;
DROP ROLE regress_keeper;
DROP ROLE regress_keeper_not;
