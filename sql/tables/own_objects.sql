-- What stormdisc's own tables are made of: the last of these files, after all
-- tables.  A column that a user adds to one of them is in no dump, and COPY
-- then fails to restore the rows of the table; nor is an index, a trigger or a
-- policy.  stormdisc_backup_readiness() compares.  Not in dumps: whatever
-- version is installed fills it in.  An update that changes a table of ours
-- adds and removes rows here.

CREATE TABLE stormdisc.own_objects (
	object_type text COLLATE "C" NOT NULL,
	identity text COLLATE "C" NOT NULL,
	CONSTRAINT own_objects_pkey PRIMARY KEY (object_type, identity)
);

COMMENT ON TABLE stormdisc.own_objects IS
	'columns, indexes, constraints and triggers of stormdisc''s own tables, so that those can be told that somebody has added';
COMMENT ON COLUMN stormdisc.own_objects.object_type IS 'kind of object, as in pg_identify_object()';
COMMENT ON COLUMN stormdisc.own_objects.identity IS 'its name, as there';

GRANT SELECT ON stormdisc.own_objects TO PUBLIC;

INSERT INTO stormdisc.own_objects
SELECT i.type, i.identity
FROM (SELECT 'pg_catalog.pg_class'::pg_catalog.regclass AS classid, a.attrelid AS objid, a.attnum::pg_catalog.int4 AS objsubid, a.attrelid AS relid
		FROM pg_catalog.pg_attribute a
		WHERE a.attnum OPERATOR(pg_catalog.>) 0::pg_catalog.int2 AND NOT a.attisdropped
	UNION ALL SELECT 'pg_catalog.pg_class'::pg_catalog.regclass, x.indexrelid, 0, x.indrelid FROM pg_catalog.pg_index x
	UNION ALL SELECT 'pg_catalog.pg_constraint'::pg_catalog.regclass, k.oid, 0, k.conrelid FROM pg_catalog.pg_constraint k
		WHERE k.contype OPERATOR(pg_catalog.<>) 'n'::"char"
	UNION ALL SELECT 'pg_catalog.pg_trigger'::pg_catalog.regclass, t.oid, 0, t.tgrelid FROM pg_catalog.pg_trigger t
		WHERE NOT t.tgisinternal) o
	JOIN pg_catalog.pg_class c ON c.oid OPERATOR(pg_catalog.=) o.relid,
	LATERAL pg_catalog.pg_identify_object(o.classid, o.objid, o.objsubid) i
WHERE c.relnamespace OPERATOR(pg_catalog.=) 'stormdisc'::pg_catalog.regnamespace
	AND c.relkind OPERATOR(pg_catalog.=) ANY (ARRAY['r', 'p']::"char"[]);
