--
-- Metrics: recording them, their daily partitions, and what they add up to.
--
SET client_min_messages = warning;
SET timezone = 'America/New_York';
CREATE VIEW placed AS
	SELECT tableoid::regclass AS partition, component_name, metric_name, metric_value, "timestamp" AT TIME ZONE 'UTC' AS utc
	FROM stormdisc.component_metrics;
-- one rollup may have to wait for a transaction of the server's own
CREATE FUNCTION roll_up(up_to timestamptz DEFAULT NULL, OUT hours bigint, OUT late bigint) LANGUAGE plpgsql AS $$
DECLARE
	r record;
BEGIN
	hours := 0;
	late := 0;
	FOR i IN 1 .. 100000 LOOP
		SELECT * INTO r FROM stormdisc_rollup_metrics(up_to);
		hours := hours + r.hours;
		late := late + r.late;
		EXIT WHEN r.done;
	END LOOP;
END $$;
-- the hours as the measurements themselves say, where they differ from the view
CREATE VIEW wrong_hours AS
	WITH truth AS (
		SELECT component_name, metric_name, date_trunc('hour', "timestamp", 'UTC') AS hour, count(*) AS n, sum(metric_value),
			var_pop(metric_value) * count(*) AS m2, min(metric_value), max(metric_value), max("timestamp") AS last_at
		FROM stormdisc.component_metrics GROUP BY 1, 2, 3)
	SELECT to_jsonb(t) AS measured, to_jsonb(h) AS shown FROM truth t FULL JOIN stormdisc.metric_hours h USING (component_name, metric_name, hour)
	WHERE t.n IS DISTINCT FROM h.n OR abs(t.sum - h.sum) > 1e-9 OR (t.sum IS NULL) <> (h.sum IS NULL)
		OR abs(t.m2 - h.m2) > 1e-6 OR t.min IS DISTINCT FROM h.min OR t.max IS DISTINCT FROM h.max
		OR t.last_at IS DISTINCT FROM h.last_at;

-- partitions: those of UTC, today and the next days, made once
\set now '''2031-03-09 03:30+00'''
SELECT * FROM stormdisc_create_partitions(dry_run => true, now => :now);
SELECT * FROM stormdisc_create_partitions(now => :now);
SELECT * FROM stormdisc_create_partitions(now => :now);
SET timezone = 'Asia/Kathmandu';
SET datestyle = 'SQL, DMY';
SELECT * FROM stormdisc_create_partitions(now => timestamptz :now + '1 day');
RESET datestyle;
SET timezone = 'UTC';
SELECT inhrelid::regclass AS partition, pg_get_expr(relpartbound, inhrelid) AS bound, pg_get_userbyid(relowner) = current_user AS is_own,
	EXISTS (SELECT FROM pg_depend WHERE objid = inhrelid AND deptype = 'e') AS is_member,
	obj_description(inhrelid, 'pg_class') AS comment
FROM pg_inherits JOIN pg_class c ON c.oid = inhrelid
WHERE inhparent = 'stormdisc.component_metrics'::regclass ORDER BY 1;
\d stormdisc.component_metrics_2031_03_09

-- what is recorded goes to its day, or to the default partition
SELECT stormdisc_record_metric('a', 'load', 1, 'percent', '{"x": 1}', '2031-03-09 00:00+00');
SELECT stormdisc_record_metric('a', 'load', 2, at => '2031-03-08 23:59:59.999999+00');
SELECT stormdisc_record_metric('a', 'load', 3, at => '2031-03-12 23:59:59.999999+00');
SELECT stormdisc_record_metric('a', 'load', 4, at => '2031-03-14 00:00+00');
SELECT stormdisc_record_metric('a', 'load', 5, at => '5000-01-01 00:00+00');
SELECT stormdisc_record_metric('a', 'load', 6, at => '0001-01-01 00:00+00');
SELECT stormdisc_record_metric_batch('{a,b,b}', '{load,load,size}', '{7,8,9}', '{percent,NULL,kB}', '{NULL,NULL,"{\"y\": 2}"}',
	'{2031-03-10 12:00+00,2031-03-14 01:00+00,NULL}') AS recorded;
SELECT stormdisc_record_metric_batch('{}', '{}', '{}') AS recorded;
SELECT * FROM placed WHERE metric_name = 'load' ORDER BY metric_value;
SELECT component_name, metric_name, metric_value, metric_unit, metric_metadata, clock_timestamp() - "timestamp" < '1 hour' AS is_now
FROM stormdisc.component_metrics WHERE metric_unit IS NOT NULL ORDER BY metric_value;
SELECT count(DISTINCT id) = count(*) AS distinct_ids, bool_and(id::text ~ '^.{8}-.{4}-7.{3}-[89ab]') AS version_7 FROM stormdisc.component_metrics;

-- draining: days near now, the oldest first; what is too far away stays
SELECT stormdisc_record_metric_batch('{f}', '{load}', '{0}', at => '{4713-01-01 00:00 BC}') AS recorded;
DELETE FROM stormdisc.component_metrics WHERE metric_name = 'size';
SELECT * FROM stormdisc_drain_partitions(dry_run => true, now => :now);
SELECT * FROM stormdisc_drain_partitions(max_rows => 1, now => :now);
SELECT * FROM stormdisc_drain_partitions(now => :now);
SELECT * FROM stormdisc_drain_partitions(now => :now);
SET stormdisc.partition_window = 1;
SELECT stormdisc_record_metric('c', 'load', 10, at => '2031-03-20 00:00+00');
SELECT * FROM stormdisc_drain_partitions(now => :now);
RESET stormdisc.partition_window;
-- a table in the way, partitions of a user's own, an index of the default
CREATE TABLE stormdisc.component_metrics_2031_03_20 ();
SELECT * FROM stormdisc_drain_partitions(now => :now);
DROP TABLE stormdisc.component_metrics_2031_03_20;
CREATE TABLE "User's own" (LIKE stormdisc.component_metrics_default INCLUDING ALL);
ALTER TABLE stormdisc.component_metrics ATTACH PARTITION "User's own" FOR VALUES FROM ('2031-03-20 12:00+00') TO ('2031-03-22 00:00+00');
SELECT * FROM stormdisc_drain_partitions(now => :now);
SET stormdisc.partitions_ahead = 1;
SELECT * FROM stormdisc_create_partitions(now => '2031-03-20 00:00+00');
RESET stormdisc.partitions_ahead;
CREATE INDEX user_index ON stormdisc.component_metrics_default ("timestamp");
SELECT * FROM stormdisc_create_partitions(now => '2031-03-25 00:00+00');
SELECT indexdef FROM pg_indexes WHERE tablename = 'component_metrics_2031_03_26' ORDER BY 1;
DROP INDEX stormdisc.user_index;
-- it is stored as the default partition is, whatever the session prefers
SET allow_in_place_tablespaces = on;
CREATE TABLESPACE regress_metrics_space LOCATION '';
CREATE ACCESS METHOD regress_heap TYPE TABLE HANDLER heap_tableam_handler;
SET default_tablespace = regress_metrics_space;
SET default_table_access_method = regress_heap;
SELECT sum(partitions) AS made FROM stormdisc_create_partitions(now => '2031-04-05 00:00+00');
SELECT count(*), array_agg(DISTINCT reltablespace) AS spaces, array_agg(DISTINCT amname) AS methods FROM pg_class JOIN pg_am a ON a.oid = relam
WHERE relname ~ '^(component|port)_metric.*_2031_04_0';
SHOW default_tablespace;
RESET default_tablespace;
RESET default_table_access_method;
ALTER TABLE stormdisc.component_metrics_default SET TABLESPACE regress_metrics_space;
-- under another name, too
ALTER TABLE stormdisc.component_metrics_default RENAME TO "The rest";
SELECT stormdisc_record_metric('c', 'other', 11, at => '2031-04-09 00:00+00');
SELECT partitions, rows, done, message FROM stormdisc_drain_partitions(now => '2031-04-05 00:00+00') LIMIT 1;
SELECT relname, spcname FROM pg_class c LEFT JOIN pg_tablespace t ON t.oid = reltablespace WHERE relname ~ '^component_metrics_2031_04_09' ORDER BY 1;
SELECT stormdisc_record_metric('c', 'other', 11, at => '2031-04-20 00:00+00');
SELECT partitions, rows, done, message FROM stormdisc_drop_partitions('component_metrics', '2031-05-01', dry_run => true, now => '2031-05-01 00:00+00');
SELECT partitions, rows, done, message FROM stormdisc_drop_partitions('component_metrics', '4713-01-01 00:00+00 BC', now => '2031-03-11 00:00+00');
ALTER TABLE stormdisc.component_metrics DETACH PARTITION stormdisc."The rest";
SELECT partitions, rows, done, message FROM stormdisc_create_partitions(now => '2031-04-20 00:00+00') LIMIT 1;
SELECT partitions, rows, done, message FROM stormdisc_drain_partitions(now => '2031-04-20 00:00+00') LIMIT 1;
ALTER TABLE stormdisc.component_metrics ATTACH PARTITION stormdisc."The rest" DEFAULT;
ALTER TABLE stormdisc."The rest" RENAME TO component_metrics_default;
ALTER TABLE stormdisc.component_metrics_default SET TABLESPACE pg_default;
DELETE FROM stormdisc.component_metrics WHERE metric_name = 'other';
DROP TABLE stormdisc.component_metrics_2031_04_09;
DROP TABLESPACE regress_metrics_space;
DROP ACCESS METHOD regress_heap;
SELECT * FROM placed WHERE metric_name = 'load' ORDER BY metric_value;

-- dropping: by the end of a day, and never today's
SELECT * FROM stormdisc_drop_partitions('component_metrics', '2031-03-12 23:59+00', dry_run => true, now => '2031-03-11 12:00+00');
SELECT * FROM stormdisc_drop_partitions('component_metrics', '2031-03-12 23:59+00', now => '2031-03-11 12:00+00');
SELECT * FROM stormdisc_drop_partitions('component_metrics', 'infinity', now => '2031-03-11 12:00+00');
SELECT * FROM placed WHERE metric_name = 'load' ORDER BY metric_value;
-- a partition that something else needs stays, the others go
CREATE VIEW needs_it AS SELECT * FROM stormdisc.component_metrics_2031_03_12;
SELECT * FROM stormdisc_drop_partitions('component_metrics', 'infinity', now => '2031-04-01 12:00+00');
DROP VIEW needs_it;
SELECT * FROM stormdisc_drop_partitions('component_metrics', 'infinity', now => '2031-04-01 12:00+00');
SELECT * FROM stormdisc_drop_partitions('port_metric_samples', 'infinity', now => '2031-04-01 12:00+00');
SELECT * FROM placed ORDER BY metric_value;
-- few rows at a time
SELECT stormdisc_record_metric_batch(array_fill('d'::text, '{10}'), array_fill('load'::text, '{10}'), array_fill(1::float8, '{10}'),
	at => array_fill('2031-01-01'::timestamptz, '{10}')) AS recorded;
SELECT * FROM stormdisc_drop_partitions('component_metrics', '2031-02-01', max_rows => 6, dry_run => true, now => :now);
SELECT * FROM stormdisc_drop_partitions('component_metrics', '2031-02-01', max_rows => 6, now => :now);
SELECT * FROM stormdisc_drop_partitions('component_metrics', '2031-02-01', max_rows => 6, now => :now);
SELECT tableoid::regclass, count(*) FROM stormdisc.component_metrics GROUP BY 1;
TRUNCATE stormdisc.component_metrics, stormdisc.metric_late_values;

-- rollups: what is over is added up, once; what comes late is added to it
SELECT stormdisc_record_metric_batch(array_agg('r' || i % 3), array_agg('m' || i % 2), array_agg(i * i / 7.0),
	at => array_agg('2024-02-29 20:00+00'::timestamptz + i * interval '17 min')) AS recorded
FROM generate_series(1, 60) i;
SELECT stormdisc_record_metric_batch('{r0,r0}', '{m0,now}', '{-5,1e6}') AS recorded;
SELECT count(*) AS late FROM stormdisc.metric_late_values;
SELECT * FROM wrong_hours;
SELECT late, rolled_up_to, done FROM stormdisc_rollup_metrics('2024-02-29 20:30+00') WHERE NOT done
	OR rolled_up_to = '2024-02-29 20:00+00';
SELECT * FROM roll_up('2024-03-01 02:20+00');
SELECT count(*) AS rollups, max(hour) FROM stormdisc.metric_rollups;
SELECT * FROM wrong_hours;
SELECT hours > 0 AS hours, late FROM roll_up();
SELECT count(*) AS rollups, max(hour) FROM stormdisc.metric_rollups;
SELECT count(*) AS late FROM stormdisc.metric_late_values;
SELECT * FROM wrong_hours;
SELECT * FROM roll_up();
SELECT * FROM stormdisc.metric_rollups WHERE component_name = 'r0' AND metric_name = 'm0' ORDER BY hour LIMIT 2;
SELECT stormdisc_record_metric('r0', 'm0', 1000, at => '2024-02-29 20:30+00');
SELECT stormdisc_record_metric('r0', 'm0', -1000, at => '2024-02-29 20:45+00');
SELECT stormdisc_record_metric_batch('{r0,r0,new}', '{m0,m0,m0}', '{3,4,5}', at => '{2024-02-29 20:31+00,2024-02-29 21:31+00,2024-02-29 21:31+00}') AS recorded;
SELECT component_name, metric_name, hour, n, sum, m2 FROM stormdisc.metric_late_values ORDER BY 1, 2, 3, 5;
SELECT * FROM wrong_hours;
SELECT * FROM roll_up();
SELECT * FROM wrong_hours;
SELECT count(*) FROM stormdisc.metric_late_values;
-- the rollups stay when the measurements go
CREATE TEMP TABLE hours_before AS SELECT component_name, metric_name, hour, n, sum, min, max FROM stormdisc.metric_hours WHERE hour < '2025-01-01';
SELECT * FROM stormdisc_drop_partitions('component_metrics', '2025-01-01');
SELECT count(*) AS hours, sum(n) AS n FROM stormdisc.metric_rollups;
SELECT * FROM hours_before EXCEPT SELECT component_name, metric_name, hour, n, sum, min, max FROM stormdisc.metric_hours;
SELECT stormdisc_record_metric('r0', 'm0', 50, at => '2024-02-29 20:30+00');
SELECT * FROM roll_up();
SELECT n, sum, min, max FROM stormdisc.metric_hours WHERE component_name = 'r0' AND metric_name = 'm0' AND hour = '2024-02-29 20:00+00';
-- numbers of another cluster's transactions are not waited for
UPDATE stormdisc.metric_rollup_state SET rolled_up_to = '2024-01-01', closing_to = '2024-02-01', closing_xid = '9000000000000000';
SELECT late FROM roll_up();
SELECT closing_to, closing_xid, rolled_up_to > clock_timestamp() - interval '2 hours' AS up_to_date FROM stormdisc.metric_rollup_state;

-- statistics
TRUNCATE stormdisc.component_metrics, stormdisc.metric_late_values, stormdisc.metric_rollups, stormdisc.metric_rollup_state;
SELECT stormdisc_record_metric_batch('{s,s,s,t,t,t,u}', '{throughput,throughput,latency,throughput,messages,messages,latency}', '{10,20,5,40,100,17,1}',
	at => '{2024-05-01 10:10+00,2024-05-01 12:10+00,2024-05-01 10:10+00,2024-05-01 10:10+00,2024-05-01 10:30+00,2024-05-01 10:40+00,2024-05-01 10:40+00}') AS recorded;
SELECT * FROM stormdisc.component_statistics ORDER BY 1;
SELECT late FROM roll_up();
SELECT stormdisc_record_metric('s', 'throughput', 60, at => '2024-05-01 12:20+00');
SELECT * FROM stormdisc.component_statistics ORDER BY 1;
SELECT * FROM stormdisc.metric_statistics ORDER BY 1, 2;

-- values of any size: none is in the way of the others
SELECT stormdisc_record_metric_batch('{tiny,tiny,tiny,tiny,huge,huge,huge,huge}', '{m,m,m,m,m,m,messages,messages}',
	'{1e-100,-1.0000000000000002e-100,1e-200,-5e-324,1e100,-1e100,1e100,1e50}', at => array_fill('2024-05-02 10:10+00'::timestamptz, '{8}')) AS recorded;
SELECT stormdisc_record_metric('debt', 'messages', -1e100, at => '2024-05-02 10:10+00');
SELECT * FROM stormdisc.component_statistics ORDER BY 1;
SELECT late FROM roll_up();
SELECT stormdisc_record_metric('tiny', 'm', v, at => '2024-05-02 10:20+00') FROM unnest('{5e-200,1e-170,-2e-100,1e-308}'::float8[]) v;
SELECT stormdisc_record_metric('tiny', 'm', 3e-100, at => '2024-05-02 11:20+00');
SELECT stormdisc_record_metric('huge', 'm', 1, at => '2024-05-02 10:20+00');
SELECT component_name, metric_name, samples, (stddev_value / CASE component_name WHEN 'tiny' THEN 1e-100 ELSE 1e100 END)::numeric(9, 3) AS stddev, min_value, max_value
FROM stormdisc.metric_statistics WHERE component_name IN ('tiny', 'huge') ORDER BY 1, 2;
SELECT late FROM roll_up();
SELECT component_name, metric_name, hour, n, (m2 / CASE component_name WHEN 'tiny' THEN 1e-200 ELSE 1e200 END)::numeric(9, 3) AS m2, min, max
FROM stormdisc.metric_hours WHERE component_name IN ('tiny', 'huge') ORDER BY 1, 2, 3;
SELECT DISTINCT metric_value FROM stormdisc.component_metrics WHERE component_name = 'tiny' ORDER BY 1;
SELECT stormdisc_record_port_metrics('tiny', 1, 1, 5e-324, 5e-324, 5e-324, 5e-324), stormdisc_record_port_metrics('tiny', 9, 9, 0, 0, 0, 0);
SELECT port_name, avg_send_duration_ms, avg_receive_duration_ms, avg_message_age_ms, avg_buffer_utilization
FROM stormdisc.port_statistics;
TRUNCATE stormdisc.port_metric_samples;

-- ports: averages with their weights
SELECT stormdisc_record_port_metrics('p', 100, 50, 2, 4, 1000, 0.5, '2024-05-01 10:10+00');
SELECT stormdisc_record_port_metrics('p', 300, 0, 6, 8, 2000, at => '2024-05-01 10:20+00');
SELECT stormdisc_record_port_metrics('p', at => '2024-05-01 10:30+00');
SELECT port_name, messages_sent, messages_received, avg_send_duration_ms, avg_receive_duration_ms, avg_message_age_ms, buffer_utilization, "timestamp"
FROM stormdisc.port_metrics ORDER BY "timestamp";
SELECT * FROM stormdisc.port_statistics;

-- what is refused, and leaves nothing
\set VERBOSITY sqlstate
SELECT stormdisc_record_metric(NULL, 'm', 1);
SELECT stormdisc_record_metric('', 'm', 1);
SELECT stormdisc_record_metric(repeat('x', 256), 'm', 1);
SELECT stormdisc_record_metric('c', NULL, 1);
SELECT stormdisc_record_metric('c', 'm', NULL);
SELECT stormdisc_record_metric('c', 'm', 'NaN');
SELECT stormdisc_record_metric('c', 'm', '-Infinity');
SELECT stormdisc_record_metric('c', 'm', 1e101);
SELECT stormdisc_record_metric('c', 'm', 1, repeat('x', 256));
SELECT stormdisc_record_metric('c', 'm', 1, at => 'infinity');
INSERT INTO stormdisc.component_metrics (component_name, metric_name, metric_value) VALUES ('c', 'm', 1e-101);
INSERT INTO stormdisc.component_metrics (component_name, metric_name, metric_value) VALUES ('c', 'm', -1e101);
SELECT stormdisc_record_metric_batch('{a,b}', '{m}', '{1,2}');
SELECT stormdisc_record_metric_batch('{a,b}', '{m,m}', '{1,2}', at => '{2024-01-01}');
SELECT stormdisc_record_metric_batch('{{a,b}}', '{{m,m}}', '{{1,2}}');
SELECT stormdisc_record_metric_batch('{a,NULL}', '{m,m}', '{1,2}');
SELECT stormdisc_record_metric_batch('{a,b}', '{m,m}', '{1,NULL}');
SELECT stormdisc_record_metric_batch('{a,b}', '{m,m}', '{1,NaN}');
SELECT stormdisc_record_metric_batch('{a,b}', '{m,m}', NULL);
SELECT stormdisc_record_metric_batch('{a,b}', '{m,m}', '{1,2}', at => '{2024-01-01,-infinity}');
SELECT stormdisc_record_port_metrics(NULL);
SELECT stormdisc_record_port_metrics('p', -1);
SELECT stormdisc_record_port_metrics('p', 1, 1, 'NaN');
SELECT stormdisc_record_port_metrics('p', 1, 1, -1);
SELECT stormdisc_drop_partitions(NULL, now());
SELECT stormdisc_drop_partitions('component_metrics', NULL);
SELECT stormdisc_drop_partitions('pg_class', now());
SELECT stormdisc_create_partitions(now => 'infinity');
SELECT stormdisc_rollup_metrics('infinity');
BEGIN READ ONLY;
SELECT stormdisc_record_metric('c', 'm', 1);
ROLLBACK;
\set VERBOSITY default
SELECT stormdisc_record_metric_batch('{a,b}', '{m}', '{1,2}');
SELECT stormdisc_record_metric('c', 'm', 'NaN');
SELECT count(*) FROM stormdisc.component_metrics WHERE component_name IN ('a', 'b', 'c');

TRUNCATE stormdisc.component_metrics, stormdisc.port_metric_samples, stormdisc.metric_late_values, stormdisc.metric_rollups, stormdisc.metric_rollup_state;
DROP VIEW placed, wrong_hours;
DROP FUNCTION roll_up;
