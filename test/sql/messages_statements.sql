--
-- The same when tables are not as the extension has made them: rows are then
-- written and taken by statements.
--
CREATE FUNCTION touch() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN coalesce(NEW, OLD); END';
DO $$
DECLARE t regclass;
BEGIN
	FOR t IN SELECT oid FROM pg_class WHERE relkind = 'r' AND oid::regclass::text ~ '^stormdisc.message(s|_ready|_leases|_waiting|_completions)' LOOP
		EXECUTE format('CREATE TRIGGER touch BEFORE INSERT OR DELETE ON %s FOR EACH ROW EXECUTE FUNCTION touch()', t);
	END LOOP;
END
$$;
\getenv inputdir PG_ABS_SRCDIR
\set script :inputdir '/sql/messages.sql'
\i :script
-- the triggers were there
SELECT count(*) FROM pg_trigger WHERE tgname = 'touch';
SET client_min_messages = warning;
DROP FUNCTION touch CASCADE;
