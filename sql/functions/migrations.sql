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
	in_transaction bool,
	tables text[]
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

CREATE OR REPLACE FUNCTION @extschema@.stormdisc_test_migration(
	version int,
	ignore text[] DEFAULT '{default}',
	OUT version int,
	OUT reversible bool,
	OUT was_applied bool,
	OUT problem text,
	OUT remaining jsonb,
	OUT rows_lost jsonb,
	OUT rows_changed jsonb,
	OUT statements jsonb,
	OUT up_seconds float8,
	OUT down_seconds float8
)
AS 'MODULE_PATHNAME', 'stormdisc_test_migration'
LANGUAGE C VOLATILE PARALLEL UNSAFE COST 10000;

COMMENT ON FUNCTION @extschema@.stormdisc_test_migration(int, text[]) IS
	'run the scripts of a migration up, down and up again, undo it all, and tell whether the way back leads back';
REVOKE ALL ON FUNCTION @extschema@.stormdisc_test_migration(int, text[]) FROM PUBLIC;

CREATE OR REPLACE FUNCTION @extschema@.stormdisc_migrated_documents(
	OUT version int,
	OUT stored jsonb,
	OUT live jsonb
)
AS 'MODULE_PATHNAME', 'stormdisc_migrated_documents'
LANGUAGE C STABLE PARALLEL UNSAFE COST 10000;

COMMENT ON FUNCTION @extschema@.stormdisc_migrated_documents() IS
	'the schema as the last migration has left it, and as it is now; for stormdisc_schema_drift()';

CREATE OR REPLACE FUNCTION @extschema@.stormdisc_schema_drift(
	ignore text[] DEFAULT '{default}'
)
RETURNS TABLE (
	change text,
	object_kind text,
	identity text,
	attribute text,
	expected jsonb,
	actual jsonb,
	severity text,
	rename_hint text,
	repair text
)
LANGUAGE sql STABLE PARALLEL UNSAFE COST 10000
SET search_path = pg_catalog, pg_temp
BEGIN ATOMIC
	SELECT d.change, d.object_kind, d.identity, d.attribute, d.old_value, d.new_value, d.severity, d.rename_hint, r.statements
	FROM @extschema@.stormdisc_migrated_documents() o,
		LATERAL @extschema@.stormdisc_diff(o.stored, o.live, stormdisc_schema_drift.ignore) WITH ORDINALITY d
		LEFT JOIN LATERAL (
			SELECT s.kind, s.identity, pg_catalog.concat(s.identity, '.') AS prefix,
				pg_catalog.string_agg(pg_catalog.concat(pg_catalog.rtrim(s.statement, ';'), ';'), E'\n' ORDER BY s.seq) AS statements
			FROM @extschema@.stormdisc_migration_sql(o.live, o.stored, true) s
			WHERE NOT s.skipped
			GROUP BY s.kind, s.identity
		) r ON CASE WHEN d.object_kind OPERATOR(pg_catalog.=) 'columns'
			THEN r.kind OPERATOR(pg_catalog.=) ANY (ARRAY['tables', 'views']::text[]) AND pg_catalog.starts_with(d.identity, r.prefix)
			ELSE r.kind OPERATOR(pg_catalog.=) d.object_kind AND r.identity OPERATOR(pg_catalog.=) d.identity END
	ORDER BY d.ordinality;
END;

COMMENT ON FUNCTION @extschema@.stormdisc_schema_drift(text[]) IS
	'how the schema differs from what the last migration has left, and what makes it as it was';

CREATE OR REPLACE FUNCTION @extschema@.stormdisc_drift_repair(
	destructive bool DEFAULT false
)
RETURNS TABLE (
	seq int,
	kind text,
	identity text,
	statement text,
	severity text,
	lock_level text,
	rewrites_table bool,
	is_destructive bool,
	commit_before bool,
	skipped bool,
	why text
)
LANGUAGE sql STABLE PARALLEL UNSAFE COST 10000
SET search_path = pg_catalog, pg_temp
BEGIN ATOMIC
	SELECT s.seq, s.kind, s.identity, s.statement, s.severity, s.lock_level, s.rewrites_table, s.is_destructive, s.commit_before,
		s.skipped, s.why
	FROM @extschema@.stormdisc_migrated_documents() o,
		LATERAL @extschema@.stormdisc_migration_sql(o.live, o.stored, stormdisc_drift_repair.destructive) s
	ORDER BY s.seq;
END;

COMMENT ON FUNCTION @extschema@.stormdisc_drift_repair(bool) IS
	'all statements that make the schema what the last migration has left, in their order';

CREATE OR REPLACE FUNCTION @extschema@.stormdisc_migration_steps(
	version int,
	direction text DEFAULT 'up'
)
RETURNS TABLE (
	step int,
	number int,
	line int,
	command text,
	in_transaction bool,
	statement text,
	search_path text,
	lock_timeout text
)
AS 'MODULE_PATHNAME', 'stormdisc_migration_steps'
LANGUAGE C VOLATILE PARALLEL UNSAFE COST 1000;

COMMENT ON FUNCTION @extschema@.stormdisc_migration_steps(int, text) IS
	'the statements of a script, and the transactions that they are in; for a client that runs them one by one';
REVOKE ALL ON FUNCTION @extschema@.stormdisc_migration_steps(int, text) FROM PUBLIC;

CREATE OR REPLACE FUNCTION @extschema@.stormdisc_begin_migration(
	version int,
	direction text DEFAULT 'up',
	OUT step int,
	OUT steps int,
	OUT resumed bool
)
AS 'MODULE_PATHNAME', 'stormdisc_begin_migration'
LANGUAGE C VOLATILE PARALLEL UNSAFE COST 1000;

COMMENT ON FUNCTION @extschema@.stormdisc_begin_migration(int, text) IS
	'be the only session that runs migrations, and begin with a script or go on with it, one step after the other';
REVOKE ALL ON FUNCTION @extschema@.stormdisc_begin_migration(int, text) FROM PUBLIC;

CREATE OR REPLACE FUNCTION @extschema@.stormdisc_resume_step(
	version int,
	step int
)
RETURNS TABLE (
	action text,
	statement text
)
AS 'MODULE_PATHNAME', 'stormdisc_resume_step'
LANGUAGE C VOLATILE PARALLEL UNSAFE COST 1000 ROWS 2;

COMMENT ON FUNCTION @extschema@.stormdisc_resume_step(int, int) IS
	'what is to be run of a step that may have been run before: first, what removes what it has left behind';
REVOKE ALL ON FUNCTION @extschema@.stormdisc_resume_step(int, int) FROM PUBLIC;

CREATE OR REPLACE FUNCTION @extschema@.stormdisc_end_step(
	version int,
	step int
)
RETURNS bool
AS 'MODULE_PATHNAME', 'stormdisc_end_step'
LANGUAGE C VOLATILE PARALLEL UNSAFE COST 10000;

COMMENT ON FUNCTION @extschema@.stormdisc_end_step(int, int) IS
	'a step was run: after the last one the migration is applied, or reverted';
REVOKE ALL ON FUNCTION @extschema@.stormdisc_end_step(int, int) FROM PUBLIC;

CREATE OR REPLACE FUNCTION @extschema@.stormdisc_repair_migration(
	version int,
	state text
)
RETURNS void
AS 'MODULE_PATHNAME', 'stormdisc_repair_migration'
LANGUAGE C VOLATILE PARALLEL UNSAFE COST 10000;

COMMENT ON FUNCTION @extschema@.stormdisc_repair_migration(int, text) IS
	'say what has become of a migration that was half-way: applied, or pending';
REVOKE ALL ON FUNCTION @extschema@.stormdisc_repair_migration(int, text) FROM PUBLIC;

CREATE OR REPLACE FUNCTION @extschema@.stormdisc_migration_text(
	old_schema jsonb,
	new_schema jsonb,
	destructive bool DEFAULT false,
	options jsonb DEFAULT '{}'
)
RETURNS text
LANGUAGE sql STABLE PARALLEL UNSAFE COST 10000
SET search_path = pg_catalog, pg_temp
BEGIN ATOMIC
	SELECT pg_catalog.string_agg(
		pg_catalog.concat(CASE WHEN s.commit_before THEN E'-- stormdisc: commit\n' END, pg_catalog.rtrim(s.statement, ';'), E';\n'),
		'' ORDER BY s.seq)
	FROM @extschema@.stormdisc_migration_sql(
		stormdisc_migration_text.old_schema, stormdisc_migration_text.new_schema,
		stormdisc_migration_text.destructive, stormdisc_migration_text.options) s
	WHERE NOT s.skipped;
END;

COMMENT ON FUNCTION @extschema@.stormdisc_migration_text(jsonb, jsonb, bool, jsonb) IS
	'the statements of stormdisc_migration_sql() as the script of a migration, with its commit points; NULL if there is none';
