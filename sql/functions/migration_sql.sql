-- The statements that lead from one document's schema to another's.
--
-- They are for PUBLIC: they read nothing but their arguments.

CREATE OR REPLACE FUNCTION @extschema@.stormdisc_migration_sql(
	old_schema jsonb,
	new_schema jsonb,
	destructive boolean DEFAULT false,
	options jsonb DEFAULT '{}'
)
RETURNS TABLE (
	seq int,
	kind text,
	identity text,
	statement text,
	severity text,
	lock_level text,
	rewrites_table boolean,
	is_destructive boolean,
	commit_before boolean,
	skipped boolean,
	why text
)
AS 'MODULE_PATHNAME', 'stormdisc_migration_sql'
LANGUAGE C IMMUTABLE PARALLEL UNSAFE COST 10000;

COMMENT ON FUNCTION @extschema@.stormdisc_migration_sql(jsonb, jsonb, boolean, jsonb) IS
	'statements that make the new schema of the old one, one row each, in an order in which they run, and what each takes';

CREATE OR REPLACE FUNCTION @extschema@.stormdisc_migration_script(
	old_schema jsonb,
	new_schema jsonb,
	destructive boolean DEFAULT false,
	options jsonb DEFAULT '{}'
)
RETURNS text
AS 'MODULE_PATHNAME', 'stormdisc_migration_script'
LANGUAGE C IMMUTABLE PARALLEL UNSAFE COST 10000;

COMMENT ON FUNCTION @extschema@.stormdisc_migration_script(jsonb, jsonb, boolean, jsonb) IS
	'the statements of stormdisc_migration_sql as one script for psql, with its transactions';
