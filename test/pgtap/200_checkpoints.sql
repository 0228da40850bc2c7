-- States and checkpoints of components: what the documents of old call them,
-- rules for the tables, and everything as a role that has EXECUTE alone.
BEGIN;
SET LOCAL client_min_messages = error;
CREATE EXTENSION IF NOT EXISTS pgtap;
CREATE EXTENSION IF NOT EXISTS stormdisc;
SELECT plan(48);

CREATE TEMP TABLE ours AS SELECT c.oid, c.relname::text AS name FROM pg_class c WHERE relnamespace = 'stormdisc'::regnamespace AND relkind = 'r'
	AND relname IN ('checkpoints', 'checkpoint_names', 'checkpoint_groups', 'checkpoint_group_parts', 'component_heads', 'component_versions', 'component_payloads');
SELECT is(count(*)::int, 7, 'the tables are there') FROM ours;

-- names and types that users of the document know
CREATE TEMP VIEW columns AS SELECT attrelid, attnum, attname || ' ' || format_type(atttypid, NULL) AS c FROM pg_attribute;
SELECT is(string_agg(c, ', ' ORDER BY attnum), 'id uuid, component_name text, component_type text, state_data jsonb, version integer, '
	'created_at timestamp with time zone, updated_at timestamp with time zone', 'component_state has its columns')
FROM columns WHERE attrelid = 'stormdisc.component_state'::regclass AND attnum > 0;
SELECT is(string_agg(c, ', ' ORDER BY attnum), 'id uuid, checkpoint_name text, component_name text, checkpoint_data jsonb, checkpoint_metadata jsonb, version bigint, '
	'is_latest boolean, created_at timestamp with time zone, expires_at timestamp with time zone', 'checkpoints has its columns')
FROM columns WHERE attrelid = 'stormdisc.checkpoints'::regclass AND attnum BETWEEN 1 AND 9;
SELECT is(relkind::text, 'r', 'checkpoints is a table, so that it can be dumped alone') FROM pg_class WHERE oid = 'stormdisc.checkpoints'::regclass;

-- the key that rows could be distributed by is in every primary key
SELECT is_empty($$SELECT name FROM ours WHERE name <> 'checkpoint_groups' AND NOT EXISTS (SELECT FROM pg_index i JOIN pg_attribute a ON attrelid = indrelid AND attnum = ANY (indkey)
	WHERE indrelid = ours.oid AND indisprimary AND attname = 'component_name')$$, 'every primary key has the component');
SELECT is_empty($$SELECT indexrelid::regclass FROM pg_index JOIN ours ON oid = indrelid WHERE NOT indisprimary$$, 'no index but the primary keys');
SELECT is_empty($$SELECT tgname FROM pg_trigger JOIN ours o ON o.oid = tgrelid$$, 'no triggers');
SELECT is_empty($$SELECT conname FROM pg_constraint JOIN ours o ON o.oid IN (conrelid, confrelid) WHERE contype = 'f'$$, 'no foreign keys');
SELECT is_empty($$SELECT name FROM ours WHERE oid <> ALL ((SELECT extconfig FROM pg_extension WHERE extname = 'stormdisc')::oid[])$$, 'every table is dumped');
SELECT ok('stormdisc.checkpoint_group_id_seq'::regclass = ANY (extconfig), 'the sequence is dumped') FROM pg_extension WHERE extname = 'stormdisc';
SELECT is_empty($$SELECT name FROM ours WHERE has_table_privilege('public', oid, 'SELECT')$$, 'nobody else reads them');

-- the mark is not indexed: taking it leaves the indexes alone
CREATE TEMP TABLE hot AS SELECT stormdisc_save_checkpoint('tap', 'hot', to_jsonb(n)) FROM generate_series(1, 20) n;
SELECT ok(NOT EXISTS (SELECT FROM pg_index JOIN pg_attribute a ON attrelid = indrelid AND attnum = ANY (indkey)
	WHERE indrelid = 'stormdisc.checkpoints'::regclass AND attname IN ('is_latest', 'is_pinned', 'expires_at')), 'no index on what changes');

CREATE ROLE tap_component;
SET LOCAL SESSION AUTHORIZATION tap_component;
SELECT throws_ok($$SELECT stormdisc_save_component_state('a', 'Sink', '1')$$, '42501', NULL, 'nobody may save');
SELECT throws_ok($$SELECT * FROM stormdisc_get_component_state('a')$$, '42501', NULL, 'or read');
SELECT throws_ok($$SELECT stormdisc_save_checkpoint('a', 'c', '1')$$, '42501', NULL, 'or save a checkpoint');
SELECT throws_ok($$SELECT * FROM stormdisc_get_checkpoint('a', 'c')$$, '42501', NULL, 'or read one');
SELECT throws_ok($$SELECT * FROM stormdisc_restore_component('c')$$, '42501', NULL, 'or all');
SELECT throws_ok($$SELECT stormdisc_begin_checkpoint_group('a')$$, '42501', NULL, 'or begin a group');
RESET SESSION AUTHORIZATION;

DO $$
DECLARE
	f regprocedure;
BEGIN
	FOR f IN SELECT p.oid FROM pg_proc p JOIN pg_depend ON objid = p.oid AND classid = 'pg_proc'::regclass AND deptype = 'e'
		WHERE proname ~ 'component|checkpoint' LOOP
		EXECUTE format('GRANT EXECUTE ON FUNCTION %s TO tap_component', f);
	END LOOP;
END $$;
SET LOCAL SESSION AUTHORIZATION tap_component;
SELECT is(stormdisc_save_component_state('a', 'Sink', '1'), 1, 'a state');
SELECT is(stormdisc_save_component_state('a', 'Sink', '2', 1), 2, 'and the next');
SELECT is(state_data, '2', 'is read') FROM stormdisc_get_component_state('a');
SELECT is(state_data, '1', 'by version') FROM stormdisc_get_component_state('a', 1);
SELECT is(version, 2, 'by time') FROM stormdisc_get_component_state('a', as_of => 'infinity');
SELECT is(count(*)::int, 2, 'is listed') FROM stormdisc_list_component_states('a');
SELECT is(stormdisc_prune_component_states(keep => 1), 1::bigint, 'is pruned');
SELECT is(stormdisc_delete_component_state('a'), 1::bigint, 'is deleted');
SELECT is(stormdisc_save_checkpoint('a', 'c', '1'), 1::bigint, 'a checkpoint');
SELECT is(stormdisc_save_checkpoint('a', 'c', '2', expected_version => 1), 2::bigint, 'and the next');
SELECT throws_ok($$SELECT stormdisc_save_checkpoint('a', 'c', '2', expected_version => 1)$$, 'SD001', NULL, 'but not twice');
SELECT is(checkpoint_data, '2', 'is read') FROM stormdisc_get_checkpoint('a', 'c');
SELECT is(checkpoint_data, '1', 'by version') FROM stormdisc_get_checkpoint('a', 'c', 1);
SELECT is(count(*)::int, 2, 'is listed') FROM stormdisc_list_checkpoints('c');
SELECT is(count(*)::int, 1, 'is restored') FROM stormdisc_restore_component('c');
SELECT is(stormdisc_pin_checkpoint('a', 'c', 1), 1::bigint, 'is pinned');
SELECT is(stormdisc_prune_checkpoints(keep => 1, max_age => '0', dry_run => true), 19::bigint, 'is not pruned');
SELECT is(stormdisc_unpin_checkpoint('a', 'c', 1), 1::bigint, 'is unpinned');
SELECT is(stormdisc_prune_checkpoints(keep => 1), 20::bigint, 'is pruned');
SELECT is(stormdisc_delete_checkpoint('a', 'c'), 1::bigint, 'is deleted');
CREATE TEMP TABLE cut AS SELECT stormdisc_begin_checkpoint_group('cut') AS id;
SELECT lives_ok($$SELECT stormdisc_add_to_checkpoint_group(id, 'a', c, '1') FROM cut, unnest('{c,d}'::text[]) c$$, 'a group');
SELECT is_empty($$SELECT * FROM stormdisc_restore_component('c')$$, 'nothing before its commit');
SELECT is(string_agg(c::text, ' '), '(c,a,1) (d,a,1)', 'its commit') FROM cut, stormdisc_commit_checkpoint_group(id) c;
SELECT is(count(*)::int, 1, 'and then it is there') FROM stormdisc_restore_component('d');
SELECT is(stormdisc_abort_checkpoint_group(stormdisc_begin_checkpoint_group('cut')), 0::bigint, 'is aborted');
SELECT is(stormdisc_prune_checkpoint_groups('1 hour'), 0::bigint, 'is swept');

-- what a user has put in the way is not run with the owner's rights
RESET SESSION AUTHORIZATION;
CREATE SCHEMA tap_hostile AUTHORIZATION tap_component;
SET LOCAL SESSION AUTHORIZATION tap_component;
CREATE FUNCTION tap_hostile.equal(text, text) RETURNS bool LANGUAGE plpgsql AS $$BEGIN RAISE EXCEPTION 'hostile'; END$$;
CREATE OPERATOR tap_hostile.= (FUNCTION = tap_hostile.equal, LEFTARG = text, RIGHTARG = text);
CREATE FUNCTION tap_hostile.nextval(regclass) RETURNS bigint LANGUAGE plpgsql AS $$BEGIN RAISE EXCEPTION 'hostile'; END$$;
SET LOCAL search_path = tap_hostile, pg_catalog, public;
CREATE TEMP TABLE saved AS SELECT stormdisc_save_checkpoint('b', 'c', '1') AS a, stormdisc_save_component_state('b', 'Sink', '1') AS b,
	stormdisc_begin_checkpoint_group('cut') > 0 AS c, stormdisc_prune_checkpoints() AS d, stormdisc_prune_component_states(1) AS e;
SET LOCAL search_path = public;
SELECT is(saved::text, '(1,1,t,0,0)', 'operators and functions of others are not used') FROM saved;
SELECT is(current_user::text, 'tap_component', 'the caller stays who it is');
RESET SESSION AUTHORIZATION;

-- what is kept after all this
SELECT is_empty($$SELECT component_name, checkpoint_name FROM stormdisc.checkpoints GROUP BY 1, 2
	HAVING count(*) FILTER (WHERE is_latest) <> 1 OR max(version) FILTER (WHERE is_latest) <> max(version)$$, 'one latest version, the highest');
SELECT is_empty($$SELECT FROM stormdisc.component_versions v WHERE NOT EXISTS (SELECT FROM stormdisc.component_payloads p
	WHERE p.component_name = v.component_name AND p.digest = v.digest)$$, 'no state without what it holds');

SELECT * FROM finish();
ROLLBACK;
