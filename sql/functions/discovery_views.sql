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

CREATE OR REPLACE FUNCTION @extschema@.stormdisc_rules(
	relation regclass DEFAULT NULL,
	schemas text[] DEFAULT NULL,
	include text[] DEFAULT NULL,
	exclude text[] DEFAULT NULL
)
RETURNS TABLE (
	schema_name text,
	table_name text,
	rule_name text,
	event text,
	is_instead bool,
	enabled text,
	condition text,
	definition text,
	comment text,
	problem text
)
AS 'MODULE_PATHNAME', 'stormdisc_rules'
LANGUAGE C STABLE PARALLEL UNSAFE COST 1000;

COMMENT ON FUNCTION @extschema@.stormdisc_rules(regclass, text[], text[], text[]) IS
	'rewrite rules of tables and views, one row each, without those that make views';

CREATE OR REPLACE FUNCTION @extschema@.stormdisc_policies(
	relation regclass DEFAULT NULL,
	schemas text[] DEFAULT NULL,
	include text[] DEFAULT NULL,
	exclude text[] DEFAULT NULL
)
RETURNS TABLE (
	schema_name text,
	table_name text,
	policy_name text,
	is_permissive bool,
	roles text[],
	command text,
	using_expression text,
	check_expression text,
	comment text,
	problem text
)
AS 'MODULE_PATHNAME', 'stormdisc_policies'
LANGUAGE C STABLE PARALLEL UNSAFE COST 1000;

COMMENT ON FUNCTION @extschema@.stormdisc_policies(regclass, text[], text[], text[]) IS
	'row security policies of tables, one row each';

CREATE OR REPLACE FUNCTION @extschema@.stormdisc_property_graphs(
	relation regclass DEFAULT NULL,
	schemas text[] DEFAULT NULL,
	include text[] DEFAULT NULL,
	exclude text[] DEFAULT NULL
)
RETURNS TABLE (
	schema_name text,
	graph_name text,
	definition text,
	vertex_tables text[],
	edge_tables text[],
	owner text,
	comment text,
	problem text
)
AS 'MODULE_PATHNAME', 'stormdisc_property_graphs'
LANGUAGE C STABLE PARALLEL UNSAFE COST 1000;

COMMENT ON FUNCTION @extschema@.stormdisc_property_graphs(regclass, text[], text[], text[]) IS
	'property graphs, one row each; no supported server has any';
