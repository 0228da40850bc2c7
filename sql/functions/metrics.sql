-- Metrics: recording them, adding them up, and the partitions of their days.

CREATE OR REPLACE FUNCTION @extschema@.stormdisc_record_metric(
	component text,
	metric text,
	value float8,
	unit text DEFAULT NULL,
	metadata jsonb DEFAULT NULL,
	at timestamptz DEFAULT NULL
)
RETURNS void
AS 'MODULE_PATHNAME', 'stormdisc_record_metric'
LANGUAGE C VOLATILE PARALLEL UNSAFE;

COMMENT ON FUNCTION @extschema@.stormdisc_record_metric(text, text, float8, text, jsonb, timestamptz) IS
	'keep a measurement of a component';
REVOKE ALL ON FUNCTION @extschema@.stormdisc_record_metric(text, text, float8, text, jsonb, timestamptz) FROM PUBLIC;

CREATE OR REPLACE FUNCTION @extschema@.stormdisc_record_metric_batch(
	component text[],
	metric text[],
	value float8[],
	unit text[] DEFAULT NULL,
	metadata jsonb[] DEFAULT NULL,
	at timestamptz[] DEFAULT NULL
)
RETURNS bigint
AS 'MODULE_PATHNAME', 'stormdisc_record_metric_batch'
LANGUAGE C VOLATILE PARALLEL UNSAFE;

COMMENT ON FUNCTION @extschema@.stormdisc_record_metric_batch(text[], text[], float8[], text[], jsonb[], timestamptz[]) IS
	'keep many measurements, all or none: each argument lists what is one value of stormdisc_record_metric()';
REVOKE ALL ON FUNCTION @extschema@.stormdisc_record_metric_batch(text[], text[], float8[], text[], jsonb[], timestamptz[]) FROM PUBLIC;

CREATE OR REPLACE FUNCTION @extschema@.stormdisc_record_port_metrics(
	port text,
	messages_sent bigint DEFAULT 0,
	messages_received bigint DEFAULT 0,
	avg_send_duration_ms float8 DEFAULT NULL,
	avg_receive_duration_ms float8 DEFAULT NULL,
	avg_message_age_ms float8 DEFAULT NULL,
	buffer_utilization float8 DEFAULT NULL,
	at timestamptz DEFAULT NULL
)
RETURNS void
AS 'MODULE_PATHNAME', 'stormdisc_record_port_metrics'
LANGUAGE C VOLATILE PARALLEL UNSAFE;

COMMENT ON FUNCTION @extschema@.stormdisc_record_port_metrics(text, bigint, bigint, float8, float8, float8, float8, timestamptz) IS
	'keep a measurement of a port: what has passed it since the one before';
REVOKE ALL ON FUNCTION @extschema@.stormdisc_record_port_metrics(text, bigint, bigint, float8, float8, float8, float8, timestamptz) FROM PUBLIC;

CREATE OR REPLACE FUNCTION @extschema@.stormdisc_rollup_metrics(
	up_to timestamptz DEFAULT NULL,
	OUT hours bigint,
	OUT late bigint,
	OUT rolled_up_to timestamptz,
	OUT done bool
)
AS 'MODULE_PATHNAME', 'stormdisc_rollup_metrics'
LANGUAGE C VOLATILE PARALLEL UNSAFE;

COMMENT ON FUNCTION @extschema@.stormdisc_rollup_metrics(timestamptz) IS
	'add up the measurements of the hours that are over';
REVOKE ALL ON FUNCTION @extschema@.stormdisc_rollup_metrics(timestamptz) FROM PUBLIC;

CREATE OR REPLACE FUNCTION @extschema@.stormdisc_create_partitions(
	dry_run bool DEFAULT false,
	now timestamptz DEFAULT NULL
)
RETURNS TABLE (
	table_name text,
	partitions bigint,
	rows bigint,
	done bool,
	message text
)
AS 'MODULE_PATHNAME', 'stormdisc_create_partitions'
LANGUAGE C VOLATILE PARALLEL UNSAFE;

COMMENT ON FUNCTION @extschema@.stormdisc_create_partitions(bool, timestamptz) IS
	'make the daily partitions of today and of the next days';
REVOKE ALL ON FUNCTION @extschema@.stormdisc_create_partitions(bool, timestamptz) FROM PUBLIC;

CREATE OR REPLACE FUNCTION @extschema@.stormdisc_drain_partitions(
	max_rows bigint DEFAULT NULL,
	dry_run bool DEFAULT false,
	now timestamptz DEFAULT NULL
)
RETURNS TABLE (
	table_name text,
	partitions bigint,
	rows bigint,
	done bool,
	message text
)
AS 'MODULE_PATHNAME', 'stormdisc_drain_partitions'
LANGUAGE C VOLATILE PARALLEL UNSAFE;

COMMENT ON FUNCTION @extschema@.stormdisc_drain_partitions(bigint, bool, timestamptz) IS
	'move rows of the default partitions to partitions of their days';
REVOKE ALL ON FUNCTION @extschema@.stormdisc_drain_partitions(bigint, bool, timestamptz) FROM PUBLIC;

CREATE OR REPLACE FUNCTION @extschema@.stormdisc_drop_partitions(
	name text,
	before timestamptz,
	max_rows bigint DEFAULT NULL,
	dry_run bool DEFAULT false,
	now timestamptz DEFAULT NULL
)
RETURNS TABLE (
	table_name text,
	partitions bigint,
	rows bigint,
	done bool,
	message text
)
AS 'MODULE_PATHNAME', 'stormdisc_drop_partitions'
LANGUAGE C VOLATILE PARALLEL UNSAFE;

COMMENT ON FUNCTION @extschema@.stormdisc_drop_partitions(text, timestamptz, bigint, bool, timestamptz) IS
	'drop the partitions of days before a time';
REVOKE ALL ON FUNCTION @extschema@.stormdisc_drop_partitions(text, timestamptz, bigint, bool, timestamptz) FROM PUBLIC;

CREATE OR REPLACE VIEW stormdisc.port_metrics AS
SELECT s.id, s.port_name, s.messages_sent, s.messages_received,
	CASE WHEN s.send_durations OPERATOR(pg_catalog.>) 0 THEN s.send_duration_ms OPERATOR(pg_catalog./) s.send_durations END AS avg_send_duration_ms,
	CASE WHEN s.receive_durations OPERATOR(pg_catalog.>) 0 THEN s.receive_duration_ms OPERATOR(pg_catalog./) s.receive_durations END AS avg_receive_duration_ms,
	CASE WHEN s.message_ages OPERATOR(pg_catalog.>) 0 THEN s.message_age_ms OPERATOR(pg_catalog./) s.message_ages END AS avg_message_age_ms,
	s.buffer_utilization, s."timestamp"
FROM stormdisc.port_metric_samples s;

COMMENT ON VIEW stormdisc.port_metrics IS
	'measurements of ports, with averages';
COMMENT ON COLUMN stormdisc.port_metrics.id IS 'number of the measurement';
COMMENT ON COLUMN stormdisc.port_metrics.port_name IS 'port that was measured';
COMMENT ON COLUMN stormdisc.port_metrics.messages_sent IS 'messages sent since the measurement before';
COMMENT ON COLUMN stormdisc.port_metrics.messages_received IS 'messages received since the measurement before';
COMMENT ON COLUMN stormdisc.port_metrics.avg_send_duration_ms IS 'how long it took to send one, in milliseconds; NULL if none was or it is unknown';
COMMENT ON COLUMN stormdisc.port_metrics.avg_receive_duration_ms IS 'how long it took to receive one, in milliseconds';
COMMENT ON COLUMN stormdisc.port_metrics.avg_message_age_ms IS 'how old one was when it was received, in milliseconds';
COMMENT ON COLUMN stormdisc.port_metrics.buffer_utilization IS 'part of the buffer that was in use';
COMMENT ON COLUMN stormdisc.port_metrics."timestamp" IS 'when it was measured';

CREATE OR REPLACE VIEW stormdisc.port_statistics AS
SELECT s.port_name,
	pg_catalog.count(*) AS samples,
	pg_catalog.sum(s.messages_sent) AS messages_sent,
	pg_catalog.sum(s.messages_received) AS messages_received,
	CASE WHEN pg_catalog.sum(s.send_durations) OPERATOR(pg_catalog.>) 0::numeric
		THEN pg_catalog.sum(s.send_duration_ms) OPERATOR(pg_catalog./) pg_catalog.sum(s.send_durations)::float8 END AS avg_send_duration_ms,
	CASE WHEN pg_catalog.sum(s.receive_durations) OPERATOR(pg_catalog.>) 0::numeric
		THEN pg_catalog.sum(s.receive_duration_ms) OPERATOR(pg_catalog./) pg_catalog.sum(s.receive_durations)::float8 END AS avg_receive_duration_ms,
	CASE WHEN pg_catalog.sum(s.message_ages) OPERATOR(pg_catalog.>) 0::numeric
		THEN pg_catalog.sum(s.message_age_ms) OPERATOR(pg_catalog./) pg_catalog.sum(s.message_ages)::float8 END AS avg_message_age_ms,
	pg_catalog.avg(s.buffer_utilization) AS avg_buffer_utilization,
	pg_catalog.max(s.buffer_utilization) AS max_buffer_utilization,
	pg_catalog.max(s."timestamp") AS last_activity
FROM stormdisc.port_metric_samples s
GROUP BY s.port_name;

COMMENT ON VIEW stormdisc.port_statistics IS
	'measurements of ports put together, each average over all messages';
COMMENT ON COLUMN stormdisc.port_statistics.port_name IS 'port that was measured';
COMMENT ON COLUMN stormdisc.port_statistics.samples IS 'how many measurements';
COMMENT ON COLUMN stormdisc.port_statistics.messages_sent IS 'messages sent';
COMMENT ON COLUMN stormdisc.port_statistics.messages_received IS 'messages received';
COMMENT ON COLUMN stormdisc.port_statistics.avg_send_duration_ms IS 'how long it took to send one, in milliseconds';
COMMENT ON COLUMN stormdisc.port_statistics.avg_receive_duration_ms IS 'how long it took to receive one, in milliseconds';
COMMENT ON COLUMN stormdisc.port_statistics.avg_message_age_ms IS 'how old one was when it was received, in milliseconds';
COMMENT ON COLUMN stormdisc.port_statistics.avg_buffer_utilization IS 'part of the buffer that was in use, on average over the measurements';
COMMENT ON COLUMN stormdisc.port_statistics.max_buffer_utilization IS 'and at most';
COMMENT ON COLUMN stormdisc.port_statistics.last_activity IS 'when the last was measured';

-- Exact at any time: what is rolled up, what came late for that, and the
-- measurements themselves from where the rollups end.
CREATE OR REPLACE VIEW stormdisc.metric_hours AS
SELECT c.component_name, c.metric_name, c.hour,
	pg_catalog.sum(c.n)::bigint AS n,
	pg_catalog.sum(c.sum) AS sum,
	pg_catalog.sum(c.m2 OPERATOR(pg_catalog.+) (c.n OPERATOR(pg_catalog.*)
		pg_catalog.power((c.sum OPERATOR(pg_catalog./) c.n) OPERATOR(pg_catalog.-) c.mean, 2))) AS m2,
	pg_catalog.min(c.min) AS min,
	pg_catalog.max(c.max) AS max,
	pg_catalog.max(c.last_at) AS last_at
FROM (
	SELECT p.component_name, p.metric_name, p.hour, p.n, p.sum, p.m2, p.min, p.max, p.last_at,
		pg_catalog.sum(p.sum) OVER hours OPERATOR(pg_catalog./) pg_catalog.sum(p.n) OVER hours::float8 AS mean
	FROM (
		SELECT r.component_name, r.metric_name, r.hour, r.n, r.sum, r.m2, r.min, r.max, r.last_at
		FROM stormdisc.metric_rollups r
		UNION ALL
		SELECT l.component_name, l.metric_name, l.hour, l.n, l.sum, l.m2, l.min, l.max, l.last_at
		FROM stormdisc.metric_late_values l
		WHERE l.hour OPERATOR(pg_catalog.<) COALESCE((SELECT s.rolled_up_to FROM stormdisc.metric_rollup_state s
			WHERE s.table_name OPERATOR(pg_catalog.=) 'component_metrics'), '-infinity')
		UNION ALL
		SELECT m.component_name, m.metric_name, pg_catalog.date_trunc('hour', m."timestamp", 'UTC'),
			pg_catalog.count(*), pg_catalog.sum(m.metric_value), pg_catalog.regr_sxx(m.metric_value, m.metric_value),
			pg_catalog.min(m.metric_value), pg_catalog.max(m.metric_value), pg_catalog.max(m."timestamp")
		FROM stormdisc.component_metrics m
		WHERE m."timestamp" OPERATOR(pg_catalog.>=) COALESCE((SELECT s.rolled_up_to FROM stormdisc.metric_rollup_state s
			WHERE s.table_name OPERATOR(pg_catalog.=) 'component_metrics'), '-infinity')
		GROUP BY 1, 2, 3
	) p
	WINDOW hours AS (PARTITION BY p.component_name, p.metric_name, p.hour)
) c
GROUP BY c.component_name, c.metric_name, c.hour;

COMMENT ON VIEW stormdisc.metric_hours IS
	'measurements of components by the hour, all of them, rolled up or not';
COMMENT ON COLUMN stormdisc.metric_hours.component_name IS 'component that was measured';
COMMENT ON COLUMN stormdisc.metric_hours.metric_name IS 'what was measured';
COMMENT ON COLUMN stormdisc.metric_hours.hour IS 'start of the hour';
COMMENT ON COLUMN stormdisc.metric_hours.n IS 'how many values';
COMMENT ON COLUMN stormdisc.metric_hours.sum IS 'their sum';
COMMENT ON COLUMN stormdisc.metric_hours.m2 IS 'sum of the squares of their differences from the mean';
COMMENT ON COLUMN stormdisc.metric_hours.min IS 'the smallest';
COMMENT ON COLUMN stormdisc.metric_hours.max IS 'the largest';
COMMENT ON COLUMN stormdisc.metric_hours.last_at IS 'when the last was measured';

CREATE OR REPLACE VIEW stormdisc.metric_statistics AS
SELECT c.component_name, c.metric_name,
	pg_catalog.sum(c.n)::bigint AS samples,
	pg_catalog.min(c.mean) AS avg_value,
	CASE WHEN pg_catalog.sum(c.n) OPERATOR(pg_catalog.>) 1::numeric THEN
		pg_catalog.sqrt(pg_catalog.sum(c.m2 OPERATOR(pg_catalog.+) (c.n OPERATOR(pg_catalog.*)
		pg_catalog.power((c.sum OPERATOR(pg_catalog./) c.n) OPERATOR(pg_catalog.-) c.mean, 2)))
			OPERATOR(pg_catalog./) (pg_catalog.sum(c.n) OPERATOR(pg_catalog.-) 1::numeric)::float8) END AS stddev_value,
	pg_catalog.min(c.min) AS min_value,
	pg_catalog.max(c.max) AS max_value,
	pg_catalog.max(c.last_at) AS last_activity
FROM (
	SELECT h.component_name, h.metric_name, h.n, h.sum, h.m2, h.min, h.max, h.last_at,
		pg_catalog.sum(h.sum) OVER metrics OPERATOR(pg_catalog./) pg_catalog.sum(h.n) OVER metrics::float8 AS mean
	FROM stormdisc.metric_hours h
	WINDOW metrics AS (PARTITION BY h.component_name, h.metric_name)
) c
GROUP BY c.component_name, c.metric_name;

COMMENT ON VIEW stormdisc.metric_statistics IS
	'each metric of each component in one row';
COMMENT ON COLUMN stormdisc.metric_statistics.component_name IS 'component that was measured';
COMMENT ON COLUMN stormdisc.metric_statistics.metric_name IS 'what was measured';
COMMENT ON COLUMN stormdisc.metric_statistics.samples IS 'how many values';
COMMENT ON COLUMN stormdisc.metric_statistics.avg_value IS 'their mean';
COMMENT ON COLUMN stormdisc.metric_statistics.stddev_value IS 'their standard deviation, NULL of a single one';
COMMENT ON COLUMN stormdisc.metric_statistics.min_value IS 'the smallest';
COMMENT ON COLUMN stormdisc.metric_statistics.max_value IS 'the largest';
COMMENT ON COLUMN stormdisc.metric_statistics.last_activity IS 'when the last was measured';

-- A component that does not count its messages has one measurement of its
-- throughput for each.
CREATE OR REPLACE VIEW stormdisc.component_statistics AS
SELECT h.component_name,
	GREATEST('-9e18'::float8, LEAST(COALESCE(
		pg_catalog.sum(h.sum) FILTER (WHERE h.metric_name OPERATOR(pg_catalog.=) 'messages'),
		pg_catalog.sum(h.n) FILTER (WHERE h.metric_name OPERATOR(pg_catalog.=) 'throughput')::float8),
		'9e18'::float8))::bigint AS total_messages,
	pg_catalog.sum(h.sum) FILTER (WHERE h.metric_name OPERATOR(pg_catalog.=) 'throughput')
		OPERATOR(pg_catalog./) pg_catalog.sum(h.n) FILTER (WHERE h.metric_name OPERATOR(pg_catalog.=) 'throughput')::float8 AS avg_throughput,
	pg_catalog.max(h.last_at) AS last_activity
FROM stormdisc.metric_hours h
WHERE h.metric_name OPERATOR(pg_catalog.=) ANY (ARRAY['messages', 'throughput'])
GROUP BY h.component_name;

COMMENT ON VIEW stormdisc.component_statistics IS
	'components by their metrics "throughput" and "messages"; always up to date';
COMMENT ON COLUMN stormdisc.component_statistics.component_name IS 'component that was measured';
COMMENT ON COLUMN stormdisc.component_statistics.total_messages IS
	'sum of the metric "messages"; of a component without it, how many values of "throughput" there are';
COMMENT ON COLUMN stormdisc.component_statistics.avg_throughput IS 'mean of all values of "throughput"';
COMMENT ON COLUMN stormdisc.component_statistics.last_activity IS 'when either was measured last';
