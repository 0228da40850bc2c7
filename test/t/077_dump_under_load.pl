# A dump that is taken while messages are sent and received: in its snapshot each
# message stands at exactly one place, and a restore has all that was not
# completed.
#
# pg_dump takes its snapshot first and its locks later.  What moves rows out of
# the way and empties a segment in between must not take them from the dump.

use strict;
use warnings FATAL => 'all';

use FindBin;
use lib $FindBin::RealBin, "$FindBin::RealBin/../model";
use PostgreSQL::Test::Utils;
use Psql;
use StormdiscTest;
use Test::More;

my $dumps = 3;
my $snapshots = 30;
my $dir = PostgreSQL::Test::Utils::tempdir();
my $node = new_node('dump_under_load', conf => "stormdisc.message_segment_period = '1s'\njit = off\n");
$ENV{PGHOST} = $node->host;
$ENV{PGPORT} = $node->port;

# Messages that stand nowhere, or at more than one place.
my $astray = <<'EOS';
WITH places AS (
	SELECT id, count(*) AS n FROM (
		SELECT id FROM stormdisc.message_ready
		UNION ALL SELECT id FROM stormdisc.message_waiting
		UNION ALL SELECT unnest(ids) FROM stormdisc.message_leases
		UNION ALL SELECT id FROM stormdisc.message_dead_letters
		UNION ALL SELECT unnest(ids) FROM stormdisc.message_completions) AS p
	GROUP BY id)
SELECT count(*) FILTER (WHERE n IS NULL) || ' nowhere, ' || count(*) FILTER (WHERE n > 1) || ' at two places'
FROM stormdisc.messages m LEFT JOIN places p USING (id)
EOS
my $fine = '0 nowhere, 0 at two places';

my $psql = Psql->new(database => 'postgres', timeout => 120);
$psql->rows("SELECT stormdisc_create_port('load', lease => '1 hour', jitter => 0)");
append_to_file("$dir/script", <<'EOS');
SELECT stormdisc_send_batch('load', 's', 't', array_fill('{"n": 1}'::jsonb, ARRAY[20]));
SELECT count(stormdisc_complete('load', id, attempt)) FROM stormdisc_receive('load', 18);
SELECT stormdisc_fail('load', id, attempt, 'later', delay => '1 hour') FROM stormdisc_receive('load', 1);
SELECT stormdisc_send('load', 's', 't', '{"n": 2}', delay => '1 s');
SELECT stormdisc_send('load', 's', 't', '{"n": 3}', priority => -5);
EOS
my ($out, $err) = ('', '');
my $load = IPC::Run::start([ 'pgbench', '-n', '-c', 3, '-T', seconds_setting('STORMDISC_LOAD_SECONDS', 20), '-R', 100, '-f', "$dir/script", 'postgres' ],
	'>', \$out, '2>', \$err);
my $before = $psql->value('SELECT last_value FROM stormdisc.message_segment_seq');
my %wrong;
my $recovered = 0;

# what a dump does, many times: a snapshot, and a little later the rows, now and
# then more than a period later
for my $i (1 .. $snapshots)
{
	$psql->rows('BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY');
	$psql->rows('SELECT count(*) FROM pg_class');
	select undef, undef, undef, $i % 6 == 0 ? 1.2 : 0.15;
	my $answer = $psql->value($astray);
	$wrong{$answer}++ if $answer ne $fine;
	$psql->rows('COMMIT');
	# what moves just now is not lost
	$recovered += $psql->value("SELECT stormdisc_recover_messages('load')");
}
is($recovered, 0, 'and none is recovered that is not lost');
is(join('; ', map { "$_ ($wrong{$_} times)" } sort keys %wrong), '', "in $snapshots snapshots each message stands at one place");

for my $i (1 .. $dumps)
{
	$node->command_ok([ 'pg_dump', '-Fc', '-f', "$dir/$i.dump", 'postgres' ], "pg_dump $i");
}
ok($load->finish, 'pgbench') or diag($err);
like($out, qr/number of failed transactions: 0 /, 'no transaction has failed');
my $after = $psql->value('SELECT last_value FROM stormdisc.message_segment_seq');
cmp_ok($after, '>', $before, 'segments have moved on');

for my $i (1 .. $dumps)
{
	$node->safe_psql('postgres', "CREATE DATABASE dump_$i");
	$node->command_ok([ 'pg_restore', '--exit-on-error', '-d', "dump_$i", "$dir/$i.dump" ], "pg_restore $i");
	is($node->safe_psql("dump_$i", $astray), $fine, 'each message stands at one place');
	is($node->safe_psql("dump_$i", 'SELECT stormdisc_recover_messages()'), 0, 'nothing is to be recovered');
	note 'messages: ' . $node->safe_psql("dump_$i", 'SELECT count(*) FROM stormdisc.messages');
}
is($psql->value($astray), $fine, 'and at the end');

# what a dump has lost is found once, by itself, when all is restored
my $rule = q{SELECT rows, is_done, message FROM stormdisc_maintain() WHERE rule = 'restored_messages'};
my $lost = $node->safe_psql('dump_1', 'WITH gone AS (DELETE FROM stormdisc.message_ready RETURNING 1) SELECT count(*) FROM gone');
cmp_ok($lost, '>', 0, "$lost messages are lost");
$node->safe_psql('dump_1', q{CREATE TABLE ids AS SELECT last_value FROM stormdisc.message_id_seq; SELECT setval('stormdisc.message_id_seq', 1, false)});
is($node->safe_psql('dump_1', $rule), '0|f|the database is being restored', 'nothing is done before the sequence is there');
$node->safe_psql('dump_1', q{SELECT setval('stormdisc.message_id_seq', last_value) FROM ids});
is($node->safe_psql('dump_1', $rule =~ s/\(\)/(true)/r), "$lost|t|", 'they would be recovered');
is($node->safe_psql('dump_1', $rule =~ s/\(\)/(max_rows => 1)/r), '1|f|', 'one after the other');
is($node->safe_psql('dump_1', $rule), $lost - 1 . '|t|', 'all of them');
is($node->safe_psql('dump_1', $astray), $fine, 'each message stands at one place');
$node->safe_psql('dump_1', 'DELETE FROM stormdisc.message_ready');
is($node->safe_psql('dump_1', $rule), '0|t|', 'it is done once');
is($node->safe_psql('dump_1', 'SELECT stormdisc_recover_messages()'), $lost, 'or by hand');
$psql->quit;
done_testing();
