# The discovery functions against plain SQL, object by object: on schemas that
# other people wrote, on the oddest one we could think of, and on the server's
# own catalogs; and the documents of all of these, by the keys of their objects.
#
# test/oracle/fetch gets the schemas, test/oracle/reference.sql is the plain
# SQL.  Both ways: nothing is missing, nothing is extra, and every column of
# every row is the same.

use strict;
use warnings FATAL => 'all';

use FindBin;
use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Test::More;

my $oracle = "$FindBin::Bin/../oracle";

# how a row is told from the others of its function, for messages
my %keys = (
	tables => [qw(schema_name table_name)],
	columns => [qw(schema_name table_name column_name)],
	indexes => [qw(schema_name table_name index_name)],
	constraints => [qw(schema_name table_name constraint_name)],
	partitions => [qw(schema_name partition_name)],
	primary_key => [qw(relation column_name)]);
my @functions = qw(tables columns indexes constraints partitions primary_key);

my $node = PostgreSQL::Test::Cluster->new('oracle');
$node->init(extra => [ '--locale=C', '--encoding=UTF8' ]);

# not what the texts should depend on
$node->append_conf('postgresql.conf', <<'CONF');
timezone = 'Asia/Tokyo'
datestyle = 'German, DMY'
intervalstyle = iso_8601
extra_float_digits = -3
bytea_output = escape
autovacuum = off
jit = off
fsync = off
CONF
$node->start;

# The rows of one function as json texts, ours and the reference's.
sub sides
{
	my ($function, $schemas) = @_;

	if ($function eq 'primary_key')
	{
		# for every table there is, as its OID
		return map {
			"SELECT jsonb_build_object('relation', r.oid::regclass::text)"
			  . " || to_jsonb(k) AS row FROM reference.relations($schemas, 'rp') r,"
			  . " LATERAL $_(r.oid) k"
		} ('public.stormdisc_primary_key', 'reference.primary_key');
	}
	return (
		"SELECT to_jsonb(t) AS row FROM public.stormdisc_$function(schemas => $schemas) t",
		"SELECT to_jsonb(t) AS row FROM reference.$function($schemas) t");
}

# Compare everything in the schemas, an SQL expression of type text[].
sub compare
{
	my ($db, $label, $schemas) = @_;
	my @counts;

	foreach my $function (@functions)
	{
		my ($ours, $reference) = sides($function, $schemas);
		my $key = join " || '.' || ",
		  map { "(coalesce(o.row, r.row) ->> '$_')" } @{ $keys{$function} };
		my ($our_key, $reference_key) = map {
			my $side = $_;
			'jsonb_build_array('
			  . join(', ', map { "$side.row -> '$_'" } @{ $keys{$function} })
			  . ')'
		} qw(o r);

		my $answer = $node->safe_psql($db, <<"SQL");
SET client_min_messages = warning;
CREATE TEMP TABLE ours AS SELECT row_number() OVER () AS n, row FROM ($ours) q;
CREATE TEMP TABLE reference_rows AS $reference;
SELECT (SELECT count(*) FROM ours) || ' ' ||
	(SELECT count(*) FROM (TABLE reference_rows EXCEPT ALL SELECT row FROM ours) d) || ' ' ||
	(SELECT count(*) FROM (SELECT row FROM ours EXCEPT ALL TABLE reference_rows) d) || ' ' ||
	(SELECT count(*) FROM ours WHERE row ->> 'problem' IS NOT NULL);
WITH o AS (SELECT row FROM ours EXCEPT ALL TABLE reference_rows),
	r AS (TABLE reference_rows EXCEPT ALL SELECT row FROM ours)
SELECT $key || CASE WHEN o.row IS NULL THEN ': missing' WHEN r.row IS NULL THEN ': extra'
	ELSE (SELECT string_agg(format(E'\\n  %s: %s, not %s', key, coalesce(o.row -> key, 'null'),
			coalesce(r.row -> key, 'null')), '' ORDER BY key COLLATE "C")
		FROM jsonb_object_keys(o.row || r.row) key
		WHERE o.row -> key IS DISTINCT FROM r.row -> key) END
FROM o FULL JOIN r ON $our_key = $reference_key
LIMIT 10;
SQL
		my ($figures, $differences) = split /\n/, $answer, 2;
		my ($count, $missing, $extra, $problems) = split ' ', $figures;

		push @counts, "$count $function";
		is("$missing missing, $extra extra, $problems problems",
			'0 missing, 0 extra, 0 problems',
			"$label: $function are those of the catalogs")
		  or diag($differences // '');
	}
	note("$label: compared " . join(', ', @counts));
	return @counts;
}

# Rows come in the documented order, without an ORDER BY.
sub compare_order
{
	my ($db, $label, $schemas) = @_;
	my %order = (
		tables => 'schema_name, table_name',
		columns => 'schema_name, table_name, ordinal_position',
		indexes => 'schema_name, table_name, index_name',
		constraints => 'schema_name, table_name, constraint_name',
		partitions =>
		  'root_schema, root_name, parent_schema, parent_name, schema_name, partition_name'
	);

	foreach my $function (sort keys %order)
	{
		my $order = join ', ',
		  map { $_ eq 'ordinal_position' ? $_ : "$_ COLLATE \"C\"" }
		  split /, /, $order{$function};
		is( $node->safe_psql(
				$db,
				"SELECT count(*) FROM (SELECT row_number() OVER () AS n, row_number() OVER (ORDER BY $order) AS sorted"
				  . " FROM (SELECT * FROM public.stormdisc_$function(schemas => $schemas)) f) s WHERE n <> sorted"
			),
			0,
			"$label: $function are in order");
	}
}

# The objects of the document: nothing missing, nothing extra, and in the
# database as many of each kind as pg_catalog has.
sub compare_document
{
	my ($db, $label) = @_;
	my ($figures, $differences) = split /\n/, $node->safe_psql($db, <<'SQL'), 2;
SET client_min_messages = warning;
CREATE TEMP TABLE documents AS SELECT public.stormdisc_schema(exclude => '{reference.*,reference}') AS document;
CREATE TEMP TABLE ours AS SELECT i.* FROM documents, reference.identities(document) i;
CREATE TEMP TABLE expected AS SELECT * FROM reference.identities();
SELECT (SELECT count(*) FROM ours) || ' ' || (SELECT count(DISTINCT kind) FROM ours) || ' ' ||
	(SELECT document ->> 'consistent' FROM documents);
(SELECT 'missing: ' || kind || ' ' || identity FROM (TABLE expected EXCEPT ALL TABLE ours) m
UNION ALL SELECT 'extra: ' || kind || ' ' || identity FROM (TABLE ours EXCEPT ALL TABLE expected) e) LIMIT 20;
SQL
	my ($count, $kinds, $consistent) = split ' ', $figures;

	is($differences // '', '', "$label: the objects of the document are those of the catalogs");
	is($consistent, 'true', "$label: and it is whole");
	note("$label: $count objects of $kinds kinds in the document");
	return "$count objects";
}

my %total;

sub add
{
	foreach (@_)
	{
		my ($n, $what) = split ' ';
		$total{$what} += $n;
	}
}

my $user_schemas =
  "(SELECT array_agg(nspname::text) FROM pg_catalog.pg_namespace"
  . " WHERE nspname NOT LIKE 'pg\\_%' AND nspname NOT IN ('information_schema', 'reference'))";

sub prepare
{
	my ($db) = @_;
	$node->safe_psql($db, 'CREATE EXTENSION stormdisc SCHEMA public');
	$node->safe_psql($db, slurp_file("$oracle/reference.sql"));
	$node->safe_psql($db, slurp_file("$oracle/identities.sql"));
}

# the oddest schema we could think of
$node->safe_psql('postgres', 'CREATE DATABASE mean');
is( system_log(
		'psql', '-X', '-q', '-v', 'ON_ERROR_STOP=1', '-d',
		$node->connstr('mean'), '-f', "$oracle/mean.sql"),
	0,
	'mean: loads');
# what cannot be done in a transaction, as the pgTAP tests load it
$node->safe_psql('mean',
	'CREATE TABLE mean.invalid (a int); INSERT INTO mean.invalid VALUES (1), (1)');
$node->psql('mean',
	'CREATE UNIQUE INDEX CONCURRENTLY invalid_i ON mean.invalid (a)');
prepare('mean');
add(compare('mean', 'mean', $user_schemas));
add(compare_document('mean', 'mean'));
compare_order('mean', 'mean', $user_schemas);

# without a scope: the same, as no schema here is left out
is( $node->safe_psql(
		'mean', "SELECT count(*) FROM (SELECT to_jsonb(t) FROM stormdisc_columns() t"
		  . " EXCEPT ALL SELECT to_jsonb(t) FROM reference.columns($user_schemas) t) d"
	),
	0,
	'mean: the default scope is every user schema');

# the server's own catalogs
add(compare('mean', 'catalogs', "'{pg_catalog,information_schema}'::text[]"));
compare_order('mean', 'catalogs', "'{pg_catalog,information_schema}'::text[]");

# one of everything
foreach my $name (qw(demo kinds))
{
	my $file = $name eq 'demo' ? "$oracle/../../examples/demo_schema.sql" : "$oracle/kinds.sql";

	$node->safe_psql('postgres', "CREATE DATABASE $name");
	is(system_log('psql', '-X', '-q', '-v', 'ON_ERROR_STOP=1', '-d', $node->connstr($name), '-f', $file), 0, "$name: loads");
	prepare($name);
	add(compare($name, $name, $user_schemas));
	add(compare_document($name, $name));
}

# schemas that nobody here wrote
my $fetched = qx("$oracle/fetch");
foreach (split /\n/, $fetched)
{
	my ($name, $file) = split /\t/;

  SKIP:
	{
		skip "schema of $name: $1", 1 if $file =~ /^absent: (.*)/;
		if ($file =~ /^missing: (.*)/)
		{
			skip "schema of $name: $1", 1 if ($ENV{STORMDISC_OFFLINE} // '') eq '1';
			fail("schema of $name: $1");
			next;
		}

		# a dump may name a role or a setting that is not ours: the exit status
		# is not looked at, but there must be tables
		$node->safe_psql('postgres', "CREATE DATABASE \"$name\"");
		my $cat = $file =~ /\.gz$/ ? 'gzip -dc' : 'cat';
		my $connstr = $node->connstr($name);
		system(
			"$cat '$file' | PGOPTIONS='-c client_min_messages=error' psql -X -q -d '$connstr' >/dev/null 2>&1"
		);
		cmp_ok(
			$node->safe_psql(
				$name,
				"SELECT count(*) FROM pg_catalog.pg_class c JOIN pg_catalog.pg_namespace n ON n.oid = relnamespace"
				  . " WHERE relkind IN ('r', 'p') AND nspname NOT LIKE 'pg\\_%' AND nspname <> 'information_schema'"
			),
			'>', 5,
			"$name: loads");
		prepare($name);
		add(compare($name, $name, $user_schemas));
		add(compare_document($name, $name));
		$node->safe_psql('postgres', "DROP DATABASE \"$name\"");
	}
}
is(scalar(split /\n/, $fetched), 7, 'all schemas are accounted for');

diag("compared in all: "
	  . join(', ', map { "$total{$_} $_" } grep { $total{$_} } @functions, 'objects'));

$node->stop;
done_testing();
