--
-- Documents that are kept under a name, and compared with what is there now.
--
SET client_min_messages = warning;
CREATE SCHEMA snap;
CREATE SCHEMA "Snap ""2""";
CREATE TABLE snap.parent (id int CONSTRAINT parent_pkey PRIMARY KEY, name varchar(20) DEFAULT 'x');
CREATE TABLE snap.child (
	a int,
	b text,
	c int CONSTRAINT child_parent_fkey REFERENCES snap.parent,
	CONSTRAINT child_check CHECK (a > 0)
);
CREATE INDEX child_b ON snap.child (b, a DESC);
CREATE TABLE snap.ranges (k int, v text) PARTITION BY RANGE (k);
CREATE TABLE snap.ranges_p0 PARTITION OF snap.ranges FOR VALUES FROM (0) TO (10);
CREATE TABLE snap.ranges_p1 PARTITION OF snap.ranges FOR VALUES FROM (10) TO (20);
CREATE TABLE "Snap ""2"""."Odd ""T"" .x" ("Col ""1"".y" int);
RESET client_min_messages;

-- what a snapshot has
SELECT status, tables, columns, indexes, partitions, duration >= '0' AS took, message
FROM stormdisc_discover_existing_schema('one', schemas => '{snap}', parts => '{tables,columns,indexes,partitions}');
SELECT name, taken_at <= clock_timestamp() AS taken, fingerprint = (SELECT f.fingerprint FROM stormdisc_document_fingerprint(document) f) AS fingerprint, server_version = current_setting('server_version') AS version,
	system_identifier = (SELECT system_identifier FROM pg_control_system()) AS system,
	timeline, lsn <= pg_current_wal_insert_lsn() AND lsn > '0/0' AS lsn, scope, counts, duration >= '0' AS took
FROM stormdisc.snapshots;
SELECT document = stormdisc_schema(schemas => '{snap}', parts => '{tables,columns,indexes,partitions}') AS is_schema
FROM stormdisc.snapshots;
SELECT stormdisc_validate('one');
SELECT * FROM stormdisc_validation('one');

-- the default name, every kind of object
SELECT status FROM stormdisc_discover_existing_schema(include => '{snap.*,"\"Snap \"\"2\"\"\".*"}');
SELECT stormdisc_validate();
SELECT name, scope FROM stormdisc.snapshots ORDER BY name;
SELECT s.name, (SELECT count(*) FROM jsonb_each_text(s.counts) c WHERE value::bigint > 0) >= 5 AS many_kinds,
	s.counts->'tables' = to_jsonb((SELECT count(*) FROM stormdisc_tables(include => '{snap.*,"\"Snap \"\"2\"\"\".*"}'))) AS tables,
	s.counts->'constraints' = to_jsonb((SELECT count(*) FROM stormdisc_constraints(include => '{snap.*,"\"Snap \"\"2\"\"\".*"}'))) AS constraints,
	s.counts->'indexes' = to_jsonb((SELECT count(*) FROM stormdisc_indexes(include => '{snap.*,"\"Snap \"\"2\"\"\".*"}'))) AS indexes,
	s.counts->'partitions' = to_jsonb((SELECT count(*) FROM stormdisc_partitions(include => '{snap.*,"\"Snap \"\"2\"\"\".*"}'))) AS partitions
FROM stormdisc.snapshots s WHERE name = 'default';
SELECT stormdisc_drop_snapshot('default');

-- differences, each kind of them
\set parts '{tables,columns,constraints,indexes,partitions}'
SELECT status FROM stormdisc_discover_existing_schema('diff', schemas => '{snap,"Snap \"2\""}', parts => :'parts');
CREATE VIEW difference AS
	SELECT kind, identity, change, attribute,
		CASE WHEN change = 'changed' THEN old END AS old, CASE WHEN change = 'changed' THEN new END AS new
	FROM stormdisc_validation('diff') WHERE coalesce(new, old)->>'constraint_type' IS DISTINCT FROM 'not null';
BEGIN;
ALTER TABLE snap.parent ALTER name TYPE varchar(30), ALTER name DROP DEFAULT;
COMMENT ON TABLE snap.parent IS 'new';
COMMENT ON COLUMN snap.parent.name IS 'new, too';
ALTER TABLE snap.child DROP b, ADD d date, ADD CONSTRAINT child_other CHECK (a < 100);
DROP TABLE snap.ranges_p1;
ALTER TABLE "Snap ""2"""."Odd ""T"" .x" ALTER "Col ""1"".y" SET DEFAULT 5, ADD "Z z" int;
CREATE TABLE snap.added (x int);
SELECT * FROM difference;
SELECT stormdisc_validate('diff');
ROLLBACK;
SELECT stormdisc_validate('diff');

-- an added and a removed object come whole
BEGIN;
CREATE TABLE snap.added (x int);
ALTER TABLE snap.ranges DETACH PARTITION snap.ranges_p0;
ALTER TABLE snap.ranges ATTACH PARTITION snap.ranges_p0 FOR VALUES FROM (0) TO (5);
ALTER TABLE snap.child DROP CONSTRAINT child_check;
SELECT kind, identity, change, attribute, old - 'owner' AS old, new - 'owner' AS new
FROM stormdisc_validation('diff') WHERE kind <> 'partitions';
SELECT kind, identity, change, attribute, old, new FROM stormdisc_validation('diff') WHERE kind = 'partitions';
ROLLBACK;

-- the order of columns
BEGIN;
ALTER TABLE snap.child RENAME a TO a_old;
ALTER TABLE snap.child ADD a int;
ALTER TABLE snap.child DROP a_old CASCADE;
SELECT kind, identity, change, attribute, old, new FROM stormdisc_validation('diff') WHERE kind IN ('tables', 'columns');
ROLLBACK;

-- many differences: the first hundred are told
BEGIN;
DO $$ BEGIN FOR i IN 1..103 LOOP EXECUTE format('ALTER TABLE snap.child ADD x%s int', i); END LOOP; END $$;
SELECT count(*) FROM stormdisc_validation('diff');
DO $$
DECLARE
	equal bool;
BEGIN
	SET LOCAL client_min_messages = error;
	equal := stormdisc_validate('diff');
	RESET client_min_messages;
	RAISE INFO 'equal: %', equal;
END
$$;
ROLLBACK;

-- names are quoted where they must be, whatever is set
BEGIN;
ALTER TABLE snap.child ADD z int;
SET LOCAL quote_all_identifiers = on;
SELECT identity FROM stormdisc_validation('diff');
SHOW quote_all_identifiers;
ROLLBACK;

-- a long value is cut
BEGIN;
SELECT format('COMMENT ON TABLE snap.child IS %L', repeat('x', 300)) \gexec
SELECT stormdisc_validate('diff');
ROLLBACK;
DROP VIEW difference;

-- the scope of the snapshot, whatever is set now
SET stormdisc.schemas = 'snap';
SELECT status, tables FROM stormdisc_discover_existing_schema('setting', parts => '{tables}');
SELECT scope FROM stormdisc.snapshots WHERE name = 'setting';
SET stormdisc.schemas = '"Snap ""2"""';
SELECT stormdisc_validate('setting');
RESET stormdisc.schemas;
SELECT stormdisc_validate('setting');
CREATE TABLE snap.added (x int);
SELECT stormdisc_validate('setting');
DROP TABLE snap.added;
SELECT status FROM stormdisc_discover_existing_schema('all', include => '{snap.*,"\"Snap \"\"2\"\"\".*"}', parts => '{tables}');
SET stormdisc.schemas = 'snap';
SELECT stormdisc_validate('all');
RESET stormdisc.schemas;

-- patterns, and a relation, by its name
SELECT status, tables, columns, indexes, constraints, partitions
FROM stormdisc_discover_existing_schema('scope', schemas => '{snap}', include => '{child,range*}', exclude => '{*p1}', parts => '{tables}');
SELECT scope FROM stormdisc.snapshots WHERE name = 'scope';
SELECT stormdisc_validate('scope');
SELECT status, tables, columns FROM stormdisc_discover_existing_schema('relation', 'snap.child', parts => '{tables,columns}');
SELECT status, tables, columns
FROM stormdisc_discover_existing_schema('odd', '"Snap ""2"""."Odd ""T"" .x"', parts => '{tables,columns}');
SELECT name, scope->>'relation' AS relation FROM stormdisc.snapshots WHERE scope ? 'relation' ORDER BY name;
SELECT stormdisc_validate('relation'), stormdisc_validate('odd');

-- a scope that is gone: all of it is
BEGIN;
ALTER TABLE snap.child RENAME TO child2;
SELECT kind, identity, change FROM stormdisc_validation('relation');
CREATE SEQUENCE snap.child;
SELECT kind, identity, change FROM stormdisc_validation('relation');
DROP SEQUENCE snap.child;
CREATE TABLE snap.child (a int, b text, c int);
SELECT stormdisc_validate('relation');
SET LOCAL client_min_messages = error;
DROP SCHEMA "Snap ""2""" CASCADE;
SELECT kind, identity, change FROM stormdisc_validation('odd');
SELECT kind, identity, change FROM stormdisc_validation('diff') WHERE identity LIKE '"Snap%';
DROP SCHEMA snap CASCADE;
SELECT kind, identity, change FROM stormdisc_validation('setting');
SELECT kind, change, count(*) FROM stormdisc_validation('diff') WHERE coalesce(new, old)->>'constraint_type' IS DISTINCT FROM 'not null' GROUP BY 1, 2 ORDER BY 1, 2;
ROLLBACK;

-- nothing there
CREATE SCHEMA snap_empty;
SELECT status, tables, columns, indexes, constraints, partitions, message
FROM stormdisc_discover_existing_schema('empty', schemas => '{snap_empty}');
SELECT counts->'tables' AS tables FROM stormdisc.snapshots WHERE name = 'empty';
SELECT stormdisc_validate('empty');
CREATE TABLE snap_empty.t (a int);
SELECT count(*) FROM stormdisc_validation('empty') WHERE kind = 'tables' AND change = 'added';
DROP TABLE snap_empty.t;
SELECT status, tables, columns, indexes, message
FROM stormdisc_discover_existing_schema('empty', schemas => '{snap}', parts => '{indexes}');

-- failure: no error, and no snapshot either
SELECT status, tables, columns, indexes, constraints, partitions, duration >= '0' AS took, message
FROM stormdisc_discover_existing_schema('one', schemas => '{no_such}');
SELECT count(*) FROM stormdisc.snapshots WHERE name = 'one';
SELECT status, message FROM stormdisc_discover_existing_schema('one', 'stormdisc.discovery_log_id_seq');
SELECT status, message FROM stormdisc_discover_existing_schema('one', 4294967294::oid::regclass);
-- unless an error is wanted: then the one before stays
SELECT status FROM stormdisc_discover_existing_schema('one', schemas => '{snap}', parts => '{tables}');
SELECT * FROM stormdisc_discover_existing_schema('one', schemas => '{no_such}', on_error => 'raise');
SELECT * FROM stormdisc_discover_existing_schema('one', 4294967294::oid::regclass, on_error => 'raise');
SELECT stormdisc_validate('one');

-- arguments that are wrong are errors, always
\set VERBOSITY sqlstate
SELECT * FROM stormdisc_discover_existing_schema(NULL);
SELECT * FROM stormdisc_discover_existing_schema('');
SELECT * FROM stormdisc_discover_existing_schema(repeat('x', 256));
SELECT * FROM stormdisc_discover_existing_schema('one', schemas => '{}');
SELECT * FROM stormdisc_discover_existing_schema('one', schemas => '{NULL}');
SELECT * FROM stormdisc_discover_existing_schema('one', include => '{"a.b.c.d"}');
SELECT * FROM stormdisc_discover_existing_schema('one', parts => '{tables,no_such}');
SELECT stormdisc_validate(NULL);
SELECT stormdisc_validate('');
SELECT * FROM stormdisc_validation(repeat('x', 256));
SELECT stormdisc_drop_snapshot(NULL);
\set VERBOSITY default
SELECT * FROM stormdisc_discover_existing_schema('one', mode => 'strict');
SELECT * FROM stormdisc_discover_existing_schema('one', on_error => 'ignore');
SELECT stormdisc_validate('no such');
SELECT * FROM stormdisc_validation('no such');
SELECT stormdisc_drop_snapshot('no such');
SELECT status FROM stormdisc_discover_existing_schema(repeat('x', 255), schemas => '{snap_empty}', mode => NULL, on_error => NULL);
SELECT stormdisc_drop_snapshot(repeat('x', 255));

-- degrade is what stormdisc_schema() does
SELECT status FROM stormdisc_discover_existing_schema('degraded', schemas => '{snap}', mode => 'degrade', parts => '{tables}');
SELECT scope, document->'consistent' AS consistent FROM stormdisc.snapshots WHERE name = 'degraded';

-- read only: the writers never, the readers always
BEGIN READ ONLY;
SAVEPOINT s;
SELECT * FROM stormdisc_discover_existing_schema('one');
ROLLBACK TO s;
SELECT * FROM stormdisc_discover_existing_schema('', on_error => 'raise');
ROLLBACK TO s;
SELECT stormdisc_drop_snapshot('one');
ROLLBACK TO s;
SELECT stormdisc_validate('one'), (SELECT count(*) FROM stormdisc_validation('one'));
SELECT jsonb_array_length(stormdisc_metadata()->'tables') > 0 AS metadata;
ROLLBACK;

-- rolled back with its transaction
BEGIN;
SELECT status FROM stormdisc_discover_existing_schema('rolled back', schemas => '{snap}', parts => '{tables}');
SAVEPOINT s;
SELECT stormdisc_drop_snapshot('one');
ROLLBACK TO s;
SELECT name FROM stormdisc.snapshots WHERE name IN ('one', 'rolled back') ORDER BY 1;
ROLLBACK;
SELECT name FROM stormdisc.snapshots WHERE name IN ('one', 'rolled back') ORDER BY 1;

-- what this transaction did is seen, and what an earlier part of it fixed is not in the way
BEGIN ISOLATION LEVEL REPEATABLE READ;
CREATE TABLE snap.mine (a int);
SELECT tables FROM stormdisc_discover_existing_schema('mine', 'snap.mine', parts => '{tables}');
SELECT stormdisc_validate('mine');
ROLLBACK;

-- inside PL/pgSQL, many in one statement
DO $$
DECLARE
	found record;
BEGIN
	FOR found IN SELECT n, (stormdisc_discover_existing_schema('loop' || n, schemas => '{snap}', parts => '{tables}')).status
			FROM generate_series(1, 3) n LOOP
		RAISE INFO '% %', found.n, found.status;
	END LOOP;
END
$$;
SELECT count(*) FROM stormdisc.snapshots WHERE name LIKE 'loop%';

-- the log, and what it comes to
TRUNCATE stormdisc.discovery_log;
SELECT * FROM stormdisc.discovery_stats;
SET client_min_messages = error;
SELECT status FROM stormdisc_discover_existing_schema('log', schemas => '{snap}', parts => '{tables}');
SELECT status FROM stormdisc_discover_existing_schema('log', schemas => '{snap_empty}', parts => '{tables}');
SELECT status FROM stormdisc_discover_existing_schema('log', schemas => '{no_such}', parts => '{tables}');
SELECT status FROM stormdisc_discover_existing_schema('log', schemas => '{snap}', parts => '{tables}');
SELECT snapshot_name, role_name = current_user AS me, status, counts, sqlstate, message, duration >= '0' AS took
FROM stormdisc.discovery_log ORDER BY id;
SELECT runs, ok, empty, failed, success_rate::numeric(5, 2), p50_duration <= p95_duration AS durations,
	last_run_at <= clock_timestamp() AS last_run, last_status, last_counts, last_error_at < last_run_at AS error_before, last_error
FROM stormdisc.discovery_stats;
SET stormdisc.discovery_log_size = 2;
SELECT status FROM stormdisc_discover_existing_schema('log', schemas => '{no_such}', parts => '{tables}');
SELECT status FROM stormdisc.discovery_log ORDER BY id;
SET stormdisc.discovery_log_size = 0;
SELECT status FROM stormdisc_discover_existing_schema('log', schemas => '{snap}', parts => '{tables}');
SELECT count(*) FROM stormdisc.discovery_log;
RESET stormdisc.discovery_log_size;
RESET client_min_messages;

-- EXECUTE is the only right that a writer needs
CREATE ROLE regress_disc_writer;
CREATE ROLE regress_disc_reader;
GRANT EXECUTE ON FUNCTION stormdisc_discover_existing_schema, stormdisc_drop_snapshot TO regress_disc_writer;
SET ROLE regress_disc_writer;
SELECT status FROM stormdisc_discover_existing_schema('by writer', schemas => '{snap}', parts => '{tables}');
SELECT current_user;
SELECT role_name FROM stormdisc.discovery_log ORDER BY id DESC LIMIT 1;
SELECT stormdisc_validate('by writer');
SELECT stormdisc_drop_snapshot('by writer');
SET stormdisc.discovery_log_size = 0;
DELETE FROM stormdisc.snapshots;
SET ROLE regress_disc_reader;
SELECT status FROM stormdisc_discover_existing_schema('by reader');
SELECT stormdisc_drop_snapshot('one');
SELECT stormdisc_validate('one');
SELECT count(*) > 0 AS snapshots FROM stormdisc.snapshots;
SELECT runs > 0 AS runs FROM stormdisc.discovery_stats;
RESET ROLE;
-- a list of privileges that is not the same list
SET client_min_messages = warning;
CREATE TABLE snap.granted (a int);
GRANT SELECT ON snap.granted TO regress_disc_reader;
SELECT status FROM stormdisc_discover_existing_schema('granted', schemas => '{snap}', parts => '{privileges}');
GRANT INSERT ON snap.granted TO regress_disc_reader;
SELECT kind, identity, change, attribute, jsonb_array_length(new) - jsonb_array_length(old) AS more FROM stormdisc_validation('granted');
SELECT stormdisc_drop_snapshot('granted');
DROP TABLE snap.granted;
RESET client_min_messages;

-- a format that is not known is no equal schema
BEGIN;
UPDATE stormdisc.snapshots SET document = '{"format": 99}' WHERE name = 'one';
SELECT stormdisc_validate('one');
ROLLBACK;

-- what is taken from the readers is not given by a function
BEGIN;
REVOKE SELECT ON stormdisc.snapshots FROM PUBLIC;
SET LOCAL ROLE regress_disc_reader;
SELECT stormdisc_validate('one');
ROLLBACK;

-- nothing that is in the caller's search path is used
CREATE SCHEMA evil;
CREATE FUNCTION evil.equal(text, text) RETURNS bool LANGUAGE plpgsql AS $$ BEGIN RAISE EXCEPTION 'evil'; END $$;
CREATE OPERATOR evil.= (FUNCTION = evil.equal, LEFTARG = text, RIGHTARG = text);
CREATE TABLE evil.snapshots (name text);
SET search_path = evil, pg_catalog, public;
SELECT public.stormdisc_validate('one');
SELECT status FROM public.stormdisc_discover_existing_schema('one', schemas => '{snap}', parts => '{tables}');
SHOW search_path;
RESET search_path;

-- a new extension in the same session: the plans that were kept still fit
SET client_min_messages = warning;
DROP SCHEMA evil, snap_empty CASCADE;
DROP EXTENSION stormdisc;
CREATE EXTENSION stormdisc;
SELECT status FROM stormdisc_discover_existing_schema('one', schemas => '{snap}', parts => '{tables}');
SELECT stormdisc_validate('one');
SELECT stormdisc_drop_snapshot('one');
SELECT count(*) FROM stormdisc.snapshots;
DROP SCHEMA snap, "Snap ""2""" CASCADE;
DROP ROLE regress_disc_reader;
DROP ROLE regress_disc_writer;
