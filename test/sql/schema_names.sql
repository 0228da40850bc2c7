-- Schemas that differ in their names only: fingerprints, differences, and DDL
-- that makes such a copy.
SET client_min_messages = warning;
CREATE ROLE regress_names_user;
CREATE SCHEMA app;
CREATE SCHEMA "App 2";
CREATE TYPE app.mood AS ENUM ('sad', 'ok');
CREATE TYPE app.pair AS (x int, m app.mood);
CREATE DOMAIN app.good AS app.mood DEFAULT 'ok'::app.mood CHECK (VALUE <> 'sad'::app.mood);
CREATE FUNCTION app.low(text, app.pair DEFAULT NULL::app.pair) RETURNS text LANGUAGE sql IMMUTABLE RETURN lower($1);
CREATE FUNCTION app.trig() RETURNS trigger LANGUAGE plpgsql SET search_path = app, "App 2", pg_temp AS 'BEGIN RETURN new; END';
CREATE FUNCTION app.times(app.pair, app.pair) RETURNS bool LANGUAGE sql RETURN true;
CREATE OPERATOR app.* (FUNCTION = app.times, LEFTARG = app.pair, RIGHTARG = app.pair, COMMUTATOR = OPERATOR(app.*));
CREATE TABLE "App 2"."t,""1" (id int PRIMARY KEY, m app.mood);
CREATE TABLE app.t (
	id serial PRIMARY KEY,
	m app.mood DEFAULT 'ok',
	g app.good[],
	"app" text DEFAULT 'app.t' CHECK (app.low("app") <> 'app.x'),
	self regclass DEFAULT 'app.t'::regclass,
	place regnamespace DEFAULT 'app'::regnamespace,
	parent int REFERENCES app.t,
	other int REFERENCES "App 2"."t,""1");
DO $$
BEGIN
	EXECUTE format('ALTER TABLE app.t ADD relations regclass[] DEFAULT %L, ADD places regnamespace[] DEFAULT %L, ADD boxed regtype[] DEFAULT %L',
		ARRAY['app.t', '"App 2"."t,""1"']::regclass[], ARRAY['app', '"App 2"', 'pg_catalog']::regnamespace[], '[0:1][1:2]={{app.mood,int},{app.good[],NULL}}'::regtype[]);
END
$$;
COMMENT ON TABLE app.t IS 'app.t, as it is';
CREATE TABLE app.p (k int, at date) PARTITION BY RANGE (k);
CREATE TABLE app.p1 PARTITION OF app.p FOR VALUES FROM (1) TO (2);
CREATE INDEX ON app.p (at) WHERE k <> '1'::int;
-- an alias that is called as the schema is
CREATE VIEW app.v AS SELECT app.id, app.app, x.id AS m FROM app.t app JOIN "App 2"."t,""1" x ON x.id = app.id WHERE app.low(app.app) IS NOT NULL;
CREATE POLICY pol ON app.t USING (EXISTS (SELECT FROM app.p app WHERE app.k = t.id));
CREATE TRIGGER tr BEFORE INSERT ON app.t FOR EACH ROW EXECUTE FUNCTION app.trig('app.t');
CREATE RULE r AS ON DELETE TO app.t DO ALSO INSERT INTO app.p (k) VALUES (old.id);
CREATE STATISTICS app.s ON id, m FROM app.t;
GRANT USAGE ON SCHEMA app TO regress_names_user;
GRANT SELECT ON app.t TO regress_names_user;
ALTER DEFAULT PRIVILEGES IN SCHEMA app GRANT SELECT ON TABLES TO regress_names_user;

-- a copy, of which the other schema is not one
SELECT stormdisc_ddl_text(schemas => '{app}', options => '{"schemas": {"app": "app copy"}}') AS script \gset
:script
RESET ALL;
SET client_min_messages = warning;
-- constants of arrays with names in them
SELECT column_name, default_value FROM stormdisc_columns('"app copy".t') WHERE column_name IN ('relations', 'places', 'boxed', 'self', 'place', 'app');
SELECT default_value FROM stormdisc_columns('app.t') WHERE column_name IN ('relations', 'places', 'boxed');
SELECT stormdisc_ddl_text(schemas => '{"app copy"}', options => '{"schemas": {"app copy": "app"}}') = stormdisc_ddl_text(schemas => '{app}') AS same;

-- it is the same, but for its name
SELECT count(*) > 20 AS many FROM stormdisc_diff(stormdisc_schema(schemas => '{app}'), stormdisc_schema(schemas => '{"app copy"}'));
SELECT * FROM stormdisc_diff(stormdisc_schema(schemas => '{app}'), stormdisc_schema(schemas => '{"app copy"}'), '{default,schema_names}');
SELECT a.fingerprint = b.fingerprint AS named, c.fingerprint = d.fingerprint AS unnamed, c.structure = d.structure AS structure, c.privileges = d.privileges AS privileges
FROM stormdisc_fingerprint(schemas => '{app}') a, stormdisc_fingerprint(schemas => '{"app copy"}') b,
	stormdisc_fingerprint(schemas => '{app}', ignore => '{default,schema_names}') c, stormdisc_fingerprint(schemas => '{"app copy"}', ignore => '{default,schema_names}') d;
SELECT f.fingerprint = d.fingerprint AS same FROM stormdisc_fingerprint(schemas => '{app}', ignore => '{default,schema_names}') f,
	stormdisc_document_fingerprint(stormdisc_schema(schemas => '{"app copy"}'), ignore => '{default,schema_names}') d;
-- also side by side in one call, each level by itself
SELECT level, count(*), count(DISTINCT (object_kind, fingerprint)) FROM (SELECT 'schema' AS level UNION ALL SELECT 'table' UNION ALL SELECT 'object') l,
	LATERAL stormdisc_fingerprint(schemas => '{app,"app copy"}', level => l.level, ignore => '{default,schema_names}') f
WHERE schema_name IS NOT NULL GROUP BY level ORDER BY level;
SELECT schema_name, identity, count(*) OVER (PARTITION BY fingerprint) AS copies
FROM stormdisc_fingerprint(schemas => '{app,"app copy"}', level => 'table', ignore => '{default,schema_names}') ORDER BY identity;

-- one change shows, and where
ALTER TABLE "app copy".t ALTER m SET DEFAULT 'sad';
SELECT change, object_kind, identity, attribute, old_value, new_value
FROM stormdisc_diff(stormdisc_schema(schemas => '{app}'), stormdisc_schema(schemas => '{"app copy"}'), '{default,schema_names}');
SELECT schema_name, identity, count(*) OVER (PARTITION BY fingerprint) AS copies
FROM stormdisc_fingerprint(schemas => '{app,"app copy"}', level => 'table', ignore => '{default,schema_names}') ORDER BY identity;
ALTER TABLE "app copy".t ALTER m SET DEFAULT 'ok';
-- so does what is in the schema of that name, and not in its own
ALTER TABLE "app copy".t ALTER self SET DEFAULT 'app.t'::regclass;
SELECT change, object_kind, identity, attribute, old_value, new_value
FROM stormdisc_diff(stormdisc_schema(schemas => '{app}'), stormdisc_schema(schemas => '{"app copy"}'), '{default,schema_names}');
ALTER TABLE "app copy".t ALTER self SET DEFAULT '"app copy".t'::regclass;

-- several are the same by their order; public is itself
SELECT stormdisc_schema(schemas => '{app,"App 2",public}') AS before \gset
ALTER SCHEMA app RENAME TO "zz";
ALTER FUNCTION zz.trig() SET search_path = zz, "App 2", pg_temp;
SELECT change, object_kind, identity, attribute FROM stormdisc_diff(:'before', stormdisc_schema(schemas => '{zz,"App 2",public}'), '{default,schema_names}');
SELECT a.fingerprint = b.fingerprint AS same FROM stormdisc_document_fingerprint(:'before', ignore => '{default,schema_names}') a,
	stormdisc_fingerprint(schemas => '{zz,"App 2",public}', ignore => '{default,schema_names}') b;
ALTER SCHEMA "App 2" RENAME TO zzz;
ALTER FUNCTION zz.trig() SET search_path = zz, zzz, pg_temp;
SELECT count(*) > 1 AS swapped FROM stormdisc_diff(:'before', stormdisc_schema(schemas => '{zz,zzz,public}'), '{default,schema_names}');
SELECT a.fingerprint = b.fingerprint AS same FROM stormdisc_document_fingerprint(:'before', ignore => '{default,schema_names}') a,
	stormdisc_fingerprint(schemas => '{zz,zzz,public}', ignore => '{default,schema_names}') b;
-- a name that is taken
CREATE SCHEMA a1;
CREATE TABLE a1.t (a int);
CREATE SCHEMA a2;
CREATE TABLE a2.u (b int);
SELECT change, object_kind, identity FROM stormdisc_diff(stormdisc_schema(schemas => '{a1,a2}'), stormdisc_schema(schemas => '{a2}'), '{default,schema_names}');
SELECT change, object_kind, identity FROM stormdisc_diff(stormdisc_schema(schemas => '{a1}'), stormdisc_schema(schemas => '{a1,a2}'), '{default,schema_names}');

-- rows do not tell beforehand which schemas there will be
CREATE TEMP TABLE objects AS SELECT * FROM stormdisc_schema_objects(schemas => '{a1}');
SELECT stormdisc_diff_objects('objects', 'objects', '{schema_names}');

DROP SCHEMA zz, zzz, "app copy", a1, a2 CASCADE;
DROP ROLE regress_names_user;
