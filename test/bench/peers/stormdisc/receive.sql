SELECT coalesce(array_agg(id), '{}') AS ids, coalesce(array_agg(attempt), '{}') AS attempts, coalesce(array_agg(message_data), '{}') AS data FROM stormdisc_receive('bench', 50) \gset got_
SELECT count(*) FROM stormdisc_complete('bench', :got_ids::bigint[], :got_attempts::int[]);
