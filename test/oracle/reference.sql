/*
 * reference.sql
 *	  What the discovery functions should answer, in plain SQL.
 *
 * Written from the documentation of the result columns and of the server's
 * catalogs, and from nothing in src/.  It is slow and simple: correlated
 * subqueries, one per column, so that each can be checked by eye.  It is not
 * meant to run beside somebody's DDL.
 *
 * Each function takes the schemas to look at, and gives the columns of the
 * stormdisc function of the same name, in the same order.  Catalog columns
 * that not every supported server has are read through to_jsonb().
 */
CREATE SCHEMA reference;

-- The text of a list, split at its commas outside quotes and parentheses.
CREATE FUNCTION reference.split_list(list text) RETURNS text[]
LANGUAGE plpgsql IMMUTABLE STRICT SET search_path = pg_catalog, pg_temp AS $$
DECLARE
	result text[] := '{}';
	part text := '';
	depth int := 0;
	quote text := '';
	c text;
BEGIN
	FOREACH c IN ARRAY regexp_split_to_array(list, '') LOOP
		IF quote <> '' THEN
			-- a doubled quote closes and opens again, which comes to the same
			IF c = quote THEN quote := ''; END IF;
		ELSIF c IN ('''', '"') THEN
			quote := c;
		ELSIF c IN ('(', '[') THEN
			depth := depth + 1;
		ELSIF c IN (')', ']') THEN
			depth := depth - 1;
		ELSIF c = ',' AND depth = 0 THEN
			result := result || ltrim(part);
			part := '';
			CONTINUE;
		END IF;
		part := part || c;
	END LOOP;
	RETURN result || ltrim(part);
END $$;

-- The values in the text of a partition bound's list, without their quotes.
CREATE FUNCTION reference.bound_values(list text) RETURNS text[]
LANGUAGE sql IMMUTABLE STRICT SET search_path = pg_catalog, pg_temp AS $$
	SELECT array_agg(CASE
			WHEN v = 'NULL' THEN NULL
			WHEN v ~ '^B?''' THEN
				replace(regexp_replace(v, '^B?''(.*)''$', '\1'), '''''', '''')
			ELSE v END ORDER BY n)
	FROM unnest(reference.split_list(list)) WITH ORDINALITY AS u(v, n)
$$;

CREATE FUNCTION reference.schema_name(schema oid) RETURNS text
LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp AS $$
	SELECT CASE WHEN oid = pg_my_temp_schema() THEN 'pg_temp'
				ELSE nspname::text END
	FROM pg_namespace WHERE oid = $1
$$;

CREATE FUNCTION reference.relation_name(relation oid) RETURNS text
LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp AS $$
	SELECT quote_ident(reference.schema_name(relnamespace)) || '.' ||
		quote_ident(relname)
	FROM pg_class WHERE oid = $1
$$;

-- A column's name, '*' for the whole row, or a system column's name.
CREATE FUNCTION reference.column_name(relation oid, attribute int) RETURNS text
LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp AS $$
	SELECT CASE WHEN $2 = 0 THEN '*' ELSE
		(SELECT attname::text FROM pg_attribute
		 WHERE attrelid = $1 AND attnum = $2) END
$$;

-- Positions as people count them: without what was dropped.
CREATE FUNCTION reference.column_position(relation oid, attribute int)
RETURNS int
LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp AS $$
	SELECT count(*)::int FROM pg_attribute
	WHERE attrelid = $1 AND attnum BETWEEN 1 AND $2 AND NOT attisdropped
$$;

-- A domain's chain of types, down to the one that is no domain.
CREATE FUNCTION reference.type_chain(type oid, typmod int)
RETURNS TABLE (level int, oid oid, typmod int)
LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp AS $$
	WITH RECURSIVE chain(level, oid, typmod) AS (
		SELECT 0, $1, $2
		UNION ALL
		SELECT level + 1, typbasetype, typtypmod
		FROM chain JOIN pg_type t ON t.oid = chain.oid AND t.typtype = 'd')
	SELECT * FROM chain
$$;

-- The relations to show, as the scope has them without a pattern.
CREATE FUNCTION reference.relations(schemas text[], kinds text)
RETURNS SETOF pg_catalog.pg_class
LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp AS $$
	SELECT c.* FROM pg_class c
	WHERE reference.schema_name(relnamespace) = ANY (schemas)
	  AND strpos(kinds, relkind::text) > 0
	  AND NOT EXISTS (SELECT FROM pg_depend
					  WHERE classid = 'pg_class'::regclass AND objid = c.oid
						AND refclassid = 'pg_extension'::regclass
						AND deptype = 'e')
$$;

-- A partition's parents, the nearest first.
CREATE FUNCTION reference.ancestors(relation oid)
RETURNS TABLE (level int, oid oid)
LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp AS $$
	WITH RECURSIVE up(level, oid) AS (
		SELECT 0, $1
		UNION ALL
		SELECT level + 1, inhparent
		FROM up JOIN pg_class c ON c.oid = up.oid AND c.relispartition
			JOIN pg_inherits ON inhrelid = up.oid)
	SELECT * FROM up
$$;

CREATE FUNCTION reference.tables(schemas text[])
RETURNS TABLE (
	schema_name text, table_name text, table_type text, access_method text,
	tablespace text, is_partition bool, partition_type text,
	partition_key text[], partition_definition text, parent_schema text,
	parent_name text,
	partition_level int, root_schema text, root_name text, persistence text,
	owner text, estimated_rows bigint, estimated_bytes bigint, of_type text,
	inherits text[], options text[], replica_identity text,
	row_security bool, force_row_security bool, comment text, table_oid oid,
	problem text)
LANGUAGE sql STABLE
SET search_path = pg_catalog SET timezone = 'UTC' SET datestyle = 'ISO, MDY'
SET intervalstyle = postgres SET extra_float_digits = 3 SET bytea_output = hex
SET quote_all_identifiers = off AS $$
	SELECT reference.schema_name(c.relnamespace),
		c.relname,
		CASE c.relkind WHEN 'r' THEN 'table' WHEN 'p' THEN 'partitioned table'
			WHEN 'f' THEN 'foreign table' END,
		(SELECT amname FROM pg_am WHERE oid = c.relam),
		coalesce((SELECT spcname FROM pg_tablespace
				  WHERE oid = c.reltablespace), ''),
		c.relispartition,
		CASE p.partstrat WHEN 'r' THEN 'range' WHEN 'l' THEN 'list'
			WHEN 'h' THEN 'hash' END,
		CASE WHEN p.partrelid IS NOT NULL THEN
			(SELECT array_agg(CASE WHEN k.attnum <> 0
						THEN reference.column_name(c.oid, k.attnum)
					ELSE (reference.split_list(
							pg_get_expr(p.partexprs, c.oid)))[k.nexpr] END
					ORDER BY k.n)
			 FROM (SELECT attnum, n,
						count(*) FILTER (WHERE attnum = 0)
							OVER (ORDER BY n) AS nexpr
				   FROM unnest(p.partattrs::int2[]) WITH ORDINALITY
						AS u(attnum, n)) k) END,
		pg_get_partkeydef(c.oid),
		(SELECT reference.schema_name(relnamespace) FROM pg_class
		 WHERE oid = up.parent),
		(SELECT relname FROM pg_class WHERE oid = up.parent),
		up.depth,
		(SELECT reference.schema_name(relnamespace) FROM pg_class
		 WHERE oid = up.root),
		(SELECT relname FROM pg_class WHERE oid = up.root),
		CASE c.relpersistence WHEN 'p' THEN 'permanent'
			WHEN 'u' THEN 'unlogged' WHEN 't' THEN 'temporary' END,
		pg_get_userbyid(c.relowner),
		CASE WHEN c.reltuples >= 0 THEN c.reltuples::bigint END,
		CASE WHEN c.relkind = 'r' THEN
			c.relpages::bigint * current_setting('block_size')::bigint END,
		CASE WHEN c.reloftype <> 0 THEN
			(SELECT quote_ident(reference.schema_name(typnamespace)) || '.' ||
				quote_ident(typname) FROM pg_type
			 WHERE oid = c.reloftype) END,
		CASE WHEN c.relispartition THEN '{}' ELSE
			array(SELECT reference.relation_name(inhparent) FROM pg_inherits
				  WHERE inhrelid = c.oid ORDER BY inhseqno) END,
		coalesce(c.reloptions, '{}') ||
			array(SELECT 'toast.' || o FROM pg_class t,
					unnest(t.reloptions) WITH ORDINALITY AS u(o, n)
				  WHERE t.oid = c.reltoastrelid ORDER BY n),
		CASE c.relreplident WHEN 'd' THEN 'default' WHEN 'n' THEN 'nothing'
			WHEN 'f' THEN 'full' WHEN 'i' THEN 'index' END,
		c.relrowsecurity,
		c.relforcerowsecurity,
		obj_description(c.oid, 'pg_class'),
		c.oid,
		NULL::text
	FROM reference.relations(schemas, 'rpf') c
		LEFT JOIN pg_partitioned_table p ON p.partrelid = c.oid
		LEFT JOIN LATERAL (
			SELECT max(level) AS depth,
				max(a.oid::bigint) FILTER (WHERE level = 1)::oid AS parent,
				(array_agg(a.oid ORDER BY level DESC))[1] AS root
			FROM reference.ancestors(c.oid) a) up
			ON c.relispartition OR c.relkind = 'p'
$$;

CREATE FUNCTION reference.storm_type(type oid) RETURNS text
LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp AS $$
	SELECT CASE oid::regtype::text
		WHEN 'smallint' THEN 'INT' WHEN 'integer' THEN 'INT'
		WHEN 'bigint' THEN 'INT' WHEN '"char"' THEN 'CHAR'
		WHEN 'character' THEN 'CHAR' WHEN 'character varying' THEN 'VARCHAR'
		WHEN 'text' THEN 'TEXT' WHEN 'real' THEN 'REAL'
		WHEN 'double precision' THEN 'REAL' WHEN 'numeric' THEN 'REAL'
		WHEN 'boolean' THEN 'BOOL' WHEN 'bytea' THEN 'BYTEA' END
	FROM pg_type WHERE oid = $1
$$;

CREATE FUNCTION reference.columns(schemas text[])
RETURNS TABLE (
	schema_name text, table_name text, column_name text, data_type text,
	length int, type_modifier int, not_null bool, ordinal_position int,
	is_serial bool, generated_type text, default_value text, table_type text,
	formatted_type text, type_schema text, type_kind text, base_type text,
	element_type text, enum_labels text[], character_length int,
	numeric_precision int, numeric_scale int, datetime_precision int,
	identity text, sequence_schema text, sequence_name text, "collation" text,
	storage text, compression text, statistics_target int,
	is_primary_key bool, is_partition_key bool, is_local bool,
	inherited_count int, storm_type text, storm_type_mapped bool,
	attribute_number int, comment text, problem text)
LANGUAGE sql STABLE
SET search_path = pg_catalog SET timezone = 'UTC' SET datestyle = 'ISO, MDY'
SET intervalstyle = postgres SET extra_float_digits = 3 SET bytea_output = hex
SET quote_all_identifiers = off AS $$
	SELECT reference.schema_name(c.relnamespace),
		c.relname,
		a.attname,
		t.typname,
		a.attlen::int,
		a.atttypmod,
		a.attnotnull OR EXISTS (
			SELECT FROM reference.type_chain(a.atttypid, a.atttypmod) ch
				JOIN pg_type d ON d.oid = ch.oid AND d.typnotnull),
		reference.column_position(c.oid, a.attnum),
		a.attidentity <> '' OR (s.deptype = 'a' AND
			pg_get_expr(d.adbin, d.adrelid) LIKE 'nextval(%' AND EXISTS (
				SELECT FROM pg_depend
				WHERE classid = 'pg_attrdef'::regclass AND objid = d.oid
				  AND refclassid = 'pg_class'::regclass
				  AND refobjid = s.sequence)) IS TRUE,
		CASE a.attgenerated WHEN 's' THEN 'stored' WHEN 'v' THEN 'virtual'
			ELSE 'not_generated' END,
		CASE WHEN d.oid IS NOT NULL THEN pg_get_expr(d.adbin, d.adrelid)
			WHEN a.attidentity = '' AND t.typtype = 'd'
			THEN pg_get_expr(t.typdefaultbin, 0) END,
		CASE c.relkind WHEN 'r' THEN 'table' WHEN 'p' THEN 'partitioned table'
			WHEN 'f' THEN 'foreign table' WHEN 'v' THEN 'view'
			WHEN 'm' THEN 'materialized view' END,
		format_type(a.atttypid, a.atttypmod),
		reference.schema_name(t.typnamespace),
		CASE WHEN (SELECT typarray FROM pg_type WHERE oid = t.typelem) = t.oid
			THEN 'array'
			ELSE CASE t.typtype WHEN 'b' THEN 'base' WHEN 'd' THEN 'domain'
				WHEN 'e' THEN 'enum' WHEN 'c' THEN 'composite'
				WHEN 'r' THEN 'range' WHEN 'm' THEN 'multirange'
				WHEN 'p' THEN 'pseudo' END END,
		format_type(b.oid, b.typmod),
		CASE WHEN (SELECT typarray FROM pg_type WHERE oid = bt.typelem) = bt.oid
			THEN format_type(bt.typelem, b.typmod) END,
		CASE WHEN bt.typtype = 'e' THEN
			array(SELECT enumlabel::text FROM pg_enum
				  WHERE enumtypid = bt.oid ORDER BY enumsortorder) END,
		CASE WHEN b.typmod = -1 THEN NULL
			WHEN b.oid IN (1042, 1043) THEN b.typmod - 4
			WHEN b.oid IN (1560, 1562) THEN b.typmod END,
		CASE b.oid WHEN 21 THEN 16 WHEN 23 THEN 32 WHEN 20 THEN 64
			WHEN 700 THEN 24 WHEN 701 THEN 53
			WHEN 1700 THEN
				CASE WHEN b.typmod >= 0 THEN ((b.typmod - 4) >> 16) & 65535 END
			END,
		CASE WHEN b.oid IN (20, 21, 23) THEN 0
			WHEN b.oid = 1700 AND b.typmod >= 0
			THEN ((((b.typmod - 4) & 2047) # 1024) - 1024) END,
		CASE WHEN b.oid = 1082 THEN 0
			WHEN b.oid IN (1083, 1114, 1184, 1266)
			THEN CASE WHEN b.typmod < 0 THEN 6 ELSE b.typmod END
			WHEN b.oid = 1186 THEN CASE
				WHEN b.typmod < 0 OR b.typmod & 65535 = 65535 THEN 6
				ELSE b.typmod & 65535 END END,
		CASE a.attidentity WHEN 'a' THEN 'always'
			WHEN 'd' THEN 'by default' END,
		reference.schema_name(sc.relnamespace),
		sc.relname,
		CASE WHEN a.attcollation <> t.typcollation THEN
			(SELECT quote_ident(reference.schema_name(collnamespace)) || '.' ||
				quote_ident(collname)
			 FROM pg_collation WHERE oid = a.attcollation) END,
		CASE a.attstorage WHEN 'p' THEN 'plain' WHEN 'e' THEN 'external'
			WHEN 'x' THEN 'extended' WHEN 'm' THEN 'main' END,
		CASE a.attcompression WHEN 'p' THEN 'pglz' WHEN 'l' THEN 'lz4' END,
		CASE WHEN a.attstattarget >= 0 THEN a.attstattarget::int END,
		EXISTS (SELECT FROM pg_constraint
				WHERE conrelid = c.oid AND contype = 'p'
				  AND a.attnum = ANY (conkey)),
		EXISTS (SELECT FROM pg_partitioned_table p
				WHERE p.partrelid = c.oid
				  AND (a.attnum = ANY (p.partattrs::int2[]) OR
					   p.partexprs::text ~
						(' :varattno ' || a.attnum || '\M'))),
		a.attislocal,
		a.attinhcount::int,
		coalesce(reference.storm_type(b.oid), 'TEXT'),
		reference.storm_type(b.oid) IS NOT NULL,
		a.attnum::int,
		col_description(c.oid, a.attnum),
		NULL::text
	FROM reference.relations(schemas, 'rpfvm') c
		JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0
			AND NOT a.attisdropped
		JOIN pg_type t ON t.oid = a.atttypid
		JOIN LATERAL (SELECT * FROM reference.type_chain(a.atttypid, a.atttypmod)
					  ORDER BY level DESC LIMIT 1) b ON true
		JOIN pg_type bt ON bt.oid = b.oid
		LEFT JOIN pg_attrdef d ON d.adrelid = c.oid AND d.adnum = a.attnum
		CROSS JOIN LATERAL (
			-- whose sequence: 17 and later have a partition's identity at its root
			SELECT c.oid, a.attnum
			WHERE NOT c.relispartition OR a.attidentity = ''
			UNION ALL
			(SELECT r.oid, ra.attnum
			 FROM reference.ancestors(c.oid) r
				JOIN pg_attribute ra ON ra.attrelid = r.oid
					AND ra.attname = a.attname
			 WHERE c.relispartition AND a.attidentity <> ''
			 ORDER BY r.level DESC LIMIT 1)) h
		LEFT JOIN LATERAL (
			SELECT o.objid AS sequence, o.deptype
			FROM pg_depend o
			WHERE o.classid = 'pg_class'::regclass AND o.objsubid = 0
			  AND o.refclassid = 'pg_class'::regclass
			  AND o.deptype IN ('a', 'i')
			  AND (SELECT relkind FROM pg_class WHERE oid = o.objid) = 'S'
			  AND o.refobjid = h.oid AND o.refobjsubid = h.attnum
			ORDER BY o.deptype DESC,
				(SELECT relname FROM pg_class WHERE oid = o.objid)
			LIMIT 1) s ON true
		LEFT JOIN pg_class sc ON sc.oid = s.sequence
$$;

-- The keys of an index: columns, or the texts of expressions.
CREATE FUNCTION reference.key_names(index oid) RETURNS text[]
LANGUAGE sql STABLE
SET search_path = pg_catalog SET timezone = 'UTC' SET datestyle = 'ISO, MDY'
SET intervalstyle = postgres SET extra_float_digits = 3 SET bytea_output = hex
SET quote_all_identifiers = off AS $$
	SELECT array_agg(CASE WHEN attnum <> 0
				THEN reference.column_name(indrelid, attnum)
			ELSE (reference.split_list(
					pg_get_expr(indexprs, indrelid)))[nexpr] END
			ORDER BY n)
	FROM (SELECT indrelid, indexprs, indnkeyatts, attnum, n,
				count(*) FILTER (WHERE attnum = 0) OVER (ORDER BY n) AS nexpr
		  FROM pg_index, unnest(indkey::int2[]) WITH ORDINALITY
				AS u(attnum, n)
		  WHERE indexrelid = $1) keys
	WHERE n <= indnkeyatts
$$;

CREATE FUNCTION reference.indexes(schemas text[])
RETURNS TABLE (
	schema_name text, table_name text, index_name text, is_unique bool,
	column_names text[], orderings text[], nulls_first bool[],
	opclasses text[], collations text[], include_columns text[],
	is_expression bool, predicate text, access_method text, is_primary bool,
	is_exclusion bool, is_valid bool, is_ready bool, nulls_not_distinct bool,
	constraint_name text, parent_schema text, parent_index text,
	tablespace text, options text[], is_clustered bool,
	is_replica_identity bool, definition text, comment text, problem text)
LANGUAGE sql STABLE
SET search_path = pg_catalog SET timezone = 'UTC' SET datestyle = 'ISO, MDY'
SET intervalstyle = postgres SET extra_float_digits = 3 SET bytea_output = hex
SET quote_all_identifiers = off AS $$
	SELECT reference.schema_name(c.relnamespace),
		c.relname,
		i.relname,
		x.indisunique,
		reference.key_names(i.oid),
		CASE WHEN am.ordered THEN k.orderings END,
		CASE WHEN am.ordered THEN k.nulls_first END,
		k.opclasses,
		k.collations,
		array(SELECT reference.column_name(c.oid, attnum)
			  FROM unnest(x.indkey::int2[]) WITH ORDINALITY AS u(attnum, n)
			  WHERE n > x.indnkeyatts ORDER BY n),
		x.indexprs IS NOT NULL,
		pg_get_expr(x.indpred, x.indrelid),
		am.amname,
		x.indisprimary,
		x.indisexclusion,
		x.indisvalid,
		x.indisready,
		x.indnullsnotdistinct,
		(SELECT conname FROM pg_constraint
		 WHERE conindid = i.oid AND contype IN ('p', 'u', 'x')),
		(SELECT reference.schema_name(relnamespace)
		 FROM pg_class JOIN pg_inherits ON inhparent = oid
		 WHERE inhrelid = i.oid),
		(SELECT relname FROM pg_class JOIN pg_inherits ON inhparent = oid
		 WHERE inhrelid = i.oid),
		coalesce((SELECT spcname FROM pg_tablespace
				  WHERE oid = i.reltablespace), ''),
		coalesce(i.reloptions, '{}'),
		x.indisclustered,
		x.indisreplident,
		pg_get_indexdef(i.oid),
		obj_description(i.oid, 'pg_class'),
		NULL::text
	FROM reference.relations(schemas, 'rpm') c
		JOIN pg_index x ON x.indrelid = c.oid
		JOIN pg_class i ON i.oid = x.indexrelid
		JOIN LATERAL (SELECT amname,
						pg_indexam_has_property(oid, 'can_order') AS ordered
					  FROM pg_am WHERE oid = i.relam) am ON true
		JOIN LATERAL (
			SELECT
				array_agg(CASE WHEN option & 1 = 1 THEN 'desc'
						ELSE 'asc' END ORDER BY n) AS orderings,
				array_agg(option & 2 = 2 ORDER BY n) AS nulls_first,
				array_agg(
					(SELECT quote_ident(reference.schema_name(opcnamespace)) ||
						'.' || quote_ident(opcname)
					 FROM pg_opclass WHERE oid = opclass) ||
					-- the parameters, as pg_get_indexdef() writes them
					coalesce((SELECT ' (' || string_agg(
								split_part(o, '=', 1) || '=' ||
								quote_literal(substr(o, strpos(o, '=') + 1)),
								', ' ORDER BY m) || ')'
							  FROM pg_attribute, unnest(attoptions)
								WITH ORDINALITY AS u(o, m)
							  WHERE attrelid = i.oid AND attnum = n
								AND o NOT LIKE 'pg\_attver=%'), '')
					ORDER BY n) AS opclasses,
				array_agg(
					(SELECT quote_ident(reference.schema_name(collnamespace))
						|| '.' || quote_ident(collname)
					 FROM pg_collation WHERE oid = coll)
					ORDER BY n) AS collations
			FROM ROWS FROM (unnest(x.indclass::oid[]),
					unnest(x.indcollation::oid[]),
					unnest(x.indoption::int2[])) WITH ORDINALITY
					AS u(opclass, coll, option, n)
			WHERE n <= x.indnkeyatts) k ON true
$$;

CREATE FUNCTION reference.action(code "char") RETURNS text
LANGUAGE sql IMMUTABLE SET search_path = pg_catalog, pg_temp AS $$
	SELECT CASE code WHEN 'a' THEN 'no action' WHEN 'r' THEN 'restrict'
		WHEN 'c' THEN 'cascade' WHEN 'n' THEN 'set null'
		WHEN 'd' THEN 'set default' END
$$;

CREATE FUNCTION reference.constraints(schemas text[])
RETURNS TABLE (
	schema_name text, table_name text, constraint_name text,
	constraint_type text, columns text[], ref_schema text, ref_table text,
	ref_columns text[], on_update text, on_delete text,
	on_delete_columns text[], match_type text, is_deferrable bool,
	initially_deferred bool, is_validated bool, is_enforced bool,
	is_period bool, no_inherit bool, is_local bool, inherited_count int,
	parent_constraint text, index_name text, exclusion_operators text[],
	expression text, definition text, comment text, problem text)
LANGUAGE sql STABLE
SET search_path = pg_catalog SET timezone = 'UTC' SET datestyle = 'ISO, MDY'
SET intervalstyle = postgres SET extra_float_digits = 3 SET bytea_output = hex
SET quote_all_identifiers = off AS $$
	SELECT reference.schema_name(c.relnamespace),
		c.relname,
		o.conname,
		CASE o.contype WHEN 'p' THEN 'primary key' WHEN 'u' THEN 'unique'
			WHEN 'f' THEN 'foreign key' WHEN 'c' THEN 'check'
			WHEN 'x' THEN 'exclusion' WHEN 'n' THEN 'not null'
			WHEN 't' THEN 'trigger' END,
		CASE WHEN o.contype IN ('p', 'u', 'x') THEN
			reference.key_names(o.conindid)
		ELSE
			array(SELECT reference.column_name(c.oid, attnum)
				  FROM unnest(o.conkey) WITH ORDINALITY AS u(attnum, n)
				  ORDER BY n) END,
		reference.schema_name(f.relnamespace),
		f.relname,
		CASE WHEN o.contype = 'f' THEN
			array(SELECT reference.column_name(f.oid, attnum)
				  FROM unnest(o.confkey) WITH ORDINALITY AS u(attnum, n)
				  ORDER BY n) END,
		CASE WHEN o.contype = 'f' THEN reference.action(o.confupdtype) END,
		CASE WHEN o.contype = 'f' THEN reference.action(o.confdeltype) END,
		CASE WHEN o.contype = 'f' THEN
			array(SELECT reference.column_name(c.oid, attnum)
				  FROM unnest(o.confdelsetcols) WITH ORDINALITY AS u(attnum, n)
				  ORDER BY n) END,
		CASE WHEN o.contype = 'f' THEN
			CASE o.confmatchtype WHEN 's' THEN 'simple' WHEN 'f' THEN 'full'
				WHEN 'p' THEN 'partial' END END,
		o.condeferrable,
		o.condeferred,
		o.convalidated,
		coalesce((to_jsonb(o) ->> 'conenforced')::bool, true),
		coalesce((to_jsonb(o) ->> 'conperiod')::bool, false),
		o.connoinherit,
		o.conislocal,
		o.coninhcount::int,
		(SELECT conname FROM pg_constraint WHERE oid = o.conparentid),
		(SELECT relname FROM pg_class WHERE oid = o.conindid),
		CASE WHEN o.contype = 'x' THEN
			array(SELECT quote_ident(reference.schema_name(oprnamespace)) ||
					'.' || oprname
				  FROM unnest(o.conexclop) WITH ORDINALITY AS u(op, n)
					JOIN pg_operator p ON p.oid = op
				  ORDER BY n) END,
		CASE WHEN o.contype = 'c' THEN pg_get_expr(o.conbin, o.conrelid) END,
		pg_get_constraintdef(o.oid),
		obj_description(o.oid, 'pg_constraint'),
		NULL::text
	FROM reference.relations(schemas, 'rpf') c
		JOIN pg_constraint o ON o.conrelid = c.oid
		LEFT JOIN pg_class f ON f.oid = o.confrelid AND o.contype = 'f'
	WHERE NOT EXISTS (SELECT FROM pg_constraint parent
					  WHERE parent.oid = o.conparentid AND o.contype = 'f'
						AND parent.conrelid = o.conrelid)
$$;

CREATE FUNCTION reference.primary_key(relation oid)
RETURNS TABLE (column_name text, ordinal_position int, key_position int)
LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp AS $$
	SELECT reference.column_name(conrelid, attnum),
		reference.column_position(conrelid, attnum), n::int
	FROM pg_constraint, unnest(conkey) WITH ORDINALITY AS u(attnum, n)
	WHERE conrelid = $1 AND contype = 'p'
$$;

CREATE FUNCTION reference.partitions(schemas text[])
RETURNS TABLE (
	parent_schema text, parent_name text, schema_name text,
	partition_name text, partition_bound text, strategy text,
	lower_bound text[], upper_bound text[], list_values text[],
	modulus int, remainder int, is_default bool, partition_level int,
	root_schema text, root_name text, is_leaf bool, detach_pending bool,
	range_size bigint, range_base bigint, problem text)
LANGUAGE sql STABLE
SET search_path = pg_catalog SET timezone = 'UTC' SET datestyle = 'ISO, MDY'
SET intervalstyle = postgres SET extra_float_digits = 3 SET bytea_output = hex
SET quote_all_identifiers = off AS $$
	SELECT reference.schema_name(pc.relnamespace),
		pc.relname,
		reference.schema_name(c.relnamespace),
		c.relname,
		b.bound,
		CASE p.partstrat WHEN 'r' THEN 'range' WHEN 'l' THEN 'list'
			WHEN 'h' THEN 'hash' END,
		b.lower_bound,
		b.upper_bound,
		CASE WHEN b.bound LIKE 'FOR VALUES IN %' THEN
			reference.bound_values(
				substring(b.bound FROM '^FOR VALUES IN \((.*)\)$')) END,
		substring(b.bound FROM '^FOR VALUES WITH \(modulus (\d+), ')::int,
		substring(b.bound FROM 'remainder (\d+)\)$')::int,
		b.bound = 'DEFAULT',
		up.depth,
		reference.schema_name(rc.relnamespace),
		rc.relname,
		c.relkind <> 'p',
		h.inhdetachpending,
		CASE WHEN n.size <= 9223372036854775807 THEN n.size::bigint END,
		CASE WHEN n.size <= 9223372036854775807 AND n.lower % n.size = 0
			THEN (n.lower / n.size)::bigint END,
		NULL::text
	FROM reference.relations(schemas, 'rpf') c
		JOIN pg_inherits h ON h.inhrelid = c.oid
		JOIN pg_class pc ON pc.oid = h.inhparent
		JOIN pg_partitioned_table p ON p.partrelid = pc.oid
		JOIN LATERAL (SELECT max(level) AS depth,
						(array_agg(a.oid ORDER BY level DESC))[1] AS root
					  FROM reference.ancestors(c.oid) a) up ON true
		JOIN pg_class rc ON rc.oid = up.root
		JOIN LATERAL (SELECT pg_get_expr(c.relpartbound, c.oid)) e(bound)
			ON true
		JOIN LATERAL (
			-- the one ') TO (' outside quotes, if this is a range
			SELECT e.bound,
				CASE WHEN e.bound LIKE 'FOR VALUES FROM %' THEN
					reference.bound_values(substring(e.bound FROM
						'^FOR VALUES FROM \(((?:[^'']|''[^'']*'')*?)\) TO \('))
					END AS lower_bound,
				CASE WHEN e.bound LIKE 'FOR VALUES FROM %' THEN
					reference.bound_values(substring(e.bound FROM
						'^FOR VALUES FROM \((?:[^'']|''[^'']*'')*?\) TO \((.*)\)$'))
					END AS upper_bound) b ON true
		LEFT JOIN LATERAL (
			SELECT l AS lower, u - l AS size
			FROM (SELECT
					CASE WHEN b.lower_bound[1] ~ '^-?\d+$'
						THEN b.lower_bound[1]::numeric END,
					CASE WHEN b.upper_bound[1] ~ '^-?\d+$'
						THEN b.upper_bound[1]::numeric END) v(l, u)
			WHERE p.partstrat = 'r' AND p.partnatts = 1
			  AND CASE WHEN p.partattrs[0] <> 0
				THEN (SELECT atttypid FROM pg_attribute
					  WHERE attrelid = pc.oid AND attnum = p.partattrs[0])
				ELSE substring(p.partexprs::text FROM
					':(?:opresulttype|funcresulttype|resulttype|consttype|vartype) (\d+)')::oid
				END IN (20, 21, 23)) n ON true
$$;
