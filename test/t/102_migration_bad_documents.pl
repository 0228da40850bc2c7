# Documents as nobody should send them: see test/model/mutate_documents.
#
# STORMDISC_FUZZ_SEED is the seed (1), STORMDISC_FUZZ_TIMES how many documents there
# are (100).  A long run: 5000.

use strict;
use warnings FATAL => 'all';

use FindBin;
use lib $FindBin::RealBin;
use PostgreSQL::Test::Utils;
use StormdiscTest;
use Test::More;

my $seed = seconds_setting('STORMDISC_FUZZ_SEED', 1);
my $times = seconds_setting('STORMDISC_FUZZ_TIMES', 100);
my $root = "$FindBin::RealBin/../..";
my %schemas = (
	demo => "$root/examples/demo_schema.sql",
	kinds => "$root/test/oracle/kinds.sql");

my $node = new_node('bad_documents', conf => "fsync = off\nrestart_after_crash = on\n");
$ENV{PGHOST} = $node->host;
$ENV{PGPORT} = $node->port;
$ENV{PGDATABASE} = 'postgres';

$node->safe_psql('postgres', 'CREATE EXTENSION IF NOT EXISTS stormdisc');
$node->safe_psql('postgres', 'CREATE TABLE documents (name text, document jsonb)');
for my $name (sort keys %schemas)
{
	$node->safe_psql('postgres', "CREATE DATABASE $name");
	$node->command_ok([ 'psql', '-X', '-q', '-d', $node->connstr($name), '-f', $schemas{$name} ], "$name loads");
	$node->safe_psql($name, 'CREATE EXTENSION IF NOT EXISTS stormdisc');
	my $document = $node->safe_psql($name, 'SELECT stormdisc_schema()');
	$node->safe_psql('postgres', "INSERT INTO documents VALUES ('$name', \$document\$$document\$document\$)");
}

my $said = qx($^X $root/test/model/mutate_documents --seed $seed --times $times 2>&1);
is($?, 0, "$times spoilt documents from seed $seed") or diag($said);
like($said, qr/22023: \d/, 'some are rejected');
note($said);

done_testing();
