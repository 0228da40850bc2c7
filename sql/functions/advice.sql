-- Advice: what in a schema deserves a second look.

CREATE OR REPLACE FUNCTION @extschema@.stormdisc_advice(
	relation regclass DEFAULT NULL,
	schemas text[] DEFAULT NULL,
	include text[] DEFAULT NULL,
	exclude text[] DEFAULT NULL,
	rules text[] DEFAULT NULL,
	skip text[] DEFAULT NULL
)
RETURNS TABLE (
	category text,
	severity text,
	rule text,
	schema_name text,
	object_name text,
	object text,
	message text,
	suggestion text,
	problem text
)
AS 'MODULE_PATHNAME', 'stormdisc_advice'
LANGUAGE C STABLE PARALLEL UNSAFE COST 1000;

COMMENT ON FUNCTION @extschema@.stormdisc_advice(regclass, text[], text[], text[], text[], text[]) IS
	'what in the schema deserves a second look, and a statement that helps, if one does';

CREATE OR REPLACE FUNCTION @extschema@.stormdisc_advice_rules()
RETURNS TABLE (
	rule text,
	category text,
	severity text,
	by_default bool,
	description text
)
AS 'MODULE_PATHNAME', 'stormdisc_advice_rules'
LANGUAGE C IMMUTABLE PARALLEL SAFE ROWS 43;

COMMENT ON FUNCTION @extschema@.stormdisc_advice_rules() IS
	'rules of stormdisc_advice()';
