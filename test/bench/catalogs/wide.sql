-- One table of 1,600 columns.

CREATE SCHEMA bench;

DO $$
DECLARE
	columns text;
BEGIN
	SELECT string_agg(format('c%s %s', i,
		CASE i % 8
			WHEN 0 THEN format('int DEFAULT %s', i)
			WHEN 1 THEN 'text'
			WHEN 2 THEN format('varchar(%s) DEFAULT ''v%s''', i, i)
			WHEN 3 THEN format('numeric(10,%s) NOT NULL', i % 7)
			WHEN 4 THEN 'bool'
			WHEN 5 THEN format('timestamptz(%s) DEFAULT now()', i % 6)
			WHEN 6 THEN 'int[]'
			ELSE 'float8' END), ', ' ORDER BY i)
	INTO columns
	FROM generate_series(1, 1600) i;

	EXECUTE format('CREATE TABLE bench.wide (%s)', columns);
END
$$;
