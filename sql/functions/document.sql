-- The document: a whole schema as one jsonb.

CREATE OR REPLACE FUNCTION @extschema@.stormdisc_schema(
	relation regclass DEFAULT NULL,
	schemas text[] DEFAULT NULL,
	include text[] DEFAULT NULL,
	exclude text[] DEFAULT NULL,
	parts text[] DEFAULT NULL,
	mode text DEFAULT 'degrade'
)
RETURNS jsonb
AS 'MODULE_PATHNAME', 'stormdisc_schema'
LANGUAGE C STABLE PARALLEL UNSAFE COST 10000;

COMMENT ON FUNCTION @extschema@.stormdisc_schema(regclass, text[], text[], text[], text[], text) IS
	'the whole schema as one document, read at one moment';

CREATE OR REPLACE FUNCTION @extschema@.stormdisc_schema_objects(
	relation regclass DEFAULT NULL,
	schemas text[] DEFAULT NULL,
	include text[] DEFAULT NULL,
	exclude text[] DEFAULT NULL,
	parts text[] DEFAULT NULL
)
RETURNS TABLE (
	kind text,
	identity text,
	document jsonb,
	problem text
)
AS 'MODULE_PATHNAME', 'stormdisc_schema_objects'
LANGUAGE C STABLE PARALLEL UNSAFE COST 10000;

COMMENT ON FUNCTION @extschema@.stormdisc_schema_objects(regclass, text[], text[], text[], text[]) IS
	'the objects of the document, one row each: for schemas too large for one jsonb';
