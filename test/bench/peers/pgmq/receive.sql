WITH cte AS (
	SELECT msg_id FROM pgmq.q_bench WHERE vt <= clock_timestamp() ORDER BY msg_id ASC LIMIT 50 FOR UPDATE SKIP LOCKED),
claimed AS (
	UPDATE pgmq.q_bench m SET vt = clock_timestamp() + interval '30 s', read_ct = read_ct + 1
	FROM cte WHERE m.msg_id = cte.msg_id
	RETURNING m.msg_id, m.read_ct, m.enqueued_at, m.vt, m.message, m.headers)
SELECT coalesce(array_agg(msg_id), '{}') AS ids, coalesce(array_agg(message), '{}') AS data FROM claimed \gset got_
DELETE FROM pgmq.q_bench WHERE msg_id = ANY (:got_ids::bigint[]) RETURNING msg_id;
