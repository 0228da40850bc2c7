-- What stands on a table that was renamed has hints, too.
SET client_min_messages = warning;
CREATE SCHEMA hints;
CREATE SCHEMA hints2;
SET search_path = hints, public;
CREATE FUNCTION f() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN new; END';
CREATE TABLE t (id int PRIMARY KEY, parent int REFERENCES t, v text CHECK (v <> ''), w text);
CREATE TABLE child (t int REFERENCES t);
CREATE TRIGGER tr BEFORE INSERT ON t FOR EACH ROW WHEN (new.id > 0) EXECUTE FUNCTION f();
CREATE CONSTRAINT TRIGGER ctr AFTER INSERT ON child FROM t FOR EACH ROW EXECUTE FUNCTION f();
CREATE POLICY pol ON t USING (EXISTS (SELECT FROM t x WHERE x.id = t.id));
CREATE RULE r AS ON DELETE TO t WHERE old.id > 3 DO INSTEAD UPDATE t SET v = 'x' WHERE t.id = old.id;
CREATE VIEW v AS SELECT id FROM t;
CREATE RULE rv AS ON INSERT TO v DO INSTEAD INSERT INTO t VALUES (new.id);
CREATE STATISTICS s ON id, parent FROM t;
CREATE INDEX ON t (v);
ALTER TABLE t ALTER v SET (n_distinct = 3);
GRANT SELECT ON t, v TO public;
GRANT UPDATE (v) ON t TO public;
RESET search_path;

SELECT stormdisc_schema(schemas => '{hints,hints2}') AS before \gset
CREATE TEMP TABLE before AS SELECT * FROM stormdisc_schema_objects(schemas => '{hints,hints2}');
ALTER TABLE hints.t RENAME TO "T";
ALTER VIEW hints.v RENAME TO "V";
SELECT change, object_kind, identity, attribute, rename_hint FROM stormdisc_diff(:'before', stormdisc_schema(schemas => '{hints,hints2}'));
CREATE TEMP TABLE now AS SELECT * FROM stormdisc_schema_objects(schemas => '{hints,hints2}');
(SELECT * FROM stormdisc_diff_objects('before', 'now') EXCEPT SELECT * FROM stormdisc_diff(:'before', stormdisc_schema(schemas => '{hints,hints2}')))
UNION ALL (SELECT * FROM stormdisc_diff(:'before', stormdisc_schema(schemas => '{hints,hints2}')) EXCEPT SELECT * FROM stormdisc_diff_objects('before', 'now'));

-- into another schema; a changed constraint and a renamed one
ALTER TABLE hints."T" SET SCHEMA hints2;
ALTER TABLE hints2."T" DROP CONSTRAINT t_v_check, ADD CONSTRAINT t_v_check CHECK (v <> 'x');
ALTER POLICY pol ON hints2."T" RENAME TO "Pol";
SELECT change, object_kind, identity, rename_hint FROM stormdisc_diff(:'before', stormdisc_schema(schemas => '{hints,hints2}'))
WHERE object_kind IN ('tables', 'constraints', 'policies', 'triggers') AND attribute IS NULL;

-- where the table has no hint, neither has what stands on it
ALTER TABLE hints2."T" ADD x int;
SELECT change, object_kind, identity, rename_hint FROM stormdisc_diff(:'before', stormdisc_schema(schemas => '{hints,hints2}'))
WHERE object_kind IN ('tables', 'constraints', 'policies', 'triggers') AND attribute IS NULL;

DROP SCHEMA hints, hints2 CASCADE;
