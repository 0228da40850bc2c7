# Scripts from one random schema to another, run, must lead there: see
# test/model/migrations.  Then with a bug put in, one after the other, each of
# which must be noticed.
#
# STORMDISC_MODEL_SEED is the first seed (1), STORMDISC_MODEL_PAIRS how many pairs
# there are (100).  A long run: 2000.

use strict;
use warnings FATAL => 'all';

use FindBin;
use lib $FindBin::RealBin;
use PostgreSQL::Test::Utils;
use StormdiscTest;
use Test::More;

my $pairs = seconds_setting('STORMDISC_MODEL_PAIRS', 100);
my $seed = seconds_setting('STORMDISC_MODEL_SEED', 1);
my $pairs_of_mutants = 20;
my $model = "$FindBin::RealBin/../model/migrations";

my $node = new_node('migration_sql', conf => <<'CONF');
fsync = off
max_locks_per_transaction = 256
CONF
$ENV{PGHOST} = $node->host;
$ENV{PGPORT} = $node->port;
$ENV{PGDATABASE} = 'postgres';

sub run_model
{
	my (@options) = @_;
	my $said = qx($^X $model @options 2>&1);

	return ($? == 0, $said);
}

my ($ok, $said) = run_model('--seed', $seed, '--pairs', $pairs, '--keep-going');
ok($ok, "$pairs pairs from seed $seed") or diag($said);
note($said);

# that is not for want of changes
my ($statements, $commits, $skipped, $rows) = $said =~ /scripts of (\d+) statements, (\d+) commits within; (\d+) rows of scripts skipped; (\d+) rows of tables/;
cmp_ok($statements // 0, '>', $pairs * 15, 'the scripts have statements');
cmp_ok($skipped // 0, '>', $pairs / 10, 'there were rows to skip');
cmp_ok($rows // 0, '>', $pairs, 'and rows in tables');

# names that the script is told of
($ok, $said) = run_model('--seed', $seed, '--pairs', int($pairs / 10), '--keep-going', '--kind', 'renamed');
ok($ok, int($pairs / 10) . ' pairs with other names') or diag($said);
note($said);

for my $mutant (split /\n/, qx($^X $model --mutants))
{
	my ($ok, $said) = run_model('--seed', $seed, '--pairs', $pairs_of_mutants, '--mutant', $mutant, $mutant eq 'do_all' ? qw(--kind rows) : ());

	ok(!$ok && $said =~ /^FAILED: pair \d+/m && $said !~ /no script$/m, "the bug $mutant is noticed") or diag($said);
	like($said, qr/^Run it again with: test\/model\/migrations .*--mutant $mutant$/m, 'and can be had again');
	note($1) if $said =~ /\A(.{1,300})/s;
}

done_testing();
