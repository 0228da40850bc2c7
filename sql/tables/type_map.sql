-- Type map: what a user adds to, or changes in, the built-in type map.

CREATE TABLE stormdisc.type_map (
	dialect text NOT NULL,
	type_name text NOT NULL,
	mapped_type text NOT NULL,
	CONSTRAINT type_map_pkey PRIMARY KEY (dialect, type_name)
);

COMMENT ON TABLE stormdisc.type_map IS
	'additions to the built-in type map of stormdisc_map_type(), and overrides of it';
COMMENT ON COLUMN stormdisc.type_map.dialect IS
	'target of the mapping; "stormweaver" is built in, any other name is yours';
COMMENT ON COLUMN stormdisc.type_map.type_name IS
	'name of a type as in stormdisc_columns.data_type, or with its schema: uuid, public.mood';
COMMENT ON COLUMN stormdisc.type_map.mapped_type IS
	'name of the type in the dialect';

GRANT SELECT ON stormdisc.type_map TO PUBLIC;
SELECT pg_catalog.pg_extension_config_dump('stormdisc.type_map', '');
