-- Checksums of the data: rows, not schema.
--
-- What the queries of the two functions are made of comes first.  It is in the
-- schema stormdisc, where nobody can put a function that matches better.

CREATE OR REPLACE FUNCTION stormdisc.row_sum_add(internal, VARIADIC "any")
RETURNS internal
AS 'MODULE_PATHNAME', 'stormdisc_row_sum_add'
LANGUAGE C STABLE PARALLEL SAFE COST 50;

COMMENT ON FUNCTION stormdisc.row_sum_add(internal, "any") IS
	'of the aggregate row_sum: add a row';

CREATE OR REPLACE FUNCTION stormdisc.row_sum_combine(internal, internal)
RETURNS internal
AS 'MODULE_PATHNAME', 'stormdisc_row_sum_combine'
LANGUAGE C STABLE PARALLEL SAFE;

COMMENT ON FUNCTION stormdisc.row_sum_combine(internal, internal) IS
	'of the aggregate row_sum: add what another process has added up';

CREATE OR REPLACE FUNCTION stormdisc.row_sum_serialize(internal)
RETURNS bytea
AS 'MODULE_PATHNAME', 'stormdisc_row_sum_serialize'
LANGUAGE C STABLE STRICT PARALLEL SAFE;

COMMENT ON FUNCTION stormdisc.row_sum_serialize(internal) IS
	'of the aggregate row_sum: the sum as bytes, for another process';

CREATE OR REPLACE FUNCTION stormdisc.row_sum_deserialize(bytea, internal)
RETURNS internal
AS 'MODULE_PATHNAME', 'stormdisc_row_sum_deserialize'
LANGUAGE C STABLE STRICT PARALLEL SAFE;

COMMENT ON FUNCTION stormdisc.row_sum_deserialize(bytea, internal) IS
	'of the aggregate row_sum: the sum from its bytes';

CREATE OR REPLACE FUNCTION stormdisc.row_sum_result(internal)
RETURNS bytea
AS 'MODULE_PATHNAME', 'stormdisc_row_sum_result'
LANGUAGE C STABLE PARALLEL SAFE;

COMMENT ON FUNCTION stormdisc.row_sum_result(internal) IS
	'of the aggregate row_sum: how many rows, and the sum';

CREATE OR REPLACE AGGREGATE stormdisc.row_sum(VARIADIC "any") (
	SFUNC = stormdisc.row_sum_add,
	STYPE = internal,
	SSPACE = 32,
	COMBINEFUNC = stormdisc.row_sum_combine,
	SERIALFUNC = stormdisc.row_sum_serialize,
	DESERIALFUNC = stormdisc.row_sum_deserialize,
	FINALFUNC = stormdisc.row_sum_result,
	PARALLEL = SAFE
);

COMMENT ON AGGREGATE stormdisc.row_sum(VARIADIC "any") IS
	'the sum of the hashes of rows; for stormdisc_table_checksum()';

CREATE OR REPLACE FUNCTION stormdisc.row_digest(VARIADIC "any")
RETURNS bytea
AS 'MODULE_PATHNAME', 'stormdisc_row_digest'
LANGUAGE C STABLE PARALLEL SAFE COST 100;

COMMENT ON FUNCTION stormdisc.row_digest(VARIADIC "any") IS
	'the SHA-256 of a row; for stormdisc_table_checksum()';

CREATE OR REPLACE FUNCTION @extschema@.stormdisc_table_checksum(
	relation regclass,
	ordered bool DEFAULT false,
	mode text DEFAULT 'stormdisc',
	OUT table_name text,
	OUT checksum text,
	OUT row_count bigint
)
AS 'MODULE_PATHNAME', 'stormdisc_table_checksum'
LANGUAGE C STABLE PARALLEL UNSAFE COST 10000;

COMMENT ON FUNCTION @extschema@.stormdisc_table_checksum(regclass, bool, text) IS
	'a checksum of the rows of a table: equal rows, equal checksum, wherever they are stored';

CREATE OR REPLACE FUNCTION @extschema@.stormdisc_database_checksums(
	relation regclass DEFAULT NULL,
	schemas text[] DEFAULT NULL,
	include text[] DEFAULT NULL,
	exclude text[] DEFAULT NULL,
	ordered bool DEFAULT false,
	mode text DEFAULT 'stormdisc'
)
RETURNS TABLE (
	table_name text,
	checksum text,
	row_count bigint
)
AS 'MODULE_PATHNAME', 'stormdisc_database_checksums'
LANGUAGE C STABLE PARALLEL UNSAFE COST 10000;

COMMENT ON FUNCTION @extschema@.stormdisc_database_checksums(regclass, text[], text[], text[], bool, text) IS
	'the checksums of the rows of all tables, at one moment';
