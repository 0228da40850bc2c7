--
-- stormdisc_get_by_id, stormdisc_list, stormdisc_create, stormdisc_update,
-- stormdisc_delete, stormdisc_create_compat_view, stormdisc_add_timestamps
--
CREATE SCHEMA res;
CREATE TABLE res.apps (
	id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
	name varchar(20) NOT NULL UNIQUE,
	description text,
	tags text[],
	settings jsonb NOT NULL DEFAULT '{}',
	price numeric(8,2) CHECK (price >= 0),
	created_at timestamptz NOT NULL DEFAULT now(),
	updated_at timestamptz NOT NULL DEFAULT now()
);
-- without the times
CREATE FUNCTION res.bare(r jsonb) RETURNS jsonb LANGUAGE sql IMMUTABLE AS $$ SELECT r - 'created_at' - 'updated_at' - 'deleted_at' $$;

-- create
SELECT res.bare(stormdisc_create('res.apps', '{"name": "first", "tags": ["a", "b;"], "settings": {"deep": [1, null]}, "price": 1.005}'));
SELECT res.bare(stormdisc_create('res.apps', '{"name": "second", "description": "it''s \"here\"", "created_at": "2020-01-01Z"}'));
SELECT res.bare(stormdisc_create('res.apps', '{"name": "third", "description": null, "tags": null}'));
SELECT stormdisc_create('res.apps', '{"name": "first"}');
\set VERBOSITY terse
SELECT stormdisc_create('res.apps', '{"name": "fourth", "price": -1}');
SELECT stormdisc_create('res.apps', '{}');
\set VERBOSITY default
SELECT stormdisc_create('res.apps', '{"name": "fourth", "price": "cheap"}');
SELECT stormdisc_create('res.apps', '{"name": "a name of more than twenty letters"}');
SELECT stormdisc_create('res.apps', '{"title": "x"}');
SELECT stormdisc_create('res.apps', '{"id": 7, "name": "x"}');
SELECT stormdisc_create('res.apps', '[]');
SELECT stormdisc_create('res.apps', '"x"');
SELECT stormdisc_create('res.apps', NULL);
SELECT stormdisc_create(NULL, '{}');
SELECT stormdisc_create('res.none', '{}');
SELECT stormdisc_create(0::oid::regclass, '{}');
SELECT stormdisc_create('res.apps_id_seq', '{}');
SELECT stormdisc_create('res.apps_pkey', '{}');

-- get: a number, a literal, a text, a wider type
SELECT stormdisc_get_by_id('res.apps', 1)->>'name', stormdisc_get_by_id('res.apps', '1')->>'name', stormdisc_get_by_id('res.apps', 1::text)->>'name',
	stormdisc_get_by_id('res.apps', 1::smallint)->>'name', stormdisc_get_by_id('res.apps', 1::numeric)->>'name', stormdisc_get_by_id('res.apps', 1::bigint)->>'name';
SELECT res.bare(stormdisc_get_by_id('res.apps', 2)), stormdisc_get_by_id('res.apps', 2)->>'created_at' AS created_at;
PREPARE by_id AS SELECT stormdisc_get_by_id('res.apps', $1)->>'name';
EXECUTE by_id ('1');
SELECT stormdisc_get_by_id('res.apps', 99);
SELECT stormdisc_get_by_id('res.apps', 'x');
SELECT stormdisc_get_by_id('res.apps', '1.5');
SELECT stormdisc_get_by_id('res.apps', '99999999999999999999');
SELECT stormdisc_get_by_id('res.apps', NULL);
SELECT stormdisc_get_by_id('res.apps', NULL::int);
SELECT stormdisc_get_by_id(NULL, 1);
SELECT stormdisc_get_by_id('res.apps', ARRAY[1]);
\set VERBOSITY sqlstate
SELECT stormdisc_get_by_id('res.apps', 99);
SELECT stormdisc_create('res.apps', '{"title": "x"}');
\set VERBOSITY default

-- update: the given columns only; NULL is a value
SELECT stormdisc_update('res.apps', 1, '{"description": "new"}') - 'updated_at' = stormdisc_get_by_id('res.apps', 1) - 'updated_at' || '{"description": "new"}' AS only_that;
SELECT updated_at > created_at AS updated, description FROM res.apps WHERE id = 1;
SELECT res.bare(stormdisc_update('res.apps', '1', '{"description": null, "name": "FIRST", "settings": {}}'));
SELECT stormdisc_update('res.apps', 1, '{"updated_at": "2001-01-01Z"}')->>'updated_at' AS given;
SELECT stormdisc_update('res.apps', 1, '{}')->>'updated_at' > '2020' AS touched;
\set VERBOSITY terse
SELECT stormdisc_update('res.apps', 1, '{"name": null}');
\set VERBOSITY default
SELECT stormdisc_update('res.apps', 1, '{"nam": "x", "price": 1}');
SELECT stormdisc_update('res.apps', 99, '{"name": "x"}');
SELECT stormdisc_update('res.apps', 1, NULL);
SELECT stormdisc_update('res.apps', 1, '1');
SELECT stormdisc_update('res.apps', NULL, '{}');

-- list
SELECT stormdisc_update('res.apps', 1, '{"created_at": "2021-01-01Z"}') IS NULL;
SELECT r->>'name' AS name FROM stormdisc_list('res.apps') r;
SELECT r->>'name' AS name FROM stormdisc_list('res.apps', 0, 2) r;
SELECT r->>'name' AS name FROM stormdisc_list('res.apps', 1, 2) r;
SELECT r->>'name' AS name FROM stormdisc_list('res.apps', page => 2, per_page => 2) r;
SELECT r->>'name' AS name FROM stormdisc_list('res.apps', order_by => 'name') r;
SELECT r->>'name' AS name FROM stormdisc_list('res.apps', order_by => ' description  desc nulls LAST,"name"DESC ') r;
SELECT r->>'name' AS name FROM stormdisc_list('res.apps', order_by => 'Description Nulls First, ID asc') r;
SELECT r->>'name' AS name FROM stormdisc_list('res.apps', filter => '{"name": "third"}') r;
SELECT r->>'name' AS name FROM stormdisc_list('res.apps', filter => '{"description": null, "settings": {}}', order_by => 'id') r;
SELECT r->>'name' AS name FROM stormdisc_list('res.apps', filter => '{"tags": ["a", "b;"], "price": 1.01}') r;
SELECT r->>'name' AS name FROM stormdisc_list('res.apps', filter => '{"created_at": "2020-01-01T01:00+01"}') r;
SELECT r->>'name' AS name FROM stormdisc_list('res.apps', filter => '{"name": "a name of more than twenty letters"}') r;
SELECT count(*) FROM stormdisc_list('res.apps', filter => '{}');
SELECT stormdisc_list('res.apps', -1);
SELECT stormdisc_list('res.apps', NULL);
SELECT stormdisc_list('res.apps', 0, 0);
SELECT stormdisc_list('res.apps', 0, 1001);
SELECT stormdisc_list('res.apps', 9223372036854775807, 2);
SELECT count(*) FROM stormdisc_list('res.apps', 9223372036854775, 1000);
SELECT stormdisc_list('res.apps', filter => '{"nam": 1}');
SELECT stormdisc_list('res.apps', filter => '{"ctid": "(0,1)"}');
SELECT stormdisc_list('res.apps', filter => '{"id": "x"}');
SELECT stormdisc_list('res.apps', filter => '"name"');
SELECT stormdisc_list('res.apps', order_by => '');
SELECT stormdisc_list('res.apps', order_by => 'name,');
SELECT stormdisc_list('res.apps', order_by => 'nam');
SELECT stormdisc_list('res.apps', order_by => 'name, name desc');
SELECT stormdisc_list('res.apps', order_by => '"Name"');
SELECT stormdisc_list('res.apps', order_by => 'name descending');
SELECT stormdisc_list('res.apps', order_by => 'name nulls');
SELECT stormdisc_list('res.apps', order_by => '1');
SELECT stormdisc_list('res.apps', order_by => 'lower(name)');
SELECT stormdisc_list('res.apps', order_by => 'tableoid');
SELECT stormdisc_list('res.apps', order_by => '""');
SELECT stormdisc_list('res.apps', order_by => '"name');

-- the classic injections: nothing of them is run, and nothing is there afterwards
CREATE TABLE res.victim (id int PRIMARY KEY, "evil"" col; --" text, "t" int, "Order" text);
INSERT INTO res.victim VALUES (1, 'x', 2, 'y');
SELECT text, stormdisc_get_by_id('res.victim', 1) FROM (VALUES ('begin')) v (text);
DO $do$
DECLARE
	attack text;
	call text;
BEGIN
	FOREACH attack IN ARRAY ARRAY[$a$1; DROP TABLE res.victim; --$a$, $a$' OR '1'='1$a$, $a$1 OR 1=1$a$, $a$'; DROP TABLE res.victim; --$a$, $a$" OR "1"="1$a$,
			$a$") VALUES (1); DROP TABLE res.victim; --$a$, $a$1) UNION SELECT rolpassword::jsonb FROM pg_authid --$a$, $a$$1$a$, $a$\'; SELECT 1; --$a$,
			$a$id; SELECT pg_sleep(100)$a$, $a$(SELECT 1)$a$, $a$id DESC, (SELECT count(*) FROM pg_authid)$a$, $a$id/**/DESC--$a$, $a$*$a$, $a$t.*$a$, $a$res.victim.id$a$]
	LOOP
		FOREACH call IN ARRAY ARRAY[
			'SELECT stormdisc_get_by_id(''res.victim'', $1)',
			'SELECT stormdisc_update(''res.victim'', $1, ''{}'')',
			'SELECT stormdisc_update(''res.victim'', 1, jsonb_build_object($1, 1))',
			'SELECT stormdisc_create(''res.victim'', jsonb_build_object($1, 1))',
			'SELECT stormdisc_create(''res.victim'', jsonb_build_object(''id'', $1))',
			'SELECT stormdisc_delete(''res.victim'', $1, false)',
			'SELECT stormdisc_list(''res.victim'', order_by => $1)',
			'SELECT stormdisc_list(''res.victim'', filter => jsonb_build_object($1, 1))',
			'SELECT stormdisc_list(''res.victim'', filter => jsonb_build_object(''id'', $1))',
			'SELECT stormdisc_list(''res.victim'', after => jsonb_build_object(''id'', $1))',
			'SELECT stormdisc_create_compat_view(''res.victim'', 1, ARRAY[$1])',
			'SELECT stormdisc_create_compat_view(''res.victim'', 1, ARRAY[''id AS '' || $1])']
		LOOP
			BEGIN
				EXECUTE call USING attack;
				RAISE WARNING 'it worked: % with %', call, attack;
			EXCEPTION
				WHEN invalid_text_representation OR undefined_column OR invalid_parameter_value THEN NULL;
			END;
		END LOOP;
		-- as a value it is a value
		IF stormdisc_update('res.victim', 1, jsonb_build_object('evil" col; --', attack, 'Order', attack))->>'evil" col; --' IS DISTINCT FROM attack THEN
			RAISE WARNING 'not the same: %', attack;
		END IF;
		IF (SELECT count(*) FROM stormdisc_list('res.victim', filter => jsonb_build_object('evil" col; --', attack), order_by => '"evil"" col; --" DESC, "Order"')) <> 1 THEN
			RAISE WARNING 'not found: %', attack;
		END IF;
	END LOOP;
END $do$;
SELECT stormdisc_update('res.victim', 1, '{"evil\" col; --": "x", "t": 3, "Order": "z"}');
SELECT stormdisc_create_compat_view('res.victim', 1, '{"\"evil\"\" col; --\" AS \"a\"\";b\"", id}');
SELECT * FROM res.victim_v1;
SELECT stormdisc_create('res.victim', '{"id": 2}') || stormdisc_delete('res.victim', 2, false);
-- names of relations too
CREATE TABLE res."x; DROP TABLE res.victim; --" (id int PRIMARY KEY, a text);
SELECT stormdisc_create('res."x; DROP TABLE res.victim; --"', '{"id": 1, "a": "b"}');
SELECT stormdisc_get_by_id('res."x; DROP TABLE res.victim; --"', 1), stormdisc_list('res."x; DROP TABLE res.victim; --"');
SELECT stormdisc_delete('res."x; DROP TABLE res.victim; --"', 1, false);
SELECT stormdisc_create('res.victim; DROP TABLE res.victim', '{}');
SELECT count(*) FROM res.victim;

-- every type of key
CREATE TYPE res.mood AS ENUM ('sad', 'ok', 'happy');
CREATE TYPE res.pair AS (a int, b text);
CREATE DOMAIN res.code AS text CHECK (VALUE ~ '^[A-Z]+$');
CREATE COLLATION res.ignoring_case (provider = icu, locale = 'und-u-ks-level2', deterministic = false);
CREATE TABLE res.keys (type text, one text, other text);
INSERT INTO res.keys VALUES
	('smallint', '1', '2'), ('int', '-1', '2147483647'), ('bigint', '9223372036854775807', '0'), ('oid', '1', '4294967295'),
	('numeric', '1.50', '100000000000000000000.1'), ('real', '0.1', '2'), ('double precision', '0.1', 'Infinity'), ('money', '1.50', '2'),
	('text', 'a'';--', 'b"'), ('text COLLATE res.ignoring_case', 'a', 'b'), ('varchar(5)', 'abcde', 'b'), ('char(5)', 'abc', 'b'), ('name', 'a', 'b'), ('"char"', 'a', 'b'),
	('uuid', '00000000-0000-0000-0000-000000000001', '00000000-0000-0000-0000-000000000002'), ('bool', 'true', 'false'), ('bytea', '\x00ff', '\x'),
	('date', '2020-01-01', 'infinity'), ('time', '12:00', '13:00'), ('timetz', '12:00+01', '13:00+02'), ('timestamp', '2020-01-01 12:00', '2020-01-02'),
	('timestamptz', '2020-01-01 12:00:00.000001Z', '2020-01-02Z'), ('interval', '1 day', '1 hour'), ('interval day to second(3)', '1 day', '1 hour'),
	('inet', '10.0.0.1', '::1'), ('cidr', '10.0.0.0/8', '::/0'), ('macaddr', '00:00:00:00:00:01', '00:00:00:00:00:02'), ('macaddr8', '00:00:00:00:00:00:00:01', '00:00:00:00:00:00:00:02'),
	('bit(3)', '101', '010'), ('bit varying', '1', '01'), ('int[]', '{1,2}', '{}'), ('text[]', '{"a,b"}', '{NULL}'), ('int4range', '[1,3)', 'empty'),
	('int4multirange', '{[1,3)}', '{}'), ('jsonb', '{"a": 1}', '[2]'), ('res.mood', 'sad', 'happy'), ('res.pair', '(1,"a b")', '(2,)'), ('res.code', 'ABC', 'B'),
	('pg_lsn', '0/1', 'F/FF'), ('tsvector', '''a'':1', '''b'''), ('tsquery', '''a'' & ''b''', '''b'''), ('xid8', '1', '2'), ('tid', '(0,1)', '(1,1)'), ('regtype', 'integer', 'text');
DO $$
DECLARE
	k res.keys;
	one jsonb;
	found text;
BEGIN
	FOR k IN SELECT * FROM res.keys LOOP
		EXECUTE format('CREATE TABLE res.keyed (k %s PRIMARY KEY, v int, created_at timestamptz)', k.type);
		EXECUTE format('INSERT INTO res.keyed VALUES (%L, 1), (%L, 2)', k.one, k.other);
		EXECUTE 'SELECT to_jsonb(x) FROM res.keyed x WHERE v = 1' INTO one;
		IF stormdisc_get_by_id('res.keyed', k.one) IS DISTINCT FROM one THEN
			RAISE WARNING '% by text: %', k.type, stormdisc_get_by_id('res.keyed', k.one);
		END IF;
		-- as a value of its own type, and of what the row says of it
		EXECUTE format('SELECT stormdisc_get_by_id(''res.keyed'', k%s)->>''v'' FROM res.keyed WHERE v = 2', CASE k.type WHEN '"char"' THEN '::text' END) INTO found;
		IF found IS DISTINCT FROM '2' THEN
			RAISE WARNING '% by value: %', k.type, found;
		END IF;
		IF stormdisc_update('res.keyed', k.one, '{"v": 3}')->>'v' <> '3' THEN
			RAISE WARNING '% is not updated', k.type;
		END IF;
		IF (SELECT count(*) FROM stormdisc_list('res.keyed', filter => jsonb_build_object('k', one->'k'))) <> 1 THEN
			RAISE WARNING '% is not found by a filter', k.type;
		END IF;
		-- one row after the other, in both directions
		FOREACH found IN ARRAY '{k,k desc,"created_at, k","created_at nulls first, k desc","v desc, k","created_at desc, v, k desc"}'::text[] LOOP
			IF (SELECT count(*) FROM stormdisc_list('res.keyed', per_page => 1, order_by => found) a,
				stormdisc_list('res.keyed', order_by => found, after => a) b, stormdisc_list('res.keyed', order_by => found, page => 1, per_page => 1) c
				WHERE b = c AND a <> b AND NOT EXISTS (SELECT FROM stormdisc_list('res.keyed', order_by => found, after => b))) <> 1 THEN
				RAISE WARNING '% is not paged by %', k.type, found;
			END IF;
		END LOOP;
		IF stormdisc_delete('res.keyed', k.one, false)->>'v' <> '3' THEN
			RAISE WARNING '% is not deleted', k.type;
		END IF;
		IF stormdisc_create('res.keyed', one)->'k' <> one->'k' THEN
			RAISE WARNING '% is not created again', k.type;
		END IF;
		DROP TABLE res.keyed;
	END LOOP;
END $$;

-- after the last row of a page: every order gives every row once, with NULLs,
-- equal values and both directions
CREATE TABLE res.many (id int PRIMARY KEY, a int, b text NOT NULL, c timestamptz, d float8 NOT NULL);
INSERT INTO res.many SELECT i, nullif(i % 5, 0), (i % 3)::text, CASE WHEN i % 4 > 0 THEN '2020-01-01Z'::timestamptz + (i % 7) * interval '1.000001 s' END, 1.0 / (i % 6 + 1) FROM generate_series(1, 60) i;
DO $$
DECLARE
	orders text;
	page int;
	whole jsonb[];
	found jsonb[];
	last jsonb;
	next jsonb[];
BEGIN
	FOREACH orders IN ARRAY ARRAY['id', 'id desc', 'a', 'a desc', 'a nulls first', 'a desc nulls last', 'b, a', 'b desc, a desc', 'b, a desc', 'b desc, d desc', 'd, b, id',
			'd desc, b desc, id desc', 'd, b desc', 'c, a, b', 'c desc, a nulls first, b', 'c nulls first, a desc nulls last, id desc', 'a, id', 'a desc nulls last, c desc nulls last']
	LOOP
		SELECT array_agg(r ORDER BY n) INTO whole FROM stormdisc_list('res.many', per_page => 1000, order_by => orders) WITH ORDINALITY l (r, n);
		FOREACH page IN ARRAY '{1,7,60,61}'::int[] LOOP
			found := '{}';
			last := NULL;
			LOOP
				SELECT array_agg(r ORDER BY n) INTO next FROM stormdisc_list('res.many', per_page => page, order_by => orders, after => last) WITH ORDINALITY l (r, n);
				EXIT WHEN next IS NULL;
				found := found || next;
				last := found[cardinality(found)];
			END LOOP;
			IF found <> whole OR cardinality(found) <> 60 THEN
				RAISE WARNING '%, % at once: % rows', orders, page, cardinality(found);
			END IF;
		END LOOP;
	END LOOP;
END $$;
SELECT stormdisc_list('res.many', page => 1, after => '{"id": 1}');
SELECT stormdisc_list('res.many', after => '{"a": 1}');
SELECT stormdisc_list('res.many', after => '1');
SELECT stormdisc_list('res.many', order_by => 'a', after => '{"id": 1}');
SELECT count(*) FROM stormdisc_list('res.many', order_by => 'b', after => '{"id": 1, "b": "1", "other": 1}');
SELECT count(*) FROM stormdisc_list('res.many', order_by => 'a', after => '{"id": 1, "a": null}', filter => '{"b": "0"}');
-- with indexes a page is found without reading those before it
CREATE TABLE res.large AS SELECT i AS id, i % 10 AS a, '2020-01-01Z'::timestamptz + i * interval '1 s' AS created_at FROM generate_series(1, 20000) i;
ALTER TABLE res.large ADD PRIMARY KEY (id), ALTER created_at SET NOT NULL, ALTER a SET NOT NULL;
CREATE INDEX ON res.large (created_at, id);
CREATE INDEX ON res.large (a, id);
ANALYZE res.large;
CREATE FUNCTION res.blocks(query text) RETURNS bigint LANGUAGE plpgsql AS $$
DECLARE
	plan json;
BEGIN
	EXECUTE 'EXPLAIN (ANALYZE, BUFFERS, TIMING OFF, FORMAT json) ' || query INTO plan;
	RETURN (plan->0->'Plan'->>'Shared Hit Blocks')::bigint + (plan->0->'Plan'->>'Shared Read Blocks')::bigint;
END $$;
SELECT res.blocks(query) IS NOT NULL AS warm, res.blocks(query) < 60 AS few FROM (VALUES
	($$SELECT stormdisc_list('res.large', per_page => 10, after => '{"id": 10000, "created_at": "2020-01-01T02:46:40Z"}')$$),
	($$SELECT stormdisc_list('res.large', per_page => 10, order_by => 'id', after => '{"id": 19000}')$$),
	($$SELECT stormdisc_list('res.large', per_page => 10, order_by => 'id desc', after => '{"id": 1000}')$$),
	($$SELECT stormdisc_list('res.large', per_page => 10, order_by => 'a', after => '{"id": 19005, "a": 5}')$$),
	($$SELECT stormdisc_list('res.large', per_page => 10, order_by => 'a desc', after => '{"id": 1005, "a": 5}')$$),
	($$SELECT stormdisc_get_by_id('res.large', 15000)$$)) v (query);

-- rows that are deleted softly
CREATE TABLE res.soft (id text PRIMARY KEY, n int, updated_at timestamp, deleted_at timestamptz);
SELECT count(stormdisc_create('res.soft', jsonb_build_object('id', id))) FROM unnest('{a,b,c}'::text[]) id;
SELECT stormdisc_delete('res.soft', 'a', false)->>'deleted_at' IS NOT NULL AS soft;
SELECT id, deleted_at IS NOT NULL AS deleted, updated_at IS NOT NULL AS updated FROM res.soft ORDER BY id;
SELECT stormdisc_get_by_id('res.soft', 'a');
SELECT stormdisc_get_by_id('res.soft', 'a', true)->>'id' AS id, stormdisc_get_by_id('res.soft', 'a', with_deleted => true)->>'n' AS n;
SELECT stormdisc_delete('res.soft', 'a', false);
SELECT stormdisc_update('res.soft', 'a', '{"n": 1}');
SELECT r->>'id' AS id FROM stormdisc_list('res.soft') r;
SELECT r->>'id' AS id FROM stormdisc_list('res.soft', with_deleted => true) r;
SELECT r->>'id' AS id FROM stormdisc_list('res.soft', filter => '{"deleted_at": null}') r;
SELECT res.bare(stormdisc_update('res.soft', 'a', '{"deleted_at": null}'));
SELECT res.bare(stormdisc_get_by_id('res.soft', 'a'));
SELECT res.bare(stormdisc_delete('res.soft', 'a', true));
SELECT res.bare(stormdisc_delete('res.soft', 'b', false)), res.bare(stormdisc_delete('res.soft', 'b', true));
SELECT stormdisc_delete('res.soft', 'b', true);
SELECT stormdisc_delete('res.soft', 'c', NULL);
SELECT id FROM res.soft;
SELECT stormdisc_delete(rel => 'res.apps', id => 3, hard => true)->>'name';
SELECT stormdisc_get_by_id('res.apps', 3);
-- what is called so but is no time is left alone
CREATE TABLE res.hard (id int PRIMARY KEY, deleted_at bool, updated_at text, created_at int);
SELECT stormdisc_create('res.hard', '{"id": 1, "deleted_at": true}'), stormdisc_update('res.hard', 1, '{"updated_at": "x"}');
SELECT stormdisc_list('res.hard');
SELECT stormdisc_update('res.hard', 1, '{}');
SELECT stormdisc_delete('res.hard', 1, false);
SELECT count(*) FROM res.hard;

CREATE TABLE res.generated (id int PRIMARY KEY, day date, updated_at date GENERATED ALWAYS AS (day + 1) STORED);
SELECT stormdisc_create('res.generated', '{"id": 1, "day": "2020-01-01"}'), stormdisc_update('res.generated', 1, '{"day": "2020-02-01"}');
DROP TABLE res.generated;

-- relations of other kinds, and without a key
CREATE TABLE res.parts (id int, v text, PRIMARY KEY (id)) PARTITION BY RANGE (id);
CREATE TABLE res.parts_1 PARTITION OF res.parts FOR VALUES FROM (1) TO (10);
CREATE TABLE res.parts_2 PARTITION OF res.parts FOR VALUES FROM (10) TO (20);
SELECT stormdisc_create('res.parts', '{"id": 1, "v": "a"}'), stormdisc_update('res.parts', 1, '{"id": 11}');
SELECT stormdisc_get_by_id('res.parts_2', 11), stormdisc_delete('res.parts', 11, false);
CREATE VIEW res.names AS SELECT id, name FROM res.apps;
SELECT stormdisc_get_by_id('res.names', 1), stormdisc_update('res.names', 1, '{"name": "by view"}');
SELECT r FROM stormdisc_list('res.names', order_by => 'name') r;
SELECT r FROM stormdisc_list('res.names', after => '{"id": 1}') r;
CREATE MATERIALIZED VIEW res.matview AS SELECT id, name FROM res.apps;
SELECT stormdisc_get_by_id('res.matview', 1);
SELECT stormdisc_create('res.matview', '{"id": 1}');
CREATE TABLE res.two (a int, b int, id int, PRIMARY KEY (a, b));
INSERT INTO res.two VALUES (1, 1, 1);
SELECT stormdisc_get_by_id('res.two', 1);
SELECT r FROM stormdisc_list('res.two', order_by => 'b') r;
SELECT stormdisc_list('res.two', order_by => 'b', after => '{"b": 1}');
CREATE TABLE res.none (a int, j json, p point);
SELECT stormdisc_create('res.none', '{"a": 1, "j": [1], "p": "(1,2)"}'), stormdisc_create('res.none', '{}');
SELECT count(*) FROM stormdisc_list('res.none');
SELECT stormdisc_get_by_id('res.none', 1);
SELECT stormdisc_list('res.none', filter => '{"j": [1]}');
SELECT stormdisc_list('res.none', order_by => 'p');
-- a column "id" does instead of a key, if it is one
CREATE TABLE res.loose (id int, v int);
INSERT INTO res.loose VALUES (1, 1), (2, 1), (2, 2);
SELECT stormdisc_get_by_id('res.loose', 1);
SELECT stormdisc_get_by_id('res.loose', 2);
SELECT stormdisc_update('res.loose', 2, '{"v": 3}');
SELECT stormdisc_delete('res.loose', 2, false);
SELECT * FROM res.loose ORDER BY id, v;
-- dropped and generated columns, triggers and rules
CREATE TABLE res.odd (gone int, id int PRIMARY KEY, v int, g int GENERATED ALWAYS AS (v * 2) STORED);
ALTER TABLE res.odd DROP gone;
CREATE FUNCTION res.refuse() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN IF NEW.v OPERATOR(pg_catalog.=) 13 THEN RETURN NULL; END IF; RETURN NEW; END $$;
CREATE TRIGGER refuse BEFORE INSERT OR UPDATE ON res.odd FOR EACH ROW EXECUTE FUNCTION res.refuse();
SELECT stormdisc_create('res.odd', '{"id": 1, "v": 2}'), stormdisc_update('res.odd', 1, '{"v": 3}');
SELECT stormdisc_create('res.odd', '{"id": 2, "g": 2}');
SELECT stormdisc_create('res.odd', '{"id": 2, "v": 13}');
SELECT stormdisc_update('res.odd', 1, '{"v": 13}');
SELECT stormdisc_create('res.odd', '{"gone": 1}');
-- the caller's search path is that of its triggers, and no operator of its is used
CREATE FUNCTION res.wrong(int, int) RETURNS bool LANGUAGE plpgsql AS $$ BEGIN RAISE EXCEPTION 'not this operator'; END $$;
CREATE OPERATOR res.= (LEFTARG = int, RIGHTARG = int, FUNCTION = res.wrong);
CREATE FUNCTION res.path() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE NOTICE 'search_path: %', current_setting('search_path'); RETURN NEW; END $$;
CREATE TRIGGER path BEFORE UPDATE ON res.odd FOR EACH ROW EXECUTE FUNCTION res.path();
BEGIN;
SET LOCAL search_path = res, pg_catalog, public;
SELECT stormdisc_get_by_id('odd', 1), stormdisc_update('odd', 1, '{"v": 4}');
ROLLBACK;
-- a read-only transaction
BEGIN READ ONLY;
SELECT stormdisc_get_by_id('res.odd', 1), (SELECT count(*) FROM stormdisc_list('res.odd'));
SELECT stormdisc_update('res.odd', 1, '{"v": 4}');
ROLLBACK;

-- the caller's rights, and row security
CREATE ROLE regress_res_some;
CREATE ROLE regress_res_none;
GRANT USAGE ON SCHEMA res TO regress_res_some, regress_res_none;
GRANT EXECUTE ON FUNCTION stormdisc_create(regclass, jsonb), stormdisc_update(regclass, anyelement, jsonb), stormdisc_update(regclass, text, jsonb),
	stormdisc_delete(regclass, anyelement, bool), stormdisc_delete(regclass, text, bool) TO regress_res_some, regress_res_none;
CREATE TABLE res.owned (id int PRIMARY KEY, owner text DEFAULT current_user, v int, secret text);
INSERT INTO res.owned VALUES (1, 'regress_res_some', 1), (2, 'somebody else', 2);
ALTER TABLE res.owned ENABLE ROW LEVEL SECURITY;
CREATE POLICY own ON res.owned USING (owner = current_user);
GRANT SELECT, INSERT, UPDATE, DELETE ON res.owned TO regress_res_some;
CREATE TABLE res.columns (id int PRIMARY KEY, v int, secret text);
INSERT INTO res.columns VALUES (1, 1, 'x');
GRANT SELECT (id, v), UPDATE (v), INSERT (id, v) ON res.columns TO regress_res_some;
CREATE TABLE res.write_only (id int PRIMARY KEY);
GRANT INSERT ON res.write_only TO regress_res_some;
SET ROLE regress_res_some;
SELECT stormdisc_get_by_id('res.owned', 1);
SELECT stormdisc_get_by_id('res.owned', 2);
SELECT stormdisc_list('res.owned');
SELECT stormdisc_update('res.owned', 1, '{"v": 5}');
SELECT stormdisc_update('res.owned', 2, '{"v": 5}');
SELECT stormdisc_update('res.owned', 1, '{"owner": "somebody else"}');
SELECT stormdisc_create('res.owned', '{"id": 3}');
SELECT stormdisc_create('res.owned', '{"id": 4, "owner": "somebody else"}');
SELECT stormdisc_delete('res.owned', 2, false);
SELECT stormdisc_delete('res.owned', 3, false);
SELECT stormdisc_get_by_id('res.columns', 1);
SELECT stormdisc_list('res.columns');
SELECT stormdisc_update('res.columns', 1, '{"secret": "y"}');
SELECT stormdisc_update('res.columns', 1, '{"v": 2}');
SELECT stormdisc_create('res.write_only', '{"id": 1}');
SELECT stormdisc_get_by_id('res.apps', 1);
SELECT stormdisc_add_timestamps('res.owned');
SELECT stormdisc_create_compat_view('res.owned', 1);
RESET ROLE;
SET ROLE regress_res_none;
SELECT stormdisc_get_by_id('res.owned', 1);
SELECT stormdisc_list('res.owned');
SELECT stormdisc_create('res.owned', '{"id": 5}');
SELECT stormdisc_update('res.owned', 1, '{"v": 5}');
SELECT stormdisc_delete('res.owned', 1, false);
RESET ROLE;
SELECT id, owner, v FROM res.owned ORDER BY id;
-- views for older versions
SELECT stormdisc_create_compat_view('res.apps', 1, '{id,"name AS title"," \"description\" as \"Text\" "}');
SELECT * FROM res.apps_v1 ORDER BY id;
SELECT obj_description('res.apps_v1'::regclass), reloptions FROM pg_class WHERE oid = 'res.apps_v1'::regclass;
SELECT stormdisc_update('res.apps_v1', 1, '{"title": "old name"}');
SELECT stormdisc_get_by_id('res.apps', 1)->>'name' AS name;
SELECT stormdisc_create_compat_view('res.apps', 2);
ALTER TABLE res.apps ADD COLUMN kind text NOT NULL DEFAULT 'standard';
SELECT r ? 'kind' AS new, r ? 'price' AS old FROM stormdisc_list('res.apps_v2', 0, 1) r;
SELECT res.bare(stormdisc_create('res.apps_v2', '{"name": "by v2"}'));
SELECT stormdisc_create_compat_view('res.apps', 1);
SELECT stormdisc_create_compat_view('res.apps', 0);
SELECT stormdisc_create_compat_view('res.apps', NULL);
SELECT stormdisc_create_compat_view('res.apps', 3, '{}');
SELECT stormdisc_create_compat_view('res.apps', 3, '{id,NULL}');
SELECT stormdisc_create_compat_view('res.apps', 3, '{id,nam}');
SELECT stormdisc_create_compat_view('res.apps', 3, '{id,"name AS"}');
SELECT stormdisc_create_compat_view('res.apps', 3, '{id,"name title"}');
SELECT stormdisc_create_compat_view('res.apps', 3, '{id,"name AS id"}');
SELECT stormdisc_create_compat_view('res.apps', 3, '{{id,name}}');
SELECT stormdisc_create_compat_view('res.apps', 3, ARRAY['name AS ' || repeat('x', 64)]);
CREATE TABLE res.a_name_of_sixty_two_letters_is_too_long_for_another_suffix_xxx (id int);
SELECT stormdisc_create_compat_view('res.a_name_of_sixty_two_letters_is_too_long_for_another_suffix_xxx', 1);
SET ROLE regress_res_none;
SELECT * FROM res.apps_v1;
RESET ROLE;

-- times of rows
CREATE TABLE res.timed (id int PRIMARY KEY, v int);
INSERT INTO res.timed VALUES (1, 1), (2, 2);
SELECT unnest(stormdisc_add_timestamps('res.timed'));
SELECT stormdisc_add_timestamps('res.timed');
SELECT id, created_at = updated_at AS same, created_at <= now() AS past FROM res.timed ORDER BY id;
UPDATE res.timed SET v = 10 WHERE id = 1;
SELECT id, updated_at > created_at AS updated FROM res.timed ORDER BY id;
UPDATE res.timed SET updated_at = '2000-01-01Z' WHERE id = 2;
SELECT updated_at = '2000-01-01Z' AS given FROM res.timed WHERE id = 2;
SELECT stormdisc_update('res.timed', 2, '{"v": 3}')->>'updated_at' > '2020' AS updated;
INSERT INTO res.timed VALUES (2, 4) ON CONFLICT (id) DO UPDATE SET v = EXCLUDED.v;
INSERT INTO res.timed VALUES (3, 3);
SELECT id, v, updated_at > created_at AS updated FROM res.timed ORDER BY id;
CREATE TABLE res.half_timed (id int PRIMARY KEY, created_at timestamp, updated_at timestamp) PARTITION BY RANGE (id);
CREATE TABLE res.half_timed_1 PARTITION OF res.half_timed FOR VALUES FROM (1) TO (10);
SELECT unnest(stormdisc_add_timestamps('res.half_timed'));
INSERT INTO res.half_timed VALUES (1);
UPDATE res.half_timed SET id = 2;
SELECT id, created_at IS NULL AS none, updated_at > now() - interval '1 hour' AS updated FROM res.half_timed;
SELECT stormdisc_add_timestamps('res.half_timed');
SELECT stormdisc_add_timestamps('res.hard');
SELECT stormdisc_add_timestamps('res.names');
SELECT stormdisc_add_timestamps(NULL);
SELECT stormdisc_add_timestamps(0::oid::regclass);
SET ROLE regress_res_some;
SELECT stormdisc_add_timestamps('res.timed');
RESET ROLE;
CREATE TRIGGER wrong AFTER UPDATE ON res.victim FOR EACH ROW EXECUTE FUNCTION stormdisc_set_updated_at();
UPDATE res.victim SET t = 1;
DROP TRIGGER wrong ON res.victim;
CREATE TRIGGER wrong BEFORE UPDATE ON res.victim FOR EACH ROW EXECUTE FUNCTION stormdisc_set_updated_at();
UPDATE res.victim SET t = 1;
SELECT stormdisc_set_updated_at();

\set VERBOSITY terse
SET client_min_messages = warning;
DROP SCHEMA res CASCADE;
REVOKE ALL ON FUNCTION stormdisc_create(regclass, jsonb), stormdisc_update(regclass, anyelement, jsonb), stormdisc_update(regclass, text, jsonb),
	stormdisc_delete(regclass, anyelement, bool), stormdisc_delete(regclass, text, bool) FROM regress_res_some, regress_res_none;
DROP ROLE regress_res_some, regress_res_none;
