# Pictures of traces are drawn by the real tools, whatever the names in them, and
# the worked example in the documentation is what the extension says.

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

my $root = "$FindBin::RealBin/../..";
my $dir = PostgreSQL::Test::Utils::tempdir();
my $example = '00000000-0000-4000-8000-0000000000aa';

# What means something to one of the tools, or is hard to write.
my @odd_names = (
	'"', "'", '<b>', '&amp;', '&#34;', '<br/>', '</TABLE>>];', '{', '}', '[', ']', '(', ')', '|', '\\', '\\n', '\\N',
	'#', '#35;', ';', ':', '~', '`x`', '$$x$$', '%%', '%%{init}%%', '---', '->>', '-->>', '->', '-x', '--)', '+', '=',
	'@', '!', '?', ',', '__init__', '*x*', '_y_', '1. foo', '- foo', 'style:x#y;', 'classDef:a#b;', 'accTitle: x',
	'end', 'alt', 'loop', 'opt', 'par', 'rect', 'critical', 'break', 'box', 'activate p1', 'deactivate p1', 'participant',
	'actor', 'Note over p1', 'note right of p1: x', 'title', 'autonumber', 'link p1: x @ http://x', 'wrap', ':wrap:x',
	'nowrap:', 'create', 'destroy p1', 'as', 'p1', 'sequenceDiagram', 'digraph', 'subgraph', 'node', 'strict',
	'a b', 'two  blanks', ' lead', 'trail ', "tab\there", "line\nbreak", "control\x01", "\x{fc}n\x{ef}code",
	"\x{65e5}\x{672c}\x{8a9e}", "\x{1f600} emoji", "no\x{a0}break", "right\x{200f}\x{202e}left", 'x' x 63);

my $node = new_node('trace_diagram');
my ($stdout, $stderr) = run_command(
	[ 'psql', '-X', '-v', 'ON_ERROR_STOP=1', '-d', $node->connstr('postgres'), '-f', "$root/examples/traces.sql" ]);
is($stderr, '', 'the example runs');

# ---- the documentation ----
{
	my $docs = slurp_file("$root/docs/traces.md");
	my ($shown) = $docs =~ /^```mermaid\n(.*?)^```$/ms;

	is($node->safe_psql('postgres', "SELECT rtrim(stormdisc_trace_diagram('$example'), E'\\n')") . "\n",
		$shown, 'the diagram in the documentation is the real one');

	# the tables that the example prints stand there as they are
	my @tables = $stdout =~ /^((?: [^\n]+\n)-[-+]+\n(?: [^\n]*\n)*\(\d+ rows?\))$/mg;
	cmp_ok(scalar @tables, '>=', 5, 'the example prints tables');
	my @missing = grep { index($docs, $_) < 0 } grep { !/stormdisc_add_events_batch/ } @tables;
	is(join("\n", @missing), '', 'each of them is in the documentation');
}

# ---- every event is in the picture ----
my $odd = "CREATE TEMP TABLE names (n int, name text);\n";
my $n = 0;
foreach my $name (@odd_names)
{
	(my $quoted = $name) =~ s/'/''/g;
	$n++;
	$odd .= "INSERT INTO names VALUES ($n, '$quoted');\n";
}
$odd .= <<'EOS';
INSERT INTO stormdisc.events (id, trace_id, parent_id, kind, "timestamp", metadata)
SELECT ('00000000-0000-4000-9000-' || lpad(n::text, 12, '0'))::uuid, '00000000-0000-4000-9000-0000000000aa',
	CASE WHEN n > 1 THEN ('00000000-0000-4000-9000-' || lpad((n - 1)::text, 12, '0'))::uuid END,
	jsonb_build_object('Custom', jsonb_build_object('name', name, 'data', 1)), '2026-03-01 12:00Z'::timestamptz + n * interval '1 ms',
	jsonb_build_object('service_name', name, 'process_id', 1, 'thread_id', 't' || n, 'environment', 'test', 'tags', '{}'::jsonb)
FROM names;
EOS
my $file = "$dir/odd.sql";
open my $fh, '>', $file or die "could not write $file: $!";
print $fh encode('UTF-8', $odd);
close $fh;
$node->command_ok([ 'psql', '-Xq', '-v', 'ON_ERROR_STOP=1', '-d', $node->connstr('postgres'), '-f', $file ], 'events with odd names');

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
	my ($what, $prefix, @labels) = @_;
	my %found = map { shown($_) => 1 } @labels;
	my $i = 0;
	my @missing = grep { $i++; !$found{ shown(($prefix ? "$i " : '') . $_) } } @odd_names;
	is(join("\n", map { encode('UTF-8', $_) } @missing), '', "$what: every event is in the picture");

	$i = 0;
	@missing = grep { $i++; !$found{ shown("$_/1/t$i") } } @odd_names;
	is(join("\n", map { encode('UTF-8', $_) } @missing), '', "$what: every thread is in the picture");
	return;
}

sub diagram
{
	my ($trace, $format) = @_;
	my $path = "$dir/$trace.$format";
	open my $out, '>', $path or die "could not write $path: $!";
	print $out $node->safe_psql('postgres', "SELECT stormdisc_trace_diagram('$trace', '$format')");
	close $out;
	return $path;
}

SKIP:
{
	skip 'Graphviz is not installed', 6 unless has_graphviz();

	my ($svg, $err) = draw_graphviz(diagram('00000000-0000-4000-9000-0000000000aa', 'graphviz'));
	ok(defined $svg, 'graphviz: odd names are drawn') or diag $err;
	my $texts = join "\n", map { decode_entities($_) } ($svg // '') =~ m{<text\b[^>]*>([^<]*)</text>}g;
	check('graphviz', 1, split /\n/, $texts);

	($svg, $err) = draw_graphviz(diagram($example, 'graphviz'));
	ok(defined $svg, 'graphviz: the example is drawn') or diag $err;
	my @drawn = sort map { decode_entities($_) } $svg =~ m{<text\b[^>]*>([^<]*)</text>}g;
	is(scalar(grep { /^\d+ / } @drawn), 11, 'graphviz: each event of the example');

	# fonts differ from machine to machine, what is written does not
	my @kept = sort map { decode_entities($_) }
	  decode('UTF-8', slurp_file("$root/docs/traces.svg")) =~ m{<text\b[^>]*>([^<]*)</text>}g;
	is_deeply(\@kept, \@drawn, 'the picture in the documentation is of the real one');
}

SKIP:
{
	skip 'Mermaid with Chromium is not installed', 5 unless has_mermaid();

	my ($labels, $err) =
	  draw_mermaid($dir, 'odd', slurp_file(diagram('00000000-0000-4000-9000-0000000000aa', 'mermaid')), 'text');
	ok($labels, 'mermaid: odd names are drawn') or diag $err;
	check('mermaid', 0, @{ $labels // [] });

	($labels, $err) = draw_mermaid($dir, 'example', slurp_file(diagram($example, 'mermaid')), 'text');
	ok($labels, 'mermaid: the example is drawn') or diag $err;
	is(scalar(grep { $_ eq 'race: Write stock / Read stock' } @{ $labels // [] }), 1, 'mermaid: with its race');
}

$node->stop;
done_testing();
