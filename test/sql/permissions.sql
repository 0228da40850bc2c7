--
-- Who may do what: every function, table, view, type and sequence of the
-- extension.  Whoever adds one adds a line to the expected output, and thinks
-- about it.
--
CREATE TEMP VIEW members AS
SELECT classid, objid FROM pg_depend
WHERE refclassid = 'pg_extension'::regclass AND deptype = 'e'
  AND refobjid = (SELECT oid FROM pg_extension WHERE extname = 'stormdisc');

-- functions: may everybody run it; volatility; parallel safety; is there a
-- comment; security definer; does it fix its settings
SELECT p.oid::regprocedure AS function,
	has_function_privilege('public', p.oid, 'EXECUTE') AS public,
	provolatile AS vol, proparallel AS par,
	coalesce(obj_description(p.oid, 'pg_proc'), '') <> '' AS comment,
	prosecdef AS secdef, proisstrict AS strict,
	CASE WHEN lanname IN ('c', 'internal') THEN lanname
		ELSE lanname || ' ' || coalesce(array_to_string(proconfig, ' '), 'no search_path') END AS language
FROM members JOIN pg_proc p ON p.oid = objid AND classid = 'pg_proc'::regclass
	JOIN pg_language l ON l.oid = prolang
ORDER BY p.oid::regprocedure::text COLLATE "C";

-- arguments and results, by name
SELECT p.proname, pg_get_function_arguments(p.oid) AS arguments
FROM members JOIN pg_proc p ON p.oid = objid AND classid = 'pg_proc'::regclass
ORDER BY p.oid::regprocedure::text COLLATE "C";

-- no function takes or gives what only the server may pass on, except to an aggregate
SELECT p.oid::regprocedure
FROM members JOIN pg_proc p ON p.oid = objid AND classid = 'pg_proc'::regclass
WHERE ('internal'::regtype = ANY (p.proargtypes::oid[] || prorettype)
		OR 'cstring'::regtype = ANY (p.proargtypes::oid[] || prorettype))
	AND NOT EXISTS (SELECT FROM pg_type t WHERE p.oid IN (typinput, typoutput, typreceive, typsend))
	AND NOT EXISTS (SELECT FROM pg_aggregate
		WHERE p.oid IN (aggtransfn, aggcombinefn, aggserialfn, aggdeserialfn, aggfinalfn));

-- relations: what everybody may do with them
SELECT c.oid::regclass AS relation, c.relkind AS kind, c.relpersistence AS persistence,
	has_table_privilege('public', c.oid, 'SELECT') AS public_select,
	has_table_privilege('public', c.oid, 'INSERT, UPDATE, DELETE, TRUNCATE, REFERENCES, TRIGGER') AS public_write,
	has_any_column_privilege('public', c.oid, 'INSERT, UPDATE, REFERENCES') AS public_column_write,
	coalesce(obj_description(c.oid, 'pg_class'), '') <> '' AS comment,
	c.relrowsecurity AS rls, c.oid = ANY (e.extconfig) AS dumped
FROM members JOIN pg_class c ON c.oid = objid AND classid = 'pg_class'::regclass AND c.relkind <> 'i',
	pg_extension e
WHERE extname = 'stormdisc'
ORDER BY c.oid::regclass::text COLLATE "C";

-- columns without a comment
SELECT attrelid::regclass AS relation, attname
FROM members JOIN pg_attribute ON attrelid = objid AND classid = 'pg_class'::regclass
	AND attnum > 0 AND NOT attisdropped
WHERE col_description(attrelid, attnum) IS NULL
ORDER BY attrelid::regclass::text COLLATE "C", attnum;

-- tables without a primary key: their partitions have it, see sql/tables/metrics.sql
SELECT c.oid::regclass
FROM members JOIN pg_class c ON c.oid = objid AND classid = 'pg_class'::regclass AND relkind IN ('r', 'p')
WHERE NOT EXISTS (SELECT FROM pg_constraint WHERE conrelid = c.oid AND contype = 'p');

-- schemas
SELECT n.nspname, has_schema_privilege('public', n.oid, 'USAGE') AS usage,
	has_schema_privilege('public', n.oid, 'CREATE') AS create,
	obj_description(n.oid, 'pg_namespace') AS comment
FROM members JOIN pg_namespace n ON n.oid = objid AND classid = 'pg_namespace'::regclass;

-- and nothing else
SELECT classid::regclass AS catalog, count(*)
FROM members WHERE classid NOT IN ('pg_proc'::regclass, 'pg_class'::regclass, 'pg_type'::regclass)
GROUP BY 1 ORDER BY classid::regclass::text COLLATE "C";

-- every member has a comment
SELECT pg_describe_object(classid, objid, 0)
FROM members
WHERE obj_description(objid, classid::regclass::name) IS NULL
  AND NOT (classid = 'pg_type'::regclass AND EXISTS
	(SELECT FROM pg_type WHERE oid = objid AND (typrelid <> 0 OR typelem <> 0)))
  AND NOT (classid = 'pg_class'::regclass AND EXISTS
	(SELECT FROM pg_class WHERE oid = objid AND relkind = 'i'));

-- a role without any right uses what is everybody's, and nothing more
CREATE ROLE regress_disc_nobody;
SET SESSION AUTHORIZATION regress_disc_nobody;
SELECT count(*) >= 0 AS ok FROM stormdisc_tables();
SELECT count(*) >= 0 AS ok FROM stormdisc_columns();
SELECT count(*) >= 0 AS ok FROM stormdisc_indexes();
SELECT count(*) >= 0 AS ok FROM stormdisc_constraints();
SELECT count(*) >= 0 AS ok FROM stormdisc_partitions();
SELECT count(*) >= 0 AS ok FROM stormdisc_primary_key('pg_catalog.pg_class');
SELECT stormdisc_map_type('int4');
SELECT count(*) >= 0 AS ok FROM stormdisc.type_map;
\set VERBOSITY sqlstate
INSERT INTO stormdisc.type_map VALUES ('a', 'b', 'c');
UPDATE stormdisc.type_map SET mapped_type = 'c';
DELETE FROM stormdisc.type_map;
TRUNCATE stormdisc.type_map;
CREATE TABLE stormdisc.mine (a int);
ALTER TABLE stormdisc.type_map ADD x int;
COMMENT ON TABLE stormdisc.type_map IS 'mine';
ALTER FUNCTION stormdisc_map_type(text, text, bool) VOLATILE;
SET stormdisc.schemas = 'public';
RESET stormdisc.schemas;
SET stormdisc.no_such_setting = 1;
\set VERBOSITY default
RESET SESSION AUTHORIZATION;
DROP ROLE regress_disc_nobody;
DROP VIEW members;
