-- One object that cannot be read does not spoil a document: here the library
-- of a type is missing, as after a restore on a machine that lacks it.
CREATE SCHEMA degrade;
CREATE EXTENSION cube SCHEMA degrade;
CREATE TABLE degrade.t (a int DEFAULT 7, b degrade.cube DEFAULT '(1,2)', c int CHECK (c > 0));
CREATE TABLE degrade.u (a int, CONSTRAINT far CHECK (degrade.cube(a) OPERATOR(degrade.<>) '(3)'::degrade.cube));
UPDATE pg_proc SET probin = '/nowhere/cube' WHERE oid = 'degrade.cube_out'::regproc;
\c
\set VERBOSITY terse
SELECT warning->>'kind' AS kind, warning->>'object' AS object, warning->>'sqlstate' AS sqlstate, warning->>'message' AS message
FROM stormdisc_schema(schemas => '{degrade}', parts => '{tables,columns,constraints}') AS doc, jsonb_array_elements(doc->'warnings') AS warning;

-- the rest stands
SELECT doc->'consistent' AS consistent, jsonb_path_query_array(doc, '$.tables."degrade.t".columns[*].default_value') AS defaults,
	doc->'constraints'->'degrade.t.t_c_check'->>'definition' AS good, doc->'constraints'->'degrade.u.far' ? 'definition' AS bad
FROM stormdisc_schema(schemas => '{degrade}', parts => '{tables,columns,constraints}') AS doc;
SELECT kind, identity, problem FROM stormdisc_schema_objects(schemas => '{degrade}', parts => '{tables,columns,constraints}');

-- another tool's model takes the warnings over
SELECT warning->>'kind' AS kind, warning->>'object' AS object, warning->>'sqlstate' AS sqlstate
FROM jsonb_array_elements(stormdisc_metadata()->'warnings') AS warning
WHERE warning->>'object' LIKE 'degrade.%';

-- an object that fails after many others have had problems
CREATE FUNCTION degrade.f() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NULL; END';
SELECT format('CREATE TRIGGER t%s AFTER UPDATE ON degrade.t FOR EACH ROW WHEN (OLD.b OPERATOR(degrade.<>) ''(%s)''::degrade.cube) EXECUTE FUNCTION degrade.f()', i, i)
FROM generate_series(10, 21) AS i \gexec
UPDATE pg_trigger SET tgenabled = '?' WHERE tgrelid = 'degrade.t'::regclass AND tgname = 't21';
SELECT warning->>'kind' AS kind, count(*), max(warning->>'object') AS last, min(warning->>'message') AS message
FROM stormdisc_schema(schemas => '{degrade}', parts => '{tables,columns,triggers}') AS doc, jsonb_array_elements(doc->'warnings') AS warning
GROUP BY 1, warning->>'sqlstate' ORDER BY 1, 2;
DROP FUNCTION degrade.f() CASCADE;

-- not one object, but what a kind does with all of them
ALTER DEFAULT PRIVILEGES IN SCHEMA degrade GRANT SELECT ON TABLES TO PUBLIC;
UPDATE pg_default_acl SET defaclobjtype = '?' WHERE defaclnamespace = 'degrade'::regnamespace;
SELECT doc->'consistent' AS consistent, doc ? 'privileges' AS privileges, doc->'schemas' ? 'degrade' AS schemas, doc->'warnings' AS warnings
FROM stormdisc_schema(schemas => '{degrade}', parts => '{privileges,schemas}') AS doc;
SELECT kind, identity FROM stormdisc_schema_objects(schemas => '{degrade}', parts => '{privileges,schemas}');
UPDATE pg_default_acl SET defaclobjtype = 'r' WHERE defaclnamespace = 'degrade'::regnamespace;

-- unless nothing may be left out
SELECT stormdisc_schema(schemas => '{degrade}', mode => 'atomic');
SELECT count(*) FROM stormdisc_columns(schemas => '{degrade}');

UPDATE pg_proc SET probin = '$libdir/cube' WHERE oid = 'degrade.cube_out'::regproc;
SELECT stormdisc_schema(schemas => '{degrade}', mode => 'atomic')->'consistent' AS consistent;
\set VERBOSITY default
SET client_min_messages = warning;
DROP SCHEMA degrade CASCADE;
