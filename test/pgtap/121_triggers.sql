-- Triggers: definitions are the server's own, every trigger of users is there,
-- and a definition makes the same trigger again.
BEGIN;
SET LOCAL jit = off;
SET LOCAL client_min_messages = warning;
CREATE EXTENSION IF NOT EXISTS pgtap;
CREATE EXTENSION IF NOT EXISTS stormdisc;
SELECT plan(8);

CREATE SCHEMA "Trig s";
CREATE SCHEMA trig;
SET LOCAL search_path = trig, "Trig s", public;
CREATE FUNCTION "No te"() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NULL; END';
CREATE FUNCTION note() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NULL; END';
CREATE FUNCTION positive(int) RETURNS bool LANGUAGE sql AS 'SELECT $1 > 0';
CREATE TYPE mood AS ENUM ('sad', 'o''k');
CREATE TYPE pair AS (x int, "Y y" int);
CREATE OPERATOR "Trig s".=== (LEFTARG = int, RIGHTARG = int, FUNCTION = int4eq);
CREATE TABLE "Trig s"."T t" (gone int, a int, "B b" text, m mood, p pair, "select" int4range, xmini int);
ALTER TABLE "T t" DROP gone;
CREATE TABLE ref (a int PRIMARY KEY, b int REFERENCES ref);
CREATE VIEW v AS SELECT a, "B b" AS "b B" FROM "T t";
CREATE TABLE part (a int, b text, m mood) PARTITION BY RANGE (a);
CREATE TABLE part_1 PARTITION OF part FOR VALUES FROM (0) TO (10) PARTITION BY LIST (b);
CREATE TABLE part_1_x (gone int, m mood, b text, gone2 int, a int);
ALTER TABLE part_1_x DROP gone, DROP gone2;
ALTER TABLE part_1 ATTACH PARTITION part_1_x FOR VALUES IN ('x');
CREATE FOREIGN DATA WRAPPER trig_fdw;
CREATE SERVER trig_server FOREIGN DATA WRAPPER trig_fdw;
CREATE FOREIGN TABLE far (a int, b text) SERVER trig_server;

CREATE TRIGGER a AFTER TRUNCATE OR UPDATE OR DELETE OR INSERT ON "T t" EXECUTE FUNCTION "No te"();
CREATE TRIGGER b BEFORE UPDATE OF "B b", a, "select" OR DELETE ON "T t" FOR EACH ROW WHEN (old.a > 0 AND old."B b" <> E'it''s\\') EXECUTE FUNCTION note();
CREATE TRIGGER c BEFORE TRUNCATE ON "T t" EXECUTE FUNCTION note('');
CREATE TRIGGER "D d" BEFORE DELETE ON "T t" FOR EACH ROW EXECUTE FUNCTION note('y''z', '', E'a\tb\n', 'back\slash', E'\\', "Ident", 17, 1.5, $$"quoted"$$, 'ünï');
CREATE TRIGGER e AFTER UPDATE ON "T t" REFERENCING OLD TABLE AS "select" NEW TABLE AS "Af ter" FOR EACH ROW EXECUTE FUNCTION note();
CREATE TRIGGER e2 AFTER DELETE ON "T t" REFERENCING OLD TABLE AS o FOR EACH STATEMENT EXECUTE FUNCTION note('x');
CREATE TRIGGER f BEFORE UPDATE ON "T t" FOR EACH ROW EXECUTE FUNCTION suppress_redundant_updates_trigger();
CREATE TRIGGER g BEFORE UPDATE ON "T t" FOR EACH ROW WHEN (old.* IS DISTINCT FROM new.*) EXECUTE FUNCTION note();
CREATE TRIGGER h AFTER UPDATE ON "T t" FOR EACH ROW WHEN (row(old, 1) IS NOT NULL AND new IS NOT NULL AND NOT old *= new AND row(new.*) = row(old.*)) EXECUTE FUNCTION note();
CREATE TRIGGER i AFTER DELETE ON "T t" FOR EACH ROW WHEN (old.tableoid > 0 AND old.ctid IS NOT NULL AND old.xmini > 1) EXECUTE FUNCTION note();
CREATE TRIGGER j AFTER UPDATE ON "T t" FOR EACH ROW
	WHEN (CASE WHEN new.a = 1 THEN old."B b" = 'CASE "WHEN"' ELSE CASE new.a WHEN 2 THEN true WHEN 3 THEN CASE WHEN true THEN new.a = ALL ('{1,2}') END END END) EXECUTE FUNCTION note();
CREATE TRIGGER k AFTER UPDATE ON "T t" FOR EACH ROW
	WHEN (new.m = 'o''k' AND positive(new.a) AND new.a OPERATOR("Trig s".===) (new.p)."Y y" AND new."select" @> (old.p).x AND new.p = (1, 2)::pair AND (new.a, new.xmini) < (1, 2)) EXECUTE FUNCTION note();
CREATE TRIGGER l AFTER INSERT ON "T t" WHEN (current_setting('a.b', true) IS NULL) EXECUTE FUNCTION note();
CREATE TRIGGER m AFTER UPDATE ON "T t" FOR EACH ROW WHEN (new."B b" COLLATE "C" IN ('a', 'b') OR coalesce(new.a, old.a) BETWEEN 1 AND 2 OR new."B b" IS NULL) EXECUTE FUNCTION note();
CREATE CONSTRAINT TRIGGER con AFTER INSERT OR UPDATE OF a ON "T t" FROM "ref" DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION note();
CREATE CONSTRAINT TRIGGER con1 AFTER INSERT OR UPDATE OF a ON "T t" FROM pg_catalog.pg_class FOR EACH ROW EXECUTE FUNCTION note();
CREATE CONSTRAINT TRIGGER con2 AFTER DELETE ON "T t" DEFERRABLE FOR EACH ROW EXECUTE FUNCTION note();
CREATE CONSTRAINT TRIGGER con3 AFTER DELETE ON "T t" NOT DEFERRABLE FOR EACH ROW WHEN (old.a IS NULL) EXECUTE FUNCTION note('x');
CREATE TRIGGER instead INSTEAD OF INSERT OR DELETE OR UPDATE ON v FOR EACH ROW EXECUTE FUNCTION note();
CREATE TRIGGER "per Statement" BEFORE UPDATE ON v EXECUTE FUNCTION note();
CREATE TRIGGER cloned AFTER UPDATE OF b ON part FOR EACH ROW WHEN (new.a > old.a AND new.m < old.m) EXECUTE FUNCTION note('p');
CREATE TRIGGER per_statement AFTER INSERT ON part EXECUTE FUNCTION note();
CREATE TRIGGER own AFTER INSERT ON part_1_x FOR EACH ROW WHEN (new.b = 'x') EXECUTE FUNCTION note();
CREATE CONSTRAINT TRIGGER con4 AFTER INSERT ON part DEFERRABLE FOR EACH ROW EXECUTE FUNCTION note();
CREATE TRIGGER away AFTER INSERT ON far FOR EACH ROW WHEN (new.a > 1) EXECUTE FUNCTION note();
CREATE TEMP TABLE tmp (a int);
CREATE TRIGGER short AFTER INSERT ON tmp FOR EACH ROW WHEN (new.a > 1) EXECUTE FUNCTION note();
CREATE CONSTRAINT TRIGGER short_con AFTER INSERT ON tmp FROM tmp FOR EACH ROW EXECUTE FUNCTION note();
ALTER TABLE part_1_x DISABLE TRIGGER cloned;
ALTER TABLE "T t" ENABLE REPLICA TRIGGER a, ENABLE ALWAYS TRIGGER b, DISABLE TRIGGER con;
COMMENT ON TRIGGER cloned ON part_1 IS 'clone''s';

SET LOCAL search_path = pg_catalog, pg_temp;
CREATE TEMP TABLE triggers AS
	SELECT t.oid, CASE WHEN relpersistence = 't' THEN 'pg_temp' ELSE nspname END::text AS s, relname::text AS r, tgname::text AS t, pg_get_triggerdef(t.oid) AS definition,
		CASE tgenabled WHEN 'O' THEN 'origin' WHEN 'D' THEN 'disabled' WHEN 'A' THEN 'always' ELSE 'replica' END AS enabled,
		(SELECT tgname::text FROM pg_trigger p WHERE p.oid = t.tgparentid) AS parent,
		tgconstraint <> 0 AS is_constraint, tgdeferrable AS is_deferrable, tginitdeferred AS initially_deferred,
		array(SELECT attname::text FROM unnest(tgattr) WITH ORDINALITY k(num, n) JOIN pg_attribute ON attrelid = tgrelid AND attnum = num ORDER BY n) AS columns,
		tgoldtable::text AS old_table, tgnewtable::text AS new_table, tgnargs, obj_description(t.oid, 'pg_trigger') AS comment,
		format('%I.%I', (SELECT nspname FROM pg_namespace n WHERE n.oid = pronamespace), proname) AS function
	FROM pg_trigger t JOIN pg_class c ON c.oid = tgrelid JOIN pg_namespace n ON n.oid = relnamespace JOIN pg_proc p ON p.oid = tgfoid
	WHERE NOT tgisinternal AND (nspname IN ('trig', 'Trig s') OR relpersistence = 't' AND relname = 'tmp');
CREATE TEMP TABLE ours AS SELECT * FROM public.stormdisc_triggers(schemas => '{trig,"Trig s",pg_temp}');
SET LOCAL search_path = public, pg_temp;

SELECT cmp_ok(count(*)::int, '>', 25, 'there are triggers') FROM ours;
SELECT is_empty('SELECT * FROM ours WHERE problem IS NOT NULL', 'no problems');
SELECT bag_eq('SELECT schema_name, table_name, trigger_name, definition FROM ours', 'SELECT s, r, t, definition FROM triggers',
	'all triggers, with the definitions of the server');
SELECT bag_eq('SELECT schema_name, table_name, trigger_name, enabled, parent_trigger, is_constraint, is_deferrable, initially_deferred, columns,
		old_table, new_table, cardinality(arguments)::int2, comment, function FROM ours',
	'SELECT s, r, t, enabled, parent, is_constraint, is_deferrable, initially_deferred, columns, old_table, new_table, tgnargs, comment, function FROM triggers',
	'columns as in pg_trigger');
SELECT is_empty($$SELECT * FROM ours WHERE definition <> format('CREATE %sTRIGGER %I %s %s ON %I.%I %s%s%sFOR EACH %s %sEXECUTE FUNCTION %s(%s)',
		CASE WHEN is_constraint THEN 'CONSTRAINT ' END, trigger_name, upper(timing),
		(SELECT string_agg(upper(event) || CASE WHEN event = 'update' AND columns <> '{}'
			THEN ' OF ' || (SELECT string_agg(quote_ident(c), ', ') FROM unnest(columns) c) ELSE '' END, ' OR ') FROM unnest(events) event),
		schema_name, table_name,
		CASE WHEN is_constraint THEN coalesce('FROM ' || CASE WHEN ref_schema IN ('pg_catalog', 'pg_temp') THEN quote_ident(ref_table) ELSE quote_ident(ref_schema) || '.' || quote_ident(ref_table) END || ' ', '')
			|| CASE WHEN NOT is_deferrable THEN 'NOT ' ELSE '' END || 'DEFERRABLE INITIALLY ' || CASE WHEN initially_deferred THEN 'DEFERRED ' ELSE 'IMMEDIATE ' END END,
		CASE WHEN coalesce(old_table, new_table) IS NOT NULL THEN 'REFERENCING ' END,
		coalesce('OLD TABLE AS ' || quote_ident(old_table) || ' ', '') || coalesce('NEW TABLE AS ' || quote_ident(new_table) || ' ', ''),
		upper(level), 'WHEN (' || condition || ') ', regexp_replace(function, '^pg_catalog\.', ''),
		(SELECT string_agg(CASE WHEN strpos(a, '\') = 0 THEN quote_literal(a) ELSE '''' || replace(a, '''', '''''') || '''' END, ', ') FROM unnest(arguments) a))$$,
	'the definition says what the columns say');

-- the same again
DO $$
DECLARE
	t record;
BEGIN
	FOR t IN SELECT * FROM pg_temp.ours WHERE parent_trigger IS NULL LOOP
		EXECUTE format('DROP TRIGGER %I ON %I.%I', t.trigger_name, t.schema_name, t.table_name);
		EXECUTE t.definition;
	END LOOP;
END $$;
CREATE TEMP TABLE again AS SELECT * FROM stormdisc_triggers(schemas => '{trig,"Trig s",pg_temp}');
SELECT bag_eq('SELECT schema_name, table_name, trigger_name, definition, parent_trigger FROM again',
	'SELECT schema_name, table_name, trigger_name, definition, parent_trigger FROM ours', 'definitions make the same again');
SELECT bag_eq($$SELECT schema_name, table_name, trigger_name FROM stormdisc_triggers(schemas => '{trig,"Trig s",pg_temp}', include => '{part*}')$$,
	$$SELECT schema_name, table_name, trigger_name FROM again WHERE table_name LIKE 'part%'$$, 'patterns are about tables');
SELECT results_eq('SELECT count(*) FROM stormdisc_triggers() WHERE schema_name = ''trig''', 'SELECT count(*) FROM again WHERE schema_name = ''trig''',
	'the default scope has the same');

SELECT * FROM finish();
ROLLBACK;
