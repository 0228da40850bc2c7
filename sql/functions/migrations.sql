-- Migrations: versioned changes of the schema.

CREATE OR REPLACE FUNCTION @extschema@.stormdisc_register_migration(
	version int,
	description text,
	up_sql text,
	down_sql text DEFAULT NULL,
	options jsonb DEFAULT '{}'
)
RETURNS text
AS 'MODULE_PATHNAME', 'stormdisc_register_migration'
LANGUAGE C VOLATILE PARALLEL UNSAFE COST 1000;

COMMENT ON FUNCTION @extschema@.stormdisc_register_migration(int, text, text, text, jsonb) IS
	'make the scripts of a version known: that which leads to it, and that which leads back';
REVOKE ALL ON FUNCTION @extschema@.stormdisc_register_migration(int, text, text, text, jsonb) FROM PUBLIC;

CREATE OR REPLACE FUNCTION @extschema@.stormdisc_unregister_migration(
	version int
)
RETURNS void
AS 'MODULE_PATHNAME', 'stormdisc_unregister_migration'
LANGUAGE C VOLATILE PARALLEL UNSAFE COST 1000;

COMMENT ON FUNCTION @extschema@.stormdisc_unregister_migration(int) IS
	'forget the scripts of a version that is not applied';
REVOKE ALL ON FUNCTION @extschema@.stormdisc_unregister_migration(int) FROM PUBLIC;

CREATE OR REPLACE FUNCTION @extschema@.stormdisc_accept_migration(
	version int,
	reason text
)
RETURNS text
AS 'MODULE_PATHNAME', 'stormdisc_accept_migration'
LANGUAGE C VOLATILE PARALLEL UNSAFE COST 1000;

COMMENT ON FUNCTION @extschema@.stormdisc_accept_migration(int, text) IS
	'accept that the scripts of a version that is applied are others than they were';
REVOKE ALL ON FUNCTION @extschema@.stormdisc_accept_migration(int, text) FROM PUBLIC;

CREATE OR REPLACE FUNCTION @extschema@.stormdisc_register_repeatable(
	name text,
	sql text,
	options jsonb DEFAULT '{}'
)
RETURNS text
AS 'MODULE_PATHNAME', 'stormdisc_register_repeatable'
LANGUAGE C VOLATILE PARALLEL UNSAFE COST 1000;

COMMENT ON FUNCTION @extschema@.stormdisc_register_repeatable(text, text, jsonb) IS
	'make a script known that is run after the migrations whenever its text has changed';
REVOKE ALL ON FUNCTION @extschema@.stormdisc_register_repeatable(text, text, jsonb) FROM PUBLIC;

CREATE OR REPLACE FUNCTION @extschema@.stormdisc_unregister_repeatable(
	name text
)
RETURNS void
AS 'MODULE_PATHNAME', 'stormdisc_unregister_repeatable'
LANGUAGE C VOLATILE PARALLEL UNSAFE COST 1000;

COMMENT ON FUNCTION @extschema@.stormdisc_unregister_repeatable(text) IS
	'forget a script that stormdisc_register_repeatable() made known; what it made stays';
REVOKE ALL ON FUNCTION @extschema@.stormdisc_unregister_repeatable(text) FROM PUBLIC;

CREATE OR REPLACE FUNCTION @extschema@.stormdisc_migrate(
	target int DEFAULT NULL,
	dry_run bool DEFAULT false
)
RETURNS TABLE (
	version int,
	description text,
	action text,
	statements int,
	duration interval,
	fingerprint text
)
AS 'MODULE_PATHNAME', 'stormdisc_migrate'
LANGUAGE C VOLATILE PARALLEL UNSAFE COST 10000;

COMMENT ON FUNCTION @extschema@.stormdisc_migrate(int, bool) IS
	'apply migrations up to a version, in this transaction: all of them or none';
REVOKE ALL ON FUNCTION @extschema@.stormdisc_migrate(int, bool) FROM PUBLIC;

CREATE OR REPLACE PROCEDURE @extschema@.stormdisc_migrate_all(
	target int DEFAULT NULL,
	lock_timeout interval DEFAULT '1 minute'
)
AS 'MODULE_PATHNAME', 'stormdisc_migrate_all'
LANGUAGE C;

COMMENT ON PROCEDURE @extschema@.stormdisc_migrate_all(int, interval) IS
	'apply migrations up to a version, each in a transaction of its own';
REVOKE ALL ON PROCEDURE @extschema@.stormdisc_migrate_all(int, interval) FROM PUBLIC;

CREATE OR REPLACE FUNCTION @extschema@.stormdisc_rollback(
	target int DEFAULT NULL,
	dry_run bool DEFAULT false
)
RETURNS TABLE (
	version int,
	description text,
	action text,
	statements int,
	duration interval,
	fingerprint text
)
AS 'MODULE_PATHNAME', 'stormdisc_rollback'
LANGUAGE C VOLATILE PARALLEL UNSAFE COST 10000;

COMMENT ON FUNCTION @extschema@.stormdisc_rollback(int, bool) IS
	'revert migrations down to a version, by default the last one, in this transaction: all of them or none';
REVOKE ALL ON FUNCTION @extschema@.stormdisc_rollback(int, bool) FROM PUBLIC;

CREATE OR REPLACE FUNCTION @extschema@.stormdisc_init_schema(
	version int,
	base_sql text DEFAULT NULL
)
RETURNS TABLE (
	version int,
	description text,
	action text,
	statements int,
	duration interval,
	fingerprint text
)
AS 'MODULE_PATHNAME', 'stormdisc_init_schema'
LANGUAGE C VOLATILE PARALLEL UNSAFE COST 10000;

COMMENT ON FUNCTION @extschema@.stormdisc_init_schema(int, text) IS
	'run the base script, unless it was run before, and apply the migrations up to a version that are missing';
REVOKE ALL ON FUNCTION @extschema@.stormdisc_init_schema(int, text) FROM PUBLIC;

CREATE OR REPLACE FUNCTION @extschema@.stormdisc_baseline(
	version int,
	description text DEFAULT 'baseline'
)
RETURNS void
AS 'MODULE_PATHNAME', 'stormdisc_baseline'
LANGUAGE C VOLATILE PARALLEL UNSAFE COST 10000;

COMMENT ON FUNCTION @extschema@.stormdisc_baseline(int, text) IS
	'say that the schema is at a version already, without running a script';
REVOKE ALL ON FUNCTION @extschema@.stormdisc_baseline(int, text) FROM PUBLIC;

CREATE OR REPLACE FUNCTION @extschema@.stormdisc_current_version()
RETURNS int
AS 'MODULE_PATHNAME', 'stormdisc_current_version'
LANGUAGE C STABLE PARALLEL UNSAFE COST 100;

COMMENT ON FUNCTION @extschema@.stormdisc_current_version() IS
	'the version that the schema is at, 0 if no migration is applied';

CREATE OR REPLACE FUNCTION @extschema@.stormdisc_migration_status()
RETURNS TABLE (
	version int,
	description text,
	status text,
	detail text,
	applied_at timestamptz,
	applied_by text,
	duration interval,
	checksum text,
	has_down bool,
	in_transaction bool
)
AS 'MODULE_PATHNAME', 'stormdisc_migration_status'
LANGUAGE C STABLE PARALLEL UNSAFE COST 1000;

COMMENT ON FUNCTION @extschema@.stormdisc_migration_status() IS
	'each migration and repeatable script, and what has become of it';

CREATE OR REPLACE FUNCTION @extschema@.stormdisc_pending_migrations()
RETURNS TABLE (
	version int,
	description text,
	statements int,
	steps int,
	has_down bool,
	in_transaction bool
)
AS 'MODULE_PATHNAME', 'stormdisc_pending_migrations'
LANGUAGE C STABLE PARALLEL UNSAFE COST 1000;

COMMENT ON FUNCTION @extschema@.stormdisc_pending_migrations() IS
	'what is to be applied next, in its order';
