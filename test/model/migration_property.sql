/*
 * migration_property.sql
 *	  From a schema A to a schema B by the script that is made of their documents.
 *
 * Everything is in pg_temp, which documents leave out.  Their schemas and roles
 * are those of SchemaGenerator.pm.
 */
CREATE TEMP TABLE documents (name text PRIMARY KEY, document jsonb NOT NULL);
CREATE TEMP TABLE names (name text, kind text, class regclass, id oid, number int, identity text, place text);
CREATE TEMP TABLE script (seq int, statement text, severity text, lock_level text, rewrites_table bool,
	destructive bool, commit_before bool, why text, kind text, identity text, skipped bool);
CREATE TEMP TABLE problems (seq int, statement text, code text, message text);
CREATE TEMP TABLE before (relation text, attribute text, filled bigint);
CREATE TEMP TABLE rows_before (relation text, texts jsonb);
CREATE TEMP TABLE sequences_before (relation text, last_value bigint);

-- What is in the schemas, and what is in none and has a name like theirs.
CREATE FUNCTION pg_temp.clean() RETURNS void LANGUAGE plpgsql AS $$
DECLARE
	command text;
BEGIN
	FOR command IN
		SELECT format('DROP PUBLICATION %I', pubname) FROM pg_publication WHERE pubname ILIKE 'gen\_%'
		UNION ALL SELECT format('DROP EVENT TRIGGER %I', evtname) FROM pg_event_trigger WHERE evtname ILIKE 'gen\_%'
		UNION ALL SELECT format('DROP SCHEMA %I CASCADE', nspname) FROM pg_namespace WHERE nspname ILIKE 'gen%'
		UNION ALL SELECT format('DROP LANGUAGE %I CASCADE', lanname) FROM pg_language WHERE lanname ILIKE 'gen\_%'
		UNION ALL SELECT format('DROP FOREIGN DATA WRAPPER %I CASCADE', fdwname) FROM pg_foreign_data_wrapper WHERE fdwname ILIKE 'gen\_%'
		UNION ALL SELECT format('DROP ACCESS METHOD %I CASCADE', amname) FROM pg_am WHERE amname ILIKE 'gen\_%'
	LOOP
		EXECUTE command;
	END LOOP;
END $$;

-- What the server refuses does not matter.
CREATE FUNCTION pg_temp.make(statements text[]) RETURNS int LANGUAGE plpgsql AS $$
DECLARE
	one text;
	refused int := 0;
BEGIN
	FOREACH one IN ARRAY statements LOOP
		BEGIN
			EXECUTE one;
		EXCEPTION WHEN OTHERS THEN
			refused := refused + 1;
		END;
	END LOOP;
	RETURN refused;
END $$;

-- What has a name that can be altered, by what stays when it is.  What is inherited
-- is renamed along.
CREATE FUNCTION pg_temp.named() RETURNS TABLE (kind text, class regclass, id oid, number int, identity text, place text) LANGUAGE sql SET search_path = '' AS $$
	WITH relations AS (
		SELECT c.oid, c.relkind, format('%I.%I', n.nspname, c.relname) AS name FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
		WHERE n.nspname IN ('gen', 'Gen "2"'))
	SELECT CASE WHEN relkind IN ('r', 'p') THEN 'tables' WHEN relkind IN ('v', 'm') THEN 'views' WHEN relkind = 'S' THEN 'sequences' ELSE 'indexes' END,
		'pg_class'::regclass, oid, 0, name, NULL
	FROM relations WHERE relkind IN ('r', 'p', 'v', 'm', 'S', 'i', 'I')
	UNION ALL SELECT 'columns', 'pg_class', oid, attnum, format('%s.%I', name, attname), name
	FROM relations JOIN pg_attribute ON attrelid = oid WHERE relkind IN ('r', 'p', 'v', 'm') AND attnum > 0 AND NOT attisdropped AND attinhcount = 0
	UNION ALL SELECT 'types', 'pg_type', t.oid, 0, format('%I.%I', nspname, typname), NULL
	FROM pg_type t JOIN pg_namespace n ON n.oid = typnamespace
	WHERE nspname IN ('gen', 'Gen "2"') AND (typtype IN ('e', 'd', 'r') OR typtype = 'c' AND EXISTS (SELECT FROM relations r WHERE r.oid = typrelid AND relkind = 'c'))
	UNION ALL SELECT 'functions', 'pg_proc', p.oid, 0, p.oid::regprocedure::text, NULL
	FROM pg_proc p JOIN pg_namespace n ON n.oid = pronamespace WHERE nspname IN ('gen', 'Gen "2"')
		AND NOT EXISTS (SELECT FROM pg_depend WHERE classid = 'pg_proc'::regclass AND objid = p.oid AND deptype = 'i')
	UNION ALL SELECT 'constraints', 'pg_constraint', c.oid, 0, format('%s.%I', name, conname), NULL
	FROM relations r JOIN pg_constraint c ON conrelid = r.oid WHERE contype <> 't' AND NOT (contype IN ('c', 'n') AND coninhcount > 0 OR contype = 'f' AND conparentid <> 0)
	UNION ALL SELECT 'triggers', 'pg_trigger', t.oid, 0, format('%s.%I', name, tgname), NULL
	FROM relations r JOIN pg_trigger t ON tgrelid = r.oid WHERE NOT tgisinternal AND tgparentid = 0
	UNION ALL SELECT 'policies', 'pg_policy', p.oid, 0, format('%s.%I', name, polname), NULL
	FROM relations r JOIN pg_policy p ON polrelid = r.oid
	UNION ALL SELECT 'rules', 'pg_rewrite', w.oid, 0, format('%s.%I', name, rulename), NULL
	FROM relations r JOIN pg_rewrite w ON ev_class = r.oid WHERE rulename <> '_RETURN'
	UNION ALL SELECT 'statistics', 'pg_statistic_ext', s.oid, 0, format('%I.%I', nspname, stxname), NULL
	FROM pg_statistic_ext s JOIN pg_namespace n ON n.oid = stxnamespace WHERE nspname IN ('gen', 'Gen "2"')
$$;

-- The option "renames" from one document to the other, of what is in them.
CREATE FUNCTION pg_temp.renames(old text, new text) RETURNS jsonb LANGUAGE sql AS $$
	SELECT coalesce(jsonb_object_agg(kind, pairs), '{}') FROM (
		SELECT kind, jsonb_object_agg(a.identity, b.identity) AS pairs
		FROM names a JOIN names b USING (kind, class, id, number), documents da, documents db
		WHERE a.name = old AND b.name = new AND a.identity <> b.identity AND da.name = old AND db.name = new
			AND CASE kind WHEN 'columns' THEN (da.document -> 'tables') || (da.document -> 'views') ? a.place AND (db.document -> 'tables') || (db.document -> 'views') ? b.place
				ELSE da.document -> kind ? a.identity AND db.document -> kind ? b.identity END
		GROUP BY kind) AS of_kind
$$;

-- Make A, and keep its document and that of B, which either follows from A by more
-- statements or is something else.  A is what is there in the end.
CREATE FUNCTION pg_temp.prepare(a text[], b text[], related bool) RETURNS int LANGUAGE plpgsql AS $$
DECLARE
	document_b jsonb;
	names_b jsonb;
	refused int := 0;
BEGIN
	PERFORM pg_temp.clean();
	refused := pg_temp.make(a);
	TRUNCATE documents, names;
	INSERT INTO names SELECT 'a', n.* FROM pg_temp.named() n;
	INSERT INTO documents VALUES ('a', stormdisc_schema(mode => 'atomic'));
	BEGIN
		IF NOT related THEN
			PERFORM pg_temp.clean();
		END IF;
		refused := refused + pg_temp.make(b);
		document_b := stormdisc_schema(mode => 'atomic');
		SELECT jsonb_agg(n) INTO names_b FROM pg_temp.named() n;
		RAISE EXCEPTION 'back' USING ERRCODE = 'ZZ000';
	EXCEPTION WHEN SQLSTATE 'ZZ000' THEN
		NULL;
	END;
	INSERT INTO documents VALUES ('b', document_b);
	INSERT INTO names SELECT 'b', n.kind, n.class, n.id, n.number, n.identity, n.place
		FROM jsonb_to_recordset(names_b) AS n (kind text, class regclass, id oid, number int, identity text, place text);
	RETURN refused;
END $$;

-- Likewise, with commits after new labels of enums: what follows may use them.
CREATE PROCEDURE pg_temp.prepare_in_steps(a text[], b text[], INOUT refused int) LANGUAGE plpgsql AS $$
DECLARE
	one text;
BEGIN
	PERFORM pg_temp.clean();
	refused := pg_temp.make(a);
	TRUNCATE documents;
	INSERT INTO documents VALUES ('a', stormdisc_schema(mode => 'atomic'));
	FOREACH one IN ARRAY b LOOP
		refused := refused + pg_temp.make(ARRAY[one]);
		IF one ~ ' ADD VALUE ' THEN
			COMMIT;
		END IF;
	END LOOP;
	INSERT INTO documents VALUES ('b', stormdisc_schema(mode => 'atomic'));
	PERFORM pg_temp.clean();
	PERFORM pg_temp.make(a);
END $$;

-- Make the script from one document to another; number is what a bug does with it.
CREATE FUNCTION pg_temp.write_script(old text, new text, destructive bool, mutant text, number int, renamed bool) RETURNS int LANGUAGE plpgsql AS $$
DECLARE
	statements int;
BEGIN
	TRUNCATE script, problems;
	INSERT INTO script (seq, statement, severity, lock_level, rewrites_table, destructive, commit_before, why, kind, identity, skipped)
	SELECT m.seq, m.statement, m.severity, m.lock_level, m.rewrites_table, m.is_destructive, m.commit_before, m.why, m.kind, m.identity, m.skipped
	FROM documents a, documents b, stormdisc_migration_sql(a.document, b.document, destructive,
		CASE WHEN renamed THEN jsonb_build_object('renames', pg_temp.renames(old, new)) ELSE '{}' END) m
	WHERE a.name = old AND b.name = new;
	SELECT count(*) INTO statements FROM script WHERE NOT skipped;
	IF mutant = 'lose' THEN
		DELETE FROM script WHERE seq = (SELECT seq FROM script WHERE NOT skipped ORDER BY seq OFFSET number % greatest(statements, 1) LIMIT 1);
	ELSIF mutant = 'reverse' THEN
		UPDATE script SET seq = -seq;
	ELSIF mutant = 'do_all' THEN
		UPDATE script SET skipped = false WHERE script.destructive;
	END IF;
	RETURN statements;
END $$;

-- Is there something that the owner of a materialized view must not read?  Then
-- nobody can fill it: the server does it with the rights of its owner.
CREATE FUNCTION pg_temp.cannot_be_filled(refresh text) RETURNS bool LANGUAGE sql AS $$
	SELECT EXISTS (SELECT FROM pg_class m JOIN pg_rewrite r ON r.ev_class = m.oid
		JOIN pg_depend d ON d.classid = 'pg_rewrite'::regclass AND d.objid = r.oid AND d.refclassid = 'pg_class'::regclass AND d.refobjid <> m.oid
		JOIN pg_class c ON c.oid = d.refobjid
		WHERE m.oid = to_regclass(rtrim(replace(refresh, 'REFRESH MATERIALIZED VIEW ', ''), ';'))
			AND NOT (has_schema_privilege(m.relowner, c.relnamespace, 'USAGE') AND has_table_privilege(m.relowner, c.oid, 'SELECT')))
$$;

-- Run it, with its commits.  Stops at the first statement that fails.
CREATE PROCEDURE pg_temp.run_script() LANGUAGE plpgsql AS $$
DECLARE
	row record;
BEGIN
	FOR row IN SELECT s.seq, s.statement, s.commit_before FROM script s WHERE NOT s.skipped ORDER BY s.seq LOOP
		IF row.commit_before THEN
			COMMIT;
		END IF;
		BEGIN
			EXECUTE row.statement;
		EXCEPTION WHEN OTHERS THEN
			CONTINUE WHEN SQLSTATE = '42501' AND row.statement LIKE 'REFRESH %' AND pg_temp.cannot_be_filled(row.statement);
			INSERT INTO problems VALUES (row.seq, row.statement, SQLSTATE, SQLERRM);
			RETURN;
		END;
	END LOOP;
END $$;

-- Keep the document of what is there now.
CREATE FUNCTION pg_temp.look() RETURNS void LANGUAGE sql AS $$
	DELETE FROM documents WHERE name = 'live';
	DELETE FROM names WHERE name = 'live';
	INSERT INTO names SELECT 'live', n.* FROM pg_temp.named() n;
	INSERT INTO documents VALUES ('live', stormdisc_schema(mode => 'atomic'));
$$;

-- What is left to do, as rows of text.  For one thing there is no statement, and
-- rows say so: columns and constraints stay a table's own that INHERIT found there.
CREATE FUNCTION pg_temp.left_over(target text, ignore text[]) RETURNS SETOF text LANGUAGE sql AS $$
	SELECT concat_ws(' ', d.change, d.object_kind, d.identity, d.attribute)
		|| CASE WHEN d.attribute IS NOT NULL THEN format(': %s is not %s', d.old_value, d.new_value) ELSE '' END
	FROM documents l, documents b, stormdisc_diff(l.document, b.document, ignore) d
	WHERE l.name = 'live' AND b.name = target
		AND NOT (coalesce(d.attribute, '') = 'is_local'
			AND EXISTS (SELECT FROM script s WHERE s.skipped AND s.kind = 'tables' AND starts_with(d.identity, s.identity || '.')));
$$;

-- What is left to do, and no row that was skipped is about it: the same object,
-- one that it belongs to or one that belongs to it.
CREATE FUNCTION pg_temp.not_said(target text, ignore text[]) RETURNS SETOF text LANGUAGE sql AS $$
	SELECT concat_ws(' ', d.change, d.object_kind, d.identity, d.attribute)
		|| CASE WHEN d.attribute IS NOT NULL THEN format(': %s is not %s', d.old_value, d.new_value) ELSE '' END
	FROM documents l, documents b, stormdisc_diff(l.document, b.document, ignore) d
	WHERE l.name = 'live' AND b.name = target AND NOT EXISTS (
		SELECT FROM script s WHERE s.skipped AND (
			s.identity = d.identity
			OR starts_with(d.identity, s.identity || '.') OR starts_with(d.identity, s.identity || '(')
			OR starts_with(s.identity, d.identity || '.')
			OR position(s.identity IN d.identity) > 0
			OR position(d.identity IN s.statement) > 0));
$$;

-- What a script says that it cannot say.
CREATE FUNCTION pg_temp.bad_rows() RETURNS SETOF text LANGUAGE sql AS $$
	SELECT format('row %s says severity %s, lock %s, destructive %s, skipped %s', seq, severity, lock_level, destructive, skipped)
	FROM script
	WHERE (severity IN ('safe', 'locking', 'rewriting', 'destructive')) IS NOT TRUE
		OR lock_level NOT IN ('ACCESS SHARE', 'ROW SHARE', 'ROW EXCLUSIVE', 'SHARE UPDATE EXCLUSIVE', 'SHARE',
			'SHARE ROW EXCLUSIVE', 'EXCLUSIVE', 'ACCESS EXCLUSIVE')
		OR rewrites_table IS NULL OR destructive IS NULL OR commit_before IS NULL OR skipped IS NULL
		OR coalesce(why, '') = '' AND skipped OR coalesce(statement, '') = '' AND NOT skipped
		OR (severity = 'destructive') <> destructive;
$$;

-- Rows for all tables, as far as their constraints let them in.
CREATE FUNCTION pg_temp.some_value(type oid, nullable bool) RETURNS text LANGUAGE plpgsql AS $$
DECLARE
	t record;
	base text;
BEGIN
	SELECT * INTO t FROM pg_type WHERE pg_type.oid = type;
	IF nullable AND random() < 0.3 THEN
		RETURN 'NULL';
	END IF;
	WHILE t.typtype = 'd' LOOP
		SELECT * INTO t FROM pg_type WHERE pg_type.oid = t.typbasetype;
	END LOOP;
	base := format_type(t.oid, NULL);
	RETURN CASE
		WHEN t.typtype = 'e' THEN quote_literal((SELECT enumlabel FROM pg_enum WHERE enumtypid = t.oid ORDER BY enumsortorder LIMIT 1))
		WHEN t.typtype = 'r' THEN quote_literal('empty')
		WHEN t.typtype = 'c' THEN 'NULL'
		WHEN base IN ('integer', 'bigint', 'smallint', 'numeric', 'double precision') THEN (1 + floor(random() * 6))::text
		WHEN base IN ('text', 'character varying', 'character') THEN quote_literal((ARRAY['a', 'k', 'p', 'abc'])[1 + floor(random() * 4)::int])
		WHEN base = 'boolean' THEN 'true'
		WHEN base ~ 'date|timestamp' THEN quote_literal('2020-01-02')
		WHEN base = 'interval' THEN quote_literal('2 days')
		WHEN base = 'jsonb' THEN quote_literal('{"a": 1}')
		WHEN base = 'uuid' THEN 'gen_random_uuid()'
		WHEN base = 'integer[]' THEN quote_literal('{1,2}')
		WHEN base = 'text[]' THEN quote_literal('{a,b}')
		WHEN base ~ '\[\]$' THEN quote_literal('{}')
		WHEN base = 'bytea' THEN quote_literal('\x01')
		ELSE 'NULL'
	END;
END $$;

CREATE FUNCTION pg_temp.fill(seed float8) RETURNS bigint LANGUAGE plpgsql AS $$
DECLARE
	tab record;
	columns text;
	vals text;
	inserted bigint := 0;
BEGIN
	PERFORM setseed(seed);
	SET CONSTRAINTS ALL IMMEDIATE;
	FOR round IN 1 .. 5 LOOP
		FOR tab IN SELECT c.oid, c.oid::regclass AS name FROM pg_class c
			WHERE c.relnamespace::regnamespace::text ~* '^"?gen' AND c.relkind IN ('r', 'p') AND NOT c.relispartition
			ORDER BY c.oid
		LOOP
			SELECT string_agg(quote_ident(attname), ', ' ORDER BY attnum),
				string_agg(CASE WHEN attname = 'id' THEN (round * 2)::text ELSE pg_temp.some_value(atttypid, NOT attnotnull) END, ', ' ORDER BY attnum)
				INTO columns, vals
			FROM pg_attribute WHERE attrelid = tab.oid AND attnum > 0 AND NOT attisdropped AND attgenerated = '';
			CONTINUE WHEN columns IS NULL;
			BEGIN
				EXECUTE format('INSERT INTO %s (%s) OVERRIDING SYSTEM VALUE VALUES (%s)', tab.name, columns, vals);
				inserted := inserted + 1;
			EXCEPTION WHEN OTHERS THEN
				NULL;
			END;
		END LOOP;
	END LOOP;
	RETURN inserted;
END $$;

-- How many values each column has; those of expressions, and of what rewrites
-- make, are not looked at.
CREATE FUNCTION pg_temp.contents() RETURNS TABLE (relation text, attribute text, filled bigint) LANGUAGE plpgsql AS $$
DECLARE
	tab record;
BEGIN
	FOR tab IN SELECT c.oid, c.oid::regclass::text AS name FROM pg_class c
		WHERE c.relnamespace::regnamespace::text ~* '^"?gen' AND c.relkind = 'r'
	LOOP
		relation := tab.name;
		attribute := '';
		EXECUTE format('SELECT count(*) FROM ONLY %s', tab.name) INTO filled;
		RETURN NEXT;
		FOR attribute IN SELECT attname FROM pg_attribute
			WHERE attrelid = tab.oid AND attnum > 0 AND NOT attisdropped AND attgenerated = ''
		LOOP
			EXECUTE format('SELECT count(%I) FROM ONLY %s', attribute, tab.name) INTO filled;
			RETURN NEXT;
		END LOOP;
	END LOOP;
END $$;

-- Rows and values that were there and are not any more.
CREATE FUNCTION pg_temp.lost() RETURNS SETOF text LANGUAGE sql AS $$
	SELECT format('%s %s: %s of %s are left', b.relation, b.attribute, coalesce(a.filled, 0), b.filled)
	FROM before b LEFT JOIN pg_temp.contents() a USING (relation, attribute)
	WHERE b.filled > coalesce(a.filled, 0);
$$;

-- Keep the rows as they are printed, and the values of sequences.
CREATE FUNCTION pg_temp.keep_rows() RETURNS void LANGUAGE plpgsql AS $$
DECLARE
	tab record;
	object text;
BEGIN
	TRUNCATE rows_before, sequences_before;
	FOR tab IN SELECT c.oid, c.oid::regclass::text AS name, c.relkind FROM pg_class c
		WHERE c.relnamespace::regnamespace::text ~* '^"?gen' AND c.relkind IN ('r', 'S')
	LOOP
		IF tab.relkind = 'S' THEN
			EXECUTE format('INSERT INTO sequences_before SELECT %L, last_value FROM %s', tab.name, tab.name);
			CONTINUE;
		END IF;
		SELECT string_agg(format('jsonb_build_object(%L, %I::text)', attname, attname), ' || ') INTO object
		FROM pg_attribute WHERE attrelid = tab.oid AND attnum > 0 AND NOT attisdropped AND attgenerated = '';
		EXECUTE format('INSERT INTO rows_before SELECT %L, %s FROM ONLY %s', tab.name, coalesce(object, 'jsonb_build_object()'), tab.name);
	END LOOP;
END $$;

-- Rows that are not as they were, in the columns that are there before and after;
-- where a type is another one, the old value is cast.  Sequences that are in both
-- documents have the values that they had, as far as their limits let them.
CREATE FUNCTION pg_temp.changed_rows() RETURNS SETOF text LANGUAGE plpgsql AS $$
DECLARE
	tab record;
	olds text;
	news text;
	line text;
	value bigint;
BEGIN
	FOR tab IN SELECT relation AS name, to_regclass(relation) AS id, min(texts::text)::jsonb AS texts FROM rows_before GROUP BY relation ORDER BY relation LOOP
		IF tab.id IS NULL THEN
			RETURN NEXT tab.name || ' is gone';
			CONTINUE;
		END IF;
		-- what comes and goes of the types of rows changes what is printed of them
		SELECT string_agg(format('(texts ->> %L)::%s::text', attname, format_type(atttypid, atttypmod)), ', ' ORDER BY attnum),
			string_agg(format('%I::text', attname), ', ' ORDER BY attnum) INTO olds, news
		FROM pg_attribute a JOIN pg_type t ON t.oid = a.atttypid LEFT JOIN pg_type e ON e.oid = t.typelem
		WHERE attrelid = tab.id AND attnum > 0 AND NOT attisdropped AND attgenerated = '' AND tab.texts ? attname
			AND t.typtype <> 'c' AND e.typtype IS DISTINCT FROM 'c';
		CONTINUE WHEN olds IS NULL;
		FOR line IN EXECUTE format('SELECT ''%1$s had '' || o::text FROM (SELECT %2$s FROM rows_before WHERE relation = %4$L EXCEPT ALL SELECT %3$s FROM ONLY %4$s) o
			UNION ALL SELECT ''%1$s has '' || n::text FROM (SELECT %3$s FROM ONLY %4$s EXCEPT ALL SELECT %2$s FROM rows_before WHERE relation = %4$L) n',
			replace(tab.name, '''', ''''''), olds, news, tab.name)
		LOOP
			RETURN NEXT line;
		END LOOP;
	END LOOP;
	FOR tab IN SELECT s.relation, s.last_value, b.document -> 'sequences' -> s.relation AS wanted FROM sequences_before s
		JOIN documents b ON b.name = 'b' AND b.document -> 'sequences' ? s.relation ORDER BY 1
	LOOP
		EXECUTE format('SELECT last_value FROM %s', tab.relation) INTO value;
		IF value <> tab.last_value AND tab.last_value BETWEEN coalesce((tab.wanted ->> 'min_value')::bigint, 1) AND coalesce((tab.wanted ->> 'max_value')::bigint, 9223372036854775807) THEN
			RETURN NEXT format('%s was at %s, and is at %s', tab.relation, tab.last_value, value);
		END IF;
	END LOOP;
END $$;
