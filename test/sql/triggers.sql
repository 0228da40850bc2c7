--
-- stormdisc_triggers: triggers of tables and views
--
SET client_min_messages = warning;
CREATE SCHEMA disc_trig;
CREATE SCHEMA "disc Trig";
SET search_path = disc_trig, public;
CREATE FUNCTION note() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NULL; END';
CREATE FUNCTION "disc Trig"."No te"() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NULL; END';

--
-- One of each: events, timing, level, columns, condition, arguments
--
CREATE TABLE t (gone int, a int, "B b" text, c numeric);
ALTER TABLE t DROP gone;
CREATE TRIGGER ins BEFORE INSERT ON t FOR EACH ROW EXECUTE FUNCTION note();
CREATE TRIGGER all_rows AFTER TRUNCATE OR UPDATE OR DELETE OR INSERT ON t
	FOR EACH STATEMENT EXECUTE FUNCTION "disc Trig"."No te"();
CREATE TRIGGER of_two AFTER UPDATE OF "B b", a OR INSERT ON t
	FOR EACH ROW WHEN (new.a > 0 AND NEW."B b" <> 'it''s') EXECUTE FUNCTION note();
CREATE TRIGGER "Tr unc" BEFORE TRUNCATE ON t EXECUTE FUNCTION note('');
CREATE TRIGGER arguments BEFORE DELETE ON t FOR EACH ROW
	EXECUTE FUNCTION note('y''z', '', E'a\tb', 'back\slash', E'\\', "Ident", 17, $$"quoted"$$);
CREATE TRIGGER transition AFTER UPDATE ON t REFERENCING OLD TABLE AS before NEW TABLE AS "Af ter"
	FOR EACH STATEMENT EXECUTE FUNCTION note();
CREATE TRIGGER transition_new AFTER INSERT ON t REFERENCING NEW TABLE AS fresh
	FOR EACH ROW EXECUTE FUNCTION note();
CREATE TRIGGER builtin BEFORE UPDATE ON t FOR EACH ROW EXECUTE FUNCTION suppress_redundant_updates_trigger();
SELECT trigger_name, timing, level, events, columns, condition, enabled
FROM stormdisc_triggers('t');
SELECT trigger_name, function, arguments, old_table, new_table
FROM stormdisc_triggers('t');
SELECT definition FROM stormdisc_triggers('t');
SELECT trigger_name, is_constraint, is_deferrable, initially_deferred, constraint_name,
	ref_schema, ref_table, parent_trigger, comment, problem
FROM stormdisc_triggers('t') WHERE trigger_name = 'ins';
-- arguments as the function gets them
SELECT trigger_name, n, argument, length(argument)
FROM stormdisc_triggers('t'), unnest(arguments) WITH ORDINALITY a(argument, n)
ORDER BY 1 COLLATE "C", 2;

--
-- Conditions: OLD and NEW, whole rows, system columns, CASE, dropped and renamed columns
--
CREATE TABLE w (gone int, a int, b text, old_a int, "new" int);
ALTER TABLE w DROP gone;
CREATE TRIGGER whole BEFORE UPDATE ON w FOR EACH ROW
	WHEN (old.* IS DISTINCT FROM new.*) EXECUTE FUNCTION note();
CREATE TRIGGER whole_row AFTER UPDATE ON w FOR EACH ROW
	WHEN (row(old, 1) IS NOT NULL AND new.* IS NOT NULL) EXECUTE FUNCTION note();
CREATE TRIGGER system_columns AFTER DELETE ON w FOR EACH ROW
	WHEN (old.tableoid > 0 AND old.ctid IS NOT NULL) EXECUTE FUNCTION note();
CREATE TRIGGER named_alike AFTER UPDATE ON w FOR EACH ROW
	WHEN (old.old_a = new.new) EXECUTE FUNCTION note();
CREATE TRIGGER with_case AFTER UPDATE ON w FOR EACH ROW
	WHEN (CASE WHEN new.a = 1 THEN old.b = 'CASE' ELSE CASE new.a WHEN 2 THEN true END END)
	EXECUTE FUNCTION note();
CREATE TRIGGER no_columns AFTER INSERT ON w
	WHEN (current_setting('a.b', true) IS NULL) EXECUTE FUNCTION note();
ALTER TABLE w RENAME a TO "A a";
SELECT trigger_name, condition FROM stormdisc_triggers('w');
SET search_path = pg_catalog;
SELECT t.trigger_name, t.definition = pg_get_triggerdef(p.oid) AS as_the_server, t.definition
FROM public.stormdisc_triggers('disc_trig.w') t
	JOIN pg_trigger p ON tgrelid = 'disc_trig.w'::regclass AND tgname = t.trigger_name COLLATE "C"
ORDER BY 1 COLLATE "C";
SET search_path = disc_trig, public;
DROP TABLE w;

--
-- Constraint triggers
--
CREATE TABLE ref (a int PRIMARY KEY);
CREATE CONSTRAINT TRIGGER con AFTER INSERT OR UPDATE OF a ON t FROM "ref" DEFERRABLE INITIALLY DEFERRED
	FOR EACH ROW EXECUTE FUNCTION note();
CREATE CONSTRAINT TRIGGER con2 AFTER DELETE ON t DEFERRABLE FOR EACH ROW EXECUTE FUNCTION note();
CREATE CONSTRAINT TRIGGER con3 AFTER DELETE ON t NOT DEFERRABLE
	FOR EACH ROW WHEN (old.a IS NULL) EXECUTE FUNCTION note('x');
SELECT trigger_name, is_constraint, is_deferrable, initially_deferred, constraint_name, ref_schema, ref_table
FROM stormdisc_triggers('t') WHERE is_constraint;
SELECT definition FROM stormdisc_triggers('t') WHERE is_constraint;
-- the server's own triggers of constraints are not shown
CREATE TABLE fk (a int REFERENCES ref, b int UNIQUE DEFERRABLE);
SELECT count(*) FROM pg_trigger WHERE tgrelid = 'fk'::regclass;
SELECT count(*) FROM stormdisc_triggers('fk');
DROP TABLE fk;

--
-- Enabled or not, comments, renaming
--
ALTER TABLE t DISABLE TRIGGER ins;
ALTER TABLE t ENABLE ALWAYS TRIGGER "Tr unc";
ALTER TABLE t ENABLE REPLICA TRIGGER of_two;
ALTER TRIGGER arguments ON t RENAME TO args;
COMMENT ON TRIGGER ins ON t IS 'of ins';
SELECT trigger_name, enabled, comment FROM stormdisc_triggers('t')
WHERE enabled <> 'origin' OR trigger_name = 'args';

--
-- Clones on partitions point to their parent, and may be disabled alone
--
CREATE TABLE part (a int, b text) PARTITION BY RANGE (a);
CREATE TABLE part_1 PARTITION OF part FOR VALUES FROM (0) TO (10) PARTITION BY LIST (b);
CREATE TABLE part_1_x (gone int, b text, a int);
ALTER TABLE part_1_x DROP gone;
ALTER TABLE part_1 ATTACH PARTITION part_1_x FOR VALUES IN ('x');
CREATE TRIGGER cloned AFTER UPDATE OF b ON part FOR EACH ROW
	WHEN (new.a > old.a) EXECUTE FUNCTION note('p');
CREATE TRIGGER per_statement AFTER INSERT ON part EXECUTE FUNCTION note();
CREATE TRIGGER own AFTER INSERT ON part_1_x FOR EACH ROW EXECUTE FUNCTION note();
ALTER TABLE part_1_x DISABLE TRIGGER cloned;
SELECT table_name, trigger_name, parent_trigger, enabled, columns, condition
FROM stormdisc_triggers(schemas => '{disc_trig}', include => '{part*}');
SELECT definition FROM stormdisc_triggers('part_1_x');
ALTER TABLE part_1 DETACH PARTITION part_1_x;
SELECT table_name, trigger_name, parent_trigger FROM stormdisc_triggers('part_1_x');
DROP TABLE part, part_1_x;

--
-- Views, foreign tables, temporary tables
--
CREATE VIEW v AS SELECT a, "B b" AS b FROM t;
CREATE TRIGGER instead INSTEAD OF INSERT OR DELETE OR UPDATE ON v FOR EACH ROW EXECUTE FUNCTION note();
CREATE TRIGGER per_statement BEFORE UPDATE ON v EXECUTE FUNCTION note();
CREATE FOREIGN DATA WRAPPER disc_trig_fdw;
CREATE SERVER disc_trig_server FOREIGN DATA WRAPPER disc_trig_fdw;
CREATE FOREIGN TABLE far (a int) SERVER disc_trig_server;
CREATE TRIGGER away AFTER INSERT ON far FOR EACH ROW WHEN (new.a > 1) EXECUTE FUNCTION note();
CREATE TEMP TABLE tmp (a int);
CREATE TRIGGER short AFTER INSERT ON tmp FOR EACH ROW WHEN (new.a > 1) EXECUTE FUNCTION note();
SELECT schema_name, table_name, trigger_name, timing, level, events, definition
FROM stormdisc_triggers(include => '{v,far,tmp}', schemas => '{disc_trig,pg_temp}');

--
-- What a condition names of ours: types, functions, operators
--
CREATE TYPE mood AS ENUM ('sad', 'ok');
CREATE TYPE pair AS (x int, "Y y" int);
CREATE FUNCTION positive(int) RETURNS bool LANGUAGE sql AS 'SELECT $1 > 0';
CREATE OPERATOR "disc Trig".=== (LEFTARG = int, RIGHTARG = int, FUNCTION = int4eq);
CREATE TABLE own (a int, m mood, p pair);
CREATE TRIGGER own AFTER UPDATE ON own FOR EACH ROW
	WHEN (new.m = 'ok' AND positive(new.a) AND new.a OPERATOR("disc Trig".===) (new.p)."Y y")
	EXECUTE FUNCTION note();
SELECT condition, definition FROM stormdisc_triggers('own');

--
-- Errors, and scope
--
SELECT * FROM stormdisc_triggers('own_pkey_of_nothing');
CREATE INDEX own_idx ON own (a);
SELECT * FROM stormdisc_triggers('own_idx');
CREATE MATERIALIZED VIEW mv AS SELECT 1 AS a;
SELECT * FROM stormdisc_triggers('mv');
SELECT count(*) FROM stormdisc_triggers(schemas => '{disc_trig}', include => '{o*}', exclude => '{ow?}');

DROP TABLE tmp;
DROP SERVER disc_trig_server CASCADE;
DROP FOREIGN DATA WRAPPER disc_trig_fdw;
DROP SCHEMA disc_trig, "disc Trig" CASCADE;
