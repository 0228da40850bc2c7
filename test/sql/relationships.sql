--
-- stormdisc_relationships: links between tables, as seen from both ends
--
SET client_min_messages = warning;
CREATE SCHEMA disc_rel;
CREATE SCHEMA disc_rel2;
SET search_path = disc_rel, public;

CREATE VIEW links AS
SELECT kind, from_table || '(' || array_to_string(from_columns, ',') || ')' AS from,
	to_table || '(' || array_to_string(to_columns, ',') || ')' AS to,
	junction_table || '(' || array_to_string(junction_from_columns, ',') || '|'
		|| array_to_string(junction_to_columns, ',') || ')' AS junction,
	constraint_names, is_self AS self, is_inverse AS inv, is_optional AS opt,
	is_enforced AS enf, is_validated AS val, is_indexed AS idx, problem
FROM stormdisc_relationships(schemas => '{disc_rel}');

--
-- One to many, and what makes it one to one
--
CREATE TABLE parent (id int PRIMARY KEY, a int, b int, UNIQUE (a, b));
CREATE TABLE many (id int PRIMARY KEY, p int CONSTRAINT many_fk REFERENCES parent);
CREATE TABLE one_pk (id int PRIMARY KEY CONSTRAINT one_pk_fk REFERENCES parent);
CREATE TABLE one_uq (p int UNIQUE CONSTRAINT one_uq_fk REFERENCES parent);
-- a part of the foreign key is unique by itself
CREATE TABLE one_part (a int, b int UNIQUE, CONSTRAINT one_part_fk FOREIGN KEY (b, a) REFERENCES parent (b, a));
-- more columns in the key than in the foreign key
CREATE TABLE not_more (p int CONSTRAINT not_more_fk REFERENCES parent, q int, UNIQUE (p, q));
-- keys that do not hold for every row, or not for the column itself
CREATE TABLE not_partial (p int CONSTRAINT not_partial_fk REFERENCES parent);
CREATE UNIQUE INDEX ON not_partial (p) WHERE p > 0;
CREATE TABLE not_expression (p int CONSTRAINT not_expression_fk REFERENCES parent);
CREATE UNIQUE INDEX ON not_expression (abs(p));
CREATE TABLE not_included (p int CONSTRAINT not_included_fk REFERENCES parent, q int);
CREATE UNIQUE INDEX ON not_included (q) INCLUDE (p);
CREATE TABLE one_deferrable (p int UNIQUE DEFERRABLE CONSTRAINT one_deferrable_fk REFERENCES parent);
CREATE TABLE not_valid_index (p int CONSTRAINT not_valid_index_fk REFERENCES parent);
CREATE UNIQUE INDEX not_valid_index_u ON not_valid_index (p);
UPDATE pg_index SET indisvalid = false WHERE indexrelid = 'not_valid_index_u'::regclass;
SELECT * FROM links;
-- from the other side alone, and from one alone
SELECT kind, from_table, to_table FROM stormdisc_relationships('many');
SELECT kind, from_table, to_table FROM stormdisc_relationships('parent') WHERE to_table < 'o';
DROP TABLE parent, many, one_pk, one_uq, one_part, not_more, not_partial, not_expression, not_included,
	one_deferrable, not_valid_index;

--
-- Optional: one null column is enough, unless MATCH FULL; domains refuse too
--
CREATE DOMAIN never_null AS int NOT NULL;
CREATE DOMAIN over_it AS never_null;
CREATE TABLE parent (id int PRIMARY KEY, a int, b int, UNIQUE (a, b));
CREATE TABLE opt (
	a1 int, b1 int NOT NULL, CONSTRAINT c1_simple FOREIGN KEY (a1, b1) REFERENCES parent (a, b),
	a2 int, b2 int NOT NULL, CONSTRAINT c2_full FOREIGN KEY (a2, b2) REFERENCES parent (a, b) MATCH FULL,
	a3 int, b3 int, CONSTRAINT c3_full FOREIGN KEY (a3, b3) REFERENCES parent (a, b) MATCH FULL,
	a4 int NOT NULL, b4 int NOT NULL, CONSTRAINT c4_none FOREIGN KEY (a4, b4) REFERENCES parent (a, b),
	a5 over_it CONSTRAINT c5_domain REFERENCES parent,
	a6 int CONSTRAINT c6_not_valid REFERENCES parent);
ALTER TABLE opt DROP CONSTRAINT c6_not_valid;
ALTER TABLE opt ADD CONSTRAINT c6_not_valid FOREIGN KEY (a6) REFERENCES parent NOT VALID;
SELECT constraint_names, is_optional, is_validated FROM stormdisc_relationships('opt');
DROP TABLE opt, parent;

--
-- Indexed: leading columns as a set, valid, whole, by equality
--
CREATE TABLE parent (a int, b int, t text, PRIMARY KEY (a, b), UNIQUE (t), UNIQUE (a));
CREATE TABLE i_none (a int, b int, FOREIGN KEY (a, b) REFERENCES parent);
CREATE TABLE i_other_order (a int, b int, c int, FOREIGN KEY (a, b) REFERENCES parent);
CREATE INDEX ON i_other_order (b DESC, a, c);
CREATE TABLE i_not_leading (a int, b int, c int, FOREIGN KEY (a, b) REFERENCES parent);
CREATE INDEX ON i_not_leading (a, c, b);
CREATE TABLE i_twice (a int, b int, FOREIGN KEY (a, b) REFERENCES parent);
CREATE INDEX ON i_twice (a, a, b);
CREATE TABLE i_partial (a int, b int, FOREIGN KEY (a, b) REFERENCES parent);
CREATE INDEX ON i_partial (a, b) WHERE a > 0;
CREATE TABLE i_included (a int, b int, FOREIGN KEY (a, b) REFERENCES parent);
CREATE INDEX ON i_included (a) INCLUDE (b);
CREATE TABLE i_hash (a int, FOREIGN KEY (a) REFERENCES parent (a));
CREATE INDEX ON i_hash USING hash (a);
CREATE TABLE i_brin (a int, FOREIGN KEY (a) REFERENCES parent (a));
CREATE INDEX ON i_brin USING brin (a);
CREATE TABLE i_collation (t text, FOREIGN KEY (t) REFERENCES parent (t));
CREATE INDEX ON i_collation (t COLLATE "POSIX");
CREATE TABLE i_pattern (t text, FOREIGN KEY (t) REFERENCES parent (t));
CREATE INDEX ON i_pattern (t text_pattern_ops);
CREATE TABLE i_pk (a int, b int, c int, PRIMARY KEY (b, a, c), FOREIGN KEY (a, b) REFERENCES parent);
SELECT from_table, is_indexed FROM stormdisc_relationships(schemas => '{disc_rel}') WHERE NOT is_inverse;
DROP TABLE parent, i_none, i_other_order, i_not_leading, i_twice, i_partial, i_included, i_hash, i_brin,
	i_collation, i_pattern, i_pk;

--
-- Itself, twice the same table, in pairs in the order of the constraint
--
CREATE TABLE tree (id int PRIMARY KEY, up int CONSTRAINT up REFERENCES tree, x int, y int, UNIQUE (y, x),
	m int, n int, CONSTRAINT swapped FOREIGN KEY (m, n) REFERENCES tree (x, y));
CREATE TABLE twice (a int CONSTRAINT first_one REFERENCES tree, b int CONSTRAINT second_one REFERENCES tree);
SELECT * FROM links;
-- a circle of two tables whose constraints have the same name
CREATE TABLE ping (id int PRIMARY KEY, other int);
CREATE TABLE pong (id int PRIMARY KEY, other int CONSTRAINT same REFERENCES ping);
ALTER TABLE ping ADD CONSTRAINT same FOREIGN KEY (other) REFERENCES pong;
SELECT kind, "from", "to", inv FROM links WHERE "from" LIKE 'p%';
DROP TABLE tree, twice, ping, pong CASCADE;

--
-- Many to many
--
CREATE TABLE student (id int PRIMARY KEY);
CREATE TABLE course (id int PRIMARY KEY);
CREATE TABLE room (id int PRIMARY KEY);
CREATE TABLE attends (c int CONSTRAINT to_course REFERENCES course, s int CONSTRAINT to_student REFERENCES student,
	note text, PRIMARY KEY (s, c));
CREATE INDEX ON attends (c);
SELECT * FROM links WHERE kind = 'many-to-many';
-- from one end, with the other end, and with the junction itself
SELECT kind, from_table, to_table, junction_table FROM stormdisc_relationships('student');
SELECT kind, from_table, to_table, junction_table FROM stormdisc_relationships('attends');
DROP TABLE attends;
-- by a unique key, with an own number, and an optional end
CREATE TABLE by_unique (id int PRIMARY KEY, s int NOT NULL REFERENCES student, c int REFERENCES course, UNIQUE (c, s));
SELECT * FROM links WHERE kind = 'many-to-many';
DROP TABLE by_unique;
-- two keys that say the same are one
CREATE TABLE two_keys (s int REFERENCES student, c int REFERENCES course, PRIMARY KEY (s, c), UNIQUE (c, s));
SELECT kind, "from", "to" FROM links WHERE kind = 'many-to-many';
DROP TABLE two_keys;
-- not these: three ends, a column more, no key, a foreign key that is the key
CREATE TABLE three (s int REFERENCES student, c int REFERENCES course, r int REFERENCES room, PRIMARY KEY (s, c, r));
CREATE TABLE dated (s int REFERENCES student, c int REFERENCES course, at date, PRIMARY KEY (s, c, at));
CREATE TABLE keyless (s int REFERENCES student, c int REFERENCES course);
CREATE TABLE part (s int PRIMARY KEY REFERENCES student, c int REFERENCES course);
CREATE TABLE same_columns (s int PRIMARY KEY REFERENCES student,
	CONSTRAINT another FOREIGN KEY (s) REFERENCES course);
SELECT kind, "from", "to" FROM links WHERE kind = 'many-to-many';
DROP TABLE three, dated, keyless, part, same_columns;
-- both ends in one table; of each pair of foreign keys both ways
CREATE TABLE knows (a int REFERENCES student, b int REFERENCES student, PRIMARY KEY (a, b));
SELECT * FROM links WHERE kind = 'many-to-many';
DROP TABLE knows;
-- a column in both foreign keys
CREATE TABLE t_student (tenant int, id int, PRIMARY KEY (tenant, id));
CREATE TABLE t_course (tenant int, id int, PRIMARY KEY (tenant, id));
CREATE TABLE t_attends (tenant int, s int, c int, PRIMARY KEY (tenant, s, c),
	FOREIGN KEY (tenant, s) REFERENCES t_student, FOREIGN KEY (tenant, c) REFERENCES t_course);
SELECT kind, "from", "to", junction, idx FROM links WHERE kind = 'many-to-many';
DROP TABLE t_student, t_course, t_attends, student, course, room;

--
-- Partitions: one foreign key, on the partitioned table, however many copies
--
CREATE TABLE ref (id int PRIMARY KEY) PARTITION BY RANGE (id);
CREATE TABLE ref_1 PARTITION OF ref FOR VALUES FROM (0) TO (10) PARTITION BY LIST (id);
CREATE TABLE ref_1_1 PARTITION OF ref_1 FOR VALUES IN (1);
CREATE TABLE parted (id int, r int CONSTRAINT parted_fk REFERENCES ref) PARTITION BY LIST (id);
CREATE TABLE parted_1 PARTITION OF parted FOR VALUES IN (1);
CREATE TABLE parted_2 PARTITION OF parted FOR VALUES IN (2);
CREATE INDEX ON parted (r);
SELECT * FROM links;
-- one of a partition alone, one to a partition, and one on its own after DETACH
ALTER TABLE parted_1 ADD CONSTRAINT own_fk FOREIGN KEY (id) REFERENCES ref_1_1;
ALTER TABLE parted DETACH PARTITION parted_2;
SELECT kind, "from", "to", constraint_names, idx FROM links;
SELECT kind, from_table, to_table FROM stormdisc_relationships('parted_1');
SELECT kind, from_table, to_table FROM stormdisc_relationships('ref');
DROP TABLE parted, parted_2, ref;

--
-- Scope: a row belongs to the table that it is seen from
--
CREATE TABLE inside (id int PRIMARY KEY, t int);
CREATE TABLE disc_rel2.outside (id int PRIMARY KEY, i int REFERENCES inside);
ALTER TABLE inside ADD FOREIGN KEY (t) REFERENCES disc_rel2.outside;
SELECT kind, from_schema, from_table, to_schema, to_table, is_inverse
FROM stormdisc_relationships(schemas => '{disc_rel}');
SELECT count(*) FROM stormdisc_relationships(schemas => '{disc_rel,disc_rel2}');
SELECT kind, from_table, to_table FROM stormdisc_relationships(include => '{disc_rel2.*}');
SELECT kind, from_table, to_table FROM stormdisc_relationships(schemas => '{disc_rel,disc_rel2}', exclude => '{inside}');
SELECT count(*) FROM stormdisc_relationships('inside', include => '{nothing}');
SELECT kind, from_table FROM stormdisc_relationships('inside') EXCEPT ALL
SELECT kind, from_table FROM stormdisc_relationships(include => '{inside}');
CREATE TEMP TABLE temp_parent (id int PRIMARY KEY);
CREATE TEMP TABLE temp_child (id int REFERENCES temp_parent);
SELECT kind, from_schema, from_table, to_schema FROM stormdisc_relationships(schemas => '{pg_temp}');
-- inheritance hands no foreign key down
CREATE TABLE heir () INHERITS (inside);
SELECT count(*) FROM stormdisc_relationships('heir');

-- errors
CREATE VIEW a_view AS SELECT 1;
SELECT * FROM stormdisc_relationships('a_view');
SELECT * FROM stormdisc_relationships(schemas => '{nowhere}');
SELECT * FROM stormdisc_relationships(1::oid::regclass);

DROP SCHEMA disc_rel, disc_rel2 CASCADE;
