-- What only some of the supported servers have.  On the others these tests
-- are skipped.
BEGIN;
SET LOCAL jit = off;
SET LOCAL client_min_messages = warning;
CREATE EXTENSION IF NOT EXISTS pgtap;
CREATE EXTENSION IF NOT EXISTS stormdisc;
SELECT plan(46);
CREATE SCHEMA versions;
SET LOCAL search_path = versions, public;
SELECT current_setting('server_version_num')::int >= 170000 AS v17,
	current_setting('server_version_num')::int >= 180000 AS v18,
	to_regclass('pg_catalog.pg_propgraph_element') IS NOT NULL AS graphs \gset

--
-- Everywhere: what is new in 17 to 19 has its old value below
--
CREATE TABLE base (a int PRIMARY KEY, b int NOT NULL CHECK (b > 0), c int REFERENCES base, d int GENERATED ALWAYS AS (b + 1) STORED);
SELECT results_eq($$SELECT DISTINCT is_enforced, is_period FROM stormdisc_constraints('base')$$, 'VALUES (true, false)', 'all is enforced, nothing is a period');
SELECT is((SELECT generated_type FROM stormdisc_columns('base') WHERE column_name = 'd'), 'stored', 'stored is stored');
ALTER TABLE base ALTER b SET STATISTICS 10;
ALTER TABLE base ALTER b SET STATISTICS -1;
SELECT is((SELECT array_agg(statistics_target) FROM stormdisc_columns('base')), '{NULL,NULL,NULL,NULL}'::int[], 'the default statistics target is null [48]');
SELECT bag_eq($$SELECT constraint_type FROM stormdisc_constraints('base') WHERE constraint_type <> 'not null'$$,
	ARRAY['primary key', 'check', 'foreign key'], 'the constraints but for not null');
-- a domain's not null has a row of its own from 17 on, but in no table
CREATE DOMAIN nn_domain AS int NOT NULL CHECK (VALUE > 0);
CREATE TABLE with_domain (a nn_domain, b nn_domain[]);
SELECT is_empty($$SELECT * FROM stormdisc_constraints('with_domain')$$, 'a domain''s constraints are not its table''s [p]');
SELECT results_eq($$SELECT not_null FROM stormdisc_columns('with_domain')$$, ARRAY[true, false], 'but they count for its columns');

-- the planner and the statistics of a table that was never looked at
CREATE TABLE never (a int);
SELECT is((SELECT estimated_rows FROM stormdisc_tables('never')), NULL, 'rows of a table that was never analyzed are not known');

--
-- 17: identity columns and access methods of partitioned tables
--
\if :v17
CREATE TABLE id (a int GENERATED ALWAYS AS IDENTITY (START 5), b int) PARTITION BY LIST (b);
CREATE TABLE id_1 PARTITION OF id FOR VALUES IN (1) PARTITION BY LIST (b);
CREATE TABLE id_1_1 PARTITION OF id_1 FOR VALUES IN (1);
CREATE TABLE id_2 (gone int, b int, a int NOT NULL);
ALTER TABLE id_2 DROP gone;
ALTER TABLE id ATTACH PARTITION id_2 FOR VALUES IN (2);
SELECT results_eq($$SELECT table_name, identity, is_serial, not_null, sequence_schema, sequence_name, default_value
		FROM stormdisc_columns(schemas => '{versions}', include => '{id,id_*}') WHERE column_name = 'a'$$,
	$$SELECT t, 'always', true, true, 'versions', 'id_a_seq', NULL::text FROM unnest('{id,id_1,id_1_1,id_2}'::text[]) t$$,
	'identity columns of partitions have their root''s sequence [34]');
ALTER TABLE id DETACH PARTITION id_2;
SELECT results_eq($$SELECT identity, is_serial, not_null, sequence_name FROM stormdisc_columns('id_2') WHERE column_name = 'a'$$,
	$$VALUES (NULL::text, false, true, NULL::text)$$, 'a detached one has none');
CREATE TABLE am (a int) PARTITION BY LIST (a) USING heap;
CREATE TABLE am_1 PARTITION OF am FOR VALUES IN (1);
CREATE TABLE no_am (a int) PARTITION BY LIST (a);
SELECT results_eq($$SELECT table_name, access_method FROM stormdisc_tables(include => '{versions.am*,versions.no_am}')$$,
	$$VALUES ('am', 'heap'), ('am_1', 'heap'), ('no_am', NULL)$$, 'access methods of partitioned tables [43]');
CREATE TABLE ex (a int, r int4range, EXCLUDE USING btree (a WITH =)) PARTITION BY RANGE (a);
CREATE TABLE ex_1 PARTITION OF ex FOR VALUES FROM (0) TO (10);
SELECT results_eq($$SELECT table_name, constraint_name, columns, exclusion_operators, parent_constraint, inherited_count
		FROM stormdisc_constraints(include => '{versions.ex*}') WHERE constraint_type = 'exclusion'$$,
	$$VALUES ('ex', 'ex_a_excl', '{a}'::text[], '{pg_catalog.=}'::text[], NULL, 0), ('ex_1', 'ex_1_a_excl', '{a}', '{pg_catalog.=}', 'ex_a_excl', 1)$$,
	'exclusion constraints of partitioned tables');
\else
SELECT skip('needs PostgreSQL 17', 4);
\endif

--
-- 18: not-null constraints are rows, with names [52]
--
\if :v18
CREATE TABLE nn (a int CONSTRAINT "My nn" NOT NULL, b int NOT NULL, c int, d int NOT NULL NO INHERIT, e int GENERATED ALWAYS AS IDENTITY, f int PRIMARY KEY);
INSERT INTO nn VALUES (1, 1, NULL, 1, DEFAULT, 1);
ALTER TABLE nn ADD CONSTRAINT c_nn NOT NULL c NOT VALID;
SELECT results_eq($$SELECT constraint_name, columns, is_validated, no_inherit, is_local, inherited_count, definition
		FROM stormdisc_constraints('nn') WHERE constraint_type = 'not null'$$,
	$$VALUES ('My nn', '{a}'::text[], true, false, true, 0, 'NOT NULL a'), ('c_nn', '{c}', false, false, true, 0, 'NOT NULL c NOT VALID'),
		('nn_b_not_null', '{b}', true, false, true, 0, 'NOT NULL b'), ('nn_d_not_null', '{d}', true, true, true, 0, 'NOT NULL d NO INHERIT'),
		('nn_e_not_null', '{e}', true, false, true, 0, 'NOT NULL e'), ('nn_f_not_null', '{f}', true, false, true, 0, 'NOT NULL f')$$,
	'not-null constraints, named, not valid, not inherited');
SELECT is_empty($$SELECT constraint_name FROM stormdisc_constraints('nn') WHERE constraint_type = 'not null'
	AND (expression IS NOT NULL OR index_name IS NOT NULL OR ref_columns IS NOT NULL OR exclusion_operators IS NOT NULL OR is_deferrable OR NOT is_enforced)$$,
	'and nothing that does not apply');
SELECT is_empty($$SELECT constraint_name FROM stormdisc_constraints('nn') WHERE constraint_type = 'check'$$, 'they are not among the checks');
SELECT results_eq($$SELECT column_name, not_null FROM stormdisc_columns('nn')$$,
	$$VALUES ('a', true), ('b', true), ('c', true), ('d', true), ('e', true), ('f', true)$$, 'the columns are not null');
ALTER TABLE nn RENAME TO nn2;
ALTER TABLE nn2 RENAME a TO "A a";
SELECT results_eq($$SELECT constraint_name, columns, definition FROM stormdisc_constraints('nn2') WHERE constraint_type = 'not null' AND constraint_name IN ('My nn', 'nn_b_not_null')$$,
	$$VALUES ('My nn', '{"A a"}'::text[], 'NOT NULL "A a"'), ('nn_b_not_null', '{b}', 'NOT NULL b')$$, 'their names stay when the table''s changes');
CREATE TABLE nn_child (z int) INHERITS (nn2);
CREATE TABLE nn_child2 ("A a" int CONSTRAINT other NOT NULL) INHERITS (nn2);
SELECT results_eq($$SELECT constraint_name, is_local, inherited_count FROM stormdisc_constraints('nn_child') WHERE constraint_type = 'not null'$$,
	$$VALUES ('My nn', false, 1), ('c_nn', false, 1), ('nn_b_not_null', false, 1), ('nn_e_not_null', false, 1), ('nn_f_not_null', false, 1)$$, 'inherited ones');
SELECT results_eq($$SELECT constraint_name, is_local, inherited_count FROM stormdisc_constraints('nn_child2') WHERE columns = '{"A a"}'$$,
	$$VALUES ('other', true, 1)$$, 'merged ones');
ALTER TABLE nn2 DROP CONSTRAINT nn_pkey;
SELECT ok(EXISTS (SELECT FROM stormdisc_constraints('nn2') WHERE constraint_name = 'nn_f_not_null'), 'they outlive the primary key');
CREATE TABLE nn_part (a int NOT NULL, b int) PARTITION BY LIST (b);
CREATE TABLE nn_part_1 PARTITION OF nn_part FOR VALUES IN (1);
SELECT results_eq($$SELECT table_name, constraint_name, is_local, inherited_count FROM stormdisc_constraints(include => '{versions.nn_part*}')$$,
	$$VALUES ('nn_part', 'nn_part_a_not_null', true, 0), ('nn_part_1', 'nn_part_a_not_null', false, 1)$$, 'of partitions');
COMMENT ON CONSTRAINT nn_b_not_null ON nn2 IS 'of b';
SELECT is((SELECT comment FROM stormdisc_constraints('nn2') WHERE constraint_name = 'nn_b_not_null'), 'of b', 'they have comments');

-- in DDL a name stands only where the server would choose another
CREATE TABLE z_named (x int NOT NULL);
CREATE TABLE a_named (x int CONSTRAINT z_named_x_not_null NOT NULL);
CREATE TABLE p_named (y int NOT NULL, z int CONSTRAINT "Own" NOT NULL);
SELECT results_eq($$SELECT statement FROM stormdisc_ddl(include => '{versions.?_named}', options => '{"no_owner": true}') WHERE phase = 'tables' ORDER BY seq$$,
	$$VALUES (E'CREATE TABLE versions.a_named (\n    x integer CONSTRAINT z_named_x_not_null NOT NULL\n);'),
		(E'CREATE TABLE versions.p_named (\n    y integer NOT NULL,\n    z integer CONSTRAINT "Own" NOT NULL\n);'),
		(E'CREATE TABLE versions.z_named (\n    x integer CONSTRAINT z_named_x_not_null NOT NULL\n);')$$,
	'names of not-null constraints in DDL');
SELECT format('CREATE TABLE %I (%I int NOT NULL, %I int NOT NULL)', repeat('o', 60), repeat('c', 62) || '1', repeat('c', 62) || '2') \gexec
SELECT is((SELECT count(*) FROM stormdisc_ddl(include => '{versions.o*}'), regexp_matches(statement, ' CONSTRAINT ', 'g') WHERE phase = 'tables'), 1::bigint, 'of two that are cut alike one has a number');

CREATE TABLE temporal (r int4range, v daterange, w int4multirange, CONSTRAINT t_pk PRIMARY KEY (r, v WITHOUT OVERLAPS), CONSTRAINT t_uq UNIQUE (v, w WITHOUT OVERLAPS), CONSTRAINT t_ex EXCLUDE USING gist (r WITH &&));
CREATE TABLE period (r int4range, v daterange, CONSTRAINT p_fk FOREIGN KEY (r, PERIOD v) REFERENCES temporal (r, PERIOD v), CONSTRAINT p_no FOREIGN KEY (r, PERIOD v) REFERENCES temporal NOT ENFORCED);
SELECT results_eq($$SELECT constraint_name, constraint_type, columns, is_period, index_name, exclusion_operators, definition FROM stormdisc_constraints('temporal') WHERE constraint_type <> 'not null'$$,
	$$VALUES ('t_ex', 'exclusion', '{r}'::text[], false, 't_ex', '{pg_catalog.&&}'::text[], 'EXCLUDE USING gist (r WITH &&)'),
		('t_pk', 'primary key', '{r,v}', true, 't_pk', NULL, 'PRIMARY KEY (r, v WITHOUT OVERLAPS)'), ('t_uq', 'unique', '{v,w}', true, 't_uq', NULL, 'UNIQUE (v, w WITHOUT OVERLAPS)')$$,
	'WITHOUT OVERLAPS');
SELECT results_eq($$SELECT constraint_name, columns, ref_columns, is_period, is_enforced, is_validated, index_name, definition FROM stormdisc_constraints('period')$$,
	$$VALUES ('p_fk', '{r,v}'::text[], '{r,v}'::text[], true, true, true, 't_pk', 'FOREIGN KEY (r, PERIOD v) REFERENCES versions.temporal(r, PERIOD v)'),
		('p_no', '{r,v}', '{r,v}', true, false, false, 't_pk', 'FOREIGN KEY (r, PERIOD v) REFERENCES versions.temporal(r, PERIOD v) NOT ENFORCED')$$,
	'PERIOD');
SELECT results_eq($$SELECT index_name, column_names, constraint_name, is_primary, is_exclusion, access_method, orderings FROM stormdisc_indexes('temporal')$$,
	$$VALUES ('t_ex', '{r}'::text[], 't_ex', false, true, 'gist', NULL::text[]), ('t_pk', '{r,v}', 't_pk', true, true, 'gist', NULL), ('t_uq', '{v,w}', 't_uq', false, true, 'gist', NULL)$$,
	'their indexes: each has one constraint, and no foreign key is it');
SELECT results_eq($$SELECT column_name, key_position FROM stormdisc_primary_key('temporal')$$, $$VALUES ('r', 1), ('v', 2)$$, 'a temporal primary key');
SELECT results_eq($$SELECT column_name, is_primary_key FROM stormdisc_columns('temporal')$$, $$VALUES ('r', true), ('v', true), ('w', false)$$, 'and its columns');

-- NOT ENFORCED [53]
CREATE TABLE ne (a int REFERENCES base NOT ENFORCED, b int CHECK (b > 0) NOT ENFORCED, c int CHECK (c > 0), d int REFERENCES base);
SELECT results_eq($$SELECT constraint_name, is_enforced, is_validated, definition FROM stormdisc_constraints('ne')$$,
	$$VALUES ('ne_a_fkey', false, false, 'FOREIGN KEY (a) REFERENCES versions.base(a) NOT ENFORCED'), ('ne_b_check', false, false, 'CHECK ((b > 0)) NOT ENFORCED'),
		('ne_c_check', true, true, 'CHECK ((c > 0))'), ('ne_d_fkey', true, true, 'FOREIGN KEY (d) REFERENCES versions.base(a)')$$, 'NOT ENFORCED');

-- virtual generated columns [35]
CREATE TABLE virt (a int, b int GENERATED ALWAYS AS (a * 2) VIRTUAL, c int GENERATED ALWAYS AS (a * 3) STORED,
	d text GENERATED ALWAYS AS (CASE WHEN a > 0 THEN 'x' ELSE E'\\' END), e int DEFAULT 5);
SELECT results_eq($$SELECT column_name, generated_type, default_value FROM stormdisc_columns('virt')$$,
	$$SELECT attname::text COLLATE "default", CASE attgenerated WHEN 's' THEN 'stored' WHEN 'v' THEN 'virtual' ELSE 'not_generated' END, pg_get_expr(adbin, adrelid) COLLATE "default"
		FROM pg_attribute LEFT JOIN pg_attrdef ON adrelid = attrelid AND adnum = attnum WHERE attrelid = 'virt'::regclass AND attnum > 0 ORDER BY attnum$$,
	'virtual generated columns and their expressions');
SELECT is((SELECT generated_type FROM stormdisc_columns('virt') WHERE column_name = 'b'), 'virtual', 'virtual is virtual');
CREATE TABLE virt_child (f int) INHERITS (virt);
SELECT is((SELECT default_value FROM stormdisc_columns('virt_child') WHERE column_name = 'b'), '(a * 2)', 'an inherited one');
CREATE TABLE virt_part (a int, b int GENERATED ALWAYS AS (a * 2)) PARTITION BY LIST (a);
CREATE TABLE virt_part_1 PARTITION OF virt_part (b GENERATED ALWAYS AS (a * 4)) FOR VALUES IN (1);
SELECT is((SELECT default_value FROM stormdisc_columns('virt_part_1') WHERE column_name = 'b'), '(a * 4)', 'a partition''s own');
\else
SELECT skip('needs PostgreSQL 18', 22);
\endif

--
-- 19, if it has them: a property graph is no table, and is in nobody's way [54]
--
\if :graphs
CREATE PROPERTY GRAPH graph VERTEX TABLES (base KEY (a));
SELECT is_empty($$SELECT * FROM stormdisc_tables(include => '{versions.graph}')$$, 'a property graph is no table');
SELECT is_empty($$SELECT * FROM stormdisc_columns(include => '{versions.graph}')$$, 'nor has it columns');
SELECT throws_ok($$SELECT * FROM stormdisc_tables('versions.graph')$$, '42809', NULL, 'tables: not served');
SELECT throws_ok($$SELECT * FROM stormdisc_columns('versions.graph')$$, '42809', NULL, 'columns: not served');
SELECT throws_ok($$SELECT * FROM stormdisc_indexes('versions.graph')$$, '42809', NULL, 'indexes: not served');
SELECT throws_ok($$SELECT * FROM stormdisc_constraints('versions.graph')$$, '42809', NULL, 'constraints: not served');
SELECT throws_ok($$SELECT * FROM stormdisc_primary_key('versions.graph')$$, '42809', NULL, 'primary_key: not served');
SELECT throws_ok($$SELECT * FROM stormdisc_partitions('versions.graph')$$, '42809', NULL, 'partitions: not served');
SELECT cmp_ok((SELECT count(*) FROM stormdisc_columns(schemas => '{versions}')), '>', 10::bigint, 'everything else is there');
\else
SELECT skip('needs property graphs', 9);
\endif

--
-- The catalogs of this server, whatever is new in them
--
SELECT is((SELECT count(*) FROM stormdisc_tables(schemas => '{pg_catalog}')),
	(SELECT count(*) FROM pg_class WHERE relnamespace = 'pg_catalog'::regnamespace AND relkind IN ('r', 'p', 'f')), 'every catalog');
SELECT is((SELECT count(*) FROM stormdisc_columns(schemas => '{pg_catalog}')),
	(SELECT count(*) FROM pg_attribute JOIN pg_class c ON c.oid = attrelid WHERE relnamespace = 'pg_catalog'::regnamespace
		AND relkind IN ('r', 'p', 'f', 'v', 'm') AND attnum > 0 AND NOT attisdropped), 'every column of theirs');
SELECT is((SELECT count(*) FROM stormdisc_indexes(schemas => '{pg_catalog}')),
	(SELECT count(*) FROM pg_index JOIN pg_class c ON c.oid = indrelid WHERE relnamespace = 'pg_catalog'::regnamespace), 'every index');
SELECT is((SELECT count(*) FROM stormdisc_constraints(schemas => '{pg_catalog}')),
	(SELECT count(*) FROM pg_constraint WHERE connamespace = 'pg_catalog'::regnamespace AND conrelid <> 0), 'every constraint');

SELECT * FROM finish();
ROLLBACK;
