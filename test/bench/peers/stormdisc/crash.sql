CREATE EXTENSION stormdisc;
SELECT stormdisc_create_port('crash', max_retries => 5, lease => '1 s', backoff => '10 ms', backoff_cap => '200 ms');
CREATE TABLE effects (id bigint PRIMARY KEY, attempt int NOT NULL);
