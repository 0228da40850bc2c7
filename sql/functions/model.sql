-- Model: what stands on discovery.

CREATE OR REPLACE FUNCTION @extschema@.stormdisc_map_type(
	type text,
	dialect text DEFAULT 'stormweaver',
	strict bool DEFAULT false
)
RETURNS text
AS 'MODULE_PATHNAME', 'stormdisc_map_type'
LANGUAGE C STABLE PARALLEL SAFE;

COMMENT ON FUNCTION @extschema@.stormdisc_map_type(text, text, bool) IS
	'name of a type in another tool''s dialect; TEXT if there is none, or an error if strict';
