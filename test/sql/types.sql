--
-- stormdisc_types: enums, domains, composites, ranges, base and shell types
--
-- A domain's not null is a constraint with a name from PostgreSQL 17 on, so
-- that is left to the pgTAP tests.
--
SET client_min_messages = warning;
CREATE ROLE regress_disc_owner;
CREATE SCHEMA disc_types;
CREATE SCHEMA "Disc ""types";
SET search_path = disc_types, public;

--
-- Enums: in their order, which is not that of OIDs
--
CREATE TYPE mood AS ENUM ('sad', 'ok', 'happy');
ALTER TYPE mood ADD VALUE 'meh' BEFORE 'ok';
ALTER TYPE mood ADD VALUE 'It''s "great", \n' AFTER 'happy';
ALTER TYPE mood RENAME VALUE 'sad' TO 'blue';
CREATE TYPE "Disc ""types"."Mood, of a ""type""" AS ENUM ();
COMMENT ON TYPE mood IS 'comment of mood';
ALTER TYPE mood OWNER TO regress_disc_owner;
SELECT schema_name, type_name, type_kind, labels, owner = current_user AS mine, comment, problem
FROM stormdisc_types(schemas => '{disc_types,"Disc \"types"}');
SELECT owner FROM stormdisc_types(schemas => '{disc_types}');

--
-- Domains: the base, the default, and the constraints of every level
--
CREATE DOMAIN d_num AS numeric(10, 2) DEFAULT 1.50 CONSTRAINT positive CHECK (VALUE > 0);
CREATE DOMAIN d_mid AS d_num CONSTRAINT b_small CHECK (VALUE < 1000) CONSTRAINT a_odd CHECK (VALUE <> 7);
CREATE DOMAIN "Disc ""types"."D top" AS d_mid DEFAULT 2 CONSTRAINT "T t" CHECK (VALUE IS NOT NULL);
ALTER DOMAIN "Disc ""types"."D top" ADD CONSTRAINT later CHECK (VALUE <> 13) NOT VALID;
ALTER DOMAIN d_mid DROP DEFAULT;
COMMENT ON CONSTRAINT b_small ON DOMAIN d_mid IS 'comment of b_small';
CREATE DOMAIN d_array AS mood[] CHECK (array_length(VALUE, 1) < 3);
CREATE DOMAIN d_collated AS varchar(5) COLLATE "C";
CREATE DOMAIN d_required AS int;
ALTER DOMAIN d_required SET NOT NULL;
CREATE DOMAIN d_over AS d_required;
SELECT type_name, base_type, not_null, default_value, "collation"
FROM stormdisc_types(schemas => '{disc_types,"Disc \"types"}') WHERE type_kind = 'domain';
SELECT type_name, constraint_names, constraint_domains, constraint_validated, constraint_comments
FROM stormdisc_types(schemas => '{disc_types,"Disc \"types"}')
WHERE type_kind = 'domain' AND type_name NOT IN ('d_required', 'd_over');
SELECT type_name, unnest(constraint_definitions)
FROM stormdisc_types(schemas => '{disc_types,"Disc \"types"}')
WHERE type_kind = 'domain' AND type_name NOT IN ('d_required', 'd_over');
ALTER DOMAIN "Disc ""types"."D top" VALIDATE CONSTRAINT later;
SELECT constraint_validated FROM stormdisc_types(include => '{"\"D top\""}');
-- a check that names other objects, and one laid out on lines
CREATE FUNCTION "Disc ""types"."F f"(numeric) RETURNS bool LANGUAGE sql IMMUTABLE AS 'SELECT true';
CREATE DOMAIN d_check AS numeric
	CHECK ("Disc ""types"."F f"(VALUE))
	CHECK (CASE WHEN VALUE > 1 THEN VALUE < 9 ELSE true END);
SELECT constraint_definitions FROM stormdisc_types(include => '{d_check}');
DROP DOMAIN "Disc ""types"."D top", d_mid, d_num, d_array, d_collated, d_over, d_required, d_check;

--
-- Composites: attributes in order, dropped ones hidden
--
CREATE TYPE comp AS (gone int, a numeric(8, 3), "B b" text COLLATE "C", c mood[], d varchar(7));
ALTER TYPE comp DROP ATTRIBUTE gone;
ALTER TYPE comp ADD ATTRIBUTE e timestamp(3) with time zone;
ALTER TYPE comp RENAME ATTRIBUTE a TO "A a";
COMMENT ON COLUMN comp."B b" IS 'comment of B b';
COMMENT ON TYPE comp IS 'comment of comp';
CREATE TYPE empty AS ();
CREATE TYPE nested AS (c comp, cs comp[]);
SELECT type_name, attribute_names, attribute_types, attribute_collations, attribute_comments, comment
FROM stormdisc_types(schemas => '{disc_types}') WHERE type_kind = 'composite';

--
-- Ranges, with their multiranges
--
CREATE FUNCTION t_diff(float8, float8) RETURNS float8 LANGUAGE sql IMMUTABLE AS 'SELECT $1 - $2';
CREATE TYPE r_plain AS RANGE (SUBTYPE = float8, SUBTYPE_DIFF = t_diff);
CREATE TYPE r_text AS RANGE (SUBTYPE = text, COLLATION = "C", SUBTYPE_OPCLASS = text_pattern_ops,
	MULTIRANGE_TYPE_NAME = "Disc ""types"."Many of r");
SELECT type_name, subtype, subtype_opclass, subtype_collation, canonical, subtype_diff, multirange_type
FROM stormdisc_types(schemas => '{disc_types,"Disc \"types"}') WHERE type_kind = 'range';
SELECT canonical, subtype_diff FROM stormdisc_types(schemas => '{pg_catalog}', include => '{int4range}');

--
-- Base types, and shells
--
CREATE TYPE base_t;
CREATE FUNCTION base_in(cstring) RETURNS base_t LANGUAGE internal IMMUTABLE STRICT AS 'int4in';
CREATE FUNCTION base_out(base_t) RETURNS cstring LANGUAGE internal IMMUTABLE STRICT AS 'int4out';
CREATE FUNCTION base_recv(internal) RETURNS base_t LANGUAGE internal IMMUTABLE STRICT AS 'int4recv';
CREATE FUNCTION base_send(base_t) RETURNS bytea LANGUAGE internal IMMUTABLE STRICT AS 'int4send';
CREATE TYPE base_t (INPUT = base_in, OUTPUT = base_out, RECEIVE = base_recv, SEND = base_send,
	INTERNALLENGTH = 4, PASSEDBYVALUE, ALIGNMENT = int4, DEFAULT = '42', CATEGORY = 'x', PREFERRED = true,
	DELIMITER = ';');
CREATE TYPE text_t;
CREATE FUNCTION text_in(cstring, oid, int4) RETURNS text_t LANGUAGE internal IMMUTABLE STRICT AS 'varcharin';
CREATE FUNCTION text_out(text_t) RETURNS cstring LANGUAGE internal IMMUTABLE STRICT AS 'varcharout';
CREATE FUNCTION text_modin(cstring[]) RETURNS int LANGUAGE internal IMMUTABLE STRICT AS 'varchartypmodin';
CREATE FUNCTION text_modout(int) RETURNS cstring LANGUAGE internal IMMUTABLE STRICT AS 'varchartypmodout';
CREATE TYPE text_t (INPUT = text_in, OUTPUT = text_out, TYPMOD_IN = text_modin, TYPMOD_OUT = text_modout,
	STORAGE = extended, COLLATABLE = true, ALIGNMENT = int4);
CREATE TYPE shell_t;
SELECT type_name, type_kind, input_function, output_function, receive_function, send_function,
	typmod_in_function AS modin, typmod_out_function AS modout
FROM stormdisc_types(schemas => '{disc_types}') WHERE type_kind IN ('base', 'shell');
SELECT type_name, default_value, internal_length AS len, by_value, alignment, storage, category, is_preferred,
	delimiter, element_type, is_collatable
FROM stormdisc_types(schemas => '{disc_types}') WHERE type_kind IN ('base', 'shell');
-- a modifier of a domain's base
CREATE DOMAIN d_mod AS text_t(12);
SELECT base_type, "collation" FROM stormdisc_types(include => '{d_mod}');
SELECT analyze_function, subscript_function, element_type
FROM stormdisc_types(schemas => '{pg_catalog}', include => '{point,tsvector}');

--
-- What is left out: row types, arrays, multiranges, other kinds of the server's
--
CREATE TABLE tab (a comp, b d_mod);
CREATE VIEW vie AS SELECT 1 AS x;
CREATE TABLE part (a int) PARTITION BY LIST (a);
SELECT type_name FROM stormdisc_types(schemas => '{disc_types,"Disc \"types"}')
WHERE type_name ~ '^_|tab|vie|part|any|Many|multirange';
SELECT count(*) FROM stormdisc_types() WHERE schema_name IN ('pg_catalog', 'information_schema');
-- of an extension
CREATE EXTENSION IF NOT EXISTS hstore SCHEMA "Disc ""types";
SELECT count(*) FROM stormdisc_types() WHERE type_name ~ 'hstore';

--
-- Scope: what a relation uses, patterns, temporary types
--
CREATE TABLE uses_some (a mood, b d_mod[], c int, d "Disc ""types".hstore);
SELECT schema_name, type_name FROM stormdisc_types('uses_some');
SELECT type_name FROM stormdisc_types(include => '{disc_types.r_*,"\"Disc \"\"types\".*"}', exclude => '{r_text}');
CREATE TEMP TABLE tmp (a int);
CREATE TYPE pg_temp.tmp_type AS ENUM ('a');
SELECT schema_name, type_name FROM stormdisc_types(include => '{tmp*}');

DROP TABLE tmp;
DROP TYPE pg_temp.tmp_type;
DROP EXTENSION hstore CASCADE;
DROP SCHEMA disc_types, "Disc ""types" CASCADE;
DROP ROLE regress_disc_owner;
