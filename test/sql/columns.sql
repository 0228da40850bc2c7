--
-- stormdisc_columns: columns of tables, foreign tables, views and
-- materialized views
--
SET client_min_messages = warning;
CREATE ROLE regress_disc_reader;
CREATE SCHEMA disc_columns;
CREATE SCHEMA disc_columns2;
SET search_path = disc_columns, public;

--
-- [1] Dropped columns are not there; positions are dense, numbers are not
--
CREATE TABLE dropped (a int, b int, c int, d text);
ALTER TABLE dropped DROP b;
SELECT column_name, ordinal_position, attribute_number, problem
FROM stormdisc_columns('dropped');
ALTER TABLE dropped ADD b int, DROP a;
SELECT column_name, ordinal_position, attribute_number
FROM stormdisc_columns('dropped');
ALTER TABLE dropped DROP b, DROP c, DROP d;
SELECT count(*) FROM stormdisc_columns('dropped');			-- [5]
DROP TABLE dropped;

--
-- Kinds of relations, and their order
--
CREATE TABLE b_table (z int, a text);
CREATE TABLE "B parted" (k int) PARTITION BY LIST (k);
CREATE VIEW a_view AS SELECT z AS renamed, a FROM b_table;
CREATE MATERIALIZED VIEW c_matview AS SELECT * FROM b_table WITH NO DATA;
CREATE FOREIGN DATA WRAPPER disc_col_fdw;
CREATE SERVER disc_col_server FOREIGN DATA WRAPPER disc_col_fdw;
CREATE FOREIGN TABLE far (f int OPTIONS (column_name 'x') DEFAULT 7 NOT NULL)
	SERVER disc_col_server;
CREATE SEQUENCE not_seq;
CREATE TYPE not_composite AS (x int);
CREATE INDEX not_index ON b_table (z);
ALTER VIEW a_view ALTER a SET DEFAULT 'of the view';		-- [44]
SELECT schema_name, table_name, table_type, column_name, data_type,
	ordinal_position AS pos, not_null, default_value
FROM stormdisc_columns(schemas => '{disc_columns}');
DROP SERVER disc_col_server CASCADE;
DROP FOREIGN DATA WRAPPER disc_col_fdw;
DROP TABLE b_table, "B parted" CASCADE;
DROP TYPE not_composite;

--
-- [2] [4] Names
--
CREATE TABLE "T ""x""" ("select" int, "Dot.ted" int, "a ""q""" int, "new
line" int, "%s" int);
SELECT table_name, column_name FROM stormdisc_columns('"T ""x"""');
SET search_path = disc_columns2, public;
SELECT table_name, column_name FROM stormdisc_columns('disc_columns."T ""x"""')
LIMIT 1;
SET search_path = disc_columns, public;
DROP TABLE "T ""x""";

--
-- [41] [m] [n] Types with their modifiers
--
CREATE TABLE typed (
	c01 smallint, c02 int, c03 bigint, c04 real, c05 float8,
	c06 numeric, c07 numeric(10), c08 numeric(10,2), c09 numeric(10,-2),
	c10 numeric(3,5), c11 money, c12 bool, c13 bytea,
	c14 text, c15 varchar, c16 varchar(20), c17 char, c18 char(7),
	c19 bpchar, c20 "char", c21 name, c22 bit, c23 bit(3), c24 varbit,
	c25 bit varying(9), c26 date, c27 time, c28 time(3),
	c29 time(0) with time zone, c30 timestamp, c31 timestamp(3) with time zone,
	c32 interval, c33 interval(4), c34 interval day to second(2),
	c35 interval year to month, c36 interval second(0),
	c37 uuid, c38 json, c39 jsonb, c40 xml, c41 point, c42 inet,
	c43 int4range, c44 int4multirange, c45 oid, c46 regclass, c47 tsvector,
	c48 int[][], c49 numeric(10,2)[], c50 varchar(5)[3], c51 timestamptz(0)[],
	c52 pg_lsn, c53 xid8);
SELECT column_name AS col, data_type, length AS len, formatted_type,
	type_kind AS kind, element_type,
	character_length AS chars, numeric_precision AS prec,
	numeric_scale AS scale, datetime_precision AS dt,
	storm_type AS storm, storm_type_mapped AS mapped
FROM stormdisc_columns('typed');
-- the modifier is the catalog's
SELECT count(*) AS wrong
FROM stormdisc_columns('typed') c
	JOIN pg_attribute a ON attrelid = 'typed'::regclass
		AND attnum = c.attribute_number
WHERE c.type_modifier IS DISTINCT FROM a.atttypmod
	OR c.formatted_type IS DISTINCT FROM format_type(atttypid, atttypmod)
	OR c.length IS DISTINCT FROM a.attlen
	OR c.type_schema <> 'pg_catalog' OR c.base_type <> c.formatted_type;
DROP TABLE typed;

--
-- [t] Dimensions of arrays are not to be relied on; the element is
--
CREATE TABLE arrays AS SELECT ARRAY[[1, 2], [3, 4]] AS ctas, '{x}'::text[] AS t;
CREATE TABLE arrays_like (LIKE arrays, c char(3)[], d "char"[]);
SELECT table_name, column_name, data_type, type_kind, formatted_type, element_type
FROM stormdisc_columns(include => '{disc_columns.arrays*}');
DROP TABLE arrays, arrays_like;

--
-- [38] Domains: the chain down to its base
--
CREATE DOMAIN money_base AS numeric(10,2) DEFAULT 1.50 CHECK (VALUE >= 0);
CREATE DOMAIN disc_columns2.money2 AS money_base NOT NULL;
CREATE DOMAIN "Money 3" AS disc_columns2.money2 DEFAULT 3.5 CHECK (VALUE < 100);
CREATE DOMAIN list AS varchar(4)[];
CREATE DOMAIN list2 AS list;
CREATE DOMAIN short AS varchar(4) COLLATE "C";
CREATE TYPE mood AS ENUM ('sad', 'ok', 'happy');
CREATE DOMAIN mood2 AS mood DEFAULT 'ok';
CREATE DOMAIN mood3 AS mood2;
CREATE DOMAIN when_ AS timestamp(3);
CREATE TABLE domains (
	a money_base, b disc_columns2.money2, c "Money 3", d list, e list2,
	f money_base[], g short, h short COLLATE "POSIX", i mood3, j when_,
	k "Money 3" DEFAULT 9, l money_base DEFAULT NULL, m money_base NOT NULL);
SELECT column_name AS col, data_type, formatted_type, type_schema, type_kind,
	base_type, element_type, not_null
FROM stormdisc_columns('domains');
SELECT column_name AS col, default_value, enum_labels, "collation",
	character_length AS chars, numeric_precision AS prec,
	numeric_scale AS scale, datetime_precision AS dt,
	storm_type AS storm, storm_type_mapped AS mapped
FROM stormdisc_columns('domains');
-- the default that a domain took over from its base is its own from then on
ALTER DOMAIN money_base SET DEFAULT 2.5;
ALTER DOMAIN "Money 3" DROP DEFAULT;
ALTER DOMAIN disc_columns2.money2 DROP NOT NULL;
SELECT column_name AS col, not_null, default_value
FROM stormdisc_columns('domains') WHERE column_name < 'd' COLLATE "C";
INSERT INTO domains (k, m) VALUES (0, 0) RETURNING a, b, c;
-- a view shows the domain's default as well: an insert into it uses that
CREATE VIEW domain_view AS SELECT a, k FROM domains;
SELECT column_name AS col, not_null, default_value
FROM stormdisc_columns('domain_view');
INSERT INTO domain_view (k) VALUES (1) RETURNING a;
DROP TABLE domains CASCADE;

--
-- [39] Labels of an enum in their order
--
ALTER TYPE mood ADD VALUE 'meh' BEFORE 'ok';
ALTER TYPE mood ADD VALUE 'it''s, "q"' AFTER 'happy';
CREATE TYPE no_labels AS ENUM ();
CREATE TABLE enums (a mood, b mood[], c no_labels, d int);
SELECT column_name AS col, data_type, type_schema, type_kind, element_type, enum_labels
FROM stormdisc_columns('enums');
DROP TABLE enums;

--
-- [40] Composites, row types, ranges with a multirange of another name [41]
--
CREATE TYPE comp AS (x int, y text COLLATE "C", z int);
ALTER TYPE comp DROP ATTRIBUTE x;
CREATE TYPE tsr AS RANGE (subtype = time, multirange_type_name = "Time Set");
CREATE TABLE p (a int);
CREATE TABLE others (a comp, b comp[], c p, d p[], e tsr, f "Time Set", g tsr[],
	i disc_columns2.money2[]);
SELECT column_name AS col, data_type, formatted_type, type_kind, element_type
FROM stormdisc_columns('others');
DROP TABLE others, p;

--
-- [33] Serial columns: an owned sequence that the default calls
--
CREATE SEQUENCE disc_columns2.shared_seq;
CREATE TABLE serials (
	s2 smallserial, s4 serial, s8 bigserial,
	other int DEFAULT nextval('disc_columns2.shared_seq'),
	owned_no_default int,
	default_dropped serial,
	not_next serial,
	late int,
	twisted int);
CREATE SEQUENCE "Owned Seq" OWNED BY serials.owned_no_default;
ALTER TABLE serials ALTER default_dropped DROP DEFAULT;
ALTER TABLE serials ALTER not_next SET DEFAULT currval('serials_not_next_seq');
CREATE SEQUENCE disc_columns2.late_seq;
ALTER SEQUENCE disc_columns2.late_seq SET SCHEMA disc_columns;
ALTER SEQUENCE late_seq OWNED BY serials.late;
ALTER TABLE serials ALTER late SET DEFAULT nextval('late_seq');
CREATE SEQUENCE twisted_seq OWNED BY serials.twisted;
-- owns one, but calls another's
ALTER TABLE serials ALTER twisted SET DEFAULT nextval('disc_columns2.shared_seq');
ALTER SEQUENCE serials_s4_seq RENAME TO "renamed Seq";
SELECT column_name, data_type, is_serial, identity, not_null AS nn,
	sequence_schema, sequence_name, default_value
FROM stormdisc_columns('serials');
-- a serial moved with its table
ALTER TABLE serials SET SCHEMA disc_columns2;
SELECT column_name, is_serial, sequence_schema, sequence_name, default_value
FROM stormdisc_columns('disc_columns2.serials')
WHERE column_name IN ('s2', 's4');
DROP TABLE disc_columns2.serials;

-- [34] Identity columns
CREATE TABLE ids (
	a int GENERATED ALWAYS AS IDENTITY,
	d bigint GENERATED BY DEFAULT AS IDENTITY (START 10 INCREMENT 5 MINVALUE -7 MAXVALUE 70 CACHE 3 CYCLE),
	n smallint GENERATED ALWAYS AS IDENTITY (SEQUENCE NAME disc_columns."Ids n"),
	was int GENERATED ALWAYS AS IDENTITY);
ALTER TABLE ids ALTER was DROP IDENTITY;
SELECT column_name, is_serial, identity, not_null, default_value,
	generated_type, sequence_schema, sequence_name
FROM stormdisc_columns('ids');
ALTER TABLE ids ALTER a SET GENERATED BY DEFAULT;
SELECT column_name, identity FROM stormdisc_columns('ids') LIMIT 1;
DROP TABLE ids;

--
-- [35] Generated columns
--
CREATE TABLE generated (
	a int DEFAULT 1, "B" text,
	c int GENERATED ALWAYS AS (a * 2 + length("B")) STORED,
	d text GENERATED ALWAYS AS (CASE WHEN a > 0 THEN upper("B") ELSE 'no' END) STORED,
	e disc_columns2.money2 GENERATED ALWAYS AS (a + 0.5) STORED);
SELECT column_name, generated_type, default_value, is_serial, identity
FROM stormdisc_columns('generated');
ALTER TABLE generated ALTER c DROP EXPRESSION;
SELECT column_name, generated_type, default_value
FROM stormdisc_columns('generated') WHERE column_name = 'c';
DROP TABLE generated;

--
-- [36] [37] Defaults, word for word
--
CREATE FUNCTION disc_columns2."F x"(int) RETURNS int LANGUAGE sql IMMUTABLE AS 'SELECT $1';
CREATE TABLE mood_t (m mood);
CREATE TABLE defaults (
	c01 text DEFAULT 'x''y', c02 timestamptz DEFAULT now(), c03 mood DEFAULT 'meh',
	c04 int DEFAULT disc_columns2."F x"(3), c05 int DEFAULT NULL, c06 text DEFAULT '',
	c07 varchar(9) DEFAULT 'abc', c08 int[] DEFAULT '{1,2}', c09 bool DEFAULT true,
	c10 numeric DEFAULT -1.5, c11 text DEFAULT E'a\\b\nc', c12 jsonb DEFAULT '{"a": [1, "x"]}',
	c13 timestamptz DEFAULT '2020-01-01 00:00:00+00', c14 interval DEFAULT '1 day 02:03:04',
	c15 float8 DEFAULT 0.1::float8 + 0.2, c16 bytea DEFAULT '\x00ff', c17 date DEFAULT '2020-02-03',
	c18 text DEFAULT current_user, c19 int DEFAULT 1 + 2 * 3, c20 text DEFAULT ('a' || 'b') COLLATE "C",
	c21 time DEFAULT '03:04:05.678', c22 bit(3) DEFAULT B'101', c23 "char" DEFAULT 'x',
	c24 text DEFAULT CASE WHEN 1 > 2 THEN 'CASE WHEN' ELSE 'END' END,
	c25 regclass DEFAULT 'disc_columns.mood_t'::regclass, c26 int DEFAULT 2147483647,
	c27 bigint DEFAULT 9223372036854775807, c28 float4 DEFAULT 1.1, c29 float8 DEFAULT 'NaN');
SELECT column_name AS col, default_value, problem FROM stormdisc_columns('defaults');
-- what an old row is given is not a default
INSERT INTO defaults DEFAULT VALUES;
ALTER TABLE defaults ADD missing int DEFAULT 42;
SELECT default_value FROM stormdisc_columns('defaults') WHERE column_name = 'missing';
ALTER TABLE defaults ALTER missing DROP DEFAULT;
SELECT default_value FROM stormdisc_columns('defaults') WHERE column_name = 'missing';
SELECT missing FROM defaults;
DROP TABLE defaults, mood_t;

--
-- Collation, storage, compression, statistics
--
CREATE COLLATION disc_columns2."Coll x" FROM "C";
CREATE TABLE physical (a text, b text COLLATE "C", c text COLLATE disc_columns2."Coll x",
	d text COLLATE "default", e name, f int, g name COLLATE "POSIX", h text[] COLLATE "C");
ALTER TABLE physical ALTER a SET STORAGE EXTERNAL;
ALTER TABLE physical ALTER b SET STORAGE MAIN;
ALTER TABLE physical ALTER c SET STORAGE PLAIN;
ALTER TABLE physical ALTER d SET COMPRESSION pglz;
ALTER TABLE physical ALTER a SET STATISTICS 0;
ALTER TABLE physical ALTER b SET STATISTICS 250;
ALTER TABLE physical ALTER c SET STATISTICS 10;
ALTER TABLE physical ALTER c SET STATISTICS -1;					-- [48]
SELECT column_name AS col, "collation", storage, compression, statistics_target
FROM stormdisc_columns('physical');
DROP TABLE physical;

-- reserved attribute options show nowhere, and options of ours disturb nothing
CREATE TABLE options (a int, b text);
ALTER TABLE options ALTER a SET (n_distinct = -0.5);
SELECT count(*) AS shown FROM stormdisc_columns('options') AS c
WHERE to_jsonb(c)::text LIKE '%pg\_attver%' OR to_jsonb(c)::text LIKE '%n\_distinct%';
SELECT count(*) AS shown
FROM (SELECT to_jsonb(t) FROM stormdisc_tables(schemas => '{disc_columns,pg_catalog}') t
	UNION ALL SELECT to_jsonb(t) FROM stormdisc_columns(schemas => '{disc_columns,pg_catalog}') t
	UNION ALL SELECT to_jsonb(t) FROM stormdisc_indexes(schemas => '{disc_columns,pg_catalog}') t
	UNION ALL SELECT to_jsonb(t) FROM stormdisc_constraints(schemas => '{disc_columns,pg_catalog}') t) t(j)
WHERE j::text LIKE '%pg\_attver%';
DROP TABLE options;

--
-- Keys: primary key and partition key, by column [27] [28] [29]
--
CREATE TABLE keys (x int, a int, b timestamptz, c text, "D" int, PRIMARY KEY ("D", a))
	PARTITION BY LIST ("D");
ALTER TABLE keys DROP x;
CREATE TABLE keys_1 (c text, gone int, a int NOT NULL, "D" int NOT NULL, b timestamptz);
ALTER TABLE keys_1 DROP gone;
ALTER TABLE keys ATTACH PARTITION keys_1 FOR VALUES IN (1);
CREATE TABLE keys_expr (a int, b timestamptz, c text, d int)
	PARTITION BY RANGE (date_trunc('day', b AT TIME ZONE 'UTC'), a, (d + length(c)));
CREATE TABLE keys_unique (a int UNIQUE, b int NOT NULL UNIQUE);
SELECT table_name, column_name, is_primary_key AS pk, is_partition_key AS part,
	not_null, is_local, inherited_count AS inh, ordinal_position AS pos,
	attribute_number AS num
FROM stormdisc_columns(include => '{disc_columns.keys*}');
DROP TABLE keys, keys_expr, keys_unique;

--
-- [32] Inherited columns: merged, with another default in the child
--
CREATE TABLE par1 (a int DEFAULT 1, b int NOT NULL);
CREATE TABLE par2 (a int DEFAULT 1, c int);
CREATE TABLE chi (a int DEFAULT 3, d int) INHERITS (par1, par2);
CREATE TABLE chi2 () INHERITS (chi);
SELECT table_name, column_name, is_local, inherited_count AS inh, not_null,
	default_value
FROM stormdisc_columns(include => '{disc_columns.chi*}');
DROP TABLE par1, par2 CASCADE;

--
-- [E2 e] [14] Renamed columns and tables
--
CREATE TABLE ren (a serial, b int DEFAULT 1, c int GENERATED ALWAYS AS (b + 1) STORED);
ALTER TABLE ren RENAME b TO "new b";
ALTER TABLE ren RENAME TO ren2;
SELECT table_name, column_name, default_value, is_serial, sequence_name
FROM stormdisc_columns('ren2');
DROP TABLE ren2;

--
-- [49] [E2 a] Comments are of a class and a column
--
CREATE TABLE commented (a int, b int);
COMMENT ON COLUMN commented.b IS 'of b';
COMMENT ON TABLE commented IS 'of the table';
BEGIN;
SET LOCAL allow_system_table_mods = on;
INSERT INTO pg_description (objoid, classoid, objsubid, description)
VALUES ('commented'::regclass, 'pg_type'::regclass, 1, 'WRONG: of a type');
SELECT column_name, comment FROM stormdisc_columns('commented');
ROLLBACK;
DROP TABLE commented;

--
-- Dependencies are of a class too: a sequence that is not one
--
CREATE TABLE dependent (a int);
BEGIN;
SET LOCAL allow_system_table_mods = on;
INSERT INTO pg_depend (classid, objid, objsubid, refclassid, refobjid, refobjsubid, deptype)
SELECT 'pg_proc'::regclass, 'disc_columns2.shared_seq'::regclass, 0,
	'pg_class'::regclass, 'dependent'::regclass, 1, 'a';
INSERT INTO pg_depend (classid, objid, objsubid, refclassid, refobjid, refobjsubid, deptype)
SELECT 'pg_class'::regclass, 'disc_columns2.shared_seq'::regclass, 0,
	'pg_type'::regclass, 'dependent'::regclass, 1, 'a';
SELECT column_name, is_serial, sequence_name FROM stormdisc_columns('dependent');
ROLLBACK;
DROP TABLE dependent;

--
-- [42] [43] Typed and temporary tables
--
CREATE TYPE tt AS (x int, y text);
CREATE TABLE typed OF tt (x WITH OPTIONS PRIMARY KEY DEFAULT 5);
SELECT column_name, default_value, is_primary_key, is_local
FROM stormdisc_columns('typed');
CREATE TEMP TABLE tmp (a serial, m mood DEFAULT 'ok');
SELECT schema_name, table_name, column_name, default_value, type_schema,
	sequence_schema, sequence_name
FROM stormdisc_columns('tmp');
DROP TABLE tmp;

--
-- A table that is wide
--
SELECT string_agg('c' || g || ' int', ', ') AS cols FROM generate_series(1, 1599) g \gset
\set ECHO none
CREATE TABLE wide (:cols, last int DEFAULT 1600);
\set ECHO all
SELECT count(*), count(DISTINCT column_name), max(ordinal_position), max(default_value),
	count(*) FILTER (WHERE column_name = 'c' || ordinal_position) AS named_by_position
FROM stormdisc_columns('wide');
DROP TABLE wide;

--
-- [51] [k] A role without any right sees the same, the texts too
--
CREATE TABLE secret (a text DEFAULT 'pw', b serial);
SET SESSION AUTHORIZATION regress_disc_reader;
SELECT has_schema_privilege('disc_columns', 'USAGE');
SELECT table_name, column_name, default_value, sequence_name
FROM stormdisc_columns(include => '{disc_columns.secret}');
RESET SESSION AUTHORIZATION;

-- the catalogs, if named, and only then
SELECT column_name, data_type, not_null, ordinal_position
FROM stormdisc_columns('pg_catalog.pg_am');
SELECT count(*) FROM stormdisc_columns()
WHERE schema_name IN ('pg_catalog', 'information_schema', 'pg_toast', 'stormdisc');

DROP SCHEMA disc_columns, disc_columns2 CASCADE;
DROP ROLE regress_disc_reader;
