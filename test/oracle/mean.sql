/*
 * mean.sql
 *	  A schema as odd as the server lets one be, for test/t/051_oracle.pl.
 *
 * What only later servers have is below the \if lines.
 */
\set ON_ERROR_STOP on
SET client_min_messages = warning;
SELECT current_setting('server_version_num')::int >= 170000 AS v17,
	current_setting('server_version_num')::int >= 180000 AS v18,
	to_regclass('pg_catalog.pg_propgraph_element') IS NOT NULL AS graphs,
	getdatabaseencoding() = 'UTF8' AS utf8 \gset

CREATE SCHEMA mean;
CREATE SCHEMA "Mean ""2"".x";
CREATE SCHEMA "select";
SET search_path = mean;

-- types
CREATE TYPE enum_ AS ENUM ('b', 'a', 'it''s', 'x,y', '"q"', ' ', E'\\');
ALTER TYPE enum_ ADD VALUE 'first' BEFORE 'b';
ALTER TYPE enum_ ADD VALUE 'between' AFTER 'b';
CREATE TYPE "Empty Enum" AS ENUM ();
CREATE TYPE comp AS (x int, "Y y" text COLLATE "C", z numeric(5,1)[]);
ALTER TYPE comp DROP ATTRIBUTE x;
CREATE TYPE "range of" AS RANGE (subtype = text, collation = "C", multirange_type_name = "ranges of");
CREATE TYPE shell;
CREATE DOMAIN d1 AS numeric(12,3) DEFAULT 1.5 CONSTRAINT pos CHECK (VALUE > 0) NOT NULL;
CREATE DOMAIN "Mean ""2"".x"."D 2" AS d1 DEFAULT 2 CHECK (VALUE < 1e6);
CREATE DOMAIN d3 AS "Mean ""2"".x"."D 2";
ALTER DOMAIN d3 DROP DEFAULT;
CREATE DOMAIN d4 AS d3 DEFAULT round(3.14159, 2);
CREATE DOMAIN d_list AS varchar(7)[] DEFAULT '{}';
CREATE DOMAIN d_comp AS comp;
CREATE DOMAIN d_enum AS enum_ DEFAULT 'a';
CREATE DOMAIN d_enum2 AS d_enum;
CREATE DOMAIN d_coll AS text COLLATE "C" DEFAULT '';
CREATE DOMAIN d_int AS interval(2) DEFAULT '1 day';
CREATE DOMAIN d_range AS "range of";
-- named like the server's own, and like words
CREATE DOMAIN mean.text AS pg_catalog.text;
CREATE DOMAIN mean.int4 AS pg_catalog.int4;
CREATE DOMAIN mean."integer" AS pg_catalog.int8;
CREATE DOMAIN mean."int4[]" AS pg_catalog.int8;
CREATE DOMAIN mean."numeric(1,2)" AS pg_catalog.numeric(1,2);
CREATE DOMAIN mean."char" AS pg_catalog.bpchar(2);
CREATE DOMAIN mean.interval_ish AS pg_catalog.interval;
CREATE DOMAIN mean._enum AS pg_catalog.int8;

-- functions, operators, operator classes and collations
CREATE FUNCTION lower(pg_catalog.text) RETURNS pg_catalog.text LANGUAGE sql IMMUTABLE AS 'SELECT $1';
CREATE FUNCTION "Fun c"(VARIADIC pg_catalog.int4[]) RETURNS pg_catalog.int4 LANGUAGE sql IMMUTABLE AS 'SELECT 1';
CREATE FUNCTION f(a pg_catalog.int4 DEFAULT 1, b pg_catalog.int4 DEFAULT 2) RETURNS pg_catalog.int4 LANGUAGE sql IMMUTABLE AS 'SELECT $1';
CREATE FUNCTION no_args() RETURNS pg_catalog.int4 LANGUAGE sql IMMUTABLE AS 'SELECT 1';
CREATE FUNCTION trig() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NULL; END';
CREATE FUNCTION like_eq(pg_catalog.int4, pg_catalog.int4) RETURNS bool LANGUAGE sql IMMUTABLE AS 'SELECT $1 OPERATOR(pg_catalog.=) $2';
CREATE OPERATOR mean.= (LEFTARG = pg_catalog.int4, RIGHTARG = pg_catalog.int4, FUNCTION = like_eq, COMMUTATOR = OPERATOR(mean.=));
CREATE OPERATOR mean.<->|- (RIGHTARG = pg_catalog.int4, FUNCTION = pg_catalog.int4um);
CREATE OPERATOR CLASS "Ops o" FOR TYPE pg_catalog.int4 USING btree AS
	OPERATOR 1 pg_catalog.<, OPERATOR 2 pg_catalog.<=, OPERATOR 3 mean.=, OPERATOR 4 pg_catalog.>=,
	OPERATOR 5 pg_catalog.>, FUNCTION 1 pg_catalog.btint4cmp(pg_catalog.int4, pg_catalog.int4);
CREATE COLLATION "Coll x" FROM "C";
CREATE COLLATION "Mean ""2"".x".coll FROM "POSIX";

-- tables
CREATE TABLE "Zero columns" ();
CREATE TABLE " " (" " int, "  " int, "." int, "a.b" int, """" int, "*" int, "tableOID" int);
CREATE TABLE "select"."table" ("select" pg_catalog.int4 PRIMARY KEY, "from" pg_catalog.text DEFAULT 'where', "order" pg_catalog.int4
	CHECK ("order" > "select") GENERATED ALWAYS AS ("select" + 1) STORED);
CREATE TABLE all_types (
	a01 mean.text, a02 mean.int4, a03 mean."integer", a04 mean."int4[]", a05 mean."numeric(1,2)", a06 mean."char",
	a07 mean."char"[], a08 "char", a09 pg_catalog."char", a10 pg_catalog."char"[], a11 char, a12 char(3)[], a13 bpchar,
	a14 enum_, a15 enum_[], a16 "Empty Enum", a17 comp, a18 comp[], a19 "range of", a20 "ranges of", a21 "range of"[],
	a22 d1, a23 "Mean ""2"".x"."D 2", a24 d3, a25 d4[], a26 d_list, a27 d_list[], a28 d_comp, a29 d_enum, a30 d_enum2,
	a31 d_coll, a32 d_coll COLLATE "POSIX", a33 d_int, a34 d_range, a35 "Zero columns", a36 "Zero columns"[],
	a37 numeric(1000,999), a38 numeric(1,-1000), a39 numeric(5), a40 interval(0), a41 interval year, a42 interval day to minute,
	a43 interval hour to second(3), a44 interval second(6), a45 bit(83886080), a46 bit varying(1), a47 varchar(10485760),
	a48 timestamp(0), a49 timestamptz(6)[], a50 time(1) with time zone, a51 time(2), a52 float(1), a53 float(53), a54 float(24)[],
	a55 point, a56 line, a57 lseg, a58 box, a59 path, a60 polygon, a61 circle, a62 cidr, a63 inet, a64 macaddr, a65 macaddr8,
	a66 tsvector, a67 tsquery, a68 uuid, a69 xml, a70 json, a71 jsonb, a72 jsonpath, a73 int4range, a74 tstzmultirange[],
	a75 oid, a76 regproc, a77 regclass[], a78 regtype, a79 regrole, a80 regnamespace, a81 xid, a82 cid, a83 tid, a84 xid8, a85 pg_lsn,
	a86 txid_snapshot, a87 pg_snapshot, a88 refcursor, a89 name, a90 name[], a91 bytea, a92 money, a93 int2vector, a94 oidvector,
	a95 aclitem, a96 pg_catalog.int4 [3][4], a97 gtsvector, a98 pg_class, a99 information_schema.sql_identifier,
	b01 information_schema.yes_or_no, b02 mean._enum);
CREATE TABLE defaults (
	a pg_catalog.text DEFAULT E'\\ '' " $$ \n\t;--', b pg_catalog.text DEFAULT '', c jsonb DEFAULT '{"a": ["\"", {"b": null}]}',
	d pg_catalog.int4 DEFAULT f(), e pg_catalog.int4 DEFAULT f(b => 3), f pg_catalog.int4 DEFAULT "Fun c"(VARIADIC ARRAY[1, 2]),
	g pg_catalog.int4 DEFAULT "Fun c"(1, 2, 3), h pg_catalog.int4 DEFAULT no_args(), i bool DEFAULT 1 OPERATOR(mean.=) 2,
	j pg_catalog.int4 DEFAULT OPERATOR(mean.<->|-) 5, k pg_catalog.text DEFAULT mean.lower('X'), l pg_catalog.text DEFAULT pg_catalog.lower('X'),
	m timestamptz DEFAULT now() - interval '1 day 2 hours', n timestamptz DEFAULT current_timestamp(3), o date DEFAULT current_date,
	p pg_catalog.text DEFAULT CASE WHEN (CASE 1 WHEN 2 THEN 'CASE' ELSE 'WHEN '' END' END) = 'x' THEN NULL ELSE E'END\\' END,
	q pg_catalog.int4[] DEFAULT ARRAY[[1,2],[3,4]], r pg_catalog.text DEFAULT session_user, s comp DEFAULT ROW('x', '{1.5}'),
	t enum_ DEFAULT 'it''s', u float8 DEFAULT '-Infinity', v float8 DEFAULT 1e-300, w numeric DEFAULT 'NaN',
	x interval DEFAULT '-1 mons +2 days -00:00:00.000001', y pg_catalog.int8 DEFAULT (-9223372036854775808)::int8, z pg_catalog.int4 DEFAULT -2147483648,
	aa pg_catalog.text DEFAULT 'a' || 'b' COLLATE "C", ab pg_catalog.text DEFAULT overlay('abc' placing 'x' from 2), ac bool DEFAULT ('a' LIKE 'b' ESCAPE '\'),
	ad bool DEFAULT (NOT (true AND (false OR NULL))), ae pg_catalog.int4 DEFAULT greatest(1, least(2, 3), nullif(4, 5), coalesce(NULL, 6)),
	af bool DEFAULT ((1, 2) < (3, 4)), ag bool DEFAULT (1 OPERATOR(pg_catalog.=) ANY ('{1,2}')), ah bool DEFAULT (1 IS DISTINCT FROM 2), ai bool DEFAULT (ROW(1, NULL) IS NOT NULL),
	aj xml DEFAULT xmlelement(name "x y", xmlattributes('b' AS "c d"), 'z'), ak regclass DEFAULT 'mean.all_types', al regtype DEFAULT 'mean.enum_',
	am bytea DEFAULT '\x5c27', an money DEFAULT 1.5, ao bit(4) DEFAULT B'1010', ap varbit DEFAULT X'F', aq pg_catalog."char" DEFAULT '"', ar pg_catalog.name DEFAULT 'n',
	"as" d1 DEFAULT NULL, at d4, au time DEFAULT '24:00', av pg_catalog.text DEFAULT normalize('x', NFC), aw pg_catalog.int4 DEFAULT ('{"a":1}'::json ->> 'a')::pg_catalog.int4,
	ax pg_catalog.text DEFAULT (ARRAY['a','b'])[2], ay pg_catalog.text DEFAULT ('(x,{1})'::comp)."Y y", az pg_catalog.int4[] DEFAULT ('{1,2,3}'::pg_catalog.int4[])[2:3],
	ba pg_catalog.text DEFAULT trim(LEADING 'x' FROM 'xa'), bb pg_catalog.int4 DEFAULT extract(epoch FROM timestamp '2020-01-01'), bc pg_catalog.int4 DEFAULT (position('a' IN 'ba')),
	bd pg_catalog.text DEFAULT current_schema, be timestamptz DEFAULT (timestamptz '2020-01-01 00:00+00' AT TIME ZONE 'Europe/Paris' AT TIME ZONE 'UTC'));
ALTER TABLE defaults ADD added pg_catalog.int4 DEFAULT 42;
ALTER TABLE defaults ALTER added DROP DEFAULT;
CREATE TABLE numbers (
	a serial, b bigserial, c smallserial, d pg_catalog.int4 GENERATED ALWAYS AS IDENTITY,
	e pg_catalog.int8 GENERATED BY DEFAULT AS IDENTITY (SEQUENCE NAME mean."Seq s" START -5 INCREMENT -1 MAXVALUE 0 MINVALUE -100 CYCLE),
	f pg_catalog.int4, g pg_catalog.int4 DEFAULT nextval('mean.numbers_a_seq'), h serial, i pg_catalog.int4);
CREATE SEQUENCE free;
CREATE SEQUENCE owned OWNED BY numbers.f;
ALTER TABLE numbers ALTER h DROP DEFAULT;
ALTER TABLE numbers ALTER i SET DEFAULT nextval('free');
CREATE TABLE generated (a pg_catalog.int4, "B b" pg_catalog.text, c pg_catalog.text GENERATED ALWAYS AS (CASE WHEN a > 0 THEN pg_catalog.upper("B b") ELSE E'\\ELSE' END) STORED,
	d d1 GENERATED ALWAYS AS (a + 1) STORED, e pg_catalog.int4[] GENERATED ALWAYS AS (ARRAY[a, a + 1]) STORED);
CREATE TABLE dropped (a pg_catalog.int4, b pg_catalog.int4, c pg_catalog.int4, d pg_catalog.int4, e pg_catalog.int4);
ALTER TABLE dropped DROP a, DROP c, DROP e, ADD "c" pg_catalog.text, ADD CHECK (d > 0), ADD PRIMARY KEY (c, b);
CREATE INDEX ON dropped (d, (b + d)) WHERE c <> 'x';
ALTER TABLE dropped RENAME d TO "D d";
CREATE UNLOGGED TABLE unlogged (a pg_catalog.int4 PRIMARY KEY) WITH (fillfactor = 11, toast.autovacuum_enabled = off);
CREATE TYPE of_type AS (a pg_catalog.int4, b pg_catalog.text);
CREATE TABLE "Typed" OF of_type (a WITH OPTIONS DEFAULT 1 PRIMARY KEY, CHECK (b <> ''));
CREATE TABLE physical (a pg_catalog.text COLLATE "C", b pg_catalog.text COLLATE "Coll x", c d_coll COLLATE "Mean ""2"".x".coll, d pg_catalog.text, e pg_catalog.int4)
	WITH (autovacuum_vacuum_threshold = 5, fillfactor = 90, user_catalog_table = false, toast.autovacuum_freeze_max_age = 100000);
ALTER TABLE physical ALTER a SET STORAGE MAIN, ALTER b SET STORAGE EXTERNAL, ALTER c SET STORAGE PLAIN,
	ALTER d SET COMPRESSION pglz, ALTER a SET STATISTICS 0, ALTER b SET STATISTICS 9999, ALTER a SET (n_distinct = -1),
	ALTER e SET STATISTICS 10;
ALTER TABLE physical ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;
ALTER TABLE physical REPLICA IDENTITY FULL;
CREATE POLICY p ON physical USING (e > 0);
COMMENT ON TABLE physical IS E'\\ '' " \n of the table';
COMMENT ON COLUMN physical.a IS 'of a';
CREATE STATISTICS st (dependencies) ON a, b FROM physical;

-- inheritance
CREATE TABLE p1 (a pg_catalog.int4 NOT NULL DEFAULT 1, b pg_catalog.int4, CONSTRAINT ck CHECK (a > 0), CONSTRAINT ni CHECK (b > 0) NO INHERIT);
CREATE TABLE "Mean ""2"".x"."P 2" (b pg_catalog.int4 DEFAULT 2, c pg_catalog.text, CONSTRAINT "c k" CHECK (c <> ''));
CREATE TABLE child (z pg_catalog.int4 DEFAULT 9, a pg_catalog.int4 DEFAULT 3, b pg_catalog.int4 DEFAULT 4) INHERITS ("Mean ""2"".x"."P 2", p1);
CREATE TABLE grandchild (CONSTRAINT ck CHECK (a > 0)) INHERITS (child);
ALTER TABLE p1 ADD COLUMN late pg_catalog.text DEFAULT 'x', ADD CONSTRAINT nv CHECK (b < 100) NOT VALID;
CREATE TABLE joins (c pg_catalog.text, b pg_catalog.int4, CONSTRAINT "c k" CHECK (c <> ''));
ALTER TABLE joins INHERIT "Mean ""2"".x"."P 2";

-- constraints
CREATE TABLE target (x pg_catalog.int4, y pg_catalog.int4, z pg_catalog.text, PRIMARY KEY (y, x) INCLUDE (z), UNIQUE NULLS NOT DISTINCT (z), UNIQUE (x, z, y) DEFERRABLE INITIALLY DEFERRED);
CREATE UNIQUE INDEX target_only ON target (x, y);
CREATE TABLE checks (gone pg_catalog.int4, a pg_catalog.int4, "B b" pg_catalog.text, c timestamptz, d jsonb, e pg_catalog.int4[],
	CHECK (true), CHECK ((checks.*) IS NOT NULL), CHECK (checks IS NOT NULL AND a > 0), CHECK (tableoid > 0 AND a < 5),
	CHECK (a = ANY (e) AND a <> ALL ('{7,8}')), CHECK ("B b" ~ '^[a-z]+\s*$' AND "B b" LIKE 'x\_%' ESCAPE '\'), CHECK (c > '2020-01-01 00:00+00' AND c < now()),
	CHECK (d @> '{"x": 1}' AND d ->> 'it''s' IS NOT NULL), CHECK (CASE WHEN a > 1 THEN CASE "B b" WHEN 'END' THEN e[1] = a ELSE false END WHEN a IS NULL THEN true END),
	CHECK (a IS DISTINCT FROM 4 AND NOT (a BETWEEN 1 AND 2) AND a BETWEEN SYMMETRIC 3 AND 1), CHECK ((a, "B b") = (1, 'x')), CHECK (coalesce(a, f(), no_args()) > 0),
	CHECK (a OPERATOR(mean.=) a AND mean.lower("B b") = pg_catalog.lower("B b")), CONSTRAINT "Name ' "" \ n" CHECK (a % 2 = 0) NO INHERIT,
	CHECK (xmlexists('//x' PASSING BY REF xmlparse(DOCUMENT '<x/>'))), CHECK (("B b")::enum_ > 'a'::enum_), CHECK (length("B b" COLLATE "C") > 0 AND "B b" COLLATE "Coll x" < 'z'));
ALTER TABLE checks DROP gone;
CREATE TABLE keys (a pg_catalog.int4, b pg_catalog.int4, c pg_catalog.int4 DEFAULT 5, r int4range, "P p" point, t pg_catalog.text,
	CONSTRAINT f1 FOREIGN KEY (a, b) REFERENCES target, CONSTRAINT f2 FOREIGN KEY (b, a) REFERENCES target (x, y) MATCH FULL ON UPDATE CASCADE ON DELETE RESTRICT,
	CONSTRAINT f3 FOREIGN KEY (a, a) REFERENCES target (x, y) ON DELETE SET NULL, CONSTRAINT f4 FOREIGN KEY (a, c) REFERENCES target (y, x) ON DELETE SET DEFAULT (c) ON UPDATE SET NULL DEFERRABLE,
	CONSTRAINT f5 FOREIGN KEY (t) REFERENCES target (z) ON UPDATE RESTRICT ON DELETE CASCADE DEFERRABLE INITIALLY DEFERRED,
	CONSTRAINT x1 EXCLUDE USING gist (r WITH &&, "P p" WITH ~=, int4range(a, b) WITH =) INCLUDE (t) WHERE (a > b AND t <> E'\\') DEFERRABLE INITIALLY DEFERRED,
	CONSTRAINT x2 EXCLUDE (a WITH pg_catalog.=, b "Ops o" WITH OPERATOR(mean.=)), CONSTRAINT x3 EXCLUDE USING spgist (r WITH -|-) WITH (fillfactor = 55));
ALTER TABLE keys ADD CONSTRAINT f6 FOREIGN KEY (a, b) REFERENCES target NOT VALID;
CREATE CONSTRAINT TRIGGER "Trig t" AFTER INSERT OR UPDATE OF a ON keys FROM target DEFERRABLE INITIALLY DEFERRED FOR EACH ROW WHEN (NEW.a > 0) EXECUTE FUNCTION trig();
CREATE TRIGGER plain AFTER INSERT ON keys EXECUTE FUNCTION trig();
COMMENT ON CONSTRAINT f1 ON keys IS 'of f1';
COMMENT ON CONSTRAINT x1 ON keys IS 'of x1';
CREATE TABLE employees (id pg_catalog.int4 PRIMARY KEY, boss pg_catalog.int4 REFERENCES employees ON DELETE SET NULL, UNIQUE (id, boss), FOREIGN KEY (id, boss) REFERENCES employees (id, boss));

-- indexes
CREATE TABLE indexed (a pg_catalog.int4, b pg_catalog.text, "C c" pg_catalog.text COLLATE "C", j jsonb, v tsvector, r int4range, p point, e pg_catalog.int4[], t timestamptz, n name, en enum_, nr numeric, ip inet) WITH (fillfactor = 77);
CREATE INDEX i01 ON indexed (a, a DESC, a NULLS FIRST, a DESC NULLS LAST);
CREATE UNIQUE INDEX i02 ON indexed (b, "C c" DESC) INCLUDE (a, j, "C c") NULLS NOT DISTINCT WITH (fillfactor = 50, deduplicate_items = off) WHERE a > 0 OR b IS NULL;
CREATE INDEX i03 ON indexed (lower(b), pg_catalog.lower(b), (a + 1) DESC, (b || E'\\''"' ), pg_catalog.upper("C c") COLLATE "POSIX" text_pattern_ops);
CREATE INDEX i04 ON indexed ((a)) ;
CREATE INDEX i05 ON indexed ((a::pg_catalog.text)) WHERE (a::pg_catalog.text) LIKE '1%';
CREATE INDEX i06 ON indexed (a "Ops o" DESC, b text_pattern_ops, b varchar_ops, b COLLATE "Coll x", "C c" COLLATE "default", n name_ops);
CREATE INDEX i07 ON indexed USING hash (b COLLATE "C") WITH (fillfactor = 60);
CREATE INDEX i08 ON indexed USING gin (j jsonb_path_ops, (j -> 'x,y'), e, to_tsvector('english', b)) WITH (fastupdate = off, gin_pending_list_limit = 128);
CREATE INDEX i09 ON indexed USING gist (v tsvector_ops (siglen = 99), r, p) INCLUDE (a) WITH (buffering = on);
CREATE INDEX i10 ON indexed USING spgist (b) WITH (fillfactor = 80);
CREATE INDEX i11 ON indexed USING brin (a int4_minmax_multi_ops (values_per_range = 9), b, t timestamptz_bloom_ops (false_positive_rate = 0.05, n_distinct_per_range = 500)) WITH (pages_per_range = 3, autosummarize = on);
CREATE INDEX i12 ON indexed ((CASE WHEN a > 1 THEN b ELSE 'CASE WHEN , ) END' END), (CASE a WHEN 1 THEN CASE b WHEN 'x' THEN 2 END ELSE 3 END)) WHERE CASE WHEN a = 2 THEN b = ' WHERE ' ELSE NOT (b = 'a
b') END;
CREATE INDEX i13 ON indexed ((t AT TIME ZONE 'UTC'), extract(year FROM t AT TIME ZONE 'UTC'), ((t AT TIME ZONE 'UTC')::date), date_trunc('day', t AT TIME ZONE 'a,b'));
CREATE INDEX i14 ON indexed ((e[1]), (e[1:2]), cardinality(e), (r @> 5), (j ->> 'a'), ((j ->> 'a')::pg_catalog.int4), (a IS NULL), (ROW(a, b) IS NULL));
CREATE INDEX i15 ON indexed (coalesce(a, 0), greatest(a, 1, 2), nullif(a, 5), (a = ANY ('{1,2}')), (NOT (a > 3)), (- a), (@ nr), (nr ^ 2));
CREATE INDEX i16 ON indexed (substring(b FROM 1 FOR 2), substring(b FROM 'a(.)c'), overlay(b PLACING 'x' FROM 1), position('x' IN b), trim(BOTH 'x' FROM b), normalize(b));
CREATE INDEX i17 ON indexed ((a + f()), "Fun c"(a, 1), "Fun c"(VARIADIC e), f(b => a), (OPERATOR(mean.<->|-) a), (a OPERATOR(mean.=) 1), no_args());
CREATE INDEX i18 ON indexed (en, (en = 'a')) WHERE en >= 'it''s'::enum_;
CREATE INDEX i19 ON indexed ((hashtext(b) % 4), (b ~ '^\d+,\)$'), (b COLLATE "C" < 'x'), md5(b || 'e'), ((b)::pg_catalog.bytea));
CREATE INDEX " ""i 20"" , (" ON indexed ((' USING btree (' || b), b, (a + 2), (b || ') INCLUDE (')) INCLUDE ("C c") WHERE b <> ' WHERE ';
COMMENT ON INDEX i01 IS 'of i01';
ALTER TABLE indexed CLUSTER ON i01;
ALTER INDEX i03 ALTER COLUMN 3 SET STATISTICS 77;
CREATE TABLE ident (a pg_catalog.int4 NOT NULL, b pg_catalog.int4 NOT NULL);
CREATE UNIQUE INDEX ident_i ON ident (b, a);
ALTER TABLE ident REPLICA IDENTITY USING INDEX ident_i;
ALTER TABLE ident ADD CONSTRAINT "Ident k" UNIQUE USING INDEX ident_i;

-- views
CREATE VIEW "View v" AS SELECT a AS "select", b, t FROM indexed WHERE a > 0;
ALTER VIEW "View v" ALTER b SET DEFAULT E'\\v', ALTER "select" SET DEFAULT 7;
CREATE VIEW over AS SELECT v.b || 'x' AS concat, d.* FROM "View v" v, dropped d;
CREATE VIEW domains AS SELECT a22, a23, a24, a29, a31 FROM all_types;
CREATE MATERIALIZED VIEW mat AS SELECT a, pg_catalog.count(*) AS n FROM indexed GROUP BY a WITH NO DATA;
CREATE UNIQUE INDEX mat_i ON mat (a DESC) INCLUDE (n);
CREATE INDEX mat_e ON mat ((n + 1)) WHERE n > 5;
ALTER MATERIALIZED VIEW mat ALTER n SET STATISTICS 5;
CREATE RECURSIVE VIEW rec (n) AS SELECT 1 UNION ALL SELECT n + 1 FROM rec WHERE n < 3;
COMMENT ON COLUMN "View v".b IS 'of a view';

-- partitions
CREATE TABLE pr (gone pg_catalog.int4, a pg_catalog.int4 NOT NULL, "B b" pg_catalog.text, c timestamptz, CONSTRAINT pr_ck CHECK (a > -1000), FOREIGN KEY (a) REFERENCES employees) PARTITION BY RANGE (a);
ALTER TABLE pr DROP gone;
CREATE TABLE pr_min PARTITION OF pr FOR VALUES FROM (MINVALUE) TO (-5);
CREATE TABLE "Mean ""2"".x"."Pr 1" PARTITION OF pr FOR VALUES FROM (-5) TO (100) PARTITION BY LIST ("B b");
CREATE TABLE pr_1_a PARTITION OF "Mean ""2"".x"."Pr 1" FOR VALUES IN ('a', NULL, 'NULL', '', E'\\', 'it''s', ', ') PARTITION BY HASH (a, (pg_catalog.lower("B b")));
CREATE TABLE pr_1_a_0 PARTITION OF pr_1_a FOR VALUES WITH (MODULUS 3, REMAINDER 0);
CREATE TABLE pr_1_a_5 PARTITION OF pr_1_a FOR VALUES WITH (MODULUS 6, REMAINDER 5);
CREATE TABLE pr_1_b PARTITION OF "Mean ""2"".x"."Pr 1" DEFAULT;
CREATE TABLE pr_late (x1 pg_catalog.int4, c timestamptz, "B b" pg_catalog.text, x2 pg_catalog.int4, a pg_catalog.int4 NOT NULL DEFAULT 7, CONSTRAINT pr_ck CHECK (a > -1000), FOREIGN KEY (a) REFERENCES employees);
ALTER TABLE pr_late DROP x1, DROP x2;
ALTER TABLE pr ATTACH PARTITION pr_late FOR VALUES FROM (100) TO (200);
CREATE TABLE pr_rest PARTITION OF pr DEFAULT;
CREATE INDEX pr_i ON pr ((a + 1), "B b" DESC) WHERE c IS NOT NULL;
CREATE INDEX pr_only ON ONLY pr ("B b");
CREATE TABLE pk (b pg_catalog.text, a pg_catalog.int4, PRIMARY KEY (a)) PARTITION BY RANGE (a);
CREATE TABLE pk_1 PARTITION OF pk FOR VALUES FROM (0) TO (7) PARTITION BY HASH (a);
CREATE TABLE pk_1_0 PARTITION OF pk_1 FOR VALUES WITH (MODULUS 1, REMAINDER 0);
CREATE TABLE pk_2 (gone pg_catalog.int4, a pg_catalog.int4 NOT NULL, b pg_catalog.text);
ALTER TABLE pk_2 DROP gone;
CREATE UNIQUE INDEX "Pk 2 i" ON pk_2 (a);
ALTER TABLE pk ATTACH PARTITION pk_2 FOR VALUES FROM (7) TO (14);
CREATE TABLE refs_pr (a pg_catalog.int4 REFERENCES pk, b pg_catalog.int4, CONSTRAINT two FOREIGN KEY (b) REFERENCES pk ON DELETE CASCADE) PARTITION BY HASH (a);
CREATE TABLE refs_pr_0 PARTITION OF refs_pr FOR VALUES WITH (MODULUS 2, REMAINDER 0);
CREATE TABLE refs_pr_1 PARTITION OF refs_pr FOR VALUES WITH (MODULUS 2, REMAINDER 1) PARTITION BY RANGE (b);
CREATE TABLE refs_pr_1_1 PARTITION OF refs_pr_1 FOR VALUES FROM (0) TO (MAXVALUE);
CREATE TABLE pm (a pg_catalog.text COLLATE "C", b timestamptz, c enum_, d numeric, e bool, f bytea, g interval, h float8)
	PARTITION BY RANGE (pg_catalog.lower(a) COLLATE "POSIX" text_pattern_ops, b, (CASE WHEN c = 'a' THEN 'x, y' ELSE ')' END), d, (pg_catalog.date_trunc('day', b AT TIME ZONE 'UTC')), f, g);
CREATE TABLE pm_1 PARTITION OF pm FOR VALUES FROM ('a', '2020-01-01 00:00+00', E'\\', -1.50, '2020-01-01', '\x00', '1 day') TO ('it''s ) TO (', '2021-01-01 12:00+02', 'MAXVALUE', MAXVALUE, MAXVALUE, MAXVALUE, MAXVALUE);
CREATE TABLE pb (b bool) PARTITION BY LIST (b);
CREATE TABLE pb_t PARTITION OF pb FOR VALUES IN (true);
CREATE TABLE pb_f PARTITION OF pb FOR VALUES IN (false, NULL);
CREATE TABLE pe (e enum_) PARTITION BY LIST (e);
CREATE TABLE pe_1 PARTITION OF pe FOR VALUES IN ('it''s', 'x,y', '"q"', ' ', E'\\');
CREATE TABLE pn (n numeric(6,2)) PARTITION BY LIST ((n + 1));
CREATE TABLE pn_1 PARTITION OF pn FOR VALUES IN (1, 2.50, 'NaN', -3);
CREATE TABLE p8 (a pg_catalog.int8) PARTITION BY RANGE (a);
CREATE TABLE p8_all PARTITION OF p8 FOR VALUES FROM (-9223372036854775808) TO (9223372036854775807);
CREATE TABLE p2 (a pg_catalog.int2, b varbit) PARTITION BY RANGE (a);
CREATE TABLE p2_1 PARTITION OF p2 FOR VALUES FROM (-32768) TO (-32766) PARTITION BY LIST (b);
CREATE TABLE p2_1_1 PARTITION OF p2_1 FOR VALUES IN (B'101', B'');
CREATE TABLE px (a pg_catalog.int4) PARTITION BY RANGE ((a / 10));
CREATE TABLE px_1 PARTITION OF px FOR VALUES FROM (-20) TO (-10);
CREATE TABLE pd (a date) PARTITION BY RANGE (a);
CREATE TABLE pd_1 PARTITION OF pd FOR VALUES FROM ('-infinity') TO ('0044-03-15 BC');
CREATE TABLE pd_2 PARTITION OF pd FOR VALUES FROM ('2020-01-01') TO ('infinity');
CREATE TABLE par (a pg_catalog.int4[]) PARTITION BY LIST (a);
CREATE TABLE par_1 PARTITION OF par FOR VALUES IN ('{1,2}', '{}', '{NULL}');
CREATE TABLE pc (c mean.text) PARTITION BY LIST (c);
CREATE TABLE pc_1 PARTITION OF pc FOR VALUES IN ('x');
CREATE TABLE self (a pg_catalog.int4 PRIMARY KEY, b pg_catalog.int4 REFERENCES self) PARTITION BY LIST (a);
CREATE TABLE self_1 PARTITION OF self FOR VALUES IN (1);
CREATE TABLE self_2 PARTITION OF self FOR VALUES IN (2) PARTITION BY LIST (a);
CREATE TABLE self_2_2 PARTITION OF self_2 FOR VALUES IN (2);
COMMENT ON TABLE self_2_2 IS 'of a leaf';

-- foreign tables
CREATE FOREIGN DATA WRAPPER mean_fdw;
CREATE SERVER mean_server FOREIGN DATA WRAPPER mean_fdw;
CREATE FOREIGN TABLE "Far f" (a pg_catalog.int4 OPTIONS (n 'x') NOT NULL DEFAULT 5, b d_enum, g pg_catalog.int4 GENERATED ALWAYS AS (a * 2) STORED, CHECK (a > 0)) SERVER mean_server OPTIONS (t 'y');
CREATE TABLE pf (a pg_catalog.int4, CHECK (a <> 3)) PARTITION BY LIST (a);
CREATE FOREIGN TABLE pf_far PARTITION OF pf FOR VALUES IN (1) SERVER mean_server;
CREATE FOREIGN TABLE far_child (z pg_catalog.int4) INHERITS (p1) SERVER mean_server;

\if :utf8
CREATE TYPE U&"\00E4 type" AS ENUM (U&'\2603', 'x');
CREATE TABLE U&"\00C4 \+01F600" (U&"\00E9" pg_catalog.int4 DEFAULT 1, b U&"\00E4 type" DEFAULT U&'\2603', c pg_catalog.text DEFAULT U&'\202E\00A0', CHECK (c <> U&'\2603'));
CREATE INDEX U&"\00FC" ON U&"\00C4 \+01F600" ((c || U&'\2603,'), U&"\00E9" DESC) WHERE b = U&'\2603';
COMMENT ON TABLE U&"\00C4 \+01F600" IS U&'\+01F600';
SELECT format('CREATE TABLE %I (%I int PRIMARY KEY, %I int UNIQUE CHECK (%3$I > 0))', repeat(U&'\00E4', 31), repeat(U&'\00E4', 31) || 'x', repeat('y', 63)) AS ddl \gset
:ddl;
\endif
\if :v17
CREATE TABLE v17_id (a pg_catalog.int4 GENERATED ALWAYS AS IDENTITY (START 5), b pg_catalog.int4) PARTITION BY LIST (b);
CREATE TABLE v17_id_1 PARTITION OF v17_id FOR VALUES IN (1) PARTITION BY LIST (b);
CREATE TABLE v17_id_1_1 PARTITION OF v17_id_1 FOR VALUES IN (1);
CREATE TABLE v17_am (a pg_catalog.int4) PARTITION BY LIST (a) USING heap;
\endif
\if :v18
CREATE TABLE v18_nn (a pg_catalog.int4 CONSTRAINT "My nn" NOT NULL, b pg_catalog.int4 CONSTRAINT b_nn NOT NULL NO INHERIT, c pg_catalog.int4, d d1 NOT NULL);
ALTER TABLE v18_nn ADD CONSTRAINT c_nn NOT NULL c NOT VALID;
CREATE TABLE v18_nn_child () INHERITS (v18_nn);
CREATE TABLE v18_virtual (a pg_catalog.int4, b pg_catalog.int4 GENERATED ALWAYS AS (a + 1) VIRTUAL, c pg_catalog.text GENERATED ALWAYS AS (CASE WHEN a > 1 THEN 'x' ELSE E'\\' END), d pg_catalog.int4 GENERATED ALWAYS AS (a * 2) STORED);
CREATE TABLE v18_ne (a pg_catalog.int4 REFERENCES employees NOT ENFORCED, b pg_catalog.int4 CHECK (b > 0) NOT ENFORCED);
CREATE TABLE v18_temporal (r int4range, v daterange, PRIMARY KEY (r, v WITHOUT OVERLAPS), UNIQUE (v, r WITHOUT OVERLAPS));
CREATE TABLE v18_period (id pg_catalog.int4, r int4range, v daterange, FOREIGN KEY (r, PERIOD v) REFERENCES v18_temporal (r, PERIOD v));
\endif
\if :graphs
CREATE PROPERTY GRAPH v19_graph VERTEX TABLES (employees KEY (id));
\endif
RESET search_path;
