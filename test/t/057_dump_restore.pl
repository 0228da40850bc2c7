# A document is the same after dump and restore, whatever the objects' OIDs, the
# way of the dump, or the settings of the database: nothing in it is about
# anything but the schema, and nothing of the schema that a dump has is missing
# a second time.

use strict;
use warnings FATAL => 'all';

use FindBin;
use JSON::PP;
use lib $FindBin::RealBin, "$FindBin::RealBin/../document";
use Documents;
use PostgreSQL::Test::Utils;
use StormdiscTest;
use Test::More;

my $root = "$FindBin::RealBin/../..";
my $dir = PostgreSQL::Test::Utils::tempdir();
my %files = (
	demo => "$root/examples/demo_schema.sql",
	mean => "$root/test/oracle/mean.sql",
	kinds => "$root/test/oracle/kinds.sql");

my $node = new_node('dump', conf => <<'CONF');
autovacuum = off
fsync = off
wal_level = logical
max_locks_per_transaction = 256
CONF

sub document
{
	my ($database) = @_;

	return decode_json($node->safe_psql($database, 'SELECT stormdisc_schema()'));
}

# These objects differ, and no others.
sub is_same
{
	my ($got, $expected, $name, @but) = @_;
	my @found = unexpected($got, $expected, @but);

	is(scalar(@found), 0, $name) or diag(join "\n", @found);
	return;
}

foreach my $name (sort keys %files)
{
	$node->safe_psql('postgres', "CREATE DATABASE $name");
	$node->command_ok([ 'psql', '-X', '-q', '-v', 'ON_ERROR_STOP=1', '-d', $node->connstr($name), '-f', $files{$name} ],
		"$name: loads");
	$node->safe_psql($name, 'CREATE EXTENSION stormdisc');

	my $document = document($name);
	ok($document->{consistent}, "$name: the document is whole");
	my $objects = 0;
	$objects += keys %{ $document->{$_} } foreach grep { ref $document->{$_} eq 'HASH' } keys %$document;
	note "$name: $objects objects";

	# plain, into a database that has used up OIDs; it gets odd settings
	$node->safe_psql('postgres', "CREATE DATABASE ${name}_plain");
	$node->safe_psql(
		"${name}_plain", q{
DO $$ BEGIN FOR i IN 1 .. 500 LOOP EXECUTE format('CREATE TABLE used_up_%s (a serial PRIMARY KEY)', i); END LOOP; END $$;
DO $$ BEGIN FOR i IN 1 .. 500 LOOP EXECUTE format('DROP TABLE used_up_%s', i); END LOOP; END $$});
	$node->command_ok([ 'pg_dump', '-f', "$dir/$name.sql", '-d', $node->connstr($name) ], "$name: pg_dump");
	$node->command_ok(
		[ 'psql', '-X', '-q', '-v', 'ON_ERROR_STOP=1', '-d', $node->connstr("${name}_plain"), '-f', "$dir/$name.sql" ],
		"$name: psql restores it");
	$node->safe_psql('postgres', "ALTER DATABASE ${name}_plain SET $_")
	  foreach "timezone = 'Asia/Kathmandu'", "datestyle = 'SQL, DMY'", 'intervalstyle = iso_8601',
	  'extra_float_digits = -15', 'bytea_output = escape', 'quote_all_identifiers = on',
	  'search_path = pg_temp', 'xmlbinary = hex', 'default_toast_compression = pglz', "lc_monetary = 'C'",
	  'default_transaction_isolation = serializable';
	is_same(document_of_plain("${name}_plain"), $document, "$name: the document is the same after pg_dump | psql",
		@{ $changed_by_dump{$name} });

	# custom format; in parallel pg_restore may run into deadlocks with itself
	$node->safe_psql('postgres', "CREATE DATABASE ${name}_custom");
	$node->command_ok([ 'pg_dump', '-Fc', '-f', "$dir/$name.dump", '-d', $node->connstr($name) ], "$name: pg_dump -Fc");
	$node->command_ok([ 'pg_restore', '--exit-on-error', '-d', $node->connstr("${name}_custom"), "$dir/$name.dump" ],
		"$name: pg_restore");
	my $restored = document("${name}_custom");
	is_same($restored, $document, "$name: the document is the same after pg_restore", @{ $changed_by_dump{$name} });

	# a dump of the dump, of the schema alone
	$node->safe_psql('postgres', "CREATE DATABASE ${name}_again");
	$node->command_ok([ 'pg_dump', '-s', '-f', "$dir/$name.again.sql", '-d', $node->connstr("${name}_custom") ],
		"$name: pg_dump -s of what was restored");
	$node->command_ok(
		[ 'psql', '-X', '-q', '-v', 'ON_ERROR_STOP=1', '-d', $node->connstr("${name}_again"), '-f', "$dir/$name.again.sql" ],
		"$name: psql restores it");
	is_same(document("${name}_again"), $restored, "$name: the document is the same the second time");

	# a copy by the server itself
	$node->safe_psql('postgres', "CREATE DATABASE ${name}_copy TEMPLATE $name");
	my $copy = document("${name}_copy");
	# a subscription belongs to the database that it was made in
	is_same({ %$copy, subscriptions => {} }, { %$document, subscriptions => {} },
		"$name: the document of a copy is the same");
}

# it does see what a restore loses
$node->safe_psql('demo_plain', q{ALTER TABLE shop.product ALTER COLUMN name DROP NOT NULL});
my @found = differences(document_of_plain('demo_plain'), document('demo'));
ok((grep { m{^tables / shop\.product / columns \[1\] / not_null: missing$} } @found), 'one lost NOT NULL is seen')
  or diag(join "\n", @found);

# the functions are found although the database has an odd search_path
sub document_of_plain
{
	my ($database) = @_;

	return decode_json($node->safe_psql($database, 'SELECT public.stormdisc_schema()'));
}

$node->stop;

done_testing();
