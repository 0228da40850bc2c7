--
-- stormdisc_map_type: names of types in another tool's dialect
--
SET client_min_messages = warning;
CREATE SCHEMA disc_map;
CREATE SCHEMA disc_map2;
SET search_path = disc_map, public;
CREATE TYPE mood AS ENUM ('sad', 'ok');
CREATE TYPE comp AS (a int);
CREATE DOMAIN dom AS numeric(10,2);
CREATE DOMAIN dom2 AS dom;
CREATE DOMAIN dom_mood AS mood;
CREATE DOMAIN dom_list AS int[];
CREATE DOMAIN "Odd name" AS varchar(3);
CREATE TYPE disc_map2.mood AS ENUM ('other');
CREATE TABLE row_type (a int);

-- every type of the built-in map, by every spelling
SELECT t AS type, stormdisc_map_type(t) AS mapped
FROM unnest('{int2,int4,int8,smallint,integer,int,bigint,serial,bigserial,smallserial,
	serial2,serial4,serial8,pg_catalog.int4,INTEGER,"  int4 ",
	float4,float8,real,double precision,float,float(20),numeric,decimal,"numeric(10,2)","numeric(10,-2)",
	bool,boolean,bytea,
	text,varchar,character varying,"varchar(10)",
	char,character,bpchar,"char(3)",char varying,nchar}'::text[]) WITH ORDINALITY AS u(t, n)
ORDER BY n;
SELECT stormdisc_map_type('"char"') AS quoted_char, stormdisc_map_type('pg_catalog."char"') AS same,
	stormdisc_map_type('pg_catalog.bpchar') AS bpchar;

-- domains have their base type's
SELECT t AS type, stormdisc_map_type(t) AS mapped
FROM unnest('{dom,dom2,disc_map.dom2,"\"Odd name\""}'::text[]) u(t);

-- everything else is text, with a notice, or an error
SET client_min_messages = notice;
SELECT stormdisc_map_type('date');
SELECT stormdisc_map_type('mood');
\set VERBOSITY sqlstate
SELECT t AS type, stormdisc_map_type(t) AS mapped
FROM unnest('{timestamptz,"timestamp(3) with time zone",interval,uuid,jsonb,xml,inet,money,oid,name,
	"int4[]","numeric(10,2)[]",mood,dom_mood,dom_list,comp,row_type,int4range,int4multirange,
	"int4 array","bit varying(3)",record,anyelement}'::text[]) WITH ORDINALITY AS u(t, n) ORDER BY n;
SELECT stormdisc_map_type('date', strict => true);
SELECT stormdisc_map_type('mood', strict => true);
SELECT stormdisc_map_type('int4', strict => true), stormdisc_map_type('dom2', 'stormweaver', true);
SET client_min_messages = warning;
SELECT stormdisc_map_type('date', strict => false);

-- NULL
SELECT stormdisc_map_type(NULL) IS NULL AS a, stormdisc_map_type(NULL, 'stormweaver', true) IS NULL AS b,
	stormdisc_map_type('int4', NULL) AS c, stormdisc_map_type('int4', NULL, NULL) AS d,
	stormdisc_map_type('date', NULL, NULL) AS e;

-- unknown types and dialects, and text that is no type
SELECT stormdisc_map_type('nothing');
SELECT stormdisc_map_type('nothing', strict => true);
SELECT stormdisc_map_type('disc_map.nothing');
SELECT stormdisc_map_type('no_schema.int4');
SELECT stormdisc_map_type('int4', 'no dialect');
SELECT stormdisc_map_type('int4', '');
SELECT stormdisc_map_type('int4', 'StormWeaver');
SELECT stormdisc_map_type('');
SELECT stormdisc_map_type(' ');
SELECT stormdisc_map_type('int4; DROP TABLE row_type');
SELECT stormdisc_map_type('int4) UNION SELECT (1');
SELECT stormdisc_map_type('setof int4');
SELECT stormdisc_map_type('int4 --');
SELECT stormdisc_map_type('row_type.a%TYPE');
SELECT stormdisc_map_type('serial[]');
SELECT stormdisc_map_type('varchar(0)');
SELECT stormdisc_map_type('numeric(1001)');
SELECT stormdisc_map_type('a.b.c.d');
SELECT stormdisc_map_type('"unfinished');
SELECT stormdisc_map_type(repeat('x', 10000));
\set VERBOSITY default
SELECT stormdisc_map_type('int4', 'no dialect');
SELECT stormdisc_map_type('nothing');
SELECT stormdisc_map_type('date', strict => true);
SET client_min_messages = warning;

-- the caller's search path finds the type
SET search_path = disc_map2, public;
SELECT stormdisc_map_type('mood');
SELECT stormdisc_map_type('disc_map.dom');
SELECT stormdisc_map_type('pg_catalog.text');
SET search_path = disc_map, public;

--
-- The table: additions and overrides
--
BEGIN;
INSERT INTO stormdisc.type_map VALUES
	('stormweaver', 'uuid', 'CHAR'),
	('stormweaver', 'mood', 'VARCHAR'),
	('stormweaver', 'numeric', 'TEXT'),
	('mine', 'int4', 'number'),
	('mine', 'disc_map.mood', 'a mood'),
	('mine', 'mood', 'any mood'),
	('mine', 'dom', 'money'),
	('mine', '_int4', 'numbers'),
	('mine', '"Odd name"', 'WRONG: quoted'),
	('mine', 'Odd name', 'odd');
SELECT t AS type, stormdisc_map_type(t) AS stormweaver, stormdisc_map_type(t, 'mine') AS mine
FROM unnest('{uuid,mood,disc_map2.mood,dom_mood,numeric,dom,dom2,int4,"int4[]",dom_list,"\"Odd name\"",text,date}'::text[])
	WITH ORDINALITY AS u(t, n) ORDER BY n;
-- in strict mode a type is mapped or not
SELECT stormdisc_map_type('uuid', 'stormweaver', true), stormdisc_map_type('dom_mood', 'mine', true);
-- columns use the same map
CREATE TABLE t (a uuid, b mood, c dom2, d int, e date, f dom_mood);
SELECT column_name, storm_type, storm_type_mapped FROM stormdisc_columns('t');
ROLLBACK;
SELECT stormdisc_map_type('uuid');
\set VERBOSITY sqlstate
SELECT stormdisc_map_type('int4', 'mine');

-- a schema-qualified row wins over a bare one, nearer types over their bases
BEGIN;
INSERT INTO stormdisc.type_map VALUES
	('stormweaver', 'pg_catalog.int4', 'by schema'), ('stormweaver', 'int4', 'by name'),
	('stormweaver', 'disc_map.dom', 'of dom'), ('stormweaver', 'dom2', 'of dom2');
SELECT stormdisc_map_type('int4'), stormdisc_map_type('dom'), stormdisc_map_type('dom2'), stormdisc_map_type('int8');
ROLLBACK;
\set VERBOSITY default

-- only those who may write the table change the map
CREATE ROLE regress_disc_plain;
SET ROLE regress_disc_plain;
SELECT stormdisc_map_type('int4');
\set VERBOSITY sqlstate
INSERT INTO stormdisc.type_map VALUES ('stormweaver', 'uuid', 'CHAR');
\set VERBOSITY default
RESET ROLE;
DROP ROLE regress_disc_plain;
DROP SCHEMA disc_map, disc_map2 CASCADE;

-- a role that may not read the table sees that it may not
CREATE ROLE regress_stormdisc_mapless;
REVOKE SELECT ON stormdisc.type_map FROM PUBLIC;
CREATE TABLE map_type_denied (a int);
SET ROLE regress_stormdisc_mapless;
SELECT stormdisc_map_type('integer');
SELECT stormdisc_map_type('integer', 'elsewhere');
SELECT column_name, storm_type, storm_type_mapped, problem FROM stormdisc_columns('map_type_denied');
RESET ROLE;
GRANT SELECT ON stormdisc.type_map TO PUBLIC;
DROP TABLE map_type_denied;
DROP ROLE regress_stormdisc_mapless;
