-- Is a table written again when a column with a default is added?  The server knows.
SET client_min_messages = warning;
CREATE SCHEMA rewrites;
CREATE FUNCTION rewrites.one() RETURNS int LANGUAGE sql IMMUTABLE AS 'SELECT 1';
CREATE FUNCTION rewrites.any_one() RETURNS int LANGUAGE plpgsql VOLATILE AS 'BEGIN RETURN 1; END';
CREATE SEQUENCE rewrites.numbers;
CREATE TYPE rewrites.mood AS ENUM ('good', 'bad');
CREATE DOMAIN rewrites.plain AS text;
CREATE DOMAIN rewrites.short AS text CHECK (length(VALUE) < 9);
CREATE DOMAIN rewrites.now AS timestamptz DEFAULT now();
CREATE TABLE rewrites.t (id int);
INSERT INTO rewrites.t VALUES (1);
CREATE FUNCTION rewrites.judge(definition text, OUT severity text, OUT rewrites_table boolean, OUT is_rewritten boolean) LANGUAGE plpgsql AS $$
DECLARE
	before jsonb := stormdisc_schema(schemas => '{rewrites}');
	now jsonb;
	file oid := pg_relation_filenode('rewrites.t');
BEGIN
	EXECUTE 'ALTER TABLE rewrites.t ADD COLUMN c ' || definition;
	is_rewritten := pg_relation_filenode('rewrites.t') <> file;
	now := stormdisc_schema(schemas => '{rewrites}');
	severity := (SELECT d.severity FROM stormdisc_diff(before, now) d WHERE d.object_kind = 'columns');
	rewrites_table := (SELECT bool_or(m.rewrites_table) FROM stormdisc_migration_sql(before, now) m);
	ALTER TABLE rewrites.t DROP COLUMN c;
END $$;
SELECT definition, j.*, (severity = 'rewriting') = is_rewritten AND rewrites_table = is_rewritten AS is_right
FROM unnest(ARRAY['int', 'int DEFAULT 1', 'int DEFAULT 2 + 3', 'text DEFAULT ''f(x)''', 'text DEFAULT upper(''a'')', 'numeric(10,2) DEFAULT 0.5', 'varchar(20) DEFAULT ''a''',
	'timestamptz DEFAULT now()', 'timestamptz DEFAULT CURRENT_TIMESTAMP', 'timestamptz(3) DEFAULT CURRENT_TIMESTAMP(3)', 'date DEFAULT CURRENT_DATE', 'timestamp DEFAULT LOCALTIMESTAMP',
	'timestamptz DEFAULT clock_timestamp()', 'timestamptz DEFAULT statement_timestamp()', 'timestamptz DEFAULT now() + ''1 day''', 'interval DEFAULT age(now())',
	'double precision DEFAULT random()', 'uuid DEFAULT gen_random_uuid()', 'text DEFAULT CURRENT_USER', 'text DEFAULT to_char(now(), ''YYYY'')', 'text DEFAULT COALESCE(NULL, ''a'')',
	'text DEFAULT CASE WHEN random() < 2 THEN ''a'' END', 'int[] DEFAULT ARRAY[1, 2]', 'int[] DEFAULT ARRAY[1, (random() * 5)::int]', 'text DEFAULT substring(''abc'' FROM 2 FOR 1)',
	'int DEFAULT EXTRACT(year FROM now())', 'int DEFAULT rewrites.any_one()', 'int DEFAULT nextval(''rewrites.numbers'')', 'serial', 'int GENERATED ALWAYS AS IDENTITY',
	'int GENERATED ALWAYS AS (id + 1) STORED', 'rewrites.mood', 'rewrites.mood DEFAULT ''good''',
	'xml DEFAULT ''<a/>''', 'int DEFAULT 1 NOT NULL', 'timestamptz DEFAULT (now() AT TIME ZONE ''UTC'')']) definition, rewrites.judge(definition) j;
-- what is not known is rather said than not
SELECT definition, j.severity, NOT is_rewritten OR severity = 'rewriting' AND rewrites_table AS is_told
FROM unnest(ARRAY['int DEFAULT rewrites.one()', 'rewrites.plain DEFAULT ''a''', 'rewrites.short', 'rewrites.short DEFAULT ''a''', 'rewrites.now']) definition, rewrites.judge(definition) j;
DROP SCHEMA rewrites CASCADE;
