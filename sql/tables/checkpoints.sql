-- Checkpoints of components, and groups of them.

-- The latest version of a checkpoint is the highest, and is_latest says so:
-- whoever saves a later one has locked this row by taking the mark from it.
-- Room on the page is for that.  What is long is stored elsewhere, so that
-- the row with the mark is short.
CREATE TABLE stormdisc.checkpoints (
	id uuid NOT NULL,
	checkpoint_name text COLLATE "C" NOT NULL,
	component_name text COLLATE "C" NOT NULL,
	checkpoint_data jsonb NOT NULL,
	checkpoint_metadata jsonb,
	version bigint NOT NULL,
	is_latest bool NOT NULL,
	created_at timestamptz NOT NULL,
	expires_at timestamptz,
	is_pinned bool NOT NULL,
	group_id bigint,
	checksum bytea NOT NULL,
	CONSTRAINT checkpoints_pkey PRIMARY KEY (component_name, checkpoint_name, version)
) WITH (fillfactor = 85, toast_tuple_target = 128);

COMMENT ON TABLE stormdisc.checkpoints IS 'checkpoints of components, every version that is kept';
COMMENT ON COLUMN stormdisc.checkpoints.id IS 'identifier of the version';
COMMENT ON COLUMN stormdisc.checkpoints.checkpoint_name IS 'name of the checkpoint, of this component';
COMMENT ON COLUMN stormdisc.checkpoints.component_name IS 'name of the component';
COMMENT ON COLUMN stormdisc.checkpoints.checkpoint_data IS 'what it holds';
COMMENT ON COLUMN stormdisc.checkpoints.checkpoint_metadata IS 'what else its component wants to know about it';
COMMENT ON COLUMN stormdisc.checkpoints.version IS 'number of the version';
COMMENT ON COLUMN stormdisc.checkpoints.is_latest IS 'is it the highest version of its name and component?';
COMMENT ON COLUMN stormdisc.checkpoints.created_at IS 'when it was saved';
COMMENT ON COLUMN stormdisc.checkpoints.expires_at IS 'the functions read it no more from then on; NULL is never';
COMMENT ON COLUMN stormdisc.checkpoints.is_pinned IS 'is it kept whatever its number and age?';
COMMENT ON COLUMN stormdisc.checkpoints.group_id IS 'group that it was saved with, if any';
COMMENT ON COLUMN stormdisc.checkpoints.checksum IS 'SHA-256 of the texts of checkpoint_data and checkpoint_metadata in UTF-8';

-- What is locked while a checkpoint begins or ends to exist; nothing else is
-- known from it, and no row of it is needed.
CREATE TABLE stormdisc.checkpoint_names (
	component_name text COLLATE "C" NOT NULL,
	checkpoint_name text COLLATE "C" NOT NULL,
	CONSTRAINT checkpoint_names_pkey PRIMARY KEY (component_name, checkpoint_name)
);

COMMENT ON TABLE stormdisc.checkpoint_names IS 'names of checkpoints, to be locked';
COMMENT ON COLUMN stormdisc.checkpoint_names.component_name IS 'name of the component';
COMMENT ON COLUMN stormdisc.checkpoint_names.checkpoint_name IS 'name of the checkpoint';

CREATE SEQUENCE stormdisc.checkpoint_group_id_seq;

COMMENT ON SEQUENCE stormdisc.checkpoint_group_id_seq IS 'numbers of groups of checkpoints';

CREATE TABLE stormdisc.checkpoint_groups (
	group_id bigint NOT NULL,
	group_name text NOT NULL,
	status text NOT NULL,
	created_at timestamptz NOT NULL,
	committed_at timestamptz,
	CONSTRAINT checkpoint_groups_pkey PRIMARY KEY (group_id),
	CONSTRAINT checkpoint_groups_status_check CHECK (status OPERATOR(pg_catalog.=) ANY (ARRAY['open', 'committed']::text[]))
);

COMMENT ON TABLE stormdisc.checkpoint_groups IS 'checkpoints that are saved together';
COMMENT ON COLUMN stormdisc.checkpoint_groups.group_id IS 'number of the group';
COMMENT ON COLUMN stormdisc.checkpoint_groups.group_name IS 'name that it was given, not unique';
COMMENT ON COLUMN stormdisc.checkpoint_groups.status IS 'open or committed';
COMMENT ON COLUMN stormdisc.checkpoint_groups.created_at IS 'when it was begun';
COMMENT ON COLUMN stormdisc.checkpoint_groups.committed_at IS 'when it was committed, NULL if it is open';

CREATE TABLE stormdisc.checkpoint_group_parts (
	group_id bigint NOT NULL,
	component_name text COLLATE "C" NOT NULL,
	checkpoint_name text COLLATE "C" NOT NULL,
	checkpoint_data jsonb NOT NULL,
	checkpoint_metadata jsonb,
	expected_version bigint,
	expires_in interval,
	is_pinned bool NOT NULL,
	checksum bytea NOT NULL,
	CONSTRAINT checkpoint_group_parts_pkey PRIMARY KEY (group_id, component_name, checkpoint_name)
);

COMMENT ON TABLE stormdisc.checkpoint_group_parts IS 'checkpoints of groups that are not committed yet: nothing that is to be read';
COMMENT ON COLUMN stormdisc.checkpoint_group_parts.group_id IS 'number of the group';
COMMENT ON COLUMN stormdisc.checkpoint_group_parts.component_name IS 'name of the component';
COMMENT ON COLUMN stormdisc.checkpoint_group_parts.checkpoint_name IS 'name of the checkpoint';
COMMENT ON COLUMN stormdisc.checkpoint_group_parts.checkpoint_data IS 'what it will hold';
COMMENT ON COLUMN stormdisc.checkpoint_group_parts.checkpoint_metadata IS 'what else its component wants to know about it';
COMMENT ON COLUMN stormdisc.checkpoint_group_parts.expected_version IS 'version that has to be there at the commit, 0 is none; NULL is any';
COMMENT ON COLUMN stormdisc.checkpoint_group_parts.expires_in IS 'how long it is to be read from the commit on; NULL is for ever';
COMMENT ON COLUMN stormdisc.checkpoint_group_parts.is_pinned IS 'will it be kept whatever its number and age?';
COMMENT ON COLUMN stormdisc.checkpoint_group_parts.checksum IS 'SHA-256 of the texts of checkpoint_data and checkpoint_metadata in UTF-8';

SELECT pg_catalog.pg_extension_config_dump('stormdisc.checkpoints', '');
SELECT pg_catalog.pg_extension_config_dump('stormdisc.checkpoint_names', '');
SELECT pg_catalog.pg_extension_config_dump('stormdisc.checkpoint_group_id_seq', '');
SELECT pg_catalog.pg_extension_config_dump('stormdisc.checkpoint_groups', '');
SELECT pg_catalog.pg_extension_config_dump('stormdisc.checkpoint_group_parts', '');
