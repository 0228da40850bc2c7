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

-- unless nothing may be left out
SELECT stormdisc_schema(schemas => '{degrade}', mode => 'atomic');
SELECT count(*) FROM stormdisc_columns(schemas => '{degrade}');

UPDATE pg_proc SET probin = '$libdir/cube' WHERE oid = 'degrade.cube_out'::regproc;
SELECT stormdisc_schema(schemas => '{degrade}', mode => 'atomic')->'consistent' AS consistent;
\set VERBOSITY default
SET client_min_messages = warning;
DROP SCHEMA degrade CASCADE;
