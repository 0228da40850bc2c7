# Migration scripts that make a whole schema in an empty database, and that take it
# away again: of the demo schema, and of the oddest schemas that we have.
#
# Random pairs of schemas (067) have most things in common, and no objects that need
# each other.

use strict;
use warnings FATAL => 'all';

use FindBin;
use lib $FindBin::RealBin;
use PostgreSQL::Test::Utils;
use StormdiscTest;
use Test::More;

my $root = "$FindBin::RealBin/../..";
my $dir = PostgreSQL::Test::Utils::tempdir();
my %files = (
	demo => "$root/examples/demo_schema.sql",
	kinds => "$root/test/oracle/kinds.sql",
	mean => "$root/test/oracle/mean.sql",
	stress => "$root/test/ddl/stress_schema.sql",
	traps => "$root/test/model/traps.sql");

# An operator that is named by another, but was never made, is in no document, and
# keeps its type.
my %kept = (stress => [ 'privileges schema stress', 'schemas stress', 'types stress.version' ]);

my $node = new_node('from_nothing', conf => <<'CONF');
autovacuum = off
fsync = off
wal_level = logical
max_locks_per_transaction = 256
allow_in_place_tablespaces = on
CONF
$node->safe_psql('postgres', q{CREATE TABLESPACE stress_space LOCATION ''});
$node->safe_psql('postgres', 'CREATE DATABASE nothing TEMPLATE postgres');

my $format = q{(FORMAT csv, QUOTE e'\\x01', DELIMITER e'\\x02')};

# The document of a database, where others can read it.
sub document_of
{
	my ($database, $name) = @_;

	$node->safe_psql($database, "\\copy (SELECT stormdisc_schema()) TO '$dir/$name.json' $format");
	return;
}

# A query about two documents, a and b.
sub ask
{
	my ($a, $b, $query) = @_;

	return $node->safe_psql('nothing', <<"SQL");
SET client_min_messages = error;
CREATE TEMP TABLE a (a jsonb); CREATE TEMP TABLE b (b jsonb);
\\copy a FROM '$dir/$a.json' $format
\\copy b FROM '$dir/$b.json' $format
$query
SQL
}

sub migrate
{
	my ($database, $from, $to, $name) = @_;
	my $script = ask($from, $to, q{SELECT statement || ';' FROM a, b, stormdisc_migration_sql(a, b, true) WHERE NOT skipped ORDER BY seq;});

	append_to_file("$dir/$from-$to.sql", $script);
	my ($out, $errors) = run_command([ 'psql', '-X', '-q', '-d', $node->connstr($database), '-f', "$dir/$from-$to.sql" ]);
	my @errors = grep { !/operator stress\.>>>|cannot drop (?:type stress\.version|schema stress) / } $errors =~ /ERROR:  (.*)/g;

	is_deeply(\@errors, [], "$name: all statements run");
	document_of($database, "$database-now");
	return;
}

document_of('nothing', 'nothing');
foreach my $name (sort keys %files)
{
	$node->safe_psql('postgres', "CREATE DATABASE ${name}_made TEMPLATE nothing");
	$node->safe_psql('postgres', "CREATE DATABASE $name TEMPLATE nothing");
	$node->command_ok([ 'psql', '-X', '-q', '-v', 'ON_ERROR_STOP=1', '-d', $node->connstr($name), '-f', $files{$name} ], "$name: loads");
	document_of($name, $name);

	migrate("${name}_made", 'nothing', $name, "$name from nothing");
	is(ask("${name}_made-now", $name, q{SELECT object_kind, identity, attribute FROM a, b, stormdisc_diff(a, b, '{default,ordinal}');}), '', "$name from nothing: no difference");
	migrate("${name}_made", $name, 'nothing', "$name to nothing");
	is( ask("${name}_made-now", 'nothing', q{SELECT object_kind || ' ' || identity FROM a, b, stormdisc_diff(a, b) ORDER BY (object_kind || ' ' || identity) COLLATE "C";}),
		join("\n", @{ $kept{$name} // [] }),
		"$name to nothing: nothing is left");
	foreach my $database ($name, "${name}_made")
	{
		$node->safe_psql($database, "DROP EVENT TRIGGER IF EXISTS stress_event; DROP SUBSCRIPTION IF EXISTS stress_subscription; DROP SUBSCRIPTION IF EXISTS \"Sub s\"");
		$node->safe_psql('postgres', "DROP DATABASE $database");
	}
}

done_testing();
