# Temporary objects of another session: nobody is told of them, and whoever
# names one is told why not.

use strict;
use warnings FATAL => 'all';

use FindBin;
use lib $FindBin::RealBin;
use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use StormdiscTest;
use Test::More;

my $node = new_node('temporary');

# The other session: it is there as long as its standard input is open.
my $connstr = $node->connstr('postgres');
open my $other, '|-', 'psql', '-X', '-q', '-d', $connstr
  or die "could not start psql: $!";
$other->autoflush(1);
print $other <<'SQL';
CREATE TEMP TABLE theirs (id serial PRIMARY KEY, b text DEFAULT 'x' CHECK (b <> ''), c int UNIQUE);
CREATE TEMP TABLE theirs_parted (a int) PARTITION BY LIST (a);
CREATE TEMP TABLE theirs_1 PARTITION OF theirs_parted FOR VALUES IN (1);
CREATE TEMP VIEW theirs_view AS SELECT * FROM theirs;
CREATE TEMP TABLE theirs_last ();
SQL
$node->poll_query_until('postgres',
	"SELECT count(*) = 1 FROM pg_class WHERE relname = 'theirs_last'")
  or die 'the other session does not do its work';

# an ordinary table, and temporary ones of the same names
my $setup = <<'SQL';
CREATE TEMP TABLE theirs (mine int PRIMARY KEY);
CREATE TEMP TABLE own (a int);
SQL
$node->safe_psql('postgres', 'CREATE TABLE public.theirs_not (a int)');

foreach my $function (qw(tables columns indexes constraints partitions))
{
	my $name = $function eq 'partitions' ? 'partition_name' : 'table_name';

	is( $node->safe_psql('postgres',
			"SELECT count(*) FROM stormdisc_$function() WHERE $name LIKE 'theirs%' AND $name <> 'theirs_not'"),
		0,
		"$function: not by default");
	is( $node->safe_psql('postgres',
			"SELECT count(*) FROM stormdisc_$function(include => '{theirs,theirs_p*,theirs_1,theirs_v*}')"),
		0,
		"$function: not by a pattern");
	is( $node->safe_psql('postgres',
			"SELECT count(*) FROM stormdisc_$function(schemas => '{pg_temp}')"),
		0,
		"$function: nor as this session's");
}
is( $node->safe_psql('postgres',
		$setup . "SELECT string_agg(schema_name || '.' || table_name || '.' || column_name, ' ')"
		  . " FROM stormdisc_columns() WHERE table_name IN ('theirs', 'own', 'theirs_not')"),
	'pg_temp.own.a pg_temp.theirs.mine public.theirs_not.a',
	'this session\'s own are told apart');

# named: by OID, as the name would be taken for this session's; that of the
# session before goes when its process does
$node->poll_query_until('postgres', "SELECT count(*) = 1 FROM pg_class WHERE relname = 'theirs'")
  or die 'a temporary table of a session that is over';
my %relation = (
	tables => 'theirs', columns => 'theirs_view', indexes => 'theirs',
	constraints => 'theirs', primary_key => 'theirs',
	partitions => 'theirs_parted');
foreach my $function (sort keys %relation)
{
	my ($status, $stdout, $stderr) = $node->psql('postgres',
		"\\set VERBOSITY sqlstate\nSELECT count(*) FROM stormdisc_$function("
		  . "(SELECT oid FROM pg_class WHERE relname = '$relation{$function}')::regclass)");
	like($stderr, qr/ERROR:  0A000/, "$function: a table of another session's is refused");
}

# and when that session is over
close $other;
$node->poll_query_until('postgres',
	"SELECT count(*) = 0 FROM pg_class WHERE relname LIKE 'theirs%' AND relname <> 'theirs_not'")
  or die 'the other session does not end';
is( $node->safe_psql('postgres',
		"SELECT string_agg(table_name, ' ') FROM stormdisc_tables(include => '{theirs*}')"),
	'theirs_not',
	'nothing is left of them');

$node->stop;
done_testing();
