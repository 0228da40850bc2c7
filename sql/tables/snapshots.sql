-- Snapshots: documents that are kept, and what came of taking them.

CREATE TABLE stormdisc.snapshots (
	name text COLLATE "C" NOT NULL,
	taken_at timestamptz NOT NULL,
	fingerprint text,
	server_version text NOT NULL,
	system_identifier bigint NOT NULL,
	timeline int NOT NULL,
	lsn pg_lsn NOT NULL,
	scope jsonb NOT NULL,
	counts jsonb NOT NULL,
	duration interval NOT NULL,
	document jsonb NOT NULL,
	CONSTRAINT snapshots_pkey PRIMARY KEY (name)
);

COMMENT ON TABLE stormdisc.snapshots IS
	'schemas as they were: what stormdisc_discover_existing_schema() has kept';
COMMENT ON COLUMN stormdisc.snapshots.name IS 'name that it was given';
COMMENT ON COLUMN stormdisc.snapshots.taken_at IS 'when the catalogs were read';
COMMENT ON COLUMN stormdisc.snapshots.fingerprint IS 'fingerprint of the document, NULL if it is not whole';
COMMENT ON COLUMN stormdisc.snapshots.server_version IS 'version of the server that it was taken on';
COMMENT ON COLUMN stormdisc.snapshots.system_identifier IS 'cluster that it was taken on, as in pg_control_system()';
COMMENT ON COLUMN stormdisc.snapshots.timeline IS 'timeline of the WAL at that time';
COMMENT ON COLUMN stormdisc.snapshots.lsn IS 'position in the WAL just before the catalogs were read';
COMMENT ON COLUMN stormdisc.snapshots.scope IS
	'arguments that it was taken with, the relation by its name, the schemas also if a setting named them';
COMMENT ON COLUMN stormdisc.snapshots.counts IS 'how many objects of each kind it holds';
COMMENT ON COLUMN stormdisc.snapshots.duration IS 'how long the reading took';
COMMENT ON COLUMN stormdisc.snapshots.document IS 'what stormdisc_schema() returns';

GRANT SELECT ON stormdisc.snapshots TO PUBLIC;
SELECT pg_catalog.pg_extension_config_dump('stormdisc.snapshots', '');

-- Not in dumps: it tells of runs on this cluster.
CREATE TABLE stormdisc.discovery_log (
	id bigint GENERATED ALWAYS AS IDENTITY,
	finished_at timestamptz NOT NULL,
	snapshot_name text NOT NULL,
	role_name text NOT NULL,
	status text NOT NULL,
	duration interval NOT NULL,
	counts jsonb,
	sqlstate text,
	message text NOT NULL,
	CONSTRAINT discovery_log_pkey PRIMARY KEY (id)
);

COMMENT ON TABLE stormdisc.discovery_log IS
	'the last runs of stormdisc_discover_existing_schema(), as many as the setting stormdisc.discovery_log_size says';
COMMENT ON SEQUENCE stormdisc.discovery_log_id_seq IS 'numbers of stormdisc.discovery_log';
COMMENT ON COLUMN stormdisc.discovery_log.id IS 'number of the run';
COMMENT ON COLUMN stormdisc.discovery_log.finished_at IS 'when it was done';
COMMENT ON COLUMN stormdisc.discovery_log.snapshot_name IS 'name of the snapshot';
COMMENT ON COLUMN stormdisc.discovery_log.role_name IS 'role that called it';
COMMENT ON COLUMN stormdisc.discovery_log.status IS 'ok, empty or failed';
COMMENT ON COLUMN stormdisc.discovery_log.duration IS 'how long the reading took';
COMMENT ON COLUMN stormdisc.discovery_log.counts IS 'how many objects of each kind were found, NULL if it failed';
COMMENT ON COLUMN stormdisc.discovery_log.sqlstate IS 'SQLSTATE of the error, NULL if there was none';
COMMENT ON COLUMN stormdisc.discovery_log.message IS 'what the caller was told';

GRANT SELECT ON stormdisc.discovery_log TO PUBLIC;
