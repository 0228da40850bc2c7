-- Discovery: schemas, extensions, types, sequences and other objects of their own.

CREATE OR REPLACE FUNCTION @extschema@.stormdisc_sequences(
	relation regclass DEFAULT NULL,
	schemas text[] DEFAULT NULL,
	include text[] DEFAULT NULL,
	exclude text[] DEFAULT NULL
)
RETURNS TABLE (
	schema_name text,
	sequence_name text,
	data_type text,
	start_value bigint,
	min_value bigint,
	max_value bigint,
	increment bigint,
	cache_size bigint,
	is_cycle bool,
	last_value bigint,
	owner_schema text,
	owner_table text,
	owner_column text,
	is_identity bool,
	persistence text,
	owner text,
	comment text,
	problem text
)
AS 'MODULE_PATHNAME', 'stormdisc_sequences'
LANGUAGE C STABLE PARALLEL UNSAFE COST 1000;

COMMENT ON FUNCTION @extschema@.stormdisc_sequences(regclass, text[], text[], text[]) IS
	'sequences, one row each, with the columns that own them; last_value is null if it may not be read or there is none yet';

CREATE OR REPLACE FUNCTION @extschema@.stormdisc_types(
	relation regclass DEFAULT NULL,
	schemas text[] DEFAULT NULL,
	include text[] DEFAULT NULL,
	exclude text[] DEFAULT NULL
)
RETURNS TABLE (
	schema_name text,
	type_name text,
	type_kind text,
	labels text[],
	base_type text,
	not_null bool,
	default_value text,
	collation text,
	constraint_names text[],
	constraint_domains text[],
	constraint_definitions text[],
	constraint_validated bool[],
	constraint_comments text[],
	attribute_names text[],
	attribute_types text[],
	attribute_collations text[],
	attribute_comments text[],
	subtype text,
	subtype_opclass text,
	subtype_collation text,
	canonical text,
	subtype_diff text,
	multirange_type text,
	input_function text,
	output_function text,
	receive_function text,
	send_function text,
	typmod_in_function text,
	typmod_out_function text,
	analyze_function text,
	subscript_function text,
	internal_length int,
	by_value bool,
	alignment text,
	storage text,
	category text,
	is_preferred bool,
	delimiter text,
	element_type text,
	is_collatable bool,
	owner text,
	comment text,
	problem text
)
AS 'MODULE_PATHNAME', 'stormdisc_types'
LANGUAGE C STABLE PARALLEL UNSAFE COST 1000;

COMMENT ON FUNCTION @extschema@.stormdisc_types(regclass, text[], text[], text[]) IS
	'enums, domains, composite types, ranges, base and shell types, one row each; what does not apply to the kind is null';

CREATE OR REPLACE FUNCTION @extschema@.stormdisc_schemas(
	relation regclass DEFAULT NULL,
	schemas text[] DEFAULT NULL,
	include text[] DEFAULT NULL,
	exclude text[] DEFAULT NULL
)
RETURNS TABLE (
	schema_name text,
	is_default bool,
	owner text,
	comment text,
	problem text
)
AS 'MODULE_PATHNAME', 'stormdisc_schemas'
LANGUAGE C STABLE PARALLEL UNSAFE COST 1000;

COMMENT ON FUNCTION @extschema@.stormdisc_schemas(regclass, text[], text[], text[]) IS
	'schemas, one row each';

CREATE OR REPLACE FUNCTION @extschema@.stormdisc_extensions(
	relation regclass DEFAULT NULL,
	schemas text[] DEFAULT NULL,
	include text[] DEFAULT NULL,
	exclude text[] DEFAULT NULL
)
RETURNS TABLE (
	schema_name text,
	extension_name text,
	version text,
	is_relocatable bool,
	config_tables text[],
	config_conditions text[],
	requires text[],
	owner text,
	comment text,
	problem text
)
AS 'MODULE_PATHNAME', 'stormdisc_extensions'
LANGUAGE C STABLE PARALLEL UNSAFE COST 1000;

COMMENT ON FUNCTION @extschema@.stormdisc_extensions(regclass, text[], text[], text[]) IS
	'extensions, one row each, with the tables whose rows belong into a dump';

CREATE OR REPLACE FUNCTION @extschema@.stormdisc_statistics(
	relation regclass DEFAULT NULL,
	schemas text[] DEFAULT NULL,
	include text[] DEFAULT NULL,
	exclude text[] DEFAULT NULL
)
RETURNS TABLE (
	schema_name text,
	statistics_name text,
	table_schema text,
	table_name text,
	kinds text[],
	columns text[],
	expressions text[],
	statistics_target int,
	definition text,
	owner text,
	comment text,
	problem text
)
AS 'MODULE_PATHNAME', 'stormdisc_statistics'
LANGUAGE C STABLE PARALLEL UNSAFE COST 1000;

COMMENT ON FUNCTION @extschema@.stormdisc_statistics(regclass, text[], text[], text[]) IS
	'extended statistics of tables and materialized views, one row each';

CREATE OR REPLACE FUNCTION @extschema@.stormdisc_event_triggers(
	relation regclass DEFAULT NULL,
	schemas text[] DEFAULT NULL,
	include text[] DEFAULT NULL,
	exclude text[] DEFAULT NULL
)
RETURNS TABLE (
	trigger_name text,
	event text,
	tags text[],
	function text,
	enabled text,
	owner text,
	comment text,
	problem text
)
AS 'MODULE_PATHNAME', 'stormdisc_event_triggers'
LANGUAGE C STABLE PARALLEL UNSAFE COST 1000;

COMMENT ON FUNCTION @extschema@.stormdisc_event_triggers(regclass, text[], text[], text[]) IS
	'event triggers of the database, one row each';

CREATE OR REPLACE FUNCTION @extschema@.stormdisc_collations(
	relation regclass DEFAULT NULL,
	schemas text[] DEFAULT NULL,
	include text[] DEFAULT NULL,
	exclude text[] DEFAULT NULL
)
RETURNS TABLE (
	schema_name text,
	collation_name text,
	provider text,
	is_deterministic bool,
	encoding text,
	lc_collate text,
	lc_ctype text,
	locale text,
	rules text,
	version text,
	owner text,
	comment text,
	problem text
)
AS 'MODULE_PATHNAME', 'stormdisc_collations'
LANGUAGE C STABLE PARALLEL UNSAFE COST 1000;

COMMENT ON FUNCTION @extschema@.stormdisc_collations(regclass, text[], text[], text[]) IS
	'collations, one row each';

CREATE OR REPLACE FUNCTION @extschema@.stormdisc_conversions(
	relation regclass DEFAULT NULL,
	schemas text[] DEFAULT NULL,
	include text[] DEFAULT NULL,
	exclude text[] DEFAULT NULL
)
RETURNS TABLE (
	schema_name text,
	conversion_name text,
	from_encoding text,
	to_encoding text,
	function text,
	is_default bool,
	owner text,
	comment text,
	problem text
)
AS 'MODULE_PATHNAME', 'stormdisc_conversions'
LANGUAGE C STABLE PARALLEL UNSAFE COST 1000;

COMMENT ON FUNCTION @extschema@.stormdisc_conversions(regclass, text[], text[], text[]) IS
	'conversions between encodings, one row each';

CREATE OR REPLACE FUNCTION @extschema@.stormdisc_text_search(
	relation regclass DEFAULT NULL,
	schemas text[] DEFAULT NULL,
	include text[] DEFAULT NULL,
	exclude text[] DEFAULT NULL
)
RETURNS TABLE (
	schema_name text,
	object_name text,
	object_kind text,
	functions text[],
	template text,
	options text,
	parser text,
	mappings text[],
	owner text,
	comment text,
	problem text
)
AS 'MODULE_PATHNAME', 'stormdisc_text_search'
LANGUAGE C STABLE PARALLEL UNSAFE COST 1000;

COMMENT ON FUNCTION @extschema@.stormdisc_text_search(regclass, text[], text[], text[]) IS
	'parsers, templates, dictionaries and configurations of text search, one row each';

CREATE OR REPLACE FUNCTION @extschema@.stormdisc_extension_dependencies(
	relation regclass DEFAULT NULL,
	schemas text[] DEFAULT NULL,
	include text[] DEFAULT NULL,
	exclude text[] DEFAULT NULL
)
RETURNS TABLE (
	schema_name text,
	object_name text,
	object_type text,
	identity text,
	extension_name text,
	problem text
)
AS 'MODULE_PATHNAME', 'stormdisc_extension_dependencies'
LANGUAGE C STABLE PARALLEL UNSAFE COST 1000;

COMMENT ON FUNCTION @extschema@.stormdisc_extension_dependencies(regclass, text[], text[], text[]) IS
	'functions, indexes, triggers and materialized views that go when an extension goes, one row each';
