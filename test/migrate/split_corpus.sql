-- SQL texts, and how many statements each of them has.  All are such that the
-- server can parse and analyze them with the tables t and u below, nothing of
-- them needs to be run.  A line that ends with ~ ends with CR and LF.
CREATE TEMP TABLE split_texts (name text PRIMARY KEY, statements int NOT NULL, sql text NOT NULL);

INSERT INTO split_texts VALUES
('nothing', 0, $corpus$$corpus$),
('blanks', 0, E' \t\n\f '),
('semicolons only', 0, $corpus$ ; ;;
;$corpus$),
('a comment only', 0, $corpus$-- nothing here;$corpus$),
('comments and semicolons', 0, $corpus$/* a; */ ; -- b;
; /* c */$corpus$),
('one without a semicolon', 1, $corpus$SELECT 1$corpus$),
('one with a semicolon', 1, $corpus$SELECT 1;$corpus$),
('two', 2, $corpus$SELECT 1; SELECT 2;$corpus$),
('two on one line without blanks', 2, $corpus$SELECT 1;SELECT 2$corpus$),
('empty statements between', 2, $corpus$;;SELECT 1;; ;
;SELECT 2;;$corpus$),
('lines', 3, $corpus$
SELECT
	1
;

SELECT 2; SELECT
3
$corpus$),
('CR LF', 3, replace($corpus$-- first~
SELECT 1;~
~
SELECT~
	2;~
/* c~
*/ SELECT 3;~
$corpus$, '~', E'\r')),
('CR alone', 2, replace($corpus$SELECT 1; -- c~SELECT 2;~$corpus$, '~', E'\r')),
('CR LF in a string', 2, replace($corpus$SELECT 'a;~
b;~
'; SELECT 2;~
$corpus$, '~', E'\r')),
('tabs and form feeds', 2, E'\tSELECT\f1\t;\f\tSELECT\t2\f'),

-- strings
('semicolon in a string', 2, $corpus$SELECT ';'; SELECT 'a;b;';$corpus$),
('doubled quotes', 2, $corpus$SELECT 'it''s; '''; SELECT '''';$corpus$),
('backslash in a plain string', 2, $corpus$SELECT 'a\'; SELECT 2;$corpus$),
('E string with an escaped quote', 2, $corpus$SELECT E'it\'s;'; SELECT e'\\';$corpus$),
('E string with doubled quotes and escapes', 2, $corpus$SELECT E'\';'';\\'; SELECT E'\x3b;\073\u003b';$corpus$),
('continued string', 2, $corpus$SELECT 'a;'
	';b' ; SELECT 2;$corpus$),
('continued E string', 2, $corpus$SELECT E'a\';'
	'\';b' ; SELECT 2;$corpus$),
('string continued after a comment', 2, $corpus$SELECT 'a;' -- c;
	'b;'; SELECT 2;$corpus$),
('U& string', 2, $corpus$SELECT U&'d\0061t\+000061;'; SELECT u&';' ;$corpus$),
('U& string with another escape', 2, $corpus$SELECT U&'d!0061t!+000061;' UESCAPE '!'; SELECT U&';' UESCAPE
'!';$corpus$),
('bit strings', 3, $corpus$SELECT B'0101'; SELECT x'1F', X'00'
'ff'; SELECT b'';$corpus$),
('national string', 2, $corpus$SELECT N'a;'; SELECT n';';$corpus$),
('typed strings', 2, $corpus$SELECT date '2020-01-01', interval '1 day'; SELECT text ';';$corpus$),
('comment marks in a string', 2, $corpus$SELECT '-- a; /* '; SELECT '*/ ;';$corpus$),
('string over lines with a comment mark', 2, $corpus$SELECT 'a
-- b;
'; SELECT 2;$corpus$),
('dollars in a string', 2, $corpus$SELECT '$$;'; SELECT '$a$';$corpus$),

-- quoted names
('semicolon in a name', 2, $corpus$SELECT 1 AS "a;b"; SELECT 2 AS ";";$corpus$),
('doubled quotes in a name', 2, $corpus$SELECT 1 AS "a"";""b"; SELECT 2 AS """";$corpus$),
('single quote in a name', 2, $corpus$SELECT 1 AS "it's;"; SELECT 2 AS "'";$corpus$),
('double quote in a string', 2, $corpus$SELECT '"'; SELECT ';"';$corpus$),
('U& name', 2, $corpus$SELECT 1 AS U&"d\0061t;"; SELECT 2 AS u&"!003b;" UESCAPE '!';$corpus$),
('comment marks in a name', 2, $corpus$SELECT 1 AS "--"; SELECT 2 AS "/*;";$corpus$),
('backslash in a name', 2, $corpus$SELECT 1 AS "\"; SELECT 2 AS "\;";$corpus$),
('name over lines', 2, $corpus$SELECT 1 AS "a;
b"; SELECT 2;$corpus$),
('dollars in a name', 2, $corpus$SELECT 1 AS a$b$c; SELECT 2 AS "$$;";$corpus$),

-- dollar quotes
('dollar quotes', 2, $corpus$SELECT $$a;b$$; SELECT $$;$$;$corpus$),
('empty dollar quotes', 2, $corpus$SELECT $$$$; SELECT $a$$a$;$corpus$),
('dollar quotes with a tag', 2, $corpus$SELECT $a$;$$;$A$;$a;$a$; SELECT $_b1$;$_b1$;$corpus$),
('quotes in dollar quotes', 2, $corpus$SELECT $$it's; "a;$$; SELECT $x$';$x$;$corpus$),
('comment marks in dollar quotes', 2, $corpus$SELECT $$-- a;$$; SELECT $$/* ;$$;$corpus$),
('dollar quotes within dollar quotes', 2, $corpus$SELECT $a$ $b$;$b$ $$;$$ $a$; SELECT 2;$corpus$),
('dollar quote after a name', 1, $corpus$SELECT 1 AS a$$b$corpus$),
('parameters are no dollar quotes', 2, $corpus$PREPARE p (int, int) AS SELECT $1+$2; SELECT $p1$;$p1$;$corpus$),
('multi-byte tag', 2, $corpus$SELECT $é$;$é$; SELECT 2;$corpus$),

-- comments
('comments before, between and after', 2, $corpus$-- a;
SELECT 1 -- b;
; /* c; */
-- d;
SELECT /* e; */ 2 /* f */; -- g$corpus$),
('nested comments', 2, $corpus$/* a; /* b; */ c; */ SELECT 1; SELECT /* /* /* ; */ */ */ 2;$corpus$),
('comment with quotes', 2, $corpus$SELECT 1 -- it's;
; SELECT 2 /* " $$ ' */;$corpus$),
('comment over lines', 2, $corpus$SELECT 1 /* a;

 b; */; /*
*/ SELECT 2;$corpus$),
('line comment in a comment', 2, $corpus$/* -- */ SELECT 1; SELECT 2;$corpus$),
('comment in a line comment', 2, $corpus$-- /* a;
SELECT 1; SELECT 2; -- */$corpus$),
('comment instead of blanks', 2, $corpus$SELECT/*a*/1;SELECT/**/2$corpus$),
('comment at the end without a line end', 1, $corpus$SELECT 1--a$corpus$),
('operators with comment marks', 2, $corpus$SELECT 1 +-- a;
2; SELECT 3*/*;*/4;$corpus$),
('star and slash', 2, $corpus$SELECT 4*2/2 ; SELECT 4/ 2 *3;$corpus$),

-- other tokens with a meaning
('casts and slices', 2, $corpus$SELECT '1'::int; SELECT (ARRAY[1,2,3])[1:2];$corpus$),
('operators', 3, $corpus$SELECT 1 OPERATOR(pg_catalog.+) 2; SELECT 'a' ~ '^;', '{"a": 1}'::jsonb @> '{}'; SELECT 1<>2, 1!=2, - -1;$corpus$),
('numbers', 2, $corpus$SELECT 1., .5, 1e5, 1.5e-3; SELECT 1;$corpus$),

-- statements with semicolons or statements in them
('function with a quoted body', 2, $corpus$CREATE FUNCTION f1() RETURNS int LANGUAGE sql AS 'SELECT 1; SELECT 2;'; SELECT 2;$corpus$),
('function with a dollar quoted body', 2, $corpus$CREATE FUNCTION f2() RETURNS trigger LANGUAGE plpgsql AS $body$
BEGIN
	-- it's ;
	IF NEW.a > 1 THEN
		RAISE NOTICE $$a;$$;
	END IF;
	RETURN NEW;
END;
$body$;
SELECT 2;$corpus$),
('function with BEGIN ATOMIC', 2, $corpus$CREATE FUNCTION f3() RETURNS int
BEGIN ATOMIC
	SELECT 1;
	SELECT CASE WHEN true THEN 2 ELSE 3 END;
END;
SELECT 2;$corpus$),
('empty BEGIN ATOMIC', 2, $corpus$CREATE FUNCTION f4() RETURNS void BEGIN ATOMIC END; SELECT 2;$corpus$),
('procedure with BEGIN ATOMIC', 2, $corpus$CREATE OR REPLACE PROCEDURE p1(x int)
LANGUAGE sql
BEGIN ATOMIC
	INSERT INTO t (a) VALUES (x); -- END;
	;
	UPDATE t SET b = 'END;' WHERE a = x;
	DELETE FROM t WHERE b = $$;END;$$;
END /* ; */ ;
SELECT 2$corpus$),
('function with RETURN', 2, $corpus$CREATE FUNCTION f5(a int) RETURNS int RETURN a + 1; SELECT 2;$corpus$),
('DO', 2, $corpus$DO $$BEGIN PERFORM 1; END$$; DO LANGUAGE plpgsql 'BEGIN NULL; END;';$corpus$),
('rule with several actions', 2, $corpus$CREATE RULE r AS ON INSERT TO t DO ALSO (INSERT INTO u (a) VALUES (1); ; DELETE FROM u;); SELECT 2;$corpus$),
('schema with elements', 2, $corpus$CREATE SCHEMA s1
	CREATE TABLE x (a int)
	CREATE VIEW y AS SELECT a FROM x;
SELECT 2;$corpus$),
('begin and end of transactions', 6, $corpus$BEGIN; SELECT 1; COMMIT; START TRANSACTION; ABORT; END;$corpus$),
('savepoints', 4, $corpus$SAVEPOINT a; ROLLBACK TO a; RELEASE a; PREPARE TRANSACTION 'a;';$corpus$),
('names that are keywords elsewhere', 3, $corpus$SELECT 1 AS begin; SELECT 2 AS "end"; SELECT 3 AS atomic;$corpus$),
('CASE in a BEGIN ATOMIC with names', 2, $corpus$CREATE FUNCTION f6() RETURNS int BEGIN ATOMIC SELECT 1 AS "end;"; SELECT a FROM t AS begin; END; SELECT 2;$corpus$),
('tables', 5, $corpus$CREATE TABLE x1 (a int DEFAULT 1, b text DEFAULT ';' CHECK (b <> $$;$$));
CREATE INDEX CONCURRENTLY x1_a ON x1 (a);
ALTER TABLE t ADD COLUMN c int; COMMENT ON TABLE t IS 'a;b';
DROP TABLE x1;$corpus$),
('utilities', 6, $corpus$VACUUM t; REINDEX TABLE t; SET search_path = "a;b", public; SHOW all; LISTEN "a;"; NOTIFY a, ';';$corpus$),
('data', 4, $corpus$INSERT INTO t (a, b) VALUES (1, ';'), (2, E'\';'); UPDATE t SET b = b || ';'; DELETE FROM t; TRUNCATE t;$corpus$),
('queries', 4, $corpus$WITH a AS (SELECT ';' x) SELECT x FROM a; TABLE t; VALUES (1), (2); (SELECT 1) UNION (SELECT 2);$corpus$),
('COPY of files and to the client', 3, $corpus$COPY t TO STDOUT; COPY t FROM '/nowhere;'; COPY (SELECT ';') TO PROGRAM 'cat;';$corpus$),
('COPY from the client without rows', 2, $corpus$COPY t (a, b) FROM STDIN WITH (DELIMITER ';'); SELECT '\.';$corpus$),
('EXPLAIN and PREPARE', 3, $corpus$EXPLAIN SELECT ';'; PREPARE q AS SELECT $1::text || ';'; EXECUTE q (';');$corpus$),

-- other letters
('two bytes', 2, $corpus$SELECT 'é;ß', 1 AS ñ; SELECT 2 AS "é;";$corpus$),
('three and four bytes', 2, $corpus$-- 日本;
SELECT '日本;語'; /* 🐘; */ SELECT $日$🐘;$日$;$corpus$),
('combining and wide blanks', 2, $corpus$SELECT 'e' || U&'\0301;'; SELECT '　;';$corpus$),

-- long ones
('long string', 2, 'SELECT ''' || repeat('a;', 20000) || '''; SELECT 2;'),
('many statements', 500, repeat(E'SELECT 1;\n', 500)),
('deep comments', 1, repeat('/* ;', 500) || repeat(' */', 500) || 'SELECT 1');
