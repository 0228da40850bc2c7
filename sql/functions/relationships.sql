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

CREATE OR REPLACE FUNCTION @extschema@.stormdisc_insertable(relation regclass)
RETURNS TABLE (
	column_name text,
	ordinal_position int,
	formatted_type text,
	base_type text,
	must_provide bool,
	is_generated bool,
	is_identity bool,
	identity_always bool,
	has_default bool,
	default_value text,
	accepts_null bool,
	enum_labels text[],
	max_length int,
	numeric_precision int,
	numeric_scale int,
	min_value text,
	max_value text,
	references_schema text,
	references_table text,
	references_column text,
	foreign_keys text[],
	unique_sets text[],
	check_expressions text[],
	exclusions text[],
	partition_lower text,
	partition_upper text,
	partition_upper_inclusive bool,
	partition_values text[],
	partition_bounds text[],
	problem text
)
AS 'MODULE_PATHNAME', 'stormdisc_insertable'
LANGUAGE C STABLE PARALLEL UNSAFE COST 1000;

COMMENT ON FUNCTION @extschema@.stormdisc_insertable(regclass) IS
	'what may be put into each column of a table: what has to be given, bounds, references, keys, checks';

CREATE OR REPLACE FUNCTION @extschema@.stormdisc_diagram(
	relation regclass DEFAULT NULL,
	schemas text[] DEFAULT NULL,
	include text[] DEFAULT NULL,
	exclude text[] DEFAULT NULL,
	format text DEFAULT 'mermaid'
)
RETURNS text
AS 'MODULE_PATHNAME', 'stormdisc_diagram'
LANGUAGE C STABLE PARALLEL UNSAFE COST 1000;

COMMENT ON FUNCTION @extschema@.stormdisc_diagram(regclass, text[], text[], text[], text) IS
	'entity-relationship diagram as text for Mermaid or Graphviz';
