-- Relationships and load order of a schema made at random, against what SQL
-- over pg_catalog says of it.  What was thrown does not matter: the rules hold
-- for every schema.
BEGIN;
SET LOCAL jit = off;
SET LOCAL client_min_messages = warning;
CREATE EXTENSION IF NOT EXISTS pgtap;
CREATE EXTENSION IF NOT EXISTS stormdisc;
SELECT plan(38);
SELECT current_setting('server_version_num')::int >= 180000 AS v18 \gset

CREATE SCHEMA random_rel;
CREATE SCHEMA random_rel2;
SET LOCAL search_path = random_rel, public, pg_catalog;
CREATE DOMAIN required AS int NOT NULL;

SELECT setseed(0.42);
DO $$
DECLARE
	n constant int := 60;
	t text;
	target int;
	cols int;
	-- sparse enough that not all is one cycle
	near int;
BEGIN
	FOR i IN 1..n LOOP
		t := CASE WHEN i % 7 = 0 THEN 'random_rel2' ELSE 'random_rel' END || '.t' || i;
		EXECUTE format('CREATE TABLE %s (id int %s, a %s %s, b int %s, c int NOT NULL, d int, UNIQUE (c, b))', t,
			CASE WHEN i % 5 = 0 THEN '' ELSE 'PRIMARY KEY' END,
			CASE WHEN random() < 0.2 THEN 'required' ELSE 'int' END,
			CASE WHEN random() < 0.2 THEN 'UNIQUE' ELSE '' END,
			CASE WHEN random() < 0.3 THEN 'NOT NULL' ELSE '' END);
		IF i % 5 = 0 THEN
			EXECUTE format('CREATE UNIQUE INDEX ON %s (id)', t);
		END IF;
		IF random() < 0.5 THEN
			EXECUTE format('CREATE INDEX ON %s USING %s (%s) %s', t,
				(ARRAY['btree', 'hash', 'brin'])[1 + floor(random() * 3)],
				(ARRAY['a', 'b', 'd', 'c'])[1 + floor(random() * 4)],
				CASE WHEN random() < 0.2 THEN 'WHERE d > 0' ELSE '' END);
		END IF;
		IF random() < 0.5 THEN
			EXECUTE format('CREATE INDEX ON %s (%s)', t,
				(ARRAY['a, b', 'b, a, c', 'd, b', 'd, d, c', 'abs(a), b'])[1 + floor(random() * 5)]);
		END IF;
	END LOOP;
	FOR i IN 1..n LOOP
		FOR k IN 1..1 + floor(random() * 2) LOOP
			near := greatest(1, least(n, i - 12 + floor(random() * 14)::int));
			t := CASE WHEN i % 7 = 0 THEN 'random_rel2' ELSE 'random_rel' END || '.t' || i;
			EXECUTE format('ALTER TABLE %s ADD FOREIGN KEY (%s) REFERENCES %s %s %s', t,
				CASE WHEN k = 1 THEN (ARRAY['a', 'b', 'c', 'd'])[1 + floor(random() * 4)]
					ELSE (ARRAY['a, b', 'b, d', 'd, c', 'c, b'])[1 + floor(random() * 4)] END,
				CASE WHEN near % 7 = 0 THEN 'random_rel2' ELSE 'random_rel' END || '.t' || near
					|| CASE WHEN k = 1 THEN ' (id)' WHEN random() < 0.5 THEN ' (b, c) MATCH FULL' ELSE ' (c, b)' END,
				CASE WHEN random() < 0.2 THEN 'DEFERRABLE' ELSE '' END,
				CASE WHEN random() < 0.2 THEN 'NOT VALID' ELSE '' END);
		END LOOP;
	END LOOP;
	-- junction tables, with more or less in their keys
	FOR i IN 1..12 LOOP
		EXECUTE format('CREATE TABLE j%s (x int REFERENCES random_rel.t1 (id), y int REFERENCES random_rel.%s (id), z int%s, %s)', i,
			't' || 1 + i % 3, CASE WHEN i % 4 = 0 THEN ' REFERENCES random_rel.t2 (id)' ELSE '' END,
			(ARRAY['PRIMARY KEY (x, y)', 'PRIMARY KEY (y, x, z)', 'UNIQUE (x, y), UNIQUE (y, z)', 'UNIQUE (x)', 'UNIQUE (y, x), PRIMARY KEY (x, y)'])[1 + i % 5]);
	END LOOP;
	-- partitions, also with foreign keys of and to their own
	FOR i IN 1..4 LOOP
		EXECUTE format('CREATE TABLE p%1$s (id int PRIMARY KEY, r int REFERENCES random_rel.t%2$s (id)) PARTITION BY RANGE (id)', i, i * 11);
		EXECUTE format('CREATE TABLE p%1$s_1 PARTITION OF p%1$s FOR VALUES FROM (0) TO (10) PARTITION BY RANGE (id)', i);
		EXECUTE format('CREATE TABLE p%1$s_1_1 PARTITION OF p%1$s_1 FOR VALUES FROM (0) TO (5)', i);
		EXECUTE format('CREATE TABLE p%1$s_2 PARTITION OF p%1$s FOR VALUES FROM (10) TO (20)', i);
	END LOOP;
	ALTER TABLE p1 ADD FOREIGN KEY (r) REFERENCES p2;
	ALTER TABLE p2_1_1 ADD FOREIGN KEY (r) REFERENCES p1;
	ALTER TABLE p3_2 ADD FOREIGN KEY (r) REFERENCES p3_1_1;
	ALTER TABLE p3_1 ADD FOREIGN KEY (r) REFERENCES p4_2;
END $$;

\set scope '''{random_rel,random_rel2}'''
CREATE TEMP TABLE r AS SELECT * FROM stormdisc_relationships(schemas => :scope);
CREATE TEMP TABLE lo AS SELECT * FROM stormdisc_load_order(schemas => :scope);

--
-- What pg_catalog says
--
CREATE FUNCTION pg_temp.columns_of(rel oid, numbers int2[]) RETURNS text[] LANGUAGE sql AS $$
	SELECT array_agg(attname::text ORDER BY n) FROM unnest(numbers) WITH ORDINALITY u(a, n)
	JOIN pg_attribute ON attrelid = rel AND attnum = a $$;
CREATE FUNCTION pg_temp.nullable(rel oid, number int2) RETURNS bool LANGUAGE sql AS $$
	WITH RECURSIVE chain AS (
		SELECT attnotnull AS refuses, atttypid AS type FROM pg_attribute WHERE attrelid = rel AND attnum = number
		UNION ALL SELECT typnotnull, typbasetype FROM chain JOIN pg_type t ON t.oid = chain.type WHERE typtype = 'd')
	SELECT NOT bool_or(refuses) FROM chain $$;

CREATE TEMP TABLE whole_index AS
SELECT indrelid, indisunique, amname, (indkey::int2[])[0:indnkeyatts - 1] AS keys
FROM pg_index i JOIN pg_class c ON c.oid = indexrelid JOIN pg_am a ON a.oid = relam
WHERE indisvalid AND indpred IS NULL AND indexprs IS NULL;
CREATE FUNCTION pg_temp.same_set(a int2[], b int2[]) RETURNS bool LANGUAGE sql AS 'SELECT a <@ b AND b <@ a';

CREATE TEMP TABLE fk AS
SELECT f.oid, conname::text, conrelid, confrelid, conkey, confkey, convalidated, condeferrable,
	n1.nspname::text AS from_schema, c1.relname::text AS from_table, pg_temp.columns_of(conrelid, conkey) AS from_columns,
	n2.nspname::text AS to_schema, c2.relname::text AS to_table, pg_temp.columns_of(confrelid, confkey) AS to_columns,
	CASE confmatchtype
		WHEN 'f' THEN (SELECT bool_and(pg_temp.nullable(conrelid, k)) FROM unnest(conkey) k)
		ELSE (SELECT bool_or(pg_temp.nullable(conrelid, k)) FROM unnest(conkey) k) END AS optional,
	EXISTS (SELECT FROM whole_index WHERE indrelid = conrelid AND indisunique AND keys <@ conkey) AS is_unique,
	EXISTS (SELECT FROM whole_index, generate_series(1, cardinality(keys)) last
		WHERE indrelid = conrelid AND amname IN ('btree', 'hash') AND pg_temp.same_set(keys[1:last], conkey)) AS indexed,
	coalesce(pg_partition_root(conrelid), conrelid)::oid AS child, coalesce(pg_partition_root(confrelid), confrelid)::oid AS parent
FROM pg_constraint f
JOIN pg_class c1 ON c1.oid = conrelid JOIN pg_namespace n1 ON n1.oid = c1.relnamespace
JOIN pg_class c2 ON c2.oid = confrelid JOIN pg_namespace n2 ON n2.oid = c2.relnamespace
WHERE contype = 'f' AND conparentid = 0 AND n1.nspname LIKE 'random\_rel%';

SELECT cmp_ok((SELECT count(*) FROM fk), '>', 80::bigint, 'there are many foreign keys');
SELECT cmp_ok((SELECT count(*) FROM fk WHERE is_unique), '>', 5::bigint, 'some of them unique');
SELECT cmp_ok((SELECT count(*) FROM fk WHERE indexed), '>', 5::bigint, 'some indexed');
SELECT cmp_ok((SELECT count(*) FROM fk WHERE NOT optional), '>', 5::bigint, 'some not optional');

--
-- Direct relationships
--
CREATE TEMP TABLE expected_direct AS
SELECT CASE WHEN is_unique THEN 'one-to-one' ELSE 'many-to-one' END AS kind, from_schema, from_table, from_columns,
	to_schema, to_table, to_columns, ARRAY[conname] AS constraint_names, conrelid = confrelid AS is_self, false AS is_inverse,
	optional AS is_optional, true AS is_enforced, convalidated AS is_validated, indexed AS is_indexed, NULL AS problem
FROM fk
UNION ALL
SELECT CASE WHEN is_unique THEN 'one-to-one' ELSE 'one-to-many' END, to_schema, to_table, to_columns,
	from_schema, from_table, from_columns, ARRAY[conname], conrelid = confrelid, true,
	optional, true, convalidated, indexed, NULL
FROM fk;
SELECT bag_eq('SELECT kind, from_schema, from_table, from_columns, to_schema, to_table, to_columns, constraint_names, is_self,
		is_inverse, is_optional, is_enforced, is_validated, is_indexed, problem FROM r WHERE junction_table IS NULL',
	'SELECT * FROM expected_direct', 'each foreign key is told from both ends');
SELECT is_empty('SELECT * FROM r WHERE (kind = ''many-to-many'') IS DISTINCT FROM (is_inverse IS NULL)
	OR (kind = ''many-to-many'') IS DISTINCT FROM (junction_from_columns IS NOT NULL AND junction_to_columns IS NOT NULL
		AND junction_schema IS NOT NULL AND junction_table IS NOT NULL)',
	'what does not apply is null');

--
-- Through junction tables
--
CREATE TEMP TABLE expected_through AS
SELECT DISTINCT a.to_schema AS from_schema, a.to_table AS from_table, a.to_columns AS from_columns,
	b.to_schema, b.to_table, b.to_columns, a.from_schema AS junction_schema, a.from_table AS junction_table,
	a.from_columns AS junction_from_columns, b.from_columns AS junction_to_columns,
	ARRAY[a.conname, b.conname] AS constraint_names, a.confrelid = b.confrelid AS is_self,
	a.optional OR b.optional AS is_optional, a.convalidated AND b.convalidated AS is_validated, a.indexed AND b.indexed AS is_indexed
FROM fk a JOIN fk b ON a.conrelid = b.conrelid AND a.oid <> b.oid
JOIN whole_index i ON i.indrelid = a.conrelid AND i.indisunique
WHERE pg_temp.same_set(a.conkey || b.conkey, keys) AND NOT keys <@ a.conkey AND NOT keys <@ b.conkey;
SELECT cmp_ok((SELECT count(*) FROM expected_through), '>', 10::bigint, 'there are junction tables');
SELECT bag_eq('SELECT from_schema, from_table, from_columns, to_schema, to_table, to_columns, junction_schema, junction_table,
		junction_from_columns, junction_to_columns, constraint_names, is_self, is_optional, is_validated, is_indexed
	FROM r WHERE kind = ''many-to-many''',
	'SELECT * FROM expected_through', 'each pair of foreign keys that makes a key is told from both ends');

-- every row of a scope is that of its tables, whichever way they are named
SELECT bag_eq('SELECT x.* FROM pg_class c, stormdisc_relationships(c.oid::regclass) x
	WHERE relnamespace IN (''random_rel''::regnamespace, ''random_rel2''::regnamespace) AND relkind IN (''r'', ''p'')',
	'SELECT * FROM r', 'table by table it is the same');
SELECT bag_eq('SELECT * FROM stormdisc_relationships(schemas => ''{random_rel}'')
	UNION ALL SELECT * FROM stormdisc_relationships(include => ''{random_rel2.*}'')',
	'SELECT * FROM r', 'and schema by schema');
SELECT results_eq('SELECT r::text FROM r',
	'SELECT r::text FROM r ORDER BY from_schema COLLATE "C", from_table COLLATE "C", to_schema COLLATE "C", to_table COLLATE "C",
		junction_table IS NOT NULL, junction_schema COLLATE "C", junction_table COLLATE "C",
		constraint_names[1] COLLATE "C", constraint_names[2] COLLATE "C", is_inverse',
	'the rows are in order');
SELECT is((SELECT count(*) FROM (SELECT DISTINCT from_schema, from_table, to_schema, to_table, junction_schema, junction_table, constraint_names, is_inverse FROM r) x),
	(SELECT count(*) FROM r), 'and no two have the same place');

--
-- Load order
--
CREATE TEMP TABLE tab AS
SELECT c.oid, nspname::text AS schema_name, relname::text AS table_name, coalesce(pg_partition_root(c.oid), c.oid)::oid AS root
FROM pg_class c JOIN pg_namespace n ON n.oid = relnamespace
WHERE nspname LIKE 'random\_rel%' AND relkind IN ('r', 'p');
CREATE TEMP TABLE node AS
SELECT root, level, load_position, cycle, is_breakable, is_self_referencing FROM lo JOIN tab USING (schema_name, table_name) WHERE root = oid;
CREATE TEMP TABLE edge AS SELECT DISTINCT child, parent FROM fk WHERE child <> parent;
CREATE TEMP TABLE reach AS
WITH RECURSIVE reach AS (SELECT child, parent FROM edge UNION SELECT r.child, e.parent FROM reach r JOIN edge e ON e.child = r.parent)
SELECT * FROM reach;
ANALYZE reach;
CREATE TEMP TABLE together AS
SELECT a.child AS a, a.parent AS b FROM reach a JOIN reach b ON b.child = a.parent AND b.parent = a.child;

SELECT bag_eq('SELECT schema_name, table_name FROM lo', 'SELECT schema_name, table_name FROM tab', 'every table has a row');
SELECT bag_eq('SELECT load_position FROM lo', 'SELECT generate_series(1, (SELECT count(*)::int FROM tab))', 'positions are 1, 2, 3, ...');
SELECT results_eq('SELECT load_position FROM lo', 'SELECT load_position FROM lo ORDER BY 1', 'rows are in the order of loading');
SELECT is_empty('SELECT * FROM lo WHERE unload_position <> (SELECT count(*) FROM lo) + 1 - load_position', 'unloading is the reverse');
SELECT is_empty('SELECT * FROM lo WHERE problem IS NOT NULL', 'no problems');
SELECT cmp_ok((SELECT count(*) FROM together WHERE a <> b), '>', 3::bigint, 'there are cycles');
SELECT cmp_ok((SELECT count(*) FROM node WHERE cycle IS NULL), '>', 10::bigint, 'and tables in none');

SELECT bag_eq('SELECT root FROM node WHERE cycle IS NOT NULL', 'SELECT a FROM together WHERE a = b', 'in a cycle is what reaches itself');
SELECT bag_eq('SELECT x.root AS a, y.root AS b FROM node x JOIN node y ON x.cycle = y.cycle', 'SELECT a, b FROM together', 'and in the same cycle is what reaches each other');
SELECT bag_eq('SELECT DISTINCT cycle FROM node WHERE cycle IS NOT NULL',
	'SELECT generate_series(1, (SELECT max(cycle) FROM node))', 'cycles are numbered 1, 2, 3, ...');
SELECT bag_eq('SELECT root FROM node WHERE is_self_referencing', 'SELECT DISTINCT child FROM fk WHERE child = parent', 'what references itself says so');

-- a level is one above the highest that the table, or its cycle, references
CREATE TEMP TABLE outgoing AS
SELECT coalesce(c.cycle::text, 'of ' || c.root) AS component, p.level
FROM edge JOIN node c ON c.root = child JOIN node p ON p.root = parent
WHERE c.cycle IS NULL OR c.cycle IS DISTINCT FROM p.cycle;
SELECT bag_eq('SELECT root, level FROM node',
	'SELECT root, coalesce((SELECT max(o.level) + 1 FROM outgoing o WHERE component = coalesce(n.cycle::text, ''of '' || n.root)), 0) FROM node n',
	'levels are one above the highest that is referenced');
SELECT is_empty('SELECT * FROM lo JOIN tab USING (schema_name, table_name) JOIN node n USING (root)
	WHERE (lo.level, lo.cycle, lo.is_breakable, lo.is_self_referencing) IS DISTINCT FROM (n.level, n.cycle, n.is_breakable, n.is_self_referencing)
		OR is_partition <> (root <> oid)', 'partitions have what their root has');
SELECT is_empty('SELECT * FROM lo JOIN tab USING (schema_name, table_name) JOIN node n USING (root)
	WHERE NOT lo.load_position BETWEEN n.load_position AND n.load_position + (SELECT count(*) - 1 FROM tab x WHERE x.root = tab.root)',
	'and stand right behind it');

-- what is promised: a parent comes first, but for what can be put off in a cycle
CREATE TEMP TABLE inner_fk AS
SELECT fk.*, c.cycle, quote_ident(from_schema) || '.' || quote_ident(from_table) || '.' || quote_ident(conname) AS name
FROM fk JOIN node c ON c.root = child JOIN node p ON p.root = parent WHERE c.cycle = p.cycle AND child <> parent;
SELECT is_empty('SELECT * FROM fk JOIN node c ON c.root = child JOIN node p ON p.root = parent
	WHERE child <> parent AND p.load_position > c.load_position AND c.cycle IS DISTINCT FROM p.cycle', 'a parent comes before its children');
SELECT is_empty('SELECT * FROM inner_fk f JOIN node c ON c.root = child JOIN node p ON p.root = parent
	WHERE p.load_position > c.load_position AND c.is_breakable AND NOT condeferrable AND NOT optional',
	'in a cycle that can be broken too, unless the reference can be put off');
SELECT results_eq('SELECT DISTINCT cycle, is_breakable FROM node WHERE cycle IS NOT NULL ORDER BY 1', $$
	WITH RECURSIVE hard AS (
		SELECT cycle, child, parent FROM inner_fk WHERE NOT condeferrable AND NOT optional
		UNION SELECT h.cycle, h.child, f.parent FROM hard h JOIN inner_fk f ON f.child = h.parent AND NOT condeferrable AND NOT optional)
	SELECT cycle, NOT EXISTS (SELECT FROM hard h WHERE h.cycle = n.cycle AND child = parent)
	FROM (SELECT DISTINCT cycle FROM node WHERE cycle IS NOT NULL) n ORDER BY 1$$, 'a cycle can be broken if none is left without what can be put off');

-- what the first row of a cycle tells
SELECT results_eq('SELECT ROW(cycle, cycle_members, cycle_constraints, cycle_deferrable, cycle_nullable)::text FROM lo WHERE cycle_members IS NOT NULL ORDER BY cycle', $$
	SELECT ROW(n.cycle, (SELECT array_agg(quote_ident(schema_name) || '.' || quote_ident(table_name) ORDER BY schema_name COLLATE "C", table_name COLLATE "C")
			FROM node m JOIN tab ON tab.oid = m.root WHERE m.cycle = n.cycle),
		array_agg(name ORDER BY place), coalesce(array_agg(name ORDER BY place) FILTER (WHERE condeferrable), '{}'),
		coalesce(array_agg(name ORDER BY place) FILTER (WHERE optional), '{}'))::text
	FROM (SELECT DISTINCT cycle FROM node WHERE cycle IS NOT NULL) n
	JOIN (SELECT *, row_number() OVER (ORDER BY from_schema COLLATE "C", from_table COLLATE "C", conname COLLATE "C") AS place FROM inner_fk) f USING (cycle)
	GROUP BY n.cycle ORDER BY n.cycle$$, 'the members and constraints of each cycle');
SELECT results_eq('SELECT min(load_position) FROM lo WHERE cycle IS NOT NULL GROUP BY cycle ORDER BY 1',
	'SELECT load_position FROM lo WHERE cycle_members IS NOT NULL ORDER BY 1', 'are in its first row');
SELECT bag_eq('SELECT schema_name, table_name, level, is_breakable, cycle IS NOT NULL FROM stormdisc_load_order(include => ''{t1*,p1_*}'')',
	'SELECT schema_name, table_name, level, is_breakable, cycle IS NOT NULL FROM lo WHERE table_name LIKE ''t1%'' OR table_name LIKE ''p1\_%''',
	'a part of the tables has what all of them have');

--
-- Diagrams: a box for each table, a line for each foreign key
--
CREATE TEMP TABLE picture AS SELECT regexp_split_to_table(stormdisc_diagram(schemas => :scope), E'\n') AS line;
SELECT is((SELECT count(*) FROM picture WHERE line ~ '^    t\d+\["random_rel2?\.\w+"\] \{$'),
	(SELECT count(*) FROM tab WHERE oid = root), 'a box for each table that is no partition');
SELECT is((SELECT count(*) FROM picture WHERE line ~ '^    t\d+ (\|o|\|\|)--(o\{|o\|) t\d+ : ".*"$'),
	(SELECT count(*) FROM fk), 'a line for each foreign key');
SELECT is((SELECT count(*) FROM picture WHERE line ~ '^    t\d+ \|o'), (SELECT count(*) FROM fk WHERE optional), 'that tells the optional ones');
SELECT is((SELECT count(*) FROM picture WHERE line ~ '--o\| t\d+ :'), (SELECT count(*) FROM fk WHERE is_unique), 'and the unique ones');

--
-- 18: not enforced, and by period
--
\if :v18
CREATE SCHEMA late_rel;
SET LOCAL search_path = late_rel, public;
CREATE TABLE a (id int PRIMARY KEY);
CREATE TABLE b (id int PRIMARY KEY, a int REFERENCES a NOT ENFORCED);
ALTER TABLE a ADD FOREIGN KEY (id) REFERENCES b;
CREATE TABLE room (id int4range, valid daterange, PRIMARY KEY (id, valid WITHOUT OVERLAPS));
CREATE TABLE booking (nr int UNIQUE, room int4range, valid daterange, FOREIGN KEY (room, PERIOD valid) REFERENCES room (id, PERIOD valid));
CREATE TABLE sole (room int4range, valid daterange, UNIQUE (room, valid WITHOUT OVERLAPS), FOREIGN KEY (room, PERIOD valid) REFERENCES room (id, PERIOD valid));
CREATE TABLE plain (room int4range, valid daterange, UNIQUE (room, valid), FOREIGN KEY (room, PERIOD valid) REFERENCES room (id, PERIOD valid));
SELECT results_eq('SELECT kind, from_table, is_enforced, is_indexed FROM stormdisc_relationships(schemas => ''{late_rel}'') WHERE NOT is_inverse',
	$$VALUES ('one-to-one', 'a', true, true), ('many-to-one', 'b', false, false), ('many-to-one', 'booking', true, false),
		('many-to-one', 'plain', true, true), ('one-to-one', 'sole', true, true)$$,
	'not enforced, and by period');
SELECT results_eq('SELECT table_name, level, cycle FROM stormdisc_load_order(schemas => ''{late_rel}'', include => ''{a,b}'')',
	$$VALUES ('b', 0, NULL::int), ('a', 1, NULL)$$, 'what is not enforced orders nothing');
\else
SELECT skip('PostgreSQL 18 and later', 2);
\endif

SELECT * FROM finish();
ROLLBACK;
