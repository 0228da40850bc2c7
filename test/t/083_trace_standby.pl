# A hot standby can read and analyse traces; with storage 'memory' there is
# nothing to read there, and it says so.

use strict;
use warnings FATAL => 'all';

use FindBin;
use lib $FindBin::RealBin, "$FindBin::RealBin/../model";
use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use StormdiscTest;
use Test::More;
use TraceEvents qw(batch event read_of uuid write_of);

my $primary = new_node('trace_primary', streaming => 1);
$primary->backup('base');
my $standby = PostgreSQL::Test::Cluster->new('trace_standby');
$standby->init_from_backup($primary, 'base', has_streaming => 1);
$standby->start;

my $trace = uuid(1, 't');
$primary->safe_psql('postgres', "SELECT stormdisc_set_storage('postgres')");
$primary->safe_psql('postgres', sprintf "SELECT stormdisc_add_events_batch('%s')", batch(
	event(1, kind => write_of('x'), clock => '{"a": 1}', duration => 5_000_000_000), event(2, kind => read_of('x'), thread => 't2', clock => '{"b": 1}', parent => 9),
	event(3, kind => write_of('y'), parent => 1, duration => 1_000_000_000), event(4, kind => write_of('y'), thread => 't2', trace => 2, clock => '{"b": 2}')));
$primary->safe_psql('postgres', sprintf "SELECT stormdisc_add_edge('%s', '%s', 'HappensBefore')", uuid(1), uuid(3));
$primary->safe_psql('postgres', "SELECT stormdisc_record_baseline_metric('op', interval '3 ms')");
$primary->wait_for_catchup($standby);

my $first = uuid(1);
my @questions = (
	[ 'get_event', "SELECT stormdisc_get_event('$first') IS NOT NULL" ],
	[ 'get_trace_events', "SELECT count(*) FROM stormdisc_get_trace_events('$trace')" ],
	[ 'get_edges', "SELECT count(*) FROM stormdisc_get_edges('$first')" ],
	[ 'get_trace_roots', "SELECT string_agg(r::text, ' ') FROM stormdisc_get_trace_roots('$trace') AS r" ],
	[ 'detect_races', "SELECT variable, verdict, severity FROM stormdisc_detect_races('$trace')" ],
	[ 'detect_races, raceway', "SELECT variable, verdict, severity FROM stormdisc_detect_races('$trace', 'raceway')" ],
	[ 'get_cross_trace_races', "SELECT count(*) FROM stormdisc_get_cross_trace_races('y')" ],
	[ 'get_audit_trail', "SELECT count(*) FROM stormdisc_get_audit_trail('x')" ],
	[ 'find_happens_before', "SELECT stormdisc_find_happens_before('$first', '" . uuid(3) . "')" ],
	[ 'find_happens_before_many', "SELECT stormdisc_find_happens_before_many(ARRAY['$first']::uuid[], ARRAY['" . uuid(2) . "']::uuid[])" ],
	[ 'get_critical_path', "SELECT string_agg(coalesce(event_id::text, 'idle') || exclusive, ' ' ORDER BY seq) FROM stormdisc_get_critical_path('$trace')" ],
	[ 'get_baseline_metric', "SELECT count(*) FROM stormdisc_get_baseline_metric('op')" ],
	[ 'detect_anomalies', "SELECT count(*) FROM stormdisc_detect_anomalies('$trace')" ],
	[ 'trace_summaries', 'SELECT count(*) FROM stormdisc_trace_summaries()' ],
	[ 'service_dependencies', "SELECT count(*) FROM stormdisc_service_dependencies('$trace')" ],
	[ 'trace_diagram', "SELECT md5(stormdisc_trace_diagram('$trace'))" ],
	[ 'export_traces', "SELECT md5(string_agg(l::text, ' ')) FROM stormdisc_export_traces() AS l" ],
	map { [ $_, "SELECT count(*) FROM stormdisc.$_" ] } qw(causal_edges trace_roots cross_trace_index baseline_metrics));

for my $question (@questions)
{
	my ($name, $query) = @$question;
	my $right = $primary->safe_psql('postgres', $query);
	my ($status, $out, $err) = $standby->psql('postgres', $query);

	is($status, 0, "$name on a standby") or diag($err);
	is($out, $right, "$name answers as the primary does");
	isnt($right, '', "$name has an answer");
	# and in a transaction that keeps its snapshot
	($status, $out, $err) = $standby->psql('postgres', "BEGIN ISOLATION LEVEL REPEATABLE READ, READ ONLY;\n$query;\nCOMMIT", on_error_stop => 1);
	is($status, 0, "$name, repeatable read") or diag($err);
}
my ($status, $out, $err) = $standby->psql('postgres', sprintf "SELECT stormdisc_add_event('%s')", event(7));
isnt($status, 0, 'nothing can be added there');
like($err, qr/read-only|recovery/, 'and why not');

# memory: clear errors
$primary->safe_psql('postgres', "SELECT stormdisc_set_storage('memory')");
$primary->wait_for_catchup($standby);
for my $question (grep { $_->[0] !~ /causal_edges|trace_roots|cross_trace_index|baseline_metrics/ } @questions)
{
	my ($name, $query) = @$question;
	my ($status, $out, $err) = $standby->psql('postgres', $query);

	isnt($status, 0, "$name in memory, on a standby");
	like($err, qr/stormdisc_set_storage|storage/i, "$name says that it is the storage") or diag($err);
	unlike($err, qr/cannot access temporary or unlogged relations/, "$name does not say what the server says");
}
$primary->safe_psql('postgres', "SELECT stormdisc_set_storage('postgres')");
$primary->wait_for_catchup($standby);
is($standby->safe_psql('postgres', "SELECT count(*) FROM stormdisc_get_trace_events('$trace')"), 3, 'logged again, they can be read there again');

# promoted, it takes events
$standby->promote;
is($standby->safe_psql('postgres', sprintf "SELECT stormdisc_add_events_batch('%s')", batch(event(7))), 1, 'after promotion it takes events');

done_testing();
