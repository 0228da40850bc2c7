# Groups while many send, receive, consume, fail, die and redrive at the same
# time: never two of a group in somebody's hands, always the oldest first,
# nothing twice, nothing lost.
#
# Each delivery is noted in a table with a unique key on the group, and the note
# is committed with the lease; a second delivery of the group would be a
# duplicate key, and the client fails.

use strict;
use warnings FATAL => 'all';

use FindBin;
use lib $FindBin::RealBin, "$FindBin::RealBin/../model";
use IPC::Run;
use PostgreSQL::Test::Utils;
use Psql;
use StormdiscTest;
use Test::More;

my $seconds = seconds_setting('STORMDISC_LOAD_SECONDS', 6);
my $dir = PostgreSQL::Test::Utils::tempdir();
my $node = new_node('groups_under_load', conf => "stormdisc.message_segment_period = '1s'\ndeadlock_timeout = 100ms\nlog_lock_waits = on\n");
$ENV{PGHOST} = $node->host;
$ENV{PGPORT} = $node->port;
my $psql = Psql->new(database => 'postgres', timeout => 120);

$psql->rows($_) for grep { /\S/ } split /;;\n/, <<'EOS';
SELECT stormdisc_create_port('p', lease => '1 hour', jitter => 0, backoff => '10 ms', max_retries => 2);;
CREATE TABLE in_hand (group_key text PRIMARY KEY, id bigint);;
CREATE TABLE done (seq bigint GENERATED ALWAYS AS IDENTITY, group_key text, id bigint UNIQUE, how text);;
CREATE PROCEDURE work(n int, failing int) LANGUAGE plpgsql AS $$
DECLARE
	m record;
	got jsonb := '[]';
	fails bool;
BEGIN
	FOR m IN SELECT * FROM stormdisc_receive('p', n) LOOP
		IF m.group_key IS NOT NULL THEN
			INSERT INTO in_hand VALUES (m.group_key, m.id);
		END IF;
		got := got || jsonb_build_object('id', m.id, 'attempt', m.attempt, 'group_key', m.group_key);
	END LOOP;
	COMMIT;
	FOR m IN SELECT * FROM jsonb_to_recordset(got) AS r (id bigint, attempt int, group_key text) LOOP
		fails := random() * 100 < failing;
		DELETE FROM in_hand h WHERE h.group_key = m.group_key;
		IF fails THEN
			IF stormdisc_fail('p', m.id, m.attempt, 'no') = 'stale' THEN
				RAISE EXCEPTION 'the lease of % is stale', m.id;
			END IF;
		ELSE
			INSERT INTO done (group_key, id, how) VALUES (m.group_key, m.id, 'received');
			IF stormdisc_complete('p', m.id, m.attempt) <> 'completed' THEN
				RAISE EXCEPTION 'the lease of % is stale', m.id;
			END IF;
		END IF;
		COMMIT;
	END LOOP;
END
$$;;
CREATE FUNCTION consume(n int) RETURNS void LANGUAGE plpgsql AS $$
DECLARE
	m record;
BEGIN
	FOR m IN SELECT * FROM stormdisc_consume('p', n) LOOP
		IF m.group_key IS NOT NULL THEN
			INSERT INTO in_hand VALUES (m.group_key, m.id);
			DELETE FROM in_hand h WHERE h.group_key = m.group_key;
		END IF;
		INSERT INTO done (group_key, id, how) VALUES (m.group_key, m.id, 'consumed');
	END LOOP;
END
$$;;
EOS

sub script
{
	my ($name, $text) = @_;

	append_to_file("$dir/$name", $text);
	return "$dir/$name";
}

my @scripts = (
	script('send', <<'EOS') . '@3',
\set g random(1, 12)
\set p random(-2, 2)
SELECT stormdisc_send('p', 's', 't', '{"n": 1}', group_key => CASE WHEN :g < 11 THEN 'g' || :g END, priority => :p);
EOS
	script('batch', <<'EOS') . '@1',
SELECT stormdisc_send_batch('p', 's', 't', array_fill('{}'::jsonb, ARRAY[8]), group_keys => ARRAY['g1', 'g2', 'g1', NULL, 'g3', 'g1', 'g4', 'g5']);
EOS
	script('work', <<'EOS') . '@4',
\set n random(1, 6)
CALL work(:n, 0);
EOS
	script('consume', <<'EOS') . '@3',
\set n random(1, 6)
SELECT consume(:n);
EOS
	script('taken_back', <<'EOS') . '@1',
\set n random(1, 6)
BEGIN;
SELECT consume(:n);
SELECT stormdisc_send('p', 's', 't', '{}', group_key => 'g2');
ROLLBACK;
EOS
	script('open', <<'EOS') . '@1');
BEGIN;
SELECT stormdisc_send('p', 's', 't', '{}', group_key => 'g3');
SELECT consume(2);
SELECT pg_sleep(0.003);
COMMIT;
EOS

my ($out, $err) = ('', '');
my $ok = IPC::Run::run([ 'pgbench', '-n', '-M', 'simple', '-c', 6, '-T', $seconds, (map { ('-f', $_) } @scripts), 'postgres' ], '>', \$out, '2>', \$err);
ok($ok, 'pgbench');
is($err =~ s/^pgbench \(.*\n//mgr, '', 'no client has failed');
note $out =~ /(number of transactions actually processed: \d+)/;

# the rest, with the same care
sub drain
{
	for (1 .. 200)
	{
		return unless $psql->value('SELECT (SELECT count(*) FROM stormdisc.messages) - (SELECT count(*) FROM done)');
		$psql->rows("SELECT stormdisc_redrive('p')");
		$psql->rows('DO $$ BEGIN FOR i IN 1 .. 200 LOOP CALL work(50, 0); END LOOP; END $$');
	}
}
drain();
is($psql->value("SELECT string_agg(DISTINCT status, ' ') FROM stormdisc.port_messages WHERE port_name = 'p'"), 'completed', 'all is completed');
is($psql->value('SELECT count(*) FROM stormdisc.messages m LEFT JOIN done d USING (id) WHERE d.id IS NULL'), 0, 'nothing is lost');
is($psql->value('SELECT count(*) FROM in_hand'), 0, 'nothing is left in hand');

# in the order of the ids, as far as these were there: an id is given before its
# message is committed, so only messages of one sender are sure to be in order
is($psql->value(<<'EOS'), 0, 'those of one batch and group are in order');
SELECT count(*) FROM (
	SELECT id, seq, lag(seq) OVER (PARTITION BY m.created_at, d.group_key ORDER BY id) AS seq_before
	FROM done d JOIN stormdisc.messages m USING (id) WHERE d.group_key IS NOT NULL AND m.source_component = 's') AS s
WHERE seq < seq_before
EOS
unlike(slurp_file($node->logfile), qr/deadlock detected|still waiting for (?:ShareLock|AccessExclusive)/, 'nobody waits for long, and there is no deadlock');

# with failures: retries keep their place, dead letters come back by redrive
my ($out2, $err2) = ('', '');
my $failing = script('failing', <<'EOS');
SELECT stormdisc_send_batch('p', 's', 't', array_fill('{}'::jsonb, ARRAY[4]), group_keys => ARRAY['g1', 'g2', 'g1', 'g6']);
\set n random(1, 6)
CALL work(:n, 40);
CALL work(:n, 40);
SELECT stormdisc_redrive('p', max_messages => 2);
EOS
$ok = IPC::Run::run([ 'pgbench', '-n', '-M', 'simple', '-c', 5, '-T', $seconds / 2, '-f', $failing, 'postgres' ], '>', \$out2, '2>', \$err2);
is($err2 =~ s/^pgbench \(.*\n//mgr, '', 'no client has failed');
drain();
is($psql->value("SELECT string_agg(DISTINCT status, ' ') FROM stormdisc.port_messages WHERE port_name = 'p'"), 'completed', 'all is completed');
is($psql->value('SELECT count(*) FROM stormdisc.messages m LEFT JOIN done d USING (id) WHERE d.id IS NULL'), 0, 'nothing is lost');
unlike(slurp_file($node->logfile), qr/deadlock detected/, 'there is no deadlock');

$psql->quit;
done_testing();
