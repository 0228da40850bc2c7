/*
 * stress_schema.sql
 *	  What is hard to write as DDL again, for test/t/061_round_trip.pl.
 *
 * The oddest names and texts are in test/oracle/mean.sql, one of every kind of
 * object in test/oracle/kinds.sql; here are things that need each other, or
 * that more than one statement makes.  Wants the tablespace stress_space.
 */
\set ON_ERROR_STOP on
SET client_min_messages = warning;
SELECT current_setting('server_version_num')::int >= 160000 AS v16,
	current_setting('server_version_num')::int >= 170000 AS v17,
	current_setting('server_version_num')::int >= 180000 AS v18,
	current_setting('server_version_num')::int >= 190000 AS v19,
	to_regclass('pg_catalog.pg_propgraph_element') IS NOT NULL AS graphs \gset

DO $$ BEGIN CREATE ROLE stress_owner; EXCEPTION WHEN duplicate_object THEN NULL; END $$;
DO $$ BEGIN CREATE ROLE stress_user; EXCEPTION WHEN duplicate_object THEN NULL; END $$;
DO $$ BEGIN CREATE ROLE "Stress ""r"""; EXCEPTION WHEN duplicate_object THEN NULL; END $$;

CREATE SCHEMA stress;
CREATE SCHEMA other;
CREATE SCHEMA "a.b";
CREATE SCHEMA extensions;
COMMENT ON SCHEMA public IS 'not the standard public schema';
REVOKE ALL ON SCHEMA public FROM PUBLIC;
GRANT USAGE ON SCHEMA public TO stress_user;
ALTER SCHEMA other OWNER TO stress_owner;
CREATE EXTENSION hstore SCHEMA extensions;
CREATE EXTENSION earthdistance SCHEMA extensions CASCADE;
CREATE EXTENSION btree_gist;
CREATE EXTENSION pg_trgm SCHEMA other;
SET search_path = stress, extensions, public;

-- Loops

-- a default that calls a function of the table's own row type, and a check
CREATE TABLE row_loop (a int PRIMARY KEY, b int, c text NOT NULL);
CREATE FUNCTION row_default(row_loop) RETURNS int LANGUAGE sql IMMUTABLE AS 'SELECT coalesce($1.a, 7)';
CREATE FUNCTION row_check(row_loop) RETURNS bool LANGUAGE sql IMMUTABLE AS 'SELECT true';
ALTER TABLE row_loop ALTER b SET DEFAULT row_default(NULL), ADD CONSTRAINT whole_row CHECK (row_check(row_loop)), ADD CONSTRAINT plain CHECK (b > 0);
CREATE INDEX row_index ON row_loop (row_default(row_loop)) WHERE row_check(row_loop);
COMMENT ON CONSTRAINT whole_row ON row_loop IS 'of a check that comes later';
COMMENT ON CONSTRAINT plain ON row_loop IS 'of a check';
-- a body in standard SQL that reads the table whose default it is
CREATE TABLE atomic_loop (a int PRIMARY KEY, b int, c text);
CREATE FUNCTION atomic_default() RETURNS bigint LANGUAGE sql BEGIN ATOMIC SELECT max(a) FROM atomic_loop; END;
ALTER TABLE atomic_loop ALTER b SET DEFAULT atomic_default();
CREATE FUNCTION atomic_grouped() RETURNS SETOF text LANGUAGE sql BEGIN ATOMIC SELECT c FROM atomic_loop GROUP BY a; END;
CREATE FUNCTION atomic_view_user() RETURNS bigint LANGUAGE sql RETURN (SELECT count(*) FROM atomic_grouped());
CREATE INDEX atomic_index ON atomic_loop ((a + b));
-- a domain whose check takes the domain
CREATE DOMAIN self_domain AS text;
CREATE FUNCTION self_domain_ok(self_domain) RETURNS bool LANGUAGE sql IMMUTABLE AS 'SELECT true';
ALTER DOMAIN self_domain ADD CONSTRAINT is_ok CHECK (self_domain_ok(VALUE));
ALTER DOMAIN self_domain ADD CONSTRAINT not_empty CHECK (VALUE <> '');
COMMENT ON CONSTRAINT is_ok ON DOMAIN self_domain IS 'of a check that comes later';
-- a view over a function that returns rows of the view
CREATE VIEW function_view AS SELECT 1 AS a, 'x'::text COLLATE "C" AS "B b", NULL::row_loop AS r;
CREATE FUNCTION view_function() RETURNS SETOF function_view LANGUAGE sql AS 'SELECT 1, ''x''::text, NULL::stress.row_loop';
CREATE OR REPLACE VIEW function_view AS SELECT a, "B b" COLLATE "C" AS "B b", r FROM view_function();
COMMENT ON COLUMN function_view.a IS 'of a view that begins without a query';
CREATE VIEW over_function_view AS SELECT a FROM function_view;
-- views that group by a key, and what is made of them
CREATE TABLE keyed (id int PRIMARY KEY, name text, parent int);
CREATE VIEW by_key AS SELECT k.id, k.name, count(*) AS n FROM keyed k JOIN row_loop r ON r.a = k.id GROUP BY k.id;
CREATE MATERIALIZED VIEW by_key_kept AS SELECT * FROM by_key WHERE n > 1;
CREATE UNIQUE INDEX by_key_kept_id ON by_key_kept (id);
CREATE INDEX by_key_kept_n ON by_key_kept ((n + 1)) WHERE n > 5;
ALTER INDEX by_key_kept_n ALTER COLUMN 1 SET STATISTICS 12;
ALTER MATERIALIZED VIEW by_key_kept ALTER name SET (n_distinct = 5), ALTER name SET STATISTICS 6, ALTER name SET STORAGE external;
CREATE VIEW a_view_of_kept AS SELECT * FROM by_key_kept;
CREATE MATERIALIZED VIEW a_kept_of_view AS SELECT * FROM a_view_of_kept;
CREATE STATISTICS other.of_kept ON id, name FROM by_key_kept;
CREATE RULE upsert AS ON INSERT TO by_key DO INSTEAD INSERT INTO keyed (id, name) VALUES (new.id, new.name) ON CONFLICT (id) DO UPDATE SET name = excluded.name;
-- foreign keys: to itself, and around; keys named so that they sort after
ALTER TABLE keyed ADD CONSTRAINT a_self_fk FOREIGN KEY (parent) REFERENCES keyed ON DELETE SET NULL;
CREATE TABLE circle_a (id int CONSTRAINT z_circle_a PRIMARY KEY, b int);
CREATE TABLE circle_b (id int CONSTRAINT z_circle_b PRIMARY KEY, a int CONSTRAINT a_circle_b REFERENCES circle_a DEFERRABLE);
ALTER TABLE circle_a ADD CONSTRAINT a_circle_a FOREIGN KEY (b) REFERENCES circle_b INITIALLY DEFERRED;
CREATE UNIQUE INDEX circle_only ON circle_a (b, id);
CREATE TABLE refers_to_index (a int, b int, CONSTRAINT fk FOREIGN KEY (a, b) REFERENCES circle_a (b, id));
-- a table that names itself
CREATE TABLE names_itself (a regclass, b oid);
ALTER TABLE names_itself ALTER a SET DEFAULT 'names_itself'::regclass, ALTER b SET DEFAULT 'names_itself'::regclass::oid,
	ADD CONSTRAINT not_itself CHECK (a <> 'names_itself'::regclass);
-- rules of views into each other
CREATE VIEW ping AS SELECT 1 AS a;
CREATE VIEW pong AS SELECT 2 AS a;
CREATE RULE to_pong AS ON INSERT TO ping DO INSTEAD INSERT INTO pong VALUES (new.a);
CREATE RULE to_ping AS ON INSERT TO pong DO INSTEAD INSERT INTO ping VALUES (new.a);
-- a function and a table, and an overloaded one, of the same name
CREATE TABLE same_name (a int);
CREATE FUNCTION same_name(same_name) RETURNS int LANGUAGE sql IMMUTABLE AS 'SELECT $1.a';
CREATE FUNCTION same_name(int) RETURNS int LANGUAGE sql IMMUTABLE RETURN $1 + 1;
CREATE FUNCTION same_name(int, int) RETURNS int LANGUAGE sql IMMUTABLE RETURN same_name($1) + $2;
CREATE VIEW uses_same_name AS SELECT same_name(s), same_name(a, 5) AS two FROM same_name s;

-- Types that need functions that need types

CREATE TYPE grade;
CREATE FUNCTION grade_in(cstring) RETURNS grade LANGUAGE internal IMMUTABLE STRICT AS 'int4in';
CREATE FUNCTION grade_out(grade) RETURNS cstring LANGUAGE internal IMMUTABLE STRICT AS 'int4out';
CREATE FUNCTION grade_recv(internal) RETURNS grade LANGUAGE internal IMMUTABLE STRICT AS 'int4recv';
CREATE FUNCTION grade_send(grade) RETURNS bytea LANGUAGE internal IMMUTABLE STRICT AS 'int4send';
CREATE FUNCTION grade_typmod_in(cstring[]) RETURNS int LANGUAGE internal IMMUTABLE STRICT AS 'bpchartypmodin';
CREATE FUNCTION grade_typmod_out(int) RETURNS cstring LANGUAGE internal IMMUTABLE STRICT AS 'bpchartypmodout';
CREATE TYPE grade (INPUT = grade_in, OUTPUT = grade_out, RECEIVE = grade_recv, SEND = grade_send, TYPMOD_IN = grade_typmod_in, TYPMOD_OUT = grade_typmod_out,
	INTERNALLENGTH = 4, PASSEDBYVALUE, ALIGNMENT = int4, CATEGORY = 'N', DELIMITER = ';', DEFAULT = '1');
CREATE FUNCTION grade_lt(grade, grade) RETURNS bool LANGUAGE internal IMMUTABLE STRICT AS 'int4lt';
CREATE FUNCTION grade_le(grade, grade) RETURNS bool LANGUAGE internal IMMUTABLE STRICT AS 'int4le';
CREATE FUNCTION grade_eq(grade, grade) RETURNS bool LANGUAGE internal IMMUTABLE STRICT AS 'int4eq';
CREATE FUNCTION grade_ge(grade, grade) RETURNS bool LANGUAGE internal IMMUTABLE STRICT AS 'int4ge';
CREATE FUNCTION grade_gt(grade, grade) RETURNS bool LANGUAGE internal IMMUTABLE STRICT AS 'int4gt';
CREATE FUNCTION grade_cmp(grade, grade) RETURNS int LANGUAGE sql IMMUTABLE STRICT AS 'SELECT CASE WHEN stress.grade_lt($1, $2) THEN -1 WHEN stress.grade_eq($1, $2) THEN 0 ELSE 1 END';
CREATE FUNCTION grade_hash(grade) RETURNS int LANGUAGE internal IMMUTABLE STRICT AS 'hashint4';
CREATE FUNCTION grade_hash_extended(grade, int8) RETURNS int8 LANGUAGE internal IMMUTABLE STRICT AS 'hashint4extended';
CREATE OPERATOR < (LEFTARG = grade, RIGHTARG = grade, FUNCTION = grade_lt, COMMUTATOR = >, NEGATOR = >=, RESTRICT = scalarltsel, JOIN = scalarltjoinsel);
CREATE OPERATOR <= (LEFTARG = grade, RIGHTARG = grade, FUNCTION = grade_le, COMMUTATOR = >=, NEGATOR = >);
CREATE OPERATOR = (LEFTARG = grade, RIGHTARG = grade, FUNCTION = grade_eq, COMMUTATOR = =, RESTRICT = eqsel, JOIN = eqjoinsel, HASHES, MERGES);
CREATE OPERATOR >= (LEFTARG = grade, RIGHTARG = grade, FUNCTION = grade_ge, COMMUTATOR = <=, NEGATOR = <);
CREATE OPERATOR > (LEFTARG = grade, RIGHTARG = grade, FUNCTION = grade_gt, COMMUTATOR = <, NEGATOR = <=);
CREATE OPERATOR CLASS grade_ops DEFAULT FOR TYPE grade USING btree AS OPERATOR 1 <, OPERATOR 2 <=, OPERATOR 3 =, OPERATOR 4 >=, OPERATOR 5 >, FUNCTION 1 grade_cmp(grade, grade);
CREATE OPERATOR CLASS grade_hash_ops DEFAULT FOR TYPE grade USING hash AS OPERATOR 1 =, FUNCTION 1 grade_hash(grade), FUNCTION 2 grade_hash_extended(grade, int8);
CREATE FUNCTION grade_diff(grade, grade) RETURNS float8 LANGUAGE sql IMMUTABLE AS 'SELECT 1.0::float8';
CREATE FUNCTION grade_of(int) RETURNS grade LANGUAGE internal IMMUTABLE STRICT AS 'int4abs';
CREATE CAST (int AS grade) WITH FUNCTION grade_of(int) AS IMPLICIT;
CREATE CAST (grade AS int) WITHOUT FUNCTION;
CREATE FUNCTION grade_larger(grade, grade) RETURNS grade LANGUAGE sql IMMUTABLE AS 'SELECT $1';
CREATE AGGREGATE best(grade) (SFUNC = grade_larger, STYPE = grade, SORTOP = >);
CREATE AGGREGATE count_all(*) (SFUNC = int8inc, STYPE = int8, INITCOND = 0);
COMMENT ON AGGREGATE count_all(*) IS 'of an aggregate without arguments';
-- a range with a function of its own type
CREATE TYPE grade_range;
CREATE FUNCTION grade_range_canonical(grade_range) RETURNS grade_range LANGUAGE internal IMMUTABLE STRICT AS 'int4range_canonical';
CREATE TYPE grade_range AS RANGE (SUBTYPE = grade, SUBTYPE_OPCLASS = grade_ops, CANONICAL = grade_range_canonical, SUBTYPE_DIFF = grade_diff, MULTIRANGE_TYPE_NAME = "Many Grades");
CREATE TYPE pair AS (g grade, r grade_range[], "Many" "Many Grades");
CREATE DOMAIN grades AS grade[] CHECK (VALUE <> '{}') NOT NULL DEFAULT '{1;2}';
CREATE DOMAIN more_grades AS grades DEFAULT NULL;
CREATE TABLE graded (g grade PRIMARY KEY DEFAULT 3, h grade(7), list grades, p pair, r grade_range UNIQUE, EXCLUDE USING btree (h WITH =));
CREATE VIEW graded_view AS SELECT DISTINCT g, 5::grade AS five, max(h::int) AS h FROM graded WHERE g = 4 GROUP BY g ORDER BY g;
CREATE TABLE graded_parts (g grade, h int) PARTITION BY RANGE (g);
CREATE TABLE graded_part PARTITION OF graded_parts FOR VALUES FROM ('1') TO ('5');
CREATE TABLE hashed_parts (g grade) PARTITION BY HASH (g);
CREATE TABLE hashed_part PARTITION OF hashed_parts FOR VALUES WITH (MODULUS 1, REMAINDER 0);
-- an operator class written in standard SQL, which a table reads
CREATE TYPE version AS (major int, minor int);
CREATE FUNCTION version_cmp(version, version) RETURNS int LANGUAGE sql IMMUTABLE RETURN coalesce(nullif($1.major - $2.major, 0), $1.minor - $2.minor);
CREATE FUNCTION version_before(version, version) RETURNS bool LANGUAGE sql IMMUTABLE RETURN version_cmp($1, $2) < 0;
CREATE OPERATOR <<< (LEFTARG = version, RIGHTARG = version, FUNCTION = version_before, COMMUTATOR = >>>);
CREATE OPERATOR CLASS version_ops FOR TYPE version USING btree AS OPERATOR 1 <<<, FUNCTION 1 version_cmp(version, version);
CREATE TABLE versions (v version);
CREATE INDEX versions_v ON versions (v version_ops);
-- an operator that only its commutator names
CREATE TYPE mood AS ENUM ('sad', 'ok', 'happy');
ALTER TYPE mood ADD VALUE 'meh' BEFORE 'ok';
CREATE CAST (text AS mood) WITH INOUT AS ASSIGNMENT;

-- Tables

CREATE TABLE spaced (a int PRIMARY KEY USING INDEX TABLESPACE stress_space, b text, c int UNIQUE WITH (fillfactor = 71) USING INDEX TABLESPACE stress_space DEFERRABLE INITIALLY DEFERRED,
	EXCLUDE USING gist (c WITH =) WITH (fillfactor = 72) USING INDEX TABLESPACE stress_space WHERE (c > 0)) WITH (fillfactor = 70, toast.autovacuum_enabled = off) TABLESPACE stress_space;
CREATE INDEX spaced_where ON spaced (b) INCLUDE (c) WITH (fillfactor = 73) TABLESPACE stress_space WHERE b <> ' WHERE ';
CREATE INDEX spaced_plain ON spaced (b) TABLESPACE stress_space;
ALTER TABLE spaced CLUSTER ON spaced_pkey;
CREATE TABLE spaced_parts (a int, b int) PARTITION BY RANGE (a) TABLESPACE stress_space;
CREATE TABLE spaced_part PARTITION OF spaced_parts FOR VALUES FROM (0) TO (9) TABLESPACE pg_default;
CREATE INDEX spaced_parts_i ON spaced_parts (a) TABLESPACE stress_space;
CREATE MATERIALIZED VIEW spaced_view TABLESPACE stress_space AS SELECT 1 AS a;
CREATE UNLOGGED TABLE unlogged (a int GENERATED ALWAYS AS IDENTITY, b int GENERATED BY DEFAULT AS IDENTITY, c serial);
ALTER SEQUENCE unlogged_b_seq SET LOGGED;
CREATE TABLE logged (a int GENERATED ALWAYS AS IDENTITY);
ALTER SEQUENCE logged_a_seq SET UNLOGGED;
CREATE TABLE identities (a smallint GENERATED ALWAYS AS IDENTITY (MINVALUE 5 MAXVALUE 50 START 7 INCREMENT 3 CACHE 4 CYCLE), b bigint GENERATED BY DEFAULT AS IDENTITY (SEQUENCE NAME stress."Id s" INCREMENT -1),
	c int GENERATED ALWAYS AS IDENTITY (MINVALUE -5 START 0));
COMMENT ON SEQUENCE stress."Id s" IS 'of the sequence of an identity column';
CREATE SEQUENCE down INCREMENT -2;
CREATE SEQUENCE small_down AS smallint INCREMENT -2 MINVALUE -100;
CREATE TABLE replicated (a int NOT NULL, b int NOT NULL);
CREATE UNIQUE INDEX replicated_i ON replicated (b, a);
ALTER TABLE replicated REPLICA IDENTITY USING INDEX replicated_i;
CREATE TABLE not_replicated (a int);
ALTER TABLE not_replicated REPLICA IDENTITY NOTHING;
CREATE TABLE same_in_other (a int, b hstore, c earth);
CREATE TABLE other.same_in_other (a int);
CREATE INDEX trigram ON same_in_other USING gin ((b::text) other.gin_trgm_ops);
CREATE TABLE "a.b"."c.d" ("e.f" int CHECK ("e.f" > 0) PRIMARY KEY, "g" text DEFAULT '"a.b"."c.d"');
CREATE VIEW "a.b"."View ""v""" AS SELECT c."e.f" AS " ", c.g FROM "a.b"."c.d" c;
CREATE TABLE "a.b"."""" ("""" "a.b"."c.d", "'" text DEFAULT '''');
SELECT format('CREATE TABLE %I (%I int PRIMARY KEY, UNIQUE (%2$I), CHECK (%2$I > 0))', repeat('n', 63), repeat('c', 63)) \gexec
CREATE TABLE renamed (a int PRIMARY KEY, b int NOT NULL, c serial);
ALTER TABLE renamed RENAME TO renamed_since;
ALTER TABLE renamed_since RENAME b TO "B b";
CREATE TYPE of_type AS (a int, b text, c mood);
CREATE TABLE typed OF of_type (a WITH OPTIONS PRIMARY KEY, c WITH OPTIONS NOT NULL DEFAULT 'ok', CHECK (b <> ''));
CREATE TABLE typed_plain OF of_type;
CREATE TABLE "named OF of_type" ();
CREATE TABLE constrained (a int, b int,
	CONSTRAINT no_columns CHECK (true), CONSTRAINT whole CHECK ((constrained.*) IS NOT NULL), CONSTRAINT system CHECK (tableoid > 0));
ALTER TABLE constrained ADD CONSTRAINT later CHECK (a > b) NOT VALID, ADD CONSTRAINT fk_later FOREIGN KEY (a) REFERENCES keyed NOT VALID;
COMMENT ON CONSTRAINT later ON constrained IS 'of a check that is not valid';

-- Inheritance

CREATE TABLE parent (a int NOT NULL DEFAULT 1, b int DEFAULT 2, c int GENERATED ALWAYS AS (a * 2) STORED, d text,
	CONSTRAINT positive CHECK (a > 0), CONSTRAINT own CHECK (b > 0) NO INHERIT);
ALTER TABLE parent ADD CONSTRAINT unchecked CHECK (b < 100) NOT VALID;
CREATE TABLE child (e int) INHERITS (parent);
ALTER TABLE child ALTER a SET DEFAULT 3, ALTER b DROP DEFAULT, ALTER d SET NOT NULL, ALTER d SET STATISTICS 3;
CREATE TABLE same_columns (a int NOT NULL, b int DEFAULT 7, CONSTRAINT positive CHECK (a > 0)) INHERITS (parent);
CREATE TABLE second (b int, f int DEFAULT 5);
CREATE TABLE two_parents (b int DEFAULT 9) INHERITS (parent, second);
CREATE TABLE third (b int DEFAULT 3);
CREATE TABLE no_default (b int DEFAULT NULL) INHERITS (parent, third);
CREATE TABLE grandchild () INHERITS (same_columns);
CREATE TABLE other.far_child () INHERITS (parent);
COMMENT ON COLUMN child.a IS 'of an inherited column';

-- Partitions

CREATE TABLE parts (gone int, k int NOT NULL, t text DEFAULT 'parent', g int GENERATED ALWAYS AS (k + 1) STORED, CONSTRAINT parts_check CHECK (k > -1000)) PARTITION BY RANGE (k, lower(t) COLLATE "C" text_pattern_ops);
ALTER TABLE parts DROP gone;
CREATE TABLE parts_1 PARTITION OF parts (t DEFAULT 'child', CONSTRAINT only_here CHECK (k < 10)) FOR VALUES FROM (0, MINVALUE) TO (10, MAXVALUE);
CREATE TABLE parts_2 (t text, g int GENERATED ALWAYS AS (k + 1) STORED, gone int, k int NOT NULL, CONSTRAINT parts_check CHECK (k > -1000));
ALTER TABLE parts_2 DROP gone;
ALTER TABLE parts ATTACH PARTITION parts_2 FOR VALUES FROM (11, 'a') TO (20, 'z');
CREATE TABLE other.parts_rest PARTITION OF parts DEFAULT PARTITION BY LIST (t);
CREATE TABLE "a.b".parts_rest_1 PARTITION OF other.parts_rest FOR VALUES IN ('it''s', NULL);
ALTER TABLE parts_1 ALTER t DROP DEFAULT;
ALTER TABLE ONLY parts ALTER t SET DEFAULT 'changed';
ALTER TABLE parts ADD CONSTRAINT parts_later CHECK (k < 1000) NOT VALID;
CREATE INDEX parts_i ON parts (t, (k + 1));
CREATE INDEX parts_only ON ONLY parts (k);
CREATE INDEX parts_1_k ON parts_1 (k);
ALTER INDEX parts_only ATTACH PARTITION parts_1_k;
ALTER INDEX parts_1_t_expr_idx ALTER COLUMN 2 SET STATISTICS 44;
ALTER TABLE parts_1 CLUSTER ON parts_1_k;
COMMENT ON INDEX parts_1_k IS 'of the index of a partition';
CREATE TABLE keyed_parts (a int, b int, c int, PRIMARY KEY (a, b), UNIQUE (b, a) DEFERRABLE) PARTITION BY LIST (a);
CREATE TABLE keyed_parts_1 PARTITION OF keyed_parts FOR VALUES IN (1);
CREATE TABLE keyed_parts_2 (b int NOT NULL, c int, a int NOT NULL, CONSTRAINT "Own name" PRIMARY KEY (a, b));
ALTER TABLE keyed_parts ATTACH PARTITION keyed_parts_2 FOR VALUES IN (2);
ALTER TABLE keyed_parts_1 REPLICA IDENTITY USING INDEX keyed_parts_1_pkey;
CREATE TABLE refers_parts (a int, b int, c int, CONSTRAINT to_parts FOREIGN KEY (a, b) REFERENCES keyed_parts ON DELETE CASCADE, CONSTRAINT to_keyed FOREIGN KEY (c) REFERENCES keyed) PARTITION BY HASH (a);
CREATE TABLE refers_parts_0 PARTITION OF refers_parts FOR VALUES WITH (MODULUS 2, REMAINDER 0);
CREATE TABLE refers_parts_1 (c int, b int, a int, CONSTRAINT own_fk FOREIGN KEY (c) REFERENCES keyed);
ALTER TABLE refers_parts ATTACH PARTITION refers_parts_1 FOR VALUES WITH (MODULUS 2, REMAINDER 1);
COMMENT ON CONSTRAINT to_parts ON refers_parts IS 'of a foreign key of a partitioned table';
ALTER TABLE keyed_parts ADD CONSTRAINT parts_itself FOREIGN KEY (c, b) REFERENCES keyed_parts;
CREATE FOREIGN DATA WRAPPER stress_wrapper;
CREATE SERVER stress_server FOREIGN DATA WRAPPER stress_wrapper OPTIONS (host 'x');
CREATE TABLE far_parts (a int, b text) PARTITION BY LIST (a);
CREATE FOREIGN TABLE far_odd ("Q: ""q" int OPTIONS ("Name: n" 'b: c=d', other ''), q int OPTIONS (other E'two\nlines')) SERVER stress_server;
CREATE FOREIGN TABLE far_part (b text OPTIONS ("Name: n" 'b: c=d'), a int NOT NULL) SERVER stress_server OPTIONS (schema_name 'stress');
ALTER TABLE far_parts ATTACH PARTITION far_part FOR VALUES IN (1);
CREATE FOREIGN TABLE far_child (z int) INHERITS (second) SERVER stress_server;
ALTER FOREIGN TABLE far_child ADD CONSTRAINT far CHECK (z > 0), ALTER z SET STATISTICS 9;
-- partitions that need functions that read the whole: indexes, and what is NOT VALID, wait for them
CREATE TABLE read_parts (a int PRIMARY KEY, b text, c bigint) PARTITION BY RANGE (a);
CREATE TABLE read_part PARTITION OF read_parts FOR VALUES FROM (0) TO (9);
CREATE INDEX read_parts_b ON read_parts (b);
CREATE FUNCTION read_parts_count() RETURNS bigint LANGUAGE sql BEGIN ATOMIC SELECT count(*) FROM read_parts; END;
CREATE FUNCTION read_a_group() RETURNS SETOF text LANGUAGE sql BEGIN ATOMIC SELECT b FROM read_parts GROUP BY a; END;
ALTER TABLE read_part ALTER c SET DEFAULT read_parts_count();
ALTER TABLE read_parts ADD CONSTRAINT read_later CHECK (c < 100) NOT VALID;
CREATE TABLE checked_parts (a int PRIMARY KEY, b text) PARTITION BY RANGE (a);
CREATE TABLE checked_part PARTITION OF checked_parts FOR VALUES FROM (0) TO (9) PARTITION BY RANGE (a);
CREATE TABLE checked_part_1 PARTITION OF checked_part DEFAULT;
CREATE FUNCTION checked_parts_count() RETURNS bigint LANGUAGE sql BEGIN ATOMIC SELECT count(*) FROM checked_parts; END;
ALTER TABLE checked_parts ADD CONSTRAINT checked_now CHECK (checked_parts_count() >= 0);
ALTER TABLE checked_parts ADD CONSTRAINT checked_later CHECK (checked_parts_count() > 0) NOT VALID;
CREATE TABLE read_parent (a int, b bigint);
CREATE TABLE read_child () INHERITS (read_parent);
CREATE TABLE a_read_grandchild () INHERITS (read_child);
ALTER TABLE a_read_grandchild ALTER b SET DEFAULT read_parts_count();
ALTER TABLE read_parent ADD CONSTRAINT read_parent_later CHECK (a < 100) NOT VALID;

-- Views

CREATE VIEW checked WITH (security_barrier) AS SELECT a, b FROM row_loop WHERE b > 0 WITH LOCAL CHECK OPTION;
CREATE VIEW checked_more AS SELECT a AS x, b FROM checked WITH CASCADED CHECK OPTION;
ALTER VIEW checked_more RENAME x TO "X x";
ALTER VIEW checked_more ALTER b SET DEFAULT row_default(NULL);
CREATE RECURSIVE VIEW counted (n) AS SELECT 1 UNION ALL SELECT n + 1 FROM counted WHERE n < 3;
CREATE VIEW everything AS
	WITH w AS MATERIALIZED (SELECT k, row_number() OVER (PARTITION BY t ORDER BY k DESC NULLS LAST) AS n FROM parts TABLESAMPLE system (10))
	SELECT w.k, j.a, x.x, g, array_agg(s.id ORDER BY s.id) FILTER (WHERE s.id > 1) AS ids, GROUPING(w.k) AS grouping, p.*
	FROM w LEFT JOIN LATERAL (SELECT 1 AS a WHERE w.n > 0) j ON true JOIN keyed s ON s.id = w.k CROSS JOIN generate_series(1, 3) WITH ORDINALITY AS g (g, o)
		CROSS JOIN XMLTABLE('/r' PASSING ('<r/>'::xml) COLUMNS x int PATH '@x' DEFAULT 1) x, ROWS FROM (unnest(ARRAY[1]), json_to_record('{"a":1}') AS (a int)) AS p (u, v)
	GROUP BY ROLLUP (w.k), j.a, x.x, g, p.u, p.v HAVING count(*) > 0
	UNION ALL (VALUES (1, 2, 3, 4, '{5}'::int[], 6, 7, 8) LIMIT 1);
CREATE VIEW late_column AS SELECT a.*, 'stress.keyed'::regclass AS r, 'stress'::regnamespace AS n, 'stress.version_cmp'::regproc AS f FROM keyed a;
ALTER TABLE keyed ADD late int;

-- What stands on tables

CREATE FUNCTION trigger_function() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NULL; END';
CREATE TRIGGER on_parts AFTER INSERT OR UPDATE OF k, t ON parts FOR EACH ROW WHEN (new.k > 0) EXECUTE FUNCTION trigger_function('it''s', '');
CREATE TRIGGER off_parts AFTER DELETE ON parts FOR EACH ROW EXECUTE FUNCTION trigger_function();
ALTER TABLE parts DISABLE TRIGGER off_parts;
ALTER TABLE parts_1 ENABLE ALWAYS TRIGGER on_parts;
ALTER TABLE parts_2 ENABLE TRIGGER off_parts;
CREATE TRIGGER statement AFTER UPDATE ON parts REFERENCING OLD TABLE AS o NEW TABLE AS "N n" EXECUTE FUNCTION trigger_function();
CREATE CONSTRAINT TRIGGER deferred AFTER INSERT ON keyed FROM circle_a DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION trigger_function();
CREATE TRIGGER instead INSTEAD OF DELETE ON checked FOR EACH ROW EXECUTE FUNCTION trigger_function();
COMMENT ON TRIGGER on_parts ON parts_1 IS 'of a trigger of a partition';
COMMENT ON CONSTRAINT deferred ON keyed IS 'of the constraint of a trigger';
CREATE RULE two AS ON UPDATE TO keyed DO ALSO (UPDATE row_loop SET b = new.id; NOTIFY stress; DELETE FROM circle_a);
ALTER TABLE keyed ENABLE REPLICA RULE two;
ALTER TABLE keyed ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;
CREATE POLICY by_view ON keyed FOR SELECT TO stress_user USING (id IN (SELECT "X x" FROM checked_more));
CREATE POLICY writes ON keyed AS RESTRICTIVE FOR INSERT TO stress_user WITH CHECK (row_default(NULL) > 0);
CREATE STATISTICS "a.b".expressions (mcv) ON (k + 1), lower(t) FROM parts;
ALTER STATISTICS "a.b".expressions SET STATISTICS 0;
CREATE PUBLICATION stress_publication FOR TABLE keyed WHERE (id > 5 AND name <> 'x'), parent, TABLES IN SCHEMA "a.b" WITH (publish = 'insert');
CREATE FUNCTION event_function() RETURNS event_trigger LANGUAGE plpgsql AS $$BEGIN RAISE EXCEPTION 'somebody does DDL'; END$$;
CREATE EVENT TRIGGER stress_event ON ddl_command_start WHEN TAG IN ('GRANT', 'COMMENT', 'CREATE TABLE') EXECUTE FUNCTION event_function();
ALTER EVENT TRIGGER stress_event DISABLE;

-- Functions

CREATE FUNCTION in_path() RETURNS int LANGUAGE sql SET search_path = stress, "a.b", pg_temp SET work_mem = '4MB' AS 'SELECT 1';
CREATE FUNCTION body(a int, VARIADIC b keyed[] DEFAULT '{}') RETURNS TABLE (c mood, "D d" text) LANGUAGE plpgsql COST 12.5 ROWS 3 AS $body$ BEGIN RETURN QUERY SELECT NULL::stress.mood, $$x$$; END $body$;
CREATE PROCEDURE proc(INOUT a grade, b stress.keyed DEFAULT NULL) LANGUAGE sql BEGIN ATOMIC INSERT INTO keyed (id) VALUES (1); SELECT a; END;
CREATE FUNCTION win(anyelement) RETURNS anyelement LANGUAGE internal WINDOW AS 'window_first_value';

-- Owners and privileges

ALTER TABLE parts OWNER TO stress_owner;
ALTER TABLE parts_1 OWNER TO "Stress ""r""";
ALTER TABLE identities OWNER TO stress_owner;
ALTER VIEW checked OWNER TO stress_user;
ALTER TYPE mood OWNER TO stress_owner;
ALTER AGGREGATE best(grade) OWNER TO stress_owner;
ALTER OPERATOR CLASS version_ops USING btree OWNER TO stress_owner;
GRANT SELECT, UPDATE ON parts TO stress_user WITH GRANT OPTION;
SET SESSION AUTHORIZATION stress_user;
RESET SESSION AUTHORIZATION;
GRANT USAGE ON SCHEMA stress TO stress_user, "Stress ""r""";
SET SESSION AUTHORIZATION stress_user;
GRANT SELECT ON stress.parts TO "Stress ""r""" WITH GRANT OPTION;
SET SESSION AUTHORIZATION "Stress ""r""";
GRANT SELECT ON stress.parts TO PUBLIC;
RESET SESSION AUTHORIZATION;
REVOKE INSERT, TRUNCATE ON parts FROM stress_owner;
REVOKE ALL ON keyed FROM CURRENT_USER;
GRANT UPDATE (name), SELECT (id) ON keyed TO stress_user WITH GRANT OPTION;
GRANT ALL ON circle_a TO stress_user;
REVOKE ALL ON FUNCTION row_check(row_loop) FROM PUBLIC, CURRENT_USER;
GRANT EXECUTE ON FUNCTION best(grade) TO stress_user WITH GRANT OPTION;
REVOKE EXECUTE ON PROCEDURE proc FROM PUBLIC;
GRANT USAGE ON SEQUENCE down, stress."Id s" TO stress_user;
REVOKE USAGE ON TYPE mood FROM PUBLIC;
GRANT USAGE ON DOMAIN grades TO stress_user;
GRANT SELECT ON by_key, by_key_kept, far_part TO stress_user;
GRANT USAGE ON FOREIGN SERVER stress_server TO stress_user WITH GRANT OPTION;
REVOKE EXECUTE ON FUNCTION extensions.hstore(text, text) FROM PUBLIC;
REVOKE USAGE ON LANGUAGE plpgsql FROM PUBLIC;
GRANT USAGE ON LANGUAGE plpgsql TO stress_user WITH GRANT OPTION;
CREATE EXTENSION file_fdw SCHEMA extensions;
GRANT USAGE ON FOREIGN DATA WRAPPER file_fdw TO stress_user;
ALTER DEFAULT PRIVILEGES IN SCHEMA stress GRANT SELECT ON TABLES TO stress_user WITH GRANT OPTION;
ALTER DEFAULT PRIVILEGES FOR ROLE "Stress ""r""" IN SCHEMA "a.b" GRANT ALL ON SEQUENCES TO PUBLIC;
ALTER DEFAULT PRIVILEGES FOR ROLE stress_owner REVOKE ALL ON FUNCTIONS FROM PUBLIC;
ALTER DEFAULT PRIVILEGES FOR ROLE stress_owner REVOKE ALL ON TYPES FROM PUBLIC, stress_owner;
ALTER DEFAULT PRIVILEGES FOR ROLE stress_user GRANT SELECT ON TABLES TO PUBLIC;
ALTER MATERIALIZED VIEW by_key_kept DEPENDS ON EXTENSION hstore;
ALTER FUNCTION same_name(int, int) DEPENDS ON EXTENSION hstore;
ALTER INDEX "spaced_where" DEPENDS ON EXTENSION btree_gist;

-- What only later servers have

\if :v16
CREATE VIEW json_built AS SELECT JSON_OBJECT('a': k.id, 'b': k.name ABSENT ON NULL WITH UNIQUE KEYS RETURNING jsonb) AS o, JSON_ARRAYAGG(k.id ORDER BY k.name NULL ON NULL) AS a, k.name IS JSON OBJECT WITH UNIQUE KEYS AS j,
	any_value(k.parent) AS any, 0x_ff AS hexadecimal, (SELECT count(*) FROM (SELECT 1)) AS unnamed FROM keyed k GROUP BY k.id;
CREATE TRIGGER far_truncate BEFORE TRUNCATE ON far_child FOR EACH STATEMENT EXECUTE FUNCTION trigger_function();
CREATE TABLE stored_otherwise (a text STORAGE external COMPRESSION pglz, b text STORAGE DEFAULT);
\endif
\if :v17
CREATE TABLE identity_parts (a int GENERATED ALWAYS AS IDENTITY (START 5), b int) PARTITION BY LIST (b);
CREATE TABLE identity_part PARTITION OF identity_parts FOR VALUES IN (1);
-- partitions of partitions, one of them attached, and with columns of another order
CREATE TABLE identity_part_2 PARTITION OF identity_parts FOR VALUES IN (2, 3) PARTITION BY LIST (b);
CREATE TABLE identity_part_2_1 (gone int, b int, a int NOT NULL);
ALTER TABLE identity_part_2_1 DROP gone;
ALTER TABLE identity_part_2 ATTACH PARTITION identity_part_2_1 FOR VALUES IN (2);
CREATE TABLE identity_left PARTITION OF identity_parts FOR VALUES IN (4);
ALTER TABLE identity_parts DETACH PARTITION identity_left;
COMMENT ON SEQUENCE identity_parts_a_seq IS 'of the identity column of a partitioned table';
CREATE TABLE excluded_parts (a int4range, b int, EXCLUDE USING gist (b WITH =, a WITH &&)) PARTITION BY LIST (b);
CREATE TABLE excluded_part PARTITION OF excluded_parts FOR VALUES IN (1);
CREATE TABLE excluded_part_2 (b int, a int4range, CONSTRAINT own_exclusion EXCLUDE USING gist (b WITH =, a WITH &&));
ALTER TABLE excluded_parts ATTACH PARTITION excluded_part_2 FOR VALUES IN (2);
CREATE TABLE method_parts (a int) PARTITION BY LIST (a) USING heap;
CREATE TABLE method_part PARTITION OF method_parts FOR VALUES IN (1);
CREATE DOMAIN named_not_null AS int CONSTRAINT "Nn n" NOT NULL;
CREATE DOMAIN chosen_not_null AS int NOT NULL CONSTRAINT over CHECK (VALUE > 0);
CREATE COLLATION built_in (PROVIDER = builtin, LOCALE = 'C.UTF-8');
CREATE TABLE collated (a text COLLATE built_in PRIMARY KEY, CHECK (a < 'x' COLLATE built_in));
GRANT MAINTAIN ON circle_b TO stress_user WITH GRANT OPTION;
REVOKE MAINTAIN ON circle_a FROM stress_user;
GRANT MAINTAIN ON by_key_kept TO PUBLIC;
ALTER DEFAULT PRIVILEGES FOR ROLE stress_owner IN SCHEMA other GRANT MAINTAIN ON TABLES TO stress_user;
CREATE FUNCTION login_function() RETURNS event_trigger LANGUAGE plpgsql AS $$BEGIN END$$;
CREATE EVENT TRIGGER stress_login ON login EXECUTE FUNCTION login_function();
ALTER EVENT TRIGGER stress_login DISABLE;
CREATE FUNCTION merged() RETURNS SETOF text LANGUAGE sql BEGIN ATOMIC
	MERGE INTO keyed k USING row_loop r ON k.id = r.a WHEN NOT MATCHED BY SOURCE THEN DELETE WHEN MATCHED AND r.b > 0 THEN UPDATE SET name = r.c
		WHEN NOT MATCHED BY TARGET THEN INSERT (id, name) VALUES (r.a, r.c) RETURNING merge_action() || k.name;
END;
CREATE VIEW json_read AS SELECT t.*, JSON_VALUE('{"a": 1}'::jsonb, '$.a' RETURNING int DEFAULT -1 ON EMPTY ERROR ON ERROR) AS v, JSON_QUERY('[1]'::jsonb, '$[*]' WITH CONDITIONAL WRAPPER KEEP QUOTES) AS q,
		JSON_EXISTS('{"a": 1}'::jsonb, '$.x ? (@ > $y)' PASSING 1 AS y TRUE ON ERROR) AS e, JSON_SERIALIZE('{}' RETURNING bytea) AS s, JSON_SCALAR(1) AS one, now()::timestamp AT LOCAL AS here
	FROM JSON_TABLE('[{"a": 1, "b": [{"c": "x"}]}]'::jsonb, '$[*]' AS root COLUMNS (n FOR ORDINALITY, a int PATH '$.a' DEFAULT 7 ON EMPTY, x bool EXISTS PATH '$.x', NESTED PATH '$.b[*]' AS "Inner" COLUMNS (c text PATH '$.c', d jsonb FORMAT JSON PATH '$' OMIT QUOTES))) t;
CREATE FUNCTION json_body(j jsonb) RETURNS int LANGUAGE sql RETURN (SELECT max(a) FROM JSON_TABLE(j, '$[*]' COLUMNS (a int)) t);
\endif
\if :v18
-- not-null constraints: as checks, they have names, heirs, comments
-- (of two with one name a dump may give one another)
ALTER TABLE identity_left RENAME CONSTRAINT identity_parts_a_not_null TO left_nn;
CREATE TABLE not_nulls (a int CONSTRAINT "My nn" NOT NULL, b int NOT NULL NO INHERIT, c int, d int NOT NULL);
ALTER TABLE not_nulls ADD CONSTRAINT c_nn NOT NULL c NOT VALID;
ALTER TABLE not_nulls RENAME TO not_nulls_since;
ALTER TABLE not_nulls_since RENAME d TO "D d";
CREATE TABLE not_nulls_child () INHERITS (not_nulls_since);
CREATE TABLE not_nulls_own (a int CONSTRAINT own_nn NOT NULL) INHERITS (not_nulls_since);
CREATE TABLE not_nulls_valid () INHERITS (not_nulls_since);
ALTER TABLE not_nulls_valid VALIDATE CONSTRAINT c_nn;
CREATE TABLE not_nulls_grandchild (a int NOT NULL, e int NOT NULL) INHERITS (not_nulls_own, not_nulls_child);
CREATE TABLE not_nulls_no_inherit (CONSTRAINT of_b NOT NULL b) INHERITS (not_nulls_since);
CREATE TABLE not_nulls_inherit (a int, CONSTRAINT passed_on NOT NULL a NO INHERIT);
ALTER TABLE not_nulls_inherit ALTER CONSTRAINT passed_on INHERIT;
CREATE TABLE not_nulls_parts (a int CONSTRAINT part_nn NOT NULL, b int) PARTITION BY LIST (a);
CREATE TABLE not_nulls_part (b int, a int CONSTRAINT other_nn NOT NULL);
ALTER TABLE not_nulls_parts ATTACH PARTITION not_nulls_part FOR VALUES IN (1);
CREATE TABLE not_nulls_part_2 PARTITION OF not_nulls_parts FOR VALUES IN (2);
ALTER TABLE not_nulls_parts ADD CONSTRAINT part_later NOT NULL b NOT VALID;
CREATE TABLE not_nulls_part_3 (a int NOT NULL, b int NOT NULL);
ALTER TABLE not_nulls_parts ATTACH PARTITION not_nulls_part_3 FOR VALUES IN (3);
CREATE TABLE not_nulls_part_4 (a int NOT NULL, b int);
ALTER TABLE not_nulls_part_4 ADD CONSTRAINT own_later NOT NULL b NOT VALID;
ALTER TABLE not_nulls_parts ATTACH PARTITION not_nulls_part_4 FOR VALUES IN (4);
CREATE TABLE not_nulls_key (a int CONSTRAINT "Key nn" NOT NULL PRIMARY KEY, b int GENERATED ALWAYS AS IDENTITY CONSTRAINT "Identity nn" NOT NULL, c serial);
CREATE TABLE not_nulls_typed OF of_type (a NOT NULL, CONSTRAINT "Typed nn" NOT NULL b, c DEFAULT 'ok');
CREATE FOREIGN TABLE not_nulls_far (a int CONSTRAINT "Far nn" NOT NULL, b int NOT NULL NO INHERIT) SERVER stress_server;
ALTER FOREIGN TABLE not_nulls_far ADD c int, ADD CONSTRAINT far_later NOT NULL c NOT VALID;
CREATE TABLE not_null_a (b_c int NOT NULL);
CREATE TABLE not_null_a_b (c int NOT NULL);
SELECT format('CREATE TABLE %I (%I int NOT NULL, %I int NOT NULL)', repeat('o', 60), repeat('c', 62) || '1', repeat('c', 62) || '2') \gexec
COMMENT ON CONSTRAINT "My nn" ON not_nulls_since IS 'of a not-null constraint';
COMMENT ON CONSTRAINT c_nn ON not_nulls_valid IS 'of a not-null constraint that a child has validated';
-- virtual columns
CREATE TABLE virtual (a int, b int GENERATED ALWAYS AS (a + 1) VIRTUAL, c int GENERATED ALWAYS AS (a * 2) STORED, CHECK (b > 0));
CREATE TABLE virtual_child () INHERITS (virtual);
CREATE TABLE virtual_own (b int GENERATED ALWAYS AS (a + 2)) INHERITS (virtual);
CREATE TABLE virtual_parts (a int, b int GENERATED ALWAYS AS (a * 10) VIRTUAL, c text COLLATE "C" GENERATED ALWAYS AS ('x') VIRTUAL NOT NULL) PARTITION BY RANGE (a);
CREATE TABLE virtual_part PARTITION OF virtual_parts (b GENERATED ALWAYS AS (a * 100)) FOR VALUES FROM (0) TO (10);
CREATE TABLE virtual_part_2 (c text COLLATE "C" GENERATED ALWAYS AS ('y') NOT NULL, b int GENERATED ALWAYS AS (a * 10), a int);
ALTER TABLE virtual_parts ATTACH PARTITION virtual_part_2 FOR VALUES FROM (10) TO (20);
CREATE FOREIGN TABLE virtual_far (a int, b int GENERATED ALWAYS AS (a + 1) VIRTUAL) SERVER stress_server;
CREATE VIEW virtual_view AS SELECT b, c FROM virtual_own WHERE b > 1;
COMMENT ON COLUMN virtual.b IS 'of a virtual column';
-- constraints that nobody enforces
CREATE TABLE not_enforced (a int REFERENCES keyed NOT ENFORCED, b int, CONSTRAINT ne CHECK (b > 0) NOT ENFORCED);
CREATE TABLE not_enforced_child () INHERITS (not_enforced);
ALTER TABLE not_enforced ADD CONSTRAINT ne_later CHECK (a > 0) NOT ENFORCED;
CREATE TABLE not_enforced_parts (a int CONSTRAINT ne_parts REFERENCES keyed NOT ENFORCED, b int, CONSTRAINT ne CHECK (b > 0) NOT ENFORCED) PARTITION BY LIST (a);
CREATE TABLE not_enforced_part PARTITION OF not_enforced_parts FOR VALUES IN (1);
CREATE TABLE later_parts (a int, b int) PARTITION BY LIST (a);
CREATE TABLE later_part PARTITION OF later_parts FOR VALUES IN (1);
CREATE TABLE later_part_2 (a int, b int, CONSTRAINT valid_here FOREIGN KEY (b) REFERENCES keyed);
ALTER TABLE later_parts ATTACH PARTITION later_part_2 FOR VALUES IN (2);
ALTER TABLE later_parts ADD CONSTRAINT fk_later FOREIGN KEY (b) REFERENCES keyed NOT VALID;
COMMENT ON CONSTRAINT ne ON not_enforced IS 'of a check that is not enforced';
-- keys over time
CREATE TABLE temporal (id int, v daterange, PRIMARY KEY (id, v WITHOUT OVERLAPS));
CREATE TABLE temporal_fk (id int, v daterange, FOREIGN KEY (id, PERIOD v) REFERENCES temporal (id, PERIOD v));
CREATE TABLE temporal_more (id int NOT NULL, v tsmultirange NOT NULL, w daterange, CONSTRAINT "Over v" UNIQUE (id, v WITHOUT OVERLAPS) WITH (fillfactor = 71) USING INDEX TABLESPACE stress_space,
	CONSTRAINT over_w UNIQUE (id, w WITHOUT OVERLAPS));
ALTER TABLE temporal_more REPLICA IDENTITY FULL;
COMMENT ON CONSTRAINT "Over v" ON temporal_more IS 'of a key over time';
CREATE TABLE temporal_refers (id int, w daterange, CONSTRAINT "Period w" FOREIGN KEY (id, PERIOD w) REFERENCES temporal_more (id, PERIOD w) NOT VALID,
	CONSTRAINT not_enforced FOREIGN KEY (id, PERIOD w) REFERENCES temporal NOT ENFORCED);
CREATE TABLE temporal_parts (id int, v daterange, PRIMARY KEY (id, v WITHOUT OVERLAPS)) PARTITION BY LIST (id);
CREATE TABLE temporal_part PARTITION OF temporal_parts FOR VALUES IN (1);
CREATE TABLE temporal_refers_parts (id int, v daterange, FOREIGN KEY (id, PERIOD v) REFERENCES temporal_parts);
-- old and new rows
CREATE FUNCTION old_and_new() RETURNS SETOF int LANGUAGE sql BEGIN ATOMIC
	UPDATE keyed SET name = 'x' RETURNING WITH (OLD AS "O o") "O o".id + coalesce(new.parent, 0);
END;
CREATE RULE returns_old AS ON UPDATE TO over_function_view DO INSTEAD UPDATE keyed SET id = new.a WHERE id = old.a RETURNING id;
CREATE COLLATION any_case (PROVIDER = builtin, LOCALE = 'PG_UNICODE_FAST');
ALTER DEFAULT PRIVILEGES FOR ROLE stress_owner GRANT SELECT ON LARGE OBJECTS TO stress_user WITH GRANT OPTION;
ALTER DEFAULT PRIVILEGES FOR ROLE stress_user GRANT ALL ON LARGE OBJECTS TO PUBLIC;
CREATE PUBLICATION stress_generated FOR TABLE virtual (a, c), parent WITH (publish_generated_columns = stored);
\endif
\if :v19
CREATE PUBLICATION stress_but FOR ALL TABLES EXCEPT (TABLE parent, "a.b"."c.d") WITH (publish = 'insert');
CREATE PUBLICATION stress_sequences FOR ALL SEQUENCES;
CREATE VIEW without_nulls AS SELECT lag(name) IGNORE NULLS OVER (ORDER BY id) AS l, first_value(name) RESPECT NULLS OVER (ORDER BY id) AS f FROM keyed;
CREATE FUNCTION selected() RETURNS SETOF text LANGUAGE sql BEGIN ATOMIC
	INSERT INTO row_loop (a, c) VALUES (1, 'x') ON CONFLICT (a) DO SELECT FOR UPDATE WHERE row_loop.c <> 'y' RETURNING c;
END;
CREATE STATISTICS of_virtual ON b, a FROM virtual;
CREATE EXTENSION postgres_fdw SCHEMA extensions;
CREATE FOREIGN DATA WRAPPER "Connects" HANDLER postgres_fdw_handler CONNECTION postgres_fdw_connection;
CREATE SERVER connected FOREIGN DATA WRAPPER "Connects" OPTIONS (dbname 'nowhere');
CREATE USER MAPPING FOR CURRENT_USER SERVER connected;
CREATE SUBSCRIPTION stress_subscription SERVER connected PUBLICATION "P p" WITH (connect = false, slot_name = NONE, retain_dead_tuples = true, max_retention_duration = 5, wal_receiver_timeout = '7s', origin = none);
\endif
\if :graphs
CREATE PROPERTY GRAPH stress_graph
	VERTEX TABLES (keyed KEY (id) LABEL person PROPERTIES (id, name AS "Name n") LABEL "Any a" NO PROPERTIES, circle_b AS "B b" KEY (id) PROPERTIES ALL COLUMNS)
	EDGE TABLES (circle_a KEY (id) SOURCE KEY (id) REFERENCES keyed (id) DESTINATION KEY (b) REFERENCES "B b" (id) LABEL leads_to PROPERTIES (id + 1 AS next));
COMMENT ON PROPERTY GRAPH stress_graph IS 'of a graph';
ALTER PROPERTY GRAPH stress_graph OWNER TO stress_owner;
GRANT SELECT ON PROPERTY GRAPH stress_graph TO stress_user WITH GRANT OPTION;
CREATE PROPERTY GRAPH "a.b"."Empty g";
CREATE VIEW graph_view AS SELECT * FROM GRAPH_TABLE (stress_graph MATCH (p IS person WHERE p.id > 1)-[e IS leads_to]->(b) COLUMNS (p."Name n" AS n, e.next AS x));
\endif
RESET search_path;
