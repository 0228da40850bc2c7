# Documents against their JSON Schema, and the schema against the functions.
#
# docs/document.schema.json is strict: no key that it does not know.  It is held
# against real documents by a validator of others, and key by key against the
# result columns of the functions.

use strict;
use warnings FATAL => 'all';

use FindBin;
use JSON::PP;
use lib $FindBin::RealBin;
use PostgreSQL::Test::Utils;
use StormdiscTest;
use Test::More;

my $root = "$FindBin::RealBin/../..";
my $schema_file = "$root/docs/document.schema.json";
my $dir = PostgreSQL::Test::Utils::tempdir();

# The error of psql is the test's.
sub load
{
	my ($node, $database, $file) = @_;

	$node->safe_psql('postgres', "CREATE DATABASE $database");
	$node->command_ok([ 'psql', '-X', '-q', '-v', 'ON_ERROR_STOP=1', '-d', $node->connstr($database), '-f', $file ],
		"$database: loads");
	$node->safe_psql($database, 'CREATE EXTENSION stormdisc');
	return;
}

# What the C code says of a kind: a list of columns.
sub descriptor_list
{
	my ($body, $field) = @_;

	return () unless $body =~ /\.$field\s*=\s*((?:"[^"]*"\s*)+)/;
	return grep { $_ ne '' } split /,/, join '', $1 =~ /"([^"]*)"/g;
}

# Every path in a document from an object's key down: "tables.columns.comment".
sub keys_of
{
	my ($value, $path, $found) = @_;

	if (ref $value eq 'HASH')
	{
		foreach my $key (keys %$value)
		{
			$found->{"$path.$key"}++;
			keys_of($value->{$key}, "$path.$key", $found);
		}
	}
	elsif (ref $value eq 'ARRAY')
	{
		keys_of($_, $path, $found) foreach grep { ref } @$value;
	}
	return;
}

my $node = new_node('document', conf => "max_prepared_transactions = 5\nwal_level = logical\n");
load($node, 'demo', "$root/examples/demo_schema.sql");
load($node, 'mean', "$root/test/oracle/mean.sql");
load($node, 'kinds', "$root/test/oracle/kinds.sql");

my $schema = decode_json(slurp_file($schema_file));

# --- the schema file and the functions have the same keys ---

my %columns;
foreach my $row (
	split /\n/,
	$node->safe_psql(
		'demo', q{
SELECT substr(proname, 11) || ' ' || n || ' ' || format_type(t, NULL)
FROM pg_proc, unnest(proargnames, proallargtypes, proargmodes) u(n, t, m)
WHERE proname LIKE 'stormdisc\_%' AND m = 't'}))
{
	my ($kind, $name, $type) = split ' ', $row, 3;
	$columns{$kind}{$name} = $type;
}

my %left_out;
foreach my $file (glob "$root/src/discovery/*.c")
{
	my $text = slurp_file($file);
	while ($text =~ /^const SdKind sd_kind_(\w+) = \{\n(.*?)^\};/msg)
	{
		my ($kind, $body) = ($1, $2);
		$left_out{$kind} = { map { $_ => 1 } descriptor_list($body, 'left_out') };
	}
}

my %json_types = (
	'text' => 'string',
	'boolean' => 'boolean',
	'integer' => 'integer',
	'bigint' => 'integer',
	'real' => 'number or string');

# parts, as the server lists them
my ($stdout, $stderr);
$node->psql('demo', q{SELECT stormdisc_schema(parts => '{?}')}, stdout => \$stdout, stderr => \$stderr);
my ($parts) = $stderr =~ /^HINT:  Available parts: (.*)\.$/m;
my @kinds = split /, /, $parts;
cmp_ok(scalar(@kinds), '>', 30, 'parts are listed in a hint');

foreach my $kind (@kinds)
{
	my $properties = $schema->{'$defs'}{$kind}{properties};
	my @expected = map {
		my $type = $columns{$kind}{$_};
		my $is_array = $type =~ s/\[\]$//;

		$left_out{$kind}{$_} ? () : "$_ " . ($is_array ? "array of $json_types{$type}" : $json_types{$type})
	} keys %{ $columns{$kind} };
	my @found = map {
		my $property = $properties->{$_};

		"$_ " . (!defined $property->{type}       ? "reference to $property->{'$ref'}"
			: ref $property->{type}               ? join(' or ', @{ $property->{type} })
			: $property->{type} ne 'array'        ? $property->{type}
			: defined $property->{items}{'$ref'}  ? "array of $property->{items}{'$ref'}"
			:                                       "array of $property->{items}{type}[0]")
	} keys %$properties;

	push @expected, 'columns array of #/$defs/columns' if $kind eq 'tables' || $kind eq 'views';
	push @expected, 'partition reference to #/$defs/partitions' if $kind eq 'tables';
	is(join("\n", sort @found), join("\n", sort @expected),
		"$kind: the keys are the function's result columns, but those left out");
	ok(!$schema->{'$defs'}{$kind}{additionalProperties}, "$kind: no others");
}
my %in_tables = map { $_ => 1 } qw(columns partitions);
is( join(' ', sort keys %{ $schema->{properties} }),
	join(' ', sort qw(format server_version environment consistent warnings), grep { !$in_tables{$_} } @kinds),
	'the document has these parts and no others');

# --- real documents are valid ---

my @files;
foreach my $database (qw(demo mean kinds))
{
	my $document = $node->safe_psql($database, 'SELECT stormdisc_schema()');
	my $file = "$dir/$database.json";

	open my $out, '>', $file or die "could not write $file: $!";
	print $out $document;
	close $out;
	push @files, $file;
}
# and one with warnings: what a kind needs cannot be read
$node->safe_psql('mean', q{
CREATE TABLE public.pair (x int);
CREATE TABLE public.of_pairs (a public.pair DEFAULT ROW(1), b int)});
my $locker = $node->background_psql('mean');
$locker->query_safe('BEGIN; LOCK TABLE public.pair IN ACCESS EXCLUSIVE MODE');
my $document = $node->safe_psql('mean', 'SELECT stormdisc_schema()');
is(decode_json($document)->{warnings}[0]{object}, 'public.of_pairs.a', 'a document with a warning');
open my $out, '>', "$dir/warning.json" or die "could not write: $!";
print $out $document;
close $out;
push @files, "$dir/warning.json";
$locker->quit;

my ($python) = grep { system("$_ -c 'import jsonschema' >/dev/null 2>&1") == 0 } qw(python3 /usr/bin/python3);
SKIP:
{
	skip 'no python3 with jsonschema here', 2 * @files unless defined $python;

	my @validate = ($python, "$root/test/document/validate", $schema_file);
	foreach my $file (@files)
	{
		my $answer = qx(@validate $file 2>&1);
		is($answer, "valid\n", "$file is valid");
	}

	# the validator does find what is wrong
	my %wrong = (
		'an unknown key' => sub { $_[0]{tables}{'shop.product'}{colour} = 'red' },
		'a value of another type' => sub { $_[0]{tables}{'shop.product'}{columns}[0]{not_null} = 'yes' },
		'a null' => sub { $_[0]{tables}{'shop.product'}{comment} = undef },
		'an unknown part' => sub { $_[0]{tabels} = {} });
	foreach my $what (sort keys %wrong)
	{
		my $changed = decode_json(slurp_file($files[0]));

		$wrong{$what}->($changed);
		open my $wrong_file, '>', "$dir/wrong.json" or die "could not write: $!";
		print $wrong_file encode_json($changed);
		close $wrong_file;
		unlike(qx(@validate $dir/wrong.json 2>&1), qr/^valid$/m, "$what is not valid");
	}
}

# --- and they have it all: keys that no document here has are not proven ---

my %found;
foreach my $file (@files)
{
	my $part = decode_json(slurp_file($file));

	foreach my $kind (grep { ref $part->{$_} eq 'HASH' && $_ ne 'environment' } keys %$part)
	{
		keys_of($_, $kind, \%found) foreach values %{ $part->{$kind} };
	}
}
my @kinds_found = grep { my $kind = $_; grep { /^$kind\./ } keys %found } @kinds;
note 'kinds without an object in these documents: '
  . join(' ', grep { my $kind = $_; !grep { $_ eq $kind } @kinds_found, qw(columns partitions) } @kinds);
my @missing = sort grep { !$found{$_} } map {
	my $kind = $_;
	map { ($kind eq 'columns' ? 'tables.columns' : $kind eq 'partitions' ? 'tables.partition' : $kind) . ".$_" }
	  keys %{ $schema->{'$defs'}{$kind}{properties} }
} @kinds;
note 'keys in none of these documents: ' . join(' ', @missing);

$node->stop;

done_testing();
