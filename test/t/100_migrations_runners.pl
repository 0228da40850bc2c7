# Migrations that are interrupted, and those who run them at the same time.
#
# After a crash of the server, a cancel, an error at the last statement and a
# client that is gone nothing is half-applied, the state says what is true, and
# the next run goes on.  A runner that waits holds up nobody.

use strict;
use warnings FATAL => 'all';

use FindBin;
use IPC::Run;
use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Test::More;
use lib $FindBin::RealBin;
use StormdiscTest;

# an extension that is made by the template is none of pg_dump's: its OID is too low
my $node = new_node('main', conf => "max_prepared_transactions = 2\n", extension => 0);
$node->safe_psql('postgres', 'CREATE EXTENSION stormdisc');
my $dir = PostgreSQL::Test::Utils::tempdir();
$node->safe_psql('postgres', 'CREATE TABLE gate (i int)');

sub sql
{
	return $node->safe_psql('postgres', $_[0]);
}

# A session that runs this, in the background.
sub session
{
	my ($sql) = @_;
	my %session = (out => '', err => '');
	$session{handle} = IPC::Run::start(
		[ 'psql', '-XAtq', '-h', $node->host, '-p', $node->port, '-d', 'postgres', '-c', $sql ],
		'<', \undef, '>', \$session{out}, '2>', \$session{err}, IPC::Run::timeout(120));
	return \%session;
}

sub finish
{
	my ($session) = @_;
	$session->{handle}->finish;
	return $session->{out};
}

# A session that does this and stays in its transaction, until it is ended.
sub hold
{
	my ($sql) = @_;
	my $session = session("BEGIN; $sql; SELECT pg_sleep(1000)");
	$node->poll_query_until('postgres', "SELECT EXISTS (SELECT FROM pg_stat_activity WHERE wait_event = 'PgSleep')")
	  or die "not held: $sql";
	return $session;
}

sub release
{
	my ($session) = @_;
	sql("SELECT pg_terminate_backend(pid, 10000) FROM pg_stat_activity WHERE wait_event = 'PgSleep'");
	finish($session);
	return;
}

# Until a session with that query waits for a lock of the server.
sub wait_for_lock
{
	my ($query) = @_;
	$node->poll_query_until('postgres', <<"EOS") or die "nobody waits: $query";
SELECT EXISTS (SELECT FROM pg_stat_activity WHERE query LIKE '%$query%' AND wait_event_type = 'Lock' AND pid <> pg_backend_pid())
EOS
	return;
}

sub state_is
{
	my ($expected, $name) = @_;
	local $Test::Builder::Level = $Test::Builder::Level + 1;
	is( sql(<<'EOS'), $expected, $name);
SELECT stormdisc_current_version(), coalesce((SELECT string_agg(version || ' ' || status, ', ' ORDER BY version)
		FROM stormdisc_migration_status() WHERE status NOT IN ('applied', 'pending')), 'clean'),
	(SELECT string_agg(relname, ' ' ORDER BY relname) FROM pg_class WHERE relname LIKE 'm_\_%' AND relkind = 'r')
EOS
	return;
}

# Each makes a table; the third one then stops at the gate, if that is closed.
sub register
{
	my ($version, $sql, $down, $options) = @_;
	return sql("SELECT stormdisc_register_migration($version, 'm$version', \$\$$sql\$\$, \$\$$down\$\$, '" . ($options // '{}') . "')");
}
register($_, "CREATE TABLE m${_}_a (i int)" . ($_ == 3 ? '; INSERT INTO gate VALUES (3); CREATE TABLE m3_b (i int)' : ''),
	"DROP TABLE m${_}_a" . ($_ == 3 ? ', m3_b' : ''))
  for 1 .. 4;

#
# A crash in the middle of a migration
#
my $gate = hold('LOCK gate');
my $runner = session('CALL stormdisc_migrate_all()');
wait_for_lock('migrate_all');
$node->stop('immediate');
$_->{handle}->kill_kill for $gate, $runner;
$node->start;
state_is('2|clean|m1_a m2_a', 'after a crash: the versions before, and nothing of this one');
sql('CALL stormdisc_migrate_all()');
state_is('4|clean|m1_a m2_a m3_a m3_b m4_a', 'the next run goes on');
is(sql("SELECT string_agg(action || ' ' || version, ', ' ORDER BY id) FROM stormdisc.migration_log WHERE action <> 'registered'"),
	'applied 1, applied 2, applied 3, applied 4', 'each was applied once');
is(sql('SELECT count(*) FROM stormdisc_schema_drift()'), '0', 'there is no drift');

#
# A cancel: of the statement, and in the function form, too
#
sql('SELECT * FROM stormdisc_rollback(1)');
for my $call ('CALL stormdisc_migrate_all()', 'SELECT * FROM stormdisc_migrate()')
{
	my $version = $call =~ /CALL/ ? 2 : 1;
	sql('SELECT * FROM stormdisc_rollback(1)') if sql('SELECT stormdisc_current_version()') > 1;
	$gate = hold('LOCK gate');
	$runner = session($call);
	wait_for_lock($call =~ s/\(.*//r);
	sql("SELECT pg_cancel_backend(pid) FROM pg_stat_activity WHERE wait_event_type = 'Lock'");
	finish($runner);
	like($runner->{err}, qr/canceling statement/, "$call: cancelled");
	release($gate);
	state_is("$version|" . ($version == 2 ? '3 reverted, 4 reverted' : '2 reverted, 3 reverted, 4 reverted') . ($version == 2 ? '|m1_a m2_a' : '|m1_a'),
		'nothing is half-applied');
}
is(sql("SELECT version, sqlstate FROM stormdisc.migration_log WHERE action = 'failed'"), '3|57014', 'the procedure has written it down');
sql('SELECT * FROM stormdisc_migrate()');
state_is('4|clean|m1_a m2_a m3_a m3_b m4_a', 'the next run goes on');

#
# An error at the last statement
#
register(5, 'CREATE TABLE m5_a (i int); INSERT INTO gate VALUES (5); SELECT 1 / (SELECT count(*) FROM m5_a)', 'DROP TABLE m5_a');
for my $call ('CALL stormdisc_migrate_all()', 'SELECT * FROM stormdisc_migrate()')
{
	my ($ret, $out, $err) = $node->psql('postgres', $call);
	like($err, qr/division by zero.*statement 3, line 1 of up script of migration 5/s, "$call: fails, and says where");
	state_is('4|clean|m1_a m2_a m3_a m3_b m4_a', 'nothing is half-applied');
}
is(sql('SELECT count(*) FROM gate WHERE i = 5'), '0', 'no rows either');

#
# A crash between two steps, and within the second
#
register(5, "CREATE TABLE m5_a (i int);\n-- stormdisc: commit\nCREATE TABLE m5_b (i int); INSERT INTO gate VALUES (5);\n-- stormdisc: commit\nCREATE TABLE m5_c (i int)",
	'DROP TABLE m5_a, m5_b, m5_c');
$gate = hold('LOCK gate');
$runner = session('CALL stormdisc_migrate_all()');
wait_for_lock('migrate_all');
$node->stop('immediate');
$_->{handle}->kill_kill for $gate, $runner;
$node->start;
state_is('4|5 dirty|m1_a m2_a m3_a m3_b m4_a m5_a', 'after a crash in the second step: the first one is there');
sql('CALL stormdisc_migrate_all()');
state_is('5|clean|m1_a m2_a m3_a m3_b m4_a m5_a m5_b m5_c', 'the next run goes on with the second');

#
# Two runners at once, and many
#
register($_, "CREATE TABLE m${_}_a (i int)", "DROP TABLE m${_}_a") for 6 .. 9;
# this one has no snapshot either
sql("BEGIN; SELECT version FROM stormdisc_migrate(6); PREPARE TRANSACTION 'first'");
my @runners = map { session('CALL stormdisc_migrate_all()') } 1 .. 3;
$node->poll_query_until('postgres', <<'EOS') or die 'nobody waits';
SELECT count(*) = 3 FROM pg_stat_activity
WHERE query LIKE 'CALL stormdisc_migrate_all%' AND state = 'active' AND backend_xmin IS NULL AND wait_event_type = 'Extension'
EOS
# they have no snapshot, so that this does not wait for them
sql('CREATE INDEX CONCURRENTLY gate_i ON gate (i)');
pass('CREATE INDEX CONCURRENTLY does not wait for who waits');
my ($ret, $out, $err) = $node->psql('postgres', 'SELECT * FROM stormdisc_migrate()');
like($err, qr/another session runs migrations/, 'a function does not wait');
sql("ROLLBACK PREPARED 'first'");
for (@runners)
{
	finish($_);
	unlike($_->{err}, qr/ERROR/, 'a runner is done');
}
state_is('9|clean|m1_a m2_a m3_a m3_b m4_a m5_a m5_b m5_c m6_a m7_a m8_a m9_a', 'all is applied');
is(sql("SELECT string_agg(version::text, ' ' ORDER BY id) FROM stormdisc.migration_log WHERE action = 'applied' AND version > 5"),
	'6 7 8 9', 'once');

#
# The client: files, an index that was interrupted, and one whose client was not told
#
sub client
{
	my (@arguments) = @_;
	my ($out, $err) = ('', '');
	my $ok = IPC::Run::run([ 'stormdisc-migrate', '-h', $node->host, '-p', $node->port, '-d', 'postgres', @arguments ],
		'>', \$out, '2>', \$err);
	return ($ok, $out, $err, $? >> 8);
}

sub write_file
{
	my ($name, $text) = @_;
	open my $file, '>', "$dir/$name" or die "$name: $!";
	print $file $text;
	close $file;
	return;
}
mkdir "$dir/versions";
mkdir "$dir/versions/V$_" for 10 .. 12;
write_file('versions/V10/up.sql', <<'EOF');
-- Migration: V10 up
-- stormdisc: description = a table; `ls` :'of' $$ numbers
CREATE TABLE m10_a (i int, t text);
INSERT INTO m10_a SELECT g, ':i \x ''' || g FROM generate_series(1, 10) g;
EOF
write_file('versions/V10/down.sql', "DROP TABLE m10_a;\n");
write_file('versions/V11/up.sql', <<'EOF');
-- stormdisc: transaction = false
-- stormdisc: search_path = public
CREATE TABLE m11_a (i int);
CREATE INDEX CONCURRENTLY m10_i ON m10_a (i);
INSERT INTO m11_a VALUES (1);
EOF
write_file('versions/V11/down.sql', "DROP INDEX CONCURRENTLY m10_i;\nDROP TABLE m11_a;\n");
write_file('versions/V12/up.sql', "CREATE TABLE m12_a (i int);\n");
write_file('versions/V12/down.sql', "DROP TABLE m12_a;\n");
my $ok;
($ok, $out, $err) = client('load', $dir);
is($out, "10 a table; `ls` :'of' \$\$ numbers: registered\n11 V11: registered\n12 V12: registered\n", 'a directory is loaded')
  or diag($err);
($ok, $out, $err) = client('load', $dir);
is($out =~ s/unchanged//gr, "10 a table; `ls` :'of' \$\$ numbers: \n11 V11: \n12 V12: \n", 'again: nothing has changed');
($ok, $out, $err) = client('up', 14);
like($err, qr/migration 13 is not registered/, 'a version that is missing');
state_is('9|clean|m1_a m2_a m3_a m3_b m4_a m5_a m5_b m5_c m6_a m7_a m8_a m9_a', 'and nothing is done');

# an old snapshot keeps the index from being finished
my $old = hold('SET TRANSACTION ISOLATION LEVEL REPEATABLE READ; SELECT count(*) FROM gate');
my $background = IPC::Run::start([ 'stormdisc-migrate', '-h', $node->host, '-p', $node->port, '-d', 'postgres', 'up' ],
	'>', \my $client_out, '2>', \my $client_err);
wait_for_lock('CREATE INDEX CONCURRENTLY');
sql("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE query LIKE 'CREATE INDEX CONCURRENTLY%'");
$background->finish;
like($client_err, qr/terminating connection/, 'the client is interrupted');
is(sql("SELECT indisvalid FROM pg_index WHERE indexrelid = 'm10_i'::regclass"), 'f', 'an index is left that is not valid');
like(sql('SELECT status, detail FROM stormdisc_migration_status() WHERE version = 11'), qr/^dirty\|up: 1 of 3 steps are done$/, 'the state says so');
($ret, $out, $err) = $node->psql('postgres', 'CALL stormdisc_migrate_all()');
like($err, qr/cannot run inside a transaction.*stormdisc-migrate/s, 'the procedure names who can go on');
release($old);
($ok, $out, $err) = client('up');
ok($ok, 'the next run goes on') or diag($err);
is(sql("SELECT indisvalid FROM pg_index WHERE indexrelid = 'm10_i'::regclass"), 't', 'the index is made again');
is(sql('SELECT count(*) FROM m11_a'), '1', 'the steps after it are done, once');
is(sql('SELECT stormdisc_current_version()'), '12', 'and the versions after that');
is(sql(q{SELECT t FROM m10_a WHERE i = 7}), q{:i \x '7}, 'nothing in a file means something to psql or the shell');
($ok, $out, $err) = client('drift');
ok($ok, 'drift: none');
sql('ALTER TABLE m10_a ADD x int');
my $status;
($ok, $out, $err, $status) = client('drift');
is($status, 2, 'drift: the exit status tells');
like($out, qr/public\.m10_a\.x/, 'and the column is there');
sql('ALTER TABLE m10_a DROP x');
($ok, $out, $err, $status) = client('test', 12);
ok($ok && $out =~ /reversible\s+\| t/, 'test');
($ok, $out, $err) = client('down', 9);
ok($ok, 'down') or diag($err);
state_is('9|10 reverted, 11 reverted, 12 reverted|m1_a m2_a m3_a m3_b m4_a m5_a m5_b m5_c m6_a m7_a m8_a m9_a', 'all is reverted');

#
# Dump and restore
#
client('up');
sql("SELECT stormdisc_register_repeatable('v', 'CREATE OR REPLACE VIEW v AS SELECT 1 AS one')");
sql('CALL stormdisc_migrate_all()');
$node->command_ok([ 'pg_dump', '-Fc', '-f', "$dir/dump", $node->connstr('postgres') ], 'pg_dump');
sql('CREATE DATABASE restored');
$node->command_ok([ 'pg_restore', '-e', '-d', $node->connstr('restored'), "$dir/dump" ], 'pg_restore');
my @tables = qw(migrations schema_version repeatable_scripts migrated_schema migration_log migration_progress);
for my $table (@tables)
{
	my $all = "SELECT md5(string_agg(t::text, E'\\n' ORDER BY t::text)) FROM stormdisc.$table t"
	  . ($table eq 'schema_version' ? " WHERE component = 'schema'" : '');
	is($node->safe_psql('restored', $all), sql($all), "$table is restored");
}
is($node->safe_psql('restored', "SELECT count(*) FROM stormdisc.schema_version WHERE component = 'stormdisc'"), '5', "the extension's own rows are there once");
is($node->safe_psql('restored', 'SELECT count(*) FROM stormdisc_schema_drift()'), '0', 'no drift');
is($node->safe_psql('restored', 'SELECT stormdisc_current_version()'), '12', 'the version');
is($node->safe_psql('restored', 'SELECT count(*) FROM stormdisc_migrate()'), '0', 'nothing is pending');
$node->safe_psql('restored', q{SELECT stormdisc_register_migration(13, 'm13', 'CREATE TABLE m13_a (i int)', 'DROP TABLE m13_a')});
is($node->safe_psql('restored', 'SELECT version, action FROM stormdisc_migrate()'), '13|applied', 'the next one is applied');

$node->stop;
done_testing();
