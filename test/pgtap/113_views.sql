-- Views, rules and policies against the server's own texts and an independent
-- reading of the catalogs: of everything that the server brings, and of an odd
-- schema.
BEGIN;
SET LOCAL jit = off;
SET LOCAL client_min_messages = warning;
CREATE EXTENSION IF NOT EXISTS pgtap;
CREATE EXTENSION IF NOT EXISTS stormdisc;
SELECT plan(34);

--
-- The documented columns, by name and type
--
CREATE TEMP TABLE documented (function text, columns text);
INSERT INTO documented VALUES
('stormdisc_views', 'schema_name text, view_name text, view_type text, definition text, check_option text, options text[], is_populated boolean, columns text[], base_columns text[], is_updatable boolean, is_insertable boolean, depends_on text[], level integer, access_method text, tablespace text, owner text, comment text, problem text'),
('stormdisc_rules', 'schema_name text, table_name text, rule_name text, event text, is_instead boolean, enabled text, condition text, definition text, comment text, problem text'),
('stormdisc_policies', 'schema_name text, table_name text, policy_name text, is_permissive boolean, roles text[], command text, using_expression text, check_expression text, comment text, problem text'),
('stormdisc_property_graphs', 'schema_name text, graph_name text, definition text, vertex_tables text[], edge_tables text[], owner text, comment text, problem text');
SELECT is(
	(SELECT string_agg(name || ' ' || format_type(type, NULL), ', ' ORDER BY n)
	 FROM pg_proc p, ROWS FROM (unnest(proallargtypes), unnest(proargnames), unnest(proargmodes))
		WITH ORDINALITY AS a(type, name, mode, n)
	 WHERE p.oid = d.function::regproc AND mode = 't'),
	d.columns, d.function || ' declares the documented columns')
FROM documented d ORDER BY function COLLATE "C";
SELECT is(
	(SELECT string_agg(pg_get_function_identity_arguments(oid), '; ' ORDER BY proname COLLATE "C")
	 FROM pg_proc WHERE oid IN (SELECT function::regproc FROM documented) AND pronargdefaults = 4),
	(SELECT string_agg('relation regclass, schemas text[], include text[], exclude text[]', '; ') FROM generate_series(1, 4)),
	'they share their arguments');

--
-- What is there
--
\ir ../oracle/mean.sql
CREATE SCHEMA views;
SET LOCAL search_path = views, public, pg_catalog;
CREATE TABLE t (a int PRIMARY KEY, gone int, b text, "C c" numeric);
ALTER TABLE t DROP gone;
CREATE VIEW v1 WITH (security_barrier) AS SELECT a, b AS bb FROM t WHERE a > 0 WITH CHECK OPTION;
CREATE VIEW v2 WITH (check_option = local) AS SELECT bb, a + 1 AS a1 FROM v1;
CREATE MATERIALIZED VIEW m3 AS SELECT v2.bb, t."C c" AS c, (SELECT max(a) FROM v1) FROM v2, t;
CREATE VIEW v4 AS SELECT m3.*, v1.a FROM m3 JOIN v1 USING (bb);
CREATE VIEW v5 AS SELECT relname, v4.a FROM pg_class LEFT JOIN v4 ON v4.bb = relname, pg_tables;
CREATE VIEW v6 AS SELECT a FROM t UNION SELECT a FROM v4;
CREATE TABLE log (at timestamptz, row t);
SELECT current_setting('server_version_num')::int >= 160000 AS v16, current_setting('server_version_num')::int >= 170000 AS v17,
	current_setting('server_version_num')::int >= 180000 AS v18 \gset
CREATE DOMAIN code AS text CHECK (VALUE <> '');
CREATE TYPE mood AS ENUM ('sad', 'happy');
\if :v16
CREATE VIEW n16 AS SELECT JSON_ARRAY(a, b NULL ON NULL RETURNING text) AS j, JSON_OBJECT('k': a, 'l': b WITH UNIQUE KEYS) AS o,
	JSON_ARRAYAGG(a ORDER BY b RETURNING jsonb) AS agg, b IS JSON ARRAY AS is_json, any_value(a) FROM t GROUP BY a, b;
\endif
\if :v17
CREATE VIEW n17 AS SELECT jt.*, JSON_VALUE(b::jsonb, '$.x' RETURNING code DEFAULT 'none' ON EMPTY), JSON_QUERY(b::jsonb, '$.y' RETURNING mood[] WITH WRAPPER),
	JSON_EXISTS(b::jsonb, '$.z ? (@ > $p)' PASSING a AS p), JSON_SERIALIZE(b) FROM t,
	JSON_TABLE (b::jsonb, '$[*]' AS root PASSING a AS p COLUMNS (n FOR ORDINALITY, m mood PATH '$.m', c code EXISTS PATH '$.c',
		NESTED PATH '$.deep[*]' AS deep COLUMNS (d int DEFAULT 3 ON ERROR))) AS jt;
\endif
\if :v18
CREATE RULE r18 AS ON UPDATE TO v2 DO INSTEAD UPDATE t SET b = new.bb RETURNING WITH (OLD AS o, NEW AS n) o.b, n.a + 1;
\endif
CREATE RULE r1 AS ON INSERT TO t WHERE new.a > 0 AND new."C c" IS NOT NULL DO ALSO INSERT INTO log VALUES (now(), new);
CREATE RULE r2 AS ON UPDATE TO v4 DO INSTEAD (UPDATE t SET b = new.bb WHERE t.a = old.a; DELETE FROM log);
CREATE RULE r3 AS ON DELETE TO v4 WHERE EXISTS (SELECT FROM t WHERE t.a = old.a) DO INSTEAD NOTHING;
CREATE POLICY p1 ON t USING (a > 0) WITH CHECK (b IN (SELECT bb FROM v2));
CREATE POLICY p2 ON t AS RESTRICTIVE FOR DELETE TO CURRENT_USER USING (CASE WHEN a > 1 THEN true ELSE b = CURRENT_USER END);

SET LOCAL search_path = public, pg_catalog;
CREATE TEMP TABLE scope AS SELECT array_agg(nspname::text) AS schemas FROM pg_namespace
	WHERE nspname IN ('views', 'mean', 'select', 'pg_catalog', 'information_schema') OR nspname LIKE 'Mean%';
CREATE TEMP TABLE v AS SELECT * FROM stormdisc_views(schemas => (SELECT schemas FROM scope));
CREATE TEMP TABLE r AS SELECT * FROM stormdisc_rules(schemas => (SELECT schemas FROM scope));
CREATE TEMP TABLE y AS SELECT * FROM stormdisc_policies(schemas => (SELECT schemas FROM scope));

-- the server's texts are as the settings are
SET LOCAL search_path = pg_catalog, pg_temp;
SET LOCAL TimeZone = 'UTC';
SET LOCAL DateStyle = 'ISO, MDY';
SET LOCAL IntervalStyle = postgres;
SET LOCAL extra_float_digits = 3;
CREATE TEMP TABLE views AS
	SELECT n.nspname::text AS s, c.relname::text AS r, c.*, pg_get_viewdef(c.oid) AS text, w.ev_action
	FROM pg_class c JOIN pg_namespace n ON n.oid = relnamespace JOIN pg_rewrite w ON ev_class = c.oid AND rulename = '_RETURN'
	WHERE relkind IN ('v', 'm') AND nspname = ANY (SELECT unnest(schemas) FROM scope);
CREATE TEMP TABLE rules AS
	SELECT n.nspname::text AS s, c.relname::text AS r, w.*, pg_get_ruledef(w.oid) AS text
	FROM pg_rewrite w JOIN pg_class c ON c.oid = ev_class JOIN pg_namespace n ON n.oid = relnamespace
	WHERE rulename <> '_RETURN' AND nspname = ANY (SELECT unnest(schemas) FROM scope);
CREATE TEMP TABLE policies AS
	SELECT *, ARRAY(SELECT role::text COLLATE "C" FROM unnest(roles) role ORDER BY 1) AS names
	FROM pg_policies WHERE schemaname = ANY (SELECT unnest(schemas) FROM scope);
SET LOCAL search_path = pg_temp, public, pg_catalog;

CREATE FUNCTION pg_temp.never(rel text, condition text, description text) RETURNS SETOF text
LANGUAGE plpgsql AS $$
DECLARE example text;
BEGIN
	EXECUTE format('SELECT (SELECT left(x::text, 300) FROM %I x WHERE %s LIMIT 1)', rel, condition) INTO example;
	RETURN NEXT public.is(example, NULL, rel || ': ' || description);
END $$;

--
-- Views
--
SELECT cmp_ok((SELECT count(*) FROM v), '>', 140::bigint, 'there are many views');
SELECT set_eq('SELECT schema_name, view_name FROM v', 'SELECT s, r FROM views', 'every view is there');
SELECT is((SELECT count(*) FROM v), (SELECT count(*) FROM views), 'and once');
SELECT is_empty('SELECT r, definition, text FROM v JOIN views ON (schema_name, view_name) = (s, r) WHERE definition IS DISTINCT FROM text',
	'every definition is the server''s');
SELECT is_empty('SELECT r, v.columns FROM v JOIN views ON (schema_name, view_name) = (s, r)
	WHERE v.columns IS DISTINCT FROM ARRAY(SELECT attname::text FROM pg_attribute WHERE attrelid = oid AND attnum > 0 AND NOT attisdropped ORDER BY attnum)',
	'the columns are those of pg_attribute');
SELECT is_empty($$SELECT r, view_type, is_populated, owner, access_method, tablespace, comment FROM v JOIN views ON (schema_name, view_name) = (s, r)
	WHERE (view_type, is_populated, owner, access_method, tablespace, comment) IS DISTINCT FROM
		(CASE relkind WHEN 'v' THEN 'view' ELSE 'materialized view' END, CASE relkind WHEN 'm' THEN relispopulated END,
		pg_get_userbyid(relowner)::text, (SELECT amname::text FROM pg_am a WHERE a.oid = relam), CASE relkind WHEN 'm' THEN '' END,
		obj_description(oid, 'pg_class'))$$, 'plain facts are those of pg_class');
SELECT is_empty($$SELECT r, check_option, options, reloptions FROM v JOIN views ON (schema_name, view_name) = (s, r)
	WHERE check_option IS DISTINCT FROM (SELECT option_value FROM pg_options_to_table(reloptions) WHERE option_name = 'check_option')
	OR options <> ARRAY(SELECT o FROM unnest(reloptions) WITH ORDINALITY u (o, n) WHERE o NOT LIKE 'check_option=%' ORDER BY n)$$, 'options are those of pg_class');
SELECT is_empty($$SELECT r, is_updatable, is_insertable FROM v JOIN views ON (schema_name, view_name) = (s, r)
	WHERE (is_updatable, is_insertable) IS DISTINCT FROM CASE relkind WHEN 'v' THEN
		(pg_relation_is_updatable(oid, true) & 20 = 20, pg_relation_is_updatable(oid, true) & 8 = 8) ELSE (false, false) END$$,
	'what can be done is what pg_relation_is_updatable() says');
SELECT is_empty($$SELECT r, depends_on FROM v JOIN views ON (schema_name, view_name) = (s, r)
	WHERE depends_on IS DISTINCT FROM ARRAY(SELECT DISTINCT format('%I.%I', nspname, relname) COLLATE "C"
		FROM regexp_matches(ev_action::text, ':relid ([1-9]\d*) ', 'g') m JOIN pg_class c ON c.oid = m[1]::oid JOIN pg_namespace n ON n.oid = c.relnamespace
		WHERE c.oid <> views.oid ORDER BY 1)$$, 'depends_on are the relations in the query');
SELECT is_empty($$
	WITH RECURSIVE edges AS (
		SELECT DISTINCT ev_class AS upper, refobjid AS lower FROM pg_depend d JOIN pg_rewrite w ON w.oid = objid JOIN pg_class c ON c.oid = refobjid
		WHERE d.classid = 'pg_rewrite'::regclass AND refclassid = 'pg_class'::regclass AND rulename = '_RETURN' AND ev_class <> refobjid
			AND c.relkind IN ('v', 'm') AND NOT (refobjid < 16384 AND ev_class >= 16384)
	), up (oid, level) AS (
		SELECT oid, 0 FROM views UNION SELECT upper, level + 1 FROM up JOIN edges ON lower = up.oid
	)
	SELECT r, level, (SELECT max(level) FROM up WHERE up.oid = views.oid) FROM v JOIN views ON (schema_name, view_name) = (s, r)
	WHERE level IS DISTINCT FROM (SELECT max(up.level) FROM up WHERE up.oid = views.oid)$$, 'the level is the longest way down');
SELECT results_eq('SELECT schema_name, view_name FROM stormdisc_views(schemas => (SELECT schemas FROM scope))',
	'SELECT schema_name, view_name FROM v ORDER BY level, schema_name COLLATE "C", view_name COLLATE "C"', 'they come by level, schema and name');
SELECT pg_temp.never('v', 'cardinality(columns) <> cardinality(base_columns)', 'each column has a place in base_columns');
SELECT is_empty($$SELECT view_name, base FROM v CROSS JOIN LATERAL unnest(v.columns, base_columns) u (col, base)
	LEFT JOIN (pg_attribute a JOIN pg_class c ON c.oid = attrelid AND relkind IN ('r', 'p', 'f', 't', 'S') JOIN pg_namespace n ON n.oid = relnamespace)
		ON base = format('%I.%I.%I', nspname, relname, attname)
	LEFT JOIN pg_attribute va ON va.attrelid = format('%I.%I', schema_name, view_name)::regclass AND va.attname = col
	WHERE base IS NOT NULL AND (a.attname IS NULL OR a.atttypid <> va.atttypid)$$, 'a base column is a column of a table, of the same type');
SELECT is((SELECT base_columns FROM v WHERE view_name = 'v4' AND schema_name = 'views'),
	'{views.t.b,"views.t.\"C c\"",NULL,views.t.a}', 'base columns through four views');
SELECT is((SELECT array_agg(view_name || ' ' || level) FROM v WHERE schema_name = 'views' AND view_name NOT LIKE 'n%'),
	'{v1 0,v2 1,m3 2,v4 3,v5 4,v6 4}', 'levels of a small tree');
SELECT set_eq($$SELECT v.schema_name, v.view_name FROM v WHERE view_type = 'view' AND v.is_insertable$$,
	$$SELECT s, r FROM views WHERE relkind = 'v' AND pg_relation_is_updatable(oid, true) & 8 = 8$$, 'what rows can be inserted through');
SELECT results_eq('SELECT * FROM v WHERE schema_name = ''views'' AND view_name = ''v4''', 'SELECT * FROM stormdisc_views(''views.v4'')',
	'one view alone has the same row');
SELECT pg_temp.never('v', 'problem IS NOT NULL', 'no problem');

--
-- Rules
--
SELECT set_eq('SELECT schema_name, table_name, rule_name FROM r', 'SELECT s, r, rulename::text FROM rules', 'every rule is there');
SELECT is_empty('SELECT rule_name, definition, text FROM r JOIN rules x ON (schema_name, table_name, rule_name) = (s, x.r, rulename::text) WHERE definition IS DISTINCT FROM text',
	'every rule''s definition is the server''s');
SELECT is_empty($$SELECT rule_name FROM r JOIN rules x ON (schema_name, table_name, rule_name) = (s, x.r, rulename::text)
	WHERE (event, r.is_instead, enabled) IS DISTINCT FROM ((ARRAY['select', 'update', 'insert', 'delete'])[ev_type::text::int], x.is_instead,
		CASE ev_enabled WHEN 'O' THEN 'origin' WHEN 'R' THEN 'replica' WHEN 'A' THEN 'always' WHEN 'D' THEN 'disabled' END)
	OR (condition IS NULL) <> (ev_qual = '<>')$$, 'plain facts are those of pg_rewrite');
-- a condition without a query is laid out as in the definition
SELECT pg_temp.never('r', 'condition NOT LIKE ''%SELECT%'' AND strpos(definition, ''WHERE '' || condition) = 0', 'the condition is in the definition');
SELECT is((SELECT array_agg(rule_name) FROM r WHERE schema_name = 'views' AND rule_name <> 'r18'), '{r1,r2,r3}', 'rules of tables and views');
SELECT pg_temp.never('r', 'problem IS NOT NULL', 'no problem');

--
-- Policies
--
SELECT set_eq('SELECT schema_name, table_name, policy_name FROM y', 'SELECT schemaname::text, tablename::text, policyname::text FROM policies', 'every policy is there');
SELECT is_empty($$SELECT policy_name FROM y JOIN policies p ON (schema_name, table_name, policy_name) = (schemaname::text, tablename::text, policyname::text)
	WHERE (y.roles, command, using_expression, check_expression, is_permissive) IS DISTINCT FROM (names, lower(cmd), qual, with_check, permissive = 'PERMISSIVE')$$,
	'policies are as in pg_policies');
SELECT cmp_ok((SELECT count(*) FROM y), '>=', 3::bigint, 'there are some');
SELECT pg_temp.never('y', 'problem IS NOT NULL', 'no problem');

SELECT is_empty('SELECT * FROM stormdisc_property_graphs(schemas => (SELECT schemas FROM scope))', 'there are no property graphs');

SELECT * FROM finish();
ROLLBACK;
