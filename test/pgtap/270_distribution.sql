-- What lets the tables be spread over machines, checked on the catalog, and the
-- columns by which that is done.
BEGIN;
SET LOCAL jit = off;
SET LOCAL client_min_messages = warning;
CREATE EXTENSION IF NOT EXISTS pgtap;
CREATE EXTENSION IF NOT EXISTS stormdisc;
SELECT plan(16);

CREATE TEMP TABLE distribution AS SELECT *, ('stormdisc.' || relation_name)::regclass AS relid FROM stormdisc_distribution();
-- our tables, with the partitions that are made at run time
SELECT count(*) AS made FROM stormdisc_create_partitions() \gset
CREATE TEMP VIEW tables AS SELECT c.oid AS relid, c.relname::text AS name, c.relkind, c.relispartition, pg_partition_root(c.oid)::oid AS root
	FROM pg_class c WHERE relnamespace = 'stormdisc'::regnamespace AND relkind IN ('r', 'p')
		-- traces stay on one machine: an id is unique over all of them, and one trigger keeps cycles out
		AND relname NOT IN ('events', 'edge_store', 'root_store', 'baseline_store')
		-- and so do migrations, and metadata, which are few
		AND relname NOT IN ('migrations', 'migration_log', 'migration_progress', 'migrated_schema', 'repeatable_scripts', 'schema_version', 'metadata');

SELECT is_empty($$SELECT name FROM tables WHERE NOT relispartition
		AND name NOT IN ('snapshots', 'discovery_log', 'type_map', 'own_objects', 'message_recoveries')
		EXCEPT SELECT relation_name FROM distribution$$,
	'every table of ports is distributed, or copied to all');
SELECT is_empty($$SELECT relation_name FROM distribution EXCEPT SELECT name FROM tables WHERE NOT relispartition$$, 'and no other');
SELECT is((SELECT count(*) FROM distribution), (SELECT count(DISTINCT relation_name) FROM distribution), 'each once');
SELECT is_empty($$SELECT relation_name, distribution_column FROM distribution d WHERE distribution_column IS NOT NULL AND NOT EXISTS (
		SELECT FROM pg_attribute WHERE attrelid = d.relid AND attname = distribution_column AND attnotnull AND atttypid = 'text'::regtype)$$,
	'the columns are there, are text, and never null');
SELECT is_empty($$SELECT d.relation_name FROM distribution d JOIN pg_attribute a ON a.attrelid = d.relid AND attname = distribution_column
		WHERE attcollation <> (SELECT oid FROM pg_collation WHERE collname = 'C' AND collnamespace = 'pg_catalog'::regnamespace)$$,
	'and of one collation, as beside each other they must be');
SELECT set_eq('SELECT DISTINCT distribution_column FROM distribution WHERE distribution_column IS NOT NULL',
	ARRAY['port_name', 'component_name', 'sink_name'], 'there are three of them');

-- unique keys, of tables and of every partition
CREATE TEMP VIEW keys AS SELECT t.name, t.relid, d.distribution_column, x.indexrelid,
		(SELECT array_agg(attname::text) FROM pg_attribute WHERE attrelid = x.indrelid AND attnum = ANY (x.indkey[0:x.indnkeyatts - 1])) AS columns,
		x.indisprimary
	FROM tables t JOIN distribution d ON d.relid = t.root OR d.relid = t.relid JOIN pg_index x ON x.indrelid = t.relid WHERE x.indisunique OR x.indisexclusion;
SELECT is_empty('SELECT name, columns FROM keys WHERE distribution_column IS NOT NULL AND NOT distribution_column = ANY (columns)',
	'every unique key has the column');
SELECT is_empty($$SELECT t.name FROM tables t WHERE t.relkind = 'r' AND NOT EXISTS (SELECT FROM pg_index WHERE indrelid = t.relid AND indisprimary)$$,
	'every table that holds rows has a primary key');
SELECT cmp_ok((SELECT count(*) FROM keys JOIN tables USING (relid) WHERE relispartition), '>=', 10::bigint, 'partitions are looked at');

SELECT is_empty($$SELECT conname FROM pg_constraint JOIN tables ON relid = conrelid WHERE contype = 'f'$$, 'there is no foreign key');
SELECT is_empty($$SELECT tgname FROM pg_trigger JOIN tables ON relid = tgrelid$$, 'no trigger');
SELECT is_empty($$SELECT rulename FROM pg_rewrite JOIN tables ON relid = ev_class$$, 'no rule');
SELECT is_empty($$SELECT polname FROM pg_policy JOIN tables ON relid = polrelid$$, 'no policy');
SELECT is_empty($$SELECT name, attname FROM tables JOIN pg_attribute ON attrelid = relid WHERE attidentity <> '' AND name <> 'discovery_log'$$,
	'and no identity column, whose sequence would be one machine''s');

-- beside each other is only what has the same column, and comes first
SELECT is_empty($$SELECT a.relation_name FROM distribution a LEFT JOIN distribution b ON b.relation_name = a.colocate_with
		WHERE a.colocate_with IS NOT NULL AND (b.distribution_column IS DISTINCT FROM a.distribution_column OR b.colocate_with IS NOT NULL)$$,
	'tables are beside one with the same column');

-- without Citus nothing happens
SELECT is_empty('SELECT * FROM stormdisc_distribute()', 'stormdisc_distribute() does nothing here');

SELECT * FROM finish();
ROLLBACK;
