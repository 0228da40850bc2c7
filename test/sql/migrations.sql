--
-- Migrations: registered, applied, reverted, proven, compared with what is there.
--
SET client_min_messages = warning;
CREATE SCHEMA mig;
SET search_path = mig, public;
SET stormdisc.schemas = 'mig';
RESET client_min_messages;

-- the extension's own history is another component
SELECT component, version, kind, description FROM stormdisc.schema_version ORDER BY component, version;
SELECT stormdisc_current_version();
SELECT * FROM stormdisc_migration_status();
SELECT * FROM stormdisc_pending_migrations();
SELECT * FROM stormdisc_migrate();
SELECT * FROM stormdisc_schema_drift();
SELECT * FROM stormdisc_migrated_documents();

-- scripts: line ends and trailing space do not count, other text does
SELECT stormdisc_register_migration(1, 'apps', E'CREATE TABLE apps (id bigint PRIMARY KEY, name text);\nINSERT INTO apps VALUES (1, ''a;b'');', 'DROP TABLE apps');
SELECT stormdisc_register_migration(1, 'apps', E'CREATE TABLE apps (id bigint PRIMARY KEY, name text);  \r\nINSERT INTO apps VALUES (1, ''a;b'');\t\r\n\r\n', E'DROP TABLE apps\n');
SELECT stormdisc_register_migration(1, 'apps', E'CREATE TABLE apps (id bigint  PRIMARY KEY, name text);\nINSERT INTO apps VALUES (1, ''a;b'');', 'DROP TABLE apps');
SELECT stormdisc_register_migration(1, 'the apps', E'CREATE TABLE apps (id bigint  PRIMARY KEY, name text);\nINSERT INTO apps VALUES (1, ''a;b'');', 'DROP TABLE apps');

-- the guide's own example: a foreign key on a column that it never adds
SELECT stormdisc_register_migration(2, 'features', $$
-- Add new columns to existing tables
ALTER TABLE apps ADD COLUMN app_type VARCHAR(50) NOT NULL DEFAULT 'standard';

-- Create new tables
CREATE TABLE features (
    id BIGINT GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    name VARCHAR(255) NOT NULL
);

-- Add foreign keys
ALTER TABLE apps
    ADD CONSTRAINT fk_apps_feature
    FOREIGN KEY (feature_id) REFERENCES features(id);
$$, 'DROP TABLE features; ALTER TABLE apps DROP COLUMN app_type');
SELECT * FROM stormdisc_pending_migrations();
SELECT version, description, action, statements FROM stormdisc_migrate(dry_run => true);
-- all or none
SELECT version, action FROM stormdisc_migrate();
SELECT stormdisc_current_version(), to_regclass('mig.apps') AS apps;
-- each by itself
CALL stormdisc_migrate_all();
SELECT stormdisc_current_version(), to_regclass('mig.apps') AS apps, to_regclass('mig.features') AS features;
SELECT count(*) AS app_type FROM stormdisc_columns('mig.apps') WHERE column_name = 'app_type';
CALL stormdisc_migrate_all();
SELECT action, version, sqlstate, message, details->>'context' AS context FROM stormdisc.migration_log ORDER BY id;
-- put right
SELECT stormdisc_register_migration(2, 'features', $$
ALTER TABLE apps ADD COLUMN app_type VARCHAR(50) NOT NULL DEFAULT 'standard', ADD COLUMN feature_id bigint;
CREATE TABLE features (
    id BIGINT GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    name VARCHAR(255) NOT NULL
);
ALTER TABLE apps ADD CONSTRAINT fk_apps_feature FOREIGN KEY (feature_id) REFERENCES features(id);
$$, 'ALTER TABLE apps DROP COLUMN feature_id, DROP COLUMN app_type; DROP TABLE features');
SELECT version, description, action, statements, duration >= '0' AS took, length(fingerprint) FROM stormdisc_migrate();
SELECT component, version, kind, description, applied_at <= clock_timestamp() AS applied, length(checksum) AS checksum,
	length(down_checksum) AS down_checksum, applied_by = current_user AS me, duration >= '0' AS took, length(fingerprint) AS fingerprint
FROM stormdisc.schema_version WHERE component = 'schema' ORDER BY version;
SELECT version, description, status, detail, has_down, in_transaction, tables FROM stormdisc_migration_status();
-- which versions each table is of
SELECT t AS table_name, array_agg(version ORDER BY version) AS versions FROM stormdisc.schema_version, unnest(tables) t
WHERE component = 'schema' GROUP BY t ORDER BY t;
SELECT version, document = stormdisc_schema(schemas => '{mig}', exclude => '{stormdisc.*}') AS is_schema FROM stormdisc.migrated_schema;
SELECT v.fingerprint = f.fingerprint AS same FROM stormdisc.schema_version v, stormdisc_fingerprint(schemas => '{mig}') f
WHERE v.component = 'schema' AND v.version = 2;

-- the text of what is applied stays
SELECT stormdisc_register_migration(1, 'apps', 'CREATE TABLE apps (id int PRIMARY KEY)', 'DROP TABLE apps');
SELECT stormdisc_register_migration(1, 'apps', E'CREATE TABLE apps (id bigint  PRIMARY KEY, name text);\nINSERT INTO apps VALUES (1, ''a;b'');', 'DROP TABLE apps CASCADE');
SELECT stormdisc_unregister_migration(1);
SELECT stormdisc_accept_migration(1, 'the comment is new');
SELECT version, status, detail FROM stormdisc_migration_status();
SELECT stormdisc_register_migration(1, 'apps', E'-- a comment\nCREATE TABLE apps (id bigint PRIMARY KEY, name text);\nINSERT INTO apps VALUES (1, ''a;b'');', 'DROP TABLE apps');
SELECT version, status, detail FROM stormdisc_migration_status();
SELECT stormdisc_register_migration(1, 'apps', 'SELECT 1', 'DROP TABLE apps');
SELECT action, version, message, details->>'up_sql' AS up_sql FROM stormdisc.migration_log WHERE action = 'accepted' ORDER BY id;
-- diverged: by hand
BEGIN;
UPDATE stormdisc.migrations SET up_checksum = repeat('0', 64) WHERE version = 2;
SELECT version, status, detail FROM stormdisc_migration_status();
SAVEPOINT s;
SELECT * FROM stormdisc_migrate();
ROLLBACK TO s;
SELECT * FROM stormdisc_rollback();
ROLLBACK TO s;
SELECT stormdisc_accept_migration(2, 'it is all right');
SELECT version, status, detail FROM stormdisc_migration_status();
ROLLBACK;
-- missing, and out of order: likewise
BEGIN;
DELETE FROM stormdisc.migrations WHERE version = 1;
SELECT version, status, detail FROM stormdisc_migration_status();
SAVEPOINT s;
SELECT * FROM stormdisc_rollback(0);
ROLLBACK TO s;
SELECT version, action FROM stormdisc_rollback(1);
ROLLBACK;
BEGIN;
DELETE FROM stormdisc.schema_version WHERE component = 'schema' AND version = 1;
SELECT version, status, detail FROM stormdisc_migration_status();
SELECT * FROM stormdisc_migrate();
ROLLBACK;

-- back, one and all
SELECT version, description, action FROM stormdisc_rollback(dry_run => true);
SELECT version, description, action, statements, duration >= '0' AS took, length(fingerprint) FROM stormdisc_rollback();
SELECT stormdisc_current_version(), to_regclass('mig.features') AS features;
SELECT version, status FROM stormdisc_migration_status();
SELECT version, action FROM stormdisc_migrate();
SELECT version, action FROM stormdisc_rollback(0);
SELECT stormdisc_current_version();
SELECT version, status FROM stormdisc_migration_status();
SELECT * FROM stormdisc_rollback();
SELECT * FROM stormdisc_rollback(1);
SELECT version, action FROM stormdisc_migrate();
SELECT * FROM stormdisc_migrate(1);

-- versions that are missing, gaps, no way back: nothing is done
SELECT stormdisc_register_migration(3, 'no way back', 'CREATE TABLE three (i int)', '-- nothing');
SELECT stormdisc_register_migration(4, 'four', 'CREATE TABLE four (i int)', 'DROP TABLE four');
SELECT stormdisc_register_migration(6, 'six', 'CREATE TABLE six (i int)', 'DROP TABLE six');
SELECT * FROM stormdisc_migrate();
CALL stormdisc_migrate_all();
SELECT * FROM stormdisc_migrate(9);
SELECT version, action FROM stormdisc_migrate(4);
SELECT * FROM stormdisc_rollback(2);
SELECT stormdisc_current_version(), to_regclass('mig.four') AS four;
SELECT version, status, has_down FROM stormdisc_migration_status() WHERE version > 2;
SELECT stormdisc_unregister_migration(6);
SELECT stormdisc_unregister_migration(6);

-- what no script may hold, by name
\set VERBOSITY terse
SELECT stormdisc_register_migration(5, 'x', 'CREATE TABLE x (i int); COMMIT');
SELECT stormdisc_register_migration(5, 'x', 'BEGIN; CREATE TABLE x (i int)');
SELECT stormdisc_register_migration(5, 'x', 'SAVEPOINT s');
SELECT stormdisc_register_migration(5, 'x', 'SELECT 1', 'START TRANSACTION');
SELECT stormdisc_register_migration(5, 'x', 'COPY apps FROM STDIN');
SELECT stormdisc_register_migration(5, 'x', 'COPY apps TO STDOUT');
SELECT stormdisc_register_migration(5, 'x', '\i other.sql');
SELECT stormdisc_register_migration(5, 'x', 'CREATE INDEX CONCURRENTLY i ON apps (name)');
SELECT stormdisc_register_migration(5, 'x', 'SELECT 1; DROP INDEX CONCURRENTLY i');
SELECT stormdisc_register_migration(5, 'x', 'REINDEX TABLE CONCURRENTLY apps');
SELECT stormdisc_register_migration(5, 'x', 'REINDEX (CONCURRENTLY true) TABLE apps');
SELECT stormdisc_register_migration(5, 'x', 'REINDEX SCHEMA mig');
SELECT stormdisc_register_migration(5, 'x', 'ALTER TABLE p DETACH PARTITION q CONCURRENTLY');
SELECT stormdisc_register_migration(5, 'x', 'VACUUM apps');
SELECT stormdisc_register_migration(5, 'x', 'CREATE DATABASE x');
SELECT stormdisc_register_migration(5, 'x', 'DROP DATABASE x');
SELECT stormdisc_register_migration(5, 'x', 'ALTER DATABASE x SET TABLESPACE y');
SELECT stormdisc_register_migration(5, 'x', 'CREATE TABLESPACE x LOCATION ''/x''');
SELECT stormdisc_register_migration(5, 'x', 'DROP TABLESPACE x');
SELECT stormdisc_register_migration(5, 'x', 'ALTER SYSTEM SET work_mem = 1');
SELECT stormdisc_register_migration(5, 'x', 'DISCARD ALL');
SELECT stormdisc_register_migration(5, 'x', 'CREATE SUBSCRIPTION s CONNECTION ''x'' PUBLICATION p');
SELECT stormdisc_register_migration(5, 'x', 'DROP SUBSCRIPTION s');
SELECT stormdisc_register_migration(5, 'x', 'SELEC 1');
SELECT stormdisc_register_migration(5, 'x', 'CREATE INDEX CONCURRENTLY ON apps (name)', options => '{"transaction": false}');
-- and what may
SELECT stormdisc_register_migration(5, 'x', $$REINDEX (CONCURRENTLY false) TABLE apps; ANALYZE apps;
	CREATE SUBSCRIPTION s CONNECTION 'x' PUBLICATION p WITH (connect = false); ALTER DATABASE x SET work_mem = 1; DISCARD PLANS$$);
SELECT stormdisc_unregister_migration(5);

-- arguments
SELECT stormdisc_register_migration(0, 'x', 'SELECT 1');
SELECT stormdisc_register_migration(NULL, 'x', 'SELECT 1');
SELECT stormdisc_register_migration(5, NULL, 'SELECT 1');
SELECT stormdisc_register_migration(5, ' ', 'SELECT 1');
SELECT stormdisc_register_migration(5, 'x', NULL);
SELECT stormdisc_register_migration(5, 'x', '');
SELECT stormdisc_register_migration(5, 'x', '-- nothing');
SELECT stormdisc_register_migration(5, 'x', 'SELECT 1', NULL, NULL);
SELECT stormdisc_register_migration(5, 'x', 'SELECT 1', NULL, '[]');
SELECT stormdisc_register_migration(5, 'x', 'SELECT 1', NULL, '{"no_such": 1}');
SELECT stormdisc_register_migration(5, 'x', 'SELECT 1', NULL, '{"transaction": "no"}');
SELECT stormdisc_register_migration(5, 'x', 'SELECT 1', NULL, '{"lock_timeout": "soon"}');
SELECT stormdisc_register_migration(5, 'x', 'SELECT 1', NULL, '{"search_path": "a,"}');
SELECT stormdisc_accept_migration(1, '');
SELECT stormdisc_accept_migration(9, 'x');
SELECT * FROM stormdisc_migrate(-1);
SELECT * FROM stormdisc_migrate(NULL, NULL);
SELECT * FROM stormdisc_rollback(-1);
SELECT * FROM stormdisc_init_schema(NULL);
SELECT stormdisc_baseline(NULL);
SELECT stormdisc_baseline(0);
SELECT stormdisc_baseline(7);
SELECT * FROM stormdisc_test_migration(NULL);
SELECT * FROM stormdisc_test_migration(9);
SELECT stormdisc_repair_migration(1, 'applied');
SELECT stormdisc_repair_migration(1, 'well');
SELECT stormdisc_begin_migration(5, 'sideways');
BEGIN;
CALL stormdisc_migrate_all();
ROLLBACK;
BEGIN READ ONLY;
SELECT * FROM stormdisc_migrate();
ROLLBACK;
\set VERBOSITY default

-- scripts: the search path, and what they set, ends with them
CREATE SCHEMA mig_other;
SELECT stormdisc_register_migration(5, 'other', $$
	CREATE TABLE five (i int);
	SET search_path = pg_catalog;
	SELECT set_config('work_mem', '123kB', false);
	SET LOCAL TimeZone = 'Asia/Tokyo';
$$, 'DROP TABLE five', '{"search_path": "mig_other", "lock_timeout": "3s"}');
SELECT version, action, statements FROM stormdisc_migrate();
SELECT to_regclass('mig_other.five') AS five, current_setting('search_path') AS search_path,
	current_setting('work_mem') = '123kB' AS work_mem, current_setting('lock_timeout') AS lock_timeout;
-- a script that runs migrations
SELECT stormdisc_register_migration(6, 'six', 'SELECT * FROM stormdisc_migrate()', 'SELECT 1');
SELECT * FROM stormdisc_migrate();
-- functions, and semicolons that end nothing
SELECT stormdisc_register_migration(6, 'six', $x$
	CREATE FUNCTION six() RETURNS text LANGUAGE plpgsql AS $$ BEGIN RETURN 'a;b'; END; $$;
	CREATE FUNCTION seven() RETURNS int LANGUAGE sql BEGIN ATOMIC SELECT 1; SELECT 7; END; /* a; /* b; */ */
	SELECT E'\';' -- ;
$x$, 'DROP FUNCTION six, seven');
SELECT version, action, statements FROM stormdisc_migrate();
SELECT six(), seven();

-- constraints that wait for the end of the transaction do not wait longer than the script
SELECT stormdisc_register_migration(7, 'deferred', $$
	CREATE TABLE seven (id int PRIMARY KEY, other int REFERENCES seven DEFERRABLE INITIALLY DEFERRED);
	INSERT INTO seven VALUES (1, 2), (2, 1);
$$, 'DROP TABLE seven');
SELECT stormdisc_register_migration(8, 'alter it', 'ALTER TABLE seven ADD x int; INSERT INTO seven VALUES (3, 4), (4, 3)', 'DELETE FROM seven WHERE id > 2; ALTER TABLE seven DROP x');
SELECT version, action FROM stormdisc_migrate();
SELECT stormdisc_register_migration(9, 'broken', 'INSERT INTO seven VALUES (5, 6)', 'DELETE FROM seven WHERE id = 5');
SELECT version, action FROM stormdisc_migrate();
SELECT stormdisc_unregister_migration(9);

-- so are those of a table that a later script of the same transaction makes, and what a script tells them ends with it
SELECT stormdisc_register_migration(9, 'before', 'CREATE TABLE before_nine (i int)', 'DROP TABLE before_nine');
SELECT stormdisc_register_migration(10, 'nine', $$
	CREATE TABLE nine (id int PRIMARY KEY, other int REFERENCES nine DEFERRABLE INITIALLY DEFERRED,
		late int REFERENCES nine DEFERRABLE, now int REFERENCES nine);
	INSERT INTO nine (id, other) VALUES (1, 2);
	INSERT INTO nine (id, other) VALUES (2, 1);
	SET CONSTRAINTS ALL DEFERRED;
	INSERT INTO nine (id, late) VALUES (3, 4);
	INSERT INTO nine (id, late) VALUES (4, 3);
$$, 'DROP TABLE nine');
SELECT stormdisc_register_migration(11, 'ten', 'INSERT INTO nine (id, other) VALUES (5, 6); INSERT INTO nine (id, other) VALUES (6, 5)', 'DELETE FROM nine WHERE id IN (5, 6)');
BEGIN;
SELECT version, action FROM stormdisc_migrate();
SELECT count(*) FROM nine;
SELECT version, tables FROM stormdisc_migration_status() WHERE version > 8;
-- nobody knows what is done in schemas that are not looked at
SELECT version FROM stormdisc_rollback(10);
SET LOCAL stormdisc.schemas = 'no_such_schema';
SELECT version, fingerprint FROM stormdisc_migrate();
SELECT version, tables FROM stormdisc_migration_status() WHERE version > 8;
ROLLBACK;
SET client_min_messages = error;
SELECT reversible, problem FROM stormdisc_test_migration(11);
RESET client_min_messages;
SELECT stormdisc_register_migration(11, 'ten', 'INSERT INTO nine (id, late) VALUES (5, 6); INSERT INTO nine (id, late) VALUES (6, 5)', 'SELECT 1');
SELECT version, action FROM stormdisc_migrate();
SELECT stormdisc_unregister_migration(version) FROM generate_series(9, 11) version;

-- repeatable scripts
SELECT stormdisc_register_repeatable('views', 'CREATE OR REPLACE VIEW names AS SELECT name FROM mig.apps', '{"search_path": "mig"}');
SELECT stormdisc_register_repeatable('again', 'CREATE OR REPLACE VIEW other_names AS SELECT name FROM mig.apps');
SELECT stormdisc_register_repeatable('again', E'CREATE OR REPLACE VIEW other_names AS SELECT name FROM mig.apps\r\n');
SELECT * FROM stormdisc_pending_migrations();
SELECT version, description, action, statements FROM stormdisc_migrate();
SELECT version, description, action, statements FROM stormdisc_migrate();
SELECT stormdisc_register_repeatable('views', 'CREATE OR REPLACE VIEW mig.names AS SELECT name, id FROM mig.apps');
SELECT version, description, status, detail FROM stormdisc_migration_status() WHERE version IS NULL;
SELECT version, description, action FROM stormdisc_migrate(8);
SELECT stormdisc_register_repeatable('views', 'CREATE OR REPLACE VIEW mig.names AS SELECT name, id, 1 AS one FROM mig.apps');
CALL stormdisc_migrate_all();
SELECT * FROM names;
-- another search path: other objects
SELECT stormdisc_register_repeatable('again', 'CREATE OR REPLACE VIEW other_names AS SELECT name FROM mig.apps', '{"search_path": "mig_other"}');
SELECT stormdisc_register_repeatable('again', 'CREATE OR REPLACE VIEW other_names AS SELECT name FROM mig.apps', '{"search_path": "mig_other", "lock_timeout": "5s"}');
SELECT version, description, action FROM stormdisc_migrate();
SELECT version, description, action FROM stormdisc_migrate();
DROP VIEW mig_other.other_names;
SELECT stormdisc_unregister_repeatable('views'), stormdisc_unregister_repeatable('again');
DROP VIEW names, other_names;
\set VERBOSITY terse
SELECT stormdisc_unregister_repeatable('views');
SELECT stormdisc_register_repeatable(NULL, 'SELECT 1');
SELECT stormdisc_register_repeatable('', 'SELECT 1');
SELECT stormdisc_register_repeatable(repeat('x', 256), 'SELECT 1');
SELECT stormdisc_register_repeatable('x', '-- nothing');
SELECT stormdisc_register_repeatable('x', E'SELECT 1;\n-- stormdisc: commit\nSELECT 2');
SELECT stormdisc_register_repeatable('x', 'SELECT 1', '{"transaction": false}');
\set VERBOSITY default

-- commit points: each part by itself
SELECT stormdisc_register_migration(9, 'mood', $$
	CREATE TYPE mood AS ENUM ('sad');
	CREATE TABLE nine (m mood);
	-- stormdisc: commit
	ALTER TYPE mood ADD VALUE 'ok';
	--stormdisc:  commit  
	INSERT INTO nine VALUES ('ok');
$$, 'DROP TABLE nine; DROP TYPE mood');
SELECT statements, steps FROM stormdisc_pending_migrations();
-- no commit points: in a comment, in a string, in a name, of another program
SELECT stormdisc_register_migration(10, 'none', $$
	SELECT 1; /* /*
	-- stormdisc: commit
	*/
	-- stormdisc: commit
	*/ SELECT '
	-- stormdisc: commit
	'; SELECT 2 AS "
	-- stormdisc: commit
	";
	-- stormdisc: commits
	-- other: commit
	SELECT 3 $$);
SELECT statements, steps FROM stormdisc_pending_migrations() WHERE version = 10;
SELECT stormdisc_unregister_migration(10);
SELECT * FROM stormdisc_migrate();
CREATE TABLE in_the_way (i int);
ALTER TABLE in_the_way RENAME TO nine;
CALL stormdisc_migrate_all();
SELECT version, status, detail FROM stormdisc_migration_status() WHERE version = 9;
DROP TABLE nine;
-- fails in the second part: the first one stays, and is not done again
CREATE FUNCTION refuse() RETURNS event_trigger LANGUAGE plpgsql AS $$ BEGIN RAISE EXCEPTION 'not now'; END $$;
CREATE EVENT TRIGGER mig_refuse ON ddl_command_start WHEN TAG IN ('ALTER TYPE') EXECUTE FUNCTION refuse();
CALL stormdisc_migrate_all();
SELECT version, status, detail FROM stormdisc_migration_status() WHERE version = 9;
SELECT stormdisc_current_version();
SELECT stormdisc_register_migration(9, 'mood', 'SELECT 1');
-- nor can what its statements mean, but who waits too long may wait longer
SELECT stormdisc_register_migration(9, 'mood', up_sql, down_sql, '{"search_path": "mig_other"}') FROM stormdisc.migrations WHERE version = 9;
SELECT stormdisc_register_migration(9, 'mood', up_sql, down_sql, '{"lock_timeout": "5s"}') FROM stormdisc.migrations WHERE version = 9;
SELECT * FROM stormdisc_migrate();
SELECT * FROM stormdisc_rollback();
SELECT stormdisc_unregister_migration(9);
DROP EVENT TRIGGER mig_refuse;
DROP FUNCTION refuse;
CALL stormdisc_migrate_all();
SELECT version, status, detail FROM stormdisc_migration_status() WHERE version = 9;
SELECT * FROM nine;
SELECT version, tables FROM stormdisc_migration_status() WHERE version = 9;
SELECT action, version, message, details->>'step' AS step FROM stormdisc.migration_log WHERE version = 9 AND action <> 'registered' ORDER BY id;

-- statements that can run in no transaction: for a client
SELECT stormdisc_register_migration(10, 'concurrently', $$
	CREATE INDEX CONCURRENTLY apps_name ON apps (name);
	CREATE TABLE ten (i int);
	INSERT INTO ten VALUES (1);
$$, 'DROP TABLE ten; DROP INDEX CONCURRENTLY mig.apps_name', '{"transaction": false, "search_path": "mig"}');
SELECT * FROM stormdisc_migrate();
CALL stormdisc_migrate_all();
SELECT * FROM stormdisc_migration_steps(10);
SELECT * FROM stormdisc_migration_steps(10, 'down');
SELECT stormdisc_end_step(10, 1);
SELECT * FROM stormdisc_begin_migration(9);
SELECT * FROM stormdisc_begin_migration(10);
-- a pool of connections that frees all locks of a session: it takes its own again
SELECT pg_advisory_unlock_all();
SET client_min_messages = error;
SELECT * FROM stormdisc_begin_migration(10);
RESET client_min_messages;
SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND pid = pg_backend_pid();
SELECT version, status, detail FROM stormdisc_migration_status() WHERE version = 10;
SELECT stormdisc_end_step(10, 2);
SELECT * FROM stormdisc_resume_step(10, 1);
-- one that has failed is found and dropped
INSERT INTO apps VALUES (2, 'a'), (3, 'a');
CREATE UNIQUE INDEX CONCURRENTLY apps_name ON apps (name);
SELECT * FROM stormdisc_resume_step(10, 1);
SELECT statement FROM stormdisc_resume_step(10, 1) \gexec
SELECT indexdef FROM pg_indexes WHERE indexname = 'apps_name';
SELECT * FROM stormdisc_resume_step(10, 1);
SELECT stormdisc_end_step(10, 1);
SELECT * FROM stormdisc_begin_migration(10);
BEGIN;
SELECT statement FROM stormdisc_migration_steps(10) WHERE step = 2 ORDER BY number \gexec
SELECT stormdisc_end_step(10, 2);
-- the session is the only one until that is committed
SELECT count(DISTINCT objid) FROM pg_locks WHERE locktype = 'advisory' AND pid = pg_backend_pid();
ROLLBACK;
SELECT count(DISTINCT objid) FROM pg_locks WHERE locktype = 'advisory' AND pid = pg_backend_pid();
BEGIN;
SAVEPOINT s;
SELECT statement FROM stormdisc_migration_steps(10) WHERE step = 2 ORDER BY number \gexec
SELECT stormdisc_end_step(10, 2);
ROLLBACK TO s;
COMMIT;
SELECT count(DISTINCT objid) FROM pg_locks WHERE locktype = 'advisory' AND pid = pg_backend_pid();
BEGIN;
SELECT statement FROM stormdisc_migration_steps(10) WHERE step = 2 ORDER BY number \gexec
SAVEPOINT s;
SELECT stormdisc_end_step(10, 2);
RELEASE s;
COMMIT;
SELECT count(DISTINCT objid) FROM pg_locks WHERE locktype = 'advisory' AND pid = pg_backend_pid();
SELECT stormdisc_current_version();
SELECT version, tables FROM stormdisc_migration_status() WHERE version = 10;
SELECT * FROM stormdisc_rollback();
-- nor is it if it has not begun
BEGIN;
SELECT * FROM stormdisc_begin_migration(10, 'down');
ROLLBACK;
SELECT count(DISTINCT objid) FROM pg_locks WHERE locktype = 'advisory' AND pid = pg_backend_pid();
SELECT * FROM stormdisc_begin_migration(10, 'down');
SELECT * FROM stormdisc_migrate();
-- somebody has done it by hand
DROP TABLE ten;
DROP INDEX apps_name;
SELECT stormdisc_repair_migration(10, 'pending');
SELECT stormdisc_current_version();
SELECT version, status, detail FROM stormdisc_migration_status() WHERE version = 10;
SELECT details FROM stormdisc.migration_log WHERE version = 10 AND action = 'reverted';
SELECT stormdisc_unregister_migration(10);

-- drift
SELECT * FROM stormdisc_schema_drift();
ALTER TABLE apps ALTER name TYPE varchar(100);
ALTER TABLE apps ADD extra int;
CREATE INDEX extra ON apps (name);
DROP TABLE nine;
SELECT change, object_kind, identity, attribute, CASE WHEN change = 'modified' THEN expected END AS expected,
	CASE WHEN change = 'modified' THEN actual END AS actual FROM stormdisc_schema_drift();
SELECT version = stormdisc_current_version() AS last, stored -> 'tables' = live -> 'tables' AS same,
	(SELECT count(*) FROM stormdisc_diff(stored, live)) = (SELECT count(*) FROM stormdisc_schema_drift()) AS as_drift
FROM stormdisc_migrated_documents();
SELECT object_kind, identity, substring(repair, '^(DROP INDEX|ALTER TABLE|CREATE TABLE) mig\.\w+') AS repair FROM stormdisc_schema_drift();
-- repaired by what it says
SET client_min_messages = warning;
DO $$
DECLARE
	repairs text[] := (SELECT array_agg(statement ORDER BY seq) FROM stormdisc_drift_repair(true) WHERE NOT skipped);
	repair text;
BEGIN
	FOREACH repair IN ARRAY repairs LOOP
		EXECUTE repair;
	END LOOP;
END
$$;
RESET ALL;
SET search_path = mig, public;
SET stormdisc.schemas = 'mig';
SELECT change, object_kind, identity, attribute FROM stormdisc_schema_drift('{default,ordinal}');

-- proof: there, back, and there again
SET client_min_messages = error;
SELECT stormdisc_register_migration(10, 'good', 'ALTER TABLE apps ADD ten int DEFAULT 10; ALTER TABLE apps ALTER ten TYPE bigint; CREATE TABLE ten (i int)', 'DROP TABLE ten; ALTER TABLE apps DROP ten');
SELECT version, reversible, was_applied, problem, remaining, rows_lost, rows_changed, up_seconds > 0 AS up, down_seconds > 0 AS down
FROM stormdisc_test_migration(10);
SELECT s.* FROM stormdisc_test_migration(10), jsonb_to_recordset(statements) s(direction text, number int, line int, lock text, tables text[], rewrites text[], destructive bool, statement text);
SELECT stormdisc_current_version(), to_regclass('mig.ten') AS ten;
-- one that is applied
SELECT version, action FROM stormdisc_migrate();
SELECT version, reversible, was_applied, problem, remaining, rows_lost, rows_changed FROM stormdisc_test_migration(10);
SELECT stormdisc_current_version(), to_regclass('mig.ten') AS ten;
-- an older one: what came later is reverted before
SELECT version, reversible, problem FROM stormdisc_test_migration(8);
SELECT version, reversible, problem FROM stormdisc_test_migration(3);
-- a later one: what comes before is applied
SELECT stormdisc_register_migration(11, 'eleven', 'CREATE TABLE eleven (i int)', 'DROP TABLE eleven');
SELECT stormdisc_register_migration(12, 'forgets', 'ALTER TABLE eleven ADD x int NOT NULL DEFAULT 1', 'SELECT 1');
SELECT reversible, problem, jsonb_path_query_array(remaining, '$[*].identity') AS remaining FROM stormdisc_test_migration(12);
-- rows that do not come back
SELECT stormdisc_register_migration(11, 'loses', 'DELETE FROM apps WHERE id > 1; ALTER TABLE nine ADD x int; UPDATE seven SET x = 5', 'ALTER TABLE nine DROP x');
SELECT reversible, problem, remaining, rows_lost, rows_changed FROM stormdisc_test_migration(11);
SELECT count(*) AS apps FROM apps;
-- a column that comes back empty
SELECT stormdisc_register_migration(11, 'empties', 'ALTER TABLE apps DROP ten', 'ALTER TABLE apps ADD ten bigint DEFAULT 10');
UPDATE apps SET ten = id;
SELECT reversible, problem, remaining, rows_lost, rows_changed FROM stormdisc_test_migration(11);
-- no way back, a way back that fails, and a way there
SELECT stormdisc_register_migration(11, 'no down', 'CREATE TABLE eleven (i int)');
SELECT reversible, problem FROM stormdisc_test_migration(11);
SELECT stormdisc_register_migration(11, 'bad down', 'CREATE TABLE eleven (i int)', E'SELECT 1;\nDROP TABLE twelve');
SELECT reversible, problem FROM stormdisc_test_migration(11);
SELECT stormdisc_register_migration(11, 'bad up', 'CREATE TABLE apps (i int)', 'SELECT 1');
SELECT reversible, problem FROM stormdisc_test_migration(11);
SELECT stormdisc_register_migration(11, 'outside', 'VACUUM apps', 'SELECT 1', '{"transaction": false}');
SELECT reversible, problem FROM stormdisc_test_migration(11);
RESET client_min_messages;
SELECT stormdisc_register_migration(11, 'eleven', 'CREATE TABLE eleven (i int)', 'DROP TABLE eleven');
SELECT reversible, problem FROM stormdisc_test_migration(11);

-- the difference of two documents as a migration, there and back
CREATE TEMP TABLE documents AS SELECT stormdisc_schema(schemas => '{mig}', exclude => '{stormdisc.*}') AS before;
BEGIN;
CREATE TABLE twelve (id int PRIMARY KEY, b text DEFAULT 'b;');
ALTER TABLE apps ADD twelve int REFERENCES twelve;
CREATE TEMP TABLE later AS SELECT stormdisc_schema(schemas => '{mig}', exclude => '{stormdisc.*}') AS after;
SELECT after AS later FROM later \gset
ROLLBACK;
SET client_min_messages = error;
SELECT stormdisc_unregister_migration(12);
SELECT stormdisc_register_migration(12, 'from documents', stormdisc_migration_text(before, :'later'), stormdisc_migration_text(:'later', before, true)) FROM documents;
SELECT reversible, problem, remaining FROM stormdisc_test_migration(12, '{default,ordinal}');
RESET client_min_messages;

-- nothing of the extension's tables is anybody's
CREATE ROLE regress_disc_migrator;
SET ROLE regress_disc_migrator;
SELECT stormdisc_current_version(), (SELECT count(*) FROM stormdisc_migration_status()) AS versions, (SELECT count(*) > 0 FROM stormdisc.schema_version) AS history;
SELECT * FROM stormdisc.migrations;
SELECT * FROM stormdisc_migrate();
RESET ROLE;
-- EXECUTE is what a role needs, and its own rights for what the scripts do
GRANT EXECUTE ON FUNCTION stormdisc_migrate, stormdisc_register_migration, stormdisc_rollback TO regress_disc_migrator;
SET ROLE regress_disc_migrator;
SELECT * FROM stormdisc_migrate(11);
RESET ROLE;
GRANT CREATE, USAGE ON SCHEMA mig TO regress_disc_migrator;
SET ROLE regress_disc_migrator;
SELECT version, action FROM stormdisc_migrate(11);
RESET ROLE;
SELECT pg_get_userbyid(relowner) AS owner FROM pg_class WHERE oid = 'mig.eleven'::regclass;
SELECT applied_by FROM stormdisc.schema_version WHERE component = 'schema' AND version = 11;
SELECT role_name, action FROM stormdisc.migration_log WHERE version = 11 ORDER BY id DESC LIMIT 1;

-- a script that takes another role, or owner's rights that it does not have
SELECT stormdisc_register_migration(12, 'as another', 'SET ROLE regress_disc_migrator; CREATE TABLE twelve (i int)', 'DROP TABLE twelve');
SELECT version, action FROM stormdisc_migrate();
SELECT pg_get_userbyid(relowner) AS owner FROM pg_class WHERE oid = 'mig.twelve'::regclass;
SELECT current_user = session_user AS same;

-- one that takes none: it is the caller again afterwards
SELECT stormdisc_register_migration(13, 'as nobody', 'RESET ROLE; CREATE TABLE mig.thirteen (i int); SET SESSION AUTHORIZATION DEFAULT', 'RESET ROLE; DROP TABLE mig.thirteen');
SET ROLE regress_disc_migrator;
SELECT version, action FROM stormdisc_migrate();
SELECT current_user, current_setting('role') AS role;
SELECT applied_by FROM stormdisc.schema_version WHERE component = 'schema' AND version = 13;
SELECT version, action FROM stormdisc_rollback();
SELECT current_user, current_setting('role') AS role;
RESET ROLE;
SELECT stormdisc_unregister_migration(13);

-- a constraint that waits, in a schema that the caller may not use
CREATE SCHEMA mig_hidden CREATE TABLE late (i int PRIMARY KEY DEFERRABLE INITIALLY DEFERRED);
SELECT stormdisc_register_migration(13, 'no right to the other schema', 'CREATE TABLE mig.thirteen (i int)', 'DROP TABLE mig.thirteen');
SET ROLE regress_disc_migrator;
SELECT version, action FROM stormdisc_migrate();
SELECT version, action FROM stormdisc_rollback();
RESET ROLE;
DROP SCHEMA mig_hidden CASCADE;

-- a script that drops the extension, also to make it again, or runs migrations
SET client_min_messages = error;
SELECT stormdisc_register_migration(13, 'drops all', 'DROP EXTENSION stormdisc CASCADE');
SELECT version, action FROM stormdisc_migrate();
CALL stormdisc_migrate_all();
SELECT problem FROM stormdisc_test_migration(13);
RESET client_min_messages;
SELECT stormdisc_register_migration(13, 'drops all', 'SET client_min_messages = error; DROP EXTENSION stormdisc CASCADE; CREATE EXTENSION stormdisc');
SELECT version, action FROM stormdisc_migrate();
DELETE FROM stormdisc.schema_version WHERE component = 'schema';
DELETE FROM stormdisc.migrations;
SELECT stormdisc_register_migration(1, 'baseline', 'SELECT stormdisc_baseline(7)');
SELECT version, action FROM stormdisc_migrate();

-- settings with which a script is no SQL: not everybody may see its text
SELECT stormdisc_register_migration(1, 'quoted', $$SELECT 'word\', 'secret'$$);
SET ROLE regress_disc_migrator;
SET standard_conforming_strings = off;
SELECT * FROM stormdisc_pending_migrations();
RESET standard_conforming_strings;
SELECT * FROM stormdisc_pending_migrations();
RESET ROLE;

-- from nothing: the base, then all versions; again, only what is missing
DELETE FROM stormdisc.schema_version WHERE component = 'schema';
DELETE FROM stormdisc.migrations;
DELETE FROM stormdisc.migrated_schema;
SET client_min_messages = warning;
DROP SCHEMA mig, mig_other CASCADE;
RESET client_min_messages;
CREATE SCHEMA mig;
SELECT stormdisc_register_migration(1, 'one', 'CREATE TABLE one (i int)', 'DROP TABLE one');
SELECT stormdisc_register_migration(2, 'two', 'CREATE TABLE two (i int)', 'DROP TABLE two');
SELECT version, description, action FROM stormdisc_init_schema(1, 'CREATE TABLE base (i int)');
SELECT version, description, action FROM stormdisc_init_schema(2, E'CREATE TABLE base (i int)\r\n');
SELECT version, description, action FROM stormdisc_init_schema(2, 'CREATE TABLE base (i bigint)');
SELECT version, description, action FROM stormdisc_init_schema(3, 'CREATE TABLE base (i int)');
SELECT version, description, status FROM stormdisc_migration_status();
SELECT version, action FROM stormdisc_rollback(0);
SELECT to_regclass('mig.base') AS base;

-- what was there before: a baseline
DELETE FROM stormdisc.schema_version WHERE component = 'schema';
SELECT stormdisc_baseline(1, 'as it was');
SELECT stormdisc_baseline(1);
SELECT stormdisc_current_version();
SELECT version, action FROM stormdisc_migrate();
SELECT version, description, status FROM stormdisc_migration_status();
SELECT * FROM stormdisc_rollback(0);
SELECT version, action FROM stormdisc_rollback(1);
SELECT * FROM stormdisc_init_schema(2, 'CREATE TABLE base (i int)');
SELECT * FROM stormdisc_schema_drift();

-- as it was
SET client_min_messages = warning;
DROP SCHEMA mig CASCADE;
RESET client_min_messages;
DELETE FROM stormdisc.schema_version WHERE component = 'schema';
DELETE FROM stormdisc.migrations;
DELETE FROM stormdisc.migrated_schema;
DELETE FROM stormdisc.migration_log;
DELETE FROM stormdisc.repeatable_scripts;
DROP OWNED BY regress_disc_migrator;
DROP ROLE regress_disc_migrator;
