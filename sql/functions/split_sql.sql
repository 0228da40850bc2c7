-- The statements of an SQL text.

CREATE OR REPLACE FUNCTION @extschema@.stormdisc_split_sql(
	sql text
)
RETURNS TABLE (
	number int,
	line int,
	command text,
	statement text
)
AS 'MODULE_PATHNAME', 'stormdisc_split_sql'
LANGUAGE C STABLE PARALLEL SAFE ROWS 10;

COMMENT ON FUNCTION @extschema@.stormdisc_split_sql(text) IS
	'the statements of an SQL text as the server''s own parser finds them, with the lines that they start on';
