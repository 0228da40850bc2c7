-- Discovery: what is there, one function per kind of object.
--
-- All are for PUBLIC: they tell no more than pg_catalog tells everybody.
-- Where a function may use a subtransaction it is PARALLEL UNSAFE.

CREATE OR REPLACE FUNCTION @extschema@.stormdisc_tables(
	relation regclass DEFAULT NULL,
	schemas text[] DEFAULT NULL,
	include text[] DEFAULT NULL,
	exclude text[] DEFAULT NULL
)
RETURNS TABLE (
	schema_name text,
	table_name text,
	table_type text,
	access_method text,
	tablespace text,
	is_partition bool,
	partition_type text,
	partition_key text[],
	partition_definition text,
	parent_schema text,
	parent_name text,
	partition_level int,
	root_schema text,
	root_name text,
	persistence text,
	owner text,
	estimated_rows bigint,
	estimated_bytes bigint,
	of_type text,
	inherits text[],
	options text[],
	replica_identity text,
	row_security bool,
	force_row_security bool,
	comment text,
	table_oid oid,
	problem text
)
AS 'MODULE_PATHNAME', 'stormdisc_tables'
LANGUAGE C STABLE PARALLEL UNSAFE COST 1000;

COMMENT ON FUNCTION @extschema@.stormdisc_tables(regclass, text[], text[], text[]) IS
	'tables, partitioned tables and foreign tables, one row each';

CREATE OR REPLACE FUNCTION @extschema@.stormdisc_columns(
	relation regclass DEFAULT NULL,
	schemas text[] DEFAULT NULL,
	include text[] DEFAULT NULL,
	exclude text[] DEFAULT NULL
)
RETURNS TABLE (
	schema_name text,
	table_name text,
	column_name text,
	data_type text,
	length int,
	type_modifier int,
	not_null bool,
	ordinal_position int,
	is_serial bool,
	generated_type text,
	default_value text,
	table_type text,
	formatted_type text,
	type_schema text,
	type_kind text,
	base_type text,
	element_type text,
	enum_labels text[],
	character_length int,
	numeric_precision int,
	numeric_scale int,
	datetime_precision int,
	identity text,
	sequence_schema text,
	sequence_name text,
	collation text,
	storage text,
	compression text,
	statistics_target int,
	is_primary_key bool,
	is_partition_key bool,
	is_local bool,
	inherited_count int,
	storm_type text,
	storm_type_mapped bool,
	attribute_number int,
	comment text,
	problem text
)
AS 'MODULE_PATHNAME', 'stormdisc_columns'
LANGUAGE C STABLE PARALLEL UNSAFE COST 1000;

COMMENT ON FUNCTION @extschema@.stormdisc_columns(regclass, text[], text[], text[]) IS
	'columns of tables, foreign tables, views and materialized views, one row each, in their order';

CREATE OR REPLACE FUNCTION @extschema@.stormdisc_indexes(
	relation regclass DEFAULT NULL,
	schemas text[] DEFAULT NULL,
	include text[] DEFAULT NULL,
	exclude text[] DEFAULT NULL
)
RETURNS TABLE (
	schema_name text,
	table_name text,
	index_name text,
	is_unique bool,
	column_names text[],
	orderings text[],
	nulls_first bool[],
	opclasses text[],
	collations text[],
	include_columns text[],
	is_expression bool,
	predicate text,
	access_method text,
	is_primary bool,
	is_exclusion bool,
	is_valid bool,
	is_ready bool,
	nulls_not_distinct bool,
	constraint_name text,
	parent_schema text,
	parent_index text,
	tablespace text,
	options text[],
	is_clustered bool,
	is_replica_identity bool,
	definition text,
	comment text,
	problem text
)
AS 'MODULE_PATHNAME', 'stormdisc_indexes'
LANGUAGE C STABLE PARALLEL UNSAFE COST 1000;

COMMENT ON FUNCTION @extschema@.stormdisc_indexes(regclass, text[], text[], text[]) IS
	'indexes, one row each, with their keys in order';

CREATE OR REPLACE FUNCTION @extschema@.stormdisc_constraints(
	relation regclass DEFAULT NULL,
	schemas text[] DEFAULT NULL,
	include text[] DEFAULT NULL,
	exclude text[] DEFAULT NULL
)
RETURNS TABLE (
	schema_name text,
	table_name text,
	constraint_name text,
	constraint_type text,
	columns text[],
	ref_schema text,
	ref_table text,
	ref_columns text[],
	on_update text,
	on_delete text,
	on_delete_columns text[],
	match_type text,
	is_deferrable bool,
	initially_deferred bool,
	is_validated bool,
	is_enforced bool,
	is_period bool,
	no_inherit bool,
	is_local bool,
	inherited_count int,
	parent_constraint text,
	index_name text,
	exclusion_operators text[],
	expression text,
	definition text,
	comment text,
	problem text
)
AS 'MODULE_PATHNAME', 'stormdisc_constraints'
LANGUAGE C STABLE PARALLEL UNSAFE COST 1000;

COMMENT ON FUNCTION @extschema@.stormdisc_constraints(regclass, text[], text[], text[]) IS
	'constraints of tables, one row each; a foreign key is one row however many partitions it points to';

CREATE OR REPLACE FUNCTION @extschema@.stormdisc_primary_key(
	relation regclass
)
RETURNS TABLE (
	column_name text,
	ordinal_position int,
	key_position int
)
AS 'MODULE_PATHNAME', 'stormdisc_primary_key'
LANGUAGE C STABLE PARALLEL SAFE COST 100 ROWS 2;

COMMENT ON FUNCTION @extschema@.stormdisc_primary_key(regclass) IS
	'columns of a table''s primary key, in key order';

CREATE OR REPLACE FUNCTION @extschema@.stormdisc_partitions(
	relation regclass DEFAULT NULL,
	schemas text[] DEFAULT NULL,
	include text[] DEFAULT NULL,
	exclude text[] DEFAULT NULL
)
RETURNS TABLE (
	parent_schema text,
	parent_name text,
	schema_name text,
	partition_name text,
	partition_bound text,
	strategy text,
	lower_bound text[],
	upper_bound text[],
	list_values text[],
	modulus int,
	remainder int,
	is_default bool,
	partition_level int,
	root_schema text,
	root_name text,
	is_leaf bool,
	detach_pending bool,
	range_size bigint,
	range_base bigint,
	problem text
)
AS 'MODULE_PATHNAME', 'stormdisc_partitions'
LANGUAGE C STABLE PARALLEL UNSAFE COST 1000;

COMMENT ON FUNCTION @extschema@.stormdisc_partitions(regclass, text[], text[], text[]) IS
	'partitions at every level, one row each, with their bounds as text and in parts';

CREATE OR REPLACE FUNCTION @extschema@.stormdisc_column_options(
	relation regclass DEFAULT NULL,
	schemas text[] DEFAULT NULL,
	include text[] DEFAULT NULL,
	exclude text[] DEFAULT NULL
)
RETURNS TABLE (
	schema_name text,
	table_name text,
	column_name text,
	index_name text,
	key_position int,
	options text[],
	statistics_target int,
	problem text
)
AS 'MODULE_PATHNAME', 'stormdisc_column_options'
LANGUAGE C STABLE PARALLEL UNSAFE COST 1000;

COMMENT ON FUNCTION @extschema@.stormdisc_column_options(regclass, text[], text[], text[]) IS
	'columns with options like n_distinct, and index keys with a statistics target of their own';
