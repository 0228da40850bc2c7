INSERT INTO pgmq.q_bench (vt, message, headers) SELECT clock_timestamp(), m, NULL FROM unnest(array_fill(:data::jsonb, ARRAY[10])) m RETURNING msg_id;
WITH cte AS (
	SELECT msg_id FROM pgmq.q_bench WHERE vt <= clock_timestamp() ORDER BY msg_id ASC LIMIT 10 FOR UPDATE SKIP LOCKED),
claimed AS (
	UPDATE pgmq.q_bench m SET vt = clock_timestamp() + interval '30 s', read_ct = read_ct + 1
	FROM cte WHERE m.msg_id = cte.msg_id
	RETURNING m.msg_id, m.read_ct, m.enqueued_at, m.vt, m.message, m.headers)
SELECT coalesce(array_agg(msg_id), '{}') AS ids, coalesce(array_agg(message), '{}') AS data FROM claimed \gset got_
DELETE FROM pgmq.q_bench WHERE msg_id = ANY (:got_ids::bigint[]) RETURNING msg_id;
