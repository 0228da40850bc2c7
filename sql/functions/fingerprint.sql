-- Fingerprints: the schema as hashes.

CREATE OR REPLACE FUNCTION @extschema@.stormdisc_fingerprint(
	relation regclass DEFAULT NULL,
	schemas text[] DEFAULT NULL,
	include text[] DEFAULT NULL,
	exclude text[] DEFAULT NULL,
	level text DEFAULT 'database',
	classes text[] DEFAULT NULL,
	ignore text[] DEFAULT '{default}'
)
RETURNS TABLE (
	schema_name text,
	object_kind text,
	identity text,
	fingerprint text,
	structure text,
	indexes text,
	privileges text,
	comments text,
	ownership text,
	storage text,
	statistics text
)
AS 'MODULE_PATHNAME', 'stormdisc_fingerprint'
LANGUAGE C STABLE PARALLEL UNSAFE COST 10000;

COMMENT ON FUNCTION @extschema@.stormdisc_fingerprint(regclass, text[], text[], text[], text, text[], text[]) IS
	'hashes of the schema as it is: the same if, and only if, the schema is the same';

CREATE OR REPLACE FUNCTION @extschema@.stormdisc_document_fingerprint(
	document jsonb,
	level text DEFAULT 'database',
	classes text[] DEFAULT NULL,
	ignore text[] DEFAULT '{default}'
)
RETURNS TABLE (
	schema_name text,
	object_kind text,
	identity text,
	fingerprint text,
	structure text,
	indexes text,
	privileges text,
	comments text,
	ownership text,
	storage text,
	statistics text
)
AS 'MODULE_PATHNAME', 'stormdisc_document_fingerprint'
LANGUAGE C IMMUTABLE PARALLEL UNSAFE COST 10000;

COMMENT ON FUNCTION @extschema@.stormdisc_document_fingerprint(jsonb, text, text[], text[]) IS
	'hashes of a document, as stormdisc_fingerprint() makes them of the schema';

CREATE OR REPLACE FUNCTION @extschema@.stormdisc_vocabulary()
RETURNS TABLE (
	object_kind text,
	attribute text,
	class text,
	counts bool,
	severity text,
	severity_added text,
	severity_removed text
)
AS 'MODULE_PATHNAME', 'stormdisc_vocabulary'
LANGUAGE C IMMUTABLE PARALLEL SAFE ROWS 500;

COMMENT ON FUNCTION @extschema@.stormdisc_vocabulary() IS
	'the kinds of objects in documents and their attributes, with the class of each and what it takes to change it';
