--
-- stormdisc_primary_key: the columns of a primary key, in the order of the key
--
SET client_min_messages = warning;
CREATE SCHEMA disc_pk;
SET search_path = disc_pk, public;

-- [6] key order is not column order; INCLUDE is not key
CREATE TABLE ordered (x int, a int, b int, c int, i int, PRIMARY KEY (c, a, b) INCLUDE (i));
SELECT * FROM stormdisc_primary_key('ordered');

-- [1] positions are dense
ALTER TABLE ordered DROP x;
SELECT * FROM stormdisc_primary_key('ordered');

-- [14] renamed
ALTER TABLE ordered RENAME a TO "A a";
ALTER TABLE ordered RENAME CONSTRAINT ordered_pkey TO "other name";
SELECT * FROM stormdisc_primary_key('ordered');

-- none: a unique key is not one, nor is a foreign key to one
CREATE TABLE none (a int NOT NULL UNIQUE, b int REFERENCES none (a));
SELECT * FROM stormdisc_primary_key('none');
CREATE TABLE zero ();
SELECT * FROM stormdisc_primary_key('zero');

-- [28] [29] partitions have numbers of their own
CREATE TABLE parted (a int, b int, PRIMARY KEY (b, a)) PARTITION BY LIST (b);
CREATE TABLE parted_1 (gone int, extra int, b int NOT NULL, a int NOT NULL);
ALTER TABLE parted_1 DROP gone, DROP extra;
ALTER TABLE parted ATTACH PARTITION parted_1 FOR VALUES IN (1);
CREATE TABLE parted_2 PARTITION OF parted FOR VALUES IN (2) PARTITION BY LIST (a);
SELECT 'parted' AS t, * FROM stormdisc_primary_key('parted')
UNION ALL SELECT 'parted_1', * FROM stormdisc_primary_key('parted_1')
UNION ALL SELECT 'parted_2', * FROM stormdisc_primary_key('parted_2');

-- a primary key is not inherited
CREATE TABLE child () INHERITS (ordered);
SELECT count(*) FROM stormdisc_primary_key('child');

-- from an index; dropped
CREATE TABLE from_index (a int NOT NULL, b int NOT NULL);
CREATE UNIQUE INDEX from_index_i ON from_index (b, a);
SELECT count(*) FROM stormdisc_primary_key('from_index');
ALTER TABLE from_index ADD PRIMARY KEY USING INDEX from_index_i;
SELECT * FROM stormdisc_primary_key('from_index');
ALTER TABLE from_index DROP CONSTRAINT from_index_i;
SELECT count(*) FROM stormdisc_primary_key('from_index');

-- typed, temporary, and system tables; in the order of the key without ORDER BY
CREATE TYPE tt AS (x int, y text);
CREATE TABLE typed OF tt (PRIMARY KEY (y, x));
SELECT * FROM stormdisc_primary_key('typed');
CREATE TEMP TABLE tmp (a int, b int PRIMARY KEY);
SELECT * FROM stormdisc_primary_key('tmp');
SELECT * FROM stormdisc_primary_key('pg_catalog.pg_depend');
SELECT * FROM stormdisc_primary_key('pg_catalog.pg_inherits');
SELECT * FROM stormdisc_primary_key('stormdisc.type_map');

-- for many tables
SELECT c.relname, k.*
FROM pg_class c, stormdisc_primary_key(c.oid) k
WHERE c.relnamespace = 'disc_pk'::regnamespace AND c.relkind IN ('r', 'p')
ORDER BY relname COLLATE "C", key_position;

-- what it does not take
CREATE VIEW a_view AS SELECT 1 AS a;
CREATE MATERIALIZED VIEW a_matview AS SELECT 1 AS a;
CREATE SEQUENCE a_sequence;
CREATE TYPE a_type AS (a int);
CREATE FOREIGN DATA WRAPPER disc_pk_fdw;
CREATE SERVER disc_pk_server FOREIGN DATA WRAPPER disc_pk_fdw;
CREATE FOREIGN TABLE far (a int) SERVER disc_pk_server;
\set VERBOSITY sqlstate
SELECT * FROM stormdisc_primary_key(NULL);
SELECT * FROM stormdisc_primary_key('a_view');
SELECT * FROM stormdisc_primary_key('a_matview');
SELECT * FROM stormdisc_primary_key('a_sequence');
SELECT * FROM stormdisc_primary_key('a_type');
SELECT * FROM stormdisc_primary_key('far');
SELECT * FROM stormdisc_primary_key('ordered_i');
SELECT * FROM stormdisc_primary_key('"other name"');
SELECT * FROM stormdisc_primary_key('nowhere');
SELECT * FROM stormdisc_primary_key(0);
SELECT * FROM stormdisc_primary_key(4294967295::oid);
SELECT k.* FROM pg_class c, stormdisc_primary_key(c.reltoastrelid) k
WHERE c.oid = 'pg_catalog.pg_proc'::regclass;
\set VERBOSITY default
DROP SERVER disc_pk_server CASCADE;
DROP FOREIGN DATA WRAPPER disc_pk_fdw;

DROP SCHEMA disc_pk CASCADE;
