-- States of components.

CREATE OR REPLACE FUNCTION @extschema@.stormdisc_save_component_state(
	name text,
	type text,
	data jsonb,
	expected_version int DEFAULT NULL
)
RETURNS int
AS 'MODULE_PATHNAME', 'stormdisc_save_component_state'
LANGUAGE C VOLATILE PARALLEL UNSAFE COST 1000;

COMMENT ON FUNCTION @extschema@.stormdisc_save_component_state(text, text, jsonb, int) IS
	'save the state of a component as its next version, and return the number of that';
REVOKE ALL ON FUNCTION @extschema@.stormdisc_save_component_state(text, text, jsonb, int) FROM PUBLIC;

CREATE OR REPLACE FUNCTION @extschema@.stormdisc_get_component_state(
	name text,
	version int DEFAULT NULL
)
RETURNS TABLE (
	version int,
	component_type text,
	state_data jsonb,
	created_at timestamptz
)
AS 'MODULE_PATHNAME', 'stormdisc_get_component_state'
LANGUAGE C STABLE PARALLEL UNSAFE COST 1000 ROWS 1;

COMMENT ON FUNCTION @extschema@.stormdisc_get_component_state(text, int) IS
	'the state of a component: the latest, or of one version; no row if there is none';
REVOKE ALL ON FUNCTION @extschema@.stormdisc_get_component_state(text, int) FROM PUBLIC;

CREATE OR REPLACE FUNCTION @extschema@.stormdisc_get_component_state(
	name text,
	as_of timestamptz
)
RETURNS TABLE (
	version int,
	component_type text,
	state_data jsonb,
	created_at timestamptz
)
AS 'MODULE_PATHNAME', 'stormdisc_get_component_state_as_of'
LANGUAGE C STABLE PARALLEL UNSAFE COST 1000 ROWS 1;

COMMENT ON FUNCTION @extschema@.stormdisc_get_component_state(text, timestamptz) IS
	'the state that a component had at that time; no row if there was none';
REVOKE ALL ON FUNCTION @extschema@.stormdisc_get_component_state(text, timestamptz) FROM PUBLIC;

CREATE OR REPLACE FUNCTION @extschema@.stormdisc_list_component_states(
	name text DEFAULT NULL,
	latest_only bool DEFAULT false
)
RETURNS TABLE (
	component_name text,
	component_type text,
	version int,
	is_latest bool,
	id uuid,
	size int,
	created_at timestamptz
)
AS 'MODULE_PATHNAME', 'stormdisc_list_component_states'
LANGUAGE C STABLE PARALLEL UNSAFE COST 1000;

COMMENT ON FUNCTION @extschema@.stormdisc_list_component_states(text, bool) IS
	'versions of the states of one component or of all, without what they hold';
REVOKE ALL ON FUNCTION @extschema@.stormdisc_list_component_states(text, bool) FROM PUBLIC;

CREATE OR REPLACE FUNCTION @extschema@.stormdisc_delete_component_state(
	name text
)
RETURNS bigint
AS 'MODULE_PATHNAME', 'stormdisc_delete_component_state'
LANGUAGE C VOLATILE PARALLEL UNSAFE COST 1000;

COMMENT ON FUNCTION @extschema@.stormdisc_delete_component_state(text) IS
	'forget a component with all versions of its state, and return how many there were';
REVOKE ALL ON FUNCTION @extschema@.stormdisc_delete_component_state(text) FROM PUBLIC;

CREATE OR REPLACE FUNCTION @extschema@.stormdisc_prune_component_states(
	keep bigint DEFAULT NULL,
	max_age interval DEFAULT NULL,
	max_rows bigint DEFAULT 10000,
	dry_run bool DEFAULT false
)
RETURNS bigint
AS 'MODULE_PATHNAME', 'stormdisc_prune_component_states'
LANGUAGE C VOLATILE PARALLEL UNSAFE COST 10000;

COMMENT ON FUNCTION @extschema@.stormdisc_prune_component_states(bigint, interval, bigint, bool) IS
	'remove versions of states that are too many or too old, but never the latest of a component; returns how many';
REVOKE ALL ON FUNCTION @extschema@.stormdisc_prune_component_states(bigint, interval, bigint, bool) FROM PUBLIC;

CREATE OR REPLACE VIEW stormdisc.component_state AS
SELECT v.id, v.component_name, v.component_type, p.state_data, v.version, v.created_at, v.created_at AS updated_at
FROM stormdisc.component_versions v
	LEFT JOIN stormdisc.component_payloads p ON p.component_name OPERATOR(pg_catalog.=) v.component_name
		AND p.digest OPERATOR(pg_catalog.=) v.digest;

COMMENT ON VIEW stormdisc.component_state IS 'every version of the state of every component';
COMMENT ON COLUMN stormdisc.component_state.id IS 'identifier of the version';
COMMENT ON COLUMN stormdisc.component_state.component_name IS 'name of the component';
COMMENT ON COLUMN stormdisc.component_state.component_type IS 'Source, Sink, Transformer, Splitter or Merger';
COMMENT ON COLUMN stormdisc.component_state.state_data IS 'what the state holds; NULL if that is lost';
COMMENT ON COLUMN stormdisc.component_state.version IS 'number of the version, from 1 without a gap';
COMMENT ON COLUMN stormdisc.component_state.created_at IS 'when it was saved';
COMMENT ON COLUMN stormdisc.component_state.updated_at IS 'the same: a version is never changed';
