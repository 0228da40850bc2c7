-- stormdisc_indexes() by hand: the keys of all indexes are unfolded once and
-- joined as a set; pg_get_indexdef() gives the definition and, where an index
-- has more than one expression, the text of each.
SELECT
	n.nspname::text AS schema_name,
	c.relname::text AS table_name,
	i.relname::text AS index_name,
	x.indisunique AS is_unique,
	k.column_names,
	CASE WHEN am.can_order THEN k.orderings END AS orderings,
	CASE WHEN am.can_order THEN k.nulls_first END AS nulls_first,
	k.opclasses,
	k.collations,
	coalesce(k.include_columns, '{}') AS include_columns,
	x.indexprs IS NOT NULL AS is_expression,
	pg_get_expr(x.indpred, x.indrelid) AS predicate,
	am.amname::text AS access_method,
	x.indisprimary AS is_primary,
	x.indisexclusion AS is_exclusion,
	x.indisvalid AS is_valid,
	x.indisready AS is_ready,
	x.indnullsnotdistinct AS nulls_not_distinct,
	co.conname::text AS constraint_name,
	p.nspname::text AS parent_schema,
	p.relname::text AS parent_index,
	coalesce(ts.spcname::text, '') AS tablespace,
	coalesce(i.reloptions, '{}') AS options,
	x.indisclustered AS is_clustered,
	x.indisreplident AS is_replica_identity,
	pg_get_indexdef(x.indexrelid) AS definition,
	de.description AS comment,
	NULL::text AS problem
FROM pg_index x
JOIN pg_class c ON c.oid = x.indrelid
JOIN pg_namespace n ON n.oid = c.relnamespace
JOIN pg_class i ON i.oid = x.indexrelid
JOIN (
	SELECT oid, amname, pg_indexam_has_property(oid, 'can_order') AS can_order
	FROM pg_am
	OFFSET 0
) am ON am.oid = i.relam
JOIN (
	SELECT y.indexrelid,
		array_agg(y.key) FILTER (WHERE y.ord <= y.indnkeyatts) AS column_names,
		array_agg(y.key) FILTER (WHERE y.ord > y.indnkeyatts) AS include_columns,
		array_agg(CASE WHEN y.opt & 1 = 1 THEN 'desc' ELSE 'asc' END) FILTER (WHERE y.ord <= y.indnkeyatts) AS orderings,
		array_agg(y.opt & 2 = 2) FILTER (WHERE y.ord <= y.indnkeyatts) AS nulls_first,
		array_agg(y.opclass) FILTER (WHERE y.ord <= y.indnkeyatts) AS opclasses,
		array_agg(y.collation) FILTER (WHERE y.ord <= y.indnkeyatts) AS collations
	FROM (
		SELECT z.indexrelid, z.indnkeyatts, u.ord, u.opt,
			CASE WHEN u.att <> 0 THEN a.attname::text
				WHEN cardinality(array_positions(z.indkey::int2[], 0::int2)) = 1 THEN pg_get_expr(z.indexprs, z.indrelid)
				ELSE regexp_replace(pg_get_indexdef(z.indexrelid, u.ord::int, false), '^\((\(.*\))\)$', '\1')
				END AS key,
			o.name || coalesce(' (' || (SELECT string_agg(quote_ident(split_part(opt, '=', 1)) || '='
				|| quote_literal(substr(opt, strpos(opt, '=') + 1)), ', ') FROM unnest(ia.attoptions) opt) || ')', '') AS opclass,
			col.name AS collation
		FROM pg_index z
		CROSS JOIN unnest(z.indkey::int2[], z.indoption::int2[], z.indclass::oid[], z.indcollation::oid[])
			WITH ORDINALITY AS u (att, opt, cls, coll, ord)
		LEFT JOIN pg_attribute a ON a.attrelid = z.indrelid AND a.attnum = u.att
		LEFT JOIN (
			SELECT oc.oid, quote_ident(ocn.nspname) || '.' || quote_ident(oc.opcname) AS name
			FROM pg_opclass oc
			JOIN pg_namespace ocn ON ocn.oid = oc.opcnamespace
		) o ON o.oid = u.cls
		LEFT JOIN (
			SELECT coll.oid, quote_ident(cn.nspname) || '.' || quote_ident(coll.collname) AS name
			FROM pg_collation coll
			JOIN pg_namespace cn ON cn.oid = coll.collnamespace
		) col ON col.oid = u.coll
		LEFT JOIN pg_attribute ia ON ia.attrelid = z.indexrelid AND ia.attnum = u.ord AND ia.attoptions IS NOT NULL
		WHERE z.indrelid >= 16384
		ORDER BY z.indexrelid, u.ord
	) y
	GROUP BY y.indexrelid
) k ON k.indexrelid = x.indexrelid
LEFT JOIN pg_constraint co ON co.conindid = x.indexrelid AND co.contype IN ('p', 'u', 'x')
LEFT JOIN (
	SELECT h.inhrelid, pc.relname, pn.nspname
	FROM pg_inherits h
	JOIN pg_class pc ON pc.oid = h.inhparent AND pc.relkind = 'I'
	JOIN pg_namespace pn ON pn.oid = pc.relnamespace
) p ON p.inhrelid = x.indexrelid
LEFT JOIN pg_tablespace ts ON ts.oid = i.reltablespace
LEFT JOIN pg_description de ON de.classoid = 'pg_class'::regclass AND de.objoid = x.indexrelid AND de.objsubid = 0
WHERE c.relkind IN ('r', 'p', 'm')
	AND n.nspname !~ '^pg_'
	AND n.nspname <> 'information_schema'
	AND NOT EXISTS (
		SELECT FROM pg_depend e
		WHERE e.refclassid = 'pg_extension'::regclass AND e.deptype = 'e'
			AND e.classid = 'pg_class'::regclass AND e.objid = c.oid)
