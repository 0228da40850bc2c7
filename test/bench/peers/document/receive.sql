WITH claimed AS (
	UPDATE document.port_messages SET status = 'processing', processed_at = clock_timestamp()
	WHERE id = ANY (ARRAY(
		SELECT id FROM document.port_messages WHERE port_name = 'bench' AND status = 'pending'
		ORDER BY created_at LIMIT 50 FOR UPDATE SKIP LOCKED))
	RETURNING id, message_data)
SELECT coalesce(array_agg(id), '{}') AS ids, coalesce(array_agg(message_data), '{}') AS data FROM claimed \gset got_
UPDATE document.port_messages SET status = 'completed', completed_at = clock_timestamp() WHERE id = ANY (:got_ids::uuid[]);
