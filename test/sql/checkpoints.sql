--
-- Checkpoints: versions, the latest, expiry, pins, checksums, pruning, groups,
-- bad input.
--
SELECT stormdisc_save_checkpoint('daily', 'reader', '{"offset": 1}');
SELECT stormdisc_save_checkpoint('daily', 'reader', '{"offset": 2}', '{"by": "test"}', expected_version => 1);
SELECT stormdisc_save_checkpoint('daily', 'writer', '{"rows": 1}', expected_version => 0);
SELECT stormdisc_save_checkpoint('hourly', 'reader', '{"offset": 7}');

SELECT version, checkpoint_data, checkpoint_metadata, is_latest, is_pinned, expires_at FROM stormdisc_get_checkpoint('daily', 'reader');
SELECT version, checkpoint_data, checkpoint_metadata, is_latest FROM stormdisc_get_checkpoint('daily', 'reader', 1);
SELECT * FROM stormdisc_get_checkpoint('daily', 'reader', 3);
SELECT * FROM stormdisc_get_checkpoint('weekly', 'reader');
SELECT checkpoint_name, version, checkpoint_data, checkpoint_metadata FROM stormdisc_restore_component('reader');
SELECT * FROM stormdisc_restore_component('nobody');

CREATE VIEW latest AS SELECT component_name, checkpoint_name, max(version) FILTER (WHERE is_latest) AS version,
	count(*) FILTER (WHERE is_latest) AS marks, max(version) AS highest, count(*) AS versions
FROM stormdisc.checkpoints GROUP BY 1, 2 ORDER BY 1, 2;
SELECT * FROM latest;

-- another version than expected
SELECT stormdisc_save_checkpoint('daily', 'reader', '{}', expected_version => 1);
SELECT stormdisc_save_checkpoint('daily', 'reader', '{}', expected_version => 0);
SELECT stormdisc_save_checkpoint('weekly', 'reader', '{}', expected_version => 1);
SELECT * FROM latest;

-- versions that clients make: a late one is stored, and never the latest
SELECT stormdisc_save_checkpoint('made', 'reader', '{"v": 5}', version => 5);
SELECT stormdisc_save_checkpoint('made', 'reader', '{"v": 3}', version => 3);
SELECT stormdisc_save_checkpoint('made', 'reader', '{"v": 9}', version => 9, expected_version => 5);
SELECT stormdisc_save_checkpoint('made', 'reader', '{"v": 8}', version => 8);
SELECT stormdisc_save_checkpoint('made', 'reader', '{"v": 10}');
SELECT version, is_latest, checkpoint_data FROM stormdisc.checkpoints WHERE checkpoint_name = 'made' ORDER BY version;
-- the same once more is nothing new, something else is a conflict
SELECT stormdisc_save_checkpoint('made', 'reader', '{"v": 8}', version => 8);
SELECT stormdisc_save_checkpoint('made', 'reader', '{"v": 10}', version => 10);
SELECT stormdisc_save_checkpoint('made', 'reader', '{"v": 88}', version => 8);
SELECT stormdisc_save_checkpoint('made', 'reader', '{"v": 8}', '{}', version => 8);
SELECT stormdisc_save_checkpoint('made', 'reader', '{"v": 11}', version => 11, expected_version => 9);
SELECT * FROM latest WHERE checkpoint_name = 'made';
SELECT stormdisc_save_checkpoint('last', 'reader', '{}', version => 9223372036854775807);
SELECT stormdisc_save_checkpoint('last', 'reader', '{}');
SELECT stormdisc_delete_checkpoint('last', 'reader');

-- expiry: read as if it was not there, from that moment on
SELECT stormdisc_save_checkpoint('short', 'reader', '{"v": 1}', expires_in => '1 hour');
SELECT stormdisc_save_checkpoint('short', 'reader', '{"v": 2}', expires_in => '1 hour');
SELECT version, expires_at > clock_timestamp() + interval '59 minutes' AS later FROM stormdisc_get_checkpoint('short', 'reader');
UPDATE stormdisc.checkpoints SET expires_at = clock_timestamp() WHERE checkpoint_name = 'short' AND version = 2;
SELECT version, checkpoint_data, is_latest FROM stormdisc_get_checkpoint('short', 'reader');
SELECT * FROM stormdisc_get_checkpoint('short', 'reader', 2);
SELECT checkpoint_name, version FROM stormdisc_restore_component('reader');
SELECT version, is_latest, is_expired FROM stormdisc_list_checkpoints('reader', 'short');
SELECT stormdisc_save_checkpoint('short', 'reader', '{"v": 3}', expected_version => 2);
SELECT stormdisc_save_checkpoint('short', 'reader', '{"v": 3}', expected_version => 1);
UPDATE stormdisc.checkpoints SET expires_at = clock_timestamp() WHERE checkpoint_name = 'short';
SELECT * FROM stormdisc_get_checkpoint('short', 'reader');
SELECT stormdisc_save_checkpoint('short', 'reader', '{"v": 4}', expected_version => 3);
SELECT stormdisc_save_checkpoint('short', 'reader', '{"v": 4}', expected_version => 0);
SELECT * FROM latest WHERE checkpoint_name = 'short';

-- pins
SELECT stormdisc_pin_checkpoint('made', 'reader', 3), stormdisc_pin_checkpoint('daily', 'reader');
SELECT stormdisc_save_checkpoint('daily', 'reader', '{"offset": 3}', pin => true);
SELECT stormdisc_unpin_checkpoint('daily', 'reader');
SELECT checkpoint_name, version, is_latest, is_pinned FROM stormdisc_list_checkpoints('reader') WHERE is_pinned;
SELECT stormdisc_pin_checkpoint('weekly', 'reader');
SELECT stormdisc_pin_checkpoint('daily', 'reader', 77);

-- too many, too old, expired: neither the latest nor a pinned one
SELECT stormdisc_prune_checkpoints(keep => 1, dry_run => true), stormdisc_prune_checkpoints(keep => 1, max_rows => 2, dry_run => true);
SELECT stormdisc_prune_checkpoints(keep => NULL);
SELECT stormdisc_prune_checkpoints(keep => 1, max_rows => 2);
SELECT stormdisc_prune_checkpoints(keep => 1);
SELECT stormdisc_prune_checkpoints(keep => 1);
SELECT * FROM latest;
SELECT checkpoint_name, version FROM stormdisc.checkpoints WHERE NOT is_latest ORDER BY 1;
SELECT stormdisc_unpin_checkpoint('made', 'reader', 3);
SELECT stormdisc_prune_checkpoints(keep => 10, max_age => '1 hour'), stormdisc_prune_checkpoints(keep => NULL, max_age => '0');
SELECT * FROM latest;
-- the last version of a checkpoint goes when it has expired, unless it is pinned
UPDATE stormdisc.checkpoints SET expires_at = clock_timestamp() WHERE checkpoint_name IN ('short', 'hourly');
SELECT stormdisc_pin_checkpoint('hourly', 'reader', 1);
SELECT stormdisc_prune_checkpoints(dry_run => true);
SELECT stormdisc_prune_checkpoints();
SELECT * FROM latest;
SELECT component_name, checkpoint_name FROM stormdisc.checkpoint_names ORDER BY 1, 2;
SELECT stormdisc_save_checkpoint('short', 'reader', '{"v": 1}');
-- a dry run counts the version, too, that is the last one only after the others
SELECT stormdisc_save_checkpoint(name, 'ends', 'null', expires_in => lifetime::interval, pin => pin)
FROM (VALUES ('kept', NULL, true), ('kept', '1 us', false), ('left', NULL, false), ('left', '1 us', false)) AS v (name, lifetime, pin);
SELECT stormdisc_prune_checkpoints(keep => NULL, dry_run => true), stormdisc_prune_checkpoints(keep => NULL);
SELECT stormdisc_prune_checkpoints(keep => 1, max_rows => 1, dry_run => true), stormdisc_prune_checkpoints(keep => 1, dry_run => true),
	stormdisc_prune_checkpoints(keep => 1);
SELECT checkpoint_name, version FROM stormdisc_list_checkpoints('ends');
SELECT stormdisc_delete_checkpoint('kept', 'ends');

-- delete
SELECT stormdisc_save_checkpoint('made', 'reader', '{}');
SELECT stormdisc_delete_checkpoint('made', 'reader', 11);
SELECT stormdisc_delete_checkpoint('made', 'reader', 10), stormdisc_delete_checkpoint('made', 'reader', 9);
SELECT stormdisc_delete_checkpoint('made', 'reader'), stormdisc_delete_checkpoint('made', 'reader');
SELECT * FROM latest;

-- corruption, of the data and of the metadata
BEGIN;
SELECT stormdisc_save_checkpoint('daily', 'writer', '{"rows": 2}', '{"by": "test"}');
SELECT version, checkpoint_data FROM stormdisc_get_checkpoint('daily', 'writer');
SELECT bool_and(checksum = sha256(convert_to(checkpoint_data::text || coalesce(checkpoint_metadata::text, ''), 'UTF8')))
FROM stormdisc.checkpoints;
UPDATE stormdisc.checkpoints SET checkpoint_metadata = NULL WHERE component_name = 'writer' AND version = 2;
SAVEPOINT s;
SELECT * FROM stormdisc_get_checkpoint('daily', 'writer');
ROLLBACK TO s;
SELECT version, checkpoint_data FROM stormdisc_get_checkpoint('daily', 'writer', 1);
UPDATE stormdisc.checkpoints SET checkpoint_data = '{"rows": 3}' WHERE component_name = 'writer' AND version = 1;
\set VERBOSITY sqlstate
SAVEPOINT s;
SELECT * FROM stormdisc_get_checkpoint('daily', 'writer', 1);
ROLLBACK TO s;
SELECT * FROM stormdisc_restore_component('writer');
ROLLBACK TO s;
-- a mark that somebody has removed, or given to another
UPDATE stormdisc.checkpoints SET is_latest = NOT is_latest WHERE component_name = 'writer';
SELECT stormdisc_save_checkpoint('daily', 'writer', '{"rows": 4}');
SELECT * FROM latest WHERE component_name = 'writer';
UPDATE stormdisc.checkpoints SET is_latest = false WHERE component_name = 'writer';
SELECT stormdisc_save_checkpoint('daily', 'writer', '{"rows": 4}', version => 2);
ROLLBACK TO s;
UPDATE stormdisc.checkpoints SET is_latest = false WHERE component_name = 'writer';
SELECT stormdisc_save_checkpoint('daily', 'writer', '{"rows": 9}', version => 9);
SELECT * FROM latest WHERE component_name = 'writer';
ROLLBACK;
\set VERBOSITY default

-- the data of large ones is stored elsewhere, and is the same
SELECT stormdisc_save_checkpoint('large', 'writer', jsonb_agg(md5(i::text))) FROM generate_series(1, 10000) i;
SELECT stormdisc_save_checkpoint('large', 'writer', '{}');
SELECT checkpoint_data = (SELECT jsonb_agg(md5(i::text)) FROM generate_series(1, 10000) i) AS same FROM stormdisc_get_checkpoint('large', 'writer', 1);
SELECT component_name, checkpoint_name, version, is_latest, is_expired, is_pinned, size > 300000 AS large, checkpoint_metadata, group_id
FROM stormdisc_list_checkpoints(name => 'large');
SELECT component_name, checkpoint_name, version FROM stormdisc_list_checkpoints(latest_only => true);

-- groups: nothing before the commit, all of it after
ALTER SEQUENCE stormdisc.checkpoint_group_id_seq RESTART;
SELECT stormdisc_begin_checkpoint_group('cut') AS cut \gset
SELECT stormdisc_add_to_checkpoint_group(:cut, 'daily', 'reader', '{"offset": 1000}', expected_version => 3);
SELECT stormdisc_add_to_checkpoint_group(:cut, 'daily', 'writer', '{"rows": 998}');
SELECT stormdisc_add_to_checkpoint_group(:cut, 'daily', 'writer', '{"rows": 999}', '{"cut": true}', pin => true, expires_in => '1 day');
SELECT * FROM latest;
SELECT component_name, checkpoint_name, version FROM stormdisc_commit_checkpoint_group(:cut);
SELECT component_name, version, checkpoint_data, is_latest, is_pinned, expires_at > created_at AS expires FROM stormdisc.checkpoints
WHERE group_id = :cut ORDER BY 1;
SELECT group_id, group_name, status, committed_at >= created_at AS committed FROM stormdisc.checkpoint_groups;
SELECT count(*) FROM stormdisc.checkpoint_group_parts;
SELECT * FROM stormdisc_commit_checkpoint_group(:cut);
SELECT stormdisc_add_to_checkpoint_group(:cut, 'daily', 'reader', '{}');
SELECT stormdisc_abort_checkpoint_group(:cut);
-- one part that does not fit, and it is none of them
SELECT stormdisc_begin_checkpoint_group('cut') AS cut \gset
SELECT stormdisc_add_to_checkpoint_group(:cut, 'daily', 'reader', '{"offset": 2000}');
SELECT stormdisc_add_to_checkpoint_group(:cut, 'daily', 'writer', '{"rows": 1999}', expected_version => 1);
SELECT * FROM stormdisc_commit_checkpoint_group(:cut);
SELECT * FROM latest;
SELECT stormdisc_add_to_checkpoint_group(:cut, 'daily', 'writer', '{"rows": 1999}', expected_version => 2);
SELECT * FROM stormdisc_commit_checkpoint_group(:cut);
-- aborted, empty, unknown, abandoned
SELECT stormdisc_begin_checkpoint_group('cut') AS cut \gset
SELECT stormdisc_add_to_checkpoint_group(:cut, 'daily', 'reader', '{}');
SELECT stormdisc_abort_checkpoint_group(:cut);
SELECT * FROM stormdisc_commit_checkpoint_group(:cut);
SELECT stormdisc_add_to_checkpoint_group(:cut, 'daily', 'reader', '{}');
SELECT * FROM stormdisc_commit_checkpoint_group(stormdisc_begin_checkpoint_group('empty'));
SELECT stormdisc_begin_checkpoint_group('left') AS cut \gset
SELECT stormdisc_add_to_checkpoint_group(:cut, 'daily', 'reader', '{}');
SELECT stormdisc_prune_checkpoint_groups();
SELECT stormdisc_prune_checkpoint_groups('0', dry_run => true), stormdisc_prune_checkpoint_groups('0', max_rows => 2),
	stormdisc_prune_checkpoint_groups('0');
SELECT count(*) FROM stormdisc.checkpoint_group_parts;
SELECT * FROM latest;

-- bad input
\set VERBOSITY sqlstate
SELECT stormdisc_save_checkpoint(NULL, 'c', '{}');
SELECT stormdisc_save_checkpoint('n', NULL, '{}');
SELECT stormdisc_save_checkpoint('n', 'c', NULL);
SELECT stormdisc_save_checkpoint('', 'c', '{}');
SELECT stormdisc_save_checkpoint('n', '', '{}');
SELECT stormdisc_save_checkpoint(repeat('x', 256), 'c', '{}');
SELECT stormdisc_save_checkpoint('n', repeat('x', 256), '{}');
SELECT stormdisc_save_checkpoint('n', 'c', '{}', expected_version => -1);
SELECT stormdisc_save_checkpoint('n', 'c', '{}', expires_in => '0');
SELECT stormdisc_save_checkpoint('n', 'c', '{}', expires_in => '-1 second');
SELECT stormdisc_save_checkpoint('n', 'c', '{}', expires_in => '1000000 years');
SELECT stormdisc_save_checkpoint('n', 'c', '{}', pin => NULL);
SELECT stormdisc_save_checkpoint('n', 'c', '{}', version => 0);
SELECT stormdisc_save_checkpoint('n', 'c', '{}', version => -9223372036854775808);
SELECT * FROM stormdisc_get_checkpoint(NULL, 'c');
SELECT * FROM stormdisc_get_checkpoint('n', NULL);
SELECT * FROM stormdisc_get_checkpoint('n', 'c', 0);
SELECT * FROM stormdisc_list_checkpoints('');
SELECT * FROM stormdisc_list_checkpoints(name => '');
SELECT * FROM stormdisc_list_checkpoints(latest_only => NULL);
SELECT * FROM stormdisc_restore_component(NULL);
SELECT stormdisc_pin_checkpoint(NULL, 'c');
SELECT stormdisc_unpin_checkpoint('n', 'c', 0);
SELECT stormdisc_delete_checkpoint('n', 'c', -1);
SELECT stormdisc_delete_checkpoint('n', '');
SELECT stormdisc_begin_checkpoint_group(NULL);
SELECT stormdisc_begin_checkpoint_group('');
SELECT stormdisc_add_to_checkpoint_group(NULL, 'n', 'c', '{}');
SELECT stormdisc_add_to_checkpoint_group(1, NULL, 'c', '{}');
SELECT stormdisc_add_to_checkpoint_group(1, 'n', 'c', NULL);
SELECT stormdisc_add_to_checkpoint_group(1, 'n', 'c', '{}', expires_in => '-1 day');
SELECT stormdisc_add_to_checkpoint_group(1, 'n', 'c', '{}', pin => NULL);
SELECT stormdisc_add_to_checkpoint_group(-1, 'n', 'c', '{}');
SELECT * FROM stormdisc_commit_checkpoint_group(NULL);
SELECT stormdisc_abort_checkpoint_group(9223372036854775807);
SELECT stormdisc_prune_checkpoints(keep => 0);
SELECT stormdisc_prune_checkpoints(max_age => '-1 day');
SELECT stormdisc_prune_checkpoints(max_rows => 0);
SELECT stormdisc_prune_checkpoint_groups(max_age => '-1 day');
SET stormdisc.max_checkpoint_size = 0;
SET stormdisc.max_checkpoint_size = '1GB';
\set VERBOSITY default
SHOW stormdisc.max_checkpoint_size;
SELECT stormdisc_save_checkpoint('n', 'c', to_jsonb(repeat('x', 100 * 1024 * 1024)));
SET stormdisc.max_checkpoint_size = '2kB';
SELECT stormdisc_save_checkpoint('n', 'c', to_jsonb(repeat('x', 2000)), to_jsonb(repeat('x', 3000)));
SELECT stormdisc_save_checkpoint('n', 'c', to_jsonb(repeat('x', 2000)), to_jsonb(repeat('x', 2000)));
SELECT stormdisc_save_checkpoint('n', 'c', '{}', version => -1);
SELECT stormdisc_save_checkpoint('n', 'c', '{}', expires_in => '0');
RESET stormdisc.max_checkpoint_size;
SELECT count(*) FROM stormdisc.checkpoints WHERE component_name = 'c';

-- read only
BEGIN READ ONLY;
SAVEPOINT s;
SELECT stormdisc_save_checkpoint('n', 'c', '{}');
ROLLBACK TO s;
SELECT stormdisc_prune_checkpoints();
ROLLBACK TO s;
SELECT version FROM stormdisc_get_checkpoint('n', 'c');
SELECT count(*) FROM stormdisc_restore_component('reader');
ROLLBACK;

-- EXECUTE is the only right that is needed, and not in a function of somebody else's
CREATE ROLE regress_disc_checkpoint;
SET SESSION AUTHORIZATION regress_disc_checkpoint;
SELECT stormdisc_save_checkpoint('n', 'c', '{}');
SELECT count(*) FROM stormdisc.checkpoints;
RESET SESSION AUTHORIZATION;
GRANT EXECUTE ON FUNCTION stormdisc_save_checkpoint, stormdisc_get_checkpoint, stormdisc_prune_checkpoints TO regress_disc_checkpoint;
SET SESSION AUTHORIZATION regress_disc_checkpoint;
SELECT stormdisc_save_checkpoint('n', 'c', '{}'), stormdisc_prune_checkpoints(1);
SELECT version, checkpoint_data FROM stormdisc_get_checkpoint('n', 'c');
RESET SESSION AUTHORIZATION;
DROP OWNED BY regress_disc_checkpoint;
DROP ROLE regress_disc_checkpoint;

DROP VIEW latest;
SELECT sum(stormdisc_delete_checkpoint(checkpoint_name, component_name)) > 0 AS deleted
FROM (SELECT DISTINCT component_name, checkpoint_name FROM stormdisc.checkpoints) c;
SELECT count(*) FROM stormdisc.checkpoint_names;
