INSERT INTO lean.queue (data) SELECT :data::jsonb FROM generate_series(1, 10);
WITH claimed AS (
	UPDATE lean.queue SET attempt = attempt + 1, lease_until = clock_timestamp() + interval '30 s'
	WHERE id = ANY (ARRAY(
		SELECT id FROM lean.queue WHERE lease_until <= now() ORDER BY id LIMIT 10 FOR UPDATE SKIP LOCKED))
	RETURNING id, data)
SELECT coalesce(array_agg(id), '{}') AS ids, coalesce(array_agg(data), '{}') AS data FROM claimed \gset got_
DELETE FROM lean.queue WHERE id = ANY (:got_ids::bigint[]);
