-- Settings of clients: what a user changes in, or adds to, the built-in ones.

CREATE TABLE stormdisc.config_values (
	environment text COLLATE "C" NOT NULL,
	key text COLLATE "C" NOT NULL,
	value text NOT NULL,
	changed_at timestamptz NOT NULL,
	changed_by text NOT NULL,
	CONSTRAINT config_values_pkey PRIMARY KEY (environment, key),
	CONSTRAINT config_values_no_secrets CHECK (pg_catalog.translate(key, '_.-', '') OPERATOR(pg_catalog.!~*)
		'passw|passphrase|pwd|secret|token|credential|(api|access|encryption|private|signing)key')
);

COMMENT ON TABLE stormdisc.config_values IS
	'settings that stormdisc_set_config() has made; stormdisc.config shows them among the built-in ones';
COMMENT ON COLUMN stormdisc.config_values.environment IS 'development, testing, staging, production, or one of yours';
COMMENT ON COLUMN stormdisc.config_values.key IS 'name of the setting';
COMMENT ON COLUMN stormdisc.config_values.value IS 'value, as text';
COMMENT ON COLUMN stormdisc.config_values.changed_at IS 'when it was set';
COMMENT ON COLUMN stormdisc.config_values.changed_by IS 'role that set it';

SELECT pg_catalog.pg_extension_config_dump('stormdisc.config_values', '');
