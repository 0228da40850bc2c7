INSERT INTO document.port_messages (port_name, source_component, target_component, message_data) VALUES ('bench', 's', 't', :data::jsonb);
