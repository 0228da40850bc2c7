-- one consumer; a batch is what came between two ticks
SELECT pgq.ticker('bench');
SELECT coalesce(pgq.next_batch('bench', 'consumer'), -1) AS batch \gset got_
\if :got_batch > 0
SELECT count(*), sum(octet_length(ev_data)) FROM pgq.get_batch_events(:got_batch);
SELECT pgq.finish_batch(:got_batch);
\else
\sleep 20 ms
\endif
SELECT pgq.maint_rotate_tables_step1('bench');
SELECT pgq.maint_rotate_tables_step2();
