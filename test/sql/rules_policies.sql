--
-- stormdisc_rules, stormdisc_policies, stormdisc_property_graphs
--
-- The texts of queries differ between versions of the server, so they are held
-- against the server's own, and only those without a query are shown.
--
SET client_min_messages = warning;
CREATE SCHEMA disc_rules;
CREATE SCHEMA "disc Rules";
SET search_path = disc_rules, public;
CREATE ROLE regress_disc_one;
CREATE ROLE "regress_disc Two";

CREATE FUNCTION wrong_rules(VARIADIC schemas text[]) RETURNS TABLE (rule text, ours text, theirs text)
LANGUAGE sql SET search_path = pg_catalog, pg_temp SET DateStyle = 'ISO, MDY' AS $$
	SELECT rule_name, definition, pg_get_ruledef(r.oid)
	FROM public.stormdisc_rules(schemas => $1) v
		FULL JOIN (pg_rewrite r JOIN pg_class c ON c.oid = ev_class JOIN pg_namespace n ON n.oid = relnamespace)
			ON relname = table_name AND nspname = schema_name AND rulename = rule_name
	WHERE coalesce(rulename, '') <> '_RETURN' AND coalesce(nspname, schema_name) = ANY ($1)
		AND (definition IS DISTINCT FROM pg_get_ruledef(r.oid) OR problem IS NOT NULL
			OR event IS DISTINCT FROM (ARRAY['select', 'update', 'insert', 'delete'])[ev_type::text::int]
			OR v.is_instead IS DISTINCT FROM r.is_instead OR (condition IS NULL) <> (ev_qual = '<>'))
$$;
CREATE FUNCTION wrong_policies(VARIADIC schemas text[]) RETURNS TABLE (policy text, ours text, theirs text)
LANGUAGE sql SET search_path = pg_catalog, pg_temp SET DateStyle = 'ISO, MDY' AS $$
	SELECT policy_name, v::text, p::text
	FROM public.stormdisc_policies(schemas => $1) v
		FULL JOIN pg_policies p ON schemaname = schema_name AND tablename = table_name AND policyname = policy_name
	WHERE coalesce(schemaname, schema_name) = ANY ($1)
		AND ((using_expression, check_expression, lower(cmd), permissive = 'PERMISSIVE')
			IS DISTINCT FROM (qual, with_check, command, is_permissive)
			OR problem IS NOT NULL OR v.roles IS DISTINCT FROM ARRAY(SELECT r::text COLLATE "C" FROM unnest(p.roles) r ORDER BY 1))
$$;

CREATE TABLE t (gone int, id int PRIMARY KEY, "A a" text, d date DEFAULT CURRENT_DATE);
ALTER TABLE t DROP gone;
CREATE TABLE log (at timestamptz, what text, id int UNIQUE);
CREATE TABLE "disc Rules"."O o" (id int, t disc_rules.t);
CREATE VIEW v AS SELECT id, "A a" FROM t;
CREATE FUNCTION ok(int) RETURNS bool LANGUAGE sql AS 'SELECT $1 > 0';

--
-- Rules
--
CREATE RULE nothing AS ON DELETE TO log DO INSTEAD NOTHING;
CREATE RULE b_also AS ON INSERT TO t DO ALSO INSERT INTO log VALUES (now(), new."A a", new.id);
CREATE RULE a_condition AS ON UPDATE TO t WHERE old.id <> new.id AND disc_rules.ok(new.id)
	DO INSTEAD (UPDATE log SET what = old."A a" || '->' || new."A a" WHERE log.id = old.id; DELETE FROM "disc Rules"."O o" o WHERE o.id = old.id);
CREATE RULE "C c" AS ON DELETE TO t WHERE EXISTS (SELECT 1 FROM log l WHERE l.id = old.id AND old.ctid IS NOT NULL) AND old.tableoid > 0
	DO INSTEAD DELETE FROM log WHERE id = old.id;
CREATE RULE notify AS ON UPDATE TO log DO ALSO NOTIFY "T t";
CREATE RULE upsert AS ON INSERT TO v DO INSTEAD
	INSERT INTO log AS l (id, what) VALUES (new.id, new."A a") ON CONFLICT (id) DO UPDATE SET what = excluded.what WHERE l.id > 0 RETURNING l.id, l.what;
CREATE RULE upsert2 AS ON INSERT TO log WHERE new.what IS NULL DO ALSO
	INSERT INTO t (id, "A a") SELECT new.id, CASE WHEN o.id > 1 THEN 'a' ELSE 'b' END FROM "disc Rules"."O o" o ON CONFLICT ON CONSTRAINT t_pkey DO NOTHING;
CREATE RULE upd AS ON UPDATE TO v DO INSTEAD
	WITH q AS (SELECT id FROM log) UPDATE t SET "A a" = new."A a" FROM q WHERE t.id = old.id AND q.id = t.id RETURNING t.id, t."A a";
CREATE RULE rowed AS ON INSERT TO "disc Rules"."O o" WHERE (new.t)."A a" = 'x' DO ALSO UPDATE "disc Rules"."O o" SET t.id = 3, t."A a" = (new.t)."A a";
COMMENT ON RULE b_also ON t IS 'a rule';
ALTER TABLE t DISABLE RULE b_also;
ALTER TABLE t ENABLE REPLICA RULE a_condition;
ALTER TABLE t ENABLE ALWAYS RULE "C c";
SELECT schema_name, table_name, rule_name, event, is_instead, enabled, comment, problem FROM stormdisc_rules();
SELECT rule_name, condition FROM stormdisc_rules('t');
SELECT rule_name, condition FROM stormdisc_rules(schemas => '{disc_rules,disc Rules}', exclude => '{t,v}');
SELECT definition FROM stormdisc_rules('log') WHERE rule_name = 'nothing';
SELECT rule_name FROM stormdisc_rules(include => '{v}');
SELECT * FROM stormdisc_rules('t_pkey');	-- fails
SELECT * FROM wrong_rules('disc_rules', 'disc Rules', 'pg_catalog', 'information_schema');
ALTER TABLE t RENAME "A a" TO b;
ALTER TABLE log RENAME TO "Log";
ALTER TABLE "Log" ADD more text;
ALTER FUNCTION ok SET SCHEMA "disc Rules";
SELECT rule_name, condition FROM stormdisc_rules('t');
SELECT * FROM wrong_rules('disc_rules', 'disc Rules');
ALTER TABLE "Log" RENAME TO log;

--
-- Policies
--
CREATE TABLE parted (id int, owner name) PARTITION BY LIST (id);
CREATE TABLE parted_1 PARTITION OF parted FOR VALUES IN (1);
CREATE POLICY everything ON t;
CREATE POLICY b ON t AS RESTRICTIVE FOR SELECT TO "regress_disc Two", regress_disc_one USING (id > 0 AND "disc Rules".ok(id));
CREATE POLICY c ON t FOR INSERT TO regress_disc_one, CURRENT_USER WITH CHECK (b <> 'x');
CREATE POLICY "D d" ON t FOR UPDATE USING (EXISTS (SELECT FROM log JOIN v USING (id) WHERE log.id = t.id AND log.what <> t.b))
	WITH CHECK (CASE WHEN id > 1 THEN b = CURRENT_USER ELSE false END);
CREATE POLICY e ON t FOR DELETE USING (id IN (SELECT t.id FROM t) OR d = '2020-01-02' OR t IS NOT NULL AND tableoid > 0);
CREATE POLICY on_parted ON parted USING (owner = CURRENT_USER);
COMMENT ON POLICY b ON t IS 'a policy';
SELECT table_name, policy_name, is_permissive, CASE WHEN policy_name = 'c' THEN roles = ARRAY(SELECT r COLLATE "C" FROM (VALUES (current_user::text), ('regress_disc_one')) a (r) ORDER BY 1)::text[] ELSE roles IS NOT NULL END AS roles,
	command, comment, problem FROM stormdisc_policies();
SELECT policy_name, roles, using_expression, check_expression FROM stormdisc_policies() WHERE policy_name NOT IN ('c', 'D d', 'e');
SELECT policy_name, check_expression FROM stormdisc_policies('t') WHERE policy_name IN ('c', 'D d');
SELECT * FROM wrong_policies('disc_rules');
SELECT policy_name FROM stormdisc_policies('parted');
SELECT policy_name FROM stormdisc_policies('parted_1');
SELECT policy_name FROM stormdisc_policies('v');	-- fails
ALTER TABLE t RENAME id TO "I i";
ALTER TABLE t RENAME TO "T t";
ALTER ROLE regress_disc_one RENAME TO regress_disc_three;
SELECT policy_name, roles, using_expression FROM stormdisc_policies() WHERE policy_name = 'b';
SELECT * FROM wrong_policies('disc_rules');

--
-- No locks are left
--
BEGIN;
SELECT (SELECT count(*) FROM stormdisc_rules()), (SELECT count(*) FROM stormdisc_policies());
SELECT count(*) AS locks FROM pg_locks WHERE pid = pg_backend_pid() AND relation >= 16384;
COMMIT;

--
-- Who may not read pg_rewrite gets no definitions of rules, but all else
--
BEGIN;
REVOKE SELECT ON pg_rewrite FROM PUBLIC;
SET LOCAL ROLE "regress_disc Two";
SELECT rule_name, event, condition IS NULL AS no_condition, definition, problem FROM stormdisc_rules(include => ARRAY['"O o"']);
SELECT count(definition) AS views, count(problem) AS problems FROM stormdisc_views(schemas => '{disc_rules}');
ROLLBACK;

--
-- Property graphs: no supported server has them
--
SELECT * FROM stormdisc_property_graphs();
SELECT count(*) FROM stormdisc_property_graphs(schemas => '{pg_catalog}', include => '{*}');
SELECT count(*) FROM stormdisc_property_graphs(schemas => '{nowhere}');	-- fails
SELECT count(*) FROM stormdisc_property_graphs('pg_class');	-- fails

DROP SCHEMA disc_rules, "disc Rules" CASCADE;
DROP ROLE regress_disc_three, "regress_disc Two";
