-- Messages: rules of their tables, roles, and that each is always in one state.
BEGIN;
SET LOCAL jit = off;
SET LOCAL client_min_messages = error;
CREATE EXTENSION IF NOT EXISTS pgtap;
CREATE EXTENSION IF NOT EXISTS stormdisc;
SELECT plan(27);
SET LOCAL search_path = public, pg_catalog;

-- the tables: a key of its own for each port, nothing that ties them together
CREATE TEMP TABLE tables AS SELECT c.oid, c.relname FROM pg_class c
	WHERE relnamespace = 'stormdisc'::regnamespace AND relkind IN ('r', 'p') AND relname ~ '^(ports|subscriptions|message.*)$' AND relname <> 'message_recoveries';
SELECT cmp_ok(count(*), '>=', 17::bigint, 'the tables') FROM tables;
SELECT is_empty($$SELECT relname FROM tables WHERE NOT EXISTS (SELECT FROM pg_index WHERE indrelid = oid AND indisprimary
	AND 'port_name' = ANY (ARRAY(SELECT attname FROM pg_attribute WHERE attrelid = indexrelid)))$$, 'primary keys have the port');
SELECT is_empty($$SELECT relname FROM tables WHERE NOT EXISTS (SELECT FROM pg_attribute a WHERE attrelid = oid AND attname = 'port_name'
	AND atttypid = 'text'::regtype AND attnotnull AND (SELECT collname FROM pg_collation l WHERE l.oid = attcollation) = 'C')$$, 'which is text');
SELECT is_empty($$SELECT conname FROM pg_constraint, tables t WHERE contype = 'f' AND (conrelid = t.oid OR confrelid = t.oid)$$, 'no foreign keys');
SELECT is_empty($$SELECT tgname FROM pg_trigger, tables t WHERE tgrelid = t.oid$$, 'no triggers');
SELECT is_empty($$SELECT relname FROM tables, pg_extension WHERE extname = 'stormdisc' AND NOT tables.oid = ANY (extconfig)
	AND relname NOT IN ('message_ready', 'message_leases', 'message_waiting')$$, 'all are in dumps');
SELECT is_empty($$SELECT relname FROM tables WHERE relname NOT IN ('ports', 'subscriptions') AND has_table_privilege('public', oid, 'SELECT')$$, 'what was sent is not for everybody');

-- a role that may call the functions, and nothing else
CREATE ROLE msg_worker;
GRANT EXECUTE ON FUNCTION stormdisc_send(text, text, text, jsonb, jsonb, interval, int, text, text, int),
	stormdisc_send_batch(text, text, text, jsonb[], jsonb[], interval, int, text[], text[], int), stormdisc_receive(text, int, interval),
	stormdisc_consume(text, int), stormdisc_complete(text, bigint, int), stormdisc_complete(text, bigint[], int[]),
	stormdisc_fail(text, bigint, int, text, jsonb, interval), stormdisc_extend(text, bigint, int, interval),
	stormdisc_create_port(text, int, interval, interval, interval, float8, interval, bool),
	stormdisc_alter_port(text, int, interval, interval, interval, float8, interval), stormdisc_drop_port(text, bool) TO msg_worker;
CREATE ROLE msg_nobody;
CREATE FUNCTION as_role(role text, sql text) RETURNS text LANGUAGE plpgsql AS $$
DECLARE result text;
BEGIN
	EXECUTE format('SET LOCAL ROLE %I', role);
	EXECUTE sql INTO result;
	RESET ROLE;
	RETURN result;
EXCEPTION WHEN OTHERS THEN
	RETURN SQLSTATE;
END
$$;
SELECT is(as_role('msg_nobody', $$SELECT stormdisc_create_port('t')$$), '42501', 'nobody makes ports');
SELECT is(as_role('msg_worker', $$SELECT stormdisc_create_port('t', jitter => 0)$$), 'true', 'a worker does');
SELECT is(as_role('msg_nobody', $$SELECT stormdisc_send('t', 'a', 'b', '1')$$), '42501', 'nobody sends');
SELECT isnt(as_role('msg_worker', $$SELECT stormdisc_send('t', 'a', 'b', '1', group_key => 'g', dedup_key => 'k')$$), '42501', 'a worker does');
SELECT is(as_role('msg_worker', $$SELECT count(*) FROM stormdisc_send_batch('t', 'a', 'b', '{1,2,3,4}')$$), '4', 'many');
SELECT is(as_role('msg_nobody', $$SELECT stormdisc_receive('t')$$), '42501', 'nobody receives');
SELECT is(as_role('msg_worker', $$SELECT string_agg(stormdisc_complete('t', id, attempt), ' ') FROM stormdisc_receive('t')$$), 'completed', 'a worker does');
SELECT is(as_role('msg_worker', $$SELECT stormdisc_fail('t', id, attempt, 'no') FROM stormdisc_receive('t')$$), 'retry', 'fails');
SELECT is(as_role('msg_worker', $$SELECT stormdisc_extend('t', id, attempt) FROM stormdisc_receive('t')$$), 'extended', 'extends');
SELECT is(as_role('msg_worker', $$SELECT count(*) FROM stormdisc_consume('t')$$), '1', 'consumes');
SELECT is(as_role('msg_worker', $$SELECT stormdisc_alter_port('t', max_retries => 5) IS NULL$$), 'false', 'and changes ports');
SELECT is(as_role('msg_worker', 'SELECT count(*) FROM stormdisc.' || relation), '42501', 'but does not read ' || relation)
	FROM unnest(ARRAY['messages', 'port_messages', 'message_ready']) relation;
SELECT is(as_role('msg_worker', $$UPDATE stormdisc.ports SET max_retries = 9 RETURNING 1$$), '42501', 'nor write tables');

-- each message is in one state, and no more; whatever happens to it
CREATE FUNCTION storm(seed float8, steps int) RETURNS bigint LANGUAGE plpgsql AS $$
DECLARE
	m record;
	sent bigint := 0;
BEGIN
	PERFORM setseed(seed);
	FOR i IN 1..steps LOOP
		CASE floor(random() * 4)
			WHEN 0, 1 THEN
				PERFORM stormdisc_send_batch('storm', 'a', 'b', array_fill(to_jsonb(i), ARRAY[3]), priority => floor(random() * 21)::int - 10,
					group_keys => ARRAY[CASE WHEN random() < 0.5 THEN 'g' || floor(random() * 3) END, NULL, 'h'],
					max_retries => floor(random() * 2)::int, delay => CASE WHEN random() < 0.2 THEN interval '1 us' END);
				sent := sent + 3;
			WHEN 2 THEN
				FOR m IN SELECT * FROM stormdisc_receive('storm', 1 + floor(random() * 5)::int, CASE WHEN random() < 0.3 THEN interval '1 us' END) LOOP
					CASE floor(random() * 4)
						WHEN 0 THEN PERFORM stormdisc_fail('storm', m.id, m.attempt, 'no', delay => CASE WHEN random() < 0.5 THEN interval '0' ELSE interval '1 us' END);
						WHEN 1 THEN PERFORM stormdisc_extend('storm', m.id, m.attempt, CASE WHEN random() < 0.5 THEN interval '1 us' END);
						WHEN 2 THEN NULL;
						ELSE PERFORM stormdisc_complete('storm', m.id, m.attempt);
					END CASE;
				END LOOP;
			ELSE
				PERFORM stormdisc_consume('storm', 1 + floor(random() * 3)::int);
		END CASE;
	END LOOP;
	RETURN sent;
END
$$;
CREATE TEMP VIEW broken AS
	SELECT id FROM stormdisc.port_messages WHERE port_name = 'storm' GROUP BY id HAVING count(*) <> 1
	UNION ALL
	(SELECT id FROM stormdisc.messages WHERE port_name = 'storm' EXCEPT SELECT id FROM stormdisc.port_messages WHERE port_name = 'storm')
	UNION ALL
	-- of a group one at a time is under way
	SELECT min(id) FROM stormdisc.message_waiting WHERE port_name = 'storm' AND attempt > 0 AND wake_at < 'infinity' GROUP BY group_key HAVING group_key IS NOT NULL AND count(*) > 1;
SELECT stormdisc_create_port('storm', backoff => '1 us');
CREATE TEMP TABLE sent AS SELECT storm(0.1, 600) AS n;
SELECT is(n, (SELECT count(*) FROM stormdisc.port_messages WHERE port_name = 'storm'), 'a storm of messages') FROM sent;
SELECT is_empty('SELECT * FROM broken', 'each is in one state');
SELECT cmp_ok(count(DISTINCT status), '>=', 3::bigint, 'of several') FROM stormdisc.port_messages WHERE port_name = 'storm';
-- and all come to an end
DO $$
BEGIN
	UPDATE stormdisc.message_waiting SET wake_at = clock_timestamp() WHERE port_name = 'storm' AND wake_at < 'infinity';
	UPDATE stormdisc.message_leases SET wake_at = clock_timestamp() WHERE port_name = 'storm';
	FOR i IN 1..10000 LOOP
		PERFORM stormdisc_consume('storm', 100);
		EXIT WHEN NOT EXISTS (SELECT FROM stormdisc.message_ready WHERE port_name = 'storm')
			AND NOT EXISTS (SELECT FROM stormdisc.message_leases WHERE port_name = 'storm')
			AND NOT EXISTS (SELECT FROM stormdisc.message_waiting WHERE port_name = 'storm');
	END LOOP;
END
$$;
SELECT is_empty($$SELECT * FROM stormdisc.port_messages WHERE port_name = 'storm' AND status NOT IN ('completed', 'dead_letter')$$, 'all come to an end');
SELECT is_empty('SELECT * FROM broken', 'one');

SELECT * FROM finish();
ROLLBACK;
