-- Sinks: what components at the end of a stream write.

CREATE OR REPLACE FUNCTION @extschema@.stormdisc_sink_write(
	sink text,
	key text,
	data jsonb,
	type text DEFAULT NULL,
	metadata jsonb DEFAULT NULL,
	mode text DEFAULT 'append',
	complete_port text DEFAULT NULL,
	complete_id bigint DEFAULT NULL,
	complete_attempt int DEFAULT NULL
)
RETURNS text
AS 'MODULE_PATHNAME', 'stormdisc_sink_write'
LANGUAGE C VOLATILE PARALLEL UNSAFE;

COMMENT ON FUNCTION @extschema@.stormdisc_sink_write(text, text, jsonb, text, jsonb, text, text, bigint, int) IS
	'write to a sink, and complete the delivery that it comes from, both or neither; what was done: inserted, updated, ignored or stale';
REVOKE ALL ON FUNCTION @extschema@.stormdisc_sink_write(text, text, jsonb, text, jsonb, text, text, bigint, int) FROM PUBLIC;
