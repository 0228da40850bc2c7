# Dumps of pg_dump -s side by side, entry by entry.

package Dumps;

use strict;
use warnings FATAL => 'all';

use Exporter 'import';

our @EXPORT = qw(dump_entries dump_differences);

# The entries of a dump, by their header.  Their order says nothing, nor does
# that of the privileges on one object; every other line stays where it is.
sub dump_entries
{
	my ($dump) = @_;
	my %entries;

	# what newer minor versions put around a dump
	$dump =~ s/^\\(?:un)?restrict .*$//mg;
	foreach my $entry (split /\n--\n(?=-- Name: )/, $dump)
	{
		my ($header, @lines) = grep { /\S/ && $_ ne '--' } split /\n/, $entry;

		next unless defined $header && $header =~ s/^-- Name: //;
		# settings that pg_dump switches go to the entry before
		@lines = grep { !/^SET default_(?:tablespace|table_access_method) = / && !/^-- PostgreSQL database dump complete/ } @lines;
		# nor do the tables that a publication leaves out have an order
		s/ EXCEPT \(TABLE \K(.*?)(?=\)(?: WITH |;))/join ', TABLE ', sort split m{, TABLE }, $1/e foreach grep { /^CREATE PUBLICATION / } @lines;
		@lines = sort @lines if $header =~ /; Type: (?:DEFAULT )?ACL;/;
		$entries{$header} .= join "\n", @lines, '';
	}
	return \%entries;
}

# Where two dumps differ: a list of texts.  The tablespace of an entry stands in
# its header.
sub dump_differences
{
	my ($ours, $theirs, @but) = @_;
	my ($left, $right) = map { dump_entries($_) } $ours, $theirs;
	my %but = map { $_ => 1 } @but;
	my @found;

	foreach my $header (sort keys %{ { %$left, %$right } })
	{
		my ($name) = $header =~ /^(.*; Type: [A-Z ]+);/s;

		next if ($left->{$header} // '') eq ($right->{$header} // '');
		next if defined $name && $but{$name};
		push @found, "$header\n" . ($left->{$header} // "missing\n") . "and not\n" . ($right->{$header} // "missing\n");
	}
	return @found;
}

1;
