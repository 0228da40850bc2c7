# The daily partitions of metrics, as tables of a database: they survive dump and
# restore however that is done, they go with the extension, and neither their
# making nor their dropping keeps anybody waiting for longer than the setting
# says.  Last a run of everything at once, which must lose no measurement and
# count each once.

use strict;
use warnings FATAL => 'all';

use FindBin;
use lib $FindBin::RealBin;
use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use StormdiscTest;
use Test::More;
use Time::HiRes qw(time);

my $node = new_node('metrics', conf => <<'EOC');
autovacuum = off
fsync = off
stormdisc.partition_lock_timeout = '150ms'
EOC
my $dir = PostgreSQL::Test::Utils::tempdir();

## Dump and restore

$node->safe_psql('postgres', q{
SELECT * FROM stormdisc_create_partitions();
SELECT * FROM stormdisc_create_partitions(now => now() - interval '9 days');
SELECT stormdisc_record_metric_batch(array_agg('c' || i % 5), array_agg('m'::text), array_agg(i), at => array_agg(now() - i * interval '6 hours'))
FROM generate_series(0, 39) i;
SELECT stormdisc_record_metric('far', 'm', 1, at => '5000-01-01');
SELECT stormdisc_record_metric('far', 'm', 1, at => '0001-01-01');
SELECT stormdisc_record_port_metrics('p', 10, 5, 1, 2, 3, 0.5);
SELECT stormdisc_record_port_metrics('p', 10, 5, 1, 2, 3, 0.5, now() - interval '30 days');
SELECT stormdisc_heartbeat('c', 'degraded', '{"a": 1}');
SELECT stormdisc_sink_write('s', 'k', '{"a": 1}');
-- open transactions of others may delay it
DO $$ BEGIN FOR i IN 1 .. 100000 LOOP EXIT WHEN (SELECT done FROM stormdisc_rollup_metrics()); END LOOP; END $$;
SELECT stormdisc_record_metric('late', 'm', 1, at => now() - interval '5 days')});

my @queries = (
	'SELECT * FROM stormdisc.component_metrics ORDER BY id',
	'SELECT * FROM stormdisc.port_metrics ORDER BY id',
	'SELECT * FROM stormdisc.metric_hours ORDER BY 1, 2, 3',
	'SELECT * FROM stormdisc.metric_rollup_state',
	'SELECT * FROM stormdisc.metric_late_values',
	'SELECT * FROM stormdisc.health_heads',
	'SELECT * FROM stormdisc.health_history',
	'SELECT * FROM stormdisc.sink_storage');
my $partitions = q{SELECT inhparent::regclass, inhrelid::regclass, pg_get_expr(relpartbound, inhrelid),
	(SELECT array_agg(pg_get_indexdef(indexrelid) ORDER BY indexrelid::regclass::text) FROM pg_index WHERE indrelid = inhrelid),
	(SELECT array_agg(conname || pg_get_constraintdef(oid) ORDER BY conname) FROM pg_constraint WHERE conrelid = inhrelid),
	obj_description(inhrelid, 'pg_class'),
	EXISTS (SELECT FROM pg_depend WHERE objid = inhrelid AND deptype = 'e')
FROM pg_inherits JOIN pg_class c ON c.oid = inhrelid
WHERE inhparent::regclass::text LIKE 'stormdisc.%metric%' ORDER BY 1, 2};

sub contents
{
	my ($database) = @_;

	return join "\n--\n", map { $node->safe_psql($database, $_) } $partitions, @queries;
}

my $expected = contents('postgres');
is(scalar(() = $expected =~ /_2\d\d\d_\d\d_\d\d\|FOR VALUES/g), 16, 'there are partitions to restore');
like($expected, qr/component_metrics_\d+_\d\d_\d\d USING btree \(component_name, metric_name, \\"timestamp\\", id\)/, 'with their keys');

# only the lines that differ, if any do
sub is_same
{
	my ($got, $wanted, $name) = @_;
	my %seen;

	$seen{$_}++ foreach split /\n/, $got;
	$seen{$_}-- foreach split /\n/, $wanted;
	return is(join("\n", map { ($seen{$_} > 0 ? '+ ' : '- ') . $_ } grep { $seen{$_} } sort keys %seen), '', $name);
}

sub is_restored
{
	my ($database, $name) = @_;

	is_same(contents($database), $expected, "$name: all is there again");
	is($node->safe_psql($database, q{SELECT stormdisc_record_metric('new', 'm', 1); SELECT stormdisc_record_port_metrics('new');
			SELECT string_agg(tableoid::regclass::text, ' ') FROM stormdisc.component_metrics WHERE component_name = 'new'}) =~ /default/
		? 'default' : 'day', 'day', "$name: and goes on");
	my $left = $node->safe_psql($database,
		q{SELECT sum(partitions), bool_and(done), min(message) FROM stormdisc_create_partitions(now => now() + interval '1 day')});
	is($left, '2|t|', "$name: partitions are made");
	return;
}

$node->safe_psql('postgres', 'CREATE DATABASE plain');
$node->command_ok([ 'pg_dump', '-f', "$dir/plain.sql", '-d', $node->connstr('postgres') ], 'pg_dump');
$node->command_ok([ 'psql', '-X', '-q', '-v', 'ON_ERROR_STOP=1', '-d', $node->connstr('plain'), '-f', "$dir/plain.sql" ],
	'psql restores it');
is_restored('plain', 'plain');

$node->safe_psql('postgres', 'CREATE DATABASE custom');
$node->command_ok([ 'pg_dump', '-Fc', '-f', "$dir/custom.dump", '-d', $node->connstr('postgres') ], 'pg_dump -Fc');
$node->command_ok([ 'pg_restore', '--exit-on-error', '-d', $node->connstr('custom'), "$dir/custom.dump" ], 'pg_restore');
is_restored('custom', 'custom');

# the three parts of a dump one after the other; INSERTs through the parents
$node->safe_psql('postgres', 'CREATE DATABASE sections');
$node->command_ok(
	[ 'pg_dump', '-Fc', '--inserts', '--load-via-partition-root', '-f', "$dir/root.dump", '-d', $node->connstr('postgres') ],
	'pg_dump --load-via-partition-root');
$node->command_ok([ 'pg_restore', '--exit-on-error', "--section=$_", '-d', $node->connstr('sections'), "$dir/root.dump" ],
	"pg_restore --section=$_")
  foreach qw(pre-data data post-data);
is_restored('sections', 'sections');

# into a database that has the extension, and partitions of its own by now
$node->safe_psql('postgres', 'CREATE DATABASE used');
$node->safe_psql('used', q{CREATE EXTENSION stormdisc; SELECT * FROM stormdisc_create_partitions(now => now() - interval '9 days');
	SELECT * FROM stormdisc_create_partitions()});
$node->command_ok(
	[ 'pg_dump', '--data-only', '--load-via-partition-root', '-f', "$dir/data.sql", '-d', $node->connstr('postgres') ],
	'pg_dump --data-only');
$node->command_ok([ 'psql', '-X', '-q', '-v', 'ON_ERROR_STOP=1', '-d', $node->connstr('used'), '-f', "$dir/data.sql" ],
	'is restored into another set of partitions');
is_same(join("\n", map { $node->safe_psql('used', $_) } @queries), join("\n", map { $node->safe_psql('postgres', $_) } @queries),
	'with all measurements');

# a table of that name that is no partition, as when somebody has detached one
$node->safe_psql('postgres', 'CREATE DATABASE before');
$node->safe_psql('before', q{CREATE SCHEMA stormdisc; DO $$ BEGIN
	EXECUTE 'CREATE TABLE stormdisc.component_metrics_' || to_char(now() AT TIME ZONE 'UTC', 'YYYY_MM_DD') || ' (kept int)'; END $$;
	CREATE EXTENSION stormdisc});
my @made = split /\n/, $node->safe_psql('before', 'SELECT partitions, done, message FROM stormdisc_create_partitions()');
like($made[0], qr/^3\|f\|component_metrics_\S+: relation ".*" already exists$/, 'a table in the way is told, the other days are made');
is($made[1], '4|t|', 'and other tables');
$node->safe_psql('before', q{SELECT stormdisc_record_metric('c', 'm', 1)});
is($node->safe_psql('before', 'SELECT tableoid::regclass FROM stormdisc.component_metrics'), 'stormdisc.component_metrics_default',
	'measurements go to the default partition');
$node->safe_psql('before', q{DO $$ BEGIN
	EXECUTE 'DROP TABLE stormdisc.component_metrics_' || to_char(now() AT TIME ZONE 'UTC', 'YYYY_MM_DD'); END $$});
is($node->safe_psql('before', 'SELECT partitions, rows, done FROM stormdisc_create_partitions() LIMIT 1'), '1|1|t',
	'and from there when it is gone');

# they go with the extension
$node->safe_psql('custom', 'DROP EXTENSION stormdisc');
is($node->safe_psql('custom', q{SELECT count(*) FROM pg_class c JOIN pg_namespace n ON n.oid = relnamespace WHERE nspname = 'stormdisc'}),
	'0', 'DROP EXTENSION drops the partitions');
is($node->safe_psql('custom', 'CREATE EXTENSION stormdisc; SELECT sum(partitions) FROM stormdisc_create_partitions()'), '8',
	'and the extension can be made again');
$node->safe_psql('custom', q{CREATE VIEW public.of_partition AS SELECT * FROM stormdisc.component_metrics});
my ($code, $out, $err) = $node->psql('custom', 'DROP EXTENSION stormdisc');
like($err, qr/cannot drop extension stormdisc because other objects depend on it/, 'unless something else needs them');

## Locks

my $drop = q{SELECT partitions, done, message FROM stormdisc_drop_partitions('component_metrics', now() - interval '3 days')};
my $reader = $node->background_psql('postgres');
$reader->query_safe('BEGIN; SELECT count(*) FROM stormdisc.component_metrics');
my $run = start_pgbench($node, 'writers', q{SELECT stormdisc_record_metric('writer', 'm', 1)}, args => [ '-c', 3, '-j', 1, '-T', 4, '-l', "--log-prefix=$dir/writers" ]);
my $started = time;
my $result = $node->safe_psql('postgres', $drop);
my $took = time - $started;
like($result, qr/^0\|f\|component_metrics_\S+: canceling statement due to lock timeout$/, 'nothing is dropped while somebody reads');
note sprintf 'gave up after %.2f s', $took;
$result = $node->safe_psql('postgres', q{SELECT sum(partitions), bool_and(done), min(message) FROM stormdisc_create_partitions(now => now() + interval '3 days')});
like($result, qr/^0\|f\|component_metrics_\S+: canceling statement due to lock timeout$|^3\|f\|component_metrics_\S+: canceling/, 'nor made');
$reader->quit;
$result = $node->safe_psql('postgres', $drop);
like($result, qr/^\d+\|t\|$/, 'then it is');
like($node->safe_psql('postgres', q{SELECT bool_and(done) FROM stormdisc_create_partitions(now => now() + interval '3 days')}), qr/^t$/, 'and made');
ok(finish_pgbench($run)->{ok}, 'writers had no error') or diag($run->{err});
my $longest = 0;
foreach my $log (glob "$dir/writers*")
{
	open my $fh, '<', $log or next;
	while (<$fh>) { my (undef, undef, $us) = split; $longest = $us if $us > $longest; }
}
note sprintf 'longest wait of a writer: %.0f ms', $longest / 1000;
cmp_ok($longest, '>', 0, 'their waits are known');
# half of a second of it is for a busy machine
cmp_ok($longest / 1000, '<', 150 + 500, 'and none was much longer than the setting says');

## Everything at once

$node->safe_psql('postgres', q{SELECT stormdisc_drop_partitions(t, 'infinity', now => now() + interval '100 years') FROM unnest(ARRAY['component_metrics', 'port_metric_samples']) t;
	TRUNCATE stormdisc.component_metrics, stormdisc.metric_rollups, stormdisc.metric_late_values, stormdisc.metric_rollup_state;
	CREATE TABLE told (client int, n int, sum float8)});
my @runs = (
	start_pgbench($node, 'all', [ <<'EOS', <<'EOS' ], args => [ '-c', 4, '-j', 1, '-T', 8 ], weights => [ 3, 1 ]),
\set days random(-6, 3)
\set n random(1, 50)
\set m random(1, 3)
BEGIN;
SELECT stormdisc_record_metric_batch(array_agg('c' || i % 3), array_agg('m' || :m), array_agg(i + 0.5), at => array_agg(now() + :days * interval '1 day' - i * interval '7 minutes')) FROM generate_series(1, :n) i;
INSERT INTO told VALUES (:client_id, :n, :n * (:n + 1) / 2 + :n * 0.5::float8);
END;
EOS
\set days random(-2000, 2000)
BEGIN;
SELECT stormdisc_record_metric('c', 'm', 2.25, at => now() + :days * interval '1 hour');
INSERT INTO told VALUES (:client_id, 1, 2.25);
END;
EOS
	start_pgbench($node, 'upkeep', [ map { "SELECT * FROM $_;\n" } 'stormdisc_create_partitions()',
			'stormdisc_drain_partitions()', 'stormdisc_rollup_metrics()' ], args => [ '-c', 2, '-j', 1, '-T', 8 ]));
foreach my $run (@runs)
{
	ok(finish_pgbench($run)->{ok}, "$run->{name}: no error") or diag($run->{err});
	note "$run->{name}: $run->{transactions} transactions: " . join ' ', @{ $run->{by_script} };
	cmp_ok($_, '>', 0, "$run->{name}: each script ran") foreach @{ $run->{by_script} };
}
my $told = $node->safe_psql('postgres', 'SELECT sum(n), sum(sum) FROM told');
is($node->safe_psql('postgres', 'SELECT count(*), sum(metric_value) FROM stormdisc.component_metrics'), $told, 'every measurement is there');
is($node->safe_psql('postgres', 'SELECT sum(n), sum(sum) FROM stormdisc.metric_hours'), $told, 'and counted once');
$node->safe_psql('postgres', q{DO $$ BEGIN FOR i IN 1 .. 100000 LOOP EXIT WHEN (SELECT done FROM stormdisc_rollup_metrics()); END LOOP; END $$});
is($node->safe_psql('postgres', 'SELECT sum(n), sum(sum) FROM stormdisc.metric_hours'), $told, 'also when all is rolled up');
cmp_ok($node->safe_psql('postgres', 'SELECT sum(n) FROM stormdisc.metric_rollups'), '>', 0, 'which much is');
is($node->safe_psql('postgres', <<'EOS'), '0', 'as the measurements say');
WITH truth AS (SELECT component_name, metric_name, date_trunc('hour', "timestamp", 'UTC') AS hour, count(*) AS n, sum(metric_value) AS sum,
	var_pop(metric_value) * count(*) AS m2, max("timestamp") AS last_at FROM stormdisc.component_metrics GROUP BY 1, 2, 3)
SELECT count(*) FROM truth t FULL JOIN stormdisc.metric_hours h USING (component_name, metric_name, hour)
WHERE t.n IS DISTINCT FROM h.n OR t.sum IS DISTINCT FROM h.sum OR t.last_at IS DISTINCT FROM h.last_at OR abs(t.m2 - h.m2) > 1e-6
EOS
is($node->safe_psql('postgres', q{SELECT bool_and(done) FROM stormdisc_drain_partitions()}), 't', 'and the default partition is drained');
is($node->safe_psql('postgres', 'SELECT count(*) FROM stormdisc.component_metrics_default'), '0', 'empty');

$node->stop;

done_testing();
