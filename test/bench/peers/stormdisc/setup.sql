CREATE EXTENSION stormdisc;
SELECT stormdisc_create_port('bench');
