-- Maintenance: retention, partitions ahead, and who starts it; what backups and
-- more than one machine need.

CREATE OR REPLACE FUNCTION @extschema@.stormdisc_backup_readiness()
RETURNS TABLE (
	check_name text,
	status text,
	value text,
	message text,
	suggestion text
)
AS 'MODULE_PATHNAME', 'stormdisc_backup_readiness'
LANGUAGE C STABLE PARALLEL UNSAFE COST 1000 ROWS 20;

COMMENT ON FUNCTION @extschema@.stormdisc_backup_readiness() IS
	'what point-in-time recovery needs, and what a dump of stormdisc''s tables would lose';

CREATE OR REPLACE FUNCTION @extschema@.stormdisc_maintain(
	dry_run bool DEFAULT false,
	max_rows bigint DEFAULT 10000
)
RETURNS TABLE (
	rule text,
	relation_name text,
	action text,
	rows bigint,
	is_done bool,
	sqlstate text,
	message text
)
AS 'MODULE_PATHNAME', 'stormdisc_maintain'
LANGUAGE C VOLATILE PARALLEL UNSAFE COST 100000 ROWS 20;

COMMENT ON FUNCTION @extschema@.stormdisc_maintain(bool, bigint) IS
	'make partitions, remove what is old: every rule of stormdisc.retention_policies and more, in this transaction';
REVOKE ALL ON FUNCTION @extschema@.stormdisc_maintain(bool, bigint) FROM PUBLIC;

CREATE OR REPLACE PROCEDURE @extschema@.stormdisc_maintain_all(
	max_rows bigint DEFAULT 10000
)
AS 'MODULE_PATHNAME', 'stormdisc_maintain_all'
LANGUAGE C;

COMMENT ON PROCEDURE @extschema@.stormdisc_maintain_all(bigint) IS
	'the same until nothing is left to do, in many short transactions';
REVOKE ALL ON PROCEDURE @extschema@.stormdisc_maintain_all(bigint) FROM PUBLIC;

CREATE OR REPLACE FUNCTION @extschema@.stormdisc_cleanup_old_data()
RETURNS void
AS 'MODULE_PATHNAME', 'stormdisc_cleanup_old_data'
LANGUAGE C VOLATILE PARALLEL UNSAFE COST 100000;

COMMENT ON FUNCTION @extschema@.stormdisc_cleanup_old_data() IS
	'stormdisc_maintain() without its rows: what fails is a warning';
REVOKE ALL ON FUNCTION @extschema@.stormdisc_cleanup_old_data() FROM PUBLIC;

CREATE OR REPLACE FUNCTION @extschema@.stormdisc_maintenance_rules()
RETURNS TABLE (
	rule text,
	relation_name text,
	also text[],
	action text,
	keep_for interval,
	keep_last int,
	has_keep_for bool,
	has_keep_last bool,
	description text
)
AS 'MODULE_PATHNAME', 'stormdisc_maintenance_rules'
LANGUAGE C STABLE PARALLEL SAFE ROWS 20;

COMMENT ON FUNCTION @extschema@.stormdisc_maintenance_rules() IS
	'rules of stormdisc_maintain(), as they are built in';

CREATE OR REPLACE FUNCTION @extschema@.stormdisc_set_retention(
	rule text,
	keep_for interval DEFAULT NULL,
	keep_last int DEFAULT NULL,
	is_enabled bool DEFAULT true
)
RETURNS void
AS 'MODULE_PATHNAME', 'stormdisc_set_retention'
LANGUAGE C VOLATILE PARALLEL UNSAFE;

COMMENT ON FUNCTION @extschema@.stormdisc_set_retention(text, interval, int, bool) IS
	'change a rule: how long, and how many of the last, are kept; NULL is no limit';
REVOKE ALL ON FUNCTION @extschema@.stormdisc_set_retention(text, interval, int, bool) FROM PUBLIC;

CREATE OR REPLACE FUNCTION @extschema@.stormdisc_reset_retention(
	rule text
)
RETURNS bool
AS 'MODULE_PATHNAME', 'stormdisc_reset_retention'
LANGUAGE C VOLATILE PARALLEL UNSAFE;

COMMENT ON FUNCTION @extschema@.stormdisc_reset_retention(text) IS
	'let a rule be as it is built in; was it changed?';
REVOKE ALL ON FUNCTION @extschema@.stormdisc_reset_retention(text) FROM PUBLIC;

CREATE OR REPLACE VIEW stormdisc.retention_policies AS
SELECT r.rule, r.relation_name,
	CASE WHEN s.rule IS NULL THEN r.keep_for ELSE s.keep_for END AS keep_for,
	CASE WHEN s.rule IS NULL THEN r.keep_last ELSE s.keep_last END AS keep_last,
	coalesce(s.is_enabled, true) AS is_enabled,
	s.rule IS NULL AS is_default,
	r.action, r.description
FROM @extschema@.stormdisc_maintenance_rules() r
	LEFT JOIN stormdisc.retention_settings s ON s.rule OPERATOR(pg_catalog.=) r.rule;

COMMENT ON VIEW stormdisc.retention_policies IS
	'rules of stormdisc_maintain(), with what stormdisc_set_retention() has changed';
COMMENT ON COLUMN stormdisc.retention_policies.rule IS 'name of the rule';
COMMENT ON COLUMN stormdisc.retention_policies.relation_name IS 'table that it is about';
COMMENT ON COLUMN stormdisc.retention_policies.keep_for IS 'what is older is removed; NULL: nothing for its age';
COMMENT ON COLUMN stormdisc.retention_policies.keep_last IS 'of each thing so many are kept, others are removed; NULL: none for its number';
COMMENT ON COLUMN stormdisc.retention_policies.is_enabled IS 'is the rule followed?';
COMMENT ON COLUMN stormdisc.retention_policies.is_default IS 'is it as it is built in?';
COMMENT ON COLUMN stormdisc.retention_policies.action IS 'what is done';
COMMENT ON COLUMN stormdisc.retention_policies.description IS 'what it is done to';

GRANT SELECT ON stormdisc.retention_policies TO PUBLIC;

CREATE OR REPLACE FUNCTION @extschema@.stormdisc_schedule_maintenance(
	schedule text DEFAULT '*/5 * * * *'
)
RETURNS bigint
AS 'MODULE_PATHNAME', 'stormdisc_schedule_maintenance'
LANGUAGE C VOLATILE PARALLEL UNSAFE;

COMMENT ON FUNCTION @extschema@.stormdisc_schedule_maintenance(text) IS
	'let pg_cron run stormdisc_maintain_all() in this database; number of the job';
REVOKE ALL ON FUNCTION @extschema@.stormdisc_schedule_maintenance(text) FROM PUBLIC;

CREATE OR REPLACE FUNCTION @extschema@.stormdisc_unschedule_maintenance()
RETURNS bool
AS 'MODULE_PATHNAME', 'stormdisc_unschedule_maintenance'
LANGUAGE C VOLATILE PARALLEL UNSAFE;

COMMENT ON FUNCTION @extschema@.stormdisc_unschedule_maintenance() IS
	'remove the job of stormdisc_schedule_maintenance(); was there one?';
REVOKE ALL ON FUNCTION @extschema@.stormdisc_unschedule_maintenance() FROM PUBLIC;

CREATE OR REPLACE FUNCTION @extschema@.stormdisc_distribution()
RETURNS TABLE (
	relation_name text,
	distribution_column text,
	colocate_with text
)
AS 'MODULE_PATHNAME', 'stormdisc_distribution'
LANGUAGE C IMMUTABLE PARALLEL SAFE ROWS 30;

COMMENT ON FUNCTION @extschema@.stormdisc_distribution() IS
	'by which column each table may be spread over machines; NULL: copied to all';

CREATE OR REPLACE FUNCTION @extschema@.stormdisc_distribute()
RETURNS TABLE (
	relation_name text,
	distribution_column text,
	colocate_with text,
	action text
)
AS 'MODULE_PATHNAME', 'stormdisc_distribute'
LANGUAGE C VOLATILE PARALLEL UNSAFE ROWS 30;

COMMENT ON FUNCTION @extschema@.stormdisc_distribute() IS
	'let Citus distribute the tables; without Citus nothing is done';
REVOKE ALL ON FUNCTION @extschema@.stormdisc_distribute() FROM PUBLIC;
