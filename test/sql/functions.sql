--
-- stormdisc_functions, stormdisc_languages, stormdisc_transforms
--
SET client_min_messages = warning;
CREATE SCHEMA disc_func;
CREATE SCHEMA "disc Func";
SET search_path = disc_func, public;

--
-- Arguments: modes, names, defaults
--
CREATE DOMAIN "Dom ain" AS int CHECK (VALUE > 0);
CREATE TYPE mood AS ENUM ('sad', 'ok');
CREATE TYPE pair AS (x int, y text);
CREATE FUNCTION "no Args"() RETURNS int LANGUAGE sql AS 'SELECT 1';
CREATE FUNCTION unnamed(int, text) RETURNS void LANGUAGE sql AS '';
CREATE FUNCTION named(a int, "B b" text, int) RETURNS void LANGUAGE sql AS '';
CREATE FUNCTION modes(a int, OUT b text, INOUT c numeric, VARIADIC d int[]) LANGUAGE plpgsql AS 'BEGIN END';
CREATE FUNCTION defaults(a int, b text DEFAULT 'it''s', OUT o int, c timestamptz DEFAULT now(),
		m mood DEFAULT 'ok', x int DEFAULT CASE WHEN true THEN 1 ELSE "no Args"() END,
		VARIADIC v text[] DEFAULT '{}'::text[])
	LANGUAGE plpgsql AS 'BEGIN END';
CREATE FUNCTION tab(a int) RETURNS TABLE (x int, "Y y" "Dom ain") LANGUAGE sql AS 'SELECT 1, 1' ROWS 7;
CREATE FUNCTION of_set(a int DEFAULT 1) RETURNS SETOF pair LANGUAGE sql AS 'SELECT 1, ''a''';
CREATE FUNCTION of_record(OUT a int, OUT b int) RETURNS SETOF record LANGUAGE sql AS 'SELECT 1, 2';
CREATE FUNCTION poly(a anyelement, b anyarray, c anycompatible, VARIADIC "any") RETURNS anyelement
	LANGUAGE internal AS 'pg_typeof';
CREATE FUNCTION types("Dom ain", mood[], pair, "Dom ain"[], char, bpchar(3), bit, varchar(3), numeric(3,1), time(2), "char", char[])
	RETURNS bit[] LANGUAGE plpgsql AS 'BEGIN END';
CREATE PROCEDURE proc(a int, INOUT b int DEFAULT 2) LANGUAGE plpgsql AS 'BEGIN END';
CREATE PROCEDURE proc(OUT a text) LANGUAGE plpgsql AS 'BEGIN END';
SELECT function_name, function_kind AS kind, identity_arguments, result, returns_set AS set, rows
FROM stormdisc_functions(schemas => '{disc_func}');
SELECT function_name, arguments FROM stormdisc_functions(schemas => '{disc_func}');
SELECT function_name, argument_names, argument_types, argument_modes, argument_defaults
FROM stormdisc_functions(schemas => '{disc_func}');

--
-- Options
--
SET check_function_bodies = off;
CREATE FUNCTION "disc Func"."Op tions"(a int) RETURNS SETOF int
	LANGUAGE plpgsql IMMUTABLE STRICT LEAKPROOF SECURITY DEFINER PARALLEL RESTRICTED COST 0.5 ROWS 12.5
	SUPPORT generate_series_int4_support
	SET search_path = public, "Odd, name", "with ""quote", '', pg_temp
	SET work_mem = '7MB'
	SET datestyle TO iso, dmy
	SET "my.Custom" TO 'a''b\c'
	AS $$ SELECT '$function$', $functionx$ $$;
RESET check_function_bodies;
CREATE FUNCTION "disc Func".plain() RETURNS int LANGUAGE sql STABLE PARALLEL SAFE SET search_path = '' AS 'SELECT 1';
CREATE FUNCTION "disc Func".c(internal) RETURNS internal LANGUAGE c COST 5 AS '$libdir/plpgsql', 'plpgsql_call_handler';
CREATE FUNCTION "disc Func".win(bigint) RETURNS bigint LANGUAGE internal WINDOW AS 'window_row_number';
COMMENT ON FUNCTION "disc Func".plain() IS 'of plain';
SELECT function_name AS name, language, volatility, is_strict AS s, is_leakproof AS l, parallel, security_definer AS sd,
	settings, cost, rows, support_function
FROM stormdisc_functions(schemas => '{disc Func}');
SELECT function_name AS name, function_kind, source, library, sql_body, transform_types, owner = current_user AS own, comment, problem
FROM stormdisc_functions(schemas => '{disc Func}');
\pset format unaligned
SELECT definition FROM stormdisc_functions(schemas => '{disc Func}');
\pset format aligned

--
-- Bodies in standard SQL
--
CREATE TABLE base (a int, b text);
CREATE FUNCTION body_return(a int, b int DEFAULT 1) RETURNS int LANGUAGE sql RETURN a + b;
CREATE FUNCTION body_atomic(k int) RETURNS SETOF base LANGUAGE sql
	BEGIN ATOMIC
		INSERT INTO base VALUES (k, 'x');
		SELECT t.* FROM base t JOIN base u ON t.a = u.a WHERE u.a = k;
	END;
CREATE PROCEDURE body_proc() LANGUAGE sql BEGIN ATOMIC END;
\pset format unaligned
SELECT function_name, source, sql_body FROM stormdisc_functions(include => '{disc_func.body*}');
ALTER TABLE base RENAME b TO "New b";
SELECT definition FROM stormdisc_functions(include => '{disc_func.body*}');
\pset format aligned

--
-- Aggregates: the definition is a command that makes the same again
--
CREATE FUNCTION sum_step(state bigint, v int) RETURNS bigint LANGUAGE sql IMMUTABLE AS 'SELECT state + coalesce(v, 0)';
CREATE FUNCTION sum_back(state bigint, v int) RETURNS bigint LANGUAGE sql IMMUTABLE AS 'SELECT state - coalesce(v, 0)';
CREATE FUNCTION "Fi nal"(state bigint) RETURNS text LANGUAGE sql IMMUTABLE AS 'SELECT state::text';
CREATE FUNCTION final_extra(state bigint, v int) RETURNS text LANGUAGE sql IMMUTABLE AS 'SELECT state::text';
CREATE AGGREGATE agg_full(v int) (SFUNC = sum_step, STYPE = bigint, SSPACE = 8, FINALFUNC = final_extra,
	FINALFUNC_EXTRA, FINALFUNC_MODIFY = SHAREABLE, COMBINEFUNC = int8pl, INITCOND = '0',
	MSFUNC = sum_step, MINVFUNC = sum_back, MSTYPE = bigint, MSSPACE = 16, MFINALFUNC = "Fi nal",
	MFINALFUNC_MODIFY = READ_WRITE, MINITCOND = '0', PARALLEL = SAFE);
CREATE AGGREGATE agg_star(*) (SFUNC = int8inc, STYPE = int8, INITCOND = '0');
CREATE AGGREGATE agg_max(int) (SFUNC = int4larger, STYPE = int, SORTOP = >);
CREATE AGGREGATE agg_internal(numeric) (SFUNC = numeric_avg_accum, STYPE = internal, FINALFUNC = numeric_avg,
	COMBINEFUNC = numeric_avg_combine, SERIALFUNC = numeric_avg_serialize, DESERIALFUNC = numeric_avg_deserialize);
CREATE AGGREGATE agg_ordered(double precision ORDER BY anyelement) (SFUNC = ordered_set_transition, STYPE = internal,
	FINALFUNC = percentile_disc_final, FINALFUNC_EXTRA, FINALFUNC_MODIFY = READ_WRITE);
CREATE AGGREGATE agg_hypo(VARIADIC "any" ORDER BY VARIADIC "any") (SFUNC = ordered_set_transition_multi,
	STYPE = internal, FINALFUNC = rank_final, FINALFUNC_EXTRA, HYPOTHETICAL);
CREATE AGGREGATE agg_variadic(VARIADIC v int[]) (SFUNC = array_cat, STYPE = int[], INITCOND = '{}');
COMMENT ON AGGREGATE agg_star(*) IS 'of agg_star';
\pset format unaligned
SELECT definition FROM stormdisc_functions(include => '{disc_func.agg*}');
\pset format aligned
SELECT function_name AS name, function_kind, identity_arguments, aggregate_kind, direct_arguments AS direct, transition_function,
	transition_type, transition_space AS space, final_function, final_extra AS extra, final_modify, comment
FROM stormdisc_functions(include => '{disc_func.agg*}');
SELECT function_name AS name, combine_function, serial_function, deserial_function, initial_value AS init, sort_operator,
	moving_transition_function AS msfunc, moving_inverse_function AS minv, moving_transition_type AS mstype,
	moving_transition_space AS mspace, moving_final_function AS mfinal, moving_final_extra AS mextra,
	moving_final_modify AS mmodify, moving_initial_value AS minit
FROM stormdisc_functions(include => '{disc_func.agg*}');
SELECT function_name, source, language, definition IS NOT NULL AS has FROM stormdisc_functions(include => '{disc_func.agg_star}');

--
-- What comes with a type is not a function of its own
--
CREATE TYPE ran AS RANGE (subtype = int4);
SELECT count(*) FROM pg_proc WHERE pronamespace = 'disc_func'::regnamespace AND proname IN ('ran', 'ran_multirange', 'multirange');
SELECT count(*) FROM stormdisc_functions(include => '{disc_func.*ran*}');

--
-- What a relation uses
--
CREATE FUNCTION for_trigger() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NULL; END';
CREATE FUNCTION for_default() RETURNS int LANGUAGE sql AS 'SELECT 1';
CREATE FUNCTION for_nothing() RETURNS int LANGUAGE sql AS 'SELECT 1';
CREATE TABLE uses (a int DEFAULT for_default());
CREATE TRIGGER tr BEFORE INSERT ON uses FOR EACH ROW EXECUTE FUNCTION for_trigger();
SELECT schema_name, function_name FROM stormdisc_functions('uses');
SELECT function_name FROM stormdisc_functions(schemas => '{disc_func}', include => '{for_*}', exclude => '{*thing}');

--
-- Languages and transforms
--
SELECT count(*) FROM stormdisc_languages();
CREATE LANGUAGE "disc Lang" HANDLER plpgsql_call_handler INLINE plpgsql_inline_handler VALIDATOR plpgsql_validator;
CREATE TRUSTED LANGUAGE disc_trusted HANDLER plpgsql_call_handler;
COMMENT ON LANGUAGE disc_trusted IS 'of a language';
SELECT language_name, is_trusted, handler, inline_handler, validator, owner = current_user AS own, comment, problem
FROM stormdisc_languages();
SELECT language_name FROM stormdisc_languages(include => '{disc_*}');
CREATE FUNCTION from_sql(internal) RETURNS internal LANGUAGE internal IMMUTABLE AS 'textin';
CREATE FUNCTION to_sql(internal) RETURNS mood LANGUAGE internal IMMUTABLE AS 'textin';
CREATE TRANSFORM FOR mood LANGUAGE "disc Lang" (FROM SQL WITH FUNCTION from_sql(internal), TO SQL WITH FUNCTION to_sql(internal));
CREATE TRANSFORM FOR pair LANGUAGE disc_trusted (FROM SQL WITH FUNCTION from_sql(internal));
COMMENT ON TRANSFORM FOR mood LANGUAGE "disc Lang" IS 'of a transform';
SELECT * FROM stormdisc_transforms();
CREATE FUNCTION transformed(mood) RETURNS int TRANSFORM FOR TYPE mood LANGUAGE "disc Lang" AS 'BEGIN RETURN 1; END';
SELECT transform_types, definition FROM stormdisc_functions(include => '{transformed}');

DROP LANGUAGE "disc Lang" CASCADE;
DROP LANGUAGE disc_trusted CASCADE;
DROP SCHEMA disc_func, "disc Func" CASCADE;
