-- Ports and their messages: where a message is says how it stands.
--
-- A message itself is written once (messages).  A row in one of these relations
-- is its state, and moves from one to the next; none is ever updated:
--   message_ready         can be delivered now
--   message_leases        is delivered and leased, one row per call, or several
--   message_waiting       the same, one by one; or waits for a time or for the
--                         others of its group
--   message_completions   completed, one row per call
--   message_dead_letters  out of tries
-- Ready, leases and waiting are rings of segments that are emptied whole (TRUNCATE), so
-- that a snapshot somebody holds keeps no dead rows there.

CREATE TABLE stormdisc.ports (
	port_name text COLLATE "C" NOT NULL,
	created_at timestamptz NOT NULL,
	max_retries int NOT NULL,
	lease interval NOT NULL,
	backoff interval NOT NULL,
	backoff_cap interval NOT NULL,
	jitter float8 NOT NULL,
	dedup_window interval NOT NULL,
	CONSTRAINT ports_pkey PRIMARY KEY (port_name)
);

COMMENT ON TABLE stormdisc.ports IS 'queues of messages, made by stormdisc_create_port()';
COMMENT ON COLUMN stormdisc.ports.port_name IS 'name of the port';
COMMENT ON COLUMN stormdisc.ports.created_at IS 'when it was made';
COMMENT ON COLUMN stormdisc.ports.max_retries IS 'tries after the first that a message gets before it is a dead letter';
COMMENT ON COLUMN stormdisc.ports.lease IS 'how long a delivery is its receiver''s';
COMMENT ON COLUMN stormdisc.ports.backoff IS 'pause before the first retry; it doubles with each';
COMMENT ON COLUMN stormdisc.ports.backoff_cap IS 'longest pause before a retry';
COMMENT ON COLUMN stormdisc.ports.jitter IS 'part of the pause that is left to chance, 0 to 1';
COMMENT ON COLUMN stormdisc.ports.dedup_window IS 'how long a dedup_key stands for the message that was first sent with it';

GRANT SELECT ON stormdisc.ports TO PUBLIC;
SELECT pg_catalog.pg_extension_config_dump('stormdisc.ports', '');

CREATE SEQUENCE stormdisc.message_id_seq;
COMMENT ON SEQUENCE stormdisc.message_id_seq IS 'numbers of messages';
SELECT pg_catalog.pg_extension_config_dump('stormdisc.message_id_seq', '');

-- Which segment of the rings is written to: the value modulo 3.  Not in dumps.
CREATE SEQUENCE stormdisc.message_segment_seq MINVALUE 0 START 0;
COMMENT ON SEQUENCE stormdisc.message_segment_seq IS 'how often the segments of the messages'' states have moved on';

-- Which of them is empty, and since when, likewise.  Not in dumps.
CREATE SEQUENCE stormdisc.message_segment_left_seq MINVALUE 0 START 0;
COMMENT ON SEQUENCE stormdisc.message_segment_left_seq IS 'the segment in which nothing is left, and since when';

CREATE TABLE stormdisc.messages (
	port_name text COLLATE "C" NOT NULL,
	id bigint NOT NULL,
	created_at timestamptz NOT NULL,
	source_component text COLLATE "C" NOT NULL,
	target_component text COLLATE "C" NOT NULL,
	priority smallint NOT NULL,
	max_retries int NOT NULL,
	group_key text COLLATE "C",
	dedup_key text COLLATE "C",
	replay_of bigint,
	topic text COLLATE "C",
	message_data jsonb NOT NULL,
	message_metadata jsonb,
	CONSTRAINT messages_pkey PRIMARY KEY (port_name, id)
);

COMMENT ON TABLE stormdisc.messages IS 'what was sent; how it stands is in stormdisc.port_messages';
COMMENT ON COLUMN stormdisc.messages.port_name IS 'port that it was sent to';
COMMENT ON COLUMN stormdisc.messages.id IS 'number of the message';
COMMENT ON COLUMN stormdisc.messages.created_at IS 'when it was sent';
COMMENT ON COLUMN stormdisc.messages.source_component IS 'component that sent it';
COMMENT ON COLUMN stormdisc.messages.target_component IS 'component that it is for';
COMMENT ON COLUMN stormdisc.messages.priority IS '-10 to 10, higher ones are delivered first';
COMMENT ON COLUMN stormdisc.messages.max_retries IS 'tries after the first before it is a dead letter';
COMMENT ON COLUMN stormdisc.messages.group_key IS 'messages with the same key are delivered one after the other';
COMMENT ON COLUMN stormdisc.messages.dedup_key IS 'another message with this key was not sent within the window';
COMMENT ON COLUMN stormdisc.messages.replay_of IS 'message that this one replays';
COMMENT ON COLUMN stormdisc.messages.topic IS 'topic that it was published under';
COMMENT ON COLUMN stormdisc.messages.message_data IS 'the message';
COMMENT ON COLUMN stormdisc.messages.message_metadata IS 'what the sender said about it';

SELECT pg_catalog.pg_extension_config_dump('stormdisc.messages', '');

-- position: ((10 - priority) << 56) | id
CREATE TABLE stormdisc.message_ready (
	position bigint NOT NULL,
	id bigint NOT NULL,
	attempt int NOT NULL,
	last_attempt int NOT NULL,
	segment smallint NOT NULL,
	port_name text COLLATE "C" NOT NULL,
	group_key text COLLATE "C",
	CONSTRAINT message_ready_pkey PRIMARY KEY (port_name, position, segment)
) PARTITION BY LIST (segment);
CREATE INDEX message_ready_group ON stormdisc.message_ready (port_name, group_key, id) WHERE group_key IS NOT NULL;

COMMENT ON TABLE stormdisc.message_ready IS 'messages that can be delivered now';
COMMENT ON COLUMN stormdisc.message_ready.position IS 'they are delivered in this order: by priority, then by id';
COMMENT ON COLUMN stormdisc.message_ready.id IS 'number of the message';
COMMENT ON COLUMN stormdisc.message_ready.attempt IS 'deliveries so far';
COMMENT ON COLUMN stormdisc.message_ready.last_attempt IS 'the last one that is allowed';
COMMENT ON COLUMN stormdisc.message_ready.segment IS 'segment of the ring, 3 for what outlives a round';
COMMENT ON COLUMN stormdisc.message_ready.port_name IS 'port of the message';
COMMENT ON COLUMN stormdisc.message_ready.group_key IS 'group of the message';

-- is_leased: a delivery, its receiver's until wake_at.  Else wake_at is when it
-- is to be ready; infinity means that it waits for others of its group.
CREATE TABLE stormdisc.message_waiting (
	id bigint NOT NULL,
	wake_at timestamptz NOT NULL,
	claimed_at timestamptz,
	attempt int NOT NULL,
	last_attempt int NOT NULL,
	segment smallint NOT NULL,
	priority smallint NOT NULL,
	is_leased bool NOT NULL,
	port_name text COLLATE "C" NOT NULL,
	group_key text COLLATE "C",
	CONSTRAINT message_waiting_pkey PRIMARY KEY (port_name, id, segment)
) PARTITION BY LIST (segment);
CREATE INDEX message_waiting_due ON stormdisc.message_waiting (port_name, wake_at);
-- of a group: what it waits for, and what waits
CREATE INDEX message_waiting_group ON stormdisc.message_waiting (port_name, group_key)
	WHERE group_key IS NOT NULL AND attempt OPERATOR(pg_catalog.>) 0 AND wake_at OPERATOR(pg_catalog.<) 'infinity';
CREATE INDEX message_waiting_parked ON stormdisc.message_waiting (port_name, group_key, id)
	WHERE group_key IS NOT NULL AND wake_at OPERATOR(pg_catalog.=) 'infinity';

COMMENT ON TABLE stormdisc.message_waiting IS 'messages that are in somebody''s hands, or wait for a time or for others of their group';
COMMENT ON COLUMN stormdisc.message_waiting.id IS 'number of the message';
COMMENT ON COLUMN stormdisc.message_waiting.wake_at IS 'when the lease ends, or when it is ready; infinity: when its group lets it';
COMMENT ON COLUMN stormdisc.message_waiting.claimed_at IS 'when it was last delivered';
COMMENT ON COLUMN stormdisc.message_waiting.attempt IS 'deliveries so far';
COMMENT ON COLUMN stormdisc.message_waiting.last_attempt IS 'the last one that is allowed';
COMMENT ON COLUMN stormdisc.message_waiting.segment IS 'segment of the ring, 3 for what outlives a round';
COMMENT ON COLUMN stormdisc.message_waiting.priority IS 'priority of the message';
COMMENT ON COLUMN stormdisc.message_waiting.is_leased IS 'it is delivered, and its lease runs';
COMMENT ON COLUMN stormdisc.message_waiting.port_name IS 'port of the message';
COMMENT ON COLUMN stormdisc.message_waiting.group_key IS 'group of the message';

-- Deliveries of one call that are of no group, and of which nothing has come yet:
-- then a row is removed, and what is left of it is in message_waiting.
CREATE TABLE stormdisc.message_leases (
	first_id bigint NOT NULL,
	last_id bigint NOT NULL,
	wake_at timestamptz NOT NULL,
	claimed_at timestamptz NOT NULL,
	segment smallint NOT NULL,
	port_name text COLLATE "C" NOT NULL,
	ids bigint[] NOT NULL,
	attempts int[] NOT NULL,
	last_attempts int[] NOT NULL,
	priorities smallint[] NOT NULL,
	CONSTRAINT message_leases_pkey PRIMARY KEY (port_name, last_id, segment)
) PARTITION BY LIST (segment);
CREATE INDEX message_leases_due ON stormdisc.message_leases (port_name, wake_at);

COMMENT ON TABLE stormdisc.message_leases IS 'messages that were delivered by one call, and are in its caller''s hands';
COMMENT ON COLUMN stormdisc.message_leases.first_id IS 'the first of ids';
COMMENT ON COLUMN stormdisc.message_leases.last_id IS 'the last of ids, which is less than 1,000 more';
COMMENT ON COLUMN stormdisc.message_leases.wake_at IS 'when the lease ends';
COMMENT ON COLUMN stormdisc.message_leases.claimed_at IS 'when they were delivered';
COMMENT ON COLUMN stormdisc.message_leases.segment IS 'segment of the ring, 3 for what outlives a round';
COMMENT ON COLUMN stormdisc.message_leases.port_name IS 'port of the messages';
COMMENT ON COLUMN stormdisc.message_leases.ids IS 'numbers of the messages, in their order';
COMMENT ON COLUMN stormdisc.message_leases.attempts IS 'deliveries of each';
COMMENT ON COLUMN stormdisc.message_leases.last_attempts IS 'the last one that is allowed, of each';
COMMENT ON COLUMN stormdisc.message_leases.priorities IS 'priority of each';

DO $stormdisc$
DECLARE
	relation pg_catalog.text;
	name pg_catalog.text;
	column_name pg_catalog.text;
	described pg_catalog.text;
BEGIN
	FOREACH relation IN ARRAY ARRAY['message_ready', 'message_leases', 'message_waiting'] LOOP
		FOR segment IN 0..3 LOOP
			name := relation OPERATOR(pg_catalog.||) '_' OPERATOR(pg_catalog.||)
				CASE WHEN segment OPERATOR(pg_catalog.=) 3 THEN 'kept' ELSE segment::pg_catalog.text END;
			EXECUTE pg_catalog.format('CREATE TABLE stormdisc.%I PARTITION OF stormdisc.%I FOR VALUES IN (%s)', name, relation, segment);
			-- those that are truncated are not worth a vacuum, unless they are not
			IF segment OPERATOR(pg_catalog.<>) 3 THEN
				EXECUTE pg_catalog.format('ALTER TABLE stormdisc.%I SET (autovacuum_vacuum_threshold = 500000, autovacuum_vacuum_scale_factor = 0, '
					'autovacuum_vacuum_insert_threshold = -1, autovacuum_analyze_threshold = 500000)', name);
			END IF;
			EXECUTE pg_catalog.format('COMMENT ON TABLE stormdisc.%I IS %L', name, 'a segment of stormdisc.' OPERATOR(pg_catalog.||) relation);
			FOR column_name, described IN
				SELECT a.attname, pg_catalog.col_description(a.attrelid, a.attnum)
				FROM pg_catalog.pg_attribute a
				WHERE a.attrelid OPERATOR(pg_catalog.=) ('stormdisc.' OPERATOR(pg_catalog.||) relation)::pg_catalog.regclass
					AND a.attnum OPERATOR(pg_catalog.>) 0
			LOOP
				EXECUTE pg_catalog.format('COMMENT ON COLUMN stormdisc.%I.%I IS %L', name, column_name, described);
			END LOOP;
			PERFORM pg_catalog.pg_extension_config_dump(('stormdisc.' OPERATOR(pg_catalog.||) name)::pg_catalog.regclass, '');
		END LOOP;
	END LOOP;
END
$stormdisc$;

CREATE TABLE stormdisc.message_completions (
	port_name text COLLATE "C" NOT NULL,
	completed_at timestamptz NOT NULL,
	first_id bigint NOT NULL,
	ids bigint[] NOT NULL,
	attempts int[] NOT NULL,
	processed_at timestamptz[] NOT NULL,
	CONSTRAINT message_completions_pkey PRIMARY KEY (port_name, completed_at, first_id)
);

COMMENT ON TABLE stormdisc.message_completions IS 'completed messages, those of one call in a row';
COMMENT ON COLUMN stormdisc.message_completions.port_name IS 'port of the messages';
COMMENT ON COLUMN stormdisc.message_completions.completed_at IS 'when they were completed';
COMMENT ON COLUMN stormdisc.message_completions.first_id IS 'the first of ids';
COMMENT ON COLUMN stormdisc.message_completions.ids IS 'numbers of the messages';
COMMENT ON COLUMN stormdisc.message_completions.attempts IS 'deliveries of each';
COMMENT ON COLUMN stormdisc.message_completions.processed_at IS 'when each was last delivered';

SELECT pg_catalog.pg_extension_config_dump('stormdisc.message_completions', '');

CREATE TABLE stormdisc.message_dead_letters (
	port_name text COLLATE "C" NOT NULL,
	id bigint NOT NULL,
	attempt int NOT NULL,
	priority smallint NOT NULL,
	group_key text COLLATE "C",
	processed_at timestamptz,
	died_at timestamptz NOT NULL,
	reason text NOT NULL,
	error_message text,
	error_details jsonb,
	CONSTRAINT message_dead_letters_pkey PRIMARY KEY (port_name, id)
);

COMMENT ON TABLE stormdisc.message_dead_letters IS 'messages that are out of tries';
COMMENT ON COLUMN stormdisc.message_dead_letters.port_name IS 'port of the message';
COMMENT ON COLUMN stormdisc.message_dead_letters.id IS 'number of the message';
COMMENT ON COLUMN stormdisc.message_dead_letters.attempt IS 'deliveries so far';
COMMENT ON COLUMN stormdisc.message_dead_letters.priority IS 'priority of the message';
COMMENT ON COLUMN stormdisc.message_dead_letters.group_key IS 'group of the message';
COMMENT ON COLUMN stormdisc.message_dead_letters.processed_at IS 'when it was last delivered';
COMMENT ON COLUMN stormdisc.message_dead_letters.died_at IS 'when it became a dead letter';
COMMENT ON COLUMN stormdisc.message_dead_letters.reason IS 'failed or lease expired';
COMMENT ON COLUMN stormdisc.message_dead_letters.error_message IS 'the last error';
COMMENT ON COLUMN stormdisc.message_dead_letters.error_details IS 'details of the last error';

SELECT pg_catalog.pg_extension_config_dump('stormdisc.message_dead_letters', '');

CREATE TABLE stormdisc.message_errors (
	port_name text COLLATE "C" NOT NULL,
	id bigint NOT NULL,
	attempt int NOT NULL,
	failed_at timestamptz NOT NULL,
	error_message text,
	error_details jsonb,
	CONSTRAINT message_errors_pkey PRIMARY KEY (port_name, id, attempt)
);

COMMENT ON TABLE stormdisc.message_errors IS 'what went wrong with each delivery that failed';
COMMENT ON COLUMN stormdisc.message_errors.port_name IS 'port of the message';
COMMENT ON COLUMN stormdisc.message_errors.id IS 'number of the message';
COMMENT ON COLUMN stormdisc.message_errors.attempt IS 'which delivery';
COMMENT ON COLUMN stormdisc.message_errors.failed_at IS 'when it failed';
COMMENT ON COLUMN stormdisc.message_errors.error_message IS 'what its receiver said, or lease expired';
COMMENT ON COLUMN stormdisc.message_errors.error_details IS 'details of it';

SELECT pg_catalog.pg_extension_config_dump('stormdisc.message_errors', '');

CREATE TABLE stormdisc.message_dedup (
	port_name text COLLATE "C" NOT NULL,
	dedup_key text COLLATE "C" NOT NULL,
	id bigint NOT NULL,
	expires_at timestamptz NOT NULL,
	CONSTRAINT message_dedup_pkey PRIMARY KEY (port_name, dedup_key)
);

COMMENT ON TABLE stormdisc.message_dedup IS 'keys under which a message is sent once only';
COMMENT ON COLUMN stormdisc.message_dedup.port_name IS 'port of the message';
COMMENT ON COLUMN stormdisc.message_dedup.dedup_key IS 'the key';
COMMENT ON COLUMN stormdisc.message_dedup.id IS 'message that was first sent with it';
COMMENT ON COLUMN stormdisc.message_dedup.expires_at IS 'when the key may be used again';

SELECT pg_catalog.pg_extension_config_dump('stormdisc.message_dedup', '');

CREATE TABLE stormdisc.subscriptions (
	port_name text COLLATE "C" NOT NULL,
	pattern text COLLATE "C" NOT NULL,
	created_at timestamptz NOT NULL,
	CONSTRAINT subscriptions_pkey PRIMARY KEY (port_name, pattern)
);
-- by the first word
CREATE INDEX subscriptions_word ON stormdisc.subscriptions (pg_catalog.split_part(pattern, '.', 1));

COMMENT ON TABLE stormdisc.subscriptions IS 'which topics are copied to which port';
COMMENT ON COLUMN stormdisc.subscriptions.port_name IS 'port that gets a copy';
COMMENT ON COLUMN stormdisc.subscriptions.pattern IS 'of the topics: * is one word, # any number of them';
COMMENT ON COLUMN stormdisc.subscriptions.created_at IS 'when it was made';

SELECT pg_catalog.pg_extension_config_dump('stormdisc.subscriptions', '');
