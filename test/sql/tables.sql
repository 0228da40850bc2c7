--
-- stormdisc_tables: tables, partitioned tables and foreign tables
--
-- Numbers and letters in brackets are those of the project's list of cases
-- that readers of the catalogs get wrong.
--
SET client_min_messages = warning;
CREATE ROLE regress_disc_owner;
CREATE SCHEMA disc_tables;
CREATE SCHEMA disc_tables2;
SET search_path = disc_tables, public;

--
-- Kinds: what is a table, and what is not
--
CREATE TABLE plain (a int PRIMARY KEY, b text);
CREATE TABLE zero ();									-- [5]
CREATE TABLE parted (a int, b text) PARTITION BY RANGE (a);
CREATE FOREIGN DATA WRAPPER disc_fdw;
CREATE SERVER disc_server FOREIGN DATA WRAPPER disc_fdw;
CREATE FOREIGN TABLE far (a int) SERVER disc_server OPTIONS (x 'y');	-- [43]
CREATE VIEW not_a_view AS SELECT a FROM plain;
CREATE MATERIALIZED VIEW not_a_matview AS SELECT a FROM plain;
CREATE SEQUENCE not_a_sequence;
CREATE TYPE not_a_composite AS (x int);
CREATE INDEX not_an_index ON plain (b);

SELECT table_name, table_type, access_method, persistence, is_partition,
	partition_type, problem
FROM stormdisc_tables(schemas => '{disc_tables}');

-- what does not apply is null, what applies and is empty is an empty list
SELECT table_name, tablespace, partition_key, parent_schema, parent_name,
	partition_level, root_schema, root_name, of_type, inherits, options
FROM stormdisc_tables(schemas => '{disc_tables}');

-- the same table by relation, with its OID
SELECT t.table_name, t.table_oid = c.oid AS same_oid
FROM pg_class c, stormdisc_tables(c.oid) t
WHERE c.relnamespace = 'disc_tables'::regnamespace AND c.relkind IN ('r', 'p', 'f')
ORDER BY 1;

DROP SERVER disc_server CASCADE;
DROP FOREIGN DATA WRAPPER disc_fdw;
DROP TABLE plain, zero, parted CASCADE;
DROP TYPE not_a_composite;

--
-- [2] [3] [4] Names: raw in rows, whatever is in them, in byte order
--
CREATE TABLE "MiXeD ""q"" %_\" ("select" int, "dot.ted" int);
CREATE TABLE "select" (a int);
CREATE TABLE b (a int);
CREATE TABLE "B" (a int);
CREATE TABLE "a.b" (a int);
CREATE TABLE _ (a int);
CREATE TABLE disc_tables2.b (a int);
CREATE TABLE "a name with
a new line" (a int);
SELECT format('CREATE TABLE %I (a int)', repeat('x', 63)) AS ddl \gexec
SELECT schema_name, table_name
FROM stormdisc_tables(schemas => '{disc_tables2,disc_tables}');

-- the search path changes nothing [4]
SET search_path = disc_tables2, disc_tables, public;
SELECT schema_name, table_name FROM stormdisc_tables('b');
SELECT schema_name, table_name FROM stormdisc_tables('disc_tables.b');
SET search_path = disc_tables, public;

-- a schema with an odd name
CREATE SCHEMA "disc ""odd"".schema";
CREATE TABLE "disc ""odd"".schema".t (a int);
SELECT schema_name, table_name
FROM stormdisc_tables(schemas => ARRAY['disc "odd".schema']);
DROP SCHEMA "disc ""odd"".schema" CASCADE;
DROP SCHEMA disc_tables CASCADE;
CREATE SCHEMA disc_tables;

--
-- [29] Partition trees: three levels, in another schema, with other columns
--
CREATE TABLE root (a int, b text) PARTITION BY RANGE (a);
CREATE TABLE disc_tables2.low PARTITION OF root
	FOR VALUES FROM (0) TO (100) PARTITION BY LIST (b);
CREATE TABLE leaf PARTITION OF disc_tables2.low
	FOR VALUES IN ('x') PARTITION BY HASH (a);
CREATE TABLE leaf_0 PARTITION OF leaf FOR VALUES WITH (MODULUS 2, REMAINDER 0);
CREATE TABLE attached (gone int, b text, a int);
ALTER TABLE attached DROP COLUMN gone;
ALTER TABLE root ATTACH PARTITION attached FOR VALUES FROM (100) TO (200);
CREATE TABLE root_other (a int);		-- a name like a partition's is not one
SELECT schema_name, table_name, is_partition, partition_type, partition_key,
	parent_schema, parent_name, partition_level AS level,
	root_schema, root_name
FROM stormdisc_tables(schemas => '{disc_tables,disc_tables2}');

-- a partition's inherits is empty: its parent is in parent_name
SELECT table_name, inherits FROM stormdisc_tables('leaf');

-- [30] detach pending: still a partition
BEGIN;
SET LOCAL allow_system_table_mods = on;
UPDATE pg_inherits SET inhdetachpending = true
WHERE inhrelid = 'attached'::regclass;
SELECT table_name, is_partition, parent_name, root_name, partition_level
FROM stormdisc_tables('attached');
ROLLBACK;
ALTER TABLE root DETACH PARTITION attached;
SELECT table_name, is_partition, parent_name, root_name, partition_level
FROM stormdisc_tables('attached');

-- a branch that is detached is a root of its own
ALTER TABLE disc_tables2.low DETACH PARTITION leaf;
SELECT table_name, is_partition, parent_name, root_name, partition_level
FROM stormdisc_tables(schemas => '{disc_tables}', include => '{leaf*}');
DROP TABLE root, leaf, attached, root_other;

--
-- [27] [28] Partition keys: columns, expressions, and dropped columns
--
CREATE TABLE key_mixed (a int, b timestamptz, c text)
	PARTITION BY RANGE (date_trunc('day', b AT TIME ZONE 'UTC'), a,
						lower(c) COLLATE "C");
CREATE TABLE key_operator (a int, "b c" int)
	PARTITION BY RANGE ((a + "b c"), "b c", (a * "b c"));
CREATE TABLE key_dropped (x1 int, x2 int, a int, b int) PARTITION BY LIST (a);
ALTER TABLE key_dropped DROP COLUMN x1, DROP COLUMN x2;
CREATE TABLE key_hash (a int, b text) PARTITION BY HASH (b, a);
CREATE TABLE key_renamed (a int, b int) PARTITION BY RANGE (a, (b + 1));
ALTER TABLE key_renamed RENAME a TO "A";
ALTER TABLE key_renamed RENAME b TO z;
CREATE TABLE key_quoted ("it's" text, t timestamptz)
	PARTITION BY RANGE ((CASE WHEN "it's" = 'a,b''c(' THEN 'x' ELSE E'\\' END), t,
						((t AT TIME ZONE 'UTC')::date));
SELECT table_name, partition_type, k.ordinality AS n, k.key
FROM stormdisc_tables(schemas => '{disc_tables}'),
	unnest(partition_key) WITH ORDINALITY AS k(key)
ORDER BY table_name COLLATE "C", n;
DROP TABLE key_mixed, key_operator, key_dropped, key_hash, key_renamed, key_quoted;

--
-- [32] Inheritance: parents in their order, qualified and quoted; not partitions
--
CREATE TABLE "P one" (a int);
CREATE TABLE disc_tables2.p2 (a int, b int);
CREATE TABLE p3 (c int);
CREATE TABLE child (d int) INHERITS (p3, disc_tables2.p2, "P one");
CREATE TABLE grandchild () INHERITS (child);
ALTER TABLE child NO INHERIT disc_tables2.p2;
ALTER TABLE child INHERIT disc_tables2.p2;				-- now the last
SELECT schema_name, table_name, is_partition, partition_level, root_name,
	parent_name, inherits
FROM stormdisc_tables(schemas => '{disc_tables,disc_tables2}');
DROP TABLE "P one", disc_tables2.p2, p3 CASCADE;

--
-- [42] Typed tables
--
CREATE TYPE disc_tables2."T t" AS (x int, y text);
CREATE TABLE typed OF disc_tables2."T t" (x WITH OPTIONS PRIMARY KEY);
SELECT table_name, of_type, inherits FROM stormdisc_tables('typed');
DROP TABLE typed;

--
-- [43] Persistence and temporary tables
--
CREATE UNLOGGED TABLE quick (a int);
CREATE TEMP TABLE mine (a int);
CREATE TEMP TABLE mine_parted (a int) PARTITION BY LIST (a);
CREATE TEMP TABLE mine_1 PARTITION OF mine_parted FOR VALUES IN (1);
SELECT schema_name, table_name, persistence, parent_schema, parent_name,
	root_schema, root_name
FROM stormdisc_tables(include => '{quick,mine*}');
SELECT schema_name, table_name FROM stormdisc_tables(schemas => '{pg_temp}');
SELECT schema_name, table_name FROM stormdisc_tables('mine');
SELECT schema_name, table_name FROM stormdisc_tables(include => '{pg_temp.m*e}');
DROP TABLE quick, mine, mine_parted;

--
-- Facts that are set on a table
--
CREATE TABLE facts (a int NOT NULL, b text)
	WITH (fillfactor = 70, autovacuum_enabled = false, parallel_workers = 2,
		toast.autovacuum_enabled = false, toast.vacuum_truncate = true);
CREATE UNIQUE INDEX facts_key ON facts (a);
SELECT options, replica_identity, row_security, force_row_security, comment
FROM stormdisc_tables('facts');
ALTER TABLE facts REPLICA IDENTITY FULL;
ALTER TABLE facts ENABLE ROW LEVEL SECURITY;
COMMENT ON TABLE facts IS 'what it''s
about';
SELECT options, replica_identity, row_security, force_row_security, comment
FROM stormdisc_tables('facts');
ALTER TABLE facts REPLICA IDENTITY USING INDEX facts_key;
ALTER TABLE facts FORCE ROW LEVEL SECURITY;
ALTER TABLE facts RESET (toast.vacuum_truncate, fillfactor);
SELECT options, replica_identity, row_security, force_row_security
FROM stormdisc_tables('facts');
ALTER TABLE facts REPLICA IDENTITY NOTHING;
ALTER TABLE facts NO FORCE ROW LEVEL SECURITY;
SELECT replica_identity, row_security, force_row_security
FROM stormdisc_tables('facts');
ALTER TABLE facts OWNER TO regress_disc_owner;
SELECT owner FROM stormdisc_tables('facts');

-- estimates: null rows until analyzed, and then what the last one found
SELECT estimated_rows, estimated_bytes FROM stormdisc_tables('facts');
INSERT INTO facts SELECT g, 'x' FROM generate_series(1, 1000) g;
SELECT estimated_rows, estimated_bytes FROM stormdisc_tables('facts');
ANALYZE facts;
SELECT estimated_rows,
	estimated_bytes = pg_relation_size('facts') AS all_pages
FROM stormdisc_tables('facts');
TRUNCATE facts;
ANALYZE facts;
SELECT estimated_rows, estimated_bytes FROM stormdisc_tables('facts');
DROP TABLE facts;
CREATE TABLE parted (a int) PARTITION BY LIST (a);
CREATE TABLE parted_1 PARTITION OF parted FOR VALUES IN (1);
INSERT INTO parted VALUES (1), (1);
ANALYZE parted;
SELECT table_name, estimated_rows, estimated_bytes > 0 AS has_pages
FROM stormdisc_tables(schemas => '{disc_tables}');
DROP TABLE parted;

--
-- [49] A comment belongs to an object of one catalog
--
CREATE TABLE commented (a int);
BEGIN;
SET LOCAL allow_system_table_mods = on;
INSERT INTO pg_description (objoid, classoid, objsubid, description) VALUES
	('commented'::regclass, 'pg_proc'::regclass, 0, 'WRONG: of a function'),
	('commented'::regclass, 'pg_class'::regclass, 1, 'of the column');
SELECT comment FROM stormdisc_tables('commented');
COMMENT ON TABLE commented IS 'of the table';
SELECT comment FROM stormdisc_tables('commented');
ROLLBACK;

-- and so does membership in an extension: this one has another catalog's row
BEGIN;
SET LOCAL allow_system_table_mods = on;
INSERT INTO pg_depend (classid, objid, objsubid, refclassid, refobjid, refobjsubid, deptype)
SELECT 'pg_proc'::regclass, 'commented'::regclass, 0, 'pg_extension'::regclass, oid, 0, 'e'
FROM pg_extension WHERE extname = 'stormdisc';
SELECT table_name FROM stormdisc_tables(schemas => '{disc_tables}');
ROLLBACK;

--
-- [50] Members of an extension are left out, unless named
--
SELECT count(*) FROM stormdisc_tables(schemas => '{stormdisc}');
SELECT schema_name, table_name FROM stormdisc_tables('stormdisc.type_map');
-- a table that only depends on an extension ('x', 'n') is ours
CREATE FUNCTION disc_tables.f() RETURNS int LANGUAGE sql IMMUTABLE AS 'SELECT 1';
CREATE TABLE dependent (a int);
CREATE TABLE stormdisc.in_its_schema (a int);
BEGIN;
SET LOCAL allow_system_table_mods = on;
INSERT INTO pg_depend (classid, objid, objsubid, refclassid, refobjid, refobjsubid, deptype)
SELECT 'pg_class'::regclass, 'dependent'::regclass, 0, 'pg_extension'::regclass, oid, 0, 'x'
FROM pg_extension WHERE extname = 'stormdisc';
SELECT schema_name, table_name
FROM stormdisc_tables(schemas => '{stormdisc,disc_tables}');
ROLLBACK;
DROP TABLE stormdisc.in_its_schema;

--
-- The catalogs themselves, if named
--
SELECT t.schema_name, t.table_name, t.table_type, t.access_method,
	t.owner = pg_get_userbyid(c.relowner) AS same_owner
FROM pg_class c, stormdisc_tables(c.oid) t
WHERE c.oid = 'pg_class'::regclass;
SELECT schema_name, table_name FROM stormdisc_tables('information_schema.sql_features');
SELECT count(*) = (SELECT count(*) FROM pg_class WHERE relkind = 'r'
	AND relnamespace = 'pg_catalog'::regnamespace) AS all_of_them
FROM stormdisc_tables(schemas => '{pg_catalog}');
SELECT count(*) FROM stormdisc_tables()
WHERE schema_name IN ('pg_catalog', 'information_schema', 'pg_toast', 'stormdisc');

--
-- [51] A role without any right sees the same
--
CREATE TABLE facts (a int DEFAULT 1) WITH (fillfactor = 50);
COMMENT ON TABLE facts IS 'seen';
REVOKE ALL ON SCHEMA disc_tables FROM PUBLIC;
SET SESSION AUTHORIZATION regress_disc_owner;
SELECT has_schema_privilege('disc_tables', 'USAGE');
SELECT schema_name, table_name, options, comment
FROM stormdisc_tables(schemas => '{disc_tables}');
RESET SESSION AUTHORIZATION;

-- in a read-only transaction, and below a savepoint [60]
BEGIN TRANSACTION READ ONLY;
SAVEPOINT s;
SELECT table_name FROM stormdisc_tables('facts');
ROLLBACK TO s;
SELECT table_name FROM stormdisc_tables('facts');
COMMIT;

-- our own uncommitted changes are seen, and forgotten
BEGIN;
CREATE TABLE soon_gone (a int);
ALTER TABLE facts RENAME TO facts_new;
SELECT table_name FROM stormdisc_tables(schemas => '{disc_tables}');
ROLLBACK;
SELECT table_name FROM stormdisc_tables(schemas => '{disc_tables}');

DROP SCHEMA disc_tables, disc_tables2 CASCADE;
DROP ROLE regress_disc_owner;
