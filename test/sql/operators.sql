--
-- stormdisc_operators, _operator_classes, _casts, _access_methods
--
SET client_min_messages = warning;
CREATE SCHEMA disc_oper;
CREATE SCHEMA "disc Oper";
SET search_path = disc_oper, public;

--
-- Operators
--
CREATE TYPE num AS (v int);
CREATE FUNCTION num_lt(num, num) RETURNS bool LANGUAGE sql IMMUTABLE AS 'SELECT $1.v < $2.v';
CREATE FUNCTION num_le(num, num) RETURNS bool LANGUAGE sql IMMUTABLE AS 'SELECT $1.v <= $2.v';
CREATE FUNCTION num_eq(num, num) RETURNS bool LANGUAGE sql IMMUTABLE AS 'SELECT $1.v = $2.v';
CREATE FUNCTION num_ge(num, num) RETURNS bool LANGUAGE sql IMMUTABLE AS 'SELECT $1.v >= $2.v';
CREATE FUNCTION num_gt(num, num) RETURNS bool LANGUAGE sql IMMUTABLE AS 'SELECT $1.v > $2.v';
CREATE FUNCTION num_cmp(num, num) RETURNS int LANGUAGE sql IMMUTABLE AS 'SELECT $1.v - $2.v';
CREATE FUNCTION num_eq_int(num, int) RETURNS bool LANGUAGE sql IMMUTABLE AS 'SELECT $1.v = $2';
CREATE FUNCTION num_cmp_int(num, int) RETURNS int LANGUAGE sql IMMUTABLE AS 'SELECT $1.v - $2';
CREATE FUNCTION num_neg(num) RETURNS num LANGUAGE sql IMMUTABLE AS 'SELECT row(-$1.v)::disc_oper.num';
CREATE OPERATOR <# (LEFTARG = num, RIGHTARG = num, FUNCTION = num_lt, COMMUTATOR = >#, NEGATOR = >=#,
	RESTRICT = scalarltsel, JOIN = scalarltjoinsel);
-- named by now, but not defined: not there
SELECT operator_name, commutator, negator FROM stormdisc_operators(schemas => '{disc_oper}');
CREATE OPERATOR <=# (LEFTARG = num, RIGHTARG = num, FUNCTION = num_le);
CREATE OPERATOR "disc Oper".=# (LEFTARG = num, RIGHTARG = num, FUNCTION = num_eq, COMMUTATOR = OPERATOR("disc Oper".=#), HASHES, MERGES);
CREATE OPERATOR >=# (LEFTARG = num, RIGHTARG = num, FUNCTION = num_ge, NEGATOR = <#);
CREATE OPERATOR ># (LEFTARG = num, RIGHTARG = num, FUNCTION = num_gt, COMMUTATOR = <#);
CREATE OPERATOR "disc Oper".=# (LEFTARG = num, RIGHTARG = int, FUNCTION = num_eq_int);
CREATE OPERATOR -# (RIGHTARG = num, FUNCTION = num_neg);
COMMENT ON OPERATOR -# (NONE, num) IS 'prefix';
SELECT schema_name, operator_name AS op, left_type, right_type, result_type, function, commutator, negator
FROM stormdisc_operators(schemas => '{disc_oper,disc Oper}');
SELECT operator_name AS op, left_type, right_type, restrict_estimator, join_estimator, is_hashable AS h, is_mergeable AS m,
	owner = current_user AS own, comment, problem
FROM stormdisc_operators(schemas => '{disc_oper,disc Oper}');
SELECT operator_name FROM stormdisc_operators(include => ARRAY['disc_oper."<"*', '-#']);

--
-- Operator classes and families; members of the class are there, loose ones in the family
--
CREATE OPERATOR FAMILY fam USING btree;
CREATE OPERATOR CLASS cls DEFAULT FOR TYPE num USING btree FAMILY fam AS
	OPERATOR 1 <#, OPERATOR 2 <=#, OPERATOR 3 "disc Oper".=#, OPERATOR 4 >=#, OPERATOR 5 >#,
	FUNCTION 1 num_cmp(num, num);
ALTER OPERATOR FAMILY fam USING btree ADD OPERATOR 3 "disc Oper".=# (num, int),
	FUNCTION 1 (num, int) num_cmp_int(num, int);
CREATE OPERATOR CLASS "Own fam" FOR TYPE num USING hash AS OPERATOR 1 "disc Oper".=#;
CREATE OPERATOR CLASS texts FOR TYPE text USING btree FAMILY fam AS
	OPERATOR 1 <, OPERATOR 2 <=, OPERATOR 3 =, OPERATOR 4 >=, OPERATOR 5 >, FUNCTION 1 bttextcmp(text, text),
	FUNCTION 2 (text, text) bttextsortsupport(internal);
CREATE OPERATOR CLASS near FOR TYPE point USING gist AS STORAGE box,
	OPERATOR 15 <-> (point, point) FOR ORDER BY pg_catalog.float_ops,
	FUNCTION 1 gist_point_consistent(internal, point, smallint, oid, internal),
	FUNCTION 2 gist_box_union(internal, internal),
	FUNCTION 5 gist_box_penalty(internal, internal, internal),
	FUNCTION 6 gist_box_picksplit(internal, internal),
	FUNCTION 7 gist_box_same(box, box, internal);
COMMENT ON OPERATOR CLASS cls USING btree IS 'a class';
COMMENT ON OPERATOR FAMILY fam USING btree IS 'a family';
SELECT object_kind AS kind, object_name, access_method AS am, input_type, storage_type, is_default AS def, family,
	owner = current_user AS own, comment, problem
FROM stormdisc_operator_classes(schemas => '{disc_oper}');
SELECT object_kind AS kind, object_name, member
FROM stormdisc_operator_classes(schemas => '{disc_oper}'), unnest(members) member;
-- only the class is asked for
SELECT object_kind AS kind, object_name, array_length(members, 1) FROM stormdisc_operator_classes(include => '{disc_oper.cls}');
-- what a relation uses
CREATE TABLE keyed (n num) PARTITION BY RANGE (n cls);
SELECT object_kind, object_name FROM stormdisc_operator_classes('keyed');
CREATE VIEW with_operator AS SELECT n <# n AS a FROM keyed;
CREATE TABLE with_default (a bool DEFAULT row(1)::num <# row(2)::num);
SELECT operator_name FROM stormdisc_operators('with_default');

--
-- Casts
--
CREATE FUNCTION num_of(int) RETURNS num LANGUAGE sql IMMUTABLE AS 'SELECT row($1)::disc_oper.num';
CREATE FUNCTION num_of(num, int, bool) RETURNS num LANGUAGE sql IMMUTABLE AS 'SELECT $1';
CREATE TYPE mood AS ENUM ('sad', 'ok');
CREATE TYPE ran AS RANGE (subtype = int4);
CREATE CAST (int AS num) WITH FUNCTION num_of(int) AS ASSIGNMENT;
CREATE CAST (num AS num) WITH FUNCTION num_of(num, int, bool) AS IMPLICIT;
CREATE CAST (mood AS char) WITH INOUT;
CREATE CAST (num[] AS text) WITH INOUT AS IMPLICIT;
CREATE CAST (varbit AS bytea) WITHOUT FUNCTION;
COMMENT ON CAST (int AS num) IS 'a cast';
SELECT * FROM stormdisc_casts();
DROP CAST (varbit AS bytea);
-- casts have no schema
SELECT count(*) FROM stormdisc_casts(schemas => '{disc_oper}');

--
-- Access methods
--
SELECT count(*) FROM stormdisc_access_methods();
CREATE ACCESS METHOD disc_heap TYPE TABLE HANDLER heap_tableam_handler;
CREATE ACCESS METHOD "disc Btree" TYPE INDEX HANDLER bthandler;
COMMENT ON ACCESS METHOD disc_heap IS 'an access method';
SELECT * FROM stormdisc_access_methods();
CREATE TABLE on_heap (a int) USING disc_heap;
SELECT access_method_name FROM stormdisc_access_methods('on_heap');
DROP TABLE on_heap;
DROP ACCESS METHOD disc_heap;
DROP ACCESS METHOD "disc Btree";

DROP SCHEMA disc_oper, "disc Oper" CASCADE;
