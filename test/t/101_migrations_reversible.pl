# A migration that is made of two documents is proven to be reversible.
#
# Pairs of random schemas, of the generator in test/model: the statements from
# the first to the second are registered as up, those back as down, and
# stormdisc_test_migration() must find no difference that is left.  Then the way
# back is spoiled, which it must find.
#
# STORMDISC_MODEL_SEED is the first seed (1), STORMDISC_REVERSIBLE_PAIRS how many
# pairs there are (8).

use strict;
use warnings FATAL => 'all';

use FindBin;
use lib $FindBin::RealBin, "$FindBin::RealBin/../model";
use PostgreSQL::Test::Utils;
use Psql;
use SchemaGenerator;
use StormdiscTest;
use Test::More;

my $pairs = seconds_setting('STORMDISC_REVERSIBLE_PAIRS', 8);
my $first = seconds_setting('STORMDISC_MODEL_SEED', 1);

my $node = new_node('reversible', conf => <<'CONF');
autovacuum = off
fsync = off
max_locks_per_transaction = 256
CONF
$ENV{PGHOST} = $node->host;
$ENV{PGPORT} = $node->port;
my $psql = Psql->new(database => 'postgres', timeout => 60);
$psql->rows('SET client_min_messages = error');
$psql->rows(slurp_file("$FindBin::RealBin/../model/migration_property.sql"));

sub texts
{
	return 'ARRAY[' . join(', ', map { Psql::literal($_) } @_) . ']::text[]';
}

my ($tested, $statements) = (0, 0);
for my $seed ($first .. $first + $pairs - 1)
{
	my $generator = SchemaGenerator->new(seed => $seed, size => 5);
	my @old = $generator->schema;
	my $related = $seed % 2 ? 'true' : 'false';
	my @new =
	    $seed % 2
	  ? map { $_->{sql} } grep { !$_->{nothing} } $generator->mutations(1 + $generator->below(8))
	  : SchemaGenerator->new(seed => $seed + 1_000_003, size => 5)->schema;

	$psql->rows("SELECT pg_temp.prepare(@{[ texts(@old) ]}, @{[ texts(@new) ]}, $related)");
	my $answer = $psql->run(<<'SQL');
SELECT stormdisc_register_migration(1, 'generated', stormdisc_migration_text(a.document, b.document, true), stormdisc_migration_text(b.document, a.document, true))
FROM documents a, documents b WHERE a.name = 'a' AND b.name = 'b' AND stormdisc_migration_text(a.document, b.document, true) IS NOT NULL
SQL
	if (defined $answer->{state})
	{
		fail("seed $seed: registered") or diag("$answer->{state}: $answer->{message}");
		next;
	}
	next if !@{ $answer->{rows} };
	$answer = $psql->run(<<'SQL');
SELECT reversible, problem, remaining, jsonb_array_length(statements) FROM stormdisc_test_migration(1, '{default,ordinal}')
SQL
	if (defined $answer->{state})
	{
		fail("seed $seed: tested") or diag("$answer->{state}: $answer->{message}");
		next;
	}
	my ($reversible, $problem, $remaining, $count) = @{ $answer->{rows}[0] };
	is($reversible, 't', "seed $seed: reversible") or diag(($problem // '') . "\n$remaining");
	$tested++;
	$statements += $count;

	# the way back forgets something: one more object, which only the way there makes
	$psql->rows(q{SELECT stormdisc_register_migration(1, 'spoiled', up_sql || ';CREATE SCHEMA forgotten', down_sql) FROM stormdisc.migrations WHERE version = 1});
	my ($spoiled) = map { @$_ } $psql->rows(q{SELECT reversible::text || ' ' || (remaining @> '[{"identity": "forgotten"}]' OR problem IS NOT NULL) FROM stormdisc_test_migration(1, '{default,ordinal}')});
	is($spoiled, 'false true', "seed $seed: not if something is forgotten");
	$psql->rows('SELECT stormdisc_unregister_migration(1)');
}
cmp_ok($tested, '>', $pairs / 2, 'most pairs differ');
cmp_ok($statements, '>', 10 * $tested, 'and the scripts have statements');
$psql->quit;

done_testing();
