INSERT INTO pgmq.q_bench (vt, message, headers) VALUES (clock_timestamp(), :data::jsonb, NULL) RETURNING msg_id;
