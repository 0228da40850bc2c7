-- Metadata of the database's users: values under keys.

CREATE OR REPLACE FUNCTION @extschema@.stormdisc_set_meta_value(
	key text,
	value text,
	expected_version bigint DEFAULT NULL
)
RETURNS bigint
AS 'MODULE_PATHNAME', 'stormdisc_set_meta_value'
LANGUAGE C VOLATILE PARALLEL UNSAFE COST 1000;

COMMENT ON FUNCTION @extschema@.stormdisc_set_meta_value(text, text, bigint) IS
	'set the value of a key, and return its new version; an error if it has another version than expected, 0 being that of no value';
REVOKE ALL ON FUNCTION @extschema@.stormdisc_set_meta_value(text, text, bigint) FROM PUBLIC;

CREATE OR REPLACE FUNCTION @extschema@.stormdisc_get_meta_value(
	key text
)
RETURNS text
AS 'MODULE_PATHNAME', 'stormdisc_get_meta_value'
LANGUAGE C STABLE PARALLEL UNSAFE COST 1000;

COMMENT ON FUNCTION @extschema@.stormdisc_get_meta_value(text) IS
	'the value of a key; an error if there is none';
REVOKE ALL ON FUNCTION @extschema@.stormdisc_get_meta_value(text) FROM PUBLIC;

CREATE OR REPLACE FUNCTION @extschema@.stormdisc_get_meta_value(
	key text,
	default_value text
)
RETURNS text
AS 'MODULE_PATHNAME', 'stormdisc_get_meta_value_or'
LANGUAGE C STABLE PARALLEL UNSAFE COST 1000;

COMMENT ON FUNCTION @extschema@.stormdisc_get_meta_value(text, text) IS
	'the value of a key, or the other one if there is none';
REVOKE ALL ON FUNCTION @extschema@.stormdisc_get_meta_value(text, text) FROM PUBLIC;

CREATE OR REPLACE FUNCTION @extschema@.stormdisc_delete_meta(
	key text,
	expected_version bigint DEFAULT NULL
)
RETURNS bool
AS 'MODULE_PATHNAME', 'stormdisc_delete_meta'
LANGUAGE C VOLATILE PARALLEL UNSAFE COST 1000;

COMMENT ON FUNCTION @extschema@.stormdisc_delete_meta(text, bigint) IS
	'delete the value of a key; was there one?';
REVOKE ALL ON FUNCTION @extschema@.stormdisc_delete_meta(text, bigint) FROM PUBLIC;

CREATE OR REPLACE FUNCTION @extschema@.stormdisc_list_meta(
	prefix text DEFAULT NULL
)
RETURNS TABLE (
	key text,
	value text,
	version bigint,
	updated_at timestamptz,
	updated_by text
)
AS 'MODULE_PATHNAME', 'stormdisc_list_meta'
LANGUAGE C STABLE PARALLEL UNSAFE COST 1000 ROWS 100;

COMMENT ON FUNCTION @extschema@.stormdisc_list_meta(text) IS
	'keys that begin with the prefix, and their values, by key';
REVOKE ALL ON FUNCTION @extschema@.stormdisc_list_meta(text) FROM PUBLIC;
