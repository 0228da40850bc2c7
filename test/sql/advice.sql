--
-- stormdisc_advice: for each rule what it speaks of, and what it does not
--
-- A table called bad_* is spoken of, one called good_* is not.
--
SET client_min_messages = warning;
CREATE SCHEMA disc_adv;
GRANT USAGE ON SCHEMA disc_adv TO PUBLIC;
SET search_path = disc_adv, public;

-- the rules, as they are by default
SELECT rule, category, severity, by_default FROM stormdisc_advice_rules();

--
-- unindexed_foreign_key
--
CREATE TABLE good_ref (a int, b int, t text, PRIMARY KEY (a, b), UNIQUE (a), UNIQUE (t));
ALTER TABLE good_ref ALTER t SET NOT NULL;
CREATE TABLE bad_fk (
	id int PRIMARY KEY, a int, b int, c int, d int, e int, f int, g int, h int, t text,
	CONSTRAINT none FOREIGN KEY (a) REFERENCES good_ref (a),
	CONSTRAINT second FOREIGN KEY (b) REFERENCES good_ref (a),
	CONSTRAINT included FOREIGN KEY (c) REFERENCES good_ref (a),
	CONSTRAINT partial FOREIGN KEY (d) REFERENCES good_ref (a),
	CONSTRAINT pages FOREIGN KEY (e) REFERENCES good_ref (a),
	CONSTRAINT expression FOREIGN KEY (f) REFERENCES good_ref (a),
	CONSTRAINT hashed FOREIGN KEY (g, h) REFERENCES good_ref,
	CONSTRAINT collated FOREIGN KEY (t) REFERENCES good_ref (t));
CREATE INDEX ON bad_fk (id, b);
CREATE INDEX ON bad_fk (id) INCLUDE (c);
CREATE INDEX ON bad_fk (d) WHERE d > 0;
CREATE INDEX ON bad_fk USING brin (e);
CREATE INDEX ON bad_fk ((f + 0));
CREATE INDEX ON bad_fk USING hash (h);
CREATE INDEX ON bad_fk (t COLLATE "POSIX");
CREATE TABLE good_fk (
	id int PRIMARY KEY, a int, b int, c int, d int, t text, u text,
	-- keys in another order
	FOREIGN KEY (a, b) REFERENCES good_ref,
	-- a null points nowhere
	FOREIGN KEY (c) REFERENCES good_ref (a),
	FOREIGN KEY (d) REFERENCES good_ref (a),
	-- at most one row
	FOREIGN KEY (id, b) REFERENCES good_ref,
	FOREIGN KEY (t) REFERENCES good_ref (t),
	FOREIGN KEY (u) REFERENCES good_ref (t),
	-- a column that is twice in the key needs to be once in the index
	FOREIGN KEY (d, d) REFERENCES good_ref);
CREATE INDEX ON good_fk (b, a, c);
CREATE INDEX ON good_fk (c) WHERE c IS NOT NULL;
CREATE INDEX ON good_fk USING hash (d);
CREATE INDEX ON good_fk (t text_pattern_ops);
CREATE INDEX ON good_fk (u DESC NULLS LAST, a);
-- a partitioned table is one table
CREATE TABLE bad_part (id int, a int REFERENCES good_ref (a), PRIMARY KEY (id)) PARTITION BY RANGE (id);
CREATE TABLE bad_part_1 PARTITION OF bad_part DEFAULT;
CREATE TABLE bad_part_2 PARTITION OF bad_part FOR VALUES FROM (1) TO (2);
SELECT object_name, object, message, suggestion
FROM stormdisc_advice(schemas => '{disc_adv}', rules => '{unindexed_foreign_key}');
SELECT suggestion FROM stormdisc_advice(schemas => '{disc_adv}', rules => '{unindexed_foreign_key}') \gexec
SELECT object FROM stormdisc_advice(schemas => '{disc_adv}', rules => '{unindexed_foreign_key}');
DROP TABLE bad_fk, good_fk, bad_part, good_ref;

--
-- duplicate_index, redundant_index
--
CREATE TABLE bad_ix (a int, b int, c text, idx int);
CREATE INDEX idx ON bad_ix (idx);
CREATE INDEX idx2 ON bad_ix (idx);
CREATE INDEX ab ON bad_ix (a, b DESC);
CREATE INDEX ab_reverse ON bad_ix (a DESC, b);
CREATE INDEX only_a ON bad_ix (a);
CREATE INDEX bc ON bad_ix (b, c) INCLUDE (a);
CREATE INDEX b_with_a ON bad_ix (b) INCLUDE (a);
CREATE UNIQUE INDEX uc ON bad_ix (c);
CREATE INDEX just_c ON bad_ix (c);
CREATE INDEX expr_1 ON bad_ix (lower(c), a) WHERE a > 0;
CREATE INDEX expr_2 ON bad_ix (lower(c)) WHERE a > 0;
CREATE TABLE good_ix (a int, b int, c text, r int4range, UNIQUE (a) DEFERRABLE, PRIMARY KEY (a));
CREATE INDEX ON good_ix (a, b DESC);
CREATE UNIQUE INDEX ON good_ix (b, a);
CREATE INDEX ON good_ix (b) WHERE a > 0;
CREATE INDEX ON good_ix (b DESC NULLS LAST);
CREATE INDEX ON good_ix (c);
CREATE INDEX ON good_ix (c text_pattern_ops);
CREATE INDEX ON good_ix (c COLLATE "POSIX");
CREATE INDEX ON good_ix USING hash (c);
CREATE INDEX ON good_ix USING gist (r);
CREATE INDEX ON good_ix (c) INCLUDE (b) WHERE a > 1;
CREATE INDEX ON good_ix (c, b) WHERE a > 2;
CREATE INDEX ON good_ix (lower(c));
CREATE INDEX ON good_ix (upper(c));
CREATE UNIQUE INDEX ON good_ix (a, c, b);
CREATE UNIQUE INDEX ON good_ix (a, c, b) NULLS NOT DISTINCT;
-- a constraint is kept, and what is pointed to
CREATE TABLE bad_keys (a int PRIMARY KEY, b int CONSTRAINT b_key UNIQUE, c int CONSTRAINT c_1 UNIQUE);
CREATE UNIQUE INDEX a_more ON bad_keys (a);
CREATE UNIQUE INDEX b_more ON bad_keys (b);
ALTER TABLE bad_keys ADD CONSTRAINT c_2 UNIQUE (c);
CREATE TABLE bad_keys_ref (c int REFERENCES bad_keys (c));
CREATE TABLE bad_ixp (a int, b int) PARTITION BY LIST (a);
CREATE TABLE bad_ixp_1 PARTITION OF bad_ixp FOR VALUES IN (1);
CREATE INDEX whole ON bad_ixp (a);
CREATE INDEX whole_too ON bad_ixp (a);
CREATE INDEX part ON bad_ixp_1 (a);
SELECT rule, severity, object_name, object, message, suggestion
FROM stormdisc_advice(schemas => '{disc_adv}', rules => '{duplicate_index,redundant_index}');
SELECT suggestion FROM stormdisc_advice(schemas => '{disc_adv}', rules => '{duplicate_index,redundant_index}') \gexec
SELECT rule, object, message, suggestion
FROM stormdisc_advice(schemas => '{disc_adv}', rules => '{duplicate_index,redundant_index}');
DROP TABLE bad_ix, good_ix, bad_keys_ref, bad_keys, bad_ixp;

--
-- unused_index
--
CREATE TABLE good_target (a int PRIMARY KEY);
CREATE TABLE bad_use (id int PRIMARY KEY, u int UNIQUE, used int, unused int,
	fk int REFERENCES good_target, two int REFERENCES good_target,
	EXCLUDE (used WITH =));
CREATE INDEX bad_use_used ON bad_use (used, id);
CREATE INDEX bad_use_unused ON bad_use (unused);
CREATE INDEX bad_use_fk ON bad_use (fk);
CREATE INDEX bad_use_two ON bad_use (two);
CREATE INDEX bad_use_two_too ON bad_use (two, id);
SET enable_seqscan = off;
SELECT used FROM bad_use WHERE used = 1 AND id > 0;
RESET enable_seqscan;
SELECT pg_stat_force_next_flush();
SELECT object, message, suggestion
FROM stormdisc_advice(schemas => '{disc_adv}', rules => '{performance}');
SELECT suggestion FROM stormdisc_advice(schemas => '{disc_adv}', rules => '{performance}') \gexec
SELECT rule, object FROM stormdisc_advice(schemas => '{disc_adv}', rules => '{performance}');
DROP TABLE bad_use, good_target;

--
-- no_primary_key
--
CREATE TABLE bad_pk (a int);
CREATE TABLE bad_pk_unique (id int NOT NULL, b int NOT NULL);
CREATE UNIQUE INDEX bad_pk_unique_key ON bad_pk_unique (id, b);
CREATE TABLE bad_pk_id (id int, UNIQUE (id));
CREATE TABLE "bad Pk part" (a int) PARTITION BY HASH (a);
CREATE TABLE bad_pk_part_0 PARTITION OF "bad Pk part" FOR VALUES WITH (MODULUS 1, REMAINDER 0);
CREATE TABLE good_pk (a int PRIMARY KEY);
CREATE TABLE good_pk_part (a int PRIMARY KEY) PARTITION BY HASH (a);
CREATE TABLE good_pk_part_0 PARTITION OF good_pk_part FOR VALUES WITH (MODULUS 1, REMAINDER 0);
CREATE TEMP TABLE good_temporary (a int);
SELECT object, message, suggestion
FROM stormdisc_advice(schemas => '{disc_adv,pg_temp}', rules => '{no_primary_key}');
SELECT suggestion FROM stormdisc_advice(schemas => '{disc_adv}', rules => '{no_primary_key}') \gexec
SELECT object FROM stormdisc_advice(schemas => '{disc_adv}', rules => '{no_primary_key}');
DROP TABLE bad_pk, bad_pk_unique, bad_pk_id, "bad Pk part", good_pk, good_pk_part, good_temporary;

--
-- invalid_index: a failed build; a partition without its part
--
CREATE TABLE bad_valid (a int PRIMARY KEY, b int);
INSERT INTO bad_valid VALUES (1, 1), (2, 1);
CREATE UNIQUE INDEX CONCURRENTLY bad_valid_b ON bad_valid (b);
CREATE UNIQUE INDEX CONCURRENTLY bad_valid_b_ccnew1 ON bad_valid (b);
CREATE TABLE bad_valid_part (a int) PARTITION BY LIST (a);
CREATE TABLE bad_valid_part_1 PARTITION OF bad_valid_part FOR VALUES IN (1);
CREATE INDEX bad_valid_part_a ON ONLY bad_valid_part (a);
SELECT severity, object_name, object, message, suggestion
FROM stormdisc_advice(schemas => '{disc_adv}', rules => '{invalid_index}');
DELETE FROM bad_valid;
SELECT suggestion FROM stormdisc_advice(schemas => '{disc_adv}', rules => '{invalid_index}') \gexec
SELECT object FROM stormdisc_advice(schemas => '{disc_adv}', rules => '{invalid_index}');
DROP TABLE bad_valid, bad_valid_part;

--
-- not_valid_constraint (not_enforced_constraint: see the pgTAP tests)
--
CREATE TABLE good_valid (a int PRIMARY KEY, CONSTRAINT good CHECK (a > 0));
CREATE TABLE bad_valid (a int PRIMARY KEY);
ALTER TABLE bad_valid ADD CONSTRAINT "Bad fk" FOREIGN KEY (a) REFERENCES good_valid NOT VALID;
ALTER TABLE bad_valid ADD CONSTRAINT bad_check CHECK (a > 0) NOT VALID;
CREATE TABLE good_child (PRIMARY KEY (a)) INHERITS (bad_valid);
SELECT object_name, object, message, suggestion
FROM stormdisc_advice(schemas => '{disc_adv}', rules => '{integrity}');
SELECT suggestion FROM stormdisc_advice(schemas => '{disc_adv}', rules => '{integrity}') \gexec
SELECT object FROM stormdisc_advice(schemas => '{disc_adv}', rules => '{integrity}');
DROP TABLE good_child, bad_valid, good_valid;

--
-- disabled_trigger
--
CREATE FUNCTION trig() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NULL; END';
CREATE TABLE good_trigger (a int PRIMARY KEY);
CREATE TRIGGER good AFTER INSERT ON good_trigger EXECUTE FUNCTION trig();
ALTER TABLE good_trigger ENABLE REPLICA TRIGGER good;
CREATE TABLE bad_trigger (a int PRIMARY KEY, r int REFERENCES good_trigger);
CREATE TRIGGER "Bad" AFTER INSERT ON bad_trigger EXECUTE FUNCTION trig();
ALTER TABLE bad_trigger DISABLE TRIGGER "Bad";
CREATE TABLE bad_trigger_part (a int PRIMARY KEY) PARTITION BY RANGE (a);
CREATE TABLE bad_trigger_part_1 PARTITION OF bad_trigger_part DEFAULT;
CREATE TRIGGER bad_both AFTER INSERT ON bad_trigger_part FOR EACH ROW EXECUTE FUNCTION trig();
CREATE TRIGGER bad_below AFTER INSERT ON bad_trigger_part FOR EACH ROW EXECUTE FUNCTION trig();
ALTER TABLE bad_trigger_part DISABLE TRIGGER bad_both;
ALTER TABLE bad_trigger_part_1 DISABLE TRIGGER bad_both;
ALTER TABLE bad_trigger_part_1 DISABLE TRIGGER bad_below;
SELECT severity, object_name, object, message, suggestion
FROM stormdisc_advice(schemas => '{disc_adv}', rules => '{disabled_trigger}');
ALTER TABLE bad_trigger DISABLE TRIGGER ALL;
SELECT severity, object_name, object, message, suggestion
FROM stormdisc_advice('bad_trigger', rules => '{disabled_trigger}');
SELECT suggestion FROM stormdisc_advice(schemas => '{disc_adv}', rules => '{disabled_trigger}') \gexec
SELECT object FROM stormdisc_advice(schemas => '{disc_adv}', rules => '{disabled_trigger}');
DROP TABLE bad_trigger, good_trigger, bad_trigger_part;

--
-- foreign_key_type
--
CREATE DOMAIN positive AS bigint;
CREATE TABLE good_big (id bigint PRIMARY KEY, d positive UNIQUE NOT NULL, v varchar(10) UNIQUE NOT NULL);
CREATE TABLE good_type (a bigint REFERENCES good_big, b positive REFERENCES good_big,
	c bigint REFERENCES good_big (d), v varchar(5) REFERENCES good_big (v));
CREATE TABLE bad_type (a int REFERENCES good_big, v text REFERENCES good_big (v));
SELECT object, message, suggestion
FROM stormdisc_advice(schemas => '{disc_adv}', rules => '{foreign_key_type}');
SELECT suggestion FROM stormdisc_advice(schemas => '{disc_adv}', rules => '{foreign_key_type}') \gexec
SELECT object FROM stormdisc_advice(schemas => '{disc_adv}', rules => '{foreign_key_type}');
DROP TABLE bad_type, good_type, good_big;

--
-- nullable_unique_key
--
CREATE DOMAIN never_null AS int NOT NULL;
CREATE TABLE good_unique (a int PRIMARY KEY, b int NOT NULL UNIQUE, c int UNIQUE NULLS NOT DISTINCT, d never_null UNIQUE, e int);
CREATE UNIQUE INDEX ON good_unique (e) WHERE e IS NOT NULL;
CREATE TABLE bad_unique (a int, "B b" int, c int NOT NULL, CONSTRAINT bad_unique_key UNIQUE (a, c, "B b"));
SELECT object_name, object, message, suggestion
FROM stormdisc_advice(schemas => '{disc_adv}', rules => '{nullable_unique_key}');
SELECT suggestion FROM stormdisc_advice(schemas => '{disc_adv}', rules => '{nullable_unique_key}') \gexec
SELECT object FROM stormdisc_advice(schemas => '{disc_adv}', rules => '{nullable_unique_key}');
DROP TABLE good_unique, bad_unique;

--
-- timestamp_without_time_zone, char_type, unsupported_reg_type
--
CREATE DOMAIN code AS char(3);
CREATE TABLE good_types (a timestamptz, b time, c varchar(3), d text, e bpchar, f "char", g regclass, h regtype);
CREATE TABLE bad_types (a timestamp, a3 timestamp(3), "As" timestamp[], c char, c3 char(3), cd code, p regproc, ps regprocedure[],
	g timestamp GENERATED ALWAYS AS (a) STORED);
CREATE TABLE good_types_child () INHERITS (bad_types);
CREATE VIEW good_view AS SELECT * FROM bad_types;
SELECT rule, object, message, suggestion
FROM stormdisc_advice(schemas => '{disc_adv}',
	rules => '{timestamp_without_time_zone,char_type,unsupported_reg_type}');
DROP VIEW good_view;
DROP TABLE good_types_child;
ALTER TABLE bad_types DROP g;
SELECT suggestion FROM stormdisc_advice(schemas => '{disc_adv}',
	rules => '{timestamp_without_time_zone,char_type,unsupported_reg_type}') \gexec
SELECT rule, object FROM stormdisc_advice(schemas => '{disc_adv}',
	rules => '{timestamp_without_time_zone,char_type,unsupported_reg_type}');
DROP TABLE good_types, bad_types;

--
-- row_security_without_policy, policy_without_row_security
--
CREATE TABLE good_rls (a int);
ALTER TABLE good_rls ENABLE ROW LEVEL SECURITY;
CREATE POLICY good ON good_rls USING (a > 0);
CREATE TABLE bad_rls (a int);
ALTER TABLE bad_rls ENABLE ROW LEVEL SECURITY;
CREATE TABLE bad_policy (a int);
CREATE POLICY bad ON bad_policy USING (a > 0);
SELECT rule, severity, object, message, suggestion
FROM stormdisc_advice(schemas => '{disc_adv}', rules => '{security}');
SELECT suggestion FROM stormdisc_advice(schemas => '{disc_adv}', rules => '{security}') \gexec
SELECT rule, object FROM stormdisc_advice(schemas => '{disc_adv}', rules => '{security}');
DROP TABLE bad_rls, bad_policy;

--
-- multiple_permissive_policies, policy_always_true, policy_calls_per_row
--
CREATE ROLE regress_disc_adv_1;
CREATE ROLE regress_disc_adv_2;
CREATE FUNCTION who() RETURNS int STABLE LANGUAGE sql RETURN 1;
CREATE TABLE bad_rls (a int, t text);
ALTER TABLE bad_rls ENABLE ROW LEVEL SECURITY;
CREATE POLICY every ON bad_rls USING (a > 0);
CREATE POLICY every_select ON bad_rls FOR SELECT USING (a > 1);
CREATE POLICY one_update ON bad_rls FOR UPDATE TO regress_disc_adv_1 USING (a > 2);
CREATE POLICY two_insert ON bad_rls FOR INSERT TO regress_disc_adv_2 WITH CHECK (1 = 1);
CREATE POLICY strict ON bad_rls AS RESTRICTIVE FOR UPDATE USING (true);
CREATE POLICY "All" ON bad_rls TO regress_disc_adv_2 USING (true);
CREATE POLICY own ON bad_rls AS RESTRICTIVE USING (t = current_setting('x.y') OR a = who());
CREATE TABLE good_overlap (a int, t text);
ALTER TABLE good_overlap ENABLE ROW LEVEL SECURITY;
CREATE POLICY one ON good_overlap FOR SELECT TO regress_disc_adv_1 USING (true);
CREATE POLICY two ON good_overlap FOR SELECT TO regress_disc_adv_2 USING (true);
CREATE POLICY three ON good_overlap FOR INSERT WITH CHECK (1 = a AND 1 = 2);
CREATE POLICY four ON good_overlap AS RESTRICTIVE USING (t = (SELECT current_setting('x.y')) AND a = abs(a));
CREATE POLICY five ON good_overlap AS RESTRICTIVE USING (a = (SELECT who()));
SELECT category, rule, severity, object_name, object, message, suggestion
FROM stormdisc_advice(schemas => '{disc_adv}', rules => '{performance,security}');
DROP TABLE bad_rls, good_overlap;

--
-- security_definer_view
--
CREATE TABLE good_open (a int);
CREATE VIEW good_invoker WITH (security_invoker = on) AS SELECT * FROM good_rls;
CREATE VIEW good_open_view AS SELECT * FROM good_open;
CREATE VIEW bad_view AS SELECT * FROM good_open JOIN good_rls USING (a);
CREATE VIEW "bad View off" WITH (security_invoker = false) AS SELECT 1 AS one WHERE EXISTS (SELECT FROM good_rls);
SELECT severity, object, message, suggestion
FROM stormdisc_advice(schemas => '{disc_adv}', rules => '{security_definer_view}');
SELECT suggestion FROM stormdisc_advice(schemas => '{disc_adv}', rules => '{security_definer_view}') \gexec
SELECT object FROM stormdisc_advice(schemas => '{disc_adv}', rules => '{security_definer_view}');
DROP VIEW good_invoker, good_open_view, bad_view, "bad View off";

--
-- security_definer_search_path, security_definer_public, function_search_path
--
CREATE FUNCTION good_path() RETURNS int SECURITY DEFINER SET search_path = pg_catalog LANGUAGE sql AS 'SELECT 1';
CREATE FUNCTION good_parsed() RETURNS int SECURITY DEFINER LANGUAGE sql RETURN 1;
CREATE FUNCTION good_c(float8) RETURNS float8 SECURITY DEFINER LANGUAGE internal AS 'dsin';
CREATE FUNCTION bad_definer("Int" int, VARIADIC v text[], OUT o int) SECURITY DEFINER LANGUAGE sql AS 'SELECT 1';
CREATE PROCEDURE "bad Proc"(positive, INOUT x int) SECURITY DEFINER LANGUAGE plpgsql AS 'BEGIN END';
CREATE FUNCTION bad_trigger() RETURNS trigger SECURITY DEFINER LANGUAGE plpgsql AS 'BEGIN RETURN NULL; END';
CREATE FUNCTION bad_invoker() RETURNS int LANGUAGE sql AS 'SELECT 1';
CREATE AGGREGATE good_sum(int) (SFUNC = int4pl, STYPE = int);
REVOKE EXECUTE ON FUNCTION good_path(), good_parsed(), good_c(float8) FROM PUBLIC;
SELECT rule, severity, object_name, object, message, suggestion
FROM stormdisc_advice(schemas => '{disc_adv}', rules => '{security}');
SELECT suggestion FROM stormdisc_advice(schemas => '{disc_adv}', rules => '{security}') \gexec
SELECT rule, object FROM stormdisc_advice(schemas => '{disc_adv}', rules => '{security}');
DROP PROCEDURE "bad Proc";

--
-- public_table, public_materialized_view, public_foreign_table,
-- public_sensitive_column
--
CREATE FOREIGN DATA WRAPPER disc_adv_fdw;
CREATE SERVER disc_adv_server FOREIGN DATA WRAPPER disc_adv_fdw;
CREATE TABLE bad_public (a int, password_hash text, "API_KEY" text, lessons text, compassword text);
CREATE TABLE bad_readable (a int);
CREATE FOREIGN TABLE bad_foreign (a int) SERVER disc_adv_server;
CREATE MATERIALIZED VIEW bad_mat AS SELECT 1 AS a;
CREATE TABLE good_private (password text);
CREATE TABLE good_granted (password text);
CREATE MATERIALIZED VIEW good_mat AS SELECT 1 AS a;
GRANT ALL ON bad_public, bad_foreign, bad_mat TO PUBLIC;
GRANT SELECT ON bad_readable, good_rls TO PUBLIC;
GRANT SELECT ON good_granted, good_mat TO regress_disc_adv_1;
SELECT rule, severity, object_name, object, message, suggestion
FROM stormdisc_advice(schemas => '{disc_adv}', rules => '{security}');
REVOKE USAGE ON SCHEMA disc_adv FROM PUBLIC;
SELECT rule, object FROM stormdisc_advice(schemas => '{disc_adv}', rules => '{security}');
GRANT USAGE ON SCHEMA disc_adv TO PUBLIC;
SELECT suggestion FROM stormdisc_advice(schemas => '{disc_adv}', rules => '{security}') \gexec
SELECT rule, object FROM stormdisc_advice(schemas => '{disc_adv}', rules => '{security}');
DROP MATERIALIZED VIEW bad_mat, good_mat;
DROP TABLE bad_public, bad_readable, good_private, good_granted, good_open, good_rls;
DROP FOREIGN DATA WRAPPER disc_adv_fdw CASCADE;

--
-- stale_statistics, table_bloat, autovacuum_disabled
--
CREATE TABLE good_stats (a int PRIMARY KEY);
CREATE TABLE good_small (a int PRIMARY KEY);
CREATE TABLE bad_stats (a int PRIMARY KEY) WITH (autovacuum_enabled = off, fillfactor = 50);
INSERT INTO good_stats SELECT generate_series(1, 2000);
INSERT INTO good_small SELECT generate_series(1, 999);
INSERT INTO bad_stats SELECT generate_series(1, 2000);
SELECT pg_stat_force_next_flush();
ANALYZE good_stats;
-- dead for everybody at once, whatever other sessions still see
BEGIN;
INSERT INTO bad_stats SELECT generate_series(2001, 5000);
ROLLBACK;
SELECT pg_stat_force_next_flush();
SELECT rule, severity, object, message, suggestion
FROM stormdisc_advice(schemas => '{disc_adv}', rules => '{maintenance}');
SELECT suggestion FROM stormdisc_advice(schemas => '{disc_adv}', rules => '{maintenance}') \gexec
SELECT pg_stat_force_next_flush();
SELECT rule, object FROM stormdisc_advice(schemas => '{disc_adv}', rules => '{maintenance}');
DROP TABLE good_stats, good_small, bad_stats;

--
-- sequence_near_exhaustion, integer_key_near_exhaustion
--
CREATE TABLE bad_serial (id serial PRIMARY KEY, i int GENERATED ALWAYS AS IDENTITY, s smallserial, b bigserial);
SELECT setval('bad_serial_id_seq', 2000000000), setval('bad_serial_i_seq', 2140000000), setval('bad_serial_s_seq', 30000);
CREATE SEQUENCE bad_max MAXVALUE 100;
CREATE SEQUENCE bad_int AS int MAXVALUE 100;
SELECT setval('bad_int', 99);
SELECT setval('bad_max', 85);
CREATE SEQUENCE bad_down AS smallint INCREMENT -1;
SELECT setval('bad_down', -32760);
CREATE SEQUENCE bad_big;
SELECT setval('bad_big', 9223372036854775807);
-- a bigint sequence fills an int
CREATE SEQUENCE good_seq;
CREATE TABLE bad_narrow (a int PRIMARY KEY DEFAULT nextval('good_seq'));
ALTER SEQUENCE good_seq OWNED BY bad_narrow.a;
SELECT setval('good_seq', 2000000000);
CREATE SEQUENCE good_cycle MAXVALUE 100 CYCLE;
SELECT setval('good_cycle', 100);
CREATE SEQUENCE good_new MAXVALUE 2;
CREATE SEQUENCE good_from MINVALUE 0 START 900 MAXVALUE 1000;
SELECT nextval('good_from');
SELECT rule, severity, object_name, object, message, suggestion
FROM stormdisc_advice(schemas => '{disc_adv}', rules => '{maintenance}');
SELECT rule, object_name FROM stormdisc_advice('bad_max', rules => '{maintenance}');
SELECT rule, object_name FROM stormdisc_advice('bad_narrow', rules => '{maintenance}');
-- who may not read a sequence is told so
SET ROLE regress_disc_adv_1;
SELECT rule, severity, object_name, message, suggestion, problem
FROM stormdisc_advice('disc_adv.bad_max', rules => '{maintenance}');
RESET ROLE;
SELECT suggestion FROM stormdisc_advice(schemas => '{disc_adv}', rules => '{maintenance}') \gexec
SELECT rule, object, suggestion FROM stormdisc_advice(schemas => '{disc_adv}', rules => '{maintenance}');
-- no lock is left
SELECT count(*) FROM pg_locks WHERE pid = pg_backend_pid() AND relation >= 16384;
DROP TABLE bad_serial, bad_narrow;
DROP SEQUENCE bad_max, bad_down, bad_big, good_cycle, good_new, good_from;

--
-- no_default_partition (detach_pending: see the isolation tests)
--
CREATE TABLE good_hash (a int PRIMARY KEY) PARTITION BY HASH (a);
CREATE TABLE good_list (a int PRIMARY KEY) PARTITION BY LIST (a);
CREATE TABLE good_list_rest PARTITION OF good_list DEFAULT PARTITION BY RANGE (a);
CREATE TABLE good_list_rest_rest PARTITION OF good_list_rest DEFAULT;
CREATE TABLE "bad List" (a int PRIMARY KEY) PARTITION BY LIST (a);
CREATE TABLE bad_range (a int PRIMARY KEY) PARTITION BY RANGE (a);
CREATE TABLE bad_range_default (a int PRIMARY KEY);
SELECT object, message, suggestion
FROM stormdisc_advice(schemas => '{disc_adv}', rules => '{no_default_partition}');
SELECT suggestion FROM stormdisc_advice(schemas => '{disc_adv}', rules => '{no_default_partition}') \gexec
SELECT object FROM stormdisc_advice(schemas => '{disc_adv}', rules => '{no_default_partition}');
DROP TABLE good_hash, good_list, "bad List", bad_range, bad_range_default;

--
-- The conventions, which are off by default
--
CREATE TYPE mood AS ENUM ('good', 'bad');
CREATE TABLE good_categories (
	id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
	status mood NOT NULL,
	created_at timestamptz NOT NULL DEFAULT now(),
	updated_at timestamptz NOT NULL DEFAULT now(),
	deleted_at timestamptz);
CREATE TABLE good_items (LIKE good_categories INCLUDING ALL,
	good_category_id bigint REFERENCES good_categories,
	parent_good_category_id bigint REFERENCES good_categories,
	good_categories_id bigint REFERENCES good_categories);
CREATE INDEX ON good_items (good_category_id);
CREATE INDEX ON good_items (parent_good_category_id);
CREATE INDEX ON good_items (good_categories_id);
CREATE TABLE "badItems" (
	uuid uuid PRIMARY KEY,
	category bigint REFERENCES good_categories,
	"orderStatus" text,
	"orderDate" date,
	order_status text,
	"HTTPCode 2" jsonb,
	order_date date);
CREATE TABLE bad_no_key (a int);
SELECT rule, severity, object, message, suggestion
FROM stormdisc_advice(schemas => '{disc_adv}', rules => '{convention}');
SELECT count(*) FROM stormdisc_advice(schemas => '{disc_adv}') WHERE category = 'convention';
SELECT suggestion FROM stormdisc_advice(schemas => '{disc_adv}', rules => '{convention}', skip => '{convention_column_name,convention_table_name}') \gexec
SELECT suggestion FROM stormdisc_advice(schemas => '{disc_adv}', rules => '{convention}') \gexec
SELECT rule, object, suggestion
FROM stormdisc_advice(schemas => '{disc_adv}', rules => '{convention}');

--
-- Scope and switches
--
CREATE TABLE bad_last (a timestamp);
SELECT count(*) FROM stormdisc_advice('good_items');
SELECT DISTINCT object_name FROM stormdisc_advice(include => '{disc_adv.bad_*}', rules => '{all}') ORDER BY 1;
SELECT DISTINCT object_name FROM stormdisc_advice(schemas => '{disc_adv}', exclude => '{bad*,good*,trig,who}', rules => '{all}');
SELECT rule FROM stormdisc_advice('bad_last');
SELECT rule FROM stormdisc_advice('bad_last', rules => '{default,convention}', skip => '{integrity,convention_timestamps}');
SELECT rule FROM stormdisc_advice('bad_last', skip => '{all}');
SELECT rule FROM stormdisc_advice('bad_last', rules => '{no_such}');
SELECT rule FROM stormdisc_advice('bad_last', skip => '{No_primary_key}');
SELECT rule FROM stormdisc_advice('bad_last', rules => '{}');
SELECT rule FROM stormdisc_advice('bad_last', rules => '{NULL}');
CREATE TYPE a_type AS (a int);
SELECT rule FROM stormdisc_advice('a_type');
SELECT rule FROM stormdisc_advice(schemas => '{no_such}');

DROP SCHEMA disc_adv CASCADE;
DROP ROLE regress_disc_adv_1, regress_disc_adv_2;
