--
-- Messages of ports: sending, receiving, and what comes of a delivery.
--
-- A lease or a delay of 1 us has ended when the next statement begins.
--
SELECT setval('stormdisc.message_id_seq', 1, false);
CREATE VIEW states AS SELECT id, status, retry_count, max_retries, processed_at IS NOT NULL AS processed,
	completed_at IS NOT NULL AS completed, error_message, error_details FROM stormdisc.port_messages WHERE port_name = 'm' ORDER BY id;

-- ports
SELECT stormdisc_create_port('m', backoff => '1 us', jitter => 0);
SELECT stormdisc_create_port('m', if_not_exists => true);
SELECT * FROM stormdisc.ports WHERE port_name = 'm' AND created_at <= clock_timestamp() \gset ports_
SELECT :'ports_port_name', :ports_max_retries, :'ports_lease', :'ports_backoff', :'ports_backoff_cap', :ports_jitter, :'ports_dedup_window';
SELECT stormdisc_alter_port('m', max_retries => 1, lease => '1 min');
SELECT max_retries, lease, backoff, backoff_cap, jitter, dedup_window FROM stormdisc.ports WHERE port_name = 'm';

-- one message, there and back
SELECT stormdisc_send('m', 'from', 'to', '{"a": 1}', '{"b": 2}');
SELECT * FROM states;
SELECT id, attempt, message_data, message_metadata, source_component, target_component, priority, group_key,
	created_at <= clock_timestamp() AS created, lease_until > clock_timestamp() + '50 s' AND lease_until < clock_timestamp() + '61 s' AS lease, last_attempt
FROM stormdisc_receive('m');
SELECT * FROM states;
SELECT * FROM stormdisc_receive('m');
SELECT stormdisc_complete('m', 1, 2), stormdisc_complete('m', 2, 1);
SELECT stormdisc_complete('m', 1, 1);
SELECT stormdisc_complete('m', 1, 1), stormdisc_fail('m', 1, 1), stormdisc_extend('m', 1, 1);
SELECT * FROM states;

-- many: ids are in the order of the data, priorities come first
SELECT stormdisc_send_batch('m', 'from', 'to', ARRAY['2', '3', '4']::jsonb[], ARRAY['{}', NULL, '[]']::jsonb[]);
SELECT stormdisc_send_batch('m', 'from', 'to', ARRAY['5', '6']::jsonb[], priority => 10);
SELECT stormdisc_send('m', 'from', 'to', '7', priority => -10);
SELECT stormdisc_send_batch('m', 'from', 'to', '{}');
SELECT id, attempt, message_data, message_metadata, priority FROM stormdisc_receive('m', 4);
SELECT id, attempt, message_data, message_metadata, priority FROM stormdisc_receive('m', 4);
SELECT * FROM stormdisc_complete('m', '{7,2,99,2,3}'::bigint[], '{1,1,1,1,2}');
SELECT * FROM stormdisc_complete('m', '{}'::bigint[], '{}');
SELECT * FROM stormdisc_complete('m', '{3,4,5,6}'::bigint[], '{1,1,1,1}');
SELECT status, count(*) FROM states GROUP BY status;
SELECT (SELECT array_agg(id ORDER BY id) FROM unnest(ids) id) AS ids, attempts, cardinality(processed_at) FROM stormdisc.message_completions WHERE port_name = 'm' ORDER BY completed_at;

-- failures: a retry, and then there is no other
SELECT stormdisc_send('m', 'from', 'to', '8');
SELECT id, attempt, last_attempt FROM stormdisc_receive('m');
SELECT stormdisc_fail('m', 8, 1, 'bad weather', '{"wind": 9}', '1 h');
SELECT * FROM states WHERE id = 8;
SELECT id FROM stormdisc_receive('m');
UPDATE stormdisc.message_waiting SET wake_at = clock_timestamp() WHERE port_name = 'm' AND id = 8;
SELECT id, attempt, last_attempt FROM stormdisc_receive('m', 5);
SELECT stormdisc_complete('m', 8, 1) AS late, stormdisc_fail('m', 8, 1) AS too_late;
SELECT stormdisc_fail('m', 8, 2, 'worse', NULL);
SELECT * FROM states WHERE id = 8;
SELECT id, attempt, priority, group_key, processed_at IS NOT NULL AS processed, reason, error_message, error_details
FROM stormdisc.message_dead_letters WHERE port_name = 'm';
SELECT id, attempt, error_message, error_details FROM stormdisc.message_errors WHERE port_name = 'm' ORDER BY id, attempt;
SELECT id FROM stormdisc_receive('m');

-- the pause: base * 2^(n-1), not more than the cap, no jitter here
SELECT stormdisc_create_port('pause', backoff => '10 s', backoff_cap => '25 s', jitter => 0, max_retries => 100);
SELECT stormdisc_send('pause', 'from', 'to', '9') AS id \gset
CREATE FUNCTION pauses(n int) RETURNS TABLE (attempt int, seconds numeric) LANGUAGE plpgsql AS $$
DECLARE
	m record;
BEGIN
	FOR i IN 1..n LOOP
		SELECT * INTO STRICT m FROM stormdisc_receive('pause');
		PERFORM stormdisc_fail('pause', m.id, m.attempt, 'no');
		RETURN QUERY SELECT w.attempt, round(extract(epoch FROM wake_at - clock_timestamp()))
			FROM stormdisc.message_waiting w WHERE port_name = 'pause' AND NOT is_leased;
		UPDATE stormdisc.message_waiting SET wake_at = clock_timestamp() WHERE port_name = 'pause';
	END LOOP;
END
$$;
SELECT * FROM pauses(5);
DROP FUNCTION pauses;
-- and with jitter: between 8 and 12 seconds
SELECT stormdisc_alter_port('pause', jitter => 0.2);
SELECT count(*) FROM stormdisc_send_batch('pause', 'from', 'to', array_fill('1'::jsonb, ARRAY[50]));
DELETE FROM stormdisc.message_ready WHERE port_name = 'pause' AND attempt > 0;
SELECT count(stormdisc_fail('pause', id, attempt)) FROM stormdisc_receive('pause', 100) WHERE attempt = 1;
SELECT min(wake_at - clock_timestamp()) BETWEEN '7 s' AND '10 s' AS low, max(wake_at - clock_timestamp()) BETWEEN '10 s' AND '12 s' AS high,
	count(DISTINCT wake_at) > 10 AS spread FROM stormdisc.message_waiting WHERE port_name = 'pause' AND NOT is_leased;
SELECT stormdisc_drop_port('pause', force => true);

-- no pause: it is ready at once
SELECT stormdisc_send('m', 'from', 'to', '60') AS id \gset
SELECT id = :id AS this, attempt FROM stormdisc_receive('m');
SELECT stormdisc_fail('m', :id, 1, delay => '0');
SELECT id = :id AS this, attempt FROM stormdisc_receive('m');
SELECT stormdisc_complete('m', :id, 2);

-- a lease that ends: delivered again, at last a dead letter without another delivery
SELECT stormdisc_send('m', 'from', 'to', '61') AS id \gset
SELECT id = :id AS this, attempt FROM stormdisc_receive('m', lease => '1 us');
SELECT id = :id AS this, attempt FROM stormdisc_receive('m', lease => '1 us');
SELECT stormdisc_complete('m', :id, 1);
SELECT id = :id AS this, attempt FROM stormdisc_receive('m', lease => '1 us');
SELECT stormdisc_complete('m', :id, 2);
SELECT status, retry_count, error_message FROM states WHERE id = :id;
SELECT attempt, error_message FROM stormdisc.message_errors WHERE port_name = 'm' AND id = :id ORDER BY attempt;

-- one that has ended and is nobody else's yet still counts
SELECT stormdisc_send('m', 'from', 'to', '62') AS id \gset
SELECT id = :id AS this, attempt FROM stormdisc_receive('m', lease => '1 us');
SELECT stormdisc_extend('m', :id, 1, '1 h'), stormdisc_extend('m', :id, 2, '1 h');
SELECT id FROM stormdisc_receive('m');
SELECT wake_at > clock_timestamp() + '50 min' AS extended FROM stormdisc.message_waiting WHERE port_name = 'm' AND id = :id;
SELECT stormdisc_extend('m', :id, 1);
SELECT wake_at < clock_timestamp() + '2 min' AS extended FROM stormdisc.message_waiting WHERE port_name = 'm' AND id = :id;
SELECT stormdisc_complete('m', :id, 1);

-- delays
SELECT stormdisc_send('m', 'from', 'to', '63', delay => '1 h') AS later, stormdisc_send('m', 'from', 'to', '64', delay => '1 us') AS soon,
	stormdisc_send('m', 'from', 'to', '65', delay => '0') AS now \gset
SELECT id IN (:soon, :now) AS known, message_data FROM stormdisc_receive('m', 10) ORDER BY id;
SELECT status FROM states WHERE id = :later;
SELECT result FROM stormdisc_complete('m', ARRAY[:soon, :now], '{1,1}');
UPDATE stormdisc.message_waiting SET wake_at = clock_timestamp() WHERE port_name = 'm';
SELECT message_data, attempt FROM stormdisc_receive('m', 10);
SELECT stormdisc_complete('m', :later, 1);

-- a dedup_key: the first id, also after completion, until its time is over
SELECT stormdisc_send('m', 'from', 'to', '66', dedup_key => 'k') AS first \gset
SELECT stormdisc_send('m', 'from', 'to', '67', dedup_key => 'k') = :first AS same;
SELECT message_data FROM stormdisc_receive('m', 10);
SELECT stormdisc_complete('m', :first, 1);
SELECT stormdisc_send('m', 'from', 'to', '68', dedup_key => 'k') = :first AS same;
SELECT id = :first AS first, count(*) FROM stormdisc_send_batch('m', 'from', 'to', '{1,2,3,4,5}', dedup_keys => '{k,l,k,NULL,l}') id GROUP BY 1 ORDER BY 1;
SELECT id = min(id) OVER (PARTITION BY message_data) AS only, message_data FROM stormdisc_receive('m', 10);
UPDATE stormdisc.message_dedup SET expires_at = '2000-01-01' WHERE port_name = 'm' AND dedup_key = 'k';
SELECT stormdisc_send('m', 'from', 'to', '69', dedup_key => 'k') > :first AS new;
SELECT dedup_key, expires_at > clock_timestamp() + '23 h' AS day FROM stormdisc.message_dedup WHERE port_name = 'm' ORDER BY 1;
BEGIN;
SELECT stormdisc_send('m', 'from', 'to', '70', dedup_key => 'gone') IS NOT NULL AS sent;
ROLLBACK;
SELECT count(*) FROM stormdisc.message_dedup WHERE port_name = 'm' AND dedup_key = 'gone';
SELECT count(*) FROM stormdisc_consume('m', 100);

-- groups: one after the other, in the order of the ids whatever the priority
SELECT stormdisc_drop_port('m', force => true);
SELECT count(*) FROM stormdisc.port_messages WHERE port_name = 'm';
SELECT stormdisc_create_port('m', backoff => '1 us', jitter => 0);
SELECT setval('stormdisc.message_id_seq', 100, false);
SELECT stormdisc_send_batch('m', 'from', 'to', '{1,2,3,4,5,6}', group_keys => '{a,a,b,NULL,b,a}');
SELECT stormdisc_send('m', 'from', 'to', '7', group_key => 'a', priority => 10);
SELECT id, group_key, priority FROM stormdisc_receive('m', 10);
SELECT id, group_key, priority FROM stormdisc_receive('m', 10);
SELECT stormdisc_complete('m', 100, 1);
SELECT id, group_key FROM stormdisc_receive('m', 10);
-- a failure does not let the next one pass
SELECT stormdisc_fail('m', 101, 1, 'no', delay => '1 h');
SELECT id, group_key FROM stormdisc_receive('m', 10);
UPDATE stormdisc.message_waiting SET wake_at = clock_timestamp() WHERE port_name = 'm' AND id = 101;
SELECT id, group_key, attempt FROM stormdisc_receive('m', 10);
-- but a dead letter does
SELECT stormdisc_fail('m', 101, 2, 'no', delay => '0');
SELECT id, attempt FROM stormdisc_receive('m');
SELECT stormdisc_fail('m', 101, 3, 'no', delay => '0');
SELECT id, attempt FROM stormdisc_receive('m');
SELECT stormdisc_fail('m', 101, 4, 'no');
SELECT id, group_key, attempt FROM stormdisc_receive('m', 10);
SELECT * FROM stormdisc_complete('m', '{102,103,105}'::bigint[], '{1,1,1}');
SELECT id, group_key, attempt FROM stormdisc_receive('m', 10, '1 us');
-- a lease that ends leaves the order as it is
SELECT id, group_key, attempt FROM stormdisc_receive('m', 10, '1 us');
SELECT count(*) FROM stormdisc_complete('m', '{104,106}'::bigint[], '{2,2}') WHERE result = 'completed';
SELECT status, count(*) FROM states GROUP BY status;

-- one of a group in a call, however often it has to look on
SELECT setval('stormdisc.message_id_seq', 150, false);
SELECT count(*) FROM stormdisc_send_batch('m', 'from', 'to', '{1,2,3,4}', group_keys => '{d,d,d,e}');
SELECT id FROM stormdisc_receive('m', 2);
SELECT id FROM stormdisc_receive('m', 2);
SELECT stormdisc_complete('m', 150, 1), stormdisc_complete('m', 153, 1);
SELECT id FROM stormdisc_consume('m', 2);
SELECT id FROM stormdisc_consume('m', 2);

-- in the order of priority, whatever group is in the way
SELECT setval('stormdisc.message_id_seq', 160, false);
SELECT count(*) FROM stormdisc_send_batch('m', 'from', 'to', '{1,2,3,4,5}', priority => 5, group_keys => '{f,f,f,f,f}');
SELECT stormdisc_send('m', 'from', 'to', '6', priority => 4, group_key => 'h');
SELECT count(*) FROM stormdisc_send_batch('m', 'from', 'to', '{7,8,9,10,11}');
SELECT id, group_key FROM stormdisc_receive('m', 5);
SELECT count(*) FROM stormdisc_complete('m', '{165,166,167,168}'::bigint[], '{1,1,1,1}');
SELECT stormdisc_send('m', 'from', 'to', '12', priority => 6, group_key => 'f');
SELECT stormdisc_send('m', 'from', 'to', '13', priority => 4, group_key => 'i');
SELECT id, group_key FROM stormdisc_receive('m', 1);
SELECT id, group_key FROM stormdisc_receive('m', 10);
SELECT count(*) FROM stormdisc_complete('m', '{160,169,170,172}'::bigint[], '{1,1,1,1}');
SELECT count(*) FROM stormdisc_purge('m') n;
-- nothing else is ready when the last delivery of one dies, and the next follows at once
SELECT setval('stormdisc.message_id_seq', 180, false);
SELECT count(*) FROM stormdisc_send_batch('m', 'from', 'to', '{1,2}', group_keys => '{k,k}', max_retries => 0);
SELECT id FROM stormdisc_receive('m', 1, '1 us');
SELECT id FROM stormdisc_receive('m', 10);
SELECT stormdisc_complete('m', 181, 1);

-- in the caller's transaction
SELECT setval('stormdisc.message_id_seq', 200, false);
SELECT stormdisc_send_batch('m', 'from', 'to', '{1,2,3}', group_keys => '{c,c,NULL}');
BEGIN;
SELECT id, attempt, message_data, group_key, last_attempt FROM stormdisc_consume('m', 10);
SELECT id, attempt FROM stormdisc_consume('m', 10);
SELECT id, status FROM states WHERE id >= 200;
ROLLBACK;
SELECT id, status FROM states WHERE id >= 200;
SELECT id, attempt FROM stormdisc_consume('m', 10);
SELECT id, attempt FROM stormdisc_consume('m', 10);
SELECT id, status, retry_count, processed, completed FROM states WHERE id >= 200;

-- a message is sent when the transaction commits
BEGIN;
SELECT stormdisc_send('m', 'from', 'to', '1') IS NOT NULL AS sent;
SAVEPOINT s;
SELECT count(*) FROM stormdisc_send_batch('m', 'from', 'to', '{2,3}');
ROLLBACK TO s;
SELECT message_data FROM stormdisc_receive('m', 10);
ROLLBACK;
SELECT count(*) FROM stormdisc_receive('m', 10);

-- what one call delivers has one row, as long as nothing has come of any of it
SELECT stormdisc_create_port('call', max_retries => 1, lease => '1 h', backoff => '1 h', jitter => 0);
CREATE VIEW calls AS SELECT first_id, last_id, cardinality(ids) AS n FROM stormdisc.message_leases WHERE port_name = 'call' ORDER BY first_id;
CREATE VIEW ones AS SELECT id, attempt, is_leased, wake_at > clock_timestamp() + '90 min' AS extended
	FROM stormdisc.message_waiting WHERE port_name = 'call' ORDER BY id;
SELECT setval('stormdisc.message_id_seq', 1000, false);
SELECT count(*) FROM stormdisc_send_batch('call', 'from', 'to', array_fill('1'::jsonb, '{70}'));
SELECT setval('stormdisc.message_id_seq', 2000, false);
SELECT count(*) FROM stormdisc_send_batch('call', 'from', 'to', array_fill('1'::jsonb, '{3}'), priority => 1);
SELECT setval('stormdisc.message_id_seq', 2500, false);
SELECT stormdisc_send('call', 'from', 'to', '1'), stormdisc_send('call', 'from', 'to', '1', group_key => 'g');
SELECT setval('stormdisc.message_id_seq', 4000, false);
SELECT stormdisc_send('call', 'from', 'to', '1');
SELECT count(*), min(id), max(id) FROM stormdisc_receive('call', 100);
SELECT * FROM calls;
SELECT * FROM ones;
SELECT status, count(*), count(processed_at) FROM stormdisc.port_messages WHERE port_name = 'call' GROUP BY status ORDER BY status;
SELECT processing FROM stormdisc_queue_stats('call');
-- who has the wrong attempt changes nothing
SELECT stormdisc_extend('call', 1065, 2), stormdisc_fail('call', 1065, 0), stormdisc_complete('call', 1065, -1), stormdisc_complete('call', 1070, 1);
SELECT * FROM stormdisc_complete('call', '{1003,1066,999,9223372036854775807,-1}'::bigint[], '{2,2,1,1,1}'::int[]);
SELECT * FROM calls;
-- one by one
SELECT stormdisc_extend('call', 1065, 1, '2 h'), stormdisc_fail('call', 1066, 1), stormdisc_complete('call', 1069, 1);
SELECT * FROM calls;
SELECT * FROM ones;
-- some of each, in any order, and more than once
SELECT * FROM stormdisc_complete('call', '{2001,1065,1003,1003,1002,4000,1002,2002,1067}'::bigint[], '{1,1,1,1,1,1,2,1,1}'::int[]);
SELECT result, count(*) FROM stormdisc_complete('call', ARRAY(SELECT generate_series(1000, 1063)), array_fill(1, '{64}')) AS c (id, attempt, result) GROUP BY result;
SELECT * FROM calls;
SELECT * FROM ones;
SELECT result, count(*) FROM stormdisc_complete('call', '{1064,1068,2000,2500,2501}'::bigint[], '{1,1,1,1,1}'::int[]) AS c (id, attempt, result) GROUP BY result;
SELECT stormdisc_delete('call', 1066);
SELECT status, count(*) FROM stormdisc.port_messages WHERE port_name = 'call' GROUP BY status ORDER BY status;
-- all that one call got
SELECT setval('stormdisc.message_id_seq', 5000, false);
SELECT count(*) FROM stormdisc_send_batch('call', 'from', 'to', '{1,2,3}');
SELECT count(*) FROM stormdisc_receive('call', 3);
SELECT * FROM calls;
BEGIN;
SELECT * FROM stormdisc_complete('call', '{5002,5000,5001}'::bigint[], '{1,1,1}'::int[]);
SELECT * FROM calls;
ROLLBACK;
SELECT * FROM calls;
SELECT stormdisc_delete('call', 5001), stormdisc_delete('call', 5001);
SELECT * FROM stormdisc_complete('call', '{5002,5000,5001}'::bigint[], '{1,1,1}'::int[]);
SELECT * FROM calls;
SELECT * FROM ones;
-- leases that end together: there is another try, and then there is none
SELECT setval('stormdisc.message_id_seq', 6000, false);
SELECT count(*) FROM stormdisc_send_batch('call', 'from', 'to', '{1,2,3}');
SELECT id, attempt FROM stormdisc_receive('call', 3, '1 us');
SELECT id, attempt, last_attempt FROM stormdisc_receive('call', 3, '1 us');
SELECT * FROM stormdisc_complete('call', '{6000,6001}'::bigint[], '{1,2}'::int[]);
SELECT id, attempt FROM stormdisc_receive('call', 3);
SELECT id, status, retry_count, error_message FROM stormdisc.port_messages WHERE port_name = 'call' AND id >= 6000 ORDER BY id;
SELECT id, attempt, error_message FROM stormdisc.message_errors WHERE port_name = 'call' AND id >= 6000 ORDER BY id, attempt;
SELECT id, attempt, priority, processed_at IS NOT NULL AS processed FROM stormdisc.message_dead_letters WHERE port_name = 'call' ORDER BY id;
SELECT * FROM calls;
SELECT * FROM ones;
DROP VIEW calls, ones;
SELECT stormdisc_drop_port('call', true);

-- ports do not see each other's messages
SELECT stormdisc_create_port('other');
SELECT setval('stormdisc.message_id_seq', 300, false);
SELECT stormdisc_send('other', 'from', 'to', '1');
SELECT id FROM stormdisc_receive('m');
SELECT id FROM stormdisc_receive('other');
SELECT stormdisc_complete('m', 300, 1), stormdisc_fail('m', 300, 1), stormdisc_extend('m', 300, 1);
SELECT stormdisc_complete('other', 300, 1);

-- as long as looking costs little no message of a higher priority waits, in a new session neither
SELECT stormdisc_create_port('order');
SELECT count(*) FROM stormdisc_send_batch('order', 'from', 'to', array_fill('0'::jsonb, ARRAY[500]));
\c
SELECT count(*) FROM stormdisc_receive('order', 2);
SELECT count(*) FROM stormdisc_send_batch('order', 'from', 'to', '{1,1,1}', priority => 3);
SELECT message_data FROM stormdisc_receive('order', 2);
CREATE FUNCTION late() RETURNS bigint LANGUAGE plpgsql AS $$
DECLARE
	late bigint := 0;
	sent bigint;
BEGIN
	FOR i IN 1..200 LOOP
		PERFORM id FROM stormdisc_consume('order');
		sent := stormdisc_send('order', 'from', 'to', '2', priority => 4 + i % 3);
		late := late + (SELECT count(*) FROM stormdisc_consume('order') WHERE id <> sent);
	END LOOP;
	RETURN late;
END
$$;
SELECT late();
DROP FUNCTION late;

-- no pause is longer than the cap
SELECT stormdisc_alter_port('order', backoff => '1000 s', backoff_cap => '1000 s', jitter => 1);
SELECT f, count(*) FROM stormdisc_receive('order', 40) r, LATERAL stormdisc_fail('order', r.id, r.attempt, 'no') f GROUP BY f;
SELECT count(*), count(*) FILTER (WHERE wake_at > clock_timestamp() + '1000 s') AS late
	FROM stormdisc.message_waiting WHERE port_name = 'order' AND NOT is_leased AND attempt > 0;

-- however many groups a transaction goes through, its locks are few
SELECT stormdisc_drop_port('order', true);
SELECT stormdisc_create_port('order');
SELECT count(*) FROM stormdisc_send_batch('order', 'from', 'to', array_fill('0'::jsonb, ARRAY[4000]),
	group_keys => ARRAY(SELECT i % 2000 FROM generate_series(1, 4000) i)::text[]);
BEGIN;
DO $$
BEGIN
	LOOP
		PERFORM FROM stormdisc_consume('order', 500);
		EXIT WHEN NOT FOUND;
	END LOOP;
END
$$;
SELECT count(*) BETWEEN 1 AND 1024 AS few FROM pg_locks WHERE objsubid = 21302;
COMMIT;
SELECT sum(cardinality(ids)) FROM stormdisc.message_completions WHERE port_name = 'order';
SELECT stormdisc_drop_port('order', true);

-- a port with open messages goes by force
SELECT setval('stormdisc.message_id_seq', 301, false);
SELECT stormdisc_send('m', 'from', 'to', '1');
SELECT stormdisc_drop_port('m', true);
SELECT stormdisc_drop_port('other');
DROP VIEW states;
SELECT count(*) FROM stormdisc.messages WHERE port_name IN ('m', 'other');

-- what a rollback has given back is there again, wherever the scan had ended
SELECT stormdisc_create_port('back');
SELECT count(*) FROM stormdisc_send_batch('back', 'from', 'to', array_fill('1'::jsonb, '{6}'));
BEGIN;
SELECT count(*) FROM stormdisc_receive('back', 3);
SAVEPOINT s;
SELECT count(*) FROM stormdisc_receive('back', 3);
ROLLBACK TO s;
SELECT count(*) FROM stormdisc_receive('back', 10);
ROLLBACK;
SELECT count(*) FROM stormdisc_receive('back', 10);
SELECT stormdisc_drop_port('back', force => true);

-- what is large comes out as it went in, and so do the numbers of many at once
SELECT stormdisc_create_port('wide');
SELECT string_agg(md5(i::text), '') AS text FROM generate_series(1, 20000) i \gset
SELECT count(*) FROM stormdisc_send_batch('wide', 'from', 'to', ARRAY[to_jsonb(1), to_jsonb(:'text'::text), to_jsonb(repeat('x', 5000))],
	metadata => ARRAY[to_jsonb(:'text'::text || '.'), NULL, '3']);
SELECT message_data IN ('1', to_jsonb(:'text'::text), to_jsonb(repeat('x', 5000))) AS same_data,
	length(message_data::text), length(message_metadata::text), message_metadata = to_jsonb(:'text'::text || '.') AS same_metadata
FROM stormdisc_consume('wide', 3) ORDER BY id;
SELECT count(*) FROM stormdisc_send_batch('wide', 'from', 'to', array_fill('1'::jsonb, '{3000}'));
SELECT count(*), count(DISTINCT id), max(attempt) FROM stormdisc_consume('wide', 10000);
SELECT count(*), count(DISTINCT id), count(*) FILTER (WHERE status = 'completed') FROM stormdisc.port_messages WHERE port_name = 'wide';

-- in the transaction that has sent them, with what is far apart
BEGIN;
SELECT stormdisc_send('wide', 'from', 'to', '"low"', priority => -10) IS NOT NULL;
SELECT setval('stormdisc.message_id_seq', currval('stormdisc.message_id_seq') + 100000) > 0;
SELECT stormdisc_send('wide', 'from', 'to', '"high"', priority => 10) IS NOT NULL;
SELECT stormdisc_send('wide', 'from', 'to', '"middle"') IS NOT NULL;
SAVEPOINT s;
SELECT message_data, priority, attempt FROM stormdisc_consume('wide', 2);
ROLLBACK TO s;
SELECT message_data, priority, attempt FROM stormdisc_receive('wide', 10);
ROLLBACK;
SELECT count(*) FROM stormdisc_consume('wide', 10);

-- a column that somebody adds, and takes away again, while a session is at work
SELECT count(*) FROM stormdisc_send_batch('wide', 'from', 'to', '{"1","2","3"}');
SELECT message_data FROM stormdisc_receive('wide', 1);
BEGIN;
ALTER TABLE stormdisc.messages ADD COLUMN remark text DEFAULT 'none';
ALTER TABLE stormdisc.message_completions ADD COLUMN remark text DEFAULT 'none';
SELECT message_data FROM stormdisc_consume('wide', 1);
SELECT stormdisc_send('wide', 'from', 'to', '4') IS NOT NULL;
SELECT DISTINCT remark FROM stormdisc.messages WHERE port_name = 'wide';
ALTER TABLE stormdisc.messages DROP COLUMN remark;
ALTER TABLE stormdisc.message_completions DROP COLUMN remark;
SELECT message_data FROM stormdisc_consume('wide', 10);
ROLLBACK;
SELECT message_data FROM stormdisc_consume('wide', 10);
SELECT stormdisc_drop_port('wide', force => true);
