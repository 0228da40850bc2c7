-- Functions: every text is the server's own, every count and identity that of
-- pg_catalog, and a definition makes the same function or aggregate again.
BEGIN;
SET LOCAL jit = off;
SET LOCAL client_min_messages = warning;
CREATE EXTENSION IF NOT EXISTS pgtap;
CREATE EXTENSION IF NOT EXISTS stormdisc;
SELECT plan(14);

CREATE SCHEMA "Func s";
CREATE SCHEMA func;
SET LOCAL search_path = func, "Func s", public;
SET LOCAL check_function_bodies = off;
CREATE DOMAIN "Dom ain" AS int CHECK (VALUE > 0);
CREATE TYPE mood AS ENUM ('sad', 'o''k');
CREATE TYPE pair AS (x int, "Y y" text);
CREATE TYPE ran AS RANGE (subtype = int4);
CREATE TABLE base (gone int, a int, b text);
ALTER TABLE base DROP gone;
CREATE SEQUENCE "Func s"."Se q";
CREATE FUNCTION zero() RETURNS int LANGUAGE sql AS 'SELECT 0';
CREATE FUNCTION unnamed(int, text) RETURNS void LANGUAGE sql AS '';
CREATE FUNCTION named("select" int, "B b" text, int, "Ünï" "char") RETURNS void LANGUAGE sql AS '';
CREATE FUNCTION modes(a int, OUT b text, INOUT c numeric, VARIADIC d int[]) LANGUAGE plpgsql AS 'BEGIN END';
CREATE FUNCTION defaults(a int, b text DEFAULT E'it''s\\', OUT o int, c timestamptz DEFAULT now(), m mood DEFAULT 'o''k',
	x int DEFAULT CASE WHEN true THEN 1 ELSE zero() END, n bigint DEFAULT nextval('"Se q"'), p pair DEFAULT row(1, 'a'),
	d "Dom ain"[] DEFAULT '{1,2}', INOUT i interval DEFAULT '1 day', bits bit DEFAULT B'1', u uuid DEFAULT NULL,
	VARIADIC v text[] DEFAULT array['a']::text[]) LANGUAGE plpgsql AS 'BEGIN END';
CREATE FUNCTION tab(a int DEFAULT 3) RETURNS TABLE (x int, "Y y" "Dom ain", z bpchar) LANGUAGE sql AS '' ROWS 7;
CREATE FUNCTION tab_nothing(int) RETURNS TABLE (base base) LANGUAGE sql AS '';
CREATE FUNCTION of_set() RETURNS SETOF pair LANGUAGE sql AS '';
CREATE FUNCTION of_record(OUT a int, OUT int) RETURNS SETOF record LANGUAGE sql AS '';
CREATE FUNCTION of_base(base, base[]) RETURNS SETOF base LANGUAGE sql AS '';
CREATE FUNCTION of_ran(ran, VARIADIC ran[]) RETURNS ran[] LANGUAGE sql AS '';
CREATE FUNCTION poly(a anyelement, b anyarray, VARIADIC "any") RETURNS anyelement LANGUAGE internal AS 'pg_typeof';
CREATE FUNCTION poly2(anycompatible, anycompatiblearray, anynonarray, anyenum, anyrange, anymultirange) RETURNS anycompatible LANGUAGE sql AS '';
CREATE FUNCTION types("Dom ain", mood[], pair, "Dom ain"[], char, bpchar(3), bit, bit(3)[], varbit, varchar(3), numeric(3,1),
	time(2) with time zone, "char", char[], name, interval minute, float(3), dec, national char varying, int[][]) RETURNS bit[] LANGUAGE sql AS '';
CREATE FUNCTION trig() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN END';
CREATE FUNCTION event_trig() RETURNS event_trigger LANGUAGE plpgsql AS 'BEGIN END';
CREATE PROCEDURE proc(a int, INOUT b int DEFAULT 2) LANGUAGE plpgsql AS 'BEGIN END';
CREATE PROCEDURE proc(OUT a text) LANGUAGE plpgsql AS '$procedure$ $procedurex';
CREATE PROCEDURE proc2() LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS '';
CREATE FUNCTION "Func s"."Op tions"(a int) RETURNS SETOF int
	LANGUAGE plpgsql IMMUTABLE STRICT LEAKPROOF SECURITY DEFINER PARALLEL RESTRICTED COST 0.5 ROWS 12.5
	SUPPORT generate_series_int4_support
	SET search_path = public, "Odd, name", "with ""quote", '', E'back\\slash', pg_temp
	SET work_mem = '7MB' SET datestyle TO iso, dmy SET "my.Custom" TO E'a''b\\c' SET temp_tablespaces = '' SET TIME ZONE INTERVAL '1' HOUR
	AS $body$ SELECT '$function$', $functionx$ \ ' $body$;
CREATE FUNCTION costly() RETURNS int LANGUAGE internal COST 100 AS 'pg_backend_pid';
CREATE FUNCTION cheap() RETURNS int LANGUAGE sql COST 1e-3 PARALLEL SAFE STABLE AS 'SELECT 1';
CREATE FUNCTION large() RETURNS SETOF int LANGUAGE sql COST 123456 ROWS 1e20 AS 'SELECT 1';
CREATE FUNCTION support(internal) RETURNS internal LANGUAGE internal AS 'int4gt';
CREATE FUNCTION supported(int) RETURNS int LANGUAGE sql SUPPORT support AS 'SELECT 1';
CREATE FUNCTION c(internal) RETURNS internal LANGUAGE c AS '$libdir/plpgsql', 'plpgsql_call_handler';
CREATE FUNCTION win(bigint) RETURNS bigint LANGUAGE internal WINDOW AS 'window_row_number';
CREATE FUNCTION body_return(a int, b int DEFAULT 1) RETURNS int LANGUAGE sql IMMUTABLE RETURN CASE WHEN a > b THEN a ELSE zero() END;
CREATE FUNCTION body_unnamed(int, text) RETURNS text LANGUAGE sql RETURN $1::text || $2;
CREATE FUNCTION body_atomic(k int, "K k" mood) RETURNS SETOF base LANGUAGE sql BEGIN ATOMIC
	INSERT INTO base VALUES (k, "K k"::text) ON CONFLICT DO NOTHING;
	UPDATE base SET b = 'u' WHERE a = k;
	WITH w AS (SELECT * FROM base) SELECT w.* FROM w JOIN base USING (a, b) WHERE w.a = k ORDER BY 1;
END;
CREATE FUNCTION body_overload(int) RETURNS int LANGUAGE sql RETURN zero() + body_return($1);
CREATE PROCEDURE body_proc() LANGUAGE sql BEGIN ATOMIC END;
ALTER TABLE base RENAME b TO "New b";
CREATE AGGREGATE agg_full(v int) (SFUNC = int4_sum, STYPE = bigint, SSPACE = 8, FINALFUNC = int8abs,
	FINALFUNC_MODIFY = SHAREABLE, COMBINEFUNC = int8pl, INITCOND = '0',
	MSFUNC = int4_avg_accum, MINVFUNC = int4_avg_accum_inv, MSTYPE = bigint[], MSSPACE = 16, MFINALFUNC = int2int4_sum,
	MFINALFUNC_MODIFY = READ_WRITE, MINITCOND = '{0,0}', PARALLEL = SAFE);
CREATE AGGREGATE "Func s"."Agg star"(*) (SFUNC = int8inc, STYPE = int8, INITCOND = '0');
CREATE AGGREGATE agg_max(int) (SFUNC = int4larger, STYPE = int, SORTOP = OPERATOR(pg_catalog.>));
CREATE AGGREGATE agg_internal(numeric) (SFUNC = numeric_avg_accum, STYPE = internal, FINALFUNC = numeric_avg,
	COMBINEFUNC = numeric_avg_combine, SERIALFUNC = numeric_avg_serialize, DESERIALFUNC = numeric_avg_deserialize, PARALLEL = RESTRICTED);
CREATE AGGREGATE agg_ordered(p double precision ORDER BY v anyelement) (SFUNC = ordered_set_transition, STYPE = internal,
	FINALFUNC = percentile_disc_final, FINALFUNC_EXTRA, FINALFUNC_MODIFY = READ_ONLY);
CREATE AGGREGATE agg_only_ordered(ORDER BY anyelement) (SFUNC = ordered_set_transition, STYPE = internal, FINALFUNC = mode_final, FINALFUNC_EXTRA);
CREATE AGGREGATE agg_hypo(VARIADIC "any" ORDER BY VARIADIC "any") (SFUNC = ordered_set_transition_multi,
	STYPE = internal, FINALFUNC = rank_final, FINALFUNC_EXTRA, HYPOTHETICAL);
CREATE AGGREGATE agg_variadic(VARIADIC v int[]) (SFUNC = array_cat, STYPE = int[], INITCOND = E'{}', SSPACE = 100);

CREATE TEMP TABLE scope AS SELECT '{func,"Func s",pg_catalog,information_schema}'::text[] AS schemas;
SET LOCAL search_path = pg_catalog;
CREATE TEMP TABLE functions AS
	SELECT p.oid, n.nspname::text AS s, proname::text AS f, pg_get_function_identity_arguments(p.oid) AS identity_arguments,
		pg_get_function_arguments(p.oid) AS arguments, pg_get_function_result(p.oid) AS result,
		CASE WHEN prokind <> 'a' THEN pg_get_functiondef(p.oid) END AS definition, pg_get_function_sqlbody(p.oid) AS body,
		p.proargnames, p.proargmodes, p.pronargs, p.pronargdefaults, coalesce(p.proallargtypes, p.proargtypes::oid[]) AS types,
		p.prokind, p.provolatile, p.proparallel, p.prosrc, p.probin, p.proconfig, p.procost, p.prorows, p.proretset
	FROM pg_proc p JOIN pg_namespace n ON n.oid = pronamespace
	WHERE nspname = ANY ((SELECT schemas FROM scope)::text[])
	AND NOT EXISTS (SELECT FROM pg_depend d WHERE d.classid = 'pg_proc'::regclass AND d.objid = p.oid AND d.deptype IN ('e', 'i'));
CREATE TEMP TABLE ours AS SELECT * FROM public.stormdisc_functions(schemas => (SELECT schemas FROM pg_temp.scope));
SET LOCAL search_path = public, pg_temp;

SELECT results_eq('SELECT count(*) FROM ours', 'SELECT count(*) FROM functions', 'as many as in pg_proc, but for those of types and extensions');
SELECT results_eq('SELECT count(*) FROM functions WHERE f = ''ran''', 'VALUES (0::bigint)', 'the constructors of a range are of the type');
SELECT results_eq('SELECT count(*) FROM ours WHERE problem IS NOT NULL', 'VALUES (0::bigint)', 'no problems');
SELECT is_empty($$(SELECT schema_name, function_name, identity_arguments, arguments, result FROM ours EXCEPT ALL
	SELECT s, f, identity_arguments, arguments, result FROM functions)$$, 'arguments and results as the server has them');
SELECT is_empty($$(SELECT s, f, identity_arguments, arguments, result FROM functions EXCEPT ALL
	SELECT schema_name, function_name, identity_arguments, arguments, result FROM ours)$$, 'and the other way round');
SELECT is_empty($$SELECT schema_name, function_name, definition FROM ours WHERE function_kind <> 'aggregate' EXCEPT ALL
	SELECT s, f, definition FROM functions WHERE prokind <> 'a'$$, 'definitions as the server has them');
SELECT is_empty($$SELECT o.schema_name, o.function_name FROM ours o JOIN functions p
		ON (s, f, p.identity_arguments) = (schema_name, function_name, o.identity_arguments)
	WHERE (o.function_kind, o.volatility, o.parallel, o.sql_body, o.settings, o.cost, o.rows, o.returns_set)
		IS DISTINCT FROM (CASE prokind WHEN 'f' THEN 'function' WHEN 'p' THEN 'procedure' WHEN 'a' THEN 'aggregate' ELSE 'window' END,
			CASE WHEN prokind = 'a' THEN NULL WHEN provolatile = 'i' THEN 'immutable' WHEN provolatile = 's' THEN 'stable' ELSE 'volatile' END,
			CASE proparallel WHEN 's' THEN 'safe' WHEN 'r' THEN 'restricted' ELSE 'unsafe' END,
			p.body, coalesce(p.proconfig, '{}'), CASE WHEN prokind <> 'a' THEN procost END, CASE WHEN proretset THEN prorows END, proretset)
	OR source IS DISTINCT FROM CASE WHEN prokind <> 'a' AND body IS NULL THEN prosrc END
	OR library IS DISTINCT FROM probin$$, 'columns as in pg_proc');
SET LOCAL search_path = pg_catalog;
CREATE TEMP TABLE argument AS SELECT s, f, identity_arguments, n,
		nullif(proargnames[n], '') AS name, format_type(type, NULL) AS type,
		CASE coalesce(proargmodes[n], 'i') WHEN 'i' THEN 'in' WHEN 'o' THEN 'out' WHEN 'b' THEN 'inout' WHEN 'v' THEN 'variadic' ELSE 'table' END AS mode,
		pg_get_function_arg_default(functions.oid, n::int) AS "default"
	FROM pg_temp.functions, unnest(types) WITH ORDINALITY t(type, n);
SET LOCAL search_path = public, pg_temp;
SELECT is_empty($$(SELECT s, f, identity_arguments, n, name, type, mode, "default" FROM argument EXCEPT ALL
	SELECT schema_name, function_name, identity_arguments, n, name, type, mode, "default" FROM ours,
		unnest(argument_names, argument_types, argument_modes, argument_defaults) WITH ORDINALITY a(name, type, mode, "default", n))
	UNION ALL
	(SELECT schema_name, function_name, identity_arguments, n, name, type, mode, "default" FROM ours,
		unnest(argument_names, argument_types, argument_modes, argument_defaults) WITH ORDINALITY a(name, type, mode, "default", n)
	EXCEPT ALL SELECT s, f, identity_arguments, n, name, type, mode, "default" FROM argument)$$,
	'arguments one by one, with their defaults');
SELECT cmp_ok(count(*)::int, '>', 40, 'aggregates have a definition') FROM ours WHERE function_kind = 'aggregate' AND definition LIKE 'CREATE AGGREGATE%';
SELECT is_empty($$SELECT o.function_name FROM ours o JOIN functions p
		ON (s, f, p.identity_arguments) = (schema_name, function_name, o.identity_arguments)
	JOIN pg_aggregate a ON aggfnoid = p.oid
	WHERE (aggregate_kind, direct_arguments, transition_type, transition_space, initial_value, moving_initial_value)
		IS DISTINCT FROM (CASE aggkind WHEN 'n' THEN 'normal' WHEN 'o' THEN 'ordered-set' ELSE 'hypothetical' END,
		CASE WHEN aggkind <> 'n' THEN aggnumdirectargs END::int, format_type(aggtranstype, NULL), aggtransspace, agginitval, aggminitval)
	OR sort_operator IS DISTINCT FROM (SELECT (format('%I.', nspname) || oprname) COLLATE "default" FROM pg_operator JOIN pg_namespace n ON n.oid = oprnamespace WHERE pg_operator.oid = aggsortop)
	OR ROW(transition_function, final_function, combine_function, serial_function, deserial_function, moving_transition_function,
		moving_inverse_function, moving_final_function) IS DISTINCT FROM (SELECT ROW(
			max(name) FILTER (WHERE oid = aggtransfn), max(name) FILTER (WHERE oid = aggfinalfn), max(name) FILTER (WHERE oid = aggcombinefn),
			max(name) FILTER (WHERE oid = aggserialfn), max(name) FILTER (WHERE oid = aggdeserialfn), max(name) FILTER (WHERE oid = aggmtransfn),
			max(name) FILTER (WHERE oid = aggminvtransfn), max(name) FILTER (WHERE oid = aggmfinalfn))
			FROM (SELECT p.oid, format('%I.%I', nspname, proname) COLLATE "default" AS name FROM pg_proc p JOIN pg_namespace n ON n.oid = pronamespace) names
			WHERE oid IN (aggtransfn, aggfinalfn, aggcombinefn, aggserialfn, aggdeserialfn, aggmtransfn, aggminvtransfn, aggmfinalfn))$$,
	'aggregates as in pg_aggregate');

-- the same again
CREATE FUNCTION pg_temp.state() RETURNS SETOF jsonb LANGUAGE sql AS $$
	SELECT to_jsonb(p) - '{oid,proacl,prosqlbody,proargdefaults}'::text[] || coalesce(to_jsonb(a) - 'aggfnoid', '{}')
	FROM pg_proc p LEFT JOIN pg_aggregate a ON aggfnoid = p.oid
	WHERE pronamespace IN ('func'::regnamespace, '"Func s"'::regnamespace)
$$;
CREATE TEMP TABLE before AS SELECT pg_temp.state() AS function;
DO $$
DECLARE
	f record;
BEGIN
	FOR f IN SELECT * FROM pg_temp.ours WHERE schema_name IN ('func', 'Func s') LOOP
		IF f.function_kind = 'aggregate' THEN
			EXECUTE format('DROP AGGREGATE %I.%I(%s)', f.schema_name, f.function_name,
				coalesce(nullif(f.identity_arguments, ''), '*'));
		END IF;
		EXECUTE f.definition;
	END LOOP;
END $$;
SELECT is_empty('SELECT function FROM before EXCEPT SELECT pg_temp.state()', 'definitions make the same again');
SELECT results_eq('SELECT count(*) FROM before', 'SELECT count(*) FROM pg_temp.state()', 'and nothing else');
SELECT is_empty($$SELECT schema_name, function_name, definition FROM ours WHERE schema_name IN ('func', 'Func s') EXCEPT
	SELECT schema_name, function_name, definition FROM stormdisc_functions(schemas => '{func,"Func s"}')$$, 'with the same definitions');

-- a list that is empty, for which the server's text was no SQL before 19
SET LOCAL search_path = '';
CREATE FUNCTION "Func s".empty_list() RETURNS int LANGUAGE sql SET search_path FROM CURRENT AS 'SELECT 1';
SET LOCAL search_path = public, pg_temp;
SELECT lives_ok(definition, 'an empty search_path can be set again') FROM stormdisc_functions(include => '{empty_list}');

SELECT * FROM finish();
ROLLBACK;
