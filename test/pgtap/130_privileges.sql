-- Privileges, foreign servers, publications and labels against plain SQL over
-- pg_catalog, for every kind of object, the server's own among them.
BEGIN;
SET LOCAL jit = off;
SET LOCAL client_min_messages = error;
CREATE EXTENSION IF NOT EXISTS pgtap;
CREATE EXTENSION IF NOT EXISTS stormdisc;
SELECT plan(29);

-- the documented columns
CREATE TEMP TABLE documented (function text, columns text);
INSERT INTO documented VALUES
('stormdisc_privileges', 'schema_name text, object_name text, object_type text, column_name text, identity text, default_role text, default_objects text, grantor text, grantee text, privilege text, is_grantable boolean, is_default boolean, problem text'),
('stormdisc_foreign_servers', 'schema_name text, object_name text, object_type text, wrapper_name text, server_name text, user_name text, server_type text, server_version text, handler text, validator text, connection_function text, options text[], column_options text[], owner text, comment text, problem text'),
('stormdisc_publications', 'publication_name text, owner text, all_tables boolean, all_sequences boolean, publishes text[], via_root boolean, generated_columns text, schema_names text[], table_names text[], table_columns text[], row_filters text[], except_tables text[], comment text, problem text'),
('stormdisc_subscriptions', 'subscription_name text, owner text, is_enabled boolean, publications text[], slot_name text, synchronous_commit text, is_binary boolean, streaming text, two_phase boolean, disable_on_error boolean, origin text, password_required boolean, run_as_owner boolean, failover boolean, retain_dead_tuples boolean, max_retention_duration integer, wal_receiver_timeout text, server_name text, comment text, problem text'),
('stormdisc_security_labels', 'schema_name text, object_name text, object_type text, column_name text, identity text, provider text, label text, problem text');
SELECT is(
	(SELECT string_agg(name || ' ' || format_type(type, NULL), ', ' ORDER BY n)
	 FROM pg_proc p, ROWS FROM (unnest(proallargtypes), unnest(proargnames), unnest(proargmodes))
		WITH ORDINALITY AS a(type, name, mode, n)
	 WHERE p.oid = d.function::regproc AND mode = 't'),
	d.columns, d.function || ' declares the documented columns')
FROM documented d ORDER BY function COLLATE "C";

--
-- One of each, with every form of grant
--
CREATE ROLE regress_tap_owner;
CREATE ROLE "regress_tap A a";
CREATE ROLE regress_tap_b;
CREATE SCHEMA tap_priv;
CREATE SCHEMA "tap ""p""";
GRANT ALL ON SCHEMA tap_priv TO regress_tap_owner;
SET LOCAL search_path = tap_priv, public, pg_catalog;
CREATE TABLE t (a int, "B b" text, gone int);
GRANT SELECT (a, "B b", ctid, gone), UPDATE (a) ON t TO regress_tap_b, PUBLIC;
ALTER TABLE t DROP COLUMN gone;
GRANT SELECT ON t TO "regress_tap A a" WITH GRANT OPTION;
CREATE TABLE "tap ""p"""."T ""t""" (a int) PARTITION BY RANGE (a);
GRANT ALL ON "tap ""p"""."T ""t""" TO PUBLIC;
CREATE SEQUENCE s;
GRANT USAGE ON s TO regress_tap_b;
CREATE VIEW v AS SELECT 1 AS a;
REVOKE ALL ON v FROM CURRENT_USER;
CREATE MATERIALIZED VIEW m AS SELECT 1 AS a;
GRANT SELECT (a) ON m TO regress_tap_b;
CREATE FUNCTION f(int, OUT a int, VARIADIC "B b" text[]) LANGUAGE sql AS 'SELECT 1';
CREATE PROCEDURE f(INOUT a int, OUT b numeric(4, 2)) LANGUAGE sql AS 'SELECT 1, 2';
CREATE AGGREGATE f(anycompatible) (SFUNC = array_append, STYPE = anycompatiblearray);
REVOKE ALL ON FUNCTION f(int, text[]) FROM PUBLIC;
CREATE TYPE c AS (a int);
CREATE TYPE e AS ENUM ('a');
CREATE TYPE r AS RANGE (subtype = int4);
CREATE TYPE shell;
CREATE DOMAIN "D d" AS c[];
GRANT USAGE ON TYPE "D d" TO regress_tap_b;
REVOKE ALL ON TYPE e FROM PUBLIC;
CREATE FUNCTION g(r, c[], "D d") RETURNS void LANGUAGE sql AS '';
GRANT ALL ON FUNCTION g TO regress_tap_b WITH GRANT OPTION;
ALTER FUNCTION g OWNER TO regress_tap_owner;
ALTER TABLE t OWNER TO regress_tap_owner;
CREATE FOREIGN DATA WRAPPER tap_w OPTIONS (a 'b');
CREATE SERVER "tap S" TYPE 't' VERSION 'v' FOREIGN DATA WRAPPER tap_w OPTIONS (c 'd');
GRANT USAGE ON FOREIGN DATA WRAPPER tap_w TO regress_tap_b;
GRANT USAGE ON FOREIGN SERVER "tap S" TO PUBLIC;
CREATE USER MAPPING FOR regress_tap_b SERVER "tap S" OPTIONS (user 'u', password 'p');
CREATE FOREIGN TABLE ft (a int OPTIONS (x 'y'), b int) SERVER "tap S" OPTIONS (z 'zz');
GRANT TRUNCATE ON ft TO regress_tap_b;
CREATE TRUSTED LANGUAGE tap_l HANDLER plpgsql_call_handler;
REVOKE USAGE ON LANGUAGE tap_l FROM PUBLIC;
CREATE LANGUAGE tap_untrusted HANDLER plpgsql_call_handler;
ALTER DEFAULT PRIVILEGES GRANT ALL ON TABLES TO PUBLIC;
ALTER DEFAULT PRIVILEGES FOR ROLE regress_tap_owner IN SCHEMA tap_priv GRANT ALL ON TYPES TO "regress_tap A a";
ALTER DEFAULT PRIVILEGES FOR ROLE regress_tap_b REVOKE ALL ON FUNCTIONS FROM PUBLIC, regress_tap_b;
GRANT EXECUTE ON FUNCTION pg_catalog.pg_ls_waldir() TO regress_tap_b;

-- every object with an access control list, without the scope's rules
CREATE TEMP VIEW objects AS
SELECT CASE relkind WHEN 'r' THEN 'table' WHEN 'p' THEN 'table' WHEN 'v' THEN 'view' WHEN 'S' THEN 'sequence'
		WHEN 'm' THEN 'materialized view' WHEN 'f' THEN 'foreign table' END AS type,
	'pg_class'::regclass AS class, c.oid, relnamespace AS schema, relname AS name, NULL::name AS col,
	format('%I.%I', nspname, relname) AS identity,
	relacl AS acl, acldefault((CASE relkind WHEN 'S' THEN 's' ELSE 'r' END)::"char", relowner) AS by_default
FROM pg_class c JOIN pg_namespace n ON n.oid = relnamespace WHERE relkind IN ('r', 'p', 'v', 'S', 'm', 'f')
UNION ALL
SELECT 'column', 'pg_class', c.oid, relnamespace, relname, attname,
	format('%I.%I.%I', nspname, relname, attname), attacl, '{}'
FROM pg_class c JOIN pg_namespace n ON n.oid = relnamespace JOIN pg_attribute ON attrelid = c.oid
WHERE relkind IN ('r', 'p', 'v', 'S', 'm', 'f') AND NOT attisdropped AND attacl IS NOT NULL
UNION ALL
SELECT 'schema', 'pg_namespace', oid, oid, nspname, NULL, quote_ident(nspname), nspacl, acldefault('n', nspowner)
FROM pg_namespace WHERE nspname NOT LIKE 'pg\_temp\_%'
UNION ALL
SELECT CASE prokind WHEN 'p' THEN 'procedure' WHEN 'a' THEN 'aggregate' ELSE 'function' END,
	'pg_proc', p.oid, pronamespace, proname, NULL,
	format('%I.%I(%s)', nspname, proname, (SELECT string_agg(format_type(t, NULL), ',' ORDER BY n)
		FROM unnest(proargtypes) WITH ORDINALITY AS a(t, n))),
	proacl, acldefault('f', proowner)
FROM pg_proc p JOIN pg_namespace n ON n.oid = pronamespace
WHERE NOT EXISTS (SELECT FROM pg_depend WHERE classid = 'pg_proc'::regclass AND objid = p.oid AND deptype = 'i')
UNION ALL
SELECT CASE typtype WHEN 'd' THEN 'domain' ELSE 'type' END, 'pg_type', t.oid, typnamespace, typname, NULL,
	format('%I.%I', nspname, typname), typacl, acldefault('T', typowner)
FROM pg_type t JOIN pg_namespace n ON n.oid = typnamespace
WHERE typtype <> 'm' AND typsubscript <> 'array_subscript_handler'::regproc
	AND (typrelid = 0 OR (SELECT relkind = 'c' FROM pg_class WHERE oid = typrelid))
UNION ALL
SELECT 'language', 'pg_language', oid, 0, lanname, NULL, quote_ident(lanname), lanacl, acldefault('l', lanowner)
FROM pg_language WHERE lanpltrusted
UNION ALL
SELECT 'foreign data wrapper', 'pg_foreign_data_wrapper', oid, 0, fdwname, NULL, quote_ident(fdwname), fdwacl,
	acldefault('F', fdwowner)
FROM pg_foreign_data_wrapper
UNION ALL
SELECT 'foreign server', 'pg_foreign_server', oid, 0, srvname, NULL, quote_ident(srvname), srvacl, acldefault('S', srvowner)
FROM pg_foreign_server
UNION ALL
SELECT 'default privileges', 'pg_default_acl', d.oid, defaclnamespace, NULL, NULL,
	'for role ' || quote_ident(rolname) || coalesce(' in schema ' || quote_ident(nspname), '') || ' on '
		|| CASE defaclobjtype WHEN 'r' THEN 'tables' WHEN 'S' THEN 'sequences' WHEN 'f' THEN 'functions'
			WHEN 'T' THEN 'types' WHEN 'n' THEN 'schemas' WHEN 'L' THEN 'large objects' END,
	defaclacl, NULL
FROM pg_default_acl d JOIN pg_roles r ON r.oid = defaclrole LEFT JOIN pg_namespace n ON n.oid = defaclnamespace;

CREATE TEMP VIEW grants AS
SELECT type || ' ' || identity AS object, grantor_role.rolname AS grantor,
	CASE WHEN grantee = 0 THEN 'public' ELSE grantee_role.rolname END AS grantee, privilege_type AS privilege,
	a.is_grantable,
	coalesce(by_default IS NOT NULL AND (acl IS NULL
		OR (SELECT array_agg(x ORDER BY x::text) FROM unnest(acl) x) IS NOT DISTINCT FROM
			(SELECT array_agg(x ORDER BY x::text) FROM unnest(by_default) x)), false) AS is_default,
	schema, class, o.oid
FROM objects o
LEFT JOIN LATERAL aclexplode(coalesce(acl, by_default)) a ON true
LEFT JOIN pg_roles grantor_role ON grantor_role.oid = a.grantor
LEFT JOIN pg_roles grantee_role ON grantee_role.oid = a.grantee
WHERE NOT (a.grantee IS NULL AND type = 'column');

-- by default: user schemas (the temporary one is full of pgTAP's own tables) without members of extensions; all without a schema that is not the server's
CREATE TEMP VIEW grants_in_scope AS
SELECT object, grantor, grantee, privilege, is_grantable, is_default FROM grants g
WHERE CASE WHEN schema <> 0 THEN (SELECT nspname NOT LIKE 'pg\_%' AND nspname <> 'information_schema'
			FROM pg_namespace WHERE oid = schema)
		ELSE oid >= 16384 END
	AND NOT EXISTS (SELECT FROM pg_depend WHERE classid = class AND objid = g.oid AND deptype = 'e');

SET LOCAL search_path = pg_catalog, public, pg_temp;
SELECT bag_eq($$SELECT object_type || ' ' || identity, grantor, grantee, privilege, is_grantable, is_default
		FROM stormdisc_privileges() WHERE schema_name IS DISTINCT FROM 'pg_temp' $$,
	'SELECT object, grantor::text, grantee::text, privilege, is_grantable, is_default FROM grants_in_scope',
	'the grants of the default scope');
SELECT cmp_ok(count(*), '>', 60::bigint, 'and these are many') FROM grants_in_scope;
SELECT bag_eq($$SELECT object_type || ' ' || identity, grantor, grantee, privilege, is_grantable, is_default
		FROM stormdisc_privileges(schemas => '{pg_catalog,information_schema}')$$,
	$$SELECT object, grantor::text, grantee::text, privilege, is_grantable, is_default FROM grants
		g WHERE schema IN ('pg_catalog'::regnamespace, 'information_schema'::regnamespace)
			AND NOT EXISTS (SELECT FROM pg_depend WHERE classid = class AND objid = g.oid AND deptype = 'e')$$,
	'the grants of the server''s own schemas');
SELECT set_eq('SELECT DISTINCT object_type FROM stormdisc_privileges()',
	$$VALUES ('table'), ('view'), ('materialized view'), ('foreign table'), ('sequence'), ('column'), ('schema'),
		('function'), ('procedure'), ('aggregate'), ('type'), ('domain'), ('language'), ('foreign data wrapper'),
		('foreign server'), ('default privileges')$$,
	'every kind of object is there');
SELECT is_empty($$SELECT identity FROM stormdisc_privileges() WHERE problem IS NOT NULL$$, 'without a problem');
SELECT is(count(*), 1::bigint, 'a privilege on a server''s own function is found in its schema')
FROM stormdisc_privileges(schemas => '{pg_catalog}', include => '{pg_ls_waldir}') WHERE grantee = 'regress_tap_b';

-- the order, and the key: type and identity, grantee, grantor, privilege
SELECT is_empty($$
	SELECT * FROM (SELECT *, lag(k) OVER (ORDER BY n) AS before FROM
		(SELECT n, ARRAY[object_type || ' ' || identity, coalesce(grantee, ''), coalesce(grantor, ''), coalesce(privilege, '')] COLLATE "C" AS k
		 FROM stormdisc_privileges() WITH ORDINALITY AS p(schema_name, object_name, object_type, column_name, identity,
			default_role, default_objects, grantor, grantee, privilege, is_grantable, is_default, problem, n)) a) b
	WHERE before >= k$$, 'rows are in their order, each once');
-- is_default is about the object as a whole
SELECT is_empty($$SELECT object_type, identity FROM stormdisc_privileges() GROUP BY 1, 2
	HAVING count(DISTINCT is_default) > 1$$, 'is_default is the same for all rows of an object');

-- the privilege that came with 17
SELECT is(bool_or(privilege = 'MAINTAIN'), current_setting('server_version_num')::int >= 170000, 'MAINTAIN is known by its name')
FROM stormdisc_privileges('tap_priv.t');

-- a relation brings its own, its columns' and its schema's
SELECT bag_eq($$SELECT object_type || ' ' || identity, grantor, grantee, privilege, is_grantable, is_default
		FROM stormdisc_privileges('tap_priv.t')$$,
	$$SELECT object, grantor::text, grantee::text, privilege, is_grantable, is_default FROM grants
		WHERE object IN ('table tap_priv.t', 'schema tap_priv') OR object LIKE 'column tap_priv.t.%'$$,
	'one relation');

--
-- Foreign servers
--
-- options by name, as a dump has them
CREATE FUNCTION pg_temp.by_name(options text[]) RETURNS text[] LANGUAGE sql AS
	$$SELECT coalesce(array_agg(o ORDER BY split_part(o, '=', 1) COLLATE "C"), '{}') FROM unnest(options) AS o$$;
SELECT bag_eq($$SELECT object_type, object_name, wrapper_name, server_name, user_name, server_type, server_version, options
		FROM stormdisc_foreign_servers()$$,
	$$SELECT 'wrapper' AS a, fdwname::text AS b, fdwname::text AS c, NULL::text AS d, NULL::text AS e, NULL::text AS f,
			NULL::text AS g, pg_temp.by_name(fdwoptions) AS h
		FROM pg_foreign_data_wrapper w WHERE NOT EXISTS (SELECT FROM pg_depend WHERE classid = 'pg_foreign_data_wrapper'::regclass AND objid = w.oid AND deptype = 'e')
	UNION ALL SELECT 'server', srvname, fdwname, srvname, NULL, srvtype, srvversion, pg_temp.by_name(srvoptions)
		FROM pg_foreign_server s JOIN pg_foreign_data_wrapper w ON w.oid = srvfdw
	UNION ALL SELECT 'user mapping', NULL, fdwname, s.srvname, usename, NULL, NULL,
			coalesce((SELECT array_agg(option_name ORDER BY option_name COLLATE "C") FROM pg_options_to_table(umoptions)), '{}')
		FROM pg_user_mappings u JOIN pg_foreign_server s ON s.oid = srvid JOIN pg_foreign_data_wrapper w ON w.oid = srvfdw
	UNION ALL SELECT 'foreign table', relname, fdwname, srvname, NULL, NULL, NULL, pg_temp.by_name(ftoptions)
		FROM pg_foreign_table JOIN pg_class c ON c.oid = ftrelid JOIN pg_foreign_server s ON s.oid = ftserver
		JOIN pg_foreign_data_wrapper w ON w.oid = srvfdw$$,
	'foreign servers are as in the catalogs');
SELECT is((SELECT column_options FROM stormdisc_foreign_servers('tap_priv.ft') WHERE object_type = 'foreign table'), '{a: x=y}',
	'options of columns');
SELECT current_setting('server_version_num')::int >= 190000 AS v19 \gset
CREATE FOREIGN DATA WRAPPER "Tap con";
\if :v19
CREATE EXTENSION postgres_fdw SCHEMA tap_priv;
ALTER FOREIGN DATA WRAPPER "Tap con" CONNECTION tap_priv.postgres_fdw_connection;
\endif
SELECT is((SELECT connection_function FROM stormdisc_foreign_servers() WHERE wrapper_name = 'Tap con'),
	CASE WHEN :'v19' THEN 'tap_priv.postgres_fdw_connection' END, 'what makes connections for subscriptions');

--
-- Publications
--
SET LOCAL search_path = tap_priv, public, pg_catalog;
ALTER TABLE t ADD PRIMARY KEY (a);
CREATE PUBLICATION tap_all FOR ALL TABLES;
CREATE PUBLICATION tap_none;
CREATE PUBLICATION "tap P" FOR TABLE t (a, "B b") WHERE (a > 1 AND "B b" LIKE 'x%'), "tap ""p"""."T ""t""";
CREATE PUBLICATION tap_schemas FOR TABLES IN SCHEMA tap_priv, "tap ""p""" WITH (publish = 'delete', publish_via_partition_root);
SET LOCAL search_path = pg_catalog, public, pg_temp;
SELECT bag_eq('SELECT publication_name, owner, all_tables, publishes, via_root FROM stormdisc_publications()',
	$$SELECT pubname::text, pg_get_userbyid(pubowner)::text, puballtables, array_remove(ARRAY[CASE WHEN pubinsert THEN 'insert' END,
		CASE WHEN pubupdate THEN 'update' END, CASE WHEN pubdelete THEN 'delete' END, CASE WHEN pubtruncate THEN 'truncate' END], NULL),
		pubviaroot FROM pg_publication$$, 'publications');
SELECT bag_eq('SELECT publication_name, t, c, f FROM stormdisc_publications(), unnest(table_names, table_columns, row_filters) AS p(t, c, f)',
	$$SELECT pubname::text, format('%I.%I', nspname, relname),
		(SELECT string_agg(quote_ident(attname), ', ' ORDER BY attnum) FROM pg_attribute WHERE attrelid = prrelid AND attnum = ANY (prattrs::int2[])),
		pg_get_expr(prqual, prrelid)
	FROM pg_publication_rel JOIN pg_publication p ON p.oid = prpubid JOIN pg_class c ON c.oid = prrelid JOIN pg_namespace n ON n.oid = relnamespace$$,
	'tables, their columns and row filters');
SELECT bag_eq('SELECT publication_name, s FROM stormdisc_publications(), unnest(schema_names) AS s',
	$$SELECT pubname::text, nspname::text FROM pg_publication_namespace JOIN pg_publication p ON p.oid = pnpubid
		JOIN pg_namespace n ON n.oid = pnnspid$$, 'schemas');
-- whatever publishes a table is found by it
SELECT bag_eq($$SELECT publication_name FROM stormdisc_publications('tap_priv.t')$$,
	$$SELECT pubname::text FROM pg_publication_tables WHERE schemaname = 'tap_priv' AND tablename = 't'$$,
	'publications of a table');
SELECT bag_eq($$SELECT publication_name FROM stormdisc_publications('"tap ""p"""."T ""t"""')
		WHERE NOT all_tables$$,
	$$VALUES ('tap P'), ('tap_schemas')$$, 'publications of another');
SELECT ok(bool_and(all_sequences IS NOT NULL AND except_tables = '{}' AND generated_columns = 'none'),
	'what later versions brought has a value') FROM stormdisc_publications();

-- versions
SELECT CASE WHEN current_setting('server_version_num')::int >= 180000
	THEN lives_ok('CREATE PUBLICATION tap_generated WITH (publish_generated_columns = stored)', 'generated columns since 18')
	ELSE pass('generated columns since 18') END;
SELECT is((SELECT generated_columns FROM stormdisc_publications(include => '{tap_generated}')),
	CASE WHEN current_setting('server_version_num')::int >= 180000 THEN 'stored' END, 'are published');
SELECT CASE WHEN current_setting('server_version_num')::int >= 190000
	THEN lives_ok('CREATE PUBLICATION tap_except FOR ALL TABLES EXCEPT (TABLE tap_priv.t)', 'EXCEPT since 19')
	ELSE pass('EXCEPT since 19') END;
SELECT is((SELECT ARRAY[array_to_string(except_tables, ' '), array_to_string(table_names, ' ')] FROM stormdisc_publications(include => '{tap_except}')),
	CASE WHEN current_setting('server_version_num')::int >= 190000 THEN ARRAY['tap_priv.t', ''] END, 'names what is not published');
SELECT CASE WHEN current_setting('server_version_num')::int >= 190000
	THEN is((SELECT count(*) FROM stormdisc_publications('tap_priv.t') WHERE publication_name = 'tap_except'), 0::bigint, 'nor is it found by it')
	ELSE pass('nor is it found by it') END;

SELECT * FROM finish();
ROLLBACK;
