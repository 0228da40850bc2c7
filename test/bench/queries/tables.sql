-- stormdisc_tables() by hand.  No server function gives the keys of a
-- partitioned table one by one, so a key of several expressions is given once.
WITH RECURSIVE tree AS (
	SELECT c.oid, n.nspname AS root_schema, c.relname AS root_name, 0 AS level,
		NULL::name AS parent_schema, NULL::name AS parent_name, n.nspname, c.relname
	FROM pg_class c
	JOIN pg_namespace n ON n.oid = c.relnamespace
	WHERE c.relkind = 'p' AND NOT c.relispartition
	UNION ALL
	SELECT c.oid, t.root_schema, t.root_name, t.level + 1, t.nspname, t.relname, n.nspname, c.relname
	FROM tree t
	JOIN pg_inherits h ON h.inhparent = t.oid
	JOIN pg_class c ON c.oid = h.inhrelid
	JOIN pg_namespace n ON n.oid = c.relnamespace
)
SELECT
	n.nspname::text AS schema_name,
	c.relname::text AS table_name,
	CASE c.relkind WHEN 'r' THEN 'table' WHEN 'p' THEN 'partitioned table' ELSE 'foreign table' END AS table_type,
	am.amname::text AS access_method,
	coalesce(ts.spcname::text, '') AS tablespace,
	c.relispartition AS is_partition,
	CASE pt.partstrat WHEN 'r' THEN 'range' WHEN 'l' THEN 'list' WHEN 'h' THEN 'hash' END AS partition_type,
	CASE WHEN pt.partrelid IS NOT NULL THEN ARRAY(
		SELECT coalesce(a.attname::text, pg_get_expr(pt.partexprs, pt.partrelid))
		FROM unnest(pt.partattrs::int2[]) WITH ORDINALITY u (att, ord)
		LEFT JOIN pg_attribute a ON a.attrelid = pt.partrelid AND a.attnum = u.att
		ORDER BY u.ord) END AS partition_key,
	tree.parent_schema::text AS parent_schema,
	tree.parent_name::text AS parent_name,
	tree.level AS partition_level,
	tree.root_schema::text AS root_schema,
	tree.root_name::text AS root_name,
	CASE c.relpersistence WHEN 'p' THEN 'permanent' WHEN 'u' THEN 'unlogged' ELSE 'temporary' END AS persistence,
	pg_get_userbyid(c.relowner)::text AS owner,
	CASE WHEN c.reltuples >= 0 THEN c.reltuples::bigint END AS estimated_rows,
	CASE WHEN c.relkind = 'r' THEN c.relpages * current_setting('block_size')::bigint END AS estimated_bytes,
	CASE WHEN c.reloftype <> 0 THEN quote_ident(tn.nspname) || '.' || quote_ident(t.typname) END AS of_type,
	coalesce(inh.parents, '{}') AS inherits,
	coalesce(c.reloptions, '{}') || ARRAY(SELECT 'toast.' || o FROM unnest(tc.reloptions) o) AS options,
	CASE c.relreplident WHEN 'd' THEN 'default' WHEN 'n' THEN 'nothing' WHEN 'f' THEN 'full' ELSE 'index' END
		AS replica_identity,
	c.relrowsecurity AS row_security,
	c.relforcerowsecurity AS force_row_security,
	de.description AS comment,
	c.oid AS table_oid,
	NULL::text AS problem
FROM pg_class c
JOIN pg_namespace n ON n.oid = c.relnamespace
LEFT JOIN pg_am am ON am.oid = c.relam
LEFT JOIN pg_tablespace ts ON ts.oid = c.reltablespace
LEFT JOIN pg_partitioned_table pt ON pt.partrelid = c.oid
LEFT JOIN tree ON tree.oid = c.oid
LEFT JOIN pg_type t ON t.oid = c.reloftype
LEFT JOIN pg_namespace tn ON tn.oid = t.typnamespace
LEFT JOIN (
	SELECT h.inhrelid, array_agg(quote_ident(pn.nspname) || '.' || quote_ident(p.relname) ORDER BY h.inhseqno) AS parents
	FROM pg_inherits h
	JOIN pg_class p ON p.oid = h.inhparent AND p.relkind IN ('r', 'f')
	JOIN pg_namespace pn ON pn.oid = p.relnamespace
	GROUP BY h.inhrelid
) inh ON inh.inhrelid = c.oid
LEFT JOIN pg_class tc ON tc.oid = c.reltoastrelid AND tc.reloptions IS NOT NULL
LEFT JOIN pg_description de ON de.classoid = 'pg_class'::regclass AND de.objoid = c.oid AND de.objsubid = 0
WHERE c.relkind IN ('r', 'p', 'f')
	AND n.nspname !~ '^pg_'
	AND n.nspname <> 'information_schema'
	AND NOT EXISTS (
		SELECT FROM pg_depend e
		WHERE e.refclassid = 'pg_extension'::regclass AND e.deptype = 'e'
			AND e.classid = 'pg_class'::regclass AND e.objid = c.oid)
