-- What a migration alters of objects other than tables.
--
-- Each family is made, and changed by hand.  The migration back and that forth
-- again are run, and both times nothing is left that differs.
SET client_min_messages = warning;
CREATE ROLE regress_families_owner;
CREATE ROLE regress_families_user;
CREATE SCHEMA fam;
CREATE SCHEMA fam2;
CREATE TABLE public.documents (name text PRIMARY KEY, document jsonb);
CREATE FUNCTION public.keep(name text) RETURNS void LANGUAGE sql AS $$
	INSERT INTO public.documents VALUES ($1, public.stormdisc_schema(exclude => '{public.*}')) ON CONFLICT (name) DO UPDATE SET document = excluded.document
$$;
CREATE FUNCTION public.migration(name_from text, name_to text, OUT seq int, OUT kind text, OUT statement text, OUT notes text, OUT skipped bool) RETURNS SETOF record LANGUAGE sql AS $$
	-- what only some versions say: where a query's columns are from
	SELECT m.seq, m.kind, CASE WHEN m.statement ~ '^CREATE .*VIEW ' THEN regexp_replace(m.statement, '([ (])(typed|used|t|again|longer|other)\.(?=\w)', '\1', 'g')
			ELSE m.statement END, concat_ws(', ', nullif(m.severity, 'safe'), CASE WHEN m.is_destructive THEN 'is_destructive' END,
		CASE WHEN m.commit_before THEN 'commit_before' END, CASE WHEN m.skipped THEN 'skipped' END, nullif(m.lock_level, '')), m.skipped
	FROM public.documents a, public.documents b, public.stormdisc_migration_sql(a.document, b.document, true) m
	WHERE a.name = name_from AND b.name = name_to AND m.kind <> 'settings'
$$;
CREATE FUNCTION public.left_over(name text) RETURNS TABLE (change text, object_kind text, identity text, attribute text, old_value jsonb, new_value jsonb)
	LANGUAGE sql AS $$ SELECT d.change, d.object_kind, d.identity, d.attribute, d.old_value, d.new_value FROM public.documents k,
		public.stormdisc_diff(public.stormdisc_schema(exclude => '{public.*}'), k.document, '{default,ordinal}') d WHERE k.name = $1 $$;
SET search_path = pg_catalog;
SET check_function_bodies = off;

-- types
CREATE TYPE fam.mood AS ENUM ('ok');
CREATE TYPE fam.state AS ENUM ('open', 'closed');
CREATE TYPE fam.pair AS (x int, y text);
COMMENT ON COLUMN fam.pair.x IS 'of x';
CREATE DOMAIN fam.word AS text DEFAULT 'a' CONSTRAINT short CHECK (length(VALUE) < 10) CONSTRAINT other CHECK (VALUE <> 'x');
COMMENT ON CONSTRAINT short ON DOMAIN fam.word IS 'of short';
CREATE DOMAIN fam.number AS int;
CREATE TYPE fam.span AS RANGE (SUBTYPE = float8);
CREATE TABLE fam.typed (m fam.mood DEFAULT 'ok', w fam.word, n fam.number, p fam.pair, s fam.state);
CREATE VIEW fam.of_pair AS SELECT (p).x FROM fam.typed;
INSERT INTO fam.typed VALUES ('ok', 'w', 1, '(1,y)', 'open');
SELECT public.keep('a');
ALTER TYPE fam.mood ADD VALUE 'sad' BEFORE 'ok';
ALTER TYPE fam.mood ADD VALUE 'it''s' AFTER 'ok';
ALTER TYPE fam.mood ADD VALUE 'meh' BEFORE 'ok';
ALTER TYPE fam.pair ADD ATTRIBUTE z text COLLATE "C", DROP ATTRIBUTE y;
COMMENT ON COLUMN fam.pair.x IS NULL;
COMMENT ON COLUMN fam.pair.z IS 'of z';
ALTER DOMAIN fam.word SET DEFAULT 'b';
ALTER DOMAIN fam.word DROP CONSTRAINT other;
ALTER DOMAIN fam.word DROP CONSTRAINT short;
ALTER DOMAIN fam.word ADD CONSTRAINT short CHECK (length(VALUE) < 20);
ALTER DOMAIN fam.word ADD CONSTRAINT unchecked CHECK (VALUE <> 'w') NOT VALID;
COMMENT ON CONSTRAINT unchecked ON DOMAIN fam.word IS 'not checked';
ALTER DOMAIN fam.number SET NOT NULL;
ALTER TABLE fam.typed ALTER m SET DEFAULT 'sad';
COMMENT ON TYPE fam.mood IS 'of the day';
ALTER TYPE fam.span OWNER TO regress_families_owner;
SELECT public.keep('b');
SELECT kind, statement, notes FROM public.migration('b', 'a') ORDER BY seq;
\set ECHO none
SELECT statement FROM public.migration('b', 'a') WHERE NOT skipped ORDER BY seq \gexec
\set ECHO all
SELECT * FROM public.left_over('a');
SELECT kind, statement, notes FROM public.migration('a', 'b') ORDER BY seq;
\set ECHO none
SELECT statement FROM public.migration('a', 'b') WHERE NOT skipped ORDER BY seq \gexec
\set ECHO all
SELECT * FROM public.left_over('b');
SELECT m, w, n, s FROM fam.typed;
DROP TABLE fam.typed CASCADE;

-- types that cannot be altered, some of them in use; what belongs to extensions
CREATE EXTENSION hstore WITH SCHEMA fam2;
GRANT EXECUTE ON FUNCTION fam2.hstore(text, text) TO regress_families_user;
REVOKE EXECUTE ON FUNCTION fam2.slice(fam2.hstore, text[]) FROM public;
CREATE TYPE fam.span2 AS RANGE (SUBTYPE = int);
CREATE TYPE fam.pair2 AS (x int, y int);
CREATE TYPE fam.free AS (x int);
CREATE FUNCTION fam.of_free(fam.free) RETURNS int LANGUAGE sql AS 'SELECT 1';
CREATE TYPE fam.size AS ENUM ('s', 'm', 'l');
CREATE DOMAIN fam.short AS varchar(10);
CREATE TABLE fam.typed (id int, s fam.span2, p fam.pair2, h fam2.hstore, e fam.size[] DEFAULT '{m}', d fam.short);
CREATE INDEX ON fam.typed (e);
CREATE VIEW fam.of_typed AS SELECT id, s, d FROM fam.typed WHERE e <> '{s}'::fam.size[];
INSERT INTO fam.typed VALUES (1, '[1,2)', '(3,4)', 'a=>b', '{m,l}', 'x');
CREATE FUNCTION fam.word_in(cstring) RETURNS fam.base LANGUAGE internal IMMUTABLE STRICT AS 'textin';
CREATE FUNCTION fam.word_out(fam.base) RETURNS cstring LANGUAGE internal IMMUTABLE STRICT AS 'textout';
CREATE FUNCTION fam.word_send(fam.base) RETURNS bytea LANGUAGE internal IMMUTABLE STRICT AS 'textsend';
CREATE TYPE fam.base (INPUT = fam.word_in, OUTPUT = fam.word_out, LIKE = text);
SELECT public.keep('a');
DROP VIEW fam.of_typed;
DROP TABLE fam.typed;
DROP TYPE fam.span2, fam.pair2, fam.size;
DROP DOMAIN fam.short;
DROP FUNCTION fam.of_free(fam.free);
DROP TYPE fam.free;
CREATE TYPE fam.span2 AS RANGE (SUBTYPE = numeric);
CREATE TYPE fam.pair2 AS (y int, x text);
CREATE TYPE fam.free AS (x text, z int);
CREATE FUNCTION fam.of_free(fam.free) RETURNS int LANGUAGE sql AS 'SELECT 1';
CREATE TYPE fam.size AS ENUM ('l', 'm', 's');
CREATE DOMAIN fam.short AS varchar(5);
CREATE TABLE fam.typed (id int, s fam.span2, p fam.pair2, h text, e fam.size[] DEFAULT '{m}', d fam.short);
CREATE INDEX ON fam.typed (e);
CREATE VIEW fam.of_typed AS SELECT id, s, d FROM fam.typed WHERE e <> '{s}'::fam.size[];
INSERT INTO fam.typed VALUES (1, '[1,2)', '(3,4)', 'a=>b', '{m,l}', 'x');
ALTER TYPE fam.base SET (SEND = fam.word_send);
GRANT EXECUTE ON FUNCTION fam2.slice(fam2.hstore, text[]) TO public;
REVOKE EXECUTE ON FUNCTION fam2.hstore(text, text) FROM regress_families_user;
SELECT public.keep('b');
SELECT kind, statement, notes FROM public.migration('b', 'a') ORDER BY seq;
\set ECHO none
SELECT statement FROM public.migration('b', 'a') WHERE NOT skipped ORDER BY seq \gexec
\set ECHO all
SELECT * FROM public.left_over('a');
SELECT kind, statement, notes FROM public.migration('a', 'b') ORDER BY seq;
\set ECHO none
SELECT statement FROM public.migration('a', 'b') WHERE NOT skipped ORDER BY seq \gexec
\set ECHO all
SELECT * FROM public.left_over('b');
SELECT * FROM fam.typed;
DROP TABLE fam.typed CASCADE;
DROP EXTENSION hstore;
DROP TYPE fam.base CASCADE;

-- functions, and what is made of them
CREATE FUNCTION fam.f(a int, b text DEFAULT 'x') RETURNS int LANGUAGE sql IMMUTABLE AS 'SELECT 1';
CREATE FUNCTION fam.renamed(a int) RETURNS int LANGUAGE sql AS 'SELECT 1';
CREATE FUNCTION fam.result(a int) RETURNS int LANGUAGE sql IMMUTABLE AS 'SELECT 1';
CREATE FUNCTION fam.no_default(a int DEFAULT 1) RETURNS int LANGUAGE sql AS 'SELECT 1';
CREATE PROCEDURE fam.p() LANGUAGE sql AS 'SELECT 1';
CREATE AGGREGATE fam.total(int) (SFUNC = int4pl, STYPE = int, INITCOND = '0');
CREATE TABLE fam.used (a int DEFAULT fam.result(1), b int CHECK (fam.result(b) > 0), c int);
CREATE INDEX used_index ON fam.used (fam.result(c));
CREATE VIEW fam.of_result AS SELECT fam.result(c) AS r FROM fam.used;
CREATE FUNCTION fam.same(int, int) RETURNS bool LANGUAGE sql IMMUTABLE AS 'SELECT $1 = $2';
CREATE OPERATOR fam.=== (FUNCTION = fam.same, LEFTARG = int, RIGHTARG = int);
CREATE OPERATOR fam.!== (FUNCTION = fam.same, LEFTARG = int, RIGHTARG = int, RESTRICT = eqsel);
CREATE OPERATOR FAMILY fam.members USING btree;
ALTER OPERATOR FAMILY fam.members USING btree ADD OPERATOR 1 <(int, bigint), OPERATOR 3 =(int, bigint), FUNCTION 1 (int, bigint) btint48cmp(int, bigint);
CREATE TYPE fam.boxed AS (a int);
CREATE FUNCTION fam.to_text(fam.boxed) RETURNS text LANGUAGE sql IMMUTABLE AS 'SELECT $1::text';
CREATE CAST (fam.boxed AS text) WITH FUNCTION fam.to_text(fam.boxed);
CREATE FUNCTION fam.lang_handler() RETURNS language_handler LANGUAGE c AS '$libdir/plpgsql', 'plpgsql_call_handler';
CREATE FUNCTION fam.lang_check(oid) RETURNS void LANGUAGE c AS '$libdir/plpgsql', 'plpgsql_validator';
CREATE LANGUAGE regress_lang HANDLER fam.lang_handler;
CREATE FUNCTION fam.event() RETURNS event_trigger LANGUAGE plpgsql AS 'BEGIN END';
CREATE EVENT TRIGGER regress_event ON ddl_command_end WHEN TAG IN ('DROP CAST') EXECUTE FUNCTION fam.event();
CREATE EVENT TRIGGER regress_event2 ON ddl_command_end WHEN TAG IN ('DROP CAST') EXECUTE FUNCTION fam.event();
CREATE TEXT SEARCH DICTIONARY fam.dict (TEMPLATE = simple, stopwords = 'english');
CREATE TEXT SEARCH CONFIGURATION fam.conf (PARSER = default);
ALTER TEXT SEARCH CONFIGURATION fam.conf ADD MAPPING FOR asciiword, word WITH simple;
CREATE COLLATION fam.coll (LOCALE = 'C');
CREATE CONVERSION fam.conv FOR 'UTF8' TO 'LATIN1' FROM utf8_to_iso8859_1;
SELECT public.keep('a');
CREATE OR REPLACE FUNCTION fam.f(a int, b text DEFAULT 'y') RETURNS int LANGUAGE sql STABLE STRICT SET work_mem = '1MB' AS 'SELECT 2';
DROP FUNCTION fam.renamed(int);
CREATE FUNCTION fam.renamed(b int) RETURNS int LANGUAGE sql AS 'SELECT 1';
DROP VIEW fam.of_result;
DROP INDEX fam.used_index;
ALTER TABLE fam.used ALTER a DROP DEFAULT, DROP CONSTRAINT used_b_check;
DROP FUNCTION fam.result(int);
CREATE FUNCTION fam.result(a int) RETURNS bigint LANGUAGE sql IMMUTABLE AS 'SELECT 1::bigint';
ALTER TABLE fam.used ALTER a SET DEFAULT fam.result(1), ADD CONSTRAINT used_b_check CHECK (fam.result(b) > 0);
CREATE INDEX used_index ON fam.used (fam.result(c));
CREATE VIEW fam.of_result AS SELECT fam.result(c) AS r FROM fam.used;
DROP FUNCTION fam.no_default(int);
CREATE FUNCTION fam.no_default(a int) RETURNS int LANGUAGE sql AS 'SELECT 1';
CREATE OR REPLACE PROCEDURE fam.p() LANGUAGE plpgsql AS 'BEGIN END';
COMMENT ON PROCEDURE fam.p() IS 'of p';
CREATE OR REPLACE AGGREGATE fam.total(int) (SFUNC = int4pl, STYPE = int, INITCOND = '1');
ALTER FUNCTION fam.same(int, int) OWNER TO regress_families_owner;
ALTER OPERATOR fam.===(int, int) SET (RESTRICT = eqsel, JOIN = eqjoinsel);
DROP OPERATOR fam.!==(int, int);
CREATE OPERATOR fam.!== (FUNCTION = int4ne, LEFTARG = int, RIGHTARG = int);
ALTER OPERATOR FAMILY fam.members USING btree DROP OPERATOR 3 (int, bigint);
ALTER OPERATOR FAMILY fam.members USING btree ADD OPERATOR 5 >(int, bigint);
DROP CAST (fam.boxed AS text);
CREATE CAST (fam.boxed AS text) WITH FUNCTION fam.to_text(fam.boxed) AS ASSIGNMENT;
CREATE OR REPLACE LANGUAGE regress_lang HANDLER fam.lang_handler VALIDATOR fam.lang_check;
ALTER EVENT TRIGGER regress_event DISABLE;
DROP EVENT TRIGGER regress_event2;
CREATE EVENT TRIGGER regress_event2 ON ddl_command_start WHEN TAG IN ('DROP CAST') EXECUTE FUNCTION fam.event();
ALTER TEXT SEARCH DICTIONARY fam.dict (stopwords, accept = 'false');
ALTER TEXT SEARCH CONFIGURATION fam.conf DROP MAPPING FOR word;
ALTER TEXT SEARCH CONFIGURATION fam.conf ALTER MAPPING FOR asciiword WITH fam.dict;
ALTER TEXT SEARCH CONFIGURATION fam.conf ADD MAPPING FOR int WITH simple, fam.dict;
DROP COLLATION fam.coll;
CREATE COLLATION fam.coll (LOCALE = 'POSIX');
DROP CONVERSION fam.conv;
CREATE DEFAULT CONVERSION fam.conv FOR 'UTF8' TO 'LATIN1' FROM utf8_to_iso8859_1;
SELECT public.keep('b');
SELECT kind, statement, notes FROM public.migration('b', 'a') ORDER BY seq;
\set ECHO none
SELECT statement FROM public.migration('b', 'a') WHERE NOT skipped ORDER BY seq \gexec
\set ECHO all
SELECT * FROM public.left_over('a');
SELECT kind, statement, notes FROM public.migration('a', 'b') ORDER BY seq;
\set ECHO none
SELECT statement FROM public.migration('a', 'b') WHERE NOT skipped ORDER BY seq \gexec
\set ECHO all
SELECT * FROM public.left_over('b');
DROP EVENT TRIGGER regress_event;
DROP EVENT TRIGGER regress_event2;
DROP LANGUAGE regress_lang;
DROP SCHEMA fam CASCADE;
CREATE SCHEMA fam;

-- views, rules, triggers, policies, statistics
CREATE TABLE fam.t (id int, name text, n numeric);
CREATE TABLE fam.p (k int) PARTITION BY LIST (k);
CREATE TABLE fam.p1 PARTITION OF fam.p FOR VALUES IN (1);
CREATE FUNCTION fam.trig() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN new; END';
CREATE FUNCTION fam.trig2() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN new; END';
CREATE VIEW fam.longer AS SELECT id FROM fam.t;
CREATE VIEW fam.over_longer AS SELECT id FROM fam.longer;
CREATE VIEW fam.other AS SELECT id, name FROM fam.t;
CREATE VIEW fam.over_other AS SELECT id, name FROM fam.other;
CREATE VIEW fam.checked WITH (security_barrier = true) AS SELECT id FROM fam.t WHERE id > 0 WITH CHECK OPTION;
CREATE MATERIALIZED VIEW fam.kept WITH (fillfactor = 70) AS SELECT id, name FROM fam.t;
CREATE UNIQUE INDEX kept_id ON fam.kept (id);
CREATE MATERIALIZED VIEW fam.again AS SELECT id FROM fam.t;
CREATE INDEX again_id ON fam.again (id);
CREATE VIEW fam.over_again AS SELECT id FROM fam.again;
GRANT SELECT ON fam.again, fam.over_again, fam.other TO regress_families_user;
COMMENT ON COLUMN fam.over_again.id IS 'of id';
CREATE RULE r AS ON INSERT TO fam.longer DO INSTEAD INSERT INTO fam.t (id) VALUES (new.id);
CREATE RULE off AS ON DELETE TO fam.t DO NOTHING;
CREATE TRIGGER tr BEFORE INSERT ON fam.t FOR EACH ROW EXECUTE FUNCTION fam.trig();
CREATE TRIGGER off BEFORE INSERT ON fam.t FOR EACH ROW EXECUTE FUNCTION fam.trig();
CREATE CONSTRAINT TRIGGER late AFTER INSERT ON fam.t FOR EACH ROW EXECUTE FUNCTION fam.trig();
CREATE TRIGGER of_parts AFTER INSERT ON fam.p FOR EACH ROW EXECUTE FUNCTION fam.trig();
CREATE POLICY pol ON fam.t USING (id > 0);
CREATE POLICY less ON fam.t USING (id > 0) WITH CHECK (id > 1);
CREATE POLICY command ON fam.t FOR SELECT USING (id > 0);
CREATE STATISTICS fam.s ON id, name FROM fam.t;
CREATE STATISTICS fam.s2 (ndistinct) ON id, name FROM fam.t;
SELECT public.keep('a');
CREATE OR REPLACE VIEW fam.longer AS SELECT id, name AS "Name", n FROM fam.t WHERE id > 5;
ALTER VIEW fam.longer ALTER "Name" SET DEFAULT 'x';
COMMENT ON COLUMN fam.longer."Name" IS 'of Name';
COMMENT ON COLUMN fam.longer.id IS 'of id';
DROP VIEW fam.over_other, fam.other;
CREATE VIEW fam.other AS SELECT name, id FROM fam.t;
CREATE VIEW fam.over_other AS SELECT id, name FROM fam.other;
GRANT SELECT ON fam.other TO regress_families_user;
CREATE OR REPLACE VIEW fam.checked WITH (security_invoker = true) AS SELECT id FROM fam.t WHERE id > 0 WITH LOCAL CHECK OPTION;
ALTER MATERIALIZED VIEW fam.kept SET (fillfactor = 80, autovacuum_enabled = false);
ALTER MATERIALIZED VIEW fam.kept ALTER name SET STORAGE external, ALTER name SET STATISTICS 17;
DROP MATERIALIZED VIEW fam.again CASCADE;
CREATE MATERIALIZED VIEW fam.again AS SELECT id FROM fam.t WHERE id > 3;
CREATE INDEX again_id ON fam.again (id);
CREATE VIEW fam.over_again AS SELECT id FROM fam.again;
GRANT SELECT ON fam.again, fam.over_again TO regress_families_user;
COMMENT ON COLUMN fam.over_again.id IS 'of id';
CREATE OR REPLACE RULE r AS ON INSERT TO fam.longer DO INSTEAD INSERT INTO fam.t (id) VALUES (new.id + 1);
ALTER TABLE fam.t DISABLE RULE off;
CREATE OR REPLACE TRIGGER tr BEFORE INSERT OR UPDATE OF id ON fam.t FOR EACH ROW WHEN (new.id > 3) EXECUTE FUNCTION fam.trig2('x');
ALTER TABLE fam.t ENABLE ALWAYS TRIGGER tr;
ALTER TABLE fam.t DISABLE TRIGGER off;
DROP TRIGGER late ON fam.t;
CREATE CONSTRAINT TRIGGER late AFTER INSERT ON fam.t DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION fam.trig();
CREATE OR REPLACE TRIGGER of_parts AFTER INSERT ON fam.p FOR EACH ROW EXECUTE FUNCTION fam.trig2();
ALTER TABLE fam.p1 DISABLE TRIGGER of_parts;
ALTER POLICY pol ON fam.t TO regress_families_user, regress_families_owner USING (id > 7) WITH CHECK (id > 8);
DROP POLICY less ON fam.t;
CREATE POLICY less ON fam.t USING (id > 0);
DROP POLICY command ON fam.t;
CREATE POLICY command ON fam.t AS RESTRICTIVE FOR DELETE USING (id > 0);
ALTER STATISTICS fam.s SET STATISTICS 20;
DROP STATISTICS fam.s2;
CREATE STATISTICS fam.s2 (mcv) ON id, n FROM fam.t;
SELECT public.keep('b');
SELECT kind, statement, notes FROM public.migration('b', 'a') ORDER BY seq;
\set ECHO none
SELECT statement FROM public.migration('b', 'a') WHERE NOT skipped ORDER BY seq \gexec
\set ECHO all
SELECT * FROM public.left_over('a');
SELECT kind, statement, notes FROM public.migration('a', 'b') ORDER BY seq;
\set ECHO none
SELECT statement FROM public.migration('a', 'b') WHERE NOT skipped ORDER BY seq \gexec
\set ECHO all
SELECT * FROM public.left_over('b');
DROP SCHEMA fam CASCADE;
CREATE SCHEMA fam;

-- extensions, foreign servers, publications, subscriptions
CREATE EXTENSION hstore WITH SCHEMA fam;
CREATE FOREIGN DATA WRAPPER regress_wrap OPTIONS (debug 'true', "Other" '1');
CREATE FOREIGN DATA WRAPPER regress_wrap2;
CREATE SERVER regress_server TYPE 'a' VERSION '1' FOREIGN DATA WRAPPER regress_wrap OPTIONS (host 'x', "a b" '1');
CREATE SERVER regress_server2 FOREIGN DATA WRAPPER regress_wrap;
CREATE FOREIGN TABLE fam.far (a int OPTIONS (column_name 'x'), "B b" text) SERVER regress_server OPTIONS (table_name 't', gone 'g');
CREATE FOREIGN TABLE fam.moved (a int) SERVER regress_server;
CREATE USER MAPPING FOR regress_families_user SERVER regress_server;
CREATE TABLE fam.t (id int PRIMARY KEY, name text);
CREATE TABLE fam.u (id int PRIMARY KEY);
-- a server with another wal_level warns otherwise
SET client_min_messages = error;
CREATE PUBLICATION regress_pub FOR TABLE fam.t (id), TABLE fam.u WHERE (id > 3);
CREATE PUBLICATION regress_pub2 FOR TABLE fam.t;
CREATE PUBLICATION regress_pub3;
CREATE SUBSCRIPTION regress_sub CONNECTION '' PUBLICATION a, b WITH (connect = false, slot_name = NONE);
SET client_min_messages = warning;
SELECT public.keep('a');
ALTER EXTENSION hstore SET SCHEMA fam2;
ALTER FOREIGN DATA WRAPPER regress_wrap OPTIONS (DROP debug, SET "Other" '2');
ALTER FOREIGN DATA WRAPPER regress_wrap2 VALIDATOR postgresql_fdw_validator;
ALTER SERVER regress_server VERSION '2' OPTIONS (SET host 'y', DROP "a b", ADD port '1');
ALTER FOREIGN TABLE fam.far OPTIONS (SET table_name 't''s', DROP gone, ADD "New n" '1');
ALTER FOREIGN TABLE fam.far ALTER a OPTIONS (DROP column_name), ALTER "B b" OPTIONS (ADD column_name 'y z');
DROP FOREIGN TABLE fam.moved;
CREATE FOREIGN TABLE fam.moved (a int) SERVER regress_server2;
DROP USER MAPPING FOR regress_families_user SERVER regress_server;
CREATE USER MAPPING FOR PUBLIC SERVER regress_server;
ALTER PUBLICATION regress_pub SET (publish = 'insert', publish_via_partition_root = true);
ALTER PUBLICATION regress_pub SET TABLE fam.t, TABLES IN SCHEMA fam2;
ALTER PUBLICATION regress_pub2 DROP TABLE fam.t;
ALTER PUBLICATION regress_pub3 SET TABLE fam.u;
ALTER SUBSCRIPTION regress_sub SET (binary = true, synchronous_commit = 'local', disable_on_error = true);
ALTER SUBSCRIPTION regress_sub SET PUBLICATION b, "C c" WITH (refresh = false);
SELECT public.keep('b');
SELECT kind, statement, notes FROM public.migration('b', 'a') ORDER BY seq;
\set ECHO none
SELECT statement FROM public.migration('b', 'a') WHERE NOT skipped ORDER BY seq \gexec
\set ECHO all
SELECT * FROM public.left_over('a');
SELECT kind, statement, notes FROM public.migration('a', 'b') ORDER BY seq;
\set ECHO none
SELECT statement FROM public.migration('a', 'b') WHERE NOT skipped ORDER BY seq \gexec
\set ECHO all
SELECT * FROM public.left_over('b');
DROP PUBLICATION regress_pub, regress_pub2, regress_pub3;
ALTER SUBSCRIPTION regress_sub DISABLE;
DROP SUBSCRIPTION regress_sub;
DROP FOREIGN DATA WRAPPER regress_wrap, regress_wrap2 CASCADE;
DROP SCHEMA fam CASCADE;
DROP EXTENSION hstore;
CREATE SCHEMA fam;

-- privileges, of objects that stay and of such that are made again
CREATE TABLE fam.t (id int, name text, more text);
CREATE TABLE fam.owned (id int);
CREATE TABLE fam.usual (id int);
CREATE TABLE fam.nothing (id int);
CREATE FUNCTION fam.f() RETURNS int LANGUAGE sql AS 'SELECT 1';
CREATE FUNCTION fam.g() RETURNS int LANGUAGE sql AS 'SELECT 1';
CREATE TYPE fam.mood AS ENUM ('ok');
CREATE SEQUENCE fam.s;
CREATE VIEW fam.v AS SELECT id FROM fam.t;
GRANT USAGE ON SCHEMA fam TO regress_families_owner;
GRANT SELECT, INSERT ON fam.t TO regress_families_owner WITH GRANT OPTION;
SET SESSION AUTHORIZATION regress_families_owner;
GRANT SELECT ON fam.t TO regress_families_user;
RESET SESSION AUTHORIZATION;
GRANT UPDATE ON fam.t TO public;
GRANT UPDATE (id), SELECT (name, id) ON fam.t TO regress_families_user;
GRANT SELECT ON fam.owned, fam.v TO regress_families_user;
GRANT EXECUTE ON FUNCTION fam.f() TO regress_families_user;
REVOKE EXECUTE ON FUNCTION fam.f() FROM public;
REVOKE ALL ON fam.nothing FROM postgres;
GRANT USAGE ON SCHEMA fam TO regress_families_user;
ALTER DEFAULT PRIVILEGES IN SCHEMA fam GRANT SELECT ON TABLES TO regress_families_user;
ALTER DEFAULT PRIVILEGES GRANT ALL ON SEQUENCES TO regress_families_user;
ALTER DEFAULT PRIVILEGES REVOKE EXECUTE ON FUNCTIONS FROM public;
SELECT public.keep('a');
REVOKE SELECT ON fam.t FROM regress_families_owner CASCADE;
REVOKE GRANT OPTION FOR INSERT ON fam.t FROM regress_families_owner;
GRANT UPDATE ON fam.t TO regress_families_user WITH GRANT OPTION;
REVOKE UPDATE ON fam.t FROM public;
REVOKE SELECT (name) ON fam.t FROM regress_families_user;
GRANT INSERT (more) ON fam.t TO public;
ALTER TABLE fam.owned OWNER TO regress_families_owner;
GRANT DELETE ON fam.usual TO regress_families_user;
REVOKE ALL ON fam.usual FROM postgres;
GRANT SELECT, INSERT ON fam.usual TO postgres;
GRANT ALL ON fam.nothing TO postgres;
GRANT EXECUTE ON FUNCTION fam.f() TO public;
REVOKE EXECUTE ON FUNCTION fam.f() FROM regress_families_user;
REVOKE EXECUTE ON FUNCTION fam.g() FROM public;
GRANT USAGE ON TYPE fam.mood TO regress_families_user;
GRANT USAGE ON SEQUENCE fam.s TO public;
REVOKE ALL ON SCHEMA fam FROM regress_families_user;
GRANT CREATE ON SCHEMA fam2 TO regress_families_user WITH GRANT OPTION;
DROP VIEW fam.v;
CREATE VIEW fam.v AS SELECT name FROM fam.t;
REVOKE ALL ON fam.v FROM regress_families_user;
CREATE TABLE fam.new (id int);
REVOKE ALL ON fam.new FROM regress_families_user;
CREATE SEQUENCE fam.new_s;
CREATE FUNCTION fam.new_f() RETURNS int LANGUAGE sql AS 'SELECT 1';
ALTER DEFAULT PRIVILEGES IN SCHEMA fam GRANT INSERT ON TABLES TO public;
ALTER DEFAULT PRIVILEGES IN SCHEMA fam2 GRANT SELECT ON TABLES TO public;
ALTER DEFAULT PRIVILEGES REVOKE ALL ON SEQUENCES FROM regress_families_user;
SELECT public.keep('b');
SELECT kind, statement, notes FROM public.migration('b', 'a') ORDER BY seq;
\set ECHO none
SELECT statement FROM public.migration('b', 'a') WHERE NOT skipped ORDER BY seq \gexec
\set ECHO all
SELECT * FROM public.left_over('a');
SELECT kind, statement, notes FROM public.migration('a', 'b') ORDER BY seq;
\set ECHO none
SELECT statement FROM public.migration('a', 'b') WHERE NOT skipped ORDER BY seq \gexec
\set ECHO all
SELECT * FROM public.left_over('b');
SELECT DISTINCT ON (defaclrole) defaclrole::regrole, count(*) OVER () FROM pg_default_acl;
ALTER DEFAULT PRIVILEGES IN SCHEMA fam REVOKE ALL ON TABLES FROM public, regress_families_user;
ALTER DEFAULT PRIVILEGES IN SCHEMA fam2 REVOKE ALL ON TABLES FROM public;
ALTER DEFAULT PRIVILEGES GRANT EXECUTE ON FUNCTIONS TO public;

DROP SCHEMA fam, fam2 CASCADE;
DROP TABLE public.documents;
DROP FUNCTION public.keep(text), public.migration(text, text), public.left_over(text);
DROP ROLE regress_families_owner, regress_families_user;

-- what is skipped is in comments, also where names have ends of lines in them
CREATE SCHEMA lines;
CREATE TEMP TABLE kept AS SELECT public.stormdisc_schema(schemas => '{lines}') AS document;
CREATE DOMAIN lines.word AS text;
DO $$
BEGIN
	EXECUTE format('CREATE TABLE lines.%I (i int)', E'a\rDROP TABLE b; --');
	EXECUTE format('CREATE TABLE lines.%I (w lines.word)', E'c\nDROP TABLE d; --');
END $$;
SELECT line FROM pg_temp.kept k, public.stormdisc_migration_script(public.stormdisc_schema(schemas => '{lines}'), k.document) s (script),
	regexp_split_to_table(s.script, E'[\r\n]') line WHERE line !~ '^SET ';
DROP TABLE pg_temp.kept;
DROP SCHEMA lines CASCADE;
