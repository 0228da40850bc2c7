# Discovery stops when it is told to: over 10,000 tables statement_timeout,
# pg_cancel_backend, pg_terminate_backend and a client that goes away all end a
# call soon, and a session that goes on is as good as new.

use strict;
use warnings FATAL => 'all';

use FindBin;
use lib $FindBin::RealBin;
use Interrupts;
use IPC::Run;
use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use StormdiscTest;
use Test::More;

my $tables = 10_000;

# Calls that take a while; %x is another text each time.
my %calls = (
	(map { ($_ => "stormdisc_$_(exclude => ARRAY[%x])") }
		  qw(tables columns indexes constraints partitions schema schema_objects relationships load_order diagram advice)),
	metadata => "stormdisc_metadata(dialect => CASE WHEN %x <> '' THEN 'stormweaver' END)",
	validation => "stormdisc_validation(CASE WHEN %x <> '' THEN 'big' END)",
	discover_existing_schema => "stormdisc_discover_existing_schema('n', exclude => ARRAY[%x])");

my $node = new_node('interrupts', conf => <<'EOC');
autovacuum = off
jit = off
max_locks_per_transaction = 256
client_connection_check_interval = 50ms
EOC

build_catalog($node, 'big', $tables - 1010, 500, 10);
$node->safe_psql('postgres', <<'EOS');
DO $build$
BEGIN
	FOR p IN 1..10 LOOP
		EXECUTE pg_catalog.format('CREATE TABLE big.parted%s (k int) PARTITION BY RANGE (k)', p);
		FOR i IN 1..100 LOOP
			EXECUTE pg_catalog.format('CREATE TABLE big.part%s_%s PARTITION OF big.parted%s FOR VALUES FROM (%s) TO (%s)',
				p, i, p, i, i + 1);
		END LOOP;
		COMMIT;
	END LOOP;
END
$build$;
EOS

$node->safe_psql('postgres', "SET client_min_messages = error; SELECT stormdisc_discover_existing_schema('big')");

check_interrupts($node, "$tables tables", %calls);

# A client that is gone: the server looks for it every 50 ms.
my ($out, $err) = ('', '');
my $victim = IPC::Run::start(
	[
		'psql', '-XAtq',
		'-d', $node->connstr('postgres') . " application_name='victim gone'",
		'-c', 'SELECT count(*) FROM generate_series(1, 100000) AS n, '
		  . "LATERAL stormdisc_columns(exclude => ARRAY['n' || n]) AS d"
	],
	'<', \undef, '>', \$out, '2>', \$err);
$node->poll_query_until('postgres',
	"SELECT count(*) = 1 FROM pg_stat_activity WHERE application_name = 'victim gone' AND state = 'active'")
  or die 'victim gone did not start';
$victim->kill_kill(grace => 0);
ok($node->poll_query_until('postgres',
		"SELECT count(*) = 0 FROM pg_stat_activity WHERE application_name = 'victim gone'"),
	'a call ends when its client is gone');

unlike(slurp_file($node->logfile), qr/leak|still referenced|TRAP|PANIC|terminated by signal/,
	'no crash and no leak in the server log');

$node->stop;

done_testing();
