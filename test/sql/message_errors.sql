--
-- What is wrong with calls on ports and messages, and that nothing is left of
-- them.
--
\set VERBOSITY sqlstate
SELECT stormdisc_create_port('e');

-- ports: names
SELECT stormdisc_create_port(NULL);
SELECT stormdisc_create_port('');
SELECT stormdisc_create_port(repeat('x', 256));
SELECT stormdisc_create_port(repeat('ä', 128));
SELECT stormdisc_create_port('e');
SELECT stormdisc_alter_port('none', max_retries => 1);
SELECT stormdisc_alter_port(NULL);
SELECT stormdisc_drop_port('none');
SELECT stormdisc_drop_port(NULL);

-- and properties
SELECT stormdisc_create_port('e2', max_retries => NULL);
SELECT stormdisc_create_port('e2', max_retries => -1);
SELECT stormdisc_create_port('e2', max_retries => 2000000000);
SELECT stormdisc_create_port('e2', lease => NULL);
SELECT stormdisc_create_port('e2', lease => '0');
SELECT stormdisc_create_port('e2', lease => '-1 s');
SELECT stormdisc_create_port('e2', lease => '178000000 years');
SELECT stormdisc_create_port('e2', lease => '300000 years');
SELECT stormdisc_create_port('e2', backoff => '-1 s');
SELECT stormdisc_create_port('e2', backoff_cap => '-1 s');
SELECT stormdisc_create_port('e2', jitter => -0.1);
SELECT stormdisc_create_port('e2', jitter => 1.1);
SELECT stormdisc_create_port('e2', jitter => 'NaN');
SELECT stormdisc_create_port('e2', dedup_window => '-1 s');
SELECT stormdisc_alter_port('e', lease => '0');
SELECT stormdisc_alter_port('e', jitter => 'Infinity');
SELECT count(*) FROM stormdisc.ports WHERE port_name LIKE 'e%';

-- a port that is not there, or is no port
SELECT stormdisc_send('none', 'a', 'b', '{}');
SELECT stormdisc_send_batch('none', 'a', 'b', '{1}');
SELECT stormdisc_receive('none');
SELECT stormdisc_consume('none');
SELECT stormdisc_complete('none', 1, 1);
SELECT stormdisc_complete('none', '{1}'::bigint[], '{1}');
SELECT stormdisc_fail('none', 1, 1);
SELECT stormdisc_extend('none', 1, 1);
SELECT stormdisc_send(NULL, 'a', 'b', '{}');
SELECT stormdisc_send('', 'a', 'b', '{}');
SELECT stormdisc_receive(NULL);
SELECT stormdisc_receive(repeat('x', 300));

-- sending
SELECT stormdisc_send('e', NULL, 'b', '{}');
SELECT stormdisc_send('e', 'a', NULL, '{}');
SELECT stormdisc_send('e', '', 'b', '{}');
SELECT stormdisc_send('e', 'a', repeat('x', 256), '{}');
SELECT stormdisc_send('e', 'a', 'b', NULL);
SELECT stormdisc_send('e', 'a', 'b', '{}', delay => '-1 s');
SELECT stormdisc_send('e', 'a', 'b', '{}', delay => '178000000 years');
SELECT stormdisc_send('e', 'a', 'b', '{}', delay => '300000 years');
SELECT stormdisc_send('e', 'a', 'b', '{}', priority => NULL);
SELECT stormdisc_send('e', 'a', 'b', '{}', priority => 11);
SELECT stormdisc_send('e', 'a', 'b', '{}', priority => -11);
SELECT stormdisc_send('e', 'a', 'b', '{}', group_key => '');
SELECT stormdisc_send('e', 'a', 'b', '{}', dedup_key => repeat('x', 256));
SELECT stormdisc_send('e', 'a', 'b', '{}', max_retries => -1);
SELECT stormdisc_send_batch('e', 'a', 'b', NULL);
SELECT stormdisc_send_batch('e', 'a', 'b', '{1,NULL}');
SELECT stormdisc_send_batch('e', 'a', 'b', '{{1},{2}}');
SELECT stormdisc_send_batch('e', 'a', 'b', '{1,2}', metadata => '{1}');
SELECT stormdisc_send_batch('e', 'a', 'b', '{1,2}', group_keys => '{a,b,c}');
SELECT stormdisc_send_batch('e', 'a', 'b', '{1,2}', dedup_keys => '{a,""}');
SELECT stormdisc_send_batch('e', 'a', 'b', array_fill('1'::jsonb, ARRAY[10001]));

-- size
SET stormdisc.max_message_size = '1kB';
SELECT stormdisc_send('e', 'a', 'b', to_jsonb(repeat('x', 2000)));
SELECT stormdisc_send('e', 'a', 'b', '{}', to_jsonb(repeat('x', 2000)));
SELECT stormdisc_send_batch('e', 'a', 'b', ARRAY['1', to_jsonb(repeat('x', 2000))]);
SET stormdisc.max_message_size = 0;
SELECT stormdisc_send('e', 'a', 'b', to_jsonb(repeat('x', 2000))) > 0 AS sent;
RESET stormdisc.max_message_size;
SHOW stormdisc.max_message_size;

-- receiving
SELECT stormdisc_receive('e', NULL);
SELECT stormdisc_receive('e', 0);
SELECT stormdisc_receive('e', -1);
SELECT stormdisc_receive('e', 10001);
SELECT stormdisc_receive('e', 1, '0');
SELECT stormdisc_receive('e', 1, '-1 s');
SELECT stormdisc_receive('e', 1, '300000 years');
SELECT stormdisc_consume('e', 0);
SELECT stormdisc_consume('e', NULL);

-- leases
SELECT stormdisc_complete('e', NULL, 1);
SELECT stormdisc_complete('e', 1, NULL);
SELECT stormdisc_complete('e', NULL, '{1}'::int[]);
SELECT stormdisc_complete('e', '{1,2}'::bigint[], '{1}');
SELECT stormdisc_complete('e', '{1,NULL}'::bigint[], '{1,1}');
SELECT stormdisc_complete('e', '{1,2}'::bigint[], '{1,NULL}');
SELECT stormdisc_complete('e', '{{1,2}}'::bigint[], '{1,2}');
SELECT stormdisc_complete('e', array_fill(1::bigint, ARRAY[10001]), array_fill(1, ARRAY[10001]));
SELECT stormdisc_fail('e', NULL, 1);
SELECT stormdisc_fail('e', 1, NULL);
SELECT stormdisc_fail('e', 1, 1, delay => '-1 s');
SELECT stormdisc_fail('e', 1, 1, delay => '300000 years');
SELECT stormdisc_extend('e', NULL, 1);
SELECT stormdisc_extend('e', 1, 1, '0');
SELECT stormdisc_extend('e', 1, 1, '300000 years');

-- numbers out of all bounds are stale, no error
SELECT stormdisc_complete('e', 9223372036854775807, 2147483647), stormdisc_complete('e', -1, -1), stormdisc_complete('e', 0, 0);

-- read only transactions
BEGIN READ ONLY;
SELECT stormdisc_receive('e');
ROLLBACK;
BEGIN READ ONLY;
SELECT stormdisc_send('e', 'a', 'b', '{}');
ROLLBACK;

-- what the messages say
\set VERBOSITY terse
SELECT stormdisc_send('none', 'a', 'b', '{}');
SELECT stormdisc_receive('e', 0);
\set VERBOSITY default
SELECT stormdisc_send_batch('e', 'a', 'b', '{1,2}', group_keys => '{a,b,c}');
SET stormdisc.max_message_size = '1kB';
SELECT stormdisc_send('e', 'a', 'b', to_jsonb(repeat('x', 2000)));
RESET stormdisc.max_message_size;
SELECT stormdisc_drop_port('e');

-- nothing is left of all that
SELECT count(*) FROM stormdisc.messages WHERE port_name = 'e';
SELECT count(*) FROM stormdisc.message_dedup WHERE port_name = 'e';
SELECT stormdisc_drop_port('e', true);

-- a port with messages that are leased, three in one row
SELECT stormdisc_create_port('leased');
SELECT count(*) FROM stormdisc_send_batch('leased', 'from', 'to', array_fill('1'::jsonb, '{3}'));
SELECT count(*) FROM stormdisc_receive('leased', 3);
SELECT stormdisc_drop_port('leased');
SELECT stormdisc_drop_port('leased', force => true);
