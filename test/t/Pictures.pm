# Diagrams drawn by the real tools: Graphviz, and Mermaid in a headless Chromium.
#
# ./setup.sh installs them.  Mermaid is one file, mermaid.min.js of the npm
# package, in the cache directory or where STORMDISC_MERMAID says.

package Pictures;

use strict;
use warnings FATAL => 'all';

use Encode;
use Exporter 'import';
use IPC::Run;

our @EXPORT = qw(has_graphviz has_mermaid draw_graphviz draw_mermaid decode_entities);

my ($dot) = grep { -x } map { "$_/dot" } split /:/, $ENV{PATH};
my ($chromium) = grep { -x } map { ("$_/chromium", "$_/chromium-browser", "$_/google-chrome") } split /:/,
  $ENV{PATH};
my $cache = $ENV{XDG_CACHE_HOME} || '/var/cache';
my ($mermaid) =
  grep { -r } ($ENV{STORMDISC_MERMAID} // '', "$cache/stormdisc/mermaid/mermaid.min.js");

sub has_graphviz
{
	return defined $dot;
}

sub has_mermaid
{
	return $chromium && $mermaid;
}

# The picture of a file as SVG, and what Graphviz complains about.
sub draw_graphviz
{
	my ($path) = @_;
	my ($svg, $err) = ('', '');
	my $ok = IPC::Run::run([ $dot, '-Tsvg', $path ], '<', \undef, '>', \$svg, '2>', \$err);

	return ($ok && $err !~ /error|syntax/i ? decode('UTF-8', $svg) : undef, $err);
}

# The texts in the picture, by the selector of their elements, and what was said
# about it.  The page draws the diagram and lists them.
sub draw_mermaid
{
	my ($dir, $name, $source, $selector) = @_;
	my $page = "$dir/$name.html";

	$source =~ s/([&<>])/'&#' . ord($1) . ';'/ge;
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
		labels.textContent = Array.from(document.querySelectorAll('#picture $selector'))
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

	return ([ grep { length } split /[\x02\x03]/, $labels ], undef) if $labels =~ /\x03\z/;
	return (undef, encode('UTF-8', $labels) . $err);
}

sub decode_entities
{
	my ($text) = @_;
	my %named = (lt => '<', gt => '>', amp => '&', quot => '"', apos => "'", nbsp => ' ');

	$text =~ s{&(?:#(\d+)|#x([0-9a-fA-F]+)|(\w+));}
		{defined $1 ? chr($1) : defined $2 ? chr(hex $2) : $named{$3} // '?'}ge;
	return $text;
}

1;
