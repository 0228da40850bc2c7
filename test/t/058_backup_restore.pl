# A schema survives what a cluster can go through: examples/backup_restore.sh with
# each kind of recovery target, a crash, and a standby that takes the dead
# primary's place, after which the old primary is rewound and follows it.

use strict;
use warnings FATAL => 'all';

use FindBin;
use lib $FindBin::RealBin;
use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use StormdiscTest;
use Test::More;

my $root = "$FindBin::RealBin/../..";

# --- the example ---

foreach my $target ('name', 'time')
{
	my ($stdout, $stderr);
	my $ok = IPC::Run::run([ "$root/examples/backup_restore.sh", '--target', $target ], '<', \undef, '>', \$stdout, '2>', \$stderr);

	ok($ok, "backup_restore.sh --target $target") or diag("$stdout\n$stderr");
	like($stdout, qr/^== done$/m, 'it came to its end');
	cmp_ok(scalar(() = $stdout =~ /^ok: /mg), '>=', 20, 'and checked things on the way');
}

# --- a crash, in the middle of DDL ---

my $primary = new_node('primary', streaming => 1, conf => "wal_log_hints = on\nwal_keep_size = 320MB\nautovacuum = off\n");
$primary->command_ok([ 'psql', '-X', '-q', '-v', 'ON_ERROR_STOP=1', '-d', $primary->connstr('postgres'), '-f', "$root/examples/demo_schema.sql" ],
	'the demo schema loads');

sub document
{
	my ($node) = @_;

	return $node->safe_psql('postgres', 'SELECT stormdisc_schema()');
}

sub validated
{
	my ($node, $name) = @_;

	return $node->safe_psql('postgres', "SET client_min_messages = warning; SELECT stormdisc_validate('$name')");
}

$primary->safe_psql('postgres', "SELECT * FROM stormdisc_discover_existing_schema('before')");
my $before = document($primary);
my $open = $primary->background_psql('postgres');
# its INFO is for query_safe() an error
$open->query(<<'SQL');
BEGIN;
ALTER TABLE shop.product RENAME TO lost;
CREATE TABLE shop.lost_too (a int);
DROP TABLE shop.cart;
SELECT status FROM stormdisc_discover_existing_schema('lost');
SELECT status FROM stormdisc_discover_existing_schema('before');
SQL
# the changes that are not committed reach the disk
$primary->safe_psql('postgres', 'CHECKPOINT');
$primary->stop('immediate');
# psql is told that its server is gone when it is asked to quit
eval { $open->quit };
$primary->start;
is(document($primary), $before, 'after a crash the document is the one before, without what was not committed');
is(validated($primary, 'before'), 't', 'and so is the snapshot');
is($primary->safe_psql('postgres', "SELECT count(*) FROM stormdisc.snapshots"), '1', 'the one that was not committed is not there');

# --- a standby, the end of the primary, and its return ---

$primary->backup('base');
my $standby = PostgreSQL::Test::Cluster->new('standby');
$standby->init_from_backup($primary, 'base', has_streaming => 1);
$standby->start;

$primary->safe_psql('postgres', <<'SQL');
ALTER TABLE shop.product ADD on_standby int DEFAULT 7;
SELECT status FROM stormdisc_discover_existing_schema('replicated');
SQL
$primary->wait_for_catchup($standby, 'replay');
is(document($standby), document($primary), 'the standby has the document of the primary');
is(validated($standby, 'replicated'), 't', 'and its snapshots');
my $promised = document($primary);
my ($stdout, $stderr);
$standby->psql('postgres', "\\set VERBOSITY sqlstate\nSELECT stormdisc_discover_existing_schema('x')", stdout => \$stdout, stderr => \$stderr);
like($stderr, qr/ERROR:  25006/, 'but none can be taken there');

# what the primary does now never reaches the standby
$standby->safe_psql('postgres', 'SELECT pg_wal_replay_pause()');
$standby->poll_query_until('postgres', "SELECT pg_get_wal_replay_pause_state() = 'paused'") or die 'replay does not pause';
$standby->stop;
$primary->safe_psql('postgres', <<'SQL');
DROP TABLE shop.product CASCADE;
CREATE TABLE shop.only_here (a int);
SELECT status FROM stormdisc_discover_existing_schema('only here');
SQL
my $diverged = document($primary);
$primary->stop('immediate');

$standby->start;
$standby->promote;
is($standby->safe_psql('postgres', 'SELECT pg_is_in_recovery()'), 'f', 'the standby is the primary now');
is(document($standby), $promised, 'with the schema that had reached it');
is(validated($standby, 'replicated'), 't', 'and the snapshot');
$standby->safe_psql('postgres', <<'SQL');
CREATE TABLE shop.new_life (a int PRIMARY KEY);
SELECT status FROM stormdisc_discover_existing_schema('new life');
CHECKPOINT;
SQL
is( $standby->safe_psql('postgres', "SELECT count(DISTINCT timeline), count(DISTINCT system_identifier) FROM stormdisc.snapshots"),
	'2|1',
	'snapshots tell the timelines apart');

# pg_rewind wants a clean end
$primary->start;
is(document($primary), $diverged, 'the old primary has gone its own way');
$primary->stop('fast');
# a copy of its settings, which pg_rewind would take from the other
my $conf = slurp_file($primary->data_dir . '/postgresql.conf');
command_ok(
	[
		'pg_rewind', '--target-pgdata', $primary->data_dir, '--source-server',
		$standby->connstr('postgres'), '--no-sync'
	],
	'pg_rewind');
open my $file, '>', $primary->data_dir . '/postgresql.conf' or die "could not write postgresql.conf: $!";
print $file $conf;
close $file;
$primary->enable_streaming($standby);
$primary->start;
$standby->wait_for_catchup($primary, 'replay');
is(document($primary), document($standby), 'rewound, it has the document of the new primary');
is(validated($primary, 'new life'), 't', 'and its snapshots');
is($primary->safe_psql('postgres', "SELECT count(*) FROM stormdisc.snapshots WHERE name = 'only here'"), '0', 'but not its own');

$primary->stop;
$standby->stop;

done_testing();
