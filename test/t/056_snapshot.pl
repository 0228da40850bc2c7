# Snapshots outlive what servers go through.
#
# A standby reads them and refuses to write, whatever on_error says; a cancel
# and a timeout are never taken for a failed discovery; after a crash there is
# what was committed, whole; dump and restore and promotion keep it; and beside
# a storm of DDL every call comes to an end that it tells.

use strict;
use warnings FATAL => 'all';

use FindBin;
use lib $FindBin::RealBin;
use IPC::Run;
use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use StormdiscTest;
use Test::More;

my $node = new_node('snapshot', streaming => 1, conf => <<'EOC');
autovacuum = off
jit = off
EOC

$node->safe_psql('postgres', <<'EOS');
CREATE SCHEMA shop;
CREATE TYPE shop.state AS ENUM ('open', 'paid');
CREATE TABLE shop.customer (id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, name varchar(80) NOT NULL DEFAULT 'x', gone int, since timestamptz DEFAULT now());
ALTER TABLE shop.customer DROP gone;
CREATE TABLE shop.orders (id int, customer bigint REFERENCES shop.customer, state shop.state DEFAULT 'open', CHECK (id > 0)) PARTITION BY RANGE (id);
CREATE TABLE shop.orders_p0 PARTITION OF shop.orders FOR VALUES FROM (0) TO (1000);
CREATE TABLE shop.orders_p1 PARTITION OF shop.orders FOR VALUES FROM (1000) TO (2000);
CREATE INDEX orders_state ON shop.orders (state, id DESC) WHERE state <> 'paid';
CREATE VIEW shop.open AS SELECT * FROM shop.orders WHERE state = 'open';
EOS

my $take = 'SELECT status FROM stormdisc_discover_existing_schema';
my $snapshots = q{SELECT string_agg(md5(s::text), ' ' ORDER BY name) FROM stormdisc.snapshots s};
my $metadata = q{SELECT md5(stormdisc_metadata()::text) || ' ' || md5(stormdisc_metadata('t1')::text)};

# The SQLSTATE of the error that a statement raises, and all that was said.
sub error_of
{
	my ($on, $sql) = @_;
	my ($stdout, $stderr);

	$on->psql('postgres', "\\set VERBOSITY verbose\n$sql", stdout => \$stdout, stderr => \$stderr);
	return ($stderr =~ /ERROR:  (\w{5})/ ? $1 : "none: $stdout", $stderr);
}

# Wait until a session runs what matches, and give its pid.
sub wait_for_backend
{
	my ($pattern) = @_;
	my $query = "SELECT pid FROM pg_stat_activity WHERE query ~ '$pattern' AND pid <> pg_backend_pid() AND state = 'active'";

	$node->poll_query_until('postgres', "SELECT EXISTS ($query)") or die "no session runs $pattern";
	return $node->safe_psql('postgres', $query);
}

sub background
{
	my ($sql) = @_;
	my %run = (out => '', err => '');

	$run{handle} = IPC::Run::start([ 'psql', '-XAtq', '-h', $node->host, '-p', $node->port, '-d', 'postgres', '-v', 'VERBOSITY=verbose', '-c', $sql ],
		'<', \undef, '>', \$run{out}, '2>', \$run{err});
	return \%run;
}

is($node->safe_psql('postgres', "$take('t1')"), 'ok', 'a snapshot is taken');
is($node->safe_psql('postgres', "SELECT stormdisc_validate('t1'), timeline FROM stormdisc.snapshots"), 't|1', 'and is what is there');
is($node->safe_psql('postgres', "SELECT document = stormdisc_schema() FROM stormdisc.snapshots"), 't', 'it is the document of everything');

# A standby.
$node->backup('base');
my $standby = PostgreSQL::Test::Cluster->new('standby');
$standby->init_from_backup($node, 'base', has_streaming => 1);
$standby->start;
$node->wait_for_catchup($standby, 'replay', $node->lsn('insert'));
is($standby->safe_psql('postgres', 'SELECT pg_is_in_recovery()'), 't', 'there is a standby');
is($standby->safe_psql('postgres', "SELECT stormdisc_validate('t1')"), 't', 'a standby validates');
is($standby->safe_psql('postgres', "SELECT count(*) FROM stormdisc_validation('t1')"), '0', 'without a difference');
is($standby->safe_psql('postgres', $metadata), $node->safe_psql('postgres', $metadata), 'its metadata are the same');
is($standby->safe_psql('postgres', 'SELECT runs FROM stormdisc.discovery_stats'), '1', 'it tells of the runs');
foreach my $on_error (qw(fallback raise))
{
	my ($state, $said) = error_of($standby, "$take('t1', on_error => '$on_error')");
	is($state, '25006', "on_error $on_error: cannot write on a standby");
	unlike($said, qr/WARNING|Metadata remains/, 'and nothing is said of a fallback');
}
is((error_of($standby, "$take('t1', schemas => '{no_such}')"))[0], '25006', 'nor report a failure');
is((error_of($standby, "SELECT stormdisc_drop_snapshot('t1')"))[0], '25006', 'nor drop a snapshot');
is((error_of($standby, "SELECT stormdisc_validate('no such')"))[0], '42704', 'an unknown name is told');
$node->safe_psql('postgres', 'ALTER TABLE shop.customer ADD more int');
$node->wait_for_catchup($standby, 'replay', $node->lsn('insert'));
is($standby->safe_psql('postgres', "SELECT identity || ' ' || change FROM stormdisc_validation('t1')"), 'shop.customer.more added',
	'a standby tells what has changed');
$node->safe_psql('postgres', 'ALTER TABLE shop.customer DROP more');

# Cancels and timeouts.
build_catalog($node, 'big', 3000, 500, 10);
$node->safe_psql('postgres', "$take('big', schemas => '{big}')");
my $before = $node->safe_psql('postgres', $snapshots);
my $cancelled = 0;
foreach my $ms (5, 10, 20, 30, 40, 60, 80, 120)
{
	my ($state, $said) = error_of($node, "SET statement_timeout = $ms; BEGIN; $take('big', schemas => '{big}'); ROLLBACK");
	next if $state =~ /^none/;
	$cancelled++;
	fail("$ms ms: $said") unless $state eq '57014' && $said !~ /WARNING|Metadata remains/;
}
cmp_ok($cancelled, '>=', 2, 'a timeout is an error');
is($node->safe_psql('postgres', $snapshots), $before, 'and leaves the snapshot that there was');

my $run = background("SELECT count(stormdisc_discover_existing_schema('big' || n, schemas => '{big}')) FROM generate_series(1, 10000) n");
my $pid = wait_for_backend('generate_series.1, 10000');
$node->safe_psql('postgres', "SELECT pg_sleep(0.3); SELECT pg_cancel_backend($pid)");
$run->{handle}->finish;
like($run->{err}, qr/ERROR:  57014/, 'a cancel is an error');
unlike($run->{err}, qr/WARNING/, 'and no failed discovery');
$run = background("SELECT count(stormdisc_discover_existing_schema('big' || n, schemas => '{big}')) FROM generate_series(1, 10000) n");
$pid = wait_for_backend('generate_series.1, 10000');
$node->safe_psql('postgres', "SELECT pg_sleep(0.3); SELECT pg_terminate_backend($pid)");
$run->{handle}->finish;
like($run->{err}, qr/FATAL:  57P01/, 'so is a shutdown');
is($node->safe_psql('postgres', $snapshots), $before, 'there is what there was');

# A crash: committed ones stay, others are not there, none is a part.
$run = background("BEGIN; $take('uncommitted'); $take('t1', schemas => '{shop}'); SELECT pg_sleep(100)");
wait_for_backend('pg_sleep.100');
$node->stop('immediate');
$run->{handle}->finish;
$node->start;
is($node->safe_psql('postgres', $snapshots), $before, 'after a crash there is what was committed');
is($node->safe_psql('postgres', "SELECT stormdisc_validate('big')"), 't', 'and it is whole');

# Dump and restore, as SQL and in the custom format.
my $dir = PostgreSQL::Test::Utils::tempdir();
$node->safe_psql('postgres', "CREATE DATABASE source; CREATE DATABASE restored; CREATE DATABASE restored_custom");
$node->safe_psql('source', <<"EOS");
CREATE EXTENSION stormdisc;
CREATE SCHEMA shop;
CREATE TABLE shop.a (gone int, id int PRIMARY KEY, name text DEFAULT 'x' || 'y' CHECK (name <> ''));
ALTER TABLE shop.a DROP gone;
CREATE TABLE shop.b (id int REFERENCES shop.a, d date) PARTITION BY LIST (id);
CREATE TABLE shop.b1 PARTITION OF shop.b FOR VALUES IN (1, 2);
CREATE INDEX ON shop.b (d DESC);
$take('kept', schemas => '{shop}');
$take('failed', schemas => '{no_such}');
EOS
$node->command_ok([ 'pg_dump', '-f', "$dir/dump.sql", $node->connstr('source') ], 'pg_dump');
$node->command_ok([ 'pg_dump', '-Fc', '-f', "$dir/dump.custom", $node->connstr('source') ], 'pg_dump, custom format');
$node->command_ok([ 'psql', '-Xq', '-v', 'ON_ERROR_STOP=1', '-f', "$dir/dump.sql", '-d', $node->connstr('restored') ], 'restore');
$node->command_ok([ 'pg_restore', '--exit-on-error', '-d', $node->connstr('restored_custom'), "$dir/dump.custom" ], 'restore, custom format');
foreach my $database (qw(restored restored_custom))
{
	is($node->safe_psql($database, $snapshots), $node->safe_psql('source', $snapshots), "$database: the snapshots are the same");
	is($node->safe_psql($database, "SELECT stormdisc_validate('kept')"), 't', "$database: and so is the schema");
	is($node->safe_psql($database, 'SELECT runs FROM stormdisc.discovery_stats'), '0', "$database: the log stays where it was");
	is($node->safe_psql($database, "$take('kept', schemas => '{shop}')"), 'ok', "$database: one can be taken");
}

# Promotion.
$node->wait_for_catchup($standby, 'replay', $node->lsn('insert'));
$node->stop;
$standby->promote;
is($standby->safe_psql('postgres', $snapshots), $before, 'after a promotion there are the same snapshots');
is($standby->safe_psql('postgres', "$take('t2', schemas => '{shop}')"), 'ok', 'and a new one can be taken');
is($standby->safe_psql('postgres', "SELECT string_agg(timeline::text, ' ' ORDER BY name) FROM stormdisc.snapshots WHERE name LIKE 't_'"), '1 2', 'each knows its timeline');
$standby->stop;
$node->start;

# Beside a storm of DDL.
my $seconds = seconds_setting('STORMDISC_STORM_SECONDS', 5);
$node->safe_psql('postgres', 'CREATE SCHEMA storm; TRUNCATE stormdisc.discovery_log');
my ($table, $tree) = ddl_scripts();
my @ddl = map { start_pgbench($node, $_->[0], $_->[1], args => [ '-c', 1, '-T', $seconds, '-D', 'n=0', '-D', "base=$_->[2]" ]) }
  ([ 'table', $table, 10000000 ], [ 'tree', $tree, 50000000 ]);
$run = run_pgbench($node, 'discovery', "SELECT stormdisc_discover_existing_schema('w:client_id', schemas => '{storm,shop}');\n",
	args => [ '-c', 2, '-T', $seconds ]);
finish_pgbench($_) foreach @ddl;
ok($run->{ok} && $run->{transactions} > 0 && $run->{err} !~ /error/i, "discovery beside DDL: $run->{transactions} calls, no error");
ok($ddl[$_]{ok} && $ddl[$_]{err} !~ /error/i, 'the DDL is not disturbed') foreach 0, 1;
note $node->safe_psql('postgres', 'SELECT runs, ok, failed, success_rate, p50_duration, p95_duration, last_error FROM stormdisc.discovery_stats');
is($node->safe_psql('postgres', "SELECT count(*) FROM stormdisc.discovery_log WHERE status = 'failed' AND sqlstate NOT IN ('55006', '42704', '55P03', '42501')"),
	'0', 'what failed tells that DDL was in the way');
is($node->safe_psql('postgres', "SELECT ok > 0 FROM stormdisc.discovery_stats"), 't', 'and not all did');
is($node->safe_psql('postgres', <<"EOS"), '0', 'every snapshot is of one moment');
SELECT count(*) FROM stormdisc.snapshots s, jsonb_each(s.document->'indexes') i
WHERE name LIKE 'w%' AND NOT s.document->'tables' ? (quote_ident(i.value->>'schema_name') || '.' || quote_ident(i.value->>'table_name'))
	AND i.value->>'table_name' NOT LIKE 'ma%'
EOS
is($node->safe_psql('postgres', "$take('w', schemas => '{storm,shop}'); SELECT stormdisc_validate('w')"), "ok\nt", 'afterwards all is as discovered');

done_testing();
