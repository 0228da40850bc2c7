INSERT INTO lean_hot.queue (data) SELECT :'data'::jsonb FROM generate_series(1, :n);
VACUUM ANALYZE lean_hot.queue;
