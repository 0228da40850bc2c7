-- The leanest queue on one table: one index, a lease in the row.
CREATE SCHEMA lean;
CREATE TABLE lean.queue (
	id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
	created_at timestamptz NOT NULL DEFAULT clock_timestamp(),
	attempt int NOT NULL DEFAULT 0,
	lease_until timestamptz NOT NULL DEFAULT '-infinity',
	data jsonb NOT NULL
);
