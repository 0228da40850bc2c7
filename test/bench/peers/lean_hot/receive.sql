WITH claimed AS (
	UPDATE lean_hot.queue SET attempt = attempt + 1, lease_until = clock_timestamp() + interval '30 s'
	WHERE id = ANY (ARRAY(
		SELECT id FROM lean_hot.queue WHERE lease_until <= now() ORDER BY id LIMIT 50 FOR UPDATE SKIP LOCKED))
	RETURNING id, data)
SELECT coalesce(array_agg(id), '{}') AS ids, coalesce(array_agg(data), '{}') AS data FROM claimed \gset got_
DELETE FROM lean_hot.queue WHERE id = ANY (:got_ids::bigint[]);
