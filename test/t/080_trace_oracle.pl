# The analysis of random traces against a naive implementation: see
# test/oracle_traces/compare.  Then with a wrong rule in that one, one after the
# other, each of which the comparison must notice.

use strict;
use warnings FATAL => 'all';

use FindBin;
use lib $FindBin::RealBin;
use PostgreSQL::Test::Utils;
use StormdiscTest;
use Test::More;

my $traces = seconds_setting('STORMDISC_ORACLE_TRACES', 2000);
my $seed = seconds_setting('STORMDISC_ORACLE_SEED', 1);
my $traces_of_mutants = 400;
my $compare = "$FindBin::RealBin/../oracle_traces/compare";

plan skip_all => 'python3 is not installed (Debian package python3)' if system('python3 -c "import json" >/dev/null 2>&1') != 0;

my $node = new_node('trace_oracle');
$ENV{PGHOST} = $node->host;
$ENV{PGPORT} = $node->port;
$ENV{PGDATABASE} = 'postgres';

sub run_compare
{
	my (@options) = @_;
	my $said = qx(python3 $compare @options 2>&1);

	return ($? == 0, $said);
}

my ($ok, $said) = run_compare('--seed', $seed, '--traces', $traces);
ok($ok, "$traces traces of seed $seed") or diag($said);
note($said) if $ok;

# unlogged tables are the same tables
$node->safe_psql('postgres', "SELECT stormdisc_set_storage('memory')");
($ok, $said) = run_compare('--seed', $seed + 1, '--traces', int($traces / 10) || 1);
ok($ok, 'in memory, of seed ' . ($seed + 1)) or diag($said);
$node->safe_psql('postgres', "SELECT stormdisc_set_storage('postgres')");

is($node->safe_psql('postgres', 'SELECT count(*) FROM stormdisc.events'), 0, 'nothing is left behind');

# every wrong rule is noticed, and nothing where there is none
($ok, $said) = run_compare('--all-mutants', '--seed', $seed, '--traces', $traces_of_mutants);
ok($ok, 'all wrong rules are noticed') or diag($said);
my %noticed = map { /^([\w-]+): noticed at trace \d+ of seed $seed$/ ? ($1, 1) : () } split /\n/, $said;
my @mutants = split /\n/, qx(python3 $compare --mutants);
cmp_ok(scalar @mutants, '>', 30, 'there are many');
ok($noticed{$_}, "the wrong rule $_ is noticed") for @mutants;

# a difference is told so that it can be had again
($ok, $said) = run_compare('--seed', $seed, '--traces', $traces_of_mutants, '--mutant', 'no-spawn');
ok(!$ok && $said =~ /^FAILED: trace \d+ of seed $seed: \d+ differences/m, 'one of them alone') or diag($said);
like($said, qr/^shrunk:\n  /m, 'is shrunk');
like($said, qr/^Run it again with: .*--seed $seed --only \d+ --mutant no-spawn$/m, 'and can be had again');

done_testing();
