-- Rows of any table as resources: jsonb in and out, with the caller's rights.

CREATE OR REPLACE FUNCTION @extschema@.stormdisc_get_by_id(
	rel regclass,
	id anyelement,
	with_deleted bool DEFAULT false
)
RETURNS jsonb
AS 'MODULE_PATHNAME', 'stormdisc_get_by_id'
LANGUAGE C STABLE PARALLEL UNSAFE COST 1000;

COMMENT ON FUNCTION @extschema@.stormdisc_get_by_id(regclass, anyelement, bool) IS
	'the row with that key; an error if there is none';

-- A literal is of no type that anyelement could be; it is a text.
CREATE OR REPLACE FUNCTION @extschema@.stormdisc_get_by_id(
	rel regclass,
	id text,
	with_deleted bool DEFAULT false
)
RETURNS jsonb
AS 'MODULE_PATHNAME', 'stormdisc_get_by_id'
LANGUAGE C STABLE PARALLEL UNSAFE COST 1000;

COMMENT ON FUNCTION @extschema@.stormdisc_get_by_id(regclass, text, bool) IS
	'the row with that key, which is given as text; an error if there is none';

CREATE OR REPLACE FUNCTION @extschema@.stormdisc_list(
	rel regclass,
	page bigint DEFAULT 0,
	per_page int DEFAULT 50,
	order_by text DEFAULT NULL,
	filter jsonb DEFAULT NULL,
	after jsonb DEFAULT NULL,
	with_deleted bool DEFAULT false
)
RETURNS SETOF jsonb
AS 'MODULE_PATHNAME', 'stormdisc_list'
LANGUAGE C STABLE PARALLEL UNSAFE COST 1000 ROWS 50;

COMMENT ON FUNCTION @extschema@.stormdisc_list(regclass, bigint, int, text, jsonb, jsonb, bool) IS
	'a page of rows, the first is 0, the newest rows come first; or those after the last row of the page before';

CREATE OR REPLACE FUNCTION @extschema@.stormdisc_create(
	rel regclass,
	data jsonb
)
RETURNS jsonb
AS 'MODULE_PATHNAME', 'stormdisc_create'
LANGUAGE C VOLATILE PARALLEL UNSAFE COST 1000;

COMMENT ON FUNCTION @extschema@.stormdisc_create(regclass, jsonb) IS
	'insert a row with these columns; the row as it is then';
REVOKE ALL ON FUNCTION @extschema@.stormdisc_create(regclass, jsonb) FROM PUBLIC;

CREATE OR REPLACE FUNCTION @extschema@.stormdisc_update(
	rel regclass,
	id anyelement,
	data jsonb
)
RETURNS jsonb
AS 'MODULE_PATHNAME', 'stormdisc_update'
LANGUAGE C VOLATILE PARALLEL UNSAFE COST 1000;

COMMENT ON FUNCTION @extschema@.stormdisc_update(regclass, anyelement, jsonb) IS
	'change these columns of a row, and updated_at; the row as it is then';
REVOKE ALL ON FUNCTION @extschema@.stormdisc_update(regclass, anyelement, jsonb) FROM PUBLIC;

CREATE OR REPLACE FUNCTION @extschema@.stormdisc_update(
	rel regclass,
	id text,
	data jsonb
)
RETURNS jsonb
AS 'MODULE_PATHNAME', 'stormdisc_update'
LANGUAGE C VOLATILE PARALLEL UNSAFE COST 1000;

COMMENT ON FUNCTION @extschema@.stormdisc_update(regclass, text, jsonb) IS
	'change these columns of a row whose key is given as text, and updated_at; the row as it is then';
REVOKE ALL ON FUNCTION @extschema@.stormdisc_update(regclass, text, jsonb) FROM PUBLIC;

CREATE OR REPLACE FUNCTION @extschema@.stormdisc_delete(
	rel regclass,
	id anyelement,
	hard bool
)
RETURNS jsonb
AS 'MODULE_PATHNAME', 'stormdisc_delete_resource'
LANGUAGE C VOLATILE PARALLEL UNSAFE COST 1000;

COMMENT ON FUNCTION @extschema@.stormdisc_delete(regclass, anyelement, bool) IS
	'set deleted_at of a row where there is such a column, else delete it; the row as it was last';
REVOKE ALL ON FUNCTION @extschema@.stormdisc_delete(regclass, anyelement, bool) FROM PUBLIC;

CREATE OR REPLACE FUNCTION @extschema@.stormdisc_delete(
	rel regclass,
	id text,
	hard bool
)
RETURNS jsonb
AS 'MODULE_PATHNAME', 'stormdisc_delete_resource'
LANGUAGE C VOLATILE PARALLEL UNSAFE COST 1000;

COMMENT ON FUNCTION @extschema@.stormdisc_delete(regclass, text, bool) IS
	'set deleted_at of a row whose key is given as text where there is such a column, else delete it; the row as it was last';
REVOKE ALL ON FUNCTION @extschema@.stormdisc_delete(regclass, text, bool) FROM PUBLIC;

CREATE OR REPLACE FUNCTION @extschema@.stormdisc_create_compat_view(
	rel regclass,
	version int,
	columns text[] DEFAULT NULL
)
RETURNS text
AS 'MODULE_PATHNAME', 'stormdisc_create_compat_view'
LANGUAGE C VOLATILE PARALLEL UNSAFE COST 1000;

COMMENT ON FUNCTION @extschema@.stormdisc_create_compat_view(regclass, int, text[]) IS
	'make a view that shows a table as another version of its users knows it; the name of the view';
REVOKE ALL ON FUNCTION @extschema@.stormdisc_create_compat_view(regclass, int, text[]) FROM PUBLIC;

CREATE OR REPLACE FUNCTION @extschema@.stormdisc_add_timestamps(
	rel regclass
)
RETURNS text[]
AS 'MODULE_PATHNAME', 'stormdisc_add_timestamps'
LANGUAGE C VOLATILE PARALLEL UNSAFE COST 1000;

COMMENT ON FUNCTION @extschema@.stormdisc_add_timestamps(regclass) IS
	'add created_at and updated_at to a table where they are missing, and a trigger that keeps updated_at; the statements that it took';
REVOKE ALL ON FUNCTION @extschema@.stormdisc_add_timestamps(regclass) FROM PUBLIC;

-- Who may make a trigger with it has a table whose column it sets.
CREATE OR REPLACE FUNCTION @extschema@.stormdisc_set_updated_at()
RETURNS trigger
AS 'MODULE_PATHNAME', 'stormdisc_set_updated_at'
LANGUAGE C VOLATILE PARALLEL UNSAFE;

COMMENT ON FUNCTION @extschema@.stormdisc_set_updated_at() IS
	'for triggers BEFORE UPDATE: set updated_at to the time of the update, unless the update sets it';
