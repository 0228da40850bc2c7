-- Metrics, health and sinks: rules of their tables, random measurements against
-- sums of the server's own, and everything as a role that has EXECUTE only.
BEGIN;
SET LOCAL jit = off;
SET LOCAL client_min_messages = error;
CREATE EXTENSION IF NOT EXISTS pgtap;
CREATE EXTENSION IF NOT EXISTS stormdisc;
SELECT plan(39);

-- keys: what the tables are distributed by is in each of them
CREATE TEMP TABLE tables (name text, key text, is_partitioned bool);
INSERT INTO tables VALUES ('component_metrics', 'component_name', true), ('port_metric_samples', 'port_name', true),
	('metric_rollups', 'component_name', false), ('metric_late_values', 'component_name', false),
	('metric_rollup_state', 'table_name', false),
	('health_heads', 'component_name', false), ('health_history', 'component_name', false), ('sink_storage', 'sink_name', false);
SELECT count(*) FROM stormdisc_create_partitions(now => '2035-05-05');
CREATE TEMP VIEW leaves AS SELECT c.oid, c.relname::text, t.key, t.is_partitioned FROM tables t, pg_class c
	WHERE c.relnamespace = 'stormdisc'::regnamespace AND c.relkind = 'r'
		AND (c.relname = t.name OR t.is_partitioned AND EXISTS (SELECT FROM pg_inherits WHERE inhrelid = c.oid
			AND inhparent = ('stormdisc.' || t.name)::regclass));
SELECT cmp_ok(count(*), '>=', 16::bigint, 'there are tables and partitions') FROM leaves;
SELECT is_empty($$SELECT relname FROM leaves l WHERE NOT EXISTS (SELECT FROM pg_index i JOIN pg_attribute a ON a.attrelid = l.oid
	AND a.attnum = ANY (i.indkey) WHERE i.indrelid = l.oid AND i.indisprimary AND a.attname = l.key)$$,
	'every table and partition has a primary key with its distribution column');
SELECT is_empty($$SELECT relname FROM leaves l WHERE NOT EXISTS (SELECT FROM pg_index i JOIN pg_attribute a ON a.attrelid = l.oid
	AND a.attnum = ANY (i.indkey) WHERE i.indrelid = l.oid AND i.indisprimary AND (NOT l.is_partitioned OR a.attname = 'timestamp'))$$,
	'and with the column it is partitioned by');
SELECT is_empty($$SELECT relname, i.indexrelid::regclass FROM leaves l JOIN pg_index i ON i.indrelid = l.oid WHERE NOT i.indisprimary$$,
	'there is no other index');
SELECT is_empty($$SELECT i.indexrelid::regclass FROM pg_index i WHERE i.indrelid IN ('stormdisc.component_metrics'::regclass, 'stormdisc.port_metric_samples'::regclass)$$,
	'none on a parent: it could not be restored');
SELECT is_empty($$SELECT relname, tgname FROM leaves l JOIN pg_trigger ON tgrelid = l.oid$$, 'there are no triggers');
SELECT is_empty($$SELECT relname, conname FROM leaves l JOIN pg_constraint ON conrelid = l.oid OR confrelid = l.oid WHERE contype = 'f'$$, 'and no foreign keys');
SELECT is_empty($$SELECT relname FROM leaves l WHERE l.oid <> ALL (SELECT unnest(extconfig) FROM pg_extension WHERE extname = 'stormdisc')
	AND relname !~ '_\d{4}_\d\d_\d\d$'$$, 'all members are in dumps');
SELECT is_empty($$SELECT relname FROM leaves l JOIN pg_depend ON objid = l.oid AND deptype = 'e' AND refclassid = 'pg_extension'::regclass
	WHERE relname ~ '_\d{4}_\d\d_\d\d$'$$, 'daily partitions are no members');
SELECT ok(NOT has_table_privilege('public', oid, 'SELECT'), relname || ' is not everybody''s')
FROM leaves WHERE relname !~ '_\d{4}_\d\d_\d\d$' ORDER BY relname;
SELECT is((SELECT reloptions FROM pg_class WHERE oid = 'stormdisc.health_heads'::regclass), '{fillfactor=50}', 'heartbeats have room');

-- the columns that users of the document know
SELECT is((SELECT array_agg(attname::text ORDER BY attnum) FROM pg_attribute WHERE attrelid = ('stormdisc.' || name)::regclass
		AND attnum > 0 AND attname::text = ANY (columns)), columns, name || ' has the columns')
FROM (VALUES ('component_metrics', '{id,component_name,metric_name,metric_value,metric_unit,metric_metadata,timestamp}'::text[]),
	('port_metrics', '{id,port_name,messages_sent,messages_received,avg_send_duration_ms,avg_receive_duration_ms,avg_message_age_ms,buffer_utilization,timestamp}'),
	('system_health', '{id,component_name,health_status,health_details,last_heartbeat,created_at}'),
	('sink_storage', '{id,sink_name,data_type,data,metadata,created_at,updated_at}'),
	('component_statistics', '{component_name,total_messages,avg_throughput,last_activity}')) c (name, columns);

-- random measurements, in many batches, some late, some rolled up
CREATE TEMP TABLE expected (c text, m text, v float8, t timestamptz);
DO $$
BEGIN
	PERFORM setseed(0.42);
	FOR i IN 1 .. 40 LOOP
		CREATE TEMP TABLE batch AS SELECT 'c' || floor(random() * 5) AS c, 'm' || floor(random() * 3) AS m,
			(random() - 0.5) * 10 ^ (random() * 6) AS v,
			'2024-01-01'::timestamptz + random() * interval '3 days' AS t FROM generate_series(1, 1 + (random() * 60)::int);
		PERFORM stormdisc_record_metric_batch(array_agg(c), array_agg(m), array_agg(v), at => array_agg(t)) FROM batch;
		INSERT INTO expected SELECT * FROM batch;
		DROP TABLE batch;
		IF i % 7 = 0 THEN
			FOR j IN 1 .. 100000 LOOP
				EXIT WHEN (SELECT done FROM stormdisc_rollup_metrics(least('2024-01-01'::timestamptz + i * interval '2 hours', now())));
			END LOOP;
		END IF;
	END LOOP;
END $$;
CREATE TEMP VIEW sums AS SELECT c, m, count(*) AS n, avg(v) AS mean, stddev_samp(v) AS stddev, min(v), max(v), max(t) AS last FROM expected GROUP BY 1, 2;
SELECT cmp_ok((SELECT count(*) FROM stormdisc.metric_rollups), '>', 100::bigint, 'some hours are rolled up');
SELECT cmp_ok((SELECT count(*) FROM stormdisc.metric_late_values), '>', 10::bigint, 'some values are late');
SELECT set_eq($$SELECT component_name, metric_name, samples, min_value, max_value, last_activity FROM stormdisc.metric_statistics WHERE component_name ~ '^c\d$'$$,
	'SELECT c, m, n, min, max, last FROM sums', 'counts and extremes are exact');
SELECT is_empty($$SELECT * FROM sums JOIN stormdisc.metric_statistics ON component_name = c AND metric_name = m
	WHERE NOT abs(mean - avg_value) <= 1e-9 * abs(mean) + 1e-9 OR NOT abs(stddev - stddev_value) <= 1e-9 * stddev$$, 'means and deviations are the same');
DO $$ BEGIN FOR j IN 1 .. 100000 LOOP EXIT WHEN (SELECT done FROM stormdisc_rollup_metrics()); END LOOP; END $$;
SELECT is((SELECT count(*) FROM stormdisc.metric_late_values), 0::bigint, 'all is rolled up');
SELECT set_eq($$SELECT component_name, metric_name, samples, min_value, max_value, last_activity FROM stormdisc.metric_statistics WHERE component_name ~ '^c\d$'$$,
	'SELECT c, m, n, min, max, last FROM sums', 'counts and extremes are still exact');
SELECT is_empty($$SELECT * FROM sums JOIN stormdisc.metric_statistics ON component_name = c AND metric_name = m
	WHERE NOT abs(mean - avg_value) <= 1e-9 * abs(mean) + 1e-9 OR NOT abs(stddev - stddev_value) <= 1e-9 * stddev$$, 'and means and deviations');
-- far from zero, where sums of squares would lose everything
SELECT count(stormdisc_record_metric('far', 'm', 1e9 + i, at => '2024-01-01 12:00+00'::timestamptz + i * interval '1 hour')) FROM generate_series(0, 9) i;
SELECT ok(abs(stddev_value - (SELECT stddev_samp(i) FROM generate_series(0, 9) i)) < 1e-6, 'deviations of large values')
FROM stormdisc.metric_statistics WHERE component_name = 'far';

-- a role with EXECUTE and nothing else
CREATE ROLE stormdisc_metrics_test;
DO $$
DECLARE
	f regprocedure;
BEGIN
	FOR f IN SELECT p.oid FROM pg_proc p WHERE proname ~ '^stormdisc_(record_|rollup|create_partitions|drain_|drop_partitions|heartbeat|forget_health|health$|sink_)' LOOP
		EXECUTE format('GRANT EXECUTE ON FUNCTION %s TO stormdisc_metrics_test', f);
	END LOOP;
END $$;
SET LOCAL ROLE stormdisc_metrics_test;
SELECT lives_ok($$SELECT stormdisc_record_metric('role', 'm', 1), stormdisc_record_metric('role', 'm', 1, at => '2024-01-01')$$, 'records');
SELECT lives_ok($$SELECT stormdisc_record_metric_batch('{role,role}', '{m,m}', '{1,2}'), stormdisc_record_port_metrics('role', 1)$$, 'records many');
SELECT lives_ok($$SELECT stormdisc_create_partitions(now => '2036-05-05')$$, 'makes partitions');
SELECT lives_ok($$SELECT stormdisc_rollup_metrics(), stormdisc_drain_partitions(), stormdisc_drop_partitions('component_metrics', '2000-01-01')$$, 'keeps them');
SELECT lives_ok($$SELECT stormdisc_heartbeat('role'), stormdisc_health(), stormdisc_forget_health('role')$$, 'is alive');
SELECT is(stormdisc_sink_write('role', 'k', '{}', mode => 'upsert'), 'inserted', 'writes to a sink');
SELECT throws_ok('SELECT * FROM stormdisc.component_metrics', '42501', NULL, 'and reads nothing');
RESET ROLE;
SELECT is((SELECT count(*) FROM pg_class WHERE relnamespace = 'stormdisc'::regnamespace AND relname ~ '_2036_05_0\d$' AND relkind = 'r'
	AND relowner <> (SELECT extowner FROM pg_extension WHERE extname = 'stormdisc')), 0::bigint, 'partitions belong to the extension''s owner');

SELECT * FROM finish();
ROLLBACK;
