-- What stormdisc says about demo_schema.sql, in lines of at most 100 columns.
--
--     psql -d demo -f examples/demo_queries.sql

\set QUIET on
\pset border 1
\pset linestyle ascii
\pset null '-'
\pset footer off
\set ON_ERROR_STOP on

\echo
\echo '# stormdisc_tables(): tables of every kind, and where they stand in their partition trees'
SELECT schema_name AS schema, table_name, table_type, partition_type AS parts,
	partition_key AS key, parent_name AS parent, partition_level AS lvl
FROM stormdisc_tables();

\echo '# stormdisc_columns(relation): one table''s columns'
SELECT column_name, formatted_type AS type, not_null AS nn, is_serial AS serial,
	left(default_value, 26) AS default, generated_type AS generated, storm_type AS storm
FROM stormdisc_columns('shop.product');

\echo '# domains over domains, enums, arrays, composites, collations'
SELECT table_name, column_name, formatted_type, type_kind AS kind, base_type,
	element_type AS element, cardinality(enum_labels) AS labels
FROM stormdisc_columns(schemas => '{shop}', include => '{customer,order_item,orders}')
WHERE type_kind <> 'base' OR "collation" IS NOT NULL;

\echo '# stormdisc_indexes(): keys in their order'
SELECT table_name, index_name, access_method AS am, is_unique AS uniq, column_names, orderings,
	include_columns AS include
FROM stormdisc_indexes(schemas => '{shop}', exclude => '{orders_*,measurement_*}')
WHERE constraint_name IS NULL;

\echo '# partial, expression and operator class'
SELECT index_name, column_names[1] AS first_key, opclasses[1] AS its_opclass, predicate
FROM stormdisc_indexes(include => ARRAY['shop.customer', 'shop.product', '"Odd Names".*'])
WHERE is_expression OR predicate IS NOT NULL OR opclasses[1] LIKE '%pattern%';

\echo '# stormdisc_constraints(): foreign keys; one logical key is one row'
SELECT table_name, columns, ref_table, on_delete, on_delete_columns AS only,
	initially_deferred AS deferred
FROM stormdisc_constraints(schemas => '{shop}')
WHERE constraint_type = 'foreign key' AND parent_constraint IS NULL;

\echo '# checks and exclusions'
SELECT table_name, constraint_name, columns, is_validated AS ok,
	coalesce(expression, exclusion_operators::text) AS "expression, operator"
FROM stormdisc_constraints(schemas => '{shop}')
WHERE constraint_type IN ('check', 'exclusion') AND is_local;

\echo '# stormdisc_primary_key(relation)'
SELECT * FROM stormdisc_primary_key('shop.order_item');

\echo '# stormdisc_partitions(relation): every level below it, bounds as text and in parts'
SELECT parent_name, partition_name, partition_level AS lvl, strategy, is_leaf AS leaf,
	coalesce(lower_bound::text || ' .. ' || upper_bound::text, list_values::text,
		remainder || ' of ' || modulus, 'default') AS bound
FROM stormdisc_partitions('shop.orders');

\echo '# and what a worker wants to know of integer ranges'
SELECT partition_name, partition_bound, range_size, range_base
FROM stormdisc_partitions('shop.measurement');

\echo '# stormdisc_map_type(): types in another tool''s words'
SELECT type, stormdisc_map_type(type) AS stormweaver
FROM unnest('{int4,bigserial,varchar(80),numeric,shop.price,bool}'::text[]) AS type;

\echo '# stormdisc_schema(): all of it as one document; here what it says of one column and one key'
SELECT jsonb_pretty(jsonb_build_object(
	'column', stormdisc_schema('shop.orders') #> '{tables,shop.orders,columns,4}',
	'constraint', stormdisc_schema('shop.order_item') #> '{constraints,shop.order_item.order_item_product_id_fkey}')) AS document;

\echo '# stormdisc_relationships(): how tables hang together'
SELECT kind, from_table, from_columns, to_table, is_optional AS optional, is_indexed AS indexed
FROM stormdisc_relationships(schemas => '{shop}') WHERE kind <> 'one-to-many';

\echo '# stormdisc_insertable(relation): what a worker may put into each column'
SELECT column_name, must_provide, min_value, max_value, enum_labels, references_table AS "references"
FROM stormdisc_insertable('shop.orders');

\echo '# snapshots: keep the schema under a name, change it, and see what changed'
SELECT status, tables, columns, message FROM stormdisc_discover_existing_schema('before');
BEGIN;
ALTER TABLE shop.cart ADD COLUMN note varchar(80);
ALTER TABLE shop.product ALTER COLUMN name DROP NOT NULL;
SELECT kind, identity, change, attribute, old, new FROM stormdisc_validation('before');
ROLLBACK;
SELECT stormdisc_validate('before');

\echo '# stormdisc_advice(): what deserves a second look'
SELECT severity, rule, object, message FROM stormdisc_advice(schemas => '{shop}') WHERE severity <> 'info';

\echo '# stormdisc_diagram(): the picture, for Mermaid or Graphviz'
SELECT stormdisc_diagram(include => '{shop.orders,shop.order_item}') AS mermaid;
