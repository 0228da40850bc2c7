--
-- Texts depend on the database, not on the caller's settings
--
SET client_min_messages = warning;
CREATE SCHEMA disc_set;
SET search_path = disc_set, public;
CREATE TYPE mood AS ENUM ('sad', 'ok');
CREATE FUNCTION f(timestamptz) RETURNS timestamptz LANGUAGE sql IMMUTABLE AS 'SELECT $1';
CREATE TABLE t2 (a int);
CREATE TABLE t (
	ts timestamptz DEFAULT '2020-01-02 03:04:05+00',
	d date DEFAULT '2020-01-02',
	i interval DEFAULT '1 year 2 mons -3 days 04:05:06.7',
	x float8 DEFAULT '0.1'::float8,
	x4 float4 DEFAULT '0.1'::float4,
	y bytea DEFAULT '\x00ff27',
	m mood DEFAULT 'ok',
	"select" text DEFAULT E'a\\b''c',
	r regclass DEFAULT 'disc_set.t2',
	CONSTRAINT c1 CHECK (ts < '2030-01-01 00:00:00+00'), CONSTRAINT c2 CHECK (i < '1 mon'),
	CONSTRAINT c3 CHECK (y <> '\xde'), CONSTRAINT c4 CHECK (m <> 'sad'),
	CONSTRAINT c5 CHECK (r::oid <> 't2'::regclass));
CREATE INDEX t_i ON t (f(ts), (i + '1 day'), ("select" || E'\\')) WHERE d > '2020-01-01' AND x > 0.1;
CREATE TABLE p (ts timestamptz) PARTITION BY RANGE (ts);
CREATE TABLE p_1 PARTITION OF p FOR VALUES FROM ('2020-01-01 00:00+00') TO ('2020-02-01 00:00+00');
CREATE TABLE q (ts timestamptz, i interval) PARTITION BY LIST ((ts < '2020-01-01 00:00+00'));
CREATE TABLE q_1 PARTITION OF q FOR VALUES IN (true);
CREATE DOMAIN dom AS timestamptz DEFAULT '2020-01-02 03:04:05+00';
CREATE TABLE u (a dom, b mood[] DEFAULT '{ok}', c numeric(3,1)[]);

-- everything the functions say about this schema, as one text
CREATE FUNCTION public.disc_all() RETURNS TABLE (what text, said text) LANGUAGE sql AS $$
	SELECT 'tables', to_jsonb(t) FROM public.stormdisc_tables(schemas => '{disc_set}') t
	UNION ALL SELECT 'columns', to_jsonb(t) FROM public.stormdisc_columns(schemas => '{disc_set}') t
	UNION ALL SELECT 'indexes', to_jsonb(t) FROM public.stormdisc_indexes(schemas => '{disc_set}') t
	UNION ALL SELECT 'constraints', to_jsonb(t) FROM public.stormdisc_constraints(schemas => '{disc_set}') t
	UNION ALL SELECT 'partitions', to_jsonb(t) FROM public.stormdisc_partitions(schemas => '{disc_set}') t
$$;
SELECT column_name, default_value FROM stormdisc_columns('t');
SELECT constraint_name, expression FROM stormdisc_constraints('t');
SELECT definition FROM stormdisc_indexes('t');
SELECT partition_bound, lower_bound FROM stormdisc_partitions('p');
SELECT partition_key FROM stormdisc_tables('q');
SELECT column_name, formatted_type, base_type, default_value FROM stormdisc_columns('u');
CREATE TEMP TABLE said AS SELECT * FROM public.disc_all();
SELECT count(*) FROM said;

-- [31] [55] the same under any settings, and these are as they were after it
CREATE FUNCTION public.disc_compare() RETURNS TABLE (differences bigint, put_back bool)
LANGUAGE plpgsql AS $$
DECLARE
	names text[] := '{search_path,TimeZone,DateStyle,IntervalStyle,extra_float_digits,bytea_output,quote_all_identifiers,standard_conforming_strings,client_min_messages,xmlbinary,array_nulls}';
	before text[] := array(SELECT current_setting(n) FROM unnest(names) n);
BEGIN
	SELECT count(*) INTO differences FROM (
		(TABLE pg_temp.said EXCEPT ALL SELECT * FROM public.disc_all())
		UNION ALL (SELECT * FROM public.disc_all() EXCEPT ALL TABLE pg_temp.said)) d;
	put_back := before = array(SELECT current_setting(n) FROM unnest(names) n);
	RETURN NEXT;
END $$;
SELECT * FROM public.disc_compare();
SET timezone = 'Asia/Tokyo';
SELECT * FROM public.disc_compare();
SET timezone = 'America/St_Johns';
SELECT * FROM public.disc_compare();
SET datestyle = 'SQL, DMY';
SELECT * FROM public.disc_compare();
SET datestyle = 'German, YMD';
SELECT * FROM public.disc_compare();
SET intervalstyle = 'iso_8601';
SELECT * FROM public.disc_compare();
SET intervalstyle = 'sql_standard';
SELECT * FROM public.disc_compare();
SET extra_float_digits = -15;
SELECT * FROM public.disc_compare();
SET bytea_output = 'escape';
SELECT * FROM public.disc_compare();
SET quote_all_identifiers = on;
SELECT * FROM public.disc_compare();
SET search_path = '';
SELECT * FROM public.disc_compare();
SET search_path = disc_set, public, pg_catalog;
SELECT * FROM public.disc_compare();
SET xmlbinary = 'hex';
SET array_nulls = off;
SELECT * FROM public.disc_compare();
RESET ALL;
SET client_min_messages = warning;
SET search_path = disc_set, public;
SELECT * FROM public.disc_compare();

-- what is in the way of names does not change them: temporary objects
-- come first in every search path that does not name them
CREATE TEMP TABLE t2 (x int);
CREATE TEMP TABLE pg_class (x int);
CREATE TYPE pg_temp.mood AS ENUM ('WRONG');
CREATE TEMP TABLE text (x int);
CREATE TEMP TABLE "timestamp with time zone" (x int);
CREATE DOMAIN pg_temp.bytea AS int;
SELECT * FROM public.disc_compare();
DROP DOMAIN pg_temp.bytea;
DROP TABLE pg_temp.t2, pg_temp.pg_class, pg_temp.text, pg_temp."timestamp with time zone";
DROP TYPE pg_temp.mood;

-- put back after an error, inside a function, and in a subtransaction
SET timezone = 'Asia/Tokyo';
SET datestyle = 'German';
SET quote_all_identifiers = on;
SELECT stormdisc_tables(schemas => '{no_such_schema}');
SELECT current_setting('timezone') AS tz, current_setting('datestyle') AS ds,
	current_setting('search_path') AS sp, current_setting('quote_all_identifiers') AS q;
BEGIN;
SET LOCAL timezone = 'Asia/Kolkata';
SAVEPOINT s;
SELECT stormdisc_columns('t', include => '{""}');
ROLLBACK TO s;
SELECT current_setting('timezone') AS tz, current_setting('datestyle') AS ds,
	current_setting('search_path') AS sp;
SELECT count(*) > 0 AS found FROM stormdisc_columns('t');
SELECT current_setting('timezone') AS tz, current_setting('search_path') AS sp;
COMMIT;
DO $$
BEGIN
	PERFORM stormdisc_constraints(include => '{a.b.c}');
EXCEPTION WHEN feature_not_supported THEN
	RAISE WARNING 'time zone %, search path %', current_setting('timezone'), current_setting('search_path');
END $$;
-- when the rows are not read to their end
SELECT column_name FROM stormdisc_columns('t') LIMIT 1;
SELECT current_setting('timezone') AS tz, current_setting('search_path') AS sp;
BEGIN;
DECLARE c CURSOR FOR SELECT column_name FROM stormdisc_columns('t');
FETCH 2 FROM c;
SELECT current_setting('timezone') AS tz, current_setting('search_path') AS sp;
CLOSE c;
COMMIT;
-- settings that were local stay local
BEGIN;
SET LOCAL timezone = 'Asia/Kolkata';
SELECT count(*) > 0 AS found FROM stormdisc_indexes('t');
COMMIT;
SHOW timezone;
SET timezone = 'UTC';
BEGIN;
SET timezone = 'Asia/Tokyo';
SELECT count(*) > 0 AS found FROM stormdisc_indexes('t');
ROLLBACK;
SHOW timezone;

RESET ALL;
SET client_min_messages = warning;
DROP FUNCTION public.disc_all(), public.disc_compare();
DROP SCHEMA disc_set CASCADE;
