-- Nothing that somebody else has made runs because of a call, whoever calls:
-- look-alikes of functions, operators, types and tables are not taken for the
-- server's, and the expressions that are shown are never evaluated.
BEGIN;
SET LOCAL jit = off;
SET LOCAL client_min_messages = warning;
CREATE EXTENSION IF NOT EXISTS pgtap;
CREATE EXTENSION IF NOT EXISTS stormdisc;
SELECT plan(20);

-- what an attacker's code would leave behind, whatever becomes of the statement
CREATE SCHEMA attack;
GRANT USAGE ON SCHEMA attack TO PUBLIC;
CREATE SEQUENCE attack.ran;
GRANT ALL ON SEQUENCE attack.ran TO PUBLIC;
CREATE FUNCTION attack.trip() RETURNS bool LANGUAGE plpgsql AS $$
BEGIN
	PERFORM pg_catalog.nextval('attack.ran');
	RETURN true;
END $$;
CREATE FUNCTION pg_temp.tripped() RETURNS bool LANGUAGE sql AS 'SELECT is_called FROM attack.ran';

--
-- Look-alikes, in a schema of the attacker's, in public, and in pg_temp
--
CREATE FUNCTION pg_temp.plant(target text) RETURNS void LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
DECLARE
	c record;
BEGIN
	-- functions, with exactly the server's arguments, and with closer ones
	FOR c IN SELECT p.proname, pg_get_function_identity_arguments(p.oid) AS args, format_type(prorettype, NULL) AS result,
			p.proretset AS set
		FROM pg_catalog.pg_proc p
		WHERE pronamespace = 'pg_catalog'::regnamespace AND prokind = 'f'
		  AND proname IN ('format_type', 'lower', 'upper', 'pg_get_userbyid', 'pg_get_expr', 'pg_get_indexdef', 'pg_get_constraintdef',
			'pg_get_partkeydef', 'obj_description', 'col_description', 'quote_ident', 'format', 'unnest', 'array_to_string', 'textcat', 'texteq',
			'textne', 'nameeq', 'namene', 'nameeqtext', 'int4eq', 'int2eq', 'oideq', 'chareq', 'booleq', 'textlike', 'text_lt', 'length',
			'pg_extension_config_dump', 'current_setting', 'set_config', 'to_regclass', 'pg_my_temp_schema', 'btnamecmp', 'namelt')
		  AND NOT 'internal'::regtype = ANY (proargtypes) AND NOT 'cstring'::regtype = ANY (proargtypes) AND provariadic = 0
		  AND prorettype NOT IN ('cstring'::regtype, 'internal'::regtype, 'record'::regtype)
		  AND NOT EXISTS (SELECT FROM unnest(coalesce(proallargtypes, proargtypes::oid[]) || prorettype) t
			WHERE t IN (SELECT oid FROM pg_type WHERE typtype = 'p'))
	LOOP
		EXECUTE format('CREATE OR REPLACE FUNCTION %I.%I(%s) RETURNS %s %s LANGUAGE plpgsql AS $f$BEGIN PERFORM attack.trip(); RAISE ''attacked by %s''; END$f$',
			target, c.proname, c.args, CASE WHEN c.set THEN 'SETOF' ELSE '' END, c.result, c.proname);
	END LOOP;
	-- operators between what catalog queries compare, also of mixed types that
	-- the server has no operator for and would cast
	IF target !~ '^pg_temp' THEN
		FOR c IN SELECT op, l, r FROM unnest('{=,<>,||,<,>,~,~~,!~~,&,@>}'::text[]) op,
			unnest('{name,text,oid,integer,smallint,"\"char\"",boolean,"character varying",regclass,"text[]","name[]","oid[]","smallint[]",unknown}'::text[]) l,
			unnest('{name,text,oid,integer,smallint,"\"char\"",boolean,"character varying",regclass,"text[]","name[]","oid[]","smallint[]"}'::text[]) r
			WHERE l <> 'unknown'
		LOOP
			EXECUTE format('CREATE OR REPLACE FUNCTION %I.op_%s(%s, %s) RETURNS %s LANGUAGE plpgsql AS $f$BEGIN PERFORM attack.trip(); RAISE ''attacked by operator %s''; END$f$',
				target, md5(c.op), c.l, c.r, CASE WHEN c.op = '||' THEN 'text' ELSE 'boolean' END, replace(c.op, '%', '%%'));
			EXECUTE format('CREATE OPERATOR %I.%s (LEFTARG = %s, RIGHTARG = %s, FUNCTION = %I.op_%s)', target, c.op, c.l, c.r, target, md5(c.op));
		END LOOP;
	END IF;
	-- tables that would be read in place of the catalogs
	FOR c IN SELECT relname FROM pg_catalog.pg_class WHERE relnamespace = 'pg_catalog'::regnamespace AND relkind = 'r'
		AND relname IN ('pg_class', 'pg_attribute', 'pg_type', 'pg_index', 'pg_constraint', 'pg_namespace', 'pg_inherits', 'pg_depend',
			'pg_extension', 'pg_proc', 'pg_description', 'pg_am', 'pg_tablespace', 'pg_enum', 'pg_attrdef', 'pg_partitioned_table')
	LOOP
		EXECUTE format('CREATE TABLE %I.%I AS SELECT %s FROM pg_catalog.%2$I', target, c.relname,
			(SELECT string_agg(quote_ident(attname), ', ') FROM pg_catalog.pg_attribute
			 WHERE attrelid = ('pg_catalog.' || c.relname)::regclass AND attnum > 0 AND atttypid <> 'anyarray'::regtype));
	END LOOP;
	EXECUTE format('CREATE TABLE %I.type_map (dialect text, type_name text, mapped_type text)', target);
	EXECUTE format('INSERT INTO %I.type_map VALUES (''stormweaver'', ''int4'', ''ATTACKED'')', target);
END $$;

-- some of what is known by now, to compare with
CREATE TABLE attack.victim (a int PRIMARY KEY, b text DEFAULT 'x' CHECK (b <> ''), c varchar(5)[]);
CREATE INDEX ON attack.victim ((b || 'y'));
CREATE TABLE attack.parted (a int) PARTITION BY RANGE (a);
CREATE TABLE attack.parted_1 PARTITION OF attack.parted FOR VALUES FROM (0) TO (10);
CREATE FUNCTION attack.everything() RETURNS TABLE (said jsonb) LANGUAGE sql SET search_path = pg_catalog, pg_temp AS $$
	SELECT pg_catalog.to_jsonb(t) FROM public.stormdisc_tables(schemas => '{attack}', exclude => '{pg_*,type_map}') t
	UNION ALL SELECT pg_catalog.to_jsonb(t) FROM public.stormdisc_columns(schemas => '{attack}', exclude => '{pg_*,type_map}') t
	UNION ALL SELECT pg_catalog.to_jsonb(t) FROM public.stormdisc_indexes(schemas => '{attack}', exclude => '{pg_*,type_map}') t
	UNION ALL SELECT pg_catalog.to_jsonb(t) FROM public.stormdisc_constraints(schemas => '{attack}', exclude => '{pg_*,type_map}') t
	UNION ALL SELECT pg_catalog.to_jsonb(t) FROM public.stormdisc_partitions(schemas => '{attack}', exclude => '{pg_*,type_map}') t
$$;
CREATE TEMP TABLE before AS SELECT * FROM attack.everything();

-- pgTAP could not work among them, so that the calls come first, with the
-- attacker's schemas before the server's, and are looked at later
SELECT pg_temp.plant(schema) FROM (SELECT 'attack' UNION ALL SELECT 'public' UNION ALL
	SELECT nspname FROM pg_catalog.pg_namespace WHERE oid = pg_my_temp_schema()) s(schema);
ALTER SEQUENCE attack.ran RESTART;

CREATE SCHEMA seen;
CREATE TABLE seen.outcome (call pg_catalog.text, said pg_catalog.text);
CREATE FUNCTION attack.ask(query pg_catalog.text) RETURNS void LANGUAGE plpgsql AS $$
DECLARE
	said pg_catalog.text;
BEGIN
	BEGIN
		EXECUTE query INTO said;
	EXCEPTION WHEN OTHERS THEN
		said := SQLSTATE;
	END;
	INSERT INTO seen.outcome VALUES (query, said);
END $$;
CREATE FUNCTION attack.do(command pg_catalog.text) RETURNS void LANGUAGE plpgsql AS $$
DECLARE
	said pg_catalog.text;
BEGIN
	BEGIN
		EXECUTE command;
		said := 'done';
	EXCEPTION WHEN OTHERS THEN
		said := SQLSTATE;
	END;
	INSERT INTO seen.outcome VALUES (command, said);
END $$;
SET LOCAL search_path = attack, public, pg_temp, pg_catalog;
-- first what is not safe, to see that they work
SELECT attack.ask('SELECT ''not attacked'' FROM pg_catalog.pg_class WHERE relname = ''pg_class''::pg_catalog.text');
SELECT attack.ask('SELECT lower(''not attacked''::pg_catalog.text)');
SELECT attack.ask('SELECT mapped_type FROM type_map');
CREATE TABLE seen.control AS SELECT is_called FROM attack.ran;
ALTER SEQUENCE attack.ran RESTART;
SELECT attack.ask('SELECT ''ran'' FROM public.stormdisc_tables() LIMIT 1');
SELECT attack.ask('SELECT ''ran'' FROM public.stormdisc_columns(schemas => ''{attack}'') LIMIT 1');
SELECT attack.ask('SELECT ''ran'' FROM public.stormdisc_indexes(include => ''{attack.v*}'') LIMIT 1');
SELECT attack.ask('SELECT ''ran'' FROM public.stormdisc_constraints(relation => ''attack.victim'') LIMIT 1');
SELECT attack.ask('SELECT ''ran'' FROM public.stormdisc_partitions(exclude => ''{x}'') LIMIT 1');
SELECT attack.ask('SELECT ''ran'' FROM public.stormdisc_primary_key(''attack.victim'') LIMIT 1');
SELECT attack.ask('SELECT public.stormdisc_map_type(''int4'')');
SELECT attack.ask('SELECT public.stormdisc_map_type(''pg_catalog.int8'', ''stormweaver'', true)');
SELECT attack.do('SET stormdisc.schemas = ''attack, public''');
SELECT attack.ask('SELECT ''ran'' FROM public.stormdisc_tables() LIMIT 1');
SELECT attack.do('SET stormdisc.schemas = ''''');
-- the extension dropped and made again, in the attacker's own schema
SELECT attack.do('DROP EXTENSION stormdisc CASCADE');
SELECT attack.do('CREATE EXTENSION stormdisc SCHEMA attack');
SELECT attack.ask('SELECT ''ran'' FROM attack.stormdisc_tables() LIMIT 1');
SELECT attack.ask('SELECT ''ran'' FROM attack.stormdisc_columns() LIMIT 1');
SELECT attack.ask('SELECT attack.stormdisc_map_type(''varchar'')');
SELECT attack.do('DROP EXTENSION stormdisc CASCADE');
SELECT attack.do('CREATE EXTENSION stormdisc SCHEMA public');
SELECT attack.do('DROP SCHEMA stormdisc');
SET LOCAL search_path = pg_catalog;
CREATE TEMP TABLE after AS SELECT * FROM attack.everything();
CREATE TEMP TABLE tripped AS SELECT is_called, (SELECT array_agg(said ORDER BY ctid) FROM seen.outcome) AS said FROM attack.ran;
-- take the look-alikes away, but keep what was seen
CREATE FUNCTION pg_temp.keep() RETURNS void LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
DECLARE
	c record;
BEGIN
	FOR c IN SELECT oid::regoperator::text AS name FROM pg_operator WHERE oprnamespace = 'public'::regnamespace AND oprcode::text LIKE '%op\_%' LOOP
		EXECUTE format('DROP OPERATOR %s', c.name);
	END LOOP;
	FOR c IN SELECT oid::regprocedure::text AS name FROM pg_proc
		WHERE pronamespace IN ('public'::regnamespace, pg_my_temp_schema()) AND prosrc LIKE '%attack.trip%' LOOP
		EXECUTE format('DROP FUNCTION %s', c.name);
	END LOOP;
	FOR c IN SELECT oid::regclass::text AS name FROM pg_class WHERE relnamespace IN ('public'::regnamespace, pg_my_temp_schema())
		AND (relname LIKE 'pg\_%' OR relname = 'type_map') AND relkind = 'r' LOOP
		EXECUTE format('DROP TABLE %s', c.name);
	END LOOP;
END $$;
SELECT pg_temp.keep();
SET LOCAL search_path = public, pg_catalog;

SELECT is((SELECT is_called FROM seen.control), true, 'the look-alikes work');
SELECT is((SELECT is_called FROM tripped), false, 'nothing of the attacker''s ran');
SELECT is((SELECT said FROM tripped), '{P0001,P0001,ATTACKED,ran,ran,ran,ran,ran,ran,INT,INT,done,ran,done,done,done,ran,ran,VARCHAR,done,done,
	2BP01}'::text[], 'all calls gave what they should');
SELECT set_eq('TABLE after', 'TABLE before', 'rows are the same with look-alikes about');

--
-- What is shown is not run: defaults, checks, index expressions, rules
--
CREATE FUNCTION attack.evil(int) RETURNS int LANGUAGE plpgsql IMMUTABLE AS $$
BEGIN
	PERFORM attack.trip();
	RETURN $1;
END $$;
CREATE TABLE attack.trap (a int DEFAULT attack.evil(1) CHECK (attack.evil(a) > 0), b int GENERATED ALWAYS AS (attack.evil(a)) STORED);
CREATE INDEX trap_i ON attack.trap (attack.evil(a)) WHERE attack.evil(a) > 1;
CREATE TABLE attack.trap_p (a int) PARTITION BY LIST ((attack.evil(a)));
CREATE TABLE attack.trap_p1 PARTITION OF attack.trap_p FOR VALUES IN (1);
CREATE VIEW attack.trap_v AS SELECT attack.evil(a) AS a FROM attack.trap;
CREATE MATERIALIZED VIEW attack.trap_m AS SELECT attack.evil(a) AS a FROM attack.trap WITH NO DATA;
CREATE DOMAIN attack.trap_d AS int DEFAULT attack.evil(3) CHECK (attack.evil(VALUE) > 0);
CREATE TABLE attack.trap_dt (a attack.trap_d);
ALTER TABLE attack.trap ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;
CREATE POLICY trap ON attack.trap USING (attack.evil(a) > 0);
ALTER SEQUENCE attack.ran RESTART;
SELECT is((SELECT count(*) FROM stormdisc_columns(schemas => '{attack}') WHERE default_value LIKE '%attack.evil%'), 3::bigint, 'defaults that would run it');
SELECT is((SELECT count(*) FROM stormdisc_indexes(schemas => '{attack}') WHERE definition LIKE '%attack.evil%WHERE%attack.evil%'), 1::bigint, 'an index that would run it');
SELECT is((SELECT count(*) FROM stormdisc_constraints(schemas => '{attack}') WHERE definition LIKE '%attack.evil%'), 1::bigint, 'a check that would run it');
SELECT is((SELECT partition_key FROM stormdisc_tables('attack.trap_p')), '{attack.evil(a)}'::text[], 'a partition key that would run it');
SELECT is((SELECT partition_bound FROM stormdisc_partitions('attack.trap_p')), 'FOR VALUES IN (1)', 'its partition');
SELECT is(pg_temp.tripped(), false, 'none of them ran');

--
-- The type map is a table that its owner may change: no code comes with it
--
CREATE FUNCTION attack.trip_row() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN PERFORM attack.trip(); RETURN NEW; END';
INSERT INTO stormdisc.type_map VALUES ('it''s "x"; DROP TABLE y', 'int4', E'\\''"$$');
SELECT is(stormdisc_map_type('int4', 'it''s "x"; DROP TABLE y'), E'\\''"$$', 'any text is a dialect, and a name in it');
INSERT INTO stormdisc.type_map VALUES ('stormweaver', 'attack.victim', 'row');
SELECT is(stormdisc_map_type('attack.victim'), 'row', 'a table''s row type is a type');

-- privileges: nobody else writes it, everybody reads with it
CREATE ROLE regress_disc_attacker;
SET LOCAL ROLE regress_disc_attacker;
SELECT throws_ok($$INSERT INTO stormdisc.type_map VALUES ('stormweaver', 'int4', 'x')$$, '42501', NULL, 'not for everybody to write');
SELECT throws_ok('CREATE TABLE stormdisc.x (a int)', '42501', NULL, 'nor to add to its schema');
SELECT throws_ok('DROP EXTENSION stormdisc', '42501', NULL, 'nor to drop');
SELECT is((SELECT count(*) FROM stormdisc_columns('attack.trap')), 2::bigint, 'but to look');
RESET ROLE;

-- an installation does not take over what others have made
CREATE FUNCTION pg_temp.install(first text) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
	DROP EXTENSION stormdisc;
	EXECUTE first;
	CREATE EXTENSION stormdisc SCHEMA public;
END $$;
SELECT throws_ok($$SELECT pg_temp.install('CREATE SCHEMA stormdisc AUTHORIZATION regress_disc_attacker')$$,
	'42P06', NULL, 'a schema of another role''s is in the way');
SELECT throws_ok($$SELECT pg_temp.install('CREATE FUNCTION public.stormdisc_map_type(type text, dialect text DEFAULT ''x'', strict bool DEFAULT false)
	RETURNS text LANGUAGE sql AS ''SELECT NULL::text''')$$, '42723', NULL, 'and so is a function that would be replaced');
SELECT throws_ok($$SELECT pg_temp.install('CREATE SCHEMA stormdisc; CREATE TABLE stormdisc.type_map (dialect text)')$$,
	'42P07', NULL, 'or a table');
SELECT lives_ok($$SELECT pg_temp.install('CREATE SCHEMA stormdisc')$$, 'an own schema of that name is used');

SELECT * FROM finish();
ROLLBACK;
