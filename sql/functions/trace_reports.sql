-- Reports on traces: critical path, audit trail, anomalies, summaries, diagrams.

CREATE OR REPLACE FUNCTION @extschema@.stormdisc_get_critical_path(
	trace uuid,
	mode text DEFAULT 'crisp',
	OUT seq int,
	OUT event_id uuid,
	OUT kind text,
	OUT operation text,
	OUT service text,
	OUT thread text,
	OUT enter timestamptz,
	OUT leave timestamptz,
	OUT exclusive interval,
	OUT exclusive_ns bigint,
	OUT slack_ns bigint
)
RETURNS SETOF record
AS 'MODULE_PATHNAME', 'stormdisc_get_critical_path'
LANGUAGE C STABLE PARALLEL RESTRICTED COST 10000;

COMMENT ON FUNCTION @extschema@.stormdisc_get_critical_path(uuid, text) IS
	'what decided how long a trace took, piece by piece';
REVOKE ALL ON FUNCTION @extschema@.stormdisc_get_critical_path(uuid, text) FROM PUBLIC;

CREATE OR REPLACE FUNCTION @extschema@.stormdisc_get_audit_trail(
	variable text,
	trace uuid DEFAULT NULL,
	with_races bool DEFAULT false,
	since timestamptz DEFAULT NULL,
	until timestamptz DEFAULT NULL,
	max_rows bigint DEFAULT NULL,
	OUT event_id uuid,
	OUT trace_id uuid,
	OUT "timestamp" timestamptz,
	OUT timestamp_nanos smallint,
	OUT service text,
	OUT thread text,
	OUT access_type text,
	OUT old_value jsonb,
	OUT new_value jsonb,
	OUT location text,
	OUT lock_set jsonb,
	OUT is_race bool
)
RETURNS SETOF record
AS 'MODULE_PATHNAME', 'stormdisc_get_audit_trail'
LANGUAGE C STABLE PARALLEL RESTRICTED COST 10000 ROWS 1000;

COMMENT ON FUNCTION @extschema@.stormdisc_get_audit_trail(text, uuid, bool, timestamptz, timestamptz, bigint) IS
	'the accesses to a variable in the order of time, in all traces or in one';
REVOKE ALL ON FUNCTION @extschema@.stormdisc_get_audit_trail(text, uuid, bool, timestamptz, timestamptz, bigint) FROM PUBLIC;

CREATE OR REPLACE FUNCTION @extschema@.stormdisc_get_cross_trace_races(
	variable text,
	time_window interval DEFAULT '1 second',
	max_pairs bigint DEFAULT 10000,
	since timestamptz DEFAULT NULL,
	OUT event1_id uuid,
	OUT event2_id uuid,
	OUT trace1_id uuid,
	OUT trace2_id uuid,
	OUT severity text,
	OUT confidence float8,
	OUT distance interval,
	OUT thread1 text,
	OUT thread2 text,
	OUT access_type1 text,
	OUT access_type2 text,
	OUT timestamp1 timestamptz,
	OUT timestamp2 timestamptz,
	OUT location1 text,
	OUT location2 text,
	OUT evidence text
)
RETURNS SETOF record
AS 'MODULE_PATHNAME', 'stormdisc_get_cross_trace_races'
LANGUAGE C STABLE PARALLEL RESTRICTED COST 10000;

COMMENT ON FUNCTION @extschema@.stormdisc_get_cross_trace_races(text, interval, bigint, timestamptz) IS
	'accesses to a variable in different traces that may have raced: close in time, conflicting, not ordered by clocks, without a common lock';
REVOKE ALL ON FUNCTION @extschema@.stormdisc_get_cross_trace_races(text, interval, bigint, timestamptz) FROM PUBLIC;

CREATE OR REPLACE FUNCTION @extschema@.stormdisc_detect_anomalies(
	trace uuid,
	sigmas float8 DEFAULT 3,
	min_samples bigint DEFAULT 30,
	max_per_kind bigint DEFAULT 1000,
	OUT kind text,
	OUT severity text,
	OUT event_id uuid,
	OUT other_event_id uuid,
	OUT "timestamp" timestamptz,
	OUT operation text,
	OUT service text,
	OUT thread text,
	OUT message text,
	OUT evidence jsonb
)
RETURNS SETOF record
AS 'MODULE_PATHNAME', 'stormdisc_detect_anomalies'
LANGUAGE C STABLE PARALLEL RESTRICTED COST 10000;

COMMENT ON FUNCTION @extschema@.stormdisc_detect_anomalies(uuid, float8, bigint, bigint) IS
	'what is odd about a trace: errors, slow operations, locks, tasks, requests, clocks, links';
REVOKE ALL ON FUNCTION @extschema@.stormdisc_detect_anomalies(uuid, float8, bigint, bigint) FROM PUBLIC;

CREATE OR REPLACE FUNCTION @extschema@.stormdisc_trace_summaries(
	service text DEFAULT NULL,
	since timestamptz DEFAULT NULL,
	until timestamptz DEFAULT NULL,
	min_duration interval DEFAULT NULL,
	with_errors bool DEFAULT NULL,
	before_started timestamptz DEFAULT NULL,
	before_trace uuid DEFAULT NULL,
	max_rows bigint DEFAULT 100,
	OUT trace_id uuid,
	OUT started timestamptz,
	OUT ended timestamptz,
	OUT duration interval,
	OUT events bigint,
	OUT services text[],
	OUT threads bigint,
	OUT errors bigint,
	OUT accesses bigint,
	OUT variables bigint
)
RETURNS SETOF record
AS 'MODULE_PATHNAME', 'stormdisc_trace_summaries'
LANGUAGE C STABLE PARALLEL RESTRICTED COST 10000 ROWS 100;

COMMENT ON FUNCTION @extschema@.stormdisc_trace_summaries(text, timestamptz, timestamptz, interval, bool, timestamptz, uuid, bigint) IS
	'the traces that there are, the newest first, page by page';
REVOKE ALL ON FUNCTION @extschema@.stormdisc_trace_summaries(text, timestamptz, timestamptz, interval, bool, timestamptz, uuid, bigint) FROM PUBLIC;

CREATE OR REPLACE FUNCTION @extschema@.stormdisc_service_dependencies(
	trace uuid,
	OUT caller text,
	OUT callee text,
	OUT calls bigint,
	OUT timed_calls bigint,
	OUT total_duration_us float8,
	OUT mean_duration_us float8,
	OUT min_duration_us bigint,
	OUT max_duration_us bigint
)
RETURNS SETOF record
AS 'MODULE_PATHNAME', 'stormdisc_service_dependencies'
LANGUAGE C STABLE PARALLEL RESTRICTED COST 10000 ROWS 10;

COMMENT ON FUNCTION @extschema@.stormdisc_service_dependencies(uuid) IS
	'which service of a trace calls which, how often, and how long it takes';
REVOKE ALL ON FUNCTION @extschema@.stormdisc_service_dependencies(uuid) FROM PUBLIC;

CREATE OR REPLACE FUNCTION @extschema@.stormdisc_trace_diagram(
	trace uuid,
	format text DEFAULT 'mermaid',
	max_events bigint DEFAULT 200
)
RETURNS text
AS 'MODULE_PATHNAME', 'stormdisc_trace_diagram'
LANGUAGE C STABLE PARALLEL RESTRICTED COST 10000;

COMMENT ON FUNCTION @extschema@.stormdisc_trace_diagram(uuid, text, bigint) IS
	'a picture of a trace as text for Mermaid (sequence diagram) or Graphviz';
REVOKE ALL ON FUNCTION @extschema@.stormdisc_trace_diagram(uuid, text, bigint) FROM PUBLIC;
