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

-- Not in dumps: who finds no row of the database that it is in was restored.
CREATE TABLE stormdisc.message_recoveries (
	system_identifier bigint NOT NULL,
	database_oid oid NOT NULL,
	timeline bigint NOT NULL,
	recovered_at timestamptz NOT NULL,
	CONSTRAINT message_recoveries_pkey PRIMARY KEY (system_identifier, database_oid, timeline)
);

COMMENT ON TABLE stormdisc.message_recoveries IS 'databases in which stormdisc_maintain() has looked for messages that a dump has lost';
COMMENT ON COLUMN stormdisc.message_recoveries.system_identifier IS 'of the cluster, see pg_control_system()';
COMMENT ON COLUMN stormdisc.message_recoveries.database_oid IS 'the database';
COMMENT ON COLUMN stormdisc.message_recoveries.timeline IS 'timeline of the cluster then';
COMMENT ON COLUMN stormdisc.message_recoveries.recovered_at IS 'when it was done';
