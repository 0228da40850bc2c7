-- Operators, operator classes and families, casts, transforms, languages,
-- access methods: every count and identity, and members, as pg_catalog has them.
BEGIN;
SET LOCAL jit = off;
SET LOCAL client_min_messages = warning;
CREATE EXTENSION IF NOT EXISTS pgtap;
CREATE EXTENSION IF NOT EXISTS stormdisc;
SELECT plan(12);

CREATE SCHEMA "Oper s";
CREATE SCHEMA oper;
SET LOCAL search_path = oper, "Oper s", public;
CREATE TYPE num AS (v int);
CREATE TYPE ran AS RANGE (subtype = int4);
CREATE FUNCTION num_lt(num, num) RETURNS bool LANGUAGE sql IMMUTABLE AS 'SELECT $1.v < $2.v';
CREATE FUNCTION num_cmp(num, num) RETURNS int LANGUAGE sql IMMUTABLE AS 'SELECT $1.v - $2.v';
CREATE FUNCTION num_of(int) RETURNS num LANGUAGE sql IMMUTABLE AS 'SELECT row($1)::oper.num';
CREATE FUNCTION num_of(num, int, bool) RETURNS num LANGUAGE sql IMMUTABLE AS 'SELECT $1';
CREATE FUNCTION "num Neg"(num) RETURNS num LANGUAGE sql IMMUTABLE AS 'SELECT row(-$1.v)::oper.num';
CREATE OPERATOR <# (LEFTARG = num, RIGHTARG = num, FUNCTION = num_lt, COMMUTATOR = >#, NEGATOR = >=#, RESTRICT = scalarltsel, JOIN = scalarltjoinsel, HASHES, MERGES);
CREATE OPERATOR "Oper s".-# (RIGHTARG = num, FUNCTION = "num Neg");
CREATE OPERATOR FAMILY fam USING btree;
CREATE OPERATOR FAMILY fam USING hash;
CREATE OPERATOR CLASS "C ls" DEFAULT FOR TYPE num USING btree FAMILY fam AS OPERATOR 1 <#, FUNCTION 1 num_cmp(num, num);
CREATE OPERATOR CLASS texts FOR TYPE text USING btree FAMILY fam AS
	OPERATOR 1 <, OPERATOR 2 <=, OPERATOR 3 =, OPERATOR 4 >=, OPERATOR 5 >, FUNCTION 1 bttextcmp(text, text),
	FUNCTION 2 (text, text) bttextsortsupport(internal);
CREATE OPERATOR CLASS near FOR TYPE point USING gist AS STORAGE box, OPERATOR 15 <-> (point, point) FOR ORDER BY pg_catalog.float_ops,
	FUNCTION 1 gist_point_consistent(internal, point, smallint, oid, internal), FUNCTION 2 gist_box_union(internal, internal),
	FUNCTION 5 gist_box_penalty(internal, internal, internal), FUNCTION 6 gist_box_picksplit(internal, internal), FUNCTION 7 gist_box_same(box, box, internal);
CREATE CAST (int AS num) WITH FUNCTION num_of(int) AS ASSIGNMENT;
CREATE CAST (num AS num) WITH FUNCTION num_of(num, int, bool) AS IMPLICIT;
CREATE CAST (num AS bpchar) WITH INOUT;
CREATE CAST (varbit AS bytea) WITHOUT FUNCTION;
CREATE LANGUAGE "Lang" HANDLER plpgsql_call_handler INLINE plpgsql_inline_handler VALIDATOR plpgsql_validator;
CREATE FUNCTION from_sql(internal) RETURNS internal LANGUAGE internal IMMUTABLE AS 'textin';
CREATE TRANSFORM FOR num LANGUAGE "Lang" (FROM SQL WITH FUNCTION from_sql(internal));
CREATE TRANSFORM FOR char LANGUAGE "Lang" (FROM SQL WITH FUNCTION from_sql(internal));
CREATE ACCESS METHOD heap_too TYPE TABLE HANDLER heap_tableam_handler;
CREATE ACCESS METHOD "Btree" TYPE INDEX HANDLER bthandler;

-- regprocedure and regoperator name what is in the search path without its schema
SET LOCAL search_path = '';
CREATE FUNCTION pg_temp.qualified(function pg_catalog.regprocedure) RETURNS pg_catalog.text LANGUAGE sql STABLE AS $$
	SELECT CASE WHEN pronamespace OPERATOR(pg_catalog.=) 'pg_catalog'::pg_catalog.regnamespace THEN 'pg_catalog.' ELSE '' END
		OPERATOR(pg_catalog.||) oid::pg_catalog.regprocedure::pg_catalog.text FROM pg_catalog.pg_proc WHERE oid OPERATOR(pg_catalog.=) function
$$;
CREATE FUNCTION pg_temp.qualified(operator pg_catalog.regoperator) RETURNS pg_catalog.text LANGUAGE sql STABLE AS $$
	SELECT CASE WHEN oprnamespace OPERATOR(pg_catalog.=) 'pg_catalog'::pg_catalog.regnamespace THEN 'pg_catalog.' ELSE '' END
		OPERATOR(pg_catalog.||) oid::pg_catalog.regoperator::pg_catalog.text FROM pg_catalog.pg_operator WHERE oid OPERATOR(pg_catalog.=) operator
$$;
CREATE TEMP TABLE operators AS
	SELECT nspname::text AS s, oprname::text AS o, nullif(oprleft, 0)::regtype::text AS l, nullif(oprright, 0)::regtype::text AS r, nullif(oprresult, 0)::regtype::text AS result,
		(pg_catalog.parse_ident(pg_temp.qualified(oprcode::oid::regprocedure), false))[2] AS f, oprcanhash AS h, oprcanmerge AS m,
		(SELECT c.oprname::text FROM pg_operator c WHERE c.oid = p.oprcom) AS com, (SELECT c.oprname::text FROM pg_operator c WHERE c.oid = p.oprnegate) AS neg,
		pg_temp.qualified(p.oid::regoperator) AS signature
	FROM pg_operator p JOIN pg_namespace n ON n.oid = oprnamespace WHERE oprcode <> 0 AND nspname IN ('oper', 'Oper s', 'pg_catalog');
CREATE TEMP TABLE casts AS SELECT castsource::regtype::text AS s, casttarget::regtype::text AS t,
		CASE castmethod WHEN 'f' THEN 'function' WHEN 'i' THEN 'inout' ELSE 'binary' END AS method,
		CASE WHEN castfunc <> 0 THEN pg_temp.qualified(castfunc::regprocedure) END AS f,
		CASE castcontext WHEN 'e' THEN 'explicit' WHEN 'a' THEN 'assignment' ELSE 'implicit' END AS context
	FROM pg_cast c WHERE oid >= 16384
	AND NOT EXISTS (SELECT FROM pg_range WHERE rngtypid = castsource AND rngmultitypid = casttarget)
	AND NOT EXISTS (SELECT FROM pg_depend d WHERE d.classid = 'pg_cast'::regclass AND d.objid = c.oid AND deptype = 'e');
CREATE TEMP TABLE transforms AS SELECT trftype::regtype::text AS type, lanname::text AS language,
		CASE WHEN trffromsql <> 0 THEN pg_temp.qualified(trffromsql::oid::regprocedure) END AS from_sql,
		CASE WHEN trftosql <> 0 THEN pg_temp.qualified(trftosql::oid::regprocedure) END AS to_sql
	FROM pg_transform t JOIN pg_language l ON l.oid = trflang
	WHERE NOT EXISTS (SELECT FROM pg_depend d WHERE d.classid = 'pg_transform'::regclass AND d.objid = t.oid AND deptype = 'e');
-- as pg_dump finds the members of a class and those of a family only
CREATE TEMP TABLE members AS
	SELECT d.refclassid, d.refobjid, format('OPERATOR %s %s', amopstrategy, pg_temp.qualified(amopopr::regoperator))
			|| CASE WHEN amoppurpose = 'o' THEN (SELECT format(' FOR ORDER BY %I.%I', nspname, opfname) FROM pg_opfamily f JOIN pg_namespace n ON n.oid = opfnamespace WHERE f.oid = amopsortfamily) ELSE '' END AS member,
			0 AS kind, amopstrategy AS n
	FROM pg_amop a JOIN pg_depend d ON d.classid = 'pg_amop'::regclass AND d.objid = a.oid AND d.refclassid IN ('pg_opclass'::regclass, 'pg_opfamily'::regclass)
	UNION ALL
	SELECT d.refclassid, d.refobjid, format('FUNCTION %s (%s, %s) %s', amprocnum, amproclefttype::regtype, amprocrighttype::regtype, pg_temp.qualified(amproc::oid::regprocedure)),
			1, amprocnum
	FROM pg_amproc a JOIN pg_depend d ON d.classid = 'pg_amproc'::regclass AND d.objid = a.oid AND d.refclassid IN ('pg_opclass'::regclass, 'pg_opfamily'::regclass);
CREATE TEMP TABLE classes AS
	SELECT nspname::text AS s, opcname::text AS o, 'class' AS kind, amname::text AS am, opcintype::regtype::text AS input, nullif(opckeytype, 0)::regtype::text AS storage, opcdefault AS is_default,
		(SELECT format('%I.%I', (SELECT nspname FROM pg_namespace WHERE oid = opfnamespace), opfname) FROM pg_opfamily f WHERE f.oid = opcfamily) AS family,
		array(SELECT member FROM pg_temp.members WHERE refclassid = 'pg_opclass'::regclass AND refobjid = c.oid ORDER BY kind, n, member COLLATE "C") AS members
	FROM pg_opclass c JOIN pg_namespace n ON n.oid = opcnamespace JOIN pg_am am ON am.oid = opcmethod
	UNION ALL
	SELECT nspname::text, opfname::text, 'family', amname::text, NULL, NULL, NULL, NULL,
		array(SELECT member FROM pg_temp.members WHERE refclassid = 'pg_opfamily'::regclass AND refobjid = f.oid ORDER BY kind, n, member COLLATE "C")
	FROM pg_opfamily f JOIN pg_namespace n ON n.oid = opfnamespace JOIN pg_am am ON am.oid = opfmethod;
SET LOCAL search_path = public, pg_temp;

SELECT bag_eq($$SELECT schema_name, operator_name, left_type, right_type, result_type, is_hashable, is_mergeable,
		(parse_ident(function))[2] FROM stormdisc_operators(schemas => '{oper,"Oper s",pg_catalog}')$$,
	'SELECT s, o, l, r, result, h, m, f FROM operators', 'operators as in pg_operator, without those only named');
SELECT bag_eq($$SELECT schema_name, operator_name, left_type, right_type, regexp_replace(commutator, '^.*\.', '') AS com, regexp_replace(negator, '^.*\.', '') AS neg FROM stormdisc_operators(schemas => '{oper,"Oper s",pg_catalog}')$$,
	'SELECT s, o, l, r, com, neg FROM operators', 'with their commutators and negators');
SELECT bag_eq($$SELECT schema_name, operator_name FROM stormdisc_operators() WHERE schema_name IN ('oper', 'Oper s')$$,
	$$SELECT s, o FROM operators WHERE s <> 'pg_catalog'$$, 'in the default scope, too');
SELECT bag_eq($$SELECT schema_name, object_name, object_kind, access_method, input_type, storage_type, is_default, family, members
		FROM stormdisc_operator_classes(schemas => '{oper,"Oper s"}')$$,
	$$SELECT * FROM classes WHERE s IN ('oper', 'Oper s')$$, 'operator classes and families with the members that pg_dump gives them');
SELECT is(count(*)::int, 6, 'all of them') FROM stormdisc_operator_classes(schemas => '{oper,"Oper s"}');
SELECT bag_eq($$SELECT schema_name, object_name, object_kind, access_method, input_type, storage_type, is_default, family FROM stormdisc_operator_classes(schemas => '{pg_catalog}')$$,
	$$SELECT s, o, kind, am, input, storage, is_default, family FROM classes WHERE s = 'pg_catalog'$$, 'also those of the server');
SELECT results_eq($$SELECT count(*) FROM stormdisc_operator_classes(schemas => '{pg_catalog}'), unnest(members)$$,
	$$SELECT (SELECT count(*) FROM pg_amop WHERE oid < 16384) + (SELECT count(*) FROM pg_amproc WHERE oid < 16384)$$, 'with all their members');
SELECT bag_eq('SELECT source_type, target_type, method, function, context FROM stormdisc_casts()', 'SELECT * FROM casts', 'casts as in pg_cast');
SELECT bag_eq('SELECT type, language, from_sql, to_sql FROM stormdisc_transforms()', 'SELECT * FROM transforms', 'transforms as in pg_transform');
SELECT bag_eq('SELECT language_name, is_trusted FROM stormdisc_languages()',
	$$SELECT lanname::text, lanpltrusted FROM pg_language l WHERE oid >= 16384
		AND NOT EXISTS (SELECT FROM pg_depend d WHERE d.classid = 'pg_language'::regclass AND d.objid = l.oid AND deptype = 'e')$$, 'languages as in pg_language');
SELECT bag_eq('SELECT access_method_name, method_type FROM stormdisc_access_methods()',
	$$SELECT amname::text, CASE amtype WHEN 't' THEN 'table' ELSE 'index' END FROM pg_am a WHERE oid >= 16384
		AND NOT EXISTS (SELECT FROM pg_depend d WHERE d.classid = 'pg_am'::regclass AND d.objid = a.oid AND deptype = 'e')$$, 'access methods as in pg_am');
SELECT is_empty($$SELECT 1 FROM stormdisc_casts() WHERE problem IS NOT NULL UNION ALL SELECT 1 FROM stormdisc_operators() WHERE problem IS NOT NULL
	UNION ALL SELECT 1 FROM stormdisc_operator_classes() WHERE problem IS NOT NULL$$, 'no problems');

SELECT * FROM finish();
ROLLBACK;
