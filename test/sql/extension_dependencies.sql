-- What ALTER ... DEPENDS ON EXTENSION has said.
CREATE SCHEMA ext_dep;
CREATE EXTENSION hstore SCHEMA ext_dep;
CREATE TABLE ext_dep.t (a int);
CREATE TABLE ext_dep.u (a int);
CREATE INDEX "t idx" ON ext_dep.t (a);
CREATE FUNCTION ext_dep.f(int, text) RETURNS int LANGUAGE sql AS 'SELECT 1';
CREATE FUNCTION ext_dep.trg() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NULL; END';
CREATE TRIGGER "A trigger" AFTER INSERT ON ext_dep.t EXECUTE FUNCTION ext_dep.trg();
CREATE MATERIALIZED VIEW ext_dep.m AS SELECT 1 AS a;

ALTER FUNCTION ext_dep.f(int, text) DEPENDS ON EXTENSION hstore;
ALTER INDEX ext_dep."t idx" DEPENDS ON EXTENSION hstore;
ALTER TRIGGER "A trigger" ON ext_dep.t DEPENDS ON EXTENSION hstore;
ALTER MATERIALIZED VIEW ext_dep.m DEPENDS ON EXTENSION hstore;

SELECT * FROM stormdisc_extension_dependencies(schemas => '{ext_dep}');
SELECT identity FROM stormdisc_extension_dependencies('ext_dep.t');
SELECT identity FROM stormdisc_extension_dependencies('ext_dep.u');
SELECT jsonb_pretty(stormdisc_schema(schemas => '{ext_dep}', parts => '{extension_dependencies}') -> 'extension_dependencies') AS document;

ALTER FUNCTION ext_dep.f(int, text) NO DEPENDS ON EXTENSION hstore;
SELECT identity FROM stormdisc_extension_dependencies(schemas => '{ext_dep}');

SET client_min_messages = warning;
DROP SCHEMA ext_dep CASCADE;
