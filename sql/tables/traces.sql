-- Traces: events and what orders them.
--
-- Only what is told is stored: events, edges and roots that somebody has added,
-- and what operations take.  What follows from events (edges from parents, roots
-- by themselves, accesses by variable) are views, which are in step with any
-- INSERT, COPY, UPDATE, DELETE or TRUNCATE, and with a restored dump.

-- Vector clocks.
CREATE TYPE stormdisc.vclock;

CREATE FUNCTION @extschema@.stormdisc_vclock_in(cstring) RETURNS stormdisc.vclock
AS 'MODULE_PATHNAME', 'stormdisc_vclock_in' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
CREATE FUNCTION @extschema@.stormdisc_vclock_out(stormdisc.vclock) RETURNS cstring
AS 'MODULE_PATHNAME', 'stormdisc_vclock_out' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
CREATE FUNCTION @extschema@.stormdisc_vclock_recv(internal) RETURNS stormdisc.vclock
AS 'MODULE_PATHNAME', 'stormdisc_vclock_recv' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
CREATE FUNCTION @extschema@.stormdisc_vclock_send(stormdisc.vclock) RETURNS bytea
AS 'MODULE_PATHNAME', 'stormdisc_vclock_send' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;

CREATE TYPE stormdisc.vclock (
	INPUT = @extschema@.stormdisc_vclock_in,
	OUTPUT = @extschema@.stormdisc_vclock_out,
	RECEIVE = @extschema@.stormdisc_vclock_recv,
	SEND = @extschema@.stormdisc_vclock_send,
	INTERNALLENGTH = VARIABLE,
	ALIGNMENT = int4,
	STORAGE = extended
);

COMMENT ON TYPE stormdisc.vclock IS
	'vector clock, as a JSON object, {"c": 1}, or as pairs, [["c", 1]]; a component that is not there counts 0';
COMMENT ON FUNCTION @extschema@.stormdisc_vclock_in(cstring) IS 'input of stormdisc.vclock';
COMMENT ON FUNCTION @extschema@.stormdisc_vclock_out(stormdisc.vclock) IS 'output of stormdisc.vclock';
COMMENT ON FUNCTION @extschema@.stormdisc_vclock_recv(internal) IS 'binary input of stormdisc.vclock';
COMMENT ON FUNCTION @extschema@.stormdisc_vclock_send(stormdisc.vclock) IS 'binary output of stormdisc.vclock';

CREATE FUNCTION @extschema@.stormdisc_vclock_from_jsonb(jsonb) RETURNS stormdisc.vclock
AS 'MODULE_PATHNAME', 'stormdisc_vclock_from_jsonb' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
CREATE FUNCTION @extschema@.stormdisc_vclock_to_jsonb(stormdisc.vclock) RETURNS jsonb
AS 'MODULE_PATHNAME', 'stormdisc_vclock_to_jsonb' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION @extschema@.stormdisc_vclock_from_jsonb(jsonb) IS 'vector clock of either JSON';
COMMENT ON FUNCTION @extschema@.stormdisc_vclock_to_jsonb(stormdisc.vclock) IS 'JSON of a vector clock, as it was given';

CREATE CAST (jsonb AS stormdisc.vclock) WITH FUNCTION @extschema@.stormdisc_vclock_from_jsonb(jsonb) AS ASSIGNMENT;
CREATE CAST (stormdisc.vclock AS jsonb) WITH FUNCTION @extschema@.stormdisc_vclock_to_jsonb(stormdisc.vclock) AS IMPLICIT;

CREATE FUNCTION @extschema@.stormdisc_vclock_eq(stormdisc.vclock, stormdisc.vclock) RETURNS bool
AS 'MODULE_PATHNAME', 'stormdisc_vclock_eq' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE LEAKPROOF;
CREATE FUNCTION @extschema@.stormdisc_vclock_ne(stormdisc.vclock, stormdisc.vclock) RETURNS bool
AS 'MODULE_PATHNAME', 'stormdisc_vclock_ne' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE LEAKPROOF;
CREATE FUNCTION @extschema@.stormdisc_vclock_hash(stormdisc.vclock) RETURNS int
AS 'MODULE_PATHNAME', 'stormdisc_vclock_hash' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION @extschema@.stormdisc_vclock_eq(stormdisc.vclock, stormdisc.vclock) IS
	'do two vector clocks count the same for every component?';
COMMENT ON FUNCTION @extschema@.stormdisc_vclock_ne(stormdisc.vclock, stormdisc.vclock) IS
	'do two vector clocks differ for any component?';
COMMENT ON FUNCTION @extschema@.stormdisc_vclock_hash(stormdisc.vclock) IS 'hash of a vector clock';

CREATE OPERATOR @extschema@.= (
	FUNCTION = @extschema@.stormdisc_vclock_eq, LEFTARG = stormdisc.vclock, RIGHTARG = stormdisc.vclock,
	COMMUTATOR = OPERATOR(@extschema@.=), NEGATOR = OPERATOR(@extschema@.<>), HASHES, RESTRICT = eqsel, JOIN = eqjoinsel
);
CREATE OPERATOR @extschema@.<> (
	FUNCTION = @extschema@.stormdisc_vclock_ne, LEFTARG = stormdisc.vclock, RIGHTARG = stormdisc.vclock,
	COMMUTATOR = OPERATOR(@extschema@.<>), NEGATOR = OPERATOR(@extschema@.=), RESTRICT = neqsel, JOIN = neqjoinsel
);
CREATE OPERATOR CLASS stormdisc.vclock_ops DEFAULT FOR TYPE stormdisc.vclock USING hash AS
	OPERATOR 1 @extschema@.= (stormdisc.vclock, stormdisc.vclock),
	FUNCTION 1 @extschema@.stormdisc_vclock_hash(stormdisc.vclock);

COMMENT ON CAST (jsonb AS stormdisc.vclock) IS 'vector clock of either JSON';
COMMENT ON CAST (stormdisc.vclock AS jsonb) IS 'JSON of a vector clock, as it was given';
COMMENT ON OPERATOR @extschema@.= (stormdisc.vclock, stormdisc.vclock) IS 'count the same for every component';
COMMENT ON OPERATOR @extschema@.<> (stormdisc.vclock, stormdisc.vclock) IS 'differ for any component';
COMMENT ON OPERATOR CLASS stormdisc.vclock_ops USING hash IS 'equality of vector clocks';
COMMENT ON OPERATOR FAMILY stormdisc.vclock_ops USING hash IS 'equality of vector clocks';

-- What a plain INSERT or COPY has to keep to as well.
CREATE FUNCTION @extschema@.stormdisc_check_event_kind(kind jsonb) RETURNS bool
AS 'MODULE_PATHNAME', 'stormdisc_check_event_kind' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
CREATE FUNCTION @extschema@.stormdisc_check_event_metadata(metadata jsonb) RETURNS bool
AS 'MODULE_PATHNAME', 'stormdisc_check_event_metadata' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
CREATE FUNCTION @extschema@.stormdisc_check_event_lock_set(lock_set jsonb) RETURNS bool
AS 'MODULE_PATHNAME', 'stormdisc_check_event_lock_set' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION @extschema@.stormdisc_check_event_kind(jsonb) IS
	'is it the kind of an event, with its fields?  An error says what is wrong';
COMMENT ON FUNCTION @extschema@.stormdisc_check_event_metadata(jsonb) IS
	'is it the metadata of an event?  An error says what is wrong';
COMMENT ON FUNCTION @extschema@.stormdisc_check_event_lock_set(jsonb) IS
	'is it the lock set of an event?  An error says what is wrong';

CREATE TABLE stormdisc.events (
	id uuid NOT NULL,
	trace_id uuid NOT NULL,
	parent_id uuid,
	kind jsonb NOT NULL,
	"timestamp" timestamptz NOT NULL,
	metadata jsonb NOT NULL,
	causality_vector stormdisc.vclock,
	lock_set jsonb,
	created_at timestamptz NOT NULL DEFAULT pg_catalog.clock_timestamp(),
	timestamp_nanos smallint NOT NULL DEFAULT 0,
	extra jsonb,
	parent_quarantined bool NOT NULL DEFAULT false,
	variable text COLLATE "C" GENERATED ALWAYS AS (kind OPERATOR(pg_catalog.#>>) '{StateChange,variable}'::text[]) STORED,
	CONSTRAINT events_pkey PRIMARY KEY (id),
	CONSTRAINT events_kind_check CHECK (@extschema@.stormdisc_check_event_kind(kind)),
	CONSTRAINT events_metadata_check CHECK (@extschema@.stormdisc_check_event_metadata(metadata)),
	CONSTRAINT events_lock_set_check CHECK (@extschema@.stormdisc_check_event_lock_set(lock_set)),
	CONSTRAINT events_timestamp_check CHECK (pg_catalog.isfinite("timestamp")
		AND pg_catalog.date_part('year', pg_catalog.timezone('UTC', "timestamp")) OPERATOR(pg_catalog.>=) 1
		AND pg_catalog.date_part('year', pg_catalog.timezone('UTC', "timestamp")) OPERATOR(pg_catalog.<=) 9999
		AND timestamp_nanos OPERATOR(pg_catalog.>=) 0 AND timestamp_nanos OPERATOR(pg_catalog.<=) 999),
	CONSTRAINT events_extra_check CHECK (pg_catalog.jsonb_typeof(extra) OPERATOR(pg_catalog.=) 'object'
		AND NOT extra OPERATOR(pg_catalog.?|) ARRAY['id', 'trace_id', 'parent_id', 'timestamp', 'kind', 'metadata',
			'lock_set', 'causality_vector', 'parent_quarantined'])
);
CREATE INDEX events_trace_idx ON stormdisc.events (trace_id, "timestamp", timestamp_nanos, id);
CREATE INDEX events_parent_idx ON stormdisc.events (parent_id) WHERE parent_id IS NOT NULL;
CREATE INDEX events_variable_idx ON stormdisc.events (variable, "timestamp") WHERE variable IS NOT NULL;

COMMENT ON TABLE stormdisc.events IS 'events of traces, by stormdisc_add_event(), INSERT or COPY';
COMMENT ON COLUMN stormdisc.events.id IS 'number of the event';
COMMENT ON COLUMN stormdisc.events.trace_id IS 'trace that it belongs to';
COMMENT ON COLUMN stormdisc.events.parent_id IS 'event that has caused it; may not be there (yet)';
COMMENT ON COLUMN stormdisc.events.kind IS 'what happened: an object with one key, the kind, that holds its fields';
COMMENT ON COLUMN stormdisc.events."timestamp" IS 'when it happened';
COMMENT ON COLUMN stormdisc.events.metadata IS 'thread, process and service it happened in, tags, how long it took';
COMMENT ON COLUMN stormdisc.events.causality_vector IS 'vector clock of the client';
COMMENT ON COLUMN stormdisc.events.lock_set IS 'locks held: names, which are exclusive, or {lock, mode}';
COMMENT ON COLUMN stormdisc.events.created_at IS 'when it was stored';
COMMENT ON COLUMN stormdisc.events.timestamp_nanos IS 'nanoseconds after the microseconds of timestamp, 0 to 999';
COMMENT ON COLUMN stormdisc.events.extra IS 'fields of its JSON that are not known';
COMMENT ON COLUMN stormdisc.events.parent_quarantined IS 'would the link to its parent have closed a cycle?  Then it does not count';
COMMENT ON COLUMN stormdisc.events.variable IS 'variable that a StateChange is an access to';

SELECT pg_catalog.pg_extension_config_dump('stormdisc.events', '');

-- Edges that are not those of parents.
CREATE TABLE stormdisc.edge_store (
	trace_id uuid NOT NULL,
	from_event_id uuid NOT NULL,
	to_event_id uuid NOT NULL,
	edge_type text COLLATE "C" NOT NULL,
	id bigint NOT NULL GENERATED BY DEFAULT AS IDENTITY,
	weight int,
	metadata jsonb,
	quarantined bool NOT NULL DEFAULT false,
	created_at timestamptz NOT NULL DEFAULT pg_catalog.clock_timestamp(),
	CONSTRAINT edge_store_pkey PRIMARY KEY (trace_id, from_event_id, to_event_id, edge_type),
	CONSTRAINT edge_store_self_check CHECK (from_event_id OPERATOR(pg_catalog.<>) to_event_id),
	CONSTRAINT edge_store_type_check CHECK (edge_type OPERATOR(pg_catalog.=) ANY (ARRAY['DirectCall', 'AsyncSpawn',
		'AsyncAwait', 'DataDependency', 'HttpRequestResponse', 'DatabaseQueryResult', 'HappensBefore', 'ConcurrentWith']))
);
CREATE INDEX edge_store_to_idx ON stormdisc.edge_store (trace_id, to_event_id);
CREATE INDEX edge_store_from_idx ON stormdisc.edge_store (from_event_id);

COMMENT ON TABLE stormdisc.edge_store IS 'edges by stormdisc_add_edge(); stormdisc.causal_edges has those of parents as well';
COMMENT ON SEQUENCE stormdisc.edge_store_id_seq IS 'numbers of edges';
COMMENT ON COLUMN stormdisc.edge_store.trace_id IS 'trace that it belongs to';
COMMENT ON COLUMN stormdisc.edge_store.from_event_id IS 'event that it starts from; may not be there (yet)';
COMMENT ON COLUMN stormdisc.edge_store.to_event_id IS 'event that it leads to; may not be there (yet)';
COMMENT ON COLUMN stormdisc.edge_store.edge_type IS 'what it stands for; ConcurrentWith orders nothing';
COMMENT ON COLUMN stormdisc.edge_store.id IS 'number of the edge';
COMMENT ON COLUMN stormdisc.edge_store.weight IS 'whatever it means to who has added it';
COMMENT ON COLUMN stormdisc.edge_store.metadata IS 'what else was said about it';
COMMENT ON COLUMN stormdisc.edge_store.quarantined IS 'would it have closed a cycle?  Then it does not count';
COMMENT ON COLUMN stormdisc.edge_store.created_at IS 'when it was stored';

SELECT pg_catalog.pg_extension_config_dump('stormdisc.edge_store', '');
SELECT pg_catalog.pg_extension_config_dump('stormdisc.edge_store_id_seq', '');

-- Roots that somebody has set.
CREATE TABLE stormdisc.root_store (
	trace_id uuid NOT NULL,
	root_event_id uuid NOT NULL,
	created_at timestamptz NOT NULL DEFAULT pg_catalog.clock_timestamp(),
	CONSTRAINT root_store_pkey PRIMARY KEY (trace_id, root_event_id)
);

COMMENT ON TABLE stormdisc.root_store IS
	'roots by stormdisc_set_trace_root(); stormdisc.trace_roots has those that are by themselves as well';
COMMENT ON COLUMN stormdisc.root_store.trace_id IS 'trace that it is a root of';
COMMENT ON COLUMN stormdisc.root_store.root_event_id IS 'the event; may not be there (yet)';
COMMENT ON COLUMN stormdisc.root_store.created_at IS 'when it was set';

SELECT pg_catalog.pg_extension_config_dump('stormdisc.root_store', '');

-- How long operations take.  Each session adds to one of the stripes of an
-- operation, so that many of them need not wait for each other.
CREATE TABLE stormdisc.baseline_store (
	operation text COLLATE "C" NOT NULL,
	stripe smallint NOT NULL,
	n bigint NOT NULL,
	total bigint NOT NULL,
	min bigint NOT NULL,
	max bigint NOT NULL,
	mean float8 NOT NULL,
	m2 float8 NOT NULL,
	sketch bytea NOT NULL,
	updated_at timestamptz NOT NULL,
	CONSTRAINT baseline_store_pkey PRIMARY KEY (operation, stripe)
) WITH (fillfactor = 50);

COMMENT ON TABLE stormdisc.baseline_store IS
	'parts of what stormdisc_record_baseline_metric() has recorded; stormdisc.baseline_metrics puts them together';
COMMENT ON COLUMN stormdisc.baseline_store.operation IS 'name of the operation';
COMMENT ON COLUMN stormdisc.baseline_store.stripe IS 'part, by session';
COMMENT ON COLUMN stormdisc.baseline_store.n IS 'number of durations';
COMMENT ON COLUMN stormdisc.baseline_store.total IS 'their sum, in microseconds';
COMMENT ON COLUMN stormdisc.baseline_store.min IS 'the shortest, in microseconds';
COMMENT ON COLUMN stormdisc.baseline_store.max IS 'the longest, in microseconds';
COMMENT ON COLUMN stormdisc.baseline_store.mean IS 'their mean, in microseconds';
COMMENT ON COLUMN stormdisc.baseline_store.m2 IS 'sum of the squares of their distances from the mean';
COMMENT ON COLUMN stormdisc.baseline_store.sketch IS 'how many are about how long, for percentiles';
COMMENT ON COLUMN stormdisc.baseline_store.updated_at IS 'when the last one was recorded';

SELECT pg_catalog.pg_extension_config_dump('stormdisc.baseline_store', '');

-- The one thing that is not a matter of one row: links to parents must not go
-- round in a circle.
CREATE FUNCTION @extschema@.stormdisc_events_written() RETURNS trigger
AS 'MODULE_PATHNAME', 'stormdisc_events_written' LANGUAGE C VOLATILE PARALLEL UNSAFE;
COMMENT ON FUNCTION @extschema@.stormdisc_events_written() IS
	'trigger: put links to parents that would close a cycle into quarantine';
REVOKE ALL ON FUNCTION @extschema@.stormdisc_events_written() FROM PUBLIC;

CREATE TRIGGER events_inserted AFTER INSERT ON stormdisc.events
	REFERENCING NEW TABLE AS new_rows
	FOR EACH STATEMENT EXECUTE FUNCTION @extschema@.stormdisc_events_written();
CREATE TRIGGER events_updated AFTER UPDATE ON stormdisc.events
	REFERENCING OLD TABLE AS old_rows NEW TABLE AS new_rows
	FOR EACH STATEMENT EXECUTE FUNCTION @extschema@.stormdisc_events_written();
