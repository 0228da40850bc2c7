--
-- Sinks: three ways to write, and the completion of a delivery with it.
--
SET client_min_messages = warning;
\set SHOW_CONTEXT never
CREATE VIEW sunk AS SELECT sink_name, CASE WHEN sink_key = id::text THEN '(id)' ELSE sink_key END AS sink_key, data_type, data, metadata,
	updated_at > created_at AS updated FROM stormdisc.sink_storage;

SELECT stormdisc_sink_write('s', NULL, '{"n": 1}');
SELECT stormdisc_sink_write('s', NULL, '{"n": 1}', 'number', '{"m": 1}');
SELECT stormdisc_sink_write('s', 'k', '{"n": 2}');
SELECT stormdisc_sink_write('s', 'k', '{"n": 3}');
SELECT stormdisc_sink_write('t', 'k', '{"n": 4}', 'number', '{"m": 1}', 'upsert');
SELECT stormdisc_sink_write('t', 'k', '{"n": 5}', mode => 'upsert');
SELECT stormdisc_sink_write('t', 'k', '{"n": 6}', mode => 'ignore');
SELECT stormdisc_sink_write('t', 'l', 'null', mode => 'ignore');
SELECT * FROM sunk ORDER BY sink_name, sink_key, data_type;

-- with the delivery that it comes from
SELECT stormdisc_create_port('sink port');
SELECT count(stormdisc_send('sink port', 'a', 'b', jsonb_build_object('i', i))) FROM generate_series(1, 3) i;
CREATE TEMP TABLE received AS SELECT row_number() OVER () AS n, * FROM stormdisc_receive('sink port', 3);
SELECT stormdisc_sink_write('u', 'k1', r.message_data, mode => 'upsert', complete_port => 'sink port', complete_id => r.id, complete_attempt => r.attempt)
FROM received r WHERE n = 1;
-- again, and of another attempt: nothing is written
SELECT stormdisc_sink_write('u', 'k1', '"again"', mode => 'upsert', complete_port => 'sink port', complete_id => r.id, complete_attempt => r.attempt)
FROM received r WHERE n = 1;
SELECT stormdisc_sink_write('u', 'k2', '"other"', mode => 'upsert', complete_port => 'sink port', complete_id => r.id, complete_attempt => r.attempt + 1)
FROM received r WHERE n = 2;
-- what is written already is completed all the same
SELECT stormdisc_sink_write('u', 'k1', '"ignored"', mode => 'ignore', complete_port => 'sink port', complete_id => r.id, complete_attempt => r.attempt)
FROM received r WHERE n = 2;
-- an error undoes both
SELECT stormdisc_sink_write('u', 'k1', '"twice"', complete_port => 'sink port', complete_id => r.id, complete_attempt => r.attempt)
FROM received r WHERE n = 3;
SELECT * FROM sunk WHERE sink_name = 'u';
SELECT message_data, status FROM stormdisc.port_messages WHERE port_name = 'sink port' ORDER BY id;
SELECT stormdisc_complete('sink port', id, attempt) FROM received WHERE n = 3;

-- what is refused
SELECT stormdisc_sink_write('s', NULL, '{}', mode => 'upsert');
SELECT stormdisc_sink_write('s', 'k', '{}', mode => 'merge');
SELECT stormdisc_sink_write('s', 'k', '{}', complete_id => 1);
\set VERBOSITY sqlstate
SELECT stormdisc_sink_write(NULL, 'k', '{}');
SELECT stormdisc_sink_write('', 'k', '{}');
SELECT stormdisc_sink_write('s', '', '{}');
SELECT stormdisc_sink_write('s', repeat('k', 256), '{}');
SELECT stormdisc_sink_write('s', 'k', NULL);
SELECT stormdisc_sink_write('s', 'k', '{}', mode => NULL);
SELECT stormdisc_sink_write('s', 'k', '{}', repeat('t', 256));
SELECT stormdisc_sink_write('s', 'z', '{}', complete_port => 'no such port', complete_id => 1, complete_attempt => 1);
BEGIN READ ONLY;
SELECT stormdisc_sink_write('s', 'z', '{}');
ROLLBACK;
SELECT count(*) FROM stormdisc.sink_storage WHERE sink_name = 's';

SELECT stormdisc_drop_port('sink port', true);
DROP VIEW sunk;
TRUNCATE stormdisc.sink_storage;
