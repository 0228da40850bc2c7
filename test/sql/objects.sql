--
-- Objects with one function each: stormdisc_schemas, _extensions,
-- _statistics, _event_triggers, _collations, _conversions, _text_search
--
SET client_min_messages = warning;
CREATE ROLE regress_disc_owner;
CREATE SCHEMA disc_obj AUTHORIZATION regress_disc_owner;
CREATE SCHEMA "Disc ""obj";
COMMENT ON SCHEMA disc_obj IS 'comment of disc_obj';
SET search_path = disc_obj, public;

--
-- Schemas
--
SELECT schema_name, is_default, owner = 'regress_disc_owner' AS is_owner, comment, problem
FROM stormdisc_schemas(include => '{disc_*,public,"\"Disc \"\"obj\""}');
-- ours and the server's are not there, unless they are named
SELECT schema_name FROM stormdisc_schemas() WHERE schema_name ~ '^(pg_|information|stormdisc)';
SELECT schema_name FROM stormdisc_schemas(schemas => '{information_schema,stormdisc,pg_catalog}');
CREATE TEMP TABLE tmp (a int);
SELECT schema_name FROM stormdisc_schemas(include => '{pg_temp}');
SELECT schema_name FROM stormdisc_schemas(schemas => '{pg_temp}');
CREATE TABLE tab (a int, b int, "C c" text);
SELECT schema_name FROM stormdisc_schemas('tab');
DROP TABLE tmp;

--
-- Extensions
--
CREATE EXTENSION hstore SCHEMA "Disc ""obj" VERSION '1.8';
COMMENT ON EXTENSION hstore IS 'comment of hstore';
SELECT schema_name, extension_name, version, is_relocatable, config_tables, config_conditions, comment, problem
FROM stormdisc_extensions(include => '{hstore}');
SELECT extension_name, is_relocatable, 'stormdisc.type_map' = ANY (config_tables) AS has_type_map,
	cardinality(config_tables) = cardinality(config_conditions) AS same_length
FROM stormdisc_extensions(include => '{stormdisc}');
-- initdb brought plpgsql: no dump has it, but it can be asked for
SELECT extension_name FROM stormdisc_extensions() WHERE extension_name = 'plpgsql';
SELECT extension_name FROM stormdisc_extensions(schemas => '{pg_catalog}');
SELECT extension_name FROM stormdisc_extensions(schemas => '{"Disc \"obj"}');
-- a relation uses it by its type
CREATE TABLE hs (a "Disc ""obj".hstore);
SELECT extension_name FROM stormdisc_extensions('hs');
SELECT extension_name FROM stormdisc_extensions('tab');
DROP EXTENSION hstore CASCADE;
DROP TABLE hs;

--
-- Extended statistics
--
CREATE STATISTICS st_all ON a, b, "C c" FROM tab;
CREATE STATISTICS st_some (mcv, ndistinct) ON "C c", a FROM tab;
CREATE STATISTICS st_expr (dependencies) ON (a + b * 2), lower("C c"), b FROM tab;
CREATE STATISTICS st_one ON (CASE WHEN a > 1 THEN 'it''s' ELSE "C c" END) FROM tab;
CREATE STATISTICS "Disc ""obj"."St other" ON a, b FROM tab;
ALTER STATISTICS st_some SET STATISTICS 250;
ALTER STATISTICS st_all SET STATISTICS 100;
ALTER STATISTICS st_all SET STATISTICS -1;
ALTER STATISTICS st_all OWNER TO regress_disc_owner;
COMMENT ON STATISTICS st_all IS 'comment of st_all';
ALTER TABLE tab RENAME b TO "B b";
SELECT schema_name, statistics_name, table_schema, table_name, kinds, columns, statistics_target AS target,
	owner = 'regress_disc_owner' AS is_owner, comment, problem
FROM stormdisc_statistics('tab');
SELECT statistics_name, expressions FROM stormdisc_statistics('tab');
SELECT definition FROM stormdisc_statistics('tab');
-- they go with the table, whatever their own schema is
SELECT statistics_name FROM stormdisc_statistics(schemas => '{disc_obj}', exclude => '{st_*}');
SELECT statistics_name FROM stormdisc_statistics(schemas => '{"Disc \"obj"}');
CREATE MATERIALIZED VIEW mv AS SELECT 1 AS x, 2 AS y;
CREATE STATISTICS st_mv ON x, y FROM mv;
SELECT table_name, columns FROM stormdisc_statistics(include => '{mv}');
CREATE VIEW vie AS SELECT 1 AS x;
SELECT * FROM stormdisc_statistics('vie');

--
-- Event triggers
--
CREATE FUNCTION "Ev f"() RETURNS event_trigger LANGUAGE plpgsql AS 'BEGIN END';
CREATE EVENT TRIGGER "Disc ev" ON ddl_command_end WHEN TAG IN ('CREATE TABLE', 'DROP TABLE')
	EXECUTE FUNCTION "Ev f"();
CREATE EVENT TRIGGER disc_ev2 ON sql_drop EXECUTE FUNCTION "Ev f"();
CREATE EVENT TRIGGER disc_ev3 ON table_rewrite EXECUTE FUNCTION "Ev f"();
CREATE EVENT TRIGGER disc_ev4 ON ddl_command_start EXECUTE FUNCTION "Ev f"();
ALTER EVENT TRIGGER "Disc ev" DISABLE;
ALTER EVENT TRIGGER disc_ev2 ENABLE REPLICA;
ALTER EVENT TRIGGER disc_ev3 ENABLE ALWAYS;
COMMENT ON EVENT TRIGGER "Disc ev" IS 'comment of Disc ev';
SELECT trigger_name, event, tags, function, enabled, owner = current_user AS mine, comment, problem
FROM stormdisc_event_triggers();
SELECT trigger_name FROM stormdisc_event_triggers(include => '{disc_*}', exclude => '{*4}');
-- they are no schema's
SELECT trigger_name FROM stormdisc_event_triggers(schemas => '{disc_obj}');
DROP EVENT TRIGGER "Disc ev", disc_ev2, disc_ev3, disc_ev4;

--
-- Collations
--
CREATE COLLATION "Coll c" FROM "C";
CREATE COLLATION coll_posix (LC_COLLATE = 'C', LC_CTYPE = 'POSIX');
COMMENT ON COLLATION "Coll c" IS 'comment of Coll c';
ALTER COLLATION coll_posix OWNER TO regress_disc_owner;
SELECT schema_name, collation_name, provider, is_deterministic, encoding IS NULL AS all_encodings, lc_collate, lc_ctype,
	locale, rules, comment, owner = 'regress_disc_owner' AS is_owner, problem
FROM stormdisc_collations(schemas => '{disc_obj}', exclude => '{*icu*}');
SELECT count(*) FROM stormdisc_collations() WHERE schema_name = 'pg_catalog';
CREATE TABLE collated (a text COLLATE "Coll c");
SELECT collation_name FROM stormdisc_collations('collated');

--
-- Conversions
--
CREATE CONVERSION "Conv c" FOR 'LATIN1' TO 'UTF8' FROM iso8859_1_to_utf8;
CREATE DEFAULT CONVERSION conv_d FOR 'UTF8' TO 'LATIN1' FROM utf8_to_iso8859_1;
COMMENT ON CONVERSION "Conv c" IS 'comment of Conv c';
SELECT schema_name, conversion_name, from_encoding, to_encoding, function, is_default, owner = current_user AS mine,
	comment, problem
FROM stormdisc_conversions();

--
-- Text search
--
CREATE TEXT SEARCH PARSER "Parser p" (START = prsd_start, GETTOKEN = prsd_nexttoken, END = prsd_end,
	LEXTYPES = prsd_lextype);
CREATE TEXT SEARCH TEMPLATE templ (LEXIZE = dsimple_lexize);
CREATE TEXT SEARCH DICTIONARY same_name (TEMPLATE = pg_catalog.simple, STOPWORDS = english);
CREATE TEXT SEARCH DICTIONARY "Dict d" (TEMPLATE = templ);
CREATE TEXT SEARCH CONFIGURATION same_name (PARSER = "Parser p");
ALTER TEXT SEARCH CONFIGURATION same_name ADD MAPPING FOR int, asciiword, "float"
	WITH "Dict d", same_name, pg_catalog.simple;
ALTER TEXT SEARCH CONFIGURATION same_name ADD MAPPING FOR email WITH pg_catalog.simple;
CREATE TEXT SEARCH CONFIGURATION no_mappings (PARSER = pg_catalog.default);
COMMENT ON TEXT SEARCH PARSER "Parser p" IS 'comment of Parser p';
COMMENT ON TEXT SEARCH CONFIGURATION same_name IS 'comment of configuration';
COMMENT ON TEXT SEARCH DICTIONARY same_name IS 'comment of dictionary';
ALTER TEXT SEARCH DICTIONARY same_name OWNER TO regress_disc_owner;
SELECT schema_name, object_name, object_kind, functions, template, options
FROM stormdisc_text_search();
SELECT object_name, object_kind, parser, mappings, owner IS NOT NULL AS has_owner,
	owner = 'regress_disc_owner' AS is_owner, comment, problem
FROM stormdisc_text_search();
-- a parser whose function for the types of tokens is a function of our own
CREATE FUNCTION types_of_tokens(internal) RETURNS internal LANGUAGE internal STRICT AS 'prsd_lextype';
CREATE TEXT SEARCH PARSER own_parser (START = prsd_start, GETTOKEN = prsd_nexttoken, END = prsd_end,
	LEXTYPES = types_of_tokens, HEADLINE = prsd_headline);
CREATE TEXT SEARCH CONFIGURATION own (PARSER = own_parser);
ALTER TEXT SEARCH CONFIGURATION own ADD MAPPING FOR url WITH pg_catalog.simple;
SELECT object_name, functions, parser, mappings FROM stormdisc_text_search(include => '{own*}');

DROP SCHEMA disc_obj, "Disc ""obj" CASCADE;
DROP ROLE regress_disc_owner;
