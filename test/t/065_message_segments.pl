# Segments of messages are emptied while a snapshot is held.
#
# What was read and written in them is gone for good, whoever might still see
# it; what is left in them is kept, and nobody is kept waiting by somebody who
# is in the way.

use strict;
use warnings FATAL => 'all';

use FindBin;
use lib $FindBin::RealBin;
use PostgreSQL::Test::Utils;
use StormdiscTest;
use Test::More;

my $node = new_node('message_segments', conf => <<'EOC');
autovacuum = off
stormdisc.message_segment_period = 1
EOC

# how many segments have been gone on to is counted by whoever works
$node->safe_psql('postgres', <<'EOS');
SELECT stormdisc_create_port('p'), stormdisc_create_port('left');
CREATE TABLE plain (id int PRIMARY KEY, attempt int);
CREATE PROCEDURE work(rotations int, INOUT messages bigint DEFAULT 0, INOUT seen int DEFAULT 0) LANGUAGE plpgsql AS $$
DECLARE
	last bigint := (SELECT last_value % 3 FROM stormdisc.message_segment_seq);
	now bigint;
	done bigint;
	until timestamptz := clock_timestamp() + '120 s';
BEGIN
	WHILE seen < rotations AND clock_timestamp() < until LOOP
		PERFORM stormdisc_send_batch('p', 'a', 'b', array_fill('{"x": 1}'::jsonb, ARRAY[500]));
		COMMIT;
		SELECT count(*) FILTER (WHERE result = 'completed') INTO done
		FROM (SELECT array_agg(id) AS ids, array_agg(attempt) AS attempts FROM stormdisc_receive('p', 500)) r, stormdisc_complete('p', ids, attempts);
		COMMIT;
		-- a segment lasts a second, however much is done in it
		PERFORM pg_sleep(0.02);
		messages := messages + done;
		SELECT last_value % 3 INTO now FROM stormdisc.message_segment_seq;
		IF now <> last THEN
			seen := seen + 1;
			last := now;
		END IF;
	END LOOP;
END
$$;
EOS

my $ring = q{SELECT sum(pg_relation_size(oid)) FROM pg_class WHERE relname ~ '^message_(ready|waiting)_[0-9]$'};
my $standing = q{SELECT string_agg(message_data::text || ' ' || status, ', ' ORDER BY id) FROM stormdisc.port_messages WHERE port_name = 'left'};

# what stays: ready, in somebody's hands, delayed
$node->safe_psql('postgres', <<'EOS');
SELECT stormdisc_send('left', 'a', 'b', '"leased"');
SELECT stormdisc_receive('left', 1, '1 h');
SELECT stormdisc_send('left', 'a', 'b', '"delayed"', delay => '1 h');
SELECT stormdisc_send('left', 'a', 'b', '"soon"', delay => '3 s');
SELECT stormdisc_send('left', 'a', 'b', '"ready"', priority => -10);
SELECT stormdisc_send('left', 'a', 'b', '"first"', group_key => 'g');
SELECT stormdisc_send('left', 'a', 'b', '"second"', group_key => 'g');
EOS
my $before = $node->safe_psql('postgres', $standing);
my ($lease) = $node->safe_psql('postgres', q{SELECT id FROM stormdisc.port_messages WHERE status = 'processing'});

# somebody reads, and does not come to an end
my $reader = $node->background_psql('postgres');
$reader->query_safe('BEGIN ISOLATION LEVEL REPEATABLE READ; SELECT count(*) FROM stormdisc.messages');

my ($messages, $seen) = split /\|/, $node->safe_psql('postgres', 'CALL work(9)');
is($seen, 9, "nine segments were gone on to, with $messages messages");
my $size = $node->safe_psql('postgres', $ring);
my $row_size = $node->safe_psql('postgres', <<'EOS');
INSERT INTO stormdisc.message_ready_kept (position, id, attempt, last_attempt, segment, port_name) SELECT i, i, 1, 4, 3, 'size' FROM generate_series(1, 10000) i;
SELECT pg_relation_size('stormdisc.message_ready_kept') / 10000;
DELETE FROM stormdisc.message_ready WHERE port_name = 'size';
EOS
# there are two such rows of each message, those of message_waiting are larger
cmp_ok($size, '<', $messages * $row_size, "the ring has $size bytes, all rows would have " . 2 * $messages * $row_size . ' and more');
is($node->safe_psql('postgres', q{SELECT count(*) FROM stormdisc.port_messages WHERE port_name = 'p' AND status = 'completed'}),
	$messages, 'all messages are completed');
is($node->safe_psql('postgres', q{SELECT count(*) FROM stormdisc.port_messages WHERE port_name = 'p' AND status <> 'completed'}),
	0, 'and no other is left');
is($node->safe_psql('postgres', $standing), $before, 'what was left is there');
is($node->safe_psql('postgres', qq{SELECT stormdisc_complete('left', $lease, 1)}), 'completed', 'a lease is held, wherever its row went');
is($node->safe_psql('postgres', q{SELECT string_agg(message_data #>> '{}', ' ') FROM stormdisc_receive('left', 10)}),
	'soon first ready', 'and the others are delivered, by priority');
$reader->query_safe('COMMIT');
$reader->quit;

# somebody holds a lock on a segment: work goes on, and the ring waits
my $holder = $node->background_psql('postgres');
$holder->query_safe('BEGIN; LOCK TABLE stormdisc.message_ready IN ACCESS SHARE MODE');
$node->safe_psql('postgres', <<'EOS');
SELECT count(*) FROM generate_series(1, 40) i, LATERAL stormdisc_send_batch('p', 'a', 'b', array_fill(to_jsonb(i), ARRAY[500]));
EOS
my $last = $node->safe_psql('postgres', 'SELECT last_value % 3 FROM stormdisc.message_segment_seq');
foreach my $i (1 .. 40)
{
	$node->safe_psql('postgres', <<'EOS');
SELECT count(*) FROM (SELECT array_agg(id) AS ids, array_agg(attempt) AS attempts FROM stormdisc_receive('p', 500)) r, stormdisc_complete('p', ids, attempts);
EOS
}
is($node->safe_psql('postgres', 'SELECT last_value % 3 FROM stormdisc.message_segment_seq'), $last, 'no segment is emptied that somebody has locked');
is($node->safe_psql('postgres', q{SELECT count(*) FROM stormdisc.port_messages WHERE port_name = 'p' AND status <> 'completed'}),
	0, 'and the work was done');
$holder->query_safe('COMMIT');
$holder->quit;
($messages, $seen) = split /\|/, $node->safe_psql('postgres', 'CALL work(2)');
is($seen, 2, 'it goes on when the lock is gone');

# a crash leaves it as it was
$node->stop('immediate');
$node->start;
is($node->safe_psql('postgres', q{SELECT count(*) FROM stormdisc.port_messages WHERE port_name = 'p' AND status <> 'completed'}),
	0, 'after a crash all that was completed is');
($messages, $seen) = split /\|/, $node->safe_psql('postgres', 'CALL work(1)');
is($seen, 1, 'and the ring goes on');

$node->stop;
done_testing();
