-- Who may do what: roles and areas.

CREATE OR REPLACE FUNCTION @extschema@.stormdisc_grant(
	role text,
	area text
)
RETURNS text[]
AS 'MODULE_PATHNAME', 'stormdisc_grant'
LANGUAGE C VOLATILE PARALLEL UNSAFE;

COMMENT ON FUNCTION @extschema@.stormdisc_grant(text, text) IS
	'give a role what it needs to work with an area: discovery, ports, traces, migrations, or read; the statements that did it';
REVOKE ALL ON FUNCTION @extschema@.stormdisc_grant(text, text) FROM PUBLIC;

CREATE OR REPLACE FUNCTION @extschema@.stormdisc_revoke(
	role text,
	area text
)
RETURNS text[]
AS 'MODULE_PATHNAME', 'stormdisc_revoke'
LANGUAGE C VOLATILE PARALLEL UNSAFE;

COMMENT ON FUNCTION @extschema@.stormdisc_revoke(text, text) IS
	'take an area from a role, except what another area that it has needs; the statements that did it';
REVOKE ALL ON FUNCTION @extschema@.stormdisc_revoke(text, text) FROM PUBLIC;

CREATE OR REPLACE FUNCTION @extschema@.stormdisc_area_objects(
	area text DEFAULT NULL
)
RETURNS TABLE (
	area text,
	object_type text,
	identity text,
	privilege text,
	is_public bool
)
AS 'MODULE_PATHNAME', 'stormdisc_area_objects'
LANGUAGE C STABLE PARALLEL UNSAFE ROWS 200;

COMMENT ON FUNCTION @extschema@.stormdisc_area_objects(text) IS
	'the functions and relations of an area, or of all, and whether everybody has the privilege anyway';

-- One object of each area tells who has it.
CREATE OR REPLACE VIEW stormdisc.area_roles AS
SELECT m.area, r.rolname::pg_catalog.text AS role_name
FROM (SELECT CASE
			WHEN p.proname OPERATOR(pg_catalog.=) 'stormdisc_discover_existing_schema' THEN 'discovery'
			WHEN p.proname OPERATOR(pg_catalog.=) 'stormdisc_create_port' THEN 'ports'
			WHEN p.proname OPERATOR(pg_catalog.=) 'stormdisc_set_storage' THEN 'traces'
			ELSE 'migrations' END AS area, p.proowner AS owner, p.proacl AS acl, 'EXECUTE' AS privilege
		FROM pg_catalog.pg_depend d JOIN pg_catalog.pg_proc p ON p.oid OPERATOR(pg_catalog.=) d.objid
		WHERE d.classid OPERATOR(pg_catalog.=) 'pg_catalog.pg_proc'::pg_catalog.regclass
			AND d.refclassid OPERATOR(pg_catalog.=) 'pg_catalog.pg_extension'::pg_catalog.regclass
			AND d.refobjid OPERATOR(pg_catalog.=) (SELECT e.oid FROM pg_catalog.pg_extension e WHERE e.extname OPERATOR(pg_catalog.=) 'stormdisc')
			AND d.deptype OPERATOR(pg_catalog.=) 'e'::"char"
			AND p.proname OPERATOR(pg_catalog.=) ANY (ARRAY['stormdisc_discover_existing_schema', 'stormdisc_create_port', 'stormdisc_set_storage', 'stormdisc_register_migration']::pg_catalog.name[])
	UNION ALL SELECT 'read', c.relowner, c.relacl, 'SELECT' FROM pg_catalog.pg_class c
		WHERE c.relname OPERATOR(pg_catalog.=) 'area_roles' AND c.relnamespace OPERATOR(pg_catalog.=) 'stormdisc'::pg_catalog.regnamespace) m,
	LATERAL pg_catalog.aclexplode(m.acl) a
	JOIN pg_catalog.pg_roles r ON r.oid OPERATOR(pg_catalog.=) a.grantee
WHERE a.privilege_type OPERATOR(pg_catalog.=) m.privilege AND a.grantee OPERATOR(pg_catalog.<>) m.owner;

COMMENT ON VIEW stormdisc.area_roles IS
	'roles that have an area, by stormdisc_grant(); what they have through other roles is not told';
COMMENT ON COLUMN stormdisc.area_roles.area IS 'discovery, ports, traces, migrations or read';
COMMENT ON COLUMN stormdisc.area_roles.role_name IS 'name of the role';
