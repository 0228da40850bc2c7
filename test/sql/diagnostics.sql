--
-- stormdisc_table_stats, stormdisc_index_usage, stormdisc_active_connections,
-- stormdisc_idle_transactions, stormdisc_slow_queries
--
SET client_min_messages = warning;
CREATE ROLE regress_disc_plain;
CREATE SCHEMA disc_diag;
SET search_path = disc_diag, public;

CREATE TABLE t (a int PRIMARY KEY, b int) WITH (autovacuum_enabled = off);
CREATE INDEX t_b ON t (b);
CREATE TABLE p (a int) PARTITION BY LIST (a);
CREATE TABLE p_1 PARTITION OF p FOR VALUES IN (1);
CREATE MATERIALIZED VIEW m AS SELECT 1 AS a;
CREATE VIEW v AS SELECT 1 AS a;
CREATE TABLE never (a int);
INSERT INTO t SELECT i, i % 10 FROM generate_series(1, 1000) i;
DELETE FROM t WHERE a <= 100;
UPDATE t SET b = 11 WHERE a <= 150;
SET enable_seqscan = off;
SET enable_bitmapscan = off;
SELECT count(*) FROM t WHERE a = 500;
SELECT sum(a) FROM t WHERE b = 11;
RESET enable_seqscan;
RESET enable_bitmapscan;
SELECT pg_stat_force_next_flush();
VACUUM ANALYZE t;
ANALYZE p;
SELECT pg_stat_force_next_flush();
SELECT schema_name, table_name, table_type, estimated_rows, estimated_bytes BETWEEN 1 AND 1000000 AS bytes, live_rows AS live,
	changed_since_analyze AS changed, inserted_rows AS ins, updated_rows AS upd, deleted_rows AS del,
	last_vacuum IS NOT NULL AS vacuumed, last_analyze IS NOT NULL AS analyzed, problem
FROM stormdisc_table_stats(schemas => '{disc_diag}');
SELECT index_name, is_unique, is_valid, constraint_name, estimated_bytes > 0 AS bytes, scans > 0 AS scans, problem
FROM stormdisc_index_usage(schemas => '{disc_diag}');

-- they say what the server's own views say
SELECT count(*) FROM stormdisc_table_stats(schemas => '{disc_diag}') t
FULL JOIN (SELECT * FROM pg_stat_all_tables WHERE schemaname = 'disc_diag') s ON (schema_name, table_name) = (schemaname, relname)
WHERE (sequential_scans, sequential_rows, coalesce(idx_scan, 0), coalesce(idx_tup_fetch, 0), inserted_rows, updated_rows, deleted_rows, hot_updated_rows, live_rows, dead_rows, changed_since_analyze)
	IS DISTINCT FROM
	(seq_scan, seq_tup_read, index_scans, index_rows, n_tup_ins, n_tup_upd, n_tup_del, n_tup_hot_upd, n_live_tup, n_dead_tup, n_mod_since_analyze)
	OR t.last_vacuum IS DISTINCT FROM greatest(s.last_vacuum, s.last_autovacuum)
	OR t.last_analyze IS DISTINCT FROM greatest(s.last_analyze, s.last_autoanalyze);
SELECT count(*) FROM stormdisc_index_usage(schemas => '{disc_diag}') t
FULL JOIN (SELECT * FROM pg_stat_all_indexes WHERE schemaname = 'disc_diag') s ON (schema_name, index_name) = (schemaname, indexrelname)
WHERE (scans, rows_read, rows_fetched) IS DISTINCT FROM (idx_scan, idx_tup_read, idx_tup_fetch);
SELECT table_name FROM stormdisc_table_stats('t');
SELECT index_name FROM stormdisc_index_usage(include => '{disc_diag.t}');
SELECT * FROM stormdisc_table_stats('v');
SELECT * FROM stormdisc_index_usage('t_b');

-- no lock is taken, nor waited for (see the isolation tests)
BEGIN;
SELECT count(*) FROM stormdisc_table_stats(schemas => '{disc_diag}');
SELECT count(*) FROM stormdisc_index_usage(schemas => '{disc_diag}');
SELECT count(*) FROM pg_locks WHERE pid = pg_backend_pid() AND relation >= 16384;
COMMIT;

-- connections: one's own is there
SELECT pid = pg_backend_pid() AS own, database_name = current_database() AS here, user_name = session_user AS me,
	application_name, state, connected_at <= transaction_started_at AS times, blocked_by, query, problem
FROM stormdisc_active_connections() WHERE pid = pg_backend_pid();
-- it is neither slow nor idle
SELECT count(*) FROM stormdisc_slow_queries('0') WHERE pid = pg_backend_pid();
SELECT count(*) FROM stormdisc_idle_transactions('0') WHERE pid = pg_backend_pid();

-- who may not see others' queries is told so, in the same rows as the server's
SET ROLE regress_disc_plain;
SELECT count(*) FROM stormdisc_active_connections()
WHERE pid = pg_backend_pid() AND problem = 'denied' AND num_nonnulls(state, query, wait_event, query_started_at, blocked_by) = 0;
SELECT count(*) FROM stormdisc_slow_queries('0');
RESET ROLE;
GRANT pg_monitor TO regress_disc_plain;
SET ROLE regress_disc_plain;
SELECT count(*) FROM stormdisc_active_connections() WHERE pid = pg_backend_pid() AND problem IS NULL AND state = 'active';
RESET ROLE;

DROP SCHEMA disc_diag CASCADE;
DROP ROLE regress_disc_plain;
