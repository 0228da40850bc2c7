--
-- stormdisc_views: definitions, order, lineage, and what can be done through
-- a view
--
-- The texts of views differ between versions of the server, so they are held
-- against pg_get_viewdef() and not shown.
--
SET client_min_messages = warning;
CREATE SCHEMA disc_views;
CREATE SCHEMA "disc Views";
SET search_path = disc_views, public;

CREATE FUNCTION disc_views.wrong(VARIADIC schemas text[]) RETURNS TABLE (view text, ours text, theirs text)
LANGUAGE sql SET search_path = pg_catalog, pg_temp SET TimeZone = 'UTC' SET DateStyle = 'ISO, MDY' SET IntervalStyle = postgres AS $$
	SELECT view_name, definition, pg_get_viewdef(c.oid)
	FROM public.stormdisc_views(schemas => $1) v
		FULL JOIN (pg_class c JOIN pg_namespace n ON n.oid = relnamespace) ON relname = view_name AND nspname = schema_name
	WHERE relkind IN ('v', 'm') AND nspname = ANY ($1) AND (definition IS DISTINCT FROM pg_get_viewdef(c.oid) OR problem IS NOT NULL)
$$;

--
-- The plain case, and what can be set
--
CREATE TABLE t (a int PRIMARY KEY, b text, c numeric, "D d" date);
CREATE VIEW plain AS SELECT a, b FROM t;
COMMENT ON VIEW plain IS 'a plain view';
CREATE VIEW local_check AS SELECT * FROM t WHERE a > 0 WITH LOCAL CHECK OPTION;
CREATE VIEW cascaded_check WITH (security_barrier, security_invoker = on) AS SELECT * FROM local_check WHERE a > 1 WITH CHECK OPTION;
CREATE MATERIALIZED VIEW mat WITH (fillfactor = 50) AS SELECT a + 1 AS a1, b FROM t;
CREATE MATERIALIZED VIEW empty_mat AS SELECT * FROM mat WITH NO DATA;
CREATE VIEW "disc Views"."on Mat" AS SELECT a1 AS "A 1", b FROM empty_mat;
CREATE TEMP VIEW own AS SELECT 1 AS one;
SELECT schema_name, view_name, view_type, check_option, options, is_populated AS pop, level, access_method AS am,
	tablespace AS spc, owner = current_user AS own, comment, problem
FROM stormdisc_views();
SELECT view_name, columns, base_columns, is_updatable AS upd, is_insertable AS ins, depends_on
FROM stormdisc_views();
SELECT * FROM wrong('disc_views', 'disc Views');
SELECT * FROM stormdisc_views('t');	-- fails
SELECT view_name FROM stormdisc_views('plain');
SELECT view_name FROM stormdisc_views(include => '{disc_views.*mat*}', exclude => '{mat}');
DROP VIEW own;

--
-- Order: a view comes after all that it reads, also through others
--
CREATE VIEW z0 AS SELECT 1 AS x;
CREATE VIEW y1 AS SELECT * FROM z0;
CREATE VIEW x2 AS SELECT y1.x FROM y1, z0;
CREATE VIEW a3 AS SELECT (SELECT max(x) FROM x2) AS m, t.a FROM t WHERE EXISTS (SELECT 1 FROM z0);
CREATE VIEW w4 AS WITH q AS (SELECT * FROM a3) SELECT * FROM q;
CREATE VIEW on_catalog AS SELECT relname, relkind FROM pg_class UNION SELECT tablename, 't' FROM pg_tables;
SELECT view_name, level, depends_on FROM stormdisc_views(include => '{z0,y1,x2,a3,w4,on_catalog}');
SELECT level FROM stormdisc_views('w4');
-- a circle, and what stands upon it
CREATE VIEW c1 AS SELECT 1 AS x;
CREATE VIEW c2 AS SELECT x FROM c1;
CREATE OR REPLACE VIEW c1 AS SELECT x FROM c2;
CREATE VIEW c3 AS SELECT x, y1.x AS y FROM c1 JOIN y1 USING (x);
SELECT view_name, level, base_columns, is_updatable AS upd, is_insertable AS ins, depends_on FROM stormdisc_views(include => '{c?,z0}');
SELECT view_name, level FROM stormdisc_views('c1');
CREATE OR REPLACE VIEW c1 AS SELECT 1 AS x;
DROP VIEW c1 CASCADE;
CREATE VIEW s1 AS SELECT 1 AS x;
CREATE OR REPLACE VIEW s1 AS SELECT x FROM s1;
CREATE VIEW s2 AS SELECT 1 AS x;
CREATE OR REPLACE VIEW s2 AS SELECT 1 AS x FROM s2;
SELECT view_name, level, base_columns, is_updatable AS upd, is_insertable AS ins, depends_on FROM stormdisc_views(include => '{s?}');
SELECT * FROM wrong('disc_views');
DROP VIEW s1, s2;

--
-- Lineage: through views, joins, sub-selects and WITH, down to a table
--
CREATE VIEW l1 AS SELECT a AS l1a, b AS l1b, a + 1 AS sum, ctid AS tid, tableoid, t AS row FROM t;
CREATE VIEW l2 AS SELECT * FROM l1;
CREATE VIEW l3 AS
	WITH q AS (SELECT l1a, l1b FROM l2)
	SELECT s.l1a AS first, q.l1b AS second, plain.b AS third, u.x AS fourth, coalesce(q.l1a, 1) AS fifth, tid
	FROM q JOIN (SELECT l1a, tid FROM l2) s USING (l1a) LEFT JOIN plain ON plain.a = s.l1a,
		(SELECT a AS x FROM t UNION ALL SELECT 2) u;
CREATE VIEW merged AS SELECT * FROM t FULL JOIN mat USING (b) NATURAL LEFT JOIN plain;
CREATE VIEW l4 AS SELECT "D d", m.b, mat.a1 FROM t m, mat;
SELECT view_name, columns, base_columns, depends_on FROM stormdisc_views(include => '{l?,merged}');
SELECT base_columns FROM stormdisc_views('l3');
ALTER TABLE t RENAME "D d" TO "D ""e""";
ALTER VIEW l1 RENAME l1a TO "L 1";
ALTER TABLE t RENAME TO "T 2";
SELECT view_name, columns, base_columns, depends_on FROM stormdisc_views(include => '{l1,l4}');
SELECT * FROM wrong('disc_views', 'disc Views');
ALTER TABLE "T 2" RENAME TO t;

--
-- What can be done through a view
--
CREATE TABLE p (a int, b text) PARTITION BY LIST (a);
CREATE VIEW u_all AS SELECT a, b FROM p;
CREATE VIEW u_part AS SELECT a, upper(b) AS b FROM t;
CREATE VIEW u_none AS SELECT upper(b) AS b FROM t;
CREATE VIEW u_above AS SELECT b FROM u_part;
CREATE VIEW u_mixed AS SELECT b, a FROM u_part;
CREATE VIEW u_twice AS SELECT a, a AS again FROM t;
CREATE VIEW u_system AS SELECT ctid FROM t;
CREATE VIEW u_distinct AS SELECT DISTINCT a FROM t;
CREATE VIEW u_group AS SELECT a FROM t GROUP BY a;
CREATE VIEW u_limit AS SELECT a FROM t LIMIT 1;
CREATE VIEW u_join AS SELECT a FROM t JOIN mat ON a = a1;
CREATE VIEW u_values AS VALUES (1), (2);
CREATE VIEW u_mat AS SELECT * FROM mat;
CREATE VIEW u_sample AS SELECT a FROM t TABLESAMPLE system (10);
CREATE VIEW r_insert AS SELECT DISTINCT a FROM t;
CREATE RULE ins AS ON INSERT TO r_insert DO INSTEAD NOTHING;
CREATE VIEW r_condition AS SELECT DISTINCT a FROM t;
CREATE RULE ins AS ON INSERT TO r_condition WHERE new.a > 1 DO INSTEAD NOTHING;
CREATE RULE upd AS ON UPDATE TO r_condition DO ALSO NOTHING;
CREATE VIEW r_above AS SELECT * FROM r_insert;
CREATE VIEW r_all AS SELECT max(a) FROM t;
CREATE RULE ins AS ON INSERT TO r_all DO INSTEAD NOTHING;
CREATE RULE upd AS ON UPDATE TO r_all DO INSTEAD NOTHING;
CREATE RULE del AS ON DELETE TO r_all DO INSTEAD NOTHING;
ALTER VIEW r_all ALTER max SET DEFAULT 7;
CREATE FUNCTION instead() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NULL; END';
CREATE VIEW t_update AS SELECT DISTINCT a, b FROM t;
CREATE TRIGGER upd INSTEAD OF UPDATE OR DELETE ON t_update FOR EACH ROW EXECUTE FUNCTION instead();
CREATE VIEW t_above AS SELECT a, b FROM t_update;
CREATE VIEW t_below AS SELECT lower(b) AS b FROM t_above;
CREATE FOREIGN DATA WRAPPER disc_views_fdw;
CREATE SERVER disc_views_server FOREIGN DATA WRAPPER disc_views_fdw;
CREATE FOREIGN TABLE f (a int) SERVER disc_views_server;
CREATE VIEW f_view AS SELECT a FROM f;
CREATE VIEW f_above AS SELECT DISTINCT a FROM f_view;
CREATE RULE del AS ON DELETE TO f_above DO INSTEAD NOTHING;
SELECT view_name, is_updatable AS upd, is_insertable AS ins, base_columns FROM stormdisc_views(include => '{?_*}');
-- as the server says, but for foreign tables, which it has to ask
SELECT view_name, is_updatable, is_insertable, pg_relation_is_updatable(c.oid, true)
FROM stormdisc_views(schemas => '{disc_views}', exclude => '{f_*}') JOIN pg_class c ON relname = view_name AND relnamespace = 'disc_views'::regnamespace
WHERE (relkind = 'v') AND (is_updatable <> (pg_relation_is_updatable(c.oid, true) & 20 = 20)
	OR is_insertable <> (pg_relation_is_updatable(c.oid, true) & 8 = 8)
	OR is_updatable IS NULL OR is_insertable IS NULL);
DROP FOREIGN DATA WRAPPER disc_views_fdw CASCADE;

--
-- All that a query can have
--
CREATE TYPE mood AS ENUM ('sad', 'happy');
CREATE TYPE pair AS (x int, y text);
CREATE DOMAIN small AS int CHECK (VALUE < 100);
CREATE COLLATION coll FROM "C";
CREATE FUNCTION pairs(int) RETURNS SETOF pair LANGUAGE sql AS 'SELECT $1, ''y''';
CREATE FUNCTION outs(OUT "O 1" int, OUT o2 text) RETURNS SETOF record LANGUAGE sql AS 'SELECT 1, ''y''';
CREATE FUNCTION records() RETURNS SETOF record LANGUAGE sql AS 'SELECT 1, ''y''';
CREATE FUNCTION eq(int, int) RETURNS bool LANGUAGE sql AS 'SELECT $1 = $2';
CREATE OPERATOR === (FUNCTION = eq, LEFTARG = int, RIGHTARG = int);
CREATE AGGREGATE total(int) (SFUNC = int4pl, STYPE = int);
CREATE TABLE rich (gone int, id int, p pair, ps pair[], m mood, s small, j jsonb, ts timestamptz DEFAULT now(), dropped text);
CREATE TABLE xmls (id int, m mood, x xml);
ALTER TABLE rich DROP gone, DROP dropped;
CREATE TABLE child (extra int) INHERITS (rich);
CREATE VIEW q_recursive AS WITH RECURSIVE r (n, path) AS (
		SELECT 1, ARRAY[1] UNION ALL SELECT n + 1, path || n FROM r WHERE n < 10)
	SEARCH DEPTH FIRST BY n SET ordercol CYCLE n SET is_cycle TO 'y' DEFAULT 'n' USING cycle_path
	SELECT n, path, is_cycle FROM r ORDER BY ordercol;
CREATE RECURSIVE VIEW q_recursive2 (n) AS VALUES (1) UNION SELECT n + 1 FROM q_recursive2 WHERE n < 5;
CREATE VIEW q_lateral AS SELECT rich.id, l.*, f.ordinality FROM rich
	LEFT JOIN LATERAL (SELECT id + 1 AS next, m FROM rich r2 WHERE r2.id = rich.id ORDER BY r2.ts DESC NULLS LAST LIMIT 1) l ON true
	CROSS JOIN LATERAL unnest(rich.ps) WITH ORDINALITY f;
CREATE VIEW q_window AS SELECT id, sum(id) OVER w, lag(m, 1, 'sad') OVER (w ROWS BETWEEN 1 PRECEDING AND CURRENT ROW EXCLUDE TIES),
		rank() OVER (PARTITION BY m ORDER BY ts DESC) FROM rich WINDOW w AS (PARTITION BY s ORDER BY id);
CREATE VIEW q_groups AS SELECT m, s, grouping(m, s) AS g, count(*) FILTER (WHERE id > 1), string_agg(DISTINCT m::text, ',' ORDER BY m::text DESC),
		percentile_cont(0.5) WITHIN GROUP (ORDER BY id), total(id) FROM rich
	GROUP BY GROUPING SETS ((m), ROLLUP (s, m), CUBE (m)) HAVING count(*) > 1;
CREATE VIEW q_unions AS (SELECT id AS a, m::text AS b FROM rich EXCEPT ALL SELECT 1, 'x') UNION (VALUES (1, 'a'), (2, 'b') INTERSECT TABLE plain ORDER BY 2 LIMIT 3) ORDER BY b, 1;
ALTER VIEW q_unions RENAME b TO "B b";
CREATE VIEW q_values (one, two) AS VALUES (1, 'a'), (2, NULL);
ALTER VIEW q_values RENAME two TO three;
CREATE VIEW q_rows AS SELECT r, r.p, (r.p).x, (r.ps[1]).y, ROW(1, 'a')::pair AS c, ROW(r.id, r.m) = ROW(1, 'sad'::mood) AS d, r IS NULL AS e, (f).y AS fy, f,
		(SELECT q.id FROM (SELECT id, m FROM rich) q ORDER BY q LIMIT 1) AS q FROM rich r, pairs(3) f ORDER BY r, f;
CREATE VIEW q_functions AS SELECT a.*, b.*, c.*, d.*, e.*, r.n FROM pairs(1) AS a (ax), outs() AS b, records() AS c ("C 1" int, c2 text COLLATE coll, c3 mood),
		ROWS FROM (generate_series(1, 2), pairs(2)) WITH ORDINALITY AS d (d1, d2, d3), unnest('{1,2}'::small[], '{sad}'::mood[]) AS e (e1, e2), q_recursive r;
CREATE VIEW q_types AS SELECT id::small AS s, 'happy'::mood AS m, '{sad,happy}'::mood[] AS ms, m::text COLLATE coll AS c, 'disc_views.rich'::regclass AS r,
		'(1,a)'::pair AS p, id OPERATOR(disc_views.===) 1 AS o, interval '1 day', timestamptz '2020-01-01 00:00:00+02', 1.5::numeric(5, 2), e'\\x'::bytea AS b FROM rich;
CREATE VIEW q_json AS SELECT j->'a' AS a, j #>> '{b,c}' AS b, k.key, r.* FROM rich, jsonb_each(j) k, jsonb_to_record(j) AS r (ra int, rb mood);
CREATE VIEW q_sample AS SELECT id FROM ONLY rich TABLESAMPLE bernoulli (10 * random()) REPEATABLE (5) FOR UPDATE OF rich;
CREATE VIEW q_xml AS SELECT x.*, xmlforest(id AS "Id", m) FROM xmls,
	XMLTABLE (XMLNAMESPACES ('http://x' AS n), '/r' PASSING x COLUMNS i FOR ORDINALITY, v text PATH 'v' DEFAULT 'none' NOT NULL, w mood) x;
CREATE VIEW q_joins AS SELECT id, merged.id AS mid, q, sm, tp.* FROM (rich AS r (id, q) JOIN (SELECT id, m FROM rich) s (id, sm) USING (id) AS merged) LEFT JOIN (t NATURAL FULL JOIN plain) AS tp ON tp.a = id;
CREATE VIEW q_subs AS SELECT ARRAY(SELECT id FROM rich ORDER BY id USING >) AS ids, id = ANY (SELECT a FROM t) AS any, (id, 1) NOT IN (SELECT a, a FROM t) AS not_in,
		EXISTS (SELECT FROM t WHERE t.a = rich.id AND rich.s > 1) AS ex, CASE WHEN id > 1 THEN 'a' ELSE (SELECT max(b) FROM t) END AS c FROM rich;
CREATE VIEW q_cte AS WITH a AS MATERIALIZED (SELECT 1 AS x), rich AS NOT MATERIALIZED (SELECT 2 AS y) SELECT a.x, rich.y, r.id FROM a, rich, disc_views.rich r;
CREATE VIEW q_no_columns AS SELECT FROM t;
CREATE VIEW q_special AS SELECT current_user, CURRENT_DATE, extract(year FROM ts), ts AT TIME ZONE 'UTC' AS tz, substring('a' FROM 1 FOR 2), greatest(id, 1), nullif(id, 2),
		num_nulls(VARIADIC ARRAY[1, id]), make_interval(days => 3), coalesce(s, 1), id IS DISTINCT FROM 1 AS dist FROM rich;
CREATE VIEW "Q ""quoted""" AS SELECT id AS "select", m AS "M ""m""" FROM rich AS "R r";
CREATE MATERIALIZED VIEW q_mat AS SELECT q.id, "select" FROM q_lateral q, "Q ""quoted""" WITH NO DATA;
CREATE VIEW q_renamed AS SELECT id, m FROM child;
ALTER TABLE rich RENAME TO "Rich 2";
ALTER TABLE "Rich 2" RENAME m TO "M 2";
ALTER TABLE "Rich 2" ADD extra_column int;
ALTER TYPE mood RENAME VALUE 'sad' TO 'blue';
ALTER TYPE pair RENAME ATTRIBUTE x TO "X x";
ALTER FUNCTION outs SET SCHEMA "disc Views";
ALTER VIEW q_rows RENAME x TO "x.x";
SELECT count(*) AS views FROM stormdisc_views(schemas => '{disc_views}');
SELECT * FROM wrong('disc_views', 'disc Views');
SELECT view_name, columns, base_columns, depends_on FROM stormdisc_views(include => '{q_joins,q_lateral,q_rows,q_functions,q_cte,q_no_columns,q_mat}');

--
-- The settings of the caller do not matter
--
CREATE TEMP TABLE before AS SELECT definition FROM stormdisc_views();
SET search_path = "disc Views", disc_views, public;
SET quote_all_identifiers = on;
SET DateStyle = 'SQL, DMY';
SET IntervalStyle = sql_standard;
SET TimeZone = 'Asia/Tokyo';
SET bytea_output = 'escape';
SELECT count(*) AS other FROM (SELECT definition FROM stormdisc_views() EXCEPT TABLE before) d;
RESET quote_all_identifiers;
RESET DateStyle;
RESET IntervalStyle;
RESET TimeZone;
RESET bytea_output;

--
-- No locks are left on what a view reads, and none are needed on views
--
BEGIN;
SELECT count(*) > 0 AS some FROM stormdisc_views();
SELECT count(*) AS locks FROM pg_locks WHERE pid = pg_backend_pid() AND relation >= 16384
	AND relation <> 'pg_temp.before'::regclass;
COMMIT;
-- a session's own locks stay
BEGIN;
LOCK TABLE disc_views.t;
SELECT count(*) > 0 AS some FROM stormdisc_views('disc_views.plain') WHERE problem IS NULL;
SELECT count(*) AS locks FROM pg_locks WHERE pid = pg_backend_pid() AND relation = 'disc_views.t'::regclass AND mode = 'AccessExclusiveLock';
COMMIT;

--
-- The server's own
--
SELECT count(*) > 100 AS many FROM stormdisc_views(schemas => '{pg_catalog,information_schema}');
SELECT * FROM wrong('pg_catalog', 'information_schema');
SELECT v.view_name FROM stormdisc_views(schemas => '{pg_catalog,information_schema}') v
	JOIN information_schema.views i ON (v.schema_name, v.view_name) = (i.table_schema, i.table_name)
WHERE (v.is_updatable, v.is_insertable) IS DISTINCT FROM (i.is_updatable::bool, i.is_insertable_into::bool);
SELECT view_name, level FROM stormdisc_views('information_schema.element_types');

--
-- Long chains
--
CREATE SCHEMA disc_chain;
CREATE TABLE disc_chain.v0 (a int, b int);
DO $$
BEGIN
	FOR i IN 1..3000 LOOP
		EXECUTE format('CREATE VIEW disc_chain.v%s AS SELECT a, %s AS b FROM disc_chain.v%s', i, CASE i WHEN 1 THEN '1' ELSE 'b' END, i - 1);
	END LOOP;
END
$$;
SET max_stack_depth = '100kB';
SELECT count(*), count(*) FILTER (WHERE is_updatable AND is_insertable AND view_name = 'v' || level + 1
		AND base_columns = '{disc_chain.v0.a,NULL}') AS good, count(problem) AS problems
FROM stormdisc_views(schemas => '{disc_chain}');
SELECT view_name, base_columns, is_updatable, is_insertable, level FROM stormdisc_views('disc_chain.v3000');
RESET max_stack_depth;
DO $$
BEGIN
	FOR i IN REVERSE 3000..1 LOOP
		EXECUTE format('DROP VIEW disc_chain.v%s', i);
		IF i % 500 = 0 THEN
			COMMIT;
		END IF;
	END LOOP;
END
$$;

DROP SCHEMA disc_views, "disc Views", disc_chain CASCADE;
