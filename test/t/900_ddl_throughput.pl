# What discovery costs the DDL beside it.
#
# Two sessions run DDL life cycles flat out.  Beside them one session reads flat
# out: by turns, a quarter of a second each, it discovers, or it burns the same
# processor time with plain SELECTs on the catalogs.  The DDL throughput of each
# turn is the WAL that was written in it, as the reader writes none.  What is
# compared are turns next to each other, so that all that else goes on in the
# machine hits both kinds alike.
#
# The default run asks for 85 % and prints the figure; with a
# STORMDISC_THROUGHPUT_PAIRS of 200 or more it asks for the 95 % that are our aim.

use strict;
use warnings FATAL => 'all';

use FindBin;
use lib $FindBin::RealBin;
use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use StormdiscTest;
use Test::More;

my $pairs = seconds_setting('STORMDISC_THROUGHPUT_PAIRS', 30);
my $floor = $pairs >= 200 ? 0.95 : 0.85;

my $node = new_node('throughput', conf => <<'EOC');
autovacuum_naptime = 5s
checkpoint_timeout = 1h
full_page_writes = off
jit = off
deadlock_timeout = 1s
log_lock_waits = on
log_error_verbosity = default
EOC

build_catalog($node, 'quiet', 300, 100);
$node->safe_psql('postgres', <<'EOS');
CREATE SCHEMA storm;
CREATE SCHEMA probe;
CREATE TABLE probe.turns (pair int, kind text, seconds float8, bytes numeric, reads int);

CREATE PROCEDURE probe.take_turns(pairs int, turn interval)
LANGUAGE plpgsql AS $$
DECLARE
	kinds text[];
	kind text;
	started timestamptz;
	lsn pg_lsn;
	reads int;
	all_kinds text[] := '{}';
	all_seconds float8[] := '{}';
	all_bytes numeric[] := '{}';
	all_reads int[] := '{}';
BEGIN
	-- the first pair fills the caches and does not count
	FOR pair IN 0..pairs LOOP
		kinds := CASE WHEN pair % 2 = 0 THEN ARRAY['discovery', 'control'] ELSE ARRAY['control', 'discovery'] END;
		FOREACH kind IN ARRAY kinds LOOP
			started := clock_timestamp();
			lsn := pg_current_wal_insert_lsn();
			reads := 0;
			WHILE clock_timestamp() < started + turn LOOP
				IF kind = 'discovery' THEN
					PERFORM count(*) FROM stormdisc_tables();
					COMMIT;
					PERFORM count(*) FROM stormdisc_columns();
					COMMIT;
					PERFORM count(*) FROM stormdisc_indexes();
					COMMIT;
					PERFORM count(*) FROM stormdisc_constraints();
					COMMIT;
					PERFORM count(*) FROM stormdisc_partitions();
					COMMIT;
				ELSE
					-- no function that deparses, so no lock and no cache entry of a user table
					PERFORM count(*), max(format_type(atttypid, atttypmod)) FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid
					LEFT JOIN pg_attrdef d ON d.adrelid = c.oid AND d.adnum = a.attnum;
					COMMIT;
					PERFORM count(*), max(i.indkey::text), max(length(i.indexprs::text)) FROM pg_index i
					JOIN pg_class c ON c.oid = i.indrelid JOIN pg_class x ON x.oid = i.indexrelid;
					COMMIT;
					PERFORM count(*), max(t.conkey::text), max(length(t.conbin::text)) FROM pg_constraint t
					JOIN pg_class c ON c.oid = t.conrelid;
					COMMIT;
					PERFORM count(*) FROM pg_depend d JOIN pg_class c ON c.oid = d.objid;
					COMMIT;
				END IF;
				reads := reads + 1;
			END LOOP;
			IF pair > 0 THEN
				all_kinds := all_kinds || kind;
				all_seconds := all_seconds || extract(epoch FROM clock_timestamp() - started)::float8;
				all_bytes := all_bytes || pg_wal_lsn_diff(pg_current_wal_insert_lsn(), lsn);
				all_reads := all_reads || reads;
			END IF;
		END LOOP;
	END LOOP;

	-- only now is anything written
	INSERT INTO probe.turns SELECT (n + 1) / 2, k, s, b, r
	FROM unnest(all_kinds, all_seconds, all_bytes, all_reads) WITH ORDINALITY AS t (k, s, b, r, n);
END
$$;
VACUUM ANALYZE;
EOS

my ($life_of_a_table) = ddl_scripts();
my $ddl = start_pgbench($node, 'ddl', $life_of_a_table,
	args => [ '-T', 3600, '-c', 2, '-j', 1, '-D', 'n=0', '-D', 'base=10000000' ]);
$node->poll_query_until('postgres', "SELECT count(*) > 0 FROM pg_class WHERE relnamespace = 'storm'::regnamespace")
  or die 'no DDL came';
my $reader = $node->safe_psql('postgres', "SET client_min_messages = error; SELECT pg_backend_pid(); CALL probe.take_turns($pairs, '250 ms')");
my $still_there = $node->safe_psql('postgres', "SELECT count(*) FROM pg_stat_activity WHERE query ~ ' storm\\.' AND pid <> pg_backend_pid()");
is($still_there, '2', 'the DDL sessions ran all the time');
$ddl->{handle}->kill_kill(grace => 1);

my ($percent, $sum_percent, $low, $high, $reads, $control_reads, $idle) = split /\|/, $node->safe_psql('postgres', <<'EOS');
WITH pairs AS (
	SELECT max(bytes / seconds) FILTER (WHERE kind = 'discovery') AS discovery, max(bytes / seconds) FILTER (WHERE kind = 'control') AS control
	FROM probe.turns GROUP BY pair
)
SELECT round((100 * percentile_cont(0.5) WITHIN GROUP (ORDER BY discovery / control))::numeric, 1),
	round((100 * sum(discovery) / sum(control))::numeric, 1),
	round((100 * percentile_cont(0.25) WITHIN GROUP (ORDER BY discovery / control))::numeric),
	round((100 * percentile_cont(0.75) WITHIN GROUP (ORDER BY discovery / control))::numeric),
	(SELECT round((sum(reads) / sum(seconds))::numeric, 1) FROM probe.turns WHERE kind = 'discovery'),
	(SELECT round((sum(reads) / sum(seconds))::numeric, 1) FROM probe.turns WHERE kind = 'control'),
	(SELECT count(*) FROM probe.turns WHERE bytes = 0)
FROM pairs WHERE control > 0;
EOS

diag("DDL throughput beside discovery: $percent % of that beside plain catalog reads (median of $pairs pairs of turns, "
	  . "half of them from $low to $high %; of all turns together $sum_percent %; "
	  . "$reads discoveries/s of all five functions, $control_reads control reads/s)");
cmp_ok($idle, '<=', $pairs / 10, 'DDL went on in nearly every turn');
cmp_ok($percent, '>=', 100 * $floor, 'DDL keeps its throughput');

my $log = slurp_file($node->logfile);
like($reader, qr/^\d+$/, 'the reader is known');
unlike($log, qr/deadlock detected/, 'no deadlock');
# sessions that run DDL wait for each other, and in a busy machine not only for a moment
unlike($log, qr/process $reader still waiting for|Process(?:es)? holding the lock: [\d, ]*\b$reader\b/,
	'the reader waits for nobody, and nobody for the reader, longer than deadlock_timeout');
unlike($log, qr/ERROR:  (?!canceling|terminating)/, 'no error');

$node->stop;

done_testing();
