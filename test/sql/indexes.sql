--
-- stormdisc_indexes: keys in their order, and what else an index is
--
SET client_min_messages = warning;
CREATE ROLE regress_disc_reader;
CREATE SCHEMA disc_indexes;
CREATE SCHEMA disc_indexes2;
SET search_path = disc_indexes, public;

--
-- [6] [7] [8] [9] Keys are by position: never lost, never sorted
--
CREATE TABLE t (a int, b text, c3 int, c4 int, PRIMARY KEY (b, a));
CREATE INDEX t_order ON t (c4, c3);
CREATE INDEX t_expr ON t (lower(b), a, (a + 1));
CREATE INDEX t_twice ON t (b, b text_pattern_ops, a);			-- [E2 b]
CREATE INDEX t_all_expr ON t ((a * c3), upper(b), (b || 'x'));
SELECT index_name, column_names, is_expression, is_unique, is_primary,
	constraint_name
FROM stormdisc_indexes('t');

-- expressions: as pg_get_indexdef() has them, without the parentheses it adds
CREATE TABLE e (a int, b text, "C d" timestamptz, j jsonb, arr int[], dropped int, f float8);
ALTER TABLE e DROP dropped;
CREATE INDEX e01 ON e (("C d" AT TIME ZONE 'UTC'));
CREATE INDEX e02 ON e ((j ->> 'x,y'));
CREATE INDEX e03 ON e ((arr[1]));
CREATE INDEX e04 ON e ((a IS NULL));
CREATE INDEX e05 ON e ((CASE WHEN b = 'CASE WHEN "x" END' THEN 1 ELSE (CASE a WHEN 2 THEN 3 END) END));
CREATE INDEX e06 ON e (coalesce(b, 'n,o('), greatest(a, 1), nullif(a, 2));
CREATE INDEX e07 ON e ((a::text));
CREATE INDEX e08 ON e ((b COLLATE "C"), (b COLLATE "POSIX") DESC);
CREATE INDEX e09 ON e (substring(b FROM 2 FOR 3), trim(b), extract(year FROM "C d" AT TIME ZONE 'UTC'));
CREATE INDEX e11 ON e ((a = ANY (ARRAY[1, 2])), (NOT a > 3), (a > 1 AND b LIKE 'x%' OR a < 0));
CREATE INDEX e12 ON e ((ARRAY[a, 1]), (-f), (b || E'\\ ''q'' "i"'));
CREATE INDEX e13 ON e ((b IS NOT NULL)) WHERE CASE WHEN a > 1 THEN b = 'CASE' ELSE NOT (b <> 'a
b') END;
CREATE INDEX e10 ON e ((a IN (1, 2)), (a BETWEEN 1 AND 2), (b ~ '^\s+$'));
SELECT index_name, n, key, is_expression
FROM stormdisc_indexes('e'), unnest(column_names) WITH ORDINALITY AS k(key, n)
ORDER BY index_name COLLATE "C", n;
-- (minor releases differ in the parentheses around AT TIME ZONE: see the pgTAP tests)
SELECT definition FROM stormdisc_indexes('e') WHERE index_name <> 'e01';
SELECT predicate FROM stormdisc_indexes('e') WHERE index_name = 'e13';
DROP TABLE e;

--
-- [10] [11] Directions and where nulls go
--
CREATE TABLE u (k int, d int, p int, q text);
CREATE UNIQUE INDEX u_mixed ON u (k DESC, d NULLS FIRST) INCLUDE (p, q);
CREATE INDEX u_desc ON u (d DESC);
CREATE INDEX u_desc_last ON u (d DESC NULLS LAST);
CREATE INDEX u_asc ON u (d ASC NULLS LAST, k ASC NULLS FIRST, p);
CREATE INDEX u_hash ON u USING hash (k);
CREATE INDEX u_brin ON u USING brin (k, d) WITH (pages_per_range = 4);
SELECT index_name, column_names, orderings, nulls_first, include_columns,
	is_unique, access_method, options
FROM stormdisc_indexes('u');

-- a column that is named like a direction, and an expression that has one
CREATE TABLE "u DESC" ("a DESC" int, "x, y" int, "DESC" text);
CREATE INDEX u_names ON "u DESC" ("a DESC", "x, y" DESC, ("DESC" || ' DESC'));
SELECT column_names, orderings, nulls_first FROM stormdisc_indexes('"u DESC"');
DROP TABLE "u DESC";

--
-- [12] [13] Methods, operator classes with parameters, collations, predicates
--
CREATE TABLE m (j jsonb, tv tsvector, x text, r int4range, p point, a int[], n int);
CREATE INDEX m_gin ON m USING gin (j jsonb_path_ops, a) WITH (fastupdate = off);
CREATE INDEX m_gist ON m USING gist (tv tsvector_ops (siglen = 100), r);
CREATE INDEX m_gist_include ON m USING gist (p) INCLUDE (n, x);
CREATE INDEX m_spgist ON m USING spgist (x);
CREATE INDEX m_collate ON m (x COLLATE "C", x text_pattern_ops, n, (x || 'a') COLLATE "POSIX" DESC)
	WITH (fillfactor = 70, deduplicate_items = off) WHERE x IS NOT NULL AND n > 0;
CREATE INDEX m_brin ON m USING brin (n int4_minmax_multi_ops (values_per_range = 16));
SELECT index_name, access_method, column_names, opclasses, collations
FROM stormdisc_indexes('m');
SELECT index_name, orderings, nulls_first, include_columns, predicate, options
FROM stormdisc_indexes('m');
SELECT definition FROM stormdisc_indexes('m');

-- an operator class, a collation and a function of the user's
CREATE OPERATOR CLASS disc_indexes2."My ops" FOR TYPE int USING btree AS
	OPERATOR 1 <, OPERATOR 2 <=, OPERATOR 3 =, OPERATOR 4 >=, OPERATOR 5 >,
	FUNCTION 1 btint4cmp(int, int);
CREATE COLLATION disc_indexes2."Coll x" FROM "C";
CREATE FUNCTION disc_indexes2."F x"(int) RETURNS int LANGUAGE sql IMMUTABLE AS 'SELECT $1';
CREATE INDEX m_own ON m (n disc_indexes2."My ops", x COLLATE disc_indexes2."Coll x", disc_indexes2."F x"(n));
SELECT column_names, opclasses, collations, definition
FROM stormdisc_indexes('m') WHERE index_name = 'm_own';
DROP TABLE m;

--
-- [14] [E2 e] A renamed column has its new name, in expressions and predicates too
--
CREATE TABLE r (a int, b int);
CREATE INDEX r_i ON r (a, (a + b)) INCLUDE (b) WHERE a > b;
ALTER TABLE r RENAME a TO "Z z";
ALTER TABLE r RENAME b TO y;
SELECT column_names, include_columns, predicate, definition FROM stormdisc_indexes('r');
ALTER INDEX r_i RENAME TO "R i";
ALTER TABLE r RENAME TO r2;
ALTER TABLE r2 SET SCHEMA disc_indexes2;
SELECT schema_name, table_name, index_name, definition
FROM stormdisc_indexes('disc_indexes2.r2');
DROP TABLE disc_indexes2.r2;

--
-- [15] An index whose building failed: there, and not valid
--
CREATE TABLE bad (a int);
INSERT INTO bad VALUES (1), (1);
\set VERBOSITY terse
CREATE UNIQUE INDEX CONCURRENTLY bad_key ON bad (a);
\set VERBOSITY default
SELECT index_name, is_valid, is_ready, is_unique, definition
FROM stormdisc_indexes('bad');
-- the same for one that is not ready
BEGIN;
SET LOCAL allow_system_table_mods = on;
UPDATE pg_index SET indisready = false WHERE indexrelid = 'bad_key'::regclass;
SELECT index_name, is_valid, is_ready FROM stormdisc_indexes('bad');
ROLLBACK;
DROP TABLE bad;

--
-- [16] Partitioned indexes: ON ONLY is not valid and yet real; parents
--
CREATE TABLE pt (a int, b int NOT NULL, PRIMARY KEY (b)) PARTITION BY RANGE (b);
CREATE TABLE disc_indexes2.pt_1 PARTITION OF pt FOR VALUES FROM (0) TO (10);
CREATE TABLE pt_2 PARTITION OF pt FOR VALUES FROM (10) TO (20) PARTITION BY RANGE (b);
CREATE TABLE pt_2_1 PARTITION OF pt_2 FOR VALUES FROM (10) TO (15);
CREATE INDEX pt_all ON pt (a);
CREATE INDEX pt_only ON ONLY pt (a, b);
CREATE INDEX pt_1_a_b ON disc_indexes2.pt_1 (a, b);
ALTER INDEX pt_only ATTACH PARTITION disc_indexes2.pt_1_a_b;
SELECT schema_name, table_name, index_name, parent_schema, parent_index,
	is_valid, is_ready, is_primary, constraint_name
FROM stormdisc_indexes(include => '{pt*}');
SELECT index_name, definition FROM stormdisc_indexes('pt');
DROP TABLE pt;

--
-- [17] [18] [g] Unique, exclusion, and the constraints they serve
--
CREATE TABLE c (a int, b int, rng int4range, q int4range,
	CONSTRAINT c_pk PRIMARY KEY (a) INCLUDE (b),
	CONSTRAINT "C nnd" UNIQUE NULLS NOT DISTINCT (b),
	CONSTRAINT c_uq UNIQUE (b, a) DEFERRABLE INITIALLY DEFERRED,
	CONSTRAINT c_excl EXCLUDE USING gist (rng WITH &&, q WITH -|-) WHERE (a > 0) DEFERRABLE);
CREATE UNIQUE INDEX c_plain ON c (b) NULLS NOT DISTINCT WHERE a > 0;
CREATE UNIQUE INDEX c_target ON c (a, b);
-- foreign keys name their index as well; they are not its constraint [g]
CREATE TABLE ref (a int REFERENCES c (a), x int, y int, FOREIGN KEY (x, y) REFERENCES c (a, b));
SELECT index_name, column_names, include_columns, constraint_name, is_unique,
	is_primary, is_exclusion, nulls_not_distinct, access_method, predicate
FROM stormdisc_indexes('c');
SELECT definition FROM stormdisc_indexes('c');
DROP TABLE ref, c;

--
-- Flags, options, tablespace, comments
--
CREATE TABLE f (a int NOT NULL, b text);
CREATE UNIQUE INDEX f_a ON f (a) WITH (fillfactor = 80);
CREATE INDEX f_b ON f (b);
CREATE INDEX f_e ON f ((a + 1));
ALTER TABLE f CLUSTER ON f_b;
ALTER TABLE f REPLICA IDENTITY USING INDEX f_a;
ALTER INDEX f_e ALTER COLUMN 1 SET STATISTICS 500;				-- [48]
COMMENT ON INDEX f_a IS 'of f_a';
SELECT index_name, is_clustered, is_replica_identity, options, tablespace, comment
FROM stormdisc_indexes('f');
-- a comment of another catalog's object with the same OID [49]
BEGIN;
SET LOCAL allow_system_table_mods = on;
INSERT INTO pg_description (objoid, classoid, objsubid, description)
VALUES ('f_b'::regclass, 'pg_constraint'::regclass, 0, 'WRONG: of a constraint');
SELECT index_name, comment FROM stormdisc_indexes('f');
ROLLBACK;
-- and of the constraint: that is not the index's
ALTER TABLE f ADD CONSTRAINT f_pk PRIMARY KEY (a);
COMMENT ON CONSTRAINT f_pk ON f IS 'of the constraint';
SELECT index_name, comment FROM stormdisc_indexes('f');
DROP TABLE f;

--
-- Materialized views have indexes [45]; views, toast tables and such do not show
--
CREATE MATERIALIZED VIEW mv AS SELECT 1 AS a, 'x'::text AS b WITH NO DATA;
CREATE UNIQUE INDEX mv_a ON mv (a);
CREATE TABLE with_toast (a text);
CREATE TEMP TABLE tmp (a int PRIMARY KEY);
SELECT schema_name, table_name, index_name, is_unique, column_names, definition
FROM stormdisc_indexes(exclude => '{disc_indexes.t,disc_indexes.u}')
WHERE schema_name <> 'public';
DROP TABLE tmp;

--
-- A table named alike in two schemas: the indexes of one only
--
CREATE TABLE disc_indexes2.t (z int PRIMARY KEY);
SELECT schema_name, index_name FROM stormdisc_indexes('disc_indexes2.t');
SELECT schema_name, index_name
FROM stormdisc_indexes(schemas => '{disc_indexes,disc_indexes2}', include => '{t}');

-- 32 keys
SELECT string_agg('c' || g || ' int', ', ') AS defs,
	string_agg('c' || g || CASE WHEN g % 2 = 0 THEN ' DESC' ELSE '' END, ', ' ORDER BY g DESC) AS keys
FROM generate_series(1, 32) g \gset
CREATE TABLE wide (:defs);
CREATE INDEX wide_i ON wide (:keys);
SELECT cardinality(column_names), column_names[1:3], orderings[1:3], column_names[32]
FROM stormdisc_indexes('wide');

--
-- [51] A role without any right; the catalogs, if named
--
SET SESSION AUTHORIZATION regress_disc_reader;
SELECT index_name, definition FROM stormdisc_indexes(include => '{disc_indexes.t}');
RESET SESSION AUTHORIZATION;
SELECT index_name, column_names, is_primary, constraint_name
FROM stormdisc_indexes('pg_am');
SELECT count(*) FROM stormdisc_indexes()
WHERE schema_name IN ('pg_catalog', 'information_schema', 'pg_toast', 'stormdisc');

DROP SCHEMA disc_indexes, disc_indexes2 CASCADE;
DROP ROLE regress_disc_reader;
