--
-- Health: heartbeats, what they come to, and what is kept of changes.
--
SET client_min_messages = warning;
-- time passes when a test says so
CREATE FUNCTION let_pass(component text, by interval) RETURNS void LANGUAGE sql AS $$
	UPDATE stormdisc.health_heads SET last_heartbeat = last_heartbeat - by, expires_at = expires_at - by,
		created_at = created_at - by, status_since = status_since - by WHERE component_name = component;
	UPDATE stormdisc.health_history SET changed_at = changed_at - by WHERE component_name = component;
$$;

SELECT * FROM stormdisc_health();
SELECT stormdisc_heartbeat('a') AS changed;
SELECT stormdisc_heartbeat('a') AS changed;
SELECT stormdisc_heartbeat('a', 'degraded', '{"queue": 900}') AS changed;
SELECT stormdisc_heartbeat('a', 'degraded', '{"queue": 950}') AS changed;
SELECT stormdisc_heartbeat('b', ttl => '1 hour') AS changed;
SELECT stormdisc_heartbeat('c', 'unhealthy') AS changed;
SELECT component_name, health_status, health_details, reported_status, last_heartbeat <= clock_timestamp() AS beaten,
	last_heartbeat >= created_at AS later, expires_at - last_heartbeat AS ttl
FROM stormdisc.system_health ORDER BY 1;
SELECT health_status, components, healthy, degraded, unhealthy, unknown, worst_component FROM stormdisc_health();
SELECT component_name, change, health_status, health_details FROM stormdisc.health_history ORDER BY 1, 2;

-- silence: longer than the heartbeat holds
SELECT let_pass('a', '61 s'), let_pass('b', '61 s');
SELECT component_name, health_status, reported_status, status_since = expires_at AS since_expired FROM stormdisc.system_health ORDER BY 1;
SELECT health_status, components, healthy, degraded, unhealthy, unknown, worst_component FROM stormdisc_health();
SELECT let_pass('b', '1 hour');
SELECT component_name, health_status FROM stormdisc.system_health ORDER BY 1;
SELECT stormdisc_heartbeat('c') AS changed;
SELECT health_status, components, healthy, degraded, unhealthy, unknown, worst_component FROM stormdisc_health();
-- it ends: two changes
SELECT stormdisc_heartbeat('a', 'degraded') AS changed, stormdisc_heartbeat('b', 'unhealthy') AS changed;
SELECT component_name, health_status FROM stormdisc.system_health ORDER BY 1;
SELECT h.component_name, change, h.health_status, h.health_details,
	changed_at > lag(changed_at) OVER (PARTITION BY h.component_name ORDER BY change) AS later
FROM stormdisc.health_history h ORDER BY 1, 2;
-- a component may say itself that it does not know
SELECT stormdisc_heartbeat('b', 'unknown') AS changed;
SELECT let_pass('b', '2 hours');
SELECT stormdisc_heartbeat('b', 'unknown') AS changed;
SELECT stormdisc_heartbeat('c', ttl => '1 s');
SELECT let_pass('c', '1 hour');
SELECT stormdisc_heartbeat('c', 'unknown') AS changed;
SELECT component_name, change, health_status FROM stormdisc.health_history WHERE component_name IN ('b', 'c') ORDER BY 1, 2;
SET stormdisc.heartbeat_ttl = '5 min';
SELECT stormdisc_heartbeat('c') AS changed;
SELECT expires_at - last_heartbeat AS ttl FROM stormdisc.system_health WHERE component_name = 'c';
RESET stormdisc.heartbeat_ttl;
SELECT changes, (SELECT max(change) FROM stormdisc.health_history h WHERE h.component_name = a.component_name) AS kept,
	(SELECT count(*) FROM stormdisc.health_history h WHERE h.component_name = a.component_name) AS rows
FROM stormdisc.health_heads a ORDER BY component_name;

-- heartbeats are updates in place
CREATE TABLE beats AS SELECT count(stormdisc_heartbeat('hot', details => jsonb_build_object('i', i))) FROM generate_series(1, 50) i;
SELECT pg_stat_force_next_flush();
SELECT n_tup_hot_upd >= 40 AS in_place FROM pg_stat_user_tables WHERE relid = 'stormdisc.health_heads'::regclass;
SELECT count(*) FROM stormdisc.health_history WHERE component_name = 'hot';

-- forgotten
SELECT stormdisc_forget_health('hot') AS known, stormdisc_forget_health('hot') AS still_known;
SELECT count(*) FROM stormdisc.health_history WHERE component_name = 'hot';

-- what is refused
SELECT stormdisc_heartbeat('d', 'fine');
\set VERBOSITY sqlstate
SELECT stormdisc_heartbeat(NULL);
SELECT stormdisc_heartbeat('');
SELECT stormdisc_heartbeat('d', NULL);
SELECT stormdisc_heartbeat('d', ttl => '0');
SELECT stormdisc_heartbeat('d', ttl => '-1 s');
SELECT stormdisc_heartbeat('d', ttl => '1000 years');
SELECT stormdisc_heartbeat('d', ttl => '170000000 years');
SELECT stormdisc_forget_health(NULL);
BEGIN READ ONLY;
SELECT stormdisc_heartbeat('d');
ROLLBACK;
SELECT component_name FROM stormdisc.system_health ORDER BY 1;

TRUNCATE stormdisc.health_heads, stormdisc.health_history;
DROP FUNCTION let_pass(text, interval);
DROP TABLE beats;
