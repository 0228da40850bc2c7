SELECT stormdisc_send('bench', 's', 't', :data::jsonb);
