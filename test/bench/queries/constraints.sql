-- stormdisc_constraints() by hand.
SELECT
	n.nspname::text AS schema_name,
	c.relname::text AS table_name,
	co.conname::text AS constraint_name,
	CASE co.contype WHEN 'p' THEN 'primary key' WHEN 'u' THEN 'unique' WHEN 'f' THEN 'foreign key'
		WHEN 'c' THEN 'check' WHEN 'x' THEN 'exclusion' WHEN 'n' THEN 'not null' ELSE 'trigger' END AS constraint_type,
	coalesce(k.columns, '{}') AS columns,
	rn.nspname::text AS ref_schema,
	rc.relname::text AS ref_table,
	k.ref_columns,
	CASE WHEN co.contype = 'f' THEN CASE co.confupdtype WHEN 'a' THEN 'no action' WHEN 'r' THEN 'restrict'
		WHEN 'c' THEN 'cascade' WHEN 'n' THEN 'set null' ELSE 'set default' END END AS on_update,
	CASE WHEN co.contype = 'f' THEN CASE co.confdeltype WHEN 'a' THEN 'no action' WHEN 'r' THEN 'restrict'
		WHEN 'c' THEN 'cascade' WHEN 'n' THEN 'set null' ELSE 'set default' END END AS on_delete,
	CASE WHEN co.contype = 'f' THEN coalesce((
		SELECT array_agg(a.attname::text ORDER BY u.ord)
		FROM unnest(co.confdelsetcols) WITH ORDINALITY u (att, ord)
		JOIN pg_attribute a ON a.attrelid = co.conrelid AND a.attnum = u.att
		WHERE co.confdelsetcols IS NOT NULL), '{}') END AS on_delete_columns,
	CASE WHEN co.contype = 'f' THEN CASE co.confmatchtype WHEN 's' THEN 'simple' WHEN 'f' THEN 'full'
		ELSE 'partial' END END AS match_type,
	co.condeferrable AS is_deferrable,
	co.condeferred AS initially_deferred,
	co.convalidated AS is_validated,
	:conenforced AS is_enforced,
	:conperiod AS is_period,
	co.connoinherit AS no_inherit,
	co.conislocal AS is_local,
	co.coninhcount::int AS inherited_count,
	pco.conname::text AS parent_constraint,
	ic.relname::text AS index_name,
	CASE WHEN co.contype = 'x' THEN (
		SELECT array_agg(quote_ident(opn.nspname) || '.' || o.oprname ORDER BY u.ord)
		FROM unnest(co.conexclop) WITH ORDINALITY u (op, ord)
		JOIN pg_operator o ON o.oid = u.op
		JOIN pg_namespace opn ON opn.oid = o.oprnamespace) END AS exclusion_operators,
	CASE WHEN co.contype = 'c' THEN pg_get_expr(co.conbin, co.conrelid) END AS expression,
	pg_get_constraintdef(co.oid) AS definition,
	de.description AS comment,
	NULL::text AS problem
FROM pg_constraint co
JOIN pg_class c ON c.oid = co.conrelid
JOIN pg_namespace n ON n.oid = c.relnamespace
LEFT JOIN (
	SELECT y.oid, array_agg(y.att) AS columns, array_agg(y.refatt) FILTER (WHERE y.refatt IS NOT NULL) AS ref_columns
	FROM (
		SELECT z.oid, CASE WHEN u.att = 0 THEN '*' ELSE a.attname::text END AS att, ra.attname::text AS refatt
		FROM pg_constraint z
		CROSS JOIN unnest(z.conkey, z.confkey) WITH ORDINALITY AS u (att, refatt, ord)
		LEFT JOIN pg_attribute a ON a.attrelid = z.conrelid AND a.attnum = u.att
		LEFT JOIN pg_attribute ra ON ra.attrelid = z.confrelid AND ra.attnum = u.refatt
		WHERE z.conrelid >= 16384
		ORDER BY z.oid, u.ord
	) y
	GROUP BY y.oid
) k ON k.oid = co.oid
LEFT JOIN pg_class rc ON rc.oid = co.confrelid
LEFT JOIN pg_namespace rn ON rn.oid = rc.relnamespace
LEFT JOIN pg_class ic ON ic.oid = co.conindid
LEFT JOIN pg_constraint pco ON pco.oid = co.conparentid
LEFT JOIN pg_description de ON de.classoid = 'pg_constraint'::regclass AND de.objoid = co.oid AND de.objsubid = 0
WHERE c.relkind IN ('r', 'p', 'f')
	AND (pco.oid IS NULL OR pco.conrelid <> co.conrelid)
	AND n.nspname !~ '^pg_'
	AND n.nspname <> 'information_schema'
	AND NOT EXISTS (
		SELECT FROM pg_depend e
		WHERE e.refclassid = 'pg_extension'::regclass AND e.deptype = 'e'
			AND e.classid = 'pg_class'::regclass AND e.objid = c.oid)
