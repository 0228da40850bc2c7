--
-- stormdisc_dialects, stormdisc_detect_dialect, stormdisc_capabilities
--
-- What differs between versions of the server is in the pgTAP tests.
--
SELECT * FROM stormdisc_dialects();
SELECT stormdisc_detect_dialect();

-- all dialects are asked the same
SELECT dialect, count(*) = (SELECT count(*) FROM stormdisc_capabilities()) AS all,
	count(DISTINCT capability) = count(*) AS once
FROM stormdisc_dialects(), stormdisc_capabilities(dialect) GROUP BY dialect ORDER BY dialect;

-- the reference dialects
SELECT p.capability, w.supported AS stormweaver, s.supported AS sqlite, m.supported AS mysql, q.supported AS mssql
FROM stormdisc_capabilities() p
JOIN stormdisc_capabilities('stormweaver') w USING (capability)
JOIN stormdisc_capabilities('sqlite') s USING (capability)
JOIN stormdisc_capabilities('mysql') m USING (capability)
JOIN stormdisc_capabilities('mssql') q USING (capability);
SELECT dialect, capability, supported, detail
FROM unnest('{stormweaver,sqlite,mysql,mssql}'::text[]) dialect, stormdisc_capabilities(dialect)
WHERE detail IS NOT NULL;

-- names and aliases, in any case, with spaces around
SELECT name, count(*) = (SELECT count(*) FROM stormdisc_capabilities()) AS known
FROM unnest(ARRAY['postgresql', 'postgres', ' PostgreSQL', E'PG\n', 'SQLite3 ', 'SqlServer']) name, stormdisc_capabilities(name)
GROUP BY name ORDER BY name COLLATE "C";
SELECT count(*) FROM (SELECT * FROM stormdisc_capabilities(NULL) EXCEPT SELECT * FROM stormdisc_capabilities('postgres')) x;
SELECT * FROM stormdisc_capabilities('oracle');
SELECT * FROM stormdisc_capabilities('');
SELECT * FROM stormdisc_capabilities('postgres sql');
