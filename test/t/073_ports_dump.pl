# The rows of the ports in dumps: all durable ones are there after a restore, as
# they were, whatever the way of the dump; the sequences go on; what was somebody's
# is still theirs; and the extension can be dropped and made again.

use strict;
use warnings FATAL => 'all';

use FindBin;
use lib $FindBin::RealBin, "$FindBin::RealBin/../model";
use PortFunctions qw(fill);
use PostgreSQL::Test::Utils;
use Psql;
use StormdiscTest;
use Test::More;

# What is in no dump, and why.
my %not_dumped = (
	'stormdisc.message_groups' => 'rows to lock, made again when needed',
	'stormdisc.own_objects' => 'filled by the version that is installed',
	'stormdisc.message_recoveries' => 'of this database, a restored one is another',
	'stormdisc.message_segment_left_seq' => 'found out again',
	'stormdisc.message_segment_seq' => 'which segment comes next is as good as any');

my $dir = PostgreSQL::Test::Utils::tempdir();
my $node = new_node('ports_dump');
$ENV{PGHOST} = $node->host;
$ENV{PGPORT} = $node->port;

sub session { return Psql->new(database => $_[0]); }

# A digest of each relation's rows and of each sequence.
sub contents
{
	my ($database) = @_;
	my $psql = session($database);
	my %contents;

	$psql->rows("SET timezone = 'UTC'");
	for my $row ($psql->rows(<<'EOS'))
SELECT c.oid::regclass, c.relkind FROM pg_class c
WHERE c.relnamespace = 'stormdisc'::regnamespace AND c.relkind IN ('r', 'p', 'S', 'm', 'v')
EOS
	{
		my ($relation, $kind) = @$row;

		next if $not_dumped{$relation} || $relation eq 'stormdisc.schema_version'; # has when it was installed
		$contents{$relation} = $psql->value($kind eq 'S'
			? "SELECT last_value || ' ' || is_called FROM $relation"
			: "SELECT count(*) || ' rows ' || coalesce(md5(string_agg(r::text, E'\\n' ORDER BY r::text COLLATE \"C\")), '') FROM $relation AS r");
	}
	$psql->quit;
	return \%contents;
}

sub is_same
{
	my ($got, $expected, $name) = @_;
	my @different = grep { ($got->{$_} // 'missing') ne ($expected->{$_} // 'missing') } sort keys %{ { %$got, %$expected } };

	is(scalar @different, 0, $name)
	  or diag(map { "$_: " . ($got->{$_} // 'missing') . ' instead of ' . ($expected->{$_} // 'missing') . "\n" } @different);
	return;
}

my $psql = session('postgres');
fill($psql);
$psql->rows($_) for grep { /\S/ } split /;\n/, <<'EOS';
ANALYZE
EOS
my $original = contents('postgres');
# what other tests are about
my $of_others = qr/^stormdisc\.(?:snapshots|type_map|discovery_\w+|events|(?:edge|root|baseline)_store\w*|causal_edges|trace_roots|cross_trace_index|baseline_metrics|metadata|migrat\w+|repeatable_scripts|area_roles)$/;
my @empty = grep { $original->{$_} =~ /^0 rows/ && $_ !~ $of_others && !is_partition($_) } sort keys %$original;
is("@empty", '', 'there are rows in every relation');

sub is_partition
{
	my ($relation) = @_;

	return $psql->value("SELECT relispartition FROM pg_class WHERE oid = '$relation'::regclass") eq 't';
}

# nothing that is in no dump has a row that would be missed
my @configured = map { $_->[0] } $psql->rows(<<'EOS');
SELECT c.oid::regclass FROM pg_extension e, unnest(e.extconfig) AS c (oid) WHERE e.extname = 'stormdisc'
EOS
my %is_configured = map { $_ => 1 } @configured;
my @members = map { $_->[0] } $psql->rows(<<'EOS');
SELECT c.oid::regclass FROM pg_class c JOIN pg_depend d ON d.classid = 'pg_class'::regclass AND d.objid = c.oid AND d.deptype = 'e'
WHERE c.relkind IN ('r', 'S') ORDER BY 1::text
EOS
is(join(' ', grep { !$is_configured{$_} && !$not_dumped{$_} && $_ !~ $of_others } @members), '',
	'all tables and sequences of the extension are marked for dumps');

sub restored
{
	my ($database, $name) = @_;

	is_same(contents($database), $original, "$name: row for row");
	goes_on($database, $name);
	return;
}

# What was there can be used: the next ids are new, and leases hold.
sub goes_on
{
	my ($database, $name) = @_;
	my $psql = session($database);
	my $last = $psql->value('SELECT max(id) FROM stormdisc.messages');

	ok($psql->value("SELECT stormdisc_send('p', 's', 't', '{}')") > $last, "$name: the next message has an id of its own");
	my @leased = $psql->rows("SELECT port_name, id, attempt FROM stormdisc.message_waiting WHERE is_leased UNION ALL SELECT port_name, unnest(ids), unnest(attempts) FROM stormdisc.message_leases ORDER BY id");
	ok(@leased > 0, "$name: deliveries are under way");
	for my $lease (@leased)
	{
		is($psql->value("SELECT stormdisc_complete('$lease->[0]', $lease->[1], $lease->[2])"), 'completed', "$name: $lease->[1] is still its receiver's");
	}
	my %got;
	for my $port (map { $_->[0] } $psql->rows('SELECT port_name FROM stormdisc.ports'))
	{
		for (1 .. 100)
		{
			my @rows = $psql->rows("SELECT id, stormdisc_complete('$port', id, attempt) FROM stormdisc_receive('$port', 50)") or last;

			$got{ $_->[0] }++ for @rows;
		}
	}
	ok(keys %got > 0, "$name: " . keys(%got) . ' messages are received');
	is($psql->value("SELECT string_agg(DISTINCT status, ' ' ORDER BY status) FROM stormdisc.port_messages WHERE id IN (" . join(', ', keys %got) . ')'),
		'completed', "$name: and completed");
	is($psql->value("SELECT stormdisc_save_checkpoint('daily', 'c', '{}')"),
		1 + $psql->value("SELECT max(version) FROM stormdisc.checkpoints WHERE checkpoint_name = 'daily' AND component_name = 'c' AND version < (SELECT max(version) FROM stormdisc.checkpoints WHERE checkpoint_name = 'daily' AND component_name = 'c')"),
		"$name: the next version of a checkpoint");
	ok($psql->value('SELECT count(*) FROM stormdisc_maintain()') > 0, "$name: maintenance works");
	is($psql->value('SELECT count(*) FROM stormdisc.checkpoints WHERE is_latest AND (component_name, checkpoint_name) IN (SELECT component_name, checkpoint_name FROM stormdisc.checkpoints WHERE is_latest GROUP BY 1, 2 HAVING count(*) > 1)'),
		0, "$name: one latest each");
	$psql->quit;
	return;
}

# the whole database
$node->command_ok([ 'pg_dump', '-f', "$dir/plain.sql", 'postgres' ], 'pg_dump');
$node->safe_psql('postgres', 'CREATE DATABASE plain');
$node->command_ok([ 'psql', '-X', '-q', '-v', 'ON_ERROR_STOP=1', '-d', 'plain', '-f', "$dir/plain.sql" ], 'psql restores it');
restored('plain', 'pg_dump | psql');

$node->command_ok([ 'pg_dump', '-Fc', '-f', "$dir/custom", 'postgres' ], 'pg_dump -Fc');
$node->safe_psql('postgres', 'CREATE DATABASE custom');
$node->command_ok([ 'pg_restore', '--exit-on-error', '-d', 'custom', "$dir/custom" ], 'pg_restore');
restored('custom', 'pg_dump -Fc');

$node->command_ok([ 'pg_dump', '-Fd', '-j2', '-f', "$dir/directory", 'postgres' ], 'pg_dump -Fd -j2');
$node->safe_psql('postgres', 'CREATE DATABASE directory');
$node->command_ok([ 'pg_restore', '--exit-on-error', '--single-transaction', '-d', 'directory', "$dir/directory" ], 'pg_restore in one transaction');
restored('directory', 'pg_dump -Fd');

# rows as INSERTs, through the roots of partitioned tables
$node->command_ok([ 'pg_dump', '--column-inserts', '--load-via-partition-root', '-f', "$dir/inserts.sql", 'postgres' ], 'pg_dump --column-inserts --load-via-partition-root');
$node->safe_psql('postgres', 'CREATE DATABASE inserts');
$node->command_ok([ 'psql', '-X', '-q', '-v', 'ON_ERROR_STOP=1', '-d', 'inserts', '-f', "$dir/inserts.sql" ], 'psql restores it');
restored('inserts', '--column-inserts');

# a dump of a dump
$node->safe_psql('postgres', 'CREATE DATABASE first_copy TEMPLATE template0');
$node->command_ok([ 'pg_restore', '--exit-on-error', '-d', 'first_copy', "$dir/custom" ], 'pg_restore');
$node->command_ok([ 'pg_dump', '-Fc', '-f', "$dir/second", 'first_copy' ], 'a dump of what was restored');
$node->safe_psql('postgres', 'CREATE DATABASE second_copy');
$node->command_ok([ 'pg_restore', '--exit-on-error', '-d', 'second_copy', "$dir/second" ], 'restored again');
restored('second_copy', 'a dump of a dump');

# the rows only, into a database that has the extension, but not the days' partitions
$node->command_ok([ 'pg_dump', '--data-only', '--load-via-partition-root', '-f', "$dir/data.sql", 'postgres' ], 'pg_dump --data-only');
$node->safe_psql('postgres', 'CREATE DATABASE data_only');
$node->safe_psql('data_only', 'CREATE EXTENSION stormdisc');
$node->command_ok([ 'psql', '-X', '-q', '-v', 'ON_ERROR_STOP=1', '-d', 'data_only', '-f', "$dir/data.sql" ], 'psql restores it');
{
	my $there = contents('data_only');
	my %here = map { $_ => $original->{$_} } grep { !is_partition($_) } keys %$original;

	is_same({ map { $_ => $there->{$_} } keys %here }, \%here, '--data-only: row for row');
}
goes_on('data_only', '--data-only');

# checkpoints alone
$node->command_ok([ 'pg_dump', '--data-only', '--table=stormdisc.checkpoints', '-f', "$dir/checkpoints.sql", 'postgres' ],
	'pg_dump --table=stormdisc.checkpoints --data-only');
$node->safe_psql('postgres', 'CREATE DATABASE checkpoints');
$node->safe_psql('checkpoints', 'CREATE EXTENSION stormdisc');
$node->command_ok([ 'psql', '-X', '-q', '-v', 'ON_ERROR_STOP=1', '-d', 'checkpoints', '-f', "$dir/checkpoints.sql" ], 'psql restores it');
is(contents('checkpoints')->{'stormdisc.checkpoints'}, $original->{'stormdisc.checkpoints'}, 'the checkpoints are there, row for row');
{
	my $there = session('checkpoints');
	my $here = session('postgres');
	my $get = "SELECT string_agg(g::text, ' | ' ORDER BY k.c, k.n) FROM (SELECT DISTINCT component_name AS c, checkpoint_name AS n FROM stormdisc.checkpoints) AS k, stormdisc_get_checkpoint(k.n, k.c) AS g";

	is($there->value($get), $here->value($get), 'and can be read');
}

# dropped, and made again
$node->safe_psql('plain', 'DROP EXTENSION stormdisc');
is($node->safe_psql('plain', "SELECT string_agg(oid::regclass::text, ' ') FROM pg_class WHERE relnamespace = (SELECT oid FROM pg_namespace WHERE nspname = 'stormdisc')"), '',
	'DROP EXTENSION leaves no relation');
$node->safe_psql('plain', 'CREATE EXTENSION stormdisc');
{
	my $again = session('plain');

	fill($again);
	my $now = contents('plain');
	is(join(' ', sort keys %$now), join(' ', sort keys %$original), 'CREATE EXTENSION makes them all again');
}

# in one session that has its plans and caches of the old one
{
	my $same = session('custom');

	$same->rows("SELECT stormdisc_send('p', 's', 't', '{}')");
	$same->rows("SELECT * FROM stormdisc_receive('p')");
	$same->rows('DROP EXTENSION stormdisc');
	$same->rows('CREATE EXTENSION stormdisc');
	is($same->run("SELECT stormdisc_send('p', 's', 't', '{}')")->{state}, '42704', 'the port is gone for a session that knew it');
	$same->rows("SELECT stormdisc_create_port('p')");
	is($same->value("SELECT stormdisc_send('p', 's', 't', '{}')"), 1, 'and can be made again');
	is($same->value("SELECT id FROM stormdisc_receive('p')"), 1, 'and used');
}

$psql->quit;
done_testing();
