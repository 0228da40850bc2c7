-- Maintenance: what a user changes in the built-in rules.

CREATE TABLE stormdisc.retention_settings (
	rule text COLLATE "C" NOT NULL,
	keep_for interval,
	keep_last int,
	is_enabled bool NOT NULL,
	changed_at timestamptz NOT NULL,
	changed_by text NOT NULL,
	CONSTRAINT retention_settings_pkey PRIMARY KEY (rule)
);

COMMENT ON TABLE stormdisc.retention_settings IS
	'rules that stormdisc_set_retention() has changed; stormdisc.retention_policies shows them among the built-in ones';
COMMENT ON COLUMN stormdisc.retention_settings.rule IS 'name of the rule';
COMMENT ON COLUMN stormdisc.retention_settings.keep_for IS 'rows that are older are removed; NULL: none for its age';
COMMENT ON COLUMN stormdisc.retention_settings.keep_last IS 'of each thing so many are kept, whatever their age; NULL: no number';
COMMENT ON COLUMN stormdisc.retention_settings.is_enabled IS 'is the rule followed?';
COMMENT ON COLUMN stormdisc.retention_settings.changed_at IS 'when it was changed';
COMMENT ON COLUMN stormdisc.retention_settings.changed_by IS 'role that changed it';

SELECT pg_catalog.pg_extension_config_dump('stormdisc.retention_settings', '');
