-- A document says of a column what is its own, and of a domain what is the
-- domain's; the metadata made of it says what holds for the column.
CREATE SCHEMA domains;
CREATE DOMAIN domains.low AS numeric(10,2) NOT NULL;
CREATE DOMAIN domains.mid AS domains.low DEFAULT 7;
CREATE DOMAIN domains.high AS domains.mid CHECK (VALUE > 0);
CREATE TABLE domains.t (
	plain int,
	of_low domains.low,
	of_high domains.high,
	own domains.high NOT NULL DEFAULT 9
);

SELECT c->>'column_name' AS column_name, c->>'not_null' AS not_null, c->>'default_value' AS default_value, c->>'base_type' AS base_type
FROM jsonb_array_elements(stormdisc_schema('domains.t') #> '{tables,domains.t,columns}') AS c;
SELECT column_name, not_null, default_value FROM stormdisc_columns('domains.t');
SELECT c->>'name' AS name, c->>'nullable' AS nullable, c->>'default' AS "default", c->>'type' AS type
FROM jsonb_array_elements(jsonb_path_query_first(stormdisc_metadata(), '$.tables[*] ? (@.schema == "domains").columns')) AS c;

-- a change of the domain is no change of its columns
SELECT status FROM stormdisc_discover_existing_schema('domains', schemas => '{domains}');
ALTER DOMAIN domains.mid SET DEFAULT 8;
ALTER DOMAIN domains.low DROP NOT NULL;
SELECT kind, identity, attribute, old, new FROM stormdisc_validation('domains') -- from 17 on NOT NULL is a constraint
WHERE attribute !~ '^constraint_' OR kind <> 'types';
SELECT stormdisc_drop_snapshot('domains');

SET client_min_messages = warning;
DROP SCHEMA domains CASCADE;
