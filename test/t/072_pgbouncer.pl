# Through pgbouncer in transaction mode, everything but the procedure that waits.
#
# Each transaction of a client may be run by another server process, which knows
# nothing of what came before: no setting, no prepared statement, no lock and no
# cache of ours may be needed across transactions, and what one process changes
# (a port) the others must see.

use strict;
use warnings FATAL => 'all';

use FindBin;
use lib $FindBin::RealBin, "$FindBin::RealBin/../model";
use IPC::Run;
use PortFunctions qw(call fill functions is_as_expected);
use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Psql;
use StormdiscTest;
use Test::More;

my $clients = 6;
my $servers = 2;
my $rounds = 60;

my $node = new_node('pgbouncer');
my ($dir, $port) = start_pgbouncer($node, $servers);
plan skip_all => 'pgbouncer is not installed (Debian package pgbouncer)' unless $dir;

my $direct = Psql->new(database => $node->connstr('postgres'));
my $through = "host=$dir port=$port dbname=postgres";
my $first = Psql->new(database => $through);
is($first->value('SELECT 1'), 1, 'pgbouncer answers') or diag(slurp_file("$dir/log"));

# two server processes for six clients
my @clients = ($first, map { Psql->new(database => $through) } 2 .. $clients);
my %pids;
for my $client ((@clients) x 3)
{
	$_->start('BEGIN') for @clients[ 0, 1 ];
	$_->finish for @clients[ 0, 1 ];
	$pids{ $_->value('SELECT pg_backend_pid()') } = 1 for @clients[ 0, 1 ];
	$_->rows('COMMIT') for @clients[ 0, 1 ];
}
is(scalar keys %pids, $servers, "$clients clients, $servers server processes");

# every function but the one that waits
fill($direct);
for my $function (grep { $_->{name} ne 'stormdisc_wait' } functions($direct))
{
	$direct->rows('BEGIN');
	$direct->rows('ROLLBACK');
	for my $client (@clients[ 0, 1 ])
	{
		my ($answer, $call) = (undef, call($function));

		$client->rows('BEGIN') unless $function->{is_procedure};
		$answer = $client->run($call);
		$client->rows('ROLLBACK') unless $function->{is_procedure};
		ok(is_as_expected($function, $answer), "$function->{name}") or diag("$call\n$answer->{state}: $answer->{message}");
	}
}

# a port that one process changes is changed for the other, at once
$direct->rows("SELECT stormdisc_create_port('shared', lease => '1 hour')");
sub lease_in_hours
{
	my ($client) = @_;

	$client->rows("SELECT stormdisc_send('shared', 's', 't', '{}')");
	return $client->value("SELECT round(extract(epoch FROM lease_until - clock_timestamp()) / 3600) FROM stormdisc_receive('shared')");
}
for my $hours (1 .. 4)
{
	# both processes know the port
	for my $client (@clients[ 0, 1 ])
	{
		$client->rows('BEGIN');
		$client->rows("SELECT * FROM stormdisc_receive('shared')");
	}
	$_->rows('ROLLBACK') for @clients[ 0, 1 ];

	$clients[ $hours % $clients ]->rows("SELECT stormdisc_alter_port('shared', lease => '$hours hours')");
	is(join(' ', map { lease_in_hours($_) } @clients, @clients), join(' ', ($hours) x (2 * $clients)), "a lease of $hours hours in all");
}
$clients[0]->rows("SELECT stormdisc_drop_port('shared', true)");
is_deeply([ map { $_->run("SELECT stormdisc_send('shared', 's', 't', '{}')")->{state} } @clients, @clients ], [ ('42704') x (2 * $clients) ],
	'a port that was dropped is gone in all');

# all clients at once: each message goes to one of them, once
$direct->rows("SELECT stormdisc_create_port('work', lease => '1 hour', jitter => 0)");
my (%seen, @twice, @wrong);
for my $round (1 .. $rounds)
{
	$_->start("SELECT stormdisc_send('work', 's', 't', '{\"a\": 1}', group_key => 'g' || $round % 7), stormdisc_send('work', 's', 't', '{}')") for @clients;
	$_->finish for @clients;
	$_->start("SELECT id, attempt FROM stormdisc_receive('work', 3)") for @clients;
	my @got = map { $_->finish->{rows} } @clients;
	for my $i (0 .. $#clients)
	{
		my $client = $clients[ ($i + $round) % $clients ];    # not the one that got them

		$seen{ $_->[0] }++ and push @twice, $_->[0] for @{ $got[$i] };
		$client->start(join ";\n", 'BEGIN', (map { "SELECT stormdisc_complete('work', $_->[0], $_->[1])" } @{ $got[$i] }), 'COMMIT');
	}
	for my $i (0 .. $#clients)
	{
		my $answer = $clients[ ($i + $round) % $clients ]->finish;

		push @wrong, $answer->{state} // '', map { $_->[0] } grep { ($_->[0] // '') ne 'completed' } @{ $answer->{rows} }
		  if defined $answer->{state} || grep { ($_->[0] // '') ne 'completed' } @{ $answer->{rows} };
	}
}
for (1 .. 1000)
{
	my @last = $first->rows("SELECT id, stormdisc_complete('work', id, attempt) FROM stormdisc_receive('work', 50)") or last;

	$seen{ $_->[0] }++ and push @twice, $_->[0] for @last;
}
is("@twice", '', 'no message to two clients');
is("@wrong", '', 'each delivery can be completed by whichever process');
is(scalar keys %seen, 2 * $rounds * $clients, 'none is lost');
is($direct->value("SELECT string_agg(DISTINCT status, ' ') FROM stormdisc.port_messages WHERE port_name = 'work'"), 'completed', 'and all are completed');

# the same by pgbench, with the simple protocol
$direct->rows("SELECT stormdisc_create_port('bench', lease => '1 hour')");
append_to_file("$dir/script", <<'EOS');
SELECT stormdisc_send('bench', 's', 't', '{"n": 1}');
BEGIN;
SELECT stormdisc_send('bench', 's', 't', '{"n": 2}');
SELECT id, attempt FROM stormdisc_consume('bench', 1);
COMMIT;
SELECT stormdisc_complete('bench', id, attempt) FROM stormdisc_receive('bench', 2);
BEGIN;
SELECT id FROM stormdisc_receive('bench', 2);
ROLLBACK;
EOS
my ($out, $err) = ('', '');
my $ok = IPC::Run::run([ 'pgbench', '-n', '-M', 'simple', '-c', 8, '-t', 50, '-f', "$dir/script", '-h', $dir, '-p', $port, 'postgres' ],
	'>', \$out, '2>', \$err);
ok($ok, 'pgbench through pgbouncer') or diag($err);
for (1 .. 1000)
{
	last unless $first->rows("SELECT stormdisc_complete('bench', id, attempt) FROM stormdisc_receive('bench', 100)");
}
is($direct->value("SELECT string_agg(s || ' ' || n, ', ') FROM (SELECT status AS s, count(*) AS n FROM stormdisc.port_messages WHERE port_name = 'bench' GROUP BY 1) AS c"),
	'completed 800', 'of 800 sent all are completed');

$_->quit for @clients, $direct;
done_testing();
