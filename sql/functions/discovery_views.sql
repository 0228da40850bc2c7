-- Discovery: views, rules and policies.
--
-- The texts need a subtransaction each, so all are PARALLEL UNSAFE.

CREATE OR REPLACE FUNCTION @extschema@.stormdisc_views(
	relation regclass DEFAULT NULL,
	schemas text[] DEFAULT NULL,
	include text[] DEFAULT NULL,
	exclude text[] DEFAULT NULL
)
RETURNS TABLE (
	schema_name text,
	view_name text,
	view_type text,
	definition text,
	check_option text,
	options text[],
	is_populated bool,
	columns text[],
	base_columns text[],
	is_updatable bool,
	is_insertable bool,
	depends_on text[],
	level int,
	access_method text,
	tablespace text,
	owner text,
	comment text,
	problem text
)
AS 'MODULE_PATHNAME', 'stormdisc_views'
LANGUAGE C STABLE PARALLEL UNSAFE COST 1000;

COMMENT ON FUNCTION @extschema@.stormdisc_views(regclass, text[], text[], text[]) IS
	'views and materialized views, one row each, in an order in which they can be created';
