-- What stands around the messages of a port: topics against another way to
-- match, figures against counting, all of it by a role with nothing but EXECUTE.
BEGIN;
SET LOCAL jit = off;
SET LOCAL client_min_messages = warning;
CREATE EXTENSION IF NOT EXISTS pgtap;
CREATE EXTENSION IF NOT EXISTS stormdisc;
SELECT plan(13);

-- every pattern of up to four words against every topic of up to five, by
-- regular expressions
CREATE TEMP TABLE words AS SELECT unnest('{a,b,ab}'::text[]) AS w;
CREATE TEMP TABLE topics AS WITH RECURSIVE t(topic, n) AS (
	SELECT w, 1 FROM words UNION ALL SELECT topic || '.' || w, n + 1 FROM t, words WHERE n < 4) SELECT topic FROM t;
CREATE TEMP TABLE patterns AS WITH RECURSIVE p(pattern, n) AS (
	SELECT w, 1 FROM unnest('{a,ab,*,#}'::text[]) w UNION ALL SELECT pattern || '.' || w, n + 1 FROM p, unnest('{a,ab,*,#}'::text[]) w WHERE n < 4)
	SELECT pattern, '^' || replace(replace(replace('.' || pattern, '.*', '\.[^.]+'), '.#', '(\.[^.]+)*'), '.a', '\.a') || '$' AS regex FROM p;
SELECT stormdisc_create_port('tap' || row_number() OVER (ORDER BY pattern)) FROM patterns;
CREATE TEMP TABLE subscribed AS SELECT 'tap' || row_number() OVER (ORDER BY pattern) AS port_name, pattern, regex FROM patterns;
SELECT ok(bool_and(stormdisc_subscribe(port_name, pattern)), 'ports subscribe') FROM subscribed;
CREATE TEMP TABLE published AS SELECT topic, stormdisc_publish(topic, 's', '1') AS copies FROM topics;
SELECT is((SELECT sum(copies) FROM published)::bigint, (SELECT count(*) FROM stormdisc.messages WHERE port_name LIKE 'tap%'), 'copies are counted');
SELECT cmp_ok((SELECT count(*) FROM published), '=', 120::bigint, 'many topics');
SELECT set_eq($$SELECT port_name::text, topic::text FROM stormdisc.messages WHERE port_name LIKE 'tap%'$$,
	$$SELECT port_name, topic FROM subscribed, topics WHERE '.' || topic ~ regex$$, 'patterns match what they should');
-- all patterns by one port: a copy each
SELECT stormdisc_create_port('tap_all');
SELECT stormdisc_subscribe('tap_all', pattern) FROM patterns;
DO $$ BEGIN PERFORM stormdisc_publish(topic, 's', '1') FROM topics; END $$;
SELECT is((SELECT count(*) FROM stormdisc.messages WHERE port_name = 'tap_all'), 120::bigint, 'one copy for a port, however many patterns');

-- figures are what counting says
SELECT stormdisc_create_port('tap_figures', max_retries => 2);
SELECT stormdisc_send_batch('tap_figures', 's', 't', (SELECT array_agg(to_jsonb(g)) FROM generate_series(1, 3000) g));
SELECT stormdisc_send_batch('tap_figures', 's', 't', (SELECT array_agg(to_jsonb(g)) FROM generate_series(1, 200) g), delay => '1 h');
CREATE TEMP TABLE held AS SELECT id, attempt, row_number() OVER (ORDER BY id) AS n FROM stormdisc_receive('tap_figures', 1000);
SELECT stormdisc_fail('tap_figures', id, attempt, delay => '1 h') FROM held WHERE n <= 300;
SELECT stormdisc_complete('tap_figures', array_agg(id), array_agg(attempt)) FROM held WHERE n > 300 GROUP BY n / 10 HAVING n / 10 < 80;
CREATE TEMP VIEW counted AS SELECT count(*) FILTER (WHERE status = 'pending') AS pending, count(*) FILTER (WHERE status = 'processing') AS processing,
		count(*) FILTER (WHERE status = 'failed') AS failed, count(*) FILTER (WHERE status = 'completed') AS completed
	FROM stormdisc.port_messages WHERE port_name = 'tap_figures';
SELECT is((s.pending + s.delayed + s.blocked, s.processing, s.failed, s.completed_hour, s.exact), (c.pending, c.processing, c.failed, c.completed, true), 'counts')
	FROM counted c, stormdisc_queue_stats('tap_figures') s;
SELECT is(delayed, 200::bigint, 'the delayed') FROM stormdisc_queue_stats('tap_figures');
-- beyond the limit they are estimates: all of a small relation is in the sample
SELECT is((s.pending + s.delayed + s.blocked, s.processing, s.failed, s.exact), (c.pending, c.processing, c.failed, false), 'estimates')
	FROM counted c, stormdisc_queue_stats('tap_figures', 50) s;
SELECT cmp_ok(completed_day, '>=', 50::bigint, 'of what is done there are at least those that were counted') FROM stormdisc_queue_stats('tap_figures', 3);
SELECT ok(sent_per_second BETWEEN 3200 / 60.0 - 1 AND 3200 / 60.0 + 1, 'the rate is that of the last minute') FROM stormdisc_queue_stats('tap_figures');

-- a role that may do nothing but this
CREATE ROLE regress_disc_tools;
GRANT EXECUTE ON FUNCTION stormdisc_redrive(text, jsonb, int), stormdisc_replay(text, timestamptz, timestamptz, jsonb, text), stormdisc_subscribe(text, text),
	stormdisc_unsubscribe(text, text), stormdisc_publish(text, text, jsonb, jsonb, interval, int, text, text, int), stormdisc_purge(text, bool),
	stormdisc_delete(text, bigint), stormdisc_queue_stats(text, int) TO regress_disc_tools;
SET LOCAL ROLE regress_disc_tools;
SELECT lives_ok($$
	DO $do$
	BEGIN
		PERFORM stormdisc_subscribe('tap_all', 'x.y'), stormdisc_publish('x.y', 's', '1'), stormdisc_unsubscribe('tap_all', 'x.y'),
			stormdisc_redrive('tap_all'), stormdisc_replay('tap_figures', '-infinity', 'infinity', target_port => 'tap_all'), stormdisc_delete('tap_all', 1), stormdisc_purge('tap_all');
		PERFORM * FROM stormdisc_queue_stats();
	END
	$do$
$$, 'EXECUTE is enough');
SELECT throws_ok('SELECT * FROM stormdisc.dead_letter_queue', '42501', NULL, 'and shows no messages');
SELECT throws_ok($$SELECT stormdisc_send('tap_all', 's', 't', '1')$$, '42501', NULL, 'and is not more');
RESET ROLE;

SELECT * FROM finish();
ROLLBACK;
