--
-- States of components: versions, history, what is stored, bad input.
--
SELECT stormdisc_save_component_state('reader', 'Source', '{"offset": 1}');
SELECT stormdisc_save_component_state('reader', 'Source', '{"offset": 2}', 1);
SELECT stormdisc_save_component_state('reader', 'Source', '{"offset": 1}', expected_version => 2);
SELECT stormdisc_save_component_state('writer', 'Sink', '[]', 0);

-- the latest, a version, none
SELECT version, component_type, state_data FROM stormdisc_get_component_state('reader');
SELECT version, component_type, state_data FROM stormdisc_get_component_state('reader', 2);
SELECT version, component_type, state_data FROM stormdisc_get_component_state('reader', 4);
SELECT version, component_type, state_data FROM stormdisc_get_component_state('nobody');

-- as of a time
SELECT created_at AS second FROM stormdisc_get_component_state('reader', 2) \gset
SELECT version, state_data FROM stormdisc_get_component_state('reader', :'second'::timestamptz);
SELECT version, state_data FROM stormdisc_get_component_state('reader', as_of => :'second'::timestamptz - interval '1 hour');
SELECT version, state_data FROM stormdisc_get_component_state('reader', as_of => 'infinity');
SELECT version, state_data FROM stormdisc_get_component_state('reader', as_of => '-infinity');

-- two in a transaction, one after the other; what is undone leaves no gap
BEGIN;
SELECT stormdisc_save_component_state('reader', 'Source', '{"offset": 3}');
SAVEPOINT s;
SELECT stormdisc_save_component_state('reader', 'Source', '{"offset": 4}');
ROLLBACK TO s;
SELECT stormdisc_save_component_state('reader', 'Transformer', '{"offset": 5}', 4);
SELECT version, state_data FROM stormdisc_get_component_state('reader');
COMMIT;
SELECT component_name, component_type, state_data, version, created_at = updated_at AS same
FROM stormdisc.component_state ORDER BY component_name, version;
SELECT count(DISTINCT id), bool_and(created_at >= coalesce(before, created_at)) AS in_order
FROM (SELECT *, lag(created_at) OVER (PARTITION BY component_name ORDER BY version) AS before FROM stormdisc.component_state) s;
SELECT component_name, component_type, version, is_latest, size > 0 AS size FROM stormdisc_list_component_states();
SELECT component_name, version FROM stormdisc_list_component_states('reader', latest_only => true);
SELECT count(*) FROM stormdisc_list_component_states('nobody');

-- another version than expected
SELECT stormdisc_save_component_state('reader', 'Source', '{}', 4);
SELECT stormdisc_save_component_state('reader', 'Source', '{}', 0);
SELECT stormdisc_save_component_state('nobody', 'Source', '{}', 1);
SELECT code, c.* FROM unnest('{SD001,SD002,SD003}'::text[]) code, stormdisc_classify_error(code) c;

-- what does not change is stored once: 1 MB, a hundred times
SELECT count(stormdisc_save_component_state('large', 'Merger', data, expected_version => n - 1))
FROM (SELECT jsonb_agg(md5(i::text)) AS data FROM generate_series(1, 28000) i) d, generate_series(1, 100) n;
SELECT count(*), max(version), min(pg_column_size(state_data)) > 500000 AS large FROM stormdisc.component_state WHERE component_name = 'large';
SELECT pg_total_relation_size('stormdisc.component_payloads') < 2500000 AS payloads,
	pg_total_relation_size('stormdisc.component_versions') < 100000 AS versions;

-- and with what was there before; of other components it is another
SELECT count(*) FROM stormdisc.component_payloads WHERE component_name = 'reader';
SELECT stormdisc_save_component_state('other', 'Splitter', '{"offset": 1}');
SELECT count(*) FROM stormdisc.component_payloads WHERE state_data = '{"offset": 1}';
-- objects are the same whatever the order of their keys, numbers are not if they are written differently
SELECT count(stormdisc_save_component_state('keys', 'Splitter', d))
FROM unnest('{"{\"a\": 1, \"b\": 2}","{\"b\": 2, \"a\": 1}","{\"b\": 2.0, \"a\": 1}"}'::jsonb[]) d;
SELECT count(*) FROM stormdisc.component_payloads WHERE component_name = 'keys';
SELECT bool_and(digest = sha256(convert_to(state_data::text, 'UTF8'))) FROM stormdisc.component_payloads;

-- too many, too old: never the latest
SELECT stormdisc_prune_component_states(keep => 2, dry_run => true);
SELECT stormdisc_prune_component_states(keep => 2, max_rows => 90);
SELECT stormdisc_prune_component_states(keep => 2);
SELECT stormdisc_prune_component_states(keep => 2);
SELECT component_name, version FROM stormdisc.component_state ORDER BY 1, 2;
SELECT count(*) FROM stormdisc.component_payloads WHERE component_name = 'reader';
SELECT stormdisc_prune_component_states(max_age => '1 hour');
SELECT stormdisc_prune_component_states(max_age => '0');
SELECT component_name, version FROM stormdisc.component_state ORDER BY 1, 2;
SELECT count(*) FROM stormdisc.component_payloads;
SELECT stormdisc_prune_component_states(NULL, NULL);
SELECT stormdisc_save_component_state('reader', 'Source', '{"offset": 6}');

-- nothing is left of what is deleted
SELECT stormdisc_delete_component_state('large'), stormdisc_delete_component_state('nobody');
SELECT count(*) FROM stormdisc.component_payloads WHERE component_name = 'large';
SELECT stormdisc_save_component_state('large', 'Merger', '{}', 0);

-- damage
BEGIN;
UPDATE stormdisc.component_payloads SET state_data = '{"offset": 66}' WHERE component_name = 'reader';
SELECT * FROM stormdisc_get_component_state('reader');
ROLLBACK;
-- what is lost is an error, not a version that is skipped, and there again when it is saved again
SELECT stormdisc_save_component_state('lost', 'Source', d) FROM unnest('{1,2}'::jsonb[]) d;
DELETE FROM stormdisc.component_payloads WHERE component_name = 'lost' AND state_data = '2';
SELECT * FROM stormdisc_get_component_state('lost');
SELECT version, state_data FROM stormdisc_get_component_state('lost', 1);
SELECT component_name, version, is_latest, size FROM stormdisc_list_component_states('lost');
SELECT version, state_data FROM stormdisc.component_state WHERE component_name = 'lost' ORDER BY version;
SELECT stormdisc_save_component_state('lost', 'Source', '2');
SELECT version, state_data FROM stormdisc_get_component_state('lost');

-- many versions: the time of a prune does not grow with their square
INSERT INTO stormdisc.component_heads SELECT 'many', now();
INSERT INTO stormdisc.component_versions
SELECT 'many', i, gen_random_uuid(), 'Source', sha256(convert_to((i % 7995)::text, 'UTF8')), now() FROM generate_series(1, 8000) i;
INSERT INTO stormdisc.component_payloads
SELECT 'many', sha256(convert_to(i::text, 'UTF8')), to_jsonb(i) FROM generate_series(0, 7994) i;
SET statement_timeout = '4s';
SELECT stormdisc_prune_component_states(keep => 7990);
SELECT count(*), count(state_data) FROM stormdisc.component_state WHERE component_name = 'many';
SELECT count(*) FROM stormdisc.component_payloads WHERE component_name = 'many';
SELECT stormdisc_prune_component_states(keep => 10);
SELECT count(*) FROM stormdisc.component_payloads WHERE component_name = 'many';
RESET statement_timeout;

-- plans use an index and are kept, whatever the caller wants of its own
ANALYZE stormdisc.component_heads;
\c -
BEGIN;
SET LOCAL plan_cache_mode = force_custom_plan;
SET LOCAL enable_indexscan = off;
SET LOCAL enable_indexonlyscan = off;
SET LOCAL enable_bitmapscan = off;
SELECT sum(seq_scan) AS scans FROM pg_stat_xact_all_tables WHERE schemaname = 'stormdisc' \gset
SELECT stormdisc_save_component_state('planned', 'Source', to_jsonb(i)) FROM generate_series(1, 3) i;
SELECT sum(seq_scan) - :scans AS scans FROM pg_stat_xact_all_tables WHERE schemaname = 'stormdisc';
SET LOCAL enable_indexscan = on;
SELECT stormdisc_get_component_state('planned') IS NOT NULL AS found;
SET LOCAL enable_indexscan = off;
SELECT stormdisc_get_component_state('planned') IS NOT NULL AS found;
SELECT sum(seq_scan) - :scans AS scans FROM pg_stat_xact_all_tables WHERE schemaname = 'stormdisc';
SHOW plan_cache_mode;
ROLLBACK;

-- bad input
\set VERBOSITY sqlstate
SELECT stormdisc_save_component_state(NULL, 'Source', '{}');
SELECT stormdisc_save_component_state('a', NULL, '{}');
SELECT stormdisc_save_component_state('a', 'Source', NULL);
SELECT stormdisc_save_component_state('', 'Source', '{}');
SELECT stormdisc_save_component_state(repeat('x', 256), 'Source', '{}');
SELECT stormdisc_save_component_state('a', 'source', '{}');
SELECT stormdisc_save_component_state('a', '', '{}');
SELECT stormdisc_save_component_state('a', 'Source', '{}', -1);
SELECT stormdisc_save_component_state('a', 'Source', '{}', 2147483648);
SELECT * FROM stormdisc_get_component_state(NULL);
SELECT * FROM stormdisc_get_component_state('');
SELECT * FROM stormdisc_get_component_state('a', 0);
SELECT * FROM stormdisc_get_component_state('a', -1);
SELECT * FROM stormdisc_get_component_state('a', NULL::timestamptz);
SELECT * FROM stormdisc_list_component_states('');
SELECT * FROM stormdisc_list_component_states(latest_only => NULL);
SELECT stormdisc_delete_component_state(NULL);
SELECT stormdisc_prune_component_states(keep => 0);
SELECT stormdisc_prune_component_states(keep => -1);
SELECT stormdisc_prune_component_states(max_age => '-1 day');
SELECT stormdisc_prune_component_states(max_age => '1000000 years');
SELECT stormdisc_prune_component_states(max_rows => 0);
SELECT stormdisc_prune_component_states(max_rows => NULL);
SELECT stormdisc_prune_component_states(dry_run => NULL);
\set VERBOSITY default
SELECT stormdisc_save_component_state('a', 'Filter', '{}');
SELECT stormdisc_save_component_state(repeat('x', 256), 'Source', '{}');
SET stormdisc.max_checkpoint_size = '1kB';
SELECT stormdisc_save_component_state('a', 'Source', to_jsonb(repeat('x', 2000)));
SELECT stormdisc_save_component_state('a', 'Source', to_jsonb(repeat('x', 1000)));
RESET stormdisc.max_checkpoint_size;

-- the last version there can be
UPDATE stormdisc.component_versions SET version = 2147483647 WHERE component_name = 'a';
SELECT stormdisc_save_component_state('a', 'Source', '{}');

-- read only
BEGIN READ ONLY;
SAVEPOINT s;
SELECT stormdisc_save_component_state('a', 'Source', '{}');
ROLLBACK TO s;
SELECT stormdisc_delete_component_state('a');
ROLLBACK TO s;
SELECT version FROM stormdisc_get_component_state('a');
ROLLBACK;

-- EXECUTE is the only right that is needed
CREATE ROLE regress_disc_component;
SET SESSION AUTHORIZATION regress_disc_component;
SELECT stormdisc_save_component_state('mine', 'Source', '{}');
SELECT * FROM stormdisc.component_state;
RESET SESSION AUTHORIZATION;
GRANT EXECUTE ON FUNCTION stormdisc_save_component_state, stormdisc_get_component_state(text, int) TO regress_disc_component;
SET SESSION AUTHORIZATION regress_disc_component;
SELECT stormdisc_save_component_state('mine', 'Source', '{}');
SELECT version, state_data FROM stormdisc_get_component_state('mine');
SELECT current_user = session_user AS is_caller;
RESET SESSION AUTHORIZATION;
DROP OWNED BY regress_disc_component;
DROP ROLE regress_disc_component;

SELECT count(stormdisc_delete_component_state(component_name)) > 0 AS deleted FROM stormdisc.component_heads;
SELECT count(*) FROM stormdisc.component_payloads;
