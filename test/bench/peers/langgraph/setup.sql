-- The tables of langgraph-checkpoint-postgres (its migrations up to 1.0).
CREATE SCHEMA langgraph;
CREATE TABLE langgraph.checkpoints (
	thread_id TEXT NOT NULL,
	checkpoint_ns TEXT NOT NULL DEFAULT '',
	checkpoint_id TEXT NOT NULL,
	parent_checkpoint_id TEXT,
	type TEXT,
	checkpoint JSONB NOT NULL,
	metadata JSONB NOT NULL DEFAULT '{}',
	PRIMARY KEY (thread_id, checkpoint_ns, checkpoint_id)
);
CREATE TABLE langgraph.checkpoint_blobs (
	thread_id TEXT NOT NULL,
	checkpoint_ns TEXT NOT NULL DEFAULT '',
	channel TEXT NOT NULL,
	version TEXT NOT NULL,
	type TEXT NOT NULL,
	blob BYTEA,
	PRIMARY KEY (thread_id, checkpoint_ns, channel, version)
);
