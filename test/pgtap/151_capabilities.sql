-- Capabilities: what is said of this server is so, by trying it.
BEGIN;
SET LOCAL client_min_messages = warning;
CREATE EXTENSION IF NOT EXISTS pgtap;
CREATE EXTENSION IF NOT EXISTS stormdisc;
SELECT no_plan();
CREATE SCHEMA tap;
SET LOCAL search_path = tap, public;

-- does a statement work?  only a syntax error, or a feature that is not there, is a no
CREATE FUNCTION works(statement text) RETURNS bool LANGUAGE plpgsql AS $$
BEGIN
	EXECUTE statement;
	RETURN true;
EXCEPTION WHEN syntax_error OR feature_not_supported OR undefined_object OR invalid_table_definition OR wrong_object_type OR not_null_violation THEN
	RETURN false;
END $$;
CREATE TABLE t (a int PRIMARY KEY, b int, r int4range);
CREATE TABLE p (a int) PARTITION BY LIST (a);
CREATE TEMP TABLE tries (capability text, statement text);
INSERT INTO tries VALUES
('savepoints', 'DO ''BEGIN BEGIN NULL; EXCEPTION WHEN OTHERS THEN NULL; END; END'''),
('foreign_keys', 'CREATE TABLE f (a int REFERENCES t)'),
('deferrable_constraints', 'CREATE TABLE d (a int UNIQUE DEFERRABLE)'),
('check_constraints', 'CREATE TABLE c (a int CHECK (a > 0))'),
('not_enforced_constraints', 'CREATE TABLE ne (a int, CHECK (a > 0) NOT ENFORCED)'),
('exclusion_constraints', 'CREATE TABLE e (a int4range, EXCLUDE USING gist (a WITH &&))'),
('temporal_constraints', 'CREATE TABLE tc (a int4range, b int4range, PRIMARY KEY (a, b WITHOUT OVERLAPS))'),
('nulls_not_distinct', 'CREATE TABLE nn (a int, UNIQUE NULLS NOT DISTINCT (a))'),
('partial_indexes', 'CREATE INDEX ON t (a) WHERE a > 0'),
('expression_indexes', 'CREATE INDEX ON t ((a + 1))'),
('covering_indexes', 'CREATE INDEX ON t (a) INCLUDE (b)'),
('descending_indexes', 'CREATE INDEX ON t (a DESC)'),
('identity_columns', 'CREATE TABLE i (a int GENERATED ALWAYS AS IDENTITY)'),
('identity_on_partitioned_tables', 'CREATE TABLE ip (a int GENERATED ALWAYS AS IDENTITY) PARTITION BY LIST (a); CREATE TABLE ip1 PARTITION OF ip DEFAULT; INSERT INTO ip1 DEFAULT VALUES'),
('stored_generated_columns', 'CREATE TABLE sg (a int, b int GENERATED ALWAYS AS (a + 1) STORED)'),
('virtual_generated_columns', 'CREATE TABLE vg (a int, b int GENERATED ALWAYS AS (a + 1) VIRTUAL)'),
('materialized_views', 'CREATE MATERIALIZED VIEW m AS SELECT 1 AS a'),
('enum_types', 'CREATE TYPE en AS ENUM (''a'')'),
('partitioning_by_range', 'CREATE TABLE pr (a int) PARTITION BY RANGE (a)'),
('partitioning_by_list', 'CREATE TABLE pl (a int) PARTITION BY LIST (a)'),
('partitioning_by_hash', 'CREATE TABLE ph (a int) PARTITION BY HASH (a)'),
('default_partition', 'CREATE TABLE pd PARTITION OF p DEFAULT'),
('merge', 'MERGE INTO t USING (SELECT 1 AS a) s ON t.a = s.a WHEN NOT MATCHED THEN DO NOTHING'),
('merge_returning', 'MERGE INTO t USING (SELECT 1 AS a) s ON t.a = s.a WHEN NOT MATCHED THEN DO NOTHING RETURNING t.a'),
('upsert', 'INSERT INTO t (a) VALUES (1) ON CONFLICT DO NOTHING'),
('returning', 'INSERT INTO t (a) VALUES (2) RETURNING a'),
('property_graphs', 'CREATE PROPERTY GRAPH g');
SELECT is(works(statement), supported, capability)
FROM tries JOIN stormdisc_capabilities() USING (capability);
SELECT is((SELECT count(*) FROM tries JOIN stormdisc_capabilities() USING (capability)), (SELECT count(*) FROM tries), 'all are capabilities');
SELECT is((SELECT supported FROM stormdisc_capabilities() WHERE capability = 'maintain_privilege'),
	(SELECT 'MAINTAIN' IN (SELECT privilege_type FROM aclexplode(acldefault('r', 10)))), 'maintain_privilege');
SELECT is((SELECT supported FROM stormdisc_capabilities() WHERE capability = 'named_not_null_constraints'),
	EXISTS (SELECT FROM pg_constraint WHERE contype = 'n'), 'named_not_null_constraints');
SELECT is((SELECT supported FROM stormdisc_capabilities() WHERE capability = 'prepared_transactions'),
	current_setting('max_prepared_transactions')::int > 0, 'prepared_transactions');
SELECT is((SELECT supported FROM stormdisc_capabilities() WHERE capability = 'logical_replication'),
	current_setting('wal_level') = 'logical', 'logical_replication');
SELECT is((SELECT supported FROM stormdisc_capabilities() WHERE capability = 'writable'), NOT pg_is_in_recovery(), 'writable');
SELECT is((SELECT detail FROM stormdisc_capabilities() WHERE capability = 'table_access_methods'),
	(SELECT string_agg(amname, ', ' ORDER BY amname COLLATE "C") FROM pg_am WHERE amtype = 't'), 'table_access_methods');
SELECT is((SELECT detail FROM stormdisc_capabilities() WHERE capability = 'index_access_methods'),
	(SELECT string_agg(amname, ', ' ORDER BY amname COLLATE "C") FROM pg_am WHERE amtype = 'i'), 'index_access_methods');
SELECT is((SELECT detail FROM stormdisc_capabilities() WHERE capability = 'extensions'),
	(SELECT string_agg(extname, ', ' ORDER BY extname COLLATE "C") FROM pg_extension), 'extensions');
SELECT is((SELECT stormdisc_detect_dialect()), (SELECT dialect FROM stormdisc_dialects() WHERE dialect_kind = 'server'), 'this server''s dialect is in the list');
SELECT throws_ok($$SELECT * FROM stormdisc_capabilities('no')$$, '22023', 'dialect "no" is not known', 'an unknown dialect');

-- a code of its own goes before its class
SELECT is_empty($$SELECT n FROM generate_series(0, 35) n, stormdisc_classify_error('4200' || substr('0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ', n + 1, 1)) c
	WHERE c.error_class <> 'syntax' OR c.reaction <> 'fail'$$, 'class 42 is syntax');
SELECT is((stormdisc_classify_error(' 42501 ')).error_class, 'permission', 'but for the lack of a privilege');
SELECT * FROM finish();
ROLLBACK;
