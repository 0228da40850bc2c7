--
-- stormdisc_table_checksum, stormdisc_database_checksums: checksums of rows
--
SET client_min_messages = warning;
CREATE SCHEMA disc_sums;
SET search_path = disc_sums, public;

-- the three checksums of a table, in one text
CREATE FUNCTION sums(regclass) RETURNS text LANGUAGE sql AS $$
	SELECT string_agg(checksum || ' ' || row_count, ', ' ORDER BY n)
	FROM (SELECT 1 AS n, checksum, row_count FROM stormdisc_table_checksum($1)
		UNION ALL SELECT 2, checksum, row_count FROM stormdisc_table_checksum($1, true)
		UNION ALL SELECT 3, checksum, row_count FROM stormdisc_table_checksum($1, mode => 'stormweaver')) s
$$;
-- in how many of them do two tables differ?
CREATE FUNCTION differ(regclass, regclass) RETURNS bigint LANGUAGE sql AS $$
	SELECT count(*) FROM unnest(string_to_array(sums($1), ', '), string_to_array(sums($2), ', ')) u(a, b)
	WHERE a IS DISTINCT FROM b
$$;

-- SipHash-2-4 with 128 bits, by the published vector of no bytes, and by
-- "openssl mac -macopt hexkey:000102030405060708090a0b0c0d0e0f -macopt size:16 SIPHASH"
-- of the bytes of the row (whose bytes are the other way round)
SELECT stormdisc.row_sum(ROW()) AS vector,
	stormdisc.row_sum('abc'::text, NULL::int, 12345::int) = '\x000000000000000100000000000000006a8b8cb8f98c4174759f99c24f77705e' AS short,
	stormdisc.row_sum(repeat('x', 10000)) = '\x000000000000000100000000000000001360a7d24ec7f9d877b07fae788013c4' AS long,
	stormdisc.row_sum(repeat('x', 4092)) = '\x000000000000000100000000000000001d032f1f30d6769ee8ef071630ddc3b3' AS edge,
	stormdisc.row_sum(repeat('x', 4091)) = '\x000000000000000100000000000000009a36ebc4a14f4f7562ccbd4b871e9255' AS before,
	stormdisc.row_sum(repeat('x', 4088)) = '\x0000000000000001000000000000000029d090346b23bc7e792475887dfcfb67' AS one_row;

-- what the bytes are: a second implementation
CREATE FUNCTION field(text) RETURNS bytea LANGUAGE sql IMMUTABLE AS $$
	SELECT CASE WHEN $1 IS NULL THEN int4send(-1) ELSE int4send(octet_length($1)) || convert_to($1, 'UTF8') END
$$;
CREATE FUNCTION head(tag text, VARIADIC columns text[]) RETURNS bytea LANGUAGE sql IMMUTABLE AS $$
	SELECT convert_to('stormdisc rows, version 1, ' || tag || E'\n', 'UTF8') || int4send(cardinality(columns))
		|| coalesce(string_agg(field(c), '' ORDER BY c COLLATE "C"), '')
	FROM unnest(columns) c
$$;
CREATE TABLE said (z int, a text, "M" numeric);
INSERT INTO said SELECT nullif(i % 10, 3), 'text ' || i % 50, i / 7.0 FROM generate_series(1, 300) i;
SELECT checksum = encode(sha256(head('sorted', 'z', 'a', 'M')
	|| (SELECT string_agg(h, '' ORDER BY h) FROM (SELECT sha256(field("M"::text) || field(a) || field(z::text)) AS h FROM said) r)
	|| int8send(row_count)), 'hex') AS sorted, row_count
FROM stormdisc_table_checksum('said', true);
SELECT checksum = encode(sha256(head('sum', 'z', 'a', 'M') || (SELECT stormdisc.row_sum("M", a, z) FROM said)), 'hex') AS sum, row_count
FROM stormdisc_table_checksum('said');
SELECT checksum = encode(sha256((SELECT convert_to(string_agg(concat(z, '|', a, '|', "M", '|'), '' ORDER BY z, a, "M"), 'UTF8') FROM said)), 'hex')
	AS stormweaver, row_count
FROM stormdisc_table_checksum('said', mode => 'stormweaver');

CREATE TABLE bytes (id int, b bytea);
INSERT INTO bytes SELECT i, decode(repeat(to_hex(i % 200 + 16), i % 7 * i), 'hex') FROM generate_series(1, 300) i;
SELECT checksum = encode(sha256((SELECT convert_to(string_agg(concat(id, '|', b::text, '|'), '' ORDER BY id), 'UTF8') FROM bytes)), 'hex')
	AS stormweaver, row_count
FROM stormdisc_table_checksum('bytes', mode => 'stormweaver');

-- the sum is one of numbers that do not overflow: these have more than 128 bits
SELECT stormdisc.row_sum(x) FROM generate_series(1, 1000) i, (SELECT 'abc'::text) s(x);

-- the order of rows does not matter, nor where and how they are
CREATE TABLE plain (id int, t text, n numeric, b bytea, j json);
INSERT INTO plain SELECT i, CASE i % 4 WHEN 0 THEN NULL WHEN 1 THEN '' ELSE repeat('long ' || i, i * 20) END,
	i / 3.0, convert_to(repeat('x', i % 300), 'UTF8'), to_json(i)
FROM generate_series(1, 500) i;
CREATE TABLE backwards (LIKE plain);
INSERT INTO backwards SELECT * FROM plain ORDER BY id DESC;
SELECT differ('plain', 'backwards');
CREATE TABLE otherwise (gone int, id int, gone2 text, t text COMPRESSION pglz, n numeric, b bytea, j json);
ALTER TABLE otherwise ALTER t SET STORAGE EXTERNAL, ALTER b SET STORAGE PLAIN;
INSERT INTO otherwise SELECT 1, id, 'x', t, n, b, j FROM plain ORDER BY md5(id::text);
ALTER TABLE otherwise DROP gone, DROP gone2;
SELECT differ('plain', 'otherwise');
-- also in other order, except for StormWeaver, whose order is that of the table
CREATE TABLE other_order (t text, j json, n numeric, id int, b bytea);
INSERT INTO other_order SELECT t, j, n, id, b FROM plain;
SELECT differ('plain', 'other_order');
VACUUM FULL plain;
SELECT differ('plain', 'backwards');
-- a column that is not in the rows, as it has come later
ALTER TABLE plain ADD late int DEFAULT 7, ADD later text;
ALTER TABLE backwards ADD late int, ADD later text;
UPDATE backwards SET late = 7;
SELECT differ('plain', 'backwards');
-- generated columns count, as they can be seen
CREATE TABLE generated (id int, twice int GENERATED ALWAYS AS (id * 2) STORED);
CREATE TABLE not_generated (id int, twice int);
INSERT INTO generated SELECT generate_series(1, 10);
INSERT INTO not_generated SELECT i, i * 2 FROM generate_series(1, 10) i;
SELECT differ('generated', 'not_generated');

-- nor the session's settings
CREATE TABLE looks (a timestamptz, b date, c interval, d float8, e float4, f bytea, g money, h regclass, i timestamptz[], k xml);
INSERT INTO looks VALUES ('2024-03-31 02:30+01', '2024-02-01', '1 year 2 days 3 sec', 0.1::float8 + 0.2, 1e10 / 3, '\x00ff', '12.5',
	'disc_sums.plain', ARRAY['2024-01-01 UTC'::timestamptz], '<a/>');
CREATE TEMP TABLE before AS SELECT sums('looks') AS s;
SET TimeZone = 'Asia/Tokyo'; SET DateStyle = 'German'; SET IntervalStyle = 'iso_8601'; SET extra_float_digits = -5; SET bytea_output = 'escape';
SET quote_all_identifiers = on; SET search_path = public;
SELECT disc_sums.sums('disc_sums.looks') = s FROM pg_temp.before;
SHOW TimeZone;
SHOW row_security;
RESET ALL;
SET client_min_messages = warning;
SET search_path = disc_sums, public;

-- what differs: NULL and '', where a field ends, duplicates, one bit, names of columns
CREATE TABLE v0 (a text, b text);
CREATE TABLE v1 (LIKE v0);
CREATE TABLE v2 (LIKE v0);
CREATE TABLE v3 (LIKE v0);
CREATE TABLE v4 (LIKE v0);
CREATE TABLE v5 (a text, c text);
INSERT INTO v0 VALUES ('ab', 'c'), (NULL, 'x');
INSERT INTO v1 VALUES ('a', 'bc'), (NULL, 'x');
INSERT INTO v2 VALUES ('ab', 'c'), ('', 'x');
INSERT INTO v3 VALUES ('ab', 'c'), (NULL, 'x'), (NULL, 'x');
INSERT INTO v4 VALUES ('ab', 'b'), (NULL, 'x');
INSERT INTO v5 TABLE v0;
SELECT differ('v0', 'v1') AS borders, differ('v0', 'v2') AS nulls_not_for_stormweaver, differ('v0', 'v3') AS duplicates, differ('v0', 'v4') AS bit,
	differ('v0', 'v5') AS name_not_for_stormweaver;
TRUNCATE v1, v2, v3;
INSERT INTO v1 VALUES ('a', 'a'), ('a', 'a');
INSERT INTO v2 VALUES ('b', 'b'), ('b', 'b');
INSERT INTO v3 VALUES ('a', 'a'), ('b', 'b');
SELECT differ('v1', 'v2') AS pairs, differ('v1', 'v3') AS pair_and_not;
-- no rows, no columns
CREATE TABLE none ();
CREATE TABLE none_once ();
CREATE TABLE no_rows (a int);
INSERT INTO none_once DEFAULT VALUES;
SELECT differ('none', 'none_once') AS one_row_not_for_stormweaver, differ('none', 'no_rows') AS not_for_stormweaver;
SELECT * FROM stormdisc_table_checksum('none_once', mode => 'stormweaver');

-- every type that the server has a value of, also those without an order
CREATE TYPE mood AS ENUM ('sad', 'ok');
CREATE TYPE pair AS (a int, j json);
CREATE DOMAIN dom AS text;
CREATE TABLE types (a json, b jsonb, c xml, d point, e box, f tsvector, g inet, h uuid, i int4range, j int4multirange, k mood, l pair, m dom, n bit(3),
	o varbit, p "char", q name, r pg_lsn, s oidvector, t time, u timetz, v text[], w json[], x char(5), y txid_snapshot, z aclitem, aa bool, ab int2, ac cidr, ad xid);
INSERT INTO types VALUES ('{"a": 1}', '{"b": [1, null]}', '<x/>', '(1,2)', '((0,0),(1,1))', 'a fat cat', '::1', 'a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11', '[1,5)',
	'{[1,2),[5,7)}', 'ok', ROW(1, '{"x":2}'), 'dom', '101', '11', 'c', 'name', '16/B374D848', '1 2', '04:05', '04:05+02', '{a,NULL,""}', ARRAY['{}'::json], 'ab', '10:20:10,14',
	NULL, true, -32768, '10/8', '5');
INSERT INTO types DEFAULT VALUES;
CREATE TABLE types_copy (LIKE types);
INSERT INTO types_copy SELECT * FROM types ORDER BY (ab IS NULL) DESC;
SELECT differ('types', 'types_copy');
SELECT sums('types');

-- more columns than a function may have arguments
DO $$
BEGIN
	EXECUTE (SELECT format('CREATE TABLE disc_sums.wide (%s)', string_agg(format('c%s int', i), ', ')) FROM generate_series(1, 1500) i);
END
$$;
INSERT INTO wide (c1, c99, c100, c1500) VALUES (1, 2, 3, 4), (NULL, NULL, NULL, 5);
INSERT INTO wide (c2, c99, c100, c1500) VALUES (1, 2, 3, 4);
SELECT checksum = encode(sha256(head('sorted', VARIADIC (SELECT array_agg('c' || i) FROM generate_series(1, 1500) i))
	|| (SELECT string_agg(h, '' ORDER BY h) FROM (
		SELECT sha256((SELECT string_agg(field(to_jsonb(w) ->> ('c' || i)), '' ORDER BY ('c' || i) COLLATE "C") FROM generate_series(1, 1500) i)) AS h
		FROM wide w) r)
	|| int8send(row_count)), 'hex') AS sorted, row_count
FROM stormdisc_table_checksum('wide', true);
-- a group is as its fields
SELECT stormdisc.row_sum(ROW(1, NULL::text), ROW(2, 'x'::text)) = stormdisc.row_sum(1, NULL::text, 2, 'x'::text) AS same,
	stormdisc.row_digest(ROW(1, NULL::text), 2) = stormdisc.row_digest(1, NULL::text, 2) AS same;

-- a partition tree counts once, and is as a table
CREATE TABLE parted (id int, t text) PARTITION BY RANGE (id);
CREATE TABLE part1 PARTITION OF parted FOR VALUES FROM (0) TO (100);
CREATE TABLE part2 (gone int, t text, id int);
ALTER TABLE part2 DROP gone;
ALTER TABLE parted ATTACH PARTITION part2 FOR VALUES FROM (100) TO (200);
CREATE TABLE part3 PARTITION OF parted DEFAULT PARTITION BY LIST (t);
CREATE TABLE part3a PARTITION OF part3 DEFAULT;
INSERT INTO parted SELECT i, 'row ' || i FROM generate_series(1, 300) i;
CREATE TABLE unparted AS TABLE parted;
SELECT differ('parted', 'unparted');
SELECT table_name, row_count FROM stormdisc_database_checksums(include => '{disc_sums.*part*}');
SELECT table_name, row_count FROM stormdisc_database_checksums(include => '{disc_sums.part?,disc_sums.part3a}');
SELECT table_name, row_count FROM stormdisc_database_checksums('part2');
-- tables that inherit are tables of their own
CREATE TABLE animal (name text);
CREATE TABLE dog (barks bool) INHERITS (animal);
INSERT INTO animal VALUES ('cat');
INSERT INTO dog VALUES ('rex', true), ('pluto', false);
SELECT table_name, row_count FROM stormdisc_database_checksums(include => '{animal,dog}');

-- what is left out unless it is named: foreign tables, materialized views, temporary tables
CREATE FOREIGN DATA WRAPPER disc_sums_wrapper;
CREATE SERVER disc_sums_server FOREIGN DATA WRAPPER disc_sums_wrapper;
CREATE FOREIGN TABLE far_away (a int) SERVER disc_sums_server;
CREATE MATERIALIZED VIEW kept AS SELECT id, t FROM unparted;
CREATE MATERIALIZED VIEW not_kept AS SELECT 1 AS a WITH NO DATA;
CREATE VIEW seen AS SELECT * FROM unparted;
CREATE TEMP TABLE temporary AS SELECT id, t FROM unparted;
CREATE UNLOGGED TABLE unlogged AS SELECT id, t FROM unparted;
SELECT table_name FROM stormdisc_database_checksums(include => '{far_away,kept,seen,temporary,unlogged}');
SELECT table_name FROM stormdisc_database_checksums(schemas => '{pg_temp}');
SELECT differ('unparted', 'kept'), differ('unparted', 'temporary'), differ('unparted', 'unlogged');
SELECT table_name, row_count FROM stormdisc_table_checksum('kept');
SELECT table_name, row_count FROM stormdisc_table_checksum('temporary');
SELECT table_name, row_count FROM stormdisc_database_checksums('kept');

-- names in the order of bytes; StormWeaver's are short
CREATE TABLE "Two words" (a int);
CREATE TABLE public.disc_sums_public (a int);
SELECT table_name FROM stormdisc_database_checksums(include => '{"\"Two words\"",v?,disc_sums_public}');
SELECT table_name FROM stormdisc_database_checksums(include => '{"\"Two words\"",v?,disc_sums_public}', mode => 'stormweaver');
DROP TABLE public.disc_sums_public;
-- both functions say the same
SELECT d.table_name FROM stormdisc_database_checksums(schemas => '{disc_sums}') d, stormdisc_table_checksum(d.table_name::regclass) t
WHERE d IS DISTINCT FROM t;

-- text that is equal and looks different has an order all the same
CREATE TABLE numbers (n numeric);
CREATE TABLE numbers2 (n numeric);
INSERT INTO numbers VALUES (1.0), (1.00), (1);
INSERT INTO numbers2 VALUES (1), (1.00), (1.0);
SELECT differ('numbers', 'numbers2');

-- what the transaction has done itself
BEGIN;
CREATE TABLE mine (a int);
INSERT INTO mine VALUES (1);
SELECT row_count FROM stormdisc_table_checksum('mine');
ALTER TABLE mine ALTER a TYPE text, ADD b int DEFAULT 1;
TRUNCATE unparted;
SELECT row_count FROM stormdisc_table_checksum('mine'), (SELECT 1) s;
SELECT row_count FROM stormdisc_table_checksum('unparted');
ROLLBACK;
-- no lock is left
BEGIN;
SELECT count(*) FROM stormdisc_database_checksums(schemas => '{disc_sums}', exclude => '{not_kept}');
SELECT relation::regclass FROM pg_locks l JOIN pg_class c ON c.oid = l.relation
WHERE pid = pg_backend_pid() AND relnamespace = 'disc_sums'::regnamespace;
COMMIT;

-- arguments
SELECT stormdisc_table_checksum(NULL);
SELECT stormdisc_table_checksum('v0', NULL);
SELECT stormdisc_table_checksum('v0', mode => NULL);
SELECT stormdisc_table_checksum('v0', mode => 'md5');
SELECT stormdisc_table_checksum(1);
SELECT stormdisc_table_checksum('seen');
SELECT stormdisc_table_checksum('pg_class_oid_index');
SELECT stormdisc_table_checksum('not_kept');
SELECT stormdisc_table_checksum('far_away');
SELECT * FROM stormdisc_database_checksums(schemas => '{no_schema}');
SELECT * FROM stormdisc_database_checksums(include => '{}');
SELECT * FROM stormdisc_database_checksums(ordered => NULL);
SELECT * FROM stormdisc_database_checksums(include => '{matches_nothing}');
-- what is never called so
SELECT stormdisc.row_sum(NULL::record);

-- the caller's rights, and row security
CREATE ROLE disc_sums_reader;
CREATE ROLE disc_sums_owner;
GRANT USAGE ON SCHEMA disc_sums TO disc_sums_reader;
GRANT SELECT ON v0 TO disc_sums_reader;
GRANT SELECT (a) ON v1 TO disc_sums_reader;
CREATE TABLE secured (a int);
INSERT INTO secured VALUES (1), (2);
ALTER TABLE secured ENABLE ROW LEVEL SECURITY;
CREATE POLICY half ON secured USING (a = 1);
GRANT SELECT ON secured TO disc_sums_reader;
SELECT row_count FROM stormdisc_table_checksum('secured');
SET ROLE disc_sums_reader;
SELECT row_count FROM stormdisc_table_checksum('v0');
SELECT row_count FROM stormdisc_table_checksum('v1');
SELECT row_count FROM stormdisc_table_checksum('v2');
SELECT row_count FROM stormdisc_table_checksum('secured');
SELECT row_count FROM stormdisc_table_checksum('secured', mode => 'stormweaver');
SELECT * FROM stormdisc_database_checksums(include => '{v0,secured}');
SHOW row_security;
RESET ROLE;
ALTER TABLE secured FORCE ROW LEVEL SECURITY;
GRANT USAGE ON SCHEMA disc_sums TO disc_sums_owner;
ALTER TABLE secured OWNER TO disc_sums_owner;
SET ROLE disc_sums_owner;
SELECT row_count FROM stormdisc_table_checksum('secured', true);
RESET ROLE;
-- an error is caught where it belongs
DO $$
BEGIN
	BEGIN
		INSERT INTO disc_sums.v0 VALUES ('undone', NULL);
		PERFORM stormdisc_table_checksum('disc_sums.not_kept');
	EXCEPTION WHEN object_not_in_prerequisite_state THEN
		INSERT INTO disc_sums.v0 VALUES ('done', NULL);
	END;
END
$$;
SELECT a FROM v0 WHERE b IS NULL;

DROP SCHEMA disc_sums CASCADE;
DROP FOREIGN DATA WRAPPER disc_sums_wrapper CASCADE;
DROP ROLE disc_sums_reader, disc_sums_owner;
