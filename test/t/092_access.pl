# The grants in the documentation are those that stormdisc_grant() makes.

use strict;
use warnings FATAL => 'all';

use FindBin;
use lib $FindBin::RealBin;
use PostgreSQL::Test::Utils;
use StormdiscTest;
use Test::More;

my $node = new_node('access', conf => "fsync = off\nautovacuum = off\n");
my $docs = slurp_file("$FindBin::RealBin/../../docs/reference/access.md");

$node->safe_psql('postgres', 'CREATE ROLE app');
for my $area (qw(discovery ports traces migrations read))
{
	my ($section) = $docs =~ /^## $area\n(.*?)(?=^## |\z)/ms;
	my %in_docs = map { $_ => 1 } $section =~ /^\t((?:stormdisc_\w+\(.*?\)|stormdisc\.\w+)),?$/mg;
	my @granted = split /\n/, $node->safe_psql('postgres', <<"EOS");
SELECT replace(identity, 'public.', '') FROM stormdisc_area_objects('$area') WHERE NOT is_public AND ('$area' <> 'read' OR object_type = 'ROUTINE')
EOS
	is(join("\n", sort keys %in_docs), join("\n", sort @granted), "$area: the grants of the documentation");
	# and they are all that there is to do
	my ($statements) = join "\n", $section =~ /```\n(GRANT .*?)```/sg;
	$node->safe_psql('postgres', $statements);
	is($node->safe_psql('postgres', "SELECT stormdisc_grant('app', '$area')"), $area eq 'read' ? '{"GRANT SELECT ON TABLE stormdisc.area_roles TO app"}' : '{}',
		"$area: run by hand they leave nothing to grant");
}

# they are in a dump
$node->safe_psql('postgres', 'CREATE ROLE reader');
$node->safe_psql('postgres', 'CREATE DATABASE original');
$node->safe_psql('original', "CREATE EXTENSION stormdisc; SELECT stormdisc_grant('app', 'ports'), stormdisc_grant('reader', 'read')");
my $dump = "$PostgreSQL::Test::Utils::tmp_check/access.sql";
$node->command_ok([ 'pg_dump', '-f', $dump, '-d', $node->connstr('original') ], 'dump');
$node->safe_psql('postgres', 'CREATE DATABASE restored');
$node->command_ok([ 'psql', '-X', '-q', '-v', 'ON_ERROR_STOP=1', '-f', $dump, '-d', $node->connstr('restored') ], 'restore');
my $query = <<'EOS';
SELECT string_agg(area || ' ' || role_name, ', ' ORDER BY area, role_name) FROM stormdisc.area_roles;
SELECT stormdisc_grant('app', 'ports'), stormdisc_grant('reader', 'read');
EOS
is($node->safe_psql('restored', $query), $node->safe_psql('original', $query), 'roles have their areas after a restore');
like($node->safe_psql('restored', $query), qr/^\{\}\|\{\}$/m, 'as a whole');

done_testing();
