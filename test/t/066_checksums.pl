# Checksums of rows are the same with workers and without, after dump and
# restore, in another encoding, and on a standby; they stop when they are told
# to; and they need only what a query would.

use strict;
use warnings FATAL => 'all';

use FindBin;
use lib $FindBin::RealBin;
use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use StormdiscTest;
use Test::More;

my $dir = PostgreSQL::Test::Utils::tempdir();
# few locks; 19 has no reserve beyond them, and CREATE EXTENSION needs 1,100
my $node = new_node('checksums', streaming => 1, conf => sub { return 'max_locks_per_transaction = ' . ($_[0]->pg_version >= '19devel' ? 30 : 10) . "\n" . <<'CONF' });
autovacuum = off
jit = off
max_worker_processes = 16
max_parallel_workers = 8
max_connections = 20
CONF

my @methods = (
	sum => '',
	sorted => ', ordered => true',
	stormweaver => ", mode => 'stormweaver'");

# All three checksums of all tables, as the CSV that one would keep.
sub checksums
{
	my ($on, $database) = @_;
	my $all = '';

	for (my $i = 0; $i < @methods; $i += 2)
	{
		my $arguments = $methods[ $i + 1 ] =~ s/^, //r;

		$all .= "$methods[$i]\n"
		  . $on->safe_psql($database,
			"COPY (SELECT * FROM stormdisc_database_checksums($arguments)) TO STDOUT (FORMAT csv, HEADER)") . "\n";
	}
	return $all;
}

$node->safe_psql('postgres', <<'EOS');
CREATE SCHEMA sums;
CREATE TABLE sums.big (id bigint PRIMARY KEY, a int, t text, at timestamptz, n numeric, j json, p point);
INSERT INTO sums.big SELECT i, i % 100, 'row ' || i % 1000, '2024-01-01 UTC'::timestamptz + i * interval '1 s', i / 7.0, '{}', point(i, i)
	FROM generate_series(1, 60000) i;
CREATE TABLE sums.parted (id int, t text, gone int) PARTITION BY HASH (id);
CREATE TABLE sums.part0 PARTITION OF sums.parted FOR VALUES WITH (MODULUS 2, REMAINDER 0);
CREATE TABLE sums.part1 (gone2 int, t text, id int, gone int);
ALTER TABLE sums.part1 DROP gone2;
ALTER TABLE sums.parted ATTACH PARTITION sums.part1 FOR VALUES WITH (MODULUS 2, REMAINDER 1);
INSERT INTO sums.parted SELECT i, 'row ' || i FROM generate_series(1, 60000) i;
ALTER TABLE sums.parted DROP gone;
-- columns that move when the dump is restored
CREATE TABLE sums.parent (a int);
CREATE TABLE sums.child (b int, c int) INHERITS (sums.parent);
ALTER TABLE sums.parent ADD d int DEFAULT 4;
INSERT INTO sums.child VALUES (1, 2, 3);
CREATE TABLE sums.later (a int);
INSERT INTO sums.later VALUES (1), (2);
ALTER TABLE sums.later ADD b text DEFAULT 'from before', ADD c int GENERATED ALWAYS AS (a * 2) STORED;
CREATE TABLE sums."Odd ""name" ("Größe" text, "select" text);
INSERT INTO sums."Odd ""name" VALUES ('é', repeat('Ä', 10000)), (NULL, ''), ('', NULL);
CREATE UNLOGGED TABLE sums.unlogged (a int);
INSERT INTO sums.unlogged VALUES (1);
DELETE FROM sums.big WHERE id % 7 = 0;
UPDATE sums.big SET a = -1 WHERE id % 11 = 0;
ANALYZE;
EOS
my $serial = checksums($node, 'postgres');

# --- with workers ---

my $workers = <<'EOS';
SET parallel_setup_cost = 0;
SET parallel_tuple_cost = 0;
SET min_parallel_table_scan_size = 0;
SET max_parallel_workers_per_gather = 4;
EOS
my $no_workers = "SET max_parallel_workers_per_gather = 0;\n";

for (my $i = 0; $i < @methods; $i += 2)
{
	my ($name, $arguments) = @methods[ $i, $i + 1 ];

	foreach my $table ('sums.big', 'sums.parted')
	{
		my $call = "SELECT * FROM stormdisc_table_checksum('$table'$arguments)";
		my ($err, $out) = ('', '');

		# what ran, from within
		$node->psql('postgres', <<"EOS" . "$call;\n", stdout => \$out, stderr => \$err);
$workers
LOAD 'auto_explain';
SET auto_explain.log_min_duration = 0;
SET auto_explain.log_analyze = on;
SET auto_explain.log_timing = off;
SET auto_explain.log_nested_statements = on;
SET auto_explain.log_level = notice;
EOS
		my $launched = 0;
		$launched += $_ foreach $err =~ /Workers Launched: (\d+)/g;
		cmp_ok($launched, '>', 0, "$table, $name: workers do it");
		is($out, $node->safe_psql('postgres', "$no_workers$call"), "$table, $name: as without workers");
		# twice: which process has which rows is another matter each time
		is($node->safe_psql('postgres', "$workers$call"), $out, "$table, $name: and again");
	}
}

# from a cursor, in a subtransaction, in the middle of a transaction that goes on
is( $node->safe_psql('postgres', <<"EOS"), "t\nt\nsums.\"Odd \"\"name\"\nsums.big\nt", 'a cursor, a subtransaction');
$workers
BEGIN;
CREATE TEMP TABLE first AS SELECT checksum FROM stormdisc_table_checksum('sums.big');
DECLARE c CURSOR FOR SELECT table_name FROM stormdisc_database_checksums(schemas => '{sums}');
SAVEPOINT s;
DELETE FROM sums.big WHERE id = 1;
SELECT count(*) = 2 FROM (SELECT checksum FROM first UNION SELECT (stormdisc_table_checksum('sums.big')).checksum) s;
ROLLBACK TO s;
SELECT count(*) = 1 FROM (SELECT checksum FROM first UNION SELECT (stormdisc_table_checksum('sums.big')).checksum) s;
FETCH 2 FROM c;
COMMIT;
SELECT count(*) > 5 FROM stormdisc_database_checksums(schemas => '{sums}');
EOS

# --- dump and restore, also into another encoding, with other settings ---

$node->command_ok([ 'pg_dump', '-f', "$dir/dump.sql", '-d', $node->connstr('postgres') ], 'pg_dump');
foreach my $encoding ('UTF8', 'LATIN1')
{
	my $database = lc "restored_$encoding";

	$node->safe_psql('postgres', "CREATE DATABASE $database ENCODING $encoding LOCALE 'C' TEMPLATE template0");
	$node->command_ok([ 'psql', '-X', '-q', '-v', 'ON_ERROR_STOP=1', '-d', $node->connstr($database), '-f', "$dir/dump.sql" ], "$encoding: psql restores it");
	$node->safe_psql('postgres', "ALTER DATABASE $database SET $_")
	  foreach "timezone = 'Asia/Kathmandu'", "datestyle = 'SQL, DMY'", 'intervalstyle = iso_8601', 'extra_float_digits = -15',
	  'bytea_output = escape', 'search_path = pg_temp, public', 'default_transaction_isolation = serializable';
	my $restored = checksums($node, $database);

	# the column that moved is elsewhere for StormWeaver, whose rows are in the order of the columns
	s/^sums\.child,.*\n//m for my ($had, $has) = map { s/.*^stormweaver\n//msr } $serial, $restored;
	s/^stormweaver\n.*//ms for my ($ours_had, $ours_has) = ($serial, $restored);
	is($ours_has, $ours_had, "$encoding: the same checksums");
	is($has, $had, 'also those for StormWeaver, but for the table whose columns moved') if $encoding eq 'UTF8';
}

# --- a standby ---

$node->backup('base');
my $standby = PostgreSQL::Test::Cluster->new('checksums_standby');
$standby->init_from_backup($node, 'base', has_streaming => 1);
$standby->start;
$node->wait_for_catchup($standby, 'replay', $node->lsn('insert'));
my $without = $serial =~ s/^sums\.unlogged,.*\n//mgr;
is(checksums($standby, 'postgres'), $without, 'a standby: the same, without unlogged tables');
my ($rc, undef, $err) = $standby->psql('postgres', "SELECT stormdisc_table_checksum('sums.unlogged')");
like($err, qr/cannot access temporary or unlogged relations during recovery/, 'which are an error by name');
$standby->stop;

# --- a plain role ---

$node->safe_psql('postgres', <<'EOS');
CREATE ROLE plain LOGIN;
GRANT USAGE ON SCHEMA sums TO plain;
GRANT SELECT ON sums.big, sums.parted TO plain;
EOS
is( $node->safe_psql('postgres', "SET ROLE plain; $workers SELECT * FROM stormdisc_database_checksums(include => '{sums.big,sums.parted}')"),
	$node->safe_psql('postgres', "SELECT * FROM stormdisc_database_checksums(include => '{sums.big,sums.parted}')"),
	'a plain role may do what it may read, partitions through their table');
(undef, undef, $err) = $node->psql('postgres', 'SET ROLE plain; SELECT * FROM stormdisc_database_checksums()');
like($err, qr/permission denied for table/, 'and nothing else');

# --- other sessions' temporary tables ---

my $other = $node->background_psql('postgres');
$other->query_safe('CREATE TEMP TABLE theirs (a int)');
(undef, undef, $err) = $node->psql('postgres', "SELECT stormdisc_table_checksum((SELECT oid FROM pg_class WHERE relname = 'theirs'))");
like($err, qr/ERROR:  .*temporary table/, 'temporary tables of other sessions');
$other->quit;

# --- cancel ---

$node->safe_psql('postgres', <<'EOS');
CREATE TABLE sums.long AS SELECT i AS id, md5(i::text) AS a, md5(i::text) AS b, i / 3.0 AS n FROM generate_series(1, 600000) i;
EOS
my $log = -s $node->logfile;
foreach my $settings ($no_workers, $workers)
{
	for (my $i = 0; $i < @methods; $i += 2)
	{
		foreach my $timeout (10, 40)
		{
			my $out;
			(undef, $out, $err) = $node->psql('postgres', <<"EOS", on_error_stop => 0);
$settings
SET statement_timeout = $timeout;
SELECT row_count FROM stormdisc_table_checksum('sums.long'$methods[$i + 1]);
SET statement_timeout = 0;
SELECT row_count FROM stormdisc_table_checksum('sums.later'$methods[$i + 1]);
SHOW row_security;
EOS
			like($err, qr/canceling statement due to statement timeout/, "$methods[$i]: stops after $timeout ms");
			is($out, "2\non", 'and the session goes on');
		}
	}
}
# in the middle of the table, in a subtransaction that goes on
is( $node->safe_psql('postgres', <<'EOS'), 'cancelled', 'a cancel can be caught');
SET statement_timeout = 100;
CREATE FUNCTION pg_temp.try() RETURNS text LANGUAGE plpgsql AS $$
BEGIN
	PERFORM stormdisc_table_checksum('sums.long', true);
	RETURN 'done';
EXCEPTION WHEN query_canceled THEN
	SET statement_timeout = 0;
	PERFORM stormdisc_table_checksum('sums.later', true);
	RETURN 'cancelled';
END
$$;
SELECT pg_temp.try();
EOS
unlike(slurp_file($node->logfile, $log), qr/leak|WARNING|PANIC|terminated by signal/, 'nothing leaks');

# --- very many tables: the locks are given back ---

$node->safe_psql('postgres', <<'EOS');
CREATE SCHEMA many;
DO $$
BEGIN
	FOR i IN 1..4000 LOOP
		EXECUTE pg_catalog.format('CREATE TABLE many.t%s (a int)', i);
		IF i % 100 = 0 THEN
			COMMIT;
		END IF;
	END LOOP;
END
$$;
EOS
(undef, undef, $err) = $node->psql('postgres', <<'EOS');
DO $$
BEGIN
	FOR i IN 1..4000 LOOP
		EXECUTE pg_catalog.format('LOCK many.t%s IN ACCESS SHARE MODE', i);
	END LOOP;
END
$$;
EOS
like($err, qr/out of shared memory/, 'there is no room for locks on so many tables');
is( $node->safe_psql('postgres', <<'EOS'), "4000\n0", 'but for their checksums');
BEGIN;
SELECT count(*) FROM stormdisc_database_checksums(schemas => '{many}');
SELECT count(*) FROM pg_locks JOIN pg_class c ON c.oid = relation WHERE pid = pg_backend_pid() AND relnamespace = 'many'::regnamespace;
COMMIT;
EOS

$node->stop;
done_testing();
