--
-- stormdisc_fingerprint(), stormdisc_document_fingerprint() and the vocabulary.
-- Hashes are not printed: they are different on each version.
--
SET client_min_messages = warning;
CREATE SCHEMA fp;
SET search_path = fp, public;
CREATE TABLE t (id int PRIMARY KEY, a text NOT NULL DEFAULT 'x', b varchar(5) CHECK (b IN ('a', 'b')));
CREATE TABLE other (id serial PRIMARY KEY, t_id int REFERENCES t);
CREATE INDEX ON t (a);
CREATE VIEW v AS SELECT id, a FROM t WHERE id > 1;
CREATE FUNCTION f(int) RETURNS int LANGUAGE sql AS 'SELECT $1';
COMMENT ON TABLE t IS 'one';
GRANT SELECT ON t TO PUBLIC;
GRANT SELECT (id) ON other TO PUBLIC;

-- what it returns: one row for the database, and nothing where there is nothing
\x
SELECT schema_name, object_kind, identity, length(fingerprint), fingerprint ~ '^[0-9a-f]{64}$' AS hex,
	structure IS NOT NULL AS structure, indexes IS NOT NULL AS indexes, privileges IS NOT NULL AS privileges,
	comments IS NOT NULL AS comments, ownership IS NOT NULL AS ownership, storage IS NOT NULL AS storage,
	statistics IS NOT NULL AS statistics
FROM stormdisc_fingerprint(schemas => '{fp}');
\x
SELECT schema_name, object_kind, identity FROM stormdisc_fingerprint(schemas => '{fp}', level => 'schema');
SELECT schema_name, object_kind, identity, indexes IS NOT NULL AS indexes, privileges IS NOT NULL AS privileges, comments IS NOT NULL AS comments
FROM stormdisc_fingerprint(schemas => '{fp}', level => 'table');
SELECT schema_name, object_kind, identity, structure IS NOT NULL AS structure, indexes IS NOT NULL AS indexes
FROM stormdisc_fingerprint(schemas => '{fp}', level => 'object') WHERE object_kind NOT IN ('privileges', 'sequences') ORDER BY object_kind, identity;

-- it is that of the document
SELECT f = d FROM stormdisc_fingerprint(schemas => '{fp}') f, stormdisc_document_fingerprint(stormdisc_schema(schemas => '{fp}')) d;
-- without arguments, of all that is there
SELECT count(*) FROM stormdisc_fingerprint();
-- of nothing there is one, too
SELECT count(fingerprint), count(structure) FROM stormdisc_document_fingerprint(stormdisc_schema(schemas => '{fp}', parts => '{casts}'));

-- the classes that changed
CREATE TEMP TABLE before AS SELECT * FROM stormdisc_fingerprint(schemas => '{fp}');
CREATE FUNCTION pg_temp.changed() RETURNS text LANGUAGE plpgsql AS $$
DECLARE
	result text;
BEGIN
	SELECT string_agg(o.key, ' ' ORDER BY o.key COLLATE "C") INTO result
	FROM before b, jsonb_each_text(to_jsonb(b)) o,
		stormdisc_fingerprint(schemas => '{fp}') n, jsonb_each_text(to_jsonb(n)) p
	WHERE o.key = p.key AND o.value IS DISTINCT FROM p.value;
	DELETE FROM before;
	INSERT INTO before SELECT * FROM stormdisc_fingerprint(schemas => '{fp}');
	RETURN coalesce(result, 'nothing');
END $$;
COMMENT ON COLUMN t.a IS 'two';
SELECT pg_temp.changed();
ALTER TABLE t SET (fillfactor = 50);
SELECT pg_temp.changed();
ALTER TABLE t ALTER a SET STATISTICS 7;
SELECT pg_temp.changed();
REVOKE SELECT ON t FROM PUBLIC;
SELECT pg_temp.changed();
ALTER INDEX t_a_idx RENAME TO renamed;
SELECT pg_temp.changed();
ALTER TABLE t ADD c int;
SELECT pg_temp.changed();
CREATE ROLE regress_fp;
ALTER FUNCTION f(int) OWNER TO regress_fp;
SELECT pg_temp.changed();
CREATE STATISTICS s ON id, a FROM t;
SELECT pg_temp.changed();
-- the index of a constraint is structure
ALTER TABLE t ADD UNIQUE (c);
SELECT pg_temp.changed();

-- what changes nothing
INSERT INTO t SELECT i, i, 'a' FROM generate_series(1, 100) i;
VACUUM FULL t;
ANALYZE t;
REINDEX TABLE t;
CLUSTER t USING t_pkey;
ALTER TABLE t SET WITHOUT CLUSTER;
ALTER TABLE t ADD gone int;
ALTER TABLE t DROP gone;
SELECT nextval('other_id_seq') \g /dev/null
SELECT pg_temp.changed();
SET TimeZone = 'Asia/Tokyo';
SET DateStyle = 'German';
SET IntervalStyle = iso_8601;
SET quote_all_identifiers = on;
SET extra_float_digits = 0;
SET bytea_output = escape;
SET search_path = public, fp, pg_catalog;
SELECT pg_temp.changed();
RESET ALL;
SET client_min_messages = warning;
SET search_path = fp, public;

-- numbers in names that the server chose do not count, names do
CREATE INDEX ON t (c);
CREATE INDEX ON t (c);
SELECT pg_temp.changed();
ALTER INDEX t_c_idx1 RENAME TO t_c_idx7;
ALTER TABLE t RENAME CONSTRAINT t_b_check TO t_b_check3;
SELECT pg_temp.changed();
SELECT count(*) FROM (
	SELECT fingerprint FROM stormdisc_fingerprint(schemas => '{fp}', ignore => '{}')
	EXCEPT SELECT fingerprint FROM stormdisc_fingerprint(schemas => '{fp}')) differ;
ALTER INDEX t_c_idx7 RENAME TO t_other_idx7;
SELECT pg_temp.changed();
-- which of two is which, and not only how many there are
ALTER INDEX t_other_idx7 RENAME TO t_c_idx1;
COMMENT ON INDEX t_c_idx IS 'the first';
ALTER INDEX t_c_idx SET (fillfactor = 70);
SELECT pg_temp.changed();
COMMENT ON INDEX t_c_idx IS NULL;
COMMENT ON INDEX t_c_idx1 IS 'the first';
SELECT pg_temp.changed() <> 'nothing';

-- an index that is not valid is none, unless it waits for those of partitions
CREATE TABLE parted (k int, v int) PARTITION BY RANGE (k);
CREATE TABLE part PARTITION OF parted FOR VALUES FROM (0) TO (9);
SELECT pg_temp.changed() <> 'nothing';
INSERT INTO t VALUES (200, 'x', 'a', 1), (201, 'x', 'a', 2);
UPDATE t SET a = 'same' WHERE id >= 200;
CREATE UNIQUE INDEX CONCURRENTLY not_valid ON t (a);
SELECT indisvalid FROM pg_index WHERE indexrelid = 'not_valid'::regclass;
SELECT pg_temp.changed();
SELECT n.structure = b.structure, n.indexes = b.indexes FROM before b, stormdisc_fingerprint(schemas => '{fp}', ignore => '{system_names,inherited_ordinal,extension_versions}') n;
CREATE INDEX waits ON ONLY parted (v);
SELECT pg_temp.changed();

-- classes are asked for by name
SELECT structure, comments IS NOT NULL AS comments, storage IS NOT NULL AS storage FROM stormdisc_fingerprint(schemas => '{fp}', classes => '{comments,storage}');
SELECT a.comments = b.comments, a.fingerprint = b.fingerprint
FROM stormdisc_fingerprint(schemas => '{fp}', classes => '{comments}') a, stormdisc_fingerprint(schemas => '{fp}', ignore => '{default,structure,indexes,privileges,ownership,storage,statistics}') b;

-- the order of columns
CREATE TABLE a_first (a int, b int);
SELECT pg_temp.changed();
DROP TABLE a_first;
CREATE TABLE a_first (b int, a int);
SELECT pg_temp.changed();
SELECT x.fingerprint = y.fingerprint
FROM stormdisc_document_fingerprint('{"format": 1, "server_version": "15", "consistent": true, "tables": {"t": {"columns": [{"column_name": "a"}, {"column_name": "b"}]}}}', ignore => '{ordinal}') x,
	stormdisc_document_fingerprint('{"format": 1, "server_version": "15", "consistent": true, "tables": {"t": {"columns": [{"column_name": "b"}, {"column_name": "a"}]}}}', ignore => '{ordinal}') y;

-- the vocabulary: a row for each kind, and for each attribute
SELECT * FROM stormdisc_vocabulary() WHERE object_kind IN ('tables', 'policies') ORDER BY object_kind, attribute COLLATE "C" NULLS FIRST;
SELECT class, count(*) > 0 AS has_attributes FROM stormdisc_vocabulary() GROUP BY class ORDER BY class;

-- what is wrong
\set VERBOSITY terse
SELECT stormdisc_document_fingerprint(NULL);
SELECT stormdisc_document_fingerprint('[]');
SELECT stormdisc_document_fingerprint('1');
SELECT stormdisc_document_fingerprint('{}');
SELECT stormdisc_document_fingerprint('{"format": "1"}');
\set VERBOSITY default
SELECT stormdisc_document_fingerprint('{"format": 2}');
\set VERBOSITY terse
SELECT stormdisc_document_fingerprint('{"format": 1}');
SELECT stormdisc_document_fingerprint('{"format": 1, "server_version": "15.2", "consistent": true, "tables": []}');
SELECT count(*) FROM stormdisc_document_fingerprint('{"format": 1, "server_version": "15.2", "consistent": true}');
\set VERBOSITY default
SELECT stormdisc_document_fingerprint('{"format": 1, "server_version": "15.2", "consistent": false}');
SELECT stormdisc_fingerprint(level => 'column');
SELECT stormdisc_fingerprint(classes => '{structure,names}');
SELECT stormdisc_fingerprint(ignore => '{names}');
\set VERBOSITY terse
SELECT stormdisc_fingerprint(classes => '{}');
SELECT stormdisc_fingerprint(classes => '{NULL}');
SELECT a = b FROM stormdisc_fingerprint(ignore => NULL) a, stormdisc_fingerprint() b;
SELECT stormdisc_fingerprint(ignore => '{{default},{ordinal}}');
SELECT stormdisc_fingerprint(ignore => '{NULL}');
SELECT stormdisc_fingerprint(schemas => '{no_such_schema}');
\set VERBOSITY default

-- a document from elsewhere may hold anything
SELECT count(*) FROM stormdisc_document_fingerprint('{"format": 1, "server_version": "99.1", "consistent": true, "novelties": {"a.b": {"new": [1, {"x": null}]}, "c": 5},
	"tables": {"x": {"columns": [], "new_key": 1.50}, "y": {"columns": "none"}, "z": {"columns": [1, "two"]}, "n": null}, "privileges": {"table a": [1, {}], "odd": "text"}}', level => 'object');

SET client_min_messages = warning;
DROP SCHEMA fp CASCADE;
DROP ROLE regress_fp;
