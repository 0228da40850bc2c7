/* stormdisc: put together by make; edit the files in sql/, not this script */

-- complain if the script is sourced in psql, rather than via CREATE EXTENSION
\echo Use "CREATE EXTENSION stormdisc" to load this file. \quit

-- nothing below relies on a search path: our objects are named with their
-- schema, the server's are found in pg_catalog only
SET LOCAL search_path TO pg_catalog, pg_temp;

-- Tables and views of ours live in the schema stormdisc, whatever schema the
-- functions go to.  It may exist already only if we own it: another owner
-- could replace what we put there.
DO $stormdisc$
DECLARE
	owner_name pg_catalog.text;
BEGIN
	SELECT pg_catalog.pg_get_userbyid(nspowner) INTO owner_name
	FROM pg_catalog.pg_namespace
	WHERE nspname OPERATOR(pg_catalog.=) 'stormdisc'::pg_catalog.name;

	IF NOT FOUND THEN
		CREATE SCHEMA stormdisc;
		COMMENT ON SCHEMA stormdisc IS 'tables and views of the extension stormdisc';
	ELSIF owner_name OPERATOR(pg_catalog.<>) CURRENT_USER::pg_catalog.text THEN
		RAISE EXCEPTION 'schema "stormdisc" exists already and belongs to another role'
			USING ERRCODE = 'duplicate_schema',
				HINT = 'Drop or rename the schema, or install as its owner.';
	END IF;
END
$stormdisc$;

GRANT USAGE ON SCHEMA stormdisc TO PUBLIC;
