# Documents of stormdisc_schema() side by side.

package Documents;

use strict;
use warnings FATAL => 'all';

use Exporter 'import';
use JSON::PP;

our @EXPORT = qw(differences normalise);

my $json = JSON::PP->new->canonical->allow_nonref;

# Where two values differ: a list of "path: this, not that", at most 50.
sub differences
{
	my ($ours, $theirs) = @_;
	my @found;

	compare($ours, $theirs, '', \@found);
	return @found;
}

sub compare
{
	my ($ours, $theirs, $path, $found) = @_;

	return if @$found >= 50;
	if (ref $ours eq 'HASH' && ref $theirs eq 'HASH')
	{
		my %keys = (%$ours, %$theirs);

		foreach my $key (sort keys %keys)
		{
			my $below = $path eq '' ? $key : "$path / $key";

			if    (!exists $ours->{$key})   { push @$found, "$below: missing" }
			elsif (!exists $theirs->{$key}) { push @$found, "$below: extra, " . short($ours->{$key}) }
			else                            { compare($ours->{$key}, $theirs->{$key}, $below, $found) }
		}
	}
	elsif (ref $ours eq 'ARRAY' && ref $theirs eq 'ARRAY' && @$ours == @$theirs)
	{
		compare($ours->[$_], $theirs->[$_], "$path [$_]", $found) foreach 0 .. $#$ours;
	}
	elsif ($json->encode($ours) ne $json->encode($theirs))
	{
		push @$found, "$path: " . short($ours) . ', not ' . short($theirs);
	}
	return;
}

sub short
{
	my ($value) = @_;
	my $text = $json->encode($value);

	return length $text > 300 ? substr($text, 0, 300) . '...' : $text;
}

# What a newer server says otherwise of the same schema.  Each has the version
# that brought it, and a function that takes it out of a document of either
# side; docs/reference/document.md lists them for people.
my @differences = (
);

# Take out of a document what differs between these two major versions.
sub normalise
{
	my ($document, $from, $to) = @_;

	delete @$document{qw(server_version environment)};
	foreach my $difference (@differences)
	{
		$difference->{take_out}->($document)
		  if $from < $difference->{since} && $to >= $difference->{since};
	}
	return $document;
}

1;
