# Receivers while a snapshot is held, so that rows that are gone pile up in the
# index of what is ready.  They do not walk over all of these each time; still
# what is of a higher priority, or was committed late, does not wait for long.
#
# Work is counted in calls and in buffers.  How long a late one takes is a matter
# of time: receivers look where it may be twice a second.

use strict;
use warnings FATAL => 'all';

use FindBin;
use lib $FindBin::RealBin;
use lib "$FindBin::RealBin/../model";
use PostgreSQL::Test::Utils;
use Psql;
use StormdiscTest;
use Test::More;
use Time::HiRes qw(time);

my $node = new_node('old_snapshot', conf => <<'EOC');
autovacuum = off
fsync = off
stormdisc.message_segment_period = 3600
EOC
$ENV{PGHOST} = $node->host;
$ENV{PGPORT} = $node->port;
$ENV{PGDATABASE} = 'postgres';

my $rows = 150_000;
my ($old, $receiver, $sender, $late) = map { Psql->new(timeout => 180) } 1 .. 4;

# the calls of a receiver until it gets the message
$node->safe_psql('postgres', <<'EOS');
SELECT stormdisc_create_port('p');
CREATE FUNCTION buffers_of_call() RETURNS bigint LANGUAGE plpgsql AS $$
DECLARE
	plan json;
BEGIN
	EXECUTE 'EXPLAIN (ANALYZE, BUFFERS, FORMAT json) SELECT id FROM stormdisc_consume(''p'', 1)' INTO plan;
	RETURN (plan -> 0 -> 'Plan' ->> 'Shared Hit Blocks')::bigint + (plan -> 0 -> 'Plan' ->> 'Shared Read Blocks')::bigint;
END
$$;
CREATE PROCEDURE receive_until(wanted jsonb, INOUT calls int DEFAULT 0) LANGUAGE plpgsql AS $$
DECLARE
	got jsonb;
BEGIN
	LOOP
		SELECT message_data INTO got FROM stormdisc_consume('p', 1);
		COMMIT;
		calls := calls + 1;
		EXIT WHEN got = wanted OR got IS NULL;
	END LOOP;
	calls := CASE WHEN got = wanted THEN calls END;
END
$$;
EOS

sub value
{
	my ($session, $sql) = @_;
	my $answer = $session->run($sql);

	die "$answer->{state}: $answer->{message}\n$sql\n" if defined $answer->{state};
	return $answer->{rows}[0][0];
}

sub send_many
{
	my ($n) = @_;
	value($sender, q{SELECT count(*) FROM stormdisc_send_batch('p', 'a', 'b', array_fill('"many"'::jsonb, ARRAY[10000]))}) for 1 .. $n / 10_000;
	return;
}

value($old, 'BEGIN ISOLATION LEVEL REPEATABLE READ');
value($old, 'SELECT count(*) FROM stormdisc.ports');
for (1 .. $rows / 10_000)
{
	send_many(10_000);
	value($receiver, q{SELECT count(*) FROM stormdisc_consume('p', 10000)});
}

# nothing is there: a session looks everywhere, and not again with the next call
my $newcomer = Psql->new;
my ($first, @next) = map { value($newcomer, 'SELECT buffers_of_call()') } 1 .. 10;
cmp_ok(median(@next) * 5, '<', $first, "an empty port takes $first buffers at first, then @next");

# a backlog, of which each call takes one
send_many(30_000);
my @calls;
for my $i (1 .. 5)
{
	value($receiver, q{SELECT count(*) FROM stormdisc_consume('p', 100)});
	value($sender, qq{SELECT stormdisc_send('p', 'a', 'b', '"high $i"', priority => 1)});
	push @calls, value($receiver, qq{CALL receive_until('"high $i"')}) // 1_000_000;
}
cmp_ok(median(@calls), '<', 300, "what is of a higher priority is had after this many calls: @calls");

# the sender of an earlier message commits late
my @seconds;
for my $i (1 .. 5)
{
	# what was sent before it is had, and a few after it
	while (value($receiver, q{SELECT count(*) FROM stormdisc_consume('p', 10000)}) > 0) { }
	value($late, 'BEGIN');
	value($late, qq{SELECT stormdisc_send('p', 'a', 'b', '"late $i"')});
	send_many(20_000);
	value($receiver, q{SELECT count(*) FROM stormdisc_consume('p', 100)});
	value($late, 'COMMIT');
	my $start = time;
	my $calls = value($receiver, qq{CALL receive_until('"late $i"')}) // die 'it was not had';
	push @seconds, time - $start;
}
cmp_ok(median(@seconds), '<', 1.2, "what was committed late after so many seconds: @seconds");

# and there is nothing that nobody has
my $left = value($receiver, q{SELECT count(*) FROM stormdisc.port_messages WHERE port_name = 'p' AND status = 'pending'});
my $had = 0;
for (1 .. 100)
{
	$had += value($receiver, q{SELECT count(*) FROM stormdisc_consume('p', 10000)});
	last if $had == $left;
}
is($had, $left, 'all the others are had too');

$_->quit for $old, $receiver, $sender, $late, $newcomer;
done_testing();
