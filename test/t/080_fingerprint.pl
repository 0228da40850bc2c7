# Fingerprints and differences against random schemas and random changes of them:
# two fingerprints are equal if, and only if, stormdisc_diff() finds nothing, and
# that is so if, and only if, pg_dump writes the same.
#
# STORMDISC_MODEL_SEED is the first seed (1), STORMDISC_MODEL_CHANGES how many
# changes are made of each of two schemas (120), STORMDISC_MODEL_DUMPS after how many
# of them pg_dump is asked (25).  A long run: 3000 and 300.

use strict;
use warnings FATAL => 'all';

use FindBin;
use JSON::PP;
use lib $FindBin::RealBin, "$FindBin::RealBin/../document", "$FindBin::RealBin/../model";
use Documents;
use PostgreSQL::Test::Utils;
use SchemaGenerator;
use StormdiscTest;
use Test::More;

my $root = "$FindBin::RealBin/../..";
my $dir = PostgreSQL::Test::Utils::tempdir();
my $seed = $ENV{STORMDISC_MODEL_SEED} || 1;
my $changes = $ENV{STORMDISC_MODEL_CHANGES} || 120;
my $dumps = $ENV{STORMDISC_MODEL_DUMPS} || 25;

my $node = new_node('fingerprint', conf => <<'CONF');
autovacuum = off
fsync = off
max_locks_per_transaction = 256
wal_level = logical
CONF

sub fingerprint
{
	my ($database) = @_;

	return $node->safe_psql($database, 'SELECT fingerprint FROM public.stormdisc_fingerprint()');
}

# A random schema; what the server refuses of it does not matter.
sub make_generated
{
	my ($database, $generator) = @_;

	$node->safe_psql('postgres', "CREATE DATABASE $database");
	$node->psql($database, "SET client_min_messages = error;\n" . join(";\n", $generator->schema) . ';', on_error_stop => 0);
	$node->safe_psql($database, 'CREATE EXTENSION stormdisc');
	return;
}

# pg_dump -s without what is different each time.
sub dump_of
{
	my ($database) = @_;
	my ($out, $err) = run_command([ 'pg_dump', '-s', '-d', $node->connstr($database) ]);

	is($err, '', 'pg_dump has nothing to say') if $err ne '';
	$out =~ s/^(--|\\(un)?restrict).*\n//mg;
	$out =~ s/\n+/\n/g;
	return $out;
}

# --- the vocabulary has what documents have ---

my $schema = decode_json(slurp_file("$root/docs/document.schema.json"));
my @in_documents;
foreach my $kind (grep { $_ ne 'a_warning' && $_ ne 'privileges' } keys %{ $schema->{'$defs'} })
{
	push @in_documents, map { "$kind $_" } grep { "$kind $_" ne 'tables partition' } keys %{ $schema->{'$defs'}{$kind}{properties} };
}
# the list of the privileges on an object is one value
push @in_documents, 'privileges privileges';
is( $node->safe_psql('postgres', q{SELECT string_agg(object_kind || ' ' || attribute, E'\n' ORDER BY (object_kind || ' ' || attribute) COLLATE "C") FROM stormdisc_vocabulary() WHERE attribute IS NOT NULL}),
	join("\n", sort @in_documents),
	'the vocabulary has every key of a document, and no other');
is( $node->safe_psql('postgres', q{SELECT string_agg(object_kind, E'\n' ORDER BY object_kind COLLATE "C") FROM stormdisc_vocabulary() WHERE attribute IS NULL}),
	join("\n", sort grep { $_ ne 'a_warning' } keys %{ $schema->{'$defs'} }), 'and every kind');

# --- equal fingerprints, no difference ---

foreach my $number ($seed, $seed + 1)
{
	my $database = "generated_$number";
	my $generator = SchemaGenerator->new(seed => $number, size => 8);

	make_generated($database, $generator);
	my @mutations = $generator->mutations($changes);
	my $sql = slurp_file("$root/test/model/fingerprint_property.sql");
	my $array = sub { my ($type, @values) = @_; return 'ARRAY[' . join(', ', map { q(') . s/'/''/gr . q(') } @values) . "]::$type\[]" };
	my ($out) = $node->safe_psql($database,
		"SET client_min_messages = error;\n$sql\nSELECT pg_temp.run(" . $array->('text', map { $_->{sql} } @mutations) . ', ' . $array->('bool', map { $_->{nothing} } @mutations) . ');');
	my @complaints = split /\n/, $out;
	my $summary = pop @complaints;

	is(scalar(@complaints), 0, "seed $number: fingerprints are equal where there is no difference") or diag(join "\n", @complaints[ 0 .. ($#complaints > 9 ? 9 : $#complaints) ]);
	my ($made) = $summary =~ /^(\d+) made/;
	cmp_ok($made, '>', $changes * 0.8, "seed $number: most of the changes could be made") or diag($summary);
	note "seed $number: $summary";
}

# --- what pg_dump writes, and nothing else ---

my $generator = SchemaGenerator->new(seed => $seed + 2, size => 6);
make_generated('dumped', $generator);
my ($dump, $fingerprint) = (dump_of('dumped'), fingerprint('dumped'));
my ($seen, $unseen) = (0, 0);
foreach my $mutation ($generator->mutations($dumps))
{
	next if $node->psql('dumped', "SET client_min_messages = error; $mutation->{sql}", on_error_stop => 1);
	my ($new_dump, $new_fingerprint) = (dump_of('dumped'), fingerprint('dumped'));

	is($new_fingerprint eq $fingerprint ? 'same' : 'differs', $new_dump eq $dump ? 'same' : 'differs', "pg_dump and the fingerprint agree: $mutation->{sql}");
	$new_dump eq $dump ? $unseen++ : $seen++;
	($dump, $fingerprint) = ($new_dump, $new_fingerprint);
}
cmp_ok($seen, '>', 0, "$seen changes are in a dump, $unseen are not");

# --- equal after a reload, whatever the settings ---

$node->safe_psql('postgres', 'CREATE DATABASE traps');
$node->command_ok([ 'psql', '-X', '-q', '-v', 'ON_ERROR_STOP=1', '-d', $node->connstr('traps'), '-f', "$root/test/model/traps.sql" ], 'the traps are set');
$node->safe_psql('traps', 'CREATE EXTENSION stormdisc');
foreach my $database ('traps', 'dumped', "generated_$seed")
{
	my $copy = "${database}_copy";

	$node->safe_psql('postgres', "CREATE DATABASE $copy");
	$node->safe_psql('postgres', "ALTER DATABASE $copy SET $_")
	  foreach "timezone = 'Asia/Kathmandu'", "datestyle = 'SQL, DMY'", 'intervalstyle = iso_8601', 'quote_all_identifiers = on', 'extra_float_digits = -15', 'search_path = pg_temp';
	$node->command_ok([ 'pg_dump', '-f', "$dir/$database.sql", '-d', $node->connstr($database) ], "$database: pg_dump");
	$node->command_ok([ 'psql', '-X', '-q', '-v', 'ON_ERROR_STOP=1', '-d', $node->connstr($copy), '-f', "$dir/$database.sql" ], "$database: psql restores it");
	is(fingerprint($copy), fingerprint($database), "$database: the fingerprint is the same after a reload");
}

# that is not for want of differences: the traps do show in documents
my @documents = map { $node->safe_psql($_, 'SELECT public.stormdisc_schema()') } qw(traps traps_copy);
my ($before, $after) = map { decode_json($_) } @documents;
my $json = JSON::PP->new->canonical;
my @different = grep { $json->encode([ $before->{views}{$_}{definition} ]) ne $json->encode([ $after->{views}{$_}{definition} ]) } keys %{ $before->{views} };
push @different, grep { ($before->{constraints}{$_}{definition} // '') ne ($after->{constraints}{$_}{definition} // '') } keys %{ $before->{constraints} };
cmp_ok(scalar(@different), '>', 3, 'although ' . @different . ' definitions are printed otherwise');

# and they are no reason not to see a change
foreach my $change (
	'ALTER TABLE traps.lists DROP CONSTRAINT lists_n_check, ADD CONSTRAINT lists_n_check CHECK (n NOT IN (\'x\', E\'back\\\\slash\', \'quo\'\'te\', \'(ARRAY[\', \'a, c\'))',
	'ALTER TABLE traps.lists DROP CONSTRAINT lists_big_check, ADD CONSTRAINT lists_big_check CHECK (big IN (1, 2, 4))',
	'CREATE OR REPLACE VIEW traps.one_outer AS SELECT id, (SELECT count(*) FROM traps.by_list b WHERE b.v = lists.n) AS n FROM traps.lists WHERE EXISTS (SELECT FROM traps.by_list WHERE by_list.v = lists.n)',
	'CREATE OR REPLACE VIEW traps.listed (a, b) AS VALUES (1, \'a\'), (2, \'b2\')',
	'CREATE OR REPLACE VIEW traps.constants_sub AS SELECT id FROM traps.lists WHERE v IN (SELECT \'a\' AS text2 UNION SELECT \'b\')',
	'CREATE OR REPLACE VIEW traps.constants_sub AS SELECT id FROM traps.lists WHERE v IN (SELECT \'a\' AS text2 UNION SELECT \'b\' AS text3)',
	'CREATE OR REPLACE VIEW traps.constants_with AS WITH w AS (SELECT 1 AS a, \'a\'::traps."Kind k" AS b, now() AS c, true AS d, B\'1\' AS e, \'1 day\'::interval AS f, \'x\'::char(3) AS g UNION SELECT -2, \'b\', \'2001-01-01\', false, B\'0\', \'3 days\', \'y\') SELECT * FROM w',
	'CREATE OR REPLACE VIEW traps.one_whole AS SELECT lists, lists.id FROM ONLY traps.lists',
	'ALTER TABLE traps.after_rename RENAME CONSTRAINT before_rename_pkey TO after_rename_pkey',
	'ALTER TABLE traps.child ALTER late DROP DEFAULT',
	'ALTER TABLE traps.lists SET (fillfactor = 72)',
	'REVOKE REFERENCES ON traps.lists FROM regress_traps',
	'DROP INDEX traps.after_rename_a_idx1')
{
	my $old = fingerprint('traps');

	$node->safe_psql('traps', $change);
	isnt(fingerprint('traps'), $old, "seen: $change");
}

# --- the exceptions: what is another one after a reload, and nothing else ---

$node->safe_psql('postgres', 'CREATE DATABASE exceptions');
$node->safe_psql('postgres', 'CREATE DATABASE exceptions_copy');
$node->command_ok([ 'psql', '-X', '-q', '-v', 'ON_ERROR_STOP=1', '-d', $node->connstr('exceptions'), '-f', "$root/test/model/exceptions.sql" ], 'the exceptions');
$node->safe_psql('exceptions', 'CREATE EXTENSION stormdisc');
$node->command_ok([ 'pg_dump', '-f', "$dir/exceptions.sql", '-d', $node->connstr('exceptions') ], 'exceptions: pg_dump');
$node->command_ok([ 'psql', '-X', '-q', '-v', 'ON_ERROR_STOP=1', '-d', $node->connstr('exceptions_copy'), '-f', "$dir/exceptions.sql" ], 'exceptions: psql restores it');
$node->safe_psql('exceptions', "\\copy (SELECT stormdisc_schema()) TO '$dir/exceptions.json' (FORMAT csv, QUOTE e'\\x01', DELIMITER e'\\x02')");
my $major = $node->safe_psql('postgres', q{SELECT current_setting('server_version_num')::int / 10000});
is( $node->safe_psql(
		'exceptions_copy', qq{
CREATE TEMP TABLE before (document jsonb);
\\copy before FROM '$dir/exceptions.json' (FORMAT csv, QUOTE e'\\x01', DELIMITER e'\\x02')
SELECT string_agg(difference, E'\\n' ORDER BY difference COLLATE "C")
FROM before, stormdisc_diff(document, stormdisc_schema()), concat_ws(' / ', object_kind, identity, attribute) difference}),
	join("\n", sort(seen_by_fingerprint('exceptions', $major, $major))),
	'exceptions: what differs after a reload is what is known to');

# --- one of everything, and a change of each that a dump has ---

$node->safe_psql('postgres', 'CREATE DATABASE kinds');
$node->command_ok([ 'psql', '-X', '-q', '-v', 'ON_ERROR_STOP=1', '-d', $node->connstr('kinds'), '-f', "$root/test/oracle/kinds.sql" ], 'one of everything');
$node->safe_psql('kinds', 'CREATE EXTENSION stormdisc');
my @changes = grep { /\S/ && !/^--/ } split /\n/, <<'SQL';
ALTER SCHEMA kinds OWNER TO CURRENT_USER
ALTER LANGUAGE "Lang l" RENAME TO lang
COMMENT ON ACCESS METHOD kinds_btree IS NULL
ALTER TYPE kinds.state RENAME VALUE 'open' TO 'opened'
ALTER TYPE kinds.pair ADD ATTRIBUTE more int
ALTER TYPE kinds.pair RENAME ATTRIBUTE x TO xx
COMMENT ON COLUMN kinds.pair.x IS 'another'
ALTER TYPE kinds.word SET (STORAGE = main)
ALTER DOMAIN kinds.small DROP NOT NULL
ALTER DOMAIN kinds.small DROP DEFAULT
ALTER DOMAIN kinds.small RENAME CONSTRAINT later TO latest
ALTER DOMAIN kinds.small VALIDATE CONSTRAINT later
COMMENT ON CONSTRAINT "is small" ON DOMAIN kinds.small IS NULL
ALTER COLLATION kinds."Coll c" RENAME TO coll
DROP CONVERSION kinds."Conv c"
ALTER TEXT SEARCH DICTIONARY kinds."Dict d" (ACCEPT = true)
ALTER TEXT SEARCH CONFIGURATION kinds.conf DROP MAPPING FOR numword
ALTER TEXT SEARCH CONFIGURATION kinds.conf ALTER MAPPING FOR numword WITH english_stem
ALTER TEXT SEARCH PARSER kinds."Parser p" RENAME TO par
ALTER TEXT SEARCH TEMPLATE kinds."Templ t" RENAME TO tem
ALTER FUNCTION kinds.plain(int) COST 7
ALTER FUNCTION kinds.rows(int) ROWS 18
ALTER FUNCTION kinds.plain(int) PARALLEL SAFE
ALTER FUNCTION kinds.plain(int) STRICT
ALTER FUNCTION kinds.plain(int) LEAKPROOF
ALTER FUNCTION kinds.plain(int) SECURITY DEFINER
ALTER FUNCTION kinds."Fun f" RESET search_path
ALTER FUNCTION kinds.supported(int, int) SUPPORT generate_series_int4_support
ALTER FUNCTION kinds.rows(int) NO DEPENDS ON EXTENSION plpgsql
CREATE OR REPLACE FUNCTION kinds.standard(a int DEFAULT 1, b kinds.small DEFAULT 3) RETURNS int LANGUAGE sql IMMUTABLE RETURN a + b
CREATE OR REPLACE FUNCTION kinds.atomic(a int) RETURNS SETOF int LANGUAGE sql BEGIN ATOMIC SELECT a; SELECT a + 2; END
CREATE OR REPLACE PROCEDURE kinds."Proc p"(INOUT a int, b text DEFAULT 'y') LANGUAGE plpgsql AS 'BEGIN a := 1; END'
CREATE OR REPLACE AGGREGATE kinds.total(int) (SFUNC = int4pl, STYPE = int, INITCOND = '1', COMBINEFUNC = int4pl, MSFUNC = int4pl, MINVFUNC = int4mi, MSTYPE = int, MINITCOND = '0', PARALLEL = SAFE)
ALTER OPERATOR kinds.===(kinds.pair, kinds.pair) SET (RESTRICT = NONE)
ALTER OPERATOR FAMILY kinds."Fam f" USING btree DROP OPERATOR 1 (int, bigint)
ALTER OPERATOR CLASS kinds."Class c" USING btree RENAME TO cla
DROP CAST (kinds.pair AS kinds.state)
COMMENT ON CAST (int AS kinds.pair) IS NULL
COMMENT ON TRANSFORM FOR int LANGUAGE sql IS NULL
ALTER SEQUENCE kinds.counter CACHE 6
ALTER SEQUENCE kinds.counter MAXVALUE -2
ALTER SEQUENCE kinds."Seq of g" OWNED BY NONE
ALTER TABLE kinds.t ALTER id SET GENERATED ALWAYS
ALTER TABLE kinds.t ALTER id SET CACHE 4
ALTER TABLE kinds.t ALTER "A a" SET DEFAULT kinds.standard(b => 5)
ALTER TABLE kinds.t ALTER "A a" RESET (n_distinct)
ALTER TABLE kinds.t ALTER "A a" SET STATISTICS 12
ALTER TABLE kinds.t NO FORCE ROW LEVEL SECURITY, DISABLE ROW LEVEL SECURITY
ALTER TABLE kinds.t REPLICA IDENTITY FULL
ALTER INDEX kinds.t_class SET (fillfactor = 60)
ALTER INDEX kinds.t_class RENAME TO t_klass
ALTER STATISTICS kinds."Stat s" SET STATISTICS 34
ALTER TABLE kinds.parts DETACH PARTITION kinds.parts_1
ALTER VIEW kinds.v ALTER "A a" DROP DEFAULT
ALTER VIEW kinds.v SET (check_option = local)
ALTER VIEW kinds.v RESET (security_barrier)
ALTER MATERIALIZED VIEW kinds.m SET WITHOUT CLUSTER
ALTER MATERIALIZED VIEW kinds.m SET (fillfactor = 67)
ALTER TABLE kinds.t ENABLE RULE also
ALTER TABLE kinds.t ENABLE ALWAYS RULE nothing
CREATE OR REPLACE RULE tell AS ON INSERT TO kinds.in_heap DO ALSO NOTIFY kinds_2
ALTER POLICY "Pol p" ON kinds.t USING (id > 1)
ALTER POLICY everyone ON kinds.t TO regress_kinds_owner
ALTER TABLE kinds.t ENABLE TRIGGER on_change
ALTER TABLE kinds.parts_1 ENABLE TRIGGER of_parts
ALTER TRIGGER "Trig t" ON kinds.t RENAME TO tri
ALTER TRIGGER of_parts ON kinds.parts NO DEPENDS ON EXTENSION plpgsql
ALTER EVENT TRIGGER kinds_start ENABLE
ALTER FOREIGN DATA WRAPPER "Wrap w" OPTIONS (SET debug 'false')
ALTER FOREIGN DATA WRAPPER validated NO VALIDATOR
ALTER SERVER "Server s" VERSION '1.3'
ALTER SERVER "Server s" OPTIONS (DROP host)
DROP USER MAPPING FOR PUBLIC SERVER "Server s"
ALTER FOREIGN TABLE kinds."Far f" OPTIONS (SET table_name 'other')
ALTER FOREIGN TABLE kinds."Far f" ALTER a OPTIONS (SET column_name 'y')
ALTER PUBLICATION "Pub p" SET (publish = 'insert')
ALTER PUBLICATION "Pub p" SET TABLE kinds.t (id, b) WHERE (id > 6), kinds.parts
ALTER PUBLICATION of_schema ADD TABLES IN SCHEMA kinds
ALTER SUBSCRIPTION "Sub s" SET (binary = false)
GRANT CREATE ON SCHEMA kinds TO PUBLIC
REVOKE GRANT OPTION FOR SELECT ON kinds.t FROM "Regress ""kinds"""
GRANT UPDATE (c) ON kinds.t TO PUBLIC
GRANT EXECUTE ON FUNCTION kinds.plain(int) TO PUBLIC
REVOKE USAGE ON TYPE kinds.state FROM "Regress ""kinds"""
GRANT USAGE ON TYPE kinds.small TO PUBLIC
REVOKE USAGE ON LANGUAGE "Lang l" FROM regress_kinds_owner
REVOKE USAGE ON FOREIGN SERVER "Server s" FROM "Regress ""kinds"""
ALTER DEFAULT PRIVILEGES IN SCHEMA kinds REVOKE SELECT ON TABLES FROM "Regress ""kinds"""
SQL
my $answers = $node->safe_psql('kinds', join "\n",
	"SET client_min_messages = error; CREATE TEMP TABLE before AS SELECT stormdisc_schema() AS document;",
	map { "BEGIN;\n$_;\nSELECT (SELECT fingerprint FROM stormdisc_fingerprint()) <> (SELECT f.fingerprint FROM before, stormdisc_document_fingerprint(document) f)"
		. " AND EXISTS (SELECT FROM before, stormdisc_diff(document, stormdisc_schema()));\nROLLBACK;" } @changes);
my @answers = split /\n/, $answers;
is(scalar(@answers), scalar(@changes), 'the changes could be made');
is($answers[$_], 't', "seen: $changes[$_]") foreach 0 .. $#changes;

# --- beside a lock: refuse, and wait for nobody ---

my $locker = $node->background_psql('traps');
$locker->query_safe('BEGIN; LOCK TABLE traps.lists IN ACCESS EXCLUSIVE MODE; ALTER TABLE traps.lists RENAME v TO w;');
my ($rc, $stdout, $stderr) = $node->psql('traps', '\set VERBOSITY verbose' . "\nSET statement_timeout = '60s'; SELECT stormdisc_fingerprint();", on_error_stop => 1);
like($stderr, qr/ERROR:  (55P03|55006): could not read \w+ of the schema as a whole/, 'no fingerprint beside a lock');
$locker->query_safe('ROLLBACK;');
$locker->quit;
is($node->safe_psql('traps', 'SELECT count(*) FROM stormdisc_fingerprint()'), '1', 'and one without');

$node->stop;

done_testing();
