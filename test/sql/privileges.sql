--
-- stormdisc_privileges and stormdisc_security_labels: on every kind of object
--
-- MAINTAIN is left out: servers before 17 do not have it.
--
SET client_min_messages = warning;
CREATE ROLE regress_priv_owner;
CREATE ROLE regress_priv_a;
CREATE ROLE "regress_priv B b";
CREATE SCHEMA disc_priv AUTHORIZATION regress_priv_owner;
CREATE SCHEMA "disc_priv 2" AUTHORIZATION regress_priv_owner;
SET ROLE regress_priv_owner;
SET search_path = disc_priv, public;

--
-- What nobody has granted: the owner has all, PUBLIC may execute and use
--
CREATE TABLE t (a int, "B b" text, c int);
CREATE SEQUENCE s;
CREATE VIEW v AS SELECT a FROM t;
CREATE MATERIALIZED VIEW m AS SELECT a FROM t;
CREATE TABLE p (a int) PARTITION BY LIST (a);
CREATE FUNCTION f(int, text DEFAULT NULL, OUT x int) LANGUAGE sql AS 'SELECT 1';
CREATE FUNCTION f(VARIADIC text[]) RETURNS int LANGUAGE sql AS 'SELECT 1';
CREATE PROCEDURE f() LANGUAGE sql AS 'SELECT 1';
CREATE AGGREGATE g(int) (SFUNC = int4pl, STYPE = int);
CREATE AGGREGATE g(*) (SFUNC = int8inc, STYPE = int8, INITCOND = 0);
CREATE TYPE e AS ENUM ('x');
CREATE TYPE c AS (x int);
CREATE TYPE r AS RANGE (subtype = int);
CREATE DOMAIN "D d" AS int;
CREATE FUNCTION f(e, c[], "D d") RETURNS int LANGUAGE sql AS 'SELECT 1';
SELECT object_type, schema_name, object_name, identity, grantor, grantee,
	string_agg(privilege, ' ' ORDER BY privilege COLLATE "C") AS privileges, bool_or(is_grantable) AS gr, bool_and(is_default) AS def,
	max(problem) AS problem
FROM (SELECT * FROM stormdisc_privileges(schemas => '{disc_priv}')
	WHERE privilege <> 'MAINTAIN') p
GROUP BY object_type, schema_name, object_name, identity, grantor, grantee
ORDER BY object_type COLLATE "C", identity COLLATE "C", grantee COLLATE "C";

--
-- Grants: with options, to PUBLIC, on columns, by others than the owner
--
GRANT SELECT, INSERT ON t TO regress_priv_a WITH GRANT OPTION;
GRANT USAGE ON SCHEMA disc_priv TO PUBLIC, regress_priv_a;
GRANT SELECT (a, "B b"), UPDATE ("B b") ON t TO PUBLIC;
GRANT SELECT (xmin) ON t TO regress_priv_a;
GRANT REFERENCES (a) ON v TO "regress_priv B b" WITH GRANT OPTION;
GRANT UPDATE ON SEQUENCE s TO "regress_priv B b";
GRANT EXECUTE ON FUNCTION f(e, c[], "D d") TO regress_priv_a;
REVOKE EXECUTE ON PROCEDURE f() FROM PUBLIC;
REVOKE USAGE ON TYPE e FROM PUBLIC;
GRANT USAGE ON DOMAIN "D d" TO regress_priv_a;
SET ROLE regress_priv_a;
GRANT SELECT ON t TO "regress_priv B b";
GRANT INSERT ON t TO "regress_priv B b" WITH GRANT OPTION;
SET ROLE regress_priv_owner;
CREATE VIEW listed AS
	SELECT object_type || ' ' || identity AS object, column_name, grantor, grantee, privilege, is_grantable AS gr
	FROM stormdisc_privileges(schemas => '{disc_priv}', exclude => '{listed}')
	WHERE NOT is_default AND privilege IS DISTINCT FROM 'MAINTAIN';
SELECT * FROM listed;

-- given and taken back, in whatever order, is as if it had never been
GRANT ALL ON m, p TO regress_priv_a;
GRANT EXECUTE ON FUNCTION g(int) TO regress_priv_owner, regress_priv_a;
REVOKE ALL ON m, p FROM regress_priv_a;
REVOKE ALL ON FUNCTION g(int) FROM regress_priv_a, PUBLIC;
GRANT EXECUTE ON FUNCTION g(int) TO PUBLIC;
REVOKE ALL ON FUNCTION g() FROM PUBLIC, regress_priv_owner;
GRANT EXECUTE ON FUNCTION g() TO PUBLIC, regress_priv_owner;
REVOKE SELECT (xmin) ON t FROM regress_priv_a;
SELECT relname, relacl IS NULL AS is_null FROM pg_class WHERE oid IN ('m'::regclass, 'p'::regclass) ORDER BY relname COLLATE "C";
SELECT DISTINCT identity, is_default
FROM stormdisc_privileges(schemas => '{disc_priv}', include => '{m,p,g,t}')
ORDER BY 1;

-- nobody has anything: a row says so
REVOKE ALL ON s, v FROM regress_priv_owner, "regress_priv B b";
REVOKE ALL ON TYPE e FROM regress_priv_owner;
REVOKE ALL ON FUNCTION f(int, text) FROM PUBLIC, regress_priv_owner;
SELECT object_type, identity, grantor, grantee, privilege, is_grantable, is_default, problem
FROM stormdisc_privileges(schemas => '{disc_priv}') WHERE grantee IS NULL;

--
-- Default privileges
--
RESET ROLE;
ALTER DEFAULT PRIVILEGES FOR ROLE regress_priv_owner REVOKE EXECUTE ON FUNCTIONS FROM PUBLIC;
ALTER DEFAULT PRIVILEGES FOR ROLE regress_priv_a REVOKE ALL ON TYPES FROM PUBLIC, regress_priv_a;
ALTER DEFAULT PRIVILEGES FOR ROLE regress_priv_a GRANT USAGE ON SCHEMAS TO regress_priv_owner;
ALTER DEFAULT PRIVILEGES FOR ROLE regress_priv_owner IN SCHEMA disc_priv
	GRANT SELECT ON TABLES TO PUBLIC;
ALTER DEFAULT PRIVILEGES FOR ROLE "regress_priv B b" IN SCHEMA "disc_priv 2"
	GRANT ALL ON SEQUENCES TO regress_priv_a WITH GRANT OPTION;
SELECT schema_name, object_name, identity, default_role, default_objects, grantor, grantee, privilege,
	is_grantable AS gr, is_default AS def
FROM stormdisc_privileges() WHERE object_type = 'default privileges';
SELECT DISTINCT identity FROM stormdisc_privileges(schemas => '{disc_priv}')
WHERE object_type = 'default privileges';

--
-- What has no schema: languages, wrappers, servers
--
CREATE FOREIGN DATA WRAPPER regress_priv_w;
CREATE SERVER "regress_priv S s" FOREIGN DATA WRAPPER regress_priv_w;
CREATE TRUSTED LANGUAGE regress_priv_l HANDLER plpgsql_call_handler;
GRANT USAGE ON FOREIGN SERVER "regress_priv S s" TO regress_priv_a;
ALTER FOREIGN DATA WRAPPER regress_priv_w OWNER TO CURRENT_USER;
SELECT schema_name, object_name, object_type, identity, replace(grantor, current_user, 'me') AS grantor,
	replace(grantee, current_user, 'me') AS grantee, privilege, is_default
FROM stormdisc_privileges(include => ARRAY['regress_priv*', '"regress_priv S s"'])
WHERE object_type NOT IN ('default privileges');

--
-- One relation: its own and its columns', and those of what it uses
--
CREATE FOREIGN TABLE ft (a e, b int DEFAULT f('x'::e, NULL, 1)) SERVER "regress_priv S s";
ALTER TABLE ft OWNER TO regress_priv_owner;
SELECT DISTINCT object_type, identity FROM stormdisc_privileges('ft') ORDER BY 1, 2;
SELECT DISTINCT object_type, identity FROM stormdisc_privileges('t') ORDER BY 1, 2;
SELECT DISTINCT object_type, identity FROM stormdisc_privileges('s') ORDER BY 1, 2;
CREATE INDEX i ON t (a);
SELECT * FROM stormdisc_privileges('i');	-- error

--
-- A role that is gone goes by its number
--
BEGIN;
SET LOCAL allow_system_table_mods = on;
UPDATE pg_class SET relacl = ARRAY[makeaclitem(3999999999, 3999999998, 'SELECT', true)] WHERE relname = 'm' AND relnamespace = 'disc_priv'::regnamespace;
SELECT identity, grantor, grantee, privilege, is_grantable, is_default, problem FROM stormdisc_privileges('m');
UPDATE pg_class SET relacl = '{}' WHERE relname = 'm' AND relnamespace = 'disc_priv'::regnamespace;
SELECT identity, grantor, grantee, privilege, is_grantable, is_default, problem FROM stormdisc_privileges('m');
ROLLBACK;

--
-- A role without any right sees the same
--
CREATE TEMP TABLE seen AS SELECT * FROM stormdisc_privileges();
GRANT SELECT ON seen TO "regress_priv B b";
SET ROLE "regress_priv B b";
SELECT count(*) FROM (TABLE seen EXCEPT SELECT * FROM stormdisc_privileges()) AS missing
WHERE identity <> 'pg_temp.seen';
RESET ROLE;

--
-- Security labels: no provider is there, so the rows are put into the catalog
--
SET client_min_messages = error;	-- wal_level
CREATE PUBLICATION "regress_priv P";
SET client_min_messages = warning;
BEGIN;
SET LOCAL allow_system_table_mods = on;
INSERT INTO pg_seclabel (objoid, classoid, objsubid, provider, label)
SELECT objid, classid, objsubid, 'disc', 'label ' || objsubid FROM (VALUES
	('pg_class'::regclass, 't'::regclass::oid, 0),
	('pg_class', 't'::regclass, 2),
	('pg_class', 't'::regclass, 99),
	('pg_class', 'c'::regclass, 1),
	('pg_class', 's'::regclass, 0),
	('pg_class', 'v'::regclass, 0),
	('pg_class', 'm'::regclass, 0),
	('pg_class', 'p'::regclass, 0),
	('pg_class', 'ft'::regclass, 0),
	('pg_class', 'pg_class'::regclass, 0),
	('pg_type', 'c'::regtype, 0),
	('pg_type', 'e'::regtype, 0),
	('pg_type', '"D d"'::regtype, 0),
	('pg_type', 't'::regtype, 0),
	('pg_proc', 'f(int,text)'::regprocedure, 0),
	('pg_proc', 'f()'::regprocedure, 0),
	('pg_proc', 'g(int)'::regprocedure, 0),
	('pg_namespace', 'disc_priv'::regnamespace, 0),
	('pg_language', (SELECT oid FROM pg_language WHERE lanname = 'regress_priv_l'), 0),
	('pg_publication', (SELECT oid FROM pg_publication WHERE pubname = 'regress_priv P'), 0),
	('pg_largeobject', 12345, 0),
	('pg_class', 3999999999, 0)) AS o(classid, objid, objsubid);
INSERT INTO pg_seclabel (objoid, classoid, objsubid, provider, label)
VALUES ('t'::regclass, 'pg_class'::regclass, 0, 'Another', 'B');
SELECT * FROM stormdisc_security_labels();
SELECT identity, provider, label FROM stormdisc_security_labels('t');
SELECT identity, provider, label FROM stormdisc_security_labels('ft');
SELECT identity, provider, label FROM stormdisc_security_labels('pg_class');
SELECT identity, provider, label FROM stormdisc_security_labels(include => '{t,f}');
SELECT identity, provider, label FROM stormdisc_security_labels(schemas => '{pg_catalog}');
ROLLBACK;
SELECT * FROM stormdisc_security_labels('i');	-- error

DROP PUBLICATION "regress_priv P";
DROP SCHEMA disc_priv, "disc_priv 2" CASCADE;
DROP FOREIGN DATA WRAPPER regress_priv_w CASCADE;
DROP LANGUAGE regress_priv_l;
DROP OWNED BY regress_priv_owner, regress_priv_a, "regress_priv B b";
DROP ROLE regress_priv_owner, regress_priv_a, "regress_priv B b";

--
-- Objects of extensions: only those whose privileges were changed
--
CREATE SCHEMA priv_ext;
CREATE EXTENSION hstore SCHEMA priv_ext;
CREATE ROLE regress_priv_ext;
SELECT object_type, identity, grantee, privilege FROM stormdisc_privileges(schemas => '{priv_ext}') WHERE NOT is_default;
GRANT EXECUTE ON FUNCTION priv_ext.hstore_in(cstring) TO regress_priv_ext;
GRANT USAGE ON TYPE priv_ext.hstore TO regress_priv_ext;
GRANT SELECT (name), UPDATE (document) ON stormdisc.snapshots TO regress_priv_ext;
GRANT INSERT ON stormdisc.type_map TO regress_priv_ext;
SELECT object_type, identity, privilege, is_grantable, is_default, problem FROM stormdisc_privileges(schemas => '{priv_ext,stormdisc}')
WHERE grantee = 'regress_priv_ext';
SELECT key FROM jsonb_each(stormdisc_schema(schemas => '{priv_ext}') -> 'privileges') ORDER BY key COLLATE "C";
REVOKE ALL ON FUNCTION priv_ext.hstore_in(cstring) FROM regress_priv_ext;
SELECT identity FROM stormdisc_privileges(schemas => '{priv_ext}') WHERE grantee = 'regress_priv_ext';
DROP OWNED BY regress_priv_ext;
DROP ROLE regress_priv_ext;
SET client_min_messages = warning;
DROP SCHEMA priv_ext CASCADE;
