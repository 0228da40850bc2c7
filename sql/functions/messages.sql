-- Messages: ports, sending, receiving, and what comes of a delivery.

CREATE OR REPLACE FUNCTION @extschema@.stormdisc_create_port(
	port text,
	max_retries int DEFAULT 3,
	lease interval DEFAULT '30 s',
	backoff interval DEFAULT '1 s',
	backoff_cap interval DEFAULT '5 min',
	jitter float8 DEFAULT 0.2,
	dedup_window interval DEFAULT '1 day',
	if_not_exists bool DEFAULT false
)
RETURNS bool
AS 'MODULE_PATHNAME', 'stormdisc_create_port'
LANGUAGE C VOLATILE PARALLEL UNSAFE;

COMMENT ON FUNCTION @extschema@.stormdisc_create_port(text, int, interval, interval, interval, float8, interval, bool) IS
	'make a port, a queue of messages; false if it is there already and that is no error';
REVOKE ALL ON FUNCTION @extschema@.stormdisc_create_port(text, int, interval, interval, interval, float8, interval, bool) FROM PUBLIC;

CREATE OR REPLACE FUNCTION @extschema@.stormdisc_alter_port(
	port text,
	max_retries int DEFAULT NULL,
	lease interval DEFAULT NULL,
	backoff interval DEFAULT NULL,
	backoff_cap interval DEFAULT NULL,
	jitter float8 DEFAULT NULL,
	dedup_window interval DEFAULT NULL
)
RETURNS void
AS 'MODULE_PATHNAME', 'stormdisc_alter_port'
LANGUAGE C VOLATILE PARALLEL UNSAFE;

COMMENT ON FUNCTION @extschema@.stormdisc_alter_port(text, int, interval, interval, interval, float8, interval) IS
	'change the properties of a port that are not null';
REVOKE ALL ON FUNCTION @extschema@.stormdisc_alter_port(text, int, interval, interval, interval, float8, interval) FROM PUBLIC;

CREATE OR REPLACE FUNCTION @extschema@.stormdisc_drop_port(
	port text,
	force bool DEFAULT false
)
RETURNS void
AS 'MODULE_PATHNAME', 'stormdisc_drop_port'
LANGUAGE C VOLATILE PARALLEL UNSAFE;

COMMENT ON FUNCTION @extschema@.stormdisc_drop_port(text, bool) IS
	'remove a port and all that was ever sent to it; one with open messages only by force';
REVOKE ALL ON FUNCTION @extschema@.stormdisc_drop_port(text, bool) FROM PUBLIC;

CREATE OR REPLACE FUNCTION @extschema@.stormdisc_send(
	port text,
	source text,
	target text,
	data jsonb,
	metadata jsonb DEFAULT NULL,
	delay interval DEFAULT NULL,
	priority int DEFAULT 0,
	group_key text DEFAULT NULL,
	dedup_key text DEFAULT NULL,
	max_retries int DEFAULT NULL
)
RETURNS bigint
AS 'MODULE_PATHNAME', 'stormdisc_send'
LANGUAGE C VOLATILE PARALLEL UNSAFE;

COMMENT ON FUNCTION @extschema@.stormdisc_send(text, text, text, jsonb, jsonb, interval, int, text, text, int) IS
	'send a message to a port, when the transaction commits; its id';
REVOKE ALL ON FUNCTION @extschema@.stormdisc_send(text, text, text, jsonb, jsonb, interval, int, text, text, int) FROM PUBLIC;

CREATE OR REPLACE FUNCTION @extschema@.stormdisc_send_batch(
	port text,
	source text,
	target text,
	data jsonb[],
	metadata jsonb[] DEFAULT NULL,
	delay interval DEFAULT NULL,
	priority int DEFAULT 0,
	group_keys text[] DEFAULT NULL,
	dedup_keys text[] DEFAULT NULL,
	max_retries int DEFAULT NULL
)
RETURNS SETOF bigint
AS 'MODULE_PATHNAME', 'stormdisc_send_batch'
LANGUAGE C VOLATILE PARALLEL UNSAFE ROWS 100;

COMMENT ON FUNCTION @extschema@.stormdisc_send_batch(text, text, text, jsonb[], jsonb[], interval, int, text[], text[], int) IS
	'send many messages to a port; their ids, in the order of data';
REVOKE ALL ON FUNCTION @extschema@.stormdisc_send_batch(text, text, text, jsonb[], jsonb[], interval, int, text[], text[], int) FROM PUBLIC;

CREATE OR REPLACE FUNCTION @extschema@.stormdisc_receive(
	port text,
	n int DEFAULT 1,
	lease interval DEFAULT NULL
)
RETURNS TABLE (
	id bigint,
	attempt int,
	message_data jsonb,
	message_metadata jsonb,
	source_component text,
	target_component text,
	priority int,
	group_key text,
	created_at timestamptz,
	lease_until timestamptz,
	last_attempt int
)
AS 'MODULE_PATHNAME', 'stormdisc_receive'
LANGUAGE C VOLATILE PARALLEL UNSAFE ROWS 10;

COMMENT ON FUNCTION @extschema@.stormdisc_receive(text, int, interval) IS
	'take up to n messages, which are the caller''s until the lease ends; never waits';
REVOKE ALL ON FUNCTION @extschema@.stormdisc_receive(text, int, interval) FROM PUBLIC;

CREATE OR REPLACE FUNCTION @extschema@.stormdisc_consume(
	port text,
	n int DEFAULT 1
)
RETURNS TABLE (
	id bigint,
	attempt int,
	message_data jsonb,
	message_metadata jsonb,
	source_component text,
	target_component text,
	priority int,
	group_key text,
	created_at timestamptz,
	last_attempt int
)
AS 'MODULE_PATHNAME', 'stormdisc_consume'
LANGUAGE C VOLATILE PARALLEL UNSAFE ROWS 10;

COMMENT ON FUNCTION @extschema@.stormdisc_consume(text, int) IS
	'take and complete up to n messages, when the transaction commits; never waits';
REVOKE ALL ON FUNCTION @extschema@.stormdisc_consume(text, int) FROM PUBLIC;

CREATE OR REPLACE FUNCTION @extschema@.stormdisc_complete(
	port text,
	id bigint,
	attempt int
)
RETURNS text
AS 'MODULE_PATHNAME', 'stormdisc_complete'
LANGUAGE C VOLATILE PARALLEL UNSAFE;

COMMENT ON FUNCTION @extschema@.stormdisc_complete(text, bigint, int) IS
	'a delivery is done: completed, or stale if it is not the caller''s any more';
REVOKE ALL ON FUNCTION @extschema@.stormdisc_complete(text, bigint, int) FROM PUBLIC;

CREATE OR REPLACE FUNCTION @extschema@.stormdisc_complete(
	port text,
	ids bigint[],
	attempts int[]
)
RETURNS TABLE (
	id bigint,
	attempt int,
	result text
)
AS 'MODULE_PATHNAME', 'stormdisc_complete_batch'
LANGUAGE C VOLATILE PARALLEL UNSAFE ROWS 10;

COMMENT ON FUNCTION @extschema@.stormdisc_complete(text, bigint[], int[]) IS
	'deliveries are done: for each completed, or stale if it is not the caller''s any more';
REVOKE ALL ON FUNCTION @extschema@.stormdisc_complete(text, bigint[], int[]) FROM PUBLIC;

CREATE OR REPLACE FUNCTION @extschema@.stormdisc_fail(
	port text,
	id bigint,
	attempt int,
	error text DEFAULT NULL,
	details jsonb DEFAULT NULL,
	delay interval DEFAULT NULL
)
RETURNS text
AS 'MODULE_PATHNAME', 'stormdisc_fail'
LANGUAGE C VOLATILE PARALLEL UNSAFE;

COMMENT ON FUNCTION @extschema@.stormdisc_fail(text, bigint, int, text, jsonb, interval) IS
	'a delivery failed: there is a retry, or it was the last and the message is a dead letter, or stale';
REVOKE ALL ON FUNCTION @extschema@.stormdisc_fail(text, bigint, int, text, jsonb, interval) FROM PUBLIC;

CREATE OR REPLACE FUNCTION @extschema@.stormdisc_extend(
	port text,
	id bigint,
	attempt int,
	lease interval DEFAULT NULL
)
RETURNS text
AS 'MODULE_PATHNAME', 'stormdisc_extend'
LANGUAGE C VOLATILE PARALLEL UNSAFE;

COMMENT ON FUNCTION @extschema@.stormdisc_extend(text, bigint, int, interval) IS
	'a delivery takes longer: its lease now ends later, or it is stale';
REVOKE ALL ON FUNCTION @extschema@.stormdisc_extend(text, bigint, int, interval) FROM PUBLIC;

CREATE OR REPLACE VIEW stormdisc.port_messages AS
SELECT s.id, s.port_name, m.source_component, m.target_component, m.message_data, m.message_metadata,
	s.status,
	GREATEST(s.attempt OPERATOR(pg_catalog.-) 1, 0) AS retry_count,
	m.max_retries, m.created_at, s.processed_at, s.completed_at,
	e.error_message, e.error_details
FROM (
	SELECT r.port_name, r.id, 'pending'::text AS status, r.attempt,
		NULL::timestamptz AS processed_at, NULL::timestamptz AS completed_at
	FROM stormdisc.message_ready r
	UNION ALL
	SELECT w.port_name, w.id,
		CASE WHEN w.is_leased THEN 'processing'
			WHEN w.claimed_at IS NOT NULL THEN 'failed'
			ELSE 'pending' END,
		w.attempt, w.claimed_at, NULL
	FROM stormdisc.message_waiting w
	UNION ALL
	SELECT l.port_name, u.id, 'processing', u.attempt, l.claimed_at, NULL
	FROM stormdisc.message_leases l,
		ROWS FROM (pg_catalog.unnest(l.ids), pg_catalog.unnest(l.attempts)) AS u (id, attempt)
	UNION ALL
	SELECT c.port_name, u.id, 'completed', u.attempt, u.processed_at, c.completed_at
	FROM stormdisc.message_completions c,
		ROWS FROM (pg_catalog.unnest(c.ids), pg_catalog.unnest(c.attempts), pg_catalog.unnest(c.processed_at)) AS u (id, attempt, processed_at)
	UNION ALL
	SELECT d.port_name, d.id, 'dead_letter', d.attempt, d.processed_at, NULL
	FROM stormdisc.message_dead_letters d
) s
-- by its key, one by one, whatever the statistics say of tables that fill and empty all the time
CROSS JOIN LATERAL (
	SELECT t.source_component, t.target_component, t.message_data, t.message_metadata, t.max_retries, t.created_at
	FROM stormdisc.messages t
	WHERE t.port_name OPERATOR(pg_catalog.=) s.port_name AND t.id OPERATOR(pg_catalog.=) s.id
	OFFSET 0
) m
LEFT JOIN LATERAL (
	SELECT l.error_message, l.error_details
	FROM stormdisc.message_errors l
	WHERE l.port_name OPERATOR(pg_catalog.=) s.port_name AND l.id OPERATOR(pg_catalog.=) s.id
	ORDER BY l.attempt DESC LIMIT 1
) e ON s.attempt OPERATOR(pg_catalog.>) 0;

COMMENT ON VIEW stormdisc.port_messages IS 'all messages, and how each stands';
COMMENT ON COLUMN stormdisc.port_messages.id IS 'number of the message';
COMMENT ON COLUMN stormdisc.port_messages.port_name IS 'port that it was sent to';
COMMENT ON COLUMN stormdisc.port_messages.source_component IS 'component that sent it';
COMMENT ON COLUMN stormdisc.port_messages.target_component IS 'component that it is for';
COMMENT ON COLUMN stormdisc.port_messages.message_data IS 'the message';
COMMENT ON COLUMN stormdisc.port_messages.message_metadata IS 'what the sender said about it';
COMMENT ON COLUMN stormdisc.port_messages.status IS
	'pending: to be delivered; processing: delivered, and not done; failed: waits for its next try; completed; dead_letter: out of tries';
COMMENT ON COLUMN stormdisc.port_messages.retry_count IS 'deliveries after the first';
COMMENT ON COLUMN stormdisc.port_messages.max_retries IS 'how many of these it gets before it is a dead letter';
COMMENT ON COLUMN stormdisc.port_messages.created_at IS 'when it was sent';
COMMENT ON COLUMN stormdisc.port_messages.processed_at IS 'when it was last delivered, NULL while it is ready';
COMMENT ON COLUMN stormdisc.port_messages.completed_at IS 'when it was completed';
COMMENT ON COLUMN stormdisc.port_messages.error_message IS 'what the last delivery that failed said';
COMMENT ON COLUMN stormdisc.port_messages.error_details IS 'details of it';
