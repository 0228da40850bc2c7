-- DDL: the statements that make the objects of a scope, or of a document.
--
-- All are for PUBLIC: they tell no more than pg_catalog tells everybody.

CREATE OR REPLACE FUNCTION @extschema@.stormdisc_ddl(
	relation regclass DEFAULT NULL,
	schemas text[] DEFAULT NULL,
	include text[] DEFAULT NULL,
	exclude text[] DEFAULT NULL,
	options jsonb DEFAULT NULL
)
RETURNS TABLE (
	seq int,
	phase text,
	kind text,
	identity text,
	statement text
)
AS 'MODULE_PATHNAME', 'stormdisc_ddl'
LANGUAGE C STABLE PARALLEL UNSAFE COST 10000;

COMMENT ON FUNCTION @extschema@.stormdisc_ddl(regclass, text[], text[], text[], jsonb) IS
	'statements that make everything in scope again, one row each, in an order in which they run';

CREATE OR REPLACE FUNCTION @extschema@.stormdisc_ddl_text(
	relation regclass DEFAULT NULL,
	schemas text[] DEFAULT NULL,
	include text[] DEFAULT NULL,
	exclude text[] DEFAULT NULL,
	options jsonb DEFAULT NULL
)
RETURNS text
AS 'MODULE_PATHNAME', 'stormdisc_ddl_text'
LANGUAGE C STABLE PARALLEL UNSAFE COST 10000;

COMMENT ON FUNCTION @extschema@.stormdisc_ddl_text(regclass, text[], text[], text[], jsonb) IS
	'the statements of stormdisc_ddl as one script for an empty database';

CREATE OR REPLACE FUNCTION @extschema@.stormdisc_document_ddl(
	document jsonb,
	options jsonb DEFAULT NULL
)
RETURNS TABLE (
	seq int,
	phase text,
	kind text,
	identity text,
	statement text
)
AS 'MODULE_PATHNAME', 'stormdisc_document_ddl'
LANGUAGE C IMMUTABLE PARALLEL SAFE COST 10000;

COMMENT ON FUNCTION @extschema@.stormdisc_document_ddl(jsonb, jsonb) IS
	'statements that make what a document of stormdisc_schema describes, one row each, in an order in which they run';

CREATE OR REPLACE FUNCTION @extschema@.stormdisc_document_ddl_text(
	document jsonb,
	options jsonb DEFAULT NULL
)
RETURNS text
AS 'MODULE_PATHNAME', 'stormdisc_document_ddl_text'
LANGUAGE C IMMUTABLE PARALLEL SAFE COST 10000;

COMMENT ON FUNCTION @extschema@.stormdisc_document_ddl_text(jsonb, jsonb) IS
	'the statements of stormdisc_document_ddl as one script for an empty database';
