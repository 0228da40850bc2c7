-- Relationships: how tables hang together, in which order to fill them, and what may be put in.

CREATE OR REPLACE FUNCTION @extschema@.stormdisc_relationships(
	relation regclass DEFAULT NULL,
	schemas text[] DEFAULT NULL,
	include text[] DEFAULT NULL,
	exclude text[] DEFAULT NULL
)
RETURNS TABLE (
	kind text,
	from_schema text,
	from_table text,
	from_columns text[],
	to_schema text,
	to_table text,
	to_columns text[],
	junction_schema text,
	junction_table text,
	junction_from_columns text[],
	junction_to_columns text[],
	constraint_names text[],
	is_self bool,
	is_inverse bool,
	is_optional bool,
	is_enforced bool,
	is_validated bool,
	is_indexed bool,
	problem text
)
AS 'MODULE_PATHNAME', 'stormdisc_relationships'
LANGUAGE C STABLE PARALLEL UNSAFE COST 1000;

COMMENT ON FUNCTION @extschema@.stormdisc_relationships(regclass, text[], text[], text[]) IS
	'relationships between tables by foreign keys and junction tables, each as seen from either end';

CREATE OR REPLACE FUNCTION @extschema@.stormdisc_load_order(
	relation regclass DEFAULT NULL,
	schemas text[] DEFAULT NULL,
	include text[] DEFAULT NULL,
	exclude text[] DEFAULT NULL
)
RETURNS TABLE (
	schema_name text,
	table_name text,
	load_position int,
	unload_position int,
	level int,
	is_partition bool,
	is_self_referencing bool,
	cycle int,
	is_breakable bool,
	cycle_members text[],
	cycle_constraints text[],
	cycle_deferrable text[],
	cycle_nullable text[],
	problem text
)
AS 'MODULE_PATHNAME', 'stormdisc_load_order'
LANGUAGE C STABLE PARALLEL UNSAFE COST 1000;

COMMENT ON FUNCTION @extschema@.stormdisc_load_order(regclass, text[], text[], text[]) IS
	'tables in an order in which they can be filled without violating a foreign key, with the cycles';
