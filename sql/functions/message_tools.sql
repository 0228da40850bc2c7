-- Around the messages: dead letters, replay, topics, purging, waiting, figures.

CREATE OR REPLACE VIEW stormdisc.dead_letter_queue AS
SELECT m.id, m.port_name, m.source_component, m.target_component, m.message_data, m.message_metadata,
	'dead_letter'::text AS status,
	GREATEST(d.attempt OPERATOR(pg_catalog.-) 1, 0) AS retry_count,
	m.max_retries, m.created_at, d.processed_at,
	NULL::timestamptz AS completed_at,
	d.error_message, d.error_details,
	d.reason, d.died_at,
	(SELECT pg_catalog.count(*) FROM stormdisc.message_redrives r
		WHERE r.port_name OPERATOR(pg_catalog.=) d.port_name AND r.id OPERATOR(pg_catalog.=) d.id)::int AS redrive_count,
	d.attempt, d.priority, d.group_key
FROM stormdisc.message_dead_letters d
	JOIN stormdisc.messages m ON m.port_name OPERATOR(pg_catalog.=) d.port_name AND m.id OPERATOR(pg_catalog.=) d.id;

COMMENT ON VIEW stormdisc.dead_letter_queue IS 'messages that are out of tries';
COMMENT ON COLUMN stormdisc.dead_letter_queue.id IS 'number of the message';
COMMENT ON COLUMN stormdisc.dead_letter_queue.port_name IS 'port of the message';
COMMENT ON COLUMN stormdisc.dead_letter_queue.source_component IS 'component that sent it';
COMMENT ON COLUMN stormdisc.dead_letter_queue.target_component IS 'component that it is for';
COMMENT ON COLUMN stormdisc.dead_letter_queue.message_data IS 'the message';
COMMENT ON COLUMN stormdisc.dead_letter_queue.message_metadata IS 'what the sender said about it';
COMMENT ON COLUMN stormdisc.dead_letter_queue.status IS 'dead_letter';
COMMENT ON COLUMN stormdisc.dead_letter_queue.retry_count IS 'deliveries after the first';
COMMENT ON COLUMN stormdisc.dead_letter_queue.max_retries IS 'tries after the first that it was sent with';
COMMENT ON COLUMN stormdisc.dead_letter_queue.created_at IS 'when it was sent';
COMMENT ON COLUMN stormdisc.dead_letter_queue.processed_at IS 'when it was last delivered';
COMMENT ON COLUMN stormdisc.dead_letter_queue.completed_at IS 'NULL';
COMMENT ON COLUMN stormdisc.dead_letter_queue.error_message IS 'the last error';
COMMENT ON COLUMN stormdisc.dead_letter_queue.error_details IS 'details of the last error';
COMMENT ON COLUMN stormdisc.dead_letter_queue.reason IS 'failed or lease expired';
COMMENT ON COLUMN stormdisc.dead_letter_queue.died_at IS 'when it became a dead letter';
COMMENT ON COLUMN stormdisc.dead_letter_queue.redrive_count IS 'how often stormdisc_redrive() has given it more tries';
COMMENT ON COLUMN stormdisc.dead_letter_queue.attempt IS 'deliveries so far';
COMMENT ON COLUMN stormdisc.dead_letter_queue.priority IS '-10 to 10, higher ones are delivered first';
COMMENT ON COLUMN stormdisc.dead_letter_queue.group_key IS 'messages with the same key are delivered one after the other';

CREATE OR REPLACE FUNCTION @extschema@.stormdisc_redrive(
	port text,
	filter jsonb DEFAULT NULL,
	max_messages int DEFAULT NULL
)
RETURNS bigint
AS 'MODULE_PATHNAME', 'stormdisc_redrive'
LANGUAGE C VOLATILE PARALLEL UNSAFE;

COMMENT ON FUNCTION @extschema@.stormdisc_redrive(text, jsonb, int) IS
	'give dead letters as many tries as they had, the oldest first; how many there were';
REVOKE ALL ON FUNCTION @extschema@.stormdisc_redrive(text, jsonb, int) FROM PUBLIC;

CREATE OR REPLACE FUNCTION @extschema@.stormdisc_recover_messages(
	port text DEFAULT NULL
)
RETURNS bigint
AS 'MODULE_PATHNAME', 'stormdisc_recover_messages'
LANGUAGE C VOLATILE PARALLEL UNSAFE COST 100000;

COMMENT ON FUNCTION @extschema@.stormdisc_recover_messages(text) IS
	'make messages ready that stand nowhere, of one port or of all: a dump can lose that; how many there were';
REVOKE ALL ON FUNCTION @extschema@.stormdisc_recover_messages(text) FROM PUBLIC;

CREATE OR REPLACE FUNCTION @extschema@.stormdisc_replay(
	port text,
	from_time timestamptz,
	to_time timestamptz,
	filter jsonb DEFAULT NULL,
	target_port text DEFAULT NULL
)
RETURNS bigint
AS 'MODULE_PATHNAME', 'stormdisc_replay'
LANGUAGE C VOLATILE PARALLEL UNSAFE;

COMMENT ON FUNCTION @extschema@.stormdisc_replay(text, timestamptz, timestamptz, jsonb, text) IS
	'send messages that were completed in a time again, as new ones; how many there were';
REVOKE ALL ON FUNCTION @extschema@.stormdisc_replay(text, timestamptz, timestamptz, jsonb, text) FROM PUBLIC;

CREATE OR REPLACE FUNCTION @extschema@.stormdisc_subscribe(
	port text,
	pattern text
)
RETURNS bool
AS 'MODULE_PATHNAME', 'stormdisc_subscribe'
LANGUAGE C VOLATILE PARALLEL UNSAFE;

COMMENT ON FUNCTION @extschema@.stormdisc_subscribe(text, text) IS
	'let a port have a copy of what is published under topics of a pattern; false if it has already';
REVOKE ALL ON FUNCTION @extschema@.stormdisc_subscribe(text, text) FROM PUBLIC;

CREATE OR REPLACE FUNCTION @extschema@.stormdisc_unsubscribe(
	port text,
	pattern text
)
RETURNS bool
AS 'MODULE_PATHNAME', 'stormdisc_unsubscribe'
LANGUAGE C VOLATILE PARALLEL UNSAFE;

COMMENT ON FUNCTION @extschema@.stormdisc_unsubscribe(text, text) IS
	'undo stormdisc_subscribe(); false if there is nothing to undo';
REVOKE ALL ON FUNCTION @extschema@.stormdisc_unsubscribe(text, text) FROM PUBLIC;

CREATE OR REPLACE FUNCTION @extschema@.stormdisc_publish(
	topic text,
	source text,
	data jsonb,
	metadata jsonb DEFAULT NULL,
	delay interval DEFAULT NULL,
	priority int DEFAULT 0,
	group_key text DEFAULT NULL,
	dedup_key text DEFAULT NULL,
	max_retries int DEFAULT NULL
)
RETURNS bigint
AS 'MODULE_PATHNAME', 'stormdisc_publish'
LANGUAGE C VOLATILE PARALLEL UNSAFE;

COMMENT ON FUNCTION @extschema@.stormdisc_publish(text, text, jsonb, jsonb, interval, int, text, text, int) IS
	'send a message to each port that subscribes to its topic; how many there are';
REVOKE ALL ON FUNCTION @extschema@.stormdisc_publish(text, text, jsonb, jsonb, interval, int, text, text, int) FROM PUBLIC;

CREATE OR REPLACE FUNCTION @extschema@.stormdisc_purge(
	port text,
	dead_letters bool DEFAULT false
)
RETURNS bigint
AS 'MODULE_PATHNAME', 'stormdisc_purge'
LANGUAGE C VOLATILE PARALLEL UNSAFE;

COMMENT ON FUNCTION @extschema@.stormdisc_purge(text, bool) IS
	'forget what a port has not delivered yet or would deliver again, and its dead letters if so said; how many messages';
REVOKE ALL ON FUNCTION @extschema@.stormdisc_purge(text, bool) FROM PUBLIC;

CREATE OR REPLACE FUNCTION @extschema@.stormdisc_delete(
	port text,
	id bigint
)
RETURNS bool
AS 'MODULE_PATHNAME', 'stormdisc_delete'
LANGUAGE C VOLATILE PARALLEL UNSAFE;

COMMENT ON FUNCTION @extschema@.stormdisc_delete(text, bigint) IS
	'forget a message, however it stands; false if there is none of that id';
REVOKE ALL ON FUNCTION @extschema@.stormdisc_delete(text, bigint) FROM PUBLIC;

CREATE OR REPLACE FUNCTION @extschema@.stormdisc_queue_stats(
	port text DEFAULT NULL,
	count_limit int DEFAULT 100000
)
RETURNS TABLE (
	port_name text,
	pending bigint,
	delayed bigint,
	blocked bigint,
	processing bigint,
	failed bigint,
	dead_letter bigint,
	completed_hour bigint,
	completed_day bigint,
	exact bool,
	oldest_pending_age interval,
	sent_per_second float8,
	completed_per_second float8,
	dead_rows bigint,
	table_bytes bigint,
	horizon_kind text,
	horizon_holder text,
	horizon_pid int,
	horizon_age interval,
	horizon_transactions bigint
)
AS 'MODULE_PATHNAME', 'stormdisc_queue_stats'
LANGUAGE C VOLATILE PARALLEL UNSAFE ROWS 10 COST 10000;

COMMENT ON FUNCTION @extschema@.stormdisc_queue_stats(text, int) IS
	'how ports stand: messages by status, ages and rates, and who holds back the removal of dead rows';
REVOKE ALL ON FUNCTION @extschema@.stormdisc_queue_stats(text, int) FROM PUBLIC;

CREATE OR REPLACE PROCEDURE @extschema@.stormdisc_wait(
	port text,
	max_wait interval DEFAULT '10 s',
	INOUT is_due bool DEFAULT NULL
)
AS 'MODULE_PATHNAME', 'stormdisc_wait'
LANGUAGE C;

COMMENT ON PROCEDURE @extschema@.stormdisc_wait(text, interval, bool) IS
	'commit, and wait in no transaction until a port may have something to receive';
REVOKE ALL ON PROCEDURE @extschema@.stormdisc_wait(text, interval, bool) FROM PUBLIC;

CREATE OR REPLACE FUNCTION @extschema@.stormdisc_notify_channel(
	port text
)
RETURNS text
AS 'MODULE_PATHNAME', 'stormdisc_notify_channel'
LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;

COMMENT ON FUNCTION @extschema@.stormdisc_notify_channel(text) IS
	'channel on which sends to a port are told with NOTIFY if stormdisc.notify is on';
