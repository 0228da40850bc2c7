# Maintenance without anybody who calls it, and what it is for.
#
# A background worker maintains its databases, one without the extension among
# them, and no standby until it is promoted; pg_cron does the same by a job.
# What is set is in dumps, and what is built in is not; a column that somebody
# adds to a table of ours loses its rows, as stormdisc_backup_readiness() says.

use strict;
use warnings FATAL => 'all';

use FindBin;
use lib $FindBin::RealBin;
use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use StormdiscTest;
use Test::More;

my $node = new_node('maintenance', streaming => 1);
my $dir = PostgreSQL::Test::Utils::tempdir();
my ($stdout, $stderr);

# Old completed messages, which maintenance removes.
my $old = <<'EOS';
INSERT INTO stormdisc.ports VALUES ('old', now(), 3, '30 s', '1 s', '5 min', 0.2, '1 day') ON CONFLICT DO NOTHING;
INSERT INTO stormdisc.messages (port_name, id, created_at, source_component, target_component, priority, max_retries, message_data)
	SELECT 'old', i, now() - interval '1 year', 's', 't', 0, 3, '{}' FROM generate_series(1, 25000) i;
INSERT INTO stormdisc.message_completions
	SELECT 'old', now() - interval '10 days' + i * interval '1 s', i, ARRAY[i], '{1}', ARRAY[now()] FROM generate_series(1, 25000) i;
EOS
my $cleaned = q{SELECT NOT EXISTS (SELECT FROM stormdisc.messages) AND NOT EXISTS (SELECT FROM stormdisc.message_completions)};
my $workers = q{SELECT string_agg(datname, ' ' ORDER BY datname) FROM pg_stat_activity WHERE backend_type = 'stormdisc maintenance'};

# The SQLSTATE of the error that a statement raises.
sub error_of
{
	my ($on, $database, $sql) = @_;

	$on->psql($database, "\\set VERBOSITY verbose\n$sql", stdout => \$stdout, stderr => \$stderr);
	return $stderr =~ /ERROR:  (\w{5})/ ? $1 : "none: $stdout $stderr";
}

# Put rows there that are to go, and wait until they are gone.
sub cleaned_by_itself
{
	my ($what, $database, $on) = @_;

	$node->safe_psql($database, $old) unless defined $on;
	ok(($on // $node)->poll_query_until($database, $cleaned), $what);
	return;
}

#
# Not preloaded: nothing runs, and the settings are there
#
is($node->safe_psql('postgres', 'SELECT stormdisc_sqlite_schema() IS NOT NULL; SHOW stormdisc.maintenance_interval; SHOW stormdisc.maintenance_database'),
	"t\n1min\n", 'the settings');
is($node->safe_psql('postgres', $workers), '', 'there is no worker');

#
# The worker
#
$node->safe_psql('postgres', 'CREATE DATABASE "Plain, db"');
# what maintains is in READ COMMITTED all the same
$node->safe_psql('postgres', q{ALTER DATABASE "Plain, db" SET default_transaction_isolation = 'serializable'});
$node->append_conf('postgresql.conf', <<'EOC');
shared_preload_libraries = 'stormdisc'
stormdisc.maintenance_database = 'postgres, "Plain, db"'
stormdisc.maintenance_interval = 1
EOC
$node->restart;
ok($node->poll_query_until('postgres', $workers, 'Plain, db postgres'), 'each database has a worker');
cleaned_by_itself('it removes what is old, to the end', 'postgres');
is($node->safe_psql('postgres', "SELECT usename = (SELECT rolname FROM pg_roles WHERE oid = 10) FROM pg_stat_activity
	WHERE backend_type = 'stormdisc maintenance' AND datname = 'postgres'"), 't', 'it is the bootstrap superuser');

# a database without the extension
$node->safe_psql('Plain, db', 'CREATE EXTENSION stormdisc');
cleaned_by_itself('an extension that is made later is found', 'Plain, db');
$node->safe_psql('Plain, db', 'DROP EXTENSION stormdisc');
$node->safe_psql('Plain, db', 'CREATE EXTENSION stormdisc');
cleaned_by_itself('and so is another one in its place', 'Plain, db');

# SIGHUP: the interval is another one
$node->append_conf('postgresql.conf', 'stormdisc.maintenance_interval = 1d');
$node->reload;
$node->append_conf('postgresql.conf', 'stormdisc.maintenance_interval = 1');
$node->reload;
cleaned_by_itself('it reads its settings again', 'postgres');

# one rule that cannot be followed
my $log = -s $node->logfile;
my $locker = $node->background_psql('postgres');
$locker->query_safe('BEGIN; LOCK TABLE stormdisc.message_dead_letters');
cleaned_by_itself('a rule that cannot have its lock does not stop the others', 'postgres');
ok($node->wait_for_log(qr/WARNING:  rule "dead_letters" failed: canceling statement due to lock timeout/, $log), 'and is told in the log');
$locker->query_safe('ROLLBACK');
$locker->quit;

# it is ended, and comes back
my $pid = $node->safe_psql('postgres', "SELECT pid FROM pg_stat_activity WHERE backend_type = 'stormdisc maintenance' AND datname = 'postgres'");
$node->safe_psql('postgres', "SELECT pg_terminate_backend($pid)");
ok( $node->poll_query_until('postgres', "SELECT count(*) = 1 FROM pg_stat_activity WHERE backend_type = 'stormdisc maintenance' AND datname = 'postgres' AND pid <> $pid"),
	'a worker that is ended is started again');

#
# A standby
#
$node->backup('base');
my $standby = PostgreSQL::Test::Cluster->new('maintained_standby');
$standby->init_from_backup($node, 'base', has_streaming => 1);
$standby->start;
$node->wait_for_catchup($standby, 'replay', $node->lsn('insert'));
is($standby->safe_psql('postgres', $workers), '', 'a standby has no worker');
is($standby->safe_psql('postgres', 'SELECT rule, action, rows, is_done, message FROM stormdisc_maintain()'),
	'all|none|0|f|the server is a standby', 'and nothing to maintain');
is($standby->safe_psql('postgres', 'SET client_min_messages = warning; SELECT stormdisc_cleanup_old_data(); CALL stormdisc_maintain_all(); SELECT 1'),
	"\n1", 'no function is in the way');
is(error_of($standby, 'postgres', "SELECT stormdisc_set_config('production', 'host', 'x')"), '25006', 'nothing can be set');
is(error_of($standby, 'postgres', "SELECT stormdisc_set_retention('dead_letters', '1 day')"), '25006', 'nor changed');
is($standby->safe_psql('postgres', "SELECT count(*) FROM stormdisc_apply_session_config('production')"), '3', 'a session can be set up');
is($standby->safe_psql('postgres', "SELECT value FROM stormdisc_backup_readiness() WHERE check_name = 'server'"), 'standby', 'the report says where it is');
$node->append_conf('postgresql.conf', 'stormdisc.maintenance_database = \'\'');
$node->restart;
$node->safe_psql('postgres', $old);
$node->wait_for_catchup($standby, 'replay', $node->lsn('insert'));
$node->stop;
$standby->promote;
cleaned_by_itself('when it is promoted the worker does its work', 'postgres', $standby);
$standby->stop;

#
# What a dump has
#
$node->append_conf('postgresql.conf', "shared_preload_libraries = ''");
$node->start;
is($node->safe_psql('postgres', $cleaned), 'f', 'without a worker everything stays');
$node->safe_psql('postgres', 'SELECT stormdisc_cleanup_old_data(); CALL stormdisc_maintain_all()');
is($node->safe_psql('postgres', $cleaned), 't', 'until somebody calls');
$node->safe_psql('postgres', "CREATE DATABASE $_") foreach qw(source restored broken);
$node->safe_psql('source', <<'EOS');
CREATE EXTENSION stormdisc;
SELECT stormdisc_set_config('production', 'statement_timeout', '45000');
SELECT stormdisc_set_config('mine', 'host', 'here');
SELECT stormdisc_set_retention('completed_messages', '3 days');
SELECT stormdisc_set_retention('dead_letters');
EOS
my $settings = q{SELECT string_agg(c::text, ' ' ORDER BY c::text) FROM stormdisc.config c;
SELECT string_agg(r::text, ' ' ORDER BY r::text) FROM stormdisc.retention_policies r};
$node->command_ok([ 'pg_dump', '-f', "$dir/dump.sql", $node->connstr('source') ], 'pg_dump');
$node->command_ok([ 'psql', '-Xq', '-v', 'ON_ERROR_STOP=1', '-f', "$dir/dump.sql", '-d', $node->connstr('restored') ], 'restore');
is($node->safe_psql('restored', $settings), $node->safe_psql('source', $settings), 'what was set is there, and what is built in');
is($node->safe_psql('restored', 'SELECT count(*) FROM stormdisc.config_values'), '2', 'what is built in is in no dump');

# a column that is not ours: the report says what happens
is($node->safe_psql('source', "SELECT status FROM stormdisc_backup_readiness() WHERE check_name = 'added_columns'"), 'ok', 'no column is added');
$node->safe_psql('source', 'ALTER TABLE stormdisc.config_values ADD note text');
is($node->safe_psql('source', "SELECT status, value FROM stormdisc_backup_readiness() WHERE check_name = 'added_columns'"),
	'error|stormdisc.config_values.note', 'one that is added is told');
$node->command_ok([ 'pg_dump', '-f', "$dir/broken.sql", $node->connstr('source') ], 'pg_dump');
($stdout, $stderr) = run_command([ 'psql', '-Xq', '-f', "$dir/broken.sql", '-d', $node->connstr('broken') ]);
like($stderr, qr/column "note" of relation "config_values" does not exist/, 'it is not in the dump');
is($node->safe_psql('broken', 'SELECT count(*) FROM stormdisc.config_values'), '0', 'and all rows of the table are lost');
is($node->safe_psql('broken', 'SELECT count(*) FROM stormdisc.retention_settings'), '2', 'those of others are not');

#
# What backups need
#
sub readiness
{
	my ($check) = @_;
	return $node->safe_psql('postgres',
		"SELECT check_name, status, value FROM stormdisc_backup_readiness() WHERE check_name ~ '$check' ORDER BY check_name COLLATE \"C\"");
}

sub with_conf
{
	$node->append_conf('postgresql.conf', $_[0]);
	$node->restart;
	return;
}
with_conf("archive_mode = off\nfull_page_writes = on\nfsync = off\nmax_wal_senders = 1\nsynchronous_commit = off\nwal_level = replica");
is( readiness('archive|fsync|senders|full_page|synchronous|wal_level'),
	"archive_mode|error|off\nfsync|error|off\nfull_page_writes|ok|on\nmax_wal_senders|warning|1\nsynchronous_commit|warning|off\nwal_level|ok|replica",
	'settings; no archive');
with_conf("archive_mode = on\narchive_command = ''\nfsync = on");
is(readiness('archive_|fsync'), "archive_command|error|not set\narchive_mode|ok|on\narchive_timeout|warning|0\nfsync|ok|on", 'an archive without a command');
with_conf("archive_command = '/bin/true'\narchive_timeout = 60");
is(readiness('archive_'), "archive_command|error|/bin/true\narchive_mode|ok|on\narchive_timeout|ok|1min", 'a command that keeps nothing');
with_conf("archive_command = 'test secret = not_shown'");
$node->safe_psql('postgres', 'SELECT pg_stat_reset_shared($$archiver$$); CREATE TABLE something (); SELECT pg_switch_wal()');
$node->poll_query_until('postgres', 'SELECT failed_count > 0 FROM pg_stat_archiver') or die 'archiving does not fail';
like(readiness('archive_command|archiver'), qr/^archive_command\|ok\|set\narchiver\|error\|\w{24}$/, 'a command that fails, and is not shown');
with_conf("archive_command = 'test -f %p'");
$node->poll_query_until('postgres', 'SELECT archived_count > 0 AND last_archived_time > last_failed_time FROM pg_stat_archiver') or die 'nothing is archived';
like(readiness('archiver'), qr/^archiver\|ok\|\w{24}$/, 'one that works');
$node->safe_psql('postgres', q{SELECT pg_create_physical_replication_slot('forgotten', true)});
is(readiness('replication_slots'), 'replication_slots|warning|forgotten', 'a slot that nobody uses');
$node->safe_psql('postgres', q{SELECT pg_drop_replication_slot('forgotten')});
is(readiness('replication_slots'), 'replication_slots|ok|', 'no slot');
with_conf("wal_level = minimal\nmax_wal_senders = 0\narchive_mode = off");
is(readiness('wal_level|senders'), "max_wal_senders|error|0\nwal_level|error|minimal", 'no WAL for anybody');
with_conf("wal_level = replica\nmax_wal_senders = 5");

#
# Citus, as far as its functions go
#
$node->safe_psql('postgres', 'CREATE DATABASE distributed');
$node->safe_psql('distributed', <<'EOS');
CREATE EXTENSION stormdisc;
SET allow_system_table_mods = on;
CREATE TABLE public.calls (n int GENERATED ALWAYS AS IDENTITY, what text, role_name text);
CREATE TABLE pg_catalog.pg_dist_partition (logicalrelid regclass);
CREATE FUNCTION pg_catalog.create_distributed_table(table_name regclass, distribution_column text, distribution_type text DEFAULT 'hash',
	colocate_with text DEFAULT 'default', shard_count int DEFAULT NULL) RETURNS void LANGUAGE sql AS $$
	INSERT INTO public.calls (what, role_name) VALUES (table_name || ' ' || distribution_column || ' ' || colocate_with, current_user);
	INSERT INTO pg_catalog.pg_dist_partition VALUES (table_name) $$;
CREATE FUNCTION pg_catalog.create_reference_table(table_name regclass) RETURNS void LANGUAGE sql AS $$
	INSERT INTO public.calls (what, role_name) VALUES (table_name || '', current_user);
	INSERT INTO pg_catalog.pg_dist_partition VALUES (table_name) $$;
INSERT INTO pg_extension (oid, extname, extowner, extnamespace, extrelocatable, extversion) VALUES (99999, 'citus', 10, 11, false, '13.2');
CREATE ROLE distributor;
GRANT EXECUTE ON FUNCTION stormdisc_distribute TO distributor;
EOS
my $tables = $node->safe_psql('distributed', 'SELECT count(*) FROM stormdisc_distribution()');
is($node->safe_psql('distributed', 'SET ROLE distributor; SELECT count(*) FROM stormdisc_distribute() WHERE action <> $$none$$'), $tables,
	'with Citus every table is distributed');
is( $node->safe_psql('distributed', "SELECT string_agg(what, ', ' ORDER BY n) FROM public.calls"),
	$node->safe_psql('distributed', q{SELECT string_agg('stormdisc.' || relation_name
		|| coalesce(' ' || distribution_column || ' ' || coalesce('stormdisc.' || colocate_with, 'none'), ''), ', ')
		FROM stormdisc_distribution()}), 'by its column, beside the others');
is($node->safe_psql('distributed', 'SELECT DISTINCT role_name = (SELECT rolname FROM pg_roles WHERE oid = 10)::text FROM public.calls'), 't', 'as the owner');
is($node->safe_psql('distributed', 'SELECT DISTINCT action FROM stormdisc_distribute()'), 'none', 'and once only');
is($node->safe_psql('distributed', 'SELECT count(*) FROM public.calls'), $tables, 'no call more');

#
# pg_cron
#
SKIP:
{
	skip 'pg_cron is not installed here', 12
	  unless $node->safe_psql('postgres', "SELECT count(*) FROM pg_available_extensions WHERE name = 'pg_cron'") eq '1';

	my $socket = $node->host;
	with_conf("shared_preload_libraries = 'pg_cron'\ncron.database_name = 'postgres'\ncron.host = '$socket'\nmax_worker_processes = 20");
	is(error_of($node, 'postgres', 'SELECT stormdisc_schedule_maintenance()'), '55000', 'pg_cron is loaded, and not installed');
	$node->psql('source', "SELECT stormdisc_schedule_maintenance('0 2 * * *')", stderr => \$stderr);
	like( $stderr,
		qr/HINT:  Run there: SELECT cron\.schedule_in_database\('stormdisc maintenance', '0 2 \* \* \*', 'CALL public\.stormdisc_maintain_all\(\)', 'source'\);/,
		'in another database the hint says what to run');
	$node->safe_psql('postgres', 'CREATE EXTENSION pg_cron; CREATE ROLE scheduler; GRANT EXECUTE ON FUNCTION stormdisc_schedule_maintenance TO scheduler');
	is(error_of($node, 'postgres', 'SET ROLE scheduler; SELECT stormdisc_schedule_maintenance()'), '42501', "pg_cron's own rights are asked for");
	my $job = $node->safe_psql('postgres', 'SELECT stormdisc_schedule_maintenance()');
	is($node->safe_psql('postgres', 'SELECT jobid, schedule, command, database, active, jobname FROM cron.job'),
		"$job|*/5 * * * *|CALL public.stormdisc_maintain_all()|postgres|t|stormdisc maintenance", 'a job is scheduled');
	is($node->safe_psql('postgres', "SELECT stormdisc_schedule_maintenance('0 2 * * *')"), $job, 'and scheduled again');
	is($node->safe_psql('postgres', 'SELECT schedule FROM cron.job'), '0 2 * * *', 'at another time');
	unlike(error_of($node, 'postgres', "SELECT stormdisc_schedule_maintenance('whenever')"), qr/none/, 'a schedule that is none');

	# a minute is the shortest schedule, but the start of the server is one
	$node->safe_psql('postgres', "SELECT stormdisc_schedule_maintenance('\@reboot')");
	foreach my $background (qw(off on))
	{
		$node->safe_psql('postgres', $old);
		with_conf("cron.use_background_workers = $background");
		ok($node->poll_query_until('postgres', $cleaned), "pg_cron runs it, use_background_workers $background");
	}
	is($node->safe_psql('postgres', 'SELECT stormdisc_unschedule_maintenance()'), 't', 'the job is removed');
	is($node->safe_psql('postgres', 'SELECT count(*) FROM cron.job'), '0', 'it is gone');
	is($node->safe_psql('postgres', 'SELECT stormdisc_unschedule_maintenance()'), 'f', 'and removed once');
}

#
# SQLite
#
SKIP:
{
	skip 'sqlite3 is not installed here', 4 if system('sqlite3 -version >/dev/null 2>&1') != 0;

	open my $out, '>', "$dir/schema.sql" or die "could not write: $!";
	print $out $node->safe_psql('postgres', 'SELECT stormdisc_sqlite_schema()');
	close $out;
	is(qx(sqlite3 -bail $dir/test.db < $dir/schema.sql 2>&1), '', 'sqlite3 runs it');
	is(qx(sqlite3 $dir/test.db "SELECT type, count(*) FROM sqlite_master WHERE sql IS NOT NULL GROUP BY type ORDER BY type" 2>&1),
		"index|8\ntable|4\n", 'four tables, eight indexes');
	is( qx(sqlite3 $dir/test.db "INSERT INTO checkpoints (id, checkpoint_name, component_name, checkpoint_data, version) VALUES (1, 'daily', 'a', '{}', 1), (2, 'daily', 'b', '{}', 1); SELECT count(*), sum(is_latest) FROM checkpoints" 2>&1),
		"2|2\n", 'two components have a checkpoint of the same name');
	# every column is also one of ours
	my $columns = join ',', map { "('" . join("','", split /\|/) . "')" }
	  split /\n/, qx(sqlite3 $dir/test.db "SELECT m.name, p.name FROM sqlite_master m, pragma_table_info(m.name) p WHERE m.type = 'table'");
	is($node->safe_psql('source', "SELECT string_agg(t || '.' || c, ' ') FROM (VALUES $columns) v (t, c)
		WHERE NOT EXISTS (SELECT FROM pg_attribute WHERE attrelid = ('stormdisc.' || t)::regclass AND attname = c)"),
		'', 'the names are those of the tables and views here');
}

$node->stop;

done_testing();
