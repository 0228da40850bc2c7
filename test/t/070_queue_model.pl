# The queues against a model, step by step: see test/model/queue.  Then with a
# bug put in, one after the other, each of which the model must notice.

use strict;
use warnings FATAL => 'all';

use FindBin;
use lib $FindBin::RealBin;
use PostgreSQL::Test::Utils;
use StormdiscTest;
use Test::More;

my $steps = seconds_setting('STORMDISC_MODEL_STEPS', 2500);
my $runs = seconds_setting('STORMDISC_MODEL_RUNS', 4);
my $seed = seconds_setting('STORMDISC_MODEL_SEED', 1);
my $steps_of_mutants = 3000;
my $model = "$FindBin::RealBin/../model/queue";

my $node = new_node('queue_model', conf => "autovacuum_naptime = 1s\n");
$ENV{PGHOST} = $node->host;
$ENV{PGPORT} = $node->port;
$ENV{PGDATABASE} = 'postgres';

sub run_model
{
	my (@options) = @_;
	my $said = qx($^X $model @options 2>&1);

	return ($? == 0, $said);
}

# each with another seed, as a step takes the longer the more messages there are
for my $each ($seed .. $seed + $runs - 1)
{
	my ($ok, $said) = run_model('--seed', $each, '--steps', $steps);

	ok($ok, "$steps steps with seed $each") or diag($said);
	note($said) if $ok;
}

# where receivers remember how far they were
my ($ok, $said) = run_model('--seed', $seed, '--steps', $steps_of_mutants / 3, '--old-snapshot');
ok($ok, 'with a snapshot that holds many rows that are gone') or diag($said);

# what runs with a seed begins the same again; later it depends on the clock
# what a receive finds that is due
sub first_operations
{
	return join "\n", ($_[0] =~ /^\d+: (\w+ \w+)/mg)[ 0 .. 29 ];
}

($ok, $said) = run_model('--seed', $seed + 1, '--steps', 100, '--verbose');
my $operations = first_operations($said);
($ok, $said) = run_model('--seed', $seed + 1, '--steps', 100, '--verbose');
is(first_operations($said), $operations, 'a seed gives the same operations again');

for my $mutant (split /\n/, qx($^X $model --mutants))
{
	my ($ok, $said) = run_model('--seed', $seed, '--steps', $steps_of_mutants, '--mutant', $mutant);

	ok(!$ok && $said =~ /^FAILED at step \d+$/m, "the bug $mutant is noticed") or diag($said);
	like($said, qr/^Run it again with: .*--seed $seed --steps $steps_of_mutants --mutant $mutant$/m, 'and can be had again');
	note($1) if $said =~ /\A(.{1,300})/s;
}

done_testing();
