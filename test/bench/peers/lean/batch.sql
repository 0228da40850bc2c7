INSERT INTO lean.queue (data) SELECT :data::jsonb FROM generate_series(1, 100);
