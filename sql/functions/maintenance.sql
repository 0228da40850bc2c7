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
