INSERT INTO document.port_messages (port_name, source_component, target_component, message_data) SELECT 'bench', 's', 't', :data::jsonb FROM generate_series(1, 10);
WITH claimed AS (
	UPDATE document.port_messages SET status = 'processing', processed_at = clock_timestamp()
	WHERE id = ANY (ARRAY(
		SELECT id FROM document.port_messages WHERE port_name = 'bench' AND status = 'pending'
		ORDER BY created_at LIMIT 10 FOR UPDATE SKIP LOCKED))
	RETURNING id, message_data)
SELECT coalesce(array_agg(id), '{}') AS ids, coalesce(array_agg(message_data), '{}') AS data FROM claimed \gset got_
UPDATE document.port_messages SET status = 'completed', completed_at = clock_timestamp() WHERE id = ANY (:got_ids::uuid[]);
