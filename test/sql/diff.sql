--
-- stormdisc_diff(), stormdisc_diff_live() and stormdisc_diff_objects().
--
SET client_min_messages = warning;
CREATE SCHEMA diff;
SET search_path = diff, public;
CREATE ROLE regress_diff;
CREATE TYPE state AS ENUM ('new', 'old');
CREATE DOMAIN small AS int CHECK (VALUE < 100);
CREATE TABLE t (id int PRIMARY KEY, a text NOT NULL, b varchar(5) CHECK (b IN ('x', 'y')), n numeric(10,2), at timestamp(3), gone int);
CREATE TABLE gone (a int, b text);
CREATE TABLE kept (id int, t_id int);
CREATE TABLE moves (a int, odd_name text);
CREATE TABLE parted (k int) PARTITION BY RANGE (k);
CREATE TABLE part_1 PARTITION OF parted FOR VALUES FROM (0) TO (9);
CREATE INDEX dropped ON t (a);
CREATE INDEX renamed ON t (b);
CREATE VIEW v AS SELECT id FROM t;
CREATE MATERIALIZED VIEW m AS SELECT id FROM t;
CREATE SEQUENCE counter;
CREATE FUNCTION f(int) RETURNS int LANGUAGE sql AS 'SELECT $1';
CREATE FUNCTION fires() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN new; END';
CREATE TEMP TABLE documents AS SELECT 'before' AS name, stormdisc_schema(schemas => '{diff}') AS document;
CREATE TEMP TABLE before AS SELECT * FROM stormdisc_schema_objects(schemas => '{diff}');
SELECT status FROM stormdisc_discover_existing_schema('diff', schemas => '{diff}');

SELECT * FROM stormdisc_diff_live('diff');
SELECT fingerprint = (SELECT fingerprint FROM stormdisc_fingerprint(schemas => '{diff}')) AS snapshot_has_it FROM stormdisc.snapshots WHERE name = 'diff';

-- a bit of everything
ALTER TYPE state ADD VALUE 'newer' BEFORE 'old';
ALTER DOMAIN small SET DEFAULT 5;
ALTER TABLE t ADD added int, ADD required int NOT NULL DEFAULT 5, ADD computed timestamptz DEFAULT clock_timestamp(), ADD stored int GENERATED ALWAYS AS (id * 2) STORED;
ALTER TABLE t ALTER a DROP NOT NULL, ALTER b TYPE varchar(7), ALTER b SET NOT NULL, ALTER n TYPE numeric(10,1), ALTER at TYPE timestamp(6);
ALTER TABLE t DROP gone;
ALTER TABLE t ADD CONSTRAINT checked CHECK (n > 0), ADD CONSTRAINT not_valid CHECK (n > 1) NOT VALID;
ALTER TABLE kept ADD PRIMARY KEY (id), ADD FOREIGN KEY (t_id) REFERENCES t;
ALTER TABLE kept OWNER TO regress_diff;
ALTER TABLE kept SET (fillfactor = 60), ALTER t_id SET STATISTICS 5;
DROP TABLE gone;
ALTER TABLE moves RENAME TO moved;
ALTER TABLE moved RENAME odd_name TO name;
ALTER TABLE moved RENAME name TO odd_name;
CREATE TABLE fresh (id serial PRIMARY KEY, x int CHECK (x > 0));
CREATE INDEX ON fresh (x);
CREATE TABLE part_2 PARTITION OF parted FOR VALUES FROM (9) TO (20);
ALTER TABLE parted DETACH PARTITION part_1;
DROP INDEX dropped;
ALTER INDEX renamed RENAME TO named_again;
CREATE OR REPLACE VIEW v AS SELECT id FROM t WHERE id > 0;
ALTER SEQUENCE counter INCREMENT 3;
CREATE OR REPLACE FUNCTION f(int) RETURNS int LANGUAGE sql STABLE AS 'SELECT $1 + 1';
CREATE TRIGGER trg BEFORE INSERT ON t FOR EACH ROW EXECUTE FUNCTION fires();
CREATE POLICY p ON t USING (id > 0);
COMMENT ON TABLE t IS 'a table';
COMMENT ON COLUMN t.a IS 'a column';
GRANT SELECT ON t TO regress_diff;
INSERT INTO documents SELECT 'after', stormdisc_schema(schemas => '{diff}');
CREATE TEMP TABLE after AS SELECT * FROM stormdisc_schema_objects(schemas => '{diff}');

CREATE VIEW pg_temp.difference AS
SELECT change, object_kind, identity, attribute, CASE WHEN attribute IS NOT NULL AND object_kind <> 'privileges' THEN left(old_value::text, 40) END AS old,
	CASE WHEN attribute IS NOT NULL AND object_kind <> 'privileges' THEN left(new_value::text, 40) END AS new, severity, rename_hint
FROM documents a, documents b, stormdisc_diff(a.document, b.document) WHERE a.name = 'before' AND b.name = 'after';
SELECT change, object_kind, identity, attribute, severity, rename_hint FROM pg_temp.difference;
SELECT identity, attribute, old, new FROM pg_temp.difference WHERE change = 'modified' AND object_kind IN ('types', 'columns', 'tables', 'sequences');

-- a whole object is the value where it came or went
SELECT identity, old_value IS NULL AS old, new_value->>'owner' IS NOT NULL AS new
FROM documents a, documents b, stormdisc_diff(a.document, b.document) WHERE a.name = 'before' AND b.name = 'after' AND object_kind = 'tables' AND change = 'added';

-- the other forms say the same, and so does the way back
CREATE VIEW pg_temp.as_documents AS SELECT d.* FROM documents a, documents b, stormdisc_diff(a.document, b.document) d WHERE a.name = 'before' AND b.name = 'after';
(SELECT * FROM pg_temp.as_documents EXCEPT SELECT * FROM stormdisc_diff_live('diff')) UNION ALL (SELECT * FROM stormdisc_diff_live('diff') EXCEPT SELECT * FROM pg_temp.as_documents);
(SELECT * FROM pg_temp.as_documents EXCEPT SELECT * FROM stormdisc_diff_objects('before', 'after')) UNION ALL (SELECT * FROM stormdisc_diff_objects('before', 'after') EXCEPT SELECT * FROM pg_temp.as_documents);
SELECT count(*) FROM stormdisc_diff_objects('before', 'before');
CREATE VIEW pg_temp.live AS SELECT * FROM stormdisc_schema_objects(schemas => '{diff}');
SELECT count(*) FROM stormdisc_diff_objects('after', 'pg_temp.live');
SELECT change, object_kind, identity, attribute, severity, rename_hint
FROM documents a, documents b, stormdisc_diff(b.document, a.document) WHERE a.name = 'before' AND b.name = 'after' AND object_kind IN ('types', 'columns', 'tables', 'sequences', 'constraints');

-- what does not count
SELECT change, object_kind, identity, attribute FROM stormdisc_diff_live('diff', ignore => '{default,structure,indexes,privileges}');
SELECT object_kind, count(*) FROM stormdisc_diff_live('diff', ignore => '{default,structure,comments,ownership,storage,statistics}') GROUP BY 1;

-- rename hints: only where there is one way
CREATE SCHEMA hint;
SET search_path = hint, public;
CREATE TABLE same_1 (x int);
CREATE TABLE same_2 (x int);
CREATE TABLE single (y text, y2 int, y3 int);
CREATE FUNCTION old_name(int) RETURNS int LANGUAGE sql AS 'SELECT $1';
CREATE TYPE mood AS ENUM ('ok');
CREATE TEMP TABLE h AS SELECT * FROM stormdisc_schema_objects(schemas => '{hint}');
ALTER TABLE same_1 RENAME TO same_3;
ALTER TABLE same_2 RENAME TO same_4;
ALTER TABLE single RENAME y TO why;
ALTER TABLE single RENAME y2 TO z2;
ALTER TABLE single RENAME y3 TO z3;
ALTER FUNCTION old_name RENAME TO new_name;
ALTER TYPE mood RENAME TO temper;
CREATE TEMP TABLE h2 AS SELECT * FROM stormdisc_schema_objects(schemas => '{hint}');
SELECT change, object_kind, identity, rename_hint FROM stormdisc_diff_objects('h', 'h2');
SET search_path = diff, public;

-- names that the server numbered: those that are the same are not told apart
CREATE TABLE numbered (a int CHECK (a > 0), CHECK (a < 9), b int);
CREATE INDEX ON numbered (a);
CREATE INDEX ON numbered (a) WHERE a > 1;
CREATE INDEX ON numbered USING hash (a);
CREATE TEMP TABLE n AS SELECT * FROM stormdisc_schema_objects('numbered');
DROP TABLE numbered;
CREATE TABLE numbered (a int CHECK (a < 9), CHECK (a > 0), b int);
CREATE INDEX ON numbered USING hash (a);
CREATE INDEX ON numbered (a);
CREATE INDEX ON numbered (a) WHERE a > 1;
CREATE TEMP TABLE n2 AS SELECT * FROM stormdisc_schema_objects('numbered');
SELECT * FROM stormdisc_diff_objects('n', 'n2');
SELECT change, object_kind, identity, attribute FROM stormdisc_diff_objects('n', 'n2', '{}');
DROP INDEX numbered_a_idx;
ALTER TABLE numbered DROP CONSTRAINT numbered_a_check;
ALTER INDEX numbered_a_idx2 SET (fillfactor = 60);
CREATE TEMP TABLE n3 AS SELECT * FROM stormdisc_schema_objects('numbered');
SELECT change, object_kind, identity, attribute FROM stormdisc_diff_objects('n', 'n3');

-- the order of columns, and what of it a dump does not keep
CREATE TABLE parent (a int, b int);
CREATE TABLE child (own int, other int) INHERITS (parent);
CREATE TEMP TABLE o AS SELECT * FROM stormdisc_schema_objects('child');
DROP TABLE child;
CREATE TABLE child (own int, other int, a int, b int);
ALTER TABLE child INHERIT parent;
CREATE TEMP TABLE o2 AS SELECT kind, identity, replace(replace(replace(document::text, '"column_name": "a"', '"is_local": false, "column_name": "a"'),
	'"column_name": "b"', '"is_local": false, "column_name": "b"'), '"is_local": true, ', '')::jsonb AS document FROM stormdisc_schema_objects('child');
SELECT change, object_kind, identity, attribute, severity FROM stormdisc_diff_objects('o', 'o2');
SELECT change, object_kind, identity, attribute, old_value, new_value, severity FROM stormdisc_diff_objects('o', 'o2', '{}');
CREATE TABLE plain (a int, b int, c int);
CREATE TEMP TABLE p AS SELECT * FROM stormdisc_schema_objects('plain');
DROP TABLE plain;
CREATE TABLE plain (c int, a int, b int);
CREATE TEMP TABLE p2 AS SELECT * FROM stormdisc_schema_objects('plain');
SELECT change, object_kind, identity, attribute, old_value, new_value, severity FROM stormdisc_diff_objects('p', 'p2');
SELECT count(*) FROM stormdisc_diff_objects('p', 'p2', '{default,ordinal}');

-- types of columns: what takes a rewrite, and what loses something
SELECT o, n, severity FROM (VALUES ('integer', 'bigint'), ('bigint', 'integer'), ('character varying(5)', 'character varying(9)'), ('character varying(9)', 'character varying(5)'),
	('character varying(5)', 'text'), ('text', 'character varying'), ('text', 'character varying(9)'), ('numeric(10,2)', 'numeric(12,2)'), ('numeric(10,2)', 'numeric(12,3)'),
	('numeric(10,2)', 'numeric(10,1)'), ('numeric(10,2)', 'numeric'), ('numeric', 'integer'), ('double precision', 'real'), ('real', 'double precision'), ('timestamp(3) without time zone', 'timestamp without time zone'),
	('timestamp without time zone', 'timestamp(3) without time zone'), ('timestamp with time zone', 'date'), ('cidr', 'inet'), ('text', 'integer'), ('character(3)', 'text'),
	('integer', 'real'), ('smallint', 'real'), ('integer', 'double precision'), ('bigint', 'double precision'), ('numeric(5,2)', 'double precision'), ('numeric(16,2)', 'double precision'), ('numeric', 'real'), ('numeric(7,2)', 'real'), ('numeric', 'money'), ('money', 'numeric'), ('inet', 'cidr'),
	('text', 'name'), ('name', 'text'), ('text', '"char"'), ('time with time zone', 'time without time zone'), ('time without time zone', 'time with time zone'), ('interval', 'time without time zone'),
	('interval year to month', 'interval year'), ('interval year', 'interval year to month'), ('interval', 'interval day'), ('interval day to second(2)', 'interval second(2)'),
	('interval second(3)', 'interval day to second(2)'), ('interval hour', 'interval'), ('interval', 'interval(3)')) v (o, n),
	LATERAL stormdisc_diff(format('{"format": 1, "server_version": "15", "consistent": true, "tables": {"t": {"columns": [{"column_name": "a", "formatted_type": %s}]}}}', to_json(o))::jsonb,
		format('{"format": 1, "server_version": "15", "consistent": true, "tables": {"t": {"columns": [{"column_name": "a", "formatted_type": %s}]}}}', to_json(n))::jsonb);

-- versions: what each says in its own way
SELECT a, b, (SELECT count(*) FROM stormdisc_diff(
	format('{"format": 1, "server_version": "%s", "consistent": true, %s}', va, a)::jsonb, format('{"format": 1, "server_version": "%s", "consistent": true, %s}', vb, b)::jsonb)) AS differences
FROM (VALUES
	(15, '"views": {"v": {"definition": " SELECT t.a,\n    t.b AS c\n   FROM s.t\n  WHERE (t.a > 0);"}}', 16, '"views": {"v": {"definition": " SELECT a,\n    b AS c\n   FROM s.t\n  WHERE (a > 0);"}}'),
	(15, '"views": {"v": {"definition": " SELECT t.a\n   FROM s.t;"}}', 16, '"views": {"v": {"definition": " SELECT a\n   FROM r.t;"}}'),
	(15, '"views": {"v": {"definition": " SELECT t.a\n   FROM (s.t\n     JOIN s.u ON (true));"}}', 16, '"views": {"v": {"definition": " SELECT a\n   FROM (s.t\n     JOIN s.u ON (true));"}}'),
	(15, '"views": {"v": {"definition": " SELECT x.a,\n    ''x.a''::text AS l,\n    x.* AS w\n   FROM s.t x;"}}', 16, '"views": {"v": {"definition": " SELECT a,\n    ''x.a''::text AS l,\n    x.* AS w\n   FROM s.t x;"}}'),
	(15, '"constraints": {}', 18, '"constraints": {"s.t.t_a_not_null": {"constraint_name": "t_a_not_null", "constraint_type": "not null", "columns": ["a"]}}'),
	(15, '"constraints": {}', 18, '"constraints": {"s.t.named": {"constraint_name": "named", "constraint_type": "not null", "columns": ["a"]}}'),
	(15, '"constraints": {}', 18, '"constraints": {"s.t.t_a_not_null": {"constraint_name": "t_a_not_null", "constraint_type": "not null", "columns": ["a"], "is_validated": false}}'),
	(15, '"subscriptions": {"s": {}}', 16, '"subscriptions": {"s": {"run_as_owner": true}}'),
	(15, '"subscriptions": {"s": {}}', 16, '"subscriptions": {"s": {}}'),
	(15, '"privileges": {"table a": [{"grantee": "o", "grantor": "o", "privilege": "SELECT"}]}', 17, '"privileges": {"table a": [{"grantee": "o", "grantor": "o", "privilege": "SELECT"}]}')) v (va, a, vb, b);
SELECT count(*) FROM stormdisc_diff(
	'{"format": 1, "server_version": "15.1", "consistent": true, "privileges": {"table a": []}}'::jsonb ||
		jsonb_build_object('privileges', jsonb_build_object('table a', (SELECT jsonb_agg(jsonb_build_object('grantee', 'o', 'grantor', 'o', 'privilege', p)) FROM unnest('{SELECT,INSERT,UPDATE,DELETE,TRUNCATE,REFERENCES,TRIGGER}'::text[]) p))),
	'{"format": 1, "server_version": "17.1", "consistent": true}'::jsonb ||
		jsonb_build_object('privileges', jsonb_build_object('table a', (SELECT jsonb_agg(jsonb_build_object('grantee', 'o', 'grantor', 'o', 'privilege', p)) FROM unnest('{MAINTAIN,SELECT,INSERT,UPDATE,DELETE,TRUNCATE,REFERENCES,TRIGGER}'::text[]) p))));

-- but what somebody else has is listed by a dump, and is not more on a later version
SELECT change, object_kind, identity, attribute FROM stormdisc_diff(
	'{"format": 1, "server_version": "15.1", "consistent": true}'::jsonb ||
		jsonb_build_object('privileges', jsonb_build_object('table a', (SELECT jsonb_agg(jsonb_build_object('grantee', 'r', 'grantor', 'o', 'privilege', p)) FROM unnest('{SELECT,INSERT,UPDATE,DELETE,TRUNCATE,REFERENCES,TRIGGER}'::text[]) p))),
	'{"format": 1, "server_version": "17.1", "consistent": true}'::jsonb ||
		jsonb_build_object('privileges', jsonb_build_object('table a', (SELECT jsonb_agg(jsonb_build_object('grantee', 'r', 'grantor', 'o', 'privilege', p)) FROM unnest('{MAINTAIN,SELECT,INSERT,UPDATE,DELETE,TRUNCATE,REFERENCES,TRIGGER}'::text[]) p))));

-- parts that one document lacks were not looked at
SELECT change, object_kind, identity FROM stormdisc_diff(stormdisc_schema(schemas => '{diff}', parts => '{tables}'), stormdisc_schema(schemas => '{diff}', parts => '{tables,indexes}'));
SELECT count(*) FROM stormdisc_diff('{"format": 1, "server_version": "15", "consistent": false, "tables": {}}', '{"format": 1, "server_version": "15", "consistent": true, "tables": {}}');

-- what is wrong
\set VERBOSITY terse
SELECT stormdisc_diff(NULL, '{}');
SELECT stormdisc_diff('{}', NULL);
SELECT stormdisc_diff('{}', '{"format": 1}');
SELECT stormdisc_diff('{"format": 1, "server_version": "15"}', '{"format": 3}');
SELECT stormdisc_diff('{"format": 1, "server_version": "15", "tables": 1}', '{"format": 1, "server_version": "15", "tables": {}}');
SELECT stormdisc_diff('{"format": 1, "server_version": "15"}', '{"format": 1, "server_version": "15"}', '{nonsense}');
SELECT stormdisc_diff('{"format": 1, "server_version": "15"}', '{"format": 1, "server_version": "15"}', '{NULL}');
SELECT stormdisc_diff_live('no such');
SELECT stormdisc_diff_live(NULL);
SELECT stormdisc_diff_objects('before', NULL);
SELECT stormdisc_diff_objects('before', 'kept');
SELECT stormdisc_diff_objects('before', 'before', old_version => 14);
CREATE TEMP TABLE nulls (kind text, identity text, document jsonb);
INSERT INTO nulls VALUES ('tables', 'a', NULL);
SELECT stormdisc_diff_objects('before', 'nulls');
UPDATE nulls SET document = '1';
SELECT stormdisc_diff_objects('before', 'nulls');
SET ROLE regress_diff;
SELECT stormdisc_diff_objects('pg_temp.before', 'pg_authid');
RESET ROLE;
\set VERBOSITY default

-- a scope that is gone
SET client_min_messages = warning;
RESET search_path;
DROP SCHEMA diff, hint CASCADE;
SELECT change, object_kind, count(*) FROM stormdisc_diff_live('diff') GROUP BY 1, 2 ORDER BY 1, 2;
SELECT stormdisc_drop_snapshot('diff');
DROP ROLE regress_diff;
