/*
 * traps.sql
 *	  What a server says otherwise after a reload, or on another version, although
 *	  it is the same: fingerprints must not see any of it.
 */
SET client_min_messages = warning;
SELECT current_setting('server_version_num')::int >= 180000 AS v18 \gset

DO $$ BEGIN
	IF to_regrole('regress_traps') IS NULL THEN
		CREATE ROLE regress_traps;
	END IF;
END $$;
CREATE SCHEMA traps;
SET search_path = traps, pg_catalog;

-- casts of lists, everywhere where there are expressions
CREATE DOMAIN size AS varchar(5) CHECK (VALUE IN ('s', 'm', 'l'));
CREATE TABLE lists (
	id int PRIMARY KEY,
	v varchar(10) DEFAULT CASE WHEN 'a'::varchar IN ('a', 'b') THEN 'it''s' END,
	c char(3),
	n varchar(5) CHECK (n NOT IN ('x', E'back\\slash', 'quo''te', '(ARRAY[', 'a, b')),
	t text,
	big bigint CHECK (big IN (1, 2, 3)),
	num numeric CHECK (num = ANY (ARRAY[1, 2]::numeric[])),
	g bool GENERATED ALWAYS AS (v IN ('k', 'l')) STORED,
	nested text[] CHECK (nested <> (ARRAY[ARRAY['a'::varchar, 'b'], ARRAY['c', 'd']])::text[]),
	CHECK (v IN ('a', 'b') OR (v IN ('c') AND c IN ('abc', 'def'))),
	CHECK ((ARRAY['x'::varchar, t])[1] = 'x'));
CREATE INDEX ON lists (id) WHERE v IN ('a', 'b');
CREATE INDEX ON lists ((v IN ('a', 'b')), (CASE WHEN n IN ('q', 'r') THEN 1 END));
CREATE STATISTICS in_list ON (v IN ('a', 'b')), id FROM lists;
CREATE POLICY in_list ON lists USING (v IN ('a', 'b')) WITH CHECK (n NOT IN ('x', 'y'));
CREATE FUNCTION in_list() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN new; END';
CREATE TRIGGER in_list BEFORE UPDATE ON lists FOR EACH ROW WHEN (new.v IN ('a', 'b')) EXECUTE FUNCTION in_list();
CREATE RULE in_list AS ON INSERT TO lists WHERE new.v IN ('a', 'b') DO ALSO DELETE FROM lists WHERE n IN ('p', 'q');
CREATE FUNCTION in_body(a varchar DEFAULT CASE WHEN 'x'::varchar IN ('x', 'y') THEN 'z' END) RETURNS bool LANGUAGE sql BEGIN ATOMIC SELECT a IN ('a', 'b'); END;
CREATE TABLE by_list (v varchar) PARTITION BY LIST ((CASE WHEN v IN ('a', 'b') THEN 1 ELSE 2 END));
CREATE TABLE by_list_1 PARTITION OF by_list FOR VALUES IN (1);

-- views of one table, whose columns are qualified or not
CREATE VIEW one AS SELECT id, v, upper(t) AS up, lists.n || 'lists.n' AS odd FROM lists WHERE id > 5 ORDER BY v DESC;
CREATE VIEW one_alias AS SELECT "L l".id, count(*) AS n FROM lists AS "L l" GROUP BY "L l".id HAVING max("L l".v) > 'a';
CREATE VIEW one_whole AS SELECT lists, lists.id FROM lists;
CREATE VIEW one_function AS SELECT g, g + 1 AS h FROM generate_series(1, 3) g;
CREATE VIEW one_values AS SELECT a, b FROM (VALUES (1, 'x'), (2, 'y')) AS v (a, b) WHERE a > 1;
CREATE VIEW one_sub AS SELECT s.id FROM (SELECT lists.id FROM lists WHERE lists.id IN (SELECT x.id FROM lists x WHERE x.v = lists.v)) s WHERE s.id = 3;
CREATE VIEW one_outer AS SELECT id, (SELECT count(*) FROM by_list b WHERE b.v = lists.v) AS n FROM lists WHERE EXISTS (SELECT FROM by_list WHERE by_list.v = lists.n);
CREATE VIEW one_with AS WITH w AS (SELECT lists.id, lists.t FROM lists) SELECT w.id FROM w WHERE w.t LIKE 'w.%';
CREATE VIEW one_window AS SELECT id, row_number() OVER w AS r, sum(big) FILTER (WHERE id > 0) OVER (PARTITION BY v ORDER BY id) AS s FROM lists WINDOW w AS (ORDER BY t);
CREATE VIEW one_locked AS SELECT id FROM ONLY lists WHERE v IN ('a', 'b') FOR UPDATE;
CREATE VIEW one_sample AS SELECT id FROM lists TABLESAMPLE system (10) WHERE id < 9;
CREATE VIEW one_named_like_its_schema AS SELECT traps.id, traps.v FROM lists traps WHERE traps.v::size IS NOT NULL;
CREATE VIEW two AS SELECT l.id, b.v FROM lists l, by_list b WHERE l.v = b.v;
CREATE VIEW joined AS SELECT l.id, b.v FROM lists l LEFT JOIN by_list b USING (v) WHERE l.v IN ('a', 'b');
CREATE VIEW united AS SELECT id, v FROM lists UNION ALL SELECT 1, v FROM by_list ORDER BY 1;
CREATE VIEW united_values AS SELECT id, v FROM lists WHERE v <> '( VALUES' UNION ALL (VALUES (1, 'x'::varchar) LIMIT 1);
CREATE VIEW nothing AS SELECT 1 AS one WHERE 'a'::varchar IN ('a', 'b');
CREATE MATERIALIZED VIEW kept AS SELECT id, v FROM lists WHERE v IN ('a', 'b');

-- names that constants get, and do not matter
CREATE TYPE "Kind k" AS ENUM ('a', 'b');
CREATE VIEW constants AS SELECT * FROM (SELECT id, v, 'a' AS kind, 1 FROM lists UNION ALL SELECT 2, 'b', 'c', 2 UNION ALL SELECT big, v, NULL, 3 FROM lists) x;
CREATE VIEW constants_with AS WITH w AS (SELECT 1 AS a, 'a'::"Kind k" AS b, now() AS c, true AS d, B'1' AS e, '1 day'::interval AS f, 'x'::char(3) AS g
	UNION SELECT -2, 'b', '2001-01-01', false, B'0', '2 days', 'y' UNION SELECT 3::smallint, NULL, '2001-01-01 10:00'::timestamptz(3), NULL, NULL, '1 hour'::interval hour, 'z'::char(3)) SELECT * FROM w;
CREATE VIEW constants_sub AS SELECT id FROM lists WHERE v IN (SELECT 'a' UNION SELECT 'b') AND EXISTS (SELECT 'x', 1.5, '{1}'::int[], ARRAY['y']::varchar(4)[], 'z'::"char") AND (t, id) IN (VALUES ('a', 1), ('b', 2));
CREATE VIEW listed (a, b) AS VALUES (1, 'a'), (2, 'b');
CREATE VIEW listed_again AS (VALUES (1) LIMIT 1) UNION ALL SELECT a FROM listed;
CREATE POLICY constants ON lists USING (v IN (SELECT 'a' UNION SELECT v FROM by_list));
CREATE RULE constants AS ON DELETE TO lists DO ALSO INSERT INTO by_list SELECT 'a' FROM (SELECT 1 UNION SELECT '2'::bigint) u;
CREATE FUNCTION constants() RETURNS SETOF text LANGUAGE sql BEGIN ATOMIC SELECT 'a' WHERE 'x' = (SELECT 'y' LIMIT 1); SELECT 'b' UNION SELECT v FROM by_list; END;

-- inheritance: columns that come first after a reload
CREATE TABLE parent (a int NOT NULL, b text);
CREATE TABLE child (own int, more text) INHERITS (parent);
CREATE TABLE grandchild (last int) INHERITS (child);
ALTER TABLE parent ADD COLUMN late int NOT NULL DEFAULT 5, ADD COLUMN later varchar CHECK (later IN ('a', 'b'));
CREATE TABLE joins (x int, a int NOT NULL, b text, late int NOT NULL, later varchar CHECK (later IN ('a', 'b')));
ALTER TABLE joins ADD CONSTRAINT parent_later_check CHECK (later IN ('a', 'b'));
ALTER TABLE joins INHERIT parent;

-- names that the server makes, and those of what was renamed
CREATE TABLE before_rename (id serial PRIMARY KEY, a int NOT NULL UNIQUE, b int NOT NULL CHECK (b > 0) REFERENCES before_rename (a));
ALTER TABLE before_rename RENAME TO after_rename;
ALTER TABLE after_rename RENAME COLUMN b TO c;
CREATE INDEX ON after_rename (a);
CREATE INDEX ON after_rename (a);
CREATE INDEX ON after_rename (a, c);
CREATE TABLE a_very_long_name_of_a_table_that_the_server_has_to_cut_somewhere (a_very_long_name_of_a_column_that_it_has_to_cut_as_well int NOT NULL UNIQUE);
CREATE DOMAIN filled AS int NOT NULL CHECK (VALUE > 0);
CREATE DOMAIN filled_again AS filled NOT NULL;

-- partitions: of identity columns, with columns in another order, with names made for them
CREATE TABLE parts (k int GENERATED ALWAYS AS IDENTITY, v varchar(4) NOT NULL CHECK (v IN ('a', 'b')), w int, PRIMARY KEY (k)) PARTITION BY RANGE (k);
CREATE TABLE parts_1 PARTITION OF parts FOR VALUES FROM (0) TO (10);
CREATE TABLE parts_2 (gone int, w int, v varchar(4) NOT NULL CHECK (v IN ('a', 'b')), k int NOT NULL);
ALTER TABLE parts_2 DROP COLUMN gone;
ALTER TABLE parts_2 ADD CONSTRAINT parts_v_check CHECK (v IN ('a', 'b'));
ALTER TABLE parts ATTACH PARTITION parts_2 FOR VALUES FROM (10) TO (20);
CREATE INDEX ON parts (w);
CREATE INDEX waits ON ONLY parts (v);
CREATE INDEX attached ON parts_1 (v);
ALTER INDEX waits ATTACH PARTITION attached;

-- what the owner has anyway, and who has it all
GRANT ALL ON lists TO regress_traps;
GRANT ALL ON child TO regress_traps WITH GRANT OPTION;
GRANT SELECT ON parent TO regress_traps;
ALTER TABLE joins OWNER TO regress_traps;
GRANT SELECT ON joins TO PUBLIC;
REVOKE ALL ON after_rename FROM PUBLIC;

-- options in another order, and given again
ALTER TABLE lists SET (fillfactor = 70, autovacuum_enabled = off);
ALTER TABLE lists RESET (fillfactor);
ALTER TABLE lists SET (fillfactor = 71);
\if :v18
CREATE TABLE named (a int CONSTRAINT filled NOT NULL, b int NOT NULL NO INHERIT, c int);
ALTER TABLE named ADD CONSTRAINT later NOT NULL c NOT VALID;
\endif
RESET search_path;
