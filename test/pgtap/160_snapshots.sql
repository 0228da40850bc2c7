-- Snapshots, their validation and StormWeaver's metadata, against SQL of its
-- own over pg_catalog and over the documents.
BEGIN;
SET LOCAL jit = off;
SET LOCAL client_min_messages = error;
CREATE EXTENSION IF NOT EXISTS pgtap;
CREATE EXTENSION IF NOT EXISTS stormdisc;
SELECT plan(54);

\ir ../oracle/mean.sql
SET LOCAL search_path = public, pg_catalog;

CREATE TEMP TABLE scope AS SELECT array_agg(nspname::text ORDER BY nspname) AS names FROM pg_namespace
	WHERE nspname IN ('mean', 'select') OR nspname LIKE 'Mean%';
CREATE TEMP VIEW run AS SELECT r.* FROM scope, stormdisc_discover_existing_schema('mean', schemas => names, on_error => 'raise') r;
CREATE TEMP TABLE taken AS SELECT * FROM run;
CREATE TEMP VIEW relations AS SELECT c.*, nspname FROM pg_class c JOIN pg_namespace n ON n.oid = relnamespace, scope
	WHERE nspname = ANY (names) AND relpersistence <> 't';

-- counts
SELECT is(status, 'ok', 'a snapshot is taken') FROM taken;
SELECT is(tables, (SELECT count(*) FROM relations WHERE relkind IN ('r', 'p', 'f')), 'tables') FROM taken;
SELECT is(columns, (SELECT count(*) FROM stormdisc_columns(schemas => names) WHERE table_type LIKE '%table'
	OR EXISTS (SELECT FROM stormdisc.snapshots WHERE name = 'mean' AND document ? 'views')), 'columns') FROM taken, scope;
SELECT is(indexes, (SELECT count(*) FROM pg_index JOIN relations r ON r.oid = indrelid WHERE r.relkind IN ('r', 'p', 'm')), 'indexes') FROM taken;
SELECT is(partitions, (SELECT count(*) FROM relations WHERE relispartition AND relkind IN ('r', 'p', 'f')), 'partitions') FROM taken;
-- documents have what partitions inherit once, where it was made
SELECT is(constraints, (SELECT count(*) FROM stormdisc_constraints(schemas => names) WHERE constraint_type <> 'foreign key' OR parent_constraint IS NULL),
	'constraints') FROM taken, scope;
SELECT is(message, format('Successfully discovered %s tables from existing database', tables), 'the message') FROM taken;
SELECT is((SELECT counts FROM stormdisc.snapshots WHERE name = 'mean') @>
	jsonb_build_object('tables', tables, 'columns', columns, 'indexes', indexes, 'constraints', constraints, 'partitions', partitions),
	true, 'the counts are kept') FROM taken;
SELECT is((SELECT document FROM stormdisc.snapshots WHERE name = 'mean'), stormdisc_schema(schemas => names, mode => 'atomic'),
	'the document is that of stormdisc_schema()') FROM scope;
SELECT is(stormdisc_validate('mean'), true, 'it is what is there');
SELECT is_empty($$SELECT * FROM stormdisc_validation('mean')$$, 'without a difference');

-- StormWeaver's metadata
CREATE TEMP TABLE model AS SELECT stormdisc_metadata('mean') AS m;
CREATE TEMP VIEW model_tables AS SELECT t->>'schema' AS schema, t->>'name' AS name, t FROM model, jsonb_array_elements(m->'tables') t;
CREATE TEMP VIEW model_ranges AS WITH RECURSIVE partitioned AS (
		SELECT schema, name, t->'partitioning' AS p FROM model_tables WHERE t->'partitioning' <> 'null'
		UNION ALL SELECT r->>'partition_schema', r->>'partition_name', r->'partitioning'
		FROM partitioned, jsonb_array_elements(p->'ranges') r WHERE r ? 'partitioning')
	SELECT schema, name, p->'range_size' AS size, r FROM partitioned, jsonb_array_elements(p->'ranges') r;

SELECT set_eq('SELECT schema, name FROM model_tables',
	$$SELECT nspname::text, relname::text FROM relations WHERE relkind IN ('r', 'p') AND NOT relispartition$$, 'tables: all but partitions');
SELECT set_eq($$SELECT schema, name, r->>'partition_schema' AS a, r->>'partition_name' AS b, r->>'bound' AS c FROM model_ranges$$,
	$$SELECT pn.nspname::text AS a, p.relname::text AS b, c.nspname::text AS c, c.relname::text AS d, pg_get_expr(c.relpartbound, c.oid)
		FROM relations c JOIN pg_inherits ON inhrelid = c.oid JOIN pg_class p ON p.oid = inhparent JOIN pg_namespace pn ON pn.oid = p.relnamespace
		WHERE c.relispartition AND c.relkind IN ('r', 'p', 'f')$$, 'partitions: all in their parents');
SELECT set_eq($$SELECT schema, name, c->>'name' AS a, n, (c->>'nullable')::bool AS b, c->>'data_type' AS c FROM model_tables, jsonb_array_elements(t->'columns') WITH ORDINALITY c (c, n)$$,
	$$SELECT schema_name, c.table_name, column_name, ordinal_position::bigint, NOT not_null AS a, formatted_type FROM scope, stormdisc_columns(schemas => names) c
		JOIN model_tables ON schema = schema_name AND name = c.table_name$$, 'columns: in their order');
SELECT set_eq($$SELECT schema, name, c->>'name' AS c FROM model_tables, jsonb_array_elements(t->'columns') c WHERE (c->>'primary_key')::bool$$,
	$$SELECT nspname::text, relname::text, attname::text FROM relations r JOIN pg_constraint ON conrelid = r.oid AND contype = 'p'
		JOIN pg_attribute ON attrelid = r.oid AND attnum = ANY (conkey) WHERE relkind IN ('r', 'p') AND NOT relispartition$$, 'primary keys');
SELECT set_eq($$SELECT schema, name, c->>'name' AS c FROM model_tables, jsonb_array_elements(t->'columns') c WHERE c->>'foreign_key_references' IS NOT NULL$$,
	$$SELECT DISTINCT nspname::text, relname::text, attname::text FROM relations r JOIN pg_constraint ON conrelid = r.oid AND contype = 'f' AND conparentid = 0
		JOIN pg_attribute ON attrelid = r.oid AND attnum = ANY (conkey) WHERE relkind IN ('r', 'p') AND NOT relispartition$$, 'columns with a foreign key');
SELECT is_empty($$SELECT schema, name, c FROM model_tables, jsonb_array_elements(t->'columns') c WHERE c->>'foreign_key_references' IS NOT NULL
	AND NOT EXISTS (SELECT FROM pg_constraint JOIN pg_class f ON f.oid = confrelid JOIN pg_class ON pg_class.oid = conrelid
		WHERE contype = 'f' AND conrelid = format('%I.%I', schema, name)::regclass
		AND c->>'foreign_key_references' = (SELECT relname FROM pg_class WHERE oid = coalesce(pg_partition_root(f.oid), f.oid)))$$, 'and what they refer to');
SELECT set_eq($$SELECT schema, name, i->>'name' AS a, (i->>'unique')::bool AS b, jsonb_array_length(i->'fields') AS c FROM model_tables, jsonb_array_elements(t->'indexes') i$$,
	$$SELECT r.nspname::text AS a, r.relname::text AS b, c.relname::text AS c, indisunique, indnkeyatts::int FROM relations r JOIN pg_index ON indrelid = r.oid JOIN pg_class c ON c.oid = indexrelid
		WHERE r.relkind IN ('r', 'p') AND NOT r.relispartition AND NOT indisprimary$$, 'indexes');
SELECT set_eq($$SELECT schema, name, i->>'name' AS a, n, f->>'ordering' AS b FROM model_tables, jsonb_array_elements(t->'indexes') i,
		jsonb_array_elements(i->'fields') WITH ORDINALITY f (f, n)$$,
	$$SELECT r.nspname::text AS a, r.relname::text AS b, c.relname::text AS c, n::bigint,
			CASE WHEN NOT pg_indexam_has_property(c.relam, 'can_order') THEN 'default' WHEN indoption[n - 1] & 1 = 1 THEN 'desc' ELSE 'asc' END
		FROM relations r JOIN pg_index ON indrelid = r.oid JOIN pg_class c ON c.oid = indexrelid, generate_series(1, indnkeyatts) n
		WHERE r.relkind IN ('r', 'p') AND NOT r.relispartition AND NOT indisprimary$$, 'their fields');
SELECT is_empty($$SELECT * FROM model_ranges WHERE r->>'rangebase' IS NOT NULL AND r->>'bound' <> ALL (ARRAY[
		format('FOR VALUES FROM (%s) TO (%s)', (r->>'rangebase')::bigint * size::bigint, ((r->>'rangebase')::bigint + 1) * size::bigint),
		format('FOR VALUES FROM (''%s'') TO (''%s'')', (r->>'rangebase')::bigint * size::bigint, ((r->>'rangebase')::bigint + 1) * size::bigint),
		format('FOR VALUES FROM (''%s'') TO (%s)', (r->>'rangebase')::bigint * size::bigint, ((r->>'rangebase')::bigint + 1) * size::bigint)])$$,
	'bases and sizes are the bounds');
SELECT is((SELECT stormdisc_metadata() @> m - 'warnings' FROM model), true, 'those of now hold the same');

-- A difference, by SQL over two documents: objects and their own attributes.
CREATE FUNCTION pg_temp.difference(a jsonb, b jsonb) RETURNS TABLE (kind text, identity text, change text, attribute text, old jsonb, new jsonb)
LANGUAGE sql AS $$
	WITH kinds AS (SELECT jsonb_object_keys(a) AS kind INTERSECT SELECT jsonb_object_keys(b)
			EXCEPT SELECT unnest('{format,environment,warnings,server_version,consistent}'::text[])),
		x AS (SELECT kinds.kind, e.key AS identity, e.value FROM kinds, jsonb_each(a->kinds.kind) e),
		y AS (SELECT kinds.kind, e.key AS identity, e.value FROM kinds, jsonb_each(b->kinds.kind) e),
		xa AS (SELECT x.kind, x.identity, e.key AS attribute, e.value FROM x JOIN y USING (kind, identity), jsonb_each(x.value) e),
		ya AS (SELECT y.kind, y.identity, e.key AS attribute, e.value FROM x JOIN y USING (kind, identity), jsonb_each(y.value) e)
	SELECT x.kind, x.identity, 'removed', NULL, x.value, NULL FROM x LEFT JOIN y USING (kind, identity) WHERE y.kind IS NULL
	UNION ALL SELECT y.kind, y.identity, 'added', NULL, NULL, y.value FROM y LEFT JOIN x USING (kind, identity) WHERE x.kind IS NULL
	UNION ALL SELECT kind, identity, 'changed', attribute, xa.value, ya.value FROM xa FULL JOIN ya USING (kind, identity, attribute)
		WHERE xa.value IS DISTINCT FROM ya.value AND attribute <> 'partition'
		AND NOT (attribute = 'columns' AND jsonb_typeof(coalesce(xa.value, ya.value)->0) IS DISTINCT FROM 'string')
$$;
CREATE FUNCTION pg_temp.same_differences(what text) RETURNS text LANGUAGE sql AS $$
	SELECT set_eq($q$SELECT * FROM stormdisc_validation('mean')
			WHERE kind NOT IN ('columns', 'partitions') AND (attribute IS DISTINCT FROM 'columns' OR kind = 'constraints')$q$,
		$q$SELECT d.* FROM scope, stormdisc.snapshots s,
				pg_temp.difference(s.document, stormdisc_schema(schemas => (SELECT array_agg(n) FROM unnest(names) n WHERE to_regnamespace(quote_ident(n)) IS NOT NULL), mode => 'atomic')) d
			WHERE s.name = 'mean'$q$, what)
$$;
CREATE FUNCTION pg_temp.kinds() RETURNS text LANGUAGE sql AS $$
	SELECT string_agg(kind || ' ' || change || ' ' || n, ', ' ORDER BY kind, change)
	FROM (SELECT kind, change, count(*) AS n FROM stormdisc_validation('mean') WHERE kind IN ('columns', 'partitions', 'tables') GROUP BY 1, 2) d
$$;
SELECT pg_temp.same_differences('no difference');
SAVEPOINT s;
CREATE TABLE mean.added (id pg_catalog.int4 PRIMARY KEY, a pg_catalog.text UNIQUE, CHECK (id > 0));
CREATE INDEX ON mean.added (lower(a));
SELECT pg_temp.same_differences('an added table');
SELECT is(pg_temp.kinds(), 'tables added 1', 'is one row, with its columns');
ROLLBACK TO s;
SELECT is(stormdisc_validate('mean'), true, 'and undone');
DO $$
DECLARE
	found record;
BEGIN
	FOR found IN SELECT schema, name FROM model_tables WHERE t->>'partitioning' IS NULL LOOP
		EXECUTE format('COMMENT ON TABLE %I.%I IS %L', found.schema, found.name, 'marked');
		IF NOT EXISTS (SELECT FROM pg_class WHERE oid = format('%I.%I', found.schema, found.name)::regclass AND reloftype <> 0) THEN
			EXECUTE format('ALTER TABLE %I.%I ADD IF NOT EXISTS marked int', found.schema, found.name);
		END IF;
	END LOOP;
END
$$;
SELECT pg_temp.same_differences('every table changed');
SELECT is((SELECT count(*) FROM stormdisc_validation('mean') WHERE kind = 'tables' AND attribute = 'comment' AND new = '"marked"'),
	(SELECT count(*) FROM model_tables WHERE t->>'partitioning' IS NULL), 'each is told');
SELECT set_eq($$SELECT identity FROM stormdisc_validation('mean') WHERE kind = 'columns' AND change = 'added'$$,
	$$SELECT format('%I.%I.marked', r.nspname, r.relname) FROM relations r JOIN pg_attribute ON attrelid = r.oid AND attname = 'marked' WHERE relkind IN ('r', 'p', 'f')$$,
	'and each column');
ROLLBACK TO s;
DROP SCHEMA mean CASCADE;
SELECT pg_temp.same_differences('a schema is gone');
ROLLBACK TO s;
SELECT is(stormdisc_validate('mean'), true, 'and back');

-- Documents that nobody would write, and one that an older version would.
CREATE FUNCTION pg_temp.with_document(change text) RETURNS text LANGUAGE plpgsql AS $$
DECLARE
	answer text;
BEGIN
	EXECUTE 'UPDATE stormdisc.snapshots SET document = ' || change || $q$ WHERE name = 'mean'$q$;
	SELECT count(*) || ' ' || coalesce(string_agg(DISTINCT d.kind || ' ' || d.change || coalesce(' ' || d.attribute, ''), ', '), '')
	INTO answer FROM stormdisc_validation('mean') d;
	PERFORM stormdisc_validate('mean');
	PERFORM stormdisc_metadata('mean');
	RAISE EXCEPTION USING ERRCODE = 'UE001', MESSAGE = answer;
EXCEPTION
	WHEN SQLSTATE 'UE001' THEN
		RETURN SQLERRM;
	WHEN OTHERS THEN
		RETURN SQLSTATE || ' ' || SQLERRM;
END
$$;
-- a table with several columns
CREATE TEMP TABLE sample AS SELECT min(k) AS k FROM stormdisc.snapshots, jsonb_object_keys(document->'tables') k
	WHERE name = 'mean' AND jsonb_array_length(document->'tables'->k->'columns') > 1;
SELECT is(pg_temp.with_document('document'), '0 ', 'the document itself');
SELECT is(pg_temp.with_document($$document - 'indexes'$$), '0 ', 'a kind that was not read is not compared');
SELECT is(pg_temp.with_document($$document || '{"spells": {"abra": {"cadabra": 1}}}'$$), '0 ', 'nor is one that is not known');
SELECT is(pg_temp.with_document($$document || '{"server_version": "8.0", "environment": {}, "warnings": [1], "consistent": false}'$$), '0 ',
	'nor what is about the document');
SELECT is(pg_temp.with_document($$jsonb_set(document, '{tables,x.y}', '{"table_name": "y"}')$$), '1 tables removed', 'a table more');
SELECT is(pg_temp.with_document(format('jsonb_set(document, %L, ''true'')', ARRAY['tables', k, 'spell'])), '1 tables changed spell', 'an attribute more')
	FROM sample;
SELECT is(pg_temp.with_document(format('jsonb_insert(document, %L, ''{"column_name": "spell"}'')', ARRAY['tables', k, 'columns', '0'])),
	'1 columns removed', 'a column more, in front') FROM sample;
SELECT is(pg_temp.with_document(format('jsonb_set(document, %L, %L)', ARRAY['tables', k, 'columns'], (
	SELECT jsonb_agg(c ORDER BY n DESC) FROM jsonb_array_elements(document->'tables'->k->'columns') WITH ORDINALITY c (c, n)))),
	'1 tables changed columns', 'columns the other way round') FROM sample, stormdisc.snapshots WHERE name = 'mean';
SELECT is(pg_temp.with_document(format('jsonb_set(document, %L, ''100.00'')', ARRAY['tables', 'mean.px_1', 'partition', 'range_size'])),
	'1 partitions changed range_size', 'another number');
SELECT is(pg_temp.with_document(format('jsonb_set(document, %L, ''10.00'')', ARRAY['tables', 'mean.px_1', 'partition', 'range_size'])),
	'0 ', 'numbers are compared as such');
SELECT is(pg_temp.with_document($$'{"format": 1}'$$), '0 ', 'no kind at all');
SELECT is(pg_temp.with_document($$'{}'$$), '0A000 snapshot "mean" is of a format that is not supported', 'no format');
SELECT is(pg_temp.with_document($$'[1, 2]'$$), '0A000 snapshot "mean" is of a format that is not supported', 'an array');
SELECT is(pg_temp.with_document($$'5'$$), '0A000 snapshot "mean" is of a format that is not supported', 'a number');
SELECT is(pg_temp.with_document($$'null'$$), '0A000 snapshot "mean" is of a format that is not supported', 'null');
SELECT matches(pg_temp.with_document($$'{"format": 1, "tables": {"x.y": 5}, "constraints": {}}'$$), '^\d+ constraints added, tables added, tables removed$', 'objects that are none');
SELECT matches(pg_temp.with_document($$'{"format": 1, "tables": 5}'$$), '^\d+ tables added$', 'a kind that is none');
SELECT matches(pg_temp.with_document(format('jsonb_set(document, %L, %L)', ARRAY['tables', k, 'columns'], v)), '^\d+ (columns|tables) ', 'columns that are none: ' || v)
	FROM sample, unnest('{5,[5],"[[]]","[{}]","[{\"column_name\": 5}]","[{\"column_name\": \"x\"}, 7, {\"column_name\": \"x\"}]"}'::text[]) v;
SELECT is(stormdisc_validate('mean'), true, 'at the end as at the beginning');

SELECT * FROM finish();
ROLLBACK;
