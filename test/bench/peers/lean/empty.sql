TRUNCATE lean.queue;
