--
-- stormdisc_constraints: keys, checks, exclusions, constraint triggers
--
-- Not-null constraints have rows of their own from PostgreSQL 18 on, so they
-- are left out here; the pgTAP tests have them.
--
SET client_min_messages = warning;
CREATE ROLE regress_disc_reader;
CREATE SCHEMA disc_cons;
CREATE SCHEMA disc_cons2;
SET search_path = disc_cons, public;

--
-- One of each; what does not apply is null
--
CREATE TABLE one (
	a int CONSTRAINT one_pk PRIMARY KEY,
	b int CONSTRAINT one_uq UNIQUE,
	c int CONSTRAINT one_fk REFERENCES one,
	d int4range CONSTRAINT one_ck CHECK (NOT isempty(d)),
	CONSTRAINT one_ex EXCLUDE USING gist (d WITH &&));
CREATE FUNCTION trig() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NULL; END';
CREATE CONSTRAINT TRIGGER one_tr AFTER INSERT ON one DEFERRABLE INITIALLY DEFERRED
	FOR EACH ROW EXECUTE FUNCTION trig();
CREATE TRIGGER not_a_constraint AFTER INSERT ON one EXECUTE FUNCTION trig();
SELECT constraint_name, constraint_type, columns, index_name,
	is_deferrable AS dfr, initially_deferred AS idef, is_validated AS val,
	is_enforced AS enf, is_period AS per, is_local AS loc, inherited_count AS inh,
	parent_constraint, problem
FROM stormdisc_constraints('one') WHERE constraint_type <> 'not null';
SELECT constraint_name, ref_schema, ref_table, ref_columns, on_update, on_delete,
	on_delete_columns, match_type
FROM stormdisc_constraints('one') WHERE constraint_type <> 'not null';
SELECT constraint_name, exclusion_operators, expression, definition, comment
FROM stormdisc_constraints('one') WHERE constraint_type <> 'not null';
DROP TABLE one;

--
-- [6] [c] Columns in key order; INCLUDE is not key
--
CREATE TABLE k (x int, a int, b int, c text,
	PRIMARY KEY (b, a) INCLUDE (c),
	CONSTRAINT k_uq UNIQUE (c, x, a) INCLUDE (b),
	CONSTRAINT k_nnd UNIQUE NULLS NOT DISTINCT (x) DEFERRABLE INITIALLY DEFERRED);	-- [17]
SELECT constraint_name, columns, index_name, is_deferrable, initially_deferred, definition
FROM stormdisc_constraints('k') WHERE constraint_type <> 'not null';
ALTER TABLE k RENAME CONSTRAINT k_uq TO "K uq";
ALTER TABLE k RENAME a TO "A a";
SELECT constraint_name, columns, index_name, definition
FROM stormdisc_constraints('k') WHERE constraint_type = 'unique';
DROP TABLE k;

--
-- [18] Exclusions: operators qualified, in the order of the keys
--
CREATE TABLE ex (z int, r int4range, k int4range, "P p" point,
	EXCLUDE USING gist (k WITH =, r WITH &&) WHERE (z > 0) DEFERRABLE INITIALLY DEFERRED,
	CONSTRAINT ex_bt EXCLUDE (z WITH =));
CREATE OPERATOR disc_cons2.=== (LEFTARG = int, RIGHTARG = int, FUNCTION = int4eq,
	COMMUTATOR = OPERATOR(disc_cons2.===));
CREATE OPERATOR CLASS disc_cons2.own FOR TYPE int USING btree AS
	OPERATOR 1 <, OPERATOR 2 <=, OPERATOR 3 disc_cons2.===, OPERATOR 4 >=, OPERATOR 5 >,
	FUNCTION 1 btint4cmp(int, int);
ALTER TABLE ex ADD CONSTRAINT ex_own EXCLUDE (z disc_cons2.own WITH OPERATOR(disc_cons2.===));
SELECT constraint_name, columns, exclusion_operators, is_deferrable, initially_deferred
FROM stormdisc_constraints('ex');
SELECT definition FROM stormdisc_constraints('ex');
-- an expression among the keys has its text, as in the index
ALTER TABLE ex ADD CONSTRAINT ex_expr
	EXCLUDE USING gist (r WITH &&, (int4range(z, z + 1)) WITH =, box("P p", "P p") WITH &&);
SELECT c.columns, c.columns = i.column_names AS as_the_index, c.exclusion_operators
FROM stormdisc_constraints('ex') c JOIN stormdisc_indexes('ex') i USING (constraint_name)
WHERE constraint_name = 'ex_expr';
DROP TABLE ex;

--
-- [19] [h] Checks without columns, of the whole row, of a system column
--
CREATE TABLE ck (gone int, a int, "B b" int,
	CONSTRAINT ck_true CHECK (true),
	CONSTRAINT ck_row CHECK ((ck.*) IS NOT NULL),
	CONSTRAINT ck_sys CHECK (tableoid > 0),
	CONSTRAINT ck_two CHECK ("B b" > 0 AND a > 0),
	CONSTRAINT ck_twice CHECK (a > 0 AND a < 10),
	CONSTRAINT ck_case CHECK (CASE WHEN a = 1 THEN "B b" = 2 ELSE a::text = E'CASE \\ ''END''' END));
ALTER TABLE ck DROP gone;
SELECT constraint_name, columns, expression, definition
FROM stormdisc_constraints('ck');
ALTER TABLE ck RENAME a TO new_a;
SELECT constraint_name, columns, expression FROM stormdisc_constraints('ck')
WHERE constraint_name = 'ck_two';
DROP TABLE ck;

--
-- [20] NO INHERIT and NOT VALID
--
CREATE TABLE nv (a int,
	CONSTRAINT nv_inherit CHECK (a > 0),
	CONSTRAINT nv_no_inherit CHECK (a > 1) NO INHERIT);
ALTER TABLE nv ADD CONSTRAINT nv_not_valid CHECK (a > 2) NOT VALID;
CREATE TABLE nv_ref (a int PRIMARY KEY);
ALTER TABLE nv ADD CONSTRAINT nv_fk FOREIGN KEY (a) REFERENCES nv_ref NOT VALID;
SELECT constraint_name, no_inherit, is_validated, definition
FROM stormdisc_constraints('nv') WHERE constraint_type = 'check';
SELECT constraint_name, is_validated, definition
FROM stormdisc_constraints('nv') WHERE constraint_type = 'foreign key';
ALTER TABLE nv VALIDATE CONSTRAINT nv_not_valid;
ALTER TABLE nv VALIDATE CONSTRAINT nv_fk;
SELECT constraint_name, is_validated, definition
FROM stormdisc_constraints('nv') WHERE constraint_name IN ('nv_not_valid', 'nv_fk');
DROP TABLE nv, nv_ref;

--
-- [32] Inherited checks: merged, local, counted
--
CREATE TABLE par1 (a int, CONSTRAINT merged CHECK (a > 0));
CREATE TABLE par2 (a int, CONSTRAINT merged CHECK (a > 0), CONSTRAINT p2 CHECK (a < 9));
CREATE TABLE chi (b int, CONSTRAINT merged CHECK (a > 0), CONSTRAINT own CHECK (b > 0))
	INHERITS (par1, par2);
CREATE TABLE chi2 () INHERITS (chi);
SELECT table_name, constraint_name, is_local, inherited_count AS inh
FROM stormdisc_constraints(include => '{chi*}', schemas => '{disc_cons}');
DROP TABLE par1, par2 CASCADE;

--
-- [21] [d] [f] Foreign keys: pairs by position
--
CREATE TABLE fk_t (x int, y int, z int, UNIQUE (x, y), UNIQUE (z, y, x));
CREATE TABLE fk_s (id int PRIMARY KEY, boss int REFERENCES fk_s, a int, b int, c int,
	CONSTRAINT twice FOREIGN KEY (a, a) REFERENCES fk_t (x, y),
	CONSTRAINT crossed FOREIGN KEY (b, a) REFERENCES fk_t (x, y),
	CONSTRAINT three FOREIGN KEY (a, b, c) REFERENCES fk_t (z, y, x));
CREATE TABLE fk_other (b int, a int, CONSTRAINT crossed FOREIGN KEY (a, b) REFERENCES fk_t (x, y));
SELECT table_name, constraint_name, columns, ref_table, ref_columns, index_name
FROM stormdisc_constraints(include => '{fk_*}') WHERE constraint_type = 'foreign key';
DROP TABLE fk_s, fk_other, fk_t;

-- [22] what they do
CREATE TABLE act_t (u int, v int, PRIMARY KEY (u, v));
CREATE TABLE act (u int, v int, w int DEFAULT 1,
	CONSTRAINT a_none FOREIGN KEY (u, v) REFERENCES act_t,
	CONSTRAINT b_cols FOREIGN KEY (u, v) REFERENCES act_t ON DELETE SET NULL (v),
	CONSTRAINT c_cols FOREIGN KEY (u, w) REFERENCES act_t ON DELETE SET DEFAULT (w, u),
	CONSTRAINT d_full FOREIGN KEY (u, v) REFERENCES act_t MATCH FULL ON UPDATE CASCADE ON DELETE RESTRICT,
	CONSTRAINT e_def FOREIGN KEY (u, v) REFERENCES act_t ON UPDATE SET NULL ON DELETE SET DEFAULT DEFERRABLE,
	CONSTRAINT f_all FOREIGN KEY (u, v) REFERENCES act_t ON UPDATE SET DEFAULT ON DELETE CASCADE
		DEFERRABLE INITIALLY DEFERRED,
	CONSTRAINT g_upd FOREIGN KEY (u, v) REFERENCES act_t ON UPDATE RESTRICT ON DELETE NO ACTION);
SELECT constraint_name, on_update, on_delete, on_delete_columns, match_type,
	is_deferrable, initially_deferred
FROM stormdisc_constraints('act');
SELECT definition FROM stormdisc_constraints('act');
DROP TABLE act, act_t;

-- [23] to a unique index without a constraint
CREATE TABLE "Idx t" (a int, b int);
CREATE UNIQUE INDEX "Idx only" ON "Idx t" (b, a);
CREATE TABLE disc_cons2.idx (x int, y int, FOREIGN KEY (x, y) REFERENCES "Idx t" (a, b));
SELECT schema_name, constraint_name, columns, ref_schema, ref_table, ref_columns,
	index_name, definition
FROM stormdisc_constraints('disc_cons2.idx');
DROP TABLE disc_cons2.idx, "Idx t";

--
-- [26] [i] Partitioned: one foreign key is one row, however many clones it has
--
CREATE TABLE pk (a int PRIMARY KEY) PARTITION BY RANGE (a);
CREATE TABLE pk_1 PARTITION OF pk FOR VALUES FROM (0) TO (10);
CREATE TABLE pk_2 PARTITION OF pk FOR VALUES FROM (10) TO (20) PARTITION BY RANGE (a);
CREATE TABLE pk_2_1 PARTITION OF pk_2 FOR VALUES FROM (10) TO (15);
CREATE TABLE fk (a int, b int, CONSTRAINT fk_c FOREIGN KEY (b) REFERENCES pk) PARTITION BY RANGE (a);
CREATE TABLE fk_1 PARTITION OF fk FOR VALUES FROM (0) TO (10);
CREATE TABLE fk_2 PARTITION OF fk FOR VALUES FROM (10) TO (20) PARTITION BY RANGE (a);
CREATE TABLE fk_2_1 PARTITION OF fk_2 FOR VALUES FROM (10) TO (15);
CREATE TABLE plain (b int CONSTRAINT plain_fk REFERENCES pk);
SELECT table_name, constraint_name, columns, ref_table, parent_constraint,
	is_local, inherited_count AS inh
FROM stormdisc_constraints(include => '{fk,fk_*,plain}', schemas => '{disc_cons}')
WHERE constraint_type = 'foreign key';
-- a partition that came with a foreign key of its own
CREATE TABLE fk_3 (a int, b int, CONSTRAINT mine FOREIGN KEY (b) REFERENCES pk,
	CONSTRAINT more FOREIGN KEY (a) REFERENCES pk_1);
ALTER TABLE fk ATTACH PARTITION fk_3 FOR VALUES FROM (20) TO (30);
SELECT table_name, constraint_name, columns, ref_table, parent_constraint
FROM stormdisc_constraints('fk_3') WHERE constraint_type = 'foreign key';
-- detached: a foreign key of its own again
ALTER TABLE fk DETACH PARTITION fk_2;
SELECT table_name, constraint_name, ref_table, parent_constraint
FROM stormdisc_constraints(include => '{fk_2,fk_2_1}') WHERE constraint_type = 'foreign key';
DROP TABLE fk, fk_2, plain, pk;

-- of a partitioned table to itself
CREATE TABLE self (a int PRIMARY KEY, b int CONSTRAINT self_fk REFERENCES self) PARTITION BY HASH (a);
CREATE TABLE self_0 PARTITION OF self FOR VALUES WITH (MODULUS 2, REMAINDER 0);
CREATE TABLE self_1 PARTITION OF self FOR VALUES WITH (MODULUS 2, REMAINDER 1);
SELECT table_name, columns, ref_table, ref_columns, parent_constraint IS NOT NULL AS has_parent
FROM stormdisc_constraints(include => '{self*}') WHERE constraint_type = 'foreign key';
-- keys and checks of partitions
SELECT table_name, constraint_name, constraint_type, parent_constraint, is_local,
	inherited_count AS inh
FROM stormdisc_constraints(include => '{self*}') WHERE constraint_type = 'primary key';
DROP TABLE self;

-- a partition and its parent with a column order and numbers of their own [29]
CREATE TABLE num_t (a int, b int, UNIQUE (a, b));
CREATE TABLE num (a int, b int, FOREIGN KEY (a, b) REFERENCES num_t (a, b)) PARTITION BY LIST (a);
CREATE TABLE num_1 (gone int, b int, a int);
ALTER TABLE num_1 DROP gone;
ALTER TABLE num ATTACH PARTITION num_1 FOR VALUES IN (1);
SELECT table_name, columns, ref_columns FROM stormdisc_constraints(include => '{num,num_1}');
DROP TABLE num, num_t;

--
-- [f] The same name on two tables, and in two schemas
--
CREATE TABLE n1 (a int, b int, CONSTRAINT same CHECK (a > 1));
CREATE TABLE n2 (a int, b int, CONSTRAINT same CHECK (b > 2));
CREATE TABLE disc_cons2.n1 (a int, b int, CONSTRAINT same CHECK (a > 3));
SELECT schema_name, table_name, constraint_name, columns, expression
FROM stormdisc_constraints(schemas => '{disc_cons,disc_cons2}') WHERE constraint_name = 'same';
DROP TABLE n1, n2, disc_cons2.n1;

--
-- [p] Domain constraints are no table's; views and matviews have none
--
CREATE DOMAIN dom AS int CONSTRAINT of_domain CHECK (VALUE > 0) NOT NULL;
CREATE TABLE with_dom (d dom);
SELECT count(*) FROM stormdisc_constraints(schemas => '{disc_cons}');
DROP TABLE with_dom;

--
-- Foreign tables have checks; typed and temporary tables
--
CREATE FOREIGN DATA WRAPPER disc_con_fdw;
CREATE SERVER disc_con_server FOREIGN DATA WRAPPER disc_con_fdw;
CREATE FOREIGN TABLE far (a int CONSTRAINT far_ck CHECK (a > 0)) SERVER disc_con_server;
CREATE TEMP TABLE tmp (a int PRIMARY KEY, b int REFERENCES tmp CHECK (b > 0));
SELECT schema_name, table_name, constraint_name, ref_schema, ref_table, definition
FROM stormdisc_constraints(include => '{far,tmp}') WHERE constraint_type <> 'not null';
DROP SERVER disc_con_server CASCADE;
DROP FOREIGN DATA WRAPPER disc_con_fdw;
DROP TABLE tmp;

--
-- [49] Comments
--
CREATE TABLE com (a int CONSTRAINT com_c CHECK (a > 0), CONSTRAINT com_d CHECK (a > 1));
COMMENT ON CONSTRAINT com_c ON com IS 'of com_c';
BEGIN;
SET LOCAL allow_system_table_mods = on;
INSERT INTO pg_description (objoid, classoid, objsubid, description)
SELECT oid, 'pg_class'::regclass, 0, 'WRONG: of a table' FROM pg_constraint WHERE conname = 'com_d';
SELECT constraint_name, comment FROM stormdisc_constraints('com');
ROLLBACK;

--
-- [51] A role without any right sees the same
--
CREATE TABLE com_t (a int PRIMARY KEY);
CREATE TABLE secret (a int CHECK (a <> 4711) REFERENCES com_t);
SET SESSION AUTHORIZATION regress_disc_reader;
SELECT constraint_name, definition, ref_table, expression
FROM stormdisc_constraints(include => '{disc_cons.secret}');
RESET SESSION AUTHORIZATION;
SELECT count(*) FROM stormdisc_constraints()
WHERE schema_name IN ('pg_catalog', 'information_schema', 'pg_toast', 'stormdisc');

DROP SCHEMA disc_cons, disc_cons2 CASCADE;
DROP ROLE regress_disc_reader;
