SELECT count(pgq.insert_event('bench', 'type', :data)) FROM generate_series(1, 100);
