TRUNCATE lean_hot.queue;
