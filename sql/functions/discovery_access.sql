-- Discovery: privileges, foreign servers, publications and subscriptions.

CREATE OR REPLACE FUNCTION @extschema@.stormdisc_privileges(
	relation regclass DEFAULT NULL,
	schemas text[] DEFAULT NULL,
	include text[] DEFAULT NULL,
	exclude text[] DEFAULT NULL
)
RETURNS TABLE (
	schema_name text,
	object_name text,
	object_type text,
	column_name text,
	identity text,
	default_role text,
	default_objects text,
	grantor text,
	grantee text,
	privilege text,
	is_grantable bool,
	is_default bool,
	problem text
)
AS 'MODULE_PATHNAME', 'stormdisc_privileges'
LANGUAGE C STABLE PARALLEL UNSAFE COST 1000;

COMMENT ON FUNCTION @extschema@.stormdisc_privileges(regclass, text[], text[], text[]) IS
	'who may do what with schemas, relations, columns, functions, types and the like, one row for each privilege';

CREATE OR REPLACE FUNCTION @extschema@.stormdisc_foreign_servers(
	relation regclass DEFAULT NULL,
	schemas text[] DEFAULT NULL,
	include text[] DEFAULT NULL,
	exclude text[] DEFAULT NULL
)
RETURNS TABLE (
	schema_name text,
	object_name text,
	object_type text,
	wrapper_name text,
	server_name text,
	user_name text,
	server_type text,
	server_version text,
	handler text,
	validator text,
	connection_function text,
	options text[],
	column_options text[],
	owner text,
	comment text,
	problem text
)
AS 'MODULE_PATHNAME', 'stormdisc_foreign_servers'
LANGUAGE C STABLE PARALLEL UNSAFE COST 1000;

COMMENT ON FUNCTION @extschema@.stormdisc_foreign_servers(regclass, text[], text[], text[]) IS
	'foreign data wrappers, servers, user mappings without their secrets, and foreign tables, one row each';

CREATE OR REPLACE FUNCTION @extschema@.stormdisc_publications(
	relation regclass DEFAULT NULL,
	schemas text[] DEFAULT NULL,
	include text[] DEFAULT NULL,
	exclude text[] DEFAULT NULL
)
RETURNS TABLE (
	publication_name text,
	owner text,
	all_tables bool,
	all_sequences bool,
	publishes text[],
	via_root bool,
	generated_columns text,
	schema_names text[],
	table_names text[],
	table_columns text[],
	row_filters text[],
	except_tables text[],
	comment text,
	problem text
)
AS 'MODULE_PATHNAME', 'stormdisc_publications'
LANGUAGE C STABLE PARALLEL UNSAFE COST 1000;

COMMENT ON FUNCTION @extschema@.stormdisc_publications(regclass, text[], text[], text[]) IS
	'what is published for logical replication, one row for each publication';

CREATE OR REPLACE FUNCTION @extschema@.stormdisc_subscriptions(
	relation regclass DEFAULT NULL,
	schemas text[] DEFAULT NULL,
	include text[] DEFAULT NULL,
	exclude text[] DEFAULT NULL
)
RETURNS TABLE (
	subscription_name text,
	owner text,
	is_enabled bool,
	publications text[],
	slot_name text,
	synchronous_commit text,
	is_binary bool,
	streaming text,
	two_phase bool,
	disable_on_error bool,
	origin text,
	password_required bool,
	run_as_owner bool,
	failover bool,
	retain_dead_tuples bool,
	max_retention_duration int,
	wal_receiver_timeout text,
	server_name text,
	comment text,
	problem text
)
AS 'MODULE_PATHNAME', 'stormdisc_subscriptions'
LANGUAGE C STABLE PARALLEL UNSAFE COST 1000;

COMMENT ON FUNCTION @extschema@.stormdisc_subscriptions(regclass, text[], text[], text[]) IS
	'what this database subscribes to by logical replication, without the connection strings';

CREATE OR REPLACE FUNCTION @extschema@.stormdisc_security_labels(
	relation regclass DEFAULT NULL,
	schemas text[] DEFAULT NULL,
	include text[] DEFAULT NULL,
	exclude text[] DEFAULT NULL
)
RETURNS TABLE (
	schema_name text,
	object_name text,
	object_type text,
	column_name text,
	identity text,
	provider text,
	label text,
	problem text
)
AS 'MODULE_PATHNAME', 'stormdisc_security_labels'
LANGUAGE C STABLE PARALLEL UNSAFE COST 1000;

COMMENT ON FUNCTION @extschema@.stormdisc_security_labels(regclass, text[], text[], text[]) IS
	'labels that security providers have put on objects, one row each';
