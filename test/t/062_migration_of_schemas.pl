# Scripts from one schema to another, none of them like the next: the demo, the
# oddest ones that we have, and schemas that other people wrote.
#
# One database goes through all of them in a circle, each time by the script of
# stormdisc_migration_script(), and there must be no difference from the schema
# that the script leads to.
#
# STORMDISC_MIGRATION_PAIRS=all goes from each one to each other instead.

use strict;
use warnings FATAL => 'all';

use FindBin;
use lib $FindBin::RealBin, "$FindBin::RealBin/../document";
use Documents;
use PostgreSQL::Test::Utils;
use StormdiscTest;
use Test::More;

my $root = "$FindBin::RealBin/../..";
my $dir = PostgreSQL::Test::Utils::tempdir();
my %files = (
	demo => "cat $root/examples/demo_schema.sql",
	mean => "cat $root/test/oracle/mean.sql",
	kinds => "cat $root/test/oracle/kinds.sql",
	stress => "cat $root/test/ddl/stress_schema.sql");
my @names = sort keys %files;

my $node = new_node('schemas', conf => <<'CONF');
autovacuum = off
fsync = off
wal_level = logical
max_locks_per_transaction = 256
allow_in_place_tablespaces = on
CONF
$node->safe_psql('postgres', q{CREATE TABLESPACE stress_space LOCATION ''});
$node->safe_psql('postgres', 'CREATE DATABASE documents');
$node->safe_psql('documents', 'CREATE EXTENSION stormdisc; CREATE TABLE documents (name text PRIMARY KEY, document jsonb)');

foreach (split /\n/, qx("$root/test/oracle/fetch"))
{
	my ($name, $file) = split /\t/;

	next if $file =~ /^(?:absent|missing): /;
	push @names, $name;
	$files{$name} = ($file =~ /\.gz$/ ? 'gzip -dc' : 'cat') . " '$file'";
}

# Keep what is in a database under a name.
sub keep_document
{
	my ($database, $name) = @_;

	$node->safe_psql($database, "\\copy (SELECT '$name', stormdisc_schema()) TO '$dir/document'");
	$node->safe_psql('documents', "DELETE FROM documents WHERE name = '$name';\n\\copy documents FROM '$dir/document'");
	return;
}

# From what is in the database to the schema of this name.
sub lead
{
	my ($database, $from, $to) = @_;
	my $step = "$from to $to";
	my $file = "$dir/$from-$to.sql";
	my $of = "FROM documents old, documents new WHERE old.name = 'live' AND new.name = '$to'";

	keep_document($database, 'live');
	append_to_file($file, $node->safe_psql('documents', "SELECT stormdisc_migration_script(old.document, new.document, true) $of"));
	$node->command_ok([ 'psql', '-X', '-q', '-v', 'ON_ERROR_STOP=1', '-d', $node->connstr($database), '-f', $file ], "$step: the script runs");
	keep_document($database, 'live');
	my @left = split /\n/,
	  $node->safe_psql('documents', qq{SELECT concat_ws(' / ', d.object_kind, d.identity, d.attribute) FROM documents old, documents new, stormdisc_diff(old.document, new.document, '{default,ordinal}') d WHERE old.name = 'live' AND new.name = '$to'});
	is(join("\n", @left[ 0 .. ($#left > 9 ? 9 : $#left) ]), '', "$step: no difference is left");
	return !@left;
}

foreach my $name (@names)
{
	my $connstr = $node->connstr($name);

	$node->safe_psql('postgres', "CREATE DATABASE $name");
	$node->safe_psql($name, 'CREATE EXTENSION stormdisc');
	# as in 051: not all of what others wrote may load, but there must be tables
	system("$files{$name} | PGOPTIONS='-c client_min_messages=error' psql -X -q -d '$connstr' >/dev/null 2>&1");
	cmp_ok($node->safe_psql($name, 'SELECT count(*) FROM stormdisc_tables()'), '>', 5, "$name: loads");
	# their names are those of the whole cluster, and they are no part of a template
	foreach my $subscription (split /\n/, $node->safe_psql($name, 'SELECT quote_ident(subname) FROM pg_subscription s JOIN pg_database d ON d.oid = s.subdbid WHERE d.datname = current_database()'))
	{
		$node->safe_psql($name, "ALTER SUBSCRIPTION $subscription DISABLE; ALTER SUBSCRIPTION $subscription SET (slot_name = NONE); DROP SUBSCRIPTION $subscription");
	}
	keep_document($name, $name);
}

if (($ENV{STORMDISC_MIGRATION_PAIRS} // '') eq 'all')
{
	foreach my $from (@names)
	{
		foreach my $to (grep { $_ ne $from } @names)
		{
			$node->safe_psql('postgres', "CREATE DATABASE live TEMPLATE $from");
			lead('live', $from, $to);
			$node->safe_psql('postgres', 'DROP DATABASE live');
		}
	}
}
else
{
	my $from = $names[-1];

	$node->safe_psql('postgres', "CREATE DATABASE live TEMPLATE $from");
	foreach my $to (@names)
	{
		if (!lead('live', $from, $to))
		{
			# so that what comes after this can be told from it
			$node->safe_psql('postgres', $_) foreach 'DROP DATABASE live', "CREATE DATABASE live TEMPLATE $to";
		}
		$from = $to;
	}
}

$node->stop;

done_testing();
