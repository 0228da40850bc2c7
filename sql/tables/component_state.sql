-- States of components: every version, and what they hold, once.

-- Never updated: whoever saves or removes versions of a component has locked
-- its row.
CREATE TABLE stormdisc.component_heads (
	component_name text COLLATE "C" NOT NULL,
	created_at timestamptz NOT NULL,
	CONSTRAINT component_heads_pkey PRIMARY KEY (component_name)
);

COMMENT ON TABLE stormdisc.component_heads IS 'components that have a state';
COMMENT ON COLUMN stormdisc.component_heads.component_name IS 'name of the component';
COMMENT ON COLUMN stormdisc.component_heads.created_at IS 'when it was first saved';

CREATE TABLE stormdisc.component_payloads (
	component_name text COLLATE "C" NOT NULL,
	digest bytea NOT NULL,
	state_data jsonb NOT NULL,
	CONSTRAINT component_payloads_pkey PRIMARY KEY (component_name, digest)
);

COMMENT ON TABLE stormdisc.component_payloads IS 'what states of components hold, each of them once';
COMMENT ON COLUMN stormdisc.component_payloads.component_name IS 'name of the component';
COMMENT ON COLUMN stormdisc.component_payloads.digest IS 'SHA-256 of the text of state_data in UTF-8';
COMMENT ON COLUMN stormdisc.component_payloads.state_data IS 'what the state holds';

CREATE TABLE stormdisc.component_versions (
	component_name text COLLATE "C" NOT NULL,
	version int NOT NULL,
	id uuid NOT NULL,
	component_type text NOT NULL,
	digest bytea NOT NULL,
	created_at timestamptz NOT NULL,
	CONSTRAINT component_versions_pkey PRIMARY KEY (component_name, version),
	CONSTRAINT component_versions_version_check CHECK (version OPERATOR(pg_catalog.>) 0),
	CONSTRAINT component_versions_type_check CHECK (
		component_type OPERATOR(pg_catalog.=) ANY (ARRAY['Source', 'Sink', 'Transformer', 'Splitter', 'Merger']::text[]))
);

COMMENT ON TABLE stormdisc.component_versions IS 'versions of the states of components';
COMMENT ON COLUMN stormdisc.component_versions.component_name IS 'name of the component';
COMMENT ON COLUMN stormdisc.component_versions.version IS 'number of the version, from 1 without a gap';
COMMENT ON COLUMN stormdisc.component_versions.id IS 'identifier of the version';
COMMENT ON COLUMN stormdisc.component_versions.component_type IS 'Source, Sink, Transformer, Splitter or Merger';
COMMENT ON COLUMN stormdisc.component_versions.digest IS 'which of component_payloads it holds';
COMMENT ON COLUMN stormdisc.component_versions.created_at IS 'when it was saved';

SELECT pg_catalog.pg_extension_config_dump('stormdisc.component_heads', '');
SELECT pg_catalog.pg_extension_config_dump('stormdisc.component_payloads', '');
SELECT pg_catalog.pg_extension_config_dump('stormdisc.component_versions', '');
