# Waiting for messages.
#
# A waiter sleeps in no transaction and holds no snapshot, and is woken by what
# commits: by a send, by nothing that is rolled back, by the time of a delayed
# message or of a lease, and as many waiters as there are messages.  It never
# looks by itself here unless the test wants it: a wake-up that is lost is one
# that never comes, and the test fails.  The same without shared memory (which
# versions before 17 have only if the library is preloaded), where it looks.

use strict;
use warnings FATAL => 'all';

use FindBin;
use lib $FindBin::RealBin;
use IPC::Run;
use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use StormdiscTest;
use Test::More;

my $rounds = 1000;
my $node;

# A psql that runs a script in the background.
sub start_session
{
	my ($name, $script) = @_;
	my $session = { out => '', err => '' };
	my $file = PostgreSQL::Test::Utils::tempdir() . '/session.sql';

	open my $fh, '>', $file or die "could not write $file: $!";
	print $fh "SET application_name = '$name';\n$script";
	close $fh;
	$session->{handle} = IPC::Run::start(
		[ 'psql', '-XAtq', '-d', $node->connstr('postgres'), '-v', 'VERBOSITY=sqlstate', '-f', $file ],
		'<', \undef, '>', \$session->{out}, '2>', \$session->{err},
		IPC::Run::timeout($PostgreSQL::Test::Utils::timeout_default));
	return $session;
}

# What it has said.
sub finish_session
{
	my ($session) = @_;

	$session->{handle}->finish;
	return $session->{out} . $session->{err} =~ s/^psql:\S+:\d+: //mgr;
}

sub sleeping
{
	my ($name) = @_;

	return "FROM pg_stat_activity WHERE application_name ~ '^$name' AND wait_event_type IN ('Extension', 'LWLock')"
	  . " AND wait_event IN ('Extension', 'StormdiscWait') AND query ~ 'stormdisc_wait'";
}

# Until so many sessions of these names sleep.
sub wait_for_sleep
{
	my ($name, $count) = @_;
	local $Test::Builder::Level = $Test::Builder::Level + 1;

	ok($node->poll_query_until('postgres', "SELECT count(*) >= $count " . sleeping($name)),
		"$name: $count of them sleep");
	return;
}

sub sql
{
	return $node->safe_psql('postgres', $_[0]);
}

sub send_message
{
	my ($port, $more) = @_;

	return "SELECT stormdisc_send('$port', 's', 't', '1'" . ($more // '') . ");\n";
}

sub new_port
{
	my ($port) = @_;

	sql("SELECT stormdisc_create_port('$port')");
	return;
}

sub test_waiting
{
	my ($mode, $is_woken) = @_;
	my $never = "SET stormdisc.wait_check_interval = '1 h';\n";
	my ($waiter, $other);

	# there is something already, and there is nothing
	new_port('ready');
	is(sql("CALL stormdisc_wait('ready', '0 s')"), 'f', "$mode: nothing is due");
	is(sql("CALL stormdisc_wait('ready', '20 ms')"), 'f', "$mode: nor after a while");
	sql(send_message('ready'));
	is(sql("CALL stormdisc_wait('ready')"), 't', "$mode: a message is there");

	# a send wakes; what it sleeps in
	new_port('send');
	$waiter = start_session('waits', "${never}CALL stormdisc_wait('send', '1 h');\nSELECT count(*) FROM stormdisc_receive('send');\n");
	wait_for_sleep('waits', 1);
	ok( $node->poll_query_until('postgres', 'SELECT count(*) = 1 ' . sleeping('waits')
			  . ' AND xact_start IS NULL AND backend_xmin IS NULL AND backend_xid IS NULL'),
		"$mode: it sleeps in no transaction");
	sql(send_message('send'));
	is(finish_session($waiter), "t\n1\n", "$mode: a message wakes it");

	# so does one that another procedure waits for, in the transaction that it has to have
	new_port('nested');
	$waiter = start_session('nested', <<"EOS");
${never}DO \$\$
DECLARE
	due bool;
BEGIN
	PERFORM stormdisc_send('ready', 's', 't', '"before"');
	CALL stormdisc_wait('nested', '1 h', due);
	IF due AND (SELECT count(*) FROM stormdisc_receive('nested', 10)) = 1 THEN
		RAISE INFO USING ERRCODE = 'UE001';
	END IF;
	CALL stormdisc_wait('nested', '0 s', due);
	IF NOT due THEN
		RAISE INFO USING ERRCODE = 'UE002';
	END IF;
END
\$\$;
EOS
	wait_for_sleep('nested', 1);
	ok( $node->poll_query_until('postgres', 'SELECT count(*) = 1 ' . sleeping('nested')
			  . ' AND backend_xmin IS NULL AND backend_xid IS NULL'),
		"$mode: in a procedure it has no snapshot either");
	is(sql(q{SELECT count(*) FROM stormdisc.messages WHERE message_data = '"before"'}), 1,
		"$mode: what was done before is committed");
	sql(send_message('nested'));
	is(finish_session($waiter), "INFO:  UE001\nINFO:  UE002\n", "$mode: and wakes");

	# what does not commit wakes nobody
	new_port('undone');
	$waiter = start_session('undone', "${never}CALL stormdisc_wait('undone', '1 s');\n");
	wait_for_sleep('undone', 1);
	sql('BEGIN;' . send_message('undone') . 'ROLLBACK;');
	sql('BEGIN; SAVEPOINT s;' . send_message('undone') . 'ROLLBACK TO s; COMMIT;');
	sql('BEGIN; SAVEPOINT s;' . send_message('undone') . 'SAVEPOINT r; RELEASE r; ROLLBACK TO s; COMMIT;');
	is(finish_session($waiter), "f\n", "$mode: a message that is rolled back wakes nobody");
	$waiter = start_session('released', "${never}CALL stormdisc_wait('undone', '1 h');\n");
	wait_for_sleep('released', 1);
	sql('BEGIN; SAVEPOINT s;' . send_message('undone') . 'RELEASE s; SAVEPOINT r;' . send_message('undone')
		  . 'ROLLBACK TO r; COMMIT;');
	is(finish_session($waiter), "t\n", "$mode: one of a savepoint that is released does");

	# prepared: the session that commits it is not the one that sent it
	new_port('prepared');
	$waiter = start_session('prepared', "SET stormdisc.wait_check_interval = '50 ms';\nCALL stormdisc_wait('prepared', '1 h');\n");
	wait_for_sleep('prepared', 1);
	sql('BEGIN;' . send_message('prepared') . "PREPARE TRANSACTION 'wait';");
	sql("COMMIT PREPARED 'wait'");
	is(finish_session($waiter), "t\n", "$mode: a prepared one is found by looking");

	# times: of a message that is there, of one that comes, of a lease
	new_port('times');
	sql(send_message('times', ", delay => '300 ms'"));
	is(finish_session(start_session('time', "${never}CALL stormdisc_wait('times', '1 h');\n")), "t\n", "$mode: a delayed message");
	is(sql("SELECT count(*) FROM stormdisc_receive('times', lease => '300 ms')"), 1, "$mode: has its time");
	is(finish_session(start_session('lease', "${never}CALL stormdisc_wait('times', '1 h');\n")), "t\n", "$mode: a lease that ends");
	sql("SELECT stormdisc_complete('times', id, attempt) FROM stormdisc_receive('times')");
	$waiter = start_session('delayed', "${never}CALL stormdisc_wait('times', '1 h');\n");
	wait_for_sleep('delayed', 1);
	sql(send_message('times', ", delay => '300 ms'"));
	is(finish_session($waiter), "t\n", "$mode: a delayed message that comes while it sleeps");
	is(sql("SELECT count(*) FROM stormdisc_receive('times', lease => '1 h')"), 1, "$mode: is received");
	$waiter = start_session('failed', "${never}CALL stormdisc_wait('times', '1 h');\n");
	wait_for_sleep('failed', 1);
	sql("SELECT stormdisc_fail('times', id, attempt, delay => '300 ms') FROM stormdisc.message_waiting WHERE port_name = 'times'");
	is(finish_session($waiter), "t\n", "$mode: a retry that comes while it sleeps");

	# other ports do not matter
	new_port('other');
	$waiter = start_session('other', "${never}CALL stormdisc_wait('other', '1 s');\n");
	wait_for_sleep('other', 1);
	sql(send_message('send'));
	is(finish_session($waiter), "f\n", "$mode: a message to another port");

	# as many as there are messages
	if ($is_woken)
	{
		my @waiters;

		new_port('many');
		foreach my $i (1 .. 4)
		{
			push @waiters, start_session("many$i", "${never}CALL stormdisc_wait('many', '1 h');\n");
			wait_for_sleep("many$i", 1);
		}
		sql(send_message('many'));
		is(finish_session($waiters[0]), "t\n", "$mode: a message wakes one of several, the first that came");
		wait_for_sleep('many', 3);
		is(sql('SELECT count(*) ' . sleeping('many')), 3, "$mode: the others sleep");
		sql("SELECT stormdisc_send_batch('many', 's', 't', '{1,2}')");
		is(finish_session($waiters[$_]), "t\n", "$mode: two messages wake two") foreach 1, 2;
		wait_for_sleep('many', 1);

		# so do the messages of subtransactions, together; a wake-up more is for none of them
		sql("SELECT count(*) FROM stormdisc_consume('many', 10)");
		foreach my $i (6, 7)
		{
			push @waiters, start_session("many$i", "${never}CALL stormdisc_wait('many', '1 h');\n");
			wait_for_sleep('many', $i - 4);
		}
		sql('BEGIN; SAVEPOINT a; SAVEPOINT b;' . send_message('many') . 'SAVEPOINT c;' . send_message('other') . 'SAVEPOINT d;' . send_message('many')
			  . 'RELEASE c; RELEASE b; SAVEPOINT e;' . send_message('many') . 'SAVEPOINT f;' . send_message('many')
			  . 'RELEASE f; ROLLBACK TO e; RELEASE a; COMMIT;');
		is(finish_session($waiters[$_]), "t\n", "$mode: two messages of subtransactions wake two") foreach 3, 4;
		wait_for_sleep('many', 1);
		is(sql('SELECT count(*) ' . sleeping('many')), 1, "$mode: what is rolled back with one wakes nobody");
		$waiters[3] = $waiters[5];

		# and it does not matter how many there are
		new_port('subtransactions');
		is(sql(<<'EOS'), 60000, "$mode: many subtransactions");
SET statement_timeout = '20 s';
DO $$
BEGIN
	FOR i IN 1 .. 60000 LOOP
		BEGIN
			PERFORM stormdisc_send('subtransactions', 's', 't', '1');
		EXCEPTION WHEN division_by_zero THEN
		END;
	END LOOP;
END
$$;
SELECT pending FROM stormdisc_queue_stats('subtransactions');
EOS

		# who goes away leaves the watch to another
		sql("SELECT * FROM stormdisc_receive('many', 10, '1 h')");
		$other = start_session('many5', "${never}CALL stormdisc_wait('many', '1 h');\n");
		wait_for_sleep('many', 2);
		sql(send_message('many', ", delay => '1 s'"));
		sql(q{SELECT pg_terminate_backend(pid, 10000) FROM pg_stat_activity WHERE application_name = 'many7'});
		like(finish_session($waiters[3]), qr/57P01|terminat|closed/, "$mode: one that watches is terminated");
		is(finish_session($other), "t\n", "$mode: another watches in its place");
	}

	# what somebody else has locked is there, and nobody can receive it: no reason to be busy
	new_port('locked');
	sql(send_message('locked'));
	$other = start_session('locks', "BEGIN;\nSELECT count(*) FROM stormdisc_consume('locked');\n"
		  . "${never}SELECT 'holds', pg_sleep(0.5);\nROLLBACK;\n");
	ok($node->poll_query_until('postgres', "SELECT count(*) = 1 FROM pg_stat_activity WHERE application_name = 'locks' AND query ~ 'holds'"),
		"$mode: a receiver holds a message");
	cmp_ok(
		sql(<<'EOS'), '<', 100, "$mode: who finds it again and again takes its time");
CREATE TEMP TABLE calls (n int);
DO $$
DECLARE
	due bool := true;
	n int := 0;
	received bigint := 0;
BEGIN
	WHILE received = 0 LOOP
		CALL stormdisc_wait('locked', '1 h', due);
		SELECT count(*) INTO received FROM stormdisc_receive('locked');
		n := n + 1;
	END LOOP;
	INSERT INTO calls VALUES (n);
END
$$;
SELECT n FROM calls;
EOS
	is(finish_session($other), "1\nholds|\n", "$mode: and has it in the end");

	# no wake-up is lost: each waits for the other
	new_port('ping');
	new_port('pong');
	my $quick = "SET synchronous_commit = off;\n$never";
	$waiter = start_session('ping', $quick . join '', map { <<"EOS" } 1 .. $rounds);
CALL stormdisc_wait('ping', '1 h');
SELECT count(*) FROM stormdisc_consume('ping');
SELECT FROM stormdisc_send('pong', 's', 't', '1');
EOS
	# at another time in each round, from before the other looks until after
	$other = start_session('pong', $quick . join '', map { <<"EOS" } map { 40 * ($_ % 100) } 1 .. $rounds);
SELECT FROM (SELECT count(*) FROM generate_series(1, $_)) x;
SELECT FROM stormdisc_send('ping', 's', 't', '1');
CALL stormdisc_wait('pong', '1 h');
SELECT count(*) FROM stormdisc_consume('pong');
EOS
	is(finish_session($waiter) =~ s/\n+/\n/gr, "t\n1\n" x $rounds, "$mode: $rounds messages to one side");
	is(finish_session($other) =~ s/^\n//r =~ s/\n+/\n/gr, "t\n1\n" x $rounds, "$mode: and to the other");

	# cancel and timeout: the session goes on
	new_port('cancel');
	$waiter = start_session('cancel', "CALL stormdisc_wait('cancel', '1 h');\nSELECT 'goes on';\nCALL stormdisc_wait('cancel', '0 s');\n"
		  . "SET statement_timeout = '200 ms';\nCALL stormdisc_wait('cancel', '1 h');\nSELECT count(*) FROM stormdisc_receive('cancel');\n");
	wait_for_sleep('cancel', 1);
	sql(q{SELECT pg_cancel_backend(pid) FROM pg_stat_activity WHERE application_name = 'cancel'});
	is(finish_session($waiter), "goes on\nf\n0\nERROR:  57014\nERROR:  57014\n", "$mode: cancelled, and timed out");
	$waiter = start_session('nested cancel', "DO \$\$ DECLARE due bool; BEGIN CALL stormdisc_wait('cancel', '1 h', due); EXCEPTION WHEN division_by_zero THEN END \$\$;\n"
		  . "DO \$\$ DECLARE due bool; BEGIN CALL stormdisc_wait('cancel', '1 h', due); END \$\$;\nSELECT 'goes on';\n");
	wait_for_sleep('nested cancel', 1);
	sql(q{SELECT pg_cancel_backend(pid) FROM pg_stat_activity WHERE application_name = 'nested cancel'});
	like(finish_session($waiter), qr/^goes on\nERROR:  2D000\nERROR:  57014\n$/, "$mode: in a procedure, too");

	# a port that goes
	new_port('gone');
	$waiter = start_session('gone', "SET stormdisc.wait_check_interval = '50 ms';\nCALL stormdisc_wait('gone', '1 h');\n");
	wait_for_sleep('gone', 1);
	sql("SELECT stormdisc_drop_port('gone')");
	is(finish_session($waiter), "ERROR:  42704\n", "$mode: a port that is dropped");

	# terminate and shutdown
	$waiter = start_session('stopped', "CALL stormdisc_wait('cancel', '1 h');\n");
	wait_for_sleep('stopped', 1);
	$node->stop('fast');
	like(finish_session($waiter), qr/57P01|terminat|closed/, "$mode: a shutdown ends it");
	$node->start;
	is(sql("CALL stormdisc_wait('cancel', '0 s')"), 'f', "$mode: and the server is well");
	return;
}

# one notification for each transaction and port
sub test_notify
{
	my $long = 'l' x 255;

	new_port('told');
	new_port('told.too');
	new_port($long);
	is(sql("SELECT stormdisc_notify_channel('told.too')"), 'stormdisc_told.too', 'the channel of a port');
	like(sql("SELECT stormdisc_notify_channel('$long')"), qr/^stormdisc_[0-9a-f]{16}$/, 'that of a long name');
	my $out = finish_session(start_session('listens', <<"EOS"));
SELECT format('LISTEN %I', stormdisc_notify_channel(p)) FROM unnest('{told,told.too,$long}'::text[]) p \\gexec
SELECT FROM stormdisc_send('told', 's', 't', '1');
SET stormdisc.notify = on;
BEGIN;
SELECT FROM stormdisc_send('told', 's', 't', '1');
SELECT FROM stormdisc_send_batch('told', 's', 't', '{1,2}');
SELECT FROM stormdisc_send('told.too', 's', 't', '1');
SELECT FROM stormdisc_send('$long', 's', 't', '1');
COMMIT;
BEGIN;
SELECT FROM stormdisc_send('told', 's', 't', '1');
ROLLBACK;
EOS
	is_deeply([ $out =~ /Asynchronous notification "(\S+?)(?:_[0-9a-f]{16})?" received/g ],
		[ 'stormdisc_told', 'stormdisc_told.too', 'stormdisc' ], 'a notification for each port');
	return;
}

$node = new_node('wait', conf => <<'EOC');
shared_preload_libraries = 'stormdisc'
max_prepared_transactions = 2
autovacuum = off
EOC
test_waiting('preloaded', 1);
test_notify();

$node->append_conf('postgresql.conf', "shared_preload_libraries = ''");
$node->restart;
sql("SELECT stormdisc_drop_port(port_name, true) FROM stormdisc.ports");
test_waiting('not preloaded', sql("SELECT current_setting('server_version_num')::int >= 170000") eq 't');
$node->stop;

done_testing();
