# The grants in the documentation are those that stormdisc_grant() makes; they,
# metadata, and what was made for resources are there after dump and restore.

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
$node->safe_psql('original', <<'EOS');
CREATE EXTENSION stormdisc;
SELECT stormdisc_grant('app', 'ports'), stormdisc_grant('reader', 'read');
SELECT stormdisc_set_meta_value('api_version', '1'), stormdisc_set_meta_value('api_version', E'it''s\n\\2'), stormdisc_set_meta_value('gone', '1'), stormdisc_delete_meta('gone');
CREATE TABLE apps (id int PRIMARY KEY, name text);
SELECT stormdisc_add_timestamps('apps');
SELECT stormdisc_create('apps', '{"id": 1, "name": "mail"}');
SELECT stormdisc_create_compat_view('apps', 1, '{id, "name AS title"}');
EOS
my $dump = "$PostgreSQL::Test::Utils::tmp_check/access_dump.sql";
$node->command_ok([ 'pg_dump', '-f', $dump, '-d', $node->connstr('original') ], 'dump');
$node->safe_psql('postgres', 'CREATE DATABASE restored');
$node->command_ok([ 'psql', '-X', '-q', '-v', 'ON_ERROR_STOP=1', '-f', $dump, '-d', $node->connstr('restored') ], 'restore');
my $query = <<'EOS';
SELECT string_agg(area || ' ' || role_name, ', ' ORDER BY area, role_name) FROM stormdisc.area_roles;
SELECT stormdisc_grant('app', 'ports'), stormdisc_grant('reader', 'read');
EOS
is($node->safe_psql('restored', $query), $node->safe_psql('original', $query), 'roles have their areas after a restore');
like($node->safe_psql('restored', $query), qr/^\{\}\|\{\}$/m, 'as a whole');


# metadata, versions of keys that are gone among them
$query = 'SELECT * FROM stormdisc.metadata ORDER BY key; SELECT * FROM stormdisc_list_meta()';
is($node->safe_psql('restored', $query), $node->safe_psql('original', $query), 'metadata are as they were');
is($node->safe_psql('restored', "SELECT stormdisc_set_meta_value('gone', '2', 0)"), 3, 'and no version comes back');
# resources
is($node->safe_psql('restored', <<'EOS'), "mail|t\n{}", 'timestamps are kept');
UPDATE apps SET name = name;
SELECT stormdisc_get_by_id('apps_v1', 1)->>'title', updated_at > created_at FROM apps;
SELECT stormdisc_add_timestamps('apps');
EOS

done_testing();
