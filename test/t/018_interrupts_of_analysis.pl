# What came after discovery stops when it is told to, too: fingerprints,
# differences and DDL of thousands of tables, checksums of many rows, and the
# analysis of a long trace.

use strict;
use warnings FATAL => 'all';

use FindBin;
use lib $FindBin::RealBin, "$FindBin::RealBin/../model";
use Interrupts;
use PostgreSQL::Test::Utils;
use StormdiscTest;
use Test::More;
use TraceEvents qw(uuid);

my $tables = 3000;
my $rows = 300_000;
my $events = 30_000;
my $trace = uuid(1, 't');

# the trace, however often it is asked for
my $of = "CASE WHEN %x <> '' THEN '$trace'::uuid END";
my %calls = (
	(map { ($_ => "stormdisc_$_(exclude => ARRAY[%x])") } qw(ddl ddl_text)),
	(map { ("fingerprint of each $_" => "stormdisc_fingerprint(exclude => ARRAY[%x], level => '$_')") } qw(database object)),
	document_fingerprint => "stormdisc_document_fingerprint((SELECT a FROM documents WHERE %x <> ''))",
	document_ddl => "stormdisc_document_ddl((SELECT a FROM documents WHERE %x <> ''))",
	diff => "stormdisc_diff((SELECT a FROM documents WHERE %x <> ''), (SELECT b FROM documents))",
	diff_live => "stormdisc_diff_live(CASE WHEN %x <> '' THEN 'big' END)",
	'table_checksum, sum' => "stormdisc_table_checksum(CASE WHEN %x <> '' THEN 'rows'::regclass END)",
	'table_checksum, sorted' => "stormdisc_table_checksum(CASE WHEN %x <> '' THEN 'rows'::regclass END, true)",
	'table_checksum, stormweaver' => "stormdisc_table_checksum(CASE WHEN %x <> '' THEN 'rows'::regclass END, mode => 'stormweaver')",
	database_checksums => 'stormdisc_database_checksums(exclude => ARRAY[%x])',
	(map { ("detect_races, $_" => "stormdisc_detect_races($of, '$_')") } qw(hb lockset both raceway)),
	(map { ("get_critical_path, $_" => "stormdisc_get_critical_path($of, '$_')") } qw(crisp raceway)),
	(map { ($_ => "stormdisc_$_($of)") } qw(detect_anomalies service_dependencies trace_diagram get_trace_events get_trace_roots)),
	export_traces => "stormdisc_export_traces(ARRAY[$of])",
	get_cross_trace_races => "stormdisc_get_cross_trace_races(CASE WHEN %x <> '' THEN 'v1' END)",
	get_audit_trail => "stormdisc_get_audit_trail('v1', $of, true)",
	find_happens_before_many => "stormdisc_find_happens_before_many((SELECT a FROM pairs WHERE %x <> ''), (SELECT b FROM pairs))");

my $node = new_node('interrupts_of_analysis', conf => <<'EOC');
autovacuum = off
jit = off
max_locks_per_transaction = 256
EOC

build_catalog($node, 'big', $tables, 500, 10);
$node->safe_psql('postgres', <<"EOS");
SET client_min_messages = error;
SELECT status FROM stormdisc_discover_existing_schema('big');
CREATE TABLE documents AS SELECT d AS a, jsonb_set(d, '{tables,big.t1,comment}', '"another"') AS b FROM stormdisc_schema() AS d;
CREATE TABLE rows AS SELECT i AS id, md5(i::text) AS a, i / 3.0 AS n FROM generate_series(1, $rows) AS i;
INSERT INTO stormdisc.events (id, trace_id, parent_id, kind, "timestamp", metadata)
SELECT id, trace, CASE WHEN i > 1 THEN lag(id) OVER (PARTITION BY trace ORDER BY i) END,
	jsonb_build_object('StateChange', jsonb_build_object('variable', 'v' || i % 20, 'new_value', i, 'access_type', CASE WHEN i % 3 = 0 THEN 'Write' ELSE 'Read' END)),
	'2025-01-01Z'::timestamptz + i * interval '10 us',
	jsonb_build_object('thread_id', trace || 't' || i % 4, 'process_id', 1, 'service_name', 's' || i % 2, 'duration_ns', 20000000000 - i * 20000)
FROM generate_series(1, $events) AS i, unnest(ARRAY['$trace', '@{[ uuid(2, 't') ]}']::uuid[]) AS trace, LATERAL md5(trace || ' ' || i) AS m, LATERAL CAST(m AS uuid) AS id;
CREATE TABLE pairs AS SELECT array_agg(id ORDER BY id) AS a, array_agg(id ORDER BY "timestamp") AS b FROM stormdisc.events;
VACUUM ANALYZE;
EOS

check_interrupts($node, "$tables tables, $rows rows and $events events", %calls);

unlike(slurp_file($node->logfile), qr/leak|still referenced|TRAP|PANIC|terminated by signal/,
	'no crash and no leak in the server log');

$node->stop;

done_testing();
