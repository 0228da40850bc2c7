# Traces in dumps: what was told comes back whatever the way of the dump, what
# follows from it is there without a duplicate key, and all can be used.

use strict;
use warnings FATAL => 'all';

use FindBin;
use lib $FindBin::RealBin, "$FindBin::RealBin/../model";
use PostgreSQL::Test::Utils;
use Psql;
use StormdiscTest;
use Test::More;
use TraceEvents qw(batch event read_of uuid write_of);

my $dir = PostgreSQL::Test::Utils::tempdir();
my $node = new_node('trace_dump');
$ENV{PGHOST} = $node->host;
$ENV{PGPORT} = $node->port;

my @relations = map { "stormdisc.$_" } qw(events causal_edges trace_roots baseline_metrics cross_trace_index);
my @stored = map { "stormdisc.$_" } qw(events edge_store root_store baseline_store);

my $psql = Psql->new(database => 'postgres');
my ($first, $second) = map { uuid($_, 't') } 1, 2;
$psql->rows($_) for (
	sprintf("SELECT stormdisc_add_events_batch('%s')", batch(
		event(1, kind => write_of("it''s"), clock => '[["b", 18446744073709551615], ["a", 1]]', locks => '["m", {"lock": "rw", "mode": "shared"}]', at => 1.123456789),
		event(2, kind => read_of('x'), thread => 't2', parent => 1, clock => '{"b": 1, "a": 7}'),
		event(3, kind => write_of('x'), parent => 2, duration => 1500), event(4, parent => 99), event(10, trace => 2, parent => 3, kind => write_of('x')))),
	# a late parent that would close a cycle
	sprintf("SELECT stormdisc_add_event('%s')", event(20, trace => 2, parent => 21)), sprintf("SELECT stormdisc_add_event('%s')", event(21, trace => 2, parent => 20)),
	sprintf("SELECT stormdisc_add_event('%s')", event(5, kind => '{"Custom": {"name": "n", "data": [1, null], "more": true}}') =~ s/"lock_set"/"unknown": {"a": 1}, "lock_set"/r),
	sprintf("SELECT stormdisc_add_edge('%s', '%s', 'HappensBefore')", uuid(1), uuid(4)),
	sprintf("SELECT stormdisc_add_edge('%s', '%s', 'DataDependency', 7, '{\"why\": \"it''s\"}')", uuid(1), uuid(4)),
	sprintf("SELECT stormdisc_add_edge('%s', '%s', 'ConcurrentWith')", uuid(4), uuid(1)),
	sprintf("SELECT stormdisc_add_edge('%s', '%s', 'HappensBefore', trace_id => '%s')", uuid(1), uuid(77), $first),
	"SELECT stormdisc_set_trace_root('$first', '" . uuid(3) . "')",
	"SELECT stormdisc_set_trace_root('$first', '" . uuid(1) . "')",
	"SELECT stormdisc_record_baseline_metric('op', i * interval '1 ms') FROM generate_series(1, 100) AS i");

# The rows of the relations, in a text.
sub contents
{
	my ($database, @of) = @_;
	my $psql = Psql->new(database => $database);

	$psql->rows("SET timezone = 'UTC'");
	my %contents = map { $_ => $psql->value("SELECT count(*) || ' rows: ' || coalesce(string_agg(r::text, ' / ' ORDER BY r::text COLLATE \"C\"), '') FROM $_ AS r") } @of;
	$psql->quit;
	return \%contents;
}

my $original = contents('postgres', @relations, @stored);
like($original->{$_}, qr/^[1-9]/, "there are rows in $_") for @relations, @stored;

sub is_same
{
	my ($database, $name) = @_;
	my $there = contents($database, keys %$original);

	is($there->{$_}, $original->{$_}, "$name: $_ row for row") for sort keys %$original;
	return;
}

# What was there can be asked, and more can be added.
sub goes_on
{
	my ($database, $name) = @_;
	my $there = Psql->new(database => $database);

	for my $question ("SELECT string_agg(e::text, ' ') FROM stormdisc_get_trace_events('$first') AS e", "SELECT string_agg(r::text, ' ') FROM stormdisc_detect_races('$first', verdicts => '{race,ordered,unknown}') AS r",
		"SELECT string_agg(r::text, ' ') FROM stormdisc_get_critical_path('$second') AS r", "SELECT string_agg(r::text, ' ') FROM stormdisc_get_audit_trail('x') AS r", "SELECT b::text FROM stormdisc_get_baseline_metric('op') AS b")
	{
		is($there->value($question), $psql->value($question), "$name: the same answer to $question");
	}
	is($there->value(sprintf "SELECT stormdisc_add_events_batch('%s')", batch(event(1, kind => write_of("it''s"), clock => '[["b", 18446744073709551615], ["a", 1]]', locks => '["m", {"lock": "rw", "mode": "shared"}]', at => 1.123456789))), 0,
		"$name: an event that was there is known");
	is($there->value(sprintf "SELECT stormdisc_add_events_batch('%s')", batch(event(50, parent => 1), event(51, parent => 50))), 2, "$name: events are taken");
	is($there->run(sprintf "SELECT stormdisc_add_edge('%s', '%s', 'HappensBefore')", uuid(5), uuid(51))->{state}, undef, "$name: an edge is taken");
	isnt($there->run(sprintf "SELECT stormdisc_add_edge('%s', '%s', 'HappensBefore')", uuid(4), uuid(1))->{state}, undef, "$name: a cycle is found through restored rows");
	is($there->value('SELECT count(*) = count(DISTINCT id) FROM stormdisc.edge_store'), 't', "$name: ids of edges go on");
	$there->rows("SELECT stormdisc_record_baseline_metric('op', interval '1 ms')");
	is($there->value("SELECT count FROM stormdisc.baseline_metrics WHERE operation = 'op'"), 101, "$name: the baseline counts on");
	$there->quit;
	return;
}

sub restored
{
	my ($database, $name) = @_;

	is_same($database, $name);
	goes_on($database, $name);
	return;
}

sub make
{
	my ($database, $extension) = @_;

	$node->safe_psql('postgres', "CREATE DATABASE $database");
	$node->safe_psql($database, 'CREATE EXTENSION stormdisc') if $extension;
	return;
}
my @restore = ('psql', '-X', '-q', '-v', 'ON_ERROR_STOP=1', '-o', '/dev/null');

$node->command_ok([ 'pg_dump', '-f', "$dir/plain.sql", 'postgres' ], 'pg_dump');
make('plain');
$node->command_ok([ @restore, '-d', 'plain', '-f', "$dir/plain.sql" ], 'psql restores it');
restored('plain', 'pg_dump | psql');

$node->command_ok([ 'pg_dump', '-Fc', '-f', "$dir/custom", 'postgres' ], 'pg_dump -Fc');
make('custom');
$node->command_ok([ 'pg_restore', '--exit-on-error', '-d', 'custom', "$dir/custom" ], 'pg_restore');
restored('custom', 'pg_dump -Fc');

$node->command_ok([ 'pg_dump', '-Fd', '-j2', '-f', "$dir/directory", 'postgres' ], 'pg_dump -Fd -j2');
make('directory');
$node->command_ok([ 'pg_restore', '--exit-on-error', '-j2', '-d', 'directory', "$dir/directory" ], 'pg_restore -j2');
restored('directory', 'pg_dump -Fd');

$node->command_ok([ 'pg_dump', '--column-inserts', '-f', "$dir/inserts.sql", 'postgres' ], 'pg_dump --column-inserts');
make('inserts');
$node->command_ok([ @restore, '-d', 'inserts', '-f', "$dir/inserts.sql" ], 'psql restores it');
restored('inserts', '--column-inserts');

# the rows only
$node->command_ok([ 'pg_dump', '--data-only', '-f', "$dir/data.sql", 'postgres' ], 'pg_dump --data-only');
make('data_only', 1);
$node->command_ok([ @restore, '-d', 'data_only', '-f', "$dir/data.sql" ], 'psql restores it');
restored('data_only', '--data-only');

# events alone: what follows from them is there
$node->command_ok([ 'pg_dump', '--data-only', '--table=stormdisc.events', '-f', "$dir/events.sql", 'postgres' ], 'pg_dump --table=stormdisc.events --data-only');
make('events', 1);
$node->command_ok([ @restore, '-d', 'events', '-f', "$dir/events.sql" ], 'psql restores it');
is(contents('events', 'stormdisc.events')->{'stormdisc.events'}, $original->{'stormdisc.events'}, 'the events are there, with what was quarantined');
is(contents('events', 'stormdisc.cross_trace_index')->{'stormdisc.cross_trace_index'}, $original->{'stormdisc.cross_trace_index'}, 'and their index');
is($node->safe_psql('events', 'SELECT count(*) FROM stormdisc.causal_edges'), $node->safe_psql('postgres', 'SELECT count(*) FROM stormdisc.causal_edges WHERE id IS NULL'), 'and the edges from their parents');
isnt($node->psql('events', "\\i $dir/events.sql", on_error_stop => 1), 0, 'twice is an error');

# in COPY's binary format
make('in_binary', 1);
$node->safe_psql('postgres', "\\copy stormdisc.events TO '$dir/events.binary' WITH (FORMAT binary)");
$node->safe_psql('in_binary', "\\copy stormdisc.events FROM '$dir/events.binary' WITH (FORMAT binary)");
is(contents('in_binary', 'stormdisc.events')->{'stormdisc.events'}, $original->{'stormdisc.events'}, 'COPY BINARY: the events row for row');

$node->safe_psql('in_binary', <<'EOS');
CREATE TABLE clocks (id int, clock stormdisc.vclock);
INSERT INTO clocks VALUES (1, '{}'), (2, '[]'), (3, NULL), (4, '{"b": 18446744073709551615, "a": 0}'), (5, '[["b", 9223372036854775808], ["", 1]]'), (6, U&'{"\00E9\00FC": 127, "e": 128}'),
	(7, (SELECT jsonb_object_agg('component' || i, i * i) FROM generate_series(1, 1000) AS i)), (8, (SELECT jsonb_object_agg(repeat('n', 300) || i, 1) FROM generate_series(1, 3) AS i));
CREATE TABLE copied (LIKE clocks);
EOS
for my $encoding (qw(UTF8 LATIN1))
{
	$node->safe_psql('in_binary', 'TRUNCATE copied');
	$node->safe_psql('in_binary', "SET client_encoding = '$encoding';\n\\copy clocks TO '$dir/clocks.$encoding' WITH (FORMAT binary)\n\\copy copied FROM '$dir/clocks.$encoding' WITH (FORMAT binary)");
	is($node->safe_psql('in_binary', 'SELECT count(*), bool_and(a.clock::text IS NOT DISTINCT FROM b.clock::text) FROM clocks AS a LEFT JOIN copied AS b USING (id)'),
		'8|t', "clocks of both shapes come back as they were, in $encoding");
}
isnt(slurp_file("$dir/clocks.UTF8"), slurp_file("$dir/clocks.LATIN1"), 'the names of components are in the encoding of the client');

# A file of COPY with one clock: the bytes of stormdisc_vclock_send(), or others.
sub clock_file
{
	my ($bytes) = @_;

	return "PGCOPY\n\377\r\n\0" . pack('N2 n N/a* n', 0, 0, 1, $bytes, 0xffff);
}
sub component
{
	my ($name, $count) = @_;

	return pack('N Q> a*', length $name, $count, $name);
}
$node->safe_psql('in_binary', 'CREATE TABLE one (clock stormdisc.vclock)');
for my $case (
	[ 'an object', pack('C C N', 1, 0, 1) . component('a', 300), undef, '{"a": 300}' ],
	[ 'pairs, in another order', pack('C C N', 1, 1, 2) . component('b', ~0) . component('a', 1), undef, '[["a", 1], ["b", 18446744073709551615]]' ],
	[ 'another version', pack('C C N', 2, 0, 0), '22P03' ],
	[ 'another shape', pack('C C N', 1, 2, 0), '22P03' ],
	[ 'a number of components below 0', pack('C C N', 1, 0, 0x80000000), '22P03' ],
	[ 'more components than can be there', pack('C C N', 1, 0, 2) . component('a', 1), '22P03' ],
	[ 'nothing', '', '08P01' ],
	[ 'a component that is cut off', pack('C C N', 1, 0, 1) . pack('N Q> a*', 3, 1, 'ab'), '08P01' ],
	[ 'a length below 0', pack('C C N', 1, 0, 1) . pack('N Q> a*', 0xffffffff, 1, ''), '08P01' ],
	[ 'more bytes than are told', pack('C C N', 1, 0, 1) . component('a', 1) . 'x', '22P03' ],
	[ 'a component twice', pack('C C N', 1, 0, 2) . component('a', 1) . component('a', 2), '22023' ],
	[ 'a name that is no text', pack('C C N', 1, 0, 1) . component("\xff", 1), '22021' ],
	[ 'a name with a byte 0', pack('C C N', 1, 0, 1) . component("\0", 1), '22021' ])
{
	my ($name, $bytes, $state, $clock) = @$case;

	append_to_file("$dir/one", clock_file($bytes));
	my ($status, $out, $err) = $node->psql('in_binary', "TRUNCATE one;\n\\set VERBOSITY sqlstate\n\\copy one FROM '$dir/one' WITH (FORMAT binary)\nSELECT clock FROM one");
	unlink "$dir/one";
	if (defined $state) { like($err, qr/ERROR:  $state$/m, "binary clock, $name: $state") }
	else { is($out, $clock, "binary clock, $name") }
}

# each of the other tables alone
for my $table (qw(edge_store root_store baseline_store))
{
	$node->command_ok([ 'pg_dump', '--data-only', "--table=stormdisc.$table", '-f', "$dir/$table.sql", 'postgres' ], "pg_dump --table=stormdisc.$table --data-only");
	make($table, 1);
	$node->command_ok([ @restore, '-d', $table, '-f', "$dir/$table.sql" ], 'psql restores it');
	is(contents($table, "stormdisc.$table")->{"stormdisc.$table"}, $original->{"stormdisc.$table"}, "$table is there");
}

# in memory: a dump of unlogged tables has the rows too, unless it is told not to
$psql->rows("SELECT stormdisc_set_storage('memory')");
$node->command_ok([ 'pg_dump', '-Fc', '-f', "$dir/memory", 'postgres' ], 'pg_dump of unlogged tables');
make('memory');
$node->command_ok([ 'pg_restore', '--exit-on-error', '-d', 'memory', "$dir/memory" ], 'pg_restore');
restored('memory', 'memory');
$psql->rows("SELECT stormdisc_set_storage('postgres')");

# by our own export: JSON lines
$psql->rows("CREATE TABLE lines AS SELECT line FROM stormdisc_export_traces() WITH ORDINALITY AS l (line, n) ORDER BY n");
$node->command_ok([ 'pg_dump', '-t', 'lines', '-f', "$dir/lines.sql", 'postgres' ], 'what stormdisc_export_traces() says');
make('import', 1);
$node->command_ok([ @restore, '-d', 'import', '-f', "$dir/lines.sql" ], 'goes to another database');
for my $time ('once', 'twice')
{
	my ($status, $out, $err) = $node->psql('import', 'SELECT * FROM stormdisc_import_traces(ARRAY(SELECT line FROM lines))');

	is($status, 0, "and is imported, $time") or diag($err);
	my ($there, $here) = map { my $p = Psql->new(database => $_); my $v = $p->value(<<'EOS'); $p->quit; $v } 'import', 'postgres';
SELECT string_agg(e::text, ' ' ORDER BY e ->> 'id') FROM (SELECT DISTINCT trace_id FROM stormdisc.events) AS t, stormdisc_get_trace_events(t.trace_id) AS e
EOS
	is($there, $here, 'the events are the same');
	is($node->safe_psql('import', 'SELECT count(*) FROM stormdisc.causal_edges'), $node->safe_psql('postgres', 'SELECT count(*) FROM stormdisc.causal_edges'), 'edges too');
	is($node->safe_psql('import', 'SELECT count(*) FROM stormdisc.trace_roots'), $node->safe_psql('postgres', 'SELECT count(*) FROM stormdisc.trace_roots'), 'and roots');
}

# as docs/reference/traces.md has it
append_to_file("$dir/traces.jsonl", $node->safe_psql('postgres', 'SELECT stormdisc_export_traces()') . "\n");
for my $way (
	[ 'a variable of psql' => "\\set data `cat $dir/traces.jsonl`\nSELECT * FROM stormdisc_import_traces(:'data');\n" ],
	[ 'a table' => "CREATE TABLE lines (line text);\n\\copy lines FROM $dir/traces.jsonl WITH (FORMAT csv, DELIMITER E'\\x01', QUOTE E'\\x02')\n"
		  . "SELECT i.* FROM (SELECT array_agg(line) AS lines FROM lines) AS l, stormdisc_import_traces(l.lines) AS i;\n" ])
{
	make('way', 1);
	is($node->safe_psql('way', $way->[1]),
		$node->safe_psql('postgres', 'SELECT (SELECT count(*) FROM stormdisc.events), (SELECT count(*) FROM stormdisc.edge_store), (SELECT count(*) FROM stormdisc.root_store)'),
		"import by $way->[0]");
	$node->safe_psql('postgres', 'DROP DATABASE way');
}

$psql->quit;
done_testing();
