-- Migrations: the scripts, what was applied when, and what has become of it.
--
-- Scripts may hold what not everybody is to know, so that their text and the
-- log are read with the rights of the extension's owner only.

CREATE TABLE stormdisc.migrations (
	version int NOT NULL,
	description text NOT NULL,
	up_sql text NOT NULL,
	down_sql text,
	options jsonb NOT NULL,
	up_checksum text NOT NULL,
	down_checksum text,
	registered_at timestamptz NOT NULL,
	registered_by text NOT NULL,
	accepted text,
	reverted_at timestamptz,
	CONSTRAINT migrations_pkey PRIMARY KEY (version),
	CONSTRAINT migrations_version_check CHECK (version OPERATOR(pg_catalog.>) 0)
);

COMMENT ON TABLE stormdisc.migrations IS 'migrations that are registered: their scripts, applied or not';
COMMENT ON COLUMN stormdisc.migrations.version IS 'number of the version that it leads to';
COMMENT ON COLUMN stormdisc.migrations.description IS 'what it is for';
COMMENT ON COLUMN stormdisc.migrations.up_sql IS 'script that leads from the version before to this one';
COMMENT ON COLUMN stormdisc.migrations.down_sql IS 'script that leads back, NULL if there is none';
COMMENT ON COLUMN stormdisc.migrations.options IS 'how its scripts are run: search_path, lock_timeout, transaction';
COMMENT ON COLUMN stormdisc.migrations.up_checksum IS 'SHA-256 of up_sql, without differences in line ends and trailing space';
COMMENT ON COLUMN stormdisc.migrations.down_checksum IS 'likewise of down_sql';
COMMENT ON COLUMN stormdisc.migrations.registered_at IS 'when it was registered, with this text';
COMMENT ON COLUMN stormdisc.migrations.registered_by IS 'role that did so';
COMMENT ON COLUMN stormdisc.migrations.accepted IS 'why another text may be registered although it is applied, NULL if none may';
COMMENT ON COLUMN stormdisc.migrations.reverted_at IS 'when it was reverted, NULL if it was not since it was last applied';

SELECT pg_catalog.pg_extension_config_dump('stormdisc.migrations', '');

-- The extension's own history is another component: its rows are written at
-- CREATE EXTENSION, and are in no dump.
CREATE TABLE stormdisc.schema_version (
	component text COLLATE "C" NOT NULL,
	version int NOT NULL,
	description text NOT NULL,
	applied_at timestamptz NOT NULL,
	kind text NOT NULL,
	checksum text,
	down_checksum text,
	applied_by text NOT NULL,
	duration interval,
	fingerprint text,
	tables text[],
	CONSTRAINT schema_version_pkey PRIMARY KEY (component, version),
	CONSTRAINT schema_version_version_check CHECK (version OPERATOR(pg_catalog.>=) 0),
	CONSTRAINT schema_version_kind_check CHECK (
		kind OPERATOR(pg_catalog.=) ANY (ARRAY['migration', 'base', 'baseline']::text[]))
);

COMMENT ON TABLE stormdisc.schema_version IS 'versions that are applied, of the database''s schema and of stormdisc''s own';
COMMENT ON COLUMN stormdisc.schema_version.component IS 'schema: that of the database; stormdisc: that of the extension';
COMMENT ON COLUMN stormdisc.schema_version.version IS 'number of the version, 0 is the base';
COMMENT ON COLUMN stormdisc.schema_version.description IS 'what it is for';
COMMENT ON COLUMN stormdisc.schema_version.applied_at IS 'when it was applied';
COMMENT ON COLUMN stormdisc.schema_version.kind IS
	'migration: applied by its script; base: the script of stormdisc_init_schema(); baseline: was there before, as stormdisc_baseline() was told';
COMMENT ON COLUMN stormdisc.schema_version.checksum IS 'checksum of the script that was run, NULL if none was';
COMMENT ON COLUMN stormdisc.schema_version.down_checksum IS 'checksum of the script that leads back, as it was then, NULL if there was none';
COMMENT ON COLUMN stormdisc.schema_version.applied_by IS 'role that applied it';
COMMENT ON COLUMN stormdisc.schema_version.duration IS 'how long its script took, NULL if none was run';
COMMENT ON COLUMN stormdisc.schema_version.fingerprint IS 'fingerprint of the schema after it, NULL if it could not be taken';
COMMENT ON COLUMN stormdisc.schema_version.tables IS 'tables that it has made, changed or dropped, NULL if nobody knows';

GRANT SELECT ON stormdisc.schema_version TO PUBLIC;
SELECT pg_catalog.pg_extension_config_dump('stormdisc.schema_version', $$WHERE component OPERATOR(pg_catalog.<>) 'stormdisc'$$);

INSERT INTO stormdisc.schema_version (component, version, description, applied_at, kind, applied_by)
SELECT 'stormdisc', m.column1, m.column2, pg_catalog.now(), 'migration', CURRENT_USER
FROM (VALUES (1, 'Initial port-based architecture schema'),
	(2, 'Add metrics tables'),
	(3, 'Add checkpoint support'),
	(4, 'Add port persistence'),
	(5, 'Add performance indexes')) m;

CREATE TABLE stormdisc.repeatable_scripts (
	name text COLLATE "C" NOT NULL,
	sql text NOT NULL,
	options jsonb NOT NULL,
	checksum text NOT NULL,
	registered_at timestamptz NOT NULL,
	registered_by text NOT NULL,
	applied_checksum text,
	applied_at timestamptz,
	applied_by text,
	duration interval,
	CONSTRAINT repeatable_scripts_pkey PRIMARY KEY (name)
);

COMMENT ON TABLE stormdisc.repeatable_scripts IS 'scripts that are run again, after all migrations, when their text has changed';
COMMENT ON COLUMN stormdisc.repeatable_scripts.name IS 'name of the script: they are run in the order of their names';
COMMENT ON COLUMN stormdisc.repeatable_scripts.sql IS 'its text';
COMMENT ON COLUMN stormdisc.repeatable_scripts.options IS 'how it is run: search_path, lock_timeout';
COMMENT ON COLUMN stormdisc.repeatable_scripts.checksum IS 'SHA-256 of the text and its search path, without differences in line ends and trailing space';
COMMENT ON COLUMN stormdisc.repeatable_scripts.registered_at IS 'when it was registered, with this text';
COMMENT ON COLUMN stormdisc.repeatable_scripts.registered_by IS 'role that did so';
COMMENT ON COLUMN stormdisc.repeatable_scripts.applied_checksum IS 'checksum of the text that was last run, NULL if none was';
COMMENT ON COLUMN stormdisc.repeatable_scripts.applied_at IS 'when it was last run';
COMMENT ON COLUMN stormdisc.repeatable_scripts.applied_by IS 'role that last ran it';
COMMENT ON COLUMN stormdisc.repeatable_scripts.duration IS 'how long it took';

SELECT pg_catalog.pg_extension_config_dump('stormdisc.repeatable_scripts', '');

CREATE TABLE stormdisc.migration_progress (
	version int NOT NULL,
	direction text NOT NULL,
	next_step int NOT NULL,
	steps int NOT NULL,
	checksum text NOT NULL,
	started_at timestamptz NOT NULL,
	updated_at timestamptz NOT NULL,
	started_by text NOT NULL,
	duration interval NOT NULL,
	document jsonb,
	CONSTRAINT migration_progress_pkey PRIMARY KEY (version),
	CONSTRAINT migration_progress_direction_check CHECK (
		direction OPERATOR(pg_catalog.=) ANY (ARRAY['up', 'down']::text[]))
);

COMMENT ON TABLE stormdisc.migration_progress IS
	'migrations that are made of several transactions, and have not come to their end: one at most';
COMMENT ON COLUMN stormdisc.migration_progress.version IS 'number of the version';
COMMENT ON COLUMN stormdisc.migration_progress.direction IS 'up or down';
COMMENT ON COLUMN stormdisc.migration_progress.next_step IS 'step that is next, from 1';
COMMENT ON COLUMN stormdisc.migration_progress.steps IS 'how many steps there are';
COMMENT ON COLUMN stormdisc.migration_progress.checksum IS 'checksum of the script';
COMMENT ON COLUMN stormdisc.migration_progress.started_at IS 'when it was begun';
COMMENT ON COLUMN stormdisc.migration_progress.updated_at IS 'when the last step was done';
COMMENT ON COLUMN stormdisc.migration_progress.started_by IS 'role that has begun it';
COMMENT ON COLUMN stormdisc.migration_progress.duration IS 'how long the steps took until now';
COMMENT ON COLUMN stormdisc.migration_progress.document IS 'what stormdisc_schema() returned before the first step';

SELECT pg_catalog.pg_extension_config_dump('stormdisc.migration_progress', '');

CREATE TABLE stormdisc.migrated_schema (
	component text COLLATE "C" NOT NULL,
	version int NOT NULL,
	stored_at timestamptz NOT NULL,
	scope jsonb NOT NULL,
	document jsonb NOT NULL,
	CONSTRAINT migrated_schema_pkey PRIMARY KEY (component)
);

COMMENT ON TABLE stormdisc.migrated_schema IS 'the schema as the last migration has left it';
COMMENT ON COLUMN stormdisc.migrated_schema.component IS 'schema: that of the database';
COMMENT ON COLUMN stormdisc.migrated_schema.version IS 'version that it is of';
COMMENT ON COLUMN stormdisc.migrated_schema.stored_at IS 'when it was read';
COMMENT ON COLUMN stormdisc.migrated_schema.scope IS 'arguments that it was read with';
COMMENT ON COLUMN stormdisc.migrated_schema.document IS 'what stormdisc_schema() returned';

GRANT SELECT ON stormdisc.migrated_schema TO PUBLIC;
SELECT pg_catalog.pg_extension_config_dump('stormdisc.migrated_schema', '');

CREATE TABLE stormdisc.migration_log (
	id bigint GENERATED ALWAYS AS IDENTITY,
	logged_at timestamptz NOT NULL,
	action text NOT NULL,
	version int,
	name text,
	role_name text NOT NULL,
	duration interval,
	sqlstate text,
	message text,
	details jsonb,
	CONSTRAINT migration_log_pkey PRIMARY KEY (id)
);

COMMENT ON TABLE stormdisc.migration_log IS 'what was done with migrations; an error that comes again replaces the one before';
COMMENT ON SEQUENCE stormdisc.migration_log_id_seq IS 'numbers of stormdisc.migration_log';
COMMENT ON COLUMN stormdisc.migration_log.id IS 'number of the entry';
COMMENT ON COLUMN stormdisc.migration_log.logged_at IS 'when it was done';
COMMENT ON COLUMN stormdisc.migration_log.action IS
	'what was done: registered, changed, accepted, unregistered, applied, reverted, step, repeated, base, baseline, repaired; or failed';
COMMENT ON COLUMN stormdisc.migration_log.version IS 'version that it was done with, NULL for a repeatable script';
COMMENT ON COLUMN stormdisc.migration_log.name IS 'name of the repeatable script';
COMMENT ON COLUMN stormdisc.migration_log.role_name IS 'role that did so';
COMMENT ON COLUMN stormdisc.migration_log.duration IS 'how long its script took';
COMMENT ON COLUMN stormdisc.migration_log.sqlstate IS 'SQLSTATE of the error, NULL if there was none';
COMMENT ON COLUMN stormdisc.migration_log.message IS 'the error, the reason or the description';
COMMENT ON COLUMN stormdisc.migration_log.details IS 'more about it: checksums, texts that were replaced, where the error is';

SELECT pg_catalog.pg_extension_config_dump('stormdisc.migration_log', '');
SELECT pg_catalog.pg_extension_config_dump('stormdisc.migration_log_id_seq', '');
