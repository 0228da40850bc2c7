-- Bad input gets a clean SQLSTATE from every function: never an internal
-- error, never a lost connection, never a long wait.
BEGIN;
SET LOCAL jit = off;
SET LOCAL client_min_messages = error;
CREATE EXTENSION IF NOT EXISTS pgtap;
CREATE EXTENSION IF NOT EXISTS stormdisc;
SELECT plan(76);
CREATE SCHEMA inputs;
SET LOCAL search_path = inputs, public;
SET LOCAL statement_timeout = '60s';

-- the functions under test: whatever the extension has with such arguments
CREATE TEMP TABLE functions AS
SELECT p.oid, p.oid::regproc::text AS name, p.proargtypes::oid[] AS types, p.proretset AS set
FROM pg_depend d JOIN pg_proc p ON p.oid = objid
WHERE classid = 'pg_proc'::regclass AND deptype = 'e'
  AND refobjid = (SELECT oid FROM pg_extension WHERE extname = 'stormdisc')
  AND proname IN ('stormdisc_tables', 'stormdisc_columns', 'stormdisc_indexes', 'stormdisc_constraints',
	'stormdisc_primary_key', 'stormdisc_partitions', 'stormdisc_map_type');

-- What becomes of one call: rows, or a SQLSTATE; and how long it took.
CREATE FUNCTION pg_temp.attempt(call text) RETURNS text LANGUAGE plpgsql AS $$
DECLARE
	n bigint;
	started timestamptz := clock_timestamp();
	answer text;
BEGIN
	BEGIN
		EXECUTE 'SELECT count(*) FROM ' || call INTO n;
		answer := 'rows';
	EXCEPTION WHEN OTHERS THEN
		answer := SQLSTATE;
	END;
	IF clock_timestamp() - started > interval '5 seconds' THEN
		answer := answer || ' slow';
	END IF;
	RETURN answer;
END $$;

-- Calls of every function with an expression at every argument of a type; the
-- rest are left to their defaults, or given something harmless.
CREATE FUNCTION pg_temp.calls(argument regtype, expression text) RETURNS SETOF text LANGUAGE sql AS $$
	SELECT format('%s(%s)', f.name, string_agg(
			CASE WHEN m = n THEN expression
				WHEN types[m - 1] = 'text'::regtype THEN '''int4'''
				WHEN types[m - 1] = 'boolean'::regtype THEN 'false' ELSE 'NULL' END, ', ' ORDER BY m))
	FROM pg_temp.functions f, generate_series(1, cardinality(types)) n, generate_series(1, cardinality(types)) m
	WHERE types[n - 1] = argument
	GROUP BY f.name, n
$$;

-- Every function's answers to one input, without repeats, in order.
CREATE FUNCTION pg_temp.answers(argument regtype, expression text) RETURNS text LANGUAGE sql AS $$
	WITH a AS MATERIALIZED (SELECT pg_temp.attempt(call) AS answer FROM pg_temp.calls(argument, expression) call)
	SELECT string_agg(DISTINCT answer, ' ' ORDER BY answer) FROM a
$$;
SELECT cmp_ok((SELECT count(*) FROM pg_temp.calls('text[]', 'NULL')), '=', 15::bigint, 'five functions have three lists each');
SELECT cmp_ok((SELECT count(*) FROM pg_temp.calls('regclass', 'NULL')), '=', 6::bigint, 'six functions take a relation');

--
-- Relations by name: what is no name of a relation is refused by the server
-- (1-9), what is one of a kind we do not serve by us (10-16)
--
SELECT is(pg_temp.answers('regclass', format('%L::regclass', input)), pg_temp.attempt(format('(SELECT %L::regclass) x', input)),
	'relation by name: ' || quote_literal(left(translate(input, E'\n', ' '), 40)))
FROM unnest(ARRAY['', ' ', '"', '""', '"a', 'a.b.c', 'otherdb.public.t', 'a.b.c.d', 'pg_temp.nope', 'no_schema.t',
	repeat('x', 63), repeat('x', 64), repeat('x', 10000),
	'"' || E'a\nb; DROP TABLE x;--' || '"', '"\ '' "" $$ % {}"', '"%s%n%s"']) input;
SELECT is(pg_temp.answers('regclass', 'NULL::regclass'), '22004 rows', 'relation NULL: not given, or refused where it is needed');
SELECT is(pg_temp.answers('regclass', '''-''::regclass'), '42P01', 'relation -');
SELECT is(pg_temp.answers('regclass', '''0''::regclass'), '42P01', 'relation 0 as text');
SELECT is(pg_temp.answers('regclass', '''4294967295''::regclass'), '42P01', 'the highest OID as text');
SELECT is(pg_temp.answers('regclass', '''pg_catalog.pg_class''::regclass'), '42809 rows', 'a system table, which is not partitioned');
SELECT is(pg_temp.answers('regclass', '(SELECT reltoastrelid::regclass FROM pg_class WHERE oid = ''pg_catalog.pg_proc''::regclass)'), '42809', 'a toast table');
SELECT is(pg_temp.answers('regclass', '''information_schema.tables''::regclass'), '42809 rows', 'a view of the information schema');

--
-- Relations by OID (25-37)
--
CREATE TABLE t (a int PRIMARY KEY);
CREATE VIEW v AS SELECT 1 AS a;
CREATE TYPE comp AS (a int);
SELECT is(pg_temp.answers('regclass', input), '42P01', 'relation by OID: ' || input)
FROM unnest('{0::oid,1::oid,16383::oid,4294967295::oid,(-1)::int::oid,2147483648::oid,int4in::regproc::oid}'::text[]) u(i),
	LATERAL (SELECT regexp_replace(i, '^int4in', '''int4in''')) x(input);
SELECT is(pg_temp.answers('regclass', '''t_pkey''::regclass::oid'), '42809', 'an index');
SELECT is(pg_temp.answers('regclass', '''comp''::regclass::oid'), '42809', 'a composite type');
SELECT is(pg_temp.answers('regclass', 'NULL::oid'), '22004 rows', 'NULL as an OID');

-- gone, and not yet there
CREATE TEMP TABLE oids (o oid);
CREATE TABLE gone (a int);
INSERT INTO oids VALUES ('gone'::regclass);
DROP TABLE gone;
SELECT is(pg_temp.answers('regclass', '(SELECT o FROM pg_temp.oids)'), '42P01', 'dropped one statement ago');
SAVEPOINT s;
DROP TABLE t;
CREATE TABLE t (a int);
SELECT is(pg_temp.attempt('stormdisc_tables(''t'')'), 'rows', 'made anew in this transaction');
ROLLBACK TO s;

--
-- Lists (38-56)
--
SELECT is(pg_temp.answers('text[]', input), '22023', 'list: ' || left(input, 40))
FROM unnest(ARRAY['''{}''', '''{NULL}''', '''{NULL,NULL}''', '''{{a,b},{c,d}}''', '''{{{a}}}''',
	'array_fill(''a''::text, ARRAY[2,2,2,2,2,2])', 'ARRAY[]::text[]']) input;
SELECT is(pg_temp.answers('text[]', 'NULL'), 'rows', 'list: NULL');
SELECT is(pg_temp.answers('text[]', '''[5:6]={inputs,public}'''), 'rows', 'list: another lower bound');
SELECT is(pg_temp.answers('text[]', '''[-2147483648:-2147483647]={inputs,public}'''), 'rows', 'list: the lowest lower bound');
SELECT is(pg_temp.answers('text[]', '''[2147483645:2147483646]={inputs,public}'''), 'rows', 'list: the highest upper bound');
SELECT is(pg_temp.answers('text[]', 'ARRAY['''', '''']'), '22023 3F000', 'list: two empty strings');
SELECT is(pg_temp.answers('text[]', 'ARRAY[''inputs'', ''inputs'']'), 'rows', 'list: repeats');
SELECT is(pg_temp.answers('text[]', 'ARRAY[''\'']'), '3F000 rows', 'list: a lone backslash');
SELECT is(pg_temp.answers('text[]', 'ARRAY[''%'', ''_'', ''('', ''[a-'', ''(a+)+$'', ''{1,}'', ''^'']'), '3F000 rows', 'list: LIKE and regular expressions');
SELECT is(pg_temp.answers('text[]', 'ARRAY[repeat(''('', 10000)]'), '3F000 rows', 'list: 10,000 parentheses');
SELECT is(pg_temp.answers('text[]', 'ARRAY[repeat(''*'', 100000)]'), '3F000 rows', 'list: 100,000 stars');
SELECT is(pg_temp.answers('text[]', 'ARRAY[repeat(''*a'', 20000) || ''b'']'), '3F000 rows', 'list: stars that could be tried for ever');
SELECT is(pg_temp.answers('text[]', 'ARRAY[repeat(''?'', 100000)]'), '3F000 rows', 'list: 100,000 question marks');
SELECT is(pg_temp.answers('text[]', 'ARRAY[E''a\001b'', ''"glob*"'', ''q.*'']'), '3F000 rows', 'list: globs and control characters');
SELECT is(pg_temp.answers('text[]', 'ARRAY[repeat(''"'', 10001)]'), '22023 3F000', 'list: 10,001 quotes');
SELECT is(pg_temp.answers('text[]', 'ARRAY[repeat(''.'', 10000)]'), '22023 3F000', 'list: 10,000 dots');
SELECT is(pg_temp.answers('text[]', 'array_fill(''nothing_like_it''::text, ARRAY[100000])'), '3F000 rows', 'list: 100,000 elements');
SELECT is(pg_temp.answers('text[]', 'ARRAY[repeat(''x'', 1000000)]'), '3F000 rows', 'list: one element of 1 MB');

--
-- Names of types, and dialects (116-126)
--
SELECT is((SELECT string_agg(DISTINCT answer, ' ' ORDER BY answer) FROM unnest(ARRAY['', ' ', repeat('x', 1000000), '"', E'\t\r\n', '</script>', '=cmd', '%s%n%s',
		E'\033[31m', 'pg_catalog.int4(1,2,3)', repeat('int4[]', 1000), repeat('(', 10000), 'a.b.c', '$1', '?', 'int4 DEFAULT 1', '{}', '\']) input,
	LATERAL (SELECT regexp_replace(pg_temp.attempt(format('stormdisc_map_type(%L)', input)), '^(42|22|0A|3F)...$', 'clean')) a(answer)), 'clean', 'text that is no type');
SELECT is((SELECT string_agg(DISTINCT answer, ' ') FROM unnest(ARRAY['', ' ', repeat('x', 1000000), E'\t', 'STORMWEAVER', 'stormweaver ', '%', '"stormweaver"', E'\001', '''', '\']) input,
	LATERAL (SELECT pg_temp.attempt(format('stormdisc_map_type(''int4'', %L)', input))) a(answer)), '22023', 'dialects that are none');

--
-- Odd ways to call
--
SELECT throws_ok('SELECT * FROM stormdisc_tables() AS t(a int)', '42601', NULL, 'a column definition list');
SELECT lives_ok('SELECT * FROM stormdisc_tables(exclude => NULL, relation => NULL, include => NULL, schemas => NULL)', 'named arguments in another order');
CREATE DOMAIN list_domain AS text[];
SELECT is(pg_temp.attempt('stormdisc_tables(schemas => ''{inputs}''::list_domain)'), 'rows', 'a domain over the argument''s type');
SELECT is(pg_temp.attempt('stormdisc_tables(schemas => ''{inputs}''::name[]::text[])'), 'rows', 'names cast to text');
PREPARE generic(regclass, text[], text[], text[]) AS SELECT count(*) FROM stormdisc_columns($1, $2, $3, $4);
SELECT lives_ok(format('EXECUTE generic(NULL, %L, NULL, NULL)', '{inputs}'), 'prepared, and executed') FROM generate_series(1, 1);
SELECT throws_ok('EXECUTE generic(NULL, NULL, ''{}'', NULL)', '22023', NULL, 'prepared, with a bad argument');
SELECT lives_ok('SELECT stormdisc_primary_key(oid) FROM pg_class WHERE relkind = ''r'' AND relnamespace = ''pg_catalog''::regnamespace', 'in a select list, for many relations');

--
-- Random bytes, repeatably: 200 patterns and 100 type names
--
SELECT setseed(0.4711);
CREATE TEMP TABLE fuzz AS
SELECT n, string_agg(substr(E'abzABZ019_ .*?"''\\%$[](){}+^|,;:-/<>=~!@#&`\t\n\001', 1 + floor(random() * 57)::int, 1), '') AS s
FROM generate_series(1, 300) n, generate_series(1, 1 + (n * 7) % 13) GROUP BY n;
SELECT is((SELECT string_agg(DISTINCT answer, ' ' ORDER BY answer) FROM fuzz, LATERAL (SELECT pg_temp.attempt(format('stormdisc_tables(include => ARRAY[%L])', s))) a(answer)
	WHERE n <= 200 AND answer NOT IN ('rows', '22023', '0A000')), NULL, 'random patterns are right, or refused as such');
SELECT is((SELECT string_agg(DISTINCT answer, ' ' ORDER BY answer) FROM fuzz, LATERAL (SELECT pg_temp.attempt(format('stormdisc_map_type(%L)', s))) a(answer)
	WHERE n > 200 AND answer <> 'rows' AND answer !~ '^(42|22|0A|3F)'), NULL, 'random names of types are refused');

--
-- Every function of the extension, with each of these at every argument of its
-- type; what is called without one of them is given what is right
--
SELECT status FROM stormdisc_discover_existing_schema('taken', schemas => '{inputs}') \gset
CREATE TEMP TABLE corpus (type regtype, expression text);
INSERT INTO corpus SELECT 'regclass', format('%L::regclass', input)
FROM unnest('{"","a.b.c",pg_temp.nope,-,4294967295,pg_catalog.pg_class,information_schema.tables,t,v,t_pkey,comp,pg_class_oid_index}'::text[]) input;
INSERT INTO corpus SELECT 'text[]', unnest(ARRAY['''{}''', '''{NULL}''', '''{{a,b},{c,d}}''', '''[2147483645:2147483646]={inputs,public}''', 'ARRAY['''', '''']',
	'''{inputs,inputs}''', '''{tables,tables}''', 'ARRAY[''\'', ''%'', ''(a+)+$'']', 'ARRAY[repeat(''*a'', 2000) || ''b'']', 'ARRAY[repeat(''"'', 1001)]',
	'array_fill(''nothing_like_it''::text, ARRAY[10000])', 'ARRAY[repeat(''x'', 1000000)]']);
INSERT INTO corpus SELECT 'text', format('%L', input) FROM unnest(ARRAY['', ' ', repeat('x', 64), repeat('x', 1000000), E'\t\r\n', '%s%n%s', E'\001', '\', '"', 'degrade', 'raise',
	'dot', 'TAKEN', ' Postgres ', '{}', '00000', NULL]) input;
INSERT INTO corpus SELECT 'interval', format('%L::interval', input) FROM unnest('{0,-1 day,1 mon -30 days,178000000 years,-178000000 years,1 us,2147483647 days}'::text[]) input;
INSERT INTO corpus SELECT 'int', input FROM unnest('{NULL,0,-1,2147483647,-2147483648}'::text[]) input;
INSERT INTO corpus SELECT 'bigint', input || '::bigint' FROM unnest('{NULL,0,-1,1,9223372036854775807,(-9223372036854775808)}'::text[]) input;
INSERT INTO corpus SELECT 'bool', 'NULL::bool';
INSERT INTO corpus SELECT 'jsonb', format('%L::jsonb', input) FROM unnest(ARRAY['null', '{}', '[]', '""', '"\u0001"', '1e1000', repeat('[', 1000) || repeat(']', 1000), NULL]) input;
INSERT INTO corpus SELECT 'timestamptz', format('%L::timestamptz', input) FROM unnest('{infinity,-infinity,4713-01-01 BC,294276-12-31,NULL}'::text[]) input;
INSERT INTO corpus SELECT 'uuid', format('%L::uuid', input) FROM unnest('{NULL,00000000-0000-0000-0000-000000000000,ffffffff-ffff-ffff-ffff-ffffffffffff}'::text[]) input;
INSERT INTO corpus SELECT 'uuid[]', unnest(ARRAY['''{}''::uuid[]', '''{NULL}''::uuid[]', 'array_fill(gen_random_uuid(), ARRAY[10000])', 'array_fill(gen_random_uuid(), ARRAY[2,2])']);
INSERT INTO corpus SELECT 'bytea', format('%L::bytea', input) FROM unnest(ARRAY['\x', '\x00', '\xffffffffffffffffffff', repeat('x', 1000000), NULL]) input;
INSERT INTO corpus SELECT 'stormdisc.vclock', format('%L::stormdisc.vclock', input) FROM unnest(ARRAY['{}', '[]', '{"a": 0}', '[["a", 18446744073709551615]]', NULL]) input;
INSERT INTO corpus SELECT 'cstring', format('%L::cstring', input) FROM unnest(ARRAY['', '1', '{"a": -1}', '[["a"]]', repeat('[', 10000), '{"a": 1}']) input;
CREATE TEMP TABLE attempts AS
SELECT p.proname, expression, pg_temp.attempt(call) AS answer
FROM pg_depend d JOIN pg_proc p ON p.oid = objid, generate_series(1, pronargs) n, corpus,
	LATERAL (SELECT format('%s(%s)', p.oid::regproc, string_agg(CASE WHEN m = n THEN expression
			WHEN proargnames[m] = 'relation' AND proname ~ '_(insertable|primary_key)$' THEN '''t'''
			WHEN proargnames[m] = 'name' THEN '''taken''' WHEN proargnames[m] = 'type_name' THEN '''int4'''
			WHEN proargnames[m] IN ('component', 'group_name') THEN '''taken''' WHEN proargnames[m] = 'type' THEN '''Source'''
			WHEN proargnames[m] = 'data' THEN '''{}''' WHEN proargnames[m] = 'max_rows' THEN '10'
			WHEN proargnames[m] = 'on_error' THEN '''raise''' WHEN proargtypes[m - 1] = 'boolean'::regtype THEN 'false'
			WHEN proargnames[m] = 'mode' AND proname ~ '_checksums?$' THEN '''stormdisc'''
			WHEN proargnames[m] = 'dialect' THEN CASE WHEN proname ~ 'capabilities' THEN '''postgres''' ELSE '''stormweaver''' END
			ELSE 'NULL' END, ', ' ORDER BY m)) FROM generate_series(1, pronargs) m) c (call)
WHERE classid = 'pg_proc'::regclass AND deptype = 'e' AND refobjid = (SELECT oid FROM pg_extension WHERE extname = 'stormdisc')
	AND proargtypes[n - 1] = corpus.type::oid;
SELECT is((SELECT string_agg(DISTINCT format('%s %s %s', proname, left(expression, 40), answer), E'\n') FROM attempts
	WHERE answer !~ '^(rows|0A000|22...|3F000|42...|55000|P0002|SD001)$'
		AND (answer <> '23514' OR proname NOT LIKE 'stormdisc\_check\_%')
		-- what the table says of a row
		AND (answer !~ '^23...$' OR proname NOT IN ('stormdisc_create', 'stormdisc_update', 'stormdisc_delete'))), NULL, 'every function: a clean SQLSTATE for every input, at once');
SELECT cmp_ok((SELECT count(*) FROM attempts), '>=', 2000::bigint, 'many inputs');
SELECT is((SELECT string_agg(proname, ' ') FROM pg_depend d JOIN pg_proc p ON p.oid = objid
	WHERE classid = 'pg_proc'::regclass AND deptype = 'e' AND refobjid = (SELECT oid FROM pg_extension WHERE extname = 'stormdisc')
	AND pronargs > 0 AND proname LIKE 'stormdisc%' AND 'internal'::regtype <> ALL (proargtypes) AND proname NOT IN (SELECT proname FROM attempts)), NULL, 'no function is left out');

-- the session is as it was
SELECT is(pg_temp.attempt('stormdisc_columns(schemas => ''{inputs}'')'), 'rows', 'all works as before');

SELECT * FROM finish();
ROLLBACK;
