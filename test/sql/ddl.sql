-- DDL of documents: options, other names for schemas, bad input.  That it
-- rebuilds everything is the business of test/t/061_round_trip.pl.
SET client_min_messages = warning;
CREATE ROLE regress_ddl_owner;
CREATE ROLE regress_ddl_user;
CREATE SCHEMA "App";
SET search_path = "App", public;

CREATE TYPE mood AS ENUM ('sad', 'it''s ok');
CREATE FUNCTION low(text) RETURNS text LANGUAGE sql IMMUTABLE RETURN lower($1);
CREATE FUNCTION "mentions"() RETURNS int LANGUAGE plpgsql AS $$BEGIN RETURN (SELECT count(*) FROM "App".t); END$$;
CREATE FUNCTION says_nothing() RETURNS int LANGUAGE plpgsql AS $$BEGIN RETURN 'Apps'; END$$;
CREATE FUNCTION with_path() RETURNS int LANGUAGE sql SET search_path = "App", pg_temp AS 'SELECT 1';
CREATE TABLE t (
	id serial PRIMARY KEY,
	m mood DEFAULT 'sad',
	name text DEFAULT '"App".t' CHECK (low(name) <> '"App".low'),
	self regclass DEFAULT '"App".t'::regclass,
	place regnamespace DEFAULT '"App"'::regnamespace,
	parent int REFERENCES t);
COMMENT ON TABLE t IS 'of "App".t';
ALTER TABLE t OWNER TO regress_ddl_owner;
GRANT SELECT ON t TO regress_ddl_user;
GRANT USAGE ON SCHEMA "App" TO regress_ddl_user;
ALTER DEFAULT PRIVILEGES IN SCHEMA "App" GRANT SELECT ON TABLES TO regress_ddl_user;
-- an alias, a column and a table that are called as the schema is
CREATE TABLE "App" ("App" int, id int);
CREATE VIEW v AS SELECT "App"."App", "App".id, t.name FROM t AS "App" (id, "App", name) JOIN t USING (id);
CREATE VIEW w AS SELECT "App".id, x."App" FROM "App" JOIN "App" x USING (id);
CREATE TABLE p (a int) PARTITION BY LIST (a);
CREATE TABLE p1 PARTITION OF p FOR VALUES IN (1);
CREATE INDEX ON p (a);
RESET search_path;

-- rows
SELECT seq, phase, kind, identity, statement FROM stormdisc_ddl(schemas => '{App}') WHERE phase <> 'settings' ORDER BY seq;
SELECT phase, statement FROM stormdisc_ddl(schemas => '{App}') WHERE phase = 'settings' ORDER BY seq;

-- a part of it
SELECT statement FROM stormdisc_ddl('"App".p') WHERE phase <> 'settings' ORDER BY seq;
SELECT phase, statement FROM stormdisc_document_ddl(stormdisc_schema(schemas => '{App}', parts => '{types,functions}'), '{"no_owner": true, "no_privileges": true}')
WHERE phase <> 'settings' ORDER BY seq;

-- options
SELECT statement FROM stormdisc_ddl('"App".t', options => '{"no_owner": true, "no_privileges": true, "no_comments": true}')
WHERE phase IN ('tables', 'privileges', 'schemas', 'sequences') ORDER BY seq;
SELECT statement FROM stormdisc_ddl(schemas => '{App}', options => '{"if_not_exists": true, "no_owner": true}')
WHERE phase NOT IN ('settings', 'privileges') AND identity NOT LIKE '%says_nothing%' ORDER BY seq;
SELECT count(*) FROM stormdisc_ddl(schemas => '{App}', options => '{"if_not_exists": false, "no_owner": false, "no_privileges": false, "no_comments": false, "schemas": {}}');

-- the schema under another name: what is a name follows, and no other text
SELECT statement FROM stormdisc_ddl(schemas => '{App}', options => '{"schemas": {"App": "select"}}')
WHERE phase <> 'settings' ORDER BY seq;
SELECT stormdisc_ddl_text(schemas => '{App}', options => '{"schemas": {"App": "copy", "other": "App"}}') AS script \gset
SET client_min_messages = error;
:script
RESET client_min_messages;
RESET search_path;
SELECT "copy".v.* FROM "copy".v;
SELECT pg_get_viewdef('copy.w');
SELECT stormdisc_ddl_text(schemas => '{copy}', options => '{"schemas": {"copy": "App"}}') = stormdisc_ddl_text(schemas => '{App}') AS same;
-- two that change places
SELECT count(*) FILTER (WHERE statement ~ '^CREATE TABLE copy\.'), count(*) FILTER (WHERE statement ~ '^CREATE TABLE "App"\.')
FROM stormdisc_ddl(schemas => '{App}', options => '{"schemas": {"App": "copy", "copy": "App"}}');

-- neither the order nor the text depends on settings
SET quote_all_identifiers = on;
SET search_path = "App";
SELECT public.stormdisc_ddl_text(schemas => '{App}') AS odd \gset
RESET search_path;
RESET quote_all_identifiers;
SELECT :'odd' = stormdisc_ddl_text(schemas => '{App}') AS same;
SELECT stormdisc_document_ddl_text(stormdisc_schema(schemas => '{App}')) = stormdisc_ddl_text(schemas => '{App}') AS same;

-- everybody may
SET ROLE regress_ddl_user;
SELECT count(*) > 20 AS many FROM stormdisc_ddl(schemas => '{App}');
RESET ROLE;

-- bad input
\set VERBOSITY default
SELECT * FROM stormdisc_document_ddl(NULL);
SELECT stormdisc_document_ddl_text(NULL);
SELECT * FROM stormdisc_document_ddl('{}');
SELECT * FROM stormdisc_document_ddl('[]');
SELECT * FROM stormdisc_document_ddl('"x"');
SELECT * FROM stormdisc_document_ddl('{"format": "1"}');
SELECT * FROM stormdisc_document_ddl('{"format": 2}');
SELECT * FROM stormdisc_document_ddl('{"format": 1, "tables": []}');
SELECT * FROM stormdisc_document_ddl('{"format": 1, "tables": {"a.b": 1}}');
SELECT * FROM stormdisc_document_ddl('{"format": 1, "tables": {"a.b": {}}}');
SELECT * FROM stormdisc_document_ddl('{"format": 1, "tables": {"a.b": {"schema_name": "a", "table_name": 5}}}');
SELECT * FROM stormdisc_document_ddl('{"format": 1, "tables": {"a.b": {"schema_name": "a", "table_name": "b", "columns": [{"column_name": "c"}]}}}');
SELECT * FROM stormdisc_document_ddl('{"format": 1, "tables": {"a.b": {"schema_name": "a", "table_name": "b", "table_type": "foreign table"}}}');
SELECT * FROM stormdisc_document_ddl('{"format": 1, "privileges": {"table a.b": {}}}');
SELECT * FROM stormdisc_document_ddl('{"format": 1, "privileges": {"horse a.b": []}}');
SELECT * FROM stormdisc_document_ddl('{"format": 1, "types": {"a.b": {"schema_name": "a", "type_name": "b", "type_kind": "composite", "attribute_names": [null], "attribute_types": ["int"]}}}');
SELECT count(*) FROM stormdisc_document_ddl('{"format": 1, "consistent": false}');
SELECT count(*) FROM stormdisc_document_ddl('{"format": 1, "unheard_of": {"x": {}}}');
SELECT stormdisc_ddl_text(options => '[]');
SELECT stormdisc_ddl_text(options => '{"no_owners": true}');
SELECT stormdisc_ddl_text(options => '{"no_owner": "yes"}');
SELECT stormdisc_ddl_text(options => '{"schemas": ["App"]}');
SELECT stormdisc_ddl_text(options => '{"schemas": {"App": null}}');
SELECT stormdisc_ddl_text(options => '{"schemas": {"App": ""}}');
SELECT stormdisc_ddl_text(options => '{"schemas": {"App": "x", "Other": "x"}}');
SELECT stormdisc_ddl_text('"App".p_a_idx');
SELECT stormdisc_ddl_text(schemas => '{no such schema}');

-- what stands in a name does not end a comment or a string
SELECT statement FROM stormdisc_document_ddl($${"format": 1, "functions": {"a.b()": {"schema_name": "a\nDROP TABLE x;", "function_name": "b'; DROP TABLE y; --", "definition": "CREATE FUNCTION f() RETURNS int LANGUAGE sql AS ''", "source": "a"}}}$$,
	'{"schemas": {"a": "b"}}') WHERE phase <> 'settings';

-- nobody but the owner may use the schema public, which has no privileges in a document then
BEGIN;
REVOKE ALL ON SCHEMA public FROM PUBLIC;
SELECT phase, statement FROM stormdisc_ddl(schemas => '{public}') WHERE statement LIKE '% ON SCHEMA %';
SELECT phase, statement FROM stormdisc_ddl(schemas => '{public}', options => '{"no_privileges": true}') WHERE statement LIKE '% ON SCHEMA %';
SELECT statement FROM stormdisc_document_ddl(stormdisc_schema(schemas => '{public}') - 'privileges') WHERE statement LIKE '% ON SCHEMA %';
GRANT USAGE ON SCHEMA public TO PUBLIC;
SELECT phase, statement FROM stormdisc_ddl(schemas => '{public}') WHERE statement LIKE '% ON SCHEMA %';
SELECT phase, statement FROM stormdisc_ddl(schemas => '{public}', options => '{"schemas": {"public": "elsewhere"}}') WHERE statement LIKE '% ON SCHEMA %';
ROLLBACK;

-- loops that nothing can break are said
SELECT statement FROM stormdisc_document_ddl('{"format": 1, "functions": {
	"a.f()": {"schema_name": "a", "function_name": "f", "definition": "CREATE FUNCTION a.f() RETURNS int LANGUAGE sql RETURN a.g()", "sql_body": "RETURN a.g()", "arguments": ""},
	"a.g()": {"schema_name": "a", "function_name": "g", "definition": "CREATE FUNCTION a.g() RETURNS int LANGUAGE sql RETURN a.f()", "sql_body": "RETURN a.f()", "arguments": ""}}}')
WHERE phase <> 'settings';

SET client_min_messages = warning;
DROP SCHEMA "App" CASCADE;
DROP SCHEMA "copy" CASCADE;
DROP OWNED BY regress_ddl_user;
DROP ROLE regress_ddl_owner, regress_ddl_user;
