\set name random(1, 1000)
\set step random(1, 1000000000)
SELECT stormdisc_save_checkpoint('name-' || :name, 'bench', jsonb_build_object('step', :step::bigint, 'state', :state::text));
