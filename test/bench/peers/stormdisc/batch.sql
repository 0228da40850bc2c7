SELECT count(*) FROM stormdisc_send_batch('bench', 's', 't', array_fill(:data::jsonb, ARRAY[100]));
