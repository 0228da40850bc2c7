-- Random patterns, repeatably, against the documented grammar written once
-- more, in another way: a pattern is turned into LIKE patterns.
--
-- Another run: pg_prove --set seed=0.17 (from -1 to 1)
BEGIN;
SET LOCAL jit = off;
SET LOCAL client_min_messages = warning;
CREATE EXTENSION IF NOT EXISTS pgtap;
CREATE EXTENSION IF NOT EXISTS stormdisc;
\if :{?seed}
\else
\set seed 0.42
\endif
SELECT plan(12);
SELECT diag('seed ' || :'seed');
SELECT setseed(:seed);

-- tables whose names are made of what patterns are made of
CREATE FUNCTION pg_temp.word(alphabet text, low int, high int) RETURNS text LANGUAGE sql VOLATILE AS $$
	SELECT coalesce(string_agg(substr(alphabet, 1 + floor(random() * length(alphabet))::int, 1), ''), '')
	FROM generate_series(1, low + floor(random() * (high - low + 1))::int)
$$;
CREATE TEMP TABLE schemas AS SELECT unnest(ARRAY['pat', 'pa*', 'p.a', 'PAT', 'p"t', 'p_t']) AS name;
DO $$
DECLARE
	s record;
	t text;
BEGIN
	FOR s IN SELECT name FROM pg_temp.schemas LOOP
		EXECUTE format('CREATE SCHEMA %I', s.name);
		FOREACH t IN ARRAY ARRAY['a', 'b', 'A', 'ab', 'a*', '*', '?', '"', '""', '.', 'a.b', 'a b', ' ', 'aB', '_', '%', '\'] LOOP
			EXECUTE format('CREATE TABLE %I.%I ()', s.name, t);
		END LOOP;
		FOR n IN 1..25 LOOP
			t := pg_temp.word('abAB*?". _%\', 1, 6);
			IF to_regclass(format('%I.%I', s.name, t)) IS NULL THEN
				EXECUTE format('CREATE TABLE %I.%I ()', s.name, t);
			END IF;
		END LOOP;
	END LOOP;
END $$;
CREATE TEMP TABLE names AS
	SELECT nspname::text AS s, relname::text AS t FROM pg_class c JOIN pg_namespace n ON n.oid = relnamespace
	WHERE nspname IN (SELECT name FROM schemas) AND relkind = 'r';
SELECT cmp_ok((SELECT count(*) FROM names), '>', 150::bigint, 'there are names to match');

-- A pattern as LIKE patterns, one per part, or what is wrong with it.  Two
-- things can be wrong at once, and either may be said.
CREATE FUNCTION pg_temp.reading(pattern text, OUT parts text[], OUT wrong text[]) LANGUAGE plpgsql STRICT AS $$
DECLARE
	rest text := pattern;
	part text := '';
	piece text;
BEGIN
	wrong := '{}';
	parts := '{}';
	LOOP
		-- a quoted piece: up to a quote that is not one of two
		piece := substring(rest FROM '^"(?:[^"]|"")*"(?!")');
		IF piece IS NOT NULL THEN
			rest := substr(rest, length(piece) + 1);
			piece := replace(substr(piece, 2, length(piece) - 2), '""', '"');
			part := part || regexp_replace(piece, '([\\%_])', '\\\1', 'g');
		ELSIF rest LIKE '"%' THEN
			wrong := wrong || '22023'::text;			-- not closed
			EXIT;
		ELSIF rest LIKE '.%' OR rest = '' THEN
			IF part = '' THEN
				wrong := wrong || '22023'::text;		-- an empty part
			END IF;
			parts := parts || part;
			part := '';
			EXIT WHEN rest = '';
			rest := substr(rest, 2);
		ELSE
			piece := left(rest, 1);
			rest := substr(rest, 2);
			IF piece ~ '\s' THEN
				wrong := wrong || '22023'::text;
			END IF;
			part := part || CASE piece WHEN '*' THEN '%' WHEN '?' THEN '_'
				WHEN '%' THEN '\%' WHEN '_' THEN '\_' WHEN '\' THEN '\\'
				ELSE translate(piece, 'ABCDEFGHIJKLMNOPQRSTUVWXYZ', 'abcdefghijklmnopqrstuvwxyz') END;
		END IF;
	END LOOP;
	IF cardinality(parts) > 2 OR cardinality(parts) = 2 AND rest <> '' THEN
		wrong := wrong || '0A000'::text;
	END IF;
END $$;

-- what the reading says of some that the documentation has
SELECT is((SELECT array_agg(pg_temp.reading(p)::text ORDER BY n) FROM unnest(ARRAY['a', 'A?', '"A?"', 's.*', '"a.b".c', 'a""b', '"a""b"', '"a"*', '_']) WITH ORDINALITY AS u(p, n)),
	(SELECT array_agg((l, '{}'::text[])::text ORDER BY n) FROM unnest(ARRAY['{a}', '{a_}', '{A?}', '{s,%}', '{a.b,c}', '{ab}', '{"a\"b"}', '{a%}', '{"\\_"}']) WITH ORDINALITY AS u(l, n)),
	'the other reading of the grammar');

-- What stormdisc_tables() finds for a pattern, or its SQLSTATE.
CREATE FUNCTION pg_temp.found(pattern text, which text) RETURNS text LANGUAGE plpgsql AS $$
BEGIN
	RETURN (SELECT coalesce(string_agg(schema_name || ' . ' || table_name, E'\n' ORDER BY schema_name COLLATE "C", table_name COLLATE "C"), 'none')
		FROM public.stormdisc_tables(schemas => (SELECT array_agg(name) FROM pg_temp.schemas),
			include => CASE which WHEN 'include' THEN ARRAY[pattern] END, exclude => CASE which WHEN 'exclude' THEN ARRAY[pattern] END));
EXCEPTION WHEN OTHERS THEN
	RETURN SQLSTATE;
END $$;
CREATE FUNCTION pg_temp.expected(parts text[], exclude bool) RETURNS text LANGUAGE sql AS $$
	SELECT coalesce(string_agg(s || ' . ' || t, E'\n' ORDER BY s COLLATE "C", t COLLATE "C"), 'none') FROM pg_temp.names
	WHERE exclude <> CASE cardinality(parts) WHEN 1 THEN t COLLATE "C" LIKE parts[1]
		ELSE s COLLATE "C" LIKE parts[1] AND t COLLATE "C" LIKE parts[2] END
$$;

CREATE TEMP TABLE patterns AS
SELECT n, pattern, (pg_temp.reading(pattern)).*
FROM (SELECT n, CASE
		WHEN n <= 600 THEN pg_temp.word('aabbAB**??"". _%\', 0, 9)
		WHEN n <= 900 THEN pg_temp.word('ab*?"', 1, 5) || '.' || pg_temp.word('ab*?"', 1, 5)
		WHEN n <= 1100 THEN CASE WHEN random() < 0.5 THEN 'p*.' ELSE '' END || '"' || replace(pg_temp.word('abA*?". _%\', 1, 5), '"', '""') || '"'
		WHEN n <= 1300 THEN pg_temp.word('a*', 1, 12)
		-- names that there are, quoted, with a star or a question mark in places
		ELSE (SELECT CASE WHEN random() < 0.5 THEN '"' || replace(s, '"', '""') || '".' ELSE '' END ||
				CASE floor(random() * 4) WHEN 0 THEN '"' || replace(t, '"', '""') || '"' WHEN 1 THEN '"' || replace(left(t, 1), '"', '""') || '"*'
					WHEN 2 THEN '*"' || replace(right(t, 1), '"', '""') || '"' ELSE repeat('?', length(t)) END
			  FROM pg_temp.names OFFSET floor(random() * 150) + n * 0 LIMIT 1) END
	FROM generate_series(1, 1600) n) g(n, pattern);
SELECT cmp_ok((SELECT count(*) FROM patterns WHERE wrong = '{}'), '>', 900::bigint, 'many patterns are right');
SELECT cmp_ok((SELECT count(*) FROM patterns WHERE wrong <> '{}'), '>', 200::bigint, 'and many are not');
SELECT cmp_ok((SELECT count(DISTINCT pattern) FROM patterns), '>', 1000::bigint, 'and they are different');
SELECT cmp_ok((SELECT count(*) FROM patterns WHERE wrong = '{}' AND pg_temp.expected(parts, false) <> 'none'), '>', 400::bigint, 'and many match something');

CREATE TEMP TABLE answers AS
SELECT pattern, parts, wrong, pg_temp.found(pattern, 'include') AS included, pg_temp.found(pattern, 'exclude') AS excluded FROM patterns;
SELECT is((SELECT format('%L: %s', pattern, included) FROM answers WHERE wrong <> '{}' AND NOT included = ANY (wrong) ORDER BY length(pattern) LIMIT 1), NULL, 'include: what is wrong is refused');
SELECT is((SELECT format('%L: %s', pattern, excluded) FROM answers WHERE wrong <> '{}' AND NOT excluded = ANY (wrong) ORDER BY length(pattern) LIMIT 1), NULL, 'exclude: what is wrong is refused');
SELECT is((SELECT format(E'%L:\n%s\nnot\n%s', pattern, included, pg_temp.expected(parts, false)) FROM answers
	WHERE wrong = '{}' AND included <> pg_temp.expected(parts, false) ORDER BY length(pattern) LIMIT 1), NULL, 'include: the names that match');
SELECT is((SELECT format(E'%L:\n%s\nnot\n%s', pattern, excluded, pg_temp.expected(parts, true)) FROM answers
	WHERE wrong = '{}' AND excluded <> pg_temp.expected(parts, true) ORDER BY length(pattern) LIMIT 1), NULL, 'exclude: the names that do not');

-- several patterns are any of them
CREATE TEMP TABLE lists AS
SELECT n, array_agg(pattern) AS list FROM (SELECT pattern, n % 40 AS n FROM patterns WHERE wrong = '{}') p GROUP BY n;
SELECT is((SELECT list::text FROM lists l WHERE
	(SELECT array_agg(schema_name || ' . ' || table_name) FROM stormdisc_tables(schemas => (SELECT array_agg(name) FROM schemas), include => list))
	IS DISTINCT FROM
	(SELECT array_agg(DISTINCT (s || ' . ' || t) COLLATE "C") FROM names WHERE EXISTS (SELECT FROM answers a WHERE pattern = ANY (list)
		AND CASE cardinality(parts) WHEN 1 THEN t COLLATE "C" LIKE parts[1] ELSE s COLLATE "C" LIKE parts[1] AND t COLLATE "C" LIKE parts[2] END)) LIMIT 1),
	NULL, 'several patterns are any of them');

-- more than ASCII: one character is one question mark, and keeps its case
SELECT getdatabaseencoding() = 'UTF8' AS utf8 \gset
\if :utf8
CREATE TABLE pat.U&"\00E4\2603\+01F600" ();
CREATE TABLE pat.U&"\00C4" ();
SELECT is((SELECT array_agg(n) FROM unnest(ARRAY['???', '????', U&'\00E4*', U&'?\2603?', '*', U&'"\00E4"*', U&'\00C4', U&'\00E4']) WITH ORDINALITY AS u(p, n)
	WHERE EXISTS (SELECT FROM stormdisc_tables(schemas => '{pat}', include => ARRAY[p]) WHERE table_name ~ '[^\x01-\x7f]')),
	'{1,3,4,5,6,7}'::bigint[], 'characters beyond ASCII');
\else
SELECT skip('needs a database in UTF8', 1);
\endif

SELECT * FROM finish();
ROLLBACK;
