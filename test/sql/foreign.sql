--
-- stormdisc_foreign_servers: wrappers, servers, user mappings, foreign tables
--
SET client_min_messages = warning;
CREATE ROLE regress_for_owner;
CREATE ROLE regress_for_user;
CREATE ROLE "regress_for U u";
CREATE SCHEMA disc_for;
SET search_path = disc_for, public;

--
-- A wrapper needs neither handler nor validator; names may be odd
--
CREATE FOREIGN DATA WRAPPER disc_for_w OPTIONS (debug 'on', "Odd n" 'a=b, ''c''');
COMMENT ON FOREIGN DATA WRAPPER disc_for_w IS 'a wrapper';
CREATE FOREIGN DATA WRAPPER "disc_for W w" VALIDATOR postgresql_fdw_validator;
GRANT USAGE ON FOREIGN DATA WRAPPER disc_for_w TO regress_for_owner;
ALTER ROLE regress_for_owner SUPERUSER;
ALTER FOREIGN DATA WRAPPER disc_for_w OWNER TO regress_for_owner;
ALTER FOREIGN DATA WRAPPER "disc_for W w" OWNER TO regress_for_owner;

CREATE SERVER disc_for_s TYPE 'oracle' VERSION '12c' FOREIGN DATA WRAPPER disc_for_w
	OPTIONS (host 'db.example', port '1521');
COMMENT ON SERVER disc_for_s IS 'a server';
CREATE SERVER "disc_for S ""s""" FOREIGN DATA WRAPPER "disc_for W w" OPTIONS (host 'h', dbname 'd');
ALTER SERVER disc_for_s OWNER TO regress_for_owner;
ALTER SERVER "disc_for S ""s""" OWNER TO regress_for_owner;

CREATE USER MAPPING FOR PUBLIC SERVER disc_for_s;
CREATE USER MAPPING FOR regress_for_user SERVER disc_for_s
	OPTIONS (user 'remote', password 's3cret');
CREATE USER MAPPING FOR regress_for_user SERVER "disc_for S ""s""" OPTIONS (user 'x=s3cret', password 's3cret=');
CREATE USER MAPPING FOR "regress_for U u" SERVER disc_for_s OPTIONS (password 's3cret');

CREATE FOREIGN TABLE t (
	gone int,
	a int OPTIONS (column_name 'A', "k K" 'v=w'),
	"B b" text OPTIONS (x 'y') NOT NULL,
	c int
) SERVER disc_for_s OPTIONS (schema_name 'S', table_name 'T t');
COMMENT ON FOREIGN TABLE t IS 'a foreign table';
ALTER FOREIGN TABLE t ALTER gone OPTIONS (ADD gone 'gone');
ALTER FOREIGN TABLE t DROP COLUMN gone;
ALTER FOREIGN TABLE t OWNER TO regress_for_owner;
CREATE FOREIGN TABLE "T t" () SERVER "disc_for S ""s""";
ALTER FOREIGN TABLE "T t" OWNER TO regress_for_owner;
CREATE TABLE plain (a int);

SELECT schema_name, object_name, object_type, wrapper_name, server_name, user_name
FROM stormdisc_foreign_servers();
SELECT object_name, object_type, server_type, server_version, handler, validator, owner, comment, problem
FROM stormdisc_foreign_servers();
SELECT object_name, user_name, object_type, options, column_options
FROM stormdisc_foreign_servers();

--
-- Scope
--
SELECT object_type, object_name, user_name FROM stormdisc_foreign_servers('t');
SELECT object_type, object_name, user_name FROM stormdisc_foreign_servers('"T t"');
SELECT object_type, object_name FROM stormdisc_foreign_servers(schemas => '{disc_for}');
SELECT object_type, object_name, user_name FROM stormdisc_foreign_servers(include => '{disc_for_*}');
SELECT object_type, object_name, user_name FROM stormdisc_foreign_servers(exclude => '{disc_for_s,disc_for.*}');
SELECT * FROM stormdisc_foreign_servers('plain');	-- error

--
-- Members of an extension stay out, what is made with them does not
--
CREATE EXTENSION file_fdw SCHEMA public;
CREATE SERVER disc_for_files FOREIGN DATA WRAPPER file_fdw;
ALTER SERVER disc_for_files OWNER TO regress_for_owner;
CREATE FOREIGN TABLE passwd (line text OPTIONS (force_not_null 'true'))
	SERVER disc_for_files OPTIONS (filename '/nowhere', format 'csv');
SELECT object_type, object_name, wrapper_name, server_name, handler, validator, options, column_options
FROM stormdisc_foreign_servers(include => '{disc_for_files,passwd,file_fdw}');
SELECT object_type, object_name, wrapper_name, handler, validator FROM stormdisc_foreign_servers('passwd')
WHERE object_type = 'wrapper';

--
-- The secrets of user mappings are for nobody, whatever the role
--
CREATE FUNCTION secrets() RETURNS SETOF text LANGUAGE plpgsql AS $$
DECLARE
	f record;
	found bool;
BEGIN
	FOR f IN SELECT p.oid::regproc AS name FROM pg_proc p WHERE p.proname LIKE 'stormdisc\_%'
		AND pg_get_function_arguments(p.oid) LIKE '%relation regclass DEFAULT NULL%exclude%' AND p.proretset
		AND p.proname NOT LIKE '%checksums' -- which reads tables
		ORDER BY p.proname COLLATE "C"
	LOOP
		EXECUTE format('SELECT EXISTS (SELECT FROM %s() r WHERE position($1 IN r::text) > 0)', f.name)
			INTO found USING 's3' || 'cret';
		IF found THEN
			RETURN NEXT f.name;
		END IF;
	END LOOP;
END $$;
GRANT USAGE ON SCHEMA disc_for TO PUBLIC;
SELECT secrets FROM secrets();
SET ROLE regress_for_user;
SELECT secrets FROM secrets();
SET ROLE "regress_for U u";
SELECT secrets FROM secrets();
SELECT object_name, user_name, options FROM stormdisc_foreign_servers() WHERE object_type = 'user mapping';
RESET ROLE;
DROP FUNCTION secrets();

DROP SCHEMA disc_for CASCADE;
DROP EXTENSION file_fdw CASCADE;
DROP FOREIGN DATA WRAPPER disc_for_w CASCADE;
DROP FOREIGN DATA WRAPPER "disc_for W w" CASCADE;
DROP ROLE regress_for_owner, regress_for_user, "regress_for U u";
