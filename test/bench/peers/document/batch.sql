INSERT INTO document.port_messages (port_name, source_component, target_component, message_data) SELECT 'bench', 's', 't', :data::jsonb FROM generate_series(1, 100);
