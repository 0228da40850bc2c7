-- Metrics: what components and ports measure, by the day (UTC), and the sums of
-- each hour, which stay when the days are dropped.
--
-- The days' partitions are made at run time.  They are no members of the
-- extension, so that dumps have them; the keys are on the partitions and not on
-- the parents, because a dump could not be restored where attaching a partition
-- already makes its index.  A new partition is like the default one: its
-- columns and how they are stored, its key and further indexes, its access
-- method and tablespace.

CREATE TABLE stormdisc.component_metrics (
	id uuid DEFAULT gen_random_uuid() NOT NULL,
	component_name text COLLATE "C" NOT NULL,
	metric_name text COLLATE "C" NOT NULL,
	metric_value float8 NOT NULL,
	metric_unit text,
	metric_metadata jsonb,
	"timestamp" timestamptz DEFAULT clock_timestamp() NOT NULL,
	-- neither infinite nor NaN, nor so large or small that squares are out of range
	CONSTRAINT component_metrics_value_check CHECK (metric_value = 0 OR metric_value BETWEEN '1e-100' AND '1e100'
		OR metric_value BETWEEN '-1e100' AND '-1e-100')
) PARTITION BY RANGE ("timestamp");

COMMENT ON TABLE stormdisc.component_metrics IS
	'measurements of components, partitioned by the day: what stormdisc_record_metric() has written';
COMMENT ON COLUMN stormdisc.component_metrics.id IS 'number of the measurement';
COMMENT ON COLUMN stormdisc.component_metrics.component_name IS 'component that was measured';
COMMENT ON COLUMN stormdisc.component_metrics.metric_name IS 'what was measured';
COMMENT ON COLUMN stormdisc.component_metrics.metric_value IS 'its value';
COMMENT ON COLUMN stormdisc.component_metrics.metric_unit IS 'unit of the value, NULL if it has none';
COMMENT ON COLUMN stormdisc.component_metrics.metric_metadata IS 'anything else about the measurement';
COMMENT ON COLUMN stormdisc.component_metrics."timestamp" IS 'when it was measured';

CREATE TABLE stormdisc.component_metrics_default PARTITION OF stormdisc.component_metrics (
	CONSTRAINT component_metrics_default_pkey PRIMARY KEY (component_name, metric_name, "timestamp", id)
) DEFAULT;

COMMENT ON TABLE stormdisc.component_metrics_default IS
	'measurements of days without a partition; stormdisc_maintain() moves them';
COMMENT ON COLUMN stormdisc.component_metrics_default.id IS 'number of the measurement';
COMMENT ON COLUMN stormdisc.component_metrics_default.component_name IS 'component that was measured';
COMMENT ON COLUMN stormdisc.component_metrics_default.metric_name IS 'what was measured';
COMMENT ON COLUMN stormdisc.component_metrics_default.metric_value IS 'its value';
COMMENT ON COLUMN stormdisc.component_metrics_default.metric_unit IS 'unit of the value, NULL if it has none';
COMMENT ON COLUMN stormdisc.component_metrics_default.metric_metadata IS 'anything else about the measurement';
COMMENT ON COLUMN stormdisc.component_metrics_default."timestamp" IS 'when it was measured';

SELECT pg_catalog.pg_extension_config_dump('stormdisc.component_metrics', '');
SELECT pg_catalog.pg_extension_config_dump('stormdisc.component_metrics_default', '');

-- Sums and not averages: averages cannot be put together again.
CREATE TABLE stormdisc.port_metric_samples (
	id uuid DEFAULT gen_random_uuid() NOT NULL,
	port_name text COLLATE "C" NOT NULL,
	messages_sent bigint NOT NULL,
	messages_received bigint NOT NULL,
	send_durations bigint NOT NULL,
	send_duration_ms float8 NOT NULL,
	receive_durations bigint NOT NULL,
	receive_duration_ms float8 NOT NULL,
	message_ages bigint NOT NULL,
	message_age_ms float8 NOT NULL,
	buffer_utilization float8,
	"timestamp" timestamptz DEFAULT clock_timestamp() NOT NULL
) PARTITION BY RANGE ("timestamp");

COMMENT ON TABLE stormdisc.port_metric_samples IS
	'measurements of ports, partitioned by the day: what stormdisc_record_port_metrics() has written; see the view port_metrics';
COMMENT ON COLUMN stormdisc.port_metric_samples.id IS 'number of the measurement';
COMMENT ON COLUMN stormdisc.port_metric_samples.port_name IS 'port that was measured';
COMMENT ON COLUMN stormdisc.port_metric_samples.messages_sent IS 'messages sent since the measurement before';
COMMENT ON COLUMN stormdisc.port_metric_samples.messages_received IS 'messages received since the measurement before';
COMMENT ON COLUMN stormdisc.port_metric_samples.send_durations IS 'of how many messages it is known how long sending took';
COMMENT ON COLUMN stormdisc.port_metric_samples.send_duration_ms IS 'how long it took for all of these, in milliseconds';
COMMENT ON COLUMN stormdisc.port_metric_samples.receive_durations IS 'of how many messages it is known how long receiving took';
COMMENT ON COLUMN stormdisc.port_metric_samples.receive_duration_ms IS 'how long it took for all of these, in milliseconds';
COMMENT ON COLUMN stormdisc.port_metric_samples.message_ages IS 'of how many messages it is known how old they were when they were received';
COMMENT ON COLUMN stormdisc.port_metric_samples.message_age_ms IS 'the ages of all of these, in milliseconds';
COMMENT ON COLUMN stormdisc.port_metric_samples.buffer_utilization IS 'part of the buffer that was in use, NULL if unknown';
COMMENT ON COLUMN stormdisc.port_metric_samples."timestamp" IS 'when it was measured';

CREATE TABLE stormdisc.port_metric_samples_default PARTITION OF stormdisc.port_metric_samples (
	CONSTRAINT port_metric_samples_default_pkey PRIMARY KEY (port_name, "timestamp", id)
) DEFAULT;

COMMENT ON TABLE stormdisc.port_metric_samples_default IS
	'measurements of days without a partition; stormdisc_maintain() moves them';
COMMENT ON COLUMN stormdisc.port_metric_samples_default.id IS 'number of the measurement';
COMMENT ON COLUMN stormdisc.port_metric_samples_default.port_name IS 'port that was measured';
COMMENT ON COLUMN stormdisc.port_metric_samples_default.messages_sent IS 'messages sent since the measurement before';
COMMENT ON COLUMN stormdisc.port_metric_samples_default.messages_received IS 'messages received since the measurement before';
COMMENT ON COLUMN stormdisc.port_metric_samples_default.send_durations IS 'of how many messages it is known how long sending took';
COMMENT ON COLUMN stormdisc.port_metric_samples_default.send_duration_ms IS 'how long it took for all of these, in milliseconds';
COMMENT ON COLUMN stormdisc.port_metric_samples_default.receive_durations IS 'of how many messages it is known how long receiving took';
COMMENT ON COLUMN stormdisc.port_metric_samples_default.receive_duration_ms IS 'how long it took for all of these, in milliseconds';
COMMENT ON COLUMN stormdisc.port_metric_samples_default.message_ages IS 'of how many messages it is known how old they were when they were received';
COMMENT ON COLUMN stormdisc.port_metric_samples_default.message_age_ms IS 'the ages of all of these, in milliseconds';
COMMENT ON COLUMN stormdisc.port_metric_samples_default.buffer_utilization IS 'part of the buffer that was in use, NULL if unknown';
COMMENT ON COLUMN stormdisc.port_metric_samples_default."timestamp" IS 'when it was measured';

SELECT pg_catalog.pg_extension_config_dump('stormdisc.port_metric_samples', '');
SELECT pg_catalog.pg_extension_config_dump('stormdisc.port_metric_samples_default', '');

-- Of the hours that are rolled up: n values with their sum and m2, the sum of
-- the squares of their differences from the mean.
CREATE TABLE stormdisc.metric_rollups (
	component_name text COLLATE "C" NOT NULL,
	metric_name text COLLATE "C" NOT NULL,
	hour timestamptz NOT NULL,
	n bigint NOT NULL,
	sum float8 NOT NULL,
	m2 float8 NOT NULL,
	min float8 NOT NULL,
	max float8 NOT NULL,
	last_at timestamptz NOT NULL,
	CONSTRAINT metric_rollups_pkey PRIMARY KEY (component_name, metric_name, hour)
);

COMMENT ON TABLE stormdisc.metric_rollups IS
	'measurements of components by the hour: what stormdisc_rollup_metrics() has added up';
COMMENT ON COLUMN stormdisc.metric_rollups.component_name IS 'component that was measured';
COMMENT ON COLUMN stormdisc.metric_rollups.metric_name IS 'what was measured';
COMMENT ON COLUMN stormdisc.metric_rollups.hour IS 'start of the hour';
COMMENT ON COLUMN stormdisc.metric_rollups.n IS 'how many values';
COMMENT ON COLUMN stormdisc.metric_rollups.sum IS 'their sum';
COMMENT ON COLUMN stormdisc.metric_rollups.m2 IS 'sum of the squares of their differences from the mean';
COMMENT ON COLUMN stormdisc.metric_rollups.min IS 'the smallest';
COMMENT ON COLUMN stormdisc.metric_rollups.max IS 'the largest';
COMMENT ON COLUMN stormdisc.metric_rollups.last_at IS 'when the last was measured';

SELECT pg_catalog.pg_extension_config_dump('stormdisc.metric_rollups', '');

-- What came when its hour may have been rolled up already.
CREATE TABLE stormdisc.metric_late_values (
	component_name text COLLATE "C" NOT NULL,
	metric_name text COLLATE "C" NOT NULL,
	hour timestamptz NOT NULL,
	id uuid NOT NULL,
	n bigint NOT NULL,
	sum float8 NOT NULL,
	m2 float8 NOT NULL,
	min float8 NOT NULL,
	max float8 NOT NULL,
	last_at timestamptz NOT NULL,
	CONSTRAINT metric_late_values_pkey PRIMARY KEY (component_name, metric_name, hour, id)
);

COMMENT ON TABLE stormdisc.metric_late_values IS
	'measurements that were recorded after their hour was over, until they are added to it in metric_rollups';
COMMENT ON COLUMN stormdisc.metric_late_values.component_name IS 'component that was measured';
COMMENT ON COLUMN stormdisc.metric_late_values.metric_name IS 'what was measured';
COMMENT ON COLUMN stormdisc.metric_late_values.hour IS 'start of the hour';
COMMENT ON COLUMN stormdisc.metric_late_values.id IS 'number of the call that recorded them';
COMMENT ON COLUMN stormdisc.metric_late_values.n IS 'how many values';
COMMENT ON COLUMN stormdisc.metric_late_values.sum IS 'their sum';
COMMENT ON COLUMN stormdisc.metric_late_values.m2 IS 'sum of the squares of their differences from the mean';
COMMENT ON COLUMN stormdisc.metric_late_values.min IS 'the smallest';
COMMENT ON COLUMN stormdisc.metric_late_values.max IS 'the largest';
COMMENT ON COLUMN stormdisc.metric_late_values.last_at IS 'when the last was measured';

SELECT pg_catalog.pg_extension_config_dump('stormdisc.metric_late_values', '');

-- One row, once something was rolled up.
CREATE TABLE stormdisc.metric_rollup_state (
	table_name text COLLATE "C" NOT NULL,
	rolled_up_to timestamptz NOT NULL,
	closing_to timestamptz,
	closing_xid xid8,
	CONSTRAINT metric_rollup_state_pkey PRIMARY KEY (table_name)
);

COMMENT ON TABLE stormdisc.metric_rollup_state IS
	'how far metric_rollups goes';
COMMENT ON COLUMN stormdisc.metric_rollup_state.table_name IS 'component_metrics';
COMMENT ON COLUMN stormdisc.metric_rollup_state.rolled_up_to IS 'end of the last hour in metric_rollups';
COMMENT ON COLUMN stormdisc.metric_rollup_state.closing_to IS 'end of the hours that come next, NULL if none does';
COMMENT ON COLUMN stormdisc.metric_rollup_state.closing_xid IS 'transactions before it must have ended first';

SELECT pg_catalog.pg_extension_config_dump('stormdisc.metric_rollup_state', '');
