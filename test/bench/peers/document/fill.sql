INSERT INTO document.port_messages (port_name, source_component, target_component, message_data, created_at)
SELECT 'bench', 's', 't', :'data'::jsonb, clock_timestamp() FROM generate_series(1, :n);
VACUUM ANALYZE document.port_messages;
