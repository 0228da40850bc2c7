-- Other names, of which the script is told: the server's own ALTER is the judge.
SET client_min_messages = error;
CREATE TABLE ren_documents (name text PRIMARY KEY, document jsonb);
CREATE FUNCTION ren_now() RETURNS jsonb LANGUAGE sql AS $$
	SELECT stormdisc_schema(schemas => ARRAY(SELECT nspname::text FROM pg_namespace WHERE nspname ~ '^ren')) $$;
CREATE FUNCTION ren_rows(text, text, jsonb, boolean DEFAULT false)
RETURNS TABLE (kind text, identity text, statement text, skipped boolean, why text) LANGUAGE sql AS $$
	SELECT m.kind, m.identity, m.statement, m.skipped, m.why
	FROM ren_documents a, ren_documents b, stormdisc_migration_sql(a.document, b.document, $4, jsonb_build_object('renames', $3)) m
	WHERE a.name = $1 AND b.name = $2 AND m.kind <> 'settings' AND m.statement !~ ' OWNER TO ' ORDER BY m.seq $$;
CREATE FUNCTION ren_run(text, text, jsonb) RETURNS void LANGUAGE plpgsql AS $$
DECLARE
	line text;
BEGIN
	FOR line IN SELECT m.statement FROM ren_documents a, ren_documents b, stormdisc_migration_sql(a.document, b.document, false, jsonb_build_object('renames', $3)) m
		WHERE a.name = $1 AND b.name = $2 AND m.kind <> 'settings' AND NOT m.skipped ORDER BY m.seq
	LOOP
		EXECUTE line;
	END LOOP;
END $$;
CREATE FUNCTION ren_rest(text) RETURNS TABLE (change text, object_kind text, identity text, attribute text) LANGUAGE sql AS $$
	SELECT d.change, d.object_kind, d.identity, d.attribute
	FROM ren_documents b, stormdisc_diff(ren_now(), b.document, '{default,ordinal}') d WHERE b.name = $1 $$;

CREATE SCHEMA ren;
CREATE TYPE ren.mood AS ENUM ('good', 'bad');
CREATE DOMAIN ren.short AS text CHECK (length(VALUE) < 9);
CREATE FUNCTION ren.f(a int) RETURNS int LANGUAGE sql IMMUTABLE AS 'SELECT a';
CREATE FUNCTION ren.moody(ren.mood) RETURNS ren.mood LANGUAGE sql AS 'SELECT $1';
CREATE TABLE ren.t (
	id serial PRIMARY KEY,
	a int CHECK (a > 0),
	"B b" ren.short DEFAULT 'x',
	m ren.mood,
	g int GENERATED ALWAYS AS (a * 2) STORED,
	CONSTRAINT ab CHECK (a > 1 OR "B b" <> 'a'),
	CONSTRAINT no_overlap EXCLUDE USING gist (int4range(a, a, '[]') WITH &&) WHERE (a > 1000));
CREATE TABLE ren.z (id int GENERATED ALWAYS AS IDENTITY PRIMARY KEY, t_id int REFERENCES ren.t, a int UNIQUE);
CREATE INDEX ON ren.t (a) INCLUDE ("B b") WHERE a > 5;
CREATE INDEX ix ON ren.t ((a + 1), lower("B b"), ren.f(a));
CREATE STATISTICS ren.s ON a, (a + 1) FROM ren.t;
CREATE VIEW ren.plain AS SELECT a, "B b" FROM ren.t WHERE a > 3;
CREATE VIEW ren.joined AS SELECT t.a, z.a AS za, t."B b", t.m = 'good' AS good FROM ren.t JOIN ren.z ON t.id = z.t_id
	WHERE EXISTS (SELECT 1 FROM ren.t q WHERE q.a = t.a) GROUP BY t.a, z.a, t."B b", t.m ORDER BY t.a;
CREATE VIEW ren.renamed AS SELECT x.a AS aa, y.a AS a FROM ren.t x, (SELECT t.a FROM ren.t UNION ALL SELECT z.a FROM ren.z) y;
CREATE VIEW ren.recursive AS WITH RECURSIVE r AS (SELECT t.id, t.a FROM ren.t UNION ALL SELECT z.id, z.a FROM ren.z JOIN r ON r.id = z.t_id) SELECT r.a FROM r;
CREATE VIEW ren.shared AS SELECT a, count(*) FROM ren.t JOIN ren.z USING (a) GROUP BY a;
CREATE VIEW ren.whole AS SELECT x, x.a FROM ren.t x;
CREATE MATERIALIZED VIEW ren.kept AS SELECT a, ren.f(a) AS fa FROM ren.t;
CREATE UNIQUE INDEX kept_a ON ren.kept (a);
CREATE RULE r AS ON UPDATE TO ren.t WHERE new.a > old.a DO ALSO INSERT INTO ren.z (t_id, a) SELECT new.id, q.a FROM ren.t q WHERE q.a = old.a;
CREATE RULE r2 AS ON DELETE TO ren.t DO ALSO UPDATE ren.z SET a = old.a WHERE z.t_id = old.id;
CREATE FUNCTION ren.trigger_function() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN new; END';
CREATE TRIGGER tr BEFORE UPDATE OF a ON ren.t FOR EACH ROW WHEN (old.a IS DISTINCT FROM new.a) EXECUTE FUNCTION ren.trigger_function();
CREATE POLICY p ON ren.t USING (a > 3 AND EXISTS (SELECT 1 FROM ren.z WHERE z.a = t.a)) WITH CHECK (a > 0);
CREATE FUNCTION ren.counted() RETURNS bigint LANGUAGE sql BEGIN ATOMIC SELECT count(a) FROM ren.t; END;
CREATE FUNCTION ren.highest() RETURNS bigint LANGUAGE sql RETURN (SELECT max(t.a) FROM ren.t);
CREATE FUNCTION ren.of_row(ren.t) RETURNS ren.t LANGUAGE sql AS 'SELECT $1';
CREATE TABLE ren.parts (a int, b int CONSTRAINT parts_check CHECK (b > 0), PRIMARY KEY (a, b)) PARTITION BY RANGE (a, b);
CREATE TABLE ren.part_1 PARTITION OF ren.parts FOR VALUES FROM (1, 1) TO (2, 2);
CREATE TRIGGER parts_trigger AFTER INSERT ON ren.parts FOR EACH ROW EXECUTE FUNCTION ren.trigger_function();
CREATE TABLE ren.listed (a int, b int) PARTITION BY LIST ((a + b));
CREATE TABLE ren.child (q int) INHERITS (ren.t);
CREATE INDEX child_a ON ren.child (a);
ALTER TABLE ren.t ALTER a SET (n_distinct = 5), ALTER a SET STATISTICS 4;
GRANT SELECT (a), UPDATE ON ren.t TO public;
COMMENT ON COLUMN ren.t.a IS 'a column';
COMMENT ON CONSTRAINT ab ON ren.t IS 'a check';
INSERT INTO ren.t (a, m) VALUES (7, 'good'), (8, 'bad');
INSERT INTO ren.z (t_id, a) VALUES (1, 7);
INSERT INTO ren.parts VALUES (1, 1);
INSERT INTO ren.child (a, q) VALUES (9, 1);
REFRESH MATERIALIZED VIEW ren.kept;
INSERT INTO ren_documents VALUES ('a', ren_now());

-- everything gets another name at once
BEGIN;
ALTER TABLE ren.t RENAME TO u;
ALTER TABLE ren.u RENAME a TO alpha;
ALTER TABLE ren.u RENAME "B b" TO b;
ALTER TABLE ren.u RENAME id TO "the id";
ALTER TABLE ren.parts RENAME b TO beta;
ALTER TABLE ren.listed RENAME a TO alpha;
ALTER VIEW ren.plain RENAME TO simple;
ALTER VIEW ren.simple RENAME "B b" TO bb;
ALTER MATERIALIZED VIEW ren.kept RENAME TO stored;
ALTER MATERIALIZED VIEW ren.stored RENAME a TO alpha;
ALTER SEQUENCE ren.t_id_seq RENAME TO u_id_seq;
ALTER TYPE ren.mood RENAME TO feeling;
ALTER DOMAIN ren.short RENAME TO brief;
ALTER FUNCTION ren.f(int) RENAME TO ff;
ALTER FUNCTION ren.moody(ren.feeling) RENAME TO feels;
ALTER FUNCTION ren.trigger_function() RENAME TO "Trigger function";
ALTER TABLE ren.u RENAME CONSTRAINT t_pkey TO u_pkey;
ALTER TABLE ren.u RENAME CONSTRAINT ab TO "alpha or b";
ALTER TABLE ren.parts RENAME CONSTRAINT parts_check TO beta_check;
ALTER INDEX ren.parts_pkey RENAME TO "parts key";
ALTER INDEX ren.ix RENAME TO index_of_expressions;
ALTER RULE r ON ren.u RENAME TO "Rule";
ALTER TRIGGER tr ON ren.u RENAME TO "Trigger";
ALTER TRIGGER parts_trigger ON ren.parts RENAME TO of_parts;
ALTER POLICY p ON ren.u RENAME TO policy;
ALTER STATISTICS ren.s RENAME TO stats;
SELECT ren_now() AS document \gset
ROLLBACK;
INSERT INTO ren_documents VALUES ('b', :'document');
INSERT INTO ren_documents
SELECT 'names', '{
	"tables": {"ren.t": "ren.u"},
	"columns": {"ren.t.a": "alpha", "ren.t.\"B b\"": "b", "ren.t.id": "ren.u.\"the id\"", "ren.child.a": "alpha",
		"ren.parts.b": "beta", "ren.listed.a": "alpha", "ren.plain.\"B b\"": "bb", "ren.kept.a": "alpha"},
	"views": {"ren.plain": "ren.simple", "ren.kept": "ren.stored"},
	"sequences": {"ren.t_id_seq": "ren.u_id_seq"},
	"types": {"ren.mood": "ren.feeling", "ren.short": "ren.brief"},
	"functions": {"ren.f(integer)": "ren.ff(integer)", "ren.moody(ren.mood)": "ren.feels(ren.feeling)", "ren.trigger_function()": "ren.\"Trigger function\"()"},
	"constraints": {"ren.t.t_pkey": "ren.u.u_pkey", "ren.t.ab": "ren.u.\"alpha or b\"", "ren.t.t_a_check": "ren.u.t_a_check",
		"ren.parts.parts_check": "ren.parts.beta_check", "ren.part_1.parts_check": "ren.part_1.beta_check"},
	"indexes": {"ren.ix": "ren.index_of_expressions", "ren.t_pkey": "ren.u_pkey", "ren.parts_pkey": "ren.\"parts key\""},
	"rules": {"ren.t.r": "ren.u.\"Rule\""},
	"triggers": {"ren.t.tr": "ren.u.\"Trigger\"", "ren.parts.parts_trigger": "ren.parts.of_parts", "ren.part_1.parts_trigger": "ren.part_1.of_parts"},
	"policies": {"ren.t.p": "ren.u.policy"},
	"privileges": {"table ren.t": "table ren.u", "column ren.t.a": "column ren.u.alpha"},
	"statistics": {"ren.s": "ren.stats"}}'::jsonb;
-- a view over a column that two tables have is not certain to be the same
SELECT kind, identity, regexp_replace(statement, E'\n.*', ' ...') AS statement, skipped, why FROM ren_documents n, ren_rows('a', 'b', n.document) WHERE n.name = 'names';
SELECT ren_run('a', 'b', document) FROM ren_documents WHERE name = 'names';
SELECT * FROM ren_rest('b');
SELECT "the id", alpha, b, m, g FROM ren.u ORDER BY 1;
SELECT alpha, fa FROM ren.stored;
SELECT count(*) FROM ren.parts;
-- and back
SELECT ren_run('b', 'a', jsonb_strip_nulls(document || '{"privileges": null, "functions": {"ren.ff(integer)": "ren.f(integer)", "ren.feels(ren.feeling)": "ren.moody(ren.mood)", "ren.\"Trigger function\"()": "ren.trigger_function()"}}'
	|| jsonb_build_object(
		'columns', '{"ren.u.alpha": "a", "ren.u.b": "B b", "ren.u.\"the id\"": "id", "ren.parts.beta": "b", "ren.listed.alpha": "a", "ren.simple.bb": "B b", "ren.stored.alpha": "a"}'::jsonb)
	|| (SELECT jsonb_object_agg(k.key, p.turned) FROM jsonb_each(document) k, LATERAL (SELECT jsonb_object_agg(e.value, e.key) AS turned FROM jsonb_each_text(k.value) e) p
		WHERE k.key NOT IN ('columns', 'functions', 'privileges'))))
FROM ren_documents WHERE name = 'names';
SELECT * FROM ren_rest('a');
SELECT id, a, "B b", m, g FROM ren.t ORDER BY 1;

-- names that are exchanged, in a circle of three, and of columns
BEGIN;
ALTER TABLE ren.t RENAME TO tmp;
ALTER TABLE ren.z RENAME TO t;
ALTER TABLE ren.parts RENAME TO z;
ALTER TABLE ren.tmp RENAME TO parts;
ALTER TABLE ren.listed RENAME a TO tmp;
ALTER TABLE ren.listed RENAME b TO a;
ALTER TABLE ren.listed RENAME tmp TO b;
SELECT ren_now() AS document \gset
ROLLBACK;
INSERT INTO ren_documents VALUES ('exchanged', :'document');
SELECT * FROM ren_rows('a', 'exchanged', '{"tables": {"ren.t": "ren.parts", "ren.z": "ren.t", "ren.parts": "ren.z"}, "columns": {"ren.listed.a": "b", "ren.listed.b": "a"}}')
WHERE statement !~ '^CREATE OR REPLACE VIEW';
BEGIN;
SELECT ren_run('a', 'exchanged', '{"tables": {"ren.t": "ren.parts", "ren.z": "ren.t", "ren.parts": "ren.z"}, "columns": {"ren.listed.a": "b", "ren.listed.b": "a"}}');
SELECT * FROM ren_rest('exchanged');
SELECT count(*) FROM ren.parts;
ROLLBACK;

-- another schema, one that is not there yet, and that of everything
BEGIN;
CREATE SCHEMA ren_2;
ALTER TABLE ren.t SET SCHEMA ren_2;
ALTER TABLE ren_2.t RENAME TO moved;
ALTER TYPE ren.mood SET SCHEMA ren_2;
ALTER SCHEMA ren RENAME TO ren_3;
ALTER FUNCTION ren_3.f(int) SET SCHEMA ren_2;
SELECT ren_now() AS document \gset
ROLLBACK;
INSERT INTO ren_documents VALUES ('moved', :'document');
SELECT kind, identity, regexp_replace(statement, ' AUTHORIZATION .*;', ' AUTHORIZATION ...;') AS statement, why FROM ren_rows('a', 'moved',
	'{"schemas": {"ren": "ren_3"}, "tables": {"ren.t": "ren_2.moved"}, "types": {"ren.mood": "ren_2.mood"}, "functions": {"ren.f(integer)": "ren_2.f(integer)"}}');
BEGIN;
SELECT ren_run('a', 'moved', '{"schemas": {"ren": "ren_3"}, "tables": {"ren.t": "ren_2.moved"}, "types": {"ren.mood": "ren_2.mood"}, "functions": {"ren.f(integer)": "ren_2.f(integer)"}}');
SELECT * FROM ren_rest('moved');
SELECT count(*) FROM ren_2.moved;
ROLLBACK;

-- other changes as well, and the hints of the difference taken as they are
BEGIN;
ALTER TABLE ren.z RENAME TO zz;
ALTER TABLE ren.t RENAME a TO alpha;
ALTER TABLE ren.t ADD COLUMN a text;
ALTER TABLE ren.parts ADD COLUMN c int;
DROP VIEW ren.shared, ren.whole, ren.renamed, ren.joined, ren.recursive;
SELECT ren_now() AS document \gset
ROLLBACK;
INSERT INTO ren_documents VALUES ('hints', :'document');
SELECT jsonb_object_agg(object_kind, pairs) AS hints FROM (
	SELECT d.object_kind, jsonb_object_agg(d.identity, d.rename_hint) AS pairs
	FROM ren_documents a, ren_documents b, stormdisc_diff(a.document, b.document) d
	WHERE a.name = 'a' AND b.name = 'hints' AND d.change = 'removed' AND d.rename_hint IS NOT NULL
	GROUP BY d.object_kind) AS of_kind \gset
SELECT jsonb_pretty(:'hints');
SELECT kind, identity, regexp_replace(statement, E'\n.*', ' ...') AS statement, skipped FROM ren_rows('a', 'hints', :'hints'::jsonb || '{"columns": {"ren.t.a": "alpha"}}');
BEGIN;
SELECT ren_run('a', 'hints', :'hints'::jsonb || '{"columns": {"ren.t.a": "alpha"}}');
SELECT * FROM ren_rest('hints');
SELECT alpha, a FROM ren.t ORDER BY 1;
ROLLBACK;

-- errors
CREATE FUNCTION ren_error(jsonb) RETURNS TABLE (code text, message text, detail text, hint text) LANGUAGE plpgsql AS $$
BEGIN
	PERFORM FROM ren_rows('a', 'b', $1);
EXCEPTION WHEN OTHERS THEN
	GET STACKED DIAGNOSTICS code = RETURNED_SQLSTATE, message = MESSAGE_TEXT, detail = PG_EXCEPTION_DETAIL, hint = PG_EXCEPTION_HINT;
	RETURN NEXT;
END $$;
\x
SELECT e.* FROM unnest(ARRAY[
	'[]', '{"tables": []}', '{"things": {}}', '{"tables": {"ren.t": 1}}',
	'{"tables": {"ren.nothing": "ren.u"}}', '{"tables": {"ren.t": "ren.nothing"}}', '{"tables": {"t": "u"}}', '{"tables": {"ren.t": "ren.simple"}}',
	'{"columns": {"ren.t.nothing": "alpha"}}', '{"columns": {"ren.t": "alpha"}}', '{"tables": {"ren.t": "ren.u"}, "columns": {"ren.t.a": "nothing"}}',
	'{"tables": {"ren.t": "ren.u"}, "columns": {"ren.t.a": "m"}}', '{"tables": {"ren.t": "ren.u"}, "columns": {"ren.t.a": "alpha", "ren.t.m": "alpha"}}',
	'{"columns": {"ren.child.a": "alpha"}}', '{"columns": {"ren.z.a": "ren.parts.beta"}}',
	'{"tables": {"ren.t": "ren.z"}}', '{"views": {"ren.plain": "ren.joined"}}',
	'{"constraints": {"ren.child.ab": "ren.child.\"alpha or b\""}}', '{"constraints": {"ren.t.ab": "ren.child.\"alpha or b\""}}',
	'{"functions": {"ren.f(integer)": "ren.\"Trigger function\"()"}}', '{"indexes": {"ren.ix": "ren.nothing"}}',
	'{"privileges": {"table ren.t": "table ren.parts"}}', '{"casts": {"a": "b"}}']) option, ren_error(option::jsonb) e;
\x
CREATE FUNCTION ren.f(text) RETURNS int LANGUAGE sql IMMUTABLE AS 'SELECT 1';
UPDATE ren_documents SET document = ren_now() WHERE name = 'a';
SELECT * FROM ren_error('{"functions": {"ren.f(integer)": "ren.ff(integer)"}}');

DROP SCHEMA ren CASCADE;
DROP FUNCTION ren_now, ren_rows, ren_run, ren_rest, ren_error;
DROP TABLE ren_documents;
