INSERT INTO lean.queue (data) VALUES (:data::jsonb);
