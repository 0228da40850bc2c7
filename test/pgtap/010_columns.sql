-- What every row of the discovery functions is made of: the documented result
-- columns, in order, and the words and shapes that may stand in them.
BEGIN;
SET LOCAL jit = off;
SET LOCAL client_min_messages = warning;
CREATE EXTENSION IF NOT EXISTS pgtap;
CREATE EXTENSION IF NOT EXISTS stormdisc;
SELECT plan(133);

--
-- The documented columns, by name and type
--
CREATE TEMP TABLE documented (function text, columns text);
INSERT INTO documented VALUES
('stormdisc_tables', 'schema_name text, table_name text, table_type text, access_method text, tablespace text, is_partition boolean, partition_type text, partition_key text[], partition_definition text, parent_schema text, parent_name text, partition_level integer, root_schema text, root_name text, persistence text, owner text, estimated_rows bigint, estimated_bytes bigint, of_type text, inherits text[], options text[], replica_identity text, row_security boolean, force_row_security boolean, comment text, table_oid oid, problem text'),
('stormdisc_columns', 'schema_name text, table_name text, column_name text, data_type text, length integer, type_modifier integer, not_null boolean, ordinal_position integer, is_serial boolean, generated_type text, default_value text, table_type text, formatted_type text, type_schema text, type_kind text, base_type text, element_type text, enum_labels text[], character_length integer, numeric_precision integer, numeric_scale integer, datetime_precision integer, identity text, sequence_schema text, sequence_name text, collation text, storage text, compression text, statistics_target integer, is_primary_key boolean, is_partition_key boolean, is_local boolean, inherited_count integer, storm_type text, storm_type_mapped boolean, attribute_number integer, comment text, problem text'),
('stormdisc_indexes', 'schema_name text, table_name text, index_name text, is_unique boolean, column_names text[], orderings text[], nulls_first boolean[], opclasses text[], collations text[], include_columns text[], is_expression boolean, predicate text, access_method text, is_primary boolean, is_exclusion boolean, is_valid boolean, is_ready boolean, nulls_not_distinct boolean, constraint_name text, parent_schema text, parent_index text, tablespace text, options text[], is_clustered boolean, is_replica_identity boolean, definition text, comment text, problem text'),
('stormdisc_constraints', 'schema_name text, table_name text, constraint_name text, constraint_type text, columns text[], ref_schema text, ref_table text, ref_columns text[], on_update text, on_delete text, on_delete_columns text[], match_type text, is_deferrable boolean, initially_deferred boolean, is_validated boolean, is_enforced boolean, is_period boolean, no_inherit boolean, is_local boolean, inherited_count integer, parent_constraint text, index_name text, exclusion_operators text[], expression text, definition text, comment text, problem text'),
('stormdisc_primary_key', 'column_name text, ordinal_position integer, key_position integer'),
('stormdisc_partitions', 'parent_schema text, parent_name text, schema_name text, partition_name text, partition_bound text, strategy text, lower_bound text[], upper_bound text[], list_values text[], modulus integer, remainder integer, is_default boolean, partition_level integer, root_schema text, root_name text, is_leaf boolean, detach_pending boolean, range_size bigint, range_base bigint, problem text');

SELECT is(
	(SELECT string_agg(name || ' ' || format_type(type, NULL), ', ' ORDER BY n)
	 FROM pg_proc p, ROWS FROM (unnest(proallargtypes), unnest(proargnames), unnest(proargmodes))
		WITH ORDINALITY AS a(type, name, mode, n)
	 WHERE p.oid = d.function::regproc AND mode = 't'),
	d.columns, d.function || ' declares the documented columns')
FROM documented d ORDER BY function COLLATE "C";

-- what a query gets is the same: names and types come from the row, not the catalog
CREATE TEMP VIEW got_tables AS SELECT * FROM stormdisc_tables();
CREATE TEMP VIEW got_columns AS SELECT * FROM stormdisc_columns();
CREATE TEMP VIEW got_indexes AS SELECT * FROM stormdisc_indexes();
CREATE TEMP VIEW got_constraints AS SELECT * FROM stormdisc_constraints();
CREATE TEMP VIEW got_primary_key AS SELECT * FROM stormdisc_primary_key('pg_catalog.pg_class');
CREATE TEMP VIEW got_partitions AS SELECT * FROM stormdisc_partitions();
SELECT is(
	(SELECT string_agg(attname || ' ' || format_type(atttypid, NULL), ', ' ORDER BY attnum)
	 FROM pg_attribute WHERE attrelid = replace(d.function, 'stormdisc_', 'got_')::regclass AND attnum > 0),
	d.columns, 'rows of ' || d.function || ' have the documented columns')
FROM documented d ORDER BY function COLLATE "C";

-- names come as text, never as name; lists as text[] or bool[]
SELECT is_empty($$
	SELECT p.oid::regprocedure, t FROM pg_proc p, unnest(proallargtypes) t
	WHERE proname LIKE 'stormdisc\_%' AND t IN ('name'::regtype, 'name[]'::regtype, 'cstring'::regtype, 'anyarray'::regtype, 'record'::regtype)$$,
	'no result column is of a type that drivers return as something else');

-- the four arguments, in this order, with NULL as their default
SELECT is(
	(SELECT string_agg(pg_get_function_identity_arguments(oid), '; ' ORDER BY proname COLLATE "C")
	 FROM pg_proc WHERE oid IN (SELECT function::regproc FROM documented) AND pronargdefaults = 4),
	(SELECT string_agg('relation regclass, schemas text[], include text[], exclude text[]', '; ') FROM generate_series(1, 5)),
	'the discovery functions share their arguments');

--
-- Rules over every row: of the catalogs, and of the oddest schema we have
--
\ir ../oracle/mean.sql
SET LOCAL search_path = public, pg_catalog;
CREATE TEMP TABLE scope AS SELECT array_agg(nspname::text) AS schemas FROM pg_namespace
	WHERE nspname IN ('mean', 'select', 'pg_catalog', 'information_schema') OR nspname LIKE 'Mean%';
CREATE TEMP TABLE t AS SELECT * FROM stormdisc_tables(schemas => (SELECT schemas FROM scope));
CREATE TEMP TABLE c AS SELECT * FROM stormdisc_columns(schemas => (SELECT schemas FROM scope));
CREATE TEMP TABLE i AS SELECT * FROM stormdisc_indexes(schemas => (SELECT schemas FROM scope));
CREATE TEMP TABLE k AS SELECT * FROM stormdisc_constraints(schemas => (SELECT schemas FROM scope));
CREATE TEMP TABLE p AS SELECT * FROM stormdisc_partitions(schemas => (SELECT schemas FROM scope));

CREATE FUNCTION pg_temp.never(rel text, condition text, description text) RETURNS SETOF text
LANGUAGE plpgsql AS $$
DECLARE example text;
BEGIN
	EXECUTE format('SELECT (SELECT left(x::text, 300) FROM %I x WHERE %s LIMIT 1)', rel, condition) INTO example;
	RETURN NEXT public.is(example, NULL, rel || ': ' || description);
END $$;
-- a value of a closed list
CREATE FUNCTION pg_temp.one_of(rel text, col text, words text, nullable bool) RETURNS SETOF text
LANGUAGE sql AS $$
	SELECT pg_temp.never(rel, format('CASE WHEN %1$I IS NULL THEN %3$L ELSE NOT %1$I = ANY (%2$L::text[]) END',
		col, '{' || words || '}', NOT nullable), col || ' is one of ' || words)
$$;

SELECT pg_temp.one_of('t', 'table_type', 'table,partitioned table,foreign table', false);
SELECT pg_temp.one_of('t', 'partition_type', 'range,list,hash', true);
SELECT pg_temp.one_of('t', 'persistence', 'permanent,unlogged,temporary', false);
SELECT pg_temp.one_of('t', 'replica_identity', 'default,nothing,full,index', false);
SELECT pg_temp.one_of('c', 'generated_type', 'stored,virtual,not_generated', false);
SELECT pg_temp.one_of('c', 'table_type', 'table,partitioned table,foreign table,view,materialized view', false);
SELECT pg_temp.one_of('c', 'type_kind', 'base,domain,enum,composite,range,multirange,array,pseudo', false);
SELECT pg_temp.one_of('c', 'identity', 'always,by default', true);
SELECT pg_temp.one_of('c', 'storage', 'plain,external,extended,main', false);
SELECT pg_temp.one_of('c', 'compression', 'pglz,lz4', true);
SELECT pg_temp.one_of('k', 'constraint_type', 'primary key,unique,foreign key,check,exclusion,not null,trigger', false);
SELECT pg_temp.one_of('k', 'on_update', 'no action,restrict,cascade,set null,set default', true);
SELECT pg_temp.one_of('k', 'on_delete', 'no action,restrict,cascade,set null,set default', true);
SELECT pg_temp.one_of('k', 'match_type', 'simple,full,partial', true);
SELECT pg_temp.one_of('p', 'strategy', 'range,list,hash', false);
SELECT pg_temp.never('i', 'NOT orderings <@ ''{asc,desc}''', 'orderings are asc and desc');

-- never null
SELECT pg_temp.never('t', quote_ident(col) || ' IS NULL', col || ' is never null')
FROM unnest('{schema_name,table_name,tablespace,is_partition,owner,inherits,options,row_security,force_row_security,table_oid}'::text[]) col;
SELECT pg_temp.never('c', quote_ident(col) || ' IS NULL', col || ' is never null')
FROM unnest('{schema_name,table_name,column_name,data_type,length,type_modifier,not_null,ordinal_position,is_serial,formatted_type,type_schema,base_type,is_primary_key,is_partition_key,is_local,inherited_count,storm_type,storm_type_mapped,attribute_number}'::text[]) col;
SELECT pg_temp.never('i', quote_ident(col) || ' IS NULL', col || ' is never null')
FROM unnest('{schema_name,table_name,index_name,is_unique,column_names,opclasses,collations,include_columns,is_expression,access_method,is_primary,is_exclusion,is_valid,is_ready,nulls_not_distinct,tablespace,options,is_clustered,is_replica_identity,definition}'::text[]) col;
SELECT pg_temp.never('k', quote_ident(col) || ' IS NULL', col || ' is never null')
FROM unnest('{schema_name,table_name,constraint_name,columns,is_deferrable,initially_deferred,is_validated,is_enforced,is_period,no_inherit,is_local,inherited_count,definition}'::text[]) col;
SELECT pg_temp.never('p', quote_ident(col) || ' IS NULL', col || ' is never null')
FROM unnest('{parent_schema,parent_name,schema_name,partition_name,partition_bound,is_default,partition_level,root_schema,root_name,is_leaf,detach_pending}'::text[]) col;

-- nobody changes anything here: there is no problem
SELECT is((SELECT count(*) FROM (SELECT problem FROM t UNION ALL SELECT problem FROM c UNION ALL SELECT problem FROM i
	UNION ALL SELECT problem FROM k UNION ALL SELECT problem FROM p) x WHERE problem IS NOT NULL), 0::bigint, 'no row has a problem');

-- what belongs together
SELECT pg_temp.never('t', '(table_type = ''partitioned table'') <> (partition_type IS NOT NULL)
	OR (partition_type IS NULL) <> (partition_key IS NULL) OR cardinality(partition_key) = 0', 'a partitioned table has a type and a key');
SELECT pg_temp.never('t', 'is_partition <> (parent_name IS NOT NULL) OR (parent_name IS NULL) <> (parent_schema IS NULL)
	OR is_partition AND partition_level < 1 OR is_partition AND inherits <> ''{}''', 'a partition has a parent and a level');
SELECT pg_temp.never('t', '(root_name IS NULL) <> (partition_level IS NULL) OR (root_name IS NULL) <> (root_schema IS NULL)
	OR (partition_level = 0) <> ((schema_name, table_name) = (root_schema, root_name))', 'a root is level 0 and its own root');
SELECT pg_temp.never('c', 'ordinal_position < 1 OR ordinal_position > attribute_number', 'positions start at 1 and are dense');
SELECT is_empty('SELECT schema_name, table_name FROM c GROUP BY 1, 2 HAVING max(ordinal_position) <> count(*) OR count(DISTINCT ordinal_position) <> count(*)',
	'c: positions have no gaps');
SELECT pg_temp.never('c', '(sequence_name IS NULL) <> (sequence_schema IS NULL) OR is_serial AND sequence_name IS NULL
	OR identity IS NOT NULL AND NOT is_serial OR identity IS NOT NULL AND NOT not_null', 'a serial or identity column has a sequence');
SELECT pg_temp.never('c', 'generated_type <> ''not_generated'' AND (default_value IS NULL OR is_serial)', 'a generated column has an expression');
SELECT pg_temp.never('c', 'type_kind = ''enum'' AND enum_labels IS NULL OR type_kind = ''array'' AND element_type IS NULL
	OR type_kind NOT IN (''enum'', ''domain'') AND enum_labels IS NOT NULL OR type_kind NOT IN (''array'', ''domain'') AND element_type IS NOT NULL
	OR type_kind <> ''domain'' AND base_type <> formatted_type', 'what a type is agrees with its kind');
SELECT pg_temp.never('i', 'NOT (cardinality(column_names) = cardinality(opclasses) AND cardinality(opclasses) = cardinality(collations)
	AND (orderings IS NULL OR cardinality(orderings) = cardinality(column_names) AND cardinality(nulls_first) = cardinality(column_names))
	AND (orderings IS NULL) = (nulls_first IS NULL) AND cardinality(column_names) > 0)', 'there is one of each per key');
SELECT pg_temp.never('i', 'coalesce(array_position(column_names, NULL), array_position(opclasses, NULL), array_position(orderings, NULL), array_position(include_columns, NULL)) IS NOT NULL',
	'nothing in a list of names is null');
SELECT pg_temp.never('i', 'is_primary AND (NOT is_unique OR constraint_name IS NULL) OR is_exclusion AND constraint_name IS NULL
	OR (parent_index IS NULL) <> (parent_schema IS NULL) OR (access_method = ''btree'') <> (orderings IS NOT NULL)', 'flags of an index agree');
SELECT pg_temp.never('i', 'array_lower(column_names, 1) <> 1 OR array_ndims(column_names) <> 1', 'lists are plain lists');
SELECT pg_temp.never('k', '(constraint_type = ''foreign key'') <> (ref_table IS NOT NULL) OR (ref_table IS NULL) <> (ref_columns IS NULL)
	OR (ref_table IS NULL) <> (on_update IS NULL) OR (ref_table IS NULL) <> (match_type IS NULL) OR (ref_table IS NULL) <> (on_delete_columns IS NULL)
	OR cardinality(columns) <> cardinality(ref_columns) OR NOT on_delete_columns <@ columns', 'a foreign key has pairs of columns');
SELECT pg_temp.never('k', '(constraint_type = ''check'') <> (expression IS NOT NULL)
	OR (constraint_type IN (''primary key'', ''unique'', ''exclusion'', ''foreign key'')) <> (index_name IS NOT NULL)
	OR (constraint_type = ''exclusion'') <> (exclusion_operators IS NOT NULL) OR cardinality(exclusion_operators) <> cardinality(columns)
	OR initially_deferred AND NOT is_deferrable', 'what a constraint has agrees with its type');
SELECT pg_temp.never('p', '(strategy = ''range'' AND NOT is_default) <> (lower_bound IS NOT NULL) OR (lower_bound IS NULL) <> (upper_bound IS NULL)
	OR (strategy = ''list'' AND NOT is_default) <> (list_values IS NOT NULL) OR (strategy = ''hash'') <> (modulus IS NOT NULL) OR (modulus IS NULL) <> (remainder IS NULL)
	OR remainder >= modulus OR is_default <> (partition_bound = ''DEFAULT'') OR array_position(lower_bound || upper_bound, NULL) IS NOT NULL
	OR range_base IS NOT NULL AND range_size IS NULL OR range_size <= 0 OR (range_base * range_size)::text <> lower_bound[1]', 'a bound agrees with its strategy');

-- one row per thing
SELECT is_empty('SELECT schema_name, table_name FROM t GROUP BY 1, 2 HAVING count(*) > 1', 'a table is one row');
SELECT is_empty('SELECT schema_name, table_name, column_name FROM c GROUP BY 1, 2, 3 HAVING count(*) > 1', 'a column is one row');
SELECT is_empty('SELECT schema_name, index_name FROM i GROUP BY 1, 2 HAVING count(*) > 1', 'an index is one row');
SELECT is_empty('SELECT schema_name, table_name, constraint_name FROM k WHERE constraint_type <> ''trigger'' GROUP BY 1, 2, 3 HAVING count(*) > 1', 'a constraint is one row');
SELECT is_empty('SELECT schema_name, partition_name FROM p GROUP BY 1, 2 HAVING count(*) > 1', 'a partition is one row');

-- the functions agree with each other
SELECT is_empty('SELECT schema_name, table_name FROM c WHERE table_type NOT LIKE ''%view'' EXCEPT SELECT schema_name, table_name FROM t', 'columns are of tables that are listed');
SELECT is_empty('SELECT schema_name, table_name FROM k EXCEPT SELECT schema_name, table_name FROM t', 'constraints are of tables that are listed');
SELECT set_eq('SELECT schema_name, table_name, parent_schema, parent_name, partition_level, root_schema, root_name FROM t WHERE is_partition',
	'SELECT schema_name, partition_name, parent_schema, parent_name, partition_level, root_schema, root_name FROM p', 'tables and partitions agree');
SELECT set_eq('SELECT schema_name, table_name, constraint_name, index_name FROM k WHERE constraint_type IN (''primary key'', ''unique'', ''exclusion'')',
	'SELECT schema_name, table_name, constraint_name, index_name FROM i WHERE constraint_name IS NOT NULL', 'indexes and constraints agree');
SELECT is_empty($$SELECT schema_name, table_name, columns FROM k WHERE constraint_type IN ('primary key', 'unique', 'exclusion')
	EXCEPT SELECT schema_name, table_name, column_names FROM i$$, 'the columns of a key are those of its index');
SELECT set_eq($$SELECT schema_name, table_name, column_name FROM c WHERE is_primary_key$$,
	$$SELECT schema_name, table_name, unnest(columns) FROM k WHERE constraint_type = 'primary key'$$, 'columns and primary keys agree');
SELECT set_eq($$SELECT t.schema_name, t.table_name, pk.column_name, pk.key_position FROM t, LATERAL stormdisc_primary_key(t.table_oid) pk WHERE t.table_type <> 'foreign table'$$,
	$$SELECT schema_name, table_name, u.col, u.n::int FROM k, unnest(columns) WITH ORDINALITY AS u(col, n) WHERE constraint_type = 'primary key'$$,
	'stormdisc_primary_key agrees with the constraint');
SELECT is_empty($$SELECT schema_name, table_name, column_name FROM c WHERE is_partition_key
	EXCEPT SELECT c.schema_name, c.table_name, c.column_name FROM c JOIN t USING (schema_name, table_name)
	WHERE EXISTS (SELECT FROM unnest(partition_key) key WHERE key = column_name OR strpos(key, quote_ident(column_name)) > 0)$$,
	'a column in a partition key is named in it');

-- pg_attver, a reserved attribute option of some releases, is in nothing
SELECT is((SELECT count(*) FROM (SELECT t::text AS row FROM t UNION ALL SELECT c::text FROM c UNION ALL SELECT i::text FROM i
	UNION ALL SELECT k::text FROM k UNION ALL SELECT p::text FROM p) x WHERE row LIKE '%pg\_attver%'), 0::bigint, 'pg_attver shows nowhere');

SELECT * FROM finish();
ROLLBACK;
