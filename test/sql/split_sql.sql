--
-- stormdisc_split_sql
--
\getenv srcdir PG_ABS_SRCDIR
\set file :srcdir '/migrate/split_corpus.sql'
\set ECHO none
\i :file
\set ECHO all
SELECT count(*) >= 60 AS enough FROM split_texts;

-- the statements of each text; long ones by their length
SELECT name, number, line, command,
	CASE WHEN length(statement) < 1000 THEN replace(statement, E'\r', '\r') ELSE left(statement, 20) || '...' END AS statement
FROM split_texts, stormdisc_split_sql(sql)
WHERE number <= 10
ORDER BY name COLLATE "C", number;

SELECT name, statements, n
FROM split_texts, LATERAL (SELECT count(*) AS n FROM stormdisc_split_sql(sql)) c
WHERE n <> statements;

-- a statement is one statement, and has neither comments nor blanks around it
SELECT count(*) AS statements, count(*) FILTER (WHERE again = ARRAY[statement]) AS the_same
FROM split_texts, LATERAL stormdisc_split_sql(sql) s,
	LATERAL (SELECT array_agg(a.statement ORDER BY a.number) AS again FROM stormdisc_split_sql(s.statement) a) a;
SELECT name, statement FROM split_texts, stormdisc_split_sql(sql)
WHERE statement ~ '^\s|\s$|^--|^/\*|\*/$|;$';

-- texts that are put together have the statements of both, and the lines go on
CREATE TEMP TABLE split_found AS
SELECT name, sql, (SELECT count(*) FROM regexp_matches(sql, E'\r\n|\r|\n', 'g')) AS lines,
	ARRAY(SELECT statement FROM stormdisc_split_sql(sql) ORDER BY number) AS found,
	ARRAY(SELECT line FROM stormdisc_split_sql(sql) ORDER BY number) AS at
FROM split_texts WHERE length(sql) < 1000;
SELECT count(*) >= 60 * 60 AS enough,
	bool_and(together = a.found || b.found) AS same_statements,
	bool_and(at_together = a.at || ARRAY(SELECT x + a.lines + 2 FROM unnest(b.at) x)) AS same_lines
FROM split_found a, split_found b,
	LATERAL (SELECT coalesce(array_agg(statement ORDER BY number), '{}') AS together, coalesce(array_agg(line::bigint ORDER BY number), '{}') AS at_together
		FROM stormdisc_split_sql(a.sql || E' \n;\n' || b.sql)) c;
-- and so have all of them
SELECT count(*) > 600 AS enough, array_agg(s.statement ORDER BY s.number) = (
		SELECT array_agg(x.statement ORDER BY t.name, x.number) FROM split_texts t, stormdisc_split_sql(t.sql) x) AS same_statements
FROM stormdisc_split_sql((SELECT string_agg(sql, E' \n;' ORDER BY name) FROM split_texts)) s;

-- what only psql understands
SELECT * FROM stormdisc_split_sql(E'SELECT 1;\n\\d t');
SELECT * FROM stormdisc_split_sql(E'\\connect "it''s" -');
SELECT * FROM stormdisc_split_sql(E'SELECT 1 AS a \\gset\nSELECT 2');
SELECT * FROM stormdisc_split_sql(E'/* \\a */ SELECT ''\\b'', "\\c", $$\\d$$; -- \\e\n\\i ''file.sql''');
SELECT * FROM stormdisc_split_sql(E'SELECT 1 \\; SELECT 2');
SELECT * FROM stormdisc_split_sql(E'\\!rm it''s');
SELECT * FROM stormdisc_split_sql(E'\\echo it''s');
SELECT * FROM stormdisc_split_sql(E'\\if true\nSELECT 1;\n\\endif');
SELECT * FROM stormdisc_split_sql(E'\\copy t from ''file''');
SELECT * FROM stormdisc_split_sql(E'SELECT 1\\');
SELECT * FROM stormdisc_split_sql(E'\\' || repeat('x', 200));
SELECT * FROM stormdisc_split_sql(E'SELECT 1;\nCOPY t (a, b) FROM STDIN;\n1\tit''s\n2\t"\n\\.\n\nSELECT 2;');
SELECT * FROM stormdisc_split_sql(E'copy t from/**/stdin with (format csv);\r\n1,$$\r\n\\.\r\n');
SELECT * FROM stormdisc_split_sql(E'COPY t FROM STDIN;\n\\.');
SELECT * FROM stormdisc_split_sql(E'COPY t FROM STDIN;\n\\N\t1\n');
SELECT * FROM stormdisc_split_sql(E'SELECT :''a''');

-- what nobody understands, with its line
SELECT * FROM stormdisc_split_sql(E'SELECT 1;\n\n  CREAT TABLE x (a int);\nSELECT 2;');
SELECT * FROM stormdisc_split_sql(E'SELECT 1;\r\n\r\n\tSELECT FROM WHERE;\r\n');
SELECT * FROM stormdisc_split_sql(E'SELECT 1;\nSELECT ''abc;\n');
SELECT * FROM stormdisc_split_sql(E'SELECT "abc;\n');
SELECT * FROM stormdisc_split_sql(E'SELECT ""');
SELECT * FROM stormdisc_split_sql(E'SELECT 1;\nSELECT $a$ ; $A$');
SELECT * FROM stormdisc_split_sql(E'SELECT 1;\n/* /* */ SELECT 2;');
SELECT * FROM stormdisc_split_sql(E'SELECT 1;\nCREATE FUNCTION f() RETURNS int BEGIN ATOMIC SELECT 1; ');
SELECT * FROM stormdisc_split_sql(E'SELECT (1;\nSELECT 2)');
SELECT * FROM stormdisc_split_sql(E'SELECT E''\\u12''');
SELECT * FROM stormdisc_split_sql(E'SELECT 1;\n' || repeat(' ', 70) || 'SELEC ' || repeat('1, ', 100));
SELECT * FROM stormdisc_split_sql(repeat('a ', 100));
SELECT * FROM stormdisc_split_sql(NULL);

-- a name that is too long is told of once
SELECT * FROM stormdisc_split_sql('SELECT 1 AS ' || repeat('x', 64));
