-- The tables as the document has them: its INDEX clauses are no PostgreSQL, so
-- each is a CREATE INDEX, under a name of its own.
CREATE SCHEMA document;
SET search_path = document;
CREATE TABLE events (
	id UUID PRIMARY KEY,
	trace_id UUID NOT NULL,
	parent_id UUID,
	kind JSONB NOT NULL,
	timestamp TIMESTAMPTZ NOT NULL,
	metadata JSONB NOT NULL,
	causality_vector JSONB,
	lock_set JSONB,
	created_at TIMESTAMPTZ DEFAULT NOW()
);
CREATE INDEX idx_events_trace_id ON events (trace_id);
CREATE INDEX idx_events_timestamp ON events (timestamp);
CREATE INDEX idx_events_parent_id ON events (parent_id);

CREATE TABLE causal_edges (
	id SERIAL PRIMARY KEY,
	from_event_id UUID NOT NULL REFERENCES events (id) ON DELETE CASCADE,
	to_event_id UUID NOT NULL REFERENCES events (id) ON DELETE CASCADE,
	edge_type VARCHAR(50) NOT NULL,
	weight INTEGER,
	metadata JSONB,
	UNIQUE (from_event_id, to_event_id)
);
CREATE INDEX idx_causal_edges_from_event ON causal_edges (from_event_id);
CREATE INDEX idx_causal_edges_to_event ON causal_edges (to_event_id);

CREATE TABLE trace_roots (
	trace_id UUID NOT NULL,
	root_event_id UUID NOT NULL REFERENCES events (id) ON DELETE CASCADE,
	created_at TIMESTAMPTZ DEFAULT NOW(),
	PRIMARY KEY (trace_id, root_event_id)
);
CREATE INDEX idx_trace_roots_trace_id ON trace_roots (trace_id);

CREATE TABLE cross_trace_index (
	variable VARCHAR(255) NOT NULL,
	event_id UUID NOT NULL REFERENCES events (id) ON DELETE CASCADE,
	trace_id UUID NOT NULL,
	timestamp TIMESTAMPTZ NOT NULL,
	PRIMARY KEY (variable, event_id)
);
CREATE INDEX idx_cross_trace_index_variable ON cross_trace_index (variable);
CREATE INDEX idx_cross_trace_index_trace_id ON cross_trace_index (trace_id);

