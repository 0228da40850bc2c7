-- Discovery: functions, triggers, and what extends the language: operators, casts and the like.

CREATE OR REPLACE FUNCTION @extschema@.stormdisc_functions(
	relation regclass DEFAULT NULL,
	schemas text[] DEFAULT NULL,
	include text[] DEFAULT NULL,
	exclude text[] DEFAULT NULL
)
RETURNS TABLE (
	schema_name text,
	function_name text,
	function_kind text,
	identity_arguments text,
	arguments text,
	argument_names text[],
	argument_types text[],
	argument_modes text[],
	argument_defaults text[],
	result text,
	returns_set bool,
	language text,
	volatility text,
	is_strict bool,
	is_leakproof bool,
	parallel text,
	security_definer bool,
	settings text[],
	cost real,
	rows real,
	support_function text,
	transform_types text[],
	source text,
	library text,
	sql_body text,
	aggregate_kind text,
	direct_arguments int,
	transition_function text,
	transition_type text,
	transition_space int,
	final_function text,
	final_extra bool,
	final_modify text,
	combine_function text,
	serial_function text,
	deserial_function text,
	initial_value text,
	moving_transition_function text,
	moving_inverse_function text,
	moving_transition_type text,
	moving_transition_space int,
	moving_final_function text,
	moving_final_extra bool,
	moving_final_modify text,
	moving_initial_value text,
	sort_operator text,
	definition text,
	owner text,
	comment text,
	problem text
)
AS 'MODULE_PATHNAME', 'stormdisc_functions'
LANGUAGE C STABLE PARALLEL UNSAFE COST 1000;

COMMENT ON FUNCTION @extschema@.stormdisc_functions(regclass, text[], text[], text[]) IS
	'functions, procedures, aggregates and window functions, one row each';

CREATE OR REPLACE FUNCTION @extschema@.stormdisc_triggers(
	relation regclass DEFAULT NULL,
	schemas text[] DEFAULT NULL,
	include text[] DEFAULT NULL,
	exclude text[] DEFAULT NULL
)
RETURNS TABLE (
	schema_name text,
	table_name text,
	trigger_name text,
	timing text,
	level text,
	events text[],
	columns text[],
	condition text,
	function text,
	arguments text[],
	old_table text,
	new_table text,
	enabled text,
	is_constraint bool,
	is_deferrable bool,
	initially_deferred bool,
	constraint_name text,
	ref_schema text,
	ref_table text,
	parent_trigger text,
	definition text,
	comment text,
	problem text
)
AS 'MODULE_PATHNAME', 'stormdisc_triggers'
LANGUAGE C STABLE PARALLEL UNSAFE COST 1000;

COMMENT ON FUNCTION @extschema@.stormdisc_triggers(regclass, text[], text[], text[]) IS
	'triggers of tables and views, one row each, without those that the server makes for constraints';

CREATE OR REPLACE FUNCTION @extschema@.stormdisc_languages(
	relation regclass DEFAULT NULL,
	schemas text[] DEFAULT NULL,
	include text[] DEFAULT NULL,
	exclude text[] DEFAULT NULL
)
RETURNS TABLE (
	language_name text,
	is_trusted bool,
	handler text,
	inline_handler text,
	validator text,
	owner text,
	comment text,
	problem text
)
AS 'MODULE_PATHNAME', 'stormdisc_languages'
LANGUAGE C STABLE PARALLEL UNSAFE COST 1000;

COMMENT ON FUNCTION @extschema@.stormdisc_languages(regclass, text[], text[], text[]) IS
	'procedural languages, one row each';

CREATE OR REPLACE FUNCTION @extschema@.stormdisc_transforms(
	relation regclass DEFAULT NULL,
	schemas text[] DEFAULT NULL,
	include text[] DEFAULT NULL,
	exclude text[] DEFAULT NULL
)
RETURNS TABLE (
	type text,
	language text,
	from_sql text,
	to_sql text,
	comment text,
	problem text
)
AS 'MODULE_PATHNAME', 'stormdisc_transforms'
LANGUAGE C STABLE PARALLEL UNSAFE COST 1000;

COMMENT ON FUNCTION @extschema@.stormdisc_transforms(regclass, text[], text[], text[]) IS
	'transforms between a type and a language, one row each';

CREATE OR REPLACE FUNCTION @extschema@.stormdisc_casts(
	relation regclass DEFAULT NULL,
	schemas text[] DEFAULT NULL,
	include text[] DEFAULT NULL,
	exclude text[] DEFAULT NULL
)
RETURNS TABLE (
	source_type text,
	target_type text,
	method text,
	function text,
	context text,
	comment text,
	problem text
)
AS 'MODULE_PATHNAME', 'stormdisc_casts'
LANGUAGE C STABLE PARALLEL UNSAFE COST 1000;

COMMENT ON FUNCTION @extschema@.stormdisc_casts(regclass, text[], text[], text[]) IS
	'casts from one type to another, one row each';

CREATE OR REPLACE FUNCTION @extschema@.stormdisc_operators(
	relation regclass DEFAULT NULL,
	schemas text[] DEFAULT NULL,
	include text[] DEFAULT NULL,
	exclude text[] DEFAULT NULL
)
RETURNS TABLE (
	schema_name text,
	operator_name text,
	left_type text,
	right_type text,
	result_type text,
	function text,
	commutator text,
	negator text,
	restrict_estimator text,
	join_estimator text,
	is_hashable bool,
	is_mergeable bool,
	owner text,
	comment text,
	problem text
)
AS 'MODULE_PATHNAME', 'stormdisc_operators'
LANGUAGE C STABLE PARALLEL UNSAFE COST 1000;

COMMENT ON FUNCTION @extschema@.stormdisc_operators(regclass, text[], text[], text[]) IS
	'operators, one row each';

CREATE OR REPLACE FUNCTION @extschema@.stormdisc_access_methods(
	relation regclass DEFAULT NULL,
	schemas text[] DEFAULT NULL,
	include text[] DEFAULT NULL,
	exclude text[] DEFAULT NULL
)
RETURNS TABLE (
	access_method_name text,
	method_type text,
	handler text,
	comment text,
	problem text
)
AS 'MODULE_PATHNAME', 'stormdisc_access_methods'
LANGUAGE C STABLE PARALLEL UNSAFE COST 1000;

COMMENT ON FUNCTION @extschema@.stormdisc_access_methods(regclass, text[], text[], text[]) IS
	'access methods of tables and indexes, one row each';

CREATE OR REPLACE FUNCTION @extschema@.stormdisc_operator_classes(
	relation regclass DEFAULT NULL,
	schemas text[] DEFAULT NULL,
	include text[] DEFAULT NULL,
	exclude text[] DEFAULT NULL
)
RETURNS TABLE (
	schema_name text,
	object_name text,
	object_kind text,
	access_method text,
	input_type text,
	storage_type text,
	is_default bool,
	family text,
	members text[],
	owner text,
	comment text,
	problem text
)
AS 'MODULE_PATHNAME', 'stormdisc_operator_classes'
LANGUAGE C STABLE PARALLEL UNSAFE COST 1000;

COMMENT ON FUNCTION @extschema@.stormdisc_operator_classes(regclass, text[], text[], text[]) IS
	'operator families and operator classes of index access methods, one row each, with their members';
