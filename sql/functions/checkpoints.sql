-- Checkpoints of components, and groups of them.

CREATE OR REPLACE FUNCTION @extschema@.stormdisc_save_checkpoint(
	name text,
	component text,
	data jsonb,
	metadata jsonb DEFAULT NULL,
	expected_version bigint DEFAULT NULL,
	expires_in interval DEFAULT NULL,
	pin bool DEFAULT false,
	version bigint DEFAULT NULL
)
RETURNS bigint
AS 'MODULE_PATHNAME', 'stormdisc_save_checkpoint'
LANGUAGE C VOLATILE PARALLEL UNSAFE COST 1000;

COMMENT ON FUNCTION @extschema@.stormdisc_save_checkpoint(text, text, jsonb, jsonb, bigint, interval, bool, bigint) IS
	'save a checkpoint of a component as its next version, or as the one that is given, and return that';
REVOKE ALL ON FUNCTION @extschema@.stormdisc_save_checkpoint(text, text, jsonb, jsonb, bigint, interval, bool, bigint) FROM PUBLIC;

CREATE OR REPLACE FUNCTION @extschema@.stormdisc_get_checkpoint(
	name text,
	component text,
	version bigint DEFAULT NULL
)
RETURNS TABLE (
	version bigint,
	checkpoint_data jsonb,
	checkpoint_metadata jsonb,
	is_latest bool,
	is_pinned bool,
	created_at timestamptz,
	expires_at timestamptz
)
AS 'MODULE_PATHNAME', 'stormdisc_get_checkpoint'
LANGUAGE C STABLE PARALLEL UNSAFE COST 1000 ROWS 1;

COMMENT ON FUNCTION @extschema@.stormdisc_get_checkpoint(text, text, bigint) IS
	'a checkpoint: the latest version that has not expired, or one version; no row if there is none';
REVOKE ALL ON FUNCTION @extschema@.stormdisc_get_checkpoint(text, text, bigint) FROM PUBLIC;

CREATE OR REPLACE FUNCTION @extschema@.stormdisc_list_checkpoints(
	component text DEFAULT NULL,
	name text DEFAULT NULL,
	latest_only bool DEFAULT false
)
RETURNS TABLE (
	component_name text,
	checkpoint_name text,
	version bigint,
	is_latest bool,
	is_expired bool,
	is_pinned bool,
	size int,
	checkpoint_metadata jsonb,
	created_at timestamptz,
	expires_at timestamptz,
	group_id bigint,
	id uuid
)
AS 'MODULE_PATHNAME', 'stormdisc_list_checkpoints'
LANGUAGE C STABLE PARALLEL UNSAFE COST 1000;

COMMENT ON FUNCTION @extschema@.stormdisc_list_checkpoints(text, text, bool) IS
	'checkpoints of one component or of all, expired ones among them, without what they hold';
REVOKE ALL ON FUNCTION @extschema@.stormdisc_list_checkpoints(text, text, bool) FROM PUBLIC;

CREATE OR REPLACE FUNCTION @extschema@.stormdisc_restore_component(
	component text
)
RETURNS TABLE (
	checkpoint_name text,
	version bigint,
	checkpoint_data jsonb,
	checkpoint_metadata jsonb,
	created_at timestamptz,
	expires_at timestamptz
)
AS 'MODULE_PATHNAME', 'stormdisc_restore_component'
LANGUAGE C STABLE PARALLEL UNSAFE COST 1000;

COMMENT ON FUNCTION @extschema@.stormdisc_restore_component(text) IS
	'every checkpoint of a component: of each the latest version that has not expired, all of one moment';
REVOKE ALL ON FUNCTION @extschema@.stormdisc_restore_component(text) FROM PUBLIC;

CREATE OR REPLACE FUNCTION @extschema@.stormdisc_pin_checkpoint(
	name text,
	component text,
	version bigint DEFAULT NULL
)
RETURNS bigint
AS 'MODULE_PATHNAME', 'stormdisc_pin_checkpoint'
LANGUAGE C VOLATILE PARALLEL UNSAFE COST 1000;

COMMENT ON FUNCTION @extschema@.stormdisc_pin_checkpoint(text, text, bigint) IS
	'keep a version of a checkpoint whatever its number and age; without a version the latest';
REVOKE ALL ON FUNCTION @extschema@.stormdisc_pin_checkpoint(text, text, bigint) FROM PUBLIC;

CREATE OR REPLACE FUNCTION @extschema@.stormdisc_unpin_checkpoint(
	name text,
	component text,
	version bigint DEFAULT NULL
)
RETURNS bigint
AS 'MODULE_PATHNAME', 'stormdisc_unpin_checkpoint'
LANGUAGE C VOLATILE PARALLEL UNSAFE COST 1000;

COMMENT ON FUNCTION @extschema@.stormdisc_unpin_checkpoint(text, text, bigint) IS
	'keep a version of a checkpoint no longer than its number and age allow; without a version the latest';
REVOKE ALL ON FUNCTION @extschema@.stormdisc_unpin_checkpoint(text, text, bigint) FROM PUBLIC;

CREATE OR REPLACE FUNCTION @extschema@.stormdisc_delete_checkpoint(
	name text,
	component text,
	version bigint DEFAULT NULL
)
RETURNS bigint
AS 'MODULE_PATHNAME', 'stormdisc_delete_checkpoint'
LANGUAGE C VOLATILE PARALLEL UNSAFE COST 1000;

COMMENT ON FUNCTION @extschema@.stormdisc_delete_checkpoint(text, text, bigint) IS
	'delete a checkpoint with all its versions, or one that is not the latest; returns how many versions';
REVOKE ALL ON FUNCTION @extschema@.stormdisc_delete_checkpoint(text, text, bigint) FROM PUBLIC;

CREATE OR REPLACE FUNCTION @extschema@.stormdisc_begin_checkpoint_group(
	group_name text
)
RETURNS bigint
AS 'MODULE_PATHNAME', 'stormdisc_begin_checkpoint_group'
LANGUAGE C VOLATILE PARALLEL UNSAFE COST 1000;

COMMENT ON FUNCTION @extschema@.stormdisc_begin_checkpoint_group(text) IS
	'begin a group of checkpoints that will be there together or not at all, and return its number';
REVOKE ALL ON FUNCTION @extschema@.stormdisc_begin_checkpoint_group(text) FROM PUBLIC;

CREATE OR REPLACE FUNCTION @extschema@.stormdisc_add_to_checkpoint_group(
	group_id bigint,
	name text,
	component text,
	data jsonb,
	metadata jsonb DEFAULT NULL,
	expected_version bigint DEFAULT NULL,
	expires_in interval DEFAULT NULL,
	pin bool DEFAULT false
)
RETURNS void
AS 'MODULE_PATHNAME', 'stormdisc_add_to_checkpoint_group'
LANGUAGE C VOLATILE PARALLEL UNSAFE COST 1000;

COMMENT ON FUNCTION @extschema@.stormdisc_add_to_checkpoint_group(bigint, text, text, jsonb, jsonb, bigint, interval, bool) IS
	'add a checkpoint to a group, in place of the one of that name and component in it';
REVOKE ALL ON FUNCTION @extschema@.stormdisc_add_to_checkpoint_group(bigint, text, text, jsonb, jsonb, bigint, interval, bool) FROM PUBLIC;

CREATE OR REPLACE FUNCTION @extschema@.stormdisc_commit_checkpoint_group(
	group_id bigint
)
RETURNS TABLE (
	component_name text,
	checkpoint_name text,
	version bigint
)
AS 'MODULE_PATHNAME', 'stormdisc_commit_checkpoint_group'
LANGUAGE C VOLATILE PARALLEL UNSAFE COST 1000;

COMMENT ON FUNCTION @extschema@.stormdisc_commit_checkpoint_group(bigint) IS
	'save all checkpoints of a group at once';
REVOKE ALL ON FUNCTION @extschema@.stormdisc_commit_checkpoint_group(bigint) FROM PUBLIC;

CREATE OR REPLACE FUNCTION @extschema@.stormdisc_abort_checkpoint_group(
	group_id bigint
)
RETURNS bigint
AS 'MODULE_PATHNAME', 'stormdisc_abort_checkpoint_group'
LANGUAGE C VOLATILE PARALLEL UNSAFE COST 1000;

COMMENT ON FUNCTION @extschema@.stormdisc_abort_checkpoint_group(bigint) IS
	'forget a group of checkpoints, and return how many were in it';
REVOKE ALL ON FUNCTION @extschema@.stormdisc_abort_checkpoint_group(bigint) FROM PUBLIC;

CREATE OR REPLACE FUNCTION @extschema@.stormdisc_prune_checkpoints(
	keep bigint DEFAULT 10,
	max_age interval DEFAULT NULL,
	max_rows bigint DEFAULT 10000,
	dry_run bool DEFAULT false
)
RETURNS bigint
AS 'MODULE_PATHNAME', 'stormdisc_prune_checkpoints'
LANGUAGE C VOLATILE PARALLEL UNSAFE COST 10000;

COMMENT ON FUNCTION @extschema@.stormdisc_prune_checkpoints(bigint, interval, bigint, bool) IS
	'remove versions of checkpoints that are too many, too old or expired, but neither the latest nor pinned ones; returns how many';
REVOKE ALL ON FUNCTION @extschema@.stormdisc_prune_checkpoints(bigint, interval, bigint, bool) FROM PUBLIC;

CREATE OR REPLACE FUNCTION @extschema@.stormdisc_prune_checkpoint_groups(
	max_age interval DEFAULT '1 day',
	max_rows bigint DEFAULT 10000,
	dry_run bool DEFAULT false
)
RETURNS bigint
AS 'MODULE_PATHNAME', 'stormdisc_prune_checkpoint_groups'
LANGUAGE C VOLATILE PARALLEL UNSAFE COST 10000;

COMMENT ON FUNCTION @extschema@.stormdisc_prune_checkpoint_groups(interval, bigint, bool) IS
	'forget groups of checkpoints that are open or committed for longer than that; returns how many';
REVOKE ALL ON FUNCTION @extschema@.stormdisc_prune_checkpoint_groups(interval, bigint, bool) FROM PUBLIC;
