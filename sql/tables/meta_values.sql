-- Metadata of the database's users: values under keys.

-- A key that was deleted stays, without a value, so that none of its versions
-- ever comes back with another value.
CREATE TABLE stormdisc.metadata (
	key text COLLATE "C" NOT NULL,
	value text,
	version bigint NOT NULL,
	updated_at timestamptz NOT NULL,
	updated_by text NOT NULL,
	CONSTRAINT metadata_pkey PRIMARY KEY (key),
	CONSTRAINT metadata_version_check CHECK (version OPERATOR(pg_catalog.>) 0)
);

COMMENT ON TABLE stormdisc.metadata IS
	'values under keys: stormdisc_set_meta_value() has set them';
COMMENT ON COLUMN stormdisc.metadata.key IS 'name of the value';
COMMENT ON COLUMN stormdisc.metadata.value IS 'the value, NULL: it was deleted';
COMMENT ON COLUMN stormdisc.metadata.version IS 'how often it was set or deleted; no version of a key ever comes back';
COMMENT ON COLUMN stormdisc.metadata.updated_at IS 'when it was set or deleted; never before the version before it';
COMMENT ON COLUMN stormdisc.metadata.updated_by IS 'role that set or deleted it';

SELECT pg_catalog.pg_extension_config_dump('stormdisc.metadata', '');
