# One session of psql in the background, spoken to through pipes: needs nothing
# but what comes with the server, and keeps its transaction between calls.

package Psql;

use strict;
use warnings FATAL => 'all';

use Exporter 'import';
use IPC::Open3;
use Time::HiRes ();

our @EXPORT_OK = qw(literal array);

my $mark = 0;

# $psql->{...}: options are the database and what else psql is to be told.
sub new
{
	my ($class, %option) = @_;
	my ($in, $out);
	my @connection = defined $option{database} ? ('-d', $option{database}) : ();
	my $pid = open3(
		$in, $out, undef,    # errors come in the same pipe
		'psql', '-X', '-q', '-A', '-t', '-F', "\x1f", '-P', 'null=\N', '-v', 'VERBOSITY=verbose',
		'-v', 'SHOW_CONTEXT=never', @connection);
	my $self = bless {
		in => $in,
		out => $out,
		pid => $pid,
		buffer => '',
		timeout => $option{timeout} // 60 }, $class;

	binmode $in;
	binmode $out;
	$in->autoflush(1);
	return $self;
}

# Only sends; finish() waits for the answer.
sub start
{
	my ($self, $sql) = @_;

	$self->{mark} = "the end of " . ++$mark;
	$self->{sql} = $sql;
	print { $self->{in} } "$sql\n;\n\\echo '$self->{mark}'\n";
	return;
}

# The answer: { rows => [[...], ...] }, and with an error state, message, hint.
sub finish
{
	my ($self) = @_;
	my $end = Time::HiRes::time() + $self->{timeout};
	my %answer = (rows => [], notices => []);

	while ((my $at = index($self->{buffer}, "$self->{mark}\n")) < 0)
	{
		my $ready = '';

		vec($ready, fileno($self->{out}), 1) = 1;
		my $left = $end - Time::HiRes::time();
		if ($left <= 0 || !select(my $found = $ready, undef, undef, $left))
		{
			$answer{hangs} = 1;
			return \%answer;
		}
		my $n = sysread($self->{out}, $self->{buffer}, 65536, length $self->{buffer});
		if (!$n)
		{
			$answer{state} = 'gone';
			$answer{message} = "psql has ended: $self->{buffer}";
			return \%answer;
		}
	}

	$self->{buffer} =~ s/\A(.*?)\Q$self->{mark}\E\n//s;
	for my $line (split /\n/, $1)
	{
		if ($line =~ /^(?:psql:\S+ )?(?:ERROR|FATAL|PANIC):  ([0-9A-Z]{5}): (.*)/)
		{
			@answer{qw(state message)} = ($1, $2) unless defined $answer{state};
		}
		elsif ($line =~ /^(?:NOTICE|WARNING|INFO):  /)
		{
			push @{ $answer{notices} }, $line;
		}
		elsif ($line =~ /server closed the connection|connection to server was lost|terminating connection/)
		{
			@answer{qw(state message)} = ('gone', $line);
		}
		elsif ($line =~ /^(?:HINT|DETAIL|LOCATION|CONTEXT|QUERY|LINE \d+):? /)
		{
			$answer{hint} = $line if $line =~ /^HINT/;
		}
		elsif (!defined $answer{state})
		{
			push @{ $answer{rows} }, [ map { $_ eq '\N' ? undef : $_ } split /\x1f/, $line, -1 ];
		}
	}
	return \%answer;
}

sub run
{
	my ($self, $sql) = @_;

	$self->start($sql);
	return $self->finish;
}

# What may not fail: the rows, or the first value of the first row.
sub rows
{
	my ($self, $sql) = @_;
	my $answer = $self->run($sql);

	die "$answer->{state}: $answer->{message}\n$sql\n" if defined $answer->{state};
	die "no answer within $self->{timeout} s: $sql\n" if $answer->{hangs};
	return @{ $answer->{rows} };
}

sub value
{
	my ($self, $sql) = @_;
	my @rows = $self->rows($sql);

	return @rows ? $rows[0][0] : undef;
}

sub quit
{
	my ($self) = @_;

	return unless $self->{pid};
	close $self->{in};
	close $self->{out};
	waitpid $self->{pid}, 0;
	$self->{pid} = 0;
	return;
}

# SQL's literal of a string, NULL of undef.
sub literal
{
	my ($value) = @_;

	return 'NULL' unless defined $value;
	$value =~ s/'/''/g;
	return $value =~ s/\\/\\\\/g ? "E'$value'" : "'$value'";
}

sub array
{
	my ($type, @values) = @_;

	return 'ARRAY[' . join(', ', map { literal($_) } @values) . "]::${type}[]";
}

1;
