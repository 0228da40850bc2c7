/*
 * kinds.sql
 *	  Objects of the kinds that mean.sql and the demo schema have none of, or
 *	  only plain ones: for tests of documents, dumps and the oracle.
 *
 * Roles belong to the whole cluster: those that are there already are taken.
 */
\set ON_ERROR_STOP on
SET client_min_messages = warning;
SELECT current_setting('server_version_num')::int >= 160000 AS v16,
	current_setting('server_version_num')::int >= 170000 AS v17,
	current_setting('server_version_num')::int >= 180000 AS v18,
	to_regclass('pg_catalog.pg_propgraph_element') IS NOT NULL AS graphs,
	current_setting('wal_level') = 'logical' AS logical \gset

DO $$
BEGIN
	IF to_regrole('regress_kinds_owner') IS NULL THEN
		CREATE ROLE regress_kinds_owner;
	END IF;
	IF to_regrole('"Regress ""kinds"""') IS NULL THEN
		CREATE ROLE "Regress ""kinds""";
	END IF;
END $$;

CREATE SCHEMA kinds AUTHORIZATION regress_kinds_owner;
CREATE SCHEMA "Kinds ""2"".x";
COMMENT ON SCHEMA kinds IS 'one of everything';
SET search_path = kinds;

-- extensions, languages, access methods
CREATE EXTENSION IF NOT EXISTS plpgsql;
CREATE FUNCTION lang_handler() RETURNS language_handler LANGUAGE c AS '$libdir/plpgsql', 'plpgsql_call_handler';
CREATE FUNCTION lang_inline(internal) RETURNS void LANGUAGE c STRICT AS '$libdir/plpgsql', 'plpgsql_inline_handler';
CREATE FUNCTION lang_validator(oid) RETURNS void LANGUAGE c STRICT AS '$libdir/plpgsql', 'plpgsql_validator';
CREATE TRUSTED LANGUAGE "Lang l" HANDLER lang_handler INLINE lang_inline VALIDATOR lang_validator;
COMMENT ON LANGUAGE "Lang l" IS 'of a language';
CREATE ACCESS METHOD "Heap h" TYPE TABLE HANDLER heap_tableam_handler;
CREATE ACCESS METHOD kinds_btree TYPE INDEX HANDLER bthandler;
COMMENT ON ACCESS METHOD kinds_btree IS 'of a method';
CREATE TABLE in_heap (a int) USING "Heap h";

-- types
CREATE TYPE state AS ENUM ('open', 'it''s', '');
COMMENT ON TYPE state IS 'of an enum';
CREATE TYPE pair AS (x int, "Y y" text COLLATE "C", z numeric(5,1)[]);
COMMENT ON COLUMN pair.x IS 'of an attribute';
CREATE TYPE floats AS RANGE (subtype = float8, subtype_diff = float8mi, subtype_opclass = float8_ops, multirange_type_name = "many Floats");
CREATE TYPE word;
CREATE FUNCTION word_in(cstring) RETURNS word LANGUAGE internal IMMUTABLE STRICT AS 'textin';
CREATE FUNCTION word_out(word) RETURNS cstring LANGUAGE internal IMMUTABLE STRICT AS 'textout';
CREATE TYPE word (INPUT = word_in, OUTPUT = word_out, LIKE = text, CATEGORY = 'W', PREFERRED = true, DEFAULT = 'w''', DELIMITER = ';', COLLATABLE = true);
CREATE TYPE only_a_shell;
CREATE DOMAIN small AS int DEFAULT 3 CONSTRAINT "is small" CHECK (VALUE < 100) NOT NULL;
ALTER DOMAIN small ADD CONSTRAINT later CHECK (VALUE <> 7) NOT VALID;
COMMENT ON CONSTRAINT "is small" ON DOMAIN small IS 'of a domain constraint';
CREATE DOMAIN "Kinds ""2"".x"."Smaller" AS small CHECK (VALUE < 10);
CREATE DOMAIN list AS text[] COLLATE "C" DEFAULT '{a,b}';
ALTER TYPE state OWNER TO regress_kinds_owner;

-- collations and conversions
CREATE COLLATION "Coll c" (PROVIDER = libc, LOCALE = 'C');
COMMENT ON COLLATION "Coll c" IS 'of a collation';
CREATE COLLATION copied FROM "POSIX";
CREATE CONVERSION "Conv c" FOR 'LATIN1' TO 'UTF8' FROM iso8859_1_to_utf8;
CREATE DEFAULT CONVERSION kinds.conv FOR 'UTF8' TO 'LATIN1' FROM utf8_to_iso8859_1;
COMMENT ON CONVERSION "Conv c" IS 'of a conversion';

-- text search
CREATE TEXT SEARCH DICTIONARY "Dict d" (TEMPLATE = simple, STOPWORDS = 'english', ACCEPT = false);
CREATE TEXT SEARCH CONFIGURATION conf (PARSER = pg_catalog."default");
ALTER TEXT SEARCH CONFIGURATION conf ADD MAPPING FOR asciiword, word WITH "Dict d", english_stem;
ALTER TEXT SEARCH CONFIGURATION conf ADD MAPPING FOR numword WITH simple;
CREATE TEXT SEARCH PARSER "Parser p" (START = prsd_start, GETTOKEN = prsd_nexttoken, END = prsd_end, LEXTYPES = prsd_lextype, HEADLINE = prsd_headline);
CREATE TEXT SEARCH TEMPLATE "Templ t" (INIT = dsimple_init, LEXIZE = dsimple_lexize);
COMMENT ON TEXT SEARCH CONFIGURATION conf IS 'of a configuration';
COMMENT ON TEXT SEARCH DICTIONARY "Dict d" IS 'of a dictionary';

-- functions
CREATE FUNCTION plain(int) RETURNS int LANGUAGE sql AS 'SELECT $1';
CREATE FUNCTION "Fun f"(a int, b text DEFAULT E'it''s \\', INOUT c numeric DEFAULT 1.5, OUT d text, VARIADIC e int[] DEFAULT '{1,2}') RETURNS record
	LANGUAGE plpgsql STABLE STRICT LEAKPROOF PARALLEL SAFE SECURITY DEFINER COST 7 SET search_path = pg_catalog, "Kinds ""2"".x" SET "DateStyle" = 'ISO, DMY'
	AS $f$BEGIN d := '$$'; END$f$;
COMMENT ON FUNCTION "Fun f" IS 'of a function';
CREATE FUNCTION rows(n int) RETURNS TABLE (x int, "Y y" text) LANGUAGE sql ROWS 17 PARALLEL RESTRICTED AS 'SELECT 1, ''a''';
CREATE FUNCTION set_of() RETURNS SETOF pair LANGUAGE sql IMMUTABLE AS 'SELECT 1, ''a'', ''{}''::numeric[]';
CREATE FUNCTION standard(a int DEFAULT 1, b small DEFAULT 2) RETURNS int LANGUAGE sql IMMUTABLE RETURN a + b;
CREATE FUNCTION atomic(a int) RETURNS SETOF int LANGUAGE sql BEGIN ATOMIC SELECT a; SELECT a + 1; END;
CREATE PROCEDURE "Proc p"(INOUT a int, b text DEFAULT 'x') LANGUAGE plpgsql AS 'BEGIN a := 1; END';
COMMENT ON PROCEDURE "Proc p" IS 'of a procedure';
CREATE FUNCTION poly(anyelement, anyarray) RETURNS anyelement LANGUAGE sql AS 'SELECT $1';
CREATE FUNCTION support_me(internal) RETURNS internal LANGUAGE internal STRICT IMMUTABLE AS 'generate_series_int4_support';
CREATE FUNCTION supported(int, int) RETURNS SETOF int LANGUAGE internal STRICT SUPPORT support_me AS 'generate_series_int4';
CREATE AGGREGATE total(int) (SFUNC = int4pl, STYPE = int, INITCOND = '0', COMBINEFUNC = int4pl, MSFUNC = int4pl, MINVFUNC = int4mi, MSTYPE = int, MINITCOND = '0', PARALLEL = SAFE);
CREATE AGGREGATE least_of(int) (SFUNC = int4smaller, STYPE = int, SORTOP = OPERATOR(pg_catalog.<));
CREATE AGGREGATE percent(float8 ORDER BY anyelement) (SFUNC = ordered_set_transition, STYPE = internal, FINALFUNC = percentile_disc_final, FINALFUNC_EXTRA, FINALFUNC_MODIFY = READ_WRITE);
CREATE AGGREGATE ranked(VARIADIC "any" ORDER BY VARIADIC "any") (SFUNC = ordered_set_transition_multi, STYPE = internal, FINALFUNC = rank_final, FINALFUNC_EXTRA, HYPOTHETICAL);
COMMENT ON AGGREGATE total(int) IS 'of an aggregate';
ALTER FUNCTION plain(int) OWNER TO regress_kinds_owner;

-- operators, their classes, casts, transforms
CREATE FUNCTION same(pair, pair) RETURNS bool LANGUAGE sql IMMUTABLE AS 'SELECT ($1).x = ($2).x';
CREATE OPERATOR === (LEFTARG = pair, RIGHTARG = pair, FUNCTION = same, COMMUTATOR = ===, NEGATOR = !==, RESTRICT = eqsel, JOIN = eqjoinsel, HASHES, MERGES);
CREATE FUNCTION not_same(pair, pair) RETURNS bool LANGUAGE sql IMMUTABLE AS 'SELECT NOT kinds.same($1, $2)';
CREATE OPERATOR !== (LEFTARG = pair, RIGHTARG = pair, FUNCTION = not_same, COMMUTATOR = !==, NEGATOR = ===, RESTRICT = neqsel, JOIN = neqjoinsel);
CREATE OPERATOR |+| (RIGHTARG = int, FUNCTION = int4abs);
COMMENT ON OPERATOR === (pair, pair) IS 'of an operator';
CREATE OPERATOR FAMILY "Fam f" USING btree;
ALTER OPERATOR FAMILY "Fam f" USING btree ADD OPERATOR 1 <(int, bigint), OPERATOR 3 =(int, bigint), FUNCTION 1 (int, bigint) btint48cmp(int, bigint);
CREATE OPERATOR CLASS "Class c" FOR TYPE int USING btree FAMILY "Fam f" AS OPERATOR 1 <, OPERATOR 2 <=, OPERATOR 3 =, OPERATOR 4 >=, OPERATOR 5 >, FUNCTION 1 btint4cmp(int, int);
CREATE OPERATOR CLASS gist_class DEFAULT FOR TYPE floats USING gist AS OPERATOR 3 && (anyrange, anyrange), FUNCTION 1 range_gist_consistent(internal, anyrange, smallint, oid, internal),
	FUNCTION 2 range_gist_union(internal, internal), FUNCTION 5 range_gist_penalty(internal, internal, internal), FUNCTION 6 range_gist_picksplit(internal, internal), FUNCTION 7 range_gist_same(anyrange, anyrange, internal);
COMMENT ON OPERATOR CLASS "Class c" USING btree IS 'of a class';
CREATE FUNCTION to_pair(int) RETURNS pair LANGUAGE sql IMMUTABLE AS 'SELECT $1, NULL::text, NULL::numeric[]';
CREATE CAST (int AS pair) WITH FUNCTION to_pair(int) AS ASSIGNMENT;
CREATE CAST (word AS text) WITHOUT FUNCTION AS IMPLICIT;
CREATE CAST (pair AS state) WITH INOUT;
COMMENT ON CAST (int AS pair) IS 'of a cast';
CREATE TRANSFORM FOR int LANGUAGE sql (FROM SQL WITH FUNCTION prsd_lextype(internal), TO SQL WITH FUNCTION int4recv(internal));
COMMENT ON TRANSFORM FOR int LANGUAGE sql IS 'of a transform';

-- sequences
CREATE SEQUENCE counter AS smallint START -3 INCREMENT -7 MAXVALUE -1 MINVALUE -1000 CACHE 5 CYCLE;
SELECT nextval('counter') \g /dev/null
CREATE UNLOGGED SEQUENCE not_logged;
COMMENT ON SEQUENCE counter IS 'of a sequence';

-- tables, with all that stands on them
CREATE TABLE t (
	id bigint GENERATED BY DEFAULT AS IDENTITY (START 11 CACHE 3) PRIMARY KEY,
	"A a" int DEFAULT standard(b => 4),
	b state DEFAULT 'open',
	c pair,
	d "Kinds ""2"".x"."Smaller" DEFAULT 5,
	e floats,
	f word,
	g serial,
	EXCLUDE USING gist (e gist_class WITH &&));
ALTER TABLE t OWNER TO regress_kinds_owner;
CREATE INDEX t_class ON t ("A a" "Class c");
ALTER TABLE t ALTER "A a" SET (n_distinct = 7, n_distinct_inherited = -0.5), ALTER "A a" SET STATISTICS 11;
CREATE STATISTICS "Stat s" (ndistinct, mcv) ON "A a", b, (id + 1) FROM t;
ALTER STATISTICS "Stat s" SET STATISTICS 33;
CREATE STATISTICS on_expression ON (id % 7) FROM t;
COMMENT ON STATISTICS "Stat s" IS 'of statistics';
CREATE TABLE parts (k int, v text) PARTITION BY RANGE (k);
CREATE TABLE parts_0 PARTITION OF parts FOR VALUES FROM (0) TO (10);
CREATE TABLE parts_1 PARTITION OF parts FOR VALUES FROM (10) TO (20);
CREATE TABLE parts_nil (a text) PARTITION BY LIST (a);
CREATE TABLE parts_nil_1 PARTITION OF parts_nil FOR VALUES IN (NULL);
ALTER SEQUENCE t_g_seq RENAME TO "Seq of g";

-- views
CREATE VIEW v WITH (security_barrier, check_option = cascaded) AS SELECT id, "A a", b FROM t WHERE "A a" > 0;
CREATE VIEW "View ""v""" WITH (security_invoker = true) AS SELECT v.id, count(*) AS n, max(p.k) FROM v JOIN parts p ON p.k = v.id GROUP BY v.id;
CREATE VIEW local_check AS SELECT id, g FROM t WHERE id > 5 WITH LOCAL CHECK OPTION;
COMMENT ON VIEW v IS 'of a view';
ALTER VIEW v ALTER "A a" SET DEFAULT 8;
CREATE MATERIALIZED VIEW m WITH (fillfactor = 66) AS SELECT k, count(*) AS n FROM parts GROUP BY k;
CREATE MATERIALIZED VIEW m_empty AS SELECT 1 AS one WITH NO DATA;
CREATE UNIQUE INDEX m_k ON m (k);
ALTER MATERIALIZED VIEW m CLUSTER ON m_k;
COMMENT ON MATERIALIZED VIEW m IS 'of a materialized view';

-- rules, policies, triggers, event triggers
CREATE RULE "Rule r" AS ON INSERT TO "View ""v""" DO INSTEAD INSERT INTO t (b) VALUES ('it''s') RETURNING id, 1::bigint, 2;
CREATE RULE also AS ON UPDATE TO t WHERE old.id > 5 DO ALSO (DELETE FROM parts WHERE k = old.id; UPDATE parts SET v = old.b WHERE k = 0);
CREATE RULE tell AS ON INSERT TO in_heap DO ALSO NOTIFY kinds;
CREATE RULE nothing AS ON DELETE TO t WHERE old.b = '' DO INSTEAD NOTHING;
ALTER TABLE t DISABLE RULE also;
COMMENT ON RULE also ON t IS 'of a rule';
ALTER TABLE t ENABLE ROW LEVEL SECURITY;
CREATE POLICY "Pol p" ON t AS RESTRICTIVE FOR UPDATE TO regress_kinds_owner, "Regress ""kinds""" USING (id > 0) WITH CHECK (b <> 'open');
CREATE POLICY everyone ON t USING (b = ANY (enum_range(NULL::state)));
COMMENT ON POLICY everyone ON t IS 'of a policy';
CREATE FUNCTION trigger_f() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NULL; END';
CREATE TRIGGER "Trig t" BEFORE INSERT OR UPDATE OF "A a", b OR DELETE ON t FOR EACH ROW EXECUTE FUNCTION trigger_f('it''s', E'\\', '');
CREATE TRIGGER transition AFTER UPDATE ON t REFERENCING OLD TABLE AS "Old o" NEW TABLE AS new_rows FOR EACH STATEMENT EXECUTE FUNCTION trigger_f();
CREATE TRIGGER on_change AFTER UPDATE ON t FOR EACH ROW WHEN (old.* IS DISTINCT FROM new.* AND new."A a" > 0) EXECUTE FUNCTION trigger_f();
CREATE TRIGGER on_truncate BEFORE TRUNCATE ON t EXECUTE FUNCTION trigger_f();
CREATE TRIGGER instead INSTEAD OF UPDATE ON v FOR EACH ROW EXECUTE FUNCTION trigger_f();
CREATE CONSTRAINT TRIGGER "Deferred d" AFTER INSERT ON t DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION trigger_f();
CREATE TRIGGER of_parts AFTER INSERT ON parts FOR EACH ROW EXECUTE FUNCTION trigger_f();
ALTER TABLE t DISABLE TRIGGER on_change, ENABLE REPLICA TRIGGER transition, ENABLE ALWAYS TRIGGER on_truncate;
ALTER TABLE parts_1 DISABLE TRIGGER of_parts;
COMMENT ON TRIGGER "Trig t" ON t IS 'of a trigger';
CREATE FUNCTION event_f() RETURNS event_trigger LANGUAGE plpgsql AS 'BEGIN END';
CREATE EVENT TRIGGER kinds_start ON ddl_command_start WHEN TAG IN ('CREATE CAST', 'DROP CAST') EXECUTE FUNCTION event_f();
CREATE EVENT TRIGGER kinds_drop ON sql_drop EXECUTE FUNCTION event_f();
ALTER EVENT TRIGGER kinds_drop ENABLE REPLICA;
ALTER EVENT TRIGGER kinds_start DISABLE;
COMMENT ON EVENT TRIGGER kinds_drop IS 'of an event trigger';

-- foreign data
CREATE FOREIGN DATA WRAPPER "Wrap w" OPTIONS (debug 'true');
CREATE FOREIGN DATA WRAPPER validated VALIDATOR postgresql_fdw_validator;
CREATE SERVER "Server s" TYPE 'kind''s' VERSION '1.2' FOREIGN DATA WRAPPER "Wrap w" OPTIONS (host 'far', "Odd o" 'a,b=c''');
COMMENT ON SERVER "Server s" IS 'of a server';
CREATE USER MAPPING FOR regress_kinds_owner SERVER "Server s" OPTIONS ("user" 'me', password 'secret');
CREATE USER MAPPING FOR PUBLIC SERVER "Server s";
CREATE FOREIGN TABLE "Far f" (a int OPTIONS (column_name 'x y'), b text NOT NULL DEFAULT 'x') SERVER "Server s" OPTIONS (table_name 'it''s');
COMMENT ON FOREIGN TABLE "Far f" IS 'of a foreign table';

-- publications and subscriptions; what they need to work is not here
SET client_min_messages = error;
CREATE PUBLICATION "Pub p" FOR TABLE t (id, b) WHERE (id > 5), parts WITH (publish = 'insert, update', publish_via_partition_root = true);
CREATE PUBLICATION of_schema FOR TABLES IN SCHEMA "Kinds ""2"".x";
CREATE PUBLICATION of_all FOR ALL TABLES WITH (publish = 'truncate');
COMMENT ON PUBLICATION of_all IS 'of a publication';
CREATE SUBSCRIPTION "Sub s" CONNECTION 'host=/nonexistent dbname=kinds password=secret' PUBLICATION "Pub p", of_all WITH (connect = false, slot_name = NONE, binary = true, synchronous_commit = 'local');
COMMENT ON SUBSCRIPTION "Sub s" IS 'of a subscription';

-- privileges
GRANT USAGE ON SCHEMA kinds TO PUBLIC;
GRANT CREATE ON SCHEMA "Kinds ""2"".x" TO "Regress ""kinds""" WITH GRANT OPTION;
GRANT SELECT, INSERT ON t TO "Regress ""kinds""" WITH GRANT OPTION;
GRANT UPDATE (b, "A a") ON t TO PUBLIC;
GRANT ALL ON SEQUENCE counter TO regress_kinds_owner;
REVOKE EXECUTE ON FUNCTION plain(int) FROM PUBLIC;
GRANT EXECUTE ON PROCEDURE "Proc p" TO regress_kinds_owner;
GRANT USAGE ON TYPE state TO "Regress ""kinds""";
REVOKE USAGE ON TYPE small FROM PUBLIC;
GRANT USAGE ON LANGUAGE "Lang l" TO regress_kinds_owner;
GRANT USAGE ON FOREIGN DATA WRAPPER "Wrap w" TO regress_kinds_owner;
GRANT USAGE ON FOREIGN SERVER "Server s" TO "Regress ""kinds""";
GRANT SELECT ON v, m TO PUBLIC;
ALTER DEFAULT PRIVILEGES IN SCHEMA kinds GRANT SELECT ON TABLES TO "Regress ""kinds""";
ALTER DEFAULT PRIVILEGES FOR ROLE regress_kinds_owner REVOKE EXECUTE ON FUNCTIONS FROM PUBLIC;
ALTER DEFAULT PRIVILEGES FOR ROLE regress_kinds_owner GRANT USAGE ON SCHEMAS TO "Regress ""kinds""";

-- what goes with an extension
ALTER FUNCTION rows(int) DEPENDS ON EXTENSION plpgsql;
ALTER TRIGGER of_parts ON parts DEPENDS ON EXTENSION plpgsql;
ALTER INDEX m_k DEPENDS ON EXTENSION plpgsql;
ALTER MATERIALIZED VIEW m_empty DEPENDS ON EXTENSION plpgsql;

-- what only later servers have
\if :v17
CREATE COLLATION built_in (PROVIDER = builtin, LOCALE = 'C.UTF-8');
GRANT MAINTAIN ON t TO "Regress ""kinds""";
\endif
\if :v18
CREATE TABLE v18 (a int NOT NULL NO INHERIT, b int GENERATED ALWAYS AS (a * 2) VIRTUAL, c int CONSTRAINT "C c" NOT NULL, CHECK (a > 0) NOT ENFORCED);
CREATE PUBLICATION generated FOR TABLE t WITH (publish_generated_columns = stored);
\endif
\if :graphs
CREATE TABLE person (id int PRIMARY KEY, name text);
CREATE TABLE knows (a int REFERENCES person, b int REFERENCES person, since date, PRIMARY KEY (a, b));
CREATE PROPERTY GRAPH "Graph g" VERTEX TABLES (person LABEL human PROPERTIES (name AS "Name n"))
	EDGE TABLES (knows SOURCE KEY (a) REFERENCES person (id) DESTINATION KEY (b) REFERENCES person (id));
COMMENT ON PROPERTY GRAPH "Graph g" IS 'of a graph';
\endif
RESET search_path;
