SELECT pgq.drop_queue('bench', true);
SELECT pgq.create_queue('bench');
SELECT pgq.register_consumer('bench', 'consumer');
UPDATE pgq.queue SET queue_rotation_period = '10 s', queue_ticker_max_lag = '100 ms';
