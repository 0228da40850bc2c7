# Large and deep traces: nothing recurses, everything can be interrupted, and
# time and memory grow with the number of events, not with its square.

use strict;
use warnings FATAL => 'all';

use FindBin;
use lib $FindBin::RealBin, "$FindBin::RealBin/../model";
use PostgreSQL::Test::Utils;
use Psql;
use StormdiscTest;
use Test::More;
use Time::HiRes qw(time);
use TraceEvents qw(event uuid);

my $n = seconds_setting('STORMDISC_TRACE_EVENTS', 80_000);
my $node = new_node('trace_scale', conf => "shared_buffers = 128MB\nautovacuum = off\n");
$ENV{PGHOST} = $node->host;
$ENV{PGPORT} = $node->port;
my $sql = Psql->new(database => 'postgres', timeout => 300);

# A chain of parents from the first event to the last, by four threads, that all
# access 20 variables; the first quarter of it again in another trace.
sub fill
{
	my ($trace, $first, $count) = @_;

	$sql->rows(<<"EOS");
INSERT INTO stormdisc.events (id, trace_id, parent_id, kind, "timestamp", metadata, causality_vector)
SELECT ('00000000-0000-4000-9000-' || lpad(to_hex($first + i), 12, '0'))::uuid, '$trace',
	CASE WHEN i > 1 THEN ('00000000-0000-4000-9000-' || lpad(to_hex($first + i - 1), 12, '0'))::uuid END,
	jsonb_build_object('StateChange', jsonb_build_object('variable', 'v' || i % 20, 'new_value', i, 'location', 'a.c:1', 'access_type', CASE WHEN i % 3 = 0 THEN 'Write' ELSE 'Read' END)),
	'2025-01-01Z'::timestamptz + i * interval '10 us',
	jsonb_build_object('thread_id', 't' || i % 4, 'process_id', 1, 'service_name', 's' || i % 2, 'environment', 'test', 'tags', '{}'::jsonb, 'duration_ns', 20000000000 - i * 20000),
	jsonb_build_object('t' || i % 4, i)
FROM generate_series(1, $count) AS i
EOS
	return;
}
my ($all, $quarter) = (uuid(1, 't'), uuid(2, 't'));
fill($all, 0, $n);
fill($quarter, 10 * $n, $n / 4);
$sql->rows('VACUUM ANALYZE stormdisc.events');
my ($first, $last) = map { sprintf '00000000-0000-4000-9000-%012x', $_ } 1, $n;

my %question = (
	(map { ("detect_races, $_" => "SELECT count(*) FROM stormdisc_detect_races(%s, '$_', max_pairs => 100)") } qw(hb lockset both raceway)),
	'get_critical_path' => 'SELECT count(*) FROM stormdisc_get_critical_path(%s)',
	'get_critical_path, raceway' => "SELECT count(*) FROM stormdisc_get_critical_path(%s, 'raceway')",
	'detect_anomalies' => 'SELECT count(*) FROM stormdisc_detect_anomalies(%s)',
	'service_dependencies' => 'SELECT count(*) FROM stormdisc_service_dependencies(%s)',
	'trace_diagram' => 'SELECT length(stormdisc_trace_diagram(%s))',
	'get_trace_events' => 'SELECT count(*) FROM stormdisc_get_trace_events(%s)',
	'get_trace_roots' => 'SELECT count(*) FROM stormdisc_get_trace_roots(%s)',
	'find_happens_before' => "SELECT stormdisc_find_happens_before('$first', CASE %s WHEN '$all' THEN '$last' ELSE '$last' END::uuid)");

# a stack so small that a function that calls itself for each event fails
for my $name (sort keys %question)
{
	$sql->rows('SET max_stack_depth = 100; SET client_min_messages = error');
	my ($began, @took) = (time);
	for my $trace ($quarter, $all)
	{
		my $answer = $sql->run(sprintf $question{$name}, "'$trace'");

		is($answer->{state}, undef, "$name of a chain of events") or diag($answer->{message});
		push @took, time - $began;
		$began = time;
	}
	$sql->rows('RESET max_stack_depth');
	# four times as much; sixteen times as long would be its square
	cmp_ok($took[1], '<', 12 * $took[0] + 0.5, sprintf '%s: %.3f s, of a quarter %.3f s', $name, reverse @took);

	# cancelled at once, by a timeout that is shorter than it takes
	my $timeout = int(1000 * $took[1] / 4);
	next if $timeout < 10;
	$sql->rows("SET statement_timeout = $timeout");
	$began = time;
	my $answer = $sql->run(sprintf $question{$name}, "'$all'");
	my $late = time - $began - $timeout / 1000;
	$sql->rows('RESET statement_timeout');
	is($answer->{state}, '57014', "$name is cancelled") or note("answered in $took[1] s");
	cmp_ok($late, '<', 1, 'soon');
}

# an edge that would close the long way round is found, and one that does not is taken
my $began = time;
is($sql->run("SELECT stormdisc_add_edge('$last', '$first', 'HappensBefore')")->{state}, 'SD003', 'a cycle over all events is found');
is($sql->run("SELECT stormdisc_add_edge('$first', '$last', 'HappensBefore')")->{state}, undef, 'a shortcut is no cycle');
note(sprintf 'these two took %.2f s', time - $began);
$sql->rows("SET statement_timeout = '1ms'");
my $state = $sql->run("SELECT stormdisc_add_edge('$last', '$first', 'DataDependency')")->{state};
ok(($state // '') =~ /^(?:57014|SD003)$/, 'looking for a cycle can be cancelled') or diag($state);
$sql->rows('RESET statement_timeout');

# an event under the last one, and one that would close the circle
is($sql->run("SELECT stormdisc_add_event('" . event(900_001, at => 1) =~ s/"parent_id": null/"parent_id": "$last"/r . "')")->{state}, undef, 'a child of the last one');

is($sql->value('SELECT stormdisc_cleanup_old_traces(1)'), 2, 'cleaned up, a chain or not');
is($sql->value('SELECT count(*) FROM stormdisc.events'), 0, 'wholly');

# What is about many traces or threads: four times as much does not take sixteen times as long, or not even longer.
sub compare
{
	my ($name, $fill, $question, $factor) = @_;
	my @took;

	for my $count ($n / 8, $n / 2)
	{
		$sql->rows('SELECT stormdisc_clear()');
		my $began = time;
		$sql->rows(sprintf $fill, $count);
		$took[@took] = time - $began;
		next if !$question;
		$began = time;
		is($sql->run($question)->{state}, undef, $name);
		$took[-1] = time - $began;
	}
	cmp_ok($took[1], '<', $factor ? $factor * $took[0] + 0.2 : 10 * $took[0] + 0.5, sprintf '%s: %.3f s, of a quarter %.3f s', $name, reverse @took);
	return;
}
$sql->rows(<<'EOS');
SET client_min_messages = error;
CREATE FUNCTION id(part int, n int) RETURNS uuid IMMUTABLE LANGUAGE sql AS $$ SELECT (lpad(to_hex(part), 8, '0') || '-0000-4000-9000-' || lpad(to_hex(n), 12, '0'))::uuid $$;
EOS
my $columns = 'stormdisc.events (id, trace_id, parent_id, kind, "timestamp", metadata)';
my $write = q('{"StateChange": {"variable": "x", "access_type": "Write"}}'::jsonb);
my ($acquire, $release) = map { qq('{"$_": {"lock_id": "l", "lock_type": "Mutex"}}'::jsonb) } qw(LockAcquire LockRelease);
compare('many traces that begin with an orphan', <<"EOS");
INSERT INTO $columns SELECT id(1 + i / 4, mod(i, 4)), id(1 + i / 4, 0), id(1 + i / 4, CASE mod(i, 4) WHEN 0 THEN 100 ELSE mod(i, 4) - 1 END), $write,
	'2025-01-01Z'::timestamptz + i * interval '1 ms', '{"service_name": "s", "thread_id": "t"}' FROM generate_series(0, %d - 1) AS i
EOS
compare('races of two traces with locks', <<"EOS", "SELECT count(*) FROM stormdisc_get_cross_trace_races('x', '1 ms', 10000000)");
INSERT INTO $columns SELECT id(t, i), id(t, 0), NULL, CASE mod(i, 3) WHEN 0 THEN $acquire WHEN 1 THEN $write ELSE $release END,
	'2025-01-01Z'::timestamptz + i * interval '1 ms', jsonb_build_object('service_name', 's', 'thread_id', 't' || t) FROM generate_series(1, %d) AS i, generate_series(1, 2) AS t
EOS
compare('edges among many events', <<"EOS", "INSERT INTO stormdisc.causal_edges (from_event_id, to_event_id) SELECT id(1, i), id(1, i + 1000) FROM generate_series(1, 1000) AS i", 2);
INSERT INTO $columns SELECT id(1, i), id(1, 0), NULL, $write, '2025-01-01Z'::timestamptz + i * interval '1 ms', '{"service_name": "s", "thread_id": "t"}' FROM generate_series(1, %d) AS i
EOS
compare('a picture of many threads', <<"EOS", "SELECT length(stormdisc_trace_diagram(id(1, 0), 'dot', NULL))");
INSERT INTO $columns SELECT id(1, i), id(1, 0), CASE WHEN i > 1 THEN id(1, 1) END, $write,
	'2025-01-01Z'::timestamptz + i * interval '1 ms', jsonb_build_object('service_name', 's', 'thread_id', 't' || i) FROM generate_series(1, %d) AS i
EOS

# a class of accesses for each thread or part of the trace: very many of one variable
my $unconnected = <<"EOS";
INSERT INTO $columns SELECT id(1, i), id(1, 0), NULL, $write,
	'2025-01-01Z'::timestamptz + i * interval '1 ms', jsonb_build_object('service_name', 's', 'thread_id', 't' || i) FROM generate_series(1, %d) AS i
EOS
for my $arguments ("'hb'", "'hb', verdicts => '{race,ordered,unknown}'", "'raceway'")
{
	compare("threads that nothing connects, $arguments", $unconnected, "SELECT count(*) FROM stormdisc_detect_races(id(1, 0), $arguments)", 6);
}
is( $sql->value("SELECT count(*) || ' up to ' || max(event2_id::text) FROM stormdisc_detect_races(id(1, 0), 'raceway', max_pairs => 5000) WHERE event1_id = id(1, 1)"),
	sprintf('5000 up to 00000001-0000-4000-9000-%012x', 5001),
	'the first pairs');

# the earliest accesses come last where they happen after the latest one
$sql->rows('SELECT stormdisc_clear()');
$sql->rows(<<"EOS");
INSERT INTO $columns SELECT id(1, i), id(1, 0), CASE WHEN i <= 100 THEN id(1, 3000) END, $write,
	'2025-01-01Z'::timestamptz + i * interval '1 ms', jsonb_build_object('service_name', 's', 'thread_id', 't' || i) FROM generate_series(1, 3000) AS i
EOS
for my $pairs (1, 50, 150, 5000)
{
	is( $sql->value(
			"SELECT string_agg(event1_id || ' ' || event2_id, ',' ORDER BY ordinality) = (SELECT string_agg(id(1, i) || ' ' || id(1, j), ',' ORDER BY i, j) FROM (SELECT i, j FROM generate_series(1, 3) AS i, generate_series(i + 1, 2999) AS j ORDER BY i, j LIMIT $pairs) AS pair) FROM stormdisc_detect_races(id(1, 0), 'raceway', max_pairs => $pairs) WITH ORDINALITY"),
		't', "the first $pairs of them");
}

$sql->quit;
done_testing();
