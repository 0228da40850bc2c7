--
-- stormdisc_partitions: partitions at every level, with their bounds
--
SET client_min_messages = warning;
CREATE ROLE regress_disc_reader;
CREATE SCHEMA disc_parts;
CREATE SCHEMA disc_parts2;
SET search_path = disc_parts, public;

--
-- [29] Ranges, of one column: bounds as text and in parts
--
CREATE TABLE r (a int, b text) PARTITION BY RANGE (a);
CREATE TABLE r_low PARTITION OF r FOR VALUES FROM (MINVALUE) TO (-100);
CREATE TABLE r_neg PARTITION OF r FOR VALUES FROM (-100) TO (-50);
CREATE TABLE r_1 PARTITION OF r FOR VALUES FROM (0) TO (10);
CREATE TABLE r_odd PARTITION OF r FOR VALUES FROM (15) TO (25);
CREATE TABLE r_high PARTITION OF r FOR VALUES FROM (1000) TO (MAXVALUE);
CREATE TABLE r_rest PARTITION OF r DEFAULT;
SELECT partition_name, partition_bound, lower_bound, upper_bound, is_default AS def,
	range_size, range_base
FROM stormdisc_partitions('r');
SELECT parent_schema, parent_name, schema_name, partition_name, strategy,
	list_values, modulus, remainder, partition_level, root_schema, root_name,
	is_leaf, detach_pending, problem
FROM stormdisc_partitions('r') WHERE partition_name = 'r_1';
-- the table itself is none of its partitions, nor is a partition of itself
SELECT count(*) FROM stormdisc_partitions('r') WHERE partition_name = 'r';
CREATE TABLE r_not (a int);					-- only named like one [E1]
CREATE TABLE rx1 (a int);
SELECT partition_name FROM stormdisc_partitions(schemas => '{disc_parts}');

-- sizes that do not fit, of types that have none
CREATE TABLE big (a bigint) PARTITION BY RANGE (a);
CREATE TABLE big_all PARTITION OF big
	FOR VALUES FROM (-9223372036854775808) TO (9223372036854775807);
CREATE TABLE big2 (a bigint) PARTITION BY RANGE (a);
CREATE TABLE big2_max PARTITION OF big2
	FOR VALUES FROM (9000000000000000000) TO (9223372036854775807);
CREATE TABLE big2_min PARTITION OF big2
	FOR VALUES FROM (-9223372036854775808) TO (-9223372036854775807);
CREATE TABLE small (a smallint) PARTITION BY RANGE (a);
CREATE TABLE small_1 PARTITION OF small FOR VALUES FROM (-32768) TO (32767);
CREATE TABLE num (a numeric) PARTITION BY RANGE (a);
CREATE TABLE num_1 PARTITION OF num FOR VALUES FROM (0) TO (10.5);
CREATE TABLE txt (a text) PARTITION BY RANGE (a);
CREATE TABLE txt_1 PARTITION OF txt FOR VALUES FROM ('0') TO ('10');
CREATE TABLE expr (a int) PARTITION BY RANGE ((a % 100));
CREATE TABLE expr_1 PARTITION OF expr FOR VALUES FROM (20) TO (30);
CREATE TABLE two (a int, b int) PARTITION BY RANGE (a, b);
CREATE TABLE two_1 PARTITION OF two FOR VALUES FROM (0, 0) TO (10, 10);
SELECT partition_name, lower_bound, upper_bound, range_size, range_base
FROM stormdisc_partitions(include => '{big_*,big2_*,small_*,num_*,txt_*,expr_*,two_*}',
	schemas => '{disc_parts}');
DROP TABLE r, r_not, rx1, big, big2, small, num, txt, expr, two;

--
-- Ranges of several columns, of every type: values as the types write them
--
CREATE TABLE m (a int, "B b" text, c timestamptz) PARTITION BY RANGE (a, "B b", c);
CREATE TABLE m_1 PARTITION OF m
	FOR VALUES FROM (1, 'x', '2020-01-01 00:00+00') TO (1, 'x', MAXVALUE);
CREATE TABLE m_2 PARTITION OF m
	FOR VALUES FROM (2, MINVALUE, MINVALUE) TO (2, 'it''s "q", (p) MAXVALUE', '2020-01-01 00:00+00');
CREATE TABLE m_3 PARTITION OF m
	FOR VALUES FROM (3, ') TO (', MINVALUE) TO (3, 'MAXVALUE', MAXVALUE);
CREATE TABLE m_4 PARTITION OF m
	FOR VALUES FROM (4, '', MINVALUE) TO (4, E'\\ NULL\n', MAXVALUE);
SELECT partition_name, partition_bound FROM stormdisc_partitions('m');
SELECT partition_name, n, lower_bound[n], upper_bound[n]
FROM stormdisc_partitions('m'), generate_series(1, 3) n
ORDER BY partition_name COLLATE "C", n;
-- [31] whatever the caller's settings are
SET timezone = 'Asia/Tokyo';
SET datestyle = 'German';
SELECT partition_bound, lower_bound FROM stormdisc_partitions('m')
WHERE partition_name = 'm_1';
RESET timezone;
RESET datestyle;
DROP TABLE m;

CREATE TABLE d (d date) PARTITION BY RANGE (d);
CREATE TABLE d_1 PARTITION OF d FOR VALUES FROM ('2020-02-01') TO ('2020-03-01');
CREATE TABLE i (i interval) PARTITION BY RANGE (i);
CREATE TABLE i_1 PARTITION OF i FOR VALUES FROM ('1 day 02:03') TO ('1 mon');
CREATE TABLE f (f float8) PARTITION BY RANGE (f);
CREATE TABLE f_1 PARTITION OF f FOR VALUES FROM (0.1) TO ('Infinity');
CREATE TABLE y (y bytea) PARTITION BY RANGE (y);
CREATE TABLE y_1 PARTITION OF y FOR VALUES FROM ('\x00') TO ('\xff');
CREATE TABLE u (u uuid) PARTITION BY RANGE (u);
CREATE TABLE u_1 PARTITION OF u
	FOR VALUES FROM ('00000000-0000-0000-0000-000000000000') TO ('80000000-0000-0000-0000-000000000000');
CREATE TABLE n (n numeric(10,2)) PARTITION BY RANGE (n);
CREATE TABLE n_1 PARTITION OF n FOR VALUES FROM (-1.5) TO (12345678.9);
CREATE TABLE t (b timestamptz, a int) PARTITION BY RANGE (date_trunc('day', b AT TIME ZONE 'UTC'), a);	-- [27]
CREATE TABLE t_1 PARTITION OF t FOR VALUES FROM ('2020-01-01', 5) TO ('2020-01-02', 5);
SELECT partition_name, partition_bound, lower_bound, upper_bound, range_size
FROM stormdisc_partitions(schemas => '{disc_parts}');
DROP TABLE d, i, f, y, u, n, t;

--
-- Lists, with and without a null
--
CREATE TYPE mood AS ENUM ('sad', 'ok');
CREATE TABLE l (a text) PARTITION BY LIST (a);
CREATE TABLE l_1 PARTITION OF l FOR VALUES IN ('a', 'it''s', 'x,y', '"q"', ') (');
CREATE TABLE l_null PARTITION OF l FOR VALUES IN ('NULL', NULL, 'MAXVALUE', '', E'\\');
CREATE TABLE l_only_null PARTITION OF l FOR VALUES IN ('z');
CREATE TABLE l_rest PARTITION OF l DEFAULT;
CREATE TABLE li (a int) PARTITION BY LIST (a);
CREATE TABLE li_1 PARTITION OF li FOR VALUES IN (3, 1, -2, NULL);
CREATE TABLE li_2 PARTITION OF li FOR VALUES IN (5);
CREATE TABLE lb (a bool) PARTITION BY LIST (a);
CREATE TABLE lb_1 PARTITION OF lb FOR VALUES IN (true);
CREATE TABLE lb_2 PARTITION OF lb FOR VALUES IN (false, NULL);
CREATE TABLE lm (a mood) PARTITION BY LIST (a);
CREATE TABLE lm_1 PARTITION OF lm FOR VALUES IN ('sad');
CREATE TABLE lm_2 PARTITION OF lm FOR VALUES IN (NULL);
CREATE TABLE ln (a numeric) PARTITION BY LIST (a);
CREATE TABLE ln_1 PARTITION OF ln FOR VALUES IN (1.50, 'NaN');
SELECT partition_name, strategy, list_values, array_position(list_values, NULL) AS null_at,
	lower_bound, is_default AS def
FROM stormdisc_partitions(schemas => '{disc_parts}');
SELECT partition_bound FROM stormdisc_partitions(schemas => '{disc_parts}');
DROP TABLE l, li, lb, lm, ln;

--
-- Hashes
--
CREATE TABLE h (a int, b text) PARTITION BY HASH (a, b);
CREATE TABLE h_0 PARTITION OF h FOR VALUES WITH (MODULUS 4, REMAINDER 0);
CREATE TABLE h_13 PARTITION OF h FOR VALUES WITH (MODULUS 2, REMAINDER 1);
SELECT partition_name, partition_bound, strategy, modulus, remainder, list_values,
	lower_bound, upper_bound, is_default, range_size
FROM stormdisc_partitions('h');
DROP TABLE h;

--
-- [29] A tree of three levels, in two schemas, with an attached branch
--
CREATE TABLE root (a int, b text, c int) PARTITION BY RANGE (a);
CREATE TABLE disc_parts2.low PARTITION OF root
	FOR VALUES FROM (0) TO (100) PARTITION BY LIST (b);
CREATE TABLE low_x PARTITION OF disc_parts2.low
	FOR VALUES IN ('x') PARTITION BY HASH (c);
CREATE TABLE low_x_0 PARTITION OF low_x FOR VALUES WITH (MODULUS 1, REMAINDER 0);
CREATE TABLE low_y PARTITION OF disc_parts2.low DEFAULT;
CREATE TABLE branch (gone int, c int, b text, a int) PARTITION BY LIST (c);
ALTER TABLE branch DROP gone;
CREATE TABLE "Branch 1" PARTITION OF branch FOR VALUES IN (1);
ALTER TABLE root ATTACH PARTITION branch FOR VALUES FROM (100) TO (200);
SELECT parent_schema, parent_name, schema_name, partition_name, strategy,
	partition_bound, partition_level AS level, root_name, is_leaf
FROM stormdisc_partitions('root');
-- from the middle of the tree: levels and roots are the real ones
SELECT parent_name, partition_name, partition_level AS level, root_name
FROM stormdisc_partitions('disc_parts2.low');
-- schemas and patterns are held against the partition
SELECT parent_schema, schema_name, partition_name
FROM stormdisc_partitions(schemas => '{disc_parts2}');
SELECT partition_name FROM stormdisc_partitions(include => '{disc_parts.low*}');
SELECT partition_name FROM stormdisc_partitions('root', exclude => ARRAY['low*', '"Branch 1"']);
-- order: by root, parent, and name
CREATE TABLE a_root (a int) PARTITION BY LIST (a);
CREATE TABLE z_part PARTITION OF a_root FOR VALUES IN (1);
SELECT root_name, parent_name, partition_name
FROM stormdisc_partitions(schemas => '{disc_parts,disc_parts2}');
-- renamed and moved
ALTER TABLE a_root RENAME TO "A root";
ALTER TABLE z_part SET SCHEMA disc_parts2;
ALTER TABLE disc_parts2.z_part RENAME TO "Z part";
SELECT parent_schema, parent_name, schema_name, partition_name, root_name
FROM stormdisc_partitions('"A root"');
DROP TABLE "A root";

-- [30] a detachment that did not finish
BEGIN;
SET LOCAL allow_system_table_mods = on;
UPDATE pg_inherits SET inhdetachpending = true WHERE inhrelid = 'low_y'::regclass;
SELECT partition_name, detach_pending FROM stormdisc_partitions('disc_parts2.low');
ROLLBACK;
-- and one that did
ALTER TABLE root DETACH PARTITION branch;
SELECT partition_name FROM stormdisc_partitions('root');
SELECT partition_name, partition_level AS level, root_name FROM stormdisc_partitions('branch');
DROP TABLE branch;

--
-- [32] Inheritance is not partitioning
--
CREATE TABLE par (a int);
CREATE TABLE chi () INHERITS (par);
SELECT count(*) FROM stormdisc_partitions(include => '{chi}');
DROP TABLE par CASCADE;

-- without partitions
CREATE TABLE empty (a int) PARTITION BY HASH (a);
SELECT count(*) FROM stormdisc_partitions('empty');

-- temporary tables; foreign tables
CREATE TEMP TABLE tmp (a int) PARTITION BY LIST (a);
CREATE TEMP TABLE tmp_1 PARTITION OF tmp FOR VALUES IN (1);
CREATE FOREIGN DATA WRAPPER disc_parts_fdw;
CREATE SERVER disc_parts_server FOREIGN DATA WRAPPER disc_parts_fdw;
CREATE TABLE part (a int) PARTITION BY LIST (a);
CREATE FOREIGN TABLE part_f PARTITION OF part FOR VALUES IN (1) SERVER disc_parts_server;
SELECT parent_schema, parent_name, schema_name, partition_name, root_schema, is_leaf
FROM stormdisc_partitions(include => '{tmp_1,part_f}');
SELECT partition_name FROM stormdisc_partitions('tmp');
DROP TABLE tmp, part;
DROP SERVER disc_parts_server;
DROP FOREIGN DATA WRAPPER disc_parts_fdw;

-- many partitions: three hundred, with their bounds
CREATE TABLE many (a int) PARTITION BY RANGE (a);
DO $$
BEGIN
	FOR g IN 0..299 LOOP
		EXECUTE format('CREATE TABLE many_%s PARTITION OF many FOR VALUES FROM (%s) TO (%s)',
			g, g * 10, g * 10 + 10);
	END LOOP;
END $$;
SELECT count(*), sum(range_base), min(range_size), max(range_size),
	bool_and(partition_name = 'many_' || range_base) AS named_by_base
FROM stormdisc_partitions('many');
DROP TABLE many;

--
-- [51] A role without any right sees the same
--
SET SESSION AUTHORIZATION regress_disc_reader;
SELECT partition_name, partition_bound
FROM stormdisc_partitions(include => '{disc_parts*.low*}');
RESET SESSION AUTHORIZATION;

-- what it does not take: only a partitioned table has partitions
CREATE TABLE plain (a int);
CREATE VIEW a_view AS SELECT 1 AS a;
CREATE INDEX root_i ON root (a);
SELECT * FROM stormdisc_partitions('plain');
\set VERBOSITY sqlstate
SELECT * FROM stormdisc_partitions('plain');
SELECT * FROM stormdisc_partitions('low_x_0');
SELECT * FROM stormdisc_partitions('a_view');
SELECT * FROM stormdisc_partitions('root_i');
\set VERBOSITY default

DROP SCHEMA disc_parts, disc_parts2 CASCADE;
DROP ROLE regress_disc_reader;
