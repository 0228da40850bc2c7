-- What pgmq 1.x does for a queue, as plain SQL: its table, its two indexes, its
-- statements without the function around them.
CREATE SCHEMA pgmq;
CREATE TABLE pgmq.q_bench (
	msg_id bigint PRIMARY KEY GENERATED ALWAYS AS IDENTITY,
	read_ct int DEFAULT 0 NOT NULL,
	enqueued_at timestamptz DEFAULT now() NOT NULL,
	vt timestamptz NOT NULL,
	message jsonb,
	headers jsonb
);
CREATE INDEX q_bench_vt_idx ON pgmq.q_bench (vt ASC);
