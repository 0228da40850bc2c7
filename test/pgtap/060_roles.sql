-- Discovery tells everybody the same, and nothing that pg_catalog does not
-- tell everybody.
BEGIN;
SET LOCAL jit = off;
SET LOCAL client_min_messages = warning;
CREATE EXTENSION IF NOT EXISTS pgtap;
CREATE EXTENSION IF NOT EXISTS stormdisc;
SELECT plan(16);

\ir ../oracle/mean.sql
SET LOCAL search_path = public, pg_catalog;
REVOKE ALL ON SCHEMA mean, "select", "Mean ""2"".x" FROM PUBLIC;
CREATE ROLE regress_disc_nobody;
CREATE ROLE regress_disc_owner;
CREATE ROLE regress_disc_secret LOGIN PASSWORD 'marker4711password';
CREATE USER MAPPING FOR regress_disc_owner SERVER mean_server OPTIONS ("user" 'x', secret 'marker4711mapping');
ALTER SERVER mean_server OPTIONS (ADD host 'marker4711server');
ALTER FOREIGN TABLE mean."Far f" OPTIONS (ADD file 'marker4711table');
ALTER FOREIGN TABLE mean."Far f" ALTER a OPTIONS (ADD col 'marker4711column');
CREATE TABLE mean.filled AS SELECT 'marker4711data'::pg_catalog.text AS a, g FROM generate_series(1, 100) g;
ANALYZE mean.filled;
CREATE FUNCTION mean.secret() RETURNS pg_catalog.int4 LANGUAGE sql AS 'SELECT /* marker4711source */ 1';

CREATE SCHEMA roles;
GRANT USAGE ON SCHEMA roles TO PUBLIC;
CREATE FUNCTION roles.scope() RETURNS text[] LANGUAGE sql AS $$
	SELECT array_agg(nspname::text) FROM pg_namespace WHERE nspname IN ('mean', 'select', 'pg_catalog', 'information_schema') OR nspname LIKE 'Mean%'
$$;
CREATE FUNCTION roles.told() RETURNS TABLE (what text, said jsonb) LANGUAGE sql AS $$
	SELECT 'tables', to_jsonb(t) FROM stormdisc_tables(schemas => roles.scope()) t
	UNION ALL SELECT 'columns', to_jsonb(t) FROM stormdisc_columns(schemas => roles.scope()) t
	UNION ALL SELECT 'indexes', to_jsonb(t) FROM stormdisc_indexes(schemas => roles.scope()) t
	UNION ALL SELECT 'constraints', to_jsonb(t) FROM stormdisc_constraints(schemas => roles.scope()) t
	UNION ALL SELECT 'partitions', to_jsonb(t) FROM stormdisc_partitions(schemas => roles.scope()) t
	UNION ALL SELECT 'primary_key', to_jsonb(k) FROM stormdisc_tables(schemas => roles.scope()) t, LATERAL stormdisc_primary_key(t.table_oid) k
		WHERE t.table_type <> 'foreign table'
$$;
CREATE TEMP TABLE told AS SELECT * FROM roles.told();
GRANT SELECT ON told TO PUBLIC;
SELECT cmp_ok((SELECT count(*) FROM told), '>', 2000::bigint, 'there is much to tell');

-- what differs for the current role
CREATE FUNCTION roles.differs() RETURNS TABLE (what text, said jsonb) LANGUAGE sql AS $$
	(TABLE told EXCEPT ALL SELECT * FROM roles.told()) UNION ALL (SELECT * FROM roles.told() EXCEPT ALL TABLE told)
$$;
SET LOCAL ROLE regress_disc_nobody;
SELECT is(has_schema_privilege('mean', 'USAGE'), false, 'a role without rights');
SELECT is_empty('SELECT * FROM roles.differs()', 'is told the same');
SELECT is((SELECT string_agg(problem, ' ') FROM stormdisc_columns(schemas => '{mean}')), NULL, 'without a problem');
SELECT lives_ok('SELECT * FROM stormdisc_tables()', 'tables, by default');
SELECT lives_ok('SELECT * FROM stormdisc_indexes()', 'indexes, by default');
RESET ROLE;
SET LOCAL row_security = off;
SET LOCAL ROLE regress_disc_owner;
SELECT is_empty('SELECT * FROM roles.differs()', 'and so is another, under row_security = off');
RESET ROLE;
RESET row_security;
SET LOCAL SESSION AUTHORIZATION regress_disc_nobody;
SELECT is_empty('SELECT * FROM roles.differs()', 'and one that has logged in');
RESET SESSION AUTHORIZATION;
SELECT is_empty('SELECT * FROM roles.differs()', 'and the superuser again, in one session');

-- by the rights of a security definer function
CREATE FUNCTION roles.definer() RETURNS bigint LANGUAGE sql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS 'SELECT count(*) FROM public.stormdisc_columns(schemas => ''{mean}'')';
ALTER FUNCTION roles.definer() OWNER TO regress_disc_nobody;
SELECT is(roles.definer(), (SELECT count(*) FROM told WHERE what = 'columns' AND said ->> 'schema_name' = 'mean'), 'in a security definer function');

-- what nobody is told
SELECT is((SELECT count(*) FROM told WHERE said::text LIKE '%marker4711%'), 0::bigint, 'no secret, no option of a server, no data');
SET LOCAL ROLE regress_disc_nobody;
SELECT is((SELECT count(*) FROM roles.told() WHERE said::text LIKE '%marker4711%'), 0::bigint, 'as anybody else');
SELECT throws_ok('SELECT * FROM mean.filled', '42501', NULL, 'while the data is out of reach');
-- a relation that the caller may not use is named by its OID
RESET ROLE;
SELECT 'mean.filled'::regclass::oid AS filled \gset
SET LOCAL ROLE regress_disc_nobody;
SELECT is((SELECT array_agg(column_name) FROM stormdisc_columns(:filled::oid)), '{a,g}'::text[], 'a table by its OID');
SELECT throws_ok('SELECT * FROM stormdisc_columns(''mean.filled'')', '42501', NULL, 'by its name the server asks for USAGE');
SELECT is((SELECT count(*) FROM stormdisc_columns(include => '{mean.filled}')), 2::bigint, 'by a pattern nobody asks');
RESET ROLE;

SELECT * FROM finish();
ROLLBACK;
