-- Differences: between documents, and between a snapshot and what is there.

CREATE OR REPLACE FUNCTION @extschema@.stormdisc_diff(
	a jsonb,
	b jsonb,
	ignore text[] DEFAULT '{default}'
)
RETURNS TABLE (
	change text,
	object_kind text,
	identity text,
	attribute text,
	old_value jsonb,
	new_value jsonb,
	severity text,
	rename_hint text
)
AS 'MODULE_PATHNAME', 'stormdisc_diff'
LANGUAGE C IMMUTABLE PARALLEL UNSAFE COST 10000;

COMMENT ON FUNCTION @extschema@.stormdisc_diff(jsonb, jsonb, text[]) IS
	'how two documents differ, one row per difference, and what it takes to get from one to the other';

CREATE OR REPLACE FUNCTION @extschema@.stormdisc_diff_live(
	name text DEFAULT 'default',
	ignore text[] DEFAULT '{default}'
)
RETURNS TABLE (
	change text,
	object_kind text,
	identity text,
	attribute text,
	old_value jsonb,
	new_value jsonb,
	severity text,
	rename_hint text
)
AS 'MODULE_PATHNAME', 'stormdisc_diff_live'
LANGUAGE C STABLE PARALLEL UNSAFE COST 10000;

COMMENT ON FUNCTION @extschema@.stormdisc_diff_live(text, text[]) IS
	'how the schema now differs from a snapshot, as stormdisc_diff() tells it';

CREATE OR REPLACE FUNCTION @extschema@.stormdisc_diff_objects(
	old_objects regclass,
	new_objects regclass,
	ignore text[] DEFAULT '{default}',
	old_version int DEFAULT NULL,
	new_version int DEFAULT NULL
)
RETURNS TABLE (
	change text,
	object_kind text,
	identity text,
	attribute text,
	old_value jsonb,
	new_value jsonb,
	severity text,
	rename_hint text
)
AS 'MODULE_PATHNAME', 'stormdisc_diff_objects'
LANGUAGE C STABLE PARALLEL UNSAFE COST 10000;

COMMENT ON FUNCTION @extschema@.stormdisc_diff_objects(regclass, regclass, text[], int, int) IS
	'how two tables or views with rows of stormdisc_schema_objects() differ: for schemas too large for one document';
