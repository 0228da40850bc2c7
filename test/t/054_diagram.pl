# Diagrams are drawn by the real tools, and every table is in the picture:
# Graphviz, and Mermaid in a headless Chromium.
#
# ./setup.sh installs them.  Mermaid is one file, mermaid.min.js of the npm
# package, in the cache directory or where STORMDISC_MERMAID says.

use strict;
use warnings FATAL => 'all';

use Encode;
use FindBin;
use lib $FindBin::RealBin;
use IPC::Run;
use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use StormdiscTest;
use Test::More;

my ($dot) = grep { -x } map { "$_/dot" } split /:/, $ENV{PATH};
my ($chromium) = grep { -x } map { ("$_/chromium", "$_/chromium-browser", "$_/google-chrome") } split /:/,
  $ENV{PATH};
my $cache = $ENV{XDG_CACHE_HOME} || '/var/cache';
my ($mermaid) =
  grep { -r } ($ENV{STORMDISC_MERMAID} // '', "$cache/stormdisc/mermaid/mermaid.min.js");

plan skip_all => 'neither Graphviz nor Mermaid with Chromium is installed'
  unless $dot || ($chromium && $mermaid);

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

sub decode_entities
{
	my ($text) = @_;
	my %named = (lt => '<', gt => '>', amp => '&', quot => '"', apos => "'", nbsp => ' ');
	$text =~ s{&(?:#(\d+)|#x([0-9a-fA-F]+)|(\w+));}
		{defined $1 ? chr($1) : defined $2 ? chr(hex $2) : $named{$3} // '?'}ge;
	return $text;
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
	my ($svg, $err) = ('', '');
	my $ok = IPC::Run::run([ $dot, '-Tsvg', $source ], '<', \undef, '>', \$svg, '2>', \$err);

	ok($ok && $err !~ /error|syntax/i, "graphviz, $database: drawn") or diag $err;
	check("graphviz, $database", $database,
		map { decode_entities($_) } decode('UTF-8', $svg) =~ m{<text\b[^>]*>([^<]*)</text>}g);
	my ($tables) = slurp_file($source) =~ /\A(.*)^    t\d+ -> /ms;
	my $nodes = () = $svg =~ /class="node"/g;
	my $boxes = () = $tables =~ /^    t\d+ \[/mg;
	is($nodes, $boxes, "graphviz, $database: no box but the tables'");
	return;
}

# The page draws the diagram and lists the labels that are in it.
sub mermaid
{
	my ($database) = @_;
	my $source = slurp_file(diagram($database, 'mermaid'));
	$source =~ s/([&<>])/'&#' . ord($1) . ';'/ge;
	my $page = "$dir/$database.html";
	open my $out, '>', $page or die "could not write $page: $!";
	print $out <<"EOP";
<!DOCTYPE html>
<html><head><meta charset="utf-8"></head><body>
<pre id="source">$source</pre><div id="picture"></div><pre id="labels"></pre>
<script src="file://$mermaid"></script>
<script>
const labels = document.getElementById('labels');
mermaid.initialize({startOnLoad: false, maxTextSize: 10000000, maxEdges: 100000});
mermaid.render('svg', document.getElementById('source').textContent).then(
	result => {
		document.getElementById('picture').innerHTML = result.svg;
		labels.textContent = Array.from(document.querySelectorAll('#picture .label'))
			.map(label => '\\u0002' + label.textContent).join('') + '\\u0003';
	},
	error => { labels.textContent = 'failed: ' + error; });
</script>
</body></html>
EOP
	close $out;

	my ($dom, $err) = ('', '');
	IPC::Run::run(
		[
			$chromium, '--headless', '--no-sandbox', '--disable-gpu', '--disable-dev-shm-usage',
			"--user-data-dir=$dir/chromium", '--virtual-time-budget=120000', '--dump-dom', "file://$page"
		],
		'<', \undef, '>', \$dom, '2>', \$err, IPC::Run::timeout(180));
	my ($labels) = decode('UTF-8', $dom) =~ m{<pre id="labels">(.*?)</pre>}s;
	$labels = decode_entities($labels // '');

	like($labels, qr/\x03\z/, "mermaid, $database: drawn")
	  or diag encode('UTF-8', $labels) . $err;
	check("mermaid, $database", $database, split /[\x02\x03]/, $labels);
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
	skip 'Graphviz is not installed', 8 unless $dot;
	graphviz($_) foreach qw(demo postgres);
}

SKIP:
{
	skip 'Mermaid with Chromium is not installed', 6 unless $chromium && $mermaid;
	mermaid($_) foreach qw(demo postgres);
}

$node->stop;
done_testing();
