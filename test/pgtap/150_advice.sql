-- Advice: every rule is fired; the rules against queries of their own; and the
-- cases in which the lints of supabase/splinter are known to be wrong.

-- statistics count when a transaction is over
SET client_min_messages = warning;
CREATE EXTENSION IF NOT EXISTS pgtap;
CREATE EXTENSION IF NOT EXISTS stormdisc;
DROP SCHEMA IF EXISTS tap_stats CASCADE;
CREATE SCHEMA tap_stats;
CREATE TABLE tap_stats.bad (a int PRIMARY KEY, b int) WITH (autovacuum_enabled = off);
CREATE INDEX bad_unused ON tap_stats.bad (b);
INSERT INTO tap_stats.bad SELECT generate_series(1, 5000);
DELETE FROM tap_stats.bad WHERE a > 10;
SELECT pg_stat_force_next_flush();

BEGIN;
SET LOCAL jit = off;
SET LOCAL client_min_messages = warning;
SET LOCAL search_path = tap, public;
SELECT no_plan();
CREATE SCHEMA tap;
GRANT ALL ON SCHEMA tap TO PUBLIC;

--
-- One schema that is wrong in every way
--
CREATE TABLE ref (id bigint PRIMARY KEY);
CREATE TABLE "Wrong" (
	a timestamp, b char(3), c int UNIQUE, p regproc, status text, j json,
	category int REFERENCES ref, password text, "Odd" int);
GRANT SELECT ON "Wrong" TO PUBLIC;
CREATE INDEX dup_1 ON "Wrong" (a, b);
CREATE INDEX dup_2 ON "Wrong" (a, b);
CREATE INDEX prefix ON "Wrong" (a);
CREATE INDEX invalid ON "Wrong" (b);
UPDATE pg_index SET indisvalid = false WHERE indexrelid = 'invalid'::regclass;
ALTER TABLE "Wrong" ADD CONSTRAINT not_valid CHECK (c > 0) NOT VALID;
CREATE FUNCTION definer() RETURNS trigger SECURITY DEFINER LANGUAGE plpgsql AS 'BEGIN RETURN NULL; END';
CREATE FUNCTION everybody() RETURNS int SECURITY DEFINER LANGUAGE sql AS 'SELECT 1';
CREATE FUNCTION invoker() RETURNS int LANGUAGE sql AS 'SELECT 1';
CREATE TRIGGER off AFTER INSERT ON "Wrong" EXECUTE FUNCTION definer();
ALTER TABLE "Wrong" DISABLE TRIGGER off;
CREATE POLICY p ON "Wrong" USING (status = current_setting('x.y'));
CREATE TABLE secured (a int PRIMARY KEY);
ALTER TABLE secured ENABLE ROW LEVEL SECURITY;
CREATE VIEW definer_view AS SELECT * FROM secured;
CREATE TABLE policed (a int PRIMARY KEY);
ALTER TABLE policed ENABLE ROW LEVEL SECURITY;
CREATE POLICY p1 ON policed USING (true);
CREATE POLICY p2 ON policed USING (a > 0);
CREATE MATERIALIZED VIEW mat AS SELECT 1 AS a;
CREATE FOREIGN DATA WRAPPER tap_fdw;
CREATE SERVER tap_server FOREIGN DATA WRAPPER tap_fdw;
CREATE FOREIGN TABLE far (a int) SERVER tap_server;
GRANT SELECT ON mat, far TO PUBLIC;
CREATE EXTENSION IF NOT EXISTS tcn SCHEMA tap;
CREATE SEQUENCE nearly MAXVALUE 10;
SELECT setval('nearly', 9);
CREATE TABLE nearly_int (id serial PRIMARY KEY);
SELECT setval('nearly_int_id_seq', 2147483647);
CREATE TABLE part (a int PRIMARY KEY) PARTITION BY LIST (a);
CREATE TABLE part_1 PARTITION OF part FOR VALUES IN (1);
UPDATE pg_inherits SET inhdetachpending = true WHERE inhrelid = 'part_1'::regclass;
SELECT CASE WHEN EXISTS (SELECT FROM pg_attribute WHERE attrelid = 'pg_constraint'::regclass AND attname = 'conenforced') THEN
	'ALTER TABLE policed ADD CONSTRAINT unenforced FOREIGN KEY (a) REFERENCES ref NOT ENFORCED' ELSE 'SELECT' END \gexec

SELECT is(
	(SELECT array_agg(DISTINCT rule ORDER BY rule) FROM stormdisc_advice(schemas => '{tap,tap_stats}', rules => '{all}')),
	(SELECT array_agg(rule ORDER BY rule) FROM stormdisc_advice_rules()
	 WHERE rule <> 'not_enforced_constraint' OR (SELECT supported FROM stormdisc_capabilities() WHERE capability = 'not_enforced_constraints')),
	'every rule is fired');
SELECT is_empty($$SELECT DISTINCT a.rule, a.category, a.severity FROM stormdisc_advice(schemas => '{tap,tap_stats}', rules => '{all}') a
	LEFT JOIN stormdisc_advice_rules() r USING (rule) WHERE a.category IS DISTINCT FROM r.category OR a.severity NOT IN ('error', 'warning', 'info')$$,
	'rows have the category of their rule');
SELECT set_eq($$SELECT DISTINCT rule FROM stormdisc_advice(schemas => '{tap,tap_stats}')$$,
	$$SELECT DISTINCT a.rule FROM stormdisc_advice(schemas => '{tap,tap_stats}', rules => '{all}') a JOIN stormdisc_advice_rules() USING (rule) WHERE by_default$$,
	'the default rules are those that say so');

-- each rule alone, by name, says what it says among the others; without it, the others stand
SELECT is_empty($$
	SELECT r.rule, d.object FROM stormdisc_advice_rules() r,
		LATERAL (SELECT * FROM stormdisc_advice(schemas => '{tap,tap_stats}', rules => ARRAY[r.rule]) EXCEPT
			SELECT * FROM stormdisc_advice(schemas => '{tap,tap_stats}', rules => '{all}')) d
	UNION ALL SELECT r.rule, d.object FROM stormdisc_advice_rules() r,
		LATERAL (SELECT * FROM stormdisc_advice(schemas => '{tap,tap_stats}', rules => '{all}', skip => ARRAY[r.rule]) WHERE rule = r.rule) d$$,
	'each rule is switched alone');
SELECT is(
	(SELECT sum(n) FROM stormdisc_advice_rules() r, LATERAL (SELECT count(*) AS n FROM stormdisc_advice(schemas => '{tap,tap_stats}', rules => ARRAY[r.rule])) s),
	(SELECT count(*)::numeric FROM stormdisc_advice(schemas => '{tap,tap_stats}', rules => '{all}')),
	'together the rules say what each says alone');
SELECT is_empty($$SELECT object FROM (
		SELECT a.object, a.n, row_number() OVER (ORDER BY schema_name COLLATE "C", object_name COLLATE "C", r.n, object COLLATE "C", message COLLATE "C") AS m
		FROM (SELECT *, row_number() OVER () AS n FROM stormdisc_advice(schemas => '{tap,tap_stats}', rules => '{all}')) a
		JOIN stormdisc_advice_rules() WITH ORDINALITY r(rule, c, s, d, e, n) USING (rule)) o WHERE n <> m$$,
	'rows come in order');

-- suggestions are SQL, and nothing of ours changes the schema: a second call says the same
SELECT set_eq($$SELECT * FROM stormdisc_advice(schemas => '{tap}', rules => '{all}')$$,
	$$SELECT * FROM stormdisc_advice(schemas => '{tap}', rules => '{all}')$$, 'advice changes nothing');

SELECT suggestion FROM stormdisc_advice(schemas => '{tap}', rules => '{not_enforced_constraint}') \gexec
SELECT is_empty($$SELECT object FROM stormdisc_advice(schemas => '{tap}', rules => '{not_enforced_constraint}')$$, 'a constraint is enforced as suggested');

--
-- The rules that a query can say, over this schema and the oddest that we have
--
\ir ../oracle/mean.sql
SET LOCAL search_path = tap, public, pg_catalog;
SET LOCAL client_min_messages = warning;
CREATE TEMP VIEW mine AS
	SELECT c.*, n.nspname FROM pg_class c JOIN pg_namespace n ON n.oid = relnamespace
	WHERE nspname !~ '^pg_' AND nspname <> 'information_schema' AND relpersistence <> 't'
		AND NOT EXISTS (SELECT FROM pg_depend WHERE classid = 'pg_class'::regclass AND objid = c.oid AND deptype = 'e');
CREATE TEMP TABLE said AS SELECT * FROM stormdisc_advice(rules => '{all}', skip => '{stale_statistics,table_bloat,unused_index}');
SELECT set_eq($$SELECT object FROM said WHERE rule = 'no_primary_key'$$, $$
	SELECT format('%I.%I', nspname, relname) FROM mine c WHERE relkind IN ('r', 'p') AND NOT relispartition
		AND NOT EXISTS (SELECT FROM pg_constraint WHERE conrelid = c.oid AND contype = 'p')$$, 'no_primary_key');
SELECT set_eq($$SELECT object FROM said WHERE rule = 'invalid_index'$$, $$
	SELECT format('%I.%I', n.nspname, i.relname) FROM pg_index x JOIN mine c ON c.oid = indrelid JOIN pg_class i ON i.oid = indexrelid
		JOIN pg_namespace n ON n.oid = i.relnamespace WHERE NOT (indisvalid AND indisready)$$, 'invalid_index');
SELECT set_eq($$SELECT object FROM said WHERE rule = 'not_valid_constraint'$$, $$
	SELECT format('%I on %I.%I', conname, nspname, relname) FROM pg_constraint k JOIN mine c ON c.oid = conrelid
	WHERE NOT convalidated AND conparentid = 0 AND conislocal AND coalesce(to_jsonb(k) ->> 'conenforced', 'true') = 'true'$$, 'not_valid_constraint');
SELECT set_eq($$SELECT object FROM said WHERE rule = 'disabled_trigger'$$, $$
	SELECT format('%I on %I.%I', tgname, nspname, relname) FROM pg_trigger t JOIN mine c ON c.oid = tgrelid
	WHERE tgenabled = 'D' AND NOT tgisinternal AND NOT EXISTS (SELECT FROM pg_trigger WHERE oid = t.tgparentid AND tgenabled = 'D')
	UNION SELECT format('%I on %s', conname, conrelid::regclass) FROM pg_trigger t JOIN mine c ON c.oid = tgrelid JOIN pg_constraint k ON k.oid = tgconstraint
	WHERE tgenabled = 'D' AND tgisinternal$$, 'disabled_trigger');
SELECT set_eq($$SELECT object FROM said WHERE rule = 'row_security_without_policy'$$, $$
	SELECT format('%I.%I', nspname, relname) FROM mine c WHERE relkind IN ('r', 'p') AND relrowsecurity
		AND NOT EXISTS (SELECT FROM pg_policy WHERE polrelid = c.oid)$$, 'row_security_without_policy');
SELECT set_eq($$SELECT object FROM said WHERE rule = 'policy_without_row_security'$$, $$
	SELECT format('%I.%I', nspname, relname) FROM mine c WHERE relkind IN ('r', 'p') AND NOT relrowsecurity
		AND EXISTS (SELECT FROM pg_policy WHERE polrelid = c.oid)$$, 'policy_without_row_security');
SELECT set_eq($$SELECT object FROM said WHERE rule = 'no_default_partition'$$, $$
	SELECT format('%I.%I', nspname, relname) FROM mine c JOIN pg_partitioned_table ON partrelid = c.oid
	WHERE partdefid = 0 AND partstrat <> 'h'$$, 'no_default_partition');
SELECT set_eq($$SELECT object FROM said WHERE rule = 'detach_pending'$$, $$
	SELECT format('%I.%I', nspname, relname) FROM mine c JOIN pg_inherits ON inhrelid = c.oid WHERE inhdetachpending$$, 'detach_pending');
SELECT set_eq($$SELECT object FROM said WHERE rule = 'timestamp_without_time_zone'$$, $$
	WITH RECURSIVE types AS (SELECT oid AS top, oid FROM pg_type UNION
		SELECT top, CASE WHEN typtype = 'd' THEN typbasetype ELSE typelem END FROM types JOIN pg_type t USING (oid)
		WHERE typtype = 'd' OR typcategory = 'A' AND typelem <> 0)
	SELECT format('%I.%I.%I', nspname, relname, attname) FROM mine c JOIN pg_attribute ON attrelid = c.oid JOIN types t ON top = atttypid
	WHERE relkind IN ('r', 'p', 'f') AND attnum > 0 AND NOT attisdropped AND attislocal AND attinhcount = 0 AND t.oid = 'timestamp'::regtype$$, 'timestamp_without_time_zone');
SELECT set_eq($$SELECT object FROM said WHERE rule = 'nullable_unique_key'$$, $$
	WITH RECURSIVE d AS (SELECT oid AS top, oid FROM pg_type UNION SELECT top, typbasetype FROM d JOIN pg_type USING (oid) WHERE typtype = 'd'),
	never AS (SELECT DISTINCT top FROM d JOIN pg_type USING (oid) WHERE typnotnull)
	SELECT DISTINCT format('%I.%I', n.nspname, i.relname) FROM pg_index x JOIN mine c ON c.oid = indrelid JOIN pg_class i ON i.oid = indexrelid
		JOIN pg_namespace n ON n.oid = i.relnamespace
		JOIN pg_attribute ON attrelid = c.oid AND attnum = ANY ((indkey::int2[])[0:indnkeyatts - 1])
	WHERE indisunique AND NOT indisprimary AND indisvalid AND indpred IS NULL AND NOT indnullsnotdistinct AND NOT i.relispartition
		AND NOT attnotnull AND atttypid NOT IN (SELECT top FROM never) AND c.relkind IN ('r', 'p', 'f')$$, 'nullable_unique_key');
SELECT set_eq($$SELECT object FROM said WHERE rule IN ('security_definer_search_path', 'function_search_path')$$, $$
	SELECT format('%I.%I(%s)', nspname, proname, (SELECT string_agg(pg_catalog.format_type(t, NULL), ',' ORDER BY o) FROM unnest(proargtypes) WITH ORDINALITY a(t, o)))
	FROM pg_proc p JOIN pg_namespace n ON n.oid = pronamespace JOIN pg_language l ON l.oid = prolang
	WHERE nspname !~ '^pg_' AND nspname <> 'information_schema' AND prokind <> 'a' AND lanname NOT IN ('c', 'internal') AND prosqlbody IS NULL
		AND NOT EXISTS (SELECT FROM unnest(proconfig) s WHERE s LIKE 'search\_path=%')
		AND NOT EXISTS (SELECT FROM pg_depend WHERE classid = 'pg_proc'::regclass AND objid = p.oid AND deptype = 'e')$$, 'search paths of functions');

-- objects have the names that the server gives them
SELECT is_empty($$
	SELECT object FROM said WHERE rule = 'unindexed_foreign_key' EXCEPT
	SELECT (pg_identify_object('pg_constraint'::regclass, oid, 0)).identity FROM pg_constraint$$, 'names of constraints');
SELECT is_empty($$
	SELECT object FROM said WHERE rule IN ('timestamp_without_time_zone', 'char_type', 'foreign_key_type') EXCEPT
	SELECT (pg_identify_object('pg_class'::regclass, attrelid, attnum)).identity FROM pg_attribute WHERE attnum > 0 AND NOT attisdropped$$, 'names of columns');
SELECT is_empty($$
	SELECT object FROM said WHERE rule LIKE '%search_path' AND to_regprocedure(object) IS NULL$$, 'names of functions');

--
-- Where splinter is known to be wrong
--
CREATE SCHEMA lint;
SET LOCAL search_path = lint, public;
CREATE TABLE ref (a int, b int, PRIMARY KEY (a, b), UNIQUE (a));

CREATE FUNCTION lint(rule text) RETURNS text[] LANGUAGE sql AS
	$$SELECT coalesce(array_agg(object ORDER BY object COLLATE "C"), '{}') FROM public.stormdisc_advice(schemas => '{lint}', rules => ARRAY[rule])$$;

CREATE TABLE fk_partial (id int PRIMARY KEY, a int CONSTRAINT fk_partial REFERENCES ref (a));
CREATE INDEX ON fk_partial (a) WHERE id > 0;
CREATE TABLE fk_brin (id int PRIMARY KEY, a int CONSTRAINT fk_brin REFERENCES ref (a));
CREATE INDEX ON fk_brin USING brin (a);
CREATE TABLE fk_include (id int PRIMARY KEY, a int, b int, CONSTRAINT fk_include FOREIGN KEY (a, b) REFERENCES ref);
CREATE INDEX ON fk_include (a) INCLUDE (b);
CREATE TABLE fk_reverse (id int PRIMARY KEY, a int, b int, CONSTRAINT fk_reverse FOREIGN KEY (a, b) REFERENCES ref);
CREATE INDEX ON fk_reverse (b, a);
CREATE TABLE fk_more (id int PRIMARY KEY, a int CONSTRAINT fk_more REFERENCES ref (a));
CREATE INDEX ON fk_more (a, id);
SELECT is(lint('unindexed_foreign_key'),
	'{fk_brin on lint.fk_brin,fk_include on lint.fk_include,fk_partial on lint.fk_partial}',
	'a partial index, BRIN and INCLUDE do not cover a foreign key; (b, a) does for (a, b)');

CREATE TABLE keyed (a int PRIMARY KEY) PARTITION BY LIST (a);
CREATE TABLE keyed_1 PARTITION OF keyed FOR VALUES IN (1);
CREATE TABLE keyless (a int) PARTITION BY LIST (a);
CREATE TABLE keyless_1 PARTITION OF keyless FOR VALUES IN (1);
CREATE TABLE keyless_2 PARTITION OF keyless FOR VALUES IN (2);
SELECT is(lint('no_primary_key'), '{lint.keyless}', 'a partitioned table counts, and counts once');

CREATE TABLE dup (id int PRIMARY KEY, idx int, c text);
CREATE INDEX idx ON dup (idx);
CREATE INDEX idx2 ON dup (idx);
CREATE INDEX c ON dup (c);
CREATE INDEX c_pattern ON dup (c text_pattern_ops);
SELECT is(lint('duplicate_index'), '{lint.idx2}', 'an index that is called like a part of its definition is compared');
DROP INDEX idx2;

-- an object of another catalog with the OID of a member of an extension is not a member
DO $$
DECLARE
	member oid := (SELECT objid FROM pg_depend WHERE classid = 'pg_proc'::regclass AND deptype = 'e' ORDER BY objid DESC LIMIT 1);
BEGIN
	INSERT INTO pg_depend VALUES ('pg_proc'::regclass, 'lint.keyless'::regclass, 0, 'pg_extension'::regclass,
		(SELECT oid FROM pg_extension WHERE extname = 'pgtap'), 0, 'e');
END $$;
SELECT is(lint('no_primary_key'), '{lint.keyless}', 'a function with the OID of a table is not that table');
DELETE FROM pg_depend WHERE classid = 'pg_proc'::regclass AND objid = 'lint.keyless'::regclass;

CREATE FUNCTION parsed() RETURNS int SECURITY DEFINER LANGUAGE sql RETURN 1;
CREATE FUNCTION pasted() RETURNS int SECURITY DEFINER LANGUAGE sql AS 'SELECT 1';
SELECT is(lint('security_definer_search_path'), '{lint.pasted()}', 'a body that was parsed has no search path');

CREATE TABLE plain (a int PRIMARY KEY);
CREATE VIEW plain_view AS SELECT * FROM plain;
SELECT is(lint('security_definer_view'), '{}', 'a view of tables without row security passes nothing by');

CREATE TABLE policies (a int PRIMARY KEY);
ALTER TABLE policies ENABLE ROW LEVEL SECURITY;
CREATE POLICY one ON policies FOR SELECT USING (a > 0);
CREATE POLICY two ON policies FOR SELECT USING (a > 1);
SELECT is((SELECT count(*) FROM stormdisc_advice('policies', rules => '{multiple_permissive_policies}')), 1::bigint,
	'what is so for everybody is said once, not for each role');

CREATE INDEX needed ON fk_more (a);
DROP INDEX fk_more_a_id_idx;
SELECT is((SELECT count(*) FROM stormdisc_advice('fk_more', rules => '{unused_index}')), 0::bigint,
	'an index that a foreign key needs is not called unused');

--
-- Sizes: time grows with the schema, not with its square
--
CREATE SCHEMA many;
DO $$
BEGIN
	CREATE TABLE many.ref (id int PRIMARY KEY);
	FOR i IN 1 .. 300 LOOP
		EXECUTE format('CREATE TABLE many.t%s (id int, r int REFERENCES many.ref)', i);
	END LOOP;
END $$;
SELECT is((SELECT count(*) FROM stormdisc_advice(schemas => '{many}', rules => '{unindexed_foreign_key,no_primary_key}')), 600::bigint, 'many tables');

SELECT * FROM finish();
ROLLBACK;
DROP SCHEMA tap_stats CASCADE;
