-- Every text that discovery gives is the server's own under the pinned
-- settings, whatever the caller's are.
BEGIN;
SET LOCAL jit = off;
SET LOCAL client_min_messages = warning;
CREATE EXTENSION IF NOT EXISTS pgtap;
CREATE EXTENSION IF NOT EXISTS stormdisc;
SELECT plan(50);

\ir ../oracle/mean.sql
CREATE TEMP TABLE scope AS SELECT array_agg(nspname::text) AS schemas FROM pg_namespace
	WHERE nspname IN ('mean', 'select', 'pg_catalog', 'information_schema') OR nspname LIKE 'Mean%';

-- what the server says, under the documented settings
SET LOCAL search_path = pg_catalog;
SET LOCAL timezone = 'UTC';
SET LOCAL datestyle = 'ISO, MDY';
SET LOCAL intervalstyle = postgres;
SET LOCAL extra_float_digits = 3;
SET LOCAL bytea_output = hex;
SET LOCAL quote_all_identifiers = off;
CREATE TEMP TABLE relations AS
	SELECT c.oid, n.nspname::text AS s, relname::text AS t, relkind AS k, relpartbound AS b
	FROM pg_class c JOIN pg_namespace n ON n.oid = relnamespace
	WHERE nspname = ANY ((SELECT schemas FROM scope)::text[]);
CREATE TEMP TABLE indexdef AS SELECT s, t, relname::text AS i, pg_get_indexdef(indexrelid) AS def,
		pg_get_expr(indpred, indrelid) AS pred
	FROM pg_index x JOIN relations r ON r.oid = indrelid JOIN pg_class ic ON ic.oid = indexrelid;
CREATE TEMP TABLE constraintdef AS SELECT s, t, conname::text AS c, pg_get_constraintdef(o.oid) AS def,
		CASE WHEN contype = 'c' THEN pg_get_expr(conbin, conrelid) END AS expr
	FROM pg_constraint o JOIN relations r ON r.oid = conrelid WHERE k IN ('r', 'p', 'f')
	-- a foreign key's clones for the partitions of what it refers to are left out
	AND NOT EXISTS (SELECT FROM pg_constraint p WHERE p.oid = o.conparentid AND p.conrelid = o.conrelid AND o.contype = 'f');
CREATE TEMP TABLE boundexpr AS SELECT s, t, pg_get_expr(b, oid) AS def FROM relations WHERE b IS NOT NULL;
CREATE TEMP TABLE attrdef AS SELECT s, t, attname::text AS c, format_type(atttypid, atttypmod) AS type,
		pg_get_expr(adbin, adrelid) AS def
	FROM pg_attribute JOIN relations r ON r.oid = attrelid LEFT JOIN pg_attrdef ON adrelid = r.oid AND adnum = attnum
	WHERE attnum > 0 AND NOT attisdropped AND k IN ('r', 'p', 'f', 'v', 'm');
CREATE TEMP TABLE keydef AS SELECT s, t, pg_get_partkeydef(oid) AS def FROM relations WHERE k = 'p';

-- what it says of them under others, all of which give the same; looked at
-- when the search path is one again that finds pgTAP
CREATE TEMP TABLE checked (n int GENERATED ALWAYS AS IDENTITY, description pg_catalog.text, difference pg_catalog.text);
CREATE FUNCTION pg_temp.same(settings pg_catalog.text) RETURNS void LANGUAGE plpgsql AS $$
DECLARE
	schemas pg_catalog.text[] := (SELECT scope.schemas FROM pg_temp.scope);
	difference pg_catalog.text;
	c record;
BEGIN
	FOR c IN SELECT * FROM (VALUES
		('pg_get_indexdef',
		 'SELECT schema_name, table_name, index_name, definition, predicate FROM public.stormdisc_indexes(schemas => $1)',
		 'SELECT s, t, i, def, pred FROM pg_temp.indexdef'),
		('pg_get_constraintdef',
		 'SELECT schema_name, table_name, constraint_name, definition, expression FROM public.stormdisc_constraints(schemas => $1)',
		 'SELECT s, t, c, def, expr FROM pg_temp.constraintdef'),
		('pg_get_expr(relpartbound)',
		 'SELECT schema_name, partition_name, partition_bound FROM public.stormdisc_partitions(schemas => $1)',
		 'SELECT s, t, def FROM pg_temp.boundexpr'),
		('format_type',
		 'SELECT schema_name, table_name, column_name, formatted_type FROM public.stormdisc_columns(schemas => $1)',
		 'SELECT s, t, c, type FROM pg_temp.attrdef'),
		-- a column without a default of its own may have its domain's
		('pg_get_expr(adbin)',
		 'SELECT schema_name, table_name, column_name, default_value FROM public.stormdisc_columns(schemas => $1)
			WHERE EXISTS (SELECT FROM pg_temp.attrdef WHERE (s, t, c) OPERATOR(pg_catalog.=) (schema_name, table_name, column_name) AND def IS NOT NULL)',
		 'SELECT s, t, c, def FROM pg_temp.attrdef WHERE def IS NOT NULL'),
		-- the expressions of partition keys, which pg_get_partkeydef() has between parentheses
		('pg_get_partkeydef',
		 'SELECT schema_name, table_name, key FROM public.stormdisc_tables(schemas => $1), pg_catalog.unnest(partition_key) key',
		 'SELECT s, t, key FROM pg_temp.keydef, public.stormdisc_tables(pg_catalog.format(''%I.%I'', s, t)::pg_catalog.regclass), pg_catalog.unnest(partition_key) key
			WHERE pg_catalog.strpos(def, key) > 0 OR pg_catalog.strpos(def, pg_catalog.format(''%I'', key)) > 0')
		) v(what, ours, servers)
	LOOP
		EXECUTE pg_catalog.format('SELECT d::pg_catalog.text FROM ((%1$s EXCEPT ALL %2$s) UNION ALL (%2$s EXCEPT ALL %1$s)) d LIMIT 1', c.ours, c.servers)
			INTO difference USING schemas;
		INSERT INTO pg_temp.checked (description, difference) VALUES (c.what || ', ' || settings, difference);
	END LOOP;
END $$;

SELECT pg_temp.same('settings as they are');
SET LOCAL search_path = mean, "select", public, pg_catalog;
SET LOCAL timezone = 'Asia/Tokyo';
SET LOCAL datestyle = 'German, DMY';
SET LOCAL intervalstyle = iso_8601;
SELECT pg_temp.same('another place');
SET LOCAL extra_float_digits = -15;
SET LOCAL bytea_output = escape;
SET LOCAL quote_all_identifiers = on;
SET LOCAL timezone = 'America/St_Johns';
SET LOCAL datestyle = 'SQL, YMD';
SET LOCAL intervalstyle = sql_standard;
SELECT pg_temp.same('another style');
SET LOCAL search_path = '';
SET LOCAL array_nulls = off;
SET LOCAL xmlbinary = hex;
SET LOCAL xmloption = document;
SET LOCAL default_text_search_config = 'pg_catalog.german';
SELECT pg_temp.same('no search path');
-- 19 has it always on
SELECT current_setting('server_version_num')::int < 190000 AS before19 \gset
\if :before19
SET LOCAL escape_string_warning = off;
SET LOCAL standard_conforming_strings = off;
\endif
SELECT pg_temp.same('backslashes');
\if :before19
SET LOCAL standard_conforming_strings = on;
\endif
-- and what is in the way of names: temporary objects
CREATE TEMP TABLE indexed (a int);
CREATE TEMP TABLE "timestamp with time zone" (a int);
CREATE TEMP TABLE text (a int);
CREATE TYPE pg_temp.numeric AS ENUM ('x');
SELECT pg_temp.same('temporary objects');
DROP TABLE pg_temp.text, pg_temp.indexed, pg_temp."timestamp with time zone";
DROP TYPE pg_temp.numeric;
SET LOCAL search_path = public, pg_catalog;
SET LOCAL quote_all_identifiers = off;
SELECT is(difference, NULL, description) FROM checked ORDER BY n;

-- under each isolation level's snapshot, and twice in one
SET LOCAL search_path = public, pg_catalog;
SELECT results_eq('SELECT definition FROM stormdisc_indexes(schemas => ''{mean}'') ',
	'SELECT definition FROM stormdisc_indexes(schemas => ''{mean}'') ', 'two calls give the same, in the same order');

-- scrolling, limits, lateral calls and ordinality
SELECT is((SELECT count(*) FROM (SELECT 1 FROM stormdisc_columns('mean.all_types') LIMIT 3) l), 3::bigint, 'a limit');
SELECT results_eq('SELECT (stormdisc_columns(''mean.all_types'')).column_name LIMIT 5',
	'SELECT column_name FROM stormdisc_columns(''mean.all_types'') LIMIT 5', 'in a select list');
SELECT results_eq('SELECT column_name, n FROM ROWS FROM (stormdisc_columns(''mean.generated'')) WITH ORDINALITY AS f('
	|| (SELECT string_agg(quote_ident(name), ', ' ORDER BY o) FROM pg_proc, unnest(proargnames, proargmodes) WITH ORDINALITY AS u(name, mode, o) WHERE oid = 'stormdisc_columns'::regproc AND mode = 't') || ', n)',
	'SELECT column_name, ordinal_position::bigint FROM stormdisc_columns(''mean.generated'')', 'with ordinality');
SELECT is((SELECT count(*) FROM pg_class r, LATERAL stormdisc_columns(r.oid) WHERE relkind = 'r' AND relnamespace = 'mean'::regnamespace),
	(SELECT count(*) FROM stormdisc_columns(schemas => '{mean}') WHERE table_type = 'table'), 'laterally, once per table');
DECLARE cur SCROLL CURSOR FOR SELECT column_name FROM stormdisc_columns('mean.generated');
MOVE FORWARD ALL IN cur;
SELECT results_eq('FETCH BACKWARD ALL FROM cur', 'SELECT column_name FROM stormdisc_columns(''mean.generated'') ORDER BY ordinal_position DESC', 'backwards');
CLOSE cur;
SET LOCAL work_mem = '64kB';
SELECT cmp_ok((SELECT count(*) FROM stormdisc_columns(schemas => '{pg_catalog,information_schema}')), '>', 1500::bigint, 'with little memory');
SET LOCAL work_mem = '4MB';

-- of the rows' own transaction: objects made, changed and dropped in it
CREATE SCHEMA own_transaction;
CREATE TABLE own_transaction.t (a int DEFAULT 1, b int);
SELECT is((SELECT count(*) FROM stormdisc_columns(schemas => '{own_transaction}')), 2::bigint, 'a new table');
ALTER TABLE own_transaction.t RENAME a TO z;
CREATE INDEX ON own_transaction.t ((z + b));
SELECT is((SELECT definition FROM stormdisc_indexes(schemas => '{own_transaction}')), 'CREATE INDEX t_expr_idx ON own_transaction.t USING btree (((z + b)))', 'a renamed column');
SAVEPOINT s;
DROP TABLE own_transaction.t;
SELECT is_empty('SELECT 1 FROM stormdisc_columns(schemas => ''{own_transaction}'')', 'a dropped table');
ROLLBACK TO s;
SELECT is((SELECT count(*) FROM stormdisc_columns(schemas => '{own_transaction}')), 2::bigint, 'and not dropped');
CREATE FUNCTION pg_temp.in_exception() RETURNS bigint LANGUAGE plpgsql AS $$
BEGIN
	RETURN (SELECT count(*) FROM public.stormdisc_columns(schemas => '{own_transaction}'));
EXCEPTION WHEN OTHERS THEN
	RETURN -1;
END $$;
SELECT is(pg_temp.in_exception(), 2::bigint, 'in a subtransaction');
SELECT is((SELECT count(*) FROM pg_locks WHERE pid = pg_backend_pid() AND relation = 'pg_catalog.pg_am'::regclass AND mode <> 'AccessShareLock'), 0::bigint, 'no strong lock is held');

SELECT is((SELECT count(*) FROM (SELECT * FROM stormdisc_tables() UNION ALL SELECT * FROM stormdisc_tables()) u), 2 * (SELECT count(*) FROM stormdisc_tables()), 'twice in one query');

SELECT * FROM finish();
ROLLBACK;
