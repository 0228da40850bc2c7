-- One tree of :partitions partitions (a multiple of 100): ranges on the first
-- level, each split by list (a default partition among them) or by hash.

SELECT set_config('bench.partitions', :'partitions', false) \g /dev/null

CREATE SCHEMA bench;
CREATE TABLE bench.event (
	id bigint,
	region text,
	at timestamptz DEFAULT now(),
	payload jsonb,
	PRIMARY KEY (id, region)
) PARTITION BY RANGE (id);

DO $$
DECLARE
	total int := current_setting('bench.partitions')::int;
	mid text;
BEGIN
	FOR i IN 0 .. total / 100 - 1 LOOP
		mid := format('bench.event_%s', i);
		EXECUTE format('CREATE TABLE %s PARTITION OF bench.event FOR VALUES FROM (%s) TO (%s) PARTITION BY %s (region)',
			mid, i * 1000, (i + 1) * 1000, CASE WHEN i % 2 = 0 THEN 'LIST' ELSE 'HASH' END);
		FOR j IN 0 .. 98 LOOP
			EXECUTE format('CREATE TABLE %s_%s PARTITION OF %s %s', mid, j, mid,
				CASE
					WHEN i % 2 = 1 THEN format('FOR VALUES WITH (MODULUS 99, REMAINDER %s)', j)
					WHEN j = 98 THEN 'DEFAULT'
					WHEN j = 97 THEN 'FOR VALUES IN (NULL)'
					ELSE format('FOR VALUES IN (''r%s'', ''it''''s %s, or not'')', j, j)
				END);
		END LOOP;
		COMMIT;
	END LOOP;
END
$$;
