-- The tables as the document has them, with gen_random_uuid(), which is the
-- faster one, for uuid_generate_v4().
CREATE SCHEMA document;
SET search_path = document;
CREATE TABLE port_messages (
	id UUID PRIMARY KEY DEFAULT gen_random_uuid(),
	port_name VARCHAR(255) NOT NULL,
	source_component VARCHAR(255) NOT NULL,
	target_component VARCHAR(255) NOT NULL,
	message_data JSONB NOT NULL,
	message_metadata JSONB,
	status VARCHAR(20) NOT NULL DEFAULT 'pending' CHECK (status IN ('pending', 'processing', 'completed', 'failed', 'dead_letter')),
	retry_count INTEGER DEFAULT 0,
	max_retries INTEGER DEFAULT 3,
	created_at TIMESTAMP WITH TIME ZONE DEFAULT NOW(),
	processed_at TIMESTAMP WITH TIME ZONE,
	completed_at TIMESTAMP WITH TIME ZONE,
	error_message TEXT,
	error_details JSONB
);
CREATE INDEX idx_port_messages_status ON port_messages (status);
CREATE INDEX idx_port_messages_port ON port_messages (port_name);
CREATE INDEX idx_port_messages_created ON port_messages (created_at);
CREATE INDEX idx_port_messages_pending ON port_messages (status, created_at) WHERE status = 'pending';
CREATE INDEX idx_port_messages_retry ON port_messages (status, retry_count) WHERE status = 'failed' AND retry_count < max_retries;

CREATE TABLE checkpoints (
	id UUID PRIMARY KEY DEFAULT gen_random_uuid(),
	checkpoint_name VARCHAR(255) NOT NULL,
	component_name VARCHAR(255) NOT NULL,
	checkpoint_data JSONB NOT NULL,
	checkpoint_metadata JSONB,
	version BIGINT NOT NULL,
	is_latest BOOLEAN DEFAULT TRUE,
	created_at TIMESTAMP WITH TIME ZONE DEFAULT NOW(),
	expires_at TIMESTAMP WITH TIME ZONE,
	UNIQUE(checkpoint_name, version)
);
CREATE INDEX idx_checkpoints_name ON checkpoints (checkpoint_name);
CREATE INDEX idx_checkpoints_component ON checkpoints (component_name);
CREATE INDEX idx_checkpoints_latest ON checkpoints (is_latest) WHERE is_latest = TRUE;
CREATE INDEX idx_checkpoints_expires ON checkpoints (expires_at) WHERE expires_at IS NOT NULL;
CREATE FUNCTION update_checkpoint_latest() RETURNS TRIGGER SET search_path = document AS $$
BEGIN
	IF NEW.is_latest THEN
		UPDATE checkpoints SET is_latest = FALSE
		WHERE checkpoint_name = NEW.checkpoint_name AND id != NEW.id AND is_latest = TRUE;
	END IF;
	RETURN NEW;
END;
$$ LANGUAGE plpgsql;
CREATE TRIGGER checkpoint_latest_trigger AFTER INSERT ON checkpoints
FOR EACH ROW EXECUTE FUNCTION update_checkpoint_latest();
-- the document does not say who makes versions
CREATE SEQUENCE checkpoint_version;
