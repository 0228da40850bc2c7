/*
 * exceptions.sql
 *	  What is another one after dump and restore, so that its fingerprint is: the list
 *	  in docs/reference/fingerprint.md.  test/document/Documents.pm has what of it is
 *	  seen on which version.
 */
SET client_min_messages = warning;
SELECT current_setting('server_version_num')::int >= 180000 AS v18 \gset

DO $$ BEGIN
	IF to_regrole('regress_exceptions') IS NULL THEN
		CREATE ROLE regress_exceptions;
	END IF;
END $$;
CREATE SCHEMA e;
SET search_path = e, pg_catalog;

-- the default of a domain below is there again
CREATE DOMAIN below AS int DEFAULT 1;
CREATE DOMAIN above AS below;
ALTER DOMAIN above DROP DEFAULT;

-- pg_dump 17 does not write the name
CREATE DOMAIN filled AS int CONSTRAINT chosen NOT NULL;

-- valid, because the table was made as a child; a dump adds the parent's constraint to both
CREATE FOREIGN DATA WRAPPER e_wrapper;
CREATE SERVER e_server FOREIGN DATA WRAPPER e_wrapper;
CREATE TABLE parent (a int);
ALTER TABLE parent ADD CONSTRAINT unchecked CHECK (a > 0) NOT VALID;
CREATE TABLE child () INHERITS (parent);
CREATE FOREIGN TABLE far_child () INHERITS (parent) SERVER e_server;

-- a comment that pg_dump does not write
CREATE FUNCTION trigger_function() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NULL; END';
CREATE CONSTRAINT TRIGGER late AFTER INSERT ON parent FOR EACH ROW EXECUTE FUNCTION trigger_function();
COMMENT ON CONSTRAINT late ON parent IS 'of a trigger';

-- the NULL of the row gets a cast
CREATE TABLE grown (a int);
CREATE VIEW of_rows AS SELECT ROW(1)::grown AS r;
ALTER TABLE grown ADD b int;

-- privileges that owners have since 17, if they have not all
REVOKE DELETE ON parent FROM CURRENT_USER;

\if :v18
-- a NOT NULL that is NOT VALID: in a child the restored one is its own, too, and in a partition it has the parent's name
CREATE TABLE not_nulls (a int);
ALTER TABLE not_nulls ADD CONSTRAINT not_nulls_a NOT NULL a NOT VALID;
CREATE TABLE not_nulls_child () INHERITS (not_nulls);
CREATE TABLE not_nulls_later (a int) INHERITS (not_nulls);
CREATE TABLE not_nulls_parts (a int, b int) PARTITION BY LIST (a);
ALTER TABLE not_nulls_parts ADD CONSTRAINT of_parts NOT NULL b NOT VALID;
CREATE TABLE not_nulls_part (a int, b int);
ALTER TABLE not_nulls_part ADD CONSTRAINT own NOT NULL b NOT VALID;
ALTER TABLE not_nulls_parts ATTACH PARTITION not_nulls_part FOR VALUES IN (1);
\endif
