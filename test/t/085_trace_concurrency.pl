# Many sessions at once: baselines lose nothing, and no events or edges that
# arrive at the same time close a cycle, or wait for each other for ever.

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

my $clients = 8;
my $times = 250;
my $node = new_node('trace_concurrency', conf => "deadlock_timeout = '200ms'\n");
$ENV{PGHOST} = $node->host;
$ENV{PGPORT} = $node->port;
$ENV{PGDATABASE} = 'postgres';
my $sql = Psql->new;

# --- one baseline, eight clients ---

my $run = run_pgbench($node, 'baseline', <<'EOS', args => [ '-c', $clients, '-j', 2, '-t', $times ]);
\set micros random(1, 1000000)
BEGIN;
SELECT stormdisc_record_baseline_metric('checkout', :micros * interval '1 us');
INSERT INTO recorded VALUES (:micros);
COMMIT;
EOS
ok(!$run->{ok}, 'without the table that is compared with, nothing is recorded');
is($sql->value('SELECT count(*) FROM stormdisc.baseline_metrics'), 0, 'and nothing is left');
$sql->rows('CREATE TABLE recorded (micros bigint)');
$run = run_pgbench($node, 'baseline', <<'EOS', args => [ '-c', $clients, '-j', 2, '-t', $times ]);
\set micros random(1, 1000000)
BEGIN;
SELECT stormdisc_record_baseline_metric('checkout', :micros * interval '1 us');
INSERT INTO recorded VALUES (:micros);
COMMIT;
BEGIN;
SELECT stormdisc_record_baseline_metric('checkout', interval '1 s');
ROLLBACK;
EOS
ok($run->{ok}, "$clients clients record at once") or diag($run->{err});
my ($ours) = $sql->rows("SELECT count, total_duration_micros, min_duration_micros, max_duration_micros FROM stormdisc.baseline_metrics WHERE operation = 'checkout'");
my ($right) = $sql->rows('SELECT count(*), sum(micros), min(micros), max(micros) FROM recorded');
is("@$ours", "@$right", 'count, total, least and most are exact');
is($ours->[0], $clients * $times, 'all of them');
my ($near) = $sql->rows(<<'EOS');
SELECT abs(b.mean_duration_micros / r.mean - 1) < 1e-12, abs(b.variance / r.variance - 1) < 1e-9, abs(b.std_dev / r.std_dev - 1) < 1e-9
FROM stormdisc.baseline_metrics AS b, (SELECT avg(micros) AS mean, var_pop(micros) AS variance, stddev_pop(micros) AS std_dev FROM recorded) AS r
WHERE operation = 'checkout'
EOS
is("@$near", 't t t', 'mean, variance and deviation too');

# a mean far from zero and a small spread: what sums of squares get wrong
$sql->rows("SELECT stormdisc_record_baseline_metric('far', interval '1000000 s' + i % 3 * interval '1 us') FROM generate_series(0, 2999) AS i");
is($sql->value("SELECT abs(variance - 2.0 / 3) < 1e-3 FROM stormdisc.baseline_metrics WHERE operation = 'far'"), 't', 'numerically stable');

# --- edges that close a cycle together ---

my @sessions = map { Psql->new } 1 .. $clients;

# Start statements in all sessions, each with its number for %d; the states of
# the answers, '' for none.
sub at_once
{
	my ($statement) = @_;

	$sessions[$_]->start(ref $statement ? $statement->($_) : sprintf $statement, $_) for 0 .. $#sessions;
	return map { my $a = $_->finish; $a->{hangs} ? 'hangs' : $a->{state} // '' } @sessions;
}

# No way leads back: every event of the trace is reached by taking away those
# without predecessors.
sub has_cycle
{
	my ($trace) = @_;

	return $sql->value(<<"EOS") ne '0';
WITH RECURSIVE links AS MATERIALIZED (
	SELECT DISTINCT from_event_id AS a, to_event_id AS b FROM stormdisc.causal_edges WHERE trace_id = '$trace' AND edge_type <> 'ConcurrentWith'),
way (start, at) AS (
	SELECT a, b FROM links
	UNION
	SELECT start, b FROM way JOIN links ON a = at)
SELECT count(*) FROM way WHERE start = at
EOS
}

for my $round (1 .. 10)
{
	my $first = 1000 * $round;
	my $trace = uuid($round, 't');

	$sql->rows("SELECT stormdisc_add_events_batch('" . batch(map { event($first + $_, trace => $round) } 0 .. $clients - 1) . "')");
	# a ring: one of the edges must be rejected, and only one
	my @states = at_once(sub { sprintf "SELECT stormdisc_add_edge('%s', '%s', 'HappensBefore')", uuid($first + $_[0]), uuid($first + ($_[0] + 1) % $clients) });
	is(scalar(grep { $_ ne '' } @states), 1, "ring $round: one edge is rejected") or diag("@states");
	ok(!has_cycle($trace), 'and there is no cycle');
	# with the other way round, all at once
	@states = at_once(sub { sprintf "SELECT stormdisc_add_edge('%s', '%s', 'DataDependency')", uuid($first + ($_[0] + 1) % $clients), uuid($first + $_[0]) });
	ok(!has_cycle($trace), 'nor after the way back was tried');
	is(scalar(grep { $_ eq '40P01' || $_ eq 'hangs' } @states), 0, 'nobody waits for ever') or diag("@states");
}

# two sessions, a -> b and b -> a, in transactions that are open
{
	my ($a, $b) = @sessions;

	$sql->rows("SELECT stormdisc_add_events_batch('" . batch(event(1, trace => 500), event(2, trace => 500)) . "')");
	$_->rows('BEGIN') for $a, $b;
	$a->rows(sprintf "SELECT stormdisc_add_edge('%s', '%s', 'HappensBefore')", uuid(1), uuid(2));
	$b->start(sprintf "SELECT stormdisc_add_edge('%s', '%s', 'HappensBefore')", uuid(2), uuid(1));
	ok($node->poll_query_until('postgres', "SELECT count(*) = 1 FROM pg_stat_activity WHERE wait_event_type = 'Lock'"), 'the second waits for the first');
	$a->rows('COMMIT');
	ok(defined $b->finish->{state}, 'and is rejected');
	$b->rows('ROLLBACK');
	ok(!has_cycle(uuid(500, 't')), 'no cycle');
	# the first gives up: the second may
	$sql->rows("DELETE FROM stormdisc.causal_edges WHERE trace_id = '" . uuid(500, 't') . "'");
	$_->rows('BEGIN') for $a, $b;
	$a->rows(sprintf "SELECT stormdisc_add_edge('%s', '%s', 'HappensBefore')", uuid(1), uuid(2));
	$b->start(sprintf "SELECT stormdisc_add_edge('%s', '%s', 'HappensBefore')", uuid(2), uuid(1));
	$node->poll_query_until('postgres', "SELECT count(*) = 1 FROM pg_stat_activity WHERE wait_event_type = 'Lock'");
	$a->rows('ROLLBACK');
	is($b->finish->{state}, undef, 'after a rollback of the first the second is taken');
	$b->rows('COMMIT');
}

# --- parents that close a cycle together ---

# each session adds an event whose parent is that of the next one: a ring
for my $round (1 .. 10)
{
	my $first = 100_000 + 1000 * $round;
	my $number = 100 + $round;
	my $trace = uuid($number, 't');
	my @states = at_once(sub {
		my ($i) = @_;
		sprintf "SELECT stormdisc_add_event('%s')", event($first + $i, trace => $number, parent => $first + ($i + 1) % $clients) });

	is(join('', @states), '', "parents in a ring $round: all are stored");
	is($sql->value("SELECT count(*) FROM stormdisc.events WHERE trace_id = '$trace' AND parent_quarantined"), 1, 'the link of one is not followed');
	ok(!has_cycle($trace), 'no cycle');
}

# events and edges mixed, in transactions of several statements, over several traces
{
	my $traces = 4;
	my @events = map { my $t = $_; map { [ $t, 200_000 + 100 * $t + $_ ] } 0 .. 19 } 0 .. $traces - 1;

	srand 7;
	my @states;
	for my $round (1 .. 15)
	{
		push @states, at_once(sub {
			my @statements = 'BEGIN';

			for (1 .. 4)
			{
				my ($t, $e) = @{ $events[ rand @events ] };
				my $other = 200_000 + 100 * $t + int rand 20;

				push @statements, rand() < 0.5
				  ? sprintf("SELECT stormdisc_add_event('%s')", event($e, trace => 200 + $t, parent => $other == $e ? undef : $other, at => $e))
				  : sprintf("SELECT stormdisc_add_edge('%s', '%s', 'DataDependency', trace_id => '%s')", uuid($e), uuid($other), uuid(200 + $t, 't'));
			}
			# psql goes on after an error, and so ends the transaction
			return join ";\n", @statements, 'COMMIT' });
	}
	is(scalar(grep { $_ eq 'hangs' } @states), 0, 'nothing hangs');
	ok((grep { $_ eq '' } @states) > 10, 'transactions succeed');
	note(join ' ', map { $_ || 'ok' } @states);
	ok(!has_cycle(uuid(200 + $_, 't')), "no cycle in trace $_") for 0 .. $traces - 1;
}

# --- batches into many traces, in opposite orders: no deadlock ---

{
	my @states;

	for my $round (1 .. 10)
	{
		push @states, at_once(sub {
			my ($i) = @_;
			my @traces = $i % 2 ? (300 .. 311) : reverse(300 .. 311);

			# a second event refers to what another session adds, so that the lock is exclusive
			return sprintf "SELECT stormdisc_add_events_batch('%s')",
			  batch(map { my $t = $_; event(1_000_000 + $round * 10_000 + $i * 100 + $t - 300, trace => $t, parent => 1_000_000 + $round * 10_000 + ($i + 1) % $clients * 100 + $t - 300) } @traces) });
	}
	is(join('', @states), '', 'batches over the same traces, in opposite orders: no deadlock');
	ok(!has_cycle(uuid($_, 't')), "no cycle in trace $_") for 300, 305, 311;
	is($sql->value("SELECT count(*) FROM stormdisc.events WHERE trace_id BETWEEN '" . uuid(300, 't') . "' AND '" . uuid(311, 't') . "'"), 10 * 12 * $clients, 'all events are there');
}

# --- the same events from everybody: each is stored once, and counted once ---

{
	my $batch = batch(map { event(3_000_000 + $_, trace => 400, kind => write_of('x')) } 1 .. 50);
	my @answers;

	$sessions[$_]->start("SELECT stormdisc_add_events_batch('$batch')") for 0 .. $#sessions;
	my @counts = map { my $a = $_->finish; $a->{state} // $a->{rows}[0][0] } @sessions;
	is(join(' ', sort { $b <=> $a } @counts), join(' ', 50, (0) x ($clients - 1)), 'one session has stored them');
	is($sql->value("SELECT count(*) FROM stormdisc.events WHERE trace_id = '" . uuid(400, 't') . "'"), 50, 'once each');
}

# --- cleanup beside ingest: a trace that goes on stays whole ---

{
	my $run = start_pgbench($node, 'ingest', <<"EOS", args => [ '-c', 4, '-j', 2, '-t', 100 ]);
\\set e random(1, 1000000000)
\\set t random(500, 520)
INSERT INTO stormdisc.events (id, trace_id, kind, "timestamp", metadata)
SELECT gen_random_uuid(), ('00000000-0000-4000-8074-' || lpad(to_hex(:t), 12, '0'))::uuid, '{"DatabaseResult": {"rows_affected": 1}}', clock_timestamp(),
	'{"thread_id": "t", "process_id": 1, "service_name": "s", "environment": "test", "tags": {}, "duration_ns": null}';
EOS
	$sql->rows('SELECT stormdisc_cleanup_old_traces(1)') for 1 .. 20;
	$run = finish_pgbench($run);
	ok($run->{ok}, 'events come while old traces are cleaned up') or diag($run->{err});
	is($sql->value("SELECT count(*) FROM stormdisc.events WHERE \"timestamp\" > clock_timestamp() - interval '30 min'"), 400, 'and all of them stay');
	is($sql->value("SELECT count(*) FROM stormdisc.events WHERE trace_id = '" . uuid(400, 't') . "'"), 0, 'old ones are gone');
}

# --- imports of traces that have nothing to do with each other, but share locks ---

$run = run_pgbench($node, 'import', <<'EOS', args => [ '-c', 4, '-j', 2, '-t', 4 ]);
SELECT stormdisc_import_traces((SELECT array_agg(jsonb_build_object('edge', jsonb_build_object('trace_id', md5(:client_id || ' trace ' || i)::uuid,
	'from_event_id', md5(:client_id || ' from ' || i)::uuid, 'to_event_id', md5(:client_id || ' to ' || i)::uuid, 'edge_type', 'DirectCall'))::text) FROM generate_series(1, 1000) AS i));
EOS
ok($run->{ok}, 'four clients import at once') or diag($run->{err});

$_->quit for @sessions, $sql;
done_testing();
