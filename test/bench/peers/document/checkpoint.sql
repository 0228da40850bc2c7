\set name random(1, 1000)
\set step random(1, 1000000000)
INSERT INTO document.checkpoints (checkpoint_name, component_name, checkpoint_data, version) VALUES ('name-' || :name, 'bench', jsonb_build_object('step', :step::bigint, 'state', :state::text), nextval('document.checkpoint_version'));
