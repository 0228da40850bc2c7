--
-- stormdisc_schema(), stormdisc_schema_objects(): the whole schema as one jsonb
--
SET client_min_messages = warning;
CREATE ROLE regress_disc_doc SUPERUSER;
SET SESSION AUTHORIZATION regress_disc_doc;
CREATE SCHEMA disc_doc;
CREATE SCHEMA "Doc ""2"".x";
SET search_path = disc_doc, public;

-- a table of nothing but everyday values has few keys, and each key once
CREATE TABLE plain (id int, name text);
CREATE TABLE rich (
	id bigint GENERATED ALWAYS AS IDENTITY,
	code varchar(7) COLLATE "C" DEFAULT 'x',
	tags text[] DEFAULT '{}',
	doubled numeric(8,2) GENERATED ALWAYS AS (2.5) STORED,
	CONSTRAINT rich_code CHECK (code <> ''))
	WITH (fillfactor = 70);
COMMENT ON TABLE rich IS 'with "quotes", \backslashes and	tabs';
COMMENT ON COLUMN rich.code IS 'it''s a code';
CREATE TABLE tree (k int, v text) PARTITION BY RANGE (k);
CREATE TABLE tree_1 PARTITION OF tree FOR VALUES FROM (0) TO (10) PARTITION BY LIST (v);
CREATE TABLE tree_1_n PARTITION OF tree_1 FOR VALUES IN ('a', NULL);
CREATE TABLE tree_rest PARTITION OF tree DEFAULT;

SELECT jsonb_pretty(stormdisc_schema(schemas => '{disc_doc}', parts => '{tables,columns,partitions}') - 'server_version');
SELECT stormdisc_schema(schemas => '{disc_doc}') ->> 'server_version' = current_setting('server_version') AS of_this_server;

-- indexes and constraints are by themselves, by their own names
CREATE INDEX rich_expr ON rich (lower(code), id DESC) WHERE id > 0;
SELECT jsonb_pretty((stormdisc_schema('rich', parts => '{indexes,constraints}') #- '{constraints,disc_doc.rich.rich_id_not_null}')
	- '{server_version,environment}'::text[]);

-- what is where: every part is there, wanted or empty, and nothing else
CREATE FUNCTION pg_temp.shape(doc jsonb) RETURNS TABLE (key text, type text, members int)
LANGUAGE sql AS $$
	SELECT key, jsonb_typeof(value),
		CASE jsonb_typeof(value) WHEN 'object' THEN (SELECT count(*) FROM jsonb_object_keys(value)) END
	FROM jsonb_each(doc) ORDER BY key COLLATE "C"
$$;
SELECT key, type FROM pg_temp.shape(stormdisc_schema(schemas => '{disc_doc}'))
	WHERE key IN ('format', 'server_version', 'environment', 'consistent', 'warnings', 'tables', 'indexes', 'constraints');
SELECT * FROM pg_temp.shape(stormdisc_schema(schemas => '{disc_doc}', parts => '{tables}')) WHERE type = 'object';
SELECT * FROM pg_temp.shape(stormdisc_schema(schemas => '{disc_doc}', parts => '{indexes}')) WHERE type = 'object';
SELECT * FROM pg_temp.shape(stormdisc_schema(schemas => '{disc_doc}', include => '{nothing}', parts => '{tables,indexes}')) WHERE type = 'object';

-- parts: tables alone have no columns; columns and partitions bring their tables
SELECT t ? 'columns' AS columns, t ? 'partition' AS partition
	FROM (SELECT stormdisc_schema('tree_1', parts => '{tables}') #> '{tables,disc_doc.tree_1}' AS t) s
UNION ALL SELECT t ? 'columns', t ? 'partition'
	FROM (SELECT stormdisc_schema('tree_1', parts => '{columns}') #> '{tables,disc_doc.tree_1}' AS t) s
UNION ALL SELECT t ? 'columns', t ? 'partition'
	FROM (SELECT stormdisc_schema('tree_1', parts => '{partitions}') #> '{tables,disc_doc.tree_1}' AS t) s
UNION ALL SELECT t ? 'columns', t ? 'partition'
	FROM (SELECT stormdisc_schema('tree_1') #> '{tables,disc_doc.tree_1}' AS t) s;
-- a document of parts says of them what the whole says
SELECT bool_and(whole -> part = stormdisc_schema(schemas => '{disc_doc}', parts => ARRAY[part]) -> part) AS parts_are_parts
	FROM (SELECT stormdisc_schema(schemas => '{disc_doc}') AS whole) w,
		jsonb_object_keys(whole - '{format,server_version,environment,consistent,warnings,tables}'::text[]) part;

-- scope
SELECT jsonb_object_keys(stormdisc_schema(schemas => '{disc_doc}', include => '{t*}', exclude => '{*_1*}') -> 'tables');
SELECT jsonb_object_keys(stormdisc_schema('plain') -> 'tables');

-- arguments that are not right
\set VERBOSITY sqlstate
SELECT stormdisc_schema(parts => '{}');
SELECT stormdisc_schema(parts => '{tables,NULL}');
SELECT stormdisc_schema(parts => '{{tables},{columns}}');
SELECT stormdisc_schema(parts => '{Tables}');
SELECT stormdisc_schema(parts => '{tables,tabels}');
SELECT * FROM stormdisc_schema_objects(parts => '{tables,tabels}');
SELECT stormdisc_schema(mode => 'Atomic');
SELECT stormdisc_schema(mode => '');
SELECT stormdisc_schema(schemas => '{no_such_schema}');
SELECT stormdisc_schema('no_such_table');
SELECT stormdisc_schema(include => '{a.b.c}');
\set VERBOSITY terse
SELECT stormdisc_schema(parts => '{tabels}');
SELECT stormdisc_schema(mode => 'fast');
\set VERBOSITY default
DO $$
DECLARE
	hint text;
BEGIN
	PERFORM stormdisc_schema(parts => '{tabels}');
EXCEPTION WHEN invalid_parameter_value THEN
	GET STACKED DIAGNOSTICS hint = PG_EXCEPTION_HINT;
	-- every part is in the hint, and those are the keys of a document
	IF array(SELECT unnest(string_to_array(rtrim(replace(hint, 'Available parts: ', ''), '.'), ', ')) EXCEPT SELECT jsonb_object_keys(stormdisc_schema()))
			<> '{columns,partitions}' THEN
		RAISE EXCEPTION 'hint is: %', hint;
	END IF;
END $$;
-- NULL is not given
SELECT stormdisc_schema(NULL, '{disc_doc}', NULL, NULL, NULL, NULL) = stormdisc_schema(schemas => '{disc_doc}') AS same;
SELECT stormdisc_schema(schemas => '{disc_doc}', mode => 'atomic') = stormdisc_schema(schemas => '{disc_doc}', mode => 'degrade') AS same;

-- names: quoted where SQL needs it, so that no two are the same
CREATE TABLE "Doc ""2"".x"."T" (a int, "A" int, " " int, CONSTRAINT "C k" CHECK (a > 0));
CREATE TABLE "Doc ""2"".x"."a.b" (a int);
CREATE TABLE "Doc ""2"".x"."select" (a int UNIQUE);
CREATE TABLE "Doc ""2"".x".t ();
SELECT kind, identity FROM stormdisc_schema_objects(schemas => '{"Doc \"2\".x"}') WHERE kind IN ('tables', 'constraints', 'indexes')
	ORDER BY kind COLLATE "C", identity COLLATE "C";
SELECT stormdisc_schema() -> 'tables' -> '"Doc ""2"".x".t';

-- keys that tables, constraints and indexes have are regclass's, in a path without schemas
SET search_path = pg_catalog;
SELECT count(*) AS tables, count(*) FILTER (WHERE identity::regclass::text = identity) AS are_regclasses
	FROM public.stormdisc_schema_objects(schemas => '{disc_doc,"Doc \"2\".x"}', parts => '{tables}');
SET search_path = disc_doc, public;

-- object by object the same, both ways
CREATE FUNCTION pg_temp.objects(doc jsonb) RETURNS TABLE (kind text, identity text, document jsonb)
LANGUAGE sql AS $$
	SELECT k.key, o.key, o.value
	FROM jsonb_each(doc - '{format,server_version,environment,consistent,warnings}'::text[]) k, jsonb_each(k.value) o
$$;
CREATE FUNCTION pg_temp.differ(schemas text[], parts text[]) RETURNS TABLE (objects bool, missing bigint, extra bigint, problems bigint)
LANGUAGE sql AS $$
	WITH d AS MATERIALIZED (SELECT * FROM pg_temp.objects(public.stormdisc_schema(schemas => $1, parts => $2))),
		o AS MATERIALIZED (SELECT * FROM public.stormdisc_schema_objects(schemas => $1, parts => $2))
	SELECT (SELECT count(*) > 0 FROM o),
		(SELECT count(*) FROM (TABLE d EXCEPT ALL SELECT kind, identity, document FROM o) x),
		(SELECT count(*) FROM (SELECT kind, identity, document FROM o EXCEPT ALL TABLE d) x),
		(SELECT count(*) FROM o WHERE problem IS NOT NULL)
$$;
SELECT * FROM pg_temp.differ('{disc_doc,"Doc \"2\".x"}', NULL);
SELECT * FROM pg_temp.differ('{disc_doc}', '{columns,indexes}');
SELECT * FROM pg_temp.differ('{information_schema}', NULL);
SELECT * FROM pg_temp.differ('{pg_catalog}', NULL);
-- each kind in one go, and identities in order
SELECT count(*) AS unsorted FROM (
	SELECT kind = lag(kind) OVER w AND identity < lag(identity) OVER w AS bad
	FROM (SELECT kind, identity COLLATE "C" AS identity, row_number() OVER () AS n
		FROM stormdisc_schema_objects(schemas => '{disc_doc}', parts => '{tables}')) o WINDOW w AS (ORDER BY n)) b WHERE bad;

-- temporary objects are in no document, whatever the arguments
CREATE TEMP TABLE for_now (id serial PRIMARY KEY, plain_id int CHECK (plain_id > 0));
CREATE TEMP VIEW seen_now AS SELECT * FROM plain;
CREATE INDEX ON for_now (plain_id);
SELECT count(*) AS temporary FROM stormdisc_schema_objects()
	WHERE identity ~ 'pg_temp|for_now|seen_now' OR document ->> 'schema_name' LIKE 'pg\_%temp%';
SELECT stormdisc_schema()::text ~ 'for_now|seen_now' AS temporary;
SELECT * FROM pg_temp.shape(stormdisc_schema('for_now', parts => '{tables,indexes,constraints}')) WHERE type = 'object';

-- no OIDs, no positions, nothing that a server counts; no key is null, false or
-- empty unless another value is the everyday one
CREATE FUNCTION pg_temp.keys(doc jsonb) RETURNS TABLE (kind text, key text, value jsonb)
LANGUAGE sql AS $$
	SELECT o.kind, m.key, m.value FROM pg_temp.objects(doc) o, jsonb_path_query(o.document, 'strict $.** ? (@.type() == "object").keyvalue()') kv,
		LATERAL (SELECT kv ->> 'key' AS key, kv -> 'value' AS value) m
$$;
CREATE TEMP TABLE all_keys AS SELECT * FROM pg_temp.keys(stormdisc_schema(schemas => '{disc_doc,"Doc \"2\".x",information_schema,pg_catalog}'));
SELECT count(*) > 2000 AS many FROM all_keys;
SELECT DISTINCT kind, key FROM all_keys WHERE key ~ '(^|_)oid$|^attribute_number$|^ordinal_position$|^estimated_|^problem$|_id$' ORDER BY 1, 2;
SELECT DISTINCT kind, key FROM all_keys WHERE value = 'null';
SELECT DISTINCT kind, key FROM all_keys WHERE value IN ('[]', '{}') AND key <> 'columns';
SELECT DISTINCT kind, key FROM all_keys WHERE value = 'false' AND kind IN ('tables', 'indexes', 'constraints') ORDER BY 1, 2;

-- it is the same again, in other objects: what a dump would change is not in it
CREATE TABLE saved AS SELECT stormdisc_schema(schemas => '{disc_doc}', exclude => '{saved}') AS doc;
ALTER TABLE rich ADD gone int;
ALTER TABLE rich DROP gone;
UPDATE pg_temp.for_now SET id = 1;
INSERT INTO plain SELECT i, 'x' FROM generate_series(1, 1000) i;
ANALYZE plain;
DROP VIEW seen_now;
DROP TABLE plain;
CREATE TABLE plain (id int, name text);
SELECT doc = stormdisc_schema(schemas => '{disc_doc}', exclude => '{saved}') AS same FROM saved;
ALTER TABLE plain ALTER name SET NOT NULL;
SELECT doc = stormdisc_schema(schemas => '{disc_doc}', exclude => '{saved}') AS same FROM saved;

-- under any settings of the session
ALTER TABLE plain ALTER name DROP NOT NULL;
CREATE FUNCTION moment() RETURNS timestamptz LANGUAGE sql IMMUTABLE AS $$ SELECT '2020-01-01 00:00+00'::timestamptz $$;
CREATE TABLE settings (a timestamptz DEFAULT '2020-01-02 03:04:05+00', b float8 DEFAULT 0.1, c bytea DEFAULT '\x00ff', d interval DEFAULT '1 day', e timestamptz DEFAULT moment());
TRUNCATE saved;
INSERT INTO saved SELECT stormdisc_schema(schemas => '{disc_doc}', exclude => '{saved}');
SET timezone = 'Asia/Kathmandu';
SET datestyle = 'SQL, DMY';
SET intervalstyle = 'iso_8601';
SET extra_float_digits = -15;
SET bytea_output = 'escape';
SET quote_all_identifiers = on;
SET search_path = public, disc_doc;
SELECT doc = stormdisc_schema(schemas => '{disc_doc}', exclude => '{saved}') AS same FROM saved;
RESET ALL;
SET client_min_messages = warning;
SET search_path = disc_doc, public;

-- a function of documents: usable wherever an expression is
SELECT count(*) FROM (SELECT stormdisc_schema(schemas => ARRAY[s]) FROM unnest('{disc_doc,public}'::text[]) s OFFSET 0) x;
BEGIN;
SET TRANSACTION READ ONLY, ISOLATION LEVEL SERIALIZABLE;
SELECT stormdisc_schema(schemas => '{disc_doc}') -> 'consistent' AS consistent;
COMMIT;

-- whoever may not read the tables' rows may read the schema
CREATE ROLE regress_disc_doc2;
SET ROLE regress_disc_doc2;
SELECT public.stormdisc_schema(schemas => '{disc_doc}') -> 'consistent' AS consistent;
RESET ROLE;
SELECT doc - 'server_version' = stormdisc_schema(schemas => '{disc_doc}', exclude => '{saved}') - 'server_version' AS same FROM saved;

-- JSON has no number for what is not finite
CREATE FUNCTION dear() RETURNS int LANGUAGE sql COST 1e39 AS 'SELECT 1';
SELECT stormdisc_schema(schemas => '{disc_doc}')::text::jsonb #> '{functions,disc_doc.dear(),cost}' AS cost;

DROP TABLE for_now;
DROP SCHEMA disc_doc, "Doc ""2"".x" CASCADE;
RESET SESSION AUTHORIZATION;
SET client_min_messages = warning;
DROP OWNED BY regress_disc_doc;
DROP ROLE regress_disc_doc, regress_disc_doc2;
RESET client_min_messages;
