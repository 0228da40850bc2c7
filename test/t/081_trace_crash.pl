# What was acknowledged is there after a crash, when the storage is 'postgres';
# with 'memory' all is gone, as promised, and said where it cannot be read.

use strict;
use warnings FATAL => 'all';

use FindBin;
use lib $FindBin::RealBin, "$FindBin::RealBin/../model";
use IPC::Run;
use PostgreSQL::Test::Utils;
use Psql;
use StormdiscTest;
use Test::More;
use TraceEvents qw(batch event uuid write_of);

my $rounds = 4;
my $clients = 4;
my $node = new_node('trace_crash', conf => "fsync = on\nrestart_after_crash = on\n");
$ENV{PGHOST} = $node->host;
$ENV{PGPORT} = $node->port;
$ENV{PGDATABASE} = 'postgres';

is($node->safe_psql('postgres', "SELECT count(*) > 0 FROM stormdisc_set_storage('postgres')"), 't', "storage 'postgres'");

# Clients add events and baselines, and write down what they were told; then the
# server is stopped at once, or its processes are killed.
my (%added, %edges);
my $number = 0;
for my $round (1 .. $rounds)
{
	my @sessions = map { Psql->new(timeout => 30) } 1 .. $clients;
	my $steps = 20 + 15 * $round;
	my $dead = 0;

	for my $step (1 .. $steps)
	{
		my @under_way;

		for my $i (0 .. $#sessions)
		{
			my $session = $sessions[$i];
			my @new = map { ++$number } 1 .. 5;

			push @under_way, [ $session, \@new ];
			$session->start(join ";\n", 'BEGIN',
				sprintf("SELECT stormdisc_add_events_batch('%s')", batch(map { event($_, trace => $i, parent => $_ == $new[0] ? undef : $new[0], kind => write_of('x')) } @new)),
				sprintf("SELECT stormdisc_add_edge('%s', '%s', 'HappensBefore', trace_id => '%s')", uuid($new[0]), uuid($new[0] + 1_000_000_000), uuid($i, 't')),
				"SELECT stormdisc_record_baseline_metric('op', interval '7 us')", 'COMMIT');
		}
		if ($step == $steps)
		{
			if ($round % 2)
			{
				$node->stop('immediate');
			}
			else
			{
				my $pid = $node->safe_psql('postgres', "SELECT pid FROM pg_stat_activity WHERE backend_type = 'client backend' AND pid <> pg_backend_pid() LIMIT 1");
				kill 'KILL', $pid;
			}
			$dead = 1;
		}
		for (@under_way)
		{
			my ($session, $new) = @$_;
			my $answer = $session->finish;

			# told in time, or not at all: then it may be there or not
			if (!defined $answer->{state} && !$answer->{hangs})
			{
				$added{$_} = 1 for @$new;
				$edges{ $new->[0] } = 1;
			}
			elsif (!$dead)
			{
				die "$answer->{state}: $answer->{message}";
			}
		}
	}
	$_->quit for @sessions;
	if ($round % 2)
	{
		$node->start;
	}
	else
	{
		wait_for_connections($node->connstr('postgres'));
	}

	my %there = map { $_ => 1 } split /\n/, $node->safe_psql('postgres', 'SELECT id FROM stormdisc.events');
	my %edge_there = map { $_ => 1 } split /\n/, $node->safe_psql('postgres', "SELECT from_event_id FROM stormdisc.causal_edges WHERE edge_type = 'HappensBefore'");
	my @lost = grep { !$there{ uuid($_) } } keys %added;
	my $of_unacknowledged = keys(%there) - keys %added;

	is("@lost", '', "round $round: none of " . keys(%added) . ' events is lost');
	is(scalar(grep { !$edge_there{ uuid($_) } } keys %edges), 0, 'nor an edge');
	is($of_unacknowledged % 5, 0, 'and no transaction is there in part');
	my $n = $node->safe_psql('postgres', "SELECT count FROM stormdisc.baseline_metrics WHERE operation = 'op'");
	is($n * 5, keys %there, 'the baseline counts as often as events came');
	# what is there unacknowledged is there for good
	$added{ hex substr($_, 24) } = 1 for keys %there;
	is($node->safe_psql('postgres', "SELECT sum(n) FROM (SELECT count(*) AS n FROM generate_series(0, $clients - 1) AS i, stormdisc_get_trace_events(replace('" . uuid(0, 't') . "', '-000000000000', '-' || lpad(i::text, 12, '0'))::uuid)) AS c"),
		scalar(keys %added), 'the traces can be read');
	is($node->safe_psql('postgres', "SELECT bool_and(r) FROM (SELECT count(*) >= 0 AS r FROM stormdisc_detect_races('" . uuid(3, 't') . "')) AS q"), 't', 'and analysed');
}

# --- memory ---

my $before = $node->safe_psql('postgres', 'SELECT count(*) FROM stormdisc.events');
cmp_ok($before, '>', 0, 'there are events');
$node->safe_psql('postgres', "SELECT stormdisc_set_storage('memory')");
is($node->safe_psql('postgres', 'SELECT count(*) FROM stormdisc.events'), $before, 'the switch carries the rows over');
is($node->safe_psql('postgres', "SELECT string_agg(DISTINCT relpersistence::text, '') FROM pg_class WHERE oid IN ('stormdisc.events'::regclass, 'stormdisc.edge_store'::regclass, 'stormdisc.root_store'::regclass, 'stormdisc.baseline_store'::regclass) "
	. "OR oid IN (SELECT indexrelid FROM pg_index WHERE indrelid = 'stormdisc.events'::regclass)"), 'u', 'tables and indexes are unlogged');
$node->restart;
is($node->safe_psql('postgres', 'SELECT count(*) FROM stormdisc.events'), $before, 'a restart in good order keeps them');
$node->stop('immediate');
$node->start;
is($node->safe_psql('postgres', 'SELECT (SELECT count(*) FROM stormdisc.events) + (SELECT count(*) FROM stormdisc.causal_edges) + (SELECT count(*) FROM stormdisc.baseline_metrics)'), 0,
	'after a crash all is empty');
is($node->safe_psql('postgres', sprintf "SELECT stormdisc_add_events_batch('%s')", batch(event(1), event(2, parent => 1))), 2, 'and can be used again');
$node->safe_psql('postgres', "SELECT stormdisc_set_storage('supabase')");
$node->stop('immediate');
$node->start;
is($node->safe_psql('postgres', 'SELECT count(*) FROM stormdisc.events'), 2, 'after a switch back they are safe');
isnt($node->psql('postgres', "SELECT stormdisc_set_storage('mysql')"), 0, 'no other storage');

done_testing();
