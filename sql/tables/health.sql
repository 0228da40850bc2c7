-- Health: the last heartbeat of each component, and when its health changed.

-- Updated in place: no index but the key, and room on each page.
CREATE TABLE stormdisc.health_heads (
	component_name text COLLATE "C" NOT NULL,
	id uuid NOT NULL,
	health_status text NOT NULL,
	health_details jsonb,
	last_heartbeat timestamptz NOT NULL,
	expires_at timestamptz NOT NULL,
	created_at timestamptz NOT NULL,
	status_since timestamptz NOT NULL,
	changes bigint NOT NULL,
	change_id uuid NOT NULL,
	silent_since timestamptz,
	CONSTRAINT health_heads_pkey PRIMARY KEY (component_name) WITH (fillfactor = 90),
	CONSTRAINT health_heads_status_check CHECK (health_status IN ('healthy', 'degraded', 'unhealthy', 'unknown'))
) WITH (fillfactor = 50);

COMMENT ON TABLE stormdisc.health_heads IS
	'the last heartbeat of each component; see the view system_health';
COMMENT ON COLUMN stormdisc.health_heads.component_name IS 'component that is or was alive';
COMMENT ON COLUMN stormdisc.health_heads.id IS 'number of the component';
COMMENT ON COLUMN stormdisc.health_heads.health_status IS 'what it said: healthy, degraded, unhealthy or unknown';
COMMENT ON COLUMN stormdisc.health_heads.health_details IS 'anything else it said';
COMMENT ON COLUMN stormdisc.health_heads.last_heartbeat IS 'when it said so';
COMMENT ON COLUMN stormdisc.health_heads.expires_at IS 'until when that holds if it says nothing more';
COMMENT ON COLUMN stormdisc.health_heads.created_at IS 'when it was heard of first';
COMMENT ON COLUMN stormdisc.health_heads.status_since IS 'since when it says the same';
COMMENT ON COLUMN stormdisc.health_heads.changes IS 'how many rows of it health_history has had';
COMMENT ON COLUMN stormdisc.health_heads.change_id IS 'number of the heartbeat that changed it last';
COMMENT ON COLUMN stormdisc.health_heads.silent_since IS 'if the last heartbeat ended a silence: when that had begun';

SELECT pg_catalog.pg_extension_config_dump('stormdisc.health_heads', '');

CREATE TABLE stormdisc.health_history (
	component_name text COLLATE "C" NOT NULL,
	change bigint NOT NULL,
	changed_at timestamptz NOT NULL,
	health_status text NOT NULL,
	health_details jsonb,
	CONSTRAINT health_history_pkey PRIMARY KEY (component_name, change)
);

COMMENT ON TABLE stormdisc.health_history IS
	'when the health of components changed';
COMMENT ON COLUMN stormdisc.health_history.component_name IS 'component that it is about';
COMMENT ON COLUMN stormdisc.health_history.change IS 'number of the change, from 1';
COMMENT ON COLUMN stormdisc.health_history.changed_at IS 'since when it was so';
COMMENT ON COLUMN stormdisc.health_history.health_status IS 'what it was from then on; unknown is also a silence that has ended since';
COMMENT ON COLUMN stormdisc.health_history.health_details IS 'what else the component said then';

SELECT pg_catalog.pg_extension_config_dump('stormdisc.health_history', '');
