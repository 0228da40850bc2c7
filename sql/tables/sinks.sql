-- Sinks: what components at the end of a stream have written.

CREATE TABLE stormdisc.sink_storage (
	id uuid NOT NULL,
	sink_name text COLLATE "C" NOT NULL,
	sink_key text COLLATE "C" NOT NULL,
	data_type text,
	data jsonb NOT NULL,
	metadata jsonb,
	created_at timestamptz NOT NULL,
	updated_at timestamptz NOT NULL,
	CONSTRAINT sink_storage_pkey PRIMARY KEY (sink_name, sink_key)
);

COMMENT ON TABLE stormdisc.sink_storage IS
	'what stormdisc_sink_write() has written';
COMMENT ON COLUMN stormdisc.sink_storage.id IS 'number of the row';
COMMENT ON COLUMN stormdisc.sink_storage.sink_name IS 'sink that it was written to';
COMMENT ON COLUMN stormdisc.sink_storage.sink_key IS 'its key in the sink; the id if none was given';
COMMENT ON COLUMN stormdisc.sink_storage.data_type IS 'what kind of data it is';
COMMENT ON COLUMN stormdisc.sink_storage.data IS 'the data';
COMMENT ON COLUMN stormdisc.sink_storage.metadata IS 'anything else about the data';
COMMENT ON COLUMN stormdisc.sink_storage.created_at IS 'when the key was written first';
COMMENT ON COLUMN stormdisc.sink_storage.updated_at IS 'when it was written last';

SELECT pg_catalog.pg_extension_config_dump('stormdisc.sink_storage', '');
