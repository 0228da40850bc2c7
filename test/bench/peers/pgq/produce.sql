SELECT pgq.insert_event('bench', 'type', :data);
