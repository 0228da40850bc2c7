# Diagrams are drawn by the real tools, and every table is in the picture:
# Graphviz, and Mermaid in a headless Chromium.

use strict;
use warnings FATAL => 'all';

use Encode;
use FindBin;
use lib $FindBin::RealBin;
use Pictures;
use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use StormdiscTest;
use Test::More;

plan skip_all => 'neither Graphviz nor Mermaid with Chromium is installed'
  unless has_graphviz() || has_mermaid();

my $dir = PostgreSQL::Test::Utils::tempdir();

# What means something to one of the tools, or is hard to write.
my @odd_names = (
	'"', "'", '<b>', '&amp;', '&#34;', '<br/>', '<script>alert(1)</script>', '</TABLE>>];',
	'{', '}', '[', ']', '(', ')', '|', '\\', '\\n', '\\N', '\\\\N', 'x\\\\\\G', '#', '#35;', '# head', ';', ':', '~', '`x`', '$$x$$',
	'%%', '%%{init}%%', '{{x}}', '---', '***', '--o{', '||--o{', '->', '+', '=', '@', '!', '?', '^', '.', ',',
	'__init__', '*x*', '_y_', '_', 'a_b', '1. foo', '- foo', '> quote', '1.5', '0', '123', '1st',
	'style:x#y;', 'classDef:a#b;', 'accTitle: x', 'direction LR', 'class a b', 'a:::b', 'end', 'erDiagram',
	'title', 'subgraph', 'sub graph', 'click', 'graph', 'digraph', 'node', 'strict', 'select', 'pk', 'FK', 'uk-x',
	'www.example.com', 'http://x.y/z', 'A.B', 'a b', 'a,b', 'a, b', 'two  blanks', ' lead', 'trail ',
	"tab\there", "line\nbreak", "control\x01", "\x{fc}n\x{ef}code", "\x{65e5}\x{672c}\x{8a9e}",
	"\x{1f600} emoji", "no\x{a0}break", "right\x{200f}\x{202e}left", "mark\x{feff}", "soft\x{ad}hyphen",
	'x' x 63, "\x{e9}" x 31);

my $node = new_node('diagram');
$node->safe_psql('postgres', 'CREATE DATABASE demo', on_error_die => 1);
$node->command_ok([ 'psql', '-Xq', '-v', 'ON_ERROR_STOP=1', '-d', $node->connstr('demo'),
		'-f', "$FindBin::RealBin/../../examples/demo_schema.sql" ], 'the demo schema');
$node->safe_psql('demo', 'CREATE EXTENSION stormdisc');

# Each name as a table, a column, a type, and in a foreign key.
my $odd = "CREATE SCHEMA odd;\nCREATE SCHEMA \"a \"\"schema\";\n"
  . "CREATE TABLE \"a \"\"schema\".nothing ();\n";
my $n = 0;
foreach my $name (@odd_names)
{
	(my $quoted = $name) =~ s/"/""/g;
	$n++;
	$odd .= "CREATE DOMAIN odd.\"$quoted\" AS int;\n"
	  . "CREATE TABLE odd.\"t$quoted\" ();\n" if length $name < 30;
	$odd .= "CREATE TABLE \"a \"\"schema\".\"$quoted\" (\"$quoted\" int PRIMARY KEY";
	$odd .= ", t odd.\"$quoted\"" if length $name < 30;
	$odd .= ");\nCREATE TABLE odd.r$n (\"$quoted\" int UNIQUE REFERENCES \"a \"\"schema\".\"$quoted\");\n";
}
my $file = "$dir/odd.sql";
open my $fh, '>', $file or die "could not write $file: $!";
print $fh encode('UTF-8', $odd);
close $fh;
$node->command_ok([ 'psql', '-Xq', '-v', 'ON_ERROR_STOP=1', '-d', $node->connstr('postgres'), '-f', $file ],
	'tables with odd names');

# The names of the tables that have to be in the picture, as they are shown.
sub expected
{
	my ($database) = @_;
	my $names = decode('UTF-8', $node->safe_psql($database, <<'EOQ'));
SELECT string_agg(nspname || '.' || relname, E'\x02')
FROM pg_class c JOIN pg_namespace n ON n.oid = relnamespace
WHERE relkind IN ('r', 'p', 'f') AND NOT relispartition
	AND nspname NOT IN ('pg_catalog', 'information_schema', 'stormdisc')
EOQ
	return map { shown($_) } split /\x02/, $names;
}

# Control characters have pictures of their own; blanks are as wide as they are.
sub shown
{
	my ($name) = @_;
	$name =~ s/([\x00-\x1f])/chr(ord($1) + 0x2400)/ge;
	$name =~ s/[\s\x{a0}]+/ /g;
	$name =~ s/^ +| +$//g;
	return $name;
}

sub check
{
	my ($what, $database, @labels) = @_;
	my %found = map { shown($_) => 1 } @labels;
	my @expected = expected($database);
	my @missing = grep { !$found{$_} } @expected;

	cmp_ok(scalar @expected, '>', $database eq 'demo' ? 10 : 150, "$what: there are tables to look for");
	is(join("\n", map { encode('UTF-8', $_) } sort @missing), '', "$what: every table is in the picture");
	return;
}

sub diagram
{
	my ($database, $format) = @_;
	my $path = "$dir/$database.$format";
	my $text = $node->safe_psql($database, "SELECT stormdisc_diagram(format => '$format')");
	open my $out, '>', $path or die "could not write $path: $!";
	print $out $text;
	close $out;
	return $path;
}

sub graphviz
{
	my ($database) = @_;
	my $source = diagram($database, 'graphviz');
	my ($svg, $err) = draw_graphviz($source);

	ok(defined $svg, "graphviz, $database: drawn") or diag $err;
	$svg //= '';
	check("graphviz, $database", $database,
		map { decode_entities($_) } $svg =~ m{<text\b[^>]*>([^<]*)</text>}g);
	my ($tables) = slurp_file($source) =~ /\A(.*)^    t\d+ -> /ms;
	my $nodes = () = $svg =~ /class="node"/g;
	my $boxes = () = $tables =~ /^    t\d+ \[/mg;
	is($nodes, $boxes, "graphviz, $database: no box but the tables'");
	return;
}

sub mermaid
{
	my ($database) = @_;
	my ($labels, $err) =
	  draw_mermaid($dir, $database, slurp_file(diagram($database, 'mermaid')), '.label');

	ok($labels, "mermaid, $database: drawn") or diag $err;
	check("mermaid, $database", $database, @{ $labels // [] });
	return;
}

# The documentation shows what is said of the demo schema.
{
	my $docs = slurp_file("$FindBin::RealBin/../../docs/reference/diagram.md");
	my ($shown) = $docs =~ /^```mermaid\n(.*?)^```$/ms;

	is( $node->safe_psql('demo', q{SELECT rtrim(stormdisc_diagram(schemas => '{shop}', exclude => '{since_18}'), E'\n')}) . "\n",
		$shown, 'the diagram in the documentation is the real one');
}

SKIP:
{
	skip 'Graphviz is not installed', 8 unless has_graphviz();
	graphviz($_) foreach qw(demo postgres);
}

SKIP:
{
	skip 'Mermaid with Chromium is not installed', 6 unless has_mermaid();
	mermaid($_) foreach qw(demo postgres);
}

$node->stop;
done_testing();
