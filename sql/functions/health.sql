-- Health: heartbeats of components, and what they come to.

CREATE OR REPLACE FUNCTION @extschema@.stormdisc_heartbeat(
	component text,
	status text DEFAULT 'healthy',
	details jsonb DEFAULT NULL,
	ttl interval DEFAULT NULL
)
RETURNS bool
AS 'MODULE_PATHNAME', 'stormdisc_heartbeat'
LANGUAGE C VOLATILE PARALLEL UNSAFE;

COMMENT ON FUNCTION @extschema@.stormdisc_heartbeat(text, text, jsonb, interval) IS
	'say that a component is alive, and how it is, for a time; true if that is a change';
REVOKE ALL ON FUNCTION @extschema@.stormdisc_heartbeat(text, text, jsonb, interval) FROM PUBLIC;

CREATE OR REPLACE FUNCTION @extschema@.stormdisc_forget_health(
	component text
)
RETURNS bool
AS 'MODULE_PATHNAME', 'stormdisc_forget_health'
LANGUAGE C VOLATILE PARALLEL UNSAFE;

COMMENT ON FUNCTION @extschema@.stormdisc_forget_health(text) IS
	'forget a component that is no more, and its history; false if it is not known';
REVOKE ALL ON FUNCTION @extschema@.stormdisc_forget_health(text) FROM PUBLIC;

CREATE OR REPLACE VIEW stormdisc.system_health AS
SELECT h.id, h.component_name,
	CASE WHEN h.expires_at OPERATOR(pg_catalog.<) pg_catalog.clock_timestamp() THEN 'unknown' ELSE h.health_status END AS health_status,
	h.health_details, h.last_heartbeat, h.created_at,
	h.health_status AS reported_status,
	CASE WHEN h.expires_at OPERATOR(pg_catalog.<) pg_catalog.clock_timestamp() THEN h.expires_at ELSE h.status_since END AS status_since,
	h.expires_at
FROM stormdisc.health_heads h;

COMMENT ON VIEW stormdisc.system_health IS
	'the health of each component now';
COMMENT ON COLUMN stormdisc.system_health.id IS 'number of the component';
COMMENT ON COLUMN stormdisc.system_health.component_name IS 'component that is or was alive';
COMMENT ON COLUMN stormdisc.system_health.health_status IS 'healthy, degraded or unhealthy; unknown if it says so or says nothing any more';
COMMENT ON COLUMN stormdisc.system_health.health_details IS 'anything else it said';
COMMENT ON COLUMN stormdisc.system_health.last_heartbeat IS 'when it was heard of last';
COMMENT ON COLUMN stormdisc.system_health.created_at IS 'when it was heard of first';
COMMENT ON COLUMN stormdisc.system_health.reported_status IS 'what it said last';
COMMENT ON COLUMN stormdisc.system_health.status_since IS 'since when health_status is so';
COMMENT ON COLUMN stormdisc.system_health.expires_at IS 'when it is unknown if it says nothing more';

CREATE OR REPLACE FUNCTION @extschema@.stormdisc_health(
	OUT health_status text,
	OUT components bigint,
	OUT healthy bigint,
	OUT degraded bigint,
	OUT unhealthy bigint,
	OUT unknown bigint,
	OUT worst_component text,
	OUT oldest_heartbeat timestamptz
)
AS 'MODULE_PATHNAME', 'stormdisc_health'
LANGUAGE C VOLATILE PARALLEL UNSAFE;

COMMENT ON FUNCTION @extschema@.stormdisc_health() IS
	'the health of all components in one row: the worst, and how many there are of each';
REVOKE ALL ON FUNCTION @extschema@.stormdisc_health() FROM PUBLIC;
