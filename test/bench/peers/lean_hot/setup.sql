-- The lean queue with room on its pages, so that a claim is a HOT update.
CREATE SCHEMA lean_hot;
CREATE TABLE lean_hot.queue (
	id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
	created_at timestamptz NOT NULL DEFAULT clock_timestamp(),
	attempt int NOT NULL DEFAULT 0,
	lease_until timestamptz NOT NULL DEFAULT '-infinity',
	data jsonb NOT NULL
) WITH (fillfactor = 70);
