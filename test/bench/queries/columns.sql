-- stormdisc_columns() by hand: every catalog read once and joined as a set.
WITH RECURSIVE domain_level AS (
	SELECT oid, typbasetype AS base, typtypmod AS typmod, typnotnull AS not_null,
		pg_get_expr(typdefaultbin, 0) AS default_value
	FROM pg_type
	WHERE typtype = 'd'
	UNION ALL
	SELECT d.oid, t.typbasetype, t.typtypmod, d.not_null OR t.typnotnull,
		coalesce(d.default_value, pg_get_expr(t.typdefaultbin, 0))
	FROM domain_level d
	JOIN pg_type t ON t.oid = d.base AND t.typtype = 'd'
), type AS (
	SELECT t.oid, t.typname, t.typcollation, n.nspname, d.not_null, d.default_value, d.typmod,
		CASE WHEN t.typsubscript = 'array_subscript_handler'::regproc THEN 'array'
			ELSE CASE t.typtype WHEN 'b' THEN 'base' WHEN 'd' THEN 'domain' WHEN 'e' THEN 'enum'
				WHEN 'c' THEN 'composite' WHEN 'r' THEN 'range' WHEN 'm' THEN 'multirange' ELSE 'pseudo' END
			END AS kind,
		b.oid AS base,
		CASE WHEN b.typsubscript = 'array_subscript_handler'::regproc THEN b.typelem END AS element,
		e.labels
	FROM pg_type t
	JOIN pg_namespace n ON n.oid = t.typnamespace
	LEFT JOIN domain_level d ON d.oid = t.oid
		AND NOT EXISTS (SELECT FROM pg_type x WHERE x.oid = d.base AND x.typtype = 'd')
	JOIN pg_type b ON b.oid = coalesce(d.base, t.oid)
	LEFT JOIN (
		SELECT enumtypid, array_agg(enumlabel::text ORDER BY enumsortorder) AS labels
		FROM pg_enum
		GROUP BY enumtypid
	) e ON e.enumtypid = b.oid
)
SELECT
	n.nspname::text AS schema_name,
	c.relname::text AS table_name,
	a.attname::text AS column_name,
	t.typname::text AS data_type,
	a.attlen::int AS length,
	a.atttypmod AS type_modifier,
	a.attnotnull OR coalesce(t.not_null, false) AS not_null,
	CASE WHEN gone.attnums IS NULL THEN a.attnum
		ELSE a.attnum - (SELECT count(*) FROM unnest(gone.attnums) g WHERE g < a.attnum) END::int AS ordinal_position,
	a.attidentity <> '' OR coalesce(s.deptype = 'a' AND ad.expr LIKE 'nextval(%', false)
		AS is_serial,
	CASE a.attgenerated WHEN 's' THEN 'stored' WHEN 'v' THEN 'virtual' ELSE 'not_generated' END AS generated_type,
	CASE WHEN ad.adrelid IS NOT NULL THEN ad.expr ELSE t.default_value END AS default_value,
	CASE c.relkind WHEN 'r' THEN 'table' WHEN 'p' THEN 'partitioned table' WHEN 'f' THEN 'foreign table'
		WHEN 'v' THEN 'view' ELSE 'materialized view' END AS table_type,
	format_type(a.atttypid, a.atttypmod) AS formatted_type,
	t.nspname::text AS type_schema,
	t.kind AS type_kind,
	format_type(t.base, coalesce(t.typmod, a.atttypmod)) AS base_type,
	format_type(t.element, coalesce(t.typmod, a.atttypmod)) AS element_type,
	t.labels AS enum_labels,
	CASE WHEN coalesce(t.typmod, a.atttypmod) < 0 THEN NULL
		WHEN t.base IN (1042, 1043) THEN coalesce(t.typmod, a.atttypmod) - 4
		WHEN t.base IN (1560, 1562) THEN coalesce(t.typmod, a.atttypmod) END AS character_length,
	CASE t.base WHEN 21 THEN 16 WHEN 23 THEN 32 WHEN 20 THEN 64 WHEN 700 THEN 24 WHEN 701 THEN 53
		WHEN 1700 THEN CASE WHEN coalesce(t.typmod, a.atttypmod) >= 0
			THEN ((coalesce(t.typmod, a.atttypmod) - 4) >> 16) & 65535 END
		END AS numeric_precision,
	CASE WHEN t.base IN (20, 21, 23) THEN 0
		WHEN t.base = 1700 AND coalesce(t.typmod, a.atttypmod) >= 0
			THEN (((coalesce(t.typmod, a.atttypmod) - 4) & 2047) # 1024) - 1024 END AS numeric_scale,
	CASE WHEN t.base = 1082 THEN 0
		WHEN t.base IN (1083, 1114, 1184, 1266)
			THEN CASE WHEN coalesce(t.typmod, a.atttypmod) < 0 THEN 6 ELSE coalesce(t.typmod, a.atttypmod) END
		WHEN t.base = 1186
			THEN CASE WHEN coalesce(t.typmod, a.atttypmod) & 65535 = 65535 THEN 6
				ELSE coalesce(t.typmod, a.atttypmod) & 65535 END
		END AS datetime_precision,
	CASE a.attidentity WHEN 'a' THEN 'always' WHEN 'd' THEN 'by default' END AS identity,
	s.nspname::text AS sequence_schema,
	s.relname::text AS sequence_name,
	col.name AS collation,
	CASE a.attstorage WHEN 'p' THEN 'plain' WHEN 'e' THEN 'external' WHEN 'x' THEN 'extended' ELSE 'main' END AS storage,
	CASE a.attcompression WHEN 'p' THEN 'pglz' WHEN 'l' THEN 'lz4' END AS compression,
	nullif(a.attstattarget, -1)::int AS statistics_target,
	coalesce(a.attnum = ANY (pk.conkey), false) AS is_primary_key,
	coalesce(a.attnum = ANY (pt.partattrs), false) OR (pt.partexprs IS NOT NULL AND EXISTS (
		SELECT FROM pg_depend x
		WHERE x.classid = 'pg_class'::regclass AND x.objid = a.attrelid AND x.objsubid = a.attnum
			AND x.refclassid = 'pg_class'::regclass AND x.refobjid = a.attrelid AND x.refobjsubid = 0
			AND x.deptype = 'i')) AS is_partition_key,
	a.attislocal AS is_local,
	a.attinhcount::int AS inherited_count,
	CASE WHEN t.base IN (20, 21, 23) THEN 'INT' WHEN t.base IN (18, 1042) THEN 'CHAR' WHEN t.base = 1043 THEN 'VARCHAR'
		WHEN t.base IN (700, 701, 1700) THEN 'REAL' WHEN t.base = 16 THEN 'BOOL' WHEN t.base = 17 THEN 'BYTEA'
		ELSE 'TEXT' END AS storm_type,
	t.base IN (20, 21, 23, 18, 1042, 1043, 700, 701, 1700, 16, 17, 25) AS storm_type_mapped,
	a.attnum::int AS attribute_number,
	de.description AS comment,
	NULL::text AS problem
FROM pg_class c
JOIN pg_namespace n ON n.oid = c.relnamespace
LEFT JOIN pg_constraint pk ON pk.conrelid = c.oid AND pk.contype = 'p'
LEFT JOIN pg_partitioned_table pt ON pt.partrelid = c.oid
LEFT JOIN (
	SELECT attrelid, array_agg(attnum) AS attnums
	FROM pg_attribute
	WHERE attisdropped
	GROUP BY attrelid
) gone ON gone.attrelid = c.oid
JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped
JOIN type t ON t.oid = a.atttypid
LEFT JOIN (
	SELECT adrelid, adnum, pg_get_expr(adbin, adrelid) AS expr
	FROM pg_attrdef
	OFFSET 0
) ad ON ad.adrelid = a.attrelid AND ad.adnum = a.attnum
LEFT JOIN (
	SELECT x.refobjid, x.refobjsubid, x.deptype, sc.relname, sn.nspname
	FROM pg_class sc
	JOIN pg_depend x ON x.classid = 'pg_class'::regclass AND x.objid = sc.oid AND x.objsubid = 0
		AND x.refclassid = 'pg_class'::regclass AND x.deptype IN ('a', 'i')
	JOIN pg_namespace sn ON sn.oid = sc.relnamespace
	WHERE sc.relkind = 'S'
) s ON s.refobjid = a.attrelid AND s.refobjsubid = a.attnum
LEFT JOIN (
	SELECT co.oid, quote_ident(cn.nspname) || '.' || quote_ident(co.collname) AS name
	FROM pg_collation co
	JOIN pg_namespace cn ON cn.oid = co.collnamespace
) col ON col.oid = a.attcollation AND a.attcollation <> t.typcollation
LEFT JOIN pg_description de ON de.classoid = 'pg_class'::regclass AND de.objoid = a.attrelid AND de.objsubid = a.attnum
WHERE c.relkind IN ('r', 'p', 'f', 'v', 'm')
	AND n.nspname !~ '^pg_'
	AND n.nspname <> 'information_schema'
	AND NOT EXISTS (
		SELECT FROM pg_depend x
		WHERE x.refclassid = 'pg_extension'::regclass AND x.deptype = 'e'
			AND x.classid = 'pg_class'::regclass AND x.objid = c.oid)
