--
-- What stands around the messages of a port: dead letters, replay, topics,
-- purging, figures.  Ids differ from run to run: they are told apart by data.
--
SET client_min_messages = warning;
SELECT stormdisc_create_port('tools', max_retries => 1, backoff => '0 s', jitter => 0);
SELECT stormdisc_create_port('tools.copy');

-- how the messages of a port stand
CREATE FUNCTION pg_temp.stand(p text) RETURNS TABLE (status text, data jsonb, retry_count int) LANGUAGE sql AS $$
	SELECT m.status, m.message_data, m.retry_count FROM stormdisc.port_messages m WHERE m.port_name = p ORDER BY m.message_data, m.id
$$;
-- receive all, and fail those with this data
CREATE FUNCTION pg_temp.fail_all(p text) RETURNS TABLE (data jsonb, attempt int, result text) LANGUAGE sql AS $$
	SELECT r.message_data, r.attempt, stormdisc_fail(p, r.id, r.attempt, 'no luck', '{"code": 7}') FROM stormdisc_receive(p, 100) r ORDER BY r.message_data
$$;
CREATE FUNCTION pg_temp.complete_all(p text) RETURNS TABLE (data jsonb, attempt int, result text) LANGUAGE sql AS $$
	SELECT r.message_data, r.attempt, stormdisc_complete(p, r.id, r.attempt) FROM stormdisc_receive(p, 100) r ORDER BY r.message_data
$$;

-- dead letters
SELECT count(*) FROM stormdisc_send_batch('tools', 's', 't', ARRAY['{"a": 1, "b": 1}', '{"a": 2, "b": 1}', '{"a": 3}']::jsonb[], priority => 3);
SELECT * FROM pg_temp.fail_all('tools');
SELECT * FROM pg_temp.fail_all('tools');
SELECT * FROM pg_temp.fail_all('tools');
SELECT port_name, source_component, target_component, message_data, message_metadata, status, retry_count, max_retries, completed_at,
	error_message, error_details, reason, redrive_count, attempt, priority, group_key
FROM stormdisc.dead_letter_queue WHERE port_name = 'tools' ORDER BY id;
SELECT created_at <= processed_at AND processed_at <= died_at AS in_order FROM stormdisc.dead_letter_queue WHERE port_name = 'tools';
CREATE TEMP TABLE died AS SELECT id, message_data FROM stormdisc.dead_letter_queue WHERE port_name = 'tools';

-- redriven by what they are, and by number; the oldest first
SELECT stormdisc_redrive('tools', '{"b": 1}', 1);
SELECT stormdisc_redrive('tools', '{"b": 2}');
SELECT stormdisc_redrive('tools', max_messages => 0);
SELECT * FROM pg_temp.stand('tools');
-- an attempt is counted on, and the message is the same
SELECT message_data, attempt, last_attempt, priority, r.id = d.id AS same FROM stormdisc_receive('tools', 5) r JOIN died d USING (message_data);
-- so that an old delivery is stale
SELECT stormdisc_complete('tools', id, 1), stormdisc_complete('tools', id, 2), stormdisc_fail('tools', id, 3, 'again') FROM died WHERE message_data @> '{"a": 1}';
SELECT * FROM pg_temp.fail_all('tools');
SELECT message_data, redrive_count, attempt, error_message FROM stormdisc.dead_letter_queue WHERE port_name = 'tools' ORDER BY id;
SELECT stormdisc_redrive('tools');
SELECT stormdisc_redrive('tools');
SELECT * FROM pg_temp.complete_all('tools');
SELECT * FROM pg_temp.stand('tools');
SELECT attempt, count(*) FROM stormdisc.message_redrives WHERE port_name = 'tools' GROUP BY 1 ORDER BY 1;

-- the order of a group holds
SELECT stormdisc_create_port('tools.group', max_retries => 0, backoff => '0 s');
SELECT count(*) FROM stormdisc_send_batch('tools.group', 's', 't', '{1,2,3}', group_keys => '{g,g,g}');
SELECT * FROM pg_temp.fail_all('tools.group');
SELECT message_data FROM stormdisc_receive('tools.group', 5);
SELECT stormdisc_redrive('tools.group');
-- 2 is in flight: 1 waits for it
SELECT message_data FROM stormdisc_receive('tools.group', 5);
SELECT stormdisc_complete('tools.group', id, attempt) FROM stormdisc.message_waiting WHERE port_name = 'tools.group' AND is_leased;
SELECT * FROM pg_temp.complete_all('tools.group');
SELECT * FROM pg_temp.complete_all('tools.group');
SELECT * FROM pg_temp.complete_all('tools.group');

-- replay: new messages that know the old ones
CREATE TEMP TABLE times AS SELECT '-infinity'::timestamptz AS earlier, clock_timestamp() AS now;
SELECT stormdisc_send('tools', 'src', 'dst', '{"a": 4}', '{"m": 1}', priority => -2, dedup_key => 'four') > 0 AS sent;
SELECT * FROM pg_temp.complete_all('tools');
SELECT stormdisc_replay('tools', earlier, now, '{"b": 1}') FROM times;
SELECT stormdisc_replay('tools', now, 'infinity', target_port => 'tools.copy') FROM times;
SELECT stormdisc_replay('tools', now, now) FROM times;
SELECT m.message_data, m.priority, m.dedup_key, r.message_data AS replays, r.dedup_key AS its_key, m.id > r.id AS newer
FROM stormdisc.messages m JOIN stormdisc.messages r ON r.id = m.replay_of WHERE m.port_name IN ('tools', 'tools.copy') ORDER BY m.message_data;
SELECT message_data, message_metadata, source_component, target_component, attempt FROM stormdisc_receive('tools.copy');
SELECT * FROM pg_temp.complete_all('tools');
-- the key still stands for the first
SELECT stormdisc_send('tools', 'src', 'dst', '{"a": 5}', dedup_key => 'four') = (SELECT id FROM stormdisc.messages WHERE port_name = 'tools' AND dedup_key = 'four') AS first;
-- replays are not replayed by their own call, but by the next
SELECT stormdisc_replay('tools', now, 'infinity') FROM times;

-- topics
SELECT stormdisc_create_port('topic.' || p) FROM unnest('{all,word,rest,mid,exact}'::text[]) p;
SELECT stormdisc_subscribe('topic.all', '#'), stormdisc_subscribe('topic.word', 'orders.*.created'), stormdisc_subscribe('topic.rest', 'orders.#'),
	stormdisc_subscribe('topic.mid', '#.eu.#'), stormdisc_subscribe('topic.exact', 'orders.eu.created');
SELECT stormdisc_subscribe('topic.exact', 'orders.eu.created') AS again, stormdisc_subscribe('topic.exact', '#') AS another;
CREATE FUNCTION pg_temp.published(INOUT topic text, OUT copies bigint, OUT ports text) LANGUAGE plpgsql AS $$
BEGIN
	copies := stormdisc_publish(topic, 's', to_jsonb(topic), '{"m": 1}', priority => 5);
	SELECT string_agg(p.port_name, ' ' ORDER BY p.port_name) INTO ports FROM stormdisc.ports p, LATERAL stormdisc_consume(p.port_name, 10) c
		WHERE p.port_name LIKE 'topic.%' AND c.message_data = to_jsonb(published.topic) AND c.target_component = p.port_name AND c.priority = 5;
END
$$;
SELECT p.* FROM unnest('{orders,orders.eu,orders.eu.created,orders.us.created,orders.us.east.created,eu,a.eu,eu.b,a.eu.b,aeu,orders.eu.created.x}'::text[]) t,
	LATERAL pg_temp.published(t) p;
SELECT stormdisc_unsubscribe('topic.exact', '#'), stormdisc_unsubscribe('topic.exact', '#') AS again, stormdisc_unsubscribe('topic.all', '#');
SELECT p.* FROM unnest('{other.topic,orders.eu.created}'::text[]) t, LATERAL pg_temp.published(t) p;
SELECT DISTINCT topic FROM stormdisc.messages WHERE port_name = 'topic.exact' AND topic LIKE 'orders.eu%' ORDER BY 1;
-- what a topic may be; a dropped port takes its subscriptions along
SELECT stormdisc_drop_port('topic.mid', force => true);
SELECT port_name, pattern FROM stormdisc.subscriptions WHERE port_name LIKE 'topic.%' ORDER BY 1, 2;
-- the options of a send
SELECT stormdisc_publish('orders.eu.created', 's', '1', group_key => 'g', dedup_key => 'd', max_retries => 7, delay => '1 h');
SELECT stormdisc_publish('orders.eu.created', 's', '2', dedup_key => 'd');
SELECT m.port_name, m.message_data, m.group_key, m.dedup_key, m.max_retries FROM stormdisc.messages m WHERE m.port_name LIKE 'topic.%' AND dedup_key = 'd' ORDER BY 1;

-- purge: what is not in flight and not done
SELECT stormdisc_create_port('purged', max_retries => 0);
SELECT count(*) FROM stormdisc_send_batch('purged', 's', 't', '{"\"dead\"","\"done\"","\"flight\""}');
SELECT stormdisc_fail('purged', id, attempt, 'x') FROM stormdisc_receive('purged');
SELECT stormdisc_complete('purged', id, attempt) FROM stormdisc_receive('purged');
SELECT message_data FROM stormdisc_receive('purged');
SELECT count(*) FROM stormdisc_send_batch('purged', 's', 't', '{"\"ready\"","\"keyed\""}', dedup_keys => '{NULL,k}');
SELECT stormdisc_send('purged', 's', 't', '"delayed"', delay => '1 h') > 0 AS sent;
SELECT * FROM pg_temp.stand('purged');
SELECT stormdisc_purge('purged');
SELECT * FROM pg_temp.stand('purged');
SELECT stormdisc_purge('purged');
SELECT stormdisc_purge('purged', dead_letters => true);
SELECT * FROM pg_temp.stand('purged');
-- its key is free again
SELECT stormdisc_send('purged', 's', 't', '"second"', dedup_key => 'k') > 0 AS sent;
SELECT message_data, dedup_key FROM stormdisc.messages WHERE port_name = 'purged' AND dedup_key = 'k';
SELECT count(*) FROM stormdisc.message_errors WHERE port_name = 'purged';

-- as long for each message whether there are few or many, also where the planner has only seen small ports: each has a
-- hundred times the time that it takes
SELECT count(stormdisc_create_port('purged.' || n, max_retries => 0)) FROM generate_series(1, 1000) n;
SELECT count(*) FROM generate_series(1, 1000) n, LATERAL stormdisc_send_batch('purged.' || n, 's', 't', '{1,2,3}');
SELECT count(stormdisc_fail('purged.' || n, id, attempt, 'x')) FROM generate_series(1, 1000) n, LATERAL stormdisc_receive('purged.' || n) r;
SELECT count(*) FROM generate_series(1, 1000) n, LATERAL stormdisc_consume('purged.' || n) r;
ANALYZE stormdisc.messages, stormdisc.message_ready, stormdisc.message_waiting, stormdisc.message_completions, stormdisc.message_dead_letters, stormdisc.message_errors;
SELECT stormdisc_create_port('purged.many', max_retries => 0);
SELECT count(*) FROM generate_series(1, 2) g, LATERAL stormdisc_send_batch('purged.many', 's', 't', array_fill(to_jsonb(g), '{10000}'));
SELECT count(stormdisc_fail('purged.many', id, attempt, 'x')) FROM stormdisc_receive('purged.many', 10000);
SELECT count(stormdisc_fail('purged.many', id, attempt, 'x')) FROM stormdisc_receive('purged.many', 10000);
SET statement_timeout = '30 s';
SELECT stormdisc_redrive('purged.many');
SELECT count(*) FROM stormdisc_consume('purged.many', 10000);
SELECT count(*) FROM stormdisc_consume('purged.many', 10000);
SELECT stormdisc_replay('purged.many', '-infinity', 'infinity');
RESET statement_timeout;
SELECT count(stormdisc_fail('purged.many', id, attempt, 'x')) FROM stormdisc_receive('purged.many', 2000);
SELECT count(*) FROM stormdisc_send_batch('purged.many', 's', 't', array_fill('3'::jsonb, '{10000}'), dedup_keys => (SELECT array_agg(n::text) FROM generate_series(1, 10000) n));
SELECT count(*) FROM stormdisc_send_batch('purged.many', 's', 't', array_fill('4'::jsonb, '{2000}'), delay => '1 h');
SELECT count(*) FROM stormdisc_send_batch('purged.many', 's', 't', array_fill('5'::jsonb, '{2000}'), priority => 10, group_keys => (SELECT array_agg('g' || n % 3) FROM generate_series(1, 2000) n));
SELECT count(*) FROM stormdisc_receive('purged.many', 3);
SET statement_timeout = '30 s';
SELECT stormdisc_purge('purged.many', dead_letters => true);
RESET statement_timeout;
SELECT status, message_data, count(*) FROM stormdisc.port_messages WHERE port_name = 'purged.many' GROUP BY 1, 2 ORDER BY 1, 2;
SELECT (SELECT count(*) FROM stormdisc.messages WHERE port_name = 'purged.many') AS messages, (SELECT count(*) FROM stormdisc.message_dedup WHERE port_name = 'purged.many') AS keys,
	(SELECT count(*) FROM stormdisc.message_errors WHERE port_name = 'purged.many') AS errors, (SELECT count(*) FROM stormdisc.message_redrives WHERE port_name = 'purged.many') AS redrives;
DO $$ BEGIN PERFORM stormdisc_drop_port(port_name, force => true) FROM stormdisc.ports WHERE port_name LIKE 'purged.%'; END $$;

-- delete: whatever it is
SELECT m.message_data, stormdisc_delete('purged', m.id), stormdisc_delete('purged', m.id) AS again FROM
	(SELECT * FROM stormdisc.port_messages WHERE port_name = 'purged' ORDER BY id) m;
SELECT * FROM pg_temp.stand('purged');
SELECT stormdisc_delete('purged', -1), stormdisc_delete('tools', 9223372036854775807);
SELECT count(*) FROM stormdisc.messages WHERE port_name = 'purged';
-- the lease of one that was in flight is stale
SELECT stormdisc_send('purged', 's', 't', '1') > 0 AS sent;
SELECT stormdisc_delete('purged', id), stormdisc_complete('purged', id, attempt), stormdisc_extend('purged', id, attempt), stormdisc_fail('purged', id, attempt)
FROM stormdisc_receive('purged');
-- the next of its group comes
SELECT count(*) FROM stormdisc_send_batch('purged', 's', 't', '{1,2}', group_keys => '{g,g}');
SELECT message_data FROM stormdisc_receive('purged', 5);
SELECT message_data FROM stormdisc_receive('purged', 5);
SELECT stormdisc_delete('purged', id) FROM stormdisc.message_waiting WHERE port_name = 'purged' AND is_leased;
SELECT * FROM pg_temp.complete_all('purged');

-- figures
SELECT stormdisc_create_port('figures', max_retries => 1, backoff => '1 h', jitter => 0);
SELECT count(*) FROM stormdisc_send_batch('figures', 's', 't', '{1,2,3,4,5,6,7,8,9}', priority => 1);
SELECT count(*) FROM stormdisc_send_batch('figures', 's', 't', '{10,11}', delay => '1 h');
SELECT stormdisc_complete('figures', array_agg(id), array_agg(attempt)) IS NOT NULL AS done FROM stormdisc_receive('figures', 2);
SELECT stormdisc_fail('figures', id, attempt) FROM stormdisc_receive('figures', 1);
SELECT count(*) FROM stormdisc_receive('figures', 3);
CREATE FUNCTION pg_temp.figures(p text, count_limit int DEFAULT 100000)
RETURNS TABLE (port_name text, pending bigint, delayed bigint, blocked bigint, processing bigint, failed bigint, dead_letter bigint, completed_hour bigint, completed_day bigint, exact bool)
LANGUAGE sql AS $$
	SELECT s.port_name, s.pending, s.delayed, s.blocked, s.processing, s.failed, s.dead_letter, s.completed_hour, s.completed_day, s.exact
	FROM stormdisc_queue_stats(p, count_limit) s
$$;
SELECT * FROM pg_temp.figures('figures');
SELECT sent_per_second > 0 AND completed_per_second > 0 AS rates, oldest_pending_age BETWEEN '0 s' AND '1 h' AS age, dead_rows >= 0 AS dead_rows, table_bytes > 0 AS bytes
FROM stormdisc_queue_stats('figures');
-- a limit that is too small: an estimate
SELECT pending BETWEEN 1 AND 10 AS pending, processing BETWEEN 1 AND 10 AS processing, exact FROM pg_temp.figures('figures', 1);
SELECT array_agg(port_name ORDER BY port_name) = (SELECT array_agg(port_name ORDER BY port_name) FROM stormdisc.ports) AS all_ports FROM stormdisc_queue_stats();
SELECT stormdisc_create_port('figures.none');
SELECT * FROM pg_temp.figures('figures.none');
SELECT oldest_pending_age, sent_per_second, completed_per_second FROM stormdisc_queue_stats('figures.none');

-- waiting
CALL stormdisc_wait('figures', '0 s');
CALL stormdisc_wait('figures.none', '0 s');
CALL stormdisc_wait('figures.none', '10 ms');
SELECT stormdisc_notify_channel('figures'), stormdisc_notify_channel(NULL);

-- errors
\set VERBOSITY terse
CALL stormdisc_wait(NULL);
CALL stormdisc_wait('figures', NULL);
CALL stormdisc_wait('figures', '-1 s');
CALL stormdisc_wait('no such');
CALL stormdisc_wait('figures', '300000 years');
BEGIN;
CALL stormdisc_wait('figures');
ROLLBACK;
DO $$
DECLARE
	due bool;
BEGIN
	BEGIN
		CALL stormdisc_wait('figures', '0 s', due);
	EXCEPTION WHEN division_by_zero THEN
	END;
END
$$;
CREATE FUNCTION pg_temp.waits() RETURNS bool LANGUAGE plpgsql AS $$
DECLARE
	due bool;
BEGIN
	CALL stormdisc_wait('figures', '0 s', due);
	RETURN due;
END
$$;
SELECT pg_temp.waits();
SELECT stormdisc_redrive(NULL);
SELECT stormdisc_redrive('no such');
SELECT stormdisc_redrive('figures', max_messages => -1);
SELECT stormdisc_replay('no such', now(), now());
SELECT stormdisc_replay('figures', NULL, now());
SELECT stormdisc_replay('figures', now(), NULL);
SELECT stormdisc_replay('figures', 'infinity', now());
SELECT stormdisc_replay('figures', now(), now(), target_port => 'no such');
SELECT stormdisc_subscribe('no such', 'a');
SELECT stormdisc_subscribe('figures', NULL);
SELECT stormdisc_subscribe('figures', '');
SELECT stormdisc_subscribe('figures', 'a..b');
SELECT stormdisc_subscribe('figures', '.a');
SELECT stormdisc_subscribe('figures', 'a.');
SELECT stormdisc_subscribe('figures', 'a*.b');
SELECT stormdisc_subscribe('figures', 'a.##');
SELECT stormdisc_subscribe('figures', repeat('a', 256));
SELECT stormdisc_unsubscribe('no such', 'a');
SELECT stormdisc_publish(NULL, 's', '1');
SELECT stormdisc_publish('', 's', '1');
SELECT stormdisc_publish('a.*', 's', '1');
SELECT stormdisc_publish('a.#.b', 's', '1');
SELECT stormdisc_publish('a', NULL, '1');
SELECT stormdisc_publish('a', 's', NULL);
SELECT stormdisc_publish('a', 's', '1', priority => 11);
SELECT stormdisc_publish('a', 's', '1', priority => NULL);
SELECT stormdisc_publish('a', 's', '1', delay => '-1 s');
SELECT stormdisc_publish('a', 's', '1', max_retries => -1);
SELECT stormdisc_purge(NULL);
SELECT stormdisc_purge('no such');
SELECT stormdisc_purge('figures', NULL);
SELECT stormdisc_delete('no such', 1);
SELECT stormdisc_delete('figures', NULL::bigint);
SELECT stormdisc_queue_stats('no such');
SELECT stormdisc_queue_stats('figures', 0);
SELECT stormdisc_queue_stats('figures', NULL);
BEGIN READ ONLY;
SELECT stormdisc_redrive('figures');
ROLLBACK;
BEGIN READ ONLY;
SELECT stormdisc_subscribe('figures', 'a');
ROLLBACK;
BEGIN READ ONLY;
SELECT stormdisc_unsubscribe('figures', 'a');
ROLLBACK;
BEGIN READ ONLY;
SELECT stormdisc_purge('figures');
ROLLBACK;
BEGIN READ ONLY;
SELECT stormdisc_delete('figures', 1);
ROLLBACK;
BEGIN ISOLATION LEVEL REPEATABLE READ;
SELECT stormdisc_purge('figures');
ROLLBACK;
BEGIN ISOLATION LEVEL SERIALIZABLE;
SELECT stormdisc_delete('figures', 1);
ROLLBACK;
BEGIN READ ONLY;
SELECT stormdisc_replay('figures', now(), now());
ROLLBACK;
BEGIN READ ONLY;
SELECT stormdisc_publish('a', 's', '1');
ROLLBACK;
BEGIN READ ONLY;
SELECT count(*) FROM stormdisc_queue_stats('figures');
ROLLBACK;
\set VERBOSITY default

SELECT stormdisc_drop_port(port_name, force => true) FROM stormdisc.ports WHERE port_name LIKE 'tools%' OR port_name LIKE 'topic%' OR port_name LIKE 'figures%' OR port_name = 'purged';
SELECT count(*) FROM stormdisc.message_redrives;
