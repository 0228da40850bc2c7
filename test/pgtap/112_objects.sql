-- Schemas, extensions, extended statistics, event triggers, collations,
-- conversions and text search against pg_catalog: every object, every column.
BEGIN;
SET LOCAL jit = off;
SET LOCAL client_min_messages = warning;
CREATE EXTENSION IF NOT EXISTS pgtap;
CREATE EXTENSION IF NOT EXISTS stormdisc;
SELECT plan(28);

\ir ../oracle/mean.sql
CREATE SCHEMA objects;
CREATE SCHEMA "Objects ""q";
COMMENT ON SCHEMA objects IS 'of objects';
CREATE ROLE regress_objects_owner;
ALTER SCHEMA "Objects ""q" OWNER TO regress_objects_owner;
SET LOCAL search_path = objects, public;
CREATE EXTENSION hstore SCHEMA "Objects ""q";

CREATE TABLE tab (a int, b int, c text, d timestamptz, e varchar(5), "Q q" int, f int[], g point);
ALTER TABLE tab DROP b;
ALTER TABLE tab ADD b int;
CREATE STATISTICS s1 ON (a + b * 2), (CASE WHEN a = 1 THEN b ELSE (a + b) END), lower(c), c FROM tab;
CREATE STATISTICS s2 (mcv) ON a, b FROM tab;
CREATE STATISTICS s3 ON (a || c) FROM tab;
CREATE STATISTICS s4 ON (f[CASE WHEN a = 1 THEN 2 ELSE 3 END]), (coalesce(CASE a WHEN 1 THEN E'CASE\n"' || c END, e)),
	(a + CASE WHEN b = 1 THEN CASE WHEN a = 2 THEN 3 END ELSE 1 END) FROM tab;
CREATE STATISTICS "Objects ""q"."S 5" (dependencies, mcv) ON (e || 'x'), (e), ("Q q" + 1), "Q q" FROM tab;
CREATE STATISTICS s6 ON ((a > 1 AND b > 2) OR NOT (c = 'x' AND a IN (1, 2))), (f || ARRAY[a, CASE WHEN a = 1 THEN 1 END]),
	(row(a, b) = row(1, 2)), (-a), (g <-> point(1, 2)), (a IS NULL) FROM tab;
CREATE STATISTICS s7 (ndistinct, mcv) ON (a::numeric(10,2)), (c COLLATE "C"), (e::text LIKE 'a%'), (nullif(a, b)), (greatest(a, b, 1)),
	(current_user || c), upper(c), overlay(c PLACING 'x' FROM 1) FROM tab;
CREATE STATISTICS s8 (ndistinct) ON "Q q", a, c FROM tab;
CREATE STATISTICS s9 (dependencies) ON a, b FROM tab;
ALTER STATISTICS s1 SET STATISTICS 0;
ALTER STATISTICS s2 SET STATISTICS 1000;
ALTER STATISTICS s3 SET STATISTICS 10;
ALTER STATISTICS s3 SET STATISTICS -1;
COMMENT ON STATISTICS s1 IS 'of s1';
CREATE MATERIALIZED VIEW mv AS SELECT 1 AS x, 2 AS y;
CREATE STATISTICS s_mv ON x, y FROM mv;
CREATE TABLE part (a int, b int) PARTITION BY LIST (a);
CREATE STATISTICS s_part ON a, b FROM part;

CREATE FUNCTION "Ev t"() RETURNS event_trigger LANGUAGE plpgsql AS 'BEGIN END';
CREATE EVENT TRIGGER "Ev 1" ON ddl_command_end WHEN TAG IN ('DROP TABLE', 'CREATE TABLE') EXECUTE FUNCTION "Ev t"();
CREATE EVENT TRIGGER ev2 ON sql_drop EXECUTE FUNCTION "Ev t"();
CREATE EVENT TRIGGER ev3 ON ddl_command_start EXECUTE FUNCTION "Ev t"();
ALTER EVENT TRIGGER ev2 ENABLE ALWAYS;
ALTER EVENT TRIGGER ev3 DISABLE;
COMMENT ON EVENT TRIGGER ev2 IS 'of ev2';

CREATE COLLATION "C c" FROM "C";
CREATE COLLATION posix (LC_COLLATE = 'C', LC_CTYPE = 'POSIX');
COMMENT ON COLLATION posix IS 'of posix';
-- only where the server was built with it
DO $$
BEGIN
	CREATE COLLATION icu (PROVIDER = icu, LOCALE = 'de-u-co-phonebk', DETERMINISTIC = false);
EXCEPTION WHEN feature_not_supported THEN NULL;
END $$;
SELECT current_setting('server_version_num')::int >= 160000 AND to_regcollation('objects.icu') IS NOT NULL AS icu_rules,
	current_setting('server_version_num')::int >= 170000 AS v17 \gset
\if :icu_rules
CREATE COLLATION rules (PROVIDER = icu, LOCALE = 'und', RULES = '&a < g');
\endif
\if :v17
CREATE COLLATION built_in (PROVIDER = builtin, LOCALE = 'C');
\endif

CREATE CONVERSION "Conv 1" FOR 'LATIN1' TO 'UTF8' FROM iso8859_1_to_utf8;
CREATE DEFAULT CONVERSION conv2 FOR 'UTF8' TO 'LATIN1' FROM utf8_to_iso8859_1;
COMMENT ON CONVERSION conv2 IS 'of conv2';

CREATE FUNCTION token_types(internal) RETURNS internal LANGUAGE internal STRICT AS 'prsd_lextype';
CREATE TEXT SEARCH PARSER "P 1" (START = prsd_start, GETTOKEN = prsd_nexttoken, END = prsd_end, LEXTYPES = token_types);
CREATE TEXT SEARCH TEMPLATE same (LEXIZE = dsimple_lexize);
CREATE TEXT SEARCH DICTIONARY same (TEMPLATE = pg_catalog.simple, STOPWORDS = english);
CREATE TEXT SEARCH DICTIONARY "D 2" (TEMPLATE = same);
CREATE TEXT SEARCH CONFIGURATION same (PARSER = "P 1");
ALTER TEXT SEARCH CONFIGURATION same ADD MAPPING FOR int, word, "float" WITH "D 2", same, pg_catalog.simple;
CREATE TEXT SEARCH CONFIGURATION like_english (COPY = pg_catalog.english);
CREATE TEXT SEARCH CONFIGURATION no_mapping (PARSER = pg_catalog.default);
COMMENT ON TEXT SEARCH TEMPLATE same IS 'of template';
COMMENT ON TEXT SEARCH CONFIGURATION same IS 'of configuration';
ALTER TEXT SEARCH CONFIGURATION same OWNER TO regress_objects_owner;

SELECT array_agg(nspname::text) AS schemas FROM pg_namespace
	WHERE nspname IN ('mean', 'select', 'objects', 'pg_catalog', 'information_schema') OR nspname LIKE 'Mean%' OR nspname LIKE 'Objects%' \gset

SET LOCAL search_path = pg_catalog;
CREATE FUNCTION pg_temp.f(oid) RETURNS text LANGUAGE sql AS
	'SELECT format(''%I.%I'', nspname, proname) FROM pg_proc p JOIN pg_namespace n ON n.oid = pronamespace WHERE p.oid = $1';
CREATE FUNCTION pg_temp.member(catalog regclass, oid) RETURNS bool LANGUAGE sql AS
	'SELECT EXISTS (SELECT FROM pg_depend WHERE classid = $1 AND objid = $2 AND deptype = ''e'')';
CREATE TEMP TABLE checked (n int GENERATED ALWAYS AS IDENTITY, description text, difference text);
CREATE TEMP TABLE counts (what text, n bigint);
CREATE FUNCTION pg_temp.same(what text, ours text, theirs text) RETURNS void LANGUAGE plpgsql AS $$
DECLARE
	difference text;
	n bigint;
BEGIN
	EXECUTE format('SELECT string_agg(d::text, E''\n'') FROM (SELECT * FROM (
		(SELECT ''ours'' AS whose, * FROM ((%1$s) EXCEPT ALL (%2$s)) x UNION ALL SELECT ''the server''''s'', * FROM ((%2$s) EXCEPT ALL (%1$s)) y)) d LIMIT 4) d', ours, theirs)
		INTO difference;
	EXECUTE format('SELECT count(*) FROM (%s) x', theirs) INTO n;
	INSERT INTO pg_temp.checked (description, difference) VALUES (what, difference);
	INSERT INTO pg_temp.counts VALUES (what, n);
END $$;
CREATE TEMP TABLE ns AS SELECT oid, nspname::text AS s FROM pg_namespace WHERE nspname = ANY (:'schemas');

SELECT pg_temp.same('schemas', 'SELECT * FROM public.stormdisc_schemas()',
	$$SELECT nspname::text, nspname = 'public', pg_get_userbyid(nspowner)::text, obj_description(oid, 'pg_namespace'), NULL::text
	FROM pg_namespace WHERE nspname !~ '^pg_' AND nspname <> 'information_schema' AND NOT pg_temp.member('pg_namespace', oid)$$);
SELECT pg_temp.same('schemas that are named', format('SELECT * FROM public.stormdisc_schemas(schemas => %L)', :'schemas'),
	$$SELECT s, false, pg_get_userbyid(nspowner)::text, obj_description(oid, 'pg_namespace'), NULL::text FROM pg_namespace JOIN ns USING (oid)$$);

SELECT pg_temp.same('extensions', 'SELECT * FROM public.stormdisc_extensions()',
	$$SELECT nspname::text, extname::text, extversion, extrelocatable,
		coalesce((SELECT array_agg(format('%I.%I', cn.nspname, relname) ORDER BY format('%I.%I', cn.nspname, relname) COLLATE "C")
			FROM unnest(extconfig) o JOIN pg_class c ON c.oid = o JOIN pg_namespace cn ON cn.oid = relnamespace), '{}'),
		coalesce((SELECT array_agg(cond ORDER BY format('%I.%I', cn.nspname, relname) COLLATE "C")
			FROM unnest(extconfig, extcondition) u(o, cond) JOIN pg_class c ON c.oid = o JOIN pg_namespace cn ON cn.oid = relnamespace), '{}'),
		array(SELECT r.extname::text FROM pg_depend JOIN pg_extension r ON r.oid = refobjid WHERE classid = 'pg_extension'::regclass AND objid = e.oid
			AND refclassid = 'pg_extension'::regclass ORDER BY r.extname::text COLLATE "C"),
		pg_get_userbyid(extowner)::text, obj_description(e.oid, 'pg_extension'), NULL::text
	FROM pg_extension e JOIN pg_namespace n ON n.oid = extnamespace WHERE e.oid >= 16384$$);
SELECT pg_temp.same('extensions of schemas that are named', 'SELECT schema_name, extension_name FROM public.stormdisc_extensions(schemas => ''{pg_catalog}'')',
	$$SELECT nspname::text, extname::text FROM pg_extension e JOIN pg_namespace n ON n.oid = extnamespace WHERE nspname = 'pg_catalog'$$);

SELECT pg_temp.same('statistics', 'SELECT * FROM public.stormdisc_statistics(schemas => ''{objects,mean,select}'')',
	$$SELECT sn.nspname::text, stxname::text, tn.nspname::text, relname::text,
		(SELECT array_agg(k ORDER BY o) FROM (VALUES ('d', 'ndistinct', 1), ('f', 'dependencies', 2), ('m', 'mcv', 3), ('e', 'expressions', 4)) v(c, k, o) WHERE c::"char" = ANY (stxkind)),
		coalesce((SELECT array_agg(attname::text ORDER BY o) FROM unnest(stxkeys) WITH ORDINALITY u(k, o) JOIN pg_attribute ON attrelid = stxrelid AND attnum = k), '{}'),
		coalesce(pg_get_statisticsobjdef_expressions(e.oid), '{}'), nullif((to_jsonb(e) ->> 'stxstattarget')::int, -1), pg_get_statisticsobjdef(e.oid),
		pg_get_userbyid(stxowner)::text, obj_description(e.oid, 'pg_statistic_ext'), NULL::text
	FROM pg_statistic_ext e JOIN pg_class c ON c.oid = stxrelid JOIN pg_namespace tn ON tn.oid = relnamespace JOIN pg_namespace sn ON sn.oid = stxnamespace
	WHERE tn.nspname IN ('objects', 'mean', 'select')$$);

SELECT pg_temp.same('event triggers', 'SELECT * FROM public.stormdisc_event_triggers()',
	$$SELECT evtname::text, evtevent::text, coalesce(evttags, '{}'), pg_temp.f(evtfoid),
		split_part('origin,disabled,replica,always', ',', strpos('ODRA', evtenabled::text)), pg_get_userbyid(evtowner)::text, obj_description(oid, 'pg_event_trigger'), NULL::text
	FROM pg_event_trigger WHERE NOT pg_temp.member('pg_event_trigger', oid)$$);

SELECT pg_temp.same('collations', format('SELECT * FROM public.stormdisc_collations(schemas => %L)', :'schemas'),
	$$SELECT s, collname::text, split_part('default,builtin,icu,libc', ',', strpos('dbic', collprovider::text)), collisdeterministic,
		nullif(pg_encoding_to_char(collencoding), ''), collcollate, collctype, coalesce(j ->> 'colllocale', j ->> 'colliculocale'), j ->> 'collicurules', collversion,
		pg_get_userbyid(collowner)::text, obj_description(c.oid, 'pg_collation'), NULL::text
	FROM pg_collation c JOIN ns ON ns.oid = collnamespace, to_jsonb(c) j$$);
SELECT pg_temp.same('conversions', format('SELECT * FROM public.stormdisc_conversions(schemas => %L)', :'schemas'),
	$$SELECT s, conname::text, pg_encoding_to_char(conforencoding)::text, pg_encoding_to_char(contoencoding)::text, pg_temp.f(conproc), condefault,
		pg_get_userbyid(conowner)::text, obj_description(c.oid, 'pg_conversion'), NULL::text
	FROM pg_conversion c JOIN ns ON ns.oid = connamespace$$);

CREATE TEMP TABLE dictionaries AS SELECT d.oid, format('%I.%I', nspname, dictname) AS name FROM pg_ts_dict d JOIN pg_namespace n ON n.oid = dictnamespace;
SELECT pg_temp.same('text search', format('SELECT * FROM public.stormdisc_text_search(schemas => %L)', :'schemas'),
	$$SELECT s, prsname::text, 'parser', (SELECT array_agg(r || '=' || pg_temp.f(f) ORDER BY o) FROM (VALUES ('start', prsstart::oid, 1), ('gettoken', prstoken::oid, 2),
			('end', prsend::oid, 3), ('headline', prsheadline::oid, 4), ('lextypes', prslextype::oid, 5)) v(r, f, o) WHERE f <> 0), NULL::text, NULL::text, NULL::text, NULL::text[],
		NULL::text, obj_description(p.oid, 'pg_ts_parser'), NULL::text FROM pg_ts_parser p JOIN ns ON ns.oid = prsnamespace
	UNION ALL SELECT s, tmplname::text, 'template', (SELECT array_agg(r || '=' || pg_temp.f(f) ORDER BY o) FROM (VALUES ('init', tmplinit::oid, 1), ('lexize', tmpllexize::oid, 2)) v(r, f, o)
		WHERE f <> 0), NULL, NULL, NULL, NULL, NULL, obj_description(t.oid, 'pg_ts_template'), NULL FROM pg_ts_template t JOIN ns ON ns.oid = tmplnamespace
	UNION ALL SELECT s, dictname::text, 'dictionary', NULL, (SELECT format('%I.%I', nspname, tmplname) FROM pg_ts_template t JOIN pg_namespace n ON n.oid = tmplnamespace WHERE t.oid = dicttemplate),
		dictinitoption, NULL, NULL, pg_get_userbyid(dictowner)::text, obj_description(d.oid, 'pg_ts_dict'), NULL FROM pg_ts_dict d JOIN ns ON ns.oid = dictnamespace
	UNION ALL SELECT s, cfgname::text, 'configuration', NULL, NULL, NULL,
		(SELECT format('%I.%I', nspname, prsname) FROM pg_ts_parser p JOIN pg_namespace n ON n.oid = prsnamespace WHERE p.oid = cfgparser),
		coalesce((SELECT array_agg(format('%I: %s', alias, dicts) ORDER BY tokid) FROM (
			SELECT alias, tokid, string_agg(name, ', ' ORDER BY mapseqno) AS dicts FROM pg_ts_config_map JOIN ts_token_type(cfgparser) ON tokid = maptokentype
			JOIN dictionaries x ON x.oid = mapdict WHERE mapcfg = c.oid GROUP BY 1, 2) m), '{}'),
		pg_get_userbyid(cfgowner)::text, obj_description(c.oid, 'pg_ts_config'), NULL FROM pg_ts_config c JOIN ns ON ns.oid = cfgnamespace$$);

SET LOCAL search_path = public, pg_catalog;
SELECT is(difference, NULL, description) FROM checked ORDER BY n;
SELECT cmp_ok(n, '>', 0::bigint, 'there are ' || what) FROM counts;

-- extended statistics can be made again from what is said of them
CREATE TEMP TABLE before AS SELECT statistics_name, definition, expressions, kinds FROM stormdisc_statistics('objects.tab');
CREATE FUNCTION pg_temp.again() RETURNS SETOF text LANGUAGE plpgsql AS $$
DECLARE d record;
BEGIN
	FOR d IN SELECT format('%I.%I', s.schema_name, s.statistics_name) AS name, s.definition, s.statistics_name FROM stormdisc_statistics('objects.tab') s LOOP
		EXECUTE 'DROP STATISTICS ' || d.name;
		BEGIN
			EXECUTE d.definition;
		EXCEPTION WHEN others THEN
			RETURN NEXT d.statistics_name || ': ' || sqlerrm;
		END;
	END LOOP;
END $$;
SELECT is_empty('SELECT pg_temp.again()', 'the definition of statistics makes them again');
SELECT bag_eq('SELECT statistics_name, definition, expressions, kinds FROM stormdisc_statistics(''objects.tab'')', 'SELECT * FROM before', 'the same ones');

-- order, and what stays out
SELECT results_eq('SELECT schema_name FROM stormdisc_schemas()', 'SELECT schema_name FROM stormdisc_schemas() ORDER BY schema_name COLLATE "C"', 'schemas are in byte order');
SELECT results_eq(format('SELECT schema_name, object_name, object_kind FROM stormdisc_text_search(schemas => %L)', :'schemas'),
	format('SELECT schema_name, object_name, object_kind FROM stormdisc_text_search(schemas => %L) ORDER BY schema_name COLLATE "C", object_name COLLATE "C", object_kind COLLATE "C"', :'schemas'),
	'text search objects are in byte order');
SELECT results_eq(format('SELECT schema_name, collation_name FROM stormdisc_collations(schemas => %L)', :'schemas'),
	format('SELECT schema_name, collation_name FROM stormdisc_collations(schemas => %L) ORDER BY schema_name COLLATE "C", collation_name COLLATE "C"', :'schemas'),
	'collations are in byte order');
SELECT is_empty($$SELECT 1 FROM stormdisc_schemas() WHERE schema_name = 'stormdisc' UNION ALL SELECT 1 FROM stormdisc_extensions() WHERE extension_name = 'plpgsql'$$,
	'neither our own schema nor what initdb brought');
SELECT set_eq($$SELECT schema_name FROM stormdisc_collations() UNION SELECT schema_name FROM stormdisc_conversions() UNION SELECT schema_name FROM stormdisc_text_search()$$,
	ARRAY['objects', 'mean', 'Mean "2".x'], 'by default only what users made');

-- what a relation uses
CREATE TABLE objects.uses (a "Objects ""q".hstore, b text COLLATE objects."C c", c regconfig DEFAULT 'objects.same'::regconfig);
SELECT results_eq($$SELECT extension_name FROM stormdisc_extensions('objects.uses')$$, ARRAY['hstore'], 'the extension of a type');
SELECT results_eq($$SELECT collation_name FROM stormdisc_collations('objects.uses')$$, ARRAY['C c'], 'the collation of a column');
SELECT results_eq($$SELECT object_name, object_kind FROM stormdisc_text_search('objects.uses')$$, $$VALUES ('same', 'configuration')$$, 'the configuration in a default');

SELECT * FROM finish();
ROLLBACK;
