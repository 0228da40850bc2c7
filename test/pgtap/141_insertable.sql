-- stormdisc_insertable, against pg_catalog, the server's own partition
-- constraints, and what INSERT says.
BEGIN;
SET LOCAL jit = off;
SET LOCAL client_min_messages = warning;
CREATE EXTENSION IF NOT EXISTS pgtap;
CREATE EXTENSION IF NOT EXISTS stormdisc;
SELECT plan(20);

-- the oddest schema we have, and the server's catalogs
\ir ../oracle/mean.sql
SET LOCAL search_path = public, pg_catalog;
CREATE TEMP TABLE tab AS
SELECT c.oid, c.oid::regclass AS rel, relkind FROM pg_class c JOIN pg_namespace n ON n.oid = relnamespace
WHERE relkind IN ('r', 'p', 'f') AND (nspname IN ('mean', 'select', 'pg_catalog', 'information_schema') OR nspname LIKE 'Mean%');
CREATE TEMP TABLE ins AS SELECT oid, i.* FROM tab, stormdisc_insertable(rel) i;
SELECT cmp_ok((SELECT count(*) FROM ins), '>', 500::bigint, 'there are many columns');
SELECT is_empty('SELECT * FROM ins WHERE problem IS NOT NULL', 'no problems');

-- what the columns of stormdisc_columns say too
SELECT bag_eq('SELECT oid, column_name, ordinal_position, formatted_type, base_type, is_generated, is_identity, identity_always, enum_labels FROM ins',
	$$SELECT t.oid, column_name, ordinal_position, formatted_type, base_type, generated_type <> 'not_generated' AS g, identity IS NOT NULL AS i,
		coalesce(identity = 'always', false) AS a, enum_labels FROM tab t, stormdisc_columns(rel)$$, 'types and identities are those of the columns');
SELECT is_empty($$SELECT * FROM ins JOIN pg_attribute ON attrelid = oid AND attname = column_name
	WHERE attnotnull AND accepts_null$$, 'a column that is not null does not accept it');
SELECT is_empty('SELECT * FROM ins WHERE must_provide AND (accepts_null OR is_generated OR is_identity)', 'what must be provided has no other source');
SELECT is_empty($$SELECT * FROM ins WHERE NOT (must_provide OR accepts_null OR is_generated OR is_identity OR has_default)$$, 'and what has none must be provided');
SELECT is_empty('SELECT * FROM ins WHERE has_default AND default_value IS NULL', 'a default has a text');
SELECT bag_eq('SELECT oid, column_name, fk FROM ins, unnest(foreign_keys) fk', $$
	SELECT conrelid, attname::text, conname::text FROM tab JOIN pg_constraint c ON conrelid = tab.oid AND contype = 'f' AND confrelid <> 0
	JOIN pg_attribute ON attrelid = conrelid AND attnum = ANY (conkey)
	-- not the copies for partitions of the referenced table
	WHERE NOT EXISTS (SELECT FROM pg_constraint p WHERE p.oid = c.conparentid AND p.conrelid = c.conrelid)
		AND coalesce((to_jsonb(c) ->> 'conenforced')::bool, true)$$, 'foreign keys are those with the column, but for what is not enforced');
SELECT is_empty($$SELECT * FROM ins WHERE (foreign_keys = '{}') <> (references_column IS NULL)$$, 'and have a reference');
SELECT bag_eq('SELECT oid, column_name, cardinality(unique_sets) FROM ins', $$
	SELECT t.oid, attname::text, (SELECT count(*)::int FROM pg_index i WHERE indrelid = t.oid AND indisunique AND indisready AND
		((attnum = ANY ((indkey::int2[])[0:indnkeyatts - 1]))
		-- an index depends on the columns in its expressions; and without a column of its own, on the whole row's
		OR (indexprs IS NOT NULL AND pg_get_expr(indexprs, indrelid) ~ ('\m' || attname || '\M'))
		OR (indexprs IS NOT NULL AND pg_get_expr(indexprs, indrelid) ~ '\.\*')))
	FROM tab t JOIN pg_attribute ON attrelid = t.oid AND attnum > 0 AND NOT attisdropped$$, 'unique sets are the unique indexes with the column');
SELECT bag_eq('SELECT oid, column_name, e FROM ins, unnest(check_expressions) e WHERE e !~ ''VALUE''', $$
	SELECT t.oid, attname::text, pg_get_expr(conbin, conrelid) FROM tab t JOIN pg_constraint ON conrelid = t.oid AND contype = 'c'
	JOIN pg_attribute ON attrelid = t.oid AND attnum > 0 AND NOT attisdropped AND (attnum = ANY (conkey) OR 0 = ANY (conkey)
		-- one that names no column holds for all of them
		OR NOT EXISTS (SELECT FROM unnest(conkey) AS k WHERE k > 0))
	WHERE pg_get_expr(conbin, conrelid) !~ 'VALUE' AND coalesce((to_jsonb(pg_constraint) ->> 'conenforced')::bool, true)$$,
	'checks are those with the column');

--
-- Partitions: the server's constraint agrees about the ends of each range
--
CREATE SCHEMA part_ins;
SET LOCAL search_path = part_ins, public, pg_catalog;
CREATE TYPE state AS ENUM ('new', 'open', 'done');
CREATE TABLE days (k date, v int) PARTITION BY RANGE (k);
CREATE TABLE days_1 PARTITION OF days FOR VALUES FROM ('2025-01-01') TO ('2026-01-01') PARTITION BY RANGE (k);
CREATE TABLE days_1_1 PARTITION OF days_1 FOR VALUES FROM ('2024-06-01') TO ('2025-06-01');
CREATE TABLE days_1_2 PARTITION OF days_1 FOR VALUES FROM ('2025-06-01') TO (MAXVALUE) PARTITION BY RANGE (k);
CREATE TABLE days_1_2_1 PARTITION OF days_1_2 FOR VALUES FROM (MINVALUE) TO ('2025-07-01');
CREATE TABLE days_0 PARTITION OF days FOR VALUES FROM (MINVALUE) TO ('2020-01-01');
CREATE TABLE nums (k numeric, v int) PARTITION BY LIST (k);
CREATE TABLE nums_1 PARTITION OF nums FOR VALUES IN (1.0, 2.50, 7, NULL) PARTITION BY RANGE (k);
CREATE TABLE nums_1_1 PARTITION OF nums_1 FOR VALUES FROM (2.5) TO (7) PARTITION BY LIST (k);
CREATE TABLE nums_1_1_1 PARTITION OF nums_1_1 FOR VALUES IN (2.500, 3);
CREATE TABLE nums_2 PARTITION OF nums FOR VALUES IN (100, 200) PARTITION BY LIST (k);
CREATE TABLE nums_2_1 PARTITION OF nums_2 FOR VALUES IN (100.00, 1.0);
CREATE TABLE states (k state, v int) PARTITION BY LIST (k);
CREATE TABLE states_1 PARTITION OF states FOR VALUES IN ('new', 'open', NULL) PARTITION BY LIST (k);
CREATE TABLE states_1_1 PARTITION OF states_1 FOR VALUES IN ('open', NULL);
CREATE TABLE states_1_2 PARTITION OF states_1 FOR VALUES IN ('new', 'done');
CREATE TABLE pairs (k int, v int) PARTITION BY RANGE (k, v);
CREATE TABLE pairs_1 PARTITION OF pairs FOR VALUES FROM (1, MINVALUE) TO (5, MINVALUE);
CREATE TABLE pairs_2 PARTITION OF pairs FOR VALUES FROM (5, MINVALUE) TO (9, MAXVALUE);
CREATE TABLE pairs_3 PARTITION OF pairs FOR VALUES FROM (20, 1) TO (20, 5);
CREATE TABLE times (k timestamptz, v int) PARTITION BY RANGE (k);
CREATE TABLE times_1 PARTITION OF times FOR VALUES FROM ('2025-01-01 00:00+03') TO ('2025-01-02 00:00+00');
CREATE TABLE texts (k text, v int) PARTITION BY RANGE (k);
CREATE TABLE texts_1 PARTITION OF texts FOR VALUES FROM ('a''b') TO ('m,"x');

CREATE TEMP TABLE part AS
SELECT c.oid, relname::text, pg_get_partition_constraintdef(c.oid) AS def, format_type(atttypid, atttypmod) AS type, i.*
FROM pg_class c JOIN pg_attribute ON attrelid = c.oid AND attname = 'k', stormdisc_insertable(c.oid::regclass) i
WHERE relnamespace = 'part_ins'::regnamespace AND relispartition AND column_name = 'k';
-- does the server's constraint take the value?  v is the same as k, or anything
CREATE FUNCTION pg_temp.takes(def text, type text, value text, v int DEFAULT 3) RETURNS bool LANGUAGE plpgsql AS $$
DECLARE answer bool;
BEGIN
	EXECUTE format('SELECT %s FROM (SELECT %L::%s AS k, %L::int AS v) x', def, value, type, v) INTO answer;
	RETURN answer;
END $$;
SELECT is_empty('SELECT relname, partition_lower FROM part WHERE partition_lower IS NOT NULL AND NOT pg_temp.takes(def, type, partition_lower)',
	'the server takes the lower bound');
SELECT is_empty('SELECT relname, partition_upper FROM part WHERE partition_upper IS NOT NULL
	AND pg_temp.takes(def, type, partition_upper) <> partition_upper_inclusive', 'and the upper one if it is said to');
SELECT is_empty('SELECT relname, value FROM part, unnest(partition_values) value WHERE NOT pg_temp.takes(def, type, value)',
	'and all values of a list');
SELECT is_empty('SELECT relname FROM part WHERE accepts_null <> pg_temp.takes(def, type, NULL)', 'and NULL if it is said to');
SELECT results_eq('SELECT relname COLLATE "default", partition_lower, partition_upper, partition_values FROM part ORDER BY relname COLLATE "C"', $$VALUES
	('days_0', NULL, '2020-01-01', NULL::text[]), ('days_1', '2025-01-01', '2026-01-01', NULL), ('days_1_1', '2025-01-01', '2025-06-01', NULL),
	('days_1_2', '2025-06-01', '2026-01-01', NULL), ('days_1_2_1', '2025-06-01', '2025-07-01', NULL),
	('nums_1', NULL, NULL, '{1.0,2.50,7,NULL}'), ('nums_1_1', NULL, NULL, '{2.50}'), ('nums_1_1_1', NULL, NULL, '{2.500}'),
	('nums_2', NULL, NULL, '{100,200}'), ('nums_2_1', NULL, NULL, '{100.00}'),
	('pairs_1', '1', '5', NULL), ('pairs_2', '5', '9', NULL), ('pairs_3', NULL, NULL, '{20}'),
	('states_1', NULL, NULL, '{new,open,NULL}'), ('states_1_1', NULL, NULL, '{open,NULL}'), ('states_1_2', NULL, NULL, '{new}'),
	('texts_1', 'a''b', 'm,"x', NULL), ('times_1', '2024-12-31 21:00:00+00', '2025-01-02 00:00:00+00', NULL)$$,
	'all levels are combined');
SELECT is((SELECT partition_lower || ' ' || partition_upper || ' ' || partition_upper_inclusive FROM stormdisc_insertable('pairs_3') WHERE column_name = 'v'),
	'1 5 false', 'the second column of a key is bounded where the first is fixed');

--
-- INSERT believes it: a row of nothing but what must be provided
--
CREATE DOMAIN filled AS text NOT NULL DEFAULT 'x';
CREATE DOMAIN wanted AS int CHECK (VALUE > 0) NOT NULL;
CREATE TABLE obey (a int PRIMARY KEY, b wanted, c filled, d filled DEFAULT NULL, e numeric(3,1) NOT NULL, f state NOT NULL,
	g bigint GENERATED ALWAYS AS IDENTITY, h int GENERATED ALWAYS AS (a - 1) STORED, i text NOT NULL DEFAULT 'i', j int);
CREATE FUNCTION pg_temp.insert_without(missing text) RETURNS text LANGUAGE plpgsql AS $$
DECLARE
	columns text;
	vals text;
BEGIN
	SELECT string_agg(quote_ident(column_name), ', '), string_agg(quote_literal(coalesce(enum_labels[1], max_value, '5')), ', ')
	INTO columns, vals FROM stormdisc_insertable('obey') WHERE must_provide AND column_name IS DISTINCT FROM missing;
	BEGIN
		EXECUTE format('INSERT INTO obey (%s) VALUES (%s)', columns, vals);
		RAISE EXCEPTION 'undo' USING ERRCODE = 'ZZ001';
	EXCEPTION
		WHEN SQLSTATE 'ZZ001' THEN RETURN 'done';
		WHEN OTHERS THEN RETURN SQLSTATE;
	END;
END $$;
SELECT is(pg_temp.insert_without(NULL), 'done', 'a row of what must be provided, at the bounds of the types');
SELECT results_eq('SELECT column_name, pg_temp.insert_without(column_name) FROM stormdisc_insertable(''obey'') WHERE must_provide',
	$$VALUES ('a', '23502'), ('b', '23502'), ('d', '23502'), ('e', '23502'), ('f', '23502')$$, 'but none without one of it');
SELECT is((SELECT check_expressions FROM stormdisc_insertable('obey') WHERE column_name = 'b'), '{(VALUE > 0)}', 'a domain''s check');

SELECT * FROM finish();
ROLLBACK;
