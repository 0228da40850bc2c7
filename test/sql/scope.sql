--
-- Which relations: the arguments that all discovery functions share
--
SET client_min_messages = warning;
CREATE SCHEMA disc_scope;
CREATE SCHEMA disc_scope2;
CREATE SCHEMA "Disc.scope";
SET search_path = disc_scope, public;
CREATE TABLE orders (id int PRIMARY KEY, n int CHECK (n > 0));
CREATE TABLE orders_old (id int PRIMARY KEY) PARTITION BY RANGE (id);
CREATE TABLE orders_old_1 PARTITION OF orders_old FOR VALUES FROM (0) TO (10);
CREATE TABLE "Orders" (id int PRIMARY KEY);
CREATE TABLE "a*b" (id int);
CREATE TABLE "a.b" (id int);
CREATE TABLE "a""b" (id int);
CREATE TABLE axb (id int);
CREATE TABLE "sp ace" (id int);
CREATE TABLE disc_scope2.orders (id int PRIMARY KEY);
CREATE TABLE "Disc.scope"."T" (id int PRIMARY KEY);
CREATE VIEW orders_view AS SELECT * FROM orders;
CREATE MATERIALIZED VIEW orders_mat AS SELECT * FROM orders;
-- what the tests below ask for: the tables of the schemas of this test
CREATE FUNCTION public.disc_found(relation regclass DEFAULT NULL, schemas text[] DEFAULT NULL,
	include text[] DEFAULT NULL, exclude text[] DEFAULT NULL) RETURNS text
LANGUAGE sql AS $$
	SELECT coalesce(string_agg(CASE schema_name WHEN 'disc_scope' THEN '' WHEN 'disc_scope2' THEN '2:'
			ELSE schema_name || ':' END || table_name, ' | '), '-')
	FROM stormdisc_tables(relation, schemas, include, exclude)
	WHERE schema_name IN ('disc_scope', 'disc_scope2', 'Disc.scope')
$$;

-- nothing given: every user schema; in order of schema and name
SELECT disc_found();
SELECT disc_found(NULL, NULL, NULL, NULL);

--
-- schemas: raw names, no patterns
--
SELECT disc_found(schemas => '{disc_scope2}');
SELECT disc_found(schemas => '{disc_scope2,disc_scope,disc_scope2}');
SELECT disc_found(schemas => '{Disc.scope}');
SELECT disc_found(schemas => '{pg_temp}');
SELECT disc_found(schemas => ARRAY['disc_scope2', current_schema()::text]);
SELECT count(*) > 60 AS catalogs FROM stormdisc_tables(schemas => '{pg_catalog}');
SELECT count(*) FROM stormdisc_tables(schemas => '{pg_toast}');
\set VERBOSITY sqlstate
SELECT disc_found(schemas => '{nowhere}');
SELECT disc_found(schemas => '{disc_scope,nowhere}');
SELECT disc_found(schemas => '{DISC_SCOPE}');
SELECT disc_found(schemas => '{disc_*}');
SELECT disc_found(schemas => '{"\"Disc.scope\""}');
SELECT disc_found(schemas => ARRAY['']);
SELECT disc_found(schemas => '{}');
SELECT disc_found(schemas => '{NULL}');
SELECT disc_found(schemas => '{disc_scope,NULL}');
SELECT disc_found(schemas => '{{disc_scope},{disc_scope2}}');
\set VERBOSITY default
SELECT disc_found(schemas => '[5:6]={disc_scope2,Disc.scope}');	-- the lower bound is nobody's business

--
-- relation: one, whatever the other arguments leave of it
--
SELECT disc_found('orders');
SELECT disc_found('orders', '{disc_scope}');
SELECT disc_found('orders', '{disc_scope2}');
SELECT disc_found('orders', NULL, '{ord*}');
SELECT disc_found('orders', NULL, '{other}');
SELECT disc_found('orders', NULL, NULL, '{o*}');
SELECT disc_found('orders', '{disc_scope}', '{o*}', '{x}');
SELECT disc_found('disc_scope2.orders'::regclass::oid);
-- a partitioned table alone, not with its partitions
SELECT disc_found('orders_old');

--
-- include and exclude: patterns
--
SELECT disc_found(include => '{orders}');
SELECT disc_found(include => '{ORDERS}');				-- lower-cased
SELECT disc_found(include => '{"\"Orders\""}');				-- unless quoted
SELECT disc_found(include => '{disc_scope.orders}');
SELECT disc_found(include => '{"*.orders"}');
SELECT disc_found(include => '{*2.*}');
SELECT disc_found(include => '{disc_scope?.*}');
SELECT disc_found(include => '{disc_scope.order*}');
SELECT disc_found(include => '{orders_*}');				-- _ is no wildcard, and a partition
SELECT disc_found(include => '{orders?old}');				-- comes only if it matches [E1]
SELECT disc_found(include => '{ordersXold}');
SELECT disc_found(include => '{orders%}');				-- nor is %
SELECT disc_found(include => '{*}') = disc_found() AS everything;
SELECT disc_found(include => '{**}') = disc_found() AS everything;
SELECT disc_found(include => '{*.*}') = disc_found() AS everything;
SELECT disc_found(include => '{?}');
SELECT disc_found(include => '{???}');
SELECT disc_found(include => '{*s}');
SELECT disc_found(include => '{*d*r*s*}');
SELECT disc_found(include => '{orders,axb,orders}');
SELECT disc_found(include => '{nothing_like_it}');
SELECT disc_found(include => '{orders_view,orders_mat,orders_pkey}');	-- no tables
SELECT disc_found(include => '{orders*}', exclude => '{orders_old*}');
SELECT disc_found(include => '{orders*}', exclude => '{orders*}');
SELECT disc_found(exclude => '{*.o*,"\"Orders\""}');
SELECT disc_found(exclude => '{disc_scope.*}');
SELECT disc_found(exclude => '{nothing_like_it}') = disc_found() AS everything;
SELECT disc_found(schemas => '{disc_scope2}', include => '{orders}');
SELECT disc_found(schemas => '{disc_scope2}', include => '{disc_scope.orders}');

-- quoting: everything between double quotes is as it is
SELECT disc_found(include => ARRAY['a*b']);
SELECT disc_found(include => ARRAY['"a*b"']);
SELECT disc_found(include => ARRAY['a?b']);
SELECT disc_found(include => ARRAY['"a?b"']);
SELECT disc_found(include => ARRAY['"a.b"']);
SELECT disc_found(include => ARRAY['a.b']);
SELECT disc_found(include => ARRAY['"a""b"']);
SELECT disc_found(include => ARRAY['a""xb']), disc_found(include => ARRAY['"o"rd"ers"']);
SELECT disc_found(include => ARRAY['"sp ace"']);
SELECT disc_found(include => ARRAY['"Or"*']);
SELECT disc_found(include => ARRAY['*"rders"']);
SELECT disc_found(include => ARRAY['"O"RDERS']);
SELECT disc_found(include => ARRAY['"Disc.scope".*']);
SELECT disc_found(include => ARRAY['"Disc.scope"."T"']);
SELECT disc_found(include => ARRAY['"Disc.scope"."t"']);
SELECT disc_found(include => ARRAY['"Disc".*']);

-- a pattern is no regular expression and no LIKE
SELECT disc_found(include => ARRAY['orders|axb']), disc_found(include => ARRAY['[o]rders']),
	disc_found(include => ARRAY['^orders$']), disc_found(include => ARRAY['(orders)']),
	disc_found(include => ARRAY['order+s']), disc_found(include => ARRAY['orders\*']);

-- schemas that are out by default stay out
SELECT count(*) FROM stormdisc_tables(include => '{pg_class}');
SELECT count(*) FROM stormdisc_tables(include => '{pg_catalog.pg_class}');
SELECT count(*) FROM stormdisc_tables(include => '{stormdisc.type_map}');
SELECT table_name FROM stormdisc_tables(schemas => '{pg_catalog}', include => '{pg_cl*s}');

-- what a pattern must not be
\set VERBOSITY sqlstate
SELECT disc_found(include => ARRAY['']);
SELECT disc_found(include => ARRAY['.']);
SELECT disc_found(include => ARRAY['a.']);
SELECT disc_found(include => ARRAY['.a']);
SELECT disc_found(include => ARRAY['a..b']);
SELECT disc_found(include => ARRAY['""']);
SELECT disc_found(include => ARRAY['"".a']);
SELECT disc_found(include => ARRAY['a.""']);
SELECT disc_found(include => ARRAY['"a']);
SELECT disc_found(include => ARRAY['a"']);
SELECT disc_found(include => ARRAY['"a"b"']);
SELECT disc_found(include => ARRAY['"a""b']);
SELECT disc_found(include => ARRAY['"a"""']);
SELECT disc_found(include => ARRAY['"']);
SELECT disc_found(include => ARRAY['sp ace']);
SELECT disc_found(include => ARRAY[' orders']);
SELECT disc_found(include => ARRAY['orders ']);
SELECT disc_found(include => ARRAY[E'orders\n']);
SELECT disc_found(include => ARRAY[E'\torders']);
SELECT disc_found(include => ARRAY[' ']);
SELECT disc_found(include => ARRAY['a.b.c']);
SELECT disc_found(include => ARRAY['a.b.c.d']);
SELECT disc_found(include => ARRAY['*.*.*']);
SELECT disc_found(include => '{}');
SELECT disc_found(include => '{NULL}');
SELECT disc_found(include => '{orders,NULL}');
SELECT disc_found(include => '{{orders}}');
SELECT disc_found(exclude => ARRAY['']);
SELECT disc_found(exclude => ARRAY['"a']);
SELECT disc_found(exclude => ARRAY['a.b.c']);
SELECT disc_found(exclude => '{}');
SELECT disc_found(exclude => '{NULL}');
SELECT disc_found(exclude => '{{orders}}');
-- arguments are checked before there is anything to match them with
SELECT disc_found('axb', '{disc_scope2}', ARRAY['"a']);
\set VERBOSITY default
-- some of the messages
SELECT stormdisc_tables(include => ARRAY['"a']);
SELECT stormdisc_tables(include => ARRAY['a.b.c']);
SELECT stormdisc_tables(exclude => ARRAY['sp ace']);
SELECT stormdisc_tables(schemas => '{}');
SELECT stormdisc_tables(schemas => '{nowhere}');
SELECT stormdisc_tables(include => '{NULL}');
SELECT stormdisc_tables(exclude => '{{a,b}}');

--
-- All functions alike: the table (or the partition) is what the scope is held against
--
SELECT table_name, column_name FROM stormdisc_columns(include => '{disc_scope.orders*}');
SELECT table_name, index_name FROM stormdisc_indexes(include => '{disc_scope.orders*}');
SELECT table_name, constraint_name FROM stormdisc_constraints(include => '{disc_scope.orders*}')
WHERE constraint_type <> 'not null';
SELECT parent_name, partition_name FROM stormdisc_partitions(include => '{disc_scope.orders*}');
SELECT schema_name, table_name, column_name FROM stormdisc_columns(schemas => '{Disc.scope}');
SELECT schema_name, table_name, index_name FROM stormdisc_indexes(schemas => '{Disc.scope}');
SELECT schema_name, table_name, constraint_name FROM stormdisc_constraints(schemas => '{Disc.scope}')
WHERE constraint_type <> 'not null';
-- an index or a constraint is not found by its own name
SELECT count(*) FROM stormdisc_indexes(include => '{orders_pkey}');
SELECT count(*) FROM stormdisc_constraints(include => '{orders_pkey}');

--
-- relation: which kinds each function serves
--
CREATE SEQUENCE a_sequence;
CREATE TYPE a_composite AS (x int);
CREATE FOREIGN DATA WRAPPER disc_scope_fdw;
CREATE SERVER disc_scope_server FOREIGN DATA WRAPPER disc_scope_fdw;
CREATE FOREIGN TABLE far (a int) SERVER disc_scope_server;
CREATE INDEX orders_old_i ON orders_old (id);
CREATE TABLE kinds (kind text, rel regclass);
INSERT INTO kinds VALUES ('table', 'orders'), ('partitioned', 'orders_old'), ('partition', 'orders_old_1'),
	('foreign', 'far'), ('view', 'orders_view'), ('matview', 'orders_mat'), ('sequence', 'a_sequence'),
	('composite', 'a_composite'), ('index', 'orders_pkey'), ('part. index', 'orders_old_i'),
	('toast', (SELECT reltoastrelid FROM pg_class WHERE oid = 'pg_catalog.pg_proc'::regclass)),
	('toast index', (SELECT indexrelid FROM pg_index JOIN pg_class c ON indrelid = c.reltoastrelid
		WHERE c.oid = 'pg_catalog.pg_proc'::regclass)),
	('catalog', 'pg_catalog.pg_class'), ('info view', 'information_schema.tables'),
	('member', 'stormdisc.type_map'), ('no relation', 'int4in'::regproc::oid), ('zero', 0);
CREATE FUNCTION attempt(function text, rel regclass) RETURNS text LANGUAGE plpgsql AS $$
DECLARE n int;
BEGIN
	EXECUTE format('SELECT count(*) FROM %s($1)', function) INTO n USING rel;
	RETURN CASE WHEN n > 0 THEN 'rows' ELSE 'none' END;
EXCEPTION WHEN OTHERS THEN
	RETURN SQLSTATE;
END $$;
SELECT kind, attempt('stormdisc_tables', rel) AS tables, attempt('stormdisc_columns', rel) AS columns,
	attempt('stormdisc_indexes', rel) AS indexes,
	regexp_replace(attempt('stormdisc_constraints', rel), 'none|rows', 'ok') AS constraints,
	attempt('stormdisc_primary_key', rel) AS primary_key, attempt('stormdisc_partitions', rel) AS partitions
FROM kinds;
-- the messages
SELECT * FROM stormdisc_tables('orders_view');
SELECT * FROM stormdisc_columns('a_sequence');
SELECT * FROM stormdisc_indexes('far');
SELECT * FROM stormdisc_constraints('orders_view');
SELECT * FROM stormdisc_partitions('orders');
SELECT * FROM stormdisc_primary_key('orders_view');
SELECT * FROM stormdisc_tables(4294967295::oid);
SELECT * FROM stormdisc_tables('nowhere');

--
-- The setting: the schemas that are looked at if none are given
--
SHOW stormdisc.schemas;
SET stormdisc.schemas = 'disc_scope2';
SELECT schema_name, table_name FROM stormdisc_tables();
SELECT disc_found(schemas => '{Disc.scope}');				-- an argument wins
SELECT disc_found('orders');						-- and so does naming it
SET stormdisc.schemas = 'disc_scope2, "Disc.scope", DISC_SCOPE2';
SELECT schema_name, table_name FROM stormdisc_tables();
SELECT schema_name, table_name, column_name FROM stormdisc_columns(include => '{*.o*}');
SET stormdisc.schemas = 'pg_catalog';
SELECT table_name FROM stormdisc_tables(include => '{pg_am}');
\set VERBOSITY sqlstate
SET stormdisc.schemas = 'disc_scope2, nowhere';
SELECT count(*) FROM stormdisc_tables();
SET stormdisc.schemas = 'disc_scope2, "unfinished';
SET stormdisc.schemas = 'a,,b';
\set VERBOSITY default
RESET stormdisc.schemas;
SELECT disc_found() LIKE '%orders%2:orders%' AS all_again;
SET stormdisc.schemas = '';
SELECT disc_found() LIKE '%orders%2:orders%' AS all_again;
RESET stormdisc.schemas;
-- for one function only, as with every setting
ALTER FUNCTION public.disc_found(regclass, text[], text[], text[]) SET stormdisc.schemas = 'disc_scope2';
SELECT disc_found();
SHOW stormdisc.schemas;

DROP FUNCTION public.disc_found(regclass, text[], text[], text[]);
DROP SERVER disc_scope_server CASCADE;
DROP FOREIGN DATA WRAPPER disc_scope_fdw;
DROP SCHEMA disc_scope, disc_scope2, "Disc.scope" CASCADE;
