-- stormdisc_partitions() by hand: the server gives a bound only as text, so
-- its parts are cut out of that text.
WITH RECURSIVE tree AS (
	SELECT c.oid, c.oid AS parent, n.nspname AS root_schema, c.relname AS root_name, 0 AS level,
		NULL::name AS parent_schema, NULL::name AS parent_name, n.nspname, c.relname,
		c.relkind, NULL::text COLLATE "C" AS text, false AS detach_pending
	FROM pg_class c
	JOIN pg_namespace n ON n.oid = c.relnamespace
	WHERE c.relkind = 'p' AND NOT c.relispartition
	UNION ALL
	SELECT c.oid, t.oid, t.root_schema, t.root_name, t.level + 1, t.nspname, t.relname, n.nspname, c.relname,
		c.relkind, pg_get_expr(c.relpartbound, c.oid), h.inhdetachpending
	FROM tree t
	JOIN pg_inherits h ON h.inhparent = t.oid
	JOIN pg_class c ON c.oid = h.inhrelid
	JOIN pg_namespace n ON n.oid = c.relnamespace
), part AS (
	SELECT b.*, pt.partstrat, pt.partnatts, pt.partattrs,
		CASE WHEN pt.partstrat = 'r' THEN regexp_match(b.text, '^FOR VALUES FROM \((.*)\) TO \((.*)\)$') END AS range,
		CASE WHEN pt.partstrat = 'l' THEN substring(b.text, '^FOR VALUES IN \((.*)\)$') END AS list,
		CASE WHEN pt.partstrat = 'h' THEN regexp_match(b.text, '^FOR VALUES WITH \(modulus (\d+), remainder (\d+)\)$') END AS hash
	FROM tree b
	JOIN pg_partitioned_table pt ON pt.partrelid = b.parent
	WHERE b.level > 0
	OFFSET 0
), value AS (
	SELECT p.*,
		CASE WHEN range IS NOT NULL THEN ARRAY(
			SELECT CASE WHEN m[2] IS NULL THEN replace(m[1], '''''', '''') ELSE nullif(m[2], 'NULL') END
			FROM regexp_matches(range[1], '''((?:[^'']|'''')*)''|([^,[:space:]]+)', 'g') m) END AS lower_bound,
		CASE WHEN range IS NOT NULL THEN ARRAY(
			SELECT CASE WHEN m[2] IS NULL THEN replace(m[1], '''''', '''') ELSE nullif(m[2], 'NULL') END
			FROM regexp_matches(range[2], '''((?:[^'']|'''')*)''|([^,[:space:]]+)', 'g') m) END AS upper_bound,
		CASE WHEN list IS NOT NULL THEN ARRAY(
			SELECT CASE WHEN m[2] IS NULL THEN replace(m[1], '''''', '''') ELSE nullif(m[2], 'NULL') END
			FROM regexp_matches(list, '''((?:[^'']|'''')*)''|([^,[:space:]]+)', 'g') m) END AS list_values,
		CASE WHEN range IS NOT NULL AND partnatts = 1 AND EXISTS (
				SELECT FROM pg_attribute a
				WHERE a.attrelid = p.parent AND a.attnum = partattrs[0] AND a.atttypid IN (20, 21, 23))
			AND range[1] <> 'MINVALUE' AND range[2] <> 'MAXVALUE'
			THEN trim(range[1], '''')::numeric END AS low,
		trim(range[2], '''') AS high
	FROM part p
	OFFSET 0
)
SELECT
	parent_schema::text AS parent_schema,
	parent_name::text AS parent_name,
	nspname::text AS schema_name,
	relname::text AS partition_name,
	text AS partition_bound,
	CASE partstrat WHEN 'r' THEN 'range' WHEN 'l' THEN 'list' ELSE 'hash' END AS strategy,
	lower_bound,
	upper_bound,
	list_values,
	hash[1]::int AS modulus,
	hash[2]::int AS remainder,
	text = 'DEFAULT' AS is_default,
	level AS partition_level,
	root_schema::text AS root_schema,
	root_name::text AS root_name,
	relkind <> 'p' AS is_leaf,
	detach_pending,
	CASE WHEN low IS NOT NULL THEN (high::numeric - low)::bigint END AS range_size,
	CASE WHEN low IS NOT NULL AND low % (high::numeric - low) = 0 THEN (low / (high::numeric - low))::bigint END AS range_base,
	NULL::text AS problem
FROM value
WHERE nspname !~ '^pg_'
	AND nspname <> 'information_schema'
	AND NOT EXISTS (
		SELECT FROM pg_depend e
		WHERE e.refclassid = 'pg_extension'::regclass AND e.deptype = 'e'
			AND e.classid = 'pg_class'::regclass AND e.objid = value.oid)
