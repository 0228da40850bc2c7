SELECT count(*) FROM stormdisc_send_batch('bench', 's', 't', array_fill(:data::jsonb, ARRAY[10]));
SELECT coalesce(array_agg(id), '{}') AS ids, coalesce(array_agg(attempt), '{}') AS attempts, coalesce(array_agg(message_data), '{}') AS data FROM stormdisc_receive('bench', 10) \gset got_
SELECT count(*) FROM stormdisc_complete('bench', :got_ids::bigint[], :got_attempts::int[]);
