-- pg_temp.median_call(): run a query that many times with one relation as $1, and
-- give the median of a run in microseconds.  The calls go round ten tables, so a
-- catalog of 10,000 tables and one of ten do the same work.

CREATE FUNCTION pg_temp.median_call(call text, calls int) RETURNS numeric
LANGUAGE plpgsql AS $$
DECLARE
	tables regclass[] := ARRAY(
		SELECT oid FROM pg_class WHERE relname ~ '^item_([1-9]|10)$' ORDER BY oid);
	times float8[] := '{}';
	started timestamptz;
	counts record;
	median numeric;
BEGIN
	-- the first ten are the warm-up
	FOR i IN 0 .. calls + 9 LOOP
		started := clock_timestamp();
		EXECUTE call INTO counts USING tables[i % 10 + 1];
		IF i >= 10 THEN
			times := times || extract(epoch FROM clock_timestamp() - started)::float8;
		END IF;
	END LOOP;
	SELECT (percentile_cont(0.5) WITHIN GROUP (ORDER BY t) * 1e6)::numeric(12,1) INTO median FROM unnest(times) t;
	RETURN median;
END
$$;
