# The largest documents: a jsonb holds 256 MB.  Beyond that a clear error says
# so and tells the way around, which works; and a document on its way there can
# be cancelled.

use strict;
use warnings FATAL => 'all';

use FindBin;
use lib $FindBin::RealBin;
use StormdiscTest;
use Test::More;

my $node = new_node('limits', conf => "autovacuum = off\nfsync = off\nfull_page_writes = off\nmax_wal_size = 4GB\n");

# comments of 1 MB that take next to no space on disk: on one column of each of
# 270 tables, and on each of 270 columns of one table
$node->safe_psql(
	'postgres', q{
CREATE SCHEMA large;
CREATE SCHEMA one;
DO $$
BEGIN
	FOR i IN 1 .. 270 LOOP
		EXECUTE pg_catalog.format('CREATE TABLE large.t%s (a int)', i);
		EXECUTE pg_catalog.format('COMMENT ON COLUMN large.t%s.a IS %L', i, pg_catalog.repeat('x', 1000000));
	END LOOP;
	EXECUTE 'CREATE TABLE one.wide (' || (SELECT pg_catalog.string_agg(pg_catalog.format('c%s int', i), ',') FROM pg_catalog.generate_series(1, 270) i) || ')';
	FOR i IN 1 .. 270 LOOP
		EXECUTE pg_catalog.format('COMMENT ON COLUMN one.wide.c%s IS %L', i, pg_catalog.repeat('x', 1000000));
	END LOOP;
END
$$;
CREATE TABLE one.small (a int)});

# What psql says of a statement: SQLSTATE, message, detail and hint.
sub outcome
{
	my ($sql) = @_;
	my ($stdout, $stderr);

	$node->psql('postgres', "\\set VERBOSITY verbose\n$sql", stdout => \$stdout, stderr => \$stderr);
	$stderr =~ s/^LOCATION:.*\n?//mg;
	$stderr =~ s/^psql:[^ ]* //mg;
	return wantarray ? ($stdout, $stderr) : $stderr;
}

foreach my $mode ('degrade', 'atomic')
{
	my $error = outcome("SELECT stormdisc_schema(schemas => '{large}', mode => '$mode')");

	like($error, qr/^ERROR:  54000: schema is too large for one document$/m, "$mode: more than 256 MB are refused");
	like($error, qr/^DETAIL:  total size of jsonb object elements exceeds the maximum of 268435455 bytes$/m, "$mode: why");
	like($error, qr/^HINT:  stormdisc_schema_objects\(\) returns the same content, one row per object/m, "$mode: and what to do");
}

is( $node->safe_psql(
		'postgres', q{
SELECT count(*), bool_and(length(document #>> '{columns,0,comment}') = 1000000), count(problem)
FROM stormdisc_schema_objects(schemas => '{large}', parts => '{tables,columns}')}),
	'270|t|0',
	'stormdisc_schema_objects() has all of it');
is( $node->safe_psql(
		'postgres', q{
SELECT pg_column_size(d) > 190000000, d -> 'consistent', (SELECT count(*) FROM jsonb_object_keys(d -> 'tables'))
FROM stormdisc_schema(schemas => '{large}', include => '{t?,t??,t1*}') d OFFSET 0}),
	't|true|199',
	'nearly 200 MB are no matter');
is( $node->safe_psql('postgres', q{SELECT stormdisc_schema(schemas => '{large}', parts => '{tables}') -> 'consistent'}),
	'true', 'nor are the parts that are not so large');

# one object that is too large by itself: the others stand
my ($rows, $warnings) = outcome(q{SELECT kind, identity FROM stormdisc_schema_objects(schemas => '{one}', parts => '{tables,columns}')});
is($rows, 'tables|one.small', 'an object of more than 256 MB is left out');
like($warnings, qr/^WARNING:  54000: .* of stormdisc_tables is left out: one\.wide is too large for one document$/m, 'with a warning');
is( $node->safe_psql('postgres', q{SELECT count(*) FROM stormdisc_schema_objects(schemas => '{one}', parts => '{tables}')}),
	2, 'but without its columns it is there');
is( $node->safe_psql(
		'postgres', q{
SELECT d -> 'consistent', d #>> '{warnings,0,message}', d #>> '{warnings,0,sqlstate}', (SELECT string_agg(key, ',') FROM jsonb_object_keys(d -> 'tables') AS key)
FROM stormdisc_schema(schemas => '{one}', parts => '{tables,columns}') d OFFSET 0}),
	'false|one.wide is too large for one document|54000|one.small',
	'a document goes without it, too');
like(
	outcome(q{SELECT stormdisc_schema(schemas => '{one}', mode => 'atomic')}),
	qr/^ERROR:  54000: one\.wide is too large for one document$/m,
	'unless it is to be atomic');

# a snapshot fails as a whole
like(
	outcome(q{SELECT status FROM stormdisc_discover_existing_schema('x', schemas => '{large}')}),
	qr/^WARNING:  54000: Failed to discover existing schema: schema is too large for one document$/m,
	'a snapshot of it is refused');
is($node->safe_psql('postgres', 'SELECT count(*) FROM stormdisc.snapshots'), '0', 'and nothing is kept');

# cancelled at some point on the way there, wherever that is
foreach my $after (20, 100, 200)
{
	like(
		outcome("SET statement_timeout = $after; SELECT count(stormdisc_schema()) FROM generate_series(1, 20)"),
		qr/^ERROR:  57014: canceling statement due to statement timeout$/m,
		"cancelled after $after ms");
}

$node->stop;

done_testing();
