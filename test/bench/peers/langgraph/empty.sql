TRUNCATE langgraph.checkpoints, langgraph.checkpoint_blobs;
