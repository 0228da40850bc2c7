--
-- stormdisc_set_meta_value, stormdisc_get_meta_value, stormdisc_delete_meta,
-- stormdisc_list_meta
--
SELECT stormdisc_set_meta_value('api_version', '1');
SELECT stormdisc_get_meta_value('api_version');
SELECT stormdisc_set_meta_value('api_version', '2'), stormdisc_get_meta_value('api_version');
SELECT stormdisc_get_meta_value('api_version'), stormdisc_get_meta_value('api_version', 'none');

-- there is no such key
SELECT stormdisc_get_meta_value('Api_version');
SELECT stormdisc_get_meta_value('Api_version', '1'), stormdisc_get_meta_value('Api_version', NULL) IS NULL AS none;

-- an expected version
SELECT stormdisc_set_meta_value('api_version', '3', 1);
SELECT stormdisc_set_meta_value('api_version', '3', 2);
SELECT stormdisc_set_meta_value('api_version', '3', 0);
SELECT stormdisc_set_meta_value('new', 'x', 1);
SELECT stormdisc_set_meta_value('new', 'x', 0);
SELECT stormdisc_set_meta_value('new', 'y', 0);
SELECT stormdisc_delete_meta('new', 2);
SELECT stormdisc_delete_meta('new', 0);
SELECT stormdisc_delete_meta('new', 1), stormdisc_delete_meta('new'), stormdisc_delete_meta('never'), stormdisc_delete_meta('never', 0);
SELECT stormdisc_delete_meta('new', 1);
SELECT stormdisc_get_meta_value('new');
-- no version comes back
SELECT stormdisc_set_meta_value('new', 'z', 1);
SELECT stormdisc_set_meta_value('new', 'z', 0);
SELECT stormdisc_delete_meta('new');

-- values and keys of any kind
SELECT stormdisc_set_meta_value('empty', ''), stormdisc_set_meta_value('e%', 'a percent'), stormdisc_set_meta_value('e''";--', E'\n\t\\'),
	stormdisc_set_meta_value('long', repeat('x', 1000000)), stormdisc_set_meta_value(repeat('k', 255), 'v');
SELECT stormdisc_get_meta_value('empty') = '' AS empty, stormdisc_get_meta_value('e''";--') = E'\n\t\\' AS same, length(stormdisc_get_meta_value('long'));
SELECT left(key, 20) AS key, left(value, 20) AS value, version, updated_at <= now() AS is_now, updated_by = current_user AS by_me FROM stormdisc_list_meta();
SELECT key FROM stormdisc_list_meta('e');
SELECT key FROM stormdisc_list_meta('e%');
SELECT key FROM stormdisc_list_meta('E');
SELECT count(*) FROM stormdisc_list_meta('');
SELECT count(*) FROM stormdisc_list_meta(repeat('k', 256));
-- more than are read at once
SELECT count(*) FROM (SELECT stormdisc_set_meta_value('many/' || i, i::text) FROM generate_series(1, 2500) i) s;
SELECT stormdisc_set_meta_value('manz', '');
SELECT count(*), min(value::int), max(value::int) FROM stormdisc_list_meta('many/');
SELECT count(*) FROM stormdisc_list_meta('many/1');
SELECT count(*) FILTER (WHERE stormdisc_delete_meta(key)) FROM stormdisc_list_meta('man');
SELECT count(*) FROM stormdisc_list_meta('man');

-- a transaction sees what it has done, and nothing of it is left if it is rolled back
BEGIN;
SELECT stormdisc_set_meta_value('api_version', '4', 3);
SELECT stormdisc_get_meta_value('api_version');
SELECT stormdisc_delete_meta('api_version');
SELECT stormdisc_get_meta_value('api_version', 'none');
SELECT stormdisc_set_meta_value('api_version', '5', 0);
ROLLBACK;
SELECT key, value, version FROM stormdisc_list_meta('api_version');
BEGIN READ ONLY;
SELECT stormdisc_get_meta_value('api_version');
SELECT stormdisc_set_meta_value('api_version', '4');
ROLLBACK;
BEGIN READ ONLY;
SELECT stormdisc_delete_meta('api_version');
ROLLBACK;

-- arguments
SELECT stormdisc_set_meta_value(NULL, '1');
SELECT stormdisc_set_meta_value('', '1');
SELECT stormdisc_set_meta_value(repeat('k', 256), '1');
SELECT stormdisc_set_meta_value('k', NULL);
SELECT stormdisc_set_meta_value('k', '1', -1);
SELECT stormdisc_get_meta_value(NULL);
SELECT stormdisc_get_meta_value('');
SELECT stormdisc_get_meta_value(NULL, '1');
SELECT stormdisc_delete_meta(NULL);
SELECT stormdisc_delete_meta('k', -1);

SELECT count(*) FILTER (WHERE stormdisc_delete_meta(key)) > 0 FROM stormdisc_list_meta();
SELECT * FROM stormdisc_list_meta();
