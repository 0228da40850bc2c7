-- stormdisc_types against pg_catalog: every type, every column.
BEGIN;
SET LOCAL jit = off;
SET LOCAL client_min_messages = warning;
CREATE EXTENSION IF NOT EXISTS pgtap;
CREATE EXTENSION IF NOT EXISTS stormdisc;
SELECT plan(22);

\ir ../oracle/mean.sql
CREATE SCHEMA types;
CREATE SCHEMA "Types ""q";
SET LOCAL search_path = types, public;
CREATE TYPE e AS ENUM ('z', 'm', 'a');
ALTER TYPE e ADD VALUE 'b' BEFORE 'm';
ALTER TYPE e ADD VALUE 'c' BEFORE 'b';
CREATE DOMAIN d0 AS numeric(10, 2)[] DEFAULT '{1.5}' CHECK (cardinality(VALUE) < 9) NOT NULL;
CREATE DOMAIN d1 AS d0 CONSTRAINT z CHECK (VALUE <> '{7}') CONSTRAINT a CHECK (CASE WHEN VALUE = '{8}' THEN false ELSE true END);
CREATE DOMAIN "Types ""q"."d 2" AS d1 DEFAULT '{2,3}';
ALTER DOMAIN "Types ""q"."d 2" ADD CONSTRAINT "N v" CHECK (VALUE IS DISTINCT FROM '{3}') NOT VALID;
CREATE DOMAIN d_enum AS e DEFAULT 'a' CHECK (VALUE > 'm');
CREATE DOMAIN d_coll AS text COLLATE "C" DEFAULT CURRENT_USER;
COMMENT ON CONSTRAINT z ON DOMAIN d1 IS 'of z';
COMMENT ON DOMAIN d1 IS 'of d1';
CREATE TYPE c AS (x int, gone int, "Y y" text COLLATE "POSIX", z d1[], t timestamptz(3));
ALTER TYPE c DROP ATTRIBUTE gone;
COMMENT ON COLUMN c."Y y" IS 'of Y y';
CREATE TYPE c0 AS ();
CREATE TYPE r AS RANGE (SUBTYPE = c, MULTIRANGE_TYPE_NAME = "Types ""q"."R r");
CREATE TYPE r2 AS RANGE (SUBTYPE = varchar, COLLATION = "C");
CREATE TYPE b;
CREATE FUNCTION b_in(cstring) RETURNS b LANGUAGE internal IMMUTABLE STRICT AS 'int8in';
CREATE FUNCTION b_out(b) RETURNS cstring LANGUAGE internal IMMUTABLE STRICT AS 'int8out';
CREATE TYPE b (INPUT = b_in, OUTPUT = b_out, LIKE = int8, DEFAULT = '7', DELIMITER = '|');
CREATE TYPE shell;
CREATE TABLE tab (a c, b b[]);
CREATE VIEW vie AS SELECT 1 AS x;

SELECT array_agg(nspname::text) AS schemas FROM pg_namespace
	WHERE nspname IN ('mean', 'select', 'types', 'pg_catalog', 'information_schema') OR nspname LIKE 'Mean%' OR nspname LIKE 'Types%' \gset
SET LOCAL search_path = pg_catalog;
CREATE FUNCTION pg_temp.f(oid) RETURNS text LANGUAGE sql AS
	'SELECT format(''%I.%I'', nspname, proname) FROM pg_proc p JOIN pg_namespace n ON n.oid = pronamespace WHERE p.oid = $1';
CREATE FUNCTION pg_temp.c(oid) RETURNS text LANGUAGE sql AS
	'SELECT format(''%I.%I'', nspname, collname) FROM pg_collation c JOIN pg_namespace n ON n.oid = collnamespace WHERE c.oid = $1';
CREATE FUNCTION pg_temp.t(oid) RETURNS text LANGUAGE sql AS
	'SELECT format(''%I.%I'', nspname, typname) FROM pg_type t JOIN pg_namespace n ON n.oid = typnamespace WHERE t.oid = $1';

CREATE TEMP TABLE ours AS SELECT * FROM public.stormdisc_types(schemas => :'schemas');
CREATE TEMP TABLE types AS
	SELECT t.*, nspname::text AS s, typname::text AS n
	FROM pg_type t JOIN pg_namespace ns ON ns.oid = typnamespace LEFT JOIN pg_class r ON r.oid = typrelid
	WHERE nspname = ANY (:'schemas') AND (typtype IN ('b', 'e', 'd', 'r') OR typtype = 'c' AND relkind = 'c' OR NOT typisdefined)
	AND NOT EXISTS (SELECT FROM pg_type e WHERE e.typarray = t.oid)
	AND NOT EXISTS (SELECT FROM pg_depend WHERE classid = 'pg_type'::regclass AND objid = t.oid AND deptype = 'e');
CREATE TEMP TABLE levels AS
	WITH RECURSIVE l AS (
		SELECT oid AS d, oid AS level, 0 AS depth FROM types WHERE typtype = 'd'
		UNION ALL SELECT d, t.typbasetype, depth + 1 FROM l JOIN pg_type t ON t.oid = level
			WHERE EXISTS (SELECT FROM pg_type b WHERE b.oid = t.typbasetype AND b.typtype = 'd'))
	SELECT d, pg_temp.t(level) AS domain, conname::text COLLATE "C" AS name, pg_get_constraintdef(c.oid) AS def, convalidated AS valid,
		obj_description(c.oid, 'pg_constraint') AS comment, depth
	FROM l LEFT JOIN pg_constraint c ON contypid = level;

CREATE TEMP TABLE checked (n int GENERATED ALWAYS AS IDENTITY, description text, difference text);
CREATE FUNCTION pg_temp.same(what text, ours text, theirs text) RETURNS void LANGUAGE plpgsql AS $$
DECLARE difference text;
BEGIN
	EXECUTE format('SELECT string_agg(d::text, E''\n'') FROM (SELECT * FROM (
		(SELECT ''ours'' AS whose, * FROM ((%1$s) EXCEPT ALL (%2$s)) x UNION ALL SELECT ''the server''''s'', * FROM ((%2$s) EXCEPT ALL (%1$s)) y)) d LIMIT 4) d', ours, theirs)
		INTO difference;
	INSERT INTO pg_temp.checked (description, difference) VALUES (what, difference);
END $$;
CREATE FUNCTION pg_temp.kind(text, text, text, text) RETURNS void LANGUAGE sql AS $$
	SELECT pg_temp.same($1, format('SELECT schema_name, type_name, %s FROM ours WHERE %s', $2, $3), $4)
$$;
-- the columns of other kinds are null
CREATE FUNCTION pg_temp.null_elsewhere(what text, condition text, columns text) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
	PERFORM pg_temp.same(what, format('SELECT schema_name, type_name FROM ours WHERE NOT (%s) AND num_nonnulls(%s) > 0', condition, columns),
		'SELECT ''''::text, ''''::text WHERE false');
END $$;

SELECT pg_temp.same('every type, its kind, owner and comment',
	'SELECT schema_name, type_name, type_kind, owner, comment, problem FROM ours',
	$$SELECT s, n, CASE WHEN NOT typisdefined THEN 'shell' ELSE split_part('base,composite,domain,enum,range', ',', strpos('bcder', typtype::text)) END,
		pg_get_userbyid(typowner)::text, obj_description(oid, 'pg_type'), NULL::text FROM types$$);
SELECT pg_temp.same('no two rows for one', 'SELECT schema_name, type_name FROM ours GROUP BY 1, 2 HAVING count(*) > 1', 'SELECT ''''::text, ''''::text WHERE false');
SELECT pg_temp.kind('enum labels', 'labels', 'type_kind = ''enum''',
	$$SELECT s, n, coalesce((SELECT array_agg(enumlabel::text ORDER BY enumsortorder) FROM pg_enum WHERE enumtypid = types.oid), '{}') FROM types WHERE typtype = 'e'$$);
SELECT pg_temp.null_elsewhere('labels of nothing else', 'type_kind = ''enum''', 'labels');
SELECT pg_temp.kind('domains', 'base_type, not_null, default_value, "collation"', 'type_kind = ''domain''',
	$$SELECT s, n, format_type(typbasetype, typtypmod), typnotnull, pg_get_expr(typdefaultbin, 0),
		CASE WHEN typcollation <> (SELECT b.typcollation FROM pg_type b WHERE b.oid = types.typbasetype) THEN pg_temp.c(typcollation) END
	FROM types WHERE typtype = 'd'$$);
SELECT pg_temp.kind('constraints of every level, the undermost first',
	'constraint_names, constraint_domains, constraint_definitions, constraint_validated, constraint_comments', 'type_kind = ''domain''',
	$$SELECT s, n, coalesce(array_agg(name ORDER BY depth DESC, name) FILTER (WHERE name IS NOT NULL), '{}'),
		coalesce(array_agg(domain ORDER BY depth DESC, name) FILTER (WHERE name IS NOT NULL), '{}'),
		coalesce(array_agg(def ORDER BY depth DESC, name) FILTER (WHERE name IS NOT NULL), '{}'),
		coalesce(array_agg(valid ORDER BY depth DESC, name) FILTER (WHERE name IS NOT NULL), '{}'),
		coalesce(array_agg(comment ORDER BY depth DESC, name) FILTER (WHERE name IS NOT NULL), '{}')
	FROM types JOIN levels ON d = oid WHERE typtype = 'd' GROUP BY 1, 2$$);
SELECT pg_temp.null_elsewhere('constraints of nothing else', 'type_kind = ''domain''',
	'base_type, not_null, "collation", constraint_names, constraint_domains, constraint_definitions, constraint_validated, constraint_comments');
SELECT pg_temp.kind('attributes of composite types', 'attribute_names, attribute_types, attribute_collations, attribute_comments', 'type_kind = ''composite''',
	$$SELECT s, types.n, coalesce(a.n, '{}'), coalesce(a.t, '{}'), coalesce(a.c, '{}'), coalesce(a.d, '{}') FROM types,
		LATERAL (SELECT array_agg(attname::text ORDER BY attnum) AS n, array_agg(format_type(atttypid, atttypmod) ORDER BY attnum) AS t,
			array_agg(CASE WHEN attcollation <> y.typcollation THEN pg_temp.c(attcollation) END ORDER BY attnum) AS c,
			array_agg(col_description(attrelid, attnum) ORDER BY attnum) AS d
		FROM pg_attribute JOIN pg_type y ON y.oid = atttypid WHERE attrelid = types.typrelid AND attnum > 0 AND NOT attisdropped) a
	WHERE typtype = 'c'$$);
SELECT pg_temp.null_elsewhere('attributes of nothing else', 'type_kind = ''composite''', 'attribute_names, attribute_types, attribute_collations, attribute_comments');
SELECT pg_temp.kind('ranges', 'subtype, subtype_opclass, subtype_collation, canonical, subtype_diff, multirange_type', 'type_kind = ''range''',
	$$SELECT s, n, format_type(rngsubtype, NULL), (SELECT format('%I.%I', nspname, opcname) FROM pg_opclass o JOIN pg_namespace x ON x.oid = opcnamespace WHERE o.oid = rngsubopc),
		CASE WHEN rngcollation <> b.typcollation THEN pg_temp.c(rngcollation) END, pg_temp.f(rngcanonical), pg_temp.f(rngsubdiff), pg_temp.t(rngmultitypid)
	FROM types t JOIN pg_range ON rngtypid = t.oid JOIN pg_type b ON b.oid = rngsubtype$$);
SELECT pg_temp.null_elsewhere('ranges are nothing else', 'type_kind = ''range''', 'subtype, subtype_opclass, subtype_collation, canonical, subtype_diff, multirange_type');
SELECT pg_temp.kind('base types: functions',
	'input_function, output_function, receive_function, send_function, typmod_in_function, typmod_out_function, analyze_function, subscript_function', 'type_kind = ''base''',
	$$SELECT s, n, pg_temp.f(typinput), pg_temp.f(typoutput), pg_temp.f(typreceive), pg_temp.f(typsend), pg_temp.f(typmodin), pg_temp.f(typmodout),
		pg_temp.f(typanalyze), pg_temp.f(typsubscript) FROM types WHERE typtype = 'b'$$);
SELECT pg_temp.kind('base types: the rest',
	'default_value, internal_length, by_value, alignment, storage, category, is_preferred, delimiter, element_type, is_collatable', 'type_kind = ''base''',
	$$SELECT s, n, typdefault, typlen::int, typbyval, split_part('char,int2,int4,double', ',', strpos('csid', typalign::text)),
		split_part('plain,external,extended,main', ',', strpos('pexm', typstorage::text)), typcategory::text, typispreferred, typdelim::text,
		CASE WHEN typelem <> 0 THEN format_type(typelem, NULL) END, typcollation <> 0 FROM types WHERE typtype = 'b'$$);
SELECT pg_temp.null_elsewhere('base types are nothing else', 'type_kind = ''base''',
	'input_function, output_function, internal_length, by_value, alignment, storage, category, is_preferred, delimiter, element_type, is_collatable');
SELECT pg_temp.same('the same without naming schemas', 'SELECT schema_name, type_name, type_kind FROM public.stormdisc_types() WHERE schema_name <> ''public''',
	$$SELECT s, n, type_kind FROM types JOIN ours ON (s, n) = (schema_name, type_name) WHERE s NOT IN ('pg_catalog', 'information_schema')$$);

SET LOCAL search_path = public, pg_catalog;
SELECT is(difference, NULL, description) FROM checked ORDER BY n;
SELECT ok(count(*) > 60 AND count(DISTINCT type_kind) = 6, 'all kinds have been looked at') FROM ours;
SELECT results_eq('SELECT schema_name, type_name FROM ours', 'SELECT schema_name, type_name FROM ours ORDER BY schema_name COLLATE "C", type_name COLLATE "C"',
	'rows are in byte order');

-- a domain's not null has a name of its own from 17 on
SELECT results_eq($$SELECT type_name, not_null FROM ours WHERE schema_name = 'types' AND type_name IN ('d0', 'd1')$$, $$VALUES ('d0', true), ('d1', false)$$, 'a domain''s own not null is shown');
SELECT is((SELECT 'NOT NULL' = ANY (constraint_definitions) FROM ours WHERE type_name = 'd 2'), current_setting('server_version_num')::int >= 170000,
	'and as a constraint from 17 on, also of the domains above it');

-- what a relation uses
SELECT set_has('SELECT schema_name, type_name FROM stormdisc_types(''types.tab'')', $$VALUES ('types', 'b'), ('types', 'c')$$, 'types that a table uses');
SELECT set_hasnt('SELECT schema_name, type_name FROM stormdisc_types(''types.tab'')', $$VALUES ('types', 'tab'), ('types', '_b'), ('types', 'r2'), ('types', 'shell')$$,
	'and no others');
SELECT is_empty('SELECT * FROM stormdisc_types(''types.vie'')', 'a view of integers uses none');

SELECT * FROM finish();
ROLLBACK;
