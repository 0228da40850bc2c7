-- every table of run state, but not the ports
SELECT format('TRUNCATE %s', string_agg(c.oid::regclass::text, ', '))
FROM pg_class c WHERE c.relnamespace = 'stormdisc'::regnamespace AND c.relkind IN ('r', 'p') AND NOT c.relispartition
	AND c.relname ~ '^(message|checkpoint|component_metrics|metric)' \gexec
