INSERT INTO pgmq.q_bench (vt, message) SELECT clock_timestamp(), :'data'::jsonb FROM generate_series(1, :n);
VACUUM ANALYZE pgmq.q_bench;
