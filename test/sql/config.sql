--
-- stormdisc.config: settings of clients by environment, none of them a secret.
--
SET timezone = 'UTC';
CREATE ROLE regress_conf_admin;
CREATE ROLE regress_conf_client;
GRANT EXECUTE ON FUNCTION stormdisc_set_config, stormdisc_reset_config, stormdisc_get_config TO regress_conf_admin;

-- what is built in
SELECT environment, string_agg(key || '=' || value, ' ' ORDER BY key COLLATE "C") AS settings
FROM stormdisc.config WHERE is_default GROUP BY environment ORDER BY environment COLLATE "C";
SELECT count(*) FROM stormdisc.config_values;

-- set, and reset; EXECUTE is the only right that is needed
SET ROLE regress_conf_admin;
SELECT stormdisc_set_config('production', 'statement_timeout', '45000');
SELECT stormdisc_set_config('production', 'pool.name', 'main ${POOL} "x"');
SELECT stormdisc_set_config('qa-7', 'host', 'qa.internal');
SELECT * FROM stormdisc_get_config('qa-7');
SELECT key, value, is_default FROM stormdisc_get_config('production') WHERE NOT is_default;
SELECT stormdisc_reset_config('production', 'pool.name'), stormdisc_reset_config('production', 'pool.name');
SELECT * FROM stormdisc.config_values;
RESET ROLE;
SELECT environment, key, value, changed_by FROM stormdisc.config_values ORDER BY 1, 2;
SELECT DISTINCT environment FROM stormdisc.config ORDER BY 1;

-- values of the session, and of a client that retries
SET ROLE regress_conf_client;
SELECT * FROM stormdisc_apply_session_config('production');
SHOW statement_timeout;
SHOW lock_timeout;
SHOW idle_in_transaction_session_timeout;
BEGIN;
SELECT * FROM stormdisc_apply_session_config('staging');
ROLLBACK;
SHOW statement_timeout;
BEGIN READ ONLY;
SELECT count(*) FROM stormdisc_apply_session_config('testing');
COMMIT;
RESET statement_timeout;
RESET lock_timeout;
RESET idle_in_transaction_session_timeout;
SELECT attempt, stormdisc_retry_delay('production', attempt) FROM generate_series(1, 4) attempt;
SELECT stormdisc_get_config('production');
SELECT stormdisc_set_config('production', 'host', 'x');
SELECT stormdisc_reset_config('production', 'host');
SELECT count(*) FROM stormdisc.config;
RESET ROLE;
SELECT stormdisc_set_config('qa-7', 'max_retries', '1000');
SELECT attempt, stormdisc_retry_delay('qa-7', attempt) FROM unnest('{5,6,7,8,64,1000,1001,2147483647}'::int[]) attempt;
SELECT stormdisc_set_config('qa-7', 'exponential_backoff', 'off');
SELECT stormdisc_set_config('qa-7', 'retry_delay_ms', '250');
SELECT stormdisc_retry_delay('qa-7', 9);
-- the other function of that name is still the one that takes an interval
SELECT stormdisc_retry_delay(5, '1 second');

-- what cannot be used is said before anything is set
SELECT stormdisc_set_config('qa-7', 'lock_timeout', '${LOCK_TIMEOUT}');
SELECT * FROM stormdisc_apply_session_config('qa-7');
SHOW statement_timeout;

-- an environment that is not known is not one with nothing but defaults
SELECT * FROM stormdisc_apply_session_config('prodution');
SELECT stormdisc_get_config('prodution');
SELECT stormdisc_retry_delay('prodution', 1);

-- arguments
\set VERBOSITY sqlstate
SELECT stormdisc_set_config(NULL, 'host', 'x');
SELECT stormdisc_set_config('qa', NULL, 'x');
SELECT stormdisc_set_config('qa', 'host', NULL);
SELECT stormdisc_set_config('', 'host', 'x');
SELECT stormdisc_set_config('qa', '', 'x');
SELECT stormdisc_set_config('qa', repeat('k', 256), 'x');
SELECT stormdisc_set_config('qa', 'host', repeat('v', 10001));
SELECT stormdisc_set_config('qa', 'Host', 'x');
SELECT stormdisc_set_config('qa', 'ho st', 'x');
SELECT stormdisc_reset_config(NULL, 'host');
SELECT stormdisc_reset_config('qa', NULL);
SELECT stormdisc_get_config(NULL);
SELECT stormdisc_apply_session_config(NULL);
SELECT stormdisc_retry_delay('qa-7', NULL::int);
SELECT stormdisc_retry_delay(NULL::text, 1);
SELECT stormdisc_retry_delay('qa-7', 0);
\set VERBOSITY default

-- values
CREATE FUNCTION pg_temp.accepted(key text, value text) RETURNS text LANGUAGE plpgsql AS $$
BEGIN
	PERFORM stormdisc_set_config('tried', key, value);
	RETURN 'accepted';
EXCEPTION WHEN OTHERS THEN
	RETURN SQLSTATE || ' ' || SQLERRM;
END
$$;
SELECT key, value, pg_temp.accepted(key, value) FROM (VALUES
	('port', '5432'), ('port', '0'), ('port', '65536'), ('port', '-1'), ('port', ' 1'), ('port', ''), ('port', '99999999999999999999'), ('port', '${PORT}'), ('port', '${PORT'),
	('max_connections', '0'), ('min_connections', '0'), ('statement_timeout', '30 s'), ('statement_timeout', '2147483647'), ('statement_timeout', '2147483648'),
	('exponential_backoff', 'on'), ('exponential_backoff', 'maybe'),
	('database_type', 'postgresql'), ('database_type', 'post'), ('database_type', ''), ('database_type', 'mysql sqlite'),
	('ssl_mode', 'verify-full'), ('ssl_mode', 'yes'), ('anything', '')) v (key, value);

-- secrets: keys
SELECT key, pg_temp.accepted(key, 'x') FROM unnest('{password,db_password,passwd,db.passw,passphrase,pwd,secret,client-secret,token,auth_token,credentials,
	api_key,api-key,apikey,a.p.i.k.e.y,access_key,private.key,signing_key,encryption_key,pass_word,keyboard,path,tok,key}'::text[]) key;
SELECT pg_temp.accepted('password', '${DB_PASSWORD}');
-- secrets: values
SELECT value, pg_temp.accepted('url', value) FROM unnest(ARRAY[
	'postgresql://user:pass@host/db', 'postgresql://user:p/a:s@s@host/db', 'see mysql://u:p@h', 'postgresql://user:${DB_PASSWORD}@host/db',
	'postgresql://${DB_USER}:${DB_PASSWORD}x@host', 'postgresql://user@host:5432/db', 'postgresql://host:5432/db', 'postgresql://user:@host/db',
	'host=h password=p', 'host=h PassWord = ''p''', 'host=h password=${P}', 'host=h password=', 'postgresql://h/db?user=u&password=p', 'x?sslmode=require&token=abc',
	'-----BEGIN RSA PRIVATE KEY-----', 'the password is in the client', '${ANYTHING}']) value;
-- a message shows no secret
SELECT stormdisc_set_config('tried', 'url', 'postgresql://user:hidden@host/db');
-- nor can one be put into the table by hand
INSERT INTO stormdisc.config_values VALUES ('tried', 'DB_Password', 'x', '2000-01-01', 'x');

-- a read-only transaction
BEGIN READ ONLY;
SELECT stormdisc_set_config('production', 'host', 'x');
ROLLBACK;

-- nothing that is in the caller's search path is used
CREATE SCHEMA evil;
CREATE FUNCTION evil.equal(text, text) RETURNS bool LANGUAGE plpgsql AS $$ BEGIN RAISE EXCEPTION 'evil'; END $$;
CREATE OPERATOR evil.= (FUNCTION = evil.equal, LEFTARG = text, RIGHTARG = text);
SET search_path = evil, pg_catalog, public;
SELECT count(*) FROM stormdisc_get_config('qa-7');
SELECT stormdisc_reset_config('qa-7', 'host');
RESET search_path;

-- the schema for SQLite has the four tables and their indexes; whether it runs is for a TAP test
SELECT (regexp_matches(stormdisc_sqlite_schema(), '^CREATE (TABLE \w+|INDEX \w+ ON \w+)', 'gn'))[1];

SET client_min_messages = warning;
DELETE FROM stormdisc.config_values;
DROP SCHEMA evil CASCADE;
DROP OWNED BY regress_conf_admin, regress_conf_client;
DROP ROLE regress_conf_admin;
DROP ROLE regress_conf_client;
