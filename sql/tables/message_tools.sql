-- What was done with messages by hand.

CREATE TABLE stormdisc.message_redrives (
	port_name text COLLATE "C" NOT NULL,
	id bigint NOT NULL,
	attempt int NOT NULL,
	redriven_at timestamptz NOT NULL,
	CONSTRAINT message_redrives_pkey PRIMARY KEY (port_name, id, attempt)
);

COMMENT ON TABLE stormdisc.message_redrives IS 'dead letters that were given more tries';
COMMENT ON COLUMN stormdisc.message_redrives.port_name IS 'port of the message';
COMMENT ON COLUMN stormdisc.message_redrives.id IS 'number of the message';
COMMENT ON COLUMN stormdisc.message_redrives.attempt IS 'deliveries that it had had';
COMMENT ON COLUMN stormdisc.message_redrives.redriven_at IS 'when it was made ready again';

SELECT pg_catalog.pg_extension_config_dump('stormdisc.message_redrives', '');
