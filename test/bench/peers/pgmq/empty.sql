TRUNCATE pgmq.q_bench;
