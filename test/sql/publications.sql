--
-- stormdisc_publications and stormdisc_subscriptions
--
SET client_min_messages = error;	-- wal_level
CREATE ROLE regress_pub_owner SUPERUSER;
CREATE SCHEMA disc_pub;
CREATE SCHEMA "disc_pub 2";
SET ROLE regress_pub_owner;
SET search_path = disc_pub, public;

CREATE TABLE t (gone int, id int PRIMARY KEY, "B b" text, c int);
ALTER TABLE t DROP COLUMN gone;
CREATE TABLE "disc_pub 2"."T t" (id int PRIMARY KEY);
CREATE TABLE p (id int PRIMARY KEY) PARTITION BY RANGE (id);
CREATE TABLE p1 PARTITION OF p FOR VALUES FROM (1) TO (2);
CREATE TABLE other (id int);
CREATE VIEW v AS SELECT 1 AS a;
CREATE UNLOGGED TABLE u (id int);
CREATE SEQUENCE s;

CREATE PUBLICATION disc_pub_none;
CREATE PUBLICATION "disc_pub All" FOR ALL TABLES WITH (publish_via_partition_root);
COMMENT ON PUBLICATION "disc_pub All" IS 'everything';
CREATE PUBLICATION disc_pub_schemas FOR TABLES IN SCHEMA disc_pub, "disc_pub 2" WITH (publish = 'insert, truncate');
CREATE PUBLICATION disc_pub_tables FOR TABLE "disc_pub 2"."T t", t (id, "B b") WHERE (id > 0 AND c IS NULL), p
	WITH (publish = 'insert');
CREATE PUBLICATION disc_pub_nothing FOR TABLE t WITH (publish = '');
CREATE PUBLICATION disc_pub_mixed FOR TABLE p1, TABLES IN SCHEMA "disc_pub 2";
SELECT publication_name, owner, all_tables, all_sequences, publishes, via_root, generated_columns, comment, problem
FROM stormdisc_publications();
SELECT publication_name, schema_names, table_names, table_columns, row_filters, except_tables
FROM stormdisc_publications();

-- names are those of now
ALTER TABLE t RENAME COLUMN "B b" TO "a,b";
ALTER TABLE t RENAME COLUMN c TO "C ""c""";
ALTER SCHEMA "disc_pub 2" RENAME TO "disc_pub ""3""";
ALTER PUBLICATION disc_pub_none RENAME TO "disc_pub None";
SELECT publication_name, schema_names, table_names, table_columns, row_filters
FROM stormdisc_publications();

--
-- Scope: one relation brings what publishes it
--
SELECT publication_name FROM stormdisc_publications('t');
SELECT publication_name FROM stormdisc_publications('p');
SELECT publication_name FROM stormdisc_publications('p1');
SELECT publication_name FROM stormdisc_publications('"disc_pub ""3"""."T t"');
SELECT publication_name FROM stormdisc_publications('u');
SELECT publication_name FROM stormdisc_publications('v');
SELECT publication_name FROM stormdisc_publications('pg_class');
SELECT publication_name FROM stormdisc_publications(schemas => '{disc_pub}');
SELECT publication_name FROM stormdisc_publications(include => '{disc_pub_*}', exclude => '{*_none}');
SELECT publication_name FROM stormdisc_publications('t', include => '{*s}');
SELECT publication_name FROM stormdisc_publications('s') WHERE NOT all_sequences;

--
-- Subscriptions: of this database only; the connection string is a secret
--
CREATE SUBSCRIPTION disc_pub_sub CONNECTION 'host=nowhere password=s3cret user=u' PUBLICATION a, "B b"
	WITH (connect = false, slot_name = 'the_slot', binary, streaming = off, synchronous_commit = 'remote_apply');
COMMENT ON SUBSCRIPTION disc_pub_sub IS 'a subscription';
CREATE SUBSCRIPTION "disc_pub Sub" CONNECTION 'host=nowhere password=s3cret' PUBLICATION a
	WITH (connect = false, slot_name = NONE, streaming = on, two_phase, disable_on_error);
SELECT subscription_name, owner, is_enabled, publications, slot_name, synchronous_commit, comment, problem
FROM stormdisc_subscriptions();
SELECT subscription_name, is_binary, streaming, two_phase, disable_on_error
FROM stormdisc_subscriptions();
SELECT subscription_name FROM stormdisc_subscriptions(include => '{*_sub}');
SELECT subscription_name FROM stormdisc_subscriptions(schemas => '{disc_pub}');
SELECT subscription_name FROM stormdisc_subscriptions('t');
SELECT count(*) FROM stormdisc_subscriptions() s WHERE s::text LIKE '%s3cret%';

-- another database's
BEGIN;
SET LOCAL allow_system_table_mods = on;
UPDATE pg_subscription SET subdbid = (SELECT oid FROM pg_database WHERE datname = 'template1')
WHERE subname = 'disc_pub_sub';
SELECT subscription_name FROM stormdisc_subscriptions();
ROLLBACK;

-- labels of subscriptions are where databases share theirs
BEGIN;
SET LOCAL allow_system_table_mods = on;
INSERT INTO pg_shseclabel (objoid, classoid, provider, label)
SELECT oid, 'pg_subscription'::regclass, 'disc', subname FROM pg_subscription WHERE subname LIKE 'disc\_pub%'
UNION ALL SELECT oid, 'pg_authid'::regclass, 'disc', rolname FROM pg_authid WHERE rolname = 'regress_pub_owner'
UNION ALL SELECT oid, 'pg_database'::regclass, 'disc', datname FROM pg_database WHERE datname = current_database();
SELECT * FROM stormdisc_security_labels();
UPDATE pg_subscription SET subdbid = (SELECT oid FROM pg_database WHERE datname = 'template1')
WHERE subname = 'disc_pub_sub';
SELECT identity FROM stormdisc_security_labels();
ROLLBACK;

ALTER SUBSCRIPTION disc_pub_sub SET (slot_name = NONE);
DROP SUBSCRIPTION disc_pub_sub;
DROP SUBSCRIPTION "disc_pub Sub";

--
-- A plain role sees the same
--
CREATE ROLE regress_pub_plain;
SET ROLE regress_pub_plain;
SELECT count(*) FROM stormdisc_publications();
SELECT count(*) FROM stormdisc_subscriptions();
RESET ROLE;

DROP PUBLICATION "disc_pub None", "disc_pub All", disc_pub_schemas, disc_pub_tables, disc_pub_nothing, disc_pub_mixed;
DROP SCHEMA disc_pub, "disc_pub ""3""" CASCADE;
DROP ROLE regress_pub_owner, regress_pub_plain;
