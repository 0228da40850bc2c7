--
-- stormdisc_load_order: in which order to fill tables, and what is in the way
--
SET client_min_messages = warning;
CREATE SCHEMA disc_load;
SET search_path = disc_load, public;
CREATE VIEW load_order AS
SELECT load_position AS pos, unload_position AS unpos, table_name, level, is_partition AS part,
	is_self_referencing AS self, cycle, is_breakable AS breakable, cycle_members
FROM stormdisc_load_order(schemas => '{disc_load}');

-- parents first; the name decides between equals
CREATE TABLE z_first (id int PRIMARY KEY);
CREATE TABLE m_second (id int PRIMARY KEY, r int REFERENCES z_first, itself int REFERENCES m_second);
CREATE TABLE a_third (id int PRIMARY KEY, r int REFERENCES m_second, s int REFERENCES z_first);
CREATE TABLE alone ();
SELECT * FROM load_order;
-- level and order are those of the whole database, whatever is asked for
SELECT table_name, load_position, unload_position, level FROM stormdisc_load_order('a_third');
SELECT table_name, load_position, level FROM stormdisc_load_order(include => '{a_third,z_first}');
-- what is not enforced for new rows, or not checked for old ones
ALTER TABLE a_third DROP CONSTRAINT a_third_r_fkey;
ALTER TABLE a_third ADD CONSTRAINT a_third_r_fkey FOREIGN KEY (r) REFERENCES m_second NOT VALID;
SELECT table_name, level FROM load_order;
DROP TABLE z_first, m_second, a_third, alone;

-- a cycle: who can be filled first depends on what can be put off
CREATE TABLE hen (id int PRIMARY KEY, egg int);
CREATE TABLE egg (id int PRIMARY KEY, hen int NOT NULL CONSTRAINT laid REFERENCES hen);
ALTER TABLE hen ADD CONSTRAINT hatched FOREIGN KEY (egg) REFERENCES egg;
CREATE TABLE chick (egg int REFERENCES egg);
CREATE TABLE farm (id int PRIMARY KEY);
ALTER TABLE hen ADD farm int REFERENCES farm;
SELECT * FROM load_order;
SELECT table_name, cycle, is_breakable, cycle_constraints, cycle_deferrable, cycle_nullable
FROM stormdisc_load_order() WHERE cycle IS NOT NULL;
-- one row of a cycle tells of it, also if others are not shown
SELECT table_name, cycle, cycle_members, cycle_nullable FROM stormdisc_load_order('hen');
SELECT table_name, cycle, cycle_members, cycle_nullable FROM stormdisc_load_order('egg');
-- nothing can be put off
ALTER TABLE hen ALTER egg SET NOT NULL;
SELECT table_name, is_breakable, cycle_constraints, cycle_deferrable, cycle_nullable
FROM stormdisc_load_order() WHERE cycle IS NOT NULL;
-- a deferrable constraint can
ALTER TABLE egg ALTER CONSTRAINT laid DEFERRABLE;
SELECT table_name, is_breakable, cycle_constraints, cycle_deferrable, cycle_nullable
FROM stormdisc_load_order() WHERE cycle IS NOT NULL;
DROP TABLE hen, egg, chick, farm CASCADE;

-- two cycles that one table holds together are one; the order within
CREATE TABLE c (id int PRIMARY KEY, x int, y int);
CREATE TABLE b (id int PRIMARY KEY, c int NOT NULL REFERENCES c);
CREATE TABLE d (id int PRIMARY KEY, c int NOT NULL REFERENCES c, b int NOT NULL REFERENCES b);
ALTER TABLE c ADD CONSTRAINT to_b FOREIGN KEY (x) REFERENCES b;
ALTER TABLE c ADD CONSTRAINT to_d FOREIGN KEY (y) REFERENCES d;
-- and one apart, after it
CREATE TABLE "A" (id int PRIMARY KEY, z int REFERENCES d);
CREATE TABLE "A b" (id int PRIMARY KEY CONSTRAINT "Odd one" REFERENCES "A");
ALTER TABLE "A" ADD CONSTRAINT back FOREIGN KEY (id) REFERENCES "A b" DEFERRABLE;
SELECT * FROM load_order;
SELECT cycle, cycle_constraints, cycle_deferrable, cycle_nullable
FROM stormdisc_load_order() WHERE cycle_members IS NOT NULL;
DROP TABLE b, c, d, "A", "A b" CASCADE;

-- partitions stand with their root, whoever has the foreign key
CREATE TABLE tree (id int PRIMARY KEY) PARTITION BY RANGE (id);
CREATE TABLE tree_1 PARTITION OF tree FOR VALUES FROM (0) TO (10) PARTITION BY RANGE (id);
CREATE TABLE tree_1_1 PARTITION OF tree_1 FOR VALUES FROM (0) TO (5);
CREATE TABLE tree_2 PARTITION OF tree FOR VALUES FROM (10) TO (20);
CREATE TABLE leaf_ref (id int PRIMARY KEY, r int REFERENCES tree_1_1);
CREATE TABLE base (id int PRIMARY KEY);
ALTER TABLE tree_2 ADD FOREIGN KEY (id) REFERENCES base;
SELECT * FROM load_order;
-- within a tree it is the tree itself
ALTER TABLE tree_2 ADD FOREIGN KEY (id) REFERENCES tree_1_1;
SELECT table_name, level, self FROM load_order WHERE part OR self;
-- a cycle through two partitions
ALTER TABLE tree_1_1 ADD CONSTRAINT around FOREIGN KEY (id) REFERENCES leaf_ref;
SELECT * FROM load_order;
SELECT cycle_constraints FROM stormdisc_load_order() WHERE cycle_members IS NOT NULL;
DROP TABLE tree, leaf_ref, base CASCADE;

-- the rows that it promises to be insertable, are; unloading is the reverse
CREATE TABLE p (id int PRIMARY KEY);
CREATE TABLE q (id int PRIMARY KEY REFERENCES p);
CREATE TABLE r (id int PRIMARY KEY REFERENCES q, also int DEFAULT 1 REFERENCES p);
DO $$
DECLARE t text;
BEGIN
	FOR t IN SELECT table_name FROM stormdisc_load_order(schemas => '{disc_load}') ORDER BY load_position LOOP
		EXECUTE format('INSERT INTO %I VALUES (1)', t);
	END LOOP;
	FOR t IN SELECT table_name FROM stormdisc_load_order(schemas => '{disc_load}') ORDER BY unload_position LOOP
		EXECUTE format('DELETE FROM %I', t);
	END LOOP;
END $$;

-- errors
SELECT * FROM stormdisc_load_order('load_order');
SELECT * FROM stormdisc_load_order(schemas => '{}');
DROP SCHEMA disc_load CASCADE;
