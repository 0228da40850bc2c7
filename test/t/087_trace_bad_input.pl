# Events as no client should send them: each is taken or rejected with an error
# that is meant for users, nothing is stored of what was rejected, and what was
# taken can be read, analysed and exported.

use strict;
use warnings FATAL => 'all';

use FindBin;
use lib $FindBin::RealBin, "$FindBin::RealBin/../model";
use PostgreSQL::Test::Utils;
use Psql qw(literal);
use StormdiscTest;
use Test::More;
use TraceEvents qw(batch event read_of uuid write_of);

my $seed = seconds_setting('STORMDISC_FUZZ_SEED', 1);
my $times = seconds_setting('STORMDISC_FUZZ_TIMES', 1500);
my $node = new_node('trace_bad_input');
$ENV{PGHOST} = $node->host;
$ENV{PGPORT} = $node->port;
my $sql = Psql->new(database => 'postgres');

srand $seed;

sub add { return $sql->run('SELECT stormdisc_add_event(' . literal($_[0]) . ')') }

# --- one by one: what must be rejected, and as what ---

my %kind = (
	FunctionCall => '{"function_name": "f", "module": "m", "args": {}, "file": "f.c", "line": 1}',
	AsyncSpawn => '{"task_id": "t", "spawned_by": "main"}',
	AsyncAwait => '{"future_id": "t", "awaited_at": "a"}',
	StateChange => '{"variable": "x", "old_value": null, "new_value": 1, "location": "a", "access_type": "Write"}',
	LockAcquire => '{"lock_id": "m", "lock_type": "Mutex", "location": "a"}',
	LockRelease => '{"lock_id": "m", "lock_type": "RwLock::Read", "location": "a"}',
	MemoryFence => '{"ordering": "SeqCst", "location": "a"}',
	HttpRequest => '{"method": "GET", "url": "/", "headers": {}, "body": null}',
	HttpResponse => '{"status": 200, "headers": {}, "body": {"a": 1}, "duration_ms": 1}',
	DatabaseQuery => '{"query": "SELECT 1", "database": "d", "duration_ms": 0}',
	DatabaseResult => '{"rows_affected": 0}',
	Error => '{"error_type": "E", "message": "m", "stack_trace": ["a"]}',
	Custom => '{"name": "n", "data": null}');
my $number = 0;

for my $name (sort keys %kind)
{
	is(add(event(++$number, kind => qq({"$name": $kind{$name}})))->{state}, undef, "$name is taken");
	my $got = $sql->value("SELECT (stormdisc_get_event('" . uuid($number) . "') #> '{kind,$name}')::text");
	is($got, $sql->value('SELECT ' . literal($kind{$name}) . '::jsonb::text'), 'and comes back as it was sent');
}

my %wrong = (
	'unknown kind' => [ kind => '{"FunctionCalls": {}}' ],
	'two kinds' => [ kind => qq({"Custom": $kind{Custom}, "Error": $kind{Error}}) ],
	'no kind' => [ kind => '{}' ],
	'kind as a string' => [ kind => '"Custom"' ],
	'kind as null' => [ kind => 'null' ],
	'fields as an array' => [ kind => '{"Custom": []}' ],
	'unknown access type' => [ kind => '{"StateChange": {"variable": "x", "new_value": 1, "location": "a", "access_type": "write"}}' ],
	'no variable' => [ kind => '{"StateChange": {"new_value": 1, "location": "a", "access_type": "Write"}}' ],
	'variable as a number' => [ kind => '{"StateChange": {"variable": 1, "new_value": 1, "location": "a", "access_type": "Write"}}' ],
	'unknown lock type' => [ kind => '{"LockAcquire": {"lock_id": "m", "lock_type": "Semaphore", "location": "a"}}' ],
	'unknown ordering' => [ kind => '{"MemoryFence": {"ordering": "Consume", "location": "a"}}' ],
	'negative duration' => [ duration => -1 ],
	'duration as a string' => [ duration => '"1"' ],
	'duration that is no integer' => [ duration => '1.5' ],
	'duration that is too long' => [ duration => '1e30' ],
	'negative duration of a query' => [ kind => '{"DatabaseQuery": {"query": "SELECT 1", "database": "d", "duration_ms": -1}}' ],
	'clock as a string' => [ clock => '"a"' ],
	'clock as a number' => [ clock => '7' ],
	'negative clock' => [ clock => '{"a": -1}' ],
	'fraction in a clock' => [ clock => '{"a": 1.5}' ],
	'clock over 2^64' => [ clock => '{"a": 18446744073709551616}' ],
	'string in a clock' => [ clock => '{"a": "1"}' ],
	'null in a clock' => [ clock => '{"a": null}' ],
	'clock of triples' => [ clock => '[["a", 1, 2]]' ],
	'clock of names' => [ clock => '["a"]' ],
	'clock with a component twice' => [ clock => '[["a", 1], ["a", 2]]' ],
	'lock set as an object' => [ locks => '{"m": 1}' ],
	'lock set as a string' => [ locks => '"m"' ],
	'number in a lock set' => [ locks => '[1]' ],
	'unknown mode of a lock' => [ locks => '[{"lock": "m", "mode": "maybe"}]' ],
	'lock without a name' => [ locks => '[{"mode": "shared"}]' ]);
for my $name (sort keys %wrong)
{
	my $answer = add(event(900_000, @{ $wrong{$name} }));

	like($answer->{state} // 'taken', qr/^(?:22023|22P02|22003|22004|2203\d|23514)$/, "$name is rejected") or diag(explain($answer));
	is($sql->value("SELECT count(*) FROM stormdisc.events WHERE id = '" . uuid(900_000) . "'"), 0, 'and not stored');
}

my $good = event(900_001);
my %text = (
	'no id' => $good =~ s/"id": "[^"]*", //r,
	'id that is no UUID' => $good =~ s/"id": "[^"]*"/"id": "abc"/r,
	'id as a number' => $good =~ s/"id": "[^"]*"/"id": 7/r,
	'no trace' => $good =~ s/"trace_id": "[^"]*", //r,
	'trace as null' => $good =~ s/"trace_id": "[^"]*"/"trace_id": null/r,
	'parent that is no UUID' => $good =~ s/"parent_id": null/"parent_id": "p"/r,
	'its own parent' => $good =~ s/"parent_id": null/'"parent_id": "' . uuid(900_001) . '"'/er,
	'no timestamp' => $good =~ s/"timestamp": "[^"]*", //r,
	'timestamp without a zone' => $good =~ s/Z"/"/r,
	'timestamp that is none' => $good =~ s/"timestamp": "[^"]*"/"timestamp": "yesterday"/r,
	'timestamp infinity' => $good =~ s/"timestamp": "[^"]*"/"timestamp": "infinity"/r,
	'a day that is none' => $good =~ s/2025-01-01/2025-02-30/r,
	'timestamp as a number' => $good =~ s/"timestamp": "[^"]*"/"timestamp": 1700000000/r,
	'no metadata' => $good =~ s/"metadata": \{.*?"tags": \{\}.*?\}, //r,
	'thread as a number' => $good =~ s/"thread_id": "[^"]*"/"thread_id": 1/r,
	'tags as an array' => $good =~ s/"tags": \{\}/"tags": []/r,
	'process as a string' => $good =~ s/"process_id": 1/"process_id": "one"/r,
	'an array' => "[$good]",
	'a string' => '"event"',
	'null' => 'null');
for my $name (sort keys %text)
{
	my $answer = add($text{$name});

	# what stands for a client that knows no better may be taken, but never half
	if ($name eq 'its own parent')
	{
		is($sql->value("SELECT count(*) FROM stormdisc.causal_edges WHERE from_event_id = to_event_id"), 0, "$name: no edge to itself");
		$sql->rows("DELETE FROM stormdisc.events WHERE id = '" . uuid(900_001) . "'");
		next;
	}
	like($answer->{state} // 'taken', qr/^(?:22\d\d\d|22P02|2200[0-9A-Z]|23\d\d\d)$/, "$name is rejected") or diag(explain($answer));
	is($sql->value("SELECT count(*) FROM stormdisc.events WHERE id = '" . uuid(900_001) . "'"), 0, 'and not stored');
}

# --- a batch is all or nothing, and names the one ---

my $answer = $sql->run("SELECT stormdisc_add_events_batch('" . batch(map { event(910_000 + $_, $_ == 7 ? (kind => '{"Nothing": {}}') : ()) } 1 .. 10) . "')");
ok(defined $answer->{state}, 'a batch with one bad event is rejected');
like($answer->{message} . ($answer->{hint} // ''), qr/7/, 'which says which one');
is($sql->value("SELECT count(*) FROM stormdisc.events WHERE id > '" . uuid(910_000) . "'"), 0, 'and nothing is stored');

# --- the same id again ---

my $first = sprintf "SELECT stormdisc_get_event('%s')", uuid(1);
my $before = $sql->value($first);
for my $other ([ at => 77 ], [ kind => write_of('other') ], [ thread => 't7' ], [ parent => 2 ], [ clock => '{"a": 1}' ], [ locks => '["m"]' ], [ trace => 2 ])
{
	is(add(event(1, kind => qq({"AsyncAwait": $kind{AsyncAwait}}), @$other))->{state}, '23505', "the same id with another $other->[0]");
	is($sql->value($first), $before, 'changes nothing');
}
is($sql->run("SELECT stormdisc_add_events_batch('" . batch(event(920_001), event(920_001, at => 3)) . "')")->{state}, '23505', 'two of one id in a batch, with other content');
is($sql->value("SELECT stormdisc_add_events_batch('" . batch(event(920_002), event(920_002)) . "')"), 1, 'the same one twice counts once');

# --- edges ---

is($sql->run(sprintf "SELECT stormdisc_add_edge('%s', '%s', 'HappensBefore')", uuid(1), uuid(1))->{state}, '22023', 'an edge to itself');
is($sql->run(sprintf "SELECT stormdisc_add_edge('%s', '%s', 'Before')", uuid(1), uuid(2))->{state}, '22023', 'an unknown type of edge');
is($sql->run(sprintf "SELECT stormdisc_add_edge('%s', '%s', 'HappensBefore')", uuid(800_001), uuid(800_002))->{state}, '22023', 'an edge of no known event and no trace');
ok(defined $sql->run(sprintf "INSERT INTO stormdisc.causal_edges (trace_id, from_event_id, to_event_id, edge_type) VALUES ('%s', '%s', '%s', 'HappensBefore')", uuid(1, 't'), uuid(1), uuid(1))->{state},
	'by hand too');
$sql->rows(sprintf "SELECT stormdisc_add_edge('%s', '%s', 'HappensBefore')", uuid(1), uuid(2));
ok(defined $sql->run(sprintf "INSERT INTO stormdisc.causal_edges (trace_id, from_event_id, to_event_id, edge_type) VALUES ('%s', '%s', '%s', 'HappensBefore')", uuid(1, 't'), uuid(2), uuid(1))->{state},
	'a cycle by hand is rejected');

# --- baselines ---

for my $bad ('-1 s', '-1 us', 'infinity', '1e30 s', 'NaN', '300000 years', undef)
{
	my $value = literal($bad);
	my $state = $sql->run("SELECT stormdisc_record_baseline_metric('op', ${value}::interval)")->{state};

	like($state // 'taken', qr/^2[0-9A-Z]{4}$/, "a baseline of $value is rejected");
}
is($sql->value("SELECT count(*) FROM stormdisc.baseline_metrics"), 0, 'and none is made');

# --- anything at all ---

my @values = (
	'null', 'true', '0', '-1', '1e400', '18446744073709551615', '9223372036854775808', '0.1', '""', '"x"', '[]', '{}', '[null]', '{"": ""}', '[["", 0]]', '"\u0001"', '"\uFFFF"',
	'"' . 'long' x 2000 . '"', '[' x 200 . ']' x 200, '"2025-01-01T00:00:00Z"', '"294276-12-31T23:59:59.999999999Z"', '"0001-01-01T00:00:00Z"', '"2025-06-30T23:59:60Z"', '"' . uuid(5) . '"', '{"a": {"a": {"a": 1}}}');
my (%states, @bad, @stored);

# Text with one of its values exchanged, or left out, or another key.
sub spoil
{
	my ($text) = @_;
	my @places;

	push @places, [ $-[1], $+[1] - $-[1] ] while $text =~ /(?<=: )("[^"]*"|-?\d+|null|\[[^\[\]]*\]|\{[^{}]*\})/g;
	my $place = $places[ rand @places ];
	my $how = rand;
	if ($how < 0.8) { substr($text, $place->[0], $place->[1]) = $values[ rand @values ] }
	elsif ($how < 0.9) { $text =~ s/"(\w+)": /rand() < 0.1 ? '"other": ' : "\"$1\": "/eg }
	else { $text =~ s/^\{/'{"more": ' . $values[ rand @values ] . ', '/e }
	return $text;
}

my @names = sort keys %kind;
for my $i (1 .. $times)
{
	my $name = $names[ rand @names ];
	my $text = event(1_000_000 + $i, trace => 1000 + $i % 20, parent => rand() < 0.3 ? 1_000_000 + int rand $i + 5 : undef, at => $i % 86_000, thread => 't' . int rand 4,
		kind => qq({"$name": $kind{$name}}), clock => (qw({} [] {"a":1}), '[["b", 2]]')[ rand 4 ], locks => (qw([] ["m"]), '[{"lock": "rw", "mode": "shared"}]')[ rand 3 ]);

	$text = spoil($text) for 0 .. rand 3;
	my $answer = add($text);
	my $state = $answer->{state} // '00000';

	$states{$state}++;
	push @bad, "$state: $answer->{message}\n$text" if $state ne '00000' && $state !~ /^(?:22|23|SD)/ || $answer->{hangs};
	last if $state eq 'gone';
}
is(scalar @bad, 0, "$times spoilt events: taken, or rejected with an error for users") or diag(join "\n", @bad[ 0 .. ($#bad < 4 ? $#bad : 4) ]);
note(join ', ', map { "$_: $states{$_}" } sort keys %states);
cmp_ok($states{'00000'} // 0, '>', $times / 20, 'some are taken');
cmp_ok($times - ($states{'00000'} // 0), '>', $times / 5, 'some are not');

# what was taken is good enough for everything else
my @traces = map { $_->[0] } $sql->rows('SELECT DISTINCT trace_id FROM stormdisc.events ORDER BY 1');
for my $call (
	(map { "stormdisc_detect_races(%s, '$_')" } qw(hb lockset both raceway)), "stormdisc_detect_races(%s, 'hb', true, 5, '{race,ordered,unknown}')",
	'stormdisc_get_critical_path(%s)', "stormdisc_get_critical_path(%s, 'raceway')", 'stormdisc_get_trace_events(%s)', 'stormdisc_get_trace_roots(%s)', 'stormdisc_detect_anomalies(%s)',
	'stormdisc_service_dependencies(%s)', 'stormdisc_trace_diagram(%s)', "stormdisc_get_audit_trail('x', %s)")
{
	# a trace may last too long to be measured in nanoseconds
	my @failed = map { my $a = $sql->run(sprintf "SELECT * FROM $call", "'$_'"); ($a->{state} // '22008') ne '22008' ? "$_: $a->{state}: $a->{message}" : () } @traces;

	is(join("\n", @failed), '', sprintf($call, 'trace') . ' of ' . @traces . ' traces');
}
for my $call ("stormdisc_get_cross_trace_races('x', '1 day')", "stormdisc_get_audit_trail('x')", 'stormdisc_trace_summaries()', 'stormdisc_export_traces()')
{
	is($sql->run("SELECT * FROM $call")->{state}, undef, $call);
}
# read and sent again, all are the same as they were
is($sql->value('SELECT sum(stormdisc_add_event(e)::int) FROM (SELECT DISTINCT trace_id FROM stormdisc.events) AS t, stormdisc_get_trace_events(t.trace_id) AS e'), 0, 'every event that is read is the one that was stored');

$sql->quit;
done_testing();
