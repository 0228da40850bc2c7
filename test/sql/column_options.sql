-- Options of columns, and statistics targets of index keys.
CREATE SCHEMA column_options;
CREATE TABLE column_options.t (
	a int,
	gone int,
	b text,
	"odd ""name" int
);
ALTER TABLE column_options.t DROP gone;
ALTER TABLE column_options.t ALTER a SET (n_distinct = 5, n_distinct_inherited = -0.5);
ALTER TABLE column_options.t ALTER "odd ""name" SET (n_distinct = -1);
CREATE INDEX t_expr ON column_options.t (a, lower(b), (a + 1));
ALTER INDEX column_options.t_expr ALTER 2 SET STATISTICS 77;
ALTER INDEX column_options.t_expr ALTER 3 SET STATISTICS 0;
CREATE MATERIALIZED VIEW column_options.m AS SELECT a, b FROM column_options.t;
ALTER MATERIALIZED VIEW column_options.m ALTER a SET (n_distinct = 3);
CREATE INDEX m_expr ON column_options.m (upper(b));
ALTER INDEX column_options.m_expr ALTER 1 SET STATISTICS 10;

SELECT * FROM stormdisc_column_options(schemas => '{column_options}');
SELECT table_name, column_name FROM stormdisc_column_options('column_options.m');

-- a reset option is no option, and no row
ALTER TABLE column_options.t ALTER "odd ""name" RESET (n_distinct);
SELECT column_name, options FROM stormdisc_column_options('column_options.t')
WHERE column_name IS NOT NULL;

-- a view has none
CREATE VIEW column_options.v AS SELECT 1 AS a;
SELECT * FROM stormdisc_column_options('column_options.v');

DROP SCHEMA column_options CASCADE;
