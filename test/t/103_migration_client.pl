# The program stormdisc-migrate: the names of files, hostile search paths, what
# its steps set, and others that run migrations at the same time.

use strict;
use warnings FATAL => 'all';

use FindBin;
use IPC::Run;
use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Test::More;
use lib $FindBin::RealBin;
use StormdiscTest;

my $node = new_node('main', conf => "max_prepared_transactions = 2\n", extension => 0);
my $dir = PostgreSQL::Test::Utils::tempdir();
my $database;

sub sql
{
	return $node->safe_psql($database, $_[0]);
}

sub use_database
{
	($database) = @_;
	$node->safe_psql('postgres', "CREATE DATABASE $database");
	sql('CREATE EXTENSION stormdisc');
	return;
}

sub command
{
	return [ 'stormdisc-migrate', '-h', $node->host, '-p', $node->port, '-d', $database, @_ ];
}

sub client
{
	my ($out, $err) = ('', '');
	my $ok = IPC::Run::run(command(@_), '>', \$out, '2>', \$err, IPC::Run::timeout(60));
	return ($ok, $out, $err);
}

sub client_ok
{
	my ($name, @arguments) = @_;
	local $Test::Builder::Level = $Test::Builder::Level + 1;
	my ($ok, $out, $err) = client(@arguments);
	ok($ok, $name) or diag($err);
	return $out;
}

sub client_fails_like
{
	my ($pattern, $name, @arguments) = @_;
	local $Test::Builder::Level = $Test::Builder::Level + 1;
	my ($ok, $out, $err) = client(@arguments);
	ok($? >> 8 == 1 && $err =~ $pattern, $name) or diag($out . $err);
	return;
}

# A directory of migrations: names of files and their texts.
sub directory
{
	my ($name, %files) = @_;
	my $path = "$dir/$name";
	mkdir $path;
	for my $file (keys %files)
	{
		mkdir "$path/$1" if $file =~ m{(.*)/}s;
		open my $handle, '>', "$path/$file" or die "$path/$file: $!";
		print $handle $files{$file};
		close $handle;
	}
	return $path;
}

# A session that does this and stays in its transaction, until it is ended.
sub hold
{
	my ($sql) = @_;
	my $session = IPC::Run::start([ 'psql', '-XAtq', '-h', $node->host, '-p', $node->port, '-d', $database,
			'-c', "BEGIN; $sql; SELECT pg_sleep(1000)" ], '<', \undef, '>', \my $out, '2>', \my $err, IPC::Run::timeout(120));
	$node->poll_query_until($database, "SELECT EXISTS (SELECT FROM pg_stat_activity WHERE wait_event = 'PgSleep')")
	  or die "not held: $sql";
	return $session;
}

sub release
{
	my ($session) = @_;
	sql("SELECT pg_terminate_backend(pid, 10000) FROM pg_stat_activity WHERE wait_event = 'PgSleep'");
	$session->finish;
	return;
}

#
# Names of files
#
use_database('names');
client_ok('zeros: load', 'load', directory('zeros', (map { sprintf('%03d_number_%d.sql', $_, $_) => "CREATE TABLE n$_ (i int);\n" } 1 .. 10),
		'010_number_10.down.sql' => "DROP TABLE n10;\n"));
is(sql('SELECT string_agg(version || description || (down_sql IS NOT NULL)::text, \' \' ORDER BY version) FROM stormdisc.migrations WHERE version > 7'),
	'8number 8false 9number 9false 10number 10true', '008 is 8, and 010 is 10');
client_ok('zeros: up', 'up');
is(sql('SELECT stormdisc_current_version()'), '10', 'zeros: all are applied');
client_ok('zeros of directories', 'load', directory('directories', 'V011/up.sql' => 'SELECT 1', 'V0012/up.sql' => 'SELECT 1'));
is(sql('SELECT string_agg(version::text, \' \' ORDER BY version) FROM stormdisc.migrations WHERE version > 10'), '11 12', 'V011 is 11');
client_fails_like(qr/version 7 is there twice/, 'the same number twice', 'load', directory('twice', '7_a.sql' => 'SELECT 1', '007_b.sql' => 'SELECT 1'));
client_fails_like(qr/control character/, "a name with the end of a line: $_", 'load', directory("lines$_", $_ == 0 ? ("13_a\n14_b.sql" => 'SELECT 1')
		: $_ == 1 ? ("13_a.sql" => 'SELECT 1', "R__a\n.sql" => 'SELECT 1') : ("V13\n/up.sql" => 'SELECT 1'))) for 0 .. 2;
client_fails_like(qr/control character/, 'a name with a tab', 'load', directory('tabs', "13_a\t1.sql" => 'SELECT 1'));
my $name = q{13_it's $(touch x) `touch y` \\gx :v ".sql};
client_ok('any other name', 'load', directory('quotes', $name => 'SELECT 1'));
is(sql('SELECT description FROM stormdisc.migrations WHERE version = 13'), q{it's $(touch x) `touch y` \\gx :v "}, 'means nothing to psql or the shell');
client_fails_like(qr/unknown option "lock_timeot" in .*13_a.sql/, 'an option that is none', 'load', directory('typo', '13_a.sql' => "-- stormdisc: lock_timeot = 5s\nSELECT 1"));
client_fails_like(qr/invalid value for parameter "lock_timeout".*registration of migration 14/s, 'an error names the migration', 'load',
	directory('values', '13_a.sql' => 'SELECT 1', '14_b.sql' => "-- stormdisc: lock_timeout = soon\nSELECT 1"));
client_ok('a byte order mark', 'load', directory('marks', '14_b.sql' => "\xef\xbb\xbf-- stormdisc: lock_timeout = 5s\r\nSELECT 1;\r\n",
		'14_b.down.sql' => "\xef\xbb\xbfSELECT 2;\r\n"));
is(sql("SELECT options, starts_with(up_sql, '-- stormdisc'), starts_with(down_sql, 'SELECT 2') FROM stormdisc.migrations WHERE version = 14"),
	'{"lock_timeout": "5s"}|t|t', 'a byte order mark is none of the script');
client_fails_like(qr/at version 10 already, which is above 3/, 'a target below', 'up', 3);
client_fails_like(qr/invalid version: 010/, 'numbers of arguments have no zeros', 'up', '010');

#
# A search path with functions and operators that are not the server's
#
use_database('hostile');
sql(<<'EOS');
CREATE SCHEMA evil;
CREATE FUNCTION evil.no(anyelement, anyelement) RETURNS bool LANGUAGE plpgsql AS $$ BEGIN RAISE 'evil operator'; END $$;
DO $$
DECLARE
	op text;
	type regtype;
BEGIN
	FOREACH type IN ARRAY '{int,bigint,text,name,oid,bool,timestamptz}'::regtype[] LOOP
		EXECUTE format('CREATE FUNCTION evil.no(%1$s, %1$s) RETURNS bool LANGUAGE plpgsql AS $f$ BEGIN RAISE ''evil operator''; END $f$', type);
		FOREACH op IN ARRAY '{=,<>,<,>,<=,>=}'::text[] LOOP
			EXECUTE format('CREATE OPERATOR evil.%1$s (LEFTARG = %2$s, RIGHTARG = %2$s, FUNCTION = evil.no)', op, type);
		END LOOP;
	END LOOP;
END
$$;
CREATE FUNCTION evil.f(text) RETURNS text LANGUAGE plpgsql AS $$ BEGIN RAISE 'evil function'; END $$;
CREATE FUNCTION evil.quote_ident(text) RETURNS text LANGUAGE sql AS 'SELECT evil.f($1)';
CREATE FUNCTION evil.quote_ident(name) RETURNS text LANGUAGE sql AS 'SELECT evil.f($1::text)';
CREATE FUNCTION evil.format(text, VARIADIC text[]) RETURNS text LANGUAGE sql AS 'SELECT evil.f($1)';
CREATE FUNCTION evil.set_config(text, text, bool) RETURNS text LANGUAGE sql AS 'SELECT evil.f($1)';
CREATE FUNCTION evil.jsonb_strip_nulls(jsonb) RETURNS jsonb LANGUAGE sql AS 'SELECT evil.f($1::text)::jsonb';
CREATE FUNCTION evil.jsonb_pretty(jsonb) RETURNS text LANGUAGE sql AS 'SELECT evil.f($1::text)';
CREATE FUNCTION evil.date_trunc(text, timestamptz) RETURNS timestamptz LANGUAGE sql AS 'SELECT evil.f($1)::timestamptz';
CREATE FUNCTION evil.step(int, int) RETURNS int LANGUAGE sql AS 'SELECT evil.f(''step'')::int';
CREATE AGGREGATE evil.max(int) (SFUNC = evil.step, STYPE = int);
CREATE FUNCTION evil.stormdisc_current_version() RETURNS int LANGUAGE sql AS 'SELECT evil.f(''x'')::int';
CREATE FUNCTION evil.stormdisc_end_step(int, int) RETURNS bool LANGUAGE sql AS 'SELECT evil.f(''x'')::bool';
CREATE DOMAIN evil.boolean AS text CHECK (VALUE IS NULL);
ALTER DATABASE hostile SET search_path = evil, pg_catalog, public;
EOS
$node->psql($database, 'SELECT 1 = 1', on_error_stop => 0, stderr => \my $evil);
like($evil, qr/evil operator/, 'the path is hostile');
my $hostile = directory('hostile',
	'001_a.sql' => "-- stormdisc: lock_timeout = 5s\nCREATE TABLE public.a (i int);\n", '001_a.down.sql' => "DROP TABLE public.a;\n",
	'002_b.sql' => "-- stormdisc: transaction = false\n-- stormdisc: lock_timeout = 5s\nCREATE INDEX CONCURRENTLY a_i ON public.a (i);\nCREATE TABLE public.b (i int);\n",
	'002_b.down.sql' => "DROP TABLE public.b;\nDROP INDEX CONCURRENTLY public.a_i;\n",
	'R__v.sql' => 'CREATE OR REPLACE VIEW public.v AS SELECT 1 AS one');
client_ok('hostile: load', 'load', $hostile);
client_ok('hostile: again', 'load', $hostile);
client_ok('hostile: up', 'up');
is(client_ok('hostile: version', 'version'), "2\n", 'hostile: all is applied');
like(client_ok('hostile: status', 'status'), qr/2 \| b .*applied/, 'hostile: status');
client_ok('hostile: drift', 'drift');
client_ok('hostile: down', 'down', 0);
like(client_ok('hostile: test', 'test', 1), qr/reversible\s+\| t/, 'hostile: test');
is(client_ok('hostile: version again', 'version'), "0\n", 'hostile: all is reverted');

#
# What a step sets ends with it, and its options are heeded
#
use_database('settings');
$node->safe_psql($database, 'CREATE ROLE app; GRANT CREATE, USAGE ON SCHEMA public TO app; CREATE SCHEMA other; CREATE TABLE public.big (i int); ALTER TABLE big OWNER TO app');
my $settings = directory('settings',
	'1_a.sql' => <<'EOF', '1_a.down.sql' => "DROP INDEX CONCURRENTLY public.big_i;\nDROP TABLE public.before, other.after, public.later, public.last;\n");
-- stormdisc: transaction = false
-- stormdisc: search_path = other, public
SET ROLE app;
SET search_path = public;
SET work_mem = '123kB';
SET LOCAL lock_timeout = '1ms';
CREATE TABLE before AS SELECT current_user::text AS who, current_setting('work_mem') AS work_mem;
CREATE INDEX CONCURRENTLY big_i ON big (i);
CREATE TABLE after AS SELECT current_user::text AS who, current_setting('work_mem') AS work_mem, current_setting('lock_timeout') AS lock_timeout;
SELECT set_config('role', 'app', false), set_config('search_path', 'public', false);
CREATE TABLE later (i int);
SET SESSION AUTHORIZATION app;
REINDEX TABLE CONCURRENTLY big;
CREATE TABLE public.last AS SELECT current_user::text AS who, session_user::text AS session;
EOF
client_ok('settings: load', 'load', $settings);
client_ok('settings: up', 'up');
is(sql('SELECT who, work_mem FROM public.before'), 'app|123kB', 'a step has what it sets');
is(sql('SELECT * FROM other.after'), sql(q{SELECT current_user, current_setting('work_mem'), current_setting('lock_timeout')}), 'the next one has not');
is(sql('SELECT * FROM public.last'), sql('SELECT current_user, session_user'), 'nor the session of another role');
is(sql("SELECT applied_by = current_user FROM stormdisc.schema_version WHERE component = 'schema'"), 't', 'who has applied it');
is(sql("SELECT array_to_string(tables, ' ') FROM stormdisc.schema_version WHERE component = 'schema'"), 'other.after public.before public.big public.last public.later',
	'the tables of all steps are written down');
client_ok('settings: down', 'down', 0);
is(sql(q{SELECT details->>'tables' FROM stormdisc.migration_log WHERE action = 'reverted'}),
	'["other.after", "public.before", "public.big", "public.last", "public.later"]', 'on the way back, too');

client_ok('lock_timeout: load', 'load', directory('timeout', '1_a.sql' => <<'EOF'));
-- stormdisc: transaction = false
-- stormdisc: lock_timeout = 100ms
CREATE INDEX CONCURRENTLY big_i ON big (i);
ALTER TABLE big ADD x int;
EOF
my $gate = hold('LOCK TABLE big');
client_fails_like(qr/lock timeout/, 'lock_timeout: of a statement in no transaction', 'up');
like(client_ok('status', 'status'), qr/dirty.*0 of 2 steps/, 'lock_timeout: nothing is done');
release($gate);
sql(q{CREATE FUNCTION public.hold() RETURNS event_trigger LANGUAGE plpgsql AS $$ BEGIN PERFORM pg_advisory_xact_lock(1); END $$});
sql('CREATE EVENT TRIGGER hold ON ddl_command_start WHEN TAG IN (\'ALTER TABLE\') EXECUTE FUNCTION hold()');
# this one has no snapshot, which the index would wait for
sql(q{BEGIN; SELECT pg_advisory_xact_lock(1); PREPARE TRANSACTION 'gate'});
client_fails_like(qr/lock timeout/, 'lock_timeout: of a statement in a transaction', 'up');
like(client_ok('status', 'status'), qr/dirty.*1 of 2 steps/, 'lock_timeout: the first step is done');
sql(q{ROLLBACK PREPARED 'gate'});
client_ok('lock_timeout: up goes on', 'up');
is(sql('SELECT stormdisc_current_version()'), '1', 'lock_timeout: it is applied');

# a constraint that waits is checked before it is written down that a step is done
client_ok('deferred: load', 'load', directory('deferred', '2_a.sql' => <<'EOF'));
-- stormdisc: transaction = false
CREATE TABLE circle (id int PRIMARY KEY, other int REFERENCES circle DEFERRABLE INITIALLY DEFERRED);
INSERT INTO circle VALUES (1, 2);
INSERT INTO circle VALUES (2, 1);
VACUUM circle;
INSERT INTO circle VALUES (3, 4);
EOF
client_fails_like(qr/violates foreign key.*constraints at the end of up script of migration 2/s, 'deferred: one that waits', 'up');
is(sql('SELECT next_step, (SELECT count(*) FROM circle) FROM stormdisc.migration_progress'), '3|2', 'deferred: the steps before are done');
sql('INSERT INTO circle VALUES (4, 4)');
client_ok('deferred: up goes on', 'up');
is(sql('SELECT count(*) FROM circle'), '4', 'deferred: each step was done once');

#
# Many at once: one runs the migrations, the others find them applied
#
use_database('many');
sql('CREATE TABLE big (i int)');
my $many = directory('many', map { ("V$_/up.sql",
		($_ % 3 ? "CREATE TABLE t$_ (i int);\n" : "-- stormdisc: transaction = false\nCREATE INDEX CONCURRENTLY i$_ ON big (i);\n")) } 1 .. 9);
client_ok('many: load', 'load', $many);
my @runners = map { { out => '', err => '' } } 1 .. 4;
$_->{handle} = IPC::Run::start(command('up'), '>', \$_->{out}, '2>', \$_->{err}, IPC::Run::timeout(60)) for @runners;
for (@runners)
{
	ok($_->{handle}->finish, 'many: a runner is done') or diag($_->{err});
}
is(sql("SELECT string_agg(version::text, ' ' ORDER BY id) FROM stormdisc.migration_log WHERE action = 'applied'"), '1 2 3 4 5 6 7 8 9', 'many: each was applied once');
is(sql('SELECT count(*) FROM pg_index WHERE NOT indisvalid'), '0', 'many: all indexes are there');

$node->stop;
done_testing();
