# Documents of stormdisc_schema() side by side.

package Documents;

use strict;
use warnings FATAL => 'all';

use Exporter 'import';
use JSON::PP;

our @EXPORT = qw(%changed_by_dump %lost_by_dump differences normalise seen_by_fingerprint unexpected);

my $json = JSON::PP->new->canonical->allow_nonref;

# Where two values differ: a list of "path: this, not that", at most 500.
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

	return if @$found >= 500;
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

# What pg_dump itself does not keep: a restored schema is another one there.
our %changed_by_dump = (
	demo => [],
	kinds => [],
	mean => [
		# a table's own columns that came before inherited ones: they go last
		'tables / mean.child', 'tables / mean.grandchild', 'tables / mean.joins',
		# a domain without the default that its base has: it has it again
		'types / mean.d3',
		# a constraint that is NOT VALID in the parent, and not in a foreign child
		'constraints / mean.far_child.nv',
		# an inherited NOT NULL that is NOT VALID: it is the child's own, too
		'constraints / mean.v18_nn_child.c_nn' ],
	stress => [
		# a comment on the constraint of a trigger
		'constraints / stress.keyed.deferred',
		# as with mean
		(map { "constraints / $_.unchecked" } qw(other.far_child stress.child stress.grandchild stress.no_default stress.same_columns stress.two_parents)),
		(map { "constraints / stress.$_.c_nn" } qw(not_nulls_child not_nulls_no_inherit not_nulls_own not_nulls_valid)),
		(map { "constraints / stress.not_nulls_part_4.$_" } qw(own_later part_later)),
		# where the owner has not all: MAINTAIN, which older servers do not have
		(map { "privileges / table stress.$_" } qw(keyed parts)) ]);

# What pg_dump loses, and our own DDL does not.
our %lost_by_dump = (
	# a domain without the default that its base has
	# and that a check from a parent is valid in a child that was made after it
	mean => [ 'types / mean.d3', 'constraints / mean.far_child.nv' ],
	# a comment on the constraint of a trigger, and checks as above
	stress => [
		'constraints / stress.keyed.deferred',
		map { "constraints / $_.unchecked" } qw(other.far_child stress.child stress.grandchild stress.no_default stress.same_columns stress.two_parents) ]);

# What a fingerprint shows after a dump from one major version is restored on
# another: docs/reference/fingerprint.md has it for people, under Exceptions.
my @seen_by_fingerprint = (
	{
		schema => 'exceptions',
		differences => [
			'types / e.above / default_value',
			'constraints / e.child.unchecked / is_validated',
			'constraints / e.far_child.unchecked / is_validated',
			'constraints / e.parent.late / comment',
			'views / e.of_rows / definition' ],
	},
	{
		schema => 'exceptions',
		from => 18,
		differences => [ map { "constraints / e.$_" } qw(not_nulls_child.not_nulls_a not_nulls_later.not_nulls_a not_nulls_part.of_parts not_nulls_part.own) ],
	},
	{
		schema => 'exceptions',
		before => 17,
		to => 17,
		differences => ['privileges / table e.parent / privileges'],
	},
	# the same in schemas that have other things, too
	{
		schema => 'mean',
		differences => [ 'types / mean.d3 / default_value', 'constraints / mean.far_child.nv / is_validated' ],
	},
	{
		schema => 'mean',
		from => 18,
		differences => ['constraints / mean.v18_nn_child.c_nn'],
	},
	{
		schema => 'stress',
		differences => [
			'constraints / stress.keyed.deferred / comment',
			map { "constraints / $_.unchecked / is_validated" } qw(other.far_child stress.child stress.grandchild stress.same_columns stress.two_parents) ],
	},
	{
		schema => 'stress',
		from => 18,
		differences => [
			(map { "constraints / stress.$_.c_nn" } qw(not_nulls_child not_nulls_no_inherit not_nulls_own)),
			'constraints / stress.not_nulls_valid.c_nn / is_local',
			(map { "constraints / stress.not_nulls_part_4.$_" } qw(own_later part_later)) ],
	},
	{
		schema => 'stress',
		before => 17,
		to => 17,
		differences => [ map { "privileges / table stress.$_ / privileges" } qw(keyed parts) ],
	});

sub seen_by_fingerprint
{
	my ($schema, $from, $to) = @_;

	return map { @{ $_->{differences} } }
	  grep { $_->{schema} eq $schema && $from >= ($_->{from} // 0) && $from < ($_->{before} // 100) && $to >= ($_->{to} // 0) } @seen_by_fingerprint;
}

# The differences that are not about these objects, and the objects of these
# that are there and do not differ.
sub unexpected
{
	my ($ours, $theirs, @but) = @_;
	my %but = map { $_ => 1 } @but;
	my %seen;
	my @found;

	foreach my $difference (differences($ours, $theirs))
	{
		my $object = $difference =~ m{^(.+? / .+?)(?: / |: )} ? $1 : $difference;

		$seen{$object} = 1;
		push @found, $difference unless $but{$object};
	}
	foreach my $object (grep { !$seen{$_} } @but)
	{
		my ($kind, $identity) = split m{ / }, $object, 2;

		push @found, "$object: no difference" if exists $theirs->{$kind}{$identity};
	}
	return @found;
}

# What a newer server says otherwise of the same schema.  Each has the version
# that brought it, and a function that takes it out of a document of either
# side; docs/reference/document.md lists them for people.
my @differences = (
	{
		name => 'columns of the only table',
		# a view's columns are qualified only where there is more than one table
		since => 16,
		take_out => sub {
			my ($document) = @_;

			foreach my $view (values %{ $document->{views} })
			{
				$view->{definition} =~ s/(?<![\w"])(?:\w+|"(?:[^"]|"")+")\.(?=[\w"])//g;
			}
		},
	},
	{
		name => 'run_as_owner',
		# what subscriptions of older servers did is an option, which a restored
		# one has
		since => 16,
		take_out => sub {
			my ($document) = @_;

			delete $_->{run_as_owner} foreach values %{ $document->{subscriptions} };
		},
	},
	{
		name => 'identity columns of partitions',
		# partitions have their parent's
		since => 17,
		take_out => sub {
			my ($document) = @_;

			foreach my $table (grep { $_->{is_partition} } values %{ $document->{tables} })
			{
				delete @$_{qw(identity is_serial sequence_schema sequence_name)} foreach @{ $table->{columns} };
			}
		},
	},
	{
		name => 'not-null constraints of domains',
		# NOT NULL has a row in pg_constraint, with a name of its own
		since => 17,
		take_out => sub {
			my ($document) = @_;

			foreach my $type (values %{ $document->{types} })
			{
				my $definitions = $type->{constraint_definitions} or next;
				my @kept = grep { $definitions->[$_] ne 'NOT NULL' } 0 .. $#$definitions;

				foreach my $key (grep { /^constraint_/ } keys %$type)
				{
					$type->{$key} = [ @{ $type->{$key} }[@kept] ];
					delete $type->{$key} unless grep { defined } @{ $type->{$key} };
				}
			}
		},
	},
	{
		name => 'MAINTAIN',
		# a privilege that owners have without being given it
		since => 17,
		take_out => sub {
			my ($document) = @_;

			@$_ = grep { $_->{privilege} ne 'MAINTAIN' } @$_ foreach values %{ $document->{privileges} };
		},
	},
	{
		name => 'not-null constraints of tables',
		# NOT NULL has a row in pg_constraint, with a name of its own
		since => 18,
		take_out => sub {
			my ($document) = @_;
			my $constraints = $document->{constraints};

			delete @$constraints{ grep { $constraints->{$_}{constraint_type} eq 'not null' } keys %$constraints };
		},
	},
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
