-- Settings of clients, by environment.

CREATE OR REPLACE FUNCTION @extschema@.stormdisc_set_config(
	environment text,
	key text,
	value text
)
RETURNS void
AS 'MODULE_PATHNAME', 'stormdisc_set_config'
LANGUAGE C VOLATILE PARALLEL UNSAFE;

COMMENT ON FUNCTION @extschema@.stormdisc_set_config(text, text, text) IS
	'set a value in an environment; secrets are refused';
REVOKE ALL ON FUNCTION @extschema@.stormdisc_set_config(text, text, text) FROM PUBLIC;

CREATE OR REPLACE FUNCTION @extschema@.stormdisc_reset_config(
	environment text,
	key text
)
RETURNS bool
AS 'MODULE_PATHNAME', 'stormdisc_reset_config'
LANGUAGE C VOLATILE PARALLEL UNSAFE;

COMMENT ON FUNCTION @extschema@.stormdisc_reset_config(text, text) IS
	'forget what was set: the built-in value is there again; was there something to forget?';
REVOKE ALL ON FUNCTION @extschema@.stormdisc_reset_config(text, text) FROM PUBLIC;

CREATE OR REPLACE FUNCTION @extschema@.stormdisc_get_config(
	environment text
)
RETURNS TABLE (
	key text,
	value text,
	is_default bool
)
AS 'MODULE_PATHNAME', 'stormdisc_get_config'
LANGUAGE C STABLE PARALLEL UNSAFE ROWS 20;

COMMENT ON FUNCTION @extschema@.stormdisc_get_config(text) IS
	'settings of an environment, the built-in ones among them';
REVOKE ALL ON FUNCTION @extschema@.stormdisc_get_config(text) FROM PUBLIC;

CREATE OR REPLACE FUNCTION @extschema@.stormdisc_apply_session_config(
	environment text
)
RETURNS TABLE (
	setting text,
	value text,
	previous text
)
AS 'MODULE_PATHNAME', 'stormdisc_apply_session_config'
LANGUAGE C VOLATILE PARALLEL UNSAFE ROWS 3;

COMMENT ON FUNCTION @extschema@.stormdisc_apply_session_config(text) IS
	'set the timeouts of an environment for this session';

-- Not (attempt, environment): a text there would be in the way of '1 second'.
CREATE OR REPLACE FUNCTION @extschema@.stormdisc_retry_delay(
	environment text,
	attempt int
)
RETURNS interval
AS 'MODULE_PATHNAME', 'stormdisc_retry_delay'
LANGUAGE C STABLE PARALLEL UNSAFE;

COMMENT ON FUNCTION @extschema@.stormdisc_retry_delay(text, int) IS
	'how long to wait before a retry, by the settings of an environment; NULL: no more retries';

CREATE OR REPLACE FUNCTION @extschema@.stormdisc_sqlite_schema()
RETURNS text
AS 'MODULE_PATHNAME', 'stormdisc_sqlite_schema'
LANGUAGE C IMMUTABLE PARALLEL SAFE;

COMMENT ON FUNCTION @extschema@.stormdisc_sqlite_schema() IS
	'the small schema for tests with SQLite, as statements that sqlite3 runs';

CREATE OR REPLACE VIEW stormdisc.config AS
SELECT e.environment, c.key, c.value, c.is_default
FROM (SELECT pg_catalog.unnest(ARRAY['development', 'testing', 'staging', 'production']::pg_catalog.text[]) COLLATE "C" AS environment
	UNION SELECT v.environment FROM stormdisc.config_values v) e,
	LATERAL @extschema@.stormdisc_get_config(e.environment) c;

COMMENT ON VIEW stormdisc.config IS
	'settings of every environment: the built-in ones, and those of stormdisc_set_config()';
COMMENT ON COLUMN stormdisc.config.environment IS 'development, testing, staging, production, or one of yours';
COMMENT ON COLUMN stormdisc.config.key IS 'name of the setting';
COMMENT ON COLUMN stormdisc.config.value IS 'value, as text; ${NAME} is for the client to fill in';
COMMENT ON COLUMN stormdisc.config.is_default IS 'is it built in?';
