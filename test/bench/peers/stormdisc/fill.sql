SELECT count(*) FROM generate_series(1, :n / 1000) g,
	LATERAL stormdisc_send_batch('bench', 's', 't', array_fill(:'data'::jsonb, ARRAY[1000 + g * 0]));
SELECT format('VACUUM ANALYZE %s', oid::regclass) FROM pg_class
WHERE relnamespace = 'stormdisc'::regnamespace AND relkind = 'r' AND relname ~ '^message' \gexec
