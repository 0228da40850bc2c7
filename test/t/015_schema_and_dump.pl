# Where the extension lives, how it goes and what a dump keeps.
#
# The functions go with the schema they are in, in a schema of the user's they
# survive DROP SCHEMA public CASCADE; the schema stormdisc is never taken over
# from another role; pg_dump keeps the type map; DROP EXTENSION leaves nothing.

use strict;
use warnings FATAL => 'all';

use FindBin;
use lib $FindBin::RealBin;
use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use StormdiscTest;
use Test::More;

my $node = new_node('schema', extension => 0);
my $dir = PostgreSQL::Test::Utils::tempdir();

# What there is of objects, by name: to compare before and after.
my $objects = q{
SELECT string_agg(o, E'\n' ORDER BY o COLLATE "C") FROM (
	SELECT 'relation ' || relnamespace::regnamespace || '.' || relname FROM pg_class WHERE oid >= 16384 AND relkind <> 't'
		AND relname !~ '^pg_toast'
	UNION ALL SELECT 'function ' || oid::regprocedure FROM pg_proc WHERE oid >= 16384
	UNION ALL SELECT 'type ' || oid::regtype FROM pg_type WHERE oid >= 16384
	UNION ALL SELECT 'schema ' || nspname FROM pg_namespace WHERE oid >= 16384 OR nspname = 'public'
	UNION ALL SELECT 'constraint ' || conname FROM pg_constraint WHERE oid >= 16384
	UNION ALL SELECT 'extension ' || extname FROM pg_extension
	UNION ALL SELECT 'comment ' || description FROM pg_description WHERE objoid >= 16384
	UNION ALL SELECT 'privileges ' || classoid::regclass || ' ' || objoid FROM pg_init_privs WHERE objoid >= 16384
	UNION ALL SELECT 'dependency ' || classid::regclass || ' ' || objid FROM pg_depend WHERE objid >= 16384 AND refclassid = 'pg_extension'::regclass
) AS all_objects (o)};

sub sql
{
	my ($database, $sql) = @_;

	return $node->safe_psql($database, "SET client_min_messages = error;\n$sql");
}

# The SQLSTATE of the error that a statement raises, and its message.
sub sqlstate_of
{
	my ($database, $sql, %params) = @_;
	my ($stdout, $stderr);

	$node->psql($database, "\\set VERBOSITY verbose\n$sql", stdout => \$stdout, stderr => \$stderr, %params);
	return $stderr =~ /ERROR:  (\w{5}): (.*)/ ? "$1 $2" : "no error: $stdout $stderr";
}

$node->safe_psql('postgres', "CREATE DATABASE $_")
  for qw(in_public in_own taken plain_user dumped restored restored_custom own_dumped own_restored);

# In public: it comes and goes with that schema, and nothing is left over.
my $before = sql('in_public', $objects);
sql('in_public', 'CREATE EXTENSION stormdisc');
my $installed = sql('in_public', $objects);
isnt($installed, $before, 'CREATE EXTENSION makes something');
is(sql('in_public', "SELECT extnamespace::regnamespace FROM pg_extension WHERE extname = 'stormdisc'"),
	'public', 'the functions go to public by default');

sql('in_public', 'DROP EXTENSION stormdisc');
is(sql('in_public', $objects), $before, 'DROP EXTENSION removes everything');

sql('in_public', 'CREATE EXTENSION stormdisc');
is(sql('in_public', $objects) =~ s/\d+//gr, $installed =~ s/\d+//gr, 'and it can be installed again');

sql('in_public', 'DROP SCHEMA public CASCADE');
is(sql('in_public', $objects), $before =~ s/^schema public\n?//mr =~ s/\n\z//r, 'DROP SCHEMA public CASCADE takes it all with it');
sql('in_public', 'CREATE SCHEMA public; CREATE EXTENSION stormdisc');
is(sql('in_public', "SELECT stormdisc_map_type('int4') IS NOT NULL"), 't', 'and it can be installed once more');

is(sqlstate_of('in_public', 'DROP SCHEMA stormdisc CASCADE'),
	'2BP01 cannot drop schema stormdisc because extension stormdisc requires it',
	'the schema stormdisc cannot be dropped by itself');
is(sqlstate_of('in_public', 'DROP TABLE stormdisc.type_map'),
	'2BP01 cannot drop table stormdisc.type_map because extension stormdisc requires it',
	'nor can its table');
like(sqlstate_of('in_public', 'CREATE SCHEMA elsewhere; ALTER EXTENSION stormdisc SET SCHEMA elsewhere'),
	qr/^0A000 /, 'the extension cannot be moved');

# In the schema stormdisc, made by the user: it survives.
$before = sql('in_own', $objects);
sql('in_own', <<'EOS');
CREATE SCHEMA stormdisc;
CREATE EXTENSION stormdisc SCHEMA stormdisc;
CREATE TABLE public.t (id int PRIMARY KEY);
INSERT INTO stormdisc.type_map VALUES ('mine', 'int4', 'whole number');
DROP SCHEMA public CASCADE;
CREATE SCHEMA app;
CREATE TABLE app.t (id int PRIMARY KEY, v text DEFAULT 'x');
EOS
is(sql('in_own', <<'EOS'),
SELECT schema_name, table_name FROM stormdisc.stormdisc_tables();
SELECT column_name, default_value FROM stormdisc.stormdisc_columns();
SELECT column_name FROM stormdisc.stormdisc_primary_key('app.t');
SELECT stormdisc.stormdisc_map_type('int4', 'mine');
EOS
	"app|t\nid|\nv|'x'::text\nid\nwhole number", 'in a schema of its own it survives DROP SCHEMA public CASCADE');
is(sql('in_own', 'SELECT count(*) FROM stormdisc.stormdisc_tables() WHERE schema_name = \'stormdisc\''),
	'0', 'and does not list its own tables');
sql('in_own', 'DROP SCHEMA app CASCADE; CREATE SCHEMA public; DROP EXTENSION stormdisc');
is( sql('in_own', $objects) =~ s/^(?:comment|privileges) .*\n//mgr,
	"$before\nschema stormdisc",
	'DROP EXTENSION leaves only the schema that the user made');

# In any other schema, with an odd name.
sql('in_own', 'DROP SCHEMA stormdisc; CREATE SCHEMA "Odd name"; CREATE EXTENSION stormdisc SCHEMA "Odd name"');
is(sql('in_own', q{SELECT count(*), "Odd name".stormdisc_map_type('int4') IS NOT NULL FROM "Odd name".stormdisc_tables()}),
	'0|t', 'it works from a schema with an odd name');
sql('in_own', 'DROP SCHEMA "Odd name" CASCADE');
unlike(sql('in_own', $objects), qr/stormdisc/, 'and goes with it');

# A schema stormdisc that is not ours.
sql('taken', <<'EOS');
CREATE ROLE other;
CREATE SCHEMA stormdisc AUTHORIZATION other;
EOS
$before = sql('taken', $objects);
is(sqlstate_of('taken', 'CREATE EXTENSION stormdisc'),
	'42P06 schema "stormdisc" exists already and belongs to another role',
	'a schema stormdisc of another role is refused');
is(sql('taken', $objects), $before, 'and nothing is left of the attempt');
like(sqlstate_of('taken', 'CREATE EXTENSION stormdisc SCHEMA stormdisc'), qr/^42P06 /, 'the same with SCHEMA stormdisc');
sql('taken', 'DROP SCHEMA stormdisc; CREATE SCHEMA stormdisc; CREATE TABLE stormdisc.type_map (x int)');
$before = sql('taken', $objects);
like(sqlstate_of('taken', 'CREATE EXTENSION stormdisc'), qr/^42P07 /, 'a table of ours that exists is never taken over');
sql('taken', 'DROP TABLE stormdisc.type_map; CREATE FUNCTION public.stormdisc_map_type(text, text, bool) RETURNS text LANGUAGE sql AS $$ SELECT $1 $$');
like(sqlstate_of('taken', 'CREATE EXTENSION stormdisc'), qr/^42723 /, 'nor is a function');
sql('taken', 'DROP FUNCTION public.stormdisc_map_type(text, text, bool); CREATE EXTENSION stormdisc');
is(sql('taken', 'SELECT count(*) FROM stormdisc_tables()'), '0', 'when these are gone it installs');

# Not for everybody.
sql('plain_user', 'CREATE ROLE plain LOGIN; GRANT CREATE ON DATABASE plain_user TO plain; GRANT CREATE ON SCHEMA public TO plain');
like(sqlstate_of('plain_user', 'CREATE EXTENSION stormdisc', extra_params => [ '-U', 'plain' ]),
	qr/^42501 /, 'only a superuser can install it');

# Dump and restore.
my $fill = <<'EOS';
INSERT INTO stormdisc.type_map VALUES
	('stormweaver', 'uuid', 'BLOB'),
	('stormweaver', 'public.mood', 'VARCHAR'),
	('mine', 'int4', E'whole\tnumber \\ "quoted" ''twice'''),
	('mine', 'text', '');
CREATE TYPE public.mood AS ENUM ('sad', 'happy');
CREATE TABLE public.t (id int PRIMARY KEY, m public.mood DEFAULT 'sad', u uuid);
EOS
my $rows = 'SELECT * FROM stormdisc.type_map ORDER BY 1, 2';
my $answer = sub {
	my ($schema) = @_;

	return "SELECT column_name, storm_type, storm_type_mapped, $schema.stormdisc_map_type(type_schema || '.' || data_type) "
	  . "FROM $schema.stormdisc_columns();";
};

sql('dumped', "CREATE EXTENSION stormdisc;\n$fill");
my $expected_rows = sql('dumped', $rows);
my $expected_answer = sql('dumped', $answer->('public'));
like($expected_answer, qr/^m\|VARCHAR\|t\|VARCHAR$/m, 'the type map is in use');

$node->command_ok([ 'pg_dump', '-f', "$dir/plain.sql", '-d', $node->connstr('dumped') ], 'pg_dump');
$node->command_ok([ 'pg_dump', '-Fc', '-f', "$dir/custom.dump", '-d', $node->connstr('dumped') ], 'pg_dump -Fc');
$node->command_ok([ 'psql', '-X', '-q', '-v', 'ON_ERROR_STOP=1', '-f', "$dir/plain.sql", '-d', $node->connstr('restored') ],
	'psql restores it without an error');
$node->command_ok([ 'pg_restore', '--exit-on-error', '-j', 2, '-d', $node->connstr('restored_custom'), "$dir/custom.dump" ],
	'pg_restore -j 2 restores it without an error');
foreach my $database ('restored', 'restored_custom')
{
	is(sql($database, $rows), $expected_rows, "$database: all rows of stormdisc.type_map are there");
	is(sql($database, $answer->('public')), $expected_answer, "$database: the answers are the same");
	is(sql($database, "SELECT has_table_privilege('public', 'stormdisc.type_map', 'SELECT'), has_schema_privilege('public', 'stormdisc', 'USAGE')"),
		't|t', "$database: the privileges are the same");
}

sql('own_dumped', "CREATE SCHEMA stormdisc; CREATE EXTENSION stormdisc SCHEMA stormdisc;\n$fill");
$node->command_ok([ 'pg_dump', '-f', "$dir/own.sql", '-d', $node->connstr('own_dumped') ], 'pg_dump, in its own schema');
$node->command_ok([ 'psql', '-X', '-q', '-v', 'ON_ERROR_STOP=1', '-f', "$dir/own.sql", '-d', $node->connstr('own_restored') ],
	'psql restores it without an error');
is(sql('own_restored', $rows), $expected_rows, 'own_restored: all rows of stormdisc.type_map are there');
is(sql('own_restored', $answer->('stormdisc')), sql('own_dumped', $answer->('stormdisc')), 'own_restored: the answers are the same');

# The dump of a dump is the same dump.
$node->command_ok([ 'pg_dump', '-f', "$dir/again.sql", '-d', $node->connstr('restored') ], 'pg_dump of what was restored');
my @dumps = map {
	my $text = slurp_file($_);

	# newer servers put a random key into \restrict
	$text =~ s/^\\(?:un)?restrict .*\n//mgr
} ("$dir/plain.sql", "$dir/again.sql");
is($dumps[1], $dumps[0], 'is the dump that it came from');

$node->stop;

done_testing();
