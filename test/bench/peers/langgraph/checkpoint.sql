-- what put() sends
\set name random(1, 1000)
\set version random(1, 1000000000000000)
BEGIN;
INSERT INTO langgraph.checkpoint_blobs (thread_id, checkpoint_ns, channel, version, type, blob) VALUES ('name-' || :name, '', 'state', :version::text, 'json', convert_to(:state::text, 'UTF8')) ON CONFLICT (thread_id, checkpoint_ns, channel, version) DO NOTHING;
INSERT INTO langgraph.checkpoints (thread_id, checkpoint_ns, checkpoint_id, parent_checkpoint_id, checkpoint, metadata) VALUES ('name-' || :name, '', :version::text, :version::text, jsonb_build_object('v', 4, 'id', :version::text, 'ts', '2026-01-01T00:00:00.000Z', 'channel_values', '{}'::jsonb, 'channel_versions', jsonb_build_object('state', :version::text), 'versions_seen', jsonb_build_object('node', jsonb_build_object('state', :version::text))), '{"step": 1, "source": "loop"}') ON CONFLICT (thread_id, checkpoint_ns, checkpoint_id) DO UPDATE SET checkpoint = EXCLUDED.checkpoint, metadata = EXCLUDED.metadata;
COMMIT;
