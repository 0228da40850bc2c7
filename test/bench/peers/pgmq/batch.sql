INSERT INTO pgmq.q_bench (vt, message, headers) SELECT clock_timestamp(), m, NULL FROM unnest(array_fill(:data::jsonb, ARRAY[100])) m RETURNING msg_id;
