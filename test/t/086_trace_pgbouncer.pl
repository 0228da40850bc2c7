# Traces through pgbouncer in transaction mode: nothing that a process remembers
# is needed in another, and nothing that it remembers is wrong.

use strict;
use warnings FATAL => 'all';

use FindBin;
use lib $FindBin::RealBin, "$FindBin::RealBin/../model";
use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Psql;
use StormdiscTest;
use Test::More;
use TraceEvents qw(batch event read_of uuid write_of);

my $clients = 6;
my $servers = 2;
my $rounds = 40;

my $node = new_node('trace_pgbouncer');
my ($dir, $port) = start_pgbouncer($node, $servers);
plan skip_all => 'pgbouncer is not installed (Debian package pgbouncer)' unless $dir;

my $direct = Psql->new(database => $node->connstr('postgres'));
my $through = "host=$dir port=$port dbname=postgres";
my $first = Psql->new(database => $through);
is($first->value('SELECT 1'), 1, 'pgbouncer answers') or diag(slurp_file("$dir/log"));
my @clients = ($first, map { Psql->new(database => $through) } 2 .. $clients);

# all at once: events, edges, baselines; the next one asks
my $added = 0;
my @wrong;
for my $round (1 .. $rounds)
{
	my $t = 1 + $round % 5;
	my $n = 1000 * $round;

	for my $i (0 .. $#clients)
	{
		my $id = $n + 10 * $i;

		$clients[$i]->start(join ";\n", 'BEGIN',
			sprintf("SELECT stormdisc_add_events_batch('%s')", batch(map { event($id + $_, trace => $t, thread => "t$i", at => $id + $_, kind => $_ % 2 ? write_of('x') : read_of('y'), parent => $_ ? $id : $i ? $n : undef) } 0 .. 4)),
			sprintf("SELECT stormdisc_add_edge('%s', '%s', 'HappensBefore')", uuid($id), uuid($id + 4)),
			"SELECT stormdisc_record_baseline_metric('op', interval '10 us')", 'COMMIT');
	}
	for my $client (@clients)
	{
		my $answer = $client->finish;
		push @wrong, "$answer->{state}: $answer->{message}" if defined $answer->{state};
	}
	# from two other transactions, which may be run by either process
	$_->start(sprintf "SELECT (SELECT count(*) FROM stormdisc_get_trace_events('%s')), (SELECT count(*) FROM stormdisc_detect_races('%s')), stormdisc_find_happens_before('%s', '%s')",
		uuid($t, 't'), uuid($t, 't'), uuid($n), uuid($n + 4)) for @clients;
	my @answers = map { my $a = $_->finish; $a->{state} ? "$a->{state}: $a->{message}" : join ' ', map { $_ // 'null' } @{ $a->{rows}[0] } } @clients;
	push @wrong, "clients differ: @answers" if grep { $_ ne $answers[0] } @answers;
	push @wrong, "$answers[0] of an edge" unless $answers[0] =~ / t$/;
	$added += 5 * $clients;
}
is(join("\n", @wrong), '', 'every answer is right, whichever process gives it');
is($direct->value('SELECT count(*) FROM stormdisc.events'), $added, "all $added events are there");
is($direct->value("SELECT count FROM stormdisc.baseline_metrics WHERE operation = 'op'"), $rounds * $clients, 'the baseline is exact');

# the storage is changed by one process and used by the other, at once
for my $storage (qw(memory postgres))
{
	$clients[0]->rows("SELECT stormdisc_set_storage('$storage')");
	my @states = map { $_->run(sprintf("SELECT stormdisc_add_event('%s')", event(++$added + 1_000_000)))->{state} // '' } @clients, @clients;
	is(join('', @states), '', "events in $storage by both");
	is($direct->value("SELECT relpersistence FROM pg_class WHERE oid = 'stormdisc.events'::regclass"), $storage eq 'memory' ? 'u' : 'p', 'which is the storage');
}

# a setting for one transaction is not one for the next
$first->rows(sprintf "SELECT stormdisc_add_events_batch('%s')", batch(event(2_000_001), event(2_000_002, parent => 2_000_001)));
my $back = sprintf "SELECT stormdisc_add_edge('%s', '%s', 'HappensBefore')", uuid(2_000_002), uuid(2_000_001);
for my $client (@clients)
{
	$client->rows("BEGIN; SET LOCAL stormdisc.edge_cycles = 'quarantine'; COMMIT");
	isnt($client->run($back)->{state}, undef, 'an edge that closes a cycle is rejected');
}
is($first->run("BEGIN; SET LOCAL stormdisc.edge_cycles = 'quarantine'; $back; COMMIT")->{state}, undef, 'and taken where it was set');
is($direct->value(sprintf "SELECT stormdisc_find_happens_before('%s', '%s')", uuid(2_000_002), uuid(2_000_001)), 'f', 'but orders nothing');

# cleanup and clear by one, seen by the other
$clients[1]->rows('SELECT stormdisc_cleanup_old_traces(1)');
is(join(' ', map { $_->value('SELECT count(*) FROM stormdisc.events') } @clients[ 0 .. 3 ]), '0 0 0 0', 'cleaned up for all');
is($clients[2]->value(sprintf "SELECT stormdisc_add_events_batch('%s')", batch(event(1), event(2))), 2, 'and taken again');

$_->quit for @clients, $direct;
done_testing();
