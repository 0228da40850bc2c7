--
-- stormdisc_diagram: tables and foreign keys as text for Mermaid and Graphviz
--
SET client_min_messages = warning;
CREATE SCHEMA disc_dia;
CREATE SCHEMA "Odd ""one";
SET search_path = disc_dia, public;
\pset format unaligned
\pset tuples_only on

CREATE TABLE author (id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, mail text UNIQUE, gone int, mentor bigint REFERENCES author);
ALTER TABLE author DROP gone;
CREATE TABLE book (id int PRIMARY KEY, author bigint NOT NULL REFERENCES author, price numeric(8,2), tags varchar(20)[]);
CREATE TABLE cover (book int PRIMARY KEY REFERENCES book, a int, b int, UNIQUE (a, b));
CREATE TABLE sale (at timestamptz, book int REFERENCES book) PARTITION BY RANGE (at);
CREATE TABLE sale_1 PARTITION OF sale DEFAULT;
SELECT stormdisc_diagram(schemas => '{disc_dia}');
SELECT stormdisc_diagram(schemas => '{disc_dia}', format => 'graphviz');
SELECT stormdisc_diagram(schemas => '{disc_dia}', format => 'DOT')
	= stormdisc_diagram(schemas => '{disc_dia}', format => 'Graphviz') AS same;
SELECT stormdisc_diagram(schemas => '{disc_dia}', format => NULL)
	= stormdisc_diagram(schemas => '{disc_dia}', format => 'mermaid') AS same;

-- what one table is linked to is there by name; partitions only if asked for
SELECT stormdisc_diagram('cover');
SELECT stormdisc_diagram('book', format => 'dot');
SELECT stormdisc_diagram('sale_1');
SELECT stormdisc_diagram(include => '{sale_1}');
SELECT stormdisc_diagram(schemas => '{disc_dia}', exclude => '{book,c*}');
SELECT stormdisc_diagram(schemas => '{disc_dia}', include => '{nothing}');
SELECT stormdisc_diagram(schemas => '{disc_dia}', include => '{nothing}', format => 'dot');

-- names that mean something to the tools
CREATE TYPE "Odd ""one"."ty<pe" AS ENUM ('a');
CREATE TABLE "Odd ""one"."a {b} <c> #1; %%" ("pk" int PRIMARY KEY, "x y" "Odd ""one"."ty<pe", "1st" int, "__init__" int,
	"uk-x" int, "FK" int REFERENCES "Odd ""one"."a {b} <c> #1; %%", "back\slash" int, "_ok" interval day to second(3));
SELECT stormdisc_diagram(schemas => '{"Odd \"one"}');
SELECT stormdisc_diagram(schemas => '{"Odd \"one"}', format => 'dot');

-- errors
\set VERBOSITY default
SELECT stormdisc_diagram(format => 'png');
SELECT stormdisc_diagram(format => '');
CREATE VIEW a_view AS SELECT 1;
SELECT stormdisc_diagram('a_view');
SELECT stormdisc_diagram(schemas => '{nowhere}');
DROP SCHEMA disc_dia, "Odd ""one" CASCADE;

-- what is excluded is not even a box without columns
CREATE SCHEMA disc_dia_ex;
CREATE TABLE disc_dia_ex.a (id int PRIMARY KEY);
CREATE TABLE disc_dia_ex.b (a int REFERENCES disc_dia_ex.a);
SELECT stormdisc_diagram(schemas => '{disc_dia_ex}', exclude => '{b}');
SELECT stormdisc_diagram(schemas => '{disc_dia_ex}', include => '{a}');
DROP TABLE disc_dia_ex.a, disc_dia_ex.b;
DROP SCHEMA disc_dia_ex;
