TRUNCATE document.port_messages, document.checkpoints;
