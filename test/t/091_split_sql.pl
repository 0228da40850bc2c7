# The statements of stormdisc_split_sql() against the server's own parser: where
# each begins and ends is in the parse trees that debug_print_parse prints of the
# statements of a function's body.  They are only analyzed, never run.

use strict;
use warnings FATAL => 'all';

use FindBin;
use lib $FindBin::RealBin;
use PostgreSQL::Test::Utils;
use StormdiscTest;
use Test::More;

my $corpus = slurp_file("$FindBin::RealBin/../migrate/split_corpus.sql");
my $node = new_node('split_sql', conf => "fsync = off\nautovacuum = off\n");

# Bytes in and out, whatever they are.
sub rows
{
	my ($query) = @_;
	my ($status, $out, $err) = $node->psql('postgres', "$corpus\n$query", extra_params => [ '-X', '-q' ]);

	is($err // '', '', 'no errors');
	return map { [ map { pack 'H*', $_ } split /\|/, $_, -1 ] } split /\n/, $out;
}

sub hex_of
{
	return "encode(convert_to($_[0], 'UTF8'), 'hex')";
}

my (%text, %ours, %server);
my $name = '';
$text{ $_->[0] } = $_->[1] for rows('SELECT ' . hex_of('name') . ', ' . hex_of('sql') . ' FROM split_texts');
push @{ $ours{ $_->[0] } }, $_->[1]
  for rows('SELECT ' . hex_of('name') . ', ' . hex_of('statement') . ' FROM split_texts, stormdisc_split_sql(sql) ORDER BY name, number');
ok(keys %text >= 60, 'there are enough texts');

my $script = "CREATE TABLE t (a int, b text);\nCREATE TABLE u (a int);\nSET debug_pretty_print = off;\n";
for (sort keys %text)
{
	$script .= "\\warn text " . unpack('H*', $_) . "\nSET client_min_messages = log;\nSET debug_print_parse = on;\n"
	  . 'CREATE OR REPLACE FUNCTION body() RETURNS void LANGUAGE sql AS ' . "'" . $text{$_} =~ s/'/''/gr . "';\n"
	  . "RESET debug_print_parse;\nRESET client_min_messages;\n";
}
my ($status, $out, $err) = $node->psql('postgres', $script, extra_params => [ '-X', '-q' ]);
is($status, 0, 'the server can parse every text') or diag($err =~ s/.*?(?=^psql:.*ERROR)//msr);

# Each parse tree says it at its end; the first is that of CREATE FUNCTION, the
# last that of RESET.
for my $part (split /^text (?=[0-9a-f]+$)/m, $err)
{
	my ($hex, $trees) = $part =~ /\A([0-9a-f]+)\n(.*)\z/s or next;
	my @bounds = $trees =~ /:stmt_location\s+(-?[0-9]+)\s+:stmt_len\s+([0-9]+)\}\n(?:\n|\z)/g;

	@bounds = @bounds[2 .. $#bounds - 2];
	push @{ $server{ pack 'H*', $hex } }, [ splice @bounds, 0, 2 ] while @bounds;
}

# Are there only blanks and comments?
sub is_blank
{
	my ($sql) = @_;
	my $comment = qr{(/\*(?:[^*/]++|\*(?!/)|/(?!\*)|(?1))*+\*/)};

	return $sql =~ m{\A(?:[ \t\r\n\f]++|--[^\r\n]*+|$comment)*+\z};
}

for my $text (sort keys %text)
{
	my @expected = @{ $server{$text} // [] };
	my @found = @{ $ours{$text} // [] };
	my $same = @expected == @found;

	for my $i (0 .. $#expected)
	{
		my ($location, $length) = @{ $expected[$i] };
		my $region = $length ? substr($text{$text}, $location, $length) : substr($text{$text}, $location);
		my $is_there = 0;

		last unless $same;
		for (my $at = index $region, $found[$i]; $at >= 0 && !$is_there; $at = index $region, $found[$i], $at + 1)
		{
			$is_there = is_blank(substr $region, 0, $at) && is_blank(substr $region, $at + length $found[$i]);
		}
		$same &&= $is_there;
	}
	ok($same, "$text: the statements of the server")
	  or diag(explain({ server => \@expected, ours => \@found }));
}

done_testing();
